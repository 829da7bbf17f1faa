/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Ways to a region which a plain memory BAR does not need, on QEMU's pci-testdev. */
#include <config.h>

#include <uvio/bind.h>
#include <uvio/driver.h>
#include <uvio/region.h>

#include "conformance.h"

#define TESTDEV "0000:00:07.0"

/* QEMU's docs/specs/pci-testdev: its driver has what is to be said of its registers. */
#define TEST_WIDTH 1

#define BAR_PORTS 1
#define BAR_64BIT 2

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

static int a_64_bit_bar_is_mapped(struct pair *pair)
{
	struct uvio_region region;

	CHECK_OK(uvio_region_map(pair->udev, BAR_64BIT, &region));
	CHECK(region.base && region.size == 1 << 20 && region.direct == region.size);
	CHECK(uvio_read64(&region, (1 << 20) - 8) == 0);
	return PASS;
}

static const struct test_case testdev_cases[] = {
	{"I/O ports need no mapping (uio 3.28, vfio 58)", 0, ports_need_no_mapping, false},
	{"a 64-bit BAR is mapped (uio 3.21)", 0, a_64_bit_bar_is_mapped, false},
	{0},
};

void run_testdev(struct uvio_ctx *ctx)
{
	struct pair pair = {.ctx = ctx, .address = TESTDEV};
	char label[128];

	pair.driver = uvio_driver_match(NULL, 0x1b36, 0x0005, UVIO_ANY_ID, UVIO_ANY_ID);
	for (const char *const *transport = wanted_transports(); *transport; transport++) {
		pair.backend = *transport;
		snprintf(label, sizeof(label), "testdev %s", pair.backend);
		if (pair_bind(&pair, label) == PASS)
			run_cases(&pair, label, testdev_cases);
	}
	uvio_bind(ctx, TESTDEV, "none");
}
