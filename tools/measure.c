/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "compare.h"
#include "traffic.h"

enum {
	MAP_SEGMENTS = 64,
	LOOKUP_MAPPINGS = 1000,
	LOOKUP_BATCH = 1000,
	IRQ_TIMEOUT_MS = 10000,
	SPURIOUS_MAX = 16,
	CLOCK_ROUNDS = 101,
};

const char *const figure_names[FIGURE_COUNT] = {
	[FIGURE_OPEN] = "open",
	[FIGURE_REG_READ] = "reg_read",
	[FIGURE_REG_WRITE] = "reg_write",
	[FIGURE_DMA_MAP_UNMAP] = "dma_map_unmap",
	[FIGURE_DMA_ROUND_TRIP] = "dma_round_trip",
	[FIGURE_IOVA_LOOKUP] = "iova_lookup",
	[FIGURE_CAN_SEND_1] = "can_send_1",
	[FIGURE_CAN_SEND_16] = "can_send_16",
	[FIGURE_CAN_RECEIVE_1] = "can_receive_1",
	[FIGURE_CAN_RECEIVE_16] = "can_receive_16",
	[FIGURE_SERIAL_16] = "serial_16",
	[FIGURE_SERIAL_256] = "serial_256",
};

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void summarise(double *samples, size_t count, struct figure *figure)
{
	qsort(samples, count, sizeof(*samples), compare_doubles);
	figure->median = (samples[(count - 1) / 2] + samples[count / 2]) / 2;
	figure->p99 = samples[(count * 99 + 99) / 100 - 1];
	figure->max = samples[count - 1];
	figure->known = true;
}

static void calibrate(struct time_base *base)
{
	double samples[CLOCK_ROUNDS];
	struct figure figure;

	base->cost = 0;
	for (size_t i = 0; i < CLOCK_ROUNDS; i++)
		samples[i] = clock_since(base, clock_now(base));
	summarise(samples, CLOCK_ROUNDS, &figure);
	base->cost = (uint64_t)figure.median;
}

int time_base_init(const struct tool *tool, struct time_base *base)
{
	const char *name = getenv("UVIO_CLOCK");

	base->instructions = name && !strcmp(name, "instructions");
	if (name && *name && !base->instructions)
		return tool_usage(tool, "UVIO_CLOCK: '%s' is not 'instructions'", name);
	if (base->instructions && !HAVE_TSC)
		return tool_usage(tool, "UVIO_CLOCK: this processor has no time stamp counter");
	base->unit = base->instructions ? "instructions" : "ns";
	calibrate(base);
	return TOOL_GO_ON;
}

static int round_open(struct session *s, double *sample)
{
	const struct time_base *base = &s->comparison->time_base;
	struct uvio_udev *udev;
	uint64_t start = clock_now(base);
	int rc = compare_open(s->comparison, s->result->name, &udev);

	*sample = clock_since(base, start);
	if (!rc)
		uvio_udev_close(udev);
	return rc;
}

static bool can_read(const struct uvio_trial *trial)
{
	return trial->reg_read;
}

static int round_read(struct session *s, double *sample)
{
	const struct time_base *base = &s->comparison->time_base;
	uint64_t start = clock_now(base);

	s->trial->reg_read(s->priv, REG_BATCH);
	*sample = clock_since(base, start) / REG_BATCH;
	return 0;
}

static bool can_write(const struct uvio_trial *trial)
{
	return trial->reg_write;
}

static int round_write(struct session *s, double *sample)
{
	const struct time_base *base = &s->comparison->time_base;
	uint64_t start = clock_now(base);

	s->trial->reg_write(s->priv, REG_BATCH);
	*sample = clock_since(base, start) / REG_BATCH;
	return 0;
}

static int prepare_map(struct session *s)
{
	if (s->memory)
		return 0;
	s->memory = mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->memory == MAP_FAILED) {
		s->memory = NULL;
		return uvio_fail(-errno, "mmap of %d bytes: %s", MAP_SIZE, strerror(errno));
	}
	memset(s->memory, 0x5a, MAP_SIZE);
	return 0;
}

static int round_map(struct session *s, double *sample)
{
	const struct time_base *base = &s->comparison->time_base;
	struct uvio_dma_segment segments[MAP_SEGMENTS];
	uint64_t start = clock_now(base);
	int rc = uvio_dma_map(s->udev, s->memory, MAP_SIZE, 0, segments, MAP_SEGMENTS);

	if (rc < 0)
		return rc;
	rc = uvio_dma_unmap(s->udev, s->memory, MAP_SIZE);
	*sample = clock_since(base, start);
	return rc;
}

static bool can_trip(const struct uvio_trial *trial)
{
	return trial->dma_to_card && trial->dma_from_card && trial->dma_max;
}

static int prepare_trip(struct session *s)
{
	s->size = s->trial->dma_max < TRIP_SIZE ? s->trial->dma_max : TRIP_SIZE;
	return uvio_dma_alloc(s->udev, (size_t)sysconf(_SC_PAGESIZE), 0, &s->dma);
}

