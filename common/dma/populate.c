/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * The caller's memory before the card gets its address. A page of private memory that was not
 * written yet is the zero page of the machine, or a page of the file: the card would keep that
 * page, while the program's next write goes to a copy. So each writable page is made the program's
 * own first, by a write fault, which does not change its contents.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <uvio/dma.h>
#include <uvio/error.h>

#include "backend/objects.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/table.h"
#include "dma/populate.h"

/* Linux 5.14. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

/** What is being looked at. */
struct look {
	struct uvio_udev *udev;
	const struct uvio_mapping *mapping;
	size_t page;
	bool by_pages; /* the kernel has no MADV_POPULATE_* */
};

/* For a page that is present. */
static bool has_populate(size_t page)
{
	uintptr_t here = (uintptr_t)&page & ~(uintptr_t)(page - 1);

	return uvio_sys_madvise((void *)here, page, MADV_POPULATE_READ) != -EINVAL;
}

static int populate(const struct look *look, uintptr_t at, bool write)
{
	if (look->by_pages)
		return uvio_sys_touch((void *)at, write);
	return uvio_sys_madvise(
		(void *)at, look->page, write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
}

static int refuse(const struct look *look, uintptr_t at, int err, const char *why)
{
	const struct uvio_mapping *mapping = look->mapping;

	return uvio_fail(err, "%s: DMA map: 0x%llx bytes at %p: the page at %p %s",
		look->udev->address.text, (unsigned long long)mapping->size, (void *)mapping->addr,
		(void *)at, why);
}

/* Neither written to nor read. */
static int unreadable(const struct look *look, uintptr_t at, int rc)
{
	if (!uvio_sys_is_mapped((void *)at, look->page))
		return refuse(look, at, -EFAULT, "is not mapped in this process");
	if (rc == -ENOMEM || rc == -EAGAIN)
		return refuse(
			look, at, -ENOMEM, "cannot be read in: the kernel has no free memory");
	if (rc == -EINVAL || look->by_pages)
		return refuse(look, at, -EFAULT,
			"is not memory for a card: it belongs to a device, or is from "
			"memfd_secret(), or cannot be read (PROT_NONE)");
	return refuse(look, at, -EFAULT,
		"cannot be read in: it lies beyond the end of its file, or no huge page is free, "
		"or the memory is faulty");
}

/* It could not be written to, with @rc; perhaps nobody needs that. */
static int unwritable(const struct look *look, uintptr_t at, int rc)
{
	int read = populate(look, at, false);

	if (read)
		return unreadable(look, at, read);
	if (rc == -ENOMEM || rc == -EAGAIN)
		return refuse(look, at, -ENOMEM,
			"cannot be made private: the kernel has no memory for a copy");
	if (rc != -EINVAL && !look->by_pages)
		return refuse(look, at, -EFAULT,
			"cannot be made private: no huge page is free for a copy, or its file "
			"system has no space");
	if (look->mapping->flags & UVIO_DMA_FROM_CARD)
		return refuse(look, at, -EFAULT,
			"is read-only in this process, but the mapping lets the card write; map it "
			"with UVIO_DMA_TO_CARD, or make it writable first");
	return 0;
}

static struct look look_at(struct uvio_udev *udev, const struct uvio_mapping *mapping)
{
	return (struct look){.udev = udev, .mapping = mapping, .page = udev->domain->dma.page};
}

static int unread(const struct look *look, uintptr_t at)
{
	return refuse(look, at, -EFAULT,
		"cannot be read in this process (PROT_WRITE alone), but UVIO_DMA_TO_CARD lets the "
		"card only read; map it for both directions, or make it readable first");
}

int uvio_populate_readable(struct uvio_udev *udev, const struct uvio_mapping *mapping)
{
	uintptr_t at = mapping->addr, end = at + mapping->size;
	struct look look = look_at(udev, mapping);

	if (mapping->flags != UVIO_DMA_TO_CARD ||
		!uvio_sys_madvise((void *)at, mapping->size, MADV_POPULATE_READ))
		return 0;
	look.by_pages = !has_populate(look.page);
	for (; at < end; at += look.page) {
		if (!populate(&look, at, false))
			continue;
		if (!populate(&look, at, true))
			return unread(&look, at);
		if (!uvio_sys_is_mapped((void *)at, look.page))
			return 0;
	}
	return 0;
}

/* Up to the first page that a card must not get, which @at is then. */
static int populate_from(const struct look *look, uintptr_t *at)
{
	uintptr_t end = look->mapping->addr + look->mapping->size;
	int rc = 0;

	for (; *at < end; *at += look->page) {
		rc = populate(look, *at, true);
		if (rc)
			rc = unwritable(look, *at, rc);
		if (rc)
			break;
	}
	return rc;
}

/* Whether all is done at once; else by pages. */
static bool populate_all(struct look *look)
{
	void *addr = (void *)look->mapping->addr;
	size_t size = look->mapping->size;
	int rc;

	rc = uvio_sys_madvise(addr, size, MADV_POPULATE_WRITE);
	look->by_pages = rc == -EINVAL && !has_populate(look->page);
	return !rc;
}

void uvio_unmerge(const struct uvio_mapping *mapping)
{
	uvio_sys_madvise((void *)mapping->addr, mapping->size, MADV_UNMERGEABLE);
}

int uvio_populate(struct uvio_udev *udev, const struct uvio_mapping *mapping)
{
	struct look look = look_at(udev, mapping);
	uintptr_t at = mapping->addr;

	return populate_all(&look) ? 0 : populate_from(&look, &at);
}

int uvio_populate_most(struct uvio_udev *udev, const struct uvio_mapping *mapping)
{
	struct look look = look_at(udev, mapping);
	struct uvio_saved_error before;
	uintptr_t at = mapping->addr;
	int rc;

	uvio_unmerge(mapping);
	if (populate_all(&look))
		return 0;
	uvio_error_save(&before);
	for (rc = populate_from(&look, &at); rc == -EFAULT; rc = populate_from(&look, &at)) {
		if (!uvio_sys_is_mapped((void *)at, look.page))
			break;
		at += look.page;
	}
	if (rc && rc != -EFAULT)
		return rc;
	uvio_error_restore(&before);
	return 0;
}
