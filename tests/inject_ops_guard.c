/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Stopping a card which nobody has open. */
#include <config.h>

#include <uvio/guard.h>

#include "harness.h"
#include "inject_ops.h"

#define BUS_MASTER 0x4

static struct uvio_guard *guard;

void card_guard_free(void)
{
	uvio_guard_free(guard);
	guard = NULL;
}

static int run_guard_new(void)
{
	return uvio_guard_new(card.tree->ctx, EDU, UVIO_GUARD_RESET, &guard);
}

const struct operation op_guard_new = {.name = "guard new", .run = run_guard_new};

static void begin_guard(void)
{
	ASSERT_OK(run_guard_new());
}

static const char *is_stopped(void)
{
	return card.command() & BUS_MASTER ? "bus mastering is on" : NULL;
}

static int run_guard_stop(void)
{
	return uvio_guard_stop(guard, NULL);
}

/* A predecessor left bus mastering on. */
const struct operation op_guard_stop = {
	.name = "guard stop",
	.begin = begin_guard,
	.run = run_guard_stop,
	.works = is_stopped,
};
