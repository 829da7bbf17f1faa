/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend.h"
#include "sys.h"

/* How long a wait sleeps at most without looking whether the device is still there. */
#define LOOK_MS 1000

/* How many waits poll at once after one which found no event ready. */
#define SLEEPS_AFTER_MISS 15

/* Of waits that find their event ready, one in so many looks for a release request: 2^n. */
#define BUSY_WAITS 4096

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
	if ((unsigned int)kind >= UVIO_IRQ_KINDS)
		return uvio_fail(-EINVAL, "%s: there is no interrupt kind %d", udev->address.text,
			(int)kind);
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

static int check_enable(struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int count)
{
	int have = uvio_irq_count(udev, kind);
	const char *address = udev->address.text;

	if (have < 0)
		return have;
	if (!count)
		return uvio_fail(-EINVAL,
			"%s: enabling 0 %s vectors; uvio_irq_disable() switches off", address,
			kind_names[kind]);
	if (!have)
		return no_such_kind(udev, kind);
	if (count > (unsigned int)have)
		return uvio_fail(-ERANGE, "%s: %u %s vectors asked for, the card has %d", address,
			count, kind_names[kind], have);
	if (udev->irq_count)
		return uvio_fail(-EBUSY,
			"%s: %s interrupts are enabled already; disable them first", address,
			kind_names[udev->irq_kind]);
	return 0;
}

int uvio_irq_enable(struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int count)
{
	int rc = check_enable(udev, kind, count);

	if (rc)
		return rc;
	udev->vectors = calloc(count, sizeof(*udev->vectors));
	if (!udev->vectors)
		return uvio_no_memory(udev->address.text);
	rc = udev->backend->ops->irq_enable(udev, kind, count);
	if (rc) {
		free(udev->vectors);
		udev->vectors = NULL;
		return rc;
	}
	udev->irq_kind = kind;
	udev->irq_count = count;
	return 0;
}

int uvio_irq_disable(struct uvio_udev *udev)
{
	int rc;

	if (!udev->irq_count)
		return 0;
	rc = udev->backend->ops->irq_disable(udev);
	udev->irq_count = 0;
	free(udev->vectors);
	udev->vectors = NULL;
	return rc;
}

static int not_enabled(struct uvio_udev *udev, unsigned int vector)
{
	return uvio_fail(-EINVAL,
		"%s: vector %u is not enabled (%u are); call uvio_irq_enable() first",
		udev->address.text, vector, udev->irq_count);
}

/* Waiting and acknowledging may be two threads' work. */
static void count_call(struct uvio_vector *state)
{
	__atomic_fetch_add(&state->syscalls, 1, __ATOMIC_RELAXED);
}

static inline int consume(
	struct uvio_udev *udev, struct uvio_vector *state, unsigned int vector, uint64_t *events)
{
	uint64_t count = 0;
	int rc = udev->ops->irq_consume(udev, vector, &count);

	count_call(state);
	if (events)
		*events = count;
	return rc;
}

/* Nothing there is no failure. */
static int __attribute__((noinline))
consume_failed(struct uvio_udev *udev, unsigned int vector, int rc)
{
	if (rc == -EAGAIN)
		return 0;
	if (rc == -ENODEV)
		return uvio_udev_gone(udev, "its kernel driver was unbound, or the card removed");
	return uvio_fail(rc, "%s: vector %u: taking its events: %s", udev->address.text, vector,
		strerror(-rc));
}

