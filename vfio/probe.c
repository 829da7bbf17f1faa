/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <uvio/check.h>
#include <uvio/device.h>

#include "base/context.h"
#include "base/error.h"
#include "base/finding.h"
#include "base/rights.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "check/card.h"
#include "check/machine.h"
#include "device/device.h"
#include "dma/phys.h"
#include "owner/node.h"
#include "vfio.h"

#define NO_GROUP_FIX                                                                               \
	"switch on VT-d or AMD-Vi in the firmware setup (a virtual machine needs a virtual "       \
	"IOMMU), boot Intel machines with intel_iommu=on[uio:, or use the uio backend]"

#define REMAP_FIX VFIO_REMAP_FIX_FOR("%s") "[uio:; or use the uio backend]"

/* Its variants for single cards begin with its name. */
bool vfio_claims(const struct uvio_device_info *info)
{
	return info->pci && info->driver && strstr(info->driver, "vfio");
}

/* What to do before binding the device. */
static void bind_fix(struct uvio_ctx *ctx, const char *address, char *fix, size_t size)
{
	bool driver = uvio_sysfs_exists(ctx, "bus/pci/drivers/vfio-pci");
	bool type1 = uvio_sysfs_exists(ctx, "module/vfio_iommu_type1") ||
		     uvio_sysfs_exists(ctx, "module/iommufd");

	/* The one that is loaded later loads the other. */
	snprintf(fix, size, "%suvio bind %s vfio",
		!driver	 ? "modprobe vfio-pci; "
		: !type1 ? "modprobe vfio_iommu_type1; "
			 : "",
		address);
}

static void probe_driver(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	char fix[UVIO_TEXT_SIZE / 4];

	if (vfio_claims(info))
		return;
	bind_fix(ctx, info->address, fix, sizeof(fix));
	uvio_card_add_unbound(ctx, info, "vfio-pci", fix, check);
	if (!uvio_sysfs_exists(ctx, "bus/pci/drivers/vfio-pci"))
		uvio_module_require(ctx, info->address, "vfio-pci", check);
	uvio_node_foresee(ctx, info->address, "vfio", check);
}

static void probe_group(
	struct uvio_ctx *ctx, const struct uvio_device *device, struct uvio_check *check)
{
	const struct uvio_device_info *info = &device->info;
	char blockers[UVIO_TEXT_SIZE / 2], fix[UVIO_TEXT_SIZE / 4];

	if (info->iommu_group < 0) {
		uvio_check_add(check, UVIO_BLOCKS, NO_GROUP_FIX,
			"%s: no IOMMU group: the IOMMU is off, or this machine has none",
			info->address);
		return;
	}
	if (!uvio_group_blockers(device, blockers, sizeof(blockers)))
		return;
	snprintf(fix, sizeof(fix),
		"%sunbind each of them, or bind each to vfio as well (uvio bind ADDRESS vfio), or "
		"move the card to another slot",
		uvio_card_where(ctx));
	uvio_check_add(check, UVIO_BLOCKS, fix,
		"%s: IOMMU group %d is not viable: other members are bound to kernel drivers: %s",
		info->address, info->iommu_group, blockers);
}

/* Nodes shared by all devices, which alone give access to none. */
static bool is_shared(const char *name)
{
	return !strcmp(name, "iommu") || !strcmp(name, "vfio/vfio");
}

/* Not by the number of a group, which may belong to another device after the next boot. */
static void not_permitted(const struct uvio_device_info *info, const char *path, int rc,
	const char *name, struct uvio_check *check)
{
	char fix[UVIO_TEXT_SIZE / 2];

	if (is_shared(name))
		snprintf(fix, sizeof(fix),
			"chmod 666 %.200s, which alone gives access to no device; in a container, "
			"pass the node in",
			path);
	else
		snprintf(fix, sizeof(fix),
			"chown the node to the user, or permanently: uvio bind --persist --owner "
			"USER %s vfio; in a container, pass the node in",
			info->address);
	uvio_node_refused(info->address, path, rc, fix, check);
}

