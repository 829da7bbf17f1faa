/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Bit timing and lengths of CAN, which need no card. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/can.h>

#include "base/context.h"
#include "harness.h"

static const struct can_bittiming_const limits = {
	.name = "testchip",
	.tseg1_min = 2,
	.tseg1_max = 16,
	.tseg2_min = 1,
	.tseg2_max = 8,
	.sjw_max = 4,
	.brp_min = 1,
	.brp_max = 64,
	.brp_inc = 1,
};

static struct can_bittiming timing_of(uint32_t clock, uint32_t bitrate)
{
	struct can_bittiming timing = {.bitrate = bitrate};

	ASSERT_OK(uvio_can_timing(&limits, clock, &timing));
	return timing;
}

/* The values that CiA 301 recommends for a clock of 8 MHz. */
static void bit_timing_is_what_is_recommended(void)
{
	static const struct {
		uint32_t bitrate, brp, tseg1, tseg2, sample_point;
	} table[] = {
		{1000000, 1, 5, 2, 750},
		{500000, 1, 13, 2, 875},
		{250000, 2, 13, 2, 875},
		{125000, 4, 13, 2, 875},
		{50000, 10, 13, 2, 875},
		{20000, 25, 13, 2, 875},
		{10000, 50, 13, 2, 875},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		struct can_bittiming timing = timing_of(8000000, table[i].bitrate);

		ASSERT_EQ(timing.bitrate, table[i].bitrate);
		ASSERT_EQ(timing.brp, table[i].brp);
		ASSERT_EQ(timing.prop_seg + timing.phase_seg1, table[i].tseg1);
		ASSERT_EQ(timing.phase_seg2, table[i].tseg2);
		ASSERT_EQ(timing.sample_point, table[i].sample_point);
	}
}

static void segments_are_completed(void)
{
	struct can_bittiming timing = {
		.prop_seg = 6, .phase_seg1 = 7, .phase_seg2 = 2, .sjw = 1, .brp = 1};

	ASSERT_OK(uvio_can_timing(&limits, 8000000, &timing));
	ASSERT_EQ(timing.bitrate, 500000);
	ASSERT_EQ(timing.sample_point, 875);
	ASSERT_EQ(timing.tq, 125);
	timing.bitrate = 0;
	timing.phase_seg2 = 9;
	ASSERT_ERR(uvio_can_timing(&limits, 8000000, &timing), -ERANGE,
		"phase_seg2 9: testchip has 1 to 8");
	timing.phase_seg2 = 8;
	timing.sjw = 5;
	ASSERT_ERR(uvio_can_timing(&limits, 8000000, &timing), -ERANGE, "sjw 5: testchip has 1");
}

static void a_bit_rate_that_is_too_far_off_is_refused_with_the_nearest(void)
{
	struct can_bittiming timing = {.bitrate = 777777};

	ASSERT_ERR(uvio_can_timing(&limits, 8000000, &timing), -ERANGE,
		"777777 bit/s: the nearest with a clock of 8000000 Hz is 800000 bit/s");
}

static void limits_without_an_end_are_refused(void)
{
	struct can_bittiming timing = {.bitrate = 500000};
	struct can_bittiming_const wrong = limits;

	wrong.brp_min = 0;
	ASSERT_ERR(uvio_can_timing(&wrong, 8000000, &timing), -EINVAL,
		"the limits of testchip have a brp from 0 to");
	wrong.brp_min = 1;
	wrong.brp_max = UINT32_MAX;
	ASSERT_ERR(uvio_can_timing(&wrong, 8000000, &timing), -EINVAL,
		"a brp from 1 to 4294967295: it can be 1 to 65536");
}

static void limits_that_no_chip_has_are_refused(void)
{
	struct can_bittiming timing = {.bitrate = 1};
	struct can_bittiming_const wrong = limits;

	wrong.brp_inc = UINT32_MAX;
	wrong.brp_min = 5;
	ASSERT_ERR(uvio_can_timing(&wrong, 8000000, &timing), -EINVAL,
		"testchip have a brp in steps of 4294967295: 65536 at most");
	wrong = limits;
	wrong.tseg1_max = UINT32_MAX;
	ASSERT_ERR(uvio_can_timing(&wrong, 8000000, &timing), -EINVAL,
		"a tseg1 from 2 to 4294967295: it can be 1 to 65536");
	wrong = limits;
	wrong.tseg2_min = 0;
	ASSERT_ERR(uvio_can_timing(&wrong, 8000000, &timing), -EINVAL, "a tseg2 from 0 to 8");
	wrong = limits;
	wrong.sjw_max = 0;
	ASSERT_ERR(uvio_can_timing(&wrong, 8000000, &timing), -EINVAL, "an sjw from 1 to 0");
	memset(wrong.name, 'x', sizeof(wrong.name));
	ASSERT_ERR(uvio_can_timing(&wrong, 8000000, &timing), -EINVAL, "has no end");
}

static void the_largest_limits_have_an_end(void)
{
	const struct can_bittiming_const large = {.name = "large",
		.tseg1_min = 1,
		.tseg1_max = 65536,
		.tseg2_min = 1,
		.tseg2_max = 65536,
		.sjw_max = 65536,
		.brp_min = 1,
		.brp_max = 65536,
		.brp_inc = 1};
	struct can_bittiming timing = {.bitrate = 1};

	ASSERT_OK(uvio_can_timing(&large, UINT32_MAX, &timing));
	ASSERT_EQ(timing.bitrate, 1);
}

static void segments_do_not_wrap(void)
{
	struct can_bittiming timing = {
		.prop_seg = UINT32_MAX, .phase_seg1 = 8, .phase_seg2 = 2, .sjw = 1, .brp = 1};

	ASSERT_ERR(uvio_can_timing(&limits, 8000000, &timing), -ERANGE,
		"prop_seg + phase_seg1 4294967303: testchip has 2 to 16");
}

static void a_sample_point_that_is_too_far_off_is_refused_with_the_nearest(void)
{
	struct can_bittiming timing = {.bitrate = 500000, .sample_point = 100};

	ASSERT_ERR(uvio_can_timing(&limits, 8000000, &timing), -ERANGE,
		"a sample point of 10.0 %: the nearest with the segments of testchip is 37.5 %");
	timing = (struct can_bittiming){.bitrate = 500000, .sample_point = 450};
	ASSERT_OK(uvio_can_timing(&limits, 8000000, &timing));
	ASSERT_EQ(timing.sample_point, 500);
}

static void lengths_of_can_fd_have_a_dlc(void)
{
	for (unsigned int dlc = 0; dlc < 16; dlc++)
		ASSERT_EQ(uvio_can_length_dlc(uvio_can_dlc_length(dlc)), dlc);
	ASSERT_EQ(uvio_can_length_dlc(9), 9);
	ASSERT_EQ(uvio_can_dlc_length(9), 12);
	ASSERT_EQ(uvio_can_length_dlc(33), 14);
}

static CU_TestInfo timing_cases[] = {
	TEST(bit_timing_is_what_is_recommended),
	TEST(segments_are_completed),
	TEST(a_bit_rate_that_is_too_far_off_is_refused_with_the_nearest),
	TEST(limits_without_an_end_are_refused),
	TEST(limits_that_no_chip_has_are_refused),
	TEST(the_largest_limits_have_an_end),
	TEST(segments_do_not_wrap),
	TEST(a_sample_point_that_is_too_far_off_is_refused_with_the_nearest),
	TEST(lengths_of_can_fd_have_a_dlc),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"timing", NULL, NULL, NULL, NULL, timing_cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
