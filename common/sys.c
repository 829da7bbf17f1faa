/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys.h"

#if UVIO_HAS_PORT_INSTRUCTIONS
#include <sys/io.h>
#endif

_Static_assert(sizeof(off_t) == 8, "region offsets need 64 bits: AC_SYS_LARGEFILE");

int uvio_sys_open(const char *path, int flags)
{
	int fd;

	do
		fd = open(path, flags | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

void uvio_sys_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

ssize_t uvio_sys_read(int fd, void *buf, size_t size)
{
	ssize_t n = read(fd, buf, size);

	return n < 0 ? -errno : n;
}

ssize_t uvio_sys_write(int fd, const void *buf, size_t size)
{
	ssize_t n = write(fd, buf, size);

	return n < 0 ? -errno : n;
}

int uvio_sys_pread(int fd, void *buf, size_t size, uint64_t offset)
{
	ssize_t n = pread(fd, buf, size, (off_t)offset);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

int uvio_sys_pwrite(int fd, const void *buf, size_t size, uint64_t offset)
{
	ssize_t n = pwrite(fd, buf, size, (off_t)offset);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

int uvio_sys_ioctl(int fd, unsigned long request, void *arg)
{
	int rc;

	do
		rc = ioctl(fd, request, arg);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : rc;
}

int uvio_sys_mmap(void *want, size_t size, int prot, int flags, int fd, uint64_t offset, void **out)
{
	void *addr = mmap(want, size, prot, flags, fd, (off_t)offset);

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

int uvio_sys_mlock(const void *addr, size_t size)
{
	return mlock(addr, size) < 0 ? -errno : 0;
}

int uvio_sys_mremap(void *addr, size_t size, void *to)
{
	if (mremap(addr, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED)
		return -errno;
	return 0;
}

int uvio_sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	int n = poll(fds, count, timeout_ms);

	return n < 0 ? -errno : n;
}

int uvio_sys_eventfd(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int uvio_sys_epoll(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	return fd < 0 ? -errno : fd;
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

void uvio_sys_unlock(int fd)
{
	flock(fd, LOCK_UN);
}

int uvio_sys_readlink(const char *path, char *buf, size_t size)
{
	ssize_t n = readlink(path, buf, size - 1);

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
#endif
