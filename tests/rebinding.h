/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A change of the driver, with the kernel of kernel.h, of which something happens at one write. Its
 * program is linked with -Wl,--wrap=uvio_sys_receive: time is over at once where the kernel keeps a
 * write, and never elsewhere.
 */
#ifndef UVIO_TESTS_REBINDING_H
#define UVIO_TESTS_REBINDING_H

#include <stdbool.h>
#include <sys/types.h>

#include "harness.h"
#include "tree.h"

#define UIO "uio_pci_generic"
#define RECORD "run/uvio/bind-" EDU

extern struct tree *tree;
extern struct test_log logged;
extern pid_t program;		  /* which calls the library */
extern unsigned int at;		  /* the write at which something happens */
extern unsigned int stuck_at;	  /* the write that the kernel keeps; 0: none */
extern bool never_begins;	  /* the process that works for the program */
extern unsigned int stuck_answer; /* of what else is asked apart; 0: none */
extern bool starved;		  /* the process that asks waits for the processor only */

/** Of each case. */
void setup(void);
/** A new tree and a kernel, and what happens before each write. */
void begin(const char *name, void (*before)(void));
void end(void);

/** Whether this is write @at of the process that works for the program. */
bool is_the_write(void);
/** Until no process is left of it. */
void await_all(void);
/** What is bound at the end, and no record is left. */
void is(const char *driver, const char *override);

int run_bind(void);
int run_unbind(void);

#endif /* UVIO_TESTS_REBINDING_H */
