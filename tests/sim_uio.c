/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim_uio.h"

#define BAR_SIZE (1 << 20)
#define INTX_DISABLE 0x400
#define BUS_MASTER 0x4
#define PRESENT (UINT64_C(1) << 63)
#define PAGE 4096
#define FAR_PAGES 8192
#define HUGE "sys/kernel/mm/hugepages/hugepages-"

struct sim_uio uio;

static const uint32_t edu_id = 0x010000ed;

/* The numbers of pages that are beyond the mask. */
static uintptr_t far_pages[FAR_PAGES];
static unsigned int far_count;

static int config_file(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" EDU_FOLDER "/config", uio.tree->root);
	return open(path, O_RDWR | O_CLOEXEC);
}

uint16_t sim_uio_command(void)
{
	uint16_t command = 0xffff;
	int fd = config_file();

	if (fd >= 0 && pread(fd, &command, 2, 4) != 2)
		command = 0xffff;
	close(fd);
	return command;
}

void sim_uio_set_command(uint16_t command)
{
	int fd = config_file();

	if (fd >= 0 && pwrite(fd, &command, 2, 4) != 2)
		uio.gone = true;
	close(fd);
}

/* What came before is not for the one who comes. */
static void count_events(uint32_t event)
{
	uio.event = event;
	tree_change(uio.tree, "file " EDU_FOLDER "/uio/uio0/event %u\\n", event);
}

void sim_uio_reset(struct tree *tree)
{
	if (uio.memory > 0)
		close(uio.memory);
	uio = (struct sim_uio){.tree = tree, .node = -1, .config = -1, .pagemap = -1};
	uio.rom = uio.memfd = -1;
	uio.memory = memfd_create("bar", MFD_CLOEXEC);
	if (ftruncate(uio.memory, BAR_SIZE) || pwrite(uio.memory, &edu_id, 4, 0) != 4)
		uio.gone = true;
	sim_uio_set_command(0x0103);
	count_events(7);
	uio.huge = 2 << 20;
	far_count = 0;
	tree_change(tree, "file " HUGE "2048kB/free_hugepages 4\\n");
	tree_change(tree, "file " HUGE "1048576kB/free_hugepages 0\\n");
	tree_change(tree, "file " EDU_FOLDER "/reset");
	tree_change(tree, "file " EDU_FOLDER "/resource0");
}

void sim_uio_add_memory(struct tree *tree)
{
	const char *map = EDU_FOLDER "/uio/uio0/maps/map1";
	const char *buffer = "sys/class/u-dma-buf/udmabuf0";

	tree_change(tree, "file %s/addr 0x%08x\\n", map, SIM_UIO_MAP_ADDR);
	tree_change(tree, "file %s/size 0x%08x\\n", map, SIM_UIO_MAP_SIZE);
	tree_change(tree, "file %s/offset 0x0\\n", map);
	tree_change(tree, "file %s/phys_addr 0x%08x\\n", buffer, SIM_UIO_BUFFER_ADDR);
	tree_change(tree, "file %s/size %u\\n", buffer, SIM_UIO_BUFFER_SIZE);
	tree_change(tree, "file %s/sync_mode 1\\n", buffer);
	tree_change(tree, "file %s/dma_coherent 0\\n", buffer);
}

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n >= m && !strcmp(path + n - m, end);
}

static int remember(int *place, int fd)
{
	*place = fd;
	return fd < 0 ? -errno : fd;
}

