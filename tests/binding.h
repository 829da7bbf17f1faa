/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** A card in a tree with the kernel of kernel.h; nanosleep() is wrapped, so that nobody waits. */
#ifndef UVIO_TESTS_BINDING_H
#define UVIO_TESTS_BINDING_H

#include "harness.h"
#include "tree.h"

extern struct tree *tree;
extern struct test_log logged;

/** What happens while the library waits; NULL: nothing. */
extern void (*meanwhile)(void);

/** Of a case: a new tree and a log, for the card of that address or the one of edu. */
void begin_with(const char *name, const char *address);
void begin(const char *name);
void teardown(void);

/** Has the card's lock by a descriptor of its own, as another process would; gives that. */
int lock_it(void);

#endif /* UVIO_TESTS_BINDING_H */
