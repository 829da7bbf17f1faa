/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * TEWS TPCI200, a carrier for four IndustryPack modules, and the modules on it which are known: by
 * the TPCI200 user manual, and ANSI/VITA 4 for the ID PROM.
 */
#include <config.h>

#include <errno.h>

#include "../drivers.h"
#include "octal.h"

#define SLOTS 4

/* BAR0, the PLX 9030: bit 24 of LAS1's and LAS2's descriptors makes the space big-endian. */
#define LAS1_DESCRIPTOR 0x2c
#define LAS2_DESCRIPTOR 0x30
#define BIG_ENDIAN_SPACE 0x01000000

/* BAR2, control registers, of 16 bits. */
#define CONTROL(slot) (0x02 + 2 * (uint64_t)(slot))
#define CONTROL_IRQS 0x00c0 /* both interrupts, as levels; 8 MHz */
#define STATUS 0x0c
#define STATUS_SLOT(slot) (0x3u << 2 * (slot))
#define STATUS_SLOTS 0x00ff

/* BAR3, of each slot. */
#define SLOT(slot) (0x100 * (uint64_t)(slot))
#define SLOT_IO_SIZE 0x80
#define SLOT_ID 0x80
#define SLOT_ACK 0xc0 /* by reading, of the first interrupt, then of the second */

/* ANSI/VITA 4, ID PROM of format I: bytes at odd addresses. */
#define ID_BYTES 12
#define ID_MANUFACTURER 4
#define ID_MODEL 5
#define ID_LENGTH 10
#define ID_CRC 11
#define MANUFACTURER_SBS 0xf0
#define MODEL_OCTAL_232 0x22
#define MODEL_OCTAL_422 0x2a
#define MODEL_OCTAL_485 0x48

/* Of one service, for modules that never come to an end. */
#define ROUNDS 64
#define CAUSES 1024

struct card {
	struct uvio_udev *udev;
	struct uvio_region control, slots;
	struct octal modules[SLOTS];
	unsigned int slot_of[SLOTS]; /* of each module */
	unsigned int count;	     /* of modules */
};

/* CRC-CCITT over the PROM with its own place as 0, inverted, of which the low byte is kept. */
static uint8_t crc_of(const uint8_t *id)
{
	uint16_t crc = 0xffff;

	for (unsigned int i = 0; i < ID_BYTES; i++) {
		crc ^= (uint16_t)((i == ID_CRC ? 0 : id[i]) << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
	}
	return (uint8_t)~crc;
}

static bool is_octal(const struct card *card, unsigned int slot)
{
	uint8_t id[ID_BYTES];

	for (unsigned int i = 0; i < ID_BYTES; i++)
		id[i] = uvio_read8(&card->slots, SLOT(slot) + SLOT_ID + 2 * i + 1);
	if (id[0] != 'I' || id[1] != 'P' || id[2] != 'A' || (id[3] != 'C' && id[3] != 'H'))
		return false;
	if (id[ID_LENGTH] == ID_BYTES && crc_of(id) != id[ID_CRC]) {
		uvio_udev_log(card->udev, UVIO_LOG_WARNING,
			"slot %u: the ID PROM's CRC is 0x%02x, 0x%02x expected: left alone", slot,
			id[ID_CRC], crc_of(id));
		return false;
	}
	return id[ID_MANUFACTURER] == MANUFACTURER_SBS &&
	       (id[ID_MODEL] == MODEL_OCTAL_232 || id[ID_MODEL] == MODEL_OCTAL_422 ||
		       id[ID_MODEL] == MODEL_OCTAL_485);
}

static int add_module(struct card *card, unsigned int slot)
{
	struct octal *module = &card->modules[card->count];
	int rc = uvio_region_slice(&card->slots, SLOT(slot), SLOT_IO_SIZE, &module->io);

	if (rc)
		return rc;
	module->first = card->count * OCTAL_LINES;
	octal_init(module);
	card->slot_of[card->count++] = slot;
	return 0;
}

static void acknowledge(const struct card *card, unsigned int slot)
{
	uvio_read16(&card->slots, SLOT(slot) + SLOT_ACK);
	uvio_read16(&card->slots, SLOT(slot) + SLOT_ACK + 2);
}

/*
 * The modules must not ask any more. Where one asked until now, the card keeps its status while it
 * is not let through: so it is let through, acknowledged, and cleared first.
 */
static void close_slots(const struct card *card)
{
	uint16_t status = uvio_read16(&card->control, STATUS) & STATUS_SLOTS;

	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		if (status & STATUS_SLOT(slot)) {
			uvio_write16(&card->control, CONTROL(slot), CONTROL_IRQS);
			acknowledge(card, slot);
			uvio_write16(&card->control, STATUS, STATUS_SLOT(slot));
		}
		uvio_write16(&card->control, CONTROL(slot), 0);
	}
}

static int map_all(struct card *card)
{
	struct uvio_region bridge;
	int rc = uvio_region_map(card->udev, UVIO_REGION_BAR0, &bridge);

	if (!rc)
		rc = uvio_region_map(card->udev, UVIO_REGION_BAR2, &card->control);
	if (!rc)
		rc = uvio_region_map(card->udev, UVIO_REGION_BAR3, &card->slots);
	if (rc)
		return rc;
	for (uint64_t at = LAS1_DESCRIPTOR; at <= LAS2_DESCRIPTOR; at += 4)
		uvio_write32(&bridge, at, uvio_read32(&bridge, at) | BIG_ENDIAN_SPACE);
	return 0;
}