/* The node polls as an eventfd does: readable while something has come. */
static int sim_open(const char *path, int flags)
{
	if (ends_with(path, "/dev/uio0"))
		return remember(&uio.node, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
	if (ends_with(path, "/self/pagemap"))
		return remember(&uio.pagemap, eventfd(0, EFD_CLOEXEC));
	if (ends_with(path, EDU "/resource0") || ends_with(path, "/dev/udmabuf0"))
		return dup(uio.memory);
	if (ends_with(path, EDU "/rom") && !access(path, F_OK))
		return remember(&uio.rom, open(path, flags | O_CLOEXEC));
	/* Another one is of who only looks, into the file itself. */
	if (ends_with(path, EDU "/config") && uio.config < 0)
		return remember(&uio.config, open(path, flags | O_CLOEXEC));
	return SIM_NOT_MINE;
}

/* The last close of the node ends bus mastering. */
static void sim_close(int fd)
{
	if (fd == uio.node) {
		if (!uio.msi)
			sim_uio_set_command(sim_uio_command() & (uint16_t)~BUS_MASTER);
		uio.node = -1;
	} else if (fd == uio.config) {
		uio.config = -1;
	} else if (fd == uio.pagemap) {
		uio.pagemap = -1;
	} else if (fd == uio.rom) {
		uio.rom = -1;
	} else if (fd == uio.memfd) {
		uio.memfd = -1;
	}
}

static ssize_t sim_read(int fd, void *buf, size_t size)
{
	uint64_t count;

	if (fd == uio.rom && fd >= 0)
		return uio.rom_enabled ? SIM_NOT_MINE : -EINVAL;
	if (fd != uio.node || fd < 0)
		return SIM_NOT_MINE;
	if (uio.gone)
		return -EIO;
	if (size != 4)
		return -EINVAL;
	if (read(fd, &count, 8) != 8)
		return -EAGAIN;
	memcpy(buf, &uio.event, 4);
	return 4;
}

/* Where the driver was unbound, the node has an error, and a wait does not sleep. */
static int sim_poll(struct pollfd *fds, nfds_t count)
{
	int found = 0;

	for (nfds_t i = 0; i < count && uio.gone; i++) {
		fds[i].revents = fds[i].fd == uio.node ? POLLERR : 0;
		found += fds[i].fd == uio.node;
	}
	return found ? found : SIM_NOT_MINE;
}

/* The kernel masks the line by the command register, or by the driver's own way. */
static void deliver(void)
{
	static const uint64_t one = 1;
	uint16_t command = sim_uio_command();

	if ((!uio.msi && command & INTX_DISABLE) || (uio.irqcontrol && !uio.armed)) {
		uio.pending = true;
		return;
	}
	uio.pending = uio.armed = false;
	sim_uio_set_command(uio.msi ? command : command | INTX_DISABLE);
	count_events(uio.event + 1);
	if (uio.node >= 0 && inject_write(uio.node, &one, 8) != 8)
		uio.gone = true;
}

void sim_uio_raise(void)
{
	deliver();
}

/* The file's position moves by what is written, as that of every file does. */
static ssize_t enable_rom(const char *text, size_t size)
{
	uio.rom_enabled = text[0] != '0';
	return lseek(uio.rom, (off_t)size, SEEK_CUR) < 0 ? -EIO : (ssize_t)size;
}

static ssize_t sim_write(int fd, const void *buf, size_t size)
{
	int32_t on;

	if (fd == uio.rom && fd >= 0)
		return enable_rom(buf, size);
	if (fd != uio.node || fd < 0)
		return SIM_NOT_MINE;
	if (size != sizeof(on))
		return -EINVAL;
	if (uio.gone)
		return -EIO;
	if (!uio.irqcontrol)
		return -ENOSYS;
	memcpy(&on, buf, sizeof(on));
	uio.armed = on;
	if (on)
		sim_uio_set_command(sim_uio_command() & (uint16_t)~INTX_DISABLE);
	if (on && uio.pending)
		deliver();
	return sizeof(on);
}

static bool is_far(uintptr_t page)
{
	for (unsigned int i = 0; i < far_count; i++)
		if (far_pages[i] == page)
			return true;
	return false;
}

static void make_near(uintptr_t first, size_t count)
{
	for (unsigned int i = 0; i < far_count;)
		if (far_pages[i] - first < count)
			far_pages[i] = far_pages[--far_count];
		else
			i++;
}

static void make_far(uintptr_t first, size_t count, size_t stride)
{
	for (size_t i = 0; i < count && far_count < FAR_PAGES; i += stride)
		far_pages[far_count++] = first + i;
}

static bool counts_down(unsigned int *counter)
{
	return *counter && (*counter)--;
}

/* Of a huge page the last page is asked for. */
static void place(const void *addr, size_t size, bool huge)
{
	uintptr_t first = (uintptr_t)addr / PAGE;
	size_t count = size / PAGE;

	make_near(first, count);
	if (huge && counts_down(&uio.far_huge))
		make_far(first + count - 1, 1, 1);
	else if (!huge && counts_down(&uio.far_pages))
		make_far(first, count, 1);
	else if (!huge && count > 1 && uio.far_stride)
		make_far(first, count, uio.far_stride);
}

static void sim_moved(const void *addr, size_t size)
{
	make_near((uintptr_t)addr / PAGE, size / PAGE);
}

/* Frames go with the addresses. */
static int read_pagemap(uint64_t *entries, size_t count, uint64_t first)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t frame = 0x100000 + ((first + i) & UINT32_MAX);

		if (uio.scattered)
			frame ^= 1;
		if (far_count && is_far(first + i))
			frame |= UINT64_C(1) << 34;
		entries[i] = PRESENT | uio.page_bits | (uio.hidden ? 0 : frame);
	}
	return 0;
}

