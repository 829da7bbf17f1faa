/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * QEMU's inter-VM shared memory card, revision 1 (docs/specs/ivshmem-spec in QEMU's sources):
 * memory that cards share, and a doorbell by which a card rings a vector of another, or its own.
 */
#include <config.h>

#include <errno.h>

#include "../drivers.h"

/* Registers in BAR0, 32 bits each; BAR2 is the memory. */
#define IVSHMEM_MASK 0x00     /* no effect in this revision: storage only */
#define IVSHMEM_STATUS 0x04   /* the same; reading clears it */
#define IVSHMEM_POSITION 0x08 /* the card's own number */
#define IVSHMEM_DOORBELL 0x0c /* number << 16 | vector; write only */

#define IVSHMEM_MEMORY 2
#define IVSHMEM_NUMBERS 0x10000

#define TIMEOUT_MS 10000
#define QUIET_MS 20
#define ROUNDS 3
#define WORDS 256

struct ivshmem {
	struct uvio_region registers; /* first: its address is that of the card */
	struct uvio_region memory;
	struct uvio_udev *udev;
	uint32_t position;
};

static int wrong(const struct ivshmem *card, const char *what, uint64_t want, uint64_t have)
{
	return uvio_fail(-EIO, "%s: %s: 0x%llx expected, 0x%llx read",
		uvio_udev_address(card->udev), what, (unsigned long long)want,
		(unsigned long long)have);
}

/* It has no identification register: checks its ids, and that its number fits the doorbell. */
static int identify(struct ivshmem *card)
{
	card->position = uvio_read32(&card->registers, IVSHMEM_POSITION);
	if (card->position < IVSHMEM_NUMBERS)
		return 0;
	return uvio_fail(-ENODEV, "%s: not an ivshmem card: its number reads 0x%08x",
		uvio_udev_address(card->udev), card->position);
}

static void quiesce(const struct ivshmem *card)
{
	uvio_write32(&card->registers, IVSHMEM_MASK, 0);
	uvio_read32(&card->registers, IVSHMEM_STATUS);
}

static int ivshmem_attach(struct uvio_udev *udev, void *priv)
{
	struct ivshmem *card = priv;
	int rc = uvio_region_map(udev, UVIO_REGION_BAR0, &card->registers);

	card->udev = udev;
	if (!rc)
		rc = identify(card);
	if (!rc)
		rc = uvio_region_map(udev, IVSHMEM_MEMORY, &card->memory);
	if (!rc)
		quiesce(card);
	return rc;
}

static void ivshmem_detach(void *priv)
{
	const struct ivshmem *card = priv;

	if (uvio_udev_alive(card->udev))
		quiesce(card);
}

static void ivshmem_reg_read(void *priv, unsigned int times)
{
	const struct ivshmem *card = priv;

	while (times--)
		uvio_read32(&card->registers, IVSHMEM_MASK);
}

static void ivshmem_reg_write(void *priv, unsigned int times)
{
	const struct ivshmem *card = priv;

	while (times--)
		uvio_write32(&card->registers, IVSHMEM_MASK, times);
}

static int ivshmem_irq_raise(void *priv, unsigned int vector)
{
	const struct ivshmem *card = priv;

	uvio_write32(&card->registers, IVSHMEM_DOORBELL, card->position << 16 | vector);
	return 0;
}

/* A vector is a message; nothing remains set in the card. */
static int ivshmem_irq_clear(void *priv, unsigned int vector)
{
	(void)priv;
	(void)vector;
	return 0;
}

static int test_registers(void *priv)
{
	static const uint32_t patterns[] = {UINT32_MAX - 1, 0x5555aaaa, 0x12345678, 0};
	struct ivshmem *card = priv;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		uint32_t back;

		uvio_write32(&card->registers, IVSHMEM_MASK, patterns[i]);
		back = uvio_read32(&card->registers, IVSHMEM_MASK);
		if (back != patterns[i])
			return wrong(card, "mask register", patterns[i], back);
	}
	return identify(card);
}

