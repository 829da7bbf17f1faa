/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Card drivers: code which knows one card, and of the rest only the udev device interface.
 *
 * A card driver is a const table. Besides attaching to a card it has a self-test, and says which
 * register may be read and written at will, how to raise an interrupt and how to move data: that
 * is what "uvio compare" runs on each backend.
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

struct uvio_driver_id {
	uint16_t vendor;
	uint16_t device;
	uint16_t subvendor; /**< or UVIO_ANY_ID */
	uint16_t subdevice; /**< or UVIO_ANY_ID */
};

/** One case of a self-test. Needs the capabilities @needs; without them it is skipped. */
struct uvio_selftest {
	const char *name;
	uint32_t needs;		/**< bits of enum uvio_cap */
	int (*run)(void *card); /**< 0, or a negative errno with an error message (uvio_fail()) */
};

/**
 * A card driver. @card is private memory of @card_size bytes, zeroed, allocated and freed by
 * uvio_card_attach() and uvio_card_detach(). attach must be there; another function that is NULL is
 * something the card cannot do.
 */
struct uvio_driver {
	const char *name;
	const char *help;		  /**< one line */
	const struct uvio_driver_id *ids; /**< ends with vendor 0 */
	size_t card_size;
	uint64_t dma_mask; /**< highest address the card reaches; 0: all 64 bits */

	/** Identifies the card, makes it quiet, leaves interrupts off in it. Negative errno. */
	int (*attach)(struct uvio_udev *udev, void *card);
	/** Makes the card quiet. The card may be gone. */
	void (*detach)(void *card);

	const struct uvio_selftest *selftests; /**< ends with name NULL */

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

struct uvio_card;

/** The drivers that come with the library; NULL: no such index. */
UVIO_API const struct uvio_driver *uvio_driver_get(unsigned int index);

/** The driver for a card with these ids; NULL: none. Subsystem ids of UVIO_ANY_ID match all. */
UVIO_API const struct uvio_driver *uvio_driver_match(
	uint16_t vendor, uint16_t device, uint16_t subvendor, uint16_t subdevice);

/**
 * Attaches @driver to an open udev device, and sets its DMA mask. 0 and a card in @card, for
 * uvio_card_detach() before the udev device is closed; or what the driver says; -ENOMEM.
 */
UVIO_API int uvio_card_attach(
	const struct uvio_driver *driver, struct uvio_udev *udev, struct uvio_card **card);

/** NULL is allowed. */
UVIO_API void uvio_card_detach(struct uvio_card *card);

UVIO_API const struct uvio_driver *uvio_card_driver(const struct uvio_card *card);
UVIO_API struct uvio_udev *uvio_card_udev(const struct uvio_card *card);

/** The driver's private memory: the first argument of the functions of its table. */
UVIO_API void *uvio_card_priv(struct uvio_card *card);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_DRIVER_H */
