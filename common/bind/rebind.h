/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/**
 * A change of a PCI device's kernel driver, done apart: it is finished, or taken back, whatever
 * becomes of the program that asked for it. Until then a record in the run folder tells what was
 * before, for the case that this process is killed too.
 */
#ifndef UVIO_REBIND_H
#define UVIO_REBIND_H

#include <limits.h>
#include <stdbool.h>

#include "base/apart.h"
#include "base/context.h"

enum uvio_rebind_goal {
	UVIO_REBIND_TAKE,    /* to @driver, and @override is as before afterwards */
	UVIO_REBIND_DROP,    /* no driver */
	UVIO_REBIND_NATURAL, /* no override, and whichever driver the kernel chooses */
	UVIO_REBIND_REPAIR,  /* what an interrupted change left: finished or taken back */
};

/* What the process does. All but the looks are writes. */
enum uvio_rebind_step {
	UVIO_REBIND_CHOOSE,  /* driver_override: @driver */
	UVIO_REBIND_UNBIND,  /* from the driver that it has */
	UVIO_REBIND_PROBE,   /* by the driver that driver_override names */
	UVIO_REBIND_LOOK,    /* which driver it has */
	UVIO_REBIND_COMPARE, /* whether that is @driver */
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
	enum uvio_rebind_goal interrupted; /* of a repair: what had been the goal */
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

/** What the process tells: each write as it begins, and the end. */
struct uvio_rebind_note {
	/* UVIO_REBIND_WORKS; at the end 0, or what failed first: -ECANCELED it was told to stop. */
	int rc;
	/* What it does, or what failed. UVIO_REBIND_RESTORE of a change that reached its goal. */
	enum uvio_rebind_step step;
	bool restored; /* of the end of what failed, and of a repair: it has a driver again */
};

/** Where a step writes what; NULL: a look, which writes nothing. */
const char *uvio_rebind_write(
	const struct uvio_rebind *rebind, enum uvio_rebind_step step, const char **text);

/** With paths, and the rest to be filled in. NULL, with a text. */
struct uvio_rebind *uvio_rebind_new(struct uvio_ctx *ctx, const char *address);

/** A socket which gives notes, or a negative errno; @locks are held as long as it works. */
int uvio_rebind_start(struct uvio_rebind *rebind, const int locks[UVIO_REBIND_LOCKS]);
/** It takes back what it did as soon as the kernel lets it. False: it is done, and tells. */
bool uvio_rebind_stop(int fd);

/* Sets @recorded, which is false where it could not be kept, as by an ordinary user. */
void uvio_record_save(struct uvio_ctx *ctx, struct uvio_rebind *rebind);
/** Whether there is one, which fills in the goal and what was before. */
bool uvio_record_load(struct uvio_ctx *ctx, struct uvio_rebind *rebind);
bool uvio_record_exists(struct uvio_ctx *ctx, const char *address);

#endif /* UVIO_REBIND_H */
