/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"

#define CAPACITY UVIO_TABLE_CAPACITY
/*
 * Neighbours are joined only if they leave space in the node, so that the next entry does not split
 * it.
 */
#define JOINED (CAPACITY * 3 / 4)
/* The fill of nodes when entries are added in order: some more fit between without a split. */
#define FILLED (CAPACITY * 7 / 8)

/* A constant stream of readers would block a writer forever. */
void uvio_table_init(struct uvio_table *table)
{
	pthread_rwlockattr_t attributes;

	*table = (struct uvio_table){0};
	pthread_rwlockattr_init(&attributes);
#ifdef __GLIBC__
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
#endif
	pthread_rwlock_init(&table->lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
}

static void spare(struct uvio_table *table, struct uvio_table_node *node)
{
	node->below[0] = table->spares;
	table->spares = node;
	table->spare_count++;
}

static struct uvio_table_node *take_spare(struct uvio_table *table)
{
	struct uvio_table_node *node = table->spares;

	table->spares = node->below[0];
	table->spare_count--;
	node->count = 0;
	memset(node->firsts, 0xff, sizeof(node->firsts));
	return node;
}

static void free_spares(struct uvio_table *table, unsigned int keep)
{
	while (table->spare_count > keep)
		free(take_spare(table));
}

static void free_below(struct uvio_table_node *node, unsigned int level)
{
	for (unsigned int i = 0; level && i < node->count; i++)
		free_below(node->below[i], level - 1);
	free(node);
}

void uvio_table_clear(struct uvio_table *table)
{
	if (table->root)
		free_below(table->root, table->height);
	free_spares(table, 0);
	table->root = NULL;
	table->count = table->height = 0;
}

void uvio_table_cleanup(struct uvio_table *table)
{
	uvio_table_clear(table);
	pthread_rwlock_destroy(&table->lock);
}

static int each_below(const struct uvio_table_node *node, unsigned int level,
	uvio_table_each_fn *each, void *data)
{
	int rc = 0;

	for (unsigned int i = 0; i < node->count && !rc; i++)
		rc = level ? each_below(node->below[i], level - 1, each, data)
			   : each(data, node->below[i]);
	return rc;
}

int uvio_table_each(const struct uvio_table *table, uvio_table_each_fn *each, void *data)
{
	return table->root ? each_below(table->root, table->height, each, data) : 0;
}

/* The most nodes that one entry can split off: one at each level, and a new root. */
int uvio_table_reserve(struct uvio_table *table)
{
	while (table->spare_count < table->height + 2) {
		struct uvio_table_node *node = malloc(sizeof(*node));

		if (!node)
			return -ENOMEM;
		spare(table, node);
	}
	return 0;
}

static void move_entries(struct uvio_table_node *to, size_t at, const struct uvio_table_node *from,
	size_t first, size_t count)
{
	if (!count)
		return;
	memmove(&to->firsts[at], &from->firsts[first], count * sizeof(to->firsts[0]));
	memmove(&to->below[at], &from->below[first], count * sizeof(to->below[0]));
}

/* Moves all entries after the first @keep to a new node. */
static struct uvio_table_node *split(
	struct uvio_table *table, struct uvio_table_node *node, unsigned int keep)
{
	struct uvio_table_node *right = take_spare(table);

	right->count = node->count - keep;
	move_entries(right, 0, node, keep, right->count);
	memset(&node->firsts[keep], 0xff, right->count * sizeof(node->firsts[0]));
	node->count = keep;
	return right;
}

/*
 * Returns the node that was split off to the right, or NULL. A split at the end moves few entries,
 * so that entries added in order leave nodes that are nearly full.
 */
static struct uvio_table_node *put(struct uvio_table *table, struct uvio_table_node *node,
	size_t at, uintptr_t first, void *below)
{
	struct uvio_table_node *right = NULL;

	if (node->count == CAPACITY) {
		unsigned int keep = at == CAPACITY ? FILLED : CAPACITY / 2;

		right = split(table, node, keep);
		if (at > keep) {
			node = right;
			at -= keep;
		}
	}
	move_entries(node, at + 1, node, at, node->count - at);
	node->firsts[at] = first;
	node->below[at] = below;
	node->count++;
	return right;
}

static void cut(struct uvio_table_node *node, size_t at)
{
	node->count--;
	move_entries(node, at, node, at + 1, node->count - at);
	node->firsts[node->count] = UINTPTR_MAX;
}

static struct uvio_table_node *insert_below(struct uvio_table *table, struct uvio_table_node *node,
	unsigned int level, struct uvio_mapping *mapping)
{
	size_t i = uvio_table_place(node, mapping->addr);
	struct uvio_table_node *child, *right;

	if (!level)
		return put(
			table, node, i + (node->firsts[i] < mapping->addr), mapping->addr, mapping);
	child = node->below[i];
	right = insert_below(table, child, level - 1, mapping);
	node->firsts[i] = child->firsts[0];
	return right ? put(table, node, i + 1, right->firsts[0], right) : NULL;
}

static void grow(struct uvio_table *table, struct uvio_table_node *right)
{
	struct uvio_table_node *root = take_spare(table);

	put(table, root, 0, table->root->firsts[0], table->root);
	put(table, root, 1, right->firsts[0], right);
	table->root = root;
	table->height++;
}

void uvio_table_insert(struct uvio_table *table, struct uvio_mapping *mapping)
{
	struct uvio_table_node *right;

	pthread_rwlock_wrlock(&table->lock);
	if (!table->root)
		table->root = take_spare(table);
	right = insert_below(table, table->root, table->height, mapping);
	if (right)
		grow(table, right);
	table->count++;
	pthread_rwlock_unlock(&table->lock);
}

static bool join(struct uvio_table *table, struct uvio_table_node *node, size_t i)
{
	struct uvio_table_node *left = node->below[i], *right = node->below[i + 1];

	if (left->count + right->count > JOINED)
		return false;
	move_entries(left, left->count, right, 0, right->count);
	left->count += right->count;
	cut(node, i + 1);
	spare(table, right);
	return true;
}

/* An entry was removed below entry @i. */
static void settle(struct uvio_table *table, struct uvio_table_node *node, size_t i)
{
	struct uvio_table_node *child = node->below[i];

	node->firsts[i] = child->firsts[0];
	if (!child->count) {
		cut(node, i);
		spare(table, child);
	} else if (i + 1 == node->count || !join(table, node, i)) {
		if (i)
			join(table, node, i - 1);
	}
}

static void remove_below(
	struct uvio_table *table, struct uvio_table_node *node, unsigned int level, uintptr_t addr)
{
	size_t i = uvio_table_place(node, addr + 1);

	if (level) {
		remove_below(table, node->below[i], level - 1, addr);
		settle(table, node, i);
	} else {
		cut(node, i);
	}
}

/* Finally one node at the bottom remains. */
static void shrink(struct uvio_table *table)
{
	while (table->height && table->root->count == 1) {
		struct uvio_table_node *root = table->root;

		table->root = root->below[0];
		table->height--;
		spare(table, root);
	}
}

void uvio_table_remove(struct uvio_table *table, const struct uvio_mapping *mapping)
{
	pthread_rwlock_wrlock(&table->lock);
	remove_below(table, table->root, table->height, mapping->addr);
	shrink(table);
	table->count--;
	pthread_rwlock_unlock(&table->lock);
	free_spares(table, table->height + 2);
}

bool uvio_table_overlaps(const struct uvio_table *table, uintptr_t addr, size_t size)
{
	const struct uvio_mapping *mapping;

	if (!table->count)
		return false;
	mapping = uvio_table_before(table, addr + size);
	return mapping->addr < addr + size && mapping->addr + mapping->size > addr;
}

static struct uvio_mapping *next_below(
	const struct uvio_table_node *node, unsigned int level, uintptr_t addr)
{
	for (size_t i = uvio_table_place(node, addr); i < node->count; i++) {
		struct uvio_mapping *found =
			level ? next_below(node->below[i], level - 1, addr) : node->below[i];

		if (found && found->addr >= addr)
			return found;
	}
	return NULL;
}

struct uvio_mapping *uvio_table_next(const struct uvio_table *table, uintptr_t addr)
{
	return table->root ? next_below(table->root, table->height, addr) : NULL;
}