static bool is_noiommu(const struct uvio_device_info *info)
{
	return info->iommu_type && !strcmp(info->iommu_type, "noiommu");
}

static int probe_path(struct uvio_ctx *ctx, const struct uvio_device_info *info, const char *name,
	const char *fix, struct uvio_check *check)
{
	char path[UVIO_PATH_SIZE];
	int rc;

	uvio_dev_path(ctx, path, "%s", name);
	rc = uvio_access(ctx, path, R_OK | W_OK);
	if (rc == -ENOENT || rc == -ENOTDIR)
		uvio_check_add(
			check, UVIO_BLOCKS, fix, "%s: %s does not exist", info->address, path);
	else if (rc)
		not_permitted(info, path, rc, name, check);
	return rc;
}

/* The group's node is missing, although the driver is bound. */
static void no_group_node(struct uvio_ctx *ctx, const struct uvio_device_info *info,
	const char *name, const char *path, struct uvio_check *check)
{
	/* Since Linux 6.1 vfio-dev also exists if groups are used. */
	if (uvio_sysfs_exists(ctx, "bus/pci/devices/%s/vfio-dev", info->address) &&
		!uvio_sysfs_exists(ctx, "class/vfio/%s", name))
		uvio_check_add(check, UVIO_BLOCKS,
			"[vfio/cdev:use vfio/cdev, or ]use a kernel with CONFIG_VFIO_GROUP",
			"%s: this kernel makes VFIO nodes for devices, but none for groups",
			info->address);
	else
		uvio_check_add(check, UVIO_BLOCKS,
			"in a container, pass the node in; on the host, "
			"is udev running?",
			"%s: %s does not exist, although the device is bound to %s", info->address,
			path, info->driver);
}

static void probe_group_node(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	char path[UVIO_PATH_SIZE], name[UVIO_NAME_SIZE], folder[UVIO_NAME_SIZE * 2];
	int rc;

	if (vfio_group_name(ctx, info->address, name, sizeof(name)) ||
		uvio_dev_path(ctx, path, "vfio/%s", name))
		return;
	snprintf(folder, sizeof(folder), "class/vfio/%.60s", name);
	uvio_node_probe(ctx, info->address, path, folder, check);
	rc = uvio_access(ctx, path, R_OK | W_OK);
	if (rc == -ENOENT)
		no_group_node(ctx, info, name, path, check);
	else if (rc)
		not_permitted(info, path, rc, name, check);
}

/* Asks the kernel itself by a node that belongs to no device. */
static void ask_container(struct uvio_ctx *ctx, const struct uvio_device_info *info,
	const struct vfio_transport *transport, struct uvio_check *check)
{
	char path[UVIO_PATH_SIZE];
	int fd, rc;

	uvio_dev_path(ctx, path, "%s", transport->container);
	fd = uvio_sys_open(path, O_RDWR);
	if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM)
		return;
	rc = fd < 0 ? fd : vfio_container_judge(fd, transport->iommu_type);
	if (fd >= 0)
		uvio_sys_close(fd);
	if (rc == -EPERM || rc == -EACCES)
		not_permitted(info, path, rc, transport->container, check);
	else if (rc == -ENOTSUP && transport == &vfio_transport_noiommu)
		uvio_check_add(check, UVIO_BLOCKS,
			"load vfio with enable_unsafe_noiommu_mode=1, or write 1 to that parameter "
			"in sysfs",
			"%s: the kernel does not offer VFIO without an IOMMU", info->address);
	else if (rc == -ENOTSUP)
		uvio_check_add(check, UVIO_BLOCKS, "modprobe vfio_iommu_type1",
			"%s: the module vfio_iommu_type1 is not loaded: %s offers no type1v2 IOMMU",
			info->address, path);
	else if (rc)
		uvio_check_add(check, UVIO_BLOCKS, NULL, "%s: %s is not usable: %s (%s)",
			info->address, path,
			rc == -EPROTO ? "its VFIO API version is not 0" : strerror(-rc),
			uvio_errname(rc));
}

