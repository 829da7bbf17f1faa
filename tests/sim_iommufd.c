/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "udev/token.h"
#include "sim_iommufd.h"
#include "vfio/iommufd.h"

#define SPACE 3
#define STEP UINT64_C(0x1000000000)

struct sim_iommufd iommufd;

void sim_iommufd_reset(struct tree *tree)
{
	sim_vfio_reset();
	iommufd = (struct sim_iommufd){.ranges = 2, .alignment = 4096, .iommu = -1};
	tree_change(tree, "dir sys/bus/pci/devices/" EDU "/vfio-dev/vfio0");
	tree_change(tree, "file sys/bus/pci/devices/" EDU "/vfio-dev/vfio0/dev 510:0");
	tree_change(tree, "file dev/vfio/devices/vfio0");
	tree_change(tree, "file dev/iommu");
}

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n >= m && !strcmp(path + n - m, end);
}

static int sim_open(const char *path, int flags)
{
	if (ends_with(path, "/dev/vfio/devices/vfio0")) {
		iommufd.by_node = true;
		return sim_vfio_make_device();
	}
	if (!ends_with(path, "/dev/iommu"))
		return sim_vfio.open(path, flags);
	iommufd.iommu = open(path, flags | O_CLOEXEC);
	return iommufd.iommu < 0 ? -errno : iommufd.iommu;
}

static void sim_close(int fd)
{
	if (fd == vfio.device)
		iommufd.by_node = iommufd.bound = iommufd.attached = false;
	if (fd == iommufd.iommu) {
		iommufd.iommu = -1;
		iommufd.spaces = 0;
		vfio.entry_count = 0;
	}
	sim_vfio.close(fd);
}

static int judge_token(const struct iommufd_vfio_bind_token *ask)
{
	unsigned char right[UVIO_UUID_SIZE];

	if (ask->bind.flags && (iommufd.no_tokens || ask->bind.flags != IOMMUFD_VFIO_BIND_TOKEN ||
				       ask->bind.argsz < sizeof(*ask) || !vfio.vf_token))
		return -EINVAL;
	if (iommufd.no_tokens || !vfio.vf_token)
		return 0;
	if (!ask->bind.flags || uvio_uuid_parse("sim", vfio.vf_token, right))
		return -EACCES;
	return memcmp(right, (void *)(uintptr_t)ask->token_uuid_ptr, sizeof(right)) ? -EACCES : 0;
}

static int bind(const struct iommufd_vfio_bind *ask)
{
	int rc;

	if (ask->argsz < sizeof(*ask) || iommufd.bound)
		return -EINVAL;
	rc = judge_token((const void *)ask);
	if (rc)
		return rc;
	if (ask->iommufd != iommufd.iommu)
		return -EBADF;
	iommufd.bound = true;
	return 0;
}

static int attach(const struct iommufd_vfio_attach *ask)
{
	if (ask->argsz < sizeof(*ask) || ask->flags || !iommufd.bound || iommufd.attached)
		return -EINVAL;
	if (ask->pt_id != SPACE || !iommufd.spaces)
		return -ENOENT;
	iommufd.attached = true;
	return 0;
}

static int get_ranges(struct iommufd_ioas_iova_ranges *ask)
{
	struct iommufd_iova_range *list = (void *)(uintptr_t)ask->allowed_iovas;
	uint32_t capacity = ask->num_iovas;

	if (ask->size != sizeof(*ask) || ask->ioas_id != SPACE || ask->reserved)
		return -EINVAL;
	for (uint32_t i = 0; i < capacity && i < iommufd.ranges; i++)
		list[i] = (struct iommufd_iova_range){i * STEP, i * STEP + STEP / 2 - 1};
	ask->num_iovas = iommufd.ranges;
	ask->out_iova_alignment = iommufd.alignment;
	iommufd.ranges += iommufd.growth;
	return ask->num_iovas > capacity ? -EMSGSIZE : 0;
}

