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

#include <uvio/context.h>
#include <uvio/device.h>
#include <uvio/error.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/address.h"
#include "base/context.h"
#include "base/error.h"
#include "base/rights.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "device/device.h"
#include "owner/holders.h"
#include "owner/inuse.h"

/* Deep enough for a partition of a disk behind USB hubs, and a RAID or a mapping on it. */
#define MAX_DEPTH 24

struct folder {
	struct folder *next;
	int depth;
	char path[];
};

/* Of what the kernel itself uses below the device; the nodes there are gathered in @handles. */
struct search {
	struct uvio_ctx *ctx;
	const char *address;
	char *mounts; /* of /proc/self/mountinfo */
	char *swaps;
	struct folder *pending; /* the last first */
	bool strict;		/* for who is about to take the device away */
	struct uvio_handles handles;
	char path[PATH_MAX];
	char text[PATH_MAX];
};

static int interface_in_use(struct search *search, const char *path, const char *name)
{
	uint64_t flags;

	if (uvio_sysfs_u64(search->ctx, &flags, "%s/flags", path) || !(flags & IFF_UP))
		return 0;
	return uvio_fail(-EBUSY,
		"%s: network interface %s is up; take it down first (ip link set %s down), if you "
		"are not connected through it",
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

/* Of a file system on several disks, mountinfo names one. */
static bool is_of_btrfs(struct search *search, const char *name)
{
	char **names;
	int count = uvio_sysfs_names(search->ctx, "", &names, "fs/btrfs");
	bool found = false;

	for (int i = 0; i < count && !found; i++)
		found = uvio_sysfs_exists(
			search->ctx, "fs/btrfs/%.60s/devices/%.60s", names[i], name);
	uvio_names_free(names, count);
	return found;
}

/*
 * The kernel refuses an exclusive open of a disk that is held, also where sysfs does not show by
 * what, as by zfs. Such an open makes a mount at that moment fail: not for who only wants to know.
 */
static int is_held(struct search *search, const char *name)
{
	bool held = is_of_btrfs(search, name);
	int fd;

	if (!held && search->strict && !uvio_dev_path(search->ctx, search->text, "%s", name)) {
		fd = uvio_sys_open(search->text, O_RDONLY | O_EXCL | O_NONBLOCK);
		uvio_sys_close(fd);
		held = fd == -EBUSY;
	}
	if (!held)
		return 0;
	return uvio_fail(-EBUSY,
		"%s: its disk %s is in use by the kernel; stop that use first (lsblk shows it)",
		search->address, name);
}

/* A RAID or a mapping is in the folder "holders" of the disks it is made of, where walk() goes. */
static int is_made_of(struct search *search, const char *path, const char *name)
{
	char **names;
	int count = uvio_sysfs_names(search->ctx, "", &names, "%s/holders", path);

	uvio_names_free(names, count);
	if (count > 0)
		return 0;
	if (!strstr(path, "/holders/"))
		return is_held(search, name);
	return uvio_fail(-EBUSY,
		"%s: %s uses its disk (lsblk shows how); stop that first, as by mdadm --stop "
		"or dmsetup remove",
		search->address, name);
}

static int disk_in_use(struct search *search, const char *path, const char *name)
{
	char number[32] = "";

	uvio_sysfs_read(search->ctx, number, sizeof(number), "%s/dev", path);
	if (is_mounted(search, number, name))
		return uvio_fail(-EBUSY,
			"%s: its disk %s is mounted; unmount it first (umount /dev/%s)",
			search->address, name, name);
	if (is_swap(search, name))
		return uvio_fail(-EBUSY, "%s: its disk %s is swap space; swapoff /dev/%s first",
			search->address, name, name);
	return is_made_of(search, path, name);
}

static int console_in_use(struct search *search, const char *path, const char *name)
{
	char text[8] = "";

	uvio_sysfs_read(search->ctx, text, sizeof(text), "%s/console", path);
	if (text[0] != 'Y')
		return 0;
	return uvio_fail(-EBUSY, "%s: %s is the kernel's console; boot without console=%s",
		search->address, name, name);
}

static int push(struct search *search, const char *path, int depth)
{
	size_t size = strlen(path) + 1;
	struct folder *folder = malloc(sizeof(*folder) + size);

	if (!folder)
		return uvio_no_memory(search->address);
	memcpy(folder->path, path, size);
	folder->depth = depth;
	folder->next = search->pending;
	search->pending = folder;
	return 0;
}

/*
 * The kernel makes the folder of a class for the first member and removes it with the last. The
 * members of these are hidden from all network namespaces but their own.
 */
static int is_elsewhere(struct search *search, const char *name)
{
	if (strcmp(name, "net") != 0 && strcmp(name, "ieee80211") != 0)
		return 0;
	return uvio_fail(-EBUSY,
		"%s: its network interface is in another network namespace; end the container, or "
		"move the interface back (lsns -t net lists the namespaces)",
		search->address);
}

/* The name of a node below /dev is told by uevent. */
static int add_node(struct search *search, const char *folder, const char *name, bool block)
{
	char number[32] = "", text[512] = "", *line;

	uvio_sysfs_read(search->ctx, number, sizeof(number), "%s/dev", folder);
	uvio_sysfs_read(search->ctx, text, sizeof(text), "%s/uevent", folder);
	line = strstr(text, "DEVNAME=");
	if (line) {
		name = line + strlen("DEVNAME=");
		line[strcspn(line, "\n")] = '\0';
	}
	if (uvio_dev_path(search->ctx, search->text, "%s", name))
		return 0;
	return uvio_handles_add_number(&search->handles, block, number, search->text);
}

/* The link "subsystem" tells what a folder is. */
static int look_at(struct search *search, const struct folder *folder, const char *name)
{
	const char *path = folder->path;
	char subsystem[UVIO_NAME_SIZE] = "";
	int rc;

	uvio_sysfs_link(search->ctx, subsystem, sizeof(subsystem), "%s/subsystem", path);
	if (!strcmp(subsystem, "net"))
		return interface_in_use(search, path, name);
	rc = !strcmp(subsystem, "block") ? disk_in_use(search, path, name)
	     : !strcmp(subsystem, "tty") ? console_in_use(search, path, name)
					 : 0;
	if (!rc && uvio_sysfs_exists(search->ctx, "%s/dev", path))
		rc = add_node(search, path, name, !strcmp(subsystem, "block"));
	return rc;
}

/* The folders of other PCI functions are not ours. Links are followed to a RAID or a mapping. */
static int push_one(struct search *search, const struct folder *folder, const char *name)
{
	char subsystem[UVIO_NAME_SIZE] = "";
	const char *last = strrchr(folder->path, '/');
	bool holders = last && !strcmp(last, "/holders");

	if (snprintf(search->path, sizeof(search->path), "%s/%s", folder->path, name) >=
		(int)sizeof(search->path))
		return uvio_fail(-ENAMETOOLONG, "%s: cannot read whether it is in use: %s: %s",
			search->address, folder->path, strerror(ENAMETOOLONG));
	if (!uvio_sysfs_link(search->ctx, subsystem, sizeof(subsystem), "%s", search->path) &&
		!holders)
		return 0;
	uvio_sysfs_link(search->ctx, subsystem, sizeof(subsystem), "%s/subsystem", search->path);
	if (!strcmp(subsystem, "pci"))
		return 0;
	return push(search, search->path, folder->depth + 1);
}

static int cannot_see(struct search *search, const char *folder, int err)
{
	return uvio_fail(err, "%s: cannot read whether it is in use: %s/%s: %s", search->address,
		search->ctx->sysfs, folder, strerror(-err));
}

/* A file gives ENOTDIR. */
static int visit(struct search *search, const struct folder *folder)
{
	const char *last = strrchr(folder->path, '/');
	const char *name = last ? last + 1 : folder->path;
	char **names;
	int rc = 0, count = uvio_sysfs_names(search->ctx, "", &names, "%s", folder->path);

	if (count == -ENOENT || count == -ENOTDIR)
		return 0;
	if (count < 0)
		return cannot_see(search, folder->path, count);
	if (folder->depth > MAX_DEPTH)
		rc = cannot_see(search, folder->path, -ELOOP);
	else if (folder->depth)
		rc = count ? look_at(search, folder, name) : is_elsewhere(search, name);
	for (int i = count - 1; i >= 0 && !rc; i--)
		rc = push_one(search, folder, names[i]);
	uvio_names_free(names, count);
	return rc;
}

static int walk(struct search *search, const char *root)
{
	int rc = push(search, root, 0);

	while (search->pending) {
		struct folder *folder = search->pending;

		search->pending = folder->next;
		if (!rc)
			rc = visit(search, folder);
		free(folder);
	}
	return rc;
}

static int read_lists(struct search *search)
{
	search->mounts = uvio_proc_read_all(search->ctx, "self/mountinfo");
	search->swaps = uvio_proc_read_all(search->ctx, "swaps");
	return search->mounts && search->swaps ? 0 : uvio_no_memory(search->address);
}

/* The backend whose kernel driver has the device; NULL: none. */
static const struct uvio_backend *backend_of(
	struct uvio_ctx *ctx, const struct uvio_address *address)
{
	char driver[UVIO_NAME_SIZE] = "", folder[UVIO_ADDRESS_SIZE * 2];
	bool pci = address->kind == UVIO_ADDRESS_PCI;
	struct uvio_device_info info = {.pci = pci};

	uvio_device_folder(address, folder, sizeof(folder));
	if (!uvio_sysfs_link(ctx, driver, sizeof(driver), "%s/driver", folder))
		info.driver = driver;
	if (!pci || uvio_sysfs_exists(ctx, "%s/uio", folder))
		info.uio = "";
	return uvio_backend_of(&info);
}

static int held_by_nobody_seen(const struct uvio_address *address)
{
	return uvio_fail(-EBUSY,
		"%s: the kernel reports it in use by a program that this process cannot see; "
		"perhaps of another user or container; look as root on the host",
		address->text);
}

static int not_all_seen(struct uvio_ctx *ctx, const struct uvio_address *address,
	const struct uvio_holder *holder, bool strict)
{
	if (holder->hidden)
		return uvio_fail(-EACCES,
			"%s: cannot read whether a process of another user has it open, for which "
			"it needs CAP_SYS_PTRACE; %s",
			address->text, uvio_capability_fix(ctx, CAP_SYS_PTRACE));
	if (!strict)
		return uvio_fail(-EACCES,
			"%s: cannot read whether a process outside of this container (PID "
			"namespace) has it open; look on the host",
			address->text);
	uvio_log(ctx, UVIO_LOG_WARNING,
		"%s: processes outside of this PID namespace cannot be seen; perhaps one has it "
		"open",
		address->text);
	return 0;
}

/*
 * What processes have. Where not all can be seen, or one perhaps has it, the kernel is asked: its
 * answer holds for all namespaces.
 */
static int held(struct uvio_ctx *ctx, const struct uvio_address *address,
	const struct uvio_backend *backend, const struct uvio_handles *handles, bool strict,
	bool *done)
{
	struct uvio_holder holder;
	int rc = uvio_holder_find(handles, &holder), asked = -ENOTSUP;

	if (rc)
		return rc;
	*done = true;
	if (holder.pid && !holder.perhaps)
		return uvio_holder_refuse(handles, &holder);
	/* Taking it from its driver needs no bus mastering. */
	if (!strict && holder.copy_pid)
		return uvio_holder_refuse_copy(handles, &holder);
	if (backend && backend->ops->held && (strict || !backend->ops->held_opens))
		asked = backend->ops->held(ctx, address);
	if (holder.pid && asked)
		return uvio_holder_refuse(handles, &holder);
	if (asked == -EBUSY && !holder.given_up && (strict || holder.hidden || holder.outside))
		return held_by_nobody_seen(address);
	if (asked && (holder.hidden || holder.outside))
		return not_all_seen(ctx, address, &holder, strict);
	return 0;
}

/* The nodes in the device's own folder are known by then. */
static int add_shared_node(
	struct search *search, const char *address, const struct uvio_backend_ops *ops)
{
	char number[32];

	if (ops->shared_node &&
		!ops->shared_node(search->ctx, address, number, sizeof(number), search->text))
		return uvio_handles_add_number(&search->handles, false, number, search->text);
	/* Only where sysfs has no number: a stale node is somebody else's. */
	if (!search->handles.count && ops->node && !ops->node(search->ctx, address, search->text))
		return uvio_handles_add_node(&search->handles, search->text);
	return 0;
}

/* All that a process may have of the device; -EBUSY, what the kernel itself uses of it. */
static int gather(struct search *search, const struct uvio_address *address,
	const struct uvio_backend *backend)
{
	char folder[UVIO_ADDRESS_SIZE * 2];
	int rc = read_lists(search);

	uvio_device_folder(address, folder, sizeof(folder));
	if (!rc)
		rc = walk(search, folder);
	if (!rc && backend && address->kind == UVIO_ADDRESS_PCI)
		rc = add_shared_node(search, address->text, backend->ops);
	if (!rc && search->handles.function)
		rc = uvio_handles_add_registers(&search->handles);
	if (backend)
		search->handles.descriptor = backend->descriptor;
	return rc;
}

static struct search *search_new(
	struct uvio_ctx *ctx, const struct uvio_address *address, bool strict)
{
	struct search *search = calloc(1, sizeof(*search));

	if (!search)
		return NULL;
	search->ctx = search->handles.ctx = ctx;
	search->address = search->handles.address = address->text;
	search->strict = strict;
	if (address->kind == UVIO_ADDRESS_PCI)
		search->handles.function = address->text;
	return search;
}

static void search_free(struct search *search)
{
	uvio_handles_free(&search->handles);
	free(search->mounts);
	free(search->swaps);
	free(search);
}

static int look(struct uvio_ctx *ctx, const struct uvio_address *address, bool strict, bool *done)
{
	const struct uvio_backend *backend = backend_of(ctx, address);
	struct search *search = search_new(ctx, address, strict);
	int rc;

	*done = false;
	if (!search)
		return uvio_no_memory(address->text);
	rc = gather(search, address, backend);
	if (!rc)
		rc = held(ctx, address, backend, &search->handles, strict, done);
	search_free(search);
	return rc;
}

int uvio_in_use(struct uvio_ctx *ctx, const struct uvio_address *address)
{
	bool done;

	return look(ctx, address, true, &done);
}

int uvio_device_search(struct uvio_ctx *ctx, const struct uvio_device *device, bool *done)
{
	return look(ctx, &device->address, false, done);
}

int uvio_device_in_use(struct uvio_ctx *ctx, const struct uvio_device *device)
{
	bool done;

	if (UVIO_NULL("ctx", ctx) || UVIO_NULL("device", device))
		return -EINVAL;
	return uvio_device_search(ctx, device, &done);
}

/* For this process the lock, the kernel and the node are enough. */
int uvio_registers_in_use(struct uvio_ctx *ctx, const struct uvio_address *address)
{
	struct uvio_handles handles = {
		.ctx = ctx, .address = address->text, .function = address->text, .others = true};
	struct uvio_holder holder = {0};
	int rc;

	if (address->kind != UVIO_ADDRESS_PCI)
		return 0;
	rc = uvio_handles_add_registers(&handles);
	if (!rc)
		rc = uvio_holder_find(&handles, &holder);
	uvio_handles_free(&handles);
	return !rc && holder.pid ? uvio_holder_refuse(&handles, &holder) : rc;
}

static bool names_user(struct uvio_udev *udev, const struct uvio_address *address)
{
	struct search *search = search_new(udev->ctx, address, false);
	struct uvio_holder holder = {0};

	if (!search)
		return false;
	search->handles.others = true;
	if (!gather(search, address, udev->backend) &&
		!uvio_holder_find(&search->handles, &holder) && holder.pid)
		uvio_holder_refuse(&search->handles, &holder);
	search_free(search);
	return holder.pid;
}

static bool member_names_user(struct uvio_udev *udev, const struct uvio_group_member *member)
{
	struct uvio_address address;

	if (!strcmp(member->address, udev->address.text) ||
		uvio_address_parse(member->address, &address) ||
		backend_of(udev->ctx, &address) != udev->backend || !names_user(udev, &address))
		return false;
	uvio_fail(
		-EBUSY, "%s: its IOMMU group is in use: %s", udev->address.text, uvio_last_error());
	return true;
}

bool uvio_names_user(struct uvio_udev *udev)
{
	struct uvio_saved_error before;
	struct uvio_device *device;
	bool found;

	uvio_error_save(&before);
	found = names_user(udev, &udev->address);
	if (!found && !uvio_device_at(udev->ctx, &udev->address, &device)) {
		for (size_t i = 0; i < device->info.member_count && !found; i++)
			found = member_names_user(udev, device->info.members[i]);
		uvio_device_free(device);
	}
	if (!found)
		uvio_error_restore(&before);
	return found;
}

/* Cheap if the kernel says that nobody has it. */
int uvio_node_in_use(struct uvio_udev *udev, const char *path, const char *folder)
{
	char number[32] = "";
	struct uvio_handles handles = {.ctx = udev->ctx, .address = udev->address.text};
	int rc, asked = udev->backend->ops->held
				? udev->backend->ops->held(udev->ctx, &udev->address)
				: -ENOTSUP;
	struct uvio_holder holder = {0};

	if (!asked)
		return 0;
	rc = uvio_sysfs_read(udev->ctx, number, sizeof(number), "%s/dev", folder) > 0
		     ? uvio_handles_add_number(&handles, false, number, path)
		     : uvio_handles_add_node(&handles, path);
	if (!rc)
		rc = uvio_holder_find(&handles, &holder);
	if (!rc && holder.pid)
		rc = uvio_holder_refuse(&handles, &holder);
	else if (!rc && holder.copy_pid)
		rc = uvio_holder_refuse_copy(&handles, &holder);
	else if (!rc && asked == -EBUSY && (holder.hidden || holder.outside) && !holder.given_up)
		rc = held_by_nobody_seen(&udev->address);
	uvio_handles_free(&handles);
	return rc;
}
