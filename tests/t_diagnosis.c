/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * The sentence for each failure that users of VFIO and UIO report, where the lab cannot produce it
 * and check cannot see it beforehand: one system call fails as the kernel would have it fail.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <uvio/dma.h>
#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "harness.h"
#include "inject_ops.h"
#include "sim_uio.h"
#include "sim_vfio.h"
#include "user.h"
#include "vfio/vfio.h"

static void begin(const struct sim *kernel, const char *backend, const char *tree_name)
{
	sim = kernel;
	card = (struct card){
		.tree = tree_new(tree_name),
		.options = {.backend = backend, .flags = UVIO_OPEN_UNSAFE_DMA},
	};
	inject_reset(card.tree->root);
}

static void begin_vfio(void)
{
	sim_vfio_reset();
	begin(&sim_vfio, "vfio", "edu-vfio");
	card.raise = sim_vfio_raise;
	card.command = sim_vfio_command;
}

static void raise_line(unsigned int vector)
{
	(void)vector;
	sim_uio_raise();
}

static void begin_uio(void)
{
	begin(&sim_uio, "uio", "edu-uio");
	sim_uio_reset(card.tree);
	card.raise = raise_line;
	card.command = sim_uio_command;
}

/* The number of the first call of that kind which has @what in its name; -1: there is none. */
static int find_call(const struct operation *operation, enum inject_kind kind, const char *what)
{
	int found = -1;

	if (operation->begin)
		operation->begin();
	inject_begin_counting();
	operation->run();
	inject_end();
	for (unsigned int i = 0; i < inject_count() && found < 0; i++)
		if (inject_call(i)->kind == kind && strstr(inject_call(i)->what, what))
			found = (int)i;
	card_close();
	return found;
}

/* Lets that call fail with @err, from then on, and looks for @gives and @text. */
static void says_another(const struct operation *operation, enum inject_kind kind, const char *what,
	int err, int gives, const char *text)
{
	int rc, call = find_call(operation, kind, what);

	ASSERT(call >= 0);
	if (operation->begin)
		operation->begin();
	inject_begin_lasting((unsigned int)call, -err);
	rc = operation->run();
	inject_end();
	ASSERT_ERR(rc, -gives, text);
}

static void says(const struct operation *operation, enum inject_kind kind, const char *what,
	int err, const char *text)
{
	says_another(operation, kind, what, err, err, text);
}

#define SAYS(function, operation, kind, what, err, text)                                           \
	static void function(void)                                                                 \
	{                                                                                          \
		says(&operation, kind, what, err, text);                                           \
	}

SAYS(a_container_that_is_missing, op_open, INJECT_OPEN, "vfio/vfio", ENOENT, "/vfio/vfio")
SAYS(a_group_that_is_not_permitted, op_open, INJECT_OPEN, "dev/vfio/1", EACCES,
	"the mode of the node permits it; perhaps a security module")
SAYS(a_group_that_is_open_elsewhere, op_open, INJECT_OPEN, "dev/vfio/1", EBUSY,
	"another program, which this process cannot see, for this device or another member of its "
	"IOMMU group; as root, fuser -v")
SAYS(a_group_that_cannot_be_attached, op_open, INJECT_IOCTL, "SET_CONTAINER", EINVAL,
	"perhaps the firmware reserves memory for the card (RMRR)")
SAYS(a_group_that_was_taken, op_open, INJECT_IOCTL, "SET_CONTAINER", EBUSY,
	"perhaps another program or a kernel driver uses a member of its IOMMU group; uvio info")
SAYS(no_interrupt_remapping, op_open, INJECT_IOCTL, "SET_IOMMU", EPERM,
	"perhaps the platform cannot remap interrupts")
SAYS(no_type1_module, op_open, INJECT_IOCTL, "SET_IOMMU", ENODEV,
	"perhaps the module vfio_iommu_type1 was just unloaded; modprobe vfio_iommu_type1")
SAYS(a_device_that_is_being_reset, op_open, INJECT_IOCTL, "GET_DEVICE_FD", EAGAIN,
	"perhaps the kernel is still resetting it; try again")
