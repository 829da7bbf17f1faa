/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <string.h>
#include "persist.h"
#include "tools.h"

/* What bind and unbind do to a device, and how it is kept over a reboot. */
struct change {
	int (*check)(const struct tool *tool, const struct change *change,
		const struct uvio_device_info *info);
	int (*make)(struct uvio_ctx *ctx, const char *address, const struct change *change);
	int (*keep)(const struct tool *tool, const struct change *change,
		const struct uvio_device_info *info);
	const char *driver; /* of bind only */
	struct persist persist;
};

static int check_bind(
	const struct tool *tool, const struct change *change, const struct uvio_device_info *info)
{
	return persist_check(tool, &change->persist, info, change->driver);
}

static int make_bind(struct uvio_ctx *ctx, const char *address, const struct change *change)
{
	return uvio_bind(ctx, address, change->driver);
}

/* Answers TOOL_OK at the end, as does keep_unbind(). */
static int keep_bind(
	const struct tool *tool, const struct change *change, const struct uvio_device_info *info)
{
	int rc = TOOL_GO_ON;

	if (change->persist.wanted)
		rc = persist_write(tool, &change->persist, info);
	else
		persist_remind(&change->persist, info);
	return rc == TOOL_GO_ON ? TOOL_OK : rc;
}

static int check_unbind(
	const struct tool *tool, const struct change *change, const struct uvio_device_info *info)
{
	(void)tool;
	(void)change;
	(void)info;
	return TOOL_GO_ON;
}

static int make_unbind(struct uvio_ctx *ctx, const char *address, const struct change *change)
{
	(void)change;
	return uvio_unbind(ctx, address);
}

static int keep_unbind(
	const struct tool *tool, const struct change *change, const struct uvio_device_info *info)
{
	int rc = TOOL_GO_ON;

	if (change->persist.wanted)
		rc = persist_remove(tool, &change->persist, info->address, info);
	else
		persist_remind(&change->persist, info);
	return rc == TOOL_GO_ON ? TOOL_OK : rc;
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

static int change_driver(const struct tool *tool, const char *address, const struct change *change)
{
	struct uvio_device *before, *after = NULL;
	int rc = tool_find(tool, address, &before);

	if (rc != TOOL_GO_ON)
		return rc;
	rc = change->check(tool, change, uvio_device_info(before));
	if (rc == TOOL_GO_ON && change->make(tool->ctx, uvio_device_info(before)->address, change))
		rc = tool_failed();
	if (rc == TOOL_GO_ON)
		rc = tool_find(tool, uvio_device_info(before)->address, &after);
	if (rc == TOOL_GO_ON) {
		print_change(before, after);
		warn_if_broken(tool, after);
		rc = change->keep(tool, change, uvio_device_info(after));
		uvio_device_free(after);
	}
	uvio_device_free(before);
	return rc;
}

static int parse(struct tool *tool, int argc, char **argv, int operands, struct persist *persist)
{
	static const struct option longs[] = {{"persist", no_argument, NULL, 'p'},
		{"owner", required_argument, NULL, 'o'}, {"etc", required_argument, NULL, 'e'},
		TOOL_LONG_OPTIONS};
	const char *shorts = operands > 1 ? TOOL_SHORT_OPTIONS "po:" : TOOL_SHORT_OPTIONS "p";
	int option;

	while ((option = tool_getopt(tool, argc, argv, shorts, longs)) != -1) {
		if (option == 'p')
			persist->wanted = true;
		else if (option == 'e')
			persist->etc = optarg;
		else if (option == 'o' && operands > 1)
			persist->owner = optarg;
		else
			return tool_stop(tool, option == 'o' ? '?' : option);
	}
	if (persist->owner && !persist->wanted)
		return tool_usage(
			tool, "--owner: only with --persist: files have to say it at boot");
	return tool_start(tool, argc, argv, operands, operands);
}

static int run_bind(struct tool *tool, int argc, char **argv)
{
	struct change change = {.check = check_bind, .make = make_bind, .keep = keep_bind};
	int rc = parse(tool, argc, argv, 2, &change.persist);

	if (rc != TOOL_GO_ON)
		return rc;
	change.driver = argv[optind + 1];
	return change_driver(tool, argv[optind], &change);
}

/* Of a device that is not there any more, too. */
static int forget_absent(const struct tool *tool, const char *address, const struct change *change)
{
	struct uvio_device *device;
	int rc = uvio_device_find(tool->ctx, address, &device);

	if (!rc)
		uvio_device_free(device);
	if (rc != -ENODEV || !change->persist.wanted)
		return TOOL_GO_ON;
	rc = persist_remove(tool, &change->persist, address, NULL);
	return rc == TOOL_GO_ON ? TOOL_OK : rc == TOOL_OK ? TOOL_GO_ON : rc;
}

static int run_unbind(struct tool *tool, int argc, char **argv)
{
	struct change change = {.check = check_unbind, .make = make_unbind, .keep = keep_unbind};
	int rc = parse(tool, argc, argv, 1, &change.persist);

	if (rc == TOOL_GO_ON)
		rc = forget_absent(tool, argv[optind], &change);
	return rc == TOOL_GO_ON ? change_driver(tool, argv[optind], &change) : rc;
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
	.options = "  -p, --persist         at each boot, too: by a rule of udev\n"
		   "  -o, --owner USER      with --persist: give the device to a user\n"
		   "      --etc DIR         where the files of --persist go (default /etc)\n",
	.example = "uvio bind 06:0d.0 vfio",
	.run = run_bind,
};

const struct command command_unbind = {
	.name = "unbind",
	.args = "ADDRESS",
	.help = "take a device back and let the kernel choose its driver",
	.notes = "The kernel chooses as at boot; that may be no driver. Prints what is bound\n"
		 "afterwards. Needs root.\n",
	.options = "  -p, --persist         not at the next boots, either\n"
		   "      --etc DIR         where the files of --persist are (default /etc)\n",
	.example = "uvio unbind 06:0d.0",
	.run = run_unbind,
};
