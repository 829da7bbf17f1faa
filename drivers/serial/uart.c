/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <sys/ioctl.h>

#include <uvio/udev.h>

#include "../drivers.h"
#include "uart.h"

/* Table II of the PC16550D: summary of registers. */
#define RBR 0 /* read */
#define THR 0 /* write */
#define DLL 0 /* with LCR_DLAB */
#define IER 1
#define DLM 1 /* with LCR_DLAB */
#define IIR 2 /* read */
#define FCR 2 /* write */
#define LCR 3
#define MCR 4
#define LSR 5
#define MSR 6
#define SCR 7

/* Of the XR17V35x, as the kernel has them: a fraction of the divisor, and what lies behind. */
#define XR_DLD 2 /* with LCR_DLAB */
#define XR_DLD_FRACTION 0x0f
#define XR_FCTR 0x08
#define XR_FCTR_TRIGGERS 0xc0 /* 0: table A, which is that of the 16550 */
#define XR_EFR 0x09
#define XR_EFR_ENHANCED 0x10 /* gives access to DLD */
#define XR_8X_MODE 0x88
#define XR_SLEEP 0x8b

#define IER_RX 0x01
#define IER_TX 0x02
#define IER_LINE 0x04
#define IER_MODEM 0x08

#define IIR_NONE 0x01
#define IIR_CAUSE 0x0f
#define IIR_RX 0x04	 /* the FIFO has as many bytes as its trigger says */
#define IIR_FIFO_64 0x20 /* TL16C750 */
#define IIR_FIFO 0xc0

#define FCR_ENABLE 0x01
#define FCR_CLEAR 0x06 /* both ways */
#define FCR_FIFO_64 0x20
#define FCR_TRIGGER_HALF 0x80 /* 8 of 16, 32 of 64, 64 of 128 */

#define LCR_STOP 0x04
#define LCR_BREAK 0x40
#define LCR_DLAB 0x80

#define MCR_DTR 0x01
#define MCR_RTS 0x02
#define MCR_OUT2 0x08 /* lets the interrupt out, on cards that are made so */
#define MCR_LOOP 0x10
#define MCR_AFE 0x20 /* TL16C750 */

#define LSR_DATA 0x01
#define LSR_OVERRUN 0x02
#define LSR_PARITY 0x04
#define LSR_FRAMING 0x08
#define LSR_BREAK 0x10
#define LSR_TX_EMPTY 0x20 /* room for a whole FIFO */
#define LSR_IDLE 0x40
#define LSR_IN_FIFO 0x80 /* a byte with an error is in the FIFO */
#define LSR_ERRORS (LSR_OVERRUN | LSR_PARITY | LSR_FRAMING | LSR_BREAK)

#define MSR_CTS 0x10
#define MSR_DSR 0x20
#define MSR_RI 0x40
#define MSR_DCD 0x80

/* Of the 16C950 in OXPCIe95x: what divides the clock beside the divisor, behind an index in SCR. */
#define OX_EFR 2	     /* with LCR_OX_EFR */
#define OX_EFR_ENHANCED 0x10 /* lets bit 7 of MCR change; with it the FIFO has 128 bytes */
#define LCR_OX_EFR 0xbf
#define OX_ICR 5    /* write */
#define OX_TCR 0x02 /* samples of a bit; 0: 16 */

#define SCR_TRIAL 0x5a
#define DIVISOR_MAX 65535
/* A receiver takes a bit rate that is off by this many percent. */
#define RATE_PERCENT 2
/* Of a UART that always has more, as one that is gone. */
#define ROUNDS 256

static uint8_t get(const struct uart *uart, unsigned int reg)
{
	return uvio_read8(&uart->regs, (uint64_t)reg * uart->stride);
}

static void set(const struct uart *uart, unsigned int reg, uint8_t value)
{
	uvio_write8(&uart->regs, (uint64_t)reg * uart->stride, value);
}

