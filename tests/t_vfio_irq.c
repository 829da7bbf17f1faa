/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Vectors and events of the vfio backend, on a simulated kernel. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#include <uvio/event.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "asleep.h"
#include "harness.h"
#include "inject_ops.h"
#include "sim_vfio.h"

#define MANY SIM_VECTORS
#define WAIT_MS LONG_MS

static enum uvio_event event;

static void setup(void)
{
	sim_vfio_card(&sim_vfio, "vfio");
	vfio.irq_counts[VFIO_PCI_MSIX_IRQ_INDEX] = MANY;
	event = 0;
}

static void teardown(void)
{
	char left[256];

	card_discard();
	ASSERT_EQ(inject_left(left, sizeof(left)), 0);
}

static uint64_t taken(unsigned int vector)
{
	uint64_t events = 0;

	ASSERT_OK(uvio_irq_consume(udev, vector, &events));
	return events;
}

static void delivers(unsigned int vector)
{
	sim_vfio_raise(vector);
	ASSERT_EQ(taken(vector), 1);
}

/* Calls of the kernel for a number of vectors. */
static unsigned int calls_for(int (*call)(unsigned int count), unsigned int count)
{
	vfio.set_irqs = 0;
	ASSERT_OK(call(count));
	return vfio.set_irqs;
}

static int enable(unsigned int count)
{
	return uvio_irq_enable(udev, UVIO_IRQ_MSIX, count);
}

static int grow(unsigned int count)
{
	return uvio_irq_grow(udev, count);
}

static void hundreds_are_enabled_by_one_call(void)
{
	card_open_asserted();
	ASSERT_EQ(uvio_irq_count(udev, UVIO_IRQ_MSIX), MANY);
	ASSERT_EQ(calls_for(enable, MANY), 1);
	for (unsigned int i = 0; i < MANY; i++) {
		ASSERT_EQ(vfio.triggers[i], uvio_irq_fd(udev, i));
		delivers(i);
	}
	ASSERT_ERR(uvio_irq_fd(udev, MANY), -EINVAL, "vector 512 is not enabled (512 are)");
}

static void eventfds_do_not_block_and_are_not_inherited(void)
{
	card_open_asserted();
	ASSERT_OK(enable(1));
	ASSERT(fcntl(uvio_irq_fd(udev, 0), F_GETFL) & O_NONBLOCK);
	ASSERT(fcntl(uvio_irq_fd(udev, 0), F_GETFD) & FD_CLOEXEC);
}

static void a_kernel_with_fewer_says_how_many(void)
{
	vfio.granted = 300;
	vfio.tells_granted = true;
	card_open_asserted();
	ASSERT_ERR(enable(MANY), -ENOSPC,
		EDU ": the kernel has 300 of the 512 msix vectors asked for; ask for 300");
	ASSERT_ERR(uvio_irq_fd(udev, 0), -EINVAL, "not enabled");
	ASSERT_ERR(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 301, MANY), -ENOSPC,
		EDU ": the kernel has 300 of the 301 msix vectors asked for; ask for 300");
	vfio.set_irqs = 0;
	ASSERT_EQ(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 1, MANY), 300);
	ASSERT_EQ(vfio.set_irqs, 2);
	delivers(299);
}

/* As on x86, where vectors are reserved without end, and found missing when they are needed. */
static void a_kernel_with_fewer_that_does_not_say_is_tried(void)
{
	card_open_asserted();
	for (vfio.granted = 1; vfio.granted <= MANY; vfio.granted += 73) {
		ASSERT_EQ(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 1, MANY), vfio.granted);
		ASSERT_EQ(vfio.irq_count, vfio.granted);
		delivers(vfio.granted - 1);
		ASSERT_OK(uvio_irq_disable(udev));
	}
	vfio.granted = 9;
	ASSERT_ERR(enable(10), -ENOSPC,
		EDU ": the kernel cannot allocate 10 msix vectors now; ask for fewer, or for as "
		    "many as are available with uvio_irq_enable_range()");
	ASSERT_ERR(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 10, MANY), -ENOSPC,
		"cannot allocate 10 msix");
	ASSERT_EQ(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 9, 10), 9);
}

