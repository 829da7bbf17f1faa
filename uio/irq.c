/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/rights.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "check/check.h"
#include "udev/udev.h"
#include "uio.h"

#define GONE "its kernel driver was unbound, or the card was removed"

/* A device without interrupt answers every poll at once with an error. */
void uio_irq_init(struct uvio_udev *udev)
{
	struct uio_device *device = udev->priv;
	struct pollfd fd = {.fd = device->fd, .events = POLLIN};
	int n;

	/* A pending signal ends even a poll which does not wait. */
	do
		n = uvio_sys_poll(&fd, 1, 0);
	while (n == -EINTR);
	device->has_irq = n >= 0 && !(fd.revents & (POLLERR | POLLHUP));
	if (!device->has_irq)
		return;
	udev->caps |= UVIO_CAP_INTX;
	udev->gone_fd = device->fd;
}

/* After unbinding, registers and the configuration space answer as before: only the node tells. */
int uio_look(struct uvio_udev *udev)
{
	const struct uio_device *device = udev->priv;
	struct pollfd fd = {.fd = device->fd};
	bool there;

	if (device->has_irq)
		there = uvio_sys_poll(&fd, 1, 0) <= 0;
	else
		there = uvio_sysfs_exists(udev->ctx, "class/uio/%s", device->name);
	return there ? 0 : uvio_udev_gone(udev, GONE);
}

int uio_irq_count(struct uvio_udev *udev, enum uvio_irq_kind kind)
{
	const struct uio_device *device = udev->priv;

	return kind == UVIO_IRQ_INTX && device->has_irq;
}

static int read_event(const struct uio_device *device, uint32_t *event)
{
	ssize_t n = uvio_sys_read(device->fd, event, sizeof(*event));

	return n == sizeof(*event) ? 0 : n >= 0 ? -EIO : (int)n;
}

/* The node counts from binding on: earlier events are not reported. */
static int take_baseline(struct uvio_udev *udev)
{
	const struct uio_device *device = udev->priv;
	struct uvio_vector *vector = udev->vectors;
	uint64_t event;
	int rc;

	rc = uvio_sysfs_u64(udev->ctx, &event, "class/uio/%s/event", device->name);
	if (rc && uio_look(udev))
		return -ENODEV;
	if (rc)
		return uvio_fail(rc == -ENODEV ? -EIO : rc,
			"%s: cannot read %s/class/uio/%s/event: %s", udev->address.text,
			udev->ctx->sysfs, device->name, strerror(-rc));
	vector->fd = device->fd;
	vector->event = &vector->running;
	vector->event_size = sizeof(vector->running);
	vector->running = (uint32_t)event;
	rc = read_event(device, &vector->running);
	vector->last = vector->running;
	if (!rc || rc == -EAGAIN)
		return 0;
	if (uio_look(udev))
		return -ENODEV;
	return uvio_fail(rc == -ENODEV ? -EIO : rc, "%s: reading /dev/%s: %s", udev->address.text,
		device->name, strerror(-rc));
}

static int config_failed(struct uvio_udev *udev, int err)
{
	int rc = uvio_udev_failed(udev, err);

	if (rc == -ENODEV)
		return rc;
	return uvio_fail_advised(udev, rc,
		"%s: cannot arm INTx: the configuration space cannot be written (%s), "
		"so an interrupt would come once and never again%s[vfio:; or use the vfio backend]",
		udev->address.text, strerror(-err), uvio_refusal(udev->ctx, err));
}

static int set_intx(struct uvio_udev *udev, bool on)
{
	int rc = uio_config_set_intx(udev->priv, on);

	return rc ? config_failed(udev, rc) : 0;
}

static int irqcontrol(const struct uio_device *device, int32_t on)
{
	ssize_t n = uvio_sys_write(device->fd, &on, sizeof(on));

	return n < 0 ? (int)n : 0;
}

