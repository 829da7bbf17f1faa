/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* One loop for many cards: all of them interrupt, the loop serves them. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/device.h>
#include <uvio/dma.h>
#include <uvio/driver.h>
#include <uvio/irq.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/context.h"
#include "device/device.h"
#include "../asleep.h"

#include "scale.h"

/* The card edu. */
#define VENDOR 0x1234
#define DEVICE 0x11e8
#define CARDS 32

static struct {
	struct uvio_udev *udev;
	struct uvio_card *card;
	void *priv;
} cards[CARDS];

static const struct uvio_driver *driver;
static unsigned int opened;
static size_t enlisted;
static int loop = -1;

struct uvio_udev *scale_first_card(void)
{
	return cards[0].udev;
}

static int open_card(struct uvio_ctx *ctx, const char *address)
{
	struct uvio_open_options options = {.backend = "vfio"};
	unsigned int n = opened;
	int rc = uvio_bind(ctx, address, "vfio");

	if (!rc)
		rc = uvio_udev_open(ctx, address, &options, &cards[n].udev);
	if (rc)
		return rc;
	opened++;
	rc = uvio_card_attach(driver, cards[n].udev, &cards[n].card);
	if (rc)
		return rc;
	cards[n].priv = uvio_card_priv(cards[n].card);
	rc = uvio_dma_set_mask(cards[n].udev, UINT64_MAX);
	if (!rc)
		rc = uvio_bus_master(cards[n].udev, true);
	return rc ? rc : uvio_irq_enable(cards[n].udev, UVIO_IRQ_MSI, 1);
}

int scale_cards_open(struct uvio_ctx *ctx)
{
	struct uvio_device **devices;
	int rc = 0, count = uvio_device_list(ctx, &devices);

	if (count < 0)
		return count;
	loop = epoll_create1(EPOLL_CLOEXEC);
	driver = uvio_driver_match(NULL, VENDOR, DEVICE, UVIO_ANY_ID, UVIO_ANY_ID);
	for (int i = 0; i < count && opened < CARDS && !rc; i++) {
		const struct uvio_device_info *info = uvio_device_info(devices[i]);

		if (info->vendor == VENDOR && info->device == DEVICE)
			rc = open_card(ctx, info->address);
	}
	uvio_device_list_free(devices, count);
	if (!rc && opened < CARDS)
		rc = uvio_fail(-ENODEV, "%u cards edu of %d are there", opened, CARDS);
	return rc;
}

void scale_cards_close(void)
{
	while (opened--) {
		uvio_card_detach(cards[opened].card);
		uvio_udev_close(cards[opened].udev);
	}
	close(loop);
}

static int enlist(size_t count)
{
	for (; enlisted < count; enlisted++) {
		struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)enlisted};

		if (epoll_ctl(loop, EPOLL_CTL_ADD, uvio_irq_fd(cards[enlisted].udev, 0), &event))
			return uvio_fail(-errno, "epoll: %s", strerror(errno));
	}
	return 0;
}

static int serve(unsigned int n)
{
	uint64_t events;
	int rc = uvio_irq_consume(cards[n].udev, 0, &events);

	if (!rc)
		rc = driver->trial->irq_clear(cards[n].priv, 0);
	return rc ? rc : uvio_irq_ack(cards[n].udev, 0);
}

/* From the wait to the last acknowledgement; the cost of a card. */
static int round_cards(const struct time_base *base, double *cost)
{
	struct epoll_event ready[CARDS];
	uint64_t start;
	size_t served = 0;

	for (size_t i = 0; i < enlisted; i++)
		driver->trial->irq_raise(cards[i].priv, 0);
	start = clock_now(base);
	while (served < enlisted) {
		int count = epoll_wait(loop, ready, CARDS, LONG_MS);

		if (count <= 0)
			return uvio_fail(
				-ETIMEDOUT, "epoll: %zu cards of %zu came", served, enlisted);
		for (int i = 0; i < count; i++, served++) {
			int rc = serve(ready[i].data.u32);

			if (rc)
				return rc;
		}
	}
	*cost = clock_since(base, start) / (double)enlisted;
	return 0;
}

struct scale_figure scale_cards[] = {
	{
		.name = "epoll_serve",
		.help = "a card served by one epoll: wait, consume, clear, acknowledge",
		.gated = true,
		.steps = 3,
		.low = 1,
		.counts = {1, 8, 32},
		.grow = enlist,
		.round = round_cards,
	},
	{0},
};
