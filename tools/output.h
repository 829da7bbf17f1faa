/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** Files that the user named for output. They are written whole, or stay as they were. */
#ifndef UVIO_TOOLS_OUTPUT_H
#define UVIO_TOOLS_OUTPUT_H

#include <stdio.h>

/* Before the work, which may be long: whether @path can be written. TOOL_GO_ON or a status. */
int output_check(const char *path);

/* Writes beside @path and renames; what is no file, as a pipe, is written as it is. */
int output_write(const char *path, void (*put)(FILE *stream, const char *text), const char *text);

#endif /* UVIO_TOOLS_OUTPUT_H */
