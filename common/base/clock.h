/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_BASE_CLOCK_H
#define UVIO_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define UVIO_TIME_SIZE 32

/** @ns as "20 ms", in the largest of ms, us and ns that is exact. Returns @text. */
const char *uvio_time_text(char text[UVIO_TIME_SIZE], int64_t ns);

/* The longest sleep of a wait before it checks whether the device is present. */
#define UVIO_LOOK_NS INT64_C(1000000000)

/* The clock of waits, which cannot be set. */
static inline int64_t uvio_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* The end of a wait of @timeout; never if that is negative. */
static inline int64_t uvio_end_of(int64_t timeout)
{
	int64_t now = uvio_now_ns();

	return timeout < 0 || timeout > INT64_MAX - now ? INT64_MAX : now + timeout;
}

/* How long a wait can sleep before it checks; @rest is the remaining time. */
static inline int64_t uvio_slice_of(int64_t rest)
{
	return rest < 0 ? 0 : rest < UVIO_LOOK_NS ? rest : UVIO_LOOK_NS;
}

#endif /* UVIO_BASE_CLOCK_H */
