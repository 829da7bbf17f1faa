/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_TOOLS_COMPARE_H
#define UVIO_TOOLS_COMPARE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <uvio/uvio.h>
#include "former.h"
#include "names.h"
#include "tools.h"

enum figure_id {
	FIGURE_OPEN = 0,
	FIGURE_REG_READ,
	FIGURE_REG_WRITE,
	FIGURE_DMA_MAP_UNMAP,
	FIGURE_DMA_ROUND_TRIP,
	FIGURE_IOVA_LOOKUP,
	FIGURE_CARD_COUNT, /* from here on of classes, see traffic.h */
	FIGURE_CAN_SEND_1 = FIGURE_CARD_COUNT,
	FIGURE_CAN_SEND_16,
	FIGURE_CAN_RECEIVE_1,
	FIGURE_CAN_RECEIVE_16,
	FIGURE_SERIAL_16,
	FIGURE_SERIAL_256,
	FIGURE_COUNT,
};

/* What is compared in time or instructions. Without @known it could not, or did not, happen. */
struct figure {
	bool known;
	double median;
	double p99;
	double max;
	bool has_baseline;
	double baseline; /* median of the same by hand */
};

struct irq_figure {
	struct figure cost;
	double syscalls; /* per interrupt */
};

/* One that compare itself does not take. */
struct more_figure {
	const char *name;
	const char *unit;
	struct figure figure;
};

#define MORE_MAX 16

struct backend_result {
	const char *name; /* of a transport: "vfio/group", "uio"; or "kernel" */
	bool kernel;	  /* the driver that the device has before */
	bool on_request;
	bool chosen;
	bool asked_for; /* by its whole name */
	bool tried;	/* to bind and open: nothing broken was seen before */
	bool usable;
	bool shown;	 /* as a column */
	char *reason;	 /* where it is not usable, or limited */
	bool incomplete; /* a figure failed */
	uint32_t caps;
	unsigned int passed;
	unsigned int failed;
	unsigned int skipped;
	struct figure figures[FIGURE_COUNT];
	struct irq_figure irqs[UVIO_IRQ_KINDS];
	struct more_figure more[MORE_MAX]; /* in JSON only */
	unsigned int more_count;
};

struct can_end;
struct traffic;

struct time_base {
	bool instructions; /* the time stamp counter counts them */
	const char *unit;
	uint64_t cost; /* of reading it */
};

struct comparison {
	const struct tool *tool;
	const struct uvio_device_info *info;
	struct former *former;
	struct name name; /* as it was before */
	const struct uvio_driver *driver;
	struct time_base time_base;
	unsigned int iterations;
	uint32_t flags; /* enum uvio_open_flags */
	bool progress;
	struct can_end *peer; /* NULL: none; it sends what the card receives */
	bool fd;	      /* frames of CAN FD */
	struct backend_result *results;
	unsigned int count; /* the last one is the kernel's */
};

/* One backend at work. */
struct session {
	const struct comparison *comparison;
	struct backend_result *result;
	struct uvio_udev *udev;
	struct uvio_card *card;
	const struct uvio_driver *driver;
	const struct uvio_trial *trial;
	void *priv;	     /* of the card driver */
	void *memory;	     /* for mapping, to the end */
	void *table;	     /* for looking up */
	struct uvio_dma dma; /* for moving data */
	size_t size;
	enum uvio_irq_kind kind;
	unsigned int round;
	void *baseline; /* for measurements by hand */
	struct traffic *traffic;
};

/* One kind of work: @round does it once, and says what it cost. */
struct measurement {
	uint32_t needs;	      /* capabilities */
	unsigned int divisor; /* of the iterations */
	unsigned int warm_up;
	bool (*can)(const struct uvio_trial *trial); /* NULL: always */
	int (*prepare)(struct session *s);
	int (*round)(struct session *s, double *sample);
	void (*finish)(struct session *s);
};

enum {
	REG_BATCH = 1000,
	MAP_SIZE = 64 * 1024,
	TRIP_SIZE = 1024,
};

/* The key of a figure in JSON, which is also its name in messages. */
extern const char *const figure_names[FIGURE_COUNT];

/* From the environment. TOOL_GO_ON or an exit status. */
int time_base_init(const struct tool *tool, struct time_base *base);

int compare_open(const struct comparison *c, const char *backend, struct uvio_udev **udev);
/* Of "vfio" in "vfio/cdev". */
size_t compare_family_length(const struct backend_result *result);
void compare_progress(const struct session *s, const char *step);
void compare_complain(const struct session *s, const char *step);

/* Takes all figures that the card and the backend can give; it stops when a signal came. */
void measure_card(struct session *s);
void measure_open(struct session *s);

/* One measurement; @syscalls may be NULL. A failure is told and noted. */
void measure(struct session *s, const struct measurement *m, const char *name,
	struct figure *figure, double *syscalls);

/* One more of the backend, for JSON. @unit: NULL: that of the clock. */
void measure_add(
	struct session *s, const char *name, const char *unit, const struct figure *figure);

/* In line, so that reading the clock costs the same wherever it is done. */
#if defined(__x86_64__) || defined(__i386__)
enum { HAVE_TSC = 1 };

static inline uint64_t read_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}
#else
enum { HAVE_TSC = 0 };

static inline uint64_t read_tsc(void)
{
	return 0;
}
#endif

static inline uint64_t clock_now(const struct time_base *base)
{
	struct timespec time;

	if (base->instructions)
		return read_tsc();
	clock_gettime(CLOCK_MONOTONIC_RAW, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline double clock_since(const struct time_base *base, uint64_t start)
{
	uint64_t spent = clock_now(base) - start;

	return spent > base->cost ? (double)(spent - base->cost) : 0;
}

static inline uint64_t measure_now(const struct session *s)
{
	return clock_now(&s->comparison->time_base);
}

static inline double measure_since(const struct session *s, uint64_t start)
{
	return clock_since(&s->comparison->time_base, start);
}

void report_table(FILE *stream, const struct comparison *c);
int report_json(const struct comparison *c);

#endif /* UVIO_TOOLS_COMPARE_H */
