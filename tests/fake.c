/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * The fake backend: how it is opened, its regions and its interrupts. The card behind it is in
 * fake_card.c, DMA in fake_dma.c.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"
#include "fake_parts.h"
#include <uvio/check.h>
#include <uvio/device.h>
#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/context.h"
#include "base/error.h"
#include "base/finding.h"
#include "base/pci_config.h"
#include "base/sys.h"
#include "device/device.h"
#include "udev/region.h"

struct fake_faults fake_faults;
const struct fake_model *fake_model;

struct fake *fake_of(struct uvio_udev *udev)
{
	return udev->priv;
}

/* Whether the kernel driver that is bound is the one of this backend. */
static bool fake_claims(const struct uvio_device_info *info)
{
	(void)info;
	return !fake_faults.unbound;
}

/* Says what stands in the way; a device for which nothing is said is usable. */
static void fake_probe(struct uvio_ctx *ctx, const struct uvio_device *device,
	const char *transport, struct uvio_check *check)
{
	(void)ctx;
	(void)transport;
	if (fake_faults.unbound)
		uvio_check_add(check, UVIO_UNBOUND, "uvio bind it fake",
			"%s: not bound to the fake driver", device->info.address);
}

/* What cannot be had on this machine must not be in the caps. */
static void set_caps(struct uvio_udev *udev)
{
	udev->caps = UVIO_CAP_INTX | UVIO_CAP_MSI | UVIO_CAP_CONFIG | UVIO_CAP_BUS_MASTER |
		     UVIO_CAP_DMA | UVIO_CAP_DMA_ISOLATED | UVIO_CAP_DMA_PINNED | UVIO_CAP_RESET |
		     UVIO_CAP_UNPRIVILEGED;
	if (fake_faults.msix)
		udev->caps |= UVIO_CAP_MSIX | (fake_faults.no_resize ? 0 : UVIO_CAP_IRQ_GROW);
	if (udev->release_fd >= 0)
		udev->caps |= UVIO_CAP_RELEASE_NOTICE;
	if (udev->error_fd >= 0)
		udev->caps |= UVIO_CAP_ERROR_NOTICE;
	if (fake_faults.no_config)
		udev->caps &= ~(uint32_t)(UVIO_CAP_CONFIG | UVIO_CAP_BUS_MASTER);
	udev->caps &= ~fake_faults.missing_caps;
}

static void fake_close(struct uvio_udev *udev)
{
	struct fake *fake = udev->priv;

	uvio_sys_close(udev->release_fd);
	uvio_sys_close(udev->error_fd);
	uvio_sys_close(udev->gone_fd);
	uvio_sys_close(fake->hang_up);
	while (fake->vectors)
		uvio_sys_close(fake->fds[--fake->vectors]);
	free(fake->memory);
	free(fake->holes);
}

/* What tells of events. The writing end of a pipe has an error once nobody can read. */
static void open_notices(struct uvio_udev *udev)
{
	struct fake *fake = udev->priv;
	int fds[2];

	if (!fake_faults.no_notice) {
		udev->release_fd = uvio_sys_eventfd();
		udev->error_fd = uvio_sys_eventfd();
	}
	if (fake_faults.hangs_up && !pipe(fds)) {
		fake->hang_up = fds[0];
		udev->gone_fd = fds[1];
	}
}

/* All or nothing: what fails takes back what was done before it. */
static int fake_open(struct uvio_udev *udev, const struct uvio_open_options *options)
{
	struct fake *fake = udev->priv;

	(void)options;
	if (fake_faults.open)
		return uvio_fail(fake_faults.open, "%s: the fake card does not open: %s",
			udev->address.text, strerror(-fake_faults.open));
	fake->udev = udev;
	fake->model = fake_model;
	fake->hang_up = -1;
	fake->memory = calloc(1, FAKE_MEMORY_SIZE + 4);
	fake->holes = calloc(1, FAKE_HOLES_SIZE);
	if (!fake->memory || !fake->holes) {
		fake_close(udev);
		return uvio_no_memory(udev->address.text);
	}
	fake_card_init(fake);
	open_notices(udev);
	set_caps(udev);
	return 0;
}

/* Size and flags only: nothing is made accessible yet. */
static int fake_region_info(struct uvio_udev *udev, struct uvio_region *region)
{
	const struct fake *fake = udev->priv;

	region->flags = UVIO_REGION_READ | UVIO_REGION_WRITE;
	if (fake->model && region->index < FAKE_BARS) {
		region->size = fake->model->sizes[region->index];
		return region->size ? 0 : uvio_region_absent(udev, region->index);
	}
	switch (region->index) {
	case FAKE_REGISTERS:
		region->size = FAKE_REGISTERS_SIZE;
		return 0;
	case FAKE_MEMORY:
		region->size = FAKE_MEMORY_SIZE;
		region->flags |= UVIO_REGION_MMAP;
		return 0;
	case FAKE_HOLES:
		region->size = FAKE_HOLES_SIZE;
		region->flags |= UVIO_REGION_MMAP | UVIO_REGION_HOLES;
		return 0;
	case FAKE_READ_ONLY:
		region->size = FAKE_READ_ONLY_SIZE;
		region->flags = UVIO_REGION_READ;
		return 0;
	case UVIO_REGION_CONFIG:
		region->size = FAKE_CONFIG_SIZE;
		return 0;
	default:
		return uvio_region_absent(udev, region->index);
	}
}

