/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Cards that have gone wrong: the first bytes choose a driver with channels, a card of its table
 * and what is asked of it, the rest is what registers read, again and again, with an interrupt
 * pending all the time. No service may go on for ever, nor may a wait: time passes with each look
 * at the clock.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz.h"
#include <uvio/can.h>
#include <uvio/driver.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/serial.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/address.h"
#include "base/context.h"
#include "base/sys.h"
#include "dma/dma.h"

#define BARS 6
#define BAR_SIZE 0x10000
#define SERVICE_CALLS 65536 /* most register accesses of one service */
#define OTHER_CALLS 1048576 /* and of anything else */
#define ROUNDS 8
#define HEAD 6

static const uint8_t *bytes;
static size_t size, at;
static uint8_t written[BARS][BAR_SIZE];
static bool as_written; /* registers read what was written to them, so that a card is found */
static unsigned int calls;
static unsigned int most;
static uint16_t ids[4]; /* vendor, device, those of the subsystem */

/* A millisecond at each look; nobody sleeps. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *rest);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	static int64_t ms = 1000;

	(void)clock;
	ms++;
	now->tv_sec = ms / 1000;
	now->tv_nsec = ms % 1000 * 1000000;
	return 0;
}

int __wrap_nanosleep(const struct timespec *pause, struct timespec *rest)
{
	(void)pause;
	(void)rest;
	return 0;
}

static uint8_t next(void)
{
	if (at >= size)
		at = HEAD;
	return size > HEAD ? bytes[at++] : 0;
}

static void count_call(void)
{
	if (++calls > most)
		abort();
}

static uint64_t memory_of(const uint8_t *from, unsigned int width)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < width; i++)
		value |= (uint64_t)from[i] << 8 * i;
	return value;
}

static uint64_t from_input(unsigned int width)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < width; i++)
		value |= (uint64_t)next() << 8 * i;
	return value;
}

static int region_info(struct uvio_udev *udev, struct uvio_region *region)
{
	(void)udev;
	region->flags = UVIO_REGION_READ | UVIO_REGION_WRITE;
	region->size = region->index < BARS ? BAR_SIZE : 0;
	return region->size ? 0 : uvio_fail(-ENOENT, "no region %u", region->index);
}

static int region_map(struct uvio_udev *udev, struct uvio_region *region)
{
	(void)udev;
	(void)region;
	return 0;
}

static uint64_t id_at(uint64_t offset)
{
	return offset < 4			 ? ids[offset / 2]
	       : offset >= 0x2c && offset < 0x30 ? ids[2 + (offset - 0x2c) / 2]
						 : 0;
}

static int region_read(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t *value)
{
	uint8_t how;

	(void)udev;
	count_call();
	if (region->index >= BARS) {
		*value = width == 2 ? id_at(offset) : ids[0];
		return 0;
	}
	how = as_written ? 0 : next();
	if (how < 0x50)
		*value = memory_of(&written[region->index][offset], width);
	else if (how < 0x60)
		*value = 0;
	else if (how < 0x68)
		*value = width < 8 ? (UINT64_C(1) << 8 * width) - 1 : UINT64_MAX;
	else
		*value = from_input(width);
	return 0;
}

static int region_write(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t value)
{
	(void)udev;
	count_call();
	for (unsigned int i = 0; i < width && region->index < BARS; i++)
		written[region->index][offset + i] = (uint8_t)(value >> 8 * i);
	return 0;
}

static int irq_count(struct uvio_udev *udev, enum uvio_irq_kind kind)
{
	(void)udev;
	return kind == UVIO_IRQ_INTX;
}

static int irq_ack(struct uvio_udev *udev)
{
	(void)udev;
	return 0;
}

static int irq_enable(
	struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min, unsigned int count)
{
	(void)kind;
	(void)min;
	(void)count;
	udev->vectors[0].fd = uvio_sys_eventfd();
	udev->vectors[0].event_size = sizeof(uint64_t);
	udev->irq_ack = irq_ack;
	return udev->vectors[0].fd < 0 ? udev->vectors[0].fd : 1;
}

static int irq_disable(struct uvio_udev *udev)
{
	uvio_sys_close(udev->vectors[0].fd);
	return 0;
}

static const struct uvio_backend_ops ops = {
	.region_info = region_info,
	.region_map = region_map,
	.region_read = region_read,
	.region_write = region_write,
	.irq_count = irq_count,
	.irq_enable = irq_enable,
	.irq_disable = irq_disable,
};

static const struct uvio_backend backend = {.name = "fuzz", .ops = &ops};

/* What identifies the cards which are not known by what they have written. */
static void prepare(void)
{
	static const uint8_t prom[] = {
		'I', 'P', 'A', 'C', 0xf0, 0x22, 0xa1, 0x00, 0x00, 0x00, 0x0c, 0xcc};

	memset(written, 0, sizeof(written));
	memcpy(&written[0][0], "\x02\x00\x00\xc0", 4);
	if (ids[0] == 0x1760)
		for (unsigned int i = 0; i < 2; i++)
			memcpy(&written[1][0x4000 * i], "\xfd\xca\x02\x02", 4);
	for (unsigned int i = 0; i < sizeof(prom) && ids[0] == 0x1498; i++)
		written[3][0x81 + 2 * i] = written[3][0x281 + 2 * i] = prom[i];
}

