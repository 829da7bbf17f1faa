/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* UIO drivers other than uio_pci_generic: platform devices, several maps, no interrupt. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uvio/uvio.h>

#include "sim_any.h"

#define PAGE 4096

static void use_platform(void)
{
	sim_any_use("platform");
}

static void a_map_is_at_as_many_pages_as_its_number(void)
{
	ASSERT_OK(sim_any_open("uio1", 0));
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
	ASSERT_OK(sim_any_open("uio1", 0));
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
	ASSERT_OK(sim_any_open("uio1", 0));
	ASSERT_ERR(uvio_region_map(udev, 0, &region), -EINVAL,
		"uio1: map 0 (0x80 bytes at 0x40000000): Invalid argument; the kernel maps only "
		"whole pages, and the driver of this device offers less");
	ASSERT_EQ(kernel.map_size, PAGE);
}

static void registers_are_never_mapped_privately(void)
{
	ASSERT_OK(sim_any_open("uio1", 0));
	ASSERT_OK(uvio_region_map(udev, 0, &region));
	ASSERT_EQ(kernel.map_flags & (MAP_SHARED | MAP_PRIVATE), MAP_SHARED);
	ASSERT_EQ(kernel.map_prot, PROT_READ | PROT_WRITE);
}

static void a_map_that_is_not_offered_is_named(void)
{
	ASSERT_OK(sim_any_open("uio1", 0));
	ASSERT_ERR(uvio_region_info(udev, 2, &region), -ENOENT,
		"uio1: its UIO driver offers no map 2");
	ASSERT_ERR(uvio_region_info(udev, UVIO_REGION_CONFIG, &region), -ENOENT,
		"a UIO device has maps, 0 to 4, and I/O ports, 8 to 12");
	ASSERT_ERR(uvio_region_info(udev, UVIO_REGION_PORT0, &region), -ENOENT, "no region 8");
	ASSERT_ERR(uvio_region_info(udev, 15, &region), -ENOENT, "no region 15");
}

static void a_device_without_maps_is_no_failure(void)
{
	sim_any_use("isa-ports");
	kernel.no_irq = true;
	ASSERT_OK(sim_any_open("uio3", 0));
	ASSERT_ERR(
		uvio_region_map(udev, 0, &region), -ENOENT, "uio3: its UIO driver offers no map 0");
	ASSERT(uvio_udev_alive(udev));
}

static void the_maps_of_mf624_are_its_bars(void)
{
	sim_any_use_mf624();
	ASSERT_OK(sim_any_open("name:mf624", 0));
	ASSERT_STR(uvio_udev_address(udev), MF624);
	ASSERT_OK(uvio_region_map(udev, 2, &region));
	ASSERT_EQ(kernel.map_offset, 1 * PAGE);
	ASSERT_EQ(region.size, 0x100);
	ASSERT_OK(uvio_region_info(udev, 4, &region));
	ASSERT_EQ(region.size, 32 << 20);
}

static void a_device_is_opened_by_its_name(void)
{
	ASSERT_OK(sim_any_open("name:fieldbus", 0));
	ASSERT_STR(uvio_udev_address(udev), "uio1");
	ASSERT_STR(uvio_udev_backend(udev), "uio");
}

static void devices_of_a_real_platform_are_found(void)
{
	sim_any_use("uio-pdrv-genirq");
	kernel.no_irq = true;
	ASSERT_OK(sim_any_open("name:HPET", 0));
	ASSERT_STR(uvio_udev_address(udev), "uio0");
	ASSERT_OK(uvio_region_map(udev, 0, &region));
	ASSERT_EQ(region.size, 0x1000);
	sim_any_close();
	ASSERT_OK(sim_any_open("name:FWCF", 0));
	for (unsigned int i = 0; i < UVIO_REGION_COUNT; i++)
		ASSERT_EQ(uvio_region_info(udev, i, &region), -ENOENT);
}

