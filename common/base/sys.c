/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/magic.h>

#include "base/sys.h"

#if UVIO_HAS_PORT_INSTRUCTIONS
#include <sys/io.h>
#endif

_Static_assert(sizeof(off_t) == 8, "region offsets need 64 bits: AC_SYS_LARGEFILE");

void uvio_sys_close(int fd)
{
	int state;

	if (fd < 0)
		return;
	state = uvio_sys_shield();
	close(fd);
	uvio_sys_unshield(state);
}

int uvio_sys_is_node(int folder, const char *path, unsigned int major, unsigned int minor)
{
	struct stat node;

	if (fstatat(folder, path, &node, AT_EMPTY_PATH))
		return -errno;
	return S_ISCHR(node.st_mode) && node.st_rdev == makedev(major, minor) ? 0 : -ESTALE;
}

int uvio_sys_ioctl(int fd, unsigned long request, void *arg)
{
	int rc;

	do
		rc = ioctl(fd, request, arg);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : rc;
}

int uvio_sys_mmap(
	void *want, uint64_t size, int prot, int flags, int fd, uint64_t offset, void **out)
{
	void *addr;

	if ((size_t)size != size)
		return -ENOMEM;
	addr = mmap(want, (size_t)size, prot, flags, fd, (off_t)offset);
	if (addr == MAP_FAILED)
		return -errno;
	*out = addr;
	return 0;
}

void uvio_sys_munmap(void *addr, size_t size)
{
	munmap(addr, size);
}

int uvio_sys_madvise(void *addr, size_t size, int advice)
{
	return madvise(addr, size, advice) < 0 ? -errno : 0;
}

/* MS_ASYNC writes nothing back since Linux 2.6.19. */
bool uvio_sys_is_mapped(const void *addr, size_t size)
{
	return !UVIO_SYS_SHIELDED(msync((void *)addr, size, MS_ASYNC)) || errno != ENOMEM;
}

/*
 * This read is refused for pages that a card cannot be given either, as those of a device, which is
 * then not accessed. An OR with 0 by the kernel changes nothing and raises no signal.
 */
int uvio_sys_touch(void *addr, bool write)
{
	uint32_t nobody = 0;
	char byte;
	struct iovec here = {&byte, 1}, there = {addr, 1};

	if (process_vm_readv(getpid(), &here, 1, &there, 1, 0) != 1)
		return -errno;
	if (write && syscall(SYS_futex, &nobody, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0, addr,
			     FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_LT, 0)) < 0)
		return -errno;
	return 0;
}

int uvio_sys_mlock(const void *addr, size_t size)
{
	return mlock(addr, size) < 0 ? -errno : 0;
}

int uvio_sys_mlock_on_fault(const void *addr, size_t size)
{
	if (!mlock2(addr, size, MLOCK_ONFAULT))
		return 0;
	/* So the C library says that there is no such call, as under valgrind. */
	return errno == EINVAL ? uvio_sys_mlock(addr, size) : -errno;
}

int uvio_sys_mremap(void *addr, size_t size, void *to)
{
	if (mremap(addr, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED)
		return -errno;
	return 0;
}

int uvio_sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	int n = UVIO_SYS_SHIELDED(poll(fds, count, timeout_ms));

	return n < 0 ? -errno : n;
}

int uvio_sys_wait(struct pollfd *fds, nfds_t count, int64_t timeout_ns)
{
	struct timespec timeout;
	int n;

	/* This costs less. */
	if (timeout_ns < 0 || (timeout_ns <= INT64_C(1000000000) && !(timeout_ns % 1000000))) {
		n = poll(fds, count, timeout_ns < 0 ? -1 : (int)(timeout_ns / 1000000));
		return n < 0 ? -errno : n;
	}
	timeout.tv_sec = timeout_ns / 1000000000;
	timeout.tv_nsec = timeout_ns % 1000000000;
	n = ppoll(fds, count, &timeout, NULL);
	return n < 0 ? -errno : n;
}

