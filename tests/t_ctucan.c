/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The driver of CTU CAN FD, on a model of the core. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/udev.h>

#include "base/context.h"
#include "../drivers/can/ctucan.h"
#include "can_card.h"
#include "models/ctucan.h"

static struct ctucan_model_card model;
static struct ctucan_model *core = &model.cores[0];

static void setup(void)
{
	ctucan_model_card(&model);
	can_open(&model.fake, "ctucan");
}

static void setup_attached(void)
{
	setup();
	can_attach();
}

static bool hear(const struct can_frame *frame)
{
	struct canfd_frame fd = {.can_id = frame->can_id, .len = frame->len};

	memcpy(fd.data, frame->data, sizeof(frame->data));
	return ctucan_model_hear(core, &fd);
}

static void an_absent_card_is_refused(void)
{
	model.board_id = 0xc0000000;
	ASSERT_ERR(uvio_card_attach(driver, udev, &card), -ENODEV,
		EDU ": not a card with CTU CAN FD: its board id reads 0xc0000000");
	model.board_id = 0xc0000002;
	core->gone_wild = true;
	ASSERT_ERR(uvio_card_attach(driver, udev, &card), -ENODEV,
		EDU ": no CTU CAN FD core: its identification reads 0x00000000");
	fake_faults.all_ones = true;
	ASSERT_ERR(uvio_card_attach(driver, udev, &card), -ENODEV, EDU ": the device is gone");
}

static void the_board_says_how_many_cores_there_are(void)
{
	model.board_id = 0xc0000001;
	can_attach();
	ASSERT_EQ(uvio_can_count(card), 1);
	can_close();
	setup();
	model.board_id = 0xc000000f;
	can_attach();
	ASSERT_EQ(uvio_can_count(card), 2);
}

static void a_core_that_stays_in_reset_is_given_up(void)
{
	struct uvio_can_config config = {.size = sizeof(config), .timing.bitrate = 500000};

	core->never_resets = true;
	ASSERT_ERR(uvio_card_attach(driver, udev, &card), -ETIMEDOUT, "the register at 0x0 reads");
	can_close();
	setup_attached();
	core->never_resets = true;
	ASSERT_ERR(uvio_can_start(can, &config), -ETIMEDOUT, "waited for");
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_STOPPED);
}

/* An interrupt passes the board only while the descriptor is there. */
static void interrupts_of_both_cores_wake_who_waits(void)
{
	struct can_frame frame = can_numbered(1, 8);

	for (unsigned int i = 0; i < 2; i++) {
		ASSERT_OK(uvio_can_get(card, i, &can));
		core = &model.cores[i];
		can_begin(0);
		ASSERT(uvio_card_fd(card) >= 0);
		ASSERT_EQ(model.board_irq, 1);
		can_serve();
		ASSERT(hear(&frame));
		fake_changed(udev);
		ASSERT_OK(uvio_card_wait(card, 0));
		can_serve();
		ASSERT(!model.fake.line(&model));
		ASSERT_EQ(can_next().can_id, 1);
	}
	core = &model.cores[0];
	uvio_card_detach(card);
	card = NULL;
	ASSERT_EQ(model.board_irq, 0);
}

static void check_timing(
	uint32_t value, uint32_t quanta, uint32_t before, uint32_t rate, uint32_t sample_point)
{
	uint32_t brp = value >> 19 & 0xff, sjw = value >> 27;

	ASSERT_EQ(brp * quanta * rate, 100000000);
	ASSERT(sample_point * quanta + quanta * 5 > before * 1000);
	ASSERT(sample_point * quanta < before * 1000 + quanta * 5);
	ASSERT(sjw >= 1 && sjw <= quanta - before);
}

/* CiA 301's sample points, within half a percent; register BTR as the datasheet has its fields. */
static void bit_rates_are_in_the_registers(void)
{
	static const struct {
		uint32_t bitrate, sample_point;
	} table[] = {{1000000, 750}, {800000, 800}, {500000, 875}, {250000, 875}, {125000, 875},
		{100000, 875}, {50000, 875}, {20000, 875}, {10000, 875}};
	struct uvio_can_config config = {.size = sizeof(config)};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		uint32_t btr, before;

		config.timing = (struct can_bittiming){.bitrate = table[i].bitrate};
		ASSERT_OK(uvio_can_start(can, &config));
		btr = core->btr;
		before = 1 + (btr & 0x7f) + (btr >> 7 & 0x3f);
		check_timing(btr, before + (btr >> 13 & 0x3f), before, table[i].bitrate,
			table[i].sample_point);
		ASSERT_OK(uvio_can_stop(can));
	}
}

