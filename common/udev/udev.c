/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uvio/context.h>
#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/address.h"
#include "base/context.h"
#include "base/error.h"
#include "base/pci_config.h"
#include "base/rights.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "check/card.h"
#include "check/check.h"
#include "check/choose.h"
#include "dma/dma.h"
#include "dma/domain.h"
#include "owner/inuse.h"
#include "owner/lock.h"
#include "owner/run.h"
#include "udev/event.h"
#include "udev/irq.h"
#include "udev/region.h"
#include "udev/token.h"
#include "udev/udev.h"

static const struct {
	uint32_t bit;
	const char *name;
} cap_names[] = {
	{UVIO_CAP_INTX, "intx"},
	{UVIO_CAP_MSI, "msi"},
	{UVIO_CAP_MSIX, "msix"},
	{UVIO_CAP_CONFIG, "config"},
	{UVIO_CAP_BUS_MASTER, "bus-master"},
	{UVIO_CAP_DMA, "dma"},
	{UVIO_CAP_DMA_ISOLATED, "dma-isolated"},
	{UVIO_CAP_DMA_PINNED, "dma-pinned"},
	{UVIO_CAP_RESET, "reset"},
	{UVIO_CAP_RESET_AT_OPEN, "reset-at-open"},
	{UVIO_CAP_UNPRIVILEGED, "unprivileged"},
	{UVIO_CAP_RELEASE_NOTICE, "release-notice"},
	{UVIO_CAP_IRQ_GROW, "irq-grow"},
	{UVIO_CAP_ERROR_NOTICE, "error-notice"},
	{UVIO_CAP_BUS_RESET, "bus-reset"},
	{UVIO_CAP_LOW_POWER, "low-power"},
	{UVIO_CAP_OWN_DRIVER, "own-driver"},
};

const char *uvio_cap_name(uint32_t bit)
{
	for (size_t i = 0; i < ARRAY_SIZE(cap_names); i++)
		if (cap_names[i].bit == bit)
			return cap_names[i].name;
	return NULL;
}

#define OPEN_FLAGS                                                                                 \
	(UVIO_OPEN_UNSAFE_DMA | UVIO_OPEN_PORT_INSTRUCTIONS | UVIO_OPEN_GUARD |                    \
		UVIO_OPEN_GUARD_RESET | UVIO_OPEN_SURVIVE_REMOVAL)

static int check_options(const struct uvio_open_options *options)
{
	unsigned char uuid[UVIO_UUID_SIZE];

	if (options->flags & ~(uint32_t)OPEN_FLAGS)
		return uvio_fail(-EINVAL, "open: unknown flags 0x%x", options->flags);
	if (options->pad || options->reserved[0] || options->reserved[1] || options->reserved[2])
		return uvio_fail(
			-EINVAL, "open: reserved fields must be 0; clear the structure first");
	return options->vf_token ? uvio_uuid_parse("open", options->vf_token, uuid) : 0;
}

static struct uvio_udev *udev_new(struct uvio_ctx *ctx, const struct uvio_address *address,
	const struct uvio_backend *backend, const char *transport)
{
	struct uvio_udev *udev = calloc(1, sizeof(*udev));

	if (!udev)
		return NULL;
	udev->priv = calloc(1, backend->priv_size ? backend->priv_size : 1);
	if (!udev->priv) {
		free(udev);
		return NULL;
	}
	udev->ctx = ctx;
	udev->opener = getpid();
	udev->address = *address;
	udev->backend = backend;
	udev->transport = transport;
	udev->lock_fd = udev->release_fd = udev->error_fd = udev->gone_fd = udev->event_fd = -1;
	udev->wake_fd = -1;
	atomic_init(&udev->gone_notice, -1);
	return udev;
}

static void udev_free(struct uvio_udev *udev)
{
	free(udev->priv);
	free(udev);
}

/* @command is what the register has now. */
static int switch_bus_master(struct uvio_udev *udev, uint64_t command, bool on)
{
	int rc;

	if (!(command & PCI_COMMAND_BUS_MASTER) == !on)
		return 0;
	/* One byte: the other one belongs to whoever masks INTx. */
	command = (command ^ PCI_COMMAND_BUS_MASTER) & 0xff;
	rc = uvio_region_write(&udev->config, PCI_CONFIG_COMMAND, 1, command);
	if (rc == -EPERM || rc == -EACCES || rc == -EROFS)
		return uvio_fail_advised(udev, rc,
			"%s: the configuration space cannot be written (%s), so bus "
			"mastering cannot be switched%s[vfio:; or use the vfio backend]",
			udev->address.text, strerror(-rc), uvio_refusal(udev->ctx, rc));
	return rc;
}

