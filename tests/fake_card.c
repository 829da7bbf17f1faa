/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * The card behind the fake backend: QEMU's edu card by its specification (docs/specs/edu in
 * QEMU's sources), which finishes everything at once, and a configuration space.
 */
#include <config.h>

#include <string.h>

#include "fake.h"
#include "fake_parts.h"
#include <uvio/dma.h>
#include <uvio/irq.h>
#include <uvio/region.h>

#include "backend/objects.h"
#include "base/pci_config.h"
#include "base/sys.h"

/* Section "MMIO area spec". */
#define EDU_ID 0x00
#define EDU_LIVE 0x04
#define EDU_FACTORIAL 0x08
#define EDU_STATUS 0x20
#define EDU_IRQ_STATUS 0x24
#define EDU_IRQ_RAISE 0x60
#define EDU_IRQ_ACK 0x64
#define EDU_DMA_SOURCE 0x80
#define EDU_DMA_TARGET 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98

#define STATUS_IRQ 0x80
#define IRQ_FACTORIAL 0x001
#define IRQ_DMA 0x100
#define DMA_START 0x01
#define DMA_FROM_CARD 0x02
#define DMA_IRQ 0x04

static void put_ids(unsigned char *at, uint16_t first, uint16_t second)
{
	at[0] = (unsigned char)first;
	at[1] = (unsigned char)(first >> 8);
	at[2] = (unsigned char)second;
	at[3] = (unsigned char)(second >> 8);
}

static void set_model_ids(struct fake *fake)
{
	const struct fake_model *model = fake->model;

	put_ids(fake->config + PCI_CONFIG_VENDOR, model->vendor, model->device);
	put_ids(fake->config + PCI_CONFIG_SUBVENDOR, model->subvendor, model->subdevice);
}

void fake_card_init(struct fake *fake)
{
	static const unsigned char header[] = {
		0x34, 0x12, 0xe8, 0x11, 0x03, 0x01, 0x10, 0x00, 0x10, 0x00, 0xff, 0x00};

	memset(fake->config, 0, sizeof(fake->config));
	memcpy(fake->config, header, sizeof(header));
	memcpy(fake->config + PCI_CONFIG_SUBVENDOR, "\xf4\x1a\x00\x11", 4);
	fake->config[PCI_CONFIG_INTERRUPT_PIN] = 1;
	if (fake->model)
		set_model_ids(fake);
	if (fake_faults.busy_at_open)
		fake->config[PCI_CONFIG_COMMAND] |= PCI_COMMAND_BUS_MASTER;
	fake->live = fake->factorial = fake->status = fake->irq_status = 0;
	fake->source = fake->target = fake->count = 0;
}

static bool is_master(const struct fake *fake)
{
	return fake->config[PCI_CONFIG_COMMAND] & PCI_COMMAND_BUS_MASTER;
}

static bool asks(const struct fake *fake)
{
	return fake->model ? fake->model->line(fake->model->card) : fake->irq_status;
}

/* INTx is a level which the kernel masks at each event; MSI is a message from a bus master. */
void fake_card_signal(struct fake *fake, unsigned int vector)
{
	static const uint64_t one = 1;

	if (!asks(fake) || vector >= fake->vectors || fake_faults.no_irq)
		return;
	if (fake->kind == UVIO_IRQ_INTX && fake->masked)
		return;
	if (fake->kind != UVIO_IRQ_INTX && !is_master(fake))
		return;
	fake->masked = true;
	uvio_sys_write(fake->fds[vector], &one, sizeof(one));
}

/* A message is sent when the line rises. */
static void look_at_line(struct fake *fake)
{
	bool before = fake->asked;

	fake->asked = asks(fake) && !fake_faults.all_ones && !fake_faults.silent;
	if (fake->asked && (!before || fake->kind == UVIO_IRQ_INTX))
		fake_card_signal(fake, 0);
}

void fake_changed(struct uvio_udev *udev)
{
	look_at_line(udev->priv);
}

void fake_raise(struct uvio_udev *udev, unsigned int vector)
{
	struct fake *fake = udev->priv;

	fake->irq_status |= 2;
	fake_card_signal(fake, vector);
}

static void raise_cause(struct fake *fake, uint32_t cause)
{
	fake->irq_status |= cause;
	fake_card_signal(fake, 0);
}

