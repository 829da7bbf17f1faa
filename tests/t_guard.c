/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The guard's own program on a tree, whose card has a configuration space that is a file. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/uvio.h>

#include "backend/objects.h"
#include "base/context.h"
#include "asleep.h"
#include "harness.h"
#include "sim_uio.h"

#define BUS_MASTER 0x004
#define INTX_DISABLE 0x400
#define PATTERN "only the card's"

static struct tree *tree;
static struct uvio_udev *udev;
static struct test_log logged;

static void new_tree(const char *program)
{
	const struct uvio_ctx_options options = {
		.guard_program = program,
		.log = test_log,
		.log_data = &logged,
		.log_level = UVIO_LOG_INFO,
	};

	logged = (struct test_log){.used = 0};
	tree = tree_new_with("edu-uio", &options);
	inject_reset(tree->root);
	sim = &sim_uio;
	sim_uio_reset(tree);
}

static void setup(void)
{
	new_tree(GUARD_PROGRAM);
}

static void teardown(void)
{
	uvio_udev_close(udev);
	udev = NULL;
	sim = NULL;
	tree_free(tree);
	tree = NULL;
}

static int open_with(uint32_t flags)
{
	const struct uvio_open_options options = {
		.backend = "uio", .flags = UVIO_OPEN_UNSAFE_DMA | flags};

	return uvio_udev_open(tree->ctx, EDU, &options, &udev);
}

/* As it was logged; 0: none. */
static pid_t guard_pid(void)
{
	static const char text[] = EDU ": guarded by process ";
	const char *at = strstr(logged.text, text);

	return at ? (pid_t)atoi(at + strlen(text)) : 0;
}

static int guard_fd(void)
{
	int fd = (int)syscall(SYS_pidfd_open, guard_pid(), 0);

	ASSERT(fd >= 0);
	return fd;
}

/* Until the process has ended; it is no child of this one. */
static void await_end(int pidfd)
{
	struct pollfd fd = {.fd = pidfd, .events = POLLIN};

	ASSERT_EQ(poll(&fd, 1, LONG_MS), 1);
	close(pidfd);
}

/* In a child: what there is to know of the guard goes to the parent by a pipe. */
struct driver {
	pid_t pid;
	int guard; /* a pidfd */
	pid_t guard_pid;
	int hold; /* closed: the child goes on */
};

static struct driver driver;

static void drive(uint32_t flags, int report, int hold)
{
	struct uvio_dma dma;
	pid_t pid = 0;
	char byte;

	if (!open_with(flags) && !uvio_bus_master(udev, true) &&
		!uvio_irq_enable(udev, UVIO_IRQ_INTX, 1) && !uvio_dma_alloc(udev, 4096, 0, &dma)) {
		memcpy(dma.addr, PATTERN, sizeof(PATTERN));
		pid = guard_pid();
	} else {
		printf("# %s\n", uvio_last_error());
		fflush(stdout);
	}
	if (write(report, &pid, sizeof(pid)) != sizeof(pid) || read(hold, &byte, 1) < 0)
		_exit(1);
}

/* A driver that is at work, in a process which then does as @end says. */
static void start_driver(uint32_t flags, void (*end)(void))
{
	int report[2], hold[2];

	ASSERT(!pipe2(report, O_CLOEXEC) && !pipe2(hold, O_CLOEXEC));
	fflush(stdout);
	driver.pid = fork();
	if (!driver.pid) {
		close(hold[1]);
		drive(flags, report[1], hold[0]);
		end();
		_exit(0);
	}
	close(hold[0]);
	close(report[1]);
	driver.hold = hold[1];
	ASSERT_EQ(read(report[0], &driver.guard_pid, sizeof(driver.guard_pid)), sizeof(pid_t));
	close(report[0]);
	ASSERT_EQ(!driver.guard_pid, !flags);
	driver.guard = driver.guard_pid ? (int)syscall(SYS_pidfd_open, driver.guard_pid, 0) : -1;
	ASSERT(sim_uio_command() & BUS_MASTER);
	ASSERT(!(sim_uio_command() & INTX_DISABLE));
}

/* The status with which it ended. */
static int end_driver(void)
{
	int status;

	close(driver.hold);
	ASSERT_EQ(waitpid(driver.pid, &status, 0), driver.pid);
	return status;
}

static void nothing(void)
{
}

static void is_stopped(void)
{
	ASSERT_EQ(sim_uio_command() & (BUS_MASTER | INTX_DISABLE), INTX_DISABLE);
}

static void is_running(void)
{
	ASSERT_EQ(sim_uio_command() & (BUS_MASTER | INTX_DISABLE), BUS_MASTER);
}

static void die_of_sigkill(void)
{
	raise(SIGKILL);
}

