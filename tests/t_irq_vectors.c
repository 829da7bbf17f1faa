/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Many vectors: as many as can be had, and more of them later. */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "backend/backend.h"
#include "asleep.h"
#include "fixture.h"

static uint64_t events;

static void setup(void)
{
	fixture_open();
	events = 99;
}

static void as_many_as_the_kernel_gives_are_enabled(void)
{
	fake_faults.msix = FAKE_MAX_VECTORS;
	ASSERT_EQ(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 1, 20), 20);
	ASSERT_OK(uvio_irq_disable(udev));
	fake_faults.granted = 7;
	ASSERT_EQ(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 7, 20), 7);
	ASSERT(uvio_irq_fd(udev, 6) >= 0);
	ASSERT_ERR(uvio_irq_fd(udev, 7), -EINVAL, "vector 7 is not enabled (7 are)");
	ASSERT_ERR(uvio_irq_wait(udev, 7, UVIO_MS(1), NULL), -EINVAL,
		"vector 7 is not enabled (7 are)");
}

static void as_many_as_the_card_has_are_enabled(void)
{
	fake_faults.msix = 20;
	ASSERT_EQ(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 1, UINT32_MAX), 20);
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_EQ(uvio_irq_enable_range(udev, UVIO_IRQ_MSI, 1, 2), 2);
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_EQ(uvio_irq_enable_range(udev, UVIO_IRQ_INTX, 1, 9), 1);
}

static void a_range_without_its_least_enables_nothing(void)
{
	fake_faults.msix = 20;
	fake_faults.granted = 7;
	ASSERT_ERR(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 8, 20), -ENOSPC,
		EDU ": the fake kernel has 7 of the 8 vectors asked for");
	ASSERT_ERR(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 21, 30), -ERANGE,
		EDU ": 21 msix vectors asked for, the card has 20");
	ASSERT_ERR(uvio_irq_fd(udev, 0), -EINVAL, "not enabled");
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSIX, 7));
	ASSERT_ERR(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 1, 2), -EBUSY, "enabled already");
}

static void a_range_upside_down_is_refused(void)
{
	ASSERT_ERR(uvio_irq_enable_range(udev, UVIO_IRQ_MSI, 0, 1), -EINVAL,
		EDU ": cannot enable from 0 to 1 vectors: the minimum must be 1 or more");
	ASSERT_ERR(uvio_irq_enable_range(udev, UVIO_IRQ_MSI, 3, 2), -EINVAL, "from 3 to 2");
	ASSERT_ERR(uvio_irq_enable_range(udev, UVIO_IRQ_KINDS, 1, 2), -EINVAL,
		"unknown interrupt kind 3");
	ASSERT_ERR(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 1, 2), -ENOTSUP,
		"no msix interrupt on the fake backend");
}

static void begin_growth(unsigned int count)
{
	fake_faults.msix = FAKE_MAX_VECTORS;
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSIX, count));
	ASSERT_OK(uvio_bus_master(udev, true));
}

static void vectors_can_be_added(void)
{
	int fd;

	begin_growth(2);
	fd = uvio_irq_fd(udev, 1);
	fake_raise(udev, 1);
	ASSERT_OK(uvio_irq_grow(udev, FAKE_MAX_VECTORS));
	ASSERT_EQ(uvio_irq_fd(udev, 1), fd);
	ASSERT_OK(uvio_irq_wait(udev, 1, UVIO_MS(1000), &events));
	ASSERT_EQ(events, 1);
	ASSERT_OK(uvio_irq_consume(udev, 0, &events));
	ASSERT_EQ(events, 0);
	for (unsigned int i = 0; i < FAKE_MAX_VECTORS; i++) {
		fake_raise(udev, i);
		ASSERT_OK(uvio_irq_wait(udev, i, UVIO_MS(1000), &events));
		ASSERT_EQ(events, 1);
	}
}

static void a_kernel_with_a_gap_signals_those_before(void)
{
	begin_growth(2);
	fake_faults.no_resize = true;
	ASSERT_OK(uvio_irq_grow(udev, 4));
	for (unsigned int i = 0; i < 4; i++) {
		ASSERT_OK(uvio_irq_consume(udev, i, &events));
		ASSERT_EQ(events, i < 2);
	}
}

