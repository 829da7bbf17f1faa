/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/check.h>
#include <uvio/context.h>
#include <uvio/device.h>
#include <uvio/error.h>

#include "backend/backend.h"
#include "base/address.h"
#include "base/context.h"
#include "base/error.h"
#include "base/finding.h"
#include "base/sysfs.h"
#include "check/check.h"
#include "check/choose.h"
#include "device/device.h"

static const char *find_transport(const struct uvio_backend *backend, const char *name)
{
	const struct uvio_transport *transport = backend->transports;

	for (; transport && transport->name; transport++)
		if (!strcmp(transport->name, name))
			return transport->name;
	return NULL;
}

const char *uvio_transport_name(unsigned int index, bool *on_request)
{
	const struct uvio_backend *backend;

	for (unsigned int i = 0; (backend = uvio_backend_at(i)); i++) {
		const struct uvio_transport only[] = {{backend->name, backend->name, false}, {0}};
		const struct uvio_transport *transport =
			backend->transports ? backend->transports : only;

		for (; transport->name; transport++)
			if (!index--) {
				if (on_request)
					*on_request = transport->on_request;
				return transport->full;
			}
	}
	return NULL;
}

static int no_transport(const struct uvio_backend *backend, const char *name)
{
	const struct uvio_transport *transport = backend->transports;
	char known[128] = "";

	for (; transport && transport->name; transport++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			known[0] ? ", " : "; there are: ", transport->full);
	return uvio_fail(
		-EINVAL, "%s: the %s backend has no such transport%s", name, backend->name, known);
}

int uvio_backend_parse(
	const char *name, const struct uvio_backend **backend, const char **transport)
{
	char family[UVIO_NAME_SIZE];
	size_t n = strcspn(name, "/");

	*transport = NULL;
	snprintf(family, sizeof(family), "%.*s", (int)n, name);
	*backend = uvio_backend_find(family);
	if (!*backend)
		return uvio_no_backend(name);
	if (!name[n])
		return 0;
	*transport = find_transport(*backend, name + n + 1);
	return *transport ? 0 : no_transport(*backend, name);
}

/* The error messages of all backends that cannot, in probe order, each without the address. */
static int join_failures(struct uvio_ctx *ctx, const struct uvio_device *device, char *text)
{
	size_t used = 0, skip = strlen(device->info.address) + strlen(": ");

	for (unsigned int i = 0; i < uvio_backend_count() && used < UVIO_TEXT_SIZE; i++) {
		struct uvio_check *check;
		int rc = uvio_check_unused(ctx, device, uvio_backend_name(i), &check);

		if (rc)
			return rc;
		uvio_fail(-ENODEV, "%s: the device became usable just now; try again",
			device->info.address);
		uvio_check_fail(check, -ENODEV);
		used += (size_t)snprintf(text + used, UVIO_TEXT_SIZE - used, " %s: %s.",
			uvio_backend_name(i), uvio_last_error() + skip);
		uvio_check_free(check);
	}
	return uvio_fail(
		-ENODEV, "%s: no backend can drive it now.%.900s", device->info.address, text);
}

static int none_usable(struct uvio_ctx *ctx, const struct uvio_device *device)
{
	char *text = calloc(1, UVIO_TEXT_SIZE);
	int rc;

	if (!text)
		return uvio_no_memory(device->info.address);
	rc = join_failures(ctx, device, text);
	free(text);
	return rc;
}

static int choose_usable(
	struct uvio_ctx *ctx, const struct uvio_device *device, const struct uvio_backend **backend)
{
	for (unsigned int i = 0; (*backend = uvio_backend_at(i)); i++) {
		enum uvio_verdict verdict;
		int rc = uvio_check_judge(ctx, device, *backend, NULL, &verdict);

		if (rc)
			return rc;
		uvio_log(ctx, UVIO_LOG_DEBUG, "%s: backend %s is %susable", device->info.address,
			(*backend)->name, verdict == UVIO_USABLE ? "" : "not ");
		if (verdict == UVIO_USABLE)
			return 0;
	}
	return none_usable(ctx, device);
}

static int choose_by_check(struct uvio_ctx *ctx, const struct uvio_address *address,
	const struct uvio_backend **backend)
{
	struct uvio_device *device;
	int rc = uvio_device_at(ctx, address, &device);

	if (rc)
		return rc;
	rc = choose_usable(ctx, device, backend);
	uvio_device_free(device);
	return rc;
}

/* vfio-pci does not take one; a UIO driver may. */
static bool is_bridge(struct uvio_ctx *ctx, const char *address)
{
	uint64_t code;

	return uvio_sysfs_u64(ctx, &code, "bus/pci/devices/%s/class", address) ||
	       uvio_class_is_bridge((unsigned int)(code >> 8));
}

/* Binding said which. */
static const struct uvio_backend *bound_to(struct uvio_ctx *ctx, const struct uvio_address *address)
{
	const struct uvio_backend *backend;
	char driver[UVIO_NAME_SIZE];

	if (address->kind != UVIO_ADDRESS_PCI ||
		uvio_sysfs_link(
			ctx, driver, sizeof(driver), "bus/pci/devices/%s/driver", address->text))
		return NULL;
	for (unsigned int i = 0; (backend = uvio_backend_at(i)); i++)
		if (backend->kernel_driver && !strcmp(backend->kernel_driver, driver))
			return backend->decodes || !is_bridge(ctx, address->text) ? backend : NULL;
	return NULL;
}

int uvio_backend_choose(struct uvio_ctx *ctx, const struct uvio_address *address, const char *name,
	struct uvio_choice *choice)
{
	*choice = (struct uvio_choice){0};
	if (name)
		return uvio_backend_parse(name, &choice->backend, &choice->transport);
	choice->backend = bound_to(ctx, address);
	choice->unchecked = choice->backend;
	return choice->backend ? 0 : choose_by_check(ctx, address, &choice->backend);
}

int uvio_choice_failed(struct uvio_ctx *ctx, const struct uvio_address *address,
	const struct uvio_choice *choice, int err)
{
	const struct uvio_backend *usable;
	struct uvio_saved_error before;
	int rc;

	if (!choice->unchecked || err == -ENOMEM)
		return err;
	uvio_error_save(&before);
	rc = choose_by_check(ctx, address, &usable);
	if (rc)
		return rc;
	uvio_error_restore(&before);
	return err;
}
