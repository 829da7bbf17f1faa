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
#define MOST_LINES 1024
#define MOST_BYTES (16 * 1024 * 1024)

static const char *address_of(const struct uvio_serial *serial)
{
	return uvio_udev_address(serial->card->udev);
}

static int check_ops(const struct uvio_driver *driver)
{
	const struct uvio_serial_ops *ops = driver->serial;

	if (ops->size < sizeof(*ops))
		return uvio_fail(-EINVAL,
			"card driver '%s': the table of its serial lines has a size of %zu, less "
			"than %zu; set .size = sizeof(struct uvio_serial_ops)",
			driver->name, ops->size, sizeof(*ops));
	if (!ops->lines || !ops->info || !ops->start || !ops->set || !ops->stop)
		return uvio_fail(-EINVAL,
			"card driver '%s': the table of its serial lines lacks lines, info, "
			"start, set or stop",
			driver->name);
	return 0;
}

int uvio_serials_init(struct uvio_card *card)
{
	const struct uvio_serial_ops *ops = card->driver->serial;
	unsigned int count;
	int rc;

	if (!ops)
		return 0;
	rc = check_ops(card->driver);
	if (rc)
		return rc;
	count = ops->lines(card->priv);
	if (count > MOST_LINES)
		return uvio_fail(-EINVAL, "card driver '%s': %u serial lines: a card can have %d",
			card->driver->name, count, MOST_LINES);
	card->serials = calloc(count ? count : 1, sizeof(*card->serials));
	if (!card->serials)
		return uvio_no_memory(uvio_udev_address(card->udev));
	for (unsigned int i = 0; i < count; i++) {
		struct uvio_serial *serial = &card->serials[i];

		serial->card = card;
		serial->ops = ops;
		serial->line = i;
		serial->info.size = sizeof(serial->info);
		ops->info(card->priv, i, &serial->info);
	}
	card->serial_count = count;
	return 0;
}

static void free_rings(struct uvio_serial *serial)
{
	free(serial->rx_bytes);
	free(serial->rx_marks);
	free(serial->tx_bytes);
	serial->rx_bytes = serial->rx_marks = serial->tx_bytes = NULL;
}

void uvio_serials_free(struct uvio_card *card)
{
	for (unsigned int i = 0; i < card->serial_count; i++) {
		uvio_serial_stop(&card->serials[i]);
		free_rings(&card->serials[i]);
	}
	free(card->serials);
	card->serials = NULL;
	card->serial_count = 0;
}

unsigned int uvio_serial_count(const struct uvio_card *card)
{
	return card ? card->serial_count : 0;
}

int uvio_serial_get(struct uvio_card *card, unsigned int line, struct uvio_serial **serial)
{
	if (UVIO_NULL("serial", serial))
		return -EINVAL;
	*serial = NULL;
	if (UVIO_NULL("card", card))
		return -EINVAL;
	if (!card->serial_count)
		return uvio_fail(-ENOTSUP, "%s: the card driver '%s' has no serial lines",
			uvio_udev_address(card->udev), card->driver->name);
	if (line >= card->serial_count)
		return uvio_fail(-ERANGE, "%s: serial line %u: the card has %u, counted from 0",
			uvio_udev_address(card->udev), line, card->serial_count);
	*serial = &card->serials[line];
	return 0;
}

const struct uvio_serial_info *uvio_serial_info(const struct uvio_serial *serial)
{
	return serial ? &serial->info : NULL;
}

static int refuse(const struct uvio_serial *serial, int err, const char *what, unsigned int value,
	const char *why)
{
	return uvio_fail(err, "%s: serial line %u: %s %u: %s", address_of(serial), serial->line,
		what, value, why);
}

static int check_baud(const struct uvio_serial *serial, uint32_t baud)
{
	if (!baud)
		return refuse(serial, -EINVAL, "baud", baud, "a line has a bit rate");
	if (baud >= serial->info.baud_min && baud <= serial->info.baud_max)
		return 0;
	return uvio_fail(-ERANGE, "%s: serial line %u: %u bit/s: %s has %u to %u",
		address_of(serial), serial->line, baud, serial->info.chip, serial->info.baud_min,
		serial->info.baud_max);
}

