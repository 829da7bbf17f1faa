/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * The transports by group: with VFIO's own container (group), with iommufd's compatible container
 * (compat), and without an IOMMU (noiommu).
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/error.h"
#include "base/rights.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "owner/node.h"
#include "vfio.h"

/* The prefix of the number in the node names of groups without an IOMMU. */
#define NOIOMMU "noiommu-"

int vfio_group_name(struct uvio_ctx *ctx, const char *address, char *name, size_t size)
{
	char group[UVIO_NAME_SIZE], kind[UVIO_NAME_SIZE] = "";
	int rc = uvio_sysfs_link(
		ctx, group, sizeof(group), "bus/pci/devices/%s/iommu_group", address);

	if (rc)
		return rc;
	uvio_sysfs_read(ctx, kind, sizeof(kind), "kernel/iommu_groups/%s/name", group);
	snprintf(name, size, "%s%s", strcmp(kind, "vfio-noiommu") ? "" : NOIOMMU, group);
	return 0;
}

static bool group_offered(
	struct uvio_ctx *ctx, const char *address, const struct vfio_transport *transport)
{
	char path[UVIO_PATH_SIZE], name[UVIO_NAME_SIZE];

	if (vfio_group_name(ctx, address, name, sizeof(name)))
		return false;
	if (!strncmp(name, NOIOMMU, strlen(NOIOMMU)) != !!transport->prefix[0])
		return false;
	if (uvio_dev_path(ctx, path, "vfio/%s", name) || !uvio_may_access(ctx, path, R_OK | W_OK))
		return false;
	return !uvio_dev_path(ctx, path, "%s", transport->container) &&
	       uvio_may_access(ctx, path, R_OK | W_OK);
}

static bool offered(struct uvio_ctx *ctx, const char *address)
{
	return group_offered(ctx, address, &vfio_transport_group);
}

static bool compat_offered(struct uvio_ctx *ctx, const char *address)
{
	return group_offered(ctx, address, &vfio_transport_compat);
}

static bool noiommu_offered(struct uvio_ctx *ctx, const char *address)
{
	return group_offered(ctx, address, &vfio_transport_noiommu);
}

int vfio_container_judge(int fd, unsigned long iommu_type)
{
	int rc = uvio_sys_ioctl(fd, VFIO_GET_API_VERSION, NULL);

	if (rc < 0)
		return rc;
	if (rc != VFIO_API_VERSION)
		return -EPROTO;
	rc = uvio_sys_ioctl(fd, VFIO_CHECK_EXTENSION, (void *)(uintptr_t)iommu_type);
	return rc < 0 ? rc : rc ? 0 : -ENOTSUP;
}

static int open_container(struct uvio_udev *udev, struct vfio_domain *domain)
{
	char path[UVIO_PATH_SIZE];
	int rc;

	if (domain->container_fd >= 0)
		return 0;
	uvio_dev_path(udev->ctx, path, "%s", domain->transport->container);
	rc = uvio_sys_open(path, O_RDWR);
	if (rc < 0)
		return vfio_open_failed(udev, rc, path);
	domain->container_fd = rc;
	rc = vfio_container_judge(domain->container_fd, domain->transport->iommu_type);
	if (rc) {
		vfio_open_failed(udev, rc, "VFIO_CHECK_EXTENSION");
		uvio_sys_close(domain->container_fd);
		domain->container_fd = -1;
	}
	return rc;
}

static int open_group(struct uvio_udev *udev, const char *name)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};
	char path[UVIO_PATH_SIZE];
	int rc, fd;

	uvio_dev_path(udev->ctx, path, "vfio/%s", name);
	fd = uvio_node_open(udev->ctx, udev->address.text, path, O_RDWR, "class/vfio/%s", name);
	if (fd == -ESTALE)
		return fd;
	if (fd < 0)
		return vfio_open_failed(udev, fd, path);
	rc = uvio_sys_ioctl(fd, VFIO_GROUP_GET_STATUS, &status);
	if (rc < 0)
		rc = vfio_open_failed(udev, rc, "VFIO_GROUP_GET_STATUS");
	else if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		rc = vfio_open_failed(udev, -EBUSY, "viable");
	if (rc < 0) {
		uvio_sys_close(fd);
		return rc;
	}
	return fd;
}

