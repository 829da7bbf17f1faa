/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include "tools.h"

enum {
	OTHERS_MAX = 256,
};

/* Asked for before: a reset may take long, and whatever it does, this is what it was for. */
static void print_others(const struct uvio_affected *affected, int count)
{
	for (int i = 0; i < count && i < OTHERS_MAX; i++) {
		if (!(affected[i].flags & UVIO_AFFECTED_SELF))
			printf(", with %s", affected[i].address);
	}
}

static int reset_bus(struct uvio_udev *udev)
{
	static struct uvio_affected affected[OTHERS_MAX];
	int count = uvio_udev_hot_reset_affects(udev, affected, OTHERS_MAX);

	if (count < 0 || uvio_udev_hot_reset(udev))
		return tool_failed();
	printf("%s: bus reset (%s)", uvio_udev_address(udev), uvio_udev_backend(udev));
	print_others(affected, count);
	printf("\n");
	return TOOL_OK;
}

static int reset_function(struct uvio_udev *udev)
{
	if (uvio_udev_reset(udev))
		return tool_failed();
	printf("%s: reset (%s)\n", uvio_udev_address(udev), uvio_udev_backend(udev));
	return TOOL_OK;
}

static int reset_device(const struct tool *tool, const char *address, const char *backend, bool bus)
{
	struct uvio_udev *udev;
	int rc = tool_open(tool, address, backend, &udev);

	if (rc != TOOL_GO_ON)
		return rc;
	rc = bus ? reset_bus(udev) : reset_function(udev);
	uvio_udev_close(udev);
	return rc;
}

static int run_reset(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = {{"backend", required_argument, NULL, 'b'},
		{"bus", no_argument, NULL, 'B'}, TOOL_LONG_OPTIONS};
	const char *backend = NULL;
	bool bus = false;
	int option, rc;

	while ((option = tool_getopt(tool, argc, argv, TOOL_SHORT_OPTIONS "b:B", longs)) != -1) {
		if (option == 'b')
			backend = optarg;
		else if (option == 'B')
			bus = true;
		else
			return tool_stop(tool, option);
	}
	rc = backend ? tool_backend(tool, backend) : TOOL_GO_ON;
	if (rc == TOOL_GO_ON)
		rc = tool_start(tool, argc, argv, 1, 1);
	return rc == TOOL_GO_ON ? reset_device(tool, argv[optind], backend, bus) : rc;
}

const struct command command_reset = {
	.name = "reset",
	.args = "ADDRESS",
	.help = "reset the function of a device, or its bus",
	.notes = "With --bus every function in its slot, or on its bus, is reset with it:\n"
		 "'uvio info --open' shows which.\n",
	.options = "  -B, --bus             reset the slot or the bus\n"
		   "  -b, --backend NAME    open it with this backend (default the first usable)\n",
	.example = "uvio reset 06:0d.0",
	.run = run_reset,
};
