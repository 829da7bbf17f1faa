/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/dma.h>
#include <uvio/error.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "harness.h"
#include "inject_ops.h"
#include "sim_vfio.h"

static bool dynamic, tells_granted;
static unsigned int granted;
static bool is_physical, has_specific;

static void fresh(void)
{
	card_close();
	inject_reset(card.tree->root);
	sim_vfio_reset();
	vfio.dynamic = dynamic;
	vfio.granted = granted;
	vfio.tells_granted = tells_granted;
	vfio.is_physical = is_physical;
	if (has_specific) {
		vfio.info.num_regions = SIM_REGIONS;
		vfio.regions[10] = vfio.regions[7];
		vfio.types[10].type = 0x80008086;
		vfio.types[10].subtype = 1;
	}
}

/* A buffer which the kernel did not unmap is kept from others, and so lost. */
static const char *usable(void)
{
	if (vfio.entry_count)
		return "the kernel has mappings left";
	return card_usable();
}

static const struct scene scene = {
	.object = EDU ": ",
	.fresh = fresh,
	.close = card_close,
	.gone = card_gone,
	.usable = usable,
};

static void setup(void)
{
	sim = &sim_vfio;
	dynamic = tells_granted = false;
	granted = 0;
	is_physical = has_specific = false;
	sim_vfio_reset();
	card = (struct card){
		.tree = tree_new("edu-vfio"),
		.options = {.backend = "vfio"},
		.raise = sim_vfio_raise,
		.tell = sim_vfio_report_error,
		.command = sim_vfio_command,
	};
	fresh();
}

static void teardown(void)
{
	card_discard();
}

CASE(find_fails_cleanly_at_every_call, op_find)
CASE(list_fails_cleanly_at_every_call, op_list)
CASE(open_fails_cleanly_at_every_call, op_open)
CASE(open_on_any_backend_fails_cleanly_at_every_call, op_open_any)
CASE(region_info_fails_cleanly_at_every_call, op_region_info)
CASE(region_map_fails_cleanly_at_every_call, op_region_map)
CASE(region_map_of_config_fails_cleanly_at_every_call, op_region_map_config)
CASE(a_read_fails_cleanly_at_every_call, op_config_read)
CASE(a_write_fails_cleanly_at_every_call, op_config_write)
CASE(irq_enable_fails_cleanly_at_every_call, op_irq_enable)
CASE(irq_enable_of_msi_fails_cleanly_at_every_call, op_irq_enable_msi)
CASE(irq_wait_fails_cleanly_at_every_call, op_irq_wait)
CASE(irq_wait_asleep_fails_cleanly_at_every_call, op_irq_wait_asleep)
CASE(irq_wait_in_vain_fails_cleanly_at_every_call, op_irq_wait_in_vain)
CASE(irq_cancel_fails_cleanly_at_every_call, op_irq_cancel)
CASE(irq_consume_fails_cleanly_at_every_call, op_irq_consume)
CASE(irq_ack_fails_cleanly_at_every_call, op_irq_ack)
CASE(irq_disable_fails_cleanly_at_every_call, op_irq_disable)
CASE(irq_grow_with_a_gap_fails_cleanly_at_every_call, op_irq_grow)
CASE(event_wait_fails_cleanly_at_every_call, op_event_wait)
CASE(event_wait_in_vain_fails_cleanly_at_every_call, op_event_wait_in_vain)
CASE(event_fd_fails_cleanly_at_every_call, op_event_fd)
CASE(dma_map_fails_cleanly_at_every_call, op_dma_map)
CASE(dma_unmap_fails_cleanly_at_every_call, op_dma_unmap)
CASE(dma_alloc_fails_cleanly_at_every_call, op_dma_alloc)
CASE(dma_free_fails_cleanly_at_every_call, op_dma_free)
CASE(dma_alloc_scattered_fails_cleanly_at_every_call, op_dma_scattered)
CASE(dma_verify_fails_cleanly_at_every_call, op_dma_verify)
CASE(bus_master_on_fails_cleanly_at_every_call, op_bus_master_on)
CASE(bus_master_off_fails_cleanly_at_every_call, op_bus_master_off)
CASE(reset_fails_cleanly_at_every_call, op_reset)
CASE(hot_reset_fails_cleanly_at_every_call, op_hot_reset)
CASE(what_a_hot_reset_affects_fails_cleanly_at_every_call, op_hot_reset_affects)
CASE(low_power_on_fails_cleanly_at_every_call, op_low_power_on)
CASE(low_power_off_fails_cleanly_at_every_call, op_low_power_off)
CASE(alive_fails_cleanly_at_every_call, op_alive)
CASE(close_cleans_up_whatever_fails, op_close)

