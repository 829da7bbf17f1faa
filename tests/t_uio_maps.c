/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>

#include <uvio/device.h>

#include "base/context.h"
#include "device/device.h"
#include "harness.h"
#include "tree.h"
#include "uio.h"

#define MAPS EDU_FOLDER "/uio/uio0/maps"

static struct tree *tree;
static struct uio_map maps[UIO_MAPS];
static struct uvio_bar bars[UVIO_BARS];

static void setup(void)
{
	tree = tree_new("uio-bars");
}

static void teardown(void)
{
	tree_free(tree);
	tree = NULL;
}

static void read_again(void)
{
	uio_read_maps(tree->ctx, "uio0", maps);
	ASSERT_EQ(uvio_pci_bars(tree->ctx, EDU, bars), 0);
}

static void a_map_has_address_size_and_offset(void)
{
	read_again();
	ASSERT_EQ(maps[0].addr, 0xfea00000);
	ASSERT_EQ(maps[0].size, 0x1000);
	ASSERT_EQ(maps[0].offset, 0x100);
}

static void maps_behind_a_hole_are_found(void)
{
	read_again();
	ASSERT_EQ(maps[1].size, 0);
	ASSERT_EQ(maps[2].addr, 0xfeb00000);
	ASSERT_EQ(maps[2].size, 0x2000);
	ASSERT_EQ(maps[3].size, 0);
	ASSERT_EQ(maps[4].size, 0);
}

static void an_old_kernel_has_no_offset(void)
{
	tree_change(tree, "remove " MAPS "/map0/offset");
	read_again();
	ASSERT_EQ(maps[0].offset, 0);
	ASSERT_EQ(maps[0].size, 0x1000);
}

static void a_map_without_size_or_address_is_none(void)
{
	tree_change(tree, "remove " MAPS "/map0/size");
	tree_change(tree, "remove " MAPS "/map2/addr");
	read_again();
	ASSERT_EQ(maps[0].size, 0);
	ASSERT_EQ(maps[2].size, 0);
}

static void an_offset_behind_the_end_makes_no_map(void)
{
	tree_change(tree, "file " MAPS "/map0/offset 0x1000\\n");
	read_again();
	ASSERT_EQ(maps[0].size, 0);
}

static void nonsense_in_a_file_makes_no_map(void)
{
	static const char *const wrong[] = {"", "0x", "-1", "0x1000 0x2000", "big",
		"0x10000000000000000", "99999999999999999999"};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		tree_change(tree, "file " MAPS "/map0/size %s\\n", wrong[i]);
		read_again();
		ASSERT_EQ(maps[0].size, 0);
	}
}

static void the_maps_of_another_bus_are_read_too(void)
{
	tree_free(tree);
	tree = tree_new("platform");
	uio_read_maps(tree->ctx, "uio1", maps);
	ASSERT_EQ(maps[0].addr, 0x40000000);
	ASSERT_EQ(maps[0].size, 0x10000);
	ASSERT_EQ(maps[1].offset, 0x10);
}

static void no_device_has_no_maps(void)
{
	uio_read_maps(tree->ctx, "uio9", maps);
	for (int i = 0; i < UIO_MAPS; i++)
		ASSERT_EQ(maps[i].size, 0);
}

static void bars_are_read_by_number(void)
{
	read_again();
	ASSERT_EQ(bars[0].start, 0xfea00100);
	ASSERT_EQ(bars[0].size, 0x100);
	ASSERT_EQ(bars[2].start, 0x380000000000);
	ASSERT_EQ(bars[2].size, 0x100000);
	ASSERT_EQ(bars[3].size, 0);
	ASSERT_EQ(bars[4].size, 0x2000);
	ASSERT_EQ(bars[5].size, 0x400);
}

static void ports_are_told_from_memory(void)
{
	read_again();
	ASSERT(bars[1].io);
	ASSERT_EQ(bars[1].size, 0x20);
	ASSERT(!bars[0].io && !bars[2].io);
}

static void a_short_file_has_fewer_bars(void)
{
	tree_change(tree, "file " EDU_FOLDER "/resource 0x1000 0x1fff 0x200");
	read_again();
	ASSERT_EQ(bars[0].size, 0x1000);
	for (int i = 1; i < UVIO_BARS; i++)
		ASSERT_EQ(bars[i].size, 0);
}

