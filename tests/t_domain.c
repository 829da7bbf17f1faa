/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <uvio/dma.h>
#include <uvio/domain.h>
#include <uvio/udev.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "asleep.h"
#include "fixture.h"

#define OTHER "0000:00:05.0"

static struct uvio_domain *domain;
static struct uvio_udev *other;

static int open_in(const char *address, struct uvio_domain *shared, struct uvio_udev **out)
{
	const struct uvio_open_options options = {.backend = "fake", .domain = shared};

	return uvio_udev_open(tree->ctx, address, &options, out);
}

static void setup(void)
{
	fixture_tree();
	tree_change(tree, "dir sys/bus/pci/devices/" OTHER);
	ASSERT_OK(uvio_domain_new(tree->ctx, &domain));
	ASSERT_OK(open_in(EDU, domain, &udev));
	ASSERT_OK(open_in(OTHER, domain, &other));
}

static void teardown(void)
{
	uvio_udev_close(other);
	uvio_udev_close(udev);
	other = udev = NULL;
	ASSERT_OK(uvio_domain_free(domain));
	domain = NULL;
	fixture_close();
}

static void memory_has_one_iova_for_all(void)
{
	struct uvio_dma dma;
	uint64_t iova;

	ASSERT_OK(uvio_dma_alloc(udev, 100, 0, &dma));
	ASSERT_OK(uvio_dma_iova(other, dma.addr, &iova, NULL));
	ASSERT_EQ(iova, dma.iova);
	ASSERT_OK(uvio_dma_free(other, &dma));
}

static void mapping_twice_is_refused(void)
{
	struct uvio_dma_segment segments[16];
	struct uvio_dma dma;

	ASSERT_OK(uvio_dma_alloc(udev, 100, 0, &dma));
	ASSERT_ERR(uvio_dma_map(other, dma.addr, 4096, 0, segments, 16), -EEXIST,
		"overlap an existing mapping");
	ASSERT_OK(uvio_dma_free(udev, &dma));
}

static void the_mask_is_the_narrowest(void)
{
	struct uvio_dma dma;

	ASSERT_OK(uvio_dma_set_mask(other, 0xfffff));
	ASSERT_ERR(uvio_dma_alloc(udev, 100, 0, &dma), -ENOSPC,
		EDU ": DMA map: nothing is free below the DMA mask 0xfffff");
	ASSERT_OK(uvio_dma_set_mask(udev, UINT64_MAX));
	ASSERT_ERR(uvio_dma_alloc(udev, 100, 0, &dma), -ENOSPC, "DMA mask 0xfffff");
}

static void it_is_that_of_the_cards_which_are_there(void)
{
	struct uvio_dma dma;

	ASSERT_OK(uvio_dma_set_mask(udev, UINT32_MAX));
	ASSERT_OK(uvio_dma_set_mask(other, 0xfffff));
	ASSERT_EQ(domain->dma.mask, 0xfffff);
	ASSERT_OK(uvio_dma_set_mask(other, 0xffffff));
	ASSERT_EQ(domain->dma.mask, 0xffffff);
	uvio_udev_close(other);
	other = NULL;
	ASSERT_EQ(domain->dma.mask, UINT32_MAX);
	ASSERT_OK(uvio_dma_alloc(udev, 100, 0, &dma));
	ASSERT_OK(uvio_dma_set_mask(udev, UINT64_MAX));
	ASSERT_EQ(domain->dma.mask, UINT64_MAX);
	ASSERT_OK(uvio_dma_free(udev, &dma));
}

/* Nor does the other card's wish. */
static void none_goes_beyond_the_mask_of_its_open(void)
{
	const struct uvio_open_options options = {
		.backend = "fake", .domain = domain, .dma_mask = 0xffffff};

	uvio_udev_close(other);
	ASSERT_OK(uvio_udev_open(tree->ctx, OTHER, &options, &other));
	ASSERT_OK(uvio_dma_set_mask(udev, UINT64_MAX));
	ASSERT_OK(uvio_dma_set_mask(other, UINT64_MAX));
	ASSERT_EQ(domain->dma.mask, 0xffffff);
	uvio_udev_close(other);
	other = NULL;
	ASSERT_EQ(domain->dma.mask, UINT64_MAX);
}

