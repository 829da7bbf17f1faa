/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include <uvio/driver.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "asleep.h"
#include "fixture.h"

#define BUSY_WAITS 10000 /* more than those between two looks */

static uint64_t events;
static struct uvio_region registers;

static void setup(void)
{
	fixture_open();
	ASSERT_OK(uvio_region_map(udev, FAKE_REGISTERS, &registers));
	events = 99;
}

/* The card's own bits of EDU_IRQ_ACK. */
static void clear_cause(void)
{
	uvio_write32(&registers, 0x64, UINT32_MAX);
}

static void enable(enum uvio_irq_kind kind, unsigned int count)
{
	ASSERT_OK(uvio_irq_enable(udev, kind, count));
	if (kind != UVIO_IRQ_INTX)
		ASSERT_OK(uvio_bus_master(udev, true));
}

static void every_kind_has_a_name(void)
{
	ASSERT_STR(uvio_irq_kind_name(UVIO_IRQ_INTX), "intx");
	ASSERT_STR(uvio_irq_kind_name(UVIO_IRQ_MSI), "msi");
	ASSERT_STR(uvio_irq_kind_name(UVIO_IRQ_MSIX), "msix");
	ASSERT(!uvio_irq_kind_name(UVIO_IRQ_KINDS));
	ASSERT(!uvio_irq_kind_name((enum uvio_irq_kind) - 1));
}

static void vectors_are_counted(void)
{
	ASSERT_EQ(uvio_irq_count(udev, UVIO_IRQ_INTX), 1);
	ASSERT_EQ(uvio_irq_count(udev, UVIO_IRQ_MSI), FAKE_MSI_VECTORS);
	ASSERT_EQ(uvio_irq_count(udev, UVIO_IRQ_MSIX), 0);
	ASSERT_ERR(uvio_irq_count(udev, UVIO_IRQ_KINDS), -EINVAL, EDU ": unknown interrupt kind 3");
}

static void no_vectors_are_refused(void)
{
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_MSI, 0), -EINVAL,
		EDU ": cannot enable 0 msi vectors; uvio_irq_disable() disables all");
}

static void a_kind_that_is_none_is_refused(void)
{
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_KINDS, 1), -EINVAL, "unknown interrupt kind 3");
}

static void a_kind_that_the_card_lacks_is_not_supported(void)
{
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_MSIX, 1), -ENOTSUP,
		EDU ": no msix interrupt on the fake backend; use intx or msi");
}

static void more_vectors_than_there_are_are_refused(void)
{
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_MSI, 5), -ERANGE,
		EDU ": 5 msi vectors asked for, the card has 4");
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_INTX, UINT32_MAX), -ERANGE, "the card has 1");
}

static void enabling_twice_is_refused(void)
{
	enable(UVIO_IRQ_INTX, 1);
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_MSI, 1), -EBUSY,
		EDU ": intx interrupts are enabled already; disable them first");
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSI, 1));
}

static void enabling_that_fails_enables_nothing(void)
{
	fake_faults.irq_enable = -ENOSPC;
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_MSI, 2), -ENOSPC, "gives no vectors");
	ASSERT_ERR(uvio_irq_ack(udev, 0), -EINVAL, "not enabled");
	fake_faults.irq_enable = 0;
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSI, 2));
}

static void disabling_nothing_is_no_error(void)
{
	ASSERT_OK(uvio_irq_disable(udev));
	enable(UVIO_IRQ_INTX, 1);
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_OK(uvio_irq_disable(udev));
}

static void what_could_not_be_disabled_is_enabled(void)
{
	enable(UVIO_IRQ_INTX, 1);
	fake_faults.irq_disable = -EIO;
	ASSERT_ERR(uvio_irq_disable(udev), -EIO, "keeps the vectors");
	ASSERT_ERR(uvio_udev_reset(udev), -EIO, "keeps the vectors");
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), NULL));
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1), -EBUSY, "enabled already");
	fake_faults.irq_disable = 0;
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_ERR(uvio_irq_fd(udev, 0), -EINVAL, "not enabled");
}

static void a_close_ends_what_could_not_be_disabled(void)
{
	enable(UVIO_IRQ_INTX, 1);
	fake_faults.irq_disable = -EIO;
	uvio_udev_close(udev);
	udev = NULL;
	fake_faults.irq_disable = 0;
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
	enable(UVIO_IRQ_INTX, 1);
}

