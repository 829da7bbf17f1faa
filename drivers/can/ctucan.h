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
#define CTUCAN_FILTERS 3

/** What the core filters; the library filters what these let through. */
struct ctucan_filters {
	unsigned int count; /* 0: all frames are let through */
	uint32_t control;
	uint32_t masks[CTUCAN_FILTERS], values[CTUCAN_FILTERS];
};

struct ctucan {
	struct uvio_region regs;
	struct uvio_can *can; /* NULL: off the bus */
	uint32_t clock;
	uint32_t enabled; /* causes of interrupts */
	uint32_t mode;
	struct uvio_can_config config;
	struct ctucan_filters filters;
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

/** The filters of the configuration if the core can compare them; else none. */
void ctucan_filters_choose(struct ctucan_filters *filters, const struct uvio_can_config *config);

/** Sets them; whether there are any, and the core has them. */
bool ctucan_filters_set(const struct ctucan_filters *filters, const struct uvio_region *regs);

/** What its registers can hold; and sets them. */
extern const struct can_bittiming_const ctucan_nominal, ctucan_data;
void ctucan_timing_set(const struct uvio_region *regs, const struct uvio_can_config *config);

/** Nanoseconds, for any clock. */
static inline uint64_t ctucan_time(uint64_t ticks, uint32_t clock)
{
	return ticks / clock * 1000000000 + ticks % clock * 1000000000 / clock;
}

/** Whether a cause is pending: a read. */
bool ctucan_pending(const struct ctucan *core);

#endif /* UVIO_DRIVERS_CTUCAN_H */
