/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_BACKEND_BACKEND_H
#define UVIO_BACKEND_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uvio/irq.h>

struct uvio_address;
struct uvio_check;
struct uvio_ctx;
struct uvio_device;
struct uvio_device_info;
struct uvio_domain;
struct uvio_mapping;
struct uvio_region;
struct uvio_udev;

struct uvio_backend_ops {
	/** Whether the bound kernel driver gives the device to this backend. */
	bool (*claims)(const struct uvio_device_info *info);

	/**
	 * The path of the PCI device's node, which appears after its driver is bound. 0 or -ENOENT.
	 */
	int (*node)(struct uvio_ctx *ctx, const char *address, char *path);

	/** Whether held() opens a node, so that it is not called for information only. */
	bool held_opens;

	/**
	 * A node that the device shares, as that of its IOMMU group: MAJOR:MINOR as in sysfs, and
	 * its @path, which may be stale or missing. 0 or -ENOENT. NULL: there is none.
	 */
	int (*shared_node)(
		struct uvio_ctx *ctx, const char *address, char *number, size_t size, char *path);

	/**
	 * Whether any program has the device open, in any namespace, by the kernel, without
	 * disturbing that program. 0: none; -EBUSY: some; -ENOTSUP: the kernel does not report it.
	 * Without an error message. NULL: never reported.
	 */
	int (*held)(struct uvio_ctx *ctx, const struct uvio_address *address);

	/**
	 * Adds findings for a device, which need not be bound to this backend. Opens no node of it.
	 * @transport: one of those of the backend; NULL: any but the explicit ones.
	 */
	void (*probe)(struct uvio_ctx *ctx, const struct uvio_device *device, const char *transport,
		struct uvio_check *check);

	/** Adds findings about the machine's support for this backend. NULL: none. */
	void (*machine)(struct uvio_ctx *ctx, struct uvio_check *check);

	/**
	 * Opens the node; the core holds the device's lock and the domain's. Sets transport, caps,
	 * release_fd, error_fd, gone_fd and own_driver. Bus mastering and interrupts may be in any
	 * state: the core switches them off afterwards, except for those of the card's own kernel
	 * driver. Mappings of the domain are mapped for the device afterwards.
	 */
	int (*open)(struct uvio_udev *udev, const struct uvio_open_options *options);
	/**
	 * All that was enabled or mapped through the core has been disabled and unmapped before,
	 * except the mappings of a shared domain.
	 */
	void (*close)(struct uvio_udev *udev);
	/** Called at last for a domain that has no devices. NULL: nothing to do. */
	void (*domain_cleanup)(struct uvio_domain *domain);

	/** Fills size and flags; leaves base and direct 0. -ENOENT: not implemented. */
	int (*region_info)(struct uvio_udev *udev, struct uvio_region *region);
	/**
	 * Fills base and direct if the region can be mapped and the device was not opened with
	 * UVIO_OPEN_SURVIVE_REMOVAL; a region that cannot be mapped is no error.
	 */
	int (*region_map)(struct uvio_udev *udev, struct uvio_region *region);
	void (*region_unmap)(struct uvio_udev *udev, struct uvio_region *region);
	/** One access of exactly @width bytes, aligned and in bounds, little endian. */
	int (*region_read)(struct uvio_udev *udev, const struct uvio_region *region,
		uint64_t offset, unsigned int width, uint64_t *value);
	int (*region_write)(struct uvio_udev *udev, const struct uvio_region *region,
		uint64_t offset, unsigned int width, uint64_t value);
	/** @count of them by one instruction; false: not possible, nothing was done. */
	bool (*region_read_rep)(struct uvio_udev *udev, const struct uvio_region *region,
		uint64_t offset, unsigned int width, void *buffer, size_t count);
	bool (*region_write_rep)(struct uvio_udev *udev, const struct uvio_region *region,
		uint64_t offset, unsigned int width, const void *buffer, size_t count);
	/** One access by a port instruction, in bounds; -1, false: not possible, nothing was done.
	 */
	int64_t (*port_in)(const struct uvio_region *region, uint64_t offset, unsigned int width);
	bool (*port_out)(const struct uvio_region *region, uint64_t offset, unsigned int width,
		uint32_t value);

	/** The number of the region with this type, as for region_info. -ENOENT. */
	int (*region_find)(struct uvio_udev *udev, uint32_t type, uint32_t subtype);

