/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <sys/mman.h>

#include "sim_vfio.h"

static int get_iommu(struct vfio_iommu_type1_info *info)
{
	struct vfio_iommu_type1_info_cap_iova_range *cap = (void *)(info + 1);
	uint32_t capacity = info->argsz, want = sizeof(*info) + sizeof(*cap) + 2 * 16;

	if (!vfio.translates || capacity < sizeof(*info))
		return -EINVAL;
	info->flags = VFIO_IOMMU_INFO_PGSIZES;
	info->iova_pgsizes = vfio.page | 1 << 21;
	if (!vfio.ranges)
		return 0;
	info->flags |= VFIO_IOMMU_INFO_CAPS;
	info->argsz = want;
	info->cap_offset = capacity < want ? 0 : sizeof(*info);
	if (capacity < want)
		return 0;
	cap->header = (struct vfio_info_cap_header){VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1, 0};
	cap->nr_iovas = 2;
	cap->iova_ranges[0] = (struct vfio_iova_range){0, 0xfedfffff};
	cap->iova_ranges[1] = (struct vfio_iova_range){0xfef00000, (UINT64_C(1) << 39) - 1};
	return 0;
}

static bool is_memory(uint64_t vaddr, uint64_t size)
{
	unsigned char seen[4096];

	return size / 4096 > sizeof(seen) || !mincore((void *)(uintptr_t)vaddr, size, seen);
}

static int map_dma(const struct vfio_iommu_type1_dma_map *map)
{
	if (!vfio.translates || map->argsz < sizeof(*map) || !map->size || !map->flags ||
		(map->iova | map->vaddr | map->size) & (vfio.page - 1))
		return -EINVAL;
	for (unsigned int i = 0; i < vfio.entry_count; i++)
		if (map->iova < vfio.entries[i].iova + vfio.entries[i].size &&
			vfio.entries[i].iova < map->iova + map->size)
			return -EEXIST;
	if (!is_memory(map->vaddr, map->size))
		return -EFAULT;
	if (vfio.entry_count >= vfio.entry_limit)
		return -ENOSPC;
	vfio.entries[vfio.entry_count].iova = map->iova;
	vfio.entries[vfio.entry_count].size = map->size;
	vfio.entries[vfio.entry_count++].vaddr = map->vaddr;
	return 0;
}

/* What is not there is no error: the size of what was unmapped tells. */
static int unmap_dma(struct vfio_iommu_type1_dma_unmap *unmap)
{
	uint64_t want = unmap->size;

	/* Flags would ask for the dirty pages, or for all of the table. */
	if (unmap->argsz < sizeof(*unmap) || unmap->flags ||
		(unmap->iova | want) & (vfio.page - 1) || !want)
		return -EINVAL;
	unmap->size = 0;
	for (unsigned int i = 0; i < vfio.entry_count; i++)
		if (vfio.entries[i].iova == unmap->iova && vfio.entries[i].size == want) {
			vfio.entries[i] = vfio.entries[--vfio.entry_count];
			unmap->size = want;
		}
	return 0;
}

int sim_vfio_iommu_ioctl(unsigned long request, void *arg)
{
	switch (request) {
	case VFIO_IOMMU_GET_INFO:
		return get_iommu(arg);
	case VFIO_IOMMU_MAP_DMA:
		return map_dma(arg);
	case VFIO_IOMMU_UNMAP_DMA:
		return unmap_dma(arg);
	}
	return -ENOTTY;
}
