/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* UIO drivers other than uio_pci_generic: platform devices, several maps, I/O ports, no interrupt.
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uvio/uvio.h>

#include "harness.h"
#include "inject_run.h"
#include "sys.h"
#include "tree.h"

#define PAGE 4096
#define MF624 "0000:00:08.0"
#define MF624_FOLDER "sys/devices/pci0000:00/" MF624
#define PORTS 0x10000

/* What the kernel has, and what it was asked. */
static struct {
	int node, memory, port; /* -1: not open */
	bool no_irq, no_irqcontrol;
	int32_t control; /* as written last; -1: never */
	unsigned int controls;
	int map_error, port_error;
	uint64_t map_offset;
	size_t map_size;
	int map_flags, map_prot;
	int refusal; /* what asking for ports gives */
	unsigned char ports[PORTS];
	unsigned int asked, instructions, faults;
} kernel;

/* As the kernel keeps it: every thread has its own. */
static _Thread_local uint32_t allowed_first, allowed_count;

static struct tree *tree;
static struct uvio_udev *udev;
static struct uvio_region region;
static struct test_log log_of_all;

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n >= m && !strcmp(path + n - m, end);
}

static int a_file(const void *bytes, size_t size)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	return fd < 0 || write(fd, bytes, size) != (ssize_t)size ? -EIO : fd;
}

static int sim_open(const char *path, int flags)
{
	(void)flags;
	if (strstr(path, "/dev/uio"))
		return kernel.node = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (ends_with(path, "/dev/port") || ends_with(path, "/resource1"))
		return kernel.port_error ? kernel.port_error
					 : (kernel.port = a_file(kernel.ports, PORTS));
	return SIM_NOT_MINE;
}

static ssize_t sim_read(int fd, void *buf, size_t size)
{
	uint64_t count;
	const uint32_t event = 1;

	if (fd != kernel.node || fd < 0)
		return SIM_NOT_MINE;
	if (kernel.no_irq)
		return -EIO;
	if (size != 4 || read(fd, &count, 8) != 8)
		return size != 4 ? -EINVAL : -EAGAIN;
	memcpy(buf, &event, 4);
	return 4;
}

static ssize_t sim_write(int fd, const void *buf, size_t size)
{
	if (fd != kernel.node || fd < 0)
		return SIM_NOT_MINE;
	if (size != 4)
		return -EINVAL;
	if (kernel.no_irq || kernel.no_irqcontrol)
		return kernel.no_irq ? -EIO : -ENOSYS;
	memcpy(&kernel.control, buf, 4);
	kernel.controls++;
	return 4;
}

/* Without an interrupt every poll is answered at once, with nearly all bits. */
static int sim_poll(struct pollfd *fds, nfds_t count)
{
	if (count != 1 || fds->fd != kernel.node || !kernel.no_irq)
		return SIM_NOT_MINE;
	fds->revents = (short)(fds->events | POLLERR | POLLHUP);
	return 1;
}

static int sim_mmap(
	void *want, size_t size, int prot, int flags, int fd, uint64_t offset, void **out)
{
	if (fd != kernel.node || fd < 0)
		return SIM_NOT_MINE;
	kernel.map_offset = offset;
	kernel.map_size = size;
	kernel.map_flags = flags;
	kernel.map_prot = prot;
	if (kernel.map_error)
		return kernel.map_error;
	*out = mmap(want, size, prot, MAP_SHARED, kernel.memory, 0);
	return *out == MAP_FAILED ? -errno : 0;
}

static int sim_ioperm(uint32_t first, uint32_t count, bool on)
{
	kernel.asked += on;
	if (on && kernel.refusal)
		return kernel.refusal;
	allowed_first = first;
	allowed_count = on ? count : 0;
	return 0;
}

static bool allowed(uint32_t port, unsigned int width)
{
	bool is = port >= allowed_first && port + width <= allowed_first + allowed_count;

	kernel.instructions++;
	kernel.faults += !is;
	return is;
}

