/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/context.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "harness.h"
#include "inject_ops.h"
#include "sim_uio.h"

static bool map_is_missing, irqcontrol, scattered, no_huge, far;

static const struct uvio_ctx_options with_guard = {.guard_program = GUARD_PROGRAM};

static void fresh(void)
{
	card_close();
	inject_reset(card.tree->root);
	sim_uio_reset(card.tree);
	uio.no_map = map_is_missing;
	uio.irqcontrol = irqcontrol;
	uio.scattered = scattered;
	if (no_huge)
		uio.huge = 0;
	if (far) {
		uio.far_huge = uio.far_pages = 1;
		uio.far_stride = 2;
	}
	sim_uio_add_memory(card.tree);
}

/* In pieces only where that is asked for. */
static const char *usable(void)
{
	uio.scattered = false;
	uio.far_huge = uio.far_pages = uio.far_stride = 0;
	return card_usable();
}

static const struct scene scene = {
	.object = EDU ": ",
	.fresh = fresh,
	.close = card_close,
	.gone = card_gone,
	.usable = usable,
};

static void raise_line(unsigned int vector)
{
	(void)vector;
	sim_uio_raise();
}

static void unbind(void)
{
	uio.gone = true;
}

static void setup(void)
{
	sim = &sim_uio;
	map_is_missing = irqcontrol = scattered = no_huge = far = false;
	card = (struct card){
		.tree = tree_new_with("edu-uio", &with_guard),
		.options = {.backend = "uio", .flags = UVIO_OPEN_UNSAFE_DMA},
		.raise = raise_line,
		.tell = unbind,
		.command = sim_uio_command,
	};
	fresh();
}

static void teardown(void)
{
	card_discard();
}

CASE(find_fails_cleanly_at_every_call, op_find)
CASE(list_fails_cleanly_at_every_call, op_list)
CASE(open_fails_cleanly_at_every_call, op_open)
CASE(open_on_any_backend_fails_cleanly_at_every_call, op_open_any)
CASE(region_info_fails_cleanly_at_every_call, op_region_info)
CASE(region_map_fails_cleanly_at_every_call, op_region_map)
CASE(region_map_of_config_fails_cleanly_at_every_call, op_region_map_config)
CASE(a_read_fails_cleanly_at_every_call, op_config_read)
CASE(a_write_fails_cleanly_at_every_call, op_config_write)
CASE(irq_enable_fails_cleanly_at_every_call, op_irq_enable)
CASE(irq_wait_fails_cleanly_at_every_call, op_irq_wait)
CASE(irq_wait_asleep_fails_cleanly_at_every_call, op_irq_wait_asleep)
CASE(irq_wait_in_vain_fails_cleanly_at_every_call, op_irq_wait_in_vain)
CASE(irq_cancel_fails_cleanly_at_every_call, op_irq_cancel)
CASE(irq_consume_fails_cleanly_at_every_call, op_irq_consume)
CASE(irq_ack_fails_cleanly_at_every_call, op_irq_ack)
CASE(irq_disable_fails_cleanly_at_every_call, op_irq_disable)
CASE(event_wait_in_vain_fails_cleanly_at_every_call, op_event_wait_in_vain)
CASE(event_fd_fails_cleanly_at_every_call, op_event_fd)
CASE(dma_map_fails_cleanly_at_every_call, op_dma_map)
CASE(dma_unmap_fails_cleanly_at_every_call, op_dma_unmap)
CASE(dma_alloc_fails_cleanly_at_every_call, op_dma_alloc)
CASE(dma_free_fails_cleanly_at_every_call, op_dma_free)
CASE(dma_alloc_scattered_fails_cleanly_at_every_call, op_dma_scattered)
CASE(dma_verify_fails_cleanly_at_every_call, op_dma_verify)
CASE(dma_from_region_fails_cleanly_at_every_call, op_dma_from_region)
CASE(dma_import_fails_cleanly_at_every_call, op_dma_import)
CASE(bus_master_on_fails_cleanly_at_every_call, op_bus_master_on)
CASE(bus_master_off_fails_cleanly_at_every_call, op_bus_master_off)
CASE(reset_fails_cleanly_at_every_call, op_reset)
CASE(alive_fails_cleanly_at_every_call, op_alive)
CASE(close_cleans_up_whatever_fails, op_close)

