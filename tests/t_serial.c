/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The class for serial lines, with a driver of its own for a chip that hears itself. */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>

#include <uvio/can.h>
#include <uvio/driver.h>
#include <uvio/serial.h>
#include <uvio/udev.h>

#include "base/context.h"
#include "fixture.h"

#define FIFO 16

struct chip {
	struct uvio_serial *serial; /* NULL: stopped */
	struct uvio_serial_config config;
	uint8_t fifo[FIFO];
	unsigned int used;
	uint8_t marks; /* of what it hears next */
	bool throttled, breaks;
	int refuses;
	unsigned int lines;
};

static struct uvio_card *card;
static struct chip *chip;
static struct uvio_serial *serial;

static int attach(struct uvio_udev *device, void *priv)
{
	(void)device;
	chip = priv;
	return 0;
}

static unsigned int hear_plain(struct chip *c)
{
	unsigned int room;
	uint8_t *place = uvio_serial_rx_place(c->serial, &room);

	if (!place)
		return 0;
	room = room < c->used ? room : c->used;
	memcpy(place, c->fifo, room);
	uvio_serial_rx_commit(c->serial, room);
	return room;
}

static int service(void *priv)
{
	struct chip *c = priv;
	int causes = (int)c->used;
	const uint8_t *bytes;
	unsigned int count, heard;

	if (!c->serial || c->throttled)
		return 0;
	heard = c->marks ? 0 : hear_plain(c);
	while (heard < c->used)
		uvio_serial_rx(c->serial, c->fifo[heard++], c->marks);
	c->used = 0;
	bytes = uvio_serial_tx_next(c->serial, &count);
	if (bytes) {
		count = count < FIFO ? count : FIFO;
		memcpy(c->fifo, bytes, count);
		c->used = count;
		uvio_serial_tx_take(c->serial, count);
	}
	return causes;
}

static unsigned int lines(const void *priv)
{
	(void)priv;
	return 1;
}

static void info(const void *priv, unsigned int line, struct uvio_serial_info *out)
{
	(void)priv;
	(void)line;
	out->chip = "testchip";
	out->baud_min = 50;
	out->baud_max = 115200;
	out->fifo = FIFO;
}

static int set(void *priv, unsigned int line, const struct uvio_serial_config *config)
{
	struct chip *c = priv;

	(void)line;
	if (c->refuses)
		return uvio_fail(c->refuses, "the chip refuses");
	c->config = *config;
	return 0;
}

static int start(void *priv, unsigned int line, struct uvio_serial *line_serial,
	const struct uvio_serial_config *config)
{
	struct chip *c = priv;
	int rc = set(priv, line, config);

	if (!rc)
		c->serial = line_serial;
	return rc;
}

static int stop(void *priv, unsigned int line)
{
	(void)line;
	((struct chip *)priv)->serial = NULL;
	return 0;
}

static int sending(void *priv, unsigned int line)
{
	(void)line;
	return ((struct chip *)priv)->used > 0;
}

static int modem_set(void *priv, unsigned int line, unsigned int on, unsigned int off)
{
	struct chip *c = priv;

	(void)line;
	c->lines = (c->lines | on) & ~off;
	return 0;
}

static int modem(void *priv, unsigned int line, unsigned int *out)
{
	(void)line;
	*out = ((struct chip *)priv)->lines;
	return 0;
}

static void throttle(void *priv, unsigned int line, bool on)
{
	(void)line;
	((struct chip *)priv)->throttled = on;
}

static const struct uvio_serial_ops ops = {
	.size = sizeof(ops),
	.lines = lines,
	.info = info,
	.start = start,
	.set = set,
	.stop = stop,
	.sending = sending,
	.modem = modem,
	.modem_set = modem_set,
	.throttle = throttle,
};

static const struct uvio_driver driver = {
	.size = sizeof(driver),
	.name = "testchip",
	.card_size = sizeof(struct chip),
	.attach = attach,
	.service = service,
	.serial = &ops,
};

