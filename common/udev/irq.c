/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/udev.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/given.h"
#include "base/sys.h"
#include "udev/irq.h"
#include "udev/udev.h"

/* How many waits poll at once after one which found no event ready. */
#define SLEEPS_AFTER_MISS 16

/* Of waits that find their event ready, one in so many looks for a release request. */
#define QUICK_WAITS 4096

static const char *const kind_names[UVIO_IRQ_KINDS] = {
	[UVIO_IRQ_INTX] = "intx",
	[UVIO_IRQ_MSI] = "msi",
	[UVIO_IRQ_MSIX] = "msix",
};

const char *uvio_irq_kind_name(enum uvio_irq_kind kind)
{
	return (unsigned int)kind < UVIO_IRQ_KINDS ? kind_names[kind] : NULL;
}

int uvio_irq_count(struct uvio_udev *udev, enum uvio_irq_kind kind)
{
	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if ((unsigned int)kind >= UVIO_IRQ_KINDS)
		return uvio_fail(
			-EINVAL, "%s: unknown interrupt kind %d", udev->address.text, (int)kind);
	if (atomic_load(&udev->gone))
		return uvio_udev_gone(udev, "");
	return udev->backend->ops->irq_count ? udev->backend->ops->irq_count(udev, kind) : 0;
}

/* Names the kinds that there are. */
static int no_such_kind(struct uvio_udev *udev, enum uvio_irq_kind wanted)
{
	char others[64] = "";

	for (unsigned int kind = 0; kind < UVIO_IRQ_KINDS; kind++)
		if (udev->backend->ops->irq_count && udev->backend->ops->irq_count(udev, kind) > 0)
			snprintf(others + strlen(others), sizeof(others) - strlen(others), "%s%s",
				others[0] ? " or " : "; use ", kind_names[kind]);
	return uvio_fail(-ENOTSUP, "%s: no %s interrupt on the %s backend%s", udev->address.text,
		kind_names[wanted], udev->backend->name, others[0] ? others : "; poll the card");
}

static int check_range(struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min, int have)
{
	const char *address = udev->address.text;

	if (!have)
		return no_such_kind(udev, kind);
	if (min > (unsigned int)have)
		return uvio_fail(-ERANGE, "%s: %u %s vectors asked for, the card has %d", address,
			min, kind_names[kind], have);
	if (udev->irq_count)
		return uvio_fail(-EBUSY,
			"%s: %s interrupts are enabled already; disable them first", address,
			kind_names[udev->irq_kind]);
	return 0;
}

/* Only MSI-X can grow: it gets room for all that the card has. */
static unsigned int room_for(
	const struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int most, int have)
{
	return kind == UVIO_IRQ_MSIX && udev->backend->ops->irq_grow ? (unsigned int)have : most;
}

static int make_vectors(struct uvio_udev *udev, unsigned int capacity)
{
	udev->vectors = calloc(capacity, sizeof(*udev->vectors));
	if (!udev->vectors)
		return uvio_no_memory(udev->address.text);
	for (unsigned int i = 0; i < capacity; i++) {
		udev->vectors[i].udev = udev;
		udev->vectors[i].fd = -1;
		udev->vectors[i].event_size = sizeof(union uvio_irq_event);
		udev->vectors[i].turn = QUICK_WAITS;
	}
	return 0;
}

static int enable(
	struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min, unsigned int most)
{
	int rc, have = uvio_irq_count(udev, kind);

	if (have < 0)
		return have;
	rc = check_range(udev, kind, min, have);
	if (rc)
		return rc;
	if (most > (unsigned int)have)
		most = (unsigned int)have;
	rc = make_vectors(udev, room_for(udev, kind, most, have));
	if (rc)
		return rc;
	__atomic_store_n(&udev->irq_ack, NULL, __ATOMIC_RELAXED);
	rc = udev->backend->ops->irq_enable(udev, kind, min, most);
	if (rc < 0) {
		free(udev->vectors);
		udev->vectors = NULL;
		return rc;
	}
	udev->acks = 0;
	udev->irq_kind = kind;
	udev->irq_count = (unsigned int)rc;
	udev->irq_room = room_for(udev, kind, (unsigned int)rc, have);
	return rc;
}

