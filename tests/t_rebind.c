/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Changes of a driver that are interrupted, at each of their writes. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/context.h>
#include <uvio/error.h>

#include "harness.h"
#include "kernel.h"
#include "base/context.h"
#include "bind/rebind.h"
#include "rebinding.h"

static int number; /* the signal */

static void signal_itself(void)
{
	if (is_the_write())
		kill(getpid(), number);
}

static void signals_do_not_reach_it(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		for (at = 1; at <= 4; at++) {
			number = signals[i];
			begin("edu-uio", signal_itself);
			ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
			is("vfio-pci", "(null)");
			end();
		}
}

static void kill_program(void)
{
	if (is_the_write())
		kill(program, SIGKILL);
}

static void kill_itself(void)
{
	if (is_the_write())
		kill(getpid(), SIGKILL);
}

static void kill_both(void)
{
	if (!is_the_write())
		return;
	kill(program, SIGKILL);
	kill(getpid(), SIGKILL);
}

static void in_a_program_of_its_own(int (*run)(void))
{
	pid_t pid = fork();

	if (!pid) {
		program = getpid();
		_exit(run() != 0);
	}
	ASSERT(pid > 0);
	await_all();
}

static void what_a_killed_program_began_is_finished(void)
{
	for (at = 1; at <= 4; at++) {
		begin("edu-uio", kill_program);
		tree_change(tree, "file " EDU_FOLDER "/driver_override other\\n");
		in_a_program_of_its_own(run_bind);
		is("vfio-pci", "other");
		end();
	}
	for (at = 1; at <= 3; at++) {
		begin("edu-vfio", kill_program);
		kernel.natural = UIO;
		in_a_program_of_its_own(run_unbind);
		is(UIO, "(null)");
		end();
	}
}

static void a_process_that_is_killed_is_told(void)
{
	for (at = 1; at <= 4; at++) {
		begin("edu-uio", kill_itself);
		ASSERT_ERR(run_bind(), -EIO,
			EDU ": the process that changes its driver ended before it had finished "
			    "(perhaps it was killed); the device has ");
		ASSERT_HAS(uvio_last_error(), "which first restores the former driver");
		ASSERT(tree_has(tree, RECORD));
		kernel.before_write = NULL;
		ASSERT_OK(run_bind());
		is("vfio-pci", "(null)");
		ASSERT_HAS(
			logged.text, "an interrupted change of its driver was completed or undone");
		await_all();
		end();
	}
}

/* Where nothing could be recorded, no command can restore anything. */
static void nothing_is_promised_without_a_record(void)
{
	for (at = 1; at <= 4; at++) {
		begin("edu-uio", kill_itself);
		tree_change(tree, "file run/uvio no folder\\n");
		ASSERT_ERR(run_bind(), -EIO, "(perhaps it was killed); the device has ");
		ASSERT_HAS(uvio_last_error(), "and had " UIO " before; check its driver_override");
		ASSERT(!strstr(uvio_last_error(), "restores"));
		await_all();
		end();
	}
}

static void a_process_that_never_began_is_told(void)
{
	begin("edu-uio", NULL);
	never_begins = true;
	ASSERT_ERR(run_bind(), -EIO,
		EDU ": the process that changes its driver ended before it began (perhaps memory "
		    "or a limit on processes is exhausted, or it was killed)");
	await_all();
	end();
}

static int bind_uio(void)
{
	return uvio_bind(tree->ctx, EDU, "uio");
}

static int bind_none(void)
{
	return uvio_bind(tree->ctx, EDU, "none");
}

/* Also where the next one wants what is there already. */
static void the_next_command_puts_right(
	int (*broken)(void), unsigned int writes, const char *override)
{
	static const struct {
		int (*run)(void);
		const char *driver;
	} next[] = {{run_bind, "vfio-pci"}, {bind_uio, UIO}, {bind_none, ""}};

	for (size_t i = 0; i < ARRAY_SIZE(next); i++)
		for (at = 1; at <= writes; at++) {
			begin("edu-uio", kill_both);
			tree_change(tree, "file " EDU_FOLDER "/driver_override %s\\n", override);
			in_a_program_of_its_own(broken);
			kernel.before_write = NULL;
			ASSERT_OK(next[i].run());
			await_all();
			is(next[i].driver, override);
			end();
		}
}

static void after_all_was_killed_the_next_command_puts_right(void)
{
	the_next_command_puts_right(run_bind, 4, "(null)");
	the_next_command_puts_right(run_bind, 4, "other");
}

/* Nothing was decided yet while the former driver is there: the administrator's wish stands. */
static void after_all_was_killed_an_unbind_is_put_right(void)
{
	the_next_command_puts_right(run_unbind, 3, "(null)");
	the_next_command_puts_right(run_unbind, 3, "other");
}

static void an_override_that_was_set_since_then_stays(void)
{
	at = 2;
	begin("edu-uio", kill_both);
	in_a_program_of_its_own(run_bind);
	kernel.before_write = NULL;
	tree_change(tree, "file " EDU_FOLDER "/driver_override theirs\\n");
	ASSERT_OK(run_bind());
	await_all();
	is("vfio-pci", "theirs");
	end();
}

static void an_incomplete_record_is_ignored(void)
{
	begin("edu-uio", NULL);
	tree_change(tree, "file " RECORD " uvio bind 1\\ngoal 0\\ndriver vfio-pci\\nwas -\\n");
	tree_change(tree, "file " EDU_FOLDER "/driver_override vfio-pci\\n");
	ASSERT_OK(bind_uio());
	await_all();
	is(UIO, "vfio-pci");
	end();
}

#define FORGED "uvio bind 1\\ngoal 0\\ndriver vfio-pci\\nwas " UIO "\\noverride -\\nend\\n"

