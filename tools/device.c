/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <stdlib.h>
#include <string.h>
#include "tools.h"

int tool_find(const struct tool *tool, const char *address, struct uvio_device **device)
{
	if (uvio_device_find(tool->ctx, address, device))
		return tool_failed();
	return TOOL_GO_ON;
}

int tool_open(
	const struct tool *tool, const char *address, const char *backend, struct uvio_udev **udev)
{
	return tool_open_with(tool, address, backend, 0, udev);
}

int tool_open_with(const struct tool *tool, const char *address, const char *backend,
	uint32_t flags, struct uvio_udev **udev)
{
	struct uvio_open_options options = {
		.backend = backend, .flags = flags, .vf_token = tool->vf_token};

	if (uvio_udev_open(tool->ctx, address, &options, udev))
		return tool_failed();
	return TOOL_GO_ON;
}

bool tool_override(
	const struct tool *tool, const struct uvio_device_info *info, char *text, size_t size)
{
	const char *root = tool->options.sysfs_root ? tool->options.sysfs_root : "/sys";
	struct uvio_override override;
	bool failed = uvio_override_read(tool->ctx, info->address, &override);
	const char *name = override.driver[0] ? override.driver : "none";

	if (override.interrupted)
		snprintf(text, size,
			"%s: a change of the driver is in progress, or was interrupted; in that "
			"case run uvio bind or uvio unbind, which restores the former driver first",
			failed ? "cannot be read" : name);
	else if (failed)
		snprintf(text, size, "%s", uvio_last_error());
	else if (override.is_effective)
		snprintf(text, size,
			"%s: the kernel binds no other driver by itself; to clear it: echo "
			">%s/bus/pci/devices/%s/driver_override",
			name, root, info->address);
	else
		snprintf(text, size, "%s", name);
	return failed || override.interrupted || override.is_effective;
}

const struct uvio_driver *tool_driver(const struct tool *tool, const struct uvio_device_info *info)
{
	if (!info->pci)
		return NULL;
	return uvio_driver_match(
		tool->ctx, info->vendor, info->device, info->subvendor, info->subdevice);
}

const char *tool_seen(const struct uvio_driver *driver, const struct uvio_device_info *info)
{
	const struct uvio_driver_id *id = NULL;

	if (driver)
		id = uvio_driver_id_of(
			driver, info->vendor, info->device, info->subvendor, info->subdevice);
	return id ? uvio_seen_name(id->seen) : NULL;
}

const struct uvio_trial *tool_trial(const struct uvio_driver *driver)
{
	static const struct uvio_trial none;

	return driver && driver->trial ? driver->trial : &none;
}

const struct uvio_driver *tool_driver_named(const struct tool *tool, const char *name)
{
	const struct uvio_driver *driver;

	for (unsigned int i = 0; (driver = uvio_driver_get(tool->ctx, i)); i++) {
		if (!strcmp(driver->name, name))
			return driver;
	}
	return NULL;
}

/* One half of VENDOR:DEVICE; empty or "*" is any. NULL: it is wrong. */
static const char *parse_id(const char *text, char end, int *id)
{
	size_t n = strspn(text, "0123456789abcdefABCDEF");

	*id = -1;
	if (text[0] == '*')
		n = 1;
	else if (n)
		*id = (int)strtoul(text, NULL, 16);
	return n <= 4 && text[n] == end ? text + n + 1 : NULL;
}

static bool parse_ids(const char *ids, int *vendor, int *device)
{
	const char *rest = parse_id(ids, ':', vendor);

	return rest && parse_id(rest, '\0', device);
}

int tool_check_ids(const struct tool *tool)
{
	int vendor, device;

	if (!tool->ids || parse_ids(tool->ids, &vendor, &device))
		return TOOL_GO_ON;
	return tool_usage(tool, "-d: '%s' is not VENDOR:DEVICE, as 1234:11e8 or 1234:", tool->ids);
}

bool tool_has_ids(const struct uvio_device_info *info, const char *ids)
{
	int vendor, device;

	return info->pci && parse_ids(ids, &vendor, &device) &&
	       (vendor < 0 || vendor == info->vendor) && (device < 0 || device == info->device);
}

int tool_match(const struct tool *tool, struct uvio_device ***list, int *count)
{
	int all = uvio_device_list(tool->ctx, list);

	*count = 0;
	if (all < 0)
		return tool_failed();
	for (int i = 0; i < all; i++) {
		struct uvio_device *device = (*list)[i];

		if (!tool_has_ids(uvio_device_info(device), tool->ids)) {
			uvio_device_free(device);
			continue;
		}
		(*list)[(*count)++] = device;
	}
	if (*count)
		return TOOL_GO_ON;
	uvio_device_list_free(*list, 0);
	return tool_error("-d '%s': no device has these ids; see uvio list --all", tool->ids);
}

enum { NAMED_MAX = 8 };

static int not_one(const struct tool *tool, struct uvio_device **list, int count)
{
	char text[512] = "";
	size_t used = 0;

	for (int i = 0; i < count && i < NAMED_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? ", " : "",
			uvio_device_info(list[i])->address);
	return tool_error(
		"-d '%s': %d devices have these ids: %s%s; give the address of one of them",
		tool->ids, count, text, count > NAMED_MAX ? ", ..." : "");
}

int tool_match_one(const struct tool *tool, char *address, size_t size)
{
	struct uvio_device **list;
	int count, rc = tool_match(tool, &list, &count);

	if (rc != TOOL_GO_ON)
		return rc;
	if (count > 1)
		rc = not_one(tool, list, count);
	else
		snprintf(address, size, "%s", uvio_device_info(list[0])->address);
	uvio_device_list_free(list, count);
	return rc;
}
