/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uvio/error.h>
#include <uvio/udev.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/address.h"
#include "base/context.h"
#include "base/error.h"
#include "base/rights.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "base/table.h"
#include "dma/phys.h"
#include "owner/node.h"
#include "vfio.h"

static int get_info(struct uvio_udev *udev, struct vfio_device *device)
{
	int rc;

	device->info.argsz = sizeof(device->info);
	rc = uvio_sys_ioctl(device->fd, VFIO_DEVICE_GET_INFO, &device->info);
	if (rc < 0)
		return vfio_failed(udev, rc, "VFIO_DEVICE_GET_INFO");
	if (!(device->info.flags & VFIO_DEVICE_FLAGS_PCI))
		return uvio_fail(-ENOTSUP, "%s: VFIO reports that it is not a PCI device",
			udev->address.text);
	return 0;
}

static void set_caps(struct uvio_udev *udev, const struct vfio_device *device)
{
	const struct vfio_domain *domain = udev->domain->priv;

	udev->caps |= UVIO_CAP_CONFIG;
	domain->transport->set_caps(udev);
	if (device->info.flags & VFIO_DEVICE_FLAGS_RESET)
		udev->caps |= UVIO_CAP_RESET | UVIO_CAP_RESET_AT_OPEN;
	if (vfio_can_hot_reset(device))
		udev->caps |= UVIO_CAP_BUS_RESET;
	if (vfio_can_low_power(device))
		udev->caps |= UVIO_CAP_LOW_POWER;
}

static void vfio_close(struct uvio_udev *udev)
{
	const struct vfio_domain *domain = udev->domain->priv;
	struct vfio_device *device = udev->priv;

	uvio_sys_close(udev->release_fd);
	uvio_sys_close(udev->error_fd);
	domain->transport->close(udev, device);
	vfio_irq_cleanup(udev);
	uvio_phys_cleanup(&device->phys);
	vfio_regions_cleanup(device);
}

/* In order of preference. */
static const struct vfio_transport *const transports[] = {
	&vfio_transport_cdev,
	&vfio_transport_group,
	&vfio_transport_compat,
	&vfio_transport_noiommu,
};

static const struct uvio_transport published[] = {
	{.name = "cdev", .full = "vfio/cdev"},
	{.name = "group", .full = "vfio/group"},
	{.name = "compat", .full = "vfio/compat"},
	{.name = "noiommu", .full = "vfio/noiommu", .on_request = true},
	{0},
};

/*
 * The transport asked for, or the first that can be opened; if none can, group, whose error
 * explains it. Groups take a VF token on every kernel, cdev since Linux 6.17.
 */
static const struct vfio_transport *choose_transport(
	const struct uvio_udev *udev, const char *token)
{
	char path[UVIO_PATH_SIZE];

	/* Without iommufd there is only one transport that need not be asked for by name. */
	if (!udev->transport && (uvio_dev_path(udev->ctx, path, "iommu") ||
					!uvio_may_access(udev->ctx, path, R_OK | W_OK)))
		return &vfio_transport_group;
	for (size_t i = 0; i < ARRAY_SIZE(transports); i++)
		if (udev->transport ? !strcmp(udev->transport, transports[i]->name)
				    : !published[i].on_request &&
					      (!token || transports[i] != &vfio_transport_cdev) &&
					      transports[i]->offered(udev->ctx, udev->address.text))
			return transports[i];
	return &vfio_transport_group;
}

void vfio_transports_offered(struct uvio_ctx *ctx, const char *address, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_SIZE(transports) && used < size; i++)
		if (!published[i].on_request && transports[i]->offered(ctx, address))
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
				transports[i]->name);
}

static int open_transport(struct uvio_udev *udev)
{
	struct vfio_domain *domain = udev->domain->priv;

	if (!domain->transport) {
		domain->transport =
			choose_transport(udev, ((struct vfio_device *)udev->priv)->vf_token);
		domain->container_fd = -1;
	}
	udev->transport = domain->transport->name;
	return domain->transport->open(udev, udev->priv);
}

static int vfio_open(struct uvio_udev *udev, const struct uvio_open_options *options)
{
	struct vfio_device *device = udev->priv;
	int rc;

	device->vf_token = options->vf_token;
	device->group_fd = device->fd = device->unmask_fd = -1;
	uvio_phys_init(&device->phys, "vfio/noiommu", "; or switch the IOMMU on");
	if (udev->address.kind != UVIO_ADDRESS_PCI)
		return vfio_open_failed(udev, -ENOTSUP, "open");
	rc = open_transport(udev);
	device->vf_token = NULL;
	if (rc)
		return rc;
	rc = get_info(udev, device);
	if (!rc)
		rc = vfio_irq_init(udev);
	if (!rc)
		rc = vfio_domain_settle(udev);
	if (!rc)
		rc = vfio_enable_memory(udev);
	if (!rc)
		rc = vfio_event_fds_open(udev);
	if (rc)
		goto err_close;
	set_caps(udev, device);
	return 0;

err_close:
	vfio_close(udev);
	return rc;
}

static int vfio_bus_master(struct uvio_udev *udev, bool on)
{
	const struct vfio_domain *domain = udev->domain->priv;

	return on && domain->transport->bus_master ? domain->transport->bus_master(udev) : 0;
}

