/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <stddef.h>
#include <string.h>

#include "uart.h"

/* Table II of the PC16550D: summary of registers. */
enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR };

#define IER_RX 0x01
#define IER_TX 0x02
#define IER_LINE 0x04
#define IER_MODEM 0x08

#define FCR_ENABLE 0x01
#define FCR_CLEAR_RX 0x02
#define FCR_CLEAR_TX 0x04
#define FCR_64 0x20

#define LCR_BREAK 0x40
#define LCR_DLAB 0x80

#define MCR_OUT2 0x08
#define MCR_LOOP 0x10
#define MCR_AFE 0x20

#define LSR_DATA 0x01
#define LSR_OVERRUN 0x02
#define LSR_ERRORS (UART_MODEL_PARITY | UART_MODEL_FRAMING | UART_MODEL_BREAK)
#define LSR_TX_EMPTY 0x60
#define LSR_IN_FIFO 0x80

#define MSR_CTS 0x10

static bool has_fifo(const struct uart_model *uart)
{
	return uart->kind >= UART_16550A && uart->fcr & FCR_ENABLE;
}

static unsigned int size_of(const struct uart_model *uart)
{
	if (!has_fifo(uart))
		return 1;
	if (uart->kind == UART_128 || (uart->kind == UART_16950 && uart->efr & 0x10))
		return 128;
	return uart->kind == UART_16750 && uart->fcr & FCR_64 ? 64 : 16;
}

/* Table VIII: bits 7 and 6 of FCR. */
static unsigned int trigger_of(const struct uart_model *uart)
{
	static const unsigned int of_16[] = {1, 4, 8, 14};
	unsigned int size = size_of(uart), level = of_16[uart->fcr >> 6];

	return size == 1 ? 1 : level == 1 ? 1 : level * size / 16;
}

void uart_model_power_on(struct uart_model *uart, enum uart_model_kind kind)
{
	memset(uart, 0, sizeof(*uart));
	uart->kind = kind;
	uart->msr = 0xb0;
	uart->dld = 0x47;
	uart->fctr = 0xe0;
	uart->sleep = 0xff;
	uart->mode_8x = 0x01;
	uart->tcr = 5;
}

unsigned int uart_model_registers(const struct uart_model *uart)
{
	return uart->kind == UART_XR ? 0x90 : 8;
}

static uint8_t *ox_register(struct uart_model *uart, unsigned int reg)
{
	if (reg == IIR && uart->lcr == 0xbf)
		return &uart->efr;
	return reg == LSR && uart->scr == 0x02 ? &uart->tcr : NULL;
}

static uint8_t mcr_of(const struct uart_model *uart, uint8_t value)
{
	if (uart->kind == UART_16750)
		return value & 0x3f;
	if (uart->kind == UART_16950 && !(uart->efr & 0x10))
		return (value & 0x1f) | (uart->mcr & 0xe0);
	return value & (uart->kind == UART_16950 ? 0xff : 0x1f);
}

static uint8_t *xr_register(struct uart_model *uart, unsigned int reg)
{
	switch (reg) {
	case IIR:
		return uart->lcr & LCR_DLAB && uart->efr & 0x10 ? &uart->dld : NULL;
	case 0x08:
		return &uart->fctr;
	case 0x09:
		return &uart->efr;
	case 0x88:
		return &uart->mode_8x;
	case 0x8b:
		return &uart->sleep;
	default:
		return NULL;
	}
}

static uint8_t any_error(const struct uart_model *uart)
{
	uint8_t errors = 0;

	for (unsigned int i = 0; i < uart->used; i++)
		errors |= uart->errors[i];
	return errors && has_fifo(uart) ? LSR_IN_FIFO : 0;
}

/* The errors of a byte are seen when it is the next one to be read. */
static uint8_t line_status(const struct uart_model *uart)
{
	return (uart->used || uart->always_data ? LSR_DATA : 0) |
	       (uart->overrun ? LSR_OVERRUN : 0) | (uart->used ? uart->errors[0] : 0) |
	       (uart->waiting || uart->never_ready ? 0 : LSR_TX_EMPTY) | any_error(uart);
}

/* Table V: the cause with the highest priority. */
static uint8_t cause(const struct uart_model *uart)
{
	if (uart->ier & IER_LINE && line_status(uart) & (LSR_OVERRUN | LSR_ERRORS))
		return 0x06;
	if (uart->ier & IER_RX && uart->used >= trigger_of(uart))
		return 0x04;
	if (uart->ier & IER_RX && uart->used && (uart->timeout || !has_fifo(uart)))
		return 0x0c;
	if (uart->ier & IER_TX && uart->ready)
		return 0x02;
	if (uart->ier & IER_MODEM && uart->msr & 0x0f)
		return 0x00;
	return 0x01;
}

/* Cards that are made so let interrupts out with OUT2 only. */
bool uart_model_line(const struct uart_model *uart)
{
	return cause(uart) != 0x01 && uart->mcr & MCR_OUT2;
}

bool uart_model_hear(struct uart_model *uart, uint8_t byte, uint8_t errors)
{
	unsigned int size = size_of(uart);

	uart->timeout = false;
	if (uart->used < size) {
		uart->rx[uart->used] = byte;
		uart->errors[uart->used++] = errors;
		return true;
	}
	uart->overrun = true;
	if (size > 1)
		return false;
	uart->rx[0] = byte;
	uart->errors[0] = errors;
	return true;
}

void uart_model_idle(struct uart_model *uart)
{
	uart->timeout = uart->used;
}

