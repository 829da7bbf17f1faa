/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include <uvio/dma.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/sys.h"
#include "base/table.h"
#include "vfio.h"

/* If the kernel reports no ranges: what every IOMMU can map, without the MSI window of x86. */
static const struct vfio_range fallback[] = {
	{0, 0xfedfffff},
	{0xfef00000, (UINT64_C(1) << 39) - 1},
};

static int fallback_ranges(struct vfio_range **ranges, size_t *count)
{
	*ranges = calloc(ARRAY_SIZE(fallback), sizeof(**ranges));
	if (!*ranges)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(fallback); i++)
		(*ranges)[i] = fallback[i];
	*count = ARRAY_SIZE(fallback);
	return 0;
}

static int ranges_of_cap(const void *info, size_t size, const struct vfio_info_cap_header *header,
	struct vfio_range **ranges, size_t *count)
{
	const struct vfio_iommu_type1_info_cap_iova_range *cap = (const void *)header;
	size_t capacity = size - (size_t)((const char *)header - (const char *)info);

	if (capacity < sizeof(*cap) ||
		cap->nr_iovas > (capacity - sizeof(*cap)) / sizeof(cap->iova_ranges[0]))
		return -EPROTO;
	*ranges = calloc(cap->nr_iovas ? cap->nr_iovas : 1, sizeof(**ranges));
	if (!*ranges)
		return -ENOMEM;
	for (uint32_t i = 0; i < cap->nr_iovas; i++)
		(*ranges)[i] =
			(struct vfio_range){cap->iova_ranges[i].start, cap->iova_ranges[i].end};
	*count = cap->nr_iovas;
	return 0;
}

int vfio_container_ranges(
	struct uvio_udev *udev, struct vfio_range **ranges, size_t *count, uint64_t *page)
{
	const struct vfio_domain *domain = udev->domain->priv;
	const struct vfio_iommu_type1_info question = {.argsz = sizeof(question)};
	const struct vfio_info_cap_header *cap = NULL;
	struct vfio_iommu_type1_info *info;
	void *answer;
	int rc = vfio_info(
		domain->container_fd, VFIO_IOMMU_GET_INFO, sizeof(question), &question, &answer);

	if (rc)
		return vfio_failed(udev, rc, "VFIO_IOMMU_GET_INFO");
	info = answer;
	if (info->flags & VFIO_IOMMU_INFO_PGSIZES && info->iova_pgsizes)
		*page = info->iova_pgsizes & -info->iova_pgsizes;
	if (info->flags & VFIO_IOMMU_INFO_CAPS)
		cap = vfio_cap_find(info, sizeof(question), info->argsz, info->cap_offset,
			VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
	rc = cap ? ranges_of_cap(info, info->argsz, cap, ranges, count)
		 : fallback_ranges(ranges, count);
	free(answer);
	return rc;
}

int vfio_container_map(
	struct vfio_domain *domain, const struct uvio_mapping *mapping, uint64_t iova)
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
	return uvio_sys_ioctl(domain->container_fd, VFIO_IOMMU_MAP_DMA, &map);
}

int vfio_container_unmap(struct vfio_domain *domain, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = size,
	};
	int rc = uvio_sys_ioctl(domain->container_fd, VFIO_IOMMU_UNMAP_DMA, &unmap);

	if (rc < 0)
		return rc;
	return unmap.size == size ? 0 : -EIO;
}
