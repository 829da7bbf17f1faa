/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Among many mappings. Those which are there lie two places apart, others come and go between. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "scale.h"
#include "space.h"
#include <uvio/dma.h>
#include <uvio/error.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/table.h"
#include "vfio.h"

#define BASE ((uintptr_t)1 << 32)
#define PLACES ((size_t)2 * SCALE_MOST)
#define LOOKUPS 100

/* In no order: a prime that is no factor of any count. */
static size_t shuffled(size_t i, size_t count)
{
	return i * 7919 % count;
}

static size_t turn; /* of all rounds: each takes another place */

/* The table alone. */

static struct uvio_table table = {.lock = PTHREAD_RWLOCK_INITIALIZER};
static struct uvio_mapping mappings[PLACES];

static void insert(size_t place)
{
	mappings[place].addr = BASE + place * PAGE;
	mappings[place].size = PAGE;
	uvio_table_insert(&table, &mappings[place]);
}

static void empty_table(void)
{
	uvio_table_clear(&table);
}

static int fill_table(size_t count)
{
	empty_table();
	for (size_t i = 0; i < count; i++) {
		if (uvio_table_reserve(&table))
			return uvio_fail(-ENOMEM, "table: out of memory");
		insert(2 * shuffled(i, count));
	}
	return 0;
}

static int round_table(const struct time_base *base, double *cost)
{
	size_t place = 2 * shuffled(turn++, table.count) + 1;
	uint64_t start = clock_now(base);
	int rc = uvio_table_overlaps(&table, BASE + place * PAGE, PAGE) ? -EEXIST : 0;

	if (!rc)
		rc = uvio_table_reserve(&table);
	if (!rc) {
		insert(place);
		uvio_table_remove(&table, uvio_table_find(&table, BASE + place * PAGE));
	}
	*cost = clock_since(base, start);
	return rc ? uvio_fail(rc, "table: %s", strerror(-rc)) : 0;
}

/* The addresses of the IOMMU alone: as many blocks as pages that are free in between. */

static struct vfio_iova iova;

static void empty_iova(void)
{
	vfio_iova_cleanup(&iova);
}

static int fill_iova(size_t count)
{
	static const struct vfio_range all = {0, UINT64_MAX};
	uint64_t first = 0, low = 0;
	int rc;

	empty_iova();
	rc = vfio_iova_init(&iova, &all, 1, PAGE);
	for (size_t i = 0; i < 2 * count && !rc; i++) {
		rc = vfio_iova_alloc(&iova, PAGE, PAGE, UINT64_MAX, &first);
		low = i ? low : first;
	}
	for (size_t i = 0; i < count && !rc; i++)
		vfio_iova_free(&iova, low + 2 * shuffled(i, count) * PAGE, PAGE);
	return rc ? uvio_fail(rc, "iova: %s", strerror(-rc)) : 0;
}

/* One which fills a gap, and one for which only the end has room. */
static int round_iova(const struct time_base *base, double *cost)
{
	uint64_t first = 0, start = clock_now(base);
	int rc = vfio_iova_alloc(&iova, PAGE, PAGE, UINT64_MAX, &first);

	if (!rc) {
		vfio_iova_free(&iova, first, PAGE);
		rc = vfio_iova_alloc(&iova, 2 * PAGE, PAGE, UINT64_MAX, &first);
	}
	if (!rc)
		vfio_iova_free(&iova, first, 2 * PAGE);
	*cost = clock_since(base, start) / 2;
	return rc ? uvio_fail(rc, "iova: %s", strerror(-rc)) : 0;
}

/* Everything, on a card: the kernel does most of it. */

static char *space;
static size_t mapped;

static int make_space(void)
{
	space = space ? space : space_make(PLACES);
	return space ? 0 : uvio_fail(-ENOMEM, "memory: %s", strerror(errno));
}

static int map(size_t place)
{
	struct uvio_dma_segment segment;

	return uvio_dma_map(scale_first_card(), space + place * PAGE, PAGE, 0, &segment, 1);
}

static int unmap(size_t place)
{
	return uvio_dma_unmap(scale_first_card(), space + place * PAGE, PAGE);
}

static int fill_card(size_t count)
{
	int rc = make_space();

	for (; mapped < count && rc >= 0; mapped++)
		rc = map(2 * mapped);
	return rc < 0 ? rc : 0;
}

static void empty_card(void)
{
	while (mapped)
		unmap(2 * --mapped);
}

static int round_card(const struct time_base *base, double *cost)
{
	size_t place = 2 * shuffled(turn++, mapped) + 1;
	uint64_t start = clock_now(base);
	int rc = map(place);

	if (rc >= 0)
		rc = unmap(place);
	*cost = clock_since(base, start);
	return rc;
}

static int round_lookup(const struct time_base *base, double *cost)
{
	struct uvio_udev *udev = scale_first_card();
	const char *places[LOOKUPS];
	uint64_t found, start;
	int rc = 0;

	for (size_t i = 0; i < LOOKUPS; i++)
		places[i] = space + 2 * shuffled(turn++, mapped) * PAGE + 8;
	start = clock_now(base);
	for (size_t i = 0; i < LOOKUPS; i++)
		rc |= uvio_dma_iova(udev, places[i], &found, NULL);
	*cost = clock_since(base, start) / LOOKUPS;
	return rc;
}

struct scale_figure scale_maps[] = {
	{
		.name = "table_insert_remove",
		.help = "a mapping in and out of the library's table",
		.gated = true,
		SCALE_MAPPINGS,
		.grow = fill_table,
		.round = round_table,
		.finish = empty_table,
	},
	{
		.name = "iova_alloc_free",
		.help = "an address of the IOMMU, as many gaps as mappings",
		.gated = true,
		SCALE_MAPPINGS,
		.grow = fill_iova,
		.round = round_iova,
		.finish = empty_iova,
	},
	{
		.name = "dma_map_unmap",
		.help = "a page mapped and unmapped, with the kernel's part",
		SCALE_MAPPINGS,
		.grow = fill_card,
		.round = round_card,
		.finish = empty_card,
	},
	{
		.name = "iova_lookup",
		.help = "uvio_dma_iova()",
		.gated = true,
		SCALE_MAPPINGS,
		.grow = fill_card,
		.round = round_lookup,
		.finish = empty_card,
	},
	{0},
};