static unsigned int fifo_of(const struct uart *uart)
{
	uint8_t iir;

	set(uart, LCR, LCR_DLAB); /* which guards FCR_FIFO_64 */
	set(uart, FCR, FCR_ENABLE | FCR_CLEAR | FCR_FIFO_64);
	iir = get(uart, IIR);
	set(uart, FCR, 0);
	set(uart, LCR, 0);
	if ((iir & IIR_FIFO) != IIR_FIFO)
		return 1;
	return iir & IIR_FIFO_64 ? 64 : 16;
}

/* Another driver may have left it asleep, and with other triggers. */
static void xr_init(const struct uart *uart)
{
	set(uart, XR_EFR, XR_EFR_ENHANCED);
	set(uart, XR_FCTR, get(uart, XR_FCTR) & (uint8_t)~XR_FCTR_TRIGGERS);
	set(uart, XR_8X_MODE, 0);
	set(uart, XR_SLEEP, 0);
}

/*
 * The kernel's driver leaves other samples of a bit, the prescaler switched on by MCR, and the
 * enhanced mode, in which the FIFO and its triggers are others than those of a 16550.
 */
static void ox_init(const struct uart *uart)
{
	set(uart, LCR, LCR_OX_EFR);
	set(uart, OX_EFR, OX_EFR_ENHANCED);
	set(uart, LCR, 0);
	set(uart, MCR, 0);
	set(uart, LCR, LCR_OX_EFR);
	set(uart, OX_EFR, 0);
	set(uart, LCR, 0);
	set(uart, SCR, OX_TCR);
	set(uart, OX_ICR, 0);
}

int uart_init(struct uart *uart)
{
	uint8_t scratch;

	set(uart, IER, 0);
	set(uart, SCR, SCR_TRIAL);
	scratch = get(uart, SCR);
	if (scratch == UINT8_MAX && !uvio_udev_alive(uart->regs.udev))
		return -ENODEV;
	if (scratch != SCR_TRIAL || get(uart, IER))
		return uvio_fail(-ENODEV,
			"%s: serial line %u: no UART: its scratch register reads 0x%02x, 0x%02x "
			"expected",
			uvio_udev_address(uart->regs.udev), uart->line, scratch, SCR_TRIAL);
	if (uart->kind == UART_KIND_XR17V35X)
		xr_init(uart);
	else if (uart->kind == UART_KIND_16950)
		ox_init(uart);
	if (!uart->fifo) {
		uart->fifo = fifo_of(uart);
		uart->auto_flow = uart->fifo >= 64;
	}
	uart_stop(uart);
	return 0;
}

void uart_info(const struct uart *uart, struct uvio_serial_info *info)
{
	info->chip = uart->fifo == 64 ? "16750" : uart->fifo > 1 ? "16550A" : "16450";
	info->baud_max = uart->clock / 16;
	info->baud_min = uart->clock / 16 / DIVISOR_MAX + 1;
	info->fifo = uart->fifo;
	info->flow_in_chip = uart->auto_flow;
}

static bool has_sixteenths(const struct uart *uart)
{
	return uart->kind == UART_KIND_XR17V35X;
}

/* What is divided, and the limits of its divisor. */
static uint32_t rate_of(const struct uart *uart)
{
	return has_sixteenths(uart) ? uart->clock : uart->clock / 16;
}

static uint32_t divisor_of(const struct uart *uart, uint32_t baud)
{
	uint32_t least = has_sixteenths(uart) ? 16 : 1, most = DIVISOR_MAX * least;
	uint32_t divisor = (rate_of(uart) + baud / 2) / baud;

	return divisor < least ? least : divisor > most ? most : divisor;
}

