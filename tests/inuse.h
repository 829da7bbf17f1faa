/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** Who has a device in a tree, where process 4711 is another program; /dev/null is the node. */
#ifndef UVIO_TESTS_INUSE_H
#define UVIO_TESTS_INUSE_H

#include "harness.h"
#include "tree.h"

#define NULL_NUMBER "1:3"

extern struct tree *tree;
extern struct test_log logged;

/** Of a case: a new tree with that process, and a log of warnings. */
void begin(const char *name);
void teardown(void);

/** In it the card's UIO node has the number of /dev/null. */
void begin_with_number(void);

/** For who is about to take it away. */
int strict_answer(const char *text);

/** For who wants to know. */
int answer(const char *text);

/** Both say so. */
void is_busy(const char *address, const char *text);

/** The same, and nothing was logged. */
void is_free(const char *address);

#endif /* UVIO_TESTS_INUSE_H */
