/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/**
 * Which process has a device, by any handle: a node of it open, or mapped though it is closed by
 * now; a descriptor that came from the node; a file of it in sysfs. By /proc, and never by opening
 * a node: closing /dev/uioN, even once, stops the card of whoever has it.
 *
 * Nodes are compared by device number, since they have other names and inodes in containers; files
 * in sysfs by inode, which is the same in all instances of it, wherever they are mounted. What
 * no process shows: a descriptor that is on its way through a socket, or kept by io_uring, of which
 * fdinfo has names only, on some kernels cut short, not always, and only while the ring itself has
 * a descriptor. A descriptor opened with O_PATH is no handle, and a process that ends during the
 * search is nobody.
 */
#ifndef UVIO_HOLDERS_H
#define UVIO_HOLDERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/context.h"

struct uvio_handle {
	bool block;
	bool numbered; /* major and minor are known */
	unsigned int major, minor;
	bool located; /* dev and ino are known: of the node as this process has it */
	dev_t dev;
	ino_t ino;
	off_t size;
	bool registers;		       /* a file of the function in sysfs; @path is its name */
	char path[UVIO_NAME_SIZE * 2]; /* as this process has it */
};

/** What to look for. All zero but the first two: nothing. */
struct uvio_handles {
	struct uvio_ctx *ctx;
	const char *address;	/* for texts */
	const char *function;	/* its address, where it is one of PCI; or NULL */
	const char *descriptor; /* the name in /proc of a descriptor without a node; or NULL */
	bool others;		/* than this process */
	bool orphans;		/* nodes of VFIO which the kernel has no more, of any device */
	struct uvio_handle *list;
	unsigned int count, capacity;
};

struct uvio_holder {
	int pid;		   /* 0: nobody was found */
	bool own;		   /* it is this process */
	char name[UVIO_NAME_SIZE]; /* of its program */
	char what[UVIO_NAME_SIZE * 2];
	bool mapped;
	bool perhaps;  /* it has a descriptor of the kind, of some device */
	bool given_up; /* copies were seen of a node that was given back; they do not count */
	int copy_pid;  /* of another process which has such a copy; 0: none was seen */
	char copy_name[UVIO_NAME_SIZE];
	unsigned int hidden; /* processes which this user may not look into, or see */
	bool outside;	     /* processes outside of this PID namespace are not in /proc */
};

/** A node by its path; one that is not there is no error. -ENOMEM with a text. */
int uvio_handles_add_node(struct uvio_handles *handles, const char *path);
/** One by "MAJOR:MINOR", as in sysfs; @path for texts. */
int uvio_handles_add_number(
	struct uvio_handles *handles, bool block, const char *number, const char *path);
/** The files in sysfs by which @function is driven: they count open or mapped for writing. */
int uvio_handles_add_registers(struct uvio_handles *handles);
void uvio_handles_free(struct uvio_handles *handles);

/** 0 when the search was done; an errno with a text when it could not be done. */
int uvio_holder_find(const struct uvio_handles *handles, struct uvio_holder *holder);

/** -EBUSY with a text that names the process. */
int uvio_holder_refuse(const struct uvio_handles *handles, const struct uvio_holder *holder);

/**
 * The same where there is a copy: who drives the device by another open of its node loses bus
 * mastering when that copy ends.
 */
int uvio_holder_refuse_copy(const struct uvio_handles *handles, const struct uvio_holder *holder);

#endif /* UVIO_HOLDERS_H */
