/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** Addresses for many mappings, of the same few pages: the guest needs no memory for all of them.
 */
#ifndef UVIO_BENCH_SPACE_H
#define UVIO_BENCH_SPACE_H

#include <stddef.h>

#define PAGE ((size_t)4096)

/** @count pages, a multiple of 64, for the life of the program. NULL with errno. */
char *space_make(size_t count);

#endif /* UVIO_BENCH_SPACE_H */
