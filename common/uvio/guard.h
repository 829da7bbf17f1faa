/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Stops a card whose driver has ended, for programs that start drivers: used by "uvio guard". A
 * driver of this library opens with UVIO_OPEN_GUARD instead (<uvio/udev.h>), which protects the
 * memory of uvio_dma_alloc() as well.
 *
 * One thread at a time uses a guard.
 */
#ifndef UVIO_GUARD_H
#define UVIO_GUARD_H

#include <stdint.h>
#include <uvio/context.h>

#ifdef __cplusplus
extern "C" {
#endif

struct uvio_guard;

enum uvio_guard_flags {
	UVIO_GUARD_RESET = 1u << 0, /**< reset the function, too */
};

/** What uvio_guard_stop() found and did. */
enum uvio_guard_found {
	UVIO_GUARD_MASTER = 1u << 0,	/**< bus mastering was on; it is off */
	UVIO_GUARD_INTX = 1u << 1,	/**< the interrupt line was not masked; it is */
	UVIO_GUARD_WAS_RESET = 1u << 2, /**< the function was reset */
	/**
	 * A kernel driver other than one for UIO or pci-stub is bound to the card: nothing was
	 * changed.
	 */
	UVIO_GUARD_DRIVEN = 1u << 3,
};

/**
 * Opens the files needed to stop the PCI card at @address (forms: <uvio/device.h>), and changes
 * nothing. @flags: enum uvio_guard_flags. 0 and a guard in @guard, for uvio_guard_free().
 *
 * -EINVAL: not an address, an unknown flag, a NULL. -ENODEV: no such device. -ENOTSUP: not PCI, or
 * the kernel has no method to reset the card. -EACCES, -EPERM, -EROFS: the configuration space
 * cannot be written. -ENOMEM.
 */
UVIO_API int uvio_guard_new(
	struct uvio_ctx *ctx, const char *address, uint32_t flags, struct uvio_guard **guard);

/**
 * Stops the card: bus mastering off, INTx masked, a reset if that was asked for. It holds the lock
 * of uvio_udev_open() meanwhile. 0 and bits of enum uvio_guard_found in @found, which may be NULL;
 * may be called again.
 *
 * -EBUSY: another process has it open, whose open stopped it. -ENODEV: the card is gone. -EAGAIN:
 * the kernel was busy with it, three times, and did not reset it. -ETIMEDOUT: it is stopped, but
 * the kernel has not returned from its reset, and may do it later. -EACCES, -EPERM, -EIO: it may
 * still be running; -EMFILE, -ENOMEM, -ENOSPC: it is stopped, and was not reset.
 */
UVIO_API int uvio_guard_stop(struct uvio_guard *guard, uint32_t *found);

/** NULL is allowed. */
UVIO_API void uvio_guard_free(struct uvio_guard *guard);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_GUARD_H */
