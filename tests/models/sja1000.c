/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <string.h>

#include "sja1000.h"

/* Section 6.4.3, table 11: PeliCAN address allocation. */
enum { MOD, CMR, SR, IR, IER, BTR0 = 6, BTR1, OCR, ALC = 11, ECC, EWLR, RXERR, TXERR };
enum { WINDOW = 16, WINDOW_END = 28, RMC, RBSA, CDR };

#define MOD_RM 0x01
#define MOD_LOM 0x02
#define MOD_STM 0x04
#define MOD_AFM 0x08
#define MOD_RESET_ONLY 0x0e

#define CMR_TR 0x01
#define CMR_AT 0x02
#define CMR_RRB 0x04
#define CMR_CDO 0x08
#define CMR_SRR 0x10

#define SR_RBS 0x01
#define SR_DOS 0x02
#define SR_TBS 0x04
#define SR_TCS 0x08
#define SR_ES 0x40
#define SR_BS 0x80

#define IR_RI 0x01
#define IR_TI 0x02
#define IR_EI 0x04
#define IR_DOI 0x08
#define IR_EPI 0x20
#define IR_ALI 0x40
#define IR_BEI 0x80

#define WAS_PASSIVE 0x01 /* beside SR_ES and SR_BS */

#define ECC_ACK 0xd9 /* other error, transmitting, acknowledge slot */
#define ECC_BIT 0x0a /* bit error, transmitting, data field */
#define RECOVERY 128 /* section 6.4.5, bus status */
#define CDR_PELICAN 0x80

static bool in_reset(const struct sja1000_model *chip)
{
	return chip->mod & MOD_RM;
}

/* Section 6.4.6: a cause is kept only where its bit of IER is set. */
static void cause(struct sja1000_model *chip, uint8_t bit)
{
	chip->ir |= bit & chip->ier;
}

static uint8_t condition(const struct sja1000_model *chip)
{
	bool warning = chip->rxerr >= chip->ewlr || chip->txerr >= chip->ewlr;
	bool passive = chip->rxerr > 127 || chip->txerr > 127;

	return (warning ? SR_ES : 0) | (chip->bus_off ? SR_BS : 0) |
	       (passive && !chip->bus_off ? WAS_PASSIVE : 0);
}

/* Every change of ES or BS is EI, every change between active and passive EPI. */
static void look_at_condition(struct sja1000_model *chip)
{
	uint8_t now = condition(chip), changed = now ^ chip->was;

	if (changed & (SR_ES | SR_BS))
		cause(chip, IR_EI);
	if (changed & WAS_PASSIVE && !(changed & SR_BS))
		cause(chip, IR_EPI);
	chip->was = now;
}

/* Table 9: what a software reset changes. */
static void enter_reset(struct sja1000_model *chip)
{
	chip->mod |= MOD_RM;
	chip->used = chip->messages = 0;
	chip->overrun = chip->pending = false;
}

void sja1000_model_power_on(struct sja1000_model *chip)
{
	memset(chip, 0, sizeof(*chip));
	chip->mod = MOD_RM;
	chip->ewlr = 96;
	chip->complete = true;
}

static void enter_bus_off(struct sja1000_model *chip)
{
	enter_reset(chip);
	chip->bus_off = true;
	chip->txerr = 127;
	chip->rxerr = 0;
}

static void hold_ecc(struct sja1000_model *chip, uint8_t ecc)
{
	if (!chip->ecc_held)
		chip->ecc = ecc;
	chip->ecc_held = true;
	cause(chip, IR_BEI);
}

static void sent(struct sja1000_model *chip, bool complete)
{
	chip->pending = false;
	chip->complete = complete;
	cause(chip, IR_TI);
}

static bool passes(const struct sja1000_model *chip, const uint8_t *raw, unsigned int size)
{
	return sja1000_frame_passes(raw, size, chip->filter, chip->mod & MOD_AFM);
}

