/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The guard's own program, while the driver lives, and where there can be no guard. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/uvio.h>

#include "guarded.h"

static int guard_fd(void)
{
	int fd = (int)syscall(SYS_pidfd_open, guard_pid(), 0);

	ASSERT(fd >= 0);
	return fd;
}

static int memfd_answer;

static int no_memfd(unsigned int flags, size_t size)
{
	(void)flags;
	(void)size;
	return memfd_answer;
}

static void limits_of_memory_that_is_kept_are_named(void)
{
	static struct sim kernel;
	struct uvio_dma dma;

	kernel = sim_uio;
	kernel.memfd = no_memfd;
	ASSERT_OK(guarded_open(UVIO_OPEN_GUARD));
	sim = &kernel;
	memfd_answer = -EFBIG;
	ASSERT_ERR(uvio_dma_alloc(udev, 4096, 0, &dma), -ENOMEM,
		"(RLIMIT_FSIZE), and memory that a guard keeps counts as a file; raise it: ulimit "
		"-f");
	memfd_answer = -EMFILE;
	ASSERT_ERR(uvio_dma_alloc(udev, 4096, 0, &dma), -EMFILE,
		"no descriptor for 0x1000 bytes: Too many open files; this process can have ");
	sim = &sim_uio;
}

static unsigned int descriptors_of(const char *process)
{
	unsigned int count = 0;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", process);
	dir = opendir(path);
	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

static void closing_ends_the_guard_and_leaves_the_card_alone(void)
{
	char left[256];
	int guard;

	ASSERT_OK(guarded_open(UVIO_OPEN_GUARD));
	guard = guard_fd();
	uvio_udev_close(udev);
	udev = NULL;
	/* It heard of that before closing was done: what comes now it does not touch. */
	sim_uio_set_command(BUS_MASTER);
	guard_await_end(guard);
	guarded_is_running();
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
}

static void the_guard_is_no_child_of_the_driver(void)
{
	ASSERT_OK(guarded_open(UVIO_OPEN_GUARD));
	ASSERT_EQ(waitpid(-1, NULL, WNOHANG), -1);
	ASSERT_EQ(errno, ECHILD);
	ASSERT_EQ(getsid(guard_pid()), guard_pid());
}

static void the_guard_has_nothing_of_the_program_but_what_it_needs(void)
{
	int inherited = dup(STDOUT_FILENO);
	char process[16];

	ASSERT_OK(guarded_open(UVIO_OPEN_GUARD));
	close(inherited);
	snprintf(process, sizeof(process), "%d", guard_pid());
	/* Two of the folder itself; 0 to 2; the card's folder, lock, config, and the driver's
	 * pidfd. */
	ASSERT_EQ(descriptors_of(process), 2 + 4 + 3);
}

static void no_descriptors_are_lost_in_the_driver(void)
{
	unsigned int before = descriptors_of("self");

	for (int i = 0; i < 20; i++) {
		ASSERT_OK(guarded_open(UVIO_OPEN_GUARD));
		uvio_udev_close(udev);
		udev = NULL;
	}
	ASSERT_EQ(descriptors_of("self"), before);
}

static void a_program_that_ignores_its_children_gets_a_guard(void)
{
	signal(SIGCHLD, SIG_IGN);
	ASSERT_OK(guarded_open(UVIO_OPEN_GUARD));
	signal(SIGCHLD, SIG_DFL);
	ASSERT(guard_pid() > 0);
}

static void signals_to_a_group_do_not_end_the_guard(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1};

	ASSERT_OK(guarded_open(UVIO_OPEN_GUARD));
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		ASSERT(!kill(guard_pid(), signals[i]));
	ASSERT_OK(uvio_bus_master(udev, true));
}

static void without_its_guard_a_card_gets_no_bus_mastering(void)
{
	struct uvio_dma dma;
	int guard;

	ASSERT_OK(guarded_open(UVIO_OPEN_GUARD));
	guard = guard_fd();
	kill(guard_pid(), SIGKILL);
	guard_await_end(guard);
	ASSERT_ERR(uvio_bus_master(udev, true), -EPIPE, EDU ": its guard has ended");
	ASSERT_ERR(uvio_dma_alloc(udev, 4096, 0, &dma), -EPIPE, EDU ": DMA alloc: its guard");
	ASSERT(!(sim_uio_command() & BUS_MASTER));
	ASSERT_OK(uvio_bus_master(udev, false));
}

static void memory_that_was_freed_is_not_kept(void)
{
	struct uvio_dma dma[3];

	ASSERT_OK(guarded_open(UVIO_OPEN_GUARD));
	for (int i = 0; i < 3; i++)
		ASSERT_OK(uvio_dma_alloc(udev, 4096, 0, &dma[i]));
	ASSERT(guard_kept_at(guard_pid()));
	for (int i = 0; i < 3; i++)
		ASSERT_OK(uvio_dma_free(udev, &dma[i]));
	ASSERT(!guard_kept_at(guard_pid()));
}