SAYS(ranges_that_cannot_be_read, op_open, INJECT_IOCTL, "IOMMU_GET_INFO", EIO,
	EDU ": VFIO_IOMMU_GET_INFO: Input/output error (EIO)")
SAYS(a_device_that_is_refused, op_open, INJECT_IOCTL, "GET_DEVICE_FD", EACCES,
	"VFIO_GROUP_GET_DEVICE_FD: Permission denied (EACCES)")

static void a_virtual_function_without_token(void)
{
	tree_change(card.tree, "dir " EDU_FOLDER "/physfn");
	says(&op_open, INJECT_IOCTL, "GET_DEVICE_FD", EACCES, "requires a VF token");
}

SAYS(a_device_that_was_unbound, op_open, INJECT_IOCTL, "GET_DEVICE_FD", ENODEV,
	"perhaps the device has just been unbound from vfio-pci, or removed")
SAYS(no_descriptors_left, op_irq_enable, INJECT_EVENTFD, "", EMFILE,
	"descriptors open (RLIMIT_NOFILE); raise it: ulimit -n ")
SAYS(a_line_that_is_shared, op_irq_enable, INJECT_IOCTL, "SET_IRQS", EBUSY,
	"cannot be shared; perhaps the card cannot mask INTx itself; use MSI")
SAYS(a_mapping_that_is_refused, op_dma_map, INJECT_IOCTL, "MAP_DMA", EINVAL, "as IOVA 0x10000")
SAYS(memory_that_cannot_be_pinned, op_dma_map, INJECT_IOCTL, "MAP_DMA", EFAULT,
	"the kernel does not pin it; perhaps it is mapped from a file on a disk")
SAYS(a_table_that_is_full, op_dma_map, INJECT_IOCTL, "MAP_DMA", ENOSPC,
	"(dma_entry_limit of vfio_iommu_type1)")

/* What /proc says of this process, and a limit that is really set, as long as @test runs. */
static void with_limit(int resource, rlim_t soft, const char *status, void (*test)(void))
{
	struct rlimit before;

	ASSERT(!getrlimit((__rlimit_resource_t)resource, &before));
	if (setrlimit((__rlimit_resource_t)resource, &(struct rlimit){soft, before.rlim_max})) {
		test_skip("the limit cannot be set");
		return;
	}
	tree_change(card.tree, "file proc/self/status %s", status);
	test();
	card_close();
	setrlimit((__rlimit_resource_t)resource, &before);
	user_unusual = 0;
}

static void too_much_is_locked(void)
{
	user_unusual = USER_UNUSUAL(CAP_IPC_LOCK);
	says(&op_dma_map, INJECT_IOCTL, "MAP_DMA", ENOMEM,
		"16 KiB asked for, 0 KiB mapped already in this domain; locked memory is limited "
		"to 64 KiB (RLIMIT_MEMLOCK), 56 KiB of this process are locked already, by "
		"mlock(), and by DMA of all its domains on vfio/group; raise it: ulimit -l");
}

static void others_have_locked_it(void)
{
	user_unusual = USER_UNUSUAL(CAP_IPC_LOCK);
	says(&op_dma_map, INJECT_IOCTL, "MAP_DMA", ENOMEM,
		"; locked memory is limited to 64 KiB (RLIMIT_MEMLOCK), of which this process has "
		"0 KiB locked and 8 KiB pinned; perhaps other processes of this user, which count "
		"on vfio/cdev, use the rest, or the machine has no memory left; raise it: ");
}

static void no_limit_counts(void)
{
	says(&op_dma_map, INJECT_IOCTL, "MAP_DMA", ENOMEM,
		"; this process has no limit of locked memory; perhaps the machine has no memory "
		"left; ask for less");
}

static void memory_beyond_the_limit_has_the_numbers(void)
{
	with_limit(RLIMIT_MEMLOCK, 64 << 10, "VmLck: 56 kB\\n", too_much_is_locked);
	with_limit(RLIMIT_MEMLOCK, 64 << 10, "VmLck: 0 kB\\nVmPin: 8 kB\\n", others_have_locked_it);
	with_limit(RLIMIT_MEMLOCK, 64 << 10, "VmLck: 56 kB\\n", no_limit_counts);
}

