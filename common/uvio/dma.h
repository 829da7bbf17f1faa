/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Memory for the card.
 *
 * An iova is the address that the card uses: translated and checked by the IOMMU on vfio, physical
 * on uio. Memory is translated when it is mapped, never on the hot path.
 *
 * On vfio the card can access mapped memory only, and mapped pages do not move. On uio nothing
 * protects the machine: DMA is refused unless the device was opened with UVIO_OPEN_UNSAFE_DMA; and
 * no page is really pinned: when the kernel compacts memory, it moves pages that are mapped for the
 * card, and the card then uses pages of others. Huge pages do not move, and with
 * vm.compact_unevictable_allowed=0 (sysctl) other pages do not, either. The statements on uio are
 * true of vfio/noiommu, too, except those on memory of a UIO driver and of u-dma-buf.
 *
 * Mapping, unmapping and looking up may be used from any thread, but not from a signal handler, nor
 * from a thread that serves page faults (userfaultfd) of memory which is being mapped in the same
 * domain: a mapping in progress waits for that thread, and other calls wait for the mapping.
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

/** A buffer, contiguous for the card. No version adds members: functions give more by @addr. */
struct uvio_dma {
	void *addr;
	uint64_t iova;
	size_t size; /**< as asked for; the mapping is rounded up to pages */
};

/** A run of memory that is contiguous for the card. No version adds members. */
struct uvio_dma_segment {
	uint64_t iova;
	uint64_t size;
};

/**
 * Sets the highest address that the card can reach, as 0xffffffff for 32 bits: limits later
 * mappings. Never above the mask given at open. 0; -EINVAL (not of the form 2^n - 1, or below a
 * page); -EBUSY (something is mapped above).
 */
UVIO_API int uvio_dma_set_mask(struct uvio_udev *udev, uint64_t mask);

/**
 * Allocates zeroed memory and maps it. On vfio any size; on uio up to the largest huge page that
 * the host has free, or one page if it has none. 0 and a buffer in @dma, for uvio_dma_free(). On
 * uio pages beyond the DMA mask are replaced by others, a limited number of times. If the device
 * has a guard (UVIO_OPEN_GUARD), the guard keeps the memory, too.
 *
 * -EINVAL (@size is 0, a flag is unknown); -EOVERFLOW (@size wraps); -EPERM (uio: not opted in, an
 * IOMMU translates, page frame numbers are hidden); -ENOMEM (the error message has the limit that
 * was hit, its value, and what else counts against it: locked memory, address space, number of
 * mappings, huge pages, with a guard the size of files; also if the kernel returns EAGAIN, since
 * trying again does not help); -ENOSPC (no IOVA below the mask, or the table of the kernel is
 * full); -ERANGE (uio: beyond the mask); -ENOTSUP, -ENODEV; -EPIPE, -ETIMEDOUT (the guard has
 * ended, or does not answer).
 */
UVIO_API int uvio_dma_alloc(
	struct uvio_udev *udev, size_t size, uint32_t flags, struct uvio_dma *dma);

/** Unmaps and frees. The card must not use it any more. 0; -EINVAL (not such a buffer); -EIO. */
UVIO_API int uvio_dma_free(struct uvio_udev *udev, struct uvio_dma *dma);

/**
 * Maps the caller's memory: @addr and @size are multiples of the page size, on vfio of the IOMMU's.
 * It may have been written before or not, and may be written afterwards. It must not move until
 * uvio_dma_unmap(): no munmap(), mremap(), mmap() over it, or madvise() that frees pages; and a
 * file must not be truncated, nor get a hole by fallocate(), in whichever process. Memory
 * that is read-only can be mapped with UVIO_DMA_TO_CARD; if it is private, and made writable and
 * written to later, the card does not see that: unmap it, and map it again. Which memory that is,
 * is not checked further on vfio: the kernel's own pages in a program, [vvar] and [vdso], can be
 * mapped so, too, and the card reads what the program can read there.
 *
 * On vfio before Linux 5.9 private memory should be MADV_DONTFORK if the program forks. On uio the
 * memory is locked as by mlock2() with MLOCK_ONFAULT, stays locked after it is unmapped or refused,
 * and the kernel neither merges it (KSM) nor makes huge pages of it; while private memory is
 * mapped, children do not get it. Private huge pages can only be mapped whole there, since a part
 * cannot be excluded from children; or make them MAP_SHARED. Children get private memory again when
 * it is mapped in no domain of its context any more, even if the program had advised
 * MADV_DONTFORK: the kernel tells of that advice only in /proc/self/smaps. Contexts do not know of
 * each other: on uio, map the same private memory in one context only.
 *
 * Locked memory is not pinned: on uio the kernel may still move its pages, by compaction, by NUMA
 * balancing or when memory goes offline. Huge pages of hugetlbfs are not moved by the first two.
 * uvio_dma_verify() tells whether a page was moved. On vfio the kernel pins the pages.
 *
 * On uio the same memory is refused as the kernel refuses on vfio: what is not mapped in the
 * program, or cannot be read in; memory of a device, or from memfd_secret(); and for a card that
 * writes, read-only memory, and shared memory of a file outside tmpfs and hugetlbfs.
 *
 * Returns the number of segments, in order, 1 on vfio, and fills at most @max of @segments. If
 * there are more than @max, nothing is mapped, and the error message of -E2BIG has their number.
 * Errors as uvio_dma_alloc(), and -EINVAL (alignment, a part of a private huge page on uio, or
 * @segments is NULL), -EEXIST (overlaps an existing mapping), -EFAULT (not memory for a card: the
 * error message has the page).
 */
