/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * What the card ivshmem-doorbell needs on the host: it hands out the shared memory and an eventfd
 * for each vector of each card, by the protocol in docs/specs/ivshmem-spec of QEMU. Ends when the
 * last card has left, or with the lab.
 */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PROTOCOL 0
#define MEMORY_FOLLOWS -1
#define MEMORY_SIZE (1 << 20)
#define CARDS 8
#define VECTORS 64

struct card {
	int socket; /* -1: has left, or not come */
	int events[VECTORS];
};

static struct card cards[CARDS];
static int card_count, vectors, memory;

static int failed(const char *what)
{
	fprintf(stderr, "ivshmem_server: %s: %s\n", what, strerror(errno));
	return 1;
}

/* One message: 64 bits, little endian, and a descriptor if @fd is not -1. */
static int tell(int socket, int64_t value, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control = {.header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	uint64_t raw = htole64((uint64_t)value);
	struct iovec part = {.iov_base = &raw, .iov_len = sizeof(raw)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.bytes);
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) == sizeof(raw) ? 0 : -1;
}

/* The eventfds of card @id: whoever writes to one rings that vector. */
static int tell_vectors(int socket, int id)
{
	for (int i = 0; i < vectors; i++)
		if (tell(socket, id, cards[id].events[i]))
			return -1;
	return 0;
}

static int welcome(int id)
{
	int rc = tell(cards[id].socket, PROTOCOL, -1) || tell(cards[id].socket, id, -1) ||
		 tell(cards[id].socket, MEMORY_FOLLOWS, memory);

	for (int other = 0; other < card_count && !rc; other++)
		if (other != id && cards[other].socket >= 0)
			rc = tell_vectors(cards[other].socket, id) ||
			     tell_vectors(cards[id].socket, other);
	return rc ? rc : tell_vectors(cards[id].socket, id);
}

static int admit(int listener)
{
	struct card *card = &cards[card_count];

	card->socket = accept(listener, NULL, NULL);
	if (card->socket < 0)
		return failed("accept");
	for (int i = 0; i < vectors; i++) {
		card->events[i] = eventfd(0, EFD_CLOEXEC);
		if (card->events[i] < 0)
			return failed("eventfd");
	}
	card_count++;
	return welcome(card_count - 1) ? failed("welcome") : 0;
}

static int dismiss(int id)
{
	close(cards[id].socket);
	cards[id].socket = -1;
	for (int i = 0; i < vectors; i++)
		close(cards[id].events[i]);
	for (int other = 0; other < card_count; other++)
		if (cards[other].socket >= 0)
			tell(cards[other].socket, id, -1);
	return 0;
}

static int present(void)
{
	int count = 0;

	for (int i = 0; i < card_count; i++)
		count += cards[i].socket >= 0;
	return count;
}

/* Cards say nothing: what can be read of one is its end. */
static int serve(int listener)
{
	struct pollfd fds[CARDS + 1];
	int rc = 0;

	while (!rc && (!card_count || present())) {
		int known = card_count;

		for (int i = 0; i < known; i++)
			fds[i] = (struct pollfd){.fd = cards[i].socket, .events = POLLIN};
		fds[known] = (struct pollfd){.fd = known < CARDS ? listener : -1, .events = POLLIN};
		if (poll(fds, (nfds_t)known + 1, -1) < 0)
			return failed("poll");
		for (int i = 0; i < known; i++)
			if (fds[i].revents)
				dismiss(i);
		if (fds[known].revents)
			rc = admit(listener);
	}
	return rc;
}

/* The name appears when one can connect to it. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int length, listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	length = snprintf(address.sun_path, sizeof(address.sun_path), "%s.new", path);
	if (length >= (int)sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
		listen(listener, CARDS) || rename(address.sun_path, path))
		return -1;
	return listener;
}

int main(int argc, char **argv)
{
	int listener;

	vectors = argc == 3 ? atoi(argv[2]) : 0;
	if (vectors < 1 || vectors > VECTORS) {
		fprintf(stderr, "usage: ivshmem_server SOCKET VECTORS (1 to %d)\n", VECTORS);
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	memory = memfd_create("ivshmem", MFD_CLOEXEC);
	if (memory < 0 || ftruncate(memory, MEMORY_SIZE))
		return failed("memory");
	listener = listen_at(argv[1]);
	return listener < 0 ? failed(argv[1]) : serve(listener);
}