static int __attribute__((noinline)) ack_failed(struct uio_device *device, int rc)
{
	struct uvio_udev *udev = device->udev;

	if (uio_look(udev))
		return -ENODEV;
	if (!device->has_irqcontrol)
		return config_failed(udev, rc);
	return uvio_fail(rc == -ENODEV ? -EIO : rc, "%s: cannot arm the interrupt by /dev/%s: %s",
		udev->address.text, device->name, strerror(-rc));
}

static int ack_by_irqcontrol(struct uvio_udev *udev)
{
	int rc = irqcontrol(udev->priv, 1);

	return rc ? ack_failed(udev->priv, rc) : 0;
}

static int ack_by_command(struct uvio_udev *udev)
{
	struct uio_device *device = udev->priv;
	int rc = uio_config_arm(device);

	return rc ? ack_failed(device, rc) : 0;
}

static int ack_by_word(struct uvio_udev *udev)
{
	int rc = uio_config_arm_by_word(udev->priv);

	/* Counts the second call. */
	__atomic_fetch_add(&udev->acks, 1, __ATOMIC_RELAXED);
	return rc ? ack_failed(udev->priv, rc) : 0;
}

static int control_failed(struct uvio_udev *udev, int rc, const char *what)
{
	const struct uio_device *device = udev->priv;

	if (uio_look(udev))
		return -ENODEV;
	return uvio_fail(rc == -ENODEV ? -EIO : rc, "%s: cannot %s the interrupt by /dev/%s: %s",
		udev->address.text, what, device->name, strerror(-rc));
}

/* The switch in the card's command register, which a driver of its own may not need. */
static bool has_switch(const struct uvio_udev *udev)
{
	const struct uio_device *device = udev->priv;

	return device->pci && !udev->own_msi && !(udev->own_driver && device->config_refused);
}

/* The node itself cannot be signalled by a program. */
static int make_wake(struct uvio_udev *udev)
{
	char limit[UVIO_LIMIT_TEXT];
	int fd = uvio_sys_eventfd();

	if (fd >= 0) {
		udev->wake_fd = fd;
		return 0;
	}
	uvio_limit_of_files(fd, 1, limit);
	return uvio_fail(fd, "%s: no descriptor to end a wait for its interrupt with: %s",
		udev->address.text, limit[0] ? limit : strerror(-fd));
}

/*
 * Drivers with an irqcontrol are armed by it; for others PCI has its own switch. Without either the
 * card driver arms it in the card.
 */
int uio_irq_enable(
	struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min, unsigned int most)
{
	struct uio_device *device = udev->priv;
	int rc = take_baseline(udev);

	(void)kind;
	(void)min;
	(void)most;
	if (rc)
		return rc;
	rc = make_wake(udev);
	if (rc)
		return rc;
	rc = irqcontrol(device, 1);
	device->has_irqcontrol = !rc;
	if (device->has_irqcontrol)
		udev->irq_ack = ack_by_irqcontrol;
	else if (has_switch(udev))
		udev->irq_ack = device->by_word ? ack_by_word : ack_by_command;
	if (rc && rc != -ENOSYS)
		return control_failed(udev, rc, "enable");
	/* Even if it happens to be armed now, it could not be armed again. */
	if (udev->irq_ack && !device->has_irqcontrol && device->config_refused)
		return config_failed(udev, device->config_refused);
	if (udev->irq_ack && !device->has_irqcontrol)
		uio_config_open_proc(udev);
	rc = has_switch(udev) ? set_intx(udev, true) : 0;
	if (rc && device->has_irqcontrol)
		irqcontrol(device, 0);
	return rc ? rc : 1;
}

/* Restores what the card's own driver had switched on. After a failure it stays enabled. */
int uio_irq_disable(struct uvio_udev *udev)
{
	struct uio_device *device = udev->priv;
	int rc = 0;

	if (atomic_load(&udev->gone))
		return 0;
	if (device->has_irqcontrol)
		rc = irqcontrol(device, 0);
	if (rc)
		return control_failed(udev, rc, "disable");
	rc = has_switch(udev) ? set_intx(udev, udev->own_driver && device->own_intx) : 0;
	if (rc && device->has_irqcontrol)
		irqcontrol(device, 1);
	return rc;
}
