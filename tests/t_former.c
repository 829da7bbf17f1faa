/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* What a comparison leaves that was killed with its second process, and what then puts it back. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/device.h>

#include "device/device.h"
#include "former.h"
#include "harness.h"
#include "kernel.h"
#include "restore.h"
#include "tree.h"

#define UIO "uio_pci_generic"
#define RECORD "run/uvio/compare-" EDU
#define LEFT "uvio: " EDU ": an interrupted uvio compare had left it with vfio-pci; before that, "

static struct tree *tree;
static struct tool tool;
static struct uvio_device *device;
static pid_t comparison, restorer; /* of a child */
static char errors[4096], output[8192];

static const struct uvio_device_info *look(void)
{
	uvio_device_free(device);
	device = NULL;
	ASSERT_OK(uvio_device_find(tree->ctx, EDU, &device));
	return uvio_device_info(device);
}

static void setup(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	tree = tree_new("edu-uio");
	kernel = (struct kernel){.tree = tree, .folder = EDU_FOLDER, .address = EDU};
	tree_change(tree, "file dev/vfio/1");
	tool = (struct tool){
		.options = {.sysfs_root = tree->sys,
			.dev_root = tree->dev,
			.proc_root = tree->proc,
			.run_root = tree->run},
		.ctx = tree->ctx,
	};
	comparison = restorer = 0;
}

static void await_all(void)
{
	while (waitpid(-1, NULL, 0) >= 0 || errno == EINTR)
		;
}

static void teardown(void)
{
	if (comparison)
		kill(comparison, SIGKILL);
	if (restorer)
		kill(restorer, SIGKILL);
	await_all();
	uvio_device_free(device);
	device = NULL;
	kernel = (struct kernel){0};
	tree_free(tree);
	tree = NULL;
}

/* As the command does it, up to its work with the card. */
static void compare(int told)
{
	struct restorer second = {.fd = -1};
	struct former former;
	int rc = former_lock(&tool, uvio_device_info(device), true, &former);

	former_write(&former, uvio_device_info(device));
	if (rc == TOOL_GO_ON)
		rc = restore_at_end(&tool, uvio_device_info(device), &former, &second);
	if (rc != TOOL_GO_ON || uvio_bind(tree->ctx, EDU, "vfio"))
		_exit(tool_failed());
	(void)!write(told, &second.pid, sizeof(second.pid));
	for (;;)
		pause();
}

static void start(void)
{
	int told[2];

	look();
	ASSERT_EQ(pipe2(told, O_CLOEXEC), 0);
	fflush(NULL);
	comparison = fork();
	if (!comparison)
		compare(told[1]);
	close(told[1]);
	ASSERT_EQ(read(told[0], &restorer, sizeof(restorer)), sizeof(restorer));
	close(told[0]);
	ASSERT_STR(tree_link(tree, EDU_FOLDER "/driver"), "vfio-pci");
}

static void end(pid_t *pid)
{
	ASSERT_EQ(kill(*pid, SIGKILL), 0);
	ASSERT_EQ(waitpid(*pid, NULL, 0), *pid);
	*pid = 0;
}

/* Of a process which this one becomes the parent of. */
static void end_both(void)
{
	ASSERT_EQ(kill(restorer, SIGSTOP), 0);
	end(&comparison);
	end(&restorer);
}

static void to_file(int fd, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", tree->root, name);
	dup2(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), fd);
}

