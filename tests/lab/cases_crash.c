/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* What a program does to itself: it is killed, takes signals, forks and calls exec. */
#include <config.h>

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/dma.h>
#include <uvio/driver.h>
#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/trial.h>
#include <uvio/udev.h>

#include "conformance.h"

#define EDU "0000:00:04.0"
#define KILLS 50
#define KILL_WITHIN_US 40000
#define PHASE_S 0.05
#define SEED 20260u
#define SIGNALLED 200
#define MARK 0xa5

static int an_interrupt_arrives(struct pair *pair)
{
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	for (int i = 0; i < 2; i++) {
		CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
		if (take_interrupt(pair, NULL))
			return fail_at(__FILE__, __LINE__, "interrupt %d after opening", i);
	}
	CHECK_OK(uvio_irq_disable(pair->udev));
	return PASS;
}

static int data_arrives(struct pair *pair, bool both_ways)
{
	size_t size = pair->driver->trial->dma_max;
	unsigned char *bytes;
	struct uvio_dma dma;

	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_dma_alloc(pair->udev, size, 0, &dma));
	bytes = dma.addr;
	memset(bytes, 0x11, size);
	if (both_ways)
		CHECK_OK(pair->driver->trial->dma_to_card(pair->priv, dma.iova, size));
	memset(bytes, MARK, size);
	CHECK_OK(pair->driver->trial->dma_from_card(pair->priv, dma.iova, size));
	for (size_t i = 0; i < size; i++)
		CHECK(both_ways ? bytes[i] == 0x11 : bytes[i] != MARK);
	CHECK_OK(uvio_dma_free(pair->udev, &dma));
	return PASS;
}

int card_works(struct pair *pair, bool both_ways)
{
	CHECK(!bus_master_is_on(pair->address));
	if (quick_cases_pass(pair))
		return FAIL;
	if (uvio_caps(pair->udev) & UVIO_CAP_INTX && an_interrupt_arrives(pair))
		return FAIL;
	if (!(uvio_caps(pair->udev) & UVIO_CAP_DMA) || !pair->driver->trial->dma_from_card)
		return PASS;
	return data_arrives(pair, both_ways);
}

static int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

/* A line of /proc/meminfo in its own unit; -1: there is none. */
static long memory_figure(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "r");
	size_t length = strlen(name);
	char line[128];
	long value = -1;

	while (file && value < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, length) && line[length] == ':')
			value = strtol(line + length + 1, NULL, 10);
	if (file)
		fclose(file);
	return value;
}

/* Where a victim is, for the statistics: it tells by shared memory. */
enum { OPENING, INTERRUPTS, REGISTERS, TO_CARD, FROM_CARD, MAPPING, PHASES };

static const char *const phase_names[PHASES] = {
	"opening", "interrupts", "registers", "to the card", "from the card", "mapping"};

static volatile unsigned int *phase;
static unsigned int kill_round;

static int do_interrupts(struct pair *pair)
{
	for (int i = 0; i < 50; i++) {
		CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
		if (take_interrupt(pair, NULL))
			return FAIL;
	}
	return PASS;
}

static int do_mapping(struct pair *pair)
{
	struct uvio_dma dma;

	for (int i = 0; i < 20; i++) {
		CHECK_OK(uvio_dma_alloc(pair->udev, 4096, 0, &dma));
		CHECK_OK(uvio_dma_free(pair->udev, &dma));
	}
	return PASS;
}

/* Transfers take the card a tenth of a second. */
static int do_phase(struct pair *pair, const struct uvio_dma *dma)
{
	size_t size = pair->driver->trial->dma_max;

	switch (*phase) {
	case INTERRUPTS:
		return do_interrupts(pair);
	case REGISTERS:
		pair->driver->trial->reg_read(pair->priv, 2000);
		pair->driver->trial->reg_write(pair->priv, 2000);
		return PASS;
	case TO_CARD:
		CHECK_OK(pair->driver->trial->dma_to_card(pair->priv, dma->iova, size));
		return PASS;
	case FROM_CARD:
		CHECK_OK(pair->driver->trial->dma_from_card(pair->priv, dma->iova, size));
		return PASS;
	default:
		return do_mapping(pair);
	}
}

