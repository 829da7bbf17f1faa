/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * DMA of the fake backend. Allocated buffers are contiguous, as is promised; the caller's memory is
 * torn into pages which do not touch, so that users meet more than one segment.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake.h"
#include "fake_parts.h"
#include <uvio/error.h>

#include "backend/objects.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/table.h"
#include "dma/dma.h"

size_t fake_windows;

int fake_dma_memory(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	return uvio_dma_anonymous(udev, mapping, 0);
}

void fake_dma_memory_free(struct uvio_domain *domain, struct uvio_mapping *mapping)
{
	(void)domain;
	uvio_sys_munmap((void *)mapping->addr, mapping->size);
}

struct fake_window *fake_windows_of(struct uvio_udev *udev)
{
	return ((struct fake_domain *)udev->domain->priv)->windows;
}

/* Addresses are never used twice: a stale one is always caught. */
static int add_window(
	struct uvio_udev *udev, struct uvio_mapping *mapping, uint64_t at, uint64_t size)
{
	struct fake_domain *fake = udev->domain->priv;
	struct fake_window *grown;

	if (!fake->next_iova)
		fake->next_iova = FAKE_FIRST_IOVA;
	if (fake->next_iova > udev->domain->dma.mask ||
		udev->domain->dma.mask - fake->next_iova < size - 1)
		return uvio_fail(-ENOSPC, "%s: DMA map: nothing is free below the DMA mask 0x%llx",
			udev->address.text, (unsigned long long)udev->domain->dma.mask);
	grown = realloc(fake->windows, (fake->window_count + 1) * sizeof(*grown));
	if (!grown)
		return uvio_no_memory(udev->address.text);
	fake->windows = grown;
	grown[fake->window_count++] = (struct fake_window){
		.iova = fake->next_iova,
		.addr = (unsigned char *)mapping->addr + at,
		.size = size,
		.flags = mapping->flags,
	};
	fake_windows++;
	fake->next_iova += 2 * size;
	return uvio_mapping_add(mapping, fake->next_iova - 2 * size, size)
		       ? uvio_no_memory(udev->address.text)
		       : 0;
}

static void remove_windows(struct fake_domain *fake, const struct uvio_mapping *mapping)
{
	const unsigned char *first = (const unsigned char *)mapping->addr;

	for (size_t i = 0; i < fake->window_count;) {
		struct fake_window *window = &fake->windows[i];

		if (window->addr < first || window->addr >= first + mapping->size) {
			i++;
			continue;
		}
		*window = fake->windows[--fake->window_count];
		fake_windows--;
	}
}

/* All or nothing. */
int fake_dma_map(struct uvio_udev *udev, struct uvio_mapping *mapping)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t step = mapping->owned ? mapping->size : page;
	int rc = 0;

	if (fake_faults.dma_map)
		return uvio_fail(fake_faults.dma_map, "%s: DMA map: the fake IOMMU is full",
			udev->address.text);
	for (uint64_t at = 0; at < mapping->size && !rc; at += step)
		rc = add_window(udev, mapping, at, step);
	if (rc)
		remove_windows(udev->domain->priv, mapping);
	return rc;
}

int fake_dma_unmap(struct uvio_domain *domain, struct uvio_mapping *mapping)
{
	if (fake_faults.dma_unmap)
		return uvio_fail(fake_faults.dma_unmap, "%s: DMA unmap: the fake IOMMU is stuck",
			domain->name);
	remove_windows(domain->priv, mapping);
	return 0;
}

void fake_domain_cleanup(struct uvio_domain *domain)
{
	struct fake_domain *fake = domain->priv;

	fake_windows -= fake->window_count;
	fake->window_count = 0;
	free(fake->windows);
	fake->windows = NULL;
}

unsigned char *fake_translate(const struct fake *card, uint64_t iova, uint32_t flag)
{
	const struct fake_domain *fake = card->udev->domain->priv;

	for (size_t i = 0; i < fake->window_count; i++) {
		const struct fake_window *window = &fake->windows[i];

		if (iova >= window->iova && iova - window->iova < window->size)
			return window->flags & flag ? window->addr + (iova - window->iova) : NULL;
	}
	return NULL;
}
