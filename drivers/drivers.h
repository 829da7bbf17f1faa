/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** The card drivers that are included in the library: one line for each card. */
#ifndef UVIO_DRIVERS_H
#define UVIO_DRIVERS_H

#include <uvio/trial.h>

extern const struct uvio_driver *const uvio_drivers[]; /* ends with NULL */

/** The registers of @chip read all ones. -ENODEV: the card is gone; -EIO: it is still there. */
int uvio_driver_all_ones(struct uvio_udev *udev, const char *chip);

extern const struct uvio_driver uvio_driver_ctucan;
extern const struct uvio_driver uvio_driver_edu;
extern const struct uvio_driver uvio_driver_ivshmem;
extern const struct uvio_driver uvio_driver_pci_serial;
extern const struct uvio_driver uvio_driver_sja1000;
extern const struct uvio_driver uvio_driver_testdev;
extern const struct uvio_driver uvio_driver_tpci200;

#endif /* UVIO_DRIVERS_H */
