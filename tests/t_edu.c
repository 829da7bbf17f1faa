/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/dma.h>
#include <uvio/driver.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/trial.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "fixture.h"

static const struct uvio_driver *driver;
static struct uvio_card *card;

static void setup(void)
{
	fixture_open();
	driver = uvio_driver_match(NULL, 0x1234, 0x11e8, UVIO_ANY_ID, UVIO_ANY_ID);
	ASSERT(driver);
	ASSERT_OK(uvio_card_attach(driver, udev, &card));
	ASSERT_OK(uvio_bus_master(udev, true));
}

static void teardown(void)
{
	uvio_card_detach(card);
	card = NULL;
	fixture_close();
}

static int run(const char *name)
{
	for (const struct uvio_selftest *test = driver->trial->selftests; test->name; test++)
		if (!strcmp(test->name, name))
			return test->run(uvio_card_priv(card));
	return -ENOENT;
}

static void the_driver_is_found_by_its_ids(void)
{
	ASSERT_STR(driver->name, "edu");
	ASSERT(uvio_driver_match(NULL, 0x1234, 0x11e8, 0x1af4, 0x1100) == driver);
	ASSERT(!uvio_driver_match(NULL, 0x1234, 0x11e9, UVIO_ANY_ID, UVIO_ANY_ID));
	ASSERT(!uvio_driver_match(NULL, 0x8086, 0x11e8, UVIO_ANY_ID, UVIO_ANY_ID));
}

static void the_other_drivers_are_found_too(void)
{
	driver = uvio_driver_match(NULL, 0x1af4, 0x1110, 0x1af4, 0x1100);
	ASSERT(driver);
	ASSERT_STR(driver->name, "ivshmem");
	driver = uvio_driver_match(NULL, 0x1b36, 0x0005, UVIO_ANY_ID, UVIO_ANY_ID);
	ASSERT(driver);
	ASSERT_STR(driver->name, "testdev");
}

/* By the registers of this card. */
static void the_other_drivers_do_not_attach_to_it(void)
{
	uvio_card_detach(card);
	card = NULL;
	fake_faults.all_ones = true;
	driver = uvio_driver_match(NULL, 0x1af4, 0x1110, UVIO_ANY_ID, UVIO_ANY_ID);
	ASSERT_ERR(uvio_card_attach(driver, udev, &card), -ENODEV,
		EDU ": not an ivshmem card: its number reads 0xffffffff");
	driver = uvio_driver_match(NULL, 0x1b36, 0x0005, UVIO_ANY_ID, UVIO_ANY_ID);
	ASSERT_ERR(uvio_card_attach(driver, udev, &card), -ENODEV,
		EDU ": not a pci-testdev: it asks for 255 bytes at ");
}

static void the_drivers_can_be_counted(void)
{
	unsigned int count = 0;

	for (const struct uvio_driver *each; (each = uvio_driver_get(NULL, count)); count++)
		ASSERT(each->name && each->help && each->ids && each->attach &&
			(each->trial ? !!each->trial->selftests : each->can || each->serial));
	ASSERT(count > 0);
}

static void a_card_knows_its_driver_and_device(void)
{
	ASSERT(uvio_card_driver(card) == driver);
	ASSERT(uvio_card_udev(card) == udev);
	ASSERT(uvio_card_priv(card));
}

static void every_self_test_passes(void)
{
	int count = 0;

	for (const struct uvio_selftest *test = driver->trial->selftests; test->name; test++) {
		if ((test->needs & uvio_caps(udev)) != test->needs)
			continue;
		ASSERT_OK(test->run(uvio_card_priv(card)));
		count++;
	}
	ASSERT_EQ(count, 6);
	ASSERT_EQ(fake_windows, 0);
}

static void self_tests_can_be_repeated(void)
{
	for (int i = 0; i < 50; i++) {
		ASSERT_OK(run("intx"));
		ASSERT_OK(run("msi"));
		ASSERT_OK(run("dma"));
	}
}

static void wrong_registers_are_noticed(void)
{
	fake_faults.wrong_liveness = true;
	ASSERT_ERR(run("liveness"), -EIO, EDU ": liveness: 0xffffffff expected, 0x0 read");
}

static void a_missing_interrupt_is_noticed(void)
{
	fake_faults.no_irq = true;
	ASSERT_ERR(run("intx"), -ETIMEDOUT, EDU ": no interrupt on vector 0 within 2000 ms");
	ASSERT_ERR(uvio_irq_ack(udev, 0), -EINVAL, "not enabled");
}

