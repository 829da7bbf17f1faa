/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <uvio/context.h>
#include <uvio/error.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/rights.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "base/table.h"
#include "dma/dma.h"
#include "guard/guard.h"
#include "owner/lock.h"
#include "guard.h"
#include "uio.h"

/* For a machine that is short of everything; a guard that was stopped must not stop the driver. */
#define ANSWER_MS 10000

/* NULL: nobody asked for one. */
static struct uio_guard *guard_of(struct uvio_domain *domain)
{
	struct uio_domain *own = domain->priv;

	return own && atomic_load(&own->guarded) ? &own->guard : NULL;
}

/* Answers which were waited for in vain come first. */
static int hear(struct uio_guard *guard, struct guard_answer *answer)
{
	int rc;

	do
		rc = uvio_sys_receive(guard->fd, answer, sizeof(*answer), ANSWER_MS);
	while (!rc && answer->number != guard->number);
	return rc ? rc : answer->rc;
}

/* One question at a time, from whatever thread. */
static int ask(struct uio_guard *guard, struct guard_message *message, const int *fds,
	unsigned int count, struct guard_answer *answer)
{
	int rc;

	pthread_mutex_lock(&guard->lock);
	message->magic = GUARD_MAGIC;
	message->number = ++guard->number;
	rc = uvio_sys_send(guard->fd, message, sizeof(*message), fds, count);
	if (!rc)
		rc = hear(guard, answer);
	pthread_mutex_unlock(&guard->lock);
	return rc;
}

static int ask_about(struct uio_guard *guard, enum guard_question question, uintptr_t key)
{
	struct guard_message message = {.question = question, .key = key};
	struct guard_answer answer;

	return ask(guard, &message, NULL, 0, &answer);
}

static int start_failed(struct uvio_udev *udev, int rc)
{
	const char *program = udev->ctx->guard;
	char limit[UVIO_LIMIT_TEXT];

	if (rc == -ENOENT || rc == -EACCES)
		return uvio_fail(rc,
			"%s: cannot start its guard %s: %s; install it there, or set guard_program "
			"in the context's options",
			udev->address.text, program, strerror(-rc));
	if (rc == -EPROTO)
		return uvio_fail(rc, "%s: its guard %s does not have the version of the library",
			udev->address.text, program);
	if (rc == -EPIPE || rc == -ETIMEDOUT)
		return uvio_fail(rc, "%s: its guard %s %s", udev->address.text, program,
			rc == -EPIPE ? "ended before it was ready" : "does not answer");
	/* Trying again does not help. */
	if (rc == -EAGAIN)
		rc = -ENOSPC;
	uvio_limit_of_processes(udev->ctx, rc, limit);
	return uvio_fail(rc, "%s: cannot start its guard %s: %s", udev->address.text, program,
		limit[0] ? limit : strerror(-rc));
}

static int spawn(struct uvio_udev *udev, struct uio_guard *guard)
{
	char name[] = "uvio-guard";
	char *argv[] = {name, udev->address.text, NULL};
	int fds[2], rc = uvio_sys_socketpair(fds);

	if (rc)
		return rc;
	rc = uvio_sys_spawn(udev->ctx->guard, argv, fds[1]);
	uvio_sys_close(fds[1]);
	if (rc) {
		uvio_sys_close(fds[0]);
		return rc;
	}
	guard->fd = fds[0];
	return 0;
}

static int add_card(struct uvio_udev *udev, struct uio_guard *guard, int process, int reset)
{
	struct uio_device *device = udev->priv;
	const int all[GUARD_FDS] = {
		[GUARD_FOLDER] = uvio_folder_open(udev->ctx, &udev->address),
		[GUARD_LOCK] = udev->lock_fd,
		[GUARD_CONFIG] = device->config_fd,
		[GUARD_PROCESS] = process,
		[GUARD_RESET] = reset,
	};
	struct guard_message message = {.question = GUARD_CARD, .key = (uintptr_t)udev};
	struct guard_answer answer;
	unsigned int count = 0;
	int fds[GUARD_FDS], rc;

	if (all[GUARD_FOLDER] < 0)
		return all[GUARD_FOLDER];
	for (unsigned int i = 0; i < GUARD_FDS; i++)
		if (all[i] >= 0) {
			fds[count++] = all[i];
			message.fds |= 1u << i;
		}
	snprintf(message.address, sizeof(message.address), "%.15s", udev->address.text);
	rc = ask(guard, &message, fds, count, &answer);
	uvio_sys_close(all[GUARD_FOLDER]);
	if (!rc)
		uvio_log(udev->ctx, UVIO_LOG_INFO, "%s: guarded by process %d%s",
			udev->address.text, answer.pid, reset < 0 ? "" : ", which will reset it");
	return rc;
}