static int set_bus_master(struct uvio_udev *udev, bool on)
{
	uint64_t command;
	int rc = uvio_region_read(&udev->config, PCI_CONFIG_COMMAND, 1, &command);

	return rc ? rc : switch_bus_master(udev, command, on);
}

/* A refusal is no failure: calls that need it fail with the reason. Leaves its error message. */
static int stop_bus_master(struct uvio_udev *udev, uint64_t command)
{
	int rc;

	if (!(command & PCI_COMMAND_BUS_MASTER))
		return 0;
	rc = switch_bus_master(udev, command, false);
	if (rc != -EPERM && rc != -EACCES && rc != -EROFS)
		return rc;
	uvio_log(udev->ctx, UVIO_LOG_WARNING, "%s: bus mastering is on, and stays on: %s",
		udev->address.text, uvio_last_error());
	return 0;
}

/* A predecessor may have left bus mastering on. What cannot be read cannot be a PCI card. */
static int settle(struct uvio_udev *udev)
{
	uint64_t head;
	int rc;

	udev->config.index = UVIO_REGION_CONFIG;
	udev->config.udev = udev;
	if (!(udev->caps & UVIO_CAP_CONFIG))
		return 0;
	rc = udev->backend->ops->region_info(udev, &udev->config);
	if (!rc)
		rc = uvio_region_read(&udev->config, PCI_CONFIG_VENDOR, 8, &head);
	if (rc)
		return rc;
	if (uvio_status_is_gone(head >> 8 * PCI_CONFIG_STATUS))
		return uvio_udev_gone(udev, "its configuration space reads all ones");
	head >>= 8 * PCI_CONFIG_COMMAND;
	udev->decoded = head & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
	udev->own_master = udev->own_driver && head & PCI_COMMAND_BUS_MASTER;
	return udev->own_driver ? 0 : stop_bus_master(udev, head);
}

/* By itself, so that its text is not on the stack while a backend is chosen. */
static int __attribute__((noinline))
open_locked(struct uvio_udev *udev, const struct uvio_open_options *options)
{
	struct uvio_saved_error before;
	int rc;

	uvio_error_save(&before);
	rc = uvio_domain_join(udev, options->domain, options);
	if (rc)
		return rc;
	if (udev->address.kind == UVIO_ADDRESS_PCI)
		rc = uvio_card_ready(udev->ctx, udev->address.text, !udev->backend->decodes);
	if (!rc)
		rc = settle(udev);
	/* Last, since it stays in a domain that others share. */
	if (!rc && options->dma_mask)
		rc = uvio_dma_limit_mask(udev, options->dma_mask);
	if (rc)
		uvio_domain_leave(udev);
	else
		uvio_error_restore(&before);
	return rc;
}

/* A domain that has devices has chosen already. */
static int choose(struct uvio_ctx *ctx, const struct uvio_address *address,
	const struct uvio_open_options *options, struct uvio_choice *choice)
{
	*choice = (struct uvio_choice){0};
	if (!options->backend && options->domain)
		choice->backend = uvio_domain_backend(options->domain);
	return choice->backend ? 0 : uvio_backend_choose(ctx, address, options->backend, choice);
}

int uvio_udev_open(struct uvio_ctx *ctx, const char *text, const struct uvio_open_options *options,
	struct uvio_udev **out)
{
	static const struct uvio_open_options defaults;
	struct uvio_address address;
	struct uvio_choice choice;
	struct uvio_udev *udev;
	int rc, run_lock;

