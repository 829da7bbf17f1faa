/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The DMA masks. In a domain the smallest of the open devices counts. */
#include <config.h>

#include <errno.h>

#include <uvio/dma.h>
#include <uvio/error.h>

#include "backend/objects.h"
#include "base/table.h"
#include "base/error.h"
#include "dma/dma.h"

static int lies_above(void *data, struct uvio_mapping *mapping)
{
	const uint64_t *mask = data;

	for (size_t i = 0; i < mapping->segment_count; i++) {
		const struct uvio_mapping_segment *segment = &mapping->segments[i];

		if (segment->iova + (uvio_segment_end(mapping, i) - segment->begin) - 1 > *mask)
			return -EBUSY;
	}
	return 0;
}

/* Of all devices in the domain but @udev. */
static uint64_t narrowest_but(const struct uvio_dma_table *dma, const struct uvio_udev *udev)
{
	uint64_t mask = UINT64_MAX;

	for (const struct uvio_udev *at = dma->devices; at; at = at->next)
		if (at != udev && at->dma_mask < mask)
			mask = at->dma_mask;
	return mask;
}

void uvio_dma_join(struct uvio_udev *udev)
{
	struct uvio_dma_table *dma = &udev->domain->dma;

	pthread_mutex_lock(&dma->lock);
	udev->next = dma->devices;
	dma->devices = udev;
	pthread_mutex_unlock(&dma->lock);
}

void uvio_dma_leave(struct uvio_udev *udev)
{
	struct uvio_dma_table *dma = &udev->domain->dma;
	struct uvio_udev **at = &dma->devices;

	pthread_mutex_lock(&dma->lock);
	while (*at && *at != udev)
		at = &(*at)->next;
	if (*at)
		*at = udev->next;
	dma->mask = narrowest_but(dma, NULL);
	pthread_mutex_unlock(&dma->lock);
}

/* Whether that mask is possible; with @set, sets it too. */
static int change_mask(struct uvio_udev *udev, uint64_t mask, bool set)
{
	struct uvio_dma_table *dma = &udev->domain->dma;
	uint64_t all;
	int rc;

	if (mask & (mask + 1) || mask < 0xfff)
		return uvio_fail(-EINVAL,
			"%s: DMA mask 0x%llx: it must be 2^n - 1, as 0xffffffff, and not below a "
			"page",
			udev->address.text, (unsigned long long)mask);
	if (mask > udev->dma_most)
		mask = udev->dma_most;
	pthread_mutex_lock(&dma->lock);
	all = narrowest_but(dma, udev);
	all = mask < all ? mask : all;
	rc = uvio_dma_each(dma, lies_above, &all);
	if (!rc && set) {
		udev->dma_mask = mask;
		dma->mask = all;
	}
	pthread_mutex_unlock(&dma->lock);
	if (rc)
		return uvio_fail(rc,
			"%s: DMA mask 0x%llx: memory above it is mapped; unmap the memory first, "
			"or set the mask before mapping",
			udev->address.text, (unsigned long long)mask);
	return 0;
}

int uvio_dma_set_mask(struct uvio_udev *udev, uint64_t mask)
{
	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	return change_mask(udev, mask, true);
}

int uvio_dma_check_mask(struct uvio_udev *udev, uint64_t mask)
{
	return change_mask(udev, mask, false);
}

int uvio_dma_limit_mask(struct uvio_udev *udev, uint64_t mask)
{
	int rc = change_mask(udev, mask, true);

	if (!rc)
		udev->dma_most = mask;
	return rc;
}
