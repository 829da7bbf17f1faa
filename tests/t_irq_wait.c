/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Waiting for interrupts, and what ends a wait without one. */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/udev.h>

#include "asleep.h"
#include "fixture.h"

#define BUSY_WAITS 10000 /* more than those between two looks */

static uint64_t events;

static void setup(void)
{
	fixture_open();
	events = 99;
}

static void an_event_that_is_there_is_taken_at_once(void)
{
	struct uvio_irq_stats stats;

	fixture_enable(UVIO_IRQ_INTX, 1);
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

static void waits_cost(int waits, uint64_t calls)
{
	for (int i = 0; i < waits; i++)
		ASSERT_EQ(calls_of_a_wait(), calls);
}

/* A card that was idle once is likely to be so again, up to the 16th wait that is not quick. */
static void after_a_wait_in_vain_some_sleep_first(void)
{
	fixture_enable(UVIO_IRQ_MSI, 1);
	waits_cost(1, 1);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT, "no interrupt");
	waits_cost(15, 2);
	waits_cost(1 + 4094, 1);
	waits_cost(1, 2);
}

/* One in so many looks for a request to release the card, which is one call more. */
static void a_busy_card_costs_one_call_but_for_a_look(void)
{
	fixture_enable(UVIO_IRQ_MSI, 1);
	waits_cost(1, 1);
	for (int i = 0; i < 2; i++) {
		waits_cost(4095, 1);
		waits_cost(1, 2);
	}
}

/* The wait in vain is the one that looks. */
static void some_sleep_first_also_after_a_look_in_vain(void)
{
	fixture_enable(UVIO_IRQ_MSI, 1);
	waits_cost(1 + 4095, 1);
	ASSERT_ERR(uvio_irq_wait(udev, 0, 1, &events), -ETIMEDOUT, "no interrupt");
	waits_cost(15, 2);
	waits_cost(1 + 4095, 1);
	waits_cost(1, 2);
}

static void the_count_may_be_ignored(void)
{
	fixture_enable(UVIO_IRQ_INTX, 1);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), NULL));
	ASSERT_OK(uvio_irq_consume(udev, 0, NULL));
}

static void events_add_up_between_waits(void)
{
	fixture_enable(UVIO_IRQ_MSI, 1);
	for (int i = 0; i < 5; i++)
		fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), &events));
	ASSERT_EQ(events, 5);
}

static void vectors_are_apart(void)
{
	fixture_enable(UVIO_IRQ_MSI, 4);
	fake_raise(udev, 2);
	ASSERT_OK(uvio_irq_consume(udev, 1, &events));
	ASSERT_EQ(events, 0);
	ASSERT_OK(uvio_irq_wait(udev, 2, UVIO_MS(1000), &events));
	ASSERT_EQ(events, 1);
}

/* A capability list of one, at 0x40. */
static void card_shows(const char *capability)
{
	char config[2 * 0x48 + 1];

	memset(config, '0', sizeof(config) - 1);
	config[sizeof(config) - 1] = '\0';
	memcpy(config + 2 * 0x04, "07011000", 8);
	memcpy(config + 2 * 0x10, "0000a0fe", 8);
	memcpy(config + 2 * 0x34, "40", 2);
	memcpy(config + 2 * 0x40, capability, 8);
	tree_change(tree, "hex " EDU_FOLDER "/config %s", config);
}

static void messages_need_bus_mastering(void)
{
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSI, 1));
	fake_raise(udev, 0);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT,
		EDU ": no interrupt on vector 0 within 1 ms; bus mastering is off, and the "
		    "card sends no MSI without it; switch it on with uvio_bus_master()");
	ASSERT_OK(uvio_bus_master(udev, true));
	card_shows("05008100");
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT,
		"bus mastering is on; perhaps the card was not told to raise an interrupt");
}

/* Of which VFIO shows nothing. */
static void messages_that_another_program_switched_off(void)
{
	ASSERT_OK(uvio_bus_master(udev, true));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSI, 1));
	card_shows("05008000");
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT,
		"MSI is switched off in the card's configuration space (MSI enable); perhaps "
		"another program or a reset did so; uvio_irq_disable() and uvio_irq_enable()");
	ASSERT_OK(uvio_irq_disable(udev));
	fake_faults.msix = 4;
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSIX, 1));
	card_shows("11000000");
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT,
		"MSI-X is switched off in the card's configuration space (MSI-X enable)");
	card_shows("110000c0");
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT,
		"all MSI-X vectors are masked in the card's configuration space (function mask)");
	card_shows("11000080");
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT, "bus mastering is on");
	card_shows("01400000"); /* its list is a circle */
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT, "bus mastering is on");
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
	fixture_enable(UVIO_IRQ_INTX, 1);
	says_of_a_line(0x00000403, "INTx is switched off in the card's command register");
	says_of_a_line(0x00080403, "INTx is switched off in the card's command register");
	says_of_a_line(0x00080003, "asserts its line (Interrupt Status); perhaps the last "
				   "interrupt was not acknowledged");
	says_of_a_line(0x00000003, "does not assert its line");
}

