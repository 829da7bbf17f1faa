/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "backend.h"
#include "sys.h"

#define NODE_TIMEOUT_MS 2000

/* What must be put back where a step fails. */
struct binding {
	struct uvio_ctx *ctx;
	const char *address;
	char driver[UVIO_NAME_SIZE];   /* bound now; "" none */
	char override[UVIO_NAME_SIZE]; /* "" none */
	int lock_fd;
};

/* Where it cannot be read, there may be one. */
static int read_driver(const struct binding *binding, char *driver)
{
	int rc = uvio_sysfs_link(binding->ctx, driver, UVIO_NAME_SIZE, "bus/pci/devices/%s/driver",
		binding->address);

	if (!rc)
		return 0;
	driver[0] = '\0';
	if (rc == -ENOENT)
		return 0;
	return uvio_fail(
		rc, "%s: cannot see which driver it has: %s", binding->address, strerror(-rc));
}

static int write_to(const struct binding *binding, const char *text, const char *path)
{
	int rc;

	uvio_log(binding->ctx, UVIO_LOG_DEBUG, "%s: writing '%s' to %s", binding->address, text,
		path);
	rc = uvio_sysfs_write(binding->ctx, text, "%s", path);
	if (!rc)
		return 0;
	if (rc == -EACCES || rc == -EPERM)
		return uvio_fail(rc, "%s: writing %s/%s: %s; binding needs root (sudo)",
			binding->address, binding->ctx->sysfs, path, strerror(-rc));
	if (rc == -EROFS)
		return uvio_fail(rc,
			"%s: %s is mounted read-only, as in a container; bind on the host",
			binding->address, binding->ctx->sysfs);
	return uvio_fail(rc, "%s: writing '%s' to %s/%s: %s", binding->address, text,
		binding->ctx->sysfs, path, strerror(-rc));
}

static int write_device(const struct binding *binding, const char *text, const char *file)
{
	char path[UVIO_ADDRESS_SIZE * 3];

	snprintf(path, sizeof(path), "bus/pci/devices/%s/%s", binding->address, file);
	return write_to(binding, text, path);
}

static int set_override(const struct binding *binding, const char *driver)
{
	/* An empty line clears it: nothing at all would not be a write. */
	return write_device(binding, driver[0] ? driver : "\n", "driver_override");
}

static int drop_driver(const struct binding *binding)
{
	char driver[UVIO_NAME_SIZE];

	if (read_driver(binding, driver))
		return uvio_last_errno();
	return driver[0] ? write_device(binding, binding->address, "driver/unbind") : 0;
}

static int probe(const struct binding *binding)
{
	return write_to(binding, binding->address, "bus/pci/drivers_probe");
}

/* The link decides: drivers_probe succeeds also where nothing took the device. */
static int did_not_bind(const struct binding *binding, const char *driver, const char *now)
{
	bool vfio_pci = !strcmp(driver, "vfio-pci");

	if (vfio_pci && !uvio_sysfs_exists(
				binding->ctx, "bus/pci/devices/%s/iommu_group", binding->address))
		return uvio_fail(-EIO,
			"%s: the kernel did not bind it to vfio-pci: it has no IOMMU group, so "
			"the IOMMU is off, or this machine has none; uvio check %s",
			binding->address, binding->address);
	return uvio_fail(-EIO, "%s: the kernel did not bind it to %s (%s%s); dmesg says why%s",
		binding->address, driver, now[0] ? "it has " : "no driver took it", now,
		vfio_pci ? "" : ", as that it has no interrupt line");
}

static int take(const struct binding *binding, const char *driver)
{
	char now[UVIO_NAME_SIZE];
	int rc = set_override(binding, driver);

	if (!rc)
		rc = drop_driver(binding);
	if (!rc)
		rc = probe(binding);
	if (!rc)
		rc = read_driver(binding, now);
	if (rc)
		return rc;
	if (!strcmp(now, driver))
		return 0;
	return did_not_bind(binding, driver, now);
}

