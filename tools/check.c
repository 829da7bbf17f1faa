/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <stdio.h>
#include <string.h>
#include "former.h"
#include "json.h"
#include "persist.h"
#include "tools.h"

#define MOST_BACKENDS 8

static const char *const verdicts[] = {
	[UVIO_USABLE] = "usable",
	[UVIO_NOT_BOUND] = "not bound yet",
	[UVIO_IN_USE] = "in use",
	[UVIO_NOT_APPLICABLE] = "not applicable",
	[UVIO_BROKEN] = "broken",
};

static const char *const severities[] = {
	[UVIO_NOTE] = "note",
	[UVIO_LIMITS] = "limits",
	[UVIO_UNBOUND] = "unbound",
	[UVIO_BUSY] = "busy",
	[UVIO_BLOCKS] = "blocks",
	[UVIO_UNFIT] = "unfit",
};

static void print_findings(const char *backend, const struct uvio_check *check)
{
	unsigned int count = 0;
	const struct uvio_finding *const *findings = uvio_check_findings(check, &count);

	tool_print("%s: %s\n", backend, verdicts[uvio_check_verdict(check)]);
	for (unsigned int i = 0; i < count; i++) {
		tool_wrap(stdout, "  ", findings[i]->what);
		if (findings[i]->fix)
			tool_wrap(stdout, "    fix: ", findings[i]->fix);
	}
}

static struct json_object *finding_json(const struct uvio_finding *finding)
{
	struct json_object *object = json_object_new_object();

	json_text(object, "severity", severities[finding->severity]);
	json_text(object, "what", finding->what);
	json_text(object, "fix", finding->fix);
	return object;
}

static struct json_object *check_json(const char *backend, const struct uvio_check *check)
{
	struct json_object *object = json_object_new_object();
	struct json_object *array = json_object_new_array();
	unsigned int count = 0;
	const struct uvio_finding *const *findings = uvio_check_findings(check, &count);

	json_text(object, "name", backend);
	json_text(object, "verdict", verdicts[uvio_check_verdict(check)]);
	for (unsigned int i = 0; i < count; i++)
		json_object_array_add(array, finding_json(findings[i]));
	json_object_object_add(object, "findings", array);
	return object;
}

static void tell(const struct tool *tool, const char *name, struct uvio_check *check,
	struct json_object *array)
{
	json_object_array_add(array, check_json(name, check));
	if (tool_wants_text(tool))
		print_findings(name, check);
	uvio_check_free(check);
}

/* Transports depend on the device. @backend: NULL for what concerns all. */
static int check_machine(
	const struct tool *tool, const char *backend, struct json_object *array, bool *usable)
{
	struct uvio_check *check;
	char name[32] = "machine";

	if (uvio_check_machine(tool->ctx, backend, &check))
		return tool_failed();
	if (backend)
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(backend, "/"), backend);
	if (backend && uvio_check_verdict(check) == UVIO_USABLE)
		*usable = true;
	tell(tool, name, check, array);
	return TOOL_GO_ON;
}

static int check_whole_machine(
	const struct tool *tool, const char *only, struct json_object *array, bool *usable)
{
	int rc = check_machine(tool, NULL, array, usable);

	if (only)
		return rc == TOOL_GO_ON ? check_machine(tool, only, array, usable) : rc;
	for (unsigned int i = 0; rc == TOOL_GO_ON && i < uvio_backend_count(); i++)
		rc = check_machine(tool, uvio_backend_name(i), array, usable);
	return rc;
}

static int check_device(const struct tool *tool, const struct uvio_device *device, const char *only,
	struct json_object *array, bool *usable)
{
	struct uvio_check *checks[MOST_BACKENDS] = {NULL};
	int rc = only ? uvio_check_device(tool->ctx, device, only, &checks[0])
		      : uvio_check_backends(tool->ctx, device, checks, MOST_BACKENDS);

	if (rc)
		return tool_failed();
	for (unsigned int i = 0; i < MOST_BACKENDS && checks[i]; i++) {
		if (uvio_check_verdict(checks[i]) == UVIO_USABLE)
			*usable = true;
		tell(tool, only ? only : uvio_backend_name(i), checks[i], array);
	}
	return TOOL_GO_ON;
}

