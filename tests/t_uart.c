/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The driver of the 16550 family, on models of the chips. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <uvio/udev.h>

#include "../drivers/serial/pci_boards.h"
#include "base/context.h"
#include "models/uart.h"
#include "serial_card.h"

static struct uart_model_card model;
static struct uart_model *uart = &model.uarts[0];

/* Four lines of this kind. */
static void open_kind(enum uart_model_kind kind)
{
	uart_model_card(&model, 0x1b36, 0x0004, 0x1af4, 0x1100);
	for (unsigned int i = 0; i < 4; i++)
		uart_model_add(&model, 0, 8 * i, kind);
	serial_open(&model.fake, "pci-serial");
}

static void setup(void)
{
	open_kind(UART_16550A);
}

static void setup_attached(void)
{
	setup();
	serial_attach();
}

static void reopen(enum uart_model_kind kind)
{
	serial_close();
	open_kind(kind);
	serial_attach();
}

static void hear(unsigned int first, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		uart_model_hear(uart, (uint8_t)(first + i), 0);
	uart_model_idle(uart);
}

static void step(unsigned int count)
{
	while (count--)
		uart_model_step(uart);
}

static void add_lines(const struct pci_serial_board *board)
{
	enum uart_model_kind kind = board->fifo == 128 ? UART_128 : UART_16550A;

	if (board->kind == UART_KIND_XR17V35X)
		kind = UART_XR;
	if (board->kind == UART_KIND_16950)
		kind = UART_16950;
	for (unsigned int i = 0; i < board->lines; i++) {
		unsigned int bar;
		uint64_t offset;

		pci_serial_place(board, i, &bar, &offset);
		uart_model_add(&model, bar, offset, kind);
	}
	model.gate = board->gate;
	model.gate_bar = board->bar;
}

/* Each line has bytes of its own; an interrupt comes out only while the card is waited for. */
static void one_card_works(const struct uvio_driver_id *id)
{
	uart_model_card(&model, id->vendor, id->device, id->subvendor, id->subdevice);
	add_lines(id->data);
	serial_open(&model.fake, "pci-serial");
	serial_attach();
	ASSERT_EQ(uvio_serial_count(card), model.lines);
	ASSERT(uvio_card_fd(card) >= 0);
	for (unsigned int i = 0; i < model.lines; i++) {
		struct uart_model *line = &model.uarts[i];

		ASSERT_OK(uvio_serial_get(card, i, &serial));
		serial_begin();
		serial_serve();
		serial_send(i, 1);
		uart_model_hear(line, (uint8_t)(100 + i), 0);
		uart_model_idle(line);
		fake_changed(udev);
		ASSERT_OK(uvio_card_wait(card, 0));
		serial_serve();
		serial_expect(100 + i, 1, 0);
		ASSERT_EQ(line->sent[0], i);
	}
	serial_close();
	ASSERT(!model.fake.line(&model));
}

static void every_card_of_the_table_works(void)
{
	serial_close();
	for (const struct uvio_driver_id *id = pci_serial_ids; id->vendor; id++)
		one_card_works(id);
	setup();
}

static void an_absent_chip_is_refused(void)
{
	uart->no_scratch = true;
	ASSERT_ERR(uvio_card_attach(driver, udev, &card), -ENODEV,
		EDU ": serial line 0: no UART: its scratch register reads 0x00, 0x5a expected");
	fake_faults.all_ones = true;
	ASSERT_ERR(uvio_card_attach(driver, udev, &card), -ENODEV, EDU ": the device is gone");
}

static void registers_tell_what_it_is(void)
{
	static const struct {
		enum uart_model_kind kind;
		const char *chip;
		unsigned int fifo;
		bool flow;
	} table[] = {{UART_16450, "16450", 1, false}, {UART_16550, "16450", 1, false},
		{UART_16550A, "16550A", 16, false}, {UART_16650, "16550A", 16, false},
		{UART_16750, "16750", 64, true}, {UART_16950, "16550A", 16, false}};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		const struct uvio_serial_info *info;

		serial_close();
		open_kind(table[i].kind);
		serial_attach();
		info = uvio_serial_info(serial);
		ASSERT_STR(info->chip, table[i].chip);
		ASSERT_EQ(info->fifo, table[i].fifo);
		ASSERT_EQ(info->flow_in_chip, table[i].flow);
		ASSERT_EQ(info->baud_max, 115200);
		ASSERT_EQ(uart->ier, 0);
		ASSERT_EQ(uart->mcr, 0);
	}
}

