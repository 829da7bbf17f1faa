/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_BASE_GIVEN_H
#define UVIO_BASE_GIVEN_H

#include <stddef.h>

/**
 * Gives a structure of @known_size bytes to a caller whose structure has @size, as it was compiled
 * with headers of another version: never more than it has; what is not known here is zero there.
 */
void uvio_give(void *to, size_t size, const void *known, size_t known_size);

#endif /* UVIO_BASE_GIVEN_H */
