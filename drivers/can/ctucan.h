/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A CTU CAN FD core, by its datasheet ("CTU CAN FD IP CORE", version 2.x): registers of 32 bits,
 * four buffers to send from, a FIFO to receive.
 */
#ifndef UVIO_DRIVERS_CTUCAN_H
#define UVIO_DRIVERS_CTUCAN_H

#include <stdbool.h>
#include <stdint.h>

#include <uvio/can.h>
#include <uvio/region.h>

#define CTUCAN_SIZE 0x4000 /* of the registers */
#define CTUCAN_CORES 2	   /* of a card, at most */

struct ctucan {
	struct uvio_region regs;
	struct uvio_can *can; /* NULL: off the bus */
	uint32_t clock;
	uint32_t enabled; /* causes of interrupts */
	uint32_t mode;
	struct uvio_can_config config;
	unsigned int oldest; /* of the buffers that are in use, which are used in turn */
	unsigned int used;
	bool stamps; /* its counter of time runs */
};

/** What the card begins with that has them, for ctucan_channels. */
struct ctucan_cores {
	unsigned int count;
	struct ctucan all[CTUCAN_CORES];
};

extern const struct uvio_can_ops ctucan_channels;

/** Whether there is such a core; off the bus, without interrupts. 0; -ENODEV, -ETIMEDOUT. */
int ctucan_init(struct ctucan *core, uint32_t clock);

/**
 * Serves what is there now, once: what comes meanwhile, ctucan_pending() tells. How many causes it
 * found; 0: none; or -ENODEV.
 */
int ctucan_service(struct ctucan *core);

/** Lets its interrupt through, which the start of its channel does too, or not. */
void ctucan_irq(const struct ctucan *core, bool on);

/** Whether a cause is pending: a read. */
bool ctucan_pending(const struct ctucan *core);

#endif /* UVIO_DRIVERS_CTUCAN_H */
