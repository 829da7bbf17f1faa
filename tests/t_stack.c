/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Every exported function has a bound of its stack, which is measured on each simulated kernel.
 * That of its failures is measured by t_inject_*, for those which ask something of the kernel.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <uvio/uvio.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/finding.h"
#include "device/device.h"
#include "harness.h"
#include "idle_card.h"
#include "inject_ops.h"
#include "inject_process.h"
#include "sim_bind.h"
#include "sim_iommufd.h"
#include "sim_uio.h"
#include "sim_vfio.h"
#include "stack.h"

/* It looks for whoever has the device, and changes its driver in a process of its own. */
#define BIND_STACK 16384

static struct uvio_device *device, **list;
static struct uvio_check *check;
static struct uvio_ctx *ctx;
static struct uvio_domain *domain;
static struct uvio_dma buffer;
static struct uvio_region region, slice;
static uint32_t words[2];
static struct uvio_guard *guard;
static const char *backend;
static int count;

static const struct uvio_ctx_options with_guard = {.guard_program = GUARD_PROGRAM};

static const struct uvio_driver *edu(void)
{
	return uvio_driver_match(NULL, 0x1234, 0x11e8, UVIO_ANY_ID, UVIO_ANY_ID);
}

static void begin_device(void)
{
	ASSERT_OK(uvio_device_find(card.tree->ctx, EDU, &device));
}

static void begin_check(void)
{
	begin_device();
	ASSERT_OK(uvio_check_device(card.tree->ctx, device, backend, &check));
}

static void begin_list(void)
{
	count = uvio_device_list(card.tree->ctx, &list);
	ASSERT(count > 0);
}

static void begin_ctx(void)
{
	ASSERT_OK(uvio_ctx_new(NULL, &ctx));
}

static void begin_region(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_region_map(udev, 0, &region));
}

static void begin_irq(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
}

static void begin_domain(void)
{
	ASSERT_OK(uvio_domain_new(card.tree->ctx, &domain));
	card.options.domain = domain;
	card_open_asserted();
}

static void begin_left_buffer(void)
{
	begin_domain();
	ASSERT_OK(uvio_dma_alloc(udev, 4096, 0, &buffer));
	card_close();
}

static void begin_left_memory(void)
{
	struct uvio_dma_segment segments[4];

	begin_domain();
	ASSERT(uvio_dma_map(udev, card_memory(), CARD_MEMORY_SIZE, 0, segments, 4) > 0);
	card_close();
}

static void begin_buffer(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_dma_alloc(udev, 4096, 0, &buffer));
}

static void begin_guard(void)
{
	ASSERT_OK(uvio_guard_new(card.tree->ctx, EDU, 0, &guard));
}

static enum uvio_verdict verdict;
static const struct uvio_finding *const *findings;
static unsigned int number;
static bool on_request;
static struct uvio_irq_stats stats;
static struct uvio_override override;
static uint64_t iova;

