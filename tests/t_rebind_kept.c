/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Changes of a driver in which the kernel does not return from a write. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uvio/error.h>

#include "harness.h"
#include "kernel.h"
#include "rebinding.h"

/* The kernel comes back as soon as somebody writes to the pipe. */
static void wait_in_kernel(void)
{
	char path[256];
	int fd;

	if (!is_the_write())
		return;
	snprintf(path, sizeof(path), "%s/holder", tree->root);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	close(fd);
}

static void let_go(void)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/holder", tree->root);
	close(open(path, O_WRONLY | O_CLOEXEC));
	await_all();
}

static void begin_stuck(unsigned int write)
{
	char path[256];

	at = stuck_at = write;
	begin("edu-uio", wait_in_kernel);
	snprintf(path, sizeof(path), "%s/holder", tree->root);
	ASSERT_EQ(mkfifo(path, 0600), 0);
}

/* Nobody is seen. */
static void a_write_that_the_kernel_keeps_is_given_up(void)
{
	begin_stuck(2);
	ASSERT_ERR(run_bind(), -ETIMEDOUT,
		EDU ": the kernel has not returned for 60 s from writing '" EDU
		    "' to bus/pci/devices/" EDU "/driver/unbind; perhaps");
	ASSERT_HAS(uvio_last_error(),
		"when it returns, the device gets its former driver (" UIO ") back");
	let_go();
	is(UIO, "(null)");
	end();
}

/* It has its new driver by then, and keeps it. */
static void a_last_write_that_the_kernel_keeps_is_given_up(void)
{
	begin_stuck(4);
	tree_change(tree, "file " EDU_FOLDER "/driver_override other\\n");
	ASSERT_ERR(run_bind(), -ETIMEDOUT,
		EDU ": it has vfio-pci now, but the kernel has not returned for 60 s from writing "
		    "'other' to bus/pci/devices/" EDU "/driver_override; perhaps ");
	ASSERT_HAS(uvio_last_error(), "the device is locked until the kernel returns");
	let_go();
	is("vfio-pci", "other");
	end();
}

/* The driver's link is gone, and driver_override is told. */
static void is_told_of_lock(int (*change)(void), const char *text)
{
	char path[256];
	int fd;

	begin("edu-unbound", NULL);
	tree_change(tree, "file proc/4711/comm oldtool\\n");
	tree_change(tree, "link dev/vfio/devices/vfio0 /dev/null");
	if (text)
		tree_change(tree, "link proc/4711/fd/5 %s/dev/vfio/devices/vfio0", tree->root);
	tree_change(tree, "dir " EDU_FOLDER "/power");
	snprintf(path, sizeof(path), "%s/" EDU_FOLDER "/power/control", tree->root);
	ASSERT_EQ(mkfifo(path, 0600), 0);
	stuck_answer = 2;
	ASSERT_ERR(change(), -EBUSY,
		EDU ": the kernel does not answer a write of power/control; perhaps it waits ");
	ASSERT_HAS(uvio_last_error(), text ? text : "; ps shows whether a process writes to sysfs");
	fd = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_EQ(write(fd, "on\n", 3), 3);
	await_all();
	close(fd);
	is("", "(null)");
	end();
}

/* Both of what is asked apart before a change. */
static void a_busy_machine_is_not_the_kernel(void)
{
	for (unsigned int i = 1; i <= 2; i++) {
		begin("edu-unbound", NULL);
		tree_change(tree, "file " EDU_FOLDER "/power/control on\\n");
		stuck_answer = i;
		starved = true;
		ASSERT_OK(run_bind());
		is("vfio-pci", "(null)");
		end();
	}
}

static void an_unbind_of_others_that_the_kernel_keeps_is_told(void)
{
	is_told_of_lock(run_bind, NULL);
	is_told_of_lock(run_unbind, NULL);
}

static void the_opener_of_a_node_that_is_gone_is_named(void)
{
	static const char who[] = "process 4711 (oldtool), which has ";

	is_told_of_lock(run_bind, who);
	is_told_of_lock(run_unbind, who);
}

static void begin_held(void)
{
	tree_change(tree, "link proc/4711/fd/5 %s/dev/uio0", tree->root);
	tree_change(tree, "file proc/4711/comm oldtool\\n");
}

static bool is_first_look = true;

static void come_late(void)
{
	if (getpid() == program && is_first_look) {
		is_first_look = false;
		begin_held();
	}
	wait_in_kernel();
}

/* The record is the program's only write, and comes after it has looked for holders. */
static void the_holder_that_the_kernel_waits_for_is_named(void)
{
	begin_stuck(2);
	kernel.before_write = come_late;
	is_first_look = true;
	ASSERT_ERR(run_bind(), -EBUSY, "uio0 is open in process 4711 (oldtool)");
	ASSERT_HAS(uvio_last_error(), "; the kernel waits for that process; when it ends, the "
				      "device gets its former driver (" UIO ") back");
	ASSERT_ERR(run_bind(), -EBUSY, "uio0 is open in process 4711 (oldtool)");
	ASSERT_HAS(uvio_last_error(), "a change of the driver has begun");
	let_go();
	is(UIO, "(null)");
	end();
}

static CU_TestInfo cases[] = {
	TEST(a_write_that_the_kernel_keeps_is_given_up),
	TEST(a_last_write_that_the_kernel_keeps_is_given_up),
	TEST(a_busy_machine_is_not_the_kernel),
	TEST(an_unbind_of_others_that_the_kernel_keeps_is_told),
	TEST(the_opener_of_a_node_that_is_gone_is_named),
	TEST(the_holder_that_the_kernel_waits_for_is_named),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"kept by the kernel", NULL, NULL, setup, end, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
