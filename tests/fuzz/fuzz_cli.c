/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * The command line: the bytes, split at NUL, are the arguments; the machine has no devices. Output
 * goes nowhere.
 */
#include <config.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "../../tools/tools.h"

#define MAX_ARGS 24

/* The roots are ours, also where their names are shortened. */
static int is_root(const char *argument)
{
	static const char *const names[] = {"--sysfs", "--dev", "--proc"};
	size_t n = strcspn(argument, "=");

	for (int i = 0; i < 3; i++)
		if (n > 2 && !strncmp(names[i], argument, n))
			return 1;
	return 0;
}

static void run(int argc, char **argv)
{
	FILE *out = stdout, *err = stderr, *nowhere = fopen("/dev/null", "we");

	if (!nowhere)
		return;
	stdout = stderr = nowhere;
	optind = 0;
	tool_main(argc, argv, NULL);
	stdout = out;
	stderr = err;
	fclose(nowhere);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "uvio", sysfs[] = "--sysfs=/nowhere", dev[] = "--dev=/nowhere",
		    proc[] = "--proc=/nowhere";
	char *argv[MAX_ARGS + 1] = {name, sysfs, dev, proc};
	char *text = malloc(size + 1), *end;
	int argc = 4;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	end = text + size;
	for (char *at = text; at < end && argc < MAX_ARGS; at += strlen(at) + 1)
		if (!is_root(at))
			argv[argc++] = at;
	run(argc, argv);
	free(text);
	return 0;
}
