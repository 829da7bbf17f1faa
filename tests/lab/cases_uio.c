/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * What only UIO has: a kernel driver of another kind, uio_mf624, which takes QEMU's tpci200 by
 * driver_override; I/O ports by instructions; devices of the platform bus, where the kernel has a
 * driver for them.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <sys/io.h>
#endif

#include <uvio/bind.h>
#include <uvio/dma.h>
#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "conformance.h"

#define TESTDEV "0000:00:07.0"
#define TPCI200 "0000:00:09.0"

/* QEMU's hw/ipack/tpci200.c: a register of its PLX 9030, whose bits do not change. */
#define PLX_INTCSR 0x4c
#define PLX_INTCSR_VALUE 0x41

/* QEMU's docs/specs/pci-testdev. */
#define TEST_SELECT 0
#define TEST_WIDTH 1
#define TEST_OFFSET 4
#define TEST_COUNT 12
#define BAR_MEMORY 0
#define BAR_PORTS 1

/* Of QEMU's ACPI tables. The ids of the timer are Intel's. */
#define HPET "PNP0103:00"
#define HPET_VENDOR 0x8086
#define FWCF "QEMU0002:00"
#define PDRV "/sys/bus/platform/drivers/uio_pdrv_genirq/"

static int open_uio(struct pair *pair, const char *address, uint32_t flags)
{
	struct uvio_open_options options = {.backend = "uio", .flags = flags};

	return uvio_udev_open(pair->ctx, address, &options, &pair->udev);
}

/* Three maps, of the BARs 0, 2 and 4; the others come from sysfs. */
static int maps_have_the_numbers_of_their_bars(struct pair *pair)
{
	struct uvio_region plx, large;

	CHECK_OK(open_uio(pair, "name:mf624", 0));
	CHECK(!strcmp(uvio_udev_address(pair->udev), TPCI200));
	CHECK_OK(uvio_region_map(pair->udev, 0, &plx));
	CHECK(plx.base && plx.size == 128);
	CHECK(uvio_read32(&plx, PLX_INTCSR) == PLX_INTCSR_VALUE);
	CHECK_OK(uvio_region_map(pair->udev, 4, &large));
	CHECK(large.base && large.size == 32 << 20);
	CHECK(uvio_read16(&large, large.size - 2) == 0);
	return PASS;
}

/* The driver has claimed BAR 5, so that its file cannot be mapped. */
static int a_claimed_bar_is_told(struct pair *pair)
{
	struct uvio_region region;
	int rc;

	CHECK_OK(open_uio(pair, TPCI200, 0));
	CHECK_OK(uvio_region_info(pair->udev, 5, &region));
	rc = uvio_region_map(pair->udev, 5, &region);
	if (!rc)
		return SKIP; /* a kernel without CONFIG_IO_STRICT_DEVMEM */
	CHECK_ERR(rc, -EINVAL, "perhaps a kernel driver has claimed it");
	return PASS;
}

/* The line is armed and switched off by the node; nothing in this card raises it. */
static int the_node_arms_the_interrupt(struct pair *pair)
{
	uint64_t events;

	CHECK_OK(open_uio(pair, TPCI200, 0));
	CHECK(uvio_caps(pair->udev) & UVIO_CAP_INTX);
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(20), &events), -ETIMEDOUT, TPCI200);
	CHECK_OK(uvio_irq_ack(pair->udev, 0));
	CHECK_OK(uvio_irq_disable(pair->udev));
	return PASS;
}

static uint16_t command_of(const char *address, int set)
{
	uint16_t command = (uint16_t)set;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", address);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (set >= 0 && pwrite(fd, &command, 2, 4) != 2)
		command = 0xffff;
	if (pread(fd, &command, 2, 4) != 2)
		command = 0xffff;
	close(fd);
	return command;
}

/* As a driver of the card's own leaves it, which has set up bus mastering. */
static int what_its_own_driver_has_on_stays(struct pair *pair)
{
	uint16_t before = command_of(TPCI200, -1), with = before | 4;

	CHECK(command_of(TPCI200, with) == with);
	CHECK_OK(open_uio(pair, TPCI200, 0));
	CHECK(uvio_caps(pair->udev) & UVIO_CAP_OWN_DRIVER);
	CHECK(command_of(TPCI200, -1) == with);
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	CHECK_OK(uvio_irq_disable(pair->udev));
	CHECK_OK(uvio_bus_master(pair->udev, false));
	CHECK(command_of(TPCI200, -1) == before);
	uvio_udev_close(pair->udev);
	pair->udev = NULL;
	CHECK(command_of(TPCI200, -1) == with);
	CHECK(command_of(TPCI200, before) == before);
	CHECK_OK(open_uio(pair, TPCI200, 0));
	uvio_udev_close(pair->udev);
	pair->udev = NULL;
	CHECK(command_of(TPCI200, -1) == before);
	return PASS;
}

