/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <string.h>
#include "former.h"
#include "tools.h"

typedef int (*bind_fn)(struct uvio_ctx *ctx, const char *address, const char *driver);

static int unbind(struct uvio_ctx *ctx, const char *address, const char *driver)
{
	(void)driver;
	return uvio_unbind(ctx, address);
}

static const char *driver_name(const struct uvio_device *device)
{
	const char *driver = uvio_device_info(device)->driver;

	return driver ? driver : "no driver";
}

static void print_change(const struct uvio_device *before, const struct uvio_device *after)
{
	const char *address = uvio_device_info(after)->address;
	const char *was = driver_name(before);
	const char *is = driver_name(after);

	if (strcmp(was, is) != 0)
		printf("%s: %s (was %s)\n", address, is, was);
	else
		printf("%s: %s (as before)\n", address, is);
}

/* Bound is not usable yet, as where another member of the IOMMU group is in the way. */
static void warn_if_broken(const struct tool *tool, const struct uvio_device *after)
{
	const char *backend = uvio_device_info(after)->backend;
	const struct uvio_finding *findings;
	struct uvio_check *check;
	unsigned int count;

	if (!backend || uvio_check_device(tool->ctx, after, backend, &check))
		return;
	findings = uvio_check_findings(check, &count);
	if (uvio_check_verdict(check) == UVIO_BROKEN)
		fprintf(stderr, "uvio: but %s%s%s\n", findings->what, findings->fix ? "; " : "",
			findings->fix ? findings->fix : "");
	uvio_check_free(check);
}

/* What a comparison has left is over then: the user has chosen. */
static int change_and_print(const struct tool *tool, const struct uvio_device *before,
	bind_fn change, const char *driver)
{
	const struct uvio_device_info *info = uvio_device_info(before);
	struct uvio_device *after;
	struct former former;
	int rc = former_lock(tool, info, false, &former);

	if (rc != TOOL_GO_ON)
		return rc;
	if (change(tool->ctx, info->address, driver)) {
		former_close(&former);
		return tool_failed();
	}
	if (former_is_left(&former, info))
		former_tell(&former, info);
	former.keeps = false;
	former_close(&former);
	rc = tool_find(tool, info->address, &after);
	if (rc != TOOL_GO_ON)
		return rc;
	print_change(before, after);
	warn_if_broken(tool, after);
	uvio_device_free(after);
	return TOOL_OK;
}

static int change_driver(
	const struct tool *tool, const char *address, bind_fn change, const char *driver)
{
	struct uvio_device *before;
	int rc = tool_find(tool, address, &before);

	if (rc != TOOL_GO_ON)
		return rc;
	rc = change_and_print(tool, before, change, driver);
	uvio_device_free(before);
	return rc;
}

static int parse(struct tool *tool, int argc, char **argv, int operands)
{
	static const struct option longs[] = {TOOL_LONG_OPTIONS};
	int option = tool_getopt(tool, argc, argv, TOOL_SHORT_OPTIONS, longs);

	if (option != -1)
		return tool_stop(tool, option);
	return tool_start(tool, argc, argv, operands, operands);
}

static int run_bind(struct tool *tool, int argc, char **argv)
{
	int rc = parse(tool, argc, argv, 2);

	if (rc != TOOL_GO_ON)
		return rc;
	return change_driver(tool, argv[optind], uvio_bind, argv[optind + 1]);
}

static int run_unbind(struct tool *tool, int argc, char **argv)
{
	int rc = parse(tool, argc, argv, 1);

	return rc == TOOL_GO_ON ? change_driver(tool, argv[optind], unbind, NULL) : rc;
}

const struct command command_bind = {
	.name = "bind",
	.args = "ADDRESS BACKEND-OR-DRIVER",
	.help = "bind a device to the kernel driver that a backend needs",
	.notes =
		"The driver is given by the name of a backend, or by its own; 'none' leaves the\n"
		"device without one. Only this device is touched, by driver_override, and never\n"
		"while it is in use; where the kernel does not bind it, it gets back what it had.\n"
		"Prints what is bound afterwards. Needs root.\n",
	.example = "uvio bind 06:0d.0 vfio",
	.run = run_bind,
};

const struct command command_unbind = {
	.name = "unbind",
	.args = "ADDRESS",
	.help = "take a device back and let the kernel choose its driver",
	.notes = "The kernel chooses as at boot; that may be no driver. Prints what is bound\n"
		 "afterwards. Needs root.\n",
	.example = "uvio unbind 06:0d.0",
	.run = run_unbind,
};
