/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys.h"
#include "uio.h"

/* Larger buffers than one have no physical address. */
#define HUGE_PAGE_SHIFT 21
#define HUGE_PAGE (UINT64_C(1) << HUGE_PAGE_SHIFT)

/* The kernel's admin-guide/mm/pagemap. */
#define PAGEMAP_PRESENT (UINT64_C(1) << 63)
#define PAGEMAP_FRAME ((UINT64_C(1) << 55) - 1)
#define PAGEMAP_CHUNK 512

int uio_dma_allowed(struct uvio_udev *udev)
{
	char type[UVIO_NAME_SIZE] = "", folder[UVIO_ADDRESS_SIZE * 2];
	struct uio_device *device = udev->priv;
	const char *translation;
	int rc;

	if (device->dma_allowed)
		return 0;
	if (!(udev->flags & UVIO_OPEN_UNSAFE_DMA))
		return uvio_fail(-EPERM,
			"%s: DMA on uio is not protected: a wrong address overwrites any memory of "
			"this machine; use the vfio backend, or open with UVIO_OPEN_UNSAFE_DMA",
			udev->address.text);
	uvio_device_folder(&udev->address, folder, sizeof(folder));
	rc = uvio_sysfs_read(udev->ctx, type, sizeof(type), "%s/iommu_group/type", folder);
	if (rc < 0 && rc != -ENOENT)
		return uvio_fail(rc, "%s: cannot see whether an IOMMU translates for it: %s",
			udev->address.text, strerror(-rc));
	translation = uio_translation(type);
	if (translation)
		return uvio_fail(-EPERM,
			"%s: an IOMMU translates for this device (its group is of type %s), so "
			"that "
			"the physical addresses of uio would fault; boot with iommu=pt, or use the "
			"vfio backend",
			udev->address.text, translation);
	device->dma_allowed = true;
	return 0;
}

static int frames_hidden(struct uvio_udev *udev)
{
	return uvio_fail(-EPERM,
		"%s: the kernel hides page frame numbers from this process; DMA on "
		"uio needs CAP_SYS_ADMIN (root, not in a container); or use the "
		"vfio backend",
		udev->address.text);
}

static int pagemap_failed(struct uvio_udev *udev, int rc)
{
	if (rc == -EPERM || rc == -EACCES)
		return frames_hidden(udev);
	return uvio_fail(rc, "%s: DMA map: reading pagemap: %s", udev->address.text, strerror(-rc));
}

static int open_pagemap(struct uvio_udev *udev)
{
	struct uio_device *device = udev->priv;
	char path[PATH_MAX];
	int fd;

	if (device->pagemap_fd >= 0)
		return 0;
	snprintf(path, sizeof(path), "%s/self/pagemap", udev->ctx->proc);
	fd = uvio_sys_open(path, O_RDONLY);
	if (fd == -EPERM || fd == -EACCES)
		return frames_hidden(udev);
	if (fd < 0)
		return uvio_fail(
			fd, "%s: cannot open %s: %s", udev->address.text, path, strerror(-fd));
	device->pagemap_fd = fd;
	return 0;
}

int uio_frames_visible(struct uvio_udev *udev)
{
	const struct uio_device *device = udev->priv;
	uint64_t entry, page = udev->domain->dma.page;
	int rc = open_pagemap(udev);

	if (rc)
		return rc;
	/* This very frame is in memory. */
	rc = uvio_sys_pread(device->pagemap_fd, &entry, sizeof(entry),
		(uintptr_t)&entry / page * sizeof(entry));
	if (rc)
		return pagemap_failed(udev, rc);
	return entry & PAGEMAP_FRAME ? 0 : frames_hidden(udev);
}

static int __attribute__((noinline)) bad_page(struct uvio_udev *udev, uint64_t entry)
{
	uint64_t page = udev->domain->dma.page, frame = entry & PAGEMAP_FRAME;

	if (!(entry & PAGEMAP_PRESENT))
		return uvio_fail(
			-EFAULT, "%s: DMA map: a page of it is not in memory", udev->address.text);
	if (!frame)
		return frames_hidden(udev);
	return uvio_fail(-ERANGE,
		"%s: DMA map: a page lies at 0x%" PRIx64 ", beyond the DMA mask 0x%" PRIx64
		", and uio cannot move it; use the vfio backend",
		udev->address.text, frame * page, udev->domain->dma.mask);
}

