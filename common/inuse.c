/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "sys.h"

/* Deep enough for a partition of a disk behind USB hubs, and a RAID or a mapping on it. */
#define MAX_DEPTH 24

struct search {
	struct uvio_ctx *ctx;
	const char *address;
	char *mounts; /* of /proc/self/mountinfo */
	char *swaps;
};

static int interface_in_use(struct search *search, const char *path, const char *name)
{
	uint64_t flags;

	if (uvio_sysfs_u64(search->ctx, &flags, "%s/flags", path) || !(flags & IFF_UP))
		return 0;
	return uvio_fail(-EBUSY,
		"%s: network interface %s is up; take it down first (ip link set %s down), "
		"and be sure that you are not connected through it",
		search->address, name, name);
}

/*
 * The third field of a line of mountinfo is "major:minor". File systems on several disks have
 * numbers of their own there, as btrfs; then the source, behind the type, names one of them.
 */
static bool is_mounted(const struct search *search, const char *number, const char *name)
{
	char field[32], source[UVIO_NAME_SIZE + 8];

	snprintf(source, sizeof(source), " /dev/%.60s ", name);
	for (const char *line = search->mounts; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%*s %*s %31s", field) == 1 && !strcmp(field, number))
			return true;
	}
	return search->mounts && strstr(search->mounts, source);
}

static bool is_swap(const struct search *search, const char *name)
{
	char want[UVIO_NAME_SIZE + 8];

	snprintf(want, sizeof(want), "/%.60s ", name);
	return search->swaps && strstr(search->swaps, want);
}

static int walk(struct search *search, const char *folder, int depth);

/* The kernel refuses an exclusive open of a disk that is held: by zfs or LVM, or out of sight. */
static int is_held(const struct search *search, const char *name)
{
	char path[PATH_MAX];
	int fd;

	if (uvio_dev_path(search->ctx, path, "%s", name))
		return 0;
	fd = uvio_sys_open(path, O_RDONLY | O_EXCL | O_NONBLOCK);
	uvio_sys_close(fd);
	if (fd != -EBUSY)
		return 0;
	return uvio_fail(-EBUSY,
		"%s: its disk %s is in use by the kernel (lsblk shows by what); stop "
		"that first",
		search->address, name);
}

static int disk_in_use(struct search *search, const char *path, const char *name, int depth)
{
	char number[32] = "", holders[PATH_MAX];
	int rc;

	uvio_sysfs_read(search->ctx, number, sizeof(number), "%s/dev", path);
	if (is_mounted(search, number, name))
		return uvio_fail(-EBUSY,
			"%s: its disk %s is mounted; unmount it first (umount /dev/%s)",
			search->address, name, name);
	if (is_swap(search, name))
		return uvio_fail(-EBUSY, "%s: its disk %s is swap space; swapoff /dev/%s first",
			search->address, name, name);
	rc = is_held(search, name);
	if (rc)
		return rc;
	rc = walk(search, path, depth - 1); /* partitions */
	if (rc)
		return rc;
	snprintf(holders, sizeof(holders), "%.4000s/holders", path); /* RAID, device mapper */
	return walk(search, holders, depth - 1);
}

/* What a folder is, its link "subsystem" tells; the folders of other PCI functions are not ours. */
static int look_at(struct search *search, const char *folder, const char *name, int depth)
{
	char path[PATH_MAX], link[PATH_MAX], target[PATH_MAX], subsystem[UVIO_NAME_SIZE] = "";
	bool holder = !strcmp(folder + strlen(folder) - strlen("/holders"), "/holders");

	snprintf(path, sizeof(path), "%.3000s/%.255s", folder, name);
	if (uvio_sysfs_path(search->ctx, link, "%s", path) ||
		(!holder && !uvio_sys_readlink(link, target, sizeof(target))))
		return 0;
	uvio_sysfs_link(search->ctx, subsystem, sizeof(subsystem), "%s/subsystem", path);
	if (!strcmp(subsystem, "net"))
		return interface_in_use(search, path, name);
	if (!strcmp(subsystem, "block"))
		return disk_in_use(search, path, name, depth);
	return strcmp(subsystem, "pci") ? walk(search, path, depth - 1) : 0;
}

static int walk(struct search *search, const char *folder, int depth)
{
	char **names;
	int rc = 0, count;

	if (depth <= 0)
		return 0;
	count = uvio_sysfs_names(search->ctx, "", &names, "%s", folder);
	if (count < 0 && count != -ENOENT && count != -ENOTDIR)
		return uvio_fail(count, "%s: cannot see whether it is in use: %s: %s",
			search->address, folder, strerror(-count));
	for (int i = 0; i < count && !rc; i++)
		rc = look_at(search, folder, names[i], depth);
	uvio_names_free(names, count);
	return rc;
}

int uvio_in_use(struct uvio_ctx *ctx, const struct uvio_address *address)
{
	struct search search = {.ctx = ctx, .address = address->text};
	char folder[UVIO_ADDRESS_SIZE * 2];
	int rc;

	search.mounts = uvio_proc_read_all(ctx, "self/mountinfo");
	search.swaps = uvio_proc_read_all(ctx, "swaps");
	uvio_device_folder(address, folder, sizeof(folder));
	rc = search.mounts && search.swaps ? walk(&search, folder, MAX_DEPTH)
					   : uvio_no_memory(address->text);
	free(search.mounts);
	free(search.swaps);
	return rc;
}
