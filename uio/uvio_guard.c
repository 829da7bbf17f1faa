/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * The guard: a process beside a driver on UIO. It has the configuration spaces and locks of its
 * cards, and its memory for DMA, and stops the cards when the driver has ended in whatever way.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

#include "guard.h"
#include <uvio/guard.h>

#include "base/sys.h"
#include "guard/stop.h"

#define SOCKET STDIN_FILENO

/* Memory of the driver. */
struct kept {
	struct kept *next;
	uint64_t key;
	size_t size;
	void *addr;
};

struct card {
	struct card *next;
	uint64_t key;
	char address[16];
	struct uvio_stop stop;
	bool locked;
	int found; /* what uvio_stop() gave */
};

struct guard {
	bool begun;
	uint32_t number; /* of the last question */
	int process;	 /* a pidfd; -1: the kernel has none */
	struct card *cards;
	struct kept *kept;
};

/* A card's descriptor in the place of one of them would get what is printed. */
static void fill_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* What the driver's program left open for exec is none of ours. */
static void close_rest(void)
{
#ifdef SYS_close_range
	if (!syscall(SYS_close_range, 3, ~0u, 0))
		return;
#endif
	for (int fd = 3; fd < 65536; fd++)
		close(fd);
}

static void write_file(const char *path, const char *text)
{
	int fd = uvio_sys_open(path, O_WRONLY);

	if (fd >= 0)
		(void)!uvio_sys_write(fd, text, strlen(text));
	uvio_sys_close(fd);
}

/*
 * Whatever stops a group of processes must not stop this one before the driver: it ends by itself,
 * or by SIGKILL. Memory must be there when it is short. What is not granted is done without.
 */
static void settle(void)
{
	sigset_t set;

	setsid();
	(void)!chdir("/");
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	write_file("/proc/self/oom_score_adj", "-1000");
	mlockall(MCL_CURRENT | MCL_FUTURE);
}

static void answer(uint32_t number, int rc)
{
	const struct guard_answer message = {.number = number, .rc = rc, .pid = getpid()};

	uvio_sys_send(SOCKET, &message, sizeof(message), NULL, 0);
}

static void close_all(const int *fds, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		uvio_sys_close(fds[i]);
}

static unsigned int take_fds(struct msghdr *header, int *fds)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(header);
	unsigned int count;

	if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
		return 0;
	count = (unsigned int)((control->cmsg_len - CMSG_LEN(0)) / sizeof(*fds));
	memcpy(fds, CMSG_DATA(control), count * sizeof(*fds));
	return count;
}

/*
 * 0 and the descriptors at the places which the message names, -1 elsewhere. -EPIPE: the other end
 * is closed.
 */
