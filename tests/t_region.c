/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "asleep.h"
#include "fixture.h"

static struct uvio_region registers, memory, holes, read_only;

static void setup(void)
{
	fixture_open();
	ASSERT_OK(uvio_region_map(udev, FAKE_REGISTERS, &registers));
	ASSERT_OK(uvio_region_map(udev, FAKE_MEMORY, &memory));
	ASSERT_OK(uvio_region_map(udev, FAKE_HOLES, &holes));
	ASSERT_OK(uvio_region_map(udev, FAKE_READ_ONLY, &read_only));
	fake_of(udev)->calls = 0;
}

static unsigned int calls(void)
{
	return fake_of(udev)->calls;
}

static void info_maps_nothing(void)
{
	struct uvio_region region;

	ASSERT_OK(uvio_region_info(udev, FAKE_MEMORY, &region));
	ASSERT_EQ(region.size, FAKE_MEMORY_SIZE);
	ASSERT_EQ(region.flags, UVIO_REGION_READ | UVIO_REGION_WRITE | UVIO_REGION_MMAP);
	ASSERT_EQ(region.index, FAKE_MEMORY);
	ASSERT(!region.base && !region.direct && region.udev == udev);
}

static void a_region_that_is_not_there_is_told(void)
{
	struct uvio_region region;

	static const struct {
		unsigned int index;
		const char *text;
	} absent[] = {
		{UVIO_REGION_BAR5, EDU ": the card has no BAR5"},
		{UVIO_REGION_ROM, EDU ": the card has no ROM"},
		{UVIO_REGION_VGA, EDU ": the card has no VGA"},
		{UVIO_REGION_SPECIFIC, EDU ": the card has no region 9"},
		{UVIO_REGION_COUNT - 1, EDU ": the card has no region 15"},
	};

	for (unsigned int i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		ASSERT_ERR(
			uvio_region_info(udev, absent[i].index, &region), -ENOENT, absent[i].text);
		ASSERT_ERR(
			uvio_region_map(udev, absent[i].index, &region), -ENOENT, absent[i].text);
	}
}

static void a_number_that_is_none_is_refused(void)
{
	struct uvio_region region;

	ASSERT_ERR(uvio_region_info(udev, UVIO_REGION_COUNT, &region), -EINVAL,
		EDU ": region 16: no such region; they are 0 to 15");
	ASSERT_ERR(uvio_region_map(udev, UINT32_MAX, &region), -EINVAL,
		"no such region; they are 0 to 15");
}

static void mapping_again_gives_the_same(void)
{
	struct uvio_region again;

	ASSERT_OK(uvio_region_map(udev, FAKE_MEMORY, &again));
	ASSERT(again.base == memory.base);
	ASSERT_EQ(again.direct, memory.direct);
}

static void a_copy_is_as_good(void)
{
	struct uvio_region copy = memory;

	uvio_write32(&copy, 8, 0x12345678);
	ASSERT_EQ(uvio_read32(&memory, 8), 0x12345678);
}

static void accessors_are_of_their_width(void)
{
	uvio_write64(&memory, 0, 0x0123456789abcdef);
	ASSERT_EQ(uvio_read8(&memory, 0), 0xef);
	ASSERT_EQ(uvio_read8(&memory, 7), 0x01);
	ASSERT_EQ(uvio_read16(&memory, 2), 0x89ab);
	ASSERT_EQ(uvio_read32(&memory, 4), 0x01234567);
	uvio_write8(&memory, 1, 0xff);
	uvio_write16(&memory, 2, 0x1122);
	uvio_write32(&memory, 4, 0x33445566);
	ASSERT_EQ((long long)uvio_read64(&memory, 0), 0x334455661122ffef);
	ASSERT_EQ(calls(), 0);
}

static void big_endian_registers_are_turned(void)
{
	uvio_write32_be(&memory, 16, 0x01020304);
	ASSERT_EQ(uvio_read8(&memory, 16), 1);
	ASSERT_EQ(uvio_read32(&memory, 16), 0x04030201);
	ASSERT_EQ(uvio_read32_be(&memory, 16), 0x01020304);
	uvio_write16_be(&memory, 20, 0x0506);
	ASSERT_EQ(uvio_read16(&memory, 20), 0x0605);
	uvio_write64_be(&memory, 24, 0x0102030405060708);
	ASSERT_EQ((long long)uvio_read64(&memory, 24), 0x0807060504030201);
	uvio_write8_be(&memory, 32, 9);
	ASSERT_EQ(uvio_read8_be(&memory, 32), 9);
}

