/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Channels of a card driver, used as a program uses them that waits for interrupts. */
#include <config.h>
#include <errno.h>
#include <string.h>
#include "traffic.h"

/* Two bytes for a receiver that begins within one, then those that are looked for. */
static const uint8_t mark[] = {0xff, 0xff, 'u', 'v', 'i', 'o'};
enum { MARK_BEGIN = 2 };

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/*
 * Also where the card wakes its program for nothing; without an interrupt it is asked again. The
 * first wait is not late, and asks no clock.
 */
int traffic_wait(struct uvio_card *card, bool waits, int64_t *until)
{
	if (!*until)
		*until = -1;
	else if (*until < 0)
		*until = now() + UVIO_MS(TRAFFIC_LATE_MS);
	else if (now() >= *until)
		return uvio_fail(-ETIMEDOUT, "%s: nothing from the card within %d ms",
			uvio_udev_address(uvio_card_udev(card)), TRAFFIC_LATE_MS);
	return waits ? uvio_card_wait(card, UVIO_MS(TRAFFIC_LATE_MS)) : 0;
}

static int open_can(struct can_end *end, bool alone)
{
	struct uvio_can_config config = {
		.size = sizeof(config),
		.timing = {.bitrate = TRAFFIC_BITRATE},
		.data_timing = {.bitrate = end->fd ? TRAFFIC_DATA_BITRATE : 0},
	};
	int rc = uvio_can_get(end->card, end->channel, &end->can);

	if (rc)
		return rc;
	config.modes = alone ? CAN_CTRLMODE_PRESUME_ACK : 0;
	config.modes &= uvio_can_info(end->can)->modes;
	config.modes |= end->fd ? CAN_CTRLMODE_FD : 0;
	return uvio_can_start(end->can, &config);
}

static void close_can(struct can_end *end)
{
	uvio_can_stop(end->can);
}

static int send_frames(struct can_end *end, const struct canfd_frame *frames, unsigned int count)
{
	int64_t until = 0;
	int rc = uvio_can_send_fd(end->can, frames, count);

	if (rc >= 0 && rc < (int)count)
		return uvio_fail(-EIO, "%s: CAN channel %u takes %d frames of %u",
			uvio_udev_address(uvio_card_udev(end->card)), end->channel, rc, count);
	while (rc >= 0) {
		rc = uvio_card_poll(end->card);
		if (rc < 0 || !uvio_can_pending(end->can))
			break;
		rc = traffic_wait(end->card, end->waits, &until);
	}
	return rc < 0 ? rc : 0;
}

/* Those of errors are none. */
static unsigned int keep_data(struct canfd_frame *frames, unsigned int count)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < count; i++)
		if (!(frames[i].can_id & CAN_ERR_FLAG))
			frames[kept++] = frames[i];
	return kept;
}

static int receive_frames(struct can_end *end, struct canfd_frame *frames, unsigned int count)
{
	unsigned int got = 0;
	int64_t until = 0;
	int rc = 0;

	while (rc >= 0) {
		rc = uvio_can_receive_fd(end->can, frames + got, NULL, count - got);
		if (rc > 0)
			got += keep_data(frames + got, (unsigned int)rc);
		if (rc < 0 || got == count)
			break;
		rc = traffic_wait(end->card, end->waits, &until);
		if (!rc)
			rc = uvio_card_poll(end->card);
	}
	return rc < 0 ? rc : 0;
}

const struct can_end_ops can_end_card = {
	.open = open_can,
	.close = close_can,
	.send = send_frames,
	.receive = receive_frames,
};

/* Discards what was received up to the mark; @at: the byte of the mark that is to be the next. */
static int skip_to_mark(struct serial_end *end, unsigned int *at)
{
	uint8_t byte;
	int rc = 1;

	while (rc > 0 && *at < sizeof(mark)) {
		rc = uvio_serial_receive(end->serial, &byte, NULL, 1);
		if (rc > 0 && byte != mark[*at])
			*at = MARK_BEGIN;
		if (rc > 0 && byte == mark[*at])
			++*at;
	}
	return rc;
}

/* Bytes of a measurement before this one, which failed, may still come. */
static int drain(struct serial_end *end)
{
	unsigned int at = MARK_BEGIN;
	int64_t until = 0;
	int rc = uvio_serial_send(end->serial, mark, sizeof(mark));

	while (rc >= 0) {
		rc = uvio_card_poll(end->card);
		if (rc >= 0)
			rc = skip_to_mark(end, &at);
		if (rc < 0 || at == sizeof(mark))
			break;
		rc = traffic_wait(end->card, end->waits, &until);
	}
	return rc < 0 ? rc : 0;
}

static int open_serial(struct serial_end *end, unsigned int block)
{
	struct uvio_serial_config config = {
		.size = sizeof(config),
		.data_bits = 8,
		.stop_bits = 1,
		.loopback = true,
	};
	int rc = uvio_serial_get(end->card, 0, &end->serial);
	uint32_t most = rc ? 0 : uvio_serial_info(end->serial)->baud_max;

	(void)block;
	if (rc)
		return rc;
	config.baud = most < TRAFFIC_BAUD ? most : TRAFFIC_BAUD;
	rc = uvio_serial_start(end->serial, &config);
	if (rc)
		return rc;
	rc = drain(end);
	if (rc)
		uvio_serial_stop(end->serial);
	return rc;
}

static void close_serial(struct serial_end *end)
{
	uvio_serial_stop(end->serial);
}

static int trip(struct serial_end *end, const uint8_t *out, uint8_t *back, unsigned int count)
{
	unsigned int got = 0;
	int64_t until = 0;
	int rc = uvio_serial_send(end->serial, out, count);

	if (rc >= 0 && rc < (int)count)
		return uvio_fail(-EIO, "%s: the serial line takes %d bytes of %u",
			uvio_udev_address(uvio_card_udev(end->card)), rc, count);
	while (rc >= 0) {
		rc = uvio_card_poll(end->card);
		if (rc >= 0)
			rc = uvio_serial_receive(end->serial, back + got, NULL, count - got);
		if (rc < 0)
			break;
		got += (unsigned int)rc;
		if (got == count)
			return 0;
		rc = traffic_wait(end->card, end->waits, &until);
	}
	return rc;
}

const struct serial_end_ops serial_end_card = {
	.open = open_serial,
	.close = close_serial,
	.trip = trip,
};

void measure_classes(struct session *s)
{
	unsigned int cans = uvio_can_count(s->card);
	struct can_end ends[2];
	struct serial_end line = {.ops = &serial_end_card, .card = s->card};

	if (!cans && !uvio_serial_count(s->card))
		return;
	line.waits = uvio_card_fd(s->card) >= 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(ends); i++)
		ends[i] = (struct can_end){
			.ops = &can_end_card, .card = s->card, .channel = i, .waits = line.waits};
	if (cans)
		measure_can(s, ends, cans < ARRAY_SIZE(ends) ? cans : ARRAY_SIZE(ends));
	if (uvio_serial_count(s->card))
		measure_serial(s, &line);
}