/* Works until it is killed, each time beginning with something else. */
static int victim(struct pair *pair)
{
	bool msi = kill_round & 1 && uvio_irq_count(pair->udev, UVIO_IRQ_MSI) > 0;
	struct uvio_dma dma;

	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_irq_enable(pair->udev, msi ? UVIO_IRQ_MSI : UVIO_IRQ_INTX, 1));
	CHECK_OK(uvio_dma_alloc(pair->udev, pair->driver->trial->dma_max, 0, &dma));
	memset(dma.addr, 0x22, dma.size);
	for (unsigned int step = kill_round;; step++) {
		double end = seconds() + PHASE_S;

		*phase = INTERRUPTS + step % (PHASES - INTERRUPTS);
		do
			if (do_phase(pair, &dma))
				return FAIL;
		while (seconds() < end);
	}
}

/* Every third is killed while it opens or soon after; the others once they are at work. */
static void await_work(pid_t pid)
{
	siginfo_t ended = {0};

	while (kill_round % 3 && *phase == OPENING && !ended.si_pid &&
		!waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT))
		pause_us(200);
}

static int killed_after(struct pair *pair, unsigned int us)
{
	int status;
	pid_t pid;

	*phase = OPENING;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		status = pair_open(pair) ? fail_at(__FILE__, __LINE__, "%s", uvio_last_error())
					 : victim(pair);
		fflush(stdout);
		_exit(status);
	}
	await_work(pid);
	pause_us(us);
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return PASS;
}

static int successor_works(struct pair *pair)
{
	int result;

	CHECK(!bus_master_is_on(pair->address));
	CHECK_OK(pair_open(pair));
	result = card_works(pair, kill_round % 5 == 0);
	pair_close(pair);
	return result;
}

static int killed_often(struct pair *pair, unsigned int *where)
{
	unsigned int random = SEED;

	for (kill_round = 0; kill_round < KILLS; kill_round++) {
		unsigned int us = (unsigned int)rand_r(&random) % KILL_WITHIN_US;

		if (killed_after(pair, us))
			return fail_at(__FILE__, __LINE__, "round %u, %u us", kill_round, us);
		where[*phase]++;
		if (successor_works(pair))
			return fail_at(__FILE__, __LINE__, "round %u, %u us, killed while: %s",
				kill_round, us, phase_names[*phase]);
	}
	return PASS;
}

static int killing_leaves_nothing(struct pair *pair)
{
	int descriptors = open_descriptors(), result;
	long huge = memory_figure("HugePages_Free"), locked = memory_figure("Mlocked");
	unsigned int where[PHASES] = {0};
	double begin = seconds();

	phase = shared_memory(sizeof(*phase));
	CHECK(phase);
	result = killed_often(pair, where);
	printf("# seed %u, killed while", SEED);
	for (unsigned int i = 0; i < PHASES; i++)
		printf(" %s: %u%s", phase_names[i], where[i], i + 1 < PHASES ? "," : "");
	printf("; %.1f s\n", seconds() - begin);
	munmap((void *)phase, sizeof(*phase));
	CHECK(open_descriptors() == descriptors);
	CHECK(memory_figure("HugePages_Free") == huge);
	/* The kernel counts with some delay; what is left by each one would be a page at least. */
	CHECK(memory_figure("Mlocked") < locked + KILLS);
	return result;
}

static int raise_and_die(struct pair *pair)
{
	CHECK_OK(pair_open(pair));
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	_exit(PASS);
}

/* Opened without a card driver, which would clear the cause. */
static int a_cause_outlives_its_process(struct pair *pair)
{
	struct uvio_open_options options = {.backend = pair->backend};
	int rc;

	CHECK(in_child(pair, raise_and_die) == PASS);
	CHECK_OK(uvio_udev_open(pair->ctx, pair->address, &options, &pair->udev));
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	rc = uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), NULL);
	uvio_udev_close(pair->udev);
	pair->udev = NULL;
	CHECK_OK(rc);
	CHECK_OK(pair_open(pair));
	return PASS;
}

