/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * The udev device: a device driven from user space, on any backend.
 *
 * Threads: a udev device is opened, configured and closed by one thread at a time. Registers,
 * waiting and acknowledging may be used from any thread, with one waiter per interrupt vector.
 * Different devices are independent.
 *
 * Time: everywhere nanoseconds in int64_t, as in poll(2): negative waits forever, 0 does not wait.
 * The clock is CLOCK_MONOTONIC. UVIO_MS(20) is 20 milliseconds.
 *
 * Cancellation: only uvio_irq_wait(), uvio_event_wait(), uvio_card_wait() and uvio_poll_until() are
 * cancellation points, and only while they sleep, when they hold no lock and no resource.
 * Asynchronous cancellation is not supported.
 *
 * Processes: all descriptors are close-on-exec. After fork() the child must not use the device:
 * mapped regions and memory from uvio_dma_alloc() do not exist in the child, and uvio_udev_close()
 * frees its copy and does nothing else. A child holds the device by copies of descriptors until it
 * exits or calls exec: nobody else can open it before (-EBUSY), even after the parent has closed
 * it. On uio the child itself can then, if it needs the device; on vfio it cannot: it is to be
 * forked before the device is opened.
 */
#ifndef UVIO_UDEV_H
#define UVIO_UDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uvio/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Milliseconds, and microseconds, as a timeout. */
#define UVIO_MS(n) ((int64_t)(n)*1000000)
#define UVIO_US(n) ((int64_t)(n)*1000)

struct uvio_udev;
struct uvio_domain;

enum uvio_open_flags {
	/**
	 * Allows bus mastering and DMA on uio and vfio/noiommu, where nothing protects the memory
	 * of the machine from the card. Ignored if an IOMMU protects it.
	 */
	UVIO_OPEN_UNSAFE_DMA = 1u << 0,
	/**
	 * On uio, I/O ports are accessed by the in and out instructions of x86 instead of system
	 * calls. Every thread that uses them asks the kernel for exactly the ports of the region,
	 * at its first access, and must be allowed to (CAP_SYS_RAWIO, no kernel lockdown, a kernel
	 * with CONFIG_X86_IOPL_IOPERM): one that is not uses system calls, and a warning is logged.
	 * Ignored on vfio, which has system calls only. -ENOTSUP on machines that are not x86.
	 */
	UVIO_OPEN_PORT_INSTRUCTIONS = 1u << 1,
	/**
	 * A separate small process stops the card if this one ends without uvio_udev_close(),
	 * however it ends, and until then keeps the memory of uvio_dma_alloc(), as far as it was
	 * allocated in the domain since this flag was used in it. For the protection see
	 * uvio_udev(3). Ignored on the vfio backend: the kernel does all that.
	 */
	UVIO_OPEN_GUARD = 1u << 2,
	/** The same, and that process resets the function, too. */
	UVIO_OPEN_GUARD_RESET = 1u << 3,
	/**
	 * An access to a register never ends the program, nor reaches another card: no region is
	 * mapped for the accessors. On vfio, where a mapped register is SIGBUS when the card does
	 * not answer, each access is a system call, and reads all ones then. On uio each is a call
	 * that checks first: once the device was found gone, it reads all ones and writes nothing.
	 */
	UVIO_OPEN_SURVIVE_REMOVAL = 1u << 4,
};

/** All zero means default. */
struct uvio_open_options {
	/**
	 * "vfio", "uio", or with the transport "vfio/cdev". NULL: that of @domain if it is in use;
	 * else that of the kernel driver if vfio-pci or uio_pci_generic is bound; else the first
	 * that is usable.
	 */
	const char *backend;
	uint32_t flags;		    /**< enum uvio_open_flags */
	uint32_t pad;		    /**< zero */
	struct uvio_domain *domain; /**< <uvio/domain.h>; NULL: one of its own */
	uint64_t dma_mask; /**< no memory is mapped above; 0: 64 bits; a card may narrow it */
	/**
	 * The token that the functions of an SR-IOV card share on vfio, a UUID in text; opening a
	 * physical function sets it if no virtual one is in use. NULL: none. Ignored by the uio
	 * backend.
	 */
	const char *vf_token;
	uint64_t reserved[3]; /**< zero */
};

