/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <uvio/device.h>
#include <uvio/error.h>

#include "base/context.h"
#include "base/number.h"
#include "base/sysfs.h"
#include "device/device.h"

#define FOLDER "bus/pci/devices/"

/* The flags in the file "resource", from include/linux/ioport.h of the kernel. */
#define IORESOURCE_IO 0x100
#define IORESOURCE_MEM 0x200
#define IORESOURCE_PREFETCH 0x2000
#define IORESOURCE_MEM_64 0x100000
#define IORESOURCE_UNSET 0x20000000

#define CLASS_BRIDGE_HOST 0x0600
#define CLASS_BRIDGE_ISA 0x0601
#define CLASS_BRIDGE_PCI 0x0604
#define CLASS_BRIDGE_SEMI_TRANSPARENT 0x0609

/* Not all bridges: I/O cards on PCI interface chips have class 0680. */
bool uvio_class_is_bridge(unsigned int code)
{
	return code == CLASS_BRIDGE_HOST || code == CLASS_BRIDGE_ISA || code == CLASS_BRIDGE_PCI ||
	       code == CLASS_BRIDGE_SEMI_TRANSPARENT;
}

static void set_bar(struct uvio_bar *bar, const char *line)
{
	uint64_t start, end, flags;

	*bar = (struct uvio_bar){0};
	line = uvio_number_hex(line, &start);
	line = line ? uvio_number_hex(line, &end) : NULL;
	line = line ? uvio_number_hex(line, &flags) : NULL;
	if (!line || end <= start || !(flags & (IORESOURCE_IO | IORESOURCE_MEM)))
		return;
	bar->start = start;
	bar->size = end - start + 1;
	bar->io = flags & IORESOURCE_IO;
	bar->is_64bit = !bar->io && flags & IORESOURCE_MEM_64;
	bar->prefetchable = !bar->io && flags & IORESOURCE_PREFETCH;
	bar->unassigned = flags & IORESOURCE_UNSET;
}

int uvio_pci_bars(struct uvio_ctx *ctx, const char *address, struct uvio_bar *bars)
{
	char text[512]; /* six lines of 57 */
	const char *line = text, *end;
	int rc = uvio_sysfs_read(ctx, text, sizeof(text), FOLDER "%s/resource", address);

	for (int i = 0; i < UVIO_BARS && rc >= 0; i++) {
		set_bar(&bars[i], line);
		end = strchr(line, '\n');
		line = end ? end + 1 : "";
	}
	return rc < 0 ? rc : 0;
}

static int unreadable(struct uvio_ctx *ctx, const char *address, const char *file, int rc)
{
	if (!uvio_sysfs_exists(ctx, FOLDER "%s", address))
		return uvio_fail(-ENODEV, "%s: the device was removed while it was read", address);
	if (rc == -EINVAL)
		return uvio_fail(-EIO, "%s: cannot be read: %s/" FOLDER "%s/%s contains no number",
			address, ctx->sysfs, address, file);
	return uvio_fail(-EIO, "%s: cannot be read: %s/" FOLDER "%s/%s: %s", address, ctx->sysfs,
		address, file, strerror(-rc));
}

int uvio_pci_fill(struct uvio_ctx *ctx, struct uvio_device *device)
{
	struct uvio_device_info *info = &device->info;
	uint64_t values[6] = {0};
	static const char *const files[] = {
		"vendor", "device", "class", "subsystem_vendor", "subsystem_device", "revision"};
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		rc = uvio_sysfs_u64(ctx, &values[i], FOLDER "%s/%s", info->address, files[i]);
		/* Linux before 4.10 has no file of the revision. */
		if (rc && !(rc == -ENOENT && i == 5))
			return unreadable(ctx, info->address, files[i], rc);
	}
	info->vendor = (uint16_t)values[0];
	info->device = (uint16_t)values[1];
	info->class_code = (uint32_t)values[2] & 0xffffff;
	info->subvendor = (uint16_t)values[3];
	info->subdevice = (uint16_t)values[4];
	info->revision = (uint8_t)values[5];
	info->bridge = uvio_class_is_bridge(info->class_code >> 8);
	rc = uvio_pci_bars(ctx, info->address, device->bars);
	return rc ? unreadable(ctx, info->address, "resource", rc) : 0;
}
