/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* I/O ports on UIO, by calls and by instructions. */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include <uvio/uvio.h>

#include "inject_run.h"
#include "sim_any.h"
#include "base/sys.h"
#include "user.h"

static void use_isa(void)
{
	sim_any_use("isa-ports");
	kernel.no_irq = true;
}

static void open_ports(uint32_t flags)
{
	ASSERT_OK(sim_any_open("uio3", flags));
	ASSERT_OK(uvio_region_map(udev, UVIO_REGION_PORT0, &region));
	ASSERT_EQ(region.size, 0x10);
	ASSERT(region.flags & UVIO_REGION_PORTS && !region.base);
}

static unsigned char file_byte(uint32_t port)
{
	unsigned char byte = 0;

	return pread(kernel.port, &byte, 1, port) == 1 ? byte : 0;
}

static void ports_of_other_buses_are_bytes_of_dev_port(void)
{
	uint64_t value;

	open_ports(0);
	ASSERT_EQ(uvio_read8(&region, 4), 0x304 % 256 ^ 3);
	uvio_write8(&region, 5, 0xa5);
	ASSERT_EQ(file_byte(0x305), 0xa5);
	ASSERT_EQ(file_byte(0x306), 0x306 % 256 ^ 3);
	ASSERT_ERR(uvio_region_read(&region, 4, 2, &value), -ENOTSUP,
		"uio3: port0: /dev/port transfers single bytes, so that 2 bytes are not one "
		"access; open it with UVIO_OPEN_PORT_INSTRUCTIONS");
	ASSERT_ERR(uvio_region_write(&region, 4, 4, 0), -ENOTSUP, "transfers single bytes");
	ASSERT_ERR(uvio_region_read(&region, 0x10, 1, &value), -ERANGE, "beyond its end");
	ASSERT_EQ(kernel.asked + kernel.instructions, 0);
}

static void ports_of_no_processor_are_refused(void)
{
	ASSERT_OK(sim_any_open("uio3", 0));
	ASSERT_OK(uvio_region_info(udev, UVIO_REGION_PORT0 + 1, &region));
	ASSERT_ERR(uvio_region_map(udev, UVIO_REGION_PORT0 + 1, &region), -ENOTSUP,
		"uio3: port1: by its driver these are not ports of the CPU (port_gpio)");
	ASSERT_ERR(uvio_region_info(udev, UVIO_REGION_PORT0 + 2, &region), -ENOENT, "no region 10");
}

static void ports_that_wrap_are_none(void)
{
	tree_change(tree, "file sys/class/uio/uio3/portio/port0/start 0xfff8\\n");
	ASSERT_OK(sim_any_open("uio3", 0));
	ASSERT_ERR(uvio_region_info(udev, UVIO_REGION_PORT0, &region), -ENOENT, "no region 8");
}

static void unmapped_ports_are_not_touched(void)
{
	uint64_t value;

	ASSERT_OK(sim_any_open("uio3", UVIO_OPEN_PORT_INSTRUCTIONS));
	ASSERT_OK(uvio_region_info(udev, UVIO_REGION_PORT0, &region));
	ASSERT_ERR(uvio_region_read(&region, 0, 1, &value), -EINVAL, "port0: map it first");
	ASSERT_ERR(uvio_region_write(&region, 0, 1, 0), -EINVAL, "map it first");
	ASSERT_EQ(kernel.instructions, 0);
}

static void a_machine_without_dev_port_says_so(void)
{
	kernel.port_error = -EPERM;
	ASSERT_OK(sim_any_open("uio3", 0));
	ASSERT_ERR(uvio_region_map(udev, UVIO_REGION_PORT0, &region), -EPERM,
		"/dev/port for its I/O ports: Operation not permitted; perhaps the kernel is "
		"locked down (see /sys/kernel/security/lockdown)");
	user_unusual = USER_UNUSUAL(CAP_SYS_RAWIO);
	ASSERT_ERR(uvio_region_map(udev, UVIO_REGION_PORT0, &region), -EPERM,
		"Operation not permitted; it needs CAP_SYS_RAWIO, which this process lacks");
	user_unusual = 0;
	kernel.port_error = -EACCES;
	ASSERT_ERR(uvio_region_map(udev, UVIO_REGION_PORT0, &region), -EACCES,
		"Permission denied; this process has CAP_DAC_OVERRIDE; perhaps a security "
		"module refuses it");
	user_unusual = USER_UNUSUAL(CAP_DAC_OVERRIDE);
	ASSERT_ERR(uvio_region_map(udev, UVIO_REGION_PORT0, &region), -EACCES,
		"Permission denied; run with CAP_DAC_OVERRIDE, which this root lacks");
	user_unusual = 0;
	kernel.port_error = -ENOENT;
	ASSERT_ERR(uvio_region_map(udev, UVIO_REGION_PORT0, &region), -ENOENT,
		"perhaps the kernel has no CONFIG_DEVPORT");
}

