/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * What compare does not show: the default open, an interrupt for a thread that sleeps, memory for
 * DMA, and many mappings. Each on the library, and by hand on a device opened by hand.
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uvio/dma.h>
#include <uvio/driver.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "more.h"
#include "space.h"

#define MANY 30000
#define AMONG 60000
#define PLACES (2 * (size_t)AMONG)

static int failed(const char *what)
{
	return uvio_fail(-errno, "bench: %s: %s", what, strerror(errno));
}

static int open_ours(struct session *s)
{
	int rc = compare_open(s->comparison, s->result->name, &s->udev);

	return rc ? rc : uvio_bus_master(s->udev, true);
}

static void close_ours(struct session *s)
{
	uvio_udev_close(s->udev);
	s->udev = NULL;
}

static int open_theirs(struct session *s)
{
	struct baseline *baseline = baseline_of(s);

	*baseline = (struct baseline){0};
	if (ops_of(s)->open(baseline, s->comparison->info->address) ||
		ops_of(s)->map_bar(baseline) || ops_of(s)->bus_master(baseline))
		return failed("open");
	return 0;
}

static void close_theirs(struct session *s)
{
	ops_of(s)->close(baseline_of(s));
}

/* Open and map BAR 0, the library as it comes. */

static int open_default(const struct session *s, struct uvio_udev **udev)
{
	return uvio_udev_open(s->comparison->tool->ctx, s->comparison->info->address, NULL, udev);
}

/* Whether the library chooses the transport that is being measured. */
static bool is_default(struct session *s)
{
	char name[64];
	struct uvio_udev *udev;

	if (open_default(s, &udev))
		return false;
	snprintf(name, sizeof(name), "%s%s%s", uvio_udev_backend(udev),
		*uvio_udev_transport(udev) ? "/" : "", uvio_udev_transport(udev));
	uvio_udev_close(udev);
	return !strcmp(name, s->result->name);
}

static int round_open_default(struct session *s, double *sample)
{
	struct uvio_region bar;
	struct uvio_udev *udev;
	uint64_t start = measure_now(s);
	int rc = open_default(s, &udev);

	if (rc)
		return rc;
	rc = uvio_region_map(udev, UVIO_REGION_BAR0, &bar);
	*sample = measure_since(s, start);
	uvio_udev_close(udev);
	return rc;
}

static int round_open_by_hand(struct session *s, double *sample)
{
	struct baseline *baseline = baseline_of(s);
	uint64_t start;
	int rc;

	*baseline = (struct baseline){0};
	start = measure_now(s);
	rc = ops_of(s)->open(baseline, s->comparison->info->address) ||
	     ops_of(s)->map_bar(baseline);
	*sample = measure_since(s, start);
	close_theirs(s);
	return rc ? failed("open") : 0;
}

/*
 * An interrupt for a thread that sleeps. The one that waits has precedence, so that the other one,
 * which raises it, runs while it sleeps and no longer.
 */

static struct raiser {
	struct session *session;
	pthread_t thread;
	atomic_int wanted; /* 1: raise; -1: end */
	void (*raise)(struct session *s);
} raiser;

static void *raise_when_wanted(void *data)
{
	(void)data;
	for (;;) {
		int wanted = atomic_exchange(&raiser.wanted, 0);

		if (wanted < 0)
			return NULL;
		if (wanted)
			raiser.raise(raiser.session);
	}
}

static int set_precedence(int policy, int priority)
{
	const struct sched_param param = {.sched_priority = priority};

	return sched_setscheduler(0, policy, &param) ? failed("sched_setscheduler") : 0;
}

static int raiser_start(struct session *s, void (*raise)(struct session *s))
{
	raiser.session = s;
	raiser.raise = raise;
	atomic_store(&raiser.wanted, 0);
	if (pthread_create(&raiser.thread, NULL, raise_when_wanted, NULL))
		return failed("pthread_create");
	return set_precedence(SCHED_FIFO, 1);
}

static void raiser_end(void)
{
	set_precedence(SCHED_OTHER, 0);
	atomic_store(&raiser.wanted, -1);
	pthread_join(raiser.thread, NULL);
}