static void probe_container(struct uvio_ctx *ctx, const struct uvio_device_info *info,
	const struct vfio_transport *transport, struct uvio_check *check)
{
	if (!probe_path(ctx, info, "vfio/vfio", "modprobe vfio; in a container, pass the node in",
		    check))
		ask_container(ctx, info, transport, check);
}

static void probe_by_group(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	probe_container(ctx, info, &vfio_transport_group, check);
	probe_group_node(ctx, info, check);
}

static void probe_by_noiommu(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	probe_container(ctx, info, &vfio_transport_noiommu, check);
	probe_group_node(ctx, info, check);
}

static int probe_iommufd(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	return probe_path(ctx, info, "iommu",
		"modprobe iommufd (CONFIG_IOMMUFD, since Linux 6.2); in a container, pass the node "
		"in[vfio/group:; or use vfio/group]",
		check);
}

static void probe_cdev(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	char node[UVIO_NAME_SIZE * 2], name[UVIO_NAME_SIZE], folder[UVIO_NAME_SIZE * 2];
	char path[UVIO_PATH_SIZE];
	int rc = vfio_cdev_name(ctx, info->address, name, sizeof(name));

	if (rc == -ENOMEM) {
		check->failed = true;
		return;
	}
	if (rc != 0 && rc != -ENOENT) {
		uvio_check_add(check, UVIO_BLOCKS, NULL, "%s: cannot read its node in %s: %s",
			info->address, ctx->sysfs, strerror(-rc));
		return;
	}
	if (rc) {
		uvio_check_add(check, UVIO_BLOCKS,
			"[vfio/group:use vfio/group, or ]use a kernel with that option",
			"%s: this kernel makes no VFIO nodes for devices (CONFIG_VFIO_DEVICE_CDEV, "
			"since Linux 6.6)",
			info->address);
		return;
	}
	snprintf(node, sizeof(node), "vfio/devices/%s", name);
	snprintf(folder, sizeof(folder), "bus/pci/devices/%s/vfio-dev/%.60s", info->address, name);
	if (!uvio_dev_path(ctx, path, "%s", node))
		uvio_node_probe(ctx, info->address, path, folder, check);
	probe_path(ctx, info, node, "in a container, pass the node in; is udev running?", check);
	probe_iommufd(ctx, info, check);
}

static void probe_compat(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	if (!probe_iommufd(ctx, info, check))
		ask_container(ctx, info, &vfio_transport_compat, check);
	probe_group_node(ctx, info, check);
}

/*
 * The module of a transport's IOMMU decides about interrupts; before it is loaded, its decision is
 * not known.
 */
static void probe_interrupts(struct uvio_ctx *ctx, const struct uvio_device_info *info,
	const char *module, struct uvio_check *check)
{
	char fix[UVIO_TEXT_SIZE / 2];
	enum uvio_severity severity = UVIO_BLOCKS;

	if (uvio_interrupts_remapped(ctx) != UVIO_NO ||
		uvio_parameter_is_on(ctx, module, "allow_unsafe_interrupts"))
		return;
	if (!uvio_sysfs_exists(ctx, "module/%s", module))
		severity = UVIO_NOTE;
	snprintf(fix, sizeof(fix), REMAP_FIX, module);
	uvio_check_add(check, severity, fix,
		"%s: VFIO refuses the device: interrupts are not remapped on this machine (IO-APIC "
		"without IR- in /proc/interrupts), so that a card could forge them",
		info->address);
}

static const struct {
	const char *transport;
	const char *module; /* NULL: no IOMMU */
	const char *node;   /* of its address spaces */
	void (*probe)(struct uvio_ctx *, const struct uvio_device_info *, struct uvio_check *);
} nodes[] = {
	{"cdev", "iommufd", "iommu", probe_cdev},
	{"group", "vfio_iommu_type1", "vfio/vfio", probe_by_group},
	{"compat", "iommufd", "iommu", probe_compat},
	{"noiommu", NULL, "vfio/vfio", probe_by_noiommu},
};

/* What is known before the device is bound; binding creates its own node. */
static void foresee(struct uvio_ctx *ctx, const struct uvio_device_info *info, size_t i, bool asked,
	struct uvio_check *check)
{
	char path[UVIO_PATH_SIZE];
	int rc;

