/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The record of a change: it exists only during a change, or after a change was killed. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uvio/context.h>
#include <uvio/error.h>

#include "base/context.h"
#include "base/sys.h"
#include "bind/rebind.h"
#include "owner/run.h"

#define RECORD_SIZE 512

/* An absent name is "-", which is no driver's. */
#define RECORD_WRITTEN "uvio bind 1\ngoal %d\ndriver %s\nwas %s\noverride %s\nend\n"
#define RECORD_READ "uvio bind 1\ngoal %d\ndriver %63[^\n]\nwas %63[^\n]\noverride %63[^\n]\nend%c"

static const char *or_dash(const char *name)
{
	return name[0] ? name : "-";
}

static int write_record(const struct uvio_rebind *rebind, const char *text)
{
	ssize_t n;
	int fd;

	uvio_sys_remove(rebind->record);
	fd = uvio_sys_create(rebind->record);
	if (fd < 0)
		return fd;
	n = uvio_sys_write_within_limit(fd, text, strlen(text));
	uvio_sys_close(fd);
	return n == (ssize_t)strlen(text) ? 0 : n < 0 ? (int)n : -EIO;
}

void uvio_record_save(struct uvio_ctx *ctx, struct uvio_rebind *rebind)
{
	char text[RECORD_SIZE], folder[UVIO_PATH_SIZE];
	int rc = uvio_run_folder(ctx, true, folder);

	snprintf(text, sizeof(text), RECORD_WRITTEN, (int)rebind->goal, or_dash(rebind->driver),
		or_dash(rebind->was), or_dash(rebind->override));
	if (!rc)
		rc = write_record(rebind, text);
	rebind->recorded = !rc;
	if (!rc)
		return;
	uvio_sys_remove(rebind->record);
	uvio_log(ctx, UVIO_LOG_INFO,
		"%s: no record of the change in %s: %s; if all its processes are killed now, the "
		"next command cannot restore the former driver",
		rebind->address, folder, strerror(-rc));
}

static void drop_dash(char *name)
{
	if (!strcmp(name, "-"))
		name[0] = '\0';
}

/* A pipe would block. */
static int open_file(struct uvio_ctx *ctx, const char *path, int flags)
{
	char folder[UVIO_PATH_SIZE];
	struct stat st;
	int fd = uvio_run_folder(ctx, false, folder);

	if (fd)
		return fd;
	fd = uvio_sys_open(path, flags | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || (!fstat(fd, &st) && S_ISREG(st.st_mode) && uvio_run_is_ours(&st)))
		return fd;
	uvio_sys_close(fd);
	return -EPERM;
}

/* An incomplete record was written before anything was changed. */
bool uvio_record_load(struct uvio_ctx *ctx, struct uvio_rebind *rebind)
{
	char text[RECORD_SIZE], newline = 0;
	int n, goal, fd = open_file(ctx, rebind->record, O_RDONLY);

	if (fd < 0)
		return false;
	n = (int)uvio_sys_read(fd, text, sizeof(text) - 1);
	uvio_sys_close(fd);
	text[n > 0 ? n : 0] = '\0';
	n = sscanf(
		text, RECORD_READ, &goal, rebind->driver, rebind->was, rebind->override, &newline);
	if (n != 5 || newline != '\n' || goal < UVIO_REBIND_TAKE || goal >= UVIO_REBIND_REPAIR)
		return false;
	drop_dash(rebind->driver);
	drop_dash(rebind->was);
	drop_dash(rebind->override);
	rebind->goal = UVIO_REBIND_REPAIR;
	rebind->interrupted = (enum uvio_rebind_goal)goal;
	return rebind->recorded = true;
}

static bool record_stat(
	struct uvio_ctx *ctx, const char *address, char path[UVIO_PATH_SIZE], struct stat *st)
{
	snprintf(path, UVIO_PATH_SIZE, "%s/uvio/bind-%s", ctx->run, address);
	return !lstat(path, st);
}

bool uvio_record_exists(struct uvio_ctx *ctx, const char *address)
{
	char path[UVIO_PATH_SIZE];
	struct stat st;

	return record_stat(ctx, address, path, &st) && S_ISREG(st.st_mode);
}

int uvio_record_place(struct uvio_ctx *ctx, const char *address)
{
	char path[UVIO_PATH_SIZE];
	struct stat st;

	if (uvio_run_folder(ctx, false, path) || !record_stat(ctx, address, path, &st) ||
		S_ISREG(st.st_mode))
		return 0;
	return uvio_fail(-EPERM,
		"%s: %s, the record of a change of its driver, is not a file; remove it", address,
		path);
}

void uvio_record_forget_comparison(struct uvio_ctx *ctx, const char *address)
{
	char path[UVIO_PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), "%s/uvio/compare-%s", ctx->run, address);
	fd = open_file(ctx, path, O_RDWR);
	if (fd >= 0 && !uvio_sys_lock_record(fd))
		uvio_sys_remove(path);
	uvio_sys_close(fd);
}
