/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/can.h>

#include "base/error.h"
#include "card/can.h"

/* Of a sample point, in tenths of a percent of the bit. */
#define WHOLE 1000
/* How far a bit rate may be off: 1 of this many parts. */
#define RATE_PARTS 200
/* Each prescaler is tried. */
#define BRP_MOST 65536u
/* More than any chip has; the sum of a few is a number of 32 bits. */
#define SEGMENT_MOST 65536u
/* How far a sample point may be off that was asked for, in tenths of a percent. */
#define SAMPLE_OFF 100u

struct candidate {
	uint32_t brp, tseg1, tseg2;
	uint32_t rate_error;   /* bit/s */
	uint32_t sample_error; /* tenths of a percent */
};

/* CiA 301 has 87.5 % up to 500 kbit/s; above, what CAN controllers and transceivers allow. */
static uint32_t sample_point_for(uint32_t bitrate)
{
	return bitrate > 800000 ? 750 : bitrate > 500000 ? 800 : 875;
}

static uint32_t difference(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

static uint32_t clamp(uint32_t value, uint32_t least, uint32_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* How many quanta after the sample point: as near to it as the segments can be. */
static uint32_t tseg2_for(
	const struct can_bittiming_const *limits, uint32_t quanta, uint32_t sample_point)
{
	uint32_t wanted = (quanta * (WHOLE - sample_point) + WHOLE / 2) / WHOLE;
	uint32_t least = quanta - 1 > limits->tseg1_max ? quanta - 1 - limits->tseg1_max : 0;
	uint32_t most = quanta - 1 - limits->tseg1_min;

	if (least < limits->tseg2_min)
		least = limits->tseg2_min;
	if (most > limits->tseg2_max)
		most = limits->tseg2_max;
	return clamp(wanted, least, most);
}

static bool better(const struct candidate *a, const struct candidate *b)
{
	return a->rate_error != b->rate_error ? a->rate_error < b->rate_error
					      : a->sample_error < b->sample_error;
}

static void try_brp(const struct can_bittiming_const *limits, uint32_t clock,
	const struct can_bittiming *wanted, uint32_t brp, struct candidate *best)
{
	uint64_t divisor = (uint64_t)brp * wanted->bitrate;
	uint32_t quanta = (uint32_t)((clock + divisor / 2) / divisor);
	struct candidate candidate = {.brp = brp};

	if (quanta < 1 + limits->tseg1_min + limits->tseg2_min ||
		quanta > 1 + limits->tseg1_max + limits->tseg2_max)
		return;
	candidate.tseg2 = tseg2_for(limits, quanta, wanted->sample_point);
	candidate.tseg1 = quanta - 1 - candidate.tseg2;
	candidate.rate_error =
		difference((uint32_t)(clock / ((uint64_t)brp * quanta)), wanted->bitrate);
	candidate.sample_error =
		difference((1 + candidate.tseg1) * WHOLE / quanta, wanted->sample_point);
	if (better(&candidate, best))
		*best = candidate;
}

static void complete(struct can_bittiming *timing, uint32_t clock)
{
	uint32_t quanta = 1 + timing->prop_seg + timing->phase_seg1 + timing->phase_seg2;

	timing->bitrate = (uint32_t)(clock / ((uint64_t)timing->brp * quanta));
	timing->sample_point = (quanta - timing->phase_seg2) * WHOLE / quanta;
	timing->tq = (uint32_t)((uint64_t)timing->brp * 1000000000 / clock);
}

static uint32_t sjw_for(
	const struct can_bittiming_const *limits, uint32_t phase_seg1, uint32_t phase_seg2)
{
	uint32_t least = phase_seg1 < phase_seg2 / 2 ? phase_seg1 : phase_seg2 / 2;

	return clamp(least, 1, limits->sjw_max);
}

static int check_sample_point(
	const struct can_bittiming_const *limits, uint32_t wanted, const struct candidate *best)
{
	uint32_t nearest = (1 + best->tseg1) * WHOLE / (1 + best->tseg1 + best->tseg2);

	if (best->sample_error <= SAMPLE_OFF)
		return 0;
	return uvio_fail(-ERANGE,
		"a sample point of %u.%u %%: the nearest with the segments of %s is %u.%u %%",
		wanted / 10, wanted % 10, limits->name, nearest / 10, nearest % 10);
}

static int choose(
	const struct can_bittiming_const *limits, uint32_t clock, struct can_bittiming *timing)
{
	struct candidate best = {.rate_error = UINT32_MAX};
	uint32_t step = limits->brp_inc ? limits->brp_inc : 1, asked = timing->sample_point;
	int rc;

	if (timing->sample_point >= WHOLE)
		return uvio_fail(-ERANGE,
			"a sample point of %u: it is in tenths of a percent, below %u",
			timing->sample_point, WHOLE);
	if (!timing->sample_point)
		timing->sample_point = sample_point_for(timing->bitrate);
	for (uint32_t brp = limits->brp_min; brp <= limits->brp_max; brp += step)
		try_brp(limits, clock, timing, brp, &best);
	if (!best.brp)
		return uvio_fail(-ERANGE,
			"%u bit/s is out of reach of a clock of %u Hz with the segments of %s",
			timing->bitrate, clock, limits->name);
	if (best.rate_error > timing->bitrate / RATE_PARTS)
		return uvio_fail(-ERANGE, "%u bit/s: the nearest with a clock of %u Hz is %u bit/s",
			timing->bitrate, clock, clock / (best.brp * (1 + best.tseg1 + best.tseg2)));
	rc = asked ? check_sample_point(limits, asked, &best) : 0;
	if (rc)
		return rc;
	timing->brp = best.brp;
	timing->prop_seg = best.tseg1 / 2;
	timing->phase_seg1 = best.tseg1 - timing->prop_seg;
	timing->phase_seg2 = best.tseg2;
	if (!timing->sjw)
		timing->sjw = sjw_for(limits, timing->phase_seg1, timing->phase_seg2);
	if (timing->sjw > limits->sjw_max || timing->sjw > timing->phase_seg2)
		return uvio_fail(-ERANGE, "sjw %u: %s has 1 to %u, and phase_seg2 is %u",
			timing->sjw, limits->name, limits->sjw_max, timing->phase_seg2);
	complete(timing, clock);
	return 0;
}

static int within(const char *name, const char *chip, uint64_t value, uint32_t least, uint32_t most)
{
	if (value >= least && value <= most)
		return 0;
	return uvio_fail(
		-ERANGE, "%s %" PRIu64 ": %s has %u to %u", name, value, chip, least, most);
}

static int check(const struct can_bittiming_const *limits, const struct can_bittiming *timing)
{
	const char *chip = limits->name;
	int rc = within("prop_seg + phase_seg1", chip,
		(uint64_t)timing->prop_seg + timing->phase_seg1, limits->tseg1_min,
		limits->tseg1_max);

	if (!rc)
		rc = within("phase_seg2", chip, timing->phase_seg2, limits->tseg2_min,
			limits->tseg2_max);
	if (!rc)
		rc = within("sjw", chip, timing->sjw, 1, limits->sjw_max);
	if (!rc)
		rc = within("brp", chip, timing->brp, limits->brp_min, limits->brp_max);
	if (!rc && limits->brp_inc > 1 && (timing->brp - limits->brp_min) % limits->brp_inc)
		rc = uvio_fail(
			-ERANGE, "brp %u: %s has steps of %u", timing->brp, chip, limits->brp_inc);
	return rc;
}

static int check_limit(const struct can_bittiming_const *limits, const char *name, uint32_t least,
	uint32_t most, uint32_t highest)
{
	if (least >= 1 && least <= most && most <= highest)
		return 0;
	return uvio_fail(-EINVAL,
		"bit timing: the limits of %s have %s from %u to %u: it can be 1 to %u",
		limits->name, name, least, most, highest);
}

int uvio_can_check_limits(const struct can_bittiming_const *limits)
{
	int rc = 0;

	if (!memchr(limits->name, '\0', sizeof(limits->name)))
		return uvio_fail(-EINVAL, "bit timing: the name of the limits has no end");
	rc = check_limit(limits, "a brp", limits->brp_min, limits->brp_max, BRP_MOST);
	if (!rc)
		rc = check_limit(
			limits, "a tseg1", limits->tseg1_min, limits->tseg1_max, SEGMENT_MOST);
	if (!rc)
		rc = check_limit(
			limits, "a tseg2", limits->tseg2_min, limits->tseg2_max, SEGMENT_MOST);
	if (!rc)
		rc = check_limit(limits, "an sjw", 1, limits->sjw_max, SEGMENT_MOST);
	if (!rc && limits->brp_inc > BRP_MOST)
		rc = uvio_fail(-EINVAL,
			"bit timing: the limits of %s have a brp in steps of %u: %u at most",
			limits->name, limits->brp_inc, BRP_MOST);
	return rc;
}

int uvio_can_timing(
	const struct can_bittiming_const *limits, uint32_t clock, struct can_bittiming *timing)
{
	int rc;

	if (UVIO_NULL("limits", limits) || UVIO_NULL("timing", timing))
		return -EINVAL;
	if (!clock)
		return uvio_fail(-EINVAL, "bit timing: a clock of 0 Hz");
	rc = uvio_can_check_limits(limits);
	if (rc)
		return rc;
	if (timing->bitrate)
		return choose(limits, clock, timing);
	if (!timing->brp)
		return uvio_fail(-EINVAL, "bit timing: neither a bit rate nor segments");
	rc = check(limits, timing);
	if (!rc)
		complete(timing, clock);
	return rc;
}
