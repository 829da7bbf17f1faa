/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/** Work in a process of its own, which continues when the program that started it ends. */
#ifndef UVIO_APART_H
#define UVIO_APART_H

#define UVIO_APART_KEEP 2

/**
 * Starts @work in a process of its own: in its own session, with all signals blocked, no child of
 * the caller's, and without descriptors but @keep (-1: none; NULL: none at all) and @fd, one end of
 * a socket which keeps messages apart; without what the caller has mapped of devices, too, as
 * registers, which the process would else keep. It ends when @work returns. The caller may have
 * threads: @work only makes system calls, which take no locks. It has a copy of @data.
 *
 * The other end of the socket, which says -EPIPE once the process has ended; or a negative errno,
 * without a text: -ENOSPC where the kernel says EAGAIN, since no process is left for this user
 * and trying again does not help; see uvio_limit_of_processes().
 */
int uvio_apart_start(void (*work)(void *data, int fd), void *data, const int keep[UVIO_APART_KEEP]);

#endif /* UVIO_APART_H */
