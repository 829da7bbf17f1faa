/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

/* What vfio-pci does to the whole card: resets, sleep and VF tokens. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/event.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "harness.h"
#include "inject_ops.h"
#include "sim_vfio.h"

#define UUID "12345678-9abc-def0-1234-56789ABCDEF0"
#define BUS_MASTER 0x4
#define MEMORY 0x2

static void setup(void)
{
	sim_vfio_card(&sim_vfio, "vfio");
}

static void teardown(void)
{
	char left[256];

	card_discard();
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
}

static void memory_is_decoded_after_open(void)
{
	card_open_asserted();
	ASSERT(sim_vfio_command() & MEMORY);
}

static void bus_mastering_is_off_until_asked_for(void)
{
	card_open_asserted();
	ASSERT(!(sim_vfio_command() & BUS_MASTER));
	ASSERT_OK(uvio_bus_master(udev, true));
	ASSERT(sim_vfio_command() & BUS_MASTER);
}

static void memory_is_decoded_after_a_reset(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_bus_master(udev, true));
	ASSERT_OK(uvio_udev_reset(udev));
	ASSERT_EQ(vfio.resets, 1);
	ASSERT_EQ(sim_vfio_command() & (MEMORY | BUS_MASTER), MEMORY);
}

static void a_card_without_reset_is_pointed_to_its_bus(void)
{
	vfio.info.flags &= ~(uint32_t)VFIO_DEVICE_FLAGS_RESET;
	card_open_asserted();
	ASSERT(!(uvio_caps(udev) & UVIO_CAP_RESET));
	ASSERT_ERR(uvio_udev_reset(udev), -ENOTSUP, "use a reset register of the card, or reset");
	ASSERT_EQ(vfio.resets, 0);
}

static uint16_t last_command;

static void note_command(unsigned long request, void *answer)
{
	(void)answer;
	if (request == VFIO_DEVICE_SET_IRQS)
		last_command = sim_vfio_command();
}

static void a_card_without_reset_is_quiet_at_close(void)
{
	vfio.info.flags &= ~(uint32_t)VFIO_DEVICE_FLAGS_RESET;
	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT_OK(uvio_bus_master(udev, true));
	vfio.lie = note_command;
	card_close();
	ASSERT(!(last_command & BUS_MASTER));
}

static void the_bus_is_reset(void)
{
	card_open_asserted();
	ASSERT(uvio_caps(udev) & UVIO_CAP_BUS_RESET);
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT_OK(uvio_bus_master(udev, true));
	ASSERT_OK(uvio_udev_hot_reset(udev));
	ASSERT_EQ(vfio.hot_resets, 1);
	ASSERT_EQ(sim_vfio_command() & (MEMORY | BUS_MASTER), MEMORY);
	ASSERT_ERR(uvio_irq_fd(udev, 0), -EINVAL, "is not enabled");
}

static bool was_locked;

static void note_lock(unsigned long request, void *answer)
{
	(void)answer;
	if (request != VFIO_DEVICE_PCI_HOT_RESET)
		return;
	was_locked = pthread_mutex_trylock(&udev->domain->lock) == EBUSY;
	if (!was_locked)
		pthread_mutex_unlock(&udev->domain->lock);
}

/* Its groups are those of the domain, which others open and close. */
static void no_device_comes_or_goes_while_the_bus_is_reset(void)
{
	card_open_asserted();
	vfio.lie = note_lock;
	ASSERT_OK(uvio_udev_hot_reset(udev));
	vfio.lie = NULL;
	ASSERT(was_locked);
}

/* 0000:00:05.0 of the tree has this driver and this group. */
static void add_neighbour(const char *driver, unsigned int group)
{
	tree_change(
		card.tree, "link sys/bus/pci/devices/0000:00:05.0/driver ../drivers/%s", driver);
	tree_change(card.tree,
		"link sys/bus/pci/devices/0000:00:05.0/iommu_group ../../../../kernel/"
		"iommu_groups/%u",
		group);
	vfio.affected[vfio.affected_count++] =
		(struct vfio_pci_dependent_device){group, 0, 0, 5 << 3};
}

