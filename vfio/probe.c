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

#define NO_GROUP_MEND                                                                              \
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
	char mend[UVIO_TEXT_SIZE];
	bool loaded = uvio_sysfs_exists(ctx, "bus/pci/drivers/vfio-pci");

	if (vfio_claims(info))
		return;
	snprintf(mend, sizeof(mend), "%suvio bind %s vfio", loaded ? "" : "modprobe vfio-pci; ",
		info->address);
	if (info->driver)
		uvio_check_add(check, UVIO_UNBOUND, mend,
			"%s: bound to the kernel driver '%s', not to vfio-pci", info->address,
			info->driver);
	else
		uvio_check_add(
			check, UVIO_UNBOUND, mend, "%s: not bound to vfio-pci", info->address);
}

static void probe_group(const struct uvio_device *device, struct uvio_check *check)
{
	const struct uvio_device_info *info = &device->info;
	char blockers[UVIO_TEXT_SIZE / 2], mend[UVIO_TEXT_SIZE];

	if (info->iommu_group < 0) {
		uvio_check_add(check, UVIO_BLOCKS, NO_GROUP_MEND,
			"%s: no IOMMU group: the IOMMU is off, or this machine has none",
			info->address);
		return;
	}
	if (!uvio_group_blockers(device, blockers, sizeof(blockers)))
		return;
	snprintf(mend, sizeof(mend),
		"unbind each of them or bind it to vfio as well (uvio bind ADDRESS vfio), or move "
		"the card to another slot");
	uvio_check_add(check, UVIO_BLOCKS, mend,
		"%s: IOMMU group %d is not viable: kernel drivers hold other members of it: %s",
		info->address, info->iommu_group, blockers);
}

static void not_permitted(
	const struct uvio_device_info *info, const char *path, struct uvio_check *check)
{
	char mend[UVIO_TEXT_SIZE];
	struct stat st = {0};

	stat(path, &st);
	snprintf(mend, sizeof(mend),
		"chown it to that user, or for ever by a udev rule: SUBSYSTEM==\"vfio\", "
		"KERNEL==\"%d\", OWNER=\"USER\"; in a container, pass the node in",
		info->iommu_group);
	uvio_check_add(check, UVIO_BLOCKS, mend,
		"%s: %s may not be opened by user %u: it belongs to user %u and group %u with mode "
		"%04o",
		info->address, path, (unsigned int)geteuid(), (unsigned int)st.st_uid,
		(unsigned int)st.st_gid, (unsigned int)st.st_mode & 07777);
}

/* The node of the group is missing, though the driver is bound. */
static void no_group_node(struct uvio_ctx *ctx, const struct uvio_device_info *info,
	const char *path, struct uvio_check *check)
{
	char name[UVIO_NAME_SIZE] = "";

	uvio_sysfs_read(ctx, name, sizeof(name), "kernel/iommu_groups/%d/name", info->iommu_group);
	if (!strcmp(name, "vfio-noiommu"))
		uvio_check_add(check, UVIO_BLOCKS, "switch the IOMMU on, or use the uio backend",
			"%s: VFIO runs without an IOMMU here, and this backend does not",
			info->address);
	else if (uvio_sysfs_exists(ctx, "bus/pci/devices/%s/vfio-dev", info->address))
		uvio_check_add(check, UVIO_BLOCKS, "use a kernel with CONFIG_VFIO_GROUP",
			"%s: this kernel has devices of VFIO, but no groups", info->address);
	else
		uvio_check_add(check, UVIO_BLOCKS,
			"in a container, pass the node in; on the host, "
			"is udev running?",
			"%s: %s does not exist, though the device is bound to %s", info->address,
			path, info->driver);
}

static void probe_node(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	char path[PATH_MAX];

	if (!vfio_claims(info) || info->iommu_group < 0)
		return;
	uvio_dev_path(ctx, path, "vfio/vfio");
	if (access(path, F_OK))
		uvio_check_add(check, UVIO_BLOCKS,
			"modprobe vfio; in a container, pass the node in", "%s: %s does not exist",
			info->address, path);
	uvio_dev_path(ctx, path, "vfio/%d", info->iommu_group);
	if (access(path, F_OK))
		no_group_node(ctx, info, path, check);
	else if (access(path, R_OK | W_OK))
		not_permitted(info, path, check);
}