static void put_back(const struct binding *binding)
{
	struct uvio_saved_error cause;
	char now[UVIO_NAME_SIZE];

	uvio_error_save(&cause);
	if (read_driver(binding, now) || strcmp(now, binding->driver)) {
		drop_driver(binding);
		set_override(binding, binding->driver);
		if (binding->driver[0])
			probe(binding);
	}
	set_override(binding, binding->override);
	if (read_driver(binding, now) || strcmp(now, binding->driver))
		uvio_fail(cause.err, "%.900s; and %s could not be bound again", cause.text,
			binding->driver[0] ? binding->driver : "the former state");
	else
		uvio_error_restore(&cause);
}

/* As of the module uio_mf624, whose driver is mf624. */
static int other_name(const struct binding *binding, const char *module)
{
	char **names;
	int count = uvio_sysfs_names(binding->ctx, "pci:", &names, "module/%s/drivers", module);
	int rc = 0;

	if (count > 0)
		rc = uvio_fail(-ENOENT,
			"%s: %s is a module, and its kernel driver has the name %s; uvio bind %s "
			"%s",
			binding->address, module, names[0] + 4, binding->address, names[0] + 4);
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

static int require_driver(const struct binding *binding, const char *driver)
{
	if (uvio_sysfs_exists(binding->ctx, "bus/pci/drivers/%s", driver))
		return 0;
	if (other_name(binding, driver))
		return -ENOENT;
	if (!is_of_backend(driver))
		return uvio_fail(-ENOENT,
			"%s: %s is no backend, and as a kernel driver %s is not loaded; if it is "
			"one: modprobe %s",
			binding->address, driver, driver, driver);
	return uvio_fail(-ENOENT, "%s: the kernel driver %s is not loaded; modprobe %s",
		binding->address, driver, driver);
}

static int require_device(struct binding *binding, struct uvio_address *address, const char *text)
{
	uint64_t class_code;
	int rc = uvio_address_resolve(binding->ctx, text, address);

	if (rc)
		return rc;
	binding->address = address->text;
	if (address->kind != UVIO_ADDRESS_PCI)
		return uvio_fail(-ENOTSUP,
			"%s: not a PCI device; its driver is chosen by the device "
			"tree or the board, not here",
			address->text);
	rc = uvio_sysfs_u64(binding->ctx, &class_code, "bus/pci/devices/%s/class", address->text);
	if (rc)
		return uvio_fail(-ENODEV,
			"%s: no such PCI device; uvio list --all shows those there are",
			address->text);
	if (uvio_class_is_bridge((unsigned int)(class_code >> 8)))
		return uvio_fail(-ENOTSUP,
			"%s: a bridge: user space cannot drive it; choose the "
			"card behind it",
			address->text);
	return 0;
}

static int read_state(struct binding *binding)
{
	int rc = read_driver(binding, binding->driver);

	if (uvio_sysfs_read(binding->ctx, binding->override, sizeof(binding->override),
		    "bus/pci/devices/%s/driver_override", binding->address) < 0 ||
		!strcmp(binding->override, "(null)"))
		binding->override[0] = '\0';
	return rc;
}

/* The backend whose kernel driver has the device now; NULL: none. */
static const struct uvio_backend *backend_now(const struct binding *binding)
{
	const struct uvio_device_info info = {
		.pci = true,
		.driver = binding->driver[0] ? binding->driver : NULL,
		.uio = uvio_sysfs_exists(binding->ctx, "bus/pci/devices/%s/uio", binding->address)
			       ? ""
			       : NULL,
	};

	return uvio_backend_of(&info);
}

/* Programs which do not know this library's lock: their unbinding would wait, or pull the card. */
static int refuse_open_node(const struct binding *binding)
{
	const struct uvio_backend *backend = backend_now(binding);
	char path[PATH_MAX], name[UVIO_NAME_SIZE];
	int pid;

	if (!backend || !backend->ops->node ||
		backend->ops->node(binding->ctx, binding->address, path))
		return 0;
	pid = uvio_find_opener(binding->ctx, path, name, sizeof(name));
	if (!pid)
		return 0;
	return uvio_fail(-EBUSY, "%s: %s is open in process %d (%s); end that first",
		binding->address, path, pid, name);
}

static int refuse_virtual_functions(const struct binding *binding)
{
	uint64_t count;

	if (uvio_sysfs_u64(
		    binding->ctx, &count, "bus/pci/devices/%s/sriov_numvfs", binding->address) ||
		!count)
		return 0;
	return uvio_fail(-EBUSY,
		"%s: it has %llu virtual functions, which would vanish; "
		"echo 0 > %s/bus/pci/devices/%s/sriov_numvfs first",
		binding->address, (unsigned long long)count, binding->ctx->sysfs, binding->address);
}

/* Locked against other users of this library, and nothing of it in use. */
static int begin(struct binding *binding, const struct uvio_address *address)
{
	int rc = uvio_lock(binding->ctx, address, &binding->lock_fd);

	if (rc)
		return rc;
	rc = read_state(binding);
	if (!rc)
		rc = uvio_in_use(binding->ctx, address);
	if (!rc)
		rc = refuse_open_node(binding);
	if (!rc)
		rc = refuse_virtual_functions(binding);
	if (rc)
		uvio_unlock(binding->lock_fd);
	return rc;
}

static void await_node(const struct binding *binding, const struct uvio_backend *backend)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000000};
	char path[PATH_MAX];

	for (int ms = 0; ms < NODE_TIMEOUT_MS; ms += 10) {
		if (!backend->ops->node ||
			!backend->ops->node(binding->ctx, binding->address, path))
			return;
		nanosleep(&pause, NULL);
	}
}

