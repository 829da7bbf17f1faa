/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <linux/can/raw.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/can.h>
#include <uvio/udev.h>

#include "base/clock.h"
#include "base/context.h"
#include "base/error.h"
#include "base/given.h"
#include "card/can.h"
#include "card/card.h"

#define RX_FRAMES 1024
#define TX_FRAMES 64
#define MOST_FRAMES 65536

static const void *ops_of(const struct uvio_driver *driver)
{
	return driver->can;
}

static bool is_complete(const void *table)
{
	const struct uvio_can_ops *ops = table;

	return ops->channels && ops->info && ops->start && ops->stop;
}

static unsigned int count(const struct uvio_card *card)
{
	return card->driver->can->channels(card->priv);
}

static int check_limits(
	const struct uvio_can *can, const char *name, const struct can_bittiming_const *limits)
{
	struct uvio_saved_error error;
	int rc;

	if (!limits)
		return uvio_channel_fail(&can->base, -EINVAL,
			"card driver '%s': its info has no %s", can->base.card->driver->name, name);
	rc = uvio_can_check_limits(limits);
	if (!rc)
		return 0;
	uvio_error_save(&error);
	return uvio_channel_fail(&can->base, rc, "card driver '%s': %s: %s",
		can->base.card->driver->name, name, error.text);
}

/* What is told here is believed from now on. */
static int check_info(const struct uvio_can *can)
{
	const struct uvio_can_info *info = &can->info;
	int rc;

	if (!info->chip || !info->clock)
		return uvio_channel_fail(&can->base, -EINVAL,
			"card driver '%s': its info lacks the chip or the clock",
			can->base.card->driver->name);
	rc = check_limits(can, "timing", info->timing);
	if (!rc && (info->data_timing || info->modes & CAN_CTRLMODE_FD))
		rc = check_limits(can, "data_timing", info->data_timing);
	return rc;
}

static int init(struct uvio_channel *channel)
{
	struct uvio_can *can = (struct uvio_can *)channel;

	can->ops = channel->card->driver->can;
	can->restart_at = UVIO_CARD_NEVER;
	can->rx_full = true;
	can->info.size = sizeof(can->info);
	can->state = CAN_STATE_STOPPED;
	can->ops->info(channel->card->priv, channel->index, &can->info);
	return check_info(can);
}

static int stop(struct uvio_channel *channel)
{
	return uvio_can_stop((struct uvio_can *)channel);
}

static void free_queues(struct uvio_channel *channel)
{
	struct uvio_can *can = (struct uvio_can *)channel;

	free(can->rx_slots);
	free(can->tx_frames);
	free(can->filters);
	can->filters = NULL;
	can->rx_slots = NULL;
	can->tx_frames = NULL;
}

/* One that fails is tried again after the same time. */
static void serve_restart(struct uvio_can *can)
{
	struct uvio_saved_error before;
	int64_t again;

	if (can->restart_at == UVIO_CARD_NEVER)
		return;
	again = uvio_card_after(can->base.card, can->restart);
	if (uvio_card_now(can->base.card) < can->restart_at) {
		uvio_card_wake_at(can->base.card, can->restart_at);
		return;
	}
	uvio_error_save(&before);
	if (uvio_can_restart(can)) {
		can->restart_at = again;
		uvio_card_wake_at(can->base.card, again);
	}
	uvio_error_restore(&before);
}

static void serve(struct uvio_channel *channel)
{
	struct uvio_can *can = (struct uvio_can *)channel;

	serve_restart(can);
	if (can->gap)
		uvio_can_mark_gap(can);
}

const struct uvio_class uvio_class_can = {
	.name = "CAN channel",
	.size = sizeof(struct uvio_can),
	.config_name = "struct uvio_can_config",
	.config_size = sizeof(struct uvio_can_config),
	.ops_name = "struct uvio_can_ops",
	.ops_size = sizeof(struct uvio_can_ops),
	.ops = ops_of,
	.ops_needed = "channels, info, start or stop",
	.ops_complete = is_complete,
	.count = count,
	.init = init,
	.stop = stop,
	.free_queues = free_queues,
	.serve = serve,
};

unsigned int uvio_can_count(const struct uvio_card *card)
{
	return uvio_channel_count(card, UVIO_CLASS_CAN);
}

