/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Memory of the library's own for a card, and the limits that it may hit. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <uvio/error.h>

#include "backend/objects.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "base/table.h"
#include "dma/dma.h"

static int add_size(void *data, struct uvio_mapping *mapping)
{
	*(unsigned long long *)data += mapping->size >> 10;
	return 0;
}

int uvio_dma_memlock(struct uvio_udev *udev, const struct uvio_mapping *mapping)
{
	unsigned long long mapped = 0, want = mapping->size >> 10;
	char limit[UVIO_LIMIT_TEXT];

	uvio_dma_each(&udev->domain->dma, add_size, &mapped);
	uvio_limit_of_locked(udev->ctx, mapping->size, limit);
	return uvio_fail(-ENOMEM,
		"%s: DMA map: %llu KiB asked for, %llu KiB mapped already in this domain%s",
		udev->address.text, want, mapped, limit);
}

int uvio_mmap_failed(struct uvio_udev *udev, const char *what, uint64_t size, int rc)
{
	char limit[UVIO_LIMIT_TEXT];

	rc = uvio_limit_of_mapping(udev->ctx, size, rc, limit);
	return uvio_fail(rc, "%s: cannot map %s, 0x%llx bytes: %s%s", udev->address.text, what,
		(unsigned long long)size, strerror(-rc), limit);
}

int uvio_dma_memory_failed(
	struct uvio_udev *udev, struct uvio_mapping *mapping, uint64_t size, int rc)
{
	char limit[UVIO_LIMIT_TEXT];

	mapping->limited = rc == -EAGAIN;
	rc = uvio_limit_of_mapping(udev->ctx, size, rc, limit);
	mapping->limited |= limit[0];
	return uvio_fail(rc, "%s: DMA alloc: no memory for 0x%llx bytes: %s%s", udev->address.text,
		(unsigned long long)mapping->size, strerror(-rc), limit);
}

/* Private memory of which a child has copies would be another's after the next write. */
static int allocate(
	struct uvio_udev *udev, struct uvio_mapping *mapping, size_t size, int mmap_flags)
{
	void *addr;
	int rc = uvio_sys_mmap(
		NULL, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | mmap_flags, -1, 0, &addr);

	if (rc)
		return uvio_dma_memory_failed(udev, mapping, size, rc);
	rc = uvio_sys_madvise(addr, size, MADV_DONTFORK);
	if (rc && mmap_flags & MAP_PRIVATE) {
		uvio_sys_munmap(addr, size);
		return uvio_dma_memory_failed(udev, mapping, size, rc);
	}
	mapping->addr = (uintptr_t)addr;
	return 0;
}

/* Nothing pins these pages, and the kernel moves what it collapses into a huge page. */
int uvio_dma_anonymous(struct uvio_udev *udev, struct uvio_mapping *mapping, int mmap_flags)
{
	int rc = allocate(udev, mapping, mapping->size, MAP_SHARED | mmap_flags);

	if (!rc)
		uvio_sys_madvise((void *)mapping->addr, mapping->size, MADV_NOHUGEPAGE);
	return rc;
}

/* Unmaps what is around the pages. */
int uvio_dma_aligned(struct uvio_udev *udev, struct uvio_mapping *mapping, uint64_t page)
{
	size_t size = (mapping->size + page - 1) & ~(page - 1);
	size_t spare = page > udev->domain->dma.page ? page - udev->domain->dma.page : 0;
	size_t before;
	int rc;

	if (size < mapping->size || size + spare < size)
		return uvio_fail(-EOVERFLOW,
			"%s: DMA alloc: 0x%llx bytes wrap when rounded to pages of the IOMMU",
			udev->address.text, (unsigned long long)mapping->size);
	mapping->size = size;
	rc = allocate(udev, mapping, size + spare, MAP_PRIVATE | MAP_NORESERVE);
	if (rc)
		return rc;
	before = -mapping->addr & (page - 1);
	if (before)
		uvio_sys_munmap((void *)mapping->addr, before);
	mapping->addr += before;
	if (spare > before)
		uvio_sys_munmap((void *)(mapping->addr + size), spare - before);
	return 0;
}
