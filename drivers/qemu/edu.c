/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * QEMU's educational card, by its specification (docs/specs/edu in QEMU's sources): a liveness
 * register, a factorial, an interrupt that software can raise, and DMA to a buffer of its own.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "../drivers.h"

/* Registers in BAR0; section "MMIO area spec". */
#define EDU_ID 0x00   /* major, minor, 0x00ed */
#define EDU_LIVE 0x04 /* reads the inverse of what was written */
#define EDU_FACTORIAL 0x08
#define EDU_STATUS 0x20 /* bit 0: computing; bit 7: interrupt when done */
#define EDU_IRQ_STATUS 0x24
#define EDU_IRQ_RAISE 0x60
#define EDU_IRQ_ACK 0x64
#define EDU_DMA_SOURCE 0x80 /* 64 bits each */
#define EDU_DMA_TARGET 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98

#define EDU_ID_MASK 0x0000ffff
#define EDU_ID_VALUE 0x000000ed
#define EDU_STATUS_COMPUTING 0x01
#define EDU_STATUS_IRQ 0x80
#define EDU_IRQ_FACTORIAL 0x001
#define EDU_IRQ_TEST 0x002 /* any bit except the card's own two */

/* Section "DMA area spec" and the command register. */
#define EDU_DMA_START 0x01
#define EDU_DMA_FROM_CARD 0x02
#define EDU_BUFFER 0x40000
#define EDU_BUFFER_SIZE 4096
/* Old versions of QEMU abort on a transfer that ends at the end of the buffer. */
#define EDU_DMA_MAX (EDU_BUFFER_SIZE - 1)

/* Property "dma_mask" (default): the card ignores higher bits of an address. */
#define EDU_DMA_MASK 0x0fffffff

#define TIMEOUT_MS 10000
#define IRQ_MS 2000
/* The time limit of an operation, which the emulator does when it has CPU time. */
#define WORK_MS 60000
#define CLEAR_TRIES 16

struct edu {
	struct uvio_region bar; /* first: its address is that of the card */
	struct uvio_udev *udev;
};

static int wrong(const struct edu *edu, const char *what, uint64_t want, uint64_t have)
{
	return uvio_fail(-EIO, "%s: %s: 0x%llx expected, 0x%llx read", uvio_udev_address(edu->udev),
		what, (unsigned long long)want, (unsigned long long)have);
}

static int identify(struct edu *edu)
{
	uint32_t id = uvio_read32(&edu->bar, EDU_ID);

	if ((id & EDU_ID_MASK) == EDU_ID_VALUE)
		return 0;
	return uvio_fail(-ENODEV, "%s: not an edu card: its identification reads 0x%08x",
		uvio_udev_address(edu->udev), id);
}

/* A former driver may have left an operation running, which cannot be stopped, only waited for. */
static int quiesce(struct edu *edu)
{
	int rc = uvio_poll_until(
		&edu->bar, EDU_DMA_COMMAND, 4, EDU_DMA_START, 0, UVIO_MS(TIMEOUT_MS));

	if (!rc)
		rc = uvio_poll_until(
			&edu->bar, EDU_STATUS, 4, EDU_STATUS_COMPUTING, 0, UVIO_MS(WORK_MS));
	if (rc)
		return rc;
	uvio_write32(&edu->bar, EDU_STATUS, 0);
	uvio_write32(&edu->bar, EDU_IRQ_ACK, UINT32_MAX);
	return uvio_poll_until(&edu->bar, EDU_IRQ_STATUS, 4, UINT32_MAX, 0, UVIO_MS(TIMEOUT_MS));
}

static int edu_attach(struct uvio_udev *udev, void *card)
{
	struct edu *edu = card;
	int rc;

	edu->udev = udev;
	rc = uvio_region_map(udev, UVIO_REGION_BAR0, &edu->bar);
	if (!rc)
		rc = identify(edu);
	return rc ? rc : quiesce(edu);
}

static void edu_detach(void *card)
{
	struct edu *edu = card;

	if (uvio_udev_alive(edu->udev))
		quiesce(edu);
}

static void edu_reg_read(void *card, unsigned int times)
{
	const struct edu *edu = card;

	while (times--)
		uvio_read32(&edu->bar, EDU_LIVE);
}

static void edu_reg_write(void *card, unsigned int times)
{
	const struct edu *edu = card;

	while (times--)
		uvio_write32(&edu->bar, EDU_LIVE, times);
}

