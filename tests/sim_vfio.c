/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inject_ops.h"
#include "sim_vfio.h"
#include "tree.h"

/* As the kernel's VFIO_PCI_INDEX_TO_OFFSET(). */
#define REGION_SHIFT 40
#define COMMAND_AT ((UINT64_C(7) << REGION_SHIFT) + 4)
#define READ_WRITE (VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE)
#define ERROR_IRQ 3
#define REQUEST_IRQ 4

struct sim_vfio vfio;

/* QEMU's edu card. */
static const unsigned char config[64] = {0x34, 0x12, 0xe8, 0x11, 0x03, 0x01, 0x10, 0x00, 0x10, 0x00,
	0xff, [0x12] = 0xa0, [0x13] = 0xfe, [0x2c] = 0xf4, [0x2d] = 0x1a, [0x2f] = 0x11,
	[0x3c] = 0x0a, [0x3d] = 0x01};
static const uint32_t edu_id = 0x010000ed;

void sim_vfio_reset(void)
{
	vfio = (struct sim_vfio){
		.api_version = VFIO_API_VERSION,
		.extension = 1,
		.group_flags = VFIO_GROUP_FLAGS_VIABLE,
		.info = {.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET,
			.num_regions = VFIO_PCI_NUM_REGIONS,
			.num_irqs = SIM_IRQS},
		.regions = {[0] = {1 << 20, READ_WRITE | VFIO_REGION_INFO_FLAG_MMAP},
			[7] = {256, READ_WRITE}},
		.irq_counts = {1, 4, 8, 1, 1},
		.msix_mappable = true,
		.affected = {{1, 0, 0, 4 << 3}},
		.affected_count = 1,
		.ranges = true,
		.page = 4096,
		.entry_limit = 60,
		.container = -1,
		.asked = -1,
		.group = -1,
		.device = -1,
		.unmask = -1,
		.release = -1,
		.error = -1,
	};
}

void sim_vfio_card(const struct sim *kernel, const char *backend)
{
	sim = kernel;
	card = (struct card){
		.tree = tree_new("edu-vfio"),
		.options = {.backend = backend},
		.raise = sim_vfio_raise,
		.command = sim_vfio_command,
	};
	inject_reset(card.tree->root);
	sim_vfio_reset();
}

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n >= m && !strcmp(path + n - m, end);
}

/* A group can be open once. */
static int sim_open(const char *path, int flags)
{
	int *fd = ends_with(path, "/dev/vfio/vfio") ? &vfio.container
		  : ends_with(path, "/dev/vfio/1")  ? &vfio.group
						    : NULL;

	if (!fd)
		return SIM_NOT_MINE;
	if (fd == &vfio.group && vfio.group >= 0)
		return -EBUSY;
	if (*fd >= 0) /* of who only asks */
		fd = &vfio.asked;
	*fd = open(path, flags | O_CLOEXEC);
	return *fd < 0 ? -errno : *fd;
}

static void irqs_off(void)
{
	vfio.irq_count = 0;
	vfio.unmask = -1;
	vfio.masked = vfio.pending = false;
}

static void sim_close(int fd)
{
	for (unsigned int i = 0; i < vfio.irq_count; i++)
		vfio.early_closes += vfio.triggers[i] == fd;
	if (fd == vfio.device) {
		vfio.device = vfio.release = vfio.error = -1;
		vfio.low_power = false;
		irqs_off();
	} else if (fd == vfio.group) {
		vfio.group = -1;
		vfio.attached = vfio.translates = false;
		vfio.entry_count = 0;
	} else if (fd == vfio.container) {
		vfio.container = -1;
	} else if (fd == vfio.asked) {
		vfio.asked = -1;
	}
}

static int make_device(const char *name)
{
	int rc;

	if (!vfio.translates)
		return -EINVAL;
	if (strncmp(name, EDU, strlen(EDU)))
		return -ENODEV;
	rc = sim_vfio_judge_token(name + strlen(EDU));
	return rc ? rc : sim_vfio_make_device();
}

int sim_vfio_make_device(void)
{
	static const char pad[192];

	vfio.device = memfd_create("card", MFD_CLOEXEC);
	if (vfio.device < 0 || ftruncate(vfio.device, (off_t)SIM_REGIONS << REGION_SHIFT) ||
		pwrite(vfio.device, &edu_id, 4, 0) != 4 ||
		pwrite(vfio.device, config, sizeof(config), (off_t)7 << REGION_SHIFT) != 64 ||
		pwrite(vfio.device, pad, sizeof(pad), ((off_t)7 << REGION_SHIFT) + 64) != 192)
		return -errno;
	return vfio.device;
}

uint16_t sim_vfio_command(void)
{
	uint16_t command = 0;

	return pread(vfio.device, &command, 2, (off_t)COMMAND_AT) == 2 ? command : 0;
}

