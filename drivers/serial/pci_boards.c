/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Ids, BARs, offsets and clocks of QEMU's cards are those of its docs/specs/pci-serial; of the
 * others, those of the tables in the kernel's drivers/tty/serial/8250/8250_pci.c and 8250_exar.c
 * (6.1). A FIFO of which only a mode of its own gives more than 16 bytes counts as 16.
 */
#include <config.h>

#include "pci_boards.h"

#define CLOCK_115200 1843200   /* the usual crystal, 16 * 115200 */
#define CLOCK_921600 14745600  /* eight times that */
#define CLOCK_TORNADO 62500000 /* Oxford OXPCIe95x */
#define CLOCK_XR17V35X 125000000

void pci_serial_place(const struct pci_serial_board *board, unsigned int line, unsigned int *bar,
	uint64_t *offset)
{
	unsigned int beyond = line - board->per_bar;

	*bar = board->bar + line * board->bar_step;
	*offset = board->first + (board->bar_step ? 0 : line * board->distance);
	if (!board->per_bar || line < board->per_bar)
		return;
	*bar = board->bar + 1;
	*offset = beyond / 4 * board->group + beyond % 4 * board->distance;
}

#define QEMU(count)                                                                                \
	{                                                                                          \
		.name = "QEMU pci-serial", .lines = (count), .distance = 8, .stride = 1,           \
		.clock = CLOCK_115200                                                              \
	}

static const struct pci_serial_board qemu_1 = QEMU(1);
static const struct pci_serial_board qemu_2 = QEMU(2);
static const struct pci_serial_board qemu_4 = QEMU(4);

/* Four lines are in BAR0, the others in BAR1, 64 bytes for four. */
#define SUNIX(count)                                                                               \
	{                                                                                          \
		.name = "SUNIX", .lines = (count), .per_bar = 4, .distance = 8, .group = 64,       \
		.stride = 1, .clock = CLOCK_921600, .fifo = 128                                    \
	}

static const struct pci_serial_board sunix_1 = SUNIX(1);
static const struct pci_serial_board sunix_2 = SUNIX(2);
static const struct pci_serial_board sunix_4 = SUNIX(4);
static const struct pci_serial_board sunix_8 = SUNIX(8);
static const struct pci_serial_board sunix_16 = SUNIX(16);

/* CH352, CH353, CH355: a BAR for each line. */
#define WCH_PCI(count)                                                                             \
	{                                                                                          \
		.name = "WCH CH35x", .lines = (count), .bar_step = 1, .distance = 8, .stride = 1,  \
		.clock = CLOCK_115200, .fifo = 16                                                  \
	}
/* CH382, CH384 */
#define WCH_PCIE(count)                                                                            \
	{                                                                                          \
		.name = "WCH CH38x", .lines = (count), .first = 0xc0, .distance = 8, .stride = 1,  \
		.clock = CLOCK_115200, .fifo = 16                                                  \
	}

static const struct pci_serial_board wch_2 = WCH_PCI(2);
static const struct pci_serial_board wch_4 = WCH_PCI(4);
static const struct pci_serial_board ch382_2 = WCH_PCIE(2);
static const struct pci_serial_board ch384_4 = WCH_PCIE(4);
static const struct pci_serial_board ch384_8 = {.name = "WCH CH384",
	.lines = 8,
	.distance = 8,
	.stride = 1,
	.clock = CLOCK_115200,
	.fifo = 16,
	.gate = 0xeb,
	.gate_on = 0x02};

#define OXFORD(count)                                                                              \
	{                                                                                          \
		.name = "Oxford OXPCIe95x", .lines = (count), .first = 0x1000, .distance = 0x200,  \
		.stride = 1, .clock = CLOCK_TORNADO, .fifo = 16, .kind = UART_KIND_16950           \
	}

static const struct pci_serial_board oxford_1 = OXFORD(1);
static const struct pci_serial_board oxford_2 = OXFORD(2);
static const struct pci_serial_board oxford_4 = OXFORD(4);
static const struct pci_serial_board oxford_8 = OXFORD(8);

/* INT0, at 0x80, is read to clear what no UART reports, as the end of sleep. */
#define EXAR(count)                                                                                \
	{                                                                                          \
		.name = "Exar XR17V35x", .lines = (count), .distance = 0x400, .stride = 1,         \
		.clock = CLOCK_XR17V35X, .fifo = 16, .kind = UART_KIND_XR17V35X, .status = 0x80    \
	}

static const struct pci_serial_board exar_2 = EXAR(2);
static const struct pci_serial_board exar_4 = EXAR(4);
static const struct pci_serial_board exar_8 = EXAR(8);

