/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The lock in the run folder, which holds where two programs have a sysfs of their own each. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <uvio/uvio.h>

#include "harness.h"
#include "backend/objects.h"
#include "base/context.h"
#include "kernel.h"
#include "tree.h"

#define LOCK "run/uvio/lock-" EDU

static struct tree *tree;
static int other = -1; /* what a program with another sysfs has */

static unsigned int refusals; /* of the next calls */

int __real_uvio_sys_lock(int fd);
int __wrap_uvio_sys_lock(int fd);

int __wrap_uvio_sys_lock(int fd)
{
	if (!refusals)
		return __real_uvio_sys_lock(fd);
	refusals--;
	return -EWOULDBLOCK;
}

static void setup(void)
{
	tree = tree_new("edu-uio");
	kernel = (struct kernel){.tree = tree, .folder = EDU_FOLDER, .address = EDU};
	tree_change(tree, "file dev/vfio/1");
}

static void teardown(void)
{
	kernel = (struct kernel){0};
	refusals = 0;
	if (other >= 0)
		close(other);
	other = -1;
	tree_free(tree);
	tree = NULL;
}

static int bind_it(void)
{
	return uvio_bind(tree->ctx, EDU, "vfio");
}

static int unbind_it(void)
{
	return uvio_unbind(tree->ctx, EDU);
}

static int open_it(void)
{
	const struct uvio_open_options options = {.backend = "uio", .flags = UVIO_OPEN_UNSAFE_DMA};
	struct uvio_udev *udev;

	return uvio_udev_open(tree->ctx, EDU, &options, &udev);
}

static void take_other(void)
{
	char path[256];
	struct stat st;

	tree_change(tree, "file " LOCK);
	snprintf(path, sizeof(path), "%s/" LOCK, tree->root);
	other = open(path, O_RDWR | O_CLOEXEC);
	ASSERT(other >= 0 && !flock(other, LOCK_EX | LOCK_NB) && !fstat(other, &st));
	tree_change(tree, "file proc/4711/comm othertool\\n");
	tree_change(tree,
		"file proc/locks 1: FLOCK  ADVISORY  WRITE 99 %02x:%02x:%llu 0 EOF\\n"
		"2: FLOCK  ADVISORY  WRITE 4711 %02x:%02x:%llu 0 EOF\\n",
		major(st.st_dev), minor(st.st_dev), (unsigned long long)st.st_ino + 1,
		major(st.st_dev), minor(st.st_dev), (unsigned long long)st.st_ino);
}

static void a_change_with_another_sysfs_excludes(void)
{
	static int (*const all[])(void) = {bind_it, unbind_it, open_it};

	take_other();
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		ASSERT_ERR(all[i](), -EBUSY,
			EDU ": already open in process 4711 (othertool), or that process is "
			    "changing its driver; end that process first");
	ASSERT_STR(tree_link(tree, EDU_FOLDER "/driver"), "uio_pci_generic");
	ASSERT_EQ(flock(other, LOCK_UN), 0);
	ASSERT_OK(bind_it());
	/* Given back, by the process that did it, too. */
	ASSERT_EQ(flock(other, LOCK_EX | LOCK_NB), 0);
}

static void who_has_given_it_back_is_not_in_the_way(void)
{
	refusals = 1;
	ASSERT_OK(bind_it());
	ASSERT_STR(tree_link(tree, EDU_FOLDER "/driver"), "vfio-pci");
}

static void who_cannot_be_seen_is_still_in_the_way(void)
{
	refusals = 100;
	ASSERT_ERR(bind_it(), -EBUSY, EDU ": already open in another process, or that process");
	ASSERT_STR(tree_link(tree, EDU_FOLDER "/driver"), "uio_pci_generic");
}

static void only_root_may_read_the_lock(void)
{
	char path[256];
	struct stat st;

	ASSERT_OK(bind_it());
	snprintf(path, sizeof(path), "%s/" LOCK, tree->root);
	ASSERT_EQ(stat(path, &st), 0);
	ASSERT_EQ(st.st_mode & 07777, 0600);
}

static void is_refused(const char *why)
{
	ASSERT_ERR(bind_it(), -EPERM, why);
	ASSERT_HAS(uvio_last_error(), LOCK ", the lock for changes of its driver, is not a file ");
	ASSERT_STR(tree_link(tree, EDU_FOLDER "/driver"), "uio_pci_generic");
}

static void what_others_could_have_made_is_refused(void)
{
	char path[256];

	tree_change(tree, "file elsewhere");
	tree_change(tree, "link " LOCK " ../../elsewhere");
	is_refused(EDU ": ");
	tree_change(tree, "remove " LOCK);
	tree_change(tree, "file " LOCK);
	snprintf(path, sizeof(path), "%s/" LOCK, tree->root);
	ASSERT_EQ(chmod(path, 0666), 0);
	is_refused(EDU ": ");
	tree_change(tree, "remove " LOCK);
	ASSERT_EQ(mkfifo(path, 0600), 0);
	is_refused(EDU ": ");
	tree_change(tree, "remove " LOCK);
	tree_change(tree, "dir " LOCK);
	is_refused(EDU ": ");
}

/* Of each that open refuses, check says why. */
static void what_is_no_lock_is_seen_by_check(void)
{
	struct uvio_device *device;
	struct uvio_check *check;
	const struct uvio_finding *const *findings;
	unsigned int count, told = 0;

	tree_change(tree, "dir " LOCK);
	ASSERT_ERR(open_it(), -EPERM, "is not a file that only this user can write; remove it");
	ASSERT_OK(uvio_device_find(tree->ctx, EDU, &device));
	ASSERT_OK(uvio_check_device(tree->ctx, device, "uio", &check));
	ASSERT_EQ(uvio_check_verdict(check), UVIO_BROKEN);
	findings = uvio_check_findings(check, &count);
	for (unsigned int i = 0; i < count; i++)
		told += findings[i]->severity == UVIO_BLOCKS &&
			strstr(findings[i]->what, LOCK ", the lock for changes of its driver");
	ASSERT_EQ(told, 1);
	uvio_check_free(check);
	uvio_device_free(device);
}

/* Whoever can write there could lock everybody out. */
static void a_folder_of_others_has_no_lock(void)
{
	char path[256];

	take_other();
	snprintf(path, sizeof(path), "%s/run/uvio", tree->root);
	ASSERT_EQ(chmod(path, 0777), 0);
	ASSERT_OK(bind_it());
}

static void without_a_run_folder_it_binds(void)
{
	tree_change(tree, "remove run");
	ASSERT_OK(bind_it());
	ASSERT(!tree_has(tree, "run"));
}

static CU_TestInfo run_lock[] = {
	TEST(a_change_with_another_sysfs_excludes),
	TEST(who_has_given_it_back_is_not_in_the_way),
	TEST(who_cannot_be_seen_is_still_in_the_way),
	TEST(only_root_may_read_the_lock),
	TEST(what_others_could_have_made_is_refused),
	TEST(what_is_no_lock_is_seen_by_check),
	TEST(a_folder_of_others_has_no_lock),
	TEST(without_a_run_folder_it_binds),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"lock in the run folder", NULL, NULL, setup, teardown, run_lock},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
