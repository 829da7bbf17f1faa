/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <sys/ioctl.h>

#include <uvio/udev.h>

#include "../drivers.h"
#include "octal.h"

/* Register map of the SCC2698B's datasheet, of a line, and of a block of two. */
#define LINE(line, reg) (0x10 * (uint64_t)(line) + (reg))
#define MR 0x01	 /* MR1, then MR2 */
#define SR 0x03	 /* read */
#define CSR 0x03 /* write */
#define CR 0x05
#define RHR 0x07 /* read */
#define THR 0x07 /* write */
#define BLOCK(block, reg) (0x20 * (uint64_t)(block) + (reg))
#define ACR 0x09
#define ISR 0x0b  /* read */
#define IMR 0x0b  /* write */
#define IP 0x1b	  /* read */
#define OPCR 0x1b /* write */

#define SR_RX_READY 0x01
#define SR_TX_READY 0x04
#define SR_TX_EMPTY 0x08
#define SR_OVERRUN 0x10
#define SR_PARITY 0x20
#define SR_FRAMING 0x40
#define SR_BREAK 0x80

#define CR_RX_ON 0x01
#define CR_TX_ON 0x04
#define CR_OFF 0x0a
#define CR_RESET_MR 0x10
#define CR_RESET_RX 0x20
#define CR_RESET_TX 0x30
#define CR_RESET_ERRORS 0x40
#define CR_RESET_BREAK 0x50
#define CR_BREAK_START 0x60
#define CR_BREAK_STOP 0x70
#define CR_RTS_ON 0x80
#define CR_RTS_OFF 0x90

#define ACR_RATES_2 0x80
#define OPCR_RTS 0x80

/* Of the first line of a block; the second's are 4 bits further. */
#define ISR_TX 0x01
#define ISR_RX 0x02
#define ISR_BREAK 0x04

#define MR1_RTS 0x80
#define MR2_CTS 0x10
#define MR2_LOOP 0x80
#define MR2_STOP_1 0x07
#define MR2_STOP_2 0x0f

#define FIFO 3 /* bytes received */
#define ROUNDS 256

/* Table 5, with ACR bit 7; 0: another clock. */
static const uint32_t rates[] = {
	75, 110, 38400, 150, 300, 600, 1200, 2000, 2400, 4800, 1800, 9600, 19200};

static void command(const struct octal *octal, unsigned int line, uint8_t value)
{
	uvio_write8(&octal->io, LINE(line, CR), value);
}

static unsigned int shift_of(unsigned int line)
{
	return line % 2 * 4;
}

static void set_causes(struct octal *octal, unsigned int line, uint8_t causes)
{
	unsigned int block = line / 2, shift = shift_of(line);

	octal->imr[block] &= (uint8_t) ~(0x07 << shift);
	octal->imr[block] |= (uint8_t)(causes << shift);
	uvio_write8(&octal->io, BLOCK(block, IMR), octal->imr[block]);
}

void octal_mask(const struct octal *octal)
{
	for (unsigned int block = 0; block < OCTAL_BLOCKS; block++)
		uvio_write8(&octal->io, BLOCK(block, IMR), 0);
}

void octal_unmask(const struct octal *octal)
{
	for (unsigned int block = 0; block < OCTAL_BLOCKS; block++)
		uvio_write8(&octal->io, BLOCK(block, IMR), octal->imr[block]);
}

static void reset_line(const struct octal *octal, unsigned int line)
{
	static const uint8_t commands[] = {
		CR_OFF, CR_RESET_RX, CR_RESET_TX, CR_RESET_ERRORS, CR_RESET_BREAK, CR_RESET_MR};

	for (unsigned int i = 0; i < sizeof(commands); i++)
		command(octal, line, commands[i]);
}

void octal_init(struct octal *octal)
{
	octal_mask(octal);
	for (unsigned int line = 0; line < OCTAL_LINES; line++)
		reset_line(octal, line);
	for (unsigned int block = 0; block < OCTAL_BLOCKS; block++) {
		uvio_write8(&octal->io, BLOCK(block, ACR), ACR_RATES_2);
		uvio_write8(&octal->io, BLOCK(block, OPCR), OPCR_RTS);
	}
}

