/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "output.h"
#include "tools.h"

static int failed(const char *path, int err)
{
	return tool_error("%s: it cannot be written: %s", path, strerror(err));
}

/* In @place; what a link leads to, so that the link stays. */
static void find_target(const char *path, char *place)
{
	if (!realpath(path, place))
		snprintf(place, PATH_MAX, "%s", path);
}

/* The folder in which a new file takes the place of @path. */
static void find_folder(const char *path, char *folder)
{
	char *slash;

	find_target(path, folder);
	slash = strrchr(folder, '/');
	if (!slash)
		strcpy(folder, ".");
	else
		slash[slash == folder] = '\0';
}

int output_check(const char *path)
{
	char folder[PATH_MAX];
	struct stat status;

	if (strlen(path) >= PATH_MAX)
		return failed(path, ENAMETOOLONG);
	if (stat(path, &status) == 0) {
		if (S_ISDIR(status.st_mode))
			return failed(path, EISDIR);
		if (access(path, W_OK))
			return failed(path, errno);
		if (!S_ISREG(status.st_mode))
			return TOOL_GO_ON;
	}
	find_folder(path, folder);
	return access(folder, W_OK | X_OK) ? failed(path, errno) : TOOL_GO_ON;
}

static int put_and_close(int fd, void (*put)(FILE *stream, const char *text), const char *text)
{
	FILE *stream = fdopen(fd, "w");
	int err;

	if (!stream) {
		err = errno;
		close(fd);
		return err;
	}
	errno = 0;
	put(stream, text);
	err = ferror(stream) || fflush(stream) ? errno : 0;
	if (fclose(stream) && !err)
		err = errno;
	return err;
}

/* As a new file of the user's would have them, or as the old one has them. */
static void set_rights(int fd, const struct stat *old)
{
	mode_t mask = umask(0);

	umask(mask);
	if (old)
		(void)!fchown(fd, old->st_uid, old->st_gid);
	(void)!fchmod(fd, old ? old->st_mode & 0777 : 0666 & ~mask);
}

static int replace(const char *place, const struct stat *old,
	void (*put)(FILE *stream, const char *text), const char *text)
{
	char beside[PATH_MAX + 8];
	int fd, err;

	snprintf(beside, sizeof(beside), "%s.XXXXXX", place);
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0)
		return errno;
	set_rights(fd, old);
	err = put_and_close(fd, put, text);
	if (!err && rename(beside, place))
		err = errno;
	if (err)
		unlink(beside);
	return err;
}

int output_write(const char *path, void (*put)(FILE *stream, const char *text), const char *text)
{
	char place[PATH_MAX];
	struct stat status;
	bool there = stat(path, &status) == 0;
	int fd, err;

	find_target(path, place);
	if (!there || S_ISREG(status.st_mode)) {
		err = replace(place, there ? &status : NULL, put, text);
	} else {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		err = fd < 0 ? errno : put_and_close(fd, put, text);
	}
	return err ? failed(path, err) : TOOL_GO_ON;
}
