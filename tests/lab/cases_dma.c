/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uvio/dma.h>
#include <uvio/error.h>
#include <uvio/udev.h>

#include "conformance.h"

#define MARK 0xa5
#define MAX_SEGMENTS 64

static int round_trip(struct pair *pair, unsigned char *bytes, uint64_t iova, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(i ^ (i >> 8) ^ 0x3c);
	CHECK_OK(pair->driver->trial->dma_to_card(pair->priv, iova, size));
	memset(bytes, 0, size);
	CHECK_OK(pair->driver->trial->dma_from_card(pair->priv, iova, size));
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != (unsigned char)(i ^ (i >> 8) ^ 0x3c))
			return fail_at(__FILE__, __LINE__, "byte %zu is 0x%02x", i, bytes[i]);
	return PASS;
}

static int data_goes_both_ways(struct pair *pair)
{
	struct uvio_dma dma;

	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_dma_alloc(pair->udev, 4096, 0, &dma));
	CHECK(((unsigned char *)dma.addr)[4095] == 0);
	if (round_trip(pair, dma.addr, dma.iova, pair->driver->trial->dma_max))
		return FAIL;
	CHECK_OK(uvio_dma_free(pair->udev, &dma));
	CHECK(!dma.addr);
	return PASS;
}

static void *some_memory(size_t size)
{
	void *addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return addr == MAP_FAILED ? NULL : addr;
}

/* Every page of the caller's memory is where its segment says. */
static int memory_of_the_caller(struct pair *pair)
{
	struct uvio_dma_segment segments[MAX_SEGMENTS];
	size_t size = 4 * 4096;
	unsigned char *memory = some_memory(size);
	uint64_t iova, rest, total = 0;
	int count;

	CHECK(memory);
	CHECK_OK(uvio_bus_master(pair->udev, true));
	count = uvio_dma_map(pair->udev, memory, size, 0, segments, MAX_SEGMENTS);
	CHECK_OK(count);
	for (int i = 0; i < count; i++)
		total += segments[i].size;
	CHECK(count >= 1 && total == size);
	CHECK_OK(uvio_dma_iova(pair->udev, memory + 3 * 4096 + 16, &iova, &rest));
	CHECK(rest >= 4096 - 16);
	if (round_trip(pair, memory + 3 * 4096 + 16, iova, 256))
		return FAIL;
	CHECK_OK(uvio_dma_unmap(pair->udev, memory, size));
	CHECK_ERR(uvio_dma_iova(pair->udev, memory, &iova, NULL), -EFAULT, "is not mapped");
	munmap(memory, size);
	return PASS;
}

static int bad_ranges_are_refused(struct pair *pair)
{
	struct uvio_dma_segment segment;
	struct uvio_dma dma;
	unsigned char *memory = some_memory(8192);

	CHECK(memory);
	CHECK_ERR(uvio_dma_map(pair->udev, memory, 0, 0, &segment, 1), -EINVAL, "size of 0");
	CHECK_ERR(uvio_dma_map(pair->udev, memory, SIZE_MAX - 4095, 0, &segment, 1), -EOVERFLOW,
		"wrap round");
	CHECK_ERR(uvio_dma_map(pair->udev, memory + 1, 4096, 0, &segment, 1), -EINVAL,
		"multiples of the page size");
	CHECK_ERR(uvio_dma_map(pair->udev, memory, 100, 0, &segment, 1), -EINVAL,
		"multiples of the page size");
	CHECK_ERR(uvio_dma_map(pair->udev, memory, 4096, 0x80, &segment, 1), -EINVAL,
		"unknown flags");
	CHECK_ERR(uvio_dma_alloc(pair->udev, 0, 0, &dma), -EINVAL, "size of 0");
	CHECK_ERR(uvio_dma_alloc(pair->udev, SIZE_MAX, 0, &dma), -EOVERFLOW, "wrap");
	munmap(memory, 8192);
	CHECK_ERR(uvio_dma_map(pair->udev, memory, 4096, 0, &segment, 1), -EFAULT,
		"is not mapped in this process");
	return PASS;
}

