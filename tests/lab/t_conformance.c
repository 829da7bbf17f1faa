/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * The conformance suite: the same cases for every pair of card and backend, in the guest, as root.
 * Beside the suite there are modes for guests which are set up in another way.
 */
#include <config.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/check.h>
#include <uvio/context.h>
#include <uvio/device.h>
#include <uvio/driver.h>
#include <uvio/error.h>
#include <uvio/trial.h>
#include <uvio/udev.h>

#include "conformance.h"

#define WANTED_MAX 8

static unsigned int number;
static unsigned int failures;

void report(int result, const char *reason, const char *format, ...)
{
	va_list args;

	printf("%s %u - ", result == FAIL ? "not ok" : "ok", ++number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	if (result == SKIP)
		printf(" # SKIP %s", reason);
	printf("\n");
	fflush(stdout);
	failures += result == FAIL;
}

int fail_at(const char *file, int line, const char *format, ...)
{
	const char *base = strrchr(file, '/');
	va_list args;

	printf("# %s:%d: ", base ? base + 1 : file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	return FAIL;
}

bool error_is(int rc, int err, const char *text)
{
	return rc == err && uvio_last_errno() == err && strstr(uvio_last_error(), text);
}

int sysfs_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

bool bus_master_is_on(const char *address)
{
	unsigned char command = 0;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", address);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, &command, 1, 4) != 1)
		command = 0xff;
	close(fd);
	return command & 4;
}

int pair_open(struct pair *pair)
{
	struct uvio_open_options options = {
		.backend = pair->backend,
		.flags = UVIO_OPEN_UNSAFE_DMA | pair->flags,
	};
	int rc = uvio_udev_open(pair->ctx, pair->address, &options, &pair->udev);

	if (rc)
		return rc;
	rc = uvio_card_attach(pair->driver, pair->udev, &pair->card);
	if (rc) {
		uvio_udev_close(pair->udev);
		pair->udev = NULL;
		return rc;
	}
	pair->priv = uvio_card_priv(pair->card);
	return 0;
}

void pair_close(struct pair *pair)
{
	uvio_card_detach(pair->card);
	uvio_udev_close(pair->udev);
	pair->card = NULL;
	pair->udev = NULL;
}

int in_child(struct pair *pair, int (*work)(struct pair *pair))
{
	return in_child_as(pair, NULL, work);
}

/* What the backend can do, the card's driver must say how to do. */
static bool driver_lacks(const struct uvio_driver *driver, uint32_t needs, const char **what)
{
	const uint32_t irqs = UVIO_CAP_INTX | UVIO_CAP_MSI | UVIO_CAP_MSIX;

	*what = NULL;
	if (needs & irqs && (!driver->trial->irq_raise || !driver->trial->irq_clear))
		*what = "raise interrupts";
	else if (needs & UVIO_CAP_DMA &&
		 (!driver->trial->dma_to_card || !driver->trial->dma_from_card))
		*what = "move data";
	return *what;
}

static bool lacks(const struct pair *pair, uint32_t needs, char *reason, size_t size)
{
	uint32_t missing = needs & ~uvio_caps(pair->udev);
	const char *what;

	if (!missing && !driver_lacks(pair->driver, needs, &what))
		return false;
	if (!missing) {
		snprintf(reason, size, "the card's driver does not say how to %s", what);
		return true;
	}
	snprintf(reason, size, "this pair has no %s", uvio_cap_name(missing & -missing));
	return true;
}

static int run_case(struct pair *pair, const struct test_case *test)
{
	int result;

	pair->reason[0] = '\0';
	if (pair_open(pair))
		return fail_at(__FILE__, __LINE__, "open: %s", uvio_last_error());
	if (lacks(pair, test->needs, pair->reason, sizeof(pair->reason))) {
		pair_close(pair);
		return SKIP;
	}
	if (test->closed)
		pair_close(pair);
	result = test->run(pair);
	pair_close(pair);
	if (bus_master_is_on(pair->address))
		return fail_at(__FILE__, __LINE__, "bus mastering was left on");
	return result;
}

/* Cases one after the other which are skipped for the same reason. */
struct skips {
	unsigned int count;
	const char *first;
	char reason[sizeof(((struct pair *)NULL)->reason)];
};

static void report_skips(struct skips *skips, const char *label)
{
	if (skips->count == 1)
		report(SKIP, skips->reason, "%s: %s", label, skips->first);
	else if (skips->count)
		report(SKIP, skips->reason, "%s: %s, and %u more", label, skips->first,
			skips->count - 1);
	skips->count = 0;
}

static void note_skip(struct skips *skips, const struct pair *pair, const char *label,
	const struct test_case *test)
{
	if (strcmp(skips->reason, pair->reason) != 0)
		report_skips(skips, label);
	if (!skips->count++)
		skips->first = test->name;
	snprintf(skips->reason, sizeof(skips->reason), "%s", pair->reason);
}

void run_cases(struct pair *pair, const char *label, const struct test_case *cases)
{
	struct skips skips = {0};

	for (; cases->name; cases++) {
		int result = run_case(pair, cases);

		if (result == SKIP) {
			note_skip(&skips, pair, label, cases);
			continue;
		}
		report_skips(&skips, label);
		report(result, NULL, "%s: %s", label, cases->name);
	}
	report_skips(&skips, label);
}

/* The self-test of the card's own driver is a part of the suite. */
static void run_selftests(struct pair *pair, const char *label)
{
	for (const struct uvio_selftest *test = pair->driver->trial->selftests; test && test->name;
		test++) {
		int result = FAIL;

		if (pair_open(pair)) {
			fail_at(__FILE__, __LINE__, "open: %s", uvio_last_error());
		} else if (lacks(pair, test->needs, pair->reason, sizeof(pair->reason))) {
			result = SKIP;
		} else {
			uvio_bus_master(pair->udev, true);
			result = test->run(pair->priv) ? FAIL : PASS;
			if (result == FAIL)
				fail_at(__FILE__, __LINE__, "%s", uvio_last_error());
		}
		pair_close(pair);
		report(result, pair->reason, "%s: self-test: %s", label, test->name);
	}
}

/* Those which the program was called with; without any, all that may be chosen by themselves. */
static const char *wanted[WANTED_MAX + 1];
static bool all;

static bool is_transport(const char *name)
{
	const char *known;

	for (unsigned int i = 0; (known = uvio_transport_name(i, NULL)); i++)
		if (!strcmp(name, known))
			return true;
	return false;
}

static void want_all(void)
{
	unsigned int count = 0;
	const char *name;
	bool on_request;

	all = true;
	for (unsigned int i = 0; (name = uvio_transport_name(i, &on_request)); i++)
		if (!on_request && count < WANTED_MAX)
			wanted[count++] = name;
}

const char *const *wanted_transports(void)
{
	if (!wanted[0])
		want_all();
	return wanted;
}

static bool is_offered(const struct pair *pair)
{
	struct uvio_device *device;
	struct uvio_check *check;
	bool usable = false;

	if (uvio_device_find(pair->ctx, pair->address, &device))
		return false;
	if (!uvio_check_device(pair->ctx, device, pair->backend, &check)) {
		usable = uvio_check_verdict(check) == UVIO_USABLE;
		uvio_check_free(check);
	}
	uvio_device_free(device);
	return usable;
}

/* One that was named must be there. */
int pair_bind(struct pair *pair, const char *label)
{
	if (uvio_bind(pair->ctx, pair->address, pair->backend)) {
		fail_at(__FILE__, __LINE__, "%s", uvio_last_error());
		report(FAIL, NULL, "%s: bind", label);
		return FAIL;
	}
	if (all && !is_offered(pair)) {
		report(SKIP, "not to be had here", "%s", label);
		return SKIP;
	}
	report(PASS, NULL, "%s: bind", label);
	return PASS;
}

static void run_pair(struct pair *pair)
{
	char label[128];

	snprintf(
		label, sizeof(label), "%s %s %s", pair->driver->name, pair->address, pair->backend);
	if (pair_bind(pair, label) != PASS)
		return;
	run_selftests(pair, label);
	run_cases(pair, label, region_cases);
	run_cases(pair, label, fault_cases);
	run_cases(pair, label, power_cases);
	run_cases(pair, label, irq_cases);
	run_cases(pair, label, msix_cases);
	run_cases(pair, label, dma_cases);
	run_cases(pair, label, memory_cases);
	run_cases(pair, label, process_cases);
	run_cases(pair, label, limit_cases);
	run_cases(pair, label, standard_cases);
	run_cases(pair, label, cancel_cases);
	run_cases(pair, label, rights_cases);
	run_cases(pair, label, isolation_cases);
	run_cases(pair, label, removal_cases);
}

const struct uvio_driver *driver_of(const struct uvio_device_info *info)
{
	const struct uvio_driver *driver = uvio_driver_match(
		NULL, info->vendor, info->device, info->subvendor, info->subdevice);

	return driver && driver->trial ? driver : NULL;
}

const struct uvio_driver *driver_of_edu(void)
{
	return uvio_driver_match(NULL, 0x1234, 0x11e8, UVIO_ANY_ID, UVIO_ANY_ID);
}

static int members_with_driver(const struct uvio_device_info *info)
{
	int count = 0;

	for (size_t i = 0; i < info->member_count; i++)
		count += info->members[i]->blocks || !info->members[i]->driver;
	return count;
}

/* Cards which share a group have cases of their own: on vfio they come and go together. */
static void run_suite(struct uvio_ctx *ctx)
{
	const char *const *transports = wanted_transports();
	struct uvio_device **devices;
	int count = uvio_device_list(ctx, &devices);

	for (int i = 0; i < count; i++) {
		const struct uvio_device_info *info = uvio_device_info(devices[i]);
		struct pair pair = {
			.ctx = ctx, .address = info->address, .driver = driver_of(info)};

		if (!pair.driver || members_with_driver(info) > 1)
			continue;
		for (unsigned int w = 0; (pair.backend = transports[w]); w++)
			run_pair(&pair);
		uvio_unbind(ctx, pair.address);
	}
	uvio_device_list_free(devices, count);
}

static void run_domains(struct uvio_ctx *ctx)
{
	for (const char *const *transport = wanted_transports(); *transport; transport++)
		run_domain(ctx, *transport);
}

struct mode {
	const char *name;
	void (*run)(struct uvio_ctx *ctx);
};

static const struct mode modes[] = {
	{"suite", run_suite},
	{"any-uio", run_any_uio},
	{"bind", run_bind},
	{"crash", run_crash},
	{"domain", run_domains},
	{"check", run_check},
	{"errors", run_errors},
	{"forgeable", run_forgeable},
	{"foreign", run_foreign},
	{"group", run_group},
	{"guard", run_guard},
	{"held", run_held},
	{"no-iommu", run_no_iommu},
	{"platform", run_platform},
	{"port-figures", run_port_figures},
	{"rom", run_rom},
	{"scale", run_scale},
	{"shared", run_shared},
	{"testdev", run_testdev},
	{"tokens", run_tokens},
	{"translated", run_translated},
	{"unplug", run_unplug},
	{"used", run_used},
	{"vectors", run_vectors},
	{"victim", run_victim},
};

int main(int argc, char **argv)
{
	struct uvio_ctx *ctx;

	if (uvio_ctx_new(NULL, &ctx))
		return 1;
	if (argc == 4 && !strcmp(argv[1], RIGHTS_ALONE))
		return run_rights_alone(ctx, argv[2], argv[3]);
	for (int i = 1, count = 0; i < argc && count < WANTED_MAX; i++)
		if (is_transport(argv[i]))
			wanted[count++] = argv[i];
	for (int i = 1; i < argc; i++)
		for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++)
			if (!strcmp(argv[i], modes[m].name))
				modes[m].run(ctx);
	printf("1..%u\n", number);
	uvio_ctx_free(ctx);
	return failures || !number;
}
