/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Waiting for interrupts: read, then sleep and read again. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/irq.h>

#include "backend/objects.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/sys.h"
#include "udev/irq.h"
#include "udev/udev.h"

/* One in so many waits of a busy card, and of an idle one, looks for a release request. */
#define BUSY_LOOKS 4096
#define IDLE_LOOKS 16

/* One system call: 0, -EAGAIN where there is no event, or another errno. Sets no text. */
static inline int take(struct uvio_vector *state)
{
	ssize_t n;

	UVIO_IRQ_ADD(state->syscalls, 1);
	n = uvio_sys_read(state->fd, state->event, state->event_size);
	return UVIO_SYS_RESULT(n, state->event_size);
}

static uint64_t taken(struct uvio_vector *state)
{
	uint32_t events;

	if (state->event == &state->count)
		return state->count;
	events = state->running - state->last;
	state->last = state->running;
	return events;
}

static inline void give(struct uvio_vector *state, uint64_t count)
{
	if (state->into)
		*state->into = count;
	UVIO_IRQ_ADD(state->events, count);
	if (state->stamped && count)
		UVIO_IRQ_SET(state->time, uvio_now_ns());
}

static int __attribute__((noinline)) take_failed(const struct uvio_vector *state, int rc)
{
	struct uvio_udev *udev = state->udev;
	unsigned int vector = uvio_irq_number(state);
	int missing = uvio_irq_check(udev, vector);

	if (missing)
		return missing;
	/* Nodes fail with EIO where it is gone: the device itself tells more. */
	if (uvio_udev_look(udev))
		return -ENODEV;
	return uvio_fail(rc == -ENODEV ? -EIO : rc, "%s: vector %u: taking its events: %s",
		udev->address.text, vector, strerror(-rc));
}

int uvio_irq_consume(struct uvio_udev *udev, unsigned int vector, uint64_t *events)
{
	struct uvio_vector *state;
	uint64_t count;
	int rc;

	if (vector >= udev->irq_room)
		return uvio_irq_not_enabled(udev, vector);
	state = &udev->vectors[vector];
	state->into = events;
	rc = take(state);
	count = rc ? 0 : taken(state);
	if (count >= UVIO_IRQ_CANCEL) {
		__atomic_store_n(&state->cancelled, true, __ATOMIC_SEQ_CST);
		state->quick = false;
	}
	give(state, count % UVIO_IRQ_CANCEL);
	/* Nothing there is no failure. */
	return rc && rc != -EAGAIN ? take_failed(state, rc) : 0;
}

static int sleep_failed(const struct uvio_vector *state, int rc)
{
	const char *address = state->udev->address.text;

	if (rc == -EINTR)
		return uvio_fail(rc, "%s: interrupted by a signal while waiting for vector %u",
			address, uvio_irq_number(state));
	return uvio_fail(rc, "%s: poll: %s", address, strerror(-rc));
}

/*
 * Sleeps once. 0: look for events; 1: nothing in that time. A second descriptor costs a tenth of
 * the wait: a release request is looked for now and then.
 */
static int sleep_once(struct uvio_vector *state, int64_t time, bool look)
{
	struct uvio_udev *udev = state->udev;
	bool wakes = udev->wake_fd >= 0;
	struct pollfd fds[2] = {
		{.fd = state->fd, .events = POLLIN},
		{.fd = wakes ? udev->wake_fd : udev->release_fd, .events = POLLIN},
	};
	int n;

	UVIO_IRQ_ADD(state->syscalls, 1);
	n = uvio_sys_wait(fds, look || wakes ? 2 : 1, time);
	if (n < 0)
		return sleep_failed(state, n);
	if (!fds[1].revents)
		return n ? 0 : 1;
	return wakes ? uvio_irq_look_for_mark(state) : uvio_udev_gone(udev, UVIO_RELEASE_WANTED);
}

/*
 * Nothing within @slept. 0: an event came while the card was looked at, or the card has a cause for
 * one that did not. -EAGAIN: neither.
 */
static int look_at_card(struct uvio_vector *state, int64_t slept)
{
	int rc = uvio_udev_look(state->udev);

	if (!rc)
		rc = uvio_irq_look(state, slept);
	if (rc <= 0)
		return rc ? rc : -EAGAIN;
	rc = take(state);
	if (rc != -EAGAIN)
		return rc ? take_failed(state, rc) : 0;
	state->count = 0;
	UVIO_IRQ_ADD(state->lost, 1);
	return 0;
}

/* Sleeps once, and takes what ended that. -EAGAIN, with how long it slept or 0: not known. */
static int sleep_and_take(struct uvio_vector *state, int64_t *slice, bool look)
{
	int rc = sleep_once(state, *slice, look);

	if (rc)
		return rc < 0 ? rc : look_at_card(state, *slice);
	rc = take(state);
	if (rc == -EAGAIN)
		*slice = 0;
	return rc && rc != -EAGAIN ? take_failed(state, rc) : rc;
}

