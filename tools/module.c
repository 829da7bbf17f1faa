/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "tools.h"

void tool_module_add(struct tool *tool, const char *file)
{
	if (tool->module_count < MODULES_MAX)
		tool->modules[tool->module_count] = file;
	tool->module_count++;
}

/* A name without a slash would be looked up where libraries are. */
static void *open_module(const char *file)
{
	char here[4096];

	snprintf(here, sizeof(here), "%s%s", strchr(file, '/') ? "" : "./", file);
	return dlopen(here, RTLD_NOW | RTLD_LOCAL);
}

/* It stays loaded: the tables of its drivers are in use to the end. */
static int load(struct tool *tool, const char *file)
{
	void *module = open_module(file);
	const struct uvio_driver *const *drivers;

	if (!module)
		return tool_error("--module: %s", dlerror());
	drivers = dlsym(module, "uvio_module_drivers");
	if (!drivers)
		return tool_error("--module %s: it has no card drivers; put "
				  "UVIO_MODULE(&driver) in it, see uvio_driver(3)",
			file);
	for (; *drivers; drivers++)
		if (uvio_driver_add(tool->ctx, *drivers))
			return tool_error("--module %s: %s", file, uvio_last_error());
	return TOOL_GO_ON;
}

int tool_modules_load(struct tool *tool)
{
	int rc = TOOL_GO_ON;

	if (tool->module_count > MODULES_MAX)
		return tool_usage(tool, "--module: more than %d of them", MODULES_MAX);
	for (unsigned int i = 0; i < tool->module_count && rc == TOOL_GO_ON; i++)
		rc = load(tool, tool->modules[i]);
	return rc;
}
