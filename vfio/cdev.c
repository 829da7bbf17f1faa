/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The transport by a character device for each card, with the address spaces of iommufd. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iommufd.h"
#include <uvio/device.h>
#include <uvio/dma.h>
#include <uvio/error.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/rights.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "base/table.h"
#include "device/device.h"
#include "owner/inuse.h"
#include "owner/node.h"
#include "udev/token.h"
#include "vfio.h"

/* The largest list taken from iommufd; its lists are short. */
#define MAX_RANGES 65536
#define RANGES_TRIES 8

/* The folder also exists if the kernel makes no nodes; it has "dev" only with a node. */
int vfio_cdev_name(struct uvio_ctx *ctx, const char *address, char *name, size_t size)
{
	char **names;
	int rc = -ENOENT;
	int count = uvio_sysfs_names(ctx, "vfio", &names, "bus/pci/devices/%s/vfio-dev", address);

	if (count > 0 &&
		uvio_sysfs_exists(ctx, "bus/pci/devices/%s/vfio-dev/%s/dev", address, names[0])) {
		snprintf(name, size, "%.60s", names[0]);
		rc = 0;
	}
	uvio_names_free(names, count);
	return count < 0 ? count : rc;
}

static bool cdev_offered(struct uvio_ctx *ctx, const char *address)
{
	char path[UVIO_PATH_SIZE], name[UVIO_NAME_SIZE];

	if (uvio_dev_path(ctx, path, "iommu") || !uvio_may_access(ctx, path, R_OK | W_OK))
		return false;
	return !vfio_cdev_name(ctx, address, name, sizeof(name)) &&
	       !uvio_dev_path(ctx, path, "vfio/devices/%s", name) &&
	       uvio_may_access(ctx, path, R_OK | W_OK);
}

static int open_iommufd(struct uvio_udev *udev, struct vfio_domain *domain)
{
	char path[UVIO_PATH_SIZE];
	int rc;

	if (domain->container_fd >= 0)
		return 0;
	uvio_dev_path(udev->ctx, path, "iommu");
	rc = uvio_sys_open(path, O_RDWR);
	if (rc < 0)
		return vfio_open_failed(udev, rc, path);
	domain->container_fd = rc;
	return 0;
}

static int alloc_ioas(struct uvio_udev *udev, struct vfio_domain *domain)
{
	struct iommufd_ioas_alloc alloc = {.size = sizeof(alloc)};
	int rc;

	if (domain->ioas_id)
		return 0;
	rc = uvio_sys_ioctl(domain->container_fd, IOMMUFD_IOAS_ALLOC, &alloc);
	if (rc < 0)
		return vfio_open_failed(udev, rc, "IOMMU_IOAS_ALLOC");
	domain->ioas_id = alloc.out_ioas_id;
	return 0;
}

static int open_cdev(struct uvio_udev *udev, struct vfio_device *device)
{
	char path[UVIO_PATH_SIZE], name[UVIO_NAME_SIZE];
	int rc = vfio_cdev_name(udev->ctx, udev->address.text, name, sizeof(name));

	if (rc)
		return vfio_open_failed(udev, rc, "vfio-dev");
	uvio_dev_path(udev->ctx, path, "vfio/devices/%s", name);
	rc = uvio_node_open(udev->ctx, udev->address.text, path, O_RDWR,
		"bus/pci/devices/%s/vfio-dev/%s", udev->address.text, name);
	if (rc == -ESTALE)
		return rc;
	if (rc < 0)
		return vfio_open_failed(udev, rc, path);
	device->fd = rc;
	return 0;
}

/* Finds a program that has @member open, in an address space of its own. */
static int opener_of(struct uvio_ctx *ctx, const char *member, char *name, size_t size)
{
	char path[UVIO_PATH_SIZE], cdev[UVIO_NAME_SIZE];

	if (vfio_cdev_name(ctx, member, cdev, sizeof(cdev)) ||
		uvio_dev_path(ctx, path, "vfio/devices/%s", cdev))
		return 0;
	return uvio_find_opener(ctx, path, name, size);
}

