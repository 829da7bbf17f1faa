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
 * What others may have chosen, as the name of a process, must not control a terminal or break
 * JSON: what is no printable character of UTF-8 becomes "?". Texts of errors, of the log and of
 * findings are clean.
 */
void uvio_text_clean(char *text);

/**
 * Whether @pointer, which a program gave as @argument and this function needs, is NULL: then with
 * the text for -EINVAL.
 */
#define UVIO_NULL(argument, pointer) (!(pointer) && uvio_null_given(__func__, argument))
bool uvio_null_given(const char *function, const char *argument);

/** The same for a structure to fill that has no @size. */
#define UVIO_NO_SIZE(argument, size) (!(size) && uvio_no_size_given(__func__, argument))
bool uvio_no_size_given(const char *function, const char *argument);

/** -ENOMEM with a text. */
int uvio_no_memory(const char *object);

#endif /* UVIO_BASE_ERROR_H */
