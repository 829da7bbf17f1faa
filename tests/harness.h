/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * CUnit with TAP coming out of it, and assertions which say what they found.
 *
 * A test program is a table of suites and one line of main():
 *
 *	static CU_TestInfo cases[] = {TEST(a_closed_device_is_free_again), CU_TEST_INFO_NULL};
 *	static CU_SuiteInfo suites[] = {{"open", NULL, NULL, setup, teardown, cases},
 *		CU_SUITE_INFO_NULL};
 *
 *	int main(void)
 *	{
 *		return test_main(suites);
 *	}
 *
 * Assertions end the case when they fail; they must not be used outside of cases, setup and
 * teardown.
 */
#ifndef UVIO_TESTS_HARNESS_H
#define UVIO_TESTS_HARNESS_H

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>

#include <stdbool.h>
#include <stddef.h>
#include <uvio/context.h>

/** A case whose name is that of its function, with blanks for underscores. */
#define TEST(function)                                                                             \
	{                                                                                          \
#function, function                                                                \
	}

/** The same, for the pitfall that has this number in the list of them: "uio 3.12". */
#define TEST_FOR(pitfall, function)                                                                \
	{                                                                                          \
#function " (" pitfall ")", function                                               \
	}

/** Runs all suites; the exit status of the program. */
int test_main(CU_SuiteInfo *suites);

/** The case is shown as skipped, for this reason, unless it fails; the caller returns after it. */
void test_skip(const char *reason);

#define ASSERT(condition) test_true(!!(condition), #condition, __FILE__, __LINE__)

/** Integers of any kind. */
#define ASSERT_EQ(have, want)                                                                      \
	test_equal((long long)(have), (long long)(want), #have, #want, __FILE__, __LINE__)

#define ASSERT_STR(have, want) test_string((have), (want), #have, __FILE__, __LINE__)

/** @text holds @part. */
#define ASSERT_HAS(text, part) test_has((text), (part), #text, __FILE__, __LINE__)

/** The call gives 0. */
#define ASSERT_OK(call) test_result((call), 0, NULL, #call, __FILE__, __LINE__)

/** The call fails with this negative errno, and with an error message which holds @part. */
#define ASSERT_ERR(call, want, part) test_result((call), (want), (part), #call, __FILE__, __LINE__)

void test_true(bool holds, const char *condition, const char *file, unsigned int line);
void test_equal(long long have, long long want, const char *have_text, const char *want_text,
	const char *file, unsigned int line);
void test_string(
	const char *have, const char *want, const char *text, const char *file, unsigned int line);
void test_has(
	const char *text, const char *part, const char *name, const char *file, unsigned int line);
void test_result(
	int rc, int want, const char *part, const char *call, const char *file, unsigned int line);

/** What was logged, one message per line: options.log = test_log, options.log_data = &log. */
struct test_log {
	char text[8192];
	size_t used;
};

void test_log(void *data, enum uvio_log_level level, const char *message);

#endif /* UVIO_TESTS_HARNESS_H */
