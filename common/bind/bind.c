/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/bind.h>
#include <uvio/device.h>
#include <uvio/error.h>

#include "backend/backend.h"
#include "base/address.h"
#include "base/context.h"
#include "base/error.h"
#include "base/given.h"
#include "base/rights.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "bind/binding.h"
#include "bind/rebind.h"
#include "check/choose.h"
#include "device/device.h"
#include "owner/inuse.h"
#include "owner/lock.h"
#include "owner/run.h"

#define NODE_TIMEOUT_MS 2000

int uvio_binding_read_driver(const struct uvio_binding *binding, char *driver)
{
	int rc = uvio_sysfs_link(binding->ctx, driver, UVIO_NAME_SIZE, "bus/pci/devices/%s/driver",
		binding->address.text);

	if (!rc)
		return 0;
	driver[0] = '\0';
	if (rc == -ENOENT)
		return 0;
	return uvio_fail(rc, "%s: cannot read which driver it has: %s", binding->address.text,
		strerror(-rc));
}

/* As for the module uio_mf624, whose driver is mf624. */
static int other_name(const struct uvio_binding *binding, const char *module)
{
	char **names;
	int count = uvio_sysfs_names(binding->ctx, "pci:", &names, "module/%s/drivers", module);
	int rc = 0;

	if (count > 0)
		rc = uvio_fail(-ENOENT,
			"%s: %s is a module, whose kernel driver is named %s; uvio bind %s %s",
			binding->address.text, module, names[0] + 4, binding->address.text,
			names[0] + 4);
	uvio_names_free(names, count);
	return rc;
}

static bool is_of_backend(const char *driver)
{
	const struct uvio_backend *backend;

	for (unsigned int i = 0; (backend = uvio_backend_at(i)); i++)
		if (backend->kernel_driver && !strcmp(backend->kernel_driver, driver))
			return true;
	return false;
}

static int require_driver(const struct uvio_binding *binding, const char *driver)
{
	if (uvio_sysfs_exists(binding->ctx, "bus/pci/drivers/%s", driver))
		return 0;
	if (other_name(binding, driver))
		return -ENOENT;
	if (!is_of_backend(driver))
		return uvio_fail(-ENOENT,
			"%s: %s is not a backend, and no kernel driver of this name is loaded; if "
			"it is a kernel driver, modprobe %s",
			binding->address.text, driver, driver);
	return uvio_fail(-ENOENT, "%s: the kernel driver %s is not loaded; modprobe %s",
		binding->address.text, driver, driver);
}

static int require_device(struct uvio_binding *binding, const char *text)
{
	struct uvio_address *address = &binding->address;
	uint64_t class_code;
	int rc = uvio_address_resolve(binding->ctx, text, address);

	if (rc)
		return rc;
	if (address->kind != UVIO_ADDRESS_PCI)
		return uvio_fail(-ENOTSUP,
			"%s: not a PCI device; the device tree or the board selects its driver",
			address->text);
	rc = uvio_sysfs_u64(binding->ctx, &class_code, "bus/pci/devices/%s/class", address->text);
	if (rc)
		return uvio_no_device(binding->ctx, address->text,
			"no such PCI device; uvio list --all lists all");
	if (uvio_class_is_bridge((unsigned int)(class_code >> 8)))
		return uvio_fail(-ENOTSUP,
			"%s: a bridge, which user space cannot drive; use the card behind it",
			address->text);
	return 0;
}

/*
 * While the kernel unbinds a driver, the link to it is already removed: then nothing in sysfs shows
 * whose node it is. The VFIO group may be open for another member.
 */
bool uvio_binding_suspect(const struct uvio_binding *binding, char *text, size_t size)
{
	const struct uvio_backend *backend;
	char path[UVIO_PATH_SIZE], name[UVIO_NAME_SIZE];
	int pid = 0;

	for (unsigned int i = 0; pid <= 0 && (backend = uvio_backend_at(i)); i++)
		if (backend->ops->node &&
			!backend->ops->node(binding->ctx, binding->address.text, path))
			pid = uvio_find_opener(binding->ctx, path, name, sizeof(name));
	if (pid <= 0)
		pid = uvio_find_orphan(binding->ctx, path, sizeof(path), name, sizeof(name));
	if (pid > 0)
		snprintf(text, size, "perhaps it waits for process %d (%s), which has %.200s open",
			pid, name, path);
	return pid > 0;
}

