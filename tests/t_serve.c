/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* How many system calls the service of a card takes, for a chip that takes what is to be sent. */
#include <config.h>

#include <errno.h>

#include <uvio/can.h>
#include <uvio/driver.h>
#include <uvio/irq.h>
#include <uvio/serial.h>

#include "base/sys.h"
#include "fixture.h"
#include "idle_card.h"

static struct uvio_driver driver;
static struct uvio_card *card;
static struct uvio_can *can;
static struct uvio_serial *serial;
static unsigned int sleeps;

int __real_uvio_sys_wait(struct pollfd *fds, nfds_t count, int64_t timeout);
int __wrap_uvio_sys_wait(struct pollfd *fds, nfds_t count, int64_t timeout);
int __wrap_uvio_sys_wait(struct pollfd *fds, nfds_t count, int64_t timeout)
{
	sleeps++;
	return __real_uvio_sys_wait(fds, count, timeout);
}

static int take_all(void *priv)
{
	unsigned int count;

	(void)priv;
	while (uvio_can_tx_next(can))
		uvio_can_tx_take(can);
	while (uvio_serial_tx_next(serial, &count))
		uvio_serial_tx_take(serial, count);
	return 0;
}

static void setup(void)
{
	fixture_open();
	driver = idle_driver;
	driver.service = take_all;
	driver.irq_kind = UVIO_IRQ_MSI;
	ASSERT_OK(uvio_card_attach(&driver, udev, &card));
	ASSERT_OK(uvio_can_get(card, 0, &can));
	ASSERT_OK(uvio_can_start(can, &idle_can_config));
	ASSERT_OK(uvio_serial_get(card, 0, &serial));
	ASSERT_OK(uvio_serial_start(serial, &idle_serial_config));
	ASSERT(uvio_card_fd(card) >= 3);
	sleeps = 0;
}

static void teardown(void)
{
	uvio_card_detach(card);
	fixture_close();
}

static void what_is_sent_looks_for_no_event(void)
{
	const struct can_frame frame = {.can_id = 1};

	ASSERT_EQ(uvio_can_send(can, &frame, 1), 1);
	ASSERT_EQ(uvio_card_poll(card), 0);
	ASSERT_EQ(sleeps, 0);
	ASSERT_EQ(uvio_serial_send(serial, "uvio", 4), 4);
	ASSERT_EQ(uvio_card_poll(card), 0);
	ASSERT_EQ(sleeps, 0);
	ASSERT_EQ(uvio_card_poll(card), 0);
	ASSERT(sleeps > 0);
}

static void serve_interrupts(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		fake_raise(udev, 0);
		ASSERT_OK(uvio_card_wait(card, -1));
		ASSERT_EQ(uvio_card_poll(card), 0);
	}
}

static void a_busy_card_is_not_waited_for(void)
{
	serve_interrupts(32);
	sleeps = 0;
	serve_interrupts(160);
	ASSERT_EQ(sleeps, 10);
}

static void an_idle_card_is_seldom_looked_at(void)
{
	struct uvio_irq_stats stats;

	for (int i = 0; i < 160; i++)
		ASSERT_ERR(uvio_card_wait(card, 0), -ETIMEDOUT, "nothing from the card");
	ASSERT_EQ(sleeps, 160);
	ASSERT_OK(uvio_irq_stats(udev, 0, &stats));
	ASSERT_EQ(stats.syscalls, 10);
}

static void what_a_wait_has_taken_is_there_until_it_is_served(void)
{
	struct uvio_irq_stats stats;

	serve_interrupts(2);
	fake_raise(udev, 0);
	for (int i = 0; i < 40; i++)
		ASSERT_OK(uvio_card_wait(card, 0));
	ASSERT_EQ(uvio_card_poll(card), 0);
	ASSERT_ERR(uvio_card_wait(card, 0), -ETIMEDOUT, "nothing from the card");
	ASSERT_OK(uvio_irq_stats(udev, 0, &stats));
	ASSERT_EQ(stats.events, 3);
}

static CU_TestInfo cases[] = {
	TEST(what_is_sent_looks_for_no_event),
	TEST(a_busy_card_is_not_waited_for),
	TEST(an_idle_card_is_seldom_looked_at),
	TEST(what_a_wait_has_taken_is_there_until_it_is_served),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"serve", NULL, NULL, setup, teardown, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
