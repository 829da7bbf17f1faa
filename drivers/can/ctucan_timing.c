/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Bit timing; registers of the datasheet, chapter "Register map". */
#include <config.h>

#include "ctucan.h"

#define BTR 0x24
#define BTR_FD 0x28
#define TRV_DELAY 0x80

/* Chapter "Secondary sampling point": an offset has 8 bits, of which the kernel uses 7. */
#define SSP_RATE 1000000
#define SSP_MAX 127

/* The field for brp has 8 bits, of which the kernel's driver uses 1 to 8: that ends at 50 kbit/s.
 */
const struct can_bittiming_const ctucan_nominal = {
	.name = "CTU CAN FD",
	.tseg1_min = 2,
	.tseg1_max = 190,
	.tseg2_min = 1,
	.tseg2_max = 63,
	.sjw_max = 31,
	.brp_min = 1,
	.brp_max = 255,
	.brp_inc = 1,
};

const struct can_bittiming_const ctucan_data = {
	.name = "CTU CAN FD",
	.tseg1_min = 2,
	.tseg1_max = 94,
	.tseg2_min = 1,
	.tseg2_max = 31,
	.sjw_max = 31,
	.brp_min = 1,
	.brp_max = 2,
	.brp_inc = 1,
};

/* Tables of registers BTR and BTR_FD: what the latter has fewer bits of begins at the same bit. The
 * segments as they are, nothing is subtracted. */
static uint32_t btr(const struct can_bittiming *t)
{
	return t->prop_seg | t->phase_seg1 << 7 | t->phase_seg2 << 13 | t->brp << 19 | t->sjw << 27;
}

/* The segments before the sample point fill their fields unevenly: 6 bits after 7, or 5 after 6. */
static struct can_bittiming fitted(const struct can_bittiming *timing, uint32_t phase_seg1_max)
{
	struct can_bittiming fit = *timing;

	if (fit.phase_seg1 > phase_seg1_max) {
		fit.prop_seg += fit.phase_seg1 - phase_seg1_max;
		fit.phase_seg1 = phase_seg1_max;
	}
	return fit;
}

/* In clocks from the beginning of the bit to its sample point. */
static uint32_t trv_delay(const struct can_bittiming *t)
{
	uint32_t offset = t->brp * (1 + t->prop_seg + t->phase_seg1);

	if (t->bitrate <= SSP_RATE)
		return 1 << 24; /* no secondary sampling point */
	return (offset < SSP_MAX ? offset : SSP_MAX) << 16;
}

void ctucan_timing_set(const struct uvio_region *regs, const struct uvio_can_config *config)
{
	struct can_bittiming fit = fitted(&config->timing, 63);

	uvio_write32(regs, BTR, btr(&fit));
	if (!(config->modes & CAN_CTRLMODE_FD))
		return;
	fit = fitted(&config->data_timing, 31);
	uvio_write32(regs, BTR_FD, btr(&fit));
	uvio_write32(regs, TRV_DELAY, trv_delay(&fit));
}
