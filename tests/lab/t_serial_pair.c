/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Pairs of serial lines that are joined, of one card or of two, and random bytes that go from each
 * line to the other: none is lost, none comes twice, and their order stays.
 *
 *	t_serial_pair BACKEND BYTES ADDRESS/LINE ADDRESS/LINE [ADDRESS/LINE ADDRESS/LINE...]
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/serial.h>
#include <uvio/uvio.h>

/*
 * On their way at most: an emulated line that is joined to another one of the same virtual machine
 * by a socket takes each byte as a message, of which the socket has room for some 270; the machine
 * stands still until the other line has taken one, which it then cannot.
 */
#define ON_THE_WAY 128
#define BATCH 64
#define CARDS 2
#define ENDS 16

struct end {
	struct uvio_serial *serial;
	uint64_t sends, expects; /* states of the generators of the bytes */
	unsigned int sent, received;
};

static struct uvio_ctx *ctx;
static struct {
	char address[64];
	struct uvio_udev *udev;
	struct uvio_card *card;
} cards[CARDS];
static struct end ends[ENDS];
static unsigned int end_count, bytes;

static void fail(const char *what)
{
	printf("not ok - %s: %s\n", what, uvio_last_error());
	exit(1);
}

static uint8_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint8_t)(*state >> 56);
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
	if (uvio_card_fd(cards[i].card) < 0)
		fail("descriptor");
	return cards[i].card;
}

static void begin(struct end *end, char *place, const char *backend)
{
	struct uvio_serial_config config = {
		.size = sizeof(config), .baud = 38400, .data_bits = 8, .stop_bits = 1};
	char *slash = strchr(place, '/');

	*slash = 0;
	if (uvio_serial_get(card_at(place, backend), (unsigned int)atoi(slash + 1), &end->serial) ||
		uvio_serial_start(end->serial, &config))
		fail("start");
}

static void send_some(struct end *end, const struct end *other)
{
	uint8_t batch[BATCH];
	unsigned int count = bytes - end->sent < BATCH ? bytes - end->sent : BATCH;

	if (end->sent - other->received > ON_THE_WAY - BATCH)
		return;
	if (count > uvio_serial_space(end->serial))
		count = uvio_serial_space(end->serial);
	for (unsigned int i = 0; i < count; i++)
		batch[i] = next(&end->sends);
	if (uvio_serial_send(end->serial, batch, count) != (int)count)
		fail("send");
	end->sent += count;
}

static void receive_some(struct end *end)
{
	uint8_t batch[BATCH], marks[BATCH];
	int n = uvio_serial_receive(end->serial, batch, marks, BATCH);

	if (n < 0)
		fail("receive");
	for (int i = 0; i < n; i++, end->received++) {
		uint8_t wanted = next(&end->expects);

		if (batch[i] == wanted && !marks[i])
			continue;
		printf("not ok - line %u byte %u: 0x%02x expected, 0x%02x received, marks 0x%x\n",
			(unsigned int)(end - ends), end->received, wanted, batch[i], marks[i]);
		exit(1);
	}
}

static bool done(void)
{
	for (unsigned int i = 0; i < end_count; i++)
		if (ends[i].received < bytes || uvio_serial_pending(ends[i].serial))
			return false;
	return true;
}

static int poll_all(void)
{
	int found = 0;

	for (unsigned int i = 0; i < CARDS && cards[i].card; i++) {
		int n = uvio_card_poll(cards[i].card);

		if (n < 0)
			fail("poll");
		found += n;
	}
	return found;
}

static void exchange(void)
{
	while (!done()) {
		int found;

		for (unsigned int i = 0; i < end_count; i++)
			send_some(&ends[i], &ends[i ^ 1]);
		found = poll_all();
		for (unsigned int i = 0; i < end_count; i++)
			receive_some(&ends[i]);
		if (!found && !done() && !cards[1].card &&
			uvio_card_wait(cards[0].card, UVIO_MS(60000)))
			fail("wait");
	}
}

int main(int argc, char **argv)
{
	if (argc < 5 || argc - 3 > ENDS)
		return 2;
	bytes = (unsigned int)atoi(argv[2]);
	if (uvio_ctx_new(NULL, &ctx))
		fail("context");
	end_count = (unsigned int)argc - 3;
	for (unsigned int i = 0; i < end_count; i++) {
		ends[i].sends = i;
		ends[i].expects = i ^ 1;
		begin(&ends[i], argv[3 + i], argv[1]);
	}
	exchange();
	printf("ok - %u bytes each way on %u lines\n", bytes, end_count);
	for (unsigned int i = 0; i < CARDS; i++) {
		uvio_card_detach(cards[i].card);
		uvio_udev_close(cards[i].udev);
	}
	uvio_ctx_free(ctx);
	return 0;
}
