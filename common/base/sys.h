/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/**
 * The system calls of the library which can fail on account of the kernel or the card. Each returns
 * a negative errno, and tests can take the place of any of them.
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
 * Every descriptor that is given below is close-on-exec and 3 at least, also where a program has
 * closed its standard ones: what it prints to these must never reach a card.
 */

/** A descriptor. */
int uvio_sys_open(const char *path, int flags);
/** A folder, to be read with readdir(). */
int uvio_sys_opendir(const char *path, DIR **out);
void uvio_sys_closedir(DIR *dir);

/** One that comes by other means, as from an ioctl: moved to 3 or above; an errno stays as it is.
 */
int uvio_sys_keep(int fd);
/**
 * Takes the places below 3 that are closed while such a call is made, so that none which can be
 * written to lands there even for a moment. Which they are, for uvio_sys_free_low().
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
/** The same, where RLIMIT_FSIZE is no signal, which ends programs, but -EFBIG alone. */
ssize_t uvio_sys_write_within_limit(int fd, const void *buf, size_t size);

/** What such a call gave, where only all @size bytes are of use: 0, or a negative errno. */
#define UVIO_SYS_RESULT(n, size)                                                                   \
	({                                                                                         \
		ssize_t n_ = (n);                                                                  \
		__builtin_expect(n_ == (ssize_t)(size), 1) ? 0 : n_ < 0 ? (int)n_ : -EIO;          \
	})

/** All @size bytes, or an error: -EIO where the kernel gave fewer. */
int uvio_sys_pread(int fd, void *buf, size_t size, uint64_t offset);
int uvio_sys_pwrite(int fd, const void *buf, size_t size, uint64_t offset);

/*
 * A thread that is cancelled must leave no lock, counter or half of a device behind: no call here
 * is a cancellation point, but uvio_sys_wait(). What is one in the C library, and what a program
 * does in a callback, is done between these two.
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

/** What the ioctl returned, 0 or more. */
int uvio_sys_ioctl(int fd, unsigned long request, void *arg);

/**
 * -ENOMEM also where @size is more than a program can have, as of a large BAR on 32 bits. -EAGAIN
 * is the limit of locked memory after mlockall(MCL_FUTURE), which waiting does not raise:
 * uvio_mmap_failed() makes it -ENOMEM.
 */
int uvio_sys_mmap(
	void *want, uint64_t size, int prot, int flags, int fd, uint64_t offset, void **out);
void uvio_sys_munmap(void *addr, size_t size);
int uvio_sys_madvise(void *addr, size_t size, int advice);
/** Whether this process has something mapped at each page: changes nothing, no advice either. */
bool uvio_sys_is_mapped(const void *addr, size_t size);
/** Faults one page in, as for a card, and @write as for one that writes; its bytes stay. */
int uvio_sys_touch(void *addr, bool write);
int uvio_sys_mlock(const void *addr, size_t size);
/** Moves one mapping to @to, in place of what is there. */
int uvio_sys_mremap(void *addr, size_t size, void *to);

/** The number of descriptors with events; 0: time is over. */
int uvio_sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
/** The same, as a cancellation point: for a wait which holds nothing. */
int uvio_sys_wait(struct pollfd *fds, nfds_t count, int64_t timeout_ns);
/** Sleeps this long, or until a signal. */
void uvio_sys_pause(long ns);

/** Non-blocking. A descriptor. */
int uvio_sys_eventfd(void);

/** A descriptor, which is readable while one that was added has an event. */
int uvio_sys_epoll(void);
/** @events as EPOLLIN; 0: error conditions only, which are always among them. */
int uvio_sys_epoll_add(int epoll_fd, int fd, uint32_t events);

/** An exclusive flock, without waiting: -EWOULDBLOCK where somebody has it. */
int uvio_sys_lock(int fd);
void uvio_sys_unlock(int fd);
/**
 * Unlocks, and marks the open file by a flag which copies in children have too, and which
 * /proc/PID/fdinfo shows: who has such a copy does not use the device. For the node of a device.
 */
#define UVIO_SYS_GIVEN_UP O_APPEND
void uvio_sys_give_up(int fd);

#if defined(__x86_64__) || defined(__i386__)
#define UVIO_HAS_PORT_INSTRUCTIONS 1
#else
#define UVIO_HAS_PORT_INSTRUCTIONS 0
#endif

/** Whether this thread may use @count ports from @first on. -ENOSYS where there are none. */
int uvio_sys_ioperm(uint32_t first, uint32_t count, bool on);
/** One instruction of @width bytes, 1, 2 or 4, at a port that this thread may use. */
uint32_t uvio_sys_port_in(uint32_t port, unsigned int width);
void uvio_sys_port_out(uint32_t port, unsigned int width, uint32_t value);
/** @count times, by one instruction. */
void uvio_sys_port_ins(uint32_t port, unsigned int width, void *buffer, size_t count);
void uvio_sys_port_outs(uint32_t port, unsigned int width, const void *buffer, size_t count);

/** Without asking a server for news, which may be gone. */
int uvio_sys_stat(const char *path, struct stat *st);
bool uvio_sys_is_sysfs(const char *path);
/** Whether two threads have one table of descriptors; false also where that cannot be asked. */
bool uvio_sys_same_files(int pid, int other);

/** The target of a link, terminated. */
int uvio_sys_readlink(const char *path, char *buf, size_t size);
/** The same, and whether there is such a file, below an open folder. */
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

/** Two connected sockets which keep messages apart. */
int uvio_sys_socketpair(int fds[2]);
/** One message, with copies of @count descriptors, UVIO_SYS_FDS at most. */
#define UVIO_SYS_FDS 5
int uvio_sys_send(int fd, const void *buf, size_t size, const int *fds, unsigned int count);
/** One message of exactly @size bytes; -EPIPE: the other end is closed; -ETIMEDOUT; -EPROTO. */
int uvio_sys_receive(int fd, void *buf, size_t size, int timeout_ms);

/** The other end cannot send any more, -EPIPE; what it has sent can be received. */
void uvio_sys_stop_receiving(int fd);
/** The other end reads an end of file; what it sends still comes. */
void uvio_sys_hang_up(int fd);

/** A descriptor that is readable once this process has ended; -ENOSYS before Linux 5.3. */
int uvio_sys_pidfd(void);

/** Whether a file may not have @size bytes (RLIMIT_FSIZE): to be asked before one is written. */
bool uvio_sys_is_too_large(size_t size);

/** Memory with a descriptor; @flags as MFD_HUGETLB. -EFBIG: beyond RLIMIT_FSIZE. */
int uvio_sys_memfd(const char *name, unsigned int flags, size_t size);

/**
 * Runs a program which goes into the background by itself, with @fd as its standard input, no
 * environment, and signals as at login. 0: the program was started.
 */
int uvio_sys_spawn(const char *path, char *const argv[], int fd);

#endif /* UVIO_SYS_H */
