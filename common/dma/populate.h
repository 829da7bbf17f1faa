/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/** The pages of the caller's memory, before the card is told of them. */
#ifndef UVIO_POPULATE_H
#define UVIO_POPULATE_H

struct uvio_mapping;
struct uvio_udev;

/** KSM merges its pages no more, and undoes what it has merged (MADV_UNMERGEABLE). */
void uvio_unmerge(const struct uvio_mapping *mapping);

/**
 * Makes each page of @mapping that can be written the program's own, with what it holds: not the
 * zero page, not one of a file that is mapped privately, not one shared with a child or by KSM.
 * Device memory is not touched. 0; -EFAULT (what a card may not be given, or read-only and
 * the flags have UVIO_DMA_FROM_CARD), -ENOMEM, with a text that names the page.
 */
int uvio_populate(struct uvio_udev *udev, const struct uvio_mapping *mapping);

/**
 * The same, after uvio_unmerge(), of all pages that can be, for a kernel that judges the others
 * itself: it may take memory of a device, and behind that may be more. 0; -ENOMEM with a text.
 */
int uvio_populate_most(struct uvio_udev *udev, const struct uvio_mapping *mapping);

/**
 * After one of these: -EFAULT with a text where the card is only to read it, and a page may be
 * written but not read. The kernel does not always refuse that, since the processor could.
 */
int uvio_populate_readable(struct uvio_udev *udev, const struct uvio_mapping *mapping);

#endif /* UVIO_POPULATE_H */
