/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The kernel of kernel.h behind inject.h: the names which that would take are taken here. */
#define __wrap_uvio_sys_open kernel_open
#define __wrap_uvio_sys_write kernel_write

#include "kernel.c"

#include "sim_bind.h"

const struct sim sim_bind = {
	.open = kernel_open,
	.write = kernel_write,
};
