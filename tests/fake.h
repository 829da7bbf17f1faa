/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A backend without a kernel: QEMU's edu card in plain memory, behind the same operations as the
 * real backends. It is complete and small, and meant as the skeleton of a new backend.
 *
 * The card is "there" at any address which the context's sysfs has, as "fake" or by default. A
 * program that uses it is linked with -Wl,--wrap=uvio_backend_find,--wrap=uvio_backend_at.
 */
#ifndef UVIO_TESTS_FAKE_H
#define UVIO_TESTS_FAKE_H

#include <uvio/irq.h>

#include "backend/backend.h"

/* What the regions are for; the other numbers are not there. */
enum {
	FAKE_REGISTERS = 0, /* the card's registers, by calls only */
	FAKE_MEMORY = 1,    /* mapped, and its size is no multiple of 8 */
	FAKE_HOLES = 2,	    /* the first page is mapped, the second by calls */
	FAKE_READ_ONLY = 3, /* by calls only */
};

#define FAKE_REGISTERS_SIZE 0x1000
#define FAKE_MEMORY_SIZE 0x1004
#define FAKE_HOLES_SIZE 0x2000
#define FAKE_READ_ONLY_SIZE 8
#define FAKE_CONFIG_SIZE 256
#define FAKE_MSI_VECTORS 4
#define FAKE_MAX_VECTORS 64
#define FAKE_FIRST_IOVA 0x100000
#define FAKE_BUFFER 0x40000
#define FAKE_BUFFER_SIZE 4096
#define FAKE_BARS 6

/**
 * Another card in the place of edu: each access to its BARs is a call, and it has one interrupt
 * line, which is looked at after each access and after fake_changed().
 */
struct fake_model {
	void *card;
	uint16_t vendor, device, subvendor, subdevice;
	uint64_t sizes[FAKE_BARS]; /* 0: there is no such BAR */
	uint64_t (*read)(void *card, unsigned int bar, uint64_t offset, unsigned int width);
	void (*write)(
		void *card, unsigned int bar, uint64_t offset, unsigned int width, uint64_t value);
	bool (*line)(void *card); /* whether it asks */
};

/** NULL: edu. Devices that are opened from now on have it. */
extern const struct fake_model *fake_model;

/** What goes wrong. All zero: nothing. Errors are negative errnos. */
struct fake_faults {
	bool unbound;		/* probe: not bound to it */
	bool no_notice;		/* open: no descriptors for events */
	bool hangs_up;		/* open: a descriptor tells that it is gone, as on uio */
	bool no_config;		/* open: not a PCI device */
	bool busy_at_open;	/* open: a predecessor left bus mastering on */
	bool all_ones;		/* the card is gone: everything reads all ones */
	unsigned int gone_at;	/* from this call of region_read or region_write on; 0: never */
	bool silent;		/* the BARs read all ones, the card is there */
	unsigned int silent_at; /* as gone_at */
	bool wrong_liveness;	/* a broken card */
	bool no_irq;		/* a broken card: its interrupts never leave it */
	bool loses_dma;		/* a broken card: the last byte of each transfer stays away */
	uint32_t missing_caps;
	int open;
	int access;	      /* region calls */
	int command_write;    /* to the command register */
	unsigned int msix;    /* so many vectors of MSI-X, FAKE_MAX_VECTORS at most; 0: none */
	unsigned int granted; /* the kernel has no more vectors than these; 0: enough */
	bool no_resize;	      /* vectors grow by switching them off and on */
	int irq_enable;
	int irq_grow;
	int irq_disable;
	int irq_read;
	int irq_ack;
	int dma_map;
	int dma_unmap;
	int bus_master;
	int reset;
};

extern struct fake_faults fake_faults;

/** One page, or one allocated buffer, that the card reaches. */
struct fake_window {
	uint64_t iova;
	unsigned char *addr;
	uint64_t size;
	uint32_t flags;
};

/** The private data of a domain. */
struct fake_domain {
	struct fake_window *windows;
	size_t window_count;
	uint64_t next_iova; /* 0: none was given yet */
};

/** The private data of a udev device. */
struct fake {
	struct uvio_udev *udev;
	const struct fake_model *model; /* NULL: edu */
	unsigned char config[FAKE_CONFIG_SIZE];
	unsigned char *memory, *holes;
	unsigned char buffer[FAKE_BUFFER_SIZE]; /* in the card */
	uint32_t live, factorial, status, irq_status;
	uint64_t source, target, count;
	enum uvio_irq_kind kind;
	unsigned int vectors; /* 0: none enabled */
	int fds[FAKE_MAX_VECTORS];
	bool masked;	    /* INTx, after each event until it is acknowledged */
	bool asked;	    /* a model's line when it was looked at last */
	int hang_up;	    /* the other end of udev->gone_fd; -1: none, or it was closed */
	unsigned int calls; /* of region_read and region_write */
	unsigned int resets;
};

/** The card behind an open udev device. */
struct fake *fake_of(struct uvio_udev *udev);

/** The windows of its domain. */
struct fake_window *fake_windows_of(struct uvio_udev *udev);

/** The card raises an interrupt, as if it did so by itself. */
void fake_raise(struct uvio_udev *udev, unsigned int vector);

/** Something happened to the model that is not an access: its line is looked at. */
void fake_changed(struct uvio_udev *udev);

/** The kernel asks to release the device. */
void fake_ask_release(struct uvio_udev *udev);

/** The kernel tells of an error of the device. */
void fake_report_error(struct uvio_udev *udev);

/** The driver is unbound, where fake_faults.hangs_up was set at open. */
void fake_hang_up(struct uvio_udev *udev);

/** How many windows the card has in all open devices: 0 after the last close. */
extern size_t fake_windows;

extern const struct uvio_backend fake_backend;

#endif /* UVIO_TESTS_FAKE_H */
