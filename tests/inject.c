/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inject.h"
#include "base/context.h"
#include "base/sys.h"
#include "user.h"

#define MAX_CALLS 1024
#define MAX_OPEN 1024
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

const struct sim *sim;

static struct {
	const char *root;
	struct inject_call calls[MAX_CALLS];
	unsigned int count;
	bool counts, lasts, given;
	unsigned int call;
	int answer;
} inject;

struct open_file {
	int fd;
	char name[100];
};

static struct open_file files[MAX_OPEN];
static unsigned int file_count, wrong_closes;

static const struct {
	const char *name;
	int answers[12];
} kinds[INJECT_KINDS] = {
	[INJECT_OPEN] = {"open", {-ENOENT, -EACCES, -EPERM, -EBUSY, -ENODEV, -EMFILE}},
	[INJECT_READ] = {"read", {-EIO, -ENODEV, -ENOMEM, INJECT_SHORT}},
	[INJECT_WRITE] = {"write",
		{-EIO, -ENODEV, -EINVAL, -EACCES, -EPERM, -EBUSY, -EAGAIN, -EROFS, INJECT_SHORT}},
	[INJECT_PREAD] = {"pread", {-EIO, -ENODEV, -EPERM}},
	[INJECT_PWRITE] = {"pwrite", {-EIO, -ENODEV, -EPERM, -EROFS}},
	[INJECT_IOCTL] = {"ioctl", {-EINVAL, -EPERM, -EACCES, -EBUSY, -ENODEV, -EAGAIN, -ENOMEM,
					   -ENOSPC, -EFAULT, -ENOTTY, -EIO}},
	[INJECT_MMAP] = {"mmap", {-ENOMEM, -EINVAL, -EAGAIN, -EPERM, -ENODEV}},
	[INJECT_MADVISE] = {"madvise", {-ENOMEM, -EINVAL, -EAGAIN}},
	[INJECT_MLOCK] = {"mlock", {-ENOMEM, -EPERM, -EAGAIN}},
	[INJECT_MREMAP] = {"mremap", {-ENOMEM, -EFAULT, -EINVAL}},
	[INJECT_IOPERM] = {"ioperm", {-EPERM, -EINVAL, -ENOMEM}},
	[INJECT_POLL] = {"poll", {-EINTR, -ENOMEM, -EINVAL}},
	[INJECT_EVENTFD] = {"eventfd", {-EMFILE, -ENFILE, -ENOMEM}},
	[INJECT_EPOLL] = {"epoll", {-EMFILE, -ENFILE, -ENOMEM}},
	[INJECT_EPOLL_ADD] = {"epoll add", {-ENOMEM, -ENOSPC, -EPERM}},
	[INJECT_LOCK] = {"lock", {-EWOULDBLOCK, -EINTR, -ENOLCK}},
	[INJECT_READLINK] = {"readlink", {-ENOENT, -EACCES, -EIO, -ENOMEM}},
	[INJECT_SOCKET] = {"socketpair", {-EMFILE, -ENFILE, -ENOMEM}},
	[INJECT_SPAWN] = {"spawn", {-ENOENT, -EACCES, -ENOEXEC, -ENOMEM, -EAGAIN}},
	[INJECT_SEND] = {"send", {-EPIPE, -ENOMEM, -EMFILE}},
	[INJECT_RECEIVE] = {"receive", {-EPIPE, -ETIMEDOUT, -EPROTO, -ENOMEM}},
	[INJECT_MEMFD] = {"memfd", {-ENOMEM, -EMFILE, -ENOSYS, -EPERM}},
	[INJECT_PIDFD] = {"pidfd", {-EMFILE, -ENFILE, -ENOMEM, -ENOSYS, -EPERM}},
	[INJECT_MALLOC] = {"malloc", {-ENOMEM}},
};

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* What is not there where no driver is bound, or no IOMMU: its absence is no failure. */
static bool may_be_absent(const char *what)
{
	return ends_with(what, "/driver") || ends_with(what, "/iommu_group/type");
}

