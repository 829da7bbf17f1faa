/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Pairs of ends that are on one bus each: channels of cards, by the library, and interfaces of the
 * kernel. Frames of random id, length and kind go from each end to the other, all pairs at once,
 * and are compared one by one: none is lost, none comes twice, and their order stays.
 *
 *	t_can_peer [-b BACKEND] [-f] [-F] [-n COUNT] [-w WINDOW] END END [END END]...
 *
 * END is ADDRESS/CHANNEL or the name of an interface. -f: CAN FD, too. -F: channels of cards let
 * through a part of the frames. -w: so many frames are on their way at most.
 */
#include <config.h>

#include <errno.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uvio/can.h>
#include <uvio/uvio.h>

enum { BATCH = 16, CARDS = 4, ENDS = 8, STALLED_MS = 60000 };

struct end {
	const char *name;
	int fd; /* of a socket; -1: a channel of a card */
	struct uvio_can *can;
	uint64_t sends, expects; /* states of the generators of the frames */
	unsigned int sent, received;
};

static struct uvio_ctx *ctx;
static struct {
	char address[64];
	struct uvio_udev *udev;
	struct uvio_card *card;
} cards[CARDS];
static struct end ends[ENDS];
static int end_count;
static const char *backend;
static bool fd, filtered;
static unsigned int count = 1000, window = 4;

static const struct can_filter filters[] = {
	{0x200, CAN_EFF_FLAG | 0x600},
	{CAN_EFF_FLAG | 0x10000000, CAN_EFF_FLAG | 0x18000000},
};

static void fail(const char *name, const char *what)
{
	printf("not ok - %s: %s: %s\n", name, what, uvio_last_error());
	exit(1);
}

static void fail_errno(const char *name, const char *what)
{
	printf("not ok - %s: %s: %s\n", name, what, strerror(errno));
	exit(1);
}

/* Knuth's generator, whose high bits are good enough. */
static uint32_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 32);
}

static bool passes(const struct canfd_frame *frame)
{
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if ((frame->can_id & filters[i].can_mask) ==
			(filters[i].can_id & filters[i].can_mask))
			return true;
	return false;
}

/* Remote frames without a length: an emulation of the SJA1000 loses its place after others. The
 * last of each window passes the filters, so that it is known when the others have gone by. */
static struct canfd_frame frame_of(uint64_t *state, unsigned int number)
{
	struct canfd_frame frame = {.can_id = next(state)};
	uint32_t kind = next(state);

	frame.can_id = kind & 1 ? (frame.can_id & CAN_EFF_MASK) | CAN_EFF_FLAG
				: frame.can_id & CAN_SFF_MASK;
	if (filtered && number % window == window - 1)
		frame.can_id = (frame.can_id & 0x1ff) | 0x200;
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

static struct uvio_card *card_at(const char *address)
{
	struct uvio_open_options options = {.backend = backend, .flags = UVIO_OPEN_UNSAFE_DMA};
	unsigned int i = 0;

