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
 * time, which may be another one, between attach and detach. uvio_card_fd() is first called before
 * other threads call uvio_card_kick().
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

struct uvio_can_ops;
struct uvio_serial_ops;
struct uvio_trial;

/** On what a driver has been seen to work with such a card. */
enum uvio_seen {
	UVIO_SEEN_NOT_YET = 0, /**< written by its manual or by another driver's facts */
	UVIO_SEEN_MODEL,       /**< a model of the card's registers in the tests */
	UVIO_SEEN_EMULATION,   /**< a virtual machine's emulation of the card */
	UVIO_SEEN_HARDWARE,
};

struct uvio_driver_id {
	uint16_t vendor;
	uint16_t device;
	uint16_t subvendor; /**< or UVIO_ANY_ID */
	uint16_t subdevice; /**< or UVIO_ANY_ID */
	enum uvio_seen seen;
	const void *data; /**< the driver's, as what differs between cards */
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
	const char *help;		  /**< one line; NULL: none */
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

	const struct uvio_can_ops *can;	      /**< <uvio/can.h>; NULL: no channels of CAN */
	const struct uvio_serial_ops *serial; /**< <uvio/serial.h>; NULL: no serial lines */

	/**
	 * Lets the interrupt of the card through to the bus, or not, which is its state after
	 * attach. NULL: nothing is to be done.
	 */
	int (*irq)(void *card, bool on);
	/** For uvio_card_fd(), where the card and the backend have it; else INTx. */
	enum uvio_irq_kind irq_kind;
	/**
	 * Nanoseconds after which uvio_card_fd() wakes at the latest, for a card whose interrupts
	 * may be lost; 0: they are not.
	 */
	int64_t watch;
};

struct uvio_card;

/** "hardware", "emulation", "model", "not yet"; NULL: none of them. */
UVIO_API const char *uvio_seen_name(enum uvio_seen seen);

/**
 * Adds a driver to those of a context, before other threads use the context. The last one added is
 * the first that uvio_driver_match() asks, before those of the library. 0; -EINVAL (a NULL; a table
 * without @size, name or attach, or with a negative watch); -EEXIST (another driver has that name);
 * -ENOMEM.
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
 * The first id of @driver that matches a card with these; NULL: none. Subsystem ids of UVIO_ANY_ID
 * match all.
 */
UVIO_API const struct uvio_driver_id *uvio_driver_id_of(const struct uvio_driver *driver,
	uint16_t vendor, uint16_t device, uint16_t subvendor, uint16_t subdevice);

/**
 * Attaches @driver, which need not be known to a context, to an open udev device, and sets its DMA
 * mask. 0 and a card in @card, for uvio_card_detach() before the udev device is closed; or the
 * errno of the driver; -EINVAL (a NULL; a table as above, or what it tells of its channels cannot
 * be); -ENOMEM. On failure @card is NULL.
 */
UVIO_API int uvio_card_attach(
	const struct uvio_driver *driver, struct uvio_udev *udev, struct uvio_card **card);

/** Stops its channels, and ends the descriptor of uvio_card_fd(). NULL is allowed. */
UVIO_API void uvio_card_detach(struct uvio_card *card);

/** Calls service of the driver. Its result; -ENOTSUP: it has none. */
UVIO_API int uvio_card_service(struct uvio_card *card);

/**
 * Handles what is pending, without waiting: an interrupt, frames and bytes that other threads have
 * sent, times that have passed. It calls service, and arms the interrupt again. To be called when
 * uvio_card_fd() is readable, after a send, or in each cycle, by one thread at a time. Allocates
 * nothing. How many causes were served, 0: none; -EINVAL (a NULL); -ENOTSUP (the driver has no
 * service); -ENODEV (the card is gone, or the kernel asks to release it: detach and close, at
 * once); -EIO (also if the card reported an error, as UVIO_EVENT_ERROR); or the errno of service,
 * after which the interrupt is armed as well. A request for release and UVIO_EVENT_ERROR are seen
 * only after uvio_card_fd(): at once while the card is idle, within 256 calls while it is busy; a
 * program without it calls uvio_event_wait().
 */
UVIO_API int uvio_card_poll(struct uvio_card *card);

/**
 * A descriptor which is readable while uvio_card_poll() has something to do: for poll and epoll
 * only; never read it, never close it. The first call enables the interrupt of the card (with MSI
 * bus mastering too), as uvio_irq_enable() does; a program that calls uvio_card_poll() in each
 * cycle needs none. uvio_card_detach() closes it: take it out of an epoll before, which else may
 * report it as long as a child after fork() has it, too. Such a child uses neither it nor the card.
 * It is close-on-exec. A descriptor, always the same; -EINVAL; -EMFILE, -ENFILE, -ENOMEM; the
 * errnos of uvio_irq_enable(), and of the driver.
 */
UVIO_API int uvio_card_fd(struct uvio_card *card);

/**
 * Waits until uvio_card_poll() has something to do, for @timeout nanoseconds; negative: forever; 0:
 * looks. It may take the interrupt from the descriptor, for the uvio_card_poll() that is to be
 * called when it returns 0, by the same thread. A cancellation point while it sleeps. 0;
 * -ETIMEDOUT; -EINTR (a signal was handled); the errnos of uvio_card_fd().
 */
UVIO_API int uvio_card_wait(struct uvio_card *card, int64_t timeout);

/**
 * Makes the descriptor of uvio_card_fd() readable, so that the thread that waits for it calls
 * uvio_card_poll(): after this thread has sent. Without uvio_card_fd() it does nothing. Any thread
 * may call it; no cancellation point.
 */
UVIO_API void uvio_card_kick(struct uvio_card *card);

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
