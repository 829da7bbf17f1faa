/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_OWNER_NODE_H
#define UVIO_OWNER_NODE_H

#include <uvio/error.h>

struct uvio_check;
struct uvio_ctx;

/**
 * Opens a node of the device, if it has the number that is in "dev" of that folder of
 * sysfs. A descriptor; an errno without a text; -ESTALE with a text: it is another device's.
 */
int uvio_node_open(struct uvio_ctx *ctx, const char *object, const char *path, int flags,
	const char *folder_format, ...) UVIO_PRINTF(5, 6);

/** Adds to @check what uvio_node_open() would say of a stale node; @folder as there. */
void uvio_node_probe(struct uvio_ctx *ctx, const char *object, const char *path, const char *folder,
	struct uvio_check *check);

#endif /* UVIO_OWNER_NODE_H */