static int overlaps_are_refused(struct pair *pair)
{
	struct uvio_dma_segment segments[MAX_SEGMENTS];
	unsigned char *memory = some_memory(3 * 4096);

	CHECK(memory);
	CHECK_OK(uvio_dma_map(pair->udev, memory, 8192, 0, segments, MAX_SEGMENTS));
	CHECK_ERR(uvio_dma_map(pair->udev, memory + 4096, 8192, 0, segments, MAX_SEGMENTS), -EEXIST,
		"overlap");
	CHECK_ERR(uvio_dma_unmap(pair->udev, memory, 4096), -EINVAL, "whole");
	CHECK_ERR(uvio_dma_unmap(pair->udev, memory + 8192, 4096), -EINVAL, "not mapped");
	CHECK_OK(uvio_dma_unmap(pair->udev, memory, 8192));
	CHECK_ERR(uvio_dma_unmap(pair->udev, memory, 8192), -EINVAL, "not mapped");
	munmap(memory, 3 * 4096);
	return PASS;
}

static int the_mask_is_kept(struct pair *pair)
{
	struct uvio_dma dma;

	CHECK_ERR(uvio_dma_set_mask(pair->udev, 0x12345), -EINVAL, "2^n - 1");
	CHECK_OK(uvio_dma_set_mask(pair->udev, 0x0fffffff));
	if (uvio_dma_alloc(pair->udev, 4096, 0, &dma)) {
		/* On uio the memory is where it is; then it is refused, not clipped. */
		CHECK(uvio_last_errno() == -ERANGE && strstr(uvio_last_error(), "DMA mask"));
		return PASS;
	}
	CHECK(dma.iova + dma.size - 1 <= 0x0fffffff);
	CHECK_ERR(uvio_dma_set_mask(pair->udev, 0xfff), -EBUSY, "memory above it is mapped");
	CHECK_OK(uvio_dma_free(pair->udev, &dma));
	return PASS;
}

/* More than a page in one piece: on uio that is what huge pages are for. */
static int a_large_buffer_is_contiguous(struct pair *pair)
{
	const size_t size = 128 * 1024;
	struct uvio_dma dma;
	uint64_t rest;

	CHECK_OK(sysfs_write("/proc/sys/vm/nr_hugepages", "4"));
	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_dma_alloc(pair->udev, size, 0, &dma));
	CHECK_OK(uvio_dma_iova(pair->udev, dma.addr, &dma.iova, &rest));
	CHECK(rest >= size);
	if (round_trip(pair, (unsigned char *)dma.addr + size - 256, dma.iova + size - 256, 256))
		return FAIL;
	CHECK_OK(uvio_dma_free(pair->udev, &dma));
	return PASS;
}

static int no_huge_page_is_named(struct pair *pair)
{
	struct uvio_dma dma;

	CHECK_OK(sysfs_write("/proc/sys/vm/nr_hugepages", "0"));
	if (uvio_caps(pair->udev) & UVIO_CAP_DMA_PINNED) {
		CHECK_OK(uvio_dma_alloc(pair->udev, 65536, 0, &dma));
		return PASS;
	}
	CHECK_ERR(uvio_dma_alloc(pair->udev, 65536, 0, &dma), -ENOMEM,
		"no huge page is free (0 of 2048 kB");
	CHECK(strstr(uvio_last_error(), "sysctl vm.nr_hugepages"));
	CHECK_ERR(uvio_dma_alloc(pair->udev, 65536, 0, &dma), -ENOMEM, "(0 of 2048 kB");
	CHECK_ERR(uvio_dma_alloc(pair->udev, (size_t)2 << 30, 0, &dma), -ENOMEM, "one huge page");
	return PASS;
}

/* As small pages, and, where there are some, as huge ones. */
static int scattered_memory_moves(struct pair *pair, size_t size, const char *huge_pages)
{
	static struct uvio_dma_segment segments[2048];
	uint64_t total = 0, iova;
	struct uvio_dma dma;
	int count;

	CHECK_OK(sysfs_write("/proc/sys/vm/nr_hugepages", huge_pages));
	count = uvio_dma_alloc_scattered(pair->udev, size, 0, segments, 2048, &dma);
	CHECK_OK(count);
	for (int i = 0; i < count; i++)
		total += segments[i].size;
	CHECK(dma.iova == segments[0].iova && total >= size && total % 4096 == 0);
	CHECK(count == 1 || !(uvio_caps(pair->udev) & UVIO_CAP_DMA_PINNED));
	CHECK_OK(uvio_dma_verify(pair->udev, dma.addr, size));
	CHECK_OK(uvio_dma_iova(pair->udev, (char *)dma.addr + size - 256, &iova, NULL));
	if (round_trip(pair, (unsigned char *)dma.addr + size - 256, iova, 256))
		return FAIL;
	CHECK_OK(uvio_dma_free(pair->udev, &dma));
	return PASS;
}

