/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Who has a device, by whatever handle. Process 4711 is in the tree only; /dev/null is the node. */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include <uvio/check.h>
#include <uvio/context.h>
#include <uvio/device.h>
#include <uvio/error.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/address.h"
#include "base/apart.h"
#include "base/context.h"
#include "base/finding.h"
#include "base/sys.h"
#include "device/device.h"
#include "inuse.h"
#include "owner/inuse.h"
#include "tree.h"

#define MEMBER "0000:00:06.0"
#define MAPS "proc/4711/maps"
#define NVME "0000:00:0a.0"
#define NVME_FOLDER "sys/devices/pci0000:00/" NVME

static bool same_files, of_kernel;

/* Numbers of processes in a tree are those of others here. */
bool __wrap_uvio_sys_same_files(int pid, int other);

bool __wrap_uvio_sys_same_files(int pid, int other)
{
	return (same_files && pid == 4711 && other == 4712) ||
	       (of_kernel && pid == 2 && other == 4711);
}

/* The kernel's answer for registers. */
static void *registers;

int __real_uvio_sys_madvise(void *addr, size_t size, int advice);
int __wrap_uvio_sys_madvise(void *addr, size_t size, int advice);

int __wrap_uvio_sys_madvise(void *addr, size_t size, int advice)
{
	return addr == registers ? -EINVAL : __real_uvio_sys_madvise(addr, size, advice);
}

/* In a tree nodes are files. */
int __wrap_uvio_sys_is_node(int folder, const char *path, unsigned int major, unsigned int minor);

int __wrap_uvio_sys_is_node(int folder, const char *path, unsigned int major, unsigned int minor)
{
	(void)folder;
	(void)path;
	(void)major;
	(void)minor;
	return 0;
}

static void setup(void)
{
	same_files = of_kernel = false;
}

static void nobody_has_it(void)
{
	begin_with_number();
	tree_change(tree, "link proc/4711/fd/3 /dev/zero");
	tree_change(tree, "link proc/4711/fd/4 socket:[77]");
	is_free(EDU);
}

static void a_node_by_another_name_is_known_by_its_number(void)
{
	begin_with_number();
	tree_change(tree, "link proc/4711/fd/3 /dev/null");
	is_busy(EDU, "/dev/uio0 is open in process 4711 (oldtool); end that process first");
}

static void a_thread_whose_first_one_has_ended_is_found(void)
{
	begin_with_number();
	tree_change(tree, "link proc/4711/task/4712/fd/3 /dev/null");
	is_busy(EDU, "/dev/uio0 is open in process 4711 (oldtool)");
}

/* As after unshare(CLONE_FILES) in it. */
static void a_thread_with_descriptors_of_its_own_is_found(void)
{
	begin_with_number();
	tree_change(tree, "link proc/4711/fd/3 /dev/zero");
	tree_change(tree, "link proc/4711/task/4712/fd/3 /dev/null");
	is_busy(EDU, "/dev/uio0 is open in process 4711 (oldtool)");
	same_files = true;
	is_free(EDU);
}

/* In another PID namespace, process 2 may be a program. */
static void threads_of_the_kernel_are_passed_over(void)
{
	of_kernel = true;
	begin_with_number();
	tree_change(tree, "link proc/4711/fd/3 /dev/null");
	is_busy(EDU, "/dev/uio0 is open in process 4711 (oldtool)");
	tree_change(tree, "link proc/self/ns/pid pid:[4026532000]");
	is_busy(EDU, "/dev/uio0 is open in process 4711 (oldtool)");
	tree_change(tree, "remove proc/self/ns/pid");
	tree_change(tree, "link proc/self/ns/pid pid:[4026531836]");
	is_free(EDU);
}

/* In a PID namespace without a /proc of its own; the numbers there are those of the outer one. */
static void this_process_has_the_number_that_proc_says(void)
{
	begin_with_number();
	tree_change(tree, "link proc/4711/fd/3 /dev/null");
	is_busy(EDU, "/dev/uio0 is open in process 4711 (oldtool)");
	tree_change(tree, "file proc/4711/mountinfo");
	tree_change(tree, "remove proc/self");
	tree_change(tree, "link proc/self 4711");
	is_busy(EDU, "/dev/uio0 is open in this program");
}

/* The line of which a part only is read at once with those before it. */
static void a_mapping_is_found_after_close(void)
{
	begin_with_number();
	tree_append(tree, MAPS, "7f00-7f01 r-xp 00000000 08:01 9 /usr/bin/oldtool\n", 334);
	tree_append(tree, MAPS, "7f02-7f03 rw-s 00000000 00:05 99 /dev/uio0\n", 1);
	is_busy(EDU, "/dev/uio0 is mapped in process 4711 (oldtool)");
}