static const struct uvio_serial_config plain = {
	.size = sizeof(plain),
	.baud = 9600,
	.data_bits = 8,
	.stop_bits = 1,
	.rx_bytes = 24,
	.tx_bytes = 40,
};

static void setup(void)
{
	fixture_open();
	ASSERT_OK(uvio_card_attach(&driver, udev, &card));
	ASSERT_OK(uvio_serial_get(card, 0, &serial));
}

static void teardown(void)
{
	uvio_card_detach(card);
	card = NULL;
	fixture_close();
}

static void serve(unsigned int times)
{
	while (times--)
		ASSERT(uvio_card_poll(card) >= 0);
}

static void what_is_sent_is_received(void)
{
	uint8_t bytes[64];

	ASSERT_OK(uvio_serial_start(serial, &plain));
	for (int round = 0; round < 8; round++) {
		ASSERT_EQ(uvio_serial_send(serial, "0123456789abcdefghij", 20), 20);
		serve(4);
		ASSERT_EQ(uvio_serial_pending(serial), 0);
		ASSERT_EQ(uvio_serial_receive(serial, bytes, NULL, sizeof(bytes)), 20);
		ASSERT(!memcmp(bytes, "0123456789abcdefghij", 20));
	}
}

static void a_full_ring_takes_no_more(void)
{
	uint8_t bytes[64] = {0};

	ASSERT_OK(uvio_serial_start(serial, &plain));
	ASSERT_EQ(uvio_serial_send(serial, bytes, 64), 40);
	ASSERT_EQ(uvio_serial_send(serial, bytes, 64), 0);
	ASSERT_EQ(uvio_serial_space(serial), 0);
	ASSERT_EQ(uvio_serial_pending(serial), 40);
	serve(1);
	ASSERT_EQ(uvio_serial_space(serial), 16);
}

static void what_is_in_the_chip_is_pending_too(void)
{
	ASSERT_OK(uvio_serial_start(serial, &plain));
	ASSERT_EQ(uvio_serial_send(serial, "x", 1), 1);
	serve(1);
	ASSERT_EQ(uvio_serial_pending(serial), 1);
	serve(1);
	ASSERT_EQ(uvio_serial_pending(serial), 0);
}

static void lost_bytes_mark_the_next_one(void)
{
	uint8_t bytes[64], marks[64];
	struct uvio_serial_stats stats;

	ASSERT_OK(uvio_serial_start(serial, &plain));
	ASSERT_EQ(uvio_serial_send(serial, "0123456789abcdef0123456789abcdef", 32), 32);
	serve(3);
	ASSERT_EQ(uvio_serial_receive(serial, bytes, marks, 64), 24);
	ASSERT_EQ(marks[23], 0);
	ASSERT_EQ(uvio_serial_send(serial, "xy", 2), 2);
	serve(2);
	ASSERT_EQ(uvio_serial_receive(serial, bytes, marks, 64), 2);
	ASSERT_EQ(marks[0], UVIO_MARK_OVERRUN);
	ASSERT_EQ(marks[1], 0);
	ASSERT_OK(uvio_serial_stats(serial, &stats));
	ASSERT_EQ(stats.rx_lost, 8);
	ASSERT_EQ(stats.rx_bytes, 26);
	ASSERT_EQ(stats.tx_bytes, 34);
}

static void errors_of_the_line_are_marked_and_counted(void)
{
	uint8_t byte, mark;
	struct uvio_serial_stats stats;

	ASSERT_OK(uvio_serial_start(serial, &plain));
	ASSERT_EQ(uvio_serial_send(serial, "x", 1), 1);
	serve(1);
	chip->marks = UVIO_MARK_PARITY | UVIO_MARK_FRAMING;
	serve(1);
	ASSERT_EQ(uvio_serial_receive(serial, &byte, &mark, 1), 1);
	ASSERT_EQ(mark, UVIO_MARK_PARITY | UVIO_MARK_FRAMING);
	ASSERT_OK(uvio_serial_stats(serial, &stats));
	ASSERT_EQ(stats.parity_errors, 1);
	ASSERT_EQ(stats.framing_errors, 1);
	ASSERT_EQ(stats.breaks, 0);
}

