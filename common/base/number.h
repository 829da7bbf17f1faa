/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/**
 * Numbers in files of the kernel. The C library's functions cost more, and tables for languages,
 * which are memory of every program that has a device open.
 */
#ifndef UVIO_BASE_NUMBER_H
#define UVIO_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/** The digits that @text begins with. What is behind them; NULL: there are none, or too many. */
const char *uvio_number(const char *text, unsigned int base, uint64_t *value);

/** The same behind white space, in hexadecimal, with 0x or without. */
const char *uvio_number_hex(const char *text, uint64_t *value);

/** "MAJOR:MINOR", each in @base. What is behind them, or NULL. */
const char *uvio_number_device(
	const char *text, unsigned int base, unsigned int *major, unsigned int *minor);

#endif /* UVIO_BASE_NUMBER_H */