/* The rules of the table are those of the other simulation. */
static int ask_table(unsigned long request, void *arg)
{
	int container = vfio.container, rc;

	vfio.container = iommufd.iommu;
	vfio.translates = true;
	rc = sim_vfio.ioctl(iommufd.iommu, request, arg);
	vfio.container = container;
	return rc;
}

static int map(const struct iommufd_ioas_map *ask)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = ask->flags >> 1,
		.vaddr = ask->user_va,
		.iova = ask->iova,
		.size = ask->length,
	};

	if (ask->size != sizeof(*ask) || ask->ioas_id != SPACE || ask->reserved ||
		!(ask->flags & IOMMUFD_MAP_FIXED_IOVA))
		return -EINVAL;
	return ask_table(VFIO_IOMMU_MAP_DMA, &map);
}

static int unmap(struct iommufd_ioas_unmap *ask)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = ask->iova,
		.size = ask->length,
	};
	int rc;

	if (ask->size != sizeof(*ask) || ask->ioas_id != SPACE)
		return -EINVAL;
	rc = ask_table(VFIO_IOMMU_UNMAP_DMA, &unmap);
	ask->length = unmap.size - iommufd.unmapped_off;
	return !rc && !unmap.size ? -ENOENT : rc;
}

static int ask_iommu(unsigned long request, void *arg)
{
	switch (request) {
	case IOMMUFD_IOAS_ALLOC:
		iommufd.spaces++;
		((struct iommufd_ioas_alloc *)arg)->out_ioas_id = SPACE;
		return 0;
	case IOMMUFD_IOAS_IOVA_RANGES:
		return get_ranges(arg);
	case IOMMUFD_IOAS_MAP:
		return map(arg);
	case IOMMUFD_IOAS_UNMAP:
		return unmap(arg);
	}
	return -ENOTTY;
}

static int sim_ioctl(int fd, unsigned long request, void *arg)
{
	if (fd >= 0 && fd == iommufd.iommu)
		return ask_iommu(request, arg);
	if (fd >= 0 && fd == vfio.device && request == IOMMUFD_VFIO_BIND)
		return bind(arg);
	if (fd >= 0 && fd == vfio.device && request == IOMMUFD_VFIO_ATTACH)
		return attach(arg);
	if (fd >= 0 && fd == vfio.device && iommufd.by_node && !iommufd.bound)
		return -EINVAL;
	return sim_vfio.ioctl(fd, request, arg);
}

static ssize_t sim_write(int fd, const void *buf, size_t size)
{
	return sim_vfio.write(fd, buf, size);
}

static int sim_pread(int fd, void *buf, size_t size, uint64_t offset)
{
	return sim_vfio.pread(fd, buf, size, offset);
}

static int sim_pwrite(int fd, const void *buf, size_t size, uint64_t offset)
{
	return sim_vfio.pwrite(fd, buf, size, offset);
}

static int sim_mmap(
	void *want, size_t size, int prot, int flags, int fd, uint64_t offset, void **out)
{
	return sim_vfio.mmap(want, size, prot, flags, fd, offset, out);
}

static const char *request_name(unsigned long request)
{
	switch (request) {
	case IOMMUFD_VFIO_BIND:
		return "DEVICE_BIND_IOMMUFD";
	case IOMMUFD_VFIO_ATTACH:
		return "DEVICE_ATTACH_IOMMUFD_PT";
	case IOMMUFD_IOAS_ALLOC:
		return "IOAS_ALLOC";
	case IOMMUFD_IOAS_IOVA_RANGES:
		return "IOAS_IOVA_RANGES";
	case IOMMUFD_IOAS_MAP:
		return "IOAS_MAP";
	case IOMMUFD_IOAS_UNMAP:
		return "IOAS_UNMAP";
	}
	return sim_vfio.request_name(request);
}

const struct sim sim_iommufd = {
	.open = sim_open,
	.close = sim_close,
	.write = sim_write,
	.pread = sim_pread,
	.pwrite = sim_pwrite,
	.ioctl = sim_ioctl,
	.mmap = sim_mmap,
	.request_name = request_name,
};
