/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <stdint.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/number.h"
#include "base/maps.h"

/* A number, and one character behind it. */
static const char *parse(const char *text, unsigned int base, char end, uint64_t *value)
{
	text = text ? uvio_number(text, base, value) : NULL;
	return text && *text == end ? text + 1 : NULL;
}

/* By hand, since each program has hundreds: sscanf() costs ten times as much. */
bool uvio_maps_parse(const char *line, struct uvio_maps_line *mapping)
{
	unsigned int major, minor;
	uint64_t number = 0, at;

	line = parse(line, 16, '-', &number);
	mapping->first = (unsigned long)number;
	line = parse(line, 16, ' ', &number);
	mapping->last = (unsigned long)number;
	if (!line || strcspn(line, " ") != 4)
		return false;
	mapping->written = line[1] == 'w';
	mapping->shared = line[3] == 's';
	line = line[4] ? parse(line + 5, 16, ' ', &at) : NULL;
	line = line ? uvio_number_device(line, 16, &major, &minor) : NULL;
	if (!line || *line != ' ')
		return false;
	mapping->dev = makedev(major, minor);
	line = parse(line + 1, 10, ' ', &number);
	if (!line)
		return false;
	mapping->ino = (ino_t)number;
	mapping->path = line + strspn(line, " ");
	return mapping->path[0];
}