static const struct uvio_driver *choose(uint8_t driver_byte, uint8_t card_byte)
{
	const struct uvio_driver *driver, *with[16];
	const struct uvio_driver_id *id;
	unsigned int count = 0, cards = 0;

	for (unsigned int i = 0; count < 16 && (driver = uvio_driver_get(NULL, i)); i++)
		if (driver->can || driver->serial)
			with[count++] = driver;
	driver = with[driver_byte % count];
	while (driver->ids[cards].vendor)
		cards++;
	id = &driver->ids[card_byte % cards];
	ids[0] = id->vendor;
	ids[1] = id->device;
	ids[2] = id->subvendor;
	ids[3] = id->subdevice;
	return driver;
}

static void use_can(struct uvio_can *can, uint8_t what)
{
	static const struct can_filter filter = {.can_id = 0x123, .can_mask = CAN_SFF_MASK};
	struct uvio_can_config config = {.size = sizeof(config),
		.timing.bitrate = 500000,
		.data_timing.bitrate = 2000000,
		.modes = uvio_can_info(can)->modes & bytes[2],
		.restart = what & 1,
		.rx_frames = 8,
		.filters = &filter,
		.filter_count = bytes[3] & 1};
	struct canfd_frame frames[4] = {{.can_id = what, .len = 8}};
	struct can_berr_counter counters;

	if (uvio_can_state(can) == CAN_STATE_STOPPED)
		uvio_can_start(can, &config);
	uvio_can_send_fd(can, frames, 1 + what % 4);
	uvio_can_receive_fd(can, frames, NULL, what % 5);
	if (what % 16 == 1)
		uvio_can_counters(can, &counters);
	if (what % 16 == 2)
		uvio_can_restart(can);
	if (what % 64 == 3)
		uvio_can_stop(can);
}

static void use_serial(struct uvio_serial *serial, uint8_t what)
{
	struct uvio_serial_config config = {.size = sizeof(config),
		.baud = 9600,
		.data_bits = 8,
		.stop_bits = 1,
		.parity = bytes[3] % 5,
		.flow = bytes[2] & 1,
		.loopback = bytes[2] & 2,
		.rx_bytes = bytes[2] & 4 ? 16 : 0};
	uint8_t buffer[64] = {what};
	unsigned int lines;

	if (what % 64 == 3)
		uvio_serial_stop(serial);
	uvio_serial_start(serial, &config);
	uvio_serial_send(serial, buffer, what % 64);
	uvio_serial_receive(serial, buffer, NULL, what % 32);
	uvio_serial_pending(serial);
	if (what % 16 == 1)
		uvio_serial_modem(serial, &lines);
	if (what % 16 == 2)
		uvio_serial_set(serial, &config);
	if (what % 16 == 4)
		uvio_serial_break(serial, what & 32);
}

static void use_channels(struct uvio_card *card, uint8_t what)
{
	struct uvio_serial *serial;
	struct uvio_can *can;

	for (unsigned int i = 0; i < uvio_can_count(card); i++)
		if (!uvio_can_get(card, i, &can))
			use_can(can, (uint8_t)(what + i));
	for (unsigned int i = 0; i < uvio_serial_count(card); i++)
		if (!uvio_serial_get(card, i, &serial))
			use_serial(serial, (uint8_t)(what + i));
}

static void use(struct uvio_card *card, struct uvio_udev *udev)
{
	static const uint64_t one = 1;
	bool waits = bytes[4] & 1;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		calls = 0;
		most = OTHER_CALLS;
		use_channels(card, (uint8_t)(bytes[5] + round));
		calls = 0;
		most = SERVICE_CALLS;
		uvio_card_service(card);
		calls = 0;
		most = OTHER_CALLS;
		if (waits && uvio_card_fd(card) >= 0)
			uvio_sys_write(udev->vectors[0].fd, &one, sizeof(one));
		uvio_card_poll(card);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_size)
{
	struct uvio_ctx ctx = {.sysfs = "/nowhere", .dev = "/nowhere", .proc = "/nowhere"};
	struct uvio_domain domain = {.ctx = &ctx};
	struct uvio_udev udev = {.ctx = &ctx,
		.backend = &backend,
		.domain = &domain,
		.caps = UVIO_CAP_INTX | UVIO_CAP_CONFIG,
		.lock_fd = -1,
		.release_fd = -1,
		.error_fd = -1,
		.gone_fd = -1,
		.event_fd = -1,
		.gone_notice = -1};
	const struct uvio_driver *driver;
	struct uvio_card *card;

	if (data_size < HEAD)
		return 0;
	bytes = data;
	size = data_size;
	at = HEAD;
	uvio_dma_init(&domain.dma);
	uvio_address_parse("0000:00:04.0", &udev.address);
	udev.config = (struct uvio_region){.size = 256,
		.flags = UVIO_REGION_READ | UVIO_REGION_WRITE,
		.index = UVIO_REGION_CONFIG,
		.udev = &udev};
	driver = choose(data[0], data[1]);
	prepare();
	calls = 0;
	most = OTHER_CALLS;
	as_written = !(data[4] & 2);
	if (!uvio_card_attach(driver, &udev, &card)) {
		as_written = false;
		use(card, &udev);
		calls = 0;
		uvio_card_detach(card);
	}
	uvio_dma_cleanup(&domain);
	return 0;
}