static int a_bar_is_no_memory_for_dma(struct pair *pair)
{
	struct uvio_dma dma;

	CHECK_OK(open_uio(pair, TPCI200, UVIO_OPEN_UNSAFE_DMA));
	CHECK_ERR(uvio_dma_from_region(pair->udev, 1, &dma), -EINVAL, "map 1 is BAR2 of the card");
	CHECK_ERR(uvio_dma_from_region(pair->udev, 3, &dma), -ENOENT, "offers no map 3");
	CHECK_ERR(uvio_dma_import(pair->udev, "udmabuf0", 0, &dma), -ENOENT, "no buffer udmabuf0");
	return PASS;
}

static int ports_of_a_claimed_bar_work(struct pair *pair)
{
	struct uvio_region ports, memory;

	CHECK_OK(open_uio(pair, TPCI200, UVIO_OPEN_PORT_INSTRUCTIONS));
	CHECK_OK(uvio_region_map(pair->udev, 1, &ports));
	CHECK_OK(uvio_region_map(pair->udev, 0, &memory));
	for (unsigned int i = 0; i < 128; i += 4)
		CHECK(uvio_read32(&ports, i) == uvio_read32(&memory, i));
	return PASS;
}

static int map_testdev(struct pair *pair, struct uvio_region *ports, struct uvio_region *memory)
{
	CHECK_OK(open_uio(pair, TESTDEV, UVIO_OPEN_PORT_INSTRUCTIONS));
	CHECK_OK(uvio_region_map(pair->udev, BAR_PORTS, ports));
	CHECK_OK(uvio_region_map(pair->udev, BAR_MEMORY, memory));
	return PASS;
}

/* Of a kernel without CONFIG_X86_IOPL_IOPERM. What is not asked for needs no right. */
static bool has_no_instructions(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return ioperm(0x80, 1, 0) < 0 && errno == ENOSYS;
#else
	return true;
#endif
}

static int instructions_reach_the_registers(struct pair *pair)
{
	struct uvio_region ports, memory;
	uint32_t offset;

	if (has_no_instructions())
		return SKIP;
	if (map_testdev(pair, &ports, &memory))
		return FAIL;
	uvio_write8(&ports, TEST_SELECT, 0);
	CHECK(uvio_read8(&ports, TEST_WIDTH) == 1);
	offset = uvio_read32(&ports, TEST_OFFSET);
	CHECK(offset == uvio_read32(&memory, TEST_OFFSET));
	CHECK(uvio_read16(&ports, TEST_OFFSET) == (uint16_t)offset);
	for (int i = 0; i < 3; i++)
		uvio_write8(&ports, offset, uvio_read8(&ports, 8));
	CHECK(uvio_read32(&memory, TEST_COUNT) == 3);
	return PASS;
}

static void *read_width(void *ports)
{
	return (void *)(uintptr_t)uvio_read8(ports, TEST_WIDTH);
}

static uintptr_t thread_reads(struct uvio_region *ports)
{
	void *value = NULL;
	pthread_t thread;

	if (pthread_create(&thread, NULL, read_width, ports) || pthread_join(thread, &value))
		return 0;
	return (uintptr_t)value;
}

static int every_thread_may(struct pair *pair)
{
	struct uvio_region ports, memory;

	if (has_no_instructions())
		return SKIP;
	if (map_testdev(pair, &ports, &memory))
		return FAIL;
	uvio_write8(&ports, TEST_SELECT, 0);
	CHECK(thread_reads(&ports) == 1);
	return PASS;
}

/* No signal: what is refused to a thread goes by calls. */
static int an_unprivileged_thread_takes_calls(struct pair *pair)
{
	struct uvio_region ports, memory;

	if (map_testdev(pair, &ports, &memory))
		return FAIL;
	uvio_write8(&ports, TEST_SELECT, 0);
	if (setuid(65534))
		return FAIL;
	CHECK(thread_reads(&ports) == 1);
	CHECK(uvio_read8(&ports, TEST_WIDTH) == 1);
	return PASS;
}

static int rights_are_given_up(struct pair *pair)
{
	CHECK(in_child(pair, an_unprivileged_thread_takes_calls) == PASS);
	return PASS;
}

static const struct test_case mf624_cases[] = {
	{"maps have the numbers of their BARs (uio 3.21)", 0, maps_have_the_numbers_of_their_bars,
		true},
	{"a claimed BAR is told (uio 3.40)", 0, a_claimed_bar_is_told, true},
	{"the node arms the interrupt (uio 3.11)", 0, the_node_arms_the_interrupt, true},
	{"what its own driver has on stays", 0, what_its_own_driver_has_on_stays, true},
	{"a BAR is no memory for DMA", 0, a_bar_is_no_memory_for_dma, true},
	{"ports of a claimed BAR work", 0, ports_of_a_claimed_bar_work, true},
	{0},
};

static const struct test_case port_cases[] = {
	{"instructions reach the registers (uio 3.28)", 0, instructions_reach_the_registers, true},
	{"every thread may use them (uio 3.28)", 0, every_thread_may, true},
	{"an unprivileged thread takes calls", 0, rights_are_given_up, true},
	{0},
};

static void run_those(struct pair *pair, const char *label, const struct test_case *cases)
{
	for (; cases->name; cases++) {
		int result = cases->run(pair);

		uvio_udev_close(pair->udev);
		pair->udev = NULL;
		report(result, "this kernel is built without it", "%s: %s", label, cases->name);
	}
}

