/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <uvio/error.h>
#include <uvio/event.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "asleep.h"
#include "fixture.h"

static enum uvio_event event;

static void setup(void)
{
	fixture_open();
	event = 0;
}

static void reopen_with_hang_up(void)
{
	fake_faults.hangs_up = true;
	fake_faults.no_notice = true;
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
}

static bool readable(void)
{
	struct pollfd fd = {.fd = uvio_event_fd(udev), .events = POLLIN};

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLIN;
}

static void without_an_event_the_time_is_over(void)
{
	ASSERT_ERR(uvio_event_wait(udev, 0, &event), -ETIMEDOUT, EDU ": no event within 0 ms");
	ASSERT_ERR(uvio_event_wait(udev, UVIO_MS(10), &event), -ETIMEDOUT,
		EDU ": no event within 10 ms");
	ASSERT_EQ(event, 0);
	ASSERT(uvio_udev_alive(udev));
}

static void bad_input_is_refused(void)
{
	ASSERT_ERR(uvio_event_wait(udev, 0, NULL), -EINVAL,
		EDU ": waiting for an event: no event pointer");
}

static void a_request_to_release_stays(void)
{
	fake_ask_release(udev);
	for (int i = 0; i < 3; i++) {
		ASSERT_OK(uvio_event_wait(udev, i ? UVIO_MS(1000) : -1, &event));
		ASSERT_EQ(event, UVIO_EVENT_RELEASE);
	}
}

/* The card must be stopped, for which it has to answer. */
static void a_card_that_is_to_be_released_can_be_stopped(void)
{
	ASSERT_OK(uvio_bus_master(udev, true));
	fake_ask_release(udev);
	ASSERT_OK(uvio_event_wait(udev, UVIO_MS(1000), &event));
	ASSERT_OK(uvio_bus_master(udev, false));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1000), NULL), -ENODEV,
		"the kernel asks to release it");
	ASSERT_OK(uvio_event_wait(udev, 0, &event));
	ASSERT_EQ(event, UVIO_EVENT_RELEASE);
}

static void an_error_is_told_once(void)
{
	fake_report_error(udev);
	fake_report_error(udev);
	ASSERT_OK(uvio_event_wait(udev, UVIO_MS(1000), &event));
	ASSERT_EQ(event, UVIO_EVENT_ERROR);
	ASSERT_ERR(uvio_event_wait(udev, 0, &event), -ETIMEDOUT, "no event");
	fake_report_error(udev);
	ASSERT_OK(uvio_event_wait(udev, 0, &event));
	ASSERT_EQ(event, UVIO_EVENT_ERROR);
}

static void an_error_is_left_by_those_who_wait_for_interrupts(void)
{
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	fake_report_error(udev);
	ASSERT_ERR(
		uvio_irq_wait(udev, 0, UVIO_MS(10), NULL), -ETIMEDOUT, "no interrupt on vector 0");
	ASSERT(uvio_udev_alive(udev));
	ASSERT_OK(uvio_event_wait(udev, 0, &event));
	ASSERT_EQ(event, UVIO_EVENT_ERROR);
}

static void an_error_is_told_before_what_stays(void)
{
	fake_ask_release(udev);
	fake_report_error(udev);
	ASSERT_OK(uvio_event_wait(udev, 0, &event));
	ASSERT_EQ(event, UVIO_EVENT_ERROR);
	ASSERT_OK(uvio_event_wait(udev, 0, &event));
	ASSERT_EQ(event, UVIO_EVENT_RELEASE);
}

static void an_error_that_cannot_be_read_is_a_failure(void)
{
	fake_report_error(udev);
	fake_faults.irq_read = -EIO;
	ASSERT_ERR(uvio_event_wait(udev, 0, &event), -EIO, EDU ": reading the notice of an error");
	fake_faults.irq_read = -EAGAIN;
	ASSERT_ERR(uvio_event_wait(udev, 0, &event), -ETIMEDOUT, "no event");
}

static void a_card_that_is_pulled_is_gone(void)
{
	fake_faults.all_ones = true;
	for (int i = 0; i < 2; i++) {
		ASSERT_OK(uvio_event_wait(udev, UVIO_MS(1000), &event));
		ASSERT_EQ(event, UVIO_EVENT_GONE);
	}
	ASSERT(!uvio_udev_alive(udev));
}

static void a_node_that_hangs_up_is_gone(void)
{
	reopen_with_hang_up();
	ASSERT_ERR(uvio_event_wait(udev, 0, &event), -ETIMEDOUT, "no event");
	ASSERT(!readable());
	fake_hang_up(udev);
	for (int i = 0; i < 2; i++) {
		ASSERT_OK(uvio_event_wait(udev, UVIO_MS(LONG_MS), &event));
		ASSERT_EQ(event, UVIO_EVENT_GONE);
	}
}

static void success_leaves_the_text_alone(void)
{
	uvio_fail(-EXFULL, "the failure before");
	fake_faults.all_ones = true;
	ASSERT_OK(uvio_event_wait(udev, UVIO_MS(1000), &event));
	ASSERT_STR(uvio_last_error(), "the failure before");
	ASSERT_EQ(uvio_last_errno(), -EXFULL);
}

