/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/context.h>
#include <uvio/error.h>

#include "harness.h"
#include "base/context.h"
#include "kernel.h"
#include "tree.h"

#define NVME "0000:00:0a.0"
#define NET "0000:00:0b.0"

static struct tree *tree;
static struct test_log logged;

/* What happens while the library waits; NULL: nothing. */
static void (*meanwhile)(void);

int __wrap_nanosleep(const struct timespec *want, struct timespec *rest);

int __wrap_nanosleep(const struct timespec *want, struct timespec *rest)
{
	(void)want;
	(void)rest;
	if (meanwhile)
		meanwhile();
	return 0;
}

static void begin_with(const char *name, const char *address)
{
	static char folder[64];
	const struct uvio_ctx_options options = {
		.log = test_log,
		.log_data = &logged,
		.log_level = UVIO_LOG_DEBUG,
	};

	logged = (struct test_log){0};
	tree = tree_new_with(name, &options);
	snprintf(folder, sizeof(folder), "sys/devices/pci0000:00/%s", address);
	kernel = (struct kernel){.tree = tree, .folder = folder, .address = address};
	tree_change(tree, "file dev/vfio/1");
}

static void begin(const char *name)
{
	begin_with(name, EDU);
}

static void teardown(void)
{
	kernel = (struct kernel){0};
	meanwhile = NULL;
	tree_free(tree);
	tree = NULL;
}

static void driver_is(const char *want)
{
	ASSERT_STR(tree_link(tree, EDU_FOLDER "/driver"), want);
}

static void override_is(const char *want)
{
	ASSERT_STR(tree_read(tree, EDU_FOLDER "/driver_override"), want);
}

static void a_backends_name_means_its_driver(void)
{
	begin("edu-unbound");
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
	driver_is("vfio-pci");
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "uio"));
	driver_is("uio_pci_generic");
}

static void a_drivers_own_name_will_do(void)
{
	begin("edu-unbound");
	ASSERT_OK(uvio_bind(tree->ctx, "00:04.0", "uio_pci_generic"));
	driver_is("uio_pci_generic");
}

static void another_driver_is_taken_off_first(void)
{
	begin("edu-uio");
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
	driver_is("vfio-pci");
}

static void a_card_is_bound_by_its_uio_device(void)
{
	begin("edu-uio");
	ASSERT_OK(uvio_bind(tree->ctx, "uio0", "vfio"));
	driver_is("vfio-pci");
}

static void no_override_stays_behind(void)
{
	begin("edu-unbound");
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
	override_is("(null)");
}

/* Others with the same ids stay with their driver. */
static void only_the_card_itself_is_named(void)
{
	begin("edu-unbound");
	tree_change(tree, "file sys/bus/pci/drivers/vfio-pci/new_id");
	tree_change(tree, "file sys/bus/pci/drivers/vfio-pci/bind");
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
	ASSERT(!strstr(logged.text, "new_id") && !strstr(logged.text, "vfio-pci/bind"));
	ASSERT_STR(tree_read(tree, "sys/bus/pci/drivers/vfio-pci/new_id"), "");
	ASSERT_STR(tree_read(tree, "sys/bus/pci/drivers/vfio-pci/bind"), "");
}

/* Before it has no driver: nobody else can take it in between. */
static void the_override_is_set_before_it_is_unbound(void)
{
	const char *set, *taken_off;

	begin("edu-uio");
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
	set = strstr(logged.text, "writing 'vfio-pci' to");
	taken_off = strstr(logged.text, "driver/unbind");
	ASSERT(set && taken_off && set < taken_off);
}

static void an_administrators_override_is_as_before(void)
{
	begin("edu-uio");
	tree_change(tree, "file " EDU_FOLDER "/driver_override uio_pci_generic\\n");
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
	driver_is("vfio-pci");
	override_is("uio_pci_generic");
}

static void what_is_bound_already_is_left_alone(void)
{
	begin("edu-vfio");
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
	ASSERT_EQ(kernel.writes, 0);
	driver_is("vfio-pci");
}

static void each_write_is_logged(void)
{
	begin("edu-unbound");
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
	ASSERT_HAS(
		logged.text, EDU ": writing 'vfio-pci' to bus/pci/devices/" EDU "/driver_override");
	ASSERT_HAS(logged.text, EDU ": writing '" EDU "' to bus/pci/drivers_probe");
}

static unsigned int pauses;

static void udev_is_slow(void)
{
	if (++pauses == 5)
		tree_change(tree, "file dev/vfio/1");
}

