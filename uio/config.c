/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <endian.h>
#include <string.h>
#include <time.h>

#include "sys.h"
#include "uio.h"

/* PCI Local Bus Specification 3.0, 6.2.2: bit 10 of the command register, INTx disable. */
#define COMMAND_INTX_DISABLE 0x0400

static void lock_command(struct uio_device *device)
{
	const struct timespec pause = {.tv_nsec = 20000};

	pthread_mutex_lock(&device->command_lock);
	__atomic_add_fetch(&device->arming, INT_MIN, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&device->arming, __ATOMIC_SEQ_CST) != INT_MIN)
		nanosleep(&pause, NULL);
}

static void unlock_command(struct uio_device *device)
{
	__atomic_sub_fetch(&device->arming, INT_MIN, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&device->command_lock);
}

/* Others change it too, as the kernel does SERR: read it again whenever that costs no extra call.
 */
static int remember_command(struct uio_device *device, uint16_t *command)
{
	int rc = uvio_sys_pread(device->config_fd, command, sizeof(*command), PCI_CONFIG_COMMAND);

	if (!rc)
		device->command = *command & htole16((uint16_t)~COMMAND_INTX_DISABLE);
	return rc;
}

/* Also where it cannot be read back: arming must not undo what has been written. */
static void take_over(
	struct uio_device *device, const void *raw, unsigned int width, uint64_t offset)
{
	const uint8_t *bytes = raw;
	uint8_t command[2];

	memcpy(command, &device->command, sizeof(command));
	for (unsigned int i = 0; i < width; i++)
		if (offset + i >= PCI_CONFIG_COMMAND && offset + i < PCI_CONFIG_COMMAND + 2)
			command[offset + i - PCI_CONFIG_COMMAND] = bytes[i];
	memcpy(&device->command, command, sizeof(command));
	device->command &= htole16((uint16_t)~COMMAND_INTX_DISABLE);
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
		rc = remember_command(device, &command);
	}
	unlock_command(device);
	return rc;
}

/*
 * Both bytes in one write, though the bit is in the upper one: QEMU 7.2 looks at the interrupt line
 * again only where the lower byte is written, loses an interrupt that is pending then, and ends
 * in a storm which makes the kernel switch the line off.
 */
static int write_command(struct uio_device *device, bool on)
{
	uint16_t command = device->command | (on ? 0 : htole16(COMMAND_INTX_DISABLE));

	if (device->config_refused)
		return device->config_refused;
	return uvio_sys_pwrite(device->config_fd, &command, sizeof(command), PCI_CONFIG_COMMAND);
}

int uio_config_set_intx(struct uio_device *device, bool on)
{
	uint16_t command;
	int rc;

	lock_command(device);
	rc = remember_command(device, &command);
	/* Right already: nothing to write, and no right to write needed. */
	if (!rc && on != !(command & htole16(COMMAND_INTX_DISABLE)))
		rc = write_command(device, on);
	unlock_command(device);
	return rc;
}

int uio_config_arm_after_change(struct uio_device *device)
{
	int rc;

	__atomic_sub_fetch(&device->arming, 1, __ATOMIC_SEQ_CST);
	lock_command(device);
	rc = write_command(device, true);
	unlock_command(device);
	return rc;
}
