/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vfio.h"

#define NO_GROUP_FIX                                                                               \
	"switch on VT-d or AMD-Vi in the firmware setup (a virtual machine needs a virtual "       \
	"IOMMU), boot Intel machines with intel_iommu=on, or use the uio backend"

/* Its variants for one card each are named after it. */
bool vfio_claims(const struct uvio_device_info *info)
{
	return info->pci && info->driver && strstr(info->driver, "vfio");
}

static void probe_driver(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	char fix[UVIO_TEXT_SIZE];
	bool loaded = uvio_sysfs_exists(ctx, "bus/pci/drivers/vfio-pci");

	if (vfio_claims(info))
		return;
	snprintf(fix, sizeof(fix), "%suvio bind %s vfio", loaded ? "" : "modprobe vfio-pci; ",
		info->address);
	if (info->driver)
		uvio_check_add(check, UVIO_UNBOUND, fix,
			"%s: bound to the kernel driver '%s', not to vfio-pci", info->address,
			info->driver);
	else
		uvio_check_add(
			check, UVIO_UNBOUND, fix, "%s: not bound to vfio-pci", info->address);
}

static void probe_group(const struct uvio_device *device, struct uvio_check *check)
{
	const struct uvio_device_info *info = &device->info;
	char blockers[UVIO_TEXT_SIZE / 2], fix[UVIO_TEXT_SIZE];

	if (info->iommu_group < 0) {
		uvio_check_add(check, UVIO_BLOCKS, NO_GROUP_FIX,
			"%s: no IOMMU group: the IOMMU is off, or this machine has none",
			info->address);
		return;
	}
	if (!uvio_group_blockers(device, blockers, sizeof(blockers)))
		return;
	snprintf(fix, sizeof(fix),
		"unbind each of them or bind it to vfio as well (uvio bind ADDRESS vfio), or move "
		"the card to another slot");
	uvio_check_add(check, UVIO_BLOCKS, fix,
		"%s: IOMMU group %d is not viable: kernel drivers hold other members of it: %s",
		info->address, info->iommu_group, blockers);
}

/* For a rule of udev, by the name of the node below /dev. */
static const char *subsystem_of(const char *name)
{
	if (!strncmp(name, "vfio/devices/", 13))
		return "vfio-dev";
	return !strcmp(name, "iommu") || !strcmp(name, "vfio/vfio") ? "misc" : "vfio";
}

static void not_permitted(const struct uvio_device_info *info, const char *path, const char *name,
	struct uvio_check *check)
{
	const char *last = strrchr(path, '/');
	char fix[UVIO_TEXT_SIZE];
	struct stat st = {0};

	stat(path, &st);
	snprintf(fix, sizeof(fix),
		"chown it to that user, or for ever by a udev rule: SUBSYSTEM==\"%s\", "
		"KERNEL==\"%s\", OWNER=\"USER\"; in a container, pass the node in",
		subsystem_of(name), last ? last + 1 : path);
	uvio_check_add(check, UVIO_BLOCKS, fix,
		"%s: %s may not be opened by user %u: it belongs to user %u and group %u with mode "
		"%04o",
		info->address, path, uvio_user(), (unsigned int)st.st_uid, (unsigned int)st.st_gid,
		(unsigned int)st.st_mode & 07777);
}

static bool is_noiommu(const struct uvio_device_info *info)
{
	return info->iommu_type && !strcmp(info->iommu_type, "noiommu");
}

static void probe_path(struct uvio_ctx *ctx, const struct uvio_device_info *info, const char *name,
	const char *fix, struct uvio_check *check)
{
	char path[PATH_MAX];

	uvio_dev_path(ctx, path, "%s", name);
	if (!uvio_may_access(path, F_OK))
		uvio_check_add(
			check, UVIO_BLOCKS, fix, "%s: %s does not exist", info->address, path);
	else if (!uvio_may_access(path, R_OK | W_OK))
		not_permitted(info, path, name, check);
}

/* The node of the group is missing, though the driver is bound. */
static void no_group_node(struct uvio_ctx *ctx, const struct uvio_device_info *info,
	const char *path, struct uvio_check *check)
{
	if (uvio_sysfs_exists(ctx, "bus/pci/devices/%s/vfio-dev", info->address))
		uvio_check_add(check, UVIO_BLOCKS,
			"use vfio/cdev, or a kernel with CONFIG_VFIO_GROUP",
			"%s: this kernel has devices of VFIO, but no groups", info->address);
	else
		uvio_check_add(check, UVIO_BLOCKS,
			"in a container, pass the node in; on the host, "
			"is udev running?",
			"%s: %s does not exist, though the device is bound to %s", info->address,
			path, info->driver);
}

static void probe_group_node(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	char path[PATH_MAX], name[UVIO_NAME_SIZE];

	if (vfio_group_name(ctx, info->address, name, sizeof(name)) ||
		uvio_dev_path(ctx, path, "vfio/%s", name))
		return;
	if (!uvio_may_access(path, F_OK))
		no_group_node(ctx, info, path, check);
	else if (!uvio_may_access(path, R_OK | W_OK))
		not_permitted(info, path, name, check);
}

static void probe_by_group(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	probe_path(
		ctx, info, "vfio/vfio", "modprobe vfio; in a container, pass the node in", check);
	probe_group_node(ctx, info, check);
}

static void probe_by_iommufd(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	probe_path(ctx, info, "iommu",
		"modprobe iommufd (CONFIG_IOMMUFD, since Linux 6.2); in a container, pass the node "
		"in; or use vfio/group",
		check);
}

