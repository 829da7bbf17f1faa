/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A model of the card with two CTU CAN FD cores, by the core's datasheet ("CTU CAN FD IP CORE",
 * version 2.x). What is on the bus is told by the test: the model knows no time.
 */
#ifndef UVIO_TESTS_MODELS_CTUCAN_H
#define UVIO_TESTS_MODELS_CTUCAN_H

#include <linux/can.h>
#include <stdbool.h>
#include <stdint.h>

#include "../fake.h"

#define CTUCAN_MODEL_FIFO 2048 /* words */
#define CTUCAN_MODEL_BUFFERS 4
#define CTUCAN_MODEL_SENT 64
#define CTUCAN_MODEL_FILTERS 3

/** What becomes of an attempt to send. */
enum ctucan_model_bus {
	CTUCAN_BUS_FREE = 0, /* somebody acknowledges it */
	CTUCAN_BUS_BUSY,     /* it waits */
	CTUCAN_BUS_DEAF,     /* nobody acknowledges it */
	CTUCAN_BUS_LOST,     /* another frame wins */
	CTUCAN_BUS_ERROR,    /* a bit error */
};

struct ctucan_model {
	uint32_t mode, int_stat, int_ena, int_mask;
	uint32_t btr, btr_fd, trv_delay, priority, limits, err_capt;
	uint32_t fifo[CTUCAN_MODEL_FIFO];
	unsigned int used, frames; /* words and frames in the FIFO */
	unsigned int left;	   /* words of the frame that is read */
	uint32_t buffers[CTUCAN_MODEL_BUFFERS][20];
	uint8_t states[CTUCAN_MODEL_BUFFERS];
	uint32_t masks[CTUCAN_MODEL_FILTERS], values[CTUCAN_MODEL_FILTERS], filter_control;
	unsigned int rec, tec;
	bool overrun, joined; /* joined: it is part of the bus's traffic */

	/* Not changed by a reset. */
	uint32_t filters; /* which of them it was made with, bits 0 to 2 */
	uint64_t time;	  /* of its counter; 0: it has none */
	enum ctucan_model_bus bus;
	bool joins_late;  /* until ctucan_model_idle() */
	uint32_t lost_at; /* ALC of ERR_CAPT */
	struct canfd_frame sent[CTUCAN_MODEL_SENT];
	unsigned int sent_count;

	/* Broken cores. */
	bool never_resets; /* its identification stays away after a reset */
	bool rbne_stuck, gone_wild;
};

struct ctucan_model_card {
	struct fake_model fake;
	struct ctucan_model cores[2];
	uint32_t board_id, board_irq;
};

void ctucan_model_power_on(struct ctucan_model *core);
uint32_t ctucan_model_read(struct ctucan_model *core, uint64_t offset);
void ctucan_model_write(struct ctucan_model *core, uint64_t offset, uint32_t value);
bool ctucan_model_line(const struct ctucan_model *core);

/** A frame of another node; whether a filter let it through, and the FIFO had a place for it. */
bool ctucan_model_hear(struct ctucan_model *core, const struct canfd_frame *frame);
/** One attempt to send what waits and goes first. */
void ctucan_model_attempt(struct ctucan_model *core);
/** An error in a frame of another node: type of ERR_CAPT. */
void ctucan_model_bad_frame(struct ctucan_model *core, uint32_t type);
/** The bus is idle: a core that is enabled becomes part of its traffic. */
void ctucan_model_idle(struct ctucan_model *core);

/** A frame in words, of which the last two of the head are the time; how many words. */
unsigned int ctucan_frame_encode(
	const struct canfd_frame *frame, uint64_t time, uint32_t words[20]);
void ctucan_frame_decode(const uint32_t words[20], struct canfd_frame *frame);

/** Whether it passes the filters that the core has. */
bool ctucan_frame_passes(const struct ctucan_model *core, const uint32_t words[20]);

/** The card, as after power on. */
void ctucan_model_card(struct ctucan_model_card *card);

#endif /* UVIO_TESTS_MODELS_CTUCAN_H */
