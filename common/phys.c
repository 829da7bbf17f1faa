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

#include "phys.h"
#include "sys.h"

/* Larger buffers than one have no physical address. */
#define HUGE_PAGE_SHIFT 21
#define HUGE_PAGE (UINT64_C(1) << HUGE_PAGE_SHIFT)

/* The kernel's admin-guide/mm/pagemap. */
#define PAGEMAP_PRESENT (UINT64_C(1) << 63)
#define PAGEMAP_FRAME ((UINT64_C(1) << 55) - 1)
#define PAGEMAP_CHUNK 512

void uvio_phys_init(struct uvio_phys *phys, const char *way, const char *instead)
{
	*phys = (struct uvio_phys){.pagemap_fd = -1, .way = way, .instead = instead};
}

void uvio_phys_cleanup(struct uvio_phys *phys)
{
	uvio_sys_close(phys->pagemap_fd);
	phys->pagemap_fd = -1;
}

static int frames_hidden(const struct uvio_phys *phys, struct uvio_udev *udev)
{
	return uvio_fail(-EPERM,
		"%s: the kernel hides page frame numbers from this process; DMA on "
		"%s needs CAP_SYS_ADMIN (root, not in a container); or %s",
		udev->address.text, phys->way, phys->instead);
}

static int pagemap_failed(const struct uvio_phys *phys, struct uvio_udev *udev, int rc)
{
	if (rc == -EPERM || rc == -EACCES)
		return frames_hidden(phys, udev);
	return uvio_fail(rc, "%s: DMA map: reading pagemap: %s", udev->address.text, strerror(-rc));
}

static int open_pagemap(struct uvio_phys *phys, struct uvio_udev *udev)
{
	char path[PATH_MAX];
	int fd;

	if (phys->pagemap_fd >= 0)
		return 0;
	snprintf(path, sizeof(path), "%s/self/pagemap", udev->ctx->proc);
	fd = uvio_sys_open(path, O_RDONLY);
	if (fd == -EPERM || fd == -EACCES)
		return frames_hidden(phys, udev);
	if (fd < 0)
		return uvio_fail(
			fd, "%s: cannot open %s: %s", udev->address.text, path, strerror(-fd));
	phys->pagemap_fd = fd;
	return 0;
}

int uvio_phys_visible(struct uvio_phys *phys, struct uvio_udev *udev)
{
	uint64_t entry, page = udev->domain->dma.page;
	int rc = open_pagemap(phys, udev);

	if (rc)
		return rc;
	/* This very frame is in memory. */
	rc = uvio_sys_pread(
		phys->pagemap_fd, &entry, sizeof(entry), (uintptr_t)&entry / page * sizeof(entry));
	if (rc)
		return pagemap_failed(phys, udev, rc);
	return entry & PAGEMAP_FRAME ? 0 : frames_hidden(phys, udev);
}

static int __attribute__((noinline))
bad_page(const struct uvio_phys *phys, struct uvio_udev *udev, uint64_t entry)
{
	uint64_t page = udev->domain->dma.page, frame = entry & PAGEMAP_FRAME;

	if (!(entry & PAGEMAP_PRESENT))
		return uvio_fail(
			-EFAULT, "%s: DMA map: a page of it is not in memory", udev->address.text);
	if (!frame)
		return frames_hidden(phys, udev);
	return uvio_fail(-ERANGE,
		"%s: DMA map: a page lies at 0x%" PRIx64 ", beyond the DMA mask 0x%" PRIx64
		", and %s cannot move it; %s",
		udev->address.text, frame * page, udev->domain->dma.mask, phys->way, phys->instead);
}

/* Pieces that are apart; a page that is bad counts as one. */
static size_t count_pieces(const uint64_t *entries, size_t count)
{
	size_t pieces = 1;

	for (size_t i = 1; i < count; i++)
		pieces += entries[i] != entries[i - 1] + 1;
	return pieces;
}

static int add_pages(const struct uvio_phys *phys, struct uvio_udev *udev,
	struct uvio_mapping *mapping, const uint64_t *entries, size_t count)
{
	uint64_t page = udev->domain->dma.page, last = udev->domain->dma.mask / page;

	if (uvio_mapping_reserve(mapping, mapping->segment_count + count_pieces(entries, count)))
		return uvio_no_memory(udev->address.text);
	for (size_t i = 0; i < count; i++) {
		uint64_t frame = entries[i] & PAGEMAP_FRAME;

		if (!(entries[i] & PAGEMAP_PRESENT) || !frame || frame > last)
			return bad_page(phys, udev, entries[i]);
		/* There is room for it. */
		(void)uvio_mapping_add(mapping, frame * page, page);
	}
	return 0;
}

static int translate(
	const struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	uint64_t page = udev->domain->dma.page, entries[PAGEMAP_CHUNK];
	uint64_t pages = mapping->size / page, first = mapping->addr / page;
	int rc = 0;

	for (uint64_t done = 0; done < pages && !rc;) {
		uint64_t n = pages - done < PAGEMAP_CHUNK ? pages - done : PAGEMAP_CHUNK;

		rc = uvio_sys_pread(phys->pagemap_fd, entries, n * sizeof(entries[0]),
			(first + done) * sizeof(entries[0]));
		if (rc)
			return pagemap_failed(phys, udev, rc);
		rc = add_pages(phys, udev, mapping, entries, n);
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
int uvio_phys_map(struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	int rc = open_pagemap(phys, udev);

	if (rc)
		return rc;
	rc = uvio_sys_mlock((void *)mapping->addr, mapping->size);
	return rc ? lock_failed(udev, mapping, rc) : translate(phys, udev, mapping);
}

/* A huge page stays together and is hardly ever moved; one small page is all that is left else. */
int uvio_phys_memory(struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	uint64_t page = udev->domain->dma.page, size = mapping->size;

	if (size > HUGE_PAGE)
		return uvio_fail(-ENOMEM,
			"%s: DMA alloc: 0x%llx bytes: on %s a buffer has one huge "
			"page (2 MiB) at most; use several, or %s",
			udev->address.text, (unsigned long long)size, phys->way, phys->instead);
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

void uvio_phys_memory_free(struct uvio_mapping *mapping)
{
	uvio_sys_munmap((void *)mapping->addr, mapping->size);
}
