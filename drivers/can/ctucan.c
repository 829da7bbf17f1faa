/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "../drivers.h"
#include "ctucan.h"

/* Register map; datasheet, chapter "Register map". */
#define DEVICE_ID 0x00
#define MODE 0x04
#define COMMAND 0x0c
#define INT_STAT 0x10
#define INT_ENA_SET 0x14
#define INT_ENA_CLR 0x18
#define INT_MASK_SET 0x1c
#define INT_MASK_CLR 0x20
#define FAULT_STATE 0x2c
#define COUNTERS 0x30
#define RX_STATUS 0x68
#define RX_DATA 0x6c
#define TX_STATUS 0x70
#define TX_COMMAND 0x74
#define TX_PRIORITY 0x78
#define ERR_CAPT 0x7c
#define TIMESTAMP_LOW 0x94
#define TX_BUFFER(n) (0x100 + 0x100 * (uint64_t)(n))

#define DEVICE_ID_MASK 0xffff
#define DEVICE_ID_VALUE 0xcafd

#define MODE_RST 0x00000001
#define MODE_BMM 0x00000002 /* listens only */
#define MODE_STM 0x00000004 /* needs no acknowledge */
#define MODE_AFM 0x00000008 /* filters */
#define MODE_FDE 0x00000010
#define MODE_RTRLE 0x00010000 /* limits repetition, to RTRTH times, which is 0 */
#define MODE_ILBP 0x00200000  /* loopback */
#define MODE_ENA 0x00400000
#define MODE_NISOFD 0x00800000

#define COMMAND_RRB 0x04
#define COMMAND_CDO 0x08

#define INT_EWLI 0x004
#define INT_DOI 0x008
#define INT_FCSI 0x010
#define INT_ALI 0x020
#define INT_BEI 0x040
#define INT_RBNEI 0x400
#define INT_TXBHCI 0x800
#define INT_ALL 0xfff

#define FAULT_EWL_MASK 0xff
#define FAULT_ERP 0x00020000
#define FAULT_BOF 0x00040000
#define COUNTER_MASK 0x1ff

#define RX_STATUS_COUNT(status) ((status) >> 4 & 0x7ff)

#define BUFFERS 4
#define TX_STATUS_OK 4
#define TX_STATUS_ERROR 6
#define TX_STATUS_ABORTED 7
#define TX_STATUS_EMPTY 8
#define TX_COMMAND_EMPTY 0x1
#define TX_COMMAND_READY 0x2
#define TX_COMMAND_BUFFER(n) (0x100u << (n))

/* Words of a frame; chapter "CAN frame format". */
#define FORMAT_DLC 0x0000000f
#define FORMAT_RTR 0x00000020
#define FORMAT_IDE 0x00000040
#define FORMAT_FDF 0x00000080
#define FORMAT_BRS 0x00000200
#define FORMAT_ESI 0x00000400
#define FORMAT_WORDS(format) ((format) >> 11 & 0x1f) /* which follow */
#define STANDARD_SHIFT 18
#define HEAD_WORDS 3 /* identifier, and the time */
#define DATA_WORDS (CANFD_MAX_DLEN / 4)

#define RESET_MS 1000
/* Of one service, of a core that never comes to an end, as one that is gone. */
#define FRAMES 128
/* Services until a FIFO of 2048 words is empty, of frames of four words. */
#define RESTS 5

static void quiet(const struct ctucan *core)
{
	uvio_write32(&core->regs, INT_ENA_CLR, INT_ALL);
	uvio_write32(&core->regs, INT_MASK_SET, INT_ALL);
	uvio_write32(&core->regs, MODE, 0);
	uvio_write32(&core->regs, INT_STAT, INT_ALL);
}

static int reset(const struct ctucan *core)
{
	uvio_write32(&core->regs, MODE, MODE_RST);
	return uvio_poll_until(
		&core->regs, DEVICE_ID, 4, DEVICE_ID_MASK, DEVICE_ID_VALUE, UVIO_MS(RESET_MS));
}

