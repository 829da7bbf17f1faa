/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

/* A card on uio_pci_generic: its counter of interrupts, its line, its page, what users may read. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "harness.h"
#include "inject_ops.h"
#include "sim_uio.h"
#include "user.h"

#define INTX_DISABLE 0x400
#define PARITY 0x40
#define USER 1000

static struct sim kernel;

static void setup(void)
{
	sim = &sim_uio;
	card = (struct card){
		.tree = tree_new("edu-uio"),
		.options = {.backend = "uio"},
		.command = sim_uio_command,
	};
	inject_reset(card.tree->root);
	sim_uio_reset(card.tree);
}

static void teardown(void)
{
	char left[256];

	card_discard();
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
}

/* Process 4711 is in the tree only. */
static void registers_that_another_process_has_keep_from_opening(void)
{
	tree_change(card.tree, "file " EDU_FOLDER "/resource0");
	tree_change(card.tree, "file proc/4711/comm oldtool\\n");
	tree_change(card.tree, "link proc/4711/fd/3 %s/" EDU_FOLDER "/resource0", card.tree->root);
	tree_change(card.tree, "file proc/4711/fdinfo/3 flags:\t0100002\\n");
	ASSERT_ERR(card_open(), -EBUSY,
		EDU ": resource0 in sysfs is open in process 4711 (oldtool); end that process");
}

static void counter_is(uint32_t event)
{
	uio.event = event;
	tree_change(card.tree, "file " EDU_FOLDER "/uio/uio0/event %u\\n", event);
}

static void begin_irq(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
}

static void comes(uint64_t want)
{
	uint64_t events = 0;

	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), &events));
	ASSERT_EQ(events, want);
}

static void nothing_comes(void)
{
	uint64_t events = 1;

	ASSERT_OK(uvio_irq_consume(udev, 0, &events));
	ASSERT_EQ(events, 0);
}

/* Nobody but user space takes the mask away, and the other bits are not its own. */
static void an_ack_unmasks_and_changes_nothing_else(void)
{
	sim_uio_set_command(0x0103 | PARITY);
	begin_irq();
	sim_uio_raise();
	ASSERT(sim_uio_command() & INTX_DISABLE);
	comes(1);
	ASSERT(sim_uio_command() & INTX_DISABLE);
	ASSERT_OK(uvio_irq_ack(udev, 0));
	ASSERT_EQ(sim_uio_command(), 0x0103 | PARITY);
}

/* A machine of QEMU's, where arming by byte loses what is pending; and any other. */
static void the_machine_is(bool qemu)
{
	uio.wants_low = qemu;
	tree_change(card.tree, "file " EDU_FOLDER "/subsystem_vendor %s\\n",
		qemu ? "0x1af4" : "0x1234");
}

/* As setpci writes it, of which nobody is told. */
static void an_ack_leaves_what_others_write(bool qemu)
{
	the_machine_is(qemu);
	begin_irq();
	sim_uio_set_command(0x0107);
	for (int i = 0; i < 3; i++) {
		sim_uio_raise();
		comes(1);
		sim_uio_set_command(0x0103 | INTX_DISABLE);
		sim_uio_raise();
		ASSERT_OK(uvio_irq_ack(udev, 0));
		comes(1);
		ASSERT_OK(uvio_irq_ack(udev, 0));
		ASSERT_EQ(sim_uio_command(), 0x0103);
	}
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_EQ(sim_uio_command(), 0x0103 | INTX_DISABLE);
}

static void an_ack_leaves_bus_mastering_off(void)
{
	an_ack_leaves_what_others_write(false);
}

static void an_ack_in_qemu_leaves_bus_mastering_off(void)
{
	an_ack_leaves_what_others_write(true);
}

