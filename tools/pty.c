/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tty.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "pty.h"
#include "tools.h"

/* Any speed, not only those with a name; some machines have one call for both. */
#ifdef TCGETS2
typedef struct termios2 settings;
#define GET_SETTINGS TCGETS2
#define SET_SETTINGS TCSETS2
#else
typedef struct termios settings;
#define GET_SETTINGS TCGETS
#define SET_SETTINGS TCSETS
#endif

/* As long as one of them is set, the kernel looks at each byte that a program is to read. */
#define INPUT_CHANGES (ISTRIP | INLCR | IGNCR | ICRNL | IUCLC | IXON | PARMRK)
#define LOCAL_CHANGES (ICANON | ECHO | ISIG)

/* Programs that know no other speeds understand these. */
static const struct {
	uint32_t baud;
	tcflag_t code;
} speeds[] = {{50, B50}, {75, B75}, {110, B110}, {134, B134}, {150, B150}, {200, B200}, {300, B300},
	{600, B600}, {1200, B1200}, {1800, B1800}, {2400, B2400}, {4800, B4800}, {9600, B9600},
	{19200, B19200}, {38400, B38400}, {57600, B57600}, {115200, B115200}, {230400, B230400},
	{460800, B460800}, {500000, B500000}, {576000, B576000}, {921600, B921600},
	{1000000, B1000000}, {1152000, B1152000}, {1500000, B1500000}, {2000000, B2000000},
	{2500000, B2500000}, {3000000, B3000000}, {3500000, B3500000}, {4000000, B4000000}};

static tcflag_t code_of(uint32_t baud)
{
	for (size_t i = 0; i < ARRAY_SIZE(speeds); i++)
		if (speeds[i].baud == baud)
			return speeds[i].code;
	return BOTHER;
}

static void set_speed(settings *s, uint32_t baud)
{
	s->c_cflag &= ~(tcflag_t)(CBAUD | CBAUD << IBSHIFT);
	s->c_cflag |= code_of(baud);
	s->c_ispeed = s->c_ospeed = baud;
}

/* Of the slave, although it is the master's descriptor. */
static int make_raw(const struct pty *pty, uint32_t baud)
{
	settings s;

	if (ioctl(pty->fd, GET_SETTINGS, &s))
		return -errno;
	s.c_iflag = 0;
	s.c_oflag = 0;
	s.c_lflag = EXTPROC;
	s.c_cflag = CS8 | CREAD | HUPCL | CLOCAL;
	set_speed(&s, baud);
	return ioctl(pty->fd, SET_SETTINGS, &s) ? -errno : 0;
}

/* The watch is for the opening alone; without one the caller looks now and then. */
static void make_watch(struct pty *pty)
{
	pty->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (pty->watch >= 0 && inotify_add_watch(pty->watch, pty->path, IN_OPEN) < 0) {
		close(pty->watch);
		pty->watch = -1;
	}
}

