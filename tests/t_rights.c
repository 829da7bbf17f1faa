/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

/* What a program may do, for persons of every kind, is what the kernel then does. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include <uvio/check.h>
#include <uvio/context.h>

#include "base/context.h"
#include "base/finding.h"
#include "base/rights.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "check/machine.h"

#define USER 1000
#define GROUP 1000
#define OTHER_GROUP 1001
#define BIT(capability) (UINT64_C(1) << (capability))
#define DAC (BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH))
#define UNABLE 77

/* What a kernel without the system call answers, and a container's filter in its place. */
static int instead;
static struct uvio_ctx *ctx;

int __real_uvio_sys_access(const char *path, int mode);
int __wrap_uvio_sys_access(const char *path, int mode);

int __wrap_uvio_sys_access(const char *path, int mode)
{
	return instead ? instead : __real_uvio_sys_access(path, mode);
}

static bool set_capabilities(uint64_t set)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted = (uint32_t)(set >> (32 * i));
	return !syscall(SYS_capset, &header, data);
}

static uint64_t capabilities(void)
{
	struct uvio_capabilities set = {0};

	uvio_sys_capget(&set);
	return set.permitted;
}

static bool as_it_is(void)
{
	return true;
}

static bool root_without_dac(void)
{
	return set_capabilities(capabilities() & ~DAC);
}

static bool root_who_only_reads(void)
{
	return set_capabilities(capabilities() & ~BIT(CAP_DAC_OVERRIDE));
}

static bool ordinary_user(void)
{
	return !setgroups(0, NULL) && !setresgid(GROUP, GROUP, GROUP) &&
	       !setresuid(USER, USER, USER);
}

static bool user_in_groups(void)
{
	return !setgroups(2, (gid_t[]){7, OTHER_GROUP}) && !setresgid(GROUP, GROUP, GROUP) &&
	       !setresuid(USER, USER, USER);
}

static bool user_with_dac(void)
{
	return !prctl(PR_SET_KEEPCAPS, 1) && ordinary_user() &&
	       set_capabilities(BIT(CAP_DAC_OVERRIDE));
}

static bool user_who_reads(void)
{
	return !prctl(PR_SET_KEEPCAPS, 1) && ordinary_user() &&
	       set_capabilities(BIT(CAP_DAC_READ_SEARCH));
}

static bool set_user_id_root(void)
{
	return !setgroups(0, NULL) && !setresgid(GROUP, GROUP, GROUP) && !setresuid(USER, 0, 0);
}

static bool root_for_now_a_user(void)
{
	return !setgroups(0, NULL) && !setresgid(0, GROUP, 0) && !setresuid(0, USER, 0);
}

static const struct person {
	const char *name;
	bool (*become)(void);
} people[] = {
	{"whoever runs this", as_it_is},
	{"root without CAP_DAC_*", root_without_dac},
	{"root with CAP_DAC_READ_SEARCH", root_who_only_reads},
	{"a user", ordinary_user},
	{"a user in more groups", user_in_groups},
	{"a user with CAP_DAC_OVERRIDE", user_with_dac},
	{"a user with CAP_DAC_READ_SEARCH", user_who_reads},
	{"a user in a set-user-id program", set_user_id_root},
	{"root who is a user for now", root_for_now_a_user},
};

static const struct {
	const char *name;
	uid_t uid;
	gid_t gid;
	mode_t mode;
} files[] = {
	{"a", 0, 0, 0600},
	{"b", 0, 0, 0644},
	{"c", 0, 0, 0666},
	{"d", 0, 0, 0000},
	{"e", 0, GROUP, 0660},
	{"f", 0, OTHER_GROUP, 0660},
	{"g", USER, GROUP, 0600},
	{"h", USER, GROUP, 0066},
	{"i", 0, GROUP, 0606},
	{"j", 0, 0, 0200},
	{"shut/k", 0, 0, 0666},
};

static char folder[64];

static void path_of(size_t i, char *path)
{
	snprintf(path, 128, "%s/%s", folder, files[i].name);
}

static void setup(void)
{
	char path[128];

	ASSERT_OK(uvio_ctx_new(NULL, &ctx));
	instead = 0;
	snprintf(folder, sizeof(folder), "/tmp/t_rights.XXXXXX");
	ASSERT(mkdtemp(folder));
	chmod(folder, 0711);
	snprintf(path, sizeof(path), "%s/shut", folder);
	ASSERT(!mkdir(path, 0700));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		path_of(i, path);
		close(open(path, O_CREAT | O_WRONLY, 0600));
		if (!geteuid())
			ASSERT(!chown(path, files[i].uid, files[i].gid));
		chmod(path, files[i].mode);
	}
}

