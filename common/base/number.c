/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <limits.h>
#include <stddef.h>

#include "base/number.h"

static unsigned int digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return UINT_MAX;
}

const char *uvio_number(const char *text, unsigned int base, uint64_t *value)
{
	const char *at = text;

	*value = 0;
	for (unsigned int next; (next = digit(*at)) < base; at++)
		if (__builtin_mul_overflow(*value, base, value) ||
			__builtin_add_overflow(*value, next, value))
			return NULL;
	return at == text ? NULL : at;
}

const char *uvio_number_hex(const char *text, uint64_t *value)
{
	while (*text == ' ' || *text == '\t' || *text == '\n')
		text++;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	return uvio_number(text, 16, value);
}

const char *uvio_number_device(
	const char *text, unsigned int base, unsigned int *major, unsigned int *minor)
{
	uint64_t high, low;

	text = uvio_number(text, base, &high);
	if (!text || *text != ':')
		return NULL;
	text = uvio_number(text + 1, base, &low);
	if (!text || high > UINT_MAX || low > UINT_MAX)
		return NULL;
	*major = (unsigned int)high;
	*minor = (unsigned int)low;
	return text;
}
