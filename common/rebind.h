/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * A change of a PCI device's kernel driver, done apart: it is finished, or taken back, whatever
 * becomes of the program that asked for it. Until then a record in the run folder tells what was
 * before, for the case that this process is killed too.
 */
#ifndef UVIO_REBIND_H
#define UVIO_REBIND_H

#include "internal.h"

enum uvio_rebind_goal {
	UVIO_REBIND_TAKE,    /* to @driver, and @override is as before afterwards */
	UVIO_REBIND_DROP,    /* no driver */
	UVIO_REBIND_NATURAL, /* no override, and whichever driver the kernel chooses */
	UVIO_REBIND_REPAIR,  /* what an interrupted change left: finished or taken back */
};

enum uvio_rebind_file {
	UVIO_REBIND_OVERRIDE,
	UVIO_REBIND_UNBIND,
	UVIO_REBIND_PROBE,
	UVIO_REBIND_FILES,
};

#define UVIO_REBIND_PATH (PATH_MAX / 2)

struct uvio_rebind {
	enum uvio_rebind_goal goal;
	enum uvio_rebind_goal interrupted; /* of a repair: what had been the goal */
	char address[UVIO_ADDRESS_SIZE];
	char driver[UVIO_NAME_SIZE];   /* the goal's; "" none */
	char was[UVIO_NAME_SIZE];      /* before; "" none */
	char override[UVIO_NAME_SIZE]; /* before; "" none */
	/* Set by uvio_rebind_new(). */
	char files[UVIO_REBIND_FILES][UVIO_REBIND_PATH];
	char link[UVIO_REBIND_PATH];
	char record[UVIO_REBIND_PATH];
};

/** What the process tells: each write as it begins, and the end. */
struct uvio_rebind_note {
	bool done;
	/* What is written, or what failed first. */
	enum uvio_rebind_file file;
	char text[UVIO_ADDRESS_SIZE];
	/* Of the end. */
	int rc;			  /* 0, or why not: -ECANCELED it was told to stop */
	bool written;		  /* @rc is that of writing @text to @file */
	char now[UVIO_NAME_SIZE]; /* the driver that it had when it failed */
	bool restored;		  /* it has the former one again */
	int override_rc;	  /* of restoring the override after a success */
};

/** With paths, and the rest to be filled in. NULL, with a text. */
struct uvio_rebind *uvio_rebind_new(struct uvio_ctx *ctx, const char *address);

/** A socket which gives notes, or a negative errno; @lock is held as long as it works. */
int uvio_rebind_start(struct uvio_rebind *rebind, int lock);
/** It takes back what it did as soon as the kernel lets it. False: it is done, and tells. */
bool uvio_rebind_stop(int fd);

/* record.c: false: it could not be kept, as by an ordinary user. */
bool uvio_record_save(struct uvio_ctx *ctx, const struct uvio_rebind *rebind);
/** Whether there is one, which fills in the goal and what was before. */
bool uvio_record_load(struct uvio_ctx *ctx, struct uvio_rebind *rebind);
bool uvio_record_exists(struct uvio_ctx *ctx, const char *address);

#endif /* UVIO_REBIND_H */