/* EPERM also means that another program has the group. */
static int bind_failed(struct uvio_udev *udev, int rc)
{
	const char *address = udev->address.text;
	char name[UVIO_NAME_SIZE] = "";
	struct uvio_device *device;
	int pid = 0;

	if (rc != -EPERM || uvio_device_find(udev->ctx, address, &device))
		return vfio_open_failed(udev, rc, "VFIO_DEVICE_BIND_IOMMUFD");
	for (size_t i = 0; i < device->info.member_count && !pid; i++)
		if (strcmp(device->info.members[i]->address, address) != 0)
			pid = opener_of(
				udev->ctx, device->info.members[i]->address, name, sizeof(name));
	uvio_device_free(device);
	if (!pid)
		return vfio_open_failed(udev, rc, "VFIO_DEVICE_BIND_IOMMUFD");
	return vfio_group_taken(udev, pid, name);
}

/* The kernel requires binding first. Once attached, the device has the existing mappings. */
static int attach(struct uvio_udev *udev, const struct vfio_device *device)
{
	const struct vfio_domain *domain = udev->domain->priv;
	unsigned char uuid[UVIO_UUID_SIZE];
	struct iommufd_vfio_bind_token bind = {
		.bind = {.argsz = sizeof(bind.bind), .iommufd = domain->container_fd},
	};
	struct iommufd_vfio_attach attach = {
		.argsz = sizeof(attach),
		.pt_id = domain->ioas_id,
	};
	int rc;

	if (device->vf_token && !uvio_uuid_parse(udev->address.text, device->vf_token, uuid)) {
		bind.bind.argsz = sizeof(bind);
		bind.bind.flags = IOMMUFD_VFIO_BIND_TOKEN;
		bind.token_uuid_ptr = (uintptr_t)uuid;
	}
	rc = vfio_ioctl_again(device->fd, IOMMUFD_VFIO_BIND, &bind);
	if (rc < 0)
		return device->vf_token ? vfio_open_failed(udev, rc, VFIO_BIND_WITH_TOKEN)
					: bind_failed(udev, rc);
	rc = uvio_sys_ioctl(device->fd, IOMMUFD_VFIO_ATTACH, &attach);
	if (rc == -EADDRINUSE)
		return uvio_fail(-EBUSY,
			"%s: the domain has memory at an IOVA that the IOMMU does not map for this "
			"device; open the device first, or in a domain of its own",
			udev->address.text);
	return rc < 0 ? vfio_open_failed(udev, rc, "VFIO_DEVICE_ATTACH_IOMMUFD_PT") : 0;
}

static int cdev_open(struct uvio_udev *udev, struct vfio_device *device)
{
	struct vfio_domain *domain = udev->domain->priv;
	int rc = open_cdev(udev, device);

	if (!rc)
		rc = open_iommufd(udev, domain);
	if (!rc)
		rc = alloc_ioas(udev, domain);
	if (!rc)
		rc = attach(udev, device);
	if (rc) {
		uvio_sys_close(device->fd);
		device->fd = -1;
	}
	return rc;
}

/* The address space remains, with its mappings. */
static void cdev_close(struct uvio_udev *udev, struct vfio_device *device)
{
	(void)udev;
	uvio_sys_close(device->fd);
	device->fd = -1;
}

/* Asks again while there are more ranges than fit, a limited number of times. */
static int ask_ranges(struct vfio_domain *domain, struct iommufd_ioas_iova_ranges *ask,
	struct iommufd_iova_range **list)
{
	uint32_t capacity = 16;
	int rc = -EMSGSIZE;

