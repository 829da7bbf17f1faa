/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_UDEV_IRQ_H
#define UVIO_UDEV_IRQ_H

#include <stdint.h>

struct uvio_udev;

/** No vector is enabled any more: the backend has switched them off, or is closed. */
void uvio_irq_forget(struct uvio_udev *udev);

/** -ETIMEDOUT, with what the card shows of the cause. */
int uvio_irq_late(struct uvio_udev *udev, unsigned int vector, int64_t timeout);

#endif /* UVIO_UDEV_IRQ_H */
