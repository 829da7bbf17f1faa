/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/context.h>
#include <uvio/error.h>

#include "base/context.h"
#include "base/error.h"
#include "base/rights.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "bind/binding.h"
#include "bind/rebind.h"

/* The time after which a blocking process is looked for, and the time limit of a write. */
#define LOOK_MS 2000
#define MOST_MS 60000

static const char *or_none(const char *driver)
{
	return driver[0] ? driver : "no driver";
}

/* As "writing 'vfio-pci' to bus/pci/devices/0000:00:04.0/driver_override". */
struct doing {
	char text[UVIO_ADDRESS_SIZE + UVIO_REBIND_PATH + 32];
};

static const char *describe(const struct uvio_rebind *rebind, enum uvio_rebind_step step,
	size_t skip, struct doing *doing)
{
	const char *text, *path = uvio_rebind_write(rebind, step, &text);

	if (path)
		snprintf(doing->text, sizeof(doing->text), "writing '%s' to %s", text, path + skip);
	else
		snprintf(doing->text, sizeof(doing->text), "reading which driver it has");
	return doing->text;
}

static const char *describe_short(const struct uvio_binding *binding,
	const struct uvio_rebind *rebind, enum uvio_rebind_step step, struct doing *doing)
{
	return describe(rebind, step, strlen(binding->ctx->sysfs) + 1, doing);
}

static int write_failed(const struct uvio_binding *binding, const struct uvio_rebind *rebind,
	const struct uvio_rebind_note *note)
{
	const char *text, *address = binding->address.text;
	int rc = note->rc;
	struct doing doing;

	if (rc == -EACCES)
		return uvio_fail(rc, "%s: writing %s: %s; to bind, %s", address,
			uvio_rebind_write(rebind, note->step, &text), strerror(-rc),
			uvio_mode_fix(binding->ctx));
	if (rc == -EROFS)
		return uvio_fail(rc,
			"%s: %s is mounted read-only; perhaps this is a container; bind on the "
			"host",
			address, binding->ctx->sysfs);
	return uvio_fail(
		rc, "%s: %s: %s", address, describe(rebind, note->step, 0, &doing), strerror(-rc));
}

static int did_not_bind(const struct uvio_binding *binding, const char *driver)
{
	bool vfio_pci = !strcmp(driver, "vfio-pci");
	const char *address = binding->address.text;
	char suspect[400];

	if (!binding->driver[0] && uvio_binding_suspect(binding, suspect, sizeof(suspect)))
		return uvio_fail(-EBUSY,
			"%s: the kernel did not bind it to %s; perhaps the former driver is not "
			"unbound yet; %s",
			address, driver, suspect);

	if (vfio_pci && !uvio_sysfs_exists(binding->ctx, "bus/pci/devices/%s/iommu_group", address))
		return uvio_fail(-EIO,
			"%s: the kernel did not bind it to vfio-pci: it has no IOMMU group: the "
			"IOMMU is off, or this machine has none; uvio check %s",
			address, address);
	return uvio_fail(-EIO, "%s: the kernel did not bind it to %s; dmesg says why%s", address,
		driver, vfio_pci ? "" : "; perhaps it has no interrupt line");
}

static int failed(const struct uvio_binding *binding, const struct uvio_rebind *rebind,
	const struct uvio_rebind_note *note)
{
	struct uvio_saved_error cause;
	int rc;

	if (note->step == UVIO_REBIND_COMPARE)
		rc = did_not_bind(binding, rebind->driver);
	else if (note->step == UVIO_REBIND_LOOK)
		rc = uvio_fail(note->rc, "%s: cannot read which driver it has: %s",
			binding->address.text, strerror(-note->rc));
	else
		rc = write_failed(binding, rebind, note);
	if (note->restored)
		return rc;
	uvio_error_save(&cause);
	return uvio_fail(rc, "%.900s; and %s could not be bound again", cause.text,
		rebind->was[0] ? rebind->was : "the former state");
}