static void die_of_sigsegv(void)
{
	const struct rlimit none = {0};

	setrlimit(RLIMIT_CORE, &none);
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

static void without_a_guard_a_killed_driver_leaves_the_card_running(void)
{
	start_driver(0, die_of_sigkill);
	ASSERT(WIFSIGNALED(end_driver()));
	is_running();
}

static void ends_guarded(void (*end)(void))
{
	start_driver(UVIO_OPEN_GUARD, end);
	end_driver();
	await_end(driver.guard);
	is_stopped();
	ASSERT_STR(tree_read(tree, EDU_FOLDER "/reset"), "");
}

static void a_killed_driver_leaves_a_stopped_card(void)
{
	ends_guarded(die_of_sigkill);
}

static void a_crashed_driver_leaves_a_stopped_card(void)
{
	ends_guarded(die_of_sigsegv);
}

static void a_driver_that_exits_without_closing_leaves_a_stopped_card(void)
{
	ends_guarded(nothing);
}

static void call_exec(void)
{
	execl("/bin/sleep", "sleep", "100", NULL);
}

/* All it had is gone, but for the process. */
static void a_driver_that_calls_exec_leaves_a_stopped_card(void)
{
	start_driver(UVIO_OPEN_GUARD, call_exec);
	close(driver.hold);
	await_end(driver.guard);
	is_stopped();
	kill(driver.pid, SIGKILL);
	ASSERT_EQ(waitpid(driver.pid, NULL, 0), driver.pid);
}

static void leave_a_child(void)
{
	if (!fork())
		pause();
	raise(SIGKILL);
}

/* It has copies of the node, of the lock, and of the socket to the guard. */
static void a_child_of_the_driver_does_not_keep_the_guard_waiting(void)
{
	pid_t group;

	start_driver(UVIO_OPEN_GUARD, leave_a_child);
	ASSERT(!setpgid(driver.pid, driver.pid));
	group = driver.pid;
	end_driver();
	ASSERT(!kill(-group, 0));
	await_end(driver.guard);
	is_stopped();
	ASSERT_ERR(open_with(0), -EBUSY, EDU ": already open in ");
	kill(-group, SIGKILL);
}

static void the_card_is_reset_where_that_was_asked_for(void)
{
	start_driver(UVIO_OPEN_GUARD_RESET, die_of_sigkill);
	end_driver();
	await_end(driver.guard);
	is_stopped();
	ASSERT_STR(tree_read(tree, EDU_FOLDER "/reset"), "1");
}

/* The guard is held up: so long nobody gets the card, nor the memory. */
static void the_lock_is_held_until_the_card_is_stopped(void)
{
	start_driver(UVIO_OPEN_GUARD, die_of_sigkill);
	kill(driver.guard_pid, SIGSTOP);
	end_driver();
	is_running();
	ASSERT_ERR(open_with(0), -EBUSY, EDU ": already open in ");
	is_running();
	kill(driver.guard_pid, SIGCONT);
	await_end(driver.guard);
	is_stopped();
	ASSERT_OK(open_with(0));
}

/* The address of the memory in the guard; 0: it has none. */
static unsigned long kept_at(pid_t pid)
{
	unsigned long at = 0, found = 0;
	char line[512], path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		if (strstr(line, "/memfd:uvio") && sscanf(line, "%lx-", &at) == 1)
			found = at;
	if (file)
		fclose(file);
	return found;
}

static void memory_is_kept_until_the_card_is_stopped(void)
{
	char text[sizeof(PATTERN)] = "", path[64];
	int fd;

	start_driver(UVIO_OPEN_GUARD, die_of_sigkill);
	kill(driver.guard_pid, SIGSTOP);
	end_driver();
	ASSERT(kept_at(driver.guard_pid));
	snprintf(path, sizeof(path), "/proc/%d/mem", driver.guard_pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		ASSERT_EQ(pread(fd, text, sizeof(text), (off_t)kept_at(driver.guard_pid)),
			sizeof(text));
	close(fd);
	kill(driver.guard_pid, SIGCONT);
	await_end(driver.guard);
	if (fd < 0)
		return test_skip("memory of other processes cannot be read here");
	ASSERT_STR(text, PATTERN);
}

static void another_kernel_driver_is_left_alone(void)
{
	start_driver(UVIO_OPEN_GUARD_RESET, die_of_sigkill);
	tree_change(tree, "remove " EDU_FOLDER "/uio");
	tree_change(tree, "remove " EDU_FOLDER "/driver");
	tree_change(tree, "link " EDU_FOLDER "/driver ../../../bus/pci/drivers/e1000e");
	end_driver();
	await_end(driver.guard);
	is_running();
	ASSERT_STR(tree_read(tree, EDU_FOLDER "/reset"), "");
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
	ASSERT_OK(open_with(UVIO_OPEN_GUARD));
	sim = &kernel;
	memfd_answer = -EFBIG;
	ASSERT_ERR(uvio_dma_alloc(udev, 4096, 0, &dma), -ENOMEM,
		"(RLIMIT_FSIZE), and memory that a guard keeps is a file; raise it: ulimit -f");
	memfd_answer = -EMFILE;
	ASSERT_ERR(uvio_dma_alloc(udev, 4096, 0, &dma), -EMFILE,
		"no descriptor for 0x1000 bytes: Too many open files; this process may have ");
	sim = &sim_uio;
}

static CU_TestInfo dying[] = {
	{"without a guard a killed driver leaves the card running (uio 3.16)",
		without_a_guard_a_killed_driver_leaves_the_card_running},
	{"a killed driver leaves a stopped card (uio 3.16)", a_killed_driver_leaves_a_stopped_card},
	TEST(a_crashed_driver_leaves_a_stopped_card),
	TEST(a_driver_that_exits_without_closing_leaves_a_stopped_card),
	TEST(a_driver_that_calls_exec_leaves_a_stopped_card),
	{"a child of the driver does not keep the guard waiting (uio 3.15)",
		a_child_of_the_driver_does_not_keep_the_guard_waiting},
	TEST(the_card_is_reset_where_that_was_asked_for),
	TEST(the_lock_is_held_until_the_card_is_stopped),
	TEST(memory_is_kept_until_the_card_is_stopped),
	TEST(another_kernel_driver_is_left_alone),
	CU_TEST_INFO_NULL,
};

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

	ASSERT_OK(open_with(UVIO_OPEN_GUARD));
	guard = guard_fd();
	uvio_udev_close(udev);
	udev = NULL;
	/* It heard of that before closing was done: what comes now it does not touch. */
	sim_uio_set_command(BUS_MASTER);
	await_end(guard);
	is_running();
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
}

static void the_guard_is_no_child_of_the_driver(void)
{
	ASSERT_OK(open_with(UVIO_OPEN_GUARD));
	ASSERT_EQ(waitpid(-1, NULL, WNOHANG), -1);
	ASSERT_EQ(errno, ECHILD);
	ASSERT_EQ(getsid(guard_pid()), guard_pid());
}

static void the_guard_has_nothing_of_the_program_but_what_it_needs(void)
{
	int inherited = dup(STDOUT_FILENO);
	char process[16];

	ASSERT_OK(open_with(UVIO_OPEN_GUARD));
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
		ASSERT_OK(open_with(UVIO_OPEN_GUARD));
		uvio_udev_close(udev);
		udev = NULL;
	}
	ASSERT_EQ(descriptors_of("self"), before);
}

