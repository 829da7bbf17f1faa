/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Where memory for DMA by physical address comes from, and what becomes of it. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/dma.h>
#include <uvio/error.h>
#include <uvio/udev.h>

#include "harness.h"
#include "inject_ops.h"
#include "sim_uio.h"

#define PAGE 4096
#define MIB (1 << 20)
#define GIB (UINT64_C(1) << 30)
#define BUFFER "sys/class/u-dma-buf/udmabuf0"
#define MAP EDU_FOLDER "/uio/uio0/maps/map1"
#define SEGMENTS 2048
#define RESERVED "sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages"

static struct uvio_dma_segment segments[SEGMENTS];
static struct uvio_dma dma;

static void open_with(uint32_t flags, uint64_t mask)
{
	card.options = (struct uvio_open_options){.backend = "uio", .flags = flags};
	card.options.dma_mask = mask;
	card_open_asserted();
}

static void setup(void)
{
	sim = &sim_uio;
	card = (struct card){.tree = tree_new("edu-uio"), .command = sim_uio_command};
	inject_reset(card.tree->root);
	sim_uio_reset(card.tree);
	sim_uio_add_memory(card.tree);
	open_with(UVIO_OPEN_UNSAFE_DMA, 0);
}

static void teardown(void)
{
	card_discard();
}

static void nothing_is_left(void)
{
	char left[512];

	card_close();
	inject_left(left, sizeof(left));
	ASSERT_STR(left, "");
}

static void open_again(uint32_t flags, uint64_t mask)
{
	card_close();
	open_with(flags, mask);
}

static uint64_t contiguous_from(const void *addr)
{
	uint64_t iova, contiguous;

	ASSERT_OK(uvio_dma_iova(udev, addr, &iova, &contiguous));
	return contiguous;
}

static unsigned int log2_of_last(void)
{
	return (unsigned int)uio.mmap_flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;
}

static void the_smallest_huge_page_that_fits_is_taken(void)
{
	uio.huge = 2 * MIB + GIB;
	ASSERT_OK(uvio_dma_alloc(udev, MIB, 0, &dma));
	ASSERT_EQ(log2_of_last(), 21);
	ASSERT_EQ(contiguous_from(dma.addr), 2 * MIB);
	ASSERT_OK(uvio_dma_free(udev, &dma));
	ASSERT_OK(uvio_dma_alloc(udev, 3 * MIB, 0, &dma));
	ASSERT_EQ(log2_of_last(), 30);
	ASSERT_EQ(dma.size, 3 * MIB);
	ASSERT_EQ(contiguous_from(dma.addr), GIB);
	ASSERT_OK(uvio_dma_free(udev, &dma));
}

static void a_larger_one_is_taken_where_none_else_is_free(void)
{
	uio.huge = GIB;
	ASSERT_OK(uvio_dma_alloc(udev, MIB, 0, &dma));
	ASSERT_EQ(log2_of_last(), 30);
}

/* Not a GiB of zeros for a descriptor ring. */
static void one_page_takes_no_more_than_the_smallest(void)
{
	uio.huge = GIB;
	ASSERT_OK(uvio_dma_alloc(udev, 100, 0, &dma));
	ASSERT(!(uio.mmap_flags & MAP_HUGETLB));
	ASSERT_EQ(contiguous_from(dma.addr), PAGE);
}

static void what_is_free_is_told(void)
{
	uio.huge = 0;
	ASSERT_ERR(uvio_dma_alloc(udev, 64 * 1024, 0, &dma), -ENOMEM,
		EDU ": DMA alloc: 0x10000 bytes: the kernel does not allocate any of the free huge "
		    "pages (4 of 2048 kB, 0 of 1048576 kB); perhaps the "
		    "control group has reached its limit; look at hugetlb.*.max");
	/* Others have mapped memory of them, and not used it yet. */
	tree_change(card.tree, "file " RESERVED " 4\\n");
	ASSERT_ERR(uvio_dma_alloc(udev, 64 * 1024, 0, &dma), -ENOMEM,
		EDU ": DMA alloc: 0x10000 bytes: no huge page is free (0 of 2048 kB, 0 of "
		    "1048576 kB); reserve some: sysctl vm.nr_hugepages=16");
	ASSERT_ERR(uvio_dma_alloc(udev, 3 * MIB, 0, &dma), -ENOMEM,
		"/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages");
}

