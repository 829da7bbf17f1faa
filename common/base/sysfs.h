/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_BASE_SYSFS_H
#define UVIO_BASE_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uvio/error.h>

struct uvio_ctx;

/** A path below the root of sysfs; -ENAMETOOLONG. */
int uvio_sysfs_path(struct uvio_ctx *ctx, char *path, const char *format, ...) UVIO_PRINTF(3, 4);

/** The file's first bytes, terminated, without white space at the end. Their number, or an errno.
 */
int uvio_sysfs_read(struct uvio_ctx *ctx, char *buf, size_t size, const char *format, ...)
	UVIO_PRINTF(4, 5);

/** The same for a binary file: its first bytes unchanged. */
int uvio_sysfs_read_bytes(struct uvio_ctx *ctx, void *buf, size_t size, const char *format, ...)
	UVIO_PRINTF(4, 5);

/** A whole file that is one number, decimal or 0x. 0; -EINVAL: it is not. */
int uvio_sysfs_u64(struct uvio_ctx *ctx, uint64_t *value, const char *format, ...)
	UVIO_PRINTF(3, 4);

/**
 * A file of a PCI device at which the kernel may wait, as for a program that has the device open,
 * or for the lock of the device; no signal ends this wait. A child process makes the call, and is
 * abandoned after a time: -ETIMEDOUT; the kernel may do it later. Until then the child has @lock,
 * too (-1: none), so that closing the caller's descriptor does not release it.
 */
int uvio_sysfs_write_watched(
	struct uvio_ctx *ctx, const char *address, const char *file, const char *text, int lock);

/** The first line, as with uvio_sysfs_read(). */
int uvio_sysfs_read_watched(
	struct uvio_ctx *ctx, const char *address, const char *file, char *buf, size_t size);

/** Writes the value that it reads there. */
int uvio_sysfs_rewrite_watched(struct uvio_ctx *ctx, const char *address, const char *file);

/** The last part of a link's target. */
int uvio_sysfs_link(struct uvio_ctx *ctx, char *name, size_t size, const char *format, ...)
	UVIO_PRINTF(4, 5);

/** Whether there is any sysfs at all; in a chroot there may be none. */
bool uvio_sysfs_is_there(struct uvio_ctx *ctx);

/** Fails with -ENODEV and "@object: @text", or where there is no sysfs with a text that says so. */
int uvio_no_device(struct uvio_ctx *ctx, const char *object, const char *text);

bool uvio_sysfs_exists(struct uvio_ctx *ctx, const char *format, ...) UVIO_PRINTF(2, 3);

/** As uvio_sysfs_read(), by the full path. */
int uvio_read_file(const char *path, char *buf, size_t size);

/** A file below the root of /proc, whole or cut to @size. */
int uvio_proc_read(struct uvio_ctx *ctx, char *buf, size_t size, const char *name);

/** The same up to a fixed limit, for free(); "": it cannot be read; NULL: out of memory. */
char *uvio_proc_read_all(struct uvio_ctx *ctx, const char *name);

/** The id of this process in /proc, which may be that of another PID namespace. */
int uvio_proc_self(struct uvio_ctx *ctx);

int uvio_dev_path(struct uvio_ctx *ctx, char *path, const char *format, ...) UVIO_PRINTF(3, 4);

/** Strict: decimal or 0x, nothing behind it. 0 or -EINVAL, without an error message. */
int uvio_parse_u64(const char *text, uint64_t *value);

/**
 * The sorted names in a folder that begin with @prefix. Their number and the array, for
 * uvio_names_free(); an errno.
 */
int uvio_sysfs_names(struct uvio_ctx *ctx, const char *prefix, char ***names, const char *format,
	...) UVIO_PRINTF(4, 5);

void uvio_names_free(char **names, int count);

/**
 * The result @count of uvio_sysfs_names(): 0 if it is names, or no such folder, or one that this
 * process cannot read; else the errno with an error message, in which @what describes the names.
 */
int uvio_names_failed(struct uvio_ctx *ctx, const char *object, int count, const char *what);

#endif /* UVIO_BASE_SYSFS_H */
