/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The driver of the SJA1000, on a model of the chip. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/udev.h>

#include "base/context.h"
#include "can_card.h"
#include "models/sja1000.h"

static struct sja1000_model_card model;
static struct sja1000_model *chip = &model.chips[0];

static void open_card(uint16_t vendor, uint16_t device, uint16_t subvendor, uint16_t subdevice)
{
	sja1000_model_card(&model, vendor, device, subvendor, subdevice);
	can_open(&model.fake, "sja1000");
}

static void setup(void)
{
	open_card(0x13fe, 0xc002, 0x13fe, 0xc002);
}

static void setup_attached(void)
{
	setup();
	can_attach();
}

/* An interrupt of each chip reaches the bus only while it is let through. */
static void one_card_works(const struct uvio_driver_id *id)
{
	struct can_frame frame = can_numbered(0x123, 8), heard;

	open_card(id->vendor, id->device, id->subvendor, id->subdevice);
	can_attach();
	ASSERT_EQ(uvio_can_count(card), model.count);
	for (unsigned int i = 0; i < model.count; i++) {
		ASSERT_OK(uvio_can_get(card, i, &can));
		can_begin(0);
		ASSERT(uvio_card_fd(card) >= 0);
		ASSERT_EQ(uvio_card_wait(card, 0), -ETIMEDOUT);
		ASSERT(sja1000_model_hear(&model.chips[i], &frame));
		fake_changed(udev);
		ASSERT_OK(uvio_card_wait(card, 0));
		can_serve();
		ASSERT(!model.fake.line(&model));
		heard = can_next();
		can_same(&heard, &frame);
	}
	can_close();
}

static void every_card_of_the_table_works(void)
{
	can_close();
	driver = uvio_driver_match(NULL, 0x13fe, 0xc002, UVIO_ANY_ID, UVIO_ANY_ID);
	for (const struct uvio_driver_id *id = driver->ids; id->vendor; id++)
		one_card_works(id);
	setup();
}

static void bridges_are_prepared_and_closed(void)
{
	can_close();
	open_card(0x10e8, 0x8406, 0, 0);
	can_attach();
	ASSERT(model.mailbox_set);
	ASSERT(uvio_card_fd(card) >= 0);
	ASSERT_EQ(model.intcsr, 0x2000);
	can_close();
	ASSERT_EQ(model.intcsr, 0);
	open_card(0x001c, 0x0001, 0, 0);
	can_attach();
	ASSERT(model.out_of_reset);
	ASSERT(uvio_card_fd(card) >= 0);
	ASSERT_EQ(model.intcsr, 0xc3);
	can_close();
	ASSERT_EQ(model.intcsr, 0);
	setup();
}

static void an_interrupt_that_is_not_to_be_had_stays_off(void)
{
	can_close();
	open_card(0x10e8, 0x8406, 0, 0);
	can_attach();
	fake_faults.irq_enable = -EBUSY;
	ASSERT_ERR(uvio_card_fd(card), -EBUSY, EDU ": the fake kernel gives no vectors");
	ASSERT_EQ(model.intcsr, 0);
	fake_faults.irq_enable = 0;
	ASSERT(uvio_card_fd(card) >= 0);
	ASSERT_EQ(model.intcsr, 0x2000);
}

/* Each access from one on fails as on a broken bus. */
static void accesses_that_fail_are_said(void)
{
	struct uvio_can_config config = {.size = sizeof(config), .timing.bitrate = 500000};

	can_attach();
	fake_faults.access = -EIO;
	ASSERT(uvio_can_start(can, &config) < 0);
	fake_faults.access = 0;
	can_begin(0);
	fake_faults.access = -EIO;
	ASSERT_ERR(uvio_card_poll(card), -EIO,
		EDU ": the registers of the SJA1000 read all ones, while the card is still there");
	fake_faults.access = -ENODEV;
	ASSERT_EQ(uvio_card_poll(card), -ENODEV);
	ASSERT_EQ(uvio_can_stop(can), -ENODEV);
}

static void cards_with_fewer_chips_have_fewer_channels(void)
{
	model.chips[1].never_resets = true;
	model.chips[1].mod = 0;
	can_attach();
	ASSERT_EQ(uvio_can_count(card), 1);
}

static void an_absent_chip_is_refused(void)
{
	chip->never_resets = true;
	chip->mod = 0;
	ASSERT_ERR(uvio_card_attach(driver, udev, &card), -ENODEV,
		EDU ": no SJA1000: its mode reads 0x00");
	fake_faults.all_ones = true;
	ASSERT_ERR(uvio_card_attach(driver, udev, &card), -ENODEV, EDU ": the device is gone");
}

