/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The lock of a card, and the system calls by which a driver starts its guard and talks to it. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inject.h"
#include "base/sys.h"

int __real_uvio_sys_lock(int fd);
int __wrap_uvio_sys_lock(int fd);

/* A simulated node may be an eventfd, whose inode all programs of the machine share. */
static bool is_shared_with_all(int fd)
{
	char link[64], target[64] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return readlink(link, target, sizeof(target) - 1) > 0 &&
	       !strncmp(target, "anon_inode:", 11);
}

int __wrap_uvio_sys_lock(int fd)
{
	int rc = inject_ordered(INJECT_LOCK, inject_name_of(fd));

	return rc || is_shared_with_all(fd) ? rc : __real_uvio_sys_lock(fd);
}

int __real_uvio_sys_readlink_at(int folder, const char *name, char *buf, size_t size);
int __wrap_uvio_sys_readlink_at(int folder, const char *name, char *buf, size_t size);

int __wrap_uvio_sys_readlink_at(int folder, const char *name, char *buf, size_t size)
{
	int rc = inject_ordered(INJECT_READLINK, name);

	return rc ? rc : __real_uvio_sys_readlink_at(folder, name, buf, size);
}

int __real_uvio_sys_socketpair(int fds[2]);
int __wrap_uvio_sys_socketpair(int fds[2]);

int __wrap_uvio_sys_socketpair(int fds[2])
{
	int rc = inject_ordered(INJECT_SOCKET, "guard");

	if (!rc)
		rc = __real_uvio_sys_socketpair(fds);
	for (int i = 0; !rc && i < 2; i++)
		inject_opened(fds[i], "guard");
	return rc;
}

int __real_uvio_sys_spawn(const char *path, char *const argv[], int fd);
int __wrap_uvio_sys_spawn(const char *path, char *const argv[], int fd);

int __wrap_uvio_sys_spawn(const char *path, char *const argv[], int fd)
{
	int rc = inject_ordered(INJECT_SPAWN, path);

	return rc ? rc : __real_uvio_sys_spawn(path, argv, fd);
}

int __real_uvio_sys_send(int fd, const void *buf, size_t size, const int *fds, unsigned int count);
int __wrap_uvio_sys_send(int fd, const void *buf, size_t size, const int *fds, unsigned int count);

int __wrap_uvio_sys_send(int fd, const void *buf, size_t size, const int *fds, unsigned int count)
{
	int rc = inject_ordered(INJECT_SEND, inject_name_of(fd));

	return rc ? rc : __real_uvio_sys_send(fd, buf, size, fds, count);
}

int __real_uvio_sys_receive(int fd, void *buf, size_t size, int timeout_ms);
int __wrap_uvio_sys_receive(int fd, void *buf, size_t size, int timeout_ms);

int __wrap_uvio_sys_receive(int fd, void *buf, size_t size, int timeout_ms)
{
	int rc = inject_ordered(INJECT_RECEIVE, inject_name_of(fd));

	return rc ? rc : __real_uvio_sys_receive(fd, buf, size, timeout_ms);
}

int __real_uvio_sys_memfd(const char *name, unsigned int flags, size_t size);
int __wrap_uvio_sys_memfd(const char *name, unsigned int flags, size_t size);

int __wrap_uvio_sys_memfd(const char *name, unsigned int flags, size_t size)
{
	int rc = inject_ordered(INJECT_MEMFD, name);

	if (rc)
		return rc;
	rc = sim && sim->memfd ? sim->memfd(flags, size) : SIM_NOT_MINE;
	return inject_opened(
		rc == SIM_NOT_MINE ? __real_uvio_sys_memfd(name, flags, size) : rc, "memfd");
}

int __real_uvio_sys_pidfd(void);
int __wrap_uvio_sys_pidfd(void);

int __wrap_uvio_sys_pidfd(void)
{
	int rc = inject_ordered(INJECT_PIDFD, "pidfd");

	return rc ? rc : inject_opened(__real_uvio_sys_pidfd(), "pidfd");
}

int __wrap_uvio_apart_start(void (*work)(void *data, int fd), void *data, const int *keep);

int inject_left_lock = -1;

/* In this process, before its notes are read. What it would keep is in inject_left_lock. */
int __wrap_uvio_apart_start(void (*work)(void *data, int fd), void *data, const int *keep)
{
	int fds[2], rc = inject_ordered(INJECT_SPAWN, "apart");

	if (keep)
		inject_left_lock = keep[1];
	if (!rc)
		rc = __real_uvio_sys_socketpair(fds);
	if (rc)
		return rc == -EAGAIN ? -ENOSPC : rc;
	inject_opened(fds[0], "apart");
	inject_opened(fds[1], "apart");
	work(data, fds[1]);
	uvio_sys_close(fds[1]);
	return fds[0];
}

int __real_uvio_sys_open_or_create(const char *path);
int __wrap_uvio_sys_open_or_create(const char *path);

int __wrap_uvio_sys_open_or_create(const char *path)
{
	int rc = inject_ordered(INJECT_OPEN, path);

	return rc ? rc : inject_opened(__real_uvio_sys_open_or_create(path), path);
}

int __real_uvio_sys_create(const char *path);
int __wrap_uvio_sys_create(const char *path);

int __wrap_uvio_sys_create(const char *path)
{
	int rc = inject_ordered(INJECT_OPEN, path);

	return rc ? rc : inject_opened(__real_uvio_sys_create(path), path);
}