/*
 * A guard that did not hear it must have done its work before anybody else may open a card. If it
 * does not do that in time, it will look who has the lock by then.
 */
static void end(struct uio_guard *guard)
{
	struct guard_answer answer;

	if (ask_about(guard, GUARD_END, 0)) {
		uvio_sys_hang_up(guard->fd);
		while (!uvio_sys_receive(guard->fd, &answer, sizeof(answer), ANSWER_MS))
			;
	}
	uvio_sys_close(guard->fd);
	pthread_mutex_destroy(&guard->lock);
}

/* Before Linux 5.3 there is no pidfd: then a child that lives on keeps the guard waiting. */
static int open_process(struct uvio_udev *udev)
{
	int fd = uvio_sys_pidfd();

	if (fd < 0 && fd != -EMFILE && fd != -ENFILE && fd != -ENOMEM)
		uvio_log(udev->ctx, UVIO_LOG_WARNING,
			"%s: this kernel has no pidfd (%s), so that its guard does not notice the "
			"end of this process while a child of it lives",
			udev->address.text, strerror(-fd));
	return fd;
}

static int start(struct uvio_udev *udev, struct uio_guard *guard, int reset)
{
	int rc, process = open_process(udev);

	if (process == -EMFILE || process == -ENFILE || process == -ENOMEM)
		return process;
	rc = spawn(udev, guard);
	if (rc)
		goto out;
	pthread_mutex_init(&guard->lock, NULL);
	rc = add_card(udev, guard, process, reset);
	if (rc)
		end(guard);
	else if (udev->domain->dma.table.count)
		uvio_log(udev->ctx, UVIO_LOG_WARNING,
			"%s: its guard does not keep memory that was mapped in its domain before",
			udev->address.text);
out:
	uvio_sys_close(process);
	return rc;
}

/* With the domain's lock held. All that the guard needs it has before the card is a master. */
static int guard_card(struct uvio_udev *udev, int reset)
{
	struct uio_domain *domain = udev->domain->priv;
	struct uio_device *device = udev->priv;
	int rc;

	if (atomic_load(&domain->guarded))
		rc = add_card(udev, &domain->guard, -1, reset);
	else
		rc = start(udev, &domain->guard, reset);
	if (rc)
		return start_failed(udev, rc);
	device->guarded = true;
	atomic_store(&domain->guarded, true);
	return 0;
}

int uio_guard_begin(struct uvio_udev *udev)
{
	struct uio_device *device = udev->priv;
	int rc, reset = -1;

	if (!(udev->flags & (UVIO_OPEN_GUARD | UVIO_OPEN_GUARD_RESET)))
		return 0;
	if (!device->pci)
		return uvio_fail(-ENOTSUP,
			"%s: not a PCI device, so no guard can stop it; open it without "
			"UVIO_OPEN_GUARD",
			udev->address.text);
	if (device->config_refused)
		return uvio_fail(device->config_refused,
			"%s: the configuration space cannot be written (%s), so that no guard can "
			"stop the card%s",
			udev->address.text, strerror(-device->config_refused),
			uvio_refusal(udev->ctx, device->config_refused));
	if (udev->lock_fd < 0)
		return uvio_fail(-EACCES,
			"%s: a guard needs the card's lock: the file \"remove\" in its folder in "
			"sysfs, opened for writing%s",
			udev->address.text, uvio_refusal(udev->ctx, -EACCES));
	if (udev->flags & UVIO_OPEN_GUARD_RESET) {
		reset = uvio_reset_open(udev->ctx, udev->address.text);
		if (reset < 0)
			return reset;
	}
	rc = guard_card(udev, reset);
	uvio_sys_close(reset);
	return rc;
}

/* A guard that does not hear it looks, in the end, who has the lock by then. */
void uio_guard_release(struct uvio_udev *udev)
{
	struct uio_device *device = udev->priv;

	if (device->guarded)
		ask_about(guard_of(udev->domain), GUARD_RELEASE, (uintptr_t)udev);
	device->guarded = false;
}

void uio_guard_end(struct uvio_domain *domain)
{
	struct uio_guard *guard = guard_of(domain);

	if (!guard)
		return;
	end(guard);
	atomic_store(&((struct uio_domain *)domain->priv)->guarded, false);
}