void uvio_sys_pause(long ns)
{
	const struct timespec pause = {.tv_nsec = ns};
	int state = uvio_sys_shield();

	nanosleep(&pause, NULL);
	uvio_sys_unshield(state);
}

int uvio_sys_epoll_add(int epoll_fd, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int uvio_sys_lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

int uvio_sys_lock_record(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

void uvio_sys_unlock(int fd)
{
	flock(fd, LOCK_UN);
}

void uvio_sys_give_up(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | UVIO_SYS_GIVEN_UP);
	uvio_sys_unlock(fd);
}

int uvio_sys_stat(int folder, const char *path, struct stat *st)
{
	struct statx found;

	if (statx(folder, path, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &found) < 0)
		return -errno;
	*st = (struct stat){
		.st_dev = makedev(found.stx_dev_major, found.stx_dev_minor),
		.st_rdev = makedev(found.stx_rdev_major, found.stx_rdev_minor),
		.st_ino = found.stx_ino,
		.st_mode = found.stx_mode,
		.st_nlink = found.stx_nlink,
		.st_size = (off_t)found.stx_size,
	};
	return 0;
}

bool uvio_sys_is_sysfs(const char *path)
{
	struct statfs found;

	return !statfs(path, &found) && found.f_type == SYSFS_MAGIC;
}

bool uvio_sys_is_read_only(const char *path)
{
	struct statfs found;

	return !statfs(path, &found) && found.f_flags & ST_RDONLY;
}

bool uvio_sys_same_files(int pid, int other)
{
#ifdef SYS_kcmp
	return !syscall(SYS_kcmp, pid, other, KCMP_FILES, 0, 0);
#else
	(void)pid;
	(void)other;
	return false;
#endif
}

int uvio_sys_readlink(const char *path, char *buf, size_t size)
{
	return uvio_sys_readlink_at(AT_FDCWD, path, buf, size);
}

int uvio_sys_readlink_at(int folder, const char *name, char *buf, size_t size)
{
	ssize_t n = readlinkat(folder, name, buf, size - 1);

	if (n < 0)
		return -errno;
	if ((size_t)n >= size - 1)
		return -ENAMETOOLONG;
	buf[n] = '\0';
	return 0;
}

#if UVIO_HAS_PORT_INSTRUCTIONS
int uvio_sys_ioperm(uint32_t first, uint32_t count, bool on)
{
	return ioperm(first, count, on) < 0 ? -errno : 0;
}

uint32_t uvio_sys_port_in(uint32_t port, unsigned int width)
{
	switch (width) {
	case 1:
		return inb((unsigned short)port);
	case 2:
		return inw((unsigned short)port);
	default:
		return inl((unsigned short)port);
	}
}

void uvio_sys_port_out(uint32_t port, unsigned int width, uint32_t value)
{
	switch (width) {
	case 1:
		outb((unsigned char)value, (unsigned short)port);
		break;
	case 2:
		outw((unsigned short)value, (unsigned short)port);
		break;
	default:
		outl(value, (unsigned short)port);
	}
}

void uvio_sys_port_ins(uint32_t port, unsigned int width, void *buffer, size_t count)
{
	switch (width) {
	case 1:
		insb((unsigned short)port, buffer, count);
		break;
	case 2:
		insw((unsigned short)port, buffer, count);
		break;
	default:
		insl((unsigned short)port, buffer, count);
	}
}

void uvio_sys_port_outs(uint32_t port, unsigned int width, const void *buffer, size_t count)
{
	switch (width) {
	case 1:
		outsb((unsigned short)port, buffer, count);
		break;
	case 2:
		outsw((unsigned short)port, buffer, count);
		break;
	default:
		outsl((unsigned short)port, buffer, count);
	}
}
#else
int uvio_sys_ioperm(uint32_t first, uint32_t count, bool on)
{
	(void)first;
	(void)count;
	(void)on;
	return -ENOSYS;
}

uint32_t uvio_sys_port_in(uint32_t port, unsigned int width)
{
	(void)port;
	(void)width;
	return UINT32_MAX;
}

void uvio_sys_port_out(uint32_t port, unsigned int width, uint32_t value)
{
	(void)port;
	(void)width;
	(void)value;
}

void uvio_sys_port_ins(uint32_t port, unsigned int width, void *buffer, size_t count)
{
	(void)port;
	memset(buffer, 0xff, count * width);
}

void uvio_sys_port_outs(uint32_t port, unsigned int width, const void *buffer, size_t count)
{
	(void)port;
	(void)width;
	(void)buffer;
	(void)count;
}
#endif

int uvio_sys_mkdir(const char *path)
{
	return mkdir(path, 0755) < 0 ? -errno : 0;
}

int uvio_sys_remove(const char *path)
{
	return unlink(path) < 0 ? -errno : 0;
}

bool uvio_sys_exists_at(int folder, const char *name)
{
	return !faccessat(folder, name, F_OK, 0);
}

/* Without this system call the C library's faccessat() decides by the user id. */
int uvio_sys_access(const char *path, int mode)
{
#ifdef SYS_faccessat2
	return syscall(SYS_faccessat2, AT_FDCWD, path, mode, AT_EACCESS) ? -errno : 0;
#else
	(void)path;
	(void)mode;
	return -ENOSYS;
#endif
}

int uvio_sys_capget(struct uvio_capabilities *set)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &header, data))
		return -errno;
	set->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	set->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	return 0;
}

