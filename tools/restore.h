/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** A process which gives a device back to its driver where this one cannot any more. */
#ifndef UVIO_TOOLS_RESTORE_H
#define UVIO_TOOLS_RESTORE_H

#include "former.h"
#include "tools.h"

struct restorer {
	int fd; /* -1: there is none */
	int pid;
};

/**
 * Before the device is opened. Where this process ends without restore_cancel(), by whatever
 * signal, the driver of @info is bound again, and the record removed. An exit status, or
 * TOOL_GO_ON.
 */
int restore_at_end(const struct tool *tool, const struct uvio_device_info *info,
	struct former *former, struct restorer *restorer);
void restore_cancel(struct restorer *restorer);

#endif /* UVIO_TOOLS_RESTORE_H */