static void what_no_page_holds_is_refused(void)
{
	ASSERT_ERR(uvio_dma_alloc(udev, 2 * GIB, 0, &dma), -ENOMEM,
		"on uio a buffer has one huge page at most, and the largest has 1048576 kB; use "
		"uvio_dma_alloc_scattered(); or use the vfio backend");
}

/* Nobody is sent where nothing can be had. */
static void without_an_iommu_vfio_is_not_advised(void)
{
	tree_change(card.tree, "remove " EDU_FOLDER "/iommu_group");
	ASSERT_ERR(
		uvio_dma_alloc(udev, 2 * GIB, 0, &dma), -ENOMEM, "use uvio_dma_alloc_scattered()");
	ASSERT(!strstr(uvio_last_error(), "vfio"));
	open_again(0, 0);
	ASSERT_ERR(uvio_dma_alloc(udev, PAGE, 0, &dma), -EPERM,
		"any memory of this machine; open with UVIO_OPEN_UNSAFE_DMA");
}

static void a_kernel_without_huge_pages_has_single_ones(void)
{
	tree_change(card.tree, "remove sys/kernel/mm/hugepages");
	uio.huge = 0;
	ASSERT_OK(uvio_dma_alloc(udev, PAGE, 0, &dma));
	ASSERT_ERR(uvio_dma_alloc(udev, PAGE + 1, 0, &dma), -ENOMEM,
		"and this kernel has none; use uvio_dma_alloc_scattered()");
}

static void sizes_that_are_none_are_passed_over(void)
{
	tree_change(card.tree, "dir sys/kernel/mm/hugepages/hugepages-0kB");
	tree_change(card.tree, "dir sys/kernel/mm/hugepages/hugepages-3kB");
	tree_change(card.tree, "dir sys/kernel/mm/hugepages/hugepages-64MB");
	tree_change(card.tree, "dir sys/kernel/mm/hugepages/hugepages-99999999999999999999kB");
	ASSERT_OK(uvio_dma_alloc(udev, MIB, 0, &dma));
	ASSERT_EQ(log2_of_last(), 21);
}

static void a_page_beyond_the_mask_is_put_aside(void)
{
	open_again(UVIO_OPEN_UNSAFE_DMA, SIM_UIO_MASK);
	uio.far_huge = 3;
	ASSERT_OK(uvio_dma_alloc(udev, MIB, 0, &dma));
	ASSERT_EQ(uio.far_huge, 0);
	ASSERT(dma.iova + 2 * MIB - 1 <= SIM_UIO_MASK);
	uio.huge = 0;
	uio.far_pages = 5;
	ASSERT_OK(uvio_dma_alloc(udev, 10, 0, &dma));
	ASSERT(dma.iova + PAGE - 1 <= SIM_UIO_MASK);
}

static void the_search_for_a_page_below_the_mask_ends(void)
{
	open_again(UVIO_OPEN_UNSAFE_DMA, SIM_UIO_MASK);
	uio.far_huge = uio.far_pages = 1000;
	ASSERT_ERR(uvio_dma_alloc(udev, MIB, 0, &dma), -ERANGE,
		EDU ": DMA alloc: 0x100000 bytes: none of the pages that the kernel allocated lies "
		    "below the DMA mask 0x1fffffffffff; reserve more huge pages; or use the vfio "
		    "backend");
	ASSERT_EQ(uio.far_huge, 1000 - 16);
	ASSERT_ERR(uvio_dma_alloc(udev, 10, 0, &dma), -ERANGE, "below the DMA mask");
	nothing_is_left();
}

static void memory_is_shared_and_not_for_children(void)
{
	pid_t pid;
	int status;

	uio.huge = 0;
	ASSERT_OK(uvio_dma_alloc(udev, PAGE, 0, &dma));
	ASSERT_EQ(uio.mmap_flags & (MAP_SHARED | MAP_PRIVATE), MAP_SHARED);
	pid = fork();
	if (!pid)
		_exit(msync(dma.addr, PAGE, MS_ASYNC) && errno == ENOMEM ? 0 : 1);
	ASSERT(pid > 0 && waitpid(pid, &status, 0) == pid);
	ASSERT_EQ(status, 0);
}

