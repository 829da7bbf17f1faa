/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_BASE_LINES_H
#define UVIO_BASE_LINES_H

#include <stddef.h>

/**
 * Calls @visit with each line of a text file, until that is not 0, and without its end. @buffer, of
 * @size bytes, is for the file's text; of a line that is longer only the beginning counts: whoever
 * chose a path in it might have made the rest look like a line of its own. 0, what @visit gave, or
 * a negative errno without a text. Allocates nothing.
 */
int uvio_lines_each(const char *path, char *buffer, size_t size,
	int (*visit)(void *data, char *line), void *data);

#endif /* UVIO_BASE_LINES_H */
