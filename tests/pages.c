/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <sys/mman.h>

#include <uvio/dma.h>
#include <uvio/udev.h>

#include "pages.h"

#define POPULATE_READ 22
#define POPULATE_WRITE 23

struct sim pages_kernel;
unsigned int pages_populated;

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
	pages_populated += advice == POPULATE_WRITE;
	return SIM_NOT_MINE;
}

static void open_uio(int (*advise)(void *addr, size_t size, int advice))
{
	pages_kernel = sim_uio;
	pages_kernel.madvise = advise;
	sim = &pages_kernel;
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
	pages_kernel = sim_vfio;
	pages_kernel.madvise = advise;
	sim_vfio_card(&pages_kernel, "vfio/group");
	card_open_asserted();
}

void pages_uio(void)
{
	open_uio(new_madvise);
}

void pages_old_uio(void)
{
	open_uio(old_madvise);
}

void pages_vfio(void)
{
	open_vfio(new_madvise);
}

void pages_old_vfio(void)
{
	open_vfio(old_madvise);
}

void pages_close(void)
{
	card_discard();
}

bool pages_are_of_old_kernel(void)
{
	return pages_kernel.madvise == old_madvise;
}

unsigned char *pages_anonymous(int prot)
{
	void *addr = mmap(NULL, SIZE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(addr != MAP_FAILED);
	return addr;
}

int pages_map(unsigned char *memory, uint32_t flags)
{
	static struct uvio_dma_segment segments[4];

	return uvio_dma_map(udev, memory, SIZE, flags, segments, 4);
}
