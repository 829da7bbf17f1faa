/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys.h"
#include "vfio.h"

static const uint32_t kind_index[UVIO_IRQ_KINDS] = {
	[UVIO_IRQ_INTX] = VFIO_PCI_INTX_IRQ_INDEX,
	[UVIO_IRQ_MSI] = VFIO_PCI_MSI_IRQ_INDEX,
	[UVIO_IRQ_MSIX] = VFIO_PCI_MSIX_IRQ_INDEX,
};

static const uint32_t kind_cap[UVIO_IRQ_KINDS] = {
	[UVIO_IRQ_INTX] = UVIO_CAP_INTX,
	[UVIO_IRQ_MSI] = UVIO_CAP_MSI,
	[UVIO_IRQ_MSIX] = UVIO_CAP_MSIX,
};

/* How many vectors that can signal an eventfd; 0 where the device has no such index. */
static int vector_count(const struct vfio_device *device, uint32_t index)
{
	struct vfio_irq_info info = {.argsz = sizeof(info), .index = index};
	int rc;

	if (index >= device->info.num_irqs)
		return 0;
	rc = uvio_sys_ioctl(device->fd, VFIO_DEVICE_GET_IRQ_INFO, &info);
	if (rc < 0)
		return rc == -EINVAL ? 0 : rc;
	return info.flags & VFIO_IRQ_INFO_EVENTFD && info.count <= INT_MAX ? (int)info.count : 0;
}

int vfio_irq_init(struct uvio_udev *udev)
{
	struct vfio_device *device = udev->priv;

	for (unsigned int kind = 0; kind < UVIO_IRQ_KINDS; kind++) {
		int count = vector_count(device, kind_index[kind]);

		if (count < 0)
			return vfio_failed(udev, count, "VFIO_DEVICE_GET_IRQ_INFO");
		device->irq_counts[kind] = count;
		if (count)
			udev->caps |= kind_cap[kind];
	}
	return 0;
}

int vfio_irq_count(struct uvio_udev *udev, enum uvio_irq_kind kind)
{
	return ((struct vfio_device *)udev->priv)->irq_counts[kind];
}

/* @action is a VFIO_IRQ_SET_ACTION; @count 0 switches the index off. Needs no memory. */
static int set_irqs_none(
	const struct vfio_device *device, uint32_t index, uint32_t action, unsigned int count)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = action | VFIO_IRQ_SET_DATA_NONE,
		.index = index,
		.count = count,
	};

	return uvio_sys_ioctl(device->fd, VFIO_DEVICE_SET_IRQS, &set);
}

static int set_irqs(const struct vfio_device *device, uint32_t index, uint32_t action,
	const int *fds, unsigned int count)
{
	size_t size = sizeof(struct vfio_irq_set) + count * sizeof(*fds);
	struct vfio_irq_set *set = calloc(1, size);
	int rc;

	if (!set)
		return -ENOMEM;
	set->argsz = (uint32_t)size;
	set->flags = action | VFIO_IRQ_SET_DATA_EVENTFD;
	set->index = index;
	set->count = count;
	memcpy(set->data, fds, count * sizeof(*fds));
	rc = uvio_sys_ioctl(device->fd, VFIO_DEVICE_SET_IRQS, set);
	free(set);
	return rc;
}

int vfio_release_fd_new(struct uvio_udev *udev)
{
#if HAVE_DECL_VFIO_PCI_REQ_IRQ_INDEX
	struct vfio_device *device = udev->priv;
	int fd;

	if (vector_count(device, VFIO_PCI_REQ_IRQ_INDEX) < 1)
		return -1;
	fd = uvio_sys_eventfd();
	if (fd < 0)
		return -1;
	if (!set_irqs(device, VFIO_PCI_REQ_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, &fd, 1))
		return fd;
	uvio_sys_close(fd);
#else
	(void)udev;
#endif
	return -1;
}

static void close_fds(struct vfio_device *device)
{
	for (unsigned int i = 0; i < device->irq_count; i++)
		uvio_sys_close(device->irq_fds[i]);
	free(device->irq_fds);
	device->irq_fds = NULL;
	device->irq_count = 0;
	uvio_sys_close(device->unmask_fd);
	device->unmask_fd = -1;
}

