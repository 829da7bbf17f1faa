/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Domains: an address space which several devices share.
 *
 * Memory that is mapped through one of the devices (uvio_dma_map(), uvio_dma_alloc()) has the same
 * iova for all of them, and uvio_dma_iova() and unmapping work through each. The DMA mask of a
 * domain is the narrowest that its devices have set; it widens again when the last one is closed.
 *
 * Mappings belong to the domain: they stay when a device is closed, and a device that is opened
 * later gets them all, also where none was open in between and the kernel has forgotten them. If
 * that is not possible, because memory lies where the IOMMU of the new device cannot map it,
 * opening fails with a sentence.
 *
 * On vfio the devices of one IOMMU group can be open at the same time in the same domain only. On
 * uio there is no IOMMU: a domain shares the table of what is mapped.
 *
 * Any thread may use a domain. It must outlive its devices.
 */
#ifndef UVIO_DOMAIN_H
#define UVIO_DOMAIN_H

#include <uvio/context.h>

#ifdef __cplusplus
extern "C" {
#endif

struct uvio_domain;

/**
 * Makes an empty domain, for struct uvio_open_options. The first device decides on the backend and
 * the transport of all. 0 and a domain in @domain, for uvio_domain_free(); -EINVAL (@ctx or @domain
 * is NULL); -ENOMEM.
 */
UVIO_API int uvio_domain_new(struct uvio_ctx *ctx, struct uvio_domain **domain);

/**
 * Frees a domain, with the memory from uvio_dma_alloc() that is left in it. NULL is allowed. 0;
 * -EBUSY (devices are open in it).
 */
UVIO_API int uvio_domain_free(struct uvio_domain *domain);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_DOMAIN_H */
