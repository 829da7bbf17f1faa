/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The frames of a channel, between the program, the rings and the card driver. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/can.h>
#include <uvio/udev.h>

#include "base/error.h"
#include "card/can.h"
#include "card/card.h"

static const uint8_t lengths[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64};

/* Both structures are the same up to the data of a classic frame. */
_Static_assert(offsetof(struct can_frame, data) == offsetof(struct canfd_frame, data), "data");
_Static_assert(offsetof(struct can_frame, can_id) == offsetof(struct canfd_frame, can_id), "id");

unsigned int uvio_can_dlc_length(unsigned int dlc)
{
	return lengths[dlc & 15];
}

unsigned int uvio_can_length_dlc(unsigned int length)
{
	unsigned int dlc = 0;

	while (dlc < 15 && lengths[dlc] < length)
		dlc++;
	return dlc;
}

static int refuse(const struct uvio_can *can, int err, const char *why)
{
	return uvio_channel_fail(&can->base, err, "a frame to be sent %s", why);
}

static int check(const struct uvio_can *can, const struct canfd_frame *frame)
{
	bool fd = frame->flags & CANFD_FDF;

	if (frame->can_id & CAN_ERR_FLAG)
		return refuse(can, -EINVAL, "is an error frame");
	if (fd && !(can->modes & CAN_CTRLMODE_FD))
		return refuse(can, -ENOTSUP, "is CAN FD: start the channel with CAN_CTRLMODE_FD");
	if (fd && frame->can_id & CAN_RTR_FLAG)
		return refuse(can, -EINVAL, "is a remote frame, which CAN FD has not");
	if (!fd && frame->len > CAN_MAX_DLEN)
		return refuse(can, -EINVAL, "has more than 8 bytes, and is not CAN FD");
	if (fd && (frame->len > CANFD_MAX_DLEN ||
			  uvio_can_dlc_length(uvio_can_length_dlc(frame->len)) != frame->len))
		return refuse(can, -EINVAL, "has a length that CAN FD has not");
	return 0;
}

/* May it send at all? */
static int sends(
	const char *function, const struct uvio_can *can, const void *frames, unsigned int count)
{
	if (UVIO_NULL_IN(function, "can", can) ||
		(count && UVIO_NULL_IN(function, "frames", frames)))
		return -EINVAL;
	if (!can->base.started)
		return uvio_channel_is_down(&can->base);
	if (can->modes & CAN_CTRLMODE_LISTENONLY)
		return uvio_channel_fail(&can->base, -ENOTSUP, "it only listens");
	return 0;
}

