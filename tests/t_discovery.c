/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/device.h>
#include <uvio/error.h>

#include "harness.h"
#include "base/sysfs.h"
#include "device/device.h"
#include "tree.h"

static struct tree *tree;
static struct uvio_device *device;
static const struct uvio_device_info *info;

static void find(const char *tree_name, const char *address)
{
	tree = tree_new(tree_name);
	ASSERT_OK(uvio_device_find(tree->ctx, address, &device));
	info = uvio_device_info(device);
}

static void teardown(void)
{
	uvio_device_free(device);
	device = NULL;
	tree_free(tree);
	tree = NULL;
}

/* The addresses of the list, with a blank behind each. */
static void list_is(const char *want)
{
	struct uvio_device **list;
	char have[1024] = "";
	int count = uvio_device_list(tree->ctx, &list);

	ASSERT(count >= 0);
	for (int i = 0; i < count; i++) {
		strcat(have, uvio_device_info(list[i])->address);
		strcat(have, " ");
	}
	uvio_device_list_free(list, count);
	ASSERT_STR(have, want);
}

/* Blanks and line ends among them, which a text has at its end. */
static void bytes_are_read_as_they_are(void)
{
	uint8_t bytes[4] = {0};
	char text[4];

	tree = tree_new("edu-unbound");
	tree_change(tree, "hex sys/bytes 00200a20");
	ASSERT_EQ(uvio_sysfs_read_bytes(tree->ctx, bytes, 4, "bytes"), 4);
	ASSERT(!memcmp(bytes, "\0 \n ", 4));
	ASSERT_EQ(uvio_sysfs_read_bytes(tree->ctx, bytes, 2, "bytes"), 2);
	ASSERT_EQ(uvio_sysfs_read_bytes(tree->ctx, bytes, 4, "none"), -ENOENT);
	tree_change(tree, "file sys/text a \\n \\n");
	ASSERT_EQ(uvio_sysfs_read(tree->ctx, text, 4, "text"), 1);
	ASSERT_STR(text, "a");
}

static void the_facts_of_a_card_are_those_of_the_kernel(void)
{
	find("edu-unbound", "00:04.0");
	ASSERT_STR(info->address, EDU);
	ASSERT(info->pci && !info->bridge);
	ASSERT_EQ(info->vendor, 0x1234);
	ASSERT_EQ(info->device, 0x11e8);
	ASSERT_EQ(info->subvendor, 0x1af4);
	ASSERT_EQ(info->subdevice, 0x1100);
	ASSERT_EQ(info->class_code, 0x00ff00);
	ASSERT_EQ(info->revision, 0x10);
	ASSERT(!info->uio && !info->uio_name);
}

static void a_card_without_driver_has_none(void)
{
	find("edu-unbound", EDU);
	ASSERT(!info->driver);
	ASSERT(!info->uio);
}

static void a_card_on_uio_has_its_node(void)
{
	find("edu-uio", EDU);
	ASSERT_STR(info->driver, "uio_pci_generic");
	ASSERT_STR(info->uio, "uio0");
	ASSERT_STR(info->uio_name, "uio_pci_generic");
}

static void a_card_on_vfio_has_its_driver_and_no_node_of_uio(void)
{
	find("edu-vfio", EDU);
	ASSERT_STR(info->driver, "vfio-pci");
	ASSERT(!info->uio);
}

static void a_card_is_found_by_its_uio_device(void)
{
	find("edu-uio", "/dev/uio0");
	ASSERT_STR(info->address, EDU);
	ASSERT_EQ(info->vendor, 0x1234);
}

static void bars_have_start_and_size(void)
{
	find("edu-unbound", EDU);
	ASSERT_EQ(info->bars[0]->size, 0x100000);
	ASSERT_EQ(info->bars[0]->start & 0xfffff, 0);
	ASSERT(!info->bars[0]->io && !info->bars[0]->is_64bit && !info->bars[0]->prefetchable);
	for (int i = 1; i < 6; i++)
		ASSERT_EQ(info->bars[i]->size, 0);
}

