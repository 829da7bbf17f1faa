/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* What looks for lost interrupts, and what is counted. */
#include <config.h>

#include <errno.h>

#include <uvio/driver.h>
#include <uvio/irq.h>
#include <uvio/udev.h>

#include "base/clock.h"
#include "fixture.h"

static uint64_t events;

static void setup(void)
{
	fixture_open();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSI, 2));
	ASSERT_OK(uvio_bus_master(udev, true));
	events = 99;
}

static struct uvio_irq_stats stats_of(unsigned int vector)
{
	struct uvio_irq_stats stats = {0};

	ASSERT_OK(uvio_irq_stats(udev, vector, &stats));
	return stats;
}

static void a_vector_that_is_not_enabled_has_none_of_it(void)
{
	static const char text[] = EDU ": vector 2 is not enabled (2 are)";
	struct uvio_irq_stats stats;

	ASSERT_ERR(uvio_irq_cancel(udev, 2), -EINVAL, text);
	ASSERT_ERR(uvio_irq_watch(udev, 2, 1, NULL, NULL), -EINVAL, text);
	ASSERT_ERR(uvio_irq_stamp(udev, 2, true), -EINVAL, text);
	ASSERT_ERR(uvio_irq_spurious(udev, 2), -EINVAL, text);
	ASSERT_ERR(uvio_irq_stats(udev, 2, &stats), -EINVAL, text);
	ASSERT_ERR(uvio_irq_stats(udev, 0, NULL), -EINVAL, "uvio_irq_stats(): stats is NULL");
}

/* A card's status, as a look finds it. */
static struct status {
	int looks, causes;
	int at;	    /* the look that finds them */
	bool comes; /* the interrupt was only late */
} status;

static int look(void *data)
{
	struct status *card = data;

	if (++card->looks < card->at)
		return 0;
	if (card->comes)
		fake_raise(udev, 0);
	if (card->causes < 0)
		return uvio_fail(card->causes, "the card is on fire");
	return card->causes;
}

static void watch(int64_t period, struct status is)
{
	status = is;
	ASSERT_OK(uvio_irq_watch(udev, 0, period, look, &status));
}

static void a_lost_interrupt_is_found(void)
{
	watch(UVIO_US(10), (struct status){.causes = 1, .at = 3});
	ASSERT_OK(uvio_irq_wait(udev, 0, -1, &events));
	ASSERT_EQ(events, 0);
	ASSERT_EQ(status.looks, 3);
	ASSERT_EQ(stats_of(0).lost, 1);
	ASSERT_EQ(stats_of(0).events, 0);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, -1, &events));
	ASSERT_EQ(events, 1);
	ASSERT_OK(uvio_irq_wait(udev, 0, -1, &events));
	ASSERT_EQ(events, 0);
	ASSERT_EQ(stats_of(0).lost, 2);
}

static void an_interrupt_that_is_late_is_not_lost(void)
{
	watch(UVIO_US(10), (struct status){.causes = 1, .comes = true});
	ASSERT_OK(uvio_irq_wait(udev, 0, -1, &events));
	ASSERT_EQ(events, 1);
	ASSERT_EQ(stats_of(0).lost, 0);
}

static void a_look_that_fails_ends_the_wait(void)
{
	watch(UVIO_US(10), (struct status){.causes = -EIO});
	ASSERT_ERR(uvio_irq_wait(udev, 0, -1, &events), -EIO, "the card is on fire");
	ASSERT_EQ(stats_of(0).lost, 0);
}

static void waits_in_vain(int count)
{
	for (int i = 0; i < count; i++)
		ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), NULL), -ETIMEDOUT, "within 1 ms");
}

/* As of a cyclic program, of which no wait is as long as the period. */
static void the_time_of_several_waits_adds_up(void)
{
	watch(UVIO_MS(4), (struct status){.causes = 1});
	waits_in_vain(3);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, -1, NULL));
	waits_in_vain(3);
	ASSERT_EQ(status.looks, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1), &events));
	ASSERT_EQ(events, 0);
	ASSERT_EQ(status.looks, 1);
	ASSERT_EQ(stats_of(0).lost, 1);
}

static void a_watch_can_be_ended(void)
{
	watch(UVIO_US(10), (struct status){.causes = 1});
	ASSERT_OK(uvio_irq_watch(udev, 0, 0, NULL, NULL));
	waits_in_vain(1);
	watch(UVIO_US(10), (struct status){.causes = 1});
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSI, 1));
	waits_in_vain(1);
	ASSERT_EQ(status.looks, 0);
}

static void a_watch_without_time_is_refused(void)
{
	ASSERT_ERR(uvio_irq_watch(udev, 0, 0, look, NULL), -EINVAL,
		EDU ": vector 0: a watch each 0 ns; the period must be 1 ns at least");
	ASSERT_ERR(uvio_irq_watch(udev, 1, -5, look, NULL), -EINVAL, "each -5 ns");
}

static void what_happened_is_counted(void)
{
	struct uvio_irq_stats stats;

	for (int i = 0; i < 3; i++)
		fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, -1, NULL));
	ASSERT_ERR(uvio_irq_wait(udev, 0, 0, NULL), -ETIMEDOUT, "no interrupt is pending");
	ASSERT_ERR(uvio_irq_wait(udev, 0, 1, NULL), -ETIMEDOUT, "within 1 ns");
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_consume(udev, 0, NULL));
	ASSERT_OK(uvio_irq_consume(udev, 0, NULL));
	ASSERT_OK(uvio_irq_spurious(udev, 0));
	stats = stats_of(0);
	ASSERT_EQ(stats.events, 4);
	ASSERT_EQ(stats.waits, 3);
	ASSERT_EQ(stats.timeouts, 2);
	ASSERT_EQ(stats.spurious, 1);
	ASSERT_EQ(stats.lost, 0);
	ASSERT_EQ(stats.time, 0);
	stats = stats_of(1);
	ASSERT(!stats.events && !stats.waits && !stats.timeouts && !stats.spurious);
}

static void an_event_is_stamped_on_request(void)
{
	int64_t before = uvio_now_ns(), first;

	ASSERT_OK(uvio_irq_stamp(udev, 0, true));
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, -1, NULL));
	first = stats_of(0).time;
	ASSERT(before <= first && first <= uvio_now_ns());
	ASSERT_OK(uvio_irq_consume(udev, 0, NULL));
	ASSERT_EQ(stats_of(0).time, first);
	before = uvio_now_ns();
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_consume(udev, 0, NULL));
	first = stats_of(0).time;
	ASSERT(before <= first);
	ASSERT_OK(uvio_irq_stamp(udev, 0, false));
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, -1, NULL));
	ASSERT_EQ(stats_of(0).time, first);
}

static CU_TestInfo watching[] = {
	TEST(a_lost_interrupt_is_found),
	TEST(an_interrupt_that_is_late_is_not_lost),
	TEST(a_look_that_fails_ends_the_wait),
	TEST(the_time_of_several_waits_adds_up),
	TEST(a_watch_can_be_ended),
	TEST(a_watch_without_time_is_refused),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo counting[] = {
	TEST(what_happened_is_counted),
	TEST(an_event_is_stamped_on_request),
	TEST(a_vector_that_is_not_enabled_has_none_of_it),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"watch", NULL, NULL, setup, fixture_close, watching},
	{"count", NULL, NULL, setup, fixture_close, counting},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