static int check_rate(const struct uart *uart, uint32_t baud)
{
	uint32_t real = rate_of(uart) / divisor_of(uart, baud);
	uint32_t off = real > baud ? real - baud : baud - real;

	if ((uint64_t)off * 100 <= (uint64_t)baud * RATE_PERCENT)
		return 0;
	return uvio_fail(-ERANGE,
		"%s: serial line %u: %u bit/s: the nearest with a clock of %u Hz is %u bit/s",
		uvio_udev_address(uart->regs.udev), uart->line, baud, uart->clock, real);
}

static void set_divisor(const struct uart *uart, uint32_t divisor)
{
	uint32_t whole = has_sixteenths(uart) ? divisor / 16 : divisor;
	uint8_t fraction = divisor % 16;

	set(uart, LCR, uart->lcr | LCR_DLAB);
	set(uart, DLL, (uint8_t)whole);
	set(uart, DLM, (uint8_t)(whole >> 8));
	if (has_sixteenths(uart))
		set(uart, XR_DLD, (get(uart, XR_DLD) & (uint8_t)~XR_DLD_FRACTION) | fraction);
	set(uart, LCR, uart->lcr);
}

/* Table III of the PC16550D, bits 0 to 5 of LCR. */
static uint8_t lcr_of(const struct uvio_serial_config *config)
{
	static const uint8_t parities[] = {0x00, 0x08, 0x18, 0x28, 0x38};

	return (uint8_t)((config->data_bits - 5) | (config->stop_bits == 2 ? LCR_STOP : 0) |
			 parities[config->parity]);
}

/* While throttled the chip is not read: an interrupt for what it has received would stay. */
static void set_receiving(const struct uart *uart)
{
	uint8_t off = uart->throttled ? IER_RX | IER_LINE : 0;

	set(uart, IER, uart->ier & (uint8_t)~off);
}

int uart_set(struct uart *uart, const struct uvio_serial_config *config)
{
	int rc = check_rate(uart, config->baud);

	if (rc)
		return rc;
	uart->lcr = (uint8_t)((uart->lcr & LCR_BREAK) | lcr_of(config));
	uart->flow = config->flow == UVIO_FLOW_RTS_CTS;
	uart->mcr &= (uint8_t) ~(MCR_AFE | MCR_LOOP);
	uart->mcr |= config->loopback ? MCR_LOOP : 0;
	uart->mcr |= uart->flow && uart->auto_flow ? MCR_AFE : 0;
	set_divisor(uart, divisor_of(uart, config->baud));
	set(uart, MCR, uart->mcr);
	uart->ier = IER_RX | IER_TX | IER_LINE;
	if (uart->flow && !uart->auto_flow)
		uart->ier |= IER_MODEM;
	set_receiving(uart);
	return 0;
}

/* What a predecessor left behind goes. */
static void clear(const struct uart *uart)
{
	set(uart, FCR, uart->fcr);
	set(uart, FCR, uart->fcr | FCR_CLEAR);
	get(uart, LSR);
	get(uart, RBR);
	get(uart, IIR);
	get(uart, MSR);
}

static void set_fifo(struct uart *uart)
{
	uart->fcr = uart->fifo > 1 ? FCR_ENABLE | FCR_TRIGGER_HALF : 0;
	uart->trigger = uart->fifo / 2;
	if (uart->fifo != 64)
		return;
	uart->fcr |= FCR_FIFO_64;
	set(uart, LCR, LCR_DLAB);
	set(uart, FCR, uart->fcr);
	set(uart, LCR, 0);
}

int uart_start(
	struct uart *uart, struct uvio_serial *serial, const struct uvio_serial_config *config)
{
	int rc = check_rate(uart, config->baud);

	if (rc)
		return rc;
	uart->lcr = 0;
	uart->mcr = MCR_DTR | MCR_RTS | MCR_OUT2;
	uart->throttled = false;
	uart->until_gap = 0;
	atomic_store(&uart->errors, 0);
	set_fifo(uart);
	clear(uart);
	uart->serial = serial;
	return uart_set(uart, config);
}

