/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <uvio/error.h>

#include "base/clock.h"
#include "base/context.h"
#include "base/error.h"
#include "base/rlimit.h"

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

/* Any call that opens a descriptor can hit these limits. */
static void __attribute__((noinline)) add_limit(int err, char *text, size_t size)
{
	char limit[UVIO_LIMIT_TEXT];
	size_t used = strlen(text);

	uvio_limit_of_files(err, 0, limit);
	if (limit[0] && !strstr(text, err == -EMFILE ? "RLIMIT_NOFILE" : "fs.file-max"))
		snprintf(text + used, size - used, "; %s", limit);
}

/* The number of bytes of the character at @c; 0: not valid UTF-8, or a control character. */
static size_t printable_length(const unsigned char *c)
{
	size_t n = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;

	if (c[0] < 0x20 || c[0] == 0x7f || c[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	/* The second set of control characters; overlong forms; values that are not characters. */
	if ((c[0] == 0xc2 && c[1] < 0xa0) || (c[0] == 0xe0 && c[1] < 0xa0) ||
		(c[0] == 0xed && c[1] >= 0xa0) || (c[0] == 0xf0 && c[1] < 0x90) ||
		(c[0] == 0xf4 && c[1] >= 0x90))
		return 0;
	return n;
}

void uvio_text_clean(char *text)
{
	size_t n;

	for (char *c = text; *c; c += n ? n : 1) {
		n = printable_length((const unsigned char *)c);
		if (!n)
			*c = '?';
	}
}

/* Formats into a buffer first: an argument may be uvio_last_error() itself. */
int uvio_fail(int err, const char *format, ...)
{
	char text[UVIO_TEXT_SIZE];
	va_list args;

	if (UVIO_NULL("format", format))
		return err;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (err == -EMFILE || err == -ENFILE)
		add_limit(err, text, sizeof(text));
	uvio_text_clean(text);
	memcpy(last_text, text, sizeof(text));
	last_errno = err;
	return err;
}

void uvio_error_save(struct uvio_saved_error *saved)
{
	memcpy(saved->text, last_text, strlen(last_text) + 1);
	saved->err = last_errno;
}

int uvio_error_restore(const struct uvio_saved_error *saved)
{
	memcpy(last_text, saved->text, strlen(saved->text) + 1);
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

const char *uvio_time_text(char text[UVIO_TIME_SIZE], int64_t ns)
{
	const char *unit = ns % 1000 ? "ns" : ns % 1000000 ? "us" : "ms";
	int64_t of = ns % 1000 ? 1 : ns % 1000000 ? 1000 : 1000000;

	snprintf(text, UVIO_TIME_SIZE, "%lld %s", (long long)(ns / of), unit);
	return text;
}

/* Programs call the inline function, whose name is without this. */
static int name_length(const char *function)
{
	const char *sized = strstr(function, "_sized");

	return (int)(sized ? (size_t)(sized - function) : strlen(function));
}

void uvio_null_given(const char *function, const char *argument)
{
	uvio_fail(-EINVAL, "%.*s(): %s is NULL", name_length(function), function, argument);
}

void uvio_no_size_given(const char *function, const char *argument)
{
	uvio_fail(-EINVAL, "%s(): the size of %s is 0", function, argument);
}

int uvio_no_memory(const char *object)
{
	return uvio_fail(-ENOMEM, "%s: out of memory in this process", object);
}
