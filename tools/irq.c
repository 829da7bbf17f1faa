/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include "json.h"
#include "tools.h"

#define UNSET UINT64_MAX

struct irq_options {
	const char *backend;
	int kind; /* -1: the first that the device has */
	uint64_t vector;
	uint64_t count;	     /* 0: until a signal comes */
	uint64_t timeout_ms; /* 0: none */
	bool raise;
};

/* What came so far; times in nanoseconds. */
struct tally {
	int64_t start, last, end; /* CLOCK_MONOTONIC */
	int64_t least, most;	  /* between two waits */
	uint64_t waits, events, spurious;
};

struct listener {
	const struct tool *tool;
	const struct irq_options *options;
	struct uvio_udev *udev;
	struct uvio_card *card; /* NULL: no card driver knows this device */
	enum uvio_irq_kind kind;
	unsigned int vector;
	struct tally tally;
	struct json_object *waits; /* NULL: no JSON */
};

enum {
	VECTOR_MAX = 2047,
	COUNT_MAX = 1000000000,
	TIMEOUT_MAX = 24 * 3600 * 1000,
	TIMEOUT_MS = 5000,
	LOOK_MS = 500, /* a signal just before a wait does not end it */
	WAITS_KEPT = 10000,
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
		return tool_number(tool, "--count", optarg, 0, COUNT_MAX, &options->count);
	case 't':
		return tool_number(tool, "--timeout", optarg, 0, TIMEOUT_MAX, &options->timeout_ms);
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

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * (int64_t)1000000000 + time.tv_nsec;
}

static double seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

static int wait_failed(const struct listener *l, int err)
{
	if (err != -ETIMEDOUT)
		return tool_failed();
	return tool_error("%s: vector %u: no interrupt came within %llu ms%s",
		uvio_udev_address(l->udev), l->vector, (unsigned long long)l->options->timeout_ms,
		l->options->raise ? "" : "; --raise makes a card with a driver raise one");
}

/* The time limit in pieces. */
static int wait_for_event(struct listener *l, uint64_t *events)
{
	int64_t limit = UVIO_MS((int64_t)l->options->timeout_ms), start = now();
	int64_t piece = UVIO_MS((int64_t)LOOK_MS);
	int rc;

	do {
		int64_t left = limit ? limit - (now() - start) : piece;

		left = left < 0 ? 0 : left;
		rc = uvio_irq_wait(l->udev, l->vector, left < piece ? left : piece, events);
		if (rc == -ETIMEDOUT && limit && now() - start >= limit)
			break;
	} while ((rc == -ETIMEDOUT || rc == -EINTR) && !tool_signal());
	return rc;
}

static void count_wait(struct listener *l, uint64_t events)
{
	struct tally *tally = &l->tally;
	int64_t time = now(), between = time - tally->last;

	if (tally->waits && (tally->waits == 1 || between < tally->least))
		tally->least = between;
	if (tally->waits && between > tally->most)
		tally->most = between;
	tally->last = time;
	tally->waits++;
	tally->events += events;
}

/* @before: the end of the wait before this one. */
static int print_wait(struct listener *l, uint64_t events, int64_t before)
{
	const struct tally *tally = &l->tally;

	if (l->waits && tally->waits <= WAITS_KEPT) {
		struct json_object *object = json_object_new_object();

		json_integer(object, "time_ns", (uint64_t)(tally->last - tally->start));
		json_integer(object, "events", events);
		json_object_array_add(l->waits, object);
	}
	if (!tool_wants_text(l->tool))
		return 0;
	tool_print("%12.6f s  vector %u: %llu event%s", seconds(tally->last - tally->start),
		l->vector, (unsigned long long)events, events == 1 ? "" : "s");
	if (tally->waits > 1)
		tool_print(", %.6f s after the last", seconds(tally->last - before));
	tool_print("\n");
	return fflush(stdout);
}

static int clear_irq(struct listener *l)
{
	const struct uvio_driver *driver = uvio_card_driver(l->card);
	int rc = 0;

	if (tool_trial(driver)->irq_clear)
		rc = driver->trial->irq_clear(uvio_card_priv(l->card), l->vector);
	else if (driver && driver->service)
		rc = uvio_card_service(l->card);
	l->tally.spurious += rc == -EAGAIN;
	return rc < 0 && rc != -EAGAIN ? tool_failed() : TOOL_GO_ON;
}

static int one_event(struct listener *l)
{
	int64_t before = l->tally.last;
	uint64_t events = 0;
	int rc = l->options->raise ? raise_irq(l) : TOOL_GO_ON;

	if (rc != TOOL_GO_ON)
		return rc;
	rc = wait_for_event(l, &events);
	if (rc && tool_signal())
		return TOOL_SIGNALLED + tool_signal();
	if (rc)
		return wait_failed(l, rc);
	count_wait(l, events);
	rc = clear_irq(l);
	return print_wait(l, events, before) ? TOOL_FAILED : rc;
}

/* A line that stays asserted by the card would interrupt again at once, forever. */
static bool can_acknowledge(const struct listener *l)
{
	const struct uvio_driver *driver = uvio_card_driver(l->card);

	return l->kind != UVIO_IRQ_INTX || tool_trial(driver)->irq_clear ||
	       (driver && driver->service);
}

static int cannot_acknowledge(const struct listener *l)
{
	tool_error("%s: the interrupt line stays off: no card driver can clear the cause in this "
		   "card, so that it would be raised again at once",
		uvio_udev_address(l->udev));
	return l->options->count < 2 ? TOOL_OK : TOOL_FAILED;
}

