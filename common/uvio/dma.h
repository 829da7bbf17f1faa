/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Memory for the card.
 *
 * An iova is the address that the card uses: translated and checked by the IOMMU on vfio, physical
 * on uio. Memory is translated when it is mapped, never on the hot path.
 *
 * On vfio the card reaches mapped memory and nothing else, and mapped pages stay where they are. On
 * uio nothing protects the machine: DMA is refused unless the device was opened with
 * UVIO_OPEN_UNSAFE_DMA; and no page is really pinned, so use memory from uvio_dma_alloc().
 *
 * Mapping, unmapping and looking up may be used from any thread, but not from a signal handler.
 */
#ifndef UVIO_DMA_H
#define UVIO_DMA_H

#include <stddef.h>
#include <stdint.h>
#include <uvio/udev.h>

#ifdef __cplusplus
extern "C" {
#endif

enum uvio_dma_flags {
	UVIO_DMA_TO_CARD = 1u << 0,   /**< the card may read */
	UVIO_DMA_FROM_CARD = 1u << 1, /**< the card may write; neither bit: both */
};

/** A buffer, contiguous for the card. */
struct uvio_dma {
	void *addr;
	uint64_t iova;
	size_t size; /**< as asked for; the mapping is rounded up to pages */
};

/** A run of memory that is contiguous for the card. */
struct uvio_dma_segment {
	uint64_t iova;
	uint64_t size;
};

/**
 * Sets the highest address that the card can reach, as 0xffffffff for 32 bits: limits what is
 * mapped from now on. Never above the mask given at open. 0; -EINVAL (not of the form 2^n - 1, or
 * below a page); -EBUSY (something is mapped above).
 */
UVIO_API int uvio_dma_set_mask(struct uvio_udev *udev, uint64_t mask);

/**
 * Allocates zeroed memory and maps it. On vfio any size; on uio up to one huge page, or one page
 * where the host has no huge pages free. 0 and a buffer in @dma, for uvio_dma_free().
 *
 * -EINVAL (@size is 0, a flag is unknown); -EOVERFLOW (@size wraps); -EPERM (uio: not opted in, an
 * IOMMU translates, page frame numbers are hidden); -ENOMEM (the text has the limit and its value);
 * -ENOSPC (no IOVA below the mask, or the table of the kernel is full); -ERANGE (uio: beyond the
 * mask); -ENOTSUP, -ENODEV.
 */
UVIO_API int uvio_dma_alloc(
	struct uvio_udev *udev, size_t size, uint32_t flags, struct uvio_dma *dma);

/** Unmaps and frees. The card must not use it any more. 0; -EINVAL (not such a buffer); -EIO. */
UVIO_API int uvio_dma_free(struct uvio_udev *udev, struct uvio_dma *dma);

/**
 * Maps the caller's memory: @addr and @size are multiples of the page size. The memory must stay
 * until uvio_dma_unmap(), and should be shared or MADV_DONTFORK where the program forks. On uio it
 * is locked, and stays so.
 *
 * Returns the number of segments, in order, 1 on vfio, and fills at most @max of @segments. Where
 * there are more than @max, nothing is mapped, and -E2BIG says in the text how many there are.
 * Errors as uvio_dma_alloc(), and -EINVAL (alignment, or @segments is NULL), -EEXIST (overlaps what
 * is mapped already), -EFAULT (not memory of this process).
 */
UVIO_API int uvio_dma_map(struct uvio_udev *udev, void *addr, size_t size, uint32_t flags,
	struct uvio_dma_segment *segments, unsigned int max);

/** Unmaps exactly what was mapped at @addr. 0; -EINVAL (nothing was, or another size); -EIO. */
UVIO_API int uvio_dma_unmap(struct uvio_udev *udev, void *addr, size_t size);

/**
 * The iova of @addr, and in @contiguous, which may be NULL, how many bytes from there on are mapped
 * contiguously. 0; -EFAULT (not mapped).
 */
UVIO_API int uvio_dma_iova(
	struct uvio_udev *udev, const void *addr, uint64_t *iova, uint64_t *contiguous);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_DMA_H */