static void a_chip_that_stays_in_reset_is_given_up(void)
{
	struct uvio_can_config config = {.size = sizeof(config), .timing.bitrate = 500000};

	can_attach();
	chip->stuck_in_reset = true;
	ASSERT_ERR(
		uvio_can_start(can, &config), -ETIMEDOUT, EDU ": the SJA1000 does not leave reset");
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_STOPPED);
	ASSERT_EQ(chip->ier, 0);
	chip->stuck_in_reset = false;
	chip->never_resets = true;
	chip->mod = 0;
	ASSERT_ERR(uvio_can_start(can, &config), -ENODEV, EDU ": no SJA1000: its mode reads 0x00");
}

/* CiA 301's sample points; registers by the datasheet's section 6.5, at 8 MHz. */
static void bit_rates_are_in_the_registers(void)
{
	static const struct {
		uint32_t bitrate;
		uint8_t btr0, btr1;
	} table[] = {{1000000, 0x00, 0x14}, {800000, 0x00, 0x16}, {500000, 0x00, 0x1c},
		{250000, 0x01, 0x1c}, {125000, 0x03, 0x1c}, {100000, 0x04, 0x1c},
		{50000, 0x09, 0x1c}, {20000, 0x18, 0x1c}, {10000, 0x31, 0x1c}};
	struct uvio_can_config config = {.size = sizeof(config)};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		config.timing = (struct can_bittiming){.bitrate = table[i].bitrate};
		config.modes = i % 2 ? CAN_CTRLMODE_3_SAMPLES : 0;
		ASSERT_OK(uvio_can_start(can, &config));
		ASSERT_EQ(chip->btr0, table[i].btr0);
		ASSERT_EQ(chip->btr1, table[i].btr1 | (i % 2 ? 0x80 : 0));
		ASSERT_EQ(chip->ocr, 0xda);
		ASSERT_EQ(chip->cdr, 0xc7);
		ASSERT_OK(uvio_can_stop(can));
	}
}

static void segments_are_in_the_registers(void)
{
	struct uvio_can_config config = {.size = sizeof(config)};

	config.timing = (struct can_bittiming){
		.prop_seg = 8, .phase_seg1 = 8, .phase_seg2 = 8, .sjw = 4, .brp = 64};
	ASSERT_OK(uvio_can_start(can, &config));
	ASSERT_EQ(chip->btr0, 0xff);
	ASSERT_EQ(chip->btr1, 0x7f);
}

static void what_a_predecessor_left_is_gone(void)
{
	chip->ewlr = 3;
	chip->rxerr = 50;
	chip->txerr = 60;
	can_begin(0);
	ASSERT_EQ(chip->ewlr, 96);
	ASSERT_EQ(chip->rxerr + chip->txerr, 0);
	for (unsigned int i = 0; i < 4; i++)
		ASSERT_EQ(chip->filter[4 + i], 0xff);
}

static void modes_are_in_the_registers(void)
{
	static const struct {
		uint32_t modes;
		uint8_t mod;
		bool self, single;
	} table[] = {{0, 0, false, false}, {CAN_CTRLMODE_ONE_SHOT, 0, false, true},
		{CAN_CTRLMODE_LISTENONLY, 0x02, false, false},
		{CAN_CTRLMODE_PRESUME_ACK, 0x04, false, false},
		{CAN_CTRLMODE_LOOPBACK, 0x04, true, false},
		{CAN_CTRLMODE_LOOPBACK | CAN_CTRLMODE_ONE_SHOT, 0x04, true, true}};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		chip->bus = SJA1000_BUS_BUSY;
		can_begin(table[i].modes);
		ASSERT_EQ(chip->mod, table[i].mod);
		if (!(table[i].modes & CAN_CTRLMODE_LISTENONLY)) {
			can_transmit(1);
			ASSERT_EQ(chip->self, table[i].self);
			ASSERT_EQ(chip->single, table[i].single);
		}
		ASSERT_OK(uvio_can_stop(can));
		ASSERT_EQ(chip->mod & 1, 1);
		ASSERT_EQ(chip->ier, 0);
		ASSERT(!sja1000_model_line(chip));
	}
}

/* Standard and extended, data and remote, of 0 to 8 bytes. */
static void every_kind_of_frame_is_sent_and_received(void)
{
	can_begin(0);
	for (unsigned int i = 0; i < 36; i++) {
		struct can_frame frame = can_kind(i), heard;

		ASSERT_EQ(uvio_can_send(can, &frame, 1), 1);
		can_serve();
		ASSERT_EQ(chip->sent_count, i + 1);
		can_same(&chip->sent[i], &frame);
		ASSERT(sja1000_model_hear(chip, &frame));
		can_serve();
		heard = can_next();
		can_same(&heard, &frame);
	}
	ASSERT_EQ(can_stats().tx_frames, 36);
	ASSERT_EQ(can_stats().rx_frames, 36);
}

