/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * "uvio" with a baseline under each figure of compare: the same work by hand, in the same process,
 * on the same card, on the same memory.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include <uvio/error.h>
#include <uvio/irq.h>

#include "more.h"

#define CARD_BUFFER 0x40000
#define POLL_SPINS 64
#define POLL_PAUSE_MAX_NS 1000000

static int failed(const char *what)
{
	return uvio_fail(-EIO, "baseline: %s: %s", what, strerror(errno));
}

static int round_open(struct session *s, double *sample)
{
	struct baseline baseline = {0};
	uint64_t start = measure_now(s);
	int rc = ops_of(s)->open(&baseline, s->comparison->info->address);

	*sample = measure_since(s, start);
	if (rc)
		return failed("open");
	ops_of(s)->close(&baseline);
	return 0;
}

static int round_read(struct session *s, double *sample)
{
	const struct baseline *baseline = baseline_of(s);
	uint64_t start = measure_now(s);

	for (unsigned int i = 0; i < REG_BATCH; i++)
		baseline_read(baseline, EDU_LIVE);
	*sample = measure_since(s, start) / REG_BATCH;
	return 0;
}

static int round_write(struct session *s, double *sample)
{
	struct baseline *baseline = baseline_of(s);
	uint64_t start = measure_now(s);

	for (unsigned int i = 0; i < REG_BATCH; i++)
		baseline_write(baseline, EDU_LIVE, i);
	*sample = measure_since(s, start) / REG_BATCH;
	return 0;
}

static int round_map(struct session *s, double *sample)
{
	uint64_t start = measure_now(s);

	if (ops_of(s)->dma_map(baseline_of(s), s->memory, MAP_SIZE) ||
		ops_of(s)->dma_unmap(baseline_of(s), s->memory, MAP_SIZE))
		return failed("DMA map and unmap");
	*sample = measure_since(s, start);
	return 0;
}

/* As the library polls: at once at first, then in growing pauses. */
static void poll_done(const struct baseline *baseline)
{
	for (unsigned int i = 0; baseline_read(baseline, EDU_DMA_COMMAND) & 1; i++) {
		struct timespec pause = {.tv_nsec = POLL_PAUSE_MAX_NS};

		if (i >= POLL_SPINS)
			nanosleep(&pause, NULL);
	}
}

static void transfer(struct baseline *baseline, uint64_t source, uint64_t target, uint32_t command)
{
	baseline_write(baseline, EDU_DMA_SOURCE, (uint32_t)source);
	baseline_write(baseline, EDU_DMA_TARGET, (uint32_t)target);
	baseline_write(baseline, EDU_DMA_COUNT, TRIP_SIZE);
	baseline_write(baseline, EDU_DMA_COMMAND, command);
	poll_done(baseline);
}

static int prepare_trip(struct session *s)
{
	return ops_of(s)->dma_map(baseline_of(s), s->memory, MAP_SIZE) ? failed("DMA map") : 0;
}

static int round_trip(struct session *s, double *sample)
{
	struct baseline *baseline = baseline_of(s);
	uint64_t start = measure_now(s);

	transfer(baseline, baseline->iova, CARD_BUFFER, 1);
	transfer(baseline, CARD_BUFFER, baseline->iova, 3);
	*sample = measure_since(s, start);
	return 0;
}

static void finish_trip(struct session *s)
{
	ops_of(s)->dma_unmap(baseline_of(s), s->memory, MAP_SIZE);
}

static int prepare_irq(struct session *s)
{
	return ops_of(s)->irq_enable(baseline_of(s), s->kind) ? failed("enabling interrupts") : 0;
}

static int round_irq(struct session *s, double *sample)
{
	uint64_t start = measure_now(s);
	int rc = ops_of(s)->irq_round(baseline_of(s));

	*sample = measure_since(s, start);
	return rc ? failed("interrupt") : 0;
}

static void finish_irq(struct session *s)
{
	ops_of(s)->irq_disable(baseline_of(s));
}

/* With the numbers of rounds of the figures above them. */
static const struct measurement baselines[FIGURE_COUNT] = {
	[FIGURE_OPEN] = {.divisor = 50, .warm_up = 2, .round = round_open},
	[FIGURE_REG_READ] = {.divisor = 1, .warm_up = 3, .round = round_read},
	[FIGURE_REG_WRITE] = {.divisor = 1, .warm_up = 3, .round = round_write},
	[FIGURE_DMA_MAP_UNMAP] = {.divisor = 5, .warm_up = 5, .round = round_map},
	[FIGURE_DMA_ROUND_TRIP] = {.divisor = 200,
		.warm_up = 1,
		.prepare = prepare_trip,
		.round = round_trip,
		.finish = finish_trip},
};

static const struct measurement irq_baseline = {
	.divisor = 1,
	.warm_up = 20,
	.prepare = prepare_irq,
	.round = round_irq,
	.finish = finish_irq,
};

static void put_under(struct session *s, const struct measurement *m, struct figure *figure)
{
	struct figure baseline = {0};

	if (!figure->known || !m->round)
		return;
	measure(s, m, "baseline", &baseline, NULL);
	figure->has_baseline = baseline.known;
	figure->baseline = baseline.median;
}

static void measure_baselines(struct session *s)
{
	struct backend_result *result = s->result;

	put_under(s, &baselines[FIGURE_OPEN], &result->figures[FIGURE_OPEN]);
	if (ops_of(s)->open(baseline_of(s), s->comparison->info->address))
		return;
	if (!ops_of(s)->map_bar(baseline_of(s)) && !ops_of(s)->bus_master(baseline_of(s))) {
		for (int id = FIGURE_OPEN + 1; id < FIGURE_COUNT; id++)
			put_under(s, &baselines[id], &result->figures[id]);
		for (int kind = 0; kind < UVIO_IRQ_KINDS; kind++) {
			s->kind = kind;
			put_under(s, &irq_baseline, &result->irqs[kind].cost);
		}
	}
	ops_of(s)->close(baseline_of(s));
}

static void baseline_under(struct session *s)
{
	static const struct baseline_ops *const all[] = {
		&baseline_vfio, &baseline_cdev, &baseline_compat, &baseline_uio};
	struct bench bench = {0};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(all[i]->backend, s->result->name))
			bench.ops = all[i];
	if (!bench.ops)
		return;
	s->baseline = &bench;
	measure_baselines(s);
	measure_more(s);
	s->baseline = NULL;
}

int main(int argc, char **argv)
{
	return tool_main(argc, argv, baseline_under);
}