int ctucan_init(struct ctucan *core, uint32_t clock)
{
	uint32_t id = uvio_read32(&core->regs, DEVICE_ID);
	int rc;

	core->clock = clock;
	if (id == UINT32_MAX && !uvio_udev_alive(core->regs.udev))
		return -ENODEV;
	if ((id & DEVICE_ID_MASK) != DEVICE_ID_VALUE)
		return uvio_fail(-ENODEV, "%s: no CTU CAN FD core: its identification reads 0x%08x",
			uvio_udev_address(core->regs.udev), id);
	rc = reset(core);
	if (rc)
		return rc;
	quiet(core);
	core->stamps = uvio_read32(&core->regs, TIMESTAMP_LOW);
	return 0;
}

static unsigned int count(const void *card)
{
	return ((const struct ctucan_cores *)card)->count;
}

static struct ctucan *core_of(void *card, unsigned int channel)
{
	return &((struct ctucan_cores *)card)->all[channel];
}

static void describe(const void *card, unsigned int channel, struct uvio_can_info *info)
{
	const struct ctucan *core = &((const struct ctucan_cores *)card)->all[channel];

	info->chip = "CTU CAN FD";
	info->clock = core->clock;
	info->modes = CAN_CTRLMODE_LISTENONLY | CAN_CTRLMODE_PRESUME_ACK | CAN_CTRLMODE_ONE_SHOT |
		      CAN_CTRLMODE_LOOPBACK | CAN_CTRLMODE_FD | CAN_CTRLMODE_FD_NON_ISO |
		      CAN_CTRLMODE_BERR_REPORTING;
	info->timing = &ctucan_nominal;
	info->data_timing = &ctucan_data;
	info->stamps = core->stamps;
}

static uint32_t mode_of(uint32_t modes)
{
	static const struct {
		uint32_t asked, bit;
	} table[] = {
		{CAN_CTRLMODE_LISTENONLY, MODE_BMM},
		{CAN_CTRLMODE_PRESUME_ACK, MODE_STM},
		{CAN_CTRLMODE_ONE_SHOT, MODE_RTRLE},
		{CAN_CTRLMODE_LOOPBACK, MODE_ILBP},
		{CAN_CTRLMODE_FD, MODE_FDE},
		{CAN_CTRLMODE_FD_NON_ISO, MODE_NISOFD},
	};
	uint32_t mode = 0;

	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		mode |= modes & table[i].asked ? table[i].bit : 0;
	return mode;
}

/* The buffer whose turn it is has the highest priority, 7, those behind it have less; never 0,
 * which some cores do not send. */
static void set_priorities(const struct ctucan *core)
{
	uint32_t priorities = 0;

	for (unsigned int i = 0; i < BUFFERS; i++)
		priorities |= (7 - i) << 4 * ((core->oldest + i) % BUFFERS);
	uvio_write32(&core->regs, TX_PRIORITY, priorities);
}

static int begin(struct ctucan *core)
{
	const struct uvio_region *regs = &core->regs;
	int rc = reset(core);

	if (rc)
		return rc;
	quiet(core);
	uvio_write32(regs, COMMAND, COMMAND_RRB | COMMAND_CDO);
	core->oldest = core->used = 0;
	set_priorities(core);
	ctucan_timing_set(&core->regs, &core->config);
	core->mode = mode_of(core->config.modes) |
		     (ctucan_filters_set(&core->filters, regs) ? MODE_AFM : 0);
	uvio_write32(regs, MODE, core->mode);
	core->enabled = INT_RBNEI | INT_TXBHCI | INT_DOI | INT_EWLI | INT_FCSI;
	if (core->config.modes & CAN_CTRLMODE_BERR_REPORTING)
		core->enabled |= INT_ALI | INT_BEI;
	uvio_write32(regs, INT_MASK_SET, ~core->enabled & INT_ALL);
	uvio_write32(regs, INT_MASK_CLR, core->enabled);
	uvio_write32(regs, INT_ENA_SET, core->enabled);
	core->mode |= MODE_ENA;
	uvio_write32(regs, MODE, core->mode);
	return 0;
}

static int start(void *card, unsigned int channel, struct uvio_can *can,
	const struct uvio_can_config *config)
{
	struct ctucan *core = core_of(card, channel);
	int rc;

	core->config = *config;
	core->config.filters = NULL;
	ctucan_filters_choose(&core->filters, config);
	rc = begin(core);
	core->can = rc ? NULL : can;
	return rc;
}

