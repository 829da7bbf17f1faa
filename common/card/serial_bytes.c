/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The bytes of a line, between the program, the rings and the card driver. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/serial.h>
#include <uvio/udev.h>

#include "base/error.h"
#include "card/card.h"
#include "card/serial.h"

static uint32_t fewer(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* How many places follow @place without a turn of the ring. */
static uint32_t straight(const struct uvio_ring *ring, uint32_t place, uint32_t count)
{
	return fewer(count, ring->mask + 1 - place);
}

int uvio_serial_send(struct uvio_serial *serial, const void *bytes, unsigned int count)
{
	uint32_t place, first;

	if (UVIO_NULL("serial", serial) || (count && UVIO_NULL("bytes", bytes)))
		return -EINVAL;
	if (!serial->base.started)
		return uvio_channel_is_down(&serial->base);
	count = fewer(count, uvio_ring_space(&serial->tx));
	place = uvio_ring_in(&serial->tx, 0);
	first = straight(&serial->tx, place, count);
	memcpy(serial->tx_bytes + place, bytes, first);
	memcpy(serial->tx_bytes, (const uint8_t *)bytes + first, count - first);
	uvio_ring_put(&serial->tx, count);
	return (int)count;
}

unsigned int uvio_serial_space(const struct uvio_serial *serial)
{
	return serial && serial->base.started ? uvio_ring_space(&serial->tx) : 0;
}

int uvio_serial_pending(struct uvio_serial *serial)
{
	uint32_t used;

	if (UVIO_NULL("serial", serial))
		return -EINVAL;
	if (!serial->base.started)
		return uvio_channel_is_down(&serial->base);
	used = serial->tx.capacity - uvio_ring_space(&serial->tx);
	if (used || !serial->ops->sending)
		return (int)used;
	return serial->ops->sending(serial->base.card->priv, serial->base.index);
}

static void copy_out(const struct uvio_serial *serial, uint8_t *to, const uint8_t *from,
	uint32_t place, uint32_t count)
{
	uint32_t first = straight(&serial->rx, place, count);

	memcpy(to, from + place, first);
	memcpy(to + first, from, count - first);
}

int uvio_serial_receive(
	struct uvio_serial *serial, uint8_t *bytes, uint8_t *marks, unsigned int count)
{
	uint32_t place;

	if (UVIO_NULL("serial", serial) || (count && UVIO_NULL("bytes", bytes)))
		return -EINVAL;
	if (!serial->rx_bytes || !count)
		return 0;
	count = fewer(count, uvio_ring_used(&serial->rx));
	place = uvio_ring_out(&serial->rx, 0);
	copy_out(serial, bytes, serial->rx_bytes, place, count);
	if (marks)
		copy_out(serial, marks, serial->rx_marks, place, count);
	uvio_ring_take(&serial->rx, count);
	return (int)count;
}

static void count_marks(struct uvio_serial *serial, uint8_t marks)
{
	if (marks & UVIO_MARK_PARITY)
		uvio_count(&serial->count.parity_errors, 1);
	if (marks & UVIO_MARK_FRAMING)
		uvio_count(&serial->count.framing_errors, 1);
	if (marks & UVIO_MARK_BREAK)
		uvio_count(&serial->count.breaks, 1);
	if (marks & UVIO_MARK_OVERRUN)
		uvio_count(&serial->count.rx_overrun, 1);
}

void uvio_serial_rx(struct uvio_serial *serial, uint8_t byte, uint8_t marks)
{
	uint32_t place = uvio_ring_in(&serial->rx, 0);

	count_marks(serial, marks);
	if (!uvio_ring_space(&serial->rx)) {
		serial->gap = true;
		uvio_count(&serial->count.rx_lost, 1);
		return;
	}
	serial->rx_bytes[place] = byte;
	serial->rx_marks[place] = marks | (serial->gap ? UVIO_MARK_OVERRUN : 0);
	serial->gap = false;
	uvio_count(&serial->count.rx_bytes, 1);
	uvio_ring_put(&serial->rx, 1);
}

void uvio_serial_rx_overrun(struct uvio_serial *serial)
{
	serial->gap = true;
	uvio_count(&serial->count.rx_overrun, 1);
}

uint8_t *uvio_serial_rx_place(struct uvio_serial *serial, unsigned int *count)
{
	uint32_t place = uvio_ring_in(&serial->rx, 0);

	*count = straight(&serial->rx, place, uvio_ring_space(&serial->rx));
	return *count ? serial->rx_bytes + place : NULL;
}

void uvio_serial_rx_commit(struct uvio_serial *serial, unsigned int count)
{
	uint32_t place = uvio_ring_in(&serial->rx, 0);

	count = fewer(count, straight(&serial->rx, place, uvio_ring_space(&serial->rx)));
	if (!count)
		return;
	memset(serial->rx_marks + place, 0, count);
	if (serial->gap)
		serial->rx_marks[place] = UVIO_MARK_OVERRUN;
	serial->gap = false;
	uvio_count(&serial->count.rx_bytes, count);
	uvio_ring_put(&serial->rx, count);
}

const uint8_t *uvio_serial_tx_next(struct uvio_serial *serial, unsigned int *count)
{
	uint32_t place = uvio_ring_out(&serial->tx, 0);

	*count = straight(&serial->tx, place, uvio_ring_used(&serial->tx));
	return *count ? serial->tx_bytes + place : NULL;
}

void uvio_serial_tx_take(struct uvio_serial *serial, unsigned int count)
{
	count = fewer(count, uvio_ring_used(&serial->tx));
	uvio_count(&serial->count.tx_bytes, count);
	uvio_ring_take(&serial->tx, count);
	serial->base.card->sent = true;
}
