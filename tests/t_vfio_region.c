/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

/* Regions of vfio-pci beyond plain BARs: ROM, regions of one card, holes. */
#include <errno.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "harness.h"
#include "inject_ops.h"
#include "sim_vfio.h"

#define INTEL 0x80008086
#define FLAGS_RW (VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE)

static struct uvio_region region;

static void setup(void)
{
	sim_vfio_card(&sim_vfio, "vfio");
}

static void teardown(void)
{
	char left[256];

	card_discard();
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
}

static void map(unsigned int index)
{
	ASSERT_OK(uvio_region_map(udev, index, &region));
}

static void an_absent_bar_has_no_size(void)
{
	card_open_asserted();
	ASSERT_ERR(uvio_region_info(udev, 3, &region), -ENOENT, EDU ": the card has no BAR3");
	ASSERT_ERR(uvio_region_info(udev, UVIO_REGION_VGA, &region), -ENOENT, "no VGA");
	ASSERT_ERR(uvio_region_info(udev, 15, &region), -ENOENT, "no region 15");
}

static void a_bar_of_half_a_page_goes_by_calls(void)
{
	const uint32_t word = 0x600d;

	vfio.regions[2].size = 256;
	vfio.regions[2].flags = FLAGS_RW;
	card_open_asserted();
	sim_vfio_fill(2, 16, &word, sizeof(word));
	map(2);
	ASSERT(!region.base && !region.direct && !(region.flags & UVIO_REGION_MMAP));
	ASSERT_EQ(uvio_read32(&region, 16), 0x600d);
	ASSERT_EQ(uvio_read32(&region, 256), 0xffffffff);
}

/* What sysfs says are ports goes by calls of the widths that ports have. */
/* Identity and command of the card, as its configuration space begins. */
#define CONFIG_TO_BAR0 "3412e811030110001000ff0000000000"

static void ports_go_by_calls(void)
{
	uint64_t value = 0;

	tree_change(card.tree, "file " EDU_FOLDER "/resource 0xfea00000 0xfeafffff 0x40200\\n"
			       "0xc000 0xc01f 0x40101\\n");
	tree_change(card.tree, "hex " EDU_FOLDER "/config " CONFIG_TO_BAR0 "0000a0fe01c00000");
	vfio.regions[1].size = 0x20;
	vfio.regions[1].flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	card_open_asserted();
	map(1);
	ASSERT(!region.base && region.flags & UVIO_REGION_PORTS);
	uvio_write32(&region, 0x10, 0x12345678);
	ASSERT_EQ(uvio_read16(&region, 0x12), 0x1234);
	ASSERT_EQ(uvio_read8(&region, 0x10), 0x78);
	ASSERT_ERR(uvio_region_read(&region, 0x10, 8, &value), -EINVAL,
		"I/O ports have at most 4 bytes");
}

static void config_and_rom_are_not_mapped(void)
{
	vfio.regions[6].size = 4096;
	vfio.regions[6].flags = VFIO_REGION_INFO_FLAG_READ;
	card_open_asserted();
	map(UVIO_REGION_CONFIG);
	ASSERT(!region.base);
	map(UVIO_REGION_ROM);
	ASSERT(!region.base);
	ASSERT_EQ(region.flags, UVIO_REGION_READ);
}

static void the_rom_is_read_only(void)
{
	static const unsigned char image[] = {0x55, 0xaa, 0x10, 0xcb};

	vfio.regions[6].size = 4096;
	vfio.regions[6].flags = VFIO_REGION_INFO_FLAG_READ;
	card_open_asserted();
	sim_vfio_fill(6, 0, image, sizeof(image));
	map(UVIO_REGION_ROM);
	ASSERT_EQ(uvio_read16(&region, 0), 0xaa55);
	ASSERT_ERR(uvio_region_write(&region, 0, 2, 0), -EACCES, EDU ": ROM: it is read-only");
	ASSERT_EQ(uvio_read16(&region, 0), 0xaa55);
	ASSERT_ERR(uvio_region_read(&region, 4096, 4, &(uint64_t){0}), -ERANGE, "beyond its end");
}

static void a_card_without_rom_says_so(void)
{
	card_open_asserted();
	ASSERT_ERR(uvio_region_map(udev, UVIO_REGION_ROM, &region), -ENOENT, "no ROM");
}

