/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <uvio/error.h>

#include "base/context.h"
#include "owner/holders.h"

int uvio_holder_refuse(const struct uvio_handles *handles, const struct uvio_holder *holder)
{
	char who[UVIO_NAME_SIZE + 32] = "this program";
	bool is_path = holder->what[0] == '/';

	if (!holder->own)
		snprintf(who, sizeof(who), "process %d (%s)", holder->pid, holder->name);
	if (holder->perhaps)
		return uvio_fail(-EBUSY,
			"%s: perhaps in use: %s has a VFIO descriptor of some device; if it is of "
			"this device, end that process first",
			handles->address, who);
	return uvio_fail(-EBUSY, "%s: %s%s is %s in %s; end that process first", handles->address,
		holder->what, is_path || strchr(holder->what, ' ') ? "" : " in sysfs",
		holder->mapped ? "mapped" : "open", who);
}

int uvio_holder_refuse_copy(const struct uvio_handles *handles, const struct uvio_holder *holder)
{
	return uvio_fail(-EBUSY,
		"%s: process %d (%s) has a copy of its node from before a fork(); when it ends, "
		"the kernel switches bus mastering off; end that process first",
		handles->address, holder->copy_pid, holder->copy_name);
}
