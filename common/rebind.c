/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* What runs apart makes system calls only: the program that it is a copy of may have threads. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apart.h"
#include "rebind.h"
#include "sys.h"

struct work {
	const struct uvio_rebind *plan;
	struct uvio_rebind_note end;
	int fd;
};

/* Of names which fit. */
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

static int put(struct work *work, enum uvio_rebind_file file, const char *text)
{
	struct uvio_rebind_note note = {.file = file};
	int rc;

	/* An empty line clears an override: nothing at all would not be a write. */
	text = text[0] ? text : "\n";
	copy(note.text, text, sizeof(note.text));
	uvio_sys_send(work->fd, &note, sizeof(note), NULL, 0);
	rc = write_file(work->plan->files[file], text);
	if (!rc || work->end.rc)
		return rc;
	work->end = note;
	work->end.written = true;
	return work->end.rc = rc;
}

static bool is_stopped(const struct work *work)
{
	char word;

	return !uvio_sys_receive(work->fd, &word, sizeof(word), 0);
}

static int step(struct work *work, enum uvio_rebind_file file, const char *text)
{
	int rc = put(work, file, text);

	return rc ? rc : is_stopped(work) ? -ECANCELED : 0;
}

static int drop_driver(struct work *work, bool stoppable)
{
	char driver[UVIO_NAME_SIZE];
	int rc = read_driver(work, driver);

	if (rc || !driver[0])
		return rc;
	return (stoppable ? step : put)(work, UVIO_REBIND_UNBIND, work->plan->address);
}

static int go(struct work *work)
{
	const struct uvio_rebind *plan = work->plan;
	int rc = 0;

	if (plan->goal != UVIO_REBIND_DROP)
		rc = step(work, UVIO_REBIND_OVERRIDE, plan->driver);
	if (!rc)
		rc = drop_driver(work, true);
	if (!rc && plan->goal != UVIO_REBIND_DROP)
		rc = step(work, UVIO_REBIND_PROBE, plan->address);
	if (!rc)
		rc = read_driver(work, work->end.now);
	/* The link decides: drivers_probe succeeds also where nothing took the device. */
	if (!rc && plan->goal == UVIO_REBIND_TAKE && strcmp(work->end.now, plan->driver) != 0)
		rc = -EIO;
	return rc;
}

/* After an interrupted change also what that had reached. */
static bool is_good(const struct uvio_rebind *plan, const char *driver)
{
	if (!strcmp(driver, plan->was))
		return true;
	if (plan->goal != UVIO_REBIND_REPAIR)
		return false;
	if (plan->interrupted == UVIO_REBIND_NATURAL)
		return driver[0];
	return !strcmp(driver, plan->driver);
}

static void put_back(struct work *work)
{
	const struct uvio_rebind *plan = work->plan;
	const char *override = plan->override;
	char now[UVIO_NAME_SIZE];

	if (read_driver(work, now) || !is_good(plan, now)) {
		drop_driver(work, false);
		put(work, UVIO_REBIND_OVERRIDE, plan->was);
		if (plan->was[0])
			put(work, UVIO_REBIND_PROBE, plan->address);
	} else if (plan->goal == UVIO_REBIND_REPAIR && plan->interrupted == UVIO_REBIND_NATURAL &&
		   strcmp(now, plan->was) != 0) {
		override = "";
	}
	put(work, UVIO_REBIND_OVERRIDE, override);
	work->end.restored = !read_driver(work, now) && is_good(plan, now);
}

/* From here on nobody can stop it: what was said before is heard. */
static int commit(const struct work *work)
{
	uvio_sys_stop_receiving(work->fd);
	return is_stopped(work) ? -ECANCELED : 0;
}

static int reach_goal(struct work *work)
{
	int rc = go(work);

	if (!rc)
		rc = commit(work);
	if (rc && !work->end.rc)
		work->end.rc = rc;
	if (rc)
		put_back(work);
	else if (work->plan->goal == UVIO_REBIND_TAKE)
		work->end.override_rc = put(work, UVIO_REBIND_OVERRIDE, work->plan->override);
	return rc;
}

static void run(void *data, int fd)
{
	struct work work = {.plan = data, .fd = fd};

	if (work.plan->goal == UVIO_REBIND_REPAIR)
		put_back(&work);
	else
		work.end.rc = reach_goal(&work);
	uvio_sys_remove(work.plan->record);
	work.end.done = true;
	uvio_sys_send(fd, &work.end, sizeof(work.end), NULL, 0);
}

struct uvio_rebind *uvio_rebind_new(struct uvio_ctx *ctx, const char *address)
{
	static const char *const names[] = {
		[UVIO_REBIND_OVERRIDE] = "driver_override",
		[UVIO_REBIND_UNBIND] = "driver/unbind",
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
	snprintf(rebind->files[UVIO_REBIND_PROBE], UVIO_REBIND_PATH, "%s/bus/pci/drivers_probe",
		ctx->sysfs);
	snprintf(rebind->link, UVIO_REBIND_PATH, "%s/bus/pci/devices/%s/driver", ctx->sysfs,
		address);
	snprintf(rebind->record, UVIO_REBIND_PATH, "%s/uvio/bind-%s", ctx->run, address);
	return rebind;
}

int uvio_rebind_start(struct uvio_rebind *rebind, int lock)
{
	return uvio_apart_start(run, rebind, lock);
}

bool uvio_rebind_stop(int fd)
{
	return !uvio_sys_send(fd, "", 1, NULL, 0);
}
