/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"
#include "vfio.h"

/* The kernel holds the device's lock while it resets it for another opener. */
#define DEVICE_FD_TRIES 3

static int open_node(struct uvio_udev *udev, const char *name, char *path)
{
	uvio_dev_path(udev->ctx, path, "vfio/%s", name);
	return uvio_sys_open(path, O_RDWR);
}

static int open_container(struct uvio_udev *udev, struct vfio_device *device)
{
	char path[PATH_MAX];
	int rc = open_node(udev, "vfio", path);

	if (rc < 0)
		return vfio_open_failed(udev, rc, path);
	device->container_fd = rc;
	rc = uvio_sys_ioctl(device->container_fd, VFIO_GET_API_VERSION, NULL);
	if (rc < 0)
		return vfio_open_failed(udev, rc, "VFIO_GET_API_VERSION");
	if (rc != VFIO_API_VERSION)
		return uvio_fail(-EPROTO, "%s: %s speaks VFIO version %d, not %d",
			udev->address.text, path, rc, VFIO_API_VERSION);
	rc = uvio_sys_ioctl(
		device->container_fd, VFIO_CHECK_EXTENSION, (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU);
	if (rc < 1)
		return uvio_fail(rc < 0 ? rc : -ENOTSUP,
			"%s: the kernel offers no type1v2 IOMMU; modprobe vfio_iommu_type1",
			udev->address.text);
	return 0;
}

static int open_group(struct uvio_udev *udev, struct vfio_device *device)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};
	char path[PATH_MAX], folder[UVIO_ADDRESS_SIZE * 2], group[UVIO_NAME_SIZE];
	int rc;

	uvio_device_folder(&udev->address, folder, sizeof(folder));
	if (uvio_sysfs_link(udev->ctx, group, sizeof(group), "%s/iommu_group", folder))
		return vfio_open_failed(udev, -ENOENT, "iommu_group");
	rc = open_node(udev, group, path);
	if (rc < 0)
		return vfio_open_failed(udev, rc, path);
	device->group_fd = rc;
	rc = uvio_sys_ioctl(device->group_fd, VFIO_GROUP_GET_STATUS, &status);
	if (rc < 0)
		return vfio_open_failed(udev, rc, "VFIO_GROUP_GET_STATUS");
	return status.flags & VFIO_GROUP_FLAGS_VIABLE ? 0
						      : vfio_open_failed(udev, -EBUSY, "viable");
}