static void add_specific(unsigned int index, uint32_t type, uint32_t subtype)
{
	vfio.info.num_regions = SIM_REGIONS;
	vfio.regions[index].size = 8192;
	vfio.regions[index].flags = FLAGS_RW;
	vfio.types[index].type = type;
	vfio.types[index].subtype = subtype;
}

static void a_region_is_found_by_its_type(void)
{
	add_specific(9, INTEL, 1);
	add_specific(10, INTEL, 3);
	card_open_asserted();
	uvio_fail(-EXFULL, "before");
	ASSERT_EQ(uvio_region_find(udev, INTEL, 3), 10);
	ASSERT_EQ(uvio_region_find(udev, INTEL, 1), 9);
	ASSERT_STR(uvio_last_error(), "before");
	ASSERT_ERR(uvio_region_find(udev, INTEL, 2), -ENOENT,
		EDU ": its kernel driver offers no region of type 0x80008086, subtype 0x2");
	ASSERT_ERR(uvio_region_find(udev, 0, 0), -EINVAL, EDU ": 0 is not a type of a region");
}

static void such_a_region_is_one_as_the_others(void)
{
	const uint32_t word = 0x0badcafe;

	add_specific(9, INTEL, 1);
	card_open_asserted();
	sim_vfio_fill(9, 4096, &word, sizeof(word));
	map(9);
	ASSERT_EQ(region.size, 8192);
	ASSERT_EQ(region.type, INTEL);
	ASSERT_EQ(region.subtype, 1);
	ASSERT_EQ(uvio_read32(&region, 4096), 0x0badcafe);
	map(0);
	ASSERT_EQ(region.type, 0);
}

/* Of more than there are numbers for, those that have one are there. */
static void more_regions_than_numbers_do_no_harm(void)
{
	add_specific(9, INTEL, 1);
	vfio.info.num_regions = 4000;
	card_open_asserted();
	ASSERT_ERR(uvio_region_info(udev, UVIO_REGION_COUNT, &region), -EINVAL,
		"no such region; they are 0 to 15");
	ASSERT_EQ(uvio_region_find(udev, INTEL, 1), 9);
}

/* A capability chain that ends in the middle of the type. */
static void cut_off(unsigned long request, void *answer)
{
	struct vfio_region_info *info = answer;

	if (request == VFIO_DEVICE_GET_REGION_INFO && info->index == 9 && info->cap_offset)
		((struct vfio_info_cap_header *)(info + 1))->id = 99;
}

static void an_unknown_capability_is_passed_over(void)
{
	add_specific(9, INTEL, 1);
	card_open_asserted();
	vfio.lie = cut_off;
	ASSERT_OK(uvio_region_info(udev, 9, &region));
	ASSERT_EQ(region.type, 0);
}

static void old_msix(uint32_t table)
{
	card_open_asserted();
	vfio.msix_mappable = false;
	sim_vfio_add_msix(table);
	map(0);
}

static void all_but_the_table_is_mapped(void)
{
	old_msix(0x2000);
	ASSERT(region.base && region.flags & UVIO_REGION_HOLES);
	ASSERT_EQ(region.direct, 0x2000);
	uvio_write32(&region, 0x1ffc, 1);
	ASSERT_EQ(uvio_read32(&region, 0x1ffc), 1);
	ASSERT_OK(uvio_region_write(&region, 0x3000, 4, 2));
	ASSERT_EQ(uvio_read32(&region, 0x3000), 2);
	ASSERT_EQ(*(volatile uint32_t *)(region.base + 0x3000), 2);
}

static void a_table_at_the_beginning_leaves_the_rest(void)
{
	old_msix(0);
	ASSERT(region.base && region.flags & UVIO_REGION_HOLES);
	ASSERT_EQ(region.direct, 0);
	ASSERT_OK(uvio_region_write(&region, 0x1000, 4, 7));
	ASSERT_EQ(*(volatile uint32_t *)(region.base + 0x1000), 7);
}

static void a_table_at_the_end_leaves_the_rest(void)
{
	old_msix((1 << 20) - 128);
	ASSERT_EQ(region.direct, (1 << 20) - 0x1000);
	ASSERT_EQ(uvio_read32(&region, 0), 0x010000ed);
}