	if (!ctx || !out)
		return uvio_fail(-EINVAL, "open: no context, or no pointer for the device (NULL)");
	if (!options)
		options = &defaults;
	rc = check_options(options);
	if (!rc)
		rc = uvio_address_resolve(ctx, text, &address);
	if (!rc)
		rc = choose(ctx, &address, options, &choice);
	if (rc)
		return rc;
	udev = udev_new(ctx, &address, choice.backend, choice.transport);
	if (!udev)
		return uvio_no_memory(address.text);
	udev->flags = options->flags;
	rc = uvio_lock(ctx, &address, &udev->lock_fd);
	if (rc)
		goto err_free;
	rc = uvio_run_lock(ctx, &address, &run_lock);
	if (rc)
		goto err_unlock;
	rc = udev->backend->exclusive ? 0 : uvio_registers_in_use(ctx, &address);
	if (!rc)
		rc = open_locked(udev, options);
	uvio_unlock(run_lock);
	if (rc)
		goto err_unlock;
	uvio_log(ctx, UVIO_LOG_INFO, "%s: open on %s%s%s", address.text, udev->backend->name,
		udev->transport ? "/" : "", udev->transport ? udev->transport : "");
	*out = udev;
	return 0;

err_unlock:
	uvio_unlock(udev->lock_fd);
err_free:
	udev_free(udev);
	return uvio_choice_failed(ctx, &address, &choice, rc);
}

/* The card and the mappings are the parent's, and so is the lock, of which this process has a copy;
 * other threads, who may hold the domain's lock, are not here. */
static void forget_in_child(struct uvio_udev *udev)
{
	free(udev->vectors);
	udev_free(udev);
}

static void drop_lock(const struct uvio_udev *udev)
{
	if (udev->lock_left)
		uvio_sys_close(udev->lock_fd);
	else
		uvio_unlock(udev->lock_fd);
}

void uvio_udev_close(struct uvio_udev *udev)
{
	struct uvio_saved_error before;

	if (!udev)
		return;
	if (udev->opener != getpid()) {
		forget_in_child(udev);
		return;
	}
	uvio_error_save(&before);
	uvio_event_cleanup(udev);
	/*
	 * Gone may be no more than the kernel's wish, where it gives notice: such a card must stop.
	 * One that was taken without notice may have another driver by now.
	 */
	if (udev->config.size && (!atomic_load(&udev->gone) || udev->release_fd >= 0))
		set_bus_master(udev, udev->own_master);
	uvio_irq_disable(udev);
	uvio_regions_unmap(udev);
	uvio_domain_leave(udev);
	uvio_irq_forget(udev);
	drop_lock(udev);
	udev_free(udev);
	uvio_error_restore(&before);
}

const char *uvio_udev_address(const struct uvio_udev *udev)
{
	if (UVIO_NULL("udev", udev))
		return NULL;
	return udev->address.text;
}

const char *uvio_udev_backend(const struct uvio_udev *udev)
{
	if (UVIO_NULL("udev", udev))
		return NULL;
	return udev->backend->name;
}

const char *uvio_udev_transport(const struct uvio_udev *udev)
{
	if (UVIO_NULL("udev", udev))
		return NULL;
	return udev->transport ? udev->transport : "";
}

/* Those of a virtual function read all ones, and the kernel knows them. */
static uint16_t read_id(const struct uvio_udev *udev, uint64_t offset, const char *file)
{
	const char *address;
	uint64_t id;

	if (!udev || !udev->config.size || uvio_region_read(&udev->config, offset, 2, &id))
		return 0xffff;
	address = udev->address.text;
	if (id == 0xffff && uvio_sysfs_exists(udev->ctx, "bus/pci/devices/%s/physfn", address) &&
		uvio_sysfs_u64(udev->ctx, &id, "bus/pci/devices/%s/%s", address, file))
		return 0xffff;
	return (uint16_t)id;
}

uint16_t uvio_udev_vendor(const struct uvio_udev *udev)
{
	return read_id(udev, PCI_CONFIG_VENDOR, "vendor");
}

uint16_t uvio_udev_device(const struct uvio_udev *udev)
{
	return read_id(udev, PCI_CONFIG_DEVICE, "device");
}

uint16_t uvio_udev_subvendor(const struct uvio_udev *udev)
{
	return read_id(udev, PCI_CONFIG_SUBVENDOR, "subsystem_vendor");
}

uint16_t uvio_udev_subdevice(const struct uvio_udev *udev)
{
	return read_id(udev, PCI_CONFIG_SUBDEVICE, "subsystem_device");
}

/* Class code and revision are one register. */
static uint32_t read_class(const struct uvio_udev *udev)
{
	uint64_t value;

	if (!udev || !udev->config.size ||
		uvio_region_read(&udev->config, PCI_CONFIG_REVISION, 4, &value))
		return UINT32_MAX;
	return (uint32_t)value;
}

uint32_t uvio_udev_class(const struct uvio_udev *udev)
{
	return read_class(udev) >> 8;
}

uint8_t uvio_udev_revision(const struct uvio_udev *udev)
{
	return (uint8_t)read_class(udev);
}

