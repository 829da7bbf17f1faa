/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * PCI cards whose channels are SJA1000s: one line of a table for each. Facts of the cards: the
 * kernel's kvaser_pci.c, plx_pci.c and peak_pci.c; Advantech's as QEMU emulates them.
 */
#include <config.h>

#include <errno.h>

#include "../drivers.h"
#include "sja1000.h"

/* Of one service, for chips that never come to an end. */
#define ROUNDS 256
#define CAUSES 1024
#define CLOCK 8000000 /* half of the usual crystal's */

/* Chips of some cards drive one interrupt line, which an emulation may lower although one asks. */
#define WATCH_MS 50

struct card;

/* What is between the chips and the bus. NULL: nothing to do. */
struct bridge {
	unsigned int bar;
	void (*init)(const struct card *card);
	void (*irq)(const struct card *card, bool on);
	/* After the chips were served: withdraws the interrupt where the bridge keeps it. */
	void (*served)(const struct card *card);
};

struct board {
	const char *name;
	unsigned int channels; /* at most: the chips tell how many there are */
	unsigned int bar;      /* of the first channel */
	unsigned int next_bar; /* for each channel its own: 1; else 0 */
	uint64_t distance;     /* from one channel to the next, in one BAR */
	unsigned int stride;   /* from one register to the next */
	uint8_t ocr, cdr;
	const struct bridge *bridge;
};

struct card {
	struct sja1000_chips chips;
	struct uvio_udev *udev;
	const struct board *board;
	struct uvio_region bridge; /* where the board has one */
};

/* AMCC S5920, INTCSR: bit 13 lets the interrupt of the add-on through. PTCR: as the kernel sets it.
 */
#define S5920_INTCSR 0x38
#define S5920_INTCSR_ADDON 0x2000
#define S5920_PTCR 0x60
#define S5920_PTCR_PASSIVE 0x80808080

static void s5920_init(const struct card *card)
{
	uvio_write32(&card->bridge, S5920_PTCR, S5920_PTCR_PASSIVE);
}

static void s5920_irq(const struct card *card, bool on)
{
	uint32_t value = uvio_read32(&card->bridge, S5920_INTCSR) & ~(uint32_t)S5920_INTCSR_ADDON;

	uvio_write32(&card->bridge, S5920_INTCSR, on ? value | S5920_INTCSR_ADDON : value);
}

static const struct bridge s5920 = {.bar = 0, .init = s5920_init, .irq = s5920_irq};

/* PLX 9030, 9050 and 9052, INTCSR: both local interrupts, and the bus's. */
#define PLX_INTCSR 0x4c
#define PLX_INTCSR_ON 0x49

static void plx_irq(const struct card *card, bool on)
{
	uvio_write32(&card->bridge, PLX_INTCSR, on ? PLX_INTCSR_ON : 0);
}

static const struct bridge plx0 = {.bar = 0, .irq = plx_irq};
static const struct bridge plx1 = {.bar = 1, .irq = plx_irq};

/* PLX 9056, INTCSR: the bus's interrupt, and the local one. */
#define PLX9056_INTCSR 0x68
#define PLX9056_INTCSR_ON 0x900

static void plx9056_irq(const struct card *card, bool on)
{
	uvio_write32(&card->bridge, PLX9056_INTCSR, on ? PLX9056_INTCSR_ON : 0);
}

static const struct bridge plx9056 = {.bar = 0, .irq = plx9056_irq};

/*
 * PEAK's PITA. ICR: 16 bits of what asks, cleared by writing ones, then 16 bits that let it
 * through. GPIOICR and MISC: as the kernel sets them, which lets the chips out of their reset.
 */
#define PITA_ICR 0x00
#define PITA_ICR_ENABLE 0x02
#define PITA_GPIOICR 0x18
#define PITA_MISC 0x1c
#define PITA_RESET_MS 5

static const uint16_t pita_masks[SJA1000_CHIPS] = {0x02, 0x01, 0x40, 0x80};

static uint16_t pita_all(const struct card *card)
{
	uint16_t mask = 0;

	for (unsigned int i = 0; i < card->chips.count; i++)
		mask |= pita_masks[i];
	return mask;
}

static void pita_init(const struct card *card)
{
	uvio_write16(&card->bridge, PITA_GPIOICR + 2, 0x0005);
	uvio_write8(&card->bridge, PITA_GPIOICR, 0x00);
	uvio_write8(&card->bridge, PITA_MISC + 3, 0x05);
	/* Until a value that it never has, which is a pause. */
	uvio_poll_until(&card->bridge, PITA_MISC + 3, 1, 0xff, 0xfe, UVIO_MS(PITA_RESET_MS));
	uvio_write8(&card->bridge, PITA_MISC + 3, 0x04);
}

