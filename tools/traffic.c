/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <string.h>
#include "traffic.h"

/* What the rounds of one measurement have. */
struct traffic {
	struct can_end *tx;
	struct can_end *rx; /* NULL: nobody receives */
	unsigned int batch;
	unsigned int part; /* which @rx is given before it is asked */
	uint32_t number;   /* of the next frame */
	struct serial_end *line;
	unsigned int block;
};

static void make_frames(struct traffic *t, struct canfd_frame *frames, unsigned int count)
{
	memset(frames, 0, count * sizeof(*frames));
	for (unsigned int i = 0; i < count; i++) {
		uint32_t number = t->number++;

		frames[i].can_id = number & CAN_SFF_MASK;
		frames[i].len = t->tx->fd ? CANFD_MAX_DLEN : CAN_MAX_DLEN;
		frames[i].flags = t->tx->fd ? CANFD_FDF | CANFD_BRS : 0;
		memcpy(frames[i].data, &number, sizeof(number));
	}
}

static int check_frames(
	const struct canfd_frame *sent, const struct canfd_frame *received, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (received[i].can_id != sent[i].can_id || received[i].len != sent[i].len ||
			memcmp(received[i].data, sent[i].data, sent[i].len) != 0)
			return uvio_fail(-EIO, "a frame 0x%x was sent, 0x%x received",
				sent[i].can_id, received[i].can_id);
	return 0;
}

static void close_ends(struct session *s)
{
	const struct traffic *t = s->traffic;

	t->tx->ops->close(t->tx);
	if (t->rx)
		t->rx->ops->close(t->rx);
}

static int open_ends(struct session *s)
{
	const struct traffic *t = s->traffic;
	int rc = t->rx ? t->rx->ops->open(t->rx, false) : 0;

	if (rc)
		return rc;
	rc = t->tx->ops->open(t->tx, true);
	if (rc && t->rx)
		t->rx->ops->close(t->rx);
	return rc;
}

static int pass(
	const struct traffic *t, const struct canfd_frame *sent, struct canfd_frame *received)
{
	int rc = 0;

	for (unsigned int i = 0; !rc && i < t->batch; i += t->part) {
		unsigned int part = t->batch - i < t->part ? t->batch - i : t->part;

		rc = t->tx->ops->send(t->tx, sent + i, part);
		if (!rc && t->rx)
			rc = t->rx->ops->receive(t->rx, received + i, part);
	}
	return rc;
}

static int round_frames(struct session *s, double *sample)
{
	struct canfd_frame sent[TRAFFIC_BATCH], received[TRAFFIC_BATCH];
	struct traffic *t = s->traffic;
	uint64_t start;
	int rc;

	make_frames(t, sent, t->batch);
	start = measure_now(s);
	rc = pass(t, sent, received);
	*sample = measure_since(s, start) / t->batch;
	return !rc && t->rx ? check_frames(sent, received, t->batch) : rc;
}

static const struct measurement frames_measurement = {
	.divisor = 2,
	.warm_up = 20,
	.prepare = open_ends,
	.round = round_frames,
	.finish = close_ends,
};

/* A peer may overrun a card which its program does not serve meanwhile. */
static unsigned int part_of(const struct session *s, const struct can_end *tx)
{
	return tx == s->comparison->peer ? TRAFFIC_PART : TRAFFIC_BATCH;
}

static struct figure measure_frames(
	struct session *s, struct can_end *tx, struct can_end *rx, unsigned int batch)
{
	struct traffic t = {.tx = tx, .rx = rx, .batch = batch, .part = part_of(s, tx)};
	struct figure figure = {0};

	s->traffic = &t;
	measure(s, &frames_measurement, rx ? "CAN, receive" : "CAN, send", &figure, NULL);
	s->traffic = NULL;
	return figure;
}

/* Whether they are on one bus at all. */
static bool hears(struct session *s, struct can_end *tx, struct can_end *rx)
{
	struct traffic t = {.tx = tx, .rx = rx, .batch = 1, .part = 1};
	double sample;
	bool heard;

	s->traffic = &t;
	heard = !open_ends(s);
	if (heard) {
		heard = !round_frames(s, &sample);
		close_ends(s);
	}
	s->traffic = NULL;
	return heard;
}

/* Receiving cannot be had alone: what sending costs is taken off. */
static struct figure less(const struct figure *whole, const struct figure *part)
{
	struct figure figure = {
		.known = whole->known && part->known,
		.median = whole->median - part->median,
		.p99 = whole->p99 - part->median,
		.max = whole->max - part->median,
	};

	return figure;
}

static void set_kind(struct session *s, struct can_end *ends, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		ends[i].fd = s->comparison->fd;
	if (s->comparison->peer)
		s->comparison->peer->fd = s->comparison->fd;
}

void measure_can(struct session *s, struct can_end *ends, unsigned int count)
{
	static const struct {
		unsigned int batch;
		enum figure_id send, receive;
	} rows[] = {
		{1, FIGURE_CAN_SEND_1, FIGURE_CAN_RECEIVE_1},
		{TRAFFIC_BATCH, FIGURE_CAN_SEND_16, FIGURE_CAN_RECEIVE_16},
	};
	struct can_end *peer = s->comparison->peer, *tx = peer ? peer : &ends[0];
	struct can_end *rx = peer ? &ends[0] : count > 1 ? &ends[1] : NULL;
	bool heard;

	set_kind(s, ends, count);
	heard = rx && hears(s, tx, rx);

	for (size_t i = 0; i < ARRAY_SIZE(rows) && !tool_signal(); i++) {
		struct figure *figures = s->result->figures, both, alone;

		figures[rows[i].send] = measure_frames(s, &ends[0], NULL, rows[i].batch);
		if (!heard)
			continue;
		alone = peer ? measure_frames(s, peer, NULL, rows[i].batch) : figures[rows[i].send];
		both = measure_frames(s, tx, rx, rows[i].batch);
		figures[rows[i].receive] = less(&both, &alone);
	}
}

static int open_line(struct session *s)
{
	return s->traffic->line->ops->open(s->traffic->line, s->traffic->block);
}

static void close_line(struct session *s)
{
	s->traffic->line->ops->close(s->traffic->line);
}

static int round_bytes(struct session *s, double *sample)
{
	uint8_t out[TRAFFIC_BLOCK], back[TRAFFIC_BLOCK];
	struct traffic *t = s->traffic;
	uint64_t start;
	int rc;

	for (unsigned int i = 0; i < t->block; i++)
		out[i] = (uint8_t)(i * 7 + t->number);
	t->number++;
	start = measure_now(s);
	rc = t->line->ops->trip(t->line, out, back, t->block);
	*sample = measure_since(s, start) / t->block;
	if (!rc && memcmp(out, back, t->block) != 0)
		rc = uvio_fail(-EIO, "bytes came back from the serial line other than sent");
	return rc;
}

static const struct measurement bytes_measurement = {
	.divisor = 5,
	.warm_up = 5,
	.prepare = open_line,
	.round = round_bytes,
	.finish = close_line,
};

void measure_serial(struct session *s, struct serial_end *end)
{
	static const struct {
		unsigned int block;
		enum figure_id id;
	} rows[] = {{16, FIGURE_SERIAL_16}, {TRAFFIC_BLOCK, FIGURE_SERIAL_256}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct traffic t = {.line = end, .block = rows[i].block};

		s->traffic = &t;
		measure(s, &bytes_measurement, figure_names[rows[i].id],
			&s->result->figures[rows[i].id], NULL);
		s->traffic = NULL;
	}
}
