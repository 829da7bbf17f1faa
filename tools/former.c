/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "former.h"

#define RECORD_SIZE 256
#define RECORD_WRITTEN "uvio compare 1\npid %d\ndriver %s\nend\n"
#define RECORD_READ "uvio compare 1\npid %d\ndriver %63[^\n]\nend%c"

enum {
	TRIES = 10, /* to open a file that another comparison has not removed meanwhile */
};

/* Nobody but root, or this user, may have written it. */
static bool is_ours(const struct stat *st)
{
	return (!st->st_uid || st->st_uid == geteuid()) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

static bool find_path(const struct tool *tool, const char *address, bool make, char *path)
{
	const char *root = tool->options.run_root ? tool->options.run_root : "/run";
	struct stat st;

	if ((size_t)snprintf(path, FORMER_PATH, "%s/uvio", root) >= FORMER_PATH - 64)
		return false;
	if (make)
		mkdir(path, 0755);
	if (lstat(path, &st) || !S_ISDIR(st.st_mode) || !is_ours(&st))
		return false;
	snprintf(path + strlen(path), 64, "/compare-%.40s", address);
	return true;
}

/* A pipe would have to be waited for. */
static int open_record(const char *path, int flags)
{
	int fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && is_ours(&st))
		return fd;
	close(fd);
	return -EPERM;
}

/* 0 if it is not complete: then nothing has been bound yet. */
static int read_record(int fd, char *driver)
{
	char text[RECORD_SIZE], newline = 0;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	int pid = 0;

	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, RECORD_READ, &pid, driver, &newline) == 3 && newline == '\n' && pid > 0)
		return pid;
	driver[0] = '\0';
	return 0;
}

static const char *driver_now(const struct uvio_device_info *info)
{
	return info->driver ? info->driver : "none";
}

/* With a driver of no backend: somebody else has bound it since then. */
static bool is_left(const char *driver, const struct uvio_device_info *info)
{
	return driver[0] && strcmp(driver, driver_now(info)) != 0 &&
	       (!info->driver || info->backend);
}

/* Unlike flock(), these can be asked for without being taken. */
static bool is_locked(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

enum former_state former_look(
	const struct tool *tool, const struct uvio_device_info *info, char *driver)
{
	enum former_state state = FORMER_NONE;
	char path[FORMER_PATH];
	int fd;

	driver[0] = '\0';
	if (!info->pci || !find_path(tool, info->address, false, path))
		return FORMER_NONE;
	fd = open_record(path, O_RDONLY);
	if (fd < 0)
		return fd == -EACCES ? FORMER_UNSURE : FORMER_NONE;
	if (is_locked(fd))
		state = FORMER_UNDER_WAY;
	else if (read_record(fd, driver) && is_left(driver, info))
		state = FORMER_LEFT;
	close(fd);
	return state;
}

static const char *in_words(const char *driver)
{
	return driver && strcmp(driver, "none") != 0 ? driver : "no driver";
}

bool former_describe(
	const struct tool *tool, const struct uvio_device_info *info, char *text, size_t size)
{
	char driver[FORMER_NAME];

	switch (former_look(tool, info, driver)) {
	case FORMER_UNDER_WAY:
		snprintf(text, size, "uvio compare is in progress");
		return true;
	case FORMER_LEFT:
		snprintf(text, size,
			"uvio compare was interrupted, and left the device with %s; to restore its "
			"former driver, %s: uvio bind %s %s",
			in_words(info->driver), in_words(driver), info->address, driver);
		return true;
	case FORMER_UNSURE:
		snprintf(text, size,
			"uvio compare is in progress, or was interrupted; sudo uvio info %s shows "
			"which, and the former driver",
			info->address);
		return true;
	default:
		return false;
	}
}

/* -EBUSY: another process has it; -ESTALE: that has removed the file before releasing it. */
static int lock_record(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct stat st;

	if (fcntl(fd, F_OFD_SETLK, &lock))
		return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
	return fstat(fd, &st) || !st.st_nlink ? -ESTALE : 0;
}

/* The descriptor in @out is the caller's also after -EBUSY. */
static int open_locked(const char *path, bool make, int *out)
{
	int rc = -ESTALE;

	for (int i = 0; i < TRIES && rc == -ESTALE; i++) {
		int fd = open_record(path, O_RDWR | (make ? O_CREAT : 0));

		if (fd < 0)
			return fd;
		rc = lock_record(fd);
		if (rc == -ESTALE)
			close(fd);
		else
			*out = fd;
	}
	return rc;
}

static int under_way(const char *address, int fd)
{
	char driver[FORMER_NAME], process[40] = "";
	int pid = read_record(fd, driver);

	if (pid)
		snprintf(process, sizeof(process), ", started as process %d,", pid);
	return tool_error("%s: uvio compare%s has not finished with it; wait for its end, or end "
			  "it; it restores the driver",
		address, process);
}

/* A link, a folder, a pipe, a socket, or what another user can write. */
static bool is_no_record(int rc)
{
	return rc == -EPERM || rc == -ELOOP || rc == -EISDIR || rc == -ENXIO;
}

static int no_record(const char *address, const char *path)
{
	return tool_error("%s: %s, the record of a comparison, is not a file that only this user "
			  "can write; remove it",
		address, path);
}

int former_lock(const struct tool *tool, const struct uvio_device_info *info, bool make,
	struct former *former)
{
	int rc, fd = -1;

	*former = (struct former){.fd = -1};
	if (!info->pci || !find_path(tool, info->address, make, former->path))
		return TOOL_GO_ON;
	rc = open_locked(former->path, make, &fd);
	if (!rc) {
		former->fd = fd;
		former->keeps = read_record(fd, former->driver) > 0;
		return TOOL_GO_ON;
	}
	rc = rc == -EBUSY		? under_way(info->address, fd)
	     : make && is_no_record(rc) ? no_record(info->address, former->path)
					: TOOL_GO_ON;
	if (fd >= 0)
		close(fd);
	return rc;
}

bool former_is_left(const struct former *former, const struct uvio_device_info *info)
{
	return former->fd >= 0 && is_left(former->driver, info);
}

void former_tell(const struct former *former, const struct uvio_device_info *left)
{
	tool_error("%s: an interrupted uvio compare had left it with %s; before that, it had %s",
		left->address, in_words(left->driver), in_words(former->driver));
}

void former_write(struct former *former, const struct uvio_device_info *info)
{
	char text[RECORD_SIZE];
	int n = snprintf(text, sizeof(text), RECORD_WRITTEN, (int)getpid(), driver_now(info));

	if (former->fd < 0)
		return;
	former->keeps = !ftruncate(former->fd, 0) && pwrite(former->fd, text, (size_t)n, 0) == n;
}

void former_close(struct former *former)
{
	if (former->fd < 0)
		return;
	if (!former->keeps)
		unlink(former->path);
	close(former->fd);
	former->fd = -1;
}