/* The timer of the machine, which the kernel uses too: nothing is written. */
static int a_platform_device_has_its_map(struct pair *pair)
{
	struct uvio_region region;

	CHECK_OK(open_uio(pair, "name:HPET", 0));
	CHECK_OK(uvio_region_map(pair->udev, 0, &region));
	CHECK(region.base && uvio_read32(&region, 0) >> 16 == HPET_VENDOR);
	CHECK_ERR(uvio_region_map(pair->udev, 4, &region), -ENOENT, "offers no map 4");
	CHECK_ERR(uvio_bus_master(pair->udev, true), -ENOTSUP, "not a PCI device");
	return PASS;
}

static int a_device_without_interrupt_is_polled(struct pair *pair)
{
	CHECK_OK(open_uio(pair, "name:FWCF", 0));
	CHECK(!(uvio_caps(pair->udev) & UVIO_CAP_INTX));
	CHECK_ERR(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1), -ENOTSUP, "poll the card");
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, -1, NULL), -ENOTSUP, "poll the card");
	CHECK(uvio_udev_alive(pair->udev));
	return PASS;
}

static int a_device_without_maps_says_so(struct pair *pair)
{
	struct uvio_region region;

	CHECK_OK(open_uio(pair, "name:FWCF", 0));
	CHECK_ERR(uvio_region_map(pair->udev, 0, &region), -ENOENT, "offers no map 0");
	return PASS;
}

static const struct test_case platform_cases[] = {
	{"a platform device has its map (uio 3.19)", 0, a_platform_device_has_its_map, true},
	{"a device without interrupt is polled (uio 3.8)", 0, a_device_without_interrupt_is_polled,
		true},
	{"a device without maps says so", 0, a_device_without_maps_says_so, true},
	{0},
};

/* 0, or a negative errno where the kernel has no such driver or device. */
static int bind_platform(const char *device)
{
	char path[128];
	int rc;

	snprintf(path, sizeof(path), "/sys/bus/platform/devices/%s/driver_override", device);
	rc = sysfs_write(path, "uio_pdrv_genirq");
	return rc ? rc : sysfs_write(PDRV "bind", device);
}

static void run_without_irq(struct pair *pair)
{
	if (bind_platform(HPET) || bind_platform(FWCF)) {
		report(SKIP, "this kernel has no uio_pdrv_genirq for it", "platform");
		return;
	}
	run_those(pair, "platform", platform_cases);
	sysfs_write(PDRV "unbind", HPET);
	sysfs_write(PDRV "unbind", FWCF);
}

void run_any_uio(struct uvio_ctx *ctx)
{
	struct pair pair = {.ctx = ctx, .backend = "uio"};

	run_without_irq(&pair);
	if (uvio_bind(ctx, TPCI200, "mf624"))
		fail_at(__FILE__, __LINE__, "%s", uvio_last_error());
	run_those(&pair, "mf624", mf624_cases);
	uvio_bind(ctx, TPCI200, "none");
	if (uvio_bind(ctx, TESTDEV, "uio"))
		fail_at(__FILE__, __LINE__, "%s", uvio_last_error());
	run_those(&pair, "ports", port_cases);
	uvio_bind(ctx, TESTDEV, "none");
}

#define ROUNDS 1000

static uint64_t ticks(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#else
	return 0;
#endif
}

static void measure(struct uvio_ctx *ctx, const char *backend, unsigned int bar, uint32_t flags)
{
	struct uvio_open_options options = {.backend = backend, .flags = flags};
	struct uvio_region region;
	struct uvio_udev *udev;
	uint64_t begin, reads, writes;

	if (uvio_udev_open(ctx, TESTDEV, &options, &udev))
		return;
	if (!uvio_region_map(udev, bar, &region)) {
		begin = ticks();
		for (int i = 0; i < ROUNDS; i++)
			(void)uvio_read8(&region, TEST_WIDTH);
		reads = ticks() - begin;
		begin = ticks();
		for (int i = 0; i < ROUNDS; i++)
			uvio_write8(&region, TEST_SELECT, 0);
		writes = ticks() - begin;
		printf("# %s, %s%s: read %.1f, write %.1f\n", backend, bar ? "ports" : "memory",
			flags ? " by instructions"
			: bar ? " by calls"
			      : "",
			(double)reads / ROUNDS, (double)writes / ROUNDS);
	}
	uvio_udev_close(udev);
}

/* The same registers in memory and in ports, in ticks: for a guest that counts instructions. */
void run_port_figures(struct uvio_ctx *ctx)
{
	uvio_bind(ctx, TESTDEV, "uio");
	measure(ctx, "uio", BAR_MEMORY, 0);
	measure(ctx, "uio", BAR_PORTS, 0);
	measure(ctx, "uio", BAR_PORTS, UVIO_OPEN_PORT_INSTRUCTIONS);
	uvio_bind(ctx, TESTDEV, "vfio");
	measure(ctx, "vfio", BAR_PORTS, 0);
	uvio_bind(ctx, TESTDEV, "none");
	report(PASS, NULL, "figures of ports");
}
