/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_CARD_CAN_H
#define UVIO_CARD_CAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <uvio/can.h>

#include "card/channel.h"
#include "card/ring.h"

struct uvio_can_slot {
	struct canfd_frame frame;
	uint64_t time;
};

struct uvio_can {
	struct uvio_channel base;
	const struct uvio_can_ops *ops;
	struct uvio_can_info info;
	uint32_t modes;
	struct can_filter *filters;
	unsigned int filter_count;
	int64_t restart;
	int64_t restart_at; /* UVIO_CARD_NEVER: not bus-off, or not by itself */
	_Atomic uint32_t state;

	struct uvio_ring rx;
	struct uvio_can_slot *rx_slots;
	struct uvio_can_slot spare; /* for what the ring has no place for */
	bool rx_full;		    /* the place that was given is @spare */
	bool gap;		    /* frames were lost since the last one in the ring */

	struct uvio_ring tx; /* its tail: completed or failed */
	struct canfd_frame *tx_frames;
	uint32_t given; /* how many of them the chip has */

	/* Of struct uvio_can_stats. */
	struct {
		_Atomic uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes, tx_failed, rx_lost,
			rx_filtered, rx_overrun, bus_errors, warnings, passives, bus_offs, restarts;
	} count;
};

/** Where frames were lost: puts an error frame as soon as there is a place. */
void uvio_can_mark_gap(struct uvio_can *can);

/** Whether bit timing can be computed with them. 0; -EINVAL with a text. */
int uvio_can_check_limits(const struct can_bittiming_const *limits);

#endif /* UVIO_CARD_CAN_H */
