/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>
#include <errno.h>
#include <linux/can/raw.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "can.h"

enum { RECEIVE_BUFFER = 4 << 20, RETRY_MS = 2, ROUNDS = 16 };

static int failed(const struct can_link *link, const char *what)
{
	return tool_error("%s: %s: %s", link->netdev, what, strerror(errno));
}

/* While it runs: what has become of the interface is told once. */
static int lost(struct can_link *link, const char *what)
{
	link->broken = true;
	if (errno == ENETDOWN)
		return tool_error("%s: the interface was set down or removed; set it up, and start "
				  "again: ip link set %s up",
			link->netdev, link->netdev);
	if (errno == ENODEV || errno == ENXIO)
		return tool_error("%s: the interface was removed", link->netdev);
	return failed(link, what);
}

static int new_socket(struct can_link *link)
{
	link->fd = socket(PF_CAN, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, CAN_RAW);
	if (link->fd >= 0)
		return TOOL_GO_ON;
	if (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT)
		return tool_error("%s: this kernel has no CAN sockets; load the module can_raw: "
				  "modprobe can_raw",
			link->netdev);
	return failed(link, "CAN socket");
}

static int no_netdev(const struct can_link *link)
{
	if (errno != ENODEV)
		return failed(link, "interface");
	return tool_error("%s: no such network interface; ip link add %s type vcan makes one",
		link->netdev, link->netdev);
}

static int check_netdev(struct can_link *link, bool fd, int *index)
{
	struct ifreq request = {0};

	memcpy(request.ifr_name, link->netdev, strlen(link->netdev));
	if (ioctl(link->fd, SIOCGIFINDEX, &request))
		return no_netdev(link);
	*index = request.ifr_ifindex;
	if (ioctl(link->fd, SIOCGIFFLAGS, &request))
		return failed(link, "interface");
	if (!(request.ifr_flags & IFF_UP))
		return tool_error(
			"%s: the interface is down; ip link set %s up", link->netdev, link->netdev);
	if (ioctl(link->fd, SIOCGIFMTU, &request))
		return failed(link, "interface");
	if (fd && request.ifr_mtu < (int)CANFD_MTU)
		return tool_error("%s: --fd: its MTU of %d has no space for CAN FD; "
				  "ip link set %s mtu %d, while it is down",
			link->netdev, request.ifr_mtu, link->netdev, (int)CANFD_MTU);
	return TOOL_GO_ON;
}

static int set(const struct can_link *link, int level, int name, int value)
{
	return setsockopt(link->fd, level, name, &value, sizeof(value));
}

/* Frames of CAN FD come without --fd, too: they are counted as refused. Who only listens has no use
 * for what others send to the interface. */
static int set_options(struct can_link *link, const struct uvio_can_config *config)
{
	if (set(link, SOL_CAN_RAW, CAN_RAW_FD_FRAMES, 1) && config->modes & CAN_CTRLMODE_FD)
		return failed(link, "CAN FD frames");
	if (config->modes & CAN_CTRLMODE_LISTENONLY &&
		setsockopt(link->fd, SOL_CAN_RAW, CAN_RAW_FILTER, NULL, 0))
		return failed(link, "filter");
	if (set(link, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER))
		set(link, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	return TOOL_GO_ON;
}

int can_net_open(struct can_link *link, const struct uvio_can_config *config)
{
	struct sockaddr_can name = {.can_family = AF_CAN};
	int rc = new_socket(link);

	if (rc == TOOL_GO_ON)
		rc = check_netdev(link, config->modes & CAN_CTRLMODE_FD, &name.can_ifindex);
	if (rc == TOOL_GO_ON)
		rc = set_options(link, config);
	if (rc != TOOL_GO_ON)
		return rc;
	if (!bind(link->fd, (struct sockaddr *)&name, sizeof(name)))
		return TOOL_GO_ON;
	if (errno == ENODEV)
		return tool_error("%s: not a CAN interface", link->netdev);
	return failed(link, "bind");
}

struct messages {
	struct mmsghdr headers[CAN_BATCH];
	struct iovec vectors[CAN_BATCH];
	struct canfd_frame frames[CAN_BATCH];
};

static void prepare(struct messages *m, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		m->vectors[i] = (struct iovec){&m->frames[i], sizeof(m->frames[i])};
		m->headers[i] =
			(struct mmsghdr){.msg_hdr = {.msg_iov = &m->vectors[i], .msg_iovlen = 1}};
	}
}