static void a_mapping_by_another_name_is_known_by_its_number(void)
{
	begin_with_number();
	tree_change(tree, "file proc/4711/maps 7f02-7f03 rw-s 00000000 00:05 99 /devices/card\\n");
	is_free(EDU);
	tree_change(tree, "link proc/4711/map_files/7f02-7f03 /dev/null");
	is_busy(EDU, "/dev/uio0 is mapped in process 4711 (oldtool)");
}

static void write_mapping(size_t padding, const char *rest)
{
	char path[UVIO_PATH_SIZE];
	FILE *maps;

	snprintf(path, sizeof(path), "%s/proc/4711/maps", tree->root);
	maps = fopen(path, "we");
	ASSERT(maps);
	fprintf(maps, "7f02-7f03 rw-s 00000000 00:05 98 /%0*d%s\n", (int)padding, 0, rest);
	ASSERT_EQ(fclose(maps), 0);
}

/* A path of many folders, of which the last ones read like the line of a mapping. */
static void the_rest_of_a_long_line_is_no_mapping(void)
{
	static const char header[] = "7f02-7f03 rw-s 00000000 00:05 98 /";
	static const char forged[] = "7f04-7f05 rw-s 00000000 00:05 99 /dev/uio0";
	size_t most = 4 * PATH_MAX - strlen(header);

	begin_with_number();
	for (size_t padding = most - 1; padding < 8 * PATH_MAX + most; padding += 4 * PATH_MAX) {
		write_mapping(padding, forged);
		is_free(EDU);
		write_mapping(padding + 1, forged);
		is_free(EDU);
		write_mapping(padding, "\n7f04-7f05 rw-s 00000000 00:05 99 /dev/uio0");
		is_busy(EDU, "/dev/uio0 is mapped in process 4711 (oldtool)");
	}
}

static void a_mapping_of_another_node_of_that_name_is_none(void)
{
	begin_with_number();
	tree_change(tree, "file proc/4711/maps 7f02-7f03 rw-s 00000000 00:05 99 /dev/uio0\\n");
	tree_change(tree, "link proc/4711/map_files/7f02-7f03 /dev/zero");
	is_free(EDU);
}

/* As in a container, or after a driver was loaded again. */
static void a_stale_node_of_a_group_is_not_asked(void)
{
	begin("edu-vfio");
	tree_change(tree, "remove dev/vfio/1");
	tree_change(tree, "link dev/vfio/1 /dev/zero");
	tree_change(tree, "file sys/class/vfio/1/dev " NULL_NUMBER "\\n");
	tree_change(tree, "link proc/4711/fd/3 /dev/zero");
	is_free(EDU);
	tree_change(tree, "link proc/4711/fd/3 /dev/null");
	is_busy(EDU, "/dev/vfio/1 is open in process 4711 (oldtool); end that");
	tree_change(tree, "remove dev/vfio/1");
	is_busy(EDU, "/dev/vfio/1 is open in process 4711 (oldtool); end that");
}

/* When it ends, the kernel switches off bus mastering of whoever has opened the node since. */
static void a_copy_of_a_node_that_was_given_back_keeps_from_opening(void)
{
	begin_with_number();
	tree_change(tree, "link proc/4711/fd/3 /dev/null");
	tree_change(tree, "file proc/4711/fdinfo/3 pos:\t0\\nflags:\t02106002\\nmnt_id:\t21\\n");
	ASSERT_OK(strict_answer(EDU));
	ASSERT_ERR(answer(EDU), -EBUSY,
		EDU ": process 4711 (oldtool) has a copy of its node from before a fork(); when it "
		    "ends, the kernel switches bus mastering off; end that process first");
}

/* As udev and systemd have nodes open. */
static void a_name_of_a_node_is_no_handle(void)
{
	begin_with_number();
	tree_change(tree, "link proc/4711/fd/3 /dev/null");
	tree_change(tree, "file proc/4711/fdinfo/3 pos:\t0\\nflags:\t012000000\\nmnt_id:\t21\\n");
	is_free(EDU);
	tree_change(tree, "file proc/4711/fdinfo/3 pos:\t0\\nflags:\t0100000\\nmnt_id:\t21\\n");
	is_busy(EDU, "/dev/uio0 is open in process 4711 (oldtool)");
}