static void flow_control_stops_the_other_side_before_the_ring_is_full(void)
{
	struct uvio_serial_config config = plain;
	uint8_t bytes[64] = {0};

	config.flow = UVIO_FLOW_RTS_CTS;
	ASSERT_OK(uvio_serial_start(serial, &config));
	ASSERT_EQ(uvio_serial_send(serial, bytes, 20), 20);
	serve(3);
	ASSERT(chip->throttled);
	ASSERT_EQ(uvio_serial_receive(serial, bytes, NULL, 10), 10);
	serve(1);
	ASSERT(chip->throttled);
	ASSERT_EQ(uvio_serial_receive(serial, bytes, NULL, 10), 10);
	serve(1);
	ASSERT(!chip->throttled);
}

static void settings_are_checked(void)
{
	static const struct {
		struct uvio_serial_config config;
		int err;
		const char *text;
	} wrong[] = {
		{{.baud = 9600}, -EINVAL, "data bits 0: 5 to 8"},
		{{.baud = 9600, .data_bits = 8, .stop_bits = 3}, -EINVAL, "stop bits 3: 1 or 2"},
		{{.data_bits = 8, .stop_bits = 1}, -EINVAL, "baud 0"},
		{{.baud = 200000, .data_bits = 8, .stop_bits = 1}, -ERANGE,
			EDU ": serial line 0: 200000 bit/s: testchip has 50 to 115200"},
		{{.baud = 9600, .data_bits = 8, .stop_bits = 1, .parity = 5}, -EINVAL, "parity 5"},
		{{.baud = 9600, .data_bits = 8, .stop_bits = 1, .flow = 2}, -EINVAL, "flow"},
		{{.baud = 9600, .data_bits = 8, .stop_bits = 1, .rx_bytes = 1 << 25}, -ERANGE,
			"at most 16777216 bytes"},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct uvio_serial_config config = wrong[i].config;

		config.size = sizeof(config);
		ASSERT_ERR(uvio_serial_start(serial, &config), wrong[i].err, wrong[i].text);
	}
}

static void settings_change_while_it_runs(void)
{
	struct uvio_serial_config config = plain;

	ASSERT_ERR(uvio_serial_set(serial, &config), -ENETDOWN, "line 0 is not started");
	ASSERT_OK(uvio_serial_start(serial, &config));
	ASSERT_ERR(uvio_serial_start(serial, &config), -EBUSY,
		"serial line 0 is started: stop it first");
	config.baud = 300;
	ASSERT_OK(uvio_serial_set(serial, &config));
	ASSERT_EQ(chip->config.baud, 300);
	chip->refuses = -ERANGE;
	ASSERT_ERR(uvio_serial_set(serial, &config), -ERANGE, "the chip refuses");
}

static void modem_lines_are_switched(void)
{
	unsigned int now;

	ASSERT_OK(uvio_serial_start(serial, &plain));
	ASSERT_OK(uvio_serial_modem_set(serial, TIOCM_DTR | TIOCM_RTS, 0));
	ASSERT_OK(uvio_serial_modem_set(serial, 0, TIOCM_RTS));
	ASSERT_OK(uvio_serial_modem(serial, &now));
	ASSERT_EQ(now, TIOCM_DTR);
	ASSERT_ERR(uvio_serial_modem_set(serial, TIOCM_CTS, 0), -EINVAL, "DTR and RTS can be");
	ASSERT_ERR(uvio_serial_modem_set(serial, TIOCM_DTR, TIOCM_DTR), -EINVAL, "on or off");
	ASSERT_ERR(uvio_serial_break(serial, true), -ENOTSUP, "'testchip' has no break");
}

