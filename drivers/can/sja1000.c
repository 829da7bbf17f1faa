/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/udev.h>

#include "../drivers.h"
#include "sja1000.h"

/* Section 6.4.3 of the datasheet: PeliCAN address allocation. */
#define MOD 0
#define CMR 1
#define SR 2
#define IR 3
#define IER 4
#define BTR0 6
#define BTR1 7
#define OCR 8
#define ALC 11
#define ECC 12
#define EWLR 13
#define RXERR 14
#define TXERR 15
#define FRAME 16 /* of the frame to be sent, or received; in reset ACR and AMR */
#define ACR 16
#define AMR 20
#define CDR 31

#define MOD_RM 0x01
#define MOD_LOM 0x02
#define MOD_STM 0x04
#define MOD_AFM 0x08 /* one long filter */

#define CMR_TR 0x01
#define CMR_AT 0x02
#define CMR_RRB 0x04
#define CMR_CDO 0x08
#define CMR_SRR 0x10

#define SR_RBS 0x01
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

#define CDR_PELICAN 0x80

#define INFO_FF 0x80
#define INFO_RTR 0x40
#define INFO_DLC 0x0f

#define WARNING 96  /* as after a hardware reset; a predecessor may have changed it */
#define PASSIVE 128 /* section 6.4.9 */
#define TRIES 100
#define ROUNDS 64 /* of a FIFO that is never empty, as of a chip that is gone */

static const struct can_bittiming_const limits = {
	.name = "SJA1000",
	.tseg1_min = 1,
	.tseg1_max = 16,
	.tseg2_min = 1,
	.tseg2_max = 8,
	.sjw_max = 4,
	.brp_min = 1,
	.brp_max = 64,
	.brp_inc = 1,
};

static uint8_t get(const struct sja1000 *chip, unsigned int reg)
{
	return uvio_read8(&chip->regs, (uint64_t)reg * chip->stride);
}

static void set(const struct sja1000 *chip, unsigned int reg, uint8_t value)
{
	uvio_write8(&chip->regs, (uint64_t)reg * chip->stride, value);
}

static int enter_reset(const struct sja1000 *chip)
{
	for (int i = 0; i < TRIES; i++) {
		uint8_t mod = get(chip, MOD);

		if (mod == UINT8_MAX)
			break;
		if (mod & MOD_RM)
			return 0;
		set(chip, MOD, MOD_RM);
	}
	if (!uvio_udev_alive(chip->regs.udev))
		return -ENODEV;
	return uvio_fail(-ENODEV, "%s: no SJA1000: its mode reads 0x%02x",
		uvio_udev_address(chip->regs.udev), get(chip, MOD));
}

static int leave_reset(const struct sja1000 *chip)
{
	for (int i = 0; i < TRIES; i++) {
		set(chip, MOD, chip->mod);
		if (!(get(chip, MOD) & MOD_RM))
			return 0;
	}
	if (!uvio_udev_alive(chip->regs.udev))
		return -ENODEV;
	return uvio_fail(-ETIMEDOUT, "%s: the SJA1000 does not leave reset",
		uvio_udev_address(chip->regs.udev));
}

/* Reading IR is what withdraws its interrupt. */
static void quiet(const struct sja1000 *chip)
{
	set(chip, IER, 0);
	get(chip, IR);
	set(chip, MOD, MOD_RM);
}

int sja1000_init(struct sja1000 *chip)
{
	int rc = enter_reset(chip);

	if (rc)
		return rc;
	set(chip, CDR, CDR_PELICAN | chip->cdr);
	quiet(chip);
	return 0;
}

static unsigned int count(const void *card)
{
	return ((const struct sja1000_chips *)card)->count;
}

static struct sja1000 *chip_of(void *card, unsigned int channel)
{
	return &((struct sja1000_chips *)card)->all[channel];
}

static void describe(const void *card, unsigned int channel, struct uvio_can_info *info)
{
	const struct sja1000_chips *chips = card;

	info->chip = "SJA1000";
	info->clock = chips->all[channel].clock;
	info->timing = &limits;
	info->modes = CAN_CTRLMODE_LISTENONLY | CAN_CTRLMODE_ONE_SHOT | CAN_CTRLMODE_PRESUME_ACK |
		      CAN_CTRLMODE_LOOPBACK | CAN_CTRLMODE_3_SAMPLES | CAN_CTRLMODE_BERR_REPORTING;
}