/* It is bound: an override that remains is only a warning. */
static int finished(const struct uvio_binding *binding, const struct uvio_rebind *rebind,
	const struct uvio_rebind_note *note)
{
	struct uvio_saved_error before;

	if (!note->rc)
		return 0;
	if (rebind->goal != UVIO_REBIND_TAKE || note->step != UVIO_REBIND_RESTORE)
		return failed(binding, rebind, note);
	uvio_error_save(&before);
	write_failed(binding, rebind, note);
	uvio_log(binding->ctx, UVIO_LOG_WARNING, "%s", uvio_last_error());
	uvio_error_restore(&before);
	return 0;
}

/* Each write is reported before it is done: without a report perhaps no process was started. */
static int lost(const struct uvio_binding *binding, const struct uvio_rebind *rebind, bool begun)
{
	const char *address = binding->address.text;
	const char *how = begun ? "ended before it had finished (perhaps it was killed)"
				: "ended before it began (perhaps memory or a limit on processes "
				  "is exhausted, or it was killed)";
	char now[UVIO_NAME_SIZE] = "";

	uvio_binding_read_driver(binding, now);
	if (rebind->recorded && uvio_record_exists(binding->ctx, address))
		return uvio_fail(-EIO,
			"%s: the process that changes its driver %s; the device has %s now; run "
			"uvio bind or uvio unbind again, which first restores the former driver",
			address, how, or_none(now));
	return uvio_fail(-EIO,
		"%s: the process that changes its driver %s; the device has %s now, and had %s "
		"before; check its driver_override (uvio info %s), and bind it again",
		address, how, or_none(now), or_none(rebind->was), address);
}

/* Looks again for the process that the kernel waits for, since it may be newer than the change. */
static int stuck(const struct uvio_binding *binding, const struct uvio_rebind *rebind,
	enum uvio_rebind_step step)
{
	struct uvio_saved_error cause;
	struct doing doing;

	if (uvio_binding_holder(binding)) {
		uvio_error_save(&cause);
		return uvio_fail(-EBUSY,
			"%.600s; the kernel waits for that process; when it ends, the device gets "
			"its former driver (%s) back",
			cause.text, or_none(rebind->was));
	}
	return uvio_fail(-ETIMEDOUT,
		"%s: the kernel has not returned for %d s from %.900s; perhaps it waits for a "
		"program that this process cannot see, or for the card; look at dmesg; when it "
		"returns, the device gets its former driver (%s) back",
		binding->address.text, MOST_MS / 1000,
		describe_short(binding, rebind, step, &doing), or_none(rebind->was));
}

/* The change is done, so that there is nothing to undo. */
static int stuck_at_end(const struct uvio_binding *binding, const struct uvio_rebind *rebind,
	enum uvio_rebind_step step)
{
	struct doing doing;

	return uvio_fail(-ETIMEDOUT,
		"%s: it has %s now, but the kernel has not returned for %d s from %.900s; perhaps "
		"it waits for the card, or for another change of the driver; look at dmesg; the "
		"device is locked until the kernel returns",
		binding->address.text, or_none(rebind->driver), MOST_MS / 1000,
		describe_short(binding, rebind, step, &doing));
}

/* A process that certainly has the device open is reported early; a slow driver gets more time. */
static bool is_enough(const struct uvio_binding *binding, int waited_ms)
{
	return waited_ms >= MOST_MS || uvio_binding_holder(binding);
}

/* -ETIMEDOUT: it was told to undo the change; -ECANCELED: too late for that. */
static int await_end(const struct uvio_binding *binding, const struct uvio_rebind *rebind, int fd,
	struct uvio_rebind_note *note)
{
	struct doing doing;
	int rc, waited_ms = 0;

	for (;;) {
		rc = uvio_sys_receive(fd, note, sizeof(*note), LOOK_MS);
		if (rc && rc != -ETIMEDOUT)
			return rc;
		if (!rc && note->rc != UVIO_REBIND_WORKS)
			return 0;
		waited_ms = rc ? waited_ms + LOOK_MS : 0;
		if (!rc)
			uvio_log(binding->ctx, UVIO_LOG_INFO, "%s: %s", rebind->address,
				describe_short(binding, rebind, note->step, &doing));
		else if (is_enough(binding, waited_ms) && uvio_rebind_stop(fd))
			return -ETIMEDOUT;
		else if (waited_ms > MOST_MS)
			return -ECANCELED;
	}
}