static void relaxed_accessors_do_the_same(void)
{
	uvio_write32_relaxed(&memory, 40, 77);
	ASSERT_EQ(uvio_read32_relaxed(&memory, 40), 77);
	ASSERT_EQ(uvio_read32(&memory, 40), 77);
}

static void registers_without_mapping_go_by_calls(void)
{
	ASSERT(!registers.base);
	uvio_write32(&registers, 4, 0x5a5a5a5a);
	ASSERT_EQ(uvio_read32(&registers, 4), 0xa5a5a5a5);
	ASSERT_EQ(calls(), 2);
}

static void a_hole_goes_by_calls(void)
{
	uvio_write32(&holes, 0xffc, 1);
	ASSERT_EQ(calls(), 0);
	uvio_write32(&holes, 0x1000, 2);
	ASSERT_EQ(uvio_read32(&holes, 0x1000), 2);
	ASSERT_EQ(calls(), 2);
	ASSERT_EQ(uvio_read32(&holes, 0xffc), 1);
}

/* @direct is a multiple of 8; the last register of such a region is mapped all the same. */
static void the_odd_end_of_a_region_is_reached(void)
{
	ASSERT_EQ(memory.direct, 0x1000);
	uvio_write32(&memory, 0x1000, 0xcafe);
	ASSERT_EQ(uvio_read32(&memory, 0x1000), 0xcafe);
	ASSERT_EQ(calls(), 0);
}

static void beyond_the_end_is_all_ones(void)
{
	ASSERT_EQ(uvio_read32(&memory, FAKE_MEMORY_SIZE), 0xffffffff);
	ASSERT_HAS(uvio_last_error(), EDU ": BAR1: offset 0x1004 is beyond its end at 0x1004");
	ASSERT_EQ(uvio_last_errno(), -ERANGE);
	ASSERT_EQ(uvio_read8(&memory, UINT64_MAX), 0xff);
	ASSERT_EQ(uvio_read16(&memory, UINT64_MAX - 1), 0xffff);
	ASSERT_EQ((long long)uvio_read64(&memory, 0x1000), -1);
	ASSERT_EQ(uvio_read32(&registers, FAKE_REGISTERS_SIZE), 0xffffffff);
	ASSERT_EQ(calls(), 0);
}

static void what_is_not_aligned_is_all_ones(void)
{
	uvio_write64(&memory, 0, 0);
	ASSERT_EQ(uvio_read32(&memory, 2), 0xffffffff);
	ASSERT_HAS(uvio_last_error(),
		EDU ": BAR1: offset 0x2 is not a multiple of the width of 4 bytes");
	ASSERT_EQ(uvio_last_errno(), -EINVAL);
	ASSERT_EQ(uvio_read16(&memory, 1), 0xffff);
	ASSERT_EQ((long long)uvio_read64(&memory, 4), -1);
	uvio_write32(&memory, 2, 5);
	ASSERT_EQ((long long)uvio_read64(&memory, 0), 0);
}

static void a_mistake_does_not_make_the_device_gone(void)
{
	uvio_read32(&memory, 2);
	uvio_read32(&registers, FAKE_REGISTERS_SIZE);
	uvio_write32(&read_only, 0, 1);
	ASSERT(uvio_udev_alive(udev));
}

static void reading_tells_what_is_wrong(void)
{
	uint64_t value;

	ASSERT_OK(uvio_region_read(&registers, 0, 4, &value));
	ASSERT_EQ(value & 0xff, 0xed);
	ASSERT_ERR(uvio_region_read(&memory, 0, 3, &value), -EINVAL,
		EDU ": BAR1: a register has 1, 2, 4 or 8 bytes, not 3");
	ASSERT_ERR(uvio_region_read(&memory, 0, 0, &value), -EINVAL, "not 0");
	ASSERT_ERR(uvio_region_read(&memory, 1, 4, &value), -EINVAL, "not a multiple");
	ASSERT_ERR(uvio_region_read(&memory, 0x1008, 4, &value), -ERANGE, "beyond its end");
}

static void writing_tells_what_is_wrong(void)
{
	ASSERT_OK(uvio_region_write(&memory, 0x1000, 4, 7));
	ASSERT_ERR(uvio_region_write(&memory, 0, 16, 0), -EINVAL, "not 16");
	ASSERT_ERR(uvio_region_write(&memory, 6, 4, 0), -EINVAL, "not a multiple");
	ASSERT_ERR(uvio_region_write(&memory, 0x2000, 1, 0), -ERANGE, "beyond its end");
	ASSERT_ERR(uvio_region_write(&read_only, 0, 1, 0), -EACCES, EDU ": BAR3: it is read-only");
}

