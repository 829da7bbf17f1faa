/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_BACKEND_OBJECTS_H
#define UVIO_BACKEND_OBJECTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <uvio/irq.h>
#include <uvio/region.h>

#include "base/address.h"
#include "base/context.h"
#include "base/table.h"

struct uvio_backend;

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
	bool lock_left;	   /* a process that the kernel keeps has it, until it is done */
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

/** Marks the device as gone and says so: -ENODEV. */
int uvio_udev_gone(struct uvio_udev *udev, const char *how);

/** The device was marked as gone just now. */
void uvio_udev_notice_gone(struct uvio_udev *udev);

#endif /* UVIO_BACKEND_OBJECTS_H */
