/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/pci_config.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "uio.h"

/* PCI Local Bus Specification 3.0, 6.2.2: bit 10 of the command register, INTx disable. */
#define COMMAND_INTX_DISABLE 0x0400

#define QEMU_SUBSYSTEM_VENDOR 0x1af4

static void lock_command(struct uio_device *device)
{
	pthread_mutex_lock(&device->command_lock);
	__atomic_add_fetch(&device->arming, INT_MIN, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&device->arming, __ATOMIC_SEQ_CST) != INT_MIN)
		uvio_sys_pause(20000);
}

static void unlock_command(struct uio_device *device)
{
	__atomic_sub_fetch(&device->arming, INT_MIN, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&device->command_lock);
}

/* Arming writes a whole byte; its other bits, such as SERR, are as they were last read. */
static int read_command(struct uio_device *device, uint16_t *command)
{
	int rc = uvio_sys_pread(device->config_fd, command, sizeof(*command), PCI_CONFIG_COMMAND);

	if (rc)
		return rc;
	*command = le16toh(*command);
	device->armed = (uint8_t)((*command & ~COMMAND_INTX_DISABLE) >> 8);
	return 0;
}

/* Even if it cannot be read back: arming must not undo what has been written. */
static void take_over(
	struct uio_device *device, const void *raw, unsigned int width, uint64_t offset)
{
	const uint8_t *bytes = raw;

	if (offset <= UIO_COMMAND_UPPER && offset + width > UIO_COMMAND_UPPER)
		device->armed =
			bytes[UIO_COMMAND_UPPER - offset] & (uint8_t) ~(COMMAND_INTX_DISABLE >> 8);
}

int uio_config_write(
	struct uio_device *device, const void *raw, unsigned int width, uint64_t offset)
{
	uint16_t command;
	bool covers_command =
		offset < PCI_CONFIG_COMMAND + 2 && offset + width > PCI_CONFIG_COMMAND;
	int rc;

	if (device->config_refused)
		return device->config_refused;
	if (!covers_command)
		return uvio_sys_pwrite(device->config_fd, raw, width, offset);
	lock_command(device);
	rc = uvio_sys_pwrite(device->config_fd, raw, width, offset);
	if (!rc) {
		take_over(device, raw, width, offset);
		rc = read_command(device, &command);
	}
	unlock_command(device);
	return rc;
}

/* @command is what the register has now. */
static int write_command(struct uio_device *device, uint16_t command, bool on)
{
	uint8_t upper;

	command = (uint16_t)((command & ~COMMAND_INTX_DISABLE) | (on ? 0 : COMMAND_INTX_DISABLE));
	upper = (uint8_t)(command >> 8);
	command = htole16(command);
	if (device->config_refused)
		return device->config_refused;
	if (device->by_word)
		return uvio_sys_pwrite(
			device->config_fd, &command, sizeof(command), PCI_CONFIG_COMMAND);
	return uvio_sys_pwrite(device->config_fd, &upper, sizeof(upper), UIO_COMMAND_UPPER);
}

static int switch_intx(struct uio_device *device, bool on)
{
	uint16_t command;
	int rc = read_command(device, &command);

	/* It is as wanted: nothing to write, and no permission needed. */
	if (rc || on == !(command & COMMAND_INTX_DISABLE))
		return rc;
	return write_command(device, command, on);
}

int uio_config_set_intx(struct uio_device *device, bool on)
{
	int rc;

	lock_command(device);
	rc = switch_intx(device, on);
	unlock_command(device);
	return rc;
}

int uio_config_intx_is_on(struct uio_device *device, bool *on)
{
	uint16_t command;
	int rc;

	lock_command(device);
	rc = read_command(device, &command);
	unlock_command(device);
	*on = !rc && !(command & COMMAND_INTX_DISABLE);
	return rc;
}

/* As uio_config_arm(): changes of the register wait, and two threads that arm do the same. */
int uio_config_arm_by_word(struct uio_device *device)
{
	uint16_t command;
	int rc;

	if (__atomic_add_fetch(&device->arming, 1, __ATOMIC_SEQ_CST) < 0) {
		__atomic_sub_fetch(&device->arming, 1, __ATOMIC_SEQ_CST);
		return uio_config_set_intx(device, true);
	}
	rc = uvio_sys_pread(device->arm_fd, &command, sizeof(command), PCI_CONFIG_COMMAND);
	command &= htole16((uint16_t)~COMMAND_INTX_DISABLE);
	if (!rc)
		rc = uvio_sys_pwrite(device->arm_fd, &command, sizeof(command), PCI_CONFIG_COMMAND);
	__atomic_sub_fetch(&device->arming, 1, __ATOMIC_SEQ_CST);
	return rc;
}

int uio_config_arm_after_change(struct uio_device *device)
{
	int rc;

	__atomic_sub_fetch(&device->arming, 1, __ATOMIC_SEQ_CST);
	lock_command(device);
	rc = uvio_sys_pwrite(
		device->arm_fd, &device->armed, sizeof(device->armed), UIO_COMMAND_UPPER);
	unlock_command(device);
	return rc;
}

/*
 * An access by the file of /proc costs the kernel a third less than one by that of sysfs, which
 * allocates memory for each. Files of other roots may be those of another machine.
 */
static int open_proc(struct uvio_udev *udev, const char *bus)
{
	const struct uvio_ctx *ctx = udev->ctx;
	bool own_sysfs = !strcmp(ctx->sysfs, "/sys"), own_proc = !strcmp(ctx->proc, "/proc");
	char path[UVIO_PATH_SIZE];

	if (own_sysfs != own_proc)
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/bus/pci/%s/%02x.%x", ctx->proc, bus, udev->address.slot,
		udev->address.function);
	return uvio_sys_open(path, O_RDWR);
}

/*
 * Some architectures, as x86, leave out domain 0. Whoever has no rights, as an ordinary user, or a
 * program in a container with a read-only /proc, does without. The file is found by address: the
 * caller accesses the config file afterwards, which fails if the card was removed, and another one
 * may be at its address.
 */
void uio_config_open_proc(struct uvio_udev *udev)
{
	struct uio_device *device = udev->priv;
	char bus[32];
	int fd;

	if (device->config_refused || device->arm_fd != device->config_fd)
		return;
	snprintf(bus, sizeof(bus), "%04x:%02x", udev->address.domain, udev->address.bus);
	fd = open_proc(udev, bus);
	if (fd < 0 && !udev->address.domain)
		fd = open_proc(udev, bus + strlen("0000:"));
	if (fd >= 0)
		device->arm_fd = fd;
}

void uio_config_close(struct uio_device *device)
{
	if (device->arm_fd != device->config_fd)
		uvio_sys_close(device->arm_fd);
	uvio_sys_close(device->config_fd);
}

static bool is_of_qemu(struct uvio_ctx *ctx, const char *address)
{
	uint64_t vendor;

	return !uvio_sysfs_u64(ctx, &vendor, "bus/pci/devices/%s/subsystem_vendor", address) &&
	       vendor == QEMU_SUBSYSTEM_VENDOR;
}

/* QEMU's cards have its mark, unless they imitate that too; its host bridges always have it. */
void uio_config_init(struct uvio_udev *udev)
{
	struct uio_device *device = udev->priv;
	char bridge[UVIO_ADDRESS_SIZE];

	snprintf(bridge, sizeof(bridge), "%04x:00:00.0", udev->address.domain);
	device->by_word =
		is_of_qemu(udev->ctx, udev->address.text) || is_of_qemu(udev->ctx, bridge);
}
