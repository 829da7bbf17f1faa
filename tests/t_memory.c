/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Memory of the caller: what of it a card may be given, and what the kernel does for that first. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <uvio/dma.h>

#include "dma/phys.h"
#include "pages.h"

#define POPULATE_WRITE 23
#define OF_FILE 61
#define FIRST_FRAME 0x100000 /* of sim_uio */

/* A private mapping of a file with @pages pages full of f, each of which was read. */
static unsigned char *private_file(int prot, int pages)
{
	char text[PAGE], name[] = "/tmp/uvio-memory-XXXXXX";
	int fd = mkstemp(name);
	unsigned char *addr;

	memset(text, 'f', PAGE);
	ASSERT(fd >= 0);
	unlink(name);
	for (int i = 0; i < pages; i++)
		ASSERT_EQ(write(fd, text, PAGE), PAGE);
	addr = mmap(NULL, SIZE, prot, MAP_PRIVATE, fd, 0);
	ASSERT(addr != MAP_FAILED);
	for (int i = 0; i < pages; i++)
		ASSERT_EQ(((volatile unsigned char *)addr)[i * PAGE], 'f');
	close(fd);
	return addr;
}

/* Whether the page of @addr is still that of a file, by the host's page tables. */
static bool is_of_file(const void *addr)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	ASSERT_EQ(pread(fd, &entry, 8, (off_t)((uintptr_t)addr / PAGE * 8)), 8);
	close(fd);
	return entry >> OF_FILE & 1;
}

static void a_page_of_a_file_becomes_the_programs_own(void)
{
	unsigned char *memory = private_file(PROT_READ | PROT_WRITE, 4);

	ASSERT(is_of_file(memory) && is_of_file(memory + SIZE - 1));
	ASSERT(pages_map(memory, UVIO_DMA_TO_CARD) > 0);
	ASSERT(!is_of_file(memory) && !is_of_file(memory + SIZE - 1));
	for (int i = 0; i < SIZE; i++)
		ASSERT_EQ(memory[i], 'f');
	ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	munmap(memory, SIZE);
}

/* The third may not be written, and stays; those around it do not. */
static void pages_around_a_read_only_one_become_the_programs_own(void)
{
	unsigned char *memory = private_file(PROT_READ | PROT_WRITE, 4);

	ASSERT(!mprotect(memory + 2 * PAGE, PAGE, PROT_READ));
	ASSERT(pages_map(memory, UVIO_DMA_TO_CARD) > 0);
	ASSERT(!is_of_file(memory) && !is_of_file(memory + PAGE));
	ASSERT(is_of_file(memory + 2 * PAGE));
	ASSERT(!is_of_file(memory + 3 * PAGE));
	ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	munmap(memory, SIZE);
}

static void read_only_memory_is_for_reading(void)
{
	unsigned char *memory = private_file(PROT_READ, 4);

	ASSERT(pages_map(memory, UVIO_DMA_TO_CARD) > 0);
	ASSERT(is_of_file(memory));
	ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	munmap(memory, SIZE);
}

static void read_only_memory_is_not_written_to(void)
{
	static const char text[] = "is read-only in this process, but the mapping lets the card "
				   "write; map it with UVIO_DMA_TO_CARD, or make it writable first";
	unsigned char *zeros = pages_anonymous(PROT_READ), *file = private_file(PROT_READ, 4);

	ASSERT_ERR(pages_map(zeros, 0), -EFAULT, text);
	ASSERT_ERR(pages_map(zeros, UVIO_DMA_FROM_CARD), -EFAULT, text);
	ASSERT_ERR(pages_map(file, 0), -EFAULT, EDU ": DMA map: 0x4000 bytes at ");
	ASSERT_ERR(pages_map(file, UVIO_DMA_FROM_CARD), -EFAULT, text);
	munmap(zeros, SIZE);
	munmap(file, SIZE);
}

static void what_is_not_mapped_is_refused(void)
{
	unsigned char *memory = pages_anonymous(PROT_READ | PROT_WRITE);

	munmap(memory + PAGE, PAGE);
	for (uint32_t flags = 0; flags < 4; flags++)
		ASSERT_ERR(pages_map(memory, flags), -EFAULT, "is not mapped in this process");
	munmap(memory, SIZE);
}

static void what_cannot_be_read_is_refused(void)
{
	unsigned char *memory = pages_anonymous(PROT_NONE);

	for (uint32_t flags = 0; flags < 4; flags++)
		ASSERT_ERR(pages_map(memory, flags), -EFAULT,
			"is not memory for a card: it belongs to a device, or is from "
			"memfd_secret(), or cannot be read (PROT_NONE)");
	munmap(memory, SIZE);
}