/* Section 6.4.5: a frame that does not fit is lost as a whole. */
bool sja1000_model_hear(struct sja1000_model *chip, const struct can_frame *frame)
{
	uint8_t raw[16] = {0};
	unsigned int size = sja1000_frame_encode(frame, raw);

	if (in_reset(chip) || !passes(chip, raw, size))
		return false;
	if (chip->used + size > sizeof(chip->fifo)) {
		if (!chip->overrun)
			cause(chip, IR_DOI);
		chip->overrun = true;
		return false;
	}
	memcpy(chip->fifo + chip->used, raw, size);
	chip->used += size;
	chip->messages++;
	if (chip->rxerr && !(chip->mod & MOD_LOM))
		chip->rxerr = chip->rxerr > 127 ? 119 : chip->rxerr - 1;
	look_at_condition(chip);
	return true;
}

static void release(struct sja1000_model *chip)
{
	unsigned int size = sja1000_frame_size(chip->fifo);

	if (!chip->messages)
		return;
	chip->used -= size;
	chip->messages--;
	memmove(chip->fifo, chip->fifo + size, chip->used);
}

/* ISO 11898-1, fault confinement: one that nobody hears stays error-passive. */
static void fail(struct sja1000_model *chip, uint8_t ecc)
{
	hold_ecc(chip, ecc);
	if (ecc != ECC_ACK || chip->txerr < 128)
		chip->txerr += 8;
	if (chip->single)
		sent(chip, false);
	if (chip->txerr > 255)
		enter_bus_off(chip);
	look_at_condition(chip);
}

static void succeed(struct sja1000_model *chip)
{
	struct can_frame frame;

	sja1000_frame_decode(chip->tx, &frame);
	if (chip->sent_count < SJA1000_MODEL_SENT)
		chip->sent[chip->sent_count++] = frame;
	if (chip->txerr)
		chip->txerr--;
	if (chip->self)
		sja1000_model_hear(chip, &frame);
	sent(chip, true);
	look_at_condition(chip);
}

static void lose(struct sja1000_model *chip)
{
	if (!chip->alc_held)
		chip->alc = chip->lost_at;
	chip->alc_held = true;
	cause(chip, IR_ALI);
	if (chip->single)
		sent(chip, false);
}

void sja1000_model_attempt(struct sja1000_model *chip)
{
	if (!chip->pending || in_reset(chip) || chip->bus_off || chip->mod & MOD_LOM)
		return;
	if (chip->bus == SJA1000_BUS_LOST)
		lose(chip);
	else if (chip->bus == SJA1000_BUS_ERROR)
		fail(chip, ECC_BIT);
	else if (chip->bus == SJA1000_BUS_DEAF && !(chip->mod & MOD_STM))
		fail(chip, ECC_ACK);
	else if (chip->bus != SJA1000_BUS_BUSY)
		succeed(chip);
}

void sja1000_model_bad_frame(struct sja1000_model *chip, uint8_t ecc)
{
	if (in_reset(chip))
		return;
	hold_ecc(chip, ecc);
	if (!(chip->mod & MOD_LOM) && chip->rxerr < 128)
		chip->rxerr++;
	look_at_condition(chip);
}

/* Section 6.4.10: TXERR counts what is left. */
void sja1000_model_idle(struct sja1000_model *chip, unsigned int times)
{
	if (in_reset(chip) || !chip->bus_off)
		return;
	chip->recovery -= times < chip->recovery ? times : chip->recovery;
	chip->txerr = chip->recovery;
	if (!chip->recovery)
		chip->bus_off = false;
	look_at_condition(chip);
}

static void leave_reset(struct sja1000_model *chip)
{
	struct can_frame frame = {.can_id = 0x7ff, .len = 8};

	chip->mod &= (uint8_t)~MOD_RM;
	chip->recovery = RECOVERY;
	while (chip->flood) {
		frame.data[0] = (uint8_t)chip->flood--;
		sja1000_model_hear(chip, &frame);
	}
}

static void set_mod(struct sja1000_model *chip, uint8_t value)
{
	if (!(value & MOD_RM) && chip->stuck_in_reset)
		return;
	if (value & MOD_RM && chip->never_resets)
		return;
	if (in_reset(chip))
		chip->mod = (chip->mod & MOD_RM) | (value & MOD_RESET_ONLY);
	if (value & MOD_RM)
		enter_reset(chip);
	else if (in_reset(chip))
		leave_reset(chip);
}

