/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <stddef.h>
#include <string.h>

#include "ctucan.h"

/* Chapter "Register map". */
enum {
	DEVICE_ID = 0x00,
	MODE = 0x04,
	STATUS = 0x08,
	COMMAND = 0x0c,
	INT_STAT = 0x10,
	INT_ENA_SET = 0x14,
	INT_ENA_CLR = 0x18,
	INT_MASK_SET = 0x1c,
	INT_MASK_CLR = 0x20,
	BTR = 0x24,
	BTR_FD = 0x28,
	FAULT_STATE = 0x2c,
	FILTER_A = 0x3c, /* a mask and a value of each */
	FILTER_CONTROL = 0x5c,
	COUNTERS = 0x30,
	RX_STATUS = 0x68,
	RX_DATA = 0x6c,
	TX_STATUS = 0x70,
	TX_COMMAND = 0x74,
	TX_PRIORITY = 0x78,
	ERR_CAPT = 0x7c,
	TRV_DELAY = 0x80,
	TIMESTAMP_LOW = 0x94
};

#define MODE_RST 0x00000001
#define MODE_BMM 0x00000002
#define MODE_STM 0x00000004
#define MODE_AFM 0x00000008
#define MODE_RTRLE 0x00010000
#define MODE_ILBP 0x00200000
#define MODE_ENA 0x00400000

#define COMMAND_RRB 0x04
#define COMMAND_CDO 0x08

#define INT_RXI 0x001
#define INT_TXI 0x002
#define INT_EWLI 0x004
#define INT_DOI 0x008
#define INT_FCSI 0x010
#define INT_ALI 0x020
#define INT_BEI 0x040
#define INT_RBNEI 0x400
#define INT_TXBHCI 0x800
#define INT_ALL 0xfff

#define FAULT_ERA 0x00010000
#define FAULT_ERP 0x00020000
#define FAULT_BOF 0x00040000

enum { NOT_THERE, READY, TRANSMITS, ABORTS, SENT, FAILED = 6, ABORTED, EMPTY };

enum { ERROR_BIT = 0, ERROR_ACK = 3 };

static void raise(struct ctucan_model *core, uint32_t cause)
{
	core->int_stat |= cause & ~core->int_mask;
}

/* "The FIFO is not empty" comes back as long as it is true. */
static void look_at_fifo(struct ctucan_model *core)
{
	if (core->frames || core->rbne_stuck)
		raise(core, INT_RBNEI);
}

/* What the test has told stays. */
static void reset(struct ctucan_model *core)
{
	memset(core, 0, offsetof(struct ctucan_model, filters));
	core->mode = 0x10;
	core->limits = 0x8060; /* passive at 128, warning at 96 */
	core->priority = 1;
	memset(core->states, EMPTY, sizeof(core->states));
	core->gone_wild = core->never_resets;
}

void ctucan_model_power_on(struct ctucan_model *core)
{
	memset(core, 0, sizeof(*core));
	core->filters = 7;
	reset(core);
}

static uint32_t fault_state(const struct ctucan_model *core)
{
	if (!core->joined || core->tec > 255)
		return FAULT_BOF;
	return core->tec >= core->limits >> 8 || core->rec >= core->limits >> 8 ? FAULT_ERP
										: FAULT_ERA;
}

static bool is_warned(const struct ctucan_model *core)
{
	return core->tec >= (core->limits & 0xff) || core->rec >= (core->limits & 0xff);
}

/* Chapter "Fault confinement". In bus-off nothing waits any more. */
static void count_errors(struct ctucan_model *core, unsigned int tec, unsigned int rec)
{
	uint32_t state = fault_state(core);
	bool warned = is_warned(core);

	core->tec = tec;
	core->rec = rec;
	if (is_warned(core) && !warned)
		raise(core, INT_EWLI);
	if (fault_state(core) == state)
		return;
	raise(core, INT_FCSI);
	if (fault_state(core) != FAULT_BOF)
		return;
	core->joined = false;
	for (unsigned int i = 0; i < CTUCAN_MODEL_BUFFERS; i++)
		core->states[i] = core->states[i] == READY ? FAILED : core->states[i];
	raise(core, INT_TXBHCI);
}

void ctucan_model_idle(struct ctucan_model *core)
{
	if (core->joined || !(core->mode & MODE_ENA) || core->tec > 255)
		return;
	core->joined = true;
	raise(core, INT_FCSI);
}

static void set_mode(struct ctucan_model *core, uint32_t value)
{
	if (value & MODE_RST) {
		reset(core);
		return;
	}
	core->mode = value;
	if (!(value & MODE_ENA))
		core->joined = false;
	else if (!core->joins_late)
		ctucan_model_idle(core);
}

