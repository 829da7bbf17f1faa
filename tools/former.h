/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * The record of the kernel driver that a device had before it was compared: a file in the run
 * folder, which is there while a comparison is, or where one was killed with its second process.
 * Both hold a lock on it: a record without a lock was left.
 */
#ifndef UVIO_TOOLS_FORMER_H
#define UVIO_TOOLS_FORMER_H

#include "tools.h"

#define FORMER_NAME 64
#define FORMER_PATH 4096

struct former {
	int fd; /* has the lock; -1: there is no record, as where the folder cannot be written */
	bool keeps;		  /* the file stays at former_close() */
	char driver[FORMER_NAME]; /* as uvio_bind() takes it; "": no comparison has left any */
	char path[FORMER_PATH];
};

enum former_state {
	FORMER_NONE,
	FORMER_UNDER_WAY,
	FORMER_LEFT,   /* without a lock, and the device has not got its driver back */
	FORMER_UNSURE, /* there is a record, which this user may not read */
};

/** Changes nothing, and takes no lock. @driver, of FORMER_NAME, is that of FORMER_LEFT. */
enum former_state former_look(
	const struct tool *tool, const struct uvio_device_info *info, char *driver);
/** The same in words; false: there is nothing to tell. */
bool former_describe(
	const struct tool *tool, const struct uvio_device_info *info, char *text, size_t size);

/**
 * Takes the lock, and reads what a comparison has left; @make: also where there is no file.
 * TOOL_GO_ON, or TOOL_FAILED with a message: a comparison is under way.
 */
int former_lock(const struct tool *tool, const struct uvio_device_info *info, bool make,
	struct former *former);
/** Whether the device still lacks the driver of a locked record. */
bool former_is_left(const struct former *former, const struct uvio_device_info *info);
/** Says so, on standard error, once it has been bound to something else than @left. */
void former_tell(const struct former *former, const struct uvio_device_info *left);
/** Writes the driver that the device has now; it stays until @keeps is cleared. */
void former_write(struct former *former, const struct uvio_device_info *info);
/** Gives the lock back. */
void former_close(struct former *former);

#endif /* UVIO_TOOLS_FORMER_H */