	while (cards[i].card && strcmp(cards[i].address, address))
		i++;
	if (cards[i].card)
		return cards[i].card;
	snprintf(cards[i].address, sizeof(cards[i].address), "%s", address);
	if (uvio_udev_open(ctx, address, &options, &cards[i].udev))
		fail(address, "open");
	if (uvio_card_attach(uvio_driver_match(ctx, uvio_udev_vendor(cards[i].udev),
				     uvio_udev_device(cards[i].udev), UVIO_ANY_ID, UVIO_ANY_ID),
		    cards[i].udev, &cards[i].card))
		fail(address, "attach");
	if (uvio_card_fd(cards[i].card) < 0)
		fail(address, "descriptor");
	return cards[i].card;
}

static void begin_card(struct end *end, const char *slash)
{
	struct uvio_can_config config = {
		.size = sizeof(config),
		.timing = {.bitrate = 500000},
		.data_timing = {.bitrate = 2000000},
		.modes = fd ? CAN_CTRLMODE_FD : 0,
		.filters = filters,
		.filter_count = filtered ? sizeof(filters) / sizeof(filters[0]) : 0,
	};
	char address[64];

	snprintf(address, sizeof(address), "%.*s", (int)(slash - end->name), end->name);
	if (uvio_can_get(card_at(address), (unsigned int)atoi(slash + 1), &end->can) ||
		uvio_can_start(end->can, &config))
		fail(end->name, "start");
}

static void begin_socket(struct end *end)
{
	struct sockaddr_can name = {
		.can_family = AF_CAN, .can_ifindex = (int)if_nametoindex(end->name)};
	int on = fd, size = 4 << 20;

	end->fd = socket(PF_CAN, SOCK_RAW | SOCK_NONBLOCK, CAN_RAW);
	if (end->fd < 0 || !name.can_ifindex ||
		setsockopt(end->fd, SOL_CAN_RAW, CAN_RAW_FD_FRAMES, &on, sizeof(on)) ||
		setsockopt(end->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
		bind(end->fd, (struct sockaddr *)&name, sizeof(name)))
		fail_errno(end->name, "socket");
}

static void begin(const char *name)
{
	struct end *end = &ends[end_count];
	const char *slash = strchr(name, '/');

	if (end_count == ENDS)
		exit(2);
	*end = (struct end){.name = name,
		.fd = -1,
		.sends = (uint64_t)end_count + 1,
		.expects = (uint64_t)(end_count ^ 1) + 1};
	end_count++;
	if (slash)
		begin_card(end, slash);
	else
		begin_socket(end);
}

/* How many an interface whose queue is not full took. */
static unsigned int put(struct end *end, const struct canfd_frame *frames, unsigned int n)
{
	unsigned int i = 0;
	ssize_t size;
	int rc;

	if (end->can) {
		rc = uvio_can_send_fd(end->can, frames, n);
		if (rc < 0)
			fail(end->name, "send");
		return (unsigned int)rc;
	}
	for (; i < n; i++) {
		size = frames[i].flags & CANFD_FDF ? CANFD_MTU : CAN_MTU;
		if (send(end->fd, &frames[i], (size_t)size, 0) == size)
			continue;
		if (errno == ENOBUFS || errno == EAGAIN)
			break;
		fail_errno(end->name, "send");
	}
	return i;
}

static bool send_some(struct end *end, const struct end *other)
{
	struct canfd_frame frames[BATCH];
	uint64_t states[BATCH + 1];
	unsigned int n = 0, room = window - (end->sent - other->received);

	states[0] = end->sends;
	for (; n < BATCH && n < room && end->sent + n < count; n++) {
		states[n + 1] = states[n];
		frames[n] = frame_of(&states[n + 1], end->sent + n);
	}
	n = n ? put(end, frames, n) : 0;
	end->sends = states[n];
	end->sent += n;
	return n;
}

static int get(struct end *end, struct canfd_frame *frames)
{
	ssize_t size;
	int n;

	if (end->can) {
		n = uvio_can_receive_fd(end->can, frames, NULL, BATCH);
		if (n < 0)
			fail(end->name, "receive");
		return n;
	}
	for (n = 0; n < BATCH; n++) {
		size = recv(end->fd, &frames[n], sizeof(frames[n]), 0);
		if (size < 0 && errno == EAGAIN)
			break;
		if (size < 0)
			fail_errno(end->name, "receive");
		frames[n].flags = size == CANFD_MTU ? frames[n].flags | CANFD_FDF : 0;
	}
	return n;
}

static void compare(struct end *end, const struct canfd_frame *frame)
{
	struct canfd_frame wanted;

	do
		wanted = frame_of(&end->expects, end->received++);
	while (filtered && end->can && !passes(&wanted) && end->received < count);
	if (end->received <= count &&
		!memcmp(&wanted, frame, offsetof(struct canfd_frame, data) + wanted.len))
		return;
	printf("not ok - %s: frame %u of %u: id 0x%x length %u flags 0x%x expected, id 0x%x length "
	       "%u flags 0x%x received\n",
		end->name, end->received, count, wanted.can_id, wanted.len, wanted.flags,
		frame->can_id, frame->len, frame->flags);
	exit(1);
}

static bool receive_some(struct end *end)
{
	struct canfd_frame frames[BATCH];
	int n = get(end, frames);

	for (int i = 0; i < n; i++)
		compare(end, &frames[i]);
	return n;
}

static bool done(void)
{
	for (int i = 0; i < end_count; i++)
		if (ends[i].received < count || (ends[i].can && uvio_can_pending(ends[i].can)))
			return false;
	return true;
}

static void stalled(void)
{
	for (int i = 0; i < end_count; i++)
		printf("# %s: %u sent, %u received\n", ends[i].name, ends[i].sent,
			ends[i].received);
	printf("not ok - nothing comes any more\n");
	exit(1);
}

/* An interface whose queue was full does not say when it no longer is. */
static void wait_for_more(void)
{
	struct pollfd fds[ENDS + CARDS];
	nfds_t n = 0;
	bool full = false;

	for (int i = 0; i < end_count; i++) {
		if (ends[i].fd < 0)
			continue;
		full = full ||
		       (ends[i].sent < count && ends[i].sent - ends[i ^ 1].received < window);
		fds[n++] = (struct pollfd){.fd = ends[i].fd, .events = POLLIN};
	}
	for (int i = 0; i < CARDS; i++)
		if (cards[i].card)
			fds[n++] = (struct pollfd){
				.fd = uvio_card_fd(cards[i].card), .events = POLLIN};
	if (!poll(fds, n, full ? 1 : STALLED_MS) && !full)
		stalled();
}

static void serve(void)
{
	for (int i = 0; i < CARDS; i++)
		if (cards[i].card && uvio_card_poll(cards[i].card) < 0)
			fail(cards[i].address, "poll");
}

static void exchange(void)
{
	bool moved = true;

	while (!done()) {
		if (!moved)
			wait_for_more();
		moved = false;
		for (int i = 0; i < end_count; i++)
			moved |= send_some(&ends[i], &ends[i ^ 1]);
		serve();
		for (int i = 0; i < end_count; i++)
			moved |= receive_some(&ends[i]);
	}
	serve();
	for (int i = 0; i < end_count; i++)
		receive_some(&ends[i]);
}

static void end_all(void)
{
	struct uvio_can_stats stats;

	for (int i = 0; i < end_count; i++) {
		if (!ends[i].can)
			continue;
		uvio_can_stats(ends[i].can, &stats);
		printf("# %s: received %llu, filtered %llu, lost %llu, overruns %llu; sent %llu\n",
			ends[i].name, (unsigned long long)stats.rx_frames,
			(unsigned long long)stats.rx_filtered, (unsigned long long)stats.rx_lost,
			(unsigned long long)stats.rx_overrun, (unsigned long long)stats.tx_frames);
	}
	for (int i = 0; i < CARDS; i++) {
		uvio_card_detach(cards[i].card);
		uvio_udev_close(cards[i].udev);
	}
	uvio_ctx_free(ctx);
}

int main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "b:fFn:w:")) != -1) {
		switch (option) {
		case 'b':
			backend = optarg;
			break;
		case 'f':
			fd = true;
			break;
		case 'F':
			filtered = true;
			break;
		case 'n':
			count = (unsigned int)atoi(optarg);
			break;
		case 'w':
			window = (unsigned int)atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	if (optind == argc || (argc - optind) % 2 || uvio_ctx_new(NULL, &ctx))
		return 2;
	count = (count + window - 1) / window * window;
	while (optind < argc)
		begin(argv[optind++]);
	exchange();
	end_all();
	printf("ok - %u frames each way\n", count);
	return 0;
}