static size_t kept_small;

static int small_pages(void *addr, size_t size, int advice)
{
	(void)addr;
	kept_small += advice == MADV_NOHUGEPAGE ? size : 0;
	return SIM_NOT_MINE;
}

/* What the kernel gathers into a huge page lies elsewhere then, shared memory as well. */
static void memory_is_not_gathered_into_huge_pages(void)
{
	void *memory =
		mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	static struct sim kernel;

	kernel = sim_uio;
	kernel.madvise = small_pages;
	sim = &kernel;
	uio.huge = 0;
	kept_small = 0;
	ASSERT(uvio_dma_alloc_scattered(udev, 16 * PAGE, 0, segments, SEGMENTS, &dma) > 0);
	ASSERT_EQ(kept_small, 16 * PAGE);
	ASSERT(memory != MAP_FAILED);
	ASSERT(uvio_dma_map(udev, memory, 4 * PAGE, 0, segments, SEGMENTS) > 0);
	ASSERT_EQ(kept_small, 20 * PAGE);
	ASSERT_OK(uvio_dma_unmap(udev, memory, 4 * PAGE));
	munmap(memory, 4 * PAGE);
	sim = &sim_uio;
}

static void small_pages_come_as_a_list(void)
{
	uint64_t total = 0;
	int count;

	uio.huge = 0;
	uio.scattered = true;
	count = uvio_dma_alloc_scattered(udev, 16 * PAGE - 5, 0, segments, SEGMENTS, &dma);
	ASSERT(count > 1);
	for (int i = 0; i < count; i++)
		total += segments[i].size;
	ASSERT_EQ(total, 16 * PAGE);
	ASSERT_EQ(dma.size, 16 * PAGE - 5);
	ASSERT_EQ(dma.iova, segments[0].iova);
	ASSERT_EQ(((unsigned char *)dma.addr)[dma.size - 1], 0);
	ASSERT_OK(uvio_dma_free(udev, &dma));
}

static void a_list_without_room_is_given_back(void)
{
	uio.huge = 0;
	uio.scattered = true;
	ASSERT_ERR(uvio_dma_alloc_scattered(udev, 16 * PAGE, 0, segments, 1, &dma), -E2BIG,
		"pieces, and the capacity is 1");
	ASSERT_ERR(uvio_dma_alloc_scattered(udev, PAGE, 0, NULL, 0, &dma), -EINVAL,
		"no array for the segments (NULL)");
	ASSERT_ERR(uvio_dma_alloc_scattered(udev, 0, 0, segments, 1, &dma), -EINVAL, "size of 0");
	ASSERT_ERR(
		uvio_dma_alloc_scattered(udev, SIZE_MAX, 0, segments, 1, &dma), -EOVERFLOW, "wrap");
}

static void a_large_list_is_of_huge_pages_where_they_are_free(void)
{
	ASSERT_EQ(uvio_dma_alloc_scattered(udev, 5 * MIB, 0, segments, SEGMENTS, &dma), 1);
	ASSERT_EQ(log2_of_last(), 21);
	ASSERT_EQ(segments[0].size, 6 * MIB);
	ASSERT_OK(uvio_dma_free(udev, &dma));
	uio.huge = 0;
	ASSERT(uvio_dma_alloc_scattered(udev, 5 * MIB, 0, segments, SEGMENTS, &dma) > 0);
	ASSERT_EQ(contiguous_from(dma.addr), 5 * MIB);
}

static void pages_beyond_the_mask_are_replaced(void)
{
	uint64_t last = 0;
	int count;

	uio.huge = 0;
	open_again(UVIO_OPEN_UNSAFE_DMA, SIM_UIO_MASK);
	uio.far_stride = 3;
	count = uvio_dma_alloc_scattered(udev, 100 * PAGE, 0, segments, SEGMENTS, &dma);
	ASSERT(count > 0);
	for (int i = 0; i < count; i++)
		last = segments[i].iova + segments[i].size > last
			       ? segments[i].iova + segments[i].size
			       : last;
	ASSERT(last - 1 <= SIM_UIO_MASK);
	memset(dma.addr, 1, dma.size);
	ASSERT_OK(uvio_dma_free(udev, &dma));
	nothing_is_left();
}