static unsigned int fewer(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

int uvio_can_send_fd(struct uvio_can *can, const struct canfd_frame *frames, unsigned int count)
{
	unsigned int n;
	int rc = sends(__func__, can, frames, count);

	if (rc)
		return rc;
	count = fewer(count, uvio_ring_space(&can->tx));
	for (n = 0; n < count; n++) {
		rc = check(can, &frames[n]);
		if (rc)
			break;
		can->tx_frames[uvio_ring_in(&can->tx, n)] = frames[n];
	}
	uvio_ring_put(&can->tx, n);
	return n ? (int)n : rc;
}

int uvio_can_send(struct uvio_can *can, const struct can_frame *frames, unsigned int count)
{
	unsigned int n;
	int rc = sends(__func__, can, frames, count);

	if (rc)
		return rc;
	count = fewer(count, uvio_ring_space(&can->tx));
	for (n = 0; n < count; n++) {
		struct canfd_frame *frame = &can->tx_frames[uvio_ring_in(&can->tx, n)];

		memcpy(frame, &frames[n], sizeof(frames[n]));
		frame->flags = 0;
		rc = check(can, frame);
		if (rc)
			break;
	}
	uvio_ring_put(&can->tx, n);
	return n ? (int)n : rc;
}

unsigned int uvio_can_pending(const struct uvio_can *can)
{
	return can && can->base.started ? can->tx.capacity - uvio_ring_space(&can->tx) : 0;
}

unsigned int uvio_can_space(const struct uvio_can *can)
{
	return can && can->base.started ? uvio_ring_space(&can->tx) : 0;
}

static int receives(
	const char *function, const struct uvio_can *can, const void *frames, unsigned int count)
{
	if (UVIO_NULL_IN(function, "can", can) ||
		(count && UVIO_NULL_IN(function, "frames", frames)))
		return -EINVAL;
	return can->rx_slots ? (int)fewer(count, uvio_ring_used(&can->rx)) : 0;
}

int uvio_can_receive_fd(
	struct uvio_can *can, struct canfd_frame *frames, uint64_t *times, unsigned int count)
{
	int n = receives(__func__, can, frames, count);

	for (int i = 0; i < n; i++) {
		const struct uvio_can_slot *slot =
			&can->rx_slots[uvio_ring_out(&can->rx, (uint32_t)i)];

		frames[i] = slot->frame;
		if (times)
			times[i] = slot->time;
	}
	if (n > 0)
		uvio_ring_take(&can->rx, (uint32_t)n);
	return n;
}

int uvio_can_receive(
	struct uvio_can *can, struct can_frame *frames, uint64_t *times, unsigned int count)
{
	int i, n = receives(__func__, can, frames, count);

	for (i = 0; i < n; i++) {
		const struct uvio_can_slot *slot =
			&can->rx_slots[uvio_ring_out(&can->rx, (uint32_t)i)];

		if (slot->frame.flags & CANFD_FDF)
			break;
		memcpy(&frames[i], &slot->frame, sizeof(frames[i]));
		if (times)
			times[i] = slot->time;
	}
	if (i > 0)
		uvio_ring_take(&can->rx, (uint32_t)i);
	if (i || n <= 0)
		return i ? i : n;
	return uvio_channel_fail(
		&can->base, -EMSGSIZE, "the next frame is CAN FD: use uvio_can_receive_fd()");
}

/* As the kernel counts: the length of a remote frame is not one of data. */
static unsigned int bytes_of(const struct canfd_frame *frame)
{
	return frame->can_id & CAN_RTR_FLAG ? 0 : frame->len;
}

const struct canfd_frame *uvio_can_tx_next(struct uvio_can *can)
{
	if (uvio_ring_used(&can->tx) == can->given || uvio_can_state(can) == CAN_STATE_BUS_OFF)
		return NULL;
	return &can->tx_frames[uvio_ring_out(&can->tx, can->given)];
}

void uvio_can_tx_take(struct uvio_can *can)
{
	if (can->given < uvio_ring_used(&can->tx))
		can->given++;
	can->base.card->sent = true;
}

void uvio_can_tx_done(struct uvio_can *can, unsigned int count)
{
	uint64_t bytes = 0;

	count = fewer(count, can->given);
	for (unsigned int i = 0; i < count; i++)
		bytes += bytes_of(&can->tx_frames[uvio_ring_out(&can->tx, i)]);
	uvio_count(&can->count.tx_frames, count);
	uvio_count(&can->count.tx_bytes, bytes);
	can->given -= count;
	uvio_ring_take(&can->tx, count);
}

void uvio_can_tx_failed(struct uvio_can *can, unsigned int count)
{
	count = fewer(count, can->given);
	uvio_count(&can->count.tx_failed, count);
	can->given -= count;
	uvio_ring_take(&can->tx, count);
}

static void put_error(struct uvio_can *can, const struct can_frame *error)
{
	struct uvio_can_slot *slot;

	if (!uvio_ring_space(&can->rx)) {
		can->gap = true;
		return;
	}
	slot = &can->rx_slots[uvio_ring_in(&can->rx, 0)];
	memset(&slot->frame, 0, sizeof(slot->frame));
	memcpy(&slot->frame, error, sizeof(*error));
	slot->frame.can_id |= CAN_ERR_FLAG;
	slot->frame.flags = 0;
	slot->frame.len = CAN_ERR_DLC;
	slot->time = (uint64_t)uvio_card_now(can->base.card);
	uvio_ring_put(&can->rx, 1);
}

void uvio_can_mark_gap(struct uvio_can *can)
{
	static const struct can_frame lost = {
		.can_id = CAN_ERR_CRTL,
		.data[1] = CAN_ERR_CRTL_RX_OVERFLOW,
	};

	if (!uvio_ring_space(&can->rx))
		return;
	can->gap = false;
	put_error(can, &lost);
}

struct canfd_frame *uvio_can_rx_place(struct uvio_can *can)
{
	if (can->gap)
		uvio_can_mark_gap(can);
	can->rx_full = can->gap || !uvio_ring_space(&can->rx);
	return can->rx_full ? &can->spare.frame : &can->rx_slots[uvio_ring_in(&can->rx, 0)].frame;
}

/* As the kernel's raw sockets compare. */
static bool passes(const struct uvio_can *can, canid_t id)
{
	for (unsigned int i = 0; i < can->filter_count; i++) {
		const struct can_filter *filter = &can->filters[i];
		canid_t wanted = filter->can_id & ~CAN_INV_FILTER;

		if (((id & filter->can_mask) == (wanted & filter->can_mask)) !=
			!!(filter->can_id & CAN_INV_FILTER))
			return true;
	}
	return !can->filter_count;
}

static bool is_fd_length(unsigned int length)
{
	return length <= 8 || (length <= 24 && length % 4 == 0) || length == 32 || length == 48 ||
	       length == 64;
}

/* Whoever receives a frame trusts its length. */
static bool is_sound(const struct canfd_frame *frame)
{
	if (frame->can_id & CAN_ERR_FLAG)
		return false;
	if (!(frame->can_id & CAN_EFF_FLAG) && frame->can_id & CAN_EFF_MASK & ~CAN_SFF_MASK)
		return false;
	if (!(frame->flags & CANFD_FDF))
		return frame->len <= CAN_MAX_DLEN;
	return is_fd_length(frame->len) && !(frame->can_id & CAN_RTR_FLAG);
}

/* What is between the length that the driver gave and the next one that there is reads 0. */
static void make_sound(struct canfd_frame *frame)
{
	bool fd = frame->flags & CANFD_FDF;
	unsigned int length = fewer(frame->len, fd ? CANFD_MAX_DLEN : CAN_MAX_DLEN);

	frame->len = (uint8_t)uvio_can_dlc_length(uvio_can_length_dlc(length));
	memset(frame->data + length, 0, frame->len - length);
	frame->can_id &= ~(CAN_ERR_FLAG | (fd ? CAN_RTR_FLAG : 0));
	if (!(frame->can_id & CAN_EFF_FLAG))
		frame->can_id &= CAN_RTR_FLAG | CAN_SFF_MASK;
}

/* A chip without CAN FD sees an error in the form of such a frame. */
static void refuse_fd(struct uvio_can *can)
{
	static const struct can_frame error = {
		.can_id = CAN_ERR_BUSERROR | CAN_ERR_PROT,
		.data[2] = CAN_ERR_PROT_FORM,
	};

	uvio_can_bus_error(can, &error);
}

void uvio_can_rx_commit(struct uvio_can *can, uint64_t time)
{
	struct uvio_can_slot *slot =
		can->rx_full ? &can->spare : &can->rx_slots[uvio_ring_in(&can->rx, 0)];
	bool full = can->rx_full;

	can->rx_full = true; /* until there is a place again */
	if (slot->frame.flags & CANFD_FDF && !(can->modes & CAN_CTRLMODE_FD)) {
		refuse_fd(can);
		return;
	}
	if (!is_sound(&slot->frame))
		make_sound(&slot->frame);
	if (!passes(can, slot->frame.can_id)) {
		uvio_count(&can->count.rx_filtered, 1);
		return;
	}
	if (full) {
		can->gap = true;
		uvio_count(&can->count.rx_lost, 1);
		return;
	}
	slot->time = time ? time : (uint64_t)uvio_card_now(can->base.card);
	uvio_count(&can->count.rx_frames, 1);
	uvio_count(&can->count.rx_bytes, bytes_of(&slot->frame));
	uvio_ring_put(&can->rx, 1);
}

void uvio_can_rx_overrun(struct uvio_can *can)
{
	uvio_count(&can->count.rx_overrun, 1);
	can->gap = true;
	uvio_can_mark_gap(can);
}

void uvio_can_bus_error(struct uvio_can *can, const struct can_frame *error)
{
	if (!(can->modes & CAN_CTRLMODE_BERR_REPORTING))
		return;
	uvio_count(&can->count.bus_errors, 1);
	put_error(can, error);
}

/* The side whose counter is higher made the state change. */
static uint8_t crtl_of(enum can_state state, const struct can_berr_counter *counters)
{
	bool tx = counters->txerr >= counters->rxerr, rx = counters->rxerr >= counters->txerr;

	if (state == CAN_STATE_ERROR_ACTIVE)
		return CAN_ERR_CRTL_ACTIVE;
	if (state == CAN_STATE_ERROR_WARNING)
		return (tx ? CAN_ERR_CRTL_TX_WARNING : 0) | (rx ? CAN_ERR_CRTL_RX_WARNING : 0);
	return (tx ? CAN_ERR_CRTL_TX_PASSIVE : 0) | (rx ? CAN_ERR_CRTL_RX_PASSIVE : 0);
}

static void enter_bus_off(struct uvio_can *can, struct can_frame *error)
{
	error->can_id = CAN_ERR_BUSOFF;
	uvio_count(&can->count.bus_offs, 1);
	uvio_can_tx_failed(can, can->given);
	if (can->restart <= 0 || !can->ops->restart)
		return;
	can->restart_at = uvio_card_after(can->base.card, can->restart);
	uvio_card_wake_at(can->base.card, can->restart_at);
}

void uvio_can_set_state(
	struct uvio_can *can, enum can_state state, const struct can_berr_counter *counters)
{
	enum can_state before = uvio_can_state(can);
	struct can_frame error = {.can_id = CAN_ERR_CRTL};

	if (state == before)
		return;
	atomic_store(&can->state, state);
	error.data[6] = (uint8_t)fewer(counters->txerr, UINT8_MAX);
	error.data[7] = (uint8_t)fewer(counters->rxerr, UINT8_MAX);
	if (state == CAN_STATE_BUS_OFF)
		enter_bus_off(can, &error);
	else
		error.data[1] = crtl_of(state, counters);
	if (before == CAN_STATE_BUS_OFF) {
		can->restart_at = UVIO_CARD_NEVER;
		error.can_id |= CAN_ERR_RESTARTED;
		uvio_count(&can->count.restarts, 1);
	}
	if (state == CAN_STATE_ERROR_WARNING)
		uvio_count(&can->count.warnings, 1);
	if (state == CAN_STATE_ERROR_PASSIVE)
		uvio_count(&can->count.passives, 1);
	put_error(can, &error);
}
