/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uvio/irq.h>

#include "baseline.h"
#include "iommufd.h"

enum { CONTAINER, GROUP, DEVICE, RELEASE };

#define CONFIG_OFFSET ((off_t)VFIO_PCI_CONFIG_REGION_INDEX << 40)

/* The state that the library opens to: everything asked that it has to know, bus mastering off. */
static int ask(struct baseline *baseline)
{
	struct vfio_device_info device = {.argsz = sizeof(device)};
	struct vfio_region_info config = {
		.argsz = sizeof(config), .index = VFIO_PCI_CONFIG_REGION_INDEX};

	if (ioctl(baseline->fds[DEVICE], VFIO_DEVICE_GET_INFO, &device) ||
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

static int ask_container(struct baseline *baseline)
{
	char iommu[4096] = {0};
	struct vfio_iommu_type1_info *info = (void *)iommu;

	info->argsz = sizeof(iommu);
	return ioctl(baseline->fds[CONTAINER], VFIO_IOMMU_GET_INFO, info);
}

static int listen_for_release(struct baseline *baseline)
{
	baseline->at = BASELINE_IOVA;
	baseline->fds[RELEASE] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return set_irqs(baseline, VFIO_PCI_REQ_IRQ_INDEX,
		VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD, 1, baseline->fds[RELEASE]);
}

static int open_group(struct baseline *baseline, const char *address, const char *container)
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
	baseline->fds[CONTAINER] = open(container, O_RDWR | O_CLOEXEC);
	baseline->fds[GROUP] = open(path, O_RDWR | O_CLOEXEC);
	if (ioctl(baseline->fds[CONTAINER], VFIO_GET_API_VERSION) != VFIO_API_VERSION ||
		ioctl(baseline->fds[CONTAINER], VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) != 1 ||
		ioctl(baseline->fds[GROUP], VFIO_GROUP_GET_STATUS, &status) ||
		ioctl(baseline->fds[GROUP], VFIO_GROUP_SET_CONTAINER, &baseline->fds[CONTAINER]) ||
		ioctl(baseline->fds[CONTAINER], VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -1;
	baseline->fds[DEVICE] = ioctl(baseline->fds[GROUP], VFIO_GROUP_GET_DEVICE_FD, address);
	if (baseline->fds[DEVICE] < 0 || listen_for_release(baseline) || ask_container(baseline))
		return -1;
	return ask(baseline);
}

static int open_vfio(struct baseline *baseline, const char *address)
{
	return open_group(baseline, address, "/dev/vfio/vfio");
}

static int open_compat(struct baseline *baseline, const char *address)
{
	return open_group(baseline, address, "/dev/iommu");
}

static int find_cdev(const char *address, char *path, size_t size)
{
	char folder[128];
	struct dirent *entry;
	DIR *dir;

	snprintf(folder, sizeof(folder), "/sys/bus/pci/devices/%s/vfio-dev", address);
	dir = opendir(folder);
	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, "vfio", 4))
			snprintf(path, size, "/dev/vfio/devices/%.32s", entry->d_name);
	closedir(dir);
	return 0;
}

/* As the library: by the declarations of its own, since those of Debian 12 are older. */
static int attach_cdev(struct baseline *baseline)
{
	struct iommufd_vfio_bind bind = {
		.argsz = sizeof(bind), .iommufd = baseline->fds[CONTAINER]};
	struct iommufd_ioas_alloc alloc = {.size = sizeof(alloc)};
	struct iommufd_vfio_attach attach = {.argsz = sizeof(attach)};
	struct iommufd_iova_range ranges[16];
	struct iommufd_ioas_iova_ranges ask = {.size = sizeof(ask),
		.num_iovas = sizeof(ranges) / sizeof(ranges[0]),
		.allowed_iovas = (uintptr_t)ranges};

	if (ioctl(baseline->fds[DEVICE], IOMMUFD_VFIO_BIND, &bind) ||
		ioctl(baseline->fds[CONTAINER], IOMMUFD_IOAS_ALLOC, &alloc))
		return -1;
	baseline->ids[0] = attach.pt_id = ask.ioas_id = alloc.out_ioas_id;
	if (ioctl(baseline->fds[DEVICE], IOMMUFD_VFIO_ATTACH, &attach))
		return -1;
	return ioctl(baseline->fds[CONTAINER], IOMMUFD_IOAS_IOVA_RANGES, &ask);
}

static int open_cdev(struct baseline *baseline, const char *address)
{
	char path[128];

	baseline->fds[GROUP] = -1;
	if (find_cdev(address, path, sizeof(path)))
		return -1;
	baseline->fds[DEVICE] = open(path, O_RDWR | O_CLOEXEC);
	baseline->fds[CONTAINER] = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (attach_cdev(baseline) || listen_for_release(baseline))
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
		.iova = baseline->at,
		.size = size,
	};

	baseline->iova = baseline->at;
	return ioctl(baseline->fds[CONTAINER], VFIO_IOMMU_MAP_DMA, &map);
}

