/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "harness.h"
#include <uvio/context.h>
#include <uvio/error.h>

#include "base/address.h"
#include "base/context.h"
#include "base/error.h"

static void *look(void *result)
{
	*(bool *)result = !uvio_last_error()[0] && !uvio_last_errno();
	uvio_fail(-EIO, "of the other thread");
	return NULL;
}

static void every_thread_has_its_own(void)
{
	pthread_t other;
	bool clean = false;

	uvio_fail(-EPERM, "of this thread");
	ASSERT_EQ(pthread_create(&other, NULL, look, &clean), 0);
	pthread_join(other, NULL);
	ASSERT(clean);
	ASSERT_STR(uvio_last_error(), "of this thread");
	ASSERT_EQ(uvio_last_errno(), -EPERM);
}

static void a_failure_gives_its_errno_back(void)
{
	ASSERT_EQ(uvio_fail(-EXDEV, "%s: %d", "word", 7), -EXDEV);
	ASSERT_EQ(uvio_last_errno(), -EXDEV);
	ASSERT_STR(uvio_last_error(), "word: 7");
}

/* Anybody may call a program as he likes, and root reads it on a terminal. */
static void a_text_controls_no_terminal(void)
{
	uvio_fail(-EBUSY, "%s: %s", "card", "a\033[31m\r\n\ab\177c");
	ASSERT_STR(uvio_last_error(), "card: a?[31m???b?c");
	uvio_fail(-EBUSY, "\302\233\303\244\342\202\254\360\237\230\200");
	ASSERT_STR(uvio_last_error(), "??\303\244\342\202\254\360\237\230\200");
}

/* The kernel cuts the names of programs after 15 bytes. */
static void a_text_is_in_utf_8(void)
{
	uvio_fail(-EBUSY, "\303\244\303) \377\300\200 \355\240\200 \364\220\200\200 \340\200\257");
	ASSERT_STR(uvio_last_error(), "\303\244?) ??? ??? ???? ???");
}

static void a_success_leaves_it_alone(void)
{
	struct uvio_address address;
	struct uvio_ctx *ctx;

	uvio_fail(-EPERM, "before");
	ASSERT_EQ(uvio_address_parse("uio0", &address), 0);
	ASSERT_EQ(uvio_ctx_new(NULL, &ctx), 0);
	uvio_ctx_free(ctx);
	ASSERT_STR(uvio_last_error(), "before");
	ASSERT_EQ(uvio_last_errno(), -EPERM);
}

static void a_message_may_hold_the_one_before(void)
{
	uvio_fail(-EPERM, "the cause");
	uvio_fail(-EIO, "it failed: %s", uvio_last_error());
	ASSERT_STR(uvio_last_error(), "it failed: the cause");
}

static void a_message_that_is_too_long_is_cut(void)
{
	char text[3 * UVIO_TEXT_SIZE];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	uvio_fail(-EIO, "%s", text);
	ASSERT_EQ(strlen(uvio_last_error()), UVIO_TEXT_SIZE - 1);
}

static void what_is_saved_comes_back(void)
{
	struct uvio_saved_error saved;

	uvio_fail(-EBUSY, "the first");
	uvio_error_save(&saved);
	uvio_fail(-EIO, "the second");
	ASSERT_EQ(uvio_error_restore(&saved), -EBUSY);
	ASSERT_STR(uvio_last_error(), "the first");
	ASSERT_EQ(uvio_last_errno(), -EBUSY);
}

/* Whatever it was that wanted one. */
static void no_descriptor_names_the_limit(void)
{
	struct rlimit limit;
	char text[64];

	ASSERT(!getrlimit(RLIMIT_NOFILE, &limit));
	snprintf(text, sizeof(text), "can have %llu descriptors open (RLIMIT_NOFILE); raise it",
		(unsigned long long)limit.rlim_cur);
	ASSERT_ERR(uvio_fail(-EMFILE, "dev: no"), -EMFILE, "dev: no; this process ");
	ASSERT_HAS(uvio_last_error(), text);
	ASSERT_ERR(
		uvio_fail(-ENFILE, "dev: no"), -ENFILE, "as many open files as the kernel allows");
	ASSERT_HAS(uvio_last_error(), "; raise it: sysctl fs.file-max");
	uvio_fail(-EMFILE, "dev: RLIMIT_NOFILE is known");
	ASSERT_STR(uvio_last_error(), "dev: RLIMIT_NOFILE is known");
}

