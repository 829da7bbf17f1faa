/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>

#include "serial_card.h"

const struct uvio_driver *driver;
struct uvio_card *card;
struct uvio_serial *serial;

void serial_open(const struct fake_model *model, const char *name)
{
	fixture_open_model(model);
	driver = uvio_driver_match(
		NULL, model->vendor, model->device, model->subvendor, model->subdevice);
	ASSERT(driver);
	ASSERT_STR(driver->name, name);
}

void serial_attach(void)
{
	ASSERT_OK(uvio_card_attach(driver, udev, &card));
	ASSERT_OK(uvio_serial_get(card, 0, &serial));
}

void serial_close(void)
{
	uvio_card_detach(card);
	card = NULL;
	fixture_close();
}

struct uvio_serial_config serial_config(void)
{
	return (struct uvio_serial_config){.size = sizeof(struct uvio_serial_config),
		.baud = 9600,
		.data_bits = 8,
		.stop_bits = 1};
}

void serial_begin(void)
{
	struct uvio_serial_config config = serial_config();

	ASSERT_OK(uvio_serial_start(serial, &config));
}

void serial_serve(void)
{
	ASSERT(uvio_card_poll(card) >= 0);
}

void serial_send(unsigned int first, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		uint8_t byte = (uint8_t)(first + i);

		ASSERT_EQ(uvio_serial_send(serial, &byte, 1), 1);
	}
}

void serial_expect(unsigned int first, unsigned int count, uint8_t mark)
{
	for (unsigned int i = 0; i < count; i++) {
		uint8_t byte, marks;

		ASSERT_EQ(uvio_serial_receive(serial, &byte, &marks, 1), 1);
		ASSERT_EQ(byte, (uint8_t)(first + i));
		ASSERT_EQ(marks, mark);
	}
}

void serial_nothing_more(void)
{
	uint8_t byte;

	ASSERT_EQ(uvio_serial_receive(serial, &byte, NULL, 1), 0);
}

struct uvio_serial_stats serial_stats(void)
{
	struct uvio_serial_stats stats;

	ASSERT_OK(uvio_serial_stats(serial, &stats));
	return stats;
}

/*
 * A card that is gone reads 0xff, of which no more come than the FIFO was known to have; nor do its
 * registers tell of errors.
 */
static void expect_few_ones(void)
{
	uint8_t bytes[1024], marks[1024];
	int n = uvio_serial_receive(serial, bytes, marks, sizeof(bytes)), ones = 0, marked = 0;

	for (int i = 0; i < n; i++) {
		ones += bytes[i] == 0xff;
		marked += !!marks[i];
	}
	ASSERT(ones <= 8);
	ASSERT_EQ(marked, 0);
}

/* Sends and receives; what a card does that is removed somewhere in between. */
static int work(void (*hear)(void))
{
	struct uvio_serial_config config = serial_config();
	int rc = uvio_card_attach(driver, udev, &card);

	if (!rc)
		rc = uvio_serial_get(card, 0, &serial);
	if (!rc)
		rc = uvio_serial_start(serial, &config);
	if (rc)
		return rc;
	uvio_serial_send(serial, "uvio", 4);
	hear();
	for (int i = 0; i < 3 && rc >= 0; i++)
		rc = uvio_card_poll(card);
	expect_few_ones();
	return rc < 0 ? rc : uvio_serial_stop(serial);
}

void serial_removed_anywhere(void (*setup)(void), void (*hear)(void))
{
	unsigned int at = 0;
	int rc;

	do {
		serial_close();
		setup();
		fake_faults.gone_at = fake_of(udev)->calls + ++at;
		rc = work(hear);
		ASSERT_EQ(rc, fake_faults.all_ones ? -ENODEV : 0);
	} while (fake_faults.all_ones);
	ASSERT(at > 50);
}

void serial_silent_anywhere(void (*setup)(void), void (*hear)(void))
{
	unsigned int at = 0;

	do {
		serial_close();
		setup();
		fake_faults.silent_at = fake_of(udev)->calls + ++at;
		if (work(hear) < 0)
			ASSERT(fake_faults.silent);
	} while (fake_faults.silent);
	ASSERT(at > 50);
}
