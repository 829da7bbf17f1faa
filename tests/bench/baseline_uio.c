/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uvio/irq.h>

#include "baseline.h"

enum { NODE, CONFIG, PAGEMAP, LOCK };

#define PAGE 4096
#define INTX_DISABLE 0x0400

static int find_node(const char *address, char *path, size_t size)
{
	char folder[128];
	struct dirent *entry;
	DIR *dir;

	snprintf(folder, sizeof(folder), "/sys/bus/pci/devices/%s/uio", address);
	dir = opendir(folder);
	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, "uio", 3))
			snprintf(path, size, "/dev/%.32s", entry->d_name);
	closedir(dir);
	return 0;
}

/* Nobody else has it: what has to be known before the node is opened. */
static int lock(struct baseline *baseline, const char *address)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/.", address);
	baseline->fds[LOCK] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return flock(baseline->fds[LOCK], LOCK_EX | LOCK_NB);
}

/* No IOMMU translates, and page frames can be seen: what has to be known before any DMA. */
static int may_do_dma(struct baseline *baseline, const char *address)
{
	char path[128], type[32] = "";
	uint64_t entry;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group/type", address);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, type, sizeof(type) - 1) < 0)
		return -1;
	close(fd);
	baseline->fds[PAGEMAP] = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pread(baseline->fds[PAGEMAP], &entry, 8, (off_t)((uintptr_t)&entry / PAGE * 8)) != 8)
		return -1;
	return !strncmp(type, "DMA", 3) || !(entry << 9) ? -1 : 0;
}

/* The card is there, its interrupt off, and bus mastering too. */
static int settle(struct baseline *baseline)
{
	struct pollfd irq = {.fd = baseline->fds[NODE], .events = POLLIN};
	uint16_t vendor;

	if (pread(baseline->fds[CONFIG], &baseline->command, 2, 4) != 2)
		return -1;
	baseline->command = (uint16_t)((baseline->command & ~4) | INTX_DISABLE);
	if (pwrite(baseline->fds[CONFIG], &baseline->command, 2, 4) != 2 ||
		pread(baseline->fds[CONFIG], &vendor, 2, 0) != 2 || vendor == 0xffff)
		return -1;
	return poll(&irq, 1, 0) < 0 ? -1 : 0;
}

static int open_uio(struct baseline *baseline, const char *address)
{
	char path[128];

	if (lock(baseline, address) || find_node(address, path, sizeof(path)))
		return -1;
	baseline->fds[NODE] = open(path, O_RDWR | O_CLOEXEC);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", address);
	baseline->fds[CONFIG] = open(path, O_RDWR | O_CLOEXEC);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", address);
	baseline->can_reset = !access(path, F_OK);
	if (baseline->fds[NODE] < 0 || baseline->fds[CONFIG] < 0 || settle(baseline))
		return -1;
	return may_do_dma(baseline, address);
}

static void close_uio(struct baseline *baseline)
{
	if (baseline->bar)
		munmap((void *)baseline->bar, EDU_BAR_SIZE);
	close(baseline->fds[NODE]);
	close(baseline->fds[CONFIG]);
	close(baseline->fds[PAGEMAP]);
	close(baseline->fds[LOCK]);
}

static int map_bar_uio(struct baseline *baseline)
{
	void *bar = mmap(
		NULL, EDU_BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, baseline->fds[NODE], 0);

	baseline->bar = bar;
	return bar == MAP_FAILED ? -1 : 0;
}

/* The address of each page: the card needs them all. */
static int map_uio(struct baseline *baseline, void *memory, size_t size)
{
	uint64_t entries[BASELINE_PAGES];
	size_t bytes = size / PAGE * 8;

	if (mlock(memory, size) || pread(baseline->fds[PAGEMAP], entries, bytes,
					   (off_t)((uintptr_t)memory / PAGE * 8)) != (ssize_t)bytes)
		return -1;
	for (size_t i = 0; i < size / PAGE; i++) {
		if (!(entries[i] >> 63))
			return -1;
		baseline->pages[i] = (entries[i] & ((UINT64_C(1) << 55) - 1)) * PAGE;
	}
	baseline->iova = baseline->pages[0];
	return baseline->iova ? 0 : -1;
}

static int unmap_uio(struct baseline *baseline, void *memory, size_t size)
{
	/* Unlocking would take the lock of a program that has locked all of its memory. */
	(void)baseline;
	(void)memory;
	(void)size;
	return 0;
}

static int enable_uio(struct baseline *baseline, enum uvio_irq_kind kind)
{
	baseline->irq_fd = baseline->fds[NODE];
	baseline->command &= (uint16_t)~INTX_DISABLE;
	if (kind != UVIO_IRQ_INTX)
		return -1;
	return pwrite(baseline->fds[CONFIG], &baseline->command, 2, 4) == 2 ? 0 : -1;
}

static int disable_uio(struct baseline *baseline)
{
	uint16_t command = baseline->command | INTX_DISABLE;

	return pwrite(baseline->fds[CONFIG], &command, 2, 4) == 2 ? 0 : -1;
}

/* In QEMU the bits of others, which are in the byte that has to be written too, are read first. */
static int arm_uio(struct baseline *baseline)
{
	uint16_t command;

	if (pread(baseline->fds[CONFIG], &command, 2, 4) != 2)
		return -1;
	command &= (uint16_t)~INTX_DISABLE;
	return pwrite(baseline->fds[CONFIG], &command, 2, 4) == 2 ? 0 : -1;
}

static int serve_uio(struct baseline *baseline)
{
	uint32_t event;

	if (read(baseline->irq_fd, &event, 4) != 4)
		return -1;
	baseline_write(baseline, EDU_IRQ_ACK, baseline_read(baseline, EDU_IRQ_STATUS));
	if (baseline_read(baseline, EDU_IRQ_STATUS))
		return -1;
	return arm_uio(baseline);
}

static int round_uio(struct baseline *baseline)
{
	baseline_write(baseline, EDU_IRQ_RAISE, 2);
	return serve_uio(baseline);
}

static int asleep_uio(struct baseline *baseline)
{
	struct pollfd irq = {.fd = baseline->irq_fd, .events = POLLIN};

	return poll(&irq, 1, EDU_LATE_MS) == 1 ? serve_uio(baseline) : -1;
}

static int master_uio(struct baseline *baseline)
{
	baseline->command |= 4;
	return pwrite(baseline->fds[CONFIG], &baseline->command, 2, 4) == 2 ? 0 : -1;
}

const struct baseline_ops baseline_uio = {
	.backend = "uio",
	.open = open_uio,
	.close = close_uio,
	.map_bar = map_bar_uio,
	.dma_map = map_uio,
	.dma_unmap = unmap_uio,
	.irq_enable = enable_uio,
	.irq_disable = disable_uio,
	.irq_round = round_uio,
	.irq_asleep = asleep_uio,
	.bus_master = master_uio,
};
