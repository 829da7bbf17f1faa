/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Stopping a card which nobody drives any more. */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <uvio/uvio.h>

#include "backend/objects.h"
#include "harness.h"
#include "sim_uio.h"

#define BUS_MASTER 0x004
#define MEMORY 0x2
#define INTX_DISABLE 0x400

static struct tree *tree;
static struct uvio_udev *udev;

static int open_card(void)
{
	const struct uvio_open_options options = {.backend = "uio", .flags = UVIO_OPEN_UNSAFE_DMA};

	return uvio_udev_open(tree->ctx, EDU, &options, &udev);
}

static void is_stopped(void)
{
	ASSERT_EQ(sim_uio_command() & (BUS_MASTER | INTX_DISABLE), INTX_DISABLE);
}

static void is_running(void)
{
	ASSERT_EQ(sim_uio_command() & (BUS_MASTER | INTX_DISABLE), BUS_MASTER);
}

static struct uvio_guard *guard;
static uint32_t found;

static void setup(void)
{
	tree = tree_new("edu-uio");
	inject_reset(tree->root);
	sim = &sim_uio;
	sim_uio_reset(tree);
	ASSERT_OK(uvio_guard_new(tree->ctx, "00:04.0", 0, &guard));
	sim_uio_set_command(BUS_MASTER | MEMORY);
	found = 0;
}

static void teardown(void)
{
	char left[256];

	uvio_guard_free(guard);
	guard = NULL;
	uvio_udev_close(udev);
	udev = NULL;
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
	sim = NULL;
	tree_free(tree);
	tree = NULL;
}

static void it_stops_the_card_and_says_what_it_found(void)
{
	ASSERT_OK(uvio_guard_stop(guard, &found));
	ASSERT_EQ(found, UVIO_GUARD_MASTER | UVIO_GUARD_INTX);
	is_stopped();
	ASSERT_OK(uvio_guard_stop(guard, &found));
	ASSERT_EQ(found, 0);
	ASSERT_OK(uvio_guard_stop(guard, NULL));
}

static void it_resets_where_that_was_asked_for(void)
{
	uvio_guard_free(guard);
	ASSERT_OK(uvio_guard_new(tree->ctx, EDU, UVIO_GUARD_RESET, &guard));
	ASSERT_OK(uvio_guard_stop(guard, &found));
	ASSERT_EQ(found, UVIO_GUARD_MASTER | UVIO_GUARD_INTX | UVIO_GUARD_WAS_RESET);
	ASSERT_STR(tree_read(tree, EDU_FOLDER "/reset"), "1");
}

static unsigned int count_until(enum inject_kind kind)
{
	unsigned int call = 0;

	inject_begin_counting();
	ASSERT_OK(uvio_guard_stop(guard, &found));
	inject_end();
	while (call < inject_count() && inject_call(call)->kind != kind)
		call++;
	ASSERT(call < inject_count());
	sim_uio_set_command(BUS_MASTER | MEMORY);
	return call;
}

static void a_reset_for_which_the_kernel_waits_is_left_behind(void)
{
	unsigned int call;
	int left;

	uvio_guard_free(guard);
	ASSERT_OK(uvio_guard_new(tree->ctx, EDU, UVIO_GUARD_RESET, &guard));
	call = count_until(INJECT_RECEIVE);
	left = dup(inject_left_lock);
	ASSERT(left >= 0);
	inject_begin(call, -ETIMEDOUT);
	ASSERT_ERR(uvio_guard_stop(guard, &found), -ETIMEDOUT,
		EDU ": the card is stopped, but the kernel does not return from its reset");
	inject_end();
	ASSERT(!(sim_uio_command() & BUS_MASTER));
	/* What waits in the kernel has the lock, so that nobody opens the card meanwhile. */
	ASSERT_ERR(open_card(), -EBUSY, EDU ": already open in ");
	ASSERT_ERR(uvio_guard_stop(guard, &found), -EBUSY, EDU ": already open in ");
	close(left);
	ASSERT_OK(uvio_guard_stop(guard, &found));
}

static void who_has_it_open_is_not_disturbed(void)
{
	ASSERT_OK(open_card());
	ASSERT_OK(uvio_bus_master(udev, true));
	ASSERT_ERR(uvio_guard_stop(guard, &found), -EBUSY, EDU ": already open in ");
	ASSERT(sim_uio_command() & BUS_MASTER);
	uvio_udev_close(udev);
	udev = NULL;
	ASSERT_OK(uvio_guard_stop(guard, NULL));
}