static void lines_are_counted(void)
{
	struct uvio_serial *none;
	struct uvio_can *can;

	ASSERT_EQ(uvio_serial_count(card), 1);
	ASSERT_ERR(uvio_serial_get(card, 1, &none), -ERANGE, EDU ": serial line 1: the card has 1");
	ASSERT(!none);
	ASSERT_ERR(uvio_can_get(card, 0, &can), -ENOTSUP, "'testchip' has no CAN channels");
}

static unsigned int too_many(const void *priv)
{
	(void)priv;
	return UINT_MAX;
}

static void a_card_has_not_any_number_of_lines(void)
{
	struct uvio_serial_ops many = ops;
	struct uvio_driver wrong = driver;
	struct uvio_card *other;

	many.lines = too_many;
	wrong.serial = &many;
	ASSERT_ERR(uvio_card_attach(&wrong, udev, &other), -EINVAL,
		"card driver 'testchip': 4294967295 serial lines: a card can have 1024");
	ASSERT(!other);
}

static struct uvio_serial_info told;

static void tell(const void *priv, unsigned int line, struct uvio_serial_info *out)
{
	(void)priv;
	(void)line;
	*out = told;
}

static void attach_fails(const char *text)
{
	struct uvio_serial_ops telling = ops;
	struct uvio_driver wrong = driver;
	struct uvio_card *other;

	telling.info = tell;
	wrong.serial = &telling;
	ASSERT_ERR(uvio_card_attach(&wrong, udev, &other), -EINVAL, text);
	ASSERT(!other);
}

static void what_a_driver_tells_is_checked(void)
{
	told = *uvio_serial_info(serial);
	told.chip = NULL;
	attach_fails(EDU ": serial line 0: card driver 'testchip': its info lacks the chip");
	told.chip = "testchip";
	told.baud_min = 0;
	attach_fails("card driver 'testchip': its info has bit rates from 0 to 115200");
	told.baud_min = 115201;
	attach_fails("its info has bit rates from 115201 to 115200");
}

static void a_driver_gives_and_takes_no_more_than_there_is(void)
{
	struct uvio_serial_stats stats;
	uint8_t bytes[64];
	unsigned int room;

	uvio_serial_rx_commit(serial, UINT_MAX);
	uvio_serial_tx_take(serial, UINT_MAX);
	ASSERT_OK(uvio_serial_start(serial, &plain));
	ASSERT_EQ(uvio_serial_send(serial, "ab", 2), 2);
	uvio_serial_tx_take(serial, UINT_MAX);
	ASSERT_EQ(uvio_serial_space(serial), plain.tx_bytes);
	ASSERT(uvio_serial_rx_place(serial, &room));
	uvio_serial_rx_commit(serial, UINT_MAX);
	ASSERT_OK(uvio_serial_stats(serial, &stats));
	ASSERT_EQ(stats.tx_bytes, 2);
	ASSERT_EQ(stats.rx_bytes, room);
	ASSERT_EQ(uvio_serial_receive(serial, bytes, NULL, sizeof(bytes)), (int)room);
}

static CU_TestInfo cases[] = {
	TEST(what_is_sent_is_received),
	TEST(a_full_ring_takes_no_more),
	TEST(what_is_in_the_chip_is_pending_too),
	TEST(lost_bytes_mark_the_next_one),
	TEST(errors_of_the_line_are_marked_and_counted),
	TEST(flow_control_stops_the_other_side_before_the_ring_is_full),
	TEST(settings_are_checked),
	TEST(settings_change_while_it_runs),
	TEST(modem_lines_are_switched),
	TEST(lines_are_counted),
	TEST(a_card_has_not_any_number_of_lines),
	TEST(what_a_driver_tells_is_checked),
	TEST(a_driver_gives_and_takes_no_more_than_there_is),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"serial", NULL, NULL, setup, teardown, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