/* The kernel takes the lock of the device for that, which another change may hold forever. */
static int locked_by_kernel(
	const struct uvio_binding *binding, const char *access, const char *file)
{
	char suspect[400];

	if (uvio_binding_suspect(binding, suspect, sizeof(suspect)))
		return uvio_fail(-EBUSY, "%s: the kernel does not answer a %s of %s; %s",
			binding->address.text, access, file, suspect);
	return uvio_fail(-EBUSY,
		"%s: the kernel does not answer a %s of %s; perhaps it waits for a program to "
		"close the device; ps shows whether a process writes to sysfs, dmesg what it waits "
		"for",
		binding->address.text, access, file);
}

/* Reads a file for which the kernel takes that lock: its length; -ENOENT: there is none. */
static int read_under_lock(
	const struct uvio_binding *binding, const char *file, char *text, size_t size)
{
	int n = uvio_sysfs_read_watched(binding->ctx, binding->address.text, file, text, size);
	char limit[UVIO_LIMIT_TEXT];

	if (n == -ETIMEDOUT)
		return locked_by_kernel(binding, "read", file);
	uvio_limit_of_processes(binding->ctx, n, limit);
	if (n < 0 && n != -ENOENT)
		return uvio_fail(n, "%s: cannot read its %s: %s", binding->address.text, file,
			limit[0] ? limit : strerror(-n));
	return n;
}

int uvio_binding_read_state(struct uvio_binding *binding)
{
	int n, rc = uvio_binding_read_driver(binding, binding->driver);

	if (rc)
		return rc;
	n = read_under_lock(
		binding, "driver_override", binding->override, sizeof(binding->override));
	if (n < 0 || !strcmp(binding->override, "(null)"))
		binding->override[0] = '\0';
	return n < 0 && n != -ENOENT ? n : 0;
}

/* The backend whose kernel driver is bound now; NULL: none. */
static const struct uvio_backend *backend_now(const struct uvio_binding *binding)
{
	const struct uvio_device_info info = {
		.pci = true,
		.driver = binding->driver[0] ? binding->driver : NULL,
		.uio = uvio_sysfs_exists(
			       binding->ctx, "bus/pci/devices/%s/uio", binding->address.text)
			       ? ""
			       : NULL,
	};

	return uvio_backend_of(&info);
}

static int refuse_virtual_functions(const struct uvio_binding *binding)
{
	char text[32];
	uint64_t count;
	int n;

	if (!uvio_sysfs_exists(
		    binding->ctx, "bus/pci/devices/%s/sriov_numvfs", binding->address.text))
		return 0;
	n = read_under_lock(binding, "sriov_numvfs", text, sizeof(text));
	if (n < 0)
		return n == -ENOENT ? 0 : n;
	if (uvio_parse_u64(text, &count) || !count)
		return 0;
	return uvio_fail(-EBUSY,
		"%s: it has %llu virtual functions, which would be removed; "
		"echo 0 > %s/bus/pci/devices/%s/sriov_numvfs first",
		binding->address.text, (unsigned long long)count, binding->ctx->sysfs,
		binding->address.text);
}

int uvio_binding_holder(const struct uvio_binding *binding)
{
	return uvio_in_use(binding->ctx, &binding->address);
}

/* Read first, since the link may be removed soon, and shows whose node is open. */
static void read_former_driver(struct uvio_binding *binding)
{
	struct uvio_rebind *rebind = uvio_rebind_new(binding->ctx, binding->address.text);

	if (rebind && uvio_record_load(binding->ctx, rebind))
		snprintf(binding->driver, sizeof(binding->driver), "%s", rebind->was);
	free(rebind);
}

static int take_locks(struct uvio_binding *binding)
{
	int rc = uvio_lock(binding->ctx, &binding->address, &binding->locks[0]);

	if (rc)
		return rc;
	rc = uvio_run_lock(binding->ctx, &binding->address, &binding->locks[1]);
	if (rc)
		uvio_unlock(binding->locks[0]);
	return rc;
}

