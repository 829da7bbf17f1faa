/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* What requests for interrupts that the kernel refuses leave behind, on the vfio backend. */
#include <config.h>

#include <errno.h>

#include <uvio/irq.h>
#include <uvio/udev.h>

#include "harness.h"
#include "inject_ops.h"
#include "sim_vfio.h"

#define MANY SIM_VECTORS

static void setup(void)
{
	sim_vfio_card(&sim_vfio, "vfio");
	vfio.irq_counts[VFIO_PCI_MSIX_IRQ_INDEX] = MANY;
}

static void teardown(void)
{
	char left[256];

	card_discard();
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
}

/* Calls of VFIO_DEVICE_SET_IRQS with these flags fail, and those after the first @spared. */
static uint32_t refused;
static unsigned int spared;
static struct sim refusing;

static int refuse_irqs(int fd, unsigned long request, void *arg)
{
	const struct vfio_irq_set *set = arg;

	if (request == VFIO_DEVICE_SET_IRQS && (set->flags & refused) == refused &&
		vfio.set_irqs >= spared)
		return -EIO;
	return sim_vfio.ioctl(fd, request, arg);
}

static void refuse(uint32_t flags, unsigned int but)
{
	refusing = sim_vfio;
	refusing.ioctl = refuse_irqs;
	refused = flags;
	spared = but;
	vfio.set_irqs = 0;
	sim = &refusing;
}

/* The card's own switch of INTx, too. */
static void what_fails_leaves_intx_as_it_was(void)
{
	card_open_asserted();
	sim_vfio_set_command(0x0503);
	refuse(VFIO_IRQ_SET_ACTION_UNMASK | VFIO_IRQ_SET_DATA_NONE, 0);
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1), -EIO, "VFIO_DEVICE_SET_IRQS");
	ASSERT_EQ(sim_vfio_command(), 0x0503);
	sim = &sim_vfio;
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	refuse(VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE, 0);
	ASSERT_ERR(uvio_irq_disable(udev), -EIO, "VFIO_DEVICE_SET_IRQS");
	ASSERT_EQ(sim_vfio_command(), 0x0103);
	sim = &sim_vfio;
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_EQ(sim_vfio_command(), 0x0503);
}

static void what_could_not_be_switched_off_is_so_before_the_next(void)
{
	card_open_asserted();
	refuse(VFIO_IRQ_SET_DATA_NONE, 0);
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1), -EIO, "VFIO_DEVICE_SET_IRQS");
	sim = &sim_vfio;
	vfio.set_irqs = 0;
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSIX, 1));
	ASSERT_EQ(vfio.set_irqs, 2);
}

static void a_search_that_fails_is_told(void)
{
	vfio.granted = 5;
	card_open_asserted();
	refuse(VFIO_IRQ_SET_DATA_EVENTFD, 1);
	ASSERT_ERR(
		uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 1, MANY), -EIO, "VFIO_DEVICE_SET_IRQS");
}

static void without_eventfds(unsigned long request, void *answer)
{
	if (request == VFIO_DEVICE_GET_IRQ_INFO)
		((struct vfio_irq_info *)answer)->flags &= (uint32_t)~VFIO_IRQ_INFO_EVENTFD;
}

static void interrupts_without_eventfds_are_none(void)
{
	vfio.lie = without_eventfds;
	card_open_asserted();
	ASSERT(!(uvio_caps(udev) & (UVIO_CAP_INTX | UVIO_CAP_MSI | UVIO_CAP_MSIX)));
}

static void growth_that_fails_keeps_no_descriptors(void)
{
	char left[16];
	unsigned int before;

	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSIX, 2));
	before = inject_left(left, sizeof(left));
	refuse(VFIO_IRQ_SET_DATA_EVENTFD, 0);
	ASSERT(uvio_irq_grow(udev, 9) < 0);
	ASSERT_EQ(inject_left(left, sizeof(left)), before);
}

static CU_TestInfo cases[] = {
	TEST(what_fails_leaves_intx_as_it_was),
	TEST(what_could_not_be_switched_off_is_so_before_the_next),
	TEST(a_search_that_fails_is_told),
	TEST(interrupts_without_eventfds_are_none),
	TEST(growth_that_fails_keeps_no_descriptors),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"vfio interrupts refused", NULL, NULL, setup, teardown, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