/* Only files come in parts: nodes and eventfds take all or nothing. */
const int *inject_answers(const struct inject_call *call)
{
	static int answers[ARRAY_SIZE(kinds[0].answers)];
	bool is_file = !strncmp(call->what, "/sys", 4) || !strncmp(call->what, "/proc", 5);
	size_t n = 0;

	memset(answers, 0, sizeof(answers));
	for (const int *answer = kinds[call->kind].answers; *answer; answer++)
		if ((*answer != INJECT_SHORT || is_file || call->kind == INJECT_READ) &&
			(*answer != -ENOENT || !may_be_absent(call->what)))
			answers[n++] = *answer;
	return answers;
}

const char *inject_kind_name(enum inject_kind kind)
{
	return kinds[kind].name;
}

const char *inject_answer_name(int answer)
{
	return !answer			? "what it has"
	       : answer == INJECT_SHORT ? "a short count"
					: strerror(-answer);
}

void inject_reset(const char *root)
{
	memset(&inject, 0, sizeof(inject));
	inject.root = root;
	file_count = wrong_closes = 0;
	inject_forget_memory();
	user = 0;
	user_unusual = 0;
}

void inject_begin(unsigned int call, int answer)
{
	inject.count = 0;
	inject.call = call;
	inject.answer = answer;
	inject.lasts = inject.given = false;
	inject.counts = true;
}

void inject_begin_lasting(unsigned int call, int answer)
{
	inject_begin(call, answer);
	inject.lasts = true;
}

void inject_begin_counting(void)
{
	inject_begin(0, 0);
}

void inject_end(void)
{
	inject.counts = false;
}

unsigned int inject_count(void)
{
	return inject.count;
}

const struct inject_call *inject_call(unsigned int call)
{
	return &inject.calls[call];
}

bool inject_given(void)
{
	return inject.given;
}

static const char *without_root(const char *path)
{
	size_t n = inject.root ? strlen(inject.root) : 0;

	return n && !strncmp(path, inject.root, n) ? path + n : path;
}

static bool alike(const struct inject_call *a, const struct inject_call *b)
{
	return a->kind == b->kind && !strcmp(a->what, b->what);
}

int inject_ordered(enum inject_kind kind, const char *what)
{
	struct inject_call *call = &inject.calls[inject.count];
	bool is_it;

	if (!inject.counts || inject.count >= MAX_CALLS)
		return 0;
	call->kind = kind;
	snprintf(call->what, sizeof(call->what), "%.110s", what);
	is_it = inject.count == inject.call ||
		(inject.lasts && inject.given && alike(call, &inject.calls[inject.call]));
	inject.count++;
	if (is_it && inject.answer)
		inject.given = true;
	return is_it ? inject.answer : 0;
}

static struct open_file *file_of(int fd)
{
	for (unsigned int i = 0; i < file_count; i++)
		if (files[i].fd == fd)
			return &files[i];
	return NULL;
}

const char *inject_name_of(int fd)
{
	const struct open_file *file = file_of(fd);

	return file ? file->name : fd < 0 ? "nothing" : "?";
}

int inject_opened(int fd, const char *name)
{
	if (fd < 0 || file_count == MAX_OPEN)
		return fd;
	files[file_count].fd = fd;
	snprintf(files[file_count++].name, sizeof(files[0].name), "%.90s", name);
	return fd;
}

unsigned int inject_left(char *text, size_t size)
{
	unsigned int memory;
	size_t used = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < file_count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, " %s", files[i].name);
	memory = inject_left_memory(text, size, &used);
	if (wrong_closes && used < size)
		snprintf(text + used, size - used, " %u wrong closes", wrong_closes);
	return file_count + memory + wrong_closes;
}

