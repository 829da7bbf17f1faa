/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Another card on the same bus, which is served without interrupts. */
#include <config.h>
#include <string.h>
#include "traffic.h"

static int attach(struct comparison *c, struct uvio_udev *udev, struct can_end *peer)
{
	const struct uvio_driver *driver = uvio_driver_match(c->tool->ctx, uvio_udev_vendor(udev),
		uvio_udev_device(udev), uvio_udev_subvendor(udev), uvio_udev_subdevice(udev));

	if (!driver)
		return tool_error("%s: no card driver knows it", uvio_udev_address(udev));
	if (uvio_card_attach(driver, udev, &peer->card))
		return tool_failed();
	if (!uvio_can_get(peer->card, peer->channel, &peer->can)) {
		c->peer = peer;
		return TOOL_GO_ON;
	}
	uvio_card_detach(peer->card);
	peer->card = NULL;
	return tool_failed();
}

static int open_card(struct comparison *c, const char *address, struct can_end *peer)
{
	const struct uvio_open_options options = {.flags = c->flags, .vf_token = c->tool->vf_token};
	struct uvio_udev *udev;
	int rc;

	if (uvio_udev_open(c->tool->ctx, address, &options, &udev))
		return tool_failed();
	rc = attach(c, udev, peer);
	if (rc != TOOL_GO_ON)
		uvio_udev_close(udev);
	return rc;
}

int peer_open(struct comparison *c, const char *place, struct can_end *peer)
{
	char address[64];
	uint64_t channel = 0;
	size_t length;
	int rc = TOOL_GO_ON;

	if (!place)
		return TOOL_GO_ON;
	length = strcspn(place, "/");
	if (length >= sizeof(address))
		return tool_usage(c->tool, "--peer: '%s' is not an address", place);
	memcpy(address, place, length);
	address[length] = 0;
	if (place[length])
		rc = tool_number(c->tool, "--peer", place + length + 1, 0, UINT8_MAX, &channel);
	if (rc != TOOL_GO_ON)
		return rc;
	*peer = (struct can_end){.ops = &can_end_card, .channel = (unsigned int)channel};
	return open_card(c, address, peer);
}

void peer_close(struct can_end *peer)
{
	struct uvio_udev *udev = peer->card ? uvio_card_udev(peer->card) : NULL;

	uvio_card_detach(peer->card);
	uvio_udev_close(udev);
}