static void a_vector_that_is_not_enabled_is_refused(void)
{
	struct uvio_irq_stats stats;

	enable(UVIO_IRQ_MSI, 2);
	ASSERT_ERR(uvio_irq_wait(udev, 2, UVIO_MS(1), &events), -EINVAL,
		EDU ": vector 2 is not enabled (2 are); call uvio_irq_enable() first");
	ASSERT_ERR(uvio_irq_consume(udev, 2, &events), -EINVAL, "vector 2 is not enabled");
	ASSERT_ERR(uvio_irq_ack(udev, 2), -EINVAL, "vector 2 is not enabled");
	ASSERT_ERR(uvio_irq_fd(udev, 2), -EINVAL, "vector 2 is not enabled");
	ASSERT_ERR(uvio_irq_stats(udev, 2, &stats), -EINVAL, "vector 2 is not enabled");
	ASSERT_EQ(events, 99);
}

static void an_event_that_is_there_is_taken_at_once(void)
{
	struct uvio_irq_stats stats;

	enable(UVIO_IRQ_INTX, 1);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), &events));
	ASSERT_EQ(events, 1);
	ASSERT_OK(uvio_irq_stats(udev, 0, &stats));
	ASSERT_EQ(stats.syscalls, 1);
}

static uint64_t calls_of_a_wait(void)
{
	struct uvio_irq_stats before, after;

	ASSERT_OK(uvio_irq_stats(udev, 0, &before));
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), &events));
	ASSERT_EQ(events, 1);
	ASSERT_OK(uvio_irq_stats(udev, 0, &after));
	return after.syscalls - before.syscalls;
}

/* A card that was idle once is likely to be so again, for some waits. */
static void after_a_wait_in_vain_some_sleep_first(void)
{
	enable(UVIO_IRQ_MSI, 1);
	ASSERT_EQ(calls_of_a_wait(), 1);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT, "no interrupt");
	for (int i = 0; i < 15; i++)
		ASSERT_EQ(calls_of_a_wait(), 2);
	for (int i = 0; i < 4096; i++)
		ASSERT_EQ(calls_of_a_wait(), 1);
}

/* One in so many looks for a request to release the card, which is one call more. */
static void a_busy_card_costs_one_call_but_for_a_look(void)
{
	enable(UVIO_IRQ_MSI, 1);
	for (int i = 0; i < 4096; i++)
		ASSERT_EQ(calls_of_a_wait(), 1);
	ASSERT_EQ(calls_of_a_wait(), 2);
	for (int i = 0; i < 4096; i++)
		ASSERT_EQ(calls_of_a_wait(), 1);
	ASSERT_EQ(calls_of_a_wait(), 2);
}

/* The wait in vain is the one that looks. */
static void some_sleep_first_also_after_a_look_in_vain(void)
{
	enable(UVIO_IRQ_MSI, 1);
	for (int i = 0; i < 4096; i++)
		ASSERT_EQ(calls_of_a_wait(), 1);
	ASSERT_ERR(uvio_irq_wait(udev, 0, 1, &events), -ETIMEDOUT, "no interrupt");
	for (int i = 0; i < 16; i++)
		ASSERT_EQ(calls_of_a_wait(), 2);
	for (int i = 0; i < 4096; i++)
		ASSERT_EQ(calls_of_a_wait(), 1);
}

static void the_count_may_be_ignored(void)
{
	enable(UVIO_IRQ_INTX, 1);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), NULL));
	ASSERT_OK(uvio_irq_consume(udev, 0, NULL));
}

static void events_add_up_between_waits(void)
{
	enable(UVIO_IRQ_MSI, 1);
	for (int i = 0; i < 5; i++)
		fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), &events));
	ASSERT_EQ(events, 5);
}

static void vectors_are_apart(void)
{
	enable(UVIO_IRQ_MSI, 4);
	fake_raise(udev, 2);
	ASSERT_OK(uvio_irq_consume(udev, 1, &events));
	ASSERT_EQ(events, 0);
	ASSERT_OK(uvio_irq_wait(udev, 2, UVIO_MS(1000), &events));
	ASSERT_EQ(events, 1);
}

static void messages_need_bus_mastering(void)
{
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSI, 1));
	fake_raise(udev, 0);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT,
		EDU ": no interrupt on vector 0 within 1 ms; bus mastering is off, and the "
		    "card sends no MSI without it; switch it on with uvio_bus_master()");
	ASSERT_OK(uvio_bus_master(udev, true));
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT,
		"bus mastering is on: perhaps the card was not told to raise it");
}

