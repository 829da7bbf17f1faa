/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>

#include "binding.h"
#include "base/context.h"
#include "kernel.h"

struct tree *tree;
struct test_log logged;
void (*meanwhile)(void);

int __wrap_nanosleep(const struct timespec *want, struct timespec *rest);

int __wrap_nanosleep(const struct timespec *want, struct timespec *rest)
{
	(void)want;
	(void)rest;
	if (meanwhile)
		meanwhile();
	return 0;
}

void begin_with(const char *name, const char *address)
{
	static char folder[64];
	const struct uvio_ctx_options options = {
		.log = test_log,
		.log_data = &logged,
		.log_level = UVIO_LOG_DEBUG,
	};

	logged = (struct test_log){0};
	tree = tree_new_with(name, &options);
	snprintf(folder, sizeof(folder), "sys/devices/pci0000:00/%s", address);
	kernel = (struct kernel){.tree = tree, .folder = folder, .address = address};
	tree_change(tree, "file dev/vfio/1");
}

void begin(const char *name)
{
	begin_with(name, EDU);
}

void teardown(void)
{
	kernel = (struct kernel){0};
	meanwhile = NULL;
	tree_free(tree);
	tree = NULL;
}

int lock_it(void)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/" EDU_FOLDER "/remove", tree->root);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT(fd >= 0);
	ASSERT_EQ(flock(fd, LOCK_EX | LOCK_NB), 0);
	return fd;
}
