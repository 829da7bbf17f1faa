/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys.h"
#include "uio.h"

#define CONFIG_SIZE 4096
#define CONFIG_SIZE_PCI 256

static int read_layout(struct uvio_udev *udev)
{
	struct uio_device *device = udev->priv;
	int rc = 0;

	if (device->read_layout)
		return 0;
	uio_read_maps(udev->ctx, device->name, device->maps);
	if (device->pci)
		rc = uio_read_bars(udev->ctx, udev->address.text, device->bars);
	if (rc)
		return uvio_fail(rc, "%s: cannot read its BARs from sysfs: %s", udev->address.text,
			strerror(-rc));
	device->read_layout = true;
	return 0;
}

static int config_info(struct uvio_udev *udev, struct uvio_region *region)
{
	const struct uio_device *device = udev->priv;
	off_t size = lseek(device->config_fd, 0, SEEK_END);

	region->size = size == CONFIG_SIZE ? CONFIG_SIZE : CONFIG_SIZE_PCI;
	region->flags = UVIO_REGION_READ | (device->config_refused ? 0 : UVIO_REGION_WRITE);
	return 0;
}

int uio_region_info(struct uvio_udev *udev, struct uvio_region *region)
{
	const struct uio_device *device = udev->priv;
	unsigned int index = region->index;
	int rc;

	if (index == UVIO_REGION_CONFIG && device->pci)
		return config_info(udev, region);
	if (index == UVIO_REGION_ROM && device->pci)
		return uio_rom_info(udev, region);
	rc = read_layout(udev);
	if (rc)
		return rc;
	region->flags = UVIO_REGION_READ | UVIO_REGION_WRITE;
	if (device->pci && index < PCI_BARS && device->bars[index].size) {
		region->size = device->bars[index].size;
		region->flags |= device->bars[index].ports ? UVIO_REGION_PORTS : UVIO_REGION_MMAP;
		return 0;
	}
	if (!device->pci && index < UIO_MAPS && device->maps[index].size) {
		region->size = device->maps[index].size - device->maps[index].offset;
		region->flags |= UVIO_REGION_MMAP;
		return 0;
	}
	return uvio_fail(-ENOENT, "%s: the card has no region %u", udev->address.text, index);
}

/* Maps @bytes of @fd in whole pages; the registers begin at @skip in them. */
static int map_pages(struct uvio_udev *udev, struct uvio_region *region, int fd, uint64_t at,
	uint64_t bytes, uint64_t skip)
{
	struct uio_region *own = &((struct uio_device *)udev->priv)->regions[region->index];
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t size = (bytes + page - 1) & ~(page - 1);
	int rc = uvio_sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at, &own->pages);

	if (rc)
		return rc;
	/* A child with the mapping would hold the node open after its close here. */
	uvio_sys_madvise(own->pages, size, MADV_DONTFORK);
	own->mapped = size;
	region->base = (volatile unsigned char *)own->pages + skip;
	region->direct = region->size & ~UINT64_C(7);
	return 0;
}

/* The kernel numbers its maps by the page: map N is at N pages, whatever its size. */
static int map_by_node(struct uvio_udev *udev, struct uvio_region *region, int index)
{
	const struct uio_device *device = udev->priv;
	const struct uio_map *map = &device->maps[index];
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return map_pages(udev, region, device->fd, (uint64_t)index * page, map->size, map->offset);
}

static int open_resource(struct uvio_udev *udev, unsigned int index)
{
	char path[PATH_MAX];
	int fd;

	uvio_sysfs_path(
		udev->ctx, path, "bus/pci/devices/%s/resource%u", udev->address.text, index);
	fd = uvio_sys_open(path, O_RDWR);
	if (fd >= 0)
		return fd;
	return uvio_fail(fd, "%s: region %u: cannot open %s: %s%s", udev->address.text, index, path,
		strerror(-fd),
		fd == -EACCES || fd == -EPERM ? "; it needs root, and no kernel lockdown" : "");
}