/* What the command and the status register of the card show. */
static void says_of_a_line(uint32_t shown, const char *text)
{
	unsigned char *place = fake_of(udev)->config + 4;
	uint32_t before;

	memcpy(&before, place, 4);
	memcpy(place, &shown, 4);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT, text);
	memcpy(place, &before, 4);
}

static void a_line_that_is_late_is_looked_at(void)
{
	enable(UVIO_IRQ_INTX, 1);
	says_of_a_line(0x00000403, "INTx is switched off in the card's command register");
	says_of_a_line(0x00080403, "INTx is switched off in the card's command register");
	says_of_a_line(0x00080003, "asserts its line (Interrupt Status): perhaps the last "
				   "interrupt was not acknowledged");
	says_of_a_line(0x00000003, "does not assert its line");
}

static void without_an_event_the_time_is_over(void)
{
	struct timespec before, after;
	int64_t ms;

	enable(UVIO_IRQ_INTX, 1);
	clock_gettime(CLOCK_MONOTONIC, &before);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(30), &events), -ETIMEDOUT,
		EDU ": no interrupt on vector 0 within 30 ms; the card does not assert its line");
	clock_gettime(CLOCK_MONOTONIC, &after);
	ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
	ASSERT(ms >= 29);
}

static void a_wait_of_no_time_looks(void)
{
	enable(UVIO_IRQ_INTX, 1);
	ASSERT_ERR(uvio_irq_wait(udev, 0, 0, &events), -ETIMEDOUT,
		EDU ": no interrupt is pending on vector 0");
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, 0, &events));
	ASSERT_EQ(events, 1);
	fake_ask_release(udev);
	ASSERT_ERR(uvio_irq_wait(udev, 0, 0, &events), -ENODEV, "the kernel asks to release it");
}

static void a_time_below_a_millisecond_is_one(void)
{
	enable(UVIO_IRQ_INTX, 1);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_US(250), &events), -ETIMEDOUT, "within 250 us; ");
	ASSERT_ERR(uvio_irq_wait(udev, 0, 1, &events), -ETIMEDOUT, "within 1 ns; ");
}

static void raise_it(struct asleep *unused)
{
	(void)unused;
	fake_raise(udev, 0);
}

static void a_negative_time_is_for_ever(void)
{
	static struct asleep other = {.act = raise_it};

	enable(UVIO_IRQ_MSI, 1);
	ASSERT(asleep_start(&other));
	ASSERT_OK(uvio_irq_wait(udev, 0, -1, &events));
	asleep_end(&other);
	ASSERT_EQ(events, 1);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, INT64_MAX, &events));
}

static void consuming_nothing_gives_none(void)
{
	enable(UVIO_IRQ_INTX, 1);
	ASSERT_OK(uvio_irq_consume(udev, 0, &events));
	ASSERT_EQ(events, 0);
}

static void a_line_comes_once_until_it_is_acknowledged(void)
{
	enable(UVIO_IRQ_INTX, 1);
	fake_raise(udev, 0);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), &events));
	ASSERT_EQ(events, 1);
	clear_cause();
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_consume(udev, 0, &events));
	ASSERT_EQ(events, 0);
}

static void what_came_in_between_is_reported_after_the_ack(void)
{
	enable(UVIO_IRQ_INTX, 1);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), &events));
	clear_cause();
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_ack(udev, 0));
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), &events));
	ASSERT_EQ(events, 1);
}

static void enabling_arms_whatever_was_left_behind(void)
{
	enable(UVIO_IRQ_INTX, 1);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_disable(udev));
	clear_cause();
	enable(UVIO_IRQ_INTX, 1);
	ASSERT_OK(uvio_irq_consume(udev, 0, &events));
	ASSERT_EQ(events, 0);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), &events));
	ASSERT_EQ(events, 1);
}

static void an_ack_of_a_message_costs_nothing(void)
{
	struct uvio_irq_stats stats;

	enable(UVIO_IRQ_MSI, 1);
	fake_faults.irq_ack = -EIO;
	ASSERT_OK(uvio_irq_ack(udev, 0));
	ASSERT_OK(uvio_irq_stats(udev, 0, &stats));
	ASSERT_EQ(stats.syscalls, 0);
}

static void an_ack_that_fails_is_told(void)
{
	enable(UVIO_IRQ_INTX, 1);
	fake_faults.irq_ack = -EPERM;
	ASSERT_ERR(uvio_irq_ack(udev, 0), -EPERM, "the fake line stays masked");
}