static void the_node_is_waited_for(void)
{
	begin("edu-unbound");
	tree_change(tree, "remove dev/vfio/1");
	pauses = 0;
	meanwhile = udev_is_slow;
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
	ASSERT_EQ(pauses, 5);
	ASSERT(tree_has(tree, "dev/vfio/1"));
}

static void none_leaves_it_without_driver(void)
{
	begin("edu-uio");
	kernel.natural = "vfio-pci";
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "none"));
	driver_is("");
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "none"));
}

static void a_driver_that_does_not_take_it_is_rolled_back(void)
{
	begin("edu-uio");
	kernel.refuses = "vfio-pci";
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EIO,
		EDU ": the kernel did not bind it to vfio-pci; dmesg says why");
	driver_is("uio_pci_generic");
	override_is("(null)");
}

static void a_rollback_restores_the_override(void)
{
	begin("edu-uio");
	tree_change(tree, "file " EDU_FOLDER "/driver_override uio_pci_generic\\n");
	kernel.refuses = "vfio-pci";
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EIO, "did not bind it to vfio-pci");
	driver_is("uio_pci_generic");
	override_is("uio_pci_generic");
}

static void a_rollback_to_no_driver_works_too(void)
{
	begin("edu-unbound");
	kernel.refuses = "vfio-pci";
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EIO, "did not bind it to vfio-pci");
	ASSERT(!strstr(uvio_last_error(), "could not be bound again"));
	driver_is("");
	override_is("(null)");
}

static void a_rollback_that_fails_is_told(void)
{
	begin("edu-uio");
	kernel.broken = "drivers_probe";
	kernel.write_error = -EBUSY;
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EBUSY,
		"; and uio_pci_generic could not be bound again");
	driver_is("");
	override_is("(null)");
}

static void an_override_that_fails_changes_nothing(void)
{
	begin("edu-uio");
	kernel.broken = "driver_override";
	kernel.write_error = -EINVAL;
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EINVAL, EDU ": writing 'vfio-pci' to ");
	driver_is("uio_pci_generic");
}

static void an_unbind_that_fails_changes_nothing(void)
{
	begin("edu-uio");
	kernel.broken = "unbind";
	kernel.write_error = -ENODEV;
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -ENODEV, "/driver/unbind: No such device");
	driver_is("uio_pci_generic");
	override_is("(null)");
}

static void a_driver_that_is_not_loaded_is_named(void)
{
	begin("edu-uio");
	tree_change(tree, "remove sys/bus/pci/drivers/vfio-pci");
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -ENOENT,
		EDU ": the kernel driver vfio-pci is not loaded; modprobe vfio-pci");
	ASSERT_EQ(kernel.writes, 0);
}

static void a_driver_that_nobody_knows_is_not_loaded(void)
{
	begin("edu-uio");
	ASSERT_ERR(
		uvio_bind(tree->ctx, EDU, "nosuch"), -ENOENT, "no kernel driver nosuch is loaded");
}

static void a_module_whose_driver_has_another_name_is_told(void)
{
	begin("edu-uio");
	tree_change(tree, "dir sys/module/uio_mf624/drivers/pci:mf624");
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "uio_mf624"), -ENOENT,
		EDU
		": uio_mf624 is a module, and its kernel driver has the name mf624; uvio bind " EDU
		" mf624");
	ASSERT_EQ(kernel.writes, 0);
}

static void a_wrong_name_of_a_driver_is_refused(void)
{
	static const char *const wrong[] = {"", "../drivers", "a/b", ".", ".."};

	begin("edu-uio");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		ASSERT_ERR(uvio_bind(tree->ctx, EDU, wrong[i]), -EINVAL,
			"not a backend and not the name of a kernel driver");
		ASSERT_EQ(kernel.writes, 0);
	}
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, NULL), -EINVAL, "'': not a backend");
}

static void an_endless_name_of_a_driver_is_refused(void)
{
	char name[1000];

	begin("edu-uio");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, name), -EINVAL, "not a backend");
}

static void an_ordinary_user_is_told_what_binding_takes(void)
{
	begin("edu-uio");
	kernel.open_error = -EACCES;
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EACCES,
		"Permission denied; to bind, run as root (sudo) or with CAP_DAC_OVERRIDE");
	driver_is("uio_pci_generic");
}

static void a_read_only_sysfs_is_told(void)
{
	begin("edu-uio");
	kernel.open_error = -EROFS;
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EROFS,
		"is mounted read-only, as in a container; bind on the host");
}

