/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Discovery: finds and describes devices, without opening any.
 *
 * An address names a device in one of these forms: PCI "0000:06:0d.0", "06:0d.0" (domain 0) or
 * "d.0" (bus 0 of it), where leading zeros may be left out; a UIO device "uio0", "/dev/uio0" or
 * "name:NAME" (the name that its kernel driver gave). A UIO device of a PCI function is the same
 * device as that function, and is shown under the address of the function. If the function has
 * several UIO devices, its address means the first of them; the name of a UIO device means that
 * one, with its maps and its interrupt.
 *
 * All facts come from sysfs. Nothing here opens a node in /dev: closing
 * /dev/uioN, even once, would switch off the bus mastering of the program that drives the card.
 *
 * Any thread may look for devices. A device does not change after it was made: several threads may
 * read it, until one frees it.
 */
#ifndef UVIO_DEVICE_H
#define UVIO_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uvio/context.h>

#ifdef __cplusplus
extern "C" {
#endif

struct uvio_device;

/** Base address registers of a PCI device. */
#define UVIO_BARS 6

/** A base address register. @size 0: not implemented. Later versions may add members at the end. */
struct uvio_bar {
	uint64_t start; /**< physical address or port number */
	uint64_t size;	/**< bytes */
	bool io;	/**< I/O ports, not memory */
	bool is_64bit;
	bool prefetchable;
	bool unassigned; /**< the kernel found no address for it: @start is not valid */
};

/**
 * A member of the device's IOMMU group, the device itself among them. Later versions may add
 * members at the end.
 */
struct uvio_group_member {
	const char *address;
	const char *driver; /**< NULL: none */
	bool blocks;	    /**< its driver makes the group not viable for VFIO */
};

/**
 * The description of a device. Strings and arrays belong to the device object. The arrays are of
 * pointers: later versions may add members at the end of this structure and of those.
 */
struct uvio_device_info {
	const char *address; /**< canonical: "0000:06:0d.0", or "uio0" */
	bool pci;	     /**< false: a UIO device on another bus, the ids below are 0 */
	bool bridge;	     /**< to PCI, ISA or the host: not for user space */
	uint16_t vendor;
	uint16_t device;
	uint16_t subvendor;
	uint16_t subdevice;
	uint32_t class_code; /**< 24 bits: class, subclass, programming interface */
	uint8_t revision;
	const char *driver;   /**< of the kernel, bound now; NULL: none */
	const char *uio;      /**< "uio0" if a UIO driver is bound; else NULL */
	const char *uio_name; /**< that its kernel driver gave @uio; NULL: none */
	const char *backend;  /**< the one that @driver belongs to, as "vfio"; NULL: none */
	int iommu_group;      /**< -1: none, no IOMMU translates for this device */
	/** "DMA", "DMA-FQ", "identity", "blocked"; "noiommu": VFIO's group without an IOMMU */
	const char *iommu_type; /* NULL: not known */
	const struct uvio_group_member *const *members;
	size_t member_count;
	const struct uvio_bar *const *bars; /**< UVIO_BARS of them */
};

/**
 * Looks one device up. 0 and a device in @device, to be freed with uvio_device_free(); -EINVAL (not
 * an address), -ENODEV (nothing there), -EEXIST (name: several have that name; the error message
 * lists them), -ENOMEM.
 */
UVIO_API int uvio_device_find(
	struct uvio_ctx *ctx, const char *address, struct uvio_device **device);

/** Frees a device. NULL is allowed. */
UVIO_API void uvio_device_free(struct uvio_device *device);

/** The facts, as they were when the device was looked up. Valid until the device is freed. */
UVIO_API const struct uvio_device_info *uvio_device_info(const struct uvio_device *device);

/**
 * Whether the device is in use: a process, in any namespace, has its node, its registers, or a disk
 * or terminal of it open or mapped; a disk of it is mounted; a network interface of it is up, or in
 * another network namespace. No node is opened, since that may disturb a program that has it open,
 * or is opening it. A use of a disk by the kernel that sysfs does not show, as ZFS, is therefore
 * only found by uvio_bind(), which opens the disk for a moment.
 *
 * 0: it is not. -EBUSY: it is; the error message names the process or the use. -EACCES: no use was
 * found, but not everything could be examined, as the processes of other users without root; the
 * error message names it. Or the errno of reading sysfs or /proc.
 */
UVIO_API int uvio_device_in_use(struct uvio_ctx *ctx, const struct uvio_device *device);

/**
 * Lists all PCI devices and all other UIO devices, in order of address. Returns their number (0 is
 * no error) and the array in @list, to be freed with uvio_device_list_free(); or -ENODEV (there is
 * no sysfs), -ENOMEM, or the errno of reading sysfs. A device that is removed meanwhile is left
 * out.
 */
UVIO_API int uvio_device_list(struct uvio_ctx *ctx, struct uvio_device ***list);

/** Frees a list with its devices. */
UVIO_API void uvio_device_list_free(struct uvio_device **list, int count);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_DEVICE_H */