static int scattered_memory(struct pair *pair)
{
	CHECK_OK(uvio_bus_master(pair->udev, true));
	if (scattered_memory_moves(pair, 5 << 20, "0"))
		return FAIL;
	return scattered_memory_moves(pair, 5 << 20, "4");
}

/* The pages are given back while mapped, which nobody should do, and others take their place. */
static int pages_that_moved_are_told(struct pair *pair)
{
	struct uvio_dma_segment segments[MAX_SEGMENTS];
	size_t size = 4 * 4096;
	unsigned char *memory =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *other = some_memory(size);

	CHECK(memory != MAP_FAILED && other);
	CHECK_OK(uvio_dma_map(pair->udev, memory, size, 0, segments, MAX_SEGMENTS));
	if (uvio_caps(pair->udev) & UVIO_CAP_DMA_PINNED)
		CHECK_ERR(uvio_dma_verify(pair->udev, memory, size), -ENOTSUP, "does not report");
	else
		CHECK_OK(uvio_dma_verify(pair->udev, memory, size));
	munlock(memory, size);
	CHECK(!madvise(memory, size, MADV_DONTNEED));
	memset(other, 1, size);
	memset(memory, 1, size);
	if (uvio_caps(pair->udev) & UVIO_CAP_DMA_PINNED) {
		CHECK_ERR(uvio_dma_verify(pair->udev, memory, size), -ENOTSUP, "does not report");
		munmap(memory, size);
	}
	CHECK_ERR(uvio_dma_verify(pair->udev, memory, size), -ESTALE,
		uvio_caps(pair->udev) & UVIO_CAP_DMA_PINNED ? "has unmapped memory"
							    : "has moved a page");
	CHECK_OK(uvio_dma_unmap(pair->udev, memory, size));
	munmap(memory, size);
	munmap(other, size);
	return PASS;
}

static int close_gives_everything_back(struct pair *pair)
{
	struct uvio_dma dma;

	for (int i = 0; i < 10; i++)
		CHECK_OK(uvio_dma_alloc(pair->udev, 4096, 0, &dma));
	pair_close(pair);
	CHECK_OK(pair_open(pair));
	return data_goes_both_ways(pair);
}

static int bus_master_is_off_at_open(struct pair *pair)
{
	CHECK(!bus_master_is_on(pair->address));
	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK(bus_master_is_on(pair->address));
	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_bus_master(pair->udev, false));
	CHECK(!bus_master_is_on(pair->address));
	CHECK_OK(uvio_bus_master(pair->udev, true));
	pair_close(pair);
	CHECK(!bus_master_is_on(pair->address));
	return PASS;
}

static int without_bus_master_nothing_moves(struct pair *pair)
{
	struct uvio_dma dma;
	unsigned char *bytes;

	CHECK_OK(uvio_dma_alloc(pair->udev, 4096, 0, &dma));
	bytes = dma.addr;
	memset(bytes, MARK, 64);
	CHECK_OK(pair->driver->trial->dma_from_card(pair->priv, dma.iova, 64));
	for (int i = 0; i < 64; i++)
		CHECK(bytes[i] == MARK);
	return PASS;
}

