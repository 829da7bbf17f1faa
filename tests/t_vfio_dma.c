/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

/* What is said to the IOMMU of VFIO, and what it may answer. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/dma.h>
#include <uvio/domain.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "harness.h"
#include "inject_ops.h"
#include "sim_vfio.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#define PAGE 4096
#define HUGE (2 << 20)

static struct uvio_dma_segment segment;

static void setup(void)
{
	sim_vfio_card(&sim_vfio, "vfio/group");
	card_open_asserted();
}

static void teardown(void)
{
	char left[256];

	card_discard();
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
}

/* Addresses are enough for a kernel that maps nothing really. */
static char *memory_of(size_t size)
{
	char *memory = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(memory != MAP_FAILED);
	return memory;
}

static int map(void *addr, size_t size)
{
	return uvio_dma_map(udev, addr, size, 0, &segment, 1);
}

static void sizes_have_64_bits(void)
{
	const uint64_t size = UINT64_C(5) << 30;
	struct uvio_region bar;
	char *memory;

	if (sizeof(size_t) < 8) {
		test_skip("this machine has 32 bits");
		return;
	}
	vfio.regions[0].size = size;
	ASSERT_OK(uvio_region_map(udev, 0, &bar));
	ASSERT_EQ(bar.size, size);
	uvio_write32(&bar, size - 4, 0x12345678);
	ASSERT_EQ(uvio_read32(&bar, size - 4), 0x12345678);
	ASSERT_EQ(uvio_read32(&bar, (uint32_t)size - 4), 0);
	memory = memory_of(size);
	ASSERT_EQ(map(memory, size), 1);
	ASSERT_EQ(segment.size, size);
	ASSERT_EQ(vfio.entries[0].size, size);
	ASSERT_OK(uvio_dma_unmap(udev, memory, size));
	munmap(memory, size);
}

static void the_pages_of_the_iommu_count(void)
{
	card_close();
	vfio.page = 1 << 16;
	card_open_asserted();
	ASSERT_ERR(map(card_memory(), PAGE), -EINVAL,
		"the IOMMU maps pages of 0x10000 bytes; align the address and the size to that");
	ASSERT_EQ(vfio.entry_count, 0);
}

static void the_librarys_memory_lies_in_whole_pages_of_the_iommu(void)
{
	const size_t large = 1 << 16;
	struct uvio_dma dma[3];

	card_close();
	vfio.page = large;
	card_open_asserted();
	for (size_t i = 0; i < 3; i++) {
		ASSERT_OK(uvio_dma_alloc(udev, i * large + 100, 0, &dma[i]));
		ASSERT_EQ(dma[i].size, i * large + 100);
		ASSERT_EQ((uintptr_t)dma[i].addr % large, 0);
		ASSERT_EQ(dma[i].iova % large, 0);
		ASSERT_EQ(vfio.entries[i].size, (i + 1) * large);
		memset(dma[i].addr, 1, (i + 1) * large);
	}
	for (size_t i = 0; i < 3; i++)
		ASSERT_OK(uvio_dma_free(udev, &dma[i]));
	ASSERT_ERR(uvio_dma_alloc(udev, SIZE_MAX - PAGE, 0, dma), -EOVERFLOW,
		"wrap when rounded to pages of the IOMMU");
}

/* One with larger pages comes later. */
static void memory_in_smaller_pages_keeps_a_device_out(void)
{
	struct uvio_domain *domain;
	struct uvio_dma dma;

	card_close();
	ASSERT_OK(uvio_domain_new(card.tree->ctx, &domain));
	card.options.domain = domain;
	card_open_asserted();
	ASSERT_OK(uvio_dma_alloc(udev, PAGE, 0, &dma));
	card_close();
	vfio.page = 1 << 16;
	ASSERT_ERR(card_open(), -EBUSY,
		"the domain has 0x1000 bytes of memory at IOVA 0x10000, and the IOMMU maps pages "
		"of 0x10000 bytes for this device; open the device first, or in a domain of its "
		"own");
	ASSERT_OK(uvio_domain_dma_free(domain, &dma));
	card_open_asserted();
	card_close();
	ASSERT_OK(uvio_domain_free(domain));
}