/* The exit status, and what is said, of "uvio COMMAND ADDRESS [ARGUMENT]". */
static int run(const char *command, const char *argument)
{
	const char *argv[] = {"uvio", "--sysfs", tree->sys, "--dev", tree->dev, "--proc",
		tree->proc, "--run", tree->run, command, EDU, argument, NULL};
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		to_file(STDOUT_FILENO, "output");
		to_file(STDERR_FILENO, "errors");
		status = tool_main(argument ? 12 : 11, (char **)argv, NULL);
		fflush(NULL);
		_exit(status);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	snprintf(output, sizeof(output), "%s", tree_read(tree, "output"));
	snprintf(errors, sizeof(errors), "%s", tree_read(tree, "errors"));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void is(const char *driver, bool recorded)
{
	ASSERT_STR(tree_link(tree, EDU_FOLDER "/driver"), driver);
	ASSERT_STR(tree_read(tree, EDU_FOLDER "/driver_override"), "(null)");
	ASSERT_EQ(tree_has(tree, RECORD), recorded);
}

static void state_is(enum former_state want, const char *want_driver)
{
	char driver[FORMER_NAME];

	ASSERT_EQ(former_look(&tool, look(), driver), want);
	if (want == FORMER_LEFT)
		ASSERT_STR(driver, want_driver);
}

static void the_second_process_shares_the_lock(void)
{
	start();
	state_is(FORMER_UNDER_WAY, NULL);
	ASSERT_EQ(kill(restorer, SIGSTOP), 0);
	end(&comparison);
	state_is(FORMER_UNDER_WAY, NULL);
	ASSERT_EQ(kill(restorer, SIGCONT), 0);
	restorer = 0;
	await_all();
	is(UIO, false);
	state_is(FORMER_NONE, NULL);
}

static void a_comparison_under_way_excludes_changes(void)
{
	char want[200];

	start();
	snprintf(want, sizeof(want),
		"uvio: " EDU ": uvio compare, started as process %d, has not finished with it; "
		"wait for its end, or end it; it restores the driver",
		(int)comparison);
	ASSERT_EQ(run("bind", "uio"), TOOL_FAILED);
	ASSERT_STR(errors, want);
	ASSERT_EQ(run("unbind", NULL), TOOL_FAILED);
	ASSERT_STR(errors, want);
	ASSERT_EQ(run("compare", NULL), TOOL_FAILED);
	ASSERT_STR(errors, want);
	is("vfio-pci", true);
	run("info", NULL);
	ASSERT_HAS(output, "\n  comparison      uvio compare is in progress\n");
}

static void what_was_left_is_told(void)
{
	start();
	end_both();
	state_is(FORMER_LEFT, UIO);
	run("info", NULL);
	ASSERT_HAS(output,
		"\n  comparison      uvio compare was interrupted, and left the device with\n"
		"                  vfio-pci; to restore its former driver, uio_pci_generic: uvio\n"
		"                  bind " EDU " uio_pci_generic\n");
	run("check", NULL);
	ASSERT_HAS(output, "\ncomparison: uvio compare was interrupted, and left the device with ");
	is("vfio-pci", true);
}

static void the_next_comparison_puts_it_back_first(void)
{
	start();
	end_both();
	run("compare", NULL);
	ASSERT_HAS(errors, LEFT "it had " UIO);
	is(UIO, false);
	run("compare", NULL);
	ASSERT(!strstr(errors, "interrupted"));
	is(UIO, false);
}

static void what_cannot_be_put_back_stays_recorded(void)
{
	start();
	end_both();
	tree_change(tree, "remove sys/bus/pci/drivers/" UIO);
	ASSERT_EQ(run("compare", NULL), TOOL_FAILED);
	ASSERT_HAS(errors, "uvio: " EDU ": the kernel driver " UIO " is not loaded");
	is("vfio-pci", true);
	ASSERT_EQ(run("bind", "uio"), TOOL_FAILED);
	is("vfio-pci", true);
}

static void the_next_bind_says_so_and_ends_it(void)
{
	start();
	end_both();
	ASSERT_EQ(run("bind", "vfio"), TOOL_OK);
	ASSERT_HAS(errors, LEFT "it had " UIO);
	is("vfio-pci", false);
	ASSERT_EQ(run("bind", "vfio"), TOOL_OK);
	ASSERT(!strstr(errors, "interrupted"));
}

static void the_next_unbind_says_so_and_ends_it(void)
{
	start();
	end_both();
	ASSERT_EQ(run("unbind", NULL), TOOL_OK);
	ASSERT_HAS(errors, LEFT "it had " UIO);
	is("", false);
}

static void a_device_that_had_no_driver_is_left_without(void)
{
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "none"));
	start();
	end_both();
	state_is(FORMER_LEFT, "none");
	run("compare", NULL);
	ASSERT_HAS(errors, LEFT "it had no driver");
	is("", false);
}

static void what_has_been_changed_since_then_stays(void)
{
	start();
	end_both();
	tree_change(tree, "file sys/bus/pci/drivers/other/bind");
	tree_change(tree, "remove " EDU_FOLDER "/uio");
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "other"));
	state_is(FORMER_NONE, NULL);
	run("compare", NULL);
	ASSERT(!strstr(errors, "interrupted"));
	is("other", false);
}

