/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "base/table.h"

#define MANY 60000
#define PAGE ((uintptr_t)0x1000)
#define BASE ((uintptr_t)0x100000)

static struct uvio_table table;
static struct uvio_mapping mappings[MANY];

/* Memory: how often it was asked for, and after how many times there is none. */
static size_t asked, allowed;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	return asked++ < allowed ? __real_malloc(size) : NULL;
}

static void setup(void)
{
	asked = 0;
	allowed = SIZE_MAX;
	uvio_table_init(&table);
}

static void teardown(void)
{
	allowed = SIZE_MAX;
	uvio_table_cleanup(&table);
}

static void place(size_t n, size_t at, size_t pages)
{
	mappings[n] = (struct uvio_mapping){.addr = BASE + at * PAGE, .size = pages * PAGE};
}

static void insert(size_t n)
{
	size_t before;

	ASSERT_EQ(uvio_table_reserve(&table), 0);
	before = asked;
	uvio_table_insert(&table, &mappings[n]);
	ASSERT_EQ(asked, before);
}

static void insert_at(size_t n, size_t at, size_t pages)
{
	place(n, at, pages);
	insert(n);
}

static struct uvio_mapping *find(size_t at)
{
	return uvio_table_find(&table, BASE + at * PAGE);
}

static bool overlaps(size_t at, size_t pages)
{
	return uvio_table_overlaps(&table, BASE + at * PAGE, pages * PAGE);
}

/* Every entry has the lowest address below it, in order, and the room behind is filled. */
static size_t check_node(const struct uvio_table_node *node, unsigned int level, size_t *nodes)
{
	size_t total = 0;

	++*nodes;
	ASSERT(node->count >= 1 && node->count <= UVIO_TABLE_CAPACITY);
	for (unsigned int i = 0; i < UVIO_TABLE_CAPACITY; i++) {
		if (i >= node->count) {
			ASSERT(node->firsts[i] == UINTPTR_MAX);
			continue;
		}
		ASSERT(!i || node->firsts[i] > node->firsts[i - 1]);
		if (level) {
			const struct uvio_table_node *below = node->below[i];

			ASSERT(below->firsts[0] == node->firsts[i]);
			total += check_node(below, level - 1, nodes);
		} else {
			const struct uvio_mapping *mapping = node->below[i];

			ASSERT(mapping->addr == node->firsts[i]);
			total++;
		}
	}
	return total;
}

static size_t check(void)
{
	size_t nodes = 0;

	if (!table.count) {
		ASSERT_EQ(table.height, 0);
		return 0;
	}
	ASSERT_EQ(check_node(table.root, table.height, &nodes), table.count);
	return nodes;
}

static void an_empty_table_has_nothing(void)
{
	ASSERT(!uvio_table_find(&table, 0));
	ASSERT(!uvio_table_find(&table, BASE));
	ASSERT(!uvio_table_find(&table, UINTPTR_MAX));
	ASSERT(!uvio_table_next(&table, 0));
	ASSERT(!overlaps(0, 1));
}

static void the_first_and_the_last_byte_are_found(void)
{
	insert_at(0, 4, 3);
	ASSERT(!uvio_table_find(&table, BASE + 4 * PAGE - 1));
	ASSERT(uvio_table_find(&table, BASE + 4 * PAGE) == &mappings[0]);
	ASSERT(uvio_table_find(&table, BASE + 7 * PAGE - 1) == &mappings[0]);
	ASSERT(!uvio_table_find(&table, BASE + 7 * PAGE));
	ASSERT(!uvio_table_find(&table, 0));
	ASSERT(!uvio_table_find(&table, UINTPTR_MAX));
}

static void overlaps_are_seen_on_either_side(void)
{
	insert_at(0, 4, 3);
	insert_at(1, 9, 1);
	ASSERT(!overlaps(0, 4));
	ASSERT(overlaps(0, 5));
	ASSERT(overlaps(5, 1));
	ASSERT(overlaps(6, 2));
	ASSERT(!overlaps(7, 2));
	ASSERT(overlaps(7, 3));
	ASSERT(overlaps(0, 100));
	ASSERT(!overlaps(10, 1));
}

static void the_end_of_the_address_space_is_reached(void)
{
	mappings[0] = (struct uvio_mapping){.addr = UINTPTR_MAX - 2 * PAGE + 1, .size = PAGE};
	insert(0);
	ASSERT(uvio_table_find(&table, UINTPTR_MAX - PAGE) == &mappings[0]);
	ASSERT(!uvio_table_find(&table, UINTPTR_MAX - PAGE + 1));
	ASSERT(!uvio_table_find(&table, UINTPTR_MAX));
}

