/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Waits ended by uvio_irq_cancel(), and threads by pthread_cancel(): those after them find the
 * device as if they had not been. */
#include <config.h>

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <uvio/event.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "conformance.h"

#define ROUNDS 50

struct victim {
	struct pair *pair;
	pthread_t thread;
	atomic_int tid, taken;
	int rc; /* of the last wait of a thread that was not cancelled */
	enum uvio_irq_kind kind;
	struct uvio_region region; /* of a register that never reads as wanted */
};

static void *wait_for_ever(void *data)
{
	struct victim *victim = data;

	atomic_store(&victim->tid, (int)syscall(SYS_gettid));
	victim->rc = uvio_irq_wait(victim->pair->udev, 0, UVIO_MS(LONG_MS), NULL);
	return NULL;
}

static void *await_event(void *data)
{
	struct victim *victim = data;
	enum uvio_event event;

	atomic_store(&victim->tid, (int)syscall(SYS_gettid));
	uvio_event_wait(victim->pair->udev, UVIO_MS(LONG_MS), &event);
	return NULL;
}

static void *serve(void *data)
{
	struct victim *victim = data;
	struct pair *pair = victim->pair;

	atomic_store(&victim->tid, (int)syscall(SYS_gettid));
	while (!(victim->rc = uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), NULL)) &&
		!pair->driver->trial->irq_clear(pair->priv, 0) && !uvio_irq_ack(pair->udev, 0))
		atomic_fetch_add(&victim->taken, 1);
	return NULL;
}

/* No card's first register: edu has its identification there, ivshmem a mask, which is 0. */
#define NEVER_READ 0x5eed5eed

static void *poll_register(void *data)
{
	struct victim *victim = data;

	atomic_store(&victim->tid, (int)syscall(SYS_gettid));
	uvio_poll_until(&victim->region, 0, 4, UINT32_MAX, NEVER_READ, UVIO_MS(LONG_MS));
	return NULL;
}

static int start(struct victim *victim, void *(*work)(void *data))
{
	atomic_store(&victim->tid, 0);
	atomic_store(&victim->taken, 0);
	CHECK(!pthread_create(&victim->thread, NULL, work, victim));
	while (!atomic_load(&victim->tid))
		sched_yield();
	return PASS;
}

static int end(struct victim *victim)
{
	void *result;

	CHECK(!pthread_cancel(victim->thread));
	CHECK(!pthread_join(victim->thread, &result));
	CHECK(result == PTHREAD_CANCELED);
	return PASS;
}

static int enable(struct pair *pair, enum uvio_irq_kind kind)
{
	if (kind != UVIO_IRQ_INTX)
		CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_irq_enable(pair->udev, kind, 1));
	return PASS;
}

/* An interrupt that the thread may have left untaken counts as this one. */
static int raise_and_take(struct pair *pair)
{
	uint64_t events = 0;

	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK_OK(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), &events));
	CHECK(events >= 1);
	CHECK_OK(pair->driver->trial->irq_clear(pair->priv, 0));
	CHECK_OK(uvio_irq_ack(pair->udev, 0));
	return PASS;
}

/* All that such a thread could have kept: the vector, the device, the process's lock on it. */
static int all_works(struct victim *victim)
{
	struct pair *pair = victim->pair;

	CHECK(!raise_and_take(pair));
	CHECK(!raise_and_take(pair));
	CHECK_OK(uvio_irq_disable(pair->udev));
	CHECK(!enable(pair, victim->kind));
	CHECK(!raise_and_take(pair));
	pair_close(pair);
	CHECK_OK(pair_open(pair));
	CHECK(!enable(pair, victim->kind));
	return raise_and_take(pair);
}

static int for_each_kind(struct pair *pair, int (*work)(struct victim *victim))
{
	const uint32_t irqs = UVIO_CAP_INTX | UVIO_CAP_MSI | UVIO_CAP_MSIX;

	if (!(uvio_caps(pair->udev) & irqs)) {
		snprintf(pair->reason, sizeof(pair->reason), "this pair has no interrupt");
		return SKIP;
	}
	for (int kind = 0; kind < UVIO_IRQ_KINDS; kind++) {
		struct victim victim = {.pair = pair, .kind = kind};

		if (uvio_irq_count(pair->udev, kind) < 1)
			continue;
		CHECK(!enable(pair, kind));
		if (work(&victim))
			return fail_at(
				__FILE__, __LINE__, "with %s", uvio_irq_kind_name(victim.kind));
		CHECK_OK(uvio_irq_disable(pair->udev));
	}
	return PASS;
}

static int end_one_that_sleeps(struct victim *victim)
{
	for (int i = 0; i < ROUNDS; i++) {
		CHECK(!start(victim, wait_for_ever));
		await_poll(atomic_load(&victim->tid));
		CHECK(!end(victim));
	}
	return all_works(victim);
}

/* Wherever the thread is in its loop. */
static int end_one_that_serves(struct victim *victim)
{
	struct pair *pair = victim->pair;

	for (int i = 0; i < ROUNDS; i++) {
		CHECK(!start(victim, serve));
		for (int n = 0; n < i % 4; n++) {
			CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
			while (n + 1 < i % 4 && atomic_load(&victim->taken) <= n)
				sched_yield();
		}
		CHECK(!end(victim));
		CHECK(!raise_and_take(pair));
	}
	return all_works(victim);
}

