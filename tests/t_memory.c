/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Memory of the caller, before the card is told of it: on a kernel that faults pages in on request,
 * and on one before Linux 5.14, which does not. Page tables are the host's own.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "harness.h"
#include "inject_ops.h"
#include <uvio/dma.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/table.h"
#include "dma/phys.h"
#include "dma/kept.h"
#include "sim_uio.h"
#include "sim_vfio.h"

#define PAGE 4096
#define SIZE (4 * PAGE)
#define POPULATE_READ 22
#define POPULATE_WRITE 23
#define OF_FILE 61
#define FIRST_FRAME 0x100000 /* of sim_uio */

static struct uvio_dma_segment segments[4];
static struct sim kernel;
static unsigned int populated;

/* What is left out of a kernel before Linux 5.14. */
static int old_madvise(void *addr, size_t size, int advice)
{
	(void)addr;
	(void)size;
	return advice == POPULATE_READ || advice == POPULATE_WRITE ? -EINVAL : SIM_NOT_MINE;
}

static int new_madvise(void *addr, size_t size, int advice)
{
	(void)addr;
	(void)size;
	populated += advice == POPULATE_WRITE;
	return SIM_NOT_MINE;
}

static void open_uio(int (*advise)(void *addr, size_t size, int advice))
{
	kernel = sim_uio;
	kernel.madvise = advise;
	sim = &kernel;
	card = (struct card){
		.tree = tree_new("edu-uio"),
		.options = {.backend = "uio", .flags = UVIO_OPEN_UNSAFE_DMA},
		.command = sim_uio_command,
	};
	inject_reset(card.tree->root);
	sim_uio_reset(card.tree);
	card_open_asserted();
}

static void open_vfio(int (*advise)(void *addr, size_t size, int advice))
{
	kernel = sim_vfio;
	kernel.madvise = advise;
	sim = &kernel;
	card = (struct card){
		.tree = tree_new("edu-vfio"),
		.options = {.backend = "vfio/group"},
		.raise = sim_vfio_raise,
		.command = sim_vfio_command,
	};
	inject_reset(card.tree->root);
	sim_vfio_reset();
	card_open_asserted();
}

static void uio_setup(void)
{
	open_uio(new_madvise);
}

static void old_uio_setup(void)
{
	open_uio(old_madvise);
}

static void vfio_setup(void)
{
	open_vfio(new_madvise);
}

static void old_vfio_setup(void)
{
	open_vfio(old_madvise);
}

static void teardown(void)
{
	card_discard();
}

