/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Several at once: processes and threads with one card, and two cards with one interrupt line. */
#include <config.h>

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/device.h>
#include <uvio/dma.h>
#include <uvio/driver.h>
#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/udev.h>

#include "conformance.h"

#define FIGHTERS 4
#define TURNS 8
#define INTERRUPTS 200
#define ROUNDS 2000

/* What the fighters see of each other. */
struct arena {
	atomic_int owners, ready;
	atomic_int last;     /* who had it last */
	atomic_uint changes; /* how often that was another one */
	atomic_uint refused;
	atomic_uint opened, closed; /* the turn which somebody had last */
	atomic_uint seen;	    /* refusals by a holder that stayed, in all turns */
	atomic_bool failed;
};

static struct arena *arena;
static int self;

static void note_turn(void)
{
	if (atomic_exchange(&arena->last, self) != self)
		atomic_fetch_add(&arena->changes, 1);
}

/* The others, one of which may have failed, are awaited by nothing but what they did. */
static bool await_count(const atomic_uint *count, unsigned int least)
{
	while (atomic_load(count) < least && !atomic_load(&arena->failed))
		sched_yield();
	return !atomic_load(&arena->failed);
}

static int use_alone(struct pair *pair)
{
	CHECK(atomic_fetch_add(&arena->owners, 1) == 0);
	note_turn();
	CHECK_OK(uvio_bus_master(pair->udev, true));
	for (int i = 0; i < 10; i++) {
		CHECK(bus_master_is_on(pair->address));
		pair->driver->trial->reg_read(pair->priv, 10);
		sched_yield();
	}
	CHECK(atomic_fetch_sub(&arena->owners, 1) == 1);
	return PASS;
}

static void start_together(int count)
{
	atomic_fetch_add(&arena->ready, 1);
	while (atomic_load(&arena->ready) < count && !atomic_load(&arena->failed))
		sched_yield();
}

/* Only who holds it throughout has a name for sure. */
static int note_refusal(int rc, bool held)
{
	CHECK_ERR(rc, -EBUSY, held ? "already open in process " : "already open in ");
	CHECK(strstr(uvio_last_error(), "process"));
	atomic_fetch_add(&arena->refused, 1);
	return PASS;
}

/* Opens it, or is refused while another one has it: @won. */
static int contend(struct pair *pair, unsigned int turn, bool may_win, bool *won)
{
	for (;;) {
		bool held = (may_win || await_count(&arena->opened, turn)) &&
			    atomic_load(&arena->opened) == turn;
		int rc = pair_open(pair);

		*won = !rc;
		if (*won)
			CHECK(!held);
		if (*won || note_refusal(rc, held))
			return *won ? PASS : FAIL;
		if (held)
			return PASS;
		CHECK(!atomic_load(&arena->failed));
		sched_yield();
	}
}

/* It stays until all others have been refused. */
static int have_turn(struct pair *pair, unsigned int turn)
{
	unsigned int refusals = turn * (FIGHTERS - 1);
	int result;

	atomic_store(&arena->opened, turn);
	do
		result = use_alone(pair);
	while (!result && atomic_load(&arena->seen) < refusals && !atomic_load(&arena->failed));
	pair_close(pair);
	atomic_store(&arena->closed, turn);
	return result;
}

/* Who had all of its turns is there to be refused. */
static int fight(struct pair *pair)
{
	int turns = 0;
	bool won;

	start_together(FIGHTERS);
	for (unsigned int turn = 1; turn <= FIGHTERS * TURNS; turn++) {
		CHECK(await_count(&arena->closed, turn - 1));
		if (contend(pair, turn, turns < TURNS, &won))
			return FAIL;
		turns += won;
		if (!won)
			atomic_fetch_add(&arena->seen, 1);
		else if (have_turn(pair, turn))
			return FAIL;
	}
	CHECK(turns == TURNS);
	return PASS;
}

/* Runs @work in @count processes at once; those which failed. */
static int in_children(struct pair *const pairs[], int count, int (*work)(struct pair *pair))
{
	int failed = 0, status;
	pid_t pids[FIGHTERS];

	fflush(stdout);
	for (self = 0; self < count; self++) {
		pids[self] = fork();
		if (!pids[self]) {
			status = work(pairs[self]);
			if (status != PASS)
				atomic_store(&arena->failed, true);
			fflush(stdout);
			_exit(status);
		}
	}
	for (int i = 0; i < count; i++)
		failed += waitpid(pids[i], &status, 0) != pids[i] || !WIFEXITED(status) ||
			  WEXITSTATUS(status) != PASS;
	return failed;
}

static int open_arena(void)
{
	arena = shared_memory(sizeof(*arena));
	CHECK(arena);
	*arena = (struct arena){.last = -1};
	return PASS;
}