static void a_copy_that_this_process_has_is_no_obstacle(void)
{
	begin_with_number();
	tree_change(tree, "link proc/%d/fd/3 /dev/null", (int)getpid());
	tree_change(tree, "file proc/%d/fdinfo/3 flags:\t02106002\\n", (int)getpid());
	is_free(EDU);
}

static void who_has_it_open_counts_before_a_copy(void)
{
	begin_with_number();
	tree_change(tree, "link proc/4711/fd/3 /dev/null");
	tree_change(tree, "file proc/4711/fdinfo/3 flags:\t02106002\\n");
	tree_change(tree, "file proc/4712/comm newtool\\n");
	tree_change(tree, "link proc/4712/fd/3 /dev/null");
	is_busy(EDU, "is open in process 4712 (newtool)");
}

/* As of a node that this process has opened, of which the kernel then says that others have it. */
static void this_process_is_passed_over(void)
{
	char name[UVIO_NAME_SIZE], path[UVIO_PATH_SIZE];

	begin_with_number();
	snprintf(path, sizeof(path), "%s/dev/uio0", tree->root);
	tree_change(tree, "remove dev/uio0");
	tree_change(tree, "link dev/uio0 /dev/null");
	tree_change(tree, "link proc/%d/fd/3 /dev/null", (int)getpid());
	ASSERT_EQ(uvio_find_other_opener(tree->ctx, path, name, sizeof(name)), 0);
	ASSERT_EQ(uvio_find_opener(tree->ctx, path, name, sizeof(name)), getpid());
	tree_change(tree, "link proc/4711/fd/3 /dev/null");
	ASSERT_EQ(uvio_find_other_opener(tree->ctx, path, name, sizeof(name)), 4711);
}

/* A node with the number of another device, which somebody has. */
static void a_stale_node_is_no_handle_of_the_device(void)
{
	char name[UVIO_NAME_SIZE], path[UVIO_PATH_SIZE];

	begin("edu-uio");
	snprintf(path, sizeof(path), "%s/dev/uio0", tree->root);
	tree_change(tree, "remove dev/uio0");
	tree_change(tree, "link dev/uio0 /dev/null");
	tree_change(tree, "link proc/4711/fd/3 /dev/null");
	ASSERT_EQ(uvio_find_opener(tree->ctx, path, name, sizeof(name)), 4711);
	tree_change(tree, "file sys/dev/char/1:3/uevent MAJOR=1\\nMINOR=3\\nDEVNAME=uio0\\n");
	ASSERT_EQ(uvio_find_opener(tree->ctx, path, name, sizeof(name)), 4711);
	tree_change(tree, "file sys/dev/char/1:3/uevent MAJOR=1\\nMINOR=3\\nDEVNAME=null\\n");
	ASSERT_EQ(uvio_find_opener(tree->ctx, path, name, sizeof(name)), 0);
}

static void have_descriptor(const char *info)
{
	tree_change(tree, "link proc/4711/fd/7 anon_inode:[vfio-device]");
	tree_change(tree, "file proc/4711/fdinfo/7 flags:\t02000002\\n%s", info);
}

static void a_descriptor_from_vfio_names_its_device(void)
{
	begin("edu-vfio");
	have_descriptor("vfio-device-syspath: /sys/devices/pci0000:00/0000:00:05.0\\n");
	is_free(EDU);
	have_descriptor("vfio-device-syspath: /sys/devices/pci0000:00/" EDU "\\n");
	is_busy(EDU, EDU ": a VFIO descriptor of it is open in process 4711 (oldtool)");
}

/* Before Linux 6.17: the node of the group, which is for one only, tells. */
static void a_descriptor_from_vfio_without_a_name_is_perhaps_it(void)
{
	begin("edu-vfio");
	tree_change(tree, "file dev/vfio/1");
	have_descriptor("");
	ASSERT_ERR(answer(EDU), -EBUSY,
		EDU ": perhaps in use: process 4711 (oldtool) has a VFIO descriptor");
	ASSERT_OK(strict_answer(EDU));
	tree_change(tree, "remove dev/vfio/1");
	ASSERT_ERR(strict_answer(EDU), -EBUSY, "perhaps in use: process 4711 (oldtool)");
}

static void a_name_of_a_descriptor_from_vfio_is_no_handle(void)
{
	begin("edu-vfio");
	tree_change(tree, "link proc/4711/fd/7 anon_inode:[vfio-device]");
	tree_change(tree, "file proc/4711/fdinfo/7 flags:\t012000000\\n");
	is_free(EDU);
}

