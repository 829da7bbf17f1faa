/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The child process only makes system calls: the program that it is a copy of may have threads. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/apart.h"
#include "base/context.h"
#include "base/error.h"
#include "base/sys.h"
#include "bind/rebind.h"

struct work {
	const struct uvio_rebind *plan;
	struct uvio_rebind_note end;
	int fd;
};

/* The size of names that fit. */
static void copy(char *to, const char *from, size_t size)
{
	size_t n = strnlen(from, size - 1);

	memcpy(to, from, n);
	to[n] = '\0';
}

/* -ENOENT is no driver. */
static int read_driver(const struct work *work, char *driver)
{
	char target[UVIO_PATH_SIZE];
	int rc = uvio_sys_readlink(work->plan->link, target, sizeof(target));
	const char *last;

	driver[0] = '\0';
	if (rc)
		return rc == -ENOENT ? 0 : rc;
	last = strrchr(target, '/');
	copy(driver, last ? last + 1 : target, UVIO_NAME_SIZE);
	return 0;
}

static int write_file(const char *path, const char *text)
{
	int fd = uvio_sys_open(path, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = uvio_sys_write(fd, text, strlen(text));
	uvio_sys_close(fd);
	return n < 0 ? (int)n : (size_t)n == strlen(text) ? 0 : -EIO;
}

const char *uvio_rebind_write(
	const struct uvio_rebind *rebind, enum uvio_rebind_step step, const char **text)
{
	switch (step) {
	case UVIO_REBIND_UNBIND:
		*text = rebind->address;
		return rebind->files[UVIO_REBIND_FILE_UNBIND];
	case UVIO_REBIND_PROBE:
		*text = rebind->address;
		return rebind->files[UVIO_REBIND_FILE_PROBE];
	case UVIO_REBIND_CHOOSE:
		*text = rebind->driver;
		break;
	case UVIO_REBIND_FORMER:
		*text = rebind->was;
		break;
	case UVIO_REBIND_RESTORE:
		*text = rebind->override;
		break;
	case UVIO_REBIND_CLEAR:
		*text = "";
		break;
	default:
		*text = NULL;
		return NULL;
	}
	return rebind->files[UVIO_REBIND_FILE_OVERRIDE];
}

static int failed(struct work *work, enum uvio_rebind_step step, int rc)
{
	if (rc && !work->end.rc) {
		work->end.rc = rc;
		work->end.step = step;
	}
	return rc;
}

static int write_step(struct work *work, enum uvio_rebind_step step)
{
	const struct uvio_rebind_note note = {.rc = UVIO_REBIND_WORKS, .step = step};
	const char *text, *path = uvio_rebind_write(work->plan, step, &text);

	uvio_sys_send(work->fd, &note, sizeof(note), NULL, 0);
	/* An empty line clears an override: an empty string would not be a write. */
	return failed(work, step, write_file(path, text[0] ? text : "\n"));
}

static bool is_stopped(const struct work *work)
{
	char word;

	return !uvio_sys_receive(work->fd, &word, sizeof(word), 0);
}

static int write_unless_stopped(struct work *work, enum uvio_rebind_step step)
{
	int rc = write_step(work, step);

	return rc ? rc : failed(work, step, is_stopped(work) ? -ECANCELED : 0);
}

static int unbind(struct work *work, int (*write)(struct work *, enum uvio_rebind_step))
{
	char driver[UVIO_NAME_SIZE];
	int rc = failed(work, UVIO_REBIND_LOOK, read_driver(work, driver));

	return rc || !driver[0] ? rc : write(work, UVIO_REBIND_UNBIND);
}

/* Checks the link: drivers_probe also succeeds if no driver was bound. */
static int compare_driver(struct work *work)
{
	char now[UVIO_NAME_SIZE];
	int rc = failed(work, UVIO_REBIND_LOOK, read_driver(work, now));

	if (rc || work->plan->goal != UVIO_REBIND_TAKE)
		return rc;
	return failed(work, UVIO_REBIND_COMPARE, strcmp(now, work->plan->driver) ? -EIO : 0);
}

static int change(struct work *work)
{
	const struct uvio_rebind *plan = work->plan;
	int rc = 0;

	if (plan->goal != UVIO_REBIND_DROP)
		rc = write_unless_stopped(work, UVIO_REBIND_CHOOSE);
	if (!rc)
		rc = unbind(work, write_unless_stopped);
	if (!rc && plan->goal != UVIO_REBIND_DROP)
		rc = write_unless_stopped(work, UVIO_REBIND_PROBE);
	return rc ? rc : compare_driver(work);
}

/* After an interrupted change also the driver that it had bound. */
static bool has_former_driver(const struct uvio_rebind *plan, const char *driver)
{
	if (!strcmp(driver, plan->was))
		return true;
	if (plan->goal != UVIO_REBIND_REPAIR)
		return false;
	if (plan->interrupted == UVIO_REBIND_NATURAL)
		return driver[0];
	return !strcmp(driver, plan->driver);
}

static void restore(struct work *work)
{
	const struct uvio_rebind *plan = work->plan;
	enum uvio_rebind_step last = UVIO_REBIND_RESTORE;
	char now[UVIO_NAME_SIZE];

	if (read_driver(work, now) || !has_former_driver(plan, now)) {
		unbind(work, write_step);
		write_step(work, UVIO_REBIND_FORMER);
		if (plan->was[0])
			write_step(work, UVIO_REBIND_PROBE);
	} else if (plan->goal == UVIO_REBIND_REPAIR && plan->interrupted == UVIO_REBIND_NATURAL &&
		   strcmp(now, plan->was) != 0) {
		last = UVIO_REBIND_CLEAR;
	}
	write_step(work, last);
	work->end.restored = !read_driver(work, now) && has_former_driver(plan, now);
}

/* From here on nobody can stop it; a request that was sent before is still read. */
static int commit(struct work *work)
{
	uvio_sys_stop_receiving(work->fd);
	return failed(work, UVIO_REBIND_LOOK, is_stopped(work) ? -ECANCELED : 0);
}

static void change_or_restore(struct work *work)
{
	int rc = change(work);

	if (!rc)
		rc = commit(work);
	if (rc)
		restore(work);
	else if (work->plan->goal == UVIO_REBIND_TAKE)
		write_step(work, UVIO_REBIND_RESTORE);
}

static void run(void *data, int fd)
{
	struct work work = {.plan = data, .fd = fd};

	if (work.plan->goal == UVIO_REBIND_REPAIR)
		restore(&work);
	else
		change_or_restore(&work);
	uvio_sys_remove(work.plan->record);
	uvio_sys_send(fd, &work.end, sizeof(work.end), NULL, 0);
}

struct uvio_rebind *uvio_rebind_new(struct uvio_ctx *ctx, const char *address)
{
	static const char *const names[] = {
		[UVIO_REBIND_FILE_OVERRIDE] = "driver_override",
		[UVIO_REBIND_FILE_UNBIND] = "driver/unbind",
	};
	struct uvio_rebind *rebind = calloc(1, sizeof(*rebind));

	if (!rebind) {
		uvio_no_memory(address);
		return NULL;
	}
	snprintf(rebind->address, sizeof(rebind->address), "%s", address);
	for (int i = 0; i < (int)ARRAY_SIZE(names); i++)
		snprintf(rebind->files[i], UVIO_REBIND_PATH, "%s/bus/pci/devices/%s/%s", ctx->sysfs,
			address, names[i]);
	snprintf(rebind->files[UVIO_REBIND_FILE_PROBE], UVIO_REBIND_PATH,
		"%s/bus/pci/drivers_probe", ctx->sysfs);
	snprintf(rebind->link, UVIO_REBIND_PATH, "%s/bus/pci/devices/%s/driver", ctx->sysfs,
		address);
	snprintf(rebind->record, UVIO_REBIND_PATH, "%s/uvio/bind-%s", ctx->run, address);
	return rebind;
}

int uvio_rebind_start(struct uvio_rebind *rebind, const int locks[UVIO_REBIND_LOCKS])
{
	return uvio_apart_start(run, rebind, locks);
}

bool uvio_rebind_stop(int fd)
{
	return !uvio_sys_send(fd, "", 1, NULL, 0);
}