/*
 * Time that was slept is known without a clock. One is asked only where another thread took the
 * event, which cannot be known to have slept.
 */
static int wait_asleep(struct uvio_vector *state, bool look)
{
	int64_t rest = state->timeout < 0 ? INT64_MAX : state->timeout, end = 0;

	for (;;) {
		int64_t slice = state->look ? uvio_irq_slice(state, rest) : uvio_slice_of(rest);
		int rc = sleep_and_take(state, &slice, look);

		if (rc != -EAGAIN)
			return rc;
		if (!slice && !end)
			end = uvio_end_of(rest);
		rest = end ? end - uvio_now_ns() : rest - slice;
		if (rest <= 0)
			return uvio_irq_late(state->udev, uvio_irq_number(state), state->timeout);
		look = true;
	}
}

/* A card that never rests must not keep the kernel waiting for its release, nor a thread alive. */
static int __attribute__((noinline)) look_for_release(struct uvio_vector *state)
{
	struct pollfd fd = {.fd = state->udev->release_fd, .events = POLLIN};

	pthread_testcancel();
	if (fd.fd < 0)
		return 0;
	UVIO_IRQ_ADD(state->syscalls, 1);
	if (uvio_sys_poll(&fd, 1, 0) > 0)
		return uvio_udev_gone(state->udev, UVIO_RELEASE_WANTED);
	return 0;
}

/* A cyclic program that only looks does so each cycle. */
static int look_once(struct uvio_vector *state)
{
	int rc = look_for_release(state);

	return rc ? rc
		  : uvio_fail(-ETIMEDOUT, "%s: no interrupt is pending on vector %u",
			    state->udev->address.text, uvio_irq_number(state));
}

/* No event is ready, or none is expected. One sleep in so many is the last: the next wait reads. */
static int wait_idle(struct uvio_vector *state)
{
	bool was_idle = state->idle, last = was_idle && state->waits % IDLE_LOOKS == 0;
	int rc;

	if (!state->timeout)
		return look_once(state);
	/* A thread that is cancelled in its sleep leaves it to the next to read first. */
	state->quick = state->idle = false;
	rc = wait_asleep(state, last || !was_idle);
	state->idle = !last;
	return rc;
}

/* @rc is what taking an event gave; -EAGAIN also where that was not tried. */
static int __attribute__((noinline)) wait_further(struct uvio_vector *state, int rc)
{
	uint64_t count;

	if (rc == -EAGAIN)
		rc = wait_idle(state);
	else if (rc)
		rc = take_failed(state, rc);
	if (rc == -ETIMEDOUT)
		UVIO_IRQ_ADD(state->timeouts, 1);
	if (rc)
		return rc;
	count = taken(state);
	if (count >= UVIO_IRQ_CANCEL)
		return uvio_irq_marked(state, count % UVIO_IRQ_CANCEL);
	give(state, count);
	return 0;
}

static int __attribute__((noinline)) wait_slowly(struct uvio_vector *state)
{
	UVIO_IRQ_ADD(state->waits, 1);
	if (__atomic_load_n(&state->cancelled, __ATOMIC_RELAXED) && uvio_irq_look_for_mark(state))
		return -ECANCELED;
	if (state->idle && state->timeout)
		return wait_further(state, -EAGAIN);
	if (state->waits % BUSY_LOOKS == 0 && look_for_release(state))
		return -ENODEV;
	state->quick = state->event == &state->count && !state->stamped;
	return wait_further(state, take(state));
}

/*
 * A busy card has its next event ready: one call, and each instruction counts. What is needed after
 * the call lies in the vector's state, which is cheaper than in saved registers.
 */
int uvio_irq_wait(struct uvio_udev *udev, unsigned int vector, int64_t timeout, uint64_t *events)
{
	struct uvio_vector *state;
	uint64_t count;
	ssize_t n;

	if (vector >= udev->irq_room)
		return uvio_irq_not_enabled(udev, vector);
	state = &udev->vectors[vector];
	state->timeout = timeout;
	state->into = events;
	if (!state->quick)
		return wait_slowly(state);
	if (UVIO_IRQ_ADD(state->quick_waits, 1) % BUSY_LOOKS == 0 && look_for_release(state))
		return -ENODEV;
	n = uvio_sys_read(state->fd, &state->count, sizeof(state->count));
	count = state->count;
	if (n != sizeof(count) || count >= UVIO_IRQ_CANCEL)
		return wait_further(state, UVIO_SYS_RESULT(n, sizeof(count)));
	UVIO_IRQ_ADD(state->events, count);
	if (state->into)
		*state->into = count;
	return 0;
}

int uvio_irq_ack(struct uvio_udev *udev, unsigned int vector)
{
	uvio_irq_ack_fn *ack = __atomic_load_n(&udev->irq_ack, __ATOMIC_RELAXED);

	if (vector >= udev->irq_room)
		return uvio_irq_not_enabled(udev, vector);
	if (!ack)
		return 0;
	__atomic_fetch_add(&udev->acks, 1, __ATOMIC_RELAXED);
	return ack(udev);
}