static void each_mapping_is_locked(void)
{
	user_unusual = USER_UNUSUAL(CAP_IPC_LOCK);
	says_another(&op_dma_alloc, INJECT_MMAP, "", EAGAIN, ENOMEM,
		"; locked memory is limited to 64 KiB (RLIMIT_MEMLOCK), 64 KiB of this process "
		"are locked already, and each mapping counts after mlockall(MCL_FUTURE); raise");
}

static void the_address_space_is_full(void)
{
	says(&op_dma_alloc, INJECT_MMAP, "", ENOMEM,
		"; the address space of this process is limited to 137438953472 KiB (RLIMIT_AS), "
		"of "
		"which 137438953471 KiB are in use; raise it: ulimit -v");
}

static void there_are_too_many_mappings(void)
{
	tree_change(card.tree, "file proc/sys/vm/max_map_count 3\\n");
	tree_change(card.tree, "file proc/self/maps a\\nb\\nc\\n");
	says(&op_dma_alloc, INJECT_MMAP, "", ENOMEM,
		"; this process has 3 mappings, and the kernel allows 3; raise it: sysctl "
		"vm.max_map_count");
}

/* On uio, the way by the node is tried before. */
static const char *region_of(void)
{
	return sim == &sim_uio ? "resource0" : "";
}

static void a_region_finds_the_address_space_full(void)
{
	says(&op_region_map, INJECT_MMAP, region_of(), ENOMEM,
		EDU ": cannot map BAR0, 0x100000 bytes: Cannot allocate memory; the address "
		    "space of this process is limited to 137438953472 KiB (RLIMIT_AS), of which "
		    "137438953471 KiB are in use; raise it: ulimit -v");
}

static void a_region_is_one_mapping_too_many(void)
{
	tree_change(card.tree, "file proc/sys/vm/max_map_count 3\\n");
	tree_change(card.tree, "file proc/self/maps a\\nb\\nc\\n");
	says(&op_region_map, INJECT_MMAP, region_of(), ENOMEM,
		"; this process has 3 mappings, and the kernel allows 3; raise it: sysctl "
		"vm.max_map_count");
}

static int huge_pages_beyond_the_limit(
	void *want, size_t size, int prot, int flags, int fd, uint64_t offset, void **out)
{
	return flags & MAP_HUGETLB ? -EAGAIN
				   : sim_uio.mmap(want, size, prot, flags, fd, offset, out);
}

static void a_huge_page_is_locked(void)
{
	struct sim kernel = sim_uio;
	struct uvio_dma dma;

	kernel.mmap = huge_pages_beyond_the_limit;
	sim = &kernel;
	user_unusual = USER_UNUSUAL(CAP_IPC_LOCK);
	card_open_asserted();
	ASSERT_ERR(uvio_dma_alloc(udev, 8192, 0, &dma), -ENOMEM,
		"; locked memory is limited to 64 KiB (RLIMIT_MEMLOCK), 64 KiB of this process "
		"are locked already, and each mapping counts after mlockall(MCL_FUTURE); raise");
	card_close();
	sim = &sim_uio;
}

static void a_huge_page_beyond_the_limit_has_the_numbers(void)
{
	with_limit(RLIMIT_MEMLOCK, 64 << 10, "VmLck: 64 kB\\n", a_huge_page_is_locked);
}

static void a_region_is_locked(void)
{
	user_unusual = USER_UNUSUAL(CAP_IPC_LOCK);
	says_another(&op_region_map, INJECT_MMAP, region_of(), EAGAIN, ENOMEM,
		"; locked memory is limited to 64 KiB (RLIMIT_MEMLOCK), 64 KiB of this process "
		"are locked already, and each mapping counts after mlockall(MCL_FUTURE); raise");
}

