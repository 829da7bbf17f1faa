/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** Everything of uvio. Each header may also be included alone. */
#ifndef UVIO_UVIO_H
#define UVIO_UVIO_H

#include <uvio/bind.h>
#include <uvio/can.h>
#include <uvio/check.h>
#include <uvio/context.h>
#include <uvio/device.h>
#include <uvio/dma.h>
#include <uvio/domain.h>
#include <uvio/driver.h>
#include <uvio/error.h>
#include <uvio/event.h>
#include <uvio/guard.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/serial.h>
#include <uvio/trial.h>
#include <uvio/udev.h>

#endif /* UVIO_UVIO_H */
