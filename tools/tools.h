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

/* The operand in front of the others; where there is one, option -d can stand for it. */
enum command_device {
	DEVICE_NONE = 0,
	DEVICE_ONE,
	DEVICE_OPTIONAL,
	DEVICE_MANY, /* the command takes them itself */
};

/* One screen of help, 24 lines of 80 columns, is made of this; doc/uvio.1 has the rest. */
struct command {
	const char *name;
	enum command_device device;
	const char *args;
	const char *help;    /* one line */
	const char *notes;   /* lines of text; NULL: none */
	const char *options; /* lines, as those of the common options; NULL: none */
	const char *status;  /* one line; NULL: the usual one */
	const char *manual; /* of its own; NULL: uvio(1) */
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
	const char *ids;      /* VENDOR:DEVICE, in place of an address; NULL: none */
	bool json;
	const char *json_file; /* NULL: standard output, in place of the text */
	bool json_at_once;     /* without waiting for a reader of json_file */
	const char *address;   /* of the device; NULL: none. tool_start() sets it */
	char found[64];	       /* where @ids were */
	struct uvio_ctx *ctx;
	tool_baseline_fn baseline; /* NULL: none */
	const char *etc;	   /* where the files of bind --persist are; NULL: /etc */
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
extern const struct command command_can;
extern const struct command command_serial;
extern const struct command command_guard;
extern const struct command command_help;

/* The commands in order, and the one of this name; NULL after the last, or if there is none. */
const struct command *command_get(size_t index);
const struct command *command_find(const char *name);

enum {
	OPTION_SYSFS = 0x100,
	OPTION_DEV,
	OPTION_PROC,
	OPTION_RUN,
	OPTION_ETC,
	OPTION_VF_TOKEN,
	OPTION_MODULE,
};

#define TOOL_SHORT_OPTIONS "hvVj::d:"
#define TOOL_LONG_OPTIONS                                                                          \
	{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'},                     \
		{"verbose", no_argument, NULL, 'v'}, {"json", optional_argument, NULL, 'j'},       \
		{"device", required_argument, NULL, 'd'},                                          \
		{"sysfs", required_argument, NULL, OPTION_SYSFS},                                  \
		{"dev", required_argument, NULL, OPTION_DEV},                                      \
		{"proc", required_argument, NULL, OPTION_PROC},                                    \
		{"run", required_argument, NULL, OPTION_RUN},                                      \
		{"etc", required_argument, NULL, OPTION_ETC},                                      \
		{"vf-token", required_argument, NULL, OPTION_VF_TOKEN},                            \
		{"module", required_argument, NULL, OPTION_MODULE},                                \
	{                                                                                          \
		NULL, 0, NULL, 0                                                                   \
	}

/*
 * As getopt_long(), with the common options taken care of and what is wrong told; -1 at the end.
 * @shorts begins with ":", or "+:" where options end at the first operand.
 */
int tool_getopt(
	struct tool *tool, int argc, char **argv, const char *shorts, const struct option *longs);

/* Answers an option which the command has no case for: help, version, or a usage error. */
int tool_stop(const struct tool *tool, int option);

/*
 * Checks the number of operands, of which there are @least to @most beside the device, makes the
 * context, and takes the address of the device from the operands or by its ids.
 */
int tool_start(struct tool *tool, int argc, char **argv, int least, int most);

/*
 * Closed standard descriptors become /dev/null, so that none of a card takes their place. It is
 * opened so that reading and writing fail as they would have.
 */
void tool_fill_standard(void);

void help_print(void);
void help_print_command(const struct command *command);

/* Not if JSON is printed instead. */
static inline bool tool_wants_text(const struct tool *tool)
{
	return !tool->json || tool->json_file;
}

int tool_usage(const struct tool *tool, const char *format, ...) UVIO_PRINTF(2, 3);
int tool_error(const char *format, ...) UVIO_PRINTF(1, 2);
int tool_failed(void);
/* A line on standard error which is no error. */
void tool_say(const char *format, ...) UVIO_PRINTF(1, 2);
int tool_no_memory(void);

enum { NAMES_MAX = 48 };

/* What of @names, the last of them NULL, is near to @word; NULL: nothing is. */
const char *tool_nearest(const char *word, const char *const *names);

/* "'@word' is not @what", and what of @names, the last of them NULL, is near to it. */
int tool_unknown(
	const struct tool *tool, const char *what, const char *word, const char *const *names);

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
/* The devices with ids as -d has them; TOOL_GO_ON where there is one at least. */
int tool_match(const struct tool *tool, struct uvio_device ***list, int *count);
int tool_match_one(const struct tool *tool, char *address, size_t size);
/* Whether the argument of -d is valid, for commands that do not look it up; TOOL_GO_ON. */
int tool_check_ids(const struct tool *tool);
bool tool_has_ids(const struct uvio_device_info *info, const char *ids);

/* Also by those of modules. */
const struct uvio_driver *tool_driver(const struct tool *tool, const struct uvio_device_info *info);
/** On what the driver has worked with such a card, as uvio_seen_name() has it; NULL: no driver. */
const char *tool_seen(const struct uvio_driver *driver, const struct uvio_device_info *info);
const struct uvio_driver *tool_driver_named(const struct tool *tool, const char *name);
/* One without any function if @driver is NULL or has none. */
const struct uvio_trial *tool_trial(const struct uvio_driver *driver);

/* module.c: notes FILE of --module; and loads all, once there is a context. */
void tool_module_add(struct tool *tool, const char *file);
int tool_modules_load(struct tool *tool);

/*
 * All that is printed goes through these: what is no printable character of UTF-8, and so might
 * control a terminal, is shown as "\\x1b". Newlines stay at the end of the text only.
 */
void tool_print(const char *format, ...) UVIO_PRINTF(1, 2);
/** A line, without its end, on standard output; wrapped on a terminal. */
void tool_tell(const char *format, ...) UVIO_PRINTF(1, 2);
void tool_fprint(FILE *stream, const char *format, ...) UVIO_PRINTF(2, 3);

/* A line on a terminal that takes the place of the one before; "": none. */
void tool_progress(const char *text);

/* Bytes of @text, with their meaning for a terminal taken away; to be freed; NULL: no memory. */
char *text_clean(const char *text, bool lines);
/* Columns that a clean text takes. */
int text_columns(const char *text);
/* The bytes of a clean text that fit in @columns. */
int text_fit(const char *text, int columns);
/* The bytes of the character of UTF-8 at @text, and its code; 0: there is none. */
size_t text_character(const char *text, uint32_t *code);

/* Columns of a terminal; 0: it is none, and lines may have any length. */
int tool_columns(FILE *stream);

/* Prints @text in words after @prefix, the further lines under its first column. */
void tool_wrap(FILE *stream, const char *prefix, const char *text);

void tool_catch_signals(void);
int tool_signal(void); /* the signal that asked to stop, 0: none */

#endif /* UVIO_TOOLS_H */