static void the_search_for_pages_below_the_mask_ends(void)
{
	uio.huge = 0;
	open_again(UVIO_OPEN_UNSAFE_DMA, SIM_UIO_MASK);
	uio.far_stride = 1;
	uio.far_pages = 5000;
	ASSERT_ERR(uvio_dma_alloc_scattered(udev, 4 * PAGE, 0, segments, SEGMENTS, &dma), -ERANGE,
		"0x4000 bytes: none of the pages that the kernel allocated lies below the DMA "
		"mask");
	ASSERT(uio.far_pages >= 5000 - 1 - 512);
	nothing_is_left();
}

static void a_page_that_moved_is_told(void)
{
	uio.huge = 0;
	ASSERT(uvio_dma_alloc_scattered(udev, 4 * PAGE, 0, segments, SEGMENTS, &dma) > 0);
	ASSERT_OK(uvio_dma_verify(udev, dma.addr, dma.size));
	uio.scattered = true;
	ASSERT_ERR(uvio_dma_verify(udev, dma.addr, dma.size), -ESTALE,
		EDU ": DMA verify: the kernel has moved a page: ");
	ASSERT_HAS(uvio_last_error(), "; unmap it, map it again, and tell the card");
	uio.hidden = true;
	ASSERT_ERR(uvio_dma_verify(udev, dma.addr, dma.size), -EPERM, "hides page frame numbers");
}

static void a_page_that_may_have_been_compacted_is_told_with_what_keeps_it(void)
{
	tree_change(card.tree, "file proc/sys/vm/compact_unevictable_allowed 1\\n");
	uio.huge = 0;
	ASSERT(uvio_dma_alloc_scattered(udev, 4 * PAGE, 0, segments, SEGMENTS, &dma) > 0);
	uio.scattered = true;
	ASSERT_ERR(uvio_dma_verify(udev, dma.addr, dma.size), -ESTALE,
		"perhaps the kernel compacted memory: sysctl vm.compact_unevictable_allowed=0");
	tree_change(card.tree, "file proc/sys/vm/compact_unevictable_allowed 0\\n");
	ASSERT_ERR(uvio_dma_verify(udev, dma.addr, dma.size), -ESTALE,
		"huge pages are hardly ever moved");
}

static void every_page_of_a_range_is_looked_at(void)
{
	unsigned char *memory;

	ASSERT_OK(uvio_dma_alloc(udev, 2 * MIB, 0, &dma));
	ASSERT_OK(uvio_dma_verify(udev, dma.addr, dma.size));
	memory = dma.addr;
	ASSERT_OK(uvio_dma_verify(udev, memory + 1, 1));
	ASSERT_OK(uvio_dma_verify(udev, memory + 2 * MIB - 1, 1));
	ASSERT_ERR(uvio_dma_verify(udev, memory + 2 * MIB - 1, 2), -EFAULT, "not mapped as one");
	ASSERT_ERR(uvio_dma_verify(udev, memory - 1, 2), -EFAULT, "not mapped as one");
	ASSERT_ERR(uvio_dma_verify(udev, memory, 0), -EINVAL, "a size of 0");
	ASSERT_ERR(uvio_dma_verify(udev, memory, SIZE_MAX), -EFAULT, "not mapped as one");
}

static void a_map_that_is_memory_is_for_dma(void)
{
	uint64_t iova, contiguous;

	ASSERT_OK(uvio_dma_from_region(udev, 1, &dma));
	ASSERT_EQ(dma.iova, SIM_UIO_MAP_ADDR);
	ASSERT_EQ(dma.size, SIM_UIO_MAP_SIZE);
	ASSERT_OK(uvio_dma_iova(udev, (char *)dma.addr + 0x1234, &iova, &contiguous));
	ASSERT_EQ(iova, SIM_UIO_MAP_ADDR + 0x1234);
	ASSERT_EQ(contiguous, SIM_UIO_MAP_SIZE - 0x1234);
	((volatile char *)dma.addr)[dma.size - 1] = 1;
	uio.scattered = true;
	ASSERT_OK(uvio_dma_verify(udev, dma.addr, dma.size));
	ASSERT_OK(uvio_dma_free(udev, &dma));
	ASSERT(!dma.addr);
}

