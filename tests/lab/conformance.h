/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** What the files of the conformance suite share. It knows the public interface only. */
#ifndef UVIO_TESTS_LAB_CONFORMANCE_H
#define UVIO_TESTS_LAB_CONFORMANCE_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include <uvio/uvio.h>

#include "../asleep.h"

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

/** Binds the device, and reports that. PASS; SKIP where nobody asked for a transport that is not.
 */
int pair_bind(struct pair *pair, const char *label);
int pair_open(struct pair *pair);
void pair_close(struct pair *pair);

/**
 * The driver of a card on which all cases can be tried: it says how to raise interrupts, and so on.
 * NULL: there is none, or it has tests of its own, as those with channels of a class.
 */
const struct uvio_driver *driver_of(const struct uvio_device_info *info);
const struct uvio_driver *driver_of_edu(void);

/** The transports to test, by name; ends with NULL. */
const char *const *wanted_transports(void);

/** Runs @work in a child; its exit status, or -1 where a signal ended it. */
int in_child(struct pair *pair, int (*work)(struct pair *pair));

/**
 * The same, elsewhere: @enter takes the child there. It is one of the functions below, or one of
 * yours that calls several of them; users come last.
 */
int in_child_as(struct pair *pair, int (*enter)(void), int (*work)(struct pair *pair));

/* places.c */
#define USER_ID 1000
#define OTHER_ID 1001
/** Without root's rights, as after a login: users of /etc/passwd, each with a group of its own. */
int become_user(void);
int become_other(void);
/** New network and mount namespaces, with a sysfs of their own at /sys. */
int enter_network(void);
/** As a container without a file system of its own: processes, too, and a /proc that shows them. */
int enter_container(void);
/** A mount namespace in which /proc is empty. */
int hide_proc(void);

/**
 * A program of others, which uses a device beside ours: foreign_uio and foreign_vfio, whose files
 * say what they can be told to do.
 */
struct foreign {
	pid_t pid;
	int in, out;
	bool inside; /* the program is a child of @pid */
};

/**
 * Runs @line, words as "foreign_uio /dev/uio0 map close", where @enter takes it (NULL: here), and
 * returns when it is ready: PASS. Where it fails it has said why, and there is nothing to end.
 */
int foreign_start(struct foreign *foreign, int (*enter)(void), const char *line);
/** Waits until it says @line, as "interrupt". */
int foreign_hears(struct foreign *foreign, const char *line);
/** Tells it one more action, as "close", and waits until that is done. */
int foreign_tell(struct foreign *foreign, const char *action);
/** Ends it, and waits for that. */
int foreign_end(struct foreign *foreign);
int foreign_kill(struct foreign *foreign);

/** By which handle such a program has a device. */
enum foreign_handle {
	FOREIGN_NODE,	    /* the node is open, nothing else */
	FOREIGN_DEVICE,	    /* all is in use: registers mapped, bus mastering on, INTx armed */
	FOREIGN_DESCRIPTOR, /* vfio: the device; uio: resource0; the node is closed */
	FOREIGN_MAPPING,    /* registers mapped, all descriptors closed */
	FOREIGN_HANDLES
};

/** foreign_start() of a program which has the device at @address like that. */
int foreign_hold(struct foreign *foreign, int (*enter)(void), const char *address,
	const char *transport, enum foreign_handle handle);
/** The device's node for a transport, as /dev/vfio/5. */
int foreign_node(const char *address, const char *transport, char *node, size_t size);

/** Writes @text to a file of /sys. 0 or a negative errno. */
int sysfs_write(const char *path, const char *text);

/** Whether the bus master bit is set, asked of the kernel, not of the library. */
bool bus_master_is_on(const char *address);

/* steps.c and cases_crash.c */
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
volatile void *raw_edu_map(const char *address, bool writable);
/* Before its driver is changed: whose registers are mapped is in use. */
void raw_edu_unmap(volatile void *registers);
void raw_edu_start(volatile void *registers, uint64_t iova);
/** Until the card is done, whatever became of the data. */
int raw_edu_await(volatile void *registers);
bool raw_edu_holds(const unsigned char *bytes, unsigned char value);

/* cases_victim.c */
void run_programs(struct uvio_ctx *ctx);

/* Modes of the program: guests and cards of another kind. */
void run_any_uio(struct uvio_ctx *ctx);
/** With tools/uvio in the guest. */
void run_bind(struct uvio_ctx *ctx);
/** Faults which check finds before open does. */
void run_check(struct uvio_ctx *ctx);
/** Booted with intremap=off. */
void run_forgeable(struct uvio_ctx *ctx);
/** With transports of vfio only. */
void run_held(struct uvio_ctx *ctx);
void run_crash(struct uvio_ctx *ctx);
/** Two cards on one bus and in one group. */
void run_bus_of_two(struct uvio_ctx *ctx, const char *first, const char *second);
/** With cards edu, edu-port and edu-group. */
void run_domain(struct uvio_ctx *ctx, const char *transport);
void run_errors(struct uvio_ctx *ctx);
void run_foreign(struct uvio_ctx *ctx);
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
void run_used(struct uvio_ctx *ctx);

/** How the program calls itself with the rights of another file, and what it then does: PASS. */
#define RIGHTS_ALONE "rights-alone"
int run_rights_alone(struct uvio_ctx *ctx, const char *address, const char *backend);
void run_vectors(struct uvio_ctx *ctx);
void run_victim(struct uvio_ctx *ctx);

extern const struct test_case region_cases[];
extern const struct test_case power_cases[];
extern const struct test_case inuse_cases[];
extern const struct test_case race_cases[];
extern const struct test_case irq_cases[];
extern const struct test_case dma_cases[];
extern const struct test_case memory_cases[];
extern const struct test_case limit_cases[];
extern const struct test_case process_cases[];
extern const struct test_case cancel_cases[];
/* With tools/uvio in the guest, or without some of them. */
extern const struct test_case standard_cases[];
extern const struct test_case rights_cases[];
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

/** The errno, and a part of the error message. */
#define CHECK_ERR(call, err, text)                                                                 \
	do {                                                                                       \
		int rc_ = (call);                                                                  \
		if (!error_is(rc_, err, text))                                                     \
			return fail_at(__FILE__, __LINE__, "%s: %d, not %d with '%s': %s", #call,  \
				rc_, err, text, uvio_last_error());                                \
	} while (0)

#endif /* UVIO_TESTS_LAB_CONFORMANCE_H */
