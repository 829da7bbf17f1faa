/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/context.h>

#include "kernel.h"
#include "base/sys.h"
#include "bind/rebind.h"
#include "rebinding.h"

struct tree *tree;
struct test_log logged;
pid_t program;
unsigned int at, stuck_at, stuck_answer;
bool never_begins, starved;
/* Writes of the process, its notes, and answers to what else is asked apart. */
static unsigned int step, notes, answers;

int __real_uvio_sys_receive(int fd, void *buf, size_t size, int timeout_ms);
int __wrap_uvio_sys_receive(int fd, void *buf, size_t size, int timeout_ms);

/* What is asked apart has two messages: the number of the process that asks, and its answer. */
static int receive_answer(int fd, void *buf, size_t size, int timeout_ms)
{
	static pid_t pid;
	int rc;

	if (timeout_ms && size != sizeof(pid) && ++answers == stuck_answer) {
		if (starved)
			tree_change(
				tree, "file proc/%d/stat %d (uvio-) S apart) R 1 1\\n", pid, pid);
		return -ETIMEDOUT;
	}
	rc = __real_uvio_sys_receive(fd, buf, size, timeout_ms ? -1 : 0);
	if (size == sizeof(pid))
		memcpy(&pid, buf, sizeof(pid));
	return rc;
}

/* Time is over at once where the kernel keeps a write, and never elsewhere. */
int __wrap_uvio_sys_receive(int fd, void *buf, size_t size, int timeout_ms)
{
	int rc;

	if (size != sizeof(struct uvio_rebind_note))
		return receive_answer(fd, buf, size, timeout_ms);
	if (never_begins)
		return -EPIPE;
	if (stuck_at && notes == stuck_at)
		return -ETIMEDOUT;
	rc = __real_uvio_sys_receive(fd, buf, size, -1);
	notes++;
	return rc;
}

void begin(const char *name, void (*before)(void))
{
	const struct uvio_ctx_options options = {
		.log = test_log, .log_data = &logged, .log_level = UVIO_LOG_WARNING};

	logged = (struct test_log){0};
	tree = tree_new_with(name, &options);
	kernel = (struct kernel){
		.tree = tree, .folder = EDU_FOLDER, .address = EDU, .before_write = before};
	tree_change(tree, "file dev/vfio/1");
	program = getpid();
	step = notes = answers = 0;
}

void end(void)
{
	kernel = (struct kernel){0};
	tree_free(tree);
	tree = NULL;
	stuck_at = stuck_answer = 0;
	starved = false;
	never_begins = false;
}

void setup(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

bool is_the_write(void)
{
	return getpid() != program && ++step == at;
}

void await_all(void)
{
	while (waitpid(-1, NULL, 0) >= 0 || errno == EINTR)
		;
}

void is(const char *driver, const char *override)
{
	ASSERT_STR(tree_link(tree, EDU_FOLDER "/driver"), driver);
	ASSERT_STR(tree_read(tree, EDU_FOLDER "/driver_override"), override);
	ASSERT(!tree_has(tree, RECORD));
}

int run_bind(void)
{
	return uvio_bind(tree->ctx, EDU, "vfio");
}

int run_unbind(void)
{
	return uvio_unbind(tree->ctx, EDU);
}
