/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binding.h"
#include "sys.h"

/* How long a write may take until somebody is looked for whom the kernel waits for; and at all. */
#define LOOK_MS 2000
#define MOST_MS 60000

static const char *or_none(const char *driver)
{
	return driver[0] ? driver : "no driver";
}

/* As in messages: without the root of sysfs, and without the newline that clears an override. */
static const char *file_name(
	const struct uvio_binding *binding, const struct uvio_rebind *rebind, int file)
{
	return rebind->files[file] + strlen(binding->ctx->sysfs) + 1;
}

static const char *shown(char *text)
{
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void log_write(const struct uvio_binding *binding, const struct uvio_rebind *rebind,
	struct uvio_rebind_note *note)
{
	uvio_log(binding->ctx, UVIO_LOG_INFO, "%s: writing '%s' to %s", binding->address.text,
		shown(note->text), file_name(binding, rebind, (int)note->file));
}

static int write_failed(const struct uvio_binding *binding, const struct uvio_rebind *rebind,
	struct uvio_rebind_note *note, int rc)
{
	const char *path = rebind->files[note->file], *address = binding->address.text;

	if (rc == -EACCES)
		return uvio_fail(rc,
			"%s: writing %s: %s; to bind, run as root (sudo) or with CAP_DAC_OVERRIDE",
			address, path, strerror(-rc));
	if (rc == -EROFS)
		return uvio_fail(rc,
			"%s: %s is mounted read-only, as in a container; bind on the host", address,
			binding->ctx->sysfs);
	return uvio_fail(
		rc, "%s: writing '%s' to %s: %s", address, shown(note->text), path, strerror(-rc));
}

static int did_not_bind(const struct uvio_binding *binding, const char *driver, const char *now)
{
	bool vfio_pci = !strcmp(driver, "vfio-pci");
	const char *address = binding->address.text;
	char suspect[400];

	if (!binding->driver[0] && !now[0] &&
		uvio_binding_suspect(binding, suspect, sizeof(suspect)))
		return uvio_fail(-EBUSY,
			"%s: the kernel did not bind it to %s: the former driver may not be off "
			"yet; %s",
			address, driver, suspect);

	if (vfio_pci && !uvio_sysfs_exists(binding->ctx, "bus/pci/devices/%s/iommu_group", address))
		return uvio_fail(-EIO,
			"%s: the kernel did not bind it to vfio-pci: it has no IOMMU group, so "
			"the IOMMU is off, or this machine has none; uvio check %s",
			address, address);
	return uvio_fail(-EIO, "%s: the kernel did not bind it to %s (%s%s); dmesg says why%s",
		address, driver, now[0] ? "it has " : "no driver took it", now,
		vfio_pci ? "" : ", as that it has no interrupt line");
}

static int failed(const struct uvio_binding *binding, const struct uvio_rebind *rebind,
	struct uvio_rebind_note *note)
{
	struct uvio_saved_error cause;
	int rc;

	if (note->written)
		rc = write_failed(binding, rebind, note, note->rc);
	else if (note->rc == -EIO && rebind->goal == UVIO_REBIND_TAKE)
		rc = did_not_bind(binding, rebind->driver, note->now);
	else
		rc = uvio_fail(note->rc, "%s: cannot see which driver it has: %s",
			binding->address.text, strerror(-note->rc));
	if (note->restored)
		return rc;
	uvio_error_save(&cause);
	return uvio_fail(rc, "%.900s; and %s could not be bound again", cause.text,
		rebind->was[0] ? rebind->was : "the former state");
}

/* It is bound: an override that stays behind is worth a warning. */
static int finished(const struct uvio_binding *binding, const struct uvio_rebind *rebind,
	struct uvio_rebind_note *note)
{
	struct uvio_saved_error before;

	if (note->rc)
		return failed(binding, rebind, note);
	if (!note->override_rc)
		return 0;
	uvio_error_save(&before);
	note->file = UVIO_REBIND_OVERRIDE;
	snprintf(note->text, sizeof(note->text), "%s", rebind->override);
	write_failed(binding, rebind, note, note->override_rc);
	uvio_log(binding->ctx, UVIO_LOG_WARNING, "%s", uvio_last_error());
	uvio_error_restore(&before);
	return 0;
}

/* It was killed, or does not answer: the record of the former driver is there. */
static int lost(struct uvio_binding *binding, int rc)
{
	char now[UVIO_NAME_SIZE] = "";

	binding->lock_left = rc != -EPIPE;
	uvio_binding_read_driver(binding, now);
	return uvio_fail(-EIO,
		"%s: the process that changes its driver %s; the device has %s now; run uvio bind "
		"or uvio unbind again, which first restores the former driver",
		binding->address.text, rc == -EPIPE ? "was killed" : "does not answer",
		or_none(now));
}

/* What the kernel waits for is asked again now: it may have come since the change began. */
static int stuck(struct uvio_binding *binding, const struct uvio_rebind *rebind,
	struct uvio_rebind_note *note)
{
	struct uvio_saved_error cause;

	binding->lock_left = true;
	if (uvio_binding_holder(binding)) {
		uvio_error_save(&cause);
		return uvio_fail(-EBUSY,
			"%.600s; the kernel waits for that process, and when it has ended, the "
			"device gets its former driver (%s) back",
			cause.text, or_none(rebind->was));
	}
	return uvio_fail(-ETIMEDOUT,
		"%s: the kernel has not returned for %d s from writing '%s' to %s: perhaps it "
		"waits for a program that cannot be seen from here, or for the card; look at "
		"dmesg; when it returns, the device gets its former driver (%s) back",
		binding->address.text, MOST_MS / 1000, shown(note->text),
		file_name(binding, rebind, (int)note->file), or_none(rebind->was));
}

/* Whoever has the device for certain is told at once; a driver that is slow has its time. */
static bool is_enough(const struct uvio_binding *binding, int waited_ms)
{
	return waited_ms >= MOST_MS || uvio_binding_holder(binding);
}

static int watch(struct uvio_binding *binding, const struct uvio_rebind *rebind, int fd)
{
	struct uvio_rebind_note note = {.file = UVIO_REBIND_UNBIND}, next;
	struct uvio_saved_error before;
	int rc, waited_ms = 0;

	uvio_error_save(&before);
	for (;;) {
		rc = uvio_sys_receive(fd, &next, sizeof(next), LOOK_MS);
		if (rc && rc != -ETIMEDOUT)
			return lost(binding, rc);
		if (!rc && next.done)
			break;
		waited_ms = rc ? waited_ms + LOOK_MS : 0;
		if (!rc)
			log_write(binding, rebind, &next);
		note = rc ? note : next;
		if (rc && is_enough(binding, waited_ms) && uvio_rebind_stop(fd))
			return stuck(binding, rebind, &note);
	}
	uvio_error_restore(&before);
	return finished(binding, rebind, &next);
}

static int perform(struct uvio_binding *binding, struct uvio_rebind *rebind)
{
	int rc, fd = uvio_rebind_start(rebind, binding->lock_fd);

	if (fd < 0) {
		uvio_sys_remove(rebind->record);
		return uvio_fail(fd, "%s: cannot start the process that changes its driver: %s",
			binding->address.text, strerror(-fd));
	}
	rc = watch(binding, rebind, fd);
	uvio_sys_close(fd);
	return rc;
}

int uvio_binding_change(
	struct uvio_binding *binding, enum uvio_rebind_goal goal, const char *driver)
{
	struct uvio_rebind *rebind = uvio_rebind_new(binding->ctx, binding->address.text);
	int rc;

	if (!rebind)
		return -ENOMEM;
	rebind->goal = goal;
	snprintf(rebind->driver, sizeof(rebind->driver), "%s", driver);
	snprintf(rebind->was, sizeof(rebind->was), "%s", binding->driver);
	snprintf(rebind->override, sizeof(rebind->override), "%s", binding->override);
	uvio_record_save(binding->ctx, rebind);
	rc = perform(binding, rebind);
	free(rebind);
	return rc;
}

/* Another override than those of the change is the administrator's, set since then. */
static bool is_of_change(const struct uvio_binding *binding, const struct uvio_rebind *rebind)
{
	const char *now = binding->override;

	return !strcmp(now, rebind->driver) || !strcmp(now, rebind->was) ||
	       !strcmp(now, rebind->override);
}

/* As where the former driver was unloaded since then. */
static bool is_put_right(const struct uvio_binding *binding, const struct uvio_rebind *rebind)
{
	return rebind->interrupted == UVIO_REBIND_NATURAL ||
	       !strcmp(binding->driver, rebind->was) || !strcmp(binding->driver, rebind->driver);
}

static int repair(struct uvio_binding *binding, struct uvio_rebind *rebind)
{
	int rc = perform(binding, rebind);

	if (rc)
		return rc;
	rc = uvio_binding_read_state(binding);
	if (!rc)
		uvio_log(binding->ctx, UVIO_LOG_WARNING,
			"%s: an interrupted change of its driver %s: it has %s, and "
			"driver_override is %s",
			binding->address.text,
			is_put_right(binding, rebind) ? "was put right" : "could not be put right",
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