static unsigned char *anonymous(int prot)
{
	void *addr = mmap(NULL, SIZE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(addr != MAP_FAILED);
	return addr;
}

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

static int map(unsigned char *memory, uint32_t flags)
{
	return uvio_dma_map(udev, memory, SIZE, flags, segments, 4);
}

static void a_page_of_a_file_becomes_the_programs_own(void)
{
	unsigned char *memory = private_file(PROT_READ | PROT_WRITE, 4);

	ASSERT(is_of_file(memory) && is_of_file(memory + SIZE - 1));
	ASSERT(map(memory, UVIO_DMA_TO_CARD) > 0);
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
	ASSERT(map(memory, UVIO_DMA_TO_CARD) > 0);
	ASSERT(!is_of_file(memory) && !is_of_file(memory + PAGE));
	ASSERT(is_of_file(memory + 2 * PAGE));
	ASSERT(!is_of_file(memory + 3 * PAGE));
	ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	munmap(memory, SIZE);
}

static void read_only_memory_is_for_reading(void)
{
	unsigned char *memory = private_file(PROT_READ, 4);

	ASSERT(map(memory, UVIO_DMA_TO_CARD) > 0);
	ASSERT(is_of_file(memory));
	ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	munmap(memory, SIZE);
}

static void read_only_memory_is_not_written_to(void)
{
	static const char text[] =
		"is read-only here, and the card is to write to it; map it for the card's reading "
		"only (UVIO_DMA_TO_CARD), or make it writable first";
	unsigned char *zeros = anonymous(PROT_READ), *file = private_file(PROT_READ, 4);

	ASSERT_ERR(map(zeros, 0), -EFAULT, text);
	ASSERT_ERR(map(zeros, UVIO_DMA_FROM_CARD), -EFAULT, text);
	ASSERT_ERR(map(file, 0), -EFAULT, EDU ": DMA map: 0x4000 bytes at ");
	ASSERT_ERR(map(file, UVIO_DMA_FROM_CARD), -EFAULT, text);
	munmap(zeros, SIZE);
	munmap(file, SIZE);
}

static void what_is_not_mapped_is_refused(void)
{
	unsigned char *memory = anonymous(PROT_READ | PROT_WRITE);

	munmap(memory + PAGE, PAGE);
	for (uint32_t flags = 0; flags < 4; flags++)
		ASSERT_ERR(map(memory, flags), -EFAULT, "is not mapped in this process");
	munmap(memory, SIZE);
}

static void what_cannot_be_read_is_refused(void)
{
	unsigned char *memory = anonymous(PROT_NONE);

	for (uint32_t flags = 0; flags < 4; flags++)
		ASSERT_ERR(map(memory, flags), -EFAULT,
			"is not memory that a card may be given: it is of a device, or from "
			"memfd_secret(), or may not be read (PROT_NONE)");
	munmap(memory, SIZE);
}

static void the_end_of_a_file_is_no_signal(void)
{
	unsigned char *memory = private_file(PROT_READ | PROT_WRITE, 3);

	for (uint32_t flags = 0; flags < 4; flags++)
		ASSERT_ERR(map(memory, flags), -EFAULT,
			kernel.madvise == old_madvise ? "is not memory that a card may be given"
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
	unsigned char *memory = anonymous(PROT_READ | PROT_WRITE);

	kernel.madvise = no_memory;
	ASSERT_ERR(map(memory, UVIO_DMA_TO_CARD), -ENOMEM,
		"cannot be made the program's own: the kernel has no memory for a copy");
	munmap(memory, SIZE);
}

static int no_lock(const void *addr, size_t size)
{
	(void)addr;
	(void)size;
	return -ENOMEM;
}

static int fork_answer;

static int no_dontfork(void *addr, size_t size, int advice)
{
	(void)addr;
	(void)size;
	return advice == MADV_DONTFORK ? fork_answer : SIM_NOT_MINE;
}

/* A fork would put other pages in the place of those that the card knows. */
static void what_cannot_be_kept_from_children_is_refused(void)
{
	unsigned char *memory = anonymous(PROT_READ | PROT_WRITE);

	kernel.madvise = no_dontfork;
	fork_answer = -EINVAL;
	ASSERT_ERR(map(memory, 0), -EINVAL,
		"perhaps they are a part of a private huge page; map whole ones, or make the "
		"memory MAP_SHARED");
	fork_answer = -ENOMEM;
	ASSERT_ERR(map(memory, 0), -ENOMEM, "cannot be kept from children (MADV_DONTFORK): Cannot");
	fork_answer = -EAGAIN;
	ASSERT_ERR(map(memory, 0), -ENOMEM, "cannot be kept from children (MADV_DONTFORK): ");
	munmap(memory, SIZE);
}

static bool is_in_child(const void *addr)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(!msync((void *)addr, PAGE, MS_ASYNC));
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void private_memory_is_not_in_children_while_mapped(void)
{
	unsigned char *memory = anonymous(PROT_READ | PROT_WRITE);

	ASSERT(map(memory, 0) > 0);
	ASSERT(!is_in_child(memory));
	ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	ASSERT(is_in_child(memory));
	ASSERT(map(memory, 0) > 0);
	card_close();
	ASSERT(is_in_child(memory));
	munmap(memory, SIZE);
}

/* Each page, as the digits of a number: 1 where a child has it. */
static unsigned int in_child(const unsigned char *memory)
{
	unsigned int pages = 0;

	for (int i = 0; i < SIZE; i += PAGE)
		pages = pages * 10 + is_in_child(memory + i);
	return pages;
}

/* That of the card and one beside it; the second has the last three pages. */
static void the_last_domain_gives_memory_back(void)
{
	unsigned char *memory = anonymous(PROT_READ | PROT_WRITE);
	struct uvio_domain own = {.ctx = card.tree->ctx};
	struct uvio_mapping other = {.addr = (uintptr_t)memory + PAGE, .size = SIZE - PAGE};

	ASSERT(map(memory, 0) > 0);
	ASSERT_OK(uvio_kept_add(&own, &other));
	ASSERT_EQ(in_child(memory), 0);
	ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	ASSERT_EQ(in_child(memory), 1000);
	ASSERT(uvio_dma_map(udev, memory, 2 * PAGE, 0, segments, 4) > 0);
	uvio_kept_remove(&own, &other);
	ASSERT_EQ(in_child(memory), 11);
	ASSERT_OK(uvio_dma_unmap(udev, memory, 2 * PAGE));
	ASSERT_EQ(in_child(memory), 1111);
	munmap(memory, SIZE);
}

/* As the kernel does where memory may not be read. */
static int pin_nothing(int fd, unsigned long request, void *arg)
{
	return request == VFIO_IOMMU_MAP_DMA ? -EFAULT : sim_vfio.ioctl(fd, request, arg);
}

static void memory_that_is_only_written_is_not_for_a_card_that_reads(void)
{
	unsigned char *memory = anonymous(PROT_READ | PROT_WRITE);

	memset(memory, 1, SIZE);
	ASSERT(!mprotect(memory + PAGE, PAGE, PROT_WRITE));
	if (kernel.ioctl)
		kernel.ioctl = pin_nothing;
	ASSERT_ERR(map(memory, UVIO_DMA_TO_CARD), -EFAULT,
		kernel.madvise == old_madvise
			? "may not be read"
			: "may not be read here (PROT_WRITE alone), and the card is only to read "
			  "it (UVIO_DMA_TO_CARD); map it for both directions");
	munmap(memory, SIZE);
}

static void memory_of_a_failed_mapping_is_in_children(void)
{
	unsigned char *memory = anonymous(PROT_READ | PROT_WRITE);

	uio.scattered = true;
	ASSERT_ERR(uvio_dma_map(udev, memory, SIZE, 0, segments, 1), -E2BIG, "pieces");
	ASSERT(is_in_child(memory));
	munmap(memory, SIZE);
}

/* Whether the kernel notes this of the memory: VmFlags of /proc/self/smaps. */
static bool has_flag(const void *addr, const char *flag)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	unsigned long begin, end;
	bool here = false, found = false;
	char line[512];

	ASSERT(smaps);
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
			here = (uintptr_t)addr >= begin && (uintptr_t)addr < end;
		else if (here && !strncmp(line, "VmFlags:", 8))
			found = strstr(line, flag);
	}
	fclose(smaps);
	return found;
}