static int alive(const struct ctucan *core)
{
	return uvio_udev_alive(core->regs.udev) ? 0 : -ENODEV;
}

static int stop(void *card, unsigned int channel)
{
	struct ctucan *core = core_of(card, channel);

	quiet(core);
	uvio_write32(&core->regs, COMMAND, COMMAND_RRB);
	core->can = NULL;
	return alive(core);
}

static void read_counters(const struct ctucan *core, struct can_berr_counter *counters)
{
	uint32_t value = uvio_read32(&core->regs, COUNTERS);

	counters->rxerr = value & COUNTER_MASK;
	counters->txerr = value >> 16 & COUNTER_MASK;
}

static int give_counters(void *card, unsigned int channel, struct can_berr_counter *counters)
{
	struct ctucan *core = core_of(card, channel);

	read_counters(core, counters);
	return alive(core);
}

/* A core which shows none of the states is error-active. */
static enum can_state state_of(const struct ctucan *core, const struct can_berr_counter *counters)
{
	uint32_t fault = uvio_read32(&core->regs, FAULT_STATE);
	uint32_t limit = fault & FAULT_EWL_MASK;

	if (fault & FAULT_BOF)
		return CAN_STATE_BUS_OFF;
	if (fault & FAULT_ERP)
		return CAN_STATE_ERROR_PASSIVE;
	if (limit && (counters->rxerr >= limit || counters->txerr >= limit))
		return CAN_STATE_ERROR_WARNING;
	return CAN_STATE_ERROR_ACTIVE;
}

/* Whether the word is no word of the core: it reads all ones, and so does what identifies it. */
static bool is_silent(const struct ctucan *core, uint32_t word)
{
	return word == UINT32_MAX && uvio_read32(&core->regs, DEVICE_ID) == UINT32_MAX;
}

static int silent(const struct ctucan *core)
{
	return uvio_driver_all_ones(core->regs.udev, "the CTU CAN FD core");
}

static void look_at_state(struct ctucan *core)
{
	struct can_berr_counter counters;
	enum can_state state;

	read_counters(core, &counters);
	state = state_of(core, &counters);
	/* It never shows this state together with the others. */
	if (state == CAN_STATE_BUS_OFF && is_silent(core, uvio_read32(&core->regs, FAULT_STATE)))
		return;
	if (state == CAN_STATE_BUS_OFF)
		core->used = 0;
	uvio_can_set_state(core->can, state, &counters);
}

/* Table of register ERR_CAPT: the kind of error in bits 7:5, 1 of the CRC, 3 of the acknowledge. */
static void report_error(struct ctucan *core, uint32_t causes)
{
	static const struct {
		canid_t classes;
		uint8_t kind, place;
	} errors[8] = {[0] = {.kind = CAN_ERR_PROT_BIT},
		[1] = {.place = CAN_ERR_PROT_LOC_CRC_SEQ},
		[2] = {.kind = CAN_ERR_PROT_FORM},
		[3] = {.classes = CAN_ERR_ACK, .place = CAN_ERR_PROT_LOC_ACK},
		[4] = {.kind = CAN_ERR_PROT_STUFF}};
	struct can_frame error = {.can_id = 0};
	uint32_t capture = uvio_read32(&core->regs, ERR_CAPT), type = capture >> 5 & 7;

	if (causes & INT_ALI) {
		error.can_id |= CAN_ERR_LOSTARB;
		error.data[0] = capture >> 16 & 0x1f;
	}
	if (causes & INT_BEI) {
		error.can_id |= CAN_ERR_BUSERROR | CAN_ERR_PROT | errors[type].classes;
		error.data[2] = errors[type].kind;
		error.data[3] = errors[type].place;
	}
	uvio_can_bus_error(core->can, &error);
}

static canid_t id_of(uint32_t format, uint32_t word)
{
	canid_t rtr = format & FORMAT_RTR && !(format & FORMAT_FDF) ? CAN_RTR_FLAG : 0;

	return rtr | (format & FORMAT_IDE ? CAN_EFF_FLAG | (word & CAN_EFF_MASK)
					  : word >> STANDARD_SHIFT & CAN_SFF_MASK);
}

