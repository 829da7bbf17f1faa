/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <uvio/udev.h>

#include "base/context.h"
#include "base/error.h"
#include "card/channel.h"

#define MOST_CHANNELS 1024

static const struct uvio_class *const classes[UVIO_CLASSES] = {
	[UVIO_CLASS_CAN] = &uvio_class_can,
	[UVIO_CLASS_SERIAL] = &uvio_class_serial,
};

static struct uvio_channel *channel_at(
	const struct uvio_card *card, unsigned int class, unsigned int index)
{
	char *channels = card->channels[class].all;
	void *channel = channels + index * classes[class]->size;

	return channel;
}

static int check_ops(const struct uvio_driver *driver, const struct uvio_class *class)
{
	const void *ops = class->ops(driver);
	const size_t *size = ops;

	if (*size < class->ops_size)
		return uvio_fail(-EINVAL,
			"card driver '%s': the table of its %ss has a size of %zu, less than %zu; "
			"set .size = sizeof(%s)",
			driver->name, class->name, *size, class->ops_size, class->ops_name);
	if (!class->ops_complete(ops))
		return uvio_fail(-EINVAL, "card driver '%s': the table of its %ss lacks %s",
			driver->name, class->name, class->ops_needed);
	return 0;
}

static int count_channels(
	const struct uvio_card *card, const struct uvio_class *class, unsigned int *count)
{
	int rc = check_ops(card->driver, class);

	if (rc)
		return rc;
	*count = class->count(card);
	if (*count > MOST_CHANNELS)
		return uvio_fail(-EINVAL, "card driver '%s': %u %ss: a card can have %d",
			card->driver->name, *count, class->name, MOST_CHANNELS);
	return 0;
}

static int init_class(struct uvio_card *card, unsigned int number)
{
	const struct uvio_class *class = classes[number];
	struct uvio_channels *channels = &card->channels[number];
	unsigned int count;
	int rc;

	if (!class->ops(card->driver))
		return 0;
	rc = count_channels(card, class, &count);
	if (rc || !count)
		return rc;
	channels->all = calloc(count, class->size);
	if (!channels->all)
		return uvio_no_memory(uvio_udev_address(card->udev));
	for (unsigned int i = 0; !rc && i < count; i++) {
		struct uvio_channel *channel = channel_at(card, number, i);

		channel->card = card;
		channel->class = class;
		channel->index = i;
		channels->count = i + 1;
		rc = class->init(channel);
	}
	return rc;
}

int uvio_channels_init(struct uvio_card *card)
{
	int rc = 0;

	for (unsigned int class = 0; !rc && class < UVIO_CLASSES; class ++)
		rc = init_class(card, class);
	return rc;
}

void uvio_channels_free(struct uvio_card *card)
{
	for (unsigned int class = 0; class < UVIO_CLASSES; class ++) {
		struct uvio_channels *channels = &card->channels[class];

		for (unsigned int i = 0; i < channels->count; i++) {
			struct uvio_channel *channel = channel_at(card, class, i);

			channel->class->stop(channel);
			channel->class->free_queues(channel);
		}
		free(channels->all);
		*channels = (struct uvio_channels){0};
	}
}

void uvio_channels_serve(struct uvio_card *card)
{
	for (unsigned int class = 0; class < UVIO_CLASSES; class ++) {
		for (unsigned int i = 0; i < card->channels[class].count; i++) {
			struct uvio_channel *channel = channel_at(card, class, i);

			if (channel->started)
				channel->class->serve(channel);
		}
	}
}

unsigned int uvio_channel_count(const struct uvio_card *card, enum uvio_class_index class)
{
	return card ? card->channels[class].count : 0;
}

int uvio_channel_get(struct uvio_card *card, enum uvio_class_index class, unsigned int index,
	struct uvio_channel **channel)
{
	unsigned int count = uvio_channel_count(card, class);
	const char *name = classes[class]->name;

	*channel = NULL;
	if (!count)
		return uvio_fail(-ENOTSUP, "%s: the card driver '%s' has no %ss",
			uvio_udev_address(card->udev), card->driver->name, name);
	if (index >= count)
		return uvio_fail(-ERANGE, "%s: %s %u: the card has %u, counted from 0",
			uvio_udev_address(card->udev), name, index, count);
	*channel = channel_at(card, class, index);
	return 0;
}

int uvio_channel_check_size(const struct uvio_channel *channel, const void *config)
{
	const struct uvio_class *class = channel->class;
	const size_t *size = config;

	if (*size >= class->config_size)
		return 0;
	return uvio_channel_fail(channel, -EINVAL,
		"the configuration has a size of %zu, less than %zu; set .size = sizeof(%s)", *size,
		class->config_size, class->config_name);
}

int uvio_channel_is_up(const struct uvio_channel *channel)
{
	return uvio_fail(-EBUSY, "%s: %s %u is started: stop it first",
		uvio_udev_address(channel->card->udev), channel->class->name, channel->index);
}

int uvio_channel_is_down(const struct uvio_channel *channel)
{
	return uvio_fail(-ENETDOWN, "%s: %s %u is not started",
		uvio_udev_address(channel->card->udev), channel->class->name, channel->index);
}

int uvio_channel_no_memory(const struct uvio_channel *channel)
{
	return uvio_no_memory(uvio_udev_address(channel->card->udev));
}

int uvio_channel_fail(const struct uvio_channel *channel, int err, const char *format, ...)
{
	char text[UVIO_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return uvio_fail(err, "%s: %s %u: %s", uvio_udev_address(channel->card->udev),
		channel->class->name, channel->index, text);
}