static void eventfds_which_nobody_needs_are_closed(void)
{
	char left[16];
	unsigned int before;

	vfio.granted = 5;
	card_open_asserted();
	before = inject_left(left, sizeof(left));
	ASSERT_EQ(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 1, MANY), 5);
	ASSERT_EQ(inject_left(left, sizeof(left)), before + 5);
}

static void descriptors_that_run_out_are_told_with_the_limit(void)
{
	struct rlimit before, limit;

	card_open_asserted();
	ASSERT(!getrlimit(RLIMIT_NOFILE, &before));
	limit = (struct rlimit){.rlim_cur = 200, .rlim_max = before.rlim_max};
	ASSERT(!setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_ERR(enable(MANY), -EMFILE,
		"this process can have 200 descriptors open (RLIMIT_NOFILE); raise it: ulimit -n ");
	ASSERT_ERR(uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 1, MANY), -EMFILE, "RLIMIT_NOFILE");
	ASSERT_OK(enable(16));
	ASSERT_ERR(grow(MANY), -EMFILE, EDU ": no eventfd for its interrupts, ");
	setrlimit(RLIMIT_NOFILE, &before);
	delivers(15);
	ASSERT_OK(grow(MANY));
}

static void vectors_are_off_before_they_are_closed(void)
{
	card_open_asserted();
	ASSERT_OK(enable(MANY));
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_OK(enable(2));
	ASSERT_OK(grow(4));
	card_close();
	ASSERT_EQ(vfio.early_closes, 0);
}

static void kinds_follow_each_other(void)
{
	card_open_asserted();
	for (int round = 0; round < 2; round++)
		for (unsigned int kind = 0; kind < UVIO_IRQ_KINDS; kind++) {
			ASSERT_OK(uvio_irq_enable(udev, kind, 1));
			ASSERT_EQ(vfio.irq_index, kind);
			ASSERT_OK(uvio_irq_disable(udev));
			ASSERT_EQ(vfio.irq_count, 0);
		}
}

static void what_is_off_is_not_switched_off(void)
{
	card_open_asserted();
	vfio.set_irqs = 0;
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_EQ(vfio.set_irqs, 0);
	ASSERT_OK(enable(1));
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_EQ(vfio.set_irqs, 2);
}

static void a_message_is_neither_masked_nor_unmasked(void)
{
	card_open_asserted();
	ASSERT_EQ(calls_for(enable, 1), 1);
	delivers(0);
	ASSERT_OK(uvio_irq_ack(udev, 0));
	ASSERT_EQ(vfio.set_irqs, 1);
}

static void a_line_is_unmasked_when_it_is_enabled(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT(!vfio.masked);
	delivers(0);
	ASSERT(vfio.masked);
}

static void a_line_that_was_asserted_before_is_reported(void)
{
	card_open_asserted();
	vfio.asserted = true;
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT_EQ(taken(0), 1);
	ASSERT_EQ(taken(0), 0);
	vfio.asserted = false;
	ASSERT_OK(uvio_irq_ack(udev, 0));
	ASSERT_EQ(taken(0), 0);
}

static void a_line_is_masked_until_it_is_acknowledged(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	delivers(0);
	sim_vfio_raise(0);
	ASSERT_EQ(taken(0), 0);
	ASSERT_OK(uvio_irq_ack(udev, 0));
	ASSERT_EQ(taken(0), 1);
}

/* One that stands for no eventfd would switch a vector on that nobody hears. */
static void every_vector_has_an_eventfd(void)
{
	vfio.dynamic = true;
	card_open_asserted();
	ASSERT_OK(enable(3));
	ASSERT_OK(grow(MANY));
	for (unsigned int i = 0; i < MANY; i++)
		ASSERT(vfio.triggers[i] >= 0);
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_EQ(vfio.irq_count, 0);
}

