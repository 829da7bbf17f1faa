/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Errors.
 *
 * Every function of this library that can fail returns a negative errno value. The calling thread
 * then has an error message: the object, the failure, and the fix. The error message and its errno
 * are those of the last call of this thread that failed; a call that succeeds does not change them.
 *
 * NULL: allowed only where a function says so. If a function needs a pointer and gets NULL, it
 * returns -EINVAL, or the empty value of its type (NULL, false, UVIO_BROKEN as a verdict, no
 * capabilities), with an error message that names the argument. An id is all ones then, and
 * uvio_udev_log() does nothing, both without an error message. Not checked, since that would cost
 * time with each call: @udev of uvio_irq_wait(), uvio_irq_consume() and uvio_irq_ack(), the
 * arguments of the inline accessors for registers, and of the functions that these call.
 *
 * Any thread may call these functions.
 */
#ifndef UVIO_ERROR_H
#define UVIO_ERROR_H

#if defined(__GNUC__)
#define UVIO_API __attribute__((visibility("default")))
#define UVIO_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define UVIO_API
#define UVIO_PRINTF(fmt, args)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The error message of this thread's last failure; "" if none failed yet. Never NULL. Belongs to
 * the library, valid until the next failing call of the same thread.
 */
UVIO_API const char *uvio_last_error(void);

/** The negative errno of this thread's last failure, 0 if none failed yet. */
UVIO_API int uvio_last_errno(void);

/**
 * Sets this thread's error message and returns @err: for card drivers, which report as the library
 * does. @err is a negative errno.
 */
UVIO_API int uvio_fail(int err, const char *format, ...) UVIO_PRINTF(2, 3);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_ERROR_H */
