/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The cards, with their bridges as the kernel's kvaser_pci.c, plx_pci.c and peak_pci.c use them. */
#include <config.h>

#include <string.h>

#include "sja1000.h"

#define S5920_INTCSR 0x38
#define S5920_ADDON 0x2000
#define S5920_PTCR 0x60
#define PLX_INTCSR 0x4c
#define PLX_ON 0x49
#define PLX9056_INTCSR 0x68
#define PLX9056_ON 0x900
#define PITA_ICR 0x00
#define PITA_ENABLE 0x02
#define PITA_MISC 0x1f

static const struct layout {
	uint16_t vendor, device;
	unsigned int count, bar, next_bar, distance, stride, bridge, bridge_bar;
	uint64_t size; /* of the chips' BAR */
} layouts[] = {
	{0x10e8, 0x8406, 4, 1, 0, 0x20, 1, SJA1000_S5920, 0, 128},
	{0x13fe, 0xc002, 2, 0, 1, 0, 1, SJA1000_NO_BRIDGE, 0, 256},
	{0x13fe, 0xc302, 2, 0, 1, 0, 4, SJA1000_NO_BRIDGE, 0, 1024},
	{0x001c, 0, 4, 1, 0, 0x400, 4, SJA1000_PITA, 0, 4096},
	{0x144a, 0x7841, 2, 2, 0, 0x80, 1, SJA1000_PLX, 1, 256},
	{0x10b5, 0x9056, 2, 2, 0, 0x100, 1, SJA1000_PLX9056, 0, 512},
	{0x10b5, 0, 2, 2, 0, 0x100, 1, SJA1000_PLX, 0, 1024},
	{0x1498, 0x032a, 2, 2, 0, 0x100, 1, SJA1000_PLX, 0, 512},
};

/* The IXXAT's chips are further apart than those of others with this bridge. */
static const struct layout *layout_of(uint16_t vendor, uint16_t device)
{
	for (unsigned int i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (layouts[i].vendor == vendor &&
			(!layouts[i].device || layouts[i].device == device))
			return &layouts[i];
	return NULL;
}

/* NULL: there is none at this place. */
static struct sja1000_model *chip_at(
	struct sja1000_model_card *card, unsigned int bar, uint64_t offset, unsigned int *reg)
{
	unsigned int channel =
		card->next_bar ? bar - card->bar : (unsigned int)(offset / card->distance);
	uint64_t inside = card->next_bar ? offset : offset % card->distance;

	*reg = (unsigned int)(inside / card->stride);
	if (bar < card->bar || channel >= card->count || *reg >= 32 ||
		(!card->next_bar && bar != card->bar))
		return NULL;
	return &card->chips[channel];
}

static bool chips_ask(const struct sja1000_model_card *card)
{
	bool asks = false;

	for (unsigned int i = 0; i < card->count; i++)
		asks |= sja1000_model_line(&card->chips[i]);
	return asks;
}

/* PITA has a bit for each chip, which stays until it is cleared. */
static uint16_t pita_asks(struct sja1000_model_card *card)
{
	static const uint16_t masks[] = {0x02, 0x01, 0x40, 0x80};

	for (unsigned int i = 0; i < card->count; i++)
		card->asks |= sja1000_model_line(&card->chips[i]) ? masks[i] : 0;
	return card->asks;
}

static bool line(void *priv)
{
	struct sja1000_model_card *card = priv;

	switch (card->bridge) {
	case SJA1000_S5920:
		return card->intcsr & S5920_ADDON && chips_ask(card);
	case SJA1000_PLX:
		return (card->intcsr & PLX_ON) == PLX_ON && chips_ask(card);
	case SJA1000_PLX9056:
		return (card->intcsr & PLX9056_ON) == PLX9056_ON && chips_ask(card);
	case SJA1000_PITA:
		return pita_asks(card) & card->intcsr;
	default:
		return chips_ask(card);
	}
}

static uint64_t bridge_read(struct sja1000_model_card *card, uint64_t offset)
{
	static const uint64_t at[] = {0, S5920_INTCSR, PLX_INTCSR, PLX9056_INTCSR, PITA_ENABLE};

	if (card->bridge == SJA1000_PITA && offset == PITA_ICR)
		return pita_asks(card);
	return offset == at[card->bridge] ? card->intcsr : 0;
}

static void bridge_write(struct sja1000_model_card *card, uint64_t offset, uint32_t value)
{
	static const uint64_t at[] = {0, S5920_INTCSR, PLX_INTCSR, PLX9056_INTCSR, PITA_ENABLE};

	if (offset == at[card->bridge])
		card->intcsr = value;
	else if (card->bridge == SJA1000_PITA && offset == PITA_ICR)
		card->asks &= (uint16_t)~value;
	else if (card->bridge == SJA1000_PITA && offset == PITA_MISC)
		card->out_of_reset = value == 4;
	else if (card->bridge == SJA1000_S5920 && offset == S5920_PTCR)
		card->mailbox_set = value == 0x80808080;
}

static uint64_t card_read(void *priv, unsigned int bar, uint64_t offset, unsigned int width)
{
	struct sja1000_model_card *card = priv;
	struct sja1000_model *chip;
	unsigned int reg;

	if (card->bridge && bar == card->bridge_bar)
		return bridge_read(card, offset);
	chip = width == 1 ? chip_at(card, bar, offset, &reg) : NULL;
	return chip ? sja1000_model_read(chip, reg) : 0;
}

static void card_write(
	void *priv, unsigned int bar, uint64_t offset, unsigned int width, uint64_t value)
{
	struct sja1000_model_card *card = priv;
	struct sja1000_model *chip;
	unsigned int reg;

	if (card->bridge && bar == card->bridge_bar) {
		bridge_write(card, offset, (uint32_t)value);
		return;
	}
	chip = width == 1 ? chip_at(card, bar, offset, &reg) : NULL;
	if (chip)
		sja1000_model_write(chip, reg, (uint8_t)value);
}

void sja1000_model_card(struct sja1000_model_card *card, uint16_t vendor, uint16_t device,
	uint16_t subvendor, uint16_t subdevice)
{
	const struct layout *layout = layout_of(vendor, device);

	memset(card, 0, sizeof(*card));
	card->fake = (struct fake_model){.card = card,
		.vendor = vendor,
		.device = device,
		.subvendor = subvendor,
		.subdevice = subdevice,
		.read = card_read,
		.write = card_write,
		.line = line};
	card->count = layout->count;
	card->bar = layout->bar;
	card->next_bar = layout->next_bar;
	card->distance = subdevice == 0x2540 ? 0x200 : layout->distance;
	card->stride = layout->stride;
	card->bridge = layout->bridge;
	card->bridge_bar = layout->bridge_bar;
	if (card->bridge)
		card->fake.sizes[card->bridge_bar] = 128;
	for (unsigned int i = 0; i <= card->next_bar; i++)
		card->fake.sizes[card->bar + i] = layout->size;
	for (unsigned int i = 0; i < SJA1000_MODEL_CHIPS; i++)
		sja1000_model_power_on(&card->chips[i]);
}
