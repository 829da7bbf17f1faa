/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Memory of which the card gets the physical address. A huge page is contiguous, and hardly ever
 * moved; of single pages none is known to lie beside another.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <uvio/error.h>

#include "backend/objects.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "base/table.h"
#include "check/check.h"
#include "dma/phys.h"

/* How many pages beyond the mask are held back for one buffer, in the hope of better ones. */
#define HUGE_TRIES 16
#define PAGE_TRIES 512

#define PAGE_CHUNK 64
#define HUGE_SIZES 8

/** The sizes of huge pages of this host, the smallest first. */
struct huge {
	unsigned int count;
	uint64_t sizes[HUGE_SIZES];
};

/** Pages which the card cannot reach, kept so that the kernel gives others: each has the next. */
struct held {
	uintptr_t *last;
	unsigned int count;
};

static void hold(struct held *held, uintptr_t addr)
{
	uintptr_t *page = (uintptr_t *)addr;

	*page = (uintptr_t)held->last;
	held->last = page;
	held->count++;
}

static void add_size(struct huge *huge, const char *name)
{
	unsigned long long kilobytes;
	char unit[3] = "";

	/* A size whose logarithm mmap() cannot be given is none. */
	if (sscanf(name, "hugepages-%llu%2s", &kilobytes, unit) == 2 && !strcmp(unit, "kB") &&
		kilobytes && !(kilobytes & (kilobytes - 1)) && kilobytes < UINT64_C(1) << 40 &&
		huge->count < HUGE_SIZES)
		huge->sizes[huge->count++] = kilobytes << 10;
}

static int read_sizes(struct uvio_udev *udev, struct huge *huge)
{
	char **names;
	int count = uvio_sysfs_names(udev->ctx, "hugepages-", &names, "kernel/mm/hugepages");

	*huge = (struct huge){0};
	for (int i = 0; i < count; i++)
		add_size(huge, names[i]);
	uvio_names_free(names, count);
	return uvio_names_failed(udev->ctx, udev->address.text, count, "the sizes of huge pages");
}

static int huge_flags(uint64_t size)
{
	return MAP_POPULATE | MAP_HUGETLB |
	       (int)((unsigned int)__builtin_ctzll(size) << MAP_HUGE_SHIFT);
}

static int too_large(const struct uvio_phys *phys, struct uvio_udev *udev, const struct huge *huge,
	uint64_t size)
{
	if (!huge->count)
		return uvio_fail_advised(udev, -ENOMEM,
			"%s: DMA alloc: 0x%" PRIx64
			" bytes: on %s a buffer is one huge page at most, and this kernel has "
			"none; use uvio_dma_alloc_scattered()%s",
			udev->address.text, size, phys->transport, phys->instead);
	return uvio_fail_advised(udev, -ENOMEM,
		"%s: DMA alloc: 0x%" PRIx64 " bytes: on %s a buffer has one huge page at most, and "
		"the largest has %" PRIu64 " kB; use uvio_dma_alloc_scattered()%s",
		udev->address.text, size, phys->transport, huge->sizes[huge->count - 1] >> 10,
		phys->instead);
}

static int none_free(struct uvio_udev *udev, const struct huge *huge, uint64_t size)
{
	char limit[UVIO_LIMIT_TEXT];

	uvio_limit_of_huge_pages(udev->ctx, huge->sizes, huge->count, size, limit);
	return uvio_fail(
		-ENOMEM, "%s: DMA alloc: 0x%" PRIx64 " bytes: %s", udev->address.text, size, limit);
}

static int beyond_mask(const struct uvio_phys *phys, struct uvio_udev *udev, uint64_t size)
{
	return uvio_fail_advised(udev, -ERANGE,
		"%s: DMA alloc: 0x%" PRIx64 " bytes: none of the pages that the kernel allocated "
		"lies below the DMA mask 0x%" PRIx64 "; reserve more huge pages%s",
		udev->address.text, size, udev->domain->dma.mask, phys->instead);
}

/* 0, or -ERANGE. What pagemap does not show is for uvio_phys_map() to tell. */
static int check_mask(
	struct uvio_phys *phys, struct uvio_udev *udev, const struct uvio_mapping *mapping)
{
	uint64_t page = udev->domain->dma.page, entry;
	int rc;

	if (udev->domain->dma.mask == UINT64_MAX)
		return 0;
	rc = uvio_phys_pages(phys, udev, mapping->addr + mapping->size - page, 1, &entry);
	if (rc)
		return rc;
	return (entry & UVIO_PAGE_FRAME) > udev->domain->dma.mask / page ? -ERANGE : 0;
}

static void put(const struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	if (phys->forget)
		phys->forget(udev->domain, mapping);
	uvio_phys_memory_free(mapping);
}

static void release(
	const struct uvio_phys *phys, struct uvio_udev *udev, struct held *held, size_t size)
{
	while (held->last) {
		struct uvio_mapping page = {.addr = (uintptr_t)held->last, .size = size};

		held->last = (uintptr_t *)*held->last;
		put(phys, udev, &page);
	}
}

/* One page of any size that the card can reach. -ERANGE: there were only others. */
static int one_page(struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping,
	int flags, struct held *held, unsigned int tries)
{
	int rc = -ERANGE;

	for (; tries && rc == -ERANGE; tries--) {
		rc = phys->memory(udev, mapping, flags);
		if (rc && held->count)
			return -ERANGE;
		if (rc)
			return flags & MAP_HUGETLB ? -ENOMEM : rc;
		rc = check_mask(phys, udev, mapping);
		if (rc == -ERANGE)
			hold(held, mapping->addr);
		else if (rc)
			put(phys, udev, mapping);
	}
	return rc;
}

