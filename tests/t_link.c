/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The link to a pseudo-terminal. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "link.h"
#include "tools.h"

static char folder[64], path[128];

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/uvio-link.XXXXXX");
	ASSERT(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/line", folder);
}

static void remove_folder(void)
{
	unlink(path);
	ASSERT_OK(rmdir(folder)); /* nothing is left beside it */
}

static void leads_to(const char *target)
{
	char text[128] = "";

	ASSERT(readlink(path, text, sizeof(text) - 1) > 0);
	ASSERT_STR(text, target);
}

static void a_link_is_made_and_removed(void)
{
	struct link link;

	ASSERT_EQ(link_make(&link, path, "/dev/pts/77"), TOOL_GO_ON);
	leads_to("/dev/pts/77");
	link_remove(&link);
	ASSERT(access(path, F_OK) && errno == ENOENT);
}

static void another_link_is_replaced(void)
{
	struct link link;

	ASSERT_OK(symlink("/etc/passwd", path));
	ASSERT_EQ(link_make(&link, path, "/dev/pts/77"), TOOL_GO_ON);
	leads_to("/dev/pts/77");
	link_remove(&link);
}

static void what_is_no_link_is_left_alone(void)
{
	struct link link;
	struct stat stat;
	int file = open(path, O_CREAT | O_WRONLY | O_EXCL, 0600);

	ASSERT(file >= 0);
	close(file);
	ASSERT_EQ(link_check(path), TOOL_FAILED);
	ASSERT_EQ(link_make(&link, path, "/dev/pts/77"), TOOL_FAILED);
	ASSERT_STR(link.path, "");
	link_remove(&link);
	ASSERT_OK(lstat(path, &stat));
	ASSERT(S_ISREG(stat.st_mode));
	ASSERT_OK(unlink(path));
	ASSERT_OK(mkdir(path, 0700));
	ASSERT_EQ(link_make(&link, path, "/dev/pts/77"), TOOL_FAILED);
	ASSERT_OK(rmdir(path));
}

static void a_link_of_somebody_else_is_not_removed(void)
{
	struct link ours, others;

	ASSERT_EQ(link_make(&ours, path, "/dev/pts/77"), TOOL_GO_ON);
	ASSERT_EQ(link_make(&others, path, "/dev/pts/7"), TOOL_GO_ON);
	link_remove(&ours);
	leads_to("/dev/pts/7");
	link_remove(&others);
	ASSERT(access(path, F_OK));
}

static CU_TestInfo cases[] = {
	TEST(a_link_is_made_and_removed),
	TEST(another_link_is_replaced),
	TEST(what_is_no_link_is_left_alone),
	TEST(a_link_of_somebody_else_is_not_removed),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"link", NULL, NULL, make_folder, remove_folder, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
