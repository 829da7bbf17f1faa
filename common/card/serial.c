/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <uvio/serial.h>
#include <uvio/udev.h>

#include "base/context.h"
#include "base/error.h"
#include "base/given.h"
#include "card/card.h"
#include "card/serial.h"

#define RX_BYTES 65536
#define TX_BYTES 4096
#define MOST_BYTES (16 * 1024 * 1024)

static const void *ops_of(const struct uvio_driver *driver)
{
	return driver->serial;
}

static bool is_complete(const void *table)
{
	const struct uvio_serial_ops *ops = table;

	return ops->lines && ops->info && ops->start && ops->set && ops->stop;
}

static unsigned int count(const struct uvio_card *card)
{
	return card->driver->serial->lines(card->priv);
}

/* What is told here is believed from now on. */
static int check_info(const struct uvio_serial *serial)
{
	const struct uvio_serial_info *info = &serial->info;
	const char *driver = serial->base.card->driver->name;

	if (!info->chip)
		return uvio_channel_fail(&serial->base, -EINVAL,
			"card driver '%s': its info lacks the chip", driver);
	if (!info->baud_min || info->baud_min > info->baud_max)
		return uvio_channel_fail(&serial->base, -EINVAL,
			"card driver '%s': its info has bit rates from %u to %u", driver,
			info->baud_min, info->baud_max);
	return 0;
}

static int init(struct uvio_channel *channel)
{
	struct uvio_serial *serial = (struct uvio_serial *)channel;

	serial->ops = channel->card->driver->serial;
	serial->info.size = sizeof(serial->info);
	serial->ops->info(channel->card->priv, channel->index, &serial->info);
	return check_info(serial);
}

static int stop(struct uvio_channel *channel)
{
	return uvio_serial_stop((struct uvio_serial *)channel);
}

static void free_queues(struct uvio_channel *channel)
{
	struct uvio_serial *serial = (struct uvio_serial *)channel;

	free(serial->rx_bytes);
	free(serial->rx_marks);
	free(serial->tx_bytes);
	serial->rx_bytes = serial->rx_marks = serial->tx_bytes = NULL;
}

/* From three quarters full the other side is to stop, until one quarter is left. */
static void serve_flow(struct uvio_serial *serial)
{
	uint32_t used = serial->rx.capacity - uvio_ring_space(&serial->rx);
	uint32_t quarter = serial->rx.capacity / 4;
	bool throttle = serial->throttled ? used > quarter : used > serial->rx.capacity - quarter;

	if (throttle == serial->throttled)
		return;
	serial->throttled = throttle;
	serial->ops->throttle(serial->base.card->priv, serial->base.index, throttle);
}

static void serve(struct uvio_channel *channel)
{
	struct uvio_serial *serial = (struct uvio_serial *)channel;

	if (serial->ops->throttle && (serial->flow || serial->throttled))
		serve_flow(serial);
}

const struct uvio_class uvio_class_serial = {
	.name = "serial line",
	.size = sizeof(struct uvio_serial),
	.config_name = "struct uvio_serial_config",
	.config_size = sizeof(struct uvio_serial_config),
	.ops_name = "struct uvio_serial_ops",
	.ops_size = sizeof(struct uvio_serial_ops),
	.ops = ops_of,
	.ops_needed = "lines, info, start, set or stop",
	.ops_complete = is_complete,
	.count = count,
	.init = init,
	.stop = stop,
	.free_queues = free_queues,
	.serve = serve,
};

unsigned int uvio_serial_count(const struct uvio_card *card)
{
	return uvio_channel_count(card, UVIO_CLASS_SERIAL);
}

int uvio_serial_get(struct uvio_card *card, unsigned int line, struct uvio_serial **serial)
{
	struct uvio_channel *found;
	int rc;

	if (UVIO_NULL("serial", serial))
		return -EINVAL;
	*serial = NULL;
	if (UVIO_NULL("card", card))
		return -EINVAL;
	rc = uvio_channel_get(card, UVIO_CLASS_SERIAL, line, &found);
	*serial = (struct uvio_serial *)found;
	return rc;
}

const struct uvio_serial_info *uvio_serial_info(const struct uvio_serial *serial)
{
	return serial ? &serial->info : NULL;
}

static int refuse(const struct uvio_serial *serial, int err, const char *what, unsigned int value,
	const char *why)
{
	return uvio_channel_fail(&serial->base, err, "%s %u: %s", what, value, why);
}

static int check_baud(const struct uvio_serial *serial, uint32_t baud)
{
	if (!baud)
		return refuse(serial, -EINVAL, "baud", baud, "a line has a bit rate");
	if (baud >= serial->info.baud_min && baud <= serial->info.baud_max)
		return 0;
	return uvio_channel_fail(&serial->base, -ERANGE, "%u bit/s: %s has %u to %u bit/s", baud,
		serial->info.chip, serial->info.baud_min, serial->info.baud_max);
}

static int check_config(const struct uvio_serial *serial, const struct uvio_serial_config *config)
{
	int rc = uvio_channel_check_size(&serial->base, config);

	if (rc)
		return rc;
	if (config->data_bits < 5 || config->data_bits > 8)
		return refuse(serial, -EINVAL, "data bits", config->data_bits, "5 to 8");
	if (config->stop_bits < 1 || config->stop_bits > 2)
		return refuse(serial, -EINVAL, "stop bits", config->stop_bits, "1 or 2");
	if (config->parity > UVIO_PARITY_SPACE)
		return refuse(serial, -EINVAL, "parity", config->parity, "there is none such");
	if (config->flow > UVIO_FLOW_RTS_CTS)
		return refuse(serial, -EINVAL, "flow control", config->flow, "there is none such");
	if (config->rx_bytes > MOST_BYTES || config->tx_bytes > MOST_BYTES)
		return refuse(serial, -ERANGE, "a queue of",
			config->rx_bytes > MOST_BYTES ? config->rx_bytes : config->tx_bytes,
			"at most 16777216 bytes");
	return check_baud(serial, config->baud);
}

