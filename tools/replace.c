/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "replace.h"

static void folder_of(char *folder, const char *path)
{
	char *slash;

	snprintf(folder, PATH_MAX, "%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
}

static int make_folder(const char *folder, unsigned int levels)
{
	char above[PATH_MAX];
	int rc;

	if (!mkdir(folder, 0755) || errno == EEXIST)
		return 0;
	if (errno != ENOENT || !levels)
		return -errno;
	folder_of(above, folder);
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
	folder_of(folder, path);
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

	folder_of(folder, path);
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
