/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "base/lines.h"
#include "base/sys.h"

struct reader {
	char *buffer;
	size_t used;
	bool is_rest; /* the line under way is, of one that was too long */
	int (*visit)(void *data, char *line);
	void *data;
};

/* The lines that are whole; what is behind them is moved to the front. */
static int each_whole(struct reader *reader)
{
	char *line = reader->buffer, *end;
	int rc = 0;

	while (!rc && (end = memchr(line, '\n', reader->used))) {
		*end = '\0';
		rc = reader->is_rest ? 0 : reader->visit(reader->data, line);
		reader->is_rest = false;
		reader->used -= (size_t)(end + 1 - line);
		line = end + 1;
	}
	memmove(reader->buffer, line, reader->used);
	return rc;
}

int uvio_lines_each(const char *path, char *buffer, size_t size,
	int (*visit)(void *data, char *line), void *data)
{
	struct reader reader = {.buffer = buffer, .visit = visit, .data = data};
	bool too_long;
	ssize_t n = 1;
	int rc = 0, fd = uvio_sys_open(path, O_RDONLY);

	if (fd < 0)
		return fd;
	while (!rc && n > 0) {
		n = uvio_sys_read(fd, buffer + reader.used, size - reader.used);
		reader.used += n > 0 ? (size_t)n : 0;
		too_long = reader.used == size && !memchr(buffer, '\n', size);
		if (too_long)
			buffer[size - 1] = '\n';
		rc = n < 0 ? (int)n : each_whole(&reader);
		reader.is_rest |= too_long;
	}
	uvio_sys_close(fd);
	return rc;
}