void uart_model_modem(struct uart_model *uart, uint8_t lines)
{
	uint8_t changed = (uart->msr ^ lines) & 0xf0;

	uart->msr = (uint8_t)((uart->msr & 0x0f) | lines | changed >> 4);
}

static bool held_back(const struct uart_model *uart)
{
	return uart->mcr & MCR_AFE && uart->kind == UART_16750 && !(uart->mcr & MCR_LOOP) &&
	       !(uart->msr & MSR_CTS);
}

void uart_model_step(struct uart_model *uart)
{
	uint8_t byte = uart->tx[0];

	if (!uart->waiting || held_back(uart))
		return;
	memmove(uart->tx, uart->tx + 1, --uart->waiting);
	uart->ready |= !uart->waiting;
	if (uart->mcr & MCR_LOOP)
		uart_model_hear(uart, byte, 0);
	else if (uart->sent_count < UART_MODEL_SENT)
		uart->sent[uart->sent_count++] = byte;
}

static void transmit(struct uart_model *uart, uint8_t byte)
{
	uart->ready = false;
	if (uart->waiting >= size_of(uart)) {
		uart->too_many++;
		return;
	}
	uart->tx[uart->waiting++] = byte;
	while (!uart->slow && uart->waiting && !held_back(uart))
		uart_model_step(uart);
}

static uint8_t take_byte(struct uart_model *uart)
{
	uint8_t byte = uart->rx[0];

	if (!uart->used || uart->endless)
		return byte;
	uart->used--;
	uart->timeout = uart->timeout && uart->used;
	memmove(uart->rx, uart->rx + 1, uart->used);
	memmove(uart->errors, uart->errors + 1, uart->used);
	return byte;
}

/* Reading takes the errors of the next byte, and the overrun. */
static uint8_t take_line_status(struct uart_model *uart)
{
	uint8_t status = line_status(uart);

	uart->overrun = false;
	if (uart->used)
		uart->errors[0] = 0;
	return status;
}

static uint8_t take_cause(struct uart_model *uart)
{
	uint8_t value = cause(uart);

	if (value == 0x02)
		uart->ready = false;
	if (uart->fcr & FCR_ENABLE && uart->kind == UART_16550)
		value |= 0x80;
	if (has_fifo(uart))
		value |= 0xc0;
	if (has_fifo(uart) && uart->kind == UART_16750 && uart->fcr & FCR_64)
		value |= 0x20;
	return value;
}

/* In loopback the outputs are the inputs: RTS, DTR, OUT1, OUT2 are CTS, DSR, RI, DCD. */
static uint8_t take_modem_status(struct uart_model *uart)
{
	uint8_t mcr = uart->mcr, value = uart->msr;

	uart->msr &= 0xf0;
	if (mcr & MCR_LOOP)
		value = (uint8_t)((mcr & 2) << 3 | (mcr & 1) << 5 | (mcr & 4) << 4 |
				  (mcr & 8) << 4);
	return value;
}

static void set_fcr(struct uart_model *uart, uint8_t value)
{
	uint8_t guarded = uart->lcr & LCR_DLAB ? value & FCR_64 : uart->fcr & FCR_64;

	if (uart->kind == UART_16450)
		return;
	if ((value ^ uart->fcr) & FCR_ENABLE)
		value |= FCR_CLEAR_RX | FCR_CLEAR_TX;
	uart->fcr = (uint8_t)((value & 0xc1) | guarded);
	if (value & FCR_CLEAR_RX)
		uart->used = 0;
	if (value & FCR_CLEAR_TX)
		uart->waiting = 0;
}

static void set_ier(struct uart_model *uart, uint8_t value)
{
	if (value & ~uart->ier & IER_TX)
		uart->ready = !uart->waiting;
	uart->ier = value & 0x0f;
}

static void set_lcr(struct uart_model *uart, uint8_t value)
{
	uart->breaks += (value & ~uart->lcr & LCR_BREAK) != 0;
	uart->lcr = value;
}

uint8_t uart_model_read(struct uart_model *uart, unsigned int reg)
{
	const uint8_t *own = uart->kind == UART_XR ? xr_register(uart, reg) : NULL;
	bool dlab = uart->lcr & LCR_DLAB;

	if (own)
		return *own;
	switch (reg) {
	case RBR:
		return dlab ? (uint8_t)uart->divisor : take_byte(uart);
	case IER:
		return dlab ? (uint8_t)(uart->divisor >> 8) : uart->ier;
	case IIR:
		return take_cause(uart);
	case LCR:
		return uart->lcr;
	case MCR:
		return uart->mcr;
	case LSR:
		return take_line_status(uart);
	case MSR:
		return take_modem_status(uart);
	default:
		return uart->no_scratch || reg != SCR ? 0 : uart->scr;
	}
}

void uart_model_write(struct uart_model *uart, unsigned int reg, uint8_t value)
{
	uint8_t *own = uart->kind == UART_XR	  ? xr_register(uart, reg)
		       : uart->kind == UART_16950 ? ox_register(uart, reg)
						  : NULL;
	bool dlab = uart->lcr & LCR_DLAB;

	if (own)
		*own = value;
	else if (reg == RBR && dlab)
		uart->divisor = (uint16_t)((uart->divisor & 0xff00) | value);
	else if (reg == RBR)
		transmit(uart, value);
	else if (reg == IER && dlab)
		uart->divisor = (uint16_t)((uart->divisor & 0xff) | value << 8);
	else if (reg == IER)
		set_ier(uart, value);
	else if (reg == IIR)
		set_fcr(uart, value);
	else if (reg == LCR)
		set_lcr(uart, value);
	else if (reg == MCR)
		uart->mcr = mcr_of(uart, value);
	else if (reg == SCR)
		uart->scr = value;
}
