/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uvio/context.h>
#include <uvio/error.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "dma/dma.h"
#include "udev/region.h"
#include "vfio.h"

/* Regions have the kernel's numbers: BARs 0 to 5, ROM, configuration space, VGA, and more. */
_Static_assert((int)UVIO_REGION_ROM == (int)VFIO_PCI_ROM_REGION_INDEX, "numbers of regions");
_Static_assert((int)UVIO_REGION_CONFIG == (int)VFIO_PCI_CONFIG_REGION_INDEX, "numbers of regions");
_Static_assert((int)UVIO_REGION_VGA == (int)VFIO_PCI_VGA_REGION_INDEX, "numbers of regions");
_Static_assert((int)UVIO_REGION_SPECIFIC == (int)VFIO_PCI_NUM_REGIONS, "numbers of regions");

/* Only sysfs shows that a BAR has I/O ports; on VFIO it is a region that cannot be mapped. */
#define IORESOURCE_IO 0x100

static bool is_ports(struct uvio_udev *udev, unsigned int index)
{
	char text[1024], *line = text;
	unsigned long long flags;

	if (index > 5 || uvio_sysfs_read(udev->ctx, text, sizeof(text),
				 "bus/pci/devices/%s/resource", udev->address.text) < 0)
		return false;
	for (unsigned int i = 0; i < index && line; i++)
		line = (line = strchr(line, '\n')) ? line + 1 : NULL;
	return line && sscanf(line, "%*s %*s %llx", &flags) == 1 && flags & IORESOURCE_IO;
}

int vfio_areas_reserve(struct vfio_region *region, size_t count)
{
	region->areas = calloc(count ? count : 1, sizeof(*region->areas));
	return region->areas ? 0 : -ENOMEM;
}

static int set_areas(struct vfio_region *region, const struct vfio_region_info *info,
	const struct vfio_info_cap_header *header)
{
	const struct vfio_region_info_cap_sparse_mmap *cap = (const void *)header;
	size_t capacity = info->argsz - (size_t)((const char *)header - (const char *)info);

	if (capacity < sizeof(*cap) ||
		cap->nr_areas > (capacity - sizeof(*cap)) / sizeof(cap->areas[0]))
		return -EPROTO;
	if (vfio_areas_reserve(region, cap->nr_areas))
		return -ENOMEM;
	for (uint32_t i = 0; i < cap->nr_areas; i++) {
		const struct vfio_region_sparse_mmap_area *area = &cap->areas[i];

		if (!area->size || area->size > info->size ||
			area->offset > info->size - area->size)
			continue;
		region->areas[region->area_count++] = (struct vfio_area){area->offset, area->size};
	}
	return 0;
}

static const struct vfio_info_cap_header *find_cap(const struct vfio_region_info *info, uint16_t id)
{
	if (!(info->flags & VFIO_REGION_INFO_FLAG_CAPS))
		return NULL;
	return vfio_cap_find(info, sizeof(*info), info->argsz, info->cap_offset, id);
}

static int set_region(
	struct uvio_udev *udev, unsigned int index, const struct vfio_region_info *info)
{
	struct vfio_region *own = &((struct vfio_device *)udev->priv)->regions[index];
	const struct vfio_info_cap_header *sparse =
		find_cap(info, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	int rc = 0;

	own->offset = info->offset;
	if (sparse && !own->areas)
		rc = set_areas(own, info, sparse);
	if (rc == -ENOMEM)
		return uvio_no_memory(udev->address.text);
	if (rc)
		return uvio_region_fail(udev, index, rc,
			"the kernel's list of areas is not valid: %s", strerror(-rc));
	if (!(info->flags & VFIO_REGION_INFO_FLAG_MMAP) ||
		find_cap(info, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE))
		return 0;
	return vfio_msix_areas(udev, index, info->size);
}

static void set_type(struct uvio_region *region, const struct vfio_region_info *info)
{
	const struct vfio_info_cap_header *header = find_cap(info, VFIO_REGION_INFO_CAP_TYPE);
	const struct vfio_region_info_cap_type *cap = (const void *)header;

	if (!header ||
		info->argsz - (size_t)((const char *)cap - (const char *)info) < sizeof(*cap))
		return;
	region->type = cap->type;
	region->subtype = cap->subtype;
}

static uint32_t flags_of(
	struct uvio_udev *udev, unsigned int index, const struct vfio_region_info *info)
{
	const struct vfio_device *device = udev->priv;
	uint32_t flags = 0;