static void command(struct sja1000_model *chip, uint8_t value)
{
	if (value & CMR_RRB)
		release(chip);
	if (value & CMR_CDO)
		chip->overrun = false;
	if (in_reset(chip))
		return;
	if (value & (CMR_TR | CMR_SRR)) {
		chip->pending = true;
		chip->complete = false;
		chip->self = value & CMR_SRR;
		chip->single = value & CMR_AT;
		sja1000_model_attempt(chip);
	} else if (value & CMR_AT && chip->pending) {
		sent(chip, false);
	}
}

static uint8_t status(const struct sja1000_model *chip)
{
	return (chip->messages || chip->rbs_stuck ? SR_RBS : 0) | (chip->overrun ? SR_DOS : 0) |
	       (chip->pending ? 0 : SR_TBS) | (chip->complete ? SR_TCS : 0) |
	       (condition(chip) & (SR_ES | SR_BS));
}

static uint8_t causes(const struct sja1000_model *chip)
{
	return chip->ir | (chip->messages ? IR_RI & chip->ier : 0);
}

static uint8_t take_causes(struct sja1000_model *chip)
{
	uint8_t value = causes(chip);

	chip->ir = 0;
	return value;
}

static uint8_t window(const struct sja1000_model *chip, unsigned int at)
{
	if (in_reset(chip))
		return at < sizeof(chip->filter) ? chip->filter[at] : 0;
	return chip->fifo[at];
}

uint8_t sja1000_model_read(struct sja1000_model *chip, unsigned int reg)
{
	if (reg >= WINDOW && reg <= WINDOW_END)
		return window(chip, reg - WINDOW);
	switch (reg) {
	case MOD:
		return chip->mod;
	case SR:
		return status(chip);
	case IR:
		return take_causes(chip);
	case IER:
		return chip->ier;
	case BTR0:
		return chip->btr0;
	case BTR1:
		return chip->btr1;
	case OCR:
		return chip->ocr;
	case ALC:
		chip->alc_held = false;
		return chip->alc;
	case ECC:
		chip->ecc_held = false;
		return chip->ecc;
	case EWLR:
		return chip->ewlr;
	case RXERR:
		return (uint8_t)chip->rxerr;
	case TXERR:
		return (uint8_t)chip->txerr;
	case RMC:
		return (uint8_t)chip->messages;
	case CDR:
		return chip->cdr;
	default:
		return 0;
	}
}

/* Section 6.4.10: a count written after bus-off ends that at once. */
static void set_txerr(struct sja1000_model *chip, uint8_t value)
{
	chip->txerr = value;
	chip->bus_off = false;
	chip->was = condition(chip);
}

/* What can be written in reset only. */
static void write_in_reset(struct sja1000_model *chip, unsigned int reg, uint8_t value)
{
	if (reg >= WINDOW && reg < WINDOW + sizeof(chip->filter))
		chip->filter[reg - WINDOW] = value;
	else if (reg == BTR0)
		chip->btr0 = value;
	else if (reg == BTR1)
		chip->btr1 = value;
	else if (reg == OCR)
		chip->ocr = value;
	else if (reg == EWLR)
		chip->ewlr = value;
	else if (reg == TXERR)
		set_txerr(chip, value);
	else if (reg == RXERR)
		chip->rxerr = value;
	else if (reg == CDR)
		chip->cdr = value;
}

void sja1000_model_write(struct sja1000_model *chip, unsigned int reg, uint8_t value)
{
	if (reg == MOD)
		set_mod(chip, value);
	else if (!(chip->cdr & CDR_PELICAN) && reg != CDR)
		return;
	else if (reg == CMR)
		command(chip, value);
	else if (reg == IER)
		chip->ier = value;
	else if (in_reset(chip))
		write_in_reset(chip, reg, value);
	else if (reg >= WINDOW && reg <= WINDOW_END && !chip->pending)
		chip->tx[reg - WINDOW] = value;
}

bool sja1000_model_line(const struct sja1000_model *chip)
{
	return causes(chip);
}
