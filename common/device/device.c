/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/context.h>
#include <uvio/device.h>
#include <uvio/error.h>

#include "backend/backend.h"
#include "base/address.h"
#include "base/context.h"
#include "base/error.h"
#include "base/sysfs.h"
#include "device/device.h"

void uvio_device_folder(const struct uvio_address *address, char *folder, size_t size)
{
	if (address->kind == UVIO_ADDRESS_PCI)
		snprintf(folder, size, "bus/pci/devices/%s", address->text);
	else
		snprintf(folder, size, "class/uio/%s/device", address->text);
}

static void set_uio(struct uvio_ctx *ctx, struct uvio_device *device, const char *uio)
{
	snprintf(device->uio, sizeof(device->uio), "%.60s", uio);
	device->info.uio = device->uio;
	if (uvio_sysfs_read(ctx, device->uio_name, sizeof(device->uio_name), "class/uio/%s/name",
		    device->uio) > 0)
		device->info.uio_name = device->uio_name;
}

static int fill_uio(struct uvio_ctx *ctx, struct uvio_device *device, const char *folder)
{
	char **names;
	int count;

	if (device->address.kind == UVIO_ADDRESS_UIO || device->address.uio[0]) {
		set_uio(ctx, device,
			device->address.uio[0] ? device->address.uio : device->address.text);
		return 0;
	}
	count = uvio_sysfs_names(ctx, "uio", &names, "%s/uio", folder);
	if (count > 0)
		set_uio(ctx, device, names[0]);
	uvio_names_free(names, count);
	if (count >= 0 || count == -ENOENT)
		return 0;
	return uvio_fail(count, "%s: its UIO nodes in %s/uio: %s", device->address.text, folder,
		strerror(-count));
}

static void fill_backend(struct uvio_device_info *info)
{
	const struct uvio_backend *backend = uvio_backend_of(info);

	info->backend = backend ? backend->name : NULL;
}

static int fill(struct uvio_ctx *ctx, struct uvio_device *device)
{
	struct uvio_device_info *info = &device->info;
	char folder[UVIO_ADDRESS_SIZE * 2];

	uvio_device_folder(&device->address, folder, sizeof(folder));
	info->address = device->address.text;
	info->pci = device->address.kind == UVIO_ADDRESS_PCI;
	if (!uvio_sysfs_link(ctx, device->driver, sizeof(device->driver), "%s/driver", folder))
		info->driver = device->driver;
	if (fill_uio(ctx, device, folder))
		return uvio_last_errno();
	fill_backend(info);
	if (info->pci && uvio_pci_fill(ctx, device))
		return uvio_last_errno();
	return uvio_group_fill(ctx, device);
}

static int device_new(
	struct uvio_ctx *ctx, const struct uvio_address *address, struct uvio_device **out)
{
	struct uvio_device *device = calloc(1, sizeof(*device));
	int rc;

	if (!device)
		return uvio_no_memory(address->text);
	device->address = *address;
	for (int i = 0; i < UVIO_BARS; i++)
		device->bar_list[i] = &device->bars[i];
	device->info.bars = device->bar_list;
	rc = fill(ctx, device);
	if (rc) {
		uvio_device_free(device);
		return rc;
	}
	*out = device;
	return 0;
}

int uvio_device_find(struct uvio_ctx *ctx, const char *text, struct uvio_device **out)
{
	struct uvio_address address;
	int rc;

	if (UVIO_NULL("device", out))
		return -EINVAL;
	rc = uvio_address_resolve(ctx, text, &address);
	return rc ? rc : uvio_device_at(ctx, &address, out);
}

int uvio_device_at(
	struct uvio_ctx *ctx, const struct uvio_address *address, struct uvio_device **out)
{
	if (address->kind == UVIO_ADDRESS_PCI &&
		!uvio_sysfs_exists(ctx, "bus/pci/devices/%s", address->text))
		return uvio_no_device(ctx, address->text,
			"no such PCI device; lspci -D or uvio list --all shows all");
	return device_new(ctx, address, out);
}

void uvio_device_free(struct uvio_device *device)
{
	if (!device)
		return;
	uvio_group_free(device);
	free(device);
}

const struct uvio_device_info *uvio_device_info(const struct uvio_device *device)
{
	if (UVIO_NULL("device", device))
		return NULL;
	return &device->info;
}

struct list {
	struct uvio_ctx *ctx;
	struct uvio_device **devices;
	int count;
};

static int list_add(struct list *list, const struct uvio_address *address)
{
	struct uvio_device **grown, *device = NULL;
	int rc = device_new(list->ctx, address, &device);

	/* It was removed meanwhile, or cannot be read: the others are still listed. */
	if (rc == -ENODEV || rc == -EIO) {
		uvio_log(list->ctx, UVIO_LOG_WARNING, "%s", uvio_last_error());
		return 0;
	}
	if (rc)
		return rc;
	grown = realloc(list->devices, (size_t)(list->count + 1) * sizeof(*grown));
	if (!grown) {
		uvio_device_free(device);
		return uvio_no_memory("list of devices");
	}
	list->devices = grown;
	grown[list->count++] = device;
	return 0;
}

/* The devices of one kind in a folder, whose names begin with @prefix; there may be none. */
static int list_folder(
	struct list *list, const char *folder, const char *prefix, enum uvio_address_kind kind)
{
	struct uvio_address address;
	char **names;
	int rc = 0, count = uvio_sysfs_names(list->ctx, prefix, &names, "%s", folder);

	for (int i = 0; i < count && !rc; i++)
		if (!uvio_address_resolve(list->ctx, names[i], &address) && address.kind == kind)
			rc = list_add(list, &address);
	uvio_names_free(names, count);
	if (count < 0 && count != -ENOENT)
		return uvio_fail(
			count, "cannot read %s/%s: %s", list->ctx->sysfs, folder, strerror(-count));
	return rc;
}

static int place(const struct uvio_address *address)
{
	return (int)(address->bus << 8 | address->slot << 3 | address->function);
}

static int by_address(const void *a, const void *b)
{
	const struct uvio_device *x = *(struct uvio_device *const *)a;
	const struct uvio_device *y = *(struct uvio_device *const *)b;

	if (x->address.kind != y->address.kind)
		return (int)x->address.kind - (int)y->address.kind;
	if (x->address.kind != UVIO_ADDRESS_PCI)
		return strverscmp(x->address.text, y->address.text);
	if (x->address.domain != y->address.domain)
		return x->address.domain < y->address.domain ? -1 : 1;
	return place(&x->address) - place(&y->address);
}

int uvio_device_list(struct uvio_ctx *ctx, struct uvio_device ***out)
{
	struct list list = {.ctx = ctx};
	struct uvio_saved_error before;
	int rc;

	if (UVIO_NULL("ctx", ctx) || UVIO_NULL("list", out))
		return -EINVAL;
	if (!uvio_sysfs_is_there(ctx))
		return uvio_no_device(ctx, "list", "");
	uvio_error_save(&before);
	rc = list_folder(&list, "bus/pci/devices", "", UVIO_ADDRESS_PCI);
	if (!rc)
		rc = list_folder(&list, "class/uio", "uio", UVIO_ADDRESS_UIO);
	if (rc) {
		uvio_device_list_free(list.devices, list.count);
		return rc;
	}
	if (list.count)
		qsort(list.devices, (size_t)list.count, sizeof(*list.devices), by_address);
	uvio_error_restore(&before);
	*out = list.devices;
	return list.count;
}

void uvio_device_list_free(struct uvio_device **list, int count)
{
	for (int i = 0; list && i < count; i++)
		uvio_device_free(list[i]);
	free(list);
}