static void bars_of_every_kind_are_told_apart(void)
{
	find("uio-bars", EDU);
	ASSERT_EQ(info->bars[0]->start, 0xfea00100);
	ASSERT_EQ(info->bars[0]->size, 0x100);
	ASSERT(info->bars[1]->io);
	ASSERT_EQ(info->bars[1]->start, 0xc040);
	ASSERT_EQ(info->bars[1]->size, 0x20);
	ASSERT(info->bars[2]->is_64bit && info->bars[2]->prefetchable);
	ASSERT_EQ(info->bars[2]->start, 0x380000000000);
	ASSERT_EQ(info->bars[2]->size, 0x100000);
	ASSERT(!info->bars[0]->is_64bit && !info->bars[0]->prefetchable && !info->bars[0]->io);
	ASSERT(!info->bars[1]->is_64bit && !info->bars[1]->prefetchable);
	ASSERT_EQ(info->bars[3]->size, 0);
	ASSERT_EQ(info->bars[5]->size, 0x400);
	for (int i = 0; i < UVIO_BARS; i++)
		ASSERT(!info->bars[i]->unassigned);
}

/* From net-up: ports, an expansion ROM behind the sixth line; from nvme: 64 bits, no prefetch. */
static void bars_of_real_cards_are_as_captured(void)
{
	find("net-up", "00:0b.0");
	ASSERT(info->bars[2]->io && !info->bars[2]->is_64bit);
	ASSERT_EQ(info->bars[2]->start, 0xc040);
	ASSERT_EQ(info->bars[3]->size, 0x4000);
	ASSERT_EQ(info->bars[4]->size + info->bars[5]->size, 0);
	teardown();
	find("nvme-mounted", "00:0a.0");
	ASSERT(info->bars[0]->is_64bit && !info->bars[0]->prefetchable);
	ASSERT_EQ(info->bars[0]->size, 0x4000);
	ASSERT_EQ(info->bars[1]->size, 0);
}

static void a_bar_without_an_address_says_so(void)
{
	tree = tree_new("edu-unbound");
	tree_change(tree, "file " EDU_FOLDER
			  "/resource 0x0000000000000000 0x00000000000fffff 0x0000000020040200\\n");
	ASSERT_OK(uvio_device_find(tree->ctx, EDU, &device));
	info = uvio_device_info(device);
	ASSERT_EQ(info->bars[0]->size, 0x100000);
	ASSERT(info->bars[0]->unassigned);
	ASSERT(!info->bars[1]->size && !info->bars[1]->unassigned);
}

static void a_group_has_its_number_type_and_only_member(void)
{
	find("edu-vfio", EDU);
	ASSERT_EQ(info->iommu_group, 1);
	ASSERT_STR(info->iommu_type, "identity");
	ASSERT_EQ(info->member_count, 1);
	ASSERT_STR(info->members[0]->address, EDU);
	ASSERT_STR(info->members[0]->driver, "vfio-pci");
	ASSERT(!info->members[0]->blocks);
}

static void a_group_that_translates_says_so(void)
{
	find("edu-uio-dma-fq", EDU);
	ASSERT_STR(info->iommu_type, "DMA-FQ");
}

static void without_an_iommu_there_is_no_group(void)
{
	find("edu-uio-no-iommu", EDU);
	ASSERT_EQ(info->iommu_group, -1);
	ASSERT(!info->iommu_type);
	ASSERT_EQ(info->member_count, 0);
}

static void members_with_a_kernel_driver_block(void)
{
	find("group-blocked", EDU);
	ASSERT_EQ(info->member_count, 4);
	ASSERT_STR(info->members[1]->address, "0000:00:05.0");
	ASSERT_STR(info->members[1]->driver, "e1000e");
	ASSERT(info->members[1]->blocks);
	ASSERT_STR(info->members[2]->driver, "pcieport");
	ASSERT(!info->members[2]->blocks);
	ASSERT(info->members[3]->blocks);
}

static void ports_stubs_and_unbound_members_do_not_block(void)
{
	find("group-shared", EDU);
	ASSERT_EQ(info->member_count, 5);
	for (size_t i = 0; i < info->member_count; i++)
		ASSERT(!info->members[i]->blocks);
	ASSERT(!info->members[2]->driver);
}