static int reachable_page(struct uvio_phys *phys, struct uvio_udev *udev,
	struct uvio_mapping *mapping, uint64_t size, int flags)
{
	struct held held = {0};
	int rc;

	mapping->size = size;
	rc = one_page(phys, udev, mapping, flags, &held, HUGE_TRIES);
	release(phys, udev, &held, size);
	return rc;
}

/* The smallest huge page that fits, then larger ones; for one page, the smallest, then that page.
 */
int uvio_phys_memory(struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	uint64_t page = udev->domain->dma.page, size = mapping->size;
	bool fits = false, beyond = false;
	struct huge huge;
	int rc = read_sizes(udev, &huge);

	if (rc)
		return rc;
	for (unsigned int i = 0; i < huge.count; i++) {
		if (huge.sizes[i] < size || (size <= page && fits))
			continue;
		rc = reachable_page(phys, udev, mapping, huge.sizes[i], huge_flags(huge.sizes[i]));
		if (rc != -ENOMEM && rc != -ERANGE)
			return rc;
		if (rc == -ENOMEM && mapping->limited && !fits && size > page)
			return rc;
		fits = true;
		beyond |= rc == -ERANGE;
	}
	if (size <= page) {
		rc = reachable_page(phys, udev, mapping, size, MAP_POPULATE);
		if (rc != -ERANGE)
			return rc;
		beyond = true;
	}
	if (beyond)
		return beyond_mask(phys, udev, size);
	return fits ? none_free(udev, &huge, size) : too_large(phys, udev, &huge, size);
}

static int replace_page(struct uvio_phys *phys, struct uvio_udev *udev,
	const struct uvio_mapping *mapping, uintptr_t at, struct held *held)
{
	struct uvio_mapping page = {.size = udev->domain->dma.page};
	int rc = one_page(phys, udev, &page, MAP_POPULATE, held, PAGE_TRIES - held->count);

	if (rc)
		return rc;
	rc = phys->move ? phys->move(udev, &page, mapping) : 0;
	if (!rc)
		rc = uvio_sys_mremap((void *)page.addr, page.size, (void *)at);
	if (!rc)
		return 0;
	put(phys, udev, &page);
	return uvio_fail(rc, "%s: DMA alloc: cannot move a page to its address: %s",
		udev->address.text, strerror(-rc));
}

/* A page that is freed comes back at once: those beyond the mask are held until the end. */
static int replace_pages(struct uvio_phys *phys, struct uvio_udev *udev,
	const struct uvio_mapping *mapping, struct held *held)
{
	uint64_t page = udev->domain->dma.page, pages = mapping->size / page, entries[PAGE_CHUNK];
	int rc = 0;

	for (uint64_t done = 0; done < pages && !rc; done += PAGE_CHUNK) {
		uint64_t n = pages - done < PAGE_CHUNK ? pages - done : PAGE_CHUNK;
		uintptr_t at = mapping->addr + done * page;

		rc = uvio_phys_pages(phys, udev, at, n, entries);
		for (uint64_t i = 0; i < n && !rc; i++)
			if ((entries[i] & UVIO_PAGE_FRAME) > udev->domain->dma.mask / page)
				rc = replace_page(phys, udev, mapping, at + i * page, held);
	}
	return rc;
}

static int replace_beyond(
	struct uvio_phys *phys, struct uvio_udev *udev, const struct uvio_mapping *mapping)
{
	struct held held = {0};
	int rc;

	if (udev->domain->dma.mask == UINT64_MAX)
		return 0;
	rc = replace_pages(phys, udev, mapping, &held);
	release(phys, udev, &held, udev->domain->dma.page);
	return rc == -ERANGE ? beyond_mask(phys, udev, mapping->size) : rc;
}

static int check_each(struct uvio_phys *phys, struct uvio_udev *udev,
	const struct uvio_mapping *mapping, uint64_t step)
{
	struct uvio_mapping part = {.addr = mapping->addr, .size = step};
	int rc = 0;

	for (; part.addr < mapping->addr + mapping->size && !rc; part.addr += step)
		rc = check_mask(phys, udev, &part);
	return rc;
}

/* If they are free, the buffer fills one, and the card reaches all. */
static bool use_huge_pages(
	struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping, uint64_t huge)
{
	uint64_t size = mapping->size;

	if (!huge || size < huge || size > SIZE_MAX - huge)
		return false;
	mapping->size = (size + huge - 1) & ~(huge - 1);
	if (!phys->memory(udev, mapping, huge_flags(huge))) {
		if (!check_each(phys, udev, mapping, huge))
			return true;
		put(phys, udev, mapping);
	}
	mapping->size = size;
	return false;
}

int uvio_phys_scattered(
	struct uvio_phys *phys, struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	struct huge huge;
	int rc = read_sizes(udev, &huge);

	if (rc || use_huge_pages(phys, udev, mapping, huge.sizes[0]))
		return rc;
	rc = phys->memory(udev, mapping, MAP_POPULATE);
	if (rc)
		return rc;
	rc = replace_beyond(phys, udev, mapping);
	if (rc)
		put(phys, udev, mapping);
	return rc;
}

void uvio_phys_memory_free(struct uvio_mapping *mapping)
{
	uvio_sys_munmap((void *)mapping->addr, mapping->size);
}
