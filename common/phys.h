/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * DMA by physical addresses, for every way that has no IOMMU to translate: memory that stays where
 * it is, and where that is, by /proc/self/pagemap. Whether it is allowed is the caller's question.
 */
#ifndef UVIO_PHYS_H
#define UVIO_PHYS_H

#include "backend.h"

/** In the private data of a backend's udev device. */
struct uvio_phys {
	int pagemap_fd;	     /* -1: not opened yet */
	const char *way;     /* in texts: "DMA on @way needs..." */
	const char *instead; /* in texts: what to do where it is impossible; constant, as @way */
};

/** Opens nothing. */
void uvio_phys_init(struct uvio_phys *phys, const char *way, const char *instead);
void uvio_phys_cleanup(struct uvio_phys *phys);

/** Whether the kernel shows page frame numbers to this process. 0; -EPERM with a text. */
int uvio_phys_visible(struct uvio_phys *phys, struct uvio_udev *udev);

/** As dma_memory, dma_memory_free and dma_map of struct uvio_backend_ops. */
int uvio_phys_memory(struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping);
void uvio_phys_memory_free(struct uvio_mapping *mapping);
int uvio_phys_map(struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping);

#endif /* UVIO_PHYS_H */
