/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A kernel with VFIO, by <linux/vfio.h> and the kernel's vfio_pci and vfio_iommu_type1: a card at
 * EDU alone in group 1, with a BAR of 1 MiB, INTx, MSI and MSI-X. It is as strict as the real one:
 * what that would refuse, it refuses too.
 */
#ifndef UVIO_TESTS_SIM_VFIO_H
#define UVIO_TESTS_SIM_VFIO_H

#include <linux/vfio.h>

#include "inject.h"

#define SIM_REGIONS (VFIO_PCI_NUM_REGIONS + 2)
#define SIM_AFFECTED 4
#define SIM_IRQS 5
#define SIM_VECTORS 512

struct sim_vfio {
	/* What it is like; sim_vfio_reset() sets a card that works. */
	int api_version;
	int extension;
	uint32_t group_flags;
	struct vfio_device_info info;
	struct {
		uint64_t size;
		uint32_t flags;
	} regions[SIM_REGIONS];
	uint32_t irq_counts[SIM_IRQS];
	bool sparse;	/* BAR0 has a hole in its second page */
	bool ranges;	/* the IOMMU tells its ranges */
	bool dead;	/* all of the card reads all ones */
	bool no_unmask; /* refuses an eventfd which unmasks */
	bool no_line;	/* the pin has no interrupt: irq is 0 */
	bool dynamic;	/* vectors of MSI-X can be added to those that are enabled */
	/* How many vectors the kernel has in all; 0: enough. Whether it tells their number. */
	unsigned int granted;
	bool tells_granted;
	bool msix_mappable;  /* as since Linux 4.16; else the table of MSI-X is not mapped */
	uint32_t msix_table; /* offset and BAR, as in the capability */
	struct {
		uint32_t type, subtype;
	} types[SIM_REGIONS];
	/* What a reset of the bus affects; none: there is no such reset. */
	struct vfio_pci_dependent_device affected[SIM_AFFECTED];
	unsigned int affected_count;
	int hot_reset_error; /* what it ends with */
	bool no_low_power;
	bool is_physical;     /* an SR-IOV card, with a token */
	const char *vf_token; /* under which it is in use; NULL: it is not */
	uint64_t page;
	unsigned int entry_limit;
	/* May change what is answered to a request; NULL: the truth. */
	void (*lie)(unsigned long request, void *answer);

	/* What there is now. */
	int container, group, device; /* -1: not open */
	int asked;		      /* a second container; -1: not open */
	bool attached, translates;
	struct {
		uint64_t iova, size, vaddr;
	} entries[64];
	unsigned int entry_count;
	uint32_t irq_index;
	unsigned int irq_count; /* 0: none enabled */
	int triggers[SIM_VECTORS];
	int unmask, release, error; /* eventfds */
	unsigned int set_irqs;	    /* calls of it */
	unsigned int early_closes;  /* of eventfds which the kernel still signals */
	bool masked, pending;
	bool asserted; /* INTx, since before it was enabled: nobody saw that */
	unsigned int resets, hot_resets;
	unsigned int asked_affected;
	bool low_power;
	unsigned int wakings; /* accesses in sleep */
	unsigned char token[16];
};

extern struct sim_vfio vfio;
extern const struct sim sim_vfio;

/** A card that works, closed. */
void sim_vfio_reset(void);
/** The same as the card of inject_ops.h, in a new tree, for @kernel and this backend. */
void sim_vfio_card(const struct sim *kernel, const char *backend);
/** A descriptor of the card. */
int sim_vfio_make_device(void);
/** The card raises an interrupt. */
void sim_vfio_raise(unsigned int vector);
/** The kernel asks to release the card. */
void sim_vfio_ask_release(void);
/** The kernel tells of an error of the card. */
void sim_vfio_report_error(void);
/** Of the configuration space of a card that is open. */
uint16_t sim_vfio_command(void);
bool sim_vfio_set_command(uint16_t command);
/** Of INTx: by the card's own switch. */
bool sim_vfio_intx_is_off(void);
/** Gives the card MSI-X, with a table of 8 entries: offset and BAR, as in the capability. */
void sim_vfio_add_msix(uint32_t table);
/** The bytes of a region of a card that is open. */
void sim_vfio_fill(unsigned int region, uint64_t offset, const void *bytes, size_t size);

/* sim_vfio_iommu.c: the table of a container */

int sim_vfio_iommu_ioctl(unsigned long request, void *arg);

/* sim_vfio_pci.c: what only PCI devices have */

bool sim_vfio_hides_table(unsigned int region, uint64_t at, uint64_t size);
/** -EACCES or -EINVAL for a wrong VF token, as in the name for VFIO_GROUP_GET_DEVICE_FD. */
int sim_vfio_judge_token(const char *name);
int sim_vfio_pci_ioctl(unsigned long request, void *arg);
const char *sim_vfio_request_name(unsigned long request);

#endif /* UVIO_TESTS_SIM_VFIO_H */
