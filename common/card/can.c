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
#define MOST_CHANNELS 1024

static const char *address_of(const struct uvio_can *can)
{
	return uvio_udev_address(can->card->udev);
}

static int check_ops(const struct uvio_driver *driver)
{
	const struct uvio_can_ops *ops = driver->can;

	if (ops->size < sizeof(*ops))
		return uvio_fail(-EINVAL,
			"card driver '%s': the table of its CAN channels has a size of %zu, less "
			"than %zu; set .size = sizeof(struct uvio_can_ops)",
			driver->name, ops->size, sizeof(*ops));
	if (!ops->channels || !ops->info || !ops->start || !ops->stop)
		return uvio_fail(-EINVAL,
			"card driver '%s': the table of its CAN channels lacks channels, info, "
			"start or stop",
			driver->name);
	return 0;
}

int uvio_cans_init(struct uvio_card *card)
{
	const struct uvio_can_ops *ops = card->driver->can;
	unsigned int count;
	int rc;

	if (!ops)
		return 0;
	rc = check_ops(card->driver);
	if (rc)
		return rc;
	count = ops->channels(card->priv);
	if (count > MOST_CHANNELS)
		return uvio_fail(-EINVAL, "card driver '%s': %u CAN channels: a card can have %d",
			card->driver->name, count, MOST_CHANNELS);
	card->cans = calloc(count ? count : 1, sizeof(*card->cans));
	if (!card->cans)
		return uvio_no_memory(uvio_udev_address(card->udev));
	for (unsigned int i = 0; i < count; i++) {
		struct uvio_can *can = &card->cans[i];

		can->card = card;
		can->ops = ops;
		can->channel = i;
		can->restart_at = UVIO_CARD_NEVER;
		can->info.size = sizeof(can->info);
		can->state = CAN_STATE_STOPPED;
		ops->info(card->priv, i, &can->info);
	}
	card->can_count = count;
	return 0;
}

static void free_rings(struct uvio_can *can)
{
	free(can->rx_slots);
	free(can->tx_frames);
	free(can->filters);
	can->filters = NULL;
	can->rx_slots = NULL;
	can->tx_frames = NULL;
}

void uvio_cans_free(struct uvio_card *card)
{
	for (unsigned int i = 0; i < card->can_count; i++) {
		uvio_can_stop(&card->cans[i]);
		free_rings(&card->cans[i]);
	}
	free(card->cans);
	card->cans = NULL;
	card->can_count = 0;
}

unsigned int uvio_can_count(const struct uvio_card *card)
{
	return card ? card->can_count : 0;
}

int uvio_can_get(struct uvio_card *card, unsigned int channel, struct uvio_can **can)
{
	if (UVIO_NULL("can", can))
		return -EINVAL;
	*can = NULL;
	if (UVIO_NULL("card", card))
		return -EINVAL;
	if (!card->can_count)
		return uvio_fail(-ENOTSUP, "%s: the card driver '%s' has no CAN channels",
			uvio_udev_address(card->udev), card->driver->name);
	if (channel >= card->can_count)
		return uvio_fail(-ERANGE, "%s: CAN channel %u: the card has %u, counted from 0",
			uvio_udev_address(card->udev), channel, card->can_count);
	*can = &card->cans[channel];
	return 0;
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
			return uvio_fail(-ENOTSUP, "%s: CAN channel %u: %s has no mode for %s",
				address_of(can), can->channel, can->info.chip, modes[i].name);
	if (lacks)
		return uvio_fail(-ENOTSUP, "%s: CAN channel %u: %s has not mode 0x%x",
			address_of(can), can->channel, can->info.chip, lacks);
	return 0;
}

static int check_ring(const struct uvio_can *can, unsigned int frames)
{
	if (frames <= MOST_FRAMES)
		return 0;
	return uvio_fail(-ERANGE, "%s: CAN channel %u: a queue of %u frames: at most %u",
		address_of(can), can->channel, frames, MOST_FRAMES);
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
	return uvio_fail(
		rc, "%s: CAN channel %u: %s: %s", address_of(can), can->channel, what, error.text);
}

static int complete(const struct uvio_can *can, struct uvio_can_config *config)
{
	int rc = check_modes(can, config->modes);

	if (!rc)
		rc = check_ring(can, config->rx_frames);
	if (!rc)
		rc = check_ring(can, config->tx_frames);
	if (!rc && config->filter_count > CAN_RAW_FILTER_MAX)
		rc = uvio_fail(-ERANGE, "%s: CAN channel %u: %u filters: it can have %u",
			address_of(can), can->channel, config->filter_count, CAN_RAW_FILTER_MAX);
	if (!rc && config->filter_count && !config->filters)
		rc = uvio_fail(-EINVAL, "%s: CAN channel %u: %u filters at NULL", address_of(can),
			can->channel, config->filter_count);
	if (!rc)
		rc = complete_timing(can, "bit rate", can->info.timing, &config->timing);
	if (!rc && config->modes & CAN_CTRLMODE_FD)
		rc = complete_timing(
			can, "data bit rate", can->info.data_timing, &config->data_timing);
	return rc;
}

