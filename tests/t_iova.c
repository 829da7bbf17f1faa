/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "vfio.h"

#define PAGE UINT64_C(0x1000)
#define LOWEST UINT64_C(0x10000)
#define ALL UINT64_MAX

static struct vfio_iova iova;

/* Into the tree at once, of which the tests are. */
static void give_back(uint64_t first, uint64_t size)
{
	vfio_iova_free(&iova, first, size);
	vfio_iova_join(&iova);
}

static void init(uint64_t first, uint64_t last)
{
	const struct vfio_range range = {first, last};

	ASSERT_EQ(vfio_iova_init(&iova, &range, 1, PAGE), 0);
}

static void teardown(void)
{
	vfio_iova_cleanup(&iova);
}

static uint64_t take(uint64_t size, uint64_t align, uint64_t mask)
{
	uint64_t first = 1;
	int rc = vfio_iova_alloc(&iova, size, align, mask, &first);

	return rc ? (uint64_t)rc : first;
}

static void the_first_64_kib_are_left_out(void)
{
	init(0, 0xfffff);
	ASSERT_EQ(take(PAGE, PAGE, ALL), LOWEST);
}

static void the_last_page_is_left_out(void)
{
	init(ALL - 3 * PAGE + 1, ALL);
	ASSERT_EQ(take(2 * PAGE, PAGE, ALL), ALL - 3 * PAGE + 1);
	ASSERT_EQ((int)take(PAGE, PAGE, ALL), -ENOSPC);
}

static void a_range_that_is_all_reserved_is_nothing(void)
{
	init(0, LOWEST - 1);
	ASSERT_EQ(iova.count, 0);
	ASSERT_EQ((int)take(PAGE, PAGE, ALL), -ENOSPC);
	teardown();
	init(ALL - PAGE + 1, ALL);
	ASSERT_EQ(iova.count, 0);
}

static void parts_of_pages_are_left_out(void)
{
	init(0x100001, 0x103ffe);
	ASSERT_EQ(take(PAGE, PAGE, ALL), 0x101000);
	ASSERT_EQ(take(PAGE, PAGE, ALL), 0x102000);
	ASSERT_EQ((int)take(PAGE, PAGE, ALL), -ENOSPC);
}

static void a_range_smaller_than_a_page_is_nothing(void)
{
	init(0x100001, 0x100fff);
	ASSERT_EQ(iova.count, 0);
}

static void ranges_come_in_any_order(void)
{
	const struct vfio_range ranges[] = {{0x300000, 0x3fffff}, {0x100000, 0x1fffff}};

	ASSERT_EQ(vfio_iova_init(&iova, ranges, 2, PAGE), 0);
	ASSERT_EQ(take(0x100000, PAGE, ALL), 0x100000);
	ASSERT_EQ(take(0x100000, PAGE, ALL), 0x300000);
}

static void ranges_that_touch_are_one(void)
{
	const struct vfio_range ranges[] = {{0x100000, 0x1fffff}, {0x200000, 0x2fffff}};

	ASSERT_EQ(vfio_iova_init(&iova, ranges, 2, PAGE), 0);
	ASSERT_EQ(iova.count, 1);
	ASSERT_EQ(take(0x200000, PAGE, ALL), 0x100000);
}

static void a_block_never_spans_a_hole(void)
{
	const struct vfio_range ranges[] = {{0x100000, 0x1fffff}, {0x201000, 0x2fffff}};

	ASSERT_EQ(vfio_iova_init(&iova, ranges, 2, PAGE), 0);
	ASSERT_EQ((int)take(0x100000 + PAGE, PAGE, ALL), -ENOSPC);
}

static void ranges_that_overlap_are_refused(void)
{
	const struct vfio_range ranges[] = {{0x100000, 0x1fffff}, {0x1fffff, 0x2fffff}};

	ASSERT_EQ(vfio_iova_init(&iova, ranges, 2, PAGE), -EINVAL);
}

