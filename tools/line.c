/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "line.h"
#include "tools.h"

enum {
	ROUNDS = 16,  /* in which a line has its turn */
	BITS = 12,    /* of the longest byte */
	LOOK_MS = 20, /* for a change that nobody tells */
	LOOK_OPEN_MS = 100,
	QUIET = 2,    /* looks without a change, until the kernel is asked to tell of the next */
	DRAIN_MS = 1, /* between looks whether the last bit is out */
	SPARE_MS = 100,
	DRAIN_MAX_MS = 30000, /* as the kernel's own serial lines wait at a close */
};

static const int64_t ms = 1000000;

int64_t line_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * (int64_t)1000000000 + time.tv_nsec;
}

static bool is_same_config(const struct uvio_serial_config *a, const struct uvio_serial_config *b)
{
	return a->baud == b->baud && a->stop_bits == b->stop_bits && a->parity == b->parity &&
	       a->flow == b->flow;
}

/* B0 has no speed: the one before stays. */
static struct uvio_serial_config wanted(const struct line *line, const struct pty_mode *mode)
{
	struct uvio_serial_config config = line->config;

	if (mode->baud)
		config.baud = mode->baud;
	config.stop_bits = mode->stop_bits;
	config.flow = mode->flow ? UVIO_FLOW_RTS_CTS : UVIO_FLOW_NONE;
	if (!line->parity_fixed)
		config.parity = mode->parity;
	return config;
}

/* A card that has no modem lines has none to switch. */
static void switch_modem(const struct line *line)
{
	const unsigned int lines = TIOCM_DTR | TIOCM_RTS;
	bool down = !line->mode.baud || (line->empty && line->mode.hang_up);

	uvio_serial_modem_set(line->serial, down ? 0 : lines, down ? lines : 0);
}

static void begin_change(struct line *line, int64_t now)
{
	int pending = uvio_serial_pending(line->serial);
	int64_t bits = (int64_t)(pending > 0 ? pending : 0) * BITS;
	int64_t time = bits * 1000 / line->config.baud + SPARE_MS;

	line->changing = true;
	line->change_by = now + (time < DRAIN_MAX_MS ? time : DRAIN_MAX_MS) * ms;
}

static void refuse(struct line *line)
{
	tool_error("%s; %s keeps its former settings", uvio_last_error(), line->pty.path);
	line->refused++;
	pty_speed_set(&line->pty, &line->mode, line->config.baud);
	pty_mode_get(&line->pty, &line->mode);
}

static void apply(struct line *line)
{
	struct uvio_serial_config config;

	line->changing = false;
	pty_mode_get(&line->pty, &line->mode);
	config = wanted(line, &line->mode);
	if (!is_same_config(&config, &line->config)) {
		line->changes++;
		if (!uvio_serial_set(line->serial, &config))
			line->config = config;
		else
			refuse(line);
	}
	switch_modem(line);
}

/* Whether it was done. */
static bool settle(struct line *line, int64_t now)
{
	if (uvio_serial_pending(line->serial) > 0 && now < line->change_by)
		return false;
	apply(line);
	return true;
}

/* Whether the settings change what the card does. */
static bool see_mode(struct line *line, int64_t now)
{
	struct pty_mode mode;
	struct uvio_serial_config config;
	bool same;

	pty_mode_get(&line->pty, &mode);
	if (pty_mode_is_same(&mode, &line->mode))
		return false;
	config = wanted(line, &mode);
	same = is_same_config(&config, &line->config) && !mode.baud == !line->mode.baud;
	line->mode = mode;
	line->quiet = 0;
	if (!same)
		begin_change(line, now);
	return true;
}

static bool wants_looks(const struct line *line)
{
	return !line->empty && !(line->mode.told && line->mode.raw);
}

/*
 * What the kernel does with bytes for a program that is not raw, it does not do while it tells of
 * changes. A mode of the program's is changed only while that is at rest.
 */
static void look(struct line *line, int64_t now)
{
	if (!wants_looks(line) || now < line->look_at)
		return;
	line->look_at = now + LOOK_MS * ms;
	if (see_mode(line, now) || line->changing || line->quiet++ < QUIET)
		return;
	if (line->mode.told != line->mode.raw) {
		pty_tell(&line->pty, &line->mode, line->mode.raw);
		pty_mode_get(&line->pty, &line->mode);
	}
}

static void discard_received(struct line *line)
{
	int n;

	line->discarded += line->out_end - line->out_at;
	line->out_at = line->out_end = 0;
	while ((n = uvio_serial_receive(line->serial, line->out, NULL, LINE_BATCH)) > 0)
		line->discarded += (unsigned int)n;
}

static void hang_up(struct line *line)
{
	if (line->hung)
		return;
	line->hung = true;
	discard_received(line);
	pty_discard(&line->pty);
}

static void hang_up_empty(struct line *line, int64_t now)
{
	hang_up(line);
	line->empty = true;
	line->stalled = line->later = false;
	begin_change(line, now);
}

/* One that has closed it already may have written before. */
static void reopen(struct line *line, int64_t now)
{
	bool left, open = pty_look(&line->pty, &left);

	if (!open && !left)
		return;
	discard_received(line);
	line->hung = !open;
	line->empty = false;
	line->look_at = now;
	see_mode(line, now);
	switch_modem(line);
}