bool ctucan_model_hear(struct ctucan_model *core, const struct canfd_frame *frame)
{
	uint32_t words[20] = {0};
	unsigned int count = ctucan_frame_encode(frame, core->time, words);

	if (!core->joined || (core->mode & MODE_AFM && !ctucan_frame_passes(core, words)))
		return false;
	if (core->used + count > CTUCAN_MODEL_FIFO) {
		core->overrun = true;
		raise(core, INT_DOI);
		return false;
	}
	memcpy(core->fifo + core->used, words, count * 4);
	core->used += count;
	core->frames++;
	raise(core, INT_RXI);
	look_at_fifo(core);
	count_errors(core, core->tec, core->rec > 127 ? 120 : core->rec ? core->rec - 1 : 0);
	return true;
}

static uint32_t pop(struct ctucan_model *core)
{
	uint32_t word = core->fifo[0];

	if (!core->used)
		return 0;
	core->left = core->left ? core->left - 1 : word >> 11 & 0x1f;
	core->frames -= core->left ? 0 : 1;
	core->used--;
	memmove(core->fifo, core->fifo + 1, core->used * 4);
	return word;
}

static void finish(struct ctucan_model *core, int buffer, uint8_t state)
{
	core->states[buffer] = state;
	raise(core, INT_TXBHCI);
}

/* With RTRLE and RTRTH of 0 there is no second attempt. */
static void fail(struct ctucan_model *core, int buffer)
{
	if (core->mode & MODE_RTRLE)
		finish(core, buffer, FAILED);
}

static void fail_by(struct ctucan_model *core, int buffer, uint32_t type)
{
	bool alone = type == ERROR_ACK && core->tec >= 128;

	core->err_capt = (core->err_capt & ~0xffu) | type << 5;
	raise(core, INT_BEI);
	fail(core, buffer);
	count_errors(core, core->tec + (alone ? 0 : 8), core->rec);
}

static void lose(struct ctucan_model *core, int buffer)
{
	core->err_capt = (core->err_capt & 0xff) | core->lost_at << 16;
	raise(core, INT_ALI);
	fail(core, buffer);
}

static void succeed(struct ctucan_model *core, int buffer)
{
	struct canfd_frame frame;

	ctucan_frame_decode(core->buffers[buffer], &frame);
	if (core->sent_count < CTUCAN_MODEL_SENT)
		core->sent[core->sent_count++] = frame;
	if (core->mode & MODE_ILBP)
		ctucan_model_hear(core, &frame);
	finish(core, buffer, SENT);
	raise(core, INT_TXI);
	count_errors(core, core->tec ? core->tec - 1 : 0, core->rec);
}

/* The highest priority goes first, of equal ones the lower number; -1: none waits. */
static int first_of(const struct ctucan_model *core)
{
	int first = -1;
	uint32_t most = 0;

	for (int i = 0; i < CTUCAN_MODEL_BUFFERS; i++) {
		uint32_t priority = core->priority >> 4 * i & 7;

		if (core->states[i] == READY && (first < 0 || priority > most)) {
			first = i;
			most = priority;
		}
	}
	return first;
}

void ctucan_model_attempt(struct ctucan_model *core)
{
	int buffer = first_of(core);

	if (buffer < 0 || !core->joined || core->mode & MODE_BMM)
		return;
	if (core->bus == CTUCAN_BUS_LOST)
		lose(core, buffer);
	else if (core->bus == CTUCAN_BUS_ERROR)
		fail_by(core, buffer, ERROR_BIT);
	else if (core->bus == CTUCAN_BUS_DEAF && !(core->mode & MODE_STM))
		fail_by(core, buffer, ERROR_ACK);
	else if (core->bus != CTUCAN_BUS_BUSY)
		succeed(core, buffer);
}

void ctucan_model_bad_frame(struct ctucan_model *core, uint32_t type)
{
	core->err_capt = (core->err_capt & ~0xffu) | type << 5;
	raise(core, INT_BEI);
	count_errors(core, core->tec, core->rec + 1);
}

static void tx_command(struct ctucan_model *core, uint32_t value)
{
	for (unsigned int i = 0; i < CTUCAN_MODEL_BUFFERS; i++) {
		uint8_t *state = &core->states[i];

		if (!(value >> (8 + i) & 1) || !(core->mode & MODE_ENA))
			continue;
		if (value & 4 && *state == READY)
			finish(core, (int)i, ABORTED);
		if (value & 2 && *state != READY)
			*state = READY;
		if (value & 1 && *state != READY)
			*state = EMPTY;
	}
	while (core->bus == CTUCAN_BUS_FREE && core->joined && first_of(core) >= 0 &&
		!(core->mode & MODE_BMM))
		ctucan_model_attempt(core);
}

