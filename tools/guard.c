/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "json.h"
#include "tools.h"

/* As env(1) and others. */
enum {
	CANNOT_START = 126,
	NOT_FOUND = 127,
};

extern char **environ;

/* Handed on to the program, which has to end before the card is stopped. */
static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

static void block_signals(sigset_t *set, sigset_t *before)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigaddset(set, forwarded[i]);
	sigprocmask(SIG_BLOCK, set, before);
	/* A signal that is ignored would not come at all. */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
}

static int start(char **program, const sigset_t *mask, pid_t *pid)
{
	posix_spawnattr_t attr;
	sigset_t defaults;
	int rc = posix_spawnattr_init(&attr);

	if (rc)
		return tool_no_memory();
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigmask(&attr, mask);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawnp(pid, program[0], NULL, &attr, program, environ);
	posix_spawnattr_destroy(&attr);
	if (!rc)
		return TOOL_GO_ON;
	tool_error("%s: cannot be started: %s", program[0], strerror(rc));
	return rc == ENOENT ? NOT_FOUND : CANNOT_START;
}

/* Like the guard of a driver, it goes on without what is refused. */
static void outlive_shortage(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!write(fd, "-1000", 5);
		close(fd);
	}
	mlockall(MCL_CURRENT);
}

/* The terminal sends its signals to the program by itself. */
static int await(pid_t pid, const sigset_t *set)
{
	siginfo_t info;
	int status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		int number = sigwaitinfo(set, &info);

		if (number > 0 && number != SIGCHLD && info.si_code != SI_KERNEL)
			kill(pid, number);
	}
	return status;
}

static void describe_end(char *text, size_t size, int status)
{
	if (WIFSIGNALED(status))
		snprintf(text, size, "the driver was killed by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else
		snprintf(text, size, "the driver ended with status %d", WEXITSTATUS(status));
}

static void tell(const char *address, int status, uint32_t found)
{
	char end[128];

	describe_end(end, sizeof(end), status);
	if (found & UVIO_GUARD_DRIVEN)
		tool_error("%s: %s; the card is left to its kernel driver", address, end);
	else if (found || WIFSIGNALED(status))
		tool_error("%s: %s%s%s%s", address, end,
			found & UVIO_GUARD_MASTER ? " with bus mastering on: switched off"
						  : "; bus mastering was off by then",
			found & UVIO_GUARD_INTX ? "; INTx masked" : "",
			found & UVIO_GUARD_WAS_RESET ? "; reset" : "");
}

/* Standard output is the program's. */
static int write_json(const struct tool *tool, const char *address, int status, uint32_t found)
{
	struct json_object *object = json_device(tool, address);

	if (WIFSIGNALED(status))
		json_integer(object, "signal", (uint64_t)WTERMSIG(status));
	else
		json_integer(object, "status", (uint64_t)WEXITSTATUS(status));
	json_flag(object, "kernel_driven", found & UVIO_GUARD_DRIVEN);
	json_flag(object, "bus_master_was_on", found & UVIO_GUARD_MASTER);
	json_flag(object, "intx_masked", found & UVIO_GUARD_INTX);
	json_flag(object, "reset", found & UVIO_GUARD_WAS_RESET);
	return json_print(tool, object);
}

static int stop(const struct tool *tool, const char *address, struct uvio_guard *guard, int status)
{
	int exit_status =
		WIFSIGNALED(status) ? TOOL_SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
	uint32_t found = 0;

	if (!uvio_guard_stop(guard, &found)) {
		tell(address, status, found);
		if (tool->json && write_json(tool, address, status, found) != TOOL_GO_ON)
			return exit_status ? exit_status : TOOL_FAILED;
		return exit_status;
	}
	tool_failed();
	return exit_status ? exit_status : TOOL_FAILED;
}

static int run_guarded(
	const struct tool *tool, const char *address, struct uvio_guard *guard, char **program)
{
	sigset_t set, before;
	pid_t pid = -1;
	int rc;

	block_signals(&set, &before);
	rc = start(program, &before, &pid);
	if (rc != TOOL_GO_ON)
		return rc;
	outlive_shortage();
	return stop(tool, address, guard, await(pid, &set));
}

static int guard_program(
	const struct tool *tool, const char *address, uint32_t flags, char **program)
{
	struct uvio_guard *guard;
	int rc;

	if (uvio_guard_new(tool->ctx, address, flags, &guard))
		return tool_failed();
	rc = run_guarded(tool, address, guard, program);
	uvio_guard_free(guard);
	return rc;
}

static int find_and_guard(const struct tool *tool, uint32_t flags, char **program)
{
	struct uvio_device *device;
	int rc = tool_find(tool, tool->address, &device);

	if (rc != TOOL_GO_ON)
		return rc;
	rc = guard_program(tool, uvio_device_info(device)->address, flags, program);
	uvio_device_free(device);
	return rc;
}

static int run_guard(struct tool *tool, int argc, char **argv)
{
	static const struct option longs[] = {{"reset", no_argument, NULL, 'r'}, TOOL_LONG_OPTIONS};
	uint32_t flags = 0;
	int option, rc;

	while ((option = tool_getopt(tool, argc, argv, ":" TOOL_SHORT_OPTIONS "r", longs)) != -1) {
		if (option != 'r')
			return tool_stop(tool, option);
		flags |= UVIO_GUARD_RESET;
	}
	if (strcmp(argv[optind - 1], "--") != 0 || argc - optind < (tool->ids ? 1 : 2))
		return tool_usage(tool, "which program? %s", tool->command->args);
	if (tool->json && !tool->json_file)
		return tool_usage(tool, "standard output is the program's: write --json=FILE");
	rc = tool_start(tool, argc, argv, 1, argc);
	return rc == TOOL_GO_ON ? find_and_guard(tool, flags, argv + optind) : rc;
}

const struct command command_guard = {
	.name = "guard",
	.device = DEVICE_ONE,
	.args = "ADDRESS -- PROGRAM [ARGUMENT...]",
	.help = "run a driver, and stop its card when it has ended",
	.notes = "However PROGRAM ends, bus mastering is switched off and INTx masked afterwards.\n"
		 "PROGRAM need not know of uvio. Memory that it gave to the card is not kept: it\n"
		 "may belong to others before the card is stopped. A driver that uses the library\n"
		 "has a guard without that gap: UVIO_OPEN_GUARD. On vfio the kernel stops the\n"
		 "card. JSON goes to a file only: --json=FILE.\n",
	.options = "  -r, --reset           reset the card, too\n",
	.status = "that of PROGRAM, 128 + N signal N; 1 failure, 2 usage error,\n126 and 127 "
		  "PROGRAM cannot be started",
	.example = "uvio guard --reset 06:0d.0 -- ./my-driver --rate 1000",
	.run = run_guard,
};