int uvio_irq_enable(struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int count)
{
	int rc;

	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (!count && (unsigned int)kind < UVIO_IRQ_KINDS)
		return uvio_fail(-EINVAL,
			"%s: cannot enable 0 %s vectors; uvio_irq_disable() disables all",
			udev->address.text, kind_names[kind]);
	rc = enable(udev, kind, count, count);
	return rc < 0 ? rc : 0;
}

int uvio_irq_enable_range(
	struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min, unsigned int max)
{
	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (!min || min > max)
		return uvio_fail(-EINVAL,
			"%s: cannot enable from %u to %u vectors: the minimum must be 1 or more, "
			"and not above the maximum",
			udev->address.text, min, max);
	return enable(udev, kind, min, max);
}

/* Whether @count vectors is what uvio_irq_grow() could come to. */
static int check_grow(struct uvio_udev *udev, unsigned int count)
{
	const char *address = udev->address.text;

	if (!udev->irq_count)
		return uvio_fail(
			-EINVAL, "%s: no interrupt is enabled; call uvio_irq_enable()", address);
	if (udev->irq_kind != UVIO_IRQ_MSIX || !udev->backend->ops->irq_grow)
		return uvio_fail(-ENOTSUP,
			"%s: %s vectors cannot be added while they are enabled%s; disable, and "
			"enable more",
			address, kind_names[udev->irq_kind],
			udev->irq_kind == UVIO_IRQ_MSIX ? " on this backend" : "");
	if (count < udev->irq_count)
		return uvio_fail(-EINVAL,
			"%s: %u vectors are enabled, and cannot become %u; disable, and enable "
			"fewer",
			address, udev->irq_count, count);
	if (count > udev->irq_room)
		return uvio_fail(-ERANGE, "%s: %u msix vectors asked for, the card has %u", address,
			count, udev->irq_room);
	return atomic_load(&udev->gone) ? uvio_udev_gone(udev, "") : 0;
}

int uvio_irq_grow(struct uvio_udev *udev, unsigned int count)
{
	int rc;

	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	rc = check_grow(udev, count);
	if (rc || count == udev->irq_count)
		return rc;
	rc = udev->backend->ops->irq_grow(udev, count);
	if (!rc)
		__atomic_store_n(&udev->irq_count, count, __ATOMIC_RELEASE);
	return rc;
}

void uvio_irq_forget(struct uvio_udev *udev)
{
	udev->irq_count = udev->irq_room = 0;
	free(udev->vectors);
	udev->vectors = NULL;
}

int uvio_irq_disable(struct uvio_udev *udev)
{
	int rc;

	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (!udev->irq_count)
		return 0;
	rc = udev->backend->ops->irq_disable(udev);
	/* What the kernel still has on is not called off here. */
	if (!rc)
		uvio_irq_forget(udev);
	return rc;
}

static unsigned int enabled(const struct uvio_udev *udev)
{
	return __atomic_load_n(&udev->irq_count, __ATOMIC_ACQUIRE);
}

static int __attribute__((noinline)) not_enabled(struct uvio_udev *udev, unsigned int vector)
{
	if (!(udev->caps & (UVIO_CAP_INTX | UVIO_CAP_MSI | UVIO_CAP_MSIX)))
		return uvio_fail(-ENOTSUP,
			"%s: it has no interrupt on the %s backend; poll the card",
			udev->address.text, udev->backend->name);
	return uvio_fail(-EINVAL,
		"%s: vector %u is not enabled (%u are); call uvio_irq_enable() first",
		udev->address.text, vector, enabled(udev));
}

static void count_call(struct uvio_vector *state)
{
	__atomic_fetch_add(&state->syscalls, 1, __ATOMIC_RELAXED);
}

