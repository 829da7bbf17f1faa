/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A model of the UARTs of the 16550 family, by National Semiconductor's datasheet of the PC16550D
 * and Texas Instruments' of the TL16C750, and of cards with some of them. What is on the line is
 * told by the test: the model knows no time.
 */
#ifndef UVIO_TESTS_MODELS_UART_H
#define UVIO_TESTS_MODELS_UART_H

#include <stdbool.h>
#include <stdint.h>

#include "../fake.h"

#define UART_MODEL_FIFO 128
#define UART_MODEL_SENT 4096
#define UART_MODEL_LINES 16

enum uart_model_kind {
	UART_16450,  /* no FIFO */
	UART_16550,  /* one that does not work */
	UART_16550A, /* 16 bytes */
	UART_16650,  /* 32, by registers of its own: else 16 */
	UART_16750,  /* 64, and RTS and CTS by itself */
	UART_16950,  /* 128, by registers of its own: else 16 */
	UART_128,    /* 128 */
	UART_XR,     /* XR17V35x: registers of its own, as a driver before may have left them */
};

/** What is wrong with a byte: bits of LSR. */
#define UART_MODEL_PARITY 0x04
#define UART_MODEL_FRAMING 0x08
#define UART_MODEL_BREAK 0x10

struct uart_model {
	enum uart_model_kind kind;
	uint8_t ier, fcr, lcr, mcr, msr, scr;
	uint16_t divisor;
	uint8_t efr, dld, fctr, mode_8x, sleep; /* UART_XR */
	uint8_t tcr;				/* UART_16950, with efr */
	uint8_t rx[UART_MODEL_FIFO], errors[UART_MODEL_FIFO];
	unsigned int used;
	bool overrun, timeout; /* timeout: bytes below the trigger lie there */
	uint8_t tx[UART_MODEL_FIFO];
	unsigned int waiting;  /* to be sent */
	bool ready;	       /* the cause "ready to send" */
	bool slow;	       /* until uart_model_step() nothing is sent */
	unsigned int too_many; /* bytes for which the sender had no place */
	uint8_t sent[UART_MODEL_SENT];
	unsigned int sent_count, breaks;

	/* Broken ones. */
	bool no_scratch, always_data, never_ready,
		endless; /* endless: bytes, however many are read */
};

struct uart_model_card {
	struct fake_model fake;
	unsigned int lines, gate_bar, stride;
	unsigned int bars[UART_MODEL_LINES];
	uint64_t offsets[UART_MODEL_LINES];
	uint64_t gate; /* offset; 0: none */
	uint8_t gate_value;
	struct uart_model uarts[UART_MODEL_LINES];
};

void uart_model_power_on(struct uart_model *uart, enum uart_model_kind kind);
/** Registers behind the eight of every UART. */
unsigned int uart_model_registers(const struct uart_model *uart);
uint8_t uart_model_read(struct uart_model *uart, unsigned int reg);
void uart_model_write(struct uart_model *uart, unsigned int reg, uint8_t value);
bool uart_model_line(const struct uart_model *uart);

/** A byte comes; whether there was a place for it. */
bool uart_model_hear(struct uart_model *uart, uint8_t byte, uint8_t errors);
/** The line is idle for four characters. */
void uart_model_idle(struct uart_model *uart);
/** One byte leaves, if nothing holds it back. */
void uart_model_step(struct uart_model *uart);
/** The other side's lines: bits of MSR. */
void uart_model_modem(struct uart_model *uart, uint8_t lines);

/** A card with these ids, on which no line is yet. */
void uart_model_card(struct uart_model_card *card, uint16_t vendor, uint16_t device,
	uint16_t subvendor, uint16_t subdevice);
void uart_model_add(
	struct uart_model_card *card, unsigned int bar, uint64_t offset, enum uart_model_kind kind);

#endif /* UVIO_TESTS_MODELS_UART_H */
