/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uvio/dma.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/table.h"
#include "dma/dma.h"
#include "fixture.h"

#define MANY 1000

static unsigned char *memory;
static size_t page;
static struct uvio_dma_segment segments[16];

static void setup(void)
{
	page = (size_t)sysconf(_SC_PAGESIZE);
	memory = mmap(NULL, 16 * page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT(memory != MAP_FAILED);
	fixture_open();
}

static void teardown(void)
{
	fixture_close();
	munmap(memory, 16 * page);
}

static int map(size_t at, size_t pages)
{
	return uvio_dma_map(udev, memory + at * page, pages * page, 0, segments, 16);
}

static int unmap(size_t at, size_t pages)
{
	return uvio_dma_unmap(udev, memory + at * page, pages * page);
}

static void a_buffer_is_zeroed_and_its_size_is_kept(void)
{
	struct uvio_dma dma;

	ASSERT_OK(uvio_dma_alloc(udev, 100, 0, &dma));
	ASSERT_EQ(dma.size, 100);
	ASSERT(dma.iova);
	for (size_t i = 0; i < page; i++)
		ASSERT_EQ(((unsigned char *)dma.addr)[i], 0);
	ASSERT_OK(uvio_dma_free(udev, &dma));
	ASSERT(!dma.addr && !dma.iova && !dma.size);
}

static void a_large_buffer_is_contiguous(void)
{
	uint64_t iova, contiguous;
	struct uvio_dma dma;

	ASSERT_OK(uvio_dma_alloc(udev, 5 * page + 1, 0, &dma));
	ASSERT_OK(uvio_dma_iova(udev, (char *)dma.addr + 5 * page, &iova, &contiguous));
	ASSERT_EQ(iova, dma.iova + 5 * page);
	ASSERT_EQ(contiguous, page);
	ASSERT_OK(uvio_dma_free(udev, &dma));
}

static void a_buffer_of_nothing_is_refused(void)
{
	struct uvio_dma dma;

	ASSERT_ERR(uvio_dma_alloc(udev, 0, 0, &dma), -EINVAL, EDU ": DMA alloc: a size of 0");
}

static void a_buffer_that_wraps_is_refused(void)
{
	struct uvio_dma dma;

	ASSERT_ERR(uvio_dma_alloc(udev, SIZE_MAX, 0, &dma), -EOVERFLOW,
		EDU ": DMA alloc: 0xffffffffffffffff bytes wrap when rounded to pages");
}

static void a_buffer_that_nobody_has_is_refused(void)
{
	struct uvio_dma dma;

	ASSERT_ERR(
		uvio_dma_alloc(udev, SIZE_MAX / 2, 0, &dma), -ENOMEM, "DMA alloc: no memory for");
}

static void unknown_flags_are_refused(void)
{
	struct uvio_dma dma;

	ASSERT_ERR(uvio_dma_alloc(udev, 1, 4, &dma), -EINVAL, EDU ": DMA: unknown flags 0x4");
	ASSERT_ERR(uvio_dma_map(udev, memory, page, 8, segments, 16), -EINVAL, "unknown flags 0x8");
}

static void no_flag_means_both(void)
{
	ASSERT_EQ(map(0, 1), 1);
	ASSERT_EQ(fake_windows_of(udev)[0].flags, UVIO_DMA_TO_CARD | UVIO_DMA_FROM_CARD);
}

static void one_flag_is_one_way(void)
{
	ASSERT_EQ(uvio_dma_map(udev, memory, page, UVIO_DMA_TO_CARD, segments, 16), 1);
	ASSERT_EQ(fake_windows_of(udev)[0].flags, UVIO_DMA_TO_CARD);
}

static void a_buffer_is_freed_once(void)
{
	struct uvio_dma dma, again;

	ASSERT_OK(uvio_dma_alloc(udev, 1, 0, &dma));
	again = dma;
	ASSERT_OK(uvio_dma_free(udev, &dma));
	ASSERT_ERR(uvio_dma_free(udev, &again), -EINVAL, "were not allocated");
	ASSERT_ERR(uvio_dma_free(udev, &dma), -EINVAL, "were not allocated");
}

static void the_callers_memory_is_not_freed_as_a_buffer(void)
{
	struct uvio_dma dma = {.addr = memory, .size = page};

	ASSERT_EQ(map(0, 1), 1);
	ASSERT_ERR(uvio_dma_free(udev, &dma), -EINVAL, "were not allocated");
	ASSERT_OK(unmap(0, 1));
}

static void a_buffer_is_not_unmapped_as_the_callers_memory(void)
{
	struct uvio_dma dma;

	ASSERT_OK(uvio_dma_alloc(udev, page, 0, &dma));
	ASSERT_ERR(uvio_dma_unmap(udev, dma.addr, page), -EINVAL, "were not mapped");
	ASSERT_OK(uvio_dma_free(udev, &dma));
}

static void memory_comes_back_in_segments(void)
{
	ASSERT_EQ(map(0, 3), 3);
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(segments[i].size, page);
	ASSERT(segments[1].iova > segments[0].iova + page);
	ASSERT(segments[2].iova > segments[1].iova + page);
}

static void nothing_is_refused(void)
{
	ASSERT_ERR(map(0, 0), -EINVAL, EDU ": DMA: a size of 0");
}

static void memory_that_is_not_aligned_is_refused(void)
{
	ASSERT_ERR(uvio_dma_map(udev, memory + 1, page, 0, segments, 16), -EINVAL,
		"address and size must be multiples of the page size, ");
	ASSERT_ERR(uvio_dma_map(udev, memory, page - 1, 0, segments, 16), -EINVAL, "page size");
}

static void memory_that_wraps_is_refused(void)
{
	ASSERT_ERR(uvio_dma_map(udev, (void *)(UINTPTR_MAX - page + 1), 2 * page, 0, segments, 16),
		-EOVERFLOW, "wrap round the end of the address space");
}

static void memory_that_overlaps_is_refused(void)
{
	ASSERT_EQ(map(4, 4), 4);
	ASSERT_ERR(map(4, 4), -EEXIST, "overlap an existing mapping; unmap that first");
	ASSERT_ERR(map(2, 3), -EEXIST, "overlap");
	ASSERT_ERR(map(7, 2), -EEXIST, "overlap");
	ASSERT_ERR(map(5, 1), -EEXIST, "overlap");
	ASSERT_ERR(map(0, 16), -EEXIST, "overlap");
	ASSERT_EQ(fake_windows, 4);
}

static void memory_that_touches_is_mapped(void)
{
	ASSERT_EQ(map(4, 4), 4);
	ASSERT_EQ(map(0, 4), 4);
	ASSERT_EQ(map(8, 4), 4);
}

static void too_many_segments_map_nothing(void)
{
	ASSERT_ERR(uvio_dma_map(udev, memory, 5 * page, 0, segments, 4), -E2BIG,
		EDU ": DMA map: the memory lies in 5 pieces, and the capacity is 4");
	ASSERT_EQ(fake_windows, 0);
	ASSERT_EQ(map(0, 5), 5);
}

/* What another thread does as soon as the table is free. */
static void (*meanwhile)(void);
static struct uvio_dma_segment others[16];

int __real_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);