static int end_wait(struct victim *victim)
{
	CHECK_OK(uvio_irq_cancel(victim->pair->udev, 0));
	CHECK(!pthread_join(victim->thread, NULL));
	CHECK(victim->rc == -ECANCELED);
	return PASS;
}

static int end_a_wait_that_sleeps(struct victim *victim)
{
	for (int i = 0; i < ROUNDS; i++) {
		CHECK(!start(victim, wait_for_ever));
		await_poll(atomic_load(&victim->tid));
		CHECK(!end_wait(victim));
		if (i % 8 == 7)
			CHECK(!raise_and_take(victim->pair));
	}
	return all_works(victim);
}

/* Wherever the thread is in its loop: what it did not take is there for the next one. */
static int end_a_wait_that_serves(struct victim *victim)
{
	struct pair *pair = victim->pair;

	for (int i = 0; i < ROUNDS; i++) {
		CHECK(!start(victim, serve));
		for (int n = 0; n < i % 4; n++) {
			CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
			while (n + 1 < i % 4 && atomic_load(&victim->taken) <= n)
				sched_yield();
		}
		CHECK(!end_wait(victim));
		CHECK(!raise_and_take(pair));
	}
	return all_works(victim);
}

static int end_a_wait_to_come(struct victim *victim)
{
	struct uvio_udev *udev = victim->pair->udev;

	CHECK_OK(victim->pair->driver->trial->irq_raise(victim->pair->priv, 0));
	CHECK_OK(uvio_irq_cancel(udev, 0));
	CHECK_OK(uvio_irq_cancel(udev, 0));
	CHECK_ERR(uvio_irq_wait(udev, 0, -1, NULL), -ECANCELED, "uvio_irq_cancel()");
	CHECK_OK(uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), NULL));
	CHECK_OK(victim->pair->driver->trial->irq_clear(victim->pair->priv, 0));
	CHECK_OK(uvio_irq_ack(udev, 0));
	CHECK_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), NULL), -ETIMEDOUT, "vector 0");
	return all_works(victim);
}

static int cancel_it(struct pair *pair)
{
	CHECK_OK(uvio_irq_cancel(pair->udev, 0));
	return PASS;
}

/* A child has the same descriptors. */
static int end_a_wait_from_a_child(struct victim *victim)
{
	CHECK(!start(victim, wait_for_ever));
	await_poll(atomic_load(&victim->tid));
	CHECK(in_child(victim->pair, cancel_it) == PASS);
	CHECK(!pthread_join(victim->thread, NULL));
	CHECK(victim->rc == -ECANCELED);
	return all_works(victim);
}

static int a_wait_from_a_child(struct pair *pair)
{
	return for_each_kind(pair, end_a_wait_from_a_child);
}

static int a_wait_that_sleeps(struct pair *pair)
{
	return for_each_kind(pair, end_a_wait_that_sleeps);
}

static int a_wait_that_serves(struct pair *pair)
{
	return for_each_kind(pair, end_a_wait_that_serves);
}

static int a_wait_to_come(struct pair *pair)
{
	return for_each_kind(pair, end_a_wait_to_come);
}

static int a_thread_that_sleeps(struct pair *pair)
{
	return for_each_kind(pair, end_one_that_sleeps);
}

static int a_thread_that_serves(struct pair *pair)
{
	return for_each_kind(pair, end_one_that_serves);
}

static int one_that_awaits_an_event(struct pair *pair)
{
	struct victim victim = {.pair = pair};
	enum uvio_event event;

	CHECK(!start(&victim, await_event));
	await_poll(atomic_load(&victim.tid));
	CHECK(!end(&victim));
	CHECK_ERR(uvio_event_wait(pair->udev, 0, &event), -ETIMEDOUT, "no event within 0 ms");
	return PASS;
}

static int one_that_polls(struct pair *pair)
{
	struct victim victim = {.pair = pair};

	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_BAR0, &victim.region));
	CHECK(!start(&victim, poll_register));
	CHECK(!end(&victim));
	CHECK_ERR(uvio_poll_until(&victim.region, 0, 4, UINT32_MAX, NEVER_READ, UVIO_MS(1)),
		-ETIMEDOUT, "after 1 ms");
	CHECK_OK(uvio_poll_until(&victim.region, 0, 4, 0, 0, UVIO_MS(1)));
	return PASS;
}

const struct test_case cancel_cases[] = {
	{"cancelled: a wait that sleeps", UVIO_CAP_BUS_MASTER, a_wait_that_sleeps, false},
	{"cancelled: the wait of a thread that takes interrupts", UVIO_CAP_BUS_MASTER,
		a_wait_that_serves, false},
	{"cancelled: the wait of a parent", UVIO_CAP_BUS_MASTER, a_wait_from_a_child, false},
	{"cancelled: a wait to come", UVIO_CAP_BUS_MASTER, a_wait_to_come, false},
	{"cancelled: a thread that waits for an interrupt", UVIO_CAP_BUS_MASTER,
		a_thread_that_sleeps, false},
	{"cancelled: a thread that takes interrupts", UVIO_CAP_BUS_MASTER, a_thread_that_serves,
		false},
	{"cancelled: a thread that waits for an event", UVIO_CAP_INTX, one_that_awaits_an_event,
		false},
	{"cancelled: a thread that polls a register", 0, one_that_polls, false},
	{0},
};