static void lost_bytes_are_noticed(void)
{
	fake_faults.loses_dma = true;
	ASSERT_ERR(run("dma"), -EIO, EDU ": byte transferred by DMA: ");
	ASSERT_EQ(fake_windows, 0);
}

static void dma_without_bus_mastering_is_noticed(void)
{
	ASSERT_OK(uvio_bus_master(udev, false));
	ASSERT_ERR(run("dma"), -EIO, "byte transferred by DMA: 0x1 expected, 0x0 read");
}

static void a_transfer_has_its_limits(void)
{
	ASSERT_EQ(driver->trial->dma_max, FAKE_BUFFER_SIZE - 1);
	ASSERT_ERR(driver->trial->dma_to_card(uvio_card_priv(card), 0, 0), -EINVAL,
		EDU ": the edu card transfers 1 to 4095 bytes at a time, not 0");
	ASSERT_ERR(
		driver->trial->dma_from_card(uvio_card_priv(card), 0, 4096), -EINVAL, "not 4096");
}

static void memory_that_is_not_mapped_is_not_reached(void)
{
	struct uvio_dma dma;

	ASSERT_OK(uvio_dma_alloc(udev, 64, UVIO_DMA_TO_CARD, &dma));
	ASSERT_OK(driver->trial->dma_from_card(uvio_card_priv(card), dma.iova, 64));
	for (int i = 0; i < 64; i++)
		ASSERT_EQ(((unsigned char *)dma.addr)[i], 0);
	ASSERT_OK(uvio_dma_free(udev, &dma));
}

static void clearing_nothing_says_so(void)
{
	ASSERT_EQ(driver->trial->irq_clear(uvio_card_priv(card), 0), -EAGAIN);
	ASSERT_EQ(driver->trial->irq_raise(uvio_card_priv(card), 0), 0);
	ASSERT_EQ(driver->trial->irq_clear(uvio_card_priv(card), 0), 0);
	ASSERT_EQ(driver->trial->irq_clear(uvio_card_priv(card), 0), -EAGAIN);
}

static void detaching_makes_it_quiet(void)
{
	driver->trial->irq_raise(uvio_card_priv(card), 0);
	uvio_card_detach(card);
	card = NULL;
	ASSERT_EQ(fake_of(udev)->irq_status, 0);
}

static void attaching_makes_it_quiet(void)
{
	uvio_card_detach(card);
	card = NULL;
	fake_of(udev)->irq_status = 0x123;
	fake_of(udev)->status = 0x80;
	ASSERT_OK(uvio_card_attach(driver, udev, &card));
	ASSERT_EQ(fake_of(udev)->irq_status, 0);
	ASSERT_EQ(fake_of(udev)->status, 0);
}

static void another_card_is_not_attached_to(void)
{
	uvio_card_detach(card);
	card = NULL;
	fake_faults.all_ones = true;
	ASSERT_ERR(uvio_card_attach(driver, udev, &card), -ENODEV,
		EDU ": not an edu card: its identification reads 0xffffffff");
}

static void a_card_that_is_gone_can_be_detached(void)
{
	fake_faults.access = -ENODEV;
	ASSERT(!uvio_udev_alive(udev));
	uvio_card_detach(card);
	card = NULL;
}

static void detaching_nothing_is_allowed(void)
{
	uvio_card_detach(NULL);
}

static int attach_works(struct uvio_udev *unused, void *priv)
{
	(void)unused;
	(void)priv;
	return 0;
}

static int attach_fails(struct uvio_udev *unused, void *priv)
{
	(void)unused;
	(void)priv;
	return uvio_fail(-EIO, "it does not answer");
}

static int detached;

static void count_detach(void *priv)
{
	(void)priv;
	detached++;
}

static const struct uvio_driver_id own_ids[] = {
	{.vendor = 0x1234, .device = 0x11e8, .subvendor = UVIO_ANY_ID, .subdevice = UVIO_ANY_ID},
	{0}};
static const struct uvio_driver own = {
	.size = sizeof(struct uvio_driver),
	.name = "own",
	.ids = own_ids,
	.attach = attach_works,
};