int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	int rc = __real_pthread_mutex_unlock(mutex);
	void (*act)(void) = meanwhile;

	if (act && udev && mutex == &udev->domain->dma.lock) {
		meanwhile = NULL;
		act();
	}
	return rc;
}

static void map_more_instead(void)
{
	ASSERT_OK(unmap(0, 2));
	ASSERT_EQ(uvio_dma_map(udev, memory + 4 * page, 12 * page, 0, others, 16), 12);
}

static void another_thread_may_unmap_it_at_once(void)
{
	memset(segments, 0xee, sizeof(segments));
	meanwhile = map_more_instead;
	ASSERT_EQ(map(0, 2), 2);
	ASSERT(!meanwhile);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(segments[i].size, page);
	ASSERT(segments[0].iova < others[0].iova);
	ASSERT_EQ(segments[2].iova, UINT64_C(0xeeeeeeeeeeeeeeee));
	ASSERT_OK(unmap(4, 12));
}

static uint64_t first_iova;
static struct uvio_dma second;

static void allocate_another_instead(void)
{
	struct uvio_dma first = {.addr = fake_windows_of(udev)[0].addr};

	first_iova = fake_windows_of(udev)[0].iova;
	ASSERT_OK(uvio_dma_free(udev, &first));
	ASSERT_OK(uvio_dma_alloc(udev, 3 * page, 0, &second));
}