/** What a udev device can do; see uvio_caps(). */
enum uvio_cap {
	UVIO_CAP_INTX = 1u << 0,	    /**< an interrupt line */
	UVIO_CAP_MSI = 1u << 1,		    /**< message signalled interrupts */
	UVIO_CAP_MSIX = 1u << 2,	    /**< MSI-X */
	UVIO_CAP_CONFIG = 1u << 3,	    /**< the PCI configuration space */
	UVIO_CAP_BUS_MASTER = 1u << 4,	    /**< bus mastering can be switched on */
	UVIO_CAP_DMA = 1u << 5,		    /**< memory can be mapped for the card */
	UVIO_CAP_DMA_ISOLATED = 1u << 6,    /**< the card can access mapped memory only */
	UVIO_CAP_DMA_PINNED = 1u << 7,	    /**< mapped pages do not move */
	UVIO_CAP_RESET = 1u << 8,	    /**< uvio_udev_reset() works */
	UVIO_CAP_RESET_AT_OPEN = 1u << 9,   /**< the kernel resets the card at open and close */
	UVIO_CAP_UNPRIVILEGED = 1u << 10,   /**< works for an ordinary user who has the node */
	UVIO_CAP_RELEASE_NOTICE = 1u << 11, /**< unbind waits until the device is closed */
	UVIO_CAP_IRQ_GROW = 1u << 12,	    /**< uvio_irq_grow() without a gap */
	UVIO_CAP_ERROR_NOTICE = 1u << 13,   /**< errors of the device are reported */
	UVIO_CAP_BUS_RESET = 1u << 14,	    /**< uvio_udev_hot_reset() may work */
	UVIO_CAP_LOW_POWER = 1u << 15,	    /**< uvio_low_power() works */
	/** uio: a kernel driver for this card, which sets up interrupt and bus mastering itself */
	UVIO_CAP_OWN_DRIVER = 1u << 16,
};

/**
 * Opens the device at @address (forms: <uvio/device.h>). @options may be NULL. 0 and a udev device
 * in @udev, to be closed with uvio_udev_close().
 *
 * The open is exclusive: before the node of a PCI device is opened, root takes the lock (flock on
 * the file "remove" of the device in sysfs, opened for writing, which only root can do). The kernel
 * gives a node of VFIO to one program only; a node of UIO is refused if another process has it
 * open, or the card's registers in sysfs, and flock is taken on it too. Registers which another
 * process has in sysfs while the card is on VFIO are not looked for: uvio_check_device() and
 * uvio_device_in_use() tell of them. Afterwards bus
 * mastering is off and no interrupt is enabled; if the configuration space cannot be written
 * (uio without root), they are as they were, and a warning is logged. With a UIO driver for this
 * card (UVIO_CAP_OWN_DRIVER), bus mastering and MSI stay as that driver has set them up, and are
 * restored after a reset and at close; its interrupt is UVIO_IRQ_INTX here, even if it is MSI.
 *
 * -EINVAL: not an address, unknown backend or flag, a wrong DMA mask, a token that is no UUID or
 * that the kernel does not accept, a reserved field that is not 0, @domain has devices of another
 * backend or transport. -EEXIST: several UIO devices have that name. -ENODEV: no such device, or no
 * backend can carry it as it is bound now. -ENOENT: it is not bound to the driver that the backend
 * needs, or its IOMMU group has no node. -ENXIO: the card does not answer at the
 * addresses which the kernel has for it: it lost them, never got any, or does not decode them.
 * -EBUSY: open elsewhere, by a node or, on uio, by its files in sysfs, or its driver is being
 * changed, or its IOMMU group is not viable, or memory is mapped in @domain where it cannot reach
 * it. -EACCES, -EPERM: the node, or the IOMMU, may not be used. -ESTALE: the node belongs to
 * another device. -ENOTSUP: port instructions, and the processor has none. -ENOMEM. -EPROTO: the
 * kernel's answer is not valid.
 * The text names what blocks and how to fix it; the device is left as it was found.
 *
 * With UVIO_OPEN_GUARD also what starting a program can fail with; -ENOTSUP: not PCI, or there is
 * no reset; -ETIMEDOUT, -EPIPE, -EPROTO: the guard does not answer, or is of another version.
 */