static void a_range_upside_down_is_refused(void)
{
	const struct vfio_range range = {0x200000, 0x1fffff};

	ASSERT_EQ(vfio_iova_init(&iova, &range, 1, PAGE), -EINVAL);
}

static void no_ranges_are_no_space(void)
{
	ASSERT_EQ(vfio_iova_init(&iova, NULL, 0, PAGE), 0);
	ASSERT_EQ((int)take(1, 1, ALL), -ENOSPC);
}

static void a_size_is_rounded_up_to_pages(void)
{
	init(0x100000, 0x1fffff);
	ASSERT_EQ(take(1, 1, ALL), 0x100000);
	ASSERT_EQ(take(PAGE + 1, 1, ALL), 0x101000);
	ASSERT_EQ(take(1, 1, ALL), 0x103000);
}

static void a_block_is_aligned(void)
{
	init(0x101000, 0xffffff);
	ASSERT_EQ(take(PAGE, 0x200000, ALL), 0x200000);
	ASSERT_EQ(take(PAGE, 0x200000, ALL), 0x400000);
	ASSERT_EQ(take(PAGE, PAGE, ALL), 0x101000);
}

static void an_alignment_beyond_the_range_is_no_space(void)
{
	init(ALL - 0x100000, ALL);
	ASSERT_EQ((int)take(PAGE, UINT64_C(1) << 63, ALL), -ENOSPC);
}

static void a_block_ends_below_the_mask(void)
{
	init(0, ALL);
	ASSERT_EQ(take(0x10000, PAGE, 0x1ffff), LOWEST);
	ASSERT_EQ((int)take(PAGE, PAGE, 0x1ffff), -ENOSPC);
	ASSERT_EQ(take(PAGE, PAGE, 0xfffff), 0x20000);
}

static void a_mask_below_everything_is_no_space(void)
{
	init(0x100000000, 0x1ffffffff);
	ASSERT_EQ((int)take(PAGE, PAGE, 0xffffffff), -ENOSPC);
}

static void sizes_that_wrap_are_no_space(void)
{
	init(0, ALL);
	ASSERT_EQ((int)take(ALL, PAGE, ALL), -ENOSPC);
	ASSERT_EQ((int)take(ALL - PAGE, PAGE, ALL), -ENOSPC);
	ASSERT_EQ((int)take(0, PAGE, ALL), -ENOSPC);
}

static void everything_can_be_had_at_once(void)
{
	init(0x100000, 0x1fffff);
	ASSERT_EQ(take(0x100000, PAGE, ALL), 0x100000);
	ASSERT_EQ(iova.count, 0);
	give_back(0x100000, 0x100000);
	ASSERT_EQ(iova.count, 1);
}

static void what_is_given_back_is_given_out_again(void)
{
	init(0x100000, 0x1fffff);
	take(PAGE, PAGE, ALL);
	ASSERT_EQ(take(PAGE, PAGE, ALL), 0x101000);
	give_back(0x100000, PAGE);
	ASSERT_EQ(take(PAGE, PAGE, ALL), 0x100000);
}

static void pieces_are_joined_again(void)
{
	static const unsigned int order[] = {3, 1, 7, 5, 0, 2, 6, 4};

	init(0x100000, 0x107fff);
	for (unsigned int i = 0; i < 8; i++)
		ASSERT_EQ(take(PAGE, PAGE, ALL), 0x100000 + i * PAGE);
	for (unsigned int i = 0; i < 8; i++)
		give_back(0x100000 + order[i] * PAGE, PAGE);
	ASSERT_EQ(iova.count, 1);
	ASSERT_EQ(iova.allocated, 0);
	ASSERT_EQ(take(8 * PAGE, PAGE, ALL), 0x100000);
}

static void fragments_are_no_space_for_more(void)
{
	init(0x100000, 0x107fff);
	take(8 * PAGE, PAGE, ALL);
	iova.allocated = 4; /* as if it had been four blocks of two pages */
	for (unsigned int i = 0; i < 4; i++)
		give_back(0x100000 + i * 2 * PAGE, PAGE);
	ASSERT_EQ(iova.count, 4);
	ASSERT_EQ((int)take(2 * PAGE, PAGE, ALL), -ENOSPC);
}