static void without_a_gap_vectors_are_added(void)
{
	vfio.dynamic = true;
	card_open_asserted();
	ASSERT(uvio_caps(udev) & UVIO_CAP_IRQ_GROW);
	ASSERT_OK(enable(16));
	sim_vfio_raise(3);
	ASSERT_EQ(calls_for(grow, MANY), 1);
	for (unsigned int i = 0; i < MANY; i++)
		ASSERT_EQ(taken(i), i == 3);
	delivers(0);
	delivers(MANY - 1);
}

static void with_a_gap_those_before_are_signalled(void)
{
	card_open_asserted();
	ASSERT(!(uvio_caps(udev) & UVIO_CAP_IRQ_GROW));
	ASSERT_OK(enable(16));
	ASSERT_EQ(calls_for(grow, MANY), 2);
	for (unsigned int i = 0; i < MANY; i++)
		ASSERT_EQ(taken(i), i < 16);
	delivers(0);
	delivers(MANY - 1);
}

static void growth_beyond_what_there_is_goes_back(void)
{
	vfio.granted = 20;
	card_open_asserted();
	ASSERT_OK(enable(16));
	ASSERT_ERR(grow(MANY), -ENOSPC,
		EDU ": the kernel cannot allocate 512 msix vectors now; the former vectors are "
		    "enabled again");
	ASSERT_EQ(taken(15), 1);
	delivers(15);
	vfio.tells_granted = true;
	ASSERT_ERR(grow(MANY), -ENOSPC,
		EDU
		": the kernel has 20 of the 512 msix vectors asked for; the former vectors are");
	ASSERT_EQ(taken(15), 1);
	ASSERT_ERR(uvio_irq_fd(udev, 16), -EINVAL, "vector 16 is not enabled (16 are)");
	ASSERT_OK(grow(20));
	delivers(19);
}

static void growth_without_a_gap_leaves_those_before_alone(void)
{
	vfio.granted = 20;
	vfio.dynamic = true;
	card_open_asserted();
	ASSERT_OK(enable(16));
	ASSERT_ERR(grow(MANY), -ENOSPC, "the former vectors are still enabled");
	ASSERT_EQ(taken(15), 0);
	delivers(15);
}

static void growth_that_cannot_go_back_says_so(void)
{
	card_open_asserted();
	ASSERT_OK(enable(16));
	vfio.granted = 10;
	ASSERT_ERR(grow(MANY), -ENOSPC,
		"; the former vectors could not be enabled again either, so that none is enabled; "
		"disable interrupts, and enable them again");
	ASSERT_ERR(
		uvio_irq_wait(udev, 0, UVIO_MS(1), NULL), -ETIMEDOUT, "no interrupt on vector 0");
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_OK(enable(10));
	delivers(9);
}

static void an_error_of_the_card_is_told(void)
{
	card_open_asserted();
	ASSERT(uvio_caps(udev) & UVIO_CAP_ERROR_NOTICE);
	ASSERT(vfio.error >= 0 && vfio.error != vfio.release);
	sim_vfio_report_error();
	ASSERT_OK(uvio_event_wait(udev, UVIO_MS(WAIT_MS), &event));
	ASSERT_EQ(event, UVIO_EVENT_ERROR);
	ASSERT_ERR(uvio_event_wait(udev, 0, &event), -ETIMEDOUT, "no event");
}

static void a_card_that_is_not_on_pci_express_has_no_errors(void)
{
	vfio.irq_counts[VFIO_PCI_ERR_IRQ_INDEX] = 0;
	card_open_asserted();
	ASSERT(!(uvio_caps(udev) & UVIO_CAP_ERROR_NOTICE));
	ASSERT(uvio_caps(udev) & UVIO_CAP_RELEASE_NOTICE);
	ASSERT_EQ(vfio.error, -1);
	ASSERT_ERR(uvio_event_wait(udev, 0, &event), -ETIMEDOUT, "no event");
	ASSERT(uvio_event_fd(udev) >= 0);
}

