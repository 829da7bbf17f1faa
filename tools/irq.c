/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <string.h>
#include "tools.h"

struct irq_options {
	const char *backend;
	int kind; /* -1: the first that the device has */
	uint64_t vector;
	uint64_t count;
	uint64_t timeout_ms;
	bool raise;
};

struct listener {
	const struct irq_options *options;
	struct uvio_udev *udev;
	struct uvio_card *card; /* NULL: no card driver knows this device */
	enum uvio_irq_kind kind;
	unsigned int vector;
};

enum {
	VECTOR_MAX = 2047,
	COUNT_MAX = 1000000000,
	TIMEOUT_MAX = 24 * 3600 * 1000,
};

static int parse_kind(const struct tool *tool, struct irq_options *options)
{
	for (int kind = 0; kind < UVIO_IRQ_KINDS; kind++) {
		if (!strcmp(uvio_irq_kind_name(kind), optarg)) {
			options->kind = kind;
			return TOOL_GO_ON;
		}
	}
	return tool_usage(tool, "--kind: '%s' is not intx, msi or msix", optarg);
}

static int parse_option(const struct tool *tool, struct irq_options *options, int option)
{
	switch (option) {
	case 'b':
		options->backend = optarg;
		return tool_backend(tool, optarg);
	case 'k':
		return parse_kind(tool, options);
	case 'i':
		return tool_number(tool, "--vector", optarg, 0, VECTOR_MAX, &options->vector);
	case 'n':
		return tool_number(tool, "--count", optarg, 1, COUNT_MAX, &options->count);
	case 't':
		return tool_number(tool, "--timeout", optarg, 1, TIMEOUT_MAX, &options->timeout_ms);
	case 'r':
		options->raise = true;
		return TOOL_GO_ON;
	default:
		return tool_stop(tool, option);
	}
}

static int choose_kind(struct listener *l)
{
	if (l->options->kind >= 0) {
		l->kind = l->options->kind;
		return TOOL_GO_ON;
	}
	for (int kind = UVIO_IRQ_KINDS - 1; kind >= 0; kind--) {
		if (uvio_irq_count(l->udev, kind) > 0) {
			l->kind = kind;
			return TOOL_GO_ON;
		}
	}
	return tool_error("%s: the card has no interrupt that %s can deliver",
		uvio_udev_address(l->udev), uvio_udev_backend(l->udev));
}

static int enable(struct listener *l)
{
	int rc = choose_kind(l);

	if (rc != TOOL_GO_ON)
		return rc;
	if (uvio_irq_enable(l->udev, l->kind, l->vector + 1))
		return tool_failed();
	if (l->kind != UVIO_IRQ_INTX && uvio_bus_master(l->udev, true))
		return tool_failed();
	return TOOL_GO_ON;
}

static int raise_irq(const struct listener *l)
{
	const struct uvio_trial *trial = tool_trial(uvio_card_driver(l->card));

	if (trial->irq_raise(uvio_card_priv(l->card), l->vector))
		return tool_failed();
	return TOOL_GO_ON;
}

static int wait_failed(const struct listener *l, int err)
{
	if (err == -EINTR && tool_signal())
		return TOOL_SIGNALLED + tool_signal();
	if (err != -ETIMEDOUT)
		return tool_failed();
	return tool_error("%s%s", uvio_last_error(),
		l->options->raise ? "" : "; --raise makes a card with a driver raise one");
}

static int clear_irq(const struct listener *l)
{
	const struct uvio_driver *driver = uvio_card_driver(l->card);
	int rc = 0;

	if (tool_trial(driver)->irq_clear)
		rc = driver->trial->irq_clear(uvio_card_priv(l->card), l->vector);
	else if (driver && driver->service)
		rc = uvio_card_service(l->card);
	return rc < 0 && rc != -EAGAIN ? tool_failed() : TOOL_GO_ON;
}

static int one_event(const struct listener *l)
{
	uint64_t events = 0;
	int rc = l->options->raise ? raise_irq(l) : TOOL_GO_ON;

	if (rc != TOOL_GO_ON)
		return rc;
	do {
		rc = uvio_irq_wait(l->udev, l->vector, UVIO_MS(l->options->timeout_ms), &events);
	} while (rc == -EINTR && !tool_signal());
	if (rc)
		return wait_failed(l, rc);
	printf("vector %u: %llu event%s\n", l->vector, (unsigned long long)events,
		events == 1 ? "" : "s");
	rc = clear_irq(l);
	return fflush(stdout) ? TOOL_FAILED : rc;
}

/* A line which stays raised in the card would come again at once, and for ever. */
static bool can_acknowledge(const struct listener *l)
{
	const struct uvio_driver *driver = uvio_card_driver(l->card);

	return l->kind != UVIO_IRQ_INTX || tool_trial(driver)->irq_clear ||
	       (driver && driver->service);
}

