/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/sys.h"
#include "udev/token.h"
#include "vfio.h"

/* Since Linux 6.1. The numbers of the ABI are fixed, so that older headers can be used. */
#ifndef VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY
#define VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY 3
#endif
#ifndef VFIO_DEVICE_FEATURE_LOW_POWER_EXIT
#define VFIO_DEVICE_FEATURE_LOW_POWER_EXIT 5
#endif

/* @flags: the number of the feature, and the operation. */
static int ask(const struct vfio_device *device, uint32_t flags, const void *data, size_t size)
{
	union {
		struct vfio_device_feature head;
		unsigned char bytes[sizeof(struct vfio_device_feature) + UVIO_UUID_SIZE];
	} feature = {.head = {.argsz = (uint32_t)(sizeof(feature.head) + size), .flags = flags}};

	if (size)
		memcpy(feature.bytes + sizeof(feature.head), data, size);
	return uvio_sys_ioctl(device->fd, VFIO_DEVICE_FEATURE, &feature);
}

static int set(const struct vfio_device *device, uint32_t number, const void *data, size_t size)
{
	int rc = ask(device, VFIO_DEVICE_FEATURE_SET | number, data, size);

	return rc < 0 ? rc : 0;
}

bool vfio_can_low_power(const struct vfio_device *device)
{
	return ask(device,
		       VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_SET |
			       VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY,
		       NULL, 0) >= 0;
}

/* The kernel refuses to enter twice, and leaves low power itself at close. */
int vfio_low_power(struct uvio_udev *udev, bool on)
{
	struct vfio_device *device = udev->priv;
	int rc;

	if (!(udev->caps & UVIO_CAP_LOW_POWER))
		return uvio_fail(-ENOTSUP,
			"%s: the kernel, or its driver of the card, does not support low power "
			"while the device is open; this needs Linux 6.1",
			udev->address.text);
	if (device->low_power == on)
		return 0;
	rc = set(device,
		on ? VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY : VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, NULL,
		0);
	if (rc)
		return vfio_failed(udev, rc, "VFIO_DEVICE_FEATURE of low power");
	device->low_power = on;
	return 0;
}

int vfio_vf_token_set(struct uvio_udev *udev, const unsigned char *uuid)
{
	int rc = set(udev->priv, VFIO_DEVICE_FEATURE_PCI_VF_TOKEN, uuid, UVIO_UUID_SIZE);

	if (rc == -ENOTTY)
		return uvio_fail(-ENOTSUP,
			"%s: it has no VF token: it is not the physical function of an SR-IOV "
			"card, or the kernel is older than 5.7",
			udev->address.text);
	return rc ? vfio_failed(udev, rc, "VFIO_DEVICE_FEATURE of the VF token") : 0;
}
