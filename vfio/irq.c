/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/error.h"
#include "base/pci_config.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "udev/udev.h"
#include "vfio.h"

/* PCI Local Bus Specification 3.0, 6.2.2: bit 10 of the command register, INTx disable. */
#define COMMAND_UPPER (PCI_CONFIG_COMMAND + 1)
#define UPPER_INTX_DISABLE 0x04

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

/* The number of vectors that can signal an eventfd; 0: the device has no such index. */
static int vector_count(const struct vfio_device *device, uint32_t index, bool *resizable)
{
	struct vfio_irq_info info = {.argsz = sizeof(info), .index = index};
	int rc;

	*resizable = false;
	if (index >= device->info.num_irqs)
		return 0;
	rc = uvio_sys_ioctl(device->fd, VFIO_DEVICE_GET_IRQ_INFO, &info);
	if (rc < 0)
		return rc == -EINVAL ? 0 : rc;
	*resizable = !(info.flags & VFIO_IRQ_INFO_NORESIZE);
	return info.flags & VFIO_IRQ_INFO_EVENTFD && info.count <= INT_MAX ? (int)info.count : 0;
}

int vfio_irq_init(struct uvio_udev *udev)
{
	struct vfio_device *device = udev->priv;
	bool resizable;

	for (unsigned int kind = 0; kind < UVIO_IRQ_KINDS; kind++) {
		int count = vector_count(device, kind_index[kind], &resizable);

		if (count < 0)
			return vfio_failed(udev, count, "VFIO_DEVICE_GET_IRQ_INFO");
		device->irq_counts[kind] = count;
		if (count)
			udev->caps |= kind_cap[kind];
		if (count && resizable && kind == UVIO_IRQ_MSIX)
			udev->caps |= UVIO_CAP_IRQ_GROW;
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

static struct vfio_irq_set *irq_set_new(
	uint32_t index, uint32_t action, unsigned int start, unsigned int count)
{
	size_t size = sizeof(struct vfio_irq_set) + count * sizeof(int32_t);
	struct vfio_irq_set *set = calloc(1, size);

	if (!set)
		return NULL;
	set->argsz = (uint32_t)size;
	set->flags = action | VFIO_IRQ_SET_DATA_EVENTFD;
	set->index = index;
	set->start = start;
	set->count = count;
	return set;
}

static int set_irqs_one(
	const struct vfio_device *device, uint32_t index, uint32_t action, int32_t fd)
{
	struct vfio_irq_set *set = irq_set_new(index, action, 0, 1);
	int rc;

	if (!set)
		return -ENOMEM;
	memcpy(set->data, &fd, sizeof(fd));
	rc = uvio_sys_ioctl(device->fd, VFIO_DEVICE_SET_IRQS, set);
	free(set);
	return rc;
}

/*
 * Passes the eventfds of the vectors from @start up to @end to the kernel. If positive, the result
 * is the number of vectors that it could allocate; it allocated none.
 */
static int set_triggers(struct uvio_udev *udev, unsigned int start, unsigned int end)
{
	struct vfio_device *device = udev->priv;
	struct vfio_irq_set *set =
		irq_set_new(device->irq_index, VFIO_IRQ_SET_ACTION_TRIGGER, start, end - start);
	int rc;

	if (!set)
		return -ENOMEM;
	for (unsigned int i = start; i < end; i++)
		memcpy(&set->data[(i - start) * sizeof(int32_t)], &udev->vectors[i].fd,
			sizeof(int32_t));
	rc = uvio_sys_ioctl(device->fd, VFIO_DEVICE_SET_IRQS, set);
	free(set);
	device->irq_on |= !rc;
	return rc;
}

/* The kernel refuses to switch off what is off. */
static int switch_off(struct vfio_device *device)
{
	int rc;

	if (!device->irq_on)
		return 0;
	rc = set_irqs_none(device, device->irq_index, VFIO_IRQ_SET_ACTION_TRIGGER, 0);
	device->irq_on = rc < 0;
	return rc < 0 ? rc : 0;
}

/* -1 in @out: the kernel has no such notice of this device. */
static int __attribute__((unused))
event_fd_new(struct uvio_udev *udev, uint32_t index, const char *what, int *out)
{
	const struct vfio_device *device = udev->priv;
	bool resizable;
	int fd;

	*out = -1;
	if (vector_count(device, index, &resizable) < 1)
		return 0;
	fd = uvio_sys_eventfd();
	if (fd < 0)
		return uvio_fail(
			fd, "%s: no eventfd for %s: %s", udev->address.text, what, strerror(-fd));
	if (set_irqs_one(device, index, VFIO_IRQ_SET_ACTION_TRIGGER, fd))
		uvio_sys_close(fd);
	else
		*out = fd;
	return 0;
}

/* Where the kernel has no such notice, the caps say so. */
int vfio_event_fds_open(struct uvio_udev *udev)
{
	int rc = 0;

	(void)udev;
#if HAVE_DECL_VFIO_PCI_REQ_IRQ_INDEX
	rc = event_fd_new(
		udev, VFIO_PCI_REQ_IRQ_INDEX, "the request to release it", &udev->release_fd);
	if (udev->release_fd >= 0)
		udev->caps |= UVIO_CAP_RELEASE_NOTICE;
#endif
#if HAVE_DECL_VFIO_PCI_ERR_IRQ_INDEX
	if (!rc)
		rc = event_fd_new(udev, VFIO_PCI_ERR_IRQ_INDEX, "its errors", &udev->error_fd);
	if (udev->error_fd >= 0)
		udev->caps |= UVIO_CAP_ERROR_NOTICE;
#endif
	return rc;
}

/* Closes all but the first @count. */
static void close_fds(struct uvio_udev *udev, unsigned int count)
{
	struct vfio_device *device = udev->priv;

	while (device->irq_count > count) {
		struct uvio_vector *vector = &udev->vectors[--device->irq_count];

		uvio_sys_close(vector->fd);
		vector->fd = -1;
	}
	if (count)
		return;
	uvio_sys_close(device->unmask_fd);
	device->unmask_fd = -1;
}

/* @missing: how many more are needed. */
static int no_eventfd(struct uvio_udev *udev, int err, unsigned int missing)
{
	char limit[UVIO_LIMIT_TEXT];

	uvio_limit_of_files(err, missing, limit);
	if (!limit[0])
		return uvio_fail(err, "%s: no eventfd for its interrupts: %s", udev->address.text,
			strerror(-err));
	return uvio_fail(err, "%s: no eventfd for its interrupts, %u more are needed: %s",
		udev->address.text, missing, limit);
}

static int open_fds(struct uvio_udev *udev, unsigned int count)
{
	struct vfio_device *device = udev->priv;

	while (device->irq_count < count) {
		struct uvio_vector *vector = &udev->vectors[device->irq_count];
		int fd = uvio_sys_eventfd();

		if (fd < 0)
			return no_eventfd(udev, fd, count - device->irq_count);
		vector->fd = fd;
		device->irq_count++;
	}
	return 0;
}

/*
 * Some kernels report how many vectors they have. On others, allocation succeeds and only the
 * request for one vector too many fails, so that the number must be searched. @low is available, or
 * too few to be tried; @high is too many. Returns the most that are available, switched off again,
 * or @low.
 */
static int search_most(struct uvio_udev *udev, unsigned int low, unsigned int high)
{
	while (high - low > 1) {
		unsigned int middle = low + (high - low) / 2;
		int rc = set_triggers(udev, 0, middle);

		if (rc < 0 && rc != -ENOSPC)
			return rc;
		if (rc) {
			high = middle;
			continue;
		}
		low = middle;
		rc = switch_off(udev->priv);
		if (rc < 0)
			return rc;
	}
	return (int)low;
}

static int too_many(struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int count, int have)
{
	const char *name = uvio_irq_kind_name(kind);

	if (have > 0)
		return uvio_fail(-ENOSPC,
			"%s: the kernel has %d of the %u %s vectors asked for; ask for %d",
			udev->address.text, have, count, name, have);
	return uvio_fail(-ENOSPC,
		"%s: the kernel cannot allocate %u %s vectors now; ask for fewer, or for as many "
		"as are available with uvio_irq_enable_range()",
		udev->address.text, count, name);
}

/* The kernel has no line for it, for example if the firmware has not routed the pin. */
static int no_line(struct uvio_udev *udev)
{
	const struct vfio_device *device = udev->priv;
	bool msi = device->irq_counts[UVIO_IRQ_MSI], msix = device->irq_counts[UVIO_IRQ_MSIX];
	uint64_t line = 1;

	if (uvio_udev_look(udev))
		return -ENODEV;
	uvio_sysfs_u64(udev->ctx, &line, "bus/pci/devices/%s/irq", udev->address.text);
	return uvio_fail(-ENOTSUP, "%s: the kernel has %sno interrupt line for its INTx pin%s; %s",
		udev->address.text, line ? "perhaps " : "",
		line ? ": VFIO_DEVICE_SET_IRQS returns ENODEV, and the device is present"
		     : " (irq is 0)",
		msi    ? "use MSI"
		: msix ? "use MSI-X"
		       : "poll the card, or look at the firmware setup");
}

static int trigger_failed(struct uvio_udev *udev, enum uvio_irq_kind kind, int rc)
{
	if (rc == -ENODEV && kind == UVIO_IRQ_INTX)
		return no_line(udev);
	if (rc == -EBUSY && kind == UVIO_IRQ_INTX)
		return uvio_fail(rc,
			"%s: its interrupt line is in use by another device, and cannot be shared; "
			"perhaps the card cannot mask INTx itself; use MSI, or give it a line of "
			"its own (/proc/interrupts)",
			udev->address.text);
	return vfio_failed(udev, rc, "VFIO_DEVICE_SET_IRQS");
}

/* Returns how many are enabled then. */
static int trigger(
	struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min, unsigned int most)
{
	int rc = set_triggers(udev, 0, most), have = rc;

	if (!rc)
		return (int)most;
	if (rc == -ENOSPC && min < most)
		have = search_most(udev, min - 1, most);
	if (have >= (int)min && have < (int)most) {
		close_fds(udev, (unsigned int)have);
		rc = set_triggers(udev, 0, (unsigned int)have);
		if (!rc)
			return have;
	} else if (have < 0) {
		rc = have;
	}
	return rc > 0 || rc == -ENOSPC ? too_many(udev, kind, min, rc)
				       : trigger_failed(udev, kind, rc);
}

static int __attribute__((noinline)) ack_failed(struct uvio_udev *udev, int rc)
{
	int found = uvio_udev_failed(udev, rc);

	if (found == -ENODEV)
		return found;
	return uvio_fail(found, "%s: cannot unmask INTx: %s", udev->address.text, strerror(-rc));
}

static int ack_by_ioctl(struct uvio_udev *udev)
{
	int rc = set_irqs_none(udev->priv, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK, 1);

	return rc < 0 ? ack_failed(udev, rc) : 0;
}

static int ack_by_eventfd(struct uvio_udev *udev)
{
	static const uint64_t one = 1;
	const struct vfio_device *device = udev->priv;
	ssize_t n = uvio_sys_write(device->unmask_fd, &one, sizeof(one));

	return n == sizeof(one) ? 0 : ack_failed(udev, n < 0 ? (int)n : -EIO);
}

/*
 * INTx disable of the card, which the kernel keeps from open to close and over a reset, has
 * precedence over unmasking. Its former value is restored later.
 */
static int set_intx_disable(struct uvio_udev *udev, bool on)
{
	uint64_t upper, now;
	int rc = uvio_region_read(&udev->config, COMMAND_UPPER, 1, &upper);

	if (rc || on == !!(upper & UPPER_INTX_DISABLE))
		return rc;
	rc = uvio_region_write(&udev->config, COMMAND_UPPER, 1, upper ^ UPPER_INTX_DISABLE);
	if (!rc)
		rc = uvio_region_read(&udev->config, COMMAND_UPPER, 1, &now);
	if (rc)
		return rc;
	((struct vfio_device *)udev->priv)->intx_let = !on;
	if (on == !!(now & UPPER_INTX_DISABLE))
		return 0;
	return uvio_fail(-EIO,
		"%s: bit 10 of its command register, INTx disable, stays %s; setpci -s %s "
		"COMMAND shows it",
		udev->address.text, on ? "off" : "on", udev->address.text);
}

/* Restores the former value. */
static int block_intx(struct uvio_udev *udev)
{
	const struct vfio_device *device = udev->priv;

	return device->intx_let && !atomic_load(&udev->gone) ? set_intx_disable(udev, true) : 0;
}

/* The kernel masks INTx at each event: writing to this eventfd unmasks it, without an ioctl. */
static int arm_intx(struct uvio_udev *udev)
{
	struct vfio_device *device = udev->priv;
	int rc = set_intx_disable(udev, false);

	if (rc)
		return rc;
	rc = uvio_sys_eventfd();
	if (rc < 0)
		return no_eventfd(udev, rc, 1);
	device->unmask_fd = rc;
	rc = set_irqs_one(
		device, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK, device->unmask_fd);
	udev->irq_ack = rc < 0 ? ack_by_ioctl : ack_by_eventfd;
	/*
	 * Masked first, since otherwise unmasking does nothing. The kernel then reports a card that
	 * has asserted its line since before the open, whether or not the interrupt controller saw
	 * it.
	 */
	set_irqs_none(device, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_MASK, 1);
	rc = set_irqs_none(device, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK, 1);
	return rc < 0 ? vfio_failed(udev, rc, "VFIO_DEVICE_SET_IRQS") : 0;
}

int vfio_irq_enable(
	struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min, unsigned int most)
{
	struct vfio_device *device = udev->priv;
	struct uvio_saved_error first;
	int rc, count = 0;

	/* Still enabled, since switching it off failed. */
	rc = switch_off(device);
	if (rc < 0)
		return vfio_failed(udev, rc, "VFIO_DEVICE_SET_IRQS");
	device->irq_index = kind_index[kind];
	rc = open_fds(udev, most);
	if (rc)
		goto err_close_fds;
	rc = count = trigger(udev, kind, min, most);
	if (rc < 0)
		goto err_switch_off;
	rc = kind == UVIO_IRQ_INTX ? arm_intx(udev) : 0;
	if (rc)
		goto err_switch_off;
	return count;

err_switch_off:
	uvio_error_save(&first);
	switch_off(device);
	block_intx(udev);
	uvio_error_restore(&first);
err_close_fds:
	close_fds(udev, 0);
	return rc;
}

static int grow_failed(struct uvio_udev *udev, unsigned int count, int rc, const char *rest)
{
	int found;

	if (rc > 0)
		return uvio_fail(-ENOSPC,
			"%s: the kernel has %d of the %u msix vectors asked for; %s",
			udev->address.text, rc, count, rest);
	if (rc == -ENOSPC)
		return uvio_fail(rc, "%s: the kernel cannot allocate %u msix vectors now; %s",
			udev->address.text, count, rest);
	found = uvio_udev_failed(udev, rc);
	if (found == -ENODEV)
		return found;
	return uvio_fail(found, "%s: cannot get %u msix vectors: VFIO_DEVICE_SET_IRQS: %s; %s",
		udev->address.text, count, strerror(-rc), rest);
}

/*
 * Interrupts in the gap are lost, so that each vector is signalled once. EAGAIN is harmless: a full
 * counter is a signal.
 */
static void signal_all(struct uvio_udev *udev, unsigned int count)
{
	static const uint64_t one = 1;

	for (unsigned int i = 0; i < count; i++)
		uvio_sys_write(udev->vectors[i].fd, &one, sizeof(one));
}

static int enable_anew(struct uvio_udev *udev, unsigned int count)
{
	struct vfio_device *device = udev->priv;
	int rc = switch_off(device);

	if (rc < 0)
		return vfio_failed(udev, rc, "VFIO_DEVICE_SET_IRQS");
	rc = set_triggers(udev, 0, count);
	if (rc && set_triggers(udev, 0, udev->irq_count))
		return grow_failed(udev, count, rc,
			"the former vectors could not be enabled again either, so that none is "
			"enabled; disable interrupts, and enable them again");
	signal_all(udev, udev->irq_count);
	return rc ? grow_failed(udev, count, rc, "the former vectors are enabled again") : 0;
}

static int add_vectors(struct uvio_udev *udev, unsigned int count)
{
	int rc = set_triggers(udev, udev->irq_count, count);

	return rc ? grow_failed(udev, count, rc, "the former vectors are still enabled") : 0;
}

int vfio_irq_grow(struct uvio_udev *udev, unsigned int count)
{
	int rc = open_fds(udev, count);

	if (!rc)
		rc = udev->caps & UVIO_CAP_IRQ_GROW ? add_vectors(udev, count)
						    : enable_anew(udev, count);
	if (rc)
		close_fds(udev, udev->irq_count);
	return rc;
}

int vfio_irq_disable(struct uvio_udev *udev)
{
	bool was_let = ((struct vfio_device *)udev->priv)->intx_let;
	int rc = block_intx(udev);

	if (rc)
		return rc;
	rc = switch_off(udev->priv);
	if (!rc) {
		close_fds(udev, 0);
		return 0;
	}
	if (was_let)
		set_intx_disable(udev, false);
	return vfio_failed(udev, rc, "VFIO_DEVICE_SET_IRQS");
}

void vfio_irq_cleanup(struct uvio_udev *udev)
{
	close_fds(udev, 0);
}