/* The bridge tells, where the card imitates a real one's ids. */
static void a_card_with_ids_of_its_own_in_qemu_works(void)
{
	the_machine_is(true);
	tree_change(card.tree, "file " EDU_FOLDER "/subsystem_vendor 0x1234\\n");
	tree_change(card.tree, "dir sys/devices/pci0000:00/0000:00:00.0");
	tree_change(
		card.tree, "file sys/devices/pci0000:00/0000:00:00.0/subsystem_vendor 0x1af4\\n");
	tree_change(card.tree,
		"link sys/bus/pci/devices/0000:00:00.0 ../../../devices/pci0000:00/0000:00:00.0");
	begin_irq();
	sim_uio_raise();
	comes(1);
	sim_uio_raise();
	ASSERT_OK(uvio_irq_ack(udev, 0));
	comes(1);
}

static int calls_of(bool qemu)
{
	struct uvio_irq_stats stats;

	the_machine_is(qemu);
	begin_irq();
	sim_uio_raise();
	comes(1);
	ASSERT_OK(uvio_irq_ack(udev, 0));
	ASSERT_OK(uvio_irq_stats(udev, 0, &stats));
	return (int)stats.syscalls;
}

static void an_ack_is_one_call_and_two_in_qemu(void)
{
	ASSERT_EQ(calls_of(false), 2);
	card_close();
	ASSERT_EQ(calls_of(true), 3);
}

static void a_cause_that_is_not_cleared_comes_again(void)
{
	begin_irq();
	sim_uio_raise();
	comes(1);
	sim_uio_raise();
	nothing_comes();
	ASSERT_OK(uvio_irq_ack(udev, 0));
	comes(1);
}

static void a_line_that_was_left_masked_is_armed(void)
{
	sim_uio_set_command(0x0103 | INTX_DISABLE);
	begin_irq();
	ASSERT(!(sim_uio_command() & INTX_DISABLE));
	sim_uio_raise();
	comes(1);
}

/* Others on the line make the kernel count while ours is masked. */
static void more_events_than_causes_are_no_failure(void)
{
	begin_irq();
	uio.event += 2;
	sim_uio_raise();
	comes(3);
	ASSERT_OK(uvio_irq_ack(udev, 0));
	nothing_comes();
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), NULL), -ETIMEDOUT, "no interrupt");
}

static void causes_while_it_is_masked_are_one_event(void)
{
	begin_irq();
	for (int i = 0; i < 5; i++)
		sim_uio_raise();
	comes(1);
	ASSERT_OK(uvio_irq_ack(udev, 0));
	comes(1);
	ASSERT_OK(uvio_irq_ack(udev, 0));
	nothing_comes();
}

/* The kernel's number is that of all events ever, in 32 bits. */
static void the_counter_may_wrap(void)
{
	counter_is(UINT32_MAX);
	begin_irq();
	sim_uio_raise();
	ASSERT_EQ(uio.event, 0);
	comes(1);
}

static ssize_t read_whole(int fd, void *buf, size_t size)
{
	ASSERT(fd != uio.node || size == 4);
	return sim_uio.read(fd, buf, size);
}

static void the_counter_is_read_in_four_bytes(void)
{
	kernel = sim_uio;
	kernel.read = read_whole;
	sim = &kernel;
	begin_irq();
	sim_uio_raise();
	comes(1);
	nothing_comes();
}

/* Its counter begins with the driver, not with whoever opens the node. */
static void what_came_before_is_not_reported(void)
{
	counter_is(1000);
	card_open_asserted();
	sim_uio_set_command(sim_uio_command() & (uint16_t)~INTX_DISABLE);
	sim_uio_raise();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	nothing_comes();
	sim_uio_raise();
	comes(1);
}

/* The kernel maps whole pages; what else is in them belongs to another card. */
static void neighbours_in_the_page_are_out_of_reach(void)
{
	struct uvio_region bar;
	uint64_t value;

	tree_change(card.tree,
		"file " EDU_FOLDER "/resource 0xfea00000 0xfea000ff 0x40200\\n"
		"0x0 0x0 0x0\\n0x0 0x0 0x0\\n0x0 0x0 0x0\\n0x0 0x0 0x0\\n0x0 0x0 0x0\\n");
	tree_change(card.tree, "file " EDU_FOLDER "/uio/uio0/maps/map0/size 0x1000\\n");
	card_open_asserted();
	ASSERT_OK(uvio_region_map(udev, 0, &bar));
	ASSERT_EQ(bar.size, 0x100);
	ASSERT_EQ(uvio_read32(&bar, 0), 0x010000ed);
	ASSERT_ERR(uvio_region_read(&bar, 0x100, 4, &value), -ERANGE, "beyond its end at 0x100");
	ASSERT_EQ(uvio_read32(&bar, 0x100), 0xffffffff);
}

