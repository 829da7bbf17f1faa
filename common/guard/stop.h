/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/** Stopping a card by descriptors: all that the guard's own program needs of the library. */
#ifndef UVIO_STOP_H
#define UVIO_STOP_H

#include <uvio/guard.h>

struct uvio_stop {
	int folder; /* of the device in sysfs */
	int lock;   /* of the device, which the caller has taken; -1: there is none */
	int config; /* the configuration space, for reading and writing */
	int reset;  /* -1: do not */
};

/**
 * Bits of enum uvio_guard_found, or a negative errno without a text. A reset is tried also where
 * the configuration space cannot be written. -ETIMEDOUT: the card is stopped, and a process that is
 * left behind waits in the kernel until that resets it, and has the lock until then: the caller
 * closes it, and does not unlock.
 */
int uvio_stop(const struct uvio_stop *stop);

#endif /* UVIO_STOP_H */