static void a_device_of_another_bus_has_a_name_and_no_ids(void)
{
	find("platform", "uio1");
	ASSERT_STR(info->address, "uio1");
	ASSERT(!info->pci && !info->bridge);
	ASSERT_STR(info->uio_name, "fieldbus");
	ASSERT_STR(info->driver, "uio_pdrv_genirq");
	ASSERT_STR(info->uio, "uio1");
	ASSERT_EQ(info->vendor, 0);
	ASSERT_EQ(info->iommu_group, -1);
}

static void a_bridge_is_marked(void)
{
	find("bridge", "00:05.0");
	ASSERT(info->bridge);
	ASSERT_EQ(info->class_code, 0x060400);
}

static void a_disk_is_no_bridge(void)
{
	find("nvme-mounted", "00:0a.0");
	ASSERT(!info->bridge);
	ASSERT_EQ(info->class_code, 0x010802);
	ASSERT_STR(info->driver, "nvme");
}

static void a_missing_card_is_named(void)
{
	tree = tree_new("edu-unbound");
	ASSERT_ERR(uvio_device_find(tree->ctx, "0000:00:1e.0", &device), -ENODEV,
		"0000:00:1e.0: no such PCI device; lspci -D or uvio list --all shows");
}

static void a_missing_uio_device_is_named(void)
{
	tree = tree_new("edu-unbound");
	ASSERT_ERR(
		uvio_device_find(tree->ctx, "uio3", &device), -ENODEV, "uio3: no such UIO device");
}

static void a_wrong_address_is_refused(void)
{
	tree = tree_new("edu-unbound");
	ASSERT_ERR(uvio_device_find(tree->ctx, "eth0", &device), -EINVAL, "eth0: not an address");
}

/* The folder is there and a file in it is not: what a scan meets while a card is pulled. */
static void a_card_that_cannot_be_read_says_so(void)
{
	tree = tree_new("edu-unbound");
	tree_change(tree, "remove " EDU_FOLDER "/vendor");
	ASSERT_ERR(uvio_device_find(tree->ctx, EDU, &device), -EIO, EDU ": cannot be read: ");
	ASSERT_HAS(uvio_last_error(), "/" EDU "/vendor: No such file or directory");
	tree_change(tree, "file " EDU_FOLDER "/vendor 0x1234\\n");
	tree_change(tree, "remove " EDU_FOLDER "/resource");
	ASSERT_ERR(uvio_device_find(tree->ctx, EDU, &device), -EIO, EDU ": cannot be read: ");
	ASSERT_HAS(uvio_last_error(), "/" EDU "/resource: No such file or directory");
}

static void a_file_without_a_number_is_named(void)
{
	tree = tree_new("edu-unbound");
	tree_change(tree, "file " EDU_FOLDER "/class hello\\n");
	ASSERT_ERR(uvio_device_find(tree->ctx, EDU, &device), -EIO, EDU ": cannot be read: ");
	ASSERT_HAS(uvio_last_error(), "/" EDU "/class contains no number");
}

/* Before Linux 4.10. */
static void an_old_kernel_does_not_tell_the_revision(void)
{
	tree = tree_new("edu-unbound");
	tree_change(tree, "remove " EDU_FOLDER "/revision");
	ASSERT_OK(uvio_device_find(tree->ctx, EDU, &device));
	ASSERT_EQ(uvio_device_info(device)->revision, 0);
	ASSERT_EQ(uvio_device_info(device)->class_code, 0x00ff00);
}

static void an_empty_machine_lists_nothing(void)
{
	tree = tree_new("empty");
	list_is("");
}

static void without_sysfs_no_device_is_said_to_be_absent(void)
{
	static const char why[] = "no device can be seen: ";
	struct uvio_device **list;

	tree = tree_new("empty");
	tree_change(tree, "remove sys/bus");
	ASSERT_ERR(uvio_device_list(tree->ctx, &list), -ENODEV, why);
	ASSERT_ERR(uvio_device_find(tree->ctx, EDU, &device), -ENODEV, why);
	ASSERT_ERR(uvio_device_find(tree->ctx, "uio0", &device), -ENODEV, why);
	ASSERT_HAS(uvio_last_error(), "perhaps sysfs is not mounted");
}

