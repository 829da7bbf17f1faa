/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/**
 * A change of a PCI device's kernel driver in a child process: it is finished or undone, also if
 * the calling program is killed. Until then a record in the run folder holds the former state, in
 * case the child is killed too.
 */
#ifndef UVIO_REBIND_H
#define UVIO_REBIND_H

#include <limits.h>
#include <stdbool.h>

#include "base/apart.h"
#include "base/context.h"

enum uvio_rebind_goal {
	UVIO_REBIND_TAKE,    /* to @driver; @override is restored afterwards */
	UVIO_REBIND_DROP,    /* no driver */
	UVIO_REBIND_NATURAL, /* no override, and the driver that the kernel chooses */
	UVIO_REBIND_REPAIR,  /* finishes or undoes an interrupted change */
};

/* The steps of the process. All except the reads are writes. */
enum uvio_rebind_step {
	UVIO_REBIND_CHOOSE,  /* driver_override: @driver */
	UVIO_REBIND_UNBIND,  /* from the driver that it has */
	UVIO_REBIND_PROBE,   /* by the driver that driver_override names */
	UVIO_REBIND_LOOK,    /* reads which driver it has */
	UVIO_REBIND_COMPARE, /* checks that it is @driver */
	UVIO_REBIND_FORMER,  /* driver_override: @was */
	UVIO_REBIND_CLEAR,   /* driver_override: none */
	UVIO_REBIND_RESTORE, /* driver_override: @override */
};

enum uvio_rebind_file {
	UVIO_REBIND_FILE_OVERRIDE,
	UVIO_REBIND_FILE_UNBIND,
	UVIO_REBIND_FILE_PROBE,
	UVIO_REBIND_FILES,
};

#define UVIO_REBIND_LOCKS UVIO_APART_KEEP
#define UVIO_REBIND_PATH (PATH_MAX / 2)

struct uvio_rebind {
	enum uvio_rebind_goal goal;
	enum uvio_rebind_goal interrupted; /* of a repair: the former goal */
	char address[UVIO_ADDRESS_SIZE];
	char driver[UVIO_NAME_SIZE];   /* the goal's; "" none */
	char was[UVIO_NAME_SIZE];      /* before; "" none */
	char override[UVIO_NAME_SIZE]; /* before; "" none */
	bool recorded;
	/* Set by uvio_rebind_new(). */
	char files[UVIO_REBIND_FILES][UVIO_REBIND_PATH];
	char link[UVIO_REBIND_PATH];
	char record[UVIO_REBIND_PATH];
};

#define UVIO_REBIND_WORKS 1

/** The reports of the process: each write as it begins, and the end. */
struct uvio_rebind_note {
	/* UVIO_REBIND_WORKS; at the end 0 or the first error. -ECANCELED: it was told to stop. */
	int rc;
	/* The current or the failed step. UVIO_REBIND_RESTORE: the change was done before. */
	enum uvio_rebind_step step;
	bool restored; /* at the end of a failed change or of a repair: it has a driver again */
};

/** The file and the value that a step writes; NULL: it only reads. */
const char *uvio_rebind_write(
	const struct uvio_rebind *rebind, enum uvio_rebind_step step, const char **text);

/** With paths; the caller fills in the rest. NULL with an error message on failure. */
struct uvio_rebind *uvio_rebind_new(struct uvio_ctx *ctx, const char *address);

/** A socket that receives the reports, or a negative errno; @locks are held as long as it works. */
int uvio_rebind_start(struct uvio_rebind *rebind, const int locks[UVIO_REBIND_LOCKS]);
/** Makes it undo the change as soon as the kernel returns. False: it is done, and reports this. */
bool uvio_rebind_stop(int fd);

/* Sets @recorded, which is false if it could not be written, as by an ordinary user. */
void uvio_record_save(struct uvio_ctx *ctx, struct uvio_rebind *rebind);
/** Whether there is a record; fills in the goal and the former state. */
bool uvio_record_load(struct uvio_ctx *ctx, struct uvio_rebind *rebind);
bool uvio_record_exists(struct uvio_ctx *ctx, const char *address);
/** 0, or -EPERM with a text: what has the name of a record is no file. */
int uvio_record_place(struct uvio_ctx *ctx, const char *address);
/**
 * Removes what a comparison of the uvio command left, since another driver has been chosen: one
 * that is under way holds a lock on its record, and keeps it.
 */
void uvio_record_forget_comparison(struct uvio_ctx *ctx, const char *address);

#endif /* UVIO_REBIND_H */