/* Table III of the PC16550D, for a crystal of 1.8432 MHz. */
static void bit_rates_are_in_the_divisor(void)
{
	static const struct {
		uint32_t baud;
		uint16_t divisor;
	} table[] = {{50, 2304}, {75, 1536}, {110, 1047}, {150, 768}, {300, 384}, {600, 192},
		{1200, 96}, {1800, 64}, {2000, 58}, {2400, 48}, {3600, 32}, {4800, 24}, {7200, 16},
		{9600, 12}, {19200, 6}, {38400, 3}, {57600, 2}, {115200, 1}};
	struct uvio_serial_config config = serial_config();

	serial_begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		config.baud = table[i].baud;
		ASSERT_OK(uvio_serial_set(serial, &config));
		ASSERT_EQ(uart->divisor, table[i].divisor);
		ASSERT_EQ(uart->lcr, 0x03);
	}
	config.baud = 70000;
	ASSERT_ERR(uvio_serial_set(serial, &config), -ERANGE, "the nearest with a clock of");
	ASSERT_EQ(uart->divisor, 1);
	config.baud = 230400;
	ASSERT_ERR(uvio_serial_set(serial, &config), -ERANGE, "16550A has 2 to 115200");
}

/* What the driver before left behind does not stay, but for what is no business of ours. */
static void an_xr17v35x_divides_by_sixteenths(void)
{
	static const struct {
		uint32_t baud, sixteenths;
	} table[] = {{9600, 13021}, {115200, 1085}, {921600, 136}, {1000000, 125}, {3000000, 42},
		{7812500, 16}};
	struct uvio_serial_config config = serial_config();

	serial_close();
	uart_model_card(&model, 0x13a8, 0x0352, 0, 0);
	uart_model_add(&model, 0, 0, UART_XR);
	uart_model_add(&model, 0, 0x400, UART_XR);
	serial_open(&model.fake, "pci-serial");
	serial_attach();
	ASSERT_EQ(uart->sleep | uart->mode_8x, 0);
	ASSERT_EQ(uart->fctr, 0x20);
	serial_begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		config.baud = table[i].baud;
		ASSERT_OK(uvio_serial_set(serial, &config));
		ASSERT_EQ(uart->divisor * 16u + (uart->dld & 0x0f), table[i].sixteenths);
		ASSERT_EQ(uart->dld & 0xf0, 0x40);
		ASSERT_EQ(uart->lcr, 0x03);
	}
	config.baud = 7570000;
	ASSERT_ERR(uvio_serial_set(serial, &config), -ERANGE,
		"serial line 0: 7570000 bit/s: the nearest with a clock of 125000000 Hz is");
}

static void a_16950_samples_as_its_divisor_expects(void)
{
	struct uvio_serial_config config = serial_config();

	serial_close();
	uart_model_card(&model, 0x1415, 0xc138, 0, 0);
	uart_model_add(&model, 0, 0x1000, UART_16950);
	uart->mcr = 0x80;
	uart->efr = 0x10;
	serial_open(&model.fake, "pci-serial");
	serial_attach();
	ASSERT_EQ(uart->tcr, 0);
	ASSERT_EQ(uart->efr, 0);
	serial_begin();
	ASSERT_EQ(uart->mcr & 0xe0, 0);
	config.baud = 115200;
	ASSERT_OK(uvio_serial_set(serial, &config));
	ASSERT_EQ(uart->divisor, 34);
	config.baud = 921600;
	ASSERT_ERR(uvio_serial_set(serial, &config), -ERANGE,
		"serial line 0: 921600 bit/s: the nearest with a clock of 62500000 Hz is 976562");
}

