/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A binding that survives a reboot: a rule of udev, which is for one card at one address, and a
 * list of modules to load. Written as a packager would, beside what driverctl has, never against
 * it.
 */
#ifndef UVIO_TOOLS_PERSIST_H
#define UVIO_TOOLS_PERSIST_H

#include <limits.h>

#include "tools.h"

struct persist {
	bool wanted;
	const char *etc;   /* NULL: /etc */
	const char *owner; /* a user, by name or number; NULL: root */
};

/* Before the binding changes: whether it can be kept. TOOL_GO_ON, or an exit status. */
int persist_check(const struct tool *tool, const struct persist *persist,
	const struct uvio_device_info *info, const char *driver);

/* Afterwards, with the driver that @info then has: writes the files, and gives the device away. */
int persist_write(const struct tool *tool, const struct persist *persist,
	const struct uvio_device_info *info);

/*
 * Removes the files, and takes the device back; @info: NULL where it is not there any more.
 * TOOL_GO_ON: there were some; TOOL_OK: none.
 */
int persist_remove(const struct tool *tool, const struct persist *persist, const char *address,
	const struct uvio_device_info *info);

/* Says so where the next boot will do something else than what was asked for now. */
void persist_remind(const struct persist *persist, const struct uvio_device_info *info);

/* What binds the device at boot. */
struct persist_state {
	char driver[64]; /* "": the file cannot be read */
	bool has_owner;
	unsigned int owner;
	char file[PATH_MAX]; /* of this command, or of driverctl */
};

/* Whether a file in @etc (NULL: /etc) does. */
bool persist_look(const char *etc, const char *address, struct persist_state *state);
/* The same in words; @text is left alone where none does. */
bool persist_describe(const char *etc, const char *address, char *text, size_t size);

#endif /* UVIO_TOOLS_PERSIST_H */
