/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Messages that never wait for who reads them. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "say.h"

static int reader, former;

/* The writing end becomes standard error; it stays blocking, as another has it. */
static void take(int fds[2])
{
	fflush(stderr);
	former = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	reader = fds[0];
	fcntl(reader, F_SETFL, O_NONBLOCK);
	say_never_wait();
}

static void give_back(void)
{
	dup2(former, STDERR_FILENO);
	close(former);
	close(reader);
}

/* What is left to be read, of which only the end is kept. */
static void read_all(char *end, size_t size)
{
	ssize_t n;

	memset(end, 0, size);
	while ((n = read(reader, end, size - 1)) > 0)
		end[n] = '\0';
}

static void fill(void)
{
	while (say_at_once(STDERR_FILENO, "xxxxxxxxxxxxxxx\n") == 0)
		;
	ASSERT_EQ(errno, EAGAIN);
}

static void is_dropped_and_told(void)
{
	uint64_t before = say_dropped();
	char text[4096];

	say("one\n");
	read_all(text, sizeof(text));
	ASSERT_STR(text, "one\n");
	fill();
	say("two\n");
	say("three\n");
	ASSERT_EQ(say_dropped(), before + 2);
	ASSERT_EQ(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK, 0);
	read_all(text, sizeof(text));
	say("four\n");
	read_all(text, sizeof(text));
	ASSERT_HAS(text, "uvio: 2 messages were dropped, which nobody took\nfour\n");
	ASSERT_EQ(say_dropped(), before + 2);
}

static void a_full_pipe(void)
{
	int fds[2];

	ASSERT_OK(pipe(fds));
	take(fds);
	is_dropped_and_told();
	give_back();
}

static void a_full_socket(void)
{
	int fds[2];

	ASSERT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	take(fds);
	is_dropped_and_told();
	give_back();
}

static void what_cannot_be_written_says_why(void)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ASSERT(fd >= 0);
	ASSERT_EQ(say_at_once(fd, "text\n"), -ENOSPC);
	close(fd);
	ASSERT_EQ(say_at_once(fd, "text\n"), -EBADF);
}

static CU_TestInfo cases[] = {
	TEST(a_full_pipe),
	TEST(a_full_socket),
	TEST(what_cannot_be_written_says_why),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"say", NULL, NULL, NULL, NULL, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