static void set_timing(const struct sja1000 *chip, const struct can_bittiming *t)
{
	uint32_t tseg1 = t->prop_seg + t->phase_seg1;
	uint32_t sam = chip->modes & CAN_CTRLMODE_3_SAMPLES ? 0x80 : 0;

	set(chip, BTR0, (uint8_t)((t->sjw - 1) << 6 | (t->brp - 1)));
	set(chip, BTR1, (uint8_t)(sam | (t->phase_seg2 - 1) << 4 | (tseg1 - 1)));
}

static void set_filter(const struct sja1000 *chip, uint32_t code, uint32_t mask)
{
	for (unsigned int i = 0; i < 4; i++) {
		set(chip, ACR + i, (uint8_t)(code >> 8 * (3 - i)));
		set(chip, AMR + i, (uint8_t)(mask >> 8 * (3 - i)));
	}
}

static bool is_plain(const struct can_filter *filter)
{
	return !(filter->can_id & CAN_INV_FILTER) && filter->can_mask & CAN_EFF_FLAG;
}

/* Section 6.4.15: two short filters, of which the lower 4 bits are for data. */
static bool filter_standard(const struct sja1000 *chip, const struct uvio_can_config *config)
{
	uint32_t code = 0, mask = 0;

	if (config->filter_count > 2)
		return false;
	for (unsigned int i = 0; i < 2; i++) {
		const struct can_filter *filter = &config->filters[i % config->filter_count];

		if (!is_plain(filter) || filter->can_id & CAN_EFF_FLAG)
			return false;
		code = code << 16 | (filter->can_id & CAN_SFF_MASK) << 5;
		mask = mask << 16 | ((~filter->can_mask & CAN_SFF_MASK) << 5 | 0x1f);
	}
	set_filter(chip, code, mask);
	return true;
}

static bool filter_extended(struct sja1000 *chip, const struct uvio_can_config *config)
{
	const struct can_filter *filter = config->filters;

	if (config->filter_count != 1 || !is_plain(filter) || !(filter->can_id & CAN_EFF_FLAG))
		return false;
	chip->mod |= MOD_AFM;
	set_filter(chip, (filter->can_id & CAN_EFF_MASK) << 3,
		(~filter->can_mask & CAN_EFF_MASK) << 3 | 7);
	return true;
}

/* Those that the chip cannot compare are left to who asks for them. */
static void set_filters(struct sja1000 *chip, const struct uvio_can_config *config)
{
	if (config->filter_count &&
		(filter_standard(chip, config) || filter_extended(chip, config)))
		return;
	set_filter(chip, 0, UINT32_MAX);
}

static uint8_t ier_of(uint32_t modes)
{
	return IR_RI | IR_TI | IR_EI | IR_DOI | IR_EPI |
	       (modes & CAN_CTRLMODE_BERR_REPORTING ? IR_ALI | IR_BEI : 0);
}

static void drain(const struct sja1000 *chip)
{
	for (int i = 0; i < ROUNDS && get(chip, SR) & SR_RBS; i++)
		set(chip, CMR, CMR_RRB);
	set(chip, CMR, CMR_CDO);
}

static int start(void *card, unsigned int channel, struct uvio_can *can,
	const struct uvio_can_config *config)
{
	struct sja1000 *chip = chip_of(card, channel);
	int rc = enter_reset(chip);

	if (rc)
		return rc;
	chip->modes = config->modes;
	chip->mod =
		(config->modes & CAN_CTRLMODE_LISTENONLY ? MOD_LOM : 0) |
		(config->modes & (CAN_CTRLMODE_PRESUME_ACK | CAN_CTRLMODE_LOOPBACK) ? MOD_STM : 0);
	chip->sending = false;
	set(chip, IER, 0);
	set(chip, CDR, CDR_PELICAN | chip->cdr);
	set(chip, OCR, chip->ocr);
	set_filters(chip, config);
	set_timing(chip, &config->timing);
	set(chip, EWLR, WARNING);
	set(chip, TXERR, 0);
	set(chip, RXERR, 0);
	get(chip, ECC);
	drain(chip);
	get(chip, IR);
	/* Before it is on the bus: it keeps only causes that are enabled when they come. */
	set(chip, IER, ier_of(config->modes));
	rc = leave_reset(chip);
	if (rc)
		quiet(chip);
	else
		chip->can = can;
	return rc;
}

