/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uvio/context.h>
#include <uvio/udev.h>

#include "asleep.h"
#include "guarded.h"

struct tree *tree;
struct uvio_udev *udev;
struct test_log logged;

void guarded_tree(const char *program)
{
	const struct uvio_ctx_options options = {
		.guard_program = program,
		.log = test_log,
		.log_data = &logged,
		.log_level = UVIO_LOG_INFO,
	};

	logged = (struct test_log){.used = 0};
	tree = tree_new_with("edu-uio", &options);
	inject_reset(tree->root);
	sim = &sim_uio;
	sim_uio_reset(tree);
}

void guarded_setup(void)
{
	guarded_tree(GUARD_PROGRAM);
}

void guarded_teardown(void)
{
	uvio_udev_close(udev);
	udev = NULL;
	sim = NULL;
	tree_free(tree);
	tree = NULL;
}

int guarded_open(uint32_t flags)
{
	const struct uvio_open_options options = {
		.backend = "uio", .flags = UVIO_OPEN_UNSAFE_DMA | flags};

	return uvio_udev_open(tree->ctx, EDU, &options, &udev);
}

pid_t guard_pid(void)
{
	static const char text[] = EDU ": guarded by process ";
	const char *at = strstr(logged.text, text);

	return at ? (pid_t)atoi(at + strlen(text)) : 0;
}

void guard_await_end(int pidfd)
{
	struct pollfd fd = {.fd = pidfd, .events = POLLIN};

	ASSERT_EQ(poll(&fd, 1, LONG_MS), 1);
	close(pidfd);
}

void guarded_is_stopped(void)
{
	ASSERT_EQ(sim_uio_command() & (BUS_MASTER | INTX_DISABLE), INTX_DISABLE);
}

void guarded_is_running(void)
{
	ASSERT_EQ(sim_uio_command() & (BUS_MASTER | INTX_DISABLE), BUS_MASTER);
}

unsigned long guard_kept_at(pid_t pid)
{
	unsigned long at = 0, found = 0;
	char line[512], path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		if (strstr(line, "/memfd:uvio") && sscanf(line, "%lx-", &at) == 1)
			found = at;
	if (file)
		fclose(file);
	return found;
}