static void the_end_of_a_file_is_no_signal(void)
{
	unsigned char *memory = private_file(PROT_READ | PROT_WRITE, 3);

	for (uint32_t flags = 0; flags < 4; flags++)
		ASSERT_ERR(pages_map(memory, flags), -EFAULT,
			pages_are_of_old_kernel() ? "is not memory for a card"
						  : "it lies beyond the end of its file");
	munmap(memory, SIZE);
}

static int no_memory(void *addr, size_t size, int advice)
{
	(void)addr;
	(void)size;
	return advice == POPULATE_WRITE ? -EAGAIN : SIM_NOT_MINE;
}

static void no_memory_for_a_copy_is_no_success(void)
{
	unsigned char *memory = pages_anonymous(PROT_READ | PROT_WRITE);

	pages_kernel.madvise = no_memory;
	ASSERT_ERR(pages_map(memory, UVIO_DMA_TO_CARD), -ENOMEM,
		"cannot be made private: the kernel has no memory for a copy");
	munmap(memory, SIZE);
}

/* As the kernel does where memory may not be read. */
static int pin_nothing(int fd, unsigned long request, void *arg)
{
	return request == VFIO_IOMMU_MAP_DMA ? -EFAULT : sim_vfio.ioctl(fd, request, arg);
}

static void memory_that_is_only_written_is_not_for_a_card_that_reads(void)
{
	unsigned char *memory = pages_anonymous(PROT_READ | PROT_WRITE);

	memset(memory, 1, SIZE);
	ASSERT(!mprotect(memory + PAGE, PAGE, PROT_WRITE));
	if (pages_kernel.ioctl)
		pages_kernel.ioctl = pin_nothing;
	ASSERT_ERR(pages_map(memory, UVIO_DMA_TO_CARD), -EFAULT,
		pages_are_of_old_kernel()
			? "cannot be read"
			: "cannot be read in this process (PROT_WRITE alone), but UVIO_DMA_TO_CARD "
			  "lets the card only read; map it for both directions");
	munmap(memory, SIZE);
}

/* The simulation's frames go with the addresses. */
static void set_frame_flags(const void *addr, uint64_t flags)
{
	uint64_t frame = FIRST_FRAME + ((uintptr_t)addr / PAGE & UINT32_MAX), none = 0;
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/proc/kpageflags", card.tree->root);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT(fd >= 0);
	ASSERT_EQ(pwrite(fd, &flags, 8, (off_t)(frame * 8)), 8);
	ASSERT_EQ(pwrite(fd, &none, 8, (off_t)((frame + 4) * 8)), 8);
	close(fd);
}

static void end_frames_at(const void *addr)
{
	uint64_t frame = FIRST_FRAME + ((uintptr_t)addr / PAGE & UINT32_MAX);
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/kpageflags", card.tree->root);
	ASSERT(!truncate(path, (off_t)(frame * 8)));
}

static void frames_that_a_card_may_not_write_are_refused(void)
{
	static const struct {
		uint64_t flags;
		const char *text;
		bool read;
	} kinds[] = {
		{1 << 24, "lies the zero page of the kernel", true},
		{1 << 3, "lies a page of a file, which would lose the data that the card writes",
			true},
		{1 << 20, "lies memory of a device", false},
		{1 << 19, "lies faulty memory", false},
	};
	unsigned char *memory = pages_anonymous(PROT_READ | PROT_WRITE);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		set_frame_flags(memory + 2 * PAGE, kinds[i].flags);
		ASSERT_ERR(pages_map(memory, UVIO_DMA_FROM_CARD), -EFAULT, kinds[i].text);
		ASSERT_ERR(pages_map(memory, 0), -EFAULT, kinds[i].text);
		if (!kinds[i].read) {
			ASSERT_ERR(pages_map(memory, UVIO_DMA_TO_CARD), -EFAULT, kinds[i].text);
			continue;
		}
		ASSERT(pages_map(memory, UVIO_DMA_TO_CARD) > 0);
		ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	}
	munmap(memory, SIZE);
}

/* Of anonymous pages which are mapped here only, pagemap tells enough. */
static void frames_of_its_own_are_not_looked_up(void)
{
	unsigned char *memory = pages_anonymous(PROT_READ | PROT_WRITE);

	set_frame_flags(memory + 2 * PAGE, 1 << 20);
	uio.page_bits = UVIO_PAGE_EXCLUSIVE;
	ASSERT(pages_map(memory, 0) > 0);
	ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	uio.page_bits = UVIO_PAGE_EXCLUSIVE | UVIO_PAGE_OF_FILE;
	ASSERT_ERR(pages_map(memory, 0), -EFAULT, "lies memory of a device");
	munmap(memory, SIZE);
}