RUN(backend_count, uvio_backend_count())
RUN(backend_help, uvio_backend_help(0))
RUN(backend_name, uvio_backend_name(0))
RUN(cap_name, uvio_cap_name(UVIO_CAP_RESET))
RUN(caps, uvio_caps(udev))
RUN(check_device, uvio_check_device(card.tree->ctx, device, backend, &check))
RUN(check_backends, uvio_check_backends(card.tree->ctx, device, &check, 1))
RUN(check_findings, findings = uvio_check_findings(check, &number))
RUN(check_free, (uvio_check_free(check), check = NULL))
RUN(check_machine, uvio_check_machine(card.tree->ctx, backend, &check))
RUN(check_machine_all, uvio_check_machine(card.tree->ctx, NULL, &check))
RUN(check_verdict, verdict = uvio_check_verdict(check))
RUN(ctx_free, (uvio_ctx_free(ctx), ctx = NULL))
RUN(ctx_new, uvio_ctx_new(NULL, &ctx))
RUN(device_free, (uvio_device_free(device), device = NULL))
RUN(device_in_use, uvio_device_in_use(card.tree->ctx, device))
RUN(device_info, uvio_device_info(device))
RUN(device_list_free, (uvio_device_list_free(list, count), list = NULL))
RUN(dma_iova, uvio_dma_iova(udev, buffer.addr, &iova, NULL))
RUN(dma_set_mask, uvio_dma_set_mask(udev, UINT32_MAX))
RUN(domain_dma_free, uvio_domain_dma_free(domain, &buffer))
RUN(domain_dma_unmap, uvio_domain_dma_unmap(domain, card_memory(), CARD_MEMORY_SIZE))
RUN(domain_free, uvio_domain_free(domain) ? NULL : (domain = NULL))
RUN(domain_new, uvio_domain_new(card.tree->ctx, &domain))
RUN(driver_add, uvio_driver_add(ctx, &idle_driver))
RUN(driver_get, uvio_driver_get(NULL, 0))
RUN(driver_match, edu())
RUN(fail, uvio_fail(-EIO, "%s: %d of %s", EDU, 1, "text"))
RUN(guard_free, (uvio_guard_free(guard), guard = NULL))
RUN(irq_count, uvio_irq_count(udev, UVIO_IRQ_MSIX))
RUN(irq_fd, uvio_irq_fd(udev, 0))
RUN(irq_kind_name, uvio_irq_kind_name(UVIO_IRQ_MSI))
RUN(irq_spurious, uvio_irq_spurious(udev, 0))
RUN(irq_stamp, uvio_irq_stamp(udev, 0, true))
RUN(irq_stats, uvio_irq_stats(udev, 0, &stats))
RUN(irq_watch, uvio_irq_watch(udev, 0, 1, NULL, NULL))
RUN(last_errno, uvio_last_errno())
RUN(last_error, uvio_last_error())
RUN(override_read, uvio_override_read(card.tree->ctx, EDU, &override))
RUN(poll_until, uvio_poll_until(&region, 0, 4, UINT32_MAX, 0, 0))
RUN(read_slow, uvio_region_read_slow(&region, 0, 4))
RUN(release_fd, uvio_release_fd(udev))
RUN(transport_name, uvio_transport_name(0, &on_request))
RUN(udev_address, uvio_udev_address(udev))
RUN(udev_backend, uvio_udev_backend(udev))
RUN(udev_device, uvio_udev_device(udev))
RUN(udev_transport, uvio_udev_transport(udev))
RUN(read_rep_slow, uvio_region_read_rep_slow(&region, 0, 4, words, 2))
RUN(write_rep_slow, uvio_region_write_rep_slow(&region, 0, 4, words, 2))
RUN(region_slice, uvio_region_slice(&region, 0, 16, &slice))
RUN(udev_class, uvio_udev_class(udev))
RUN(udev_log, uvio_udev_log(udev, UVIO_LOG_INFO, "%s", "text"))
RUN(udev_revision, uvio_udev_revision(udev))
RUN(udev_subdevice, uvio_udev_subdevice(udev))
RUN(udev_subvendor, uvio_udev_subvendor(udev))
RUN(udev_vendor, uvio_udev_vendor(udev))
RUN(version, uvio_version())
RUN(write_slow, uvio_region_write_slow(&region, 8, 4, 0))
RUN(bind, uvio_bind(card.tree->ctx, EDU, "vfio-pci"))
RUN(unbind, uvio_unbind(card.tree->ctx, EDU))

