/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include "asleep.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The number of the system call in which it is blocked; -1: it is not; -2: there is no such one. */
static long blocked_in(pid_t tid)
{
	char path[64], text[32] = "";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -2;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -2;
	return text[0] >= '0' && text[0] <= '9' ? strtol(text, NULL, 10) : -1;
}

static bool in_poll(long number)
{
#ifdef SYS_poll
	if (number == SYS_poll)
		return true;
#endif
	return number == SYS_ppoll || number == -2;
}

static bool on_lock(long number)
{
	return number == SYS_futex || number == -2;
}

static void await(pid_t tid, bool (*is_there)(long number), const atomic_bool *over)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	while (!is_there(blocked_in(tid)) && !(over && atomic_load(over)))
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

void await_poll(pid_t tid)
{
	await(tid, in_poll, NULL);
}

void await_lock(pid_t tid)
{
	await(tid, on_lock, NULL);
}

static void *watch(void *data)
{
	struct asleep *asleep = data;

	do {
		await(asleep->sleeper, in_poll, &asleep->over);
		if (!atomic_load(&asleep->over))
			asleep->act(asleep);
	} while (asleep->again && !atomic_load(&asleep->over));
	return NULL;
}

bool asleep_start(struct asleep *asleep)
{
	asleep->sleeper = (pid_t)syscall(SYS_gettid);
	asleep->sleeper_thread = pthread_self();
	atomic_init(&asleep->over, false);
	return !pthread_create(&asleep->thread, NULL, watch, asleep);
}

void asleep_end(struct asleep *asleep)
{
	atomic_store(&asleep->over, true);
	pthread_join(asleep->thread, NULL);
}

void asleep_interrupt(struct asleep *asleep)
{
	pthread_kill(asleep->sleeper_thread, *(const int *)asleep->data);
}