static void probe_memlock(const struct uvio_device_info *info, struct uvio_check *check)
{
	struct rlimit limit;

	if (!geteuid() || getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return;
	uvio_check_add(check, UVIO_LIMITS,
		"ulimit -l, /etc/security/limits.conf, or LimitMEMLOCK= of the systemd unit",
		"%s: this user may map %llu KiB for DMA (RLIMIT_MEMLOCK)", info->address,
		(unsigned long long)limit.rlim_cur >> 10);
}

void vfio_probe(struct uvio_ctx *ctx, const struct uvio_device *device, const char *transport,
	struct uvio_check *check)
{
	const struct uvio_device_info *info = &device->info;

	(void)transport;
	if (!info->pci) {
		uvio_check_add(check, UVIO_BLOCKS, "use the uio backend",
			"%s: not a PCI device, and the vfio backend drives only those",
			info->address);
		return;
	}
	probe_group(device, check);
	if (info->iommu_group >= 0) /* without, vfio-pci would not take it */
		probe_driver(ctx, info, check);
	probe_node(ctx, info, check);
	probe_memlock(info, check);
}

/* What no file in sysfs shows beforehand, by the step which met it. */
static const struct {
	const char *step;
	int err;
	const char *text;
} causes[] = {
	{"VFIO_SET_IOMMU", -EPERM,
		"the platform cannot remap interrupts, so a card could forge them; switch on "
		"interrupt "
		"remapping (x2APIC) in the firmware, or, at that risk, load vfio_iommu_type1 with "
		"allow_unsafe_interrupts=1"},
	{"VFIO_SET_IOMMU", -ENODEV, "the module vfio_iommu_type1 is not loaded; modprobe it"},
	{"VFIO_GROUP_SET_CONTAINER", -EINVAL,
		"the group cannot be attached: often memory reserved by the firmware for the card "
		"(RMRR); dmesg names it, and another slot may mend it"},
	{"VFIO_GROUP_SET_CONTAINER", -EBUSY,
		"a member of its IOMMU group was taken by a kernel driver; uvio info lists them"},
	{"VFIO_GROUP_GET_DEVICE_FD", -EAGAIN, "the kernel is still resetting it; try again"},
	{"VFIO_GROUP_GET_DEVICE_FD", -EACCES,
		"it is a virtual function whose physical function wants a VF token"},
	{"VFIO_GROUP_GET_DEVICE_FD", -ENODEV, "it has just been unbound from vfio-pci, or removed"},
};

static const char *cause_of(int err, const char *step)
{
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (causes[i].err == err && !strcmp(causes[i].step, step))
			return causes[i].text;
	return NULL;
}

/* The step that opens a node is called by its path. */
static int node_failed(struct uvio_udev *udev, int err, const char *path)
{
	char name[UVIO_NAME_SIZE];
	int pid = err == -EBUSY ? uvio_find_opener(udev->ctx, path, name, sizeof(name)) : 0;

	if (pid)
		return uvio_fail(err,
			"%s: %s is open in process %d (%s), for it or for another "
			"member of its IOMMU group; end that first",
			udev->address.text, path, pid, name);
	if (err == -EBUSY)
		return uvio_fail(err,
			"%s: %s is open in another program, for it or for another member "
			"of its IOMMU group; fuser -v %s names it",
			udev->address.text, path, path);
	return uvio_open_failed(udev, err, path,
		err == -EPERM || err == -EACCES
			? "not permitted; in a container its cgroup must allow the node too"
			: NULL);
}

int vfio_open_failed(struct uvio_udev *udev, int err, const char *step)
{
	if (step[0] == '/')
		return node_failed(udev, err, step);
	return uvio_open_failed(udev, err, step, cause_of(err, step));
}

int vfio_failed(struct uvio_udev *udev, int err, const char *step)
{
	const char *cause = cause_of(err, step);

	if (err == -ENODEV)
		return uvio_udev_gone(udev, "the kernel says so");
	return uvio_fail(err, "%s: %s: %s (%s)", udev->address.text, step,
		cause ? cause : strerror(-err), uvio_errname(err));
}
