/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/** Stops a card by descriptors: all that the guard's own program needs of the library. */
#ifndef UVIO_STOP_H
#define UVIO_STOP_H

#include <uvio/guard.h>

struct uvio_stop {
	int folder; /* of the device in sysfs */
	int lock;   /* of the device, held by the caller; -1: none */
	int config; /* the configuration space, for reading and writing */
	int reset;  /* -1: no reset */
};

/**
 * Bits of enum uvio_guard_found, or a negative errno without an error message. A reset is also
 * tried if the configuration space cannot be written. -ETIMEDOUT: the card is stopped; a process
 * that remains waits in the kernel for the reset, and has the lock until then: the caller closes
 * the lock without unlocking.
 */
int uvio_stop(const struct uvio_stop *stop);

#endif /* UVIO_STOP_H */
