/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include <uvio/driver.h>

#include "drivers.h"

static const struct uvio_driver *const drivers[] = {
	&uvio_driver_edu,
	&uvio_driver_ivshmem,
	&uvio_driver_testdev,
};

struct uvio_card {
	const struct uvio_driver *driver;
	struct uvio_udev *udev;
	void *priv;
};

const struct uvio_driver *uvio_driver_get(unsigned int index)
{
	return index < sizeof(drivers) / sizeof(drivers[0]) ? drivers[index] : NULL;
}

static bool same(uint16_t want, uint16_t have)
{
	return want == UVIO_ANY_ID || have == UVIO_ANY_ID || want == have;
}

static bool matches(const struct uvio_driver *driver, const struct uvio_driver_id *card)
{
	for (const struct uvio_driver_id *id = driver->ids; id->vendor; id++)
		if (id->vendor == card->vendor && id->device == card->device &&
			same(id->subvendor, card->subvendor) &&
			same(id->subdevice, card->subdevice))
			return true;
	return false;
}

const struct uvio_driver *uvio_driver_match(
	uint16_t vendor, uint16_t device, uint16_t subvendor, uint16_t subdevice)
{
	const struct uvio_driver_id card = {vendor, device, subvendor, subdevice};
	const struct uvio_driver *driver;

	for (unsigned int i = 0; (driver = uvio_driver_get(i)); i++)
		if (matches(driver, &card))
			return driver;
	return NULL;
}

int uvio_card_attach(
	const struct uvio_driver *driver, struct uvio_udev *udev, struct uvio_card **out)
{
	struct uvio_card *card = calloc(1, sizeof(*card));
	int rc = -ENOMEM;

	if (!card)
		goto err_no_memory;
	card->priv = calloc(1, driver->card_size ? driver->card_size : 1);
	if (!card->priv)
		goto err_no_memory;
	card->driver = driver;
	card->udev = udev;
	rc = driver->dma_mask ? uvio_dma_set_mask(udev, driver->dma_mask) : 0;
	if (!rc)
		rc = driver->attach(udev, card->priv);
	if (rc)
		goto err_free;
	*out = card;
	return 0;

err_no_memory:
	uvio_fail(rc, "%s: out of memory in this process", uvio_udev_address(udev));
err_free:
	if (card)
		free(card->priv);
	free(card);
	return rc;
}

void uvio_card_detach(struct uvio_card *card)
{
	if (!card)
		return;
	if (card->driver->detach)
		card->driver->detach(card->priv);
	free(card->priv);
	free(card);
}

const struct uvio_driver *uvio_card_driver(const struct uvio_card *card)
{
	return card->driver;
}

struct uvio_udev *uvio_card_udev(const struct uvio_card *card)
{
	return card->udev;
}

void *uvio_card_priv(struct uvio_card *card)
{
	return card->priv;
}
