/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** What the cases of CAN card drivers on models have in common: one channel that is used. */
#ifndef UVIO_TESTS_CAN_CARD_H
#define UVIO_TESTS_CAN_CARD_H

#include <uvio/can.h>
#include <uvio/driver.h>

#include "fixture.h"

#define SERVICE_CALLS 65536 /* most register accesses of one service */

extern const struct uvio_driver *driver;
extern struct uvio_card *card;
extern struct uvio_can *can;

/** Opens a model, for which there is this driver; and attaches it, and takes channel 0. */
void can_open(const struct fake_model *model, const char *name);
void can_attach(void);
void can_close(void);

/** At 500 kbit/s, with CAN FD 2 Mbit/s. */
void can_begin(uint32_t modes);
void can_serve(void);

/** A standard frame with different bytes. */
struct can_frame can_numbered(unsigned int number, unsigned int length);
/** One of 36: standard and extended, data and remote, of 0 to 8 bytes. */
struct can_frame can_kind(unsigned int number);
/** Sends that with 8 bytes, and serves the card. */
void can_transmit(unsigned int number);

/** The next frame, which is there. */
struct can_frame can_next(void);
void can_nothing_more(void);
void can_same(const struct can_frame *have, const struct can_frame *want);
struct uvio_can_stats can_stats(void);

/**
 * Removes the card at each register access from attach to stop in turn: -ENODEV. @setup opens the
 * model, and @hear has it receive.
 */
void can_removed_anywhere(void (*setup)(void), void (*hear)(const struct can_frame *frame));
/** As above, but the card is there, as one whose decoding of addresses was switched off. */
void can_silent_anywhere(void (*setup)(void), void (*hear)(const struct can_frame *frame));

#endif /* UVIO_TESTS_CAN_CARD_H */