void uart_stop(struct uart *uart)
{
	uart->serial = NULL;
	uart->mcr = uart->lcr = uart->ier = 0;
	set(uart, IER, 0);
	set(uart, MCR, 0);
	set(uart, LCR, 0);
	set(uart, FCR, 0);
}

/* A line status of all ones may be one, the cause of an interrupt never is. */
static bool is_silent(const struct uart *uart, uint8_t lsr)
{
	return lsr == UINT8_MAX && get(uart, IIR) == UINT8_MAX;
}

/* Reading LSR clears the errors in it, also those of a byte that is not read now. */
static void keep_errors(struct uart *uart, uint8_t lsr)
{
	if (lsr & LSR_ERRORS)
		atomic_fetch_or(&uart->errors, lsr & LSR_ERRORS);
}

static uint8_t line_status(struct uart *uart)
{
	uint8_t lsr = get(uart, LSR);

	if (atomic_load_explicit(&uart->errors, memory_order_relaxed))
		lsr |= atomic_exchange(&uart->errors, 0);
	return lsr;
}

int uart_sending(struct uart *uart)
{
	uint8_t lsr = get(uart, LSR);

	if (is_silent(uart, lsr))
		return uvio_driver_all_ones(uart->regs.udev, "the UART");
	keep_errors(uart, lsr);
	return !(lsr & LSR_IDLE);
}

void uart_modem(const struct uart *uart, unsigned int *lines)
{
	uint8_t msr = get(uart, MSR);

	*lines = (msr & MSR_CTS ? TIOCM_CTS : 0) | (msr & MSR_DSR ? TIOCM_DSR : 0) |
		 (msr & MSR_RI ? TIOCM_RI : 0) | (msr & MSR_DCD ? TIOCM_CD : 0) |
		 (uart->mcr & MCR_DTR ? TIOCM_DTR : 0) | (uart->mcr & MCR_RTS ? TIOCM_RTS : 0);
}

static uint8_t mcr_of(unsigned int lines)
{
	return (lines & TIOCM_DTR ? MCR_DTR : 0) | (lines & TIOCM_RTS ? MCR_RTS : 0);
}

void uart_modem_set(struct uart *uart, unsigned int on, unsigned int off)
{
	uart->mcr = (uint8_t)((uart->mcr | mcr_of(on)) & ~mcr_of(off));
	set(uart, MCR, uart->mcr);
}

void uart_break(struct uart *uart, bool on)
{
	uart->lcr = (uint8_t)(on ? uart->lcr | LCR_BREAK : uart->lcr & ~LCR_BREAK);
	set(uart, LCR, uart->lcr);
}

/* A chip that handles RTS itself withdraws it when its FIFO is not read any more. */
void uart_throttle(struct uart *uart, bool on)
{
	uart->throttled = on && uart->auto_flow;
	if (!uart->auto_flow)
		uart_modem_set(uart, on ? 0 : TIOCM_RTS, on ? TIOCM_RTS : 0);
	else
		set_receiving(uart);
}

static uint8_t marks_of(uint8_t lsr)
{
	return (lsr & LSR_PARITY ? UVIO_MARK_PARITY : 0) |
	       (lsr & LSR_BREAK		   ? UVIO_MARK_BREAK
		       : lsr & LSR_FRAMING ? UVIO_MARK_FRAMING
					   : 0);
}

/* Without a FIFO a byte takes the place of the one before; else it is lost behind a full FIFO. */
static void note_overrun(struct uart *uart)
{
	if (uart->fifo == 1)
		uvio_serial_rx_overrun(uart->serial);
	else if (!uart->until_gap)
		uart->until_gap = uart->fifo;
}

/* After so many bytes, or where there are no more. */
static void count_to_gap(struct uart *uart, unsigned int bytes)
{
	if (!uart->until_gap)
		return;
	uart->until_gap -= bytes < uart->until_gap ? bytes : uart->until_gap;
	if (!uart->until_gap)
		uvio_serial_rx_overrun(uart->serial);
}