static void a_missing_card_is_named(void)
{
	begin("edu-uio");
	ASSERT_ERR(uvio_bind(tree->ctx, "0000:00:1d.0", "vfio"), -ENODEV,
		"0000:00:1d.0: no such PCI device");
	ASSERT_ERR(uvio_unbind(tree->ctx, "0000:00:1d.0"), -ENODEV, "no such PCI device");
}

static void a_wrong_address_is_refused(void)
{
	begin("edu-uio");
	ASSERT_ERR(uvio_bind(tree->ctx, "card", "vfio"), -EINVAL, "card: not an address");
	ASSERT_ERR(uvio_unbind(tree->ctx, ""), -EINVAL, "not an address");
}

static void a_bridge_is_not_bound(void)
{
	begin_with("bridge", "0000:00:05.0");
	ASSERT_ERR(uvio_bind(tree->ctx, "00:05.0", "vfio"), -ENOTSUP,
		"bridge: user space cannot drive it; choose the card behind it");
	ASSERT_ERR(uvio_unbind(tree->ctx, "00:05.0"), -ENOTSUP, "bridge");
}

static void a_device_of_another_bus_is_not_bound(void)
{
	begin("platform");
	ASSERT_ERR(uvio_bind(tree->ctx, "uio1", "vfio"), -ENOTSUP,
		"uio1: not a PCI device; its driver is chosen by the device tree or the board");
}

static void is_in_use(const char *name, const char *address, const char *message)
{
	begin_with(name, address);
	ASSERT_ERR(uvio_bind(tree->ctx, address, "vfio"), -EBUSY, message);
	ASSERT_ERR(uvio_unbind(tree->ctx, address), -EBUSY, message);
	ASSERT_EQ(kernel.writes, 0);
}

static void a_mounted_disk_is_in_use(void)
{
	is_in_use("nvme-mounted", NVME,
		NVME ": its disk nvme0n1p1 is mounted; unmount it first (umount /dev/nvme0n1p1)");
}

/* As on a machine with many containers. */
static void a_disk_behind_many_mounts_is_in_use(void)
{
	const char *lines;
	char path[256];
	FILE *file;

	begin_with("nvme-mounted", NVME);
	lines = tree_read(tree, "proc/self/mountinfo");
	snprintf(path, sizeof(path), "%s/proc/self/mountinfo", tree->root);
	file = fopen(path, "we");
	for (int i = 0; i < 20000; i++)
		fprintf(file, "%d 1 0:77 / /var/lib/containers/%d rw - tmpfs t rw\n", i, i);
	fputs(lines, file);
	fclose(file);
	ASSERT_ERR(uvio_bind(tree->ctx, NVME, "vfio"), -EBUSY, "its disk nvme0n1p1 is mounted");
}

static void a_disk_mounted_by_a_file_system_with_numbers_of_its_own_is_in_use(void)
{
	is_in_use("nvme-btrfs", NVME, "its disk nvme0n1p1 is mounted");
}

static void a_disk_that_is_swap_is_in_use(void)
{
	is_in_use("nvme-swap", NVME,
		NVME ": its disk nvme0n1p1 is swap space; swapoff /dev/nvme0n1p1 first");
}

static void a_disk_of_a_mounted_raid_is_in_use(void)
{
	is_in_use("nvme-raid", NVME, "its disk md0 is mounted");
}

static void a_stick_behind_a_usb_controller_is_in_use(void)
{
	is_in_use("usb-mounted", EDU, "its disk sda1 is mounted");
}

static void an_interface_that_is_up_is_in_use(void)
{
	is_in_use("net-up", NET,
		NET ": network interface eth0 is up; take it down first (ip link set eth0 down)");
}

static void a_disk_that_is_free_is_bound(void)
{
	begin_with("nvme-free", NVME);
	ASSERT_OK(uvio_bind(tree->ctx, NVME, "vfio"));
	ASSERT_STR(tree_link(tree, "sys/devices/pci0000:00/" NVME "/driver"), "vfio-pci");
}

static void an_interface_that_is_down_is_bound(void)
{
	begin_with("net-down", NET);
	ASSERT_OK(uvio_bind(tree->ctx, NET, "vfio"));
	ASSERT_STR(tree_link(tree, "sys/devices/pci0000:00/" NET "/driver"), "vfio-pci");
}

static void a_card_with_virtual_functions_is_in_use(void)
{
	begin("edu-uio");
	tree_change(tree, "file " EDU_FOLDER "/sriov_numvfs 4\\n");
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EBUSY,
		EDU ": it has 4 virtual functions, which would be removed; echo 0 > ");
	ASSERT_ERR(uvio_unbind(tree->ctx, EDU), -EBUSY, "/sriov_numvfs first");
	ASSERT_EQ(kernel.writes, 0);
	tree_change(tree, "file " EDU_FOLDER "/sriov_numvfs 0\\n");
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
}

