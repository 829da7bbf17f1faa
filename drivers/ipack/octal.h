/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * An IP-Octal module (GE, before SBS): eight serial lines by an SCC2698, an octal UART of Philips,
 * on an IndustryPack carrier. Registers are bytes at odd addresses.
 */
#ifndef UVIO_DRIVERS_OCTAL_H
#define UVIO_DRIVERS_OCTAL_H

#include <stdbool.h>
#include <stdint.h>

#include <uvio/region.h>
#include <uvio/serial.h>

#define OCTAL_LINES 8
#define OCTAL_BLOCKS 4 /* of two lines */

struct octal {
	struct uvio_region io;			/* the slot's I/O space */
	unsigned int first;			/* of its lines on the card, in error messages */
	struct uvio_serial *lines[OCTAL_LINES]; /* NULL: stopped */
	uint8_t imr[OCTAL_BLOCKS];
	uint8_t rts;			/* a bit for each line */
	uint8_t until_gap[OCTAL_LINES]; /* bytes that are read before those that were lost */
};

/** All lines off, and no interrupts. */
void octal_init(struct octal *octal);
/** No interrupts, whatever runs; and again as they were. */
void octal_mask(const struct octal *octal);
void octal_unmask(const struct octal *octal);

void octal_info(struct uvio_serial_info *info);
int octal_start(struct octal *octal, unsigned int line, struct uvio_serial *serial,
	const struct uvio_serial_config *config);
int octal_set(struct octal *octal, unsigned int line, const struct uvio_serial_config *config);
void octal_stop(struct octal *octal, unsigned int line);
/** Whether it is; or -ENODEV. */
int octal_sending(const struct octal *octal, unsigned int line);
void octal_modem(const struct octal *octal, unsigned int line, unsigned int *lines);
int octal_modem_set(struct octal *octal, unsigned int line, unsigned int on, unsigned int off);
void octal_break(const struct octal *octal, unsigned int line, bool on);

/** How many causes it found; 0: none; or -ENODEV. */
int octal_service(struct octal *octal);

#endif /* UVIO_DRIVERS_OCTAL_H */
