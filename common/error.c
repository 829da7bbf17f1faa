/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <uvio/error.h>

#include "internal.h"

static _Thread_local char last_text[UVIO_TEXT_SIZE];
static _Thread_local int last_errno;

const char *uvio_last_error(void)
{
	return last_text;
}

int uvio_last_errno(void)
{
	return last_errno;
}

/* Formats aside first: an argument may be uvio_last_error() itself. */
int uvio_fail(int err, const char *format, ...)
{
	char text[UVIO_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	memcpy(last_text, text, sizeof(text));
	last_errno = err;
	return err;
}

void uvio_error_save(struct uvio_saved_error *saved)
{
	memcpy(saved->text, last_text, sizeof(last_text));
	saved->err = last_errno;
}

int uvio_error_restore(const struct uvio_saved_error *saved)
{
	memcpy(last_text, saved->text, sizeof(last_text));
	last_errno = saved->err;
	return saved->err;
}

const char *uvio_errname(int err)
{
#if HAVE_DECL_STRERRORNAME_NP
	const char *name = strerrorname_np(err < 0 ? -err : err);

	return name ? name : "unknown error";
#else
	return strerror(err < 0 ? -err : err);
#endif
}

int uvio_no_memory(const char *object)
{
	return uvio_fail(-ENOMEM, "%s: out of memory in this process", object);
}
