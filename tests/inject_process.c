/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include "inject_process.h"

#define STACK_SIZE (2 << 20) /* the thread sanitizer wants a MiB */
#define PAINT 0x5a

struct runner {
	int (*run)(void);
	int rc;
	bool ended;
	void *stack; /* STACK_SIZE bytes */
};

static void close_standard(int *saved)
{
	fflush(stdout);
	for (int fd = 0; fd < 3; fd++) {
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 900);
		close(fd);
	}
}

/* What has taken the place of one is left to whoever looks for what is still open. */
static int restore_standard(const int *saved)
{
	int taken = -1;

	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			taken = fd;
		if (saved[fd] >= 0) {
			dup2(saved[fd], fd);
			close(saved[fd]);
		}
	}
	return taken;
}

int inject_run_closed(int (*run)(void), char *wrong, size_t size)
{
	int saved[3], rc, taken;

	close_standard(saved);
	rc = run();
	taken = restore_standard(saved);
	if (taken >= 0)
		snprintf(wrong, size, "descriptor %d, which was closed, has been taken", taken);
	return rc;
}

static void *run_it(void *data)
{
	struct runner *runner = data;

	runner->rc = runner->run();
	runner->ended = true;
	return NULL;
}

static void *stack_new(void)
{
	return mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void run_thread(void *(*start)(void *data), struct runner *runner)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, runner->stack, STACK_SIZE);
	if (pthread_create(&thread, &attr, start, runner))
		abort();
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
}

static struct {
	ucontext_t caller, callee;
	unsigned char *stack; /* STACK_SIZE bytes, of which those that are unused are painted */
	int (*run)(void);
	int rc;
} painted;

static void enter(void)
{
	painted.rc = painted.run();
}

/* How much of the stack was touched. It is the same thread: it has the same last error. */
static size_t run_on_paint(int (*run)(void))
{
	size_t untouched = 0, taken;

	painted.run = run;
	getcontext(&painted.callee);
	painted.callee.uc_stack = (stack_t){.ss_sp = painted.stack, .ss_size = STACK_SIZE};
	painted.callee.uc_link = &painted.caller;
	makecontext(&painted.callee, enter, 0);
	swapcontext(&painted.caller, &painted.callee);
	while (untouched < STACK_SIZE && painted.stack[untouched] == PAINT)
		untouched++;
	taken = STACK_SIZE - untouched;
	memset(painted.stack + untouched, PAINT, taken);
	return taken;
}

static int nothing(void)
{
	return 0;
}

static size_t most;

int inject_run_painted(int (*run)(void), size_t *taken)
{
	static size_t idle;

	*taken = 0;
	if (!INJECT_STACK_COUNTS)
		return run();
	if (!painted.stack) {
		painted.stack = stack_new();
		memset(painted.stack, PAINT, STACK_SIZE);
		idle = run_on_paint(nothing);
	}
	*taken = run_on_paint(run) - idle;
	if (*taken > most)
		most = *taken;
	return painted.rc;
}

void inject_print_stack(void)
{
	if (INJECT_STACK_COUNTS)
		printf("# total: %zu bytes of stack at most\n", most);
	else
		printf("# total: %zu bytes of stack at most, which counts only as it is built for "
		       "use\n",
			most);
}

/* The address sanitizer does not see that the frames below have ended with the thread. */
static void forget_frames(void *stack)
{
	(void)stack;
#ifdef __SANITIZE_ADDRESS__
	__asan_unpoison_memory_region(stack, STACK_SIZE);
#endif
}

static void *run_cancelled(void *data)
{
	struct runner *runner = data;

	pthread_cleanup_push(forget_frames, runner->stack);
	pthread_cancel(pthread_self());
	run_it(runner);
	pthread_cleanup_pop(0);
	return NULL;
}

int inject_run_cancelled(int (*run)(void), bool *cancelled)
{
	struct runner runner = {.run = run, .stack = stack_new()};

	run_thread(run_cancelled, &runner);
	munmap(runner.stack, STACK_SIZE);
	*cancelled = !runner.ended;
	return runner.rc;
}
