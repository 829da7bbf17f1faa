/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_BASE_ERROR_H
#define UVIO_BASE_ERROR_H

#include <stdbool.h>

#include "base/context.h"

/* A failure that must survive its own cleanup. */
struct uvio_saved_error {
	char text[UVIO_TEXT_SIZE];
	int err;
};

void uvio_error_save(struct uvio_saved_error *saved);
int uvio_error_restore(const struct uvio_saved_error *saved);

/** "EPERM"; takes the errno with either sign. */
const char *uvio_errname(int err);

/**
 * Text from others, such as the name of a process, must not control a terminal or break JSON: bytes
 * that are not a printable UTF-8 character become "?". Error messages, log messages and findings
 * are clean.
 */
void uvio_text_clean(char *text);

/**
 * Whether @pointer, the program's @argument of this function, is NULL; if so, sets the error
 * message for -EINVAL.
 */
#define UVIO_NULL(argument, pointer) UVIO_NULL_IN(__func__, argument, pointer)
/** For what several functions of the interface share: of @function. */
#define UVIO_NULL_IN(function, argument, pointer)                                                  \
	(!(pointer) && (uvio_null_given(function, argument), true))
void uvio_null_given(const char *function, const char *argument);

/** The same for a structure to fill that has no @size. */
#define UVIO_NO_SIZE(argument, size) (!(size) && (uvio_no_size_given(__func__, argument), true))
void uvio_no_size_given(const char *function, const char *argument);

/** -ENOMEM with an error message. */
int uvio_no_memory(const char *object);

#endif /* UVIO_BASE_ERROR_H */
