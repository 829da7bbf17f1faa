/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_UDEV_EVENT_H
#define UVIO_UDEV_EVENT_H

struct uvio_udev;

void uvio_event_cleanup(struct uvio_udev *udev);

#endif /* UVIO_UDEV_EVENT_H */
