/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <uvio/dma.h>
#include <uvio/domain.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "harness.h"
#include "inject_ops.h"
#include "sim_iommufd.h"

static void fresh(void)
{
	card_close();
	inject_reset(card.tree->root);
	sim_iommufd_reset(card.tree);
}

static void fresh_with_token(void)
{
	fresh();
	vfio.vf_token = card.options.vf_token = "12345678-9abc-def0-1234-56789abcdef0";
}

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
	sim = &sim_iommufd;
	card = (struct card){
		.tree = tree_new("edu-vfio"),
		.options = {.backend = "vfio/cdev"},
		.raise = sim_vfio_raise,
		.command = sim_vfio_command,
	};
	fresh();
}

static void teardown(void)
{
	card_discard();
}

CASE(open_fails_cleanly_at_every_call, op_open)
CASE(open_on_any_backend_fails_cleanly_at_every_call, op_open_any)
CASE(irq_enable_fails_cleanly_at_every_call, op_irq_enable)
CASE(dma_map_fails_cleanly_at_every_call, op_dma_map)
CASE(dma_unmap_fails_cleanly_at_every_call, op_dma_unmap)
CASE(dma_alloc_fails_cleanly_at_every_call, op_dma_alloc)
CASE(dma_free_fails_cleanly_at_every_call, op_dma_free)
CASE(reset_fails_cleanly_at_every_call, op_reset)
CASE(hot_reset_fails_cleanly_at_every_call, op_hot_reset)
CASE(close_cleans_up_whatever_fails, op_close)

#define UUID "12345678-9abc-def0-1234-56789abcdef0"

static void open_with_a_token_fails_cleanly_at_every_call(void)
{
	const struct scene with_token = {
		.object = EDU ": ",
		.fresh = fresh_with_token,
		.close = card_close,
		.gone = card_gone,
		.usable = usable,
	};

	inject_everywhere(&with_token, &op_open);
}

static void a_token_chooses_the_group(void)
{
	vfio.vf_token = card.options.vf_token = UUID;
	card.options.backend = "vfio";
	card_open_asserted();
	ASSERT_STR(uvio_udev_transport(udev), "group");
}

static void a_wrong_token_is_told(void)
{
	vfio.vf_token = UUID;
	tree_change(card.tree, "file " EDU_FOLDER "/sriov_totalvfs 2\\n");
	ASSERT_ERR(card_open(), -EACCES, "requires a VF token");
	card.options.vf_token = "00000000-0000-0000-0000-000000000000";
	ASSERT_ERR(card_open(), -EACCES, "differs from that of the other functions");
}

static void a_kernel_that_takes_no_token_is_told(void)
{
	tree_change(card.tree, "file " EDU_FOLDER "/sriov_totalvfs 2\\n");
	iommufd.no_tokens = true;
	card.options.vf_token = UUID;
	ASSERT_ERR(card_open(), -EINVAL, "the kernel is older than 6.17");
	card.options.vf_token = NULL;
	ASSERT_OK(card_open());
}

static void a_neighbour_that_is_not_ours_is_in_the_way(void)
{
	struct uvio_affected affected[2];

	tree_change(card.tree, "link sys/bus/pci/devices/0000:00:05.0/driver ../drivers/vfio-pci");
	vfio.affected[1] = (struct vfio_pci_dependent_device){UINT32_MAX, 0, 0, 5 << 3};
	vfio.affected_count = 2;
	vfio.hot_reset_error = -EINVAL;
	card_open_asserted();
	ASSERT_EQ(uvio_udev_hot_reset_affects(udev, affected, 2), 2);
	ASSERT_EQ(affected[1].flags, UVIO_AFFECTED_BLOCKS);
	ASSERT_ERR(uvio_udev_hot_reset(udev), -EBUSY, "0000:00:05.0 (vfio-pci, group -1)");
}

static void cdev_is_chosen_where_it_is(void)
{
	card.options.backend = "vfio";
	card_open_asserted();
	ASSERT_STR(uvio_udev_transport(udev), "cdev");
}

static void without_iommufd_the_group_serves(void)
{
	tree_change(card.tree, "remove dev/iommu");
	card.options.backend = "vfio";
	card_open_asserted();
	ASSERT_STR(uvio_udev_transport(udev), "group");
}

static void the_folder_alone_is_no_node(void)
{
	tree_change(card.tree, "remove sys/bus/pci/devices/" EDU "/vfio-dev/vfio0/dev");
	ASSERT_ERR(card_open(), -ENOENT,
		"this kernel makes no VFIO nodes for devices (CONFIG_VFIO_DEVICE_CDEV, since Linux "
		"6.6); use vfio/group");
}

static void without_iommufd_it_is_told(void)
{
	tree_change(card.tree, "remove dev/iommu");
	ASSERT_ERR(card_open(), -ENOENT, "/dev/iommu does not exist; modprobe iommufd");
}

static void many_ranges_are_read(void)
{
	iommufd.ranges = 100;
	ASSERT_STR(usable() ? usable() : "", "");
}

