/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "tools.h"

enum kind {
	ANY,
	PCI,
	OTHER_BUS,
};

struct regio {
	const char *backend;
	uint32_t flags;
	uint64_t width; /* bytes */
	uint64_t count;
	unsigned int index;
	enum kind kind; /* of the device whose regions have such a name */
	const char *region;
	uint64_t offset;
	uint64_t value;
	bool text;
};

enum {
	COUNT_MAX = 1 << 24,
	LINE_BYTES = 16,
};

/* One line of a dump. */
struct line {
	uint8_t bytes[LINE_BYTES];
	unsigned int used;
	uint64_t offset; /* of the first */
};

static const struct {
	const char *prefix; /* with a number behind it from 0 to @last */
	unsigned int last;
	unsigned int first; /* the region of number 0 */
	enum kind kind;
} families[] = {
	{"bar", 5, UVIO_REGION_BAR0, PCI},
	{"map", 4, UVIO_REGION_BAR0, OTHER_BUS},
	{"port", 4, UVIO_REGION_PORT0, OTHER_BUS},
	{"", UVIO_REGION_COUNT - 1, 0, ANY},
};

static const struct {
	const char *name;
	unsigned int index;
} singles[] = {
	{"rom", UVIO_REGION_ROM},
	{"config", UVIO_REGION_CONFIG},
	{"vga", UVIO_REGION_VGA},
};

/* One or two digits, and nothing else. */
static bool numbered(const char *text, unsigned int last, unsigned int *number)
{
	size_t length = strspn(text, "0123456789");

	if (!length || length > 2 || text[length])
		return false;
	*number = (unsigned int)strtoul(text, NULL, 10);
	return *number <= last;
}

static int unknown_region(const struct tool *tool, const char *text)
{
	static const char *const names[] = {"bar0", "rom", "config", "vga", "map0", "port0", NULL};
	char what[128];

	snprintf(what, sizeof(what),
		"a region: use bar0 to bar5, rom, config, vga, map0 to map4, port0 to port4, "
		"0 to %d",
		UVIO_REGION_COUNT - 1);
	return tool_unknown(tool, what, text, names);
}

static int parse_region(const struct tool *tool, struct regio *io, const char *text)
{
	io->region = text;
	io->kind = PCI;
	for (size_t i = 0; i < ARRAY_SIZE(singles); i++) {
		io->index = singles[i].index;
		if (!strcmp(text, singles[i].name))
			return TOOL_GO_ON;
	}
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		size_t length = strlen(families[i].prefix);

		if (strncmp(text, families[i].prefix, length) != 0 ||
			!numbered(text + length, families[i].last, &io->index))
			continue;
		io->index += families[i].first;
		io->kind = families[i].kind;
		return TOOL_GO_ON;
	}
	return unknown_region(tool, text);
}

static int parse_width(const struct tool *tool, struct regio *io)
{
	int rc = tool_number(tool, "--width", optarg, 1, 8, &io->width);

	if (rc == TOOL_GO_ON && (io->width & (io->width - 1)))
		return tool_usage(tool, "--width: %s is not 1, 2, 4 or 8", optarg);
	return rc;
}

static int parse_option(const struct tool *tool, struct regio *io, int option)
{
	switch (option) {
	case 'w':
		return parse_width(tool, io);
	case 'n':
		return tool_number(tool, "--count", optarg, 1, COUNT_MAX, &io->count);
	case 'b':
		io->backend = optarg;
		return tool_backend(tool, optarg);
	case 'p':
		io->flags |= UVIO_OPEN_PORT_INSTRUCTIONS;
		return TOOL_GO_ON;
	default:
		return tool_stop(tool, option);
	}
}

/* "0x10", or "0x10-0x1f": the first and the last byte. */
static int parse_offset(const struct tool *tool, struct regio *io, const char *text)
{
	const char *dash = strchr(text, '-');
	char first[32];
	uint64_t last;
	int rc;

	if (!dash || !io->count)
		return tool_number(tool, "OFFSET", text, 0, UINT64_MAX, &io->offset);
	snprintf(first, sizeof(first), "%.*s", (int)(dash - text), text);
	rc = tool_number(tool, "OFFSET", first, 0, UINT64_MAX, &io->offset);
	if (rc == TOOL_GO_ON)
		rc = tool_number(
			tool, "the end of OFFSET", dash + 1, io->offset, UINT64_MAX, &last);
	if (rc != TOOL_GO_ON)
		return rc;
	io->count = (last - io->offset) / io->width + 1;
	if (!io->count || io->count > COUNT_MAX)
		return tool_usage(tool, "OFFSET: %s is more than %d registers", text, COUNT_MAX);
	return TOOL_GO_ON;
}