/* Above 1 Mbit/s with a second sample point, in clocks from the beginning of the bit. */
static void data_bit_rates_are_in_the_registers(void)
{
	static const struct {
		uint32_t bitrate, delay;
	} table[] = {{1000000, 0x01000000}, {2000000, 0x00280000}, {4000000, 0x00140000},
		{5000000, 0x00100000}, {10000000, 0x00080000}};
	struct uvio_can_config config = {.size = sizeof(config), .modes = CAN_CTRLMODE_FD};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		uint32_t btr, before;

		config.timing = (struct can_bittiming){.bitrate = 500000};
		config.data_timing =
			(struct can_bittiming){.bitrate = table[i].bitrate, .sample_point = 800};
		ASSERT_OK(uvio_can_start(can, &config));
		btr = core->btr_fd;
		before = 1 + (btr & 0x3f) + (btr >> 7 & 0x1f);
		check_timing(btr, before + (btr >> 13 & 0x1f), before, table[i].bitrate, 800);
		ASSERT_EQ(core->trv_delay, table[i].delay);
		ASSERT_OK(uvio_can_stop(can));
	}
}

/* The first segment ends where its field does, the rest goes to the one before. */
static void segments_are_in_the_registers(void)
{
	struct uvio_can_config config = {.size = sizeof(config), .modes = CAN_CTRLMODE_FD};

	config.timing = (struct can_bittiming){
		.prop_seg = 80, .phase_seg1 = 110, .phase_seg2 = 63, .sjw = 31, .brp = 1};
	config.data_timing = (struct can_bittiming){
		.prop_seg = 40, .phase_seg1 = 54, .phase_seg2 = 31, .sjw = 31, .brp = 2};
	ASSERT_OK(uvio_can_start(can, &config));
	ASSERT_EQ(core->btr, 127u | 63u << 7 | 63u << 13 | 1u << 19 | 31u << 27);
	ASSERT_EQ(core->btr_fd, 63u | 31u << 7 | 31u << 13 | 2u << 19 | 31u << 27);
}

/* By the register table of the datasheet, at 100 MHz: fields that a driver and a test could have
 * wrong alike. */
static void known_timings_are_these_numbers(void)
{
	struct uvio_can_config config = {.size = sizeof(config), .modes = CAN_CTRLMODE_FD};

	config.timing = (struct can_bittiming){
		.prop_seg = 35, .phase_seg1 = 34, .phase_seg2 = 10, .sjw = 5, .brp = 5};
	config.data_timing = (struct can_bittiming){
		.prop_seg = 20, .phase_seg1 = 19, .phase_seg2 = 10, .sjw = 5, .brp = 1};
	ASSERT_OK(uvio_can_start(can, &config));
	ASSERT_EQ(core->btr, 0x28295123);
	ASSERT_EQ(core->btr_fd, 0x28094994);
	ASSERT_EQ(core->trv_delay, 40u << 16);
}

static void modes_are_in_the_registers(void)
{
	static const struct {
		uint32_t modes, mode;
	} table[] = {{0, 0}, {CAN_CTRLMODE_LISTENONLY, 0x2}, {CAN_CTRLMODE_PRESUME_ACK, 0x4},
		{CAN_CTRLMODE_ONE_SHOT, 0x10000}, {CAN_CTRLMODE_LOOPBACK, 0x200000},
		{CAN_CTRLMODE_FD, 0x10}, {CAN_CTRLMODE_FD | CAN_CTRLMODE_FD_NON_ISO, 0x800010}};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		can_begin(table[i].modes);
		ASSERT_EQ(core->mode, table[i].mode | 0x400000);
		ASSERT_EQ(core->int_ena, 0xc1c);
		ASSERT_EQ(core->int_mask, 0xfff & ~0xc1cu);
		ASSERT_OK(uvio_can_stop(can));
		ASSERT_EQ(core->mode & 0x400000, 0);
		ASSERT_EQ(core->int_ena, 0);
		ASSERT(!ctucan_model_line(core));
	}
}

static void every_kind_of_frame_is_sent_and_received(void)
{
	can_begin(0);
	for (unsigned int i = 0; i < 36; i++) {
		struct can_frame frame = can_kind(i), heard;

		ASSERT_EQ(uvio_can_send(can, &frame, 1), 1);
		can_serve();
		ASSERT_EQ(core->sent_count, i + 1);
		ASSERT_EQ(core->sent[i].flags, 0);
		memcpy(&heard, &core->sent[i], sizeof(heard));
		can_same(&heard, &frame);
		ASSERT(hear(&frame));
		can_serve();
		heard = can_next();
		can_same(&heard, &frame);
	}
	ASSERT_EQ(can_stats().tx_frames, 36);
	ASSERT_EQ(can_stats().rx_frames, 36);
}

static struct canfd_frame fd_kind(unsigned int dlc, uint8_t flags)
{
	struct canfd_frame frame = {.can_id = CAN_EFF_FLAG | (0x1234567 + dlc),
		.len = (uint8_t)uvio_can_dlc_length(dlc),
		.flags = CANFD_FDF | flags};