bool sim_vfio_set_command(uint16_t command)
{
	return pwrite(vfio.device, &command, 2, (off_t)COMMAND_AT) == 2;
}

void sim_vfio_fill(unsigned int region, uint64_t offset, const void *bytes, size_t size)
{
	off_t at = (off_t)(((uint64_t)region << REGION_SHIFT) + offset);
	int fd = dup(vfio.device); /* which the simulation does not know, so that it allows all */

	vfio.dead |= pwrite(fd, bytes, size, at) != (ssize_t)size;
	close(fd);
}

static int check_access(int fd, size_t size, uint64_t offset)
{
	uint64_t index = offset >> REGION_SHIFT, at = offset & ((UINT64_C(1) << REGION_SHIFT) - 1);

	if (fd != vfio.device)
		return SIM_NOT_MINE;
	return index < SIM_REGIONS && at + size <= vfio.regions[index].size ? 0 : -EINVAL;
}

static int sim_pread(int fd, void *buf, size_t size, uint64_t offset)
{
	int rc = check_access(fd, size, offset);

	if (rc)
		return rc;
	vfio.wakings += vfio.low_power;
	/* The ids are what the kernel has kept of them, whatever the card says. */
	if (offset >> REGION_SHIFT == VFIO_PCI_CONFIG_REGION_INDEX && (uint32_t)offset + size <= 4)
		return SIM_NOT_MINE;
	if (!vfio.dead && !sim_vfio_hides_table((unsigned int)(offset >> REGION_SHIFT),
				  offset & ((UINT64_C(1) << REGION_SHIFT) - 1), size))
		return SIM_NOT_MINE;
	memset(buf, 0xff, size);
	return 0;
}

static void deliver(unsigned int vector)
{
	static const uint64_t one = 1;

	if (vfio.triggers[vector] < 0 || write(vfio.triggers[vector], &one, 8) != 8)
		return;
	if (vfio.irq_index == VFIO_PCI_INTX_IRQ_INDEX)
		vfio.masked = true;
	vfio.pending = false;
}

static void look_at_line(void)
{
	if (vfio.pending && !vfio.masked && !sim_vfio_intx_is_off())
		deliver(0);
}

static int sim_pwrite(int fd, const void *buf, size_t size, uint64_t offset)
{
	int rc = check_access(fd, size, offset);

	if (!rc && !(vfio.regions[offset >> REGION_SHIFT].flags & VFIO_REGION_INFO_FLAG_WRITE))
		rc = -EINVAL;
	if (rc || offset >> REGION_SHIFT != VFIO_PCI_CONFIG_REGION_INDEX)
		return rc ? rc : SIM_NOT_MINE;
	rc = pwrite(fd, buf, size, (off_t)offset) == (ssize_t)size ? 0 : -EIO;
	look_at_line();
	return rc;
}

/* Only what is a region that can be mapped, in whole pages, outside of holes. */
static int sim_mmap(
	void *want, size_t size, int prot, int flags, int fd, uint64_t offset, void **out)
{
	uint64_t index = offset >> REGION_SHIFT, at = offset & ((UINT64_C(1) << REGION_SHIFT) - 1);

	(void)want;
	(void)prot;
	(void)flags;
	(void)out;
	if (fd != vfio.device || fd < 0)
		return SIM_NOT_MINE;
	if (index >= SIM_REGIONS || !(vfio.regions[index].flags & VFIO_REGION_INFO_FLAG_MMAP) ||
		at + size > ((vfio.regions[index].size + 4095) & ~UINT64_C(4095)))
		return -EINVAL;
	if (vfio.sparse && !index && at < 0x2000 && at + size > 0x1000)
		return -EINVAL;
	if (!vfio.msix_mappable && sim_vfio_hides_table((unsigned int)index, at, size))
		return -EINVAL;
	return SIM_NOT_MINE;
}

void sim_vfio_raise(unsigned int vector)
{
	if (vector >= vfio.irq_count)
		return;
	if (vfio.masked || sim_vfio_intx_is_off())
		vfio.pending = true;
	else
		deliver(vector);
}

void sim_vfio_ask_release(void)
{
	static const uint64_t one = 1;

	if (vfio.release >= 0 && write(vfio.release, &one, 8) != 8)
		vfio.release = -1;
}

void sim_vfio_report_error(void)
{
	static const uint64_t one = 1;

	if (vfio.error >= 0 && write(vfio.error, &one, 8) != 8)
		vfio.error = -1;
}

/* Only of what was masked the kernel looks whether the card asserts its line. */
static void unmask(void)
{
	bool was_masked = vfio.masked;

	vfio.masked = false;
	vfio.pending |= was_masked && vfio.asserted;
	look_at_line();
}

