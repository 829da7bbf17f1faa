/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/dma.h>
#include <uvio/domain.h>
#include <uvio/error.h>
#include <uvio/udev.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/context.h"
#include "base/error.h"
#include "dma/dma.h"
#include "dma/domain.h"

static struct uvio_domain *domain_new(struct uvio_ctx *ctx, bool shared)
{
	struct uvio_domain *domain = calloc(1, sizeof(*domain));

	if (!domain)
		return NULL;
	domain->ctx = ctx;
	domain->shared = shared;
	pthread_mutex_init(&domain->lock, NULL);
	uvio_dma_init(&domain->dma);
	return domain;
}

/* The kernel's part first: after that no card reaches the memory. */
static void domain_free(struct uvio_domain *domain)
{
	if (domain->backend && domain->backend->ops->domain_cleanup)
		domain->backend->ops->domain_cleanup(domain);
	uvio_dma_cleanup(domain);
	pthread_mutex_destroy(&domain->lock);
	free(domain->priv);
	free(domain);
}

int uvio_domain_new(struct uvio_ctx *ctx, struct uvio_domain **out)
{
	if (!ctx || !out)
		return uvio_fail(-EINVAL, "domain: no context, or no pointer for it (NULL)");
	*out = domain_new(ctx, true);
	return *out ? 0 : uvio_no_memory("domain");
}

int uvio_domain_free(struct uvio_domain *domain)
{
	int rc = 0;

	if (!domain)
		return 0;
	/* The last device may just be leaving. */
	pthread_mutex_lock(&domain->lock);
	if (domain->devices)
		rc = uvio_fail(-EBUSY, "domain of %s: %u devices are open in it; close them first",
			domain->name, domain->devices);
	pthread_mutex_unlock(&domain->lock);
	if (!rc)
		domain_free(domain);
	return rc;
}

const struct uvio_backend *uvio_domain_backend(struct uvio_domain *domain)
{
	const struct uvio_backend *backend;

	pthread_mutex_lock(&domain->lock);
	backend = domain->backend;
	pthread_mutex_unlock(&domain->lock);
	return backend;
}

static int check_kind(const struct uvio_domain *domain, const struct uvio_udev *udev)
{
	const char *name = udev->backend->name;

	if (domain->backend != udev->backend)
		return uvio_fail(-EINVAL,
			"%s: the domain has devices of the %s backend (%s), which this device "
			"cannot join on %s; use another domain",
			udev->address.text, domain->backend->name, domain->name, name);
	if (udev->transport && domain->transport && strcmp(udev->transport, domain->transport))
		return uvio_fail(-EINVAL,
			"%s: the domain is in use on %s/%s (%s), which this device cannot join on "
			"%s/%s; use another domain",
			udev->address.text, name, domain->transport, domain->name, name,
			udev->transport);
	return 0;
}

static int take_kind(struct uvio_domain *domain, const struct uvio_udev *udev)
{
	size_t size = udev->backend->domain_size;

	if (domain->backend)
		return check_kind(domain, udev);
	domain->priv = size ? calloc(1, size) : NULL;
	if (size && !domain->priv)
		return uvio_no_memory(udev->address.text);
	domain->backend = udev->backend;
	memcpy(domain->name, udev->address.text, sizeof(domain->name));
	return 0;
}

/* Without devices and mappings it may change to another backend. */
static void forget_kind(struct uvio_domain *domain)
{
	if (domain->devices || domain->dma.table.count)
		return;
	if (domain->backend->ops->domain_cleanup)
		domain->backend->ops->domain_cleanup(domain);
	free(domain->priv);
	domain->priv = NULL;
	domain->backend = NULL;
	domain->transport = NULL;
}

static int unmap_or_free(struct uvio_domain *domain, void *addr, size_t size, struct uvio_dma *dma)
{
	char object[UVIO_ADDRESS_SIZE + 16];
	int rc;

	if (!domain)
		return uvio_fail(-EINVAL, "domain: no domain (NULL)");
	pthread_mutex_lock(&domain->lock);
	snprintf(object, sizeof(object), "domain of %s", domain->backend ? domain->name : "none");
	rc = dma ? uvio_dma_free_from(domain, object, dma)
		 : uvio_dma_unmap_from(domain, object, addr, size);
	if (domain->backend)
		forget_kind(domain);
	pthread_mutex_unlock(&domain->lock);
	return rc;
}

int uvio_domain_dma_unmap(struct uvio_domain *domain, void *addr, size_t size)
{
	return unmap_or_free(domain, addr, size, NULL);
}

int uvio_domain_dma_free(struct uvio_domain *domain, struct uvio_dma *dma)
{
	if (!dma)
		return uvio_fail(-EINVAL, "domain: no buffer (NULL)");
	return unmap_or_free(domain, NULL, 0, dma);
}

static int join_locked(struct uvio_udev *udev, const struct uvio_open_options *options)
{
	struct uvio_domain *domain = udev->domain;
	int rc = take_kind(domain, udev);

	if (rc)
		return rc;
	if (!udev->transport)
		udev->transport = domain->transport;
	if (options->dma_mask)
		rc = uvio_dma_check_mask(udev, options->dma_mask);
	if (!rc)
		rc = udev->backend->ops->open(udev, options);
	if (rc) {
		forget_kind(domain);
		return rc;
	}
	domain->transport = udev->transport;
	uvio_dma_join(udev);
	domain->devices++;
	return 0;
}

int uvio_domain_join(
	struct uvio_udev *udev, struct uvio_domain *shared, const struct uvio_open_options *options)
{
	int rc;

	udev->dma_mask = udev->dma_most = UINT64_MAX;
	udev->domain = shared ? shared : domain_new(udev->ctx, false);
	if (!udev->domain)
		return uvio_no_memory(udev->address.text);
	pthread_mutex_lock(&udev->domain->lock);
	rc = join_locked(udev, options);
	pthread_mutex_unlock(&udev->domain->lock);
	if (rc && !shared)
		domain_free(udev->domain);
	return rc;
}

static bool close_unmaps(const struct uvio_domain *domain)
{
	const struct uvio_backend_ops *ops = domain->backend->ops;

	return ops->close_unmaps && ops->close_unmaps(domain);
}

void uvio_domain_leave(struct uvio_udev *udev)
{
	struct uvio_domain *domain = udev->domain;
	bool shared = domain->shared; /* one that is may be freed as soon as it is unlocked */

	pthread_mutex_lock(&domain->lock);
	if (domain->devices == 1 && (shared || !close_unmaps(domain)))
		uvio_dma_unmap_all(domain, shared);
	uvio_dma_leave(udev);
	udev->backend->ops->close(udev);
	domain->devices--;
	forget_kind(domain);
	pthread_mutex_unlock(&domain->lock);
	if (!shared)
		domain_free(domain);
}
