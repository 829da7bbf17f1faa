/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/check.h>
#include <uvio/device.h>
#include <uvio/error.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/context.h"
#include "base/error.h"
#include "base/finding.h"
#include "base/sysfs.h"
#include "check/check.h"
#include "check/choose.h"
#include "check/machine.h"
#include "device/device.h"
#include "owner/inuse.h"
#include "owner/run.h"

static int probe(struct uvio_ctx *ctx, const struct uvio_device *device,
	const struct uvio_backend *backend, const char *transport, struct uvio_check *check)
{
	if (device->info.bridge)
		uvio_check_add(check, UVIO_UNFIT, "use the card behind it (uvio list)",
			"%s: a bridge, which user space cannot drive", device->info.address);
	else
		backend->ops->probe(ctx, device, transport, check);
	return uvio_check_end(check, device->info.address);
}

int uvio_check_judge(struct uvio_ctx *ctx, const struct uvio_device *device,
	const struct uvio_backend *backend, const char *transport, enum uvio_verdict *verdict)
{
	struct uvio_check check = {0};
	int rc = probe(ctx, device, backend, transport, &check);

	*verdict = check.verdict;
	uvio_check_cleanup(&check);
	return rc;
}

/* Whether the device could be driven so, once it is bound and nobody has it. */
static bool would_do(struct uvio_ctx *ctx, const struct uvio_device *device, const char *name)
{
	const struct uvio_backend *backend;
	enum uvio_verdict verdict;
	const char *transport;

	return device && !uvio_backend_parse(name, &backend, &transport) &&
	       !uvio_check_judge(ctx, device, backend, transport, &verdict) &&
	       verdict <= UVIO_IN_USE;
}

/*
 * Advice may name another backend in brackets, "boot with iommu=pt[vfio:, or use the vfio
 * backend]": that stays where the other one would do.
 */
static void settle_advice(struct uvio_ctx *ctx, const struct uvio_device *device, char *text)
{
	char *open, *colon, *close;

	while ((open = strchr(text, '['))) {
		colon = strchr(open, ':');
		close = strchr(open, ']');
		if (!colon || !close || colon > close)
			return;
		*colon = '\0';
		if (!would_do(ctx, device, open + 1))
			colon = close - 1;
		memmove(close, close + 1, strlen(close + 1) + 1);
		memmove(open, colon + 1, strlen(colon + 1) + 1);
	}
}

static void settle_fix(
	struct uvio_ctx *ctx, const struct uvio_device *device, struct uvio_finding *finding)
{
	char *fix = (char *)finding->fix;

	if (fix)
		settle_advice(ctx, device, fix);
	if (fix && !*fix) {
		free(fix);
		finding->fix = NULL;
	}
}

/* By itself, so that the text is not on the stack while the backend looks. */
static void __attribute__((noinline))
settle_fixes(struct uvio_ctx *ctx, const struct uvio_device *device, struct uvio_check *check)
{
	struct uvio_saved_error before;

	uvio_error_save(&before);
	for (unsigned int i = 0; i < check->count; i++)
		settle_fix(ctx, device, check->findings[i]);
	uvio_error_restore(&before);
}

static int run(struct uvio_ctx *ctx, const struct uvio_device *device,
	const struct uvio_backend *backend, const char *transport, struct uvio_check *check)
{
	int rc = probe(ctx, device, backend, transport, check);

	if (!rc)
		settle_fixes(ctx, device, check);
	return rc;
}

static int check_with(struct uvio_ctx *ctx, const struct uvio_device *device,
	const struct uvio_backend *backend, const char *transport, struct uvio_check **out)
{
	struct uvio_check *check = calloc(1, sizeof(*check));
	int rc;

	if (!check)
		return uvio_no_memory(device->info.address);
	rc = run(ctx, device, backend, transport, check);
	if (rc) {
		uvio_check_free(check);
		return rc;
	}
	*out = check;
	return 0;
}

