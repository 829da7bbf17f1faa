/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <uvio/error.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/error.h"
#include "base/rights.h"
#include "base/sysfs.h"
#include "check/check.h"
#include "owner/inuse.h"
#include "udev/udev.h"
#include "vfio.h"

#define NEEDLESS_TOKEN                                                                             \
	"the kernel accepts no VF token here: the device is not an SR-IOV function whose "         \
	"physical function is bound to vfio; open it without a token"
#define WANTS_TOKEN                                                                                \
	"the physical function of this SR-IOV card requires a VF token of all its functions; "     \
	"give it (vf_token of the options, --vf-token)"
#define WRONG_TOKEN                                                                                \
	"the VF token differs from that of the other functions of the SR-IOV card; give all of "   \
	"them the same token"

#define STILL_RESETTING "perhaps the kernel is still resetting it; try again"
#define WENT                                                                                       \
	"perhaps the device has just been unbound from vfio-pci, or removed; uvio info shows its " \
	"driver"
#define FORGEABLE                                                                                  \
	"perhaps the platform cannot remap interrupts, so that a card could forge them; see uvio " \
	"check, and dmesg (\"interrupt remapping\")"
#define RESERVED                                                                                   \
	"perhaps the firmware reserves memory for the card (RMRR), which dmesg shows; another "    \
	"slot may fix it"

/* Only functions of an SR-IOV card have VF tokens. */
static bool has_tokens(struct uvio_ctx *ctx, const char *address)
{
	return uvio_sysfs_exists(ctx, "bus/pci/devices/%s/physfn", address) ||
	       uvio_sysfs_exists(ctx, "bus/pci/devices/%s/sriov_totalvfs", address);
}

static bool has_no_token(struct uvio_ctx *ctx, const char *address)
{
	char driver[UVIO_NAME_SIZE] = "";

	uvio_sysfs_link(ctx, driver, sizeof(driver), "bus/pci/devices/%s/physfn/driver", address);
	return !strstr(driver, "vfio") &&
	       !uvio_sysfs_exists(ctx, "bus/pci/devices/%s/sriov_totalvfs", address);
}

/* Causes that check cannot see before, by the step of open that fails. */
static const struct vfio_cause causes[] = {
	{"VFIO_SET_IOMMU", -EPERM, FORGEABLE, NULL},
	{"VFIO_SET_IOMMU", -EINVAL, RESERVED, NULL},
	{"VFIO_SET_IOMMU", -ENODEV,
		"perhaps the module vfio_iommu_type1 was just unloaded; modprobe vfio_iommu_type1",
		NULL},
	{"VFIO_GROUP_SET_CONTAINER", -EPERM, FORGEABLE, NULL},
	{"VFIO_GROUP_SET_CONTAINER", -EINVAL, RESERVED, NULL},
	{"VFIO_GROUP_SET_CONTAINER", -EBUSY,
		"perhaps another program or a kernel driver uses a member of its IOMMU group; uvio "
		"info lists the members",
		NULL},
	{"VFIO_GROUP_GET_DEVICE_FD", -EAGAIN, STILL_RESETTING, NULL},
	{"VFIO_GROUP_GET_DEVICE_FD", -EACCES, WANTS_TOKEN, has_tokens},
	{"VFIO_GROUP_GET_DEVICE_FD", -ENODEV, WENT, NULL},
	{"VFIO_GROUP_GET_DEVICE_FD", -EINVAL,
		"perhaps the kernel cannot power the card up; dmesg shows the reason", NULL},
	{VFIO_STEP_WITH_TOKEN, -EACCES, WRONG_TOKEN, has_tokens},
	{VFIO_STEP_WITH_TOKEN, -EINVAL, NEEDLESS_TOKEN, has_no_token},
	{VFIO_STEP_WITH_TOKEN, -EAGAIN, STILL_RESETTING, NULL},
	{VFIO_STEP_WITH_TOKEN, -ENODEV, WENT, NULL},
	{VFIO_BIND_WITH_TOKEN, -EAGAIN, STILL_RESETTING, NULL},
	{VFIO_BIND_WITH_TOKEN, -EACCES, WRONG_TOKEN, has_tokens},
	{VFIO_BIND_WITH_TOKEN, -EINVAL, NEEDLESS_TOKEN, has_no_token},
	{VFIO_BIND_WITH_TOKEN, -EINVAL,
		"perhaps the kernel is older than 6.17, and takes no VF token here; or another "
		"program has the device open",
		NULL},
	{"VFIO_DEVICE_BIND_IOMMUFD", -EINVAL,
		"perhaps another program has the device open, by its group or by this node; end "
		"that program first",
		NULL},
	{"VFIO_DEVICE_BIND_IOMMUFD", -EBUSY,
		"perhaps another program has the device open by its group; end that program first",
		NULL},
	{"VFIO_DEVICE_BIND_IOMMUFD", -EAGAIN, STILL_RESETTING, NULL},
	{"VFIO_DEVICE_BIND_IOMMUFD", -EACCES, WANTS_TOKEN, has_tokens},
	{"VFIO_DEVICE_BIND_IOMMUFD", -EPERM, FORGEABLE, NULL},
	{"VFIO_DEVICE_ATTACH_IOMMUFD_PT", -EINVAL, RESERVED, NULL},
	{"VFIO_DEVICE_ATTACH_IOMMUFD_PT", -EBUSY,
		"perhaps a member of its IOMMU group is in another address space; open all members "
		"in the same domain",
		NULL},
};

