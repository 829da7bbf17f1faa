/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* How a card is served: its descriptor, its interrupt, and events of the device; and that the
 * pages list the cards. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/driver.h>
#include <uvio/udev.h>

#include "base/context.h"
#include "fixture.h"

#define BUSY_MOST 256 /* calls, of <uvio/driver.h> */

static struct uvio_card *card;
static int answer;

static int attach(struct uvio_udev *device, void *priv)
{
	(void)device;
	(void)priv;
	return 0;
}

static int service(void *priv)
{
	(void)priv;
	return answer < 0 ? uvio_fail(answer, "the card does not answer") : answer;
}

static const struct uvio_driver driver = {.size = sizeof(driver),
	.name = "served",
	.card_size = 1,
	.attach = attach,
	.service = service};

static void setup(void)
{
	answer = 0;
	fixture_open();
	ASSERT_OK(uvio_card_attach(&driver, udev, &card));
}

static void teardown(void)
{
	uvio_card_detach(card);
	card = NULL;
	fixture_close();
}

static bool is_readable(int fd)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};

	return poll(&pollfd, 1, 0) == 1;
}

static void the_interrupt_is_armed_after_a_service_that_failed(void)
{
	int fd = uvio_card_fd(card);

	ASSERT(fd >= 0);
	for (int i = 0; i < 3; i++) {
		answer = -EIO;
		fake_raise(udev, 0);
		ASSERT(is_readable(fd));
		ASSERT_ERR(uvio_card_poll(card), -EIO, "the card does not answer");
	}
	answer = 1;
	fake_raise(udev, 0);
	ASSERT_OK(uvio_card_wait(card, 0));
	ASSERT_EQ(uvio_card_poll(card), 1);
}

static void one_that_cannot_be_armed_then_tells_why_the_service_failed(void)
{
	ASSERT(uvio_card_fd(card) >= 0);
	answer = -EIO;
	fake_faults.irq_ack = -EBADF;
	fake_raise(udev, 0);
	ASSERT_ERR(uvio_card_poll(card), -EIO, "the card does not answer");
	answer = 1;
	fake_faults.irq_ack = 0;
}

/* Until the call that fails; how many did not. */
static unsigned int calls_until(int err, const char *text, bool interrupts, bool kicks)
{
	unsigned int count = 0;
	int rc;

	do {
		if (interrupts)
			fake_raise(udev, 0);
		if (kicks)
			uvio_card_kick(card);
		rc = uvio_card_poll(card);
	} while (rc >= 0 && ++count < 10 * BUSY_MOST);
	ASSERT_EQ(rc, err);
	ASSERT_HAS(uvio_last_error(), text);
	return count;
}

static void an_idle_card_is_released_at_once(void)
{
	ASSERT(uvio_card_fd(card) >= 0);
	fake_ask_release(udev);
	ASSERT_OK(uvio_card_wait(card, 0));
	ASSERT_EQ(calls_until(-ENODEV, "the kernel asks to release it", false, false), 0);
}

static void a_busy_card_is_released_too(void)
{
	ASSERT(uvio_card_fd(card) >= 0);
	answer = 1;
	ASSERT_EQ(uvio_card_poll(card), 1);
	fake_ask_release(udev);
	ASSERT(calls_until(-ENODEV, "the kernel asks to release it", true, false) < BUSY_MOST);
	ASSERT(calls_until(-ENODEV, "the kernel asks to release it", false, false) < BUSY_MOST);
}

static void one_that_is_kicked_each_time_is_released_too(void)
{
	ASSERT(uvio_card_fd(card) >= 0);
	fake_ask_release(udev);
	ASSERT(calls_until(-ENODEV, "the kernel asks to release it", false, true) < BUSY_MOST);
}

static void a_busy_card_reports_its_errors_too(void)
{
	ASSERT(uvio_card_fd(card) >= 0);
	answer = 1;
	fake_report_error(udev);
	ASSERT(calls_until(-EIO, "the card reported an error", true, false) < BUSY_MOST);
}

static void the_descriptor_is_the_same_until_detach(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	int fd = uvio_card_fd(card), epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	ASSERT(fd >= 0);
	ASSERT_EQ(uvio_card_fd(card), fd);
	ASSERT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ASSERT_OK(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event));
	fake_raise(udev, 0);
	ASSERT_EQ(epoll_wait(epoll_fd, &event, 1, 0), 1);
	uvio_card_detach(card);
	ASSERT_EQ(fcntl(fd, F_GETFD), -1);
	ASSERT_EQ(epoll_wait(epoll_fd, &event, 1, 0), 0);
	close(epoll_fd);
	ASSERT_OK(uvio_card_attach(&driver, udev, &card));
	ASSERT(uvio_card_fd(card) >= 0);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_card_wait(card, 0));
}