/* Pieces that are apart; a page that is bad counts as one. */
static size_t count_pieces(const uint64_t *entries, size_t count)
{
	size_t pieces = 1;

	for (size_t i = 1; i < count; i++)
		pieces += entries[i] != entries[i - 1] + 1;
	return pieces;
}

static int add_pages(
	struct uvio_udev *udev, struct uvio_mapping *mapping, const uint64_t *entries, size_t count)
{
	uint64_t page = udev->domain->dma.page, last = udev->domain->dma.mask / page;

	if (uvio_mapping_reserve(mapping, mapping->segment_count + count_pieces(entries, count)))
		return uvio_no_memory(udev->address.text);
	for (size_t i = 0; i < count; i++) {
		uint64_t frame = entries[i] & PAGEMAP_FRAME;

		if (!(entries[i] & PAGEMAP_PRESENT) || !frame || frame > last)
			return bad_page(udev, entries[i]);
		/* There is room for it. */
		(void)uvio_mapping_add(mapping, frame * page, page);
	}
	return 0;
}

static int translate(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	const struct uio_device *device = udev->priv;
	uint64_t page = udev->domain->dma.page, entries[PAGEMAP_CHUNK];
	uint64_t pages = mapping->size / page, first = mapping->addr / page;
	int rc = 0;

	for (uint64_t done = 0; done < pages && !rc;) {
		uint64_t n = pages - done < PAGEMAP_CHUNK ? pages - done : PAGEMAP_CHUNK;

		rc = uvio_sys_pread(device->pagemap_fd, entries, n * sizeof(entries[0]),
			(first + done) * sizeof(entries[0]));
		if (rc)
			return pagemap_failed(udev, rc);
		rc = add_pages(udev, mapping, entries, n);
		done += n;
	}
	return rc;
}

/* ENOMEM is both: beyond the limit, and not mapped; for advice it is the latter. */
static int lock_failed(struct uvio_udev *udev, const struct uvio_mapping *mapping, int rc)
{
	if (rc == -ENOMEM && !uvio_sys_madvise((void *)mapping->addr, mapping->size, MADV_NORMAL))
		return uvio_dma_memlock(udev, mapping);
	return uvio_fail(rc == -ENOMEM ? -EFAULT : rc,
		"%s: DMA map: cannot lock 0x%llx bytes at %p: %s; they must be memory of this "
		"process",
		udev->address.text, (unsigned long long)mapping->size, (void *)mapping->addr,
		strerror(-rc));
}

/* Locked, so that the pages are there; that does not keep the kernel from moving them. */
int uio_dma_map(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	int rc = uio_dma_allowed(udev);

	if (!rc)
		rc = open_pagemap(udev);
	if (rc)
		return rc;
	rc = uvio_sys_mlock((void *)mapping->addr, mapping->size);
	return rc ? lock_failed(udev, mapping, rc) : translate(udev, mapping);
}

/* Locks do not nest: unlocking here would undo the mlockall() of a real-time program. */
int uio_dma_unmap(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	(void)udev;
	(void)mapping;
	return 0;
}

/* A huge page stays together and is hardly ever moved; one small page is all that is left else. */
int uio_dma_memory(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	uint64_t page = udev->domain->dma.page, size = mapping->size;
	int rc = uio_dma_allowed(udev);

	if (rc)
		return rc;
	if (size > HUGE_PAGE)
		return uvio_fail(-ENOMEM,
			"%s: DMA alloc: 0x%llx bytes: on uio a buffer has one huge "
			"page (2 MiB) at most; use several, or the vfio backend",
			udev->address.text, (unsigned long long)size);
	mapping->size = HUGE_PAGE;
	if (!uvio_dma_anonymous(
		    udev, mapping, MAP_HUGETLB | HUGE_PAGE_SHIFT << MAP_HUGE_SHIFT | MAP_POPULATE))
		return 0;
	mapping->size = size;
	if (size <= page)
		return uvio_dma_anonymous(udev, mapping, MAP_POPULATE);
	return uvio_fail(-ENOMEM,
		"%s: DMA alloc: 0x%llx bytes: no huge page is free; reserve some: "
		"sysctl vm.nr_hugepages=16",
		udev->address.text, (unsigned long long)size);
}

void uio_dma_memory_free(struct uvio_domain *domain, struct uvio_mapping *mapping)
{
	(void)domain;
	uvio_sys_munmap((void *)mapping->addr, mapping->size);
}