static void exactly_these_are_taken(void)
{
	init(0x100000, 0x1fffff);
	ASSERT_EQ(vfio_iova_take(&iova, 0x140000, 2 * PAGE), 0);
	ASSERT_EQ(iova.count, 2);
	ASSERT_EQ(vfio_iova_take(&iova, 0x141000, PAGE), -EBUSY);
	ASSERT_EQ(vfio_iova_take(&iova, 0x13f000, 2 * PAGE), -EBUSY);
	ASSERT_EQ(vfio_iova_take(&iova, 0x1ff000, 2 * PAGE), -EBUSY);
	ASSERT_EQ(vfio_iova_take(&iova, 0x200000, PAGE), -EBUSY);
	ASSERT_EQ(vfio_iova_take(&iova, 0x142000, 1), 0);
	ASSERT_EQ(vfio_iova_take(&iova, 0x100000, 0x40000), 0);
	ASSERT_EQ(iova.count, 1);
	ASSERT_EQ(iova.allocated, 3);
	ASSERT_EQ(take(1, 1, ALL), 0x143000);
	give_back(0x142000, 1);
	ASSERT_EQ(take(1, 1, ALL), 0x142000);
}

/* Levels as an AA tree has them, ranges in order, and what is known of each subtree. */
static unsigned int check_below(uint32_t n, uint64_t *behind, unsigned int *nodes)
{
	const struct vfio_free *node = &iova.nodes[n], *left, *right;
	unsigned int depth, other;

	if (!n)
		return 0;
	left = &iova.nodes[node->left];
	right = &iova.nodes[node->right];
	ASSERT_EQ(left->level, node->level - 1);
	ASSERT(right->level == node->level || right->level == node->level - 1);
	ASSERT(iova.nodes[right->right].level < node->level);
	depth = check_below(node->left, behind, nodes);
	ASSERT(node->range.first > *behind && node->range.last >= node->range.first);
	*behind = node->range.last + 1;
	other = check_below(node->right, behind, nodes);
	ASSERT(node->most >= node->range.last - node->range.first + 1);
	ASSERT(node->most >= left->most && node->most >= right->most);
	ASSERT(node->most_huge <= node->most);
	++*nodes;
	return 1 + (depth > other ? depth : other);
}

static void check_tree(void)
{
	unsigned int nodes = 0, most = 1;
	uint64_t behind = 0;

	if (!iova.nodes)
		return;
	while (((size_t)1 << most) <= iova.count + 1)
		most++;
	ASSERT(check_below(iova.root, &behind, &nodes) <= 2 * most);
	ASSERT_EQ(nodes, iova.count);
	ASSERT_EQ(iova.nodes[0].most, 0);
	ASSERT_EQ(iova.nodes[0].level, 0);
}

#define MANY 60000u
#define START UINT64_C(0x1000000)

static uint64_t block(uint64_t n)
{
	return START + n * PAGE;
}

static uint64_t shuffled(uint64_t i)
{
	return i * 7919 % MANY;
}

static void fill(void)
{
	init(START, START + 2 * MANY * PAGE - 1);
	for (unsigned int n = 0; n < MANY; n++)
		ASSERT_EQ(take(1, 1, ALL), block(n));
	ASSERT_EQ(iova.count, 1);
}

static void sixty_thousand_blocks_in_fragments(void)
{
	fill();
	for (unsigned int i = 0; i < MANY; i++)
		if (shuffled(i) % 2)
			give_back(block(shuffled(i)), PAGE);
	ASSERT_EQ(iova.count, MANY / 2);
	check_tree();
	ASSERT_EQ(take(2 * PAGE, 1, ALL), block(MANY - 1));
	ASSERT_EQ((int)take(2 * PAGE, 1, block(MANY) - 1), -ENOSPC);
	for (unsigned int n = 1; n < MANY - 1; n += 2)
		ASSERT_EQ(take(1, 1, ALL), block(n));
	ASSERT_EQ(take(1, 1, ALL), block(MANY + 1));
	check_tree();
}