static void raise_ours(struct session *s)
{
	s->trial->irq_raise(s->priv, 0);
}

static void raise_theirs(struct session *s)
{
	baseline_write(baseline_of(s), EDU_IRQ_RAISE, 2);
}

static int prepare_asleep(struct session *s)
{
	int rc = open_ours(s);

	if (!rc)
		rc = uvio_card_attach(s->driver, s->udev, &s->card);
	if (rc)
		return rc;
	s->priv = uvio_card_priv(s->card);
	rc = uvio_irq_enable(s->udev, s->kind, 1);
	return rc ? rc : raiser_start(s, raise_ours);
}

static int round_asleep(struct session *s, double *sample)
{
	uint64_t start = measure_now(s);
	int rc;

	atomic_store(&raiser.wanted, 1);
	rc = uvio_irq_wait(s->udev, 0, UVIO_MS(EDU_LATE_MS), NULL);
	if (!rc)
		rc = s->trial->irq_clear(s->priv, 0);
	if (!rc)
		rc = uvio_irq_ack(s->udev, 0);
	*sample = measure_since(s, start);
	return rc;
}

static void finish_asleep(struct session *s)
{
	raiser_end();
	uvio_irq_disable(s->udev);
	uvio_card_detach(s->card);
	close_ours(s);
}

static int prepare_asleep_by_hand(struct session *s)
{
	int rc = open_theirs(s);

	if (rc)
		return rc;
	if (ops_of(s)->irq_enable(baseline_of(s), s->kind))
		return failed("enabling interrupts");
	return raiser_start(s, raise_theirs);
}

static int round_asleep_by_hand(struct session *s, double *sample)
{
	uint64_t start = measure_now(s);
	int rc;

	atomic_store(&raiser.wanted, 1);
	rc = ops_of(s)->irq_asleep(baseline_of(s));
	*sample = measure_since(s, start);
	return rc ? failed("interrupt") : 0;
}

static void finish_asleep_by_hand(struct session *s)
{
	raiser_end();
	ops_of(s)->irq_disable(baseline_of(s));
	close_theirs(s);
}

/* Memory for DMA, and back. By hand it is the kernel that reads it in, while it pins it. */

static int alloc_free(struct session *s, size_t size, double *sample)
{
	struct uvio_dma dma;
	uint64_t start = measure_now(s);
	int rc = uvio_dma_alloc(s->udev, size, 0, &dma);

	if (!rc)
		rc = uvio_dma_free(s->udev, &dma);
	*sample = measure_since(s, start);
	return rc;
}

static int alloc_free_by_hand(struct session *s, size_t size, double *sample)
{
	uint64_t start = measure_now(s);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || ops_of(s)->dma_map(baseline_of(s), memory, size) ||
		ops_of(s)->dma_unmap(baseline_of(s), memory, size) || munmap(memory, size))
		return failed("memory for DMA");
	*sample = measure_since(s, start);
	return 0;
}

static int round_alloc_64k(struct session *s, double *sample)
{
	return alloc_free(s, MAP_SIZE, sample);
}

static int round_alloc_64k_by_hand(struct session *s, double *sample)
{
	return alloc_free_by_hand(s, MAP_SIZE, sample);
}

static int round_alloc_4k(struct session *s, double *sample)
{
	return alloc_free(s, PAGE, sample);
}

static int round_alloc_4k_by_hand(struct session *s, double *sample)
{
	return alloc_free_by_hand(s, PAGE, sample);
}

/* A FIFO: many words from one register. */

#define WORDS 256

static struct uvio_region fifo_bar;

static int prepare_fifo(struct session *s)
{
	int rc = open_ours(s);

	return rc ? rc : uvio_region_map(s->udev, UVIO_REGION_BAR0, &fifo_bar);
}

static int round_fifo(struct session *s, double *sample)
{
	uint32_t words[WORDS];
	uint64_t start = measure_now(s);

	uvio_read32_rep(&fifo_bar, EDU_LIVE, words, WORDS);
	*sample = measure_since(s, start);
	return 0;
}

