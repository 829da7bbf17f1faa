/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** A card on a tree, whose configuration space is a file, opened with a guard or without. */
#ifndef UVIO_TESTS_GUARDED_H
#define UVIO_TESTS_GUARDED_H

#include <stdint.h>
#include <sys/types.h>

#include "harness.h"
#include "sim_uio.h"
#include "tree.h"

#define BUS_MASTER 0x004
#define INTX_DISABLE 0x400

extern struct tree *tree;
extern struct uvio_udev *udev;
extern struct test_log logged;

/** A tree, nothing open, on which @program is the guard. */
void guarded_tree(const char *program);

/** And the guard is that of this build. */
void guarded_setup(void);
void guarded_teardown(void);

/** Opens the card with @flags; the result of uvio_udev_open(). */
int guarded_open(uint32_t flags);

void guarded_is_stopped(void);
void guarded_is_running(void);

/** As it was logged; 0: none. */
pid_t guard_pid(void);

/** Until the process has ended; it is no child of this one. Closes @pidfd. */
void guard_await_end(int pidfd);

/** The address of the memory in the guard; 0: it has none. */
unsigned long guard_kept_at(pid_t pid);

#endif /* UVIO_TESTS_GUARDED_H */
