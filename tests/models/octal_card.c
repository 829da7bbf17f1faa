/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The TPCI200: PLX 9030 in BAR0, control registers in BAR2, the slots in BAR3. */
#include <config.h>

#include <string.h>

#include "octal.h"

#define LAS1_DESCRIPTOR 0x2c
#define LAS2_DESCRIPTOR 0x30
#define BIG_ENDIAN_SPACE 0x01000000
#define STATUS 0x0c
#define INTERRUPT_0 0x40 /* of a slot's control register; the second is the next bit */

/* Bits 2n and 2n + 1: the interrupts of slot n which are let through. */
static uint16_t status(const struct octal_model_card *card)
{
	uint16_t value = 0;

	for (unsigned int i = 0; i < 2 * OCTAL_MODEL_SLOTS; i++)
		if (card->control[i / 2] & INTERRUPT_0 << i % 2 &&
			octal_model_asks(&card->modules[i / 2], i % 2))
			value |= (uint16_t)(1 << i);
	return value;
}

static uint64_t control_read(const struct octal_model_card *card, uint64_t offset)
{
	if (offset >= 2 && offset <= 8)
		return card->control[offset / 2 - 1];
	return offset == STATUS ? status(card) : 0;
}

/* In a space which is not big-endian the bytes of a word are the other way round. */
static uint64_t slot_read(struct octal_model_card *card, uint64_t offset)
{
	struct octal_model *module = &card->modules[offset / 0x100];
	unsigned int inside = offset % 0x100;

	inside ^= card->las1 & BIG_ENDIAN_SPACE ? 0 : 1;
	if (inside >= 0xc0)
		card->acknowledged[offset / 0x100]++;
	if (!module->present || !(inside & 1))
		return 0;
	if (inside < 0x80)
		return octal_model_read(module, inside);
	return inside < 0x80 + 2 * sizeof(module->prom) ? module->prom[(inside - 0x80) / 2] : 0;
}

static uint64_t card_read(void *priv, unsigned int bar, uint64_t offset, unsigned int width)
{
	struct octal_model_card *card = priv;

	if (bar == 0 && width == 4)
		return offset == LAS1_DESCRIPTOR   ? card->las1
		       : offset == LAS2_DESCRIPTOR ? card->las2
						   : 0;
	if (bar == 2)
		return width == 2 ? control_read(card, offset) : 0;
	return slot_read(card, offset);
}

static void slot_write(struct octal_model_card *card, uint64_t offset, uint8_t value)
{
	struct octal_model *module = &card->modules[offset / 0x100];
	unsigned int inside = offset % 0x100;

	inside ^= card->las1 & BIG_ENDIAN_SPACE ? 0 : 1;
	if (module->present && inside < 0x80 && inside & 1)
		octal_model_write(module, inside, value);
}

static void card_write(
	void *priv, unsigned int bar, uint64_t offset, unsigned int width, uint64_t value)
{
	struct octal_model_card *card = priv;

	if (bar == 0 && offset == LAS1_DESCRIPTOR)
		card->las1 = (uint32_t)value;
	else if (bar == 0 && offset == LAS2_DESCRIPTOR)
		card->las2 = (uint32_t)value;
	else if (bar == 2 && width == 2 && offset >= 2 && offset <= 8)
		card->control[offset / 2 - 1] = (uint8_t)value;
	else if (bar == 3 && width == 1)
		slot_write(card, offset, (uint8_t)value);
}

static bool card_line(void *priv)
{
	return status(priv);
}

void octal_model_card(struct octal_model_card *card)
{
	memset(card, 0, sizeof(*card));
	card->fake = (struct fake_model){.card = card,
		.vendor = 0x1498,
		.device = 0x30c8,
		.subvendor = 0x1498,
		.subdevice = 0x300a,
		.sizes = {128, 128, 256, 1024},
		.read = card_read,
		.write = card_write,
		.line = card_line};
	card->las1 = card->las2 = 0x144120a2;
}

/* The ID PROM as measured, with a CRC of 0xcc. */
void octal_model_add(struct octal_model_card *card, unsigned int slot)
{
	static const uint8_t prom[] = {
		'I', 'P', 'A', 'C', 0xf0, 0x22, 0xa1, 0x00, 0x00, 0x00, 0x0c, 0xcc};
	struct octal_model *module = &card->modules[slot];

	module->present = true;
	memcpy(module->prom, prom, sizeof(prom));
	for (unsigned int i = 0; i < OCTAL_MODEL_LINES; i++)
		module->lines[i].cts = true;
}