static void irq_grow_fails_cleanly_at_every_call(void)
{
	dynamic = true;
	inject_everywhere(&scene, &op_irq_grow);
}

static void irq_enable_of_a_range_fails_cleanly_at_every_call(void)
{
	granted = 5;
	inject_everywhere(&scene, &op_irq_enable_range);
	tells_granted = true;
	inject_everywhere(&scene, &op_irq_enable_range);
}

static void vf_token_set_fails_cleanly_at_every_call(void)
{
	is_physical = true;
	inject_everywhere(&scene, &op_vf_token_set);
}

static void region_find_fails_cleanly_at_every_call(void)
{
	has_specific = true;
	inject_everywhere(&scene, &op_region_find);
}

static void begin_old_msix(void)
{
	card_open_asserted();
	vfio.msix_mappable = false;
	sim_vfio_add_msix(0x2000);
}

static void region_map_around_msix_fails_cleanly_at_every_call(void)
{
	struct operation operation = op_region_map;

	operation.begin = begin_old_msix;
	inject_everywhere(&scene, &operation);
}

/* A kernel which says something else than it should. */

static void another_version_of_vfio_is_refused(void)
{
	vfio.api_version = 1;
	ASSERT_ERR(card_open(), -EPROTO, "API version is not 0 (EPROTO)");
}

static void a_kernel_without_type1v2_is_refused(void)
{
	vfio.extension = 0;
	ASSERT_ERR(card_open(), -ENOTSUP, "modprobe vfio_iommu_type1");
}

static void a_group_that_is_not_viable_is_refused(void)
{
	vfio.group_flags = 0;
	ASSERT_ERR(card_open(), -EBUSY, EDU ": ");
}

static void what_is_no_pci_device_is_refused(void)
{
	vfio.info.flags = VFIO_DEVICE_FLAGS_RESET;
	ASSERT_ERR(card_open(), -ENOTSUP, "it is not a PCI device");
}

static void a_card_that_reads_all_ones_is_refused(void)
{
	vfio.dead = true;
	ASSERT_ERR(card_open(), -ENODEV, "reads all ones");
}

static void a_card_without_regions_is_refused(void)
{
	vfio.info.num_regions = 0;
	ASSERT_ERR(card_open(), -ENOENT, "the card has no config");
}

static void without_ranges_the_usual_ones_serve(void)
{
	vfio.ranges = false;
	ASSERT_STR(usable() ? usable() : "", "");
}

static void without_an_unmasking_eventfd_the_ioctl_serves(void)
{
	vfio.no_unmask = true;
	ASSERT_STR(usable() ? usable() : "", "");
}

static void a_full_table_is_told_with_its_limit(void)
{
	struct uvio_dma dma;

	vfio.entry_limit = 0;
	card_open_asserted();
	ASSERT_ERR(uvio_dma_alloc(udev, 4096, 0, &dma), -ENOSPC, "the kernel allows 65535");
	vfio.entry_limit = 1;
	ASSERT_OK(uvio_dma_alloc(udev, 4096, 0, &dma));
}

static void a_hole_is_reached_by_calls(void)
{
	struct uvio_region region;
	uint64_t value;

	vfio.sparse = true;
	card_open_asserted();
	ASSERT_OK(uvio_region_map(udev, 0, &region));
	ASSERT(region.flags & UVIO_REGION_HOLES);
	ASSERT_EQ(region.direct, 0x1000);
	ASSERT_OK(uvio_region_write(&region, 0x1800, 4, 0x12345678));
	ASSERT_OK(uvio_region_read(&region, 0x1800, 4, &value));
	ASSERT_EQ(value, 0x12345678);
	ASSERT_EQ(uvio_read32(&region, 0x1800), 0x12345678);
	ASSERT_OK(uvio_region_write(&region, 0x2000, 4, 7));
	ASSERT_EQ(uvio_read32(&region, 0x2000), 7);
}

static void registers_can_do_without_a_mapping(void)
{
	struct uvio_region region;

	card.options.flags = UVIO_OPEN_SURVIVE_REMOVAL;
	card_open_asserted();
	ASSERT_OK(uvio_region_map(udev, 0, &region));
	ASSERT(!region.base && region.flags & UVIO_REGION_MMAP);
	ASSERT_EQ(uvio_read32(&region, 0), 0x010000ed);
	uvio_write32(&region, 0x1800, 0x12345678);
	ASSERT_EQ(uvio_read32(&region, 0x1800), 0x12345678);
}

static struct vfio_region_info *bar0(unsigned long request, void *answer)
{
	struct vfio_region_info *info = answer;

	return request == VFIO_DEVICE_GET_REGION_INFO && !info->index ? info : NULL;
}

