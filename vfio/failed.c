/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "vfio.h"

#define WANTS_TOKEN                                                                                \
	"the physical function of this SR-IOV card wants a VF token of all its functions; give "   \
	"it (vf_token of the options, --vf-token)"
#define WRONG_TOKEN                                                                                \
	"the VF token is not that under which the other functions of its SR-IOV card are in use; " \
	"all of them take the same"
#define NEEDLESS_TOKEN                                                                             \
	"the kernel has no use for a VF token here: it is neither a function of an SR-IOV card, "  \
	"nor is its physical function bound to vfio; open it without"

#define STILL_RESETTING "the kernel is still resetting it; try again"

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
		"(RMRR); dmesg names it, and another slot may fix it"},
	{"VFIO_GROUP_SET_CONTAINER", -EBUSY,
		"a member of its IOMMU group was taken by a kernel driver; uvio info lists them"},
	{"VFIO_GROUP_GET_DEVICE_FD", -EAGAIN, STILL_RESETTING},
	{"VFIO_GROUP_GET_DEVICE_FD", -EACCES, WANTS_TOKEN},
	{"VFIO_GROUP_GET_DEVICE_FD", -ENODEV, "it has just been unbound from vfio-pci, or removed"},
	{VFIO_STEP_WITH_TOKEN, -EACCES, WRONG_TOKEN},
	{VFIO_STEP_WITH_TOKEN, -EINVAL, NEEDLESS_TOKEN},
	{VFIO_STEP_WITH_TOKEN, -EAGAIN, STILL_RESETTING},
	{VFIO_STEP_WITH_TOKEN, -ENODEV, "it has just been unbound from vfio-pci, or removed"},
	{VFIO_BIND_WITH_TOKEN, -EAGAIN, STILL_RESETTING},
	{VFIO_BIND_WITH_TOKEN, -EACCES, WRONG_TOKEN},
	{VFIO_BIND_WITH_TOKEN, -EINVAL,
		NEEDLESS_TOKEN
		" (or the kernel is older than 6.17, and asks for no token here); or "
		"another program has it open"},
	{"VFIO_DEVICE_BIND_IOMMUFD", -EINVAL,
		"another program has it open, by its group or by this node; end that first"},
	{"VFIO_DEVICE_BIND_IOMMUFD", -EBUSY,
		"another program has it open by its group; end that first"},
	{"VFIO_DEVICE_BIND_IOMMUFD", -EAGAIN, STILL_RESETTING},
	{"VFIO_DEVICE_BIND_IOMMUFD", -EACCES, WANTS_TOKEN},
	{"VFIO_DEVICE_BIND_IOMMUFD", -EPERM,
		"the platform cannot remap interrupts, so a card could forge them; switch on "
		"interrupt remapping (x2APIC) in the firmware, or, at that risk, load iommufd with "
		"allow_unsafe_interrupts=1"},
	{"VFIO_DEVICE_ATTACH_IOMMUFD_PT", -EINVAL,
		"it cannot be attached: often memory reserved by the firmware for the card "
		"(RMRR); dmesg names it, and another slot may fix it"},
	{"VFIO_DEVICE_ATTACH_IOMMUFD_PT", -EBUSY,
		"a member of its IOMMU group is in another address space; give all the same "
		"domain"},
};

static const char *cause_of(int err, const char *step)
{
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (causes[i].err == err && !strcmp(causes[i].step, step))
			return causes[i].text;
	return NULL;
}

int vfio_group_taken(struct uvio_udev *udev, int pid, const char *name)
{
	if (pid == getpid())
		return uvio_fail(-EBUSY,
			"%s: another member of its IOMMU group is open in this program; open both "
			"in the same domain (uvio_domain_new())",
			udev->address.text);
	return uvio_fail(-EBUSY,
		"%s: process %d (%s) has it or another member of its IOMMU group open; end that "
		"first",
		udev->address.text, pid, name);
}

/* The kernel asks for more than the permissions of the node where there is no IOMMU. */
static const char *refusal(const char *path)
{
	return strstr(path, "/noiommu-") && uvio_lack(CAP_SYS_RAWIO)
		       ? "without an IOMMU it takes CAP_SYS_RAWIO, as root on the host has it"
		       : "not permitted; in a container its cgroup must allow the node too";
}

/* The step that opens a node is called by its path. */
static int node_failed(struct uvio_udev *udev, int err, const char *path)
{
	char name[UVIO_NAME_SIZE];
	int pid = err == -EBUSY ? uvio_find_opener(udev->ctx, path, name, sizeof(name)) : 0;

	if (pid)
		return vfio_group_taken(udev, pid, name);
	if (err == -EBUSY)
		return uvio_fail(err,
			"%s: %s is open in another program, for it or for another member "
			"of its IOMMU group; fuser -v %s names it",
			udev->address.text, path, path);
	return uvio_open_failed(
		udev, err, path, err == -EPERM || err == -EACCES ? refusal(path) : NULL);
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
