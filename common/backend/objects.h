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
	pthread_mutex_t lock; /* held for a transaction: find, call the kernel, change the table */
	struct uvio_table table;
	_Atomic(struct uvio_mapping *) spare; /* for the next; NULL: none */
	size_t page;			      /* of the machine, a power of two */
	uint64_t mask;		   /* the narrowest of those devices; all ones: no devices */
	struct uvio_udev *devices; /* that are open in the domain, linked by next */
};

struct uvio_vector {
	int fd;		/* set by irq_enable; -1: not enabled */
	bool quick;	/* a wait reads an eventfd first, and needs no more if that has an event */
	bool idle;	/* the last wait slept: the next one sleeps before it reads */
	bool stamped;	/* by uvio_irq_stamp() */
	bool cancelled; /* atomic: there may be a mark of uvio_irq_cancel() outside @fd */
	uint64_t count;
	/* Of the current wait, of which there is one. */
	int64_t timeout;
	uint64_t *into; /* NULL: the number of events is not wanted */
	/* Counted by the thread that waits, and read by others. */
	uint64_t quick_waits; /* one system call each, beside @syscalls */
	uint64_t events, waits, syscalls, timeouts, spurious, lost;
	int64_t time; /* of the last event; 0: none yet */
	struct uvio_udev *udev;
	/*
	 * Where a read puts its events: @count, as of an eventfd, unless irq_enable sets these two
	 * to @running, and that to the number before the first event.
	 */
	void *event;
	size_t event_size;
	uint32_t running; /* of a UIO node: the number of the last event */
	uint32_t last;	  /* as it was when events were taken last */
	/* Of uvio_irq_watch(). */
	int (*look)(void *data); /* NULL: no watch */
	void *look_data;
	int64_t period;
	int64_t quiet;	       /* how long it was slept without an event */
	uint64_t quiet_events; /* how many events there were before */
};

typedef int uvio_irq_ack_fn(struct uvio_udev *udev);
#define UVIO_RELEASE_WANTED "the kernel asks to release it"

struct uvio_udev {
	struct uvio_ctx *ctx;
	pid_t opener; /* the process; a forked child has a copy of this structure */
	struct uvio_address address;
	const struct uvio_backend *backend;
	void *priv; /* backend->priv_size bytes, zeroed, freed by the core */
	uint32_t flags;
	uint32_t caps;	   /* set by open */
	int lock_fd;	   /* -1: this user may not lock it */
	bool lock_left;	   /* held by a process that waits in the kernel, until it is done */
	int reset_refused; /* set by open without UVIO_CAP_RESET: why this user cannot reset */
	/*
	 * Set by open if the kernel driver is the card's own, whose setup is not changed: whether
	 * bus mastering was on, and whether it signals by MSI.
	 */
	bool own_driver, own_master, own_msi;
	uint16_t decoded; /* the decoding enabled at open: bits of the command register */
	/* Set by open; -1: no notice. */
	int release_fd; /* an eventfd: the kernel asks to release the device, until it is closed */
	/*
	 * Set by irq_enable where the one vector's descriptor is no eventfd, and closed by the
	 * core: an eventfd that ends its sleep; else -1.
	 */
	int wake_fd;
	int error_fd;		    /* an eventfd: the device reported an error */
	int gone_fd;		    /* has an error condition when the device is gone */
	int event_fd;		    /* of uvio_event_fd(); -1: not asked for yet */
	atomic_bool asleep;	    /* by uvio_low_power(): it must not be woken */
	atomic_int gone_notice;	    /* an eventfd in @event_fd, which @gone signals; -1: none */
	_Atomic(const char *) gone; /* how its removal was noticed first; NULL: it is present */
	struct uvio_region config;  /* mapped by the core after open; size 0: none */
	struct uvio_region regions[UVIO_REGION_COUNT]; /* size 0: not mapped yet */
	enum uvio_irq_kind irq_kind;
	/*
	 * How many are enabled, and the number of @vectors, which never move while any is enabled.
	 * Those after irq_count have no descriptor. Threads that use vectors meanwhile read
	 * irq_room only, which does not change.
	 */
	unsigned int irq_count; /* atomic; 0: none enabled */
	unsigned int irq_room;
	/**
	 * Set by irq_enable if an interrupt must be armed again; NULL: nothing to do. Afterwards
	 * the next event is reported, and one that is pending now. One system call; it adds further
	 * ones to @acks.
	 */
	uvio_irq_ack_fn *irq_ack;
	uint64_t acks; /* system calls made by it */
	struct uvio_vector *vectors;
	struct uvio_domain *domain; /* never NULL */
	const char *transport;	    /* one of backend->transports; NULL: the backend's choice */
	/* With the lock of the domain's table. */
	struct uvio_udev *next; /* in the domain */
	uint64_t dma_mask;
	uint64_t dma_most; /* the mask given at open: the upper limit of others */
};

/** An address space of cards: its mappings and its devices. */
struct uvio_domain {
	struct uvio_ctx *ctx;
	bool shared;	      /* made by uvio_domain_new(); else it ends with its device */
	pthread_mutex_t lock; /* devices come and go */
	unsigned int devices; /* that are open in it */
	/*
	 * The following is set by the first device, and cleared by the last if nothing is mapped.
	 */
	const struct uvio_backend *backend;
	const char *transport;
	char name[UVIO_ADDRESS_SIZE]; /* for texts: the address of that device */
	void *priv;		      /* backend->domain_size bytes, zeroed, freed by the core */
	struct uvio_dma_table dma;
	size_t kept_count; /* of kept.c, with the context's lock */
};

/** Marks the device as removed, with the error message: -ENODEV. */
int uvio_udev_gone(struct uvio_udev *udev, const char *how);

/** Called when the device was marked as removed. */
void uvio_udev_notice_gone(struct uvio_udev *udev);

#endif /* UVIO_BACKEND_OBJECTS_H */
