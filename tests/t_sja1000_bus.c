/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The driver of the SJA1000: errors on the bus, on a model of the chip. */
#include <config.h>

#include <errno.h>

#include <uvio/udev.h>

#include "base/context.h"
#include "can_card.h"
#include "models/sja1000.h"

static struct sja1000_model_card model;
static struct sja1000_model *chip = &model.chips[0];

static void setup(void)
{
	sja1000_model_card(&model, 0x13fe, 0xc002, 0x13fe, 0xc002);
	can_open(&model.fake, "sja1000");
	can_attach();
}

static void attempts(enum sja1000_model_bus bus, unsigned int count)
{
	chip->bus = bus;
	while (count--)
		sja1000_model_attempt(chip);
	can_serve();
}

static void lost_arbitration_is_reported_where_asked_for(void)
{
	struct can_frame frame;

	can_begin(CAN_CTRLMODE_BERR_REPORTING);
	chip->lost_at = 11;
	chip->bus = SJA1000_BUS_LOST;
	can_transmit(1);
	attempts(SJA1000_BUS_FREE, 1);
	frame = can_next();
	ASSERT_EQ(frame.can_id, CAN_ERR_FLAG | CAN_ERR_LOSTARB);
	ASSERT_EQ(frame.data[0], 11);
	ASSERT_EQ(chip->sent_count, 1);
	ASSERT_EQ(can_stats().tx_frames, 1);
	can_nothing_more();
	ASSERT_OK(uvio_can_stop(can));
	can_begin(0);
	chip->bus = SJA1000_BUS_LOST;
	can_transmit(1);
	attempts(SJA1000_BUS_FREE, 1);
	can_nothing_more();
	ASSERT_EQ(can_stats().bus_errors, 0);
	ASSERT_EQ(can_stats().tx_frames, 1);
}

static void states_follow_the_error_counters(void)
{
	struct can_berr_counter counters;
	struct can_frame frame;

	can_begin(0);
	chip->bus = SJA1000_BUS_BUSY;
	can_transmit(1);
	attempts(SJA1000_BUS_ERROR, 12);
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_WARNING);
	frame = can_next();
	ASSERT_EQ(frame.can_id, CAN_ERR_FLAG | CAN_ERR_CRTL);
	ASSERT_EQ(frame.data[1], CAN_ERR_CRTL_TX_WARNING);
	ASSERT_EQ(frame.data[6], 96);
	attempts(SJA1000_BUS_ERROR, 4);
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_PASSIVE);
	ASSERT_EQ(can_next().data[1], CAN_ERR_CRTL_TX_PASSIVE);
	ASSERT_OK(uvio_can_counters(can, &counters));
	ASSERT_EQ(counters.txerr, 128);
	attempts(SJA1000_BUS_FREE, 1);
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_WARNING);
	for (unsigned int i = 2; i < 40; i++)
		can_transmit(i);
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_ACTIVE);
	ASSERT_EQ(can_stats().warnings, 2);
	ASSERT_EQ(can_stats().passives, 1);
}

static void receive_errors_make_it_passive_too(void)
{
	can_begin(0);
	for (unsigned int i = 0; i < 128; i++)
		sja1000_model_bad_frame(chip, 0xa8);
	can_serve();
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_PASSIVE);
	ASSERT_EQ(can_next().data[1], CAN_ERR_CRTL_RX_PASSIVE);
}

static void one_that_is_alone_stays_passive(void)
{
	can_begin(0);
	chip->bus = SJA1000_BUS_BUSY;
	can_transmit(1);
	attempts(SJA1000_BUS_DEAF, 1000);
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_PASSIVE);
	ASSERT_EQ(uvio_can_pending(can), 1);
	attempts(SJA1000_BUS_FREE, 1);
	ASSERT_EQ(uvio_can_pending(can), 0);
}