static uint32_t sim_port_in(uint32_t port, unsigned int width)
{
	uint32_t value = 0;

	if (allowed(port, width))
		memcpy(&value, &kernel.ports[port], width);
	return value;
}

static void sim_port_out(uint32_t port, unsigned int width, uint32_t value)
{
	if (allowed(port, width))
		memcpy(&kernel.ports[port], &value, width);
}

static const struct sim sim_any = {
	.open = sim_open,
	.read = sim_read,
	.write = sim_write,
	.poll = sim_poll,
	.mmap = sim_mmap,
	.ioperm = sim_ioperm,
	.port_in = sim_port_in,
	.port_out = sim_port_out,
};

static void reset_kernel(void)
{
	if (kernel.memory > 0)
		close(kernel.memory);
	memset(&kernel, 0, sizeof(kernel));
	kernel.node = kernel.port = -1;
	kernel.control = -1;
	kernel.memory = memfd_create("maps", MFD_CLOEXEC);
	ASSERT(!ftruncate(kernel.memory, 1 << 20));
	for (unsigned int i = 0; i < PORTS; i++)
		kernel.ports[i] = (unsigned char)(i ^ i >> 8);
}

/* In place of the one that is in use. */
static void use_tree(const char *name)
{
	const struct uvio_ctx_options options = {
		.log = test_log, .log_data = &log_of_all, .log_level = UVIO_LOG_WARNING};

	if (tree)
		tree_free(tree);
	log_of_all = (struct test_log){0};
	tree = tree_new_with(name, &options);
	inject_reset(tree->root);
	reset_kernel();
	sim = &sim_any;
}

static void use_platform(void)
{
	use_tree("platform");
}

static void use_isa(void)
{
	use_tree("isa-ports");
	kernel.no_irq = true;
}

static void use_mf624(void)
{
	use_tree("uio-mf624");
	tree_change(tree, "file " MF624_FOLDER "/resource1");
}

static void close_it(void)
{
	uvio_udev_close(udev);
	udev = NULL;
}

static void teardown(void)
{
	close_it();
	sim = NULL;
	tree_free(tree);
	tree = NULL;
}

static int open_it(const char *address, uint32_t flags)
{
	struct uvio_open_options options = {.backend = "uio", .flags = flags};

	return uvio_udev_open(tree->ctx, address, &options, &udev);
}

static void a_map_is_at_as_many_pages_as_its_number(void)
{
	ASSERT_OK(open_it("uio1", 0));
	ASSERT_OK(uvio_region_map(udev, 1, &region));
	ASSERT_EQ(kernel.map_offset, sysconf(_SC_PAGESIZE));
	ASSERT_EQ(kernel.map_size, sysconf(_SC_PAGESIZE));
	ASSERT_OK(uvio_region_map(udev, 0, &region));
	ASSERT_EQ(kernel.map_offset, 0);
	ASSERT_EQ(kernel.map_size, 0x10000);
}

static void registers_begin_at_the_offset_of_the_map(void)
{
	static const uint32_t value = 0x12345678;

	ASSERT_EQ(pwrite(kernel.memory, &value, 4, 0x10), 4);
	ASSERT_OK(open_it("uio1", 0));
	ASSERT_OK(uvio_region_map(udev, 1, &region));
	ASSERT_EQ(region.size, 0x1000 - 0x10);
	ASSERT_EQ(uvio_read32(&region, 0), value);
	ASSERT_EQ((uintptr_t)region.base & 0xfff, 0x10);
	ASSERT_EQ(uvio_read32(&region, region.size), UINT32_MAX);
}

