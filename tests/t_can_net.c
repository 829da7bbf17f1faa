/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* A channel with an interface, of which a pair of sockets takes the place. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/context.h"
#include "can.h"
#include "can_card.h"
#include "models/sja1000.h"

static struct sja1000_model_card model;
static struct can_link wire;
static struct bridge bridge;
static int peer;
static bool full; /* the queue of the interface, not the socket */

int __real_sendmmsg(int fd, struct mmsghdr *headers, unsigned int count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *headers, unsigned int count, int flags);

int __wrap_sendmmsg(int fd, struct mmsghdr *headers, unsigned int count, int flags)
{
	if (!full)
		return __real_sendmmsg(fd, headers, count, flags);
	errno = ENOBUFS;
	return -1;
}

static void setup(void)
{
	int fds[2];

	sja1000_model_card(&model, 0x13fe, 0xc002, 0x13fe, 0xc002);
	can_open(&model.fake, "sja1000");
	can_attach();
	can_begin(0);
	ASSERT_OK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
	peer = fds[1];
	wire = (struct can_link){.can = can, .netdev = "can9", .fd = fds[0]};
	bridge = (struct bridge){.card = card, .udev = udev, .signal_fd = -1};
	bridge.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	ASSERT(bridge.epoll_fd >= 0);
	full = false;
}

static void teardown(void)
{
	close(bridge.epoll_fd);
	close(wire.fd);
	close(peer);
	can_close();
}

/* As the command's loop. How long it may sleep then: negative, for any time; 0: not at all. */
static int turn(void)
{
	struct epoll_event event;

	bridge.timeout = -1;
	ASSERT_EQ(can_net_feed(&bridge, &wire), TOOL_GO_ON);
	can_serve();
	ASSERT_EQ(can_net_drain(&bridge, &wire), TOOL_GO_ON);
	return epoll_wait(bridge.epoll_fd, &event, 1, 0) ? 0 : bridge.timeout;
}

static void hear(unsigned int number)
{
	const struct can_frame frame = can_numbered(number, 8);

	ASSERT(sja1000_model_hear(&model.chips[0], &frame));
}

static void arrives(unsigned int number)
{
	const struct can_frame want = can_numbered(number, 8);
	struct can_frame have;

	ASSERT_EQ(recv(peer, &have, sizeof(have), 0), sizeof(have));
	can_same(&have, &want);
}

static void frames_go_both_ways(void)
{
	const struct can_frame frame = can_numbered(7, 8);
	const int idle = turn();

	ASSERT(idle < 0);
	hear(5);
	ASSERT(turn() < 0);
	arrives(5);
	ASSERT_EQ(send(peer, &frame, sizeof(frame), 0), sizeof(frame));
	ASSERT(turn() < 0);
	ASSERT_EQ(uvio_can_pending(can) + can_stats().tx_frames, 1);
}

static void a_queue_that_is_full_is_tried_now_and_then(void)
{
	full = true;
	hear(5);
	ASSERT(turn() > 0);
	ASSERT(turn() > 0);
	hear(6);
	ASSERT(turn() > 0);
	full = false;
	ASSERT(turn() < 0);
	arrives(5);
	arrives(6);
}

static CU_TestInfo tests[] = {
	TEST(frames_go_both_ways),
	TEST(a_queue_that_is_full_is_tried_now_and_then),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"an interface", NULL, NULL, setup, teardown, tests},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
