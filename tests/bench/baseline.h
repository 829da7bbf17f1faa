/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * The baseline: what the library is held against. The same paths by hand, for the one card "edu" at
 * one address, with no check which the kernel does not force, and nothing reusable.
 */
#ifndef UVIO_TESTS_BENCH_BASELINE_H
#define UVIO_TESTS_BENCH_BASELINE_H

#include <stddef.h>
#include <stdint.h>

#include <uvio/irq.h>

#define BASELINE_PAGES 64
#define BASELINE_IOVA 0x10000

/* What both baselines need: the registers, and where memory was mapped to. */
struct baseline {
	volatile uint8_t *bar;
	int fds[6];
	int irq_fd;
	int arm_fd;
	uint64_t at; /* where dma_map() maps to, where that can be chosen */
	uint64_t iova;
	uint32_t ids[2];
	uint64_t pages[BASELINE_PAGES];
	uint16_t command;
	int can_reset;
};

/* All return 0 or -1. */
struct baseline_ops {
	const char *backend;
	int (*open)(struct baseline *baseline, const char *address);
	void (*close)(struct baseline *baseline);
	int (*map_bar)(struct baseline *baseline);
	int (*dma_map)(struct baseline *baseline, void *memory, size_t size);
	int (*dma_unmap)(struct baseline *baseline, void *memory, size_t size);
	int (*irq_enable)(struct baseline *baseline, enum uvio_irq_kind kind);
	int (*irq_disable)(struct baseline *baseline);
	int (*irq_round)(struct baseline *baseline);  /* raise, wait, clear, arm */
	int (*irq_asleep)(struct baseline *baseline); /* wait with a time limit, clear, arm */
	int (*bus_master)(struct baseline *baseline);
};

extern const struct baseline_ops baseline_vfio;
extern const struct baseline_ops baseline_compat;
extern const struct baseline_ops baseline_cdev;
extern const struct baseline_ops baseline_uio;

/* Registers of edu, as in drivers/qemu/edu.c. */
#define EDU_LIVE 0x04
#define EDU_LATE_MS 10000
#define EDU_IRQ_STATUS 0x24
#define EDU_IRQ_RAISE 0x60
#define EDU_IRQ_ACK 0x64
#define EDU_DMA_SOURCE 0x80
#define EDU_DMA_TARGET 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98
#define EDU_BAR_SIZE (1 << 20)

static inline void baseline_write(struct baseline *baseline, unsigned int offset, uint32_t value)
{
	*(volatile uint32_t *)(baseline->bar + offset) = value;
}

static inline uint32_t baseline_read(const struct baseline *baseline, unsigned int offset)
{
	return *(volatile uint32_t *)(baseline->bar + offset);
}

#endif /* UVIO_TESTS_BENCH_BASELINE_H */
