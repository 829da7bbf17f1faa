/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/apart.h"
#include "base/lines.h"
#include "base/maps.h"
#include "base/sys.h"

#define MOST_DESCRIPTORS 65536
#define MAPS_BUFFER 768

/* Without the program's pthread_atfork() handlers, which may take locks of other threads. */
static pid_t fork_only(void)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
	return _Fork();
#else
	return fork();
#endif
}

static void close_range_of(int first, int last)
{
	if (first > last)
		return;
#ifdef SYS_close_range
	if (!syscall(SYS_close_range, first, last, 0))
		return;
#endif
	for (int fd = first; fd <= last && fd < MOST_DESCRIPTORS; fd++)
		close(fd);
}

static void close_all_but(int *fds, int count)
{
	int next = STDERR_FILENO + 1;

	for (int i = 1; i < count; i++)
		for (int k = i; k && fds[k - 1] > fds[k]; k--) {
			int higher = fds[k - 1];

			fds[k - 1] = fds[k];
			fds[k] = higher;
		}
	for (int i = 0; i < count; i++)
		if (fds[i] >= next) {
			close_range_of(next, fds[i] - 1);
			next = fds[i] + 1;
		}
	close_range_of(next, INT_MAX);
}

/* Readers of the program's output must not wait for this process to end. */
static void keep_only(int fd, const int *keep)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), all[1 + UVIO_APART_KEEP] = {fd};

	for (int i = 0; i <= STDERR_FILENO; i++)
		if (null < 0 || dup2(null, i) < 0)
			close(i);
	for (int i = 0; i < UVIO_APART_KEEP; i++)
		all[1 + i] = keep ? keep[i] : -1;
	close_all_but(all, 1 + UVIO_APART_KEEP);
}

/* Only of what is no memory the kernel refuses this advice, which changes nothing here. */
static bool is_of_device(const char *name, void *addr, size_t size)
{
	struct stat st;

	return uvio_sys_madvise(addr, size, MADV_DOFORK) == -EINVAL ||
	       (!uvio_sys_stat(AT_FDCWD, name, &st) && S_ISCHR(st.st_mode));
}

/* Private memory may be the heap. */
static int drop_if_of_device(void *data, char *line)
{
	struct uvio_maps_line mapping;
	void *addr;
	size_t size;

	(void)data;
	if (!uvio_maps_parse(line, &mapping) || !mapping.shared)
		return 0;
	addr = (void *)mapping.first;
	size = mapping.last - mapping.first;
	if (is_of_device(mapping.path, addr, size))
		uvio_sys_munmap(addr, size);
	return 0;
}

/* Registers that the program itself has mapped: this process would hold the card for it. */
static void drop_devices(void)
{
	char buffer[MAPS_BUFFER];

	uvio_lines_each("/proc/self/maps", buffer, sizeof(buffer), drop_if_of_device, NULL);
}

/*
 * The child ends at once, so that its own child is nobody's whom the program waits for; what that
 * must not have is dropped before, so that it has none of it from its beginning.
 */
static void run_apart(void (*work)(void *data, int fd), void *data, int fd, const int *keep)
{
	pid_t pid;

	setsid();
	prctl(PR_SET_NAME, "uvio-apart");
	(void)!chdir("/");
	drop_devices();
	keep_only(fd, keep);
	pid = fork_only();
	if (pid)
		_exit(pid < 0 ? errno : 0);
	work(data, fd);
	_exit(0);
}

/*
 * A program that waits for all of its children may reap this one, and it may be killed after it has
 * forked. Neither is a failure: the socket shows whether the process exists.
 */
static int await_child(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : 0;
}

/* A cancelled thread is also cancelled in the child. */
int uvio_apart_start(void (*work)(void *data, int fd), void *data, const int keep[UVIO_APART_KEEP])
{
	int state, fds[2], rc = uvio_sys_socketpair(fds);
	sigset_t all, old;
	pid_t pid;

	if (rc)
		return rc;
	state = uvio_sys_shield();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = fork_only();
	if (!pid)
		run_apart(work, data, fds[1], keep);
	rc = pid < 0 ? -errno : 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	uvio_sys_close(fds[1]);
	if (!rc)
		rc = await_child(pid);
	uvio_sys_unshield(state);
	if (!rc)
		return fds[0];
	uvio_sys_close(fds[0]);
	return rc == -EAGAIN ? -ENOSPC : rc;
}