static void grow(unsigned long request, void *answer)
{
	struct vfio_region_info *info = bar0(request, answer);

	if (info)
		info->argsz = 4096 + 2 * info->argsz;
}

static void say_too_many_areas(unsigned long request, void *answer)
{
	struct vfio_region_info *info = bar0(request, answer);

	if (info && info->cap_offset)
		((struct vfio_region_info_cap_sparse_mmap *)(info + 1))->nr_areas = UINT32_MAX;
}

static void say_areas_beyond_the_end(unsigned long request, void *answer)
{
	struct vfio_region_info *info = bar0(request, answer);
	struct vfio_region_info_cap_sparse_mmap *cap = (void *)(info + 1);

	if (!info || !info->cap_offset)
		return;
	cap->areas[0].offset = UINT64_MAX - 0xfff;
	cap->areas[1].size = UINT64_MAX - 0xfff;
}

static void loop(unsigned long request, void *answer)
{
	struct vfio_region_info *info = bar0(request, answer);

	if (info && info->cap_offset)
		*(struct vfio_info_cap_header *)(info + 1) =
			(struct vfio_info_cap_header){99, 1, info->cap_offset};
}

static void say_another_index(unsigned long request, void *answer)
{
	struct vfio_region_info *info = bar0(request, answer);

	if (info)
		info->index = UINT32_MAX;
}

static void say_no_size(unsigned long request, void *answer)
{
	struct vfio_region_info *info = bar0(request, answer);

	if (info)
		info->size = 0;
}

static void say_endless_size(unsigned long request, void *answer)
{
	struct vfio_region_info *info = bar0(request, answer);

	if (info)
		info->size = UINT64_MAX;
}

static void say_too_many_ranges(unsigned long request, void *answer)
{
	struct vfio_iommu_type1_info *info = answer;

	if (request == VFIO_IOMMU_GET_INFO && info->cap_offset)
		((struct vfio_iommu_type1_info_cap_iova_range *)(info + 1))->nr_iovas = UINT32_MAX;
}

static void say_overlapping_ranges(unsigned long request, void *answer)
{
	struct vfio_iommu_type1_info *info = answer;

	if (request == VFIO_IOMMU_GET_INFO && info->cap_offset)
		((struct vfio_iommu_type1_info_cap_iova_range *)(info + 1))->iova_ranges[1].start =
			0;
}

static int map_with(void (*lie)(unsigned long request, void *answer), bool sparse)
{
	struct uvio_region region;

	card_open_asserted();
	vfio.sparse = sparse;
	vfio.lie = lie;
	return uvio_region_map(udev, 0, &region);
}

static void a_length_that_grows_for_ever_is_an_error(void)
{
	ASSERT_ERR(map_with(grow, false), -EPROTO, EDU ": VFIO_DEVICE_GET_REGION_INFO");
}

static void more_areas_than_there_is_room_for_are_an_error(void)
{
	ASSERT_ERR(map_with(say_too_many_areas, true), -EPROTO, "list of areas is not valid");
}

static void areas_beyond_the_end_are_not_mapped(void)
{
	struct uvio_region region;

	ASSERT_OK(map_with(say_areas_beyond_the_end, true));
	ASSERT_OK(uvio_region_map(udev, 0, &region));
	ASSERT_EQ(region.direct, 0);
	ASSERT_EQ(uvio_read32(&region, 0), 0x010000ed);
}

/* What the kernel then does not map goes by calls. */
static void a_chain_that_loops_ends(void)
{
	struct uvio_region region;

	ASSERT_OK(map_with(loop, true));
	ASSERT_OK(uvio_region_map(udev, 0, &region));
	ASSERT(!region.base && !region.direct && !(region.flags & UVIO_REGION_MMAP));
	ASSERT_EQ(uvio_read32(&region, 0), 0x010000ed);
}

static void an_answer_for_another_region_does_no_harm(void)
{
	ASSERT_OK(map_with(say_another_index, false));
}

static void a_region_of_size_0_is_none(void)
{
	ASSERT_ERR(map_with(say_no_size, false), -ENOENT, "the card has no BAR0");
}

static void a_region_without_end_cannot_be_mapped(void)
{
	ASSERT_ERR(map_with(say_endless_size, false), -EINVAL, EDU ": cannot map BAR0");
}

static void more_ranges_than_there_is_room_for_are_an_error(void)
{
	vfio.lie = say_too_many_ranges;
	ASSERT_ERR(card_open(), -EPROTO, "list of IOVA ranges is not valid");
}

static void ranges_that_overlap_are_an_error(void)
{
	vfio.lie = say_overlapping_ranges;
	ASSERT_ERR(card_open(), -EPROTO, "list of IOVA ranges is not valid");
}