	/* One of the two modules is enough. */
	if (!asked && uvio_module_state(ctx, "iommufd") != UVIO_MODULE_ABSENT)
		return;
	if (nodes[i].module)
		uvio_module_require(ctx, info->address, nodes[i].module, check);
	uvio_dev_path(ctx, path, "%s", nodes[i].node);
	rc = uvio_access(ctx, path, R_OK | W_OK);
	if (rc == -EPERM || rc == -EACCES)
		not_permitted(info, path, rc, nodes[i].node, check);
}

/* The transport that open() would choose; if none can be opened, group, which most kernels have. */
static void choose_transport(struct uvio_ctx *ctx, const struct uvio_device_info *info,
	char *offered, size_t size, struct uvio_check *check)
{
	vfio_transports_offered(ctx, info->address, offered, size);
	if (offered[0] && strcmp(offered, "group") != 0)
		uvio_check_add(
			check, UVIO_NOTE, NULL, "%s: can be opened on %s", info->address, offered);
	offered[strcspn(offered, ",")] = '\0';
	if (!offered[0])
		snprintf(offered, size, "group");
}

static void probe_transport(struct uvio_ctx *ctx, const struct uvio_device_info *info,
	const char *transport, struct uvio_check *check)
{
	bool bound = vfio_claims(info) && info->iommu_group >= 0, asked = transport;
	char offered[UVIO_NAME_SIZE] = "";

	if (!transport) {
		choose_transport(ctx, info, offered, sizeof(offered), check);
		transport = offered;
	}
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		if (strcmp(transport, nodes[i].transport) != 0)
			continue;
		if (nodes[i].module)
			probe_interrupts(ctx, info, nodes[i].module, check);
		if (bound)
			nodes[i].probe(ctx, info, check);
		else
			foresee(ctx, info, i, asked, check);
	}
}

static bool noiommu_is_built_in(struct uvio_ctx *ctx)
{
	return !uvio_sysfs_exists(ctx, "module/vfio") ||
	       uvio_sysfs_exists(ctx, "module/vfio/parameters/enable_unsafe_noiommu_mode");
}

static void probe_rights(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	const char *lack = uvio_lack(ctx, CAP_SYS_RAWIO);
	char frames[UVIO_TEXT_SIZE / 2];

	uvio_phys_lack(ctx, frames, sizeof(frames));
	if (lack)
		uvio_check_add(check, UVIO_BLOCKS, uvio_capability_fix(ctx, CAP_SYS_RAWIO),
			"%s: without an IOMMU the kernel requires CAP_SYS_RAWIO, %s", info->address,
			lack);
	else if (frames[0])
		uvio_check_add(check, UVIO_LIMITS, uvio_capability_fix(ctx, CAP_SYS_ADMIN),
			"%s: no DMA: the kernel hides page frame numbers from this process: %s",
			info->address, frames);
	else
		uvio_phys_probe_compaction(ctx, info->address, check);
}

/* The kernel binds a card without an IOMMU to vfio-pci only if this is switched on. */
static void probe_noiommu(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	uvio_check_add(check, UVIO_NOTE, NULL,
		"%s: UNSAFE: without an IOMMU the card can access all memory of the machine; DMA "
		"needs UVIO_OPEN_UNSAFE_DMA",
		info->address);
	if (info->iommu_group >= 0 && !is_noiommu(info))
		uvio_check_add(check, UVIO_BLOCKS, "[vfio:use vfio, which is safe]",
			"%s: it has an IOMMU, so that VFIO refuses vfio/noiommu", info->address);
	else if (!noiommu_is_built_in(ctx))
		uvio_check_add(check, UVIO_BLOCKS,
			"switch the IOMMU on[uio:, use the uio backend], or use another kernel",
			"%s: this kernel does not support VFIO without an IOMMU "
			"(CONFIG_VFIO_NOIOMMU)",
			info->address);
	else if (!uvio_parameter_is_on(ctx, "vfio", "enable_unsafe_noiommu_mode"))
		uvio_check_add(check, UVIO_BLOCKS,
			"load vfio with enable_unsafe_noiommu_mode=1, or write 1 to that parameter "
			"in sysfs, and bind the card again",
			"%s: VFIO without an IOMMU is switched off in this kernel, or not built in",
			info->address);
	else
		probe_rights(ctx, info, check);
}