/* A kernel before 4.0. */
static void a_kernel_without_notices_is_looked_at(void)
{
	vfio.info.num_irqs = VFIO_PCI_ERR_IRQ_INDEX;
	card_open_asserted();
	ASSERT(!(uvio_caps(udev) & (UVIO_CAP_ERROR_NOTICE | UVIO_CAP_RELEASE_NOTICE)));
	ASSERT_ERR(uvio_event_fd(udev), -ENOTSUP, "the vfio backend reports no events");
	ASSERT_ERR(uvio_event_wait(udev, 0, &event), -ETIMEDOUT, "no event");
	vfio.dead = true;
	ASSERT_OK(uvio_event_wait(udev, 0, &event));
	ASSERT_EQ(event, UVIO_EVENT_GONE);
}

static void a_request_to_release_is_told(void)
{
	card_open_asserted();
	sim_vfio_ask_release();
	ASSERT_OK(uvio_event_wait(udev, UVIO_MS(WAIT_MS), &event));
	ASSERT_EQ(event, UVIO_EVENT_RELEASE);
	ASSERT(!uvio_udev_alive(udev));
	ASSERT_OK(uvio_event_wait(udev, 0, &event));
	ASSERT_EQ(event, UVIO_EVENT_RELEASE);
}

static void an_ack_finds_out_that_the_card_is_gone(void)
{
	vfio.no_unmask = true;
	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	vfio.dead = true;
	inject_begin(0, -ENODEV);
	ASSERT_ERR(uvio_irq_ack(udev, 0), -ENODEV,
		EDU ": the device is gone: its configuration space reads all ones");
	inject_end();
	ASSERT(!uvio_udev_alive(udev));
}

/* ENODEV is an answer to many questions. */
static void an_errno_alone_does_not_end_a_card(void)
{
	vfio.no_unmask = true;
	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	inject_begin(0, -ENODEV);
	ASSERT_ERR(uvio_irq_ack(udev, 0), -EIO, EDU ": cannot unmask INTx: No such device");
	inject_end();
	ASSERT(uvio_udev_alive(udev));
	ASSERT_OK(uvio_irq_ack(udev, 0));
}

static void a_card_that_has_intx_off_is_armed(void)
{
	card_open_asserted();
	sim_vfio_set_command(0x0503);
	for (int i = 0; i < 2; i++) {
		ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
		ASSERT_EQ(sim_vfio_command(), 0x0103);
		sim_vfio_raise(0);
		ASSERT_OK(uvio_irq_wait(udev, 0, UVIO_MS(WAIT_MS), NULL));
		if (i)
			ASSERT_OK(uvio_udev_reset(udev));
		else
			ASSERT_OK(uvio_irq_disable(udev));
		ASSERT_EQ(sim_vfio_command() & 0x0400, 0x0400);
	}
	sim_vfio_set_command(0x0103);
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_EQ(sim_vfio_command(), 0x0103);
}

static int keep_intx_off(int fd, const void *buf, size_t size, uint64_t offset)
{
	return fd == vfio.device && (offset & 0xff) == 5 ? 0
							 : sim_vfio.pwrite(fd, buf, size, offset);
}

static void intx_that_stays_off_is_told(void)
{
	struct sim stubborn = sim_vfio;

	stubborn.pwrite = keep_intx_off;
	card_open_asserted();
	sim_vfio_set_command(0x0503);
	sim = &stubborn;
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1), -EIO,
		EDU ": bit 10 of its command register, INTx disable, stays on; setpci -s " EDU
		    " COMMAND shows it");
	sim = &sim_vfio;
	ASSERT_EQ(vfio.irq_count, 0);
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
}

static void vectors_that_stay_on_are_enabled(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSI, 2));
	inject_begin(0, -EBUSY);
	ASSERT_ERR(uvio_udev_hot_reset(udev), -EBUSY, "VFIO_DEVICE_SET_IRQS");
	inject_end();
	ASSERT_EQ(vfio.irq_count, 2);
	sim_vfio_raise(1);
	ASSERT_OK(uvio_irq_wait(udev, 1, UVIO_MS(WAIT_MS), NULL));
	ASSERT_OK(uvio_irq_disable(udev));
	ASSERT_EQ(vfio.irq_count, 0);
}

