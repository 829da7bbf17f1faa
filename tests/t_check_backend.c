/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* What the check finds of a device for each backend by itself. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>

#include <uvio/check.h>
#include <uvio/udev.h>

#include "harness.h"
#include "checks.h"
#include "tree.h"
#include "user.h"

#define PCI "sys/bus/pci/devices/" EDU
#define NOIOMMU_MODE "sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

static void count_is(unsigned int want)
{
	unsigned int count;

	uvio_check_findings(check, &count);
	ASSERT_EQ(count, want);
}

/* What open says is the most severe finding and its fix. */
static void open_says_the_same(const char *address, const char *backend, int err)
{
	const struct uvio_open_options options = {.backend = backend};
	unsigned int count;
	const struct uvio_finding *const *first = uvio_check_findings(check, &count);
	struct uvio_udev *udev;
	char sentence[1024];

	ASSERT(count > 0);
	snprintf(sentence, sizeof(sentence), "%.600s%s%.400s", first[0]->what,
		first[0]->fix ? "; " : "", first[0]->fix ? first[0]->fix : "");
	ASSERT_ERR(uvio_udev_open(tree->ctx, address, &options, &udev), err, sentence);
}

static void uio_is_usable_where_it_is_bound(void)
{
	begin("edu-uio", EDU, "uio", UVIO_USABLE);
	count_is(1);
	finds(UVIO_NOTE, EDU ": DMA is not protected here", NULL);
}

static void a_kernel_that_moves_the_memory_of_a_card_is_told(void)
{
	begin("edu-uio", EDU, "uio", UVIO_USABLE);
	ASSERT(!finding_with("compact"));
	tree_change(tree, "file proc/sys/vm/compact_unevictable_allowed 1\\n");
	run(EDU, "uio", UVIO_USABLE);
	finds(UVIO_NOTE, EDU ": when the kernel compacts memory",
		"sysctl vm.compact_unevictable_allowed=0, or use huge pages");
	tree_change(tree, "file proc/sys/vm/compact_unevictable_allowed 0\\n");
	run(EDU, "uio", UVIO_USABLE);
	ASSERT(!finding_with("compact"));
}

static void uio_needs_no_iommu(void)
{
	begin("edu-uio-no-iommu", EDU, "uio", UVIO_USABLE);
}

static void uio_is_not_bound_where_nothing_is_bound(void)
{
	begin("edu-unbound", EDU, "uio", UVIO_NOT_BOUND);
	finds(UVIO_UNBOUND, EDU ": not bound to a UIO driver", "uvio bind " EDU " uio");
	open_says_the_same(EDU, "uio", -ENOENT);
}

static void uio_is_not_bound_where_another_driver_is_bound(void)
{
	begin("edu-vfio", EDU, "uio", UVIO_NOT_BOUND);
	finds(UVIO_UNBOUND, EDU ": bound to the kernel driver 'vfio-pci', not to a UIO driver",
		"uvio bind " EDU " uio");
	open_says_the_same(EDU, "uio", -ENOENT);
}

static void a_uio_driver_that_is_not_loaded_is_to_be_loaded(void)
{
	tree = tree_new("edu-unbound");
	tree_change(tree, "remove sys/bus/pci/drivers/uio_pci_generic");
	run(EDU, "uio", UVIO_NOT_BOUND);
	finds(UVIO_UNBOUND, "not bound", "modprobe uio_pci_generic; uvio bind " EDU " uio");
}

static void a_missing_uio_node_blocks(void)
{
	tree = tree_new("edu-uio");
	tree_change(tree, "remove dev/uio0");
	run(EDU, "uio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "/dev/uio0 does not exist, although a UIO driver is bound",
		"is udev running?");
	open_says_the_same(EDU, "uio", -ENOENT);
}

static void a_uio_node_of_root_blocks_a_user(void)
{
	user = 1234;
	begin("edu-uio", EDU, "uio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "/dev/uio0 cannot be opened by user 1234",
		"run as its owner or with CAP_DAC_OVERRIDE, use the vfio backend, or, for "
		"registers and INTx without DMA, give it to a user: uvio bind --persist --owner "
		"USER " EDU " uio");
}

static void a_uio_node_that_is_not_pci_is_told_by_its_name(void)
{
	user = 1234;
	begin("platform", "uio1", "uio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "/dev/uio1 cannot be opened by user 1234", "ATTR{name}==\"");
}