static void another_thread_may_free_it_at_once(void)
{
	struct uvio_dma dma;

	meanwhile = allocate_another_instead;
	ASSERT_OK(uvio_dma_alloc(udev, page, 0, &dma));
	ASSERT_EQ(dma.iova, first_iova);
	ASSERT_EQ(dma.size, page);
	ASSERT_OK(uvio_dma_free(udev, &second));
}

static void a_map_that_fails_leaves_nothing(void)
{
	fake_faults.dma_map = -ENOSPC;
	ASSERT_ERR(map(0, 4), -ENOSPC, "the fake IOMMU is full");
	fake_faults.dma_map = 0;
	ASSERT_EQ(map(0, 4), 4);
}

static void what_was_not_mapped_is_not_unmapped(void)
{
	ASSERT_ERR(unmap(0, 1), -EINVAL, "bytes at ");
	ASSERT_EQ(map(4, 4), 4);
	ASSERT_ERR(unmap(4, 3), -EINVAL,
		"were not mapped; use the address and the size of the whole mapping");
	ASSERT_ERR(unmap(5, 3), -EINVAL, "were not mapped");
	ASSERT_ERR(unmap(3, 5), -EINVAL, "were not mapped");
	ASSERT_OK(unmap(4, 4));
	ASSERT_ERR(unmap(4, 4), -EINVAL, "were not mapped");
}

static void an_unmap_that_fails_keeps_the_entry(void)
{
	uint64_t iova;

	ASSERT_EQ(map(0, 1), 1);
	fake_faults.dma_unmap = -EIO;
	ASSERT_ERR(unmap(0, 1), -EIO, "the fake IOMMU is stuck");
	ASSERT_OK(uvio_dma_iova(udev, memory, &iova, NULL));
	fake_faults.dma_unmap = 0;
	ASSERT_OK(unmap(0, 1));
}

static void an_address_is_looked_up(void)
{
	uint64_t iova, contiguous;

	ASSERT_EQ(map(2, 3), 3);
	ASSERT_OK(uvio_dma_iova(udev, memory + 2 * page, &iova, &contiguous));
	ASSERT_EQ(iova, segments[0].iova);
	ASSERT_EQ(contiguous, page);
	ASSERT_OK(uvio_dma_iova(udev, memory + 3 * page - 1, &iova, &contiguous));
	ASSERT_EQ(iova, segments[0].iova + page - 1);
	ASSERT_EQ(contiguous, 1);
	ASSERT_OK(uvio_dma_iova(udev, memory + 4 * page + 5, &iova, NULL));
	ASSERT_EQ(iova, segments[2].iova + 5);
}