static void a_map_of_less_than_a_page_cannot_be_mapped(void)
{
	kernel.map_error = -EINVAL;
	tree_change(tree, "file sys/class/uio/uio1/maps/map0/size 0x80\\n");
	ASSERT_OK(open_it("uio1", 0));
	ASSERT_ERR(uvio_region_map(udev, 0, &region), -EINVAL,
		"uio1: map 0 (0x80 bytes at 0x40000000): Invalid argument; the kernel maps whole "
		"pages only, and the driver of this device offers less");
	ASSERT_EQ(kernel.map_size, PAGE);
}

static void registers_are_never_mapped_privately(void)
{
	ASSERT_OK(open_it("uio1", 0));
	ASSERT_OK(uvio_region_map(udev, 0, &region));
	ASSERT_EQ(kernel.map_flags & (MAP_SHARED | MAP_PRIVATE), MAP_SHARED);
	ASSERT_EQ(kernel.map_prot, PROT_READ | PROT_WRITE);
}

static void a_map_that_is_not_offered_is_named(void)
{
	ASSERT_OK(open_it("uio1", 0));
	ASSERT_ERR(uvio_region_info(udev, 2, &region), -ENOENT,
		"uio1: its UIO driver offers no map 2");
	ASSERT_ERR(uvio_region_info(udev, UVIO_REGION_CONFIG, &region), -ENOENT,
		"beside maps, 0 to 4, a UIO device has I/O ports, 8 to 12");
	ASSERT_ERR(uvio_region_info(udev, UVIO_REGION_PORT0, &region), -ENOENT, "no region 8");
	ASSERT_ERR(uvio_region_info(udev, 31, &region), -ENOENT, "no region 31");
}

static void a_device_without_maps_is_no_failure(void)
{
	use_isa();
	ASSERT_OK(open_it("uio3", 0));
	ASSERT_ERR(
		uvio_region_map(udev, 0, &region), -ENOENT, "uio3: its UIO driver offers no map 0");
	ASSERT(uvio_udev_alive(udev));
}

static void the_maps_of_mf624_are_its_bars(void)
{
	use_mf624();
	ASSERT_OK(open_it("name:mf624", 0));
	ASSERT_STR(uvio_udev_address(udev), MF624);
	ASSERT_OK(uvio_region_map(udev, 2, &region));
	ASSERT_EQ(kernel.map_offset, 1 * PAGE);
	ASSERT_EQ(region.size, 0x100);
	ASSERT_OK(uvio_region_info(udev, 4, &region));
	ASSERT_EQ(region.size, 32 << 20);
}

static void a_device_is_opened_by_its_name(void)
{
	ASSERT_OK(open_it("name:fieldbus", 0));
	ASSERT_STR(uvio_udev_address(udev), "uio1");
	ASSERT_STR(uvio_udev_backend(udev), "uio");
}

static void devices_of_a_real_platform_are_found(void)
{
	use_tree("uio-pdrv-genirq");
	kernel.no_irq = true;
	ASSERT_OK(open_it("name:HPET", 0));
	ASSERT_STR(uvio_udev_address(udev), "uio0");
	ASSERT_OK(uvio_region_map(udev, 0, &region));
	ASSERT_EQ(region.size, 0x1000);
	close_it();
	ASSERT_OK(open_it("name:FWCF", 0));
	for (unsigned int i = 0; i < UVIO_REGION_COUNT; i++)
		ASSERT_EQ(uvio_region_info(udev, i, &region), -ENOENT);
}

static void names_that_two_have_are_listed(void)
{
	use_tree("same-name");
	ASSERT_ERR(open_it("name:adc", 0), -EEXIST,
		"name:adc: 2 UIO devices have that name: uio2, uio10; name one of them by its "
		"number");
	ASSERT_OK(open_it("uio10", 0));
}

static void what_only_pci_has_is_refused(void)
{
	ASSERT_OK(open_it("uio1", UVIO_OPEN_UNSAFE_DMA));
	ASSERT(!(uvio_caps(udev) & (UVIO_CAP_CONFIG | UVIO_CAP_RESET | UVIO_CAP_BUS_MASTER)));
	ASSERT_ERR(uvio_bus_master(udev, true), -ENOTSUP, "this is no PCI device");
	ASSERT_ERR(uvio_udev_reset(udev), -ENOTSUP, "use a reset register of the card");
	ASSERT_EQ(uvio_udev_vendor(udev), 0xffff);
}