static void a_map_by_resource_fails_cleanly_at_every_call(void)
{
	map_is_missing = true;
	inject_everywhere(&scene, &op_region_map);
}

static void irq_enable_by_irqcontrol_fails_cleanly_at_every_call(void)
{
	irqcontrol = true;
	inject_everywhere(&scene, &op_irq_enable);
}

static void irq_ack_by_irqcontrol_fails_cleanly_at_every_call(void)
{
	irqcontrol = true;
	inject_everywhere(&scene, &op_irq_ack);
}

static void irq_disable_by_irqcontrol_fails_cleanly_at_every_call(void)
{
	irqcontrol = true;
	inject_everywhere(&scene, &op_irq_disable);
}

static void dma_map_in_pieces_fails_cleanly_at_every_call(void)
{
	scattered = true;
	inject_everywhere(&scene, &op_dma_map);
}

static void region_map_of_the_rom_fails_cleanly_at_every_call(void)
{
	tree_change(card.tree, "hex " EDU_FOLDER "/rom 55aa10cb");
	inject_everywhere(&scene, &op_region_map_rom);
}

/* Many cards decode no register meanwhile; and it is read-only. */
static void the_rom_is_enabled_only_while_it_is_copied(void)
{
	struct uvio_region rom;

	tree_change(card.tree, "hex " EDU_FOLDER "/rom 55aa10cb01020304");
	card_open_asserted();
	ASSERT_OK(uvio_region_map(udev, UVIO_REGION_ROM, &rom));
	ASSERT(!uio.rom_enabled && uio.rom < 0);
	ASSERT_EQ(rom.flags, UVIO_REGION_READ);
	ASSERT_EQ(rom.size, 8);
	ASSERT_EQ(uvio_read32(&rom, 4), 0x04030201);
	ASSERT_ERR(uvio_region_write(&rom, 0, 1, 0), -EACCES, "ROM: it is read-only");
	ASSERT_ERR(uvio_udev_hot_reset(udev), -ENOTSUP, "the uio backend cannot reset a bus");
	ASSERT_ERR(uvio_low_power(udev, true), -ENOTSUP, "has no low power");
	ASSERT_ERR(uvio_region_find(udev, 1, 1), -ENOTSUP, "no regions with a type");
	ASSERT_ERR(uvio_vf_token_set(udev, "12345678-9abc-def0-1234-56789abcdef0"), -ENOTSUP,
		"the uio backend has no VF tokens");
}

static void a_card_without_rom_has_none(void)
{
	struct uvio_region rom;

	card_open_asserted();
	ASSERT_ERR(uvio_region_info(udev, UVIO_REGION_ROM, &rom), -ENOENT, "the card has no ROM");
}

static void dma_alloc_of_one_page_fails_cleanly_at_every_call(void)
{
	no_huge = true;
	inject_everywhere(&scene, &op_dma_alloc);
}

static void dma_alloc_below_the_mask_fails_cleanly_at_every_call(void)
{
	far = true;
	card.options.dma_mask = SIM_UIO_MASK;
	inject_everywhere(&scene, &op_dma_alloc);
}

static void pages_put_in_place_of_others_fail_cleanly_at_every_call(void)
{
	far = true;
	card.options.dma_mask = SIM_UIO_MASK;
	inject_everywhere(&scene, &op_dma_scattered);
}

static void guarded(const struct operation *operation)
{
	tree_change(card.tree, "file " EDU_FOLDER "/reset");
	card.options.flags |= UVIO_OPEN_GUARD_RESET;
	inject_everywhere(&scene, operation);
}

static void open_with_a_guard_fails_cleanly_at_every_call(void)
{
	guarded(&op_open);
}