int uvio_can_get(struct uvio_card *card, unsigned int channel, struct uvio_can **can)
{
	struct uvio_channel *found;
	int rc;

	if (UVIO_NULL("can", can))
		return -EINVAL;
	*can = NULL;
	if (UVIO_NULL("card", card))
		return -EINVAL;
	rc = uvio_channel_get(card, UVIO_CLASS_CAN, channel, &found);
	*can = (struct uvio_can *)found;
	return rc;
}

const struct uvio_can_info *uvio_can_info(const struct uvio_can *can)
{
	return can ? &can->info : NULL;
}

static const struct {
	uint32_t mode;
	const char *name;
} modes[] = {
	{CAN_CTRLMODE_LOOPBACK, "loopback"},
	{CAN_CTRLMODE_LISTENONLY, "listen-only"},
	{CAN_CTRLMODE_3_SAMPLES, "triple sampling"},
	{CAN_CTRLMODE_ONE_SHOT, "one-shot"},
	{CAN_CTRLMODE_BERR_REPORTING, "reports of bus errors"},
	{CAN_CTRLMODE_FD, "CAN FD"},
	{CAN_CTRLMODE_PRESUME_ACK, "sending without acknowledge (self test)"},
	{CAN_CTRLMODE_FD_NON_ISO, "CAN FD that is not by ISO"},
	{CAN_CTRLMODE_CC_LEN8_DLC, "a DLC above 8"},
};

static int check_modes(const struct uvio_can *can, uint32_t wanted)
{
	uint32_t lacks = wanted & ~can->info.modes;

	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++)
		if (lacks & modes[i].mode)
			return uvio_channel_fail(&can->base, -ENOTSUP, "%s has no mode for %s",
				can->info.chip, modes[i].name);
	if (lacks)
		return uvio_channel_fail(
			&can->base, -ENOTSUP, "%s has not mode 0x%x", can->info.chip, lacks);
	return 0;
}

static int check_queue(const struct uvio_can *can, unsigned int frames)
{
	if (frames <= MOST_FRAMES)
		return 0;
	return uvio_channel_fail(
		&can->base, -ERANGE, "a queue of %u frames: at most %u", frames, MOST_FRAMES);
}

/* The errors of bit timing do not know whose it is. */
static int complete_timing(const struct uvio_can *can, const char *what,
	const struct can_bittiming_const *limits, struct can_bittiming *timing)
{
	int rc = uvio_can_timing(limits, can->info.clock, timing);
	struct uvio_saved_error error;

	if (!rc)
		return 0;
	uvio_error_save(&error);
	return uvio_channel_fail(&can->base, rc, "%s: %s", what, error.text);
}

static int complete(const struct uvio_can *can, struct uvio_can_config *config)
{
	int rc = check_modes(can, config->modes);

	if (!rc)
		rc = check_queue(can, config->rx_frames);
	if (!rc)
		rc = check_queue(can, config->tx_frames);
	if (!rc && config->filter_count > CAN_RAW_FILTER_MAX)
		rc = uvio_channel_fail(&can->base, -ERANGE, "%u filters: it can have %u",
			config->filter_count, CAN_RAW_FILTER_MAX);
	if (!rc && config->filter_count && !config->filters)
		rc = uvio_channel_fail(
			&can->base, -EINVAL, "%u filters at NULL", config->filter_count);
	if (!rc)
		rc = complete_timing(can, "bit rate", can->info.timing, &config->timing);
	if (!rc && config->modes & CAN_CTRLMODE_FD)
		rc = complete_timing(
			can, "data bit rate", can->info.data_timing, &config->data_timing);
	return rc;
}

static int make_queues(struct uvio_can *can, const struct uvio_can_config *config)
{
	uint32_t rx = config->rx_frames ? config->rx_frames : RX_FRAMES;
	uint32_t tx = config->tx_frames ? config->tx_frames : TX_FRAMES;

	free_queues(&can->base);
	can->rx_slots = uvio_ring_make(&can->rx, rx, sizeof(*can->rx_slots));
	can->tx_frames = uvio_ring_make(&can->tx, tx, sizeof(*can->tx_frames));
	can->filters = calloc(config->filter_count + 1, sizeof(*can->filters));
	if (can->filters && config->filter_count)
		memcpy(can->filters, config->filters, config->filter_count * sizeof(*can->filters));
	can->filter_count = config->filter_count;
	if (can->rx_slots && can->tx_frames && can->filters)
		return 0;
	free_queues(&can->base);
	return uvio_channel_no_memory(&can->base);
}