static void an_interrupt_is_armed_by_the_node(void)
{
	const uint64_t one = 1;
	uint64_t events;

	ASSERT_OK(open_it("uio1", 0));
	ASSERT(uvio_caps(udev) & UVIO_CAP_INTX);
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT_EQ(kernel.control, 1);
	ASSERT_EQ(inject_write(kernel.node, &one, 8), 8);
	ASSERT_OK(uvio_irq_wait(udev, 0, 1000, &events));
	ASSERT_OK(uvio_irq_ack(udev, 0));
	ASSERT_EQ(kernel.control, 1);
	ASSERT_EQ(kernel.controls, 2);
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_EQ(kernel.control, 0);
}

static void a_driver_without_irqcontrol_is_armed_in_the_card(void)
{
	kernel.no_irqcontrol = true;
	ASSERT_OK(open_it("uio1", 0));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT_OK(uvio_irq_ack(udev, 0));
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_EQ(kernel.controls, 0);
}

static void mf624_is_armed_by_the_node(void)
{
	use_mf624();
	ASSERT_OK(open_it(MF624, 0));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT_EQ(kernel.control, 1);
	close_it();
	ASSERT_EQ(kernel.control, 0);
}

static void a_device_without_interrupt_is_polled(void)
{
	uint64_t events;

	kernel.no_irq = true;
	ASSERT_OK(open_it("uio1", 0));
	ASSERT(!(uvio_caps(udev) & UVIO_CAP_INTX));
	ASSERT_EQ(uvio_irq_count(udev, UVIO_IRQ_INTX), 0);
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1), -ENOTSUP, "; poll the card");
	ASSERT_ERR(uvio_irq_wait(udev, 0, -1, &events), -ENOTSUP,
		"uio1: it has no interrupt on the uio backend; poll the card");
	ASSERT_ERR(uvio_irq_ack(udev, 0), -ENOTSUP, "poll the card");
	ASSERT_OK(uvio_region_map(udev, 0, &region));
	ASSERT_OK(uvio_poll_until(&region, 0, 1, 0, 10));
	ASSERT(uvio_udev_alive(udev));
}

static void no_message_signalled_interrupt_is_offered(void)
{
	use_mf624();
	ASSERT_OK(open_it(MF624, 0));
	ASSERT_EQ(uvio_irq_count(udev, UVIO_IRQ_MSI), 0);
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_MSI, 1), -ENOTSUP,
		"no msi interrupt on the uio backend; use intx");
}

/* The node, and not poll, tells where the driver went. */
static void an_unbound_driver_without_interrupt_is_noticed(void)
{
	kernel.no_irq = true;
	ASSERT_OK(open_it("uio1", 0));
	tree_change(tree, "remove sys/class/uio/uio1");
	ASSERT(!uvio_udev_alive(udev));
	ASSERT_ERR(uvio_region_map(udev, 0, &region), -ENODEV, "its kernel driver was unbound");
}

static void open_ports(uint32_t flags)
{
	ASSERT_OK(open_it("uio3", flags));
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
		"uio3: region 8: /dev/port moves bytes, and 2 of them are not one access; open it "
		"with UVIO_OPEN_PORT_INSTRUCTIONS");
	ASSERT_ERR(uvio_region_write(&region, 4, 4, 0), -ENOTSUP, "moves bytes");
	ASSERT_ERR(uvio_region_read(&region, 0x10, 1, &value), -ERANGE, "beyond its end");
	ASSERT_EQ(kernel.asked + kernel.instructions, 0);
}