UVIO_API int uvio_udev_open(struct uvio_ctx *ctx, const char *address,
	const struct uvio_open_options *options, struct uvio_udev **udev);

/**
 * Closes: bus mastering off, interrupts off, DMA unmapped, regions unmapped (pointers into them end
 * here). NULL is allowed. Memory from uvio_dma_alloc() is freed; memory given to uvio_dma_map() is
 * unmapped, and stays the caller's.
 */
UVIO_API void uvio_udev_close(struct uvio_udev *udev);

UVIO_API const char *uvio_udev_address(const struct uvio_udev *udev);
UVIO_API const char *uvio_udev_backend(const struct uvio_udev *udev);

/** The transport: "group", "cdev", ...; "" for a backend with only one. */
UVIO_API const char *uvio_udev_transport(const struct uvio_udev *udev);

/**
 * The ids, read from the configuration space; 0xffff if there is none. Those of a virtual function
 * are from the kernel.
 */
UVIO_API uint16_t uvio_udev_vendor(const struct uvio_udev *udev);
UVIO_API uint16_t uvio_udev_device(const struct uvio_udev *udev);

/** The subsystem ids, which distinguish cards with the same chip. As above. */
UVIO_API uint16_t uvio_udev_subvendor(const struct uvio_udev *udev);
UVIO_API uint16_t uvio_udev_subdevice(const struct uvio_udev *udev);

/** 24 bits, class, subclass and programming interface; and the revision. All ones: not known. */
UVIO_API uint32_t uvio_udev_class(const struct uvio_udev *udev);
UVIO_API uint8_t uvio_udev_revision(const struct uvio_udev *udev);

/**
 * For card drivers: a message to the log of the context, with the address of the device before it.
 * From any thread.
 */
UVIO_API void uvio_udev_log(struct uvio_udev *udev, enum uvio_log_level level, const char *format,
	...) UVIO_PRINTF(3, 4);

/** Bits of enum uvio_cap, for this device on this machine as it was opened. */
UVIO_API uint32_t uvio_caps(const struct uvio_udev *udev);

/** The name of one capability bit, as "dma-isolated"; NULL: no such bit. */
UVIO_API const char *uvio_cap_name(uint32_t bit);

/**
 * Whether the device is present. false forever once any call found it gone (-ENODEV, a failed
 * register access, an interrupt source that ended, the kernel asking to release it); otherwise asks
 * the kernel, and reads the configuration space, if there is one: a card that is gone reads all
 * ones. A card that lost its addresses, or no longer decodes memory, is present: the error messages
 * of -ETIMEDOUT of uvio_poll_until() and uvio_irq_wait() report that.
 */
UVIO_API bool uvio_udev_alive(struct uvio_udev *udev);

/**
 * Switches bus mastering: without it, DMA and message signalled interrupts do not leave the card,
 * and nothing reports that. Off at open and at close. 0; -ENOTSUP (not PCI); -EPERM (uio without
 * UVIO_OPEN_UNSAFE_DMA, or an IOMMU that translates and so would break the card's DMA); -EPIPE,
 * -ETIMEDOUT (the guard of UVIO_OPEN_GUARD has ended, or does not answer); -ENODEV; -EIO.
 */