int uvio_check_unused(struct uvio_ctx *ctx, const struct uvio_device *device, const char *name,
	struct uvio_check **out)
{
	const struct uvio_backend *backend;
	const char *transport;
	int rc = uvio_backend_parse(name, &backend, &transport);

	return rc ? rc : check_with(ctx, device, backend, transport, out);
}

/* What a search for the users of a device said, which is the same for all backends. */
struct use {
	struct uvio_saved_error found;
	bool unknown; /* the search could not be done, which open needs where others may have it */
};

static struct use *search_users(struct uvio_ctx *ctx, const struct uvio_device *device)
{
	struct use *use = calloc(1, sizeof(*use));
	struct uvio_saved_error before;
	bool done;
	int rc;

	if (!use) {
		uvio_no_memory(device->info.address);
		return NULL;
	}
	uvio_error_save(&before);
	rc = uvio_device_search(ctx, device, &done);
	uvio_error_save(&use->found);
	use->found.err = rc;
	use->unknown = rc && !done && uvio_registers_in_use(ctx, &device->address);
	uvio_error_restore(&before);
	return use;
}

static bool is_exclusive(const char *name)
{
	const struct uvio_backend *backend;
	const char *transport;

	return uvio_backend_parse(name, &backend, &transport) || backend->exclusive;
}

static int add_use(struct uvio_ctx *ctx, const struct uvio_device *device, const struct use *use,
	const char *backend, struct uvio_check *check)
{
	bool fails = use->unknown && !is_exclusive(backend), busy = use->found.err == -EBUSY;
	struct uvio_saved_error before;

	if (use->found.err)
		uvio_check_add(check,
			busy	? UVIO_BUSY
			: fails ? UVIO_BLOCKS
				: UVIO_NOTE,
			NULL, "%s", use->found.text);
	uvio_error_save(&before);
	if (!busy && uvio_run_lock_probe(ctx, &device->address))
		uvio_check_add(check, UVIO_BLOCKS, NULL, "%s", uvio_last_error());
	uvio_error_restore(&before);
	return uvio_check_end(check, device->info.address);
}

/* @name: NULL for the first of all backends. */
static const char *name_at(const char *name, unsigned int i)
{
	return name ? name : uvio_backend_name(i);
}

static int add_uses(struct uvio_ctx *ctx, const struct uvio_device *device, const char *name,
	struct uvio_check *checks[], unsigned int count)
{
	struct use *use;
	int rc = 0;

	if (device->info.bridge)
		return 0;
	use = search_users(ctx, device);
	if (!use)
		return -ENOMEM;
	for (unsigned int i = 0; i < count && !rc; i++)
		rc = add_use(ctx, device, use, name_at(name, i), checks[i]);
	free(use);
	return rc;
}

static int check_each(struct uvio_ctx *ctx, const struct uvio_device *device, const char *name,
	struct uvio_check *checks[], unsigned int count)
{
	int rc = 0;

	for (unsigned int i = 0; i < count && !rc; i++)
		rc = uvio_check_unused(ctx, device, name_at(name, i), &checks[i]);
	if (!rc && count)
		rc = add_uses(ctx, device, name, checks, count);
	for (unsigned int i = 0; i < count && rc; i++) {
		uvio_check_free(checks[i]);
		checks[i] = NULL;
	}
	return rc;
}

int uvio_check_device(struct uvio_ctx *ctx, const struct uvio_device *device, const char *name,
	struct uvio_check **out)
{
	struct uvio_check *check = NULL;
	int rc;

	if (UVIO_NULL("ctx", ctx) || UVIO_NULL("device", device) || UVIO_NULL("check", out))
		return -EINVAL;
	if (!name)
		return uvio_no_backend("(none)");
	rc = check_each(ctx, device, name, &check, 1);
	if (!rc)
		*out = check;
	return rc;
}

int uvio_check_backends(struct uvio_ctx *ctx, const struct uvio_device *device,
	struct uvio_check *checks[], unsigned int count)
{
	unsigned int all = uvio_backend_count();