static void the_callers_memory_ends_with_the_last_device(void)
{
	struct uvio_domain *domain;
	struct uvio_dma dma;

	card_close();
	ASSERT_OK(uvio_domain_new(card.tree->ctx, &domain));
	card.options.domain = domain;
	card_open_asserted();
	ASSERT_OK(uvio_dma_alloc(udev, PAGE, 0, &dma));
	ASSERT_EQ(map(card_memory(), PAGE), 1);
	card_close();
	card_open_asserted();
	ASSERT_EQ(vfio.entry_count, 1);
	ASSERT_EQ(vfio.entries[0].iova, dma.iova);
	/* Its place is free for others. */
	ASSERT_EQ(map(card_memory(), PAGE), 1);
	card_close();
	ASSERT_OK(uvio_domain_dma_free(domain, &dma));
	card_open_asserted();
	ASSERT_EQ(vfio.entry_count, 0);
	card_close();
	ASSERT_OK(uvio_domain_free(domain));
}

static uint32_t flags_of_map, flags_of_unmap;

static void note_flags(unsigned long request, void *answer)
{
	if (request == VFIO_IOMMU_MAP_DMA)
		flags_of_map = ((struct vfio_iommu_type1_dma_map *)answer)->flags;
	if (request == VFIO_IOMMU_UNMAP_DMA)
		flags_of_unmap = ((struct vfio_iommu_type1_dma_unmap *)answer)->flags;
}

static void flags_are(uint32_t flags, uint32_t want)
{
	flags_of_unmap = UINT32_MAX;
	ASSERT_EQ(uvio_dma_map(udev, card_memory(), PAGE, flags, &segment, 1), 1);
	ASSERT_OK(uvio_dma_unmap(udev, card_memory(), PAGE));
	ASSERT_EQ(flags_of_map, want);
	ASSERT_EQ(flags_of_unmap, 0);
}

