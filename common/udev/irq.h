/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_UDEV_IRQ_H
#define UVIO_UDEV_IRQ_H

#include <stdint.h>

#include "backend/objects.h"

/** No vector is enabled any more: the backend has switched them off, or is closed. */
void uvio_irq_forget(struct uvio_udev *udev);

/** -EINVAL, -ENOTSUP: @vector is not enabled. */
int uvio_irq_check(struct uvio_udev *udev, unsigned int vector);
/** The same error, where that is known. */
int uvio_irq_not_enabled(struct uvio_udev *udev, unsigned int vector);

/** Counters that the waiting thread alone changes, and other threads may read. */
#define UVIO_IRQ_GET(counter) __atomic_load_n(&(counter), __ATOMIC_RELAXED)
#define UVIO_IRQ_SET(counter, n) __atomic_store_n(&(counter), n, __ATOMIC_RELAXED)
#define UVIO_IRQ_ADD(counter, n)                                                                   \
	({                                                                                         \
		uint64_t sum_ = UVIO_IRQ_GET(counter) + (n);                                       \
		UVIO_IRQ_SET(counter, sum_);                                                       \
		sum_;                                                                              \
	})

static inline unsigned int uvio_irq_number(const struct uvio_vector *state)
{
	return (unsigned int)(state - state->udev->vectors);
}

/** What uvio_irq_cancel() adds to an eventfd: more than any number of events. */
#define UVIO_IRQ_CANCEL (UINT64_C(1) << 32)

/** -ECANCELED, for the wait that took the mark. @events came with it, and stay pending. */
int uvio_irq_marked(struct uvio_vector *state, uint64_t events);
/** The same, or 0: where there may be a mark outside the vector's own descriptor. */
int uvio_irq_look_for_mark(struct uvio_vector *state);

/** With a watch: how long to sleep, with @rest to go, at most until it looks at the card. */
int64_t uvio_irq_slice(struct uvio_vector *state, int64_t rest);
/** After @slept without an event: how many causes the card shows, or a negative errno. */
int uvio_irq_look(struct uvio_vector *state, int64_t slept);

/** -ETIMEDOUT, with what the card shows of the cause. */
int uvio_irq_late(struct uvio_udev *udev, unsigned int vector, int64_t timeout);

#endif /* UVIO_UDEV_IRQ_H */