/* During a change, the process that does it has the lock, not the one that the record names. */
static int lock(struct uvio_binding *binding)
{
	int rc = take_locks(binding);
	struct uvio_saved_error cause;

	if (rc != -EBUSY || !uvio_record_exists(binding->ctx, binding->address.text))
		return rc;
	uvio_error_save(&cause);
	read_former_driver(binding);
	if (uvio_binding_holder(binding)) {
		uvio_error_save(&cause);
		return uvio_fail(-EBUSY,
			"%.700s; a change of the driver has begun and waits for that process",
			cause.text);
	}
	return uvio_fail(-EBUSY,
		"%.700s; perhaps the kernel has not finished a change of its driver; perhaps dmesg "
		"shows what it waits for",
		cause.text);
}

static void drop_locks(const struct uvio_binding *binding)
{
	for (int i = UVIO_REBIND_LOCKS - 1; i >= 0; i--)
		if (binding->lock_left)
			uvio_sys_close(binding->locks[i]);
		else
			uvio_unlock(binding->locks[i]);
}

/*
 * While the kernel unbinds a driver, the link to it is already removed, and drivers_probe succeeds
 * and does nothing. The kernel holds the lock of the device meanwhile. This write, which changes
 * nothing, takes the lock in all versions of the kernel, a read of driver_override only in some.
 */
static int require_no_change(const struct uvio_binding *binding)
{
	if (binding->driver[0])
		return 0;
	if (uvio_sysfs_rewrite_watched(binding->ctx, binding->address.text, "power/control") !=
		-ETIMEDOUT)
		return 0;
	return locked_by_kernel(binding, "write", "power/control");
}

/* An ordinary user lacks the permission to bind, before that to look for other processes. */
static int not_permitted(const struct uvio_binding *binding, int rc)
{
	char path[UVIO_PATH_SIZE];

	if (snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/driver_override",
		    binding->ctx->sysfs, binding->address.text) >= (int)sizeof(path) ||
		uvio_access(binding->ctx, path, W_OK) != -EACCES)
		return rc;
	return uvio_fail(-EACCES, "%s: writing %s: %s; to bind, %s", binding->address.text, path,
		strerror(EACCES), uvio_mode_fix(binding->ctx));
}

/* Locks the device against other users of this library, and checks that it is not in use. */
static int begin(struct uvio_binding *binding)
{
	int rc = uvio_record_place(binding->ctx, binding->address.text);

	if (!rc)
		rc = lock(binding);
	if (rc)
		return rc;
	rc = uvio_binding_read_driver(binding, binding->driver);
	if (!rc)
		rc = uvio_binding_holder(binding);
	if (rc == -EACCES)
		rc = not_permitted(binding, rc);
	if (!rc)
		rc = uvio_binding_read_state(binding);
	if (!rc)
		rc = require_no_change(binding);
	if (!rc)
		rc = uvio_binding_recover(binding);
	if (!rc)
		rc = refuse_virtual_functions(binding);
	if (rc)
		drop_locks(binding);
	return rc;
}

static void await_node(const struct uvio_binding *binding, const struct uvio_backend *backend)
{
	char path[UVIO_PATH_SIZE];

	for (int ms = 0; ms < NODE_TIMEOUT_MS; ms += 10) {
		if (!backend->ops->node ||
			!backend->ops->node(binding->ctx, binding->address.text, path))
			return;
		uvio_sys_pause(10 * 1000000);
	}
}

static int change(struct uvio_binding *binding, const char *driver)
{
	int rc;

	if (!driver[0])
		return binding->driver[0] ? uvio_binding_change(binding, UVIO_REBIND_DROP, "") : 0;
	rc = require_driver(binding, driver);
	return rc ? rc : uvio_binding_change(binding, UVIO_REBIND_TAKE, driver);
}

/* A variant of the backend's driver for this card may remain. */
static bool is_right(
	const struct uvio_binding *binding, const struct uvio_backend *backend, const char *driver)
{
	return !strcmp(binding->driver, driver) || (backend && backend_now(binding) == backend);
}