static int vfio_memory(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	const struct vfio_domain *domain = udev->domain->priv;

	return domain->transport->dma_memory(udev, mapping);
}

static int vfio_scattered(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	const struct vfio_domain *domain = udev->domain->priv;

	return domain->transport->dma_scattered ? domain->transport->dma_scattered(udev, mapping)
						: domain->transport->dma_memory(udev, mapping);
}

static int vfio_verify(
	struct uvio_udev *udev, const struct uvio_mapping *mapping, uint64_t into, uint64_t size)
{
	const struct vfio_domain *domain = udev->domain->priv;

	return domain->transport->dma_verify(udev, mapping, into, size);
}

static void vfio_memory_free(struct uvio_domain *domain, struct uvio_mapping *mapping)
{
	(void)domain;
	uvio_phys_memory_free(mapping);
}

static int vfio_map(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	const struct vfio_domain *domain = udev->domain->priv;

	return domain->transport->dma_map(udev, mapping);
}

static int vfio_unmap(struct uvio_domain *shared, struct uvio_mapping *mapping)
{
	const struct vfio_domain *domain = shared->priv;

	return domain->transport->dma_unmap(shared, mapping);
}

static bool vfio_close_unmaps(const struct uvio_domain *shared)
{
	const struct vfio_domain *domain = shared->priv;

	return domain->transport->close_unmaps;
}

static int vfio_node(struct uvio_ctx *ctx, const char *address, char *path)
{
	char name[UVIO_NAME_SIZE];

	if (!vfio_group_name(ctx, address, name, sizeof(name)) &&
		!uvio_dev_path(ctx, path, "vfio/%s", name) && uvio_may_access(ctx, path, F_OK))
		return 0;
	if (!vfio_cdev_name(ctx, address, name, sizeof(name)) &&
		!uvio_dev_path(ctx, path, "vfio/devices/%s", name) &&
		uvio_may_access(ctx, path, F_OK))
		return 0;
	return -ENOENT;
}

/* By sysfs, since the node may be stale, or not in this /dev. */
static int vfio_shared_node(
	struct uvio_ctx *ctx, const char *address, char *number, size_t size, char *path)
{
	char name[UVIO_NAME_SIZE];

	if (vfio_group_name(ctx, address, name, sizeof(name)) ||
		uvio_sysfs_read(ctx, number, size, "class/vfio/%s/dev", name) <= 0 ||
		uvio_dev_path(ctx, path, "vfio/%s", name))
		return -ENOENT;
	return 0;
}

/*
 * A group's node can be open in one program at a time, also counting those that opened its devices
 * by cdev.
 */
static int vfio_held(struct uvio_ctx *ctx, const struct uvio_address *address)
{
	char path[UVIO_PATH_SIZE], name[UVIO_NAME_SIZE];
	struct uvio_saved_error before;
	int fd;

	if (address->kind != UVIO_ADDRESS_PCI ||
		vfio_group_name(ctx, address->text, name, sizeof(name)) ||
		uvio_dev_path(ctx, path, "vfio/%s", name))
		return -ENOTSUP;
	uvio_error_save(&before);
	fd = uvio_node_open(ctx, address->text, path, O_RDWR, "class/vfio/%s", name);
	uvio_sys_close(fd);
	uvio_error_restore(&before);
	return fd >= 0 ? 0 : fd == -EBUSY ? -EBUSY : -ENOTSUP;
}

static const struct uvio_backend_ops vfio_ops = {
	.node = vfio_node,
	.shared_node = vfio_shared_node,
	.held = vfio_held,
	.held_opens = true,
	.claims = vfio_claims,
	.probe = vfio_probe,
	.machine = vfio_machine,
	.open = vfio_open,
	.close = vfio_close,
	.domain_cleanup = vfio_domain_cleanup,
	.region_info = vfio_region_info_get,
	.region_map = vfio_region_map,
	.region_unmap = vfio_region_unmap,
	.region_read = vfio_region_read,
	.region_write = vfio_region_write,
	.region_find = vfio_region_find,
	.irq_count = vfio_irq_count,
	.irq_enable = vfio_irq_enable,
	.irq_grow = vfio_irq_grow,
	.irq_disable = vfio_irq_disable,
	.dma_memory = vfio_memory,
	.dma_memory_free = vfio_memory_free,
	.dma_scattered = vfio_scattered,
	.dma_map = vfio_map,
	.dma_unmap = vfio_unmap,
	.close_unmaps = vfio_close_unmaps,
	.dma_verify = vfio_verify,
	.bus_master = vfio_bus_master,
	.reset = vfio_reset,
	.hot_reset = vfio_hot_reset,
	.hot_reset_affects = vfio_hot_reset_affects,
	.low_power = vfio_low_power,
	.vf_token_set = vfio_vf_token_set,
};

const struct uvio_backend uvio_backend_vfio = {
	.name = "vfio",
	.help = "vfio-pci: DMA behind the IOMMU, MSI, for ordinary users too",
	.kernel_driver = "vfio-pci",
	.descriptor = "anon_inode:[vfio-device]",
	.transports = published,
	.decodes = true,
	.exclusive = true,
	.priv_size = sizeof(struct vfio_device),
	.domain_size = sizeof(struct vfio_domain),
	.ops = &vfio_ops,
};
