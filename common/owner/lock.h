/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_OWNER_LOCK_H
#define UVIO_OWNER_LOCK_H

#include <stdbool.h>

struct uvio_address;
struct uvio_ctx;

/*
 * The exclusive lock of a device among users of this library: flock() on the file "remove"
 * of a PCI device, opened for writing, which only its owner, root, may do. Nobody else can take it.
 *
 * Who may not open that file (an ordinary user who was given the node, a container whose sysfs is
 * read-only), and a device that is not PCI, goes without: 0 and -1. Then the kernel's own
 * exclusiveness of a node of VFIO decides, and on UIO the search for who has the node and flock()
 * on the node itself. Those decide as well between two instances of sysfs, as of two network
 * namespaces, in which "remove" is not the same file. Who changes the driver, and who opens the
 * device until that is done, also has the lock of run.c.
 */

/** 0 and a descriptor that holds the lock, or -1; -EBUSY with the holder in the text. */
int uvio_lock(struct uvio_ctx *ctx, const struct uvio_address *address, int *fd);

/** The two steps of that: a descriptor, or an errno without a text; and 0 once it holds the lock.
 */
int uvio_lock_open(struct uvio_ctx *ctx, const struct uvio_address *address);

int uvio_lock_take(struct uvio_ctx *ctx, const struct uvio_address *address, int fd);

/** The text for what uvio_lock_open() gave. */
int uvio_lock_failed(struct uvio_ctx *ctx, const struct uvio_address *address, int err);

/** A descriptor of the device's folder in sysfs. */
int uvio_folder_open(struct uvio_ctx *ctx, const struct uvio_address *address);

/** Whether the process that took the lock has ended, and a copy of its descriptor has the lock. */
bool uvio_lock_is_left(struct uvio_ctx *ctx, int fd);

/** -1 is allowed. */
void uvio_unlock(int fd);

#endif /* UVIO_OWNER_LOCK_H */
