/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * What happens to a device besides its interrupts: one contract on every backend. Which events a
 * device can have, uvio_caps() says: UVIO_CAP_RELEASE_NOTICE, UVIO_CAP_ERROR_NOTICE.
 *
 * One thread at a time may use these two functions, beside those which wait for interrupts.
 */
#ifndef UVIO_EVENT_H
#define UVIO_EVENT_H

#include <uvio/udev.h>

#ifdef __cplusplus
extern "C" {
#endif

enum uvio_event {
	/**
	 * The kernel asks to release the device, and whoever unbinds or removes it waits until it
	 * is closed. Stop the card and call uvio_udev_close(); until then do not touch the device's
	 * files in sysfs, neither by yourself nor by another program that you wait for: the kernel
	 * holds its lock, and they would wait for each other for ever.
	 */
	UVIO_EVENT_RELEASE = 1,
	/**
	 * The device reported an uncorrectable error (PCIe AER). What it has done since cannot be
	 * trusted: reset it, uvio_udev_reset(), and set it up anew; or close it.
	 */
	UVIO_EVENT_ERROR = 2,
	/** The device is not there any more, or has another driver: close it. */
	UVIO_EVENT_GONE = 3,
};

/**
 * Waits for an event, for @timeout nanoseconds; negative: for ever; 0: only asks. An error is
 * reported once each time. A request for release, and that the device is gone, are reported until
 * it is closed; an error before them. Besides what the kernel tells, it looks once a second whether
 * the device is still there.
 *
 * A thread that waits here can be ended by pthread_cancel(), and nothing is lost: what is pending
 * is there for the next who waits.
 *
 * 0 and the event in @event; -ETIMEDOUT; -EINVAL (no place for the event); -EINTR (a
 * signal was handled); -ENOTSUP (nothing of this device can be told); -EIO, -ENOMEM.
 */
UVIO_API int uvio_event_wait(struct uvio_udev *udev, int64_t timeout, enum uvio_event *event);

/**
 * One descriptor for a program with a poll loop of its own, readable while an event is pending: for
 * poll and epoll only; never read it, never close it. uvio_event_wait(udev, 0, &event) then says
 * which. It is valid until uvio_udev_close(). It does not look once a second.
 *
 * On uio, each interrupt wakes a thread that waits for this descriptor, or in uvio_event_wait(),
 * for a moment in the kernel: use it in the loop that takes the interrupts.
 *
 * No cancellation point.
 *
 * A descriptor; -ENOTSUP (the kernel tells nothing of this device: no notice of release or of
 * errors, and on uio no interrupt); -EMFILE, -ENFILE, -ENOMEM.
 */
UVIO_API int uvio_event_fd(struct uvio_udev *udev);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_EVENT_H */
