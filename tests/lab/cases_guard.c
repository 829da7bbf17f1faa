/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * A driver is killed while its card is about to write to memory: edu does so a tenth of a second
 * after it was told. The kernel does not help: a child of the driver has a copy of the node, so
 * that it is never released; or no kernel driver is bound at all.
 */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/context.h>
#include <uvio/dma.h>
#include <uvio/domain.h>
#include <uvio/driver.h>
#include <uvio/error.h>
#include <uvio/guard.h>
#include <uvio/udev.h>

#include "conformance.h"

#define EDU "0000:00:04.0"
#define EDU_PORT "0000:01:00.0"
#define GUARD "/lab/uvio-guard"
#define HUGE_PAGE (2u << 20)
#define ROUNDS 5

/* What the driver tells, and memory of somebody else to which it lets the card write. */
struct shared {
	unsigned char page[4096];
	volatile pid_t guard;
};

static struct shared *shared;
/* Of the card, to be read: who might write to them keeps others from opening the card. */
static volatile void *registers;
static uint32_t flags;
static bool own_memory; /* of uvio_dma_alloc() */
static bool hold_guard_up;
static const char *second; /* another card, in a domain with the first; NULL: none */
static struct uvio_domain *domain;
static int hold[2]; /* closed: the child that was left ends */

static void note_guard(void *data, enum uvio_log_level level, const char *message)
{
	const char *at = strstr(message, "guarded by process ");

	(void)data;
	(void)level;
	if (at)
		shared->guard = atoi(at + strlen("guarded by process "));
}

static int open_guarded(struct pair *pair)
{
	const struct uvio_open_options options = {
		.backend = pair->backend,
		.flags = UVIO_OPEN_UNSAFE_DMA | flags,
		.domain = domain,
	};

	CHECK_OK(uvio_udev_open(pair->ctx, pair->address, &options, &pair->udev));
	CHECK_OK(uvio_card_attach(pair->driver, pair->udev, &pair->card));
	pair->priv = uvio_card_priv(pair->card);
	return PASS;
}

/* Memory that the card will write to. */
static int find_memory(struct pair *pair, void **memory, uint64_t *iova)
{
	struct uvio_dma_segment segment;
	struct uvio_dma dma;

	if (own_memory) {
		CHECK_OK(uvio_dma_alloc(pair->udev, RAW_EDU_SIZE, 0, &dma));
		*memory = dma.addr;
		*iova = dma.iova;
		return PASS;
	}
	CHECK_OK(uvio_dma_map(pair->udev, shared->page, sizeof(shared->page), 0, &segment, 1));
	*memory = shared->page;
	*iova = segment.iova;
	return PASS;
}

static int leave_child(void)
{
	pid_t pid = fork();
	char byte;

	CHECK(pid >= 0);
	if (pid)
		return PASS;
	close(hold[1]);
	(void)!read(hold[0], &byte, 1);
	_exit(0);
}

/* The memory is that of the first card, and the one that writes to it is the second. */
static int open_second(struct pair *pair)
{
	pid_t guard = shared->guard;

	pair->address = second;
	if (open_guarded(pair))
		return FAIL;
	CHECK(shared->guard == guard);
	return PASS;
}

static int driver(struct pair *pair)
{
	volatile void *writable;
	uint64_t iova = 0;
	void *memory = NULL;

	if (second)
		CHECK_OK(uvio_domain_new(pair->ctx, &domain));
	if (open_guarded(pair) || find_memory(pair, &memory, &iova))
		return FAIL;
	CHECK_OK(uvio_bus_master(pair->udev, true));
	if (second && open_second(pair))
		return FAIL;
	CHECK_OK(uvio_bus_master(pair->udev, true));
	memset(memory, RAW_EDU_AFTER, RAW_EDU_SIZE);
	CHECK_OK(pair->driver->trial->dma_to_card(pair->priv, iova, RAW_EDU_SIZE));
	memset(memory, RAW_EDU_BEFORE, RAW_EDU_SIZE);
	if (leave_child())
		return FAIL;
	if (hold_guard_up)
		kill(shared->guard, SIGSTOP);
	writable = raw_edu_map(pair->address, true);
	CHECK(writable);
	raw_edu_start(writable, iova);
	raise(SIGKILL);
	return FAIL;
}

static int begin_round(struct pair *pair)
{
	memset(shared, 0, sizeof(*shared));
	CHECK(!pipe2(hold, O_CLOEXEC));
	pair_close(pair);
	return PASS;
}

static int kill_driver(struct pair *pair)
{
	int status;
	pid_t pid;

	if (begin_round(pair))
		return FAIL;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		status = driver(pair);
		fflush(stdout);
		_exit(status);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK(!flags == !shared->guard);
	return PASS;
}

static int await_guard(void)
{
	struct pollfd fd = {.events = POLLIN};
	int n = 1;

	/* It may have ended by now. */
	fd.fd = shared->guard ? (int)syscall(SYS_pidfd_open, shared->guard, 0) : -1;
	if (fd.fd >= 0)
		n = poll(&fd, 1, LONG_MS);
	close(fd.fd);
	CHECK(n == 1);
	return PASS;
}

