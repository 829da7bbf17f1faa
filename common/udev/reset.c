/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/udev.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/address.h"
#include "base/error.h"
#include "base/rights.h"
#include "base/sys.h"

#define RESET_TRIES 3

/* The kernel may hold the lock of the device for a moment. */
static int try_reset(struct uvio_udev *udev, int (*reset)(struct uvio_udev *udev))
{
	struct uvio_saved_error before;
	int rc = -EAGAIN;

	uvio_error_save(&before);
	for (int i = 0; i < RESET_TRIES && rc == -EAGAIN; i++) {
		if (i)
			uvio_sys_pause(50 * 1000000);
		rc = reset(udev);
	}
	if (!rc)
		uvio_error_restore(&before);
	if (rc != -EAGAIN)
		return rc;
	return uvio_fail(rc,
		"%s: the kernel is busy with the device, and cannot reset it now; try again",
		udev->address.text);
}

static int stop_bus_master(struct uvio_udev *udev)
{
	return udev->config.size ? uvio_bus_master(udev, udev->own_master) : 0;
}

/* Also after a failure, since nobody knows how far it came. The failure is what is reported. */
static int settle(struct uvio_udev *udev, int rc)
{
	struct uvio_saved_error first;

	if (!rc)
		return stop_bus_master(udev);
	uvio_error_save(&first);
	stop_bus_master(udev);
	return uvio_error_restore(&first);
}

static int check_pci(const char *function, struct uvio_udev *udev)
{
	if (UVIO_NULL_IN(function, "udev", udev))
		return -EINVAL;
	if (atomic_load(&udev->gone))
		return uvio_udev_gone(udev, "");
	if (udev->address.kind == UVIO_ADDRESS_PCI)
		return 0;
	return uvio_fail(-ENOTSUP,
		"%s: not a PCI device, so the kernel cannot reset it; use a reset register of the "
		"card",
		udev->address.text);
}

static int no_reset(struct uvio_udev *udev)
{
	int rc = udev->reset_refused;

	if (rc)
		return uvio_fail(rc,
			"%s: cannot reset it: its file \"reset\" in sysfs cannot be written: %s%s",
			udev->address.text, strerror(-rc), uvio_refusal(udev->ctx, rc));
	return uvio_fail(-ENOTSUP,
		"%s: the kernel has no method to reset this card alone (reset_method in sysfs is "
		"empty or missing); use a reset register of the card%s",
		udev->address.text, udev->caps & UVIO_CAP_BUS_RESET ? ", or reset its bus" : "");
}

int uvio_udev_reset(struct uvio_udev *udev)
{
	int rc = check_pci(__func__, udev);

	if (rc)
		return rc;
	if (!udev->backend->ops->reset || !(udev->caps & UVIO_CAP_RESET))
		return no_reset(udev);
	rc = uvio_irq_disable(udev);
	if (rc)
		return rc;
	return settle(udev, try_reset(udev, udev->backend->ops->reset));
}

static int no_bus_reset(struct uvio_udev *udev)
{
	return uvio_fail(-ENOTSUP, "%s: the %s backend cannot reset a bus", udev->address.text,
		udev->backend->name);
}

int uvio_udev_hot_reset_affects_sized(
	struct uvio_udev *udev, struct uvio_affected *devices, unsigned int count, size_t size)
{
	int rc = check_pci(__func__, udev);

	if (rc)
		return rc;
	if (count && !devices)
		return uvio_fail(
			-EINVAL, "%s: no array for %u devices (NULL)", udev->address.text, count);
	if (UVIO_NO_SIZE("devices", size))
		return -EINVAL;
	if (!udev->backend->ops->hot_reset_affects)
		return no_bus_reset(udev);
	return udev->backend->ops->hot_reset_affects(udev, devices, count, size);
}

/* Off before it too: the other functions must not see a transfer break off. */
int uvio_udev_hot_reset(struct uvio_udev *udev)
{
	int rc = check_pci(__func__, udev);

	if (rc)
		return rc;
	if (!udev->backend->ops->hot_reset)
		return no_bus_reset(udev);
	if (!(udev->caps & UVIO_CAP_BUS_RESET))
		return uvio_fail(-ENOTSUP,
			"%s: the kernel can reset neither its slot nor its bus; nothing can reset "
			"a device on the root bus",
			udev->address.text);
	rc = uvio_irq_disable(udev);
	if (!rc)
		rc = stop_bus_master(udev);
	if (rc)
		return rc;
	return settle(udev, try_reset(udev, udev->backend->ops->hot_reset));
}

int uvio_low_power(struct uvio_udev *udev, bool on)
{
	int rc;

	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (atomic_load(&udev->gone))
		return uvio_udev_gone(udev, "");
	if (!udev->backend->ops->low_power)
		return uvio_fail(-ENOTSUP, "%s: the %s backend has no low power",
			udev->address.text, udev->backend->name);
	rc = udev->backend->ops->low_power(udev, on);
	if (!rc)
		atomic_store(&udev->asleep, on);
	return rc;
}
