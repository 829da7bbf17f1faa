/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <string.h>

#include <uvio/guard.h>

#include "base/apart.h"
#include "base/sys.h"
#include "guard/stop.h"

/* PCI Local Bus Specification 3.0, 6.2.2. */
#define CONFIG_COMMAND 0x04
#define COMMAND_BUS_MASTER 0x0004
#define COMMAND_INTX_DISABLE 0x0400
#define COMMAND_GONE 0xffff

#define RESET_TRIES 3
/* A card may need a minute before it answers again. */
#define RESET_MS 90000

/* No driver, a UIO driver, and pci-stub, which does nothing, leave the card to user space. */
static int has_kernel_driver(int folder)
{
	char target[256], *name;
	int rc = uvio_sys_readlink_at(folder, "driver", target, sizeof(target));

	if (rc == -ENOENT || uvio_sys_exists_at(folder, "uio"))
		return 0;
	if (rc)
		return rc;
	name = strrchr(target, '/');
	return strcmp(name ? name + 1 : target, "pci-stub") != 0;
}

static int read_command(const struct uvio_stop *stop, uint16_t *command)
{
	int rc = uvio_sys_pread(stop->config, command, sizeof(*command), CONFIG_COMMAND);

	*command = le16toh(*command);
	return !rc && *command == COMMAND_GONE ? -ENODEV : rc;
}

/*
 * Reads it back: the answer pushes the writes of the card before it, so that all of them have
 * arrived when this returns.
 */
static int switch_off(const struct uvio_stop *stop, uint16_t command)
{
	uint16_t off = (command & (uint16_t)~COMMAND_BUS_MASTER) | COMMAND_INTX_DISABLE;
	uint16_t raw = htole16(off);
	int rc = off == command ? 0
				: uvio_sys_pwrite(stop->config, &raw, sizeof(raw), CONFIG_COMMAND);

	if (!rc)
		rc = read_command(stop, &command);
	return !rc && command & COMMAND_BUS_MASTER ? -EIO : rc;
}

/* The kernel may hold the lock of the device for a moment. */
static void reset_apart(void *data, int fd)
{
	const struct uvio_stop *stop = data;
	ssize_t n = -EAGAIN;
	int rc;

	for (int i = 0; i < RESET_TRIES && n == -EAGAIN; i++) {
		if (i)
			uvio_sys_pause(50 * 1000000);
		n = uvio_sys_write(stop->reset, "1", 1);
	}
	rc = n < 0 ? (int)n : n == 1 ? 0 : -EIO;
	uvio_sys_send(fd, &rc, sizeof(rc), NULL, 0);
}

/* It may wait for the card, or for that lock during another process's change of the driver. */
static int reset(const struct uvio_stop *stop)
{
	struct uvio_stop card = *stop;
	const int keep[UVIO_APART_KEEP] = {stop->reset, stop->lock};
	int rc, answer = 0, fd = uvio_apart_start(reset_apart, &card, keep);

	if (fd < 0)
		return fd;
	rc = uvio_sys_receive(fd, &answer, sizeof(answer), RESET_MS);
	uvio_sys_close(fd);
	if (rc == -EPIPE)
		rc = -EIO; /* it was killed */
	return rc ? rc : answer;
}

int uvio_stop(const struct uvio_stop *stop)
{
	uint16_t command = 0;
	int reset_rc, found = 0, rc = has_kernel_driver(stop->folder);

	if (rc)
		return rc < 0 ? rc : UVIO_GUARD_DRIVEN;
	rc = read_command(stop, &command);
	if (rc == -ENODEV)
		return rc;
	if (command & COMMAND_BUS_MASTER)
		found |= UVIO_GUARD_MASTER;
	if (!(command & COMMAND_INTX_DISABLE))
		found |= UVIO_GUARD_INTX;
	if (!rc)
		rc = switch_off(stop, command);
	if (stop->reset < 0)
		return rc ? rc : found;
	reset_rc = reset(stop);
	return rc ? rc : reset_rc ? reset_rc : found | UVIO_GUARD_WAS_RESET;
}