/* It holds them until its end of the pipe is told. */
static pid_t fork_holder(int pipe_fds[2])
{
	pid_t child;
	char byte;

	ASSERT_OK(pipe(pipe_fds));
	child = fork();
	if (!child) {
		close(pipe_fds[1]);
		_exit(read(pipe_fds[0], &byte, 1) ? 1 : 0);
	}
	close(pipe_fds[0]);
	return child;
}

static void a_watch_may_be_as_long_as_it_likes_but_not_negative(void)
{
	struct uvio_driver watched = driver;
	struct uvio_card *other;

	watched.watch = -1;
	ASSERT_ERR(uvio_card_attach(&watched, udev, &other), -EINVAL,
		"card driver 'served': its watch is a time of -1 ns");
	watched.watch = INT64_MAX;
	ASSERT_OK(uvio_card_attach(&watched, udev, &other));
	ASSERT(!is_readable(uvio_card_fd(other)));
	ASSERT_EQ(uvio_card_poll(other), 0);
	ASSERT(!is_readable(uvio_card_fd(other)));
	uvio_card_detach(other);
}

static void a_child_that_has_a_copy_does_not_keep_it_alive(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	int fd = uvio_card_fd(card), epoll_fd = epoll_create1(EPOLL_CLOEXEC), pipe_fds[2], status;
	pid_t child;

	ASSERT(fd >= 0);
	ASSERT_OK(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event));
	child = fork_holder(pipe_fds);
	ASSERT(child > 0);
	uvio_card_kick(card);
	ASSERT_OK(uvio_card_wait(card, 0));
	ASSERT_EQ(uvio_card_poll(card), 0);
	uvio_card_kick(card);
	ASSERT_OK(epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL));
	uvio_card_detach(card);
	ASSERT_EQ(epoll_wait(epoll_fd, &event, 1, 0), 0);
	ASSERT_OK(uvio_card_attach(&driver, udev, &card));
	ASSERT(uvio_card_fd(card) >= 0);
	ASSERT_ERR(uvio_card_wait(card, 0), -ETIMEDOUT, "nothing from the card");
	close(pipe_fds[1]);
	ASSERT_EQ(waitpid(child, &status, 0), child);
	ASSERT_EQ(status, 0);
	fake_raise(udev, 0);
	ASSERT_OK(uvio_card_wait(card, 0));
	close(epoll_fd);
}

/* "1760:ff00", then the ids of the subsystem, where they matter, then the rest. */
static void ids_of(const struct uvio_driver_id *id, char text[32])
{
	int length = snprintf(text, 32, "%04x:%04x  ", id->vendor, id->device);

	if (id->subvendor != UVIO_ANY_ID)
		snprintf(text + length, 32 - (size_t)length, "%04x:%04x ", id->subvendor,
			id->subdevice);
	else if (id->subdevice != UVIO_ANY_ID)
		snprintf(text + length, 32 - (size_t)length, "any:%04x ", id->subdevice);
}

static bool is_in_page(const char *page, const struct uvio_driver_id *id)
{
	const char *top = getenv("top_srcdir");
	char path[PATH_MAX], line[256], ids[32];
	bool found = false;
	FILE *stream;

	snprintf(path, sizeof(path), "%s/doc/%s", top ? top : ".", page);
	stream = fopen(path, "r");
	ids_of(id, ids);
	while (stream && !found && fgets(line, sizeof(line), stream)) {
		line[strcspn(line, "\n")] = 0;
		found = !strncmp(line, ids, strlen(ids)) && strrchr(line, ' ') &&
			!strcmp(strrchr(line, ' ') + 1, uvio_seen_name(id->seen));
	}
	if (stream)
		fclose(stream);
	if (!found)
		printf("# %s: not in doc/%s, seen on %s\n", ids, page, uvio_seen_name(id->seen));
	return found;
}

static void the_pages_list_each_card(void)
{
	const struct uvio_driver *known;

	for (unsigned int i = 0; (known = uvio_driver_get(NULL, i)); i++)
		for (const struct uvio_driver_id *id = known->ids; id && id->vendor; id++) {
			ASSERT(!known->can || is_in_page("uvio-can.1", id));
			ASSERT(!known->serial || is_in_page("uvio-serial.1", id));
		}
}

static CU_TestInfo cases[] = {
	TEST(the_interrupt_is_armed_after_a_service_that_failed),
	TEST(one_that_cannot_be_armed_then_tells_why_the_service_failed),
	TEST(an_idle_card_is_released_at_once),
	TEST(a_busy_card_is_released_too),
	TEST(one_that_is_kicked_each_time_is_released_too),
	TEST(a_busy_card_reports_its_errors_too),
	TEST(the_descriptor_is_the_same_until_detach),
	TEST(a_watch_may_be_as_long_as_it_likes_but_not_negative),
	TEST(a_child_that_has_a_copy_does_not_keep_it_alive),
	TEST(the_pages_list_each_card),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"card", NULL, NULL, setup, teardown, cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
