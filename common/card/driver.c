/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/dma.h>
#include <uvio/driver.h>
#include <uvio/trial.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/error.h"
#include "card/card.h"
#include "card/channel.h"
#include "udev/udev.h"

/* Fields are only ever added: a table of this version has all that is used here. */
static int check_table(const struct uvio_driver *driver)
{
	if (!driver)
		return uvio_fail(-EINVAL, "card driver: no table (NULL)");
	if (driver->size < sizeof(*driver))
		return uvio_fail(-EINVAL,
			"card driver: its table has a size of %zu, less than %zu; set .size = "
			"sizeof(struct uvio_driver)",
			driver->size, sizeof(*driver));
	if (!driver->name || !driver->attach)
		return uvio_fail(-EINVAL, "card driver '%s': its table has no %s",
			driver->name ? driver->name : "", driver->name ? "attach" : "name");
	if (driver->trial && driver->trial->size < sizeof(*driver->trial))
		return uvio_fail(-EINVAL,
			"card driver '%s': the table of its trial has a size of %zu, less than "
			"%zu; set .size = sizeof(struct uvio_trial)",
			driver->name, driver->trial->size, sizeof(*driver->trial));
	if (driver->watch < 0)
		return uvio_fail(-EINVAL,
			"card driver '%s': its watch is a time of %lld ns; 0 is none", driver->name,
			(long long)driver->watch);
	return 0;
}

static const struct uvio_driver *named(const struct uvio_ctx *ctx, const char *name)
{
	const struct uvio_driver *driver;

	for (unsigned int i = 0; (driver = uvio_driver_get(ctx, i)); i++)
		if (!strcmp(driver->name, name))
			return driver;
	return NULL;
}

int uvio_driver_add(struct uvio_ctx *ctx, const struct uvio_driver *driver)
{
	const struct uvio_driver **drivers;
	int rc = check_table(driver);

	if (rc)
		return rc;
	if (!ctx)
		return uvio_fail(
			-EINVAL, "card driver '%s': no context to add it to", driver->name);
	if (named(ctx, driver->name))
		return uvio_fail(-EEXIST,
			"card driver '%s': another driver has this name; use another name",
			driver->name);
	drivers = realloc(ctx->drivers, (ctx->driver_count + 1) * sizeof(*drivers));
	if (!drivers)
		return uvio_no_memory(driver->name);
	drivers[ctx->driver_count++] = driver;
	ctx->drivers = drivers;
	return 0;
}

const struct uvio_driver *uvio_driver_get(const struct uvio_ctx *ctx, unsigned int index)
{
	unsigned int added = ctx ? ctx->driver_count : 0, count = 0;

	if (index < added)
		return ctx->drivers[added - 1 - index];
	while (uvio_drivers[count])
		count++;
	return index - added < count ? uvio_drivers[index - added] : NULL;
}

static bool same(uint16_t want, uint16_t have)
{
	return want == UVIO_ANY_ID || have == UVIO_ANY_ID || want == have;
}

const struct uvio_driver_id *uvio_driver_id_of(const struct uvio_driver *driver, uint16_t vendor,
	uint16_t device, uint16_t subvendor, uint16_t subdevice)
{
	if (UVIO_NULL("driver", driver))
		return NULL;
	for (const struct uvio_driver_id *id = driver->ids; id && id->vendor; id++)
		if (id->vendor == vendor && id->device == device &&
			same(id->subvendor, subvendor) && same(id->subdevice, subdevice))
			return id;
	return NULL;
}

const char *uvio_seen_name(enum uvio_seen seen)
{
	static const char *const names[] = {"not yet", "model", "emulation", "hardware"};

	return (unsigned int)seen < ARRAY_SIZE(names) ? names[seen] : NULL;
}

const struct uvio_driver *uvio_driver_match(const struct uvio_ctx *ctx, uint16_t vendor,
	uint16_t device, uint16_t subvendor, uint16_t subdevice)
{
	const struct uvio_driver *driver;

	for (unsigned int i = 0; (driver = uvio_driver_get(ctx, i)); i++)
		if (uvio_driver_id_of(driver, vendor, device, subvendor, subdevice))
			return driver;
	return NULL;
}

static struct uvio_card *new_card(const struct uvio_driver *driver, struct uvio_udev *udev)
{
	struct uvio_card *card = calloc(1, sizeof(*card));

	if (!card)
		return NULL;
	card->driver = driver;
	card->udev = udev;
	card->fd = card->kick_fd = card->timer_fd = -1;
	card->wake_at = UVIO_CARD_NEVER;
	card->priv = calloc(1, driver->card_size ? driver->card_size : 1);
	if (card->priv)
		return card;
	free(card);
	return NULL;
}

static void free_card(struct uvio_card *card)
{
	free(card->priv);
	free(card);
}

static int attach(struct uvio_card *card)
{
	const struct uvio_driver *driver = card->driver;
	struct uvio_saved_error error;
	int rc = driver->dma_mask ? uvio_dma_set_mask(card->udev, driver->dma_mask) : 0;

	if (!rc)
		rc = driver->attach(card->udev, card->priv);
	if (rc)
		return rc;
	rc = uvio_channels_init(card);
	if (!rc)
		return 0;
	uvio_error_save(&error);
	uvio_channels_free(card);
	if (driver->detach)
		driver->detach(card->priv);
	return uvio_error_restore(&error);
}

int uvio_card_attach(
	const struct uvio_driver *driver, struct uvio_udev *udev, struct uvio_card **out)
{
	struct uvio_card *card;
	int rc = check_table(driver);

	if (out)
		*out = NULL;
	if (rc)
		return rc;
	if (!udev || !out)
		return uvio_fail(-EINVAL, "card driver '%s': no %s to attach it to (NULL)",
			driver->name, udev ? "pointer for a card" : "udev device");
	card = new_card(driver, udev);
	if (!card)
		return uvio_no_memory(uvio_udev_address(udev));
	rc = attach(card);
	if (rc) {
		free_card(card);
		return rc;
	}
	*out = card;
	return 0;
}

void uvio_card_detach(struct uvio_card *card)
{
	if (!card)
		return;
	uvio_channels_free(card);
	uvio_card_unserve(card);
	if (card->driver->detach)
		card->driver->detach(card->priv);
	free_card(card);
}

int uvio_card_service(struct uvio_card *card)
{
	if (!card)
		return uvio_fail(-EINVAL, "card: no card to serve (NULL)");
	if (!card->driver->service)
		return uvio_fail(-ENOTSUP, "%s: the card driver '%s' has nothing to serve",
			uvio_udev_address(card->udev), card->driver->name);
	return card->driver->service(card->priv);
}

const struct uvio_driver *uvio_card_driver(const struct uvio_card *card)
{
	return card ? card->driver : NULL;
}

struct uvio_udev *uvio_card_udev(const struct uvio_card *card)
{
	return card ? card->udev : NULL;
}

void *uvio_card_priv(struct uvio_card *card)
{
	return card ? card->priv : NULL;
}
