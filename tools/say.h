/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Messages on standard error, and what a service prints on standard output: whole texts, which,
 * where a card is served, never wait for whoever is to read them. Others may have the same open
 * file, which therefore stays as it is: blocking.
 */
#ifndef UVIO_TOOLS_SAY_H
#define UVIO_TOOLS_SAY_H

#include <stdint.h>

/** From now on say() drops what standard error does not take at once. */
void say_never_wait(void);

/**
 * @text, whole lines, on standard error. Before the first that is taken after others were dropped
 * a line says how many those were.
 */
void say(const char *text);

/** How many were dropped, in all. */
uint64_t say_dropped(void);

/**
 * Writes @text to the descriptor, and never waits. 0; or a negative errno, -EAGAIN: it takes not
 * all of it now.
 */
int say_at_once(int fd, const char *text);

#endif /* UVIO_TOOLS_SAY_H */