/* Neither of them is told by the user's number. */
static void a_user_with_all_that_uio_asks_for_is_as_root(void)
{
	user = 1234;
	user_unusual = USER_UNUSUAL(CAP_DAC_OVERRIDE) | USER_UNUSUAL(CAP_SYS_ADMIN);
	begin("edu-uio", EDU, "uio", UVIO_USABLE);
	finds(UVIO_NOTE, EDU ": DMA is not protected here", NULL);
	ASSERT(!finding_with("cannot be opened") && !finding_with("cannot be written") &&
		!finding_with("no DMA:"));
}

static void root_without_a_capability_is_told_which(void)
{
	user_unusual = USER_UNUSUAL(CAP_SYS_ADMIN);
	begin("edu-uio", EDU, "uio", UVIO_USABLE);
	finds(UVIO_LIMITS,
		EDU ": no DMA: the kernel hides page frame numbers from this process: it needs "
		    "CAP_SYS_ADMIN, which this process lacks",
		"let root keep that capability");
	finds(UVIO_LIMITS,
		EDU ": only the first 64 bytes of the configuration space can be read: more needs "
		    "CAP_SYS_ADMIN, which this process lacks",
		"vfio");
}

/* As of a program with file capabilities, whose files in /proc are root's. */
static void a_page_map_of_root_takes_dma(void)
{
	user = 1234;
	user_unusual = USER_UNUSUAL(CAP_SYS_ADMIN);
	tree = tree_new("edu-uio");
	tree_change(tree, "mode dev/uio0 0666");
	tree_change(tree, "file proc/self/pagemap");
	tree_change(tree, "mode proc/self/pagemap 0400");
	run(EDU, "uio", UVIO_USABLE);
	finds(UVIO_LIMITS,
		"/self/pagemap cannot be opened: a program with file capabilities needs "
		"CAP_DAC_READ_SEARCH, too",
		"vfio");
}

static void bars_of_root_are_told_by_number(void)
{
	user = 1234;
	tree = tree_new("edu-uio");
	tree_change(tree, "mode dev/uio0 0666");
	tree_change(tree, "file " EDU_FOLDER "/resource0");
	tree_change(tree, "mode " EDU_FOLDER "/resource0 0600");
	run(EDU, "uio", UVIO_USABLE);
	ASSERT(!finding_with("no BAR"));
	tree_change(tree, "remove sys/class/uio/uio0/maps");
	run(EDU, "uio", UVIO_USABLE);
	finds(UVIO_LIMITS, "/resource0 cannot be opened by user 1234", "CAP_DAC_OVERRIDE");
}

static void ports_take_a_capability(void)
{
	user_unusual = USER_UNUSUAL(CAP_SYS_RAWIO);
	begin("isa-ports", "uio3", "uio", UVIO_USABLE);
	finds(UVIO_LIMITS, "uio3: no I/O ports: they need CAP_SYS_RAWIO, which this process lacks",
		"let root keep that capability");
	user_unusual = 0;
	run("uio3", "uio", UVIO_USABLE);
	ASSERT(!finding_with("ports"));
}

static void a_user_with_the_node_is_limited(void)
{
	user = 1234;
	tree = tree_new("edu-uio");
	tree_change(tree, "mode dev/uio0 0666");
	run(EDU, "uio", UVIO_USABLE);
	finds(UVIO_LIMITS, "/config cannot be written, so INTx cannot be armed again",
		"run as root or with CAP_DAC_OVERRIDE, or use the vfio");
	finds(UVIO_LIMITS,
		EDU ": no DMA: the kernel hides page frame numbers from this process: it needs "
		    "CAP_SYS_ADMIN, which this process lacks",
		"vfio");
}

static void a_card_without_pin_is_limited_on_uio(void)
{
	begin("no-pin", EDU, "uio", UVIO_USABLE);
	finds(UVIO_LIMITS, EDU ": the card has no INTx pin, and UIO supports no other interrupt",
		"use the vfio backend if the card has MSI or MSI-X, or poll it");
}

static void lockdown_limits_uio(void)
{
	begin("lockdown", EDU, "uio", UVIO_USABLE);
	finds(UVIO_LIMITS, EDU ": the kernel is locked down (Secure Boot)",
		"use the vfio backend, which works under lockdown");
	ASSERT(!finding_with("DMA is not protected"));
}

