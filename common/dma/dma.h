/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_DMA_DMA_H
#define UVIO_DMA_DMA_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"

struct uvio_dma;
struct uvio_dma_segment;
struct uvio_dma_table;
struct uvio_domain;
struct uvio_udev;

void uvio_dma_init(struct uvio_dma_table *dma);

/** Calls @each with each mapping until one is not 0. With the table's lock held. */
int uvio_dma_each(const struct uvio_dma_table *dma, uvio_table_each_fn *each, void *data);

/** From join until leave the device's mask counts in its domain. */
void uvio_dma_join(struct uvio_udev *udev);

void uvio_dma_leave(struct uvio_udev *udev);

/** Before the last device leaves: of @kept only what uvio_dma_alloc() and the like gave stays. */
void uvio_dma_unmap_all(struct uvio_domain *domain, bool kept);

/** As uvio_dma_unmap() and uvio_dma_free(), while no device joins or leaves the domain. */
int uvio_dma_unmap_from(struct uvio_domain *domain, const char *object, void *addr, size_t size);

int uvio_dma_free_from(struct uvio_domain *domain, const char *object, struct uvio_dma *dma);

/** Of a domain without devices. */
void uvio_dma_cleanup(struct uvio_domain *domain);

/** Where segment @i ends, in the mapping. */
uint64_t uvio_segment_end(const struct uvio_mapping *mapping, size_t i);

/** Makes the capacity @count segments in all. -ENOMEM. */
int uvio_mapping_reserve(struct uvio_mapping *mapping, size_t count);

/** Adds a segment behind the last, joined with it where they touch. -ENOMEM. */
static inline int uvio_mapping_add(struct uvio_mapping *mapping, uint64_t iova, uint64_t size)
{
	unsigned int n = mapping->segment_count;
	const struct uvio_mapping_segment *last = &mapping->segments[n - 1];
	uint64_t begin = mapping->filled;

	if (!n || last->iova + (begin - last->begin) != iova) {
		if (n == mapping->capacity && uvio_mapping_reserve(mapping, 2 * (size_t)n))
			return -ENOMEM;
		mapping->segments[n] = (struct uvio_mapping_segment){.iova = iova, .begin = begin};
		mapping->segment_count++;
	}
	mapping->filled += size;
	return 0;
}

/** Where uvio_dma_obtain() gets memory from. */
struct uvio_dma_source {
	size_t size; /* as asked for */
	bool kernel; /* the kernel has it, and knows the size */
	/* Sets addr and size of a mapping, which has @size rounded up. */
	int (*memory)(struct uvio_udev *udev, struct uvio_mapping *mapping, const void *what);
	const void *what;
};

/** Maps memory that uvio_dma_free() frees. The number of segments, copied if there is a place.
 */
int uvio_dma_obtain(struct uvio_udev *udev, const struct uvio_dma_source *source, uint32_t flags,
	struct uvio_dma_segment *segments, unsigned int max, struct uvio_dma *dma);

/** The mask given at open: whether it could be set; and sets it, so that none goes beyond it. */
int uvio_dma_check_mask(struct uvio_udev *udev, uint64_t mask);

int uvio_dma_limit_mask(struct uvio_udev *udev, uint64_t mask);

/** -ENOMEM because of RLIMIT_MEMLOCK, with the figures in the text. */
int uvio_dma_memlock(struct uvio_udev *udev, const struct uvio_mapping *mapping);

/** mmap() of @size bytes for @mapping failed with @rc: the same, of memory for DMA. */
int uvio_dma_memory_failed(
	struct uvio_udev *udev, struct uvio_mapping *mapping, uint64_t size, int rc);

/** mmap() of @what failed with @rc, which is returned; the text has the limit that it hit. */
int uvio_mmap_failed(struct uvio_udev *udev, const char *what, uint64_t size, int rc);

/** Anonymous, shared, zeroed, not inherited by children. */
int uvio_dma_anonymous(struct uvio_udev *udev, struct uvio_mapping *mapping, int mmap_flags);

/**
 * Private, of whole pages of @page bytes, which may be larger than the machine's: for those which
 * pin it, by a fault for writing, which costs less than shared memory.
 */
int uvio_dma_aligned(struct uvio_udev *udev, struct uvio_mapping *mapping, uint64_t page);

#endif /* UVIO_DMA_DMA_H */
