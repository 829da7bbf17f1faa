/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** The PCI cards with UARTs of the 16550 family: what differs between them. */
#ifndef UVIO_DRIVERS_PCI_BOARDS_H
#define UVIO_DRIVERS_PCI_BOARDS_H

#include <stdbool.h>
#include <stdint.h>

#include <uvio/driver.h>

#include "uart.h"

#define PCI_SERIAL_LINES 16

struct pci_serial_board {
	const char *name;
	unsigned int lines;
	unsigned int bar;      /**< of the first line */
	unsigned int bar_step; /**< from the BAR of one line to that of the next; 0: the same BAR */
	unsigned int per_bar;  /**< lines in @bar, the others in the next; 0: all of them */
	uint64_t first;	       /**< offset of the first line in its BAR */
	uint64_t distance;     /**< from one line to the next in the same BAR */
	uint64_t group;	       /**< in the next BAR: from four lines to the next four */
	unsigned int stride;   /**< from one register to the next */
	uint32_t clock;	       /**< Hz, 16 times the highest bit rate */
	unsigned int fifo;     /**< bytes; 0: the registers tell */
	enum uart_kind kind;
	uint64_t gate;	 /**< offset in @bar: 0 there blocks the interrupt; 0: none */
	uint8_t gate_on; /**< what lets the interrupt through */
	uint64_t status; /**< offset in @bar: read in each service, which clears; 0: none */
};

extern const struct uvio_driver_id pci_serial_ids[];

/** In which BAR, and at which offset, the registers of @line are. */
void pci_serial_place(const struct pci_serial_board *board, unsigned int line, unsigned int *bar,
	uint64_t *offset);

#endif /* UVIO_DRIVERS_PCI_BOARDS_H */