/* It is bound: an override that stays behind is worth a warning. */
static void restore_override(const struct binding *binding)
{
	struct uvio_saved_error before;

	uvio_error_save(&before);
	if (set_override(binding, binding->override))
		uvio_log(binding->ctx, UVIO_LOG_WARNING, "%s", uvio_last_error());
	uvio_error_restore(&before);
}

static int change(struct binding *binding, const char *driver)
{
	int rc;

	if (!driver[0])
		return drop_driver(binding);
	rc = require_driver(binding, driver);
	if (rc)
		return rc;
	rc = take(binding, driver);
	if (rc)
		put_back(binding);
	else
		restore_override(binding);
	return rc;
}

/* A variant of the backend's driver, made for this card, is as good or better. */
static bool is_right(
	const struct binding *binding, const struct uvio_backend *backend, const char *driver)
{
	return !strcmp(binding->driver, driver) || (backend && backend_now(binding) == backend);
}

/* Also by the name of a transport, which needs what its backend needs. */
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

int uvio_bind(struct uvio_ctx *ctx, const char *text, const char *driver)
{
	const struct uvio_backend *backend = backend_named(driver);
	struct binding binding = {.ctx = ctx};
	struct uvio_address address;
	int rc;

	if (!driver || !driver[0] || driver[0] == '.' || (strchr(driver, '/') && !backend) ||
		strlen(driver) >= UVIO_NAME_SIZE)
		return uvio_fail(-EINVAL,
			"'%.80s': not a backend and not the name of a kernel driver",
			driver ? driver : "");
	if (backend && !backend->kernel_driver)
		return uvio_fail(-ENOTSUP, "%s: no kernel driver hands devices to the %s backend",
			text ? text : "", backend->name);
	if (backend)
		driver = backend->kernel_driver;
	if (!strcmp(driver, "none"))
		driver = "";
	rc = require_device(&binding, &address, text);
	if (rc)
		return rc;
	rc = read_driver(&binding, binding.driver);
	if (rc)
		return rc;
	if (!is_right(&binding, backend, driver)) {
		rc = begin(&binding, &address);
		if (rc)
			return rc;
		rc = change(&binding, driver);
		uvio_unlock(binding.lock_fd);
	}
	if (!rc && backend)
		await_node(&binding, backend);
	return rc;
}

int uvio_unbind(struct uvio_ctx *ctx, const char *text)
{
	struct binding binding = {.ctx = ctx};
	struct uvio_address address;
	int rc = require_device(&binding, &address, text);

	if (!rc)
		rc = begin(&binding, &address);
	if (rc)
		return rc;
	rc = set_override(&binding, "");
	if (!rc)
		rc = drop_driver(&binding);
	if (!rc)
		rc = probe(&binding);
	if (rc)
		put_back(&binding);
	uvio_unlock(binding.lock_fd);
	return rc;
}