static void registers_are_no_memory(void)
{
	ASSERT_ERR(uvio_dma_from_region(udev, 0, &dma), -EINVAL,
		EDU ": map 0 is BAR0 of the card, not memory of the machine");
	ASSERT_ERR(uvio_dma_from_region(udev, 2, &dma), -ENOENT,
		EDU ": its UIO driver offers no map 2");
	ASSERT_ERR(uvio_dma_from_region(udev, 7, &dma), -ENOENT, "offers no map 7");
}

static void an_address_of_the_kernels_own_is_refused(void)
{
	tree_change(card.tree, "file " MAP "/addr 0xffff888004200000\\n");
	ASSERT_ERR(uvio_dma_from_region(udev, 1, &dma), -ENOTSUP,
		EDU ": map 1: 0xffff888004200000 is not the physical address of a page");
	tree_change(card.tree, "file " MAP "/addr 0x7d000010\\n");
	ASSERT_ERR(uvio_dma_from_region(udev, 1, &dma), -ENOTSUP, "0x7d000010 is not");
}

static void memory_of_the_kernel_has_to_lie_below_the_mask(void)
{
	open_again(UVIO_OPEN_UNSAFE_DMA, 0x3fffffff);
	ASSERT_ERR(uvio_dma_from_region(udev, 1, &dma), -ERANGE,
		"map 1 lies at 0x7d000000, 0x10000 bytes, beyond the DMA mask");
	ASSERT_ERR(uvio_dma_import(udev, "udmabuf0", 0, &dma), -ERANGE, "udmabuf0 lies at");
}

static void memory_of_the_kernel_needs_no_frames(void)
{
	uio.hidden = true;
	open_again(UVIO_OPEN_UNSAFE_DMA, 0);
	ASSERT(!(uvio_caps(udev) & UVIO_CAP_DMA));
	ASSERT_OK(uvio_dma_from_region(udev, 1, &dma));
	ASSERT_OK(uvio_dma_import(udev, "udmabuf0", 0, &dma));
	open_again(0, 0);
	ASSERT_ERR(uvio_dma_from_region(udev, 1, &dma), -EPERM, "UVIO_OPEN_UNSAFE_DMA");
	ASSERT_ERR(uvio_dma_import(udev, "udmabuf0", 0, &dma), -EPERM, "UVIO_OPEN_UNSAFE_DMA");
}

static void a_buffer_of_u_dma_buf_is_for_dma(void)
{
	uint64_t iova;

	ASSERT_OK(uvio_dma_import(udev, "udmabuf0", 0, &dma));
	ASSERT_EQ(dma.iova, SIM_UIO_BUFFER_ADDR);
	ASSERT_EQ(dma.size, SIM_UIO_BUFFER_SIZE);
	ASSERT_EQ(contiguous_from(dma.addr), SIM_UIO_BUFFER_SIZE);
	((volatile char *)dma.addr)[dma.size - 1] = 1;
	ASSERT_OK(uvio_dma_free(udev, &dma));
	ASSERT_ERR(uvio_dma_iova(udev, dma.addr, &iova, NULL), -EFAULT, "is not mapped");
}

static void the_old_name_of_its_class_will_do(void)
{
	tree_change(card.tree, "remove " BUFFER);
	ASSERT_ERR(uvio_dma_import(udev, "udmabuf0", 0, &dma), -ENOENT,
		"there is no buffer udmabuf0; create it by modprobe u-dma-buf udmabuf0=SIZE");
	tree_change(card.tree, "file sys/class/udmabuf/udmabuf0/phys_addr 0x1f000000\\n");
	tree_change(card.tree, "file sys/class/udmabuf/udmabuf0/size 4096\\n");
	tree_change(card.tree, "file sys/class/udmabuf/udmabuf0/sync_mode 1\\n");
	ASSERT_OK(uvio_dma_import(udev, "udmabuf0", 0, &dma));
	ASSERT_EQ(dma.iova, 0x1f000000);
}

