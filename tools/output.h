/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** Files that are written whole, or stay as they were: beside their place, and renamed. */
#ifndef UVIO_TOOLS_OUTPUT_H
#define UVIO_TOOLS_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/* The folder that @path lies in, of PATH_MAX: "." without a slash. */
void output_folder(const char *path, char *folder);

/* Of those that the user named. Before the work, which may be long: whether @path can be written.
 * TOOL_GO_ON or a status. */
int output_check(const char *path);

/*
 * Writes beside @path and renames; what is no file, as a pipe, is written as it is. @at_once: which
 * fails where its reader has to be waited for.
 */
int output_write(const char *path, bool at_once, void (*put)(FILE *stream, const char *text),
	const char *text);

struct replacement {
	char path[PATH_MAX];
	char beside[PATH_MAX + 16]; /* "": nothing to put in place */
};

/**
 * Writes @text to the disk, beside @path, with the mode of files that all may read. Its folder is
 * made where it is missing, with @levels folders above it at most. An errno, negative, or 0.
 */
int replace_prepare(struct replacement *r, const char *path, unsigned int levels, const char *text);

/** Puts it in its place. What was prepared is gone afterwards, also where that failed. */
int replace_commit(struct replacement *r);

void replace_drop(struct replacement *r);

/** Removes a file. 1: it was there; 0: it was not; or an errno, negative. */
int replace_remove(const char *path);

#endif /* UVIO_TOOLS_OUTPUT_H */
