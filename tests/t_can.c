/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The class for CAN, with a driver of its own for a chip of four places that hears itself. */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <uvio/can.h>
#include <uvio/driver.h>
#include <uvio/irq.h>
#include <uvio/udev.h>

#include "base/context.h"
#include "fixture.h"

#define PLACES 4

static const struct can_bittiming_const limits = {
	.name = "testchip",
	.tseg1_min = 2,
	.tseg1_max = 16,
	.tseg2_min = 1,
	.tseg2_max = 8,
	.sjw_max = 4,
	.brp_min = 1,
	.brp_max = 64,
	.brp_inc = 1,
};

struct chip {
	struct uvio_can *can; /* NULL: off the bus */
	struct uvio_can_config config;
	struct canfd_frame places[PLACES];
	unsigned int used;
	bool deaf; /* what it has stays there */
	int refuses;
	unsigned int restarts, irqs;
};

static struct uvio_card *card;
static struct chip *chip;
static struct uvio_can *can;

static int attach(struct uvio_udev *device, void *priv)
{
	(void)device;
	chip = priv;
	return 0;
}

static void hear(struct chip *c)
{
	for (unsigned int i = 0; i < c->used; i++) {
		*uvio_can_rx_place(c->can) = c->places[i];
		uvio_can_rx_commit(c->can, 0);
	}
	uvio_can_tx_done(c->can, c->used);
	c->used = 0;
}

static int service(void *priv)
{
	struct chip *c = priv;
	const struct canfd_frame *frame;
	int causes = (int)c->used;

	if (!c->can)
		return 0;
	if (!c->deaf)
		hear(c);
	while (c->used < PLACES && (frame = uvio_can_tx_next(c->can))) {
		c->places[c->used++] = *frame;
		uvio_can_tx_take(c->can);
	}
	return causes;
}

static int set_irq(void *priv, bool on)
{
	struct chip *c = priv;

	c->irqs += on ? 1 : 0;
	return 0;
}

static unsigned int channels(const void *priv)
{
	(void)priv;
	return 2;
}

static void info(const void *priv, unsigned int channel, struct uvio_can_info *out)
{
	(void)priv;
	out->chip = "testchip";
	out->clock = 8000000;
	out->timing = &limits;
	out->modes = CAN_CTRLMODE_ONE_SHOT | CAN_CTRLMODE_LISTENONLY;
	if (channel == 1) {
		out->modes |= CAN_CTRLMODE_FD;
		out->data_timing = &limits;
	}
}

static int start(void *priv, unsigned int channel, struct uvio_can *channel_can,
	const struct uvio_can_config *config)
{
	struct chip *c = priv;

	(void)channel;
	if (c->refuses)
		return uvio_fail(c->refuses, "the chip refuses");
	c->config = *config;
	c->can = channel_can;
	c->used = 0;
	return 0;
}

static int stop(void *priv, unsigned int channel)
{
	struct chip *c = priv;

	(void)channel;
	c->can = NULL;
	return 0;
}

static int restart(void *priv, unsigned int channel)
{
	static const struct can_berr_counter none;
	struct chip *c = priv;

	(void)channel;
	c->restarts++;
	uvio_can_set_state(c->can, CAN_STATE_ERROR_ACTIVE, &none);
	return 0;
}

static const struct uvio_can_ops ops = {
	.size = sizeof(ops),
	.channels = channels,
	.info = info,
	.start = start,
	.stop = stop,
	.restart = restart,
};

static const struct uvio_driver driver = {
	.size = sizeof(driver),
	.name = "testchip",
	.card_size = sizeof(struct chip),
	.attach = attach,
	.service = service,
	.can = &ops,
	.irq = set_irq,
};

static const struct uvio_can_config classic = {
	.size = sizeof(classic),
	.timing = {.bitrate = 500000},
	.rx_frames = 6,
	.tx_frames = 8,
};

static void setup(void)
{
	fixture_open();
	ASSERT_OK(uvio_card_attach(&driver, udev, &card));
	ASSERT_OK(uvio_can_get(card, 0, &can));
}

static void teardown(void)
{
	uvio_card_detach(card);
	card = NULL;
	fixture_close();
}

static struct can_frame numbered(unsigned int number)
{
	struct can_frame frame = {.can_id = number, .len = 2};

	frame.data[0] = (uint8_t)number;
	return frame;
}

static int send(unsigned int first, unsigned int count)
{
	struct can_frame frames[16];

	for (unsigned int i = 0; i < count; i++)
		frames[i] = numbered(first + i);
	return uvio_can_send(can, frames, count);
}

