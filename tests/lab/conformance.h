/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** What the files of the conformance suite share. It knows the public interface only. */
#ifndef UVIO_TESTS_LAB_CONFORMANCE_H
#define UVIO_TESTS_LAB_CONFORMANCE_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <uvio/uvio.h>

#define PASS 0
#define FAIL 1
#define SKIP 2

/** One pair of card and backend, open and attached for each case. */
struct pair {
	struct uvio_ctx *ctx;
	const char *address;
	const char *backend;
	const struct uvio_driver *driver;
	uint32_t flags; /* of open, besides UVIO_OPEN_UNSAFE_DMA */
	struct uvio_udev *udev;
	struct uvio_card *card;
	void *priv;
	char reason[256]; /* of a skip */
};

struct test_case {
	const char *name;
	uint32_t needs; /* bits of enum uvio_cap: without them the case is skipped */
	int (*run)(struct pair *pair);
	bool closed; /* the case opens the device itself */
};

/** A line of TAP for each case; @label stands before its name. */
void run_cases(struct pair *pair, const char *label, const struct test_case *cases);
void report(int result, const char *reason, const char *format, ...) UVIO_PRINTF(3, 4);

/** Binds the device, and reports that. PASS; SKIP where nobody asked for a transport that is not. */
int pair_bind(struct pair *pair, const char *label);
int pair_open(struct pair *pair);
void pair_close(struct pair *pair);

/** The transports to test, by name; ends with NULL. */
const char *const *wanted_transports(void);

/** Runs @work in a child; its exit status, or -1 where a signal ended it. */
int in_child(struct pair *pair, int (*work)(struct pair *pair));

/** Writes @text to a file of /sys. 0 or a negative errno. */
int sysfs_write(const char *path, const char *text);

/** Whether the bus master bit is set, asked of the kernel, not of the library. */
bool bus_master_is_on(const char *address);

/* cases_crash.c */
double seconds(void);
void pause_us(unsigned int us);
/** Memory which a child and its parent share; NULL: there is none. */
void *shared_memory(size_t size);
/** Waits, clears and acknowledges; events without a cause are counted in @spurious, if not NULL. */
int take_interrupt(struct pair *pair, unsigned int *spurious);
/** On a card just opened: bus mastering is off; what it has of registers, INTx and DMA works. */
int card_works(struct pair *pair, bool both_ways);
/** The self-tests that need nothing. */
int quick_cases_pass(struct pair *pair);

/* raw_edu.c: the card edu at work without the library, which writes a tenth of a second later. */
#define RAW_EDU_SIZE 2048
#define RAW_EDU_BEFORE 0xa5 /* what the memory has */
#define RAW_EDU_AFTER 0x3c  /* what the card has */
volatile void *raw_edu_map(const char *address);
void raw_edu_start(volatile void *registers, uint64_t iova);
/** Until the card is done, whatever became of the data. */
int raw_edu_await(volatile void *registers);
bool raw_edu_holds(const unsigned char *bytes, unsigned char value);

/* cases_victim.c */
void run_programs(struct uvio_ctx *ctx);

/* Modes of the program: guests and cards of another kind. */
void run_any_uio(struct uvio_ctx *ctx);
void run_crash(struct uvio_ctx *ctx);
/** Two cards on one bus and in one group. */
void run_bus_of_two(struct uvio_ctx *ctx, const char *first, const char *second);
/** With cards edu, edu-port and edu-group. */
void run_domain(struct uvio_ctx *ctx, const char *transport);
void run_errors(struct uvio_ctx *ctx);
void run_group(struct uvio_ctx *ctx);
void run_guard(struct uvio_ctx *ctx);
void run_no_iommu(struct uvio_ctx *ctx);
void run_platform(struct uvio_ctx *ctx);
void run_port_figures(struct uvio_ctx *ctx);
void run_rom(struct uvio_ctx *ctx);
void run_scale(struct uvio_ctx *ctx);
void run_shared(struct uvio_ctx *ctx);
void run_testdev(struct uvio_ctx *ctx);
void run_tokens(struct uvio_ctx *ctx);
void run_translated(struct uvio_ctx *ctx);
/** With card edu-port and the lab's --monitor. */
void run_unplug(struct uvio_ctx *ctx);
void run_vectors(struct uvio_ctx *ctx);
void run_victim(struct uvio_ctx *ctx);

extern const struct test_case region_cases[];
extern const struct test_case power_cases[];
extern const struct test_case irq_cases[];
extern const struct test_case dma_cases[];
extern const struct test_case process_cases[];
extern const struct test_case isolation_cases[];
extern const struct test_case removal_cases[];
extern const struct test_case crowd_cases[];
extern const struct test_case taken_cases[];
extern const struct test_case fault_cases[];
extern const struct test_case msix_cases[];

int fail_at(const char *file, int line, const char *format, ...) UVIO_PRINTF(3, 4);
bool error_is(int rc, int err, const char *text);

/** Leaves the case as failed. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return fail_at(__FILE__, __LINE__, "%s", #condition);                      \
	} while (0)

#define CHECK_OK(call)                                                                             \
	do {                                                                                       \
		int rc_ = (call);                                                                  \
		if (rc_ < 0)                                                                       \
			return fail_at(                                                            \
				__FILE__, __LINE__, "%s: %d: %s", #call, rc_, uvio_last_error());  \
	} while (0)

/** The errno, and a part of the sentence. */
#define CHECK_ERR(call, err, text)                                                                 \
	do {                                                                                       \
		int rc_ = (call);                                                                  \
		if (!error_is(rc_, err, text))                                                     \
			return fail_at(__FILE__, __LINE__, "%s: %d, not %d with '%s': %s", #call,  \
				rc_, err, text, uvio_last_error());                                \
	} while (0)

#endif /* UVIO_TESTS_LAB_CONFORMANCE_H */