static bool no_instructions(void)
{
	if (UVIO_HAS_PORT_INSTRUCTIONS)
		return false;
	ASSERT_ERR(sim_any_open("uio3", UVIO_OPEN_PORT_INSTRUCTIONS), -ENOTSUP,
		"uio3: this processor has no port instructions");
	test_skip("this processor has no port instructions");
	return true;
}

static void instructions_have_every_width(void)
{
	if (no_instructions())
		return;
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	ASSERT_EQ(uvio_read16(&region, 4), (0x305 % 256 ^ 3) << 8 | (0x304 % 256 ^ 3));
	uvio_write32(&region, 8, 0x01020304);
	ASSERT_EQ(uvio_read32(&region, 8), 0x01020304);
	ASSERT_EQ(uvio_read8(&region, 11), 0x01);
	ASSERT_EQ(kernel.instructions, 4);
	ASSERT_EQ(kernel.faults, 0);
	ASSERT_EQ(uvio_read64(&region, 8), UINT64_MAX);
}

static void a_fifo_is_one_instruction(void)
{
	uint16_t words[3] = {1, 2, 3}, seen[3] = {0};

	if (no_instructions())
		return;
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	uvio_write16_rep(&region, 8, words, 3);
	uvio_read16_rep(&region, 8, seen, 3);
	ASSERT(seen[0] == 3 && seen[2] == 3);
	ASSERT_EQ(kernel.faults, 0);
	uvio_read16_rep(&region, 0x10, seen, 3);
	ASSERT_EQ(seen[2], UINT16_MAX);
	ASSERT_HAS(uvio_last_error(), "beyond its end");
	ASSERT_EQ(kernel.instructions, 6);
}

static void exactly_the_ports_are_asked_for_once(void)
{
	if (no_instructions())
		return;
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	for (int i = 0; i < 10; i++)
		uvio_read8(&region, 0);
	ASSERT_EQ(kernel.asked, 1);
	ASSERT_EQ(sim_any_first, 0x300);
	ASSERT_EQ(sim_any_count, 0x10);
	sim_any_close();
	ASSERT_EQ(sim_any_count, 0);
}

static void *read_in_a_thread(void *value)
{
	*(uint32_t *)value = uvio_read8(&region, 4);
	*(uint32_t *)value |= (uint32_t)uvio_read8(&region, 5) << 8;
	return NULL;
}

static uint32_t thread_reads(void)
{
	uint32_t value = 0;
	pthread_t thread;

	ASSERT(!pthread_create(&thread, NULL, read_in_a_thread, &value));
	ASSERT(!pthread_join(thread, NULL));
	return value;
}

static void every_thread_asks_for_itself(void)
{
	if (no_instructions())
		return;
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	ASSERT_EQ(thread_reads(), (0x305 % 256 ^ 3) << 8 | (0x304 % 256 ^ 3));
	ASSERT_EQ(kernel.asked, 2);
	ASSERT_EQ(kernel.instructions, 2);
	ASSERT_EQ(kernel.faults, 0);
}

/* Ports of the same number, in a device opened later: what a thread remembers must be right. */
static void a_permission_is_not_taken_for_one_of_another_range(void)
{
	if (no_instructions())
		return;
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	uvio_read8(&region, 0);
	sim_any_close();
	tree_change(tree, "file sys/class/uio/uio3/portio/port0/start 0x310\\n");
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	uvio_read8(&region, 0);
	sim_any_close();
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	uvio_read8(&region, 0);
	ASSERT_EQ(kernel.asked, 3);
	ASSERT_EQ(kernel.faults, 0);
}

static void *close_in_a_thread(void *nothing)
{
	sim_any_close();
	return nothing;
}

/* Closed by another thread, this one keeps its permission, until it gives a part of it up. */
static void a_permission_that_overlaps_one_given_up_is_forgotten(void)
{
	pthread_t thread;

	if (no_instructions())
		return;
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	ASSERT(!pthread_create(&thread, NULL, close_in_a_thread, NULL));
	ASSERT(!pthread_join(thread, NULL));
	tree_change(tree, "file sys/class/uio/uio3/portio/port0/start 0x308\\n");
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	sim_any_close();
	tree_change(tree, "file sys/class/uio/uio3/portio/port0/start 0x300\\n");
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	uvio_read8(&region, 8);
	ASSERT_EQ(kernel.asked, 3);
	ASSERT_EQ(kernel.faults, 0);
}