static int parse_operands(const struct tool *tool, struct regio *io, char **operands, bool value)
{
	int rc = parse_region(tool, io, operands[0]);

	if (rc == TOOL_GO_ON)
		rc = parse_offset(tool, io, operands[1]);
	if (rc == TOOL_GO_ON && value)
		rc = tool_number(tool, "VALUE", operands[2], 0, UINT64_MAX >> (64 - 8 * io->width),
			&io->value);
	return rc;
}

static void print_word(const struct line *line, unsigned int at, unsigned int width)
{
	for (unsigned int i = width; i--;)
		tool_print("%02x", line->bytes[at + i]);
}

/* Values of the width of a register, followed by the bytes in order. */
static void print_line(struct line *line, unsigned int width)
{
	char text[LINE_BYTES + 1] = "";

	tool_print("0x%04llx: ", (unsigned long long)line->offset);
	for (unsigned int at = 0; at < LINE_BYTES; at += width) {
		if (at < line->used)
			print_word(line, at, width);
		else
			tool_print("%*s", (int)width * 2, "");
		tool_print(" ");
	}
	for (unsigned int i = 0; i < line->used; i++)
		text[i] = (char)(line->bytes[i] >= 0x20 && line->bytes[i] < 0x7f ? line->bytes[i]
										 : '.');
	tool_print(" |%s|\n", text);
	line->used = 0;
}

static void dump(
	const struct regio *io, struct line *line, uint64_t offset, uint64_t value, bool last)
{
	if (!line->used)
		line->offset = offset;
	for (uint64_t i = 0; i < io->width; i++)
		line->bytes[line->used++] = (uint8_t)(value >> (8 * i));
	if (line->used == LINE_BYTES || last)
		print_line(line, (unsigned int)io->width);
}

static void add_value(const struct regio *io, struct json_object *array, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%0*llx", (int)io->width * 2, (unsigned long long)value);
	if (array)
		json_word(array, text);
}

static int read_registers(
	const struct regio *io, const struct uvio_region *region, struct json_object *values)
{
	struct line line = {.used = 0};

	for (uint64_t i = 0; i < io->count; i++) {
		uint64_t offset = io->offset + i * io->width;
		uint64_t value;

		if (uvio_region_read(region, offset, (unsigned int)io->width, &value)) {
			if (line.used)
				print_line(&line, (unsigned int)io->width);
			return tool_failed();
		}
		add_value(io, values, value);
		if (!io->text)
			continue;
		if (io->count > 1)
			dump(io, &line, offset, value, i == io->count - 1);
		else
			tool_print("0x%0*llx\n", (int)io->width * 2, (unsigned long long)value);
	}
	return TOOL_GO_ON;
}

static int write_register(
	const struct regio *io, const struct uvio_region *region, struct json_object *values)
{
	if (uvio_region_write(region, io->offset, (unsigned int)io->width, io->value))
		return tool_failed();
	add_value(io, values, io->value);
	return TOOL_GO_ON;
}

/* BARs and maps are numbered separately: one must not be taken for the other. */
static int check_kind(const struct tool *tool, const char *address, const struct regio *io)
{
	struct uvio_device *device;
	int rc = tool_find(tool, address, &device);
	const struct uvio_device_info *info;

	if (rc != TOOL_GO_ON)
		return rc;
	info = uvio_device_info(device);
	if (io->kind == (info->pci ? OTHER_BUS : PCI))
		rc = tool_error("%s: %s has no %s: its regions are %s", info->address,
			info->pci ? "a PCI device" : "a UIO device on another bus", io->region,
			info->pci ? "bar0 to bar5, rom, config, vga"
				  : "map0 to map4, port0 to port4");
	uvio_device_free(device);
	return rc;
}

typedef int (*work_fn)(
	const struct regio *io, const struct uvio_region *region, struct json_object *values);

static int print_json(const struct tool *tool, const char *address, const struct regio *io,
	struct json_object *values)
{
	struct json_object *object = json_device(tool, address);

	json_text(object, "region", io->region);
	json_integer(object, "offset", io->offset);
	json_integer(object, "width", io->width);
	json_object_object_add(object, "values", values);
	return json_print(tool, object);
}

static int work_on_region(
	const struct tool *tool, struct uvio_udev *udev, const struct regio *io, work_fn work)
{
	struct json_object *values = tool->json ? json_object_new_array() : NULL;
	struct uvio_region region;
	int rc;

	if (uvio_region_map(udev, io->index, &region))
		rc = tool_failed();
	else
		rc = work(io, &region, values);
	if (rc == TOOL_GO_ON && values)
		return print_json(tool, uvio_udev_address(udev), io, values);
	json_object_put(values);
	return rc;
}