/* The IOMMU type is set with the first group, and cleared with the last. */
static int attach(struct uvio_udev *udev, const struct vfio_domain *domain, int group_fd)
{
	int fd = domain->container_fd;
	int rc = uvio_sys_ioctl(group_fd, VFIO_GROUP_SET_CONTAINER, &fd);

	if (rc < 0)
		return vfio_open_failed(udev, rc, "VFIO_GROUP_SET_CONTAINER");
	if (domain->group_count)
		return 0;
	rc = uvio_sys_ioctl(domain->container_fd, VFIO_SET_IOMMU,
		(void *)(uintptr_t)domain->transport->iommu_type);
	return rc < 0 ? vfio_open_failed(udev, rc, "VFIO_SET_IOMMU") : 0;
}

/* Without groups the kernel drops the mappings, and the container cannot be used. */
static void drop_container(struct vfio_domain *domain)
{
	if (domain->group_count)
		return;
	uvio_sys_close(domain->container_fd);
	domain->container_fd = -1;
	domain->forgotten = true;
}

static int add_group(struct uvio_udev *udev, struct vfio_domain *domain, const char *name)
{
	struct vfio_group *grown;
	int rc, fd;

	grown = realloc(domain->groups, (domain->group_count + 1) * sizeof(*grown));
	if (!grown)
		return uvio_no_memory(udev->address.text);
	domain->groups = grown;
	fd = open_group(udev, name);
	if (fd < 0)
		return fd;
	rc = open_container(udev, domain);
	if (!rc)
		rc = attach(udev, domain, fd);
	if (rc) {
		uvio_sys_close(fd);
		drop_container(domain);
		return rc;
	}
	grown[domain->group_count] = (struct vfio_group){.fd = fd};
	snprintf(grown[domain->group_count++].name, sizeof(grown->name), "%s", name);
	return 0;
}

static struct vfio_group *find_group(const struct vfio_domain *domain, const char *name)
{
	for (size_t i = 0; i < domain->group_count; i++)
		if (!strcmp(domain->groups[i].name, name))
			return &domain->groups[i];
	return NULL;
}

/* Devices first, then the group, then the container. */
static void leave_group(struct vfio_domain *domain, struct vfio_group *group)
{
	if (group->devices)
		return;
	uvio_sys_close(group->fd);
	*group = domain->groups[--domain->group_count];
	drop_container(domain);
}

static int get_device(
	struct uvio_udev *udev, const struct vfio_device *device, const struct vfio_group *group)
{
	const char *token = device->vf_token;
	char name[2 * UVIO_ADDRESS_SIZE];
	unsigned int held;
	int rc;

	snprintf(name, sizeof(name), "%s%s%.36s", udev->address.text, token ? " vf_token=" : "",
		token ? token : "");
	held = uvio_sys_hold_low();
	rc = uvio_sys_keep(vfio_ioctl_again(group->fd, VFIO_GROUP_GET_DEVICE_FD, name));
	uvio_sys_free_low(held);
	if (rc >= 0)
		return rc;
	return vfio_open_failed(
		udev, rc, token ? VFIO_STEP_WITH_TOKEN : "VFIO_GROUP_GET_DEVICE_FD");
}

/* As vfio_group_name(), for the transport that is open, which costs less. */
static int node_name(struct uvio_ctx *ctx, const struct vfio_transport *transport,
	const char *address, char *name)
{
	char group[UVIO_NAME_SIZE / 2];
	int rc = uvio_sysfs_link(
		ctx, group, sizeof(group), "bus/pci/devices/%s/iommu_group", address);

	if (!rc)
		snprintf(name, UVIO_NAME_SIZE, "%s%s", transport->prefix, group);
	return rc;
}