	if (info->flags & VFIO_REGION_INFO_FLAG_READ)
		flags |= UVIO_REGION_READ;
	if (info->flags & VFIO_REGION_INFO_FLAG_WRITE)
		flags |= UVIO_REGION_WRITE;
	if (info->flags & VFIO_REGION_INFO_FLAG_MMAP)
		flags |= UVIO_REGION_MMAP;
	else if (is_ports(udev, index))
		flags |= UVIO_REGION_PORTS;
	if (device->regions[index].areas)
		flags |= UVIO_REGION_HOLES;
	return flags;
}

int vfio_region_info_get(struct uvio_udev *udev, struct uvio_region *region)
{
	struct vfio_device *device = udev->priv;
	const struct vfio_region_info question = {.index = region->index};
	struct vfio_region_info *info;
	void *answer;
	int rc = -ENOENT;

	if (region->index < device->info.num_regions)
		rc = vfio_info(device->fd, VFIO_DEVICE_GET_REGION_INFO, sizeof(question), &question,
			&answer);
	if (rc && rc != -ENOENT && rc != -EINVAL)
		return vfio_failed(udev, rc, "VFIO_DEVICE_GET_REGION_INFO");
	info = rc ? NULL : answer;
	if (!info || !info->size) {
		free(info);
		return uvio_region_absent(udev, region->index);
	}
	region->size = info->size;
	rc = set_region(udev, region->index, info);
	region->flags = flags_of(udev, region->index, info);
	set_type(region, info);
	free(answer);
	return rc;
}

static int find_type(struct uvio_udev *udev, unsigned int count, uint32_t type, uint32_t subtype)
{
	for (unsigned int i = UVIO_REGION_SPECIFIC; i < count; i++) {
		struct uvio_region region = {.index = i, .udev = udev};
		int rc = vfio_region_info_get(udev, &region);

		if (rc && rc != -ENOENT)
			return rc;
		if (!rc && region.type == type && region.subtype == subtype)
			return (int)i;
	}
	return -ENOENT;
}

int vfio_region_find(struct uvio_udev *udev, uint32_t type, uint32_t subtype)
{
	const struct vfio_device *device = udev->priv;
	uint32_t count = device->info.num_regions;
	struct uvio_saved_error before;
	int rc;

	uvio_error_save(&before);
	rc = find_type(udev, count < UVIO_REGION_COUNT ? count : UVIO_REGION_COUNT, type, subtype);
	if (rc == -ENOENT)
		return uvio_fail(rc,
			"%s: its kernel driver offers no region of type 0x%x, subtype 0x%x",
			udev->address.text, type, subtype);
	if (rc >= 0)
		uvio_error_restore(&before);
	return rc;
}

/*
 * At @want, or where the kernel chooses, with @want NULL. 1; 0: the kernel does not map it, so that
 * system calls are used.
 */
static int map_area(struct uvio_udev *udev, const struct uvio_region *region, int prot, void *want,
	struct vfio_area area, void **out)
{
	const struct vfio_device *device = udev->priv;
	uint64_t offset = area.offset, size = area.size;
	char name[UVIO_REGION_NAME_SIZE];
	int rc = uvio_sys_mmap(want, size, prot, MAP_SHARED | (want ? MAP_FIXED : 0), device->fd,
		device->regions[region->index].offset + offset, out);

	if (!rc)
		return 1;
	if (rc != -EINVAL)
		return uvio_region_mmap_failed(udev, region->index, size, rc);
	uvio_log(udev->ctx, UVIO_LOG_INFO,
		"%s: %s: the kernel does not map 0x%llx bytes at 0x%llx; they are accessed "
		"by system calls",
		udev->address.text, uvio_region_name(udev, region->index, name),
		(unsigned long long)size, (unsigned long long)offset);
	return 0;
}

/*
 * The number of areas that are mapped; the others are dropped. Areas that are not whole pages stay
 * unmapped and are accessed by system calls.
 */
static int map_areas(struct uvio_udev *udev, const struct uvio_region *region, int prot, char *base)
{
	void *addr;
	struct vfio_region *own = &((struct vfio_device *)udev->priv)->regions[region->index];
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	unsigned int mapped = 0;

	for (unsigned int i = 0; i < own->area_count; i++) {
		struct vfio_area area = own->areas[i];
		int rc;

		if (area.offset % page || area.size % page)
			continue;
		rc = map_area(udev, region, prot, base + area.offset, area, &addr);
		if (rc < 0)
			return rc;
		if (rc)
			own->areas[mapped++] = area;
	}
	own->area_count = mapped;
	return (int)mapped;
}

/* The range that accessors may access without a system call: the area at the beginning, or all. */
static uint64_t direct_bytes(const struct vfio_region *own, uint64_t size)
{
	if (!own->areas)
		return size & ~UINT64_C(7);
	for (unsigned int i = 0; i < own->area_count; i++)
		if (!own->areas[i].offset)
			return own->areas[i].size;
	return 0;
}

/* In a range of its own, with what is not mapped between them. */
static int map_in_range(
	struct uvio_udev *udev, const struct uvio_region *region, int prot, void **base)
{
	const struct vfio_region *own = &((struct vfio_device *)udev->priv)->regions[region->index];
	int rc = uvio_sys_mmap(NULL, own->mapped, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, base);