static int cannot_acknowledge(const struct listener *l)
{
	tool_error("%s: the interrupt line stays off: no card driver can clear the cause in this "
		   "card, so that it would be raised again at once, for ever",
		uvio_udev_address(l->udev));
	return l->options->count == 1 ? TOOL_OK : TOOL_FAILED;
}

static int listen_to(const struct listener *l)
{
	for (uint64_t i = 0; i < l->options->count; i++) {
		int rc = one_event(l);

		if (rc != TOOL_GO_ON)
			return rc;
		if (!can_acknowledge(l))
			return cannot_acknowledge(l);
		if (uvio_irq_ack(l->udev, l->vector))
			return tool_failed();
		if (tool_signal())
			return TOOL_SIGNALLED + tool_signal();
	}
	return TOOL_OK;
}

static int attach(struct listener *l, const struct uvio_driver *driver)
{
	if (driver && uvio_card_attach(driver, l->udev, &l->card))
		return tool_failed();
	if (l->options->raise && !tool_trial(driver)->irq_raise)
		return tool_error("%s: --raise: no card driver can make this card raise an "
				  "interrupt",
			uvio_udev_address(l->udev));
	return TOOL_GO_ON;
}

/* Who names the transport without an IOMMU has agreed that the card may write, which an MSI is. */
static uint32_t flags_of(const struct irq_options *options)
{
	return options->backend && !strcmp(options->backend, "vfio/noiommu") ? UVIO_OPEN_UNSAFE_DMA
									     : 0;
}

static int serve(const struct tool *tool, const char *address, const struct uvio_driver *driver,
	const struct irq_options *options)
{
	struct listener l = {.options = options, .vector = (unsigned int)options->vector};
	int rc = tool_open_with(tool, address, options->backend, flags_of(options), &l.udev);

	if (rc != TOOL_GO_ON)
		return rc;
	rc = attach(&l, driver);
	if (rc == TOOL_GO_ON)
		rc = enable(&l);
	if (rc == TOOL_GO_ON)
		rc = listen_to(&l);
	uvio_card_detach(l.card);
	uvio_udev_close(l.udev);
	return rc;
}

static int find_and_serve(
	const struct tool *tool, const char *address, const struct irq_options *options)
{
	struct uvio_device *device;
	int rc = tool_find(tool, address, &device);

	if (rc != TOOL_GO_ON)
		return rc;
	tool_catch_signals();
	rc = serve(tool, uvio_device_info(device)->address, tool_driver(uvio_device_info(device)),
		options);
	uvio_device_free(device);
	return rc;
}

static int run_irq(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = {
		{"backend", required_argument, NULL, 'b'},
		{"kind", required_argument, NULL, 'k'},
		{"vector", required_argument, NULL, 'i'},
		{"count", required_argument, NULL, 'n'},
		{"timeout", required_argument, NULL, 't'},
		{"raise", no_argument, NULL, 'r'},
		TOOL_LONG_OPTIONS,
	};
	struct irq_options options = {.kind = -1, .count = 1, .timeout_ms = 5000};
	int option, rc = TOOL_GO_ON;

	while (rc == TOOL_GO_ON && (option = tool_getopt(tool, argc, argv,
					    TOOL_SHORT_OPTIONS "b:k:i:n:t:r", longs)) != -1)
		rc = parse_option(tool, &options, option);
	if (rc == TOOL_GO_ON)
		rc = tool_start(tool, argc, argv, 1, 1);
	return rc == TOOL_GO_ON ? find_and_serve(tool, argv[optind], &options) : rc;
}

const struct command command_irq = {
	.name = "irq",
	.args = "ADDRESS",
	.help = "wait for interrupts of a device",
	.notes = "Prints a line per wait. A card driver, where there is one for the card, clears\n"
		 "the cause. Without one, INTx is waited for once only: its cause cannot be\n"
		 "cleared.\n",
	.options = "  -k, --kind KIND       intx, msi or msix (default msix, else msi, else intx)\n"
		   "  -i, --vector NUMBER   the vector to wait for (default 0)\n"
		   "  -n, --count COUNT     how often to wait (default 1)\n"
		   "  -t, --timeout MS      how long to wait each time (default 5000)\n"
		   "  -r, --raise           make the card raise it before each wait\n"
		   "  -b, --backend NAME    open it with this backend (default the first usable)\n",
	.status = "  0 success, 1 no event in time or another failure, 2 usage error,\n"
		  "  128 + N stopped by signal N\n",
	.example = "uvio irq --kind msi --raise --count 3 06:0d.0",
	.run = run_irq,
};
