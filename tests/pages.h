/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Memory of the caller, before the card is told of it: on a kernel that faults pages in on request,
 * and on one before Linux 5.14, which does not. Page tables are the host's own.
 */
#ifndef UVIO_TESTS_PAGES_H
#define UVIO_TESTS_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "harness.h"
#include "inject_ops.h"
#include "sim_uio.h"
#include "sim_vfio.h"

#define PAGE 4096
#define SIZE (4 * PAGE)

/** The kernel there is: a copy of sim_uio or of sim_vfio, of which a test may change functions. */
extern struct sim pages_kernel;
/** How often memory was faulted in for writing. */
extern unsigned int pages_populated;

/** The card open on a kernel that faults pages in on request; old: on one before Linux 5.14. */
void pages_uio(void);
void pages_old_uio(void);
void pages_vfio(void);
void pages_old_vfio(void);
void pages_close(void);

bool pages_are_of_old_kernel(void);

/** SIZE bytes. */
unsigned char *pages_anonymous(int prot);
/** Gives SIZE bytes to the card; the result of uvio_dma_map(). */
int pages_map(unsigned char *memory, uint32_t flags);

#endif /* UVIO_TESTS_PAGES_H */
