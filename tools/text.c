/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "say.h"
#include "tools.h"

enum {
	PROGRESS_WIDTH = 60,
	NARROWEST = 40, /* below it, words would be cut */
};

static size_t sequence_length(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

size_t text_character(const char *text, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *c = (const unsigned char *)text;
	size_t n = sequence_length(c[0]);

	*code = n < 2 ? c[0] : c[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (c[i] & 0x3f);
	}
	if (n && (*code < least[n] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000)))
		return 0;
	return n;
}

/* Those of ISO 6429, line separators, and what reverses the order of other characters. */
static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

static void put_clean(FILE *stream, const char *text, const char *end)
{
	while (text < end) {
		uint32_t code;
		size_t n = text_character(text, &code);

		if (n && !is_control(code)) {
			fwrite(text, 1, n, stream);
		} else if (n > 1) {
			fprintf(stream, "\\u%04x", (unsigned int)code);
		} else {
			fprintf(stream, "\\x%02x", (unsigned int)(unsigned char)*text);
		}
		text += n ? n : 1;
	}
}

/* With @lines, newlines at the end stay. */
static void put_text(FILE *stream, const char *text, bool lines)
{
	const char *end = text + strlen(text), *last = end;

	while (lines && last > text && last[-1] == '\n')
		last--;
	put_clean(stream, text, last);
	fputs(last, stream);
}

char *text_clean(const char *text, bool lines)
{
	char *clean = NULL;
	size_t size;
	FILE *stream = open_memstream(&clean, &size);

	if (!stream)
		return NULL;
	put_text(stream, text, lines);
	if (fclose(stream)) {
		free(clean);
		return NULL;
	}
	return clean;
}

int text_columns(const char *text)
{
	int columns = 0;

	for (; *text; text++)
		columns += (*text & 0xc0) != 0x80;
	return columns;
}

int text_fit(const char *text, int columns)
{
	int used = 0;

	for (; text[used]; used++)
		if ((text[used] & 0xc0) != 0x80 && columns-- <= 0)
			break;
	return used;
}

static void print(FILE *stream, const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		return;
	put_text(stream, text, true);
	free(text);
}

void tool_print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(stdout, format, args);
	va_end(args);
}

void tool_fprint(FILE *stream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(stream, format, args);
	va_end(args);
}

void tool_progress(const char *text)
{
	fprintf(stderr, "\r%*s\r", PROGRESS_WIDTH, "");
	put_text(stderr, text, false);
}

int tool_columns(FILE *stream)
{
	struct winsize size;

	if (!isatty(fileno(stream)))
		return 0;
	if (ioctl(fileno(stream), TIOCGWINSZ, &size) || !size.ws_col)
		return PAGE_COLUMNS;
	return size.ws_col < NARROWEST ? NARROWEST : size.ws_col;
}

/* @text is clean except for separators. */
static void wrap(FILE *stream, const char *prefix, const char *text, int indent, int width)
{
	int column = text_columns(prefix);
	bool first = true;

	fputs(prefix, stream);
	while (*(text += strspn(text, " "))) {
		int bytes = (int)strcspn(text, " ");
		int word = text_columns(text) - text_columns(text + bytes);

		if (!first && width && column + 1 + word > width) {
			fprintf(stream, "\n%*s", indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', stream);
			column++;
		}
		fprintf(stream, "%.*s", bytes, text);
		column += word;
		text += bytes;
		first = false;
	}
	fputc('\n', stream);
}

static char *one_line(const char *text)
{
	char *copy = strdup(text), *clean;

	for (char *c = copy; c && *c; c++)
		if (*c == '\n')
			*c = ' ';
	clean = copy ? text_clean(copy, false) : NULL;
	free(copy);
	return clean;
}

void tool_wrap(FILE *stream, const char *prefix, const char *text)
{
	int width = tool_columns(stream);
	char *clean = one_line(text), *before = text_clean(prefix, false);

	if (clean && before)
		wrap(stream, before, clean, text_columns(before), width ? width : PAGE_COLUMNS);
	free(before);
	free(clean);
}

/* One line, as a message: see below. */
void tool_tell(const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		return;
	if (tool_columns(stdout))
		tool_wrap(stdout, "", text);
	else
		tool_print("%s\n", text);
	free(text);
}

static void say_wrapped(const char *prefix, const char *clean)
{
	char *lines = NULL;
	size_t size;
	FILE *stream = open_memstream(&lines, &size);

	if (!stream)
		return;
	wrap(stream, prefix, clean, text_columns(prefix), tool_columns(stderr));
	if (!fclose(stream))
		say(lines);
	free(lines);
}

/* A message is one line, so that it can be searched; on a terminal it is wrapped. */
static void message(const char *prefix, const char *format, va_list args)
{
	char *text, *clean;

	if (vasprintf(&text, format, args) < 0)
		return;
	clean = one_line(text);
	if (clean)
		say_wrapped(prefix, clean);
	free(clean);
	free(text);
}

void tool_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message("", format, args);
	va_end(args);
}

int tool_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message("uvio: ", format, args);
	va_end(args);
	return TOOL_FAILED;
}

int tool_failed(void)
{
	return tool_error("%s", uvio_last_error());
}

int tool_no_memory(void)
{
	return tool_error("memory: %s", "out of memory in this process");
}

int tool_usage(const struct tool *tool, const char *format, ...)
{
	va_list args;

	if (format) {
		va_start(args, format);
		message("uvio: ", format, args);
		va_end(args);
	}
	if (tool->command == &command_help)
		fprintf(stderr, "try 'uvio help'\n");
	else
		fprintf(stderr, "try 'uvio %s%s--help'\n", tool->command ? tool->command->name : "",
			tool->command ? " " : "");
	return TOOL_USAGE;
}

/* Letters to insert, remove or change; a text of the terminal's own is too long to matter. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[64], m = (unsigned int)strlen(b);

	if (m >= ARRAY_SIZE(row))
		return m;
	for (unsigned int j = 0; j <= m; j++)
		row[j] = j;
	for (unsigned int i = 1; a[i - 1]; i++) {
		unsigned int before = row[0];

		row[0] = i;
		for (unsigned int j = 1; j <= m; j++) {
			unsigned int change = before + (a[i - 1] != b[j - 1]);
			unsigned int shift = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

			before = row[j];
			row[j] = change < shift ? change : shift;
		}
	}
	return row[m];
}

const char *tool_nearest(const char *word, const char *const *names)
{
	unsigned int best = strlen(word) < 4 ? 2 : 3;
	const char *found = NULL;

	for (; strlen(word) < 64 && *names; names++) {
		unsigned int here = distance(word, *names);

		if (here < best && here < strlen(*names)) {
			best = here;
			found = *names;
		}
	}
	return found;
}

int tool_unknown(
	const struct tool *tool, const char *what, const char *word, const char *const *names)
{
	const char *near = tool_nearest(word, names);

	if (near)
		return tool_usage(tool, "'%s' is not %s; did you mean '%s'?", word, what, near);
	return tool_usage(tool, "'%s' is not %s", word, what);
}
