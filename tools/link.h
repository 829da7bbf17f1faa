/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** A symbolic link that is ours as long as we run. */
#ifndef UVIO_TOOLS_LINK_H
#define UVIO_TOOLS_LINK_H

#include <limits.h>

struct link {
	char path[PATH_MAX]; /* "": none */
	char target[64];
};

/* Before the work: whether a link can be at @path. TOOL_GO_ON, or TOOL_FAILED after a message. */
int link_check(const char *path);

/*
 * Makes it, at once in the place of another symbolic link, and of nothing else. TOOL_GO_ON, or
 * TOOL_FAILED after a message.
 */
int link_make(struct link *link, const char *path, const char *target);

/* Removes it, where it still leads to our target. */
void link_remove(struct link *link);

#endif /* UVIO_TOOLS_LINK_H */
