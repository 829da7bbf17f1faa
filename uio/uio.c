/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uvio/context.h>
#include <uvio/device.h>
#include <uvio/error.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/address.h"
#include "base/context.h"
#include "base/pci_config.h"
#include "base/rights.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "check/check.h"
#include "device/device.h"
#include "dma/phys.h"
#include "owner/inuse.h"
#include "owner/lock.h"
#include "owner/node.h"
#include "udev/udev.h"
#include "uio.h"

/* The uioN of a PCI device. */
static int name_of(struct uvio_ctx *ctx, const char *address, char *name)
{
	char **names;
	int count = uvio_sysfs_names(ctx, "uio", &names, "bus/pci/devices/%s/uio", address);

	if (count > 0)
		snprintf(name, UVIO_NAME_SIZE, "%.60s", names[0]);
	uvio_names_free(names, count);
	if (count < 0)
		return count;
	return count ? 0 : -ENOENT;
}

static int find_name(struct uvio_udev *udev, struct uio_device *device)
{
	int rc = 0;

	if (udev->address.uio[0])
		snprintf(device->name, sizeof(device->name), "%.60s", udev->address.uio);
	else if (device->pci)
		rc = name_of(udev->ctx, udev->address.text, device->name);
	else
		snprintf(device->name, sizeof(device->name), "%.60s", udev->address.text);
	return rc ? uvio_open_failed(udev, rc, "no UIO node", NULL) : 0;
}

/* Read-only if no more is allowed: registers work, and what needs more says so. */
static int open_config(struct uvio_udev *udev, struct uio_device *device)
{
	char path[UVIO_PATH_SIZE];
	int fd;

	uvio_sysfs_path(udev->ctx, path, "bus/pci/devices/%s/config", udev->address.text);
	fd = uvio_sys_open(path, O_RDWR);
	if (fd == -EACCES || fd == -EPERM || fd == -EROFS) {
		device->config_refused = fd;
		fd = uvio_sys_open(path, O_RDONLY);
	}
	if (fd < 0)
		return uvio_fail(fd, "%s: cannot open %s: %s%s", udev->address.text, path,
			strerror(-fd), uvio_refusal(udev->ctx, fd));
	device->config_fd = device->arm_fd = fd;
	return 0;
}

static int open_node(struct uvio_udev *udev, struct uio_device *device)
{
	char path[UVIO_PATH_SIZE], device_folder[UVIO_ADDRESS_SIZE * 2] = "class";
	char folder[UVIO_ROOT_SIZE];
	int fd;

	if (device->pci)
		uvio_device_folder(&udev->address, device_folder, sizeof(device_folder));
	snprintf(folder, sizeof(folder), "%s/uio/%s", device_folder, device->name);
	uvio_dev_path(udev->ctx, path, "%s", device->name);
	fd = uvio_node_in_use(udev, path, folder);
	if (fd)
		return fd;
	fd = uvio_node_open(udev->ctx, udev->address.text, path, O_RDWR | O_NONBLOCK, "%s", folder);
	if (fd == -ESTALE)
		return fd;
	if (fd < 0)
		return uvio_open_failed(udev, fd, path, NULL);
	device->fd = fd;
	/* Other programs know this lock, and it works if that of the core cannot be taken. */
	return uvio_lock_take(udev->ctx, &udev->address, fd);
}

/*
 * After binding the line is armed, and a card may be asserting it. A kernel that is locked down
 * opens the file for writing, and refuses each write.
 */
static int mask_intx(struct uvio_udev *udev, struct uio_device *device)
{
	int rc =
		device->config_refused || udev->own_driver ? 0 : uio_config_set_intx(device, false);

	if (rc == -EACCES || rc == -EPERM || rc == -EROFS) {
		device->config_refused = rc;
		return 0;
	}
	return rc ? uvio_fail(rc, "%s: cannot mask INTx in the configuration space: %s",
			    udev->address.text, strerror(-rc))
		  : 0;
}

/*
 * Drivers of a card's own may have set up MSI, bus mastering, or INTx in a way of theirs, and
 * expect to find them so. Some do it only while their node is open.
 */
static int find_own_driver(struct uvio_udev *udev, struct uio_device *device)
{
	int rc;

	udev->own_driver = uio_has_own_driver(udev->ctx, udev->address.text);
	if (!udev->own_driver)
		return 0;
	rc = uio_has_msi(udev->ctx, udev->address.text);
	if (rc < 0)
		return uvio_fail(rc, "%s: cannot read in %s whether its driver has set up MSI: %s",
			udev->address.text, udev->ctx->sysfs, strerror(-rc));
	udev->own_msi = rc;
	rc = uio_config_intx_is_on(device, &device->own_intx);
	if (rc)
		return uvio_fail(rc, "%s: cannot read its configuration space: %s",
			udev->address.text, strerror(-rc));
	uvio_log(udev->ctx, UVIO_LOG_INFO,
		"%s: its UIO driver is the card's own%s: bus mastering and INTx are not changed",
		udev->address.text, udev->own_msi ? ", and signals by MSI" : "");
	return 0;
}

