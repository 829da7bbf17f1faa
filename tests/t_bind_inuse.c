/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* What is in use stays with its driver. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <uvio/bind.h>

#include "harness.h"
#include "binding.h"
#include "kernel.h"
#include "tree.h"

#define NVME "0000:00:0a.0"
#define NET "0000:00:0b.0"

static void is_in_use(const char *name, const char *address, const char *message)
{
	begin_with(name, address);
	ASSERT_ERR(uvio_bind(tree->ctx, address, "vfio"), -EBUSY, message);
	ASSERT_ERR(uvio_unbind(tree->ctx, address), -EBUSY, message);
	ASSERT_EQ(kernel.writes, 0);
}

static void a_mounted_disk_is_in_use(void)
{
	is_in_use("nvme-mounted", NVME,
		NVME ": its disk nvme0n1p1 is mounted; unmount it first (umount /dev/nvme0n1p1)");
}

/* As on a machine with many containers. */
static void a_disk_behind_many_mounts_is_in_use(void)
{
	const char *lines;
	char path[256];
	FILE *file;

	begin_with("nvme-mounted", NVME);
	lines = tree_read(tree, "proc/self/mountinfo");
	snprintf(path, sizeof(path), "%s/proc/self/mountinfo", tree->root);
	file = fopen(path, "we");
	for (int i = 0; i < 20000; i++)
		fprintf(file, "%d 1 0:77 / /var/lib/containers/%d rw - tmpfs t rw\n", i, i);
	fputs(lines, file);
	fclose(file);
	ASSERT_ERR(uvio_bind(tree->ctx, NVME, "vfio"), -EBUSY, "its disk nvme0n1p1 is mounted");
}

static void a_disk_mounted_by_a_file_system_with_numbers_of_its_own_is_in_use(void)
{
	is_in_use("nvme-btrfs", NVME, "its disk nvme0n1p1 is mounted");
}

static void a_disk_that_is_swap_is_in_use(void)
{
	is_in_use("nvme-swap", NVME,
		NVME ": its disk nvme0n1p1 is swap space; swapoff /dev/nvme0n1p1 first");
}

static void a_disk_of_a_mounted_raid_is_in_use(void)
{
	is_in_use("nvme-raid", NVME, "its disk md0 is mounted");
}

static void a_stick_behind_a_usb_controller_is_in_use(void)
{
	is_in_use("usb-mounted", EDU, "its disk sda1 is mounted");
}

static void an_interface_that_is_up_is_in_use(void)
{
	is_in_use("net-up", NET,
		NET ": network interface eth0 is up; take it down first (ip link set eth0 down)");
}

static void a_disk_that_is_free_is_bound(void)
{
	begin_with("nvme-free", NVME);
	ASSERT_OK(uvio_bind(tree->ctx, NVME, "vfio"));
	ASSERT_STR(tree_link(tree, "sys/devices/pci0000:00/" NVME "/driver"), "vfio-pci");
}

static void an_interface_that_is_down_is_bound(void)
{
	begin_with("net-down", NET);
	ASSERT_OK(uvio_bind(tree->ctx, NET, "vfio"));
	ASSERT_STR(tree_link(tree, "sys/devices/pci0000:00/" NET "/driver"), "vfio-pci");
}

static void a_card_with_virtual_functions_is_in_use(void)
{
	begin("edu-uio");
	tree_change(tree, "file " EDU_FOLDER "/sriov_numvfs 4\\n");
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EBUSY,
		EDU ": it has 4 virtual functions, which would be removed; echo 0 > ");
	ASSERT_ERR(uvio_unbind(tree->ctx, EDU), -EBUSY, "/sriov_numvfs first");
	ASSERT_EQ(kernel.writes, 0);
	tree_change(tree, "file " EDU_FOLDER "/sriov_numvfs 0\\n");
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
}

/* Else it would be lost, and the virtual functions with their drivers. */
static void what_cannot_be_read_is_not_changed(void)
{
	begin("edu-uio");
	tree_change(tree, "dir " EDU_FOLDER "/sriov_numvfs");
	ASSERT_ERR(
		uvio_bind(tree->ctx, EDU, "vfio"), -EISDIR, EDU ": cannot read its sriov_numvfs");
	tree_change(tree, "remove " EDU_FOLDER "/sriov_numvfs");
	tree_change(tree, "remove " EDU_FOLDER "/driver_override");
	tree_change(tree, "dir " EDU_FOLDER "/driver_override");
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EISDIR,
		EDU ": cannot read its driver_override: Is a directory");
	ASSERT_EQ(kernel.writes, 0);
}

static void a_card_that_is_open_is_not_bound(void)
{
	int fd;

	begin("edu-uio");
	fd = lock_it();
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EBUSY,
		EDU ": already open in another process, or that process is changing its driver; "
		    "end that process first");
	ASSERT_ERR(uvio_unbind(tree->ctx, EDU), -EBUSY, "already open");
	ASSERT_EQ(kernel.writes, 0);
	close(fd);
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
}

/* It does not know of the lock, and its node is not opened to find out. */
static void another_program_with_the_node_open_is_named(void)
{
	begin("edu-uio");
	tree_change(tree, "link proc/4711/fd/3 /dev/null");
	tree_change(tree, "link proc/4711/fd/5 %s/dev/uio0", tree->root);
	tree_change(tree, "file proc/4711/comm oldtool\\n");
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EBUSY,
		"uio0 is open in process 4711 (oldtool); end that process first");
	ASSERT_ERR(uvio_unbind(tree->ctx, EDU), -EBUSY, "is open in process 4711");
	ASSERT_EQ(kernel.writes, 0);
}

static void the_process_that_has_it_open_is_named(void)
{
	struct stat st;
	int fd;

	begin("edu-uio");
	fd = lock_it();
	ASSERT_EQ(fstat(fd, &st), 0);
	tree_change(tree,
		"file proc/locks 1: POSIX  ADVISORY  WRITE 1 00:15:%llu 0 EOF\\n"
		"2: FLOCK  ADVISORY  WRITE 1 77:77:%llu 0 EOF\\n"
		"3: FLOCK  ADVISORY  WRITE 4711 %02x:%02x:%llu 0 EOF\\n",
		(unsigned long long)st.st_ino, (unsigned long long)st.st_ino, major(st.st_dev),
		minor(st.st_dev), (unsigned long long)st.st_ino);
	tree_change(tree, "file proc/4711/comm fieldbusd\\n");
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EBUSY,
		"already open in process 4711 (fieldbusd), or that process is changing its driver; "
		"end that process first");
	close(fd);
}

static CU_TestInfo in_use[] = {
	TEST(a_mounted_disk_is_in_use),
	TEST(a_disk_behind_many_mounts_is_in_use),
	TEST(a_disk_mounted_by_a_file_system_with_numbers_of_its_own_is_in_use),
	TEST(a_disk_that_is_swap_is_in_use),
	TEST(a_disk_of_a_mounted_raid_is_in_use),
	TEST(a_stick_behind_a_usb_controller_is_in_use),
	TEST(an_interface_that_is_up_is_in_use),
	TEST_FOR("vfio 88", a_card_with_virtual_functions_is_in_use),
	TEST(what_cannot_be_read_is_not_changed),
	TEST(a_disk_that_is_free_is_bound),
	TEST(an_interface_that_is_down_is_bound),
	TEST(a_card_that_is_open_is_not_bound),
	TEST(another_program_with_the_node_open_is_named),
	TEST(the_process_that_has_it_open_is_named),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"in use", NULL, NULL, NULL, teardown, in_use},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