static unsigned char *advised(void)
{
	unsigned char *memory = anonymous(PROT_READ | PROT_WRITE);

	ASSERT(!madvise(memory, SIZE, MADV_RANDOM) && !madvise(memory, SIZE, MADV_DONTDUMP));
	return memory;
}

static void assert_advised(const unsigned char *memory)
{
	for (int i = 0; i < SIZE; i += PAGE)
		ASSERT(has_flag(memory + i, " rr ") && has_flag(memory + i, " dd "));
}

static void what_the_program_advised_stays(void)
{
	unsigned char *memory = advised();

	ASSERT(map(memory, UVIO_DMA_TO_CARD) > 0);
	uvio_dma_verify(udev, memory, SIZE);
	assert_advised(memory);
	ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	assert_advised(memory);
	munmap(memory, SIZE);
}

static void advice_of_what_is_refused_stays(void)
{
	unsigned char *memory = advised();

	ASSERT(!mprotect(memory + PAGE, PAGE, PROT_NONE));
	ASSERT_ERR(map(memory, 0), -EFAULT, "may not be read (PROT_NONE)");
	ASSERT(!mprotect(memory + PAGE, PAGE, PROT_READ | PROT_WRITE));
	kernel.mlock = no_lock;
	ASSERT_ERR(map(memory, 0), -ENOMEM, "mapped already in this domain");
	assert_advised(memory);
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
		{1 << 24, "lies the machine's page of zeros", true},
		{1 << 3, "lies a page of a file, which would lose what the card writes", true},
		{1 << 20, "lies memory of a device", false},
		{1 << 19, "lies memory that is faulty", false},
	};
	unsigned char *memory = anonymous(PROT_READ | PROT_WRITE);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		set_frame_flags(memory + 2 * PAGE, kinds[i].flags);
		ASSERT_ERR(map(memory, UVIO_DMA_FROM_CARD), -EFAULT, kinds[i].text);
		ASSERT_ERR(map(memory, 0), -EFAULT, kinds[i].text);
		if (!kinds[i].read) {
			ASSERT_ERR(map(memory, UVIO_DMA_TO_CARD), -EFAULT, kinds[i].text);
			continue;
		}
		ASSERT(map(memory, UVIO_DMA_TO_CARD) > 0);
		ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	}
	munmap(memory, SIZE);
}

