/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include "json.h"
#include "tools.h"

enum {
	OTHERS_MAX = 256,
};

/* Asked for before: a reset may take long, and whatever it does, this is what it was for. */
static void print_others(const struct uvio_affected *affected, int count)
{
	for (int i = 0; i < count && i < OTHERS_MAX; i++) {
		if (!(affected[i].flags & UVIO_AFFECTED_SELF))
			tool_print(", with %s", affected[i].address);
	}
}

static int reset_json(const struct tool *tool, struct uvio_udev *udev, const char *kind,
	const struct uvio_affected *affected, int count)
{
	struct json_object *object = json_device(tool, uvio_udev_address(udev));
	struct json_object *others = json_object_new_array();

	json_text(object, "backend", uvio_udev_backend(udev));
	json_text(object, "reset", kind);
	for (int i = 0; i < count && i < OTHERS_MAX; i++)
		if (!(affected[i].flags & UVIO_AFFECTED_SELF))
			json_word(others, affected[i].address);
	json_object_object_add(object, "with", others);
	return json_print(tool, object) == TOOL_GO_ON ? TOOL_OK : TOOL_FAILED;
}

static int reset_bus(const struct tool *tool, struct uvio_udev *udev)
{
	static struct uvio_affected affected[OTHERS_MAX];
	int count = uvio_udev_hot_reset_affects(udev, affected, OTHERS_MAX);

	if (count < 0 || uvio_udev_hot_reset(udev))
		return tool_failed();
	if (tool_wants_text(tool)) {
		tool_print("%s: bus reset (%s)", uvio_udev_address(udev), uvio_udev_backend(udev));
		print_others(affected, count);
		tool_print("\n");
	}
	return tool->json ? reset_json(tool, udev, "bus", affected, count) : TOOL_OK;
}

static int reset_function(const struct tool *tool, struct uvio_udev *udev)
{
	if (uvio_udev_reset(udev))
		return tool_failed();
	if (tool_wants_text(tool))
		tool_print("%s: reset (%s)\n", uvio_udev_address(udev), uvio_udev_backend(udev));
	return tool->json ? reset_json(tool, udev, "function", NULL, 0) : TOOL_OK;
}

static int reset_device(const struct tool *tool, const char *backend, bool bus)
{
	struct uvio_udev *udev;
	int rc = tool_open(tool, tool->address, backend, &udev);

	if (rc != TOOL_GO_ON)
		return rc;
	rc = bus ? reset_bus(tool, udev) : reset_function(tool, udev);
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

	while ((option = tool_getopt(tool, argc, argv, ":" TOOL_SHORT_OPTIONS "b:B", longs)) !=
		-1) {
		if (option == 'b')
			backend = optarg;
		else if (option == 'B')
			bus = true;
		else
			return tool_stop(tool, option);
	}
	rc = backend ? tool_backend(tool, backend) : TOOL_GO_ON;
	if (rc == TOOL_GO_ON)
		rc = tool_start(tool, argc, argv, 0, 0);
	return rc == TOOL_GO_ON ? reset_device(tool, backend, bus) : rc;
}

const struct command command_reset = {
	.name = "reset",
	.device = DEVICE_ONE,
	.args = "ADDRESS",
	.help = "reset the function of a device, or its bus",
	.notes = "With --bus every function in its slot, or on its bus, is reset with it:\n"
		 "'uvio info --open' shows which.\n",
	.options = "  -B, --bus             reset the slot or the bus\n"
		   "  -b, --backend NAME    open it with this backend (default the first usable)\n",
	.example = "uvio reset 06:0d.0",
	.run = run_reset,
};
