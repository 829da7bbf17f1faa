/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

static struct {
	bool never_waits, cut;
	uint64_t dropped, untold;
} state;

static bool is_kind(int fd, mode_t kind)
{
	struct stat stat;

	return !fstat(fd, &stat) && (stat.st_mode & S_IFMT) == kind;
}

/* The same pipe or terminal once more, so that O_NONBLOCK is nobody else's; or @fd itself. */
static int open_again(int fd)
{
	char path[32];
	int again;

	if (!is_kind(fd, S_IFIFO) && !isatty(fd))
		return fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return again < 0 ? fd : again;
}

static bool is_ready(int fd)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLOUT};

	return poll(&pollfd, 1, 0) > 0;
}

/* A pipe that is ready has space for PIPE_BUF bytes, which are written as a whole. */
static ssize_t write_some(int fd, const char *text, size_t size)
{
	ssize_t n = send(fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0 || errno != ENOTSOCK)
		return n;
	errno = EAGAIN;
	return is_ready(fd) ? write(fd, text, size < PIPE_BUF ? size : PIPE_BUF) : -1;
}

/* How many of the bytes; fewer: errno says why. */
static size_t write_now(int fd, const char *text)
{
	size_t size = strlen(text), done = 0;
	int again = open_again(fd), err;
	ssize_t n = 1;

	while (done < size && (n > 0 || (n < 0 && errno == EINTR))) {
		n = write_some(again, text + done, size - done);
		done += n > 0 ? (size_t)n : 0;
	}
	if (!n)
		errno = EAGAIN;
	err = errno;
	if (again != fd)
		close(again);
	errno = err;
	return done;
}

int say_at_once(int fd, const char *text)
{
	return write_now(fd, text) < strlen(text) ? -errno : 0;
}

void say_never_wait(void)
{
	state.never_waits = true;
}

uint64_t say_dropped(void)
{
	return state.dropped;
}

/* What a line that was cut left behind is ended first. */
static bool say_now(const char *text)
{
	size_t done;

	if (state.cut && write_now(STDERR_FILENO, "\n") < 1)
		return false;
	done = write_now(STDERR_FILENO, text);
	state.cut = done && done < strlen(text);
	return done == strlen(text);
}

static bool tell_dropped(void)
{
	char text[80];

	if (!state.untold)
		return true;
	snprintf(text, sizeof(text), "uvio: %llu messages were dropped, which nobody took\n",
		(unsigned long long)state.untold);
	if (!say_now(text))
		return false;
	state.untold = 0;
	return true;
}

void say(const char *text)
{
	if (!state.never_waits) {
		fputs(text, stderr);
		return;
	}
	if (tell_dropped() && say_now(text))
		return;
	state.dropped++;
	state.untold++;
}