static void a_descriptor_from_vfio_says_nothing_of_a_card_on_uio(void)
{
	begin("edu-uio");
	have_descriptor("");
	is_free(EDU);
}

static bool names_user(void)
{
	struct uvio_udev udev = {.ctx = tree->ctx, .backend = &uvio_backend_vfio};

	ASSERT_OK(uvio_address_resolve(tree->ctx, EDU, &udev.address));
	uvio_fail(-EBUSY, "before");
	return uvio_names_user(&udev);
}

/* After the kernel has refused, the search is to name by whom, and no more. */
static void who_keeps_the_kernel_from_opening_is_named(void)
{
	begin("edu-vfio");
	ASSERT(!names_user());
	ASSERT_STR(uvio_last_error(), "before");
	tree_change(tree, "link proc/%d/fd/7 anon_inode:[vfio-device]", (int)getpid());
	ASSERT(!names_user());
	have_descriptor("");
	ASSERT(names_user());
	ASSERT_HAS(uvio_last_error(), EDU ": perhaps in use: process 4711 (oldtool) has");
	have_descriptor("vfio-device-syspath: /sys/devices/pci0000:00/" EDU "\\n");
	ASSERT(names_user());
	ASSERT_EQ(uvio_last_errno(), -EBUSY);
	ASSERT_HAS(uvio_last_error(), EDU ": a VFIO descriptor of it is open in process 4711");
	tree_change(tree, "remove proc/self/mountinfo");
	ASSERT(!names_user());
	ASSERT_STR(uvio_last_error(), "before");
}

static void who_has_another_of_its_group_is_named(void)
{
	begin("edu-vfio");
	tree_change(tree, "link sys/kernel/iommu_groups/1/devices/" MEMBER " ../../../../devices/"
			  "pci0000:00/" MEMBER);
	tree_change(
		tree, "link sys/bus/pci/devices/" MEMBER " ../../../devices/pci0000:00/" MEMBER);
	tree_change(tree, "link sys/devices/pci0000:00/" MEMBER "/driver "
			  "../../../bus/pci/drivers/vfio-pci");
	tree_change(tree, "link proc/4711/fd/7 anon_inode:[vfio-device]");
	tree_change(tree, "file proc/4711/fdinfo/7 flags:\t02000002\\n%s",
		"vfio-device-syspath: /sys/devices/pci0000:00/" MEMBER "\\n");
	ASSERT(names_user());
	ASSERT_HAS(uvio_last_error(),
		EDU ": its IOMMU group is in use: " MEMBER ": a VFIO descriptor");
	ASSERT_HAS(uvio_last_error(), "of it is open in process 4711 (oldtool)");
}

static void an_interface_in_another_namespace_is_in_use(void)
{
	begin("edu-unbound");
	tree_change(tree, "dir " EDU_FOLDER "/net");
	is_busy(EDU, EDU ": its network interface is in another network namespace");
	tree_change(tree, "remove " EDU_FOLDER "/net");
	tree_change(tree, "dir " EDU_FOLDER "/usb1/1-1/1-1:1.0/net");
	is_busy(EDU, EDU ": its network interface is in another network namespace");
}

static void a_disk_that_a_process_has_open_is_in_use(void)
{
	begin("nvme-free");
	is_free(NVME);
	tree_change(tree, "file dev/nvme0n1");
	tree_change(tree, "link proc/4711/fd/3 %s/dev/nvme0n1", tree->root);
	is_busy(NVME, "/dev/nvme0n1 is open in process 4711 (oldtool)");
}

static void whatever_has_a_node_below_the_device_is_in_use(void)
{
	static const char *const nodes[] = {"tty/ttyS4", "sound/card1/pcmC1D0p", "drm/card0",
		"input/input5/event5", "i2c-3/i2c-dev/i2c-3", "watchdog/watchdog1", "media0"};

	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		begin("edu-unbound");
		tree_change(tree, "file " EDU_FOLDER "/%s/dev " NULL_NUMBER "\\n", nodes[i]);
		is_free(EDU);
		tree_change(tree, "link proc/4711/fd/3 /dev/null");
		is_busy(EDU, strrchr(nodes[i], '/') ? strrchr(nodes[i], '/') : nodes[i]);
		ASSERT_HAS(uvio_last_error(), " is open in process 4711 (oldtool)");
		teardown();
	}
}

