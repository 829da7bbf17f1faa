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

#include <uvio/device.h>
#include <uvio/error.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/pci_config.h"
#include "base/rights.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "check/check.h"
#include "device/device.h"
#include "dma/dma.h"
#include "udev/region.h"
#include "uio.h"

#define CONFIG_SIZE 4096
#define CONFIG_SIZE_PCI 256
#define CONFIG_HEADER 64

int uio_read_layout(struct uvio_udev *udev)
{
	struct uio_device *device = udev->priv;
	int rc;

	if (device->read_layout)
		return 0;
	rc = uio_read_maps(udev->ctx, device->name, device->maps);
	/* The BARs of PCI can be mapped without them. */
	if (device->pci)
		rc = uvio_pci_bars(udev->ctx, udev->address.text, device->bars);
	else if (!rc)
		rc = uio_read_ports(udev->ctx, device->name, device->ports);
	if (rc)
		return uvio_fail(rc, "%s: cannot read its %s from sysfs: %s", udev->address.text,
			device->pci ? "BARs" : "maps and ports", strerror(-rc));
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

static int absent(struct uvio_udev *udev, const struct uvio_region *region)
{
	const struct uio_device *device = udev->priv;

	if (!device->pci && region->index < UIO_MAPS)
		return uvio_fail(-ENOENT, "%s: its UIO driver offers no map %u", udev->address.text,
			region->index);
	if (!device->pci)
		return uvio_fail(-ENOENT,
			"%s: no region %u: a UIO device has maps, 0 to 4, and I/O ports, 8 to 12, "
			"as far as its driver offers them",
			udev->address.text, region->index);
	return uvio_region_absent(udev, region->index);
}

static int bar_info(struct uvio_udev *udev, struct uvio_region *region)
{
	const struct uio_device *device = udev->priv;

	if (region->index >= UVIO_BARS || !device->bars[region->index].size)
		return absent(udev, region);
	region->size = device->bars[region->index].size;
	region->flags |= device->bars[region->index].io ? UVIO_REGION_PORTS : UVIO_REGION_MMAP;
	return 0;
}

static int map_info(struct uvio_udev *udev, struct uvio_region *region)
{
	const struct uio_device *device = udev->priv;
	unsigned int map = region->index, range = map - UVIO_REGION_PORT0;

	if (map < UIO_MAPS && device->maps[map].size) {
		region->size = device->maps[map].size - device->maps[map].offset;
		region->flags |= UVIO_REGION_MMAP;
		return 0;
	}
	if (map < UVIO_REGION_PORT0 || range >= UIO_PORT_RANGES || !device->ports[range].size)
		return absent(udev, region);
	region->size = device->ports[range].size;
	region->flags |= UVIO_REGION_PORTS;
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
	rc = uio_read_layout(udev);
	if (rc)
		return rc;
	region->flags = UVIO_REGION_READ | UVIO_REGION_WRITE;
	return device->pci ? bar_info(udev, region) : map_info(udev, region);
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
	char path[UVIO_PATH_SIZE];
	int fd;

	uvio_sysfs_path(
		udev->ctx, path, "bus/pci/devices/%s/resource%u", udev->address.text, index);
	fd = uvio_sys_open(path, O_RDWR);
	if (fd >= 0)
		return fd;
	return uvio_region_fail(udev, index, fd, "cannot open %s: %s%s", path, strerror(-fd),
		uvio_refusal(udev->ctx, fd));
}

/* EINVAL: a driver has claimed it exclusively. */
static const char *refused_resource(struct uvio_udev *udev, int rc)
{
	if (rc == -EINVAL)
		return "; perhaps a kernel driver has claimed it (/proc/iomem shows which); boot "
		       "with iomem=relaxed";
	return uvio_refusal(udev->ctx, rc);
}

static int map_by_resource(struct uvio_udev *udev, struct uvio_region *region)
{
	const struct uio_device *device = udev->priv;
	const struct uvio_bar *bar = &device->bars[region->index];
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), skip = bar->start & (page - 1);
	int rc, fd = open_resource(udev, region->index);

	if (fd < 0)
		return fd;
	rc = map_pages(udev, region, fd, 0, skip + bar->size, skip);
	uvio_sys_close(fd);
	if (!rc)
		return 0;
	if (rc == -ENOMEM || rc == -EAGAIN)
		return uvio_region_mmap_failed(udev, region->index, bar->size, rc);
	return uvio_region_fail(udev, region->index, rc, "cannot map resource%u: %s%s",
		region->index, strerror(-rc), refused_resource(udev, rc));
}