/* After each lie everything is given back, and the truth serves. */
static void end_of_lie(void)
{
	char left[256];

	card_close();
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
	sim_vfio_reset();
	ASSERT_STR(usable() ? uvio_last_error() : "", "");
	teardown();
}

static CU_TestInfo failing[] = {
	TEST(find_fails_cleanly_at_every_call),
	TEST(list_fails_cleanly_at_every_call),
	TEST_FOR("vfio 91 and 95", open_fails_cleanly_at_every_call),
	TEST(open_on_any_backend_fails_cleanly_at_every_call),
	TEST(region_info_fails_cleanly_at_every_call),
	TEST(region_map_fails_cleanly_at_every_call),
	TEST(region_map_of_config_fails_cleanly_at_every_call),
	TEST(a_read_fails_cleanly_at_every_call),
	TEST(a_write_fails_cleanly_at_every_call),
	TEST(irq_enable_fails_cleanly_at_every_call),
	TEST(irq_enable_of_msi_fails_cleanly_at_every_call),
	TEST(irq_wait_fails_cleanly_at_every_call),
	TEST(irq_wait_asleep_fails_cleanly_at_every_call),
	TEST(irq_wait_in_vain_fails_cleanly_at_every_call),
	TEST(irq_cancel_fails_cleanly_at_every_call),
	TEST(irq_consume_fails_cleanly_at_every_call),
	TEST(irq_ack_fails_cleanly_at_every_call),
	TEST(irq_disable_fails_cleanly_at_every_call),
	TEST(irq_enable_of_a_range_fails_cleanly_at_every_call),
	TEST(irq_grow_fails_cleanly_at_every_call),
	TEST(irq_grow_with_a_gap_fails_cleanly_at_every_call),
	TEST(event_wait_fails_cleanly_at_every_call),
	TEST(event_wait_in_vain_fails_cleanly_at_every_call),
	TEST(event_fd_fails_cleanly_at_every_call),
	TEST_FOR("vfio 51", dma_map_fails_cleanly_at_every_call),
	TEST(dma_unmap_fails_cleanly_at_every_call),
	TEST(dma_alloc_fails_cleanly_at_every_call),
	TEST(dma_free_fails_cleanly_at_every_call),
	TEST(dma_alloc_scattered_fails_cleanly_at_every_call),
	TEST(dma_verify_fails_cleanly_at_every_call),
	TEST(bus_master_on_fails_cleanly_at_every_call),
	TEST(bus_master_off_fails_cleanly_at_every_call),
	TEST(reset_fails_cleanly_at_every_call),
	TEST(hot_reset_fails_cleanly_at_every_call),
	TEST(what_a_hot_reset_affects_fails_cleanly_at_every_call),
	TEST(low_power_on_fails_cleanly_at_every_call),
	TEST(low_power_off_fails_cleanly_at_every_call),
	TEST(vf_token_set_fails_cleanly_at_every_call),
	TEST(region_find_fails_cleanly_at_every_call),
	TEST(region_map_around_msix_fails_cleanly_at_every_call),
	TEST(alive_fails_cleanly_at_every_call),
	TEST(close_cleans_up_whatever_fails),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo lies[] = {
	TEST(another_version_of_vfio_is_refused),
	TEST_FOR("vfio 36", a_kernel_without_type1v2_is_refused),
	TEST_FOR("vfio 21", a_group_that_is_not_viable_is_refused),
	TEST(what_is_no_pci_device_is_refused),
	TEST(a_card_that_reads_all_ones_is_refused),
	TEST(a_card_without_regions_is_refused),
	TEST_FOR("vfio 41", without_ranges_the_usual_ones_serve),
	TEST(without_an_unmasking_eventfd_the_ioctl_serves),
	TEST_FOR("vfio 45", a_full_table_is_told_with_its_limit),
	TEST_FOR("vfio 2", a_hole_is_reached_by_calls),
	TEST_FOR("vfio 55", registers_can_do_without_a_mapping),
	TEST(a_length_that_grows_for_ever_is_an_error),
	TEST(more_areas_than_there_is_room_for_are_an_error),
	TEST(areas_beyond_the_end_are_not_mapped),
	TEST_FOR("vfio 3", a_chain_that_loops_ends),
	TEST(an_answer_for_another_region_does_no_harm),
	TEST(a_region_of_size_0_is_none),
	TEST(a_region_without_end_cannot_be_mapped),
	TEST(ranges_that_overlap_are_an_error),
	TEST(more_ranges_than_there_is_room_for_are_an_error),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"vfio", NULL, NULL, setup, teardown, failing},
	{"vfio that lies", NULL, NULL, setup, end_of_lie, lies},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	int rc = test_main(suites);

	inject_print_total();
	return rc;
}
