/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Acceptance filters; datasheet, chapter "Frame filters": three of a mask and a value. A core may
 * have been made without, which FILTER_STATUS tells.
 */
#include <config.h>

#include "ctucan.h"

#define FILTER_MASK(n) (0x3c + 8 * (uint64_t)(n))
#define FILTER_VALUE(n) (0x40 + 8 * (uint64_t)(n))
#define FILTER_CONTROL 0x5c
#define FILTER_PRESENT(n) (0x10000u << (n))

/* Of one filter: frames that it lets through, classic and CAN FD. */
#define STANDARD 0x5u
#define EXTENDED 0xau
#define STANDARD_SHIFT 18

/* One kind of frames; remote frames among them, which the core cannot tell from others. */
static bool fits(const struct can_filter *filter)
{
	return !(filter->can_id & CAN_INV_FILTER) && filter->can_mask & CAN_EFF_FLAG;
}

static void add(struct ctucan_filters *filters, const struct can_filter *filter)
{
	bool extended = filter->can_id & CAN_EFF_FLAG;
	uint32_t all = extended ? CAN_EFF_MASK : CAN_SFF_MASK,
		 shift = extended ? 0 : STANDARD_SHIFT;
	unsigned int n = filters->count++;

	filters->masks[n] = (filter->can_mask & all) << shift;
	filters->values[n] = (filter->can_id & all) << shift;
	filters->control |= (extended ? EXTENDED : STANDARD) << 4 * n;
}

void ctucan_filters_choose(struct ctucan_filters *filters, const struct uvio_can_config *config)
{
	*filters = (struct ctucan_filters){0};
	if (config->filter_count > CTUCAN_FILTERS)
		return;
	for (unsigned int i = 0; i < config->filter_count; i++)
		if (!fits(&config->filters[i]))
			return;
	for (unsigned int i = 0; i < config->filter_count; i++)
		add(filters, &config->filters[i]);
}

bool ctucan_filters_set(const struct ctucan_filters *filters, const struct uvio_region *regs)
{
	uint32_t present = filters->count ? uvio_read32(regs, FILTER_CONTROL) : 0;

	for (unsigned int i = 0; i < filters->count; i++)
		if (!(present & FILTER_PRESENT(i)))
			return false;
	for (unsigned int i = 0; i < filters->count; i++) {
		uvio_write32(regs, FILTER_MASK(i), filters->masks[i]);
		uvio_write32(regs, FILTER_VALUE(i), filters->values[i]);
	}
	if (filters->count)
		uvio_write32(regs, FILTER_CONTROL, filters->control);
	return filters->count;
}
