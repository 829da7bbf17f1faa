/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/udev.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/error.h"
#include "base/sys.h"
#include "udev/irq.h"
#include "udev/udev.h"

static const char *const kind_names[UVIO_IRQ_KINDS] = {
	[UVIO_IRQ_INTX] = "intx",
	[UVIO_IRQ_MSI] = "msi",
	[UVIO_IRQ_MSIX] = "msix",
};

const char *uvio_irq_kind_name(enum uvio_irq_kind kind)
{
	return (unsigned int)kind < UVIO_IRQ_KINDS ? kind_names[kind] : NULL;
}

int uvio_irq_count(struct uvio_udev *udev, enum uvio_irq_kind kind)
{
	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if ((unsigned int)kind >= UVIO_IRQ_KINDS)
		return uvio_fail(
			-EINVAL, "%s: unknown interrupt kind %d", udev->address.text, (int)kind);
	if (atomic_load(&udev->gone))
		return uvio_udev_gone(udev, "");
	return udev->backend->ops->irq_count ? udev->backend->ops->irq_count(udev, kind) : 0;
}

/* Names the kinds that there are. */
static int no_such_kind(struct uvio_udev *udev, enum uvio_irq_kind wanted)
{
	char others[64] = "";

	for (unsigned int kind = 0; kind < UVIO_IRQ_KINDS; kind++)
		if (udev->backend->ops->irq_count && udev->backend->ops->irq_count(udev, kind) > 0)
			snprintf(others + strlen(others), sizeof(others) - strlen(others), "%s%s",
				others[0] ? " or " : "; use ", kind_names[kind]);
	return uvio_fail(-ENOTSUP, "%s: no %s interrupt on the %s backend%s", udev->address.text,
		kind_names[wanted], udev->backend->name, others[0] ? others : "; poll the card");
}

static int check_range(struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min, int have)
{
	const char *address = udev->address.text;

	if (!have)
		return no_such_kind(udev, kind);
	if (min > (unsigned int)have)
		return uvio_fail(-ERANGE, "%s: %u %s vectors asked for, the card has %d", address,
			min, kind_names[kind], have);
	if (udev->irq_count)
		return uvio_fail(-EBUSY,
			"%s: %s interrupts are enabled already; disable them first", address,
			kind_names[udev->irq_kind]);
	return 0;
}

/* Only MSI-X can grow: it gets room for all that the card has. */
static unsigned int room_for(
	const struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int most, int have)
{
	return kind == UVIO_IRQ_MSIX && udev->backend->ops->irq_grow ? (unsigned int)have : most;
}

static int make_vectors(struct uvio_udev *udev, unsigned int capacity)
{
	udev->vectors = calloc(capacity, sizeof(*udev->vectors));
	if (!udev->vectors)
		return uvio_no_memory(udev->address.text);
	for (unsigned int i = 0; i < capacity; i++) {
		udev->vectors[i].udev = udev;
		udev->vectors[i].fd = -1;
		udev->vectors[i].event = &udev->vectors[i].count;
		udev->vectors[i].event_size = sizeof(udev->vectors[i].count);
	}
	return 0;
}

static int enable(
	struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min, unsigned int most)
{
	int rc, have = uvio_irq_count(udev, kind);

	if (have < 0)
		return have;
	rc = check_range(udev, kind, min, have);
	if (rc)
		return rc;
	if (most > (unsigned int)have)
		most = (unsigned int)have;
	rc = make_vectors(udev, room_for(udev, kind, most, have));
	if (rc)
		return rc;
	__atomic_store_n(&udev->irq_ack, NULL, __ATOMIC_RELAXED);
	rc = udev->backend->ops->irq_enable(udev, kind, min, most);
	if (rc < 0) {
		uvio_irq_forget(udev);
		return rc;
	}
	udev->acks = 0;
	udev->irq_kind = kind;
	udev->irq_count = (unsigned int)rc;
	udev->irq_room = room_for(udev, kind, (unsigned int)rc, have);
	return rc;
}

