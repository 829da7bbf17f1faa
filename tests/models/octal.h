/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Models of the SCC2698B, an octal UART, by Philips' datasheet, and of TEWS' TPCI200 with IP-Octal
 * modules, by its user manual. What is on the lines is told by the test: the model knows no time.
 */
#ifndef UVIO_TESTS_MODELS_OCTAL_H
#define UVIO_TESTS_MODELS_OCTAL_H

#include <stdbool.h>
#include <stdint.h>

#include "../fake.h"

#define OCTAL_MODEL_LINES 8
#define OCTAL_MODEL_SLOTS 4
#define OCTAL_MODEL_FIFO 3
#define OCTAL_MODEL_SENT 1024

/** What is wrong with a byte: bits of SR. */
#define OCTAL_MODEL_PARITY 0x20
#define OCTAL_MODEL_FRAMING 0x40
#define OCTAL_MODEL_BREAK 0x80

struct octal_model_line {
	uint8_t mr[2], csr;
	unsigned int pointer;				 /* which of both is next */
	bool receives, sends, rts, breaks, cts, changed; /* changed: a break began or ended */
	uint8_t rx[OCTAL_MODEL_FIFO + 1], errors[OCTAL_MODEL_FIFO + 1];
	unsigned int used; /* the one behind the FIFO is in the shift register */
	bool overrun;
	bool slow, full; /* slow: what is in THR stays until octal_model_step() */
	uint8_t thr;
	uint8_t sent[OCTAL_MODEL_SENT];
	unsigned int sent_count, too_many, break_count;
	bool always_ready; /* a broken one */
};

struct octal_model {
	bool present;
	uint8_t prom[12];
	uint8_t imr[4], acr[4], opcr[4];
	struct octal_model_line lines[OCTAL_MODEL_LINES];
};

struct octal_model_card {
	struct fake_model fake;
	uint32_t las1, las2; /* descriptors of the bridge */
	uint8_t control[OCTAL_MODEL_SLOTS];
	unsigned int acknowledged[OCTAL_MODEL_SLOTS];
	struct octal_model modules[OCTAL_MODEL_SLOTS];
};

uint8_t octal_model_read(struct octal_model *module, unsigned int offset);
void octal_model_write(struct octal_model *module, unsigned int offset, uint8_t value);
/** The first or the second interrupt: of lines 0 to 3, or of 4 to 7. */
bool octal_model_asks(const struct octal_model *module, unsigned int interrupt);

/** A byte comes; whether there was a place for it. */
bool octal_model_hear(struct octal_model_line *line, uint8_t byte, uint8_t errors);
void octal_model_step(struct octal_model_line *line);

/** The card with no modules; and an IP-Octal 232 in a slot. */
void octal_model_card(struct octal_model_card *card);
void octal_model_add(struct octal_model_card *card, unsigned int slot);

#endif /* UVIO_TESTS_MODELS_OCTAL_H */