/* Base and direct where there is something to map; a real backend calls mmap here. */
static int fake_region_map(struct uvio_udev *udev, struct uvio_region *region)
{
	const struct fake *fake = udev->priv;

	if (fake->model)
		return 0;
	if (region->index == FAKE_MEMORY) {
		region->base = fake->memory;
		region->direct = FAKE_MEMORY_SIZE & ~UINT64_C(7);
	} else if (region->index == FAKE_HOLES) {
		region->base = fake->holes;
		region->direct = FAKE_HOLES_SIZE / 2;
	}
	return 0;
}

/* A call that fails says whether the device is gone, or what else happened. */
static int access_failed(struct uvio_udev *udev, const struct uvio_region *region)
{
	if (fake_faults.access == -ENODEV)
		return uvio_udev_gone(udev, "the fake card was pulled");
	return uvio_region_fail(udev, region->index, fake_faults.access, "the access failed: %s",
		strerror(-fake_faults.access));
}

static void count_call(struct fake *fake)
{
	fake->calls++;
	if (fake_faults.gone_at && fake->calls >= fake_faults.gone_at)
		fake_faults.all_ones = true;
	if (fake_faults.silent_at && fake->calls >= fake_faults.silent_at)
		fake_faults.silent = true;
}

static int fake_region_read(struct uvio_udev *udev, const struct uvio_region *region,
	uint64_t offset, unsigned int width, uint64_t *value)
{
	struct fake *fake = udev->priv;

	count_call(fake);
	if (fake_faults.access)
		return access_failed(udev, region);
	*value = fake_card_read(fake, region->index, offset, width);
	return 0;
}

static int fake_region_write(struct uvio_udev *udev, const struct uvio_region *region,
	uint64_t offset, unsigned int width, uint64_t value)
{
	struct fake *fake = udev->priv;

	count_call(fake);
	if (fake_faults.access)
		return access_failed(udev, region);
	if (fake_faults.command_write && region->index == UVIO_REGION_CONFIG &&
		offset == PCI_CONFIG_COMMAND)
		return uvio_fail(fake_faults.command_write, "%s: the command register is closed",
			udev->address.text);
	fake_card_write(fake, region->index, offset, width, value);
	return 0;
}

static int fake_irq_count(struct uvio_udev *udev, enum uvio_irq_kind kind)
{
	(void)udev;
	switch (kind) {
	case UVIO_IRQ_INTX:
		return 1;
	case UVIO_IRQ_MSI:
		return FAKE_MSI_VECTORS;
	case UVIO_IRQ_MSIX:
		return (int)fake_faults.msix;
	default:
		return 0;
	}
}

/* Back to @count of them. */
static void close_fds(struct uvio_udev *udev, unsigned int count)
{
	struct fake *fake = udev->priv;

	while (fake->vectors > count) {
		uvio_sys_close(fake->fds[--fake->vectors]);
		udev->vectors[fake->vectors].fd = -1;
	}
}

static int open_fds(struct uvio_udev *udev, unsigned int count)
{
	struct fake *fake = udev->priv;

	while (fake->vectors < count) {
		int fd = uvio_sys_eventfd();

		if (fd < 0)
			return uvio_fail(
				fd, "%s: no eventfd: %s", udev->address.text, strerror(-fd));
		udev->vectors[fake->vectors].fd = fd;
		udev->vectors[fake->vectors].event_size = sizeof(uint64_t);
		fake->fds[fake->vectors++] = fd;
	}
	return 0;
}

/* What is pending in the card comes at once. */
static int fake_irq_ack(struct uvio_udev *udev)
{
	struct fake *fake = udev->priv;

	if (fake_faults.irq_ack)
		return uvio_fail(
			fake_faults.irq_ack, "%s: the fake line stays masked", udev->address.text);
	fake->masked = false;
	fake_card_signal(fake, 0);
	return 0;
}

static int no_vectors(struct uvio_udev *udev, unsigned int count)
{
	return uvio_fail(-ENOSPC, "%s: the fake kernel has %u of the %u vectors asked for",
		udev->address.text, fake_faults.granted, count);
}

/* As many as there are: their number. */
static int fake_irq_enable(
	struct uvio_udev *udev, enum uvio_irq_kind kind, unsigned int min, unsigned int most)
{
	unsigned int have = fake_faults.granted ? fake_faults.granted : most;
	unsigned int count = most < have ? most : have;
	struct fake *fake = udev->priv;
	int rc;

