/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_OWNER_INUSE_H
#define UVIO_OWNER_INUSE_H

#include <stdbool.h>
#include <stddef.h>

struct uvio_address;
struct uvio_ctx;
struct uvio_device;
struct uvio_udev;

/*
 * Who has a device, by any handle: 0: nobody; -EBUSY with a text that names the disk, the
 * interface or the process; -EACCES and others: it could not be found out.
 */

/**
 * For who is about to take it away: the kernel is asked as well where not all processes can be
 * seen, which may keep another program from opening it for a moment.
 */
int uvio_in_use(struct uvio_ctx *ctx, const struct uvio_address *address);

/** As uvio_device_in_use(); @done: whether all processes that can be seen were looked at. */
int uvio_device_search(struct uvio_ctx *ctx, const struct uvio_device *device, bool *done);

/**
 * The same for who is about to open it where the kernel would let others have it too, of what no
 * node and no lock tells: its files in sysfs, which another process has mapped or open for writing.
 */
int uvio_registers_in_use(struct uvio_ctx *ctx, const struct uvio_address *address);

/* The pid of a process that has @path open or mapped; 0: none that can be seen. */
int uvio_find_opener(struct uvio_ctx *ctx, const char *path, char *name, size_t size);

/** The same, of the processes other than this one. */
int uvio_find_other_opener(struct uvio_ctx *ctx, const char *path, char *name, size_t size);

/** That of one which has a node of VFIO open which the kernel has no more, and its @path. */
int uvio_find_orphan(
	struct uvio_ctx *ctx, char *path, size_t path_size, char *name, size_t name_size);

/**
 * Before the node at @path is opened, if that would disturb the process that has it open: -EBUSY. @folder: its
 * own in sysfs.
 */
int uvio_node_in_use(struct uvio_udev *udev, const char *path, const char *folder);

/**
 * After the kernel said that another program has the device, or one of its group: whether the error
 * message names that process now. Failing to find out is no error here, and leaves the message.
 */
bool uvio_names_user(struct uvio_udev *udev);

#endif /* UVIO_OWNER_INUSE_H */