static void the_configuration_space_is_a_region(void)
{
	struct uvio_region config;

	ASSERT_OK(uvio_region_map(udev, UVIO_REGION_CONFIG, &config));
	ASSERT_EQ(config.size, FAKE_CONFIG_SIZE);
	ASSERT(!config.base);
	ASSERT_EQ(uvio_read16(&config, 0), 0x1234);
	ASSERT_EQ(uvio_read32(&config, 0x100), 0xffffffff);
}

static void an_access_that_fails_is_all_ones_and_the_device_is_asked(void)
{
	fake_faults.access = -EIO;
	ASSERT_EQ(uvio_read32(&registers, 0), 0xffffffff);
	ASSERT_HAS(uvio_last_error(), EDU ": BAR0: the access failed");
	ASSERT(uvio_udev_alive(udev));
	tree_change(tree, "hex " EDU_FOLDER "/config ffffffffffffffff");
	ASSERT_EQ(uvio_read32(&registers, 0), 0xffffffff);
	fake_faults.access = 0;
	ASSERT(!uvio_udev_alive(udev));
}

static void a_write_that_fails_asks_the_device_too(void)
{
	fake_faults.access = -EIO;
	uvio_write32(&registers, 4, 0);
	ASSERT(uvio_udev_alive(udev));
	tree_change(tree, "hex " EDU_FOLDER "/config ffffffffffffffff");
	uvio_write32(&registers, 4, 0);
	fake_faults.access = 0;
	ASSERT(!uvio_udev_alive(udev));
}

static void a_call_that_fails_gives_its_errno(void)
{
	uint64_t value;

	fake_faults.access = -ENODEV;
	ASSERT_ERR(uvio_region_read(&registers, 0, 4, &value), -ENODEV,
		EDU ": the device is gone: the fake card was pulled");
	ASSERT_ERR(uvio_region_write(&registers, 4, 4, 1), -ENODEV, "the device is gone");
}

static void polling_ends_when_the_value_is_there(void)
{
	ASSERT_OK(uvio_poll_until(&registers, 0, 4, 0xffff, 0x00ed, UVIO_MS(1000)));
	ASSERT_EQ(calls(), 1);
}

static void polling_ends_when_the_time_is_over(void)
{
	ASSERT_ERR(uvio_poll_until(&registers, 0, 4, 0xffff, 0x00ee, UVIO_MS(5)), -ETIMEDOUT,
		EDU ": BAR0: the register at 0x0 reads 0x010000ed after 5 ms; waited for "
		    "0x000000ee under the mask 0x0000ffff");
}

static void polling_wants_a_time(void)
{
	ASSERT_OK(uvio_poll_until(&registers, 0, 4, 0xffff, 0x00ed, 0));
	ASSERT_OK(uvio_poll_until(&registers, 0, 4, 0xffff, 0x00ed, -1));
	ASSERT_ERR(uvio_poll_until(&registers, 0, 4, 0xffff, 0, 0), -ETIMEDOUT, "after 0 ms");
	ASSERT_ERR(
		uvio_poll_until(&registers, 0, 4, 0xffff, 0, UVIO_US(3)), -ETIMEDOUT, "after 3 us");
}

static void polling_wants_a_register(void)
{
	ASSERT_ERR(uvio_poll_until(&registers, 2, 4, 1, 1, UVIO_MS(1)), -EINVAL, "not a multiple");
	ASSERT_ERR(uvio_poll_until(&registers, FAKE_REGISTERS_SIZE, 4, 1, 1, UVIO_MS(1)), -ERANGE,
		"beyond");
}

static void polling_a_card_that_is_gone_ends(void)
{
	fake_faults.all_ones = true;
	ASSERT_ERR(uvio_poll_until(&registers, 0, 4, 1, 0, UVIO_MS(LONG_MS)), -ENODEV,
		"the device is gone");
}

static void all_ones_may_be_a_value(void)
{
	uvio_write32(&registers, 4, 0);
	ASSERT_OK(uvio_poll_until(&registers, 4, 4, UINT32_MAX, UINT32_MAX, UVIO_MS(1000)));
}

/* Found gone before, as by another thread, whose error is not this one's. */
static void polling_a_card_that_was_found_gone_says_so(void)
{
	fake_faults.all_ones = true;
	ASSERT(!uvio_udev_alive(udev));
	uvio_fail(-EINVAL, "something else");
	ASSERT_ERR(uvio_poll_until(&registers, 0, 4, 1, 0, UVIO_MS(LONG_MS)), -ENODEV,
		"the device is gone");
}