static void an_errno_has_a_name(void)
{
	ASSERT(strlen(uvio_errname(-EPERM)) > 0);
	ASSERT_STR(uvio_errname(EPERM), uvio_errname(-EPERM));
	ASSERT(uvio_errname(-99999));
}

static void a_context_wants_absolute_roots(void)
{
	const struct uvio_ctx_options sys = {.sysfs_root = "sys"}, dev = {.dev_root = ""};
	struct uvio_ctx *ctx;

	ASSERT_ERR(uvio_ctx_new(&sys, &ctx), -EINVAL, "sys: a root must be an absolute path");
	ASSERT_ERR(uvio_ctx_new(&dev, &ctx), -EINVAL, "a root must be an absolute path");
}

static void a_context_wants_short_roots(void)
{
	struct uvio_ctx_options options = {0};
	char path[PATH_MAX];
	struct uvio_ctx *ctx;

	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	options.proc_root = path;
	ASSERT_ERR(uvio_ctx_new(&options, &ctx), -EINVAL, "the path of a root is too long");
}

static void a_context_wants_a_place(void)
{
	ASSERT_ERR(uvio_ctx_new(NULL, NULL), -EINVAL, "context: no pointer for it (NULL)");
	uvio_ctx_free(NULL);
}

static void the_version_is_that_of_the_package(void)
{
	ASSERT_STR(uvio_version(), PACKAGE_VERSION);
}

static void messages_are_logged_up_to_the_level(void)
{
	static struct test_log log;
	const struct uvio_ctx_options options = {
		.log = test_log, .log_data = &log, .log_level = UVIO_LOG_INFO};
	struct uvio_ctx *ctx;

	ASSERT_OK(uvio_ctx_new(&options, &ctx));
	uvio_log(ctx, UVIO_LOG_WARNING, "a %s", "warning");
	uvio_log(ctx, UVIO_LOG_INFO, "an info");
	uvio_log(ctx, UVIO_LOG_DEBUG, "a detail");
	uvio_ctx_free(ctx);
	ASSERT_STR(log.text, "1: a warning\n2: an info\n");
}

static void without_a_callback_there_is_silence(void)
{
	const struct uvio_ctx_options options = {.log_level = UVIO_LOG_DEBUG};
	struct uvio_ctx *ctx;

	ASSERT_OK(uvio_ctx_new(&options, &ctx));
	uvio_log(ctx, UVIO_LOG_WARNING, "nobody listens");
	uvio_ctx_free(ctx);
}

/* First: nothing has failed yet. */
static void at_first_there_is_none(void)
{
	ASSERT_STR(uvio_last_error(), "");
	ASSERT_EQ(uvio_last_errno(), 0);
}

static CU_TestInfo errors[] = {
	TEST(at_first_there_is_none),
	TEST(every_thread_has_its_own),
	TEST(a_failure_gives_its_errno_back),
	TEST(a_text_controls_no_terminal),
	TEST(a_text_is_in_utf_8),
	TEST(a_success_leaves_it_alone),
	TEST(a_message_may_hold_the_one_before),
	TEST(a_message_that_is_too_long_is_cut),
	TEST_FOR("vfio 91", what_is_saved_comes_back),
	TEST(no_descriptor_names_the_limit),
	TEST(an_errno_has_a_name),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo contexts[] = {
	TEST(a_context_wants_absolute_roots),
	TEST(a_context_wants_short_roots),
	TEST(a_context_wants_a_place),
	TEST(the_version_is_that_of_the_package),
	TEST(messages_are_logged_up_to_the_level),
	TEST(without_a_callback_there_is_silence),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"error", NULL, NULL, NULL, NULL, errors},
	{"context", NULL, NULL, NULL, NULL, contexts},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
