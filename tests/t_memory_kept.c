/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Memory of the caller: kept from children while the card has it, with the advice it had. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/dma.h>

#include "backend/objects.h"
#include "base/table.h"
#include "dma/kept.h"
#include "pages.h"

static struct uvio_dma_segment segments[4];

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
	unsigned char *memory = pages_anonymous(PROT_READ | PROT_WRITE);

	pages_kernel.madvise = no_dontfork;
	fork_answer = -EINVAL;
	ASSERT_ERR(pages_map(memory, 0), -EINVAL,
		"perhaps they are part of a private huge page; map whole huge pages, or make the "
		"memory MAP_SHARED");
	fork_answer = -ENOMEM;
	ASSERT_ERR(pages_map(memory, 0), -ENOMEM,
		"cannot be excluded from children (MADV_DONTFORK): Cannot");
	fork_answer = -EAGAIN;
	ASSERT_ERR(pages_map(memory, 0), -ENOMEM,
		"cannot be excluded from children (MADV_DONTFORK): ");
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
	unsigned char *memory = pages_anonymous(PROT_READ | PROT_WRITE);

	ASSERT(pages_map(memory, 0) > 0);
	ASSERT(!is_in_child(memory));
	ASSERT_OK(uvio_dma_unmap(udev, memory, SIZE));
	ASSERT(is_in_child(memory));
	ASSERT(pages_map(memory, 0) > 0);
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
	unsigned char *memory = pages_anonymous(PROT_READ | PROT_WRITE);
	struct uvio_domain own = {.ctx = card.tree->ctx};
	struct uvio_mapping other = {.addr = (uintptr_t)memory + PAGE, .size = SIZE - PAGE};

	ASSERT(pages_map(memory, 0) > 0);
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

static void memory_of_a_failed_mapping_is_in_children(void)
{
	unsigned char *memory = pages_anonymous(PROT_READ | PROT_WRITE);

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
	unsigned char *memory = pages_anonymous(PROT_READ | PROT_WRITE);

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

	ASSERT(pages_map(memory, UVIO_DMA_TO_CARD) > 0);
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
	ASSERT_ERR(pages_map(memory, 0), -EFAULT, "cannot be read (PROT_NONE)");
	ASSERT(!mprotect(memory + PAGE, PAGE, PROT_READ | PROT_WRITE));
	pages_kernel.mlock = no_lock;
	ASSERT_ERR(pages_map(memory, 0), -ENOMEM, "mapped already in this domain");
	assert_advised(memory);
	munmap(memory, SIZE);
}

static CU_TestInfo physical[] = {
	TEST_FOR("uio 3.31", private_memory_is_not_in_children_while_mapped),
	TEST(the_last_domain_gives_memory_back),
	TEST(memory_of_a_failed_mapping_is_in_children),
	TEST(what_cannot_be_kept_from_children_is_refused),
	TEST(what_the_program_advised_stays),
	TEST(advice_of_what_is_refused_stays),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo by_iommu[] = {
	TEST(what_the_program_advised_stays),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"uio", NULL, NULL, pages_uio, pages_close, physical},
	{"uio before Linux 5.14", NULL, NULL, pages_old_uio, pages_close, physical},
	{"vfio", NULL, NULL, pages_vfio, pages_close, by_iommu},
	{"vfio before Linux 5.14", NULL, NULL, pages_old_vfio, pages_close, by_iommu},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
