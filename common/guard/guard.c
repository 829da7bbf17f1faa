/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/guard.h>

#include "base/address.h"
#include "base/context.h"
#include "base/error.h"
#include "base/rights.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "guard/guard.h"
#include "guard/stop.h"
#include "owner/lock.h"

#define LOCK_TRIES 3

struct uvio_guard {
	struct uvio_ctx *ctx;
	struct uvio_address address;
	struct uvio_stop card;
};

int uvio_reset_open(struct uvio_ctx *ctx, const char *address)
{
	char path[UVIO_PATH_SIZE];
	int fd;

	uvio_sysfs_path(ctx, path, "bus/pci/devices/%s/reset", address);
	fd = uvio_sys_open(path, O_WRONLY);
	if (fd == -ENOENT && !uvio_sysfs_exists(ctx, "bus/pci/devices/%s", address))
		return uvio_no_device(ctx, address, "no such device");
	if (fd == -ENOENT)
		return uvio_fail(-ENOTSUP,
			"%s: the kernel has no method to reset this card alone (it has no file "
			"\"reset\" in "
			"sysfs); guard it without a reset",
			address);
	if (fd < 0)
		return uvio_fail(fd, "%s: cannot open %s: %s%s", address, path, strerror(-fd),
			uvio_refusal(ctx, fd));
	return fd;
}

static int open_config(struct uvio_ctx *ctx, const char *address)
{
	char path[UVIO_PATH_SIZE];
	int fd;

	uvio_sysfs_path(ctx, path, "bus/pci/devices/%s/config", address);
	fd = uvio_sys_open(path, O_RDWR);
	if (fd < 0)
		return uvio_fail(fd, "%s: cannot open %s for writing: %s%s", address, path,
			strerror(-fd), uvio_refusal(ctx, fd));
	return fd;
}

static int open_card(struct uvio_guard *guard, uint32_t flags)
{
	struct uvio_stop *card = &guard->card;
	const char *address = guard->address.text;

	card->folder = uvio_folder_open(guard->ctx, &guard->address);
	if (card->folder < 0)
		return card->folder;
	card->config = open_config(guard->ctx, address);
	if (card->config < 0)
		return card->config;
	card->lock = uvio_lock_open(guard->ctx, &guard->address);
	if (card->lock < 0)
		return uvio_lock_failed(guard->ctx, &guard->address, card->lock);
	if (flags & UVIO_GUARD_RESET) {
		card->reset = uvio_reset_open(guard->ctx, address);
		if (card->reset < 0)
			return card->reset;
	}
	return 0;
}

int uvio_guard_new(struct uvio_ctx *ctx, const char *text, uint32_t flags, struct uvio_guard **out)
{
	struct uvio_address address;
	struct uvio_guard *guard;
	int rc;

	if (!ctx || !out)
		return uvio_fail(-EINVAL, "guard: no context, or no pointer for the guard (NULL)");
	if (flags & ~(uint32_t)UVIO_GUARD_RESET)
		return uvio_fail(-EINVAL, "guard: unknown flags 0x%x", flags);
	rc = uvio_address_resolve(ctx, text, &address);
	if (rc)
		return rc;
	if (address.kind != UVIO_ADDRESS_PCI)
		return uvio_fail(-ENOTSUP, "%s: not a PCI device, which only its driver can stop",
			address.text);
	guard = calloc(1, sizeof(*guard));
	if (!guard)
		return uvio_no_memory(address.text);
	*guard = (struct uvio_guard){
		.ctx = ctx,
		.address = address,
		.card = {.folder = -1, .lock = -1, .config = -1, .reset = -1},
	};
	rc = open_card(guard, flags);
	if (rc) {
		uvio_guard_free(guard);
		return rc;
	}
	*out = guard;
	return 0;
}

static int stop_locked(struct uvio_guard *guard, uint32_t *found)
{
	int rc = uvio_stop(&guard->card);
	char limit[UVIO_LIMIT_TEXT];

	if (rc == -ENODEV)
		return uvio_fail(rc, "%s: the card is gone", guard->address.text);
	if (rc == -ETIMEDOUT)
		return uvio_fail(rc,
			"%s: the card is stopped, but the kernel does not return from its reset; "
			"perhaps it waits for a change of the driver (ps shows whether a process "
			"writes to sysfs), or for the card (dmesg)",
			guard->address.text);
	uvio_limit_of_processes(guard->ctx, rc, limit);
	if (rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM || rc == -ENOSPC)
		return uvio_fail(rc,
			"%s: the card is stopped, but the process that resets it could not be "
			"started: %s",
			guard->address.text, limit[0] ? limit : strerror(-rc));
	if (rc < 0)
		return uvio_fail(rc,
			"%s: the card could not be stopped: %s; perhaps it still writes to memory "
			"that now belongs to others",
			guard->address.text, strerror(-rc));
	if (found)
		*found = (uint32_t)rc;
	return 0;
}

/*
 * A child that outlives the driver may have inherited its lock, without having the card open; or
 * the driver is just ending. 0: locked; 1: stop the card without the lock.
 */
static int lock_card(struct uvio_guard *guard)
{
	int rc = 0, lock = guard->card.lock;

	if (lock < 0)
		return uvio_lock_failed(guard->ctx, &guard->address, lock);
	for (int i = 0; i < LOCK_TRIES; i++) {
		rc = uvio_lock_take(guard->ctx, &guard->address, lock);
		if (!rc)
			return 0;
		if (uvio_lock_is_left(guard->ctx, lock))
			return 1;
	}
	return rc;
}

/* A process that waits in the kernel to reset the card has the lock by a copy of the descriptor. */
static void leave_lock(struct uvio_guard *guard)
{
	uvio_sys_close(guard->card.lock);
	guard->card.lock = uvio_lock_open(guard->ctx, &guard->address);
}

int uvio_guard_stop(struct uvio_guard *guard, uint32_t *found)
{
	struct uvio_saved_error before;
	int rc, locked;

	if (!guard)
		return uvio_fail(-EINVAL, "guard: NULL");
	uvio_error_save(&before);
	locked = lock_card(guard);
	if (locked < 0)
		return locked;
	uvio_error_restore(&before);
	rc = stop_locked(guard, found);
	if (!locked && rc == -ETIMEDOUT)
		leave_lock(guard);
	else if (!locked)
		uvio_sys_unlock(guard->card.lock);
	return rc;
}

void uvio_guard_free(struct uvio_guard *guard)
{
	if (!guard)
		return;
	uvio_sys_close(guard->card.folder);
	uvio_sys_close(guard->card.config);
	uvio_sys_close(guard->card.reset);
	uvio_sys_close(guard->card.lock);
	free(guard);
}
