/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <string.h>

#include "octal.h"

/* Register map, of a line at 0x10 for each, of a block of two at 0x20; bytes at odd addresses. */
enum { MR = 0x1, SR = 0x3, CR = 0x5, RHR = 0x7, ACR = 0x9, ISR = 0xb, IP = 0x1b };

#define SR_RX_READY 0x01
#define SR_FULL 0x02
#define SR_TX_READY 0x04
#define SR_TX_EMPTY 0x08
#define SR_OVERRUN 0x10

#define MR1_RTS 0x80
#define MR1_FULL 0x40 /* the receiver asks when its FIFO is full */
#define MR2_CTS 0x10
#define MR2_LOOP 0x80

static unsigned int in_fifo(const struct octal_model_line *line)
{
	return line->used < OCTAL_MODEL_FIFO ? line->used : OCTAL_MODEL_FIFO;
}

/* Errors belong to the byte that is read next, the overrun to the receiver. */
static uint8_t status(const struct octal_model_line *line)
{
	bool ready = line->receives && (line->used || line->always_ready);

	return (ready ? SR_RX_READY : 0) | (in_fifo(line) == OCTAL_MODEL_FIFO ? SR_FULL : 0) |
	       (line->sends && !line->full ? SR_TX_READY | SR_TX_EMPTY : 0) |
	       (line->overrun ? SR_OVERRUN : 0) | (line->used ? line->errors[0] : 0);
}

static uint8_t causes(const struct octal_model_line *line)
{
	uint8_t sr = status(line);
	bool asks = line->mr[0] & MR1_FULL ? sr & SR_FULL : sr & SR_RX_READY;

	return (sr & SR_TX_READY ? 1 : 0) | (asks ? 2 : 0) | (line->changed ? 4 : 0);
}

static uint8_t isr(const struct octal_model *module, unsigned int block)
{
	return (uint8_t)(causes(&module->lines[2 * block]) | causes(&module->lines[2 * block + 1])
								     << 4);
}

bool octal_model_asks(const struct octal_model *module, unsigned int interrupt)
{
	unsigned int block = 2 * interrupt;

	return module->present && (isr(module, block) & module->imr[block] ||
					  isr(module, block + 1) & module->imr[block + 1]);
}

/* The last byte waits in the shift register, where the next one takes its place. */
bool octal_model_hear(struct octal_model_line *line, uint8_t byte, uint8_t errors)
{
	bool fits = line->used <= OCTAL_MODEL_FIFO;

	if (!line->receives)
		return false;
	line->overrun |= !fits;
	line->used -= fits ? 0 : 1;
	line->rx[line->used] = byte;
	line->errors[line->used++] = errors;
	line->changed |= errors & OCTAL_MODEL_BREAK;
	if (line->mr[0] & MR1_RTS && line->used >= OCTAL_MODEL_FIFO)
		line->rts = false;
	return fits;
}

static uint8_t take(struct octal_model_line *line)
{
	uint8_t byte = line->rx[0];

	if (!line->used)
		return byte;
	line->used--;
	memmove(line->rx, line->rx + 1, line->used);
	memmove(line->errors, line->errors + 1, line->used);
	line->rts |= line->mr[0] & MR1_RTS && line->used < OCTAL_MODEL_FIFO;
	return byte;
}

void octal_model_step(struct octal_model_line *line)
{
	bool loops = (line->mr[1] & 0xc0) == MR2_LOOP;

	if (!line->full || (line->mr[1] & MR2_CTS && !line->cts))
		return;
	line->full = false;
	if (loops)
		octal_model_hear(line, line->thr, 0);
	else if (line->sent_count < OCTAL_MODEL_SENT)
		line->sent[line->sent_count++] = line->thr;
}

static void transmit(struct octal_model_line *line, uint8_t byte)
{
	if (!line->sends || line->full) {
		line->too_many++;
		return;
	}
	line->thr = byte;
	line->full = true;
	if (!line->slow)
		octal_model_step(line);
}

/* Table of CR: what is in the upper half. */
static void command(struct octal_model_line *line, unsigned int what)
{
	switch (what) {
	case 1:
		line->pointer = 0;
		break;
	case 2:
		line->receives = line->overrun = false;
		line->used = 0;
		break;
	case 3:
		line->sends = line->full = false;
		break;
	case 4:
		line->overrun = false;
		line->errors[0] = 0;
		break;
	case 5:
		line->changed = false;
		break;
	case 6:
		line->break_count += !line->breaks;
		line->breaks = true;
		break;
	case 7:
		line->breaks = false;
		break;
	case 8:
	case 9:
		line->rts = what == 8;
		break;
	default:
		break;
	}
}

static void set_cr(struct octal_model_line *line, uint8_t value)
{
	command(line, value >> 4);
	line->receives = (line->receives || value & 1) && !(value & 2);
	line->sends = (line->sends || value & 4) && !(value & 8);
}

static uint8_t *mode(struct octal_model_line *line)
{
	uint8_t *mr = &line->mr[line->pointer];

	line->pointer = 1;
	return mr;
}

/* The inputs are low where CTS is on. */
static uint8_t inputs(const struct octal_model *module, unsigned int block)
{
	return (module->lines[2 * block].cts ? 0 : 1) | (module->lines[2 * block + 1].cts ? 0 : 2);
}

uint8_t octal_model_read(struct octal_model *module, unsigned int offset)
{
	struct octal_model_line *line = &module->lines[offset / 0x10];
	unsigned int block = offset / 0x20;

	if (offset % 0x20 == ISR)
		return isr(module, block);
	if (offset % 0x20 == IP)
		return inputs(module, block);
	switch (offset % 0x10) {
	case MR:
		return *mode(line);
	case SR:
		return status(line);
	case RHR:
		return take(line);
	default:
		return 0;
	}
}

void octal_model_write(struct octal_model *module, unsigned int offset, uint8_t value)
{
	struct octal_model_line *line = &module->lines[offset / 0x10];
	unsigned int block = offset / 0x20;

	if (offset % 0x20 == ISR)
		module->imr[block] = value;
	else if (offset % 0x20 == ACR)
		module->acr[block] = value;
	else if (offset % 0x20 == IP)
		module->opcr[block] = value;
	else if (offset % 0x10 == MR)
		*mode(line) = value;
	else if (offset % 0x10 == SR)
		line->csr = value;
	else if (offset % 0x10 == CR)
		set_cr(line, value);
	else if (offset % 0x10 == RHR)
		transmit(line, value);
}