static void a_machine_without_pci_lists_its_uio_devices(void)
{
	tree = tree_new("platform");
	tree_change(tree, "remove sys/bus/pci");
	list_is("uio1 ");
}

static void a_card_on_uio_is_listed_once(void)
{
	tree = tree_new("edu-uio");
	list_is(EDU " ");
}

static void the_list_is_in_order_of_address(void)
{
	tree = tree_new("same-name");
	list_is(EDU " uio2 uio10 ");
}

static void a_whole_machine_is_listed(void)
{
	tree = tree_new("machine");
	list_is("0000:00:00.0 " EDU " 0000:00:1f.0 0000:00:1f.2 0000:00:1f.3 ");
}

static void a_card_that_vanishes_is_left_out_of_the_list(void)
{
	static const char *const files[] = {"vendor", "device", "class", "resource", "config"};

	tree = tree_new("machine");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		tree_change(tree, "remove " EDU_FOLDER "/%s", files[i]);
	list_is("0000:00:00.0 0000:00:1f.0 0000:00:1f.2 0000:00:1f.3 ");
}

static void a_link_to_nowhere_is_left_out_of_the_list(void)
{
	tree = tree_new("machine");
	tree_change(tree, "remove " EDU_FOLDER);
	list_is("0000:00:00.0 0000:00:1f.0 0000:00:1f.2 0000:00:1f.3 ");
}

static void a_file_that_holds_nonsense_takes_no_other_card_along(void)
{
	tree = tree_new("machine");
	tree_change(tree, "file " EDU_FOLDER "/vendor hello\\n");
	list_is("0000:00:00.0 0000:00:1f.0 0000:00:1f.2 0000:00:1f.3 ");
}

static void freeing_nothing_is_allowed(void)
{
	uvio_device_free(NULL);
	uvio_device_list_free(NULL, 0);
}

static CU_TestInfo finding[] = {
	TEST(bytes_are_read_as_they_are),
	TEST(the_facts_of_a_card_are_those_of_the_kernel),
	TEST(a_card_without_driver_has_none),
	TEST(a_card_on_uio_has_its_node),
	TEST(a_card_on_vfio_has_its_driver_and_no_node_of_uio),
	TEST_FOR("uio 3.37", a_card_is_found_by_its_uio_device),
	TEST(bars_have_start_and_size),
	TEST(bars_of_every_kind_are_told_apart),
	TEST(bars_of_real_cards_are_as_captured),
	TEST(a_bar_without_an_address_says_so),
	TEST(a_file_without_a_number_is_named),
	TEST(an_old_kernel_does_not_tell_the_revision),
	TEST(a_device_of_another_bus_has_a_name_and_no_ids),
	TEST(a_bridge_is_marked),
	TEST(a_disk_is_no_bridge),
	TEST(a_missing_card_is_named),
	TEST(a_missing_uio_device_is_named),
	TEST(a_wrong_address_is_refused),
	TEST(a_card_that_cannot_be_read_says_so),
	TEST(freeing_nothing_is_allowed),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo groups[] = {
	TEST(a_group_has_its_number_type_and_only_member),
	TEST(a_group_that_translates_says_so),
	TEST(without_an_iommu_there_is_no_group),
	TEST(members_with_a_kernel_driver_block),
	TEST_FOR("vfio 22", ports_stubs_and_unbound_members_do_not_block),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo listing[] = {
	TEST(an_empty_machine_lists_nothing),
	TEST(without_sysfs_no_device_is_said_to_be_absent),
	TEST(a_machine_without_pci_lists_its_uio_devices),
	TEST(a_card_on_uio_is_listed_once),
	TEST(the_list_is_in_order_of_address),
	TEST(a_whole_machine_is_listed),
	TEST(a_card_that_vanishes_is_left_out_of_the_list),
	TEST(a_link_to_nowhere_is_left_out_of_the_list),
	TEST(a_file_that_holds_nonsense_takes_no_other_card_along),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"find", NULL, NULL, NULL, teardown, finding},
	{"group", NULL, NULL, NULL, teardown, groups},
	{"list", NULL, NULL, NULL, teardown, listing},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
