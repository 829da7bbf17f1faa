/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * QEMU's pci-testdev (docs/specs/pci-testdev in QEMU's sources): it counts the writes to an offset
 * that it names, by memory and by I/O ports; it has neither interrupts nor DMA.
 */
#include <config.h>

#include <errno.h>

#include "../drivers.h"

/* The same header at the start of BAR0, which is memory, and of BAR1, which is I/O ports. */
#define TEST_SELECT 0 /* 8 bits: begins a test, through that BAR */
#define TEST_WIDTH 1  /* 8 bits: the width of an access of this test */
#define TEST_OFFSET 4 /* the offset in the BAR that must be written */
#define TEST_DATA 8   /* 8 bits: the value to be written there */
#define TEST_COUNT 12 /* the number of such writes */

#define BAR_MEMORY 0
#define BAR_PORTS 1
#define WRITES 5

struct testdev {
	struct uvio_region memory; /* first: its address is that of the card */
	struct uvio_region ports;
	struct uvio_udev *udev;
	uint32_t offset;
	uint8_t data;
};

static int begin(struct testdev *card, const struct uvio_region *bar)
{
	uint32_t width;

	uvio_write8(bar, TEST_SELECT, 0);
	width = uvio_read8(bar, TEST_WIDTH);
	card->offset = uvio_read32(bar, TEST_OFFSET);
	card->data = uvio_read8(bar, TEST_DATA);
	if (width == 1 && card->offset < bar->size)
		return 0;
	return uvio_fail(-ENODEV,
		"%s: not a pci-testdev: it asks for %u bytes at 0x%x of a BAR of 0x%llx",
		uvio_udev_address(card->udev), width, card->offset, (unsigned long long)bar->size);
}

static int testdev_attach(struct uvio_udev *udev, void *priv)
{
	struct testdev *card = priv;
	int rc = uvio_region_map(udev, BAR_MEMORY, &card->memory);

	card->udev = udev;
	if (!rc)
		rc = uvio_region_map(udev, BAR_PORTS, &card->ports);
	return rc ? rc : begin(card, &card->memory);
}

static void testdev_reg_read(void *priv, unsigned int times)
{
	const struct testdev *card = priv;

	while (times--)
		uvio_read32(&card->memory, TEST_COUNT);
}

static void testdev_reg_write(void *priv, unsigned int times)
{
	const struct testdev *card = priv;

	while (times--)
		uvio_write8(&card->memory, card->offset, card->data);
}

/*
 * Writes through @bar: the card counts all writes except the last, and shows the count in both
 * BARs.
 */
static int count(struct testdev *card, const struct uvio_region *bar)
{
	uint32_t memory, ports;
	int rc = begin(card, bar);

	if (rc)
		return rc;
	for (int i = 0; i < WRITES; i++)
		uvio_write8(bar, card->offset, card->data);
	uvio_write8(bar, card->offset, (uint8_t)(card->data + 1));
	memory = uvio_read32(&card->memory, TEST_COUNT);
	ports = uvio_read32(&card->ports, TEST_COUNT);
	if (memory == WRITES && ports == WRITES)
		return 0;
	return uvio_fail(-EIO, "%s: %d writes, of which the card counted %u in memory, %u in ports",
		uvio_udev_address(card->udev), WRITES, memory, ports);
}

static int test_memory(void *priv)
{
	struct testdev *card = priv;

	return count(card, &card->memory);
}

/* Afterwards the test by memory is selected again. */
static int test_ports(void *priv)
{
	struct testdev *card = priv;
	int rc = count(card, &card->ports);

	return rc ? rc : begin(card, &card->memory);
}

static const struct uvio_driver_id ids[] = {
	{.vendor = 0x1b36,
		.device = 0x0005,
		.subvendor = UVIO_ANY_ID,
		.subdevice = UVIO_ANY_ID,
		.seen = UVIO_SEEN_EMULATION},
	{0},
};

static const struct uvio_selftest selftests[] = {
	{"count by memory", 0, test_memory},
	{"count by ports", 0, test_ports},
	{0},
};

static const struct uvio_trial trial = {
	.size = sizeof(struct uvio_trial),
	.selftests = selftests,
	.reg_read = testdev_reg_read,
	.reg_write = testdev_reg_write,
};

const struct uvio_driver uvio_driver_testdev = {
	.size = sizeof(struct uvio_driver),
	.name = "testdev",
	.help = "QEMU's test card with memory and I/O ports",
	.ids = ids,
	.card_size = sizeof(struct testdev),
	.attach = testdev_attach,
	.trial = &trial,
};
