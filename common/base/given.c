/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <string.h>

#include "base/given.h"

void uvio_give(void *to, size_t size, const void *known, size_t known_size)
{
	size_t n = size < known_size ? size : known_size;

	memcpy(to, known, n);
	memset((unsigned char *)to + n, 0, size - n);
}
