/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <string.h>
#include "tools.h"

struct regio {
	const char *backend;
	uint64_t width; /* bytes */
	uint64_t count;
	unsigned int index;
	uint64_t offset;
	uint64_t value;
};

enum {
	COUNT_MAX = 1 << 24,
};

/* bar0 to bar5 and map0 to map4 are the numbers that they end with. */
static bool numbered(const char *text, const char *prefix, unsigned int most, unsigned int *index)
{
	size_t length = strlen(prefix);

	if (strncmp(text, prefix, length) != 0 || text[length] < '0' || text[length + 1] != 0)
		return false;
	*index = (unsigned int)(text[length] - '0');
	return *index <= most;
}

static int parse_region(const struct tool *tool, const char *text, unsigned int *index)
{
	if (numbered(text, "bar", 5, index) || numbered(text, "map", 4, index) ||
		numbered(text, "", UVIO_REGION_COUNT - 1, index))
		return TOOL_GO_ON;
	if (!strcmp(text, "rom"))
		*index = UVIO_REGION_ROM;
	else if (!strcmp(text, "config"))
		*index = UVIO_REGION_CONFIG;
	else
		return tool_usage(tool,
			"'%s' is not a region: bar0 to bar5, rom, config, map0 to map4, 0 to 7",
			text);
	return TOOL_GO_ON;
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
	default:
		return tool_stop(tool, option);
	}
}

static int parse_operands(const struct tool *tool, struct regio *io, char **operands, bool value)
{
	int rc = parse_region(tool, operands[1], &io->index);

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

static int access_region(const struct tool *tool, const char *address, const struct regio *io,
	int (*work)(const struct regio *io, const struct uvio_region *region))
{
	struct uvio_region region;
	struct uvio_udev *udev;
	int rc = tool_open(tool, address, io->backend, &udev);

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
	TOOL_LONG_OPTIONS,
};

static const struct option read_longs[] = {
	{"width", required_argument, NULL, 'w'},
	{"count", required_argument, NULL, 'n'},
	{"backend", required_argument, NULL, 'b'},
	TOOL_LONG_OPTIONS,
};

static int run_read(struct tool *tool, int argc, char **argv)
{
	struct regio io = {.width = 4, .count = 1};
	int option, rc = TOOL_GO_ON;

	while (rc == TOOL_GO_ON && (option = tool_getopt(tool, argc, argv,
					    TOOL_SHORT_OPTIONS "w:n:b:", read_longs)) != -1)
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
					    TOOL_SHORT_OPTIONS "w:b:", write_longs)) != -1)
		rc = parse_option(tool, &io, option);
	if (rc == TOOL_GO_ON)
		rc = tool_start(tool, argc, argv, 4, 4);
	if (rc == TOOL_GO_ON)
		rc = parse_operands(tool, &io, argv + optind, true);
	return rc == TOOL_GO_ON ? access_region(tool, argv[optind], &io, write_register) : rc;
}

#define REGION_NOTES                                                                               \
	"REGION is bar0 to bar5, rom, config, for a UIO device on another bus map0 to\n"           \
	"map4, or the number of the region. Numbers are decimal, or hexadecimal with 0x.\n"        \
	"Values are little endian. Opening and closing a device may reset it.\n"

const struct command command_read = {
	.name = "read",
	.args = "ADDRESS REGION OFFSET",
	.help = "read registers",
	.notes = REGION_NOTES,
	.options = "  -w, --width BYTES     1, 2, 4 or 8 bytes a register (default 4)\n"
		   "  -n, --count COUNT     how many to read, one a line (default 1)\n"
		   "  -b, --backend NAME    open it with this backend (default the first usable)\n",
	.example = "uvio read -n 4 06:0d.0 bar0 0x10",
	.run = run_read,
};

const struct command command_write = {
	.name = "write",
	.args = "ADDRESS REGION OFFSET VALUE",
	.help = "write a register",
	.notes = REGION_NOTES "Reads nothing back.\n",
	.options = "  -w, --width BYTES     1, 2, 4 or 8 bytes (default 4)\n"
		   "  -b, --backend NAME    open it with this backend (default the first usable)\n",
	.example = "uvio write -w 2 06:0d.0 bar2 0x8 0x1f",
	.run = run_write,
};