static void a_card_that_does_not_open_narrows_no_mask(void)
{
	const struct uvio_open_options options = {
		.backend = "fake", .domain = domain, .dma_mask = 0xfffff};
	struct uvio_dma dma;

	uvio_udev_close(other);
	fake_faults.open = -EIO;
	ASSERT_ERR(uvio_udev_open(tree->ctx, OTHER, &options, &other), -EIO, "does not open");
	fake_faults.open = 0;
	fake_faults.all_ones = true;
	ASSERT_ERR(uvio_udev_open(tree->ctx, OTHER, &options, &other), -ENODEV, "all ones");
	fake_faults.all_ones = false;
	other = NULL;
	ASSERT_OK(uvio_dma_alloc(udev, 100, 0, &dma));
	ASSERT_OK(uvio_dma_free(udev, &dma));
}

static void empty_it_forgets_the_mask(void)
{
	struct uvio_dma dma;

	ASSERT_OK(uvio_dma_set_mask(other, 0xfffff));
	uvio_udev_close(other);
	uvio_udev_close(udev);
	udev = NULL;
	ASSERT_OK(open_in(OTHER, domain, &other));
	ASSERT_OK(uvio_dma_alloc(other, 100, 0, &dma));
}

static void allocated_memory_survives_the_last_device(void)
{
	struct uvio_dma dma;
	uint64_t iova;

	ASSERT_OK(uvio_dma_alloc(udev, 100, 0, &dma));
	uvio_udev_close(other);
	uvio_udev_close(udev);
	udev = NULL;
	ASSERT_OK(open_in(OTHER, domain, &other));
	ASSERT_OK(uvio_dma_iova(other, dma.addr, &iova, NULL));
	ASSERT_EQ(iova, dma.iova);
	strcpy(dma.addr, "still there");
}

static unsigned char pages[2 * 4096] __attribute__((aligned(4096)));
static struct uvio_dma_segment segments[2];

static void close_all(void)
{
	uvio_udev_close(other);
	uvio_udev_close(udev);
	other = udev = NULL;
}

static void the_callers_memory_is_his_after_the_last_device(void)
{
	uint64_t iova;

	ASSERT_EQ(uvio_dma_map(udev, pages, sizeof(pages), 0, segments, 2), 2);
	uvio_udev_close(udev);
	ASSERT_OK(uvio_dma_iova(other, pages, &iova, NULL));
	ASSERT_EQ(iova, segments[0].iova);
	udev = NULL;
	close_all();
	ASSERT_EQ(fake_windows, 0);
	ASSERT_OK(open_in(OTHER, domain, &other));
	ASSERT_ERR(uvio_dma_iova(other, pages, &iova, NULL), -EFAULT, "is not mapped");
	ASSERT_EQ(uvio_dma_map(other, pages, sizeof(pages), 0, segments, 2), 2);
}

/* The card may still reach it; the program has it back all the same. */
static void also_where_the_kernel_did_not_unmap_it(void)
{
	uint64_t iova;

	ASSERT_EQ(uvio_dma_map(udev, pages, sizeof(pages), 0, segments, 2), 2);
	fake_faults.dma_unmap = -EIO;
	close_all();
	fake_faults.dma_unmap = 0;
	ASSERT_OK(open_in(OTHER, domain, &other));
	ASSERT_ERR(uvio_dma_iova(other, pages, &iova, NULL), -EFAULT, "is not mapped");
}

static void memory_is_freed_without_a_device(void)
{
	struct uvio_dma dma;

	ASSERT_OK(uvio_dma_alloc(udev, 100, 0, &dma));
	close_all();
	ASSERT_EQ(fake_windows, 1);
	ASSERT_OK(uvio_domain_dma_free(domain, &dma));
	ASSERT(!dma.addr);
	ASSERT_EQ(fake_windows, 0);
	ASSERT_ERR(uvio_domain_dma_free(domain, &dma), -EINVAL, "domain of none: DMA: ");
}

static void memory_is_unmapped_by_the_domain(void)
{
	ASSERT_EQ(uvio_dma_map(udev, pages, sizeof(pages), 0, segments, 2), 2);
	ASSERT_ERR(uvio_domain_dma_unmap(domain, pages, 4096), -EINVAL,
		"domain of " EDU ": DMA: 0x1000 bytes at ");
	ASSERT_OK(uvio_domain_dma_unmap(domain, pages, sizeof(pages)));
	ASSERT_EQ(fake_windows, 0);
	ASSERT_ERR(uvio_domain_dma_unmap(domain, pages, sizeof(pages)), -EINVAL, "were not mapped");
	ASSERT_ERR(uvio_domain_dma_unmap(NULL, pages, 4096), -EINVAL, "domain: no domain (NULL)");
	ASSERT_ERR(uvio_domain_dma_free(domain, NULL), -EINVAL, "no buffer (NULL)");
}

