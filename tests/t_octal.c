/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The driver of the TPCI200 with IP-Octal modules, on models of both. */
#include <config.h>

#include <errno.h>
#include <sys/ioctl.h>

#include <uvio/udev.h>

#include "base/context.h"
#include "models/octal.h"
#include "serial_card.h"

static struct octal_model_card model;
static struct octal_model *module = &model.modules[0];
static struct octal_model_line *line = &model.modules[0].lines[0];

static void setup(void)
{
	octal_model_card(&model);
	octal_model_add(&model, 0);
	serial_open(&model.fake, "tpci200");
}

static void setup_attached(void)
{
	setup();
	serial_attach();
}

static void hear(unsigned int first, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		octal_model_hear(line, (uint8_t)(first + i), 0);
}

static void refused(const char *why)
{
	ASSERT_ERR(uvio_card_attach(driver, udev, &card), -ENODEV, why);
}

static void a_carrier_without_a_known_module_is_refused(void)
{
	module->present = false;
	refused(EDU ": no IP-Octal in any of the four slots");
	octal_model_add(&model, 0);
	module->prom[3] = 'X';
	refused("no IP-Octal");
	octal_model_add(&model, 0);
	module->prom[11] = 0xcd;
	refused("no IP-Octal");
	ASSERT_HAS(logged.text, "slot 0: the ID PROM's CRC is 0xcd, 0xcc expected: left alone");
	fake_faults.all_ones = true;
	refused(EDU ": the device is gone");
}

static void modules_are_found_in_any_slot(void)
{
	octal_model_add(&model, 3);
	serial_attach();
	ASSERT_EQ(uvio_serial_count(card), 16);
	ASSERT_EQ(model.las1 & 0x01000000, 0x01000000);
	ASSERT_EQ(model.las2 & 0x01000000, 0x01000000);
	ASSERT_STR(uvio_serial_info(serial)->chip, "SCC2698");
}

static void error_messages_name_the_line_of_the_card(void)
{
	struct uvio_serial_config config = serial_config();

	octal_model_add(&model, 3);
	serial_attach();
	ASSERT_OK(uvio_serial_get(card, 9, &serial));
	config.baud = 200;
	ASSERT_ERR(uvio_serial_start(serial, &config), -ERANGE,
		EDU ": serial line 9: 200 bit/s: SCC2698 has 75, 110");
	serial_begin();
	ASSERT_ERR(uvio_serial_modem_set(serial, TIOCM_DTR, 0), -ENOTSUP,
		EDU ": serial line 9: an IP-Octal has no DTR");
}

/* Of all lines of both modules, with what lets the interrupts of their slots through. */
static void interrupts_of_every_line_wake_who_waits(void)
{
	octal_model_add(&model, 2);
	serial_attach();
	ASSERT(uvio_card_fd(card) >= 0);
	ASSERT_EQ(model.control[0], 0xc0);
	ASSERT_EQ(model.control[1], 0);
	ASSERT_EQ(model.control[2], 0xc0);
	for (unsigned int i = 0; i < 16; i++) {
		ASSERT_OK(uvio_serial_get(card, i, &serial));
		serial_begin();
		serial_serve();
		line = &model.modules[i / 8 * 2].lines[i % 8];
		hear(i, 2);
		fake_changed(udev);
		ASSERT_OK(uvio_card_wait(card, 0));
		serial_serve();
		serial_expect(i, 2, 0);
		ASSERT_EQ(uvio_card_wait(card, 0), -ETIMEDOUT);
		ASSERT(model.acknowledged[i / 8 * 2] > 0);
	}
	line = &model.modules[0].lines[0];
	uvio_card_detach(card);
	card = NULL;
	ASSERT_EQ(model.control[0] | model.control[2], 0);
}

static void a_module_that_still_asks_is_closed(void)
{
	module->imr[0] = 0x02;
	model.control[0] = 0xc0;
	line->receives = true;
	hear(1, 1);
	ASSERT(model.fake.line(&model));
	serial_attach();
	ASSERT(!model.fake.line(&model));
	ASSERT_EQ(module->imr[0], 0);
	ASSERT_EQ(model.control[0], 0);
}