static int map_bar(struct uvio_udev *udev, struct uvio_region *region)
{
	const struct uio_device *device = udev->priv;
	const struct uvio_bar *bar = &device->bars[region->index];
	int fd, map = uio_map_of_bar(device->maps, bar);

	if (bar->io) {
		fd = open_resource(udev, region->index);
		return fd < 0 ? fd : uio_ports_map_bar(udev, region, fd);
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
	if (rc == -ENOMEM || rc == -EAGAIN)
		return uvio_region_mmap_failed(udev, region->index, map->size, rc);
	return uvio_fail(rc, "%s: map %u (0x%llx bytes at 0x%llx): %s%s", udev->address.text,
		region->index, (unsigned long long)map->size, (unsigned long long)map->addr,
		strerror(-rc),
		(map->addr | map->size) & (udev->domain->dma.page - 1)
			? "; the kernel maps only whole pages, and the driver of this device "
			  "offers less"
			: "; perhaps the driver of this device refuses the mapping; look at dmesg");
}

static int map_any(struct uvio_udev *udev, struct uvio_region *region)
{
	const struct uio_device *device = udev->priv;

	if (device->pci)
		return map_bar(udev, region);
	return region->flags & UVIO_REGION_PORTS ? uio_ports_map(udev, region)
						 : map_map(udev, region);
}

int uio_region_map(struct uvio_udev *udev, struct uvio_region *region)
{
	struct uio_device *device = udev->priv;
	int rc;

	if (region->index == UVIO_REGION_CONFIG)
		return 0;
	if (region->index == UVIO_REGION_ROM)
		return uio_rom_map(udev, region);
	rc = map_any(udev, region);
	if (rc || !(udev->flags & UVIO_OPEN_SURVIVE_REMOVAL))
		return rc;
	/* The mapping outlives the card, and may come to be another one's: calls look first. */
	device->regions[region->index].registers = region->base;
	region->base = NULL;
	region->direct = 0;
	return 0;
}

void uio_region_unmap(struct uvio_udev *udev, struct uvio_region *region)
{
	struct uio_region *own = &((struct uio_device *)udev->priv)->regions[region->index];

	if (own->pages)
		uvio_sys_munmap(own->pages, own->mapped);
	uio_ports_unmap(own);
	free(own->rom);
	*own = (struct uio_region){.port_fd = -1};
}

static int not_mapped(struct uvio_udev *udev, const struct uvio_region *region)
{
	return uvio_region_fail(udev, region->index, -EINVAL, "map it first");
}

/*
 * If it was opened without CAP_SYS_ADMIN, the kernel's file ends after the header, whatever its
 * size says.
 */
static int config_read_failed(struct uvio_udev *udev, const struct uvio_region *region,
	uint64_t offset, unsigned int width, int rc)
{
	const struct uio_device *device = udev->priv;
	const char *lack = uvio_lack(udev->ctx, CAP_SYS_ADMIN);
	char name[UVIO_REGION_NAME_SIZE];
	uint16_t vendor = 0xffff;

	if (rc != -EIO || offset + width <= CONFIG_HEADER ||
		uvio_sys_pread(device->config_fd, &vendor, sizeof(vendor), PCI_CONFIG_VENDOR) ||
		vendor == 0xffff)
		return uvio_access_failed(udev, region, offset, rc);
	return uvio_fail_advised(udev, -EPERM,
		"%s: %s: the kernel shows only the first %d bytes of the configuration "
		"space: the rest needs CAP_SYS_ADMIN, %s[vfio:; or use the vfio backend]",
		udev->address.text, uvio_region_name(udev, region->index, name), CONFIG_HEADER,
		lack ? lack : "perhaps missing when the device was opened");
}

/* Does not touch what may belong to another card by now. */
static bool is_over(struct uvio_udev *udev)
{
	return udev->flags & UVIO_OPEN_SURVIVE_REMOVAL && atomic_load(&udev->gone);
}

int uio_region_read(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t *value)
{
	const struct uio_device *device = udev->priv;
	volatile unsigned char *registers = device->regions[region->index].registers;
	uint64_t raw = 0;
	int rc;

	if (is_over(udev))
		return uvio_udev_gone(udev, "");
	if (registers) {
		*value = uvio_mmio_load(registers + offset, width);
		UVIO_AFTER_READ();
		return 0;
	}
	if (region->index == UVIO_REGION_ROM)
		return uio_rom_read(udev, region, offset, width, value);
	if (region->flags & UVIO_REGION_PORTS)
		return uio_ports_read(udev, region, offset, width, value);
	if (region->index != UVIO_REGION_CONFIG)
		return not_mapped(udev, region);
	rc = uvio_sys_pread(device->config_fd, &raw, width, offset);
	if (rc)
		return config_read_failed(udev, region, offset, width, rc);
	*value = le64toh(raw);
	return 0;
}

int uio_region_write(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t value)
{
	const struct uio_device *device = udev->priv;
	volatile unsigned char *registers = device->regions[region->index].registers;
	uint64_t raw = htole64(value);
	int rc;

	UVIO_BEFORE_WRITE();
	if (is_over(udev))
		return uvio_udev_gone(udev, "");
	if (registers) {
		uvio_mmio_store(registers + offset, width, value);
		return 0;
	}
	if (region->flags & UVIO_REGION_PORTS)
		return uio_ports_write(udev, region, offset, width, value);
	if (region->index != UVIO_REGION_CONFIG)
		return not_mapped(udev, region);
	rc = uio_config_write(udev->priv, &raw, width, offset);
	return rc ? uvio_access_failed(udev, region, offset, rc) : 0;
}
