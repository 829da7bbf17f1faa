/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Frames as the core's buffers have them: chapter "CAN frame format". */
#include <config.h>

#include <string.h>

#include "ctucan.h"

#define FORMAT_RTR 0x00000020
#define FORMAT_IDE 0x00000040
#define FORMAT_FDF 0x00000080
#define FORMAT_BRS 0x00000200
#define FORMAT_ESI 0x00000400

static const uint8_t lengths[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64};

static unsigned int dlc_of(unsigned int length)
{
	unsigned int dlc = 0;

	while (lengths[dlc] < length)
		dlc++;
	return dlc;
}

unsigned int ctucan_frame_encode(const struct canfd_frame *frame, uint64_t time, uint32_t words[20])
{
	bool extended = frame->can_id & CAN_EFF_FLAG, remote = frame->can_id & CAN_RTR_FLAG;
	unsigned int data = remote ? 0 : (frame->len + 3u) / 4;

	words[0] = dlc_of(frame->len) | (remote ? FORMAT_RTR : 0) | (extended ? FORMAT_IDE : 0) |
		   (frame->flags & CANFD_FDF ? FORMAT_FDF : 0) |
		   (frame->flags & CANFD_BRS ? FORMAT_BRS : 0) |
		   (frame->flags & CANFD_ESI ? FORMAT_ESI : 0) | (3 + data) << 11;
	words[1] = extended ? frame->can_id & CAN_EFF_MASK : (frame->can_id & CAN_SFF_MASK) << 18;
	words[2] = (uint32_t)time;
	words[3] = (uint32_t)(time >> 32);
	for (unsigned int i = 0; i < 4 * data; i++) {
		words[4 + i / 4] &= ~(0xffu << i % 4 * 8);
		words[4 + i / 4] |= (uint32_t)frame->data[i] << i % 4 * 8;
	}
	return 4 + data;
}

void ctucan_frame_decode(const uint32_t words[20], struct canfd_frame *frame)
{
	memset(frame, 0, sizeof(*frame));
	frame->can_id = words[0] & FORMAT_IDE ? CAN_EFF_FLAG | words[1] : words[1] >> 18;
	frame->can_id |= words[0] & FORMAT_RTR ? CAN_RTR_FLAG : 0;
	frame->len = lengths[words[0] & 15];
	frame->flags = (words[0] & FORMAT_FDF ? CANFD_FDF : 0) |
		       (words[0] & FORMAT_BRS ? CANFD_BRS : 0) |
		       (words[0] & FORMAT_ESI ? CANFD_ESI : 0);
	for (unsigned int i = 0; i < frame->len && !(words[0] & FORMAT_RTR); i++)
		frame->data[i] = (uint8_t)(words[4 + i / 4] >> i % 4 * 8);
}

/* Chapter "Frame filters": of each, which kinds of frames it is for, and what is compared. */
bool ctucan_frame_passes(const struct ctucan_model *core, const uint32_t words[20])
{
	unsigned int kind = (words[0] & FORMAT_IDE ? 1 : 0) + (words[0] & FORMAT_FDF ? 2 : 0);

	for (unsigned int n = 0; n < CTUCAN_MODEL_FILTERS; n++)
		if (core->filter_control >> (4 * n + kind) & 1 &&
			!((words[1] ^ core->values[n]) & core->masks[n]))
			return true;
	return false;
}
