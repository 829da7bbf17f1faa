/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Who has a node open, for texts. */
#include <config.h>

#include <stdio.h>

#include "base/context.h"
#include "base/error.h"
#include "owner/holders.h"
#include "owner/inuse.h"

/* A failed search is ignored: the kernel has refused already, and this only names the holder. */
static int find_opener(struct uvio_ctx *ctx, const char *path, bool others, char *name, size_t size)
{
	struct uvio_handles handles = {.ctx = ctx, .address = path, .others = others};
	struct uvio_saved_error before;
	struct uvio_holder holder = {0};

	uvio_error_save(&before);
	name[0] = '\0';
	if (!uvio_handles_add_node(&handles, path) && !uvio_holder_find(&handles, &holder))
		snprintf(name, size, "%s", holder.name);
	uvio_handles_free(&handles);
	uvio_error_restore(&before);
	return holder.pid;
}

int uvio_find_opener(struct uvio_ctx *ctx, const char *path, char *name, size_t size)
{
	return find_opener(ctx, path, false, name, size);
}

int uvio_find_other_opener(struct uvio_ctx *ctx, const char *path, char *name, size_t size)
{
	return find_opener(ctx, path, true, name, size);
}

int uvio_find_orphan(
	struct uvio_ctx *ctx, char *path, size_t path_size, char *name, size_t name_size)
{
	const struct uvio_handles handles = {.ctx = ctx, .address = "vfio", .orphans = true};
	struct uvio_saved_error before;
	struct uvio_holder holder = {0};

	uvio_error_save(&before);
	if (uvio_holder_find(&handles, &holder))
		holder.pid = 0;
	snprintf(path, path_size, "%s", holder.what);
	snprintf(name, name_size, "%s", holder.name);
	uvio_error_restore(&before);
	return holder.pid;
}