/* Table 5 of the SCC2698B, with ACR bit 7. */
static void bit_rates_are_in_the_clock_select(void)
{
	static const struct {
		uint32_t baud;
		uint8_t csr;
	} table[] = {{75, 0x00}, {110, 0x11}, {150, 0x33}, {300, 0x44}, {600, 0x55}, {1200, 0x66},
		{1800, 0xaa}, {2000, 0x77}, {2400, 0x88}, {4800, 0x99}, {9600, 0xbb}, {19200, 0xcc},
		{38400, 0x22}};
	struct uvio_serial_config config = serial_config();

	serial_begin();
	ASSERT_EQ(module->acr[0] & 0x80, 0x80);
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		config.baud = table[i].baud;
		ASSERT_OK(uvio_serial_set(serial, &config));
		ASSERT_EQ(line->csr, table[i].csr);
	}
	config.baud = 28800;
	ASSERT_ERR(uvio_serial_set(serial, &config), -ERANGE, "28800 bit/s: SCC2698 has 75, 110");
	config.baud = 57600;
	ASSERT_ERR(uvio_serial_set(serial, &config), -ERANGE, "SCC2698 has 75 to 38400");
	ASSERT_EQ(line->csr, 0x22);
}

/* MR1 and MR2: none, odd, even, mark, space. */
static void formats_are_in_the_mode_registers(void)
{
	static const uint8_t parities[] = {0x10, 0x04, 0x00, 0x0c, 0x08};
	struct uvio_serial_config config = serial_config();

	serial_begin();
	for (unsigned int i = 0; i < 4 * 2 * 5 * 2 * 2; i++) {
		config.data_bits = 5 + i % 4;
		config.stop_bits = 1 + i / 4 % 2;
		config.parity = i / 8 % 5;
		config.flow = i / 40 % 2;
		config.loopback = i / 80;
		ASSERT_OK(uvio_serial_set(serial, &config));
		ASSERT_EQ(line->mr[0], i % 4 | parities[i / 8 % 5] | (config.flow ? 0x80 : 0));
		ASSERT_EQ(line->mr[1], (i / 4 % 2 ? 0x0f : 0x07) | (config.flow ? 0x10 : 0) |
					       (config.loopback ? 0x80 : 0));
	}
}

static void bytes_are_sent_one_at_a_time(void)
{
	serial_begin();
	line->slow = true;
	serial_send(1, 20);
	for (unsigned int i = 0; i < 20; i++) {
		serial_serve();
		ASSERT_EQ(module->imr[0] & 0x01, i < 19);
		ASSERT_EQ(uvio_serial_pending(serial), 20 - i - 1 ? 20 - i - 1 : 1);
		octal_model_step(line);
		ASSERT_EQ(line->sent[i], i + 1);
	}
	ASSERT_EQ(uvio_serial_pending(serial), 0);
	ASSERT_EQ(line->too_many, 0);
}

static void errors_are_at_their_byte(void)
{
	static const struct {
		uint8_t sr, mark;
	} table[] = {{OCTAL_MODEL_PARITY, UVIO_MARK_PARITY},
		{OCTAL_MODEL_FRAMING, UVIO_MARK_FRAMING}, {OCTAL_MODEL_BREAK, UVIO_MARK_BREAK}};

	serial_begin();
	for (unsigned int i = 0; i < 9; i++) {
		hear(1, i / 3);
		octal_model_hear(line, 0, table[i % 3].sr);
		hear(1, 2 - i / 3);
		serial_serve();
		serial_expect(1, i / 3, 0);
		serial_expect(0, 1, table[i % 3].mark);
		serial_expect(1, 2 - i / 3, 0);
		ASSERT(!line->changed);
	}
	ASSERT_EQ(serial_stats().parity_errors, 3);
	ASSERT_EQ(serial_stats().framing_errors, 3);
	ASSERT_EQ(serial_stats().breaks, 3);
}

/* Two in a row: what is reset for the first must not take the error of the second. */
static void errors_next_to_each_other_are_both_seen(void)
{
	serial_begin();
	octal_model_hear(line, 1, OCTAL_MODEL_PARITY);
	octal_model_hear(line, 2, OCTAL_MODEL_PARITY);
	octal_model_hear(line, 3, OCTAL_MODEL_FRAMING);
	serial_serve();
	serial_expect(1, 2, UVIO_MARK_PARITY);
	serial_expect(3, 1, UVIO_MARK_FRAMING);
}

/* Three are in the FIFO, of the others the last one is still in the shift register. */
static void lost_bytes_are_marked_where_they_were(void)
{
	serial_begin();
	hear(1, 6);
	serial_serve();
	serial_expect(1, 3, 0);
	serial_expect(6, 1, UVIO_MARK_OVERRUN);
	hear(7, 1);
	serial_serve();
	serial_expect(7, 1, 0);
	ASSERT_EQ(serial_stats().rx_overrun, 1);
}

