/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <CUnit/CUError.h>
#include <CUnit/TestRun.h>

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <uvio/context.h>
#include <uvio/error.h>

#include "harness.h"

/*
 * A program that never comes to an end of its work is a failure. What counts is the time that it
 * had a processor: how long it takes is up to what else the machine does.
 */
#define PROCESSOR_LIMIT_S 1200

#define TEXT_SIZE 2048

static unsigned int number;
static const char *skip_reason;

/* Nothing in a name may look like TAP's own marks. */
static void print_name(const char *verdict, const char *suite, const char *name)
{
	printf("%s %u - %s: ", verdict, ++number, suite);
	for (; *name; name++)
		putchar(*name == '_' ? ' ' : *name);
}

static void print_comment(const char *text)
{
	printf("#   ");
	for (; *text; text++) {
		putchar(*text);
		if (*text == '\n')
			printf("#   ");
	}
	putchar('\n');
}

static void on_start(const CU_pTest test, const CU_pSuite suite)
{
	(void)test;
	(void)suite;
	skip_reason = NULL;
}

static void on_complete(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord first)
{
	print_name(first ? "not ok" : "ok", suite->pName, test->pName);
	if (skip_reason && !first)
		printf(" # SKIP %s", skip_reason);
	putchar('\n');
	for (CU_pFailureRecord record = first; record; record = record->pNext) {
		printf("# %s:%u:\n", record->strFileName ? record->strFileName : "?",
			record->uiLineNumber);
		print_comment(record->strCondition ? record->strCondition : "?");
	}
	fflush(stdout);
}

static void on_init_failure(const CU_pSuite suite)
{
	for (CU_pTest test = suite->pTest; test; test = test->pNext) {
		print_name("not ok", suite->pName, test->pName);
		printf("\n# the suite could not be initialised\n");
	}
	fflush(stdout);
}

static void on_cleanup_failure(const CU_pSuite suite)
{
	printf("# suite %s could not be cleaned up\n", suite->pName);
}

/* CU_get_number_of_failures() would not count a suite that could not start. */
int test_main(CU_SuiteInfo *suites)
{
	const struct rlimit limit = {PROCESSOR_LIMIT_S, PROCESSOR_LIMIT_S};
	bool failed;

	setrlimit(RLIMIT_CPU, &limit);
	if (CU_initialize_registry() || CU_register_suites(suites)) {
		printf("Bail out! CUnit: %s\n", CU_get_error_msg());
		return 1;
	}
	/* So that a child, which may flush what it has a copy of, has no copy of a line. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%u\n", CU_get_registry()->uiNumberOfTests);
	CU_set_test_start_handler(on_start);
	CU_set_test_complete_handler(on_complete);
	CU_set_suite_init_failure_handler(on_init_failure);
	CU_set_suite_cleanup_failure_handler(on_cleanup_failure);
	CU_run_all_tests();
	failed = CU_get_number_of_failure_records() || CU_get_error();
	CU_cleanup_registry();
	return failed;
}

void test_skip(const char *reason)
{
	skip_reason = reason;
}

static void verdict(bool holds, const char *text, const char *file, unsigned int line)
{
	CU_assertImplementation(holds, line, text, file, "", CU_TRUE);
}

void test_true(bool holds, const char *condition, const char *file, unsigned int line)
{
	verdict(holds, condition, file, line);
}

void test_equal(long long have, long long want, const char *have_text, const char *want_text,
	const char *file, unsigned int line)
{
	char text[TEXT_SIZE];

	snprintf(text, sizeof(text), "%.400s is %lld (0x%llx), not %.400s, which is %lld (0x%llx)",
		have_text, have, have, want_text, want, want);
	verdict(have == want, text, file, line);
}

void test_string(
	const char *have, const char *want, const char *name, const char *file, unsigned int line)
{
	char text[TEXT_SIZE];

	snprintf(text, sizeof(text), "%.200s is \"%.800s\"\nnot \"%.800s\"", name,
		have ? have : "(null)", want);
	verdict(have && !strcmp(have, want), text, file, line);
}

void test_has(
	const char *whole, const char *part, const char *name, const char *file, unsigned int line)
{
	char text[TEXT_SIZE];

	snprintf(text, sizeof(text), "%.200s is \"%.1000s\"\nwithout \"%.500s\"", name,
		whole ? whole : "(null)", part);
	verdict(whole && strstr(whole, part), text, file, line);
}

void test_result(
	int rc, int want, const char *part, const char *call, const char *file, unsigned int line)
{
	const char *sentence = rc < 0 ? uvio_last_error() : "";
	bool holds = rc == want && (!want || uvio_last_errno() == want);
	char text[TEXT_SIZE];

	snprintf(text, sizeof(text),
		"%.300s gives %d (%s; last errno %d), not %d%s%.300s%s\nand says \"%.1000s\"", call,
		rc, rc < 0 ? strerror(-rc) : "no error", uvio_last_errno(), want,
		part ? " with \"" : "", part ? part : "", part ? "\"" : "", sentence);
	verdict(holds && (!part || strstr(sentence, part)), text, file, line);
}

void test_log(void *data, enum uvio_log_level level, const char *message)
{
	struct test_log *log = data;
	size_t room = sizeof(log->text) - log->used;
	int n = snprintf(log->text + log->used, room, "%d: %s\n", (int)level, message);

	if (n > 0 && (size_t)n < room)
		log->used += (size_t)n;
}