static unsigned char pattern(const struct session *s, size_t i)
{
	return (unsigned char)(i * 7 + i / 256 + s->round + 1);
}

static int verify(const struct session *s)
{
	const unsigned char *bytes = s->dma.addr;

	for (size_t i = 0; i < s->size; i++) {
		if (bytes[i] != pattern(s, i))
			return uvio_fail(-EIO,
				"byte %zu of %zu: 0x%02x sent to the card, 0x%02x returned", i,
				s->size, pattern(s, i), bytes[i]);
	}
	return 0;
}

static int round_trip(struct session *s, double *sample)
{
	const struct time_base *base = &s->comparison->time_base;
	unsigned char *bytes = s->dma.addr;
	uint64_t start;
	int rc;

	s->round++;
	for (size_t i = 0; i < s->size; i++)
		bytes[i] = pattern(s, i);
	start = clock_now(base);
	rc = s->trial->dma_to_card(s->priv, s->dma.iova, s->size);
	*sample = clock_since(base, start);
	if (rc)
		return rc;
	memset(bytes, 0, s->size);
	start = clock_now(base);
	rc = s->trial->dma_from_card(s->priv, s->dma.iova, s->size);
	*sample += clock_since(base, start);
	return rc ? rc : verify(s);
}

static void finish_trip(struct session *s)
{
	uvio_dma_free(s->udev, &s->dma);
}

/* Every other page, so that each is a mapping of its own in any table. */
static int prepare_lookup(struct session *s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = 2 * LOOKUP_MAPPINGS * page;
	struct uvio_dma_segment segment;

	s->table = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->table == MAP_FAILED) {
		s->table = NULL;
		return uvio_fail(-errno, "mmap of %zu bytes: %s", size, strerror(errno));
	}
	for (size_t i = 0; i < LOOKUP_MAPPINGS; i++) {
		int rc = uvio_dma_map(
			s->udev, (char *)s->table + 2 * i * page, page, 0, &segment, 1);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int round_lookup(struct session *s, double *sample)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const char *places[LOOKUP_BATCH];
	uint64_t iova, start;
	int rc = 0;

	/* A stride that visits all mappings, out of order. */
	for (size_t i = 0; i < LOOKUP_BATCH; i++)
		places[i] = (char *)s->table + 2 * (i * 617 % LOOKUP_MAPPINGS) * page + 8;
	start = measure_now(s);
	for (size_t i = 0; i < LOOKUP_BATCH; i++)
		rc |= uvio_dma_iova(s->udev, places[i], &iova, NULL);
	*sample = measure_since(s, start) / LOOKUP_BATCH;
	return rc;
}

static void finish_lookup(struct session *s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < LOOKUP_MAPPINGS; i++)
		uvio_dma_unmap(s->udev, (char *)s->table + 2 * i * page, page);
	munmap(s->table, 2 * LOOKUP_MAPPINGS * page);
	s->table = NULL;
}

static bool can_interrupt(const struct uvio_trial *trial)
{
	return trial->irq_raise && trial->irq_clear;
}

static int prepare_irq(struct session *s)
{
	return uvio_irq_enable(s->udev, s->kind, 1);
}

static inline int serve_irq(const struct uvio_trial *trial, void *priv, struct uvio_udev *udev)
{
	int cleared, rc = uvio_irq_wait(udev, 0, UVIO_MS(IRQ_TIMEOUT_MS), NULL);

	if (rc)
		return rc;
	cleared = trial->irq_clear(priv, 0);
	rc = uvio_irq_ack(udev, 0);
	if (!(rc | cleared))
		return 0;
	return rc ? rc : cleared;
}

/* An event without a cause came from another card on the same line. */
static int __attribute__((noinline)) serve_again(const struct session *s, int rc)
{
	for (int i = 0; i < SPURIOUS_MAX && (rc == -EAGAIN || rc == -EINTR); i++) {
		if (tool_signal())
			return -EINTR;
		rc = serve_irq(s->trial, s->priv, s->udev);
	}
	return rc;
}

static int round_irq(struct session *s, double *sample)
{
	const struct time_base *base = &s->comparison->time_base;
	const struct uvio_trial *trial = s->trial;
	struct uvio_udev *udev = s->udev;
	void *priv = s->priv;
	uint64_t start = clock_now(base);
	int rc = trial->irq_raise(priv, 0);

	if (!rc)
		rc = serve_irq(trial, priv, udev);
	if (rc)
		rc = serve_again(s, rc);
	*sample = clock_since(base, start);
	return rc;
}

static void finish_irq(struct session *s)
{
	uvio_irq_disable(s->udev);
}

