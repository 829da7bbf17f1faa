/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <uvio/error.h>

#include "base/context.h"
#include "base/error.h"
#include "base/number.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "owner/holders.h"

#define PCI_BARS 6

static struct uvio_handle *add(struct uvio_handles *handles)
{
	struct uvio_handle *grown = handles->list;
	unsigned int capacity = handles->capacity ? 2 * handles->capacity : 8;

	if (handles->count == handles->capacity) {
		grown = realloc(grown, capacity * sizeof(*grown));
		if (!grown)
			return NULL;
		handles->list = grown;
		handles->capacity = capacity;
	}
	grown[handles->count] = (struct uvio_handle){0};
	return &grown[handles->count++];
}

static void locate(struct uvio_handle *handle, const char *path, const struct stat *st)
{
	handle->located = true;
	handle->dev = st->st_dev;
	handle->ino = st->st_ino;
	handle->size = st->st_size;
	snprintf(handle->path, sizeof(handle->path), "%.120s", path);
}

/* A stale node has the number of something else, as of /dev/null, which everybody has open. */
static bool is_stale(struct uvio_ctx *ctx, const char *path, const struct stat *st)
{
	char text[512], named[UVIO_PATH_SIZE], *name;

	if (uvio_sysfs_read(ctx, text, sizeof(text), "dev/%s/%u:%u/uevent",
		    S_ISBLK(st->st_mode) ? "block" : "char", major(st->st_rdev),
		    minor(st->st_rdev)) < 0)
		return false;
	name = strstr(text, "DEVNAME=");
	if (!name)
		return false;
	name += strlen("DEVNAME=");
	name[strcspn(name, "\n")] = '\0';
	return !uvio_dev_path(ctx, named, "%s", name) && strcmp(named, path) != 0;
}

int uvio_handles_add_node(struct uvio_handles *handles, const char *path)
{
	struct uvio_handle *handle;
	struct stat st;

	if (uvio_sys_stat(AT_FDCWD, path, &st))
		return 0;
	handle = add(handles);
	if (!handle)
		return uvio_no_memory(handles->address);
	locate(handle, path, &st);
	handle->numbered =
		(S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) && !is_stale(handles->ctx, path, &st);
	handle->block = S_ISBLK(st.st_mode);
	handle->major = major(st.st_rdev);
	handle->minor = minor(st.st_rdev);
	return 0;
}

int uvio_handles_add_number(
	struct uvio_handles *handles, bool block, const char *number, const char *path)
{
	struct uvio_handle *handle = add(handles);
	struct stat st;

	if (!handle)
		return uvio_no_memory(handles->address);
	snprintf(handle->path, sizeof(handle->path), "%.120s", path);
	handle->block = block;
	handle->numbered = uvio_number_device(number, 10, &handle->major, &handle->minor);
	if (!uvio_sys_stat(AT_FDCWD, path, &st))
		locate(handle, path, &st);
	return 0;
}

/* 1: there is none. */
static int add_register_file(struct uvio_handles *handles, int folder, const char *name)
{
	struct uvio_handle *handle;
	struct stat st;

	if (uvio_sys_stat(folder, name, &st))
		return 1;
	handle = add(handles);
	if (!handle)
		return uvio_no_memory(handles->address);
	locate(handle, name, &st);
	handle->registers = true;
	return 0;
}

static int add_register_files(struct uvio_handles *handles, int folder)
{
	char name[32];
	int rc = add_register_file(handles, folder, "config");

	if (rc >= 0)
		rc = add_register_file(handles, folder, "remove");
	for (int i = 0; i < PCI_BARS && rc >= 0; i++) {
		snprintf(name, sizeof(name), "resource%d", i);
		rc = add_register_file(handles, folder, name);
		snprintf(name, sizeof(name), "resource%d_wc", i);
		if (!rc)
			rc = add_register_file(handles, folder, name);
	}
	return rc < 0 ? rc : 0;
}

/* By the device's folder, since each look at a file by its whole path costs more than the file. */
int uvio_handles_add_registers(struct uvio_handles *handles)
{
	char path[UVIO_PATH_SIZE];
	int rc, fd;

	uvio_sysfs_path(handles->ctx, path, "bus/pci/devices/%s/.", handles->function);
	fd = uvio_sys_open(path, O_PATH | O_DIRECTORY);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return uvio_fail(fd, "%s: cannot see whether a process has it open: %s: %s",
			handles->address, path, strerror(-fd));
	rc = add_register_files(handles, fd);
	uvio_sys_close(fd);
	return rc;
}

void uvio_handles_free(struct uvio_handles *handles)
{
	free(handles->list);
	handles->list = NULL;
	handles->count = handles->capacity = 0;
}