static int edu_irq_raise(void *card, unsigned int vector)
{
	const struct edu *edu = card;

	(void)vector;
	uvio_write32(&edu->bar, EDU_IRQ_RAISE, EDU_IRQ_TEST);
	return 0;
}

/* Causes that were set while the first ones were cleared. */
static int __attribute__((noinline)) clear_rest(const struct edu *edu)
{
	uint32_t status = uvio_read32(&edu->bar, EDU_IRQ_STATUS);

	for (int i = 0; i < CLEAR_TRIES && status; i++) {
		uvio_write32(&edu->bar, EDU_IRQ_ACK, status);
		status = uvio_read32(&edu->bar, EDU_IRQ_STATUS);
	}
	return status ? wrong(edu, "interrupt causes after clearing", 0, status) : 0;
}

/* No cause, or all ones, which a removed card reads. */
static int __attribute__((noinline)) clear_odd(const struct edu *edu, uint32_t status)
{
	if (!status)
		return -EAGAIN;
	return uvio_udev_alive(edu->udev) ? clear_rest(edu) : -ENODEV;
}

/*
 * Clears exactly the bits that were read: a bit that is set in between remains for the next time.
 */
static int edu_irq_clear(void *card, unsigned int vector)
{
	const struct edu *edu = card;
	uint32_t status = uvio_read32(&edu->bar, EDU_IRQ_STATUS);

	(void)vector;
	if (!status || status == UINT32_MAX)
		return clear_odd(edu, status);
	uvio_write32(&edu->bar, EDU_IRQ_ACK, status);
	if (uvio_read32(&edu->bar, EDU_IRQ_STATUS))
		return clear_rest(edu);
	return 0;
}

static int edu_service(void *card)
{
	int rc = edu_irq_clear(card, 0);

	return rc == -EAGAIN ? 0 : rc ? rc : 1;
}

/* Below 4 GiB only the lower half is needed, which every kind of access supports. */
static void write_address(const struct edu *edu, uint64_t offset, uint64_t address)
{
	if (address > UINT32_MAX)
		uvio_write64(&edu->bar, offset, address);
	else
		uvio_write32(&edu->bar, offset, (uint32_t)address);
}

static int transfer(
	struct edu *edu, uint64_t source, uint64_t target, size_t size, uint32_t command)
{
	if (!size || size > EDU_DMA_MAX)
		return uvio_fail(-EINVAL,
			"%s: the edu card transfers 1 to %d bytes at a time, not %zu",
			uvio_udev_address(edu->udev), EDU_DMA_MAX, size);
	write_address(edu, EDU_DMA_SOURCE, source);
	write_address(edu, EDU_DMA_TARGET, target);
	uvio_write32(&edu->bar, EDU_DMA_COUNT, (uint32_t)size);
	uvio_write32(&edu->bar, EDU_DMA_COMMAND, command);
	return uvio_poll_until(
		&edu->bar, EDU_DMA_COMMAND, 4, EDU_DMA_START, 0, UVIO_MS(TIMEOUT_MS));
}

static int edu_dma_to_card(void *card, uint64_t iova, size_t size)
{
	return transfer(card, iova, EDU_BUFFER, size, EDU_DMA_START);
}

static int edu_dma_from_card(void *card, uint64_t iova, size_t size)
{
	return transfer(card, EDU_BUFFER, iova, size, EDU_DMA_START | EDU_DMA_FROM_CARD);
}

static int test_identification(void *card)
{
	return identify(card);
}

static int test_liveness(void *card)
{
	static const uint32_t patterns[] = {0, UINT32_MAX - 1, 0x5555aaaa, 0x12345678, 1};
	struct edu *edu = card;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		uint32_t back;

		uvio_write32(&edu->bar, EDU_LIVE, patterns[i]);
		back = uvio_read32(&edu->bar, EDU_LIVE);
		if (back != ~patterns[i])
			return wrong(edu, "liveness", ~patterns[i], back);
	}
	return 0;
}

static int test_factorial(void *card)
{
	struct edu *edu = card;
	uint32_t result;
	int rc;

	uvio_write32(&edu->bar, EDU_FACTORIAL, 12);
	rc = uvio_poll_until(&edu->bar, EDU_STATUS, 4, EDU_STATUS_COMPUTING, 0, UVIO_MS(WORK_MS));
	if (rc)
		return rc;
	result = uvio_read32(&edu->bar, EDU_FACTORIAL);
	return result == 479001600 ? 0 : wrong(edu, "12 factorial", 479001600, result);
}

