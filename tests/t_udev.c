/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/context.h>
#include <uvio/dma.h>
#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/context.h"
#include "base/pci_config.h"
#include "fixture.h"

static int open_as(const char *address, const struct uvio_open_options *options)
{
	struct uvio_udev *other = NULL;
	int rc = uvio_udev_open(tree->ctx, address, options, &other);

	uvio_udev_close(other);
	return rc;
}

static uint8_t command(void)
{
	return fake_of(udev)->config[PCI_CONFIG_COMMAND];
}

static bool is_master(void)
{
	return command() & PCI_COMMAND_BUS_MASTER;
}

static void an_open_card_has_address_and_backend(void)
{
	ASSERT_STR(uvio_udev_address(udev), EDU);
	ASSERT_STR(uvio_udev_backend(udev), "fake");
	ASSERT_EQ(uvio_udev_vendor(udev), 0x1234);
	ASSERT_EQ(uvio_udev_subvendor(udev), 0x1af4);
	ASSERT_EQ(uvio_udev_subdevice(udev), 0x1100);
	ASSERT_EQ(uvio_udev_class(udev), 0x00ff00);
	ASSERT_EQ(uvio_udev_revision(udev), 0x10);
	ASSERT_EQ(uvio_udev_device(udev), 0x11e8);
	ASSERT(uvio_udev_alive(udev));
}

static void without_a_backend_the_first_usable_one_is_taken(void)
{
	struct uvio_udev *other;

	uvio_udev_close(udev);
	udev = NULL;
	ASSERT_OK(uvio_udev_open(tree->ctx, "00:04.0", NULL, &other));
	ASSERT_STR(uvio_udev_backend(other), "fake");
	uvio_udev_close(other);
	ASSERT_HAS(logged.text, EDU ": backend fake is usable");
}

static void where_none_is_usable_each_says_why(void)
{
	fake_faults.unbound = true;
	ASSERT_ERR(open_as(EDU, NULL), -ENODEV, EDU ": no backend can drive it now. vfio: ");
	ASSERT_HAS(uvio_last_error(), " uio: ");
	ASSERT_HAS(logged.text, EDU ": backend fake is not usable");
}

static void a_backend_that_is_asked_for_is_not_checked_first(void)
{
	fake_faults.unbound = true;
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
}

static void a_card_driver_logs_with_the_address(void)
{
	uvio_udev_log(udev, UVIO_LOG_INFO, "firmware %d\a", 7);
	ASSERT_HAS(logged.text, EDU ": firmware 7?");
	uvio_udev_log(NULL, UVIO_LOG_INFO, "nothing");
	uvio_udev_log(udev, UVIO_LOG_NONE, "nothing");
	ASSERT(!strstr(logged.text, "nothing"));
}

static void opening_is_logged(void)
{
	ASSERT_HAS(logged.text, EDU ": open on fake");
}

static void a_second_open_is_refused(void)
{
	const struct uvio_open_options options = {.backend = "fake"};

	ASSERT_ERR(open_as(EDU, &options), -EBUSY, EDU ": already open in ");
	ASSERT_HAS(uvio_last_error(), "; end that process first");
}

static void a_second_open_names_the_process(void)
{
	const struct uvio_open_options options = {.backend = "fake"};
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" EDU_FOLDER "/remove", tree->root);
	ASSERT_EQ(stat(path, &st), 0);
	tree_change(tree,
		"file proc/locks 7: FLOCK  ADVISORY  WRITE 99 08:01:1 0 EOF\\n"
		"8: FLOCK  ADVISORY  WRITE 4711 %02x:%02x:%llu 0 EOF\\n",
		major(st.st_dev), minor(st.st_dev), (unsigned long long)st.st_ino);
	tree_change(tree, "file proc/4711/comm fieldbusd\\n");
	ASSERT_ERR(
		open_as(EDU, &options), -EBUSY, EDU ": already open in process 4711 (fieldbusd)");
}

static void a_second_open_by_another_address_is_refused_too(void)
{
	const struct uvio_open_options options = {.backend = "fake"};

	ASSERT_ERR(open_as("00:04.0", &options), -EBUSY, "already open");
}

