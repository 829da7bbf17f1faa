/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Who runs the program, so far as the library asks: geteuid() and access() are wrapped. As a
 * user, only the permissions of others count, whoever really runs the test.
 */
#ifndef UVIO_TESTS_USER_H
#define UVIO_TESTS_USER_H

/** 0: root, who may everything. */
extern unsigned int user;

#endif /* UVIO_TESTS_USER_H */
