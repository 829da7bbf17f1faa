/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools.h"

static volatile sig_atomic_t caught_signal;

static void log_message(void *data, enum uvio_log_level level, const char *message)
{
	(void)data;
	(void)level;
	fprintf(stderr, "uvio: %s\n", message);
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
	case OPTION_SYSFS:
		options->sysfs_root = optarg;
		return true;
	case OPTION_DEV:
		options->dev_root = optarg;
		return true;
	case OPTION_PROC:
		options->proc_root = optarg;
		return true;
	case OPTION_RUN:
		options->run_root = optarg;
		return true;
	case OPTION_VF_TOKEN:
		tool->vf_token = optarg;
		return true;
	case OPTION_MODULE:
		return tool_module_add(tool, optarg);
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

int tool_getopt(
	struct tool *tool, int argc, char **argv, const char *shorts, const struct option *longs)
{
	int option;

	do {
		option = getopt_long(argc, argv, shorts, longs, NULL);
	} while (option != -1 && common_option(tool, option));
	return option;
}

/* Where there is more than one: as "vfio/cdev". */
static void print_transports(const char *backend)
{
	size_t used = 0, length = strlen(backend);
	char text[256];
	const char *name;
	bool on_request;

	for (unsigned int i = 0; (name = uvio_transport_name(i, &on_request)); i++)
		if (!strncmp(name, backend, length) && name[length] == '/' && used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%s",
				used ? ", " : "as ", name,
				on_request ? " (unsafe, on request)" : "");
	if (used)
		tool_wrap(stdout, "           ", text);
}

static void print_backends(void)
{
	char prefix[32];

	printf("\nBackends:\n");
	for (unsigned int i = 0; i < uvio_backend_count(); i++) {
		snprintf(prefix, sizeof(prefix), "  %-9s", uvio_backend_name(i));
		tool_wrap(stdout, prefix, uvio_backend_help(i));
		print_transports(uvio_backend_name(i));
	}
}

static void print_common_options(void)
{
	printf("  -v, --verbose         tell what is done, on stderr; twice: in detail\n"
	       "      --sysfs DIR       where sysfs is (default /sys)\n"
	       "      --dev DIR         where the device nodes are (default /dev)\n"
	       "      --proc DIR        where proc is (default /proc)\n"
	       "      --run DIR         where records are kept until a reboot (default /run)\n"
	       "      --vf-token UUID   open functions of an SR-IOV card on vfio with this token\n"
	       "      --module FILE     know the card drivers of this shared object, too\n"
	       "  -h, --help            this text\n"
	       "  -V, --version         the version\n");
}

static void print_help(void)
{
	printf("usage: uvio [OPTION]... COMMAND [ARGUMENT]...\n\n"
	       "Drives I/O cards from user space, by UIO or by VFIO, and shows what each costs.\n\n"
	       "Commands:\n");
	tool_print_commands();
	print_backends();
	printf("\nOptions:\n");
	print_common_options();
	printf("\nEXIT STATUS: 0 success, 1 failure, 2 usage error.\n"
	       "'uvio COMMAND --help' tells more about a command.\n");
}

static void print_command_help(const struct command *command)
{
	printf("usage: uvio %s [OPTION]...%s%s\n\n", command->name, command->args[0] ? " " : "",
		command->args);
	printf("%c%s.\n", toupper((unsigned char)command->help[0]), command->help + 1);
	if (strstr(command->args, "ADDRESS"))
		printf("\nADDRESS is a PCI function, 0000:06:0d.0 or 06:0d.0, or a UIO device, "
		       "uio0,\n"
		       "/dev/uio0 or name:NAME. Options go before it.\n");
	if (command->notes)
		printf("\n%s", command->notes);
	printf("\nOptions:\n%s", command->options ? command->options : "");
	print_common_options();
	printf("\nExit status:\n%s",
		command->status ? command->status : "  0 success, 1 failure, 2 usage error\n");
	printf("\nExample:\n  %s\n", command->example);
}

int tool_stop(const struct tool *tool, int option)
{
	switch (option) {
	case 'h':
		if (tool->command)
			print_command_help(tool->command);
		else
			print_help();
		return TOOL_OK;
	case 'V':
		printf("uvio %s (library %s)\n", PACKAGE_VERSION, uvio_version());
		return TOOL_OK;
	default:
		return tool_usage(tool, NULL);
	}
}

static int check_operands(const struct tool *tool, int argc, char **argv, int least, int most)
{
	int count = argc - optind;

	for (int i = optind + 1; i < argc; i++) {
		if (argv[i][0] == '-' && !isdigit((unsigned char)argv[i][1]))
			return tool_usage(tool, "'%s': options go before the arguments", argv[i]);
	}
	if (count < least)
		return tool_usage(tool, "too few arguments: %s", tool->command->args);
	if (count > most)
		return tool_usage(tool, "too many arguments: '%s'", argv[optind + most]);
	return TOOL_GO_ON;
}

/* The context of the command, which knows the drivers of modules, too. */
static const struct uvio_ctx *tool_ctx;

int tool_start(struct tool *tool, int argc, char **argv, int least, int most)
{
	int rc = check_operands(tool, argc, argv, least, most);

	if (rc != TOOL_GO_ON)
		return rc;
	tool->options.log = log_message;
	if (tool->options.log_level == UVIO_LOG_NONE)
		tool->options.log_level = UVIO_LOG_WARNING;
	rc = uvio_ctx_new(&tool->options, &tool->ctx);
	if (rc == -EINVAL)
		return tool_usage(tool, "%s", uvio_last_error());
	tool_ctx = tool->ctx;
	return rc ? tool_failed() : tool_modules_load(tool);
}

int tool_usage(const struct tool *tool, const char *format, ...)
{
	if (format) {
		va_list args;

		fprintf(stderr, "uvio: ");
		va_start(args, format);
		vfprintf(stderr, format, args);
		va_end(args);
		fprintf(stderr, "\n");
	}
	if (tool->command)
		fprintf(stderr, "try 'uvio %s --help'\n", tool->command->name);
	else
		fprintf(stderr, "try 'uvio --help'\n");
	return TOOL_USAGE;
}

int tool_error(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "uvio: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	return TOOL_FAILED;
}

int tool_failed(void)
{
	return tool_error("%s", uvio_last_error());
}

int tool_no_memory(void)
{
	return tool_error("memory: %s", strerror(ENOMEM));
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
		return tool_usage(tool, "%s: '%s' is not a number, as 16 or 0x10", what, text);
	if (number < least || number > most)
		return tool_usage(tool, "%s: %s is not from %llu to %llu", what, text,
			(unsigned long long)least, (unsigned long long)most);
	*value = number;
	return TOOL_GO_ON;
}

int tool_backend(const struct tool *tool, const char *name)
{
	const char *known;

	for (unsigned int i = 0; (known = uvio_backend_name(i)); i++)
		if (!strcmp(known, name))
			return TOOL_GO_ON;
	for (unsigned int i = 0; (known = uvio_transport_name(i, NULL)); i++)
		if (!strcmp(known, name))
			return TOOL_GO_ON;
	return tool_usage(tool, "'%s' is not a backend: 'uvio --help' lists them", name);
}

int tool_find(const struct tool *tool, const char *address, struct uvio_device **device)
{
	if (uvio_device_find(tool->ctx, address, device))
		return tool_failed();
	return TOOL_GO_ON;
}

int tool_open(
	const struct tool *tool, const char *address, const char *backend, struct uvio_udev **udev)
{
	return tool_open_with(tool, address, backend, 0, udev);
}

int tool_open_with(const struct tool *tool, const char *address, const char *backend,
	uint32_t flags, struct uvio_udev **udev)
{
	struct uvio_open_options options = {
		.backend = backend, .flags = flags, .vf_token = tool->vf_token};

	if (uvio_udev_open(tool->ctx, address, &options, udev))
		return tool_failed();
	return TOOL_GO_ON;
}

bool tool_override(
	const struct tool *tool, const struct uvio_device_info *info, char *text, size_t size)
{
	const char *root = tool->options.sysfs_root ? tool->options.sysfs_root : "/sys";
	struct uvio_override override;
	bool failed = uvio_override_read(tool->ctx, info->address, &override);
	const char *name = override.driver[0] ? override.driver : "none";

	if (override.interrupted)
		snprintf(text, size,
			"%s: a change of the driver is under way, or was interrupted; in that case "
			"run uvio bind or uvio unbind, which restores the former driver first",
			failed ? "cannot be read" : name);
	else if (failed)
		snprintf(text, size, "%s", uvio_last_error());
	else if (override.is_effective)
		snprintf(text, size,
			"%s: no other kernel driver takes the device by itself; to clear it: "
			"echo >%s/bus/pci/devices/%s/driver_override",
			name, root, info->address);
	else
		snprintf(text, size, "%s", name);
	return failed || override.interrupted || override.is_effective;
}

const struct uvio_driver *tool_driver(const struct uvio_device_info *info)
{
	if (!info->pci)
		return NULL;
	return uvio_driver_match(
		tool_ctx, info->vendor, info->device, info->subvendor, info->subdevice);
}

const struct uvio_trial *tool_trial(const struct uvio_driver *driver)
{
	static const struct uvio_trial none;

	return driver && driver->trial ? driver->trial : &none;
}

const struct uvio_driver *tool_driver_named(const struct tool *tool, const char *name)
{
	const struct uvio_driver *driver;

	for (unsigned int i = 0; (driver = uvio_driver_get(tool->ctx, i)); i++) {
		if (!strcmp(driver->name, name))
			return driver;
	}
	return NULL;
}

void tool_wrap(FILE *stream, const char *prefix, const char *text)
{
	size_t indent = strlen(prefix);
	size_t column = indent;

	fputs(prefix, stream);
	while (*(text += strspn(text, " \n"))) {
		size_t word = strcspn(text, " \n");

		if (column > indent && column + 1 + word > PAGE_COLUMNS) {
			fprintf(stream, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', stream);
			column++;
		}
		fprintf(stream, "%.*s", (int)word, text);
		column += word;
		text += word;
	}
	fputc('\n', stream);
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
	/* A reader of our output who leaves must not keep us from putting the card in order. */
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

int tool_signal(void)
{
	return caught_signal;
}
