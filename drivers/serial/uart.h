/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A UART of the 16550 family, from the 16450 without a FIFO on, by National Semiconductor's
 * datasheet of the PC16550D and Texas Instruments' of the TL16C750.
 */
#ifndef UVIO_DRIVERS_UART_H
#define UVIO_DRIVERS_UART_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <uvio/region.h>
#include <uvio/serial.h>

/* Of which there are registers to be put in order, beside those of every UART. */
enum uart_kind {
	UART_KIND_ANY = 0,
	UART_KIND_16950,    /* OXPCIe95x */
	UART_KIND_XR17V35X, /* the divisor has a fraction of sixteenths */
};

struct uart {
	enum uart_kind kind;
	struct uvio_region regs;    /* its first register at 0 */
	unsigned int line;	    /* in error messages */
	unsigned int stride;	    /* bytes from one register to the next */
	uint32_t clock;		    /* Hz, 16 times the highest bit rate */
	unsigned int fifo;	    /* bytes each way, 1: none; 0: uart_init() finds out */
	bool auto_flow;		    /* handles RTS and CTS */
	struct uvio_serial *serial; /* NULL: stopped */
	unsigned int trigger;	    /* bytes that are in the FIFO at its interrupt */
	uint8_t lcr, mcr, ier, fcr;
	bool flow; /* wanted, by the driver where not @auto_flow */
	bool throttled;
	unsigned int until_gap; /* bytes that are read before those that were lost; 0: none were */
	_Atomic uint8_t errors; /* of LSR, read and not yet used: they belong to the next byte */
};

/** Stops it, and finds out what it is. 0; -ENODEV: there is none. */
int uart_init(struct uart *uart);

void uart_info(const struct uart *uart, struct uvio_serial_info *info);
int uart_start(
	struct uart *uart, struct uvio_serial *serial, const struct uvio_serial_config *config);
int uart_set(struct uart *uart, const struct uvio_serial_config *config);
void uart_stop(struct uart *uart);
int uart_sending(struct uart *uart);
void uart_modem(const struct uart *uart, unsigned int *lines);
void uart_modem_set(struct uart *uart, unsigned int on, unsigned int off);
void uart_break(struct uart *uart, bool on);
void uart_throttle(struct uart *uart, bool on);

/** How many causes it found; 0: none; or -ENODEV. */
int uart_service(struct uart *uart);

#endif /* UVIO_DRIVERS_UART_H */
