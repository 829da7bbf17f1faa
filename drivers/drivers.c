/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>

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

int uvio_driver_all_ones(struct uvio_udev *udev, const char *chip)
{
	if (!uvio_udev_alive(udev))
		return -ENODEV;
	return uvio_fail(-EIO,
		"%s: the registers of %s read all ones, while the card is still there; reset it, "
		"or close it",
		uvio_udev_address(udev), chip);
}
