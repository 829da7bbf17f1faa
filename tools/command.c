/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <string.h>
#include "tools.h"

static const struct command *const commands[] = {
	&command_list,
	&command_info,
	&command_check,
	&command_bind,
	&command_unbind,
	&command_compare,
	&command_read,
	&command_write,
	&command_irq,
	&command_reset,
	&command_guard,
};

void tool_print_commands(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-9s%s\n", commands[i]->name, commands[i]->help);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

static int flush_output(int status)
{
	if (!ferror(stdout) && !fflush(stdout))
		return status;
	tool_error("standard output: it could not be written");
	return status ? status : TOOL_FAILED;
}

static int run_command(struct tool *tool, int argc, char **argv)
{
	static char name[] = "uvio"; /* getopt begins its messages with argv[0] */
	int status;

	tool->command = find_command(argv[0]);
	if (!tool->command)
		return tool_usage(tool, "'%s' is not a command", argv[0]);
	argv[0] = name;
	optind = 0;
	status = tool->command->run(tool, argc, argv);
	uvio_ctx_free(tool->ctx);
	return status;
}

int tool_main(int argc, char **argv, tool_baseline_fn baseline)
{
	static const struct option longs[] = {TOOL_LONG_OPTIONS};
	static char name[] = "uvio";
	struct tool tool = {.baseline = baseline};
	int option;

	tool_fill_standard();
	if (argc > 0)
		argv[0] = name;
	option = tool_getopt(&tool, argc, argv, TOOL_SHORT_OPTIONS, longs);
	if (option != -1)
		return flush_output(tool_stop(&tool, option));
	if (optind >= argc)
		return tool_usage(&tool, "which command?");
	return flush_output(run_command(&tool, argc - optind, argv + optind));
}