static int alive(const struct sja1000 *chip)
{
	return uvio_udev_alive(chip->regs.udev) ? 0 : -ENODEV;
}

static int stop(void *card, unsigned int channel)
{
	struct sja1000 *chip = chip_of(card, channel);

	quiet(chip);
	chip->can = NULL;
	return alive(chip);
}

static int restart(void *card, unsigned int channel)
{
	struct sja1000 *chip = chip_of(card, channel);

	chip->sending = false;
	return leave_reset(chip);
}

static void read_counters(const struct sja1000 *chip, struct can_berr_counter *counters)
{
	counters->rxerr = get(chip, RXERR);
	counters->txerr = get(chip, TXERR);
}

static int give_counters(void *card, unsigned int channel, struct can_berr_counter *counters)
{
	struct sja1000 *chip = chip_of(card, channel);

	read_counters(chip, counters);
	return alive(chip);
}

const struct uvio_can_ops sja1000_channels = {
	.size = sizeof(sja1000_channels),
	.channels = count,
	.info = describe,
	.start = start,
	.stop = stop,
	.restart = restart,
	.counters = give_counters,
};

static enum can_state state_of(uint8_t sr, const struct can_berr_counter *counters)
{
	if (sr & SR_BS)
		return CAN_STATE_BUS_OFF;
	if (counters->rxerr >= PASSIVE || counters->txerr >= PASSIVE)
		return CAN_STATE_ERROR_PASSIVE;
	return sr & SR_ES ? CAN_STATE_ERROR_WARNING : CAN_STATE_ERROR_ACTIVE;
}

/* Other registers may read all ones, the mode never does. */
static bool is_silent(const struct sja1000 *chip, uint8_t value)
{
	return value == UINT8_MAX && get(chip, MOD) == UINT8_MAX;
}

static void look_at_state(struct sja1000 *chip, uint8_t sr)
{
	struct can_berr_counter counters;

	read_counters(chip, &counters);
	if (is_silent(chip, (uint8_t)counters.txerr))
		return;
	if (sr & SR_BS)
		chip->sending = false;
	uvio_can_set_state(chip->can, state_of(sr, &counters), &counters);
}

/* Section 6.4.8, table 19: the kind in bits 7 and 6, the direction in 5, the place below. */
static void report_bus_error(struct sja1000 *chip)
{
	static const uint8_t kinds[] = {
		CAN_ERR_PROT_BIT, CAN_ERR_PROT_FORM, CAN_ERR_PROT_STUFF, CAN_ERR_PROT_UNSPEC};
	struct can_frame error = {.can_id = CAN_ERR_BUSERROR | CAN_ERR_PROT};
	uint8_t ecc = get(chip, ECC);

	error.data[2] = kinds[ecc >> 6] | (ecc & 0x20 ? 0 : CAN_ERR_PROT_TX);
	error.data[3] = ecc & 0x1f;
	uvio_can_bus_error(chip->can, &error);
}

static void report_lost_arbitration(struct sja1000 *chip)
{
	struct can_frame error = {.can_id = CAN_ERR_LOSTARB};

	error.data[0] = get(chip, ALC) & 0x1f;
	uvio_can_bus_error(chip->can, &error);
}

static uint32_t get_many(const struct sja1000 *chip, unsigned int reg, unsigned int count)
{
	uint32_t value = 0;

	while (count--)
		value = value << 8 | get(chip, reg++);
	return value;
}

