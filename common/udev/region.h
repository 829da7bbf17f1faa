/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_UDEV_REGION_H
#define UVIO_UDEV_REGION_H

#include <stdint.h>

struct uvio_region;
struct uvio_udev;

/** An access to a region failed: as uvio_udev_failed(), with a text. */
int uvio_access_failed(
	struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset, int rc);

void uvio_regions_unmap(struct uvio_udev *udev);

/** One volatile access, little endian. */
uint64_t uvio_mmio_load(const volatile unsigned char *at, unsigned int width);

void uvio_mmio_store(volatile unsigned char *at, unsigned int width, uint64_t value);

#endif /* UVIO_UDEV_REGION_H */
