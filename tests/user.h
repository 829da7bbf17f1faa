/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Who runs the program, so far as the library asks: the functions of rights.h are wrapped. As a
 * user, only the permissions of others count, whoever really runs the test.
 */
#ifndef UVIO_TESTS_USER_H
#define UVIO_TESTS_USER_H

#include <stdint.h>

#include <linux/capability.h>

/** 0: root. */
extern unsigned int user;
/** A bit for each capability that root lacks, or that another user has; 0: as usual. */
extern uint64_t user_unusual;
#define USER_UNUSUAL(capability) (UINT64_C(1) << (capability))
/** Nodes with this in their path are refused by the rules of a control group; NULL: none. */
extern const char *user_refused;

#endif /* UVIO_TESTS_USER_H */