static void a_name_with_a_path_in_it_is_refused(void)
{
	static const char *const wrong[] = {"", ".", "..", "../mem", "a/b", "/dev/udmabuf0"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ASSERT_ERR(uvio_dma_import(udev, wrong[i], 0, &dma), -EINVAL,
			"is not the name of a buffer; give the name of its node in /dev");
	ASSERT_ERR(uvio_dma_import(udev, NULL, 0, &dma), -EINVAL, "no name (NULL)");
	ASSERT_ERR(uvio_dma_import(udev, "udmabuf0", 0x80, &dma), -EINVAL, "unknown flags");
}

static void sysfs_that_makes_no_sense_is_refused(void)
{
	tree_change(card.tree, "file " BUFFER "/size 0\\n");
	ASSERT_ERR(uvio_dma_import(udev, "udmabuf0", 0, &dma), -EPROTO, "udmabuf0/size: is not");
	tree_change(card.tree, "file " BUFFER "/size 0xfffffffffffff000\\n");
	ASSERT_ERR(uvio_dma_import(udev, "udmabuf0", 0, &dma), -EPROTO, "udmabuf0/size: is not");
	tree_change(card.tree, "file " BUFFER "/phys_addr 0x6c000001\\n");
	ASSERT_ERR(uvio_dma_import(udev, "udmabuf0", 0, &dma), -EPROTO, "/phys_addr: is not");
	tree_change(card.tree, "file " BUFFER "/phys_addr hello\\n");
	ASSERT_ERR(uvio_dma_import(udev, "udmabuf0", 0, &dma), -EPROTO, "/phys_addr: is not");
}

static CU_TestInfo contiguous_cases[] = {
	TEST_FOR("uio 3.30", the_smallest_huge_page_that_fits_is_taken),
	TEST(a_larger_one_is_taken_where_none_else_is_free),
	TEST(one_page_takes_no_more_than_the_smallest),
	TEST(what_is_free_is_told),
	TEST(what_no_page_holds_is_refused),
	TEST(without_an_iommu_vfio_is_not_advised),
	TEST_FOR("uio 3.32", a_kernel_without_huge_pages_has_single_ones),
	TEST(sizes_that_are_none_are_passed_over),
	TEST_FOR("uio 3.34", a_page_beyond_the_mask_is_put_aside),
	TEST_FOR("uio 3.34", the_search_for_a_page_below_the_mask_ends),
	TEST_FOR("uio 3.31", memory_is_shared_and_not_for_children),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo scattered_cases[] = {
	TEST_FOR("uio 3.32", small_pages_come_as_a_list),
	TEST_FOR("uio 3.30", memory_is_not_gathered_into_huge_pages),
	TEST(a_list_without_room_is_given_back),
	TEST(a_large_list_is_of_huge_pages_where_they_are_free),
	TEST_FOR("uio 3.34", pages_beyond_the_mask_are_replaced),
	TEST_FOR("uio 3.34", the_search_for_pages_below_the_mask_ends),
	TEST_FOR("uio 3.30", a_page_that_moved_is_told),
	TEST(a_page_that_may_have_been_compacted_is_told_with_what_keeps_it),
	TEST(every_page_of_a_range_is_looked_at),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo kernel_cases[] = {
	TEST_FOR("uio 3.30", a_map_that_is_memory_is_for_dma),
	TEST_FOR("uio 3.21", registers_are_no_memory),
	TEST_FOR("uio 3.35", an_address_of_the_kernels_own_is_refused),
	TEST_FOR("uio 3.34", memory_of_the_kernel_has_to_lie_below_the_mask),
	TEST_FOR("uio 3.29", memory_of_the_kernel_needs_no_frames),
	TEST_FOR("uio 3.30", a_buffer_of_u_dma_buf_is_for_dma),
	TEST(the_old_name_of_its_class_will_do),
	TEST(a_name_with_a_path_in_it_is_refused),
	TEST(sysfs_that_makes_no_sense_is_refused),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"contiguous", NULL, NULL, setup, teardown, contiguous_cases},
	{"scattered", NULL, NULL, setup, teardown, scattered_cases},
	{"of the kernel", NULL, NULL, setup, teardown, kernel_cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
