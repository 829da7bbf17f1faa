/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Starts and ends the programs of others, foreign_uio and foreign_vfio, beside the suite. */
#include <config.h>

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance.h"

#define PATH "/lab/"

static void run(int in, int out, int (*enter)(void), char *const argv[])
{
	char path[64];

	snprintf(path, sizeof(path), PATH "%s", argv[0]);
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	close_range(STDERR_FILENO + 1, ~0U, 0); /* where @enter forks, it does not execute */
	if (enter && enter())
		_exit(126);
	execv(path, argv);
	_exit(125);
}

/* Nothing of the pipes may stay in another child, or its end would not be seen. */
static int spawn(struct foreign *foreign, int (*enter)(void), char *const argv[])
{
	int in[2], out[2];

	CHECK(!pipe2(in, O_CLOEXEC));
	CHECK(!pipe2(out, O_CLOEXEC));
	fflush(stdout);
	foreign->pid = fork();
	if (!foreign->pid)
		run(in[0], out[1], enter, argv);
	close(in[0]);
	close(out[1]);
	foreign->in = in[1];
	foreign->out = out[0];
	CHECK(foreign->pid > 0);
	return PASS;
}

int foreign_hears(struct foreign *foreign, const char *line)
{
	char text[64];
	size_t used = 0;

	while (used < sizeof(text) - 1 && read(foreign->out, text + used, 1) == 1)
		if (text[used++] == '\n')
			break;
	text[used ? used - 1 : 0] = '\0';
	if (strcmp(text, line) != 0)
		return fail_at(__FILE__, __LINE__, "foreign program: '%s', not '%s'", text, line);
	return PASS;
}

int foreign_tell(struct foreign *foreign, const char *action)
{
	CHECK(dprintf(foreign->in, "%s\n", action) > 0);
	return foreign_hears(foreign, "done");
}

int foreign_start(struct foreign *foreign, int (*enter)(void), const char *line)
{
	char text[512], *argv[16] = {NULL}, *rest = NULL, *word;
	size_t count = 0;

	*foreign = (struct foreign){.in = -1, .out = -1};
	snprintf(text, sizeof(text), "%s", line);
	for (word = strtok_r(text, " ", &rest); word && count < 15;
		word = strtok_r(NULL, " ", &rest))
		argv[count++] = word;
	if (spawn(foreign, enter, argv) != PASS)
		return FAIL;
	if (foreign_hears(foreign, "ready") == PASS)
		return PASS;
	foreign_end(foreign);
	return FAIL;
}

int foreign_end(struct foreign *foreign)
{
	int status;

	close(foreign->in);
	close(foreign->out);
	CHECK(waitpid(foreign->pid, &status, 0) == foreign->pid);
	CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
	return PASS;
}

int foreign_kill(struct foreign *foreign)
{
	int status;

	kill(foreign->pid, SIGKILL);
	close(foreign->in);
	close(foreign->out);
	CHECK(waitpid(foreign->pid, &status, 0) == foreign->pid);
	return PASS;
}

/* The last name of a path with "*". */
static int find_name(const char *pattern, char *name, size_t size)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found))
		return fail_at(__FILE__, __LINE__, "%s: there is none", pattern);
	snprintf(name, size, "%s", strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	return PASS;
}

/* The node of a group is named by the link's end. */
static int find_group(const char *address, const char *transport, char *name, size_t size)
{
	char path[96], target[256];
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", address);
	length = readlink(path, target, sizeof(target) - 1);
	CHECK(length > 0);
	target[length] = '\0';
	snprintf(name, size, "%s%s", strstr(transport, "noiommu") ? "noiommu-" : "",
		strrchr(target, '/') + 1);
	return PASS;
}

int foreign_node(const char *address, const char *transport, char *node, size_t size)
{
	bool uio = !strcmp(transport, "uio"), cdev = !strcmp(transport, "vfio/cdev");
	char pattern[96], name[32];

	snprintf(pattern, sizeof(pattern), "/sys/bus/pci/devices/%s/%s/*", address,
		uio ? "uio" : "vfio-dev");
	if (uio || cdev ? find_name(pattern, name, sizeof(name))
			: find_group(address, transport, name, sizeof(name)))
		return FAIL;
	snprintf(node, size, "%s%s",
		uio    ? "/dev/"
		: cdev ? "/dev/vfio/devices/"
		       : "/dev/vfio/",
		name);
	return PASS;
}

#define SYS "/sys/bus/pci/devices/"

static void uio_line(
	char *line, size_t size, const char *node, const char *address, enum foreign_handle handle)
{
	const char *a = address;

	if (handle == FOREIGN_NODE)
		snprintf(line, size, "foreign_uio %s", node);
	else if (handle == FOREIGN_DEVICE)
		snprintf(line, size,
			"foreign_uio %s map=" SYS "%s/resource0 master=" SYS "%s/config irq=" SYS
			"%s/config",
			node, a, a, a);
	else
		snprintf(line, size, "foreign_uio %s %s=" SYS "%s/resource0 close", node,
			handle == FOREIGN_MAPPING ? "map" : "hold", a);
}

static void vfio_line(
	char *line, size_t size, const char *node, const char *address, enum foreign_handle handle)
{
	static const char *const actions[] = {
		[FOREIGN_DEVICE] = "map master irq",
		[FOREIGN_DESCRIPTOR] = "close",
		[FOREIGN_MAPPING] = "map close drop",
	};

	if (handle == FOREIGN_NODE)
		snprintf(line, size, "foreign_vfio %s", node);
	else
		snprintf(
			line, size, "foreign_vfio %s device=%s %s", node, address, actions[handle]);
}

int foreign_hold(struct foreign *foreign, int (*enter)(void), const char *address,
	const char *transport, enum foreign_handle handle)
{
	char node[64], line[384];

	if (foreign_node(address, transport, node, sizeof(node)))
		return FAIL;
	if (!strcmp(transport, "uio"))
		uio_line(line, sizeof(line), node, address, handle);
	else
		vfio_line(line, sizeof(line), node, address, handle);
	return foreign_start(foreign, enter, line);
}