static uint64_t place_of(const struct ivshmem *card, unsigned int word)
{
	return card->memory.size / WORDS / 4 * 4 * word;
}

/* Words in all parts of the memory, which a peer may be using: they are restored. */
static int test_memory(void *priv)
{
	struct ivshmem *card = priv;
	uint32_t before[WORDS];
	int rc = 0;

	for (unsigned int i = 0; i < WORDS; i++) {
		before[i] = uvio_read32(&card->memory, place_of(card, i));
		uvio_write32(&card->memory, place_of(card, i), 0xa5000000 | i);
	}
	for (unsigned int i = 0; i < WORDS; i++) {
		uint32_t back = uvio_read32(&card->memory, place_of(card, i));

		if (back != (0xa5000000 | i) && !rc)
			rc = wrong(card, "shared memory", 0xa5000000 | i, back);
		uvio_write32(&card->memory, place_of(card, i), before[i]);
	}
	return rc;
}

/* An event on this vector, and none on the next. */
static int ring(struct ivshmem *card, unsigned int vector, unsigned int count)
{
	uint64_t events, others = 0;
	int rc;

	ivshmem_irq_raise(card, vector);
	rc = uvio_irq_wait(card->udev, vector, UVIO_MS(TIMEOUT_MS), &events);
	if (!rc && count > 1)
		rc = uvio_irq_consume(card->udev, (vector + 1) % count, &others);
	if (rc)
		return rc;
	if (events != 1 || others)
		return wrong(card, "events of a vector rung once", 1, events + others);
	return uvio_irq_ack(card->udev, vector);
}

static int ring_all(struct ivshmem *card, unsigned int count)
{
	int rc = 0;

	for (int round = 0; round < ROUNDS && !rc; round++)
		for (unsigned int i = 0; i < count && !rc; i++)
			rc = ring(card, i, count);
	if (rc)
		return rc;
	rc = uvio_irq_wait(card->udev, 0, UVIO_MS(QUIET_MS), NULL);
	return rc == -ETIMEDOUT ? 0 : rc ? rc : wrong(card, "events of a vector not rung", 0, 1);
}

static int test_msix(void *priv)
{
	struct ivshmem *card = priv;
	int rc, off, count = uvio_irq_count(card->udev, UVIO_IRQ_MSIX);

	if (count < 0)
		return count;
	rc = uvio_irq_enable(card->udev, UVIO_IRQ_MSIX, (unsigned int)count);
	if (rc)
		return rc;
	rc = ring_all(card, (unsigned int)count);
	off = uvio_irq_disable(card->udev);
	return rc ? rc : off;
}

static const struct uvio_driver_id ids[] = {
	{.vendor = 0x1af4,
		.device = 0x1110,
		.subvendor = UVIO_ANY_ID,
		.subdevice = UVIO_ANY_ID,
		.seen = UVIO_SEEN_EMULATION},
	{0},
};

static const struct uvio_selftest selftests[] = {
	{"registers", 0, test_registers},
	{"shared memory", 0, test_memory},
	{"msix", UVIO_CAP_MSIX | UVIO_CAP_BUS_MASTER, test_msix},
	{0},
};

static const struct uvio_trial trial = {
	.size = sizeof(struct uvio_trial),
	.selftests = selftests,
	.reg_read = ivshmem_reg_read,
	.reg_write = ivshmem_reg_write,
	.irq_raise = ivshmem_irq_raise,
	.irq_clear = ivshmem_irq_clear,
};

const struct uvio_driver uvio_driver_ivshmem = {
	.size = sizeof(struct uvio_driver),
	.name = "ivshmem",
	.help = "QEMU's inter-VM shared memory with a doorbell",
	.ids = ids,
	.card_size = sizeof(struct ivshmem),
	.attach = ivshmem_attach,
	.detach = ivshmem_detach,
	.trial = &trial,
};
