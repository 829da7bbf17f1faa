/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Ways to a region which a plain memory BAR does not need, on QEMU's pci-testdev. */
#include <config.h>

#include "conformance.h"

#define TESTDEV "0000:00:07.0"

/* QEMU's docs/specs/pci-testdev: a header at the start of both BARs, seen through either. */
#define TEST_SELECT 0
#define TEST_WIDTH 1
#define TEST_OFFSET 4
#define TEST_DATA 8
#define TEST_COUNT 12

#define BAR_MEMORY 0
#define BAR_PORTS 1
#define BAR_64BIT 2

static int open_testdev(struct pair *pair)
{
	struct uvio_open_options options = {.backend = pair->backend};

	return uvio_udev_open(pair->ctx, TESTDEV, &options, &pair->udev);
}

static int ports_need_no_mapping(struct pair *pair)
{
	struct uvio_region ports;
	uint64_t value;

	CHECK_OK(uvio_region_map(pair->udev, BAR_PORTS, &ports));
	CHECK(!ports.base && ports.size == 256);
	CHECK(ports.flags & UVIO_REGION_PORTS && !(ports.flags & UVIO_REGION_MMAP));
	CHECK_OK(uvio_region_read(&ports, TEST_WIDTH, 1, &value));
	CHECK_ERR(uvio_region_read(&ports, 256, 1, &value), -ERANGE, "beyond its end");
	return PASS;
}

/* The card counts the writes which its test asks for: through @region, of the test's one byte. */
static int count_writes(const struct uvio_region *region, const struct uvio_region *other)
{
	uint32_t offset;
	uint8_t data;

	uvio_write8(region, TEST_SELECT, 0);
	CHECK(uvio_read8(region, TEST_WIDTH) == 1);
	offset = uvio_read32(region, TEST_OFFSET);
	data = uvio_read8(region, TEST_DATA);
	for (int i = 0; i < 5; i++)
		uvio_write8(region, offset, data);
	uvio_write8(region, offset, (uint8_t)(data + 1));
	CHECK(uvio_read32(region, TEST_COUNT) == 5);
	CHECK(uvio_read32(other, TEST_COUNT) == 5);
	return PASS;
}

static int memory_and_ports_are_the_same(struct pair *pair)
{
	struct uvio_region memory, ports;

	CHECK_OK(uvio_region_map(pair->udev, BAR_MEMORY, &memory));
	CHECK_OK(uvio_region_map(pair->udev, BAR_PORTS, &ports));
	CHECK(memory.base);
	if (count_writes(&ports, &memory))
		return FAIL;
	return count_writes(&memory, &ports);
}

static int a_64_bit_bar_is_mapped(struct pair *pair)
{
	struct uvio_region region;

	CHECK_OK(uvio_region_map(pair->udev, BAR_64BIT, &region));
	CHECK(region.base && region.size == 1 << 20 && region.direct == region.size);
	CHECK(uvio_read64(&region, (1 << 20) - 8) == 0);
	return PASS;
}

static int no_interrupt_says_so(struct pair *pair)
{
	CHECK(uvio_irq_count(pair->udev, UVIO_IRQ_INTX) == 0);
	CHECK(!(uvio_caps(pair->udev) & UVIO_CAP_INTX));
	CHECK_ERR(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1), -ENOTSUP, "no intx interrupt");
	return PASS;
}

static const struct test_case testdev_cases[] = {
	{"I/O ports need no mapping (uio 3.28)", 0, ports_need_no_mapping, false},
	{"memory and ports are the same registers", 0, memory_and_ports_are_the_same, false},
	{"a 64-bit BAR is mapped (uio 3.21)", 0, a_64_bit_bar_is_mapped, false},
	{"a card without interrupt says so (uio 3.9)", 0, no_interrupt_says_so, false},
	{0},
};

static int run_one(struct pair *pair, const struct test_case *test)
{
	int result = FAIL;

	if (open_testdev(pair))
		fail_at(__FILE__, __LINE__, "%s", uvio_last_error());
	else
		result = test->run(pair);
	uvio_udev_close(pair->udev);
	pair->udev = NULL;
	return result;
}

void run_testdev(struct uvio_ctx *ctx)
{
	struct pair pair = {.ctx = ctx, .address = TESTDEV};

	for (unsigned int b = 0; (pair.backend = uvio_backend_name(b)); b++) {
		int bound = uvio_bind(ctx, TESTDEV, pair.backend);

		report(bound ? FAIL : PASS, NULL, "testdev %s: bind", pair.backend);
		for (const struct test_case *test = testdev_cases; test->name; test++)
			report(run_one(&pair, test), NULL, "testdev %s: %s", pair.backend,
				test->name);
	}
	uvio_bind(ctx, TESTDEV, "none");
}