static int listen_to(struct listener *l)
{
	uint64_t count = l->options->count;

	l->tally.start = l->tally.last = now();
	for (uint64_t i = 0; !count || i < count; i++) {
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

static void print_summary(const struct tally *tally)
{
	double span = seconds(tally->end - tally->start);

	tool_print("%llu event%s in %llu wait%s and %.6f s", (unsigned long long)tally->events,
		tally->events == 1 ? "" : "s", (unsigned long long)tally->waits,
		tally->waits == 1 ? "" : "s", span);
	if (tally->spurious)
		tool_print(", %llu spurious", (unsigned long long)tally->spurious);
	tool_print("\n");
	if (tally->waits > 1)
		tool_print("between two waits: %.6f s minimum, %.6f s maximum\n",
			seconds(tally->least), seconds(tally->most));
}

static int print_json(const struct listener *l)
{
	struct json_object *object = json_device(l->tool, uvio_udev_address(l->udev));
	const struct tally *tally = &l->tally;

	json_text(object, "backend", uvio_udev_backend(l->udev));
	json_text(object, "kind", uvio_irq_kind_name(l->kind));
	json_integer(object, "vector", l->vector);
	json_integer(object, "events", tally->events);
	json_integer(object, "spurious", tally->spurious);
	json_integer(object, "waits", tally->waits);
	json_integer(object, "duration_ns", (uint64_t)(tally->end - tally->start));
	if (tally->waits > 1) {
		json_integer(object, "between_least_ns", (uint64_t)tally->least);
		json_integer(object, "between_most_ns", (uint64_t)tally->most);
	}
	json_object_object_add(object, "first", json_object_get(l->waits));
	return json_print(l->tool, object);
}

/* A wait without an end is ended by Ctrl-C: that is no failure. */
static int finish(struct listener *l, int rc)
{
	l->tally.end = now();
	if (tool_wants_text(l->tool) && l->options->count != 1)
		print_summary(&l->tally);
	if (l->waits && print_json(l) != TOOL_GO_ON)
		return TOOL_FAILED;
	return rc == TOOL_SIGNALLED + SIGINT && !l->options->count ? TOOL_OK : rc;
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

/* A user who names the transport without an IOMMU accepts that the card writes, as an MSI does. */
static uint32_t flags_of(const struct irq_options *options)
{
	return options->backend && !strcmp(options->backend, "vfio/noiommu") ? UVIO_OPEN_UNSAFE_DMA
									     : 0;
}

static int serve(const struct tool *tool, const char *address, const struct uvio_driver *driver,
	const struct irq_options *options)
{
	struct listener l = {
		.tool = tool, .options = options, .vector = (unsigned int)options->vector};
	int rc = tool_open_with(tool, address, options->backend, flags_of(options), &l.udev);

	if (rc != TOOL_GO_ON)
		return rc;
	rc = attach(&l, driver);
	if (rc == TOOL_GO_ON)
		rc = enable(&l);
	if (rc == TOOL_GO_ON) {
		l.waits = tool->json ? json_object_new_array() : NULL;
		rc = finish(&l, listen_to(&l));
		json_object_put(l.waits);
	}
	uvio_card_detach(l.card);
	uvio_udev_close(l.udev);
	return rc;
}

static int find_and_serve(const struct tool *tool, const struct irq_options *options)
{
	struct uvio_device *device;
	int rc = tool_find(tool, tool->address, &device);

	if (rc != TOOL_GO_ON)
		return rc;
	tool_catch_signals();
	rc = serve(tool, uvio_device_info(device)->address,
		tool_driver(tool, uvio_device_info(device)), options);
	uvio_device_free(device);
	return rc;
}

static void set_defaults(struct irq_options *options)
{
	if (options->timeout_ms == UNSET)
		options->timeout_ms = options->raise || options->count != UNSET ? TIMEOUT_MS : 0;
	if (options->count == UNSET)
		options->count = options->raise ? 1 : 0;
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
	struct irq_options options = {.kind = -1, .count = UNSET, .timeout_ms = UNSET};
	int option, rc = TOOL_GO_ON;

	while (rc == TOOL_GO_ON && (option = tool_getopt(tool, argc, argv,
					    ":" TOOL_SHORT_OPTIONS "b:k:i:n:t:r", longs)) != -1)
		rc = parse_option(tool, &options, option);
	if (rc == TOOL_GO_ON)
		rc = tool_start(tool, argc, argv, 0, 0);
	set_defaults(&options);
	return rc == TOOL_GO_ON ? find_and_serve(tool, &options) : rc;
}

const struct command command_irq = {
	.name = "irq",
	.device = DEVICE_ONE,
	.args = "ADDRESS",
	.help = "wait for interrupts of a device, until Ctrl-C",
	.notes = "Prints the time and the events of each wait, and a summary at the end. A card\n"
		 "driver, if there is one for the card, clears the cause. Without one, INTx is\n"
		 "waited for only once: its cause cannot be cleared.\n",
	.options = "  -k, --kind KIND       intx, msi or msix (default msix, else msi, else intx)\n"
		   "  -i, --vector NUMBER   the vector to wait for (default 0)\n"
		   "  -n, --count COUNT     end after this many waits (0: do not end; default 0,\n"
		   "                        with --raise 1)\n"
		   "  -t, --timeout MS      fail if none comes in this time (0: wait forever;\n"
		   "                        default 5000 with --count or --raise, else 0)\n"
		   "  -r, --raise           make the card raise it before each wait\n"
		   "  -b, --backend NAME    open it with this backend (default the first usable)\n",
	.status = "0 success, 1 timeout or failure, 2 usage error, 128 + N signal N",
	.example = "uvio irq --kind msi --raise --count 3 06:0d.0",
	.run = run_irq,
};