/* A transport can be named, too; it needs what its backend needs. */
static const struct uvio_backend *backend_named(const char *name)
{
	const struct uvio_backend *backend = NULL;
	struct uvio_saved_error before;
	const char *transport;

	uvio_error_save(&before);
	if (name && uvio_backend_parse(name, &backend, &transport)) {
		uvio_error_restore(&before);
		return NULL;
	}
	return backend;
}

static int bind_locked(
	struct uvio_binding *binding, const struct uvio_backend *backend, const char *driver)
{
	int rc = begin(binding);

	if (rc)
		return rc;
	if (!is_right(binding, backend, driver))
		rc = change(binding, driver);
	drop_locks(binding);
	return rc;
}

static int check_name(const struct uvio_backend *backend, const char *text, const char *driver)
{
	if (!driver || !driver[0] || driver[0] == '.' || (strchr(driver, '/') && !backend) ||
		strlen(driver) >= UVIO_NAME_SIZE)
		return uvio_fail(-EINVAL,
			"'%.80s': not a backend and not the name of a kernel driver",
			driver ? driver : "");
	if (backend && !backend->kernel_driver)
		return uvio_fail(-ENOTSUP, "%s: no kernel driver serves the %s backend",
			text ? text : "", backend->name);
	return 0;
}

int uvio_bind(struct uvio_ctx *ctx, const char *text, const char *driver)
{
	const struct uvio_backend *backend = backend_named(driver);
	struct uvio_binding binding = {.ctx = ctx};
	int rc = check_name(backend, text, driver);

	if (!rc)
		rc = require_device(&binding, text);
	if (!rc)
		rc = uvio_binding_read_driver(&binding, binding.driver);
	if (rc)
		return rc;
	if (backend)
		driver = backend->kernel_driver;
	if (!strcmp(driver, "none"))
		driver = "";
	if (!is_right(&binding, backend, driver) || uvio_record_exists(ctx, binding.address.text))
		rc = bind_locked(&binding, backend, driver);
	if (!rc)
		uvio_record_forget_comparison(ctx, binding.address.text);
	if (!rc && backend)
		await_node(&binding, backend);
	return rc;
}

int uvio_unbind(struct uvio_ctx *ctx, const char *text)
{
	struct uvio_binding binding = {.ctx = ctx};
	int rc = require_device(&binding, text);

	if (!rc)
		rc = begin(&binding);
	if (rc)
		return rc;
	rc = uvio_binding_change(&binding, UVIO_REBIND_NATURAL, "");
	if (!rc)
		uvio_record_forget_comparison(ctx, binding.address.text);
	drop_locks(&binding);
	return rc;
}

static int read_override(struct uvio_ctx *ctx, const char *text, struct uvio_override *override)
{
	struct uvio_binding binding = {.ctx = ctx};
	int rc;

	rc = uvio_address_resolve(ctx, text, &binding.address);
	if (!rc && binding.address.kind != UVIO_ADDRESS_PCI)
		return uvio_fail(-ENOTSUP, "%s: not a PCI device", binding.address.text);
	if (!rc && !uvio_sysfs_exists(ctx, "bus/pci/devices/%s", binding.address.text))
		return uvio_no_device(ctx, binding.address.text, "no such PCI device");
	if (rc)
		return rc;
	override->interrupted = uvio_record_exists(ctx, binding.address.text);
	rc = uvio_binding_read_state(&binding);
	snprintf(override->driver, sizeof(override->driver), "%s", binding.override);
	override->is_effective =
		!rc && binding.override[0] && strcmp(binding.override, binding.driver) != 0;
	return rc;
}

int uvio_override_read_sized(
	struct uvio_ctx *ctx, const char *text, struct uvio_override *override, size_t size)
{
	struct uvio_override found = {0};
	int rc;

	if (!override)
		return uvio_fail(-EINVAL, "driver_override: no buffer for it (NULL)");
	if (UVIO_NO_SIZE("override", size))
		return -EINVAL;
	rc = read_override(ctx, text, &found);
	uvio_give(override, size, &found, sizeof(found));
	return rc;
}
