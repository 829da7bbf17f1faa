/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * The floor: what the library is held against. The same paths by hand, for the one card "edu" at
 * one address, with no check which the kernel does not force, and nothing reusable.
 */
#ifndef UVIO_TESTS_BENCH_FLOOR_H
#define UVIO_TESTS_BENCH_FLOOR_H

#include <stddef.h>
#include <stdint.h>

#include <uvio/irq.h>

#define FLOOR_PAGES 64

/* What both floors need: the registers, and where memory was mapped to. */
struct floor {
	volatile uint8_t *bar;
	int fds[6];
	int irq_fd;
	int arm_fd;
	uint64_t iova;
	uint64_t pages[FLOOR_PAGES];
	uint16_t command;
	int can_reset;
};

/* All return 0 or -1. */
struct floor_ops {
	const char *backend;
	int (*open)(struct floor *floor, const char *address);
	void (*close)(struct floor *floor);
	int (*map_bar)(struct floor *floor);
	int (*dma_map)(struct floor *floor, void *memory, size_t size);
	int (*dma_unmap)(struct floor *floor, void *memory, size_t size);
	int (*irq_enable)(struct floor *floor, enum uvio_irq_kind kind);
	int (*irq_disable)(struct floor *floor);
	int (*irq_round)(struct floor *floor); /* raise, wait, clear, arm */
	int (*bus_master)(struct floor *floor);
};

extern const struct floor_ops floor_vfio;
extern const struct floor_ops floor_uio;

/* Registers of edu, as in drivers/edu.c. */
#define EDU_LIVE 0x04
#define EDU_IRQ_STATUS 0x24
#define EDU_IRQ_RAISE 0x60
#define EDU_IRQ_ACK 0x64
#define EDU_DMA_SOURCE 0x80
#define EDU_DMA_TARGET 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98
#define EDU_BAR_SIZE (1 << 20)

static inline void floor_write(struct floor *floor, unsigned int offset, uint32_t value)
{
	*(volatile uint32_t *)(floor->bar + offset) = value;
}

static inline uint32_t floor_read(const struct floor *floor, unsigned int offset)
{
	return *(volatile uint32_t *)(floor->bar + offset);
}

#endif /* UVIO_TESTS_BENCH_FLOOR_H */
