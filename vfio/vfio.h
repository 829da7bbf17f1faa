/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** The VFIO backend: what its files share. Facts are from <linux/vfio.h>. */
#ifndef UVIO_VFIO_H
#define UVIO_VFIO_H

#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uvio/irq.h>
#include <uvio/region.h>

#include "base/context.h"
#include "dma/phys.h"

struct uvio_check;
struct uvio_device;
struct uvio_device_info;
struct uvio_domain;
struct uvio_mapping;
struct uvio_udev;

/* iova.c: free ranges of IOVA, neither overlapping nor adjacent, in a balanced tree by address. */

struct vfio_range {
	uint64_t first;
	uint64_t last; /* inclusive: the last address has no successor */
};

struct vfio_free {
	struct vfio_range range;
	uint64_t most;	      /* the largest size at or below this node */
	uint64_t most_huge;   /* the same behind a multiple of VFIO_HUGE_PAGE */
	uint32_t left, right; /* 0: none */
	uint32_t level;
};

struct vfio_iova {
	struct vfio_free *nodes; /* the first is none */
	uint32_t root;
	uint32_t unused;  /* free nodes, linked by left; 0: none */
	uint32_t touched; /* nodes that were ever in use */
	size_t count, capacity;
	size_t allocated; /* blocks that are allocated, or @last */
	/* Freed last, and not in the tree yet: for the next request of that size. All 0: none. */
	struct vfio_range last;
	uint64_t page; /* smallest mapping, a power of two */
};

#define VFIO_HUGE_PAGE (UINT64_C(2) << 20)

/**
 * Starts from the ranges that the IOMMU offers, in any order. Left out are the first 64 KiB, since
 * cards take address 0 for none, and the last page, which old kernels could not unmap. -EINVAL: a
 * range ends before its begin or overlaps another; -ENOMEM.
 */
int vfio_iova_init(
	struct vfio_iova *iova, const struct vfio_range *offered, size_t count, uint64_t page);
void vfio_iova_cleanup(struct vfio_iova *iova);

/**
 * The lowest free @size bytes that end at or below @mask, aligned to @align, a power of two: in
 * logarithmic time for a page and for VFIO_HUGE_PAGE. -ENOSPC, -ENOMEM.
 */
int vfio_iova_alloc(
	struct vfio_iova *iova, uint64_t size, uint64_t align, uint64_t mask, uint64_t *first);
/** Frees what vfio_iova_alloc() returned. Never fails: the allocation reserved the nodes. */
void vfio_iova_free(struct vfio_iova *iova, uint64_t first, uint64_t size);
/** Moves the range that was freed last into the tree, joined with its neighbours. */
void vfio_iova_join(struct vfio_iova *iova);
/** Allocates exactly this range, as vfio_iova_alloc() would. -EBUSY: it is not free; -ENOMEM. */
int vfio_iova_take(struct vfio_iova *iova, uint64_t first, uint64_t size);

/* info.c: ioctls that return the needed size in argsz, and a chain of capabilities. */

/** What nearly every answer has room in behind its structure, so that it is asked for once. */
#define VFIO_INFO_ROOM 512

/**
 * Asks with a structure of @base bytes, whose first member is argsz; asks again with a larger
 * buffer until all fits. 0 and the answer in @info, for free(); -ENOMEM; the ioctl's errno; -EPROTO
 * (the length is not valid).
 */
int vfio_info(int fd, unsigned long request, size_t base, const void *question, void **info);

/**
 * The ioctl that opens a device, repeated after a pause on EAGAIN: the kernel resets the device at
 * open, and the lock for this is held while another opener's device is reset.
 */
int vfio_ioctl_again(int fd, unsigned long request, void *arg);

/**
 * The capability @id in the chain of an answer of @size bytes, beginning at @offset (0: none), or
 * NULL. Offsets must increase, be aligned and lie inside; the first that does not ends the chain.
 */
const struct vfio_info_cap_header *vfio_cap_find(
	const void *info, size_t base, size_t size, uint32_t offset, uint16_t id);