static void on_signal(int number)
{
	(void)number;
}

static void handle_alarms(unsigned int first_us, unsigned int every_us)
{
	const struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART */
	const struct itimerval timer = {
		.it_value = {.tv_usec = first_us},
		.it_interval = {.tv_usec = every_us},
	};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static int wait_is_ended(struct pair *pair)
{
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), NULL), -EINTR, "a signal");
	return PASS;
}

static int ended_by_signal(struct pair *pair)
{
	int number = SIGALRM;
	struct asleep signals = {asleep_interrupt, &number, .again = true};
	int result;

	CHECK(asleep_start(&signals));
	result = wait_is_ended(pair);
	asleep_end(&signals);
	return result;
}

static int a_signal_ends_a_wait(struct pair *pair)
{
	handle_alarms(0, 0);
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	for (int i = 0; i < 20; i++) {
		uint64_t events = 0;

		if (ended_by_signal(pair))
			return FAIL;
		CHECK(uvio_udev_alive(pair->udev));
		CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
		CHECK_OK(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), &events));
		CHECK(events == 1);
		CHECK_OK(pair->driver->trial->irq_clear(pair->priv, 0));
		CHECK_OK(uvio_irq_ack(pair->udev, 0));
	}
	return PASS;
}

/* Waits until an event comes; how many signals came before it. */
static int wait_through(struct pair *pair, unsigned int *signals)
{
	uint64_t events = 0;
	int rc;

	while ((rc = uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), &events)) == -EINTR)
		++*signals;
	CHECK_OK(rc);
	CHECK(events == 1);
	return PASS;
}

static int interrupts_among_signals(struct pair *pair)
{
	unsigned int signals = 0;
	double begin = seconds();

	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	handle_alarms(1000, 1000);
	for (int i = 0; i < SIGNALLED; i++) {
		/* Every fourth comes only after a wait which a signal has ended. */
		if (i % 4 == 0) {
			CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), NULL), -EINTR,
				"signal");
			signals++;
		}
		CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
		if (wait_through(pair, &signals))
			return fail_at(__FILE__, __LINE__, "interrupt %d", i);
		CHECK_OK(pair->driver->trial->irq_clear(pair->priv, 0));
		CHECK_OK(uvio_irq_ack(pair->udev, 0));
	}
	handle_alarms(0, 0);
	printf("# %u waits ended by a signal; %.1f s\n", signals, seconds() - begin);
	return PASS;
}

/* Everything else carries on: only waiting may be ended by a signal. */
static int signals_disturb_nothing_else(struct pair *pair)
{
	handle_alarms(1000, 1000);
	for (int i = 0; i < 10; i++) {
		CHECK_OK(pair_open(pair));
		CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
		CHECK_OK(uvio_irq_disable(pair->udev));
		if (quick_cases_pass(pair) || do_mapping(pair))
			return FAIL;
		if (!i && data_arrives(pair, true))
			return FAIL;
		pair_close(pair);
	}
	handle_alarms(0, 0);
	return PASS;
}

static int without_signals(struct pair *pair, int (*run)(struct pair *pair))
{
	int result = run(pair);

	handle_alarms(0, 0);
	return result;
}

static int wait_and_signal(struct pair *pair)
{
	return without_signals(pair, a_signal_ends_a_wait);
}

static int interrupts_and_signals(struct pair *pair)
{
	return without_signals(pair, interrupts_among_signals);
}

static int all_else_and_signals(struct pair *pair)
{
	return without_signals(pair, signals_disturb_nothing_else);
}

static int dies_when_touching(volatile unsigned char *at)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(*at ? PASS : FAIL);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	return PASS;
}

static const char *const of_devices[] = {
	"/dev/uio", "vfio", "eventfd", "/sys/", "pagemap", "resource", NULL};