/* By the rights that the write will need. */
static void find_reset(struct uvio_udev *udev)
{
	char path[UVIO_PATH_SIZE];
	int rc = uvio_sysfs_path(udev->ctx, path, "bus/pci/devices/%s/reset", udev->address.text);

	if (!rc)
		rc = uvio_access(udev->ctx, path, W_OK);
	if (!rc)
		udev->caps |= UVIO_CAP_RESET;
	else if (rc != -ENOENT)
		udev->reset_refused = rc;
}

static void set_caps(struct uvio_udev *udev, const struct uio_device *device)
{
	if (udev->flags & UVIO_OPEN_UNSAFE_DMA && !uio_dma_allowed(udev) &&
		!uio_frames_visible(udev))
		udev->caps |= UVIO_CAP_DMA | (device->pci ? UVIO_CAP_BUS_MASTER : 0);
	if (!device->pci)
		return;
	udev->caps |= UVIO_CAP_CONFIG | (udev->own_driver ? UVIO_CAP_OWN_DRIVER : 0);
	find_reset(udev);
}

static int check_flags(const struct uvio_udev *udev)
{
	if (UVIO_HAS_PORT_INSTRUCTIONS || !(udev->flags & UVIO_OPEN_PORT_INSTRUCTIONS))
		return 0;
	return uvio_fail(-ENOTSUP,
		"%s: this processor has no port instructions; open it without "
		"UVIO_OPEN_PORT_INSTRUCTIONS",
		udev->address.text);
}

static void uio_close(struct uvio_udev *udev)
{
	struct uio_device *device = udev->priv;

	uio_guard_release(udev);
	if (device->fd >= 0)
		uvio_sys_give_up(device->fd);
	uvio_sys_close(device->fd);
	uio_config_close(device);
	uvio_phys_cleanup(&device->phys);
	pthread_mutex_destroy(&device->command_lock);
}

static int uio_open(struct uvio_udev *udev, const struct uvio_open_options *options)
{
	struct uio_device *device = udev->priv;
	int rc = check_flags(udev);

	(void)options;
	if (rc)
		return rc;
	device->udev = udev;
	device->fd = device->config_fd = device->arm_fd = -1;
	uvio_phys_init(&device->phys, "uio", "[vfio:; or use the vfio backend]");
	device->phys.memory = uio_guard_memory;
	device->phys.forget = uio_guard_forget;
	device->phys.move = uio_guard_move;
	pthread_mutex_init(&device->command_lock, NULL);
	device->pci = udev->address.kind == UVIO_ADDRESS_PCI;
	for (unsigned int i = 0; i < UVIO_REGION_COUNT; i++)
		device->regions[i].port_fd = -1;
	if (device->pci)
		uio_config_init(udev);
	rc = find_name(udev, device);
	if (!rc && device->pci)
		rc = open_config(udev, device);
	if (!rc)
		rc = open_node(udev, device);
	if (!rc && device->pci)
		rc = find_own_driver(udev, device);
	if (!rc && device->pci)
		rc = mask_intx(udev, device);
	if (!rc)
		rc = uio_guard_begin(udev);
	if (rc) {
		uio_close(udev);
		return rc;
	}
	uio_irq_init(udev);
	set_caps(udev, device);
	return 0;
}

static int uio_bus_master(struct uvio_udev *udev, bool on)
{
	int rc = on ? uio_look(udev) : 0;

	/* What the card's own driver had switched on may stay on. */
	if (udev->own_master)
		return rc;
	if (on && !rc)
		rc = uio_dma_allowed(udev);
	return on && !rc ? uio_guard_look(udev) : rc;
}

static int reset_left(struct uvio_udev *udev)
{
	udev->lock_left = true;
	return uvio_fail(-ETIMEDOUT,
		"%s: the kernel does not return from the reset; perhaps it waits for a change of "
		"the driver (ps shows whether a process writes to sysfs), or for the card (dmesg); "
		"the device stays locked until it returns",
		udev->address.text);
}