static void sixty_thousand_blocks_go_in_any_order(void)
{
	for (int order = 0; order < 3; order++) {
		fill();
		for (unsigned int i = 0; i < MANY; i++) {
			uint64_t n = order == 0 ? i : order == 1 ? MANY - 1 - i : shuffled(i);

			give_back(block(n), PAGE);
			if (i % 5000 == 0)
				check_tree();
		}
		ASSERT_EQ(iova.count, 1);
		ASSERT_EQ(iova.allocated, 0);
		teardown();
	}
}

/* Holes which are large enough but for their place, and one which is not. */
static void the_last_one_serves_the_next_of_its_size(void)
{
	static const struct vfio_range all = {0, UINT64_MAX};
	uint64_t low, high, at;

	ASSERT_EQ(vfio_iova_init(&iova, &all, 1, PAGE), 0);
	ASSERT_EQ(vfio_iova_alloc(&iova, PAGE, PAGE, UINT64_MAX, &low), 0);
	ASSERT_EQ(vfio_iova_alloc(&iova, PAGE, PAGE, UINT64_MAX, &high), 0);
	vfio_iova_free(&iova, low, PAGE);
	vfio_iova_free(&iova, high, PAGE);
	ASSERT_EQ(vfio_iova_alloc(&iova, PAGE, PAGE, UINT64_MAX, &at), 0);
	ASSERT_EQ(at, high);
	/* Not beyond the mask, nor of another alignment or size; then it is free as any other. */
	vfio_iova_free(&iova, high, PAGE);
	ASSERT_EQ(vfio_iova_alloc(&iova, PAGE, PAGE, low + PAGE - 1, &at), 0);
	ASSERT_EQ(at, low);
	vfio_iova_free(&iova, low, PAGE);
	ASSERT_EQ(vfio_iova_alloc(&iova, 2 * PAGE, PAGE, UINT64_MAX, &at), 0);
	ASSERT_EQ(at, low);
	vfio_iova_free(&iova, at, 2 * PAGE);
	vfio_iova_join(&iova);
	ASSERT_EQ(iova.count, 1);
	ASSERT_EQ(iova.allocated, 0);
}

static void huge_pages_are_found_among_fragments(void)
{
	const uint64_t hole = 3 * VFIO_HUGE_PAGE / 2, step = 4 * VFIO_HUGE_PAGE;

	init(START, START + 1000 * step - 1);
	for (uint64_t i = 0; i < 1000; i++)
		ASSERT_EQ(take(step, PAGE, ALL), START + i * step);
	for (uint64_t i = 0; i < 900; i++)
		give_back(START + i * step + PAGE, hole);
	check_tree();
	ASSERT_EQ((int)take(VFIO_HUGE_PAGE, VFIO_HUGE_PAGE, ALL), -ENOSPC);
	give_back(START + 700 * step + PAGE + hole, VFIO_HUGE_PAGE);
	ASSERT_EQ(take(VFIO_HUGE_PAGE, VFIO_HUGE_PAGE, ALL), START + 700 * step + VFIO_HUGE_PAGE);
	ASSERT_EQ(take(VFIO_HUGE_PAGE, PAGE, ALL), START + PAGE);
	ASSERT_EQ(take(PAGE, 4 * VFIO_HUGE_PAGE, ALL), -ENOSPC);
	check_tree();
}

/* The model: one byte per page, and the lowest place that fits. */
#define PAGES 512
#define BLOCKS 64

static unsigned char model[PAGES];

static struct {
	uint64_t first;
	unsigned int pages;
} blocks[BLOCKS];

static bool model_fits(unsigned int at, unsigned int pages, unsigned int end)
{
	for (unsigned int i = 0; i < pages; i++)
		if (at + i >= end || model[at + i])
			return false;
	return true;
}

