/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/** A device whose driver will be changed: bind.c has the rules, change.c the change. */
#ifndef UVIO_BINDING_H
#define UVIO_BINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/context.h"
#include "bind/rebind.h"

struct uvio_binding {
	struct uvio_ctx *ctx;
	struct uvio_address address;
	char driver[UVIO_NAME_SIZE];   /* bound now; "" none */
	char override[UVIO_NAME_SIZE]; /* "" none */
	int locks[UVIO_REBIND_LOCKS];  /* of lock.c and of run.c */
	bool lock_left; /* held by a process that waits in the kernel, until it is done */
};

/** Reads which driver it has; on failure there may be one. */
int uvio_binding_read_driver(const struct uvio_binding *binding, char *driver);

/** Reads its driver and its override. */
int uvio_binding_read_state(struct uvio_binding *binding);

/** -EBUSY with an error message that names the user of the device; 0: none can be seen. */
int uvio_binding_holder(const struct uvio_binding *binding);

/**
 * Whether a process has a node of the device open, as part of an error message; the node may belong
 * to another device.
 */
bool uvio_binding_suspect(const struct uvio_binding *binding, char *text, size_t size);

/**
 * Changes the driver of a locked device, whose driver and override have been read. On failure it
 * has the former driver, or the error message says that it does not, or when it will.
 */
int uvio_binding_change(
	struct uvio_binding *binding, enum uvio_rebind_goal goal, const char *driver);

/** Completes or undoes an interrupted change, and reads driver and override again. */
int uvio_binding_recover(struct uvio_binding *binding);

#endif /* UVIO_BINDING_H */
