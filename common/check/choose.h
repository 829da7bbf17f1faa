/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_CHECK_CHOOSE_H
#define UVIO_CHECK_CHOOSE_H

#include <stdbool.h>

struct uvio_address;
struct uvio_backend;
struct uvio_ctx;

/** @name: "vfio" or "vfio/cdev"; @transport receives NULL, or the latter's. -EINVAL. */
int uvio_backend_parse(
	const char *name, const struct uvio_backend **backend, const char **transport);

struct uvio_choice {
	const struct uvio_backend *backend;
	const char *transport; /* NULL: the backend's choice */
	bool unchecked;	       /* by the driver that is bound */
};

/** The one to open with: by @name, or, if that is NULL, by the driver, or the first usable. */
int uvio_backend_choose(struct uvio_ctx *ctx, const struct uvio_address *address, const char *name,
	struct uvio_choice *choice);

/** What open() failed with, or why no backend is usable where the choice was by the driver alone.
 */
int uvio_choice_failed(struct uvio_ctx *ctx, const struct uvio_address *address,
	const struct uvio_choice *choice, int err);

#endif /* UVIO_CHECK_CHOOSE_H */