static int attach(struct uvio_udev *udev, void *priv)
{
	struct card *card = priv;
	int rc;

	card->udev = udev;
	rc = map_all(card);
	for (unsigned int slot = 0; !rc && slot < SLOTS; slot++)
		if (is_octal(card, slot))
			rc = add_module(card, slot);
	if (rc)
		return rc;
	close_slots(card);
	if (!card->count && !uvio_udev_alive(udev))
		return -ENODEV;
	if (!card->count)
		return uvio_fail(-ENODEV, "%s: no IP-Octal in any of the four slots",
			uvio_udev_address(udev));
	return 0;
}

static int serve_module(struct card *card, unsigned int module, uint16_t status)
{
	unsigned int slot = card->slot_of[module];

	if (status & STATUS_SLOT(slot))
		acknowledge(card, slot);
	return octal_service(&card->modules[module]);
}

static int serve_modules(struct card *card, uint16_t status)
{
	int found = 0;

	for (unsigned int i = 0; i < card->count; i++) {
		int n = serve_module(card, i, status);

		if (n < 0)
			return n;
		found += n;
	}
	return found;
}

static int service(void *priv)
{
	struct card *card = priv;
	int found = 0;

	for (int round = 0; found < CAUSES && round < ROUNDS; round++) {
		uint16_t status = uvio_read16(&card->control, STATUS);
		int n;

		if (status == UINT16_MAX)
			return uvio_driver_all_ones(card->udev, "the carrier");
		n = serve_modules(card, status);
		if (n < 0)
			return n;
		found += n;
		if (!(status & STATUS_SLOTS))
			break;
	}
	return found;
}

static int alive(const struct card *card)
{
	return uvio_udev_alive(card->udev) ? 0 : -ENODEV;
}

/* What asks already is seen by the card only when it asks anew. */
static int set_irq(void *priv, bool on)
{
	struct card *card = priv;

	for (unsigned int i = 0; i < card->count; i++)
		octal_mask(&card->modules[i]);
	if (!on)
		close_slots(card);
	for (unsigned int i = 0; on && i < card->count; i++) {
		uvio_write16(&card->control, CONTROL(card->slot_of[i]), CONTROL_IRQS);
		octal_unmask(&card->modules[i]);
	}
	return alive(card);
}

static unsigned int lines(const void *priv)
{
	return ((const struct card *)priv)->count * OCTAL_LINES;
}

static void info(const void *priv, unsigned int line, struct uvio_serial_info *out)
{
	(void)priv;
	(void)line;
	octal_info(out);
}

static struct octal *module_of(void *priv, unsigned int line)
{
	return &((struct card *)priv)->modules[line / OCTAL_LINES];
}

static int start(void *priv, unsigned int line, struct uvio_serial *serial,
	const struct uvio_serial_config *config)
{
	int rc = octal_start(module_of(priv, line), line % OCTAL_LINES, serial, config);

	return rc ? rc : alive(priv);
}

static int set(void *priv, unsigned int line, const struct uvio_serial_config *config)
{
	int rc = octal_set(module_of(priv, line), line % OCTAL_LINES, config);

	return rc ? rc : alive(priv);
}

static int stop(void *priv, unsigned int line)
{
	octal_stop(module_of(priv, line), line % OCTAL_LINES);
	return alive(priv);
}

static int sending(void *priv, unsigned int line)
{
	return octal_sending(module_of(priv, line), line % OCTAL_LINES);
}

static int modem(void *priv, unsigned int line, unsigned int *now)
{
	octal_modem(module_of(priv, line), line % OCTAL_LINES, now);
	return alive(priv);
}

static int modem_set(void *priv, unsigned int line, unsigned int on, unsigned int off)
{
	int rc = octal_modem_set(module_of(priv, line), line % OCTAL_LINES, on, off);

	return rc ? rc : alive(priv);
}

static int set_break(void *priv, unsigned int line, bool on)
{
	octal_break(module_of(priv, line), line % OCTAL_LINES, on);
	return alive(priv);
}

static const struct uvio_serial_ops serial = {
	.size = sizeof(serial),
	.lines = lines,
	.info = info,
	.start = start,
	.set = set,
	.stop = stop,
	.sending = sending,
	.modem = modem,
	.modem_set = modem_set,
	.set_break = set_break,
};

static const struct uvio_driver_id ids[] = {
	{.vendor = 0x1498,
		.device = 0x30c8,
		.subvendor = UVIO_ANY_ID,
		.subdevice = UVIO_ANY_ID,
		.seen = UVIO_SEEN_EMULATION},
	{0},
};

const struct uvio_driver uvio_driver_tpci200 = {
	.size = sizeof(uvio_driver_tpci200),
	.name = "tpci200",
	.help = "TEWS TPCI200 with IP-Octal serial modules",
	.ids = ids,
	.card_size = sizeof(struct card),
	.attach = attach,
	.service = service,
	.serial = &serial,
	.irq = set_irq,
};
