/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "link.h"
#include "output.h"
#include "tools.h"

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2u
#endif

/* Others may change what is there at the same time. */
#define ATTEMPTS 16

static int failed(const char *path, int err)
{
	char folder[PATH_MAX];

	output_folder(path, folder);
	if (!path[0])
		return tool_error("--link '': an empty path");
	if (err == ENOENT)
		return tool_error(
			"--link '%s': the folder '%s' does not exist; make it", path, folder);
	if (err == ENOTDIR)
		return tool_error("--link '%s': '%s' is not a folder", path, folder);
	return tool_error("--link '%s': %s", path, strerror(err));
}

static int no_link(const char *path)
{
	return tool_error("--link '%s': this exists and is not a symbolic link: remove it, or name "
			  "another path",
		path);
}

static bool is_link(const char *path)
{
	struct stat stat;

	return !lstat(path, &stat) && S_ISLNK(stat.st_mode);
}

int link_check(const char *path)
{
	char folder[PATH_MAX];
	struct stat stat;

	if (!path[0] || strlen(path) >= PATH_MAX)
		return failed(path, path[0] ? ENAMETOOLONG : ENOENT);
	if (!lstat(path, &stat))
		return S_ISLNK(stat.st_mode) ? TOOL_GO_ON : no_link(path);
	if (errno != ENOENT)
		return failed(path, errno);
	output_folder(path, folder);
	return access(folder, F_OK) ? failed(path, errno) : TOOL_GO_ON;
}

/* glibc 2.28 and musl 1.2.4 are the first that have a function for it. */
static int exchange(const char *a, const char *b)
{
	return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) ? -errno : 0;
}

/*
 * Both change places, so that what was there is seen afterwards and can go back. Where the file
 * system does not know that, it is looked at before.
 */
static int replace(const char *path, const char *beside)
{
	int rc = exchange(beside, path);

	if (rc == -EINVAL || rc == -ENOSYS) {
		if (!is_link(path))
			return -EEXIST;
		return rename(beside, path) ? -errno : 0;
	}
	if (rc)
		return rc;
	if (is_link(beside))
		return unlink(beside) ? -errno : 0;
	exchange(beside, path);
	return -EEXIST;
}

static int replace_link(const char *path, const char *target, int attempt)
{
	char beside[PATH_MAX + 32];
	int rc;

	snprintf(beside, sizeof(beside), "%s.%ld.%d", path, (long)getpid(), attempt);
	if (symlink(target, beside))
		return errno == EEXIST ? -EAGAIN : -errno;
	rc = replace(path, beside);
	if (rc && is_link(beside))
		unlink(beside);
	return rc;
}

/* Where nothing is, symlink() makes it or fails; nothing is replaced by it. */
static int make(const char *path, const char *target)
{
	int rc = -EAGAIN;

	for (int i = 0; i < ATTEMPTS; i++) {
		if (!symlink(target, path))
			return 0;
		rc = -errno;
		if (rc != -EEXIST || !is_link(path))
			return rc;
		rc = replace_link(path, target, i);
		if (rc != -ENOENT && rc != -EAGAIN)
			return rc;
	}
	return rc;
}

int link_make(struct link *link, const char *path, const char *target)
{
	int rc = link_check(path);

	link->path[0] = '\0';
	if (rc != TOOL_GO_ON)
		return rc;
	rc = make(path, target);
	if (rc == -EEXIST)
		return no_link(path);
	if (rc)
		return failed(path, -rc);
	snprintf(link->path, sizeof(link->path), "%s", path);
	snprintf(link->target, sizeof(link->target), "%s", target);
	return TOOL_GO_ON;
}

void link_remove(struct link *link)
{
	char target[sizeof(link->target) + 1];
	ssize_t n = link->path[0] ? readlink(link->path, target, sizeof(target)) : -1;

	if (n == (ssize_t)strlen(link->target) && !memcmp(target, link->target, (size_t)n))
		unlink(link->path);
	link->path[0] = '\0';
}