static void dma_alloc_with_a_guard_fails_cleanly_at_every_call(void)
{
	guarded(&op_dma_alloc);
}

/* Pages that take the place of others are the guard's, too. */
static void scattered_memory_with_a_guard_fails_cleanly_at_every_call(void)
{
	far = true;
	card.options.dma_mask = SIM_UIO_MASK;
	guarded(&op_dma_scattered);
}

static void dma_free_with_a_guard_fails_cleanly_at_every_call(void)
{
	guarded(&op_dma_free);
}

static void dma_map_with_a_guard_fails_cleanly_at_every_call(void)
{
	guarded(&op_dma_map);
}

static void bus_master_on_with_a_guard_fails_cleanly_at_every_call(void)
{
	guarded(&op_bus_master_on);
}

static void close_with_a_guard_cleans_up_whatever_fails(void)
{
	guarded(&op_close);
}

static void a_guard_of_a_program_fails_cleanly_at_every_call(void)
{
	inject_everywhere(&scene, &op_guard_new);
}

static void stopping_a_card_fails_cleanly_at_every_call(void)
{
	inject_everywhere(&scene, &op_guard_stop);
}

/* Mapped all the same: there is no other way to the memory of a card. */
static void registers_left_to_calls_end_with_the_card(void)
{
	struct uvio_region region;
	uint64_t value;

	card.options.flags |= UVIO_OPEN_SURVIVE_REMOVAL;
	card_open_asserted();
	ASSERT_OK(uvio_region_map(udev, 0, &region));
	ASSERT(!region.base && !region.direct && region.flags & UVIO_REGION_MMAP);
	ASSERT_EQ(uvio_read32(&region, 0), 0x010000ed);
	uvio_write32(&region, 8, 0x12345678);
	uvio_write8(&region, 9, 0xff);
	ASSERT_EQ(uvio_read16(&region, 8), 0xff78);
	uio.gone = true;
	ASSERT(!uvio_udev_alive(udev));
	ASSERT_EQ(uvio_read32(&region, 8), UINT32_MAX);
	ASSERT_ERR(uvio_region_read(&region, 8, 4, &value), -ENODEV, "the device is gone");
	ASSERT_ERR(uvio_region_write(&region, 8, 4, 0), -ENODEV, "the device is gone");
	uio.gone = false;
}

static void regions_left_to_calls_fail_cleanly_at_every_call(void)
{
	card.options.flags |= UVIO_OPEN_SURVIVE_REMOVAL;
	inject_everywhere(&scene, &op_region_map);
	map_is_missing = true;
	inject_everywhere(&scene, &op_region_map);
}

static const char *nothing_to_use(void)
{
	return NULL;
}

static void event_wait_fails_cleanly_at_every_call(void)
{
	const struct scene unbound = {
		.object = EDU ": ",
		.fresh = fresh,
		.close = card_close,
		.gone = card_gone,
		.usable = nothing_to_use,
	};

	inject_everywhere(&unbound, &op_event_wait);
}

/* Whatever cannot be read: a card behind an IOMMU must not get physical addresses. */
static void bus_mastering_behind_an_iommu_is_refused_at_every_call(void)
{
	const struct scene behind_iommu = {
		.object = EDU ": ",
		.fresh = fresh,
		.close = card_close,
		.gone = card_gone,
		.usable = nothing_to_use,
	};
	struct operation operation = op_bus_master_on;

	tree_change(card.tree, "file sys/kernel/iommu_groups/1/type DMA-FQ\\n");
	operation.expects = -EPERM;
	operation.once = true;
	inject_everywhere(&behind_iommu, &operation);
}

