/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "former.h"
#include "json.h"
#include "persist.h"
#include "tools.h"

/* One device of those that are changed together. */
struct change {
	struct uvio_device *before;
	struct uvio_device *after; /* NULL: not changed yet */
};

struct changes {
	const struct tool *tool;
	const char *driver; /* NULL: the kernel chooses */
	bool group;
	struct persist persist;
	struct change *list;
	size_t count;
};

static const struct uvio_device_info *before(const struct change *change)
{
	return uvio_device_info(change->before);
}

static const char *driver_name(const struct uvio_device *device)
{
	const char *driver = uvio_device_info(device)->driver;

	return driver ? driver : "no driver";
}

static int add_device(struct changes *changes, const char *address)
{
	struct change *list;
	struct uvio_device *device;
	int rc = tool_find(changes->tool, address, &device);

	if (rc != TOOL_GO_ON)
		return rc;
	for (size_t i = 0; i < changes->count; i++) {
		if (strcmp(before(&changes->list[i])->address, uvio_device_info(device)->address))
			continue;
		uvio_device_free(device);
		return TOOL_GO_ON;
	}
	list = reallocarray(changes->list, changes->count + 1, sizeof(*list));
	if (!list) {
		uvio_device_free(device);
		return tool_no_memory();
	}
	changes->list = list;
	list[changes->count++] = (struct change){.before = device};
	return TOOL_GO_ON;
}

static int add_matching(struct changes *changes)
{
	struct uvio_device **list;
	int count, rc = tool_match(changes->tool, &list, &count);

	if (rc != TOOL_GO_ON)
		return rc;
	for (int i = 0; i < count && rc == TOOL_GO_ON; i++)
		rc = add_device(changes, uvio_device_info(list[i])->address);
	uvio_device_list_free(list, count);
	return rc;
}

static bool is_bridge(const struct tool *tool, const char *address)
{
	struct uvio_device *device;
	bool bridge;

	if (uvio_device_find(tool->ctx, address, &device))
		return false;
	bridge = uvio_device_info(device)->bridge;
	uvio_device_free(device);
	return bridge;
}

/* Bridges keep their drivers: they are not in the way of VFIO. */
static int add_members(struct changes *changes, const struct uvio_device_info *info)
{
	int rc = TOOL_GO_ON;

	if (info->iommu_group < 0)
		return tool_error("%s: --group: the device is in no IOMMU group", info->address);
	for (size_t i = 0; i < info->member_count && rc == TOOL_GO_ON; i++)
		if (!is_bridge(changes->tool, info->members[i]->address))
			rc = add_device(changes, info->members[i]->address);
	return rc;
}

static int add_groups(struct changes *changes)
{
	size_t named = changes->count;
	int rc = TOOL_GO_ON;

	for (size_t i = 0; i < named && rc == TOOL_GO_ON; i++)
		rc = add_members(changes, before(&changes->list[i]));
	return rc;
}

/* As in the names of the files: "5.0" is 0000:00:05.0. @text is an address. */
static const char *whole_address(const char *text, char *whole, size_t size)
{
	unsigned int domain = 0, bus = 0, slot = 0, function = 0;
	int colons = 0;

	for (const char *at = text; (at = strchr(at, ':')); at++)
		colons++;
	if ((colons == 2 && sscanf(text, "%x:%x:%x.%x", &domain, &bus, &slot, &function) == 4) ||
		(colons == 1 && sscanf(text, "%x:%x.%x", &bus, &slot, &function) == 3) ||
		(colons == 0 && sscanf(text, "%x.%x", &slot, &function) == 2))
		snprintf(whole, size, "%04x:%02x:%02x.%x", domain, bus, slot, function);
	else
		snprintf(whole, size, "%s", text);
	return whole;
}

/* TOOL_OK: of a device that is gone, only its files can be changed. */
static int forget_absent(const struct changes *changes, const char *address)
{
	struct uvio_device *device;
	char whole[64];
	int rc = uvio_device_find(changes->tool->ctx, address, &device);

	if (!rc)
		uvio_device_free(device);
	if (rc != -ENODEV || !changes->persist.wanted || changes->driver)
		return TOOL_GO_ON;
	rc = persist_remove(changes->tool, &changes->persist,
		whole_address(address, whole, sizeof(whole)), NULL);
	return rc == TOOL_GO_ON ? TOOL_OK : rc == TOOL_OK ? TOOL_GO_ON : rc;
}

static int add_devices(struct changes *changes, char **addresses, int count)
{
	int rc = changes->tool->ids ? add_matching(changes) : TOOL_GO_ON;

	for (int i = 0; i < count && rc == TOOL_GO_ON; i++) {
		rc = forget_absent(changes, addresses[i]);
		if (rc == TOOL_GO_ON)
			rc = add_device(changes, addresses[i]);
		else if (rc == TOOL_OK)
			rc = TOOL_GO_ON;
	}
	if (rc == TOOL_GO_ON && changes->group)
		rc = add_groups(changes);
	return rc;
}

