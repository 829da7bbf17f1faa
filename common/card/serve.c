/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include <uvio/event.h>
#include <uvio/irq.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/sys.h"
#include "card/card.h"
#include "card/channel.h"

/* Calls of uvio_card_poll() which found something, between looks for a request for release. */
#define BUSY_MOST 256

/* Once in so many waits an idle card is tried as if it were busy, and the reverse. */
#define LOOKS 16

int64_t uvio_card_now(struct uvio_card *card)
{
	if (!card->now)
		card->now = uvio_now_ns();
	return card->now;
}

int64_t uvio_card_after(struct uvio_card *card, int64_t ns)
{
	int64_t now = uvio_card_now(card);

	return ns < UVIO_CARD_NEVER - now ? now + ns : UVIO_CARD_NEVER;
}

static void set_timer(struct uvio_card *card)
{
	if (card->timer_fd >= 0)
		uvio_sys_timerfd_set(card->timer_fd, card->wake_at);
}

void uvio_card_wake_at(struct uvio_card *card, int64_t at)
{
	if (at >= card->wake_at)
		return;
	card->wake_at = at;
	set_timer(card);
}

static enum uvio_irq_kind kind_of(struct uvio_card *card)
{
	enum uvio_irq_kind kind = card->driver->irq_kind;

	return kind != UVIO_IRQ_INTX && uvio_irq_count(card->udev, kind) > 0 ? kind : UVIO_IRQ_INTX;
}

static int enable_irq(struct uvio_card *card)
{
	enum uvio_irq_kind kind = kind_of(card);
	int rc = kind != UVIO_IRQ_INTX ? uvio_bus_master(card->udev, true) : 0;

	if (!rc)
		rc = uvio_irq_enable(card->udev, kind, 1);
	if (rc || !card->driver->irq)
		return rc;
	rc = card->driver->irq(card->priv, true);
	if (rc)
		uvio_irq_disable(card->udev);
	return rc;
}

static void disable_irq(struct uvio_card *card)
{
	if (card->driver->irq)
		card->driver->irq(card->priv, false);
	uvio_irq_disable(card->udev);
}