static void loopback_is_heard_by_who_sends(void)
{
	struct can_frame frame;

	can_begin(CAN_CTRLMODE_LOOPBACK);
	chip->bus = SJA1000_BUS_DEAF;
	can_transmit(7);
	frame = can_next();
	ASSERT_EQ(frame.can_id, 7);
	ASSERT_EQ(uvio_can_pending(can), 0);
}

static void frames_are_sent_in_order_and_completed_one_by_one(void)
{
	can_begin(0);
	chip->bus = SJA1000_BUS_BUSY;
	for (unsigned int i = 1; i <= 5; i++)
		can_transmit(0x700 - i);
	ASSERT_EQ(uvio_can_pending(can), 5);
	for (unsigned int i = 1; i <= 5; i++) {
		ASSERT_EQ(chip->sent_count, i - 1);
		chip->bus = SJA1000_BUS_FREE;
		sja1000_model_attempt(chip);
		chip->bus = SJA1000_BUS_BUSY;
		can_serve();
		ASSERT_EQ(chip->sent[i - 1].can_id, 0x700 - i);
		ASSERT_EQ(uvio_can_pending(can), 5 - i);
	}
	ASSERT_EQ(can_stats().tx_frames, 5);
}

static void start_filtered(const struct can_filter *filters, unsigned int count)
{
	struct uvio_can_config config = {.size = sizeof(config),
		.timing.bitrate = 500000,
		.filters = filters,
		.filter_count = count};

	ASSERT_OK(uvio_can_start(can, &config));
}

/* The FIFO has no frame which the chip compared and found different. */
static void filters_of_standard_frames_are_the_chips(void)
{
	const struct can_filter filters[] = {
		{0x123, CAN_EFF_FLAG | CAN_SFF_MASK}, {0x200, CAN_EFF_FLAG | 0x700}};
	struct can_frame frame = can_numbered(0x123, 8), remote = {.can_id = 0x123 | CAN_RTR_FLAG};

	start_filtered(filters, 1);
	ASSERT(sja1000_model_hear(chip, &frame));
	ASSERT(sja1000_model_hear(chip, &remote));
	for (frame.can_id = 0; frame.can_id <= CAN_SFF_MASK; frame.can_id++)
		if (frame.can_id != 0x123)
			ASSERT(!sja1000_model_hear(chip, &frame));
	ASSERT_OK(uvio_can_stop(can));
	start_filtered(filters, 2);
	for (frame.can_id = 0; frame.can_id <= CAN_SFF_MASK; frame.can_id++) {
		bool wanted = frame.can_id == 0x123 || (frame.can_id & 0x700) == 0x200;

		ASSERT_EQ(sja1000_model_hear(chip, &frame), wanted);
		can_serve();
	}
	ASSERT_EQ(can_stats().rx_frames, 257);
	ASSERT_EQ(can_stats().rx_filtered, 0);
}

static void a_filter_of_extended_frames_is_the_chips(void)
{
	const struct can_filter filter = {CAN_EFF_FLAG | 0x12345678, CAN_EFF_FLAG | 0x1ffffff0};
	struct can_frame frame = {.can_id = CAN_EFF_FLAG | 0x12345671, .len = 3};

	start_filtered(&filter, 1);
	ASSERT(sja1000_model_hear(chip, &frame));
	frame.can_id |= CAN_RTR_FLAG;
	ASSERT(sja1000_model_hear(chip, &frame));
	frame.can_id = CAN_EFF_FLAG | 0x12345681;
	ASSERT(!sja1000_model_hear(chip, &frame));
	can_serve();
	ASSERT_EQ(can_stats().rx_frames, 2);
}

static void filters_that_the_chip_has_not_are_applied_afterwards(void)
{
	const struct can_filter filters[] = {{0x1, CAN_EFF_FLAG | CAN_SFF_MASK},
		{CAN_EFF_FLAG | 0x2, CAN_EFF_FLAG | CAN_EFF_MASK}, {0x3, CAN_SFF_MASK}};
	struct can_frame frame = {.can_id = 2};

	start_filtered(filters, 3);
	ASSERT(sja1000_model_hear(chip, &frame));
	frame.can_id |= CAN_EFF_FLAG;
	ASSERT(sja1000_model_hear(chip, &frame));
	can_serve();
	ASSERT_EQ(can_stats().rx_filtered, 1);
	ASSERT_EQ(can_next().can_id, CAN_EFF_FLAG | 2);
}