/* What any user can open for reading. */
static void a_readers_locks_keep_nobody_out(void)
{
	static const char *const files[] = {"", "/config", "/vendor", "/class"};
	const struct uvio_open_options options = {.backend = "fake"};
	int fds[ARRAY_SIZE(files)];
	char path[256];

	uvio_udev_close(udev);
	udev = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/" EDU_FOLDER "%s", tree->root, files[i]);
		fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		ASSERT(fds[i] >= 0 && !flock(fds[i], LOCK_EX | LOCK_NB));
	}
	ASSERT_OK(open_as(EDU, &options));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		close(fds[i]);
}

/* The node decides, then. */
static void who_cannot_take_the_lock_goes_without(void)
{
	const struct uvio_open_options options = {.backend = "fake"};

	uvio_udev_close(udev);
	tree_change(tree, "remove " EDU_FOLDER "/remove");
	ASSERT_OK(uvio_udev_open(tree->ctx, EDU, &options, &udev));
	ASSERT_EQ(udev->lock_fd, -1);
}

static void another_process_is_kept_out(void)
{
	const struct uvio_open_options options = {.backend = "fake"};
	int status;
	pid_t child = fork();

	if (!child)
		_exit(open_as(EDU, &options) == -EBUSY ? 0 : 1);
	ASSERT_EQ(waitpid(child, &status, 0), child);
	ASSERT_EQ(status, 0);
}