static int print_json(
	const struct tool *tool, struct uvio_device *device, struct json_object *array)
{
	struct json_object *object = json_object_new_object();
	struct json_object *identity = device ? json_object_new_object() : NULL;
	struct name name;

	if (device) {
		names_look(&device, &name, 1);
		json_identity(identity, uvio_device_info(device), &name);
		json_override(identity, tool, uvio_device_info(device));
		json_boot(identity, tool, uvio_device_info(device));
		json_comparison(identity, tool, uvio_device_info(device));
	}
	json_object_object_add(object, "device", identity);
	json_object_object_add(object, "backends", array);
	return json_print(tool, object);
}

/* It belongs to no backend: it decides which driver takes a device that has none. */
static void print_override(const struct tool *tool, const struct uvio_device_info *info)
{
	char text[512];

	if (info->pci && tool_override(tool, info, text, sizeof(text)))
		tool_wrap(stdout, "driver_override: ", text);
}

static void print_boot(const struct tool *tool, const struct uvio_device_info *info)
{
	char text[PATH_MAX + 128];

	if (info->pci && persist_describe(tool->etc, info->address, text, sizeof(text)))
		tool_wrap(stdout, "bound at boot: ", text);
}

static void print_comparison(const struct tool *tool, const struct uvio_device_info *info)
{
	char text[512];

	if (former_describe(tool, info, text, sizeof(text)))
		tool_wrap(stdout, "comparison: ", text);
}

static int check_and_print(const struct tool *tool, struct uvio_device *device, const char *backend)
{
	struct json_object *array = json_object_new_array();
	bool usable = false;
	int rc = device ? check_device(tool, device, backend, array, &usable)
			: check_whole_machine(tool, backend, array, &usable);

	if (rc == TOOL_GO_ON && device && tool_wants_text(tool)) {
		print_override(tool, uvio_device_info(device));
		print_boot(tool, uvio_device_info(device));
		print_comparison(tool, uvio_device_info(device));
	}
	if (rc == TOOL_GO_ON && tool->json)
		rc = print_json(tool, device, array);
	else
		json_object_put(array);
	if (rc != TOOL_GO_ON)
		return rc;
	return usable ? TOOL_OK : TOOL_FAILED;
}

/* Of the machine, if there is no address. */
static int check(const struct tool *tool, const char *backend)
{
	struct uvio_device *device = NULL;
	int rc = tool->address ? tool_find(tool, tool->address, &device) : TOOL_GO_ON;

	if (rc == TOOL_GO_ON)
		rc = check_and_print(tool, device, backend);
	uvio_device_free(device);
	return rc;
}

static int run_check(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = {
		{"backend", required_argument, NULL, 'b'}, TOOL_LONG_OPTIONS};
	const char *backend = NULL;
	int option, rc;

	while ((option = tool_getopt(tool, argc, argv, ":" TOOL_SHORT_OPTIONS "b:", longs)) != -1) {
		if (option != 'b')
			return tool_stop(tool, option);
		backend = optarg;
	}
	rc = backend ? tool_backend(tool, backend) : TOOL_GO_ON;
	if (rc == TOOL_GO_ON)
		rc = tool_start(tool, argc, argv, 0, 0);
	return rc == TOOL_GO_ON ? check(tool, backend) : rc;
}

const struct command command_check = {
	.name = "check",
	.device = DEVICE_OPTIONAL,
	.args = "[ADDRESS]",
	.help = "say which backends can drive a device, why not, and what fixes it",
	.notes = "Opens no device and changes nothing. A backend is usable; not bound yet, as\n"
		 "long as the device has another kernel driver or none; in use; not applicable\n"
		 "to such a device; or broken on this machine. Without ADDRESS: what this\n"
		 "machine has for each backend.\n",
	.options = "  -b, --backend NAME    check this backend only (default all)\n",
	.status = "0 at least one of the backends is usable, 1 none is, 2 usage error",
	.example = "uvio check 06:0d.0",
	.run = run_check,
};
