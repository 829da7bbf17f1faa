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

/** Whether there is such a chip; in reset, without interrupts. 0; -ENODEV. */
int sja1000_init(struct sja1000 *chip);

void sja1000_info(const struct sja1000 *chip, struct uvio_can_info *info);
int sja1000_start(struct sja1000 *chip, struct uvio_can *can, const struct uvio_can_config *config);
void sja1000_stop(struct sja1000 *chip);
int sja1000_restart(struct sja1000 *chip);
int sja1000_counters(const struct sja1000 *chip, struct can_berr_counter *counters);

/** How many causes it found; 0: none; or -ENODEV. */
int sja1000_service(struct sja1000 *chip);

#endif /* UVIO_DRIVERS_SJA1000_H */
