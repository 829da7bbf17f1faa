/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A model of the SJA1000 in PeliCAN mode, by Philips' datasheet of 2000-01-04, and of the PCI cards
 * that have it. What is on the bus is told by the test: the model knows no time.
 */
#ifndef UVIO_TESTS_MODELS_SJA1000_H
#define UVIO_TESTS_MODELS_SJA1000_H

#include <linux/can.h>
#include <stdbool.h>
#include <stdint.h>

#include "../fake.h"

#define SJA1000_MODEL_SENT 64
#define SJA1000_MODEL_CHIPS 4

/** What becomes of an attempt to send. */
enum sja1000_model_bus {
	SJA1000_BUS_FREE = 0, /* somebody acknowledges it */
	SJA1000_BUS_BUSY,     /* it waits */
	SJA1000_BUS_DEAF,     /* nobody acknowledges it */
	SJA1000_BUS_LOST,     /* another frame wins */
	SJA1000_BUS_ERROR,    /* a bit error */
};

struct sja1000_model {
	uint8_t mod, ir, ier, btr0, btr1, ocr, alc, ecc, ewlr, cdr;
	uint8_t filter[8]; /* ACR0 to AMR3 */
	uint8_t tx[13], fifo[64];
	unsigned int used, messages; /* bytes and frames in the FIFO */
	unsigned int rxerr, txerr;
	unsigned int recovery; /* times 11 recessive bits until it leaves bus-off */
	bool overrun, bus_off, complete;
	bool pending, self, single; /* a frame waits to be sent, and how */
	bool alc_held, ecc_held;    /* until they are read */
	uint8_t was;		    /* the state when its changes were looked at last */
	enum sja1000_model_bus bus;
	uint8_t lost_at;    /* bit at which arbitration is lost */
	unsigned int flood; /* frames that come while it leaves reset */
	struct can_frame sent[SJA1000_MODEL_SENT];
	unsigned int sent_count;

	/* Broken chips. */
	bool stuck_in_reset, never_resets, rbs_stuck;
};

/** One of the cards: which chips it has, where, and what is between them and the bus. */
struct sja1000_model_card {
	struct fake_model fake;
	unsigned int count, bar, next_bar, distance, stride;
	struct sja1000_model chips[SJA1000_MODEL_CHIPS];
	enum {
		SJA1000_NO_BRIDGE,
		SJA1000_S5920,
		SJA1000_PLX,
		SJA1000_PLX9056,
		SJA1000_PITA
	} bridge;
	unsigned int bridge_bar;
	uint32_t intcsr; /* which lets interrupts through */
	uint16_t asks;	 /* of PITA: kept until they are cleared */
	bool mailbox_set, out_of_reset;
};

void sja1000_model_power_on(struct sja1000_model *chip);
uint8_t sja1000_model_read(struct sja1000_model *chip, unsigned int reg);
void sja1000_model_write(struct sja1000_model *chip, unsigned int reg, uint8_t value);
bool sja1000_model_line(const struct sja1000_model *chip);

/** A frame of another node; whether the FIFO had a place for it, or no filter let it through. */
bool sja1000_model_hear(struct sja1000_model *chip, const struct can_frame *frame);
/** One attempt to send what waits. */
void sja1000_model_attempt(struct sja1000_model *chip);
/** An error in a frame of another node: kind, as in ECC, and place. */
void sja1000_model_bad_frame(struct sja1000_model *chip, uint8_t ecc);
/** The bus is idle for so many times 11 bits. */
void sja1000_model_idle(struct sja1000_model *chip, unsigned int times);

/** A frame in registers; of how many bytes; and whether ACR0 to AMR3 let it through. */
void sja1000_frame_decode(const uint8_t *raw, struct can_frame *frame);
unsigned int sja1000_frame_encode(const struct can_frame *frame, uint8_t *raw);
unsigned int sja1000_frame_size(const uint8_t *raw);
bool sja1000_frame_passes(
	const uint8_t *raw, unsigned int size, const uint8_t *filter, bool single);

/** The card with these ids, all chips as after power on. */
void sja1000_model_card(struct sja1000_model_card *card, uint16_t vendor, uint16_t device,
	uint16_t subvendor, uint16_t subdevice);

#endif /* UVIO_TESTS_MODELS_SJA1000_H */
