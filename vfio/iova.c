/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vfio.h"

#define LOWEST 0x10000

static int by_first(const void *a, const void *b)
{
	const struct vfio_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/*
 * An allocation may split a range, and giving it back may make another: each allocation reserves
 * room for both, so that giving back never fails.
 */
static int reserve(struct vfio_iova *iova)
{
	size_t room = iova->room ? iova->room * 2 : 16;
	struct vfio_range *grown;

	if (iova->count + iova->allocated + 2 <= iova->room)
		return 0;
	grown = realloc(iova->ranges, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	iova->ranges = grown;
	iova->room = room;
	return 0;
}

/* Whole pages inside the range, none of them reserved. */
static struct vfio_range trim(const struct vfio_iova *iova, struct vfio_range range)
{
	uint64_t page = iova->page, highest = ~UINT64_C(0) - page;

	if (range.first < LOWEST)
		range.first = LOWEST;
	if (range.first > ~UINT64_C(0) - (page - 1))
		return (struct vfio_range){.first = 1};
	range.first = (range.first + page - 1) & ~(page - 1);
	if (range.last > highest)
		range.last = highest;
	if (range.last < page - 1)
		return (struct vfio_range){.first = 1};
	range.last = ((range.last - (page - 1)) & ~(page - 1)) + (page - 1);
	return range;
}

static int add(struct vfio_iova *iova, const struct vfio_range *sorted, size_t i)
{
	struct vfio_range range = trim(iova, sorted[i]);
	int rc;

	if (sorted[i].first > sorted[i].last || (i && sorted[i].first <= sorted[i - 1].last))
		return -EINVAL;
	if (range.first > range.last)
		return 0;
	if (iova->count && iova->ranges[iova->count - 1].last + 1 == range.first) {
		iova->ranges[iova->count - 1].last = range.last;
		return 0;
	}
	rc = reserve(iova);
	if (!rc)
		iova->ranges[iova->count++] = range;
	return rc;
}

int vfio_iova_init(
	struct vfio_iova *iova, const struct vfio_range *offered, size_t count, uint64_t page)
{
	struct vfio_range *sorted = calloc(count ? count : 1, sizeof(*sorted));
	int rc = 0;

	*iova = (struct vfio_iova){.page = page};
	if (!sorted)
		return -ENOMEM;
	if (count)
		memcpy(sorted, offered, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_first);
	for (size_t i = 0; i < count && !rc; i++)
		rc = add(iova, sorted, i);
	free(sorted);
	if (rc)
		vfio_iova_cleanup(iova);
	return rc;
}

void vfio_iova_cleanup(struct vfio_iova *iova)
{
	free(iova->ranges);
	*iova = (struct vfio_iova){.page = iova->page};
}

/* Where @size bytes fit into a range below @mask; false: nowhere. */
static bool fits(const struct vfio_range *range, uint64_t size, uint64_t align, uint64_t mask,
	uint64_t *first)
{
	uint64_t last = range->last < mask ? range->last : mask;

	*first = (range->first + align - 1) & ~(align - 1);
	return *first >= range->first && *first <= last && last - *first >= size - 1;
}

/* Takes [first, last] out of range @i, which may leave a piece on either side. */
static void take(struct vfio_iova *iova, size_t i, uint64_t first, uint64_t last)
{
	struct vfio_range *range = &iova->ranges[i], right = {last + 1, range->last};
	bool has_left = range->first < first, has_right = last < range->last;

	if (has_left)
		range->last = first - 1;
	if (has_left && has_right) {
		memmove(range + 2, range + 1, (iova->count - i - 1) * sizeof(*range));
		range[1] = right;
		iova->count++;
	} else if (has_right) {
		*range = right;
	} else if (!has_left) {
		memmove(range, range + 1, (iova->count - i - 1) * sizeof(*range));
		iova->count--;
	}
}

int vfio_iova_alloc(
	struct vfio_iova *iova, uint64_t size, uint64_t align, uint64_t mask, uint64_t *first)
{
	int rc;

	size = (size + iova->page - 1) & ~(iova->page - 1);
	if (!size)
		return -ENOSPC;
	if (align < iova->page)
		align = iova->page;
	rc = reserve(iova);
	if (rc)
		return rc;
	for (size_t i = 0; i < iova->count; i++) {
		if (!fits(&iova->ranges[i], size, align, mask, first))
			continue;
		take(iova, i, *first, *first + size - 1);
		iova->allocated++;
		return 0;
	}
	return -ENOSPC;
}

int vfio_iova_take(struct vfio_iova *iova, uint64_t first, uint64_t size)
{
	uint64_t last = first + ((size + iova->page - 1) & ~(iova->page - 1)) - 1;
	int rc = reserve(iova);

	if (rc)
		return rc;
	for (size_t i = 0; i < iova->count; i++) {
		if (iova->ranges[i].first > first || iova->ranges[i].last < last)
			continue;
		take(iova, i, first, last);
		iova->allocated++;
		return 0;
	}
	return -EBUSY;
}

/* The first range behind @first. */
static size_t behind(const struct vfio_iova *iova, uint64_t first)
{
	size_t low = 0, high = iova->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (iova->ranges[middle].first < first)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void vfio_iova_free(struct vfio_iova *iova, uint64_t first, uint64_t size)
{
	uint64_t last = first + ((size + iova->page - 1) & ~(iova->page - 1)) - 1;
	size_t i = behind(iova, first);
	struct vfio_range *next = &iova->ranges[i];
	bool joins_left = i && next[-1].last + 1 == first;
	bool joins_right = i < iova->count && last + 1 == next->first;

	iova->allocated--;
	if (joins_left && joins_right) {
		next[-1].last = next->last;
		memmove(next, next + 1, (iova->count - i - 1) * sizeof(*next));
		iova->count--;
	} else if (joins_left) {
		next[-1].last = last;
	} else if (joins_right) {
		next->first = first;
	} else {
		memmove(next + 1, next, (iova->count - i) * sizeof(*next));
		*next = (struct vfio_range){first, last};
		iova->count++;
	}
}
