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
	/** Whether the kernel driver that is bound hands the device to this backend. */
	bool (*claims)(const struct uvio_device_info *info);

	/** The path of the PCI device's node, which comes later than its driver. 0 or -ENOENT. */
	int (*node)(struct uvio_ctx *ctx, const char *address, char *path);

	/** Whether held() opens a node, which is not for those who only want to know. */
	bool held_opens;

	/**
	 * A node that is not of the device alone, as of its IOMMU group: MAJOR:MINOR as sysfs has
	 * it, and its @path, which may be stale or not there. 0 or -ENOENT. NULL: there is none.
	 */
	int (*shared_node)(
		struct uvio_ctx *ctx, const char *address, char *number, size_t size, char *path);

	/**
	 * What the kernel says of whether any program has the device, in whatever namespace,
	 * without disturbing who has it. 0: none has; -EBUSY: some has; -ENOTSUP: it does not say.
	 * No text. NULL: it never says.
	 */
	int (*held)(struct uvio_ctx *ctx, const struct uvio_address *address);

	/**
	 * Adds findings for a device that may not be bound to this backend. Opens no node of it.
	 * @transport: one of those of the backend; NULL: any but the explicit ones.
	 */
	void (*probe)(struct uvio_ctx *ctx, const struct uvio_device *device, const char *transport,
		struct uvio_check *check);

	/** Adds findings about what the machine has for this backend. NULL: there is nothing. */
	void (*machine)(struct uvio_ctx *ctx, struct uvio_check *check);

	/**
	 * Opens the node; the core holds the device's lock and the domain's. Sets transport, caps,
	 * release_fd, error_fd, gone_fd and own_driver. Bus mastering and interrupts may be in any
	 * state: the core switches them off afterwards, but for those of a driver of its own. What
	 * is mapped in the domain is mapped for the device afterwards.
	 */
	int (*open)(struct uvio_udev *udev, const struct uvio_open_options *options);
	/**
	 * Everything that is enabled or mapped through the core has been taken down before, but for
	 * what is mapped in a shared domain.
	 */
	void (*close)(struct uvio_udev *udev);
	/** The last of a domain, in which no device is any more. NULL: nothing to do. */
	void (*domain_cleanup)(struct uvio_domain *domain);

	/** Fills size and flags; leaves base and direct 0. -ENOENT: not implemented. */
	int (*region_info)(struct uvio_udev *udev, struct uvio_region *region);
	/**
	 * Fills base and direct where the region can be mapped, and the device was not opened with
	 * UVIO_OPEN_SURVIVE_REMOVAL; nothing to map is no error.
	 */
	int (*region_map)(struct uvio_udev *udev, struct uvio_region *region);
	void (*region_unmap)(struct uvio_udev *udev, struct uvio_region *region);
	/** One access of exactly @width bytes, aligned and in bounds, little endian. */
	int (*region_read)(struct uvio_udev *udev, const struct uvio_region *region,
		uint64_t offset, unsigned int width, uint64_t *value);
	int (*region_write)(struct uvio_udev *udev, const struct uvio_region *region,
		uint64_t offset, unsigned int width, uint64_t value);
	/** As many of them, where that is one instruction; false: it is not, nothing was done. */
	bool (*region_read_rep)(struct uvio_udev *udev, const struct uvio_region *region,
		uint64_t offset, unsigned int width, void *buffer, size_t count);
	bool (*region_write_rep)(struct uvio_udev *udev, const struct uvio_region *region,
		uint64_t offset, unsigned int width, const void *buffer, size_t count);

	/** The number of the region with these, which also region_info gives. -ENOENT. */
	int (*region_find)(struct uvio_udev *udev, uint32_t type, uint32_t subtype);

	/** The number of vectors of that kind; 0: none. */
	int (*irq_count)(struct uvio_udev *udev, enum uvio_irq_kind kind);
	/**
	 * Enables as many vectors as can be had, from @min to @most, and gives their number.
	 * -ENOSPC: not even @min. Guarantees: armed afterwards, and nothing that came before is
	 * reported. Fills in udev->vectors a descriptor each, which is then readable while an event
	 * is pending, never blocks, and fails where the device is gone; and udev->irq_ack.
	 */
	int (*irq_enable)(struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min,
		unsigned int most);
	/**
	 * Adds vectors from udev->irq_count to @count - 1, of MSI-X. Those before keep their
	 * descriptors, for which threads may be waiting, and lose no event: where one may have been
	 * lost, they are signalled. What fails leaves them enabled. NULL: it cannot.
	 */
	int (*irq_grow)(struct uvio_udev *udev, unsigned int count);
	/** What fails leaves all enabled, with their descriptors: those end with close at last. */
	int (*irq_disable)(struct uvio_udev *udev);

	/** Memory for one contiguous buffer of @mapping->size, a multiple of pages; sets addr,
	 * size. */
	int (*dma_memory)(struct uvio_udev *udev, struct uvio_mapping *mapping);
	void (*dma_memory_free)(struct uvio_domain *domain, struct uvio_mapping *mapping);
	/** The same in as many pieces as there are. NULL: dma_memory. */
	int (*dma_scattered)(struct uvio_udev *udev, struct uvio_mapping *mapping);
	/** Memory of a kernel driver: sets addr, size, fixed and the segments. NULL: there is none.
	 */
	int (*dma_from_region)(
		struct uvio_udev *udev, unsigned int index, struct uvio_mapping *mapping);
	int (*dma_import)(struct uvio_udev *udev, const char *name, struct uvio_mapping *mapping);
	/** Makes the segments, all below the domain's mask, of what is not fixed. Called with the
	 * table's lock held. */
	int (*dma_map)(struct uvio_udev *udev, struct uvio_mapping *mapping);
	/** Also where no device is open in the domain any more. */
	int (*dma_unmap)(struct uvio_domain *domain, struct uvio_mapping *mapping);
	/**
	 * Whether close and domain_cleanup unmap what is mapped, so that it need not be done one by
	 * one. NULL: they do not.
	 */
	bool (*close_unmaps)(const struct uvio_domain *domain);
	/** Whether @size bytes from @into on are where the segments say: 0, -ESTALE, or -ENOTSUP:
	 * it cannot be known. NULL: pages never move. With the table's lock held. */
	int (*dma_verify)(struct uvio_udev *udev, const struct uvio_mapping *mapping, uint64_t into,
		uint64_t size);

	/** May refuse before the core sets or clears the bit. NULL: always allowed. */
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
	 * 0, or uvio_udev_gone(): what can tell that the device is gone besides its configuration
	 * space and release_fd. NULL: nothing.
	 */
	int (*look)(struct uvio_udev *udev);
};

