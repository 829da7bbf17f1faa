/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The class for CAN with drivers that do not keep to their contract: a program is not harmed. */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <uvio/can.h>
#include <uvio/driver.h>
#include <uvio/udev.h>

#include "fixture.h"

static struct can_bittiming_const limits;
static struct uvio_can_info told;
static struct uvio_card *card;
static struct uvio_can *can;
static void (*act)(struct uvio_can *channel);

static int attach(struct uvio_udev *device, void *priv)
{
	(void)device;
	(void)priv;
	return 0;
}

static int service(void *priv)
{
	(void)priv;
	act(can);
	return 1;
}

static unsigned int channels(const void *priv)
{
	(void)priv;
	return 1;
}

static void info(const void *priv, unsigned int channel, struct uvio_can_info *out)
{
	(void)priv;
	(void)channel;
	*out = told;
}

static int start(void *priv, unsigned int channel, struct uvio_can *channel_can,
	const struct uvio_can_config *config)
{
	(void)priv;
	(void)channel;
	(void)channel_can;
	(void)config;
	return 0;
}

static int stop(void *priv, unsigned int channel)
{
	(void)priv;
	(void)channel;
	return 0;
}

static const struct uvio_can_ops ops = {
	.size = sizeof(ops), .channels = channels, .info = info, .start = start, .stop = stop};

static const struct uvio_driver driver = {
	.size = sizeof(driver),
	.name = "outside",
	.card_size = 1,
	.attach = attach,
	.service = service,
	.can = &ops,
};

static void setup(void)
{
	limits = (struct can_bittiming_const){.name = "outside",
		.tseg1_min = 2,
		.tseg1_max = 16,
		.tseg2_min = 1,
		.tseg2_max = 8,
		.sjw_max = 4,
		.brp_min = 1,
		.brp_max = 64,
		.brp_inc = 1};
	told = (struct uvio_can_info){.size = sizeof(told),
		.chip = "outside",
		.clock = 8000000,
		.modes = CAN_CTRLMODE_FD | CAN_CTRLMODE_BERR_REPORTING,
		.timing = &limits,
		.data_timing = &limits};
	fixture_open();
}

static void teardown(void)
{
	uvio_card_detach(card);
	card = NULL;
	fixture_close();
}

static void begin(uint32_t modes)
{
	const struct uvio_can_config config = {.size = sizeof(config),
		.timing.bitrate = 500000,
		.data_timing.bitrate = 500000,
		.modes = modes,
		.rx_frames = 4,
		.tx_frames = 4};

	if (!card) {
		ASSERT_OK(uvio_card_attach(&driver, udev, &card));
		ASSERT_OK(uvio_can_get(card, 0, &can));
	}
	ASSERT_OK(uvio_can_start(can, &config));
}

static void serve(void (*how)(struct uvio_can *channel))
{
	act = how;
	ASSERT_EQ(uvio_card_poll(card), 1);
}

static struct canfd_frame next_frame(void)
{
	struct canfd_frame frame = {0};

	ASSERT_EQ(uvio_can_receive_fd(can, &frame, NULL, 1), 1);
	return frame;
}

static struct canfd_frame given;

static void give(struct uvio_can *channel)
{
	*uvio_can_rx_place(channel) = given;
	uvio_can_rx_commit(channel, 0);
}

static void lengths_that_no_frame_has_are_not_believed(void)
{
	static const struct {
		uint8_t flags, given, seen;
	} table[] = {{0, 9, 8}, {0, 255, 8}, {CANFD_FDF, 9, 12}, {CANFD_FDF, 33, 48},
		{CANFD_FDF, 63, 64}, {CANFD_FDF, 65, 64}, {CANFD_FDF, 255, 64}};

	begin(CAN_CTRLMODE_FD);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct canfd_frame frame;

		given = (struct canfd_frame){
			.can_id = 1, .len = table[i].given, .flags = table[i].flags};
		memset(given.data, 0xee, sizeof(given.data));
		serve(give);
		frame = next_frame();
		ASSERT_EQ(frame.len, table[i].seen);
		for (unsigned int n = 0; n < frame.len; n++)
			ASSERT_EQ(frame.data[n], n < given.len ? 0xee : 0);
	}
}

