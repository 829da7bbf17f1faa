/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * The calls which give a descriptor. None is below 3: where a program has closed its standard
 * output, what is printed there would be written to the card.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"

#define LOWEST 3

static void close_shielded(int fd)
{
	int state = uvio_sys_shield();

	close(fd);
	uvio_sys_unshield(state);
}

static bool all_low_are_open(void)
{
	for (int fd = 0; fd < LOWEST; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return false;
	return true;
}

/* O_PATH: whoever reads or writes meanwhile gets EBADF, as from a closed descriptor. */
unsigned int uvio_sys_hold_low(void)
{
	unsigned int held = 0;
	int fd;

	if (all_low_are_open())
		return 0;
	do {
		fd = UVIO_SYS_SHIELDED(open("/", O_PATH | O_CLOEXEC));
		if (fd >= 0 && fd < LOWEST)
			held |= 1u << fd;
		else if (fd >= 0)
			close_shielded(fd);
	} while (fd >= 0 && fd < LOWEST);
	return held;
}

void uvio_sys_free_low(unsigned int held)
{
	for (int fd = 0; fd < LOWEST; fd++)
		if (held & 1u << fd)
			close_shielded(fd);
}

int uvio_sys_keep(int fd)
{
	int kept;

	if (fd < 0 || fd >= LOWEST)
		return fd;
	kept = fcntl(fd, F_DUPFD_CLOEXEC, LOWEST);
	/* EINVAL: with this limit there is no such descriptor at all. */
	if (kept < 0)
		kept = errno == EINVAL ? -EMFILE : -errno;
	close_shielded(fd);
	return kept;
}

/* The descriptor, or a negative errno. Low ones are held while @call is made, where it @writes. */
#define KEEP(writes, call)                                                                         \
	({                                                                                         \
		int state_ = uvio_sys_shield();                                                    \
		unsigned int held_ = (writes) ? uvio_sys_hold_low() : 0;                           \
		int fd_ = (call);                                                                  \
		fd_ = fd_ < 0 ? -errno : uvio_sys_keep(fd_);                                       \
		uvio_sys_free_low(held_);                                                          \
		uvio_sys_unshield(state_);                                                         \
		fd_;                                                                               \
	})

static int open_again(const char *path, int flags)
{
	int fd;

	do
		fd = open(path, flags | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd;
}

int uvio_sys_open(const char *path, int flags)
{
	return KEEP((flags & O_ACCMODE) != O_RDONLY, open_again(path, flags));
}

int uvio_sys_create(const char *path)
{
	return KEEP(true, open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
}

int uvio_sys_open_or_create(const char *path)
{
	return KEEP(
		true, open(path, O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
}

int uvio_sys_opendir(const char *path, DIR **out)
{
	int rc, fd = KEEP(false, open_again(path, O_RDONLY | O_DIRECTORY));

	if (fd < 0)
		return fd;
	*out = fdopendir(fd);
	if (*out)
		return 0;
	rc = -errno;
	close_shielded(fd);
	return rc;
}

void uvio_sys_closedir(DIR *dir)
{
	int state = uvio_sys_shield();

	closedir(dir);
	uvio_sys_unshield(state);
}

int uvio_sys_eventfd(void)
{
	return KEEP(true, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

int uvio_sys_epoll(void)
{
	return KEEP(true, epoll_create1(EPOLL_CLOEXEC));
}

int uvio_sys_timerfd(void)
{
	return KEEP(true, timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
}

int uvio_sys_timerfd_set(int fd, int64_t at)
{
	struct itimerspec time = {.it_value = {0}};

	if (at != INT64_MAX)
		time.it_value = (struct timespec){at / 1000000000, at % 1000000000};
	return timerfd_settime(fd, TFD_TIMER_ABSTIME, &time, NULL) ? -errno : 0;
}

int uvio_sys_socketpair(int fds[2])
{
	unsigned int held = uvio_sys_hold_low();
	int rc = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0 ? -errno : 0;

	for (int i = 0; i < 2 && !rc; i++) {
		fds[i] = uvio_sys_keep(fds[i]);
		if (fds[i] < 0) {
			rc = fds[i];
			close_shielded(fds[!i]);
		}
	}
	uvio_sys_free_low(held);
	return rc;
}

int uvio_sys_pidfd(void)
{
#ifdef SYS_pidfd_open
	/* Always close-on-exec. */
	return KEEP(false, (int)syscall(SYS_pidfd_open, getpid(), 0));
#else
	return -ENOSYS;
#endif
}

/* Beyond this limit the kernel sends SIGXFSZ, which ends a program. */
bool uvio_sys_is_too_large(size_t size)
{
	struct rlimit limit;

	return !getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur != RLIM_INFINITY &&
	       size > limit.rlim_cur;
}

int uvio_sys_memfd(const char *name, unsigned int flags, size_t size)
{
	int rc, fd = uvio_sys_is_too_large(size)
			     ? -EFBIG
			     : KEEP(true, memfd_create(name, flags | MFD_CLOEXEC));

	if (fd < 0)
		return fd;
	if (!ftruncate(fd, (off_t)size))
		return fd;
	rc = -errno;
	close_shielded(fd);
	return rc;
}

ssize_t uvio_sys_write_within_limit(int fd, const void *buf, size_t size)
{
	const struct timespec now = {0};
	sigset_t set, old, pending;
	ssize_t n;

	sigemptyset(&set);
	sigaddset(&set, SIGXFSZ);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	sigpending(&pending);
	n = uvio_sys_write(fd, buf, size);
	if (n == -EFBIG && !sigismember(&pending, SIGXFSZ))
		sigtimedwait(&set, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return n;
}