int uvio_irq_enable(struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int count)
{
	int rc;

	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (!count && (unsigned int)kind < UVIO_IRQ_KINDS)
		return uvio_fail(-EINVAL,
			"%s: cannot enable 0 %s vectors; uvio_irq_disable() disables all",
			udev->address.text, kind_names[kind]);
	rc = enable(udev, kind, count, count);
	return rc < 0 ? rc : 0;
}

int uvio_irq_enable_range(
	struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min, unsigned int max)
{
	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (!min || min > max)
		return uvio_fail(-EINVAL,
			"%s: cannot enable from %u to %u vectors: the minimum must be 1 or more, "
			"and not above the maximum",
			udev->address.text, min, max);
	return enable(udev, kind, min, max);
}

/* Whether @count vectors is what uvio_irq_grow() could come to. */
static int check_grow(struct uvio_udev *udev, unsigned int count)
{
	const char *address = udev->address.text;

	if (!udev->irq_count)
		return uvio_fail(
			-EINVAL, "%s: no interrupt is enabled; call uvio_irq_enable()", address);
	if (udev->irq_kind != UVIO_IRQ_MSIX || !udev->backend->ops->irq_grow)
		return uvio_fail(-ENOTSUP,
			"%s: %s vectors cannot be added while they are enabled%s; disable, and "
			"enable more",
			address, kind_names[udev->irq_kind],
			udev->irq_kind == UVIO_IRQ_MSIX ? " on this backend" : "");
	if (count < udev->irq_count)
		return uvio_fail(-EINVAL,
			"%s: %u vectors are enabled, and cannot become %u; disable, and enable "
			"fewer",
			address, udev->irq_count, count);
	if (count > udev->irq_room)
		return uvio_fail(-ERANGE, "%s: %u msix vectors asked for, the card has %u", address,
			count, udev->irq_room);
	return atomic_load(&udev->gone) ? uvio_udev_gone(udev, "") : 0;
}

int uvio_irq_grow(struct uvio_udev *udev, unsigned int count)
{
	int rc;

	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	rc = check_grow(udev, count);
	if (rc || count == udev->irq_count)
		return rc;
	rc = udev->backend->ops->irq_grow(udev, count);
	if (!rc)
		__atomic_store_n(&udev->irq_count, count, __ATOMIC_RELEASE);
	return rc;
}

void uvio_irq_forget(struct uvio_udev *udev)
{
	udev->irq_count = udev->irq_room = 0;
	uvio_sys_close(udev->wake_fd);
	udev->wake_fd = -1;
	free(udev->vectors);
	udev->vectors = NULL;
}

int uvio_irq_disable(struct uvio_udev *udev)
{
	int rc;

	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (!udev->irq_count)
		return 0;
	rc = udev->backend->ops->irq_disable(udev);
	/* What the kernel still has on is not called off here. */
	if (!rc)
		uvio_irq_forget(udev);
	return rc;
}

static unsigned int enabled(const struct uvio_udev *udev)
{
	return __atomic_load_n(&udev->irq_count, __ATOMIC_ACQUIRE);
}

int uvio_irq_not_enabled(struct uvio_udev *udev, unsigned int vector)
{
	if (!(udev->caps & (UVIO_CAP_INTX | UVIO_CAP_MSI | UVIO_CAP_MSIX)))
		return uvio_fail(-ENOTSUP,
			"%s: it has no interrupt on the %s backend; poll the card",
			udev->address.text, udev->backend->name);
	return uvio_fail(-EINVAL,
		"%s: vector %u is not enabled (%u are); call uvio_irq_enable() first",
		udev->address.text, vector, enabled(udev));
}

int uvio_irq_check(struct uvio_udev *udev, unsigned int vector)
{
	return vector >= enabled(udev) ? uvio_irq_not_enabled(udev, vector) : 0;
}

int uvio_irq_fd(struct uvio_udev *udev, unsigned int vector)
{
	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (vector >= enabled(udev))
		return uvio_irq_not_enabled(udev, vector);
	return udev->vectors[vector].fd;
}
