/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Whether a disk of a device is in use: to know it, no disk is opened. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "harness.h"
#include <uvio/device.h>

#include "base/address.h"
#include "device/device.h"
#include "owner/inuse.h"
#include "tree.h"

#define NVME "0000:00:0a.0"

static struct tree *tree;
static unsigned int disks_opened;
static bool disk_is_held;

static void begin(const char *name)
{
	tree = tree_new(name);
	disks_opened = 0;
}

static void teardown(void)
{
	disk_is_held = false;
	tree_free(tree);
	tree = NULL;
}

/* For who is about to take it away. */
static int strict_answer(void)
{
	struct uvio_address address;

	ASSERT_OK(uvio_address_resolve(tree->ctx, NVME, &address));
	return uvio_in_use(tree->ctx, &address);
}

static int answer(void)
{
	struct uvio_device *device;
	int rc;

	ASSERT_OK(uvio_device_find(tree->ctx, NVME, &device));
	rc = uvio_device_in_use(tree->ctx, device);
	uvio_device_free(device);
	return rc;
}

static void is_busy(const char *text)
{
	ASSERT_ERR(strict_answer(), -EBUSY, text);
	ASSERT_ERR(answer(), -EBUSY, text);
}

int __real_uvio_sys_open(const char *path, int flags);
int __wrap_uvio_sys_open(const char *path, int flags);

int __wrap_uvio_sys_open(const char *path, int flags)
{
	const char *name = strstr(path, "/dev/nvme");

	disks_opened += name != NULL;
	return name && flags & O_EXCL && disk_is_held ? -EBUSY : __real_uvio_sys_open(path, flags);
}

/* An exclusive open would make a mount fail at that moment. */
static void who_only_wants_to_know_opens_no_disk(void)
{
	begin("nvme-free");
	tree_change(tree, "file dev/nvme0n1");
	disk_is_held = true;
	ASSERT_OK(answer());
	ASSERT_EQ(disks_opened, 0);
	ASSERT_ERR(strict_answer(), -EBUSY, "its disk nvme0n1 is in use by the kernel");
	disk_is_held = false;
	ASSERT_OK(strict_answer());
}

static void a_disk_of_a_file_system_on_several_is_in_use(void)
{
	begin("nvme-free");
	tree_change(tree, "dir sys/fs/btrfs/features");
	ASSERT_OK(answer());
	ASSERT_OK(strict_answer());
	tree_change(tree,
		"link sys/fs/btrfs/5a3e/devices/nvme0n1 ../../../../devices/pci0000:00/" NVME
		"/nvme/nvme0/nvme0n1");
	is_busy("its disk nvme0n1 is in use by the kernel; stop that use first");
}

static void what_is_made_of_a_disk_has_it_in_use(void)
{
	begin("nvme-raid");
	tree_change(tree, "remove proc/self/mountinfo");
	tree_change(tree, "file proc/self/mountinfo");
	is_busy(NVME ": md0 uses its disk (lsblk shows how); stop that first");
}

static CU_TestInfo disks[] = {
	TEST(who_only_wants_to_know_opens_no_disk),
	TEST(a_disk_of_a_file_system_on_several_is_in_use),
	TEST(what_is_made_of_a_disk_has_it_in_use),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"disks", NULL, NULL, NULL, teardown, disks},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