static int receive(struct guard_message *message, int *fds)
{
	union {
		struct cmsghdr header;
		char buffer[CMSG_SPACE(GUARD_FDS * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = message, .iov_len = sizeof(*message)};
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int taken[GUARD_FDS];
	unsigned int count, n = 0;
	ssize_t size = recvmsg(SOCKET, &header, MSG_CMSG_CLOEXEC);

	if (size <= 0)
		return -EPIPE;
	count = take_fds(&header, taken);
	for (unsigned int i = 0; i < GUARD_FDS; i++)
		fds[i] = message->fds & 1u << i && n < count ? taken[n++] : -1;
	if (size == sizeof(*message) && message->magic == GUARD_MAGIC && n == count &&
		(unsigned int)__builtin_popcount(message->fds) == n)
		return 0;
	close_all(taken, count);
	return header.msg_flags & MSG_CTRUNC ? -EMFILE : -EPROTO;
}

static int add_card(struct guard *guard, const struct guard_message *message, const int *fds)
{
	struct card *card = calloc(1, sizeof(*card));
	int rc = card ? -EPROTO : -ENOMEM;

	if (!card || fds[GUARD_FOLDER] < 0 || fds[GUARD_LOCK] < 0 || fds[GUARD_CONFIG] < 0) {
		close_all(fds, GUARD_FDS);
		free(card);
		return rc;
	}
	card->next = guard->cards;
	card->key = message->key;
	memcpy(card->address, message->address, sizeof(card->address) - 1);
	card->stop = (struct uvio_stop){
		.folder = fds[GUARD_FOLDER],
		.config = fds[GUARD_CONFIG],
		.reset = fds[GUARD_RESET],
	};
	card->stop.lock = fds[GUARD_LOCK];
	if (!guard->begun)
		guard->process = fds[GUARD_PROCESS];
	guard->cards = card;
	guard->begun = true;
	return 0;
}

static int release(struct guard *guard, uint64_t key)
{
	for (struct card **at = &guard->cards; *at; at = &(*at)->next) {
		struct card *card = *at;

		if (card->key != key)
			continue;
		*at = card->next;
		uvio_sys_close(card->stop.folder);
		uvio_sys_close(card->stop.config);
		uvio_sys_close(card->stop.reset);
		uvio_sys_close(card->stop.lock);
		free(card);
		return 0;
	}
	return -ENOENT;
}

/* Mapped, not only open: locked, it cannot be swapped out; and descriptors are few. */
static int keep(struct guard *guard, const struct guard_message *message, int fd)
{
	struct kept *kept = malloc(sizeof(*kept));
	int rc;

	if (!kept)
		return -ENOMEM;
	*kept = (struct kept){
		.next = guard->kept, .key = message->key, .size = (size_t)message->size};
	rc = uvio_sys_mmap(NULL, kept->size, PROT_READ, MAP_SHARED, fd, 0, &kept->addr);
	if (rc) {
		free(kept);
		return rc == -EAGAIN ? -ENOMEM : rc;
	}
	/* Gathered into a huge page, it would lie elsewhere. */
	madvise(kept->addr, kept->size, MADV_NOHUGEPAGE);
	mlock(kept->addr, kept->size);
	guard->kept = kept;
	return 0;
}

/* The last one, where an address was used again. */
static int move(struct guard *guard, uint64_t key, uint64_t into)
{
	for (struct kept *kept = guard->kept; kept; kept = kept->next)
		if (kept->key == key) {
			kept->key = into;
			return 0;
		}
	return -ENOENT;
}

static int forget(struct guard *guard, uint64_t key)
{
	int rc = -ENOENT;

	for (struct kept **at = &guard->kept; *at;) {
		struct kept *kept = *at;

		if (kept->key != key) {
			at = &kept->next;
			continue;
		}
		*at = kept->next;
		uvio_sys_munmap(kept->addr, kept->size);
		free(kept);
		rc = 0;
	}
	return rc;
}

static int handle(struct guard *guard, const struct guard_message *message, const int *fds)
{
	int rc;

	if (message->question == GUARD_CARD)
		return add_card(guard, message, fds);
	switch (guard->begun ? message->question : 0) {
	case GUARD_RELEASE:
		rc = release(guard, message->key);
		break;
	case GUARD_KEEP:
		rc = keep(guard, message, fds[0]);
		break;
	case GUARD_MOVE:
		rc = move(guard, message->key, message->into);
		break;
	case GUARD_FORGET:
		rc = forget(guard, message->key);
		break;
	case GUARD_LOOK:
	case GUARD_END:
		rc = 0;
		break;
	default:
		rc = -EPROTO;
	}
	close_all(fds, GUARD_FDS);
	return rc;
}

/* Questions before the end of the process: the last one may be that all is in order. */
static void await(const struct guard *guard, bool *asked)
{
	struct pollfd fds[] = {
		{.fd = SOCKET, .events = POLLIN},
		{.fd = guard->process, .events = POLLIN},
	};

	while (uvio_sys_poll(fds, 2, -1) < 0)
		;
	*asked = fds[0].revents;
}

/* Whether the driver ended without a word. */
static bool serve(struct guard *guard)
{
	struct guard_message message;
	int fds[GUARD_FDS];
	bool asked;
	int rc;

	memset(&message, 0, sizeof(message));
	for (;;) {
		await(guard, &asked);
		rc = asked ? receive(&message, fds) : -EPIPE;
		if (rc == -EPIPE)
			return guard->begun;
		if (!rc)
			rc = handle(guard, &message, fds);
		guard->number = message.number;
		if (!rc && message.question == GUARD_END)
			return false;
		answer(guard->number, rc);
	}
}

static void tell(const struct card *card)
{
	int found = card->found;

	if (found == -ETIMEDOUT)
		syslog(LOG_CRIT,
			"%s: the driver has ended; bus mastering is off, and the kernel does not "
			"return from the reset of the card",
			card->address);
	else if (found < 0)
		syslog(LOG_CRIT, "%s: the driver has ended, and its card could not be stopped: %s",
			card->address, strerror(-found));
	else if (found & UVIO_GUARD_DRIVEN)
		syslog(LOG_NOTICE,
			"%s: the driver has ended; another kernel driver is bound to the card",
			card->address);
	else
		syslog(LOG_WARNING, "%s: the driver has ended without closing: %s%s%s",
			card->address,
			found & UVIO_GUARD_MASTER ? "bus mastering switched off"
						  : "bus mastering was off",
			found & UVIO_GUARD_INTX ? ", INTx masked" : "",
			found & UVIO_GUARD_WAS_RESET ? ", reset" : "");
}

/*
 * The driver may have closed a card without being heard, and somebody else have it by now. Else the
 * lock is still that of the driver, by its descriptor, so that this is no new one.
 */
static void switch_off(struct card *card)
{
	struct uvio_stop off = card->stop;

	off.reset = -1;
	card->locked = !uvio_sys_lock(card->stop.lock);
	if (card->locked)
		card->found = uvio_stop(&off);
}

static void reset(struct card *card)
{
	int rc;

	if (!card->locked || card->stop.reset < 0)
		return;
	rc = uvio_stop(&card->stop);
	card->found = rc < 0 || card->found < 0 ? rc : card->found | rc;
}

/* All cards are switched off before what takes its time. */
static void stop(const struct guard *guard)
{
	for (struct card *card = guard->cards; card; card = card->next)
		switch_off(card);
	openlog("uvio-guard", LOG_PID, LOG_DAEMON);
	for (struct card *card = guard->cards; card; card = card->next) {
		reset(card);
		if (card->locked)
			tell(card);
	}
}

/* The driver has nothing left of it when it reads the answer. */
static void leave(struct guard *guard)
{
	while (guard->kept)
		forget(guard, guard->kept->key);
	while (guard->cards)
		release(guard, guard->cards->key);
	uvio_sys_close(guard->process);
	answer(guard->number, 0);
}

static int run(void)
{
	struct guard guard = {.process = -1};

	settle();
	if (serve(&guard))
		stop(&guard);
	else
		leave(&guard);
	return 0;
}

int main(void)
{
	socklen_t size = sizeof(int);
	int type;
	pid_t pid;

	if (getsockopt(SOCKET, SOL_SOCKET, SO_TYPE, &type, &size) || type != SOCK_SEQPACKET) {
		fprintf(stderr, "uvio-guard: started by uvio_udev_open(), not by hand; "
				"see 'uvio guard --help'\n");
		return 2;
	}
	close_rest();
	fill_standard();
	pid = fork();
	if (pid < 0)
		answer(1, -errno);
	return pid ? pid < 0 : run();
}
