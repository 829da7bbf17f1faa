/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>

#include <uvio/error.h>

#include "backend/objects.h"
#include "base/sys.h"

void uvio_udev_notice_gone(struct uvio_udev *udev)
{
	static const uint64_t one = 1;
	int fd = atomic_load(&udev->gone_notice);

	if (fd >= 0)
		uvio_sys_write(fd, &one, sizeof(one));
}

static int ack_gone(struct uvio_udev *udev)
{
	return uvio_udev_gone(udev, "");
}

/* All callers report the cause that was found first. */
int uvio_udev_gone(struct uvio_udev *udev, const char *how)
{
	const char *first = NULL;

	if (atomic_compare_exchange_strong(&udev->gone, &first, how))
		uvio_udev_notice_gone(udev);
	else
		how = first;
	/*
	 * Makes the hot path fail without a check; set after the cause, which ack_gone() reports.
	 */
	if (__atomic_load_n(&udev->irq_ack, __ATOMIC_RELAXED))
		__atomic_store_n(&udev->irq_ack, ack_gone, __ATOMIC_RELEASE);
	return uvio_fail(-ENODEV, "%s: the device is gone: %s; close it", udev->address.text, how);
}
