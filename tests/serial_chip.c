/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <string.h>

#include "serial_chip.h"

struct chip *chip;

static int attach(struct uvio_udev *device, void *priv)
{
	(void)device;
	chip = priv;
	return 0;
}

static int service(void *priv)
{
	struct chip *c = priv;
	const uint8_t *bytes;
	unsigned int count;

	if (!c->serial || c->still)
		return 0;
	for (unsigned int i = 0; i < c->used; i++)
		uvio_serial_rx(c->serial, c->fifo[i], c->marks);
	c->used = 0;
	bytes = uvio_serial_tx_next(c->serial, &count);
	if (bytes) {
		c->used = count < CHIP_FIFO ? count : CHIP_FIFO;
		memcpy(c->fifo, bytes, c->used);
		uvio_serial_tx_take(c->serial, c->used);
	}
	return c->used > 0;
}

static unsigned int lines(const void *priv)
{
	(void)priv;
	return 1;
}

static void info(const void *priv, unsigned int number, struct uvio_serial_info *out)
{
	(void)priv;
	(void)number;
	out->chip = "testchip";
	out->baud_min = 50;
	out->baud_max = 115200;
	out->fifo = CHIP_FIFO;
}

static int set(void *priv, unsigned int number, const struct uvio_serial_config *config)
{
	(void)number;
	((struct chip *)priv)->config = *config;
	return 0;
}

static int start(void *priv, unsigned int number, struct uvio_serial *serial,
	const struct uvio_serial_config *config)
{
	((struct chip *)priv)->serial = serial;
	return set(priv, number, config);
}

static int stop(void *priv, unsigned int number)
{
	(void)number;
	((struct chip *)priv)->serial = NULL;
	return 0;
}

static int sending(void *priv, unsigned int number)
{
	(void)number;
	return ((struct chip *)priv)->used > 0;
}

static int modem_set(void *priv, unsigned int number, unsigned int on, unsigned int off)
{
	struct chip *c = priv;

	(void)number;
	c->lines = (c->lines | on) & ~off;
	return 0;
}

static const struct uvio_serial_ops ops = {
	.size = sizeof(ops),
	.lines = lines,
	.info = info,
	.start = start,
	.set = set,
	.stop = stop,
	.sending = sending,
	.modem_set = modem_set,
};

const struct uvio_driver chip_driver = {
	.size = sizeof(chip_driver),
	.name = "testchip",
	.card_size = sizeof(struct chip),
	.attach = attach,
	.service = service,
	.serial = &ops,
};
