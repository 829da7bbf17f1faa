/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <uvio/error.h>

#include "base/address.h"
#include "base/context.h"
#include "base/rights.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "owner/lock.h"

#define LOCK_TRIES 3

/* One line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 123 00:15:4567 0 EOF". The pid, or 0. */
static int holder_in_line(const char *line, const struct stat *st)
{
	unsigned long long found;
	unsigned int high, low;
	int pid;

	if (sscanf(line, "%*s FLOCK %*s %*s %d %x:%x:%llu", &pid, &high, &low, &found) != 4)
		return 0;
	return found == st->st_ino && makedev(high, low) == st->st_dev ? pid : 0;
}

static int find_holder(struct uvio_ctx *ctx, int fd)
{
	char *locks = uvio_proc_read_all(ctx, "locks");
	struct stat st;
	int pid = 0;

	if (locks && !fstat(fd, &st))
		for (char *line = locks; line && !pid; line = strchr(line, '\n')) {
			line += *line == '\n';
			pid = holder_in_line(line, &st);
		}
	free(locks);
	return pid;
}

static void describe_holder(struct uvio_ctx *ctx, int pid, char *text, size_t size)
{
	char file[64], name[UVIO_NAME_SIZE] = "";
	int self = uvio_proc_self(ctx);

	snprintf(text, size, "%s", pid == self ? "this process" : "another process");
	if (pid <= 0 || pid == self)
		return;
	snprintf(file, sizeof(file), "%d/comm", pid);
	uvio_proc_read(ctx, name, sizeof(name), file);
	snprintf(
		text, size, "process %d%s%s%s", pid, name[0] ? " (" : "", name, name[0] ? ")" : "");
}

int uvio_folder_open(struct uvio_ctx *ctx, const struct uvio_address *address)
{
	bool is_pci = address->kind == UVIO_ADDRESS_PCI;
	char path[UVIO_PATH_SIZE];
	int fd;

	uvio_sysfs_path(
		ctx, path, is_pci ? "bus/pci/devices/%s/." : "class/uio/%s/.", address->text);
	fd = uvio_sys_open(path, O_RDONLY | O_DIRECTORY);
	if (fd == -ENOENT)
		return uvio_no_device(ctx, address->text, "no such device");
	if (fd < 0)
		return uvio_fail(fd, "%s: cannot open %s: %s", address->text, path, strerror(-fd));
	return fd;
}

static void lock_path(struct uvio_ctx *ctx, const struct uvio_address *address, char *path)
{
	uvio_sysfs_path(ctx, path, "bus/pci/devices/%s/remove", address->text);
}

int uvio_lock_open(struct uvio_ctx *ctx, const struct uvio_address *address)
{
	char path[UVIO_PATH_SIZE];

	lock_path(ctx, address, path);
	return uvio_sys_open(path, O_WRONLY);
}

int uvio_lock_failed(struct uvio_ctx *ctx, const struct uvio_address *address, int err)
{
	char path[UVIO_PATH_SIZE];

	lock_path(ctx, address, path);
	return uvio_fail(err, "%s: cannot open %s, the lock of the device: %s%s", address->text,
		path, strerror(-err), uvio_refusal(ctx, err));
}

int uvio_lock_take(struct uvio_ctx *ctx, const struct uvio_address *address, int fd)
{
	char holder[128];
	int rc = -EWOULDBLOCK, pid = 0;

	/* A holder that cannot be found may have released it meanwhile. */
	for (int i = 0; i < LOCK_TRIES && rc == -EWOULDBLOCK && !pid; i++) {
		rc = uvio_sys_lock(fd);
		pid = rc == -EWOULDBLOCK ? find_holder(ctx, fd) : 0;
	}
	if (!rc)
		return 0;
	describe_holder(ctx, pid, holder, sizeof(holder));
	if (rc == -EWOULDBLOCK)
		return uvio_fail(-EBUSY,
			"%s: already open in %s, or that process is changing its driver; end that "
			"process first",
			address->text, holder);
	return uvio_fail(rc, "%s: cannot take its lock: %s", address->text, strerror(-rc));
}

int uvio_lock(struct uvio_ctx *ctx, const struct uvio_address *address, int *out)
{
	int rc, fd;

	*out = -1;
	if (address->kind != UVIO_ADDRESS_PCI)
		return 0;
	fd = uvio_lock_open(ctx, address);
	if (fd == -ENOENT && !uvio_sysfs_exists(ctx, "bus/pci/devices/%s", address->text))
		return uvio_no_device(ctx, address->text, "no such device");
	if (fd == -ENOENT || fd == -EACCES || fd == -EPERM || fd == -EROFS)
		return 0;
	if (fd < 0)
		return uvio_lock_failed(ctx, address, fd);
	rc = uvio_lock_take(ctx, address, fd);
	if (rc)
		uvio_sys_close(fd);
	else
		*out = fd;
	return rc;
}

/* Numbers in /proc may be of another PID namespace, and it may hide processes of other users. */
bool uvio_lock_is_left(struct uvio_ctx *ctx, int fd)
{
	int pid = find_holder(ctx, fd);
	char path[UVIO_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%d", ctx->proc, pid);
	return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH && !uvio_sys_exists_at(AT_FDCWD, path);
}

/* Unlocked first: a child has copies of the descriptor, and must not hold the lock by them. */
void uvio_unlock(int fd)
{
	if (fd < 0)
		return;
	uvio_sys_unlock(fd);
	uvio_sys_close(fd);
}
