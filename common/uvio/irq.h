/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Interrupts: one contract on every backend.
 *
 * 1. uvio_irq_enable(): the line is armed, whatever a crashed predecessor left behind.
 * 2. uvio_irq_wait(): sleeps until the card raised an interrupt.
 * 3. The driver clears the cause in the card, and reads it back so that the write has arrived.
 * 4. uvio_irq_ack(): arms the line again. After it returns, the next event will be reported; so is
 *    one that came in between. For MSI and MSI-X there is nothing to arm and no cost.
 *
 * Several interrupts may be reported as one event: always look at the card's own status register,
 * and accept that there is nothing to do.
 *
 * Threads: uvio_irq_enable(), uvio_irq_enable_range(), uvio_irq_grow() and uvio_irq_disable() are
 * called by one thread at a time, and except uvio_irq_grow() while no thread waits. Different
 * vectors are independent: for each, one thread at a time waits or consumes, and any may
 * acknowledge. The other functions may be called by any thread.
 */
#ifndef UVIO_IRQ_H
#define UVIO_IRQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uvio/udev.h>

#ifdef __cplusplus
extern "C" {
#endif

enum uvio_irq_kind {
	UVIO_IRQ_INTX = 0, /**< PCI INTx; or the interrupt of the card's own UIO driver */
	UVIO_IRQ_MSI,
	UVIO_IRQ_MSIX,
	UVIO_IRQ_KINDS,
};

/** What happened on one vector since it was enabled. Later versions may add members at the end. */
struct uvio_irq_stats {
	uint64_t syscalls; /**< made by wait, consume and ack */
	uint64_t events;   /**< reported by wait and consume */
	uint64_t waits;	   /**< calls of uvio_irq_wait() */
	uint64_t timeouts; /**< of them, those that ended with -ETIMEDOUT */
	uint64_t spurious; /**< calls of uvio_irq_spurious() */
	uint64_t lost;	   /**< interrupts that uvio_irq_watch() found to be lost */
	int64_t time;	   /**< of the last event, with uvio_irq_stamp(); 0: none */
};

/** "intx", "msi", "msix"; NULL: no such kind. */
UVIO_API const char *uvio_irq_kind_name(enum uvio_irq_kind kind);

/** How many vectors of @kind the card has on this backend; 0: none. -EINVAL, -EIO, -ENODEV. */
UVIO_API int uvio_irq_count(struct uvio_udev *udev, enum uvio_irq_kind kind);

/**
 * Enables vectors 0 to @count - 1 of @kind and arms them. MSI and MSI-X leave the card only while
 * bus mastering is on: see uvio_bus_master().
 *
 * 0; -EINVAL (@kind; @count is 0); -ENOTSUP (this card or backend has no such interrupt); -ERANGE
 * (more than it has); -EBUSY (interrupts are enabled already); -ENOSPC (the kernel has fewer
 * vectors: the error message has the number); -EPERM, -EACCES, -EROFS (uio: the configuration space
 * cannot be written, so that an interrupt would arrive only once); -ENODEV, -ENOMEM, -EMFILE, -EIO.
 */
UVIO_API int uvio_irq_enable(struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int count);

/**
 * As uvio_irq_enable(), for as many vectors as the card has and the kernel allocates, from @min (at
 * least 1) to @max. Returns the number that is enabled, or the errnos of uvio_irq_enable(), of
 * which -ENOSPC and -ERANGE mean that fewer than @min are available, and -EINVAL also that @min is
 * more than @max. Each vector takes a descriptor: -EMFILE if the process cannot have @max more,
 * since taking its last ones would break other parts of the program.
 */
UVIO_API int uvio_irq_enable_range(
	struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min, unsigned int max);

/**
 * Enables more vectors of MSI-X, up to @count - 1. The enabled ones continue to work: other threads
 * may be waiting for them, and their descriptors remain valid. @count enabled ones are no error.
 *
 * No event is lost. With UVIO_CAP_IRQ_GROW the kernel just adds vectors. Without it they are
 * switched off for a moment and on again, and interrupts in between are lost in the kernel:
 * therefore each of the former vectors gets one event, which may be spurious. Read the card's
 * status.
 *
 * 0; -EINVAL (nothing is enabled; @count is fewer than are); -ENOTSUP (not MSI-X: Linux can add no
 * MSI vectors; or not this backend); -ERANGE (more than the card has); -ENOSPC (the kernel has
 * fewer); -ENODEV, -ENOMEM, -EMFILE, -EIO. The former ones then stay enabled; if even that failed,
 * the error message says so, and no event arrives until uvio_irq_disable() and uvio_irq_enable().
 */
UVIO_API int uvio_irq_grow(struct uvio_udev *udev, unsigned int count);

/**
 * Disables whatever is enabled; nothing enabled is no error. No thread may be in wait, consume, ack
 * or cancel meanwhile, nor use a descriptor of uvio_irq_fd(). 0; -EIO, -ENODEV, -EPERM, -EACCES;
 * then all are still enabled.
 */
UVIO_API int uvio_irq_disable(struct uvio_udev *udev);

/**
 * Waits for an event on @vector, for @timeout nanoseconds; negative: forever; 0: does not wait, and
 * checks for a request to release the device, but not whether the card is present. @events, which
 * may be NULL, receives the number of events since the last wait or consume.
 *
 * A request to release the device ends a wait within a second; one for a card that interrupts more
 * often, within 16 waits that sleep, or within 4096 that do not.
 *
 * 0; -ETIMEDOUT; -EINVAL (@vector is not enabled); -ENOTSUP (the card has no interrupt
 * on this backend: poll it, as with uvio_poll_until()); -EINTR (a signal was handled);
 * -ECANCELED (uvio_irq_cancel()); -ENODEV (the card is gone, or the kernel asks to release it: stop
 * the card, close, at once); -EIO.
 *
 * pthread_cancel() ends a thread that waits, and no event is lost: the next wait reports it. A
 * thread that never sleeps, since events are always pending, ends within 4096 events.
 */
UVIO_API int uvio_irq_wait(
	struct uvio_udev *udev, unsigned int vector, int64_t timeout, uint64_t *events);

/**
 * A descriptor that is readable while events are pending on @vector: for poll and epoll only, level
 * triggered; never read it, never close it. It is valid until uvio_irq_disable(). On removal it may
 * report an error condition: call uvio_irq_consume(), which then gives -ENODEV. -EINVAL: not
 * enabled.
 */
UVIO_API int uvio_irq_fd(struct uvio_udev *udev, unsigned int vector);

/**
 * Takes the events that are pending on @vector, without waiting. 0, with 0 in @events if there were
 * none; -EINVAL, -ENODEV, -EIO as uvio_irq_wait().
 */
UVIO_API int uvio_irq_consume(struct uvio_udev *udev, unsigned int vector, uint64_t *events);

/**
 * Arms @vector again; of MSI and MSI-X there is nothing to arm. 0; -EINVAL (not enabled, or, of
 * MSI-X, not a vector of the card); -ENODEV, -EIO, -EPERM.
 */
UVIO_API int uvio_irq_ack(struct uvio_udev *udev, unsigned int vector);

/**
 * Ends the wait under way on @vector, or, where none is, the next one, with -ECANCELED, from any
 * thread and also from a signal handler. No event is lost: those that came stay pending. Several
 * calls before a wait has ended may end only one. A wait that a signal interrupts ends with -EINTR
 * first, and the next one with -ECANCELED. The descriptor of uvio_irq_fd() may become readable by
 * it; uvio_irq_consume() then gives 0 events. Disabling and closing forget it.
 *
 * A child after fork() shares the descriptor: its call ends a wait of the parent; on uio only one
 * that sleeps.
 *
 * 0; -EINVAL (not enabled); -EIO.
 */
UVIO_API int uvio_irq_cancel(struct uvio_udev *udev, unsigned int vector);

/**
 * For cards and machines that lose interrupts. Whenever uvio_irq_wait(), in one call or several,
 * has slept for @period nanoseconds without an event, it calls @look with @data: that looks at the
 * status of the card, and returns how many causes of an interrupt it found, 0 for none, or a
 * negative errno with an error message, with which the wait ends. Where there is a cause and still
 * no event, the interrupt counts as lost, and the wait ends with 0 and no events: serve the card
 * and call uvio_irq_ack(), as always. @look may also serve the card, as uvio_card_service() does.
 *
 * @look of NULL ends the watch, as does uvio_irq_disable(). Not while a thread waits on @vector.
 * 0; -EINVAL (not enabled; @period is 0 or negative).
 */
UVIO_API int uvio_irq_watch(struct uvio_udev *udev, unsigned int vector, int64_t period,
	int (*look)(void *data), void *data);

/**
 * Whether wait and consume note when they took the last event: time in struct uvio_irq_stats, of
 * CLOCK_MONOTONIC in nanoseconds. The kernel notes none: it is later than the interrupt by what the
 * thread took to wake up. Off after uvio_irq_enable(). Not while a thread waits on @vector. 0;
 * -EINVAL (not enabled).
 */
UVIO_API int uvio_irq_stamp(struct uvio_udev *udev, unsigned int vector, bool on);

/** Counts an event for which the card showed no cause. 0; -EINVAL (not enabled). */
UVIO_API int uvio_irq_spurious(struct uvio_udev *udev, unsigned int vector);

/** What happened on @vector since it was enabled. 0; -EINVAL (not enabled; @stats is NULL). */
UVIO_API int uvio_irq_stats_sized(
	struct uvio_udev *udev, unsigned int vector, struct uvio_irq_stats *stats, size_t size);

static inline int uvio_irq_stats(
	struct uvio_udev *udev, unsigned int vector, struct uvio_irq_stats *stats)
{
	return uvio_irq_stats_sized(udev, vector, stats, sizeof(*stats));
}

/**
 * A descriptor that becomes readable when the kernel asks to release the device, for a program with
 * a poll loop of its own; uvio_irq_wait() checks it itself. uvio_event_fd() reports more. Close the
 * udev device then, and do not access its files in sysfs before: the kernel holds its lock.
 * -ENOTSUP: this backend has no such notice.
 */
UVIO_API int uvio_release_fd(struct uvio_udev *udev);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_IRQ_H */
