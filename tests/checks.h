/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * What the check finds of a device in a tree, for whoever user.h says. Two functions of sys.h are
 * wrapped: nodes are files there, and a group says that it is not viable.
 */
#ifndef UVIO_TESTS_CHECKS_H
#define UVIO_TESTS_CHECKS_H

#include <uvio/check.h>

#include "tree.h"

extern struct tree *tree;
extern struct uvio_check *check;

/** Of a case: root without anything unusual, and nothing left of the tree and the check. */
void setup(void);
void teardown(void);

/** A check in the tree, in place of the one before, which must come to that verdict. */
void run(const char *address, const char *backend, enum uvio_verdict verdict);

/** The same in a new tree. */
void begin(const char *name, const char *address, const char *backend, enum uvio_verdict verdict);

/** The first that says @part; NULL: none. */
const struct uvio_finding *finding_with(const char *part);

/** A finding of that severity, which says @what, with the fix @fix; NULL: none. */
void finds(enum uvio_severity severity, const char *what, const char *fix);

#endif /* UVIO_TESTS_CHECKS_H */
