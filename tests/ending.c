/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include <uvio/irq.h>

#include "asleep.h"
#include "ending.h"
#include "harness.h"

#define ROUNDS 24
#define FRAMES 65536 /* of a thread that waits, at most */

static struct ending now;
static uint64_t taken; /* by the thread that is cancelled */
static int result;
static atomic_int waiter;

static void cancel(struct asleep *unused)
{
	(void)unused;
	result = uvio_irq_cancel(now.udev, 0);
}

/* Nothing is left but one event, which comes. */
static void one_event_comes(void)
{
	uint64_t events = 0;

	ASSERT_ERR(uvio_irq_wait(now.udev, 0, 0, NULL), -ETIMEDOUT, "no interrupt is pending");
	now.raise();
	ASSERT_OK(uvio_irq_wait(now.udev, 0, UVIO_MS(LONG_MS), &events));
	ASSERT_EQ(events, 1);
	ASSERT_OK(uvio_irq_ack(now.udev, 0));
}

static void ended_by(void (*act)(struct asleep *unused))
{
	struct asleep other = {.act = act};

	result = 0;
	ASSERT(asleep_start(&other));
	ASSERT_ERR(uvio_irq_wait(now.udev, 0, -1, NULL), -ECANCELED,
		": the wait for vector 0 was ended by uvio_irq_cancel()");
	asleep_end(&other);
	ASSERT_OK(result);
	one_event_comes();
}

void ending_by_a_thread(struct ending ending)
{
	now = ending;
	ended_by(cancel);
	/* Once it sleeps before it reads, too. */
	ended_by(cancel);
}

static void cancel_in_child(struct asleep *unused)
{
	int status = 1;
	pid_t child = fork();

	(void)unused;
	if (!child)
		_exit(uvio_irq_cancel(now.udev, 0) ? 1 : 0);
	if (child < 0 || waitpid(child, &status, 0) != child)
		status = 1;
	result = status;
}

void ending_by_a_child(struct ending ending)
{
	now = ending;
	ended_by(cancel_in_child);
}

static void on_signal_cancel(int number)
{
	(void)number;
	result = uvio_irq_cancel(now.udev, 0);
}

static void on_signal(int number)
{
	(void)number;
}

static void cancel_and_interrupt(struct asleep *asleep)
{
	cancel(asleep);
	asleep_interrupt(asleep);
}

/* The signal may come just when a sleep is over by itself. */
static void ended_or_interrupted(void (*handler)(int number), void (*act)(struct asleep *asleep))
{
	const struct sigaction action = {.sa_handler = handler};
	static int number = SIGUSR1;
	struct asleep other = {.act = act, .data = &number};
	int rc;

	result = 0;
	sigaction(SIGUSR1, &action, NULL);
	ASSERT(asleep_start(&other));
	rc = uvio_irq_wait(now.udev, 0, -1, NULL);
	if (rc == -EINTR)
		rc = uvio_irq_wait(now.udev, 0, -1, NULL);
	ASSERT_ERR(rc, -ECANCELED, "was ended by uvio_irq_cancel()");
	asleep_end(&other);
	ASSERT_OK(result);
	one_event_comes();
}

void ending_by_a_signal_handler(struct ending ending)
{
	now = ending;
	ended_or_interrupted(on_signal_cancel, asleep_interrupt);
}

void ending_beside_a_signal(struct ending ending)
{
	now = ending;
	ended_or_interrupted(on_signal, cancel_and_interrupt);
}

/* The address sanitizer does not see that the frames below have ended with the thread. */
static void forget_frames(void *top)
{
	(void)top;
#ifdef __SANITIZE_ADDRESS__
	__asan_unpoison_memory_region((void *)((uintptr_t)top - FRAMES), FRAMES);
#endif
}

static void *wait_for_ever(void *unused)
{
	char top;

	pthread_cleanup_push(forget_frames, &top);
	atomic_store(&waiter, (int)syscall(SYS_gettid));
	result = uvio_irq_wait(now.udev, 0, -1, &taken);
	pthread_cleanup_pop(0);
	return unused;
}

/* The event, unless the thread has taken it, and the mark, unless that ended its wait. */
static void what_is_left_is_there(bool raised)
{
	uint64_t events = 0;
	int rc = uvio_irq_wait(now.udev, 0, 0, &events);

	if (rc == -ECANCELED)
		rc = uvio_irq_wait(now.udev, 0, 0, &events);
	ASSERT(!rc || rc == -ETIMEDOUT);
	ASSERT_EQ(taken + (rc ? 0 : events), raised);
	ASSERT_OK(uvio_irq_ack(now.udev, 0));
	rc = uvio_irq_wait(now.udev, 0, 0, &events);
	ASSERT(rc == -ETIMEDOUT || (rc == -ECANCELED && result != -ECANCELED));
	one_event_comes();
}

static void both_ways_at_once(bool raised)
{
	pthread_t thread;
	void *end;

	taken = 0;
	result = 0;
	atomic_store(&waiter, 0);
	ASSERT_EQ(pthread_create(&thread, NULL, wait_for_ever, NULL), 0);
	while (!atomic_load(&waiter))
		sched_yield();
	await_poll(atomic_load(&waiter));
	if (raised)
		now.raise();
	ASSERT_OK(uvio_irq_cancel(now.udev, 0));
	ASSERT_EQ(pthread_cancel(thread), 0);
	ASSERT_EQ(pthread_join(thread, &end), 0);
	what_is_left_is_there(raised);
}

void ending_beside_pthread_cancel(struct ending ending)
{
	now = ending;
	for (int i = 0; i < ROUNDS; i++)
		both_ways_at_once(i % 2);
}