static int watch(struct uvio_binding *binding, const struct uvio_rebind *rebind, int fd,
	struct uvio_rebind_note *note)
{
	struct uvio_saved_error before;
	int rc;

	uvio_error_save(&before);
	rc = await_end(binding, rebind, fd, note);
	if (!rc) {
		uvio_error_restore(&before);
		return finished(binding, rebind, note);
	}
	if (rc == -EPIPE)
		return lost(binding, rebind, note->rc == UVIO_REBIND_WORKS);
	binding->lock_left = true;
	if (rc != -ETIMEDOUT && rc != -ECANCELED)
		return uvio_fail(rc,
			"%s: lost contact with the process that changes its driver: %s; that "
			"process continues; the device had %s before; uvio info %s shows which "
			"driver it has then",
			rebind->address, strerror(-rc), or_none(rebind->was), rebind->address);
	if (rc == -ECANCELED)
		return stuck_at_end(binding, rebind, note->step);
	return stuck(binding, rebind, note->step);
}

static int perform(struct uvio_binding *binding, struct uvio_rebind *rebind, bool *restored)
{
	struct uvio_rebind_note note = {.step = UVIO_REBIND_LOOK};
	int rc, fd = uvio_rebind_start(rebind, binding->locks);
	char limit[UVIO_LIMIT_TEXT];

	if (fd < 0) {
		if (rebind->goal != UVIO_REBIND_REPAIR)
			uvio_sys_remove(rebind->record);
		uvio_limit_of_processes(binding->ctx, fd, limit);
		return uvio_fail(fd, "%s: cannot start the process that changes its driver: %s",
			binding->address.text, limit[0] ? limit : strerror(-fd));
	}
	rc = watch(binding, rebind, fd, &note);
	uvio_sys_close(fd);
	*restored = note.restored;
	return rc;
}

int uvio_binding_change(
	struct uvio_binding *binding, enum uvio_rebind_goal goal, const char *driver)
{
	struct uvio_rebind *rebind = uvio_rebind_new(binding->ctx, binding->address.text);
	bool restored;
	int rc;

	if (!rebind)
		return -ENOMEM;
	rebind->goal = goal;
	snprintf(rebind->driver, sizeof(rebind->driver), "%s", driver);
	snprintf(rebind->was, sizeof(rebind->was), "%s", binding->driver);
	snprintf(rebind->override, sizeof(rebind->override), "%s", binding->override);
	uvio_record_save(binding->ctx, rebind);
	rc = perform(binding, rebind, &restored);
	free(rebind);
	return rc;
}

/* An override that the change did not set was set by the administrator since then. */
static bool is_of_change(const struct uvio_binding *binding, const struct uvio_rebind *rebind)
{
	const char *now = binding->override;

	return !strcmp(now, rebind->driver) || !strcmp(now, rebind->was) ||
	       !strcmp(now, rebind->override);
}

static int repair(struct uvio_binding *binding, struct uvio_rebind *rebind)
{
	bool restored = false;
	int rc = perform(binding, rebind, &restored);

	if (rc)
		return rc;
	rc = uvio_binding_read_state(binding);
	if (!rc)
		uvio_log(binding->ctx, UVIO_LOG_WARNING,
			"%s: an interrupted change of its driver %s: it has %s, and "
			"driver_override is %s",
			binding->address.text,
			restored ? "was completed or undone" : "could not be completed or undone",
			or_none(binding->driver),
			binding->override[0] ? binding->override : "not set");
	return rc;
}

int uvio_binding_recover(struct uvio_binding *binding)
{
	struct uvio_rebind *rebind;
	int rc = 0;

	if (!uvio_record_exists(binding->ctx, binding->address.text))
		return 0;
	rebind = uvio_rebind_new(binding->ctx, binding->address.text);
	if (!rebind)
		return -ENOMEM;
	if (uvio_record_load(binding->ctx, rebind) && is_of_change(binding, rebind))
		rc = repair(binding, rebind);
	else
		uvio_sys_remove(rebind->record);
	free(rebind);
	return rc;
}
