/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * foreign_vfio NODE ACTION...: a program of others with a VFIO device. NODE is a group
 * (/dev/vfio/GROUP, /dev/vfio/noiommu-GROUP) or a device (/dev/vfio/devices/vfioN). The actions,
 * in order:
 *   device=ADDRESS  the descriptor of the device, with an address space of its own behind it
 *   map         maps the first page of BAR0
 *   master      switches bus mastering on
 *   irq         says "interrupt" for each INTx
 *   close       closes NODE, where that is a group, and the address space; the device stays
 *   drop        closes the device (and NODE, where that is the device); mappings stay
 */
#include "foreign_program.h"

#include <linux/types.h>
#include <linux/vfio.h>
#include <sys/eventfd.h>

#define BIND_IOMMUFD _IO(VFIO_TYPE, VFIO_BASE + 18)
#define ATTACH_IOMMUFD_PT _IO(VFIO_TYPE, VFIO_BASE + 19)
#define IOAS_ALLOC _IO(';', 0x81)

static const char *node_path;
static int node = -1, space = -1, device = -1, irq = -1;

static void call(int fd, unsigned long request, void *arg, const char *what)
{
	if (ioctl(fd, request, arg) < 0)
		fail(what);
}

static void open_by_group(const char *path, char *address)
{
	unsigned long type = strstr(path, "noiommu-") ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1v2_IOMMU;

	space = open_or_fail("/dev/vfio/vfio");
	call(node, VFIO_GROUP_SET_CONTAINER, &space, "VFIO_GROUP_SET_CONTAINER");
	if (ioctl(space, VFIO_SET_IOMMU, type))
		fail("VFIO_SET_IOMMU");
	device = ioctl(node, VFIO_GROUP_GET_DEVICE_FD, address);
	if (device < 0)
		fail("VFIO_GROUP_GET_DEVICE_FD");
}

static void open_by_device(void)
{
	struct {
		uint32_t argsz, flags;
		int32_t iommufd;
		uint32_t id;
	} bind = {sizeof(bind), 0, -1, 0};
	struct {
		uint32_t size, flags, id;
	} alloc = {sizeof(alloc), 0, 0};
	struct {
		uint32_t argsz, flags, id;
	} attach = {sizeof(attach), 0, 0};

	space = open_or_fail("/dev/iommu");
	bind.iommufd = space;
	call(node, BIND_IOMMUFD, &bind, "VFIO_DEVICE_BIND_IOMMUFD");
	call(space, IOAS_ALLOC, &alloc, "IOMMU_IOAS_ALLOC");
	attach.id = alloc.id;
	call(node, ATTACH_IOMMUFD_PT, &attach, "VFIO_DEVICE_ATTACH_IOMMUFD_PT");
	device = node;
	node = -1;
}

static off_t region_offset(uint32_t index)
{
	struct vfio_region_info info = {.argsz = sizeof(info), .index = index};

	call(device, VFIO_DEVICE_GET_REGION_INFO, &info, "VFIO_DEVICE_GET_REGION_INFO");
	return (off_t)info.offset;
}

static void set_intx(uint32_t flags, int fd)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} arg = {.fd = fd};

	arg.set.argsz = sizeof(arg.set) + (flags & VFIO_IRQ_SET_DATA_EVENTFD ? 4 : 0);
	arg.set.flags = flags;
	arg.set.index = VFIO_PCI_INTX_IRQ_INDEX;
	arg.set.count = 1;
	call(device, VFIO_DEVICE_SET_IRQS, &arg, "VFIO_DEVICE_SET_IRQS");
}

static void take(void)
{
	uint64_t count;

	if (read(irq, &count, sizeof(count)) != sizeof(count))
		fail("read");
}

static void arm(void)
{
	set_intx(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, -1);
}

static void enable_irq(void)
{
	irq = eventfd(0, EFD_CLOEXEC);
	set_intx(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, irq);
}

static void act(char *action)
{
	if (!strncmp(action, "device=", 7)) {
		if (strstr(node_path, "/devices/"))
			open_by_device();
		else
			open_by_group(node_path, action + 7);
	} else if (!strcmp(action, "map")) {
		map_or_fail(device, region_offset(VFIO_PCI_BAR0_REGION_INDEX));
	} else if (!strcmp(action, "master")) {
		change_command(
			device, region_offset(VFIO_PCI_CONFIG_REGION_INDEX), COMMAND_MASTER, 0);
	} else if (!strcmp(action, "irq")) {
		enable_irq();
	} else if (!strcmp(action, "arm")) {
		arm();
	} else if (!strncmp(action, "write=", 6)) {
		write_register(action);
	} else if (!strcmp(action, "close")) {
		close(node);
		close(space);
	} else if (!strcmp(action, "drop")) {
		close(device);
	} else {
		errno = EINVAL;
		fail(action);
	}
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	node_path = argv[1];
	node = open_or_fail(node_path);
	for (int i = 2; i < argc; i++)
		act(argv[i]);
	return stay(irq, take, act);
}
