/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/**
 * DMA by physical addresses, for every transport that has no IOMMU to translate: memory that stays
 * where it is, and where that is, by /proc/self/pagemap. Whether it is allowed is the caller's
 * question.
 */
#ifndef UVIO_PHYS_H
#define UVIO_PHYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uvio_check;
struct uvio_ctx;
struct uvio_domain;
struct uvio_mapping;
struct uvio_udev;

/** In the private data of a backend's udev device. */
struct uvio_phys {
	int pagemap_fd;	       /* -1: not opened yet */
	int flags_fd;	       /* of kpageflags; -1: not opened yet, or refused */
	const char *transport; /* in texts: "DMA on @transport needs..." */
	/* In texts, behind what else can be done: "; or do that", for uvio_fail_advised(). */
	const char *instead;
	/* Where memory comes from; uvio_dma_anonymous(), unless it is changed. */
	int (*memory)(struct uvio_udev *udev, struct uvio_mapping *mapping, int mmap_flags);
	/* What is to be done before it is unmapped. NULL: nothing. */
	void (*forget)(struct uvio_domain *domain, const struct uvio_mapping *mapping);
	/* Before the page @from takes a place in @into, with which it is forgotten. NULL: nothing.
	 */
	int (*move)(struct uvio_udev *udev, const struct uvio_mapping *from,
		const struct uvio_mapping *into);
};

/** Why this thread would see no page frame numbers, as far as its rights tell; "" : it sees them.
 */
void uvio_phys_lack(struct uvio_ctx *ctx, char *text, size_t size);

/** Whether the kernel moves locked memory, too, when it compacts memory. */
bool uvio_phys_compacted(struct uvio_ctx *ctx);
/** Adds the finding which tells of that. */
void uvio_phys_probe_compaction(
	struct uvio_ctx *ctx, const char *address, struct uvio_check *check);

/** Opens nothing. */
void uvio_phys_init(struct uvio_phys *phys, const char *transport, const char *instead);
void uvio_phys_cleanup(struct uvio_phys *phys);

/* An entry of pagemap, by the kernel's admin-guide/mm/pagemap. */
#define UVIO_PAGE_PRESENT (UINT64_C(1) << 63)
#define UVIO_PAGE_OF_FILE (UINT64_C(1) << 61)	/* or of shared memory */
#define UVIO_PAGE_EXCLUSIVE (UINT64_C(1) << 56) /* a page of memory that is mapped here only */
#define UVIO_PAGE_FRAME ((UINT64_C(1) << 55) - 1)

/** The entries of @count pages from @addr on. */
int uvio_phys_pages(struct uvio_phys *phys, struct uvio_udev *udev, uintptr_t addr, size_t count,
	uint64_t *entries);

/** Whether the kernel shows page frame numbers to this process. 0; -EPERM with a text. */
int uvio_phys_visible(struct uvio_phys *phys, struct uvio_udev *udev);

/** As dma_memory, dma_memory_free and dma_map of struct uvio_backend_ops. */
int uvio_phys_memory(struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping);
int uvio_phys_scattered(
	struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping);
void uvio_phys_memory_free(struct uvio_mapping *mapping);
int uvio_phys_map(struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping);
/** As dma_unmap. */
void uvio_phys_unmap(struct uvio_domain *domain, struct uvio_mapping *mapping);
/** Whether a card may be told of these page frames. 0; -EFAULT with a text. */
int uvio_phys_check_frames(
	struct uvio_phys *phys, struct uvio_udev *udev, const struct uvio_mapping *mapping);
/** As dma_verify. */
int uvio_phys_verify(struct uvio_phys *phys, struct uvio_udev *udev,
	const struct uvio_mapping *mapping, uint64_t into, uint64_t size);

/** Contiguous memory of the kernel. */
struct uvio_phys_range {
	int fd;		  /* mmap gives it, */
	uint64_t at;	  /* from this offset on */
	uint64_t iova;	  /* of a page */
	uint64_t size;	  /* bytes */
	const char *name; /* in texts */
};

/** Maps it, and sets all of a mapping, which is fixed. -ERANGE: beyond the DMA mask. */
int uvio_phys_fixed(
	struct uvio_udev *udev, struct uvio_mapping *mapping, const struct uvio_phys_range *range);
/** The same for the buffer of u-dma-buf with that name. */
int uvio_phys_import(struct uvio_udev *udev, struct uvio_mapping *mapping, const char *name);

#endif /* UVIO_PHYS_H */