static void a_record_of_others_is_none(void)
{
	char path[256];
	struct stat st;

	start();
	end_both();
	snprintf(path, sizeof(path), "%s/" RECORD, tree->root);
	ASSERT_EQ(stat(path, &st), 0);
	ASSERT_EQ(st.st_mode & 07777, 0600);
	ASSERT_EQ(chmod(path, 0666), 0);
	state_is(FORMER_NONE, NULL);
	ASSERT_EQ(chmod(path, 0600), 0);
	state_is(FORMER_LEFT, UIO);
	snprintf(path, sizeof(path), "%s/run/uvio", tree->root);
	ASSERT_EQ(chmod(path, 0777), 0);
	state_is(FORMER_NONE, NULL);
}

/* Nobody waits, and nothing is written elsewhere. */
static void is_refused_as_record(void)
{
	state_is(FORMER_NONE, NULL);
	ASSERT_EQ(run("bind", "uio"), TOOL_OK);
	ASSERT_EQ(run("compare", NULL), TOOL_FAILED);
	ASSERT_HAS(errors, RECORD ", the record of a comparison, is not a file that only this user "
				  "can write; remove it");
}

static void a_link_is_no_record(void)
{
	tree_change(tree, "file elsewhere uvio compare 1\\npid 1\\ndriver vfio-pci\\nend\\n");
	tree_change(tree, "link " RECORD " ../../elsewhere");
	state_is(FORMER_NONE, NULL);
	is_refused_as_record();
	ASSERT_HAS(tree_read(tree, "elsewhere"), "driver vfio-pci");
}

static void a_folder_or_a_pipe_is_no_record(void)
{
	char path[256];

	tree_change(tree, "dir " RECORD);
	is_refused_as_record();
	tree_change(tree, "remove " RECORD);
	snprintf(path, sizeof(path), "%s/" RECORD, tree->root);
	ASSERT_EQ(mkfifo(path, 0600), 0);
	is_refused_as_record();
}

/* Not only the command binds; then the driver is what that program chose. */
static void what_a_program_binds_ends_it(void)
{
	start();
	end_both();
	state_is(FORMER_LEFT, UIO);
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
	ASSERT(!tree_has(tree, RECORD));
	state_is(FORMER_NONE, NULL);
	run("compare", NULL);
	ASSERT(!strstr(errors, "interrupted"));
	is("vfio-pci", false);
}

/* A comparison that is under way binds, too. */
static void what_a_program_binds_meanwhile_leaves_the_record(void)
{
	start();
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
	ASSERT(tree_has(tree, RECORD));
	state_is(FORMER_UNDER_WAY, NULL);
	end_both();
}

static void an_incomplete_record_is_ignored(void)
{
	tree_change(tree, "file " RECORD " uvio compare 1\\npid 1\\ndriver vfio-pci\\n");
	state_is(FORMER_NONE, NULL);
	ASSERT_EQ(run("bind", "uio"), TOOL_OK);
	ASSERT(!strstr(errors, "interrupted"));
	is(UIO, false);
}

static void without_a_place_for_it_there_is_none(void)
{
	tree_change(tree, "remove run");
	run("compare", NULL);
	ASSERT_STR(tree_link(tree, EDU_FOLDER "/driver"), UIO);
	ASSERT(!tree_has(tree, "run"));
}

static CU_TestInfo records[] = {
	TEST(the_second_process_shares_the_lock),
	TEST(a_comparison_under_way_excludes_changes),
	TEST(what_was_left_is_told),
	TEST(the_next_comparison_puts_it_back_first),
	TEST(what_cannot_be_put_back_stays_recorded),
	TEST(the_next_bind_says_so_and_ends_it),
	TEST(the_next_unbind_says_so_and_ends_it),
	TEST(a_device_that_had_no_driver_is_left_without),
	TEST(what_has_been_changed_since_then_stays),
	TEST(a_record_of_others_is_none),
	TEST(a_link_is_no_record),
	TEST(a_folder_or_a_pipe_is_no_record),
	TEST(what_a_program_binds_ends_it),
	TEST(what_a_program_binds_meanwhile_leaves_the_record),
	TEST(an_incomplete_record_is_ignored),
	TEST(without_a_place_for_it_there_is_none),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"record of a comparison", NULL, NULL, setup, teardown, records},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
