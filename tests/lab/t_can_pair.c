/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Two channels of CAN that are on one bus, of one card or of two, and the frames that go from each
 * to the other: none is lost, none comes twice, and their order stays.
 *
 *	t_can_pair BACKEND COUNT fd|classic ADDRESS/CHANNEL ADDRESS/CHANNEL
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/can.h>
#include <uvio/uvio.h>

#define BATCH 16
#define CARDS 2

struct end {
	struct uvio_can *can;
	struct uvio_card *card;
	uint64_t sends, expects; /* states of the generators of the frames */
	unsigned int sent, received;
};

static struct uvio_ctx *ctx;
static struct {
	char address[64];
	struct uvio_udev *udev;
	struct uvio_card *card;
} cards[CARDS];
static bool fd;

static void fail(const char *what)
{
	printf("not ok - %s: %s\n", what, uvio_last_error());
	exit(1);
}

/* Knuth's generator, whose high bits are good enough. */
static uint32_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 32);
}

/* Remote frames without a length: an emulation of the SJA1000 loses its place after others. */
static struct canfd_frame frame_of(uint64_t *state)
{
	struct canfd_frame frame = {.can_id = next(state)};
	uint32_t kind = next(state);

	frame.can_id = kind & 1 ? (frame.can_id & CAN_EFF_MASK) | CAN_EFF_FLAG
				: frame.can_id & CAN_SFF_MASK;
	if (fd && kind & 2) {
		frame.flags = CANFD_FDF | (kind & 4 ? CANFD_BRS : 0);
		frame.len = (uint8_t)uvio_can_dlc_length(kind >> 8 & 15);
	} else if (!(kind & 0xf0)) {
		frame.can_id |= CAN_RTR_FLAG;
	} else {
		frame.len = (uint8_t)((kind >> 8) % 9);
	}
	for (unsigned int i = 0; i < frame.len; i++)
		frame.data[i] = (uint8_t)next(state);
	return frame;
}

static struct uvio_card *card_at(const char *address, const char *backend)
{
	struct uvio_open_options options = {.backend = backend};
	unsigned int i = 0;

	while (cards[i].card && strcmp(cards[i].address, address))
		i++;
	if (cards[i].card)
		return cards[i].card;
	snprintf(cards[i].address, sizeof(cards[i].address), "%s", address);
	if (uvio_udev_open(ctx, address, &options, &cards[i].udev))
		fail("open");
	if (uvio_card_attach(uvio_driver_match(ctx, uvio_udev_vendor(cards[i].udev),
				     uvio_udev_device(cards[i].udev), UVIO_ANY_ID, UVIO_ANY_ID),
		    cards[i].udev, &cards[i].card))
		fail("attach");
	return cards[i].card;
}

static void begin(struct end *end, char *place, const char *backend)
{
	struct uvio_can_config config = {
		.size = sizeof(config),
		.timing = {.bitrate = 500000},
		.data_timing = {.bitrate = 2000000},
		.modes = fd ? CAN_CTRLMODE_FD : 0,
	};
	char *slash = strchr(place, '/');

	*slash = 0;
	end->card = card_at(place, backend);
	if (uvio_can_get(end->card, (unsigned int)atoi(slash + 1), &end->can) ||
		uvio_can_start(end->can, &config))
		fail("start");
}

static void send_some(struct end *end, unsigned int count)
{
	struct canfd_frame frames[BATCH];
	unsigned int batch = count - end->sent < BATCH ? count - end->sent : BATCH;
	uint64_t state = end->sends;
	int n;

	if (batch > uvio_can_space(end->can))
		batch = uvio_can_space(end->can);
	for (unsigned int i = 0; i < batch; i++)
		frames[i] = frame_of(&state);
	n = uvio_can_send_fd(end->can, frames, batch);
	if (n != (int)batch)
		fail("send");
	end->sends = state;
	end->sent += batch;
}

static void receive_some(struct end *end)
{
	struct canfd_frame frames[BATCH];
	int n = uvio_can_receive_fd(end->can, frames, NULL, BATCH);

	if (n < 0)
		fail("receive");
	for (int i = 0; i < n; i++) {
		struct canfd_frame wanted = frame_of(&end->expects);

		if (!memcmp(&wanted, &frames[i], offsetof(struct canfd_frame, data) + wanted.len)) {
			end->received++;
			continue;
		}
		printf("not ok - frame %u: id 0x%x length %u flags 0x%x expected, id 0x%x length "
		       "%u flags 0x%x received\n",
			end->received, wanted.can_id, wanted.len, wanted.flags, frames[i].can_id,
			frames[i].len, frames[i].flags);
		exit(1);
	}
}

static void serve(struct end *ends)
{
	for (int i = 0; i < CARDS; i++)
		if (cards[i].card && uvio_card_poll(cards[i].card) < 0)
			fail("poll");
	receive_some(&ends[0]);
	receive_some(&ends[1]);
}

static void wait_for(struct uvio_card *card)
{
	if (uvio_card_wait(card, UVIO_MS(60000)))
		fail("wait");
}

static bool done(const struct end *ends, unsigned int count)
{
	return ends[0].received == count && ends[1].received == count &&
	       !uvio_can_pending(ends[0].can) && !uvio_can_pending(ends[1].can);
}

static void exchange(struct end *ends, unsigned int count)
{
	while (!done(ends, count)) {
		bool idle = ends[0].sent == count && ends[1].sent == count;

		for (int i = 0; i < 2; i++)
			if (ends[i].sent < count && ends[i].sent - ends[!i].received < 256)
				send_some(&ends[i], count);
		serve(ends);
		if (idle && !done(ends, count) && !cards[1].card)
			wait_for(cards[0].card);
	}
}

static void end_all(void)
{
	for (int i = 0; i < CARDS; i++) {
		uvio_card_detach(cards[i].card);
		uvio_udev_close(cards[i].udev);
	}
	uvio_ctx_free(ctx);
}

int main(int argc, char **argv)
{
	struct end ends[2] = {{.sends = 1, .expects = 2}, {.sends = 2, .expects = 1}};
	struct uvio_can_stats stats;
	unsigned int count;

	if (argc != 6)
		return 2;
	count = (unsigned int)atoi(argv[2]);
	fd = !strcmp(argv[3], "fd");
	if (uvio_ctx_new(NULL, &ctx))
		fail("context");
	begin(&ends[0], argv[4], argv[1]);
	begin(&ends[1], argv[5], argv[1]);
	for (int i = 0; i < CARDS; i++)
		if (cards[i].card && uvio_card_fd(cards[i].card) < 0)
			fail("descriptor");
	exchange(ends, count);
	uvio_can_stats(ends[0].can, &stats);
	printf("ok - %u frames each way, %llu lost, %llu overruns\n", count,
		(unsigned long long)stats.rx_lost, (unsigned long long)stats.rx_overrun);
	end_all();
	return 0;
}