static void probe_memlock(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	unsigned long long limit = uvio_limit(RLIMIT_MEMLOCK);

	if (uvio_has_capability(ctx, CAP_IPC_LOCK) || limit == UVIO_NO_LIMIT)
		return;
	uvio_check_add(check, UVIO_LIMITS,
		"ulimit -l, /etc/security/limits.conf, or LimitMEMLOCK= of the systemd unit",
		"%s: this user can map at most %llu KiB for DMA (RLIMIT_MEMLOCK)", info->address,
		limit >> 10);
}

/* Kernels report memory that the firmware accesses through the card, and keep it mapped. */
static void probe_reserved(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	char text[UVIO_TEXT_SIZE] = "", *line = text, *next;

	if (!uvio_sysfs_exists(ctx, "class/iommu/dmar0"))
		return;
	uvio_sysfs_read(ctx, text, sizeof(text), "kernel/iommu_groups/%d/reserved_regions",
		info->iommu_group);
	for (; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (strlen(line) > 7 && !strcmp(line + strlen(line) - 7, " direct"))
			uvio_check_add(check, UVIO_BLOCKS,
				"move the card to another slot, or stop the firmware from using "
				"the card (option ROM, shared management ports)[uio:, or use the "
				"uio backend]",
				"%s: the firmware reserves memory in IOMMU group %d (RMRR: %s), so "
				"that the kernel refuses it to VFIO",
				info->address, info->iommu_group, line);
	}
}

/* Only the caller of open knows whether it will pass a token. */
static void probe_token(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	char driver[UVIO_NAME_SIZE] = "";

	uvio_sysfs_link(
		ctx, driver, sizeof(driver), "bus/pci/devices/%s/physfn/driver", info->address);
	if (strstr(driver, "vfio"))
		uvio_check_add(check, UVIO_LIMITS,
			"give the VF token that its physical function was opened with (--vf-token, "
			"vf_token of the options)",
			"%s: its physical function is bound to %s, so that open needs a VF token",
			info->address, driver);
}

static void probe_iommu(
	struct uvio_ctx *ctx, const struct uvio_device *device, struct uvio_check *check)
{
	const struct uvio_device_info *info = &device->info;

	if (is_noiommu(info)) {
		uvio_check_add(check, UVIO_BLOCKS,
			"switch the IOMMU on[uio:, use the uio backend][vfio/noiommu:, or, at that "
			"risk, open it on vfio/noiommu]",
			"%s: VFIO runs without an IOMMU here, so that nothing would protect memory "
			"from the card",
			info->address);
		return;
	}
	probe_group(ctx, device, check);
	if (info->iommu_group >= 0)
		probe_reserved(ctx, info, check);
}

void vfio_probe(struct uvio_ctx *ctx, const struct uvio_device *device, const char *transport,
	struct uvio_check *check)
{
	const struct uvio_device_info *info = &device->info;
	bool noiommu = transport && !strcmp(transport, "noiommu");

	if (!info->pci) {
		uvio_check_add(check, UVIO_UNFIT, "[uio:use the uio backend]",
			"%s: not a PCI device, and the vfio backend drives only those",
			info->address);
		return;
	}
	if (noiommu)
		probe_noiommu(ctx, info, check);
	else
		probe_iommu(ctx, device, check);
	if (noiommu || info->iommu_group >= 0) /* without it, vfio-pci would refuse the device */
		probe_driver(ctx, info, check);
	if (noiommu || (info->iommu_group >= 0 && !is_noiommu(info)))
		probe_transport(ctx, info, transport, check);
	uvio_card_probe(ctx, info->address, false, check);
	probe_token(ctx, info, check);
	probe_memlock(ctx, info, check);
}