static int one_at_a_time(struct pair *pair)
{
	struct pair *const pairs[FIGHTERS] = {pair, pair, pair, pair};
	double begin = seconds();
	int failed;

	if (open_arena())
		return FAIL;
	failed = in_children(pairs, FIGHTERS, fight);
	printf("# %d opens by %d processes, which took turns %u times; %u refused, %u of them "
	       "while it was held; %.1f s\n",
		FIGHTERS * TURNS, FIGHTERS, arena->changes, arena->refused, arena->seen,
		seconds() - begin);
	CHECK(!failed);
	CHECK(arena->seen == FIGHTERS * TURNS * (FIGHTERS - 1));
	munmap(arena, sizeof(*arena));
	return PASS;
}

/* What the threads of one program share. */
struct crew {
	struct pair *pair;
	sem_t raise, raised;
	atomic_bool done;
	unsigned int spurious, transactions;
	int results[3];
};

static int wait_rounds(struct crew *crew)
{
	for (int i = 0; i < ROUNDS; i++) {
		sem_post(&crew->raise);
		if (take_interrupt(crew->pair, &crew->spurious))
			return fail_at(__FILE__, __LINE__, "round %d", i);
	}
	return PASS;
}

static void *waiter(void *data)
{
	struct crew *crew = data;

	crew->results[0] = wait_rounds(crew);
	atomic_store(&crew->done, true);
	sem_post(&crew->raise);
	return NULL;
}

static void *writer(void *data)
{
	struct crew *crew = data;
	struct pair *pair = crew->pair;

	while (!sem_wait(&crew->raise) && !atomic_load(&crew->done)) {
		pair->driver->trial->reg_write(pair->priv, 3);
		pair->driver->trial->irq_raise(pair->priv, 0);
		pair->driver->trial->reg_read(pair->priv, 3);
	}
	return NULL;
}

static int map_and_look(struct crew *crew, struct uvio_dma *dma)
{
	uint64_t iova, rest;

	CHECK_OK(uvio_dma_alloc(crew->pair->udev, 4096, 0, dma));
	memset(dma->addr, 1, dma->size);
	CHECK_OK(uvio_dma_iova(crew->pair->udev, (char *)dma->addr + 16, &iova, &rest));
	CHECK(iova == dma->iova + 16 && rest >= 4096 - 16);
	CHECK_OK(uvio_dma_free(crew->pair->udev, dma));
	return PASS;
}

static void *mapper(void *data)
{
	struct crew *crew = data;
	struct uvio_dma dma;

	while (!crew->results[2] && (crew->transactions < ROUNDS || !atomic_load(&crew->done))) {
		crew->results[2] = map_and_look(crew, &dma);
		if (crew->transactions++ % 64 == 0)
			uvio_bus_master(crew->pair->udev, crew->transactions & 64);
	}
	return NULL;
}

static int threads_share_a_card(struct pair *pair)
{
	static void *(*const work[])(void *) = {waiter, writer, mapper};
	struct crew crew = {.pair = pair};
	double begin = seconds();
	pthread_t threads[3];

	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	CHECK(!sem_init(&crew.raise, 0, 0));
	for (int i = 0; i < 3; i++)
		CHECK(!pthread_create(&threads[i], NULL, work[i], &crew));
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	printf("# %d interrupts, %u spurious, %u mappings; %.1f s\n", ROUNDS, crew.spurious,
		crew.transactions, seconds() - begin);
	for (int i = 0; i < 3; i++)
		CHECK(crew.results[i] == PASS);
	return PASS;
}

const struct test_case crowd_cases[] = {
	{"exclusive: four processes, and one has it at a time", UVIO_CAP_BUS_MASTER, one_at_a_time,
		true},
	{"threads: one waits, one writes, one maps", UVIO_CAP_INTX | UVIO_CAP_DMA,
		threads_share_a_card, false},
	{0},
};

