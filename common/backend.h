/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * What a backend is: the only thing that the core knows of it.
 *
 * Identity stands apart from operations. Each backend is one const table at the end of its own
 * file, listed in backend.c in probe order. tests/fake.c is a complete small one to start from.
 *
 * Operations return 0 (or a count) or a negative errno with a text by uvio_fail(). probe, open and
 * close must be there, and region_info where there are regions; of the others, those on interrupts
 * and those on DMA come as a set or not at all. One that is NULL is unsupported: the core answers
 * -ENOTSUP. Arguments are checked by the core before, as the public headers promise: indices are in
 * range, sizes are not 0, vectors are enabled.
 */
#ifndef UVIO_BACKEND_H
#define UVIO_BACKEND_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include <uvio/dma.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "internal.h"
#include "table.h"

/* The PCI configuration space, by the PCI Local Bus Specification 3.0, 6.1 and 6.2. */
#define PCI_CONFIG_VENDOR 0x00
#define PCI_CONFIG_DEVICE 0x02
#define PCI_CONFIG_REVISION 0x08 /* and the class code */
#define PCI_CONFIG_SUBVENDOR 0x2c
#define PCI_CONFIG_SUBDEVICE 0x2e
#define PCI_CONFIG_COMMAND 0x04 /* 16 bits; bit 2: bus master */
#define PCI_CONFIG_STATUS 0x06
#define PCI_CONFIG_INTERRUPT_PIN 0x3d
#define PCI_COMMAND_IO 0x01
#define PCI_COMMAND_MEMORY 0x02
#define PCI_COMMAND_BUS_MASTER 0x04
#define PCI_COMMAND_INTX_OFF 0x400
#define PCI_STATUS_CAP_LIST 0x10

/**
 * Whether that status register is of a card which does not answer: others have bits that are 0. Not
 * by the ids: those of a virtual function read all ones in sysfs, and vfio shows for any device
 * what the kernel has kept of them, as of the list of capabilities.
 */
static inline bool uvio_status_is_gone(uint64_t status)
{
	return (status | PCI_STATUS_CAP_LIST) == 0xffff;
}

/* How long a wait sleeps at most without looking whether the device is still there. */
#define UVIO_LOOK_NS INT64_C(1000000000)

/* The clock that waits go by, which nobody sets. */
static inline int64_t uvio_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* When a wait of @timeout ends: never, where that is negative. */
static inline int64_t uvio_end_of(int64_t timeout)
{
	int64_t now = uvio_now_ns();

	return timeout < 0 || timeout > INT64_MAX - now ? INT64_MAX : now + timeout;
}

/* How long a wait may sleep, with @rest to go, before it looks. */
static inline int64_t uvio_slice_of(int64_t rest)
{
	return rest < 0 ? 0 : rest < UVIO_LOOK_NS ? rest : UVIO_LOOK_NS;
}

struct uvio_dma_table {
	pthread_mutex_t lock; /* a whole transaction: find, ask the kernel, change the table */
	struct uvio_table table;
	_Atomic(struct uvio_mapping *) spare; /* for the next; NULL: none */
	size_t page;			      /* of the machine, a power of two */
	uint64_t mask;		   /* the narrowest of those devices; all ones: none is there */
	struct uvio_udev *devices; /* that are open in the domain, linked by next */
};

/** What a read of an event descriptor gives: an eventfd its count, a UIO node a running number. */
union uvio_irq_event {
	uint64_t count;
	uint32_t running;
};

struct uvio_vector {
	/* Set by irq_enable. */
	int fd; /* -1: not enabled */
	/*
	 * Of the core. Above 0: so many waits read at once, then one looks for a release request.
	 * Below 0: so many poll before they read.
	 */
	int turn;
	size_t event_size; /* bytes of an event: of a member of union uvio_irq_event */
	union uvio_irq_event
		event; /* as read last; for running numbers irq_enable sets the first */
	/* The core's. */
	struct uvio_udev *udev;
	uint64_t *into;	 /* of the wait under way, of which there is one; NULL: not wanted */
	int64_t timeout; /* of the wait under way */
	uint32_t last;	 /* the running number before that of @event */
	uint64_t syscalls;
};

_Static_assert(sizeof(struct uvio_vector) == 64 || sizeof(void *) != 8, "one cache line");

struct uvio_backend;

typedef int uvio_irq_ack_fn(struct uvio_udev *udev);

#define UVIO_RELEASE_WANTED "the kernel asks to release it"

