/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <uvio/udev.h>

#include "can_card.h"

const struct uvio_driver *driver;
struct uvio_card *card;
struct uvio_can *can;

void can_open(const struct fake_model *model, const char *name)
{
	fixture_open_model(model);
	driver = uvio_driver_match(
		NULL, model->vendor, model->device, model->subvendor, model->subdevice);
	ASSERT(driver);
	ASSERT_STR(driver->name, name);
}

void can_attach(void)
{
	ASSERT_OK(uvio_card_attach(driver, udev, &card));
	ASSERT_OK(uvio_can_get(card, 0, &can));
}

void can_close(void)
{
	uvio_card_detach(card);
	card = NULL;
	fixture_close();
}

void can_begin(uint32_t modes)
{
	struct uvio_can_config config = {.size = sizeof(config), .modes = modes};

	config.timing.bitrate = 500000;
	config.data_timing.bitrate = 2000000;
	ASSERT_OK(uvio_can_start(can, &config));
}

void can_serve(void)
{
	ASSERT(uvio_card_poll(card) >= 0);
}

struct can_frame can_numbered(unsigned int number, unsigned int length)
{
	struct can_frame frame = {.can_id = number, .len = (uint8_t)length};

	for (unsigned int i = 0; i < length; i++)
		frame.data[i] = (uint8_t)(number + i);
	return frame;
}

struct can_frame can_kind(unsigned int number)
{
	struct can_frame frame = can_numbered(0x155 + number, number % 9);

	if (number / 9 % 2)
		frame.can_id = CAN_EFF_FLAG | (0x15555555 + number);
	if (number / 18)
		frame.can_id |= CAN_RTR_FLAG;
	return frame;
}

void can_transmit(unsigned int number)
{
	struct can_frame frame = can_numbered(number, 8);

	ASSERT_EQ(uvio_can_send(can, &frame, 1), 1);
	can_serve();
}

struct can_frame can_next(void)
{
	struct can_frame frame = {0};

	ASSERT_EQ(uvio_can_receive(can, &frame, NULL, 1), 1);
	return frame;
}

void can_nothing_more(void)
{
	struct can_frame frame;

	ASSERT_EQ(uvio_can_receive(can, &frame, NULL, 1), 0);
}

void can_same(const struct can_frame *have, const struct can_frame *want)
{
	ASSERT_EQ(have->can_id, want->can_id);
	ASSERT_EQ(have->len, want->len);
	if (!(want->can_id & CAN_RTR_FLAG))
		ASSERT(!memcmp(have->data, want->data, want->len));
}

struct uvio_can_stats can_stats(void)
{
	struct uvio_can_stats stats;

	ASSERT_OK(uvio_can_stats(can, &stats));
	return stats;
}

/* What a card reads as that is gone is no frame. */
static void expect_only(const struct can_frame *frame)
{
	struct canfd_frame have;

	while (uvio_can_receive_fd(can, &have, NULL, 1) > 0) {
		if (have.can_id & CAN_ERR_FLAG)
			continue;
		ASSERT_EQ(have.can_id, frame->can_id);
		ASSERT_EQ(have.len, frame->len);
		ASSERT(!memcmp(have.data, frame->data, frame->len));
	}
}

/* Sends and receives; what a card does that is removed somewhere in between. */
static int work(void (*hear)(const struct can_frame *frame))
{
	const struct uvio_can_config config = {.size = sizeof(config), .timing.bitrate = 500000};
	struct can_frame frame = can_numbered(1, 8);
	int rc = uvio_card_attach(driver, udev, &card);

	if (!rc)
		rc = uvio_can_get(card, 0, &can);
	if (!rc)
		rc = uvio_can_start(can, &config);
	if (rc)
		return rc;
	uvio_can_send(can, &frame, 1);
	hear(&frame);
	for (int i = 0; i < 3 && rc >= 0; i++)
		rc = uvio_card_poll(card);
	expect_only(&frame);
	ASSERT(uvio_can_state(can) == CAN_STATE_ERROR_ACTIVE);
	return rc < 0 ? rc : uvio_can_stop(can);
}

void can_removed_anywhere(void (*setup)(void), void (*hear)(const struct can_frame *frame))
{
	unsigned int at = 0;
	int rc;

	do {
		can_close();
		setup();
		fake_faults.gone_at = fake_of(udev)->calls + ++at;
		rc = work(hear);
		ASSERT_EQ(rc, fake_faults.all_ones ? -ENODEV : 0);
	} while (fake_faults.all_ones);
	ASSERT(at > 50);
}

void can_silent_anywhere(void (*setup)(void), void (*hear)(const struct can_frame *frame))
{
	unsigned int at = 0;

	do {
		can_close();
		setup();
		fake_faults.silent_at = fake_of(udev)->calls + ++at;
		if (work(hear) < 0)
			ASSERT(fake_faults.silent);
	} while (fake_faults.silent);
	ASSERT(at > 50);
}
