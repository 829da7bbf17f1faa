/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/error.h>

#include "backend/objects.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/table.h"
#include "dma/dma.h"
#include "vfio.h"

static int bad_ranges(struct uvio_udev *udev, int rc)
{
	if (rc == -ENOMEM)
		return uvio_no_memory(udev->address.text);
	return uvio_fail(-EPROTO, "%s: the kernel's list of IOVA ranges is not valid: %s",
		udev->address.text, strerror(-rc));
}

static int read_ranges(struct uvio_udev *udev, struct vfio_iova *iova)
{
	const struct vfio_domain *domain = udev->domain->priv;
	uint64_t page = udev->domain->dma.page;
	struct vfio_range *ranges = NULL;
	size_t count = 0;
	int rc = domain->transport->ranges(udev, &ranges, &count, &page);

	if (rc)
		return rc == -ENOMEM || rc == -EPROTO ? bad_ranges(udev, rc) : rc;
	rc = vfio_iova_init(iova, ranges, count, page);
	free(ranges);
	return rc ? bad_ranges(udev, rc) : 0;
}

struct settling {
	struct uvio_udev *udev;
	struct vfio_iova iova;
};

static int keep(void *data, struct uvio_mapping *mapping)
{
	struct settling *settling = data;
	const char *address = settling->udev->address.text;
	uint64_t iova = mapping->segments[0].iova, page = settling->iova.page;
	int rc;

	if ((iova | mapping->addr | mapping->size) & (page - 1))
		return uvio_fail(-EBUSY,
			"%s: the domain has 0x%llx bytes of memory at IOVA 0x%llx, and the IOMMU "
			"maps pages of 0x%llx bytes for this device; open the device first, or in "
			"a domain of its own",
			address, (unsigned long long)mapping->size, (unsigned long long)iova,
			(unsigned long long)page);
	rc = vfio_iova_take(&settling->iova, iova, mapping->size);
	if (rc == -EBUSY)
		return uvio_fail(rc,
			"%s: the domain has memory at IOVA 0x%llx, which the IOMMU does not map "
			"for this device; open the device first, or in a domain of its own",
			address, (unsigned long long)iova);
	return rc ? uvio_no_memory(address) : 0;
}

static int map_again(void *data, struct uvio_mapping *mapping)
{
	struct uvio_udev *udev = data;
	struct vfio_domain *domain = udev->domain->priv;
	uint64_t iova = mapping->segments[0].iova;
	int rc = domain->transport->map(domain, mapping, iova);

	if (!rc)
		return 0;
	return uvio_fail(rc,
		"%s: the domain's memory at %p cannot be mapped again at IOVA 0x%llx: %s",
		udev->address.text, (void *)mapping->addr, (unsigned long long)iova, strerror(-rc));
}

/* The ranges change with each device that joins; existing mappings must lie inside them. */
static int settle_locked(struct uvio_udev *udev)
{
	struct vfio_domain *domain = udev->domain->priv;
	struct settling settling = {.udev = udev};
	int rc = read_ranges(udev, &settling.iova);

	if (rc)
		return rc;
	rc = uvio_dma_each(&udev->domain->dma, keep, &settling);
	if (!rc && domain->forgotten)
		rc = uvio_dma_each(&udev->domain->dma, map_again, udev);
	if (rc) {
		vfio_iova_cleanup(&settling.iova);
		return rc;
	}
	domain->forgotten = false;
	vfio_iova_cleanup(&domain->iova);
	domain->iova = settling.iova;
	return 0;
}

int vfio_domain_settle(struct uvio_udev *udev)
{
	const struct vfio_domain *domain = udev->domain->priv;
	int rc;

	if (!domain->transport->ranges)
		return 0;
	pthread_mutex_lock(&udev->domain->dma.lock);
	rc = settle_locked(udev);
	pthread_mutex_unlock(&udev->domain->dma.lock);
	return rc;
}

void vfio_domain_cleanup(struct uvio_domain *shared)
{
	struct vfio_domain *domain = shared->priv;

	if (!domain->transport)
		return;
	uvio_sys_close(domain->container_fd);
	free(domain->groups);
	vfio_iova_cleanup(&domain->iova);
	memset(domain, 0, sizeof(*domain));
}
