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

#define CORES 2
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
	struct uvio_region board;
	struct uvio_udev *udev;
	struct ctucan cores[CORES];
	unsigned int count;
};

static int count_cores(struct card *card)
{
	uint32_t id = uvio_read32(&card->board, BOARD_ID);

	card->count = id & BOARD_CORES;
	if (id == UINT32_MAX && !uvio_udev_alive(card->udev))
		return -ENODEV;
	if (id == UINT32_MAX || !card->count)
		return uvio_fail(-ENODEV,
			"%s: not a card with CTU CAN FD: its board id reads 0x%08x",
			uvio_udev_address(card->udev), id);
	if (card->count > CORES)
		card->count = CORES;
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
	for (unsigned int i = 0; !rc && i < card->count; i++) {
		rc = uvio_region_slice(
			&cores, CTUCAN_SIZE * (uint64_t)i, CTUCAN_SIZE, &card->cores[i].regs);
		if (!rc)
			rc = ctucan_init(&card->cores[i], CLOCK);
	}
	return rc;
}

static void let_through(const struct card *card, bool on)
{
	for (unsigned int i = 0; i < card->count; i++)
		ctucan_irq(&card->cores[i], on);
}

static bool is_pending(const struct card *card)
{
	for (unsigned int i = 0; i < card->count; i++)
		if (ctucan_pending(&card->cores[i]))
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
		for (unsigned int i = 0; i < card->count; i++) {
			int n = ctucan_service(&card->cores[i]);

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

static unsigned int channels(const void *priv)
{
	return ((const struct card *)priv)->count;
}

static void info(const void *priv, unsigned int channel, struct uvio_can_info *out)
{
	ctucan_info(&((const struct card *)priv)->cores[channel], out);
}

static int start(void *priv, unsigned int channel, struct uvio_can *can,
	const struct uvio_can_config *config)
{
	return ctucan_start(&((struct card *)priv)->cores[channel], can, config);
}

static int stop(void *priv, unsigned int channel)
{
	struct card *card = priv;

	ctucan_stop(&card->cores[channel]);
	return uvio_udev_alive(card->udev) ? 0 : -ENODEV;
}

static int restart(void *priv, unsigned int channel)
{
	return ctucan_restart(&((struct card *)priv)->cores[channel]);
}

static int counters(void *priv, unsigned int channel, struct can_berr_counter *out)
{
	return ctucan_counters(&((struct card *)priv)->cores[channel], out);
}

static const struct uvio_can_ops can = {
	.size = sizeof(can),
	.channels = channels,
	.info = info,
	.start = start,
	.stop = stop,
	.restart = restart,
	.counters = counters,
};

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
	.can = &can,
	.irq = set_irq,
	.irq_kind = UVIO_IRQ_MSI,
	.watch = UVIO_MS(WATCH_MS),
};