static int round_fifo_by_hand(struct session *s, double *sample)
{
	const volatile void *at = baseline_of(s)->bar + EDU_LIVE;
	uint32_t words[WORDS];
	uint64_t start = measure_now(s);

#pragma GCC unroll 8
	for (unsigned int i = 0; i < WORDS; i++)
		words[i] = *(const volatile uint32_t *)at;
	__asm__ volatile("" ::"r"(words) : "memory");
	*sample = measure_since(s, start);
	return 0;
}

static char *space;
static size_t turn; /* of all rounds: each takes another place */

static int make_space(void)
{
	space = space ? space : space_make(PLACES);
	return space ? 0 : failed("memory");
}

static int map_ours(struct session *s, size_t place)
{
	struct uvio_dma_segment segment;
	int rc = uvio_dma_map(s->udev, space + place * PAGE, PAGE, 0, &segment, 1);

	return rc < 0 ? rc : 0;
}

static int unmap_ours(struct session *s, size_t place)
{
	return uvio_dma_unmap(s->udev, space + place * PAGE, PAGE);
}

static int map_theirs(struct session *s, size_t place)
{
	baseline_of(s)->at = BASELINE_IOVA + place * PAGE;
	return ops_of(s)->dma_map(baseline_of(s), space + place * PAGE, PAGE) ? failed("DMA map")
									      : 0;
}

static int unmap_theirs(struct session *s, size_t place)
{
	baseline_of(s)->at = BASELINE_IOVA + place * PAGE;
	return ops_of(s)->dma_unmap(baseline_of(s), space + place * PAGE, PAGE)
		       ? failed("DMA unmap")
		       : 0;
}

typedef int place_fn(struct session *s, size_t place);

/* Every other place. */
static int fill(struct session *s, place_fn *map, size_t count)
{
	int rc = make_space();

	for (size_t i = 0; i < count && !rc; i++)
		rc = map(s, 2 * i);
	return rc;
}

static int close_with(struct session *s, int (*open)(struct session *s), place_fn *map,
	void (*close)(struct session *s), double *sample)
{
	uint64_t start;
	int rc = open(s);

	if (!rc)
		rc = fill(s, map, MANY);
	start = measure_now(s);
	close(s);
	*sample = measure_since(s, start);
	return rc;
}

static int round_close(struct session *s, double *sample)
{
	return close_with(s, open_ours, map_ours, close_ours, sample);
}

static int round_close_by_hand(struct session *s, double *sample)
{
	return close_with(s, open_theirs, map_theirs, close_theirs, sample);
}

static int map_and_unmap(struct session *s, place_fn *map, place_fn *unmap, double *sample)
{
	/* In no order: a prime that is no factor of the count. */
	size_t place = 2 * (turn++ * 7919 % AMONG) + 1;
	uint64_t start = measure_now(s);
	int rc = map(s, place);

	if (!rc)
		rc = unmap(s, place);
	*sample = measure_since(s, start);
	return rc;
}

static int prepare_among(struct session *s)
{
	int rc = open_ours(s);

	return rc ? rc : fill(s, map_ours, AMONG);
}

static int round_among(struct session *s, double *sample)
{
	return map_and_unmap(s, map_ours, unmap_ours, sample);
}

static int prepare_among_by_hand(struct session *s)
{
	int rc = open_theirs(s);

	return rc ? rc : fill(s, map_theirs, AMONG);
}

static int round_among_by_hand(struct session *s, double *sample)
{
	return map_and_unmap(s, map_theirs, unmap_theirs, sample);
}

/* Every other one of them goes again. */
static int thin_out(struct session *s, place_fn *unmap)
{
	int rc = 0;

	for (size_t i = 0; i < AMONG && !rc; i += 2)
		rc = unmap(s, 2 * i);
	return rc;
}

static int prepare_gaps(struct session *s)
{
	int rc = prepare_among(s);

	return rc ? rc : thin_out(s, unmap_ours);
}

static int prepare_gaps_by_hand(struct session *s)
{
	int rc = prepare_among_by_hand(s);

	return rc ? rc : thin_out(s, unmap_theirs);
}

#define ON_OPEN(prepared, rounds, of, number)                                                      \
	{                                                                                          \
		.needs = of, .divisor = number, .warm_up = 5, .prepare = prepared,                 \
		.round = rounds, .finish = close_ours                                              \
	}