static void a_read_that_fails_is_told(void)
{
	enable(UVIO_IRQ_INTX, 1);
	fake_faults.irq_read = -EIO;
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1000), &events), -EIO,
		"vector 0: taking its events: Input/output error");
	ASSERT_ERR(uvio_irq_consume(udev, 0, &events), -EIO,
		"vector 0: taking its events: Input/output error");
}

static void the_descriptor_is_readable_while_events_are_pending(void)
{
	struct pollfd fd = {.events = POLLIN};

	enable(UVIO_IRQ_INTX, 1);
	fd.fd = uvio_irq_fd(udev, 0);
	ASSERT_EQ(poll(&fd, 1, 0), 0);
	fake_raise(udev, 0);
	ASSERT_EQ(poll(&fd, 1, 0), 1);
	ASSERT_OK(uvio_irq_consume(udev, 0, &events));
	ASSERT_EQ(poll(&fd, 1, 0), 0);
}

static void a_request_to_release_ends_the_wait(void)
{
	enable(UVIO_IRQ_INTX, 1);
	fake_ask_release(udev);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(10000), &events), -ENODEV,
		EDU ": the device is gone: the kernel asks to release it; close it");
	ASSERT(!uvio_udev_alive(udev));
}

/* Its next event is always there: it never sleeps, where it would see the request. */
static void a_request_to_release_ends_the_waits_of_a_busy_card(void)
{
	int rc = 0, waits = 0;

	enable(UVIO_IRQ_MSI, 1);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), &events));
	fake_ask_release(udev);
	for (; !rc && waits < BUSY_WAITS; waits++) {
		fake_raise(udev, 0);
		rc = uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), &events);
	}
	ASSERT_ERR(
		rc, -ENODEV, EDU ": the device is gone: the kernel asks to release it; close it");
	ASSERT(!uvio_udev_alive(udev));
}

static int waits_made;

/* Cancelled from the start, and an event is always pending: raising it is no place to end. */
static void *wait_busily(void *unused)
{
	pthread_cancel(pthread_self());
	for (waits_made = 0; waits_made < BUSY_WAITS; waits_made++) {
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
		fake_raise(udev, 0);
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
		if (uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), &events))
			break;
	}
	return unused;
}

static void a_thread_that_never_sleeps_can_be_cancelled(void)
{
	pthread_t thread;
	void *result;

	enable(UVIO_IRQ_MSI, 1);
	ASSERT_EQ(pthread_create(&thread, NULL, wait_busily, NULL), 0);
	ASSERT_EQ(pthread_join(thread, &result), 0);
	ASSERT(result == PTHREAD_CANCELED);
	ASSERT(waits_made < BUSY_WAITS);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), &events));
}

/* After a wait in vain some look at their event alone, and one in so many at the request too. */
static void a_request_to_release_ends_the_waits_of_an_idle_card(void)
{
	int rc = 0;

	enable(UVIO_IRQ_MSI, 1);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT, "no interrupt");
	fake_ask_release(udev);
	for (int waits = 0; !rc && waits < 16; waits++) {
		fake_raise(udev, 0);
		rc = uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), &events);
	}
	ASSERT_ERR(rc, -ENODEV, "the kernel asks to release it");
}

static void a_request_to_release_ends_a_wait_that_looks_at_its_event_alone(void)
{
	enable(UVIO_IRQ_MSI, 1);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT, "no interrupt");
	fake_ask_release(udev);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), &events), -ENODEV,
		"the kernel asks to release it");
}

static void a_card_that_is_pulled_ends_the_wait(void)
{
	enable(UVIO_IRQ_INTX, 1);
	fake_faults.all_ones = true;
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(20), &events), -ENODEV,
		EDU ": the device is gone: its configuration space reads all ones");
}

/* As by another thread, whose error is not this one's. */
static void a_card_that_was_found_gone_ends_the_wait(void)
{
	enable(UVIO_IRQ_INTX, 1);
	fake_faults.all_ones = true;
	ASSERT(!uvio_udev_alive(udev));
	uvio_fail(-EINVAL, "something else");
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(20), &events), -ENODEV, "the device is gone");
}

static void on_signal(int number)
{
	(void)number;
}

static void a_signal_ends_the_wait(void)
{
	static int number = SIGUSR1;
	static struct asleep signals = {asleep_interrupt, &number, .again = true};
	const struct sigaction action = {.sa_handler = on_signal};

	enable(UVIO_IRQ_INTX, 1);
	sigaction(SIGUSR1, &action, NULL);
	ASSERT(asleep_start(&signals));
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), &events), -EINTR,
		EDU ": a signal came while waiting for vector 0");
	asleep_end(&signals);
}