/* Of anonymous pages which are mapped here only, pagemap tells enough. */
static void frames_of_its_own_are_not_looked_up(void)
{
	unsigned char *memory = anonymous(PROT_READ | PROT_WRITE);

	set_frame_flags(memory + 2 * PAGE, 1 << 20);
	uio.page_bits = UVIO_PAGE_EXCLUSIVE;
	ASSERT(map(memory, 0) > 0);
	ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	uio.page_bits = UVIO_PAGE_EXCLUSIVE | UVIO_PAGE_OF_FILE;
	ASSERT_ERR(map(memory, 0), -EFAULT, "lies memory of a device");
	munmap(memory, SIZE);
}

/* The simulation's file has no more frames. */
static void frames_beyond_the_memory_of_the_machine_are_refused(void)
{
	unsigned char *memory = anonymous(PROT_READ | PROT_WRITE);

	set_frame_flags(memory, 0);
	end_frames_at(memory + 2 * PAGE);
	for (uint32_t flags = 0; flags < 4; flags++)
		ASSERT_ERR(map(memory, flags), -EFAULT, "lies memory of a device");
	munmap(memory, SIZE);
}

static void frames_of_memory_are_written_to(void)
{
	/* Anonymous, of tmpfs, a huge page, a driver's. */
	const uint64_t kinds[] = {1 << 3 | 1 << 12, 1 << 3 | 1 << 14, 1 << 3 | 1 << 17, 0,
		/* Linux 6.12 says of all that is anonymous that KSM has merged it. */
		1 << 3 | 1 << 12 | 1 << 21};
	unsigned char *memory = anonymous(PROT_READ | PROT_WRITE);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		set_frame_flags(memory + 2 * PAGE, kinds[i]);
		ASSERT(map(memory, 0) > 0);
		ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	}
	munmap(memory, SIZE);
}

/* By a fault for writing the kernel pins these itself. */
static void what_the_card_may_write_the_kernel_faults_in(void)
{
	unsigned char *memory = anonymous(PROT_READ | PROT_WRITE);

	populated = 0;
	ASSERT_EQ(map(memory, 0), 1);
	ASSERT_EQ(populated, 0);
	ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	munmap(memory, SIZE);
}

static void verify_tells_what_the_kernel_tells(void)
{
	unsigned char *memory = anonymous(PROT_READ | PROT_WRITE);
	struct uvio_dma dma;

	ASSERT_OK(uvio_dma_alloc(udev, PAGE, 0, &dma));
	ASSERT_OK(uvio_dma_verify(udev, dma.addr, PAGE));
	ASSERT_EQ(map(memory, 0), 1);
	ASSERT_ERR(uvio_dma_verify(udev, memory + 1, SIZE - 1), -ENOTSUP,
		"the kernel does not tell which pages it has pinned at ");
	munmap(memory + SIZE - PAGE, PAGE);
	ASSERT_ERR(uvio_dma_verify(udev, memory + 1, SIZE - 1), -ESTALE,
		"and the card still reaches the former pages; call uvio_dma_unmap() before");
	ASSERT_ERR(uvio_dma_verify(udev, memory, SIZE - PAGE), -ENOTSUP, "does not tell which");
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
	TEST_FOR("uio 3.31", private_memory_is_not_in_children_while_mapped),
	TEST(the_last_domain_gives_memory_back),
	TEST(memory_of_a_failed_mapping_is_in_children),
	TEST(memory_that_is_only_written_is_not_for_a_card_that_reads),
	TEST(what_cannot_be_kept_from_children_is_refused),
	TEST(what_the_program_advised_stays),
	TEST(advice_of_what_is_refused_stays),
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
	TEST(what_the_program_advised_stays),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo short_of_memory[] = {
	TEST(no_memory_for_a_copy_is_no_success),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"uio", NULL, NULL, uio_setup, teardown, physical},
	{"uio before Linux 5.14", NULL, NULL, old_uio_setup, teardown, physical},
	{"vfio", NULL, NULL, vfio_setup, teardown, by_iommu},
	{"vfio before Linux 5.14", NULL, NULL, old_vfio_setup, teardown, by_iommu},
	{"uio without memory", NULL, NULL, uio_setup, teardown, short_of_memory},
	{"vfio without memory", NULL, NULL, vfio_setup, teardown, short_of_memory},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