static int uio_reset(struct uvio_udev *udev)
{
	int rc = uvio_sysfs_write_watched(
		udev->ctx, udev->address.text, "reset", "1", udev->lock_fd);
	int found = !rc || rc == -EAGAIN ? rc : uvio_udev_failed(udev, rc);
	char limit[UVIO_LIMIT_TEXT];

	if (found == -ENODEV || !rc || rc == -EAGAIN)
		return found;
	if (rc == -ETIMEDOUT)
		return reset_left(udev);
	uvio_limit_of_processes(udev->ctx, rc, limit);
	if (limit[0])
		return uvio_fail(found, "%s: cannot start the process that resets it: %s",
			udev->address.text, limit);
	return uvio_fail(found, "%s: cannot reset it through sysfs: %s%s", udev->address.text,
		strerror(-rc), uvio_refusal(udev->ctx, rc));
}

static bool uio_claims(const struct uvio_device_info *info)
{
	return info->uio;
}

static int uio_node(struct uvio_ctx *ctx, const char *address, char *path)
{
	char name[UVIO_NAME_SIZE];

	if (name_of(ctx, address, name) || uvio_dev_path(ctx, path, "%s", name))
		return -ENOENT;
	return uvio_may_access(ctx, path, F_OK) ? 0 : -ENOENT;
}

/* Whether another device has the same kernel module. */
static bool is_alone(struct uvio_ctx *ctx, const char *module)
{
	char **names, other[UVIO_NAME_SIZE];
	int same = 0, count = uvio_sysfs_names(ctx, "uio", &names, "class/uio");

	for (int i = 0; i < count; i++)
		same += !uvio_sysfs_link(ctx, other, sizeof(other),
				"class/uio/%s/device/driver/module", names[i]) &&
			!strcmp(other, module);
	uvio_names_free(names, count);
	return same == 1;
}

static bool is_master(struct uvio_ctx *ctx, const struct uvio_address *address)
{
	uint8_t config[PCI_CONFIG_COMMAND + 1];

	return address->kind == UVIO_ADDRESS_PCI &&
	       uvio_sysfs_read_bytes(ctx, config, sizeof(config), "bus/pci/devices/%s/config",
		       address->text) > PCI_CONFIG_COMMAND &&
	       config[PCI_CONFIG_COMMAND] & PCI_COMMAND_BUS_MASTER;
}

/*
 * Each open node and each mapping of one counts as a user of the driver's module. Of several
 * cards, a bus master is likely to be the one in use.
 */
static int uio_held(struct uvio_ctx *ctx, const struct uvio_address *address)
{
	char folder[UVIO_ADDRESS_SIZE * 2], module[UVIO_NAME_SIZE];
	uint64_t users;

	uvio_device_folder(address, folder, sizeof(folder));
	if (uvio_sysfs_u64(ctx, &users, "%s/driver/module/refcnt", folder))
		return -ENOTSUP;
	if (!users)
		return 0;
	if (uvio_sysfs_link(ctx, module, sizeof(module), "%s/driver/module", folder))
		return -ENOTSUP;
	return is_alone(ctx, module) || is_master(ctx, address) ? -EBUSY : -ENOTSUP;
}

static const struct uvio_backend_ops uio_ops = {
	.claims = uio_claims,
	.node = uio_node,
	.held = uio_held,
	.probe = uio_probe,
	.machine = uio_machine,
	.open = uio_open,
	.close = uio_close,
	.domain_cleanup = uio_guard_end,
	.region_info = uio_region_info,
	.region_map = uio_region_map,
	.region_unmap = uio_region_unmap,
	.region_read = uio_region_read,
	.region_write = uio_region_write,
	.port_in = uio_port_in,
	.port_out = uio_port_out,
	.region_read_rep = uio_ports_read_rep,
	.region_write_rep = uio_ports_write_rep,
	.irq_count = uio_irq_count,
	.irq_enable = uio_irq_enable,
	.irq_disable = uio_irq_disable,
	.dma_memory = uio_dma_memory,
	.dma_memory_free = uio_dma_memory_free,
	.dma_scattered = uio_dma_scattered,
	.dma_from_region = uio_dma_from_region,
	.dma_import = uio_dma_import,
	.dma_map = uio_dma_map,
	.dma_unmap = uio_dma_unmap,
	.dma_verify = uio_dma_verify,
	.bus_master = uio_bus_master,
	.reset = uio_reset,
	.look = uio_look,
};

const struct uvio_backend uvio_backend_uio = {
	.name = "uio",
	.help = "uio_pci_generic and other UIO drivers: INTx, no protection, mostly for root",
	.kernel_driver = "uio_pci_generic",
	.priv_size = sizeof(struct uio_device),
	.domain_size = sizeof(struct uio_domain),
	.ops = &uio_ops,
};