/* To others than root the kernel gives 64 bytes, and then the end of the file. */
static int pread_as_user(int fd, void *buf, size_t size, uint64_t offset)
{
	return fd == uio.config && offset + size > 64 ? -EIO : sim_uio.pread(fd, buf, size, offset);
}

static void a_user_is_told_who_may_read_more(void)
{
	struct uvio_region config;
	uint64_t value;

	user_unusual = USER_UNUSUAL(CAP_SYS_ADMIN);
	kernel = sim_uio;
	kernel.pread = pread_as_user;
	sim = &kernel;
	card_open_asserted();
	ASSERT_OK(uvio_region_map(udev, UVIO_REGION_CONFIG, &config));
	ASSERT_OK(uvio_region_read(&config, 60, 4, &value));
	ASSERT_ERR(uvio_region_read(&config, 64, 4, &value), -EPERM,
		"the kernel shows only the first 64 bytes of the configuration space: the rest "
		"needs CAP_SYS_ADMIN, which this process lacks; or use the vfio backend");
	user_unusual = 0;
	ASSERT_ERR(uvio_region_read(&config, 64, 4, &value), -EPERM,
		"CAP_SYS_ADMIN, perhaps missing when the device was opened; or use the vfio");
	ASSERT(uvio_udev_alive(udev));
}

static bool config_fails;

static int pread_or_fail(int fd, void *buf, size_t size, uint64_t offset)
{
	return config_fails && fd == uio.config ? -EIO : sim_uio.pread(fd, buf, size, offset);
}

static int pwrite_or_fail(int fd, const void *buf, size_t size, uint64_t offset)
{
	return config_fails && fd == uio.config ? -EIO : sim_uio.pwrite(fd, buf, size, offset);
}

static void what_fails_leaves_the_drivers_switch_as_it_was(void)
{
	kernel = sim_uio;
	kernel.pread = pread_or_fail;
	kernel.pwrite = pwrite_or_fail;
	sim = &kernel;
	uio.irqcontrol = true;
	card_open_asserted();
	config_fails = true;
	ASSERT(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1) < 0);
	ASSERT(!uio.armed);
	config_fails = false;
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	config_fails = true;
	ASSERT(uvio_irq_disable(udev) < 0);
	ASSERT(uio.armed);
	config_fails = false;
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT(!uio.armed);
}

static void a_card_that_is_gone_can_be_disabled(void)
{
	uio.irqcontrol = true;
	begin_irq();
	uio.gone = true;
	ASSERT_ERR(uvio_irq_wait(udev, 0, 1000, NULL), -ENODEV, "is gone");
	ASSERT_OK(uvio_irq_disable(udev));
}

static bool opened_it_can_reset(unsigned int who, uint64_t unusual)
{
	bool can;

	user = who;
	user_unusual = unusual;
	card_open_asserted();
	can = uvio_caps(udev) & UVIO_CAP_RESET;
	if (!can)
		ASSERT_ERR(uvio_udev_reset(udev), -EACCES,
			who ? "\"reset\" in sysfs cannot be written: Permission denied; run as "
			      "root or with CAP_DAC_OVERRIDE"
			    : "Permission denied; run with CAP_DAC_OVERRIDE, which this root "
			      "lacks");
	card_close();
	user = 0;
	user_unusual = 0;
	return can;
}

static unsigned int receive_in_a_reset(void)
{
	unsigned int call = 0;

	inject_begin_counting();
	ASSERT_OK(uvio_udev_reset(udev));
	inject_end();
	while (call < inject_count() && inject_call(call)->kind != INJECT_RECEIVE)
		call++;
	ASSERT(call < inject_count());
	return call;
}