/* A device of which only its own looks tell still can be looked at. */
static void without_notice_it_looks(void)
{
	fake_faults.no_notice = true;
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
	ASSERT_ERR(uvio_event_wait(udev, 0, &event), -ETIMEDOUT, "no event");
	ASSERT_ERR(uvio_event_fd(udev), -ENOTSUP,
		EDU ": the fake backend reports no events of this device");
	ASSERT(!(uvio_caps(udev) & (UVIO_CAP_ERROR_NOTICE | UVIO_CAP_RELEASE_NOTICE)));
	fake_faults.all_ones = true;
	ASSERT_OK(uvio_event_wait(udev, UVIO_MS(1000), &event));
	ASSERT_EQ(event, UVIO_EVENT_GONE);
}

static void where_nothing_can_be_told_it_is_not_supported(void)
{
	fake_faults.no_notice = true;
	fake_faults.no_config = true;
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
	ASSERT_ERR(uvio_event_wait(udev, 0, &event), -ENOTSUP,
		EDU ": the fake backend reports no events of this device");
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

	sigaction(SIGUSR1, &action, NULL);
	ASSERT(asleep_start(&signals));
	ASSERT_ERR(uvio_event_wait(udev, UVIO_MS(LONG_MS), &event), -EINTR,
		EDU ": interrupted by a signal while waiting for an event");
	asleep_end(&signals);
}

static void report_error(struct asleep *unused)
{
	(void)unused;
	fake_report_error(udev);
}

static void an_event_wakes_the_waiter(void)
{
	static struct asleep other = {.act = report_error};

	ASSERT(asleep_start(&other));
	ASSERT_OK(uvio_event_wait(udev, UVIO_MS(LONG_MS), &event));
	asleep_end(&other);
	ASSERT_EQ(event, UVIO_EVENT_ERROR);
}

static void the_descriptor_is_one(void)
{
	int fd = uvio_event_fd(udev);

	ASSERT(fd >= 0);
	ASSERT_EQ(uvio_event_fd(udev), fd);
	ASSERT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	uvio_udev_close(udev);
	udev = NULL;
	ASSERT_EQ(fcntl(fd, F_GETFD), -1);
}

static void the_descriptor_is_readable_while_an_event_is_pending(void)
{
	ASSERT(!readable());
	fake_report_error(udev);
	ASSERT(readable());
	ASSERT_OK(uvio_event_wait(udev, 0, &event));
	ASSERT(!readable());
	fake_ask_release(udev);
	ASSERT(readable());
	ASSERT_OK(uvio_event_wait(udev, 0, &event));
	ASSERT(readable());
}

static void what_came_before_the_descriptor_is_seen(void)
{
	fake_report_error(udev);
	ASSERT(readable());
}

static void a_hang_up_is_seen_by_the_descriptor(void)
{
	reopen_with_hang_up();
	ASSERT(!readable());
	fake_hang_up(udev);
	ASSERT(readable());
	ASSERT_OK(uvio_event_wait(udev, 0, &event));
	ASSERT_EQ(event, UVIO_EVENT_GONE);
}

/* Whoever finds it, and whenever. */
static void a_device_found_gone_is_seen_by_the_descriptor(void)
{
	ASSERT(!readable());
	fake_faults.all_ones = true;
	ASSERT(!uvio_udev_alive(udev));
	ASSERT(readable());
	ASSERT_OK(uvio_event_wait(udev, 0, &event));
	ASSERT_EQ(event, UVIO_EVENT_GONE);
	ASSERT(readable());
}

static void a_device_found_gone_before_is_seen_by_the_descriptor(void)
{
	fake_faults.all_ones = true;
	ASSERT(!uvio_udev_alive(udev));
	ASSERT(readable());
}

static CU_TestInfo waiting[] = {
	TEST(without_an_event_the_time_is_over),
	TEST(bad_input_is_refused),
	{"a request to release stays (vfio 73)", a_request_to_release_stays},
	TEST(a_card_that_is_to_be_released_can_be_stopped),
	{"an error is told once (vfio 74)", an_error_is_told_once},
	TEST(an_error_is_left_by_those_who_wait_for_interrupts),
	TEST(an_error_is_told_before_what_stays),
	TEST(an_error_that_cannot_be_read_is_a_failure),
	{"a card that is pulled is gone (vfio 61)", a_card_that_is_pulled_is_gone},
	{"a node that hangs up is gone (vfio 76)", a_node_that_hangs_up_is_gone},
	TEST(success_leaves_the_text_alone),
	TEST(without_notice_it_looks),
	TEST(where_nothing_can_be_told_it_is_not_supported),
	TEST(a_signal_ends_the_wait),
	TEST(an_event_wakes_the_waiter),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo polling[] = {
	TEST(the_descriptor_is_one),
	TEST(the_descriptor_is_readable_while_an_event_is_pending),
	TEST(what_came_before_the_descriptor_is_seen),
	TEST(a_hang_up_is_seen_by_the_descriptor),
	TEST(a_device_found_gone_is_seen_by_the_descriptor),
	TEST(a_device_found_gone_before_is_seen_by_the_descriptor),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"event wait", NULL, NULL, setup, fixture_close, waiting},
	{"event descriptor", NULL, NULL, setup, fixture_close, polling},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
