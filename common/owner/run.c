/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The run folder, in which root keeps what all its programs see, whatever their namespaces. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <uvio/error.h>

#include "base/address.h"
#include "base/context.h"
#include "base/rights.h"
#include "base/sys.h"
#include "owner/lock.h"
#include "owner/run.h"

bool uvio_run_is_ours(const struct stat *st)
{
	return (!st->st_uid || st->st_uid == geteuid()) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

int uvio_run_folder(struct uvio_ctx *ctx, bool make, char *folder)
{
	struct stat st;
	int rc;

	snprintf(folder, UVIO_PATH_SIZE, "%s/uvio", ctx->run);
	rc = lstat(folder, &st) ? -errno : 0;
	if (rc == -ENOENT && make) {
		rc = uvio_sys_mkdir(folder);
		if (!rc || rc == -EEXIST)
			rc = lstat(folder, &st) ? -errno : 0;
	}
	if (rc)
		return rc;
	return S_ISDIR(st.st_mode) && uvio_run_is_ours(&st) ? 0 : -EPERM;
}

bool uvio_run_is_no_file(int err)
{
	return err == -ELOOP || err == -EISDIR || err == -ENXIO;
}

static int open_lock(const char *path)
{
	struct stat st;
	int fd = uvio_sys_open_or_create(path);

	if (fd < 0 || (!fstat(fd, &st) && S_ISREG(st.st_mode) && uvio_run_is_ours(&st)))
		return fd;
	uvio_sys_close(fd);
	return -ESTALE;
}

static bool is_refused(int rc)
{
	return rc == -EACCES || rc == -EPERM || rc == -EROFS || rc == -ENOENT || rc == -ENOTDIR;
}

static int lock_refused(const struct uvio_address *address, const char *path, int rc)
{
	if (rc == -ESTALE || uvio_run_is_no_file(rc))
		return uvio_fail(-EPERM,
			"%s: %s, the lock for changes of its driver, is not a file that only this "
			"user can write; remove it",
			address->text, path);
	return uvio_fail(rc, "%s: cannot open %s, the lock for changes of its driver: %s",
		address->text, path, strerror(-rc));
}

static void lock_path(const char *folder, const struct uvio_address *address, char *path)
{
	snprintf(path, UVIO_PATH_SIZE, "%.*s/lock-%s", UVIO_PATH_SIZE - UVIO_ADDRESS_SIZE - 8,
		folder, address->text);
}

/* A file takes an inode there; some file systems do not count them. */
static bool is_full(struct uvio_ctx *ctx, const char *folder, unsigned int files)
{
	struct statvfs fs;

	return !uvio_access(ctx, folder, W_OK) && !statvfs(folder, &fs) && fs.f_files &&
	       fs.f_favail < files;
}

int uvio_run_lock_probe(struct uvio_ctx *ctx, const struct uvio_address *address)
{
	char folder[UVIO_PATH_SIZE], path[UVIO_PATH_SIZE];
	struct stat st;
	int rc;

	if (address->kind != UVIO_ADDRESS_PCI)
		return 0;
	rc = uvio_run_folder(ctx, false, folder);
	lock_path(folder, address, path);
	if (rc)
		return rc == -ENOENT && is_full(ctx, ctx->run, 2)
			       ? lock_refused(address, path, -ENOSPC)
			       : 0;
	if (lstat(path, &st))
		return errno == ENOENT && is_full(ctx, folder, 1)
			       ? lock_refused(address, path, -ENOSPC)
			       : 0;
	return S_ISREG(st.st_mode) && uvio_run_is_ours(&st) ? 0
							    : lock_refused(address, path, -ESTALE);
}

int uvio_run_lock(struct uvio_ctx *ctx, const struct uvio_address *address, int *out)
{
	char folder[UVIO_PATH_SIZE], path[UVIO_PATH_SIZE];
	int rc, fd;

	*out = -1;
	if (address->kind != UVIO_ADDRESS_PCI)
		return 0;
	rc = uvio_run_folder(ctx, true, folder);
	lock_path(folder, address, path);
	fd = rc ? rc : open_lock(path);
	if (is_refused(fd))
		return 0;
	if (fd < 0)
		return lock_refused(address, path, fd);
	rc = uvio_lock_take(ctx, address, fd);
	if (rc)
		uvio_sys_close(fd);
	else
		*out = fd;
	return rc;
}
