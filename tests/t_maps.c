/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Lines of /proc/PID/maps, and the numbers in files of the kernel. */
#include <config.h>

#include <string.h>
#include <sys/sysmacros.h>

#include "base/number.h"
#include "harness.h"
#include "base/maps.h"

static void a_line_has_all_that_the_kernel_writes(void)
{
	struct uvio_maps_line mapping;

	ASSERT(uvio_maps_parse(
		"7f02a000-7f02b000 rw-s 00001000 fd:05 18446744073709551615    /dev/uio0",
		&mapping));
	ASSERT_EQ(mapping.first, 0x7f02a000);
	ASSERT_EQ(mapping.last, 0x7f02b000);
	ASSERT(mapping.written && mapping.shared);
	ASSERT(mapping.dev == makedev(0xfd, 5));
	ASSERT(mapping.ino == (ino_t)UINT64_MAX);
	ASSERT_STR(mapping.path, "/dev/uio0");
}

static void rights_are_told_apart(void)
{
	struct uvio_maps_line mapping;

	ASSERT(uvio_maps_parse("1000-2000 r-xp 00000000 00:00 0 /bin/w s", &mapping));
	ASSERT(!mapping.written && !mapping.shared);
	ASSERT_STR(mapping.path, "/bin/w s");
	ASSERT(uvio_maps_parse("1000-2000 -w-p 00000000 00:00 0 [heap]", &mapping));
	ASSERT(mapping.written && !mapping.shared);
	ASSERT(uvio_maps_parse("1000-2000 r--s 00000000 00:00 0 [heap]", &mapping));
	ASSERT(!mapping.written && mapping.shared);
}

static void what_is_no_such_line_is_refused(void)
{
	static const char whole[] = "1000-2000 rw-s 00001000 00:05 99 /dev/uio0";
	const char *others[] = {"", " ", "-", "x-y rw-s 0 00:05 99 /a", "1000 2000 rw-s 0 0:0 1 /a",
		"1000-2000 rws 0 0:0 1 /a", "1000-2000 rw-sp 0 0:0 1 /a",
		"1000-2000rw-s 0 0:0 1 /a", "1000-2000 rw-s x 0:0 1 /a",
		"1000-2000 rw-s 0 0-0 1 /a", "1000-2000 rw-s 0 0:0 /a"};
	struct uvio_maps_line mapping;
	char text[sizeof(whole)];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ASSERT(!uvio_maps_parse(others[i], &mapping));
	/* Cut anywhere before its path, it has none. */
	for (size_t n = 0; n < (size_t)(strchr(whole, '/') - whole); n++) {
		memcpy(text, whole, n);
		text[n] = '\0';
		ASSERT(!uvio_maps_parse(text, &mapping));
	}
}

static void is_number(const char *text, unsigned int base, uint64_t expected, const char *behind)
{
	uint64_t value;
	const char *end = uvio_number(text, base, &value);

	ASSERT(end);
	ASSERT_EQ(value, expected);
	ASSERT_STR(end, behind);
}

static void a_number_ends_where_its_digits_do(void)
{
	is_number("0", 10, 0, "");
	is_number("0x10", 10, 0, "x10");
	is_number("19a", 10, 19, "a");
	is_number("1789", 8, 017, "89");
	is_number("fFg", 16, 0xff, "g");
	is_number("18446744073709551615", 10, UINT64_MAX, "");
	is_number("ffffffffffffffff ", 16, UINT64_MAX, " ");
}

static void what_does_not_fit_is_no_number(void)
{
	static const char *const none[] = {
		"", " 1", "-1", "+1", "a", "18446744073709551616", "99999999999999999999"};
	uint64_t value;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ASSERT(!uvio_number(none[i], 10, &value));
	ASSERT(!uvio_number("10000000000000000", 16, &value));
	ASSERT(!uvio_number_hex("\n 0x", &value));
	ASSERT(uvio_number_hex("\n 0xfe000000 0x", &value));
	ASSERT_EQ(value, 0xfe000000);
}

static void a_device_is_two_numbers(void)
{
	unsigned int major = 0, minor = 0;

	ASSERT(uvio_number_device("245:10", 10, &major, &minor));
	ASSERT_EQ(major, 245);
	ASSERT_EQ(minor, 10);
	ASSERT(!uvio_number_device("245", 10, &major, &minor));
	ASSERT(!uvio_number_device("245:", 10, &major, &minor));
	ASSERT(!uvio_number_device(":10", 10, &major, &minor));
	ASSERT(!uvio_number_device("4294967296:0", 10, &major, &minor));
}

static CU_TestInfo lines[] = {
	TEST(a_line_has_all_that_the_kernel_writes),
	TEST(rights_are_told_apart),
	TEST(what_is_no_such_line_is_refused),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo numbers[] = {
	TEST(a_number_ends_where_its_digits_do),
	TEST(what_does_not_fit_is_no_number),
	TEST(a_device_is_two_numbers),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"maps", NULL, NULL, NULL, NULL, lines},
	{"numbers", NULL, NULL, NULL, NULL, numbers},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
