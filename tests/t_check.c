/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* What the check says of whatever backend, and of the machine. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include <uvio/check.h>
#include <uvio/device.h>
#include <uvio/error.h>
#include <uvio/udev.h>

#include "harness.h"
#include "backend/objects.h"
#include "checks.h"
#include "device/device.h"
#include "tree.h"

static void a_bridge_is_for_no_backend(void)
{
	begin("bridge", "0000:00:05.0", "vfio", UVIO_NOT_APPLICABLE);
	finds(UVIO_UNFIT, "bridge, which user space cannot drive", "use the card behind it");
	run("0000:00:05.0", "uio", UVIO_NOT_APPLICABLE);
	finds(UVIO_UNFIT, "bridge, which user space cannot drive", "use the card behind it");
}

static void the_most_severe_finding_comes_first(void)
{
	unsigned int count;
	const struct uvio_finding *const *findings;

	begin("group-blocked", EDU, "vfio", UVIO_BROKEN);
	tree_change(tree, "remove sys/bus/pci/devices/" EDU "/driver");
	run(EDU, "vfio", UVIO_BROKEN);
	findings = uvio_check_findings(check, &count);
	ASSERT_EQ(count, 2);
	ASSERT_EQ(findings[0]->severity, UVIO_BLOCKS);
	ASSERT_EQ(findings[1]->severity, UVIO_UNBOUND);
}

static bool read_only;

bool __wrap_uvio_sys_is_read_only(const char *path);

bool __wrap_uvio_sys_is_read_only(const char *path)
{
	(void)path;
	return read_only;
}