static void a_driver_that_is_added_comes_first(void)
{
	ASSERT_OK(uvio_driver_add(tree->ctx, &own));
	ASSERT(uvio_driver_get(tree->ctx, 0) == &own);
	ASSERT(uvio_driver_get(tree->ctx, 1) == uvio_driver_get(NULL, 0));
	ASSERT(uvio_driver_match(tree->ctx, 0x1234, 0x11e8, 0, 0) == &own);
	ASSERT(uvio_driver_match(NULL, 0x1234, 0x11e8, 0, 0) == driver);
	ASSERT_ERR(uvio_driver_add(tree->ctx, &own), -EEXIST,
		"card driver 'own': another driver has this");
	uvio_card_detach(card);
	ASSERT_OK(uvio_card_attach(&own, udev, &card));
	ASSERT_ERR(uvio_card_service(card), -ENOTSUP, EDU ": the card driver 'own' has nothing");
}

static void a_table_that_is_wrong_is_refused(void)
{
	struct uvio_trial trial = {.size = 1};
	struct uvio_driver wrong = own;

	wrong.trial = &trial;
	ASSERT_ERR(uvio_driver_add(tree->ctx, &wrong), -EINVAL, "sizeof(struct uvio_trial)");
	wrong.attach = NULL;
	ASSERT_ERR(uvio_driver_add(tree->ctx, &wrong), -EINVAL,
		"card driver 'own': its table has no attach");
	wrong.name = NULL;
	ASSERT_ERR(uvio_driver_add(tree->ctx, &wrong), -EINVAL, "has no name");
	wrong.size = 0;
	ASSERT_ERR(uvio_driver_add(tree->ctx, &wrong), -EINVAL,
		"set .size = sizeof(struct uvio_driver)");
	ASSERT_ERR(uvio_driver_add(tree->ctx, NULL), -EINVAL, "no table (NULL)");
	ASSERT_ERR(uvio_driver_add(NULL, &own), -EINVAL, "no context");
}

static void attaching_nothing_is_refused(void)
{
	struct uvio_card *other = card;

	ASSERT_ERR(uvio_card_attach(NULL, udev, &other), -EINVAL, "no table (NULL)");
	ASSERT(!other);
	ASSERT_ERR(uvio_card_attach(&own, NULL, &other), -EINVAL, "no udev device");
	ASSERT_ERR(uvio_card_attach(&own, udev, NULL), -EINVAL, "no pointer for a card");
	ASSERT_ERR(uvio_card_service(NULL), -EINVAL, "no card to serve (NULL)");
	ASSERT(!uvio_card_driver(NULL) && !uvio_card_udev(NULL) && !uvio_card_priv(NULL));
	uvio_card_detach(NULL);
}

static void a_failed_attach_is_not_detached(void)
{
	struct uvio_driver failing = own;
	struct uvio_card *other;

	failing.attach = attach_fails;
	failing.detach = count_detach;
	detached = 0;
	ASSERT_ERR(uvio_card_attach(&failing, udev, &other), -EIO, "it does not answer");
	ASSERT(!other);
	ASSERT_EQ(detached, 0);
}

static void service_takes_the_causes_that_are_there(void)
{
	ASSERT_EQ(uvio_card_service(card), 0);
	ASSERT_OK(driver->trial->irq_raise(uvio_card_priv(card), 0));
	ASSERT_EQ(uvio_card_service(card), 1);
	ASSERT_EQ(uvio_card_service(card), 0);
}

static CU_TestInfo cards[] = {
	TEST(the_driver_is_found_by_its_ids),
	TEST(the_other_drivers_are_found_too),
	TEST(the_other_drivers_do_not_attach_to_it),
	TEST(the_drivers_can_be_counted),
	TEST(a_card_knows_its_driver_and_device),
	TEST(clearing_nothing_says_so),
	TEST(detaching_makes_it_quiet),
	TEST(attaching_makes_it_quiet),
	TEST(another_card_is_not_attached_to),
	TEST(a_card_that_is_gone_can_be_detached),
	TEST(detaching_nothing_is_allowed),
	TEST(a_driver_that_is_added_comes_first),
	TEST(a_table_that_is_wrong_is_refused),
	TEST(attaching_nothing_is_refused),
	TEST(a_failed_attach_is_not_detached),
	TEST(service_takes_the_causes_that_are_there),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo self_tests[] = {
	TEST(every_self_test_passes),
	TEST(self_tests_can_be_repeated),
	TEST(wrong_registers_are_noticed),
	TEST(a_missing_interrupt_is_noticed),
	TEST(lost_bytes_are_noticed),
	TEST(dma_without_bus_mastering_is_noticed),
	TEST(a_transfer_has_its_limits),
	TEST(memory_that_is_not_mapped_is_not_reached),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"card", NULL, NULL, setup, teardown, cards},
	{"self-test", NULL, NULL, setup, teardown, self_tests},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