/* Neither the card, its interrupt nor the lock changes by what a child does with its copy. */
static void a_child_only_frees_its_copy(void)
{
	const struct uvio_open_options options = {.backend = "fake"};
	struct uvio_dma dma;
	int status;
	pid_t child;

	ASSERT_OK(uvio_dma_alloc(udev, 4096, 0, &dma));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	child = fork();
	if (!child) {
		size_t windows = fake_windows;

		uvio_udev_close(udev);
		_exit(windows && fake_windows == windows ? 0 : 1);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	ASSERT_EQ(status, 0);
	ASSERT_ERR(open_as(EDU, &options), -EBUSY, "already open in ");
}

static void the_version_is_that_of_the_headers(void)
{
	char text[32];

	snprintf(text, sizeof(text), "%d.%d.%d", UVIO_VERSION_MAJOR, UVIO_VERSION_MINOR,
		UVIO_VERSION_PATCH);
	ASSERT_STR(uvio_version(), text);
	ASSERT(UVIO_VERSION_AT_LEAST(0, 1, 0) && !UVIO_VERSION_AT_LEAST(0, 1, 1));
	ASSERT(!UVIO_VERSION_AT_LEAST(1, 0, 0));
}

/* Nothing of the library is outside of its objects: a second machine does not know the first. */
static void two_contexts_do_not_know_each_other(void)
{
	const struct uvio_open_options options = {.backend = "fake"};
	struct tree *other_tree = tree_new("edu-uio");
	struct uvio_udev *other = NULL;
	bool apart;
	int rc = uvio_udev_open(other_tree->ctx, EDU, &options, &other);

	fake_faults.all_ones = true;
	apart = !uvio_udev_alive(udev);
	fake_faults.all_ones = false;
	apart = apart && !rc && uvio_udev_alive(other) && !uvio_udev_alive(udev);
	uvio_udev_close(other);
	tree_free(other_tree);
	ASSERT(apart);
}

static void a_closed_card_is_free_again(void)
{
	for (int i = 0; i < 100; i++)
		ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
}

static void an_open_that_fails_leaves_it_free(void)
{
	fake_faults.open = -EACCES;
	ASSERT_ERR(fixture_reopen((struct uvio_open_options){0}), -EACCES, "does not open");
	fake_faults.open = 0;
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
}

static int descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void no_descriptor_is_left_behind(void)
{
	const struct uvio_open_options options = {.backend = "fake"};
	int before;

	uvio_udev_close(udev);
	udev = NULL;
	before = descriptors();
	ASSERT_OK(open_as(EDU, &options));
	fake_faults.open = -EIO;
	ASSERT_ERR(open_as(EDU, &options), -EIO, "does not open");
	fake_faults.open = 0;
	fake_faults.all_ones = true;
	ASSERT_ERR(open_as(EDU, &options), -ENODEV, "reads all ones");
	ASSERT_EQ(descriptors(), before);
}

static void descriptors_close_on_exec(void)
{
	ASSERT(fcntl(udev->lock_fd, F_GETFD) & FD_CLOEXEC);
	ASSERT(fcntl(uvio_release_fd(udev), F_GETFD) & FD_CLOEXEC);
}

static void an_unknown_backend_is_refused(void)
{
	ASSERT_ERR(open_as(EDU, &(struct uvio_open_options){.backend = "pci"}), -EINVAL,
		"pci: no such backend; there are: vfio, uio");
}

static void an_unknown_flag_is_refused(void)
{
	ASSERT_ERR(open_as(EDU, &(struct uvio_open_options){.flags = 0x102}), -EINVAL,
		"open: unknown flags 0x102");
}

static void an_unknown_transport_is_refused(void)
{
	ASSERT_ERR(open_as(EDU, &(struct uvio_open_options){.backend = "vfio/net"}), -EINVAL,
		"vfio/net: the vfio backend has no such transport; there are: vfio/cdev, "
		"vfio/group, vfio/compat, vfio/noiommu");
	ASSERT_ERR(open_as(EDU, &(struct uvio_open_options){.backend = "uio/cdev"}), -EINVAL,
		"uio/cdev: the uio backend has no such transport");
}

static void a_wrong_address_is_refused(void)
{
	ASSERT_ERR(open_as("eth0", NULL), -EINVAL, "eth0: not an address");
	ASSERT_ERR(open_as(NULL, NULL), -EINVAL, "no address given");
}

static void a_missing_card_is_named(void)
{
	const struct uvio_open_options options = {.backend = "fake"};

	ASSERT_ERR(open_as("00:1e.7", NULL), -ENODEV, "0000:00:1e.7: no such PCI device");
	ASSERT_ERR(open_as("00:1e.7", &options), -ENODEV, "0000:00:1e.7: no such device");
	ASSERT_ERR(open_as("uio5", NULL), -ENODEV, "uio5: no such UIO device");
}

static void a_card_that_reads_all_ones_is_not_opened(void)
{
	fake_faults.all_ones = true;
	ASSERT_ERR(fixture_reopen((struct uvio_open_options){0}), -ENODEV,
		EDU ": the device is gone: its configuration space reads all ones; close it");
}

static void closing_nothing_is_allowed(void)
{
	uvio_udev_close(NULL);
}

static void closing_keeps_the_last_error(void)
{
	uvio_fail(-EPROTO, "what went wrong before");
	fake_faults.command_write = -EPERM;
	uvio_udev_close(udev);
	udev = NULL;
	ASSERT_EQ(uvio_last_errno(), -EPROTO);
	ASSERT_STR(uvio_last_error(), "what went wrong before");
}

static void bus_mastering_is_off_at_open(void)
{
	ASSERT(!is_master());
	fake_faults.busy_at_open = true;
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
	ASSERT(!is_master());
	ASSERT_EQ(command(), 0x03);
}

static void bus_mastering_is_switched_on_and_off(void)
{
	ASSERT_OK(uvio_bus_master(udev, true));
	ASSERT(is_master());
	ASSERT_OK(uvio_bus_master(udev, true));
	ASSERT(is_master());
	ASSERT_OK(uvio_bus_master(udev, false));
	ASSERT_EQ(command(), 0x03);
}

static void a_backend_may_refuse_bus_mastering(void)
{
	fake_faults.bus_master = -EPERM;
	ASSERT_ERR(uvio_bus_master(udev, true), -EPERM, "may not be master");
	ASSERT(!is_master());
	ASSERT_OK(uvio_bus_master(udev, false));
}

static void a_command_register_that_is_closed_is_told(void)
{
	fake_faults.command_write = -EPERM;
	ASSERT_ERR(uvio_bus_master(udev, true), -EPERM,
		EDU ": the configuration space cannot be written");
	ASSERT_HAS(uvio_last_error(), "perhaps the kernel is locked down (see "
				      "/sys/kernel/security/lockdown); or use the vfio");
	tree_change(tree, "file sys/kernel/security/lockdown [none] integrity confidentiality\\n");
	ASSERT_ERR(uvio_bus_master(udev, true), -EPERM,
		"; the kernel is not locked down; perhaps a security module or a system call "
		"filter refuses it");
	tree_change(tree, "file sys/kernel/security/lockdown none integrity [confidentiality]\\n");
	ASSERT_ERR(uvio_bus_master(udev, true), -EPERM,
		"; the kernel is locked down (Secure Boot); or use the vfio");
}

static void a_command_register_that_is_closed_does_not_keep_from_opening(void)
{
	fake_faults.busy_at_open = true;
	fake_faults.command_write = -EROFS;
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
	fake_faults.command_write = -EIO;
	ASSERT_ERR(fixture_reopen((struct uvio_open_options){0}), -EIO,
		"the command register is closed");
	fake_faults.command_write = 0;
}

static void without_configuration_space_there_is_no_bus_mastering(void)
{
	fake_faults.no_config = true;
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
	ASSERT_ERR(uvio_bus_master(udev, true), -ENOTSUP,
		EDU ": not a PCI device, so it has no bus mastering");
	ASSERT_EQ(uvio_udev_vendor(udev), 0xffff);
	ASSERT_EQ(uvio_udev_subvendor(udev), 0xffff);
	ASSERT_EQ(uvio_udev_class(udev), 0xffffff);
	ASSERT_EQ(uvio_udev_revision(udev), 0xff);
	ASSERT(uvio_udev_alive(udev));
}

static void caps_are_what_the_backend_has(void)
{
	ASSERT(uvio_caps(udev) & UVIO_CAP_DMA_ISOLATED);
	ASSERT(uvio_caps(udev) & UVIO_CAP_RELEASE_NOTICE);
	ASSERT(!(uvio_caps(udev) & UVIO_CAP_MSIX));
}

static void each_cap_has_a_name(void)
{
	ASSERT_STR(uvio_cap_name(UVIO_CAP_INTX), "intx");
	ASSERT_STR(uvio_cap_name(UVIO_CAP_DMA_ISOLATED), "dma-isolated");
	for (uint32_t bit = 1; bit <= UVIO_CAP_OWN_DRIVER; bit <<= 1)
		ASSERT(uvio_cap_name(bit));
	ASSERT(!uvio_cap_name(UVIO_CAP_OWN_DRIVER << 1));
	ASSERT(!uvio_cap_name(UVIO_CAP_INTX | UVIO_CAP_MSI));
	ASSERT(!uvio_cap_name(0));
}

static void a_reset_takes_down_interrupts_and_bus_mastering(void)
{
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT_OK(uvio_bus_master(udev, true));
	ASSERT_OK(uvio_udev_reset(udev));
	ASSERT_EQ(fake_of(udev)->resets, 1);
	ASSERT(!is_master());
	ASSERT_ERR(uvio_irq_fd(udev, 0), -EINVAL, "is not enabled");
}

static void a_reset_that_leaves_bus_mastering_on_is_corrected(void)
{
	fake_faults.busy_at_open = true;
	ASSERT_OK(uvio_udev_reset(udev));
	ASSERT(!is_master());
}

static void a_card_without_reset_says_so(void)
{
	fake_faults.missing_caps = UVIO_CAP_RESET;
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
	ASSERT_ERR(uvio_udev_reset(udev), -ENOTSUP,
		EDU ": the kernel has no method to reset this card alone");
}

static void a_reset_that_fails_is_told(void)
{
	fake_faults.reset = -EIO;
	ASSERT_ERR(uvio_udev_reset(udev), -EIO, "the fake reset failed");
}

static void the_release_notice_is_a_descriptor(void)
{
	ASSERT(uvio_release_fd(udev) >= 0);
	fake_faults.no_notice = true;
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
	ASSERT_ERR(uvio_release_fd(udev), -ENOTSUP,
		EDU ": the fake backend gives no notice before a device is removed");
	ASSERT(!(uvio_caps(udev) & UVIO_CAP_RELEASE_NOTICE));
}

/* An operation that a backend leaves out is answered once, in the core. */
static void what_a_backend_lacks_is_not_supported(void)
{
	static const struct uvio_backend_ops none = {0};
	static const struct uvio_backend bare = {.name = "bare", .ops = &none};
	const struct uvio_backend *before = udev->backend;
	struct uvio_region region;
	struct uvio_dma dma;
	int region_rc, dma_rc, irq_rc;

	udev->backend = &bare;
	region_rc = uvio_region_info(udev, 0, &region);
	ASSERT_HAS(uvio_last_error(), EDU ": the bare backend has no regions");
	dma_rc = uvio_dma_alloc(udev, 1, 0, &dma);
	ASSERT_HAS(uvio_last_error(), EDU ": the bare backend has no DMA");
	irq_rc = uvio_irq_enable(udev, UVIO_IRQ_INTX, 1);
	ASSERT_HAS(uvio_last_error(), EDU ": no intx interrupt on the bare backend");
	ASSERT_ERR(uvio_udev_reset(udev), -ENOTSUP, "no method to reset");
	udev->backend = before;
	ASSERT_EQ(region_rc, -ENOTSUP);
	ASSERT_EQ(dma_rc, -ENOTSUP);
	ASSERT_EQ(irq_rc, -ENOTSUP);
}

static void a_card_that_reads_all_ones_is_gone(void)
{
	fake_faults.all_ones = true;
	ASSERT(!uvio_udev_alive(udev));
	ASSERT_HAS(uvio_last_error(), EDU ": the device is gone: its configuration space reads");
}

static void gone_is_for_ever(void)
{
	fake_faults.all_ones = true;
	ASSERT(!uvio_udev_alive(udev));
	fake_faults.all_ones = false;
	ASSERT(!uvio_udev_alive(udev));
}

static void a_device_that_is_gone_does_nothing_more(void)
{
	struct uvio_region region;

	fake_faults.all_ones = true;
	ASSERT(!uvio_udev_alive(udev));
	ASSERT_ERR(uvio_bus_master(udev, true), -ENODEV, "the device is gone");
	ASSERT_ERR(uvio_region_map(udev, 0, &region), -ENODEV, "the device is gone");
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1), -ENODEV, "the device is gone");
	ASSERT_ERR(uvio_udev_reset(udev), -ENODEV, "the device is gone");
}

