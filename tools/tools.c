/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "output.h"
#include "tools.h"

static volatile sig_atomic_t caught_signal;

static void log_message(void *data, enum uvio_log_level level, const char *message)
{
	(void)data;
	(void)level;
	tool_error("%s", message);
}

static void more_verbose(struct uvio_ctx_options *options)
{
	if (options->log_level < UVIO_LOG_INFO)
		options->log_level = UVIO_LOG_INFO;
	else
		options->log_level = UVIO_LOG_DEBUG;
}

static bool common_option(struct tool *tool, int option)
{
	struct uvio_ctx_options *options = &tool->options;

	switch (option) {
	case 'v':
		more_verbose(options);
		return true;
	case 'd':
		tool->ids = optarg;
		return true;
	case 'j':
		tool->json = true;
		tool->json_file = optarg && strcmp(optarg, "-") != 0 ? optarg : NULL;
		return true;
	case OPTION_SYSFS:
		options->sysfs_root = optarg;
		return true;
	case OPTION_DEV:
		options->dev_root = optarg;
		return true;
	case OPTION_PROC:
		options->proc_root = optarg;
		return true;
	case OPTION_ETC:
		tool->etc = optarg;
		return true;
	case OPTION_RUN:
		options->run_root = optarg;
		return true;
	case OPTION_VF_TOKEN:
		tool->vf_token = optarg;
		return true;
	case OPTION_MODULE:
		tool_module_add(tool, optarg);
		return true;
	default:
		return false;
	}
}

void tool_fill_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* A long option that is not there, or the beginning of more than one. */
static int unknown_option(const struct tool *tool, const char *word, const struct option *longs)
{
	char texts[NAMES_MAX][32];
	const char *names[NAMES_MAX] = {NULL};

	for (int i = 0; i < NAMES_MAX - 1 && longs[i].name; i++) {
		snprintf(texts[i], sizeof(texts[i]), "--%s", longs[i].name);
		names[i] = texts[i];
		if (word[2] && !strncmp(texts[i], word, strlen(word)))
			return tool_usage(tool, "'%s' is ambiguous: write out the option", word);
	}
	return tool_unknown(tool, "an option of this command", word, names);
}

/* What getopt_long() stopped at, of which it tells only parts. */
static int bad_option(const struct tool *tool, const char *text, const struct option *longs)
{
	bool is_long = !strncmp(text, "--", 2);
	char word[64];

	if (optopt && is_long && strchr(text, '='))
		return tool_usage(tool, "'%s': this option takes no argument", text);
	if (optopt)
		return tool_usage(tool, "'-%c' is not an option of this command", optopt);
	snprintf(word, sizeof(word), "%s", text);
	word[strcspn(word, "=")] = '\0';
	return unknown_option(tool, word, longs);
}

int tool_getopt(
	struct tool *tool, int argc, char **argv, const char *shorts, const struct option *longs)
{
	int option;

	opterr = 0;
	do {
		option = getopt_long(argc, argv, shorts, longs, NULL);
	} while (option != -1 && common_option(tool, option));
	if (option == '?')
		bad_option(tool, argv[optind - 1], longs);
	if (option == ':')
		tool_usage(tool, "'%s': this option needs an argument", argv[optind - 1]);
	return option;
}

int tool_stop(const struct tool *tool, int option)
{
	switch (option) {
	case 'h':
		if (tool->command)
			help_print_command(tool->command);
		else
			help_print();
		return TOOL_OK;
	case 'V':
		tool_print("uvio %s (library %s)\n", PACKAGE_VERSION, uvio_version());
		return TOOL_OK;
	default:
		return TOOL_USAGE;
	}
}

/* The device among them, unless option -d stands for it. */
static int check_operands(const struct tool *tool, int argc, char **argv, int least, int most)
{
	enum command_device device = tool->command->device;
	int count = argc - optind;

	if (tool->ids && device == DEVICE_NONE && tool->command != &command_list)
		return tool_usage(tool, "-d: this command takes no device");
	if (!tool->ids && (device == DEVICE_ONE || device == DEVICE_MANY))
		least++;
	if (!tool->ids && device != DEVICE_NONE && most < argc)
		most++;
	if (count < least)
		return tool_usage(tool, "too few arguments: %s", tool->command->args);
	if (count > most)
		return tool_usage(tool, "too many arguments: '%s'%s", argv[optind + most],
			tool->json ? " (a file for JSON is written --json=FILE)" : "");
	return TOOL_GO_ON;
}

static int new_context(struct tool *tool)
{
	int rc;

	tool->options.log = log_message;
	if (tool->options.log_level == UVIO_LOG_NONE)
		tool->options.log_level = UVIO_LOG_WARNING;
	rc = uvio_ctx_new(&tool->options, &tool->ctx);
	if (rc == -EINVAL)
		return tool_usage(tool, "%s", uvio_last_error());
	return rc ? tool_failed() : tool_modules_load(tool);
}

static int find_address(struct tool *tool, int argc, char **argv)
{
	if (tool->ids)
		return tool_match_one(tool, tool->found, sizeof(tool->found));
	if (optind < argc)
		tool->address = argv[optind++];
	return TOOL_GO_ON;
}

int tool_start(struct tool *tool, int argc, char **argv, int least, int most)
{
	enum command_device device = tool->command->device;
	int rc = check_operands(tool, argc, argv, least, most);

	if (rc == TOOL_GO_ON)
		rc = tool_check_ids(tool);
	if (rc == TOOL_GO_ON && tool->json_file)
		rc = output_check(tool->json_file);
	if (rc == TOOL_GO_ON)
		rc = new_context(tool);
	if (rc == TOOL_GO_ON && (device == DEVICE_ONE || device == DEVICE_OPTIONAL))
		rc = find_address(tool, argc, argv);
	if (rc == TOOL_GO_ON && tool->found[0])
		tool->address = tool->found;
	return rc;
}

static bool read_number(const char *text, uint64_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	const char *known = hex ? "0123456789abcdefABCDEF" : "0123456789";

	if (!*digits || digits[strspn(digits, known)])
		return false;
	errno = 0;
	*value = strtoull(digits, NULL, hex ? 16 : 10);
	return errno == 0;
}

int tool_number(const struct tool *tool, const char *what, const char *text, uint64_t least,
	uint64_t most, uint64_t *value)
{
	uint64_t number;

	if (!read_number(text, &number))
		return tool_usage(
			tool, "%s: '%s' is not a number from 0 up, as 16 or 0x10", what, text);
	if (number < least || number > most)
		return tool_usage(tool, "%s: %s is not from %llu to %llu", what, text,
			(unsigned long long)least, (unsigned long long)most);
	*value = number;
	return TOOL_GO_ON;
}

int tool_backend(const struct tool *tool, const char *name)
{
	const char *names[NAMES_MAX] = {NULL};
	unsigned int count = 0;

	for (unsigned int i = 0; uvio_backend_name(i) && count < NAMES_MAX - 1; i++)
		names[count++] = uvio_backend_name(i);
	for (unsigned int i = 0; uvio_transport_name(i, NULL) && count < NAMES_MAX - 1; i++)
		names[count++] = uvio_transport_name(i, NULL);
	for (unsigned int i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return TOOL_GO_ON;
	return tool_unknown(tool, "a backend; 'uvio help' lists all", name, names);
}

static void catch_signal(int number)
{
	caught_signal = number;
}

void tool_catch_signals(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	struct sigaction action = {.sa_handler = catch_signal};
	struct sigaction old;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &action, NULL);
	}
	/* A reader that closes our output must not keep us from restoring the card. */
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

int tool_signal(void)
{
	return caught_signal;
}