/* Bytes that are known to be there, and to be good, in one go. */
static unsigned int receive_known(struct uart *uart)
{
	unsigned int count;
	uint8_t *place = uvio_serial_rx_place(uart->serial, &count);

	if (!place)
		return 0;
	count = count < uart->trigger ? count : uart->trigger;
	uvio_read8_rep(&uart->regs, RBR, place, count);
	uvio_serial_rx_commit(uart->serial, count);
	return count;
}

static void receive_one(struct uart *uart, uint8_t lsr)
{
	uint8_t byte = get(uart, RBR);

	if (lsr & LSR_OVERRUN)
		note_overrun(uart);
	uvio_serial_rx(uart->serial, lsr & LSR_BREAK ? 0 : byte, marks_of(lsr));
	count_to_gap(uart, 1);
}

/* As many as the trigger says, and all of them good. */
static bool has_known(const struct uart *uart, uint8_t iir, uint8_t lsr)
{
	return (iir & IIR_CAUSE) == IIR_RX && lsr & LSR_DATA &&
	       !(lsr & (LSR_IN_FIFO | LSR_ERRORS)) && uart->trigger > 1 && !uart->until_gap;
}

/* The line status belongs to the byte that is read next. Returns the last one read. */
static uint8_t receive(struct uart *uart, uint8_t iir, uint8_t lsr)
{
	unsigned int known = 0, more = 1;

	while (more && known < ROUNDS && has_known(uart, iir, lsr)) {
		more = receive_known(uart);
		known += more;
		iir = get(uart, IIR);
		lsr = line_status(uart);
	}
	for (int i = 0; i < ROUNDS && lsr & LSR_DATA; i++) {
		if (is_silent(uart, lsr))
			return lsr;
		receive_one(uart, lsr);
		lsr = line_status(uart);
	}
	if (lsr & LSR_DATA) {
		keep_errors(uart, lsr);
		return lsr;
	}
	if (lsr & LSR_OVERRUN)
		note_overrun(uart);
	count_to_gap(uart, uart->until_gap);
	return lsr;
}

static bool may_send(const struct uart *uart)
{
	return !uart->flow || uart->auto_flow || get(uart, MSR) & MSR_CTS;
}

static void send(struct uart *uart)
{
	unsigned int count, room = uart->fifo;
	const uint8_t *bytes = uvio_serial_tx_next(uart->serial, &count);

	if (!bytes || !may_send(uart))
		return;
	while (bytes && room) {
		count = count < room ? count : room;
		uvio_write8_rep(&uart->regs, THR, bytes, count);
		uvio_serial_tx_take(uart->serial, count);
		room -= count;
		bytes = uvio_serial_tx_next(uart->serial, &count);
	}
}

/* IIR is read first: that clears the cause "ready to send", which comes back after the next time.
 */
int uart_service(struct uart *uart)
{
	uint8_t iir, lsr;
	unsigned int waiting;
	bool asks;

	if (!uart->serial)
		return 0;
	iir = get(uart, IIR);
	asks = !(iir & IIR_NONE);
	if (!asks && iir != UINT8_MAX && !uvio_serial_tx_next(uart->serial, &waiting))
		return 0;
	lsr = line_status(uart);
	if (iir == UINT8_MAX && lsr == UINT8_MAX)
		return uvio_driver_all_ones(uart->regs.udev, "the UART");
	if (uart->throttled)
		keep_errors(uart, lsr);
	else
		lsr = receive(uart, iir, lsr);
	if (is_silent(uart, lsr))
		return uvio_driver_all_ones(uart->regs.udev, "the UART");
	if (asks && (iir & IIR_CAUSE) == 0)
		get(uart, MSR);
	if (lsr & LSR_TX_EMPTY)
		send(uart);
	return asks;
}