static void a_table_in_two_pages_hides_both(void)
{
	old_msix(0x1fc0);
	ASSERT_EQ(region.direct, 0x1000);
	ASSERT_OK(uvio_region_write(&region, 0x3000, 4, 9));
	ASSERT_EQ(*(volatile uint32_t *)(region.base + 0x3000), 9);
}

static void a_table_that_fills_the_bar_leaves_calls(void)
{
	vfio.regions[0].size = 4096;
	old_msix(0x800);
	ASSERT(!region.base && !region.direct && !(region.flags & UVIO_REGION_MMAP));
	ASSERT_EQ(uvio_read32(&region, 0), 0x010000ed);
}

static void a_table_beyond_the_bar_is_no_hole(void)
{
	old_msix(1 << 21);
	ASSERT_EQ(region.direct, 1 << 20);
	ASSERT(!(region.flags & UVIO_REGION_HOLES));
}

static void a_table_in_another_bar_is_no_hole(void)
{
	old_msix(0x2000 | 2);
	ASSERT_EQ(region.direct, 1 << 20);
}

static void a_kernel_that_maps_the_table_is_believed(void)
{
	card_open_asserted();
	sim_vfio_add_msix(0x2000);
	map(0);
	ASSERT_EQ(region.direct, 1 << 20);
	ASSERT(!(region.flags & UVIO_REGION_HOLES));
}

static void the_table_cannot_be_written(void)
{
	uint64_t value;

	old_msix(0x2000);
	ASSERT_ERR(uvio_region_write(&region, 0x2008, 4, 0xfee00000), -EACCES,
		EDU ": BAR0: the MSI-X table at 0x2000 belongs to the kernel");
	ASSERT_ERR(uvio_region_write(&region, 0x2078, 8, 0), -EACCES, "uvio_irq_enable() fills");
	uvio_write32(&region, 0x2000, 1);
	ASSERT_EQ(uvio_last_errno(), -EACCES);
	ASSERT_OK(uvio_region_read(&region, 0x2000, 4, &value));
	ASSERT_EQ(value, 0xffffffff);
	ASSERT_OK(uvio_region_write(&region, 0x2080, 4, 5));
	ASSERT_EQ(uvio_read32(&region, 0x2080), 5);
	ASSERT(uvio_udev_alive(udev));
}

static void a_list_of_capabilities_that_loops_ends(void)
{
	const unsigned char list = 0x40, status = 0x10;
	const uint32_t loop = 0x4001;

	card_open_asserted();
	vfio.msix_mappable = false;
	sim_vfio_fill(7, 0x34, &list, 1);
	sim_vfio_fill(7, 0x06, &status, 1);
	sim_vfio_fill(7, 0x40, &loop, 4);
	map(0);
	ASSERT_EQ(region.direct, 1 << 20);
}

/* The number is one of another region here: of the configuration space. */
static void a_table_in_no_bar_protects_nothing(void)
{
	card_open_asserted();
	vfio.msix_mappable = false;
	sim_vfio_add_msix(7);
	vfio.msix_table = 0;
	map(0);
	ASSERT_OK(uvio_bus_master(udev, true));
	ASSERT_OK(uvio_bus_master(udev, false));
}

/* The kernel refuses what it told before: the second area, which reaches into the hole. */
static void say_area_in_the_hole(unsigned long request, void *answer)
{
	struct vfio_region_info *info = answer;
	struct vfio_region_info_cap_sparse_mmap *cap = (void *)(info + 1);

	if (request == VFIO_DEVICE_GET_REGION_INFO && !info->index && info->cap_offset)
		cap->areas[1] = (struct vfio_region_sparse_mmap_area){0x1000, 0x4000};
}

static void an_area_that_is_refused_goes_by_calls(void)
{
	const uint32_t word = 0x600d;

	vfio.sparse = true;
	card_open_asserted();
	vfio.lie = say_area_in_the_hole;
	sim_vfio_fill(0, 0x3000, &word, sizeof(word));
	map(0);
	ASSERT(region.base && region.flags & UVIO_REGION_MMAP);
	ASSERT_EQ(region.direct, 0x1000);
	ASSERT_EQ(uvio_read32(&region, 0), 0x010000ed);
	ASSERT_EQ(uvio_read32(&region, 0x3000), 0x600d);
	ASSERT_OK(uvio_region_write(&region, 0x3000, 4, 1));
	ASSERT_EQ(uvio_read32(&region, 0x3000), 1);
}

