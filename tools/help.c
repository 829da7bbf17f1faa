/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Texts of this program, none from a device; each fits a screen of 24 lines, the prompt below it.
 */
#include <config.h>
#include <ctype.h>
#include <string.h>
#include "tools.h"

static void print_commands(void)
{
	const struct command *command;

	for (size_t i = 0; (command = command_get(i)); i++)
		printf("  %-9s%s\n", command->name, command->help);
}

/* "as vfio/cdev, ..." where a backend has more than one transport; else "". */
static void list_transports(const char *backend, char *text, size_t size)
{
	size_t used = 0, length = strlen(backend);
	const char *name;
	bool on_request;

	text[0] = '\0';
	for (unsigned int i = 0; (name = uvio_transport_name(i, &on_request)); i++)
		if (!strncmp(name, backend, length) && name[length] == '/' && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s%s",
				used ? ", " : "as ", name, on_request ? " (unsafe)" : "");
}

static void print_backends(bool detailed)
{
	char prefix[32], text[256];

	for (unsigned int i = 0; i < uvio_backend_count(); i++) {
		list_transports(uvio_backend_name(i), text, sizeof(text));
		snprintf(prefix, sizeof(prefix), "  %-9s", uvio_backend_name(i));
		if (detailed || !text[0])
			tool_wrap(stdout, prefix, uvio_backend_help(i));
		if (text[0])
			tool_wrap(stdout, detailed ? "           " : prefix, text);
	}
}

void help_print(void)
{
	printf("usage: uvio [OPTION]... COMMAND [ARGUMENT]... | --help | --version\n\n"
	       "Commands:\n");
	print_commands();
	printf("\nBackends:\n");
	print_backends(false);
	printf("'uvio help COMMAND' or 'uvio COMMAND --help' explains one, 'man uvio' all.\n");
}

static void print_options(void)
{
	printf("Options of every command (help: not -d and -j); they may stand anywhere.\n\n"
	       "  -d, --device V:D      the device with these ids, instead of ADDRESS: vendor\n"
	       "                        and device, hexadecimal; either may be left out\n"
	       "  -j, --json[=FILE]     print JSON instead of text, or write it to FILE\n"
	       "  -v, --verbose         report what is done, on stderr, such as writes to sysfs;\n"
	       "                        twice: in detail\n"
	       "      --sysfs DIR       where sysfs is (default /sys)\n"
	       "      --dev DIR         where the device nodes are (default /dev)\n"
	       "      --proc DIR        where proc is (default /proc)\n"
	       "      --run DIR         where records are kept until a reboot (default /run)\n"
	       "      --etc DIR         where the files of bind --persist are (default /etc)\n"
	       "      --vf-token UUID   open functions of an SR-IOV card on vfio with this token\n"
	       "      --module FILE     use the card drivers of this shared object, too\n"
	       "  -h, --help            help\n"
	       "  -V, --version         the version\n");
}

static void print_addresses(void)
{
	printf("ADDRESS names a device:\n\n"
	       "  0000:06:0d.0, 06:0d.0  a PCI function; without a domain, of domain 0\n"
	       "  d.0                    without a bus, of bus 0\n"
	       "  uio0, /dev/uio0        a UIO device\n"
	       "  name:NAME              the UIO device that its kernel driver gave this name\n\n"
	       "-d VENDOR:DEVICE stands for the only device with these ids: -d 1234:11e8\n");
}

static void print_usage(const struct command *command)
{
	const char *rest = command->args;

	printf("usage: uvio %s %s%s%s\n", command->name,
		command == &command_help ? "" : "[OPTION]...",
		rest[0] && command != &command_help ? " " : "", rest);
}

static void print_end(const struct command *command)
{
	if (command->device != DEVICE_NONE)
		printf("ADDRESS is as 4.0, 06:0d.0, 0000:06:0d.0, uio0 or name:NAME.\n");
	printf("Exit status: %s.\n",
		command->status ? command->status : "0 success, 1 failure, 2 usage error");
	printf("Example: %s\n", command->example);
	printf("More: man %s; uvio help options\n", command->manual ? command->manual : "uvio");
}

/* Help itself has none. */
static void print_command_options(const struct command *command)
{
	if (command == &command_help)
		return;
	printf("%s", command->options ? command->options : "");
	if (command->device == DEVICE_MANY)
		printf("  -d, --device V:D      every device with these ids, in place of "
		       "ADDRESS\n");
	else if (command->device != DEVICE_NONE)
		printf("  -d, --device V:D      the device with these ids, instead of ADDRESS\n");
	printf("  -j, --json[=FILE]     print JSON instead of text, or write it to FILE\n"
	       "  -v, --verbose         report what is done, on stderr; twice: in detail\n\n");
}

void help_print_command(const struct command *command)
{
	print_usage(command);
	printf("\n%c%s.\n", toupper((unsigned char)command->help[0]), command->help + 1);
	if (command->notes)
		printf("%s", command->notes);
	printf("\n");
	print_command_options(command);
	print_end(command);
}

static void print_backend_topic(void)
{
	printf("A backend, or one of its transports, opens a device. In order of choice:\n\n");
	print_backends(true);
}

static const struct {
	const char *name;
	void (*print)(void);
} topics[] = {
	{"options", print_options},
	{"addresses", print_addresses},
	{"backends", print_backend_topic},
};

static int unknown_topic(const struct tool *tool, const char *word)
{
	const char *names[NAMES_MAX] = {NULL};
	size_t count = 0;

	for (; command_get(count) && count < NAMES_MAX - 1 - ARRAY_SIZE(topics); count++)
		names[count] = command_get(count)->name;
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++)
		names[count++] = topics[i].name;
	return tool_unknown(tool, "a command", word, names);
}

static int print_topic(const struct tool *tool, const char *word)
{
	const struct command *command = command_find(word);

	if (command) {
		help_print_command(command);
		return TOOL_OK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++) {
		if (strcmp(topics[i].name, word) != 0)
			continue;
		topics[i].print();
		return TOOL_OK;
	}
	return unknown_topic(tool, word);
}

static int run_help(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = {TOOL_LONG_OPTIONS};
	int option = tool_getopt(tool, argc, argv, ":" TOOL_SHORT_OPTIONS, longs);

	if (option != -1)
		return tool_stop(tool, option);
	if (argc - optind > 1)
		return tool_usage(tool, "too many arguments: '%s'", argv[optind + 1]);
	if (tool->json || tool->ids)
		return tool_usage(tool, "help takes neither --json nor --device");
	if (optind < argc)
		return print_topic(tool, argv[optind]);
	help_print();
	return TOOL_OK;
}

const struct command command_help = {
	.name = "help",
	.args = "[COMMAND | options | addresses | backends]",
	.help = "explain a command, or what all of them share",
	.example = "uvio help bind",
	.run = run_help,
};