static void a_device_that_is_gone_can_be_closed(void)
{
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	fake_faults.access = -ENODEV;
	ASSERT(!uvio_udev_alive(udev));
	uvio_udev_close(udev);
	udev = NULL;
	fake_faults.access = 0;
	ASSERT_OK(fixture_reopen((struct uvio_open_options){0}));
}

static CU_TestInfo opening[] = {
	TEST(an_open_card_has_address_and_backend),
	TEST(without_a_backend_the_first_usable_one_is_taken),
	TEST_FOR("vfio 95", where_none_is_usable_each_says_why),
	TEST(a_backend_that_is_asked_for_is_not_checked_first),
	TEST(opening_is_logged),
	TEST(a_card_driver_logs_with_the_address),
	TEST_FOR("uio 3.14", a_second_open_is_refused),
	TEST(a_second_open_names_the_process),
	TEST(a_second_open_by_another_address_is_refused_too),
	TEST(a_readers_locks_keep_nobody_out),
	TEST(who_cannot_take_the_lock_goes_without),
	TEST(another_process_is_kept_out),
	TEST(a_child_only_frees_its_copy),
	TEST(the_version_is_that_of_the_headers),
	TEST_FOR("vfio 94", two_contexts_do_not_know_each_other),
	TEST(a_closed_card_is_free_again),
	TEST(an_open_that_fails_leaves_it_free),
	TEST(no_descriptor_is_left_behind),
	TEST_FOR("vfio 29", descriptors_close_on_exec),
	TEST(an_unknown_backend_is_refused),
	TEST(an_unknown_flag_is_refused),
	TEST(an_unknown_transport_is_refused),
	TEST(a_wrong_address_is_refused),
	TEST(a_missing_card_is_named),
	TEST(a_card_that_reads_all_ones_is_not_opened),
	TEST(closing_nothing_is_allowed),
	TEST_FOR("vfio 91", closing_keeps_the_last_error),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo mastering[] = {
	TEST_FOR("uio 3.16", bus_mastering_is_off_at_open),
	TEST(bus_mastering_is_switched_on_and_off),
	TEST(a_backend_may_refuse_bus_mastering),
	TEST(a_command_register_that_is_closed_is_told),
	TEST(a_command_register_that_is_closed_does_not_keep_from_opening),
	TEST(without_configuration_space_there_is_no_bus_mastering),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo abilities[] = {
	TEST(caps_are_what_the_backend_has),
	TEST(each_cap_has_a_name),
	TEST(a_reset_takes_down_interrupts_and_bus_mastering),
	TEST(a_reset_that_leaves_bus_mastering_on_is_corrected),
	TEST(a_card_without_reset_says_so),
	TEST(a_reset_that_fails_is_told),
	TEST(the_release_notice_is_a_descriptor),
	TEST(what_a_backend_lacks_is_not_supported),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo gone[] = {
	TEST(a_card_that_reads_all_ones_is_gone),
	TEST(gone_is_for_ever),
	TEST(a_device_that_is_gone_does_nothing_more),
	TEST(a_device_that_is_gone_can_be_closed),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"open", NULL, NULL, fixture_open, fixture_close, opening},
	{"bus master", NULL, NULL, fixture_open, fixture_close, mastering},
	{"abilities", NULL, NULL, fixture_open, fixture_close, abilities},
	{"gone", NULL, NULL, fixture_open, fixture_close, gone},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
