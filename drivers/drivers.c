/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include "drivers.h"

const struct uvio_driver *const uvio_drivers[] = {
	&uvio_driver_ctucan,
	&uvio_driver_edu,
	&uvio_driver_ivshmem,
	&uvio_driver_pci_serial,
	&uvio_driver_sja1000,
	&uvio_driver_testdev,
	&uvio_driver_tpci200,
	NULL,
};