static void directions_are_flags_of_maps_only(void)
{
	vfio.lie = note_flags;
	flags_are(UVIO_DMA_TO_CARD, VFIO_DMA_MAP_FLAG_READ);
	flags_are(UVIO_DMA_FROM_CARD, VFIO_DMA_MAP_FLAG_WRITE);
	flags_are(0, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
}

static void unmap_nothing(unsigned long request, void *answer)
{
	if (request == VFIO_IOMMU_UNMAP_DMA)
		((struct vfio_iommu_type1_dma_unmap *)answer)->size = 0;
}

static void less_unmapped_than_asked_for_is_an_error(void)
{
	uint64_t first;

	ASSERT_EQ(map(card_memory(), PAGE), 1);
	first = segment.iova;
	vfio.lie = unmap_nothing;
	ASSERT_ERR(uvio_dma_unmap(udev, card_memory(), PAGE), -EIO,
		"the kernel did not unmap 0x1000 bytes at IOVA 0x10000");
	vfio.lie = NULL;
	/* Its addresses are not given to others. */
	ASSERT_EQ(map((char *)card_memory() + PAGE, PAGE), 1);
	ASSERT(segment.iova != first);
}

static unsigned int unmaps;

static void count_unmaps(unsigned long request, void *answer)
{
	(void)answer;
	unmaps += request == VFIO_IOMMU_UNMAP_DMA;
}

static void a_close_unmaps_nothing_one_by_one(void)
{
	struct uvio_dma dma;
	unsigned char seen;

	unmaps = 0;
	ASSERT_EQ(map(card_memory(), PAGE), 1);
	ASSERT_OK(uvio_dma_alloc(udev, PAGE, 0, &dma));
	vfio.lie = count_unmaps;
	card_close();
	ASSERT_EQ(unmaps, 0);
	ASSERT_EQ(vfio.entry_count, 0);
	ASSERT(mincore(dma.addr, PAGE, &seen) && errno == ENOMEM);
}

static void neighbours_are_mapped_and_unmapped_apart(void)
{
	char *memory = card_memory();

	ASSERT_EQ(map(memory, PAGE), 1);
	ASSERT_EQ(map(memory + PAGE, 2 * PAGE), 1);
	ASSERT_EQ(vfio.entry_count, 2);
	ASSERT_ERR(uvio_dma_unmap(udev, memory, 3 * PAGE), -EINVAL,
		"use the address and the size of the whole mapping");
	ASSERT_ERR(uvio_dma_unmap(udev, memory + PAGE, PAGE), -EINVAL, "of the whole mapping");
	ASSERT_OK(uvio_dma_unmap(udev, memory, PAGE));
	ASSERT_EQ(vfio.entry_count, 1);
	ASSERT_EQ(vfio.entries[0].size, 2 * PAGE);
}

/* As where a device with reserved memory has joined. */
static void reserve_the_lowest_gib(unsigned long request, void *answer)
{
	struct vfio_iommu_type1_info *info = answer;

	if (request == VFIO_IOMMU_GET_INFO && info->cap_offset)
		((struct vfio_iommu_type1_info_cap_iova_range *)(info + 1))->iova_ranges[0].start =
			1 << 30;
}

static void ranges_are_read_again_with_each_device(void)
{
	struct uvio_domain *domain;
	struct uvio_dma dma;

	card_close();
	ASSERT_OK(uvio_domain_new(card.tree->ctx, &domain));
	card.options.domain = domain;
	vfio.lie = reserve_the_lowest_gib;
	card_open_asserted();
	ASSERT_EQ(map(card_memory(), PAGE), 1);
	ASSERT_EQ(segment.iova, 1 << 30);
	ASSERT_OK(uvio_dma_unmap(udev, card_memory(), PAGE));
	card_close();
	vfio.lie = NULL;
	card_open_asserted();
	ASSERT_OK(uvio_dma_alloc(udev, PAGE, 0, &dma));
	ASSERT_EQ(dma.iova, 0x10000);
	card_close();
	vfio.lie = reserve_the_lowest_gib;
	ASSERT_ERR(card_open(), -EBUSY,
		"the domain has memory at IOVA 0x10000, which the IOMMU does not map for this "
		"device; open the device first, or in a domain of its own");
	ASSERT_OK(uvio_domain_free(domain));
}

/* So that the IOMMU can map it by huge pages, too. */
static void large_memory_lies_in_its_pages_as_in_those_of_the_iommu(void)
{
	char *memory = memory_of(4 * HUGE), *aligned = memory + HUGE;

	aligned -= (uintptr_t)aligned % HUGE;
	ASSERT_EQ(map(card_memory(), PAGE), 1);
	ASSERT_EQ(map(aligned, 2 * HUGE), 1);
	ASSERT_EQ(segment.iova % HUGE, 0);
	ASSERT_OK(uvio_dma_unmap(udev, aligned, 2 * HUGE));
	munmap(memory, 4 * HUGE);
}

static void the_iommu_pins_memory(void)
{
	ASSERT(uvio_caps(udev) & UVIO_CAP_DMA_PINNED);
}

/* What is not there cannot be written to, and a write cannot make the parent's pages copies. */
static void a_buffer_is_not_in_children(void)
{
	unsigned char seen;
	struct uvio_dma dma;
	int status = -1;
	pid_t child;

	ASSERT_OK(uvio_dma_alloc(udev, PAGE, 0, &dma));
	*(volatile char *)dma.addr = 1;
	child = fork();
	if (!child)
		_exit(mincore(dma.addr, PAGE, &seen) && errno == ENOMEM ? 0 : 1);
	ASSERT_EQ(waitpid(child, &status, 0), child);
	ASSERT_EQ(status, 0);
	ASSERT_OK(uvio_dma_free(udev, &dma));
}

/* In the order of the kernel's documentation: nobody else gets pages that the card still reaches.
 */
static void memory_is_unmapped_before_it_is_given_back(void)
{
	unsigned char seen;
	struct uvio_dma dma;
	void *addr;

	ASSERT_OK(uvio_dma_alloc(udev, PAGE, 0, &dma));
	addr = dma.addr;
	vfio.lie = unmap_nothing;
	ASSERT_ERR(uvio_dma_free(udev, &dma), -EIO, "did not unmap");
	ASSERT_EQ(mincore(addr, PAGE, &seen), 0);
	vfio.lie = NULL;
	/* Closing the container takes it from the card. */
	card_close();
	ASSERT(mincore(addr, PAGE, &seen) && errno == ENOMEM);
}

static char *behind;

/* Of a device is the page in front of @behind; the calls for both are refused, as for one. */
static int has_a_device(void *addr, size_t size, int advice)
{
	if (advice != MADV_POPULATE_READ && advice != MADV_POPULATE_WRITE)
		return SIM_NOT_MINE;
	return (char *)addr < behind && (char *)addr + size > behind - PAGE ? -EINVAL
									    : SIM_NOT_MINE;
}

/* The kernel maps both, and the card must not get the page of zeros for the second. */
static void memory_behind_that_of_a_device_is_the_programs_own(void)
{
	static struct sim kernel;
	char *memory = memory_of(3 * PAGE);
	unsigned char is_there = 0;

	ASSERT(!mprotect(memory, 3 * PAGE, PROT_READ | PROT_WRITE));
	behind = memory + 2 * PAGE;
	kernel = sim_vfio;
	kernel.madvise = has_a_device;
	sim = &kernel;
	ASSERT_EQ(uvio_dma_map(udev, memory, 3 * PAGE, UVIO_DMA_TO_CARD, &segment, 1), 1);
	ASSERT_STR(uvio_last_error(), "");
	ASSERT(!mincore(behind, PAGE, &is_there) && is_there & 1);
	ASSERT(!mincore(behind - PAGE, PAGE, &is_there) && !(is_there & 1));
	ASSERT_OK(uvio_dma_unmap(udev, memory, 3 * PAGE));
	munmap(memory, 3 * PAGE);
	sim = &sim_vfio;
}

static CU_TestInfo cases[] = {
	{"memory behind that of a device is the program's own",
		memory_behind_that_of_a_device_is_the_programs_own},
	{"sizes have 64 bits (vfio 6)", sizes_have_64_bits},
	{"the pages of the IOMMU count (vfio 31)", the_pages_of_the_iommu_count},
	{"the library's memory lies in whole pages of the IOMMU (vfio 31)",
		the_librarys_memory_lies_in_whole_pages_of_the_iommu},
	{"memory in smaller pages keeps a device out", memory_in_smaller_pages_keeps_a_device_out},
	{"the caller's memory ends with the last device",
		the_callers_memory_ends_with_the_last_device},
	{"directions are flags of maps only (vfio 34 and 35)", directions_are_flags_of_maps_only},
	{"less unmapped than asked for is an error (vfio 36 and 37)",
		less_unmapped_than_asked_for_is_an_error},
	{"neighbours are mapped and unmapped apart (vfio 38)",
		neighbours_are_mapped_and_unmapped_apart},
	{"a close unmaps nothing one by one", a_close_unmaps_nothing_one_by_one},
	{"ranges are read again with each device (vfio 41)",
		ranges_are_read_again_with_each_device},
	{"large memory lies in its pages as in those of the IOMMU (vfio 46)",
		large_memory_lies_in_its_pages_as_in_those_of_the_iommu},
	{"the IOMMU pins memory (vfio 47)", the_iommu_pins_memory},
	{"a buffer is not in children (vfio 48) (uio 3.31)", a_buffer_is_not_in_children},
	{"memory is unmapped before it is given back (vfio 49)",
		memory_is_unmapped_before_it_is_given_back},
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"DMA on vfio", NULL, NULL, setup, teardown, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