static void a_region_beyond_a_limit_has_the_numbers(void)
{
	if (sim == &sim_uio)
		tree_change(card.tree, "remove sys/class/uio/uio0/maps/map0");
	with_limit(RLIMIT_MEMLOCK, 64 << 10, "VmLck: 64 kB\\n", a_region_is_locked);
	with_limit(RLIMIT_AS, (rlim_t)1 << 47, "VmSize: 137438953471 kB\\n",
		a_region_finds_the_address_space_full);
	with_limit(RLIMIT_MEMLOCK, 64 << 10, "VmLck: 0 kB\\n", a_region_is_one_mapping_too_many);
}

static void a_mapping_beyond_a_limit_has_the_numbers(void)
{
	with_limit(RLIMIT_MEMLOCK, 64 << 10, "VmLck: 64 kB\\n", each_mapping_is_locked);
	with_limit(RLIMIT_AS, (rlim_t)1 << 47, "VmSize: 137438953471 kB\\n",
		the_address_space_is_full);
	with_limit(RLIMIT_MEMLOCK, 64 << 10, "VmLck: 0 kB\\n", there_are_too_many_mappings);
}

static void a_card_that_reads_all_ones(void)
{
	vfio.dead = true;
	ASSERT_ERR(card_open(), -ENODEV, "its configuration space reads all ones");
}

/* In the card, behind the back of the library and of VFIO. */
static void set_in_card(off_t offset, uint32_t value)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/" EDU_FOLDER "/config", card.tree->root);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT(fd >= 0);
	ASSERT_EQ(pwrite(fd, &value, 4, offset), 4);
	close(fd);
}

static void everything_is_late_for(const char *text)
{
	struct uvio_region bar;
	uint64_t events;

	ASSERT_ERR(uvio_irq_wait(udev, 0, 1, &events), -ETIMEDOUT, text);
	ASSERT_OK(uvio_region_map(udev, 0, &bar));
	ASSERT_ERR(uvio_poll_until(&bar, 0, 4, 3, 2, 1), -ETIMEDOUT, text);
	ASSERT(uvio_udev_alive(udev));
}

static void a_card_that_was_changed_is_late(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	set_in_card(4, 0);
	everything_is_late_for(
		"; the card no longer decodes its BARs in memory: its command register, 0x0000 "
		"now, had this on at open; perhaps another program or a reset changed it; setpci");
	set_in_card(4, 0x03);
	set_in_card(0x10, 0xfeb00000);
	everything_is_late_for("; the card lost its addresses: bar0 is at 0xfea00000 for the "
			       "kernel, and at 0xfeb00000 in the card; perhaps it was reset");
	set_in_card(0x10, 0xfea00000);
	everything_is_late_for(" ns");
	ASSERT(!strstr(uvio_last_error(), "the card "));
}

/* Which VFIO does not show. */
static void a_line_that_another_program_switched_off(void)
{
	uint64_t events;

	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	set_in_card(4, 0x0503);
	ASSERT_ERR(uvio_irq_wait(udev, 0, 1, &events), -ETIMEDOUT,
		"INTx is switched off in the card's command register; perhaps the last interrupt "
		"was not acknowledged with uvio_irq_ack(), or another program has switched INTx "
		"off");
}

SAYS(a_node_that_is_not_permitted, op_open, INJECT_OPEN, "dev/uio0", EACCES, "uio0: ")
SAYS(an_interrupt_that_would_come_once, op_irq_enable, INJECT_PWRITE, "config", EPERM,
	"so an interrupt would come once and never again; perhaps the kernel is locked down (see "
	"/sys/kernel/security/lockdown); or use the vfio backend")
SAYS(a_container_with_a_read_only_sysfs, op_irq_enable, INJECT_PWRITE, "config", EROFS,
	"never again; sysfs is mounted read-only; perhaps this is a container; or use the vfio "
	"backend")

/* The node says EIO, which means that the device is gone. */
static void a_driver_that_went(void)
{
	op_irq_wait.begin();
	uio.gone = true;
	ASSERT_ERR(op_irq_wait.run(), -ENODEV,
		"its kernel driver was unbound, or the card was removed; close it");
}

