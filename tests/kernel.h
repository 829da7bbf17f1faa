/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A kernel that binds drivers: what the library writes to driver_override, unbind and drivers_probe
 * of a tree moves the links there, as the real one does. uvio_sys_open() and uvio_sys_write() are
 * wrapped for that.
 */
#ifndef UVIO_TESTS_KERNEL_H
#define UVIO_TESTS_KERNEL_H

#include <stdbool.h>

#include "tree.h"

/** All zero: everything works, and no driver takes the card by itself. */
struct kernel {
	struct tree *tree;
	const char *folder;  /* of the card, below the root of the tree */
	const char *address; /* of the card */
	const char *natural; /* the driver that takes it without an override; NULL: none */
	const char *refuses; /* the driver whose probe function fails; NULL: none */
	int open_error;	     /* of every file that is opened for writing; 0: none */
	const char *broken;  /* the file that cannot be written, by its last part; NULL: none */
	int write_error;     /* how */
	unsigned int writes; /* so far, of the process that asks */
	void (*before_write)(void); /* NULL: nothing */
};

extern struct kernel kernel;

#endif /* UVIO_TESTS_KERNEL_H */