/* The master is told that no program has the slave after one had it. */
static int open_once(const struct pty *pty)
{
	int fd = open(pty->path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int prepare(struct pty *pty, uint32_t baud)
{
	const int on = 1;
	int rc;

	if (grantpt(pty->fd) || unlockpt(pty->fd) || ioctl(pty->fd, TIOCPKT, &on))
		return -errno;
	rc = -ptsname_r(pty->fd, pty->path, sizeof(pty->path));
	if (!rc)
		rc = make_raw(pty, baud);
	if (!rc)
		rc = open_once(pty);
	if (!rc)
		make_watch(pty);
	return rc;
}

int pty_open(struct pty *pty, uint32_t baud)
{
	int rc;

	pty->watch = -1;
	pty->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	rc = pty->fd < 0 ? -errno : prepare(pty, baud);
	if (!rc)
		return 0;
	tool_error("a pseudo-terminal (/dev/ptmx, /dev/pts) cannot be made: %s", strerror(-rc));
	if (pty->fd >= 0)
		close(pty->fd);
	pty->fd = -1;
	return rc;
}

void pty_close(struct pty *pty)
{
	if (pty->fd >= 0)
		close(pty->fd);
	if (pty->watch >= 0)
		close(pty->watch);
	pty->fd = pty->watch = -1;
}

bool pty_look(struct pty *pty, bool *left)
{
	struct pollfd pollfd = {.fd = pty->fd, .events = POLLIN};
	char events[sizeof(struct inotify_event) * 8];

	while (pty->watch >= 0 && read(pty->watch, events, sizeof(events)) > 0)
		;
	poll(&pollfd, 1, 0);
	*left = pollfd.revents & POLLIN;
	return !(pollfd.revents & POLLHUP);
}

/*
 * Linux has cleared PARENB. What those who want parity set beside it stays: INPCK, PARODD,
 * CMSPAR.
 */
static enum uvio_serial_parity parity_of(const settings *s)
{
	bool odd = s->c_cflag & PARODD;

	if (s->c_cflag & CMSPAR)
		return odd ? UVIO_PARITY_MARK : UVIO_PARITY_SPACE;
	if (odd)
		return UVIO_PARITY_ODD;
	return s->c_iflag & INPCK ? UVIO_PARITY_EVEN : UVIO_PARITY_NONE;
}

static void to_mode(const settings *s, struct pty_mode *mode)
{
	memset(mode, 0, sizeof(*mode));
	mode->baud = s->c_cflag & CBAUD ? s->c_ospeed : 0;
	mode->stop_bits = s->c_cflag & CSTOPB ? 2 : 1;
	mode->parity = parity_of(s);
	mode->flow = s->c_cflag & CRTSCTS;
	mode->hang_up = s->c_cflag & HUPCL;
	mode->skip_break = s->c_iflag & IGNBRK;
	mode->skip_errors = s->c_iflag & IGNPAR;
	mode->zero_errors = s->c_iflag & INPCK;
	mode->raw = !(s->c_iflag & INPUT_CHANGES) && !(s->c_lflag & LOCAL_CHANGES);
	mode->told = s->c_lflag & EXTPROC;
	mode->flags[0] = s->c_iflag;
	mode->flags[1] = s->c_oflag;
	mode->flags[2] = s->c_cflag;
	mode->flags[3] = s->c_lflag;
}

void pty_mode_get(const struct pty *pty, struct pty_mode *mode)
{
	settings s = {.c_ospeed = 0};

	ioctl(pty->fd, GET_SETTINGS, &s);
	to_mode(&s, mode);
}

bool pty_mode_is_same(const struct pty_mode *a, const struct pty_mode *b)
{
	return a->baud == b->baud && !memcmp(a->flags, b->flags, sizeof(a->flags));
}

/* What is set is what was there, except what the caller changes: whether that is still so. */
static bool get_same(const struct pty *pty, const struct pty_mode *mode, settings *s)
{
	struct pty_mode now;

	if (ioctl(pty->fd, GET_SETTINGS, s))
		return false;
	to_mode(s, &now);
	return pty_mode_is_same(&now, mode);
}

void pty_speed_set(const struct pty *pty, const struct pty_mode *mode, uint32_t baud)
{
	settings s;

	if (!get_same(pty, mode, &s))
		return;
	set_speed(&s, baud);
	ioctl(pty->fd, SET_SETTINGS, &s);
}

void pty_tell(const struct pty *pty, const struct pty_mode *mode, bool on)
{
	settings s;

	if (!get_same(pty, mode, &s))
		return;
	s.c_lflag = on ? s.c_lflag | EXTPROC : s.c_lflag & ~(tcflag_t)EXTPROC;
	ioctl(pty->fd, SET_SETTINGS, &s);
}

static enum pty_got got_status(uint8_t status)
{
	if (status & TIOCPKT_FLUSHREAD)
		return PTY_DISCARD;
	return PTY_CHANGE;
}

/* In packet mode a byte of status stands in front of what is read, or alone. */
enum pty_got pty_read(const struct pty *pty, uint8_t *bytes, unsigned int count, unsigned int *got)
{
	ssize_t n;

	do
		n = read(pty->fd, bytes - 1, (size_t)count + 1);
	while (n < 0 && errno == EINTR);
	*got = n > 1 ? (unsigned int)n - 1 : 0;
	if (n < 0)
		return errno == EIO ? PTY_CLOSED : PTY_NOTHING;
	if (!n)
		return PTY_NOTHING;
	return bytes[-1] ? got_status(bytes[-1]) : PTY_BYTES;
}

unsigned int pty_write(const struct pty *pty, const uint8_t *bytes, unsigned int count)
{
	ssize_t n;

	do
		n = write(pty->fd, bytes, count);
	while (n < 0 && errno == EINTR);
	return n > 0 ? (unsigned int)n : 0;
}

/* By TCOON alone only what TCOOFF stopped, not what a received XOFF did. */
static void restart(int fd)
{
	ioctl(fd, TCXONC, TCOOFF);
	ioctl(fd, TCXONC, TCOON);
}

/*
 * Only the slave's own descriptor reaches its contents. What the kernel forgets of a serial port at
 * its last close it keeps of a slave: the mark of a program that wanted it alone, that its output
 * is stopped, another line discipline.
 */
void pty_discard(const struct pty *pty)
{
	const int plain = N_TTY;
	int fd = open(pty->path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return;
	ioctl(fd, TIOCSETD, &plain);
	ioctl(fd, TCFLSH, TCIFLUSH);
	ioctl(fd, TIOCNXCL);
	restart(fd);
	close(fd);
}