	if (UVIO_NULL("ctx", ctx) || UVIO_NULL("device", device) || UVIO_NULL("checks", checks))
		return -EINVAL;
	for (unsigned int i = 0; i < count; i++)
		checks[i] = NULL;
	return check_each(ctx, device, NULL, checks, count < all ? count : all);
}

/* Without it nothing else can be found out. */
static void no_sysfs(struct uvio_ctx *ctx, struct uvio_check *check)
{
	char fix[UVIO_PATH_SIZE + 32];

	snprintf(fix, sizeof(fix), "mount -t sysfs sysfs %s", ctx->sysfs);
	uvio_check_add(check, UVIO_BLOCKS, fix,
		"sysfs: %s has neither \"bus\" nor \"class\"; perhaps it is not mounted, as in a "
		"chroot",
		ctx->sysfs);
}

/* @name: NULL, or of a backend. */
static int machine_with(struct uvio_ctx *ctx, const char *name, struct uvio_check *check)
{
	const struct uvio_backend *backend;
	const char *transport;
	int rc = name ? uvio_backend_parse(name, &backend, &transport) : 0;

	if (rc)
		return rc;
	if (!uvio_sysfs_is_there(ctx))
		no_sysfs(ctx, check);
	else if (!name)
		uvio_machine_probe(ctx, check);
	else if (backend->ops->machine)
		backend->ops->machine(ctx, check);
	return uvio_check_end(check, "this machine");
}

bool uvio_machine_has(struct uvio_ctx *ctx, const char *backend)
{
	struct uvio_check check = {0};
	bool has = !machine_with(ctx, backend, &check) && check.verdict == UVIO_USABLE;

	uvio_check_cleanup(&check);
	return has;
}

int uvio_check_machine(struct uvio_ctx *ctx, const char *backend, struct uvio_check **out)
{
	struct uvio_check *check;
	int rc;

	if (UVIO_NULL("ctx", ctx) || UVIO_NULL("check", out))
		return -EINVAL;
	check = calloc(1, sizeof(*check));
	if (!check)
		return uvio_no_memory("this machine");
	rc = machine_with(ctx, backend, check);
	if (rc) {
		uvio_check_free(check);
		return rc;
	}
	*out = check;
	return 0;
}

void uvio_check_free(struct uvio_check *check)
{
	if (!check)
		return;
	uvio_check_cleanup(check);
	free(check);
}

enum uvio_verdict uvio_check_verdict(const struct uvio_check *check)
{
	if (UVIO_NULL("check", check))
		return UVIO_BROKEN;
	return check->verdict;
}

const struct uvio_finding *const *uvio_check_findings(
	const struct uvio_check *check, unsigned int *count)
{
	if (UVIO_NULL("check", check) || UVIO_NULL("count", count))
		return NULL;
	*count = check->count;
	return (const struct uvio_finding *const *)check->findings;
}

int uvio_fail_advised(struct uvio_udev *udev, int err, const char *format, ...)
{
	struct uvio_device *device;
	char text[UVIO_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* For a device that is gone there is no advice. */
	if (uvio_device_at(udev->ctx, &udev->address, &device))
		device = NULL;
	settle_advice(udev->ctx, device, text);
	uvio_device_free(device);
	return uvio_fail(err, "%s", text);
}

static bool explain(struct uvio_udev *udev, int err)
{
	struct uvio_device *device;
	struct uvio_check *check = NULL;
	bool explained;

	if (uvio_device_at(udev->ctx, &udev->address, &device))
		return false;
	if (check_with(udev->ctx, device, udev->backend, udev->transport, &check)) {
		uvio_device_free(device);
		return false;
	}
	explained = check && check->verdict != UVIO_USABLE;
	if (explained)
		uvio_check_fail(check, err);
	uvio_check_free(check);
	uvio_device_free(device);
	return explained;
}

int uvio_open_failed(struct uvio_udev *udev, int err, const char *step, const char *cause)
{
	if (explain(udev, err))
		return err;
	return uvio_fail(err, "%s: %s: %s (%s)", udev->address.text, step,
		cause ? cause : strerror(-err), uvio_errname(err));
}
