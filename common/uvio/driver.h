/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Card drivers: code for one card, which uses only the udev device interface.
 *
 * A card driver is a const table, in the library, in a program, or in a module for the command
 * (UVIO_MODULE). Those outside the library are treated like those inside.
 *
 * Threads: attach, detach and the trial are called by the thread that calls uvio_card_attach(),
 * uvio_card_detach() or the trial, one at a time per card. service is called by one thread at a
 * time, which may be another one, between attach and detach.
 */
#ifndef UVIO_DRIVER_H
#define UVIO_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uvio/dma.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UVIO_ANY_ID 0xffffu

struct uvio_trial;

struct uvio_driver_id {
	uint16_t vendor;
	uint16_t device;
	uint16_t subvendor; /**< or UVIO_ANY_ID */
	uint16_t subdevice; /**< or UVIO_ANY_ID */
};

/**
 * A card driver. @card is private memory of @card_size bytes, zeroed, allocated and freed by
 * uvio_card_attach() and uvio_card_detach(). Later versions add members at the end: @size tells
 * which a table has, also in the arrays that it points to. The table and these arrays must not
 * change or move as long as a context or a card uses them.
 */
struct uvio_driver {
	size_t size;			  /**< sizeof(struct uvio_driver) */
	const char *name;		  /**< one word */
	const char *help;		  /**< one line */
	const struct uvio_driver_id *ids; /**< ends with vendor 0; NULL: not known by ids */
	size_t card_size;
	uint64_t dma_mask; /**< highest address the card reaches; 0: all 64 bits */

	/**
	 * Identifies the card, stops its activity, leaves its interrupts off. 0, or a negative
	 * errno with an error message (uvio_fail()): then detach is not called, and attach undoes
	 * what it has begun.
	 */
	int (*attach)(struct uvio_udev *udev, void *card);
	/** Stops the card's activity; the card may be removed. NULL: nothing to do. */
	void (*detach)(void *card);
	/**
	 * Handles pending work, without waiting: reads the status of the card, clears the causes of
	 * its interrupt, moves data. Called after an interrupt, when one may be lost, or in each
	 * cycle. Returns the number of causes that it found, or a negative errno. NULL: none.
	 */
	int (*service)(void *card);

	const struct uvio_trial *trial; /**< <uvio/trial.h>; NULL: none */
};

struct uvio_card;

/**
 * Adds a driver to those of a context, before other threads use that. The last one added is the
 * first that uvio_driver_match() asks, before those of the library. 0; -EINVAL (a NULL; a table
 * without @size, name or attach); -EEXIST (another driver has that name); -ENOMEM.
 */
UVIO_API int uvio_driver_add(struct uvio_ctx *ctx, const struct uvio_driver *driver);

/**
 * The drivers that were added to the context, and those of the library; NULL: no such index. With
 * @ctx NULL only the latter.
 */
UVIO_API const struct uvio_driver *uvio_driver_get(const struct uvio_ctx *ctx, unsigned int index);

/** The driver for a card with these ids; NULL: none. Subsystem ids of UVIO_ANY_ID match all. */
UVIO_API const struct uvio_driver *uvio_driver_match(const struct uvio_ctx *ctx, uint16_t vendor,
	uint16_t device, uint16_t subvendor, uint16_t subdevice);

/**
 * Attaches @driver, which need not be known to a context, to an open udev device, and sets its DMA
 * mask. 0 and a card in @card, for uvio_card_detach() before the udev device is closed; or the
 * errno of the driver; -EINVAL (a NULL; a table without @size, name or attach); -ENOMEM. On failure
 * @card is NULL.
 */
UVIO_API int uvio_card_attach(
	const struct uvio_driver *driver, struct uvio_udev *udev, struct uvio_card **card);

/** NULL is allowed. */
UVIO_API void uvio_card_detach(struct uvio_card *card);

/** Calls service of the driver. Its result; -ENOTSUP: it has none. */
UVIO_API int uvio_card_service(struct uvio_card *card);

UVIO_API const struct uvio_driver *uvio_card_driver(const struct uvio_card *card);
UVIO_API struct uvio_udev *uvio_card_udev(const struct uvio_card *card);

/** The driver's private memory: the first argument of the functions of its table. */
UVIO_API void *uvio_card_priv(struct uvio_card *card);

/**
 * The export of a module: "uvio --module FILE.so" loads its drivers. One module has, in one file,
 * UVIO_MODULE(&one_driver, &another_driver);
 */
#define UVIO_MODULE(...)                                                                           \
	__attribute__((visibility("default")))                                                     \
	const struct uvio_driver *const uvio_module_drivers[] = {__VA_ARGS__, NULL}

extern const struct uvio_driver *const uvio_module_drivers[];

#ifdef __cplusplus
}
#endif

#endif /* UVIO_DRIVER_H */
