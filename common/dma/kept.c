/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Private memory of the program that children do not get while a card has its address. It may be
 * mapped in several domains, and the last of them gives it back. In one domain nothing overlaps.
 */
#include <config.h>

#include <sys/mman.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/sys.h"
#include "base/table.h"
#include "dma/kept.h"

static void link_in(struct uvio_domain *domain, struct uvio_mapping *mapping)
{
	struct uvio_ctx *ctx = domain->ctx;

	mapping->kept_next = ctx->kept;
	mapping->kept_at = &ctx->kept;
	if (ctx->kept)
		ctx->kept->kept_at = &mapping->kept_next;
	ctx->kept = mapping;
	ctx->kept_count++;
	domain->kept_count++;
}

static void unlink_from(struct uvio_domain *domain, struct uvio_mapping *mapping)
{
	*mapping->kept_at = mapping->kept_next;
	if (mapping->kept_next)
		mapping->kept_next->kept_at = mapping->kept_at;
	mapping->kept_at = NULL;
	domain->ctx->kept_count--;
	domain->kept_count--;
}

/* The mapping that begins first of those which have some byte from @at up to @end; NULL: none. */
static const struct uvio_mapping *first_other(
	const struct uvio_domain *domain, uintptr_t at, uintptr_t end)
{
	const struct uvio_ctx *ctx = domain->ctx;
	const struct uvio_mapping *first = NULL, *other;

	if (ctx->kept_count == domain->kept_count)
		return NULL;
	for (other = ctx->kept; other; other = other->kept_next)
		if (other->addr < end && other->addr + other->size > at &&
			(!first || other->addr < first->addr))
			first = other;
	return first;
}

static void give_back(struct uvio_domain *domain, uintptr_t at, uintptr_t end)
{
	while (at < end) {
		const struct uvio_mapping *other = first_other(domain, at, end);
		uintptr_t until = other ? other->addr : end;

		if (until > at)
			uvio_sys_madvise((void *)at, until - at, MADV_DOFORK);
		at = other ? other->addr + other->size : end;
	}
}

int uvio_kept_add(struct uvio_domain *domain, struct uvio_mapping *mapping)
{
	struct uvio_ctx *ctx = domain->ctx;
	int rc;

	pthread_mutex_lock(&ctx->kept_lock);
	if (!mapping->kept_at)
		link_in(domain, mapping);
	rc = uvio_sys_madvise((void *)mapping->addr, mapping->size, MADV_DONTFORK);
	pthread_mutex_unlock(&ctx->kept_lock);
	return rc;
}

void uvio_kept_remove(struct uvio_domain *domain, struct uvio_mapping *mapping)
{
	struct uvio_ctx *ctx = domain->ctx;

	if (!mapping->kept_at)
		return;
	pthread_mutex_lock(&ctx->kept_lock);
	unlink_from(domain, mapping);
	give_back(domain, mapping->addr, mapping->addr + mapping->size);
	pthread_mutex_unlock(&ctx->kept_lock);
}