/* One system call: 0, -EAGAIN where there is no event, or another errno. Sets no text. */
static inline int take(struct uvio_vector *state)
{
	ssize_t n;

	state->last = state->event.running;
	count_call(state);
	n = uvio_sys_read(state->fd, &state->event, state->event_size);
	return UVIO_SYS_RESULT(n, state->event_size);
}

static uint64_t taken(const struct uvio_vector *state)
{
	if (state->event_size == sizeof(state->event.count))
		return state->event.count;
	return (uint32_t)(state->event.running - state->last);
}

static int __attribute__((noinline)) report(const struct uvio_vector *state)
{
	*state->into = taken(state);
	return 0;
}

static unsigned int number_of(const struct uvio_vector *state)
{
	return (unsigned int)(state - state->udev->vectors);
}

static int take_failed(const struct uvio_vector *state, int rc)
{
	struct uvio_udev *udev = state->udev;

	if (number_of(state) >= enabled(udev))
		return not_enabled(udev, number_of(state));
	/* Nodes fail with EIO where it is gone: the device itself tells more. */
	if (uvio_udev_look(udev))
		return -ENODEV;
	return uvio_fail(rc == -ENODEV ? -EIO : rc, "%s: vector %u: taking its events: %s",
		udev->address.text, number_of(state), strerror(-rc));
}

int uvio_irq_consume(struct uvio_udev *udev, unsigned int vector, uint64_t *events)
{
	struct uvio_vector *state;
	int rc;

	if (vector >= udev->irq_room)
		return not_enabled(udev, vector);
	state = &udev->vectors[vector];
	rc = take(state);
	if (events)
		*events = rc ? 0 : taken(state);
	/* Nothing there is no failure. */
	return rc && rc != -EAGAIN ? take_failed(state, rc) : 0;
}

/*
 * Sleeps once. 0: look for events; 1: nothing in that time. A second descriptor costs a tenth of
 * the wait: a release request is looked for now and then.
 */
static int sleep_once(struct uvio_vector *state, int64_t time, bool look)
{
	struct uvio_udev *udev = state->udev;
	struct pollfd fds[2] = {
		{.fd = state->fd, .events = POLLIN},
		{.fd = udev->release_fd, .events = POLLIN},
	};
	int n = uvio_sys_wait(fds, look ? 2 : 1, time);

	count_call(state);
	if (n == -EINTR)
		return uvio_fail(-EINTR, "%s: interrupted by a signal while waiting for vector %u",
			udev->address.text, number_of(state));
	if (n < 0)
		return uvio_fail(n, "%s: poll: %s", udev->address.text, strerror(-n));
	if (fds[1].revents)
		return uvio_udev_gone(udev, UVIO_RELEASE_WANTED);
	return n ? 0 : 1;
}

/*
 * Time that was slept is known without a clock. One is asked only where another thread took the
 * event, which cannot be known to have slept.
 */
static int wait_asleep(struct uvio_vector *state, bool look)
{
	int64_t rest = state->timeout < 0 ? INT64_MAX : state->timeout, end = 0;

	for (;;) {
		int64_t slice = uvio_slice_of(rest);
		int rc = sleep_once(state, slice, look);

		if (!rc) {
			rc = take(state);
			if (rc != -EAGAIN)
				return rc ? take_failed(state, rc) : 0;
			end = end ? end : uvio_end_of(rest);
		} else if (rc > 0) {
			rc = uvio_udev_look(state->udev);
			if (rc)
				return rc;
		} else {
			return rc;
		}
		rest = end ? end - uvio_now_ns() : rest - slice;
		if (rest <= 0)
			return uvio_irq_late(state->udev, number_of(state), state->timeout);
		look = true;
	}
}

/* A card that never rests must not keep the kernel waiting for its release. */
static int look_for_release(struct uvio_vector *state)
{
	struct pollfd fd = {.fd = state->udev->release_fd, .events = POLLIN};

	if (fd.fd < 0)
		return 0;
	count_call(state);
	if (uvio_sys_poll(&fd, 1, 0) > 0)
		return uvio_udev_gone(state->udev, UVIO_RELEASE_WANTED);
	return 0;
}

