/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* A CAN interface of the kernel: set up by netlink, used by a raw socket. */
#define _GNU_SOURCE
#include <config.h>
#include <errno.h>
#include <linux/can/netlink.h>
#include <linux/can/raw.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "traffic.h"

#define QUEUE 64 /* frames, of the interface */

struct request {
	struct nlmsghdr header;
	struct ifinfomsg info;
	unsigned char attributes[512];
};

static int failed(const struct can_end *end, const char *what, int err)
{
	return uvio_fail(-err, "%s: %s: %s", end->name, what, strerror(err));
}

static struct rtattr *add(
	struct request *request, unsigned short type, const void *data, size_t size)
{
	struct rtattr *attribute =
		(void *)((unsigned char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(attribute), data, size);
	request->header.nlmsg_len =
		NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
	return attribute;
}

/* What was added since then is inside of it. */
static void end_nest(const struct request *request, struct rtattr *nest)
{
	nest->rta_len = (unsigned short)((const unsigned char *)request +
					 request->header.nlmsg_len - (unsigned char *)nest);
}

static struct request new_request(const struct can_end *end, bool up)
{
	struct request request = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
			.nlmsg_type = RTM_NEWLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		.info = {.ifi_index = (int)if_nametoindex(end->name),
			.ifi_change = IFF_UP,
			.ifi_flags = up ? IFF_UP : 0},
	};

	return request;
}

/* The answer is an error number, which may be 0. */
static int ask(const struct request *request)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		unsigned char rest[512];
	} answer = {.error.error = -EPROTO};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), rc = 0;

	if (fd < 0)
		return errno;
	if (send(fd, request, request->header.nlmsg_len, 0) < 0 ||
		recv(fd, &answer, sizeof(answer), 0) < 0)
		rc = errno;
	close(fd);
	return rc ? rc : -answer.error.error;
}

static int configure(const struct can_end *end, uint32_t modes)
{
	const struct can_bittiming timing = {.bitrate = TRAFFIC_BITRATE};
	const struct can_bittiming data_timing = {.bitrate = TRAFFIC_DATA_BITRATE};
	const uint32_t all = modes | (end->fd ? CAN_CTRLMODE_FD : 0);
	const struct can_ctrlmode mode = {.mask = all, .flags = all};
	struct request request = new_request(end, false);
	const uint32_t queue = QUEUE;
	struct rtattr *outer, *inner;

	add(&request, IFLA_TXQLEN, &queue, sizeof(queue));
	outer = add(&request, IFLA_LINKINFO, NULL, 0);
	add(&request, IFLA_INFO_KIND, "can", strlen("can"));
	inner = add(&request, IFLA_INFO_DATA, NULL, 0);
	add(&request, IFLA_CAN_BITTIMING, &timing, sizeof(timing));
	if (end->fd)
		add(&request, IFLA_CAN_DATA_BITTIMING, &data_timing, sizeof(data_timing));
	add(&request, IFLA_CAN_CTRLMODE, &mode, sizeof(mode));
	end_nest(&request, inner);
	end_nest(&request, outer);
	return ask(&request);
}

static int set_up(const struct can_end *end, bool up)
{
	struct request request = new_request(end, up);

	return ask(&request);
}

/* No copies of what is sent. */
static int make_socket(struct can_end *end)
{
	const struct timeval late = {.tv_sec = TRAFFIC_LATE_MS / 1000};
	struct sockaddr_can address = {.can_family = AF_CAN};
	const int off = 0, fd_frames = end->fd;

	end->socket = socket(PF_CAN, SOCK_RAW | SOCK_CLOEXEC, CAN_RAW);
	if (end->socket < 0)
		return failed(end, "a raw socket", errno);
	address.can_ifindex = (int)if_nametoindex(end->name);
	if (!setsockopt(end->socket, SOL_CAN_RAW, CAN_RAW_LOOPBACK, &off, sizeof(off)) &&
		!setsockopt(end->socket, SOL_CAN_RAW, CAN_RAW_FD_FRAMES, &fd_frames,
			sizeof(fd_frames)) &&
		!setsockopt(end->socket, SOL_SOCKET, SO_RCVTIMEO, &late, sizeof(late)) &&
		!bind(end->socket, (struct sockaddr *)&address, sizeof(address)))
		return 0;
	failed(end, "a raw socket", errno);
	close(end->socket);
	end->socket = -1;
	return -EIO;
}

static void close_socket(struct can_end *end)
{
	close(end->socket);
	end->socket = -1;
	set_up(end, false);
}

static int open_socket(struct can_end *end, bool alone)
{
	int err = configure(end, alone ? CAN_CTRLMODE_PRESUME_ACK : 0), rc;

	if (err == EOPNOTSUPP)
		err = configure(end, 0);
	if (!err)
		err = set_up(end, true);
	if (err)
		return failed(end, "set up", err);
	rc = make_socket(end);
	if (rc)
		set_up(end, false);
	return rc;
}

static size_t size_of_frame(const struct can_end *end)
{
	return end->fd ? CANFD_MTU : CAN_MTU;
}

/* One by the plainest call that there is, several by one call. */
static int send_frames(struct can_end *end, const struct canfd_frame *frames, unsigned int count)
{
	struct mmsghdr messages[TRAFFIC_BATCH] = {0};
	struct iovec places[TRAFFIC_BATCH];
	size_t size = size_of_frame(end);

	if (count == 1)
		return write(end->socket, frames, size) == (ssize_t)size
			       ? 0
			       : failed(end, "write", errno);
	for (unsigned int i = 0; i < count; i++) {
		places[i] = (struct iovec){(void *)(uintptr_t)&frames[i], size};
		messages[i].msg_hdr.msg_iov = &places[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	for (unsigned int sent = 0; sent < count;) {
		int n = sendmmsg(end->socket, messages + sent, count - sent, 0);

		if (n < 0)
			return failed(end, "sendmmsg", errno);
		sent += (unsigned int)n;
	}
	return 0;
}

static int receive_frames(struct can_end *end, struct canfd_frame *frames, unsigned int count)
{
	struct mmsghdr messages[TRAFFIC_BATCH] = {0};
	struct iovec places[TRAFFIC_BATCH];
	size_t size = size_of_frame(end);

	if (count == 1)
		return read(end->socket, frames, size) == (ssize_t)size
			       ? 0
			       : failed(end, "read", errno);
	for (unsigned int i = 0; i < count; i++) {
		places[i] = (struct iovec){&frames[i], size};
		messages[i].msg_hdr.msg_iov = &places[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	for (unsigned int got = 0; got < count;) {
		int n = recvmmsg(end->socket, messages + got, count - got, 0, NULL);

		if (n < 0)
			return failed(end, "recvmmsg", errno);
		got += (unsigned int)n;
	}
	return 0;
}

const struct can_end_ops can_end_socket = {
	.open = open_socket,
	.close = close_socket,
	.send = send_frames,
	.receive = receive_frames,
};