static void poll_until_sent(void)
{
	while (uvio_can_pending(can))
		ASSERT(uvio_card_poll(card) >= 0);
}

static void channels_are_counted(void)
{
	struct uvio_can *none;

	ASSERT_EQ(uvio_can_count(card), 2);
	ASSERT_EQ(uvio_can_count(NULL), 0);
	ASSERT_ERR(uvio_can_get(card, 2, &none), -ERANGE, EDU ": CAN channel 2: the card has 2");
	ASSERT(!none);
	ASSERT_STR(uvio_can_info(can)->chip, "testchip");
}

static void what_is_sent_is_received_in_order(void)
{
	struct can_frame frames[8];
	uint64_t times[8];

	ASSERT_OK(uvio_can_start(can, &classic));
	ASSERT_EQ(send(1, 5), 5);
	ASSERT_EQ(uvio_can_pending(can), 5);
	ASSERT_EQ(uvio_can_receive(can, frames, times, 8), 0);
	poll_until_sent();
	ASSERT_EQ(uvio_can_receive(can, frames, times, 8), 5);
	for (unsigned int i = 0; i < 5; i++) {
		ASSERT_EQ(frames[i].can_id, i + 1);
		ASSERT_EQ(frames[i].data[0], i + 1);
		ASSERT(times[i]);
	}
}

static void a_full_ring_takes_no_more(void)
{
	ASSERT_OK(uvio_can_start(can, &classic));
	ASSERT_EQ(send(1, 10), 8);
	ASSERT_EQ(uvio_can_space(can), 0);
	ASSERT_EQ(send(9, 1), 0);
	chip->deaf = true;
	ASSERT_EQ(uvio_card_poll(card), 0);
	ASSERT_EQ(uvio_can_space(can), 0);
	chip->deaf = false;
	ASSERT_EQ(uvio_card_poll(card), 4);
	ASSERT_EQ(uvio_can_space(can), 4);
}

static void lost_frames_leave_an_error_frame_in_their_place(void)
{
	struct can_frame frames[8];
	struct uvio_can_stats stats;

	ASSERT_OK(uvio_can_start(can, &classic));
	ASSERT_EQ(send(1, 8), 8);
	poll_until_sent();
	ASSERT_EQ(uvio_can_receive(can, frames, NULL, 8), 6);
	ASSERT_EQ(frames[5].can_id, 6);
	ASSERT_EQ(send(9, 1), 1);
	poll_until_sent();
	ASSERT_EQ(uvio_can_receive(can, frames, NULL, 8), 2);
	ASSERT_EQ(frames[0].can_id, CAN_ERR_FLAG | CAN_ERR_CRTL);
	ASSERT_EQ(frames[0].data[1], CAN_ERR_CRTL_RX_OVERFLOW);
	ASSERT_EQ(frames[1].can_id, 9);
	ASSERT_OK(uvio_can_stats(can, &stats));
	ASSERT_EQ(stats.rx_lost, 2);
	ASSERT_EQ(stats.rx_frames, 7);
	ASSERT_EQ(stats.tx_frames, 9);
	ASSERT_EQ(stats.tx_bytes, 18);
}

static void frames_that_are_none_are_refused(void)
{
	struct can_frame frames[2] = {numbered(1), numbered(2)};

	ASSERT_ERR(uvio_can_send(can, frames, 1), -ENETDOWN, "CAN channel 0 is not started");
	ASSERT_OK(uvio_can_start(can, &classic));
	frames[1].len = 9;
	ASSERT_EQ(uvio_can_send(can, frames, 2), 1);
	ASSERT_ERR(uvio_can_send(can, frames + 1, 1), -EINVAL, "has more than 8 bytes");
	frames[1].len = 8;
	frames[1].can_id |= CAN_ERR_FLAG;
	ASSERT_ERR(uvio_can_send(can, frames + 1, 1), -EINVAL, "is an error frame");
	ASSERT_EQ(uvio_can_pending(can), 1);
}