int uio_guard_look(struct uvio_udev *udev)
{
	const struct uio_device *device = udev->priv;
	int rc = device->guarded ? ask_about(guard_of(udev->domain), GUARD_LOOK, 0) : 0;

	if (!rc)
		return 0;
	return uvio_fail(rc, "%s: its guard %s: %s; close the device and open it again",
		udev->address.text, rc == -EPIPE ? "has ended" : "does not answer", strerror(-rc));
}

static int keep(struct uvio_udev *udev, const struct uvio_mapping *mapping, int fd)
{
	struct guard_message message = {
		.question = GUARD_KEEP,
		.fds = 1,
		.key = mapping->addr,
		.size = mapping->size,
	};
	struct guard_answer answer;
	int rc = ask(guard_of(udev->domain), &message, &fd, 1, &answer);

	if (!rc)
		return 0;
	return uvio_fail(rc, "%s: DMA alloc: its guard did not take 0x%llx bytes: %s",
		udev->address.text, (unsigned long long)mapping->size, strerror(-rc));
}

static int map_memory(struct uvio_udev *udev, struct uvio_mapping *mapping, int fd, int flags)
{
	void *addr;
	int rc = uvio_sys_mmap(NULL, mapping->size, PROT_READ | PROT_WRITE,
		MAP_SHARED | (flags & MAP_POPULATE), fd, 0, &addr);

	if (rc)
		return uvio_dma_memory_failed(udev, mapping, mapping->size, rc);
	uvio_sys_madvise(addr, mapping->size, MADV_DONTFORK);
	uvio_sys_madvise(addr, mapping->size, MADV_NOHUGEPAGE);
	mapping->addr = (uintptr_t)addr;
	rc = keep(udev, mapping, fd);
	if (!rc)
		return 0;
	uio_guard_forget(udev->domain, mapping);
	uvio_sys_munmap(addr, mapping->size);
	return rc;
}

static int no_memory(struct uvio_udev *udev, struct uvio_mapping *mapping, int rc)
{
	char limit[UVIO_LIMIT_TEXT];

	if (rc != -EMFILE && rc != -ENFILE)
		return uvio_dma_memory_failed(udev, mapping, mapping->size, rc);
	uvio_limit_of_files(rc, 0, limit);
	return uvio_fail(rc, "%s: DMA alloc: no descriptor for 0x%llx bytes: %s%s%s",
		udev->address.text, (unsigned long long)mapping->size, strerror(-rc),
		limit[0] ? "; " : "", limit);
}

/* The guard maps it as well, so that it stays where it is while the card may write to it. */
int uio_guard_memory(struct uvio_udev *udev, struct uvio_mapping *mapping, int mmap_flags)
{
	/* The size of a huge page stands at the same place in both kinds of flags. */
	const unsigned int size = (unsigned int)MAP_HUGE_MASK << MAP_HUGE_SHIFT;
	unsigned int huge =
		mmap_flags & MAP_HUGETLB ? MFD_HUGETLB | ((unsigned int)mmap_flags & size) : 0;
	int rc, fd;

	if (!guard_of(udev->domain))
		return uvio_dma_anonymous(udev, mapping, mmap_flags);
	fd = uvio_sys_memfd("uvio", huge, mapping->size);
	if (fd < 0)
		return no_memory(udev, mapping, fd);
	rc = map_memory(udev, mapping, fd, mmap_flags);
	uvio_sys_close(fd);
	return rc;
}

void uio_guard_forget(struct uvio_domain *domain, const struct uvio_mapping *mapping)
{
	struct uio_guard *guard = guard_of(domain);

	if (guard)
		ask_about(guard, GUARD_FORGET, mapping->addr);
}

int uio_guard_move(
	struct uvio_udev *udev, const struct uvio_mapping *from, const struct uvio_mapping *into)
{
	struct guard_message message = {
		.question = GUARD_MOVE, .key = from->addr, .into = into->addr};
	struct uio_guard *guard = guard_of(udev->domain);
	struct guard_answer answer;

	return guard ? ask(guard, &message, NULL, 0, &answer) : 0;
}

void uio_guard_mapped(struct uvio_udev *udev, const struct uvio_mapping *mapping)
{
	struct uio_domain *domain = udev->domain->priv;

	if (mapping->owned || mapping->fixed || !guard_of(udev->domain) ||
		atomic_exchange(&domain->warned, true))
		return;
	uvio_log(udev->ctx, UVIO_LOG_WARNING,
		"%s: its guard does not keep memory given to uvio_dma_map(), which may belong to "
		"another process before the card is stopped; use uvio_dma_alloc()",
		udev->address.text);
}