static void without_an_event_the_time_is_over(void)
{
	struct timespec before, after;
	int64_t ms;

	fixture_enable(UVIO_IRQ_INTX, 1);
	clock_gettime(CLOCK_MONOTONIC, &before);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(30), &events), -ETIMEDOUT,
		EDU ": no interrupt on vector 0 within 30 ms; the card does not assert its line");
	clock_gettime(CLOCK_MONOTONIC, &after);
	ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
	ASSERT(ms >= 29);
}

static void a_wait_of_no_time_looks(void)
{
	fixture_enable(UVIO_IRQ_INTX, 1);
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
	fixture_enable(UVIO_IRQ_INTX, 1);
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

	fixture_enable(UVIO_IRQ_MSI, 1);
	ASSERT(asleep_start(&other));
	ASSERT_OK(uvio_irq_wait(udev, 0, -1, &events));
	asleep_end(&other);
	ASSERT_EQ(events, 1);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, INT64_MAX, &events));
}

static void consuming_nothing_gives_none(void)
{
	fixture_enable(UVIO_IRQ_INTX, 1);
	ASSERT_OK(uvio_irq_consume(udev, 0, &events));
	ASSERT_EQ(events, 0);
}

static void a_read_that_fails_is_told(void)
{
	fixture_enable(UVIO_IRQ_INTX, 1);
	fake_faults.irq_read = -EIO;
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1000), &events), -EIO,
		"vector 0: taking its events: Input/output error");
	ASSERT_ERR(uvio_irq_consume(udev, 0, &events), -EIO,
		"vector 0: taking its events: Input/output error");
}

static void the_descriptor_is_readable_while_events_are_pending(void)
{
	struct pollfd fd = {.events = POLLIN};

	fixture_enable(UVIO_IRQ_INTX, 1);
	fd.fd = uvio_irq_fd(udev, 0);
	ASSERT_EQ(poll(&fd, 1, 0), 0);
	fake_raise(udev, 0);
	ASSERT_EQ(poll(&fd, 1, 0), 1);
	ASSERT_OK(uvio_irq_consume(udev, 0, &events));
	ASSERT_EQ(poll(&fd, 1, 0), 0);
}

static void a_request_to_release_ends_the_wait(void)
{
	fixture_enable(UVIO_IRQ_INTX, 1);
	fake_ask_release(udev);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(10000), &events), -ENODEV,
		EDU ": the device is gone: the kernel asks to release it; close it");
	ASSERT(!uvio_udev_alive(udev));
}

/* Its next event is always there: it never sleeps, where it would see the request. */
static void a_request_to_release_ends_the_waits_of_a_busy_card(void)
{
	int rc = 0, waits = 0;

	fixture_enable(UVIO_IRQ_MSI, 1);
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

	fixture_enable(UVIO_IRQ_MSI, 1);
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

	fixture_enable(UVIO_IRQ_MSI, 1);
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
	fixture_enable(UVIO_IRQ_MSI, 1);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT, "no interrupt");
	fake_ask_release(udev);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), &events), -ENODEV,
		"the kernel asks to release it");
}

static void a_card_that_is_pulled_ends_the_wait(void)
{
	fixture_enable(UVIO_IRQ_INTX, 1);
	fake_faults.all_ones = true;
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(20), &events), -ENODEV,
		EDU ": the device is gone: its configuration space reads all ones");
}

/* As by another thread, whose error is not this one's. */
static void a_card_that_was_found_gone_ends_the_wait(void)
{
	fixture_enable(UVIO_IRQ_INTX, 1);
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

	fixture_enable(UVIO_IRQ_INTX, 1);
	sigaction(SIGUSR1, &action, NULL);
	ASSERT(asleep_start(&signals));
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), &events), -EINTR,
		EDU ": interrupted by a signal while waiting for vector 0");
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

	fixture_enable(UVIO_IRQ_INTX, 1);
	ASSERT(asleep_start(&other));
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), &events));
	asleep_end(&other);
	ASSERT_EQ(events, 1);
}

static CU_TestInfo waiting[] = {
	TEST(an_event_that_is_there_is_taken_at_once),
	TEST(after_a_wait_in_vain_some_sleep_first),
	TEST(a_busy_card_costs_one_call_but_for_a_look),
	TEST(some_sleep_first_also_after_a_look_in_vain),
	TEST(the_count_may_be_ignored),
	{"events add up between waits (vfio 68)", events_add_up_between_waits},
	TEST(vectors_are_apart),
	TEST(messages_need_bus_mastering),
	TEST(messages_that_another_program_switched_off),
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

static CU_SuiteInfo suites[] = {
	{"wait", NULL, NULL, setup, fixture_close, waiting},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
