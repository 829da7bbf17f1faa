/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * The other end of emulated serial lines: what each connection to the socket sends, comes back to
 * it. It always reads, however much waits to be sent back: an emulated line which could not send
 * would stop the virtual machine.
 *
 *	serial_echo SOCKET
 */
#include <config.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINES 32
#define BATCH 4096

static struct line {
	char *bytes;
	size_t begin, end, size;
} lines[LINES];
static struct pollfd pollfds[LINES + 1]; /* the last: who connects */
static unsigned int count;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int listen_at(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) || listen(fd, LINES))
		fail(path);
	return fd;
}

static void add(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 || count == LINES)
		fail("accept");
	pollfds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void make_room(struct line *line)
{
	if (line->begin == line->end)
		line->begin = line->end = 0;
	if (line->size - line->end >= BATCH)
		return;
	line->size += line->size + BATCH;
	line->bytes = realloc(line->bytes, line->size);
	if (!line->bytes)
		fail("memory");
}

static void take(struct line *line, struct pollfd *pollfd)
{
	ssize_t n;

	make_room(line);
	n = read(pollfd->fd, line->bytes + line->end, line->size - line->end);
	if (n > 0)
		line->end += (size_t)n;
	if (!n)
		pollfd->fd = -1;
}

static void give(struct line *line, struct pollfd *pollfd)
{
	ssize_t n = line->end - line->begin
			    ? write(pollfd->fd, line->bytes + line->begin, line->end - line->begin)
			    : 0;

	if (n > 0)
		line->begin += (size_t)n;
	pollfd->events = line->begin < line->end ? POLLIN | POLLOUT : POLLIN;
}

int main(int argc, char **argv)
{
	int listener;

	if (argc != 2)
		return 2;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	listener = listen_at(argv[1]);
	for (;;) {
		pollfds[count] = (struct pollfd){.fd = listener, .events = POLLIN};
		if (poll(pollfds, count + 1, -1) < 0)
			fail("poll");
		if (pollfds[count].revents)
			add(listener);
		for (unsigned int i = 0; i < count; i++) {
			if (pollfds[i].fd >= 0 && pollfds[i].revents & (POLLIN | POLLHUP))
				take(&lines[i], &pollfds[i]);
			if (pollfds[i].fd >= 0)
				give(&lines[i], &pollfds[i]);
		}
	}
}
