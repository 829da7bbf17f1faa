/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Programs of others beside ours, other users, and other namespaces. */
#include <config.h>

#include <unistd.h>

#include <uvio/driver.h>

#include "conformance.h"

#define EDU "0000:00:04.0"
#define INTERRUPTS 3

/* See drivers/qemu/edu.c. */
#define RAISE "write=0x60:1"
#define CLEAR "write=0x64:0xffffffff"

static const char *const handles[] = {
	[FOREIGN_NODE] = "its node",
	[FOREIGN_DEVICE] = "all of it",
	[FOREIGN_DESCRIPTOR] = "a descriptor without the node",
	[FOREIGN_MAPPING] = "a mapping only",
};

/* The program works, takes interrupts of the card, and leaves the card to the next one. */
static int program_works(struct pair *pair, int (*enter)(void))
{
	struct foreign foreign;

	if (foreign_hold(&foreign, enter, pair->address, pair->backend, FOREIGN_DEVICE))
		return FAIL;
	CHECK(bus_master_is_on(pair->address));
	for (int i = 0; i < INTERRUPTS; i++) {
		CHECK(foreign_tell(&foreign, RAISE) == PASS);
		CHECK(foreign_hears(&foreign, "interrupt") == PASS);
		CHECK(foreign_tell(&foreign, CLEAR) == PASS);
		CHECK(foreign_tell(&foreign, "arm") == PASS);
	}
	return foreign_end(&foreign);
}

static int works_here(struct pair *pair)
{
	return program_works(pair, NULL);
}

static int works_in_network(struct pair *pair)
{
	return program_works(pair, enter_network);
}

static int works_in_container(struct pair *pair)
{
	return program_works(pair, enter_container);
}

/* What is over is forgotten, by whatever handle it was. */
static int is_free_after(struct pair *pair)
{
	struct foreign foreign;

	for (enum foreign_handle handle = 0; handle < FOREIGN_HANDLES; handle++) {
		if (foreign_hold(&foreign, NULL, pair->address, pair->backend, handle))
			return fail_at(__FILE__, __LINE__, "%s", handles[handle]);
		CHECK(foreign_kill(&foreign) == PASS);
		CHECK_OK(pair_open(pair));
		pair_close(pair);
	}
	return PASS;
}

static int open_as_is(struct pair *pair)
{
	CHECK_OK(pair_open(pair));
	pair_close(pair);
	return PASS;
}

static int opens_in_container(struct pair *pair)
{
	return in_child_as(pair, enter_container, open_as_is);
}

static int refuses_user(struct pair *pair)
{
	int rc = pair_open(pair);

	CHECK(rc == -EACCES || rc == -EPERM);
	return PASS;
}

static int not_for_everybody(struct pair *pair)
{
	return in_child_as(pair, become_user, refuses_user);
}

static const struct test_case cases[] = {
	{"foreign: a program of raw system calls works", 0, works_here, true},
	{"foreign: in a network namespace, too", 0, works_in_network, true},
	{"foreign: in a container, too", 0, works_in_container, true},
	{"foreign: a device that another one had is free", 0, is_free_after, true},
	{"foreign: the library works in a container", 0, opens_in_container, true},
	{"foreign: a user without rights is refused", 0, not_for_everybody, true},
	{0},
};

void run_foreign(struct uvio_ctx *ctx)
{
	struct pair pair = {.ctx = ctx, .address = EDU, .driver = driver_of_edu()};

	for (const char *const *way = wanted_transports(); *way; way++) {
		char label[64];

		pair.backend = *way;
		snprintf(label, sizeof(label), "edu %s", *way);
		if (pair_bind(&pair, label) == PASS) {
			run_cases(&pair, label, cases);
			run_cases(&pair, label, inuse_cases);
			run_cases(&pair, label, race_cases);
		}
	}
	uvio_unbind(ctx, EDU);
}
