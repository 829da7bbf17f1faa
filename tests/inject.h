/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Failures to order: what the library asks of the kernel by uvio_sys_*(), and of malloc, is counted
 * in the order in which it comes, and any one of these calls can be made to fail. Descriptors and
 * mappings are followed from their making to their end, so that nothing is left behind unseen. What
 * does not fail goes to a simulated kernel, where there is one for it, or to the real one.
 *
 * A program that uses this is linked with $(wrap_inject).
 */
#ifndef UVIO_TESTS_INJECT_H
#define UVIO_TESTS_INJECT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum inject_kind {
	INJECT_OPEN,
	INJECT_READ,
	INJECT_WRITE,
	INJECT_PREAD,
	INJECT_PWRITE,
	INJECT_IOCTL,
	INJECT_MMAP,
	INJECT_MADVISE,
	INJECT_MLOCK,
	INJECT_MREMAP,
	INJECT_IOPERM,
	INJECT_POLL,
	INJECT_EVENTFD,
	INJECT_EPOLL,
	INJECT_EPOLL_ADD,
	INJECT_LOCK,
	INJECT_READLINK,
	INJECT_SOCKET,
	INJECT_SPAWN,
	INJECT_SEND,
	INJECT_RECEIVE,
	INJECT_MEMFD,
	INJECT_PIDFD,
	INJECT_MALLOC,
	INJECT_KINDS,
};

struct inject_call {
	enum inject_kind kind;
	char what[120]; /* the path, the name of the descriptor's file, the name of the request */
};

/** A result besides the errnos: half of what was read or written, or the end of the file. */
#define INJECT_SHORT 1

/** What the kernel can answer to such a call instead of success: ends with 0. */
const int *inject_answers(const struct inject_call *call);
const char *inject_answer_name(int answer);
const char *inject_kind_name(enum inject_kind kind);

/** Forgets all calls; nothing fails; the user is root. Paths are told without @root. */
void inject_reset(const char *root);

/** The lock which the last process that was started apart with descriptors would have. */
extern int inject_left_lock;

/** From now on calls are counted, and the one with number @call, from 0, gives @answer. */
void inject_begin(unsigned int call, int answer);
/** The same, and all that are like it after it. */
void inject_begin_lasting(unsigned int call, int answer);
/** Counts, and nothing fails. */
void inject_begin_counting(void);
/** Nothing is counted and nothing fails any more. */
void inject_end(void);

/** Calls between begin and end, and whether the failure has been given. */
unsigned int inject_count(void);
const struct inject_call *inject_call(unsigned int call);
bool inject_given(void);

/** Descriptors and mappings that are open, named in @text, and wrong closes. 0: all is well. */
unsigned int inject_left(char *text, size_t size);
/** Takes one mapping for granted that is left. */
void inject_forget_mapping(void);
/** Of memory alone: all is forgotten; what is left of it, put into @text behind @used. */
void inject_forget_memory(void);
unsigned int inject_left_memory(char *text, size_t size, size_t *used);

/** What a function of a simulated kernel gives for what it leaves to the real one. */
#define SIM_NOT_MINE (-100000)

/** A kernel, or a part of one. Any function may be NULL. Results as those of uvio_sys_*(). */
struct sim {
	int (*open)(const char *path, int flags);
	void (*close)(int fd); /* before it is closed */
	int (*is_node)(int folder, const char *path, unsigned int major, unsigned int minor);
	ssize_t (*read)(int fd, void *buf, size_t size);
	ssize_t (*write)(int fd, const void *buf, size_t size);
	int (*poll)(struct pollfd *fds, nfds_t count);
	int (*pread)(int fd, void *buf, size_t size, uint64_t offset);
	int (*pwrite)(int fd, const void *buf, size_t size, uint64_t offset);
	int (*ioctl)(int fd, unsigned long request, void *arg);
	int (*mmap)(
		void *want, size_t size, int prot, int flags, int fd, uint64_t offset, void **out);
	int (*madvise)(void *addr, size_t size, int advice);
	int (*mlock)(const void *addr, size_t size);
	void (*moved)(const void *addr, size_t size); /* memory was moved there */
	int (*ioperm)(uint32_t first, uint32_t count, bool on);
	uint32_t (*port_in)(uint32_t port, unsigned int width);
	void (*port_out)(uint32_t port, unsigned int width, uint32_t value);
	int (*memfd)(unsigned int flags, size_t size);
	const char *(*request_name)(unsigned long request);
};

extern const struct sim *sim;

/** What it gives for a call. It does not end threads. */
#define SIM(call, ...)                                                                             \
	({                                                                                         \
		__typeof__(sim->call(__VA_ARGS__)) answer_ = SIM_NOT_MINE;                         \
		int state_ = uvio_sys_shield();                                                    \
		if (sim && sim->call)                                                              \
			answer_ = sim->call(__VA_ARGS__);                                          \
		uvio_sys_unshield(state_);                                                         \
		answer_;                                                                           \
	})

/** The answer that is ordered for this call, which is counted; 0: it succeeds if it can. */
int inject_ordered(enum inject_kind kind, const char *what);
/** Follows a descriptor from now on; gives it, or the errno that it is. */
int inject_opened(int fd, const char *name);
const char *inject_name_of(int fd);

/** write() itself, for what a simulation does of its own accord. */
ssize_t inject_write(int fd, const void *buf, size_t size);

#endif /* UVIO_TESTS_INJECT_H */