const struct test_case dma_cases[] = {
	{"dma: data goes both ways", UVIO_CAP_DMA, data_goes_both_ways, false},
	{"dma: memory of the caller", UVIO_CAP_DMA, memory_of_the_caller, false},
	{"dma: bad ranges are refused", UVIO_CAP_DMA, bad_ranges_are_refused, false},
	{"dma: overlaps are refused", UVIO_CAP_DMA, overlaps_are_refused, false},
	{"dma: the mask is kept (uio 3.34)", UVIO_CAP_DMA, the_mask_is_kept, false},
	{"dma: a large buffer is contiguous (uio 3.32)", UVIO_CAP_DMA, a_large_buffer_is_contiguous,
		false},
	{"dma: without huge pages there is a word for it", UVIO_CAP_DMA, no_huge_page_is_named,
		false},
	{"dma: scattered memory of any size (uio 3.32)", UVIO_CAP_DMA, scattered_memory, false},
	{"dma: pages that moved are told (uio 3.30)", UVIO_CAP_DMA, pages_that_moved_are_told,
		false},
	{"dma: close gives everything back", UVIO_CAP_DMA, close_gives_everything_back, false},
	{"bus master: off at open and after close (uio 3.15, 3.16)", UVIO_CAP_BUS_MASTER,
		bus_master_is_off_at_open, false},
	{"bus master: without it nothing moves (uio 3.17)", UVIO_CAP_DMA,
		without_bus_master_nothing_moves, false},
	{0},
};

/* The frame of a page of this process, which is what an unprotected card would be told. */
static uint64_t physical(const void *addr)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, &entry, 8, (off_t)((uintptr_t)addr / 4096 * 8)) != 8)
		entry = 0;
	close(fd);
	return (entry & ((UINT64_C(1) << 55) - 1)) * 4096;
}

/* The card is told to write where nothing is mapped for it: at the physical address of a page. */
static bool stray_write_arrives(struct pair *pair)
{
	unsigned char *memory = some_memory(4096);
	bool arrives;

	memset(memory, MARK, 4096);
	mlock(memory, 4096);
	pair->driver->trial->dma_from_card(pair->priv, physical(memory), 64);
	arrives = memory[0] != MARK || memory[63] != MARK;
	munmap(memory, 4096);
	return arrives;
}

static int stray_writes(struct pair *pair, bool expected)
{
	struct uvio_dma dma;

	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_dma_alloc(pair->udev, 4096, 0, &dma));
	CHECK(physical(dma.addr));
	/* The card does write: into the buffer that is mapped. */
	if (round_trip(pair, dma.addr, dma.iova, 64))
		return FAIL;
	CHECK(stray_write_arrives(pair) == expected);
	return PASS;
}

static int stray_writes_are_stopped(struct pair *pair)
{
	return stray_writes(pair, false);
}

/* What the capability is for: without it they do arrive. */
static int isolation_is_as_promised(struct pair *pair)
{
	return stray_writes(pair, !(uvio_caps(pair->udev) & UVIO_CAP_DMA_ISOLATED));
}

static int unmapped_memory_is_out_of_reach(struct pair *pair)
{
	unsigned char *memory = some_memory(4096);
	struct uvio_dma_segment segment;

	CHECK(memory);
	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_dma_map(pair->udev, memory, 4096, 0, &segment, 1));
	if (round_trip(pair, memory, segment.iova, 64))
		return FAIL;
	CHECK_OK(uvio_dma_unmap(pair->udev, memory, 4096));
	memset(memory, MARK, 64);
	CHECK_OK(pair->driver->trial->dma_from_card(pair->priv, segment.iova, 64));
	CHECK(memory[0] == MARK && memory[63] == MARK);
	munmap(memory, 4096);
	return PASS;
}

static int read_only_memory_stays(struct pair *pair)
{
	unsigned char *memory = some_memory(4096);
	struct uvio_dma_segment segment;

	CHECK(memory);
	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_dma_map(pair->udev, memory, 4096, UVIO_DMA_TO_CARD, &segment, 1));
	memset(memory, MARK, 64);
	CHECK_OK(pair->driver->trial->dma_from_card(pair->priv, segment.iova, 64));
	CHECK(memory[0] == MARK && memory[63] == MARK);
	return PASS;
}

const struct test_case isolation_cases[] = {
	{"isolation: as the capabilities promise", UVIO_CAP_DMA, isolation_is_as_promised, false},
	{"isolation: a stray DMA does not reach memory", UVIO_CAP_DMA | UVIO_CAP_DMA_ISOLATED,
		stray_writes_are_stopped, false},
	{"isolation: unmapped memory is out of reach", UVIO_CAP_DMA | UVIO_CAP_DMA_ISOLATED,
		unmapped_memory_is_out_of_reach, false},
	{"isolation: memory mapped for reading stays", UVIO_CAP_DMA | UVIO_CAP_DMA_ISOLATED,
		read_only_memory_stays, false},
	{0},
};