/* The child that was left ends, and with it the last copy of the node. */
static int end_round(struct pair *pair)
{
	struct uvio_guard *guard;

	close(hold[0]);
	close(hold[1]);
	CHECK_OK(uvio_guard_new(pair->ctx, pair->address, 0, &guard));
	CHECK_OK(uvio_guard_stop(guard, NULL));
	uvio_guard_free(guard);
	for (double end = seconds() + LONG_MS / 1e3; pair_open(pair) == -EBUSY;) {
		CHECK(seconds() < end);
		pause_us(1000);
	}
	return card_works(pair, true);
}

static int foreign_memory(struct pair *pair, unsigned char then)
{
	if (kill_driver(pair) || await_guard())
		return FAIL;
	CHECK(!bus_master_is_on(pair->address) == !!flags);
	if (raw_edu_await(registers))
		return FAIL;
	CHECK(raw_edu_holds(shared->page, then));
	return end_round(pair);
}

static int rounds(struct pair *pair, uint32_t with, int (*run)(struct pair *pair))
{
	int result = PASS;

	flags = with;
	for (int i = 0; i < ROUNDS && result == PASS; i++)
		if (run(pair))
			result = fail_at(__FILE__, __LINE__, "round %d", i);
	flags = 0;
	return result;
}

static int is_overwritten(struct pair *pair)
{
	return foreign_memory(pair, RAW_EDU_AFTER);
}

static int is_untouched(struct pair *pair)
{
	return foreign_memory(pair, RAW_EDU_BEFORE);
}

static int without_a_guard_others_are_overwritten(struct pair *pair)
{
	return rounds(pair, 0, is_overwritten);
}

static int with_a_guard_others_are_untouched(struct pair *pair)
{
	return rounds(pair, UVIO_OPEN_GUARD, is_untouched);
}

/* The only huge page of the machine; NULL: it is not free. */
static unsigned char *take_huge_page(void)
{
	void *addr = mmap(NULL, HUGE_PAGE, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB | 21 << MAP_HUGE_SHIFT, -1, 0);

	if (addr == MAP_FAILED)
		return NULL;
	memset(addr, RAW_EDU_BEFORE, RAW_EDU_SIZE);
	return addr;
}

/* The driver's memory goes to this program, which knows nothing of the card. */
static int new_owner_is_overwritten(struct pair *pair)
{
	unsigned char *page;
	int result;

	if (kill_driver(pair))
		return FAIL;
	page = take_huge_page();
	CHECK(page);
	result = raw_edu_await(registers);
	CHECK(raw_edu_holds(page, RAW_EDU_AFTER));
	munmap(page, HUGE_PAGE);
	return result ? result : end_round(pair);
}

static int new_owner_is_untouched(struct pair *pair)
{
	unsigned char *page;
	int result;

	if (kill_driver(pair))
		return FAIL;
	while (!(page = take_huge_page()))
		pause_us(100);
	CHECK(!bus_master_is_on(pair->address));
	result = raw_edu_await(registers);
	CHECK(raw_edu_holds(page, RAW_EDU_BEFORE));
	munmap(page, HUGE_PAGE);
	return result ? result : end_round(pair);
}

/* The guard sleeps through it all: the card writes, but to memory that nobody else can have. */
static int no_new_owner(struct pair *pair)
{
	unsigned char *page;
	int result;

	if (kill_driver(pair))
		return FAIL;
	CHECK(bus_master_is_on(pair->address));
	CHECK(!take_huge_page());
	result = raw_edu_await(registers);
	CHECK(!take_huge_page());
	CHECK_ERR(pair_open(pair), -EBUSY, "already open in ");
	CHECK(!kill(shared->guard, SIGCONT));
	if (result || await_guard())
		return FAIL;
	CHECK(!bus_master_is_on(pair->address));
	page = take_huge_page();
	CHECK(page);
	munmap(page, HUGE_PAGE);
	return end_round(pair);
}

static int rounds_with_own_memory(struct pair *pair, uint32_t with, int (*run)(struct pair *pair))
{
	int result;

	own_memory = true;
	result = rounds(pair, with, run);
	own_memory = false;
	return result;
}

static int without_a_guard_a_new_owner_is_overwritten(struct pair *pair)
{
	return rounds_with_own_memory(pair, 0, new_owner_is_overwritten);
}

static int with_a_guard_a_new_owner_is_untouched(struct pair *pair)
{
	return rounds_with_own_memory(pair, UVIO_OPEN_GUARD, new_owner_is_untouched);
}

static int with_a_guard_that_is_late_there_is_no_new_owner(struct pair *pair)
{
	int result;

	hold_guard_up = true;
	result = rounds_with_own_memory(pair, UVIO_OPEN_GUARD, no_new_owner);
	hold_guard_up = false;
	return result;
}

static int all_are_stopped(struct pair *pair)
{
	int result = new_owner_is_untouched(pair);

	CHECK(!bus_master_is_on(second));
	return result;
}

