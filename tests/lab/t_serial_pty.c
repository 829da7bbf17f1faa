/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * A program that knows serial ports only: random bytes to each of them, and what comes back is
 * compared.
 *
 *	t_serial_pty echo BYTES PATH...		the line gives back what is sent to it
 *	t_serial_pty pair BYTES PATH PATH	lines that are joined, both ways at once
 *	t_serial_pty act BYTES PATH COMMAND	as echo, and runs the command in the midst of it
 *
 * The settings change CHANGES times, each time with nothing on its way.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define ON_THE_WAY 2048
#define BATCH 512
#define CHANGES 8
#define PORTS 16
#define LIMIT_MS 100000
#define MARK 16

struct port {
	const char *path;
	int fd;
	struct port *peer;	 /* from which it receives; itself where the line is an echo */
	uint64_t sends, expects; /* states of the generators of the bytes */
	unsigned int sent, received;
};

static struct port ports[PORTS];
static struct pollfd pollfds[PORTS];
static unsigned int port_count, bytes, change_at;

static void fail(const struct port *port, const char *what)
{
	printf("%s: %s: %s\n", port->path, what, strerror(errno));
	exit(1);
}

static uint8_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint8_t)(*state >> 56);
}

static void set(const struct port *port, unsigned int change)
{
	static const speed_t speeds[] = {B115200, B38400, B57600, B19200};
	struct termios termios;

	if (tcgetattr(port->fd, &termios))
		fail(port, "tcgetattr");
	cfmakeraw(&termios);
	termios.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
	termios.c_cflag |= CLOCAL | CREAD | (change & 1 ? CSTOPB : 0);
	cfsetspeed(&termios, speeds[change % 4]);
	if (tcsetattr(port->fd, TCSADRAIN, &termios))
		fail(port, "tcsetattr");
}

static void open_port(struct port *port, const char *path, unsigned int number)
{
	port->path = path;
	port->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (port->fd < 0)
		fail(port, "open");
	port->sends = port->expects = number;
	port->peer = port;
	set(port, 0);
}

static void wait_for(const struct port *port, short events)
{
	struct pollfd pollfd = {.fd = port->fd, .events = events};

	if (poll(&pollfd, 1, LIMIT_MS) != 1) {
		errno = ETIMEDOUT;
		fail(port, "nothing comes");
	}
}

/* What a predecessor left on its way comes before the mark, and is skipped. */
static void begin(const struct port *from, const struct port *to)
{
	char mark[MARK + 1], got[MARK + 1] = "";

	snprintf(mark, sizeof(mark), "<%014d>", (int)getpid());
	if (write(from->fd, mark, MARK) != MARK)
		fail(from, "write");
	while (memcmp(got, mark, MARK) != 0) {
		memmove(got, got + 1, MARK - 1);
		while (read(to->fd, got + MARK - 1, 1) != 1) {
			if (errno != EAGAIN)
				fail(to, "read");
			wait_for(to, POLLIN);
		}
	}
}

static bool may_send(const struct port *port)
{
	return port->sent < change_at && port->sent - port->peer->received < ON_THE_WAY;
}

static void send_some(struct port *port)
{
	uint8_t batch[BATCH];
	uint64_t state = port->sends;
	unsigned int count = change_at - port->sent;
	ssize_t n;

	count = count < BATCH ? count : BATCH;
	for (unsigned int i = 0; i < count; i++)
		batch[i] = next(&state);
	n = write(port->fd, batch, count);
	if (n < 0 && errno != EAGAIN)
		fail(port, "write");
	for (ssize_t i = 0; i < n; i++)
		next(&port->sends);
	port->sent += n > 0 ? (unsigned int)n : 0;
}

static void receive_some(struct port *port)
{
	uint8_t batch[BATCH];
	ssize_t n = read(port->fd, batch, BATCH);

	if (n <= 0 && errno != EAGAIN)
		fail(port, n ? "read" : "hung up");
	for (ssize_t i = 0; i < n; i++, port->received++) {
		uint8_t wanted = next(&port->expects);

		if (batch[i] == wanted)
			continue;
		printf("%s: byte %u: 0x%02x expected, 0x%02x received\n", port->path,
			port->received, wanted, batch[i]);
		exit(1);
	}
}

static bool all_here(void)
{
	for (unsigned int i = 0; i < port_count; i++)
		if (ports[i].received < change_at)
			return false;
	return true;
}

static void exchange(void)
{
	while (!all_here()) {
		for (unsigned int i = 0; i < port_count; i++) {
			pollfds[i].fd = ports[i].fd;
			pollfds[i].events = POLLIN | (may_send(&ports[i]) ? POLLOUT : 0);
		}
		if (poll(pollfds, port_count, LIMIT_MS) <= 0) {
			errno = ETIMEDOUT;
			fail(&ports[0], "nothing comes");
		}
		for (unsigned int i = 0; i < port_count; i++) {
			if (pollfds[i].revents & (POLLIN | POLLHUP))
				receive_some(&ports[i]);
			if (pollfds[i].revents & POLLOUT)
				send_some(&ports[i]);
		}
	}
}

static void run(void)
{
	for (unsigned int change = 0; change < CHANGES; change++) {
		change_at = bytes / CHANGES * (change + 1);
		for (unsigned int i = 0; i < port_count; i++)
			set(&ports[i], change);
		exchange();
	}
	printf("ok\n");
}

static void act(const char *command)
{
	change_at = bytes;
	exchange();
	change_at = UINT32_MAX;
	send_some(&ports[0]);
	if (system(command))
		fail(&ports[0], command);
	printf("ok\n");
}

int main(int argc, char **argv)
{
	bool pair = argc > 1 && !strcmp(argv[1], "pair"),
	     acts = argc > 1 && !strcmp(argv[1], "act");

	if (argc < 4 || argc - 3 > PORTS)
		return 2;
	bytes = (unsigned int)atoi(argv[2]);
	port_count = acts ? 1 : (unsigned int)argc - 3;
	for (unsigned int i = 0; i < port_count; i++)
		open_port(&ports[i], argv[3 + i], i);
	for (unsigned int i = 0; pair && i < port_count; i++) {
		ports[i].peer = &ports[i ^ 1];
		ports[i].expects = i ^ 1;
	}
	for (unsigned int i = 0; i < port_count; i++)
		begin(&ports[i], ports[i].peer);
	if (acts)
		act(argv[4]);
	else
		run();
	return 0;
}