static void nothing_can_be_bound_where_sysfs_is_read_only(void)
{
	read_only = true;
	begin("edu-unbound", EDU, "vfio", UVIO_NOT_BOUND);
	finds(UVIO_UNBOUND, "/sys is mounted read-only, so it cannot be bound here",
		"on the host: uvio bind " EDU " vfio");
	finds(UVIO_UNBOUND, "not bound to vfio-pci; ", "on the host: ");
	run(EDU, "uio", UVIO_NOT_BOUND);
	finds(UVIO_UNBOUND, "not bound to a UIO driver; ", "on the host: ");
	tree_free(tree);
	tree = NULL;
	begin("group-blocked", EDU, "vfio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "is not viable", "on the host: unbind each of them");
	read_only = false;
	run(EDU, "vfio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "is not viable", "unbind each of them");
	ASSERT(!finding_with("read-only"));
}

static void an_unknown_backend_is_refused(void)
{
	struct uvio_device *device;

	tree = tree_new("edu-uio");
	ASSERT_OK(uvio_device_find(tree->ctx, EDU, &device));
	ASSERT_ERR(uvio_check_device(tree->ctx, device, "pci", &check), -EINVAL,
		"pci: no such backend; there are: vfio, uio");
	ASSERT_ERR(uvio_check_device(tree->ctx, device, NULL, &check), -EINVAL, "no such backend");
	uvio_device_free(device);
}

static void open_without_backend_tells_what_each_says(void)
{
	struct uvio_udev *udev;

	tree = tree_new("edu-unbound-no-iommu");
	ASSERT_ERR(uvio_udev_open(tree->ctx, EDU, NULL, &udev), -ENODEV,
		EDU ": no backend can drive it now. vfio: no IOMMU group");
	ASSERT_HAS(uvio_last_error(), " uio: not bound to a UIO driver");
}

static void the_backends_are_told_in_probe_order(void)
{
	ASSERT_EQ(uvio_backend_count(), 2);
	ASSERT_STR(uvio_backend_name(0), "vfio");
	ASSERT_STR(uvio_backend_name(1), "uio");
	ASSERT(strlen(uvio_backend_help(0)) > 10 && strlen(uvio_backend_help(1)) > 10);
	ASSERT(!uvio_backend_name(2) && !uvio_backend_help(2));
}

static void advice_does_not_go_round(void)
{
	tree = tree_new("edu-uio-no-iommu");
	tree_change(tree, "file sys/kernel/security/lockdown none [integrity] confidentiality\\n");
	run(EDU, "uio", UVIO_USABLE);
	finds(UVIO_LIMITS, "locked down", NULL);
	run(EDU, "vfio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "no IOMMU group", "or use the uio backend");
	tree_change(tree, "remove dev/uio0");
	run(EDU, "vfio", UVIO_BROKEN);
	ASSERT(!strstr(finding_with("no IOMMU group")->fix, "uio"));
}

static void machine_is(const char *backend, enum uvio_verdict verdict)
{
	uvio_check_free(check);
	check = NULL;
	ASSERT_OK(uvio_check_machine(tree->ctx, backend, &check));
	ASSERT_EQ(uvio_check_verdict(check), verdict);
}

/* A container does not see it. */
static void a_lockdown_that_is_not_seen_is_not_off(void)
{
	tree = tree_new("edu-vfio");
	machine_is(NULL, UVIO_USABLE);
	ASSERT(finding_with("lockdown: unknown"));
	tree_change(tree, "file sys/kernel/security/lockdown [none] integrity confidentiality\\n");
	machine_is(NULL, UVIO_USABLE);
	ASSERT(finding_with("lockdown: off"));
}

/* Nobody is sent to a backend which this machine has not. */
static void advice_for_a_lockdown_is_what_the_machine_has(void)
{
	tree = tree_new("edu-vfio");
	tree_change(tree, "file sys/kernel/security/lockdown none [integrity] confidentiality\\n");
	machine_is("vfio", UVIO_BROKEN);
	machine_is(NULL, UVIO_USABLE);
	ASSERT_STR(finding_with("lockdown: ")->fix, "switch Secure Boot off in the firmware setup");
	tree_change(tree, "file proc/sys/kernel/osrelease 6.1.0-test\\n");
	tree_change(tree, "file lib/modules/6.1.0-test/modules.dep "
			  "kernel/vfio.ko:\\nkernel/vfio-pci.ko:\\nkernel/vfio_iommu_type1.ko:\\n");
	machine_is("vfio", UVIO_USABLE);
	machine_is(NULL, UVIO_USABLE);
	finds(UVIO_LIMITS, "lockdown: ", "use the vfio backend, or switch Secure Boot off");
}

static void the_machine_is_looked_at(void)
{
	tree = tree_new("edu-vfio");
	tree_change(tree, "file proc/sys/kernel/osrelease 6.1.0-test\\n");
	tree_change(tree, "file proc/cmdline root=/dev/sda1 intel_iommu=on quiet iommu=pt\\n");
	tree_change(tree, "file proc/interrupts  0: 1 IR-IO-APIC 2-edge timer\\n");
	tree_change(tree, "dir sys/class/iommu/dmar0");
	tree_change(tree, "dir sys/module/vfio");
	tree_change(tree, "file lib/modules/6.1.0-test/modules.dep "
			  "kernel/drivers/vfio/pci/vfio-pci.ko.xz:\\n");
	machine_is(NULL, UVIO_USABLE);
	finds(UVIO_NOTE, "kernel: Linux 6.1.0-test, options for devices: intel_iommu=on iommu=pt",
		NULL);
	machine_is("vfio", UVIO_USABLE);
	finds(UVIO_NOTE, "IOMMU: Intel VT-d (dmar0), 1 group of", NULL);
	finds(UVIO_NOTE, "interrupt remapping: on", NULL);
	finds(UVIO_NOTE, "modules loaded: vfio, vfio_iommu_type1", NULL);
	finds(UVIO_NOTE, "modules not loaded: vfio-pci", "modprobe vfio-pci");
	finds(UVIO_NOTE, "modules not found: iommufd (since Linux 6.2)", NULL);
	tree_change(tree, "remove sys/class/uio");
	machine_is("uio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "modules: uio is missing, without which", "CONFIG_UIO");
	tree_change(tree, "file proc/interrupts  0: 1 IO-APIC 2-edge timer\\n");
	machine_is("vfio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "interrupt remapping: off", "allow_unsafe_interrupts");
	ASSERT_ERR(uvio_check_machine(tree->ctx, "pci", &check), -EINVAL, "no such backend");
}

/* Nobody is told to switch an IOMMU on that cannot be seen. */
static void a_machine_without_sysfs_or_proc_is_not_known(void)
{
	static const char *const backends[] = {NULL, "vfio", "uio"};

	tree = tree_new("empty");
	machine_is(NULL, UVIO_USABLE);
	ASSERT(finding_with("options for devices: unknown (its command line"));
	ASSERT(!finding_with("huge pages: "));
	tree_change(tree, "remove sys/bus");
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		machine_is(backends[i], UVIO_BROKEN);
		finds(UVIO_BLOCKS, "perhaps it is not mounted, as in a chroot", "mount -t sysfs");
		ASSERT(!finding_with("IOMMU") && !finding_with("module"));
	}
}

/* Open would have to look there, too. */
static void a_card_whose_users_cannot_be_seen_is_not_usable_on_uio(void)
{
	tree = tree_new("edu-uio");
	tree_change(tree, "remove proc/self/mountinfo");
	run(EDU, "uio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, EDU ": cannot read whether a process has it open: ", NULL);
	run(EDU, "vfio", UVIO_NOT_BOUND);
	finds(UVIO_NOTE, EDU ": cannot read whether a process has it open: ", NULL);
}

/* The folder of all processes, which one search reads once. */
static unsigned int searches;

int __real_uvio_sys_opendir(const char *path, DIR **out);
int __wrap_uvio_sys_opendir(const char *path, DIR **out);

int __wrap_uvio_sys_opendir(const char *path, DIR **out)
{
	searches += tree && !strcmp(path, tree->ctx->proc);
	return __real_uvio_sys_opendir(path, out);
}

static void check_backends(const char *address, const enum uvio_verdict verdicts[2])
{
	struct uvio_check *checks[4] = {check, check, check, check};
	struct uvio_device *device;

	searches = 0;
	ASSERT_OK(uvio_device_find(tree->ctx, address, &device));
	ASSERT_OK(uvio_check_backends(tree->ctx, device, checks, 4));
	uvio_device_free(device);
	ASSERT_EQ(uvio_check_verdict(checks[0]), verdicts[0]);
	ASSERT_EQ(uvio_check_verdict(checks[1]), verdicts[1]);
	ASSERT(!checks[2] && !checks[3]);
	uvio_check_free(checks[0]);
	uvio_check_free(checks[1]);
}

static void users_are_searched_once_for_all_backends(void)
{
	tree = tree_new("edu-uio");
	check_backends(EDU, (enum uvio_verdict[]){UVIO_NOT_BOUND, UVIO_USABLE});
	ASSERT_EQ(searches, 1);
	tree_change(tree, "dir proc/4711/fd");
	tree_change(tree, "link proc/4711/fd/3 %s/dev/uio0", tree->root);
	check_backends(EDU, (enum uvio_verdict[]){UVIO_IN_USE, UVIO_IN_USE});
	ASSERT_EQ(searches, 1);
	tree_change(tree, "remove proc/self/mountinfo");
	check_backends(EDU, (enum uvio_verdict[]){UVIO_NOT_BOUND, UVIO_BROKEN});
	ASSERT_EQ(searches, 0);
}

static void fewer_results_than_backends_are_allowed(void)
{
	struct uvio_check *checks[2] = {NULL};
	struct uvio_device *device;

	tree = tree_new("edu-uio");
	ASSERT_OK(uvio_device_find(tree->ctx, EDU, &device));
	ASSERT_OK(uvio_check_backends(tree->ctx, device, checks, 0));
	ASSERT_OK(uvio_check_backends(tree->ctx, device, checks, 1));
	ASSERT(checks[0] && !checks[1]);
	uvio_check_free(checks[0]);
	uvio_device_free(device);
}

/* Where /lib/modules does not list what is built in, the module has no folder of its own. */
static void a_core_that_is_built_in_is_not_missing(void)
{
	tree = tree_new("edu-vfio");
	tree_change(tree, "remove sys/class/uio");
	machine_is("uio", UVIO_BROKEN);
	tree_change(tree, "dir sys/class/uio");
	tree_change(tree, "dir sys/module/uio_pci_generic");
	machine_is("uio", UVIO_USABLE);
	finds(UVIO_NOTE, "modules built into the kernel: uio", NULL);
}

static void what_moves_pages_is_told(void)
{
	tree = tree_new("edu-uio");
	tree_change(tree, "file proc/sys/vm/compact_unevictable_allowed 0\\n");
	machine_is("uio", UVIO_USABLE);
	ASSERT(!finding_with("DMA memory"));
	tree_change(tree, "file proc/sys/kernel/numa_balancing 2\\n");
	machine_is("uio", UVIO_USABLE);
	finds(UVIO_NOTE, "DMA memory: NUMA balancing may move small pages",
		"use huge pages for DMA, or sysctl kernel.numa_balancing=0");
	tree_change(tree, "file proc/sys/vm/compact_unevictable_allowed 1\\n");
	machine_is("uio", UVIO_USABLE);
	finds(UVIO_NOTE, "DMA memory: memory compaction and NUMA balancing may move",
		"sysctl vm.compact_unevictable_allowed=0 kernel.numa_balancing=0");
}

static void freeing_nothing_is_allowed(void)
{
	uvio_check_free(NULL);
}

static CU_TestInfo common_cases[] = {
	TEST(a_bridge_is_for_no_backend),
	TEST(the_most_severe_finding_comes_first),
	TEST(nothing_can_be_bound_where_sysfs_is_read_only),
	TEST(an_unknown_backend_is_refused),
	TEST(open_without_backend_tells_what_each_says),
	TEST(the_backends_are_told_in_probe_order),
	TEST(advice_does_not_go_round),
	TEST(a_lockdown_that_is_not_seen_is_not_off),
	TEST(advice_for_a_lockdown_is_what_the_machine_has),
	TEST(the_machine_is_looked_at),
	TEST(a_machine_without_sysfs_or_proc_is_not_known),
	TEST(a_card_whose_users_cannot_be_seen_is_not_usable_on_uio),
	TEST(users_are_searched_once_for_all_backends),
	TEST(fewer_results_than_backends_are_allowed),
	TEST(a_core_that_is_built_in_is_not_missing),
	TEST(what_moves_pages_is_told),
	TEST(freeing_nothing_is_allowed),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"check", NULL, NULL, setup, teardown, common_cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