struct uvio_udev {
	struct uvio_ctx *ctx;
	pid_t opener; /* the process; a child that it forked has a copy of this */
	struct uvio_address address;
	const struct uvio_backend *backend;
	void *priv; /* backend->priv_size bytes, zeroed, freed by the core */
	uint32_t flags;
	uint32_t caps;	   /* set by open */
	int lock_fd;	   /* -1: this user may not lock it */
	int reset_refused; /* set by open without UVIO_CAP_RESET: what keeps this user from it */
	/*
	 * Set by open, where the kernel driver is the card's own: what it has set up is left as it
	 * is. Whether bus mastering was on, and whether it signals by MSI.
	 */
	bool own_driver, own_master, own_msi;
	uint16_t decoded; /* what the card decoded at open: bits of its command register */
	/* Set by open; -1: no notice. */
	int release_fd; /* an eventfd: the kernel asks to release the device, until it is closed */
	int error_fd;	/* an eventfd: the device reported an error */
	int gone_fd;	/* has an error condition when the device is gone */
	int event_fd;	/* of uvio_event_fd(); -1: not asked for yet */
	atomic_bool asleep;	    /* by uvio_low_power(): nothing may wake it */
	atomic_int gone_notice;	    /* an eventfd in @event_fd, which @gone signals; -1: none */
	_Atomic(const char *) gone; /* how it was found to be gone, first; NULL: it is not */
	struct uvio_region config;  /* mapped by the core after open; size 0: none */
	struct uvio_region regions[UVIO_REGION_COUNT]; /* size 0: not mapped yet */
	enum uvio_irq_kind irq_kind;
	/*
	 * How many are enabled, and how many @vectors are there, which never move while any is
	 * enabled. Those behind irq_count have no descriptor. Threads that use vectors meanwhile
	 * look at irq_room only, which does not change.
	 */
	unsigned int irq_count; /* atomic; 0: none enabled */
	unsigned int irq_room;
	/**
	 * Set by irq_enable where an interrupt has to be armed again; NULL: there is nothing to do.
	 * Guarantees: the next event will be reported, and one that is pending now. One system
	 * call; it adds to @acks what it takes beside.
	 */
	uvio_irq_ack_fn *irq_ack;
	uint64_t acks; /* system calls made by it */
	struct uvio_vector *vectors;
	struct uvio_domain *domain; /* never NULL */
	const char *transport;	    /* one of backend->transports; NULL: the backend's choice */
	/* With the lock of the domain's table. */
	struct uvio_udev *next; /* in the domain */
	uint64_t dma_mask;
	uint64_t dma_most; /* the mask given at open: no other goes beyond it */
};

/** An address space of cards: what is mapped in it, and for which devices. */
struct uvio_domain {
	struct uvio_ctx *ctx;
	bool shared;	      /* made by uvio_domain_new(); else it ends with its device */
	pthread_mutex_t lock; /* devices come and go */
	unsigned int devices; /* that are open in it */
	/* From here on set by the first device, and forgotten where nothing is mapped by the last.
	 */
	const struct uvio_backend *backend;
	const char *transport;
	char name[UVIO_ADDRESS_SIZE]; /* for texts: the address of that device */
	void *priv;		      /* backend->domain_size bytes, zeroed, freed by the core */
	struct uvio_dma_table dma;
	size_t kept_count; /* of kept.c, with the context's lock */
};

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
	/** Fills up to @count, which may be 0; the number of all. */
	int (*hot_reset_affects)(
		struct uvio_udev *udev, struct uvio_affected *devices, unsigned int count);

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

/** A way in which a backend reaches the kernel. */
struct uvio_transport {
	const char *name; /* "cdev"; NULL ends an array */
	const char *full; /* "vfio/cdev" */
	bool on_request;  /* never chosen by itself */
};

struct uvio_backend {
	const char *name;
	const char *help;
	const char *kernel_driver;		 /* for uvio_bind(); NULL: it cannot bind */
	const struct uvio_transport *transports; /* in the order of choice; NULL: one way only */
	bool decodes;		/* open switches the BARs on, in whatever state they were */
	const char *descriptor; /* what /proc calls those without a node, or NULL */
	size_t priv_size;
	size_t domain_size;
	const struct uvio_backend_ops *ops;
};

/** NULL: no such backend. */
const struct uvio_backend *uvio_backend_find(const char *name);
/** @name: "vfio" or "vfio/cdev"; @transport receives NULL, or the latter's. -EINVAL. */
int uvio_backend_parse(
	const char *name, const struct uvio_backend **backend, const char **transport);
