/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A pseudo-terminal that stands for a serial line: a program opens the slave, and this has the
 * master. Of the kernel's settings of the slave it has what Linux leaves: CSIZE and PARENB are
 * cleared there, so that the size of a byte is not known, and the parity only by its traces.
 */
#ifndef UVIO_TOOLS_PTY_H
#define UVIO_TOOLS_PTY_H

#include <stdbool.h>
#include <stdint.h>

#include <uvio/serial.h>

struct pty {
	int fd;	   /* the master, which never waits */
	int watch; /* readable when a program has opened the slave; negative: there is none */
	char path[64];
};

/* What the programs have set. */
struct pty_mode {
	uint32_t baud; /* 0: hang up */
	unsigned int stop_bits;
	enum uvio_serial_parity parity;
	bool flow;
	bool hang_up;	       /* at the last close */
	bool skip_break;       /* IGNBRK */
	bool skip_errors;      /* IGNPAR */
	bool zero_errors;      /* INPCK */
	bool raw;	       /* the kernel changes no byte on its way */
	bool told;	       /* the kernel tells of changes */
	unsigned int flags[4]; /* all of them */
};

/* What pty_read() got. */
enum pty_got {
	PTY_NOTHING = 0,
	PTY_BYTES,
	PTY_CHANGE,  /* of the mode */
	PTY_DISCARD, /* what was received and not read is to be discarded */
	PTY_CLOSED,  /* no program has it open, and there is nothing left of what they wrote */
};

/* Raw, with this speed, and no program has it. A negative errno after an error message, or 0. */
int pty_open(struct pty *pty, uint32_t baud);
void pty_close(struct pty *pty);

/*
 * Whether a program has it open, and whether there is something left of what programs wrote. Takes
 * what the watch has.
 */
bool pty_look(struct pty *pty, bool *left);

void pty_mode_get(const struct pty *pty, struct pty_mode *mode);
bool pty_mode_is_same(const struct pty_mode *a, const struct pty_mode *b);

/* The speed is another one, unless somebody has changed the mode meanwhile. */
void pty_speed_set(const struct pty *pty, const struct pty_mode *mode, uint32_t baud);

/*
 * Whether the kernel is to tell of changes as PTY_CHANGE: EXTPROC, which also ends what it does
 * with the bytes where the mode is not raw. Not where the mode is another one by now.
 */
void pty_tell(const struct pty *pty, const struct pty_mode *mode, bool on);

/* Up to @count bytes at @bytes, with one more place in front of them: bytes[-1]. */
enum pty_got pty_read(const struct pty *pty, uint8_t *bytes, unsigned int count, unsigned int *got);

/* How many were taken. */
unsigned int pty_write(const struct pty *pty, const uint8_t *bytes, unsigned int count);

/*
 * The last program has closed it: what it has not read is gone, and what a serial port would not
 * keep for the next one: TIOCEXCL, output that is stopped, a line discipline.
 */
void pty_discard(const struct pty *pty);

#endif /* UVIO_TOOLS_PTY_H */
