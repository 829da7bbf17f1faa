/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** Limits of the kernel for a process, with their numbers and who else counts. */
#ifndef UVIO_RLIMIT_H
#define UVIO_RLIMIT_H

#include <stddef.h>
#include <stdint.h>

#include "internal.h"

#define UVIO_LIMIT_TEXT 400

/**
 * What a mapping of @size more bytes hit when mmap() gave @rc, of the limits of address space,
 * number of mappings and locked memory: a clause that begins with ";", or an empty text. The errno
 * for the caller: @rc, but -ENOMEM for -EAGAIN.
 */
int uvio_limit_of_mapping(struct uvio_ctx *ctx, uint64_t size, int rc, char text[UVIO_LIMIT_TEXT]);

/** The same for @size bytes that are to be locked or pinned. */
void uvio_limit_of_locked(struct uvio_ctx *ctx, uint64_t size, char text[UVIO_LIMIT_TEXT]);

#endif /* UVIO_RLIMIT_H */