static void a_bar_that_is_upside_down_is_none(void)
{
	tree_change(tree, "file " EDU_FOLDER "/resource 0x2000 0x1fff 0x200\\nhello\\n");
	read_again();
	ASSERT_EQ(bars[0].size, 0);
	ASSERT_EQ(bars[1].size, 0);
}

static void a_bar_that_nothing_decodes_is_none(void)
{
	tree_change(tree, "file " EDU_FOLDER "/resource 0x1000 0x1fff 0x0\\n");
	read_again();
	ASSERT_EQ(bars[0].size, 0);
}

static void a_missing_file_is_an_error(void)
{
	tree_change(tree, "remove " EDU_FOLDER "/resource");
	ASSERT_EQ(uvio_pci_bars(tree->ctx, EDU, bars), -ENOENT);
}

static void a_bar_in_mid_page_has_its_map(void)
{
	read_again();
	ASSERT_EQ(uio_map_of_bar(maps, &bars[0]), 0);
}

static void a_bar_behind_a_hole_has_its_map(void)
{
	read_again();
	ASSERT_EQ(uio_map_of_bar(maps, &bars[4]), 2);
}

static void ports_have_no_map(void)
{
	read_again();
	ASSERT_EQ(uio_map_of_bar(maps, &bars[1]), -1);
}

static void a_prefetchable_bar_has_no_map(void)
{
	read_again();
	ASSERT_EQ(uio_map_of_bar(maps, &bars[2]), -1);
	ASSERT_EQ(uio_map_of_bar(maps, &bars[5]), -1);
}

/* Before 5.14 the kernel gave the page, and nobody could tell where in it the registers begin. */
static void a_map_of_the_page_alone_is_not_the_bars(void)
{
	tree_change(tree, "file " MAPS "/map0/offset 0x0\\n");
	read_again();
	ASSERT_EQ(uio_map_of_bar(maps, &bars[0]), -1);
}

static void a_map_that_is_too_small_is_not_the_bars(void)
{
	tree_change(tree, "file " MAPS "/map2/size 0x1000\\n");
	read_again();
	ASSERT_EQ(uio_map_of_bar(maps, &bars[4]), -1);
}

static void the_map_of_a_real_card_is_its_bar(void)
{
	tree_free(tree);
	tree = tree_new("edu-uio");
	read_again();
	ASSERT_EQ(bars[0].size, 0x100000);
	ASSERT_EQ(uio_map_of_bar(maps, &bars[0]), 0);
}

static CU_TestInfo map_cases[] = {
	TEST_FOR("uio 3.19", a_map_has_address_size_and_offset),
	TEST_FOR("uio 3.23", maps_behind_a_hole_are_found),
	TEST(an_old_kernel_has_no_offset),
	TEST(a_map_without_size_or_address_is_none),
	TEST(an_offset_behind_the_end_makes_no_map),
	TEST(nonsense_in_a_file_makes_no_map),
	TEST(the_maps_of_another_bus_are_read_too),
	TEST(no_device_has_no_maps),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo bar_cases[] = {
	TEST(bars_are_read_by_number),
	TEST(ports_are_told_from_memory),
	TEST(a_short_file_has_fewer_bars),
	TEST(a_bar_that_is_upside_down_is_none),
	TEST(a_bar_that_nothing_decodes_is_none),
	TEST(a_missing_file_is_an_error),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo match_cases[] = {
	TEST_FOR("uio 3.19", a_bar_in_mid_page_has_its_map),
	TEST_FOR("uio 3.21", a_bar_behind_a_hole_has_its_map),
	TEST_FOR("uio 3.28", ports_have_no_map),
	TEST_FOR("uio 3.21", a_prefetchable_bar_has_no_map),
	TEST_FOR("uio 3.19", a_map_of_the_page_alone_is_not_the_bars),
	TEST(a_map_that_is_too_small_is_not_the_bars),
	TEST(the_map_of_a_real_card_is_its_bar),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"maps", NULL, NULL, setup, teardown, map_cases},
	{"bars", NULL, NULL, setup, teardown, bar_cases},
	{"map of bar", NULL, NULL, setup, teardown, match_cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
