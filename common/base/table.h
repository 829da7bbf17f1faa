/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/**
 * The table of mappings, by address. A tree of sorted nodes: a look-up reads one at each level,
 * a change moves entries of one node, and no operation costs more than the logarithm of their
 * number.
 *
 * Writers exclude each other by a lock of their own. Readers hold @lock for reading while they read
 * the table and what they find in it; writers take it only while entries move.
 */
#ifndef UVIO_TABLE_H
#define UVIO_TABLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** It extends to the next one, the last to the end of the mapping. */
struct uvio_mapping_segment {
	uint64_t iova;
	uint64_t begin; /* in the mapping */
};

/** One mapping. The segments are the backend's work. */
struct uvio_mapping {
	uintptr_t addr;
	size_t size;
	uint32_t flags;	 /* enum uvio_dma_flags, never 0 */
	bool owned;	 /* from uvio_dma_alloc() and the like: uvio_dma_free() frees it */
	bool fixed;	 /* memory of the kernel, which supplied the segments */
	bool is_private; /* has pages that a fork shares and a write then copies */
	bool unproven;	 /* has pages that pagemap does not show as its own */
	bool limited; /* its memory could not be allocated for a limit, named in the error message
		       */
	unsigned int segment_count;
	size_t capacity; /* of @segments, which points to @one if it is 1 */
	uint64_t filled; /* bytes that have a segment: finally all */
	struct uvio_mapping_segment *segments;
	struct uvio_mapping_segment one;
	struct uvio_mapping *kept_next, **kept_at; /* of kept.c; @kept_at NULL: not kept */
};

#define UVIO_TABLE_CAPACITY 64

/** The largest address fills the unused entries. */
struct uvio_table_node {
	uintptr_t firsts[UVIO_TABLE_CAPACITY]; /* the lowest address of each */
	void *below[UVIO_TABLE_CAPACITY];      /* nodes; mappings at the bottom */
	unsigned int count;
};

struct uvio_table {
	pthread_rwlock_t lock;
	unsigned int height; /* levels above the bottom */
	size_t count;
	struct uvio_table_node *root;	/* kept when it is empty; NULL: never used */
	struct uvio_table_node *spares; /* linked by their first entry */
	unsigned int spare_count;
};

void uvio_table_init(struct uvio_table *table);
/** Empties the table without changing the mappings. */
void uvio_table_clear(struct uvio_table *table);
/** The same, and frees the table's memory. */
void uvio_table_cleanup(struct uvio_table *table);

/** Reserves nodes for one mapping: uvio_table_insert() cannot fail then. -ENOMEM. */
int uvio_table_reserve(struct uvio_table *table);
/** @mapping must not overlap another, nor include the last address. */
void uvio_table_insert(struct uvio_table *table, struct uvio_mapping *mapping);
/** @mapping must be in the table. */
void uvio_table_remove(struct uvio_table *table, const struct uvio_mapping *mapping);

/** Whether some of the @size bytes at @addr, which do not wrap, are mapped. */
bool uvio_table_overlaps(const struct uvio_table *table, uintptr_t addr, size_t size);
/** The first mapping that begins at or above @addr; NULL: none. */
struct uvio_mapping *uvio_table_next(const struct uvio_table *table, uintptr_t addr);

typedef int uvio_table_each_fn(void *data, struct uvio_mapping *mapping);
/** Calls @each with each mapping, which it may free, until a result is not 0; returns that. */
int uvio_table_each(const struct uvio_table *table, uvio_table_each_fn *each, void *data);

/**
 * The last entry of @node that begins before @end; also 0 if there is none. Without branches and
 * loops, since look-ups are frequent.
 */
static inline size_t uvio_table_place(const struct uvio_table_node *node, uintptr_t end)
{
	size_t i = 0;

	i = node->firsts[i + 32] < end ? i + 32 : i;
	i = node->firsts[i + 16] < end ? i + 16 : i;
	i = node->firsts[i + 8] < end ? i + 8 : i;
	i = node->firsts[i + 4] < end ? i + 4 : i;
	i = node->firsts[i + 2] < end ? i + 2 : i;
	i = node->firsts[i + 1] < end ? i + 1 : i;
	return i;
}

_Static_assert(UVIO_TABLE_CAPACITY == 64, "six steps");

/** Of a table that is not empty: the last mapping that begins before @end, or else the first. */
static inline struct uvio_mapping *uvio_table_before(const struct uvio_table *table, uintptr_t end)
{
	const struct uvio_table_node *node = table->root;

	for (unsigned int level = table->height; level; level--)
		node = node->below[uvio_table_place(node, end)];
	return node->below[uvio_table_place(node, end)];
}

/** The mapping that contains @addr; NULL: none. */
static inline struct uvio_mapping *uvio_table_find(const struct uvio_table *table, uintptr_t addr)
{
	struct uvio_mapping *mapping;

	if (!table->count)
		return NULL;
	mapping = uvio_table_before(table, addr + 1);
	return addr - mapping->addr < mapping->size ? mapping : NULL;
}

#endif /* UVIO_TABLE_H */
