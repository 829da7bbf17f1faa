/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>

#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "fixture.h"

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
	fixture_enable(UVIO_IRQ_INTX, 1);
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
	fixture_enable(UVIO_IRQ_INTX, 1);
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_OK(uvio_irq_disable(udev));
}

static void what_could_not_be_disabled_is_enabled(void)
{
	fixture_enable(UVIO_IRQ_INTX, 1);
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
	fixture_enable(UVIO_IRQ_INTX, 1);
	fake_faults.irq_disable = -EIO;
	uvio_udev_close(udev);
	udev = NULL;
	fake_faults.irq_disable = 0;
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
	fixture_enable(UVIO_IRQ_INTX, 1);
}

static void a_vector_that_is_not_enabled_is_refused(void)
{
	struct uvio_irq_stats stats;

	fixture_enable(UVIO_IRQ_MSI, 2);
	ASSERT_ERR(uvio_irq_wait(udev, 2, UVIO_MS(1), &events), -EINVAL,
		EDU ": vector 2 is not enabled (2 are); call uvio_irq_enable() first");
	ASSERT_ERR(uvio_irq_consume(udev, 2, &events), -EINVAL, "vector 2 is not enabled");
	ASSERT_ERR(uvio_irq_ack(udev, 2), -EINVAL, "vector 2 is not enabled");
	ASSERT_ERR(uvio_irq_fd(udev, 2), -EINVAL, "vector 2 is not enabled");
	ASSERT_ERR(uvio_irq_stats(udev, 2, &stats), -EINVAL, "vector 2 is not enabled");
	ASSERT_EQ(events, 99);
}

static void a_line_comes_once_until_it_is_acknowledged(void)
{
	fixture_enable(UVIO_IRQ_INTX, 1);
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
	fixture_enable(UVIO_IRQ_INTX, 1);
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
	fixture_enable(UVIO_IRQ_INTX, 1);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_disable(udev));
	clear_cause();
	fixture_enable(UVIO_IRQ_INTX, 1);
	ASSERT_OK(uvio_irq_consume(udev, 0, &events));
	ASSERT_EQ(events, 0);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), &events));
	ASSERT_EQ(events, 1);
}

static void an_ack_of_a_message_costs_nothing(void)
{
	struct uvio_irq_stats stats;

	fixture_enable(UVIO_IRQ_MSI, 1);
	fake_faults.irq_ack = -EIO;
	ASSERT_OK(uvio_irq_ack(udev, 0));
	ASSERT_OK(uvio_irq_stats(udev, 0, &stats));
	ASSERT_EQ(stats.syscalls, 0);
}

static void an_ack_that_fails_is_told(void)
{
	fixture_enable(UVIO_IRQ_INTX, 1);
	fake_faults.irq_ack = -EPERM;
	ASSERT_ERR(uvio_irq_ack(udev, 0), -EPERM, "the fake line stays masked");
}

static void calls_are_counted(void)
{
	struct uvio_irq_stats stats;

	fixture_enable(UVIO_IRQ_INTX, 1);
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

	fixture_enable(UVIO_IRQ_INTX, 1);
	ASSERT_OK(uvio_irq_consume(udev, 0, &events));
	ASSERT_OK(uvio_irq_disable(udev));
	fixture_enable(UVIO_IRQ_INTX, 1);
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
	{"ack", NULL, NULL, setup, fixture_close, acknowledging},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
