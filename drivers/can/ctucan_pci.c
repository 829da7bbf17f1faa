/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * The PCI card with CTU CAN FD cores: a bridge, which says how many there are, and the cores. Facts
 * of the card: the kernel's ctucanfd_pci.c.
 */
#include <config.h>

#include <errno.h>

#include "../drivers.h"
#include "ctucan.h"

/* Registers of the bridge, BAR0. */
#define BOARD_ID 0x0000
#define BOARD_CORES 0x0000000f
#define BOARD_IRQ 0x4050 /* bit 0: lets interrupts through */

#define CLOCK 100000000

/*
 * Of one service, for cores that never come to an end, as those that are gone. Two FIFOs full of
 * short frames are fewer.
 */
#define ROUNDS 64
#define CAUSES 1024

/* Both cores drive one interrupt line, which an emulation may lower although one of them asks. */
#define WATCH_MS 50

struct card {
	struct ctucan_cores cores;
	struct uvio_region board;
	struct uvio_udev *udev;
};

static int count_cores(struct card *card)
{
	uint32_t id = uvio_read32(&card->board, BOARD_ID);

	card->cores.count = id & BOARD_CORES;
	if (id == UINT32_MAX && !uvio_udev_alive(card->udev))
		return -ENODEV;
	if (id == UINT32_MAX || !card->cores.count)
		return uvio_fail(-ENODEV,
			"%s: not a card with CTU CAN FD: its board id reads 0x%08x",
			uvio_udev_address(card->udev), id);
	if (card->cores.count > CTUCAN_CORES)
		card->cores.count = CTUCAN_CORES;
	return 0;
}

static int attach(struct uvio_udev *udev, void *priv)
{
	struct card *card = priv;
	struct uvio_region cores;
	int rc = uvio_region_map(udev, UVIO_REGION_BAR0, &card->board);

	card->udev = udev;
	if (!rc)
		rc = uvio_region_map(udev, UVIO_REGION_BAR1, &cores);
	if (!rc)
		rc = count_cores(card);
	for (unsigned int i = 0; !rc && i < card->cores.count; i++) {
		rc = uvio_region_slice(
			&cores, CTUCAN_SIZE * (uint64_t)i, CTUCAN_SIZE, &card->cores.all[i].regs);
		if (!rc)
			rc = ctucan_init(&card->cores.all[i], CLOCK);
	}
	return rc;
}

static void let_through(const struct card *card, bool on)
{
	for (unsigned int i = 0; i < card->cores.count; i++)
		ctucan_irq(&card->cores.all[i], on);
}

static bool is_pending(const struct card *card)
{
	for (unsigned int i = 0; i < card->cores.count; i++)
		if (ctucan_pending(&card->cores.all[i]))
			return true;
	return false;
}

/*
 * What one core does may hide what the other asks for: until neither asks for anything. Meanwhile
 * they need no interrupt.
 */
static int service(void *priv)
{
	struct card *card = priv;
	int found = 0, round = 0;

	let_through(card, false);
	do {
		for (unsigned int i = 0; i < card->cores.count; i++) {
			int n = ctucan_service(&card->cores.all[i]);

			if (n < 0)
				return n;
			found += n;
		}
	} while (++round < ROUNDS && found < CAUSES && is_pending(card));
	let_through(card, true);
	return found;
}

static int set_irq(void *priv, bool on)
{
	struct card *card = priv;

	uvio_write32(&card->board, BOARD_IRQ, on ? 1 : 0);
	return uvio_udev_alive(card->udev) ? 0 : -ENODEV;
}

static const struct uvio_driver_id ids[] = {
	{.vendor = 0x1760,
		.device = 0xff00,
		.subvendor = UVIO_ANY_ID,
		.subdevice = UVIO_ANY_ID,
		.seen = UVIO_SEEN_EMULATION},
	{0},
};

const struct uvio_driver uvio_driver_ctucan = {
	.size = sizeof(uvio_driver_ctucan),
	.name = "ctucan",
	.help = "CTU CAN FD, two channels",
	.ids = ids,
	.card_size = sizeof(struct card),
	.attach = attach,
	.service = service,
	.can = &ctucan_channels,
	.irq = set_irq,
	.irq_kind = UVIO_IRQ_MSI,
	.watch = UVIO_MS(WATCH_MS),
};
