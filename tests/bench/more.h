/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** Figures that compare does not have. */
#ifndef UVIO_TESTS_BENCH_MORE_H
#define UVIO_TESTS_BENCH_MORE_H

#include "compare.h"

#include "baseline.h"

struct bench {
	const struct baseline_ops *ops;
	struct baseline baseline;
};

static inline struct baseline *baseline_of(const struct session *s)
{
	return &((struct bench *)s->baseline)->baseline;
}

static inline const struct baseline_ops *ops_of(const struct session *s)
{
	return ((struct bench *)s->baseline)->ops;
}

/** No device is open. Adds each to the result, with its baseline. */
void measure_more(struct session *s);

#endif /* UVIO_TESTS_BENCH_MORE_H */