static uint8_t flags_of(uint32_t format)
{
	if (!(format & FORMAT_FDF))
		return 0;
	return CANFD_FDF | (format & FORMAT_BRS ? CANFD_BRS : 0) |
	       (format & FORMAT_ESI ? CANFD_ESI : 0);
}

/*
 * All words that the core has for it are taken, also those which it should not have. The last one;
 * @last: the one before.
 */
static uint32_t read_data(
	const struct ctucan *core, struct canfd_frame *frame, unsigned int words, uint32_t last)
{
	unsigned int most = words < DATA_WORDS ? words : DATA_WORDS;

	uvio_read32_rep(&core->regs, RX_DATA, (uint32_t *)(void *)frame->data, most);
	if (most)
		memcpy(&last, frame->data + 4 * (most - 1), sizeof(last));
	while (most++ < words)
		last = uvio_read32(&core->regs, RX_DATA);
	return last;
}

/* A frame is one if the core still answers after it. */
static bool receive(struct ctucan *core)
{
	struct canfd_frame *frame = uvio_can_rx_place(core->can);
	uint32_t format = uvio_read32(&core->regs, RX_DATA);
	unsigned int words = FORMAT_WORDS(format),
		     length = uvio_can_dlc_length(format & FORMAT_DLC);
	uint32_t head[HEAD_WORDS] = {0}, last;
	uint64_t ticks;

	for (unsigned int i = 0; i < HEAD_WORDS && i < words; i++)
		head[i] = uvio_read32(&core->regs, RX_DATA);
	words = words > HEAD_WORDS ? words - HEAD_WORDS : 0;
	frame->can_id = id_of(format, head[0]);
	frame->flags = flags_of(format);
	if (!frame->flags && length > CAN_MAX_DLEN)
		length = CAN_MAX_DLEN;
	frame->len = (uint8_t)length;
	frame->__res0 = frame->__res1 = 0;
	memset(frame->data, 0, frame->flags ? sizeof(frame->data) : CAN_MAX_DLEN);
	last = read_data(core, frame, words, head[HEAD_WORDS - 1]);
	if (is_silent(core, last))
		return false;
	if (frame->can_id & CAN_RTR_FLAG)
		memset(frame->data, 0, CAN_MAX_DLEN);
	ticks = head[1] | (uint64_t)head[2] << 32;
	uvio_can_rx_commit(core->can, core->stamps ? ctucan_time(ticks, core->clock) : 0);
	return true;
}

static int receive_all(struct ctucan *core)
{
	uint32_t status = uvio_read32(&core->regs, RX_STATUS), count = RX_STATUS_COUNT(status);

	if (is_silent(core, status))
		return silent(core);
	count = count < FRAMES ? count : FRAMES;
	for (uint32_t i = 0; i < count; i++)
		if (!receive(core))
			return silent(core);
	return (int)count;
}

static uint32_t format_of(const struct canfd_frame *frame)
{
	uint32_t format = uvio_can_length_dlc(frame->len);

	format |= frame->can_id & CAN_RTR_FLAG ? FORMAT_RTR : 0;
	format |= frame->can_id & CAN_EFF_FLAG ? FORMAT_IDE : 0;
	if (frame->flags & CANFD_FDF)
		format |= FORMAT_FDF | (frame->flags & CANFD_BRS ? FORMAT_BRS : 0) |
			  (frame->flags & CANFD_ESI ? FORMAT_ESI : 0);
	return format;
}

static void give(const struct ctucan *core, const struct canfd_frame *frame, unsigned int buffer)
{
	const uint32_t *words = (const uint32_t *)(const void *)frame->data;
	uint64_t at = TX_BUFFER(buffer);
	canid_t id = frame->can_id;

	uvio_write32(&core->regs, at, format_of(frame));
	uvio_write32(&core->regs, at + 4,
		id & CAN_EFF_FLAG ? id & CAN_EFF_MASK : (id & CAN_SFF_MASK) << STANDARD_SHIFT);
	uvio_write32(&core->regs, at + 8, 0);
	uvio_write32(&core->regs, at + 12, 0);
	for (unsigned int i = 0; 4 * i < frame->len && !(id & CAN_RTR_FLAG); i++)
		uvio_write32_rep(&core->regs, at + 16 + 4 * i, words + i, 1);
	uvio_write32(&core->regs, TX_COMMAND, TX_COMMAND_READY | TX_COMMAND_BUFFER(buffer));
}