/* Waits for one interrupt, and for its cause to be @cause. */
static int take_irq(struct edu *edu, uint32_t cause)
{
	uint64_t events;
	uint32_t status;
	int rc = uvio_irq_wait(edu->udev, 0, UVIO_MS(IRQ_MS), &events);

	if (rc)
		return rc;
	status = uvio_read32(&edu->bar, EDU_IRQ_STATUS);
	if (!events || status != cause)
		return wrong(edu, "interrupt cause", cause, status);
	rc = edu_irq_clear(edu, 0);
	return rc ? rc : uvio_irq_ack(edu->udev, 0);
}

/* Several in a row: the second one shows that the line was unmasked again. */
static int raise_some(struct edu *edu)
{
	int rc = 0;

	for (int i = 0; i < 3 && !rc; i++) {
		edu_irq_raise(edu, 0);
		rc = take_irq(edu, EDU_IRQ_TEST);
	}
	if (rc)
		return rc;
	uvio_write32(&edu->bar, EDU_STATUS, EDU_STATUS_IRQ);
	uvio_write32(&edu->bar, EDU_FACTORIAL, 5);
	rc = take_irq(edu, EDU_IRQ_FACTORIAL);
	uvio_write32(&edu->bar, EDU_STATUS, 0);
	return rc;
}

static int test_irq(struct edu *edu, enum uvio_irq_kind kind)
{
	int rc = uvio_irq_enable(edu->udev, kind, 1), off;

	if (rc)
		return rc;
	rc = raise_some(edu);
	off = uvio_irq_disable(edu->udev);
	return rc ? rc : off;
}

static int test_intx(void *card)
{
	return test_irq(card, UVIO_IRQ_INTX);
}

static int test_msi(void *card)
{
	return test_irq(card, UVIO_IRQ_MSI);
}

static int round_trip(struct edu *edu, const struct uvio_dma *dma, size_t size)
{
	unsigned char *bytes = dma->addr;
	int rc;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(i * 7 + 1);
	rc = edu_dma_to_card(edu, dma->iova, size);
	memset(bytes, 0, size);
	if (!rc)
		rc = edu_dma_from_card(edu, dma->iova, size);
	for (size_t i = 0; i < size && !rc; i++)
		if (bytes[i] != (unsigned char)(i * 7 + 1))
			rc = wrong(edu, "byte transferred by DMA", (unsigned char)(i * 7 + 1),
				bytes[i]);
	return rc;
}

static int test_dma(void *card)
{
	struct edu *edu = card;
	struct uvio_dma dma;
	int rc = uvio_dma_alloc(edu->udev, EDU_BUFFER_SIZE, 0, &dma), off;

	if (rc)
		return rc;
	rc = round_trip(edu, &dma, EDU_DMA_MAX);
	off = uvio_dma_free(edu->udev, &dma);
	return rc ? rc : off;
}

static const struct uvio_driver_id ids[] = {
	{.vendor = 0x1234,
		.device = 0x11e8,
		.subvendor = UVIO_ANY_ID,
		.subdevice = UVIO_ANY_ID,
		.seen = UVIO_SEEN_EMULATION},
	{0},
};

static const struct uvio_selftest selftests[] = {
	{"identification", 0, test_identification},
	{"liveness", 0, test_liveness},
	{"factorial", 0, test_factorial},
	{"intx", UVIO_CAP_INTX, test_intx},
	{"msi", UVIO_CAP_MSI | UVIO_CAP_BUS_MASTER, test_msi},
	{"dma", UVIO_CAP_DMA | UVIO_CAP_BUS_MASTER, test_dma},
	{0},
};

static const struct uvio_trial trial = {
	.size = sizeof(struct uvio_trial),
	.selftests = selftests,
	.reg_read = edu_reg_read,
	.reg_write = edu_reg_write,
	.irq_raise = edu_irq_raise,
	.irq_clear = edu_irq_clear,
	.dma_to_card = edu_dma_to_card,
	.dma_from_card = edu_dma_from_card,
	.dma_max = EDU_DMA_MAX,
};

const struct uvio_driver uvio_driver_edu = {
	.size = sizeof(struct uvio_driver),
	.name = "edu",
	.help = "QEMU's educational card",
	.ids = ids,
	.card_size = sizeof(struct edu),
	.dma_mask = EDU_DMA_MASK,
	.attach = edu_attach,
	.detach = edu_detach,
	.service = edu_service,
	.trial = &trial,
};
