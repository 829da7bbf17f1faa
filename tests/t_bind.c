/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* To bind and to unbind, and what is left when that fails. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/error.h>

#include "harness.h"
#include "base/context.h"
#include "binding.h"
#include "kernel.h"
#include "tree.h"
#include "user.h"

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
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "nosuch"), -ENOENT,
		"no kernel driver of this name is loaded");
}

static void a_module_whose_driver_has_another_name_is_told(void)
{
	begin("edu-uio");
	tree_change(tree, "dir sys/module/uio_mf624/drivers/pci:mf624");
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "uio_mf624"), -ENOENT,
		EDU ": uio_mf624 is a module, whose kernel driver is named mf624; uvio bind " EDU
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
	user_unusual = USER_UNUSUAL(CAP_DAC_OVERRIDE);
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EACCES,
		"Permission denied; to bind, run with CAP_DAC_OVERRIDE, which this root lacks");
	user = 1000;
	user_unusual = 0;
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EACCES,
		"Permission denied; to bind, run as root or with CAP_DAC_OVERRIDE");
	user = 0;
	driver_is("uio_pci_generic");
}

static void a_read_only_sysfs_is_told(void)
{
	begin("edu-uio");
	kernel.open_error = -EROFS;
	ASSERT_ERR(uvio_bind(tree->ctx, EDU, "vfio"), -EROFS,
		"is mounted read-only; perhaps this is a container; bind on the host");
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
		"bridge, which user space cannot drive; use the card behind it");
	ASSERT_ERR(uvio_unbind(tree->ctx, "00:05.0"), -ENOTSUP, "bridge");
}

static void a_device_of_another_bus_is_not_bound(void)
{
	begin("platform");
	ASSERT_ERR(uvio_bind(tree->ctx, "uio1", "vfio"), -ENOTSUP,
		"uio1: not a PCI device; the device tree or the board selects its driver");
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
	{"unbind", NULL, NULL, NULL, teardown, unbinding},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
