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

void output_folder(const char *path, char *folder)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		strcpy(folder, ".");
	else
		snprintf(folder, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

int output_check(const char *path)
{
	char place[PATH_MAX], folder[PATH_MAX];
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
	find_target(path, place);
	output_folder(place, folder);
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

int output_write(const char *path, bool at_once, void (*put)(FILE *stream, const char *text),
	const char *text)
{
	char place[PATH_MAX];
	struct stat status;
	bool there = stat(path, &status) == 0;
	int fd, err;

	find_target(path, place);
	if (!there || S_ISREG(status.st_mode)) {
		err = replace(place, there ? &status : NULL, put, text);
	} else {
		fd = open(path, O_WRONLY | O_CLOEXEC | (at_once ? O_NONBLOCK : 0));
		err = fd < 0 ? errno : put_and_close(fd, put, text);
	}
	return err ? failed(path, err) : TOOL_GO_ON;
}

static int make_folder(const char *folder, unsigned int levels)
{
	char above[PATH_MAX];
	int rc;

	if (!mkdir(folder, 0755) || errno == EEXIST)
		return 0;
	if (errno != ENOENT || !levels)
		return -errno;
	output_folder(folder, above);
	rc = make_folder(above, levels - 1);
	if (rc)
		return rc;
	return mkdir(folder, 0755) && errno != EEXIST ? -errno : 0;
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno != EINTR)
			return -errno;
		text += n < 0 ? 0 : n;
		left -= n < 0 ? 0 : (size_t)n;
	}
	return fchmod(fd, 0644) || fsync(fd) ? -errno : 0;
}

/* Names that udev and others, which read all files of a folder, leave alone. */
int replace_prepare(struct replacement *r, const char *path, unsigned int levels, const char *text)
{
	char folder[PATH_MAX];
	int fd, rc;

	r->beside[0] = '\0';
	snprintf(r->path, sizeof(r->path), "%s", path);
	output_folder(path, folder);
	rc = make_folder(folder, levels);
	if (rc)
		return rc;
	snprintf(r->beside, sizeof(r->beside), "%s/.uvio-XXXXXX", folder);
	fd = mkostemp(r->beside, O_CLOEXEC);
	if (fd < 0) {
		r->beside[0] = '\0';
		return -errno;
	}
	rc = write_all(fd, text);
	if (close(fd) && !rc)
		rc = -errno;
	if (rc)
		replace_drop(r);
	return rc;
}

/* The name is on the disk once its folder is. */
static int flush_folder(const char *path)
{
	char folder[PATH_MAX];
	int fd, rc;

	output_folder(path, folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = fsync(fd) ? -errno : 0;
	close(fd);
	return rc;
}

int replace_commit(struct replacement *r)
{
	int rc;

	if (rename(r->beside, r->path)) {
		rc = -errno;
		replace_drop(r);
		return rc;
	}
	r->beside[0] = '\0';
	return flush_folder(r->path);
}

void replace_drop(struct replacement *r)
{
	if (r->beside[0])
		unlink(r->beside);
	r->beside[0] = '\0';
}

int replace_remove(const char *path)
{
	int rc;

	if (unlink(path))
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	rc = flush_folder(path);
	return rc ? rc : 1;
}