static void can_fd_is_for_channels_that_were_started_with_it(void)
{
	struct uvio_can_config config = classic;
	struct canfd_frame frame = {.can_id = 7, .len = 64, .flags = CANFD_FDF | CANFD_BRS};
	struct can_frame small;

	ASSERT_OK(uvio_can_start(can, &classic));
	ASSERT_ERR(uvio_can_send_fd(can, &frame, 1), -ENOTSUP, "is CAN FD: start the channel");
	ASSERT_OK(uvio_can_stop(can));
	config.modes = CAN_CTRLMODE_FD;
	config.data_timing.bitrate = 1000000;
	ASSERT_ERR(uvio_can_start(can, &config), -ENOTSUP, "testchip has no mode for CAN FD");
	ASSERT_OK(uvio_can_get(card, 1, &can));
	ASSERT_OK(uvio_can_start(can, &config));
	ASSERT_EQ(uvio_can_send_fd(can, &frame, 1), 1);
	frame.len = 63;
	ASSERT_ERR(uvio_can_send_fd(can, &frame, 1), -EINVAL, "has a length that CAN FD has not");
	poll_until_sent();
	ASSERT_ERR(uvio_can_receive(can, &small, NULL, 1), -EMSGSIZE, "use uvio_can_receive_fd()");
	ASSERT_EQ(uvio_can_receive_fd(can, &frame, NULL, 1), 1);
	ASSERT_EQ(frame.len, 64);
}

static void configurations_are_checked(void)
{
	struct uvio_can_config config = classic;

	ASSERT_ERR(uvio_can_start(can, NULL), -EINVAL, "config");
	config.size = 8;
	ASSERT_ERR(uvio_can_start(can, &config), -EINVAL, "set .size = sizeof");
	config = classic;
	config.timing.bitrate = 0;
	ASSERT_ERR(uvio_can_start(can, &config), -EINVAL, "neither a bit rate nor segments");
	config.timing.bitrate = 3000;
	ASSERT_ERR(uvio_can_start(can, &config), -ERANGE,
		EDU ": CAN channel 0: bit rate: 3000 bit/s is out of reach of a clock of 8000000");
	config = classic;
	config.modes = CAN_CTRLMODE_LOOPBACK;
	ASSERT_ERR(uvio_can_start(can, &config), -ENOTSUP, "testchip has no mode for loopback");
	config = classic;
	config.filter_count = 513;
	ASSERT_ERR(uvio_can_start(can, &config), -ERANGE, "513 filters: it can have 512");
	config = classic;
	config.rx_frames = 65537;
	ASSERT_ERR(uvio_can_start(can, &config), -ERANGE, "a queue of 65537 frames: at most 65536");
	ASSERT_OK(uvio_can_start(can, &classic));
	ASSERT_ERR(uvio_can_start(can, &classic), -EBUSY, "CAN channel 0 is started: stop it first");
}

static void filters_let_through_what_one_of_them_does(void)
{
	static const struct can_filter filters[] = {
		{.can_id = 2, .can_mask = CAN_SFF_MASK},
		{.can_id = 4 | CAN_INV_FILTER, .can_mask = 4},
	};
	struct uvio_can_config config = classic;
	struct can_frame frames[8];
	struct uvio_can_stats stats;

	config.filters = filters;
	config.filter_count = 1;
	ASSERT_OK(uvio_can_start(can, &config));
	ASSERT_EQ(send(1, 7), 7);
	poll_until_sent();
	ASSERT_EQ(uvio_can_receive(can, frames, NULL, 8), 1);
	ASSERT_EQ(frames[0].can_id, 2);
	ASSERT_OK(uvio_can_stats(can, &stats));
	ASSERT_EQ(stats.rx_filtered, 6);
	ASSERT_OK(uvio_can_stop(can));
	config.filter_count = 2;
	ASSERT_OK(uvio_can_start(can, &config));
	ASSERT_EQ(send(1, 7), 7);
	poll_until_sent();
	ASSERT_EQ(uvio_can_receive(can, frames, NULL, 8), 3);
	ASSERT_EQ(frames[2].can_id, 3);
}

static void what_the_chip_refuses_is_not_started(void)
{
	chip->refuses = -EIO;
	ASSERT_ERR(uvio_can_start(can, &classic), -EIO, "the chip refuses");
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_STOPPED);
	ASSERT_EQ(send(1, 1), -ENETDOWN);
}

static void listen_only_sends_nothing(void)
{
	struct uvio_can_config config = classic;

	config.modes = CAN_CTRLMODE_LISTENONLY;
	ASSERT_OK(uvio_can_start(can, &config));
	ASSERT_EQ(send(1, 1), -ENOTSUP);
	ASSERT_HAS(uvio_last_error(), "CAN channel 0: it only listens");
}

