/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pci/pci.h>

#include "internal.h"

struct uvio_pci {
	struct uvio_ctx *ctx;
	struct pci_access *access;
	char path[PATH_MAX];
};

/*
 * libpci ends the process where its error callback returns, and hands it no data: hence a jump,
 * and a place for it per thread. It is set only while libpci runs.
 */
static _Thread_local jmp_buf escape;

static void __attribute__((noreturn, format(printf, 1, 2))) on_error(char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	uvio_fail(-EIO, "libpci: %s", text);
	longjmp(escape, 1);
}

static void __attribute__((format(printf, 1, 2))) on_message(char *format, ...)
{
	(void)format;
}

struct uvio_pci *uvio_pci_new(struct uvio_ctx *ctx)
{
	struct uvio_pci *volatile pci = calloc(1, sizeof(*pci));

	if (!pci) {
		uvio_no_memory("libpci");
		return NULL;
	}
	pci->ctx = ctx;
	pci->access = pci_alloc();
	pci->access->error = on_error;
	pci->access->warning = on_message;
	pci->access->debug = on_message;
	pci->access->method = PCI_ACCESS_SYS_BUS_PCI;
	uvio_sysfs_path(ctx, pci->path, "bus/pci");
	if (setjmp(escape)) {
		uvio_pci_free(pci);
		return NULL;
	}
	pci_set_param(pci->access, (char *)"sysfs.path", pci->path);
	pci_init(pci->access);
	return pci;
}

void uvio_pci_free(struct uvio_pci *pci)
{
	if (!pci)
		return;
	pci_cleanup(pci->access);
	free(pci);
}

/* Not all bridges: I/O cards on PCI interface chips have class 0680. */
bool uvio_class_is_bridge(unsigned int code)
{
	return code == PCI_CLASS_BRIDGE_HOST || code == PCI_CLASS_BRIDGE_ISA ||
	       code == PCI_CLASS_BRIDGE_PCI || code == 0x0609; /* semi-transparent */
}

static void fill_bars(struct uvio_bar *bars, const struct pci_dev *dev)
{
	for (int i = 0; i < 6; i++) {
		uint64_t base = dev->base_addr[i];

		bars[i].size = dev->size[i];
		if (!bars[i].size)
			continue;
		bars[i].io = base & PCI_BASE_ADDRESS_SPACE_IO;
		bars[i].start = base & (bars[i].io ? PCI_ADDR_IO_MASK : PCI_ADDR_MEM_MASK);
		bars[i].prefetchable = !bars[i].io && (base & PCI_BASE_ADDRESS_MEM_PREFETCH);
		bars[i].is_64bit = !bars[i].io && (base & PCI_BASE_ADDRESS_MEM_TYPE_MASK) ==
							  PCI_BASE_ADDRESS_MEM_TYPE_64;
	}
}

/* Not from udev's hwdb: where that is missing, libpci 3.9 loses memory whenever it looks. */
static void fill_names(struct uvio_pci *pci, struct uvio_device *device)
{
	struct uvio_device_info *info = &device->info;

	pci_lookup_name(pci->access, device->name, sizeof(device->name),
		PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_HWDB, info->vendor,
		info->device);
	pci_lookup_name(pci->access, device->class_name, sizeof(device->class_name),
		PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_HWDB, info->class_code >> 8);
}

static void fill(struct uvio_pci *pci, struct uvio_device *device, struct pci_dev *dev)
{
	struct uvio_device_info *info = &device->info;

	pci_fill_info(dev, PCI_FILL_IDENT | PCI_FILL_CLASS | PCI_FILL_CLASS_EXT | PCI_FILL_SUBSYS |
				   PCI_FILL_BASES | PCI_FILL_SIZES);
	info->vendor = dev->vendor_id;
	info->device = dev->device_id;
	info->class_code = (uint32_t)dev->device_class << 8 | dev->prog_if;
	info->revision = dev->rev_id;
	info->subvendor = dev->subsys_vendor_id;
	info->subdevice = dev->subsys_id;
	info->bridge = uvio_class_is_bridge(dev->device_class);
	fill_bars(info->bars, dev);
	if (device->with_names)
		fill_names(pci, device);
}

int uvio_pci_fill(struct uvio_pci *pci, struct uvio_device *device)
{
	const struct uvio_address *address = &device->address;
	struct pci_dev *volatile dev = NULL;

	if (setjmp(escape)) {
		if (dev)
			pci_free_dev(dev);
		if (uvio_sysfs_exists(pci->ctx, "bus/pci/devices/%s", address->text))
			return uvio_fail(
				-EIO, "%s: cannot be read: %s", address->text, uvio_last_error());
		return uvio_fail(-ENODEV, "%s: it went while it was looked at", address->text);
	}
	dev = pci_get_dev(pci->access, (int)address->domain, (int)address->bus, (int)address->slot,
		(int)address->function);
	fill(pci, device, dev);
	pci_free_dev(dev);
	return 0;
}

static int scan(struct uvio_pci *pci)
{
	if (setjmp(escape))
		return uvio_last_errno();
	pci_scan_bus(pci->access);
	return 0;
}

int uvio_pci_each(struct uvio_pci *pci, int (*add)(void *data, const char *address), void *data)
{
	char text[UVIO_ADDRESS_SIZE];
	int rc = scan(pci);

	for (struct pci_dev *dev = rc ? NULL : pci->access->devices; dev && !rc; dev = dev->next) {
		snprintf(text, sizeof(text), "%04x:%02x:%02x.%x", (unsigned int)dev->domain,
			dev->bus, dev->dev, dev->func);
		rc = add(data, text);
	}
	return rc;
}
