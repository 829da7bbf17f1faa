/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* INTx is armed while others write to the command register. */
#include <config.h>

#include <endian.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "tree.h"
#include "backend/objects.h"
#include "base/pci_config.h"
#include "base/sys.h"
#include "threads.h"
#include "uio.h"

/* The command register of the uio backend, in a file. Who arms by byte takes no lock. */
static struct uio_device device;

static void *arm(void *data)
{
	unsigned long failures = 0;

	(void)data;
	for (int i = 0; i < 10 * ROUNDS; i++)
		failures += device.by_word ? !!uio_config_arm_by_word(&device)
					   : !!uio_config_arm(&device);
	return failed(failures);
}

/* Nobody else writes the lower byte: what was written to it must stay. */
static void *switch_low_byte(void *data)
{
	unsigned long failures = 0;

	(void)data;
	for (int i = 0; i < ROUNDS; i++) {
		unsigned char byte = i & 1 ? 7 : 3, back = 0;

		failures += !!uio_config_write(&device, &byte, 1, PCI_CONFIG_COMMAND);
		failures += !!uvio_sys_pread(device.config_fd, &back, 1, PCI_CONFIG_COMMAND);
		failures += back != byte;
	}
	return failed(failures);
}

static void *switch_line(void *data)
{
	unsigned long failures = 0;

	(void)data;
	for (int i = 0; i < ROUNDS; i++)
		failures += !!uio_config_set_intx(&device, i & 1);
	return failed(failures);
}

static void setup_config(void)
{
	static const unsigned char config[64] = {0x34, 0x12, 0xe8, 0x11, 3, 0};
	char path[] = "/tmp/t_uio_arming.XXXXXX";

	device = (struct uio_device){.pci = true, .armed = 0};
	pthread_mutex_init(&device.command_lock, NULL);
	device.config_fd = mkstemp(path);
	ASSERT(device.config_fd >= 0);
	device.arm_fd = device.config_fd;
	unlink(path);
	ASSERT_OK(uvio_sys_pwrite(device.config_fd, config, sizeof(config), 0));
}

static void teardown_config(void)
{
	uio_config_close(&device);
	pthread_mutex_destroy(&device.command_lock);
}

static void arming_never_undoes_what_others_write(void)
{
	static void *(*const work[THREADS])(void *) = {arm, arm, switch_low_byte, switch_line};
	unsigned long failures;
	uint16_t command = 0;

	run_threads(work, &failures);
	ASSERT_EQ(failures, 0);
	ASSERT(!arm(NULL));
	ASSERT_OK(uvio_sys_pread(device.config_fd, &command, 2, PCI_CONFIG_COMMAND));
	ASSERT_EQ(le16toh(command), 7);
}

static void arming_by_word_never_undoes_it_either(void)
{
	device.by_word = true;
	arming_never_undoes_what_others_write();
}

/* Arms the function at 0000:00:04.0, or @domain, and tells whether by the file of /proc. */
static bool is_armed_by_proc(struct tree *tree, unsigned int domain)
{
	struct uvio_udev udev = {.ctx = tree->ctx, .priv = &device};
	uint8_t armed = 0;

	udev.address.domain = domain;
	udev.address.slot = 4;
	device.armed = 5;
	ASSERT_OK(uvio_sys_pwrite(device.config_fd, &armed, 1, UIO_COMMAND_UPPER));
	uio_config_open_proc(&udev);
	uio_config_open_proc(&udev);
	ASSERT_OK(uio_config_arm(&device));
	ASSERT_OK(uvio_sys_pread(device.config_fd, &armed, 1, UIO_COMMAND_UPPER));
	return armed != 5;
}

static void arming_takes_the_file_of_proc_where_there_is_one(void)
{
	struct tree *tree = tree_new("edu-uio");

	ASSERT(!is_armed_by_proc(tree, 0));
	tree_change(tree, "hex proc/bus/pci/00/04.0 3412e81103000000");
	ASSERT(!is_armed_by_proc(tree, 1));
	ASSERT(is_armed_by_proc(tree, 0));
	tree_free(tree);
}

static void domains_are_in_the_name_of_the_file(void)
{
	struct tree *tree = tree_new("edu-uio");

	tree_change(tree, "hex proc/bus/pci/0001:00/04.0 3412e81103000000");
	ASSERT(!is_armed_by_proc(tree, 0));
	ASSERT(is_armed_by_proc(tree, 1));
	tree_free(tree);
}

/* The machine's own /proc is none of a tree's cards. */
static void the_file_of_another_root_is_left_alone(void)
{
	struct tree *tree = tree_new("edu-uio");

	strcpy(tree->ctx->sysfs, "/sys");
	tree_change(tree, "hex proc/bus/pci/00/04.0 3412e81103000000");
	ASSERT(!is_armed_by_proc(tree, 0));
	tree_free(tree);
}

static CU_TestInfo cases[] = {
	TEST_FOR("uio 3.1", arming_never_undoes_what_others_write),
	TEST_FOR("uio 3.1", arming_by_word_never_undoes_it_either),
	TEST(arming_takes_the_file_of_proc_where_there_is_one),
	TEST(domains_are_in_the_name_of_the_file),
	TEST(the_file_of_another_root_is_left_alone),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"arming", NULL, NULL, setup_config, teardown_config, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
