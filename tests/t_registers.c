/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Who has the files in sysfs by which a card is driven. Process 4711 is in the tree only. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "harness.h"
#include "base/address.h"
#include "base/context.h"
#include "base/sys.h"
#include "inuse.h"
#include "owner/inuse.h"
#include "tree.h"

/* A line of maps with the inode of a file in the tree, on the device with these numbers, or its. */
static void map_registers(const char *range, const char *perms, const char *device, const char *as)
{
	char path[UVIO_PATH_SIZE], own[32];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" EDU_FOLDER "/resource0", tree->root);
	ASSERT_OK(uvio_sys_stat(AT_FDCWD, path, &st));
	snprintf(own, sizeof(own), "%02x:%02x", major(st.st_dev), minor(st.st_dev));
	tree_change(tree, "file proc/4711/maps %s %s 00000000 %s %llu %s\\n", range, perms,
		device ? device : own, (unsigned long long)st.st_ino, as);
}

/* Its path says nothing: a folder of sysfs may be mounted elsewhere, or a file of it. */
static void registers_mapped_from_sysfs_are_in_use(void)
{
	begin("edu-uio");
	tree_change(tree, "file " EDU_FOLDER "/resource0");
	map_registers("7f02-7f03", "r--s", NULL, "/sys/devices/pci0000:00/" EDU "/resource0");
	is_free(EDU);
	map_registers("7f02-7f03", "rw-s", NULL, "/sys/devices/pci0000:00/" EDU "/resource0");
	is_busy(EDU, EDU ": resource0 in sysfs is mapped in process 4711 (oldtool)");
	map_registers("7f02-7f03", "rw-s", NULL, "/card/bar0");
	is_busy(EDU, EDU ": resource0 in sysfs is mapped in process 4711 (oldtool)");
}

/* Anybody may map a file of such a name, and find one of such an inode. */
static void registers_by_name_only_are_none(void)
{
	begin("edu-uio");
	tree_change(tree, "file " EDU_FOLDER "/resource0");
	tree_change(tree, "file proc/4711/maps 7f02-7f03 rw-s 00000000 00:15 99 "
			  "/sys/devices/pci0000:00/" EDU "/resource0\\n");
	is_free(EDU);
	map_registers("7f02-7f03", "rw-s", "08:01", "/home/user/" EDU "/resource0");
	is_free(EDU);
	map_registers("7f02-7f03", "rw-s", "00:29", "/tmp/" EDU "/resource0");
	is_busy(EDU, EDU ": resource0 in sysfs is mapped in process 4711 (oldtool)");
	tree_change(tree, "link proc/4711/map_files/7f02-7f03 /dev/zero");
	is_free(EDU);
}

/* maps fills a low address with zeros, map_files does not. */
static void a_mapping_at_a_low_address_is_followed(void)
{
	begin_with_number();
	tree_change(tree, "file " EDU_FOLDER "/resource0");
	map_registers("00100000-00101000", "rw-s", "00:29", "/tmp/" EDU "/resource0");
	tree_change(tree, "link proc/4711/map_files/100000-101000 /dev/zero");
	is_free(EDU);
	tree_change(tree, "remove proc/4711/map_files/100000-101000");
	tree_change(tree, "link proc/4711/map_files/100000-101000 /dev/null");
	is_busy(EDU, "/dev/uio0 is mapped in process 4711 (oldtool)");
}

/* For who is about to open it: what this process has is its own. */
static int open_answer(const char *text)
{
	struct uvio_address address;

	ASSERT_OK(uvio_address_resolve(tree->ctx, text, &address));
	return uvio_registers_in_use(tree->ctx, &address);
}