/* The simulation's file has no more frames. */
static void frames_beyond_the_memory_of_the_machine_are_refused(void)
{
	unsigned char *memory = pages_anonymous(PROT_READ | PROT_WRITE);

	set_frame_flags(memory, 0);
	end_frames_at(memory + 2 * PAGE);
	for (uint32_t flags = 0; flags < 4; flags++)
		ASSERT_ERR(pages_map(memory, flags), -EFAULT, "lies memory of a device");
	munmap(memory, SIZE);
}

static void frames_of_memory_are_written_to(void)
{
	/* Anonymous, of tmpfs, a huge page, a driver's. */
	const uint64_t kinds[] = {1 << 3 | 1 << 12, 1 << 3 | 1 << 14, 1 << 3 | 1 << 17, 0,
		/* Linux 6.12 says of all that is anonymous that KSM has merged it. */
		1 << 3 | 1 << 12 | 1 << 21};
	unsigned char *memory = pages_anonymous(PROT_READ | PROT_WRITE);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		set_frame_flags(memory + 2 * PAGE, kinds[i]);
		ASSERT(pages_map(memory, 0) > 0);
		ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	}
	munmap(memory, SIZE);
}

/* By a fault for writing the kernel pins these itself. */
static void what_the_card_may_write_the_kernel_faults_in(void)
{
	unsigned char *memory = pages_anonymous(PROT_READ | PROT_WRITE);

	pages_populated = 0;
	ASSERT_EQ(pages_map(memory, 0), 1);
	ASSERT_EQ(pages_populated, 0);
	ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	munmap(memory, SIZE);
}

static void verify_tells_what_the_kernel_tells(void)
{
	unsigned char *memory = pages_anonymous(PROT_READ | PROT_WRITE);
	struct uvio_dma dma;

	ASSERT_OK(uvio_dma_alloc(udev, PAGE, 0, &dma));
	ASSERT_OK(uvio_dma_verify(udev, dma.addr, PAGE));
	ASSERT_EQ(pages_map(memory, 0), 1);
	ASSERT_ERR(uvio_dma_verify(udev, memory + 1, SIZE - 1), -ENOTSUP,
		"the kernel does not report which pages it has pinned at ");
	munmap(memory + SIZE - PAGE, PAGE);
	ASSERT_ERR(uvio_dma_verify(udev, memory + 1, SIZE - 1), -ESTALE,
		"and the card still accesses the former pages; call uvio_dma_unmap() before");
	ASSERT_ERR(uvio_dma_verify(udev, memory, SIZE - PAGE), -ENOTSUP, "does not report which");
	ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	munmap(memory, SIZE);
}

static CU_TestInfo physical[] = {
	TEST(a_page_of_a_file_becomes_the_programs_own),
	TEST(pages_around_a_read_only_one_become_the_programs_own),
	TEST(read_only_memory_is_for_reading),
	TEST(read_only_memory_is_not_written_to),
	TEST(what_is_not_mapped_is_refused),
	TEST(what_cannot_be_read_is_refused),
	TEST(the_end_of_a_file_is_no_signal),
	TEST(memory_that_is_only_written_is_not_for_a_card_that_reads),
	TEST(frames_that_a_card_may_not_write_are_refused),
	TEST(frames_of_its_own_are_not_looked_up),
	TEST(frames_beyond_the_memory_of_the_machine_are_refused),
	TEST(frames_of_memory_are_written_to),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo by_iommu[] = {
	TEST(a_page_of_a_file_becomes_the_programs_own),
	TEST(pages_around_a_read_only_one_become_the_programs_own),
	TEST(read_only_memory_is_for_reading),
	TEST(memory_that_is_only_written_is_not_for_a_card_that_reads),
	TEST(what_the_card_may_write_the_kernel_faults_in),
	TEST(verify_tells_what_the_kernel_tells),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo short_of_memory[] = {
	TEST(no_memory_for_a_copy_is_no_success),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"uio", NULL, NULL, pages_uio, pages_close, physical},
	{"uio before Linux 5.14", NULL, NULL, pages_old_uio, pages_close, physical},
	{"vfio", NULL, NULL, pages_vfio, pages_close, by_iommu},
	{"vfio before Linux 5.14", NULL, NULL, pages_old_vfio, pages_close, by_iommu},
	{"uio without memory", NULL, NULL, pages_uio, pages_close, short_of_memory},
	{"vfio without memory", NULL, NULL, pages_vfio, pages_close, short_of_memory},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
