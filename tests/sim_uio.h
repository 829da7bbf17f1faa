/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A kernel with uio_pci_generic on the card at EDU of a tree: the node with its counter, the BAR,
 * the configuration space in the tree's file, and a pagemap with frames that are made up.
 */
#ifndef UVIO_TESTS_SIM_UIO_H
#define UVIO_TESTS_SIM_UIO_H

#include "inject.h"
#include "tree.h"

struct sim_uio {
	bool irqcontrol; /* writing to the node is supported */
	bool no_map;	 /* the node has no map for the BAR: resource0 must do */
	bool scattered;	 /* no two pages are neighbours */
	bool hidden;	 /* page frame numbers read 0 */
	bool gone;	 /* the driver was unbound */
	bool msi;	/* the driver has set it up: nothing is masked, and bus mastering its own */
	bool wants_low; /* as QEMU 7.2: looks at the line again where the lower byte is written */
	uint64_t huge;	/* the sizes of huge pages that are free, added up */
	/* Anonymous mappings to come that lie beyond SIM_UIO_MASK, huge ones and others. */
	unsigned int far_huge, far_pages;
	unsigned int far_stride; /* of the pages of a mapping to come, each so many is; 0: none */

	uint64_t page_bits; /* of each entry of pagemap, besides those it has */

	struct tree *tree;
	int node, config, memory, pagemap, rom; /* -1: not open */
	bool rom_enabled;
	int memfd; /* the last; -1: closed */
	bool memfd_huge;
	int mmap_flags; /* of the last anonymous mapping */
	uint32_t event;
	bool armed, pending;
	unsigned int resets;
};

/** Where most pages are below. */
#define SIM_UIO_MASK ((UINT64_C(1) << 45) - 1)

/** A map of the node that is memory, not a BAR, and a buffer of u-dma-buf. */
#define SIM_UIO_MAP_ADDR 0x7d000000
#define SIM_UIO_MAP_SIZE 0x10000
#define SIM_UIO_BUFFER_ADDR 0x6c000000
#define SIM_UIO_BUFFER_SIZE 0x5000

extern struct sim_uio uio;
extern const struct sim sim_uio;

/** A card that works, closed. */
void sim_uio_reset(struct tree *tree);
/** Gives it the map and the buffer. */
void sim_uio_add_memory(struct tree *tree);
/** The card raises its interrupt. */
void sim_uio_raise(void);
/** The command register. */
uint16_t sim_uio_command(void);
void sim_uio_set_command(uint16_t command);

#endif /* UVIO_TESTS_SIM_UIO_H */