/* The open goes on without; who wants DMA is told. */
static void frames_that_are_hidden(void)
{
	int call = find_call(&op_open, INJECT_OPEN, "pagemap");
	struct uvio_dma_segment segments[4];

	ASSERT(call >= 0);
	inject_begin_lasting((unsigned int)call, -EPERM);
	user_unusual = USER_UNUSUAL(CAP_SYS_ADMIN);
	ASSERT_OK(card_open());
	ASSERT_ERR(uvio_dma_map(udev, card_memory(), CARD_MEMORY_SIZE, 0, segments, 4), -EPERM,
		EDU ": no DMA on uio: the kernel hides page frame numbers from this process: it "
		    "needs CAP_SYS_ADMIN, which this process lacks; or use the vfio backend");
	user_unusual = 0;
	ASSERT_ERR(uvio_dma_map(udev, card_memory(), CARD_MEMORY_SIZE, 0, segments, 4), -EPERM,
		"perhaps CAP_SYS_ADMIN was missing when the device was opened; or use");
	inject_end();
}

static void a_claimed_region(void)
{
	tree_change(card.tree, "remove sys/class/uio/uio0/maps/map0");
	says(&op_region_map, INJECT_MMAP, "resource0", EINVAL,
		"; perhaps a kernel driver has claimed it (/proc/iomem shows which); boot with "
		"iomem=relaxed");
}

static void a_region_under_lockdown(void)
{
	tree_change(card.tree, "remove sys/class/uio/uio0/maps/map0");
	says(&op_region_map, INJECT_MMAP, "resource0", EPERM,
		"Operation not permitted; perhaps the kernel is locked down (see ");
	card_close();
	tree_change(
		card.tree, "file sys/kernel/security/lockdown none [integrity] confidentiality\\n");
	says(&op_region_map, INJECT_MMAP, "resource0", EPERM,
		"; the kernel is locked down (Secure Boot)");
}

/* The only limit for which mlock() gives that. */
static void memory_that_may_not_be_locked_at_all(void)
{
	user_unusual = USER_UNUSUAL(CAP_IPC_LOCK);
	says_another(&op_dma_map, INJECT_MLOCK, "", EPERM, ENOMEM,
		"; locked memory is limited to 0 KiB (RLIMIT_MEMLOCK), 0 KiB of this process are "
		"locked already");
}

static void a_limit_of_zero_is_named(void)
{
	with_limit(RLIMIT_MEMLOCK, 0, "VmLck: 0 kB\\n", memory_that_may_not_be_locked_at_all);
}

static int open_with_descriptors(rlim_t count)
{
	struct rlimit before, few;
	int rc;

	ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = count;
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
	rc = card_open();
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
	return rc;
}

/* Wherever the next one is missing, that is the cause, and not that something is not there. */
static void a_descriptor_that_is_missing_is_the_cause(void)
{
	rlim_t count = 3;
	int rc;

	while ((rc = open_with_descriptors(count)) && count++ < 64)
		ASSERT_ERR(rc, -EMFILE, "descriptors open (RLIMIT_NOFILE)");
	ASSERT(!rc && count > 4);
}

/* Who guesses says so, and only who has looked does not. */
static void every_cause_is_looked_at_or_says_perhaps(void)
{
	const struct vfio_cause *cause;
	size_t i;

	for (i = 0; (cause = vfio_cause_at(i)); i++)
		if (!cause->holds)
			ASSERT_HAS(cause->text, "perhaps ");
	ASSERT(i > 10);
}

static void a_process_that_cannot_be_started_has_the_numbers(void)
{
	tree_change(card.tree, "file proc/sys/kernel/threads-max 4711\\n");
	tree_change(card.tree, "file proc/sys/kernel/pid_max 32768\\n");
	user_unusual = 0;
	says_another(&op_reset, INJECT_SPAWN, "apart", EAGAIN, ENOSPC,
		EDU ": cannot start the process that resets it: the machine "
		    "can have 4711 threads (sysctl kernel.threads-max) and 32768 thread ids");
}