/* Into the place of the next one, which is to be handed over. */
static void take_frame(struct sja1000 *chip)
{
	struct canfd_frame *frame = uvio_can_rx_place(chip->can);
	uint8_t info = get(chip, FRAME), length = info & INFO_DLC;
	unsigned int data = info & INFO_FF ? FRAME + 5 : FRAME + 3;

	memset(frame, 0, CAN_MTU);
	frame->can_id = info & INFO_FF ? get_many(chip, FRAME + 1, 4) >> 3 | CAN_EFF_FLAG
				       : get_many(chip, FRAME + 1, 2) >> 5;
	frame->can_id |= info & INFO_RTR ? CAN_RTR_FLAG : 0;
	frame->len = length < CAN_MAX_DLEN ? length : CAN_MAX_DLEN;
	for (unsigned int i = 0; i < frame->len && !(info & INFO_RTR); i++)
		frame->data[i] = get(chip, data + i);
	set(chip, CMR, CMR_RRB);
}

static uint8_t command_of(const struct sja1000 *chip)
{
	uint8_t command = chip->modes & CAN_CTRLMODE_LOOPBACK ? CMR_SRR : CMR_TR;

	return chip->modes & CAN_CTRLMODE_ONE_SHOT ? command | CMR_AT : command;
}

static void send(struct sja1000 *chip, const struct canfd_frame *frame)
{
	bool extended = frame->can_id & CAN_EFF_FLAG, remote = frame->can_id & CAN_RTR_FLAG;
	unsigned int id_bytes = extended ? 4 : 2;
	uint32_t id = extended ? (frame->can_id & CAN_EFF_MASK) << 3
			       : (frame->can_id & CAN_SFF_MASK) << 21;

	set(chip, FRAME,
		(uint8_t)((extended ? INFO_FF : 0) | (remote ? INFO_RTR : 0) | frame->len));
	for (unsigned int i = 0; i < id_bytes; i++)
		set(chip, FRAME + 1 + i, (uint8_t)(id >> (24 - 8 * i)));
	for (unsigned int i = 0; i < frame->len && !remote; i++)
		set(chip, FRAME + 1 + id_bytes + i, frame->data[i]);
	set(chip, CMR, command_of(chip));
	chip->sending = true;
}

static int complete(struct sja1000 *chip, uint8_t sr)
{
	if (!chip->sending || !(sr & SR_TBS))
		return 0;
	chip->sending = false;
	if (sr & SR_TCS)
		uvio_can_tx_done(chip->can, 1);
	else
		uvio_can_tx_failed(chip->can, 1);
	return 1;
}

static bool refill(struct sja1000 *chip)
{
	const struct canfd_frame *frame = chip->sending ? NULL : uvio_can_tx_next(chip->can);

	if (!frame)
		return false;
	send(chip, frame);
	uvio_can_tx_take(chip->can);
	return true;
}

static void serve_errors(struct sja1000 *chip, uint8_t ir, uint8_t sr)
{
	if (ir & IR_DOI) {
		set(chip, CMR, CMR_CDO);
		uvio_can_rx_overrun(chip->can);
	}
	if (ir & IR_BEI)
		report_bus_error(chip);
	if (ir & IR_ALI)
		report_lost_arbitration(chip);
	if (ir & (IR_EI | IR_EPI))
		look_at_state(chip, sr);
}

/* A frame is one if the chip still answers after it. */
static int receive_all(struct sja1000 *chip, uint8_t sr)
{
	int count = 0;

	for (; count < ROUNDS && sr & SR_RBS; count++) {
		take_frame(chip);
		sr = get(chip, SR);
		if (is_silent(chip, sr))
			return uvio_driver_all_ones(chip->regs.udev, "the SJA1000");
		uvio_can_rx_commit(chip->can, 0);
	}
	return count;
}

/*
 * IR before SR: what comes in between is seen in SR, or asks again. One frame is given at a time,
 * so that a chip on the same bus, whose buffer holds five, is served in between.
 */
int sja1000_service(struct sja1000 *chip)
{
	uint8_t ir, sr;
	int found;

	if (!chip->can)
		return 0;
	ir = get(chip, IR);
	if (!ir)
		return refill(chip);
	sr = get(chip, SR);
	if (ir == UINT8_MAX && sr == UINT8_MAX)
		return uvio_driver_all_ones(chip->regs.udev, "the SJA1000");
	found = receive_all(chip, sr);
	if (found < 0)
		return found;
	found += complete(chip, sr);
	if (ir & ~(IR_RI | IR_TI))
		serve_errors(chip, ir, sr);
	found += refill(chip);
	return found ? found : 1;
}
