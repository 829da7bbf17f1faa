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
	bool no_huge;	 /* no huge page is free */
	bool gone;	 /* the driver was unbound */

	struct tree *tree;
	int node, config, memory, pagemap, rom; /* -1: not open */
	bool rom_enabled;
	uint32_t event;
	bool armed, pending;
	unsigned int resets;
};

extern struct sim_uio uio;
extern const struct sim sim_uio;

/** A card that works, closed. */
void sim_uio_reset(struct tree *tree);
/** The card raises its interrupt. */
void sim_uio_raise(void);
/** The command register. */
uint16_t sim_uio_command(void);
void sim_uio_set_command(uint16_t command);

#endif /* UVIO_TESTS_SIM_UIO_H */