/* Until the kernel returns nobody else may have the card that it resets. */
static void a_reset_that_is_left_behind_keeps_the_lock(void)
{
	unsigned int call;
	int left;

	card_open_asserted();
	call = receive_in_a_reset();
	left = dup(inject_left_lock);
	ASSERT(left >= 0);
	inject_begin(call, -ETIMEDOUT);
	ASSERT_ERR(uvio_udev_reset(udev), -ETIMEDOUT,
		EDU ": the kernel does not return from the reset");
	inject_end();
	card_close();
	ASSERT_ERR(card_open(), -EBUSY, EDU ": already open in ");
	close(left);
	ASSERT_OK(card_open());
}

/* By what opening the file for writing takes, whoever the real user is. */
static void who_may_write_the_file_can_reset(void)
{
	const uint64_t dac = USER_UNUSUAL(CAP_DAC_OVERRIDE);

	tree_change(card.tree, "mode " EDU_FOLDER "/reset 0200");
	ASSERT(opened_it_can_reset(0, 0));
	ASSERT(!opened_it_can_reset(USER, 0));
	ASSERT(opened_it_can_reset(USER, dac));
	tree_change(card.tree, "mode " EDU_FOLDER "/reset 0444");
	ASSERT(!opened_it_can_reset(0, dac));
	ASSERT(!opened_it_can_reset(USER, 0));
	tree_change(card.tree, "mode " EDU_FOLDER "/reset 0422");
	ASSERT(opened_it_can_reset(USER, 0));
	ASSERT(!opened_it_can_reset(0, dac));
	tree_change(card.tree, "remove " EDU_FOLDER "/reset");
	card_open_asserted();
	ASSERT(!(uvio_caps(udev) & UVIO_CAP_RESET));
	ASSERT_ERR(uvio_udev_reset(udev), -ENOTSUP, "the kernel has no method to reset this card");
}

/* A driver of the card's own, which has set up what it needs. */
static void its_own_driver_has(uint16_t command, bool msi)
{
	tree_change(
		card.tree, "link " EDU_FOLDER "/driver ../../../bus/pci/drivers/pci_generic_msi");
	if (msi)
		tree_change(card.tree, "file " EDU_FOLDER "/msi_irqs/25 msi\\n");
	uio.msi = msi;
	sim_uio_set_command(command);
}

static void msi_of_its_own_driver_is_left_alone(void)
{
	its_own_driver_has(0x0507, true);
	begin_irq();
	ASSERT(uvio_caps(udev) & UVIO_CAP_OWN_DRIVER);
	ASSERT_EQ(uvio_irq_count(udev, UVIO_IRQ_INTX), 1);
	for (int i = 0; i < 3; i++) {
		sim_uio_raise();
		comes(1);
		ASSERT_OK(uvio_irq_ack(udev, 0));
		ASSERT_EQ(sim_uio_command(), 0x0507);
	}
	ASSERT_OK(uvio_udev_reset(udev));
	ASSERT_EQ(sim_uio_command(), 0x0507);
	ASSERT_OK(uvio_bus_master(udev, false));
	ASSERT_EQ(sim_uio_command(), 0x0503);
	card_close();
	ASSERT_EQ(sim_uio_command(), 0x0507);
}

static void msi_without_bus_mastering_is_told(void)
{
	its_own_driver_has(0x0503, true);
	begin_irq();
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), NULL), -ETIMEDOUT,
		"its UIO driver has set up MSI, and bus mastering is off now");
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), NULL), -ETIMEDOUT, "bind the driver again");
}

static void intx_of_its_own_driver_is_as_before(void)
{
	static const uint16_t before[] = {0x0107, 0x0507};

	for (int i = 0; i < 2; i++) {
		its_own_driver_has(before[i], false);
		card_open_asserted();
		ASSERT_EQ(sim_uio_command(), before[i]);
		ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
		sim_uio_raise();
		comes(1);
		ASSERT_OK(uvio_irq_ack(udev, 0));
		ASSERT_EQ(sim_uio_command(), 0x0107);
		ASSERT_OK(uvio_irq_disable(udev));
		ASSERT_EQ(sim_uio_command(), before[i]);
		card_close();
	}
}

