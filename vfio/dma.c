/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <uvio/dma.h>
#include <uvio/error.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/error.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "base/table.h"
#include "dma/dma.h"
#include "dma/populate.h"
#include "vfio.h"

int vfio_dma_memory(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	const struct vfio_domain *domain = udev->domain->priv;
	uint64_t page;

	/* Another device may be joining the domain, with another IOMMU. */
	pthread_mutex_lock(&udev->domain->dma.lock);
	page = domain->iova.page;
	pthread_mutex_unlock(&udev->domain->dma.lock);
	return uvio_dma_aligned(udev, mapping, page);
}

void vfio_dma_set_caps(struct uvio_udev *udev)
{
	udev->caps |= UVIO_CAP_BUS_MASTER | UVIO_CAP_DMA | UVIO_CAP_DMA_ISOLATED |
		      UVIO_CAP_DMA_PINNED | UVIO_CAP_UNPRIVILEGED;
}

static int no_entry(struct uvio_udev *udev)
{
	char limit[UVIO_LIMIT_TEXT];

	uvio_limit_of_entries(udev->ctx, udev->domain->dma.table.count, limit);
	return uvio_fail(-ENOSPC, "%s: DMA map: %s", udev->address.text, limit);
}

static int map_failed(
	struct uvio_udev *udev, const struct uvio_mapping *mapping, uint64_t iova, int rc)
{
	const char *hint = "";

	if (rc == -EFAULT && !mapping->owned) {
		/* Names the page, as far as it can be found. */
		int seen = uvio_populate(udev, mapping);

		if (!seen)
			seen = uvio_populate_readable(udev, mapping);
		if (seen)
			return seen;
		hint = "; the kernel does not pin it; perhaps it is mapped from a file on a disk, "
		       "or from a device; use uvio_dma_alloc()";
	}
	if (rc == -ENOMEM)
		return uvio_dma_memlock(udev, mapping);
	if (rc == -ENOSPC)
		return no_entry(udev);
	return uvio_fail(rc, "%s: DMA map: 0x%llx bytes at %p as IOVA 0x%llx: %s%s",
		udev->address.text, (unsigned long long)mapping->size, (void *)mapping->addr,
		(unsigned long long)iova, strerror(-rc), hint);
}

static int reserve(struct uvio_udev *udev, const struct uvio_mapping *mapping, uint64_t *iova)
{
	struct vfio_domain *domain = udev->domain->priv;
	uint64_t page = domain->iova.page;
	uint64_t align = mapping->size >= VFIO_HUGE_PAGE ? VFIO_HUGE_PAGE : page;
	int rc;

	if ((mapping->addr | mapping->size) & (page - 1))
		return uvio_fail(-EINVAL,
			"%s: DMA map: 0x%llx bytes at %p: the IOMMU maps pages of 0x%llx bytes; "
			"align the address and the size to that",
			udev->address.text, (unsigned long long)mapping->size,
			(void *)mapping->addr, (unsigned long long)page);
	rc = vfio_iova_alloc(&domain->iova, mapping->size, align, udev->domain->dma.mask, iova);
	if (rc == -ENOSPC && align > page)
		rc = vfio_iova_alloc(
			&domain->iova, mapping->size, page, udev->domain->dma.mask, iova);
	if (rc == -ENOSPC)
		return uvio_fail(rc,
			"%s: DMA map: no 0x%llx bytes of IOVA are free below the DMA "
			"mask 0x%llx",
			udev->address.text, (unsigned long long)mapping->size,
			(unsigned long long)udev->domain->dma.mask);
	return rc ? uvio_no_memory(udev->address.text) : 0;
}

/*
 * Pages that the card may write are pinned by a write fault. Before Linux 6.2, pages that it may
 * only read are pinned without one. The kernel decides on pages that cannot be made private;
 * iommufd does not notice if only the page tables of the CPU limit them to reading.
 */
static int own_pages(struct uvio_udev *udev, const struct uvio_mapping *mapping)
{
	int rc;

	if (mapping->flags & UVIO_DMA_FROM_CARD)
		return 0;
	rc = uvio_populate_most(udev, mapping);
	return rc ? rc : uvio_populate_readable(udev, mapping);
}

int vfio_dma_map(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	struct vfio_domain *domain = udev->domain->priv;
	uint64_t iova = 0;
	int rc = own_pages(udev, mapping);

	if (!rc)
		rc = reserve(udev, mapping, &iova);
	if (rc)
		return rc;
	rc = domain->transport->map(domain, mapping, iova);
	if (rc) {
		vfio_iova_free(&domain->iova, iova, mapping->size);
		return map_failed(udev, mapping, iova, rc);
	}
	return uvio_mapping_add(mapping, iova, mapping->size);
}

int vfio_dma_unmap(struct uvio_domain *shared, struct uvio_mapping *mapping)
{
	struct vfio_domain *domain = shared->priv;
	uint64_t iova = mapping->segments[0].iova;
	int rc = domain->forgotten ? 0 : domain->transport->unmap(domain, iova, mapping->size);

	/* IOVA that may still be mapped must not be allocated again. */
	if (rc)
		return uvio_fail(rc,
			"%s: DMA unmap: the kernel did not unmap 0x%llx bytes at IOVA "
			"0x%llx: %s",
			shared->name, (unsigned long long)mapping->size, (unsigned long long)iova,
			strerror(-rc));
	vfio_iova_free(&domain->iova, iova, mapping->size);
	return 0;
}

/* Which pages were pinned is known only of the library's memory, which nobody moves. */
int vfio_dma_verify(
	struct uvio_udev *udev, const struct uvio_mapping *mapping, uint64_t into, uint64_t size)
{
	uint64_t page = udev->domain->dma.page, first = into & ~(page - 1);
	void *at = (void *)(mapping->addr + first);

	if (mapping->owned)
		return 0;
	if (!uvio_sys_is_mapped(at, into + size - first))
		return uvio_fail(-ESTALE,
			"%s: DMA verify: the program has unmapped memory at %p, and the card still "
			"accesses the former pages; call uvio_dma_unmap() before munmap()",
			udev->address.text, at);
	return uvio_fail(-ENOTSUP,
		"%s: DMA verify: the kernel does not report which pages it has pinned at %p; they "
		"are the program's unless it has replaced them since; uvio_dma_alloc() gives "
		"memory that can be verified",
		udev->address.text, at);
}