static void the_kernels_console_is_in_use(void)
{
	begin("edu-unbound");
	tree_change(tree, "link " EDU_FOLDER "/tty/ttyS4/subsystem ../../../../../class/tty");
	tree_change(tree, "file " EDU_FOLDER "/tty/ttyS4/console N\\n");
	is_free(EDU);
	tree_change(tree, "file " EDU_FOLDER "/tty/ttyS4/console Y\\n");
	is_busy(EDU, EDU ": ttyS4 is the kernel's console");
}

static void the_check_says_so(void)
{
	struct uvio_device *device;
	struct uvio_check *check;
	unsigned int count;

	begin_with_number();
	tree_change(tree, "link proc/4711/fd/3 /dev/null");
	ASSERT_OK(uvio_device_find(tree->ctx, EDU, &device));
	ASSERT_OK(uvio_check_device(tree->ctx, device, "uio", &check));
	ASSERT_EQ(uvio_check_verdict(check), UVIO_IN_USE);
	ASSERT_HAS(
		uvio_check_findings(check, &count)[0]->what, "is open in process 4711 (oldtool)");
	uvio_check_free(check);
	uvio_device_free(device);
}

static void tell_what_is_mapped(void *data, int fd)
{
	void **pages = data;
	bool mapped[3];

	for (int i = 0; i < 3; i++)
		mapped[i] = uvio_sys_is_mapped(pages[i], 4096);
	uvio_sys_send(fd, mapped, sizeof(mapped), NULL, 0);
}

static void *map_file(int flags, size_t size)
{
	int fd = uvio_sys_memfd("registers", 0, size);
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	uvio_sys_close(fd);
	ASSERT(page != MAP_FAILED);
	return page;
}

/* A write to sysfs may keep it for as long as the kernel likes. */
static void a_process_apart_has_no_registers_that_the_program_mapped(void)
{
	void *pages[3] = {map_file(MAP_SHARED, 4096), map_file(MAP_SHARED, 8192),
		map_file(MAP_PRIVATE, 4096)};
	bool mapped[3];
	int fd;

	registers = pages[0];
	fd = uvio_apart_start(tell_what_is_mapped, pages, NULL);
	registers = NULL;
	ASSERT(fd >= 0);
	ASSERT_OK(uvio_sys_receive(fd, mapped, sizeof(mapped), -1));
	uvio_sys_close(fd);
	ASSERT(!mapped[0] && mapped[1] && mapped[2]);
	ASSERT(uvio_sys_is_mapped(pages[0], 4096));
	munmap(pages[0], 4096);
	munmap(pages[1], 8192);
	munmap(pages[2], 4096);
}

static CU_TestInfo processes[] = {
	TEST(nobody_has_it),
	TEST(a_node_by_another_name_is_known_by_its_number),
	TEST(a_thread_whose_first_one_has_ended_is_found),
	TEST(a_thread_with_descriptors_of_its_own_is_found),
	TEST(threads_of_the_kernel_are_passed_over),
	TEST(this_process_has_the_number_that_proc_says),
	TEST(a_mapping_is_found_after_close),
	TEST(a_mapping_by_another_name_is_known_by_its_number),
	TEST(a_mapping_of_another_node_of_that_name_is_none),
	TEST(the_rest_of_a_long_line_is_no_mapping),
	TEST(a_copy_of_a_node_that_was_given_back_keeps_from_opening),
	TEST(a_copy_that_this_process_has_is_no_obstacle),
	TEST(a_name_of_a_node_is_no_handle),
	TEST(a_name_of_a_descriptor_from_vfio_is_no_handle),
	TEST(who_has_it_open_counts_before_a_copy),
	TEST(this_process_is_passed_over),
	TEST(a_stale_node_is_no_handle_of_the_device),
	TEST(a_stale_node_of_a_group_is_not_asked),
	TEST(a_descriptor_from_vfio_names_its_device),
	TEST(a_descriptor_from_vfio_without_a_name_is_perhaps_it),
	TEST(a_descriptor_from_vfio_says_nothing_of_a_card_on_uio),
	TEST(who_keeps_the_kernel_from_opening_is_named),
	TEST(who_has_another_of_its_group_is_named),
	TEST(a_process_apart_has_no_registers_that_the_program_mapped),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo below[] = {
	TEST(an_interface_in_another_namespace_is_in_use),
	TEST(a_disk_that_a_process_has_open_is_in_use),
	TEST(whatever_has_a_node_below_the_device_is_in_use),
	TEST(the_kernels_console_is_in_use),
	TEST(the_check_says_so),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"process", NULL, NULL, setup, teardown, processes},
	{"below", NULL, NULL, setup, teardown, below},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