/* Transports: the interfaces of the kernel. */

struct vfio_device;
struct vfio_domain;

struct vfio_transport {
	const char *name;
	/* How the transports by group differ. */
	const char *container; /* the node, below /dev */
	const char *prefix;    /* the prefix of the number in the group's node */
	unsigned long iommu_type;
	/** Whether the nodes that it needs can be opened, as open() would. */
	bool (*offered)(struct uvio_ctx *ctx, const char *address);
	/** Opens down to device->fd, in the order of the kernel's documentation; all or nothing. */
	int (*open)(struct uvio_udev *udev, struct vfio_device *device);
	void (*close)(struct uvio_udev *udev, struct vfio_device *device);
	/** The caps of DMA. */
	void (*set_caps)(struct uvio_udev *udev);
	/** Can refuse before bus mastering is switched on. NULL: always allowed. */
	int (*bus_master)(struct uvio_udev *udev);
	/* As in struct uvio_backend_ops. */
	int (*dma_memory)(struct uvio_udev *udev, struct uvio_mapping *mapping);
	int (*dma_map)(struct uvio_udev *udev, struct uvio_mapping *mapping);
	int (*dma_unmap)(struct uvio_domain *domain, struct uvio_mapping *mapping);
	bool close_unmaps; /* closing the address space unmaps all */
	int (*dma_verify)(struct uvio_udev *udev, const struct uvio_mapping *mapping, uint64_t into,
		uint64_t size);
	/* NULL with an IOMMU, for which all memory is contiguous. */
	int (*dma_scattered)(struct uvio_udev *udev, struct uvio_mapping *mapping);

	/* Used by dma.c with an IOMMU; else NULL. */
	/**
	 * The ranges of IOVA for free(), their number, and the smallest page. -ENOMEM and -EPROTO
	 * without an error message, other errnos with one.
	 */
	int (*ranges)(
		struct uvio_udev *udev, struct vfio_range **ranges, size_t *count, uint64_t *page);
	int (*map)(struct vfio_domain *domain, const struct uvio_mapping *mapping, uint64_t iova);
	/** 0; -EIO: the kernel unmapped another size than asked for. */
	int (*unmap)(struct vfio_domain *domain, uint64_t iova, uint64_t size);
	/**
	 * Whether a device that a hot reset affects is owned by the domain, and the ioctl with its
	 * proof of ownership; an errno without an error message.
	 */
	bool (*owns)(
		const struct vfio_domain *domain, const struct vfio_pci_dependent_device *found);
	int (*hot_reset)(struct uvio_udev *udev, const struct vfio_pci_hot_reset_info *info);
};

/** Whether the container has our API version and that IOMMU: 0, -EPROTO, -ENOTSUP, an errno. */
int vfio_container_judge(int fd, unsigned long iommu_type);

extern const struct vfio_transport vfio_transport_cdev;
extern const struct vfio_transport vfio_transport_group;
extern const struct vfio_transport vfio_transport_compat;
extern const struct vfio_transport vfio_transport_noiommu;

/** One that is attached to the container. */
struct vfio_group {
	char name[UVIO_NAME_SIZE]; /* of the group's node */
	int fd;
	unsigned int devices; /* devices open in it */
};

/** The private data of a domain. */
struct vfio_domain {
	const struct vfio_transport *transport; /* NULL: no device has been opened yet */
	int container_fd;			/* or /dev/iommu; -1: not open */
	struct vfio_group *groups;
	size_t group_count;
	uint32_t ioas_id; /* of iommufd; 0: none */
	bool forgotten;	  /* the kernel has no mappings */
	struct vfio_iova iova;
};

/* vfio.c */
/**
 * The names of the transports that can be opened now, without those on request only: "cdev, group".
 */
void vfio_transports_offered(struct uvio_ctx *ctx, const char *address, char *text, size_t size);

/* container.c: transport group and similar ones, with a type1 container */
int vfio_container_ranges(
	struct uvio_udev *udev, struct vfio_range **ranges, size_t *count, uint64_t *page);