/* Of what gives a descriptor: none below 3, as from the real ones. */
#define SIM_FD(call, ...)                                                                          \
	({                                                                                         \
		unsigned int held_ = uvio_sys_hold_low();                                          \
		int fd_ = SIM(call, __VA_ARGS__);                                                  \
		uvio_sys_free_low(held_);                                                          \
		fd_;                                                                               \
	})

int __real_uvio_sys_open(const char *path, int flags);
int __wrap_uvio_sys_open(const char *path, int flags);

int __wrap_uvio_sys_open(const char *path, int flags)
{
	const char *name = without_root(path);
	int rc = inject_ordered(INJECT_OPEN, name);

	if (rc)
		return rc;
	rc = SIM_FD(open, path, flags);
	return inject_opened(rc == SIM_NOT_MINE ? __real_uvio_sys_open(path, flags) : rc, name);
}

void __real_uvio_sys_close(int fd);
void __wrap_uvio_sys_close(int fd);

void __wrap_uvio_sys_close(int fd)
{
	struct open_file *file = file_of(fd);
	int state;

	if (fd < 0)
		return;
	if (!file) {
		wrong_closes++;
		return;
	}
	state = uvio_sys_shield();
	if (sim && sim->close)
		sim->close(fd);
	uvio_sys_unshield(state);
	*file = files[--file_count];
	__real_uvio_sys_close(fd);
}

ssize_t __real_uvio_sys_read(int fd, void *buf, size_t size);
ssize_t __wrap_uvio_sys_read(int fd, void *buf, size_t size);

ssize_t __wrap_uvio_sys_read(int fd, void *buf, size_t size)
{
	int rc = inject_ordered(INJECT_READ, inject_name_of(fd));
	ssize_t n;

	if (rc && rc != INJECT_SHORT)
		return rc;
	n = SIM(read, fd, buf, size);
	if (n == SIM_NOT_MINE)
		n = __real_uvio_sys_read(fd, buf, size);
	return rc && n > 0 ? n / 2 : n;
}

ssize_t __real_uvio_sys_write(int fd, const void *buf, size_t size);
ssize_t __wrap_uvio_sys_write(int fd, const void *buf, size_t size);

ssize_t __wrap_uvio_sys_write(int fd, const void *buf, size_t size)
{
	int rc = inject_ordered(INJECT_WRITE, inject_name_of(fd));
	ssize_t n;

	if (rc)
		return rc == INJECT_SHORT ? (ssize_t)(size / 2) : rc;
	n = SIM(write, fd, buf, size);
	return n == SIM_NOT_MINE ? __real_uvio_sys_write(fd, buf, size) : n;
}

ssize_t inject_write(int fd, const void *buf, size_t size)
{
	return __real_uvio_sys_write(fd, buf, size);
}

int __real_uvio_sys_pread(int fd, void *buf, size_t size, uint64_t offset);
int __wrap_uvio_sys_pread(int fd, void *buf, size_t size, uint64_t offset);

int __wrap_uvio_sys_pread(int fd, void *buf, size_t size, uint64_t offset)
{
	int rc = inject_ordered(INJECT_PREAD, inject_name_of(fd));

	if (!rc)
		rc = SIM(pread, fd, buf, size, offset);
	return rc == SIM_NOT_MINE ? __real_uvio_sys_pread(fd, buf, size, offset) : rc;
}

int __real_uvio_sys_pwrite(int fd, const void *buf, size_t size, uint64_t offset);
int __wrap_uvio_sys_pwrite(int fd, const void *buf, size_t size, uint64_t offset);

int __wrap_uvio_sys_pwrite(int fd, const void *buf, size_t size, uint64_t offset)
{
	int rc = inject_ordered(INJECT_PWRITE, inject_name_of(fd));

	if (rc)
		return rc;
	rc = SIM(pwrite, fd, buf, size, offset);
	return rc == SIM_NOT_MINE ? __real_uvio_sys_pwrite(fd, buf, size, offset) : rc;
}

int __real_uvio_sys_ioctl(int fd, unsigned long request, void *arg);
int __wrap_uvio_sys_ioctl(int fd, unsigned long request, void *arg);

