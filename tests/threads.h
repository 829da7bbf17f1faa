/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** Threads that work beside each other, and count what fails: they may not use assertions. */
#ifndef UVIO_TESTS_THREADS_H
#define UVIO_TESTS_THREADS_H

#define THREADS 4
#define ROUNDS 2000

/** For the result of a thread: the number of what failed. */
void *failed(unsigned long count);

/** Runs them all until they end; the sum of what failed in @failures. */
void run_threads(void *(*const work[THREADS])(void *), unsigned long *failures);

#endif /* UVIO_TESTS_THREADS_H */
