/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_CARD_SERIAL_H
#define UVIO_CARD_SERIAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <uvio/serial.h>

#include "card/channel.h"
#include "card/ring.h"

struct uvio_serial {
	struct uvio_channel base;
	const struct uvio_serial_ops *ops;
	struct uvio_serial_info info;
	bool flow;	/* by RTS and CTS */
	bool throttled; /* the other side was told to stop */
	bool gap;	/* bytes were lost since the last one in the ring */

	struct uvio_ring rx;
	uint8_t *rx_bytes;
	uint8_t *rx_marks; /* of the bytes */
	struct uvio_ring tx;
	uint8_t *tx_bytes;

	/* Of struct uvio_serial_stats. */
	struct {
		_Atomic uint64_t rx_bytes, tx_bytes, rx_lost, rx_overrun, parity_errors,
			framing_errors, breaks;
	} count;
};

#endif /* UVIO_CARD_SERIAL_H */
