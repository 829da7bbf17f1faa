/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <uvio/error.h>

#include "harness.h"
#include "inject_process.h"
#include "inject_run.h"

#define BEFORE_ERRNO (-EXFULL)
#define BEFORE_TEXT "the failure before"
#define MAX_COMPLAINTS 40

static struct {
	unsigned int operations, calls, tries, failures;
} total;

/* What is tried now. */
static struct {
	const struct scene *scene;
	const struct operation *operation;
	struct inject_call call;
	unsigned int number;
	int answer;
	bool lasting;
	const char *way; /* NULL: as usual */
	unsigned int complaints;
} now;

static void UVIO_PRINTF(1, 2) complain(const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *c = text; *c; c++)
		*c = (char)(*c == '\n' ? ' ' : *c);
	if (now.complaints++ >= MAX_COMPLAINTS)
		return;
	if (now.way)
		printf("# %s, %s: %s\n", now.operation->name, now.way, text);
	else
		printf("# %s: call %u (%s %s) gives \"%s\"%s: %s\n", now.operation->name,
			now.number, inject_kind_name(now.call.kind), now.call.what,
			inject_answer_name(now.answer), now.lasting ? " from then on" : "", text);
}

static bool begins_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/* libpci has no idea of which device it is, and a list is of none. */
static bool names_object(const char *text)
{
	return begins_with(text, now.scene->object) || begins_with(text, "libpci: ") ||
	       begins_with(text, "list of devices: ") || begins_with(text, "cannot read /");
}

static void judge_failure(int rc)
{
	const char *text = uvio_last_error();

	total.failures++;
	if (uvio_last_errno() != rc)
		complain("result %d (%s), but last errno %d", rc, strerror(-rc), uvio_last_errno());
	if (!strcmp(text, BEFORE_TEXT) || !text[0])
		complain("result %d (%s) has no sentence", rc, strerror(-rc));
	else if (!names_object(text))
		complain("the sentence does not begin with %s: %s", now.scene->object, text);
	if (now.operation->failed && now.operation->failed())
		complain("after a failure: %s", now.operation->failed());
	if (now.answer == -ENOMEM && now.call.kind == INJECT_MALLOC && rc != -ENOMEM &&
		rc != now.operation->expects)
		complain("result %d (%s) is not that of no memory: %s", rc, strerror(-rc), text);
}

static void judge_success(void)
{
	const char *wrong;

	if (now.operation->expects)
		complain("a success, where nothing but %s was right",
			strerror(-now.operation->expects));
	if (strcmp(uvio_last_error(), BEFORE_TEXT) || uvio_last_errno() != BEFORE_ERRNO)
		complain("a success changes the sentence to %s", uvio_last_error());
	wrong = now.operation->works ? now.operation->works() : NULL;
	if (wrong)
		complain("a success does not work: %s", wrong);
}

/* What failed once works the next time, on a device that is still there. */
static void judge_again(void)
{
	const struct operation *operation = now.operation;
	const char *wrong = NULL;
	int rc;

	if (operation->once || now.answer == INJECT_SHORT || now.scene->gone())
		return;
	rc = operation->run();
	if (rc < 0)
		complain("not even tried again it works: %s", uvio_last_error());
	else if (operation->works)
		wrong = operation->works();
	if (wrong)
		complain("tried again it does not work: %s", wrong);
}

static void judge_rest(void)
{
	const char *wrong;
	char left[512];

	now.scene->close();
	if (now.operation->keeps && strstr(now.call.what, now.operation->keeps))
		inject_forget_mapping();
	if (inject_left(left, sizeof(left)))
		complain("left behind:%s", left);
	wrong = now.scene->usable();
	if (wrong)
		complain("afterwards it is not usable: %s", wrong);
	now.scene->close();
	if (!wrong && inject_left(left, sizeof(left)))
		complain("left behind by its use:%s", left);
}

static void begin(const struct scene *scene, const struct operation *operation)
{
	scene->fresh();
	if (operation->begin)
		operation->begin();
	uvio_fail(BEFORE_ERRNO, BEFORE_TEXT);
}