static int unmap_vfio(struct baseline *baseline, void *memory, size_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = baseline->at,
		.size = size,
	};

	(void)memory;
	return ioctl(baseline->fds[CONTAINER], VFIO_IOMMU_UNMAP_DMA, &unmap);
}

static int map_cdev(struct baseline *baseline, void *memory, size_t size)
{
	struct iommufd_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMUFD_MAP_FIXED_IOVA | IOMMUFD_MAP_WRITEABLE | IOMMUFD_MAP_READABLE,
		.ioas_id = baseline->ids[0],
		.user_va = (uintptr_t)memory,
		.length = size,
		.iova = baseline->at,
	};

	baseline->iova = baseline->at;
	return ioctl(baseline->fds[CONTAINER], IOMMUFD_IOAS_MAP, &map);
}

static int unmap_cdev(struct baseline *baseline, void *memory, size_t size)
{
	struct iommufd_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = baseline->ids[0],
		.iova = baseline->at,
		.length = size,
	};

	(void)memory;
	return ioctl(baseline->fds[CONTAINER], IOMMUFD_IOAS_UNMAP, &unmap);
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

static inline int serve_vfio(struct baseline *baseline)
{
	static const uint64_t one = 1;
	uint64_t events;

	if (read(baseline->irq_fd, &events, 8) != 8)
		return -1;
	baseline_write(baseline, EDU_IRQ_ACK, baseline_read(baseline, EDU_IRQ_STATUS));
	if (baseline_read(baseline, EDU_IRQ_STATUS))
		return -1;
	if (baseline->arm_fd >= 0 && write(baseline->arm_fd, &one, 8) != 8)
		return -1;
	return 0;
}

static int round_vfio(struct baseline *baseline)
{
	baseline_write(baseline, EDU_IRQ_RAISE, 2);
	return serve_vfio(baseline);
}

static int asleep_vfio(struct baseline *baseline)
{
	struct pollfd irq = {.fd = baseline->irq_fd, .events = POLLIN};

	return poll(&irq, 1, EDU_LATE_MS) == 1 ? serve_vfio(baseline) : -1;
}

static int master_vfio(struct baseline *baseline)
{
	baseline->command |= 4;
	return pwrite(baseline->fds[DEVICE], &baseline->command, 2, CONFIG_OFFSET + 4) == 2 ? 0
											    : -1;
}

/* What is the same by whichever transport. */
#define OF_DEVICE                                                                                  \
	.close = close_vfio, .map_bar = map_bar_vfio, .irq_enable = enable_vfio,                   \
	.irq_disable = disable_vfio, .irq_round = round_vfio, .irq_asleep = asleep_vfio,           \
	.bus_master = master_vfio

const struct baseline_ops baseline_vfio = {
	.backend = "vfio/group",
	.open = open_vfio,
	.dma_map = map_vfio,
	.dma_unmap = unmap_vfio,
	OF_DEVICE,
};

const struct baseline_ops baseline_compat = {
	.backend = "vfio/compat",
	.open = open_compat,
	.dma_map = map_vfio,
	.dma_unmap = unmap_vfio,
	OF_DEVICE,
};

const struct baseline_ops baseline_cdev = {
	.backend = "vfio/cdev",
	.open = open_cdev,
	.dma_map = map_cdev,
	.dma_unmap = unmap_cdev,
	OF_DEVICE,
};