static ssize_t sim_write(int fd, const void *buf, size_t size)
{
	(void)buf;
	if (fd != vfio.unmask || fd < 0)
		return SIM_NOT_MINE;
	if (size != 8)
		return -EINVAL;
	unmask();
	return 8;
}

/* One capability behind the structure, where there is room for it. */
static struct vfio_info_cap_header *add_cap(
	struct vfio_region_info *info, uint32_t capacity, uint16_t id, size_t size)
{
	struct vfio_info_cap_header *cap = (void *)(info + 1);

	info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
	info->argsz = (uint32_t)(sizeof(*info) + size);
	info->cap_offset = capacity < info->argsz ? 0 : sizeof(*info);
	if (capacity < info->argsz)
		return NULL;
	*cap = (struct vfio_info_cap_header){id, 1, 0};
	return cap;
}

static void add_type(struct vfio_region_info *info, uint32_t capacity)
{
	struct vfio_region_info_cap_type *cap =
		(void *)add_cap(info, capacity, VFIO_REGION_INFO_CAP_TYPE, sizeof(*cap));

	if (!cap)
		return;
	cap->type = vfio.types[info->index].type;
	cap->subtype = vfio.types[info->index].subtype;
}

/* Old kernels say nothing of the table, and refuse it. */
static void add_msix(struct vfio_region_info *info, uint32_t capacity)
{
	if (vfio.msix_mappable && vfio.msix_table && info->index == (vfio.msix_table & 7))
		add_cap(info, capacity, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE,
			sizeof(struct vfio_info_cap_header));
}

static int get_region(struct vfio_region_info *info)
{
	struct vfio_region_info_cap_sparse_mmap *cap;
	uint32_t capacity = info->argsz;

	if (capacity < sizeof(*info) || info->index >= vfio.info.num_regions ||
		info->index == VFIO_PCI_VGA_REGION_INDEX)
		return -EINVAL;
	info->offset = (uint64_t)info->index << REGION_SHIFT;
	info->size = vfio.regions[info->index].size;
	info->flags = vfio.regions[info->index].flags;
	if (vfio.types[info->index].type)
		add_type(info, capacity);
	add_msix(info, capacity);
	if (!vfio.sparse || info->index)
		return 0;
	cap = (void *)add_cap(info, capacity, VFIO_REGION_INFO_CAP_SPARSE_MMAP,
		sizeof(*cap) + 2 * sizeof(cap->areas[0]));
	if (!cap)
		return 0;
	cap->nr_areas = 2;
	cap->areas[0] = (struct vfio_region_sparse_mmap_area){0, 0x1000};
	cap->areas[1] = (struct vfio_region_sparse_mmap_area){0x2000, info->size - 0x2000};
	return 0;
}

static int get_irq(struct vfio_irq_info *info)
{
	if (info->argsz < sizeof(*info) || info->index >= vfio.info.num_irqs)
		return -EINVAL;
	/* As of a card that is not on PCI Express. */
	if (info->index == ERROR_IRQ && !vfio.irq_counts[ERROR_IRQ])
		return -EINVAL;
	info->flags = VFIO_IRQ_INFO_EVENTFD;
	info->count = vfio.irq_counts[info->index];
	if (info->index == VFIO_PCI_INTX_IRQ_INDEX)
		info->flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	else if (info->index != VFIO_PCI_MSIX_IRQ_INDEX || !vfio.dynamic)
		info->flags |= VFIO_IRQ_INFO_NORESIZE;
	return 0;
}

static int set_notice(const struct vfio_irq_set *set, int *notice)
{
	memcpy(notice, set->data, sizeof(int));
	return fcntl(*notice, F_GETFD) < 0 ? -EBADF : 0;
}

/* What is enabled is enabled whole, and can only be added to where the kernel is able to. */
static int set_triggers(const struct vfio_irq_set *set)
{
	unsigned int end = set->start + set->count;

	if (vfio.no_line && set->index == VFIO_PCI_INTX_IRQ_INDEX)
		return -ENODEV;
	if (vfio.irq_count && vfio.irq_index != set->index)
		return -EINVAL;
	if (vfio.irq_count && end > vfio.irq_count &&
		(!vfio.dynamic || set->index != VFIO_PCI_MSIX_IRQ_INDEX))
		return -EINVAL;
	if (vfio.granted && end > vfio.granted)
		return vfio.tells_granted && !vfio.irq_count ? (int)vfio.granted : -ENOSPC;
	for (unsigned int i = 0; i < set->count; i++) {
		int fd;

		memcpy(&fd, set->data + i * sizeof(int), sizeof(int));
		if (fd >= 0 && fcntl(fd, F_GETFD) < 0)
			return -EBADF;
		vfio.triggers[set->start + i] = fd;
	}
	vfio.irq_index = set->index;
	vfio.irq_count = end > vfio.irq_count ? end : vfio.irq_count;
	return 0;
}

