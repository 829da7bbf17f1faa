/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** What most cases on the fake backend begin with: a card that is open, bus mastering off. */
#ifndef UVIO_TESTS_FIXTURE_H
#define UVIO_TESTS_FIXTURE_H

#include <uvio/irq.h>

#include "fake.h"
#include "harness.h"
#include "tree.h"

extern struct tree *tree;
extern struct uvio_udev *udev;
extern struct test_log logged;

/** A tree, nothing open, no faults. */
void fixture_tree(void);

/** And the card open as "fake". */
void fixture_open(void);

/** The same with another card; fixture_close() returns to edu. */
void fixture_open_model(const struct fake_model *model);

/** Closes what is open; everything mapped must be gone afterwards. */
void fixture_close(void);

/** Opens the card with @options, of which the backend is set; the result of uvio_udev_open(). */
int fixture_reopen(struct uvio_open_options options);

/** Enables interrupts, and for messages bus mastering too. */
void fixture_enable(enum uvio_irq_kind kind, unsigned int count);

#endif /* UVIO_TESTS_FIXTURE_H */
