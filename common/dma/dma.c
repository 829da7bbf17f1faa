/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uvio/dma.h>
#include <uvio/error.h>
#include <uvio/udev.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/error.h"
#include "base/table.h"
#include "dma/dma.h"

void uvio_dma_init(struct uvio_dma_table *dma)
{
	pthread_mutex_init(&dma->lock, NULL);
	uvio_table_init(&dma->table);
	dma->page = (size_t)sysconf(_SC_PAGESIZE);
	dma->mask = UINT64_MAX;
}

int uvio_mapping_reserve(struct uvio_mapping *mapping, size_t count)
{
	bool has_own = mapping->capacity > 1;
	struct uvio_mapping_segment *grown;

	if (count <= mapping->capacity)
		return 0;
	grown = realloc(has_own ? mapping->segments : NULL, count * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	if (!has_own)
		grown[0] = mapping->one;
	mapping->segments = grown;
	mapping->capacity = count;
	return 0;
}

/* The last one is kept: programs which map again and again do without malloc() and free(). */
static void mapping_free(struct uvio_domain *domain, struct uvio_mapping *mapping)
{
	if (mapping->capacity > 1)
		free(mapping->segments);
	free(atomic_exchange(&domain->dma.spare, mapping));
}

/* In this order: overlap, capacity, kernel, table; so that only the last has to be undone. */
static int map_locked(struct uvio_udev *udev, struct uvio_mapping *mapping, unsigned int max)
{
	struct uvio_table *table = &udev->domain->dma.table;
	const char *address = udev->address.text;
	int rc;

	if (uvio_table_overlaps(table, mapping->addr, mapping->size))
		return uvio_fail(-EEXIST,
			"%s: DMA map: 0x%llx bytes at %p overlap an existing mapping; unmap that "
			"first",
			address, (unsigned long long)mapping->size, (void *)mapping->addr);
	if (uvio_table_reserve(table))
		return uvio_no_memory(address);
	rc = mapping->fixed ? 0 : udev->backend->ops->dma_map(udev, mapping);
	if (rc)
		return rc;
	if (mapping->segment_count > max) {
		udev->backend->ops->dma_unmap(udev->domain, mapping);
		return uvio_fail(-E2BIG,
			"%s: DMA map: the memory lies in %u pieces, and the capacity is %u",
			address, mapping->segment_count, max);
	}
	uvio_table_insert(table, mapping);
	return 0;
}

static int check_flags(struct uvio_udev *udev, uint32_t *flags)
{
	const uint32_t both = UVIO_DMA_TO_CARD | UVIO_DMA_FROM_CARD;

	if (*flags & ~both)
		return uvio_fail(
			-EINVAL, "%s: DMA: unknown flags 0x%x", udev->address.text, *flags);
	if (!*flags)
		*flags = both;
	if (!udev->backend->ops->dma_map)
		return uvio_fail(-ENOTSUP, "%s: the %s backend has no DMA", udev->address.text,
			udev->backend->name);
	if (atomic_load(&udev->gone))
		return uvio_udev_gone(udev, "");
	return 0;
}

static int check_range(struct uvio_udev *udev, uintptr_t addr, size_t size)
{
	size_t page = udev->domain->dma.page;
	const char *address = udev->address.text;

	if (!size)
		return uvio_fail(-EINVAL, "%s: DMA: a size of 0", address);
	/* The last address of all ends the table. */
	if (addr + size <= addr)
		return uvio_fail(-EOVERFLOW,
			"%s: DMA: 0x%llx bytes at %p wrap round the end of "
			"the address space",
			address, (unsigned long long)size, (void *)addr);
	if ((addr | size) & (page - 1))
		return uvio_fail(-EINVAL,
			"%s: DMA: 0x%llx bytes at %p: address and size must be "
			"multiples of the page size, %zu",
			address, (unsigned long long)size, (void *)addr, page);
	return 0;
}

static inline struct uvio_mapping *mapping_new(struct uvio_udev *udev, uint32_t flags)
{
	struct uvio_mapping *mapping = atomic_exchange(&udev->domain->dma.spare, NULL);

	if (!mapping)
		mapping = malloc(sizeof(*mapping));
	if (!mapping) {
		uvio_no_memory(udev->address.text);
		return NULL;
	}
	*mapping = (struct uvio_mapping){.flags = flags, .capacity = 1};
	mapping->segments = &mapping->one;
	return mapping;
}

/** What the caller gets of a mapping, which is certain to exist only while the lock is held. */
struct answer {
	struct uvio_dma_segment *segments; /* NULL: none are wanted */
	unsigned int max;
	struct uvio_dma *dma; /* NULL: not wanted; its size is set */
};

static void fill_in(const struct answer *answer, const struct uvio_mapping *mapping)
{
	uint64_t end = mapping->filled;

	for (size_t i = answer->segments ? mapping->segment_count : 0; i--;) {
		const struct uvio_mapping_segment *segment = &mapping->segments[i];

		answer->segments[i] =
			(struct uvio_dma_segment){segment->iova, end - segment->begin};
		end = segment->begin;
	}
	if (!answer->dma)
		return;
	answer->dma->addr = (void *)mapping->addr;
	answer->dma->iova = mapping->segments[0].iova;
}

/* The number of segments. The mapping is the table's, or the caller's if that fails. */
static int map(struct uvio_udev *udev, struct uvio_mapping *mapping, const struct answer *answer)
{
	int rc;

	pthread_mutex_lock(&udev->domain->dma.lock);
	rc = map_locked(udev, mapping, answer->max);
	if (!rc) {
		rc = (int)mapping->segment_count;
		fill_in(answer, mapping);
	}
	pthread_mutex_unlock(&udev->domain->dma.lock);
	return rc;
}

int uvio_dma_map(struct uvio_udev *udev, void *addr, size_t size, uint32_t flags,
	struct uvio_dma_segment *segments, unsigned int max)
{
	const struct answer answer = {.segments = segments, .max = max};
	struct uvio_mapping *mapping;
	int rc;

	if (UVIO_NULL("udev", udev) || UVIO_NULL("addr", addr))
		return -EINVAL;
	rc = check_flags(udev, &flags);
	if (rc)
		return rc;
	if (!segments)
		return uvio_fail(-EINVAL, "%s: DMA map: no array for the segments (NULL)",
			udev->address.text);
	rc = check_range(udev, (uintptr_t)addr, size);
	if (rc)
		return rc;
	mapping = mapping_new(udev, flags);
	if (!mapping)
		return -ENOMEM;
	mapping->addr = (uintptr_t)addr;
	mapping->size = size;
	rc = map(udev, mapping, &answer);
	if (rc < 0)
		mapping_free(udev->domain, mapping);
	/* Else the table has it now: NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	return rc;
}

static void drop(struct uvio_domain *domain, struct uvio_mapping *mapping)
{
	uvio_table_remove(&domain->dma.table, mapping);
	if (mapping->owned)
		domain->backend->ops->dma_memory_free(domain, mapping);
	mapping_free(domain, mapping);
}

static int unmap_locked(
	struct uvio_domain *domain, const char *object, uintptr_t addr, size_t size, bool owned)
{
	struct uvio_mapping *mapping = uvio_table_find(&domain->dma.table, addr);
	int rc;

	if (!mapping || mapping->addr != addr || mapping->size != size || mapping->owned != owned)
		return uvio_fail(-EINVAL,
			"%s: DMA: 0x%llx bytes at %p were not %s; use the address and the size of "
			"the whole mapping",
			object, (unsigned long long)size, (void *)addr,
			owned ? "allocated" : "mapped");
	rc = domain->backend->ops->dma_unmap(domain, mapping);
	if (!rc)
		drop(domain, mapping);
	return rc;
}

int uvio_dma_unmap_from(struct uvio_domain *domain, const char *object, void *addr, size_t size)
{
	int rc;

	pthread_mutex_lock(&domain->dma.lock);
	rc = unmap_locked(domain, object, (uintptr_t)addr, size, false);
	pthread_mutex_unlock(&domain->dma.lock);
	return rc;
}

int uvio_dma_unmap(struct uvio_udev *udev, void *addr, size_t size)
{
	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	return uvio_dma_unmap_from(udev->domain, udev->address.text, addr, size);
}

static int round_up(struct uvio_udev *udev, size_t size, size_t *rounded)
{
	size_t page = udev->domain->dma.page;

	if (!size)
		return uvio_fail(-EINVAL, "%s: DMA alloc: a size of 0", udev->address.text);
	*rounded = (size + page - 1) & ~(page - 1);
	if (*rounded < size)
		return uvio_fail(-EOVERFLOW,
			"%s: DMA alloc: 0x%llx bytes wrap when rounded to pages",
			udev->address.text, (unsigned long long)size);
	return 0;
}

int uvio_dma_obtain(struct uvio_udev *udev, const struct uvio_dma_source *source, uint32_t flags,
	struct uvio_dma_segment *segments, unsigned int max, struct uvio_dma *dma)
{
	struct uvio_dma got = {.size = source->size};
	const struct answer answer = {.segments = segments, .max = max, .dma = &got};
	struct uvio_saved_error before;
	struct uvio_mapping *mapping;
	size_t rounded = 0;
	int rc = source->kernel ? 0 : round_up(udev, source->size, &rounded);

	if (!rc)
		rc = check_flags(udev, &flags);
	if (rc)
		return rc;
	mapping = mapping_new(udev, flags);
	if (!mapping)
		return -ENOMEM;
	mapping->size = rounded;
	mapping->owned = true;
	uvio_error_save(&before);
	rc = source->memory(udev, mapping, source->what);
	if (rc)
		goto err_free_mapping;
	if (source->kernel)
		got.size = mapping->size;
	rc = map(udev, mapping, &answer);
	if (rc < 0)
		goto err_free_memory;
	uvio_error_restore(&before);
	*dma = got;
	/* The table has it now: NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	return rc;

err_free_memory:
	udev->backend->ops->dma_memory_free(udev->domain, mapping);
err_free_mapping:
	mapping_free(udev->domain, mapping);
	return rc;
}

int uvio_dma_free_from(struct uvio_domain *domain, const char *object, struct uvio_dma *dma)
{
	uintptr_t addr = (uintptr_t)dma->addr;
	const struct uvio_mapping *mapping;
	int rc;

	pthread_mutex_lock(&domain->dma.lock);
	mapping = uvio_table_find(&domain->dma.table, addr);
	rc = unmap_locked(domain, object, addr, mapping ? mapping->size : 0, true);
	pthread_mutex_unlock(&domain->dma.lock);
	if (!rc)
		*dma = (struct uvio_dma){0};
	return rc;
}

int uvio_dma_free(struct uvio_udev *udev, struct uvio_dma *dma)
{
	if (UVIO_NULL("udev", udev) || UVIO_NULL("dma", dma))
		return -EINVAL;
	return uvio_dma_free_from(udev->domain, udev->address.text, dma);
}

int uvio_dma_each(const struct uvio_dma_table *dma, uvio_table_each_fn *each, void *data)
{
	return uvio_table_each(&dma->table, each, data);
}

/* The kernel no longer has it, and it is about to leave the table. */
static int give_back(void *data, struct uvio_mapping *mapping)
{
	struct uvio_domain *domain = data;

	if (mapping->owned)
		domain->backend->ops->dma_memory_free(domain, mapping);
	if (mapping->capacity > 1)
		free(mapping->segments);
	free(mapping);
	return 0;
}

static void drop_all(struct uvio_domain *domain)
{
	uvio_table_each(&domain->dma.table, give_back, domain);
	uvio_table_clear(&domain->dma.table);
}

void uvio_dma_unmap_all(struct uvio_domain *domain, bool kept)
{
	struct uvio_mapping *mapping;
	uintptr_t at = 0;

	pthread_mutex_lock(&domain->dma.lock);
	while ((mapping = uvio_table_next(&domain->dma.table, at))) {
		at = mapping->addr + 1;
		if (kept && mapping->owned && !mapping->fixed)
			continue;
		/* Memory which the card may still reach is not given back. */
		if (domain->backend->ops->dma_unmap(domain, mapping))
			mapping->owned = false;
		drop(domain, mapping);
	}
	pthread_mutex_unlock(&domain->dma.lock);
}

void uvio_dma_cleanup(struct uvio_domain *domain)
{
	drop_all(domain);
	uvio_table_cleanup(&domain->dma.table);
	free(domain->dma.spare);
	pthread_mutex_destroy(&domain->dma.lock);
}

uint64_t uvio_segment_end(const struct uvio_mapping *mapping, size_t i)
{
	return i + 1 < mapping->segment_count ? mapping->segments[i + 1].begin : mapping->filled;
}

/* The last segment that begins at or below @into. */
static size_t segment_at(const struct uvio_mapping *mapping, uint64_t into)
{
	size_t at = 0, count = mapping->segment_count;

	while (count > 1) {
		size_t half = count / 2;

		at = mapping->segments[at + half].begin <= into ? at + half : at;
		count -= half;
	}
	return at;
}

static void look_up(
	const struct uvio_mapping *mapping, uintptr_t addr, uint64_t *iova, uint64_t *contiguous)
{
	uint64_t into = addr - mapping->addr;
	size_t i = segment_at(mapping, into);
	const struct uvio_mapping_segment *segment = &mapping->segments[i];

	*iova = segment->iova + (into - segment->begin);
	if (contiguous)
		*contiguous = uvio_segment_end(mapping, i) - into;
}

int uvio_dma_iova(struct uvio_udev *udev, const void *addr, uint64_t *iova, uint64_t *contiguous)
{
	const struct uvio_mapping *mapping;
	struct uvio_table *table;

	if (UVIO_NULL("udev", udev) || UVIO_NULL("iova", iova))
		return -EINVAL;
	table = &udev->domain->dma.table;
	pthread_rwlock_rdlock(&table->lock);
	mapping = uvio_table_find(table, (uintptr_t)addr);
	if (mapping)
		look_up(mapping, (uintptr_t)addr, iova, contiguous);
	pthread_rwlock_unlock(&table->lock);
	if (!mapping)
		return uvio_fail(-EFAULT, "%s: DMA: %p is not mapped", udev->address.text, addr);
	return 0;
}

int uvio_dma_verify(struct uvio_udev *udev, const void *addr, size_t size)
{
	const struct uvio_mapping *mapping;
	uintptr_t at = (uintptr_t)addr;
	int rc = 0;

	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (!size)
		return uvio_fail(-EINVAL, "%s: DMA verify: a size of 0", udev->address.text);
	pthread_mutex_lock(&udev->domain->dma.lock);
	mapping = uvio_table_find(&udev->domain->dma.table, at);
	if (!mapping || size > mapping->size - (at - mapping->addr))
		rc = uvio_fail(-EFAULT, "%s: DMA verify: 0x%llx bytes at %p are not mapped as one",
			udev->address.text, (unsigned long long)size, addr);
	else if (udev->backend->ops->dma_verify && !mapping->fixed)
		rc = udev->backend->ops->dma_verify(udev, mapping, at - mapping->addr, size);
	pthread_mutex_unlock(&udev->domain->dma.lock);
	return rc;
}
