/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Runs an operation once for each call that it makes and each answer that the kernel can give there
 * instead of success, and looks each time whether what is promised holds: a failure has an errno, a
 * sentence and a name; a success works and leaves the sentence alone; nothing stays behind, and the
 * next one can begin at once.
 */
#ifndef UVIO_TESTS_INJECT_RUN_H
#define UVIO_TESTS_INJECT_RUN_H

#include "inject.h"

struct operation {
	const char *name;
	void (*begin)(void);	     /* what must be there before; NULL: nothing */
	int (*run)(void);	     /* 0 or more, or a negative errno */
	int expects;		     /* the errno where nothing fails; 0: success */
	const char *(*works)(void);  /* what does not after a success; NULL where all does */
	const char *(*failed)(void); /* what is not as it was after a failure; NULL: all is */
	bool waits;		     /* it sleeps, where a thread that is cancelled ends */
	size_t stack;		     /* what it may take; 0: INJECT_STACK_MOST */
	bool once;		     /* is not tried again where it failed */
	const char *keeps;	     /* of calls whose failure keeps memory for ever; NULL: none */
};

struct scene {
	const char *object;	     /* what error messages begin with */
	void (*fresh)(void);	     /* a new kernel, nothing open; inject_reset() */
	void (*close)(void);	     /* what an operation left open */
	bool (*gone)(void);	     /* the device is no more, so that trying again is in vain */
	const char *(*usable)(void); /* what is not, with everything closed; NULL: all is */
};

/** One case: ends it as failed where anything did not hold, with a comment for each. */
void inject_everywhere(const struct scene *scene, const struct operation *operation);

/** A test of one operation, in the file's own scene. */
#define CASE(function, operation)                                                                  \
	static void function(void)                                                                 \
	{                                                                                          \
		inject_everywhere(&scene, &operation);                                             \
	}

/** What has been tried in all cases, as a comment. */
void inject_print_total(void);

#endif /* UVIO_TESTS_INJECT_RUN_H */
