/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Ways to run an operation in which a process is not as usual. Each gives what the operation gave,
 * and what is wrong in @wrong, which is empty where all is well.
 */
#ifndef UVIO_TESTS_INJECT_PROCESS_H
#define UVIO_TESTS_INJECT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

/* Of the stack, which one call takes at most, on top of what a thread takes that does nothing. */
#define INJECT_STACK_MOST 10240

/* Sanitizers and the lack of optimization make every frame larger. */
#if defined(__OPTIMIZE__) && !defined(UVIO_INSTRUMENTED)
#define INJECT_STACK_COUNTS 1
#else
#define INJECT_STACK_COUNTS 0
#endif

/** With standard input, output and error closed: none of them may be taken. */
int inject_run_closed(int (*run)(void), char *wrong, size_t size);

/** On a stack that is looked at afterwards: how many bytes it took; 0 where that does not count. */
int inject_run_painted(int (*run)(void), size_t *taken);
/** The most that was seen, as a comment. */
void inject_print_stack(void);

/**
 * In a thread that is cancelled before. It ends in the operation only where that may wait: then
 * @cancelled is set.
 */
int inject_run_cancelled(int (*run)(void), bool *cancelled);

#endif /* UVIO_TESTS_INJECT_PROCESS_H */
