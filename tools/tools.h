/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_TOOLS_H
#define UVIO_TOOLS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <uvio/uvio.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define PAGE_COLUMNS 80
#define MODULES_MAX 16

/* What a step answers: an exit status, or that there is more to do. */
enum {
	TOOL_GO_ON = -1,
	TOOL_OK = 0,
	TOOL_FAILED = 1,
	TOOL_USAGE = 2,
	TOOL_SIGNALLED = 128,
};

struct tool;

struct command {
	const char *name;
	const char *args;
	const char *help;    /* one line */
	const char *notes;   /* lines of text; NULL: none */
	const char *options; /* lines, as those of the common options; NULL: none */
	const char *status;  /* lines; NULL: the usual ones */
	const char *example;
	int (*run)(struct tool *tool, int argc, char **argv);
};

struct session;

/** Does the work of a backend a second time, by other means: see tests/bench. */
typedef void (*tool_baseline_fn)(struct session *s);

struct tool {
	const struct command *command; /* NULL: not chosen yet */
	struct uvio_ctx_options options;
	const char *vf_token; /* to open devices with; NULL: none */
	struct uvio_ctx *ctx;
	tool_baseline_fn baseline; /* NULL: none */
	const char *modules[MODULES_MAX];
	unsigned int module_count;
};

/**
 * What keeps kernel drivers from the device, and how that is ended; "none". Whether there is
 * something that keeps them.
 */
bool tool_override(
	const struct tool *tool, const struct uvio_device_info *info, char *text, size_t size);

/* The command as a whole; an exit status. */
int tool_main(int argc, char **argv, tool_baseline_fn baseline);

extern const struct command command_list;
extern const struct command command_info;
extern const struct command command_check;
extern const struct command command_bind;
extern const struct command command_unbind;
extern const struct command command_compare;
extern const struct command command_read;
extern const struct command command_write;
extern const struct command command_irq;
extern const struct command command_reset;
extern const struct command command_guard;

enum {
	OPTION_SYSFS = 0x100,
	OPTION_DEV,
	OPTION_PROC,
	OPTION_RUN,
	OPTION_VF_TOKEN,
	OPTION_MODULE,
};

#define TOOL_SHORT_OPTIONS "+hvV"
#define TOOL_LONG_OPTIONS                                                                          \
	{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'},                     \
		{"verbose", no_argument, NULL, 'v'},                                               \
		{"sysfs", required_argument, NULL, OPTION_SYSFS},                                  \
		{"dev", required_argument, NULL, OPTION_DEV},                                      \
		{"proc", required_argument, NULL, OPTION_PROC},                                    \
		{"run", required_argument, NULL, OPTION_RUN},                                      \
		{"vf-token", required_argument, NULL, OPTION_VF_TOKEN},                            \
		{"module", required_argument, NULL, OPTION_MODULE},                                \
	{                                                                                          \
		NULL, 0, NULL, 0                                                                   \
	}

/* As getopt_long(), with the common options taken care of; -1 at the end. */
int tool_getopt(
	struct tool *tool, int argc, char **argv, const char *shorts, const struct option *longs);

/* Answers an option which the command has no case for: help, version, or a usage error. */
int tool_stop(const struct tool *tool, int option);

/* Checks the number of operands, and makes the context. */
int tool_start(struct tool *tool, int argc, char **argv, int least, int most);

/*
 * Closed standard descriptors become /dev/null, so that none of a card takes their place. It is
 * opened so that reading and writing fail as they would have.
 */
void tool_fill_standard(void);

void tool_print_commands(void);

int tool_usage(const struct tool *tool, const char *format, ...) UVIO_PRINTF(2, 3);
int tool_error(const char *format, ...) UVIO_PRINTF(1, 2);
int tool_failed(void);
int tool_no_memory(void);

/* A number, decimal or 0x; anything else is a usage error which names @what. */
int tool_number(const struct tool *tool, const char *what, const char *text, uint64_t least,
	uint64_t most, uint64_t *value);

int tool_backend(const struct tool *tool, const char *name);
int tool_find(const struct tool *tool, const char *address, struct uvio_device **device);
int tool_open(
	const struct tool *tool, const char *address, const char *backend, struct uvio_udev **udev);
/* @flags: enum uvio_open_flags. */
int tool_open_with(const struct tool *tool, const char *address, const char *backend,
	uint32_t flags, struct uvio_udev **udev);
/* Also by those of modules. */
const struct uvio_driver *tool_driver(const struct uvio_device_info *info);
const struct uvio_driver *tool_driver_named(const struct tool *tool, const char *name);
/* One without any function where @driver is NULL or has none. */
const struct uvio_trial *tool_trial(const struct uvio_driver *driver);

/* module.c: notes FILE of --module; and loads all, once there is a context. */
bool tool_module_add(struct tool *tool, const char *file);
int tool_modules_load(struct tool *tool);

/* Prints @text in words after @prefix, the further lines under its first column. */
void tool_wrap(FILE *stream, const char *prefix, const char *text);

void tool_catch_signals(void);
int tool_signal(void); /* the signal that asked to stop, 0: none */

#endif /* UVIO_TOOLS_H */