	for (unsigned int i = 0; i < frame.len; i++)
		frame.data[i] = (uint8_t)(i + dlc);
	return frame;
}

static void every_length_of_can_fd_is_sent_and_received(void)
{
	static const uint8_t flags[] = {0, CANFD_BRS, CANFD_ESI, CANFD_BRS | CANFD_ESI};

	can_begin(CAN_CTRLMODE_FD);
	for (unsigned int i = 0; i < 64; i++) {
		struct canfd_frame frame = fd_kind(i % 16, flags[i / 16]), heard;

		ASSERT_EQ(uvio_can_send_fd(can, &frame, 1), 1);
		can_serve();
		ASSERT(!memcmp(&core->sent[i], &frame, sizeof(frame)));
		ASSERT(ctucan_model_hear(core, &frame));
		can_serve();
		ASSERT_EQ(uvio_can_receive_fd(can, &heard, NULL, 1), 1);
		ASSERT(!memcmp(&heard, &frame, sizeof(frame)));
	}
}

/* 100 MHz: 10 ns each. A core whose counter stands still has no stamps. */
static void frames_have_the_time_of_the_core(void)
{
	struct can_frame frame = can_numbered(1, 8);
	uint64_t time;

	ASSERT(!uvio_can_info(can)->stamps);
	can_close();
	ctucan_model_card(&model);
	core->time = 7;
	can_open(&model.fake, "ctucan");
	can_attach();
	ASSERT(uvio_can_info(can)->stamps);
	can_begin(0);
	core->time = UINT64_C(0x123456789a);
	ASSERT(hear(&frame));
	can_serve();
	ASSERT_EQ(uvio_can_receive(can, &frame, &time, 1), 1);
	ASSERT_EQ(time, UINT64_C(0x123456789a) * 10);
}

/* Four at once, whose identifiers would be sent in the other order. */
static void frames_are_sent_in_the_order_they_were_given(void)
{
	can_begin(0);
	core->bus = CTUCAN_BUS_BUSY;
	for (unsigned int i = 1; i <= 11; i++)
		can_transmit(0x700 - i);
	ASSERT_EQ(uvio_can_pending(can), 11);
	for (unsigned int i = 0; i < 11; i++) {
		core->bus = CTUCAN_BUS_FREE;
		ctucan_model_attempt(core);
		core->bus = CTUCAN_BUS_BUSY;
		if (i % 3 == 2)
			can_serve();
	}
	core->bus = CTUCAN_BUS_FREE;
	can_serve();
	can_serve();
	ASSERT_EQ(core->sent_count, 11);
	for (unsigned int i = 1; i <= 11; i++)
		ASSERT_EQ(core->sent[i - 1].can_id, 0x700 - i);
	ASSERT_EQ(uvio_can_pending(can), 0);
	ASSERT_EQ(can_stats().tx_frames, 11);
}

/* Clocks that do not divide a second into whole nanoseconds, too. */
static void times_are_exact(void)
{
	ASSERT_EQ(ctucan_time(100000001, 100000000), 1000000010);
	ASSERT_EQ(ctucan_time(80000001, 80000000), 1000000012);
	ASSERT_EQ(ctucan_time(160000000 * UINT64_C(3600), 160000000), UINT64_C(3600000000000));
	ASSERT_EQ(ctucan_time(UINT64_MAX / 64, 150000000), UINT64_C(1921535841011411620));
}

static const struct can_filter filters[] = {{0x123, CAN_EFF_FLAG | CAN_SFF_MASK},
	{0x200, CAN_EFF_FLAG | 0x700}, {CAN_EFF_FLAG | 0x1000, CAN_EFF_FLAG | 0x1ffff000},
	{CAN_RTR_FLAG, CAN_RTR_FLAG}};

static void begin_filtered(unsigned int count)
{
	struct uvio_can_config config = {.size = sizeof(config),
		.timing.bitrate = 500000,
		.filters = filters,
		.filter_count = count};

	ASSERT_OK(uvio_can_start(can, &config));
}

/* How many of all standard identifiers and of as many extended ones the core let through. */
static unsigned int heard_of_all(void)
{
	unsigned int heard = 0;

	for (canid_t id = 0; id < 0x4000; id++) {
		struct can_frame frame = {.can_id = id < 0x800 ? id : CAN_EFF_FLAG | (id - 0x800)};

		heard += hear(&frame);
		can_serve();
	}
	return heard;
}

