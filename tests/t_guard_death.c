/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The guard's own program, when the driver dies. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/uvio.h>

#include "guarded.h"

#define PATTERN "only the card's"

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

	if (!guarded_open(flags) && !uvio_bus_master(udev, true) &&
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
	guarded_is_running();
}

static void ends_guarded(void (*end)(void))
{
	start_driver(UVIO_OPEN_GUARD, end);
	end_driver();
	guard_await_end(driver.guard);
	guarded_is_stopped();
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
	guard_await_end(driver.guard);
	guarded_is_stopped();
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
	guard_await_end(driver.guard);
	guarded_is_stopped();
	ASSERT_ERR(guarded_open(0), -EBUSY, EDU ": already open in ");
	kill(-group, SIGKILL);
}

static void the_card_is_reset_where_that_was_asked_for(void)
{
	start_driver(UVIO_OPEN_GUARD_RESET, die_of_sigkill);
	end_driver();
	guard_await_end(driver.guard);
	guarded_is_stopped();
	ASSERT_STR(tree_read(tree, EDU_FOLDER "/reset"), "1");
}

/* The guard is held up: so long nobody gets the card, nor the memory. */
static void the_lock_is_held_until_the_card_is_stopped(void)
{
	start_driver(UVIO_OPEN_GUARD, die_of_sigkill);
	kill(driver.guard_pid, SIGSTOP);
	end_driver();
	guarded_is_running();
	ASSERT_ERR(guarded_open(0), -EBUSY, EDU ": already open in ");
	guarded_is_running();
	kill(driver.guard_pid, SIGCONT);
	guard_await_end(driver.guard);
	guarded_is_stopped();
	ASSERT_OK(guarded_open(0));
}

static void memory_is_kept_until_the_card_is_stopped(void)
{
	char text[sizeof(PATTERN)] = "", path[64];
	int fd;

	start_driver(UVIO_OPEN_GUARD, die_of_sigkill);
	kill(driver.guard_pid, SIGSTOP);
	end_driver();
	ASSERT(guard_kept_at(driver.guard_pid));
	snprintf(path, sizeof(path), "/proc/%d/mem", driver.guard_pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		ASSERT_EQ(pread(fd, text, sizeof(text), (off_t)guard_kept_at(driver.guard_pid)),
			sizeof(text));
	close(fd);
	kill(driver.guard_pid, SIGCONT);
	guard_await_end(driver.guard);
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
	guard_await_end(driver.guard);
	guarded_is_running();
	ASSERT_STR(tree_read(tree, EDU_FOLDER "/reset"), "");
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

static CU_SuiteInfo suites[] = {
	{"the driver dies", NULL, NULL, guarded_setup, guarded_teardown, dying},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
