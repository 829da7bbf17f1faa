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
	&command_can,
	&command_serial,
	&command_guard,
	&command_help,
};

const struct command *command_get(size_t index)
{
	return index < ARRAY_SIZE(commands) ? commands[index] : NULL;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

static int unknown_command(const struct tool *tool, const char *word)
{
	const char *names[NAMES_MAX] = {NULL};

	for (size_t i = 0; i < ARRAY_SIZE(commands) && i < NAMES_MAX - 1; i++)
		names[i] = commands[i]->name;
	return tool_unknown(tool, "a command", word, names);
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
	int status;

	tool->command = command_find(argv[0]);
	if (!tool->command)
		return unknown_command(tool, argv[0]);
	optind = 0;
	status = tool->command->run(tool, argc, argv);
	uvio_ctx_free(tool->ctx);
	return status;
}

int tool_main(int argc, char **argv, tool_baseline_fn baseline)
{
	static const struct option longs[] = {TOOL_LONG_OPTIONS};
	struct tool tool = {.baseline = baseline};
	int option;

	tool_fill_standard();
	option = tool_getopt(&tool, argc, argv, "+:" TOOL_SHORT_OPTIONS, longs);
	if (option != -1)
		return flush_output(tool_stop(&tool, option));
	if (optind >= argc)
		return tool_usage(&tool, "which command?");
	return flush_output(run_command(&tool, argc - optind, argv + optind));
}