static void raise_first(struct asleep *unused)
{
	(void)unused;
	fake_raise(udev, 0);
}

static void an_event_wakes_the_waiter(void)
{
	static struct asleep other = {.act = raise_first};

	enable(UVIO_IRQ_INTX, 1);
	ASSERT(asleep_start(&other));
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), &events));
	asleep_end(&other);
	ASSERT_EQ(events, 1);
}

static void calls_are_counted(void)
{
	struct uvio_irq_stats stats;

	enable(UVIO_IRQ_INTX, 1);
	for (int i = 0; i < 10; i++) {
		fake_raise(udev, 0);
		ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), &events));
		clear_cause();
		ASSERT_OK(uvio_irq_ack(udev, 0));
	}
	ASSERT_OK(uvio_irq_stats(udev, 0, &stats));
	ASSERT_EQ(stats.syscalls, 20);
}

static void counting_begins_anew_when_enabled(void)
{
	struct uvio_irq_stats stats;

	enable(UVIO_IRQ_INTX, 1);
	ASSERT_OK(uvio_irq_consume(udev, 0, &events));
	ASSERT_OK(uvio_irq_disable(udev));
	enable(UVIO_IRQ_INTX, 1);
	ASSERT_OK(uvio_irq_stats(udev, 0, &stats));
	ASSERT_EQ(stats.syscalls, 0);
}

static CU_TestInfo enabling[] = {
	TEST(every_kind_has_a_name),
	TEST(vectors_are_counted),
	TEST(no_vectors_are_refused),
	TEST(a_kind_that_is_none_is_refused),
	TEST(a_kind_that_the_card_lacks_is_not_supported),
	TEST(more_vectors_than_there_are_are_refused),
	TEST(enabling_twice_is_refused),
	TEST(enabling_that_fails_enables_nothing),
	TEST(enabling_arms_whatever_was_left_behind),
	TEST(disabling_nothing_is_no_error),
	TEST(what_could_not_be_disabled_is_enabled),
	TEST(a_close_ends_what_could_not_be_disabled),
	TEST(a_vector_that_is_not_enabled_is_refused),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo waiting[] = {
	TEST(an_event_that_is_there_is_taken_at_once),
	TEST(after_a_wait_in_vain_some_sleep_first),
	TEST(a_busy_card_costs_one_call_but_for_a_look),
	TEST(some_sleep_first_also_after_a_look_in_vain),
	TEST(the_count_may_be_ignored),
	{"events add up between waits (vfio 68)", events_add_up_between_waits},
	TEST(vectors_are_apart),
	TEST(messages_need_bus_mastering),
	TEST(without_an_event_the_time_is_over),
	TEST(a_line_that_is_late_is_looked_at),
	TEST(a_wait_of_no_time_looks),
	TEST(a_time_below_a_millisecond_is_one),
	TEST(a_negative_time_is_for_ever),
	TEST_FOR("uio 3.13", consuming_nothing_gives_none),
	TEST(a_read_that_fails_is_told),
	TEST(the_descriptor_is_readable_while_events_are_pending),
	TEST(an_event_wakes_the_waiter),
	TEST_FOR("uio 3.13", a_signal_ends_the_wait),
	TEST(a_request_to_release_ends_the_wait),
	TEST(a_request_to_release_ends_the_waits_of_a_busy_card),
	TEST(a_thread_that_never_sleeps_can_be_cancelled),
	TEST(a_request_to_release_ends_the_waits_of_an_idle_card),
	TEST(a_request_to_release_ends_a_wait_that_looks_at_its_event_alone),
	TEST(a_card_that_is_pulled_ends_the_wait),
	TEST(a_card_that_was_found_gone_ends_the_wait),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo acknowledging[] = {
	{"a line comes once until it is acknowledged (vfio 65)",
		a_line_comes_once_until_it_is_acknowledged},
	TEST(what_came_in_between_is_reported_after_the_ack),
	TEST(an_ack_of_a_message_costs_nothing),
	TEST(an_ack_that_fails_is_told),
	TEST(calls_are_counted),
	TEST(counting_begins_anew_when_enabled),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"enable", NULL, NULL, setup, fixture_close, enabling},
	{"wait", NULL, NULL, setup, fixture_close, waiting},
	{"ack", NULL, NULL, setup, fixture_close, acknowledging},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