static void a_region_that_is_read_only_is_not_written(void)
{
	vfio.regions[0].flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_MMAP;
	card_open_asserted();
	map(0);
	ASSERT(region.base && region.direct && !region.direct_write);
	ASSERT_EQ(uvio_read32(&region, 0), 0x010000ed);
	uvio_write32(&region, 4, 1);
	ASSERT_HAS(uvio_last_error(), EDU ": BAR0: it is read-only");
	uvio_write8(&region, 4, 1);
	uvio_write64_relaxed(&region, 8, 1);
	uvio_write16_be(&region, 4, 1);
	ASSERT_ERR(uvio_region_write(&region, 4, 4, 1), -EACCES, EDU ": BAR0: it is read-only");
	ASSERT(uvio_udev_alive(udev));
}

static void a_region_that_is_write_only_is_not_read(void)
{
	uint64_t value;

	vfio.regions[0].flags = VFIO_REGION_INFO_FLAG_WRITE | VFIO_REGION_INFO_FLAG_MMAP;
	card_open_asserted();
	map(0);
	ASSERT(region.base && !region.direct && region.direct_write);
	uvio_write32(&region, 4, 1);
	ASSERT_EQ(uvio_read32(&region, 4), 0xffffffff);
	ASSERT_ERR(
		uvio_region_read(&region, 4, 4, &value), -EACCES, EDU ": BAR0: it is write-only");
	ASSERT_ERR(uvio_poll_until(&region, 4, 4, 1, 1, UVIO_MS(1)), -EACCES, "write-only");
	ASSERT(uvio_udev_alive(udev));
}

static CU_TestInfo regions[] = {
	{"an absent BAR has no size (vfio 7)", an_absent_bar_has_no_size},
	{"a BAR of half a page goes by calls (vfio 52)", a_bar_of_half_a_page_goes_by_calls},
	TEST_FOR("vfio 58", ports_go_by_calls),
	{"configuration space and ROM are not mapped (vfio 57)", config_and_rom_are_not_mapped},
	{"the ROM is read-only (vfio 57)", the_rom_is_read_only},
	TEST(a_card_without_rom_says_so),
	{"a region is found by its type (vfio 8)", a_region_is_found_by_its_type},
	{"such a region is one as the others (vfio 8)", such_a_region_is_one_as_the_others},
	{"more regions than numbers do no harm (vfio 8)", more_regions_than_numbers_do_no_harm},
	{"an unknown capability is passed over (vfio 4)", an_unknown_capability_is_passed_over},
	TEST(a_region_that_is_read_only_is_not_written),
	TEST(a_region_that_is_write_only_is_not_read),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo msix[] = {
	{"all but the table is mapped (vfio 53)", all_but_the_table_is_mapped},
	{"a table at the beginning leaves the rest (vfio 53)",
		a_table_at_the_beginning_leaves_the_rest},
	{"a table at the end leaves the rest (vfio 53)", a_table_at_the_end_leaves_the_rest},
	{"a table in two pages hides both (vfio 53)", a_table_in_two_pages_hides_both},
	{"a table that fills the BAR leaves calls (vfio 53)",
		a_table_that_fills_the_bar_leaves_calls},
	{"a table beyond the BAR is no hole (vfio 53)", a_table_beyond_the_bar_is_no_hole},
	TEST(a_table_in_another_bar_is_no_hole),
	{"a kernel that maps the table is believed (vfio 53)",
		a_kernel_that_maps_the_table_is_believed},
	{"the table cannot be written (vfio 54)", the_table_cannot_be_written},
	TEST(a_table_in_no_bar_protects_nothing),
	TEST(a_list_of_capabilities_that_loops_ends),
	{"an area that is refused goes by calls (vfio 53)", an_area_that_is_refused_goes_by_calls},
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"regions", NULL, NULL, setup, teardown, regions},
	{"msix", NULL, NULL, setup, teardown, msix},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
