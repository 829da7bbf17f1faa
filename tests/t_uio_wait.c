/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Waits on uio that end without their event: the node takes no mark, and another descriptor does.
 */
#include <config.h>

#include <errno.h>

#include <uvio/irq.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "ending.h"
#include "harness.h"
#include "inject_ops.h"
#include "sim_uio.h"

static void setup(void)
{
	sim = &sim_uio;
	card = (struct card){
		.tree = tree_new("edu-uio"),
		.options = {.backend = "uio"},
		.command = sim_uio_command,
	};
	inject_reset(card.tree->root);
	sim_uio_reset(card.tree);
	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
}

static void teardown(void)
{
	char left[256];

	card_discard();
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
}

static void comes(uint64_t want)
{
	uint64_t events = 0;

	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), &events));
	ASSERT_EQ(events, want);
}

static void a_wait_that_sleeps_is_ended(void)
{
	ending_by_a_thread((struct ending){udev, sim_uio_raise});
}

static void a_child_ends_the_wait_of_its_parent(void)
{
	ending_by_a_child((struct ending){udev, sim_uio_raise});
}

static void a_signal_handler_ends_a_wait(void)
{
	ending_by_a_signal_handler((struct ending){udev, sim_uio_raise});
}

static void a_signal_beside_it_leaves_the_end_for_the_next_wait(void)
{
	ending_beside_a_signal((struct ending){udev, sim_uio_raise});
}

static void a_thread_that_is_cancelled_too_loses_nothing(void)
{
	ending_beside_pthread_cancel((struct ending){udev, sim_uio_raise});
}

static void a_wait_to_come_is_ended_and_no_event_lost(void)
{
	for (int i = 0; i < 3; i++) {
		sim_uio_raise();
		ASSERT_OK(uvio_irq_cancel(udev, 0));
		ASSERT_OK(uvio_irq_cancel(udev, 0));
		ASSERT_ERR(uvio_irq_wait(udev, 0, i ? -1 : 0, NULL), -ECANCELED, "was ended");
		comes(1);
		ASSERT_OK(uvio_irq_ack(udev, 0));
		/* What is left of the second call ends no other wait. */
		ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), NULL), -ETIMEDOUT, "within 1 ms");
	}
}

/* The wait takes the mark before the thread that set it comes to say so. */
static void one_call_ends_one_wait(void)
{
	for (int i = 0; i < 2; i++) {
		ASSERT_OK(uvio_irq_cancel(udev, 0));
		ASSERT_ERR(uvio_irq_wait(udev, 0, -1, NULL), -ECANCELED, "was ended");
		udev->vectors->cancelled = true;
		sim_uio_raise();
		comes(1);
		ASSERT_OK(uvio_irq_ack(udev, 0));
		ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), NULL), -ETIMEDOUT, "within 1 ms");
	}
}

static int one_cause(void *looks)
{
	return ++*(int *)looks == 2;
}

static void a_lost_interrupt_is_found(void)
{
	struct uvio_irq_stats stats;
	uint64_t events = 9;
	int looks = 0;

	sim_uio_raise();
	comes(1);
	ASSERT_OK(uvio_irq_watch(udev, 0, UVIO_US(10), one_cause, &looks));
	ASSERT_OK(uvio_irq_wait(udev, 0, -1, &events));
	ASSERT_EQ(events, 0);
	ASSERT_OK(uvio_irq_stats(udev, 0, &stats));
	ASSERT(stats.lost == 1 && stats.events == 1 && stats.waits == 2);
}

static CU_TestInfo cases[] = {
	TEST(a_wait_that_sleeps_is_ended),
	TEST(a_wait_to_come_is_ended_and_no_event_lost),
	TEST(one_call_ends_one_wait),
	TEST(a_child_ends_the_wait_of_its_parent),
	TEST(a_signal_handler_ends_a_wait),
	TEST(a_signal_beside_it_leaves_the_end_for_the_next_wait),
	TEST(a_thread_that_is_cancelled_too_loses_nothing),
	TEST(a_lost_interrupt_is_found),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"end a wait", NULL, NULL, setup, teardown, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