static void all_that_it_affects_are_told(void)
{
	struct uvio_affected affected[4] = {0};

	add_neighbour("e1000e", 7);
	card_open_asserted();
	ASSERT_EQ(uvio_udev_hot_reset_affects(udev, NULL, 0), 2);
	ASSERT_EQ(uvio_udev_hot_reset_affects(udev, affected, 1), 2);
	ASSERT_STR(affected[0].address, EDU);
	ASSERT_STR(affected[0].driver, "vfio-pci");
	ASSERT_EQ(affected[0].flags, UVIO_AFFECTED_SELF);
	ASSERT_STR(affected[1].address, "");
	ASSERT_EQ(uvio_udev_hot_reset_affects(udev, affected, 4), 2);
	ASSERT_STR(affected[1].address, "0000:00:05.0");
	ASSERT_STR(affected[1].driver, "e1000e");
	ASSERT_EQ(affected[1].iommu_group, 7);
	ASSERT_EQ(affected[1].flags, UVIO_AFFECTED_BLOCKS);
	ASSERT_ERR(uvio_udev_hot_reset_affects(udev, NULL, 1), -EINVAL, "no array for 1");
}

/* A caller that was compiled with headers of another version: as an array of other elements. */
static void elements_of_another_size_are_filled_each(void)
{
	struct longer {
		struct uvio_affected affected;
		char more[16];
	} longer[3];
	char shorter[3][24];

	add_neighbour("e1000e", 7);
	card_open_asserted();
	memset(longer, 0xa5, sizeof(longer));
	memset(shorter, 0xa5, sizeof(shorter));
	ASSERT_EQ(
		uvio_udev_hot_reset_affects_sized(udev, &longer[0].affected, 2, sizeof(longer[0])),
		2);
	ASSERT_STR(longer[1].affected.address, "0000:00:05.0");
	ASSERT_STR(longer[1].affected.driver, "e1000e");
	ASSERT_EQ(longer[1].more[0] | longer[1].more[15], 0);
	ASSERT_EQ((unsigned char)longer[2].affected.address[0], 0xa5);
	ASSERT_EQ(uvio_udev_hot_reset_affects_sized(udev, (void *)shorter, 2, 24), 2);
	ASSERT_STR(shorter[0], EDU);
	ASSERT_STR(shorter[1], "0000:00:05.0");
	ASSERT_EQ((unsigned char)shorter[2][0], 0xa5);
	ASSERT_ERR(uvio_udev_hot_reset_affects_sized(udev, NULL, 0, 0), -EINVAL,
		"the size of devices is 0");
}

static void a_neighbour_of_the_group_on_vfio_is_not_in_the_way(void)
{
	struct uvio_affected affected[4] = {0};

	add_neighbour("vfio-pci", 1);
	card_open_asserted();
	ASSERT_EQ(uvio_udev_hot_reset_affects(udev, affected, 4), 2);
	ASSERT_EQ(affected[1].flags, 0);
}

static void who_is_in_the_way_is_named(void)
{
	add_neighbour("e1000e", 7);
	vfio.hot_reset_error = -EINVAL;
	card_open_asserted();
	ASSERT_ERR(uvio_udev_hot_reset(udev), -EBUSY,
		EDU ": 0000:00:05.0 (e1000e, group 7) would be reset too; bind each to vfio as "
		    "well (uvio bind ADDRESS vfio), and open those not in IOMMU group 1 in the "
		    "same domain");
	vfio.hot_reset_error = -EPERM;
	ASSERT_ERR(uvio_udev_hot_reset(udev), -EBUSY, "0000:00:05.0 (e1000e, group 7)");
}

static void where_nobody_is_in_the_way_the_kernel_says_why(void)
{
	vfio.hot_reset_error = -EPERM;
	card_open_asserted();
	ASSERT_ERR(uvio_udev_hot_reset(udev), -EPERM, EDU ": VFIO_DEVICE_PCI_HOT_RESET");
	ASSERT(uvio_udev_alive(udev));
}

static void a_bus_that_cannot_be_reset_says_so(void)
{
	vfio.affected_count = 0;
	card_open_asserted();
	ASSERT(!(uvio_caps(udev) & UVIO_CAP_BUS_RESET));
	ASSERT_ERR(uvio_udev_hot_reset(udev), -ENOTSUP, "neither its slot nor its bus");
	ASSERT_ERR(uvio_udev_hot_reset_affects(udev, NULL, 0), -ENOTSUP, "neither its slot");
	ASSERT(uvio_udev_alive(udev));
}

