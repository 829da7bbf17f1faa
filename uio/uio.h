/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * The UIO backend: what its files share. Facts are from the kernel's uio-howto and, for PCI, from
 * uio_pci_generic, which masks INTx in the command register and leaves the rest to user space.
 */
#ifndef UVIO_UIO_H
#define UVIO_UIO_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uvio/device.h>
#include <uvio/irq.h>
#include <uvio/region.h>

#include "base/context.h"
#include "base/pci_config.h"
#include "base/sys.h"
#include "dma/phys.h"

struct uvio_check;
struct uvio_device;
struct uvio_domain;
struct uvio_mapping;
struct uvio_udev;

#define UIO_MAPS 5	  /* MAX_UIO_MAPS */
#define UIO_PORT_RANGES 5 /* MAX_UIO_PORT_REGIONS */

/** A map of /dev/uioN: whole pages; the registers begin at @offset in them. */
struct uio_map {
	uint64_t addr;
	uint64_t offset;
	uint64_t size; /* 0: there is no such map */
};

/** A range of I/O ports that the driver of a device offers which is not on PCI. */
struct uio_ports {
	uint64_t start;
	uint64_t size; /* 0: there is no such range */
	char type[16]; /* "port_x86": what instructions reach */
};

struct uio_region {
	void *pages; /* what mmap gave; NULL: not mapped */
	uint64_t mapped;
	volatile unsigned char *registers; /* where they are left to calls; NULL: they are not */
	unsigned char *rom;		   /* what was in it; NULL: not the ROM, or not read */
	int port_fd;			   /* of I/O ports: resourceN, or /dev/port; -1: not open */
	bool by_instruction;		   /* where the thread may */
	bool by_byte;			   /* @port_fd moves bytes only */
	uint32_t port;			   /* the first one */
	uint32_t ports;
};

/** The process that stops the cards of a domain when this one is gone; see guard.h. */
struct uio_guard {
	int fd;
	pthread_mutex_t lock;
	uint32_t number; /* of the last question */
};

/** The private data of a domain, which begins as zeros. */
struct uio_domain {
	atomic_bool guarded; /* there is a guard; and from then on until the domain ends */
	atomic_bool warned;
	struct uio_guard guard;
};

/** The private data of a udev device. */
struct uio_device {
	struct uvio_udev *udev;
	char name[UVIO_NAME_SIZE]; /* uio0 */
	bool pci;
	bool has_irq;
	bool has_irqcontrol; /* writing to the node arms the line */
	bool own_intx;	     /* how a driver of the card's own has it: on */
	int fd;
	int config_fd;	    /* -1: not PCI */
	int arm_fd;	    /* the same register for arming, see uio_config_open_proc() */
	bool dma_allowed;   /* found so; what it rests on cannot change while a driver is bound */
	int config_refused; /* why it is open for reading only; 0: it is not */
	struct uvio_phys phys;
	bool guarded;
	bool read_layout; /* maps, bars and ports are filled */
	struct uio_map maps[UIO_MAPS];
	struct uvio_bar bars[UVIO_BARS];
	struct uio_ports ports[UIO_PORT_RANGES];
	struct uio_region regions[UVIO_REGION_COUNT];
	/* Bus mastering, which the lower byte of the command register has, is not undone by arming
	 * INTx: that writes the upper one, or, by word, reads both first and keeps changes waiting.
	 */
	pthread_mutex_t command_lock;
	bool by_word;
	uint8_t armed; /* the upper byte with INTx enabled: what arms the line */
	int arming;    /* threads in uio_config_arm(); from INT_MIN on during a change */
};

/* maps.c: parsing of maps and ports, from sysfs; errors are plain errnos, without a text */
int uio_read_map(struct uvio_ctx *ctx, const char *name, unsigned int index, struct uio_map *map);
int uio_read_maps(struct uvio_ctx *ctx, const char *name, struct uio_map *maps);
/** Ranges of I/O ports, of which a driver offers few. */
int uio_read_ports(struct uvio_ctx *ctx, const char *name, struct uio_ports *ports);
/** The map in which the registers of a BAR begin; -1: none. */
int uio_map_of_bar(const struct uio_map *maps, const struct uvio_bar *bar);

/*
 * config.c: the configuration space; its errors are plain errnos, without a text.
 *
 * Arming is a write of the byte that has the switch, and of no other. QEMU before 8 looks at the
 * interrupt line again only where the lower byte of the command register is written too; it would
 * lose an interrupt that is pending then, and end in a storm which makes the kernel switch the line
 * off. In its machines both bytes are read and written, @by_word: one call more, and what another
 * process changes between the two calls is undone.
 */
#define UIO_COMMAND_UPPER (PCI_CONFIG_COMMAND + 1)
void uio_config_init(struct uvio_udev *udev);
int uio_config_write(
	struct uio_device *device, const void *raw, unsigned int width, uint64_t offset);
/**
 * Takes the file of /proc for arming, which is cheaper, if there is one that can be written. Once,
 * before INTx is switched on.
 */
void uio_config_open_proc(struct uvio_udev *udev);
void uio_config_close(struct uio_device *device);
int uio_config_set_intx(struct uio_device *device, bool on);
int uio_config_intx_is_on(struct uio_device *device, bool *on);
int uio_config_arm_by_word(struct uio_device *device);
int uio_config_arm_after_change(struct uio_device *device);

