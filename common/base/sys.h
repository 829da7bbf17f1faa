/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/**
 * The system calls of the library that can fail because of the kernel or the card. Each returns a
 * negative errno, and tests can replace each of them.
 */
#ifndef UVIO_SYS_H
#define UVIO_SYS_H

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/**
 * Every descriptor that is returned below is close-on-exec and at least 3, also if a program has
 * closed its standard ones: its output must never reach a card.
 */

/** A descriptor. */
int uvio_sys_open(const char *path, int flags);
/** A folder, to be read with readdir(). */
int uvio_sys_opendir(const char *path, DIR **out);
void uvio_sys_closedir(DIR *dir);

/** A descriptor from another source, as an ioctl: moved to 3 or above; an errno is not changed. */
int uvio_sys_keep(int fd);
/**
 * Occupies the closed descriptors below 3 during such a call, so that no writable one gets such a
 * number even for a moment. Returns which, for uvio_sys_free_low().
 */
unsigned int uvio_sys_hold_low(void);
void uvio_sys_free_low(unsigned int held);

void uvio_sys_close(int fd);

/** Whether the node at @path (below @folder, or @folder itself for "") has that number: 0, -ESTALE.
 */
int uvio_sys_is_node(int folder, const char *path, unsigned int major, unsigned int minor);

/** The number of bytes, which may be fewer than asked for. */
ssize_t uvio_sys_read(int fd, void *buf, size_t size);
ssize_t uvio_sys_write(int fd, const void *buf, size_t size);
/** The same, but RLIMIT_FSIZE is only -EFBIG, without the signal that ends programs. */
ssize_t uvio_sys_write_within_limit(int fd, const void *buf, size_t size);

/** The result of such a call if all @size bytes are required: 0, or a negative errno. */
#define UVIO_SYS_RESULT(n, size)                                                                   \
	({                                                                                         \
		ssize_t n_ = (n);                                                                  \
		__builtin_expect(n_ == (ssize_t)(size), 1) ? 0 : n_ < 0 ? (int)n_ : -EIO;          \
	})

/** All @size bytes, or an error: -EIO if the kernel returned fewer. */
int uvio_sys_pread(int fd, void *buf, size_t size, uint64_t offset);
int uvio_sys_pwrite(int fd, const void *buf, size_t size, uint64_t offset);

/*
 * A cancelled thread must not leave a held lock, a wrong counter or half a device: no call here
 * except uvio_sys_wait() is a cancellation point. Cancellation points of the C library, and
 * callbacks of a program, are called between these two.
 */
static inline int uvio_sys_shield(void)
{
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	return before;
}

static inline void uvio_sys_unshield(int before)
{
	pthread_setcancelstate(before, &before);
}

#define UVIO_SYS_SHIELDED(call)                                                                    \
	({                                                                                         \
		int state_ = uvio_sys_shield();                                                    \
		__typeof__(call) result_ = (call);                                                 \
		uvio_sys_unshield(state_);                                                         \
		result_;                                                                           \
	})

/** The result of the ioctl, 0 or more. */
int uvio_sys_ioctl(int fd, unsigned long request, void *arg);

/**
 * -ENOMEM also if @size exceeds the address space, as with a large BAR on 32 bits. -EAGAIN is the
 * limit of locked memory after mlockall(MCL_FUTURE), where waiting does not help:
 * uvio_mmap_failed() makes it -ENOMEM.
 */
int uvio_sys_mmap(
	void *want, uint64_t size, int prot, int flags, int fd, uint64_t offset, void **out);
void uvio_sys_munmap(void *addr, size_t size);
int uvio_sys_madvise(void *addr, size_t size, int advice);
/** Whether this process has a mapping at each page; changes nothing, no advice either. */
bool uvio_sys_is_mapped(const void *addr, size_t size);
/** Faults one page in, as for a card; @write: as for one that writes. Its bytes are not changed. */
int uvio_sys_touch(void *addr, bool write);
int uvio_sys_mlock(const void *addr, size_t size);
/** The same for pages that are not present yet: they are locked when they are faulted in. */
int uvio_sys_mlock_on_fault(const void *addr, size_t size);
/** Moves one mapping to @to, replacing what is mapped there. */
int uvio_sys_mremap(void *addr, size_t size, void *to);

/** The number of descriptors with events; 0: timeout. */
int uvio_sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
/** The same, as a cancellation point: for a wait that holds no lock. */
int uvio_sys_wait(struct pollfd *fds, nfds_t count, int64_t timeout_ns);
/** Sleeps this long, or until a signal. */
void uvio_sys_pause(long ns);

/** Non-blocking. A descriptor. */
int uvio_sys_eventfd(void);

/** Non-blocking, by the clock of clock.h. A descriptor. */
int uvio_sys_timerfd(void);
/** Readable from @at nanoseconds on; INT64_MAX: not at all. */
int uvio_sys_timerfd_set(int fd, int64_t at);

