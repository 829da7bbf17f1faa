/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uvio/check.h>
#include <uvio/device.h>

#include "base/context.h"
#include "base/finding.h"
#include "base/pci_config.h"
#include "base/rights.h"
#include "base/sysfs.h"
#include "check/card.h"
#include "check/machine.h"
#include "device/device.h"
#include "dma/phys.h"
#include "owner/node.h"
#include "uio.h"

const char *uio_translation(const char *iommu_type)
{
	return iommu_type && !strncmp(iommu_type, "DMA", 3) ? iommu_type : NULL;
}

static void probe_driver(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	char fix[UVIO_TEXT_SIZE];
	bool loaded = uvio_sysfs_exists(ctx, "bus/pci/drivers/uio_pci_generic");

	if (info->uio)
		return;
	snprintf(fix, sizeof(fix), "%suvio bind %s uio", loaded ? "" : "modprobe uio_pci_generic; ",
		info->address);
	uvio_card_add_unbound(ctx, info, "a UIO driver", fix, check);
	if (!loaded)
		uvio_module_require(ctx, info->address, "uio_pci_generic", check);
	uvio_node_foresee(ctx, info->address, "uio", check);
}

/* For this device only, named by what stays the same over boots. */
static void node_not_permitted(
	const struct uvio_device_info *info, const char *path, int rc, struct uvio_check *check)
{
	static const char begin[] =
		"run as its owner or with CAP_DAC_OVERRIDE[vfio:, use the vfio backend], or";
	char fix[UVIO_TEXT_SIZE / 2];

	if (info->pci)
		snprintf(fix, sizeof(fix),
			"%s, for registers and INTx without DMA, give it to a user: uvio bind "
			"--persist --owner USER %s uio",
			begin, info->address);
	else
		snprintf(fix, sizeof(fix),
			"%s give it to a user by a udev rule: SUBSYSTEM==\"uio\", "
			"ATTR{name}==\"%.60s\", RUN+=\"/bin/chown USER $devnode\"",
			begin, info->uio_name ? info->uio_name : "NAME");
	uvio_node_refused(info->address, path, rc, fix, check);
}

static void probe_node(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	char path[UVIO_PATH_SIZE], folder[UVIO_NAME_SIZE * 3];
	int rc;

	if (!info->uio)
		return;
	uvio_dev_path(ctx, path, "%s", info->uio);
	if (info->pci)
		snprintf(folder, sizeof(folder), "bus/pci/devices/%s/uio/%.60s", info->address,
			info->uio);
	else
		snprintf(folder, sizeof(folder), "class/uio/%.60s", info->uio);
	uvio_node_probe(ctx, info->address, path, folder, check);
	rc = uvio_access(ctx, path, R_OK | W_OK);
	if (rc == -ENOENT)
		uvio_check_add(check, UVIO_BLOCKS,
			"in a container, pass the node in; on the host, is udev running?",
			"%s: %s does not exist, although a UIO driver is bound", info->address,
			path);
	else if (rc)
		node_not_permitted(info, path, rc, check);
}

bool uio_has_own_driver(struct uvio_ctx *ctx, const char *address)
{
	char driver[UVIO_NAME_SIZE];

	return !uvio_sysfs_link(
		       ctx, driver, sizeof(driver), "bus/pci/devices/%s/driver", address) &&
	       strcmp(driver, "uio_pci_generic") != 0;
}

int uio_has_msi(struct uvio_ctx *ctx, const char *address)
{
	char **names;
	int count = uvio_sysfs_names(ctx, "", &names, "bus/pci/devices/%s/msi_irqs", address);

	uvio_names_free(names, count);
	return count == -ENOENT ? 0 : count < 0 ? count : count > 0;
}

static void probe_own_driver(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	if (info->uio && uio_has_own_driver(ctx, info->address))
		uvio_check_add(check, UVIO_NOTE, NULL,
			"%s: its UIO driver %s is the card's own%s: bus mastering and interrupts "
			"stay as it sets them up",
			info->address, info->driver,
			uio_has_msi(ctx, info->address) > 0 ? ", and signals by MSI" : "");
}

/* PCI Local Bus Specification 3.0, 6.2.4: 0 is no pin, as in every virtual function. */
static void probe_pin(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	uint8_t config[PCI_CONFIG_INTERRUPT_PIN + 1];
	int n = uvio_sysfs_read_bytes(
		ctx, config, sizeof(config), "bus/pci/devices/%s/config", info->address);
	uint64_t line;

	if (n > PCI_CONFIG_INTERRUPT_PIN && config[PCI_CONFIG_INTERRUPT_PIN] &&
		!uvio_sysfs_u64(ctx, &line, "bus/pci/devices/%s/irq", info->address) && !line)
		uvio_check_add(check, UVIO_LIMITS,
			"look at the firmware setup[vfio:, or use the vfio backend with MSI]",
			"%s: the kernel has no interrupt line for the card's INTx pin",
			info->address);
	else if (n > PCI_CONFIG_INTERRUPT_PIN && !config[PCI_CONFIG_INTERRUPT_PIN])
		uvio_check_add(check, UVIO_LIMITS,
			"[vfio:use the vfio backend if the card has MSI or MSI-X, or ]poll it",
			"%s: the card has no INTx pin, and UIO supports no other interrupt",
			info->address);
}

static void probe_lockdown(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	if (uvio_locked_down(ctx))
		uvio_check_add(check, UVIO_LIMITS,
			"[vfio:use the vfio backend, which works under lockdown]",
			"%s: the kernel is locked down (Secure Boot): its configuration space "
			"cannot be written, so that an interrupt arrives only once, and there is "
			"no DMA",
			info->address);
}

