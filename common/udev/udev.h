/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_UDEV_UDEV_H
#define UVIO_UDEV_UDEV_H

struct uvio_driver;
struct uvio_udev;

/** drivers/drivers.c: the card drivers of the library, the last one NULL. */
extern const struct uvio_driver *const uvio_drivers[];

/** 0, or -ENODEV with a text, whoever found it gone. */
int uvio_udev_look(struct uvio_udev *udev);

/**
 * A call failed, which proves nothing of the device: where the errno may mean that it is gone, it
 * is asked. -ENODEV with a text: it is; else @rc, or -EIO in place of -ENODEV, without a text.
 */
int uvio_udev_failed(struct uvio_udev *udev, int rc);

#endif /* UVIO_UDEV_UDEV_H */
