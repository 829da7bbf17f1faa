/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The card: a bridge in BAR0, the cores in BAR1, as the kernel's ctucanfd_pci.c has them. */
#include <config.h>

#include <string.h>

#include "ctucan.h"

#define BOARD_IRQ 0x4050
#define CORE_SIZE 0x4000

static struct ctucan_model *core_at(struct ctucan_model_card *card, uint64_t offset)
{
	return offset / CORE_SIZE < 2 ? &card->cores[offset / CORE_SIZE] : NULL;
}

static uint64_t card_read(void *priv, unsigned int bar, uint64_t offset, unsigned int width)
{
	struct ctucan_model_card *card = priv;
	struct ctucan_model *core = core_at(card, offset);

	if (width != 4)
		return 0;
	if (!bar)
		return offset ? (offset == BOARD_IRQ ? card->board_irq : 0) : card->board_id;
	return core ? ctucan_model_read(core, offset % CORE_SIZE) : 0;
}

static void card_write(
	void *priv, unsigned int bar, uint64_t offset, unsigned int width, uint64_t value)
{
	struct ctucan_model_card *card = priv;
	struct ctucan_model *core = core_at(card, offset);

	if (!bar && offset == BOARD_IRQ)
		card->board_irq = (uint32_t)value;
	else if (bar && core && width == 4)
		ctucan_model_write(core, offset % CORE_SIZE, (uint32_t)value);
}

static bool card_line(void *priv)
{
	struct ctucan_model_card *card = priv;

	return card->board_irq & 1 &&
	       (ctucan_model_line(&card->cores[0]) || ctucan_model_line(&card->cores[1]));
}

void ctucan_model_card(struct ctucan_model_card *card)
{
	memset(card, 0, sizeof(*card));
	card->fake = (struct fake_model){.card = card,
		.vendor = 0x1760,
		.device = 0xff00,
		.subvendor = 0x1760,
		.subdevice = 0xff00,
		.sizes = {0x8000, 0x10000},
		.read = card_read,
		.write = card_write,
		.line = card_line};
	card->board_id = 0xc0000002;
	for (unsigned int i = 0; i < 2; i++)
		ctucan_model_power_on(&card->cores[i]);
}