static int model_find(unsigned int pages, unsigned int align, unsigned int end)
{
	for (unsigned int at = 0; at < end; at += align)
		if (model_fits(at, pages, end))
			return (int)at;
	return -1;
}

static void model_take(unsigned int slot)
{
	unsigned int pages = 1 + (unsigned int)random() % 40, align = 1u << random() % 5;
	unsigned int end = random() % 4 ? PAGES : PAGES / 2;
	uint64_t mask = end == PAGES ? ALL : 0x1000000 + end * PAGE - 1;
	int at = model_find(pages, align, end);
	uint64_t first = take(pages * PAGE, align * PAGE, mask);

	if (at < 0) {
		ASSERT_EQ((int)first, -ENOSPC);
		return;
	}
	ASSERT_EQ(first, 0x1000000 + (uint64_t)at * PAGE);
	memset(model + at, 1, pages);
	blocks[slot].first = first;
	blocks[slot].pages = pages;
}

static void model_free(unsigned int slot)
{
	memset(model + (blocks[slot].first - 0x1000000) / PAGE, 0, blocks[slot].pages);
	give_back(blocks[slot].first, blocks[slot].pages * PAGE);
	blocks[slot].pages = 0;
}

static void ranges_are_those_of_the_model(void)
{
	unsigned int runs = 0;

	for (unsigned int i = 0; i < PAGES; i++)
		runs += !model[i] && (!i || model[i - 1]);
	ASSERT_EQ(iova.count, runs);
}

static void it_does_what_a_bitmap_would(void)
{
	init(0x1000000, 0x1000000 + PAGES * PAGE - 1);
	memset(model, 0, sizeof(model));
	memset(blocks, 0, sizeof(blocks));
	srandom(20260101);
	for (int round = 0; round < 20000; round++) {
		unsigned int slot = (unsigned int)random() % BLOCKS;

		if (blocks[slot].pages)
			model_free(slot);
		else
			model_take(slot);
		ranges_are_those_of_the_model();
		check_tree();
	}
	for (unsigned int slot = 0; slot < BLOCKS; slot++)
		if (blocks[slot].pages)
			model_free(slot);
	ASSERT_EQ(iova.count, 1);
	ASSERT_EQ(iova.allocated, 0);
}

static CU_TestInfo ranges[] = {
	TEST_FOR("vfio 42", the_first_64_kib_are_left_out),
	TEST_FOR("vfio 33", the_last_page_is_left_out),
	TEST(a_range_that_is_all_reserved_is_nothing),
	TEST(parts_of_pages_are_left_out),
	TEST(a_range_smaller_than_a_page_is_nothing),
	TEST(ranges_come_in_any_order),
	TEST(ranges_that_touch_are_one),
	TEST_FOR("vfio 41", a_block_never_spans_a_hole),
	TEST(ranges_that_overlap_are_refused),
	TEST(a_range_upside_down_is_refused),
	TEST(no_ranges_are_no_space),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo allocation[] = {
	TEST(a_size_is_rounded_up_to_pages),
	TEST(a_block_is_aligned),
	TEST(an_alignment_beyond_the_range_is_no_space),
	TEST_FOR("vfio 43", a_block_ends_below_the_mask),
	TEST(a_mask_below_everything_is_no_space),
	TEST_FOR("vfio 32", sizes_that_wrap_are_no_space),
	TEST(everything_can_be_had_at_once),
	TEST(what_is_given_back_is_given_out_again),
	TEST(pieces_are_joined_again),
	TEST(fragments_are_no_space_for_more),
	TEST(exactly_these_are_taken),
	TEST(it_does_what_a_bitmap_would),
	TEST(sixty_thousand_blocks_in_fragments),
	TEST(sixty_thousand_blocks_go_in_any_order),
	TEST(the_last_one_serves_the_next_of_its_size),
	TEST(huge_pages_are_found_among_fragments),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"ranges", NULL, NULL, NULL, teardown, ranges},
	{"allocation", NULL, NULL, NULL, teardown, allocation},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