static void the_next_one_is_found(void)
{
	insert_at(0, 4, 3);
	insert_at(1, 9, 1);
	ASSERT(uvio_table_next(&table, 0) == &mappings[0]);
	ASSERT(uvio_table_next(&table, mappings[0].addr) == &mappings[0]);
	ASSERT(uvio_table_next(&table, mappings[0].addr + 1) == &mappings[1]);
	ASSERT(!uvio_table_next(&table, mappings[1].addr + 1));
	ASSERT(!uvio_table_next(&table, UINTPTR_MAX));
}

/* What began a node once must not hide a mapping that reaches over that place now. */
static void a_mapping_reaches_over_where_others_began(void)
{
	for (size_t n = 0; n < 10 * UVIO_TABLE_CAPACITY; n++)
		insert_at(n, n, 1);
	for (size_t n = 100; n < 300; n++)
		uvio_table_remove(&table, &mappings[n]);
	insert_at(100, 100, 200);
	for (size_t n = 100; n < 300; n++)
		ASSERT(find(n) == &mappings[100]);
	ASSERT(find(300) == &mappings[300]);
	ASSERT(overlaps(299, 1));
	check();
}

/* Numbers below MANY, in an order. */
static size_t ascending(size_t i)
{
	return i;
}

static size_t descending(size_t i)
{
	return MANY - 1 - i;
}

static size_t shuffled(size_t i)
{
	return i * 7919 % MANY;
}

static size_t outward(size_t i)
{
	return i % 2 ? MANY / 2 - 1 - i / 2 : MANY / 2 + i / 2;
}

static size_t (*const orders[])(size_t i) = {ascending, descending, shuffled, outward};

#define ORDERS (sizeof(orders) / sizeof(orders[0]))

static void they_are_all_there_in_order(void)
{
	size_t n = 0;

	for (size_t i = 0; i < MANY; i++)
		ASSERT(uvio_table_find(&table, mappings[i].addr + 7) == &mappings[i]);
	for (const struct uvio_mapping *m = uvio_table_next(&table, 0); m;
		m = uvio_table_next(&table, m->addr + 1))
		ASSERT(m == &mappings[n++]);
	ASSERT_EQ(n, MANY);
}

static void fill(size_t (*order)(size_t i))
{
	for (size_t i = 0; i < MANY; i++)
		insert_at(order(i), 2 * order(i), 1);
	ASSERT_EQ(table.count, MANY);
}

static void sixty_thousand_come_in_any_order(void)
{
	for (size_t i = 0; i < ORDERS; i++) {
		fill(orders[i]);
		/* A third of the room is used at least, and the tree is no higher than that gives.
		 */
		ASSERT(check() <= 3 * MANY / UVIO_TABLE_CAPACITY + 64);
		ASSERT(table.height <= 3);
		they_are_all_there_in_order();
		uvio_table_clear(&table);
	}
}

static void drain(size_t (*order)(size_t i))
{
	for (size_t i = 0; i < MANY; i++) {
		uvio_table_remove(&table, &mappings[order(i)]);
		if (i % 6000)
			continue;
		check();
		for (size_t j = 0; j < MANY; j += 1 + j % 11)
			ASSERT(find(2 * order(j)) == (j <= i ? NULL : &mappings[order(j)]));
	}
	ASSERT_EQ(table.count, 0);
	check();
}

static void sixty_thousand_go_in_any_order(void)
{
	for (size_t i = 0; i < ORDERS; i++)
		for (size_t j = 0; j < ORDERS; j++) {
			fill(orders[i]);
			drain(orders[j]);
		}
}

static void a_table_may_be_emptied_and_filled_again(void)
{
	for (size_t n = 0; n < 5; n++) {
		insert_at(n, n, 1);
		ASSERT(find(n) == &mappings[n]);
		uvio_table_remove(&table, &mappings[n]);
		ASSERT(!find(n));
		ASSERT(!overlaps(n, 1));
		ASSERT(!uvio_table_next(&table, 0));
	}
	ASSERT_EQ(asked, 3);
}

static void nodes_are_given_back(void)
{
	fill(ascending);
	for (size_t i = 0; i < MANY; i++)
		if (i % 100)
			uvio_table_remove(&table, &mappings[i]);
	ASSERT_EQ(table.count, MANY / 100);
	ASSERT(check() <= MANY / 100 / 20 + 4);
	ASSERT(table.height <= 1);
	ASSERT(table.spare_count <= 3);
}

/* The model: who has each page, one more than its number. */
#define PAGES 4096
#define BLOCKS 2000

static unsigned int model[PAGES];

static bool model_overlaps(size_t at, size_t pages)
{
	for (size_t i = at; i < at + pages; i++)
		if (model[i])
			return true;
	return false;
}

static void model_mark(size_t n, unsigned int mark)
{
	size_t at = (mappings[n].addr - BASE) / PAGE;

	for (size_t i = 0; i < mappings[n].size / PAGE; i++)
		model[at + i] = mark;
}

