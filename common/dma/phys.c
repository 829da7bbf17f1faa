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

#include <uvio/error.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/error.h"
#include "base/finding.h"
#include "base/rights.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "base/table.h"
#include "check/check.h"
#include "dma/dma.h"
#include "dma/kept.h"
#include "dma/phys.h"
#include "dma/populate.h"

#define PAGEMAP_CHUNK 64

#define KEEP_IN_PLACE "sysctl vm.compact_unevictable_allowed=0, or use huge pages"

void uvio_phys_init(struct uvio_phys *phys, const char *transport, const char *instead)
{
	*phys = (struct uvio_phys){
		.pagemap_fd = -1,
		.flags_fd = -1,
		.transport = transport,
		.instead = instead,
		.memory = uvio_dma_anonymous,
	};
}

void uvio_phys_cleanup(struct uvio_phys *phys)
{
	uvio_sys_close(phys->pagemap_fd);
	uvio_sys_close(phys->flags_fd);
	phys->pagemap_fd = phys->flags_fd = -1;
}

/* The file belongs to root in a program that has file capabilities. */
void uvio_phys_lack(struct uvio_ctx *ctx, char *text, size_t size)
{
	const char *lack = uvio_lack(ctx, CAP_SYS_ADMIN);
	char path[UVIO_PATH_SIZE];

	text[0] = '\0';
	snprintf(path, sizeof(path), "%s/self/pagemap", ctx->proc);
	if (lack)
		snprintf(text, size, "it needs CAP_SYS_ADMIN, %s", lack);
	else if (uvio_may_access(ctx, path, F_OK) && !uvio_may_access(ctx, path, R_OK))
		snprintf(text, size,
			"%s cannot be opened: a program with file capabilities needs "
			"CAP_DAC_READ_SEARCH, too",
			path);
}

/* By default it does, except with PREEMPT_RT; a kernel that never compacts has no such file. */
bool uvio_phys_compacted(struct uvio_ctx *ctx)
{
	char text[8] = "";

	uvio_proc_read(ctx, text, sizeof(text), "sys/vm/compact_unevictable_allowed");
	return text[0] == '1';
}

void uvio_phys_probe_compaction(struct uvio_ctx *ctx, const char *address, struct uvio_check *check)
{
	if (uvio_phys_compacted(ctx))
		uvio_check_add(check, UVIO_NOTE, KEEP_IN_PLACE,
			"%s: when the kernel compacts memory (vm.compact_unevictable_allowed is "
			"1), it may move what is mapped for the card, except huge pages; the card "
			"then uses pages that belong to others",
			address);
}

static int frames_hidden(const struct uvio_phys *phys, struct uvio_udev *udev)
{
	char lack[UVIO_TEXT_SIZE / 2];

	uvio_phys_lack(udev->ctx, lack, sizeof(lack));
	return uvio_fail_advised(udev, -EPERM,
		"%s: no DMA on %s: the kernel hides page frame numbers from this process: %s%s",
		udev->address.text, phys->transport,
		lack[0] ? lack : "perhaps CAP_SYS_ADMIN was missing when the device was opened",
		phys->instead);
}

static int pagemap_failed(const struct uvio_phys *phys, struct uvio_udev *udev, int rc)
{
	if (rc == -EPERM || rc == -EACCES)
		return frames_hidden(phys, udev);
	return uvio_fail(rc, "%s: DMA map: reading pagemap: %s", udev->address.text, strerror(-rc));
}