/** A kernel interface that a backend uses, by its name. */
struct uvio_transport {
	const char *name; /* "cdev"; NULL ends an array */
	const char *full; /* "vfio/cdev" */
	bool on_request;  /* never chosen by itself */
};

struct uvio_backend {
	const char *name;
	const char *help;
	const char *kernel_driver;		 /* for uvio_bind(); NULL: it cannot bind */
	const struct uvio_transport *transports; /* in the order of choice; NULL: only one */
	bool decodes;		/* open switches the BARs on, in whatever state they were */
	bool exclusive;		/* the kernel gives a device to one program only */
	const char *descriptor; /* what /proc calls those without a node, or NULL */
	size_t priv_size;
	size_t domain_size;
	const struct uvio_backend_ops *ops;
};

/** NULL: no such backend. */
const struct uvio_backend *uvio_backend_find(const char *name);

const struct uvio_backend *uvio_backend_at(unsigned int index);

/** -EINVAL, with those that there are in the text. */
int uvio_no_backend(const char *name);

/** The one that the bound kernel driver belongs to; NULL: none. */
const struct uvio_backend *uvio_backend_of(const struct uvio_device_info *info);

extern const struct uvio_backend uvio_backend_uio;
extern const struct uvio_backend uvio_backend_vfio;

#endif /* UVIO_BACKEND_BACKEND_H */
