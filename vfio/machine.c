/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The support of the machine for VFIO, without a device. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uvio/check.h>

#include "base/context.h"
#include "base/error.h"
#include "base/finding.h"
#include "base/rights.h"
#include "base/sysfs.h"
#include "check/machine.h"
#include "vfio.h"

#define NO_IOMMU_FIX                                                                               \
	"switch on VT-d or AMD-Vi in the firmware setup (a virtual machine needs a virtual "       \
	"IOMMU), and boot Intel machines with intel_iommu=on"

static const struct {
	const char *prefix;
	const char *kind;
} kinds[] = {
	{"dmar", "Intel VT-d"},
	{"ivhd", "AMD-Vi"},
	{"smmu3", "ARM SMMUv3"},
	{"smmu", "ARM SMMU"},
};

static const char *kind_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strncmp(name, kinds[i].prefix, strlen(kinds[i].prefix)))
			return kinds[i].kind;
	return "another type";
}

/* The number of groups whose type begins with @type. */
static unsigned int count_groups(struct uvio_ctx *ctx, const char *type)
{
	unsigned int found = 0;
	char **names, text[UVIO_NAME_SIZE];
	int count = uvio_sysfs_names(ctx, "", &names, "kernel/iommu_groups");

	for (int i = 0; i < count; i++) {
		text[0] = '\0';
		uvio_sysfs_read(ctx, text, sizeof(text), "kernel/iommu_groups/%s/type", names[i]);
		found += !strncmp(text, type, strlen(type));
	}
	uvio_names_free(names, count);
	return found;
}

static bool probe_iommu(struct uvio_ctx *ctx, struct uvio_check *check)
{
	char **names;
	int count = uvio_sysfs_names(ctx, "", &names, "class/iommu");
	unsigned int groups = count_groups(ctx, "");

	if (count > 0)
		uvio_check_add(check, UVIO_NOTE, NULL, "IOMMU: %s (%s%s), %u group%s of devices",
			kind_of(names[0]), names[0], count > 1 ? " and more" : "", groups,
			groups == 1 ? "" : "s");
	else if (groups)
		uvio_check_add(check, UVIO_NOTE, NULL, "IOMMU: %u group%s of devices", groups,
			groups == 1 ? "" : "s");
	uvio_names_free(names, count);
	return groups;
}

static void probe_translation(struct uvio_ctx *ctx, struct uvio_check *check)
{
	unsigned int translated = count_groups(ctx, "DMA"), passed = count_groups(ctx, "identity");

	if (translated)
		uvio_check_add(check, UVIO_NOTE, "for DMA on uio, boot with iommu=pt",
			"translation: also while the kernel or uio drives a device, in %u of %u "
			"groups",
			translated, translated + passed);
	else if (passed)
		uvio_check_add(check, UVIO_NOTE, NULL,
			"translation: only while vfio drives a device (iommu=pt)");
}

static bool may_go_unsafe(struct uvio_ctx *ctx)
{
	return uvio_parameter_is_on(ctx, "vfio_iommu_type1", "allow_unsafe_interrupts") ||
	       uvio_parameter_is_on(ctx, "iommufd", "allow_unsafe_interrupts");
}

static void probe_interrupts(struct uvio_ctx *ctx, struct uvio_check *check)
{
	switch (uvio_interrupts_remapped(ctx)) {
	case UVIO_YES:
		uvio_check_add(check, UVIO_NOTE, NULL, "interrupt remapping: on");
		break;
	case UVIO_NO:
		uvio_check_add(check, may_go_unsafe(ctx) ? UVIO_LIMITS : UVIO_BLOCKS,
			VFIO_REMAP_FIX_FOR("vfio_iommu_type1"),
			"interrupt remapping: off (IO-APIC without IR- in /proc/interrupts): a "
			"card could forge interrupts%s",
			may_go_unsafe(ctx) ? ", which allow_unsafe_interrupts accepts"
					   : ", and VFIO refuses every card");
		break;
	default:
		uvio_check_add(check, UVIO_NOTE, NULL,
			"interrupt remapping: unknown on this machine; perhaps /proc/interrupts "
			"shows it");
	}
}

static void probe_modules(struct uvio_ctx *ctx, struct uvio_check *check)
{
	struct uvio_needed modules[] = {{.module = "vfio"}, {.module = "vfio-pci"},
		{.module = "vfio_iommu_type1"}, {.module = "iommufd", .note = "since Linux 6.2"}};
	enum uvio_module absent = UVIO_MODULE_ABSENT;

	uvio_modules_probe(ctx, modules, ARRAY_SIZE(modules), check);
	if (modules[0].state == absent || modules[1].state == absent)
		uvio_check_add(check, UVIO_BLOCKS,
			"install the modules of this kernel, or one with CONFIG_VFIO_PCI",
			"modules: %s is missing, without which no card can be bound to vfio",
			modules[modules[0].state == absent ? 0 : 1].module);
	else if (modules[2].state == absent && modules[3].state == absent)
		uvio_check_add(check, UVIO_BLOCKS,
			"install the modules of this kernel, or another kernel",
			"modules: neither vfio_iommu_type1 nor iommufd is there");
}

static void probe_nodes(struct uvio_ctx *ctx, struct uvio_check *check)
{
	static const char *const names[] = {"vfio/vfio", "iommu"};
	char path[UVIO_PATH_SIZE], text[2 * UVIO_PATH_SIZE + 64] = "";
	size_t used = 0;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uvio_dev_path(ctx, path, "%s", names[i]);
		rc = uvio_access(ctx, path, R_OK | W_OK);
		if (rc && rc != -ENOENT)
			uvio_check_add(check, UVIO_LIMITS,
				rc == -EPERM ? "allow it in the device rules of the container"
					     : "chmod it, or add a udev rule",
				"node: %s cannot be opened by this user (%s)", path,
				uvio_errname(rc));
		else
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %s",
				used ? ", " : "", path, rc ? "does not exist" : "can be opened");
	}
	if (used)
		uvio_check_add(check, UVIO_NOTE, NULL, "nodes: %s", text);
}

static void probe_noiommu(struct uvio_ctx *ctx, struct uvio_check *check)
{
	if (uvio_parameter_is_on(ctx, "vfio", "enable_unsafe_noiommu_mode"))
		uvio_check_add(check, UVIO_LIMITS,
			"write 0 to /sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
			"vfio/noiommu: switched on: a card on it can access all memory of the "
			"machine");
}

void vfio_machine(struct uvio_ctx *ctx, struct uvio_check *check)
{
	bool iommu = probe_iommu(ctx, check);

	if (!iommu)
		uvio_check_add(check, UVIO_BLOCKS, NO_IOMMU_FIX,
			"IOMMU: none is active: it is switched off, or this machine has none");
	probe_translation(ctx, check);
	if (iommu)
		probe_interrupts(ctx, check);
	probe_modules(ctx, check);
	probe_nodes(ctx, check);
	probe_noiommu(ctx, check);
}
