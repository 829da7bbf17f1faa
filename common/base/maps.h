/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/** A line of /proc/PID/maps. */
#ifndef UVIO_BASE_MAPS_H
#define UVIO_BASE_MAPS_H

#include <stdbool.h>
#include <sys/types.h>

struct uvio_maps_line {
	unsigned long first, last;
	bool written, shared; /* by its permissions */
	dev_t dev;
	ino_t ino;
	const char *path; /* or another name, as of memory of no file: in the line itself */
};

/** False where @line is none, or has no name. */
bool uvio_maps_parse(const char *line, struct uvio_maps_line *mapping);

#endif /* UVIO_BASE_MAPS_H */