int uvio_sys_send(int fd, const void *buf, size_t size, const int *fds, unsigned int count)
{
	union {
		struct cmsghdr header;
		char buffer[CMSG_SPACE(UVIO_SYS_FDS * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)buf, .iov_len = size};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	if (count) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(count * sizeof(*fds));
		memcpy(CMSG_DATA(&control.header), fds, count * sizeof(*fds));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(*fds));
	}
	do
		n = UVIO_SYS_SHIELDED(sendmsg(fd, &message, MSG_NOSIGNAL));
	while (n < 0 && errno == EINTR);
	return (size_t)n == size ? 0 : n < 0 ? -errno : -EIO;
}

int uvio_sys_receive(int fd, void *buf, size_t size, int timeout_ms)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	ssize_t n;

	do
		n = uvio_sys_poll(&pollfd, 1, timeout_ms);
	while (n == -EINTR);
	if (n <= 0)
		return n ? (int)n : -ETIMEDOUT;
	n = UVIO_SYS_SHIELDED(recv(fd, buf, size, MSG_TRUNC));
	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	return !n ? -EPIPE : (size_t)n == size ? 0 : -EPROTO;
}

void uvio_sys_stop_receiving(int fd)
{
	shutdown(fd, SHUT_RD);
}

void uvio_sys_hang_up(int fd)
{
	shutdown(fd, SHUT_WR);
}

static int spawn(
	pid_t *pid, const char *path, char *const argv[], const posix_spawn_file_actions_t *actions)
{
	static char *no_environment[] = {NULL};
	posix_spawnattr_t attr;
	sigset_t set;
	int rc = posix_spawnattr_init(&attr);

	if (rc)
		return -rc;
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	sigfillset(&set);
	posix_spawnattr_setsigdefault(&attr, &set);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(pid, path, actions, &attr, argv, no_environment);
	posix_spawnattr_destroy(&attr);
	return -rc;
}

/* A program that waits for all of its children may reap this one: that is no failure. */
int uvio_sys_spawn(const char *path, char *const argv[], int fd)
{
	posix_spawn_file_actions_t actions;
	int rc = posix_spawn_file_actions_init(&actions);
	pid_t pid = -1;

	if (rc)
		return -rc;
	rc = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	if (!rc)
		rc = posix_spawn_file_actions_addopen(
			&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	rc = rc ? -rc : spawn(&pid, path, argv, &actions);
	posix_spawn_file_actions_destroy(&actions);
	while (!rc && UVIO_SYS_SHIELDED(waitpid(pid, NULL, 0)) < 0 && errno == EINTR)
		;
	return rc;
}