static void probe_cdev(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	char node[UVIO_NAME_SIZE * 2], name[UVIO_NAME_SIZE];

	if (vfio_cdev_name(ctx, info->address, name, sizeof(name))) {
		uvio_check_add(check, UVIO_BLOCKS, "use vfio/group",
			"%s: this kernel makes no nodes for devices (CONFIG_VFIO_DEVICE_CDEV, "
			"since Linux 6.6)",
			info->address);
		return;
	}
	snprintf(node, sizeof(node), "vfio/devices/%s", name);
	probe_path(ctx, info, node, "in a container, pass the node in; is udev running?", check);
	probe_by_iommufd(ctx, info, check);
}

static void probe_compat(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	probe_by_iommufd(ctx, info, check);
	probe_group_node(ctx, info, check);
}

/* One is enough; where none is, group is what most kernels have. */
static void probe_any(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	char ways[128] = "";

	vfio_ways_offered(ctx, info->address, ways, sizeof(ways));
	if (!strcmp(ways, "group"))
		return; /* as everywhere */
	if (ways[0])
		uvio_check_add(
			check, UVIO_NOTE, NULL, "%s: can be opened by %s", info->address, ways);
	else
		probe_by_group(ctx, info, check);
}

static const struct {
	const char *transport;
	void (*probe)(struct uvio_ctx *, const struct uvio_device_info *, struct uvio_check *);
} nodes[] = {
	{"cdev", probe_cdev},
	{"group", probe_by_group},
	{"compat", probe_compat},
	{"noiommu", probe_by_group},
};

static void probe_node(struct uvio_ctx *ctx, const struct uvio_device_info *info,
	const char *transport, struct uvio_check *check)
{
	if (!vfio_claims(info) || info->iommu_group < 0)
		return;
	if (!transport)
		probe_any(ctx, info, check);
	for (size_t i = 0; transport && i < ARRAY_SIZE(nodes); i++)
		if (!strcmp(transport, nodes[i].transport))
			nodes[i].probe(ctx, info, check);
}

/* The kernel lets vfio-pci have a card without an IOMMU only where that is switched on. */
static void probe_noiommu(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	char mode[8] = "";

	uvio_check_add(check, UVIO_NOTE, NULL,
		"%s: UNSAFE: without an IOMMU the card reaches all memory of the machine; a "
		"program has to ask for DMA (UVIO_OPEN_UNSAFE_DMA)",
		info->address);
	if (info->iommu_group >= 0 && !is_noiommu(info)) {
		uvio_check_add(check, UVIO_BLOCKS, "use vfio, which is safe",
			"%s: an IOMMU translates for it, so that VFIO will not go without",
			info->address);
		return;
	}
	uvio_sysfs_read(
		ctx, mode, sizeof(mode), "module/vfio/parameters/enable_unsafe_noiommu_mode");
	if (mode[0] && strchr("Yy1", mode[0]))
		return;
	if (uvio_sysfs_exists(ctx, "module/vfio") &&
		!uvio_sysfs_exists(ctx, "module/vfio/parameters/enable_unsafe_noiommu_mode"))
		uvio_check_add(check, UVIO_BLOCKS,
			"switch the IOMMU on, use the uio backend, or another kernel",
			"%s: this kernel was built without VFIO without an IOMMU "
			"(CONFIG_VFIO_NOIOMMU)",
			info->address);
	else
		uvio_check_add(check, UVIO_BLOCKS,
			"load vfio with enable_unsafe_noiommu_mode=1, or write 1 to that parameter "
			"in sysfs, and bind the card again",
			"%s: VFIO without an IOMMU is switched off in this kernel, or not built in",
			info->address);
}

static void probe_memlock(const struct uvio_device_info *info, struct uvio_check *check)
{
	struct rlimit limit;

	if (uvio_has_capability(CAP_IPC_LOCK) || getrlimit(RLIMIT_MEMLOCK, &limit) ||
		limit.rlim_cur == RLIM_INFINITY)
		return;
	uvio_check_add(check, UVIO_LIMITS,
		"ulimit -l, /etc/security/limits.conf, or LimitMEMLOCK= of the systemd unit",
		"%s: this user may map %llu KiB for DMA (RLIMIT_MEMLOCK)", info->address,
		(unsigned long long)limit.rlim_cur >> 10);
}

static void probe_iommu(const struct uvio_device *device, struct uvio_check *check)
{
	const struct uvio_device_info *info = &device->info;

	if (is_noiommu(info))
		uvio_check_add(check, UVIO_BLOCKS,
			"switch the IOMMU on, use the uio backend, or, at that risk, open it as "
			"vfio/noiommu",
			"%s: VFIO runs without an IOMMU here: nothing would keep the card from any "
			"memory",
			info->address);
	else
		probe_group(device, check);
}

void vfio_probe(struct uvio_ctx *ctx, const struct uvio_device *device, const char *transport,
	struct uvio_check *check)
{
	const struct uvio_device_info *info = &device->info;
	bool noiommu = transport && !strcmp(transport, "noiommu");

	if (!info->pci) {
		uvio_check_add(check, UVIO_BLOCKS, "use the uio backend",
			"%s: not a PCI device, and the vfio backend drives only those",
			info->address);
		return;
	}
	if (noiommu)
		probe_noiommu(ctx, info, check);
	else
		probe_iommu(device, check);
	if (noiommu || info->iommu_group >= 0) /* without, vfio-pci would not take it */
		probe_driver(ctx, info, check);
	if (noiommu || !is_noiommu(info))
		probe_node(ctx, info, transport, check);
	probe_memlock(info, check);
}
