/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/device.h>
#include <uvio/error.h>

#include "base/context.h"
#include "base/error.h"
#include "base/sysfs.h"
#include "device/device.h"

/*
 * Drivers that do not use DMA and so do not block a group for VFIO: those of bridges, the stub, and
 * vfio-pci with its variants. A device without a driver does not block either.
 */
static bool blocks(const char *driver)
{
	return driver[0] && !strstr(driver, "vfio") && strcmp(driver, "pci-stub") &&
	       strcmp(driver, "pcieport");
}

static int add_member(struct uvio_ctx *ctx, struct uvio_device *device, int i)
{
	struct uvio_group_member *member = &device->members[i];
	char driver[UVIO_NAME_SIZE] = "";

	device->member_list[i] = member;
	uvio_sysfs_link(ctx, driver, sizeof(driver), "kernel/iommu_groups/%d/devices/%s/driver",
		device->info.iommu_group, device->member_texts[i]);
	member->address = device->member_texts[i];
	member->blocks = blocks(driver);
	if (!driver[0])
		return 0;
	member->driver = strdup(driver);
	return member->driver ? 0 : uvio_no_memory(device->address.text);
}

static int fill_members(struct uvio_ctx *ctx, struct uvio_device *device)
{
	int rc = 0, count = uvio_sysfs_names(ctx, "", &device->member_texts,
			    "kernel/iommu_groups/%d/devices", device->info.iommu_group);

	if (!count || count == -ENOENT)
		return 0;
	if (count < 0)
		return uvio_fail(count, "%s: the devices of its IOMMU group %d: %s",
			device->address.text, device->info.iommu_group, strerror(-count));
	device->member_count = count;
	device->members = calloc((size_t)count, sizeof(*device->members));
	device->member_list = calloc((size_t)count, sizeof(*device->member_list));
	if (!device->members || !device->member_list)
		return uvio_no_memory(device->address.text);
	for (int i = 0; i < count && !rc; i++)
		rc = add_member(ctx, device, i);
	device->info.members = device->member_list;
	device->info.member_count = (size_t)count;
	return rc;
}

/* VFIO makes a group for a card that has none, and names it; no IOMMU is behind it. */
static int read_type(struct uvio_ctx *ctx, struct uvio_device *device, const char *group)
{
	char name[UVIO_NAME_SIZE] = "";
	int rc = uvio_sysfs_read(ctx, device->iommu_type, sizeof(device->iommu_type),
		"kernel/iommu_groups/%s/type", group);

	if (rc > 0 && strcmp(device->iommu_type, "unknown") != 0)
		return rc;
	uvio_sysfs_read(ctx, name, sizeof(name), "kernel/iommu_groups/%s/name", group);
	if (strcmp(name, "vfio-noiommu") != 0)
		return rc;
	return snprintf(device->iommu_type, sizeof(device->iommu_type), "noiommu");
}

int uvio_group_fill(struct uvio_ctx *ctx, struct uvio_device *device)
{
	char folder[UVIO_ADDRESS_SIZE * 2], group[UVIO_NAME_SIZE];
	uint64_t number;

	device->info.iommu_group = -1;
	uvio_device_folder(&device->address, folder, sizeof(folder));
	if (uvio_sysfs_link(ctx, group, sizeof(group), "%s/iommu_group", folder) ||
		uvio_parse_u64(group, &number) || number > INT_MAX)
		return 0;
	device->info.iommu_group = (int)number;
	if (read_type(ctx, device, group) > 0)
		device->info.iommu_type = device->iommu_type;
	return fill_members(ctx, device);
}

void uvio_group_free(struct uvio_device *device)
{
	for (int i = 0; device->members && i < device->member_count; i++)
		free((char *)device->members[i].driver);
	free(device->members);
	free(device->member_list);
	uvio_names_free(device->member_texts, device->member_count);
}

int uvio_group_blockers(const struct uvio_device *device, char *text, size_t size)
{
	size_t used = 0;
	int count = 0;

	text[0] = '\0';
	for (size_t i = 0; i < device->info.member_count; i++) {
		const struct uvio_group_member *member = device->info.members[i];

		if (!member->blocks || !strcmp(member->address, device->info.address))
			continue;
		if (used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s (%s)",
				count ? ", " : "", member->address, member->driver);
		count++;
	}
	return count;
}