/* Such a device is left alone; that it is in use is no obstacle. */
static bool is_bound(const struct changes *changes, const struct uvio_device_info *info)
{
	if (!changes->driver)
		return false;
	return (info->backend && !strcmp(info->backend, changes->driver)) ||
	       (info->driver && !strcmp(info->driver, changes->driver));
}

/* Before the first is touched, so that all are changed or none. */
static int check_use(const struct changes *changes)
{
	for (size_t i = 0; i < changes->count && changes->count > 1; i++) {
		const struct change *change = &changes->list[i];

		if (is_bound(changes, before(change)))
			continue;
		if (uvio_device_in_use(changes->tool->ctx, change->before) == -EBUSY)
			return tool_error("%s; no device was changed", uvio_last_error());
	}
	return TOOL_GO_ON;
}

static int check_persist(const struct changes *changes)
{
	int rc = TOOL_GO_ON;

	for (size_t i = 0; i < changes->count && rc == TOOL_GO_ON && changes->driver; i++)
		rc = persist_check(changes->tool, &changes->persist, before(&changes->list[i]),
			changes->driver);
	return rc;
}

static void take_back(const struct changes *changes, size_t count)
{
	while (count--) {
		const struct change *change = &changes->list[count];
		const char *was = before(change)->driver;

		if (!strcmp(driver_name(change->before), driver_name(change->after)))
			continue;
		if (uvio_bind(changes->tool->ctx, before(change)->address, was ? was : "none"))
			tool_failed();
		else
			tool_error("%s: it has %s again", before(change)->address,
				driver_name(change->before));
	}
}

/* Perhaps a backend was meant. */
static int no_such_driver(const char *driver)
{
	const char *names[NAMES_MAX] = {"none"}, *near;
	unsigned int count = 1;

	for (unsigned int i = 0; uvio_backend_name(i) && count < NAMES_MAX / 2; i++)
		names[count++] = uvio_backend_name(i);
	for (unsigned int i = 0; uvio_transport_name(i, NULL) && count < NAMES_MAX - 1; i++)
		names[count++] = uvio_transport_name(i, NULL);
	near = tool_nearest(driver, names);
	if (!near || !strcmp(near, driver))
		return tool_failed();
	return tool_error("%s; did you mean '%s'?", uvio_last_error(), near);
}

/* That ends what a comparison has left: the user has chosen. */
static int change_one(const struct changes *changes, struct change *change)
{
	const struct uvio_device_info *info = before(change);
	struct former former;
	int rc = former_lock(changes->tool, info, false, &former);

	if (rc != TOOL_GO_ON)
		return rc;
	rc = changes->driver ? uvio_bind(changes->tool->ctx, info->address, changes->driver)
			     : uvio_unbind(changes->tool->ctx, info->address);
	if (rc) {
		former_close(&former);
		return rc == -ENOENT && changes->driver ? no_such_driver(changes->driver)
							: tool_failed();
	}
	if (former_is_left(&former, info))
		former_tell(&former, info);
	former.keeps = false;
	former_close(&former);
	return tool_find(changes->tool, info->address, &change->after);
}

static int change_all(const struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		int rc = change_one(changes, &changes->list[i]);

		if (rc == TOOL_GO_ON)
			continue;
		take_back(changes, i);
		return rc;
	}
	return TOOL_GO_ON;
}

/* Bound is not usable yet, for example if another member of the IOMMU group is in the way. */
static void warn_if_broken(const struct tool *tool, const struct uvio_device *after)
{
	const char *backend = uvio_device_info(after)->backend;
	const struct uvio_finding *const *findings;
	struct uvio_check *check;
	unsigned int count;

	if (!backend || uvio_check_device(tool->ctx, after, backend, &check))
		return;
	findings = uvio_check_findings(check, &count);
	if (uvio_check_verdict(check) == UVIO_BROKEN)
		tool_error("but %s%s%s", findings[0]->what, findings[0]->fix ? "; " : "",
			findings[0]->fix ? findings[0]->fix : "");
	uvio_check_free(check);
}

static int keep_one(const struct changes *changes, const struct uvio_device_info *info)
{
	int rc = TOOL_GO_ON;

	if (!changes->persist.wanted)
		persist_remind(&changes->persist, info);
	else if (changes->driver)
		rc = persist_write(changes->tool, &changes->persist, info);
	else
		rc = persist_remove(changes->tool, &changes->persist, info->address, info);
	return rc == TOOL_OK ? TOOL_GO_ON : rc;
}

static int keep(const struct changes *changes)
{
	int rc = TOOL_GO_ON;

	for (size_t i = 0; i < changes->count && rc == TOOL_GO_ON; i++)
		rc = keep_one(changes, uvio_device_info(changes->list[i].after));
	return rc;
}

static void print_change(const struct change *change)
{
	const char *was = driver_name(change->before), *is = driver_name(change->after);

	if (strcmp(was, is) != 0)
		tool_print("%s: %s (was %s)\n", before(change)->address, is, was);
	else
		tool_print("%s: %s (as before)\n", before(change)->address, is);
}

