/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The example of a driver outside the tree, added to a context, on a model of its chip. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "models/uart.h"
#include "serial_card.h"

static struct uart_model_card model;
static struct uart_model *uart = &model.uarts[0];

static const struct uvio_driver *matching(void)
{
	const struct fake_model *fake = &model.fake;

	return uvio_driver_match(
		tree->ctx, fake->vendor, fake->device, fake->subvendor, fake->subdevice);
}

static void setup(void)
{
	uart_model_card(&model, 0x1b36, 0x0002, 0x1af4, 0x1100);
	uart_model_add(&model, 0, 0, UART_16450);
	serial_open(&model.fake, "pci-serial");
	ASSERT_OK(uvio_driver_add(tree->ctx, uvio_module_drivers[0]));
	driver = matching();
}

static void setup_begun(void)
{
	setup();
	serial_attach();
	serial_begin();
}

static void it_comes_before_that_of_the_library(void)
{
	ASSERT(driver == uvio_module_drivers[0]);
	ASSERT(!uvio_module_drivers[1]);
	ASSERT_ERR(uvio_driver_add(tree->ctx, driver), -EEXIST, "another driver has this name");
	serial_attach();
	ASSERT_EQ(uvio_serial_count(card), 1);
	ASSERT_STR(uvio_serial_info(serial)->chip, "16450");
	ASSERT_EQ(uvio_serial_info(serial)->fifo, 1);
}

static void bytes_go_both_ways(void)
{
	serial_send('a', 3);
	for (unsigned int i = 0; i < 3; i++) {
		uart_model_hear(uart, (uint8_t)('x' + i), 0);
		serial_serve();
	}
	serial_expect('x', 3, 0);
	serial_nothing_more();
	ASSERT_EQ(uart->sent_count, 3);
	ASSERT(!memcmp(uart->sent, "abc", 3));
	ASSERT_EQ(serial_stats().tx_bytes, 3);
	ASSERT_EQ(serial_stats().rx_bytes, 3);
}

static void an_interrupt_wakes_it(void)
{
	uart_model_hear(uart, 'x', 0);
	fake_changed(udev);
	ASSERT_OK(uvio_card_wait(card, 0));
	serial_serve();
	serial_expect('x', 1, 0);
}

static void a_lost_byte_is_marked(void)
{
	uart_model_hear(uart, 'x', 0);
	uart_model_hear(uart, 'y', 0);
	serial_serve();
	serial_expect('y', 1, UVIO_MARK_OVERRUN);
	ASSERT_EQ(serial_stats().rx_overrun, 1);
}

static void other_settings_are_refused_by_its_own_text(void)
{
	struct uvio_serial_config config = serial_config();

	config.parity = UVIO_PARITY_EVEN;
	ASSERT_ERR(uvio_serial_set(serial, &config), -ENOTSUP,
		EDU ": only bit rate, data and stop bits");
	config = serial_config();
	config.baud = 50000;
	ASSERT_ERR(uvio_serial_set(serial, &config), -ERANGE, "50000 bit/s: the nearest is 57600");
	config.baud = 230400;
	ASSERT_ERR(uvio_serial_set(serial, &config), -ERANGE, "230400");
	ASSERT_EQ(uart->divisor, 12);
	config.baud = 57600;
	config.data_bits = 7;
	config.stop_bits = 2;
	ASSERT_OK(uvio_serial_set(serial, &config));
	ASSERT_EQ(uart->divisor, 2);
	ASSERT_EQ(uart->lcr, 0x06);
}

static void loopback_receives_what_is_sent(void)
{
	struct uvio_serial_config config = serial_config();

	config.loopback = true;
	ASSERT_OK(uvio_serial_set(serial, &config));
	serial_send('a', 16);
	while (uvio_serial_pending(serial))
		serial_serve();
	serial_serve();
	serial_expect('a', 16, 0);
	ASSERT_EQ(uart->sent_count, 0);
}

static void detached_it_is_silent(void)
{
	uvio_card_detach(card);
	card = NULL;
	ASSERT_EQ(uart->ier, 0);
	ASSERT_EQ(uart->mcr, 0);
	uart_model_hear(uart, 'x', 0);
	ASSERT(!uart_model_line(uart));
}

static CU_TestInfo adding[] = {
	TEST(it_comes_before_that_of_the_library),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo bytes[] = {
	TEST(bytes_go_both_ways),
	TEST(an_interrupt_wakes_it),
	TEST(a_lost_byte_is_marked),
	TEST(other_settings_are_refused_by_its_own_text),
	TEST(loopback_receives_what_is_sent),
	TEST(detached_it_is_silent),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"adding", NULL, NULL, setup, serial_close, adding},
	{"bytes", NULL, NULL, setup_begun, serial_close, bytes},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
