/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** The address of a device: what is accepted has one canonical form, which means the same. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "base/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct uvio_address address, again;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (!uvio_address_parse(text, &address) && address.kind != UVIO_ADDRESS_NAME &&
		(uvio_address_parse(address.text, &again) || again.kind != address.kind ||
			strcmp(again.text, address.text)))
		abort();
	free(text);
	return 0;
}
