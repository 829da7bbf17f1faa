/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** What the cases of serial card drivers on models have in common: one line that is used. */
#ifndef UVIO_TESTS_SERIAL_CARD_H
#define UVIO_TESTS_SERIAL_CARD_H

#include <uvio/driver.h>
#include <uvio/serial.h>

#include "fixture.h"

#define SERVICE_CALLS 65536 /* most register accesses of one service */

extern const struct uvio_driver *driver;
extern struct uvio_card *card;
extern struct uvio_serial *serial;

/** Opens a model, for which there is this driver; and attaches it, and takes line 0. */
void serial_open(const struct fake_model *model, const char *name);
void serial_attach(void);
void serial_close(void);

/** 9600 bit/s, 8 bits, no parity, 1 stop bit. */
struct uvio_serial_config serial_config(void);
void serial_begin(void);
void serial_serve(void);

/** So many bytes, from @first on, are taken; and are the next that come, with this mark each. */
void serial_send(unsigned int first, unsigned int count);
void serial_expect(unsigned int first, unsigned int count, uint8_t mark);
void serial_nothing_more(void);
struct uvio_serial_stats serial_stats(void);

/**
 * Removes the card at each register access from attach to stop in turn: -ENODEV. @setup opens the
 * model, and @hear has it receive.
 */
void serial_removed_anywhere(void (*setup)(void), void (*hear)(void));
/** As above, but the card is there, as one whose decoding of addresses was switched off. */
void serial_silent_anywhere(void (*setup)(void), void (*hear)(void));

#endif /* UVIO_TESTS_SERIAL_CARD_H */
