/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <uvio/uvio.h>

#include "harness.h"
#include "idle_card.h"
#include "inject_process.h"
#include "stack.h"

static struct uvio_card *attached;
static struct uvio_can *can;
static struct uvio_serial *serial;
static struct can_frame frame;
static struct canfd_frame fd_frame;
static struct can_berr_counter counters;
static struct can_bittiming timing = {.bitrate = 125000};
static struct uvio_can_stats can_stats;
static struct uvio_serial_stats serial_stats;
static enum can_state state;
static unsigned int count;
static uint8_t bytes[1];

static const struct uvio_driver *edu(void)
{
	return uvio_driver_match(NULL, 0x1234, 0x11e8, UVIO_ANY_ID, UVIO_ANY_ID);
}

static void begin_attached(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_card_attach(&idle_driver, udev, &attached));
	ASSERT_OK(uvio_can_get(attached, 0, &can));
	ASSERT_OK(uvio_serial_get(attached, 0, &serial));
}

static void begin_started(void)
{
	begin_attached();
	ASSERT_OK(uvio_can_start(can, &idle_can_config));
	ASSERT_OK(uvio_serial_start(serial, &idle_serial_config));
}

static void begin_received(void)
{
	begin_started();
	*uvio_can_rx_place(can) = (struct canfd_frame){.len = 1};
	uvio_can_rx_commit(can, 0);
}

static void begin_taken(void)
{
	begin_started();
	ASSERT_EQ(uvio_can_send(can, &frame, 1), 1);
	uvio_can_tx_take(can);
}

static void begin_awake(void)
{
	begin_started();
	ASSERT(uvio_card_fd(attached) >= 3);
}

void stack_card_end(void)
{
	uvio_card_detach(attached);
	attached = NULL;
}

RUN(can_bus_error, uvio_can_bus_error(can, &frame))
RUN(can_count, uvio_can_count(attached))
RUN(can_counters, uvio_can_counters(can, &counters))
RUN(can_dlc_length, uvio_can_dlc_length(15))
RUN(can_get, uvio_can_get(attached, 1, &can))
RUN(can_info, uvio_can_info(can))
RUN(can_length_dlc, uvio_can_length_dlc(64))
RUN(can_pending, uvio_can_pending(can))
RUN(can_receive, uvio_can_receive(can, &frame, NULL, 1))
RUN(can_receive_fd, uvio_can_receive_fd(can, &fd_frame, NULL, 1))
RUN(can_restart, uvio_can_restart(can))
RUN(can_rx_commit, (uvio_can_rx_place(can), uvio_can_rx_commit(can, 0)))
RUN(can_rx_overrun, uvio_can_rx_overrun(can))
RUN(can_rx_place, uvio_can_rx_place(can))
RUN(can_send, uvio_can_send(can, &frame, 1))
RUN(can_send_fd, uvio_can_send_fd(can, &fd_frame, 1))
RUN(can_set_state, uvio_can_set_state(can, CAN_STATE_BUS_OFF, &counters))
RUN(can_space, uvio_can_space(can))
RUN(can_start, uvio_can_start(can, &idle_can_config))
RUN(can_state, state = uvio_can_state(can))
RUN(can_stats, uvio_can_stats(can, &can_stats))
RUN(can_stop, uvio_can_stop(can))
RUN(can_timing, uvio_can_timing(&idle_limits, 7, &timing))
RUN(can_tx_done, uvio_can_tx_done(can, 1))
RUN(can_tx_failed, uvio_can_tx_failed(can, 1))
RUN(can_tx_next, uvio_can_tx_next(can))
RUN(can_tx_take, uvio_can_tx_take(can))
RUN(card_attach, uvio_card_attach(edu(), udev, &attached))
RUN(card_detach, (uvio_card_detach(attached), attached = NULL))
RUN(card_driver, uvio_card_driver(attached))
RUN(card_fd, uvio_card_fd(attached))
RUN(card_kick, uvio_card_kick(attached))
RUN(card_poll, uvio_card_poll(attached))
RUN(card_priv, uvio_card_priv(attached))
RUN(card_service, uvio_card_service(attached))
RUN(card_udev, uvio_card_udev(attached))
RUN(card_wait, uvio_card_wait(attached, 0))
RUN(driver_id_of, uvio_driver_id_of(edu(), 0x1234, 0x11e8, 1, 2))
RUN(seen_name, uvio_seen_name(UVIO_SEEN_MODEL))
RUN(serial_break, uvio_serial_break(serial, true))
RUN(serial_count, uvio_serial_count(attached))
RUN(serial_get, uvio_serial_get(attached, 1, &serial))
RUN(serial_info, uvio_serial_info(serial))
RUN(serial_modem, uvio_serial_modem(serial, &count))
RUN(serial_modem_set, uvio_serial_modem_set(serial, 1, 1))
RUN(serial_pending, uvio_serial_pending(serial))
RUN(serial_receive, uvio_serial_receive(serial, bytes, bytes, 1))
RUN(serial_rx, uvio_serial_rx(serial, 1, 0))
RUN(serial_rx_commit, uvio_serial_rx_commit(serial, 1))
RUN(serial_rx_overrun, uvio_serial_rx_overrun(serial))
RUN(serial_rx_place, uvio_serial_rx_place(serial, &count))
RUN(serial_send, uvio_serial_send(serial, bytes, 1))
RUN(serial_set, uvio_serial_set(serial, &idle_serial_config))
RUN(serial_space, uvio_serial_space(serial))
RUN(serial_start, uvio_serial_start(serial, &idle_serial_config))
RUN(serial_stats, uvio_serial_stats(serial, &serial_stats))
RUN(serial_stop, uvio_serial_stop(serial))
RUN(serial_tx_next, uvio_serial_tx_next(serial, &count))
RUN(serial_tx_take, (uvio_serial_send(serial, bytes, 1), uvio_serial_tx_take(serial, 1)))