static long line_of(const char *address)
{
	char path[128], text[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/irq", address);
	file = fopen(path, "r");
	if (file && !fgets(text, sizeof(text), file))
		text[0] = '\0';
	if (file)
		fclose(file);
	return strtol(text, NULL, 10);
}

/* A line is known once a driver has enabled the card. */
static long line_when_bound(struct uvio_ctx *ctx, const char *address)
{
	long line;

	if (uvio_bind(ctx, address, "uio"))
		return 0;
	line = line_of(address);
	uvio_bind(ctx, address, "none");
	return line;
}

static bool has_driver(const struct uvio_device_info *info)
{
	return driver_of(info) == driver_of_edu();
}

/* The first two cards of one driver which share a line, and no group. The line; 0: none do. */
static long find_sharing(struct uvio_ctx *ctx, char (*addresses)[32])
{
	struct uvio_device **devices;
	int count = uvio_device_list(ctx, &devices);
	long *lines = calloc(count > 0 ? (size_t)count : 1, sizeof(*lines)), found = 0;

	for (int i = 0; i < count && lines && !found; i++) {
		const struct uvio_device_info *info = uvio_device_info(devices[i]);

		lines[i] = has_driver(info) ? line_when_bound(ctx, info->address) : 0;
		for (int k = 0; k < i && lines[i] && !found; k++) {
			const struct uvio_device_info *other = uvio_device_info(devices[k]);

			if (lines[k] != lines[i] ||
				(info->iommu_group >= 0 && other->iommu_group == info->iommu_group))
				continue;
			found = lines[i];
			snprintf(addresses[0], sizeof(*addresses), "%s", other->address);
			snprintf(addresses[1], sizeof(*addresses), "%s", info->address);
		}
	}
	free(lines);
	uvio_device_list_free(devices, count);
	return found;
}

static int open_two(struct pair *const pairs[])
{
	for (int i = 0; i < 2; i++) {
		CHECK_OK(pair_open(pairs[i]));
		CHECK_OK(uvio_irq_enable(pairs[i]->udev, UVIO_IRQ_INTX, 1));
	}
	return PASS;
}

/* Both assert the line before either is served. */
static int raise_both(struct pair *const pairs[], unsigned int *spurious)
{
	for (int i = 0; i < INTERRUPTS; i++) {
		CHECK_OK(pairs[0]->driver->trial->irq_raise(pairs[0]->priv, 0));
		CHECK_OK(pairs[1]->driver->trial->irq_raise(pairs[1]->priv, 0));
		if (take_interrupt(pairs[i % 2], spurious) ||
			take_interrupt(pairs[1 - i % 2], spurious))
			return fail_at(__FILE__, __LINE__, "round %d", i);
	}
	return PASS;
}

static int both_in_one_process(struct pair *const pairs[])
{
	unsigned int spurious = 0;
	int result = open_two(pairs);

	if (!result)
		result = raise_both(pairs, &spurious);
	pair_close(pairs[1]);
	pair_close(pairs[0]);
	printf("# %d interrupts of each, %u spurious\n", INTERRUPTS, spurious);
	return result;
}

static int drive_one(struct pair *pair)
{
	unsigned int spurious = 0;
	int result = PASS;

	CHECK_OK(pair_open(pair));
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	start_together(2);
	for (int i = 0; i < INTERRUPTS && !result; i++) {
		CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
		sched_yield();
		result = take_interrupt(pair, &spurious);
		note_turn();
	}
	if (!result)
		CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(50), NULL), -ETIMEDOUT,
			"no interrupt");
	pair_close(pair);
	printf("# %s: %u spurious\n", pair->address, spurious);
	return result;
}

static int each_in_its_process(struct pair *const pairs[])
{
	int failed;

	if (open_arena())
		return FAIL;
	failed = in_children(pairs, 2, drive_one);
	printf("# %d interrupts of each, in turns %u times\n", INTERRUPTS, arena->changes);
	CHECK(!failed);
	CHECK(arena->changes > 1);
	munmap(arena, sizeof(*arena));
	return PASS;
}

/* One closes while the other has an interrupt pending: closing masks its own card only. */
static int one_closes(struct pair *const pairs[])
{
	int result = open_two(pairs);

	for (int i = 0; i < 10 && !result; i++) {
		pairs[0]->driver->trial->irq_raise(pairs[0]->priv, 0);
		pairs[1]->driver->trial->irq_raise(pairs[1]->priv, 0);
		pair_close(pairs[i % 2]);
		result = take_interrupt(pairs[1 - i % 2], NULL);
		pair_close(pairs[1 - i % 2]);
		if (!result)
			result = open_two(pairs);
	}
	pair_close(pairs[1]);
	pair_close(pairs[0]);
	return result;
}

static void share_on(struct uvio_ctx *ctx, char (*addresses)[32], long line, const char *backend)
{
	static const struct {
		const char *name;
		int (*run)(struct pair *const pairs[]);
	} cases[] = {
		{"both raise before either is served", both_in_one_process},
		{"each in its own process", each_in_its_process},
		{"one closes, the other is served", one_closes},
	};
	struct pair both[2] = {{.ctx = ctx}, {.ctx = ctx}};
	struct pair *const pairs[2] = {&both[0], &both[1]};
	char label[128];
	int result = PASS;

	for (int i = 0; i < 2 && !result; i++) {
		both[i].address = addresses[i];
		both[i].backend = backend;
		both[i].driver = driver_of_edu();
		snprintf(label, sizeof(label), "line %ld, %s, %s", line, addresses[i], backend);
		result = pair_bind(&both[i], label);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && !result; i++)
		report(cases[i].run(pairs), NULL, "line %ld, %s and %s, %s: %s", line, addresses[0],
			addresses[1], backend, cases[i].name);
	uvio_bind(ctx, addresses[0], "none");
	uvio_bind(ctx, addresses[1], "none");
}

void run_shared(struct uvio_ctx *ctx)
{
	char addresses[2][32];
	long line = find_sharing(ctx, addresses);

	if (!line) {
		report(SKIP, "no two cards share one", "interrupt lines that are shared");
		return;
	}
	for (const char *const *transport = wanted_transports(); *transport; transport++)
		share_on(ctx, addresses, line, *transport);
}
