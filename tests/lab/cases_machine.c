/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Wrong addresses and machines which cannot: each is answered by an errno and a sentence. */
#include <config.h>

#include <stdlib.h>

#include <uvio/bind.h>
#include <uvio/check.h>
#include <uvio/device.h>
#include <uvio/dma.h>
#include <uvio/driver.h>
#include <uvio/trial.h>
#include <uvio/udev.h>

#include "conformance.h"

#define EDU "0000:00:04.0"

static int open_it(struct uvio_ctx *ctx, const char *address, const char *backend)
{
	struct uvio_open_options options = {.backend = backend};
	struct uvio_udev *udev;
	int rc = uvio_udev_open(ctx, address, &options, &udev);

	if (!rc)
		uvio_udev_close(udev);
	return rc;
}

static int bad_addresses(struct uvio_ctx *ctx)
{
	CHECK_ERR(open_it(ctx, "0000:77:00.0", NULL), -ENODEV, "0000:77:00.0: no such PCI device");
	CHECK_ERR(open_it(ctx, "0000:77:00.0", "vfio"), -ENODEV, "no such");
	CHECK_ERR(open_it(ctx, "nonsense", NULL), -EINVAL, "nonsense: not an address");
	CHECK_ERR(open_it(ctx, "uio77", NULL), -ENODEV, "uio77: no such UIO device");
	CHECK_ERR(open_it(ctx, "name:nobody", NULL), -ENODEV, "name:nobody: no UIO device");
	CHECK_ERR(open_it(ctx, EDU, "ufo"), -EINVAL, "ufo: no such backend");
	CHECK_ERR(uvio_bind(ctx, EDU, "no-such-driver"), -ENOENT, "modprobe no-such-driver");
	CHECK_ERR(uvio_bind(ctx, "0000:00:1f.0", "vfio"), -ENOTSUP, "a bridge");
	return PASS;
}

static int without_driver(struct uvio_ctx *ctx)
{
	CHECK_OK(uvio_bind(ctx, EDU, "none"));
	CHECK_ERR(open_it(ctx, EDU, "vfio"), -ENOENT, "uvio bind " EDU " vfio");
	CHECK_ERR(open_it(ctx, EDU, "uio"), -ENOENT, "uvio bind " EDU " uio");
	CHECK_ERR(open_it(ctx, EDU, NULL), -ENODEV, "no backend can drive it now. vfio: not bound");
	return PASS;
}

static int with_the_other_driver(struct uvio_ctx *ctx)
{
	CHECK_OK(uvio_bind(ctx, EDU, "uio"));
	CHECK_ERR(
		open_it(ctx, EDU, "vfio"), -ENOENT, "bound to the kernel driver 'uio_pci_generic'");
	CHECK_OK(open_it(ctx, EDU, NULL));
	CHECK_OK(uvio_bind(ctx, EDU, "vfio"));
	CHECK_ERR(open_it(ctx, EDU, "uio"), -ENOENT, "bound to the kernel driver 'vfio-pci'");
	CHECK_OK(open_it(ctx, EDU, NULL));
	return PASS;
}

/* A driver which does not take the card: the one before is back. */
static int failed_bind_is_rolled_back(struct uvio_ctx *ctx)
{
	struct uvio_device *device;
	bool same;

	CHECK_OK(uvio_bind(ctx, EDU, "vfio"));
	CHECK_ERR(uvio_bind(ctx, EDU, "pcieport"), -EIO, "did not bind it to pcieport");
	CHECK_OK(uvio_device_find(ctx, EDU, &device));
	same = uvio_device_info(device)->driver &&
	       !strcmp(uvio_device_info(device)->driver, "vfio-pci");
	uvio_device_free(device);
	CHECK(same);
	CHECK_OK(uvio_bind(ctx, EDU, "none"));
	return PASS;
}

void run_errors(struct uvio_ctx *ctx)
{
	report(bad_addresses(ctx), NULL, "errors: addresses and names that are not there");
	report(without_driver(ctx), NULL, "errors: a device without driver");
	report(with_the_other_driver(ctx), NULL,
		"errors: a device with the other backend's driver");
	report(failed_bind_is_rolled_back(ctx), NULL, "errors: a failed bind is rolled back");
}

/* The first two cards of one driver which share a group. */
static int find_two(struct uvio_ctx *ctx, char *first, char *second, size_t size)
{
	struct uvio_device **devices;
	int group = -1, count = uvio_device_list(ctx, &devices);

	for (int i = 0; i < count; i++) {
		const struct uvio_device_info *info = uvio_device_info(devices[i]);

		if (!driver_of(info) || info->member_count < 2)
			continue;
		if (group < 0)
			snprintf(first, size, "%s", info->address);
		else
			snprintf(second, size, "%s", info->address);
		group = info->iommu_group;
	}
	uvio_device_list_free(devices, count);
	return second[0] ? 0 : -ENODEV;
}