const struct vfio_cause *vfio_cause_at(size_t i)
{
	return i < ARRAY_SIZE(causes) ? &causes[i] : NULL;
}

static const char *cause_of(const struct uvio_udev *udev, int err, const char *step)
{
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (causes[i].err == err && !strcmp(causes[i].step, step) &&
			(!causes[i].holds || causes[i].holds(udev->ctx, udev->address.text)))
			return causes[i].text;
	return NULL;
}

int vfio_group_taken(struct uvio_udev *udev, int pid, const char *name)
{
	if (pid == uvio_proc_self(udev->ctx))
		return uvio_fail(-EBUSY,
			"%s: another member of its IOMMU group is open in this program; open both "
			"in the same domain (uvio_domain_new())",
			udev->address.text);
	return uvio_fail(-EBUSY,
		"%s: process %d (%s) has the device or another member of its IOMMU group open; end "
		"that process first",
		udev->address.text, pid, name);
}

/* Without an IOMMU, the kernel requires more than permission on the node. */
static const char *refusal(struct uvio_ctx *ctx, const char *path)
{
	if (strstr(path, "/noiommu-") && uvio_lack(ctx, CAP_SYS_RAWIO))
		return "without an IOMMU, open needs CAP_SYS_RAWIO, which root on the host has";
	return "the mode of the node permits it; perhaps a security module or the container's "
	       "cgroup does not; look at dmesg and the settings of the container";
}

/* The name of the step that opens a node is the node's path. */
static int node_failed(struct uvio_udev *udev, int err, const char *path)
{
	char name[UVIO_NAME_SIZE];
	int pid = err == -EBUSY ? uvio_find_opener(udev->ctx, path, name, sizeof(name)) : 0;

	if (pid)
		return vfio_group_taken(udev, pid, name);
	if (err == -EBUSY && uvio_names_user(udev))
		return err;
	if (err == -EBUSY)
		return uvio_fail(err,
			"%s: %s is open in another program, which this process cannot see, for "
			"this device or another member of its IOMMU group; as root, fuser -v %s "
			"names the program",
			udev->address.text, path, path);
	return uvio_open_failed(
		udev, err, path, err == -EPERM || err == -EACCES ? refusal(udev->ctx, path) : NULL);
}

/*
 * Finds another process that has the group or the card itself open; 0: none can be seen. At this
 * step this process has the node open, too.
 */
static int find_holder(struct uvio_udev *udev, char *comm, size_t size)
{
	char path[UVIO_PATH_SIZE], name[UVIO_NAME_SIZE];
	const char *address = udev->address.text;
	int pid = 0;

	if (!vfio_group_name(udev->ctx, address, name, sizeof(name)) &&
		!uvio_dev_path(udev->ctx, path, "vfio/%s", name))
		pid = uvio_find_other_opener(udev->ctx, path, comm, size);
	if (!pid && !vfio_cdev_name(udev->ctx, address, name, sizeof(name)) &&
		!uvio_dev_path(udev->ctx, path, "vfio/devices/%s", name))
		pid = uvio_find_other_opener(udev->ctx, path, comm, size);
	return pid;
}

static bool may_be_held(int err, const char *step)
{
	return (!strncmp(step, "VFIO_DEVICE_BIND", 16) && (err == -EINVAL || err == -EBUSY)) ||
	       (!strcmp(step, "VFIO_GROUP_SET_CONTAINER") && err == -EBUSY);
}

int vfio_open_failed(struct uvio_udev *udev, int err, const char *step)
{
	char name[UVIO_NAME_SIZE];
	bool held = may_be_held(err, step);
	int pid;

	if (step[0] == '/')
		return node_failed(udev, err, step);
	pid = held ? find_holder(udev, name, sizeof(name)) : 0;
	if (pid)
		return vfio_group_taken(udev, pid, name);
	if (held && strcmp(step, VFIO_BIND_WITH_TOKEN) != 0 && uvio_names_user(udev))
		return -EBUSY;
	return uvio_open_failed(udev, err, step, cause_of(udev, err, step));
}

int vfio_failed(struct uvio_udev *udev, int err, const char *step)
{
	const char *cause = cause_of(udev, err, step);
	/* Before the core has read the device, the cause cannot be looked up. */
	int rc = udev->config.udev ? uvio_udev_failed(udev, err) : err;

	if (udev->config.udev && rc == -ENODEV)
		return rc;
	return uvio_fail(rc, "%s: %s: %s (%s)", udev->address.text, step,
		cause ? cause : strerror(-err), uvio_errname(err));
}
