/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uvio/context.h>
#include <uvio/error.h>
#include <uvio/region.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/error.h"
#include "base/rights.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "udev/region.h"
#include "uio.h"

/* An expansion ROM has 16 MiB at most, by the PCI Local Bus Specification 3.0, 6.2.5.2. */
#define MAX_ROM_SIZE (16 * 1024 * 1024)

static int open_rom(struct uvio_udev *udev)
{
	char path[UVIO_PATH_SIZE];
	int fd;

	uvio_sysfs_path(udev->ctx, path, "bus/pci/devices/%s/rom", udev->address.text);
	fd = uvio_sys_open(path, O_RDWR);
	if (fd >= 0)
		return fd;
	if (fd == -ENOENT)
		return uvio_region_absent(udev, UVIO_REGION_ROM);
	return uvio_region_fail(udev, UVIO_REGION_ROM, fd, "cannot open %s: %s%s", path,
		strerror(-fd), uvio_refusal(udev->ctx, fd));
}

int uio_rom_info(struct uvio_udev *udev, struct uvio_region *region)
{
	int fd = open_rom(udev);
	off_t size;

	if (fd < 0)
		return fd;
	size = lseek(fd, 0, SEEK_END);
	uvio_sys_close(fd);
	if (size <= 0 || size > MAX_ROM_SIZE)
		return uvio_fail(-ENOENT, "%s: the size of the card's ROM is not possible",
			udev->address.text);
	region->size = (uint64_t)size;
	region->flags = UVIO_REGION_READ;
	return 0;
}

/* The image may end before the ROM does. What is written to the file moves its position. */
static int read_image(int fd, unsigned char *rom, size_t size)
{
	ssize_t n = uvio_sys_write(fd, "1", 1);
	size_t used = 0;

	if (!n)
		return -EIO;
	lseek(fd, 0, SEEK_SET);
	while (n > 0 && used < size) {
		n = uvio_sys_read(fd, rom + used, size - used);
		used += n > 0 ? (size_t)n : 0;
	}
	return n < 0 ? (int)n : 0;
}

/* Copied at once, since many cards decode no register while they decode their ROM. */
int uio_rom_map(struct uvio_udev *udev, struct uvio_region *region)
{
	struct uio_device *device = udev->priv;
	unsigned char *rom = malloc(region->size);
	int rc, fd;

	if (!rom)
		return uvio_no_memory(udev->address.text);
	memset(rom, 0xff, region->size);
	rc = fd = open_rom(udev);
	if (fd < 0)
		goto err_free;
	uvio_log(udev->ctx, UVIO_LOG_INFO, "%s: writing '1', then '0' to bus/pci/devices/%s/rom",
		udev->address.text, udev->address.text);
	rc = read_image(fd, rom, region->size);
	uvio_sys_write(fd, "0", 1);
	uvio_sys_close(fd);
	if (rc) {
		uvio_region_fail(udev, UVIO_REGION_ROM, rc, "its ROM cannot be read: %s%s",
			strerror(-rc),
			rc == -EIO
				? "; perhaps it has no image that the kernel accepts; look at dmesg"
				: "");
		goto err_free;
	}
	device->regions[UVIO_REGION_ROM].rom = rom;
	return 0;

err_free:
	free(rom);
	return rc;
}

int uio_rom_read(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t *value)
{
	const struct uio_device *device = udev->priv;
	const unsigned char *rom = device->regions[UVIO_REGION_ROM].rom;
	uint64_t raw = 0;

	if (!rom)
		return uvio_region_fail(udev, region->index, -EINVAL, "map it first");
	memcpy(&raw, rom + offset, width);
	*value = le64toh(raw);
	return 0;
}