/* Else it would be lost, and the virtual functions with their drivers. */
static void what_cannot_be_read_is_not_changed(void)
{
	begin("edu-uio");
	tree_change(tree, "dir " EDU_FOLDER "/sriov_numvfs");
	ASSERT_ERR(
		uvio_bind(tree->ctx, EDU, "vfio"), -EISDIR, EDU ": cannot read its sriov_numvfs");
	tree_change(tree, "remove " EDU_FOLDER "/sriov_numvfs");
	tree_change(tree, "remove " EDU_FOLDER "/driver_override");
	tree_change(tree, "dir " EDU_FOLDER "/driver_override");
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EISDIR,
		EDU ": cannot read its driver_override: Is a directory");
	ASSERT_EQ(kernel.writes, 0);
}

/* A descriptor of its own, as another process would have. */
static int lock_it(void)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/" EDU_FOLDER "/remove", tree->root);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT(fd >= 0);
	ASSERT_EQ(flock(fd, LOCK_EX | LOCK_NB), 0);
	return fd;
}

static void a_card_that_is_open_is_not_bound(void)
{
	int fd;

	begin("edu-uio");
	fd = lock_it();
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EBUSY,
		EDU ": already open in another process, or its driver is being changed there; end "
		    "that first");
	ASSERT_ERR(uvio_unbind(tree->ctx, EDU), -EBUSY, "already open");
	ASSERT_EQ(kernel.writes, 0);
	close(fd);
	ASSERT_OK(uvio_bind(tree->ctx, EDU, "vfio"));
}

/* It does not know of the lock, and its node is not opened to find out. */
static void another_program_with_the_node_open_is_named(void)
{
	begin("edu-uio");
	tree_change(tree, "link proc/4711/fd/3 /dev/null");
	tree_change(tree, "link proc/4711/fd/5 %s/dev/uio0", tree->root);
	tree_change(tree, "file proc/4711/comm oldtool\\n");
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EBUSY,
		"uio0 is open in process 4711 (oldtool); end that process first");
	ASSERT_ERR(uvio_unbind(tree->ctx, EDU), -EBUSY, "is open in process 4711");
	ASSERT_EQ(kernel.writes, 0);
}

static void the_process_that_has_it_open_is_named(void)
{
	struct stat st;
	int fd;

	begin("edu-uio");
	fd = lock_it();
	ASSERT_EQ(fstat(fd, &st), 0);
	tree_change(tree,
		"file proc/locks 1: POSIX  ADVISORY  WRITE 1 00:15:%llu 0 EOF\\n"
		"2: FLOCK  ADVISORY  WRITE 1 77:77:%llu 0 EOF\\n"
		"3: FLOCK  ADVISORY  WRITE 4711 %02x:%02x:%llu 0 EOF\\n",
		(unsigned long long)st.st_ino, (unsigned long long)st.st_ino, major(st.st_dev),
		minor(st.st_dev), (unsigned long long)st.st_ino);
	tree_change(tree, "file proc/4711/comm fieldbusd\\n");
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EBUSY,
		"already open in process 4711 (fieldbusd), or its driver is being changed there; "
		"end that first");
	close(fd);
}

static void unbinding_gives_it_back_to_the_kernel(void)
{
	begin("edu-vfio");
	kernel.natural = "uio_pci_generic";
	tree_change(tree, "file " EDU_FOLDER "/driver_override vfio-pci\\n");
	ASSERT_OK(uvio_unbind(tree->ctx, EDU));
	driver_is("uio_pci_generic");
	override_is("(null)");
}

static void unbinding_may_leave_it_without_driver(void)
{
	begin("edu-vfio");
	ASSERT_OK(uvio_unbind(tree->ctx, EDU));
	driver_is("");
}

static void unbinding_what_is_not_bound_is_no_error(void)
{
	begin("edu-unbound");
	ASSERT_OK(uvio_unbind(tree->ctx, EDU));
	driver_is("");
}

static void the_lock_is_given_back(void)
{
	begin("edu-uio");
	kernel.refuses = "vfio-pci";
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EIO, "did not bind");
	ASSERT_OK(uvio_unbind(tree->ctx, EDU));
	close(lock_it());
}

