/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <stdlib.h>
#include <string.h>
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
};

enum {
	COUNT_MAX = 1 << 24,
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
	return tool_usage(tool,
		"'%s' is not a region: use bar0 to bar5, rom, config, vga, map0 to map4, port0 to "
		"port4, 0 to %d",
		text, UVIO_REGION_COUNT - 1);
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

static int parse_operands(const struct tool *tool, struct regio *io, char **operands, bool value)
{
	int rc = parse_region(tool, io, operands[1]);

	if (rc == TOOL_GO_ON)
		rc = tool_number(tool, "OFFSET", operands[2], 0, UINT64_MAX, &io->offset);
	if (rc == TOOL_GO_ON && value)
		rc = tool_number(tool, "VALUE", operands[3], 0, UINT64_MAX >> (64 - 8 * io->width),
			&io->value);
	return rc;
}

static int read_registers(const struct regio *io, const struct uvio_region *region)
{
	int digits = (int)io->width * 2;

	for (uint64_t i = 0; i < io->count; i++) {
		uint64_t offset = io->offset + i * io->width;
		uint64_t value;

		if (uvio_region_read(region, offset, (unsigned int)io->width, &value))
			return tool_failed();
		if (io->count > 1)
			printf("0x%04llx: ", (unsigned long long)offset);
		printf("0x%0*llx\n", digits, (unsigned long long)value);
	}
	return TOOL_OK;
}

static int write_register(const struct regio *io, const struct uvio_region *region)
{
	if (uvio_region_write(region, io->offset, (unsigned int)io->width, io->value))
		return tool_failed();
	return TOOL_OK;
}

/* BARs and maps have numbers of their own: the one is not to be taken for the other. */
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

static int access_region(const struct tool *tool, const char *address, const struct regio *io,
	int (*work)(const struct regio *io, const struct uvio_region *region))
{
	struct uvio_region region;
	struct uvio_udev *udev;
	int rc = check_kind(tool, address, io);

	if (rc == TOOL_GO_ON)
		rc = tool_open_with(tool, address, io->backend, io->flags, &udev);
	if (rc != TOOL_GO_ON)
		return rc;
	if (uvio_region_map(udev, io->index, &region))
		rc = tool_failed();
	else
		rc = work(io, &region);
	uvio_udev_close(udev);
	return rc;
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
					    TOOL_SHORT_OPTIONS "w:n:b:p", read_longs)) != -1)
		rc = parse_option(tool, &io, option);
	if (rc == TOOL_GO_ON)
		rc = tool_start(tool, argc, argv, 3, 3);
	if (rc == TOOL_GO_ON)
		rc = parse_operands(tool, &io, argv + optind, false);
	return rc == TOOL_GO_ON ? access_region(tool, argv[optind], &io, read_registers) : rc;
}

static int run_write(struct tool *tool, int argc, char **argv)
{
	struct regio io = {.width = 4};
	int option, rc = TOOL_GO_ON;

	while (rc == TOOL_GO_ON && (option = tool_getopt(tool, argc, argv,
					    TOOL_SHORT_OPTIONS "w:b:p", write_longs)) != -1)
		rc = parse_option(tool, &io, option);
	if (rc == TOOL_GO_ON)
		rc = tool_start(tool, argc, argv, 4, 4);
	if (rc == TOOL_GO_ON)
		rc = parse_operands(tool, &io, argv + optind, true);
	return rc == TOOL_GO_ON ? access_region(tool, argv[optind], &io, write_register) : rc;
}

#define REGION_NOTES                                                                               \
	"REGION is bar0 to bar5, rom, config, vga; for a UIO device on another bus map0\n"         \
	"to map4, port0 to port4; or the number of the region, 0 to 15.\n"                         \
	"Numbers are decimal, or hexadecimal with 0x.\n"                                           \
	"Values are little endian. Opening and closing a device may reset it.\n"

const struct command command_read = {
	.name = "read",
	.args = "ADDRESS REGION OFFSET",
	.help = "read registers",
	.notes = REGION_NOTES,
	.options = "  -w, --width BYTES     1, 2, 4 or 8 bytes a register (default 4)\n"
		   "  -n, --count COUNT     how many to read, one a line (default 1)\n"
		   "  -b, --backend NAME    open it with this backend (default the first usable)\n"
		   "  -p, --port-instructions\n"
		   "                        I/O ports by instructions (x86, uio), not by calls\n",
	.example = "uvio read -n 4 06:0d.0 bar0 0x10",
	.run = run_read,
};

const struct command command_write = {
	.name = "write",
	.args = "ADDRESS REGION OFFSET VALUE",
	.help = "write a register",
	.notes = REGION_NOTES "Reads nothing back.\n",
	.options = "  -w, --width BYTES     1, 2, 4 or 8 bytes (default 4)\n"
		   "  -b, --backend NAME    open it with this backend (default the first usable)\n"
		   "  -p, --port-instructions\n"
		   "                        I/O ports by instructions (x86, uio), not by calls\n",
	.example = "uvio write -w 2 06:0d.0 bar2 0x8 0x1f",
	.run = run_write,
};
