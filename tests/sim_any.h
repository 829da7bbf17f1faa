/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A kernel with a UIO driver of any kind on one device: a node with or without an interrupt and an
 * irqcontrol, maps of plain memory, and I/O ports, which a thread may use once it was allowed to.
 */
#ifndef UVIO_TESTS_SIM_ANY_H
#define UVIO_TESTS_SIM_ANY_H

#include "harness.h"
#include "inject.h"
#include "tree.h"

#define SIM_ANY_PORTS 0x10000
#define MF624 "0000:00:08.0"
#define MF624_FOLDER "sys/devices/pci0000:00/" MF624

/** What the kernel has, and what it was asked. */
struct sim_any {
	int node, memory, port; /* -1: not open */
	bool no_irq, no_irqcontrol;
	int32_t control; /* as written last; -1: never */
	unsigned int controls;
	int map_error, port_error;
	uint64_t map_offset;
	size_t map_size;
	int map_flags, map_prot;
	int refusal; /* what asking for ports gives */
	unsigned char ports[SIM_ANY_PORTS];
	unsigned int asked, instructions;
	unsigned int faults; /* instructions that would have been a signal */
};

extern struct sim_any kernel;
extern const struct sim sim_any;

/** As the kernel keeps it: every thread has its own. */
extern _Thread_local uint32_t sim_any_first, sim_any_count;

void sim_any_reset(void);

/** The open device of a case, in a tree with a log, both in place of those before. */
extern struct tree *tree;
extern struct uvio_udev *udev;
extern struct uvio_region region;
extern struct test_log sim_any_log;

void sim_any_use(const char *tree_name);
void sim_any_use_mf624(void);
int sim_any_open(const char *address, uint32_t flags);
void sim_any_close(void);
/** Of a case. */
void sim_any_end(void);

#endif /* UVIO_TESTS_SIM_ANY_H */
