/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <unistd.h>

#include <uvio/irq.h>
#include <uvio/region.h>

#include "backend/objects.h"
#include "base/error.h"
#include "base/pci_config.h"
#include "base/sys.h"
#include "udev/region.h"
#include "vfio.h"

/* PCI Local Bus Specification 3.0, 6.7 and 6.8.2. */
#define MSIX_LAST_ENTRY 0x7ff
#define MSIX_BAR 0x7
#define MSIX_LAST_BAR 5 /* higher numbers are not BARs, but other regions of VFIO */
#define MSIX_ENTRY_SIZE 16

static int find_table(struct uvio_udev *udev, struct vfio_msix *msix)
{
	const struct vfio_device *device = udev->priv;
	uint64_t start = device->regions[UVIO_REGION_CONFIG].offset;
	uint32_t head = 0, table = 0;
	int at = uvio_pci_capability(device->fd, start, PCI_CAPABILITY_MSIX, &head), rc = at;

	if (at > 0)
		rc = uvio_sys_pread(device->fd, &table, sizeof(table), start + (uint64_t)at + 4);
	table = le32toh(table);
	if (rc)
		return uvio_access_failed(udev, &udev->config, 0, rc);
	msix->looked = true;
	if (!at || (table & MSIX_BAR) > MSIX_LAST_BAR)
		return 0;
	msix->bar = table & MSIX_BAR;
	msix->offset = table & ~(uint32_t)MSIX_BAR;
	msix->size = (uint64_t)((head >> 16 & MSIX_LAST_ENTRY) + 1) * MSIX_ENTRY_SIZE;
	return 0;
}

static uint64_t round_up(uint64_t value, uint64_t page)
{
	return (value + page - 1) & ~(page - 1);
}

/*
 * Kernels before 4.16 refuse a mapping that contains the table, those before 4.6 without reporting
 * it; later ones report that they allow it.
 */
int vfio_msix_areas(struct uvio_udev *udev, unsigned int index, uint64_t size)
{
	struct vfio_device *device = udev->priv;
	struct vfio_region *own = &device->regions[index];
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), first, end;
	int rc = 0;

	if (device->irq_counts[UVIO_IRQ_MSIX] && !device->msix.looked)
		rc = find_table(udev, &device->msix);
	if (rc || !device->msix.size || device->msix.bar != index || own->areas ||
		device->msix.offset >= size)
		return rc;
	if (vfio_areas_reserve(own, 2))
		return uvio_no_memory(udev->address.text);
	first = device->msix.offset & ~(page - 1);
	end = round_up(device->msix.offset + device->msix.size, page);
	if (first)
		own->areas[own->area_count++] = (struct vfio_area){0, first};
	if (end < size)
		own->areas[own->area_count++] = (struct vfio_area){end, round_up(size, page) - end};
	return 0;
}

bool vfio_msix_owns(const struct vfio_device *device, const struct uvio_region *region,
	uint64_t offset, unsigned int width)
{
	const struct vfio_msix *msix = &device->msix;

	return msix->size && region->index == msix->bar && offset < msix->offset + msix->size &&
	       offset + width > msix->offset;
}
