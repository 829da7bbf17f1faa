/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * UIO devices which are no PCI cards, by uio_pdrv_genirq: the machine's HPET as ACPI has it,
 * without an interrupt, and the same once more with one (the lab's card hpet).
 */
#include <config.h>

#include <sched.h>

#include <uvio/device.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "conformance.h"

#define DEVICES "/sys/bus/platform/devices/"
#define DRIVER "/sys/bus/platform/drivers/uio_pdrv_genirq/"
#define HPET "UVIO0001:00"

/* IA-PC HPET Specification 1.0a, 2.3; 64 bits each, of which the lower half is enough. */
#define HPET_ID 0x000
#define HPET_CONFIG 0x010
#define HPET_STATUS 0x020
#define HPET_COUNTER 0x0f0
#define HPET_TIMER2 0x140
#define HPET_TIMER2_AT 0x148

#define CONFIG_ENABLE 0x1
#define TIMER_LEVEL 0x2
#define TIMER_ENABLE 0x4
#define TIMER_LINE(line) ((line) << 9)
#define LINE 18
#define TIMER2 0x4  /* in HPET_STATUS */
#define SOON 100000 /* ticks of 10 ns */
#define ROUNDS 20

struct platform {
	struct uvio_ctx *ctx;
	struct uvio_udev *udev;
	struct uvio_region registers;
};

static int bind(const char *device)
{
	char path[128];

	snprintf(path, sizeof(path), DEVICES "%s/driver_override", device);
	CHECK_OK(sysfs_write(path, "uio_pdrv_genirq"));
	CHECK_OK(sysfs_write(DRIVER "bind", device));
	return PASS;
}

static void unbind(const char *device)
{
	char path[128];

	sysfs_write(DRIVER "unbind", device);
	snprintf(path, sizeof(path), DEVICES "%s/driver_override", device);
	sysfs_write(path, "\n");
}

static int open_it(struct platform *it, const char *address)
{
	const struct uvio_open_options options = {.backend = "uio"};

	CHECK_OK(uvio_udev_open(it->ctx, address, &options, &it->udev));
	CHECK(!strcmp(uvio_udev_address(it->udev), "uio0"));
	CHECK_OK(uvio_region_map(it->udev, 0, &it->registers));
	uvio_write32(&it->registers, HPET_CONFIG,
		uvio_read32(&it->registers, HPET_CONFIG) | CONFIG_ENABLE);
	return PASS;
}

static int registers_are_there(struct platform *it)
{
	uint32_t id = uvio_read32(&it->registers, HPET_ID);
	uint32_t counter = uvio_read32(&it->registers, HPET_COUNTER);
	struct uvio_region other;

	CHECK(id != 0 && id != UINT32_MAX);
	CHECK(it->registers.base && it->registers.size >= 0x400);
	CHECK_OK(uvio_poll_until(
		&it->registers, HPET_CONFIG, 4, CONFIG_ENABLE, CONFIG_ENABLE, UVIO_MS(100)));
	while (uvio_read32(&it->registers, HPET_COUNTER) == counter)
		sched_yield();
	CHECK_ERR(uvio_region_map(it->udev, 1, &other), -ENOENT, "no map 1");
	CHECK_ERR(uvio_region_map(it->udev, UVIO_REGION_CONFIG, &other), -ENOENT, "no region 7");
	return PASS;
}

static int what_is_of_pci_is_refused(struct platform *it)
{
	CHECK(!(uvio_caps(it->udev) & (UVIO_CAP_CONFIG | UVIO_CAP_BUS_MASTER | UVIO_CAP_RESET)));
	CHECK_ERR(uvio_bus_master(it->udev, true), -ENOTSUP, "not a PCI device");
	CHECK_ERR(uvio_udev_reset(it->udev), -ENOTSUP, "not a PCI device");
	CHECK(uvio_udev_vendor(it->udev) == 0xffff);
	CHECK(uvio_udev_alive(it->udev));
	return PASS;
}

static void start_timer(struct platform *it)
{
	uvio_write32(
		&it->registers, HPET_TIMER2_AT, uvio_read32(&it->registers, HPET_COUNTER) + SOON);
	uvio_write32(&it->registers, HPET_TIMER2, TIMER_LINE(LINE) | TIMER_ENABLE | TIMER_LEVEL);
}

/* The cause before the timer: the card keeps a line whose timer is off. */
static int stop_timer(struct platform *it)
{
	uvio_write32(&it->registers, HPET_STATUS, TIMER2);
	uvio_write32(&it->registers, HPET_TIMER2, 0);
	CHECK(!(uvio_read32(&it->registers, HPET_STATUS) & TIMER2));
	return PASS;
}

static int take_one(struct platform *it)
{
	uint64_t events = 0;

	start_timer(it);
	CHECK_OK(uvio_irq_wait(it->udev, 0, UVIO_MS(LONG_MS), &events));
	CHECK(events == 1);
	CHECK(stop_timer(it) == PASS);
	CHECK_OK(uvio_irq_ack(it->udev, 0));
	return PASS;
}

static int take_many(struct platform *it)
{
	CHECK(uvio_irq_count(it->udev, UVIO_IRQ_INTX) == 1);
	CHECK(uvio_caps(it->udev) & UVIO_CAP_INTX);
	CHECK_OK(uvio_irq_enable(it->udev, UVIO_IRQ_INTX, 1));
	for (int i = 0; i < ROUNDS; i++)
		if (take_one(it))
			return fail_at(__FILE__, __LINE__, "round %d", i);
	CHECK_ERR(uvio_irq_wait(it->udev, 0, UVIO_MS(20), NULL), -ETIMEDOUT,
		"no interrupt on vector 0");
	CHECK_OK(uvio_irq_disable(it->udev));
	return PASS;
}

static int every_interrupt_arrives(struct platform *it)
{
	int result = PASS;

	for (int i = 0; i < 3 && !result; i++)
		result = take_many(it);
	stop_timer(it);
	return result;
}

/* One that nobody took leaves the line masked by the kernel: enabling arms it. */
static int one_that_was_left_is_no_harm(struct platform *it)
{
	CHECK_OK(uvio_irq_enable(it->udev, UVIO_IRQ_INTX, 1));
	start_timer(it);
	CHECK_OK(uvio_irq_wait(it->udev, 0, UVIO_MS(LONG_MS), NULL));
	uvio_udev_close(it->udev);
	it->udev = NULL;
	CHECK(open_it(it, "uio0") == PASS);
	CHECK(stop_timer(it) == PASS);
	return every_interrupt_arrives(it);
}

static int it_is_listed(struct platform *it)
{
	struct uvio_device *device;
	int rc;

	CHECK_OK(uvio_device_find(it->ctx, "uio0", &device));
	rc = strcmp(uvio_device_info(device)->uio, "uio0");
	CHECK(!uvio_device_info(device)->pci);
	uvio_device_free(device);
	CHECK(!rc);
	return PASS;
}

struct platform_case {
	const char *name;
	int (*run)(struct platform *it);
};

static void run_as(struct uvio_ctx *ctx, const char *address, const struct platform_case *cases)
{
	for (; cases->name; cases++) {
		struct platform it = {.ctx = ctx};
		int result = open_it(&it, address);

		if (!result)
			result = cases->run(&it);
		uvio_udev_close(it.udev);
		report(result, NULL, "platform %s as %s: %s", HPET, address, cases->name);
	}
}

void run_platform(struct uvio_ctx *ctx)
{
	static const struct platform_case cases[] = {
		{"it is listed", it_is_listed},
		{"its registers are there (uio 3.19)", registers_are_there},
		{"what is of PCI is refused", what_is_of_pci_is_refused},
		{"every interrupt arrives, by irqcontrol (uio 3.11)", every_interrupt_arrives},
		{"an interrupt that was left is no harm", one_that_was_left_is_no_harm},
		{0},
	};

	report(bind(HPET), NULL, "platform %s: bind", HPET);
	run_as(ctx, "uio0", cases);
	run_as(ctx, "name:UVIO", cases);
	unbind(HPET);
}
