/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "tools.h"

enum {
	COLUMN_NAME = 6, /* the last one, as long as the line is */
	COLUMNS,
	NAME_LEAST = 8,
};

struct row {
	char *cells[COLUMNS];
};

static const char *const headings[] = {
	"ADDRESS", "ID", "DRIVER", "GROUP", "CARD", "SEEN ON", "NAME"};

static bool wanted(const struct tool *tool, const struct uvio_device_info *info, bool all)
{
	if (tool->ids)
		return tool_has_ids(info, tool->ids);
	if (all)
		return true;
	if (info->bridge)
		return false;
	return !info->driver || info->backend || tool_driver(tool, info);
}

static bool fill_row(const struct tool *tool, struct row *row, const struct uvio_device_info *info,
	const struct name *name)
{
	const struct uvio_driver *driver = tool_driver(tool, info);
	const char *seen = tool_seen(driver, info);
	char id[16] = "-", group[16] = "-";
	const char *const cells[COLUMNS] = {info->address, id, info->driver ? info->driver : "-",
		group, driver ? driver->name : "-", seen ? seen : "-", name->device};
	bool filled = true;

	if (info->pci)
		snprintf(id, sizeof(id), "%04x:%04x", info->vendor, info->device);
	if (info->iommu_group >= 0)
		snprintf(group, sizeof(group), "%d", info->iommu_group);
	for (size_t i = 0; i < COLUMNS; i++) {
		row->cells[i] = text_clean(cells[i], false);
		filled = filled && row->cells[i];
	}
	return filled;
}

static void measure_columns(const struct row *rows, int count, int *widths)
{
	for (size_t column = 0; column < COLUMN_NAME; column++) {
		widths[column] = (int)strlen(headings[column]);
		for (int i = 0; i < count; i++) {
			int width = text_columns(rows[i].cells[column]);

			if (width > widths[column])
				widths[column] = width;
		}
	}
}

/* @most columns; if the text is longer, the last three are dots. */
static void print_name(const char *name, int most)
{
	if (text_columns(name) <= most)
		tool_print("%s\n", name);
	else
		tool_print("%.*s...\n", text_fit(name, most - 3), name);
}

static void print_row(const char *const *cells, const int *widths, int width)
{
	int left = width;

	for (size_t column = 0; column < COLUMN_NAME; column++) {
		tool_print("%s%*s", cells[column], widths[column] - text_columns(cells[column]) + 2,
			"");
		left -= widths[column] + 2;
	}
	if (!width)
		tool_print("%s\n", cells[COLUMN_NAME]);
	else
		print_name(cells[COLUMN_NAME], left < NAME_LEAST ? NAME_LEAST : left);
}

static const char *nothing_to_list(const struct tool *tool, bool all)
{
	if (tool->ids)
		return "no device has these ids; see uvio list --all";
	return all ? "there is no device"
		   : "no device is unbound, bound to UIO or VFIO, or known to a card driver; see "
		     "uvio list --all";
}

/* @nothing: what a terminal gets if there is no row; a program gets nothing. */
static void print_table(const struct row *rows, int count, const char *nothing)
{
	int widths[COLUMN_NAME];
	int width = tool_columns(stdout);

	if (!count) {
		if (width)
			tool_error("%s", nothing);
		return;
	}
	measure_columns(rows, count, widths);
	print_row(headings, widths, width);
	for (int i = 0; i < count; i++)
		print_row((const char *const *)rows[i].cells, widths, width);
}

static struct json_object *device_json(
	const struct tool *tool, const struct uvio_device_info *info, const struct name *name)
{
	struct json_object *object = json_object_new_object();
	const struct uvio_driver *driver = tool_driver(tool, info);

	json_identity(object, info, name);
	json_flag(object, "bridge", info->bridge);
	json_text(object, "kernel_driver", info->driver);
	json_text(object, "uio", info->uio);
	if (info->iommu_group >= 0)
		json_integer(object, "iommu_group", (uint64_t)info->iommu_group);
	json_text(object, "card", driver ? driver->name : NULL);
	json_text(object, "seen_on", tool_seen(driver, info));
	return object;
}

static int print_json(const struct tool *tool, struct uvio_device **list, const struct name *names,
	int count, bool all)
{
	struct json_object *object = json_object_new_object();
	struct json_object *devices = json_object_new_array();

	for (int i = 0; i < count; i++) {
		const struct uvio_device_info *info = uvio_device_info(list[i]);

		if (wanted(tool, info, all))
			json_object_array_add(devices, device_json(tool, info, &names[i]));
	}
	json_object_object_add(object, "devices", devices);
	return json_print(tool, object);
}

static void free_rows(struct row *rows, int count)
{
	for (int i = 0; i < count; i++)
		for (size_t k = 0; k < COLUMNS; k++)
			free(rows[i].cells[k]);
	free(rows);
}

static int print_text(const struct tool *tool, struct uvio_device **list, const struct name *names,
	int count, bool all)
{
	struct row *rows = calloc((size_t)count + 1, sizeof(*rows));
	int used = 0, rc = TOOL_GO_ON;

	if (!rows)
		return tool_no_memory();
	for (int i = 0; i < count && rc == TOOL_GO_ON; i++) {
		const struct uvio_device_info *info = uvio_device_info(list[i]);

		if (wanted(tool, info, all) && !fill_row(tool, &rows[used++], info, &names[i]))
			rc = tool_no_memory();
	}
	if (rc == TOOL_GO_ON)
		print_table(rows, used, nothing_to_list(tool, all));
	free_rows(rows, used);
	return rc;
}

static int print_list(const struct tool *tool, struct uvio_device **list, int count, bool all)
{
	struct name *names = calloc((size_t)count + 1, sizeof(*names));
	int rc = TOOL_GO_ON;

	if (!names)
		return tool_no_memory();
	names_look(list, names, count);
	if (tool_wants_text(tool))
		rc = print_text(tool, list, names, count, all);
	if (rc == TOOL_GO_ON && tool->json)
		rc = print_json(tool, list, names, count, all);
	free(names);
	return rc;
}

static int list_devices(const struct tool *tool, bool all)
{
	struct uvio_device **list = NULL;
	int count = uvio_device_list(tool->ctx, &list);
	int rc;

	if (count < 0)
		return tool_failed();
	rc = print_list(tool, list, count, all);
	uvio_device_list_free(list, count);
	return rc == TOOL_GO_ON ? TOOL_OK : rc;
}

static int run_list(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = {{"all", no_argument, NULL, 'a'}, TOOL_LONG_OPTIONS};
	bool all = false;
	int option, rc;

	while ((option = tool_getopt(tool, argc, argv, ":" TOOL_SHORT_OPTIONS "a", longs)) != -1) {
		if (option != 'a')
			return tool_stop(tool, option);
		all = true;
	}
	rc = tool_start(tool, argc, argv, 0, 0);
	return rc == TOOL_GO_ON ? list_devices(tool, all) : rc;
}

const struct command command_list = {
	.name = "list",
	.args = "",
	.help = "list the devices that user space can drive",
	.notes =
		"These are the devices, except bridges, that have no kernel driver, have one that\n"
		"hands them to user space, or are known to a card driver of uvio. If there are\n"
		"none, nothing is printed; on a terminal, a message says so. On a terminal, names\n"
		"that do not fit end with dots. SEEN ON tells on what the card driver has worked:\n"
		"hardware, emulation, a model in the tests, or not yet.\n",
	.options = "  -a, --all             list every device, bridges too\n"
		   "  -d, --device V:D      list only the devices with these ids\n",
	.example = "uvio list --all",
	.run = run_list,
};