static void grow(unsigned long request, void *answer)
{
	if (request == VFIO_DEVICE_GET_PCI_HOT_RESET_INFO)
		((struct vfio_pci_hot_reset_info *)answer)->count = vfio.asked_affected + 40;
}

static void a_number_that_grows_for_ever_is_an_error(void)
{
	card_open_asserted();
	vfio.lie = grow;
	ASSERT_ERR(uvio_udev_hot_reset_affects(udev, NULL, 0), -EPROTO, "a reset affects");
	ASSERT(vfio.asked_affected < 20);
}

static void say_too_many(unsigned long request, void *answer)
{
	if (request == VFIO_DEVICE_GET_PCI_HOT_RESET_INFO)
		((struct vfio_pci_hot_reset_info *)answer)->count = UINT32_MAX;
}

static void an_absurd_number_is_not_believed(void)
{
	card_open_asserted();
	vfio.lie = say_too_many;
	ASSERT_ERR(uvio_udev_hot_reset_affects(udev, NULL, 0), -EPROTO, "4294967295 devices");
}

static void a_busy_kernel_is_asked_three_times(void)
{
	vfio.hot_reset_error = -EAGAIN;
	card_open_asserted();
	ASSERT_ERR(uvio_udev_hot_reset(udev), -EAGAIN, "cannot reset it now; try again");
}

static void sleep_and_waking_are_paired(void)
{
	card_open_asserted();
	ASSERT(uvio_caps(udev) & UVIO_CAP_LOW_POWER);
	ASSERT(!vfio.low_power);
	ASSERT_OK(uvio_low_power(udev, true));
	ASSERT_OK(uvio_low_power(udev, true));
	ASSERT(vfio.low_power);
	ASSERT_OK(uvio_low_power(udev, false));
	ASSERT_OK(uvio_low_power(udev, false));
	ASSERT(!vfio.low_power);
}

static void calls_work_in_sleep(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_low_power(udev, true));
	ASSERT_EQ(uvio_udev_vendor(udev), 0x1234);
	ASSERT(uvio_udev_alive(udev));
	ASSERT(vfio.low_power);
}

static void an_old_kernel_lets_no_card_sleep(void)
{
	vfio.no_low_power = true;
	card_open_asserted();
	ASSERT(!(uvio_caps(udev) & UVIO_CAP_LOW_POWER));
	ASSERT_ERR(uvio_low_power(udev, true), -ENOTSUP, EDU ": the kernel, or its driver");
	ASSERT_HAS(uvio_last_error(), "this needs Linux 6.1");
}

static void a_token_goes_with_the_name(void)
{
	vfio.vf_token = UUID;
	card.options.vf_token = UUID;
	ASSERT_OK(card_open());
}

static void a_wrong_token_is_told(void)
{
	vfio.vf_token = UUID;
	tree_change(card.tree, "file " EDU_FOLDER "/sriov_totalvfs 2\\n");
	card.options.vf_token = "00000000-0000-0000-0000-000000000000";
	ASSERT_ERR(card_open(), -EACCES, "differs from that of the other functions");
	card.options.vf_token = NULL;
	ASSERT_ERR(card_open(), -EACCES, "requires a VF token");
}

static void a_token_without_use_is_told(void)
{
	card.options.vf_token = UUID;
	ASSERT_ERR(card_open(), -EINVAL, EDU ": VFIO_GROUP_GET_DEVICE_FD with a VF token");
	ASSERT_HAS(uvio_last_error(), "accepts no VF token here");
	card.options.vf_token = NULL;
	ASSERT_OK(card_open());
}

static void what_is_no_uuid_is_refused(void)
{
	static const char *const wrong[] = {"", "1", UUID "0",
		"12345678-9abc-def0-1234-56789abcdefg", "1234567809abc-def0-1234-56789abcdef0",
		"12345678-9abc-def0-1234_56789abcdef0", " 2345678-9abc-def0-1234-56789abcdef0"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		card.options.vf_token = wrong[i];
		ASSERT_ERR(card_open(), -EINVAL, "open: the VF token '");
	}
	card.options.vf_token = NULL;
	card_open_asserted();
	ASSERT_ERR(uvio_vf_token_set(udev, "x"), -EINVAL, EDU ": the VF token 'x' is not a UUID");
	ASSERT_ERR(uvio_vf_token_set(udev, NULL), -EINVAL, "is not a UUID");
}