static const struct measurement measurements[FIGURE_CARD_COUNT] = {
	[FIGURE_OPEN] = {.divisor = 50, .warm_up = 2, .round = round_open},
	[FIGURE_REG_READ] = {.divisor = 1, .warm_up = 3, .can = can_read, .round = round_read},
	[FIGURE_REG_WRITE] = {.divisor = 1, .warm_up = 3, .can = can_write, .round = round_write},
	[FIGURE_DMA_MAP_UNMAP] = {.needs = UVIO_CAP_DMA,
		.divisor = 5,
		.warm_up = 5,
		.prepare = prepare_map,
		.round = round_map},
	[FIGURE_DMA_ROUND_TRIP] = {.needs = UVIO_CAP_DMA | UVIO_CAP_BUS_MASTER,
		.divisor = 200,
		.warm_up = 1,
		.can = can_trip,
		.prepare = prepare_trip,
		.round = round_trip,
		.finish = finish_trip},
	[FIGURE_IOVA_LOOKUP] = {.needs = UVIO_CAP_DMA,
		.divisor = 50,
		.warm_up = 1,
		.prepare = prepare_lookup,
		.round = round_lookup,
		.finish = finish_lookup},
};

static const struct measurement irq_measurement = {
	.divisor = 1,
	.warm_up = 20,
	.can = can_interrupt,
	.prepare = prepare_irq,
	.round = round_irq,
	.finish = finish_irq,
};

/* Takes @count samples; with @figure NULL they are dropped. */
static int run_rounds(
	struct session *s, const struct measurement *m, unsigned int count, struct figure *figure)
{
	double *samples = calloc(count, sizeof(*samples));
	int rc = 0;

	if (!samples)
		return uvio_fail(-ENOMEM, "memory for %u samples: %s", count, strerror(ENOMEM));
	for (unsigned int i = 0; !rc && i < count; i++)
		rc = tool_signal() ? -EINTR : m->round(s, &samples[i]);
	if (!rc && figure)
		summarise(samples, count, figure);
	free(samples);
	return rc;
}

static int run_measurement(
	struct session *s, const struct measurement *m, struct figure *figure, double *syscalls)
{
	unsigned int count = s->comparison->iterations / m->divisor;
	struct uvio_irq_stats before = {0}, after = {0};
	int rc = run_rounds(s, m, m->warm_up, NULL);

	if (!count)
		count = 1;
	if (!rc && syscalls)
		rc = uvio_irq_stats(s->udev, 0, &before);
	if (!rc)
		rc = run_rounds(s, m, count, figure);
	if (!rc && syscalls)
		rc = uvio_irq_stats(s->udev, 0, &after);
	if (!rc && syscalls)
		*syscalls = (double)(after.syscalls - before.syscalls) / count;
	return rc;
}

static int master_on(struct session *s)
{
	if (!s->udev || !(s->result->caps & UVIO_CAP_BUS_MASTER))
		return 0;
	return uvio_bus_master(s->udev, true);
}

void measure(struct session *s, const struct measurement *m, const char *name,
	struct figure *figure, double *syscalls)
{
	int rc;

	if (tool_signal() || (m->can && !m->can(s->trial)))
		return;
	if ((m->needs & s->result->caps) != m->needs)
		return;
	compare_progress(s, name);
	rc = master_on(s);
	if (!rc && m->prepare)
		rc = m->prepare(s);
	if (!rc) {
		rc = run_measurement(s, m, figure, syscalls);
		if (rc)
			compare_complain(s, name);
		if (m->finish)
			m->finish(s);
	} else {
		compare_complain(s, name);
		if (m->finish && s->table)
			m->finish(s);
	}
	if (rc) {
		figure->known = false;
		s->result->incomplete = true;
	}
}

static void measure_irq(struct session *s, enum uvio_irq_kind kind)
{
	struct irq_figure *irq = &s->result->irqs[kind];
	char name[32];
	int count = uvio_irq_count(s->udev, kind);

	snprintf(name, sizeof(name), "irq %s", uvio_irq_kind_name(kind));
	s->kind = kind;
	if (count > 0) {
		measure(s, &irq_measurement, name, &irq->cost, &irq->syscalls);
	} else if (count < 0) {
		compare_complain(s, name);
		s->result->incomplete = true;
	}
}

void measure_card(struct session *s)
{
	for (int id = FIGURE_OPEN + 1; id < FIGURE_CARD_COUNT; id++)
		measure(s, &measurements[id], figure_names[id], &s->result->figures[id], NULL);
	for (int kind = 0; kind < UVIO_IRQ_KINDS && !tool_signal(); kind++)
		measure_irq(s, kind);
	measure_classes(s);
}

void measure_open(struct session *s)
{
	measure(s, &measurements[FIGURE_OPEN], figure_names[FIGURE_OPEN],
		&s->result->figures[FIGURE_OPEN], NULL);
}

void measure_add(struct session *s, const char *name, const char *unit, const struct figure *figure)
{
	struct backend_result *result = s->result;

	if (result->more_count < MORE_MAX)
		result->more[result->more_count++] = (struct more_figure){
			name, unit ? unit : s->comparison->time_base.unit, *figure};
}