const struct uvio_backend *uvio_backend_at(unsigned int index);
struct uvio_choice {
	const struct uvio_backend *backend;
	const char *transport; /* NULL: the backend's choice */
	bool unchecked;	       /* by the driver that is bound */
};

/** The one to open with: by @name, or, where that is NULL, by the driver, or the first usable. */
int uvio_backend_choose(struct uvio_ctx *ctx, const struct uvio_address *address, const char *name,
	struct uvio_choice *choice);
/** What open() failed with, or why no backend is usable where the choice was by the driver alone.
 */
int uvio_choice_failed(struct uvio_ctx *ctx, const struct uvio_address *address,
	const struct uvio_choice *choice, int err);
/** -EINVAL, with those that there are in the text. */
int uvio_no_backend(const char *name);
/** The one that the bound kernel driver belongs to; NULL: none. */
const struct uvio_backend *uvio_backend_of(const struct uvio_device_info *info);

/* check.c */
/** The verdict alone, and nothing of other backends; as uvio_check_unused(). */
int uvio_check_judge(struct uvio_ctx *ctx, const struct uvio_device *device,
	const struct uvio_backend *backend, const char *transport, enum uvio_verdict *verdict);

/* gone.c */
/** Marks the device as gone and says so: -ENODEV. */
int uvio_udev_gone(struct uvio_udev *udev, const char *how);
/** The device was marked as gone just now. */
void uvio_udev_notice_gone(struct uvio_udev *udev);

/* udev.c */
/** 0, or -ENODEV with a text, whoever found it gone. */
int uvio_udev_look(struct uvio_udev *udev);
/**
 * A call failed, which proves nothing of the device: where the errno may mean that it is gone, it
 * is asked. -ENODEV with a text: it is; else @rc, or -EIO in place of -ENODEV, without a text.
 */
int uvio_udev_failed(struct uvio_udev *udev, int rc);
/** An access to a region failed: as uvio_udev_failed(), with a text. */
int uvio_access_failed(
	struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset, int rc);
/** As uvio_fail(); advice may be in brackets, as in a fix of uvio_check_add(). */
int uvio_fail_advised(struct uvio_udev *udev, int err, const char *format, ...) UVIO_PRINTF(3, 4);
/** A step of open failed: @err, with the error message of the check where that knows the cause. */
int uvio_open_failed(struct uvio_udev *udev, int err, const char *step, const char *cause);

/* inuse.c */
/**
 * Before the node at @path is opened, where that would disturb who has it: -EBUSY. @folder: its
 * own in sysfs.
 */
int uvio_node_in_use(struct uvio_udev *udev, const char *path, const char *folder);
/**
 * After the kernel said that another program has the device, or one of its group: whether the error
 * message names that process now. Failing to find out is no error here, and leaves the message.
 */
bool uvio_names_user(struct uvio_udev *udev);

/* irq.c */
/** No vector is enabled any more: the backend has switched them off, or is closed. */
void uvio_irq_forget(struct uvio_udev *udev);

/* card.c */
/**
 * What keeps the registers of an open card from answering, and did not at open: a BAR that lost its
 * address, or decoding that is off, as the card itself shows it; "" where it shows nothing.
 */
void uvio_card_changed(struct uvio_udev *udev, char *text, size_t size);
/** Whether the card's INTx is off, whoever did it: VFIO shows what this program did only. */
bool uvio_card_masks_intx(struct uvio_udev *udev);

/* late.c */
/** -ETIMEDOUT, with what the card shows of the cause. */
int uvio_irq_late(struct uvio_udev *udev, unsigned int vector, int64_t timeout);

/* domain.c */
/** Opens the device into @shared, or into a domain of its own where that is NULL. */
int uvio_domain_join(struct uvio_udev *udev, struct uvio_domain *shared,
	const struct uvio_open_options *options);
/** Closes it. */
void uvio_domain_leave(struct uvio_udev *udev);
/** That of the devices in it; NULL: there are none. */
const struct uvio_backend *uvio_domain_backend(struct uvio_domain *domain);

/* event.c */
void uvio_event_cleanup(struct uvio_udev *udev);