static void bus_errors_are_reported_where_asked_for(void)
{
	struct can_frame frame;

	can_begin(CAN_CTRLMODE_BERR_REPORTING);
	sja1000_model_bad_frame(chip, 0xa8); /* stuff, receiving, CRC sequence */
	can_serve();
	frame = can_next();
	ASSERT_EQ(frame.can_id, CAN_ERR_FLAG | CAN_ERR_BUSERROR | CAN_ERR_PROT);
	ASSERT_EQ(frame.data[2], CAN_ERR_PROT_STUFF);
	ASSERT_EQ(frame.data[3], CAN_ERR_PROT_LOC_CRC_SEQ);
	ASSERT_EQ(can_stats().bus_errors, 1);
	ASSERT_OK(uvio_can_stop(can));
	can_begin(0);
	sja1000_model_bad_frame(chip, 0xa8);
	can_serve();
	can_nothing_more();
}

/* With frames behind the one that is given up. */
static void go_bus_off(int64_t restart)
{
	struct uvio_can_config config = {
		.size = sizeof(config), .timing.bitrate = 500000, .restart = restart};

	ASSERT_OK(uvio_can_start(can, &config));
	chip->bus = SJA1000_BUS_BUSY;
	can_transmit(1);
	can_transmit(2);
	attempts(SJA1000_BUS_ERROR, 32);
	chip->bus = SJA1000_BUS_FREE;
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_BUS_OFF);
	ASSERT_EQ(can_stats().tx_failed, 1);
	ASSERT_EQ(uvio_can_pending(can), 1);
}

static void recover(void)
{
	sja1000_model_idle(chip, 127);
	can_serve();
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_BUS_OFF);
	ASSERT_EQ(chip->sent_count, 0);
	sja1000_model_idle(chip, 1);
	can_serve();
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_ACTIVE);
	can_serve();
	ASSERT_EQ(chip->sent_count, 1);
	ASSERT_EQ(chip->sent[0].can_id, 2);
	ASSERT_EQ(can_stats().restarts, 1);
}

static void bus_off_is_left_on_request(void)
{
	struct can_frame frame;

	go_bus_off(0);
	ASSERT_EQ(uvio_can_receive(can, &frame, NULL, 1), 1);
	ASSERT_EQ(frame.can_id, CAN_ERR_FLAG | CAN_ERR_BUSOFF);
	can_serve();
	ASSERT_EQ(chip->mod & 1, 1);
	ASSERT_OK(uvio_can_restart(can));
	recover();
	ASSERT(can_next().can_id & CAN_ERR_RESTARTED);
}

static void bus_off_is_left_after_a_time(void)
{
	go_bus_off(1);
	while (chip->mod & 1)
		can_serve();
	recover();
}

static void one_that_does_not_come_back_says_so(void)
{
	go_bus_off(0);
	chip->stuck_in_reset = true;
	ASSERT_ERR(uvio_can_restart(can), -ETIMEDOUT, EDU ": the SJA1000 does not leave reset");
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_BUS_OFF);
	chip->stuck_in_reset = false;
	ASSERT_OK(uvio_can_restart(can));
	recover();
}

static void after_bus_off_a_new_start_is_clean(void)
{
	struct can_berr_counter counters;

	go_bus_off(0);
	ASSERT_OK(uvio_can_stop(can));
	can_begin(0);
	ASSERT_OK(uvio_can_counters(can, &counters));
	ASSERT_EQ(counters.txerr, 0);
	can_transmit(3);
	ASSERT_EQ(chip->sent_count, 1);
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_ACTIVE);
}

static CU_TestInfo errors[] = {
	TEST(lost_arbitration_is_reported_where_asked_for),
	TEST(states_follow_the_error_counters),
	TEST(receive_errors_make_it_passive_too),
	TEST(one_that_is_alone_stays_passive),
	TEST(bus_errors_are_reported_where_asked_for),
	TEST(bus_off_is_left_on_request),
	TEST(bus_off_is_left_after_a_time),
	TEST(one_that_does_not_come_back_says_so),
	TEST(after_bus_off_a_new_start_is_clean),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"errors", NULL, NULL, setup, can_close, errors},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
