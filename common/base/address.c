/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <uvio/error.h>

#include "base/address.h"
#include "base/context.h"
#include "base/number.h"
#include "base/sysfs.h"

#define ADDRESS_FORMS "use 0000:06:0d.0, 06:0d.0, d.0, uio0, /dev/uio0 or name:NAME"

/* One to @max hexadecimal digits, then @end. Returns the position behind it, or NULL. */
static const char *hex(const char *text, int max, char end, unsigned int *value)
{
	uint64_t number;
	const char *behind = uvio_number(text, 16, &number);

	*value = (unsigned int)number;
	return behind && behind - text <= max && *behind == end ? behind + 1 : NULL;
}

/* Omitted leading parts and zeros are 0: as lspci(8) prints it, and shorter. */
static bool parse_pci(const char *text, struct uvio_address *address)
{
	const char *colon = strchr(text, ':'), *rest = text;

	address->domain = address->bus = 0;
	if (colon && strchr(colon + 1, ':'))
		rest = hex(rest, 8, ':', &address->domain);
	if (colon)
		rest = rest ? hex(rest, 2, ':', &address->bus) : NULL;
	rest = rest ? hex(rest, 2, '.', &address->slot) : NULL;
	rest = rest ? hex(rest, 1, '\0', &address->function) : NULL;
	if (!rest || address->slot > 31 || address->function > 7)
		return false;
	snprintf(address->text, sizeof(address->text), "%04x:%02x:%02x.%x", address->domain,
		address->bus, address->slot, address->function);
	address->kind = UVIO_ADDRESS_PCI;
	return true;
}

static bool parse_uio(const char *text, struct uvio_address *address)
{
	const char *digits;
	size_t n;

	if (!strncmp(text, "/dev/", 5))
		text += 5;
	if (strncmp(text, "uio", 3))
		return false;
	digits = text + 3;
	n = strspn(digits, "0123456789");
	if (!n || n > 6 || digits[n] || (n > 1 && digits[0] == '0'))
		return false;
	snprintf(address->text, sizeof(address->text), "%s", text);
	address->kind = UVIO_ADDRESS_UIO;
	return true;
}

static bool parse_name(const char *text, struct uvio_address *address)
{
	size_t size;

	if (strncmp(text, "name:", 5))
		return false;
	size = strlen(text + 5);
	if (!size || size >= sizeof(address->text))
		return false;
	memcpy(address->text, text + 5, size + 1);
	address->kind = UVIO_ADDRESS_NAME;
	return true;
}

int uvio_address_parse(const char *text, struct uvio_address *address)
{
	memset(address, 0, sizeof(*address));
	if (!text)
		return uvio_fail(-EINVAL, "no address given: " ADDRESS_FORMS);
	if (parse_pci(text, address) || parse_uio(text, address) || parse_name(text, address))
		return 0;
	return uvio_fail(-EINVAL, "%.80s: not an address: " ADDRESS_FORMS, text[0] ? text : "''");
}

static int find_by_name(struct uvio_ctx *ctx, struct uvio_address *address)
{
	char want[UVIO_ADDRESS_SIZE], name[UVIO_NAME_SIZE], those[256] = "";
	char **names;
	int count = uvio_sysfs_names(ctx, "uio", &names, "class/uio");
	int found = 0;

	memcpy(want, address->text, sizeof(want));
	for (int i = 0; i < count; i++) {
		if (uvio_sysfs_read(ctx, name, sizeof(name), "class/uio/%s/name", names[i]) < 0 ||
			strcmp(name, want) || !parse_uio(names[i], address))
			continue;
		if (strlen(those) < sizeof(those) - UVIO_NAME_SIZE)
			snprintf(those + strlen(those), UVIO_NAME_SIZE, "%s%.60s",
				found ? ", " : "", names[i]);
		found++;
	}
	uvio_names_free(names, count);
	if (count < 0 && count != -ENOENT)
		return uvio_fail(count, "name:%s: cannot read %s/class/uio: %s", want, ctx->sysfs,
			strerror(-count));
	if (found == 1)
		return 0;
	if (found)
		return uvio_fail(-EEXIST,
			"name:%s: %d UIO devices have that name: %s; give the number of one of "
			"them",
			want, found, those);
	return uvio_fail(-ENODEV, "name:%s: no UIO device has that name; see uvio list", want);
}

/* A uioN that belongs to a PCI function is that function. */
static void uio_to_pci(struct uvio_ctx *ctx, struct uvio_address *address)
{
	char name[UVIO_NAME_SIZE], bus[UVIO_NAME_SIZE];
	struct uvio_address pci = {0};

	if (!uvio_sysfs_link(
		    ctx, bus, sizeof(bus), "class/uio/%s/device/subsystem", address->text) &&
		!strcmp(bus, "pci") &&
		!uvio_sysfs_link(ctx, name, sizeof(name), "class/uio/%s/device", address->text) &&
		parse_pci(name, &pci)) {
		snprintf(pci.uio, sizeof(pci.uio), "%.15s", address->text);
		*address = pci;
	}
}

int uvio_address_resolve(struct uvio_ctx *ctx, const char *text, struct uvio_address *address)
{
	int rc = uvio_address_parse(text, address);

	if (!rc && !ctx)
		return uvio_fail(-EINVAL, "%s: no context (NULL)", text);
	if (!rc && address->kind == UVIO_ADDRESS_NAME)
		rc = find_by_name(ctx, address);
	if (rc || address->kind == UVIO_ADDRESS_PCI)
		return rc;
	if (!uvio_sysfs_exists(ctx, "class/uio/%s", address->text))
		return uvio_no_device(ctx, address->text, "no such UIO device; see uvio list");
	uio_to_pci(ctx, address);
	return 0;
}