static int attach(struct uvio_udev *udev, struct vfio_device *device)
{
	int rc = uvio_sys_ioctl(device->group_fd, VFIO_GROUP_SET_CONTAINER, &device->container_fd);

	if (rc < 0)
		return vfio_open_failed(udev, rc, "VFIO_GROUP_SET_CONTAINER");
	rc = uvio_sys_ioctl(
		device->container_fd, VFIO_SET_IOMMU, (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU);
	if (rc < 0)
		return vfio_open_failed(udev, rc, "VFIO_SET_IOMMU");
	return 0;
}

static int get_device(struct uvio_udev *udev, struct vfio_device *device)
{
	const struct timespec pause = {.tv_nsec = 50 * 1000000};
	int rc = -EAGAIN;

	for (int i = 0; i < DEVICE_FD_TRIES && rc == -EAGAIN; i++) {
		if (i)
			nanosleep(&pause, NULL);
		rc = uvio_sys_ioctl(device->group_fd, VFIO_GROUP_GET_DEVICE_FD, udev->address.text);
	}
	if (rc < 0)
		return vfio_open_failed(udev, rc, "VFIO_GROUP_GET_DEVICE_FD");
	device->fd = rc;
	return 0;
}

/* Mappings end with the last group of a container: devices first, then group, then container. */
static void group_close(struct vfio_device *device)
{
	uvio_sys_close(device->fd);
	uvio_sys_close(device->group_fd);
	uvio_sys_close(device->container_fd);
	device->fd = device->group_fd = device->container_fd = -1;
}

static int group_open(struct uvio_udev *udev, struct vfio_device *device)
{
	int rc = open_group(udev, device);

	if (!rc)
		rc = open_container(udev, device);
	if (!rc)
		rc = attach(udev, device);
	if (!rc)
		rc = get_device(udev, device);
	if (rc)
		group_close(device);
	return rc;
}

/* Where the kernel does not say: what every IOMMU can do, without the window of x86's MSIs. */
static const struct vfio_range fallback_ranges[] = {
	{0, 0xfedfffff},
	{0xfef00000, (UINT64_C(1) << 39) - 1},
};

static int init_from_cap(struct vfio_device *device, const void *info, size_t size,
	const struct vfio_info_cap_header *header, uint64_t page)
{
	const struct vfio_iommu_type1_info_cap_iova_range *cap = (const void *)header;
	size_t room = size - (size_t)((const char *)header - (const char *)info);
	struct vfio_range *ranges;
	int rc;

	if (room < sizeof(*cap) ||
		cap->nr_iovas > (room - sizeof(*cap)) / sizeof(cap->iova_ranges[0]))
		return -EPROTO;
	ranges = calloc(cap->nr_iovas ? cap->nr_iovas : 1, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	for (uint32_t i = 0; i < cap->nr_iovas; i++)
		ranges[i] = (struct vfio_range){cap->iova_ranges[i].start, cap->iova_ranges[i].end};
	rc = vfio_iova_init(&device->iova, ranges, cap->nr_iovas, page);
	free(ranges);
	return rc;
}

static int group_iova_init(struct uvio_udev *udev, struct vfio_device *device)
{
	const struct vfio_iommu_type1_info question = {.argsz = sizeof(question)};
	const struct vfio_info_cap_header *cap = NULL;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct vfio_iommu_type1_info *info;
	void *answer;
	int rc = vfio_info(
		device->container_fd, VFIO_IOMMU_GET_INFO, sizeof(question), &question, &answer);

	if (rc)
		return vfio_failed(udev, rc, "VFIO_IOMMU_GET_INFO");
	info = answer;
	if (info->flags & VFIO_IOMMU_INFO_PGSIZES && info->iova_pgsizes)
		page = info->iova_pgsizes & -info->iova_pgsizes;
	if (info->flags & VFIO_IOMMU_INFO_CAPS)
		cap = vfio_cap_find(info, sizeof(question), info->argsz, info->cap_offset,
			VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
	rc = cap ? init_from_cap(device, info, info->argsz, cap, page)
		 : vfio_iova_init(
			   &device->iova, fallback_ranges, ARRAY_SIZE(fallback_ranges), page);
	free(answer);
	if (rc == -ENOMEM)
		return uvio_no_memory(udev->address.text);
	if (rc)
		return uvio_fail(rc, "%s: the kernel's list of IOVA ranges makes no sense: %s",
			udev->address.text, strerror(-rc));
	return 0;
}

static int group_map(struct vfio_device *device, const struct uvio_mapping *mapping, uint64_t iova)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.vaddr = mapping->addr,
		.iova = iova,
		.size = mapping->size,
	};

	if (mapping->flags & UVIO_DMA_TO_CARD)
		map.flags |= VFIO_DMA_MAP_FLAG_READ;
	if (mapping->flags & UVIO_DMA_FROM_CARD)
		map.flags |= VFIO_DMA_MAP_FLAG_WRITE;
	return uvio_sys_ioctl(device->container_fd, VFIO_IOMMU_MAP_DMA, &map);
}

static int group_unmap(struct vfio_device *device, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = size,
	};
	int rc = uvio_sys_ioctl(device->container_fd, VFIO_IOMMU_UNMAP_DMA, &unmap);

	if (rc < 0)
		return rc;
	return unmap.size == size ? 0 : -EIO;
}

const struct vfio_transport vfio_transport_group = {
	.open = group_open,
	.close = group_close,
	.iova_init = group_iova_init,
	.map = group_map,
	.unmap = group_unmap,
};
