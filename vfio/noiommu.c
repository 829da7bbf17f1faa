/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* DMA if VFIO runs without an IOMMU: by physical addresses, as on uio. */
#include <config.h>

#include <errno.h>

#include <uvio/context.h>
#include <uvio/error.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/table.h"
#include "dma/phys.h"
#include "vfio.h"

int vfio_noiommu_allowed(struct uvio_udev *udev)
{
	if (udev->flags & UVIO_OPEN_UNSAFE_DMA)
		return 0;
	return uvio_fail(-EPERM,
		"%s: DMA on vfio/noiommu is not protected: a wrong address overwrites any memory "
		"of this machine; switch the IOMMU on, or open with UVIO_OPEN_UNSAFE_DMA",
		udev->address.text);
}

void vfio_noiommu_set_caps(struct uvio_udev *udev)
{
	struct vfio_device *device = udev->priv;

	uvio_log(udev->ctx, UVIO_LOG_WARNING,
		"%s: UNSAFE: open without an IOMMU: nothing protects memory from the card",
		udev->address.text);
	if (udev->flags & UVIO_OPEN_UNSAFE_DMA && !uvio_phys_visible(&device->phys, udev))
		udev->caps |= UVIO_CAP_BUS_MASTER | UVIO_CAP_DMA;
}

int vfio_noiommu_memory(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	struct vfio_device *device = udev->priv;
	int rc = vfio_noiommu_allowed(udev);

	return rc ? rc : uvio_phys_memory(&device->phys, udev, mapping);
}

int vfio_noiommu_scattered(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	struct vfio_device *device = udev->priv;
	int rc = vfio_noiommu_allowed(udev);

	return rc ? rc : uvio_phys_scattered(&device->phys, udev, mapping);
}

int vfio_noiommu_verify(
	struct uvio_udev *udev, const struct uvio_mapping *mapping, uint64_t into, uint64_t size)
{
	struct vfio_device *device = udev->priv;

	return uvio_phys_verify(&device->phys, udev, mapping, into, size);
}

int vfio_noiommu_map(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	struct vfio_device *device = udev->priv;
	int rc = vfio_noiommu_allowed(udev);

	return rc ? rc : uvio_phys_map(&device->phys, udev, mapping);
}

int vfio_noiommu_unmap(struct uvio_domain *domain, struct uvio_mapping *mapping)
{
	uvio_phys_unmap(domain, mapping);
	return 0;
}
