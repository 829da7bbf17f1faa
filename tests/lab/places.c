/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Where a case or a foreign program may be run: as another user, in namespaces of its own. */
#include <config.h>

#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance.h"

/* As after a login: such a process may be looked at by its user, which a change alone forbids. */
static int become(uid_t id)
{
	if (setgroups(0, NULL) || setresgid(id, id, id) || setresuid(id, id, id) ||
		prctl(PR_SET_DUMPABLE, 1))
		return fail_at(__FILE__, __LINE__, "user %u: %s", id, strerror(errno));
	return PASS;
}

int become_user(void)
{
	return become(USER_ID);
}

int become_other(void)
{
	return become(OTHER_ID);
}

/* A mounted sysfs shows the network namespace of the one who mounted it. */
static int mount_own(const char *type, const char *path)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount(type, path, type, 0, NULL))
		return fail_at(__FILE__, __LINE__, "%s: %s", path, strerror(errno));
	return PASS;
}

int enter_network(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS))
		return fail_at(__FILE__, __LINE__, "unshare: %s", strerror(errno));
	return mount_own("sysfs", "/sys");
}

/* The first process of a namespace of processes is a child of the one that made it. */
static int follow(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		_exit(FAIL);
	if (WIFSIGNALED(status))
		raise(WTERMSIG(status));
	_exit(WEXITSTATUS(status));
}

int enter_container(void)
{
	pid_t pid;

	if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS))
		return fail_at(__FILE__, __LINE__, "unshare: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (pid)
		return follow(pid);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return mount_own("sysfs", "/sys") || mount_own("proc", "/proc");
}

int hide_proc(void)
{
	if (unshare(CLONE_NEWNS))
		return fail_at(__FILE__, __LINE__, "unshare: %s", strerror(errno));
	return mount_own("tmpfs", "/proc");
}

int in_child_as(struct pair *pair, int (*enter)(void), int (*work)(struct pair *pair))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		status = enter && enter() ? FAIL : work(pair);
		fflush(stdout);
		_exit(status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
