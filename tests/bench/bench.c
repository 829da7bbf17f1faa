/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * "uvio" with a floor under each figure of compare: the same work by hand, in the same process, on
 * the same card, on the same memory.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include "compare.h"
#include "floor.h"

#define CARD_BUFFER 0x40000
#define POLL_SPINS 64
#define POLL_PAUSE_MAX_NS 1000000

struct bench {
	const struct floor_ops *ops;
	struct floor floor;
};

static struct floor *floor_of(const struct session *s)
{
	return &((struct bench *)s->floor)->floor;
}

static const struct floor_ops *ops_of(const struct session *s)
{
	return ((struct bench *)s->floor)->ops;
}

static int failed(const char *what)
{
	return uvio_fail(-EIO, "floor: %s: %s", what, strerror(errno));
}

static int round_open(struct session *s, double *sample)
{
	struct floor floor = {0};
	uint64_t start = measure_now(s);
	int rc = ops_of(s)->open(&floor, s->comparison->info->address);

	*sample = measure_since(s, start);
	if (rc)
		return failed("open");
	ops_of(s)->close(&floor);
	return 0;
}

static int round_read(struct session *s, double *sample)
{
	const struct floor *floor = floor_of(s);
	uint64_t start = measure_now(s);

	for (unsigned int i = 0; i < REG_BATCH; i++)
		floor_read(floor, EDU_LIVE);
	*sample = measure_since(s, start) / REG_BATCH;
	return 0;
}

static int round_write(struct session *s, double *sample)
{
	struct floor *floor = floor_of(s);
	uint64_t start = measure_now(s);

	for (unsigned int i = 0; i < REG_BATCH; i++)
		floor_write(floor, EDU_LIVE, i);
	*sample = measure_since(s, start) / REG_BATCH;
	return 0;
}

static int round_map(struct session *s, double *sample)
{
	uint64_t start = measure_now(s);

	if (ops_of(s)->dma_map(floor_of(s), s->memory, MAP_SIZE) ||
		ops_of(s)->dma_unmap(floor_of(s), s->memory, MAP_SIZE))
		return failed("DMA map and unmap");
	*sample = measure_since(s, start);
	return 0;
}

/* As the library polls: at once at first, then in growing pauses. */
static void poll_done(const struct floor *floor)
{
	for (unsigned int i = 0; floor_read(floor, EDU_DMA_COMMAND) & 1; i++) {
		struct timespec pause = {.tv_nsec = POLL_PAUSE_MAX_NS};

		if (i >= POLL_SPINS)
			nanosleep(&pause, NULL);
	}
}

static void transfer(struct floor *floor, uint64_t source, uint64_t target, uint32_t command)
{
	floor_write(floor, EDU_DMA_SOURCE, (uint32_t)source);
	floor_write(floor, EDU_DMA_TARGET, (uint32_t)target);
	floor_write(floor, EDU_DMA_COUNT, TRIP_SIZE);
	floor_write(floor, EDU_DMA_COMMAND, command);
	poll_done(floor);
}

static int prepare_trip(struct session *s)
{
	return ops_of(s)->dma_map(floor_of(s), s->memory, MAP_SIZE) ? failed("DMA map") : 0;
}

static int round_trip(struct session *s, double *sample)
{
	struct floor *floor = floor_of(s);
	uint64_t start = measure_now(s);

	transfer(floor, floor->iova, CARD_BUFFER, 1);
	transfer(floor, CARD_BUFFER, floor->iova, 3);
	*sample = measure_since(s, start);
	return 0;
}

static void finish_trip(struct session *s)
{
	ops_of(s)->dma_unmap(floor_of(s), s->memory, MAP_SIZE);
}

static int prepare_irq(struct session *s)
{
	return ops_of(s)->irq_enable(floor_of(s), s->kind) ? failed("enabling interrupts") : 0;
}

static int round_irq(struct session *s, double *sample)
{
	uint64_t start = measure_now(s);
	int rc = ops_of(s)->irq_round(floor_of(s));

	*sample = measure_since(s, start);
	return rc ? failed("interrupt") : 0;
}

static void finish_irq(struct session *s)
{
	ops_of(s)->irq_disable(floor_of(s));
}

/* With the numbers of rounds of the figures above them. */
static const struct measurement floors[FIGURE_COUNT] = {
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

static const struct measurement irq_floor = {
	.divisor = 1,
	.warm_up = 20,
	.prepare = prepare_irq,
	.round = round_irq,
	.finish = finish_irq,
};

static void put_under(struct session *s, const struct measurement *m, struct figure *figure)
{
	struct figure floor = {0};

	if (!figure->known || !m->round)
		return;
	measure(s, m, "floor", &floor, NULL);
	figure->has_floor = floor.known;
	figure->floor = floor.median;
}

static void measure_floors(struct session *s)
{
	struct backend_result *result = s->result;

	put_under(s, &floors[FIGURE_OPEN], &result->figures[FIGURE_OPEN]);
	if (ops_of(s)->open(floor_of(s), s->comparison->info->address))
		return;
	if (!ops_of(s)->map_bar(floor_of(s)) && !ops_of(s)->bus_master(floor_of(s))) {
		for (int id = FIGURE_OPEN + 1; id < FIGURE_COUNT; id++)
			put_under(s, &floors[id], &result->figures[id]);
		for (int kind = 0; kind < UVIO_IRQ_KINDS; kind++) {
			s->kind = kind;
			put_under(s, &irq_floor, &result->irqs[kind].cost);
		}
	}
	ops_of(s)->close(floor_of(s));
}

static void floor_under(struct session *s)
{
	static const struct floor_ops *const all[] = {&floor_vfio, &floor_uio};
	struct bench bench = {0};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(all[i]->backend, s->result->name))
			bench.ops = all[i];
	if (!bench.ops)
		return;
	s->floor = &bench;
	measure_floors(s);
	s->floor = NULL;
}

int main(int argc, char **argv)
{
	return tool_main(argc, argv, floor_under);
}
