/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * The channels of a card, of whatever class. A class is a table here, and functions of its own
 * (<uvio/can.h>, <uvio/serial.h>): a new one is added to enum uvio_class_index, to the list in
 * channel.c, and to struct uvio_driver.
 */
#ifndef UVIO_CARD_CHANNEL_H
#define UVIO_CARD_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include <uvio/driver.h>

#include "card/card.h"

struct uvio_class;

/** The first member, "base", of the channels of each class. */
struct uvio_channel {
	struct uvio_card *card;
	const struct uvio_class *class;
	unsigned int index;
	bool started;
};

struct uvio_class {
	const char *name;	 /* of one channel, in messages */
	size_t size;		 /* of one channel */
	const char *config_name; /* the structure that it is started with; begins with its size */
	size_t config_size;

	/* Of the operations in a card driver, which begin with their size. */
	const char *ops_name;
	size_t ops_size;
	const void *(*ops)(const struct uvio_driver *driver); /* NULL: it has none */
	const char *ops_needed;				      /* those without which it cannot be */
	bool (*ops_complete)(const void *ops);

	unsigned int (*count)(const struct uvio_card *card);
	/* Asks the driver for its info, and checks that. 0; -EINVAL. */
	int (*init)(struct uvio_channel *channel);
	int (*stop)(struct uvio_channel *channel);
	void (*free_queues)(struct uvio_channel *channel);
	/* What is to be done with the queues or by the clock, after each service, while started. */
	void (*serve)(struct uvio_channel *channel);
};

extern const struct uvio_class uvio_class_can;
extern const struct uvio_class uvio_class_serial;

/** At attach: makes the channels of all classes. 0; -EINVAL, -ENOMEM: uvio_channels_free() then. */
int uvio_channels_init(struct uvio_card *card);
/** After service. */
void uvio_channels_serve(struct uvio_card *card);
/** At detach: stops and frees them. */
void uvio_channels_free(struct uvio_card *card);

unsigned int uvio_channel_count(const struct uvio_card *card, enum uvio_class_index class);

/** 0; -EINVAL (@card NULL); -ENOTSUP, -ERANGE: then @channel is NULL. */
int uvio_channel_get(struct uvio_card *card, enum uvio_class_index class, unsigned int index,
	struct uvio_channel **channel);

/** Whether @config has its size. 0; -EINVAL. */
int uvio_channel_check_size(const struct uvio_channel *channel, const void *config);

/** -EBUSY with an error message: it is to be stopped first; and -ENETDOWN: it is not started. */
int uvio_channel_is_up(const struct uvio_channel *channel);
int uvio_channel_is_down(const struct uvio_channel *channel);

int uvio_channel_no_memory(const struct uvio_channel *channel);

/** uvio_fail(), with the card and the channel before the text. */
int uvio_channel_fail(const struct uvio_channel *channel, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* UVIO_CARD_CHANNEL_H */