static void pita_irq(const struct card *card, bool on)
{
	uint16_t value = uvio_read16(&card->bridge, PITA_ICR_ENABLE);

	value = (uint16_t)(on ? value | pita_all(card) : value & ~pita_all(card));
	uvio_write16(&card->bridge, PITA_ICR_ENABLE, value);
}

static void pita_served(const struct card *card)
{
	uint16_t asks = uvio_read16(&card->bridge, PITA_ICR) & pita_all(card);

	if (asks)
		uvio_write16(&card->bridge, PITA_ICR, asks);
}

static const struct bridge pita = {
	.bar = 0, .init = pita_init, .irq = pita_irq, .served = pita_served};

static int add_chip(struct card *card, unsigned int channel)
{
	const struct board *board = card->board;
	struct sja1000 *chip = &card->chips.all[channel];
	struct uvio_region bar;
	int rc = uvio_region_map(
		card->udev, UVIO_REGION_BAR0 + board->bar + channel * board->next_bar, &bar);

	chip->stride = board->stride;
	chip->clock = CLOCK;
	chip->ocr = board->ocr;
	chip->cdr = board->cdr;
	if (!rc)
		rc = uvio_region_slice(&bar, board->distance * channel,
			(uint64_t)SJA1000_REGISTERS * board->stride, &chip->regs);
	return rc ? rc : sja1000_init(chip);
}

/* The first chip is there, others as far as they answer. */
static int add_chips(struct card *card)
{
	int rc = 0;

	for (card->chips.count = 0; card->chips.count < card->board->channels;
		card->chips.count++) {
		rc = add_chip(card, card->chips.count);
		if (rc)
			break;
	}
	return card->chips.count ? 0 : rc;
}

static int attach(struct uvio_udev *udev, void *priv)
{
	const struct uvio_driver_id *id = uvio_driver_id_of(&uvio_driver_sja1000,
		uvio_udev_vendor(udev), uvio_udev_device(udev), uvio_udev_subvendor(udev),
		uvio_udev_subdevice(udev));
	struct card *card = priv;
	const struct bridge *bridge;
	int rc = 0;

	if (!id && !uvio_udev_alive(udev))
		return -ENODEV;
	if (!id)
		return uvio_fail(-ENODEV, "%s: %04x:%04x is none of the cards with SJA1000",
			uvio_udev_address(udev), uvio_udev_vendor(udev), uvio_udev_device(udev));
	card->udev = udev;
	card->board = id->data;
	uvio_udev_log(udev, UVIO_LOG_INFO, "%s", card->board->name);
	bridge = card->board->bridge;
	if (bridge)
		rc = uvio_region_map(udev, UVIO_REGION_BAR0 + bridge->bar, &card->bridge);
	if (rc)
		return rc;
	if (bridge && bridge->init)
		bridge->init(card);
	rc = add_chips(card);
	if (!rc && bridge)
		bridge->irq(card, false);
	return rc;
}

/* What one chip does may hide what the other asks for; and a frame may be sent at once. */
static bool asks_again(const struct card *card)
{
	return card->chips.count > 1 || card->chips.all[0].sending;
}

static int service(void *priv)
{
	struct card *card = priv;
	int found = 0;

	for (int round = 0, more = 1; more && found < CAUSES && round < ROUNDS; round++) {
		more = 0;
		for (unsigned int i = 0; i < card->chips.count; i++) {
			int n = sja1000_service(&card->chips.all[i]);

			if (n < 0)
				return n;
			more += n;
		}
		found += more;
		if (!asks_again(card))
			break;
	}
	if (card->board->bridge && card->board->bridge->served)
		card->board->bridge->served(card);
	return found;
}

static int set_irq(void *priv, bool on)
{
	struct card *card = priv;

	if (card->board->bridge)
		card->board->bridge->irq(card, on);
	return uvio_udev_alive(card->udev) ? 0 : -ENODEV;
}

#define OCR_BOTH 0xda	/* both outputs, push-pull */
#define OCR_FIRST 0x1a	/* the first output, push-pull */
#define CDR_DIRECT 0x47 /* comparator bypassed, the whole clock at CLKOUT */

static const struct board kvaser = {.name = "Kvaser PCIcan",
	.channels = 4,
	.bar = 1,
	.distance = 0x20,
	.stride = 1,
	.ocr = OCR_BOTH,
	.cdr = CDR_DIRECT,
	.bridge = &s5920};
static const struct board pcm3680 = {.name = "Advantech PCM-3680I",
	.channels = 2,
	.next_bar = 1,
	.stride = 1,
	.ocr = OCR_BOTH,
	.cdr = CDR_DIRECT};
