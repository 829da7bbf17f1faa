/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

/* System calls, without anything in their place. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "base/sys.h"

/* That of the configuration space in the descriptor of VFIO: none of 32 bits holds it. */
#define FAR (UINT64_C(7) << 40)

static void offsets_have_64_bits(void)
{
	int fd = memfd_create("far", MFD_CLOEXEC);
	uint32_t value = 0x12345678, back = 0;

	ASSERT(fd >= 0);
	ASSERT_EQ(sizeof(off_t), 8);
	ASSERT_EQ(uvio_sys_pwrite(fd, &value, sizeof(value), FAR), 0);
	ASSERT_EQ(uvio_sys_pread(fd, &back, sizeof(back), FAR), 0);
	ASSERT_EQ(back, 0x12345678);
	ASSERT_EQ(uvio_sys_pread(fd, &back, sizeof(back), 0), 0);
	ASSERT_EQ(back, 0);
	close(fd);
}

static void a_target_is_whole_and_ends(void)
{
	char folder[] = "/tmp/t_sys.XXXXXX", path[64], buf[8];

	ASSERT(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/link", folder);
	ASSERT_EQ(symlink("1234567", path), 0);
	memset(buf, 'x', sizeof(buf));
	ASSERT_EQ(uvio_sys_readlink(path, buf, 7), -ENAMETOOLONG);
	ASSERT_EQ(uvio_sys_readlink(path, buf, 8), -ENAMETOOLONG);
	unlink(path);
	ASSERT_EQ(symlink("123456", path), 0);
	ASSERT_EQ(uvio_sys_readlink(path, buf, 8), 0);
	ASSERT_STR(buf, "123456");
	unlink(path);
	rmdir(folder);
}

static void closes_on_exec(int fd)
{
	ASSERT(fd >= 0);
	ASSERT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void every_descriptor_closes_on_exec(void)
{
	closes_on_exec(uvio_sys_open("/dev/null", O_RDWR));
	closes_on_exec(uvio_sys_eventfd());
	closes_on_exec(uvio_sys_epoll());
}

static void drop_ipc_lock(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (!syscall(SYS_capget, &header, data)) {
		data[0].effective &= ~(1u << CAP_IPC_LOCK);
		syscall(SYS_capset, &header, data);
	}
}

/* As opposed to every other, so that it can be named. */
static void the_limit_of_locked_mappings_has_an_errno_of_its_own(void)
{
	const struct rlimit limit = {64 << 10, 64 << 10};
	int status = -1;
	void *addr;
	pid_t pid = fork();

	if (!pid) {
		drop_ipc_lock();
		if (setrlimit(RLIMIT_MEMLOCK, &limit) || syscall(SYS_mlockall, MCL_FUTURE))
			_exit(2);
		_exit(uvio_sys_mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0,
			      &addr) != -EAGAIN);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		test_skip("mlockall() is not to be had");
	else
		ASSERT_EQ(status, 0);
}

/* A line of the program's own status, in kilobytes. */
static long status_of(const char *name)
{
	FILE *status = fopen("/proc/self/status", "re");
	size_t length = strlen(name);
	char line[256];
	long kb = -1;

	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, name, length))
			kb = strtol(line + length, NULL, 10);
	if (status)
		fclose(status);
	return kb;
}

/* Else what is asked for would be read in before it is known to be memory at all. */
static void locking_on_fault_reads_nothing_in(void)
{
	const size_t size = 16 * 4096;
	unsigned char there[16] = {0};
	long locked = status_of("VmLck:");
	void *addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(addr != MAP_FAILED);
	ASSERT_OK(uvio_sys_mlock_on_fault(addr, size));
	ASSERT_EQ(status_of("VmLck:"), locked + 64);
	ASSERT(!mincore(addr, size, there) && !memchr(there, 1, sizeof(there)));
	*(volatile char *)addr = 1;
	ASSERT(!mincore(addr, size, there) && there[0] == 1 && !there[1]);
	ASSERT_EQ(uvio_sys_madvise(addr, 4096, MADV_DONTNEED), -EINVAL);
	munmap(addr, size);
}

static int saved[3];

/* What another thread prints meanwhile must not be taken by anything. */
static void close_standard(void)
{
	fflush(stdout);
	for (int fd = 0; fd < 3; fd++) {
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
		close(fd);
	}
}