static void model_try(size_t n)
{
	size_t pages = 1 + (size_t)random() % (random() % 16 ? 2 : 60);
	size_t at = (size_t)random() % (PAGES - pages);

	ASSERT_EQ(overlaps(at, pages), model_overlaps(at, pages));
	if (model_overlaps(at, pages))
		return;
	insert_at(n, at, pages);
	model_mark(n, (unsigned int)n + 1);
}

static void model_compare(void)
{
	for (size_t at = 0; at < PAGES; at++)
		ASSERT(find(at) == (model[at] ? &mappings[model[at] - 1] : NULL));
	check();
}

/* Many come, then many go, and again. */
static void it_does_what_a_list_of_pages_would(void)
{
	memset(model, 0, sizeof(model));
	memset(mappings, 0, BLOCKS * sizeof(mappings[0]));
	srandom(20260101);
	for (int round = 0; round < 100000; round++) {
		size_t n = (size_t)random() % BLOCKS;
		bool grows = round / 10000 % 2 == 0;

		if (!mappings[n].size && (grows || random() % 4 == 0)) {
			model_try(n);
		} else if (mappings[n].size && (!grows || random() % 4 == 0)) {
			uvio_table_remove(&table, &mappings[n]);
			model_mark(n, 0);
			mappings[n].size = 0;
		}
		if (round % 1000 == 999)
			model_compare();
	}
}

static void without_memory_nothing_changes(void)
{
	allowed = 0;
	ASSERT_EQ(uvio_table_reserve(&table), -ENOMEM);
	ASSERT(!table.root && !table.spare_count);
	allowed = SIZE_MAX;
	insert_at(0, 0, 1);
	ASSERT(find(0) == &mappings[0]);
}

/* Each memory that runs out in turn, while the tree grows to three levels. */
static void memory_may_run_out_at_any_time(void)
{
	for (size_t n = 0; n < 10000; n++) {
		size_t at = shuffled(n), tries = 0;

		place(n, at, 1);
		allowed = asked;
		while (uvio_table_reserve(&table)) {
			ASSERT(!find(at));
			ASSERT_EQ(table.count, n);
			allowed = asked + ++tries;
		}
		ASSERT(tries <= 4);
		uvio_table_insert(&table, &mappings[n]);
		ASSERT(find(at) == &mappings[n]);
	}
	ASSERT_EQ(table.height, 2);
	check();
}

/* What is reserved and not used, as the kernel refused, serves the next. */
static void room_that_was_not_used_stays(void)
{
	ASSERT_EQ(uvio_table_reserve(&table), 0);
	allowed = asked;
	ASSERT_EQ(uvio_table_reserve(&table), 0);
	insert_at(0, 7, 1);
	ASSERT(find(7) == &mappings[0]);
}

#define READS 20000

static void *read_on(void *data)
{
	size_t *wrong = data;

	for (size_t i = 0; i < READS; i++) {
		size_t at = 2 * (i % 100);

		pthread_rwlock_rdlock(&table.lock);
		*wrong += find(at) != &mappings[i % 100];
		pthread_rwlock_unlock(&table.lock);
	}
	return NULL;
}

/* Each changes by itself where it stands, but those that a reader asks for are always there. */
static void readers_never_see_half_a_change(void)
{
	size_t wrong = 0;
	pthread_t reader;

	for (size_t n = 0; n < 100; n++)
		insert_at(n, 2 * n, 1);
	ASSERT_EQ(pthread_create(&reader, NULL, read_on, &wrong), 0);
	for (int round = 0; round < 10; round++) {
		for (size_t n = 100; n < 1000; n++)
			insert_at(n, n % 2 ? 2 * (n % 100) + 1 + n / 100 * 200 : 2 * n, 1);
		for (size_t n = 100; n < 1000; n++)
			uvio_table_remove(&table, &mappings[n]);
	}
	pthread_join(reader, NULL);
	ASSERT_EQ(wrong, 0);
	check();
}

static CU_TestInfo lookups[] = {
	TEST(an_empty_table_has_nothing),
	TEST(the_first_and_the_last_byte_are_found),
	TEST(overlaps_are_seen_on_either_side),
	TEST(the_end_of_the_address_space_is_reached),
	TEST(the_next_one_is_found),
	TEST(a_mapping_reaches_over_where_others_began),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo many[] = {
	TEST(sixty_thousand_come_in_any_order),
	TEST(sixty_thousand_go_in_any_order),
	TEST(a_table_may_be_emptied_and_filled_again),
	TEST(nodes_are_given_back),
	TEST(it_does_what_a_list_of_pages_would),
	TEST(readers_never_see_half_a_change),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo memory[] = {
	TEST(without_memory_nothing_changes),
	TEST(memory_may_run_out_at_any_time),
	TEST(room_that_was_not_used_stays),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"look up", NULL, NULL, setup, teardown, lookups},
	{"many", NULL, NULL, setup, teardown, many},
	{"memory", NULL, NULL, setup, teardown, memory},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