static const struct board mioe3680 = {.name = "Advantech MIOe-3680",
	.channels = 2,
	.next_bar = 1,
	.stride = 4,
	.ocr = OCR_BOTH,
	.cdr = CDR_DIRECT};
static const struct board peak = {.name = "PEAK PCAN-PCI",
	.channels = 4,
	.bar = 1,
	.distance = 0x400,
	.stride = 4,
	.ocr = OCR_FIRST,
	.cdr = CDR_DIRECT,
	.bridge = &pita};
#define PLX_BOARD(id, text, apart, chip)                                                           \
	static const struct board id = {.name = (text),                                            \
		.channels = 2,                                                                     \
		.bar = 2,                                                                          \
		.distance = (apart),                                                               \
		.stride = 1,                                                                       \
		.ocr = OCR_BOTH,                                                                   \
		.cdr = CDR_DIRECT,                                                                 \
		.bridge = &(chip)}

PLX_BOARD(adlink, "ADLINK PCI-7841", 0x80, plx1);
PLX_BOARD(esd200, "esd CAN-PCI/200", 0x100, plx0);
PLX_BOARD(esd266, "esd CAN-PCI/266", 0x100, plx9056);
PLX_BOARD(ixxat, "IXXAT PC-I 04/PCI", 0x200, plx0);
PLX_BOARD(tews, "TEWS TPMC810", 0x100, plx0);
PLX_BOARD(cti, "Connect Tech CANpro/104-Plus Opto", 0x100, plx0);

#define CARD(vendor_id, device_id, sub_vendor, sub_device, table, where)                           \
	{                                                                                          \
		.vendor = (vendor_id), .device = (device_id), .subvendor = (sub_vendor),           \
		.subdevice = (sub_device), .seen = (where), .data = &(table)                       \
	}
#define ANY UVIO_ANY_ID
#define PLX 0x10b5
#define ESD 0x12fe

static const struct uvio_driver_id ids[] = {
	CARD(0x10e8, 0x8406, ANY, ANY, kvaser, UVIO_SEEN_EMULATION),
	CARD(0x13fe, 0xc002, ANY, ANY, pcm3680, UVIO_SEEN_EMULATION),
	CARD(0x13fe, 0xc302, ANY, ANY, mioe3680, UVIO_SEEN_EMULATION),
	CARD(0x001c, 0x0001, ANY, ANY, peak, UVIO_SEEN_MODEL),
	CARD(0x001c, 0x0003, ANY, ANY, peak, UVIO_SEEN_MODEL),
	CARD(0x001c, 0x0004, ANY, ANY, peak, UVIO_SEEN_MODEL),
	CARD(0x001c, 0x0005, ANY, ANY, peak, UVIO_SEEN_MODEL),
	CARD(0x001c, 0x0006, ANY, ANY, peak, UVIO_SEEN_MODEL),
	CARD(0x001c, 0x0007, ANY, ANY, peak, UVIO_SEEN_MODEL),
	CARD(0x001c, 0x0008, ANY, ANY, peak, UVIO_SEEN_MODEL),
	CARD(0x144a, 0x7841, ANY, ANY, adlink, UVIO_SEEN_MODEL),
	CARD(PLX, 0x9050, ESD, 0x0004, esd200, UVIO_SEEN_MODEL),
	CARD(PLX, 0x9030, ESD, 0x010b, esd200, UVIO_SEEN_MODEL),
	CARD(PLX, 0x9030, ESD, 0x0501, esd200, UVIO_SEEN_MODEL),
	CARD(PLX, 0x9056, ESD, 0x0009, esd266, UVIO_SEEN_MODEL),
	CARD(PLX, 0x9056, ESD, 0x000e, esd266, UVIO_SEEN_MODEL),
	CARD(PLX, 0x9056, ESD, 0x0200, esd266, UVIO_SEEN_MODEL),
	CARD(PLX, 0x9050, ANY, 0x2540, ixxat, UVIO_SEEN_MODEL),
	CARD(0x1498, 0x032a, ANY, ANY, tews, UVIO_SEEN_MODEL),
	CARD(PLX, 0x9030, 0x12c4, 0x0900, cti, UVIO_SEEN_MODEL),
	{0},
};

const struct uvio_driver uvio_driver_sja1000 = {
	.size = sizeof(uvio_driver_sja1000),
	.name = "sja1000",
	.help = "CAN cards with SJA1000",
	.ids = ids,
	.card_size = sizeof(struct card),
	.attach = attach,
	.service = service,
	.can = &sja1000_channels,
	.irq = set_irq,
	.watch = UVIO_MS(WATCH_MS),
};