static void lockdown_for_confidentiality_does_too(void)
{
	tree = tree_new("lockdown");
	tree_change(tree, "file sys/kernel/security/lockdown none integrity [confidentiality]\\n");
	run(EDU, "uio", UVIO_USABLE);
	finds(UVIO_LIMITS, "locked down", "vfio");
}

static void a_kernel_that_could_be_locked_down_is_not(void)
{
	tree = tree_new("lockdown");
	tree_change(tree, "file sys/kernel/security/lockdown [none] integrity confidentiality\\n");
	run(EDU, "uio", UVIO_USABLE);
	ASSERT(!finding_with("locked down"));
}

static void an_iommu_that_translates_takes_dma_from_uio(void)
{
	begin("edu-uio-dma-fq", EDU, "uio", UVIO_USABLE);
	finds(UVIO_LIMITS,
		EDU ": no DMA: an IOMMU translates for this device (its group is of type "
		    "DMA-FQ)",
		"boot with iommu=pt, or use the vfio backend");
}

static void a_device_of_another_bus_is_usable_on_uio(void)
{
	begin("platform", "uio1", "uio", UVIO_USABLE);
	ASSERT(!finding_with("pin"));
}

static void a_device_of_another_bus_is_not_for_vfio(void)
{
	begin("platform", "uio1", "vfio", UVIO_NOT_APPLICABLE);
	finds(UVIO_UNFIT, "uio1: not a PCI device, and the vfio backend drives only those",
		"use the uio backend");
	open_says_the_same("uio1", "vfio", -ENOTSUP);
}

static void vfio_is_usable_where_it_is_bound(void)
{
	begin("edu-vfio", EDU, "vfio", UVIO_USABLE);
	count_is(0);
}

static void vfio_is_not_bound_where_nothing_is_bound(void)
{
	begin("edu-unbound", EDU, "vfio", UVIO_NOT_BOUND);
	finds(UVIO_UNBOUND, EDU ": not bound to vfio-pci", "uvio bind " EDU " vfio");
	open_says_the_same(EDU, "vfio", -ENOENT);
}

static void vfio_is_not_bound_where_uio_is_bound(void)
{
	begin("edu-uio", EDU, "vfio", UVIO_NOT_BOUND);
	finds(UVIO_UNBOUND, EDU ": bound to the kernel driver 'uio_pci_generic', not to vfio-pci",
		"uvio bind " EDU " vfio");
	open_says_the_same(EDU, "vfio", -ENOENT);
}

static void a_vfio_driver_that_is_not_loaded_is_to_be_loaded(void)
{
	tree = tree_new("edu-unbound");
	tree_change(tree, "remove sys/bus/pci/drivers/vfio-pci");
	run(EDU, "vfio", UVIO_NOT_BOUND);
	finds(UVIO_UNBOUND, "not bound", "modprobe vfio-pci; uvio bind " EDU " vfio");
}

#define NO_MODULES "file lib/modules/6.1.0-test/modules.dep kernel/drivers/net/dummy.ko:\\n"

static void forget_modules(void)
{
	tree = tree_new("edu-unbound");
	tree_change(tree, "file proc/sys/kernel/osrelease 6.1.0-test\\n");
	tree_change(tree, "remove sys/bus/pci/drivers/vfio-pci");
	tree_change(tree, "remove sys/bus/pci/drivers/uio_pci_generic");
	tree_change(tree, "remove sys/module/vfio_iommu_type1");
}

