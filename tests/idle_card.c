/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include "idle_card.h"

static int attach(struct uvio_udev *to, void *own)
{
	(void)to;
	(void)own;
	return 0;
}

static unsigned int one(const void *own)
{
	(void)own;
	return 1;
}

const struct can_bittiming_const idle_limits = {.tseg1_min = 1,
	.tseg1_max = 16,
	.tseg2_min = 1,
	.tseg2_max = 8,
	.sjw_max = 4,
	.brp_min = 1,
	.brp_max = 64,
	.brp_inc = 1};

static void can_info(const void *own, unsigned int channel, struct uvio_can_info *info)
{
	(void)own;
	(void)channel;
	info->chip = "nothing";
	info->clock = 8000000;
	info->timing = &idle_limits;
}

static int can_start(
	void *own, unsigned int channel, struct uvio_can *to, const struct uvio_can_config *config)
{
	(void)own;
	(void)channel;
	(void)to;
	(void)config;
	return 0;
}

static void serial_info(const void *own, unsigned int line, struct uvio_serial_info *info)
{
	(void)own;
	(void)line;
	info->chip = "nothing";
	info->baud_min = 1;
	info->baud_max = 115200;
	info->fifo = 1;
}

static int serial_start(void *own, unsigned int line, struct uvio_serial *to,
	const struct uvio_serial_config *config)
{
	(void)own;
	(void)line;
	(void)to;
	(void)config;
	return 0;
}

static int serial_set(void *own, unsigned int line, const struct uvio_serial_config *config)
{
	(void)own;
	(void)line;
	(void)config;
	return 0;
}

static int stop(void *own, unsigned int channel)
{
	(void)own;
	(void)channel;
	return 0;
}

static int service(void *own)
{
	(void)own;
	return 0;
}

static const struct uvio_can_ops can_ops = {.size = sizeof(can_ops),
	.channels = one,
	.info = can_info,
	.start = can_start,
	.stop = stop};

static const struct uvio_serial_ops serial_ops = {.size = sizeof(serial_ops),
	.lines = one,
	.info = serial_info,
	.start = serial_start,
	.set = serial_set,
	.stop = stop};

const struct uvio_driver idle_driver = {.size = sizeof(struct uvio_driver),
	.name = "idle",
	.attach = attach,
	.service = service,
	.can = &can_ops,
	.serial = &serial_ops};

const struct uvio_can_config idle_can_config = {
	.size = sizeof(struct uvio_can_config), .timing.bitrate = 125000};

const struct uvio_serial_config idle_serial_config = {
	.size = sizeof(struct uvio_serial_config), .baud = 9600, .data_bits = 8, .stop_bits = 1};