static void ranges_that_grow_for_ever_are_an_error(void)
{
	iommufd.ranges = 17;
	iommufd.growth = 1;
	ASSERT_ERR(card_open(), -EPROTO, "list of IOVA ranges is not valid");
}

static void too_many_ranges_are_an_error(void)
{
	iommufd.ranges = 1000000;
	ASSERT_ERR(card_open(), -EPROTO, "list of IOVA ranges is not valid");
}

static void a_larger_alignment_is_kept_to(void)
{
	struct uvio_dma_segment segment;

	iommufd.alignment = 65536;
	card_open_asserted();
	ASSERT_ERR(uvio_dma_map(udev, card_memory(), 4096, 0, &segment, 1), -EINVAL,
		"the IOMMU maps pages of 0x10000 bytes");
}

static void less_unmapped_than_asked_for_is_an_error(void)
{
	struct uvio_dma_segment segment;

	card_open_asserted();
	ASSERT_EQ(uvio_dma_map(udev, card_memory(), 4096, 0, &segment, 1), 1);
	iommufd.unmapped_off = 4096;
	ASSERT_ERR(uvio_dma_unmap(udev, card_memory(), 4096), -EIO, "did not unmap 0x1000 bytes");
	iommufd.unmapped_off = 0;
}

static void one_that_another_program_has_is_told(void)
{
	iommufd.bound = true;
	ASSERT_ERR(card_open(), -EINVAL, "another program has the device open");
}

/* The address space is the domain's: it is allocated once, and keeps what is mapped. */
static void mappings_that_the_iommu_cannot_have_are_told(void)
{
	unsigned int call = 0;

	inject_begin_counting();
	card_open_asserted();
	inject_end();
	while (call < inject_count() && !strstr(inject_call(call)->what, "ATTACH"))
		call++;
	ASSERT(call < inject_count());
	fresh();
	inject_begin(call, -EADDRINUSE);
	ASSERT_ERR(card_open(), -EBUSY,
		EDU
		": the domain has memory at an IOVA that the IOMMU does not map for this device");
	inject_end();
}

static void a_domain_keeps_its_address_space(void)
{
	struct uvio_domain *domain;
	struct uvio_dma dma;

	ASSERT_OK(uvio_domain_new(card.tree->ctx, &domain));
	card.options.domain = domain;
	card_open_asserted();
	ASSERT_OK(uvio_dma_alloc(udev, 4096, 0, &dma));
	card_close();
	ASSERT_EQ(vfio.entry_count, 1);
	card_open_asserted();
	ASSERT_EQ(iommufd.spaces, 1);
	ASSERT_OK(uvio_dma_free(udev, &dma));
	ASSERT_EQ(vfio.entry_count, 0);
	card_close();
	ASSERT_OK(uvio_domain_free(domain));
	ASSERT_EQ(iommufd.iommu, -1);
}

static void end_of_lie(void)
{
	char left[256];

	card_close();
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
	teardown();
}

static CU_TestInfo failing[] = {
	TEST(open_fails_cleanly_at_every_call),
	TEST(open_on_any_backend_fails_cleanly_at_every_call),
	TEST(irq_enable_fails_cleanly_at_every_call),
	TEST(dma_map_fails_cleanly_at_every_call),
	TEST(dma_unmap_fails_cleanly_at_every_call),
	TEST(dma_alloc_fails_cleanly_at_every_call),
	TEST(dma_free_fails_cleanly_at_every_call),
	TEST(reset_fails_cleanly_at_every_call),
	TEST(hot_reset_fails_cleanly_at_every_call),
	TEST(open_with_a_token_fails_cleanly_at_every_call),
	TEST(close_cleans_up_whatever_fails),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo ways[] = {
	{"a token chooses the group (vfio 26)", a_token_chooses_the_group},
	{"a wrong token is told (vfio 26)", a_wrong_token_is_told},
	{"a kernel that takes no token is told (vfio 26)", a_kernel_that_takes_no_token_is_told},
	{"a neighbour that is not ours is in the way (vfio 81)",
		a_neighbour_that_is_not_ours_is_in_the_way},
	TEST(cdev_is_chosen_where_it_is),
	TEST(without_iommufd_the_group_serves),
	TEST_FOR("vfio 24", the_folder_alone_is_no_node),
	TEST(without_iommufd_it_is_told),
	TEST(many_ranges_are_read),
	TEST(ranges_that_grow_for_ever_are_an_error),
	TEST(too_many_ranges_are_an_error),
	TEST_FOR("vfio 31", a_larger_alignment_is_kept_to),
	TEST_FOR("vfio 36", less_unmapped_than_asked_for_is_an_error),
	TEST_FOR("vfio 24", one_that_another_program_has_is_told),
	TEST(mappings_that_the_iommu_cannot_have_are_told),
	TEST(a_domain_keeps_its_address_space),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"cdev", NULL, NULL, setup, teardown, failing},
	{"cdev and its kernel", NULL, NULL, setup, end_of_lie, ways},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	int rc = test_main(suites);

	inject_print_total();
	return rc;
}
