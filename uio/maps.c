/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uio.h"

/* <linux/ioport.h> of the kernel, as shown in the third column of "resource". */
#define IORESOURCE_IO 0x100
#define IORESOURCE_MEM 0x200

static void read_map(
	struct uvio_ctx *ctx, const char *name, unsigned int index, struct uio_map *map)
{
	const char *folder = "class/uio";

	*map = (struct uio_map){0};
	if (uvio_sysfs_u64(ctx, &map->addr, "%s/%s/maps/map%u/addr", folder, name, index) ||
		uvio_sysfs_u64(ctx, &map->size, "%s/%s/maps/map%u/size", folder, name, index))
		map->size = 0;
	/* Absent before 2.6.38: then the registers begin where the map does. */
	if (uvio_sysfs_u64(ctx, &map->offset, "%s/%s/maps/map%u/offset", folder, name, index))
		map->offset = 0;
	if (map->offset >= map->size)
		map->size = 0;
}

/* By number, since the listing of some kernels has holes. */
void uio_read_maps(struct uvio_ctx *ctx, const char *name, struct uio_map *maps)
{
	for (unsigned int i = 0; i < UIO_MAPS; i++)
		read_map(ctx, name, i, &maps[i]);
}

static void set_bar(struct uio_bar *bar, const char *line)
{
	unsigned long long start, end, flags;

	*bar = (struct uio_bar){0};
	if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) != 3 || end <= start ||
		!(flags & (IORESOURCE_IO | IORESOURCE_MEM)))
		return;
	bar->start = start;
	bar->size = end - start + 1;
	bar->ports = flags & IORESOURCE_IO;
}

int uio_read_bars(struct uvio_ctx *ctx, const char *address, struct uio_bar *bars)
{
	const char *line, *end;
	char text[2048];
	int rc = uvio_sysfs_read(ctx, text, sizeof(text), "bus/pci/devices/%s/resource", address);

	if (rc < 0)
		return rc;
	line = text;
	for (unsigned int i = 0; i < PCI_BARS; i++) {
		set_bar(&bars[i], line);
		end = strchr(line, '\n');
		line = end ? end + 1 : "";
	}
	return 0;
}

int uio_map_of_bar(const struct uio_map *maps, const struct uio_bar *bar)
{
	for (int i = 0; i < UIO_MAPS; i++)
		if (maps[i].size && !bar->ports && maps[i].addr + maps[i].offset == bar->start &&
			maps[i].size - maps[i].offset >= bar->size)
			return i;
	return -1;
}
