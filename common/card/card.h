/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_CARD_CARD_H
#define UVIO_CARD_CARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <uvio/driver.h>

/* Of struct uvio_class, in channel.h. */
enum uvio_class_index {
	UVIO_CLASS_CAN,
	UVIO_CLASS_SERIAL,
	UVIO_CLASSES,
};

struct uvio_channels {
	void *all; /* an array of the channels of the class, which have its size */
	unsigned int count;
};

struct uvio_card {
	const struct uvio_driver *driver;
	struct uvio_udev *udev;
	void *priv;
	struct uvio_channels channels[UVIO_CLASSES]; /* of channel.c */
	/* Of serve.c; -1: uvio_card_fd() was not called. */
	int fd; /* an epoll of what follows, of the interrupt, and of the device's events */
	int kick_fd;
	int timer_fd;
	atomic_bool kicked;
	unsigned int busy; /* how often it found something since it looked for events last */
	int64_t wake_at;   /* when there is something to do, by the clock of clock.h */
	int64_t now;	   /* when uvio_card_poll() first asked; 0: not yet */
	uint64_t events;   /* interrupts that uvio_card_wait() took, for uvio_card_poll() */
	unsigned int waits;
	bool ready; /* the last wait that looked for an interrupt found one */
	bool sent;  /* the chip was given something to send in this service */
};

#define UVIO_CARD_NEVER INT64_MAX

/** The time of what service finds, the same for all of it. */
int64_t uvio_card_now(struct uvio_card *card);

/** The time @ns after that; at most UVIO_CARD_NEVER. */
int64_t uvio_card_after(struct uvio_card *card, int64_t ns);

/** uvio_card_poll() has something to do at @at, or before. */
void uvio_card_wake_at(struct uvio_card *card, int64_t at);

/** Ends what uvio_card_fd() began. */
void uvio_card_unserve(struct uvio_card *card);

#endif /* UVIO_CARD_CARD_H */
