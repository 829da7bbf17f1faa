/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A trial: the functions of a card driver for "uvio compare". A const table, to which @trial of
 * struct uvio_driver points.
 *
 * One thread at a time calls its functions, while the card is attached.
 */
#ifndef UVIO_TRIAL_H
#define UVIO_TRIAL_H

#include <stddef.h>
#include <stdint.h>
#include <uvio/driver.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One case of a self-test. Needs the capabilities @needs; without them it is skipped. */
struct uvio_selftest {
	const char *name;
	uint32_t needs;		/**< bits of enum uvio_cap */
	int (*run)(void *card); /**< 0, or a negative errno with an error message (uvio_fail()) */
};

/** @card is the driver's private memory. A function that is NULL: the card does not support it. */
struct uvio_trial {
	size_t size; /**< sizeof(struct uvio_trial) */

	const struct uvio_selftest *selftests; /**< ends with name NULL; NULL: none */

	/** Reads, or writes, a harmless register @times times. */
	void (*reg_read)(void *card, unsigned int times);
	void (*reg_write)(void *card, unsigned int times);

	/** Makes the card raise @vector, once. */
	int (*irq_raise)(void *card, unsigned int vector);
	/** Clears the cause of @vector in the card and reads it back. 0; -EAGAIN: there was none.
	 */
	int (*irq_clear)(void *card, unsigned int vector);

	/**
	 * Moves @size bytes (1 to @dma_max) from memory into the card, or back, and waits for the
	 * end. Bus mastering must be on.
	 */
	int (*dma_to_card)(void *card, uint64_t iova, size_t size);
	int (*dma_from_card)(void *card, uint64_t iova, size_t size);
	size_t dma_max;
};

#ifdef __cplusplus
}
#endif

#endif /* UVIO_TRIAL_H */
