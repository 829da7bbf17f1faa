/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** The kernel of kernel.h, which binds drivers, as one of inject.h. */
#ifndef UVIO_TESTS_SIM_BIND_H
#define UVIO_TESTS_SIM_BIND_H

#include "inject.h"
#include "kernel.h"

extern const struct sim sim_bind;

#endif /* UVIO_TESTS_SIM_BIND_H */