static void set_mode(const char *path, mode_t mode)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", tree->root, path);
	ASSERT_EQ(chmod(full, mode), 0);
}

static void is_believed(bool believed)
{
	tree_change(tree, "file " EDU_FOLDER "/driver_override vfio-pci\\n");
	ASSERT_OK(bind_uio());
	await_all();
	is(UIO, believed ? "(null)" : "vfio-pci");
	end();
}

/* Nobody waits, and nothing is bound without a record. */
static void is_refused_as_record(void)
{
	struct uvio_override now;

	ASSERT_OK(bind_uio());
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EPERM,
		RECORD ", the record of a change of its driver, is not a file; remove it");
	ASSERT_STR(tree_link(tree, EDU_FOLDER "/driver"), UIO);
	ASSERT_OK(uvio_override_read(tree->ctx, EDU, &now));
	ASSERT(!now.interrupted);
}

/* Whoever could make it could bind the card to a driver of his choice. */
static void a_record_that_others_can_write_is_none(void)
{
	begin("edu-uio", NULL);
	tree_change(tree, "file " RECORD " " FORGED);
	is_believed(true);

	begin("edu-uio", NULL);
	tree_change(tree, "file " RECORD " " FORGED);
	set_mode(RECORD, 0666);
	is_believed(false);

	begin("edu-uio", NULL);
	tree_change(tree, "file " RECORD " " FORGED);
	set_mode("run/uvio", 0777);
	is_believed(false);

	begin("edu-uio", NULL);
	tree_change(tree, "file elsewhere " FORGED);
	tree_change(tree, "link " RECORD " ../../elsewhere");
	is_refused_as_record();
	ASSERT_HAS(tree_read(tree, "elsewhere"), "uvio bind 1");
	end();
}

static void what_cannot_be_put_right_is_told(void)
{
	begin("edu-uio", NULL);
	tree_change(tree,
		"file " RECORD
		" uvio bind 1\\ngoal 0\\ndriver vfio-pci\\nwas gone\\noverride -\\nend\\n");
	tree_change(tree, "file " EDU_FOLDER "/driver_override vfio-pci\\n");
	ASSERT_OK(run_bind());
	await_all();
	is("vfio-pci", "(null)");
	ASSERT_HAS(logged.text, "could not be completed or undone: it has no driver");
	end();
}

/* The kernel was to choose, and chooses none; what it had was unloaded meanwhile. */
static void an_unbind_that_cannot_be_put_right_is_told(void)
{
	begin("edu-unbound", NULL);
	tree_change(tree,
		"file " RECORD " uvio bind 1\\ngoal 2\\ndriver -\\nwas gone\\noverride -\\nend\\n");
	ASSERT_OK(run_bind());
	await_all();
	is("vfio-pci", "(null)");
	ASSERT_HAS(logged.text, "could not be completed or undone: it has no driver");
	end();
}

static void a_pipe_or_a_folder_is_no_record(void)
{
	char path[256];

	begin("edu-uio", NULL);
	tree_change(tree, "dir run/uvio");
	snprintf(path, sizeof(path), "%s/" RECORD, tree->root);
	ASSERT_EQ(mkfifo(path, 0600), 0);
	is_refused_as_record();
	tree_change(tree, "remove " RECORD);
	tree_change(tree, "dir " RECORD);
	is_refused_as_record();
	end();
}

static void no_record_is_left_where_others_can_write(void)
{
	at = 2;
	begin("edu-uio", kill_both);
	tree_change(tree, "dir run/uvio");
	set_mode("run/uvio", 0777);
	in_a_program_of_its_own(run_bind);
	ASSERT(!tree_has(tree, RECORD));
	await_all();
	end();
}

/* Of which the kernel tells by a signal that ends programs. */
static void a_limit_of_files_ends_no_program(void)
{
	struct uvio_rebind *rebind;
	struct rlimit limit, none;
	sigset_t pending;

	begin("edu-uio", NULL);
	rebind = uvio_rebind_new(tree->ctx, EDU);
	ASSERT(rebind && !getrlimit(RLIMIT_FSIZE, &limit));
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
	ASSERT(!setrlimit(RLIMIT_FSIZE, &none));
	uvio_record_save(tree->ctx, rebind);
	ASSERT(!setrlimit(RLIMIT_FSIZE, &limit));
	ASSERT(!rebind->recorded && !tree_has(tree, RECORD));
	ASSERT(!sigpending(&pending) && !sigismember(&pending, SIGXFSZ));
	free(rebind);
	end();
}

static void without_a_place_for_the_record_it_binds(void)
{
	begin("edu-uio", NULL);
	tree_change(tree, "file run/uvio no folder\\n");
	ASSERT_OK(run_bind());
	await_all();
	is("vfio-pci", "(null)");
	end();
}

static CU_TestInfo cases[] = {
	TEST(signals_do_not_reach_it),
	TEST(what_a_killed_program_began_is_finished),
	TEST(a_process_that_is_killed_is_told),
	TEST(nothing_is_promised_without_a_record),
	TEST(a_process_that_never_began_is_told),
	TEST(after_all_was_killed_the_next_command_puts_right),
	TEST(after_all_was_killed_an_unbind_is_put_right),
	TEST(an_override_that_was_set_since_then_stays),
	TEST(an_incomplete_record_is_ignored),
	TEST(a_record_that_others_can_write_is_none),
	TEST(what_cannot_be_put_right_is_told),
	TEST(an_unbind_that_cannot_be_put_right_is_told),
	TEST(a_pipe_or_a_folder_is_no_record),
	TEST(no_record_is_left_where_others_can_write),
	TEST(a_limit_of_files_ends_no_program),
	TEST(without_a_place_for_the_record_it_binds),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"interrupted", NULL, NULL, setup, end, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