/* The events of the device only where the kernel tells any. */
static int add_all(const struct uvio_card *card, int epoll_fd)
{
	int fds[] = {card->kick_fd, card->timer_fd, uvio_irq_fd(card->udev, 0),
		uvio_event_fd(card->udev)};
	int rc = fds[3] < 0 && fds[3] != -ENOTSUP ? fds[3] : 0;

	for (unsigned int i = 0; !rc && i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			rc = uvio_sys_epoll_add(epoll_fd, fds[i], EPOLLIN);
	return rc;
}

static int make_fds(struct uvio_card *card)
{
	int rc, epoll_fd = uvio_sys_epoll();

	if (epoll_fd < 0)
		return epoll_fd;
	card->kick_fd = uvio_sys_eventfd();
	rc = card->kick_fd;
	if (rc < 0)
		goto err_epoll;
	card->timer_fd = uvio_sys_timerfd();
	rc = card->timer_fd;
	if (rc < 0)
		goto err_kick;
	rc = add_all(card, epoll_fd);
	if (!rc)
		return epoll_fd;
	uvio_sys_close(card->timer_fd);
err_kick:
	uvio_sys_close(card->kick_fd);
err_epoll:
	card->timer_fd = -1;
	card->kick_fd = -1;
	uvio_sys_close(epoll_fd);
	return rc;
}

int uvio_card_fd(struct uvio_card *card)
{
	int rc;

	if (UVIO_NULL("card", card))
		return -EINVAL;
	if (card->fd >= 0)
		return card->fd;
	rc = enable_irq(card);
	if (rc)
		return rc;
	card->fd = make_fds(card);
	if (card->fd < 0) {
		rc = card->fd;
		card->fd = -1;
		disable_irq(card);
		return uvio_fail(rc, "%s: a descriptor for the events of the card: %s",
			uvio_udev_address(card->udev), strerror(-rc));
	}
	card->now = 0;
	if (card->driver->watch)
		uvio_card_wake_at(card, uvio_card_after(card, card->driver->watch));
	set_timer(card);
	return card->fd;
}

void uvio_card_unserve(struct uvio_card *card)
{
	if (card->fd < 0)
		return;
	disable_irq(card);
	uvio_sys_close(card->fd);
	uvio_sys_close(card->timer_fd);
	uvio_sys_close(card->kick_fd);
	card->fd = card->timer_fd = card->kick_fd = -1;
	card->events = 0;
}

void uvio_card_kick(struct uvio_card *card)
{
	const uint64_t one = 1;

	if (card && card->kick_fd >= 0 && !atomic_exchange(&card->kicked, true))
		uvio_sys_write(card->kick_fd, &one, sizeof(one));
}

/* A kick that is not written yet stays for the next call. */
static bool take_kick(struct uvio_card *card)
{
	uint64_t count;

	if (!atomic_load_explicit(&card->kicked, memory_order_relaxed))
		return false;
	if (uvio_sys_read(card->kick_fd, &count, sizeof(count)) > 0)
		atomic_exchange(&card->kicked, false);
	return true;
}

/* The timer is set anew by whoever still waits for time, and by the watch. */
static bool take_time(struct uvio_card *card)
{
	int64_t watch = card->fd >= 0 ? card->driver->watch : 0;

	if (card->wake_at == UVIO_CARD_NEVER || uvio_card_now(card) < card->wake_at)
		return false;
	card->wake_at = watch ? uvio_card_after(card, watch) : UVIO_CARD_NEVER;
	set_timer(card);
	return true;
}

/* A request for release, or an error: they keep the descriptor readable. */
static int take_event(struct uvio_card *card)
{
	enum uvio_event event;

	if (uvio_event_wait(card->udev, 0, &event))
		return 0;
	if (event == UVIO_EVENT_ERROR)
		return uvio_fail(-EIO,
			"%s: the card reported an error (PCIe AER): reset it, or close it",
			uvio_udev_address(card->udev));
	return uvio_fail(-ENODEV, "%s: %s: detach the driver and close it",
		uvio_udev_address(card->udev),
		event == UVIO_EVENT_GONE ? "the card is gone" : "the kernel asks to release it");
}

static int serve(struct uvio_card *card)
{
	int n = card->driver->service(card->priv);

	uvio_channels_serve(card);
	return n;
}

/* Where nothing was found; and of a card that is never idle each so many times. */
static bool looks_for_event(struct uvio_card *card, bool idle)
{
	if (!idle && ++card->busy < BUSY_MOST)
		return false;
	card->busy = 0;
	return true;
}

/* Also after a service that failed: who goes on is told of what comes then. */
static int arm(struct uvio_card *card, int served)
{
	struct uvio_saved_error error;

	if (served >= 0)
		return uvio_irq_ack(card->udev, 0);
	uvio_error_save(&error);
	uvio_irq_ack(card->udev, 0);
	uvio_error_restore(&error);
	return served;
}

/* The event may have been taken by the wait before. */
static int take_irq(struct uvio_card *card, uint64_t *events)
{
	*events = card->events;
	card->events = 0;
	return *events ? 0 : uvio_irq_consume(card->udev, 0, events);
}

static int serve_irq(struct uvio_card *card)
{
	bool other = take_kick(card);
	uint64_t events;
	int rc = take_irq(card, &events), n;

	if (rc)
		return rc;
	if (!events)
		other |= take_time(card);
	card->sent = false;
	n = serve(card);
	if (events)
		rc = arm(card, n);
	if (!rc && n >= 0 && looks_for_event(card, !n && !other && !events && !card->sent))
		rc = take_event(card);
	return rc ? rc : n;
}

int uvio_card_poll(struct uvio_card *card)
{
	if (UVIO_NULL("card", card))
		return -EINVAL;
	if (!card->driver->service)
		return uvio_fail(-ENOTSUP, "%s: the card driver '%s' has nothing to serve",
			uvio_udev_address(card->udev), card->driver->name);
	card->now = 0;
	if (card->fd >= 0)
		return serve_irq(card);
	take_time(card);
	return serve(card);
}

/*
 * A busy card has its next interrupt ready: taking it is one call less than waiting for it first. A
 * failure is left to uvio_card_poll(), which meets it again.
 */
static bool is_ready(struct uvio_card *card)
{
	bool busy = card->ready;

	if (card->waits++ % LOOKS == 0)
		busy = !busy;
	if (!busy)
		return false;
	card->ready = uvio_irq_consume(card->udev, 0, &card->events) || card->events;
	return card->ready;
}

int uvio_card_wait(struct uvio_card *card, int64_t timeout)
{
	struct pollfd pollfd = {.events = POLLIN};
	char time[UVIO_TIME_SIZE];
	int n;

	if (UVIO_NULL("card", card))
		return -EINVAL;
	pollfd.fd = uvio_card_fd(card);
	if (pollfd.fd < 0)
		return pollfd.fd;
	if (card->events || is_ready(card))
		return 0;
	n = uvio_sys_wait(&pollfd, 1, timeout);
	if (n > 0)
		return 0;
	if (!n)
		return uvio_fail(-ETIMEDOUT, "%s: nothing from the card within %s",
			uvio_udev_address(card->udev), uvio_time_text(time, timeout));
	return uvio_fail(
		n, "%s: waiting for the card: %s", uvio_udev_address(card->udev), strerror(-n));
}