static CU_TestInfo failing[] = {
	TEST(find_fails_cleanly_at_every_call),
	TEST(list_fails_cleanly_at_every_call),
	TEST(open_fails_cleanly_at_every_call),
	TEST(open_on_any_backend_fails_cleanly_at_every_call),
	TEST(region_info_fails_cleanly_at_every_call),
	TEST(region_map_fails_cleanly_at_every_call),
	TEST(region_map_of_config_fails_cleanly_at_every_call),
	TEST(a_read_fails_cleanly_at_every_call),
	TEST(a_write_fails_cleanly_at_every_call),
	TEST(irq_enable_fails_cleanly_at_every_call),
	TEST(irq_wait_fails_cleanly_at_every_call),
	TEST(irq_wait_asleep_fails_cleanly_at_every_call),
	TEST(irq_wait_in_vain_fails_cleanly_at_every_call),
	TEST(irq_cancel_fails_cleanly_at_every_call),
	TEST(irq_consume_fails_cleanly_at_every_call),
	TEST(irq_ack_fails_cleanly_at_every_call),
	TEST(irq_disable_fails_cleanly_at_every_call),
	TEST(event_wait_fails_cleanly_at_every_call),
	TEST(event_wait_in_vain_fails_cleanly_at_every_call),
	TEST(event_fd_fails_cleanly_at_every_call),
	TEST(dma_map_fails_cleanly_at_every_call),
	TEST(dma_unmap_fails_cleanly_at_every_call),
	TEST(dma_alloc_fails_cleanly_at_every_call),
	TEST(dma_free_fails_cleanly_at_every_call),
	TEST(dma_alloc_scattered_fails_cleanly_at_every_call),
	TEST(dma_verify_fails_cleanly_at_every_call),
	TEST(dma_from_region_fails_cleanly_at_every_call),
	TEST(dma_import_fails_cleanly_at_every_call),
	TEST(bus_master_on_fails_cleanly_at_every_call),
	TEST(bus_master_off_fails_cleanly_at_every_call),
	TEST(reset_fails_cleanly_at_every_call),
	TEST(alive_fails_cleanly_at_every_call),
	TEST(close_cleans_up_whatever_fails),
	TEST_FOR("uio 3.21", a_map_by_resource_fails_cleanly_at_every_call),
	TEST_FOR("uio 3.36", registers_left_to_calls_end_with_the_card),
	TEST(regions_left_to_calls_fail_cleanly_at_every_call),
	TEST_FOR("uio 3.11", irq_enable_by_irqcontrol_fails_cleanly_at_every_call),
	TEST_FOR("uio 3.11", irq_ack_by_irqcontrol_fails_cleanly_at_every_call),
	TEST_FOR("uio 3.11", irq_disable_by_irqcontrol_fails_cleanly_at_every_call),
	TEST_FOR("uio 3.32", dma_map_in_pieces_fails_cleanly_at_every_call),
	TEST(region_map_of_the_rom_fails_cleanly_at_every_call),
	TEST(the_rom_is_enabled_only_while_it_is_copied),
	TEST(a_card_without_rom_has_none),
	TEST(dma_alloc_of_one_page_fails_cleanly_at_every_call),
	TEST_FOR("uio 3.34", dma_alloc_below_the_mask_fails_cleanly_at_every_call),
	TEST_FOR("uio 3.34", pages_put_in_place_of_others_fail_cleanly_at_every_call),
	TEST_FOR("uio 3.33", bus_mastering_behind_an_iommu_is_refused_at_every_call),
	TEST(open_with_a_guard_fails_cleanly_at_every_call),
	TEST(dma_alloc_with_a_guard_fails_cleanly_at_every_call),
	TEST(scattered_memory_with_a_guard_fails_cleanly_at_every_call),
	TEST(dma_free_with_a_guard_fails_cleanly_at_every_call),
	TEST(dma_map_with_a_guard_fails_cleanly_at_every_call),
	TEST(bus_master_on_with_a_guard_fails_cleanly_at_every_call),
	TEST(close_with_a_guard_cleans_up_whatever_fails),
	TEST(a_guard_of_a_program_fails_cleanly_at_every_call),
	TEST(stopping_a_card_fails_cleanly_at_every_call),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"uio", NULL, NULL, setup, teardown, failing},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	int rc = test_main(suites);

	inject_print_total();
	return rc;
}