#define BY_HAND(prepared, rounds, number)                                                          \
	{                                                                                          \
		.divisor = number, .warm_up = 5, .prepare = prepared, .round = rounds,             \
		.finish = close_theirs                                                             \
	}

static const struct {
	const char *name;
	bool (*can)(struct session *s);
	struct measurement ours, theirs;
} pairs[] = {
	{
		.name = "open_default",
		.can = is_default,
		.ours = {.divisor = 50, .warm_up = 2, .round = round_open_default},
		.theirs = {.divisor = 50, .warm_up = 2, .round = round_open_by_hand},
	},
	{
		.name = "irq_asleep",
		.ours = {.divisor = 5,
			.warm_up = 20,
			.prepare = prepare_asleep,
			.round = round_asleep,
			.finish = finish_asleep},
		.theirs = {.divisor = 5,
			.warm_up = 20,
			.prepare = prepare_asleep_by_hand,
			.round = round_asleep_by_hand,
			.finish = finish_asleep_by_hand},
	},
	{
		.name = "dma_alloc_free_64k",
		.ours = ON_OPEN(open_ours, round_alloc_64k, UVIO_CAP_DMA_ISOLATED, 10),
		.theirs = BY_HAND(open_theirs, round_alloc_64k_by_hand, 10),
	},
	{
		.name = "dma_alloc_free_4k",
		.ours = ON_OPEN(open_ours, round_alloc_4k, UVIO_CAP_DMA_ISOLATED, 10),
		.theirs = BY_HAND(open_theirs, round_alloc_4k_by_hand, 10),
	},
	{
		.name = "fifo_256",
		.ours = ON_OPEN(prepare_fifo, round_fifo, 0, 10),
		.theirs = BY_HAND(open_theirs, round_fifo_by_hand, 10),
	},
	{
		.name = "close_30000",
		.ours = {.needs = UVIO_CAP_DMA_ISOLATED, .divisor = 1000, .round = round_close},
		.theirs = {.divisor = 1000, .round = round_close_by_hand},
	},
	{
		.name = "map_unmap_among_60000",
		.ours = ON_OPEN(prepare_among, round_among, UVIO_CAP_DMA_ISOLATED, 5),
		.theirs = BY_HAND(prepare_among_by_hand, round_among_by_hand, 5),
	},
	{
		.name = "map_unmap_in_30000_gaps",
		.ours = ON_OPEN(prepare_gaps, round_among, UVIO_CAP_DMA_ISOLATED, 5),
		.theirs = BY_HAND(prepare_gaps_by_hand, round_among_by_hand, 5),
	},
};

/* Of another program, which has the device open. */
static double resident(const struct session *s, const char *program)
{
	char command[256];
	double kb = 0;
	FILE *output;

	snprintf(command, sizeof(command), "./%s %s %s", program, s->comparison->info->address,
		s->result->name);
	output = popen(command, "r");
	if (output && fscanf(output, "%lf", &kb) != 1)
		kb = 0;
	if (output)
		pclose(output);
	return kb;
}

static void measure_resident(struct session *s)
{
	double kb = resident(s, "resident");
	const struct figure figure = {
		.known = true,
		.median = kb,
		.p99 = kb,
		.max = kb,
		.has_baseline = true,
		.baseline = resident(s, "resident-by-hand"),
	};

	if (kb > 0 && figure.baseline > 0)
		measure_add(s, "resident", "kB", &figure);
}

void measure_more(struct session *s)
{
	s->kind = s->result->caps & UVIO_CAP_MSI ? UVIO_IRQ_MSI : UVIO_IRQ_INTX;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct figure figure = {0}, baseline = {0};

		if (pairs[i].can && !pairs[i].can(s))
			continue;
		measure(s, &pairs[i].ours, pairs[i].name, &figure, NULL);
		if (!figure.known)
			continue;
		measure(s, &pairs[i].theirs, pairs[i].name, &baseline, NULL);
		figure.has_baseline = baseline.known;
		figure.baseline = baseline.median;
		measure_add(s, pairs[i].name, NULL, &figure);
	}
	measure_resident(s);
}