static void it_is_not_freed_under_its_devices(void)
{
	ASSERT_ERR(uvio_domain_free(domain), -EBUSY,
		"domain of " EDU ": 2 devices are open in it; close them first");
}

static atomic_bool freed, freed_early;
static pthread_t other_thread;

static atomic_int other_tid;

static void *free_it(void *data)
{
	(void)data;
	atomic_store(&other_tid, (int)syscall(SYS_gettid));
	atomic_store(&freed, !uvio_domain_free(domain));
	return NULL;
}

/* No device is in it any more, and the last one is still leaving. */
static void cleanup_slowly(struct uvio_domain *leaving)
{
	fake_backend.ops->domain_cleanup(leaving);
	if (other_thread || pthread_create(&other_thread, NULL, free_it, NULL))
		return;
	while (!atomic_load(&other_tid))
		sched_yield();
	await_lock(atomic_load(&other_tid));
	atomic_store(&freed_early, atomic_load(&freed));
}

static void it_is_freed_once_the_last_device_has_left(void)
{
	struct uvio_backend_ops ops = *fake_backend.ops;
	struct uvio_backend slow = fake_backend;

	ops.domain_cleanup = cleanup_slowly;
	slow.ops = &ops;
	domain->backend = &slow;
	uvio_udev_close(other);
	uvio_udev_close(udev);
	other = udev = NULL;
	ASSERT(other_thread);
	pthread_join(other_thread, NULL);
	domain = NULL;
	ASSERT(!atomic_load(&freed_early));
	ASSERT(atomic_load(&freed));
}

static void another_backend_is_refused(void)
{
	const struct uvio_open_options options = {.backend = "vfio", .domain = domain};

	uvio_udev_close(other);
	other = NULL;
	ASSERT_ERR(uvio_udev_open(tree->ctx, OTHER, &options, &other), -EINVAL,
		OTHER ": the domain has devices of the fake backend (" EDU
		      "), which this device cannot join on vfio; use another domain");
}

static void the_domain_chooses_the_backend(void)
{
	const struct uvio_open_options options = {.domain = domain};

	uvio_udev_close(other);
	ASSERT_OK(uvio_udev_open(tree->ctx, OTHER, &options, &other));
	ASSERT_STR(uvio_udev_backend(other), "fake");
	ASSERT_STR(uvio_udev_transport(other), "");
}

static void an_open_that_fails_leaves_it_as_it_was(void)
{
	struct uvio_dma dma;

	uvio_udev_close(other);
	other = NULL;
	fake_faults.open = -EIO;
	ASSERT_ERR(open_in(OTHER, domain, &other), -EIO, "does not open");
	ASSERT_OK(uvio_dma_alloc(udev, 100, 0, &dma));
	ASSERT_OK(uvio_dma_free(udev, &dma));
}

static void empty_it_is_forgotten(void)
{
	uvio_udev_close(other);
	uvio_udev_close(udev);
	udev = NULL;
	ASSERT_OK(open_in(OTHER, domain, &other));
	ASSERT_ERR(uvio_domain_free(domain), -EBUSY, "domain of " OTHER ": 1 devices");
}

static void nothing_to_put_it_is_refused(void)
{
	ASSERT_ERR(uvio_domain_new(tree->ctx, NULL), -EINVAL, "domain: no context, or no pointer");
	ASSERT_OK(uvio_domain_free(NULL));
}

static CU_TestInfo tests[] = {
	TEST(memory_has_one_iova_for_all),
	TEST_FOR("vfio 39", mapping_twice_is_refused),
	TEST(the_mask_is_the_narrowest),
	TEST(it_is_that_of_the_cards_which_are_there),
	TEST(none_goes_beyond_the_mask_of_its_open),
	TEST(a_card_that_does_not_open_narrows_no_mask),
	TEST(empty_it_forgets_the_mask),
	TEST(allocated_memory_survives_the_last_device),
	TEST(the_callers_memory_is_his_after_the_last_device),
	TEST(also_where_the_kernel_did_not_unmap_it),
	TEST(memory_is_freed_without_a_device),
	TEST(memory_is_unmapped_by_the_domain),
	TEST(it_is_not_freed_under_its_devices),
	TEST(it_is_freed_once_the_last_device_has_left),
	TEST(another_backend_is_refused),
	TEST(the_domain_chooses_the_backend),
	TEST(an_open_that_fails_leaves_it_as_it_was),
	TEST(empty_it_is_forgotten),
	TEST(nothing_to_put_it_is_refused),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"domain", NULL, NULL, setup, teardown, tests},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