static void ports_of_no_processor_are_refused(void)
{
	ASSERT_OK(open_it("uio3", 0));
	ASSERT_OK(uvio_region_info(udev, UVIO_REGION_PORT0 + 1, &region));
	ASSERT_ERR(uvio_region_map(udev, UVIO_REGION_PORT0 + 1, &region), -ENOTSUP,
		"uio3: region 9: its driver says that these are no ports of the processor "
		"(port_gpio)");
	ASSERT_ERR(uvio_region_info(udev, UVIO_REGION_PORT0 + 2, &region), -ENOENT, "no region 10");
}

static void ports_that_wrap_are_none(void)
{
	tree_change(tree, "file sys/class/uio/uio3/portio/port0/start 0xfff8\\n");
	ASSERT_OK(open_it("uio3", 0));
	ASSERT_ERR(uvio_region_info(udev, UVIO_REGION_PORT0, &region), -ENOENT, "no region 8");
}

static void unmapped_ports_are_not_touched(void)
{
	uint64_t value;

	ASSERT_OK(open_it("uio3", UVIO_OPEN_PORT_INSTRUCTIONS));
	ASSERT_OK(uvio_region_info(udev, UVIO_REGION_PORT0, &region));
	ASSERT_ERR(uvio_region_read(&region, 0, 1, &value), -EINVAL, "region 8: map it first");
	ASSERT_ERR(uvio_region_write(&region, 0, 1, 0), -EINVAL, "map it first");
	ASSERT_EQ(kernel.instructions, 0);
}

static void a_machine_without_dev_port_says_so(void)
{
	kernel.port_error = -EPERM;
	ASSERT_OK(open_it("uio3", 0));
	ASSERT_ERR(uvio_region_map(udev, UVIO_REGION_PORT0, &region), -EPERM,
		"/dev/port for its I/O ports: Operation not permitted; it needs root");
}