/* Counted since the socket was made; with the frames that come the kernel tells only of what was
 * lost before them. */
void can_net_count(struct can_link *link)
{
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t size = sizeof(info);

	if (link->fd < 0 || getsockopt(link->fd, SOL_SOCKET, SO_MEMINFO, info, &size) ||
		size <= SK_MEMINFO_DROPS * sizeof(info[0]))
		return;
	link->netdev_lost += info[SK_MEMINFO_DROPS] - link->overflows;
	link->overflows = info[SK_MEMINFO_DROPS];
}

/* Older kernels do not mark a frame of CAN FD as such. */
static void take(struct can_link *link, struct messages *m, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		m->frames[i].flags =
			m->headers[i].msg_len == CANFD_MTU ? m->frames[i].flags | CANFD_FDF : 0;
	can_link_send(link, m->frames, count);
}

static int watch(struct bridge *b, struct can_link *link)
{
	bool pending = link->frame_next < link->frame_count && !link->full;
	uint32_t events = (uvio_can_space(link->can) ? EPOLLIN : 0) | (pending ? EPOLLOUT : 0);
	int rc;

	if (events == link->watched)
		return TOOL_GO_ON;
	rc = bridge_watch(b, link->fd, events);
	link->watched = events;
	return rc ? tool_error("%s: epoll: %s", link->netdev, strerror(-rc)) : TOOL_GO_ON;
}

int can_net_feed(struct bridge *b, struct can_link *link)
{
	static struct messages m;
	unsigned int space;
	int n;

	/* Frames that are refused take no space: a flood of them does not keep us from the card. */
	for (int round = 0; round < ROUNDS && (space = uvio_can_space(link->can)); round++) {
		space = space < CAN_BATCH ? space : CAN_BATCH;
		prepare(&m, space);
		n = recvmmsg(link->fd, m.headers, space, 0, NULL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return lost(link, "receive");
		if (n <= 0)
			break;
		take(link, &m, (unsigned int)n);
		if ((unsigned int)n < space)
			break;
	}
	return watch(b, link);
}

/* The frames that wait; more than none, or an errno, negative. */
static int send_some(struct can_link *link)
{
	struct mmsghdr headers[CAN_BATCH] = {0};
	struct iovec vectors[CAN_BATCH];
	unsigned int n = 0;

	for (unsigned int i = link->frame_next; i < link->frame_count; i++, n++) {
		struct canfd_frame *frame = &link->frames[i];

		vectors[n].iov_base = frame;
		vectors[n].iov_len = frame->flags & CANFD_FDF ? CANFD_MTU : CAN_MTU;
		headers[n].msg_hdr.msg_iov = &vectors[n];
		headers[n].msg_hdr.msg_iovlen = 1;
	}
	n = (unsigned int)sendmmsg(link->fd, headers, n, 0);
	return (int)n < 0 ? -errno : (int)n;
}

/*
 * An interface whose queue is full does not say when it no longer is: the socket has space for more
 * all the time.
 */
static int put(struct bridge *b, struct can_link *link)
{
	int n;

	link->full = false;
	while (link->frame_next < link->frame_count) {
		n = send_some(link);
		if (n > 0) {
			link->frame_next += (unsigned int)n;
			continue;
		}
		link->full = n == -ENOBUFS;
		if (link->full)
			bridge_wake_within(b, RETRY_MS);
		if (n == -ENOBUFS || n == -EAGAIN)
			break;
		if (n != -EINTR) {
			errno = -n;
			return lost(link, "send");
		}
	}
	return TOOL_GO_ON;
}

int can_net_drain(struct bridge *b, struct can_link *link)
{
	int n, rc;

	if (link->broken)
		return TOOL_FAILED;
	do {
		rc = put(b, link);
		if (rc != TOOL_GO_ON)
			return rc;
		if (link->frame_next < link->frame_count)
			break;
		n = uvio_can_receive_fd(link->can, link->frames, NULL, CAN_BATCH);
		link->frame_next = 0;
		link->frame_count = n > 0 ? (unsigned int)n : 0;
	} while (n > 0);
	return watch(b, link);
}