static int make_queues(struct uvio_serial *serial, const struct uvio_serial_config *config)
{
	uint32_t rx = config->rx_bytes ? config->rx_bytes : RX_BYTES;
	uint32_t tx = config->tx_bytes ? config->tx_bytes : TX_BYTES;

	free_queues(&serial->base);
	serial->rx_bytes = uvio_ring_make(&serial->rx, rx, sizeof(*serial->rx_bytes));
	serial->rx_marks = calloc(uvio_ring_places(rx), sizeof(*serial->rx_marks));
	serial->tx_bytes = uvio_ring_make(&serial->tx, tx, sizeof(*serial->tx_bytes));
	if (serial->rx_bytes && serial->rx_marks && serial->tx_bytes)
		return 0;
	free_queues(&serial->base);
	return uvio_channel_no_memory(&serial->base);
}

int uvio_serial_start(struct uvio_serial *serial, const struct uvio_serial_config *config)
{
	int rc;

	if (UVIO_NULL("serial", serial) || UVIO_NULL("config", config))
		return -EINVAL;
	rc = check_config(serial, config);
	if (rc)
		return rc;
	if (serial->base.started)
		return uvio_channel_is_up(&serial->base);
	rc = make_queues(serial, config);
	if (rc)
		return rc;
	serial->gap = serial->throttled = false;
	serial->flow = config->flow == UVIO_FLOW_RTS_CTS;
	memset((void *)&serial->count, 0, sizeof(serial->count));
	rc = serial->ops->start(serial->base.card->priv, serial->base.index, serial, config);
	serial->base.started = !rc;
	return rc;
}

int uvio_serial_set(struct uvio_serial *serial, const struct uvio_serial_config *config)
{
	int rc;

	if (UVIO_NULL("serial", serial) || UVIO_NULL("config", config))
		return -EINVAL;
	rc = check_config(serial, config);
	if (rc)
		return rc;
	if (!serial->base.started)
		return uvio_channel_is_down(&serial->base);
	rc = serial->ops->set(serial->base.card->priv, serial->base.index, config);
	if (!rc)
		serial->flow = config->flow == UVIO_FLOW_RTS_CTS;
	return rc;
}

int uvio_serial_stop(struct uvio_serial *serial)
{
	if (UVIO_NULL("serial", serial))
		return -EINVAL;
	if (!serial->base.started)
		return 0;
	serial->base.started = false;
	return serial->ops->stop(serial->base.card->priv, serial->base.index);
}

static int lacks(const struct uvio_serial *serial, const char *what)
{
	return uvio_channel_fail(&serial->base, -ENOTSUP, "the card driver '%s' has no %s",
		serial->base.card->driver->name, what);
}

int uvio_serial_modem(struct uvio_serial *serial, unsigned int *lines)
{
	if (UVIO_NULL("serial", serial) || UVIO_NULL("lines", lines))
		return -EINVAL;
	if (!serial->base.started)
		return uvio_channel_is_down(&serial->base);
	if (!serial->ops->modem)
		return lacks(serial, "modem lines");
	return serial->ops->modem(serial->base.card->priv, serial->base.index, lines);
}

int uvio_serial_modem_set(struct uvio_serial *serial, unsigned int on, unsigned int off)
{
	const unsigned int all = TIOCM_DTR | TIOCM_RTS;

	if (UVIO_NULL("serial", serial))
		return -EINVAL;
	if (!serial->base.started)
		return uvio_channel_is_down(&serial->base);
	if ((on | off) & ~all || on & off)
		return uvio_channel_fail(&serial->base, -EINVAL,
			"modem lines 0x%x on and 0x%x off: DTR and RTS "
			"can be switched, each on or off",
			on, off);
	if (!serial->ops->modem_set)
		return lacks(serial, "modem lines");
	return serial->ops->modem_set(serial->base.card->priv, serial->base.index, on, off);
}

int uvio_serial_break(struct uvio_serial *serial, bool on)
{
	if (UVIO_NULL("serial", serial))
		return -EINVAL;
	if (!serial->base.started)
		return uvio_channel_is_down(&serial->base);
	if (!serial->ops->set_break)
		return lacks(serial, "break");
	return serial->ops->set_break(serial->base.card->priv, serial->base.index, on);
}

int uvio_serial_stats_sized(
	const struct uvio_serial *serial, struct uvio_serial_stats *stats, size_t size)
{
	struct uvio_serial_stats all;

	if (UVIO_NULL("serial", serial) || UVIO_NULL("stats", stats) || UVIO_NO_SIZE("stats", size))
		return -EINVAL;
	all = (struct uvio_serial_stats){
		.rx_bytes = serial->count.rx_bytes,
		.tx_bytes = serial->count.tx_bytes,
		.rx_lost = serial->count.rx_lost,
		.rx_overrun = serial->count.rx_overrun,
		.parity_errors = serial->count.parity_errors,
		.framing_errors = serial->count.framing_errors,
		.breaks = serial->count.breaks,
	};
	uvio_give(stats, size, &all, sizeof(all));
	return 0;
}