	if (fake_faults.irq_enable)
		return uvio_fail(fake_faults.irq_enable, "%s: the fake kernel gives no vectors",
			udev->address.text);
	if (count < min)
		return no_vectors(udev, min);
	rc = open_fds(udev, count);
	if (rc) {
		close_fds(udev, 0);
		return rc;
	}
	if (kind == UVIO_IRQ_INTX)
		udev->irq_ack = fake_irq_ack;
	fake->kind = kind;
	fake->masked = false;
	fake_card_signal(fake, 0);
	return (int)count;
}

/* What may have been lost while they were off is signalled. */
static int fake_irq_grow(struct uvio_udev *udev, unsigned int count)
{
	static const uint64_t one = 1;
	struct fake *fake = udev->priv;
	int rc = fake_faults.irq_grow;

	if (fake_faults.granted && count > fake_faults.granted)
		return no_vectors(udev, count);
	if (rc)
		return uvio_fail(rc, "%s: the fake vectors do not grow", udev->address.text);
	for (unsigned int i = 0; i < fake->vectors && fake_faults.no_resize; i++)
		uvio_sys_write(fake->fds[i], &one, sizeof(one));
	rc = open_fds(udev, count);
	if (rc)
		close_fds(udev, udev->irq_count);
	return rc;
}

/* Everything is off afterwards, also where that is reported as failed. */
static int fake_irq_disable(struct uvio_udev *udev)
{
	if (fake_faults.irq_disable)
		return uvio_fail(fake_faults.irq_disable, "%s: the fake kernel keeps the vectors",
			udev->address.text);
	close_fds(udev, 0);
	return 0;
}

/* The descriptors of the vectors are read by the core. */
ssize_t __real_uvio_sys_read(int fd, void *buf, size_t size);
ssize_t __wrap_uvio_sys_read(int fd, void *buf, size_t size);

ssize_t __wrap_uvio_sys_read(int fd, void *buf, size_t size)
{
	return fake_faults.irq_read ? fake_faults.irq_read : __real_uvio_sys_read(fd, buf, size);
}

static int fake_bus_master(struct uvio_udev *udev, bool on)
{
	if (on && fake_faults.bus_master)
		return uvio_fail(fake_faults.bus_master, "%s: the fake card may not be master",
			udev->address.text);
	return 0;
}

static int fake_reset(struct uvio_udev *udev)
{
	struct fake *fake = udev->priv;

	if (fake_faults.reset)
		return uvio_fail(
			fake_faults.reset, "%s: the fake reset failed", udev->address.text);
	fake_card_init(fake);
	fake->resets++;
	return 0;
}

void fake_ask_release(struct uvio_udev *udev)
{
	static const uint64_t one = 1;

	uvio_sys_write(udev->release_fd, &one, sizeof(one));
}

void fake_report_error(struct uvio_udev *udev)
{
	static const uint64_t one = 1;

	uvio_sys_write(udev->error_fd, &one, sizeof(one));
}

void fake_hang_up(struct uvio_udev *udev)
{
	struct fake *fake = udev->priv;

	uvio_sys_close(fake->hang_up);
	fake->hang_up = -1;
}

/* An operation which the backend has not, it leaves out: here region_unmap. */
static const struct uvio_backend_ops fake_ops = {
	.claims = fake_claims,
	.probe = fake_probe,
	.open = fake_open,
	.close = fake_close,
	.domain_cleanup = fake_domain_cleanup,
	.region_info = fake_region_info,
	.region_map = fake_region_map,
	.region_read = fake_region_read,
	.region_write = fake_region_write,
	.irq_count = fake_irq_count,
	.irq_enable = fake_irq_enable,
	.irq_grow = fake_irq_grow,
	.irq_disable = fake_irq_disable,
	.dma_memory = fake_dma_memory,
	.dma_memory_free = fake_dma_memory_free,
	.dma_map = fake_dma_map,
	.dma_unmap = fake_dma_unmap,
	.bus_master = fake_bus_master,
	.reset = fake_reset,
};

const struct uvio_backend fake_backend = {
	.name = "fake",
	.help = "a card in plain memory, for tests",
	.kernel_driver = NULL,
	.priv_size = sizeof(struct fake),
	.domain_size = sizeof(struct fake_domain),
	.ops = &fake_ops,
};

/*
 * The registry, with the fake in front. A backend that is to stay adds itself to the array in
 * common/backend/backend.c instead.
 */
const struct uvio_backend *__real_uvio_backend_find(const char *name);
const struct uvio_backend *__real_uvio_backend_at(unsigned int index);
const struct uvio_backend *__wrap_uvio_backend_find(const char *name);
const struct uvio_backend *__wrap_uvio_backend_at(unsigned int index);

const struct uvio_backend *__wrap_uvio_backend_find(const char *name)
{
	return strcmp(name, "fake") ? __real_uvio_backend_find(name) : &fake_backend;
}

const struct uvio_backend *__wrap_uvio_backend_at(unsigned int index)
{
	return index ? __real_uvio_backend_at(index - 1) : &fake_backend;
}