static int print_json(const struct changes *changes)
{
	struct json_object *object = json_object_new_object();
	struct json_object *devices = json_object_new_array();

	for (size_t i = 0; i < changes->count; i++) {
		const struct change *change = &changes->list[i];
		struct json_object *device = json_object_new_object();
		struct name name;

		names_look(&changes->list[i].before, &name, 1);
		json_identity(device, before(change), &name);
		json_text(device, "kernel_driver", uvio_device_info(change->after)->driver);
		json_text(device, "kernel_driver_before", before(change)->driver);
		json_object_array_add(devices, device);
	}
	json_object_object_add(object, "devices", devices);
	return json_print(changes->tool, object);
}

static void print_changes(const struct changes *changes)
{
	if (tool_wants_text(changes->tool))
		for (size_t i = 0; i < changes->count; i++)
			print_change(&changes->list[i]);
	fflush(stdout);
	for (size_t i = 0; i < changes->count; i++)
		warn_if_broken(changes->tool, changes->list[i].after);
}

static int change_drivers(struct changes *changes, char **addresses, int count)
{
	int rc = add_devices(changes, addresses, count);

	if (rc == TOOL_GO_ON)
		rc = check_persist(changes);
	if (rc == TOOL_GO_ON)
		rc = check_use(changes);
	if (rc == TOOL_GO_ON)
		rc = change_all(changes);
	if (rc == TOOL_GO_ON) {
		print_changes(changes);
		rc = keep(changes);
	}
	if (rc == TOOL_GO_ON && changes->tool->json)
		rc = print_json(changes);
	for (size_t i = 0; i < changes->count; i++) {
		uvio_device_free(changes->list[i].before);
		uvio_device_free(changes->list[i].after);
	}
	free(changes->list);
	return rc == TOOL_GO_ON ? TOOL_OK : rc;
}

/* @operands: those behind the devices. */
static int parse(struct tool *tool, struct changes *changes, int argc, char **argv, int operands)
{
	static const struct option longs[] = {{"group", no_argument, NULL, 'g'},
		{"persist", no_argument, NULL, 'p'}, {"owner", required_argument, NULL, 'o'},
		TOOL_LONG_OPTIONS};
	struct persist *persist = &changes->persist;
	int option;

	while ((option = tool_getopt(tool, argc, argv, ":" TOOL_SHORT_OPTIONS "gpo:", longs)) !=
		-1) {
		if (option == 'g')
			changes->group = true;
		else if (option == 'p')
			persist->wanted = true;
		else if (option == 'o')
			persist->owner = optarg;
		else
			return tool_stop(tool, option);
	}
	persist->etc = tool->etc;
	if (persist->owner && !operands)
		return tool_usage(tool, "--owner is an option of bind");
	if (persist->owner && !persist->wanted)
		return tool_usage(
			tool, "--owner needs --persist: udev rules set the owner at boot");
	return tool_start(tool, argc, argv, operands, argc);
}

static int run_bind(struct tool *tool, int argc, char **argv)
{
	struct changes changes = {.tool = tool};
	int rc = parse(tool, &changes, argc, argv, 1);

	if (rc != TOOL_GO_ON)
		return rc;
	changes.driver = argv[argc - 1];
	return change_drivers(&changes, argv + optind, argc - 1 - optind);
}

static int run_unbind(struct tool *tool, int argc, char **argv)
{
	struct changes changes = {.tool = tool};
	int rc = parse(tool, &changes, argc, argv, 0);

	return rc == TOOL_GO_ON ? change_drivers(&changes, argv + optind, argc - optind) : rc;
}

const struct command command_bind = {
	.name = "bind",
	.device = DEVICE_MANY,
	.args = "ADDRESS... BACKEND-OR-DRIVER",
	.help = "bind devices to the kernel driver that a backend needs",
	.notes = "Name a backend, a transport or a kernel driver; 'none' leaves the devices\n"
		 "without one. Only these devices are changed, by driver_override, and never\n"
		 "while they are in use. If the kernel does not bind one, all get their former\n"
		 "drivers back. Prints what is bound afterwards. Needs root.\n",
	.options = "  -g, --group           every device in their IOMMU groups, except bridges\n"
		   "  -p, --persist         at each boot, too, by a udev rule\n"
		   "  -o, --owner USER      with --persist: give the devices to a user\n",
	.example = "uvio bind 06:0d.0 vfio",
	.run = run_bind,
};

const struct command command_unbind = {
	.name = "unbind",
	.device = DEVICE_MANY,
	.args = "ADDRESS...",
	.help = "take devices back and let the kernel choose their drivers",
	.notes = "The kernel chooses as at boot; that may be no driver. Prints what is bound\n"
		 "afterwards. Needs root.\n",
	.options = "  -g, --group           every device in their IOMMU groups, except bridges\n"
		   "  -p, --persist         remove the files of bind --persist, too\n",
	.example = "uvio unbind 06:0d.0",
	.run = run_unbind,
};