static void memory_of_the_caller_is_not_kept_and_that_is_said_once(void)
{
	static char pages[2 * 4096] __attribute__((aligned(4096)));
	struct uvio_dma_segment segments[2];
	const char *at;

	ASSERT_OK(guarded_open(UVIO_OPEN_GUARD));
	ASSERT(uvio_dma_map(udev, pages, 4096, 0, segments, 2) > 0);
	at = strstr(logged.text, "given to uvio_dma_map()");
	ASSERT(at);
	ASSERT(uvio_dma_map(udev, pages + 4096, 4096, 0, segments, 2) > 0);
	ASSERT(!strstr(at + 1, "given to uvio_dma_map()"));
}

static CU_TestInfo living[] = {
	TEST(closing_ends_the_guard_and_leaves_the_card_alone),
	TEST(the_guard_is_no_child_of_the_driver),
	TEST(the_guard_has_nothing_of_the_program_but_what_it_needs),
	TEST(no_descriptors_are_lost_in_the_driver),
	TEST(limits_of_memory_that_is_kept_are_named),
	TEST(a_program_that_ignores_its_children_gets_a_guard),
	TEST(signals_to_a_group_do_not_end_the_guard),
	TEST(without_its_guard_a_card_gets_no_bus_mastering),
	TEST(memory_that_was_freed_is_not_kept),
	TEST(memory_of_the_caller_is_not_kept_and_that_is_said_once),
	CU_TEST_INFO_NULL,
};

/* Nothing is open afterwards, and the card is free. */
static void fails_with(const char *program, int err, const char *text)
{
	char left[256];

	guarded_teardown();
	guarded_tree(program);
	ASSERT_ERR(guarded_open(UVIO_OPEN_GUARD), err, text);
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
	ASSERT_EQ(waitpid(-1, NULL, WNOHANG), -1);
	ASSERT_OK(guarded_open(0));
}

static void a_guard_that_is_not_installed_is_named(void)
{
	fails_with("/nonexistent/uvio-guard", -ENOENT,
		EDU ": cannot start its guard /nonexistent/uvio-guard: No such file");
	ASSERT(!guard_pid());
}

static void a_guard_that_may_not_be_run_is_named(void)
{
	fails_with("/etc/passwd", -EACCES, EDU ": cannot start its guard /etc/passwd: Permission");
}

static void a_guard_that_ends_at_once_is_a_failure(void)
{
	fails_with("/bin/true", -EPIPE, EDU ": its guard /bin/true ended before it was ready");
}

static void a_reset_that_the_card_has_not_is_refused(void)
{
	tree_change(tree, "remove " EDU_FOLDER "/reset");
	ASSERT_ERR(guarded_open(UVIO_OPEN_GUARD_RESET), -ENOTSUP,
		EDU ": the kernel has no method to reset this card alone");
	ASSERT_OK(guarded_open(UVIO_OPEN_GUARD));
}

static void a_device_without_configuration_space_gets_no_guard(void)
{
	const struct uvio_open_options options = {.backend = "uio", .flags = UVIO_OPEN_GUARD};

	tree_free(tree);
	tree = tree_new("platform");
	inject_reset(tree->root);
	ASSERT_ERR(uvio_udev_open(tree->ctx, "uio1", &options, &udev), -ENOTSUP,
		"uio1: not a PCI device, so no guard can stop it");
}

static void the_program_says_that_it_is_not_for_hand_use(void)
{
	int status = system(GUARD_PROGRAM " </dev/null 2>/dev/null");

	ASSERT_EQ(WEXITSTATUS(status), 2);
}

static void its_path_must_be_absolute(void)
{
	const struct uvio_ctx_options options = {.guard_program = "uvio-guard"};
	struct uvio_ctx *ctx;

	ASSERT_ERR(uvio_ctx_new(&options, &ctx), -EINVAL,
		"uvio-guard: the guard's program must be an absolute path");
}

static CU_TestInfo refused[] = {
	TEST(a_guard_that_is_not_installed_is_named),
	TEST(a_guard_that_may_not_be_run_is_named),
	TEST(a_guard_that_ends_at_once_is_a_failure),
	TEST(a_reset_that_the_card_has_not_is_refused),
	TEST(a_device_without_configuration_space_gets_no_guard),
	TEST(the_program_says_that_it_is_not_for_hand_use),
	TEST(its_path_must_be_absolute),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"the driver lives", NULL, NULL, guarded_setup, guarded_teardown, living},
	{"no guard", NULL, NULL, guarded_setup, guarded_teardown, refused},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