static void a_program_that_ignores_its_children_gets_a_guard(void)
{
	signal(SIGCHLD, SIG_IGN);
	ASSERT_OK(open_with(UVIO_OPEN_GUARD));
	signal(SIGCHLD, SIG_DFL);
	ASSERT(guard_pid() > 0);
}

static void signals_to_a_group_do_not_end_the_guard(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1};

	ASSERT_OK(open_with(UVIO_OPEN_GUARD));
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		ASSERT(!kill(guard_pid(), signals[i]));
	ASSERT_OK(uvio_bus_master(udev, true));
}

static void without_its_guard_a_card_gets_no_bus_mastering(void)
{
	struct uvio_dma dma;
	int guard;

	ASSERT_OK(open_with(UVIO_OPEN_GUARD));
	guard = guard_fd();
	kill(guard_pid(), SIGKILL);
	await_end(guard);
	ASSERT_ERR(uvio_bus_master(udev, true), -EPIPE, EDU ": its guard has ended");
	ASSERT_ERR(uvio_dma_alloc(udev, 4096, 0, &dma), -EPIPE, EDU ": DMA alloc: its guard");
	ASSERT(!(sim_uio_command() & BUS_MASTER));
	ASSERT_OK(uvio_bus_master(udev, false));
}

static void memory_that_was_freed_is_not_kept(void)
{
	struct uvio_dma dma[3];

	ASSERT_OK(open_with(UVIO_OPEN_GUARD));
	for (int i = 0; i < 3; i++)
		ASSERT_OK(uvio_dma_alloc(udev, 4096, 0, &dma[i]));
	ASSERT(kept_at(guard_pid()));
	for (int i = 0; i < 3; i++)
		ASSERT_OK(uvio_dma_free(udev, &dma[i]));
	ASSERT(!kept_at(guard_pid()));
}

static void memory_of_the_caller_is_not_kept_and_that_is_said_once(void)
{
	static char pages[2 * 4096] __attribute__((aligned(4096)));
	struct uvio_dma_segment segments[2];
	const char *at;

	ASSERT_OK(open_with(UVIO_OPEN_GUARD));
	ASSERT(uvio_dma_map(udev, pages, 4096, 0, segments, 2) > 0);
	at = strstr(logged.text, "given to uvio_dma_map() is not kept by its guard");
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

	teardown();
	new_tree(program);
	ASSERT_ERR(open_with(UVIO_OPEN_GUARD), err, text);
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
	ASSERT_EQ(waitpid(-1, NULL, WNOHANG), -1);
	ASSERT_OK(open_with(0));
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
	ASSERT_ERR(open_with(UVIO_OPEN_GUARD_RESET), -ENOTSUP,
		EDU ": the kernel has no method to reset this card alone");
	ASSERT_OK(open_with(UVIO_OPEN_GUARD));
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
	{"the driver dies", NULL, NULL, setup, teardown, dying},
	{"the driver lives", NULL, NULL, setup, teardown, living},
	{"no guard", NULL, NULL, setup, teardown, refused},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