static void growth_that_fails_leaves_those_before(void)
{
	begin_growth(2);
	fake_faults.granted = 3;
	ASSERT_ERR(uvio_irq_grow(udev, 4), -ENOSPC, EDU ": the fake kernel has 3 of the 4");
	fake_faults.granted = 0;
	fake_faults.irq_grow = -EMFILE;
	ASSERT_ERR(uvio_irq_grow(udev, 4), -EMFILE, "do not grow");
	fake_faults.irq_grow = 0;
	ASSERT_ERR(uvio_irq_wait(udev, 2, UVIO_MS(1), &events), -EINVAL,
		"vector 2 is not enabled (2 are)");
	ASSERT_ERR(uvio_irq_consume(udev, 2, &events), -EINVAL, "vector 2 is not enabled (2 are)");
	ASSERT_ERR(uvio_irq_fd(udev, 2), -EINVAL, "vector 2 is not enabled (2 are)");
	fake_raise(udev, 1);
	ASSERT_OK(uvio_irq_wait(udev, 1, UVIO_MS(1000), &events));
	ASSERT_OK(uvio_irq_grow(udev, 4));
	fake_raise(udev, 3);
	ASSERT_OK(uvio_irq_wait(udev, 3, UVIO_MS(1000), &events));
}

static void growth_has_its_bounds(void)
{
	ASSERT_ERR(uvio_irq_grow(udev, 2), -EINVAL,
		EDU ": no interrupt is enabled; call uvio_irq_enable()");
	begin_growth(2);
	ASSERT_OK(uvio_irq_grow(udev, 2));
	ASSERT_ERR(uvio_irq_grow(udev, 1), -EINVAL,
		EDU ": 2 vectors are enabled, and cannot become 1; disable, and enable fewer");
	ASSERT_ERR(uvio_irq_grow(udev, FAKE_MAX_VECTORS + 1), -ERANGE,
		EDU ": 65 msix vectors asked for, the card has 64");
	fake_faults.all_ones = true;
	ASSERT(!uvio_udev_alive(udev));
	ASSERT_ERR(uvio_irq_grow(udev, 3), -ENODEV, "the device is gone");
}

static void other_kinds_cannot_grow(void)
{
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSI, 1));
	ASSERT_ERR(uvio_irq_grow(udev, 2), -ENOTSUP,
		EDU ": msi vectors cannot be added while they are enabled; disable, and enable "
		    "more");
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT_ERR(uvio_irq_grow(udev, 2), -ENOTSUP, "intx vectors cannot be added");
}

static void a_backend_without_growth_says_so(void)
{
	struct uvio_backend_ops ops = *fake_backend.ops;
	struct uvio_backend backend = fake_backend;

	ops.irq_grow = NULL;
	backend.ops = &ops;
	udev->backend = &backend;
	begin_growth(2);
	ASSERT_ERR(uvio_irq_grow(udev, 3), -ENOTSUP,
		EDU ": msix vectors cannot be added while they are enabled on this backend");
	ASSERT_ERR(uvio_irq_ack(udev, 2), -EINVAL, "vector 2 is not enabled");
	udev->backend = &fake_backend;
}

static void grow_and_raise(struct asleep *other)
{
	int *rc = other->data;

	*rc = uvio_irq_grow(udev, FAKE_MAX_VECTORS);
	fake_raise(udev, 0);
}

static void a_waiter_is_not_disturbed_by_growth(void)
{
	static int grown;
	static struct asleep other = {.act = grow_and_raise, .data = &grown};

	begin_growth(1);
	ASSERT(asleep_start(&other));
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), &events));
	asleep_end(&other);
	ASSERT_OK(grown);
	ASSERT_EQ(events, 1);
}

static CU_TestInfo ranges[] = {
	{"as many as the kernel gives are enabled (vfio 10)",
		as_many_as_the_kernel_gives_are_enabled},
	TEST(as_many_as_the_card_has_are_enabled),
	TEST(a_range_without_its_least_enables_nothing),
	TEST(a_range_upside_down_is_refused),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo growing[] = {
	TEST(vectors_can_be_added),
	{"a kernel with a gap signals those before (vfio 70)",
		a_kernel_with_a_gap_signals_those_before},
	TEST(growth_that_fails_leaves_those_before),
	{"growth has its bounds (vfio 71)", growth_has_its_bounds},
	TEST(other_kinds_cannot_grow),
	TEST(a_backend_without_growth_says_so),
	TEST(a_waiter_is_not_disturbed_by_growth),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"enable a range", NULL, NULL, setup, fixture_close, ranges},
	{"grow", NULL, NULL, setup, fixture_close, growing},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
