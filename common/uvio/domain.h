/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Domains: address spaces that several devices share.
 *
 * Memory that is mapped through one of the devices (uvio_dma_map(), uvio_dma_alloc()) has the same
 * iova for all of them, and uvio_dma_iova() and unmapping work through each. The DMA mask of a
 * domain is the narrowest of the devices that are open in it; it widens again when that one is
 * closed, or sets a wider one.
 *
 * Mappings belong to the domain: they stay when a device is closed, and a device that is opened
 * later gets all of them. When the last device is closed, only memory from uvio_dma_alloc() and
 * uvio_dma_alloc_scattered() stays, with its iova, for the next device. Memory of the caller is
 * unmapped, and memory of a kernel driver is given back: the program maps it again for the next
 * device.
 *
 * Opening a device fails if it cannot get all mappings: its IOMMU cannot map the iova of one, or
 * has larger pages.
 *
 * On vfio the devices of one IOMMU group can only be open at the same time in the same domain. On
 * uio there is no IOMMU: a domain shares the table of mappings.
 *
 * Any thread may use a domain. It must outlive its devices.
 */
#ifndef UVIO_DOMAIN_H
#define UVIO_DOMAIN_H

#include <uvio/context.h>
#include <uvio/dma.h>

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
 * Frees a domain, with the remaining memory from uvio_dma_alloc(). NULL is allowed. 0; -EBUSY
 * (devices are open in it).
 */
UVIO_API int uvio_domain_free(struct uvio_domain *domain);

/**
 * As uvio_dma_unmap() and uvio_dma_free(), but without a device: also when none is open in the
 * domain. They wait while another thread opens or closes a device in it. 0; -EINVAL (nothing was
 * mapped like that, or @domain or @dma is NULL), -EIO.
 */
UVIO_API int uvio_domain_dma_unmap(struct uvio_domain *domain, void *addr, size_t size);
UVIO_API int uvio_domain_dma_free(struct uvio_domain *domain, struct uvio_dma *dma);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_DOMAIN_H */
