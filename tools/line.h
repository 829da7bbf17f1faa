/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A line of a card and the pseudo-terminal that stands for it. Whoever owns the loop waits for
 * what line_events() says, and then calls line_feed(), uvio_card_poll() and line_drain().
 */
#ifndef UVIO_TOOLS_LINE_H
#define UVIO_TOOLS_LINE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include <uvio/serial.h>

#include "pty.h"

#define LINE_BATCH 4096
#define LINE_FDS 2

struct line {
	char name[80]; /* in messages */
	struct uvio_serial *serial;
	struct uvio_serial_config config; /* in effect */
	bool parity_fixed;		  /* it is not the pseudo-terminal's */
	struct pty pty;
	struct pty_mode mode; /* as seen last */

	bool hung;     /* no program has it open */
	bool empty;    /* nor is anything left of what they wrote */
	bool stalled;  /* something was left in the pseudo-terminal, as the ring was full */
	bool later;    /* the mode changed meanwhile: what is left goes out first */
	bool changing; /* as soon as what was taken is sent, but not after */
	int64_t change_by;
	int64_t look_at; /* for a change that the kernel does not tell */
	unsigned int quiet;

	uint8_t from[LINE_BATCH + 1];
	uint8_t out[LINE_BATCH]; /* received, from out_at to out_end not yet written */
	uint8_t marks[LINE_BATCH];
	unsigned int out_at, out_end;

	uint64_t discarded; /* received, and no program had it open, or one discarded it */
	uint64_t changes;   /* of settings */
	uint64_t refused;   /* of them, that the chip has not */
};

/* Starts the line with @line->config, and makes the pseudo-terminal. TOOL_GO_ON or TOOL_FAILED. */
int line_start(struct line *line);

/* Ends both. What was not sent is lost; how many bytes, at least, that is. */
unsigned int line_stop(struct line *line);

/* What to wait for, and for how many milliseconds at most; negative: forever. */
void line_events(const struct line *line, struct pollfd pollfds[LINE_FDS]);
int line_timeout(const struct line *line, int64_t now);

/*
 * Before the card is served: what programs have set and written goes to the line. After it: what
 * came goes to them. Whether there is more to do at once.
 */
bool line_feed(struct line *line, const struct pollfd pollfds[LINE_FDS], int64_t now);
bool line_drain(struct line *line);

/* Nanoseconds that do not jump. */
int64_t line_now(void);

#endif /* UVIO_TOOLS_LINE_H */