static int map_by_resource(struct uvio_udev *udev, struct uvio_region *region)
{
	const struct uio_device *device = udev->priv;
	const struct uio_bar *bar = &device->bars[region->index];
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), skip = bar->start & (page - 1);
	int rc, fd = open_resource(udev, region->index);

	if (fd < 0)
		return fd;
	rc = map_pages(udev, region, fd, 0, skip + bar->size, skip);
	uvio_sys_close(fd);
	if (!rc)
		return 0;
	return uvio_fail(rc,
		"%s: region %u: cannot map resource%u: %s; a kernel driver may have "
		"claimed it (iomem=relaxed lifts that), or the kernel is locked down",
		udev->address.text, region->index, region->index, strerror(-rc));
}

static int map_bar(struct uvio_udev *udev, struct uvio_region *region)
{
	struct uio_device *device = udev->priv;
	const struct uio_bar *bar = &device->bars[region->index];
	int fd, map = uio_map_of_bar(device->maps, bar);

	if (bar->ports) {
		fd = open_resource(udev, region->index);
		if (fd < 0)
			return fd;
		device->regions[region->index].port_fd = fd;
		return 0;
	}
	/* Not in the maps: 64 bits wide, prefetchable, BAR5, or the kernel is older than 5.14. */
	if (map >= 0 && !map_by_node(udev, region, map))
		return 0;
	return map_by_resource(udev, region);
}

static int map_map(struct uvio_udev *udev, struct uvio_region *region)
{
	const struct uio_device *device = udev->priv;
	const struct uio_map *map = &device->maps[region->index];
	int rc = map_by_node(udev, region, (int)region->index);

	if (!rc)
		return 0;
	return uvio_fail(rc,
		"%s: map %u (0x%llx bytes at 0x%llx): %s; the kernel maps whole pages "
		"only, and the driver of this device offers less",
		udev->address.text, region->index, (unsigned long long)map->size,
		(unsigned long long)map->addr, strerror(-rc));
}

int uio_region_map(struct uvio_udev *udev, struct uvio_region *region)
{
	const struct uio_device *device = udev->priv;

	if (region->index == UVIO_REGION_CONFIG)
		return 0;
	if (region->index == UVIO_REGION_ROM)
		return uio_rom_map(udev, region);
	return device->pci ? map_bar(udev, region) : map_map(udev, region);
}

void uio_region_unmap(struct uvio_udev *udev, struct uvio_region *region)
{
	struct uio_region *own = &((struct uio_device *)udev->priv)->regions[region->index];

	if (own->pages)
		uvio_sys_munmap(own->pages, own->mapped);
	uvio_sys_close(own->port_fd);
	free(own->rom);
	*own = (struct uio_region){.port_fd = -1};
}

/* The descriptor behind a region that is reached by calls. */
static int fd_of(struct uvio_udev *udev, const struct uvio_region *region)
{
	const struct uio_device *device = udev->priv;
	int fd = region->index == UVIO_REGION_CONFIG ? device->config_fd
						     : device->regions[region->index].port_fd;

	return fd >= 0 ? fd
		       : uvio_fail(-EINVAL, "%s: region %u: map it first", udev->address.text,
				 region->index);
}

int uio_region_read(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t *value)
{
	uint64_t raw = 0;
	int rc, fd;

	if (region->index == UVIO_REGION_ROM)
		return uio_rom_read(udev, region, offset, width, value);
	fd = fd_of(udev, region);
	if (fd < 0)
		return fd;
	rc = uvio_sys_pread(fd, &raw, width, offset);
	if (rc)
		return uvio_access_failed(udev, region, offset, rc);
	*value = le64toh(raw);
	return 0;
}

int uio_region_write(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t value)
{
	uint64_t raw = htole64(value);
	int rc, fd = fd_of(udev, region);

	if (fd < 0)
		return fd;
	UVIO_BEFORE_WRITE();
	rc = region->index == UVIO_REGION_CONFIG ? uio_config_write(udev->priv, &raw, width, offset)
						 : uvio_sys_pwrite(fd, &raw, width, offset);
	return rc ? uvio_access_failed(udev, region, offset, rc) : 0;
}