static const struct measured measured[] = {
	{"uvio_backend_count", .run = run_backend_count},
	{"uvio_backend_help", .run = run_backend_help},
	{"uvio_backend_name", .run = run_backend_name},
	{"uvio_bind", .run = run_bind, .bind = true},
	{"uvio_bus_master", .operation = &op_bus_master_on},
	{"uvio_bus_master", .operation = &op_bus_master_off},
	{"uvio_cap_name", .run = run_cap_name},
	{"uvio_caps", .run = run_caps, .begin = card_open_asserted},
	{"uvio_check_backends", .run = run_check_backends, .begin = begin_device},
	{"uvio_check_device", .run = run_check_device, .begin = begin_device},
	{"uvio_check_findings", .run = run_check_findings, .begin = begin_check},
	{"uvio_check_free", .run = run_check_free, .begin = begin_check},
	{"uvio_check_machine", .run = run_check_machine},
	{"uvio_check_machine", .run = run_check_machine_all},
	{"uvio_check_verdict", .run = run_check_verdict, .begin = begin_check},
	{"uvio_ctx_free", .run = run_ctx_free, .begin = begin_ctx},
	{"uvio_ctx_new", .run = run_ctx_new},
	{"uvio_device_find", .operation = &op_find},
	{"uvio_device_free", .run = run_device_free, .begin = begin_device},
	{"uvio_device_in_use", .run = run_device_in_use, .begin = begin_device},
	{"uvio_device_info", .run = run_device_info, .begin = begin_device},
	{"uvio_device_list", .operation = &op_list},
	{"uvio_device_list_free", .run = run_device_list_free, .begin = begin_list},
	{"uvio_dma_alloc", .operation = &op_dma_alloc},
	{"uvio_dma_alloc_scattered", .operation = &op_dma_scattered},
	{"uvio_dma_free", .operation = &op_dma_free},
	{"uvio_dma_from_region", .operation = &op_dma_from_region},
	{"uvio_dma_import", .operation = &op_dma_import},
	{"uvio_dma_iova", .run = run_dma_iova, .begin = begin_buffer},
	{"uvio_dma_map", .operation = &op_dma_map},
	{"uvio_dma_set_mask", .run = run_dma_set_mask, .begin = card_open_asserted},
	{"uvio_dma_unmap", .operation = &op_dma_unmap},
	{"uvio_dma_verify", .operation = &op_dma_verify},
	{"uvio_domain_dma_free", .run = run_domain_dma_free, .begin = begin_left_buffer},
	{"uvio_domain_dma_unmap", .run = run_domain_dma_unmap, .begin = begin_left_memory},
	{"uvio_domain_free", .run = run_domain_free, .begin = begin_left_buffer},
	{"uvio_domain_new", .run = run_domain_new},
	{"uvio_driver_add", .run = run_driver_add, .begin = begin_ctx},
	{"uvio_driver_get", .run = run_driver_get},
	{"uvio_driver_match", .run = run_driver_match},
	{"uvio_event_fd", .operation = &op_event_fd},
	{"uvio_event_wait", .operation = &op_event_wait},
	{"uvio_fail", .run = run_fail},
	{"uvio_guard_free", .run = run_guard_free, .begin = begin_guard},
	{"uvio_guard_new", .operation = &op_guard_new},
	{"uvio_guard_stop", .operation = &op_guard_stop, .only = "uio"},
	{"uvio_irq_ack", .operation = &op_irq_ack},
	{"uvio_irq_cancel", .operation = &op_irq_cancel},
	{"uvio_irq_consume", .operation = &op_irq_consume},
	{"uvio_irq_count", .run = run_irq_count, .begin = card_open_asserted},
	{"uvio_irq_disable", .operation = &op_irq_disable},
	{"uvio_irq_enable", .operation = &op_irq_enable},
	{"uvio_irq_enable", .operation = &op_irq_enable_msi},
	{"uvio_irq_enable_range", .operation = &op_irq_enable_range},
	{"uvio_irq_fd", .run = run_irq_fd, .begin = begin_irq},
	{"uvio_irq_grow", .operation = &op_irq_grow, .only = "vfio"},
	{"uvio_irq_kind_name", .run = run_irq_kind_name},
	{"uvio_irq_spurious", .run = run_irq_spurious, .begin = begin_irq},
	{"uvio_irq_stamp", .run = run_irq_stamp, .begin = begin_irq},
	{"uvio_irq_stats_sized", .run = run_irq_stats, .begin = begin_irq},
	{"uvio_irq_wait", .operation = &op_irq_wait},
	{"uvio_irq_wait", .operation = &op_irq_wait_asleep},
	{"uvio_irq_wait", .operation = &op_irq_wait_in_vain},
	{"uvio_irq_watch", .run = run_irq_watch, .begin = begin_irq},
	{"uvio_last_errno", .run = run_last_errno},
	{"uvio_last_error", .run = run_last_error},
	{"uvio_low_power", .operation = &op_low_power_on},
	{"uvio_low_power", .operation = &op_low_power_off, .only = "vfio"},
	{"uvio_override_read_sized", .run = run_override_read},
	{"uvio_poll_until", .run = run_poll_until, .begin = begin_region},
	{"uvio_region_find", .operation = &op_region_find},
	{"uvio_region_info_sized", .operation = &op_region_info},
	{"uvio_region_map_sized", .operation = &op_region_map},
	{"uvio_region_map_sized", .operation = &op_region_map_rom},
	{"uvio_region_read", .operation = &op_config_read},
	{"uvio_region_read_slow", .run = run_read_slow, .begin = begin_region},
	{"uvio_region_write", .operation = &op_config_write},
	{"uvio_region_write_slow", .run = run_write_slow, .begin = begin_region},
	{"uvio_release_fd", .run = run_release_fd, .begin = card_open_asserted},
	{"uvio_transport_name", .run = run_transport_name},
	{"uvio_udev_address", .run = run_udev_address, .begin = card_open_asserted},
	{"uvio_udev_alive", .operation = &op_alive},
	{"uvio_udev_backend", .run = run_udev_backend, .begin = card_open_asserted},
	{"uvio_udev_close", .operation = &op_close},
	{"uvio_udev_device", .run = run_udev_device, .begin = card_open_asserted},
	{"uvio_udev_hot_reset", .operation = &op_hot_reset},
	{"uvio_udev_hot_reset_affects_sized", .operation = &op_hot_reset_affects},
	{"uvio_udev_open", .operation = &op_open},
	{"uvio_udev_open", .operation = &op_open_any},
	{"uvio_udev_reset", .operation = &op_reset},
	{"uvio_udev_transport", .run = run_udev_transport, .begin = card_open_asserted},
	{"uvio_udev_class", .run = run_udev_class, .begin = card_open_asserted},
	{"uvio_udev_log", .run = run_udev_log, .begin = card_open_asserted},
	{"uvio_udev_revision", .run = run_udev_revision, .begin = card_open_asserted},
	{"uvio_udev_subdevice", .run = run_udev_subdevice, .begin = card_open_asserted},
	{"uvio_udev_subvendor", .run = run_udev_subvendor, .begin = card_open_asserted},
	{"uvio_region_read_rep_slow", .run = run_read_rep_slow, .begin = begin_region},
	{"uvio_region_slice_sized", .run = run_region_slice, .begin = begin_region},
	{"uvio_region_write_rep_slow", .run = run_write_rep_slow, .begin = begin_region},
	{"uvio_udev_vendor", .run = run_udev_vendor, .begin = card_open_asserted},
	{"uvio_unbind", .run = run_unbind, .bind = true},
	{"uvio_version", .run = run_version},
	{"uvio_vf_token_set", .operation = &op_vf_token_set},
	{NULL},
};