static void filters_that_the_core_has_are_its_own(void)
{
	static const unsigned int passed[] = {0, 1, 257, 257 + 4096};

	for (unsigned int count = 1; count < 4; count++) {
		begin_filtered(count);
		ASSERT_EQ(heard_of_all(), passed[count]);
		ASSERT_EQ(can_stats().rx_frames + can_stats().rx_lost, passed[count]);
		ASSERT_EQ(can_stats().rx_filtered, 0);
		ASSERT_OK(uvio_can_stop(can));
	}
	can_begin(0);
	ASSERT_EQ(heard_of_all(), 0x4000);
}

static void filters_that_it_has_not_are_those_of_the_library(void)
{
	begin_filtered(4);
	ASSERT_EQ(heard_of_all(), 0x4000);
	ASSERT_EQ(can_stats().rx_frames + can_stats().rx_lost, 257 + 4096);
	ASSERT_OK(uvio_can_stop(can));
	for (core->filters = 0; core->filters < 3; core->filters++) {
		begin_filtered(2);
		ASSERT_EQ(heard_of_all(), 0x4000);
		ASSERT_EQ(can_stats().rx_frames, 257);
		ASSERT_EQ(can_stats().rx_filtered, 0x4000 - 257);
		ASSERT_OK(uvio_can_stop(can));
	}
}

static void loopback_is_heard_by_who_sends(void)
{
	can_begin(CAN_CTRLMODE_LOOPBACK);
	can_transmit(7);
	ASSERT_EQ(can_next().can_id, 7);
	ASSERT_EQ(uvio_can_pending(can), 0);
}

/* Of 64 bytes with a time 102 fit. */
static void an_overrun_is_counted_and_in_its_place(void)
{
	struct canfd_frame frame = fd_kind(15, 0);

	can_begin(CAN_CTRLMODE_FD);
	for (unsigned int i = 0; i < 104; i++)
		ASSERT_EQ(ctucan_model_hear(core, &frame), i < 102);
	can_serve();
	ASSERT(!core->overrun);
	ASSERT(ctucan_model_hear(core, &frame));
	can_serve();
	for (unsigned int i = 0; i < 104; i++) {
		ASSERT_EQ(uvio_can_receive_fd(can, &frame, NULL, 1), 1);
		ASSERT_EQ(!!(frame.can_id & CAN_ERR_FLAG), i == 102);
	}
	ASSERT_EQ(can_stats().rx_overrun, 1);
	ASSERT_EQ(can_stats().rx_frames, 103);
}

static void a_core_that_always_has_more_has_an_end(void)
{
	can_begin(0);
	core->rbne_stuck = true;
	ctucan_model_write(core, 0x10, 0);
	fake_of(udev)->calls = 0;
	can_serve();
	ASSERT(fake_of(udev)->calls < SERVICE_CALLS);
}

static void one_that_reads_all_ones_says_so(void)
{
	can_begin(0);
	fake_faults.access = -EIO;
	ASSERT_ERR(uvio_card_poll(card), -EIO,
		EDU ": the registers of the CTU CAN FD core read all ones");
	fake_faults.access = 0;
	can_serve();
}

static void hear_classic(const struct can_frame *frame)
{
	hear(frame);
}

static void a_card_that_is_removed_at_any_moment_says_so(void)
{
	can_removed_anywhere(setup, hear_classic);
}

static void one_that_falls_silent_at_any_moment_gives_no_wrong_frames(void)
{
	can_silent_anywhere(setup, hear_classic);
}

static CU_TestInfo attaching[] = {
	TEST(an_absent_card_is_refused),
	TEST(the_board_says_how_many_cores_there_are),
	TEST(a_core_that_stays_in_reset_is_given_up),
	TEST(a_card_that_is_removed_at_any_moment_says_so),
	TEST(one_that_falls_silent_at_any_moment_gives_no_wrong_frames),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo registers[] = {
	TEST(bit_rates_are_in_the_registers),
	TEST(data_bit_rates_are_in_the_registers),
	TEST(segments_are_in_the_registers),
	TEST(known_timings_are_these_numbers),
	TEST(modes_are_in_the_registers),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo frames[] = {
	TEST(interrupts_of_both_cores_wake_who_waits),
	TEST(every_kind_of_frame_is_sent_and_received),
	TEST(every_length_of_can_fd_is_sent_and_received),
	TEST(frames_have_the_time_of_the_core),
	TEST(frames_are_sent_in_the_order_they_were_given),
	TEST(times_are_exact),
	TEST(filters_that_the_core_has_are_its_own),
	TEST(filters_that_it_has_not_are_those_of_the_library),
	TEST(loopback_is_heard_by_who_sends),
	TEST(an_overrun_is_counted_and_in_its_place),
	TEST(a_core_that_always_has_more_has_an_end),
	TEST(one_that_reads_all_ones_says_so),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"attach", NULL, NULL, setup, can_close, attaching},
	{"registers", NULL, NULL, setup_attached, can_close, registers},
	{"frames", NULL, NULL, setup_attached, can_close, frames},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