const struct measured stack_card[] = {
	{"uvio_can_bus_error", .run = run_can_bus_error, .begin = begin_started},
	{"uvio_can_count", .run = run_can_count, .begin = begin_attached},
	{"uvio_can_counters", .run = run_can_counters, .begin = begin_started},
	{"uvio_can_dlc_length", .run = run_can_dlc_length},
	{"uvio_can_get", .run = run_can_get, .begin = begin_attached},
	{"uvio_can_info", .run = run_can_info, .begin = begin_attached},
	{"uvio_can_length_dlc", .run = run_can_length_dlc},
	{"uvio_can_pending", .run = run_can_pending, .begin = begin_started},
	{"uvio_can_receive", .run = run_can_receive, .begin = begin_received},
	{"uvio_can_receive_fd", .run = run_can_receive_fd, .begin = begin_received},
	{"uvio_can_restart", .run = run_can_restart, .begin = begin_started},
	{"uvio_can_rx_commit", .run = run_can_rx_commit, .begin = begin_started},
	{"uvio_can_rx_overrun", .run = run_can_rx_overrun, .begin = begin_started},
	{"uvio_can_rx_place", .run = run_can_rx_place, .begin = begin_started},
	{"uvio_can_send", .run = run_can_send, .begin = begin_started},
	{"uvio_can_send_fd", .run = run_can_send_fd, .begin = begin_started},
	{"uvio_can_set_state", .run = run_can_set_state, .begin = begin_started},
	{"uvio_can_space", .run = run_can_space, .begin = begin_started},
	{"uvio_can_start", .run = run_can_start, .begin = begin_attached},
	{"uvio_can_state", .run = run_can_state, .begin = begin_started},
	{"uvio_can_stats_sized", .run = run_can_stats, .begin = begin_started},
	{"uvio_can_stop", .run = run_can_stop, .begin = begin_started},
	{"uvio_can_timing", .run = run_can_timing},
	{"uvio_can_tx_done", .run = run_can_tx_done, .begin = begin_taken},
	{"uvio_can_tx_failed", .run = run_can_tx_failed, .begin = begin_taken},
	{"uvio_can_tx_next", .run = run_can_tx_next, .begin = begin_started},
	{"uvio_can_tx_take", .run = run_can_tx_take, .begin = begin_started},
	{"uvio_card_attach", .run = run_card_attach, .begin = card_open_asserted},
	{"uvio_card_detach", .run = run_card_detach, .begin = begin_started},
	{"uvio_card_driver", .run = run_card_driver, .begin = begin_attached},
	{"uvio_card_fd", .run = run_card_fd, .begin = begin_attached},
	{"uvio_card_kick", .run = run_card_kick, .begin = begin_awake},
	{"uvio_card_poll", .run = run_card_poll, .begin = begin_awake},
	{"uvio_card_priv", .run = run_card_priv, .begin = begin_attached},
	{"uvio_card_service", .run = run_card_service, .begin = begin_attached},
	{"uvio_card_udev", .run = run_card_udev, .begin = begin_attached},
	{"uvio_card_wait", .run = run_card_wait, .begin = begin_awake},
	{"uvio_driver_id_of", .run = run_driver_id_of},
	{"uvio_seen_name", .run = run_seen_name},
	{"uvio_serial_break", .run = run_serial_break, .begin = begin_started},
	{"uvio_serial_count", .run = run_serial_count, .begin = begin_attached},
	{"uvio_serial_get", .run = run_serial_get, .begin = begin_attached},
	{"uvio_serial_info", .run = run_serial_info, .begin = begin_attached},
	{"uvio_serial_modem", .run = run_serial_modem, .begin = begin_started},
	{"uvio_serial_modem_set", .run = run_serial_modem_set, .begin = begin_started},
	{"uvio_serial_pending", .run = run_serial_pending, .begin = begin_started},
	{"uvio_serial_receive", .run = run_serial_receive, .begin = begin_started},
	{"uvio_serial_rx", .run = run_serial_rx, .begin = begin_started},
	{"uvio_serial_rx_commit", .run = run_serial_rx_commit, .begin = begin_started},
	{"uvio_serial_rx_overrun", .run = run_serial_rx_overrun, .begin = begin_started},
	{"uvio_serial_rx_place", .run = run_serial_rx_place, .begin = begin_started},
	{"uvio_serial_send", .run = run_serial_send, .begin = begin_started},
	{"uvio_serial_set", .run = run_serial_set, .begin = begin_started},
	{"uvio_serial_space", .run = run_serial_space, .begin = begin_started},
	{"uvio_serial_start", .run = run_serial_start, .begin = begin_attached},
	{"uvio_serial_stats_sized", .run = run_serial_stats, .begin = begin_started},
	{"uvio_serial_stop", .run = run_serial_stop, .begin = begin_started},
	{"uvio_serial_tx_next", .run = run_serial_tx_next, .begin = begin_started},
	{"uvio_serial_tx_take", .run = run_serial_tx_take, .begin = begin_started},
	{NULL},
};
