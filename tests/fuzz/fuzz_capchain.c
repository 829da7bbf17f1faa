/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * What VFIO answers: each ioctl takes the next bytes for a result, its argsz and the rest of what
 * it fills. Regions are described and mapped, and the ranges of IOVA are read, from that.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fuzz.h"
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/address.h"
#include "base/context.h"
#include "dma/dma.h"
#include "vfio.h"

#define ADDRESS_SPACE (UINT64_C(1) << 46)

static const uint8_t *rest;
static size_t rest_size;

/* Nothing is mapped really: what would be, must lie in what is reserved. */
static char *const base = (char *)(uintptr_t)ADDRESS_SPACE;
static size_t reserved;

int __wrap_uvio_sys_ioctl(int fd, unsigned long request, void *arg);
int __wrap_uvio_sys_mmap(
	void *want, uint64_t size, int prot, int flags, int fd, uint64_t offset, void **out);
void __wrap_uvio_sys_munmap(void *addr, size_t size);
int __wrap_uvio_sys_madvise(void *addr, size_t size, int advice);

static size_t take(void *to, size_t size)
{
	size_t n = size < rest_size ? size : rest_size;

	if (n)
		memcpy(to, rest, n);
	rest += n;
	rest_size -= n;
	return n;
}

int __wrap_uvio_sys_ioctl(int fd, unsigned long request, void *arg)
{
	uint32_t capacity, want = 0;
	uint8_t rc = 0;

	(void)fd;
	(void)request;
	memcpy(&capacity, arg, sizeof(capacity));
	if (!take(&rc, 1) || rc > 250)
		return rc > 250 ? -(int)(rc - 245) : -EINVAL;
	take(&want, sizeof(want));
	memcpy(arg, &want, sizeof(want));
	take((char *)arg + sizeof(want), capacity - sizeof(want));
	return 0;
}

int __wrap_uvio_sys_mmap(
	void *want, uint64_t size, int prot, int flags, int fd, uint64_t offset, void **out)
{
	uintptr_t into = (uintptr_t)want - (uintptr_t)base;

	(void)prot;
	(void)fd;
	(void)offset;
	if (!size || size > ADDRESS_SPACE)
		return size ? -ENOMEM : -EINVAL;
	if (!(flags & MAP_FIXED))
		reserved = size;
	else if (into > reserved || size > reserved - into)
		abort();
	*out = flags & MAP_FIXED ? want : base;
	return 0;
}

void __wrap_uvio_sys_munmap(void *addr, size_t size)
{
	if (addr != base || size != reserved)
		abort();
}

int __wrap_uvio_sys_madvise(void *addr, size_t size, int advice)
{
	(void)advice;
	return addr == base && size <= reserved ? 0 : -ENOMEM;
}

static void use_region(struct uvio_udev *udev, unsigned int index)
{
	struct uvio_region region = {.index = index, .udev = udev};

	if (vfio_region_info_get(udev, &region) || vfio_region_map(udev, &region))
		return;
	if (region.direct > region.size)
		abort();
	vfio_region_unmap(udev, &region);
}

static void use_iova(struct uvio_udev *udev, struct vfio_domain *domain)
{
	uint64_t first;

	if (vfio_domain_settle(udev))
		return;
	if (!vfio_iova_alloc(&domain->iova, 1 << 20, 1 << 12, UINT64_MAX, &first))
		vfio_iova_free(&domain->iova, first, 1 << 20);
}

static void use_affected(struct uvio_udev *udev)
{
	struct uvio_affected affected[4];

	vfio_hot_reset_affects(udev, affected, 4, sizeof(*affected));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct uvio_ctx ctx = {.sysfs = "/nowhere", .dev = "/nowhere", .proc = "/nowhere"};
	struct vfio_device device = {.group_fd = -1, .fd = -1, .unmask_fd = -1};
	struct vfio_domain space = {
		.transport = size && data[0] & 2 ? &vfio_transport_cdev : &vfio_transport_group,
		.container_fd = -1,
	};
	struct uvio_domain domain = {.ctx = &ctx, .priv = &space};
	struct uvio_udev udev = {.ctx = &ctx,
		.priv = &device,
		.domain = &domain,
		.lock_fd = -1,
		.release_fd = -1,
		.wake_fd = -1,
		.gone_notice = -1};

	uvio_dma_init(&domain.dma);
	rest = data;
	rest_size = size;
	udev.backend = &uvio_backend_vfio;
	uvio_address_parse("0000:00:04.0", &udev.address);
	device.info.num_regions = UVIO_REGION_COUNT;
	device.info.num_irqs = 5;
	if (size && data[0] & 1)
		use_iova(&udev, &space);
	for (unsigned int i = 0; rest_size && i < UVIO_REGION_COUNT; i++)
		use_region(&udev, i);
	vfio_irq_init(&udev);
	use_affected(&udev);
	vfio_regions_cleanup(&device);
	vfio_iova_cleanup(&space.iova);
	uvio_dma_cleanup(&domain);
	return 0;
}
