/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "restore.h"

enum {
	TRIES = 600, /* of a tenth of a second: a change under way, and the guard, take their time
		      */
};

/* The reader of the command's output must not wait for this process to end. */
static void leave_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			close(fd);
}

static void settle(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "uvio-restore");
	leave_streams();
	(void)!chdir("/");
}

/* Its descriptors are closed by then, the card's among them. */
static void await_end(pid_t parent, const sigset_t *set)
{
	int number;

	while (getppid() == parent)
		sigwait(set, &number);
}

static bool give_back(struct uvio_ctx *ctx, const struct uvio_device_info *info)
{
	const struct timespec pause = {.tv_nsec = 100 * 1000000};
	const char *driver = info->driver ? info->driver : "none";
	int rc = -EBUSY;

	for (int i = 0; i < TRIES && rc == -EBUSY; i++) {
		rc = uvio_bind(ctx, info->address, driver);
		if (rc == -EBUSY)
			nanosleep(&pause, NULL);
	}
	return !rc;
}

static void watch(const struct tool *tool, const struct uvio_device_info *info,
	struct former *former, int fd, pid_t parent)
{
	sigset_t set;
	char word;

	settle();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	if (recv(fd, &word, sizeof(word), 0) == 1)
		return;
	await_end(parent, &set);
	former->keeps = !give_back(tool->ctx, info);
	former_close(former);
}

int restore_at_end(const struct tool *tool, const struct uvio_device_info *info,
	struct former *former, struct restorer *restorer)
{
	pid_t pid, parent = getpid();
	int fds[2];

	*restorer = (struct restorer){.fd = -1};
	if (!info->pci)
		return TOOL_GO_ON;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return tool_error("%s: socketpair: %s", info->address, strerror(errno));
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(fds[1]);
		watch(tool, info, former, fds[0], parent);
		_exit(0);
	}
	close(fds[0]);
	if (pid < 0) {
		close(fds[1]);
		return tool_error("%s: cannot start the process that restores the driver: %s",
			info->address, strerror(errno));
	}
	*restorer = (struct restorer){.fd = fds[1], .pid = pid};
	return TOOL_GO_ON;
}

void restore_cancel(struct restorer *restorer)
{
	if (restorer->fd < 0)
		return;
	send(restorer->fd, "", 1, MSG_NOSIGNAL);
	close(restorer->fd);
	while (waitpid(restorer->pid, NULL, 0) < 0 && errno == EINTR)
		;
	restorer->fd = -1;
}