static int access_region(const struct tool *tool, struct regio *io, work_fn work)
{
	struct uvio_udev *udev;
	int rc = check_kind(tool, tool->address, io);

	io->text = tool_wants_text(tool);
	if (rc == TOOL_GO_ON)
		rc = tool_open_with(tool, tool->address, io->backend, io->flags, &udev);
	if (rc != TOOL_GO_ON)
		return rc;
	rc = work_on_region(tool, udev, io, work);
	uvio_udev_close(udev);
	return rc == TOOL_GO_ON ? TOOL_OK : rc;
}

static const struct option write_longs[] = {
	{"width", required_argument, NULL, 'w'},
	{"backend", required_argument, NULL, 'b'},
	{"port-instructions", no_argument, NULL, 'p'},
	TOOL_LONG_OPTIONS,
};

static const struct option read_longs[] = {
	{"width", required_argument, NULL, 'w'},
	{"count", required_argument, NULL, 'n'},
	{"backend", required_argument, NULL, 'b'},
	{"port-instructions", no_argument, NULL, 'p'},
	TOOL_LONG_OPTIONS,
};

static int run_read(struct tool *tool, int argc, char **argv)
{
	struct regio io = {.width = 4, .count = 1};
	int option, rc = TOOL_GO_ON;

	while (rc == TOOL_GO_ON && (option = tool_getopt(tool, argc, argv,
					    ":" TOOL_SHORT_OPTIONS "w:n:b:p", read_longs)) != -1)
		rc = parse_option(tool, &io, option);
	if (rc == TOOL_GO_ON)
		rc = tool_start(tool, argc, argv, 2, 2);
	if (rc == TOOL_GO_ON)
		rc = parse_operands(tool, &io, argv + optind, false);
	return rc == TOOL_GO_ON ? access_region(tool, &io, read_registers) : rc;
}

static int run_write(struct tool *tool, int argc, char **argv)
{
	struct regio io = {.width = 4};
	int option, rc = TOOL_GO_ON;

	while (rc == TOOL_GO_ON && (option = tool_getopt(tool, argc, argv,
					    ":" TOOL_SHORT_OPTIONS "w:b:p", write_longs)) != -1)
		rc = parse_option(tool, &io, option);
	if (rc == TOOL_GO_ON)
		rc = tool_start(tool, argc, argv, 3, 3);
	if (rc == TOOL_GO_ON)
		rc = parse_operands(tool, &io, argv + optind, true);
	return rc == TOOL_GO_ON ? access_region(tool, &io, write_register) : rc;
}

#define REGION_NOTES                                                                               \
	"REGION is bar0 to bar5, rom, config, vga; for a UIO device on another bus map0\n"         \
	"to map4, port0 to port4; or the number of the region, 0 to 15. Numbers are\n"             \
	"decimal, or hexadecimal with 0x. Values are little endian. Opening and closing\n"         \
	"a device may reset it.\n"

const struct command command_read = {
	.name = "read",
	.device = DEVICE_ONE,
	.args = "ADDRESS REGION OFFSET[-LAST]",
	.help = "read registers; a range as a hex dump",
	.notes = REGION_NOTES,
	.options = "  -w, --width BYTES     1, 2, 4 or 8 bytes a register (default 4)\n"
		   "  -n, --count COUNT     the number of registers (default 1)\n"
		   "  -b, --backend NAME    open it with this backend (default the first usable)\n"
		   "  -p, --port-instructions\n"
		   "                        I/O ports by CPU instructions, not by system calls\n"
		   "                        (uio on x86)\n",
	.example = "uvio read 06:0d.0 bar0 0x10-0x4f",
	.run = run_read,
};

const struct command command_write = {
	.name = "write",
	.device = DEVICE_ONE,
	.args = "ADDRESS REGION OFFSET VALUE",
	.help = "write a register",
	.notes = REGION_NOTES "Reads nothing back.\n",
	.options = "  -w, --width BYTES     1, 2, 4 or 8 bytes (default 4)\n"
		   "  -b, --backend NAME    open it with this backend (default the first usable)\n"
		   "  -p, --port-instructions\n"
		   "                        I/O ports by CPU instructions, not by system calls\n"
		   "                        (uio on x86)\n",
	.example = "uvio write -w 2 06:0d.0 bar2 0x8 0x1f",
	.run = run_write,
};