static int make_rings(struct uvio_can *can, const struct uvio_can_config *config)
{
	uint32_t rx = config->rx_frames ? config->rx_frames : RX_FRAMES;
	uint32_t tx = config->tx_frames ? config->tx_frames : TX_FRAMES;

	free_rings(can);
	can->rx_slots = calloc(uvio_ring_places(rx), sizeof(*can->rx_slots));
	can->tx_frames = calloc(uvio_ring_places(tx), sizeof(*can->tx_frames));
	uvio_ring_init(&can->rx, rx);
	uvio_ring_init(&can->tx, tx);
	can->filters = calloc(config->filter_count + 1, sizeof(*can->filters));
	if (can->filters && config->filter_count)
		memcpy(can->filters, config->filters, config->filter_count * sizeof(*can->filters));
	can->filter_count = config->filter_count;
	if (can->rx_slots && can->tx_frames && can->filters)
		return 0;
	free_rings(can);
	return uvio_no_memory(address_of(can));
}

static int given(const struct uvio_can *can, const struct uvio_can_config *config)
{
	if (UVIO_NULL("can", can) || UVIO_NULL("config", config))
		return -EINVAL;
	if (config->size < sizeof(*config))
		return uvio_fail(-EINVAL,
			"%s: CAN channel %u: the configuration has a size of %zu, less than %zu; "
			"set .size = sizeof(struct uvio_can_config)",
			address_of(can), can->channel, config->size, sizeof(*config));
	if (can->started)
		return uvio_fail(-EBUSY, "%s: CAN channel %u is on the bus: stop it first",
			address_of(can), can->channel);
	return 0;
}

int uvio_can_start(struct uvio_can *can, const struct uvio_can_config *config)
{
	struct uvio_can_config whole;
	int rc = given(can, config);

	if (rc)
		return rc;
	whole = *config;
	rc = complete(can, &whole);
	if (!rc)
		rc = make_rings(can, &whole);
	if (rc)
		return rc;
	can->given = 0;
	can->gap = false;
	can->modes = whole.modes;
	can->restart = whole.restart;
	memset((void *)&can->count, 0, sizeof(can->count));
	atomic_store(&can->state, CAN_STATE_ERROR_ACTIVE);
	rc = can->ops->start(can->card->priv, can->channel, can, &whole);
	can->started = !rc;
	if (rc)
		atomic_store(&can->state, CAN_STATE_STOPPED);
	return rc;
}

int uvio_can_stop(struct uvio_can *can)
{
	int rc;

	if (UVIO_NULL("can", can))
		return -EINVAL;
	if (!can->started)
		return 0;
	rc = can->ops->stop(can->card->priv, can->channel);
	can->given = uvio_ring_used(&can->tx);
	uvio_can_tx_failed(can, can->given);
	can->started = false;
	can->restart_at = UVIO_CARD_NEVER;
	atomic_store(&can->state, CAN_STATE_STOPPED);
	return rc;
}

int uvio_can_is_down(const struct uvio_can *can)
{
	return uvio_fail(
		-ENETDOWN, "%s: CAN channel %u is not started", address_of(can), can->channel);
}

int uvio_can_counters(struct uvio_can *can, struct can_berr_counter *counters)
{
	if (UVIO_NULL("can", can) || UVIO_NULL("counters", counters))
		return -EINVAL;
	if (!can->started)
		return uvio_can_is_down(can);
	if (can->ops->counters)
		return can->ops->counters(can->card->priv, can->channel, counters);
	*counters = (struct can_berr_counter){0};
	return 0;
}

int uvio_can_restart(struct uvio_can *can)
{
	if (UVIO_NULL("can", can))
		return -EINVAL;
	if (!can->started)
		return uvio_can_is_down(can);
	if (uvio_can_state(can) != CAN_STATE_BUS_OFF)
		return uvio_fail(-EINVAL, "%s: CAN channel %u is not bus-off", address_of(can),
			can->channel);
	can->restart_at = UVIO_CARD_NEVER;
	if (!can->ops->restart)
		return uvio_fail(-ENOTSUP, "%s: CAN channel %u: %s leaves bus-off by itself",
			address_of(can), can->channel, can->info.chip);
	return can->ops->restart(can->card->priv, can->channel);
}

/* One that fails is tried again after the same time. */
static void serve_restart(struct uvio_can *can)
{
	struct uvio_saved_error before;
	int64_t again;

	if (can->restart_at == UVIO_CARD_NEVER)
		return;
	again = uvio_card_after(can->card, can->restart);
	if (uvio_card_now(can->card) < can->restart_at) {
		uvio_card_wake_at(can->card, can->restart_at);
		return;
	}
	uvio_error_save(&before);
	if (uvio_can_restart(can)) {
		can->restart_at = again;
		uvio_card_wake_at(can->card, again);
	}
	uvio_error_restore(&before);
}

void uvio_cans_serve(struct uvio_card *card)
{
	for (unsigned int i = 0; i < card->can_count; i++) {
		struct uvio_can *can = &card->cans[i];

		if (!can->started)
			continue;
		serve_restart(can);
		if (can->gap)
			uvio_can_mark_gap(can);
	}
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
