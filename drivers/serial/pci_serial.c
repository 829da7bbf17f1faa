/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* PCI cards whose lines are UARTs of the 16550 family; pci_boards.c has the table of them. */
#include <config.h>

#include <errno.h>

#include "../drivers.h"
#include "pci_boards.h"
#include "uart.h"

/* Services of lines in one of the card, where that never comes to an end. */
#define SERVICES 64

#define BARS 6

struct card {
	struct uvio_udev *udev;
	const struct pci_serial_board *board;
	struct uvio_region bars[BARS];
	struct uart uarts[PCI_SERIAL_LINES];
};

static int map_bar(struct card *card, unsigned int bar)
{
	if (card->bars[bar].udev)
		return 0;
	return uvio_region_map(card->udev, UVIO_REGION_BAR0 + bar, &card->bars[bar]);
}

static int add_line(struct card *card, unsigned int line)
{
	const struct pci_serial_board *board = card->board;
	struct uart *uart = &card->uarts[line];
	unsigned int bar;
	uint64_t offset;
	int rc;

	pci_serial_place(board, line, &bar, &offset);
	rc = map_bar(card, bar);
	if (!rc)
		rc = uvio_region_slice(&card->bars[bar], offset, board->distance, &uart->regs);
	uart->line = line;
	uart->stride = board->stride;
	uart->clock = board->clock;
	uart->fifo = board->fifo;
	uart->kind = board->kind;
	return rc ? rc : uart_init(uart);
}

/* Some boards have a register before the line of the interrupt. */
static int set_irq(void *priv, bool on)
{
	struct card *card = priv;
	const struct pci_serial_board *board = card->board;

	if (board->gate)
		uvio_write8(&card->bars[board->bar], board->gate, on ? board->gate_on : 0);
	return 0;
}

static int attach(struct uvio_udev *udev, void *priv)
{
	const struct uvio_driver_id *id = uvio_driver_id_of(&uvio_driver_pci_serial,
		uvio_udev_vendor(udev), uvio_udev_device(udev), uvio_udev_subvendor(udev),
		uvio_udev_subdevice(udev));
	struct card *card = priv;
	int rc = 0;

	if (!id && !uvio_udev_alive(udev))
		return -ENODEV;
	if (!id)
		return uvio_fail(-ENODEV, "%s: %04x:%04x is none of the serial cards",
			uvio_udev_address(udev), uvio_udev_vendor(udev), uvio_udev_device(udev));
	card->udev = udev;
	card->board = id->data;
	uvio_udev_log(udev, UVIO_LOG_INFO, "%s", card->board->name);
	for (unsigned int i = 0; !rc && i < card->board->lines; i++)
		rc = add_line(card, i);
	return rc ? rc : set_irq(card, false);
}

static int serve_lines(struct card *card)
{
	int found = 0;

	for (unsigned int i = 0; i < card->board->lines; i++) {
		int n = uart_service(&card->uarts[i]);

		if (n < 0)
			return n;
		found += n;
	}
	return found;
}

/* Until no line asks: what comes meanwhile needs no interrupt. */
static int service(void *priv)
{
	struct card *card = priv;
	const struct pci_serial_board *board = card->board;
	int found = 0, n = 1;

	if (board->status)
		uvio_read8(&card->bars[board->bar], board->status);
	for (unsigned int services = 0; n > 0 && services < SERVICES; services += board->lines) {
		n = serve_lines(card);
		found += n;
	}
	return n < 0 ? n : found;
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
	struct card *card = priv;
	int rc = uart_start(&card->uarts[line], serial, config);

	return rc ? rc : alive(card);
}

static int set(void *priv, unsigned int line, const struct uvio_serial_config *config)
{
	struct card *card = priv;
	int rc = uart_set(&card->uarts[line], config);

	return rc ? rc : alive(card);
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

const struct uvio_driver uvio_driver_pci_serial = {
	.size = sizeof(uvio_driver_pci_serial),
	.name = "pci-serial",
	.help = "serial cards with UARTs of the 16550 family",
	.ids = pci_serial_ids,
	.card_size = sizeof(struct card),
	.attach = attach,
	.service = service,
	.irq = set_irq,
	.serial = &serial,
};
