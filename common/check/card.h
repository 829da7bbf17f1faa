/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_CHECK_CARD_H
#define UVIO_CHECK_CARD_H

#include <stdbool.h>
#include <stddef.h>

struct uvio_check;
struct uvio_ctx;
struct uvio_device_info;
struct uvio_udev;

/** What a fix by binding begins with: "", or where sysfs can be written to. */
const char *uvio_card_where(struct uvio_ctx *ctx);

/**
 * Adds that the device has to be bound to @driver first, which @fix does; where sysfs is mounted
 * read-only, as in a container, that this keeps from binding it here.
 */
void uvio_card_add_unbound(struct uvio_ctx *ctx, const struct uvio_device_info *info,
	const char *driver, const char *fix, struct uvio_check *check);

/**
 * Adds findings about a PCI card which does not answer where the kernel takes it to be; @decoding:
 * also where its BARs are switched off. 0; -ENODEV: its configuration space reads all ones.
 */
int uvio_card_probe(
	struct uvio_ctx *ctx, const char *address, bool decoding, struct uvio_check *check);

/** 0, or -ENODEV or -ENXIO with the text of a finding that blocks. */
int uvio_card_ready(struct uvio_ctx *ctx, const char *address, bool decoding);

/**
 * What keeps the registers of an open card from answering, and did not at open: a BAR that lost its
 * address, or decoding that is off, as the card itself shows it; "" where it shows nothing.
 */
void uvio_card_changed(struct uvio_udev *udev, char *text, size_t size);

/** Whether the card's INTx is off, whoever did it: VFIO shows what this program did only. */
bool uvio_card_masks_intx(struct uvio_udev *udev);

/**
 * Why the card sends no message for an interrupt that is on: MSI or MSI-X is off in the card
 * itself, which VFIO does not show; NULL: it is on, or this user may not read that.
 */
const char *uvio_card_sends_none(struct uvio_udev *udev);

#endif /* UVIO_CHECK_CARD_H */