static void one_shot_fails_where_nobody_acknowledges(void)
{
	can_begin(CAN_CTRLMODE_ONE_SHOT);
	chip->bus = SJA1000_BUS_DEAF;
	can_transmit(1);
	ASSERT_EQ(uvio_can_pending(can), 0);
	chip->bus = SJA1000_BUS_LOST;
	can_transmit(2);
	can_serve();
	chip->bus = SJA1000_BUS_FREE;
	can_transmit(3);
	can_serve();
	ASSERT_EQ(can_stats().tx_failed, 2);
	ASSERT_EQ(can_stats().tx_frames, 1);
	ASSERT_EQ(chip->sent[0].can_id, 3);
}

static void an_overrun_is_counted_and_in_its_place(void)
{
	struct can_frame frame;

	can_begin(0);
	for (unsigned int i = 1; i <= 7; i++) {
		frame = can_numbered(i, 8);
		ASSERT_EQ(sja1000_model_hear(chip, &frame), i <= 5);
	}
	can_serve();
	ASSERT(!sja1000_model_line(chip));
	frame = can_numbered(8, 8);
	ASSERT(sja1000_model_hear(chip, &frame));
	can_serve();
	for (unsigned int i = 1; i <= 5; i++)
		ASSERT_EQ(can_next().can_id, i);
	frame = can_next();
	ASSERT_EQ(frame.can_id, CAN_ERR_FLAG | CAN_ERR_CRTL);
	ASSERT_EQ(frame.data[1], CAN_ERR_CRTL_RX_OVERFLOW);
	ASSERT_EQ(can_next().can_id, 8);
	ASSERT_EQ(can_stats().rx_overrun, 1);
}

/* A chip tells of an overrun once, so that it is lost to who asks for it later. */
static void an_overrun_while_it_starts_is_seen(void)
{
	struct can_frame frame = can_numbered(1, 8);

	chip->flood = 6;
	can_begin(0);
	can_serve();
	ASSERT_EQ(can_stats().rx_overrun, 1);
	for (unsigned int i = 0; i < 6; i++)
		sja1000_model_hear(chip, &frame);
	can_serve();
	ASSERT_EQ(can_stats().rx_overrun, 2);
}

static void a_fifo_that_is_never_empty_has_an_end(void)
{
	can_begin(0);
	chip->rbs_stuck = true;
	fake_of(udev)->calls = 0;
	can_serve();
	ASSERT(fake_of(udev)->calls < SERVICE_CALLS);
}

static void hear(const struct can_frame *frame)
{
	sja1000_model_hear(chip, frame);
}

static void a_card_that_is_removed_at_any_moment_says_so(void)
{
	can_removed_anywhere(setup, hear);
}

static void one_that_falls_silent_at_any_moment_gives_no_wrong_frames(void)
{
	can_silent_anywhere(setup, hear);
}

static void a_chip_that_hangs_ends_the_work_of_the_others_too(void)
{
	struct can_frame frame = can_numbered(1, 8);

	chip->rbs_stuck = true;
	can_begin(0);
	ASSERT_OK(uvio_can_get(card, 1, &can));
	can_begin(0);
	ASSERT(sja1000_model_hear(&model.chips[1], &frame));
	can_serve();
	ASSERT_EQ(can_next().can_id, 1);
}

static CU_TestInfo attaching[] = {
	TEST(every_card_of_the_table_works),
	TEST(bridges_are_prepared_and_closed),
	TEST(an_interrupt_that_is_not_to_be_had_stays_off),
	TEST(accesses_that_fail_are_said),
	TEST(cards_with_fewer_chips_have_fewer_channels),
	TEST(an_absent_chip_is_refused),
	TEST(a_chip_that_stays_in_reset_is_given_up),
	TEST(a_card_that_is_removed_at_any_moment_says_so),
	TEST(one_that_falls_silent_at_any_moment_gives_no_wrong_frames),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo registers[] = {
	TEST(bit_rates_are_in_the_registers),
	TEST(segments_are_in_the_registers),
	TEST(modes_are_in_the_registers),
	TEST(what_a_predecessor_left_is_gone),
	TEST(filters_of_standard_frames_are_the_chips),
	TEST(a_filter_of_extended_frames_is_the_chips),
	TEST(filters_that_the_chip_has_not_are_applied_afterwards),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo frames[] = {
	TEST(every_kind_of_frame_is_sent_and_received),
	TEST(loopback_is_heard_by_who_sends),
	TEST(frames_are_sent_in_order_and_completed_one_by_one),
	TEST(one_shot_fails_where_nobody_acknowledges),
	TEST(an_overrun_is_counted_and_in_its_place),
	TEST(an_overrun_while_it_starts_is_seen),
	TEST(a_fifo_that_is_never_empty_has_an_end),
	TEST(a_chip_that_hangs_ends_the_work_of_the_others_too),
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