static void bus_off_drops_what_the_chip_has_and_comes_back_on_request(void)
{
	const struct can_berr_counter counters = {.txerr = 256, .rxerr = 3};
	struct can_frame frames[4];

	ASSERT_OK(uvio_can_start(can, &classic));
	chip->deaf = true;
	ASSERT_EQ(send(1, 6), 6);
	ASSERT(uvio_card_poll(card) >= 0);
	uvio_can_set_state(can, CAN_STATE_BUS_OFF, &counters);
	chip->used = 0;
	chip->deaf = false;
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_BUS_OFF);
	ASSERT_EQ(uvio_can_pending(can), 2);
	ASSERT_EQ(uvio_card_poll(card), 0);
	ASSERT_EQ(uvio_can_receive(can, frames, NULL, 4), 1);
	ASSERT_EQ(frames[0].can_id, CAN_ERR_FLAG | CAN_ERR_BUSOFF);
	ASSERT_EQ(frames[0].data[6], 255);
	ASSERT_EQ(frames[0].data[7], 3);
	ASSERT_OK(uvio_can_restart(can));
	ASSERT_ERR(uvio_can_restart(can), -EINVAL, "is not bus-off");
	poll_until_sent();
	ASSERT_EQ(uvio_can_receive(can, frames, NULL, 4), 3);
	ASSERT_EQ(frames[0].can_id, CAN_ERR_FLAG | CAN_ERR_CRTL | CAN_ERR_RESTARTED);
	ASSERT_EQ(frames[1].can_id, 5);
}

static void bus_off_ends_by_itself_where_that_was_asked_for(void)
{
	const struct can_berr_counter counters = {.txerr = 256};
	struct uvio_can_config config = classic;

	config.restart = 1;
	ASSERT_OK(uvio_can_start(can, &config));
	ASSERT(uvio_card_poll(card) >= 0);
	uvio_can_set_state(can, CAN_STATE_BUS_OFF, &counters);
	while (uvio_can_state(can) == CAN_STATE_BUS_OFF)
		ASSERT(uvio_card_poll(card) >= 0);
	ASSERT_EQ(chip->restarts, 1);
}

static void a_chip_that_left_bus_off_is_not_restarted(void)
{
	const struct can_berr_counter counters = {.txerr = 256}, none = {0};
	struct uvio_can_config config = classic;

	config.restart = 1;
	ASSERT(uvio_card_fd(card) >= 3);
	ASSERT_OK(uvio_can_start(can, &config));
	uvio_can_set_state(can, CAN_STATE_BUS_OFF, &counters);
	uvio_can_set_state(can, CAN_STATE_ERROR_ACTIVE, &none);
	ASSERT_OK(uvio_card_wait(card, -1));
	ASSERT(uvio_card_poll(card) >= 0);
	ASSERT_EQ(chip->restarts, 0);
	ASSERT_ERR(uvio_card_wait(card, 0), -ETIMEDOUT, "nothing from the card");
}

static void a_restart_may_be_as_late_as_can_be(void)
{
	const struct can_berr_counter counters = {.txerr = 256};
	struct uvio_can_config config = classic;

	config.restart = INT64_MAX;
	ASSERT_OK(uvio_can_start(can, &config));
	uvio_can_set_state(can, CAN_STATE_BUS_OFF, &counters);
	ASSERT(uvio_card_poll(card) >= 0);
	ASSERT_EQ(chip->restarts, 0);
}

static void the_time_of_a_restart_ends_the_wait(void)
{
	const struct can_berr_counter counters = {.txerr = 256};
	struct uvio_can_config config = classic;

	config.restart = UVIO_MS(1);
	ASSERT(uvio_card_fd(card) >= 3);
	ASSERT_EQ(chip->irqs, 1);
	ASSERT_OK(uvio_can_start(can, &config));
	uvio_can_set_state(can, CAN_STATE_BUS_OFF, &counters);
	while (!chip->restarts) {
		ASSERT_OK(uvio_card_wait(card, -1));
		ASSERT(uvio_card_poll(card) >= 0);
	}
	ASSERT_ERR(uvio_card_wait(card, 0), -ETIMEDOUT, "nothing from the card within 0");
}

static void an_interrupt_ends_the_wait(void)
{
	struct can_frame frame;

	ASSERT(uvio_card_fd(card) >= 3);
	ASSERT_OK(uvio_can_start(can, &classic));
	ASSERT_ERR(uvio_card_wait(card, 0), -ETIMEDOUT, "nothing from the card");
	ASSERT_EQ(send(1, 1), 1);
	ASSERT_EQ(uvio_card_poll(card), 0);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_card_wait(card, -1));
	ASSERT_EQ(uvio_card_poll(card), 1);
	ASSERT_EQ(uvio_can_receive(can, &frame, NULL, 1), 1);
}

