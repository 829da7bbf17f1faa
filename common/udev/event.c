/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include <uvio/error.h>
#include <uvio/event.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/clock.h"
#include "base/context.h"
#include "base/error.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "udev/event.h"
#include "udev/udev.h"

/* Internal, beside 0 and the errnos. */
#define NOTHING 1

static bool kernel_tells(const struct uvio_udev *udev)
{
	return udev->release_fd >= 0 || udev->error_fd >= 0 || udev->gone_fd >= 0;
}

static int not_told(struct uvio_udev *udev)
{
	return uvio_fail(-ENOTSUP, "%s: the %s backend reports no events of this device",
		udev->address.text, udev->backend->name);
}

/* Each error is reported once. */
static int take_error(struct uvio_udev *udev, enum uvio_event *event)
{
	uint64_t count;
	ssize_t n = uvio_sys_read(udev->error_fd, &count, sizeof(count));

	*event = UVIO_EVENT_ERROR;
	if (n == sizeof(count))
		return 0;
	if (n == -EAGAIN)
		return NOTHING;
	n = n < 0 ? n : -EIO;
	return uvio_fail((int)n, "%s: reading the notice of an error: %s", udev->address.text,
		strerror((int)-n));
}

static int sort(struct uvio_udev *udev, const struct pollfd *fds, enum uvio_event *event)
{
	int rc = fds[0].revents ? take_error(udev, event) : NOTHING;

	if (rc != NOTHING)
		return rc;
	if (fds[1].revents)
		*event = UVIO_EVENT_RELEASE;
	else if (fds[2].revents || atomic_load(&udev->gone))
		*event = UVIO_EVENT_GONE;
	else
		return NOTHING;
	return 0;
}

/* Sleeps once, unless something is pending. */
static int sleep_once(struct uvio_udev *udev, int64_t timeout, enum uvio_event *event)
{
	struct pollfd fds[] = {
		{.fd = udev->error_fd, .events = POLLIN},
		{.fd = udev->release_fd, .events = POLLIN},
		{.fd = udev->gone_fd},
		{.fd = atomic_load(&udev->gone_notice), .events = POLLIN},
	};
	int n = uvio_sys_wait(fds, ARRAY_SIZE(fds), atomic_load(&udev->gone) ? 0 : timeout);

	if (n == -EINTR)
		return uvio_fail(-EINTR, "%s: interrupted by a signal while waiting for an event",
			udev->address.text);
	if (n < 0)
		return uvio_fail(n, "%s: poll: %s", udev->address.text, strerror(-n));
	return sort(udev, fds, event);
}

/* A device that is gone is no failure here. */
static int look(struct uvio_udev *udev, enum uvio_event *event)
{
	struct uvio_saved_error before;
	int rc;

	uvio_error_save(&before);
	rc = uvio_udev_look(udev);
	uvio_error_restore(&before);
	return rc ? sleep_once(udev, 0, event) : NOTHING;
}

int uvio_event_wait(struct uvio_udev *udev, int64_t timeout, enum uvio_event *event)
{
	int64_t end = uvio_end_of(timeout);
	char time[UVIO_TIME_SIZE];

	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (!event)
		return uvio_fail(-EINVAL, "%s: waiting for an event: no event pointer (NULL)",
			udev->address.text);
	if (!kernel_tells(udev) && !udev->backend->ops->look && !udev->config.size)
		return not_told(udev);
	for (;;) {
		int64_t rest = end - uvio_now_ns();
		int rc = sleep_once(udev, uvio_slice_of(rest), event);

		if (rc == NOTHING)
			rc = look(udev, event);
		if (rc != NOTHING)
			return rc;
		if (rest <= 0)
			return uvio_fail(-ETIMEDOUT, "%s: no event within %s", udev->address.text,
				uvio_time_text(time, timeout));
	}
}

static int add(int epoll_fd, int fd, uint32_t events)
{
	return fd < 0 ? 0 : uvio_sys_epoll_add(epoll_fd, fd, events);
}

/* What a thread finds out by itself is signalled by an eventfd, which only comes into being here.
 */
static int add_notice(struct uvio_udev *udev, int epoll_fd)
{
	int rc, fd = uvio_sys_eventfd();

	if (fd < 0)
		return fd;
	rc = add(epoll_fd, fd, EPOLLIN);
	if (rc) {
		uvio_sys_close(fd);
		return rc;
	}
	atomic_store(&udev->gone_notice, fd);
	if (atomic_load(&udev->gone))
		uvio_udev_notice_gone(udev);
	return 0;
}

/* The notice last: other threads may write to it from then on. */
static int add_all(struct uvio_udev *udev, int epoll_fd)
{
	int rc = add(epoll_fd, udev->error_fd, EPOLLIN);

	if (!rc)
		rc = add(epoll_fd, udev->release_fd, EPOLLIN);
	if (!rc)
		rc = add(epoll_fd, udev->gone_fd, 0);
	return rc ? rc : add_notice(udev, epoll_fd);
}

void uvio_event_cleanup(struct uvio_udev *udev)
{
	uvio_sys_close(udev->event_fd);
	udev->event_fd = -1;
	uvio_sys_close(atomic_exchange(&udev->gone_notice, -1));
}

static int no_event_fd(struct uvio_udev *udev, int rc)
{
	char limit[UVIO_LIMIT_TEXT];

	uvio_limit_of_watches(udev->ctx, rc, limit);
	return uvio_fail(rc, "%s: no descriptor for its events: %s%s%s", udev->address.text,
		strerror(-rc), limit[0] ? "; " : "", limit);
}

int uvio_event_fd(struct uvio_udev *udev)
{
	int fd, rc;

	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (udev->event_fd >= 0)
		return udev->event_fd;
	if (!kernel_tells(udev))
		return not_told(udev);
	fd = uvio_sys_epoll();
	rc = fd < 0 ? fd : add_all(udev, fd);
	if (!rc)
		return udev->event_fd = fd;
	uvio_sys_close(fd);
	return no_event_fd(udev, rc);
}
