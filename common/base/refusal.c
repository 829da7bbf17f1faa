/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The fix for what was refused, by the permissions that this process already has. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "base/context.h"
#include "base/rights.h"
#include "base/sysfs.h"

enum rights {
	RIGHTS_OF_USER,
	RIGHTS_OF_LESS_THAN_ROOT,
	RIGHTS_OF_CONTAINER,
	RIGHTS_OF_ROOT,
};

static enum rights rights(struct uvio_ctx *ctx, unsigned int capability)
{
	if (uvio_has_capability(ctx, capability))
		return RIGHTS_OF_ROOT;
	if (uvio_is_capable_inside(ctx, capability))
		return RIGHTS_OF_CONTAINER;
	return uvio_user() ? RIGHTS_OF_USER : RIGHTS_OF_LESS_THAN_ROOT;
}

/* By the kernel's file, which is not visible in a container. */
static const char *not_permitted(struct uvio_ctx *ctx)
{
	if (uvio_locked_down(ctx))
		return "; the kernel is locked down (Secure Boot)";
	if (uvio_sysfs_exists(ctx, "kernel/security/lockdown"))
		return "; the kernel is not locked down; perhaps a security module or a system "
		       "call filter refuses it; look at dmesg";
	return "; perhaps the kernel is locked down (see /sys/kernel/security/lockdown)";
}

static const char *const mode_fixes[] = {
	[RIGHTS_OF_USER] = "; run as root or with CAP_DAC_OVERRIDE",
	[RIGHTS_OF_LESS_THAN_ROOT] = "; run with CAP_DAC_OVERRIDE, which this root lacks",
	[RIGHTS_OF_CONTAINER] = "; run outside of this user namespace, in which CAP_DAC_OVERRIDE "
				"does not count for devices",
	[RIGHTS_OF_ROOT] = "; this process has CAP_DAC_OVERRIDE; perhaps a security module refuses "
			   "it; look at dmesg",
};

const char *uvio_mode_fix(struct uvio_ctx *ctx)
{
	return mode_fixes[rights(ctx, CAP_DAC_OVERRIDE)] + strlen("; ");
}

const char *uvio_capability_fix(struct uvio_ctx *ctx, unsigned int capability)
{
	if (rights(ctx, capability) != RIGHTS_OF_LESS_THAN_ROOT)
		return "run as root on the host";
	return "let root keep that capability (capsh --print shows which it has; "
	       "CapabilityBoundingSet= of the systemd unit, --cap-add of a container)";
}

const char *uvio_refusal(struct uvio_ctx *ctx, int err)
{
	switch (err) {
	case -EACCES:
		return mode_fixes[rights(ctx, CAP_DAC_OVERRIDE)];
	case -EPERM:
		return not_permitted(ctx);
	case -EROFS:
		return "; sysfs is mounted read-only; perhaps this is a container";
	default:
		return "";
	}
}
