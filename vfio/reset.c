/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/error.h"
#include "base/given.h"
#include "base/pci_config.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "udev/udev.h"
#include "vfio.h"

/*
 * PCI Local Bus Specification 3.0, 6.2.2: bit 1, memory space. If it is off, a mapped register
 * gives SIGBUS.
 */
#define COMMAND_MEMORY 0x02

/* More than a bus can have, and some that may be added; a greater number is an error. */
#define MAX_DEVICES 4096

/* The second call fits, unless a device was added in between. */
#define MAX_TRIES 8

/* Virtual functions have it off, although the hardware decodes memory. */
int vfio_enable_memory(struct uvio_udev *udev)
{
	struct uvio_region config = {.index = UVIO_REGION_CONFIG, .udev = udev};
	uint64_t command = 0;
	int rc = vfio_region_info_get(udev, &config);

	if (!rc)
		rc = vfio_region_read(udev, &config, PCI_CONFIG_COMMAND, 1, &command);
	if (rc || command & COMMAND_MEMORY)
		return rc;
	return vfio_region_write(udev, &config, PCI_CONFIG_COMMAND, 1, command | COMMAND_MEMORY);
}

/* A failed reset may have been done in part. */
static int settle(struct uvio_udev *udev, int rc)
{
	struct uvio_saved_error first;

	if (!rc)
		return vfio_enable_memory(udev);
	uvio_error_save(&first);
	vfio_enable_memory(udev);
	return uvio_error_restore(&first);
}

int vfio_reset(struct uvio_udev *udev)
{
	const struct vfio_device *device = udev->priv;
	int rc = uvio_sys_ioctl(device->fd, VFIO_DEVICE_RESET, NULL);

	if (rc == -EAGAIN)
		return rc;
	if (rc < 0)
		rc = vfio_failed(udev, rc, "VFIO_DEVICE_RESET");
	return settle(udev, rc);
}

/* ENOSPC means that the kernel supports it. */
bool vfio_can_hot_reset(const struct vfio_device *device)
{
	struct vfio_pci_hot_reset_info info = {.argsz = sizeof(info)};
	int rc = uvio_sys_ioctl(device->fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info);

	return rc >= 0 || rc == -ENOSPC;
}

/* 0 and the answer, for free(); -ENOSPC and the needed number in @count. */
static int ask_affected(
	const struct vfio_device *device, uint32_t *count, struct vfio_pci_hot_reset_info **out)
{
	size_t size = sizeof(**out) + *count * sizeof((*out)->devices[0]);
	struct vfio_pci_hot_reset_info *info = calloc(1, size);
	int rc;

	if (!info)
		return -ENOMEM;
	info->argsz = (uint32_t)size;
	rc = uvio_sys_ioctl(device->fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info);
	if (rc >= 0 && info->count > *count)
		rc = -ENOSPC;
	*count = info->count;
	if (rc < 0)
		free(info);
	else
		*out = info;
	return rc < 0 ? rc : 0;
}

static int no_bus_reset(struct uvio_udev *udev)
{
	if (uvio_udev_look(udev))
		return -ENODEV;
	return uvio_fail(-ENOTSUP, "%s: the kernel can reset neither its slot nor its bus",
		udev->address.text);
}

static int get_affected(struct uvio_udev *udev, struct vfio_pci_hot_reset_info **info)
{
	int rc = -ENOSPC;
	uint32_t count = 0;

	for (int i = 0; i < MAX_TRIES && rc == -ENOSPC && count <= MAX_DEVICES; i++)
		rc = ask_affected(udev->priv, &count, info);
	if (!rc)
		return 0;
	if (rc == -ENOMEM)
		return uvio_no_memory(udev->address.text);
	if (rc == -ENODEV || rc == -ENOTTY)
		return no_bus_reset(udev);
	if (rc == -EPERM)
		return uvio_fail(
			rc, "%s: a device on its bus has no IOMMU group", udev->address.text);
	if (rc == -ENOSPC)
		return uvio_fail(-EPROTO,
			"%s: the kernel reports that a reset affects %u devices, which is not "
			"valid",
			udev->address.text, count);
	return vfio_failed(udev, rc, "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO");
}

static int group_of(struct uvio_ctx *ctx, const char *address)
{
	char group[UVIO_NAME_SIZE];
	uint64_t number;

	if (uvio_sysfs_link(ctx, group, sizeof(group), "bus/pci/devices/%s/iommu_group", address) ||
		uvio_parse_u64(group, &number) || number > INT32_MAX)
		return -1;
	return (int)number;
}

/* The kernel requires each of them to be bound to vfio, and open in the caller of the reset. */
static void describe(struct uvio_udev *udev, const struct vfio_pci_dependent_device *found,
	struct uvio_affected *affected)
{
	const struct vfio_domain *domain = udev->domain->priv;