static void a_slice_begins_at_zero(void)
{
	struct uvio_region slice, part;

	ASSERT_OK(uvio_region_slice(&memory, 0x100, 0x40, &slice));
	uvio_write32(&slice, 0x10, 0x12345678);
	ASSERT_EQ(uvio_read32(&memory, 0x110), 0x12345678);
	ASSERT_OK(uvio_region_slice(&slice, 0x10, 8, &part));
	ASSERT_EQ(uvio_read32(&part, 0), 0x12345678);
	ASSERT_EQ(uvio_read32(&part, 8), UINT32_MAX);
	ASSERT_HAS(uvio_last_error(), EDU ": BAR1: offset 0x8 is beyond its end at 0x8");
	ASSERT_EQ(calls(), 0);
}

/* Its end is reached even where no group of 8 bytes is left; a slice of what is not mapped by
 * calls. */
static void a_slice_reaches_all_of_its_part(void)
{
	struct uvio_region slice;

	ASSERT_OK(uvio_region_slice(&memory, 0x1000, 4, &slice));
	uvio_write32(&slice, 0, 7);
	ASSERT_EQ(uvio_read32(&memory, 0x1000), 7);
	ASSERT_OK(uvio_region_slice(&registers, 0x20, 0x20, &slice));
	ASSERT_EQ(uvio_read32(&slice, 4), uvio_read32(&registers, 0x24));
	ASSERT(calls() > 0);
	ASSERT_OK(uvio_region_slice(&holes, 0xff8, 16, &slice));
	ASSERT_EQ(slice.direct, 8);
	uvio_write32(&slice, 8, 9);
	ASSERT_EQ(uvio_read32(&holes, 0x1000), 9);
	ASSERT_OK(uvio_region_slice(&read_only, 0, 8, &slice));
	ASSERT_ERR(uvio_region_write(&slice, 0, 1, 0), -EACCES, "read-only");
}

static void a_slice_has_its_limits(void)
{
	struct uvio_region slice, unmapped = {.udev = udev, .index = 5};

	ASSERT_ERR(uvio_region_slice(&memory, 4, 8, &slice), -EINVAL, "begin at a multiple of 8");
	ASSERT_ERR(uvio_region_slice(&memory, 8, 0, &slice), -EINVAL, "must have a size");
	ASSERT_ERR(uvio_region_slice(&memory, 0x1000, 8, &slice), -ERANGE,
		EDU ": BAR1: a slice of 0x8 bytes at 0x1000 is beyond its end at 0x1004");
	ASSERT_ERR(uvio_region_slice(&memory, 8, UINT64_MAX, &slice), -ERANGE, "beyond its end");
	ASSERT_ERR(uvio_region_slice(&unmapped, 0, 8, &slice), -EINVAL, "not mapped");
	ASSERT_ERR(uvio_region_slice(NULL, 0, 8, &slice), -EINVAL, "not mapped");
	ASSERT_ERR(uvio_region_slice(&memory, 0, 8, NULL), -EINVAL, "not mapped");
}

static CU_TestInfo regions[] = {
	TEST(a_slice_begins_at_zero),
	TEST(a_slice_reaches_all_of_its_part),
	TEST(a_slice_has_its_limits),
	TEST(info_maps_nothing),
	TEST(a_region_that_is_not_there_is_told),
	TEST(a_number_that_is_none_is_refused),
	TEST(mapping_again_gives_the_same),
	TEST(a_copy_is_as_good),
	TEST(the_configuration_space_is_a_region),
	CU_TEST_INFO_NULL,
};

static void a_fifo_is_read_and_written_in_order(void)
{
	uint32_t words[19], seen[19];
	uint16_t halves[3] = {0x0201, 0x0403, 0x0605};
	uint8_t bytes[9];

	for (uint32_t i = 0; i < 19; i++)
		words[i] = i + 1;
	uvio_write32_rep(&memory, 0x10, words, 19);
	ASSERT_EQ(uvio_read32(&memory, 0x10), 19);
	uvio_read32_rep(&memory, 0x10, seen, 19);
	ASSERT(seen[0] == 19 && seen[18] == 19);
	uvio_write16_rep(&memory, 0x10, halves, 3);
	uvio_read8_rep(&memory, 0x11, bytes, 9);
	ASSERT(bytes[0] == 6 && bytes[8] == 6);
	uvio_read8_rep(&memory, 0x11, bytes, 0);
	ASSERT_EQ(calls(), 0);
}