	*list = NULL;
	for (int i = 0; i < RANGES_TRIES && rc == -EMSGSIZE; i++) {
		free(*list);
		*list = calloc(capacity, sizeof(**list));
		if (!*list)
			return -ENOMEM;
		*ask = (struct iommufd_ioas_iova_ranges){
			.size = sizeof(*ask),
			.ioas_id = domain->ioas_id,
			.num_iovas = capacity,
			.allowed_iovas = (uintptr_t)*list,
		};
		rc = uvio_sys_ioctl(domain->container_fd, IOMMUFD_IOAS_IOVA_RANGES, ask);
		if (ask->num_iovas > MAX_RANGES || (rc >= 0 && ask->num_iovas > capacity))
			return -EPROTO;
		capacity = ask->num_iovas > capacity ? ask->num_iovas : capacity;
	}
	return rc == -EMSGSIZE ? -EPROTO : rc < 0 ? rc : 0;
}

static int cdev_ranges(
	struct uvio_udev *udev, struct vfio_range **ranges, size_t *count, uint64_t *page)
{
	struct iommufd_ioas_iova_ranges ask;
	struct iommufd_iova_range *list;
	int rc = ask_ranges(udev->domain->priv, &ask, &list);

	if (rc && rc != -ENOMEM && rc != -EPROTO)
		rc = vfio_failed(udev, rc, "IOMMU_IOAS_IOVA_RANGES");
	*ranges = rc ? NULL : calloc(ask.num_iovas ? ask.num_iovas : 1, sizeof(**ranges));
	if (!rc && !*ranges)
		rc = -ENOMEM;
	for (uint32_t i = 0; !rc && i < ask.num_iovas; i++)
		(*ranges)[i] = (struct vfio_range){list[i].start, list[i].last};
	free(list);
	if (rc)
		return rc;
	*count = ask.num_iovas;
	if (ask.out_iova_alignment && !(ask.out_iova_alignment & (ask.out_iova_alignment - 1)))
		*page = ask.out_iova_alignment;
	return 0;
}

static int cdev_map(struct vfio_domain *domain, const struct uvio_mapping *mapping, uint64_t iova)
{
	struct iommufd_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMUFD_MAP_FIXED_IOVA,
		.ioas_id = domain->ioas_id,
		.user_va = mapping->addr,
		.length = mapping->size,
		.iova = iova,
	};

	if (mapping->flags & UVIO_DMA_TO_CARD)
		map.flags |= IOMMUFD_MAP_READABLE;
	if (mapping->flags & UVIO_DMA_FROM_CARD)
		map.flags |= IOMMUFD_MAP_WRITEABLE;
	return uvio_sys_ioctl(domain->container_fd, IOMMUFD_IOAS_MAP, &map);
}

static int cdev_unmap(struct vfio_domain *domain, uint64_t iova, uint64_t size)
{
	struct iommufd_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = domain->ioas_id,
		.iova = iova,
		.length = size,
	};
	int rc = uvio_sys_ioctl(domain->container_fd, IOMMUFD_IOAS_UNMAP, &unmap);

	if (rc < 0)
		return rc;
	return unmap.length == size ? 0 : -EIO;
}

/*
 * Here the kernel returns an iommufd id instead of the group's number; this one if it is not ours.
 */
static bool cdev_owns(
	const struct vfio_domain *domain, const struct vfio_pci_dependent_device *found)
{
	(void)domain;
	return found->group_id != UINT32_MAX;
}

static int cdev_hot_reset(struct uvio_udev *udev, const struct vfio_pci_hot_reset_info *info)
{
	(void)info;
	return vfio_hot_reset_by(udev->priv, NULL, 0);
}

const struct vfio_transport vfio_transport_cdev = {
	.name = "cdev",
	.offered = cdev_offered,
	.open = cdev_open,
	.close = cdev_close,
	.set_caps = vfio_dma_set_caps,
	.dma_memory = vfio_dma_memory,
	.dma_map = vfio_dma_map,
	.dma_unmap = vfio_dma_unmap,
	.close_unmaps = true,
	.dma_verify = vfio_dma_verify,
	.ranges = cdev_ranges,
	.map = cdev_map,
	.unmap = cdev_unmap,
	.owns = cdev_owns,
	.hot_reset = cdev_hot_reset,
};