static int open_pagemap(struct uvio_phys *phys, struct uvio_udev *udev)
{
	char path[UVIO_PATH_SIZE];
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

int uvio_phys_pages(struct uvio_phys *phys, struct uvio_udev *udev, uintptr_t addr, size_t count,
	uint64_t *entries)
{
	int rc = open_pagemap(phys, udev);

	if (rc)
		return rc;
	rc = uvio_sys_pread(phys->pagemap_fd, entries, count * sizeof(*entries),
		addr / udev->domain->dma.page * sizeof(*entries));
	return rc ? pagemap_failed(phys, udev, rc) : 0;
}

int uvio_phys_visible(struct uvio_phys *phys, struct uvio_udev *udev)
{
	uint64_t entry;
	/* This very frame is in memory. */
	int rc = uvio_phys_pages(phys, udev, (uintptr_t)&entry, 1, &entry);

	if (rc)
		return rc;
	return entry & UVIO_PAGE_FRAME ? 0 : frames_hidden(phys, udev);
}

static int __attribute__((noinline))
bad_page(const struct uvio_phys *phys, struct uvio_udev *udev, uint64_t entry)
{
	uint64_t page = udev->domain->dma.page, frame = entry & UVIO_PAGE_FRAME;

	if (!(entry & UVIO_PAGE_PRESENT))
		return uvio_fail(
			-EFAULT, "%s: DMA map: a page is not in memory", udev->address.text);
	if (!frame)
		return frames_hidden(phys, udev);
	return uvio_fail_advised(udev, -ERANGE,
		"%s: DMA map: a page lies at 0x%" PRIx64 ", beyond the DMA mask 0x%" PRIx64
		", and %s cannot move it; use uvio_dma_alloc()%s",
		udev->address.text, frame * page, udev->domain->dma.mask, phys->transport,
		phys->instead);
}

/*
 * Anonymous and mapped here only: then it is ordinary memory, since the kernel says that of no page
 * of a file or of a device, nor of the page of zeros, and unmaps broken memory.
 */
static bool is_own(uint64_t entry)
{
	return entry & UVIO_PAGE_EXCLUSIVE && !(entry & UVIO_PAGE_OF_FILE);
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
		uint64_t frame = entries[i] & UVIO_PAGE_FRAME;

		if (!(entries[i] & UVIO_PAGE_PRESENT) || !frame || frame > last)
			return bad_page(phys, udev, entries[i]);
		mapping->is_private |= !(entries[i] & UVIO_PAGE_OF_FILE);
		mapping->unproven |= !is_own(entries[i]);
		/* It cannot fail: the capacity is there. */
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

	mapping->segment_count = 0;
	mapping->filled = 0;
	mapping->unproven = false;
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

/* ENOMEM is both: beyond the limit, and not mapped. */
static int lock_failed(struct uvio_udev *udev, const struct uvio_mapping *mapping, int rc)
{
	/* EAGAIN: a page could not be read in, for want of memory; EPERM: the limit is 0. */
	if (rc == -EAGAIN || rc == -EPERM)
		rc = -ENOMEM;
	if (rc == -ENOMEM && uvio_sys_is_mapped((void *)mapping->addr, mapping->size))
		return uvio_dma_memlock(udev, mapping);
	return uvio_fail(rc == -ENOMEM ? -EFAULT : rc,
		"%s: DMA map: cannot lock 0x%llx bytes at %p: %s; they must be memory of this "
		"process",
		udev->address.text, (unsigned long long)mapping->size, (void *)mapping->addr,
		strerror(-rc));
}

/* The kernel keeps private huge pages from children only as a whole. */
static int not_kept(struct uvio_udev *udev, const struct uvio_mapping *mapping, int rc)
{
	char limit[UVIO_LIMIT_TEXT] = "";

	if (rc == -EINVAL)
		return uvio_fail(rc,
			"%s: DMA map: 0x%llx bytes at %p cannot be excluded from children "
			"(MADV_DONTFORK), so that a fork() would replace the pages; perhaps they "
			"are part of a private huge page; map whole huge pages, or make the memory "
			"MAP_SHARED",
			udev->address.text, (unsigned long long)mapping->size,
			(void *)mapping->addr);
	rc = uvio_limit_of_mapping(udev->ctx, mapping->size, rc, limit);
	return uvio_fail(rc,
		"%s: DMA map: 0x%llx bytes at %p cannot be excluded from children (MADV_DONTFORK): "
		"%s%s",
		udev->address.text, (unsigned long long)mapping->size, (void *)mapping->addr,
		strerror(-rc), limit);
}

/*
 * A fork would share the pages, and the next write would go to a copy. What was done so far may
 * have been before a fork.
 */
static int keep_pages(
	const struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	int rc = uvio_kept_add(udev->domain, mapping);

	if (rc)
		return not_kept(udev, mapping, rc);
	uvio_unmerge(mapping);
	rc = uvio_populate(udev, mapping);
	return rc ? rc : translate(phys, udev, mapping);
}

static int map_owned(struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	int rc = uvio_sys_mlock((void *)mapping->addr, mapping->size);

	return rc ? lock_failed(udev, mapping, rc) : translate(phys, udev, mapping);
}

/* Locks first, so that what is populated stays. Populating has the better text for no memory. */
static int lock_foreign(struct uvio_udev *udev, const struct uvio_mapping *mapping)
{
	int seen, rc = uvio_sys_mlock_on_fault((void *)mapping->addr, mapping->size);

	seen = uvio_populate(udev, mapping);
	if (!seen)
		seen = uvio_populate_readable(udev, mapping);
	if (seen || !rc)
		return seen;
	return lock_failed(udev, mapping, rc);
}

static int map_foreign(struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	int rc = lock_foreign(udev, mapping);

	if (rc)
		return rc;
	/* A page that is collapsed into a huge one moves. */
	uvio_sys_madvise((void *)mapping->addr, mapping->size, MADV_NOHUGEPAGE);
	rc = translate(phys, udev, mapping);
	if (!rc && mapping->is_private)
		rc = keep_pages(phys, udev, mapping);
	if (!rc && mapping->unproven)
		rc = uvio_phys_check_frames(phys, udev, mapping);
	if (rc)
		uvio_phys_unmap(udev->domain, mapping);
	return rc;
}

/* Locked, so that the pages are there; that does not keep the kernel from moving them. */
int uvio_phys_map(struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	int rc = open_pagemap(phys, udev);

	if (rc)
		return rc;
	return mapping->owned ? map_owned(phys, udev, mapping) : map_foreign(phys, udev, mapping);
}

/* Locks do not nest: unlocking here would undo the mlockall() of a real-time program. */
void uvio_phys_unmap(struct uvio_domain *domain, struct uvio_mapping *mapping)
{
	uvio_kept_remove(domain, mapping);
}

static int moved(const struct uvio_phys *phys, struct uvio_udev *udev, uintptr_t addr,
	uint64_t iova, uint64_t entry)
{
	char now[48] = "is no longer in memory";

	if (entry & UVIO_PAGE_PRESENT && !(entry & UVIO_PAGE_FRAME))
		return frames_hidden(phys, udev);
	if (entry & UVIO_PAGE_PRESENT)
		snprintf(now, sizeof(now), "lies at 0x%" PRIx64 " now",
			(entry & UVIO_PAGE_FRAME) * udev->domain->dma.page);
	return uvio_fail_advised(udev, -ESTALE,
		"%s: DMA verify: the kernel has moved a page: %p %s, and the card was told "
		"0x%" PRIx64 "; unmap it, map it again, and tell the card; %s%s",
		udev->address.text, (void *)addr, now, iova,
		uvio_phys_compacted(udev->ctx)
			? "perhaps the kernel compacted memory: " KEEP_IN_PLACE
			: "huge pages are hardly ever moved",
		phys->instead);
}

/* @into is that of a page, and steps from page to page, as the segments do. */
static int verify_pages(const struct uvio_phys *phys, struct uvio_udev *udev,
	const struct uvio_mapping *mapping, uint64_t into, const uint64_t *entries, uint64_t count)
{
	const struct uvio_mapping_segment *segment = mapping->segments;
	const struct uvio_mapping_segment *last = segment + mapping->segment_count - 1;
	uint64_t page = udev->domain->dma.page;

	for (uint64_t i = 0; i < count; i++, into += page) {
		uint64_t iova;

		while (segment < last && segment[1].begin <= into)
			segment++;
		iova = segment->iova + (into - segment->begin);
		if (!(entries[i] & UVIO_PAGE_PRESENT) ||
			(entries[i] & UVIO_PAGE_FRAME) != iova / page)
			return moved(phys, udev, mapping->addr + into, iova, entries[i]);
	}
	return 0;
}

int uvio_phys_verify(struct uvio_phys *phys, struct uvio_udev *udev,
	const struct uvio_mapping *mapping, uint64_t into, uint64_t size)
{
	uint64_t page = udev->domain->dma.page, entries[PAGEMAP_CHUNK];
	uint64_t first = into / page, pages = (into + size - 1) / page - first + 1;
	int rc = 0;

	for (uint64_t done = 0; done < pages && !rc;) {
		uint64_t n = pages - done < PAGEMAP_CHUNK ? pages - done : PAGEMAP_CHUNK;
		uint64_t at = (first + done) * page;

		rc = uvio_phys_pages(phys, udev, mapping->addr + at, n, entries);
		if (!rc)
			rc = verify_pages(phys, udev, mapping, at, entries, n);
		done += n;
	}
	return rc;
}

int uvio_phys_fixed(
	struct uvio_udev *udev, struct uvio_mapping *mapping, const struct uvio_phys_range *range)
{
	size_t page = udev->domain->dma.page, size = (range->size + page - 1) & ~(page - 1);
	void *addr;
	int rc;

	if (range->iova + size - 1 > udev->domain->dma.mask)
		return uvio_fail(-ERANGE,
			"%s: DMA: %s lies at 0x%" PRIx64
			", 0x%zx bytes, beyond the DMA mask 0x%" PRIx64,
			udev->address.text, range->name, range->iova, size, udev->domain->dma.mask);
	rc = uvio_sys_mmap(
		NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, range->fd, range->at, &addr);
	if (rc)
		return uvio_mmap_failed(udev, range->name, size, rc);
	uvio_sys_madvise(addr, size, MADV_DONTFORK);
	mapping->addr = (uintptr_t)addr;
	mapping->size = size;
	mapping->fixed = true;
	/* It cannot fail: the capacity is one. */
	(void)uvio_mapping_add(mapping, range->iova, size);
	return 0;
}