static void registers_of_others_keep_from_opening(void)
{
	begin("edu-uio");
	tree_change(tree, "file " EDU_FOLDER "/resource0");
	tree_change(
		tree, "link proc/%d/fd/3 %s/" EDU_FOLDER "/resource0", (int)getpid(), tree->root);
	tree_change(tree, "file proc/%d/fdinfo/3 flags:\t0100002\\n", (int)getpid());
	ASSERT_ERR(answer(EDU), -EBUSY, EDU ": resource0 in sysfs is open in this program");
	ASSERT_OK(open_answer(EDU));
	map_registers("7f02-7f03", "rw-s", NULL, "/card/bar0");
	ASSERT_ERR(open_answer(EDU), -EBUSY,
		EDU ": resource0 in sysfs is mapped in process 4711 (oldtool); end that process");
	tree_change(tree, "remove proc/self/mountinfo");
	ASSERT_ERR(open_answer(EDU), -ENOENT, "cannot read whether a process has it open: ");
}

static void have_file(const char *name, int fd, const char *flags)
{
	tree_change(tree, "link proc/4711/fd/%d %s/" EDU_FOLDER "/%s", fd, tree->root, name);
	tree_change(tree, "file proc/4711/fdinfo/%d flags:\t%s\\n", fd, flags);
}

/* A descriptor that is closed between the look at its file and at its flags has no link then. */
static bool closed_by_now;

int __real_uvio_sys_readlink_at(int folder, const char *name, char *buf, size_t size);
int __wrap_uvio_sys_readlink_at(int folder, const char *name, char *buf, size_t size);

int __wrap_uvio_sys_readlink_at(int folder, const char *name, char *buf, size_t size)
{
	if (closed_by_now && strstr(name, "/4711/fd/3"))
		return -ENOENT;
	return __real_uvio_sys_readlink_at(folder, name, buf, size);
}

/* As lspci reads it, and closes it just then. */
static void a_configuration_space_that_was_read_is_free(void)
{
	begin("edu-uio");
	tree_change(tree, "file " EDU_FOLDER "/config");
	tree_change(tree, "link proc/4711/fd/3 %s/" EDU_FOLDER "/config", tree->root);
	closed_by_now = true;
	is_free(EDU);
	closed_by_now = false;
	is_busy(EDU, "config in sysfs is open in process 4711 (oldtool)");
	have_file("config", 3, "0100000");
	is_free(EDU);
	have_file("config", 3, "0100002");
	is_busy(EDU, "config in sysfs is open in process 4711 (oldtool)");
}

static void registers_open_for_writing_are_in_use(void)
{
	begin("edu-uio");
	tree_change(tree, "file " EDU_FOLDER "/resource0");
	have_file("resource0", 3, "0100000");
	is_free(EDU);
	have_file("resource0", 3, "0100002");
	is_busy(EDU, EDU ": resource0 in sysfs is open in process 4711 (oldtool)");
}

static void a_configuration_space_open_for_writing_is_in_use(void)
{
	begin("edu-uio");
	have_file("config", 3, "0100000");
	is_free(EDU);
	have_file("config", 3, "0100002");
	is_busy(EDU, EDU ": config in sysfs is open in process 4711 (oldtool)");
}

/* As the guard of a driver, which asks for the lock before it writes. */
static void who_keeps_to_the_lock_may_have_the_configuration_space(void)
{
	begin("edu-uio");
	have_file("config", 3, "0100002");
	have_file("remove", 4, "0100001");
	is_free(EDU);
}

static CU_TestInfo registers[] = {
	TEST(registers_mapped_from_sysfs_are_in_use),
	TEST(registers_by_name_only_are_none),
	TEST(a_mapping_at_a_low_address_is_followed),
	TEST(registers_of_others_keep_from_opening),
	TEST(a_configuration_space_that_was_read_is_free),
	TEST(registers_open_for_writing_are_in_use),
	TEST(a_configuration_space_open_for_writing_is_in_use),
	TEST(who_keeps_to_the_lock_may_have_the_configuration_space),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"registers", NULL, NULL, NULL, teardown, registers},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