static void names_that_two_have_are_listed(void)
{
	sim_any_use("same-name");
	ASSERT_ERR(sim_any_open("name:adc", 0), -EEXIST,
		"name:adc: 2 UIO devices have that name: uio2, uio10; give the number of one of "
		"them");
	ASSERT_OK(sim_any_open("uio10", 0));
}

static void what_only_pci_has_is_refused(void)
{
	ASSERT_OK(sim_any_open("uio1", UVIO_OPEN_UNSAFE_DMA));
	ASSERT(!(uvio_caps(udev) & (UVIO_CAP_CONFIG | UVIO_CAP_RESET | UVIO_CAP_BUS_MASTER)));
	ASSERT_ERR(uvio_bus_master(udev, true), -ENOTSUP, "not a PCI device");
	ASSERT_ERR(uvio_udev_reset(udev), -ENOTSUP, "use a reset register of the card");
	ASSERT_EQ(uvio_udev_vendor(udev), 0xffff);
}

static void an_interrupt_is_armed_by_the_node(void)
{
	const uint64_t one = 1;
	uint64_t events;

	ASSERT_OK(sim_any_open("uio1", 0));
	ASSERT(uvio_caps(udev) & UVIO_CAP_INTX);
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT_EQ(kernel.control, 1);
	ASSERT_EQ(inject_write(kernel.node, &one, 8), 8);
	ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(1000), &events));
	ASSERT_OK(uvio_irq_ack(udev, 0));
	ASSERT_EQ(kernel.control, 1);
	ASSERT_EQ(kernel.controls, 2);
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_EQ(kernel.control, 0);
}

static void a_driver_without_irqcontrol_is_armed_in_the_card(void)
{
	kernel.no_irqcontrol = true;
	ASSERT_OK(sim_any_open("uio1", 0));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT_OK(uvio_irq_ack(udev, 0));
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_EQ(kernel.controls, 0);
}

static void mf624_is_armed_by_the_node(void)
{
	sim_any_use_mf624();
	ASSERT_OK(sim_any_open(MF624, 0));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT_EQ(kernel.control, 1);
	sim_any_close();
	ASSERT_EQ(kernel.control, 0);
}

static void a_device_without_interrupt_is_polled(void)
{
	uint64_t events;

	kernel.no_irq = true;
	ASSERT_OK(sim_any_open("uio1", 0));
	ASSERT(!(uvio_caps(udev) & UVIO_CAP_INTX));
	ASSERT_EQ(uvio_irq_count(udev, UVIO_IRQ_INTX), 0);
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1), -ENOTSUP, "; poll the card");
	ASSERT_ERR(uvio_irq_wait(udev, 0, -1, &events), -ENOTSUP,
		"uio1: it has no interrupt on the uio backend; poll the card");
	ASSERT_ERR(uvio_irq_ack(udev, 0), -ENOTSUP, "poll the card");
	ASSERT_OK(uvio_region_map(udev, 0, &region));
	ASSERT_OK(uvio_poll_until(&region, 0, 4, 1, 0, UVIO_MS(10)));
	ASSERT(uvio_udev_alive(udev));
}

static void no_message_signalled_interrupt_is_offered(void)
{
	sim_any_use_mf624();
	ASSERT_OK(sim_any_open(MF624, 0));
	ASSERT_EQ(uvio_irq_count(udev, UVIO_IRQ_MSI), 0);
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_MSI, 1), -ENOTSUP,
		"no msi interrupt on the uio backend; use intx");
}

/* The node, and not poll, tells where the driver went. */
static void an_unbound_driver_without_interrupt_is_noticed(void)
{
	kernel.no_irq = true;
	ASSERT_OK(sim_any_open("uio1", 0));
	tree_change(tree, "remove sys/class/uio/uio1");
	ASSERT(!uvio_udev_alive(udev));
	ASSERT_ERR(uvio_region_map(udev, 0, &region), -ENODEV, "its kernel driver was unbound");
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

static CU_SuiteInfo suites[] = {
	{"maps", NULL, NULL, use_platform, sim_any_end, map_cases},
	{"interrupts", NULL, NULL, use_platform, sim_any_end, irq_cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