static void a_kick_ends_the_wait(void)
{
	ASSERT(uvio_card_fd(card) >= 3);
	uvio_card_kick(card);
	uvio_card_kick(card);
	ASSERT_OK(uvio_card_wait(card, -1));
	ASSERT_EQ(uvio_card_poll(card), 0);
	ASSERT_ERR(uvio_card_wait(card, 0), -ETIMEDOUT, "nothing from the card");
}

/* The write of a kick, with another thread's uvio_card_poll() before it. */
static bool poll_first;

ssize_t __real_uvio_sys_write(int fd, const void *buf, size_t size);
ssize_t __wrap_uvio_sys_write(int fd, const void *buf, size_t size);
ssize_t __wrap_uvio_sys_write(int fd, const void *buf, size_t size)
{
	if (poll_first)
		ASSERT_EQ(uvio_card_poll(card), 0);
	poll_first = false;
	return __real_uvio_sys_write(fd, buf, size);
}

static void a_kick_beside_a_poll_wakes_once(void)
{
	ASSERT(uvio_card_fd(card) >= 3);
	poll_first = true;
	uvio_card_kick(card);
	ASSERT_OK(uvio_card_wait(card, 0));
	ASSERT_EQ(uvio_card_poll(card), 0);
	ASSERT_ERR(uvio_card_wait(card, 0), -ETIMEDOUT, "nothing from the card");
	uvio_card_kick(card);
	ASSERT_OK(uvio_card_wait(card, 0));
}

static void stopping_counts_what_was_not_sent(void)
{
	struct uvio_can_stats stats;

	ASSERT_OK(uvio_can_start(can, &classic));
	ASSERT_EQ(send(1, 3), 3);
	ASSERT_OK(uvio_can_stop(can));
	ASSERT_OK(uvio_can_stop(can));
	ASSERT_OK(uvio_can_stats(can, &stats));
	ASSERT_EQ(stats.tx_failed, 3);
	ASSERT_EQ(uvio_can_pending(can), 0);
	ASSERT_EQ(uvio_can_space(can), 0);
	ASSERT_OK(uvio_can_start(can, &classic));
}

static void tables_say_how_large_they_are(void)
{
	static const struct uvio_can_ops small = {.size = 8};
	struct uvio_driver wrong = driver;
	struct uvio_card *other;

	wrong.can = &small;
	ASSERT_ERR(uvio_card_attach(&wrong, udev, &other), -EINVAL,
		"card driver 'testchip': the table of its CAN channels has a size of 8");
	ASSERT(!other);
}

static unsigned int too_many(const void *priv)
{
	(void)priv;
	return UINT_MAX;
}

static void a_card_has_not_any_number_of_channels(void)
{
	struct uvio_can_ops many = ops;
	struct uvio_driver wrong = driver;
	struct uvio_card *other;

	many.channels = too_many;
	wrong.can = &many;
	ASSERT_ERR(uvio_card_attach(&wrong, udev, &other), -EINVAL,
		"card driver 'testchip': 4294967295 CAN channels: a card can have 1024");
	ASSERT(!other);
}

static CU_TestInfo frame_cases[] = {
	TEST(channels_are_counted),
	TEST(what_is_sent_is_received_in_order),
	TEST(a_full_ring_takes_no_more),
	TEST(lost_frames_leave_an_error_frame_in_their_place),
	TEST(frames_that_are_none_are_refused),
	TEST(can_fd_is_for_channels_that_were_started_with_it),
	TEST(configurations_are_checked),
	TEST(filters_let_through_what_one_of_them_does),
	TEST(what_the_chip_refuses_is_not_started),
	TEST(listen_only_sends_nothing),
	TEST(stopping_counts_what_was_not_sent),
	TEST(tables_say_how_large_they_are),
	TEST(a_card_has_not_any_number_of_channels),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo state_cases[] = {
	TEST(bus_off_drops_what_the_chip_has_and_comes_back_on_request),
	TEST(bus_off_ends_by_itself_where_that_was_asked_for),
	TEST(a_chip_that_left_bus_off_is_not_restarted),
	TEST(a_restart_may_be_as_late_as_can_be),
	TEST(the_time_of_a_restart_ends_the_wait),
	TEST(an_interrupt_ends_the_wait),
	TEST(a_kick_ends_the_wait),
	TEST(a_kick_beside_a_poll_wakes_once),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"frames", NULL, NULL, setup, teardown, frame_cases},
	{"states", NULL, NULL, setup, teardown, state_cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