static uint32_t tx_status(const struct ctucan_model *core)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < CTUCAN_MODEL_BUFFERS; i++)
		value |= (uint32_t)core->states[i] << 4 * i;
	return value;
}

/* Registers that read what they hold; NULL: others. */
static uint32_t *plain(struct ctucan_model *core, uint64_t offset)
{
	static const struct {
		uint64_t offset;
		size_t member;
	} table[] = {
#define PLAIN(offset, member) {offset, offsetof(struct ctucan_model, member)}
		PLAIN(MODE, mode), PLAIN(INT_STAT, int_stat), PLAIN(INT_ENA_SET, int_ena),
		PLAIN(INT_ENA_CLR, int_ena), PLAIN(INT_MASK_SET, int_mask),
		PLAIN(INT_MASK_CLR, int_mask), PLAIN(BTR, btr), PLAIN(BTR_FD, btr_fd),
		PLAIN(TX_PRIORITY, priority), PLAIN(ERR_CAPT, err_capt),
		PLAIN(TRV_DELAY, trv_delay)};

	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].offset == offset)
			return (uint32_t *)(void *)((char *)core + table[i].member);
	return NULL;
}

uint32_t ctucan_model_read(struct ctucan_model *core, uint64_t offset)
{
	const uint32_t *value = plain(core, offset);

	if (value)
		return *value;
	switch (offset) {
	case DEVICE_ID:
		return core->gone_wild ? 0 : 0x0202cafd;
	case STATUS:
		return (core->frames ? 1 : 0) | (core->overrun ? 2 : 0) |
		       (is_warned(core) ? 0x40 : 0) | 0x80;
	case FAULT_STATE:
		return core->limits | fault_state(core);
	case COUNTERS:
		return core->rec | core->tec << 16;
	case RX_STATUS:
		return core->rbne_stuck ? 0x7ff0 : core->frames << 4 | !core->frames;
	case RX_DATA:
		return core->rbne_stuck ? 0xf9ff : pop(core);
	case TX_STATUS:
		return tx_status(core);
	case TIMESTAMP_LOW:
		return (uint32_t)core->time;
	case FILTER_CONTROL:
		return core->filter_control | core->filters << 16;
	default:
		return 0;
	}
}

/* Those which the core was made without cannot be written. */
static void write_filter(struct ctucan_model *core, uint64_t offset, uint32_t value)
{
	unsigned int n = (unsigned int)(offset - FILTER_A) / 8;

	if (offset == FILTER_CONTROL)
		core->filter_control = core->filters ? value & 0xffff : 0;
	else if (n < CTUCAN_MODEL_FILTERS && core->filters >> n & 1)
		*((offset - FILTER_A) % 8 ? &core->values[n] : &core->masks[n]) = value;
}

static void write_buffer(struct ctucan_model *core, uint64_t offset, uint32_t value)
{
	unsigned int buffer = (unsigned int)(offset / 0x100 - 1), word = offset % 0x100 / 4;

	if (buffer < CTUCAN_MODEL_BUFFERS && word < 20 && core->states[buffer] != READY)
		core->buffers[buffer][word] = value;
}

void ctucan_model_write(struct ctucan_model *core, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case MODE:
		set_mode(core, value);
		break;
	case COMMAND:
		if (value & COMMAND_RRB)
			core->used = core->frames = core->left = 0;
		core->overrun &= !(value & COMMAND_CDO);
		break;
	case INT_STAT:
		core->int_stat &= ~value;
		break;
	case INT_ENA_SET:
		core->int_ena |= value & INT_ALL;
		break;
	case INT_ENA_CLR:
		core->int_ena &= ~value;
		break;
	case INT_MASK_SET:
		core->int_mask |= value & INT_ALL;
		break;
	case INT_MASK_CLR:
		core->int_mask &= ~value;
		break;
	case BTR:
	case BTR_FD:
	case TRV_DELAY:
		if (!(core->mode & MODE_ENA)) /* else it cannot be written */
			*plain(core, offset) = value;
		break;
	case TX_COMMAND:
		tx_command(core, value);
		break;
	case TX_PRIORITY:
		core->priority = value;
		break;
	default:
		if (offset >= FILTER_A && offset <= FILTER_CONTROL)
			write_filter(core, offset, value);
		else
			write_buffer(core, offset, value);
		break;
	}
	look_at_fifo(core);
}

bool ctucan_model_line(const struct ctucan_model *core)
{
	return core->int_stat & core->int_ena;
}