static int group_open(struct uvio_udev *udev, struct vfio_device *device)
{
	struct vfio_domain *domain = udev->domain->priv;
	char name[UVIO_NAME_SIZE];
	struct vfio_group *group;
	int rc;

	if (node_name(udev->ctx, domain->transport, udev->address.text, name))
		return vfio_open_failed(udev, -ENOENT, "iommu_group");
	rc = find_group(domain, name) ? 0 : add_group(udev, domain, name);
	if (rc)
		return rc;
	group = find_group(domain, name);
	rc = get_device(udev, device, group);
	if (rc < 0) {
		leave_group(domain, group);
		return rc;
	}
	device->fd = rc;
	device->group_fd = group->fd;
	group->devices++;
	return 0;
}

static void group_close(struct uvio_udev *udev, struct vfio_device *device)
{
	struct vfio_domain *domain = udev->domain->priv;

	uvio_sys_close(device->fd);
	device->fd = -1;
	for (size_t i = 0; i < domain->group_count; i++)
		if (domain->groups[i].fd == device->group_fd) {
			domain->groups[i].devices--;
			leave_group(domain, &domain->groups[i]);
			break;
		}
	device->group_fd = -1;
}

/* By the kernel's number, which is in the node's name. */
static struct vfio_group *find_number(const struct vfio_domain *domain, uint32_t number)
{
	char name[UVIO_NAME_SIZE];

	snprintf(name, sizeof(name), "%s%u", domain->transport->prefix, number);
	return find_group(domain, name);
}

static bool group_owns(
	const struct vfio_domain *domain, const struct vfio_pci_dependent_device *found)
{
	return find_number(domain, found->group_id);
}

/* Each affected group once: the kernel refuses more groups than it needs. */
static int group_hot_reset(struct uvio_udev *udev, const struct vfio_pci_hot_reset_info *info)
{
	const struct vfio_domain *domain = udev->domain->priv;
	int *fds = calloc(domain->group_count, sizeof(*fds)), rc;
	unsigned int count = 0;

	if (!fds)
		return -ENOMEM;
	for (size_t g = 0; g < domain->group_count; g++)
		for (uint32_t i = 0; i < info->count; i++)
			if (find_number(domain, info->devices[i].group_id) == &domain->groups[g]) {
				fds[count++] = domain->groups[g].fd;
				break;
			}
	rc = vfio_hot_reset_by(udev->priv, fds, count);
	free(fds);
	return rc;
}

/* Shared by all transports by group, and by those whose container has a type1 IOMMU. */
#define BY_GROUP                                                                                   \
	.open = group_open, .close = group_close, .owns = group_owns, .hot_reset = group_hot_reset

#define BY_TYPE1                                                                                   \
	.set_caps = vfio_dma_set_caps, .dma_memory = vfio_dma_memory, .dma_map = vfio_dma_map,     \
	.dma_unmap = vfio_dma_unmap, .dma_verify = vfio_dma_verify,                                \
	.ranges = vfio_container_ranges, .map = vfio_container_map, .unmap = vfio_container_unmap, \
	.close_unmaps = true

const struct vfio_transport vfio_transport_group = {
	.name = "group",
	.container = "vfio/vfio",
	.prefix = "",
	.iommu_type = VFIO_TYPE1v2_IOMMU,
	.offered = offered,
	BY_GROUP,
	BY_TYPE1,
};

const struct vfio_transport vfio_transport_compat = {
	.name = "compat",
	.container = "iommu",
	.prefix = "",
	.iommu_type = VFIO_TYPE1v2_IOMMU,
	.offered = compat_offered,
	BY_GROUP,
	BY_TYPE1,
};

const struct vfio_transport vfio_transport_noiommu = {
	.name = "noiommu",
	.container = "vfio/vfio",
	.prefix = NOIOMMU,
	.iommu_type = VFIO_NOIOMMU_IOMMU,
	.offered = noiommu_offered,
	BY_GROUP,
	.set_caps = vfio_noiommu_set_caps,
	.bus_master = vfio_noiommu_allowed,
	.dma_memory = vfio_noiommu_memory,
	.dma_scattered = vfio_noiommu_scattered,
	.dma_verify = vfio_noiommu_verify,
	.dma_map = vfio_noiommu_map,
	.dma_unmap = vfio_noiommu_unmap,
};