/* No line of @file names what belongs to a device. */
static int none_is_of_a_device(FILE *file)
{
	int lines = 0;
	char line[512];

	CHECK(file);
	for (; fgets(line, sizeof(line), file); lines++)
		for (const char *const *name = of_devices; *name; name++)
			if (strstr(line, *name))
				return fail_at(__FILE__, __LINE__, "left: %s", line);
	CHECK(lines > 3);
	return PASS;
}

static int maps_of_a_child(struct pair *pair)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int result = none_is_of_a_device(maps);

	(void)pair;
	if (maps)
		fclose(maps);
	return result;
}

static int fds_after_exec(void)
{
	FILE *list = popen("ls -l /proc/self/fd 2>/dev/null", "r");
	int result = none_is_of_a_device(list);

	if (list)
		pclose(list);
	return result;
}

static int children_have_nothing(struct pair *pair)
{
	struct uvio_region bar;
	struct uvio_dma dma;

	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_BAR0, &bar));
	CHECK(bar.base);
	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	CHECK_OK(uvio_dma_alloc(pair->udev, 4096, 0, &dma));
	*(volatile unsigned char *)dma.addr = 1;
	CHECK(in_child(pair, maps_of_a_child) == PASS);
	if (dies_when_touching(bar.base) || dies_when_touching(dma.addr))
		return FAIL;
	if (fds_after_exec())
		return FAIL;
	CHECK(bus_master_is_on(pair->address));
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	if (take_interrupt(pair, NULL))
		return FAIL;
	CHECK_OK(uvio_irq_disable(pair->udev));
	return data_arrives(pair, true);
}

/* A copy of the node that ends switches off bus mastering of whoever opened it since, on uio. */
static int a_copy_keeps_from_opening(struct pair *pair)
{
	char text[32];
	pid_t pid;
	int rc;

	CHECK_OK(pair_open(pair));
	pid = fork();
	CHECK(pid >= 0);
	if (!pid)
		for (;;)
			pause();
	pair_close(pair);
	snprintf(text, sizeof(text), "process %d (", (int)pid);
	rc = pair_open(pair);
	if (!rc)
		pair_close(pair);
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, NULL, 0) == pid);
	CHECK(rc == -EBUSY);
	CHECK(strstr(uvio_last_error(), text));
	CHECK_OK(pair_open(pair));
	CHECK_OK(uvio_bus_master(pair->udev, true));
	pair_close(pair);
	return PASS;
}

static const struct test_case crash_cases[] = {
	{"killed: the next one finds a card that works (vfio 83)", UVIO_CAP_INTX | UVIO_CAP_DMA,
		killing_leaves_nothing, true},
	{"killed: a cause that is left in the card is reported", UVIO_CAP_INTX,
		a_cause_outlives_its_process, true},
	{"signals: a wait is ended, and the next one has the event", UVIO_CAP_INTX, wait_and_signal,
		false},
	{"signals: one each millisecond, and no interrupt is lost", UVIO_CAP_INTX,
		interrupts_and_signals, false},
	{"signals: all else carries on", UVIO_CAP_INTX | UVIO_CAP_DMA, all_else_and_signals, true},
	{"children: neither mappings nor, after exec, descriptors", UVIO_CAP_INTX | UVIO_CAP_DMA,
		children_have_nothing, false},
	{"children: one with a copy of the node keeps from opening it", UVIO_CAP_BUS_MASTER,
		a_copy_keeps_from_opening, true},
	{0},
};

static void crash_on(struct uvio_ctx *ctx, const char *backend)
{
	struct pair pair = {.ctx = ctx, .address = EDU, .backend = backend};
	char label[128];

	pair.driver = driver_of_edu();
	snprintf(label, sizeof(label), "%s %s %s", pair.driver->name, pair.address, backend);
	if (pair_bind(&pair, label) != PASS)
		return;
	run_cases(&pair, label, crash_cases);
	run_cases(&pair, label, taken_cases);
	run_cases(&pair, label, crowd_cases);
}

void run_crash(struct uvio_ctx *ctx)
{
	for (const char *const *transport = wanted_transports(); *transport; transport++)
		crash_on(ctx, *transport);
	uvio_unbind(ctx, EDU);
}
