/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "baseline.h"

enum { CONTAINER, GROUP, DEVICE, RELEASE };

#define IOVA 0x10000
#define CONFIG_OFFSET ((off_t)VFIO_PCI_CONFIG_REGION_INDEX << 40)

/* The state that the library opens to: everything asked that it has to know, bus mastering off. */
static int ask(struct baseline *baseline)
{
	struct vfio_device_info device = {.argsz = sizeof(device)};
	struct vfio_region_info config = {
		.argsz = sizeof(config), .index = VFIO_PCI_CONFIG_REGION_INDEX};
	char iommu[4096] = {0};
	struct vfio_iommu_type1_info *info = (void *)iommu;

	info->argsz = sizeof(iommu);
	if (ioctl(baseline->fds[DEVICE], VFIO_DEVICE_GET_INFO, &device) ||
		ioctl(baseline->fds[CONTAINER], VFIO_IOMMU_GET_INFO, info) ||
		ioctl(baseline->fds[DEVICE], VFIO_DEVICE_GET_REGION_INFO, &config))
		return -1;
	for (uint32_t i = 0; i <= VFIO_PCI_MSIX_IRQ_INDEX; i++) {
		struct vfio_irq_info irq = {.argsz = sizeof(irq), .index = i};

		if (ioctl(baseline->fds[DEVICE], VFIO_DEVICE_GET_IRQ_INFO, &irq))
			return -1;
	}
	return pread(baseline->fds[DEVICE], &baseline->command, 2, CONFIG_OFFSET + 4) == 2 ? 0 : -1;
}

static int set_irqs(struct baseline *baseline, uint32_t index, uint32_t flags, int count, int fd)
{
	struct {
		struct vfio_irq_set set;
		int fd;
	} irqs = {.set = {sizeof(irqs), flags, index, 0, (uint32_t)count}, .fd = fd};

	return ioctl(baseline->fds[DEVICE], VFIO_DEVICE_SET_IRQS, &irqs);
}

static int open_vfio(struct baseline *baseline, const char *address)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};
	char path[128], link[128];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", address);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return -1;
	link[n] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	baseline->fds[CONTAINER] = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	baseline->fds[GROUP] = open(path, O_RDWR | O_CLOEXEC);
	if (ioctl(baseline->fds[CONTAINER], VFIO_GET_API_VERSION) != VFIO_API_VERSION ||
		ioctl(baseline->fds[CONTAINER], VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) != 1 ||
		ioctl(baseline->fds[GROUP], VFIO_GROUP_GET_STATUS, &status) ||
		ioctl(baseline->fds[GROUP], VFIO_GROUP_SET_CONTAINER, &baseline->fds[CONTAINER]) ||
		ioctl(baseline->fds[CONTAINER], VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -1;
	baseline->fds[DEVICE] = ioctl(baseline->fds[GROUP], VFIO_GROUP_GET_DEVICE_FD, address);
	baseline->fds[RELEASE] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (baseline->fds[DEVICE] < 0 ||
		set_irqs(baseline, VFIO_PCI_REQ_IRQ_INDEX,
			VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD, 1,
			baseline->fds[RELEASE]))
		return -1;
	return ask(baseline);
}

static void close_vfio(struct baseline *baseline)
{
	if (baseline->bar)
		munmap((void *)baseline->bar, EDU_BAR_SIZE);
	close(baseline->fds[DEVICE]);
	close(baseline->fds[GROUP]);
	close(baseline->fds[CONTAINER]);
	close(baseline->fds[RELEASE]);
}

static int map_bar_vfio(struct baseline *baseline)
{
	void *bar = mmap(
		NULL, EDU_BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, baseline->fds[DEVICE], 0);

	baseline->bar = bar;
	return bar == MAP_FAILED ? -1 : 0;
}

static int map_vfio(struct baseline *baseline, void *memory, size_t size)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)memory,
		.iova = IOVA,
		.size = size,
	};

	baseline->iova = IOVA;
	return ioctl(baseline->fds[CONTAINER], VFIO_IOMMU_MAP_DMA, &map);
}

static int unmap_vfio(struct baseline *baseline, void *memory, size_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = IOVA,
		.size = size,
	};

	(void)memory;
	return ioctl(baseline->fds[CONTAINER], VFIO_IOMMU_UNMAP_DMA, &unmap);
}

static uint32_t index_of(enum uvio_irq_kind kind)
{
	return kind == UVIO_IRQ_INTX ? VFIO_PCI_INTX_IRQ_INDEX : VFIO_PCI_MSI_IRQ_INDEX;
}

static int enable_vfio(struct baseline *baseline, enum uvio_irq_kind kind)
{
	const uint32_t eventfd_data = VFIO_IRQ_SET_DATA_EVENTFD;

	baseline->irq_fd = eventfd(0, EFD_CLOEXEC);
	baseline->arm_fd = -1;
	if (set_irqs(baseline, index_of(kind), VFIO_IRQ_SET_ACTION_TRIGGER | eventfd_data, 1,
		    baseline->irq_fd))
		return -1;
	if (kind != UVIO_IRQ_INTX)
		return 0;
	baseline->arm_fd = eventfd(0, EFD_CLOEXEC);
	return set_irqs(baseline, index_of(kind), VFIO_IRQ_SET_ACTION_UNMASK | eventfd_data, 1,
		baseline->arm_fd);
}

static int disable_vfio(struct baseline *baseline)
{
	uint32_t index = baseline->arm_fd < 0 ? VFIO_PCI_MSI_IRQ_INDEX : VFIO_PCI_INTX_IRQ_INDEX;
	int rc = set_irqs(
		baseline, index, VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE, 0, 0);

	close(baseline->irq_fd);
	if (baseline->arm_fd >= 0)
		close(baseline->arm_fd);
	return rc;
}

static int round_vfio(struct baseline *baseline)
{
	static const uint64_t one = 1;
	uint64_t events;

	baseline_write(baseline, EDU_IRQ_RAISE, 2);
	if (read(baseline->irq_fd, &events, 8) != 8)
		return -1;
	baseline_write(baseline, EDU_IRQ_ACK, baseline_read(baseline, EDU_IRQ_STATUS));
	if (baseline_read(baseline, EDU_IRQ_STATUS))
		return -1;
	if (baseline->arm_fd >= 0 && write(baseline->arm_fd, &one, 8) != 8)
		return -1;
	return 0;
}

static int master_vfio(struct baseline *baseline)
{
	baseline->command |= 4;
	return pwrite(baseline->fds[DEVICE], &baseline->command, 2, CONFIG_OFFSET + 4) == 2 ? 0
											    : -1;
}

const struct baseline_ops baseline_vfio = {
	.backend = "vfio/group",
	.open = open_vfio,
	.close = close_vfio,
	.map_bar = map_bar_vfio,
	.dma_map = map_vfio,
	.dma_unmap = unmap_vfio,
	.irq_enable = enable_vfio,
	.irq_disable = disable_vfio,
	.irq_round = round_vfio,
	.bus_master = master_vfio,
};
