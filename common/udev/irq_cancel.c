/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Waits ended by another thread. An eventfd takes a mark beside its events, which comes with them
 * in one read. A UIO node takes none: there another eventfd has the mark, which ends a sleep, and
 * the flag tells a wait that finds its event ready to look for it.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/irq.h>

#include "backend/objects.h"
#include "base/error.h"
#include "base/sys.h"
#include "udev/irq.h"

static int ended(const struct uvio_vector *state)
{
	return uvio_fail(-ECANCELED, "%s: the wait for vector %u was ended by uvio_irq_cancel()",
		state->udev->address.text, uvio_irq_number(state));
}

int uvio_irq_marked(struct uvio_vector *state, uint64_t events)
{
	if (events) {
		UVIO_IRQ_ADD(state->syscalls, 1);
		uvio_sys_write(state->fd, &events, sizeof(events));
	}
	return ended(state);
}

/* The flag comes after the mark, and perhaps after the wait that has taken it. */
int uvio_irq_look_for_mark(struct uvio_vector *state)
{
	uint64_t mark;

	__atomic_store_n(&state->cancelled, false, __ATOMIC_SEQ_CST);
	if (state->udev->wake_fd < 0)
		return ended(state);
	UVIO_IRQ_ADD(state->syscalls, 1);
	return uvio_sys_read(state->udev->wake_fd, &mark, sizeof(mark)) == -EAGAIN ? 0
										   : ended(state);
}

int uvio_irq_cancel(struct uvio_udev *udev, unsigned int vector)
{
	int rc = UVIO_NULL("udev", udev) ? -EINVAL : uvio_irq_check(udev, vector);
	static const uint64_t mark = UVIO_IRQ_CANCEL;
	bool wakes;
	ssize_t n;

	if (rc)
		return rc;
	wakes = udev->wake_fd >= 0;
	n = uvio_sys_write(wakes ? udev->wake_fd : udev->vectors[vector].fd, &mark, sizeof(mark));
	rc = UVIO_SYS_RESULT(n, sizeof(mark));
	if (rc)
		return uvio_fail(rc, "%s: vector %u: ending its wait: %s", udev->address.text,
			vector, strerror(-rc));
	if (wakes)
		__atomic_store_n(&udev->vectors[vector].cancelled, true, __ATOMIC_SEQ_CST);
	return 0;
}