static void teardown(void)
{
	char path[128];

	uvio_ctx_free(ctx);
	instead = 0;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		path_of(i, path);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/shut", folder);
	rmdir(path);
	rmdir(folder);
}

/* The number of a file, from 1, where the answer is not what open() then says; 0: none. */
static int first_wrong(void)
{
	static const struct {
		int mode, flags;
	} ways[] = {{R_OK, O_RDONLY}, {W_OK, O_WRONLY}, {R_OK | W_OK, O_RDWR}, {F_OK, O_PATH}};
	char path[128];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		for (size_t j = 0; j < sizeof(ways) / sizeof(ways[0]); j++) {
			int fd;

			path_of(i, path);
			fd = open(path, ways[j].flags | O_CLOEXEC);
			if (uvio_may_access(ctx, path, ways[j].mode) != (fd >= 0))
				return (int)i + 1;
			if (fd >= 0)
				close(fd);
		}
	return 0;
}

/* In a process of its own, which is then no test program any more. UNABLE: not to be had here. */
static int as(const struct person *person, int (*ask)(void))
{
	pid_t pid = fork();
	int status = 0;

	ASSERT(pid >= 0);
	if (!pid)
		_exit(person->become() ? ask() : UNABLE);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	ASSERT(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void everybody_gets_what_open_gives(void)
{
	for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
		int wrong = as(&people[i], first_wrong);

		if (wrong && wrong != UNABLE)
			fprintf(stderr, "# %s, file %s\n", people[i].name, files[wrong - 1].name);
		ASSERT(!wrong || wrong == UNABLE);
	}
}

static void an_old_kernel_is_asked_otherwise(void)
{
	instead = -ENOSYS;
	everybody_gets_what_open_gives();
}

static void a_filter_that_knows_not_the_call_is_no_answer(void)
{
	instead = -EPERM;
	everybody_gets_what_open_gives();
}

/* As a container's list of devices does. */
static void an_answer_of_the_kernel_stands(void)
{
	instead = -EACCES;
	ASSERT(!uvio_may_access(ctx, "/dev/null", R_OK));
	instead = 0;
	ASSERT(uvio_may_access(ctx, "/dev/null", R_OK | W_OK));
	ASSERT(!uvio_may_access(ctx, "/dev/there-is-none", F_OK));
}

static int has_what_it_was_given(void)
{
	return uvio_has_capability(ctx, CAP_DAC_OVERRIDE) &&
	       !uvio_has_capability(ctx, CAP_SYS_ADMIN) &&
	       !uvio_has_capability(ctx, CAP_SYS_RAWIO) && uvio_user() == USER;
}

static int lacks_rawio(void)
{
	set_capabilities(capabilities() & ~BIT(CAP_SYS_RAWIO));
	return !uvio_has_capability(ctx, CAP_SYS_RAWIO) &&
	       uvio_has_capability(ctx, CAP_SYS_ADMIN) && !uvio_user();
}

static int has_admin(void)
{
	return uvio_has_capability(ctx, CAP_SYS_ADMIN);
}

static int has_nothing(void)
{
	for (unsigned int i = 0; i < 70; i++)
		if (uvio_has_capability(ctx, i))
			return 0;
	return 1;
}

static int is_told_the_limit(void)
{
	const struct rlimit limit = {.rlim_cur = 4711, .rlim_max = 4711};
	char text[UVIO_LIMIT_TEXT];

	if (setrlimit(RLIMIT_NPROC, &limit))
		return UNABLE;
	uvio_limit_of_processes(ctx, -ENOSPC, text);
	return !strncmp(text, "all programs of this user can have 4711 processes", 49) ? 1 : 2;
}

static void is_so(bool (*become)(void), int (*ask)(void))
{
	const struct person person = {"", become};
	int answer = as(&person, ask);

	ASSERT(answer == 1 || answer == UNABLE);
}

static bool advises(const char *text)
{
	return strstr(uvio_refusal(ctx, -EACCES), text) && strstr(uvio_mode_fix(ctx), text + 2);
}

static int user_is_told_to_be_root(void)
{
	return advises("; run as root or with CAP_DAC_OVERRIDE") &&
	       !strcmp(uvio_capability_fix(ctx, CAP_SYS_ADMIN), "run as root on the host");
}

static int root_is_not_told_to_be_root(void)
{
	return advises("; run with CAP_DAC_OVERRIDE, which this root lacks");
}

static int who_has_it_is_told_so(void)
{
	return advises("; this process has CAP_DAC_OVERRIDE; perhaps a security module ");
}

static int root_is_told_to_keep_it(void)
{
	set_capabilities(capabilities() & ~BIT(CAP_SYS_RAWIO));
	return !strncmp(
		uvio_capability_fix(ctx, CAP_SYS_RAWIO), "let root keep that capability", 29);
}

/* What is advised is not what the process has already. */
static void advice_looks_at_the_capabilities(void)
{
	is_so(ordinary_user, user_is_told_to_be_root);
	if (has_admin()) {
		is_so(root_without_dac, root_is_not_told_to_be_root);
		is_so(as_it_is, who_has_it_is_told_so);
		is_so(as_it_is, root_is_told_to_keep_it);
	}
}

static void capabilities_are_those_in_effect(void)
{
	is_so(ordinary_user, has_nothing);
	is_so(user_with_dac, has_what_it_was_given);
	if (has_admin() && uvio_has_capability(ctx, CAP_SYS_RAWIO)) {
		is_so(as_it_is, lacks_rawio);
		is_so(set_user_id_root, has_admin);
		is_so(root_for_now_a_user, has_nothing);
	}
}

static void the_number_of_processes_counts_for_users(void)
{
	is_so(ordinary_user, is_told_the_limit);
	is_so(user_with_dac, is_told_the_limit);
}

/* All of them, in a namespace whose numbers of users are those outside. */
static bool in_a_namespace(void)
{
	static const char map[] = "0 0 4294967295";
	int fd;

	if (unshare(CLONE_NEWUSER))
		return false;
	fd = open("/proc/self/uid_map", O_WRONLY);
	if (fd >= 0 && write(fd, map, strlen(map)) < 0)
		(void)!write(fd, "0 0 1", 5);
	return capabilities() & BIT(CAP_SYS_ADMIN);
}

static int container_is_told_to_leave(void)
{
	return advises("; run outside of this user namespace, in which CAP_DAC_OVERRIDE ");
}

/* Where /proc of the context tells of no namespaces, the kernel has no more than one. */
static int namespace_is_looked_up_in_the_contexts_proc(void)
{
	const struct uvio_ctx_options options = {.proc_root = folder};
	struct uvio_ctx *other;
	int rc;

	if (uvio_ctx_new(&options, &other))
		return UNABLE;
	rc = uvio_has_capability(other, CAP_SYS_ADMIN) && !uvio_lack(other, CAP_SYS_ADMIN) &&
	     !uvio_has_capability(ctx, CAP_SYS_ADMIN);
	uvio_ctx_free(other);
	return rc;
}

static void those_of_another_user_namespace_do_not_count(void)
{
	is_so(in_a_namespace, has_nothing);
	is_so(in_a_namespace, container_is_told_to_leave);
	is_so(in_a_namespace, namespace_is_looked_up_in_the_contexts_proc);
}

/* Whose it is, is told only where it could be asked. */
static void a_node_that_cannot_be_looked_at_has_no_owner(void)
{
	struct uvio_check *check = calloc(1, sizeof(*check));
	const struct uvio_finding *const *findings;
	unsigned int count;

	ASSERT(check);
	uvio_node_refused("0000:00:04.0", "/dev/null", -EACCES, "fix", check);
	uvio_node_refused("0000:00:04.0", "/dev/null/x", -EACCES, "fix", check);
	findings = uvio_check_findings(check, &count);
	ASSERT_EQ(count, 2);
	ASSERT_HAS(findings[0]->what, ": it belongs to user 0 and group 0 with mode 0666 (EACCES)");
	ASSERT_HAS(findings[1]->what,
		"nor examined (EACCES); perhaps this user cannot enter a folder of its path");
	uvio_check_free(check);
}

static CU_TestInfo cases[] = {
	TEST(a_node_that_cannot_be_looked_at_has_no_owner),
	TEST(everybody_gets_what_open_gives),
	TEST(an_old_kernel_is_asked_otherwise),
	TEST(a_filter_that_knows_not_the_call_is_no_answer),
	TEST(an_answer_of_the_kernel_stands),
	TEST(capabilities_are_those_in_effect),
	TEST(advice_looks_at_the_capabilities),
	TEST(the_number_of_processes_counts_for_users),
	TEST(those_of_another_user_namespace_do_not_count),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"rights", NULL, NULL, setup, teardown, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
