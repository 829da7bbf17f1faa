/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Devices that the kernel's own drivers have, in use by what they give: a network interface, a disk
 * and a serial line. They are left alone, and the error message says why.
 */
#include <config.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/check.h>
#include <uvio/device.h>
#include <uvio/error.h>

#include "conformance.h"

struct user {
	pid_t pid;
	int out;
};

struct used {
	const char *driver;
	const char *name;
	int (*run)(struct pair *pair);
};

/* A process which has @path open, or is in a network namespace of its own where that is NULL. */
static int user_start(struct user *user, const char *path)
{
	int ready[2];
	char byte;

	CHECK(!pipe2(ready, O_CLOEXEC));
	fflush(stdout);
	user->pid = fork();
	if (!user->pid) {
		if (path ? open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY) < 0 : unshare(CLONE_NEWNET))
			_exit(1);
		(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	user->out = ready[0];
	CHECK(user->pid > 0 && read(user->out, &byte, 1) == 1);
	return PASS;
}

static void user_end(struct user *user)
{
	close(user->out);
	kill(user->pid, SIGKILL);
	waitpid(user->pid, NULL, 0);
}

static int command(const char *format, ...) UVIO_PRINTF(1, 2);

static int command(const char *format, ...)
{
	char line[128];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	return system(line) ? fail_at(__FILE__, __LINE__, "%s", line) : PASS;
}

static int in_use(struct pair *pair)
{
	struct uvio_device *device;
	int rc;

	CHECK_OK(uvio_device_find(pair->ctx, pair->address, &device));
	rc = uvio_device_in_use(pair->ctx, device);
	uvio_device_free(device);
	return rc;
}

static enum uvio_verdict verdict(struct pair *pair)
{
	enum uvio_verdict verdict = UVIO_USABLE;
	struct uvio_device *device;
	struct uvio_check *check;

	if (uvio_device_find(pair->ctx, pair->address, &device))
		return verdict;
	if (!uvio_check_device(pair->ctx, device, "vfio", &check)) {
		verdict = uvio_check_verdict(check);
		uvio_check_free(check);
	}
	uvio_device_free(device);
	return verdict;
}

static int is_left_alone(struct pair *pair, const char *text)
{
	CHECK_ERR(in_use(pair), -EBUSY, text);
	CHECK(verdict(pair) == UVIO_IN_USE);
	CHECK_ERR(uvio_bind(pair->ctx, pair->address, "vfio"), -EBUSY, text);
	CHECK_ERR(uvio_bind(pair->ctx, pair->address, "uio"), -EBUSY, text);
	CHECK_ERR(uvio_unbind(pair->ctx, pair->address), -EBUSY, text);
	return PASS;
}

static int is_left_to_opener(struct pair *pair, const char *path)
{
	char text[96];
	struct user user;
	int rc;

	CHECK_OK(in_use(pair));
	if (user_start(&user, path))
		return FAIL;
	snprintf(text, sizeof(text), "%s is open in process %d (", path, (int)user.pid);
	rc = is_left_alone(pair, text);
	user_end(&user);
	if (rc)
		return rc;
	CHECK_OK(in_use(pair));
	return PASS;
}

static int disk_is_open(struct pair *pair)
{
	return is_left_to_opener(pair, "/dev/vda");
}

static int line_is_open(struct pair *pair)
{
	return is_left_to_opener(pair, "/dev/ttyS4");
}

static int interface_is_up(struct pair *pair)
{
	int rc;

	CHECK_OK(in_use(pair));
	CHECK(!command("ip link set eth0 up"));
	rc = is_left_alone(pair, "network interface eth0 is up; take it down first");
	CHECK(!command("ip link set eth0 down"));
	if (rc)
		return rc;
	CHECK_OK(in_use(pair));
	return PASS;
}

/* The last of its cases: the kernel takes the interface back some time after the process ends. */
static int interface_is_elsewhere(struct pair *pair)
{
	struct user user;
	int rc;

	if (user_start(&user, NULL))
		return FAIL;
	rc = command("ip link set eth0 netns %d", (int)user.pid);
	if (!rc)
		rc = is_left_alone(
			pair, ": its network interface is in another network namespace; end the");
	user_end(&user);
	return rc;
}

static const struct used cases[] = {
	{"virtio-pci", "a disk that a process has open", disk_is_open},
	{"serial", "a serial line that a process has open", line_is_open},
	{"e1000", "a network interface that is up", interface_is_up},
	{"e1000", "a network interface in another namespace", interface_is_elsewhere},
};

static int run_on(struct uvio_ctx *ctx, const struct used *used)
{
	struct uvio_device **devices;
	int result = -1, count = uvio_device_list(ctx, &devices);

	for (int i = 0; i < count; i++) {
		const struct uvio_device_info *info = uvio_device_info(devices[i]);
		struct pair pair = {.ctx = ctx, .address = info->address};

		if (info->driver && !strcmp(info->driver, used->driver))
			result = used->run(&pair);
	}
	uvio_device_list_free(devices, count);
	if (result < 0)
		return fail_at(__FILE__, __LINE__, "no device of the driver %s", used->driver);
	return result;
}

void run_used(struct uvio_ctx *ctx)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		report(run_on(ctx, &cases[i]), NULL, "used: %s", cases[i].name);
}