void octal_info(struct uvio_serial_info *info)
{
	info->chip = "SCC2698";
	info->baud_min = 75;
	info->baud_max = 38400;
	info->fifo = FIFO;
	info->flow_in_chip = true;
}

static int csr_of(const struct octal *octal, unsigned int line, uint32_t baud)
{
	for (unsigned int i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		if (rates[i] == baud)
			return (int)(i << 4 | i);
	return uvio_fail(-ERANGE,
		"%s: serial line %u: %u bit/s: SCC2698 has 75, 110, 150, 300, 600, 1200, 1800, "
		"2000, 2400, 4800, 9600, 19200 and 38400 bit/s",
		uvio_udev_address(octal->io.udev), octal->first + line, baud);
}

/* Mark and space are parity that is forced. Bit 2: odd in Philips' family, or forced to 1. */
static uint8_t mr1_of(const struct uvio_serial_config *config)
{
	static const uint8_t parities[] = {0x10, 0x04, 0x00, 0x0c, 0x08};

	return (uint8_t)((config->data_bits - 5) | parities[config->parity] |
			 (config->flow == UVIO_FLOW_RTS_CTS ? MR1_RTS : 0));
}

static uint8_t mr2_of(const struct uvio_serial_config *config)
{
	return (config->stop_bits == 2 ? MR2_STOP_2 : MR2_STOP_1) |
	       (config->flow == UVIO_FLOW_RTS_CTS ? MR2_CTS : 0) |
	       (config->loopback ? MR2_LOOP : 0);
}

int octal_set(struct octal *octal, unsigned int line, const struct uvio_serial_config *config)
{
	int csr = csr_of(octal, line, config->baud);

	if (csr < 0)
		return csr;
	command(octal, line, CR_RESET_MR);
	uvio_write8(&octal->io, LINE(line, MR), mr1_of(config));
	uvio_write8(&octal->io, LINE(line, MR), mr2_of(config));
	uvio_write8(&octal->io, LINE(line, CSR), (uint8_t)csr);
	return 0;
}

int octal_start(struct octal *octal, unsigned int line, struct uvio_serial *serial,
	const struct uvio_serial_config *config)
{
	int rc;

	reset_line(octal, line);
	rc = octal_set(octal, line, config);
	if (rc)
		return rc;
	octal->lines[line] = serial;
	octal->until_gap[line] = 0;
	octal->rts |= (uint8_t)(1 << line);
	command(octal, line, CR_RTS_ON | CR_RX_ON | CR_TX_ON);
	set_causes(octal, line, ISR_RX | ISR_BREAK);
	return 0;
}

void octal_stop(struct octal *octal, unsigned int line)
{
	set_causes(octal, line, 0);
	command(octal, line, CR_BREAK_STOP);
	command(octal, line, CR_RTS_OFF | CR_OFF);
	octal->rts &= (uint8_t) ~(1 << line);
	octal->lines[line] = NULL;
}

/* A status of all ones may be one, the causes of interrupts never are: inputs are none of them. */
static bool is_silent(const struct octal *octal, unsigned int line, uint8_t sr)
{
	return sr == UINT8_MAX && uvio_read8(&octal->io, BLOCK(line / 2, ISR)) == UINT8_MAX;
}

static int silent(const struct octal *octal)
{
	return uvio_driver_all_ones(octal->io.udev, "the IP-Octal");
}

int octal_sending(const struct octal *octal, unsigned int line)
{
	uint8_t sr = uvio_read8(&octal->io, LINE(line, SR));

	return is_silent(octal, line, sr) ? silent(octal) : !(sr & SR_TX_EMPTY);
}

/* The inputs are low where the line is on; the first two are the CTS of the block's lines. */
void octal_modem(const struct octal *octal, unsigned int line, unsigned int *lines)
{
	uint8_t inputs = uvio_read8(&octal->io, BLOCK(line / 2, IP));

	*lines =
		(octal->rts & 1 << line ? TIOCM_RTS : 0) | (inputs & 1 << line % 2 ? 0 : TIOCM_CTS);
}

int octal_modem_set(struct octal *octal, unsigned int line, unsigned int on, unsigned int off)
{
	if ((on | off) & TIOCM_DTR)
		return uvio_fail(-ENOTSUP, "%s: serial line %u: an IP-Octal has no DTR",
			uvio_udev_address(octal->io.udev), octal->first + line);
	if (on | off)
		command(octal, line, on ? CR_RTS_ON : CR_RTS_OFF);
	octal->rts &= (uint8_t) ~(1 << line);
	octal->rts |= (uint8_t)((on ? 1 : 0) << line);
	return 0;
}

void octal_break(const struct octal *octal, unsigned int line, bool on)
{
	command(octal, line, on ? CR_BREAK_START : CR_BREAK_STOP);
}

static uint8_t marks_of(uint8_t sr)
{
	return (sr & SR_PARITY ? UVIO_MARK_PARITY : 0) |
	       (sr & SR_BREAK		 ? UVIO_MARK_BREAK
		       : sr & SR_FRAMING ? UVIO_MARK_FRAMING
					 : 0);
}

/* Behind a full FIFO. Resetting it would take the errors of the byte that is next, too. */
static void note_overrun(struct octal *octal, unsigned int line)
{
	command(octal, line, CR_RESET_ERRORS);
	if (!octal->until_gap[line])
		octal->until_gap[line] = FIFO;
}

static void count_to_gap(struct octal *octal, unsigned int line, bool empty)
{
	if (!octal->until_gap[line])
		return;
	octal->until_gap[line] = empty ? 0 : octal->until_gap[line] - 1;
	if (!octal->until_gap[line])
		uvio_serial_rx_overrun(octal->lines[line]);
}

static uint8_t receive(struct octal *octal, unsigned int line, int *found)
{
	uint8_t sr = uvio_read8(&octal->io, LINE(line, SR));

	for (int i = 0; i < ROUNDS && sr & SR_RX_READY; i++) {
		uint8_t byte;

		if (is_silent(octal, line, sr))
			return sr;
		if (sr & SR_OVERRUN)
			note_overrun(octal, line);
		byte = uvio_read8(&octal->io, LINE(line, RHR));
		uvio_serial_rx(octal->lines[line], byte, marks_of(sr));
		count_to_gap(octal, line, false);
		sr = uvio_read8(&octal->io, LINE(line, SR));
		++*found;
	}
	if (!(sr & SR_RX_READY))
		count_to_gap(octal, line, true);
	return sr;
}

/* How many. */
static int send(const struct octal *octal, unsigned int line, uint8_t sr)
{
	struct uvio_serial *serial = octal->lines[line];
	unsigned int count;
	const uint8_t *bytes = uvio_serial_tx_next(serial, &count);
	int sent = 0;

	for (; sent < ROUNDS && bytes && sr & SR_TX_READY; sent++) {
		uvio_write8(&octal->io, LINE(line, THR), *bytes);
		uvio_serial_tx_take(serial, 1);
		bytes = uvio_serial_tx_next(serial, &count);
		sr = uvio_read8(&octal->io, LINE(line, SR));
	}
	return sent;
}

/* "Ready to send" is a level: it may ask only while there is something to send. */
static void ask_to_send(struct octal *octal, unsigned int line)
{
	unsigned int count;
	uint8_t causes = ISR_RX | ISR_BREAK;

	if (uvio_serial_tx_next(octal->lines[line], &count))
		causes |= ISR_TX;
	if ((octal->imr[line / 2] >> shift_of(line) & 0x07) != causes)
		set_causes(octal, line, causes);
}

static int serve_line(struct octal *octal, unsigned int line)
{
	uint8_t isr = uvio_read8(&octal->io, BLOCK(line / 2, ISR)) >> shift_of(line);
	int found = 0;
	uint8_t sr;

	if (isr & ISR_BREAK)
		command(octal, line, CR_RESET_BREAK);
	sr = receive(octal, line, &found);
	if (is_silent(octal, line, sr))
		return silent(octal);
	found += send(octal, line, sr);
	ask_to_send(octal, line);
	return isr & ISR_BREAK ? found + 1 : found;
}

int octal_service(struct octal *octal)
{
	int found = 0;

	for (unsigned int line = 0; line < OCTAL_LINES; line++) {
		int n = octal->lines[line] ? serve_line(octal, line) : 0;

		if (n < 0)
			return n;
		found += n;
	}
	return found;
}