static int sim_pread(int fd, void *buf, size_t size, uint64_t offset)
{
	if (fd < 0)
		return -EBADF;
	if (fd == uio.pagemap)
		return size % 8 || offset % 8 ? -EINVAL : read_pagemap(buf, size / 8, offset / 8);
	return SIM_NOT_MINE;
}

static int sim_pwrite(int fd, const void *buf, size_t size, uint64_t offset)
{
	if (fd != uio.config || fd < 0)
		return SIM_NOT_MINE;
	if (pwrite(fd, buf, size, (off_t)offset) != (ssize_t)size)
		return -errno;
	if (uio.wants_low && (offset > 4 || offset + size <= 4))
		return 0;
	if (uio.pending && !(sim_uio_command() & INTX_DISABLE))
		deliver();
	return 0;
}

static int map_memory(size_t size, int prot, int flags, void **out)
{
	*out = mmap(NULL, size, prot, flags, uio.memory, 0);
	return *out == MAP_FAILED ? -errno : 0;
}

static uint64_t huge_size(int flags)
{
	return UINT64_C(1) << ((unsigned int)flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK);
}

/* Huge pages are small ones here. */
static int map_anonymous(void *want, size_t size, int prot, int flags, void **out)
{
	bool huge = flags & MAP_HUGETLB;

	uio.mmap_flags = flags;
	if (huge && !(uio.huge & huge_size(flags)))
		return -ENOMEM;
	if (huge && size % huge_size(flags))
		return -EINVAL;
	if (huge)
		flags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE;
	*out = mmap(want, size, prot, flags, -1, 0);
	if (*out == MAP_FAILED)
		return -errno;
	place(*out, size, huge);
	return 0;
}

static int sim_memfd(unsigned int flags, size_t size)
{
	if (flags & MFD_HUGETLB && !(uio.huge & huge_size((int)flags)))
		return -ENOMEM;
	uio.memfd_huge = flags & MFD_HUGETLB;
	uio.memfd = memfd_create("uvio", MFD_CLOEXEC);
	if (uio.memfd >= 0 && !ftruncate(uio.memfd, (off_t)size))
		return uio.memfd;
	close(uio.memfd);
	return -ENOMEM;
}

static int map_memfd(size_t size, int prot, int flags, void **out)
{
	*out = mmap(NULL, size, prot, flags & ~MAP_POPULATE, uio.memfd, 0);
	if (*out == MAP_FAILED)
		return -errno;
	place(*out, size, uio.memfd_huge);
	return 0;
}

/* One page of offset is one map. */
static int sim_mmap(
	void *want, size_t size, int prot, int flags, int fd, uint64_t offset, void **out)
{
	if (flags & MAP_ANONYMOUS)
		return map_anonymous(want, size, prot, flags, out);
	if (fd == uio.memfd && fd >= 0)
		return map_memfd(size, prot, flags, out);
	if (fd != uio.node || fd < 0)
		return SIM_NOT_MINE;
	if (offset == PAGE && size == SIM_UIO_MAP_SIZE)
		return map_memory(size, prot, flags, out);
	return uio.no_map || offset || size > BAR_SIZE ? -EINVAL
						       : map_memory(size, prot, flags, out);
}

static int sim_mlock(const void *addr, size_t size)
{
	unsigned char seen[4096];

	if (size / 4096 > sizeof(seen))
		return 0;
	return mincore((void *)addr, size, seen) ? -ENOMEM : 0;
}

const struct sim sim_uio = {
	.open = sim_open,
	.close = sim_close,
	.read = sim_read,
	.write = sim_write,
	.poll = sim_poll,
	.pread = sim_pread,
	.pwrite = sim_pwrite,
	.mmap = sim_mmap,
	.mlock = sim_mlock,
	.moved = sim_moved,
	.memfd = sim_memfd,
};
