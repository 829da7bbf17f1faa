/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <uvio/error.h>
#include <uvio/region.h>

#include "backend/objects.h"
#include "base/context.h"
#include "dma/dma.h"
#include "udev/region.h"

#define MAPS 5 /* of UIO devices that are not PCI */
#define PORTS 5

const char *uvio_region_name(const struct uvio_udev *udev, unsigned int index, char *name)
{
	static const char *const others[] = {
		[UVIO_REGION_ROM] = "ROM",
		[UVIO_REGION_CONFIG] = "config",
		[UVIO_REGION_VGA] = "VGA",
	};
	bool pci = udev->address.kind == UVIO_ADDRESS_PCI;
	const char *kind = "region ";
	unsigned int number = index;

	if (pci && index >= UVIO_REGION_ROM && index < ARRAY_SIZE(others))
		return others[index];
	if (pci && index < UVIO_REGION_ROM) {
		kind = "BAR";
	} else if (!pci && index < MAPS) {
		kind = "map";
	} else if (!pci && index >= UVIO_REGION_PORT0 && index < UVIO_REGION_PORT0 + PORTS) {
		kind = "port";
		number -= UVIO_REGION_PORT0;
	}
	snprintf(name, UVIO_REGION_NAME_SIZE, "%s%u", kind, number);
	return name;
}

int uvio_region_fail(
	const struct uvio_udev *udev, unsigned int index, int err, const char *format, ...)
{
	char text[UVIO_TEXT_SIZE], name[UVIO_REGION_NAME_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return uvio_fail(
		err, "%s: %s: %s", udev->address.text, uvio_region_name(udev, index, name), text);
}

int uvio_region_absent(const struct uvio_udev *udev, unsigned int index)
{
	char name[UVIO_REGION_NAME_SIZE];

	return uvio_fail(-ENOENT, "%s: the card has no %s", udev->address.text,
		uvio_region_name(udev, index, name));
}

int uvio_region_mmap_failed(struct uvio_udev *udev, unsigned int index, uint64_t size, int rc)
{
	char name[UVIO_REGION_NAME_SIZE];

	return uvio_mmap_failed(udev, uvio_region_name(udev, index, name), size, rc);
}