static void a_break_is_sent_while_asked_for(void)
{
	serial_begin();
	ASSERT_OK(uvio_serial_break(serial, true));
	ASSERT(line->breaks);
	ASSERT_OK(uvio_serial_break(serial, false));
	ASSERT(!line->breaks);
	ASSERT_OK(uvio_serial_break(serial, true));
	ASSERT_OK(uvio_serial_stop(serial));
	ASSERT(!line->breaks);
	ASSERT_EQ(line->break_count, 2);
}

static void modem_lines_are_read_and_switched(void)
{
	unsigned int lines;

	serial_begin();
	ASSERT(line->rts);
	line->cts = false;
	ASSERT_OK(uvio_serial_modem(serial, &lines));
	ASSERT_EQ(lines, TIOCM_RTS);
	ASSERT_OK(uvio_serial_modem_set(serial, 0, TIOCM_RTS));
	line->cts = true;
	ASSERT_OK(uvio_serial_modem(serial, &lines));
	ASSERT_EQ(lines, TIOCM_CTS);
	ASSERT(!line->rts);
	ASSERT_ERR(uvio_serial_modem_set(serial, TIOCM_DTR, 0), -ENOTSUP,
		"serial line 0: an IP-Octal has no DTR");
	ASSERT_OK(uvio_serial_stop(serial));
	ASSERT(!line->receives && !line->sends && !line->rts);
}

static void flow_is_controlled_by_the_chip(void)
{
	struct uvio_serial_config config = serial_config();

	config.flow = UVIO_FLOW_RTS_CTS;
	ASSERT_OK(uvio_serial_start(serial, &config));
	line->cts = false;
	serial_send(1, 2);
	serial_serve();
	ASSERT_EQ(line->sent_count, 0);
	line->cts = true;
	octal_model_step(line);
	serial_serve();
	ASSERT_EQ(line->sent_count, 2);
	hear(1, 3);
	ASSERT(!line->rts);
	serial_serve();
	ASSERT(line->rts);
	serial_expect(1, 3, 0);
}

static void loopback_receives_what_is_sent(void)
{
	struct uvio_serial_config config = serial_config();

	config.loopback = true;
	ASSERT_OK(uvio_serial_start(serial, &config));
	serial_send(1, 3);
	serial_serve();
	serial_serve();
	serial_expect(1, 3, 0);
	ASSERT_EQ(line->sent_count, 0);
}

static void a_line_that_always_has_more_has_an_end(void)
{
	for (unsigned int i = 0; i < 8; i++) {
		module->lines[i].always_ready = true;
		ASSERT_OK(uvio_serial_get(card, i, &serial));
		serial_begin();
		serial_send(0, 1000);
	}
	fake_of(udev)->calls = 0;
	serial_serve();
	ASSERT(fake_of(udev)->calls < SERVICE_CALLS);
}

static void one_that_reads_all_ones_says_so(void)
{
	serial_begin();
	fake_faults.access = -EIO;
	ASSERT_ERR(uvio_card_poll(card), -EIO, EDU ": the registers of the carrier read all ones");
	fake_faults.access = 0;
	serial_serve();
}

static void hear_some(void)
{
	hear(1, 2);
}

static void a_card_that_is_removed_at_any_moment_says_so(void)
{
	serial_removed_anywhere(setup, hear_some);
}

static void one_that_falls_silent_at_any_moment_gives_no_wrong_bytes(void)
{
	serial_silent_anywhere(setup, hear_some);
}

static CU_TestInfo attaching[] = {
	TEST(a_carrier_without_a_known_module_is_refused),
	TEST(modules_are_found_in_any_slot),
	TEST(error_messages_name_the_line_of_the_card),
	TEST(interrupts_of_every_line_wake_who_waits),
	TEST(a_module_that_still_asks_is_closed),
	TEST(a_card_that_is_removed_at_any_moment_says_so),
	TEST(one_that_falls_silent_at_any_moment_gives_no_wrong_bytes),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo registers[] = {
	TEST(bit_rates_are_in_the_clock_select),
	TEST(formats_are_in_the_mode_registers),
	TEST(a_break_is_sent_while_asked_for),
	TEST(modem_lines_are_read_and_switched),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo bytes[] = {
	TEST(bytes_are_sent_one_at_a_time),
	TEST(errors_are_at_their_byte),
	TEST(errors_next_to_each_other_are_both_seen),
	TEST(lost_bytes_are_marked_where_they_were),
	TEST(flow_is_controlled_by_the_chip),
	TEST(loopback_receives_what_is_sent),
	TEST(a_line_that_always_has_more_has_an_end),
	TEST(one_that_reads_all_ones_says_so),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"attach", NULL, NULL, setup, serial_close, attaching},
	{"registers", NULL, NULL, setup_attached, serial_close, registers},
	{"bytes", NULL, NULL, setup_attached, serial_close, bytes},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