/* A function of the PCI device for each line; or two lines, in BAR0 and BAR3 (9865: BAR1). */
static const struct pci_serial_board moschip_1 = {.name = "MosChip 99xx",
	.lines = 1,
	.distance = 8,
	.stride = 1,
	.clock = CLOCK_115200,
	.fifo = 16};
static const struct pci_serial_board moschip_2 = {.name = "MosChip 9900",
	.lines = 2,
	.bar_step = 3,
	.distance = 8,
	.stride = 1,
	.clock = CLOCK_115200,
	.fifo = 16};
static const struct pci_serial_board moschip_9865_2 = {.name = "MosChip 9865",
	.lines = 2,
	.bar_step = 1,
	.distance = 8,
	.stride = 1,
	.clock = CLOCK_115200,
	.fifo = 16};
static const struct pci_serial_board moschip_9865_4 = {.name = "MosChip 9865",
	.lines = 4,
	.bar_step = 1,
	.distance = 8,
	.stride = 1,
	.clock = CLOCK_115200,
	.fifo = 16};

#define BOARD_OF(vendor_id, device_id, sub_vendor, sub_device, board, where)                       \
	{                                                                                          \
		.vendor = (vendor_id), .device = (device_id), .subvendor = (sub_vendor),           \
		.subdevice = (sub_device), .seen = (where), .data = &(board)                       \
	}
#define BOARD(vendor_id, device_id, board)                                                         \
	BOARD_OF(vendor_id, device_id, UVIO_ANY_ID, UVIO_ANY_ID, board, UVIO_SEEN_MODEL)
#define SEEN(device_id, board)                                                                     \
	BOARD_OF(0x1b36, device_id, UVIO_ANY_ID, UVIO_ANY_ID, board, UVIO_SEEN_EMULATION)
#define SUNIX_ID(sub_device, board)                                                                \
	BOARD_OF(0x1fd4, 0x1999, 0x1fd4, sub_device, board, UVIO_SEEN_MODEL)
#define MOSCHIP(device_id, sub_device, board)                                                      \
	BOARD_OF(0x9710, device_id, 0xa000, sub_device, board, UVIO_SEEN_MODEL)

const struct uvio_driver_id pci_serial_ids[] = {
	SEEN(0x0002, qemu_1),
	SEEN(0x0003, qemu_2),
	SEEN(0x0004, qemu_4),
	SUNIX_ID(0x0001, sunix_1),
	SUNIX_ID(0x0002, sunix_2),
	SUNIX_ID(0x0004, sunix_4),
	SUNIX_ID(0x0084, sunix_4),
	SUNIX_ID(0x0008, sunix_8),
	SUNIX_ID(0x0088, sunix_8),
	SUNIX_ID(0x0010, sunix_16),
	BOARD(0x4348, 0x3253, wch_2), /* CH352 */
	BOARD(0x4348, 0x5046, wch_2), /* CH353 with a parallel port */
	BOARD(0x4348, 0x3453, wch_4), /* CH353 */
	BOARD(0x4348, 0x7173, wch_4), /* CH355 */
	BOARD(0x1c00, 0x3253, ch382_2),
	BOARD(0x1c00, 0x3470, ch384_4),
	BOARD(0x1c00, 0x3853, ch384_8),
	BOARD(0x1415, 0xc138, oxford_1),
	BOARD(0x1415, 0xc13d, oxford_1),
	BOARD(0x1415, 0xc158, oxford_2),
	BOARD(0x1415, 0xc15d, oxford_2),
	BOARD(0x1415, 0xc208, oxford_4),
	BOARD(0x1415, 0xc20d, oxford_4),
	BOARD(0x1415, 0xc308, oxford_8),
	BOARD(0x1415, 0xc30d, oxford_8),
	BOARD(0x13a8, 0x0352, exar_2),
	BOARD(0x13a8, 0x0354, exar_4),
	BOARD(0x13a8, 0x0358, exar_8),
	MOSCHIP(0x9900, 0x1000, moschip_1),
	MOSCHIP(0x9901, 0x1000, moschip_1),
	MOSCHIP(0x9904, 0x1000, moschip_1),
	MOSCHIP(0x9912, 0x1000, moschip_1),
	MOSCHIP(0x9922, 0x1000, moschip_1),
	MOSCHIP(0x9865, 0x1000, moschip_1),
	MOSCHIP(0x9900, 0x3002, moschip_2),
	MOSCHIP(0x9865, 0x3002, moschip_9865_2),
	MOSCHIP(0x9865, 0x3004, moschip_9865_4),
	{0},
};
