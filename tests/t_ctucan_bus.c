/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The driver of CTU CAN FD: errors on the bus, on a model of the core. */
#include <config.h>

#include <errno.h>

#include "can_card.h"
#include "models/ctucan.h"

static struct ctucan_model_card model;
static struct ctucan_model *core = &model.cores[0];

static void setup(void)
{
	ctucan_model_card(&model);
	can_open(&model.fake, "ctucan");
	can_attach();
}

static void attempts(enum ctucan_model_bus bus, unsigned int count)
{
	core->bus = bus;
	while (count--)
		ctucan_model_attempt(core);
	can_serve();
}

static void one_shot_fails_where_nobody_acknowledges(void)
{
	can_begin(CAN_CTRLMODE_ONE_SHOT);
	core->bus = CTUCAN_BUS_BUSY;
	can_transmit(1);
	attempts(CTUCAN_BUS_DEAF, 1);
	ASSERT_EQ(uvio_can_pending(can), 0);
	core->bus = CTUCAN_BUS_BUSY;
	can_transmit(2);
	attempts(CTUCAN_BUS_LOST, 1);
	core->bus = CTUCAN_BUS_FREE;
	can_transmit(3);
	ASSERT_EQ(can_stats().tx_failed, 2);
	ASSERT_EQ(can_stats().tx_frames, 1);
	ASSERT_EQ(core->sent[0].can_id, 3);
}

static void a_failed_frame_keeps_its_place(void)
{
	can_begin(CAN_CTRLMODE_ONE_SHOT);
	core->bus = CTUCAN_BUS_BUSY;
	for (unsigned int i = 1; i <= 4; i++)
		can_transmit(i);
	core->bus = CTUCAN_BUS_FREE;
	ctucan_model_attempt(core);
	core->bus = CTUCAN_BUS_DEAF;
	ctucan_model_attempt(core);
	attempts(CTUCAN_BUS_FREE, 2);
	ASSERT_EQ(can_stats().tx_failed, 1);
	ASSERT_EQ(can_stats().tx_frames, 3);
	ASSERT_EQ(core->sent[1].can_id, 3);
	ASSERT_EQ(core->sent[2].can_id, 4);
}

static void lost_arbitration_is_reported_where_asked_for(void)
{
	struct can_frame frame;

	can_begin(CAN_CTRLMODE_BERR_REPORTING);
	core->bus = CTUCAN_BUS_BUSY;
	core->lost_at = 11;
	can_transmit(1);
	attempts(CTUCAN_BUS_LOST, 1);
	frame = can_next();
	ASSERT_EQ(frame.can_id, CAN_ERR_FLAG | CAN_ERR_LOSTARB);
	ASSERT_EQ(frame.data[0], 11);
	attempts(CTUCAN_BUS_FREE, 1);
	ASSERT_EQ(can_stats().tx_frames, 1);
	can_nothing_more();
	ASSERT_OK(uvio_can_stop(can));
	can_begin(0);
	core->bus = CTUCAN_BUS_BUSY;
	can_transmit(1);
	attempts(CTUCAN_BUS_LOST, 1);
	can_nothing_more();
	ASSERT_EQ(can_stats().bus_errors, 0);
}

static void bus_errors_are_reported_where_asked_for(void)
{
	static const struct {
		uint32_t type;
		canid_t classes;
		uint8_t kind, place;
	} table[] = {{0, 0, CAN_ERR_PROT_BIT, 0}, {1, 0, 0, CAN_ERR_PROT_LOC_CRC_SEQ},
		{2, 0, CAN_ERR_PROT_FORM, 0}, {3, CAN_ERR_ACK, 0, CAN_ERR_PROT_LOC_ACK},
		{4, 0, CAN_ERR_PROT_STUFF, 0}};

	can_begin(CAN_CTRLMODE_BERR_REPORTING);
	for (unsigned int i = 0; i < 5; i++) {
		struct can_frame frame;

		ctucan_model_bad_frame(core, table[i].type);
		can_serve();
		frame = can_next();
		ASSERT_EQ(frame.can_id,
			CAN_ERR_FLAG | CAN_ERR_BUSERROR | CAN_ERR_PROT | table[i].classes);
		ASSERT_EQ(frame.data[2], table[i].kind);
		ASSERT_EQ(frame.data[3], table[i].place);
	}
	ASSERT_EQ(can_stats().bus_errors, 5);
	ASSERT_OK(uvio_can_stop(can));
	can_begin(0);
	ctucan_model_bad_frame(core, 2);
	can_serve();
	can_nothing_more();
}