/* Bits 0 to 5 of LCR. */
static void formats_are_in_the_line_control(void)
{
	static const uint8_t parities[] = {0x00, 0x08, 0x18, 0x28, 0x38};
	struct uvio_serial_config config = serial_config();

	serial_begin();
	for (unsigned int i = 0; i < 4 * 2 * 5; i++) {
		config.data_bits = 5 + i % 4;
		config.stop_bits = 1 + i / 4 % 2;
		config.parity = i / 8;
		ASSERT_OK(uvio_serial_set(serial, &config));
		ASSERT_EQ(uart->lcr, i % 4 | (i / 4 % 2 ? 0x04 : 0) | parities[i / 8]);
	}
}

static void bytes_are_sent_as_many_as_there_is_room_for(
	enum uart_model_kind kind, unsigned int fifo)
{
	reopen(kind);
	serial_begin();
	serial_serve();
	uart->slow = true;
	serial_send(1, 200);
	for (unsigned int sent = 0; sent < 200;) {
		serial_serve();
		ASSERT(uart->waiting == fifo || sent + uart->waiting == 200);
		sent += uart->waiting;
		step(uart->waiting);
	}
	ASSERT_EQ(uart->too_many, 0);
	for (unsigned int i = 0; i < 200; i++)
		ASSERT_EQ(uart->sent[i], 1 + i);
	ASSERT_EQ(serial_stats().tx_bytes, 200);
}

static void no_byte_is_sent_too_much(void)
{
	bytes_are_sent_as_many_as_there_is_room_for(UART_16450, 1);
	bytes_are_sent_as_many_as_there_is_room_for(UART_16550, 1);
	bytes_are_sent_as_many_as_there_is_room_for(UART_16550A, 16);
	bytes_are_sent_as_many_as_there_is_room_for(UART_16750, 64);
}

static void sending_is_seen_until_the_last_bit(void)
{
	serial_begin();
	uart->slow = true;
	serial_send(1, 2);
	serial_serve();
	ASSERT_EQ(uvio_serial_pending(serial), 1);
	step(2);
	ASSERT_EQ(uvio_serial_pending(serial), 0);
}

static void bytes_are_received_at_each_level(void)
{
	serial_begin();
	serial_serve();
	for (unsigned int count = 1; count <= 16; count++) {
		hear(count, count);
		ASSERT(uart_model_line(uart));
		serial_serve();
		serial_expect(count, count, 0);
		ASSERT(!uart_model_line(uart));
	}
	reopen(UART_16450);
	serial_begin();
	for (unsigned int count = 1; count <= 8; count++) {
		hear(count, 1);
		serial_serve();
		serial_expect(count, 1, 0);
	}
	ASSERT_EQ(serial_stats().rx_overrun, 0);
}

/* Errors first, among good bytes, at each place of the FIFO. */
static void errors_are_at_their_byte(void)
{
	static const struct {
		uint8_t lsr, mark;
	} table[] = {{UART_MODEL_PARITY, UVIO_MARK_PARITY}, {UART_MODEL_FRAMING, UVIO_MARK_FRAMING},
		{UART_MODEL_PARITY | UART_MODEL_FRAMING, UVIO_MARK_PARITY | UVIO_MARK_FRAMING},
		{UART_MODEL_FRAMING | UART_MODEL_BREAK, UVIO_MARK_BREAK}};

	serial_begin();
	for (unsigned int i = 0; i < 64; i++) {
		unsigned int at = i / 4;

		hear(1, at);
		uart_model_hear(uart, i % 4 == 3 ? 0 : 99, table[i % 4].lsr);
		hear(1, 15 - at);
		serial_serve();
		serial_expect(1, at, 0);
		serial_expect(i % 4 == 3 ? 0 : 99, 1, table[i % 4].mark);
		serial_expect(1, 15 - at, 0);
	}
	ASSERT_EQ(serial_stats().parity_errors, 32);
	ASSERT_EQ(serial_stats().framing_errors, 32);
	ASSERT_EQ(serial_stats().breaks, 16);
}

/* Who asks whether it sends reads the line status, and that clears the errors. */
static void errors_are_not_lost_by_a_look_at_the_sender(void)
{
	serial_begin();
	uart_model_hear(uart, 1, UART_MODEL_PARITY);
	hear(2, 1);
	ASSERT_EQ(uvio_serial_pending(serial), 0);
	serial_serve();
	serial_expect(1, 1, UVIO_MARK_PARITY);
	serial_expect(2, 1, 0);
}

