/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * An SJA1000 in PeliCAN mode, by Philips' datasheet of 2000-01-04: registers of 8 bits, one buffer
 * to send from, a FIFO of 64 bytes to receive.
 */
#ifndef UVIO_DRIVERS_SJA1000_H
#define UVIO_DRIVERS_SJA1000_H

#include <stdbool.h>
#include <stdint.h>

#include <uvio/can.h>
#include <uvio/region.h>

#define SJA1000_REGISTERS 32
#define SJA1000_CHIPS 4 /* of a card, at most */

struct sja1000 {
	struct uvio_region regs; /* register 0 at 0 */
	unsigned int stride;	 /* bytes from one register to the next */
	uint32_t clock;		 /* Hz, half of the crystal's */
	uint8_t ocr, cdr;	 /* how the card is wired */
	struct uvio_can *can;	 /* NULL: off the bus */
	uint32_t modes;
	uint8_t mod;  /* without MOD_RM */
	bool sending; /* its buffer is in use */
};

/** What the card begins with that has them, for sja1000_channels. */
struct sja1000_chips {
	unsigned int count;
	struct sja1000 all[SJA1000_CHIPS];
};

extern const struct uvio_can_ops sja1000_channels;

/** Whether there is such a chip; in reset, without interrupts. 0; -ENODEV. */
int sja1000_init(struct sja1000 *chip);

/** How many causes it found; 0: none; or -ENODEV. */
int sja1000_service(struct sja1000 *chip);

#endif /* UVIO_DRIVERS_SJA1000_H */
