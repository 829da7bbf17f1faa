/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Sets a CAN interface of the kernel up, as "ip link" of iproute2, which not every host has:
 *
 *	can_link NAME BITRATE [DATA-BITRATE]
 */
#include <errno.h>
#include <linux/can/netlink.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

unsigned int if_nametoindex(const char *name);

static struct {
	struct nlmsghdr header;
	struct ifinfomsg info;
	char attributes[512];
} request = {
	.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
		.nlmsg_type = RTM_NEWLINK,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
};

static struct rtattr *add(unsigned short type, const void *data, size_t size)
{
	struct rtattr *attribute =
		(struct rtattr *)((char *)&request + NLMSG_ALIGN(request.header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(attribute), data, size);
	request.header.nlmsg_len =
		NLMSG_ALIGN(request.header.nlmsg_len) + (uint32_t)RTA_ALIGN(attribute->rta_len);
	return attribute;
}

static void end(struct rtattr *attribute)
{
	attribute->rta_len =
		(unsigned short)((char *)&request + request.header.nlmsg_len - (char *)attribute);
}

static void add_can(unsigned int bitrate, unsigned int data_bitrate)
{
	struct can_bittiming timing = {.bitrate = bitrate}, data = {.bitrate = data_bitrate};
	struct can_ctrlmode mode = {.mask = CAN_CTRLMODE_FD, .flags = CAN_CTRLMODE_FD};
	struct rtattr *link = add(IFLA_LINKINFO, NULL, 0), *of_can;

	add(IFLA_INFO_KIND, "can", 3);
	of_can = add(IFLA_INFO_DATA, NULL, 0);
	add(IFLA_CAN_BITTIMING, &timing, sizeof(timing));
	if (data_bitrate) {
		add(IFLA_CAN_DATA_BITTIMING, &data, sizeof(data));
		add(IFLA_CAN_CTRLMODE, &mode, sizeof(mode));
	}
	end(of_can);
	end(link);
}

/* The answer is an errno, negative, or 0. */
static int ask(void)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[4096];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	if (fd < 0 || send(fd, &request, request.header.nlmsg_len, 0) < 0 ||
		recv(fd, &answer, sizeof(answer), 0) < (ssize_t)sizeof(answer.header))
		return -errno;
	return answer.header.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EPROTO;
}

int main(int argc, char **argv)
{
	uint32_t queue = 1000;
	int rc;

	if (argc < 3)
		return 2;
	request.info.ifi_index = (int)if_nametoindex(argv[1]);
	add(IFLA_TXQLEN, &queue, sizeof(queue));
	add_can((unsigned int)atoi(argv[2]), argc > 3 ? (unsigned int)atoi(argv[3]) : 0);
	rc = ask();
	if (!rc) {
		request.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
		request.info.ifi_flags = request.info.ifi_change = IFF_UP;
		rc = ask();
	}
	if (rc)
		fprintf(stderr, "can_link: %s: %s\n", argv[1], strerror(-rc));
	return rc != 0;
}
