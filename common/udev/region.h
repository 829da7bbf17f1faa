/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_UDEV_REGION_H
#define UVIO_UDEV_REGION_H

#include <stdint.h>

struct uvio_region;
struct uvio_udev;

#define UVIO_REGION_NAME_SIZE 20

/**
 * What messages call region @index, as the user does: "BAR1", "config", "port0"; in @name or
 * constant.
 */
const char *uvio_region_name(const struct uvio_udev *udev, unsigned int index, char *name);

/** uvio_fail(), with the device and the region before the text. */
int uvio_region_fail(const struct uvio_udev *udev, unsigned int index, int err, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/** -ENOENT with an error message: the card has no such region. */
int uvio_region_absent(const struct uvio_udev *udev, unsigned int index);

/** As uvio_mmap_failed(), for the region @index. */
int uvio_region_mmap_failed(struct uvio_udev *udev, unsigned int index, uint64_t size, int rc);

/** An access to a region failed: as uvio_udev_failed(), with a text. */
int uvio_access_failed(
	struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset, int rc);

void uvio_regions_unmap(struct uvio_udev *udev);

/** One volatile access, little endian. */
uint64_t uvio_mmio_load(const volatile unsigned char *at, unsigned int width);

void uvio_mmio_store(volatile unsigned char *at, unsigned int width, uint64_t value);

#endif /* UVIO_UDEV_REGION_H */