static void a_pin_without_a_line_is_told(void)
{
	vfio.no_line = true;
	card_open_asserted();
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1), -ENOTSUP,
		EDU ": the kernel has perhaps no interrupt line for its INTx pin: "
		    "VFIO_DEVICE_SET_IRQS returns ENODEV, and the device is present; use MSI");
	tree_change(card.tree, "file " EDU_FOLDER "/irq 0\\n");
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1), -ENOTSUP,
		EDU ": the kernel has no interrupt line for its INTx pin (irq is 0); use MSI");
	ASSERT(uvio_udev_alive(udev));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSI, 1));
	ASSERT_OK(uvio_irq_disable(udev));
	vfio.irq_counts[VFIO_PCI_MSI_IRQ_INDEX] = vfio.irq_counts[VFIO_PCI_MSIX_IRQ_INDEX] = 0;
	card_close();
	card_open_asserted();
	ASSERT_ERR(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1), -ENOTSUP, "; poll the card");
}

static CU_TestInfo vectors[] = {
	{"hundreds are enabled by one call (vfio 72)", hundreds_are_enabled_by_one_call},
	{"eventfds do not block and are not inherited (vfio 75)",
		eventfds_do_not_block_and_are_not_inherited},
	{"a kernel with fewer says how many (vfio 10)", a_kernel_with_fewer_says_how_many},
	TEST(a_kernel_with_fewer_that_does_not_say_is_tried),
	TEST(eventfds_which_nobody_needs_are_closed),
	TEST(descriptors_that_run_out_are_told_with_the_limit),
	{"vectors are off before they are closed (vfio 77)",
		vectors_are_off_before_they_are_closed},
	{"kinds follow each other (vfio 62)", kinds_follow_each_other},
	{"what is off is not switched off (vfio 63)", what_is_off_is_not_switched_off},
	{"a message is neither masked nor unmasked (vfio 69)",
		a_message_is_neither_masked_nor_unmasked},
	{"a line is unmasked when it is enabled (vfio 66)", a_line_is_unmasked_when_it_is_enabled},
	{"a line that was asserted before is reported (vfio 66)",
		a_line_that_was_asserted_before_is_reported},
	{"a line is masked until it is acknowledged (vfio 65)",
		a_line_is_masked_until_it_is_acknowledged},
	{"every vector has an eventfd (vfio 64)", every_vector_has_an_eventfd},
	TEST(an_ack_finds_out_that_the_card_is_gone),
	TEST(an_errno_alone_does_not_end_a_card),
	TEST(a_pin_without_a_line_is_told),
	TEST(a_card_that_has_intx_off_is_armed),
	TEST(intx_that_stays_off_is_told),
	TEST(vectors_that_stay_on_are_enabled),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo growing[] = {
	{"without a gap vectors are added (vfio 70)", without_a_gap_vectors_are_added},
	{"with a gap those before are signalled (vfio 70)", with_a_gap_those_before_are_signalled},
	TEST(growth_beyond_what_there_is_goes_back),
	TEST(growth_without_a_gap_leaves_those_before_alone),
	TEST(growth_that_cannot_go_back_says_so),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo events[] = {
	{"an error of the card is told (vfio 14 and 74)", an_error_of_the_card_is_told},
	{"a card that is not on PCI Express has no errors (vfio 7)",
		a_card_that_is_not_on_pci_express_has_no_errors},
	TEST(a_kernel_without_notices_is_looked_at),
	{"a request to release is told (vfio 73)", a_request_to_release_is_told},
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"vfio vectors", NULL, NULL, setup, teardown, vectors},
	{"vfio vectors grow", NULL, NULL, setup, teardown, growing},
	{"vfio events", NULL, NULL, setup, teardown, events},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
