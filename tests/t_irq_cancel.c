/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Waits ended by uvio_irq_cancel(), where the vector is an eventfd. */
#include <config.h>

#include <errno.h>
#include <poll.h>

#include <uvio/irq.h>
#include <uvio/udev.h>

#include "ending.h"
#include "fixture.h"

static uint64_t events;

static void setup(void)
{
	fixture_open();
	fixture_enable(UVIO_IRQ_MSI, 2);
	events = 99;
}

static void raise_it(void)
{
	fake_raise(udev, 0);
}

static void a_wait_that_sleeps_is_ended(void)
{
	ending_by_a_thread((struct ending){udev, raise_it});
}

static void a_child_ends_the_wait_of_its_parent(void)
{
	ending_by_a_child((struct ending){udev, raise_it});
}

static void a_signal_handler_ends_a_wait(void)
{
	ending_by_a_signal_handler((struct ending){udev, raise_it});
}

static void a_signal_beside_it_leaves_the_end_for_the_next_wait(void)
{
	ending_beside_a_signal((struct ending){udev, raise_it});
}

static void a_thread_that_is_cancelled_too_loses_nothing(void)
{
	ending_beside_pthread_cancel((struct ending){udev, raise_it});
}

static void the_next_wait_is_ended_and_no_event_lost(int64_t timeout)
{
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_cancel(udev, 0));
	ASSERT_OK(uvio_irq_cancel(udev, 0));
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_cancel(udev, 1));
	ASSERT_ERR(uvio_irq_wait(udev, 0, timeout, &events), -ECANCELED, "vector 0 was ended");
	ASSERT_OK(uvio_irq_wait(udev, 0, timeout, &events));
	ASSERT_EQ(events, 2);
	ASSERT_ERR(uvio_irq_wait(udev, 1, timeout, &events), -ECANCELED, "vector 1 was ended");
}

static void a_wait_to_come_is_ended(void)
{
	struct uvio_irq_stats stats = {0};

	the_next_wait_is_ended_and_no_event_lost(-1);
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), &events), -ETIMEDOUT, "no interrupt");
	/* This one polls first. */
	the_next_wait_is_ended_and_no_event_lost(-1);
	the_next_wait_is_ended_and_no_event_lost(0);
	ASSERT_OK(uvio_irq_stats(udev, 0, &stats));
	ASSERT_EQ(stats.events, 6);
}

/* A program's own loop takes the mark: that was meant for the wait. */
static void consuming_leaves_the_end_to_the_wait(void)
{
	struct pollfd fd = {.fd = uvio_irq_fd(udev, 0), .events = POLLIN};

	for (int i = 0; i < 3; i++) {
		ASSERT_OK(uvio_irq_cancel(udev, 0));
		ASSERT_OK(uvio_irq_consume(udev, 0, &events));
		ASSERT_EQ(events, 0);
		ASSERT_EQ(poll(&fd, 1, 0), 0);
		fake_raise(udev, 0);
		ASSERT_ERR(uvio_irq_wait(udev, 0, -1, &events), -ECANCELED, "was ended");
		ASSERT_OK(uvio_irq_wait(udev, 0, -1, &events));
		ASSERT_EQ(events, 1);
	}
}

static void enabling_forgets_an_end(void)
{
	ASSERT_OK(uvio_irq_cancel(udev, 0));
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSI, 1));
	ASSERT_ERR(uvio_irq_wait(udev, 0, 0, &events), -ETIMEDOUT, "no interrupt is pending");
}

static void what_is_disabled_has_no_wait_to_end(void)
{
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_ERR(uvio_irq_cancel(udev, 0), -EINVAL,
		EDU ": vector 0 is not enabled (0 are); call uvio_irq_enable() first");
}

/* The device that is open next has nothing of it. */
static void closing_forgets_an_end(void)
{
	ASSERT_OK(uvio_irq_cancel(udev, 0));
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
	ASSERT_ERR(uvio_irq_cancel(udev, 0), -EINVAL, EDU ": vector 0 is not enabled (0 are)");
	fixture_enable(UVIO_IRQ_MSI, 1);
	ASSERT_ERR(uvio_irq_wait(udev, 0, 0, &events), -ETIMEDOUT, "no interrupt is pending");
}

/* Its thread is to be ended all the same. */
static void the_wait_for_a_card_that_is_gone_is_ended(void)
{
	fake_faults.all_ones = true;
	ASSERT(!uvio_udev_alive(udev));
	ASSERT_OK(uvio_irq_cancel(udev, 0));
	ASSERT_ERR(uvio_irq_wait(udev, 0, -1, &events), -ECANCELED, "was ended");
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(20), &events), -ENODEV, "the device is gone");
}

static CU_TestInfo ending[] = {
	TEST(a_wait_that_sleeps_is_ended),
	TEST(a_wait_to_come_is_ended),
	TEST(a_child_ends_the_wait_of_its_parent),
	TEST(a_signal_handler_ends_a_wait),
	TEST(a_signal_beside_it_leaves_the_end_for_the_next_wait),
	TEST(a_thread_that_is_cancelled_too_loses_nothing),
	TEST(consuming_leaves_the_end_to_the_wait),
	TEST(enabling_forgets_an_end),
	TEST(closing_forgets_an_end),
	TEST(what_is_disabled_has_no_wait_to_end),
	TEST(the_wait_for_a_card_that_is_gone_is_ended),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"end a wait", NULL, NULL, setup, fixture_close, ending},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
