/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vfio.h"

#define LOWEST 0x10000
/* The depth of a tree of 2^32 nodes. */
#define MOST_LEVELS 64

static int by_first(const void *a, const void *b)
{
	const struct vfio_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/*
 * An AA tree: a red-black tree in which only right children are red, which their level shows, so
 * that few cases remain (A. Andersson, "Balanced search trees made simple", 1993). Nodes are
 * indexes, as the array may move; 0 is no node, of level 0.
 */

static uint64_t size_from(const struct vfio_range *range, uint64_t align)
{
	uint64_t first = (range->first + align - 1) & ~(align - 1);

	return first >= range->first && first <= range->last ? range->last - first + 1 : 0;
}

static inline uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Called after a change of the node or below it. Returns whether the subtree's summary changed. */
static bool update(struct vfio_iova *iova, uint32_t n)
{
	struct vfio_free *node = &iova->nodes[n];
	uint64_t most = node->range.last - node->range.first + 1;
	uint64_t most_huge = size_from(&node->range, VFIO_HUGE_PAGE);

	if (node->left || node->right) {
		const struct vfio_free *left = &iova->nodes[node->left];
		const struct vfio_free *right = &iova->nodes[node->right];

		most = larger(most, larger(left->most, right->most));
		most_huge = larger(most_huge, larger(left->most_huge, right->most_huge));
	}
	if (most == node->most && most_huge == node->most_huge)
		return false;
	node->most = most;
	node->most_huge = most_huge;
	return true;
}

/* A left child of the same level goes up. */
static uint32_t skew(struct vfio_iova *iova, uint32_t n)
{
	struct vfio_free *nodes = iova->nodes;
	uint32_t left = nodes[n].left;

	if (!n || nodes[left].level != nodes[n].level)
		return n;
	nodes[n].left = nodes[left].right;
	nodes[left].right = n;
	update(iova, n);
	update(iova, left);
	return left;
}

/* The middle one of three of the same level goes up. */
static uint32_t split(struct vfio_iova *iova, uint32_t n)
{
	struct vfio_free *nodes = iova->nodes;
	uint32_t right = nodes[n].right;

	if (!n || nodes[nodes[right].right].level != nodes[n].level)
		return n;
	nodes[n].right = nodes[right].left;
	nodes[right].left = n;
	nodes[right].level++;
	update(iova, n);
	update(iova, right);
	return right;
}

static uint32_t node_new(struct vfio_iova *iova, struct vfio_range range)
{
	uint32_t n = iova->unused;

	if (n)
		iova->unused = iova->nodes[n].left;
	else
		n = ++iova->touched;
	iova->nodes[n] = (struct vfio_free){.range = range, .level = 1};
	update(iova, n);
	iova->count++;
	return n;
}

static void node_free(struct vfio_iova *iova, uint32_t n)
{
	iova->nodes[n].left = iova->unused;
	iova->unused = n;
	iova->count--;
}

static uint32_t insert_below(struct vfio_iova *iova, uint32_t n, struct vfio_range range)
{
	struct vfio_free *node = &iova->nodes[n];

	if (!n)
		return node_new(iova, range);
	if (range.first < node->range.first)
		node->left = insert_below(iova, node->left, range);
	else
		node->right = insert_below(iova, node->right, range);
	update(iova, n);
	return split(iova, skew(iova, n));
}

static void insert(struct vfio_iova *iova, struct vfio_range range)
{
	iova->root = insert_below(iova, iova->root, range);
}

/* A node was removed below. */
static uint32_t rebalance(struct vfio_iova *iova, uint32_t n)
{
	struct vfio_free *nodes = iova->nodes, *node = &nodes[n];
	uint32_t left = nodes[node->left].level, right = nodes[node->right].level;
	uint32_t level = (left < right ? left : right) + 1;

	update(iova, n);
	if (level >= node->level)
		return n;
	node->level = level;
	if (right > level)
		nodes[node->right].level = level;
	n = skew(iova, n);
	right = nodes[n].right = skew(iova, nodes[n].right);
	if (right)
		nodes[right].right = skew(iova, nodes[right].right);
	n = split(iova, n);
	nodes[n].right = split(iova, nodes[n].right);
	return n;
}

static uint32_t rightmost(const struct vfio_iova *iova, uint32_t n)
{
	while (iova->nodes[n].right)
		n = iova->nodes[n].right;
	return n;
}

/* The range that begins at @first, which is there. */
static uint32_t remove_below(struct vfio_iova *iova, uint32_t n, uint64_t first)
{
	struct vfio_free *node = &iova->nodes[n];
	uint32_t right = node->right;

	if (first < node->range.first) {
		node->left = remove_below(iova, node->left, first);
	} else if (first > node->range.first) {
		node->right = remove_below(iova, right, first);
	} else if (node->left) {
		/* The range before it takes its place. */
		node->range = iova->nodes[rightmost(iova, node->left)].range;
		node->left = remove_below(iova, node->left, node->range.first);
	} else {
		node_free(iova, n);
		return right;
	}
	return rebalance(iova, n);
}

static void remove_range(struct vfio_iova *iova, uint64_t first)
{
	iova->root = remove_below(iova, iova->root, first);
}

/* The range that begins at @first was changed where it is. */
static inline void refresh(struct vfio_iova *iova, uint64_t first)
{
	uint32_t path[MOST_LEVELS], n = iova->root;
	unsigned int depth = 0;

	while (first != iova->nodes[n].range.first) {
		path[depth++] = n;
		n = first < iova->nodes[n].range.first ? iova->nodes[n].left : iova->nodes[n].right;
	}
	while (update(iova, n) && depth)
		n = path[--depth];
}

/*
 * An allocation may split a range, and freeing it may add another: each allocation reserves nodes
 * for both, so that freeing never fails.
 */
static int __attribute__((noinline)) grow(struct vfio_iova *iova)
{
	size_t capacity = iova->capacity ? iova->capacity * 2 : 16;
	struct vfio_free *grown;

	if (capacity > UINT32_MAX)
		return -ENOMEM;
	grown = realloc(iova->nodes, capacity * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	iova->nodes = grown;
	grown[0] = (struct vfio_free){0};
	iova->capacity = capacity;
	return 0;
}

static inline int reserve(struct vfio_iova *iova)
{
	return iova->count + iova->allocated + 2 < iova->capacity ? 0 : grow(iova);
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

/* The ranges before and behind @first; 0: none. */
static void neighbours(
	const struct vfio_iova *iova, uint64_t first, uint32_t *before, uint32_t *behind)
{
	*before = *behind = 0;
	for (uint32_t n = iova->root; n;) {
		const struct vfio_free *node = &iova->nodes[n];

		if (node->range.first < first) {
			*before = n;
			n = node->right;
		} else {
			*behind = n;
			n = node->left;
		}
	}
}

/* Adds a free range, joined with its neighbours. */
static void give(struct vfio_iova *iova, struct vfio_range range)
{
	struct vfio_range *left, *right;
	uint32_t before, behind;
	bool joins_left, joins_right;

	neighbours(iova, range.first, &before, &behind);
	left = &iova->nodes[before].range;
	right = &iova->nodes[behind].range;
	joins_left = before && left->last + 1 == range.first;
	joins_right = behind && range.last + 1 == right->first;
	if (joins_left) {
		range.first = left->first;
		left->last = joins_right ? right->last : range.last;
		if (joins_right)
			remove_range(iova, right->first);
	} else if (joins_right) {
		right->first = range.first;
	} else {
		insert(iova, range);
		return;
	}
	refresh(iova, range.first);
}

static int add(struct vfio_iova *iova, const struct vfio_range *sorted, size_t i)
{
	struct vfio_range range = trim(iova, sorted[i]);
	int rc;

	if (sorted[i].first > sorted[i].last || (i && sorted[i].first <= sorted[i - 1].last))
		return -EINVAL;
	if (range.first > range.last)
		return 0;
	rc = reserve(iova);
	if (!rc)
		give(iova, range);
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
	free(iova->nodes);
	*iova = (struct vfio_iova){.page = iova->page};
}

struct request {
	uint64_t size;
	uint64_t align;
	uint64_t mask;
	bool huge; /* aligned so that most_huge counts */
};

/* Where the request would begin in a range; false: it does not fit. */
static bool fits(const struct vfio_range *range, const struct request *request, uint64_t *first)
{
	uint64_t last = range->last < request->mask ? range->last : request->mask;

	*first = (range->first + request->align - 1) & ~(request->align - 1);
	return *first >= range->first && *first <= last && last - *first >= request->size - 1;
}

static bool may_fit(const struct vfio_iova *iova, uint32_t n, const struct request *request)
{
	const struct vfio_free *node = &iova->nodes[n];

	return (request->huge ? node->most_huge : node->most) >= request->size;
}

/* The lowest range that the request fits into, at or below node @n, which exists; 0: none. */
static uint32_t lowest(
	const struct vfio_iova *iova, uint32_t n, const struct request *request, uint64_t *first)
{
	do {
		const struct vfio_free *node = &iova->nodes[n];
		uint32_t found = 0;

		if (node->left && may_fit(iova, node->left, request))
			found = lowest(iova, node->left, request, first);
		if (found || node->range.first > request->mask)
			return found;
		if (fits(&node->range, request, first))
			return n;
		n = node->right;
	} while (n && may_fit(iova, n, request));
	return 0;
}

/* Removes [first, last] from range @n, which may leave a piece on either side. */
static inline void take(struct vfio_iova *iova, uint32_t n, uint64_t first, uint64_t last)
{
	struct vfio_range *range = &iova->nodes[n].range, right = {last + 1, range->last};
	bool has_left = range->first < first, has_right = last < range->last;

	if (has_left)
		range->last = first - 1;
	else if (has_right)
		*range = right;
	else
		remove_range(iova, first);
	if (has_left && has_right)
		insert(iova, right);
	else if (has_left || has_right)
		refresh(iova, range->first);
}

void vfio_iova_join(struct vfio_iova *iova)
{
	if (!iova->last.last)
		return;
	iova->allocated--;
	give(iova, iova->last);
	iova->last = (struct vfio_range){0};
}

/* Programs that map and unmap the same size repeatedly do not need the tree. */
static bool take_last(struct vfio_iova *iova, const struct request *request, uint64_t *first)
{
	const struct vfio_range *last = &iova->last;

	if (last->last - last->first != request->size - 1 || !last->last ||
		last->first & (request->align - 1) || last->last > request->mask)
		return false;
	*first = last->first;
	iova->last = (struct vfio_range){0};
	return true;
}

int vfio_iova_alloc(
	struct vfio_iova *iova, uint64_t size, uint64_t align, uint64_t mask, uint64_t *first)
{
	struct request request = {.align = align < iova->page ? iova->page : align, .mask = mask};
	uint32_t n;
	int rc;

	request.size = (size + iova->page - 1) & ~(iova->page - 1);
	request.huge = request.align > iova->page && request.align >= VFIO_HUGE_PAGE;
	if (!request.size)
		return -ENOSPC;
	if (take_last(iova, &request, first))
		return 0;
	vfio_iova_join(iova);
	rc = reserve(iova);
	if (rc)
		return rc;
	n = iova->root ? lowest(iova, iova->root, &request, first) : 0;
	if (!n)
		return -ENOSPC;
	take(iova, n, *first, *first + request.size - 1);
	iova->allocated++;
	return 0;
}

int vfio_iova_take(struct vfio_iova *iova, uint64_t first, uint64_t size)
{
	uint64_t last = first + ((size + iova->page - 1) & ~(iova->page - 1)) - 1;
	uint32_t n;
	int rc;

	vfio_iova_join(iova);
	n = iova->root;
	rc = reserve(iova);
	if (rc)
		return rc;
	while (n && (first < iova->nodes[n].range.first || first > iova->nodes[n].range.last))
		n = first < iova->nodes[n].range.first ? iova->nodes[n].left : iova->nodes[n].right;
	if (!n || last < first || last > iova->nodes[n].range.last)
		return -EBUSY;
	take(iova, n, first, last);
	iova->allocated++;
	return 0;
}

void vfio_iova_free(struct vfio_iova *iova, uint64_t first, uint64_t size)
{
	uint64_t last = first + ((size + iova->page - 1) & ~(iova->page - 1)) - 1;

	vfio_iova_join(iova);
	iova->last = (struct vfio_range){first, last};
}
