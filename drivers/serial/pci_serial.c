/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* PCI cards whose lines are UARTs of the 16550 family: one line of a table for each. */
#include <config.h>

#include <errno.h>

#include "../drivers.h"
#include "uart.h"

#define LINES 8

struct board {
	const char *name;
	unsigned int lines;
	unsigned int bar;
	uint64_t first;	     /* of the first line's registers in the BAR */
	uint64_t distance;   /* from one line to the next */
	unsigned int stride; /* from one register to the next */
	uint32_t clock;	     /* Hz */
	unsigned int fifo;   /* bytes; 0: the registers tell */
	bool auto_flow;
};

struct card {
	struct uvio_udev *udev;
	const struct board *board;
	struct uart uarts[LINES];
};

static int add_line(struct card *card, const struct uvio_region *bar, unsigned int line)
{
	const struct board *board = card->board;
	struct uart *uart = &card->uarts[line];
	int rc = uvio_region_slice(
		bar, board->first + line * board->distance, board->distance, &uart->regs);

	uart->stride = board->stride;
	uart->clock = board->clock;
	uart->fifo = board->fifo;
	uart->auto_flow = board->auto_flow;
	return rc ? rc : uart_init(uart);
}

static int attach(struct uvio_udev *udev, void *priv)
{
	const struct uvio_driver_id *id = uvio_driver_id_of(&uvio_driver_pci_serial, udev);
	struct card *card = priv;
	struct uvio_region bar;
	int rc;

	if (!id && !uvio_udev_alive(udev))
		return -ENODEV;
	if (!id)
		return uvio_fail(-ENODEV, "%s: %04x:%04x is none of the serial cards",
			uvio_udev_address(udev), uvio_udev_vendor(udev), uvio_udev_device(udev));
	card->udev = udev;
	card->board = id->data;
	rc = uvio_region_map(udev, UVIO_REGION_BAR0 + card->board->bar, &bar);
	for (unsigned int i = 0; !rc && i < card->board->lines; i++)
		rc = add_line(card, &bar, i);
	return rc;
}

static int service(void *priv)
{
	struct card *card = priv;
	int found = 0;

	for (unsigned int i = 0; i < card->board->lines; i++) {
		int n = uart_service(&card->uarts[i]);

		if (n < 0)
			return n;
		found += n;
	}
	return found;
}

static int alive(const struct card *card)
{
	return uvio_udev_alive(card->udev) ? 0 : -ENODEV;
}

static unsigned int lines(const void *priv)
{
	return ((const struct card *)priv)->board->lines;
}

static void info(const void *priv, unsigned int line, struct uvio_serial_info *out)
{
	uart_info(&((const struct card *)priv)->uarts[line], out);
}

static int start(void *priv, unsigned int line, struct uvio_serial *serial,
	const struct uvio_serial_config *config)
{
	return uart_start(&((struct card *)priv)->uarts[line], serial, config);
}

static int set(void *priv, unsigned int line, const struct uvio_serial_config *config)
{
	return uart_set(&((struct card *)priv)->uarts[line], config);
}

static int stop(void *priv, unsigned int line)
{
	struct card *card = priv;

	uart_stop(&card->uarts[line]);
	return alive(card);
}

static int sending(void *priv, unsigned int line)
{
	return uart_sending(&((struct card *)priv)->uarts[line]);
}

static int modem(void *priv, unsigned int line, unsigned int *now)
{
	struct card *card = priv;

	uart_modem(&card->uarts[line], now);
	return alive(card);
}

static int modem_set(void *priv, unsigned int line, unsigned int on, unsigned int off)
{
	struct card *card = priv;

	uart_modem_set(&card->uarts[line], on, off);
	return alive(card);
}

static int set_break(void *priv, unsigned int line, bool on)
{
	struct card *card = priv;

	uart_break(&card->uarts[line], on);
	return alive(card);
}

static void throttle(void *priv, unsigned int line, bool on)
{
	uart_throttle(&((struct card *)priv)->uarts[line], on);
}

static const struct uvio_serial_ops serial = {
	.size = sizeof(serial),
	.lines = lines,
	.info = info,
	.start = start,
	.set = set,
	.stop = stop,
	.sending = sending,
	.modem = modem,
	.modem_set = modem_set,
	.set_break = set_break,
	.throttle = throttle,
};

/* QEMU, docs/specs/pci-serial: BAR0, I/O ports, 8 for each line, a clock of 1.8432 MHz. */
static const struct board qemu_1 = {
	.name = "QEMU pci-serial", .lines = 1, .distance = 8, .stride = 1, .clock = 1843200};
static const struct board qemu_2 = {
	.name = "QEMU pci-serial-2x", .lines = 2, .distance = 8, .stride = 1, .clock = 1843200};
static const struct board qemu_4 = {
	.name = "QEMU pci-serial-4x", .lines = 4, .distance = 8, .stride = 1, .clock = 1843200};

#define BOARD(vendor_id, device_id, table, where)                                                  \
	{                                                                                          \
		.vendor = (vendor_id), .device = (device_id), .subvendor = UVIO_ANY_ID,            \
		.subdevice = UVIO_ANY_ID, .seen = (where), .data = &(table)                        \
	}

static const struct uvio_driver_id ids[] = {
	BOARD(0x1b36, 0x0002, qemu_1, UVIO_SEEN_EMULATION),
	BOARD(0x1b36, 0x0003, qemu_2, UVIO_SEEN_EMULATION),
	BOARD(0x1b36, 0x0004, qemu_4, UVIO_SEEN_EMULATION),
	{0},
};

const struct uvio_driver uvio_driver_pci_serial = {
	.size = sizeof(uvio_driver_pci_serial),
	.name = "pci-serial",
	.help = "serial cards with UARTs of the 16550 family",
	.ids = ids,
	.card_size = sizeof(struct card),
	.attach = attach,
	.service = service,
	.serial = &serial,
};