int uvio_can_start(struct uvio_can *can, const struct uvio_can_config *config)
{
	struct uvio_can_config whole;
	int rc;

	if (UVIO_NULL("can", can) || UVIO_NULL("config", config))
		return -EINVAL;
	rc = uvio_channel_check_size(&can->base, config);
	if (rc)
		return rc;
	if (can->base.started)
		return uvio_channel_is_up(&can->base);
	whole = *config;
	rc = complete(can, &whole);
	if (!rc)
		rc = make_queues(can, &whole);
	if (rc)
		return rc;
	can->given = 0;
	can->gap = false;
	can->rx_full = true;
	can->modes = whole.modes;
	can->restart = whole.restart;
	memset((void *)&can->count, 0, sizeof(can->count));
	atomic_store(&can->state, CAN_STATE_ERROR_ACTIVE);
	rc = can->ops->start(can->base.card->priv, can->base.index, can, &whole);
	can->base.started = !rc;
	if (rc)
		atomic_store(&can->state, CAN_STATE_STOPPED);
	return rc;
}

int uvio_can_stop(struct uvio_can *can)
{
	int rc;

	if (UVIO_NULL("can", can))
		return -EINVAL;
	if (!can->base.started)
		return 0;
	rc = can->ops->stop(can->base.card->priv, can->base.index);
	can->given = uvio_ring_used(&can->tx);
	uvio_can_tx_failed(can, can->given);
	can->base.started = false;
	can->restart_at = UVIO_CARD_NEVER;
	atomic_store(&can->state, CAN_STATE_STOPPED);
	return rc;
}

int uvio_can_counters(struct uvio_can *can, struct can_berr_counter *counters)
{
	if (UVIO_NULL("can", can) || UVIO_NULL("counters", counters))
		return -EINVAL;
	if (!can->base.started)
		return uvio_channel_is_down(&can->base);
	if (can->ops->counters)
		return can->ops->counters(can->base.card->priv, can->base.index, counters);
	*counters = (struct can_berr_counter){0};
	return 0;
}

int uvio_can_restart(struct uvio_can *can)
{
	if (UVIO_NULL("can", can))
		return -EINVAL;
	if (!can->base.started)
		return uvio_channel_is_down(&can->base);
	if (uvio_can_state(can) != CAN_STATE_BUS_OFF)
		return uvio_channel_fail(&can->base, -EINVAL, "it is not bus-off");
	can->restart_at = UVIO_CARD_NEVER;
	if (!can->ops->restart)
		return uvio_channel_fail(
			&can->base, -ENOTSUP, "%s leaves bus-off by itself", can->info.chip);
	return can->ops->restart(can->base.card->priv, can->base.index);
}

enum can_state uvio_can_state(const struct uvio_can *can)
{
	return can ? (enum can_state)atomic_load(&can->state) : CAN_STATE_STOPPED;
}

int uvio_can_stats_sized(const struct uvio_can *can, struct uvio_can_stats *stats, size_t size)
{
	struct uvio_can_stats all;

	if (UVIO_NULL("can", can) || UVIO_NULL("stats", stats) || UVIO_NO_SIZE("stats", size))
		return -EINVAL;
	all = (struct uvio_can_stats){
		.rx_frames = can->count.rx_frames,
		.rx_bytes = can->count.rx_bytes,
		.tx_frames = can->count.tx_frames,
		.tx_bytes = can->count.tx_bytes,
		.tx_failed = can->count.tx_failed,
		.rx_lost = can->count.rx_lost,
		.rx_filtered = can->count.rx_filtered,
		.rx_overrun = can->count.rx_overrun,
		.bus_errors = can->count.bus_errors,
		.warnings = can->count.warnings,
		.passives = can->count.passives,
		.bus_offs = can->count.bus_offs,
		.restarts = can->count.restarts,
	};
	uvio_give(stats, size, &all, sizeof(all));
	return 0;
}
