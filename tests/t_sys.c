/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

/* System calls, without anything in their place. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "sys.h"

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

static CU_TestInfo cases[] = {
	TEST_FOR("vfio 5", offsets_have_64_bits),
	TEST_FOR("vfio 12", a_target_is_whole_and_ends),
	TEST_FOR("vfio 29", every_descriptor_closes_on_exec),
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