/* A request for a descriptor answers one. */
int __wrap_uvio_sys_ioctl(int fd, unsigned long request, void *arg)
{
	const char *name = sim && sim->request_name ? sim->request_name(request) : "?";
	int rc = inject_ordered(INJECT_IOCTL, name);

	if (rc)
		return rc;
	rc = SIM(ioctl, fd, request, arg);
	if (rc == SIM_NOT_MINE)
		rc = __real_uvio_sys_ioctl(fd, request, arg);
	return strstr(name, "DEVICE_FD") ? inject_opened(rc, "device") : rc;
}

int __real_uvio_sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __wrap_uvio_sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

int __wrap_uvio_sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	int rc = inject_ordered(INJECT_POLL, inject_name_of(fds[0].fd));

	if (!rc)
		rc = SIM(poll, fds, count);
	return rc == SIM_NOT_MINE ? __real_uvio_sys_poll(fds, count, timeout_ms) : rc;
}

int __real_uvio_sys_wait(struct pollfd *fds, nfds_t count, int64_t timeout_ns);
int __wrap_uvio_sys_wait(struct pollfd *fds, nfds_t count, int64_t timeout_ns);

int __wrap_uvio_sys_wait(struct pollfd *fds, nfds_t count, int64_t timeout_ns)
{
	int rc = inject_ordered(INJECT_POLL, inject_name_of(fds[0].fd));

	pthread_testcancel();
	if (!rc)
		rc = SIM(poll, fds, count);
	return rc == SIM_NOT_MINE ? __real_uvio_sys_wait(fds, count, timeout_ns) : rc;
}

int __real_uvio_sys_eventfd(void);
int __wrap_uvio_sys_eventfd(void);

int __wrap_uvio_sys_eventfd(void)
{
	int rc = inject_ordered(INJECT_EVENTFD, "eventfd");

	return rc ? rc : inject_opened(__real_uvio_sys_eventfd(), "eventfd");
}

int __real_uvio_sys_epoll(void);
int __wrap_uvio_sys_epoll(void);

int __wrap_uvio_sys_epoll(void)
{
	int rc = inject_ordered(INJECT_EPOLL, "epoll");

	return rc ? rc : inject_opened(__real_uvio_sys_epoll(), "epoll");
}

int __real_uvio_sys_epoll_add(int epoll_fd, int fd, uint32_t events);
int __wrap_uvio_sys_epoll_add(int epoll_fd, int fd, uint32_t events);

int __wrap_uvio_sys_epoll_add(int epoll_fd, int fd, uint32_t events)
{
	int rc = inject_ordered(INJECT_EPOLL_ADD, inject_name_of(fd));

	return rc ? rc : __real_uvio_sys_epoll_add(epoll_fd, fd, events);
}

int __real_uvio_sys_readlink(const char *path, char *buf, size_t size);
int __wrap_uvio_sys_readlink(const char *path, char *buf, size_t size);

int __wrap_uvio_sys_readlink(const char *path, char *buf, size_t size)
{
	int rc = inject_ordered(INJECT_READLINK, without_root(path));

	return rc ? rc : __real_uvio_sys_readlink(path, buf, size);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	return inject_ordered(INJECT_MALLOC, "malloc") ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
	return inject_ordered(INJECT_MALLOC, "calloc") ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_realloc(void *old, size_t size)
{
	return inject_ordered(INJECT_MALLOC, "realloc") ? NULL : __real_realloc(old, size);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

char *__wrap_strdup(const char *text)
{
	return inject_ordered(INJECT_MALLOC, "strdup") ? NULL : __real_strdup(text);
}

int __wrap_nanosleep(const struct timespec *want, struct timespec *rest);

/* Pauses between tries are not worth waiting for. */
int __wrap_nanosleep(const struct timespec *want, struct timespec *rest)
{
	(void)want;
	(void)rest;
	return 0;
}