static void states_follow_the_error_counters(void)
{
	struct can_berr_counter counters;
	struct can_frame frame;

	can_begin(0);
	core->bus = CTUCAN_BUS_BUSY;
	can_transmit(1);
	attempts(CTUCAN_BUS_ERROR, 12);
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_WARNING);
	frame = can_next();
	ASSERT_EQ(frame.can_id, CAN_ERR_FLAG | CAN_ERR_CRTL);
	ASSERT_EQ(frame.data[1], CAN_ERR_CRTL_TX_WARNING);
	ASSERT_EQ(frame.data[6], 96);
	attempts(CTUCAN_BUS_ERROR, 4);
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_PASSIVE);
	ASSERT_EQ(can_next().data[1], CAN_ERR_CRTL_TX_PASSIVE);
	ASSERT_OK(uvio_can_counters(can, &counters));
	ASSERT_EQ(counters.txerr, 128);
	attempts(CTUCAN_BUS_FREE, 1);
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_WARNING);
	for (unsigned int i = 2; i < 40; i++)
		can_transmit(i);
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_ACTIVE);
	ASSERT_EQ(can_stats().passives, 1);
}

static void one_that_is_alone_stays_passive(void)
{
	can_begin(0);
	core->bus = CTUCAN_BUS_BUSY;
	can_transmit(1);
	attempts(CTUCAN_BUS_DEAF, 1000);
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_PASSIVE);
	attempts(CTUCAN_BUS_FREE, 1);
	ASSERT_EQ(uvio_can_pending(can), 0);
}

static void one_that_is_still_joining_is_not_bus_off(void)
{
	core->joins_late = true;
	can_begin(0);
	can_serve();
	can_transmit(1);
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_ACTIVE);
	ctucan_model_idle(core);
	attempts(CTUCAN_BUS_FREE, 1);
	ASSERT_EQ(uvio_can_pending(can), 0);
	ASSERT_EQ(can_stats().bus_offs, 0);
}

/* With frames that are given up, and some behind them. */
static void go_bus_off(int64_t restart)
{
	struct uvio_can_config config = {
		.size = sizeof(config), .timing.bitrate = 500000, .restart = restart};

	ASSERT_OK(uvio_can_start(can, &config));
	core->bus = CTUCAN_BUS_BUSY;
	for (unsigned int i = 1; i <= 6; i++)
		can_transmit(i);
	attempts(CTUCAN_BUS_ERROR, 32);
	core->bus = CTUCAN_BUS_FREE;
	core->joins_late = true;
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_BUS_OFF);
	ASSERT_EQ(can_stats().tx_failed, 4);
	ASSERT_EQ(uvio_can_pending(can), 2);
}

static void recover(void)
{
	can_serve();
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_BUS_OFF);
	ASSERT_EQ(core->sent_count, 0);
	ctucan_model_idle(core);
	can_serve();
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_ERROR_ACTIVE);
	can_serve();
	ASSERT_EQ(core->sent_count, 2);
	ASSERT_EQ(core->sent[0].can_id, 5);
	ASSERT_EQ(core->sent[1].can_id, 6);
	ASSERT_EQ(can_stats().restarts, 1);
}

static void bus_off_is_left_on_request(void)
{
	go_bus_off(0);
	ASSERT_EQ(can_next().can_id, CAN_ERR_FLAG | CAN_ERR_BUSOFF);
	ASSERT_OK(uvio_can_restart(can));
	recover();
	ASSERT(can_next().can_id & CAN_ERR_RESTARTED);
	can_nothing_more();
}

static void what_was_received_before_is_not_lost_by_it(void)
{
	const struct canfd_frame frame = {.can_id = 7};
	struct can_frame heard;

	go_bus_off(0);
	ASSERT_EQ(can_next().can_id, CAN_ERR_FLAG | CAN_ERR_BUSOFF);
	core->joined = true;
	for (unsigned int i = 0; i < 400; i++)
		ASSERT(ctucan_model_hear(core, &frame));
	core->joined = false;
	ASSERT_OK(uvio_can_restart(can));
	for (unsigned int i = 0; i < 400; i++)
		ASSERT_EQ(can_next().can_id, 7);
	ASSERT_EQ(uvio_can_receive(can, &heard, NULL, 1), 0);
	recover();
}

static void bus_off_is_left_after_a_time(void)
{
	go_bus_off(1);
	while (core->tec)
		can_serve();
	recover();
}

static void one_that_does_not_come_back_says_so(void)
{
	go_bus_off(0);
	core->never_resets = true;
	ASSERT_ERR(uvio_can_restart(can), -ETIMEDOUT, "waited for");
	ASSERT_EQ(uvio_can_state(can), CAN_STATE_BUS_OFF);
	core->never_resets = false;
	ASSERT_OK(uvio_can_restart(can));
	recover();
}

static CU_TestInfo errors[] = {
	TEST(one_shot_fails_where_nobody_acknowledges),
	TEST(a_failed_frame_keeps_its_place),
	TEST(lost_arbitration_is_reported_where_asked_for),
	TEST(bus_errors_are_reported_where_asked_for),
	TEST(states_follow_the_error_counters),
	TEST(one_that_is_alone_stays_passive),
	TEST(one_that_is_still_joining_is_not_bus_off),
	TEST(bus_off_is_left_on_request),
	TEST(what_was_received_before_is_not_lost_by_it),
	TEST(bus_off_is_left_after_a_time),
	TEST(one_that_does_not_come_back_says_so),
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