/** A descriptor, readable while one that was added has an event. */
int uvio_sys_epoll(void);
/** @events as EPOLLIN; 0: error conditions only, which are always included. */
int uvio_sys_epoll_add(int epoll_fd, int fd, uint32_t events);

/** An exclusive flock, without waiting: -EWOULDBLOCK if it is held. */
int uvio_sys_lock(int fd);
void uvio_sys_unlock(int fd);
/** The lock of a file that fcntl() gives, of the open file: -EAGAIN where somebody has it. */
int uvio_sys_lock_record(int fd);
/**
 * Unlocks, and marks the open file by a flag that copies in children have, too, and that
 * /proc/PID/fdinfo shows: a process with such a copy does not use the device. For the node of a
 * device.
 */
#define UVIO_SYS_GIVEN_UP O_APPEND
void uvio_sys_give_up(int fd);

#if defined(__x86_64__) || defined(__i386__)
#define UVIO_HAS_PORT_INSTRUCTIONS 1
#else
#define UVIO_HAS_PORT_INSTRUCTIONS 0
#endif

/**
 * Sets whether this thread may use @count ports from @first on. -ENOSYS: no ports on this machine.
 */
int uvio_sys_ioperm(uint32_t first, uint32_t count, bool on);
/** One instruction of @width bytes, 1, 2 or 4, at a port that this thread may use. */
uint32_t uvio_sys_port_in(uint32_t port, unsigned int width);
void uvio_sys_port_out(uint32_t port, unsigned int width, uint32_t value);
/** @count times, by one instruction. */
void uvio_sys_port_ins(uint32_t port, unsigned int width, void *buffer, size_t count);
void uvio_sys_port_outs(uint32_t port, unsigned int width, const void *buffer, size_t count);

/**
 * Without asking a network file server, which may not answer. @folder: one that is open, or
 * AT_FDCWD.
 */
int uvio_sys_stat(int folder, const char *path, struct stat *st);
bool uvio_sys_is_sysfs(const char *path);
/** Whether it is on a file system, or below a mount, which nobody can write to. */
bool uvio_sys_is_read_only(const char *path);
/** Whether two threads share one descriptor table; also false if this cannot be asked. */
bool uvio_sys_same_files(int pid, int other);

/** The target of a link, terminated. */
int uvio_sys_readlink(const char *path, char *buf, size_t size);
/** The same below an open folder; also shows whether the file exists. */
int uvio_sys_readlink_at(int folder, const char *name, char *buf, size_t size);
bool uvio_sys_exists_at(int folder, const char *name);

/** As access(), by the effective ids and capabilities; -ENOSYS before Linux 5.8. */
int uvio_sys_access(const char *path, int mode);

/** The capabilities of the calling thread, a bit each. */
struct uvio_capabilities {
	uint64_t effective;
	uint64_t permitted;
};

int uvio_sys_capget(struct uvio_capabilities *set);

/** A new file, which only its owner can write; -EEXIST. */
int uvio_sys_create(const char *path);
/** Of this user only, no symbolic link; it does not wait for the reader of a pipe. */
int uvio_sys_open_or_create(const char *path);
int uvio_sys_mkdir(const char *path);
int uvio_sys_remove(const char *path);

/** Two connected sockets that preserve message boundaries. */
int uvio_sys_socketpair(int fds[2]);
/** One message, with copies of @count descriptors, UVIO_SYS_FDS at most. */
#define UVIO_SYS_FDS 5
int uvio_sys_send(int fd, const void *buf, size_t size, const int *fds, unsigned int count);
/** One message of exactly @size bytes; -EPIPE: the other end is closed; -ETIMEDOUT; -EPROTO. */
int uvio_sys_receive(int fd, void *buf, size_t size, int timeout_ms);

/** Makes the other end unable to send, -EPIPE; messages sent before can be received. */
void uvio_sys_stop_receiving(int fd);
/** The other end reads an end of file; its messages still arrive. */
void uvio_sys_hang_up(int fd);

/** A descriptor that is readable once this process has ended; -ENOSYS before Linux 5.3. */
int uvio_sys_pidfd(void);

/** Whether a file of @size bytes exceeds RLIMIT_FSIZE: to be checked before one is written. */
bool uvio_sys_is_too_large(size_t size);

/** Memory with a descriptor; @flags as MFD_HUGETLB. -EFBIG: beyond RLIMIT_FSIZE. */
int uvio_sys_memfd(const char *name, unsigned int flags, size_t size);

/**
 * Runs a program that goes into the background itself, with @fd as its standard input, no
 * environment, and default signals. 0: the program was started.
 */
int uvio_sys_spawn(const char *path, char *const argv[], int fd);

#endif /* UVIO_SYS_H */
