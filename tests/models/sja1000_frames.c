/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Frames as the chip's registers have them, sections 6.4.13 to 6.4.15 of the datasheet. */
#include <config.h>

#include <string.h>

#include "sja1000.h"

void sja1000_frame_decode(const uint8_t *raw, struct can_frame *frame)
{
	bool extended = raw[0] & 0x80;
	const uint8_t *data = raw + (extended ? 5 : 3);

	memset(frame, 0, sizeof(*frame));
	if (extended)
		frame->can_id = CAN_EFF_FLAG | (uint32_t)raw[1] << 21 | (uint32_t)raw[2] << 13 |
				(uint32_t)raw[3] << 5 | raw[4] >> 3;
	else
		frame->can_id = (uint32_t)raw[1] << 3 | raw[2] >> 5;
	frame->can_id |= raw[0] & 0x40 ? CAN_RTR_FLAG : 0;
	frame->len = (raw[0] & 15) < 8 ? raw[0] & 15 : 8;
	if (!(raw[0] & 0x40))
		memcpy(frame->data, data, frame->len);
}

unsigned int sja1000_frame_encode(const struct can_frame *frame, uint8_t *raw)
{
	bool extended = frame->can_id & CAN_EFF_FLAG, remote = frame->can_id & CAN_RTR_FLAG;
	uint32_t id = extended ? (frame->can_id & CAN_EFF_MASK) << 3
			       : (frame->can_id & CAN_SFF_MASK) << 21;
	unsigned int size = extended ? 5 : 3, data = remote ? 0 : frame->len;

	raw[0] = (uint8_t)((extended ? 0x80 : 0) | (remote ? 0x40 : 0) | frame->len);
	for (unsigned int i = 0; i + 1 < size; i++)
		raw[1 + i] = (uint8_t)(id >> (24 - 8 * i));
	raw[size - 1] |= remote ? (extended ? 4 : 0x10) : 0;
	memcpy(raw + size, frame->data, data);
	return size + data;
}

static bool same(uint32_t value, uint32_t code, uint32_t mask)
{
	return !((value ^ code) & ~mask);
}

/* Big-endian, of four bytes. */
static uint32_t word_of(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* Figures 9 and 11: one filter of four bytes; of a standard frame the data is compared too. */
static bool passes_single(const uint8_t *raw, unsigned int size, uint32_t code, uint32_t mask)
{
	if (raw[0] & 0x80)
		return same(word_of(raw + 1), code, mask | 0x3);
	mask |= 0x000f0000 | (size > 4 ? 0 : size > 3 ? 0xff : 0xffff);
	return same(word_of(raw + 1), code, mask);
}

/* Figures 10 and 12: two filters; the first compares the first byte of a standard frame's data. */
static bool passes_dual(const uint8_t *raw, unsigned int size, uint32_t code, uint32_t mask)
{
	uint32_t head = word_of(raw + 1) >> 16;

	if (raw[0] & 0x80)
		return same(head, code >> 16, mask >> 16) ||
		       same(head, code & 0xffff, mask & 0xffff);
	if (same(head & 0xfff0, code & 0xfff0, mask & 0xfff0))
		return true;
	mask |= size > 3 ? 0 : 0x000f000f;
	return same((head & 0xfff0) | raw[3] >> 4, code >> 16, mask >> 16) &&
	       same(raw[3] & 15, code & 15, mask & 15);
}

bool sja1000_frame_passes(const uint8_t *raw, unsigned int size, const uint8_t *filter, bool single)
{
	uint32_t code = word_of(filter), mask = word_of(filter + 4);

	return single ? passes_single(raw, size, code, mask) : passes_dual(raw, size, code, mask);
}

unsigned int sja1000_frame_size(const uint8_t *raw)
{
	unsigned int data = raw[0] & 0x40 ? 0 : raw[0] & 15;

	return (raw[0] & 0x80 ? 5 : 3) + (data < 8 ? data : 8);
}