	/** The number of vectors of that kind; 0: none. */
	int (*irq_count)(struct uvio_udev *udev, enum uvio_irq_kind kind);
	/**
	 * Enables as many vectors as are available, from @min to @most, and returns their number.
	 * -ENOSPC: fewer than @min. Afterwards interrupts are armed, and none from before is
	 * reported. Sets a descriptor for each in udev->vectors, which is readable while an event
	 * is pending, never blocks, and fails if the device was removed; and sets udev->irq_ack.
	 */
	int (*irq_enable)(struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min,
		unsigned int most);
	/**
	 * Adds vectors from udev->irq_count to @count - 1, of MSI-X. The former ones keep their
	 * descriptors, for which threads may be waiting, and lose no event: if one may have been
	 * lost, they are signalled. On failure they stay enabled. NULL: not supported.
	 */
	int (*irq_grow)(struct uvio_udev *udev, unsigned int count);
	/** On failure all stay enabled, with their descriptors, until close. */
	int (*irq_disable)(struct uvio_udev *udev);

	/** Memory for one contiguous buffer of @mapping->size, a multiple of pages; sets addr,
	 * size. */
	int (*dma_memory)(struct uvio_udev *udev, struct uvio_mapping *mapping);
	void (*dma_memory_free)(struct uvio_domain *domain, struct uvio_mapping *mapping);
	/** The same in any number of pieces. NULL: dma_memory. */
	int (*dma_scattered)(struct uvio_udev *udev, struct uvio_mapping *mapping);
	/** Memory of a kernel driver: sets addr, size, fixed and the segments. NULL: none. */
	int (*dma_from_region)(
		struct uvio_udev *udev, unsigned int index, struct uvio_mapping *mapping);
	int (*dma_import)(struct uvio_udev *udev, const char *name, struct uvio_mapping *mapping);
	/**
	 * Sets the segments, all below the domain's mask, unless fixed. Called with the table's
	 * lock held.
	 */
	int (*dma_map)(struct uvio_udev *udev, struct uvio_mapping *mapping);
	/** Also called when no device is open in the domain any more. */
	int (*dma_unmap)(struct uvio_domain *domain, struct uvio_mapping *mapping);
	/**
	 * Whether close and domain_cleanup unmap all mappings, so that they need not be unmapped
	 * one by one. NULL: they do not.
	 */
	bool (*close_unmaps)(const struct uvio_domain *domain);
	/**
	 * Whether the segments are still right for @size bytes from @into on: 0, -ESTALE, or
	 * -ENOTSUP: unknown. NULL: pages never move. Called with the table's lock held.
	 */
	int (*dma_verify)(struct uvio_udev *udev, const struct uvio_mapping *mapping, uint64_t into,
		uint64_t size);

	/** Can refuse before the core sets or clears the bit. NULL: always allowed. */
	int (*bus_master)(struct uvio_udev *udev, bool on);
	int (*reset)(struct uvio_udev *udev);
	/** Of the slot or the bus. Interrupts and bus mastering are off. */
	int (*hot_reset)(struct uvio_udev *udev);
	/** Fills up to @count of @size bytes, which may be 0; the number of all. */
	int (*hot_reset_affects)(struct uvio_udev *udev, struct uvio_affected *devices,
		unsigned int count, size_t size);

	/** Repeating is no error; open and close leave it off. */
	int (*low_power)(struct uvio_udev *udev, bool on);
	/** @uuid has UVIO_UUID_SIZE bytes, in the order of its text. */
	int (*vf_token_set)(struct uvio_udev *udev, const unsigned char *uuid);

	/**
	 * 0, or uvio_udev_gone(): checks whether the device was removed by other means than its
	 * configuration space and release_fd. NULL: none.
	 */
	int (*look)(struct uvio_udev *udev);
};

/** A kernel interface that a backend uses, by its name. */
struct uvio_transport {
	const char *name; /* "cdev"; NULL ends an array */
	const char *full; /* "vfio/cdev" */
	bool on_request;  /* only used if named */
};

struct uvio_backend {
	const char *name;
	const char *help;
	const char *kernel_driver;		 /* for uvio_bind(); NULL: it cannot bind */
	const struct uvio_transport *transports; /* in the order of choice; NULL: only one */
	bool decodes;		/* open switches the BARs on, whatever their state */
	bool exclusive;		/* the kernel gives a device to one program only */
	const char *descriptor; /* the name in /proc of those without a node, or NULL */
	size_t priv_size;
	size_t domain_size;
	const struct uvio_backend_ops *ops;
};

/** NULL: no such backend. */
const struct uvio_backend *uvio_backend_find(const char *name);

const struct uvio_backend *uvio_backend_at(unsigned int index);

/** -EINVAL, with an error message that lists the backends. */
int uvio_no_backend(const char *name);

/** The backend that the bound kernel driver belongs to; NULL: none. */
const struct uvio_backend *uvio_backend_of(const struct uvio_device_info *info);

extern const struct uvio_backend uvio_backend_uio;
extern const struct uvio_backend uvio_backend_vfio;

#endif /* UVIO_BACKEND_BACKEND_H */
