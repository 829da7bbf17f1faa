/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The table of serial cards. */
#include <config.h>

#include "../drivers/serial/pci_boards.h"
#include "base/context.h"
#include "harness.h"

static const struct pci_serial_board *board_of(uint16_t vendor, uint16_t device, uint16_t sub)
{
	for (const struct uvio_driver_id *id = pci_serial_ids; id->vendor; id++)
		if (id->vendor == vendor && id->device == device &&
			(id->subdevice == sub || id->subdevice == UVIO_ANY_ID))
			return id->data;
	return NULL;
}

static void is_at(
	const struct pci_serial_board *board, unsigned int line, unsigned int bar, uint64_t offset)
{
	unsigned int real_bar;
	uint64_t real_offset;

	pci_serial_place(board, line, &real_bar, &real_offset);
	ASSERT_EQ(real_bar, bar);
	ASSERT_EQ(real_offset, offset);
}

static void no_card_stands_there_twice(void)
{
	for (const struct uvio_driver_id *a = pci_serial_ids; a->vendor; a++)
		for (const struct uvio_driver_id *b = a + 1; b->vendor; b++)
			ASSERT(a->vendor != b->vendor || a->device != b->device ||
				a->subvendor != b->subvendor || a->subdevice != b->subdevice);
}

static void every_card_is_complete(void)
{
	for (const struct uvio_driver_id *id = pci_serial_ids; id->vendor; id++) {
		const struct pci_serial_board *board = id->data;

		ASSERT(board->name);
		ASSERT(board->lines >= 1 && board->lines <= PCI_SERIAL_LINES);
		ASSERT(board->stride >= 1 && board->distance >= 8 * board->stride);
		ASSERT(board->clock >= 1843200);
		ASSERT(board->fifo == 0 || board->fifo == 16 || board->fifo == 128);
		ASSERT(!board->gate == !board->gate_on);
	}
}

/* The registers of two lines never overlap, nor do they lie on those of the board. */
static void lines_have_places_of_their_own(void)
{
	for (const struct uvio_driver_id *id = pci_serial_ids; id->vendor; id++) {
		const struct pci_serial_board *board = id->data;
		unsigned int bar, before_bar = 0;
		uint64_t offset, before = 0;

		for (unsigned int line = 0; line < board->lines; line++) {
			pci_serial_place(board, line, &bar, &offset);
			ASSERT(bar <= 5);
			ASSERT(!line || bar > before_bar || offset >= before + board->distance);
			ASSERT(!board->gate || board->gate >= offset + board->distance);
			before_bar = bar;
			before = offset;
		}
	}
}

static void lines_are_where_the_kernel_has_them(void)
{
	is_at(board_of(0x1b36, 0x0004, 0), 3, 0, 24);
	is_at(board_of(0x1fd4, 0x1999, 0x0010), 3, 0, 24);
	is_at(board_of(0x1fd4, 0x1999, 0x0010), 4, 1, 0);
	is_at(board_of(0x1fd4, 0x1999, 0x0010), 9, 1, 64 + 8);
	is_at(board_of(0x1fd4, 0x1999, 0x0010), 15, 1, 128 + 24);
	is_at(board_of(0x4348, 0x3453, 0), 3, 3, 0);
	is_at(board_of(0x1c00, 0x3470, 0), 1, 0, 0xc8);
	is_at(board_of(0x1415, 0xc308, 0), 7, 0, 0x1e00);
	is_at(board_of(0x13a8, 0x0358, 0), 7, 0, 0x1c00);
	is_at(board_of(0x9710, 0x9900, 0x3002), 1, 3, 0);
}

static void a_card_that_was_only_a_model_says_so(void)
{
	for (const struct uvio_driver_id *id = pci_serial_ids; id->vendor; id++)
		ASSERT_EQ(id->seen, id->vendor == 0x1b36 ? UVIO_SEEN_EMULATION : UVIO_SEEN_MODEL);
}

static CU_TestInfo cases[] = {
	TEST(no_card_stands_there_twice),
	TEST(every_card_is_complete),
	TEST(lines_have_places_of_their_own),
	TEST(lines_are_where_the_kernel_has_them),
	TEST(a_card_that_was_only_a_model_says_so),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"serial boards", NULL, NULL, NULL, NULL, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
