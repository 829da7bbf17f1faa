/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_GUARD_GUARD_H
#define UVIO_GUARD_GUARD_H

struct uvio_ctx;

/* A descriptor of the file by which the kernel resets the card; -ENOTSUP: there is none. */
int uvio_reset_open(struct uvio_ctx *ctx, const char *address);

#endif /* UVIO_GUARD_GUARD_H */
