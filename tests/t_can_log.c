/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* candump's log format, as "uvio can" reads and prints it. */
#include <config.h>

#include <string.h>

#include "can.h"
#include "harness.h"

static const char *print(const struct canfd_frame *frame)
{
	static char text[CAN_LINE_MAX];
	size_t n = can_log_format(text, "can0", 1700000000123456789, frame);

	ASSERT_EQ(n, strlen(text));
	ASSERT(n < sizeof(text) && text[n - 1] == '\n');
	text[n - 1] = '\0';
	return text;
}

/* As candump of can-utils 2020.11 prints them. */
static const struct {
	struct canfd_frame frame;
	const char *text;
} known[] = {
	{{.can_id = 0x123, .len = 2, .data = {0x11, 0x22}}, "123#1122"},
	{{.can_id = 0}, "000#"},
	{{.can_id = 0x7ff, .len = 8, .data = {1, 2, 3, 4, 5, 6, 7, 0xff}}, "7FF#01020304050607FF"},
	{{.can_id = CAN_EFF_FLAG | 0x123, .len = 1, .data = {0xab}}, "00000123#AB"},
	{{.can_id = CAN_EFF_FLAG | CAN_EFF_MASK}, "1FFFFFFF#"},
	{{.can_id = CAN_RTR_FLAG | 0x55}, "055#R"},
	{{.can_id = CAN_RTR_FLAG | 0x55, .len = 8}, "055#R8"},
	{{.can_id = CAN_EFF_FLAG | CAN_RTR_FLAG | 0x55, .len = 3}, "00000055#R3"},
	{{.can_id = 0x456, .len = 8, .__res1 = 9}, "456#0000000000000000_9"},
	{{.can_id = CAN_RTR_FLAG | 0x456, .len = 8, .__res1 = 15}, "456#R8_F"},
	{{.can_id = 0x1, .flags = CANFD_FDF}, "001##0"},
	{{.can_id = 0x1, .len = 12, .flags = CANFD_FDF | CANFD_BRS, .data = {0xee}},
		"001##1EE0000000000000000000000"},
	{{.can_id = CAN_EFF_FLAG | 0x1, .len = 1, .flags = CANFD_FDF | CANFD_BRS | CANFD_ESI},
		"00000001##300"},
	{{.can_id = CAN_ERR_FLAG | CAN_ERR_CRTL, .len = 8, .data = {0, 1}},
		"20000004#0001000000000000"},
};

static void frames_are_printed_as_candump_does(void)
{
	char text[CAN_LINE_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		snprintf(text, sizeof(text), "(1700000000.123456) can0 %s", known[i].text);
		ASSERT_STR(print(&known[i].frame), text);
	}
}

static void what_is_printed_is_read(void)
{
	struct canfd_frame frame;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		ASSERT(can_log_parse(print(&known[i].frame), &frame));
		ASSERT(!memcmp(&frame, &known[i].frame, sizeof(frame)));
	}
}

static void what_others_print_is_read(void)
{
	static const char *const lines[] = {
		"(0.0) x 123#1122",
		"  (1700000000.123456)\tvcan0\t123#1122 R",
		"(1700000000.123456) can0 123#11.22",
		"(1700000000.123456)  can0  123#1122\r",
	};
	struct canfd_frame frame;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		ASSERT(can_log_parse(lines[i], &frame));
		ASSERT(!memcmp(&frame, &known[0].frame, sizeof(frame)));
	}
}

static void what_is_no_frame_is_not(void)
{
	static const char *const lines[] = {
		"",
		"123#1122",
		"() can0 123#1122",
		"(1) can0",
		"(1)can0 123#1122",
		"(1) can0123#1122",
		"(1 can0 123#1122",
		"(x) can0 123#1122",
		"(1) can0 123",
		"(1) can0 12#11",
		"(1) can0 1234#11",
		"(1) can0 800#11",
		"(1) can0 FFFFFFFF#1",
		"(1) can0 A0000004#0001000000000000",
		"(1) can0 40000000#11",
		"(1) can0 123#1",
		"(1) can0 123#1g",
		"(1) can0 123#112233445566778899",
		"(1) can0 123#11x",
		"(1) can0 123#R9",
		"(1) can0 123#Rx",
		"(1) can0 123##",
		"(1) can0 123##011223344556677889",
		"(1) can0 123##0112233445566778899",
	};
	struct canfd_frame frame;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (can_log_parse(lines[i], &frame))
			ASSERT_STR(lines[i], "no frame");
}

static CU_TestInfo log_cases[] = {
	TEST(frames_are_printed_as_candump_does),
	TEST(what_is_printed_is_read),
	TEST(what_others_print_is_read),
	TEST(what_is_no_frame_is_not),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"log of CAN", NULL, NULL, NULL, NULL, log_cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
