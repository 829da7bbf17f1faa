/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** What each file of uvio-scale measures: one operation, among more and more. */
#ifndef UVIO_TESTS_BENCH_SCALE_H
#define UVIO_TESTS_BENCH_SCALE_H

#include <stdbool.h>
#include <stddef.h>

#include <uvio/uvio.h>

#include "compare.h"

#define SCALE_STEPS 5
#define SCALE_MOST 60000

/** One operation. The growth is that from step @low to the last one. */
struct scale_figure {
	const char *name;
	const char *help;
	bool gated; /* the library's own part: it may not grow faster than the logarithm */
	unsigned int steps;
	unsigned int low;
	size_t counts[SCALE_STEPS];
	/**
	 * Makes it @count of what there is; then @round is measured. Negative errnos, with a
	 * sentence.
	 */
	int (*grow)(size_t count);
	/** Does it @times times; the cost of one. */
	int (*round)(const struct time_base *base, double *cost);
	void (*finish)(void); /* NULL: there is nothing to give back */
	double medians[SCALE_STEPS];
};

#define SCALE_MAPPINGS .steps = 5, .low = 2, .counts = {10, 100, 1000, 10000, 60000}

/** scale_maps.c, scale_cards.c; each ends with a figure without a name. */
extern struct scale_figure scale_maps[];
extern struct scale_figure scale_cards[];

/** The cards of both, open on vfio, with MSI; -ENODEV: the guest has too few. */
int scale_cards_open(struct uvio_ctx *ctx);
void scale_cards_close(void);
struct uvio_udev *scale_first_card(void);

#endif /* UVIO_TESTS_BENCH_SCALE_H */
