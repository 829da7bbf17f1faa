/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_DEVICE_DEVICE_H
#define UVIO_DEVICE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include <uvio/device.h>

#include "base/address.h"
#include "base/context.h"

struct uvio_device {
	struct uvio_device_info info;
	struct uvio_address address;
	char driver[UVIO_NAME_SIZE];
	char uio[UVIO_NAME_SIZE];
	char uio_name[UVIO_NAME_SIZE];
	char iommu_type[UVIO_NAME_SIZE];
	struct uvio_bar bars[UVIO_BARS];
	const struct uvio_bar *bar_list[UVIO_BARS];
	struct uvio_group_member *members;
	const struct uvio_group_member **member_list;
	char **member_texts;
	int member_count;
};

/** As uvio_device_find(), of an address that is resolved. */
int uvio_device_at(
	struct uvio_ctx *ctx, const struct uvio_address *address, struct uvio_device **device);

/** The folder of the device in sysfs, relative to its root. */
void uvio_device_folder(const struct uvio_address *address, char *folder, size_t size);

/**
 * The contents of the PCI files of sysfs. -ENODEV: it was removed; -EIO; both with an error
 * message.
 */
int uvio_pci_fill(struct uvio_ctx *ctx, struct uvio_device *device);

/** All UVIO_BARS of a PCI device; an errno without an error message. */
int uvio_pci_bars(struct uvio_ctx *ctx, const char *address, struct uvio_bar *bars);

/** @code: class and subclass, 16 bits. */
bool uvio_class_is_bridge(unsigned int code);

int uvio_group_fill(struct uvio_ctx *ctx, struct uvio_device *device);
void uvio_group_free(struct uvio_device *device);

/** "0000:00:04.0 (e1000e), ...": the members that block the group. Returns their number. */
int uvio_group_blockers(const struct uvio_device *device, char *text, size_t size);

#endif /* UVIO_DEVICE_DEVICE_H */
