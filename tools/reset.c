/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include "tools.h"

static int reset_device(const struct tool *tool, const char *address, const char *backend)
{
	struct uvio_udev *udev;
	int rc = tool_open(tool, address, backend, &udev);

	if (rc != TOOL_GO_ON)
		return rc;
	rc = uvio_udev_reset(udev) ? tool_failed() : TOOL_OK;
	if (rc == TOOL_OK)
		printf("%s: reset (%s)\n", uvio_udev_address(udev), uvio_udev_backend(udev));
	uvio_udev_close(udev);
	return rc;
}

static int run_reset(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = {
		{"backend", required_argument, NULL, 'b'}, TOOL_LONG_OPTIONS};
	const char *backend = NULL;
	int option, rc;

	while ((option = tool_getopt(tool, argc, argv, TOOL_SHORT_OPTIONS "b:", longs)) != -1) {
		if (option != 'b')
			return tool_stop(tool, option);
		backend = optarg;
	}
	rc = backend ? tool_backend(tool, backend) : TOOL_GO_ON;
	if (rc == TOOL_GO_ON)
		rc = tool_start(tool, argc, argv, 1, 1);
	return rc == TOOL_GO_ON ? reset_device(tool, argv[optind], backend) : rc;
}

const struct command command_reset = {
	.name = "reset",
	.args = "ADDRESS",
	.help = "reset the function of a device",
	.options = "  -b, --backend NAME    open it with this backend (default the first usable)\n",
	.example = "uvio reset 06:0d.0",
	.run = run_reset,
};