static bool standard_is_closed(void)
{
	bool closed = true;

	for (int fd = 0; fd < 3; fd++)
		closed = fcntl(fd, F_GETFD) < 0 && closed;
	return closed;
}

static void restore_standard(void)
{
	for (int fd = 0; fd < 3; fd++) {
		dup2(saved[fd], fd);
		close(saved[fd]);
	}
}

static bool all_are_kept(const int *fds, size_t count)
{
	bool kept = true;

	for (size_t i = 0; i < count; i++) {
		kept = fds[i] >= 3 && fcntl(fds[i], F_GETFD) == FD_CLOEXEC && kept;
		close(fds[i]);
	}
	return kept;
}

static void no_descriptor_is_below_3(void)
{
	bool kept, closed;
	DIR *folder = NULL;
	int fds[9];

	close_standard();
	fds[0] = uvio_sys_open("/dev/null", O_RDWR);
	fds[1] = uvio_sys_eventfd();
	fds[2] = uvio_sys_epoll();
	fds[3] = uvio_sys_pidfd();
	fds[4] = uvio_sys_memfd("low", 0, 4096);
	uvio_sys_socketpair(fds + 5);
	fds[7] = uvio_sys_opendir("/", &folder) ? -1 : fcntl(dirfd(folder), F_DUPFD_CLOEXEC, 3);
	closed = folder && dirfd(folder) >= 3;
	fds[8] = uvio_sys_keep(open("/dev/null", O_RDONLY | O_CLOEXEC));
	closed = closed && standard_is_closed();
	restore_standard();
	closedir(folder);
	kept = all_are_kept(fds, 9);
	ASSERT(closed);
	ASSERT(kept);
}

/* Not even while a call is made: writing fails as it does where nothing is open. */
static void low_descriptors_that_are_held_take_nothing(void)
{
	unsigned int held, again;
	ssize_t n;
	int err;

	close_standard();
	held = uvio_sys_hold_low();
	n = write(STDOUT_FILENO, "x", 1);
	err = errno;
	again = uvio_sys_hold_low();
	uvio_sys_free_low(held);
	restore_standard();
	ASSERT_EQ(held, 7);
	ASSERT_EQ(again, 0);
	ASSERT_EQ(n, -1);
	ASSERT_EQ(err, EBADF);
	ASSERT_EQ(uvio_sys_hold_low(), 0);
}

static int in_child(int (*work)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(work());
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static int open_within_three(void)
{
	const struct rlimit limit = {3, 3};

	close(STDOUT_FILENO);
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return 2;
	return uvio_sys_open("/dev/null", O_RDONLY) == -EMFILE && uvio_sys_eventfd() == -EMFILE &&
			       fcntl(STDOUT_FILENO, F_GETFD) < 0
		       ? 0
		       : 1;
}

/* A low one is free, and there can be no other. */
static void a_limit_of_low_descriptors_is_a_limit(void)
{
	ASSERT_EQ(in_child(open_within_three), 0);
}

static int memory_within_4096(void)
{
	const struct rlimit limit = {4096, 4096};
	int fd;

	if (setrlimit(RLIMIT_FSIZE, &limit))
		return 2;
	fd = uvio_sys_memfd("small", 0, 4096);
	if (fd < 0 || uvio_sys_memfd("large", 0, 4097) != -EFBIG)
		return 1;
	return uvio_sys_is_too_large(4096) || !uvio_sys_is_too_large(4097);
}

/* The kernel's answer is a signal, too, which ends the program. */
static void a_limit_of_files_ends_no_program(void)
{
	ASSERT_EQ(in_child(memory_within_4096), 0);
}

static CU_TestInfo cases[] = {
	TEST(a_limit_of_low_descriptors_is_a_limit),
	TEST(a_limit_of_files_ends_no_program),
	TEST_FOR("vfio 5", offsets_have_64_bits),
	TEST_FOR("vfio 12", a_target_is_whole_and_ends),
	TEST_FOR("vfio 29", every_descriptor_closes_on_exec),
	TEST(the_limit_of_locked_mappings_has_an_errno_of_its_own),
	TEST(locking_on_fault_reads_nothing_in),
	TEST(no_descriptor_is_below_3),
	TEST(low_descriptors_that_are_held_take_nothing),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"calls", NULL, NULL, NULL, NULL, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