static void every_length_of_a_frame_is(void)
{
	begin(CAN_CTRLMODE_FD);
	for (unsigned int dlc = 0; dlc < 16; dlc++) {
		given = (struct canfd_frame){
			.can_id = 1, .len = (uint8_t)uvio_can_dlc_length(dlc), .flags = CANFD_FDF};
		serve(give);
		ASSERT_EQ(next_frame().len, given.len);
	}
}

static void flags_that_no_frame_has_are_taken_off(void)
{
	static const struct {
		uint8_t flags;
		canid_t given, seen;
	} table[] = {{0, CAN_ERR_FLAG | 1, 1}, {CANFD_FDF, CAN_RTR_FLAG | 1, 1}, {0, 0x801, 1},
		{0, CAN_EFF_FLAG | CAN_ERR_FLAG | 0x801, CAN_EFF_FLAG | 0x801},
		{0, CAN_RTR_FLAG | 0xfff, CAN_RTR_FLAG | 0x7ff}};

	begin(CAN_CTRLMODE_FD);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		given = (struct canfd_frame){.can_id = table[i].given, .flags = table[i].flags};
		serve(give);
		ASSERT_EQ(next_frame().can_id, table[i].seen);
	}
}

static void can_fd_is_no_frame_of_a_channel_without(void)
{
	struct can_frame frame = {0};

	given = (struct canfd_frame){.can_id = 1, .len = 64, .flags = CANFD_FDF};
	begin(0);
	serve(give);
	ASSERT_EQ(uvio_can_receive(can, &frame, NULL, 1), 0);
	ASSERT_OK(uvio_can_stop(can));
	begin(CAN_CTRLMODE_BERR_REPORTING);
	serve(give);
	ASSERT_EQ(uvio_can_receive(can, &frame, NULL, 1), 1);
	ASSERT_EQ(frame.can_id, CAN_ERR_FLAG | CAN_ERR_BUSERROR | CAN_ERR_PROT);
	ASSERT_EQ(frame.data[2], CAN_ERR_PROT_FORM);
}

static void commit_only(struct uvio_can *channel)
{
	for (int i = 0; i < 10; i++)
		uvio_can_rx_commit(channel, 0);
}

static void a_frame_is_handed_over_once(void)
{
	struct canfd_frame frames[8];

	given = (struct canfd_frame){.can_id = 1};
	begin(0);
	serve(give);
	serve(commit_only);
	ASSERT_EQ(uvio_can_receive_fd(can, frames, NULL, 8), 2);
	ASSERT_EQ(frames[0].can_id, 1);
	ASSERT_EQ(frames[1].can_id, CAN_ERR_FLAG | CAN_ERR_CRTL);
}

static void report(struct uvio_can *channel)
{
	struct can_frame error;

	memset(&error, 0xff, sizeof(error));
	uvio_can_bus_error(channel, &error);
}

static void an_error_frame_is_one_of_classic_can(void)
{
	struct can_frame frame;

	begin(CAN_CTRLMODE_BERR_REPORTING);
	serve(report);
	ASSERT_EQ(uvio_can_receive(can, &frame, NULL, 1), 1);
	ASSERT_EQ(frame.len, CAN_ERR_DLC);
}

static void errors_on_the_bus_come_where_asked_for(void)
{
	struct can_frame frame;
	struct uvio_can_stats stats;

	begin(0);
	serve(report);
	ASSERT_EQ(uvio_can_receive(can, &frame, NULL, 1), 0);
	ASSERT_OK(uvio_can_stats(can, &stats));
	ASSERT_EQ(stats.bus_errors, 0);
}