static void a_thread_that_may_not_takes_calls(void)
{
	uint64_t value;

	if (no_instructions())
		return;
	kernel.refusal = -EPERM;
	user_unusual = USER_UNUSUAL(CAP_SYS_RAWIO);
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	user_unusual = 0;
	ASSERT_HAS(sim_any_log.text,
		"uio3: port0: no port instructions in this thread, system calls are used: "
		"Operation not permitted; it needs CAP_SYS_RAWIO, which this process lacks");
	ASSERT_EQ(uvio_read8(&region, 4), 0x304 % 256 ^ 3);
	ASSERT_ERR(uvio_region_read(&region, 4, 2, &value), -ENOTSUP,
		"not one access; port instructions were refused to this thread");
	ASSERT_EQ(kernel.instructions, 0);
	ASSERT_EQ(kernel.asked, 1);
	kernel.refusal = 0;
	ASSERT_EQ(thread_reads(), (0x305 % 256 ^ 3) << 8 | (0x304 % 256 ^ 3));
	ASSERT_EQ(kernel.instructions, 2);
	ASSERT_EQ(kernel.faults, 0);
}

static void a_kernel_without_the_permissions_is_told(void)
{
	if (no_instructions())
		return;
	kernel.refusal = -ENOSYS;
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	ASSERT_HAS(sim_any_log.text, "system calls are used: Function not implemented; the kernel "
				     "has no CONFIG_X86_IOPL_IOPERM");
	ASSERT_EQ(uvio_read8(&region, 4), 0x304 % 256 ^ 3);
	ASSERT_EQ(kernel.instructions, 0);
}

static void ports_of_a_bar_take_calls_of_their_width(void)
{
	sim_any_use_mf624();
	ASSERT_OK(sim_any_open(MF624, 0));
	ASSERT_OK(uvio_region_map(udev, 1, &region));
	ASSERT_EQ(uvio_read32(&region, 4), 0x07060504);
	uvio_write16(&region, 8, 0x1234);
	ASSERT_EQ(uvio_read32(&region, 8), 0x0b0a1234);
	ASSERT_EQ(uvio_read64(&region, 8), UINT64_MAX);
	ASSERT_EQ(kernel.instructions, 0);
}

static void ports_of_a_bar_take_instructions(void)
{
	if (no_instructions())
		return;
	sim_any_use_mf624();
	ASSERT_OK(sim_any_open(MF624, UVIO_OPEN_PORT_INSTRUCTIONS));
	ASSERT_OK(uvio_region_map(udev, 1, &region));
	ASSERT_EQ(uvio_read8(&region, 4), 0x04 ^ 0xd1);
	ASSERT_EQ(sim_any_first, 0xd100);
	ASSERT_EQ(sim_any_count, 0x80);
	ASSERT_EQ(kernel.instructions, 1);
}

static int map_ports(void)
{
	return uvio_region_map(udev, UVIO_REGION_PORT0, &region);
}

static void fresh(void)
{
	sim_any_close();
	inject_reset(tree->root);
	sim_any_reset();
	kernel.no_irq = true;
}

static void begin_isa(void)
{
	ASSERT_OK(sim_any_open("uio3", UVIO_OPEN_PORT_INSTRUCTIONS * UVIO_HAS_PORT_INSTRUCTIONS));
}

static const char *port_reads(void)
{
	return uvio_read8(&region, 4) == (0x304 % 256 ^ 3) ? NULL : "a port reads something else";
}

static bool is_gone(void)
{
	return false;
}

static const char *usable(void)
{
	if (sim_any_open("uio3", 0) || map_ports())
		return uvio_last_error();
	return port_reads();
}

static void mapping_ports_fails_cleanly_at_every_call(void)
{
	const struct scene scene = {
		.object = "uio3: ",
		.fresh = fresh,
		.close = sim_any_close,
		.gone = is_gone,
		.usable = usable,
	};
	const struct operation operation = {
		.name = "map ports",
		.begin = begin_isa,
		.run = map_ports,
		.works = port_reads,
	};

	inject_everywhere(&scene, &operation);
}

static CU_TestInfo port_cases[] = {
	TEST_FOR("uio 3.28", ports_of_other_buses_are_bytes_of_dev_port),
	TEST_FOR("uio 3.28", ports_of_no_processor_are_refused),
	TEST(ports_that_wrap_are_none),
	TEST(unmapped_ports_are_not_touched),
	TEST(a_machine_without_dev_port_says_so),
	TEST(instructions_have_every_width),
	TEST(a_fifo_is_one_instruction),
	TEST(exactly_the_ports_are_asked_for_once),
	TEST_FOR("uio 3.28", every_thread_asks_for_itself),
	TEST(a_permission_is_not_taken_for_one_of_another_range),
	TEST(a_permission_that_overlaps_one_given_up_is_forgotten),
	TEST_FOR("uio 3.39", a_thread_that_may_not_takes_calls),
	TEST(a_kernel_without_the_permissions_is_told),
	TEST_FOR("uio 3.28", ports_of_a_bar_take_calls_of_their_width),
	TEST_FOR("uio 3.28", ports_of_a_bar_take_instructions),
	TEST(mapping_ports_fails_cleanly_at_every_call),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"ports", NULL, NULL, use_isa, sim_any_end, port_cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