int vfio_container_map(
	struct vfio_domain *domain, const struct uvio_mapping *mapping, uint64_t iova);
int vfio_container_unmap(struct vfio_domain *domain, uint64_t iova, uint64_t size);

/* group.c */
/** The node's name: "12", "noiommu-12". -ENOENT, -ENAMETOOLONG. */
int vfio_group_name(struct uvio_ctx *ctx, const char *address, char *name, size_t size);

/* cdev.c */
/** The name of the node: "vfio0". -ENOENT: there is none. */
int vfio_cdev_name(struct uvio_ctx *ctx, const char *address, char *name, size_t size);

/* domain.c */
/** Reads the IOVA ranges with this device again, and maps all mappings again. */
int vfio_domain_settle(struct uvio_udev *udev);
void vfio_domain_cleanup(struct uvio_domain *domain);

struct vfio_area {
	uint64_t offset;
	uint64_t size;
};

struct vfio_region {
	uint64_t offset;	 /* in the device's descriptor */
	uint64_t mapped;	 /* bytes reserved at the region's base */
	struct vfio_area *areas; /* those that can be mapped; NULL: all */
	unsigned int area_count;
};

/** The MSI-X table, which belongs to the kernel. */
struct vfio_msix {
	unsigned int bar;
	uint64_t offset;
	uint64_t size; /* 0: none, or not read yet */
	bool looked;
};

/** The private data of a udev device. */
struct vfio_device {
	int fd;	      /* -1: not open */
	int group_fd; /* the domain's; -1: without a group */
	struct vfio_device_info info;
	struct vfio_region regions[UVIO_REGION_COUNT];
	struct vfio_msix msix;
	const char *vf_token; /* of the options, during open; NULL: none */
	bool low_power;
	int irq_counts[UVIO_IRQ_KINDS];
	uint32_t irq_index;	/* of the kernel, as enabled last */
	unsigned int irq_count; /* eventfds of vectors */
	bool irq_on;		/* in the kernel, which may differ where that failed */
	bool intx_let;		/* INTx disable of the card was set */
	int unmask_fd;
	struct uvio_phys phys; /* where there is no IOMMU */
};

/* region.c */
int vfio_region_info_get(struct uvio_udev *udev, struct uvio_region *region);
int vfio_region_map(struct uvio_udev *udev, struct uvio_region *region);
void vfio_region_unmap(struct uvio_udev *udev, struct uvio_region *region);
int vfio_region_read(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t *value);
int vfio_region_write(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t value);
int vfio_region_find(struct uvio_udev *udev, uint32_t type, uint32_t subtype);
void vfio_regions_cleanup(struct vfio_device *device);
/** Allocates @count areas; -ENOMEM. Until they are filled in nothing can be mapped. */
int vfio_areas_reserve(struct vfio_region *region, size_t count);

/* msix.c */
/** Sets the areas around the MSI-X table if the region contains it, and has no areas yet. */
int vfio_msix_areas(struct uvio_udev *udev, unsigned int index, uint64_t size);
/** Whether an access overlaps the table, if its place was read. */
bool vfio_msix_owns(const struct vfio_device *device, const struct uvio_region *region,
	uint64_t offset, unsigned int width);

/* reset.c */
/** Resets the function, which then decodes memory again. -EAGAIN: the kernel is busy with it. */
int vfio_reset(struct uvio_udev *udev);
int vfio_hot_reset(struct uvio_udev *udev);
int vfio_hot_reset_affects(
	struct uvio_udev *udev, struct uvio_affected *devices, unsigned int count, size_t size);
/** VFIO_DEVICE_PCI_HOT_RESET with these groups; none for a device that has no group. */
int vfio_hot_reset_by(const struct vfio_device *device, const int *group_fds, unsigned int count);
/** Whether the slot or the bus can be reset. */
bool vfio_can_hot_reset(const struct vfio_device *device);
int vfio_enable_memory(struct uvio_udev *udev);