static void raise_line(unsigned int vector)
{
	(void)vector;
	sim_uio_raise();
}

static void unbind_card(void)
{
	uio.gone = true;
}

static void use_uio(void)
{
	sim = &sim_uio;
	card = (struct card){
		.tree = tree_new_with("edu-uio", &with_guard),
		.options = {.backend = "uio", .flags = UVIO_OPEN_UNSAFE_DMA},
		.raise = raise_line,
		.tell = unbind_card,
		.command = sim_uio_command,
	};
	inject_reset(card.tree->root);
	sim_uio_reset(card.tree);
	sim_uio_add_memory(card.tree);
}

static void use_vfio(void)
{
	bool is_cdev = !strcmp(backend, "vfio/cdev");

	sim = is_cdev ? &sim_iommufd : &sim_vfio;
	card = (struct card){
		.tree = tree_new_with("edu-vfio", &with_guard),
		.options = {.backend = backend},
		.raise = sim_vfio_raise,
		.tell = sim_vfio_report_error,
		.command = sim_vfio_command,
	};
	inject_reset(card.tree->root);
	sim_vfio_reset();
	if (is_cdev)
		sim_iommufd_reset(card.tree);
}

static void use_bind(void)
{
	sim = &sim_bind;
	card.tree = tree_new("edu-uio");
	tree_change(card.tree, "file dev/vfio/1");
	inject_reset(card.tree->root);
	kernel = (struct kernel){.tree = card.tree, .folder = EDU_FOLDER, .address = EDU};
}

