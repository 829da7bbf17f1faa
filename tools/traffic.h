/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Frames and bytes for compare: the same work for the channels of a card, whoever drives it. An end
 * is a channel of a card driver, or the interface that the kernel's own driver makes of it.
 */
#ifndef UVIO_TOOLS_TRAFFIC_H
#define UVIO_TOOLS_TRAFFIC_H

#include "compare.h"

enum {
	TRAFFIC_BATCH = 16,  /* frames */
	TRAFFIC_PART = 4,    /* for which every chip has a place */
	TRAFFIC_BLOCK = 256, /* bytes */
	TRAFFIC_BITRATE = 500000,
	TRAFFIC_DATA_BITRATE = 2000000,
	TRAFFIC_BAUD = 115200,
	TRAFFIC_LATE_MS = 1000, /* when nothing comes any more */
};

struct can_end;
struct serial_end;

struct can_end_ops {
	/* On the bus; with @alone it needs no acknowledge of others, where it can be so. */
	int (*open)(struct can_end *end, bool alone);
	void (*close)(struct can_end *end);
	/* All @count, up to TRAFFIC_BATCH; -ETIMEDOUT where nothing comes. */
	int (*send)(struct can_end *end, const struct canfd_frame *frames, unsigned int count);
	int (*receive)(struct can_end *end, struct canfd_frame *frames, unsigned int count);
};

struct can_end {
	const struct can_end_ops *ops;
	/* Of a card driver. */
	struct uvio_card *card;
	struct uvio_can *can;
	unsigned int channel;
	bool fd;    /* the frames are of CAN FD */
	bool waits; /* for interrupts */
	/* Of the kernel. */
	char name[16];
	int socket;
};

/* Bytes out and back, in the chip. */
struct serial_end_ops {
	int (*open)(struct serial_end *end, unsigned int block);
	void (*close)(struct serial_end *end);
	int (*trip)(struct serial_end *end, const uint8_t *out, uint8_t *back, unsigned int count);
};

struct serial_end {
	const struct serial_end_ops *ops;
	struct uvio_card *card;
	struct uvio_serial *serial;
	bool waits;
	char path[64];
	int fd;
};

/* @until: 0 before the first wait for something. */
int traffic_wait(struct uvio_card *card, bool waits, int64_t *until);

/* @ends: the channels of the card, two at most that are on one bus. */
void measure_can(struct session *s, struct can_end *ends, unsigned int count);
void measure_serial(struct session *s, struct serial_end *end);

/* Of the card driver of the session: what its class has. */
void measure_classes(struct session *s);

extern const struct can_end_ops can_end_card;
extern const struct can_end_ops can_end_socket;
extern const struct serial_end_ops serial_end_card;
extern const struct serial_end_ops serial_end_tty;

/*
 * The column of the kernel's own driver, while the device still has it: where the kernel has made
 * CAN interfaces or serial lines of it. Its figures are the baseline of the others.
 */
void kernel_run(const struct comparison *c);
void kernel_to_baselines(const struct comparison *c);

/* ADDRESS[/CHANNEL] of a card that is bound to a backend; NULL: none. TOOL_GO_ON. */
int peer_open(struct comparison *c, const char *place, struct can_end *peer);
void peer_close(struct can_end *peer);

#endif /* UVIO_TOOLS_TRAFFIC_H */
