/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* A line and its pseudo-terminal, which is one of this machine, with a chip that hears itself. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <uvio/uvio.h>

#include "base/context.h"
#include "fixture.h"
#include "line.h"
#include "serial_chip.h"
#include "tools.h"

#define TURNS 2000

static struct uvio_card *card;
static struct line *line;
static int64_t now;
static int fd; /* of a program */

static void open_program(void)
{
	fd = open(line->pty.path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	ASSERT(fd >= 0);
}

static void setup(void)
{
	fixture_open();
	ASSERT_OK(uvio_card_attach(&chip_driver, udev, &card));
	line = calloc(1, sizeof(*line));
	ASSERT(line);
	snprintf(line->name, sizeof(line->name), "card/0");
	line->config = (struct uvio_serial_config){.size = sizeof(line->config),
		.baud = 9600,
		.data_bits = 8,
		.stop_bits = 1,
		.tx_bytes = 40};
	ASSERT_OK(uvio_serial_get(card, 0, &line->serial));
	ASSERT_EQ(line_start(line), TOOL_GO_ON);
	now = 1000000000;
	fd = -1;
}

static void teardown(void)
{
	line_stop(line);
	if (fd >= 0)
		close(fd);
	free(line);
	uvio_card_detach(card);
	card = NULL;
	fixture_close();
}

/* As the command's loop. What goes through a pseudo-terminal takes the kernel a moment. */
static void turn(void)
{
	struct pollfd pollfds[LINE_FDS];

	line_events(line, pollfds);
	poll(pollfds, LINE_FDS, 1);
	now += UVIO_MS(1);
	line_feed(line, pollfds, now);
	ASSERT(uvio_card_poll(card) >= 0);
	line_drain(line);
}

#define UNTIL(condition)                                                                           \
	do {                                                                                       \
		unsigned int turns = 0;                                                            \
		bool holds = condition;                                                            \
		while (!holds && turns++ < TURNS) {                                                \
			turn();                                                                    \
			holds = condition;                                                         \
		}                                                                                  \
		test_true(holds, #condition, __FILE__, __LINE__);                                  \
	} while (0)

/* Nothing wakes the command's loop. */
static bool rests(void)
{
	struct pollfd pollfds[LINE_FDS];

	line_events(line, pollfds);
	return !poll(pollfds, LINE_FDS, 0);
}

static struct termios settings(void)
{
	struct termios termios;

	ASSERT_OK(tcgetattr(fd, &termios));
	return termios;
}

static void set_settings(const struct termios *termios)
{
	ASSERT_OK(tcsetattr(fd, TCSANOW, termios));
}

static unsigned int received(uint8_t *bytes, unsigned int have, unsigned int count)
{
	ssize_t n = read(fd, bytes + have, count - have);

	return n > 0 ? have + (unsigned int)n : have;
}

static void what_a_program_writes_comes_back_whole(void)
{
	enum { COUNT = 20000 };
	static uint8_t out[COUNT], in[COUNT];
	unsigned int written = 0, have = 0;

	open_program();
	for (unsigned int i = 0; i < COUNT; i++)
		out[i] = (uint8_t)(i * 7 ^ i >> 8);
	for (unsigned int i = 0; have < COUNT && i < 10 * TURNS; i++) {
		ssize_t n = write(fd, out + written, COUNT - written);

		written += n > 0 ? (unsigned int)n : 0;
		turn();
		have = received(in, have, COUNT);
	}
	ASSERT_EQ(have, COUNT);
	ASSERT(!memcmp(in, out, COUNT));
	ASSERT_EQ(line->discarded, 0);
}

static void settings_reach_the_chip(void)
{
	struct termios termios;

	open_program();
	termios = settings();
	ASSERT_EQ(cfgetospeed(&termios), B9600);
	cfsetspeed(&termios, B19200);
	termios.c_cflag |= CSTOPB | CRTSCTS;
	set_settings(&termios);
	UNTIL(chip->config.baud == 19200);
	ASSERT_EQ(chip->config.stop_bits, 2);
	ASSERT_EQ(chip->config.flow, UVIO_FLOW_RTS_CTS);
	termios.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
	set_settings(&termios);
	UNTIL(chip->config.stop_bits == 1);
	ASSERT_EQ(chip->config.flow, UVIO_FLOW_NONE);
	ASSERT_EQ(line->changes, 2);
}

static void parity_is_taken_from_what_linux_leaves(void)
{
	static const struct {
		tcflag_t iflag, cflag;
		enum uvio_serial_parity parity;
	} traces[] = {
		{0, PARENB | PARODD, UVIO_PARITY_ODD},
		{INPCK, PARENB, UVIO_PARITY_EVEN},
		{0, 0, UVIO_PARITY_NONE},
		{0, PARENB | CMSPAR | PARODD, UVIO_PARITY_MARK},
		{0, PARENB | CMSPAR, UVIO_PARITY_SPACE},
	};

	open_program();
	for (unsigned int i = 0; i < ARRAY_SIZE(traces); i++) {
		struct termios termios = settings();

		termios.c_iflag = traces[i].iflag;
		termios.c_cflag &= ~(tcflag_t)(PARENB | PARODD | CMSPAR);
		termios.c_cflag |= traces[i].cflag;
		set_settings(&termios);
		UNTIL(chip->config.parity == traces[i].parity);
	}
}

static void parity_of_the_command_stays(void)
{
	struct termios termios;

	line->parity_fixed = true;
	line->config.parity = UVIO_PARITY_EVEN;
	open_program();
	termios = settings();
	termios.c_cflag |= PARENB | PARODD;
	cfsetspeed(&termios, B300);
	set_settings(&termios);
	UNTIL(chip->config.baud == 300);
	ASSERT_EQ(chip->config.parity, UVIO_PARITY_EVEN);
}

static void a_speed_that_the_chip_has_not_is_refused(void)
{
	struct termios termios;

	open_program();
	termios = settings();
	cfsetspeed(&termios, B230400);
	set_settings(&termios);
	UNTIL(line->refused == 1);
	termios = settings();
	ASSERT_EQ(cfgetospeed(&termios), B9600);
	ASSERT_EQ(chip->config.baud, 9600);
	for (int i = 0; i < 50; i++)
		turn();
	ASSERT_EQ(line->refused, 1);
}

/* As <asm/termbits.h> has it, which cannot be had beside <termios.h>. */
struct settings2 {
	tcflag_t iflag, oflag, cflag, lflag;
	cc_t line, cc[19];
	speed_t ispeed, ospeed;
};

static void set_any_speed(speed_t speed)
{
	struct settings2 s;

	ASSERT_OK(ioctl(fd, _IOR('T', 0x2a, struct settings2), &s));
	s.cflag = (s.cflag & ~(tcflag_t)0x100f) | 0x1000;
	s.ispeed = s.ospeed = speed;
	ASSERT_OK(ioctl(fd, _IOW('T', 0x2b, struct settings2), &s));
}

static void a_speed_needs_no_name(void)
{
	struct settings2 s;

	open_program();
	set_any_speed(12345);
	UNTIL(chip->config.baud == 12345);
	set_any_speed(123456);
	UNTIL(line->refused == 1);
	ASSERT_OK(ioctl(fd, _IOR('T', 0x2a, struct settings2), &s));
	ASSERT_EQ(s.ospeed, 12345);
	ASSERT_EQ(chip->config.baud, 12345);
}

static void what_linux_does_not_pass_on_changes_nothing(void)
{
	struct termios termios;
	int lines_now;

	open_program();
	termios = settings();
	termios.c_cflag = (termios.c_cflag & ~(tcflag_t)CSIZE) | CS7;
	cfsetspeed(&termios, B300);
	set_settings(&termios);
	UNTIL(chip->config.baud == 300);
	ASSERT_EQ(settings().c_cflag & CSIZE, CS8);
	ASSERT_EQ(chip->config.data_bits, 8);
	ASSERT_OK(tcsendbreak(fd, 0));
	ASSERT_EQ(ioctl(fd, TIOCMGET, &lines_now), -1);
}

static void stop_by_xoff(void)
{
	struct termios termios;

	open_program();
	termios = settings();
	termios.c_iflag |= IXON;
	set_settings(&termios);
	UNTIL(!line->mode.told);
	uvio_serial_send(line->serial, "\023", 1);
	UNTIL(write(fd, "x", 1) < 0 && errno == EAGAIN);
}

static void xoff_stops_the_program(void)
{
	stop_by_xoff();
	uvio_serial_send(line->serial, "\021", 1);
	UNTIL(write(fd, "x", 1) == 1);
}

static void settings_wait_for_what_was_written_before(void)
{
	struct termios termios;
	uint8_t bytes[40];
	unsigned int have = 0;

	open_program();
	UNTIL(!line->hung);
	chip->still = true;
	ASSERT_EQ(write(fd, "0123456789", 10), 10);
	UNTIL(uvio_serial_pending(line->serial) == 10);
	termios = settings();
	cfsetspeed(&termios, B1200);
	set_settings(&termios);
	UNTIL(line->changing);
	ASSERT_EQ(write(fd, "after", 5), 5);
	for (int i = 0; i < 20; i++)
		turn();
	ASSERT_EQ(chip->config.baud, 9600);
	ASSERT_EQ(uvio_serial_pending(line->serial), 10);
	chip->still = false;
	UNTIL((have = received(bytes, have, sizeof(bytes))) == 15);
	ASSERT_EQ(chip->config.baud, 1200);
	ASSERT(!memcmp(bytes, "0123456789after", 15));
}

static void a_line_that_stands_still_does_not_keep_its_settings_forever(void)
{
	struct termios termios;

	open_program();
	chip->still = true;
	ASSERT_EQ(write(fd, "x", 1), 1);
	UNTIL(uvio_serial_pending(line->serial) == 1);
	termios = settings();
	cfsetspeed(&termios, B1200);
	set_settings(&termios);
	UNTIL(chip->config.baud == 1200);
}

static void what_comes_while_nobody_has_it_open_is_discarded(void)
{
	uint8_t bytes[8];

	uvio_serial_send(line->serial, "lost", 4);
	UNTIL(line->discarded == 4);
	open_program();
	UNTIL(!line->hung);
	uvio_serial_send(line->serial, "kept", 4);
	UNTIL(received(bytes, 0, sizeof(bytes)) == 4);
	ASSERT(!memcmp(bytes, "kept", 4));
}

static void what_a_program_wrote_before_its_end_is_sent(void)
{
	open_program();
	ASSERT_EQ(write(fd, "goodbye", 7), 7);
	close(fd);
	fd = -1;
	UNTIL(line->discarded == 7);
}

static void closing_hangs_up_and_opening_goes_on(void)
{
	uint8_t bytes[8];

	ASSERT_EQ(chip->lines, 0);
	for (int i = 0; i < 3; i++) {
		open_program();
		UNTIL(chip->lines == (TIOCM_DTR | TIOCM_RTS));
		ASSERT_EQ(write(fd, "again", 5), 5);
		UNTIL(received(bytes, 0, sizeof(bytes)) == 5);
		close(fd);
		fd = -1;
		UNTIL(chip->lines == 0);
		ASSERT_EQ(line_timeout(line, now), line->pty.watch < 0 ? 100 : -1);
	}
}

/* The first one was gone before the second one came, and both before anybody looked. */
static void with_nothing_to_do_nothing_wakes_it(void)
{
	int other;

	UNTIL(rests());
	open_program();
	UNTIL(!line->hung);
	UNTIL(rests());
	other = open(line->pty.path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	ASSERT(other >= 0);
	UNTIL(rests());
	close(other);
	UNTIL(rests());
	close(fd);
	fd = -1;
	UNTIL(line->hung && rests());
	open_program();
	UNTIL(!line->hung && rests());
}

static void one_program_follows_another(void)
{
	uint8_t bytes[8];

	open_program();
	UNTIL(!line->hung);
	for (int i = 0; i < 20; i++) {
		close(fd);
		if (i & 1)
			turn();
		open_program();
		ASSERT_EQ(write(fd, "next", 4), 4);
		UNTIL(received(bytes, 0, sizeof(bytes)) == 4);
	}
}

static void a_program_that_wants_it_alone_has_it_so_until_it_closes(void)
{
	int alone = 1;

	open_program();
	UNTIL(!line->hung);
	ASSERT_OK(ioctl(fd, TIOCEXCL));
	close(fd);
	UNTIL(line->empty);
	open_program();
	ASSERT_OK(ioctl(fd, TIOCGEXCL, &alone));
	ASSERT_EQ(alone, 0);
}

static void stop_by_program(void)
{
	open_program();
	UNTIL(!line->hung);
	ASSERT_OK(tcflow(fd, TCOOFF));
	ASSERT(write(fd, "x", 1) < 0);
}

static void the_next_program_writes(void)
{
	close(fd);
	UNTIL(line->hung && line->empty);
	open_program();
	ASSERT_EQ(write(fd, "x", 1), 1);
	close(fd);
	UNTIL(line->hung && line->empty);
}

static void one_that_is_stopped_does_not_stop_the_next(void)
{
	stop_by_program();
	the_next_program_writes();
	stop_by_xoff();
	the_next_program_writes();
	fd = -1;
}

/* As where a limit of the kernel allows no watch. */
static void without_a_watch_it_looks_now_and_then(void)
{
	close(line->pty.watch);
	line->pty.watch = -1;
	ASSERT_EQ(line_timeout(line, now), 100);
	closing_hangs_up_and_opening_goes_on();
	what_a_program_wrote_before_its_end_is_sent();
}

static void speed_0_hangs_up_and_keeps_the_speed(void)
{
	struct termios termios;

	open_program();
	UNTIL(chip->lines);
	termios = settings();
	cfsetspeed(&termios, B0);
	set_settings(&termios);
	UNTIL(!chip->lines);
	ASSERT_EQ(chip->config.baud, 9600);
	cfsetspeed(&termios, B4800);
	set_settings(&termios);
	UNTIL(chip->lines);
	ASSERT_EQ(chip->config.baud, 4800);
}

/* A terminal for lines does what the kernel does, and changes of its settings are seen still. */
static void a_program_may_have_lines_edited(void)
{
	struct termios termios;
	uint8_t bytes[16];

	open_program();
	termios = settings();
	termios.c_lflag |= ICANON;
	termios.c_iflag |= ICRNL;
	set_settings(&termios);
	UNTIL(!line->mode.told && !line->mode.raw);
	uvio_serial_send(line->serial, "ab\177c\r", 5);
	UNTIL(received(bytes, 0, sizeof(bytes)) == 3);
	ASSERT(!memcmp(bytes, "ac\n", 3));
	cfsetspeed(&termios, B2400);
	set_settings(&termios);
	UNTIL(chip->config.baud == 2400);
	termios.c_lflag = termios.c_iflag = 0;
	set_settings(&termios);
	UNTIL(line->mode.told && line->mode.raw);
	ASSERT_EQ(line_timeout(line, now), -1);
}

static void a_flush_discards_what_was_received(void)
{
	uint8_t bytes[8];

	open_program();
	UNTIL(!line->hung);
	uvio_serial_send(line->serial, "old", 3);
	UNTIL(uvio_serial_pending(line->serial) == 0);
	for (int i = 0; i < 5; i++)
		turn();
	ASSERT_OK(tcflush(fd, TCIFLUSH));
	ASSERT_EQ(write(fd, "new", 3), 3);
	UNTIL(received(bytes, 0, sizeof(bytes)) == 3);
	ASSERT(!memcmp(bytes, "new", 3));
}

static void errors_are_given_on_as_the_kernel_does(void)
{
	static const struct {
		tcflag_t iflag;
		uint8_t marks, byte;
		bool comes;
	} wrong[] = {
		{0, UVIO_MARK_PARITY, 'x', true},
		{INPCK, UVIO_MARK_PARITY, 0, true},
		{IGNPAR, UVIO_MARK_FRAMING, 'x', false},
		{0, UVIO_MARK_BREAK, 'x', true},
		{IGNBRK, UVIO_MARK_BREAK, 'x', false},
		{IGNPAR, UVIO_MARK_OVERRUN, 'x', true},
	};

	open_program();
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct termios termios = settings();
		uint8_t bytes[4];
		unsigned int have = 0;

		termios.c_iflag = wrong[i].iflag;
		set_settings(&termios);
		UNTIL(line->mode.skip_errors == !!(wrong[i].iflag & IGNPAR) &&
			line->mode.skip_break == !!(wrong[i].iflag & IGNBRK) &&
			line->mode.zero_errors == !!(wrong[i].iflag & INPCK) && !line->changing);
		chip->marks = wrong[i].marks;
		uvio_serial_send(line->serial, "x", 1);
		UNTIL(uvio_serial_pending(line->serial) == 0);
		chip->marks = 0;
		uvio_serial_send(line->serial, "|", 1);
		UNTIL((have = received(bytes, have, sizeof(bytes))) && bytes[have - 1] == '|');
		ASSERT_EQ(have, wrong[i].comes ? 2 : 1);
		ASSERT(!wrong[i].comes || bytes[0] == wrong[i].byte);
	}
}

static CU_TestInfo line_cases[] = {
	TEST(what_a_program_writes_comes_back_whole),
	TEST(settings_reach_the_chip),
	TEST(parity_is_taken_from_what_linux_leaves),
	TEST(parity_of_the_command_stays),
	TEST(a_speed_that_the_chip_has_not_is_refused),
	TEST(a_speed_needs_no_name),
	TEST(what_linux_does_not_pass_on_changes_nothing),
	TEST(xoff_stops_the_program),
	TEST(settings_wait_for_what_was_written_before),
	TEST(a_line_that_stands_still_does_not_keep_its_settings_forever),
	TEST(what_comes_while_nobody_has_it_open_is_discarded),
	TEST(what_a_program_wrote_before_its_end_is_sent),
	TEST(closing_hangs_up_and_opening_goes_on),
	TEST(with_nothing_to_do_nothing_wakes_it),
	TEST(one_program_follows_another),
	TEST(a_program_that_wants_it_alone_has_it_so_until_it_closes),
	TEST(one_that_is_stopped_does_not_stop_the_next),
	TEST(without_a_watch_it_looks_now_and_then),
	TEST(speed_0_hangs_up_and_keeps_the_speed),
	TEST(a_program_may_have_lines_edited),
	TEST(a_flush_discards_what_was_received),
	TEST(errors_are_given_on_as_the_kernel_does),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"a line", NULL, NULL, setup, teardown, line_cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