	*affected = (struct uvio_affected){0};
	snprintf(affected->address, sizeof(affected->address), "%04x:%02x:%02x.%u", found->segment,
		found->bus, found->devfn >> 3u, found->devfn & 7u);
	if (uvio_sysfs_link(udev->ctx, affected->driver, sizeof(affected->driver),
		    "bus/pci/devices/%s/driver", affected->address))
		affected->driver[0] = '\0';
	affected->iommu_group = group_of(udev->ctx, affected->address);
	if (!strcmp(affected->address, udev->address.text))
		affected->flags = UVIO_AFFECTED_SELF;
	else if (!strstr(affected->driver, "vfio") || !domain->transport->owns(domain, found))
		affected->flags = UVIO_AFFECTED_BLOCKS;
}

/* Other devices of the domain may be opened and closed meanwhile: its groups change. */
int vfio_hot_reset_affects(
	struct uvio_udev *udev, struct uvio_affected *devices, unsigned int count, size_t size)
{
	unsigned char *at = (unsigned char *)devices;
	struct uvio_affected affected;
	struct vfio_pci_hot_reset_info *info = NULL;
	int rc = get_affected(udev, &info);

	if (!info)
		return rc;
	pthread_mutex_lock(&udev->domain->lock);
	for (uint32_t i = 0; i < info->count && i < count; i++) {
		describe(udev, &info->devices[i], &affected);
		uvio_give(at + i * size, size, &affected, sizeof(affected));
	}
	pthread_mutex_unlock(&udev->domain->lock);
	rc = (int)info->count;
	free(info);
	return rc;
}

int vfio_hot_reset_by(const struct vfio_device *device, const int *group_fds, unsigned int count)
{
	size_t size = sizeof(struct vfio_pci_hot_reset) + count * sizeof(*group_fds);
	struct vfio_pci_hot_reset *reset = calloc(1, size);
	int rc;

	if (!reset)
		return -ENOMEM;
	reset->argsz = (uint32_t)size;
	reset->count = count;
	if (count)
		memcpy(reset->group_fds, group_fds, count * sizeof(*group_fds));
	rc = uvio_sys_ioctl(device->fd, VFIO_DEVICE_PCI_HOT_RESET, reset);
	free(reset);
	return rc < 0 ? rc : 0;
}

/*
 * "0000:03:01.0 (e1000e, group 7), ...": those that prevent the reset. Returns whether there are
 * any.
 */
static bool name_blockers(
	struct uvio_udev *udev, const struct vfio_pci_hot_reset_info *info, char *text, size_t size)
{
	struct uvio_affected affected;
	size_t used = 0;

	for (uint32_t i = 0; i < info->count && used < size; i++) {
		describe(udev, &info->devices[i], &affected);
		if (affected.flags & UVIO_AFFECTED_BLOCKS)
			used += (size_t)snprintf(text + used, size - used, "%s%s (%s, group %d)",
				used ? ", " : "", affected.address,
				affected.driver[0] ? affected.driver : "no driver",
				affected.iommu_group);
	}
	return used;
}

static int hot_reset_failed(
	struct uvio_udev *udev, const struct vfio_pci_hot_reset_info *info, int err)
{
	char blockers[UVIO_TEXT_SIZE / 2];
	bool refused = err == -EINVAL || err == -EPERM || err == -EACCES || err == -EBUSY;

	if (refused && name_blockers(udev, info, blockers, sizeof(blockers)))
		return uvio_fail(-EBUSY,
			"%s: %s would be reset too; bind each to vfio as well (uvio bind ADDRESS "
			"vfio), and open those not in IOMMU group %d in the same domain",
			udev->address.text, blockers, group_of(udev->ctx, udev->address.text));
	if (err == -ENOMEM)
		return uvio_no_memory(udev->address.text);
	if (err == -ENODEV || err == -ENOTTY)
		return no_bus_reset(udev);
	return vfio_failed(udev, err, "VFIO_DEVICE_PCI_HOT_RESET");
}

int vfio_hot_reset(struct uvio_udev *udev)
{
	const struct vfio_domain *domain = udev->domain->priv;
	struct vfio_pci_hot_reset_info *info = NULL;
	int rc = get_affected(udev, &info);

	if (!info)
		return rc;
	pthread_mutex_lock(&udev->domain->lock);
	rc = domain->transport->hot_reset(udev, info);
	if (rc && rc != -EAGAIN)
		rc = hot_reset_failed(udev, info, rc);
	pthread_mutex_unlock(&udev->domain->lock);
	free(info);
	return rc == -EAGAIN ? rc : settle(udev, rc);
}
