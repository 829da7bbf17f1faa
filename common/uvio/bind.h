/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Binding a PCI device to the kernel driver that a backend needs, and giving it back.
 *
 * Only this one device is changed: by driver_override and drivers_probe, never by new_id, which
 * would bind every card with the same ids. The result is verified, since drivers_probe reports
 * success also if no driver was bound; if it is not as asked for, the former driver is bound again.
 *
 * A separate process, in its own session and with all signals blocked, changes the driver: it
 * finishes the change, or undoes it, even if the calling program is killed. Until then a file in
 * /run/uvio records the former driver and driver_override. If the separate process is killed too,
 * the next uvio_bind() or uvio_unbind() of the device restores them first, and logs a warning. If
 * /run cannot be written, there is no record. An object there with the name of a record or a lock
 * that is no file is -EPERM. After success the record of an interrupted "uvio compare" is removed.
 *
 * The kernel unbinds a driver only once no program has the device open, and its wait cannot be
 * interrupted. During that wait these functions look every two seconds for such a program, and fail
 * with -EBUSY and its name; if none is found, they fail with -ETIMEDOUT after a minute. The
 * separate process keeps the device locked until the kernel returns, and then binds the former
 * driver again. If the kernel waits so in a change that another program has begun, they fail
 * with -EBUSY after some seconds.
 *
 * These functions write to sysfs and need root. One thread at a time per device.
 */
#ifndef UVIO_BIND_H
#define UVIO_BIND_H

#include <stdbool.h>

#include <uvio/device.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Binds the PCI device at @address to @driver: the name of a backend ("uio", "vfio"), of a
 * transport ("vfio/cdev", which needs the driver of its backend) or of a kernel driver, or "none",
 * which leaves it without a driver. A device that already has it, or a variant for the same
 * backend, is not changed. A driver_override that an administrator has set is restored afterwards.
 *
 * 0, or: -EINVAL and -ENODEV as uvio_device_find(); -ENOTSUP (not PCI, or a bridge); -EBUSY (in
 * use, see uvio_device_in_use(), perhaps only since the change began; or it has virtual functions);
 * -ENOENT (the kernel driver is not loaded); -EACCES, -EPERM, -EROFS; -EIO (the kernel did not bind
 * it, or the process that changes the driver was killed); -ETIMEDOUT; -ENOSPC, -ENOMEM, -EMFILE (no
 * process could be started). On failure the device has its former driver, or the error message says
 * that it does not.
 */
UVIO_API int uvio_bind(struct uvio_ctx *ctx, const char *address, const char *driver);

/**
 * Unbinds the PCI device at @address from its driver, clears its driver_override and lets the
 * kernel choose a driver as at boot, which may be none. A device without driver is no error. Errors
 * as uvio_bind().
 */
UVIO_API int uvio_unbind(struct uvio_ctx *ctx, const char *address);

/**
 * The settings that keep kernel drivers from a PCI device. Later versions may add members at the
 * end.
 */
struct uvio_override {
	char driver[64];   /**< the only driver that the kernel binds; "": none is set */
	bool is_effective; /**< it is set, and the device does not have that driver */
	bool interrupted;  /**< a change of the driver is in progress, or was interrupted */
};

/**
 * Reads the driver_override of the PCI device at @address. 0, or: -EINVAL and -ENODEV as
 * uvio_device_find(); -ENOTSUP (not PCI); -EBUSY (the kernel does not answer, perhaps since it
 * waits for a program to close the device); -EIO, -EACCES.
 */
UVIO_API int uvio_override_read_sized(
	struct uvio_ctx *ctx, const char *address, struct uvio_override *override, size_t size);

static inline int uvio_override_read(
	struct uvio_ctx *ctx, const char *address, struct uvio_override *override)
{
	return uvio_override_read_sized(ctx, address, override, sizeof(*override));
}

#ifdef __cplusplus
}
#endif

#endif /* UVIO_BIND_H */
