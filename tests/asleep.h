/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** To act when another thread waits, without a guess how long it takes until it does. */
#ifndef UVIO_TESTS_ASLEEP_H
#define UVIO_TESTS_ASLEEP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

/** For what is sure to come: as long as a busy machine may take. */
#define LONG_MS 600000

/** Returns when the process or thread @tid sleeps in poll(), or on a lock; or when it has ended. */
void await_poll(pid_t tid);
void await_lock(pid_t tid);

/** Acts from a thread of its own once the one that called asleep_start() sleeps in poll(). */
struct asleep {
	void (*act)(struct asleep *asleep);
	void *data;
	bool again; /* each time that it sleeps, until asleep_end() */
	pid_t sleeper;
	pthread_t sleeper_thread, thread;
	atomic_bool over;
};

bool asleep_start(struct asleep *asleep);
void asleep_end(struct asleep *asleep);

/** An act, to be done again: the signal could be there just before a wait that has gone round. */
void asleep_interrupt(struct asleep *asleep);

#endif /* UVIO_TESTS_ASLEEP_H */
