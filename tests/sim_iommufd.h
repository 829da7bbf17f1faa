/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * The card of sim_vfio.h behind a character device and iommufd, by the kernel's vfio device_cdev.c
 * and iommufd: what is asked before BIND_IOMMUFD is refused, and mappings end with /dev/iommu.
 */
#ifndef UVIO_TESTS_SIM_IOMMUFD_H
#define UVIO_TESTS_SIM_IOMMUFD_H

#include "sim_vfio.h"
#include "tree.h"

struct sim_iommufd {
	/* What it is like; sim_iommufd_reset() sets one that works. */
	unsigned int ranges;   /* how many there are */
	unsigned int growth;   /* how many more each time they are asked for */
	uint64_t alignment;    /* of an iova */
	bool no_tokens; /* as before Linux 6.17 */
	uint64_t unmapped_off; /* how much less than it did it says it unmapped */

	/* What there is now. */
	int iommu; /* -1: not open */
	bool by_node; /* the card was opened by its node, not by the group */
	bool bound, attached;
	unsigned int spaces; /* that were allocated */
};

extern struct sim_iommufd iommufd;
extern const struct sim sim_iommufd;

/** A card that works, closed; the tree gets the nodes. */
void sim_iommufd_reset(struct tree *tree);

#endif /* UVIO_TESTS_SIM_IOMMUFD_H */
