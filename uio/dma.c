/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/sysfs.h"
#include "base/table.h"
#include "check/check.h"
#include "dma/phys.h"
#include "uio.h"

int uio_dma_allowed(struct uvio_udev *udev)
{
	char type[UVIO_NAME_SIZE] = "";
	struct uio_device *device = udev->priv;
	const char *translation;
	int rc;

	if (device->dma_allowed)
		return 0;
	if (!(udev->flags & UVIO_OPEN_UNSAFE_DMA))
		return uvio_fail_advised(udev, -EPERM,
			"%s: DMA on uio is not protected: a wrong address overwrites any memory of "
			"this machine; [vfio:use the vfio backend, or ]open with "
			"UVIO_OPEN_UNSAFE_DMA",
			udev->address.text);
	rc = uvio_sysfs_read(udev->ctx, type, sizeof(type),
		device->pci ? "bus/pci/devices/%s/iommu_group/type"
			    : "class/uio/%s/device/iommu_group/type",
		udev->address.text);
	if (rc < 0 && rc != -ENOENT)
		return uvio_fail(rc, "%s: cannot read whether an IOMMU translates for it: %s",
			udev->address.text, strerror(-rc));
	translation = uio_translation(type);
	if (translation)
		return uvio_fail_advised(udev, -EPERM,
			"%s: an IOMMU translates for this device (its group is of type %s), so "
			"that the physical addresses of uio would fault; boot with iommu=pt[vfio:, "
			"or use the vfio backend]",
			udev->address.text, translation);
	device->dma_allowed = true;
	return 0;
}

int uio_frames_visible(struct uvio_udev *udev)
{
	struct uio_device *device = udev->priv;

	return uvio_phys_visible(&device->phys, udev);
}

int uio_dma_map(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	struct uio_device *device = udev->priv;
	int rc = uio_dma_allowed(udev);

	if (!rc)
		rc = uvio_phys_map(&device->phys, udev, mapping);
	if (!rc)
		uio_guard_mapped(udev, mapping);
	return rc;
}

int uio_dma_unmap(struct uvio_domain *domain, struct uvio_mapping *mapping)
{
	uvio_phys_unmap(domain, mapping);
	return 0;
}

int uio_dma_memory(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	struct uio_device *device = udev->priv;
	int rc = uio_dma_allowed(udev);

	return rc ? rc : uvio_phys_memory(&device->phys, udev, mapping);
}

int uio_dma_scattered(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	struct uio_device *device = udev->priv;
	int rc = uio_dma_allowed(udev);

	return rc ? rc : uvio_phys_scattered(&device->phys, udev, mapping);
}

int uio_dma_verify(
	struct uvio_udev *udev, const struct uvio_mapping *mapping, uint64_t into, uint64_t size)
{
	struct uio_device *device = udev->priv;

	return uvio_phys_verify(&device->phys, udev, mapping, into, size);
}

void uio_dma_memory_free(struct uvio_domain *domain, struct uvio_mapping *mapping)
{
	uio_guard_forget(domain, mapping);
	uvio_phys_memory_free(mapping);
}
