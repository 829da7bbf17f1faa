/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** What devices are called in words: those of PCI from pci.ids, by libpci, which only this uses. */
#ifndef UVIO_NAMES_H
#define UVIO_NAMES_H

#include <uvio/device.h>

struct name {
	char device[160]; /* "DEVICE, VENDOR", or the name of a UIO device */
	char vendor_name[64];
	char device_name[96];
	char class[64];
};

/**
 * Looks @count devices up at once; "" where there is no name. libpci ends the process when
 * anything fails; so it runs in a child, and where that ends early, PCI devices have no names.
 */
void names_look(struct uvio_device *const *devices, struct name *names, int count);

#endif /* UVIO_NAMES_H */
