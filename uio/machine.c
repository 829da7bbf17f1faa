/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* What the machine has for UIO, without a device. */
#include <config.h>

#include <stdio.h>
#include <unistd.h>

#include <uvio/check.h>

#include "base/context.h"
#include "base/finding.h"
#include "base/rights.h"
#include "base/sysfs.h"
#include "check/machine.h"
#include "uio.h"

static void probe_modules(struct uvio_ctx *ctx, struct uvio_check *check)
{
	struct uvio_needed modules[] = {
		{.module = "uio", .sign = "class/uio"}, {.module = "uio_pci_generic"}};

	uvio_modules_probe(ctx, modules, ARRAY_SIZE(modules), check);
	if (modules[0].state == UVIO_MODULE_ABSENT)
		uvio_check_add(check, UVIO_BLOCKS,
			"install the modules of this kernel, or one with CONFIG_UIO",
			"modules: uio is missing, without which no device can have a UIO driver");
	else if (modules[1].state == UVIO_MODULE_ABSENT)
		uvio_check_add(check, UVIO_LIMITS,
			"install the modules of this kernel, or one with CONFIG_UIO_PCI_GENERIC",
			"modules: uio_pci_generic is missing, without which only cards with their "
			"own UIO driver can be used");
}

static void probe_rights(struct uvio_ctx *ctx, struct uvio_check *check)
{
	if (!uvio_has_capability(ctx, CAP_SYS_ADMIN))
		uvio_check_add(check, UVIO_LIMITS, uvio_capability_fix(ctx, CAP_SYS_ADMIN),
			"rights: user %u can use neither INTx of PCI cards nor DMA", uvio_user());
	if (uvio_locked_down(ctx))
		uvio_check_add(check, UVIO_LIMITS, NULL,
			"rights: lockdown prevents INTx of PCI cards, and DMA");
}

static bool is_switched_on(struct uvio_ctx *ctx, const char *name)
{
	char text[16] = "";

	return uvio_proc_read(ctx, text, sizeof(text), name) >= 0 && text[0] && text[0] != '0';
}

/* Locked memory is not pinned. What has been mapped for DMA is excluded from KSM. */
static void probe_migration(struct uvio_ctx *ctx, struct uvio_check *check)
{
	bool compacts = is_switched_on(ctx, "sys/vm/compact_unevictable_allowed");
	bool balances = is_switched_on(ctx, "sys/kernel/numa_balancing");
	char fix[UVIO_NAME_SIZE * 2];

	if (!compacts && !balances)
		return;
	snprintf(fix, sizeof(fix), "use huge pages for DMA, or sysctl%s%s",
		compacts ? " vm.compact_unevictable_allowed=0" : "",
		balances ? " kernel.numa_balancing=0" : "");
	uvio_check_add(check, UVIO_NOTE, fix,
		"DMA memory: %s%s%s may move small pages, even locked ones",
		compacts ? "memory compaction" : "", compacts && balances ? " and " : "",
		balances ? "NUMA balancing" : "");
}

void uio_machine(struct uvio_ctx *ctx, struct uvio_check *check)
{
	probe_modules(ctx, check);
	probe_rights(ctx, check);
	probe_migration(ctx, check);
}