static int run_measured(void)
{
	size_t allowed = now.operation->stack ? now.operation->stack : INJECT_STACK_MOST, taken;
	int rc = inject_run_painted(now.operation->run, &taken);

	if (taken > allowed)
		complain("it takes %zu bytes of stack, which is more than %zu", taken, allowed);
	return rc;
}

static void try_one(unsigned int call, int answer, bool lasting)
{
	int rc;

	begin(now.scene, now.operation);
	now.answer = answer;
	now.lasting = lasting;
	if (lasting)
		inject_begin_lasting(call, answer);
	else
		inject_begin(call, answer);
	rc = run_measured();
	inject_end();
	total.tries++;
	if (!inject_given())
		complain("this time the call is not made");
	if (rc < 0)
		judge_failure(rc);
	else
		judge_success();
	if (rc < 0 && rc != now.operation->expects)
		judge_again();
	judge_rest();
}

static unsigned int count_calls(const struct scene *scene, const struct operation *operation,
	struct inject_call *calls, unsigned int most)
{
	unsigned int count;
	int rc;

	begin(scene, operation);
	inject_begin_counting();
	rc = operation->run();
	inject_end();
	ASSERT_EQ(rc < 0 ? rc : 0, operation->expects);
	count = inject_count();
	ASSERT(count <= most);
	for (unsigned int i = 0; i < count; i++)
		calls[i] = *inject_call(i);
	judge_rest();
	return count;
}

static void judge_as_expected(int rc, const char *wrong)
{
	if (wrong[0])
		complain("%s", wrong);
	if ((rc < 0 ? rc : 0) != now.operation->expects)
		complain("result %d: %s", rc, uvio_last_error());
	else if (rc >= 0 && now.operation->works && now.operation->works())
		complain("a success does not work: %s", now.operation->works());
	judge_rest();
}

static void try_closed(void)
{
	char wrong[128] = "";
	int rc;

	now.way = "with standard descriptors closed";
	begin(now.scene, now.operation);
	rc = inject_run_closed(now.operation->run, wrong, sizeof(wrong));
	judge_as_expected(rc, wrong);
}

static void try_painted(void)
{
	int rc;

	now.way = "on a small stack";
	begin(now.scene, now.operation);
	rc = run_measured();
	judge_as_expected(rc, "");
}

/* Where it ended the thread, what it waited for is still there. */
static void try_cancelled(void)
{
	bool cancelled;
	int rc;

	now.way = "in a cancelled thread";
	begin(now.scene, now.operation);
	rc = inject_run_cancelled(now.operation->run, &cancelled);
	if (cancelled != now.operation->waits)
		complain(cancelled ? "it ends the thread" : "it does not end the thread");
	if (cancelled)
		rc = now.operation->run();
	judge_as_expected(rc, "");
}

void inject_everywhere(const struct scene *scene, const struct operation *operation)
{
	static struct inject_call calls[1024];
	unsigned int count, tries = total.tries, failures = total.failures;

	memset(&now, 0, sizeof(now));
	now.scene = scene;
	now.operation = operation;
	now.call.kind = INJECT_MALLOC;
	strcpy(now.call.what, "nothing");
	count = count_calls(scene, operation, calls, 1024);
	try_closed();
	try_painted();
	try_cancelled();
	now.way = NULL;
	for (unsigned int i = 0; i < count; i++) {
		now.call = calls[i];
		now.number = i;
		for (const int *answer = inject_answers(&calls[i]); *answer; answer++) {
			try_one(i, *answer, false);
			try_one(i, *answer, true);
		}
	}
	total.operations++;
	total.calls += count;
	printf("# %s: %u calls, %u tries, of which %u failed\n", operation->name, count,
		total.tries - tries, total.failures - failures);
	ASSERT_EQ(now.complaints, 0);
}

void inject_print_total(void)
{
	printf("# total: %u operations, %u calls, %u tries, of which %u failed\n", total.operations,
		total.calls, total.tries, total.failures);
	inject_print_stack();
}