static void compute(struct fake *fake, uint32_t n)
{
	fake->factorial = 1;
	for (uint32_t i = 2; i <= n && i < 1000; i++)
		fake->factorial *= i;
	if (fake->status & STATUS_IRQ)
		raise_cause(fake, IRQ_FACTORIAL);
}

/* A bus that stops an access reports nothing to the card: the bytes just do not move. */
static void transfer(struct fake *fake, uint32_t command)
{
	bool from_card = command & DMA_FROM_CARD;
	uint64_t inside = (from_card ? fake->source : fake->target) - FAKE_BUFFER;
	uint64_t iova = from_card ? fake->target : fake->source;
	uint64_t count = fake->count - (fake_faults.loses_dma ? 1 : 0);

	for (uint64_t i = 0; i < count && inside + i < FAKE_BUFFER_SIZE && is_master(fake); i++) {
		unsigned char *byte = fake_translate(
			fake, iova + i, from_card ? UVIO_DMA_FROM_CARD : UVIO_DMA_TO_CARD);

		if (byte && from_card)
			*byte = fake->buffer[inside + i];
		else if (byte)
			fake->buffer[inside + i] = *byte;
	}
	if (command & DMA_IRQ)
		raise_cause(fake, IRQ_DMA);
}

static uint64_t register_read(const struct fake *fake, uint64_t offset)
{
	switch (offset) {
	case EDU_ID:
		return 0x010000ed;
	case EDU_LIVE:
		return fake_faults.wrong_liveness ? fake->live : ~fake->live;
	case EDU_FACTORIAL:
		return fake->factorial;
	case EDU_STATUS:
		return fake->status;
	case EDU_IRQ_STATUS:
		return fake->irq_status;
	default:
		return 0;
	}
}

static void register_write(struct fake *fake, uint64_t offset, uint64_t value)
{
	switch (offset) {
	case EDU_LIVE:
		fake->live = (uint32_t)value;
		break;
	case EDU_FACTORIAL:
		compute(fake, (uint32_t)value);
		break;
	case EDU_STATUS:
		fake->status = value & STATUS_IRQ;
		break;
	case EDU_IRQ_RAISE:
		raise_cause(fake, (uint32_t)value);
		break;
	case EDU_IRQ_ACK:
		fake->irq_status &= ~(uint32_t)value;
		break;
	case EDU_DMA_SOURCE:
		fake->source = value;
		break;
	case EDU_DMA_TARGET:
		fake->target = value;
		break;
	case EDU_DMA_COUNT:
		fake->count = value;
		break;
	case EDU_DMA_COMMAND:
		if (value & DMA_START)
			transfer(fake, (uint32_t)value);
		break;
	default:
		break;
	}
}

/* The plain memory behind a region; NULL: it has behaviour. */
static unsigned char *memory_of(struct fake *fake, uint32_t region)
{
	switch (region) {
	case FAKE_MEMORY:
		return fake->memory;
	case FAKE_HOLES:
		return fake->holes;
	case UVIO_REGION_CONFIG:
		return fake->config;
	default:
		return NULL;
	}
}

uint64_t fake_card_read(struct fake *fake, uint32_t region, uint64_t offset, unsigned int width)
{
	unsigned char *memory = memory_of(fake, region);
	uint64_t value = 0;

	if (fake_faults.all_ones || (fake_faults.silent && region < FAKE_BARS))
		return width == 8 ? UINT64_MAX : (UINT64_C(1) << width * 8) - 1;
	if (fake->model && region < FAKE_BARS) {
		value = fake->model->read(fake->model->card, region, offset, width);
		look_at_line(fake);
		return value;
	}
	if (region == FAKE_READ_ONLY)
		return 0x55;
	if (!memory)
		return register_read(fake, offset);
	for (unsigned int i = 0; i < width; i++)
		value |= (uint64_t)memory[offset + i] << i * 8;
	return value;
}

void fake_card_write(
	struct fake *fake, uint32_t region, uint64_t offset, unsigned int width, uint64_t value)
{
	unsigned char *memory = memory_of(fake, region);

	if (fake_faults.all_ones || (fake_faults.silent && region < FAKE_BARS))
		return;
	if (fake->model && region < FAKE_BARS) {
		fake->model->write(fake->model->card, region, offset, width, value);
		look_at_line(fake);
		return;
	}
	if (region == FAKE_READ_ONLY)
		return;
	if (!memory) {
		register_write(fake, offset, value);
		return;
	}
	for (unsigned int i = 0; i < width; i++)
		memory[offset + i] = (unsigned char)(value >> i * 8);
}