/* feature.c */
bool vfio_can_low_power(const struct vfio_device *device);
int vfio_low_power(struct uvio_udev *udev, bool on);
int vfio_vf_token_set(struct uvio_udev *udev, const unsigned char *uuid);

/* irq.c */
int vfio_irq_count(struct uvio_udev *udev, enum uvio_irq_kind kind);
int vfio_irq_enable(
	struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min, unsigned int most);
int vfio_irq_grow(struct uvio_udev *udev, unsigned int count);
int vfio_irq_disable(struct uvio_udev *udev);
/** After the close of the device. */
void vfio_irq_cleanup(struct uvio_udev *udev);
/** Reads the counts of all kinds; sets the caps. */
int vfio_irq_init(struct uvio_udev *udev);
/**
 * The eventfds by which the kernel asks to release the device and reports errors; sets the caps.
 * 0, also where the kernel has no such notice.
 */
int vfio_event_fds_open(struct uvio_udev *udev);

/* dma.c: through the IOMMU */
void vfio_dma_set_caps(struct uvio_udev *udev);
int vfio_dma_memory(struct uvio_udev *udev, struct uvio_mapping *mapping);
int vfio_dma_map(struct uvio_udev *udev, struct uvio_mapping *mapping);
int vfio_dma_unmap(struct uvio_domain *shared, struct uvio_mapping *mapping);
int vfio_dma_verify(
	struct uvio_udev *udev, const struct uvio_mapping *mapping, uint64_t into, uint64_t size);

/* noiommu.c: by physical addresses */
void vfio_noiommu_set_caps(struct uvio_udev *udev);
int vfio_noiommu_allowed(struct uvio_udev *udev);
int vfio_noiommu_memory(struct uvio_udev *udev, struct uvio_mapping *mapping);
int vfio_noiommu_scattered(struct uvio_udev *udev, struct uvio_mapping *mapping);
int vfio_noiommu_verify(
	struct uvio_udev *udev, const struct uvio_mapping *mapping, uint64_t into, uint64_t size);
int vfio_noiommu_map(struct uvio_udev *udev, struct uvio_mapping *mapping);
int vfio_noiommu_unmap(struct uvio_domain *domain, struct uvio_mapping *mapping);

/* probe.c */
bool vfio_claims(const struct uvio_device_info *info);
/** For interrupts that are not remapped; %s: the module whose parameter it is. */
#define VFIO_REMAP_FIX_FOR(module)                                                                 \
	"switch on interrupt remapping (with VT-d often called x2APIC) in the firmware setup, "    \
	"boot without intremap=off, or, at that risk, write Y to "                                 \
	"/sys/module/" module "/parameters/allow_unsafe_interrupts"

void vfio_machine(struct uvio_ctx *ctx, struct uvio_check *check);
void vfio_probe(struct uvio_ctx *ctx, const struct uvio_device *device, const char *transport,
	struct uvio_check *check);

/* failed.c */
/** The steps of open at which the kernel checks a VF token. */
#define VFIO_STEP_WITH_TOKEN "VFIO_GROUP_GET_DEVICE_FD with a VF token"
#define VFIO_BIND_WITH_TOKEN "VFIO_DEVICE_BIND_IOMMUFD with a VF token"
/**
 * What an errno of a step of open means; @holds checks it. NULL: not checked, @text says perhaps.
 */
struct vfio_cause {
	const char *step;
	int err;
	const char *text;
	bool (*holds)(struct uvio_ctx *ctx, const char *address);
};
/** NULL: no known cause. */
const struct vfio_cause *vfio_cause_at(size_t i);
/** A step of open failed: sets the error message of vfio_probe() for its cause, or of the step. */
int vfio_open_failed(struct uvio_udev *udev, int err, const char *step);
/** -EBUSY: process @pid has a member of the device's group. */
int vfio_group_taken(struct uvio_udev *udev, int pid, const char *name);
/** A step on an open device failed: as uvio_udev_failed(), with an error message. */
int vfio_failed(struct uvio_udev *udev, int err, const char *step);

#endif /* UVIO_VFIO_H */