static int group_with_a_blocker(struct uvio_ctx *ctx)
{
	char first[32] = "", second[32] = "", blocker[64];

	CHECK_OK(find_two(ctx, first, second, sizeof(first)));
	CHECK_OK(uvio_bind(ctx, first, "vfio"));
	CHECK_OK(uvio_bind(ctx, second, "none"));
	CHECK_OK(open_it(ctx, first, "vfio"));
	CHECK_OK(uvio_bind(ctx, second, "uio"));
	snprintf(blocker, sizeof(blocker), "%s (uio_pci_generic)", second);
	CHECK_ERR(open_it(ctx, first, "vfio"), -EBUSY, "is not viable");
	CHECK_ERR(open_it(ctx, first, "vfio"), -EBUSY, blocker);
	CHECK_OK(uvio_bind(ctx, second, "vfio"));
	CHECK_OK(open_it(ctx, first, "vfio"));
	return PASS;
}

void run_group(struct uvio_ctx *ctx)
{
	char first[32] = "", second[32] = "";

	report(group_with_a_blocker(ctx), NULL, "groups: the member that blocks is named");
	if (!find_two(ctx, first, second, sizeof(first)))
		run_bus_of_two(ctx, first, second);
}

static int vfio_is_told(struct uvio_ctx *ctx)
{
	struct uvio_device *device;
	struct uvio_check *check;
	enum uvio_verdict verdict;

	CHECK_OK(uvio_device_find(ctx, EDU, &device));
	CHECK(uvio_device_info(device)->iommu_group == -1);
	CHECK_OK(uvio_check_device(ctx, device, "vfio", &check));
	verdict = uvio_check_verdict(check);
	uvio_check_free(check);
	uvio_device_free(device);
	CHECK(verdict == UVIO_BROKEN);
	CHECK_ERR(open_it(ctx, EDU, "vfio"), -ENOENT, "no IOMMU group");
	CHECK_ERR(uvio_bind(ctx, EDU, "vfio"), -EIO, "did not bind it to vfio-pci");
	return PASS;
}

static int works_on(struct uvio_ctx *ctx, const char *backend, bool dma)
{
	struct pair pair = {.ctx = ctx, .address = EDU, .backend = backend};
	uint32_t wanted = dma ? UVIO_CAP_DMA : 0;

	pair.driver = driver_of_edu();
	CHECK_OK(uvio_bind(ctx, EDU, backend));
	CHECK_OK(pair_open(&pair));
	CHECK((uvio_caps(pair.udev) & UVIO_CAP_DMA) == wanted);
	if (dma)
		CHECK_OK(uvio_bus_master(pair.udev, true));
	for (const struct uvio_selftest *test = pair.driver->trial->selftests; test->name; test++)
		if (!(test->needs & ~uvio_caps(pair.udev)))
			CHECK_OK(test->run(pair.priv));
	pair_close(&pair);
	return PASS;
}

void run_no_iommu(struct uvio_ctx *ctx)
{
	report(vfio_is_told(ctx), NULL, "no IOMMU: vfio says so");
	report(works_on(ctx, "uio", true), NULL, "no IOMMU: uio works, with DMA");
}

/* Physical addresses would fault: neither DMA nor bus mastering is allowed. */
static int uio_is_told(struct uvio_ctx *ctx)
{
	struct pair pair = {.ctx = ctx, .address = EDU, .backend = "uio"};
	struct uvio_dma dma;

	pair.driver = driver_of_edu();
	CHECK_OK(uvio_bind(ctx, EDU, "uio"));
	CHECK_OK(pair_open(&pair));
	CHECK_ERR(uvio_dma_alloc(pair.udev, 4096, 0, &dma), -EPERM, "an IOMMU translates");
	CHECK_ERR(uvio_bus_master(pair.udev, true), -EPERM, "iommu=pt");
	pair_close(&pair);
	return PASS;
}

void run_translated(struct uvio_ctx *ctx)
{
	report(uio_is_told(ctx), NULL, "translating IOMMU: DMA on uio is refused with the reason");
	report(works_on(ctx, "uio", false), NULL, "translating IOMMU: the rest of uio works");
	report(works_on(ctx, "vfio", true), NULL, "translating IOMMU: vfio works, with DMA");
}