/* What is read after the kernel told of a change was written after it, unless it had to wait. */
static bool change_now(struct line *line, int64_t now)
{
	if (line->stalled)
		line->later = true;
	else
		see_mode(line, now);
	return line->changing;
}

static void all_taken(struct line *line, int64_t now)
{
	bool later = line->later;

	line->stalled = line->later = false;
	if (later)
		see_mode(line, now);
}

/* Returns false where there is nothing more to take now. */
static bool take_once(struct line *line, int64_t now)
{
	unsigned int space = uvio_serial_space(line->serial), count;

	if (!space)
		line->stalled = true;
	if (!space || (!line->mode.told && !line->stalled && see_mode(line, now) && line->changing))
		return false;
	switch (pty_read(
		&line->pty, line->from + 1, space < LINE_BATCH ? space : LINE_BATCH, &count)) {
	case PTY_BYTES:
		uvio_serial_send(line->serial, line->from + 1, count);
		return true;
	case PTY_CHANGE:
		return !change_now(line, now);
	case PTY_DISCARD:
		discard_received(line);
		return !change_now(line, now);
	case PTY_CLOSED:
		hang_up_empty(line, now);
		return false;
	default:
		all_taken(line, now);
		return false;
	}
}

static bool take(struct line *line, int64_t now)
{
	unsigned int rounds = 0;

	while (rounds < ROUNDS && take_once(line, now))
		rounds++;
	return rounds > 0;
}

/* As the kernel does with what a line of its own received. */
static unsigned int sort_out(const struct line *line, uint8_t *bytes, unsigned int count)
{
	const struct pty_mode *mode = &line->mode;
	unsigned int kept = 0;

	for (unsigned int i = 0; i < count; i++) {
		uint8_t marks = line->marks[i], byte = bytes[i];
		bool wrong = marks & (UVIO_MARK_PARITY | UVIO_MARK_FRAMING);

		if (marks & UVIO_MARK_BREAK ? mode->skip_break : wrong && mode->skip_errors)
			continue;
		bytes[kept++] = wrong && mode->zero_errors ? 0 : byte;
	}
	return kept;
}

static bool receive(struct line *line)
{
	int n = uvio_serial_receive(line->serial, line->out, line->marks, LINE_BATCH);

	if (n <= 0)
		return false;
	line->out_at = 0;
	line->out_end = (unsigned int)n;
	line->out_end = sort_out(line, line->out, (unsigned int)n);
	return true;
}

/* What finds no space stays in the queue. */
bool line_drain(struct line *line)
{
	if (line->hung) {
		discard_received(line);
		return false;
	}
	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (line->out_at == line->out_end && !receive(line))
			return false;
		line->out_at += pty_write(
			&line->pty, line->out + line->out_at, line->out_end - line->out_at);
		if (line->out_at != line->out_end)
			return false;
	}
	return true;
}

int line_start(struct line *line)
{
	line->pty.fd = line->pty.watch = -1;
	if (uvio_serial_start(line->serial, &line->config))
		return tool_failed();
	if (pty_open(&line->pty, line->config.baud)) {
		uvio_serial_stop(line->serial);
		return TOOL_FAILED;
	}
	line->hung = line->empty = true;
	pty_mode_get(&line->pty, &line->mode);
	switch_modem(line);
	return TOOL_GO_ON;
}

unsigned int line_stop(struct line *line)
{
	int pending = uvio_serial_pending(line->serial);

	uvio_serial_stop(line->serial);
	pty_close(&line->pty);
	return pending > 0 ? (unsigned int)pending : 0;
}

/*
 * With nothing to wait for, the end of the other side would still be told again and again; and so
 * would the openings of more programs, which change nothing.
 */
void line_events(const struct line *line, struct pollfd pollfds[LINE_FDS])
{
	short events = 0;

	if (!line->empty && !line->changing && uvio_serial_space(line->serial))
		events |= POLLIN | POLLPRI;
	if (!line->hung && line->out_at != line->out_end)
		events |= POLLOUT;
	pollfds[0] = (struct pollfd){.fd = events ? line->pty.fd : -1, .events = events};
	pollfds[1] = (struct pollfd){.fd = line->hung ? line->pty.watch : -1, .events = POLLIN};
}

int line_timeout(const struct line *line, int64_t now)
{
	int64_t left = line->look_at - now;

	if (line->changing)
		return DRAIN_MS;
	if (wants_looks(line))
		return left > 0 ? (int)(left / ms) + 1 : 0;
	return line->hung && line->pty.watch < 0 ? LOOK_OPEN_MS : -1;
}

bool line_feed(struct line *line, const struct pollfd pollfds[LINE_FDS], int64_t now)
{
	bool more = false;

	if (line->hung && (pollfds[1].revents || line->pty.watch < 0))
		reopen(line, now);
	if (pollfds[0].revents & POLLHUP)
		hang_up(line);
	if (line->changing)
		more = settle(line, now);
	if (!line->changing && !line->empty)
		more |= take(line, now);
	look(line, now);
	return more;
}
