/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * A channel on standard input and output. Neither is made non-blocking, since others may have the
 * same open file: each read and write is one that does not wait.
 */
#include <config.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>
#include "can.h"

enum { ROOM = 64 * 1024, WINDOW_NS = 1000000000 };

/* There is one standard input and output of a process. */
static struct {
	char text[4096];
	size_t used;
	uint64_t lines;
	struct canfd_frame frame; /* parsed, not taken by the channel yet */
	bool has_frame, ended, wrong, watched, is_file;
} in;

static struct {
	char text[ROOM];
	size_t used;
	bool watched;
} out;

/* From a clock that counts from any time to the time of day: the least delay that was seen in the
 * last second is taken for none. */
static struct {
	int64_t offset, least, begin;
	bool known;
} stamp_clock;

static int64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * (int64_t)1000000000 + time.tv_nsec;
}

static int64_t time_of_stamp(int64_t stamp)
{
	int64_t real = now(CLOCK_REALTIME), late = real - stamp - stamp_clock.offset;

	if (!stamp_clock.known || late < 0) {
		stamp_clock.offset = real - stamp;
		stamp_clock.known = true;
		late = 0;
	}
	if (real < stamp_clock.begin || real - stamp_clock.begin > WINDOW_NS) {
		stamp_clock.offset += stamp_clock.least < INT64_MAX ? stamp_clock.least : 0;
		stamp_clock.begin = real;
		stamp_clock.least = INT64_MAX;
	}
	if (late < stamp_clock.least)
		stamp_clock.least = late;
	return stamp + stamp_clock.offset;
}

/* Error frames have no stamp of the chip. */
static int64_t time_of_day(
	const struct can_link *link, const struct canfd_frame *frame, uint64_t time)
{
	if (uvio_can_info(link->can)->stamps && !(frame->can_id & CAN_ERR_FLAG))
		return time_of_stamp((int64_t)time);
	return now(CLOCK_REALTIME) - now(CLOCK_MONOTONIC) + (int64_t)time;
}

static bool is_ready(int fd, short events)
{
	struct pollfd pollfd = {.fd = fd, .events = events};

	return poll(&pollfd, 1, 0) > 0;
}

/* @wanted: for how long the loop is to look at the descriptor; a file is always ready. */
static int watch(struct bridge *b, int fd, uint32_t events, bool wanted, bool *watched)
{
	int rc;

	if (wanted == *watched)
		return 0;
	rc = bridge_watch(b, fd, wanted ? events : 0);
	if (!rc)
		*watched = wanted;
	return rc;
}

/* A terminal of which this is no job in the foreground is as one that has ended. */
static int read_more(void)
{
	ssize_t n;

	if (in.ended || in.used == sizeof(in.text) || !is_ready(STDIN_FILENO, POLLIN))
		return TOOL_GO_ON;
	n = read(STDIN_FILENO, in.text + in.used, sizeof(in.text) - in.used);
	if (n < 0 && errno != EAGAIN && errno != EINTR && errno != EIO && errno != EBADF)
		return tool_error("standard input: %s", strerror(errno));
	in.ended = !n || (n < 0 && (errno == EIO || errno == EBADF));
	in.used += n > 0 ? (size_t)n : 0;
	return TOOL_GO_ON;
}

/* What stood before it is still sent. */
static void wrong_line(const char *line)
{
	in.wrong = in.ended = true;
	in.used = 0;
	tool_error("standard input, line %llu: '%.60s' is not a frame as candump -L prints "
		   "it: (1700000000.123456) can0 123#1122",
		(unsigned long long)in.lines, line);
}

/* Takes one line into the frame; error frames and empty lines are none. */
static void take_line(bool *more)
{
	char *end = memchr(in.text, '\n', in.used);
	size_t length = end ? (size_t)(end - in.text) : in.used;

	*more = end || (in.ended && in.used) || in.used == sizeof(in.text);
	if (!*more)
		return;
	length = length < sizeof(in.text) ? length : sizeof(in.text) - 1;
	in.text[length] = '\0';
	in.lines++;
	if (in.text[strspn(in.text, " \t\r")]) {
		in.has_frame = can_log_parse(in.text, &in.frame);
		if (!in.has_frame)
			wrong_line(in.text);
		in.has_frame = in.has_frame && !(in.frame.can_id & CAN_ERR_FLAG);
	}
	length = length < in.used ? length + 1 : in.used;
	in.used -= length;
	memmove(in.text, in.text + length, in.used);
}

static void send_lines(struct can_link *link)
{
	bool more = true;

	while (more) {
		if (in.has_frame && !can_link_send(link, &in.frame, 1))
			break;
		in.has_frame = false;
		take_line(&more);
	}
}

int can_stdio_feed(struct bridge *b, struct can_link *link)
{
	int rc = read_more();
	bool wanted;

	if (rc != TOOL_GO_ON)
		return rc;
	send_lines(link);
	if (in.wrong && !uvio_can_pending(link->can))
		return TOOL_FAILED;
	wanted = !in.ended && !in.has_frame;
	if (!in.is_file)
		in.is_file = watch(b, STDIN_FILENO, EPOLLIN, wanted, &in.watched) == -EPERM;
	if (in.is_file && wanted)
		bridge_wake_within(b, 0);
	return TOOL_GO_ON;
}

/* What is ready to be written takes so much without waiting: a pipe, by its nature; a terminal,
 * which may take less, a line at least. */
static size_t piece(void)
{
	const char *end = memchr(out.text, '\n', out.used);

	if (isatty(STDOUT_FILENO) && end)
		return (size_t)(end - out.text) + 1;
	return out.used < PIPE_BUF ? out.used : PIPE_BUF;
}

static int flush(void)
{
	ssize_t n;

	while (out.used && is_ready(STDOUT_FILENO, POLLOUT)) {
		n = write(STDOUT_FILENO, out.text, piece());
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return tool_error(
				"standard output: it could not be written: %s", strerror(errno));
		out.used -= (size_t)n;
		memmove(out.text, out.text + n, out.used);
	}
	return TOOL_GO_ON;
}

/* Whether more may have been received. */
static bool print_some(struct can_link *link)
{
	uint64_t times[CAN_BATCH];
	char name[16];
	int n = 1;

	snprintf(name, sizeof(name), "can%u", link->channel);
	while (n > 0 && sizeof(out.text) - out.used >= (size_t)CAN_BATCH * CAN_LINE_MAX) {
		n = uvio_can_receive_fd(link->can, link->frames, times, CAN_BATCH);
		for (int i = 0; i < n; i++)
			out.used += can_log_format(out.text + out.used, name,
				time_of_day(link, &link->frames[i], times[i]), &link->frames[i]);
	}
	return n > 0;
}

int can_stdio_drain(struct bridge *b, struct can_link *link)
{
	bool more;
	int rc;

	do {
		more = print_some(link);
		rc = flush();
	} while (rc == TOOL_GO_ON && more && !out.used);
	if (rc == TOOL_GO_ON && watch(b, STDOUT_FILENO, EPOLLOUT, out.used, &out.watched) == -EPERM)
		bridge_wake_within(b, 0);
	return rc;
}

unsigned int can_stdio_left(void)
{
	unsigned int lines = 0;

	for (size_t i = 0; i < out.used; i++)
		lines += out.text[i] == '\n';
	return lines;
}
