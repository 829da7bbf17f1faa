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

struct sim_uio uio;

static const uint32_t edu_id = 0x010000ed;

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
	uio = (struct sim_uio){.tree = tree, .node = -1, .config = -1, .pagemap = -1, .rom = -1};
	uio.memory = memfd_create("bar", MFD_CLOEXEC);
	if (ftruncate(uio.memory, BAR_SIZE) || pwrite(uio.memory, &edu_id, 4, 0) != 4)
		uio.gone = true;
	sim_uio_set_command(0x0103);
	count_events(7);
	tree_change(tree, "file " EDU_FOLDER "/reset");
	tree_change(tree, "file " EDU_FOLDER "/resource0");
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
	if (ends_with(path, EDU "/resource0"))
		return dup(uio.memory);
	if (ends_with(path, EDU "/rom") && !access(path, F_OK))
		return remember(&uio.rom, open(path, flags | O_CLOEXEC));
	if (ends_with(path, EDU "/config"))
		return remember(&uio.config, open(path, flags | O_CLOEXEC));
	return SIM_NOT_MINE;
}

/* The last close of the node ends bus mastering. */
static void sim_close(int fd)
{
	if (fd == uio.node) {
		sim_uio_set_command(sim_uio_command() & (uint16_t)~BUS_MASTER);
		uio.node = -1;
	} else if (fd == uio.config) {
		uio.config = -1;
	} else if (fd == uio.pagemap) {
		uio.pagemap = -1;
	} else if (fd == uio.rom) {
		uio.rom = -1;
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

	if (command & INTX_DISABLE || (uio.irqcontrol && !uio.armed)) {
		uio.pending = true;
		return;
	}
	uio.pending = uio.armed = false;
	sim_uio_set_command(command | INTX_DISABLE);
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

/* Frames go with the addresses, in runs of a huge page. */
static int read_pagemap(uint64_t *entries, size_t count, uint64_t first)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t frame = (first + i) & 0xfffff;

		if (uio.scattered)
			frame ^= 1;
		entries[i] = PRESENT | (uio.hidden ? 0 : 0x100000 + frame);
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
	if (uio.pending && !(sim_uio_command() & INTX_DISABLE))
		deliver();
	return 0;
}

static int map_memory(size_t size, int prot, int flags, void **out)
{
	*out = mmap(NULL, size, prot, flags, uio.memory, 0);
	return *out == MAP_FAILED ? -errno : 0;
}

/* One page of offset is one map. Huge pages are small ones here. */
static int sim_mmap(
	void *want, size_t size, int prot, int flags, int fd, uint64_t offset, void **out)
{
	if (flags & MAP_HUGETLB) {
		if (uio.no_huge)
			return -ENOMEM;
		flags &= ~(MAP_HUGETLB | MAP_POPULATE |
			   (int)((unsigned int)MAP_HUGE_MASK << MAP_HUGE_SHIFT));
		*out = mmap(want, size, prot, flags, fd, 0);
		return *out == MAP_FAILED ? -errno : 0;
	}
	if (fd != uio.node || fd < 0)
		return SIM_NOT_MINE;
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
};
