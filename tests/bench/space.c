/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <sys/mman.h>
#include <unistd.h>

#include "space.h"

#define WINDOW ((size_t)64)

char *space_make(size_t count)
{
	int fd = memfd_create("window", MFD_CLOEXEC);
	char *space = mmap(
		NULL, count * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (space == MAP_FAILED || fd < 0 || ftruncate(fd, (off_t)(WINDOW * PAGE)))
		return NULL;
	for (size_t at = 0; at < count; at += WINDOW)
		if (mmap(space + at * PAGE, WINDOW * PAGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd, 0) == MAP_FAILED)
			return NULL;
	close(fd);
	return space;
}