static void end(void)
{
	stack_card_end();
	uvio_guard_free(guard);
	guard = NULL;
	card_close();
	uvio_check_free(check);
	check = NULL;
	uvio_device_free(device);
	device = NULL;
	if (list)
		uvio_device_list_free(list, count);
	list = NULL;
	ASSERT_OK(uvio_domain_free(domain));
	domain = NULL;
	uvio_ctx_free(ctx);
	ctx = NULL;
	kernel = (struct kernel){0};
	card_discard();
}

static void begin(const struct measured *what)
{
	void (*first)(void) = what->operation ? what->operation->begin : what->begin;

	if (what->bind)
		use_bind();
	else if (!strcmp(backend, "uio"))
		use_uio();
	else
		use_vfio();
	if (first)
		first();
}

static size_t measure(const struct measured *what)
{
	size_t taken;

	begin(what);
	inject_begin_counting();
	inject_run_painted(what->operation ? what->operation->run : what->run, &taken);
	inject_end();
	end();
	return taken;
}

static size_t measure_failure(const struct measured *what, unsigned int call, int answer)
{
	size_t taken;

	begin(what);
	inject_begin(call, answer);
	inject_run_painted(what->run, &taken);
	inject_end();
	end();
	return taken;
}

/* Of an operation, and of binding, t_inject_* does the same, where there is more to look at. */
static size_t measure_failures(const struct measured *what)
{
	static struct inject_call calls[1024];
	unsigned int calls_made = what->operation || what->bind ? 0 : inject_count();
	size_t most = 0, taken;

	ASSERT(calls_made <= 1024);
	for (unsigned int i = 0; i < calls_made; i++)
		calls[i] = *inject_call(i);
	for (unsigned int i = 0; i < calls_made; i++)
		for (const int *answer = inject_answers(&calls[i]);
			*answer && calls[i].kind != INJECT_MALLOC; answer++) {
			taken = measure_failure(what, i, *answer);
			most = taken > most ? taken : most;
		}
	return most;
}

static bool keeps_to_its_bound(const struct measured *what)
{
	size_t most = what->bind ? BIND_STACK : INJECT_STACK_MOST;
	size_t taken = measure(what), failed = measure_failures(what);

	if (taken <= most && failed <= most)
		return true;
	printf("# %s on %s: %zu bytes, %zu where it fails, which is more than %zu\n", what->symbol,
		backend, taken, failed, most);
	return false;
}

static bool all_keep(const struct measured *what)
{
	bool ok = true;

	for (; what->symbol; what++)
		if (!what->only || !strncmp(backend, what->only, strlen(what->only)))
			ok = keeps_to_its_bound(what) && ok;
	return ok;
}

static void measure_all(const char *name)
{
	backend = name;
	ASSERT(all_keep(measured));
	ASSERT(all_keep(stack_card));
}

static void each_call_on_uio_keeps_to_its_bound(void)
{
	measure_all("uio");
}

static void each_call_on_a_group_keeps_to_its_bound(void)
{
	measure_all("vfio/group");
}

static void each_call_on_a_cdev_keeps_to_its_bound(void)
{
	measure_all("vfio/cdev");
}

static bool is_in(const struct measured *what, const char *symbol)
{
	while (what->symbol && strcmp(what->symbol, symbol))
		what++;
	return what->symbol;
}

static void each_exported_function_is_measured(void)
{
	FILE *file = fopen(SYMBOLS, "r");
	unsigned int symbols = 0;
	char symbol[128];
	bool ok = true;

	ASSERT(file);
	while (fscanf(file, "%127s", symbol) == 1) {
		symbols++;
		if (is_in(measured, symbol) || is_in(stack_card, symbol))
			continue;
		printf("# %s: no bound of its stack is measured\n", symbol);
		ok = false;
	}
	fclose(file);
	ASSERT(ok && symbols);
}

static CU_TestInfo cases[] = {
	TEST(each_exported_function_is_measured),
	TEST(each_call_on_uio_keeps_to_its_bound),
	TEST(each_call_on_a_group_keeps_to_its_bound),
	TEST(each_call_on_a_cdev_keeps_to_its_bound),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"stack", NULL, NULL, NULL, NULL, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	int rc = test_main(suites);

	inject_print_stack();
	return rc;
}