UVIO_API int uvio_bus_master(struct uvio_udev *udev, bool on);

/**
 * Resets the function. Afterwards bus mastering is off and interrupts are disabled, also if the
 * reset fails; if disabling them failed, they are still enabled. Regions and DMA mappings remain.
 * No thread may be waiting for an interrupt meanwhile. 0; -ENOTSUP (the kernel has no method to
 * reset the card); -EAGAIN (the kernel was busy with it, three times); -ETIMEDOUT (uio: the kernel
 * does not return from it; until it does, the device stays locked, also after it is closed);
 * -ENODEV; -EIO; -EPERM, -EACCES, -EROFS (uio: this user cannot write the sysfs file for it; see
 * UVIO_CAP_RESET); -ENOSPC, -ENOMEM, -EMFILE (uio: no process could be started).
 */
UVIO_API int uvio_udev_reset(struct uvio_udev *udev);

enum uvio_affected_flags {
	UVIO_AFFECTED_SELF = 1u << 0,	/**< the udev device itself */
	UVIO_AFFECTED_BLOCKS = 1u << 1, /**< not on vfio, or not of our domain's groups */
};

/** A device that a reset of the bus would reset. Later versions may add members at the end. */
struct uvio_affected {
	char address[24];    /**< "0000:03:01.0" */
	char driver[64];     /**< its kernel driver; "": none */
	int32_t iommu_group; /**< -1: none */
	uint32_t flags;	     /**< enum uvio_affected_flags */
};

/**
 * The devices that uvio_udev_hot_reset() would reset, including this one. Returns their number; up
 * to @count are in @devices, which may be NULL if @count is 0. Changes nothing. -ENOTSUP (neither
 * the slot nor the bus can be reset); -EINVAL, -ENODEV, -EPERM, -EIO, -ENOMEM, -EPROTO.
 */
UVIO_API int uvio_udev_hot_reset_affects_sized(
	struct uvio_udev *udev, struct uvio_affected *devices, unsigned int count, size_t size);

static inline int uvio_udev_hot_reset_affects(
	struct uvio_udev *udev, struct uvio_affected *devices, unsigned int count)
{
	return uvio_udev_hot_reset_affects_sized(udev, devices, count, sizeof(*devices));
}

/**
 * Resets the slot or the bus, and with it every function there: for a card that cannot be reset
 * alone. Otherwise as uvio_udev_reset(). -EBUSY: other devices prevent it; the error message names
 * each. -ENOTSUP: neither the slot nor the bus can be reset, or the backend cannot. -EAGAIN,
 * -ENODEV, -EIO, -EPERM, -EACCES, -ENOMEM, -EPROTO.
 */
UVIO_API int uvio_udev_hot_reset(struct uvio_udev *udev);

/**
 * Lets the card enter low power (@on), or keeps it awake again, as after open and after close.
 * Whether it sleeps, and in which state, is decided by the machine. Access to the configuration
 * space, and to regions that are not mapped, wakes it for as long as the call lasts; waiting and
 * uvio_udev_alive() do not wake it. Mapped regions must not be accessed while it sleeps: that is
 * SIGBUS. It raises no interrupt, and must not be doing DMA. Repeating is no error. 0; -ENOTSUP
 * (kernel, card or backend cannot); -ENODEV; -EIO, -EPERM, -EBUSY.
 */
UVIO_API int uvio_low_power(struct uvio_udev *udev, bool on);

/**
 * Sets the token, a UUID in text, by which the virtual functions of this physical function, and it
 * itself as long as one of them is open, are opened from then on; see struct uvio_open_options.
 * Before it is set, it is random. 0; -EINVAL (no UUID); -ENOTSUP (not a physical function with
 * SR-IOV, or kernel or backend cannot); -ENODEV; -EIO, -EPERM.
 */
UVIO_API int uvio_vf_token_set(struct uvio_udev *udev, const char *uuid);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_UDEV_H */
