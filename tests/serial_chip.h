/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** A card with one serial line, of a chip that hears itself. */
#ifndef UVIO_TESTS_SERIAL_CHIP_H
#define UVIO_TESTS_SERIAL_CHIP_H

#include <stdbool.h>
#include <stdint.h>

#include <uvio/driver.h>
#include <uvio/serial.h>

#define CHIP_FIFO 16

struct chip {
	struct uvio_serial *serial;
	struct uvio_serial_config config;
	uint8_t fifo[CHIP_FIFO];
	unsigned int used, lines;
	uint8_t marks; /* of what it hears */
	bool still;    /* moves nothing */
};

/* Of the card that was attached last. */
extern struct chip *chip;
extern const struct uvio_driver chip_driver;

#endif /* UVIO_TESTS_SERIAL_CHIP_H */
