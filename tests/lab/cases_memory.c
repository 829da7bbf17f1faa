/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Memory of the caller, kind by kind: what is written after mapping is what the card reads, and
 * what a card may not be given is refused, on each transport with the same errno.
 */
#include <config.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/dma.h>
#include <uvio/error.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "conformance.h"

#define PAGE 4096
#define PAGES 4
#define SIZE (PAGES * PAGE)
#define SOME 256
#define HUGE_SIZE (2u << 20)
#define FILE_NAME "/tmp/memory"
#define RAMFS "/tmp/ramfs"
#define HUGE_PAGES "/sys/kernel/mm/transparent_hugepage/"
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

static unsigned char still[SIZE] __attribute__((aligned(PAGE)));

/* A file of PAGES pages full of f, but for the last @less. */
static unsigned char *of_file(const char *name, int prot, int flags, int less)
{
	bool writes = prot & PROT_WRITE && flags & MAP_SHARED;
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char text[PAGE];
	void *addr;

	memset(text, 'f', sizeof(text));
	for (int i = less; i < PAGES && fd >= 0; i++)
		if (write(fd, text, PAGE) != PAGE)
			fd = -1;
	close(fd);
	fd = open(name, (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	addr = mmap(NULL, SIZE, prot, flags, fd, 0);
	close(fd);
	return addr == MAP_FAILED ? NULL : addr;
}

static unsigned char *anonymous(int prot)
{
	void *addr = mmap(NULL, SIZE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return addr == MAP_FAILED ? NULL : addr;
}

static unsigned char *fresh(void)
{
	return anonymous(PROT_READ | PROT_WRITE);
}

/* Its pages are the machine's page of zeros. */
static unsigned char *looked_at(void)
{
	volatile unsigned char *memory = fresh();

	for (int i = 0; memory && i < PAGES; i++)
		if (memory[i * PAGE])
			return NULL;
	return (unsigned char *)memory;
}

static unsigned char *array(void)
{
	return still;
}

static unsigned char *of_heap(void)
{
	return aligned_alloc(PAGE, SIZE);
}

static unsigned char *private_file(void)
{
	return of_file(FILE_NAME, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
}

static unsigned char *private_file_looked_at(void)
{
	volatile unsigned char *memory = private_file();

	return memory && memory[0] == 'f' && memory[SIZE - 1] == 'f' ? (unsigned char *)memory
								     : NULL;
}

static unsigned char *shared_file(void)
{
	return of_file(FILE_NAME, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
}

/* One page may be written, and three may not. */
static unsigned char *partly_writable(void)
{
	unsigned char *memory = fresh();

	if (memory && mprotect(memory + PAGE, SIZE - PAGE, PROT_READ))
		return NULL;
	return memory;
}

static int map_for(struct pair *pair, unsigned char *memory, uint32_t flags, uint64_t *iova)
{
	struct uvio_dma_segment segments[PAGES];
	int rc = uvio_dma_map(pair->udev, memory, SIZE, flags, segments, PAGES);

	*iova = rc > 0 ? segments[0].iova : 0;
	return rc;
}

/* What the card reads at @iova, fetched back by way of a buffer. */
static int card_reads(struct pair *pair, uint64_t iova, const unsigned char *want)
{
	struct uvio_dma dma;

	CHECK_OK(uvio_dma_alloc(pair->udev, PAGE, 0, &dma));
	CHECK_OK(pair->driver->trial->dma_to_card(pair->priv, iova, SOME));
	CHECK_OK(pair->driver->trial->dma_from_card(pair->priv, dma.iova, SOME));
	for (int i = 0; i < SOME; i++)
		if (((unsigned char *)dma.addr)[i] != want[i])
			return fail_at(__FILE__, __LINE__,
				"byte %d: the card has 0x%02x, not 0x%02x", i,
				((unsigned char *)dma.addr)[i], want[i]);
	CHECK_OK(uvio_dma_free(pair->udev, &dma));
	return PASS;
}

static int card_reads_what_comes_later(struct pair *pair, const char *kind, unsigned char *memory)
{
	uint64_t iova;

	if (!memory)
		return fail_at(__FILE__, __LINE__, "%s: no such memory", kind);
	if (map_for(pair, memory, UVIO_DMA_TO_CARD, &iova) < 0)
		return fail_at(__FILE__, __LINE__, "%s: %s", kind, uvio_last_error());
	for (int i = 0; i < SOME; i++)
		memory[i] = (unsigned char)(i * 5 + 1);
	if (card_reads(pair, iova, memory))
		return fail_at(__FILE__, __LINE__, "%s", kind);
	CHECK_OK(uvio_dma_unmap(pair->udev, memory, SIZE));
	return PASS;
}

static int the_card_reads_what_is_written_later(struct pair *pair)
{
	static const struct {
		const char *name;
		unsigned char *(*memory)(void);
	} kinds[] = {
		{"fresh memory", fresh},
		{"memory that was read", looked_at},
		{"a static array", array},
		{"aligned_alloc()", of_heap},
		{"a private file", private_file},
		{"a private file that was read", private_file_looked_at},
		{"a shared file", shared_file},
		{"memory writable in part", partly_writable},
	};

	CHECK_OK(uvio_bus_master(pair->udev, true));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (card_reads_what_comes_later(pair, kinds[i].name, kinds[i].memory()))
			return FAIL;
	return PASS;
}

static int read_only_memory_is_read(struct pair *pair)
{
	unsigned char *zeros = anonymous(PROT_READ);
	unsigned char *file = of_file(FILE_NAME, PROT_READ, MAP_SHARED, 0);
	uint64_t iova;

	CHECK(zeros && file);
	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(map_for(pair, zeros, UVIO_DMA_TO_CARD, &iova));
	CHECK(!card_reads(pair, iova, zeros));
	CHECK_OK(map_for(pair, file, UVIO_DMA_TO_CARD, &iova));
	CHECK(!card_reads(pair, iova, file) && file[0] == 'f');
	return PASS;
}

/* The parent writes while a child has the pages, too; and the card does. */
static int writes_under_a_child(struct pair *pair, unsigned char *memory, uint64_t iova)
{
	struct uvio_dma dma;

	memset(memory, 0x17, SIZE);
	CHECK(!card_reads(pair, iova, memory));
	CHECK_OK(uvio_dma_alloc(pair->udev, PAGE, 0, &dma));
	memset(dma.addr, 0x71, SOME);
	CHECK_OK(pair->driver->trial->dma_to_card(pair->priv, dma.iova, SOME));
	CHECK_OK(pair->driver->trial->dma_from_card(pair->priv, iova, SOME));
	CHECK(memory[0] == 0x71 && memory[SOME - 1] == 0x71 && memory[SOME] == 0x17);
	return PASS;
}

/* While a child has them, too. */
static int is_kept_from_a_child(struct pair *pair, unsigned char *memory, uint64_t iova)
{
	int ends[2], result, status;
	char byte;
	pid_t pid;

	CHECK(!pipe2(ends, O_CLOEXEC));
	pid = fork();
	if (!pid) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) != 0);
	}
	close(ends[0]);
	result = writes_under_a_child(pair, memory, iova);
	close(ends[1]);
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	return result;
}

static int a_child_takes_no_pages_away(struct pair *pair)
{
	unsigned char *memory = fresh();
	int result, status;
	uint64_t iova;
	pid_t pid;

	CHECK(memory);
	CHECK_OK(uvio_bus_master(pair->udev, true));
	memset(memory, 0x11, SIZE);
	CHECK_OK(map_for(pair, memory, 0, &iova));
	result = is_kept_from_a_child(pair, memory, iova);
	CHECK_OK(uvio_dma_unmap(pair->udev, memory, SIZE));
	/* Unmapped, it is the children's again. */
	pid = fork();
	if (!pid)
		_exit(memory[SIZE - 1] != 0x17);
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	return result;
}

static int private_huge_pages(struct pair *pair, unsigned char *memory)
{
	struct uvio_dma_segment segment;
	uint64_t iova;
	int rc = map_for(pair, memory, 0, &iova);

	if (uvio_caps(pair->udev) & UVIO_CAP_DMA_PINNED) {
		CHECK_OK(rc);
		CHECK(!is_kept_from_a_child(pair, memory, iova));
		CHECK_OK(uvio_dma_unmap(pair->udev, memory, SIZE));
	} else {
		CHECK(error_is(rc, -EINVAL, "part of a private huge page; map whole huge pages"));
	}
	CHECK_OK(uvio_dma_map(pair->udev, memory, HUGE_SIZE, 0, &segment, 1));
	CHECK(!is_kept_from_a_child(pair, memory, segment.iova));
	CHECK_OK(uvio_dma_unmap(pair->udev, memory, HUGE_SIZE));
	return PASS;
}

/* The kernel keeps whole ones only from children, and pins parts. */
static int a_child_takes_no_huge_pages_away(struct pair *pair)
{
	unsigned char *memory;
	int result;

	CHECK(!sysfs_write("/proc/sys/vm/nr_hugepages", "3"));
	memory = mmap(NULL, HUGE_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	CHECK(memory != MAP_FAILED);
	CHECK_OK(uvio_bus_master(pair->udev, true));
	result = private_huge_pages(pair, memory);
	munmap(memory, HUGE_SIZE);
	sysfs_write("/proc/sys/vm/nr_hugepages", "0");
	return result;
}

static int refused(struct pair *pair, const char *kind, unsigned char *memory, uint32_t flags,
	const char *text)
{
	uint64_t iova;
	int rc;

	if (!memory)
		return fail_at(__FILE__, __LINE__, "%s: no such memory", kind);
	rc = map_for(pair, memory, flags, &iova);
	if (!error_is(rc, -EFAULT, text))
		return fail_at(__FILE__, __LINE__, "%s: %d, not EFAULT with '%s': %s", kind, rc,
			text, uvio_last_error());
	return PASS;
}

/* The processor could read it; the kernel does not let anybody rely on that. */
static int write_only_memory_is_not_read(struct pair *pair)
{
	unsigned char *memory = fresh();
	uint64_t iova;

	CHECK(memory);
	memset(memory, 0x11, SIZE);
	CHECK(!mprotect(memory, SIZE, PROT_WRITE));
	CHECK(error_is(map_for(pair, memory, UVIO_DMA_TO_CARD, &iova), -EFAULT, "cannot be read"));
	CHECK(!strstr(uvio_last_error(), "perhaps"));
	CHECK_OK(map_for(pair, memory, UVIO_DMA_FROM_CARD, &iova));
	CHECK_OK(uvio_dma_unmap(pair->udev, memory, SIZE));
	munmap(memory, SIZE);
	return PASS;
}

static int read_only_memory_is_not_written_to(struct pair *pair)
{
	const uint32_t writes[] = {UVIO_DMA_FROM_CARD, 0};
	unsigned char *zeros = anonymous(PROT_READ);
	unsigned char *file = of_file(FILE_NAME, PROT_READ, MAP_SHARED, 0);
	unsigned char *private = of_file(FILE_NAME, PROT_READ, MAP_PRIVATE, 0);
	static const char text[] =
		"is read-only in this process, but the mapping lets the card write";

	for (int i = 0; i < 2; i++) {
		CHECK(!refused(pair, "zeros", zeros, writes[i], text));
		CHECK(!refused(pair, "a file", file, writes[i], text));
		CHECK(!refused(pair, "a private file", private, writes[i], text));
		CHECK(!refused(pair, "a part", partly_writable(), writes[i], text));
	}
	return PASS;
}

static unsigned char *secret(void)
{
	int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
	void *addr;

	if (fd < 0 || ftruncate(fd, SIZE))
		return NULL;
	addr = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return addr == MAP_FAILED ? NULL : addr;
}

/* A hole in the middle. */
static unsigned char *with_a_hole(void)
{
	unsigned char *memory = fresh();

	if (memory)
		munmap(memory + PAGE, PAGE);
	return memory;
}

static int what_is_no_memory_is_refused(struct pair *pair)
{
	static const char none[] = "is not memory for a card";
	unsigned char *hidden = secret();

	for (uint32_t flags = 0; flags < 4; flags++) {
		CHECK(!refused(pair, "PROT_NONE", anonymous(PROT_NONE), flags, none));
		CHECK(!refused(
			pair, "a hole", with_a_hole(), flags, "is not mapped in this process"));
		CHECK(!refused(pair, "beyond the end",
			of_file(FILE_NAME, PROT_READ | PROT_WRITE, MAP_PRIVATE, 1), flags,
			"beyond the end of its file"));
		if (hidden)
			CHECK(!refused(pair, "secret", hidden, flags, none));
	}
	return PASS;
}

/* By type1, one card may reach the other's registers; where nothing checks, nothing may. */
static int registers_are_not_touched(struct pair *pair)
{
	struct uvio_region bar;
	uint64_t iova;
	int rc;

	CHECK_OK(uvio_region_map(pair->udev, 0, &bar));
	if (!bar.base || bar.size < SIZE) {
		snprintf(pair->reason, sizeof(pair->reason), "no mapped BAR of that size");
		return SKIP;
	}
	for (uint32_t flags = 0; flags < 4; flags++) {
		rc = map_for(pair, (unsigned char *)bar.base, flags, &iova);
		if (rc >= 0 && uvio_caps(pair->udev) & UVIO_CAP_DMA_PINNED)
			CHECK_OK(uvio_dma_unmap(pair->udev, (unsigned char *)bar.base, SIZE));
		else
			CHECK(error_is(rc, -EFAULT, "DMA map"));
	}
	return PASS;
}

/* Of the card's registers the first page stays; what takes the place of others nobody has touched.
 */
static unsigned char *behind_registers(struct pair *pair)
{
	struct uvio_region bar;
	unsigned char *memory;

	if (uvio_region_map(pair->udev, 0, &bar) || !bar.base || bar.size < SIZE)
		return NULL;
	memory = (unsigned char *)bar.base;
	if (mmap(memory + PAGE, SIZE - PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return NULL;
	return memory;
}

/* Where the kernel takes the registers of a card, the memory behind them is no less the program's.
 */
static int memory_behind_registers_is_read(struct pair *pair)
{
	unsigned char *memory = behind_registers(pair);
	uint64_t iova;

	if (!memory) {
		snprintf(pair->reason, sizeof(pair->reason), "no mapped BAR of that size");
		return SKIP;
	}
	CHECK_OK(uvio_bus_master(pair->udev, true));
	if (map_for(pair, memory, UVIO_DMA_TO_CARD, &iova) < 0) {
		CHECK(uvio_last_errno() == -EFAULT);
		return PASS;
	}
	CHECK(uvio_caps(pair->udev) & UVIO_CAP_DMA_PINNED);
	memset(memory + PAGE, 0x35, SIZE - PAGE);
	CHECK(!card_reads(pair, iova + PAGE, memory + PAGE));
	CHECK(!card_reads(pair, iova + SIZE - PAGE, memory + SIZE - PAGE));
	CHECK_OK(uvio_dma_unmap(pair->udev, memory, SIZE));
	return PASS;
}

/* Shared, small pages that lie as a huge one would. */
static unsigned char *might_be_huge(void)
{
	unsigned char *memory =
		mmap(NULL, 2 * HUGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uintptr_t at = ((uintptr_t)memory + HUGE_SIZE - 1) & ~(uintptr_t)(HUGE_SIZE - 1);

	if (memory == MAP_FAILED)
		return NULL;
	memory = mmap((void *)at, HUGE_SIZE, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

/* The kernel does so of its own accord as well, some time. */
static int gather(struct pair *pair)
{
	static struct uvio_dma_segment segments[HUGE_SIZE / PAGE];
	unsigned char *memory = might_be_huge();

	CHECK(memory);
	CHECK_OK(uvio_dma_map(pair->udev, memory, HUGE_SIZE, 0, segments, HUGE_SIZE / PAGE));
	CHECK(!sysfs_write(HUGE_PAGES "enabled", "always"));
	CHECK(!sysfs_write(HUGE_PAGES "shmem_enabled", "always"));
	if (!madvise(memory, HUGE_SIZE, MADV_COLLAPSE))
		printf("# gathered\n");
	CHECK_OK(uvio_dma_verify(pair->udev, memory, HUGE_SIZE));
	CHECK_OK(uvio_dma_unmap(pair->udev, memory, HUGE_SIZE));
	munmap(memory, HUGE_SIZE);
	return PASS;
}

static int shared_pages_are_not_gathered(struct pair *pair)
{
	int result;

	if (uvio_caps(pair->udev) & UVIO_CAP_DMA_PINNED || access(HUGE_PAGES "enabled", W_OK)) {
		snprintf(
			pair->reason, sizeof(pair->reason), "pinned, or no transparent huge pages");
		return SKIP;
	}
	result = gather(pair);
	sysfs_write(HUGE_PAGES "shmem_enabled", "never");
	sysfs_write(HUGE_PAGES "enabled", "never");
	return result;
}

/* Stands for a disk: its pages have nobody that writes them back for a card either. */
static int a_file_does_not_lose_what_the_card_writes(struct pair *pair)
{
	unsigned char *memory;
	uint64_t iova;

	if (uvio_caps(pair->udev) & UVIO_CAP_DMA_PINNED) {
		snprintf(pair->reason, sizeof(pair->reason), "the kernel decides");
		return SKIP;
	}
	mkdir(RAMFS, 0700);
	CHECK(!mount("ramfs", RAMFS, "ramfs", 0, NULL));
	memory = of_file(RAMFS "/file", PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	CHECK(!refused(pair, "a file", memory, 0, "a page of a file, which would lose"));
	CHECK_OK(map_for(pair, memory, UVIO_DMA_TO_CARD, &iova));
	CHECK_OK(uvio_dma_unmap(pair->udev, memory, SIZE));
	munmap(memory, SIZE);
	umount(RAMFS);
	return PASS;
}

const struct test_case memory_cases[] = {
	{"memory: the card reads what is written later", UVIO_CAP_DMA,
		the_card_reads_what_is_written_later, false},
	{"memory: what is read-only is read", UVIO_CAP_DMA, read_only_memory_is_read, false},
	{"memory: a child takes no pages away (vfio 48) (uio 3.31)", UVIO_CAP_DMA,
		a_child_takes_no_pages_away, false},
	{"memory: a child takes no huge pages away", UVIO_CAP_DMA, a_child_takes_no_huge_pages_away,
		false},
	{"memory: what may only be written is not read", UVIO_CAP_DMA,
		write_only_memory_is_not_read, false},
	{"memory: what is read-only is not written to", UVIO_CAP_DMA,
		read_only_memory_is_not_written_to, false},
	{"memory: what is none is refused", UVIO_CAP_DMA, what_is_no_memory_is_refused, false},
	{"memory: registers are not touched", UVIO_CAP_DMA, registers_are_not_touched, false},
	{"memory: behind registers it is the program's own", UVIO_CAP_DMA,
		memory_behind_registers_is_read, false},
	{"memory: shared pages are not gathered into huge ones (uio 3.30)", UVIO_CAP_DMA,
		shared_pages_are_not_gathered, false},
	{"memory: a file does not lose what the card writes", UVIO_CAP_DMA,
		a_file_does_not_lose_what_the_card_writes, false},
	{0},
};
