/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* A serial line of the kernel, by termios, with the loopback of the chip. */
#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "traffic.h"

#ifndef TIOCM_LOOP
#define TIOCM_LOOP 0x8000 /* <linux/termios.h>, which the C library's header rules out */
#endif

#define WAKE_BYTES 64 /* the reader is woken up when so many are there */

static int failed(const struct serial_end *end, const char *what, int err)
{
	return uvio_fail(-err, "%s: %s: %s", end->path, what, strerror(err));
}

static int set_line(const struct serial_end *end, unsigned int block)
{
	const int loop = TIOCM_LOOP;
	struct termios termios;

	if (tcgetattr(end->fd, &termios))
		return failed(end, "settings", errno);
	cfmakeraw(&termios);
	cfsetspeed(&termios, B115200);
	termios.c_cflag |= CLOCAL | CREAD;
	termios.c_cflag &= ~(tcflag_t)(CRTSCTS | HUPCL);
	termios.c_cc[VMIN] = (cc_t)(block < WAKE_BYTES ? block : WAKE_BYTES);
	termios.c_cc[VTIME] = TRAFFIC_LATE_MS / 100;
	if (tcsetattr(end->fd, TCSANOW, &termios) || ioctl(end->fd, TIOCMBIS, &loop))
		return failed(end, "settings", errno);
	tcflush(end->fd, TCIOFLUSH);
	return 0;
}

static void close_tty(struct serial_end *end)
{
	const int loop = TIOCM_LOOP;

	ioctl(end->fd, TIOCMBIC, &loop);
	close(end->fd);
	end->fd = -1;
}

static int trip(struct serial_end *end, const uint8_t *out, uint8_t *back, unsigned int count)
{
	ssize_t n = write(end->fd, out, count);

	if (n != (ssize_t)count)
		return failed(end, "write", n < 0 ? errno : EIO);
	for (unsigned int got = 0; got < count; got += (unsigned int)n) {
		n = read(end->fd, back + got, count - got);
		if (n <= 0)
			return failed(end, "read", n < 0 ? errno : EIO);
	}
	return 0;
}

/* Reading does not end where nothing comes: so whether the loop works is tried before. */
static int try_loop(struct serial_end *end, unsigned int block)
{
	uint8_t bytes[TRAFFIC_BLOCK] = {0};
	struct pollfd poller = {.fd = end->fd, .events = POLLIN};
	ssize_t n = write(end->fd, bytes, block);

	if (n != (ssize_t)block)
		return failed(end, "write", n < 0 ? errno : EIO);
	for (ssize_t got = 0; got < (ssize_t)block; got += n) {
		if (poll(&poller, 1, TRAFFIC_LATE_MS) <= 0)
			return failed(end, "nothing comes back", ETIMEDOUT);
		n = read(end->fd, bytes, block - (size_t)got);
		if (n <= 0)
			return failed(end, "read", n < 0 ? errno : EIO);
	}
	return 0;
}

static int open_tty(struct serial_end *end, unsigned int block)
{
	int rc;

	end->fd = open(end->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (end->fd < 0)
		return failed(end, "open", errno);
	rc = fcntl(end->fd, F_SETFL, O_RDWR) ? failed(end, "open", errno) : 0;
	if (!rc)
		rc = set_line(end, block);
	if (!rc)
		rc = try_loop(end, block);
	if (rc)
		close_tty(end);
	return rc;
}

const struct serial_end_ops serial_end_tty = {
	.open = open_tty,
	.close = close_tty,
	.trip = trip,
};
