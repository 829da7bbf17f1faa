/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The bytes that compare sends on a serial line, on a model of the chip. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "../tools/traffic.h"
#include "models/uart.h"
#include "serial_card.h"

static struct uart_model_card model;
static struct uart_model *uart = &model.uarts[0];
static struct serial_end line;
static unsigned int late; /* bytes that come back before the next that is sent */

static void (*write_card)(
	void *card, unsigned int bar, uint64_t offset, unsigned int width, uint64_t value);

static void write_after_late_ones(
	void *opaque, unsigned int bar, uint64_t offset, unsigned int width, uint64_t value)
{
	bool sends = !offset && !(uart->lcr & 0x80);

	for (; sends && late; late--)
		uart_model_hear(uart, (uint8_t)late, 0);
	write_card(opaque, bar, offset, width, value);
	uart_model_idle(uart);
}

static void setup(void)
{
	uart_model_card(&model, 0x1b36, 0x0002, 0x1af4, 0x1100);
	uart_model_add(&model, 0, 0, UART_16550A);
	write_card = model.fake.write;
	model.fake.write = write_after_late_ones;
	late = 0;
	serial_open(&model.fake, "pci-serial");
	serial_attach();
	line = (struct serial_end){.ops = &serial_end_card, .card = card};
}

static void check_trip(unsigned int count)
{
	uint8_t out[TRAFFIC_BLOCK], back[TRAFFIC_BLOCK];

	for (unsigned int i = 0; i < count; i++)
		out[i] = (uint8_t)(i * 7);
	ASSERT_OK(line.ops->trip(&line, out, back, count));
	ASSERT_EQ(memcmp(out, back, count), 0);
}

static void bytes_come_back_as_sent(void)
{
	ASSERT_OK(line.ops->open(&line, TRAFFIC_BLOCK));
	check_trip(16);
	check_trip(TRAFFIC_BLOCK);
	line.ops->close(&line);
}

static void late_bytes_of_a_measurement_before_are_discarded(void)
{
	for (unsigned int count = 1; count < 8; count++) {
		late = count;
		ASSERT_OK(line.ops->open(&line, 16));
		ASSERT_EQ(late, 0);
		check_trip(16);
		line.ops->close(&line);
	}
}

static void a_line_on_which_nothing_comes_back_is_off_again(void)
{
	uart->slow = true;
	ASSERT_ERR(line.ops->open(&line, 16), -ETIMEDOUT,
		"0000:00:04.0: nothing from the card within 1000 ms");
	ASSERT_ERR(uvio_serial_pending(line.serial), -ENETDOWN,
		"0000:00:04.0: serial line 0 is not started");
}

static CU_TestInfo cases[] = {
	TEST(bytes_come_back_as_sent),
	TEST(late_bytes_of_a_measurement_before_are_discarded),
	TEST(a_line_on_which_nothing_comes_back_is_off_again),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"traffic", NULL, NULL, setup, serial_close, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