/* The first wait that is not quick: a look round, also for an end of this thread, then as the quick
 * ones. */
static int look_and_take(struct uvio_vector *state)
{
	int rc = look_for_release(state);

	if (rc)
		return rc;
	pthread_testcancel();
	state->turn = QUICK_WAITS;
	rc = take(state);
	if (rc != -EAGAIN)
		return rc ? take_failed(state, rc) : 0;
	state->turn = -SLEEPS_AFTER_MISS;
	return wait_asleep(state, true);
}

/* The turn was taken already. */
static int slowly(struct uvio_vector *state)
{
	if (!++state->turn)
		return look_and_take(state);
	if (++state->turn)
		return wait_asleep(state, false);
	state->turn = QUICK_WAITS;
	return wait_asleep(state, true);
}

/* Whatever is not an event that is ready. @rc is what taking it gave; 0: that was not tried. */
static int __attribute__((noinline)) wait_further(struct uvio_vector *state, int rc)
{
	if (rc && rc != -EAGAIN)
		return take_failed(state, rc);
	if (rc) {
		state->turn = 1 - SLEEPS_AFTER_MISS;
		rc = wait_asleep(state, true);
	} else {
		rc = slowly(state);
	}
	return !rc && state->into ? report(state) : rc;
}

/* A cyclic program does so each cycle: no search for a cause, and no second look at the device. */
static int __attribute__((noinline)) look_once(struct uvio_vector *state)
{
	int rc = look_for_release(state);

	if (rc)
		return rc;
	rc = take(state);
	if (rc == -EAGAIN)
		return uvio_fail(-ETIMEDOUT, "%s: no interrupt is pending on vector %u",
			state->udev->address.text, number_of(state));
	if (rc)
		return take_failed(state, rc);
	return state->into ? report(state) : 0;
}

/*
 * A busy card has its next event ready: one call. For an idle one that call is in vain. What is
 * needed after the call lies in the vector's state, which is cheaper than in saved registers.
 */
int uvio_irq_wait(struct uvio_udev *udev, unsigned int vector, int64_t timeout, uint64_t *events)
{
	struct uvio_vector *state;
	int rc;

	if (vector >= udev->irq_room)
		return not_enabled(udev, vector);
	state = &udev->vectors[vector];
	state->timeout = timeout;
	state->into = events;
	if (!timeout)
		return look_once(state);
	if (--state->turn < 0)
		return wait_further(state, 0);
	rc = take(state);
	if (rc)
		return wait_further(state, rc);
	return state->into ? report(state) : 0;
}

int uvio_irq_fd(struct uvio_udev *udev, unsigned int vector)
{
	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (vector >= enabled(udev))
		return not_enabled(udev, vector);
	return udev->vectors[vector].fd;
}

int uvio_irq_ack(struct uvio_udev *udev, unsigned int vector)
{
	uvio_irq_ack_fn *ack = __atomic_load_n(&udev->irq_ack, __ATOMIC_RELAXED);

	if (vector >= udev->irq_room)
		return not_enabled(udev, vector);
	if (!ack)
		return 0;
	__atomic_fetch_add(&udev->acks, 1, __ATOMIC_RELAXED);
	return ack(udev);
}

int uvio_irq_stats_sized(
	struct uvio_udev *udev, unsigned int vector, struct uvio_irq_stats *stats, size_t size)
{
	struct uvio_irq_stats found;

	if (UVIO_NULL("udev", udev) || UVIO_NULL("stats", stats) || UVIO_NO_SIZE("stats", size))
		return -EINVAL;
	if (vector >= enabled(udev))
		return not_enabled(udev, vector);
	found = (struct uvio_irq_stats){
		.syscalls = __atomic_load_n(&udev->vectors[vector].syscalls, __ATOMIC_RELAXED) +
			    __atomic_load_n(&udev->acks, __ATOMIC_RELAXED),
	};
	uvio_give(stats, size, &found, sizeof(found));
	return 0;
}