static int in_a_domain_all_cards_are_stopped_before_memory_goes(struct pair *pair)
{
	volatile void *first = registers;
	int result;

	second = EDU_PORT;
	CHECK_OK(uvio_bind(pair->ctx, second, pair->backend));
	registers = raw_edu_map(EDU_PORT, false);
	CHECK(registers);
	result = rounds_with_own_memory(pair, UVIO_OPEN_GUARD, all_are_stopped);
	raw_edu_unmap(registers);
	uvio_unbind(pair->ctx, second);
	registers = first;
	second = NULL;
	return result;
}

static int a_guarded_card_works_often(struct pair *pair)
{
	for (int i = 0; i < ROUNDS; i++) {
		pair_close(pair);
		flags = UVIO_OPEN_GUARD;
		if (open_guarded(pair) || card_works(pair, i == 0))
			return fail_at(__FILE__, __LINE__, "round %d", i);
	}
	flags = 0;
	return PASS;
}

static const struct test_case guard_cases[] = {
	{"without a guard, memory of others is overwritten after a kill (uio 3.15)", UVIO_CAP_DMA,
		without_a_guard_others_are_overwritten, false},
	{"with a guard, it is not touched", UVIO_CAP_DMA, with_a_guard_others_are_untouched, false},
	{"without a guard, the new owner of a driver's memory is overwritten (uio 3.16)",
		UVIO_CAP_DMA, without_a_guard_a_new_owner_is_overwritten, false},
	{"with a guard, it is not touched by the card", UVIO_CAP_DMA,
		with_a_guard_a_new_owner_is_untouched, false},
	{"with a guard that comes late, nobody gets the memory before", UVIO_CAP_DMA,
		with_a_guard_that_is_late_there_is_no_new_owner, false},
	{"in a domain with a guard, all cards are stopped before memory goes", UVIO_CAP_DMA,
		in_a_domain_all_cards_are_stopped_before_memory_goes, false},
	{"a guarded card works, often", 0, a_guarded_card_works_often, false},
	{0},
};

/* Resets need a card that can be reset. */
static int reset_after_kill(struct pair *pair)
{
	if (!(uvio_caps(pair->udev) & UVIO_CAP_RESET))
		return fail_at(__FILE__, __LINE__, "this card has no reset");
	if (kill_driver(pair) || await_guard())
		return FAIL;
	CHECK(!bus_master_is_on(pair->address));
	return raw_edu_await(registers) ? FAIL : end_round(pair);
}

static int with_a_reset_the_card_works_afterwards(struct pair *pair)
{
	return rounds(pair, UVIO_OPEN_GUARD_RESET, reset_after_kill);
}

static const struct test_case reset_cases[] = {
	{"a guard that resets the card leaves one that works", UVIO_CAP_DMA,
		with_a_reset_the_card_works_afterwards, false},
	{0},
};

/* The program is not there: nobody asks for it. */
static int the_kernel_guards(struct pair *pair)
{
	const struct uvio_ctx_options options = {.guard_program = "/nonexistent"};
	struct uvio_ctx *ctx, *before = pair->ctx;
	int result;

	CHECK_OK(uvio_ctx_new(&options, &ctx));
	pair_close(pair);
	pair->ctx = ctx;
	flags = UVIO_OPEN_GUARD_RESET;
	result = open_guarded(pair) || card_works(pair, false);
	pair_close(pair);
	flags = 0;
	pair->ctx = before;
	uvio_ctx_free(ctx);
	return result;
}

static const struct test_case vfio_cases[] = {
	{"no guard is started where the kernel is one", 0, the_kernel_guards, false},
	{0},
};

static void run_pair_cases(struct uvio_ctx *ctx, const char *address, const char *backend,
	const struct test_case *cases)
{
	struct pair pair = {.ctx = ctx, .address = address, .backend = backend};
	char label[64];

	snprintf(label, sizeof(label), "guard: %s", backend);
	pair.driver = driver_of_edu();
	registers = uvio_bind(ctx, address, backend) ? NULL : raw_edu_map(address, false);
	if (!pair.driver || !registers) {
		report(FAIL, NULL, "%s: %s", label, uvio_last_error());
		return;
	}
	run_cases(&pair, label, cases);
	raw_edu_unmap(registers);
	uvio_unbind(ctx, address);
}

void run_guard(struct uvio_ctx *unused)
{
	const struct uvio_ctx_options options = {
		.guard_program = GUARD, .log = note_guard, .log_level = UVIO_LOG_INFO};
	struct uvio_ctx *ctx;

	(void)unused;
	shared = shared_memory(sizeof(*shared));
	if (!shared || uvio_ctx_new(&options, &ctx) ||
		sysfs_write("/proc/sys/vm/nr_hugepages", "1")) {
		report(FAIL, NULL, "guard: %s", uvio_last_error());
		return;
	}
	run_pair_cases(ctx, EDU, "uio", guard_cases);
	run_pair_cases(ctx, EDU_PORT, "uio", reset_cases);
	run_pair_cases(ctx, EDU, "vfio", vfio_cases);
	run_programs(ctx);
	sysfs_write("/proc/sys/vm/nr_hugepages", "0");
	uvio_ctx_free(ctx);
}