static void a_fifo_without_mapping_goes_by_calls(void)
{
	uint32_t words[3] = {1, 2, 3}, seen[3] = {0};

	uvio_write32_rep(&registers, 4, words, 3);
	ASSERT_EQ(calls(), 3);
	uvio_read32_rep(&registers, 0, seen, 3);
	ASSERT_EQ(calls(), 6);
	ASSERT(seen[0] == 0x010000ed && seen[2] == 0x010000ed);
}

static void a_fifo_that_is_wrong_or_fails_is_all_ones(void)
{
	uint32_t seen[3] = {0};

	uvio_read32_rep(&memory, 2, seen, 3);
	ASSERT(seen[0] == UINT32_MAX && seen[2] == UINT32_MAX);
	ASSERT_HAS(uvio_last_error(), "not a multiple of the width of 4 bytes");
	uvio_write32_rep(&memory, 0x2000, seen, 3);
	ASSERT_HAS(uvio_last_error(), "beyond its end");
	fake_faults.access = -ENODEV;
	seen[2] = 0;
	uvio_read32_rep(&registers, 0, seen, 3);
	ASSERT_EQ(seen[2], UINT32_MAX);
	ASSERT_HAS(uvio_last_error(), "the device is gone");
}

static CU_TestInfo accessors[] = {
	TEST(a_fifo_is_read_and_written_in_order),
	TEST(a_fifo_without_mapping_goes_by_calls),
	TEST(a_fifo_that_is_wrong_or_fails_is_all_ones),
	{"accessors are of their width (vfio 60) (uio 3.27)", accessors_are_of_their_width},
	TEST(big_endian_registers_are_turned),
	TEST_FOR("vfio 60", relaxed_accessors_do_the_same),
	TEST(registers_without_mapping_go_by_calls),
	TEST(a_hole_goes_by_calls),
	TEST(the_odd_end_of_a_region_is_reached),
	TEST(beyond_the_end_is_all_ones),
	TEST(what_is_not_aligned_is_all_ones),
	TEST(a_mistake_does_not_make_the_device_gone),
	TEST(reading_tells_what_is_wrong),
	TEST(writing_tells_what_is_wrong),
	TEST(an_access_that_fails_is_all_ones_and_the_device_is_asked),
	TEST(a_write_that_fails_asks_the_device_too),
	TEST(a_call_that_fails_gives_its_errno),
	CU_TEST_INFO_NULL,
};

static void polling_takes_any_width(void)
{
	uvio_write64(&memory, 8, UINT64_C(0x8070605040302010));
	ASSERT_OK(uvio_poll_until(&memory, 9, 1, 0xf0, 0x20, 0));
	ASSERT_OK(uvio_poll_until(&memory, 10, 2, 0xffff, 0x4030, 0));
	ASSERT_OK(uvio_poll_until(&memory, 8, 8, UINT64_MAX, UINT64_C(0x8070605040302010), 0));
	ASSERT_ERR(uvio_poll_until(&memory, 9, 1, 0xff, 0, 0), -ETIMEDOUT,
		EDU ": BAR1: the register at 0x9 reads 0x20 after 0 ms; waited for 0x00 under "
		    "the mask 0xff");
}

static void polling_for_what_cannot_be_is_refused(void)
{
	ASSERT_ERR(uvio_poll_until(&memory, 8, 4, 1, 2, -1), -EINVAL, "which can never match");
	ASSERT_ERR(uvio_poll_until(&memory, 8, 1, 0x100, 0x100, -1), -EINVAL, "can never match");
	ASSERT_ERR(uvio_poll_until(&memory, 8, 3, 1, 1, -1), -EINVAL, "1, 2, 4 or 8 bytes, not 3");
	ASSERT_ERR(uvio_poll_until(NULL, 8, 4, 1, 1, -1), -EINVAL, "no region to poll (NULL)");
}

static CU_TestInfo polling[] = {
	TEST(polling_takes_any_width),
	TEST(polling_for_what_cannot_be_is_refused),
	TEST(polling_ends_when_the_value_is_there),
	TEST(polling_ends_when_the_time_is_over),
	TEST(polling_wants_a_time),
	TEST(polling_wants_a_register),
	TEST(polling_a_card_that_is_gone_ends),
	TEST(polling_a_card_that_was_found_gone_says_so),
	TEST(all_ones_may_be_a_value),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"region", NULL, NULL, setup, fixture_close, regions},
	{"access", NULL, NULL, setup, fixture_close, accessors},
	{"poll", NULL, NULL, setup, fixture_close, polling},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