/* From the oldest on, as long as the core is done with them. */
static int complete(struct ctucan *core)
{
	uint32_t status = core->used ? uvio_read32(&core->regs, TX_STATUS) : 0;
	int count = 0;

	while (core->used) {
		uint32_t of_oldest = status >> 4 * core->oldest & 0xf;

		if (of_oldest == TX_STATUS_OK)
			uvio_can_tx_done(core->can, 1);
		else if (of_oldest == TX_STATUS_ERROR || of_oldest == TX_STATUS_ABORTED ||
			 of_oldest == TX_STATUS_EMPTY)
			uvio_can_tx_failed(core->can, 1);
		else
			break;
		core->oldest = (core->oldest + 1) % BUFFERS;
		core->used--;
		count++;
	}
	if (count)
		set_priorities(core);
	return count;
}

static void refill(struct ctucan *core)
{
	const struct canfd_frame *frame;

	while (core->used < BUFFERS && (frame = uvio_can_tx_next(core->can))) {
		give(core, frame, (core->oldest + core->used) % BUFFERS);
		core->used++;
		uvio_can_tx_take(core->can);
	}
}

static void serve_rest(struct ctucan *core, uint32_t causes)
{
	if (causes & INT_DOI) {
		uvio_write32(&core->regs, COMMAND, COMMAND_CDO);
		uvio_can_rx_overrun(core->can);
	}
	if (causes & (INT_ALI | INT_BEI))
		report_error(core, causes);
}

/* Nothing tells that a counter went below the warning limit again. */
static bool may_have_changed(const struct ctucan *core, uint32_t causes)
{
	return causes & (INT_EWLI | INT_FCSI) ||
	       (causes && uvio_can_state(core->can) == CAN_STATE_ERROR_WARNING);
}

void ctucan_irq(const struct ctucan *core, bool on)
{
	if (core->can)
		uvio_write32(&core->regs, on ? INT_ENA_SET : INT_ENA_CLR, core->enabled);
}

bool ctucan_pending(const struct ctucan *core)
{
	return core->can && uvio_read32(&core->regs, INT_STAT) & core->enabled;
}

/* Causes are cleared before what they are for is looked at again, but that of the FIFO after it is
 * empty: it comes back at once where something is in it. */
int ctucan_service(struct ctucan *core)
{
	uint32_t causes;
	int found = 0;

	if (!core->can)
		return 0;
	causes = uvio_read32(&core->regs, INT_STAT);
	if (causes == UINT32_MAX)
		return silent(core);
	causes &= core->enabled;
	if (causes & ~INT_RBNEI)
		uvio_write32(&core->regs, INT_STAT, causes & ~INT_RBNEI);
	if (causes & INT_RBNEI) {
		found = receive_all(core);
		if (found < 0)
			return found;
		uvio_write32(&core->regs, INT_STAT, INT_RBNEI);
	}
	if (causes & ~(INT_RBNEI | INT_TXBHCI))
		serve_rest(core, causes);
	if (may_have_changed(core, causes))
		look_at_state(core);
	found += complete(core);
	refill(core);
	return causes ? found + 1 : found;
}

/* A reset empties the FIFO: what was received before is taken first. */
static int take_rest(struct ctucan *core)
{
	int n, rounds = 0;

	do
		n = ctucan_service(core);
	while (n > 0 && ++rounds < RESTS);
	return n < 0 ? n : 0;
}

static int restart(void *card, unsigned int channel)
{
	struct ctucan *core = core_of(card, channel);
	int rc = take_rest(core);

	if (!rc)
		rc = begin(core);
	if (!rc)
		look_at_state(core);
	return rc;
}

const struct uvio_can_ops ctucan_channels = {
	.size = sizeof(ctucan_channels),
	.channels = count,
	.info = describe,
	.start = start,
	.stop = stop,
	.restart = restart,
	.counters = give_counters,
};
