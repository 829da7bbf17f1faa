/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "sys.h"

static bool has_open(const char *folder, const char *path)
{
	char link[PATH_MAX], target[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir = NULL;

	uvio_sys_opendir(folder, &dir);
	while (dir && !found && (entry = readdir(dir))) {
		snprintf(link, sizeof(link), "%.2000s/%.255s", folder, entry->d_name);
		found = !uvio_sys_readlink(link, target, sizeof(target)) && !strcmp(target, path);
	}
	if (dir)
		uvio_sys_closedir(dir);
	return found;
}

/* Never by opening the node: closing /dev/uioN, even once, stops the card of whoever has it. */
int uvio_find_opener(struct uvio_ctx *ctx, const char *path, char *name, size_t size)
{
	char folder[PATH_MAX], file[64];
	struct dirent *entry;
	int pid = 0;
	DIR *dir = NULL;

	uvio_sys_opendir(ctx->proc, &dir);
	name[0] = '\0';
	while (dir && !pid && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(folder, sizeof(folder), "%s/%.20s/fd", ctx->proc, entry->d_name);
		if (has_open(folder, path))
			pid = atoi(entry->d_name);
	}
	if (dir)
		uvio_sys_closedir(dir);
	if (pid) {
		snprintf(file, sizeof(file), "%d/comm", pid);
		uvio_proc_read(ctx, name, size, file);
	}
	return pid;
}
