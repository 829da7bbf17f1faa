/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>

#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "harness.h"
#include "inject_ops.h"

/* What only PCI devices have: the ROM, resets of the bus, sleep, tokens. */

static struct uvio_affected affected[4];
static struct uvio_region rom;

static int run_hot_reset(void)
{
	return uvio_udev_hot_reset(udev);
}

static const char *bus_was_reset(void)
{
	if ((card.command() & 0x6) != 0x2)
		return "bus mastering is on, or memory is not decoded";
	return uvio_irq_fd(udev, 0) >= 0 ? "interrupts are enabled" : NULL;
}

static void begin_irq(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_bus_master(udev, true));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
}

const struct operation op_hot_reset = {
	.name = "hot reset", .begin = begin_irq, .run = run_hot_reset, .works = bus_was_reset};

static int run_affects(void)
{
	return uvio_udev_hot_reset_affects(udev, affected, 4);
}

static const char *is_alone(void)
{
	return affected[0].flags == UVIO_AFFECTED_SELF ? NULL : "it is not told as itself";
}

const struct operation op_hot_reset_affects = {
	.name = "what a hot reset affects",
	.begin = card_open_asserted,
	.run = run_affects,
	.works = is_alone,
};

static int run_sleep(void)
{
	return uvio_low_power(udev, true);
}

static int run_wake(void)
{
	return uvio_low_power(udev, false);
}

static void begin_asleep(void)
{
	card_open_asserted();
	ASSERT_OK(run_sleep());
}

const struct operation op_low_power_on = {
	.name = "low power on", .begin = card_open_asserted, .run = run_sleep};
const struct operation op_low_power_off = {
	.name = "low power off", .begin = begin_asleep, .run = run_wake};

static int run_token(void)
{
	return uvio_vf_token_set(udev, "12345678-9abc-def0-1234-56789abcdef0");
}

const struct operation op_vf_token_set = {
	.name = "vf token set", .begin = card_open_asserted, .run = run_token};

static int run_find(void)
{
	return uvio_region_find(udev, 0x80008086, 1) < 0 ? uvio_last_errno() : 0;
}

const struct operation op_region_find = {
	.name = "region find", .begin = card_open_asserted, .run = run_find};

static int run_rom(void)
{
	return uvio_region_map(udev, UVIO_REGION_ROM, &rom);
}

static const char *rom_has_its_mark(void)
{
	return uvio_read16(&rom, 0) == 0xaa55 ? NULL : "the ROM reads something else";
}

const struct operation op_region_map_rom = {
	.name = "region map of the ROM",
	.begin = card_open_asserted,
	.run = run_rom,
	.works = rom_has_its_mark,
};
