/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "sys.h"

/* A table without room: its one slot is the one that is always free. */
static const uintptr_t no_firsts[1] = {UINTPTR_MAX};

void uvio_dma_init(struct uvio_dma_table *table)
{
	pthread_mutex_init(&table->lock, NULL);
	table->firsts = (uintptr_t *)no_firsts;
	table->room = 1;
	table->page = (size_t)sysconf(_SC_PAGESIZE);
	table->mask = table->most = UINT64_MAX;
}

/*
 * Held while the table is read or moved, never across a system call; sleeping lets a holder go on
 * that has less priority.
 */
static void __attribute__((noinline)) table_lock_slowly(struct uvio_dma_table *table)
{
	const struct timespec pause = {.tv_nsec = 20000};

	do
		nanosleep(&pause, NULL);
	while (atomic_exchange_explicit(&table->busy, true, memory_order_acquire));
}

static inline void table_lock(struct uvio_dma_table *table)
{
	if (atomic_exchange_explicit(&table->busy, true, memory_order_acquire))
		table_lock_slowly(table);
}

static inline void table_unlock(struct uvio_dma_table *table)
{
	atomic_store_explicit(&table->busy, false, memory_order_release);
}

/* The last key that begins at or below @addr; 0 also where none does. */
static inline size_t last_below(const struct uvio_dma_table *table, uintptr_t addr)
{
	size_t i = 0;

	for (size_t step = table->room / 2; step; step /= 2)
		i = table->firsts[i + step] <= addr ? i + step : i;
	return i;
}

/* The place in the table of the mapping which @addr lies in. */
static inline bool find(const struct uvio_dma_table *table, uintptr_t addr, size_t *n)
{
	size_t i = last_below(table, addr);

	*n = i;
	return i < table->count && table->firsts[i] <= addr && table->keys[i].last >= addr;
}

static bool overlaps(const struct uvio_dma_table *table, const struct uvio_mapping *mapping)
{
	uintptr_t last = mapping->addr + mapping->size - 1;
	size_t i = last_below(table, last);

	return i < table->count && table->firsts[i] <= last && table->keys[i].last >= mapping->addr;
}

static void arrays_free(uintptr_t *firsts, struct uvio_mapping_key *keys)
{
	if (firsts != no_firsts)
		free(firsts);
	free(keys);
}

/* One slot is always left free, and holds the largest address. */
static int make_room(struct uvio_udev *udev)
{
	struct uvio_dma_table *table = &udev->domain->dma;
	size_t room = table->room > 1 ? table->room * 2 : 16;
	struct uvio_mapping_key *keys, *old_keys;
	uintptr_t *firsts, *old_firsts;

	if (table->count + 1 < table->room)
		return 0;
	firsts = malloc(room * sizeof(*firsts));
	keys = malloc(room * sizeof(*keys));
	if (!firsts || !keys) {
		free(firsts);
		free(keys);
		return uvio_no_memory(udev->address.text);
	}
	memset(firsts, 0xff, room * sizeof(*firsts));
	if (table->count) {
		memcpy(firsts, table->firsts, table->count * sizeof(*firsts));
		memcpy(keys, table->keys, table->count * sizeof(*keys));
	}
	old_firsts = table->firsts;
	old_keys = table->keys;
	table_lock(table);
	table->firsts = firsts;
	table->keys = keys;
	table->room = room;
	table_unlock(table);
	arrays_free(old_firsts, old_keys);
	return 0;
}

static void insert(struct uvio_dma_table *table, struct uvio_mapping *mapping)
{
	size_t n = last_below(table, mapping->addr);

	n += table->firsts[n] < mapping->addr;
	table_lock(table);
	memmove(&table->firsts[n + 1], &table->firsts[n], (table->count - n) * sizeof(uintptr_t));
	memmove(&table->keys[n + 1], &table->keys[n], (table->count - n) * sizeof(*table->keys));
	table->firsts[n] = mapping->addr;
	table->keys[n] = (struct uvio_mapping_key){
		.last = mapping->addr + mapping->size - 1,
		.mapping = mapping,
	};
	table->count++;
	table_unlock(table);
}

