/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Events of a device besides its interrupts: one contract on every backend. uvio_caps() tells which
 * events a device can have: UVIO_CAP_RELEASE_NOTICE, UVIO_CAP_ERROR_NOTICE.
 *
 * One thread at a time may use these two functions, in addition to those that wait for interrupts.
 */
#ifndef UVIO_EVENT_H
#define UVIO_EVENT_H

#include <uvio/udev.h>

#ifdef __cplusplus
extern "C" {
#endif

enum uvio_event {
	/**
	 * The kernel asks to release the device, and the process that unbinds or removes it waits
	 * until it is closed. Stop the card and call uvio_udev_close(). Until then do not access
	 * the device's files in sysfs, neither yourself nor by another program that you wait for:
	 * the kernel holds the device's lock, so that this is a deadlock.
	 */
	UVIO_EVENT_RELEASE = 1,
	/**
	 * The device reported an uncorrectable error (PCIe AER). Its work since then cannot be
	 * trusted: reset it, uvio_udev_reset(), and set it up again; or close it.
	 */
	UVIO_EVENT_ERROR = 2,
	/** The device was removed, or has another driver: close it. */
	UVIO_EVENT_GONE = 3,
};

/**
 * Waits for an event, for @timeout nanoseconds; negative: forever; 0: does not wait. Each error is
 * reported once, before other events. A request for release, and that the device is gone, are
 * reported until it is closed. Once a second it also checks whether the device is present.
 *
 * A thread that waits here can be ended by pthread_cancel(), and nothing is lost: a pending event
 * remains for the next wait.
 *
 * 0 and the event in @event; -ETIMEDOUT; -EINVAL (@event is NULL); -EINTR (a signal was handled);
 * -ENOTSUP (this device has no events); -EIO, -ENOMEM.
 */
UVIO_API int uvio_event_wait(struct uvio_udev *udev, int64_t timeout, enum uvio_event *event);

/**
 * One descriptor for a program with a poll loop of its own, readable while an event is pending: for
 * poll and epoll only; never read it, never close it. uvio_event_wait(udev, 0, &event) then tells
 * which. It is valid until uvio_udev_close(). There is no check once a second.
 *
 * On uio, each interrupt wakes a thread that waits for this descriptor, or in uvio_event_wait(),
 * for a moment in the kernel: use it in the loop that takes the interrupts.
 *
 * No cancellation point.
 *
 * A descriptor; -ENOTSUP (the kernel reports nothing of this device: no notice of release or of
 * errors, and on uio no interrupt); -EMFILE, -ENFILE, -ENOMEM.
 */
UVIO_API int uvio_event_fd(struct uvio_udev *udev);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_EVENT_H */