static void a_watch_too_many_has_the_number(void)
{
	tree_change(card.tree, "file proc/sys/fs/epoll/max_user_watches 815\\n");
	says(&op_event_fd, INJECT_EPOLL_ADD, sim == &sim_uio ? "uio0" : "", ENOSPC,
		EDU ": no descriptor for its events: No space left on device; all processes of "
		    "this user can watch 815 descriptors with epoll; raise it: sysctl "
		    "fs.epoll.max_user_watches");
}

static void open_with_one(enum inject_kind kind, const char *what, int err)
{
	int call = find_call(&op_open, kind, what);

	ASSERT(call >= 0);
	inject_begin((unsigned int)call, -err);
	ASSERT_OK(card_open());
	inject_end();
}

static void a_signal_does_not_hide_the_interrupt(void)
{
	open_with_one(INJECT_POLL, "uio0", EINTR);
	ASSERT(uvio_caps(udev) & UVIO_CAP_INTX);
}

static void an_index_that_the_kernel_does_not_know_is_none(void)
{
	open_with_one(INJECT_IOCTL, "GET_IRQ_INFO", EINVAL);
	ASSERT(!(uvio_caps(udev) & UVIO_CAP_INTX));
	ASSERT(uvio_caps(udev) & UVIO_CAP_MSI);
}

static CU_TestInfo on_vfio[] = {
	TEST(every_cause_is_looked_at_or_says_perhaps),
	TEST_FOR("vfio 27", a_container_that_is_missing),
	TEST(a_group_that_is_not_permitted),
	TEST(a_group_that_is_open_elsewhere),
	TEST_FOR("vfio 19", a_group_that_cannot_be_attached),
	TEST_FOR("vfio 21", a_group_that_was_taken),
	TEST(no_interrupt_remapping),
	TEST(no_type1_module),
	TEST(a_device_that_is_being_reset),
	TEST(ranges_that_cannot_be_read),
	TEST(a_device_that_is_refused),
	TEST_FOR("vfio 26", a_virtual_function_without_token),
	TEST(a_device_that_was_unbound),
	TEST(no_descriptors_left),
	TEST(a_line_that_is_shared),
	TEST(an_index_that_the_kernel_does_not_know_is_none),
	TEST(a_watch_too_many_has_the_number),
	TEST_FOR("vfio 41", a_mapping_that_is_refused),
	TEST_FOR("vfio 50", memory_that_cannot_be_pinned),
	TEST_FOR("vfio 45", a_table_that_is_full),
	TEST_FOR("vfio 44", memory_beyond_the_limit_has_the_numbers),
	TEST(a_mapping_beyond_a_limit_has_the_numbers),
	TEST(a_region_beyond_a_limit_has_the_numbers),
	TEST(a_card_that_reads_all_ones),
	TEST(a_card_that_was_changed_is_late),
	TEST(a_line_that_another_program_switched_off),
	TEST(a_descriptor_that_is_missing_is_the_cause),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo on_uio[] = {
	TEST_FOR("uio 3.41", a_node_that_is_not_permitted),
	TEST_FOR("uio 3.39", an_interrupt_that_would_come_once),
	TEST_FOR("uio 3.41", a_container_with_a_read_only_sysfs),
	TEST_FOR("uio 3.36", a_driver_that_went),
	TEST(a_card_that_was_changed_is_late),
	TEST(a_line_that_another_program_switched_off),
	TEST_FOR("uio 3.29", frames_that_are_hidden),
	TEST_FOR("uio 3.40", a_claimed_region),
	TEST(a_region_under_lockdown),
	TEST(a_signal_does_not_hide_the_interrupt),
	TEST(a_process_that_cannot_be_started_has_the_numbers),
	TEST(a_watch_too_many_has_the_number),
	TEST(a_limit_of_zero_is_named),
	TEST(a_region_beyond_a_limit_has_the_numbers),
	TEST(a_huge_page_beyond_the_limit_has_the_numbers),
	TEST(a_descriptor_that_is_missing_is_the_cause),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"diagnosis on vfio", NULL, NULL, begin_vfio, card_discard, on_vfio},
	{"diagnosis on uio", NULL, NULL, begin_uio, card_discard, on_uio},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
