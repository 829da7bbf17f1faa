/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "can.h"

enum { DIGITS_STANDARD = 3, DIGITS_EXTENDED = 8, DLC_MAX = 15 };

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind "#": bytes in hexadecimal, with dots between them or not. */
static const char *parse_data(const char *text, struct canfd_frame *frame, unsigned int most)
{
	for (int high; (high = hex_digit(text[0])) >= 0; text += text[2] == '.' ? 3 : 2) {
		int low = hex_digit(text[1]);

		if (frame->len == most || low < 0)
			return NULL;
		frame->data[frame->len++] = (uint8_t)(high * 16 + low);
	}
	return text;
}

/* "_9" behind 8 bytes: their DLC. */
static const char *parse_dlc(const char *text, struct canfd_frame *frame)
{
	int dlc = text[0] == '_' ? hex_digit(text[1]) : -1;

	if (dlc <= CAN_MAX_DLEN || frame->len != CAN_MAX_DLEN)
		return text;
	((struct can_frame *)frame)->len8_dlc = (uint8_t)dlc;
	return text + 2;
}

static const char *parse_remote(const char *text, struct canfd_frame *frame)
{
	int length = hex_digit(text[0]);

	frame->can_id |= CAN_RTR_FLAG;
	if (length < 0 || length > CAN_MAX_DLEN)
		return text;
	frame->len = (uint8_t)length;
	return parse_dlc(text + 1, frame);
}

static const char *parse_fd(const char *text, struct canfd_frame *frame)
{
	int flags = hex_digit(text[0]);

	if (flags < 0)
		return NULL;
	frame->flags = (uint8_t)(CANFD_FDF | (flags & (CANFD_BRS | CANFD_ESI)));
	text = parse_data(text + 1, frame, CANFD_MAX_DLEN);
	return text && uvio_can_dlc_length(uvio_can_length_dlc(frame->len)) == frame->len ? text
											  : NULL;
}

static const char *parse_rest(const char *text, struct canfd_frame *frame)
{
	if (text[0] == '#')
		return parse_fd(text + 1, frame);
	if (text[0] == 'R' || text[0] == 'r')
		return parse_remote(text + 1, frame);
	text = parse_data(text, frame, CAN_MAX_DLEN);
	return text ? parse_dlc(text, frame) : NULL;
}

static bool parse_frame(const char *text, struct canfd_frame *frame)
{
	size_t digits = strspn(text, "0123456789abcdefABCDEF");

	*frame = (struct canfd_frame){0};
	if (text[digits] != '#' || (digits != DIGITS_STANDARD && digits != DIGITS_EXTENDED))
		return false;
	frame->can_id = (canid_t)strtoul(text, NULL, 16);
	if (frame->can_id >
		(digits == DIGITS_STANDARD ? CAN_SFF_MASK : CAN_ERR_FLAG | CAN_ERR_MASK))
		return false;
	if (digits == DIGITS_EXTENDED && !(frame->can_id & CAN_ERR_FLAG)) {
		if (frame->can_id > CAN_EFF_MASK)
			return false;
		frame->can_id |= CAN_EFF_FLAG;
	}
	text = parse_rest(text + digits + 1, frame);
	return text && (!*text || isspace((unsigned char)*text));
}

/* The time and the name are of no matter, but there they are. */
bool can_log_parse(const char *line, struct canfd_frame *frame)
{
	size_t n;

	line += strspn(line, " \t");
	if (line[0] != '(')
		return false;
	n = strspn(line + 1, "0123456789.");
	if (!n || line[1 + n] != ')')
		return false;
	line += n + 2;
	for (int i = 0; i < 2; i++) {
		n = strspn(line, " \t");
		if (!n)
			return false;
		line += n;
		if (i == 0)
			line += strcspn(line, " \t");
	}
	return parse_frame(line, frame);
}

static size_t put_data(char *text, const struct canfd_frame *frame)
{
	static const char digits[] = "0123456789ABCDEF";

	for (unsigned int i = 0; i < frame->len; i++) {
		text[2 * i] = digits[frame->data[i] >> 4];
		text[2 * i + 1] = digits[frame->data[i] & 15];
	}
	return 2u * frame->len;
}

static size_t put_dlc(char *text, const struct canfd_frame *frame)
{
	uint8_t dlc = ((const struct can_frame *)frame)->len8_dlc;

	if (frame->len != CAN_MAX_DLEN || dlc <= CAN_MAX_DLEN || dlc > DLC_MAX)
		return 0;
	return (size_t)sprintf(text, "_%X", dlc);
}

static size_t put_id(char *text, canid_t id)
{
	if (id & CAN_ERR_FLAG)
		return (size_t)sprintf(text, "%08X#", id & (CAN_ERR_MASK | CAN_ERR_FLAG));
	if (id & CAN_EFF_FLAG)
		return (size_t)sprintf(text, "%08X#", id & CAN_EFF_MASK);
	return (size_t)sprintf(text, "%03X#", id & CAN_SFF_MASK);
}

static size_t put_rest(char *text, const struct canfd_frame *frame)
{
	size_t n;

	if (frame->flags & CANFD_FDF) {
		n = (size_t)sprintf(text, "#%X", frame->flags & (CANFD_BRS | CANFD_ESI));
		return n + put_data(text + n, frame);
	}
	if (frame->can_id & CAN_RTR_FLAG && !(frame->can_id & CAN_ERR_FLAG)) {
		n = (size_t)sprintf(text, "R");
		if (frame->len)
			n += (size_t)sprintf(text + n, "%X", frame->len);
	} else {
		n = put_data(text, frame);
	}
	return n + put_dlc(text + n, frame);
}

size_t can_log_format(
	char text[CAN_LINE_MAX], const char *name, int64_t time, const struct canfd_frame *frame)
{
	size_t n = (size_t)sprintf(text, "(%010" PRId64 ".%06d) %.15s ", time / 1000000000,
		(int)(time % 1000000000 / 1000), name);

	n += put_id(text + n, frame->can_id);
	n += put_rest(text + n, frame);
	text[n++] = '\n';
	text[n] = '\0';
	return n;
}
