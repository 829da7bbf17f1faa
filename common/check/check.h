/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_CHECK_CHECK_H
#define UVIO_CHECK_CHECK_H

#include <uvio/check.h>
#include <uvio/error.h>

struct uvio_backend;
struct uvio_check;
struct uvio_ctx;
struct uvio_device;
struct uvio_udev;

/** As uvio_check_device(), without looking for users of the device, which is locked next. */
int uvio_check_unused(struct uvio_ctx *ctx, const struct uvio_device *device, const char *backend,
	struct uvio_check **check);

/** The verdict alone, and nothing of other backends; as uvio_check_unused(). */
int uvio_check_judge(struct uvio_ctx *ctx, const struct uvio_device *device,
	const struct uvio_backend *backend, const char *transport, enum uvio_verdict *verdict);

/** As uvio_fail(); advice may be in brackets, as in a fix of uvio_check_add(). */
int uvio_fail_advised(struct uvio_udev *udev, int err, const char *format, ...) UVIO_PRINTF(3, 4);

/** A step of open failed: @err, with the error message of the check where that knows the cause. */
int uvio_open_failed(struct uvio_udev *udev, int err, const char *step, const char *cause);

#endif /* UVIO_CHECK_CHECK_H */