static int check_config(const struct uvio_serial *serial, const struct uvio_serial_config *config)
{
	if (UVIO_NULL("serial", serial) || UVIO_NULL("config", config))
		return -EINVAL;
	if (config->size < sizeof(*config))
		return uvio_fail(-EINVAL,
			"%s: serial line %u: the configuration has a size of %zu, less than %zu; "
			"set .size = sizeof(struct uvio_serial_config)",
			address_of(serial), serial->line, config->size, sizeof(*config));
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

static int make_rings(struct uvio_serial *serial, const struct uvio_serial_config *config)
{
	uint32_t rx = config->rx_bytes ? config->rx_bytes : RX_BYTES;
	uint32_t tx = config->tx_bytes ? config->tx_bytes : TX_BYTES;

	free_rings(serial);
	serial->rx_bytes = calloc(uvio_ring_places(rx), 1);
	serial->rx_marks = calloc(uvio_ring_places(rx), 1);
	serial->tx_bytes = calloc(uvio_ring_places(tx), 1);
	uvio_ring_init(&serial->rx, rx);
	uvio_ring_init(&serial->tx, tx);
	if (serial->rx_bytes && serial->rx_marks && serial->tx_bytes)
		return 0;
	free_rings(serial);
	return uvio_no_memory(address_of(serial));
}

int uvio_serial_start(struct uvio_serial *serial, const struct uvio_serial_config *config)
{
	int rc = check_config(serial, config);

	if (rc)
		return rc;
	if (serial->started)
		return uvio_fail(-EBUSY, "%s: serial line %u runs: stop it first",
			address_of(serial), serial->line);
	rc = make_rings(serial, config);
	if (rc)
		return rc;
	serial->gap = serial->throttled = false;
	serial->flow = config->flow == UVIO_FLOW_RTS_CTS;
	memset((void *)&serial->count, 0, sizeof(serial->count));
	rc = serial->ops->start(serial->card->priv, serial->line, serial, config);
	serial->started = !rc;
	return rc;
}

int uvio_serial_is_down(const struct uvio_serial *serial)
{
	return uvio_fail(
		-ENETDOWN, "%s: serial line %u is not started", address_of(serial), serial->line);
}

int uvio_serial_set(struct uvio_serial *serial, const struct uvio_serial_config *config)
{
	int rc = check_config(serial, config);

	if (rc)
		return rc;
	if (!serial->started)
		return uvio_serial_is_down(serial);
	rc = serial->ops->set(serial->card->priv, serial->line, config);
	if (!rc)
		serial->flow = config->flow == UVIO_FLOW_RTS_CTS;
	return rc;
}

int uvio_serial_stop(struct uvio_serial *serial)
{
	if (UVIO_NULL("serial", serial))
		return -EINVAL;
	if (!serial->started)
		return 0;
	serial->started = false;
	return serial->ops->stop(serial->card->priv, serial->line);
}

static int lacks(const struct uvio_serial *serial, const char *what)
{
	return uvio_fail(-ENOTSUP, "%s: serial line %u: the card driver '%s' has no %s",
		address_of(serial), serial->line, serial->card->driver->name, what);
}

int uvio_serial_modem(struct uvio_serial *serial, unsigned int *lines)
{
	if (UVIO_NULL("serial", serial) || UVIO_NULL("lines", lines))
		return -EINVAL;
	if (!serial->started)
		return uvio_serial_is_down(serial);
	if (!serial->ops->modem)
		return lacks(serial, "modem lines");
	return serial->ops->modem(serial->card->priv, serial->line, lines);
}

int uvio_serial_modem_set(struct uvio_serial *serial, unsigned int on, unsigned int off)
{
	const unsigned int all = TIOCM_DTR | TIOCM_RTS;

	if (UVIO_NULL("serial", serial))
		return -EINVAL;
	if (!serial->started)
		return uvio_serial_is_down(serial);
	if ((on | off) & ~all || on & off)
		return uvio_fail(-EINVAL,
			"%s: serial line %u: modem lines 0x%x on and 0x%x off: DTR and RTS "
			"can be switched, each on or off",
			address_of(serial), serial->line, on, off);
	if (!serial->ops->modem_set)
		return lacks(serial, "modem lines");
	return serial->ops->modem_set(serial->card->priv, serial->line, on, off);
}

int uvio_serial_break(struct uvio_serial *serial, bool on)
{
	if (UVIO_NULL("serial", serial))
		return -EINVAL;
	if (!serial->started)
		return uvio_serial_is_down(serial);
	if (!serial->ops->set_break)
		return lacks(serial, "break");
	return serial->ops->set_break(serial->card->priv, serial->line, on);
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
