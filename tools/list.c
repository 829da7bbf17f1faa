/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "json.h"
#include "tools.h"

struct list_options {
	bool all;
	bool json;
};

struct row {
	char id[16];
	char group[16];
	const char *cells[6]; /* strings of the device, of its driver, or of this row */
};

enum {
	COLUMN_NAME = 5, /* the last one, as long as it likes */
};

static const char *const headings[] = {"ADDRESS", "ID", "DRIVER", "GROUP", "CARD", "NAME"};

static bool wanted(const struct uvio_device_info *info, bool all)
{
	if (all)
		return true;
	if (info->bridge)
		return false;
	return !info->driver || info->backend || tool_driver(info);
}

static void fill_row(struct row *row, const struct uvio_device_info *info, const struct name *name)
{
	const struct uvio_driver *driver = tool_driver(info);

	strcpy(row->id, "-");
	strcpy(row->group, "-");
	if (info->pci)
		snprintf(row->id, sizeof(row->id), "%04x:%04x", info->vendor, info->device);
	if (info->iommu_group >= 0)
		snprintf(row->group, sizeof(row->group), "%d", info->iommu_group);
	row->cells[0] = info->address;
	row->cells[1] = row->id;
	row->cells[2] = info->driver ? info->driver : "-";
	row->cells[3] = row->group;
	row->cells[4] = driver ? driver->name : "-";
	row->cells[5] = name->device;
}

static void measure_columns(const struct row *rows, int count, int *widths)
{
	for (size_t column = 0; column < COLUMN_NAME; column++) {
		widths[column] = (int)strlen(headings[column]);
		for (int i = 0; i < count; i++) {
			int width = (int)strlen(rows[i].cells[column]);

			if (width > widths[column])
				widths[column] = width;
		}
	}
}

/* Columns of the terminal, 0: not a terminal, lines may have any length. */
static int terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return PAGE_COLUMNS;
	return size.ws_col;
}

static int name_length(const char *name, int room)
{
	int length = (int)strlen(name);

	if (length <= room)
		return length;
	while (room > 0 && (name[room] & 0xc0) == 0x80)
		room--;
	return room;
}

static void print_row(const char *const *cells, const int *widths, int width)
{
	int used = 0;

	for (size_t column = 0; column < COLUMN_NAME; column++)
		used += printf("%-*s  ", widths[column], cells[column]);
	if (width && used >= width)
		width = used;
	printf("%.*s\n", width ? name_length(cells[COLUMN_NAME], width - used) : -1,
		cells[COLUMN_NAME]);
}

static void print_table(const struct row *rows, int count)
{
	int widths[COLUMN_NAME];
	int width = terminal_width();

	if (!count)
		return;
	measure_columns(rows, count, widths);
	print_row(headings, widths, width);
	for (int i = 0; i < count; i++)
		print_row(rows[i].cells, widths, width);
}

static struct json_object *device_json(const struct uvio_device_info *info, const struct name *name)
{
	struct json_object *object = json_object_new_object();
	const struct uvio_driver *driver = tool_driver(info);

	json_identity(object, info, name);
	json_flag(object, "bridge", info->bridge);
	json_text(object, "kernel_driver", info->driver);
	json_text(object, "uio", info->uio);
	if (info->iommu_group >= 0)
		json_integer(object, "iommu_group", (uint64_t)info->iommu_group);
	json_text(object, "card", driver ? driver->name : NULL);
	return object;
}

static int print_json(struct uvio_device **list, const struct name *names, int count, bool all)
{
	struct json_object *object = json_object_new_object();
	struct json_object *devices = json_object_new_array();

	for (int i = 0; i < count; i++) {
		const struct uvio_device_info *info = uvio_device_info(list[i]);

		if (wanted(info, all))
			json_object_array_add(devices, device_json(info, &names[i]));
	}
	json_object_object_add(object, "devices", devices);
	return json_print(stdout, object);
}

static int print_text(struct uvio_device **list, const struct name *names, int count, bool all)
{
	struct row *rows = calloc((size_t)count + 1, sizeof(*rows));
	int used = 0;

	if (!rows)
		return tool_no_memory();
	for (int i = 0; i < count; i++) {
		const struct uvio_device_info *info = uvio_device_info(list[i]);

		if (wanted(info, all))
			fill_row(&rows[used++], info, &names[i]);
	}
	print_table(rows, used);
	free(rows);
	return TOOL_GO_ON;
}

static int print_list(struct uvio_device **list, int count, const struct list_options *options)
{
	struct name *names = calloc((size_t)count + 1, sizeof(*names));
	int rc;

	if (!names)
		return tool_no_memory();
	names_look(list, names, count);
	if (options->json)
		rc = print_json(list, names, count, options->all);
	else
		rc = print_text(list, names, count, options->all);
	free(names);
	return rc;
}

static int list_devices(struct uvio_ctx *ctx, const struct list_options *options)
{
	struct uvio_device **list = NULL;
	int count = uvio_device_list(ctx, &list);
	int rc;

	if (count < 0)
		return tool_failed();
	rc = print_list(list, count, options);
	uvio_device_list_free(list, count);
	return rc == TOOL_GO_ON ? TOOL_OK : rc;
}

static int run_list(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = {{"all", no_argument, NULL, 'a'},
		{"json", no_argument, NULL, 'j'}, TOOL_LONG_OPTIONS};
	struct list_options options = {0};
	int option, rc;

	while ((option = tool_getopt(tool, argc, argv, TOOL_SHORT_OPTIONS "aj", longs)) != -1) {
		switch (option) {
		case 'a':
			options.all = true;
			break;
		case 'j':
			options.json = true;
			break;
		default:
			return tool_stop(tool, option);
		}
	}
	rc = tool_start(tool, argc, argv, 0, 0);
	return rc == TOOL_GO_ON ? list_devices(tool->ctx, &options) : rc;
}

const struct command command_list = {
	.name = "list",
	.args = "",
	.help = "list the devices that user space can drive",
	.notes =
		"These are the devices, bridges apart, which have no kernel driver, have one that\n"
		"hands them to user space, or are known to a card driver of uvio. Prints nothing\n"
		"where there are none.\n",
	.options = "  -a, --all             list every device, bridges too\n"
		   "  -j, --json            one JSON document\n",
	.example = "uvio list --all",
	.run = run_list,
};
