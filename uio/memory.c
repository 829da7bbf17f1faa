/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Memory for DMA which a kernel driver has: maps that are no registers, and u-dma-buf. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <uvio/device.h>
#include <uvio/error.h>

#include "backend/objects.h"
#include "base/table.h"
#include "dma/phys.h"
#include "uio.h"

/* No processor has more of them. */
#define PHYSICAL_BITS 52

static int is_bar(struct uvio_udev *udev, const struct uio_map *map, unsigned int index)
{
	const struct uio_device *device = udev->priv;

	for (unsigned int i = 0; device->pci && i < UVIO_BARS; i++) {
		const struct uvio_bar *bar = &device->bars[i];

		if (bar->size && !bar->io && map->addr < bar->start + bar->size &&
			bar->start < map->addr + map->size)
			return uvio_fail(-EINVAL,
				"%s: map %u is BAR%u of the card, not memory of the machine; use "
				"uvio_region_map()",
				udev->address.text, index, i);
	}
	return 0;
}

static int check_map(struct uvio_udev *udev, const struct uio_map *map, unsigned int index)
{
	if (!map->size)
		return uvio_fail(
			-ENOENT, "%s: its UIO driver offers no map %u", udev->address.text, index);
	/* uio_dmem_genirq since Linux 6.9, which shows an address of the kernel's own. */
	if (map->addr >> PHYSICAL_BITS || map->addr & (udev->domain->dma.page - 1))
		return uvio_fail(-ENOTSUP,
			"%s: map %u: 0x%llx is not the physical address of a page, so that the "
			"address of the memory is unknown; use a buffer of u-dma-buf",
			udev->address.text, index, (unsigned long long)map->addr);
	return is_bar(udev, map, index);
}

static int find_map(struct uvio_udev *udev, unsigned int index, struct uio_map *map)
{
	const struct uio_device *device = udev->priv;
	int rc = uio_read_layout(udev);

	*map = (struct uio_map){0};
	if (rc)
		return rc;
	if (index < UIO_MAPS)
		rc = uio_read_map(udev->ctx, device->name, index, map);
	if (rc)
		return uvio_fail(rc, "%s: cannot read map %u from sysfs: %s", udev->address.text,
			index, strerror(-rc));
	return check_map(udev, map, index);
}

int uio_dma_from_region(struct uvio_udev *udev, unsigned int index, struct uvio_mapping *mapping)
{
	const struct uio_device *device = udev->priv;
	struct uio_map map;
	char name[24];
	int rc = uio_dma_allowed(udev);

	if (!rc)
		rc = find_map(udev, index, &map);
	if (rc)
		return rc;
	snprintf(name, sizeof(name), "map %u", index);
	return uvio_phys_fixed(udev, mapping,
		&(struct uvio_phys_range){
			.fd = device->fd,
			.at = (uint64_t)index * udev->domain->dma.page,
			.iova = map.addr,
			.size = map.size,
			.name = name,
		});
}

int uio_dma_import(struct uvio_udev *udev, const char *name, struct uvio_mapping *mapping)
{
	int rc = uio_dma_allowed(udev);

	return rc ? rc : uvio_phys_import(udev, mapping, name);
}
