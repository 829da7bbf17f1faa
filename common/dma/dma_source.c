/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* What memory for the card may come from. The table of mappings is in dma.c. */
#include <config.h>

#include <errno.h>

#include <uvio/dma.h>
#include <uvio/error.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/error.h"
#include "base/table.h"
#include "dma/dma.h"

static int contiguous(struct uvio_udev *udev, struct uvio_mapping *mapping, const void *what)
{
	(void)what;
	return udev->backend->ops->dma_memory(udev, mapping);
}

static int scattered(struct uvio_udev *udev, struct uvio_mapping *mapping, const void *what)
{
	const struct uvio_backend_ops *ops = udev->backend->ops;

	(void)what;
	return ops->dma_scattered ? ops->dma_scattered(udev, mapping)
				  : ops->dma_memory(udev, mapping);
}

static int of_region(struct uvio_udev *udev, struct uvio_mapping *mapping, const void *index)
{
	return udev->backend->ops->dma_from_region(udev, *(const unsigned int *)index, mapping);
}

static int imported(struct uvio_udev *udev, struct uvio_mapping *mapping, const void *name)
{
	return udev->backend->ops->dma_import(udev, name, mapping);
}

int uvio_dma_alloc(struct uvio_udev *udev, size_t size, uint32_t flags, struct uvio_dma *dma)
{
	const struct uvio_dma_source source = {.size = size, .memory = contiguous};
	int rc;

	if (UVIO_NULL("udev", udev) || UVIO_NULL("dma", dma))
		return -EINVAL;
	rc = uvio_dma_obtain(udev, &source, flags, NULL, 1, dma);
	return rc < 0 ? rc : 0;
}

int uvio_dma_alloc_scattered(struct uvio_udev *udev, size_t size, uint32_t flags,
	struct uvio_dma_segment *segments, unsigned int max, struct uvio_dma *dma)
{
	const struct uvio_dma_source source = {.size = size, .memory = scattered};

	if (UVIO_NULL("udev", udev) || UVIO_NULL("dma", dma))
		return -EINVAL;
	if (!segments)
		return uvio_fail(-EINVAL, "%s: DMA alloc: no array for the segments (NULL)",
			udev->address.text);
	return uvio_dma_obtain(udev, &source, flags, segments, max, dma);
}

static int no_kernel_memory(struct uvio_udev *udev, const char *what)
{
	return uvio_fail(-ENOTSUP, "%s: the %s backend does not map %s; use uvio_dma_alloc()",
		udev->address.text, udev->backend->name, what);
}

int uvio_dma_from_region(struct uvio_udev *udev, unsigned int index, struct uvio_dma *dma)
{
	const struct uvio_dma_source source = {.kernel = true, .memory = of_region, .what = &index};
	int rc;

	if (UVIO_NULL("udev", udev) || UVIO_NULL("dma", dma))
		return -EINVAL;
	if (!udev->backend->ops->dma_from_region)
		return no_kernel_memory(udev, "memory of a UIO driver");
	rc = uvio_dma_obtain(udev, &source, 0, NULL, 1, dma);
	return rc < 0 ? rc : 0;
}

int uvio_dma_import(struct uvio_udev *udev, const char *name, uint32_t flags, struct uvio_dma *dma)
{
	const struct uvio_dma_source source = {.kernel = true, .memory = imported, .what = name};
	int rc;

	if (UVIO_NULL("udev", udev) || UVIO_NULL("dma", dma))
		return -EINVAL;
	if (!name)
		return uvio_fail(-EINVAL, "%s: DMA import: no name (NULL)", udev->address.text);
	if (!udev->backend->ops->dma_import)
		return no_kernel_memory(udev, "buffers of u-dma-buf");
	rc = uvio_dma_obtain(udev, &source, flags, NULL, 1, dma);
	return rc < 0 ? rc : 0;
}