void uvio_udev_log(struct uvio_udev *udev, enum uvio_log_level level, const char *format, ...)
{
	char text[UVIO_TEXT_SIZE];
	va_list args;

	if (!udev || !format || level <= UVIO_LOG_NONE)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	uvio_log(udev->ctx, level, "%s: %s", udev->address.text, text);
}

uint32_t uvio_caps(const struct uvio_udev *udev)
{
	if (UVIO_NULL("udev", udev))
		return 0;
	return udev->caps;
}

/* The same in sysfs, which needs no driver; the file is removed with the card. */
static const char *look_in_sysfs(struct uvio_udev *udev)
{
	char path[UVIO_PATH_SIZE];
	uint16_t status = 0;
	int rc, fd;

	uvio_sysfs_path(udev->ctx, path, "bus/pci/devices/%s/config", udev->address.text);
	rc = fd = uvio_sys_open(path, O_RDONLY);
	if (fd >= 0) {
		rc = uvio_sys_pread(fd, &status, sizeof(status), PCI_CONFIG_STATUS);
		uvio_sys_close(fd);
	}
	if (rc == -ENOENT || rc == -ENODEV)
		return "it is no longer in sysfs";
	return !rc && uvio_status_is_gone(le16toh(status))
		       ? "its configuration space reads all ones"
		       : NULL;
}

/* By the backend. A failure there proves nothing by itself. */
static const char *look_at_config(struct uvio_udev *udev)
{
	/* Without a device, so that a failure does not lead here again. */
	const struct uvio_region config = {.index = UVIO_REGION_CONFIG,
		.size = udev->config.size,
		.flags = udev->config.flags};
	uint64_t status = 0;
	int rc = udev->backend->ops->region_read(udev, &config, PCI_CONFIG_STATUS, 2, &status);

	if (!rc)
		return uvio_status_is_gone(status) ? "its configuration space reads all ones"
						   : NULL;
	return rc == -EIO || rc == -ENODEV ? look_in_sysfs(udev) : NULL;
}

int uvio_udev_look(struct uvio_udev *udev)
{
	struct pollfd release = {.fd = udev->release_fd, .events = POLLIN};
	struct uvio_saved_error before;
	const char *how = NULL;
	int rc;

	if (atomic_load(&udev->gone))
		return uvio_udev_gone(udev, "");
	if (release.fd >= 0 && uvio_sys_poll(&release, 1, 0) > 0)
		return uvio_udev_gone(udev, UVIO_RELEASE_WANTED);
	rc = udev->backend->ops->look ? udev->backend->ops->look(udev) : 0;
	if (rc || !udev->config.size)
		return rc;
	uvio_error_save(&before);
	if (!atomic_load(&udev->asleep))
		how = look_at_config(udev);
	else if (!uvio_sysfs_exists(udev->ctx, "bus/pci/devices/%s", udev->address.text))
		how = "it is no longer in sysfs";
	/* Or another thread found it gone meanwhile. */
	if (how || atomic_load(&udev->gone))
		return uvio_udev_gone(udev, how ? how : "");
	uvio_error_restore(&before);
	return 0;
}

int uvio_udev_failed(struct uvio_udev *udev, int rc)
{
	if (rc != -ENODEV && rc != -EIO)
		return rc;
	return uvio_udev_look(udev) ? -ENODEV : -EIO;
}

bool uvio_udev_alive(struct uvio_udev *udev)
{
	if (UVIO_NULL("udev", udev))
		return false;
	/* The error message of the thread that found it gone is the better one. */
	return !atomic_load(&udev->gone) && !uvio_udev_look(udev);
}

int uvio_bus_master(struct uvio_udev *udev, bool on)
{
	int rc;

	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (!udev->config.size)
		return uvio_fail(-ENOTSUP, "%s: not a PCI device, so it has no bus mastering",
			udev->address.text);
	if (atomic_load(&udev->gone))
		return uvio_udev_gone(udev, "");
	if (udev->backend->ops->bus_master) {
		rc = udev->backend->ops->bus_master(udev, on);
		if (rc)
			return rc;
	}
	return set_bus_master(udev, on);
}

int uvio_release_fd(struct uvio_udev *udev)
{
	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (udev->release_fd >= 0)
		return udev->release_fd;
	return uvio_fail(-ENOTSUP, "%s: the %s backend gives no notice before a device is removed",
		udev->address.text, udev->backend->name);
}