static void lost_bytes_are_marked_where_they_were(void)
{
	serial_begin();
	hear(1, 20);
	serial_serve();
	ASSERT_EQ(serial_stats().rx_overrun, 1);
	hear(21, 2);
	serial_serve();
	serial_expect(1, 16, 0);
	serial_expect(21, 1, UVIO_MARK_OVERRUN);
	serial_expect(22, 1, 0);
	reopen(UART_16450);
	serial_begin();
	hear(1, 2);
	serial_serve();
	serial_expect(2, 1, UVIO_MARK_OVERRUN);
	ASSERT_EQ(serial_stats().rx_overrun, 1);
}

static void a_break_is_sent_while_asked_for(void)
{
	struct uvio_serial_config config = serial_config();

	serial_begin();
	ASSERT_OK(uvio_serial_break(serial, true));
	ASSERT_EQ(uart->lcr, 0x43);
	ASSERT_OK(uvio_serial_set(serial, &config));
	ASSERT_EQ(uart->lcr, 0x43);
	ASSERT_OK(uvio_serial_break(serial, false));
	ASSERT_EQ(uart->lcr, 0x03);
	ASSERT_EQ(uart->breaks, 1);
	ASSERT_OK(uvio_serial_break(serial, true));
	ASSERT_OK(uvio_serial_stop(serial));
	ASSERT_EQ(uart->lcr, 0);
}

static void modem_lines_are_read_and_switched(void)
{
	unsigned int lines;

	serial_begin();
	uart_model_modem(uart, 0x50);
	ASSERT_OK(uvio_serial_modem(serial, &lines));
	ASSERT_EQ(lines, TIOCM_CTS | TIOCM_RI | TIOCM_DTR | TIOCM_RTS);
	ASSERT_OK(uvio_serial_modem_set(serial, 0, TIOCM_DTR));
	ASSERT_EQ(uart->mcr, 0x0a);
	uart_model_modem(uart, 0xa0);
	ASSERT_OK(uvio_serial_modem(serial, &lines));
	ASSERT_EQ(lines, TIOCM_DSR | TIOCM_CD | TIOCM_RTS);
	ASSERT_OK(uvio_serial_stop(serial));
	ASSERT_EQ(uart->mcr, 0);
}

static void loopback_receives_what_is_sent(void)
{
	struct uvio_serial_config config = serial_config();

	config.loopback = true;
	ASSERT_OK(uvio_serial_start(serial, &config));
	serial_send(1, 16);
	serial_serve();
	uart_model_idle(uart);
	serial_serve();
	serial_expect(1, 16, 0);
	ASSERT_EQ(uart->sent_count, 0);
}

static void begin_with_flow(enum uart_model_kind kind)
{
	struct uvio_serial_config config = serial_config();

	reopen(kind);
	config.flow = UVIO_FLOW_RTS_CTS;
	config.rx_bytes = 16;
	ASSERT_OK(uvio_serial_start(serial, &config));
}

static void without_cts_nothing_is_sent(void)
{
	begin_with_flow(UART_16550A);
	ASSERT_EQ(uart->mcr & 0x20, 0);
	uart_model_modem(uart, 0);
	serial_send(1, 3);
	serial_serve();
	ASSERT_EQ(uart->sent_count, 0);
	uart_model_modem(uart, 0x10);
	ASSERT(uart_model_line(uart));
	serial_serve();
	ASSERT_EQ(uart->sent_count, 3);
}

static void a_full_ring_stops_the_other_side(void)
{
	begin_with_flow(UART_16550A);
	hear(1, 13);
	serial_serve();
	ASSERT_EQ(uart->mcr & 0x02, 0);
	serial_expect(1, 13, 0);
	serial_serve();
	ASSERT_EQ(uart->mcr & 0x02, 0x02);
}