static void an_address_among_hundreds_of_segments_is_looked_up(void)
{
	static struct uvio_dma_segment all[MANY];
	unsigned char *many = mmap(NULL, MANY * page, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t iova, contiguous;

	ASSERT(many != MAP_FAILED);
	for (size_t count = 1; count <= MANY; count += 1 + count / 3) {
		ASSERT_EQ(uvio_dma_map(udev, many, count * page, 0, all, MANY), count);
		for (size_t i = 0; i < count; i++) {
			ASSERT_EQ(all[i].size, page);
			ASSERT_OK(uvio_dma_iova(udev, many + i * page + 16, &iova, &contiguous));
			ASSERT_EQ(iova, all[i].iova + 16);
			ASSERT_EQ(contiguous, page - 16);
			ASSERT_OK(uvio_dma_iova(udev, many + (i + 1) * page - 1, &iova, NULL));
			ASSERT_EQ(iova, all[i].iova + page - 1);
		}
		ASSERT_OK(uvio_dma_unmap(udev, many, count * page));
	}
	munmap(many, MANY * page);
}

/* As a backend makes them: of any size, and joined where they touch. */
static void segments_have_any_size(void)
{
	struct uvio_mapping mapping = {.capacity = 1, .segments = &mapping.one};

	for (uint64_t i = 0; i < 100; i++)
		ASSERT_EQ(uvio_mapping_add(&mapping, (i % 3 ? i : ~i & 0xffff) << 12, 0x1000), 0);
	ASSERT_EQ(mapping.segment_count, 67);
	ASSERT_EQ(mapping.filled, 100 << 12);
	for (unsigned int i = 0; i < 67; i++) {
		unsigned int page_number = i / 2 * 3 + i % 2;

		ASSERT_EQ(mapping.segments[i].iova >> 12,
			i % 2 ? page_number : ~page_number & 0xffff);
		ASSERT_EQ(mapping.segments[i].begin >> 12, page_number);
	}
	free(mapping.segments);
}

static void an_address_that_is_not_mapped_is_none(void)
{
	uint64_t iova;

	ASSERT_EQ(map(2, 3), 3);
	ASSERT_ERR(
		uvio_dma_iova(udev, memory + 2 * page - 1, &iova, NULL), -EFAULT, "is not mapped");
	ASSERT_ERR(uvio_dma_iova(udev, memory + 5 * page, &iova, NULL), -EFAULT, "is not mapped");
	ASSERT_ERR(uvio_dma_iova(udev, NULL, &iova, NULL), -EFAULT, "is not mapped");
}

static void a_mask_is_all_ones(void)
{
	ASSERT_ERR(uvio_dma_set_mask(udev, 0xfffffffe), -EINVAL,
		EDU ": DMA mask 0xfffffffe: it must be 2^n - 1, as 0xffffffff");
	ASSERT_ERR(uvio_dma_set_mask(udev, 0xfff00fff), -EINVAL, "2^n - 1");
	ASSERT_ERR(uvio_dma_set_mask(udev, 0x7ff), -EINVAL, "2^n - 1");
	ASSERT_ERR(uvio_dma_set_mask(udev, 0), -EINVAL, "2^n - 1");
	ASSERT_OK(uvio_dma_set_mask(udev, 0xffffffff));
	ASSERT_OK(uvio_dma_set_mask(udev, UINT64_MAX));
}

static void a_mask_limits_what_is_mapped_afterwards(void)
{
	ASSERT_OK(uvio_dma_set_mask(udev, 0xfffff));
	ASSERT_ERR(map(0, 1), -ENOSPC, "nothing is free below the DMA mask 0xfffff");
	ASSERT_OK(uvio_dma_set_mask(udev, 0x1fffff));
	ASSERT_EQ(map(0, 1), 1);
}

static void a_mask_below_what_is_mapped_is_refused(void)
{
	ASSERT_EQ(map(0, 1), 1);
	ASSERT_ERR(uvio_dma_set_mask(udev, 0xfffff), -EBUSY,
		EDU ": DMA mask 0xfffff: memory above it is mapped; unmap the memory first");
	ASSERT_OK(unmap(0, 1));
	ASSERT_OK(uvio_dma_set_mask(udev, 0xfffff));
}

static void a_mask_may_be_given_at_open(void)
{
	ASSERT_OK(fixture_reopen((struct uvio_open_options){.dma_mask = 0xfffff}));
	ASSERT_ERR(map(0, 1), -ENOSPC, "DMA mask 0xfffff");
}

static void a_mask_never_goes_beyond_that_of_the_open(void)
{
	ASSERT_OK(fixture_reopen((struct uvio_open_options){.dma_mask = 0xfffff}));
	ASSERT_OK(uvio_dma_set_mask(udev, UINT64_MAX));
	ASSERT_ERR(map(0, 1), -ENOSPC, "DMA mask 0xfffff");
}

static void a_wrong_mask_at_open_is_refused(void)
{
	ASSERT_ERR(fixture_reopen((struct uvio_open_options){.dma_mask = 5}), -EINVAL, "2^n - 1");
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
}

static void close_unmaps_everything(void)
{
	struct uvio_dma dma;

	ASSERT_EQ(map(0, 8), 8);
	ASSERT_OK(uvio_dma_alloc(udev, 3 * page, 0, &dma));
	ASSERT_EQ(fake_windows, 9);
	uvio_udev_close(udev);
	udev = NULL;
	ASSERT_EQ(fake_windows, 0);
	memory[0] = 1; /* stays the caller's */
}

/* What the card may still reach must not become somebody else's memory. */
static void memory_that_cannot_be_unmapped_is_not_given_back(void)
{
	struct uvio_dma dma;

	ASSERT_OK(uvio_dma_alloc(udev, page, 0, &dma));
	fake_faults.dma_unmap = -EIO;
	uvio_udev_close(udev);
	udev = NULL;
	ASSERT_EQ(msync(dma.addr, page, MS_ASYNC), 0);
	munmap(dma.addr, page);
}

/* In an order that is neither up nor down. */
static size_t shuffled(size_t i)
{
	return i * 617 % MANY;
}

static void a_thousand_mappings_are_kept_apart(void)
{
	unsigned char *many = mmap(NULL, MANY * page, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	static uint64_t iovas[MANY];
	uint64_t iova;

	ASSERT(many != MAP_FAILED);
	for (size_t i = 0; i < MANY; i++) {
		size_t n = shuffled(i);

		ASSERT_EQ(uvio_dma_map(udev, many + n * page, page, 0, segments, 1), 1);
		iovas[n] = segments[0].iova;
	}
	for (size_t i = 0; i < MANY; i++) {
		ASSERT_OK(uvio_dma_iova(udev, many + i * page + i, &iova, NULL));
		ASSERT_EQ(iova, iovas[i] + i);
	}
	for (size_t i = 0; i < MANY; i += 2)
		ASSERT_OK(uvio_dma_unmap(udev, many + shuffled(i) * page, page));
	for (size_t i = 0; i < MANY; i++)
		ASSERT_EQ(uvio_dma_iova(udev, many + shuffled(i) * page, &iova, NULL),
			i % 2 ? 0 : -EFAULT);
	ASSERT_EQ(fake_windows, MANY / 2);
	munmap(many, MANY * page);
}

static void scattered_memory_is_one_piece_where_it_can_be(void)
{
	struct uvio_dma_segment pieces[2];
	struct uvio_dma dma;

	ASSERT_EQ(uvio_dma_alloc_scattered(udev, 3 * page + 1, 0, pieces, 2, &dma), 1);
	ASSERT_EQ(pieces[0].iova, dma.iova);
	ASSERT_EQ(pieces[0].size, 4 * page);
	ASSERT_EQ(dma.size, 3 * page + 1);
	ASSERT_OK(uvio_dma_free(udev, &dma));
	ASSERT_ERR(uvio_dma_alloc_scattered(udev, page, 0, NULL, 2, &dma), -EINVAL,
		"no array for the segments (NULL)");
}

static void pages_that_cannot_move_need_no_look(void)
{
	struct uvio_dma dma;

	ASSERT_OK(uvio_dma_alloc(udev, 2 * page, 0, &dma));
	ASSERT_OK(uvio_dma_verify(udev, dma.addr, 2 * page));
	ASSERT_OK(uvio_dma_verify(udev, (char *)dma.addr + 1, 1));
	ASSERT_ERR(uvio_dma_verify(udev, dma.addr, 2 * page + 1), -EFAULT, "not mapped as one");
	ASSERT_ERR(uvio_dma_verify(udev, dma.addr, 0), -EINVAL, "a size of 0");
	ASSERT_OK(uvio_dma_free(udev, &dma));
}

static void memory_of_kernel_drivers_is_not_for_every_backend(void)
{
	struct uvio_dma dma;

	ASSERT_ERR(uvio_dma_from_region(udev, 1, &dma), -ENOTSUP,
		EDU ": the fake backend does not map memory of a UIO driver; use uvio_dma_alloc()");
	ASSERT_ERR(uvio_dma_import(udev, "udmabuf0", 0, &dma), -ENOTSUP,
		EDU ": the fake backend does not map buffers of u-dma-buf");
}

static void a_device_that_is_gone_maps_nothing(void)
{
	struct uvio_dma dma;

	ASSERT_OK(uvio_dma_alloc(udev, 1, 0, &dma));
	fake_faults.all_ones = true;
	ASSERT(!uvio_udev_alive(udev));
	ASSERT_ERR(map(0, 1), -ENODEV, "the device is gone");
	ASSERT_OK(uvio_dma_free(udev, &dma));
}

/* The end of the address space ends the table, too: with and without mappings in it. */
static void the_last_address_is_never_mapped(void)
{
	struct uvio_dma_segment segment;
	uint64_t iova;

	for (int i = 0; i < 2; i++) {
		ASSERT_ERR(uvio_dma_iova(udev, (void *)UINTPTR_MAX, &iova, NULL), -EFAULT,
			"is not mapped");
		ASSERT_ERR(uvio_dma_map(udev, (void *)-4096, 4096, 0, &segment, 1), -EOVERFLOW,
			"wrap round the end");
		ASSERT_ERR(uvio_dma_unmap(udev, (void *)-4096, 4096), -EINVAL, "were not mapped");
		if (!i)
			ASSERT_EQ(uvio_dma_map(udev, memory, 4096, 0, &segment, 1), 1);
	}
}

static CU_TestInfo buffers[] = {
	TEST(the_last_address_is_never_mapped),
	TEST(a_buffer_is_zeroed_and_its_size_is_kept),
	TEST(a_large_buffer_is_contiguous),
	TEST(a_buffer_of_nothing_is_refused),
	TEST(a_buffer_that_wraps_is_refused),
	TEST(a_buffer_that_nobody_has_is_refused),
	TEST(unknown_flags_are_refused),
	TEST_FOR("vfio 34", no_flag_means_both),
	TEST(one_flag_is_one_way),
	TEST(a_buffer_is_freed_once),
	TEST(the_callers_memory_is_not_freed_as_a_buffer),
	TEST(a_buffer_is_not_unmapped_as_the_callers_memory),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo mapping[] = {
	TEST(memory_comes_back_in_segments),
	TEST_FOR("vfio 32", nothing_is_refused),
	TEST_FOR("vfio 31", memory_that_is_not_aligned_is_refused),
	TEST_FOR("vfio 32", memory_that_wraps_is_refused),
	TEST_FOR("vfio 39", memory_that_overlaps_is_refused),
	TEST(memory_that_touches_is_mapped),
	TEST(too_many_segments_map_nothing),
	TEST(another_thread_may_unmap_it_at_once),
	TEST(another_thread_may_free_it_at_once),
	TEST_FOR("vfio 51", a_map_that_fails_leaves_nothing),
	TEST_FOR("vfio 37 and 38", what_was_not_mapped_is_not_unmapped),
	TEST(an_unmap_that_fails_keeps_the_entry),
	TEST(an_address_is_looked_up),
	TEST(an_address_among_hundreds_of_segments_is_looked_up),
	TEST(segments_have_any_size),
	TEST(an_address_that_is_not_mapped_is_none),
	TEST(close_unmaps_everything),
	TEST_FOR("vfio 49", memory_that_cannot_be_unmapped_is_not_given_back),
	TEST(a_thousand_mappings_are_kept_apart),
	TEST(scattered_memory_is_one_piece_where_it_can_be),
	TEST(pages_that_cannot_move_need_no_look),
	TEST(memory_of_kernel_drivers_is_not_for_every_backend),
	TEST(a_device_that_is_gone_maps_nothing),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo masks[] = {
	TEST(a_mask_is_all_ones),
	TEST_FOR("vfio 43", a_mask_limits_what_is_mapped_afterwards),
	TEST(a_mask_below_what_is_mapped_is_refused),
	TEST(a_mask_may_be_given_at_open),
	TEST(a_mask_never_goes_beyond_that_of_the_open),
	TEST(a_wrong_mask_at_open_is_refused),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"buffer", NULL, NULL, setup, teardown, buffers},
	{"map", NULL, NULL, setup, teardown, mapping},
	{"mask", NULL, NULL, setup, teardown, masks},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
