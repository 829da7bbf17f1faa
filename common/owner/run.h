/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_OWNER_RUN_H
#define UVIO_OWNER_RUN_H

#include <stdbool.h>

struct stat;
struct uvio_address;
struct uvio_ctx;

/*
 * The folder "uvio" below the run folder, which counts only where nobody but its owner, root
 * or this user, can write to it: so that no other user takes the lock, or forges a record.
 */
bool uvio_run_is_ours(const struct stat *st);

/** Its path, of UVIO_PATH_SIZE; 0, or an errno without a text: -EPERM it is somebody else's. */
int uvio_run_folder(struct uvio_ctx *ctx, bool make, char *folder);

/** Whether opening one there failed since it is a link, a folder, a pipe or a socket. */
bool uvio_run_is_no_file(int err);

/**
 * The lock against changes of the driver that holds over instances of sysfs: flock() on a file
 * there, which stays. As uvio_lock(): who may not write there goes without: 0 and -1.
 */
int uvio_run_lock(struct uvio_ctx *ctx, const struct uvio_address *address, int *fd);

/** Whether that would fail, as far as can be seen without making the file; with its text. */
int uvio_run_lock_probe(struct uvio_ctx *ctx, const struct uvio_address *address);

#endif /* UVIO_OWNER_RUN_H */