/* The chip withdraws RTS by itself once its FIFO fills; nothing is read, no error lost. */
static void a_chip_with_flow_control_is_left_alone(void)
{
	struct uvio_serial_config config = serial_config();

	begin_with_flow(UART_16750);
	ASSERT_EQ(uart->mcr & 0x22, 0x22);
	hear(1, 13);
	serial_serve();
	ASSERT_EQ(uart->ier & 0x05, 0);
	config.flow = UVIO_FLOW_RTS_CTS;
	ASSERT_OK(uvio_serial_set(serial, &config));
	ASSERT_EQ(uart->ier & 0x05, 0);
	uart_model_hear(uart, 14, UART_MODEL_PARITY);
	hear(15, 10);
	serial_send(1, 1);
	serial_serve();
	ASSERT_EQ(uart->used, 11);
	serial_expect(1, 13, 0);
	serial_serve();
	ASSERT_EQ(uart->ier & 0x05, 0x05);
	serial_serve();
	serial_expect(14, 1, UVIO_MARK_PARITY);
	serial_expect(15, 10, 0);
	ASSERT_EQ(serial_stats().rx_lost, 0);
}

static void a_chip_that_always_has_more_has_an_end(void)
{
	serial_begin();
	uart->always_data = true;
	hear(1, 16);
	fake_of(udev)->calls = 0;
	serial_serve();
	ASSERT(fake_of(udev)->calls < SERVICE_CALLS);
}

/* The card with the most lines. */
static void lines_that_always_have_more_have_an_end(void)
{
	serial_close();
	uart_model_card(&model, 0x1fd4, 0x1999, 0x1fd4, 0x0010);
	for (const struct uvio_driver_id *id = pci_serial_ids; id->vendor; id++)
		if (id->vendor == 0x1fd4 && id->subdevice == 0x0010)
			add_lines(id->data);
	serial_open(&model.fake, "pci-serial");
	serial_attach();
	for (unsigned int i = 0; i < 16; i++) {
		ASSERT_OK(uvio_serial_get(card, i, &serial));
		serial_begin();
		uart = &model.uarts[i];
		hear(1, 128);
		uart->endless = true;
	}
	uart = &model.uarts[0];
	fake_of(udev)->calls = 0;
	serial_serve();
	ASSERT(fake_of(udev)->calls < SERVICE_CALLS);
}

static void a_sender_that_never_gets_ready_holds_nobody_up(void)
{
	serial_begin();
	uart->never_ready = true;
	serial_send(1, 3);
	serial_serve();
	hear(1, 2);
	serial_serve();
	serial_expect(1, 2, 0);
	ASSERT_EQ(uvio_serial_pending(serial), 3);
}

static void one_that_reads_all_ones_says_so(void)
{
	serial_begin();
	fake_faults.access = -EIO;
	ASSERT_ERR(uvio_card_poll(card), -EIO, EDU ": the registers of the UART read all ones");
	fake_faults.access = 0;
	serial_serve();
}

static void hear_some(void)
{
	hear(1, 10);
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
	TEST(every_card_of_the_table_works),
	TEST(an_absent_chip_is_refused),
	TEST(a_card_that_is_removed_at_any_moment_says_so),
	TEST(one_that_falls_silent_at_any_moment_gives_no_wrong_bytes),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo registers[] = {
	TEST(registers_tell_what_it_is),
	TEST(bit_rates_are_in_the_divisor),
	TEST(an_xr17v35x_divides_by_sixteenths),
	TEST(a_16950_samples_as_its_divisor_expects),
	TEST(formats_are_in_the_line_control),
	TEST(a_break_is_sent_while_asked_for),
	TEST(modem_lines_are_read_and_switched),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo bytes[] = {
	TEST(no_byte_is_sent_too_much),
	TEST(sending_is_seen_until_the_last_bit),
	TEST(bytes_are_received_at_each_level),
	TEST(errors_are_at_their_byte),
	TEST(errors_are_not_lost_by_a_look_at_the_sender),
	TEST(lost_bytes_are_marked_where_they_were),
	TEST(loopback_receives_what_is_sent),
	TEST(without_cts_nothing_is_sent),
	TEST(a_full_ring_stops_the_other_side),
	TEST(a_chip_with_flow_control_is_left_alone),
	TEST(a_chip_that_always_has_more_has_an_end),
	TEST(lines_that_always_have_more_have_an_end),
	TEST(a_sender_that_never_gets_ready_holds_nobody_up),
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