/* What binding needs, and open after that. */
static void a_module_that_cannot_be_had_is_known_before_binding(void)
{
	forget_modules();
	run(EDU, "vfio", UVIO_NOT_BOUND);
	finds(UVIO_NOTE,
		EDU ": perhaps there is no module vfio-pci: it is not loaded, and "
		    "/lib/modules of this kernel cannot be read here",
		NULL);
	finds(UVIO_NOTE, EDU ": perhaps there is no module vfio_iommu_type1", NULL);
	run(EDU, "uio", UVIO_NOT_BOUND);
	finds(UVIO_NOTE, EDU ": perhaps there is no module uio_pci_generic", NULL);
	tree_change(tree, NO_MODULES);
	run(EDU, "vfio/group", UVIO_BROKEN);
	finds(UVIO_BLOCKS,
		EDU ": the module vfio-pci is not loaded, and not in /lib/modules of this "
		    "kernel",
		"install the modules");
	finds(UVIO_BLOCKS, EDU ": the module vfio_iommu_type1 is not loaded",
		"install the modules");
	run(EDU, "vfio/cdev", UVIO_BROKEN);
	finds(UVIO_BLOCKS, EDU ": the module iommufd is not loaded", "install the modules");
	run(EDU, "uio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, EDU ": the module uio_pci_generic is not loaded", "install the modules");
}

static void a_node_of_all_devices_is_judged_before_binding(void)
{
	user_refused = "/vfio/vfio";
	begin("edu-unbound", EDU, "vfio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "/dev/vfio/vfio is refused regardless of its mode (EPERM)",
		"pass the node");
}

static void the_node_that_binding_will_make_is_perhaps_for_others(void)
{
	user = 1234;
	begin("edu-unbound", EDU, "vfio", UVIO_NOT_BOUND);
	finds(UVIO_NOTE, EDU ": perhaps user 1234 may not open the node that binding makes",
		"uvio bind --persist --owner USER " EDU " vfio");
	run(EDU, "uio", UVIO_NOT_BOUND);
	finds(UVIO_NOTE, EDU ": perhaps user 1234 may not open the node that binding makes",
		"uvio bind --persist --owner USER " EDU " uio");
	user = 0;
	run(EDU, "uio", UVIO_NOT_BOUND);
	ASSERT(!finding_with("perhaps"));
	tree_change(tree, "link proc/self/ns/pid pid:[4711]");
	run(EDU, "vfio", UVIO_NOT_BOUND);
	finds(UVIO_NOTE, EDU ": perhaps this container does not get the node that binding makes",
		"bind it on the host, and pass the node in");
}

/* As after a reset, which clears its command register as well. */
static void addresses_that_were_lost_are_one_finding(void)
{
	unsigned int count, found = 0;
	const struct uvio_finding *const *findings;

	tree = tree_new("edu-uio");
	tree_change(tree, "file " PCI "/resource 0xfea00000 0xfeafffff 0x40200\\n"
			  "0xfeb00000 0xfeb00fff 0x40200\\n0x0 0x0 0x0\\n"
			  "0xfec00000 0xfec00fff 0x40200\\n");
	tree_change(tree, "hex " PCI "/config 3412e811000010001000ff00000000000000000000000000"
			  "0000000000000000000000000000000000000000000000000000000000000000"
			  "000000000000000000000000");
	run(EDU, "uio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "bar0 is at 0xfea00000 for the kernel, and at 0x0 in the card",
		"remove");
	ASSERT(finding_with("; the same holds for bar1, bar3"));
	findings = uvio_check_findings(check, &count);
	for (unsigned int i = 0; i < count; i++)
		found += findings[i]->severity >= UVIO_BLOCKS;
	ASSERT_EQ(found, 1);
}

/* No room for several of them. */
static void bars_without_room_are_one_finding(void)
{
	tree = tree_new("edu-uio");
	tree_change(tree, "file " PCI "/resource 0x0 0xfffff 0x20040200\\n"
			  "0x0 0xfff 0x20040200\\n");
	run(EDU, "uio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "no free addresses for bar0, of 1024 KiB, bar1, of 4 KiB", "realloc");
}

static void without_an_iommu_vfio_is_broken(void)
{
	begin("edu-unbound-no-iommu", EDU, "vfio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, EDU ": no IOMMU group: the IOMMU is off, or this machine has none",
		"intel_iommu=on");
	open_says_the_same(EDU, "vfio", -ENOENT);
}

static void members_that_block_are_all_named(void)
{
	begin("group-blocked", EDU, "vfio", UVIO_BROKEN);
	finds(UVIO_BLOCKS,
		EDU ": IOMMU group 1 is not viable: other members are bound to kernel "
		    "drivers: 0000:00:05.0 (e1000e), 0000:00:07.0 (nvme)",
		"unbind each of them, or bind each to vfio as well");
	ASSERT(!finding_with("0000:00:06.0"));
	open_says_the_same(EDU, "vfio", -EBUSY);
}

static void members_that_do_not_block_are_no_finding(void)
{
	begin("group-shared", EDU, "vfio", UVIO_USABLE);
	count_is(0);
}

static void a_missing_group_node_blocks(void)
{
	tree = tree_new("edu-vfio");
	tree_change(tree, "remove dev/vfio/1");
	run(EDU, "vfio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "/dev/vfio/1 does not exist, although the device is bound to vfio-pci",
		"is udev running?");
	open_says_the_same(EDU, "vfio", -ENOENT);
}

static void a_missing_container_blocks(void)
{
	tree = tree_new("edu-vfio");
	tree_change(tree, "remove dev/vfio/vfio");
	run(EDU, "vfio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "/dev/vfio/vfio does not exist", "modprobe vfio");
}

static void a_group_node_of_root_blocks_a_user(void)
{
	user = 1234;
	begin("edu-vfio", EDU, "vfio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "/dev/vfio/1 cannot be opened by user 1234: it belongs to ",
		"uvio bind --persist --owner USER " EDU " vfio");
	finds(UVIO_BLOCKS, "with mode 0600", "chown");
}

static void a_node_of_all_devices_is_not_given_to_one_user(void)
{
	user = 1234;
	tree = tree_new("edu-vfio");
	tree_change(tree, "mode dev/vfio/1 0666");
	tree_change(tree, "mode dev/vfio/vfio 0600");
	run(EDU, "vfio", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "/dev/vfio/vfio cannot be opened by user 1234", "chmod 666 ");
	finds(UVIO_BLOCKS, "/dev/vfio/vfio", "which alone gives access to no device");
}

static void a_user_with_the_group_node_can_use_vfio(void)
{
	user = 1234;
	tree = tree_new("edu-vfio");
	tree_change(tree, "mode dev/vfio/1 0666");
	run(EDU, "vfio", UVIO_USABLE);
}

static void a_variant_of_the_driver_is_vfio(void)
{
	tree = tree_new("edu-vfio");
	tree_change(tree, "link " EDU_FOLDER "/driver ../../../bus/pci/drivers/mlx5-vfio-pci");
	run(EDU, "vfio", UVIO_USABLE);
	count_is(0);
}

static void a_kernel_without_noiommu_is_told(void)
{
	tree = tree_new("edu-unbound-no-iommu");
	tree_change(tree, "dir sys/module/vfio/parameters");
	run(EDU, "vfio/noiommu", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "does not support VFIO without an IOMMU (CONFIG_VFIO_NOIOMMU)",
		"switch the IOMMU on, use the uio backend, or use another kernel");
}

static void a_switch_has_many_spellings(void)
{
	static const char *const on[] = {"Y\\n", "y\\n", "1\\n", "1"};
	static const char *const off[] = {"N\\n", "n\\n", "0\\n", "\\n", ""};

	tree = tree_new("edu-vfio");
	tree_change(tree, "file sys/kernel/iommu_groups/1/name vfio-noiommu\\n");
	tree_change(tree, "file sys/kernel/iommu_groups/1/type unknown\\n");
	tree_change(tree, "file dev/vfio/noiommu-1");
	for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++) {
		tree_change(tree, "file " NOIOMMU_MODE " %s", on[i]);
		run(EDU, "vfio/noiommu", UVIO_USABLE);
	}
	tree_change(tree, "file proc/sys/vm/compact_unevictable_allowed 1\\n");
	run(EDU, "vfio/noiommu", UVIO_USABLE);
	finds(UVIO_NOTE, EDU ": when the kernel compacts memory",
		"sysctl vm.compact_unevictable_allowed=0, or use huge pages");
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		tree_change(tree, "file " NOIOMMU_MODE " %s", off[i]);
		run(EDU, "vfio/noiommu", UVIO_BROKEN);
		finds(UVIO_BLOCKS, "VFIO without an IOMMU is switched off", "=1");
	}
}

static void without_an_iommu_vfio_takes_a_capability(void)
{
	tree = tree_new("edu-vfio");
	tree_change(tree, "file sys/kernel/iommu_groups/1/name vfio-noiommu\\n");
	tree_change(tree, "file sys/kernel/iommu_groups/1/type unknown\\n");
	tree_change(tree, "file dev/vfio/noiommu-1");
	tree_change(tree, "file " NOIOMMU_MODE " Y\\n");
	user_unusual = USER_UNUSUAL(CAP_SYS_RAWIO);
	run(EDU, "vfio/noiommu", UVIO_BROKEN);
	finds(UVIO_BLOCKS, "the kernel requires CAP_SYS_RAWIO, which this process lacks",
		"let root keep that capability");
	user_unusual = USER_UNUSUAL(CAP_SYS_ADMIN);
	tree_change(tree, "file proc/sys/vm/compact_unevictable_allowed 1\\n");
	run(EDU, "vfio/noiommu", UVIO_USABLE);
	ASSERT(!finding_with("compacts"));
	finds(UVIO_LIMITS, EDU ": no DMA: the kernel hides page frame numbers from this process",
		"let root keep that capability");
}

/* CAP_IPC_LOCK lifts the limit, whoever has it. */
static void the_limit_of_locked_memory_is_for_those_without_a_capability(void)
{
	struct rlimit before, limit = {.rlim_cur = 65536};

	ASSERT(!getrlimit(RLIMIT_MEMLOCK, &before));
	limit.rlim_max = before.rlim_max;
	ASSERT(!setrlimit(RLIMIT_MEMLOCK, &limit));
	begin("edu-vfio", EDU, "vfio", UVIO_USABLE);
	count_is(0);
	user_unusual = USER_UNUSUAL(CAP_IPC_LOCK);
	run(EDU, "vfio", UVIO_USABLE);
	setrlimit(RLIMIT_MEMLOCK, &before);
	finds(UVIO_LIMITS, "64 KiB", "ulimit -l");
}

static void lockdown_does_not_touch_vfio(void)
{
	tree = tree_new("edu-vfio");
	tree_change(tree, "file sys/kernel/security/lockdown none [integrity] confidentiality\\n");
	run(EDU, "vfio", UVIO_USABLE);
	count_is(0);
}

static CU_TestInfo uio_cases[] = {
	TEST(addresses_that_were_lost_are_one_finding),
	TEST(bars_without_room_are_one_finding),
	TEST(uio_is_usable_where_it_is_bound),
	TEST(a_kernel_that_moves_the_memory_of_a_card_is_told),
	TEST(uio_needs_no_iommu),
	TEST(uio_is_not_bound_where_nothing_is_bound),
	TEST(uio_is_not_bound_where_another_driver_is_bound),
	TEST(a_uio_driver_that_is_not_loaded_is_to_be_loaded),
	TEST_FOR("uio 3.37", a_missing_uio_node_blocks),
	TEST_FOR("uio 3.41", a_uio_node_of_root_blocks_a_user),
	TEST_FOR("uio 3.41", a_user_with_the_node_is_limited),
	TEST(a_user_with_all_that_uio_asks_for_is_as_root),
	TEST(root_without_a_capability_is_told_which),
	TEST(a_page_map_of_root_takes_dma),
	TEST(bars_of_root_are_told_by_number),
	TEST(ports_take_a_capability),
	TEST_FOR("uio 3.9", a_card_without_pin_is_limited_on_uio),
	TEST_FOR("uio 3.39", lockdown_limits_uio),
	TEST_FOR("uio 3.39", lockdown_for_confidentiality_does_too),
	TEST(a_kernel_that_could_be_locked_down_is_not),
	TEST_FOR("uio 3.33", an_iommu_that_translates_takes_dma_from_uio),
	TEST(a_device_of_another_bus_is_usable_on_uio),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo vfio_cases[] = {
	TEST(vfio_is_usable_where_it_is_bound),
	TEST(vfio_is_not_bound_where_nothing_is_bound),
	TEST_FOR("vfio 28", vfio_is_not_bound_where_uio_is_bound),
	TEST(a_vfio_driver_that_is_not_loaded_is_to_be_loaded),
	TEST(a_module_that_cannot_be_had_is_known_before_binding),
	TEST(a_node_of_all_devices_is_judged_before_binding),
	TEST(the_node_that_binding_will_make_is_perhaps_for_others),
	TEST(without_an_iommu_vfio_is_broken),
	TEST(members_that_block_are_all_named),
	TEST(members_that_do_not_block_are_no_finding),
	TEST(a_missing_group_node_blocks),
	TEST_FOR("vfio 27", a_missing_container_blocks),
	TEST(a_group_node_of_root_blocks_a_user),
	TEST(a_node_of_all_devices_is_not_given_to_one_user),
	TEST(a_uio_node_that_is_not_pci_is_told_by_its_name),
	TEST(a_user_with_the_group_node_can_use_vfio),
	TEST_FOR("vfio 28", a_variant_of_the_driver_is_vfio),
	TEST_FOR("vfio 13", a_switch_has_many_spellings),
	TEST(a_kernel_without_noiommu_is_told),
	TEST(without_an_iommu_vfio_takes_a_capability),
	TEST(the_limit_of_locked_memory_is_for_those_without_a_capability),
	TEST_FOR("vfio 89", lockdown_does_not_touch_vfio),
	TEST(a_device_of_another_bus_is_not_for_vfio),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"uio", NULL, NULL, setup, teardown, uio_cases},
	{"vfio", NULL, NULL, setup, teardown, vfio_cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