static void take_too_many(struct uvio_can *channel)
{
	for (int i = 0; i < 10; i++)
		uvio_can_tx_take(channel);
	ASSERT(!uvio_can_tx_next(channel));
	uvio_can_tx_done(channel, UINT_MAX);
	uvio_can_tx_failed(channel, UINT_MAX);
}

static void no_more_is_taken_than_was_given(void)
{
	struct can_frame frame = {.can_id = 1};
	struct uvio_can_stats stats;

	begin(0);
	ASSERT_EQ(uvio_can_send(can, &frame, 1), 1);
	serve(take_too_many);
	ASSERT_OK(uvio_can_stats(can, &stats));
	ASSERT_EQ(stats.tx_frames, 1);
	ASSERT_EQ(stats.tx_failed, 0);
	ASSERT_EQ(uvio_can_pending(can), 0);
	ASSERT_EQ(uvio_can_space(can), 4);
}

static void remote_frames_have_no_bytes(void)
{
	struct can_frame frame = {.can_id = CAN_RTR_FLAG | 1, .len = 8};
	struct uvio_can_stats stats;

	given = (struct canfd_frame){.can_id = CAN_RTR_FLAG | 1, .len = 8};
	begin(0);
	serve(give);
	ASSERT_EQ(next_frame().len, 8);
	ASSERT_EQ(uvio_can_send(can, &frame, 1), 1);
	serve(take_too_many);
	ASSERT_OK(uvio_can_stats(can, &stats));
	ASSERT_EQ(stats.rx_frames, 1);
	ASSERT_EQ(stats.tx_frames, 1);
	ASSERT_EQ(stats.rx_bytes, 0);
	ASSERT_EQ(stats.tx_bytes, 0);
}

static void early(struct uvio_can *channel)
{
	commit_only(channel);
	give(channel);
	take_too_many(channel);
	uvio_can_rx_overrun(channel);
	report(channel);
}

static void a_channel_that_never_started_stands_it(void)
{
	struct can_frame frame;

	ASSERT_OK(uvio_card_attach(&driver, udev, &card));
	ASSERT_OK(uvio_can_get(card, 0, &can));
	serve(early);
	ASSERT_EQ(uvio_can_receive(can, &frame, NULL, 1), 0);
}

static void attach_fails(const char *text)
{
	ASSERT_ERR(uvio_card_attach(&driver, udev, &card), -EINVAL, text);
	ASSERT(!card);
}

static void what_a_driver_tells_is_checked(void)
{
	told.chip = NULL;
	attach_fails(EDU ": CAN channel 0: card driver 'outside': its info lacks the chip or");
	told.chip = "outside";
	told.clock = 0;
	attach_fails("its info lacks the chip or the clock");
	told.clock = 8000000;
	told.timing = NULL;
	attach_fails("card driver 'outside': its info has no timing");
	told.timing = &limits;
	told.data_timing = NULL;
	attach_fails("card driver 'outside': its info has no data_timing");
	told.data_timing = &limits;
	limits.brp_inc = UINT32_MAX;
	attach_fails("card driver 'outside': timing: bit timing: the limits of outside have a brp");
	limits.brp_inc = 0;
	begin(CAN_CTRLMODE_FD);
}

static CU_TestInfo frames[] = {
	TEST(lengths_that_no_frame_has_are_not_believed),
	TEST(every_length_of_a_frame_is),
	TEST(flags_that_no_frame_has_are_taken_off),
	TEST(can_fd_is_no_frame_of_a_channel_without),
	TEST(a_frame_is_handed_over_once),
	TEST(an_error_frame_is_one_of_classic_can),
	TEST(errors_on_the_bus_come_where_asked_for),
	TEST(no_more_is_taken_than_was_given),
	TEST(remote_frames_have_no_bytes),
	TEST(a_channel_that_never_started_stands_it),
	TEST(what_a_driver_tells_is_checked),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"frames", NULL, NULL, setup, teardown, frames},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