static void remove_key(struct uvio_dma_table *table, size_t n)
{
	table_lock(table);
	table->count--;
	memmove(&table->firsts[n], &table->firsts[n + 1], (table->count - n) * sizeof(uintptr_t));
	memmove(&table->keys[n], &table->keys[n + 1], (table->count - n) * sizeof(*table->keys));
	table->firsts[table->count] = UINTPTR_MAX;
	table_unlock(table);
}

int uvio_mapping_reserve(struct uvio_mapping *mapping, size_t count)
{
	bool has_own = mapping->room > 1;
	struct uvio_dma_segment *grown;

	if (count <= mapping->room)
		return 0;
	grown = realloc(has_own ? mapping->segments : NULL, count * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	if (!has_own)
		grown[0] = mapping->one;
	mapping->segments = grown;
	mapping->room = count;
	return 0;
}

static void mapping_free(struct uvio_mapping *mapping)
{
	if (mapping->room > 1)
		free(mapping->segments);
	free(mapping);
}

/* Overlap, room, kernel, table, in this order, so that nothing has to be undone but the last. */
static int map_locked(struct uvio_udev *udev, struct uvio_mapping *mapping, unsigned int max)
{
	struct uvio_dma_table *table = &udev->domain->dma;
	const char *address = udev->address.text;
	int rc;

	if (overlaps(table, mapping))
		return uvio_fail(-EEXIST,
			"%s: DMA map: 0x%llx bytes at %p overlap what is mapped "
			"already; unmap that first",
			address, (unsigned long long)mapping->size, (void *)mapping->addr);
	rc = make_room(udev);
	if (!rc)
		rc = udev->backend->ops->dma_map(udev, mapping);
	if (rc)
		return rc;
	if (mapping->segment_count > max) {
		udev->backend->ops->dma_unmap(udev, mapping);
		return uvio_fail(-E2BIG,
			"%s: DMA map: the memory lies in %u pieces, and there is "
			"room for %u",
			address, mapping->segment_count, max);
	}
	insert(table, mapping);
	return 0;
}

static int map(struct uvio_udev *udev, struct uvio_mapping *mapping, unsigned int max)
{
	int rc;

	pthread_mutex_lock(&udev->domain->dma.lock);
	rc = map_locked(udev, mapping, max);
	pthread_mutex_unlock(&udev->domain->dma.lock);
	return rc;
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

static struct uvio_mapping *mapping_new(struct uvio_udev *udev, uint32_t flags)
{
	struct uvio_mapping *mapping = malloc(sizeof(*mapping));

	if (!mapping) {
		uvio_no_memory(udev->address.text);
		return NULL;
	}
	*mapping = (struct uvio_mapping){.flags = flags, .room = 1};
	mapping->segments = &mapping->one;
	return mapping;
}

int uvio_dma_map(struct uvio_udev *udev, void *addr, size_t size, uint32_t flags,
	struct uvio_dma_segment *segments, unsigned int max)
{
	struct uvio_mapping *mapping;
	int rc = check_flags(udev, &flags);

	if (rc)
		return rc;
	if (!segments)
		return uvio_fail(
			-EINVAL, "%s: DMA map: no place for the segments", udev->address.text);
	if (!rc)
		rc = check_range(udev, (uintptr_t)addr, size);
	if (rc)
		return rc;
	mapping = mapping_new(udev, flags);
	if (!mapping)
		return -ENOMEM;
	mapping->addr = (uintptr_t)addr;
	mapping->size = size;
	rc = map(udev, mapping, max);
	if (rc) {
		mapping_free(mapping);
		return rc;
	}
	for (unsigned int i = 0; i < mapping->segment_count; i++)
		segments[i] = mapping->segments[i];
	/* The table has it now: NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	return (int)mapping->segment_count;
}

static void drop(struct uvio_domain *domain, size_t n)
{
	struct uvio_mapping *mapping = domain->dma.keys[n].mapping;

	remove_key(&domain->dma, n);
	if (mapping->owned)
		domain->backend->ops->dma_memory_free(domain, mapping);
	mapping_free(mapping);
}

static int unmap_locked(struct uvio_udev *udev, uintptr_t addr, size_t size, bool owned)
{
	size_t n;
	struct uvio_mapping *mapping =
		find(&udev->domain->dma, addr, &n) ? udev->domain->dma.keys[n].mapping : NULL;
	int rc;

	if (!mapping || mapping->addr != addr || mapping->size != size || mapping->owned != owned)
		return uvio_fail(-EINVAL,
			"%s: DMA: 0x%llx bytes at %p were not %s; what was must be "
			"given back whole",
			udev->address.text, (unsigned long long)size, (void *)addr,
			owned ? "allocated" : "mapped");
	rc = udev->backend->ops->dma_unmap(udev, mapping);
	if (!rc)
		drop(udev->domain, n);
	return rc;
}

int uvio_dma_unmap(struct uvio_udev *udev, void *addr, size_t size)
{
	int rc;

	pthread_mutex_lock(&udev->domain->dma.lock);
	rc = unmap_locked(udev, (uintptr_t)addr, size, false);
	pthread_mutex_unlock(&udev->domain->dma.lock);
	return rc;
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

int uvio_dma_alloc(struct uvio_udev *udev, size_t size, uint32_t flags, struct uvio_dma *dma)
{
	struct uvio_saved_error before;
	struct uvio_mapping *mapping;
	size_t rounded = 0;
	int rc = round_up(udev, size, &rounded);

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
	rc = udev->backend->ops->dma_memory(udev, mapping);
	if (rc)
		goto err_free_mapping;
	rc = map(udev, mapping, 1);
	if (rc)
		goto err_free_memory;
	uvio_error_restore(&before);
	*dma = (struct uvio_dma){
		.addr = (void *)mapping->addr,
		.iova = mapping->segments[0].iova,
		.size = size,
	};
	return 0;

err_free_memory:
	udev->backend->ops->dma_memory_free(udev->domain, mapping);
err_free_mapping:
	mapping_free(mapping);
	return rc;
}

int uvio_dma_free(struct uvio_udev *udev, struct uvio_dma *dma)
{
	uintptr_t addr = (uintptr_t)dma->addr;
	size_t n, size = 0;
	int rc;

	pthread_mutex_lock(&udev->domain->dma.lock);
	if (find(&udev->domain->dma, addr, &n))
		size = udev->domain->dma.keys[n].mapping->size;
	rc = unmap_locked(udev, addr, size, true);
	pthread_mutex_unlock(&udev->domain->dma.lock);
	if (!rc)
		*dma = (struct uvio_dma){0};
	return rc;
}

int uvio_dma_each(const struct uvio_dma_table *table,
	int (*each)(void *data, const struct uvio_mapping *mapping), void *data)
{
	int rc = 0;

	for (size_t i = 0; i < table->count && !rc; i++)
		rc = each(data, table->keys[i].mapping);
	return rc;
}

void uvio_dma_unmap_all(struct uvio_udev *udev)
{
	struct uvio_dma_table *table = &udev->domain->dma;

	pthread_mutex_lock(&table->lock);
	for (size_t n = table->count; n--;) {
		struct uvio_mapping *mapping = table->keys[n].mapping;

		/* Memory which the card may still reach is not given back. */
		if (udev->backend->ops->dma_unmap(udev, mapping))
			mapping->owned = false;
		drop(udev->domain, n);
	}
	pthread_mutex_unlock(&table->lock);
}

void uvio_dma_cleanup(struct uvio_domain *domain)
{
	struct uvio_dma_table *table = &domain->dma;

	while (table->count)
		drop(domain, table->count - 1);
	arrays_free(table->firsts, table->keys);
	pthread_mutex_destroy(&table->lock);
}

static uint64_t iova_in(const struct uvio_mapping *mapping, uint64_t into, uint64_t *contiguous)
{
	const struct uvio_dma_segment *segment = mapping->segments;

	for (; into >= segment->size; segment++)
		into -= segment->size;
	if (contiguous)
		*contiguous = segment->size - into;
	return segment->iova + into;
}

static int __attribute__((noinline)) not_mapped(struct uvio_udev *udev, const void *addr)
{
	return uvio_fail(-EFAULT, "%s: DMA: %p is not mapped", udev->address.text, addr);
}

/* Unlocks the table. */
static inline int look_up(
	struct uvio_udev *udev, const void *addr, uint64_t *iova, uint64_t *contiguous)
{
	struct uvio_dma_table *table = &udev->domain->dma;
	size_t n;
	bool found = find(table, (uintptr_t)addr, &n);

	if (found)
		*iova = iova_in(
			table->keys[n].mapping, (uintptr_t)addr - table->firsts[n], contiguous);
	table_unlock(table);
	return found ? 0 : not_mapped(udev, addr);
}

static int __attribute__((noinline))
look_up_later(struct uvio_udev *udev, const void *addr, uint64_t *iova, uint64_t *contiguous)
{
	table_lock_slowly(&udev->domain->dma);
	return look_up(udev, addr, iova, contiguous);
}

int uvio_dma_iova(struct uvio_udev *udev, const void *addr, uint64_t *iova, uint64_t *contiguous)
{
	if (atomic_exchange_explicit(&udev->domain->dma.busy, true, memory_order_acquire))
		return look_up_later(udev, addr, iova, contiguous);
	return look_up(udev, addr, iova, contiguous);
}

int uvio_dma_set_mask(struct uvio_udev *udev, uint64_t mask)
{
	struct uvio_dma_table *table = &udev->domain->dma;
	int rc = 0;

	if (mask & (mask + 1) || mask < 0xfff)
		return uvio_fail(-EINVAL,
			"%s: DMA mask 0x%llx: it must be 2^n - 1, as 0xffffffff, and not below a "
			"page",
			udev->address.text, (unsigned long long)mask);
	if (mask > table->most)
		mask = table->most;
	pthread_mutex_lock(&table->lock);
	/* Among several cards the one that reaches least. */
	if (udev->domain->shared && mask > table->mask)
		mask = table->mask;
	for (size_t i = 0; i < table->count && !rc; i++) {
		const struct uvio_mapping *mapping = table->keys[i].mapping;

		for (unsigned int s = 0; s < mapping->segment_count && !rc; s++)
			if (mapping->segments[s].iova + mapping->segments[s].size - 1 > mask)
				rc = -EBUSY;
	}
	if (!rc)
		table->mask = mask;
	pthread_mutex_unlock(&table->lock);
	if (rc)
		return uvio_fail(rc,
			"%s: DMA mask 0x%llx: memory above it is mapped; unmap that "
			"first, or set the mask before mapping",
			udev->address.text, (unsigned long long)mask);
	return 0;
}

int uvio_dma_memlock(struct uvio_udev *udev, const struct uvio_mapping *mapping)
{
	unsigned long long mapped = 0, want = mapping->size >> 10;
	struct rlimit limit = {.rlim_cur = RLIM_INFINITY};

	for (size_t i = 0; i < udev->domain->dma.count; i++)
		mapped += udev->domain->dma.keys[i].mapping->size >> 10;
	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur == RLIM_INFINITY)
		return uvio_fail(-ENOMEM,
			"%s: DMA map: %llu KiB asked for, %llu KiB mapped already, and "
			"the kernel has no memory for more; ask for less",
			udev->address.text, want, mapped);
	return uvio_fail(-ENOMEM,
		"%s: DMA map: %llu KiB asked for, %llu KiB mapped already, and "
		"locked memory is limited to %llu KiB (RLIMIT_MEMLOCK); raise it: "
		"ulimit -l, /etc/security/limits.conf, or LimitMEMLOCK= of the "
		"systemd unit",
		udev->address.text, want, mapped, (unsigned long long)limit.rlim_cur >> 10);
}

int uvio_dma_anonymous(struct uvio_udev *udev, struct uvio_mapping *mapping, int mmap_flags)
{
	void *addr;
	int rc = uvio_sys_mmap(NULL, mapping->size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | mmap_flags, -1, 0, &addr);

	if (rc)
		return uvio_fail(rc, "%s: DMA alloc: no memory for 0x%llx bytes: %s",
			udev->address.text, (unsigned long long)mapping->size, strerror(-rc));
	uvio_sys_madvise(addr, mapping->size, MADV_DONTFORK);
	mapping->addr = (uintptr_t)addr;
	return 0;
}