/**
 * Arms INTx as uio_config_set_intx() left it: one system call, and no lock, since changes are rare
 * and wait for those who arm.
 */
static inline int uio_config_arm(struct uio_device *device)
{
	int rc;

	if (__atomic_add_fetch(&device->arming, 1, __ATOMIC_SEQ_CST) < 0)
		return uio_config_arm_after_change(device);
	rc = uvio_sys_pwrite(
		device->arm_fd, &device->armed, sizeof(device->armed), UIO_COMMAND_UPPER);
	__atomic_sub_fetch(&device->arming, 1, __ATOMIC_SEQ_CST);
	return rc;
}

/* region.c */
int uio_read_layout(struct uvio_udev *udev);
int uio_region_info(struct uvio_udev *udev, struct uvio_region *region);
int uio_region_map(struct uvio_udev *udev, struct uvio_region *region);
void uio_region_unmap(struct uvio_udev *udev, struct uvio_region *region);
int uio_region_read(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t *value);
int uio_region_write(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t value);

/* rom.c */
int uio_rom_info(struct uvio_udev *udev, struct uvio_region *region);
int uio_rom_map(struct uvio_udev *udev, struct uvio_region *region);
int uio_rom_read(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t *value);

/* ports.c: I/O ports, by calls and by instructions */
/** @region is of a PCI device's BAR, and @fd its resourceN. */
int uio_ports_map_bar(struct uvio_udev *udev, struct uvio_region *region, int fd);
int uio_ports_map(struct uvio_udev *udev, struct uvio_region *region);
void uio_ports_unmap(struct uio_region *own);
/** 0, or an errno without a text; -ENOTSUP and -EPERM have one. */
int uio_ports_read(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t *value);
int uio_ports_write(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t value);
/** One access by an instruction; -1, false: this thread may not, nothing was done. */
int64_t uio_port_in(const struct uvio_region *region, uint64_t offset, unsigned int width);
bool uio_port_out(
	const struct uvio_region *region, uint64_t offset, unsigned int width, uint32_t value);
bool uio_ports_read_rep(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, void *buffer, size_t count);
bool uio_ports_write_rep(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, const void *buffer, size_t count);

/* irq.c */
int uio_look(struct uvio_udev *udev);
void uio_irq_init(struct uvio_udev *udev);
int uio_irq_count(struct uvio_udev *udev, enum uvio_irq_kind kind);
int uio_irq_enable(
	struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min, unsigned int most);
int uio_irq_disable(struct uvio_udev *udev);

/* dma.c */
/** 0; or why this device may not do DMA on uio: -EPERM with a text, -ENOTSUP. */
int uio_dma_allowed(struct uvio_udev *udev);
/** Whether the kernel shows page frame numbers to this process. 0; -EPERM with a text. */
int uio_frames_visible(struct uvio_udev *udev);
int uio_dma_memory(struct uvio_udev *udev, struct uvio_mapping *mapping);
void uio_dma_memory_free(struct uvio_domain *domain, struct uvio_mapping *mapping);
int uio_dma_map(struct uvio_udev *udev, struct uvio_mapping *mapping);
int uio_dma_unmap(struct uvio_domain *domain, struct uvio_mapping *mapping);

int uio_dma_scattered(struct uvio_udev *udev, struct uvio_mapping *mapping);
int uio_dma_verify(
	struct uvio_udev *udev, const struct uvio_mapping *mapping, uint64_t into, uint64_t size);

/* memory.c */
int uio_dma_from_region(struct uvio_udev *udev, unsigned int index, struct uvio_mapping *mapping);
int uio_dma_import(struct uvio_udev *udev, const char *name, struct uvio_mapping *mapping);

/* guard.c: where no guard was asked for, these do nothing, or what is done without one */
int uio_guard_begin(struct uvio_udev *udev);
void uio_guard_release(struct uvio_udev *udev);
/** The last of a domain. */
void uio_guard_end(struct uvio_domain *domain);
/** 0, or -EPIPE, -ETIMEDOUT with a text: there is none any more. */
int uio_guard_look(struct uvio_udev *udev);
/** As uvio_dma_anonymous(). */
int uio_guard_memory(struct uvio_udev *udev, struct uvio_mapping *mapping, int mmap_flags);
/** Before it is unmapped: then its address may be that of other memory at once. */
void uio_guard_forget(struct uvio_domain *domain, const struct uvio_mapping *mapping);
/** A page that becomes part of other memory. Its errors are plain errnos. */
int uio_guard_move(
	struct uvio_udev *udev, const struct uvio_mapping *from, const struct uvio_mapping *into);
/** Memory is mapped; if it is the caller's, the guard cannot keep it. */
void uio_guard_mapped(struct uvio_udev *udev, const struct uvio_mapping *mapping);

/* probe.c */
void uio_machine(struct uvio_ctx *ctx, struct uvio_check *check);
void uio_probe(struct uvio_ctx *ctx, const struct uvio_device *device, const char *transport,
	struct uvio_check *check);
/** Whether the kernel driver is another than uio_pci_generic, which knows the card. */
bool uio_has_own_driver(struct uvio_ctx *ctx, const char *address);
/** Whether a kernel driver has MSI or MSI-X on: 1 or 0; an errno without a text. */
int uio_has_msi(struct uvio_ctx *ctx, const char *address);
/** "DMA" or "DMA-FQ" if an IOMMU translates for the device, else NULL. */
const char *uio_translation(const char *iommu_type);

#endif /* UVIO_UIO_H */