int uvio_irq_consume(struct uvio_udev *udev, unsigned int vector, uint64_t *events)
{
	int rc;

	if (vector >= udev->irq_count)
		return not_enabled(udev, vector);
	rc = consume(udev, &udev->vectors[vector], vector, events);
	return rc ? consume_failed(udev, vector, rc) : 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Sleeps once. 0: look for events; 1: nothing for LOOK_MS, or for the rest of the time. */
static int sleep_once(struct uvio_udev *udev, unsigned int vector, int64_t rest_ms)
{
	struct pollfd fds[2] = {
		{.fd = udev->backend->ops->irq_fd(udev, vector), .events = POLLIN},
		{.fd = udev->release_fd, .events = POLLIN},
	};
	int n = uvio_sys_poll(fds, 2, rest_ms < LOOK_MS ? (int)rest_ms : LOOK_MS);

	count_call(&udev->vectors[vector]);
	if (n == -EINTR)
		return uvio_fail(-EINTR, "%s: a signal came while waiting for vector %u",
			udev->address.text, vector);
	if (n < 0)
		return uvio_fail(n, "%s: poll: %s", udev->address.text, strerror(-n));
	if (fds[1].revents)
		return uvio_udev_gone(udev, UVIO_RELEASE_WANTED);
	return n ? 0 : 1;
}

static int wait_asleep(
	struct uvio_udev *udev, unsigned int vector, int timeout_ms, uint64_t *events)
{
	int64_t end = now_ms() + timeout_ms;

	for (;;) {
		int64_t rest = end - now_ms();
		int rc = sleep_once(udev, vector, rest > 0 ? rest : 0);

		if (rc < 0)
			return rc;
		if (!rc) {
			rc = consume(udev, &udev->vectors[vector], vector, events);
			if (rc != -EAGAIN)
				return rc ? consume_failed(udev, vector, rc) : 0;
		} else {
			rc = uvio_udev_look(udev);
			if (rc)
				return rc;
		}
		if (rest <= 0)
			return uvio_fail(-ETIMEDOUT, "%s: no interrupt on vector %u within %d ms%s",
				udev->address.text, vector, timeout_ms,
				udev->irq_kind == UVIO_IRQ_INTX
					? "; was the last one cleared in the card and "
					  "acknowledged with uvio_irq_ack()?"
					: "; is bus mastering on (uvio_bus_master())?");
	}
}

/* A card that never rests must not keep the kernel waiting for its release. */
static int look_for_release(struct uvio_udev *udev, struct uvio_vector *state)
{
	struct pollfd fd = {.fd = udev->release_fd, .events = POLLIN};

	if (fd.fd < 0)
		return 0;
	count_call(state);
	if (uvio_sys_poll(&fd, 1, 0) > 0)
		return uvio_udev_gone(udev, UVIO_RELEASE_WANTED);
	return 0;
}

/* All but the case of an event that is ready. @rc is what consuming gave, if it was tried. */
static int __attribute__((noinline))
wait_further(struct uvio_udev *udev, unsigned int vector, int timeout_ms, uint64_t *events, int rc)
{
	struct uvio_vector *state;

	if (vector >= udev->irq_count)
		return not_enabled(udev, vector);
	if (timeout_ms <= 0)
		return uvio_fail(-EINVAL,
			"%s: a timeout of %d ms; it must be more than 0 "
			"(uvio_irq_consume() does not wait)",
			udev->address.text, timeout_ms);
	state = &udev->vectors[vector];
	if (!rc)
		return look_for_release(udev, state);
	if (rc != -EAGAIN)
		return consume_failed(udev, vector, rc);
	if (state->sleeps)
		state->sleeps--;
	else
		state->sleeps = SLEEPS_AFTER_MISS;
	return wait_asleep(udev, vector, timeout_ms, events);
}

/* A busy card has its next event ready: one call. For an idle one that call is in vain. */
int uvio_irq_wait(struct uvio_udev *udev, unsigned int vector, int timeout_ms, uint64_t *events)
{
	struct uvio_vector *state;
	int rc = -EAGAIN;

	if (vector < udev->irq_count && timeout_ms > 0) {
		state = &udev->vectors[vector];
		if (!state->sleeps)
			rc = consume(udev, state, vector, events);
		if (!rc && ++state->busy & (BUSY_WAITS - 1))
			return 0;
	}
	return wait_further(udev, vector, timeout_ms, events, rc);
}

int uvio_irq_fd(struct uvio_udev *udev, unsigned int vector)
{
	if (vector >= udev->irq_count)
		return not_enabled(udev, vector);
	return udev->backend->ops->irq_fd(udev, vector);
}

int uvio_irq_ack(struct uvio_udev *udev, unsigned int vector)
{
	if (vector >= udev->irq_count)
		return not_enabled(udev, vector);
	if (udev->irq_kind != UVIO_IRQ_INTX)
		return 0;
	if (atomic_load(&udev->gone))
		return uvio_udev_gone(udev, "");
	count_call(&udev->vectors[vector]);
	return udev->ops->irq_ack(udev, vector);
}

int uvio_irq_stats(struct uvio_udev *udev, unsigned int vector, struct uvio_irq_stats *stats)
{
	if (vector >= udev->irq_count)
		return not_enabled(udev, vector);
	*stats = (struct uvio_irq_stats){
		.syscalls = __atomic_load_n(&udev->vectors[vector].syscalls, __ATOMIC_RELAXED),
	};
	return 0;
}
