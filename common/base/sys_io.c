/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * What is done at each interrupt. The C library's functions are cancellation points, and to forbid
 * that each time costs more instructions than all the rest of an acknowledgement.
 */
#include <config.h>

#include <errno.h>
#include <sys/syscall.h>

#include "base/sys.h"

#if defined(__x86_64__) && defined(__LP64__) && !defined(__SANITIZE_THREAD__)
static inline ssize_t call(long number, int fd, const void *buf, size_t size)
{
	ssize_t n;

	__asm__ volatile("syscall"
			 : "=a"(n)
			 : "0"(number), "D"(fd), "S"(buf), "d"(size)
			 : "rcx", "r11", "memory");
	return n;
}

static inline ssize_t call_at(long number, int fd, const void *buf, size_t size, uint64_t offset)
{
	register uint64_t fourth __asm__("r10") = offset;
	ssize_t n;

	__asm__ volatile("syscall"
			 : "=a"(n)
			 : "0"(number), "D"(fd), "S"(buf), "d"(size), "r"(fourth)
			 : "rcx", "r11", "memory");
	return n;
}

#define READ(...) call(SYS_read, __VA_ARGS__)
#define WRITE(...) call(SYS_write, __VA_ARGS__)
#define PREAD(...) call_at(SYS_pread64, __VA_ARGS__)
#define PWRITE(...) call_at(SYS_pwrite64, __VA_ARGS__)
#else
static inline ssize_t result(ssize_t n)
{
	return n < 0 ? -errno : n;
}

#define READ(...) result(UVIO_SYS_SHIELDED(read(__VA_ARGS__)))
#define WRITE(...) result(UVIO_SYS_SHIELDED(write(__VA_ARGS__)))
#define PREAD(...) result(UVIO_SYS_SHIELDED(pread(__VA_ARGS__)))
#define PWRITE(...) result(UVIO_SYS_SHIELDED(pwrite(__VA_ARGS__)))
#endif

ssize_t uvio_sys_read(int fd, void *buf, size_t size)
{
	return READ(fd, buf, size);
}

ssize_t uvio_sys_write(int fd, const void *buf, size_t size)
{
	return WRITE(fd, buf, size);
}

int uvio_sys_pread(int fd, void *buf, size_t size, uint64_t offset)
{
	return UVIO_SYS_RESULT(PREAD(fd, buf, size, (off_t)offset), size);
}

int uvio_sys_pwrite(int fd, const void *buf, size_t size, uint64_t offset)
{
	return UVIO_SYS_RESULT(PWRITE(fd, buf, size, (off_t)offset), size);
}
