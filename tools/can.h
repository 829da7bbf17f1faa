/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** What the parts of "uvio can" know of each other: channels, and what each is connected to. */
#ifndef UVIO_TOOLS_CAN_H
#define UVIO_TOOLS_CAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uvio/can.h>
#include "bridge.h"

enum { CAN_LINKS_MAX = 16, CAN_BATCH = 64, CAN_LINE_MAX = 256 };

/* One channel, with a network interface, or with standard input and output. */
struct can_link {
	struct uvio_can *can;
	unsigned int channel;
	const char *netdev; /* NULL: standard input and output */
	int fd;		    /* a socket; -1 */
	bool broken;	    /* the interface is gone or down, which was told */
	bool full;	    /* the interface takes no more now, and does not say when it does */
	uint32_t watched;   /* what the loop waits for at the socket */
	uint32_t overflows; /* as the socket had counted them then */

	/* Received from the card, not taken by the interface yet. */
	struct canfd_frame frames[CAN_BATCH];
	unsigned int frame_count, frame_next;

	uint64_t refused;     /* frames for the card that no such channel sends */
	uint64_t netdev_lost; /* the socket had no space for frames for the card */
};

/* can_net.c */
int can_net_open(struct can_link *link, const struct uvio_can_config *config);
int can_net_feed(struct bridge *b, struct can_link *link);
int can_net_drain(struct bridge *b, struct can_link *link);
/* Brings netdev_lost up to date. */
void can_net_count(struct can_link *link);

/* can_log.c: candump's log format, "(1700000000.123456) can0 123#1122". */

/* A line without its end; what follows the frame is of no matter. */
bool can_log_parse(const char *line, struct canfd_frame *frame);

/* A line with its end, @time in nanoseconds since 1970; its length. */
size_t can_log_format(
	char text[CAN_LINE_MAX], const char *name, int64_t time, const struct canfd_frame *frame);

/* can_stdio.c */
int can_stdio_feed(struct bridge *b, struct can_link *link);
int can_stdio_drain(struct bridge *b, struct can_link *link);
/* How many frames wait for the reader of standard output, beside those of the channel. */
unsigned int can_stdio_left(void);

/* How many of @count frames were taken by the channel, or will never be. */
unsigned int can_link_send(
	struct can_link *link, const struct canfd_frame *frames, unsigned int count);

#endif /* UVIO_TOOLS_CAN_H */