static bool no_instructions(void)
{
	if (UVIO_HAS_PORT_INSTRUCTIONS)
		return false;
	ASSERT_ERR(open_it("uio3", UVIO_OPEN_PORT_INSTRUCTIONS), -ENOTSUP,
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

static void exactly_the_ports_are_asked_for_once(void)
{
	if (no_instructions())
		return;
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	for (int i = 0; i < 10; i++)
		uvio_read8(&region, 0);
	ASSERT_EQ(kernel.asked, 1);
	ASSERT_EQ(allowed_first, 0x300);
	ASSERT_EQ(allowed_count, 0x10);
	close_it();
	ASSERT_EQ(allowed_count, 0);
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
	close_it();
	tree_change(tree, "file sys/class/uio/uio3/portio/port0/start 0x310\\n");
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	uvio_read8(&region, 0);
	close_it();
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	uvio_read8(&region, 0);
	ASSERT_EQ(kernel.asked, 3);
	ASSERT_EQ(kernel.faults, 0);
}

static void a_thread_that_may_not_takes_calls(void)
{
	uint64_t value;

	if (no_instructions())
		return;
	kernel.refusal = -EPERM;
	open_ports(UVIO_OPEN_PORT_INSTRUCTIONS);
	ASSERT_HAS(log_of_all.text,
		"uio3: region 8: no port instructions in this thread, calls instead: Operation not "
		"permitted; they need CAP_SYS_RAWIO (root) and no kernel lockdown");
	ASSERT_EQ(uvio_read8(&region, 4), 0x304 % 256 ^ 3);
	ASSERT_ERR(uvio_region_read(&region, 4, 2, &value), -ENOTSUP, "moves bytes");
	ASSERT_EQ(kernel.instructions, 0);
	ASSERT_EQ(kernel.asked, 1);
	kernel.refusal = 0;
	ASSERT_EQ(thread_reads(), (0x305 % 256 ^ 3) << 8 | (0x304 % 256 ^ 3));
	ASSERT_EQ(kernel.instructions, 2);
	ASSERT_EQ(kernel.faults, 0);
}

static void ports_of_a_bar_take_calls_of_their_width(void)
{
	use_mf624();
	ASSERT_OK(open_it(MF624, 0));
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
	use_mf624();
	ASSERT_OK(open_it(MF624, UVIO_OPEN_PORT_INSTRUCTIONS));
	ASSERT_OK(uvio_region_map(udev, 1, &region));
	ASSERT_EQ(uvio_read8(&region, 4), 0x04 ^ 0xd1);
	ASSERT_EQ(allowed_first, 0xd100);
	ASSERT_EQ(allowed_count, 0x80);
	ASSERT_EQ(kernel.instructions, 1);
}

static int map_ports(void)
{
	return uvio_region_map(udev, UVIO_REGION_PORT0, &region);
}

static void fresh(void)
{
	close_it();
	inject_reset(tree->root);
	reset_kernel();
	kernel.no_irq = true;
}

static void begin_isa(void)
{
	ASSERT_OK(open_it("uio3", UVIO_OPEN_PORT_INSTRUCTIONS * UVIO_HAS_PORT_INSTRUCTIONS));
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
	if (open_it("uio3", 0) || map_ports())
		return uvio_last_error();
	return port_reads();
}

static void mapping_ports_fails_cleanly_at_every_call(void)
{
	const struct scene scene = {
		.object = "uio3: ",
		.fresh = fresh,
		.close = close_it,
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

static CU_TestInfo map_cases[] = {
	TEST_FOR("uio 3.18", a_map_is_at_as_many_pages_as_its_number),
	TEST_FOR("uio 3.19", registers_begin_at_the_offset_of_the_map),
	TEST_FOR("uio 3.20", a_map_of_less_than_a_page_cannot_be_mapped),
	TEST_FOR("uio 3.21", the_maps_of_mf624_are_its_bars),
	TEST_FOR("uio 3.25", registers_are_never_mapped_privately),
	TEST(a_map_that_is_not_offered_is_named),
	TEST(a_device_without_maps_is_no_failure),
	TEST_FOR("uio 3.37", a_device_is_opened_by_its_name),
	TEST(devices_of_a_real_platform_are_found),
	TEST(names_that_two_have_are_listed),
	TEST(what_only_pci_has_is_refused),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo irq_cases[] = {
	TEST_FOR("uio 3.11", an_interrupt_is_armed_by_the_node),
	TEST_FOR("uio 3.11", a_driver_without_irqcontrol_is_armed_in_the_card),
	TEST_FOR("uio 3.11", mf624_is_armed_by_the_node),
	TEST_FOR("uio 3.8", a_device_without_interrupt_is_polled),
	TEST_FOR("uio 3.10", no_message_signalled_interrupt_is_offered),
	TEST_FOR("uio 3.36", an_unbound_driver_without_interrupt_is_noticed),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo port_cases[] = {
	TEST_FOR("uio 3.28", ports_of_other_buses_are_bytes_of_dev_port),
	TEST_FOR("uio 3.28", ports_of_no_processor_are_refused),
	TEST(ports_that_wrap_are_none),
	TEST(unmapped_ports_are_not_touched),
	TEST(a_machine_without_dev_port_says_so),
	TEST(instructions_have_every_width),
	TEST(exactly_the_ports_are_asked_for_once),
	TEST_FOR("uio 3.28", every_thread_asks_for_itself),
	TEST(a_permission_is_not_taken_for_one_of_another_range),
	TEST_FOR("uio 3.39", a_thread_that_may_not_takes_calls),
	TEST_FOR("uio 3.28", ports_of_a_bar_take_calls_of_their_width),
	TEST_FOR("uio 3.28", ports_of_a_bar_take_instructions),
	TEST(mapping_ports_fails_cleanly_at_every_call),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"maps", NULL, NULL, use_platform, teardown, map_cases},
	{"interrupts", NULL, NULL, use_platform, teardown, irq_cases},
	{"ports", NULL, NULL, use_isa, teardown, port_cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