static CU_TestInfo binding[] = {
	TEST(a_backends_name_means_its_driver),
	TEST(a_drivers_own_name_will_do),
	TEST(another_driver_is_taken_off_first),
	TEST(a_card_is_bound_by_its_uio_device),
	TEST_FOR("uio 3.38", no_override_stays_behind),
	TEST_FOR("vfio 84", only_the_card_itself_is_named),
	TEST_FOR("vfio 84", the_override_is_set_before_it_is_unbound),
	TEST(an_administrators_override_is_as_before),
	TEST_FOR("vfio 85", what_is_bound_already_is_left_alone),
	TEST(each_write_is_logged),
	TEST_FOR("vfio 87", the_node_is_waited_for),
	TEST(none_leaves_it_without_driver),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo failures[] = {
	TEST_FOR("vfio 84", a_driver_that_does_not_take_it_is_rolled_back),
	TEST(a_rollback_restores_the_override),
	TEST(a_rollback_to_no_driver_works_too),
	TEST(a_rollback_that_fails_is_told),
	TEST(an_override_that_fails_changes_nothing),
	TEST(an_unbind_that_fails_changes_nothing),
	TEST_FOR("vfio 85", a_driver_that_is_not_loaded_is_named),
	TEST(a_driver_that_nobody_knows_is_not_loaded),
	TEST(a_module_whose_driver_has_another_name_is_told),
	TEST(a_wrong_name_of_a_driver_is_refused),
	TEST(an_endless_name_of_a_driver_is_refused),
	TEST(an_ordinary_user_is_told_what_binding_takes),
	TEST(a_read_only_sysfs_is_told),
	TEST(a_missing_card_is_named),
	TEST(a_wrong_address_is_refused),
	TEST_FOR("vfio 22", a_bridge_is_not_bound),
	TEST(a_device_of_another_bus_is_not_bound),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo in_use[] = {
	TEST(a_mounted_disk_is_in_use),
	TEST(a_disk_behind_many_mounts_is_in_use),
	TEST(a_disk_mounted_by_a_file_system_with_numbers_of_its_own_is_in_use),
	TEST(a_disk_that_is_swap_is_in_use),
	TEST(a_disk_of_a_mounted_raid_is_in_use),
	TEST(a_stick_behind_a_usb_controller_is_in_use),
	TEST(an_interface_that_is_up_is_in_use),
	TEST_FOR("vfio 88", a_card_with_virtual_functions_is_in_use),
	TEST(what_cannot_be_read_is_not_changed),
	TEST(a_disk_that_is_free_is_bound),
	TEST(an_interface_that_is_down_is_bound),
	TEST(a_card_that_is_open_is_not_bound),
	TEST(another_program_with_the_node_open_is_named),
	TEST(the_process_that_has_it_open_is_named),
	CU_TEST_INFO_NULL,
};

static void override_reads(const char *driver, bool is_effective, bool interrupted)
{
	struct uvio_override override;

	ASSERT_OK(uvio_override_read(tree->ctx, EDU, &override));
	ASSERT_STR(override.driver, driver);
	ASSERT_EQ(override.is_effective, is_effective);
	ASSERT_EQ(override.interrupted, interrupted);
}

static void an_override_is_told(void)
{
	begin("edu-uio");
	override_reads("", false, false);
	tree_change(tree, "file " EDU_FOLDER "/driver_override uio_pci_generic\\n");
	override_reads("uio_pci_generic", false, false);
	tree_change(tree, "file " EDU_FOLDER "/driver_override vfio-pci\\n");
	override_reads("vfio-pci", true, false);
	tree_change(tree, "file run/uvio/bind-" EDU " uvio bind 1\\n");
	override_reads("vfio-pci", true, true);
}

static void an_override_of_nothing_is_refused(void)
{
	struct uvio_override override;

	begin("platform");
	ASSERT_ERR(uvio_override_read(tree->ctx, EDU, NULL), -EINVAL, "no buffer for it");
	ASSERT_ERR(uvio_override_read(tree->ctx, "0000:00:1d.0", &override), -ENODEV,
		"0000:00:1d.0: no such PCI device");
	ASSERT_ERR(uvio_override_read(tree->ctx, "uio1", &override), -ENOTSUP, "not a PCI device");
}

static CU_TestInfo unbinding[] = {
	TEST(unbinding_gives_it_back_to_the_kernel),
	TEST(unbinding_may_leave_it_without_driver),
	TEST(unbinding_what_is_not_bound_is_no_error),
	TEST(the_lock_is_given_back),
	TEST(an_override_is_told),
	TEST(an_override_of_nothing_is_refused),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"bind", NULL, NULL, NULL, teardown, binding},
	{"failure", NULL, NULL, NULL, teardown, failures},
	{"in use", NULL, NULL, NULL, teardown, in_use},
	{"unbind", NULL, NULL, NULL, teardown, unbinding},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