/* dma.c */
void uvio_dma_init(struct uvio_dma_table *dma);
/** Calls @each with each mapping until one is not 0. With the table's lock held. */
int uvio_dma_each(const struct uvio_dma_table *dma, uvio_table_each_fn *each, void *data);
/** The device counts for the mask from now on, and no more. */
void uvio_dma_join(struct uvio_udev *udev);
void uvio_dma_leave(struct uvio_udev *udev);
/** Before the last device leaves: of @kept only what uvio_dma_alloc() and the like gave stays. */
void uvio_dma_unmap_all(struct uvio_domain *domain, bool kept);
/** As uvio_dma_unmap() and uvio_dma_free(), where the domain's devices neither come nor go. */
int uvio_dma_unmap_from(struct uvio_domain *domain, const char *object, void *addr, size_t size);
int uvio_dma_free_from(struct uvio_domain *domain, const char *object, struct uvio_dma *dma);
/** Where no device is. */
void uvio_dma_cleanup(struct uvio_domain *domain);
/** Where segment @i ends, in the mapping. */
uint64_t uvio_segment_end(const struct uvio_mapping *mapping, size_t i);
/** Makes room for @count segments in all. -ENOMEM. */
int uvio_mapping_reserve(struct uvio_mapping *mapping, size_t count);
/** Adds a segment behind the last, joined with it where they touch. -ENOMEM. */
static inline int uvio_mapping_add(struct uvio_mapping *mapping, uint64_t iova, uint64_t size)
{
	unsigned int n = mapping->segment_count;
	const struct uvio_mapping_segment *last = &mapping->segments[n - 1];
	uint64_t begin = mapping->filled;

	if (!n || last->iova + (begin - last->begin) != iova) {
		if (n == mapping->room && uvio_mapping_reserve(mapping, 2 * (size_t)n))
			return -ENOMEM;
		mapping->segments[n] = (struct uvio_mapping_segment){.iova = iova, .begin = begin};
		mapping->segment_count++;
	}
	mapping->filled += size;
	return 0;
}
/** Where uvio_dma_obtain() gets memory from. */
struct uvio_dma_source {
	size_t size; /* as asked for */
	bool kernel; /* the kernel has it, and knows the size */
	/* Sets addr and size of a mapping, which has @size rounded up. */
	int (*memory)(struct uvio_udev *udev, struct uvio_mapping *mapping, const void *what);
	const void *what;
};

/** Maps memory that uvio_dma_free() frees. The number of segments, copied where there is a place.
 */
int uvio_dma_obtain(struct uvio_udev *udev, const struct uvio_dma_source *source, uint32_t flags,
	struct uvio_dma_segment *segments, unsigned int max, struct uvio_dma *dma);
/** The mask given at open: whether it could be set; and sets it, so that none goes beyond it. */
int uvio_dma_check_mask(struct uvio_udev *udev, uint64_t mask);
int uvio_dma_limit_mask(struct uvio_udev *udev, uint64_t mask);
/** -ENOMEM because of RLIMIT_MEMLOCK, with the figures in the text. */
int uvio_dma_memlock(struct uvio_udev *udev, const struct uvio_mapping *mapping);
/** mmap() of @size bytes for @mapping failed with @rc: the same, of memory for DMA. */
int uvio_dma_memory_failed(
	struct uvio_udev *udev, struct uvio_mapping *mapping, uint64_t size, int rc);
/** mmap() of @what failed with @rc, which is returned; the text has the limit that it hit. */
int uvio_mmap_failed(struct uvio_udev *udev, const char *what, uint64_t size, int rc);
/** The same for the region @index. */
int uvio_region_mmap_failed(struct uvio_udev *udev, unsigned int index, uint64_t size, int rc);
/** Anonymous, shared, zeroed, not inherited by children. */
int uvio_dma_anonymous(struct uvio_udev *udev, struct uvio_mapping *mapping, int mmap_flags);
/**
 * Private, of whole pages of @page bytes, which may be larger than the machine's: for those which
 * pin it, by a fault for writing, which costs less than shared memory.
 */
int uvio_dma_aligned(struct uvio_udev *udev, struct uvio_mapping *mapping, uint64_t page);

/* region.c */
void uvio_regions_unmap(struct uvio_udev *udev);
/** One volatile access, little endian. */
uint64_t uvio_mmio_load(const volatile unsigned char *at, unsigned int width);
void uvio_mmio_store(volatile unsigned char *at, unsigned int width, uint64_t value);

/* token.c: a UUID in its usual text. 0; -EINVAL with a text, which begins with @object. */
#define UVIO_UUID_SIZE 16
int uvio_uuid_parse(const char *object, const char *text, unsigned char *uuid);

extern const struct uvio_backend uvio_backend_uio;
extern const struct uvio_backend uvio_backend_vfio;

#endif /* UVIO_BACKEND_H */