static const char *opened;

/* 246:0 is what sysfs has for uio0. */
static int is_another(int folder, const char *path, unsigned int major, unsigned int minor)
{
	(void)folder;
	(void)path;
	return major == 246 && minor == 0 ? -ESTALE : 0;
}

static int note_open(const char *path, int flags)
{
	if (strstr(path, "/dev/uio")) {
		opened = strstr(path, "/dev/uio1") ? "uio1" : "uio0";
		path = "/dev/uio0";
	}
	return sim_uio.open(path, flags);
}

static void a_node_of_another_card_is_not_opened(void)
{
	kernel = sim_uio;
	kernel.is_node = is_another;
	kernel.open = note_open;
	sim = &kernel;
	opened = NULL;
	ASSERT_ERR(card_open(), -ESTALE, "/dev/uio0 is not its node, which has the number 246:0");
	ASSERT(!opened);
}

static void the_uio_device_that_is_named_is_opened(void)
{
	tree_change(card.tree, "link sys/class/uio/uio1 ../../devices/pci0000:00/" EDU "/uio/uio1");
	tree_change(card.tree, "link " EDU_FOLDER "/uio/uio1/device ../../../" EDU);
	tree_change(card.tree, "file " EDU_FOLDER "/uio/uio1/dev 246:1\\n");
	kernel = sim_uio;
	kernel.open = note_open;
	sim = &kernel;
	ASSERT_OK(uvio_udev_open(card.tree->ctx, "uio1", &card.options, &udev));
	ASSERT_STR(opened, "uio1");
	ASSERT_STR(uvio_udev_address(udev), EDU);
	card_close();
	ASSERT_OK(uvio_udev_open(card.tree->ctx, EDU, &card.options, &udev));
	ASSERT_STR(opened, "uio0");
}

static CU_TestInfo driver_cases[] = {
	TEST(msi_of_its_own_driver_is_left_alone),
	TEST(msi_without_bus_mastering_is_told),
	TEST(intx_of_its_own_driver_is_as_before),
	TEST(a_node_of_another_card_is_not_opened),
	TEST(registers_that_another_process_has_keep_from_opening),
	TEST(the_uio_device_that_is_named_is_opened),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo irq_cases[] = {
	{"an ack unmasks and changes nothing else (vfio 67) (uio 3.1)",
		an_ack_unmasks_and_changes_nothing_else},
	TEST_FOR("uio 3.1", an_ack_leaves_bus_mastering_off),
	TEST_FOR("uio 3.1", an_ack_in_qemu_leaves_bus_mastering_off),
	TEST(a_card_with_ids_of_its_own_in_qemu_works),
	TEST(an_ack_is_one_call_and_two_in_qemu),
	TEST_FOR("uio 3.2", a_cause_that_is_not_cleared_comes_again),
	TEST_FOR("uio 3.3", a_line_that_was_left_masked_is_armed),
	TEST_FOR("uio 3.4", more_events_than_causes_are_no_failure),
	TEST_FOR("uio 3.5", causes_while_it_is_masked_are_one_event),
	TEST_FOR("uio 3.6", the_counter_may_wrap),
	{"the counter is read in four bytes (vfio 67) (uio 3.6)",
		the_counter_is_read_in_four_bytes},
	TEST_FOR("uio 3.7", what_came_before_is_not_reported),
	TEST_FOR("uio 3.11", what_fails_leaves_the_drivers_switch_as_it_was),
	TEST(a_card_that_is_gone_can_be_disabled),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo region_cases[] = {
	TEST_FOR("uio 3.22", neighbours_in_the_page_are_out_of_reach),
	TEST_FOR("uio 3.41", a_user_is_told_who_may_read_more),
	TEST(a_reset_that_is_left_behind_keeps_the_lock),
	TEST(who_may_write_the_file_can_reset),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"interrupts", NULL, NULL, setup, teardown, irq_cases},
	{"regions", NULL, NULL, setup, teardown, region_cases},
	{"drivers and nodes", NULL, NULL, setup, teardown, driver_cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
