/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Registers of a card which does not answer: with its memory switched off, that can be had. What
 * they read then on uio is up to the machine: all ones on real ones, 0 in QEMU.
 */
#include <config.h>

#include <uvio/region.h>
#include <uvio/udev.h>

#include "conformance.h"

#define COMMAND 4
#define COMMAND_MEMORY 0x02
#define ROUNDS 2000

static bool is_vfio(const struct pair *pair)
{
	return !strncmp(pair->backend, "vfio", 4);
}

static int switch_memory(struct pair *pair, bool on)
{
	struct uvio_region config;
	uint64_t command;

	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_CONFIG, &config));
	CHECK_OK(uvio_region_read(&config, COMMAND, 1, &command));
	command = on ? command | COMMAND_MEMORY : command & ~(uint64_t)COMMAND_MEMORY;
	CHECK_OK(uvio_region_write(&config, COMMAND, 1, command));
	return PASS;
}

/* Reads and writes one, which may end the process. */
static int touch(struct pair *pair, const struct uvio_region *bar)
{
	uint32_t value;

	CHECK(switch_memory(pair, false) == PASS);
	value = uvio_read32(bar, 0);
	uvio_write32(bar, 0, value);
	CHECK(switch_memory(pair, true) == PASS);
	CHECK(!is_vfio(pair) || value == UINT32_MAX);
	CHECK(uvio_udev_alive(pair->udev));
	CHECK(uvio_read32(bar, 0) != UINT32_MAX);
	return PASS;
}

static int open_and_touch(struct pair *pair)
{
	struct uvio_region bar;
	int result;

	CHECK_OK(pair_open(pair));
	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_BAR0, &bar));
	result = touch(pair, &bar);
	pair_close(pair);
	return result;
}

static bool is_mapped(struct pair *pair)
{
	struct uvio_region bar;
	bool mapped;

	if (pair_open(pair))
		return false;
	mapped = !uvio_region_map(pair->udev, UVIO_REGION_BAR0, &bar) && bar.base;
	pair_close(pair);
	return mapped;
}

static int a_mapped_register_faults(struct pair *pair)
{
	bool faults = is_mapped(pair) && is_vfio(pair);

	CHECK(in_child(pair, open_and_touch) == (faults ? -1 : PASS));
	CHECK_OK(pair_open(pair));
	CHECK(quick_cases_pass(pair) == PASS);
	return PASS;
}

static void tell_cost(struct pair *pair)
{
	double begin = seconds();

	pair->driver->trial->reg_read(pair->priv, ROUNDS);
	printf("# %s: a read of a register takes %.0f ns\n", pair->backend,
		(seconds() - begin) / ROUNDS * 1e9);
}

static int survive(struct pair *pair)
{
	CHECK(in_child(pair, open_and_touch) == PASS);
	CHECK_OK(pair_open(pair));
	CHECK(quick_cases_pass(pair) == PASS);
	tell_cost(pair);
	return PASS;
}

static int with_the_flag_it_survives(struct pair *pair)
{
	int result;

	pair->flags = UVIO_OPEN_SURVIVE_REMOVAL;
	result = survive(pair);
	pair->flags = 0;
	return result;
}

const struct test_case fault_cases[] = {
	{"memory off: a mapped register is SIGBUS on vfio only (vfio 55)", UVIO_CAP_CONFIG,
		a_mapped_register_faults, true},
	{"memory off: a program that is to survive does (vfio 55)", UVIO_CAP_CONFIG,
		with_the_flag_it_survives, true},
	{0},
};
