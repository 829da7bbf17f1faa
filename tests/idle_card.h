/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** A card with one channel of each class, which accepts every setting and moves nothing. */
#ifndef UVIO_TESTS_IDLE_CARD_H
#define UVIO_TESTS_IDLE_CARD_H

#include <uvio/can.h>
#include <uvio/driver.h>
#include <uvio/serial.h>

extern const struct uvio_driver idle_driver;
extern const struct uvio_can_config idle_can_config;
extern const struct uvio_serial_config idle_serial_config;
extern const struct can_bittiming_const idle_limits;

#endif /* UVIO_TESTS_IDLE_CARD_H */
