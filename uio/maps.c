/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/device.h>

#include "base/context.h"
#include "base/sysfs.h"
#include "uio.h"

/* of x86 */
#define IO_PORTS 0x10000

#define FOLDER "class/uio/%s/"

/* A map or range that is absent or invalid is left out; one that cannot be read is a failure. */
static int unless_absent(int rc)
{
	return rc == -ENOENT || rc == -EINVAL ? 0 : rc;
}

int uio_read_map(struct uvio_ctx *ctx, const char *name, unsigned int index, struct uio_map *map)
{
	struct uio_map found = {0};
	int rc = uvio_sysfs_u64(ctx, &found.addr, FOLDER "maps/map%u/addr", name, index);

	*map = (struct uio_map){0};
	if (!rc)
		rc = uvio_sysfs_u64(ctx, &found.size, FOLDER "maps/map%u/size", name, index);
	if (rc)
		return unless_absent(rc);
	/* Absent before 2.6.38: then the registers begin where the map does. */
	rc = uvio_sysfs_u64(ctx, &found.offset, FOLDER "maps/map%u/offset", name, index);
	if (rc)
		found.offset = 0;
	if (found.offset < found.size)
		*map = found;
	return unless_absent(rc);
}

/* Each number is tried, since some kernels leave numbers out. */
int uio_read_maps(struct uvio_ctx *ctx, const char *name, struct uio_map *maps)
{
	int rc = 0;

	for (unsigned int i = 0; i < UIO_MAPS; i++) {
		int failed = uio_read_map(ctx, name, i, &maps[i]);

		rc = rc ? rc : failed;
	}
	return rc;
}

static int read_range(
	struct uvio_ctx *ctx, const char *name, unsigned int index, struct uio_ports *ports)
{
	struct uio_ports found = {0};
	int rc = uvio_sysfs_u64(ctx, &found.start, FOLDER "portio/port%u/start", name, index);

	if (!rc)
		rc = uvio_sysfs_u64(ctx, &found.size, FOLDER "portio/port%u/size", name, index);
	if (!rc)
		rc = uvio_sysfs_read(ctx, found.type, sizeof(found.type),
			FOLDER "portio/port%u/porttype", name, index);
	if (rc >= 0 && found.size <= IO_PORTS && found.start <= IO_PORTS - found.size)
		*ports = found;
	return rc < 0 && rc != -EINVAL ? rc : 0;
}

int uio_read_ports(struct uvio_ctx *ctx, const char *name, struct uio_ports *ports)
{
	int rc = 0;

	for (unsigned int i = 0; i < UIO_PORT_RANGES && !rc; i++) {
		ports[i] = (struct uio_ports){0};
		if (uvio_sysfs_exists(ctx, FOLDER "portio/port%u", name, i))
			rc = read_range(ctx, name, i, &ports[i]);
	}
	return rc;
}

int uio_map_of_bar(const struct uio_map *maps, const struct uvio_bar *bar)
{
	for (int i = 0; i < UIO_MAPS; i++)
		if (maps[i].size && !bar->io && maps[i].addr + maps[i].offset == bar->start &&
			maps[i].size - maps[i].offset >= bar->size)
			return i;
	return -1;
}
