/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>

#include <uvio/check.h>
#include <uvio/error.h>

#include "base/context.h"
#include "base/finding.h"
#include "base/number.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "owner/node.h"

#define STALE                                                                                      \
	"%s: %s is not its node, which has the number %s by %s/%s/dev: it is stale, or another "   \
	"device's"
#define STALE_FIX "create it again (udevadm trigger, or mknod)"

static int stale(struct uvio_ctx *ctx, const char *object, const char *path, const char *number,
	const char *folder)
{
	return uvio_fail(-ESTALE, STALE "; " STALE_FIX, object, path, number, ctx->sysfs, folder);
}

static bool read_number(struct uvio_ctx *ctx, const char *folder, char *number, size_t size,
	unsigned int *major, unsigned int *minor)
{
	return uvio_sysfs_read(ctx, number, size, "%s/dev", folder) >= 0 &&
	       uvio_number_device(number, 10, major, minor);
}

void uvio_node_probe(struct uvio_ctx *ctx, const char *object, const char *path, const char *folder,
	struct uvio_check *check)
{
	unsigned int major, minor;
	char number[32] = "";

	if (read_number(ctx, folder, number, sizeof(number), &major, &minor) &&
		uvio_sys_is_node(AT_FDCWD, path, major, minor) == -ESTALE)
		uvio_check_add(check, UVIO_BLOCKS, STALE_FIX, STALE, object, path, number,
			ctx->sysfs, folder);
}

/* Before the open, since even a close changes the card whose node it is; and what was opened. */
int uvio_node_open(struct uvio_ctx *ctx, const char *object, const char *path, int flags,
	const char *folder_format, ...)
{
	char folder[UVIO_ROOT_SIZE], number[32] = "";
	unsigned int major, minor;
	va_list args;
	int fd, rc;

	va_start(args, folder_format);
	vsnprintf(folder, sizeof(folder), folder_format, args);
	va_end(args);
	/* What cannot be read is left to the open, which knows why. */
	if (!read_number(ctx, folder, number, sizeof(number), &major, &minor))
		return uvio_sys_open(path, flags);
	if (uvio_sys_is_node(AT_FDCWD, path, major, minor) == -ESTALE)
		return stale(ctx, object, path, number, folder);
	fd = uvio_sys_open(path, flags);
	if (fd < 0)
		return fd;
	rc = uvio_sys_is_node(fd, "", major, minor);
	if (!rc)
		return fd;
	uvio_sys_close(fd);
	return rc == -ESTALE ? stale(ctx, object, path, number, folder) : rc;
}