/* Without data a count is a signal to each, not an end. */
static int set_without_data(const struct vfio_irq_set *set)
{
	if (!vfio.irq_count || set->index != vfio.irq_index)
		return -EINVAL;
	for (unsigned int i = 0; i < set->count; i++)
		deliver(set->start + i);
	if (!set->count)
		irqs_off();
	return 0;
}

/* Of INTx only. */
static int set_unmask(const struct vfio_irq_set *set)
{
	if (set->index || !vfio.irq_count || vfio.irq_index || set->count != 1)
		return -EINVAL;
	if (set->flags & VFIO_IRQ_SET_DATA_NONE) {
		unmask();
		return 0;
	}
	if (vfio.no_unmask)
		return -ENOTTY;
	memcpy(&vfio.unmask, set->data, sizeof(int));
	return fcntl(vfio.unmask, F_GETFD) < 0 ? -EBADF : 0;
}

static int set_mask(const struct vfio_irq_set *set)
{
	if (set->index || !vfio.irq_count || vfio.irq_index || set->count != 1)
		return -EINVAL;
	vfio.masked = true;
	return 0;
}

static int set_irqs(const struct vfio_irq_set *set)
{
	uint32_t data = set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	uint32_t action = set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	size_t size = data == VFIO_IRQ_SET_DATA_EVENTFD ? set->count * sizeof(int) : 0;

	vfio.set_irqs++;
	if (set->argsz < sizeof(*set) + size || set->index >= SIM_IRQS ||
		set->start > vfio.irq_counts[set->index] ||
		set->count > vfio.irq_counts[set->index] - set->start)
		return -EINVAL;
	if (action == VFIO_IRQ_SET_ACTION_UNMASK)
		return set_unmask(set);
	if (action == VFIO_IRQ_SET_ACTION_MASK)
		return set_mask(set);
	if (set->index == REQUEST_IRQ || set->index == ERROR_IRQ)
		return set_notice(set, set->index == ERROR_IRQ ? &vfio.error : &vfio.release);
	if (data == VFIO_IRQ_SET_DATA_EVENTFD)
		return set->count ? set_triggers(set) : -EINVAL;
	return set_without_data(set);
}

static int reset(void)
{
	vfio.resets++;
	return sim_vfio_set_command(sim_vfio_command() & (uint16_t)~6) ? 0 : -EIO;
}

static int ask_container(unsigned long request, void *arg)
{
	switch (request) {
	case VFIO_GET_API_VERSION:
		return vfio.api_version;
	case VFIO_CHECK_EXTENSION:
		return vfio.extension;
	case VFIO_SET_IOMMU:
		vfio.translates = vfio.attached;
		return vfio.attached ? 0 : -ENODEV;
	}
	return sim_vfio_iommu_ioctl(request, arg);
}

static int ask_group(unsigned long request, void *arg)
{
	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		((struct vfio_group_status *)arg)->flags = vfio.group_flags;
		return 0;
	case VFIO_GROUP_SET_CONTAINER:
		if (*(int *)arg != vfio.container)
			return -EBADF;
		vfio.attached = true;
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD:
		return make_device(arg);
	}
	return -ENOTTY;
}

static int get_device(struct vfio_device_info *info)
{
	if (info->argsz < 16)
		return -EINVAL;
	info->flags = vfio.info.flags;
	info->num_regions = vfio.info.num_regions;
	info->num_irqs = vfio.info.num_irqs;
	return 0;
}

static int ask_device(unsigned long request, void *arg)
{
	switch (request) {
	case VFIO_DEVICE_GET_INFO:
		return get_device(arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region(arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return get_irq(arg);
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(arg);
	case VFIO_DEVICE_RESET:
		return reset();
	}
	return sim_vfio_pci_ioctl(request, arg);
}

static int sim_ioctl(int fd, unsigned long request, void *arg)
{
	int rc = fd < 0					    ? -EBADF
		 : fd == vfio.container || fd == vfio.asked ? ask_container(request, arg)
		 : fd == vfio.group			    ? ask_group(request, arg)
		 : fd == vfio.device			    ? ask_device(request, arg)
							    : SIM_NOT_MINE;

	if (vfio.lie && !rc)
		vfio.lie(request, arg);
	return rc;
}

const struct sim sim_vfio = {
	.open = sim_open,
	.close = sim_close,
	.write = sim_write,
	.pread = sim_pread,
	.pwrite = sim_pwrite,
	.ioctl = sim_ioctl,
	.mmap = sim_mmap,
	.request_name = sim_vfio_request_name,
};