#define FIX_SIZE (UVIO_TEXT_SIZE / 4)
#define OR_VFIO "[vfio:, or use the vfio backend]"

static const char *mode_fix(struct uvio_ctx *ctx, char fix[FIX_SIZE])
{
	snprintf(fix, FIX_SIZE, "%s" OR_VFIO, uvio_mode_fix(ctx));
	return fix;
}

static const char *capability_fix(struct uvio_ctx *ctx, unsigned int capability, char fix[FIX_SIZE])
{
	snprintf(fix, FIX_SIZE, "%s" OR_VFIO, uvio_capability_fix(ctx, capability));
	return fix;
}

/* What is not PCI can be neither had by vfio, nor stopped by a guard. */
static void probe_unprotected(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	uvio_check_add(check, UVIO_NOTE, NULL,
		"%s: DMA is not protected here: it needs UVIO_OPEN_UNSAFE_DMA%s", info->address,
		info->pci ? ", and a guard should stop the card if the program dies "
			    "(UVIO_OPEN_GUARD, or uvio guard)"
			  : "");
	uvio_phys_probe_compaction(ctx, info->address, check);
}

static void probe_dma(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	char lack[UVIO_TEXT_SIZE / 2], fix[FIX_SIZE];

	/* There is none under lockdown, and a finding says so already. */
	if (info->pci && uvio_locked_down(ctx))
		return;
	uvio_phys_lack(ctx, lack, sizeof(lack));
	if (uio_translation(info->iommu_type))
		uvio_check_add(check, UVIO_LIMITS,
			"boot with iommu=pt[vfio:, or use the vfio backend]",
			"%s: no DMA: an IOMMU translates for this device (its group is of type "
			"%s), so that physical addresses would fault",
			info->address, info->iommu_type);
	else if (lack[0])
		uvio_check_add(check, UVIO_LIMITS, capability_fix(ctx, CAP_SYS_ADMIN, fix),
			"%s: no DMA: the kernel hides page frame numbers from this process: %s",
			info->address, lack);
	else
		probe_unprotected(ctx, info, check);
}

static void probe_config(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	const char *lack = uvio_lack(ctx, CAP_SYS_ADMIN);
	char path[UVIO_PATH_SIZE], fix[FIX_SIZE];
	int rc;

	rc = uvio_sysfs_path(ctx, path, "bus/pci/devices/%s/config", info->address);
	if (!rc)
		rc = uvio_access(ctx, path, W_OK);
	if (rc)
		uvio_check_add(check, UVIO_LIMITS,
			rc == -EROFS ? "mount sysfs writable, as it is on the host" OR_VFIO
				     : mode_fix(ctx, fix),
			"%s: %s cannot be written, so INTx cannot be armed again, and there is no "
			"DMA",
			info->address, path);
	if (lack)
		uvio_check_add(check, UVIO_LIMITS, capability_fix(ctx, CAP_SYS_ADMIN, fix),
			"%s: only the first 64 bytes of the configuration space can be read: more "
			"needs CAP_SYS_ADMIN, %s",
			info->address, lack);
}

/* Those whose registers are not in the maps. */
static void probe_resources(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	struct uio_map maps[UIO_MAPS];
	char path[UVIO_PATH_SIZE], fix[FIX_SIZE];

	if (!info->uio || uio_read_maps(ctx, info->uio, maps))
		return;
	for (int i = 0; i < UVIO_BARS; i++) {
		if (!info->bars[i]->size || uio_map_of_bar(maps, info->bars[i]) >= 0 ||
			uvio_sysfs_path(
				ctx, path, "bus/pci/devices/%s/resource%d", info->address, i) ||
			!uvio_may_access(ctx, path, F_OK) ||
			uvio_may_access(ctx, path, R_OK | W_OK))
			continue;
		uvio_check_add(check, UVIO_LIMITS, mode_fix(ctx, fix),
			"%s: no BAR%d: %s cannot be opened by user %u", info->address, i, path,
			uvio_user());
	}
}

/* Ports of a device that is not PCI. */
static void probe_ports(
	struct uvio_ctx *ctx, const struct uvio_device_info *info, struct uvio_check *check)
{
	const char *lack = uvio_lack(ctx, CAP_SYS_RAWIO);
	char path[UVIO_PATH_SIZE];

	if (!info->uio || !uvio_sysfs_exists(ctx, "class/uio/%s/portio", info->uio) ||
		uvio_dev_path(ctx, path, "port"))
		return;
	if (lack)
		uvio_check_add(check, UVIO_LIMITS, uvio_capability_fix(ctx, CAP_SYS_RAWIO),
			"%s: no I/O ports: they need CAP_SYS_RAWIO, %s", info->address, lack);
	else if (uvio_may_access(ctx, path, F_OK) && !uvio_may_access(ctx, path, R_OK | W_OK))
		uvio_check_add(check, UVIO_LIMITS, uvio_mode_fix(ctx),
			"%s: no I/O ports: %s cannot be opened by user %u", info->address, path,
			uvio_user());
}

void uio_probe(struct uvio_ctx *ctx, const struct uvio_device *device, const char *transport,
	struct uvio_check *check)
{
	const struct uvio_device_info *info = &device->info;

	(void)transport;
	if (info->pci) {
		probe_driver(ctx, info, check);
		probe_own_driver(ctx, info, check);
		probe_pin(ctx, info, check);
		probe_lockdown(ctx, info, check);
		probe_config(ctx, info, check);
		/* Binding switches its BARs on; nothing does after that. */
		uvio_card_probe(ctx, info->address, info->uio, check);
		probe_resources(ctx, info, check);
	} else {
		probe_ports(ctx, info, check);
	}
	probe_node(ctx, info, check);
	probe_dma(ctx, info, check);
}