/* The list of locks in the tree says who took it: a process that is not there. */
static void a_lock_that_only_a_child_has_is_nobodys(void)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" EDU_FOLDER "/remove", tree->root);
	ASSERT(!stat(path, &st));
	ASSERT_OK(open_card());
	ASSERT_OK(uvio_bus_master(udev, true));
	tree_change(tree, "file proc/locks 1: FLOCK  ADVISORY  WRITE %d %02x:%02x:%llu 0 EOF\\n",
		INT_MAX, major(st.st_dev), minor(st.st_dev), (unsigned long long)st.st_ino);
	ASSERT_OK(uvio_guard_stop(guard, &found));
	ASSERT(!(sim_uio_command() & BUS_MASTER));
}

static void drivers_of_the_kernel_keep_their_card(void)
{
	tree_change(tree, "remove " EDU_FOLDER "/uio");
	ASSERT_OK(uvio_guard_stop(guard, &found));
	ASSERT_EQ(found, UVIO_GUARD_DRIVEN);
	is_running();
}

static void stopped_with(const char *driver_name)
{
	tree_change(tree, "remove " EDU_FOLDER "/uio");
	tree_change(tree, "remove " EDU_FOLDER "/driver");
	if (driver_name)
		tree_change(tree, "link " EDU_FOLDER "/driver ../../../bus/pci/drivers/%s",
			driver_name);
	ASSERT_OK(uvio_guard_stop(guard, &found));
	ASSERT_EQ(found, UVIO_GUARD_MASTER | UVIO_GUARD_INTX);
}

static void a_card_without_a_kernel_driver_is_stopped(void)
{
	stopped_with(NULL);
}

static void a_card_of_pci_stub_is_stopped(void)
{
	stopped_with("pci-stub");
}

static void a_card_that_is_gone_is_said_to_be(void)
{
	sim_uio_set_command(0xffff);
	ASSERT_ERR(uvio_guard_stop(guard, &found), -ENODEV, EDU ": the card is gone");
}

static void wrong_arguments_are_refused(void)
{
	struct uvio_guard *other;

	ASSERT_ERR(uvio_guard_new(NULL, EDU, 0, &other), -EINVAL, "guard: no context");
	ASSERT_ERR(uvio_guard_new(tree->ctx, EDU, 0, NULL), -EINVAL, "guard: no context");
	ASSERT_ERR(uvio_guard_new(tree->ctx, EDU, 8, &other), -EINVAL, "guard: unknown flags 0x8");
	ASSERT_ERR(uvio_guard_new(tree->ctx, "eth0", 0, &other), -EINVAL, "eth0: not an address");
	ASSERT_ERR(uvio_guard_new(tree->ctx, "00:1e.0", 0, &other), -ENODEV,
		"0000:00:1e.0: no such device");
	ASSERT_ERR(uvio_guard_stop(NULL, &found), -EINVAL, "guard: NULL");
	tree_change(tree, "remove " EDU_FOLDER "/reset");
	ASSERT_ERR(uvio_guard_new(tree->ctx, EDU, UVIO_GUARD_RESET, &other), -ENOTSUP,
		EDU ": the kernel has no method to reset this card alone");
}

static CU_TestInfo cases[] = {
	{"it stops the card and says what it found (uio 3.16)",
		it_stops_the_card_and_says_what_it_found},
	TEST(it_resets_where_that_was_asked_for),
	TEST(a_reset_for_which_the_kernel_waits_is_left_behind),
	{"who has it open is not disturbed (uio 3.14)", who_has_it_open_is_not_disturbed},
	{"a lock that only a child has is nobody's (uio 3.15)",
		a_lock_that_only_a_child_has_is_nobodys},
	TEST(drivers_of_the_kernel_keep_their_card),
	TEST(a_card_without_a_kernel_driver_is_stopped),
	TEST(a_card_of_pci_stub_is_stopped),
	TEST(a_card_that_is_gone_is_said_to_be),
	TEST(wrong_arguments_are_refused),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"uvio_guard_stop()", NULL, NULL, setup, teardown, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
