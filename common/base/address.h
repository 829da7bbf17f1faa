/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_BASE_ADDRESS_H
#define UVIO_BASE_ADDRESS_H

#include "base/context.h"

enum uvio_address_kind {
	UVIO_ADDRESS_PCI,
	UVIO_ADDRESS_UIO,  /* uio0, /dev/uio0 */
	UVIO_ADDRESS_NAME, /* name:NAME */
};

struct uvio_address {
	enum uvio_address_kind kind;
	char text[UVIO_ADDRESS_SIZE]; /* canonical: 0000:06:0d.0, uio0, NAME */
	unsigned int domain, bus, slot, function;
	char uio[16]; /* of a PCI device given as uioN: "uio1"; "": any node of it */
};

/** 0, or -EINVAL with an error message. */
int uvio_address_parse(const char *text, struct uvio_address *address);

/** As uvio_address_parse(), but resolves name: and uioN on PCI. -ENODEV. */
int uvio_address_resolve(struct uvio_ctx *ctx, const char *text, struct uvio_address *address);

#endif /* UVIO_BASE_ADDRESS_H */