	if (rc)
		return uvio_region_mmap_failed(udev, region->index, own->mapped, rc);
	rc = map_areas(udev, region, prot, *base);
	if (rc < 1)
		uvio_sys_munmap(*base, own->mapped);
	return rc;
}

int vfio_region_map(struct uvio_udev *udev, struct uvio_region *region)
{
	struct vfio_device *device = udev->priv;
	struct vfio_region *own = &device->regions[region->index];
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct vfio_area whole = {0};
	int rc, prot = 0;
	void *base;

	/* A mapped register gives SIGBUS if the card does not answer; system calls fail instead. */
	if (!(region->flags & UVIO_REGION_MMAP) || udev->flags & UVIO_OPEN_SURVIVE_REMOVAL)
		return 0;
	prot |= region->flags & UVIO_REGION_READ ? PROT_READ : 0;
	prot |= region->flags & UVIO_REGION_WRITE ? PROT_WRITE : 0;
	own->mapped = (region->size + page - 1) & ~(page - 1);
	if (own->mapped < region->size)
		return uvio_region_mmap_failed(udev, region->index, region->size, -EINVAL);
	whole.size = own->mapped;
	rc = own->areas ? map_in_range(udev, region, prot, &base)
			: map_area(udev, region, prot, NULL, whole, &base);
	if (rc < 1) {
		region->flags &= ~(uint32_t)UVIO_REGION_MMAP;
		return rc;
	}
	/* A child with the mapping would keep the device open after it is closed here. */
	uvio_sys_madvise(base, own->mapped, MADV_DONTFORK);
	region->base = base;
	region->direct = direct_bytes(own, region->size);
	return 0;
}

void vfio_region_unmap(struct uvio_udev *udev, struct uvio_region *region)
{
	const struct vfio_device *device = udev->priv;

	if (region->base)
		uvio_sys_munmap((void *)region->base, device->regions[region->index].mapped);
}

void vfio_regions_cleanup(struct vfio_device *device)
{
	for (unsigned int i = 0; i < UVIO_REGION_COUNT; i++)
		free(device->regions[i].areas);
}

/* The address in a mapped area; NULL: use a system call. */
static volatile unsigned char *in_area(const struct vfio_region *own,
	const struct uvio_region *region, uint64_t offset, unsigned int width)
{
	for (unsigned int i = 0; region->base && i < own->area_count; i++)
		if (offset >= own->areas[i].offset &&
			offset + width <= own->areas[i].offset + own->areas[i].size)
			return region->base + offset;
	return NULL;
}

int vfio_region_read(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t *value)
{
	const struct vfio_device *device = udev->priv;
	const struct vfio_region *own = &device->regions[region->index];
	volatile unsigned char *at = in_area(own, region, offset, width);
	uint64_t raw = 0;
	int rc;

	if (at) {
		*value = uvio_mmio_load(at, width);
		UVIO_AFTER_READ();
		return 0;
	}
	rc = uvio_sys_pread(device->fd, &raw, width, own->offset + offset);
	if (rc)
		return uvio_access_failed(udev, region, offset, rc);
	*value = le64toh(raw);
	return 0;
}

int vfio_region_write(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t value)
{
	const struct vfio_device *device = udev->priv;
	const struct vfio_region *own = &device->regions[region->index];
	volatile unsigned char *at = in_area(own, region, offset, width);
	uint64_t raw = htole64(value);
	int rc;

	UVIO_BEFORE_WRITE();
	if (at) {
		uvio_mmio_store(at, width, value);
		return 0;
	}
	if (vfio_msix_owns(device, region, offset, width))
		return uvio_region_fail(udev, region->index, -EACCES,
			"the MSI-X table at 0x%llx belongs to the kernel; "
			"uvio_irq_enable() fills it",
			(unsigned long long)device->msix.offset);
	rc = uvio_sys_pwrite(device->fd, &raw, width, own->offset + offset);
	return rc ? uvio_access_failed(udev, region, offset, rc) : 0;
}
