/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Callers that were compiled with headers of another version, and so have smaller or larger
 * structures for the library to fill. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/uvio.h>

#include "fixture.h"
#include "idle_card.h"

#define MARK 0xa5
#define LARGEST 256

typedef int fill_fn(void *to, size_t size);

static struct uvio_region region;
static struct uvio_card *card;
static struct uvio_can *can;
static struct uvio_serial *serial;

static void setup(void)
{
	fixture_open();
	ASSERT_OK(uvio_region_map(udev, FAKE_REGISTERS, &region));
	fixture_enable(UVIO_IRQ_MSI, 1);
	ASSERT_OK(uvio_card_attach(&idle_driver, udev, &card));
	ASSERT_OK(uvio_can_get(card, 0, &can));
	ASSERT_OK(uvio_serial_get(card, 0, &serial));
}

static void teardown(void)
{
	uvio_card_detach(card);
	fixture_close();
}

static int info(void *to, size_t size)
{
	return uvio_region_info_sized(udev, FAKE_MEMORY, to, size);
}

static int map(void *to, size_t size)
{
	return uvio_region_map_sized(udev, FAKE_MEMORY, to, size);
}

static int slice(void *to, size_t size)
{
	return uvio_region_slice_sized(&region, 8, 16, to, size);
}

static int stats(void *to, size_t size)
{
	return uvio_irq_stats_sized(udev, 0, to, size);
}

static int override(void *to, size_t size)
{
	return uvio_override_read_sized(tree->ctx, EDU, to, size);
}

static int can_stats(void *to, size_t size)
{
	return uvio_can_stats_sized(can, to, size);
}

static int serial_stats(void *to, size_t size)
{
	return uvio_serial_stats_sized(serial, to, size);
}

static const struct filled {
	const char *name;
	fill_fn *fill;
	size_t size;
} all[] = {
	{"uvio_region_info", info, sizeof(struct uvio_region)},
	{"uvio_region_map", map, sizeof(struct uvio_region)},
	{"uvio_region_slice", slice, sizeof(struct uvio_region)},
	{"uvio_irq_stats", stats, sizeof(struct uvio_irq_stats)},
	{"uvio_override_read", override, sizeof(struct uvio_override)},
	{"uvio_can_stats", can_stats, sizeof(struct uvio_can_stats)},
	{"uvio_serial_stats", serial_stats, sizeof(struct uvio_serial_stats)},
};

/* How many bytes from @at on are @value. */
static size_t run_of(const unsigned char *at, unsigned char value, size_t max)
{
	size_t n = 0;

	while (n < max && at[n] == value)
		n++;
	return n;
}

static void is_filled(const struct filled *f, const unsigned char *whole, size_t size)
{
	unsigned char got[LARGEST];
	size_t known = size < f->size ? size : f->size;

	memset(got, MARK, sizeof(got));
	ASSERT_OK(f->fill(got, size));
	ASSERT_EQ(memcmp(got, whole, known), 0);
	ASSERT_EQ(run_of(got + known, 0, size - known), size - known);
	ASSERT_EQ(run_of(got + size, MARK, sizeof(got) - size), sizeof(got) - size);
}

static void a_caller_of_any_version_gets_what_it_has_a_place_for(void)
{
	unsigned char whole[LARGEST];

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		memset(whole, 0, sizeof(whole));
		ASSERT_OK(all[i].fill(whole, all[i].size));
		for (size_t size = 1; size <= all[i].size + 64; size++)
			is_filled(&all[i], whole, size);
	}
}

static void a_size_of_0_is_refused(void)
{
	unsigned char got[LARGEST];
	char text[100];

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		memset(got, MARK, sizeof(got));
		snprintf(text, sizeof(text), "%s_sized(): the size of ", all[i].name);
		ASSERT_ERR(all[i].fill(got, 0), -EINVAL, text);
		ASSERT_EQ(run_of(got, MARK, sizeof(got)), sizeof(got));
	}
}

/* Of a region of an older caller nothing is read that it does not have. */
static void a_slice_takes_of_its_region_what_version_0_1_has(void)
{
	struct uvio_region part;

	ASSERT_OK(uvio_region_slice_sized(&region, 8, 16, &part, sizeof(part)));
	ASSERT_EQ(part.type, region.type);
	ASSERT_EQ(part.flags, region.flags);
	ASSERT_EQ(part.start, 8);
	ASSERT_EQ(part.size, 16);
	ASSERT(part.udev == udev);
}

/* Programs hand out these by value, and in arrays: a change breaks them. */
static void what_stays_as_it_is_has_its_size(void)
{
	ASSERT_EQ(sizeof(struct uvio_dma), 2 * sizeof(void *) + 8);
	ASSERT_EQ(sizeof(struct uvio_dma_segment), 16);
}

static CU_TestInfo tests[] = {
	TEST(a_caller_of_any_version_gets_what_it_has_a_place_for),
	TEST(a_size_of_0_is_refused),
	TEST(a_slice_takes_of_its_region_what_version_0_1_has),
	TEST(what_stays_as_it_is_has_its_size),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"sizes", NULL, NULL, setup, teardown, tests},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