static int open_fds(struct uvio_udev *udev, unsigned int count)
{
	struct vfio_device *device = udev->priv;

	device->irq_fds = calloc(count, sizeof(*device->irq_fds));
	if (!device->irq_fds)
		return uvio_no_memory(udev->address.text);
	while (device->irq_count < count) {
		int fd = uvio_sys_eventfd();

		if (fd < 0)
			return uvio_fail(fd, "%s: no eventfd for vector %u: %s; see ulimit -n",
				udev->address.text, device->irq_count, strerror(-fd));
		device->irq_fds[device->irq_count++] = fd;
	}
	return 0;
}

/* A positive answer is the number of vectors that could be had. */
static int trigger(struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int count)
{
	struct vfio_device *device = udev->priv;
	int rc = set_irqs(
		device, kind_index[kind], VFIO_IRQ_SET_ACTION_TRIGGER, device->irq_fds, count);

	if (!rc)
		return 0;
	if (rc > 0)
		return uvio_fail(-ENOSPC,
			"%s: the kernel has %d of the %u %s vectors asked for; "
			"ask for %d",
			udev->address.text, rc, count, uvio_irq_kind_name(kind), rc);
	if (rc == -EBUSY && kind == UVIO_IRQ_INTX)
		return uvio_fail(rc,
			"%s: its interrupt line is shared, and the card cannot mask "
			"INTx by itself; use MSI, or move it to a line of its own "
			"(/proc/interrupts)",
			udev->address.text);
	return vfio_failed(udev, rc, "VFIO_DEVICE_SET_IRQS");
}

static int __attribute__((noinline)) ack_failed(struct uvio_udev *udev, int rc)
{
	return uvio_fail(rc, "%s: cannot unmask INTx: %s", udev->address.text, strerror(-rc));
}

static int ack_by_ioctl(struct uvio_udev *udev)
{
	int rc = set_irqs_none(udev->priv, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK, 1);

	return rc < 0 ? ack_failed(udev, rc) : 0;
}

static int ack_by_eventfd(struct uvio_udev *udev)
{
	static const uint64_t one = 1;
	ssize_t n = write(((struct vfio_device *)udev->priv)->unmask_fd, &one, sizeof(one));
	int rc = UVIO_SYS_RESULT(n, sizeof(one));

	return rc ? ack_failed(udev, rc) : 0;
}

/* The kernel masks INTx at each event: writing to this eventfd unmasks it, without an ioctl. */
static int arm_intx(struct uvio_udev *udev)
{
	struct vfio_device *device = udev->priv;
	int rc = uvio_sys_eventfd();

	if (rc < 0)
		return uvio_fail(
			rc, "%s: no eventfd: %s; see ulimit -n", udev->address.text, strerror(-rc));
	device->unmask_fd = rc;
	rc = set_irqs(
		device, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK, &device->unmask_fd, 1);
	udev->irq_ack = rc < 0 ? ack_by_ioctl : ack_by_eventfd;
	/*
	 * Masked first, or unmasking does nothing. A card that asserts its line since before the
	 * open is then reported by the kernel, whether or not the interrupt controller saw it.
	 */
	set_irqs_none(device, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_MASK, 1);
	rc = set_irqs_none(device, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK, 1);
	return rc < 0 ? vfio_failed(udev, rc, "VFIO_DEVICE_SET_IRQS") : 0;
}

int vfio_irq_enable(struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int count)
{
	struct vfio_device *device = udev->priv;
	int rc = open_fds(udev, count);

	if (!rc)
		rc = trigger(udev, kind, count);
	if (rc)
		goto err_close_fds;
	device->irq_index = kind_index[kind];
	for (unsigned int i = 0; i < count; i++) {
		udev->vectors[i].fd = device->irq_fds[i];
		udev->vectors[i].event_size = sizeof(udev->vectors[i].event.count);
	}
	if (kind == UVIO_IRQ_INTX)
		rc = arm_intx(udev);
	if (rc)
		goto err_disable;
	return 0;

err_disable:
	set_irqs_none(device, device->irq_index, VFIO_IRQ_SET_ACTION_TRIGGER, 0);
err_close_fds:
	close_fds(device);
	return rc;
}

int vfio_irq_disable(struct uvio_udev *udev)
{
	struct vfio_device *device = udev->priv;
	int rc = set_irqs_none(device, device->irq_index, VFIO_IRQ_SET_ACTION_TRIGGER, 0);

	close_fds(device);
	return rc < 0 ? vfio_failed(udev, rc, "VFIO_DEVICE_SET_IRQS") : 0;
}
