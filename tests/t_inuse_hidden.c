/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Who has a device, where not all processes can be looked into. */
#include <config.h>

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "harness.h"
#include <uvio/error.h>

#include "base/context.h"
#include "base/sys.h"
#include "inuse.h"
#include "tree.h"

static bool no_capability;

bool __real_uvio_has_capability(struct uvio_ctx *ctx, unsigned int capability);
bool __wrap_uvio_has_capability(struct uvio_ctx *ctx, unsigned int capability);

bool __wrap_uvio_has_capability(struct uvio_ctx *ctx, unsigned int capability)
{
	return !no_capability && __real_uvio_has_capability(ctx, capability);
}

/* The kernel's answer to who follows a link of another user's process, or of one that has ended. */
static bool not_permitted;

int __real_uvio_sys_stat(int folder, const char *path, struct stat *st);
int __wrap_uvio_sys_stat(int folder, const char *path, struct stat *st);
int __real_uvio_sys_readlink_at(int folder, const char *name, char *buf, size_t size);
int __wrap_uvio_sys_readlink_at(int folder, const char *name, char *buf, size_t size);

int __wrap_uvio_sys_stat(int folder, const char *path, struct stat *st)
{
	return not_permitted && path[0] != '/' ? -EACCES : __real_uvio_sys_stat(folder, path, st);
}

int __wrap_uvio_sys_readlink_at(int folder, const char *name, char *buf, size_t size)
{
	if (not_permitted && name[0] != '/')
		return -EACCES;
	return __real_uvio_sys_readlink_at(folder, name, buf, size);
}

static void setup(void)
{
	no_capability = not_permitted = false;
}

static void without_proc_there_is_no_answer(void)
{
	begin("edu-uio");
	tree_change(tree, "remove proc");
	tree_change(tree, "dir proc");
	ASSERT_ERR(strict_answer(EDU), -ENOENT, "cannot read whether a process has it open: ");
	ASSERT_HAS(uvio_last_error(), "/proc is not mounted");
	ASSERT_ERR(answer(EDU), -ENOENT, "cannot read whether a process has it open: ");
}

static void without_descriptors_there_is_no_answer(void)
{
	struct rlimit before, none;

	begin("edu-uio");
	ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
	ASSERT_ERR(strict_answer(EDU), -EMFILE, EDU ": cannot read whether ");
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void hidden_processes_are_no_answer(void)
{
	begin("edu-uio");
	no_capability = true;
	tree_change(tree, "file proc/self/mountinfo 1 1 0:2 / %s/proc rw - proc proc rw,%s\\n",
		tree->root, "hidepid=invisible");
	ASSERT_ERR(strict_answer(EDU), -EACCES,
		EDU ": cannot read whether a process of another user has it open, for which it "
		    "needs CAP_SYS_PTRACE; ");
	ASSERT_ERR(answer(EDU), -EACCES, "a process of another user");
	tree_change(tree, "file proc/self/mountinfo 1 1 0:2 / %s/proc rw - proc proc rw,%s\\n",
		tree->root, "hidepid=off");
	is_free(EDU);
}

static void is_hidden(void)
{
	ASSERT_ERR(strict_answer(EDU), -EACCES, "a process of another user has it open");
	ASSERT_ERR(answer(EDU), -EACCES, "a process of another user has it open");
}

/* Links below a process that ends meanwhile cannot be followed, as those of another user's. */
static void a_process_that_has_ended_hides_nothing(void)
{
	not_permitted = true;
	begin_with_number();
	tree_change(tree, "link proc/4711/fd/3 /dev/null");
	tree_change(tree, "file proc/4711/stat 4711 (a) Z) R 1 4711 4711 0\\n");
	is_hidden();
	tree_change(tree, "file proc/4711/stat 4711 (a) R) Z 1 4711 4711 0\\n");
	is_free(EDU);
	tree_change(tree, "file proc/4711/stat 4711 (oldtool) X 1 4711 4711 0\\n");
	is_free(EDU);
	tree_change(tree, "remove proc/4711/stat");
	is_free(EDU);
}

/* It hides them all the same after its first thread has ended; a thread that has hides nothing. */
static void the_threads_of_a_process_that_has_ended_count(void)
{
	not_permitted = true;
	begin_with_number();
	tree_change(tree, "file proc/4711/stat 4711 (oldtool) Z 1 4711 4711 0\\n");
	tree_change(tree, "link proc/4711/task/4712/fd/3 /dev/null");
	tree_change(tree, "file proc/4711/task/4712/stat 4712 (oldtool) S 1 4711 4711 0\\n");
	is_hidden();
	tree_change(tree, "file proc/4711/task/4712/stat 4712 (oldtool) X 1 4711 4711 0\\n");
	is_free(EDU);
}

static void a_module_has(unsigned int users)
{
	tree_change(tree, "link sys/bus/pci/drivers/uio_pci_generic/module "
			  "../../../../module/uio_pci_generic");
	tree_change(tree, "file sys/module/uio_pci_generic/refcnt %u\\n", users);
}

/* In a container. */
static void what_is_outside_is_asked_of_the_kernel(void)
{
	begin("edu-uio");
	tree_change(tree, "link proc/self/ns/pid pid:[4026532000]");
	ASSERT_OK(strict_answer(EDU));
	ASSERT_HAS(logged.text, EDU ": processes outside of this PID namespace cannot be seen");
	ASSERT_ERR(answer(EDU), -EACCES, "outside of this container (PID namespace)");
	a_module_has(1);
	ASSERT_ERR(strict_answer(EDU), -EBUSY,
		EDU ": the kernel reports it in use by a program that this process cannot see");
	ASSERT_ERR(answer(EDU), -EBUSY,
		EDU ": the kernel reports it in use by a program that this process cannot");
	logged = (struct test_log){0};
	a_module_has(0);
	ASSERT_OK(strict_answer(EDU));
	ASSERT_STR(logged.text, "");
}

static void the_first_namespace_sees_all(void)
{
	begin("edu-uio");
	tree_change(tree, "link proc/self/ns/pid pid:[4026531836]");
	is_free(EDU);
}

static CU_TestInfo unseen[] = {
	TEST(without_proc_there_is_no_answer),
	TEST(without_descriptors_there_is_no_answer),
	TEST(hidden_processes_are_no_answer),
	TEST(a_process_that_has_ended_hides_nothing),
	TEST(the_threads_of_a_process_that_has_ended_count),
	TEST(what_is_outside_is_asked_of_the_kernel),
	TEST(the_first_namespace_sees_all),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"unseen", NULL, NULL, setup, teardown, unseen},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