UVIO_API int uvio_dma_map(struct uvio_udev *udev, void *addr, size_t size, uint32_t flags,
	struct uvio_dma_segment *segments, unsigned int max);

/** Unmaps exactly what was mapped at @addr. 0; -EINVAL (nothing was, or another size); -EIO. */
UVIO_API int uvio_dma_unmap(struct uvio_udev *udev, void *addr, size_t size);

/**
 * The iova of @addr, and in @contiguous, which may be NULL, the number of bytes that are mapped
 * contiguously from there on. 0; -EFAULT (not mapped).
 */
UVIO_API int uvio_dma_iova(
	struct uvio_udev *udev, const void *addr, uint64_t *iova, uint64_t *contiguous);

/**
 * Allocates zeroed memory of any size, which need not be contiguous for the card, and maps it: huge
 * pages if they are free and @size fills one, else single pages. Returns the number of segments,
 * in order, 1 on vfio, and fills at most @max of @segments; as many as @size has pages are always
 * enough. @dma is for uvio_dma_free(); its iova is that of the first segment.
 *
 * Errors as uvio_dma_alloc(), -EINVAL (@segments is NULL), and -E2BIG: there are more than @max,
 * and nothing is allocated.
 */
UVIO_API int uvio_dma_alloc_scattered(struct uvio_udev *udev, size_t size, uint32_t flags,
	struct uvio_dma_segment *segments, unsigned int max, struct uvio_dma *dma);

/**
 * Whether the pages of @size bytes from @addr on, all in one mapping, still have the iova that the
 * card uses. For debugging: on uio nothing pins them, and the kernel may move a page right after
 * the call. Reads the kernel's page tables. On vfio they are pinned, but the program can replace
 * them by others, and the kernel does not report which pages it has pinned.
 *
 * 0, on vfio for memory that the library allocated; -ESTALE (a page has moved: map it again, and
 * give the card the new iova); -ENOTSUP (vfio, memory of the caller: the kernel does not report
 * it); -EFAULT (not mapped); -EINVAL (@size is 0); -EPERM.
 */
UVIO_API int uvio_dma_verify(struct uvio_udev *udev, const void *addr, size_t size);

/**
 * Maps memory that the UIO driver of the device offers as its map @index, for the card and for this
 * process: memory that the kernel allocated, not registers. It does not move, and needs no
 * permission to read page frame numbers. For a device that is not PCI @index is a region's number,
 * too; for PCI, the BARs of the card are refused. A buffer in @dma, of the whole map in whole
 * pages, for uvio_dma_free(). Its contents are not changed.
 *
 * 0; -ENOENT (no such map); -EINVAL (it is a BAR); -ENOTSUP (its address is not a physical one, or
 * vfio); -ERANGE (beyond the DMA mask); -EPERM as uvio_dma_alloc(); the errno of mmap.
 */
UVIO_API int uvio_dma_from_region(struct uvio_udev *udev, unsigned int index, struct uvio_dma *dma);

/**
 * Maps a buffer of the kernel module u-dma-buf for the card: @name is that of its node in /dev, as
 * "udmabuf0". Its size and address are from sysfs. If the card is not cache coherent (not x86, and
 * "dma_coherent" is not 1), it is mapped uncached. A buffer in @dma, for uvio_dma_free(). Its
 * contents are not changed.
 *
 * 0; -EINVAL (@name); -ENOENT (no such buffer); -EPROTO (sysfs is not valid); -ENOTSUP (it cannot
 * be mapped uncached as it is set up; vfio); -ERANGE (beyond the DMA mask); -EPERM as
 * uvio_dma_alloc(); -EACCES; the errno of mmap.
 */
UVIO_API int uvio_dma_import(
	struct uvio_udev *udev, const char *name, uint32_t flags, struct uvio_dma *dma);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_DMA_H */
