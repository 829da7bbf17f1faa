/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Whether an interrupt was lost: the card is asked after a time without one. */
#include <config.h>

#include <errno.h>

#include <uvio/error.h>
#include <uvio/irq.h>

#include "backend/objects.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/sys.h"
#include "udev/irq.h"

int64_t uvio_irq_slice(struct uvio_vector *state, int64_t rest)
{
	int64_t left, slice = uvio_slice_of(rest);
	uint64_t events;

	events = UVIO_IRQ_GET(state->events);
	if (state->quiet_events != events) {
		state->quiet_events = events;
		state->quiet = 0;
	}
	left = state->period - state->quiet;
	return slice < left ? slice : left;
}

int uvio_irq_look(struct uvio_vector *state, int64_t slept)
{
	if (!state->look)
		return 0;
	state->quiet += slept;
	if (state->quiet < state->period)
		return 0;
	state->quiet = 0;
	return UVIO_SYS_SHIELDED(state->look(state->look_data));
}

int uvio_irq_watch(struct uvio_udev *udev, unsigned int vector, int64_t period,
	int (*look)(void *data), void *data)
{
	struct uvio_vector *state;
	int rc = UVIO_NULL("udev", udev) ? -EINVAL : uvio_irq_check(udev, vector);

	if (rc)
		return rc;
	if (look && period <= 0)
		return uvio_fail(-EINVAL,
			"%s: vector %u: a watch each %lld ns; the period must be 1 ns at least",
			udev->address.text, vector, (long long)period);
	state = &udev->vectors[vector];
	state->look = look;
	state->look_data = data;
	state->period = period;
	state->quiet = 0;
	return 0;
}
