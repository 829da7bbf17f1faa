/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* What is counted on a vector. */
#include <config.h>

#include <errno.h>

#include <uvio/irq.h>

#include "backend/objects.h"
#include "base/error.h"
#include "base/given.h"
#include "udev/irq.h"

int uvio_irq_stamp(struct uvio_udev *udev, unsigned int vector, bool on)
{
	int rc = UVIO_NULL("udev", udev) ? -EINVAL : uvio_irq_check(udev, vector);

	if (rc)
		return rc;
	udev->vectors[vector].stamped = on;
	udev->vectors[vector].quick = false;
	return 0;
}

/* Not only by the thread that waits. */
int uvio_irq_spurious(struct uvio_udev *udev, unsigned int vector)
{
	int rc = UVIO_NULL("udev", udev) ? -EINVAL : uvio_irq_check(udev, vector);

	if (!rc)
		__atomic_fetch_add(&udev->vectors[vector].spurious, 1, __ATOMIC_RELAXED);
	return rc;
}

int uvio_irq_stats_sized(
	struct uvio_udev *udev, unsigned int vector, struct uvio_irq_stats *stats, size_t size)
{
	const struct uvio_vector *state;
	struct uvio_irq_stats found;
	uint64_t quick;
	int rc;

	if (UVIO_NULL("udev", udev) || UVIO_NULL("stats", stats) || UVIO_NO_SIZE("stats", size))
		return -EINVAL;
	rc = uvio_irq_check(udev, vector);
	if (rc)
		return rc;
	state = &udev->vectors[vector];
	quick = UVIO_IRQ_GET(state->quick_waits);
	found = (struct uvio_irq_stats){
		.syscalls = quick + UVIO_IRQ_GET(state->syscalls) + UVIO_IRQ_GET(udev->acks),
		.events = UVIO_IRQ_GET(state->events),
		.waits = quick + UVIO_IRQ_GET(state->waits),
		.timeouts = UVIO_IRQ_GET(state->timeouts),
		.spurious = UVIO_IRQ_GET(state->spurious),
		.lost = UVIO_IRQ_GET(state->lost),
		.time = UVIO_IRQ_GET(state->time),
	};
	uvio_give(stats, size, &found, sizeof(found));
	return 0;
}