static void a_physical_function_sets_the_token(void)
{
	static const unsigned char bytes[] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x12,
		0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0};

	vfio.is_physical = true;
	card_open_asserted();
	ASSERT_OK(uvio_vf_token_set(udev, UUID));
	ASSERT(!memcmp(vfio.token, bytes, sizeof(bytes)));
}

static void a_card_without_virtual_functions_has_no_token(void)
{
	card_open_asserted();
	ASSERT_ERR(uvio_vf_token_set(udev, UUID), -ENOTSUP, EDU ": it has no VF token");
	ASSERT(uvio_udev_alive(udev));
}

static CU_TestInfo resets[] = {
	{"memory is decoded after open (vfio 56)", memory_is_decoded_after_open},
	{"bus mastering is off until asked for (vfio 78)", bus_mastering_is_off_until_asked_for},
	{"memory is decoded after a reset (vfio 55, 79)", memory_is_decoded_after_a_reset},
	{"a card without reset is pointed to its bus (vfio 79)",
		a_card_without_reset_is_pointed_to_its_bus},
	{"a card without reset is quiet at close (vfio 80)",
		a_card_without_reset_is_quiet_at_close},
	{"the bus is reset (vfio 81)", the_bus_is_reset},
	TEST(no_device_comes_or_goes_while_the_bus_is_reset),
	{"all that it affects are told (vfio 81)", all_that_it_affects_are_told},
	TEST(elements_of_another_size_are_filled_each),
	TEST(a_neighbour_of_the_group_on_vfio_is_not_in_the_way),
	{"who is in the way is named (vfio 81)", who_is_in_the_way_is_named},
	TEST(where_nobody_is_in_the_way_the_kernel_says_why),
	{"a bus that cannot be reset says so (vfio 81)", a_bus_that_cannot_be_reset_says_so},
	TEST(a_number_that_grows_for_ever_is_an_error),
	TEST(an_absurd_number_is_not_believed),
	TEST(a_busy_kernel_is_asked_three_times),
	CU_TEST_INFO_NULL,
};

/* Whatever looks whether it is there goes by what the kernel tells. */
static void waiting_wakes_nobody(void)
{
	enum uvio_event event;

	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT_OK(uvio_low_power(udev, true));
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), NULL), -ETIMEDOUT,
		"the card sleeps (uvio_low_power())");
	ASSERT_ERR(uvio_event_wait(udev, 0, &event), -ETIMEDOUT, "no event");
	ASSERT(uvio_udev_alive(udev));
	ASSERT_EQ(vfio.wakings, 0);
	ASSERT_OK(uvio_low_power(udev, false));
	ASSERT_ERR(uvio_irq_wait(udev, 0, UVIO_MS(1), NULL), -ETIMEDOUT, "no interrupt");
	ASSERT_OK(uvio_low_power(udev, true));
	sim_vfio_ask_release();
	ASSERT(!uvio_udev_alive(udev));
	ASSERT_EQ(vfio.wakings, 0);
}

static void a_failed_reset_leaves_a_card_that_is_off(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_bus_master(udev, true));
	vfio.hot_reset_error = -EIO;
	ASSERT_ERR(uvio_udev_hot_reset(udev), -EIO, "VFIO_DEVICE_PCI_HOT_RESET");
	ASSERT_EQ(sim_vfio_command() & 6, 2);
	ASSERT(uvio_udev_alive(udev));
}

static CU_TestInfo power[] = {
	TEST(waiting_wakes_nobody),
	TEST(a_failed_reset_leaves_a_card_that_is_off),
	{"sleep and waking are paired (vfio 82)", sleep_and_waking_are_paired},
	{"calls work in sleep (vfio 82)", calls_work_in_sleep},
	TEST(an_old_kernel_lets_no_card_sleep),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo tokens[] = {
	{"a token goes with the name (vfio 26)", a_token_goes_with_the_name},
	{"a wrong token is told (vfio 26)", a_wrong_token_is_told},
	{"a token without use is told (vfio 26)", a_token_without_use_is_told},
	TEST(what_is_no_uuid_is_refused),
	{"a physical function sets the token (vfio 26)", a_physical_function_sets_the_token},
	TEST(a_card_without_virtual_functions_has_no_token),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"resets", NULL, NULL, setup, teardown, resets},
	{"power", NULL, NULL, setup, teardown, power},
	{"tokens", NULL, NULL, setup, teardown, tokens},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
