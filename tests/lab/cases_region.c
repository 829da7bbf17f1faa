/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <glob.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <uvio/device.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "conformance.h"

/* Beyond the last byte of every region; no register of any card is touched. */
static int bounds_are_kept(struct pair *pair)
{
	struct uvio_region region;
	uint64_t value;

	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_BAR0, &region));
	CHECK_ERR(uvio_region_read(&region, region.size, 4, &value), -ERANGE, "beyond its end");
	CHECK_ERR(uvio_region_read(&region, UINT64_MAX - 3, 4, &value), -ERANGE, "beyond its end");
	CHECK_ERR(uvio_region_read(&region, 2, 4, &value), -EINVAL, "not a multiple");
	CHECK_ERR(uvio_region_read(&region, 0, 3, &value), -EINVAL, "1, 2, 4 or 8");
	CHECK_ERR(uvio_region_write(&region, region.size, 4, 0), -ERANGE, "beyond its end");
	CHECK(uvio_read32(&region, region.size) == UINT32_MAX);
	CHECK(uvio_udev_alive(pair->udev));
	return PASS;
}

static int numbers_are_checked(struct pair *pair)
{
	struct uvio_region region;

	CHECK_ERR(uvio_region_map(pair->udev, 99, &region), -EINVAL,
		"no such region; they are 0 to 15");
	CHECK_ERR(uvio_region_map(pair->udev, 5, &region), -ENOENT, "no BAR5");
	return PASS;
}

static int mapping_again_gives_the_same(struct pair *pair)
{
	struct uvio_region first, second;

	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_BAR0, &first));
	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_BAR0, &second));
	CHECK(first.base == second.base && first.direct == second.direct);
	CHECK(!first.base == !(first.flags & UVIO_REGION_MMAP));
	return PASS;
}

/* The region as discovery sees it. */
static int size_is_that_of_the_bar(struct pair *pair)
{
	struct uvio_device *device;
	struct uvio_region region;
	uint64_t size;

	CHECK_OK(uvio_device_find(pair->ctx, pair->address, &device));
	size = uvio_device_info(device)->bars[0]->size;
	uvio_device_free(device);
	CHECK_OK(uvio_region_info(pair->udev, UVIO_REGION_BAR0, &region));
	CHECK(size && region.size == size);
	return PASS;
}

static int both_ways_read_the_same(struct pair *pair)
{
	struct uvio_region region;
	uint64_t value;

	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_BAR0, &region));
	CHECK_OK(uvio_region_read(&region, 0, 4, &value));
	CHECK(value == uvio_read32(&region, 0));
	CHECK(value == uvio_read32_relaxed(&region, 0));
	CHECK(__builtin_bswap32((uint32_t)value) == uvio_read32_be(&region, 0));
	return PASS;
}

static int config_has_the_ids(struct pair *pair)
{
	struct uvio_region config;

	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_CONFIG, &config));
	CHECK(uvio_read16(&config, 0) == pair->driver->ids[0].vendor);
	CHECK(uvio_read16(&config, 2) == pair->driver->ids[0].device);
	CHECK(uvio_udev_vendor(pair->udev) == pair->driver->ids[0].vendor);
	CHECK(uvio_udev_subvendor(pair->udev) == uvio_read16(&config, 0x2c));
	CHECK(uvio_udev_subdevice(pair->udev) == 0x1100);
	CHECK(uvio_udev_class(pair->udev) == uvio_read32(&config, 8) >> 8);
	CHECK(uvio_udev_revision(pair->udev) == uvio_read8(&config, 8));
	return PASS;
}

/* The register in front of a card is read as a FIFO is, and by a slice that begins at it. */
static int fifos_and_slices(struct pair *pair)
{
	struct uvio_region region, slice;
	uint32_t words[11] = {0}, first;
	uint8_t bytes[5];

	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_BAR0, &region));
	first = uvio_read32(&region, 0);
	uvio_read32_rep(&region, 0, words, 11);
	for (int i = 0; i < 11; i++)
		CHECK(words[i] == first);
	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_CONFIG, &region));
	uvio_read8_rep(&region, 1, bytes, 5);
	CHECK(bytes[0] == bytes[4] && bytes[4] == uvio_read16(&region, 0) >> 8);
	CHECK_OK(uvio_region_slice(&region, 8, 8, &slice));
	CHECK(uvio_read32(&slice, 0) == uvio_read32(&region, 8));
	CHECK(uvio_read32(&slice, 8) == UINT32_MAX);
	CHECK_ERR(uvio_region_slice(&region, region.size, 8, &slice), -ERANGE, "beyond its end");
	return PASS;
}

static int poll_times_out(struct pair *pair)
{
	struct uvio_region region;
	uint32_t other;

	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_BAR0, &region));
	other = ~uvio_read32(&region, 0);
	CHECK_ERR(uvio_poll_until(&region, 0, 4, UINT32_MAX, other, UVIO_MS(10)), -ETIMEDOUT,
		"after 10 ms");
	CHECK_ERR(uvio_poll_until(&region, 0, 4, UINT32_MAX, other, 0), -ETIMEDOUT, "after 0 ms");
	return PASS;
}

/* A node that has the name of the card's, and the number of another device. */
static int node_of(const struct pair *pair, char *path, size_t size)
{
	char pattern[128], folder[] = "/dev/vfio/devices/";
	bool uio = !strcmp(pair->backend, "uio"), cdev = !strcmp(pair->backend, "vfio/cdev");
	glob_t found;
	int rc;

	snprintf(pattern, sizeof(pattern), "/sys/bus/pci/devices/%s/%s", pair->address,
		uio    ? "uio/uio*"
		: cdev ? "vfio-dev/vfio*"
		       : "iommu_group");
	if (!uio && !cdev) {
		ssize_t n = readlink(pattern, path, size - 1);

		path[n < 0 ? 0 : n] = '\0';
		snprintf(pattern, sizeof(pattern), "/dev/vfio/%s%.60s",
			strcmp(pair->backend, "vfio/noiommu") ? "" : "noiommu-",
			strrchr(path, '/') ? strrchr(path, '/') + 1 : "");
		snprintf(path, size, "%s", pattern);
		return 0;
	}
	rc = glob(pattern, 0, NULL, &found);
	if (!rc)
		snprintf(path, size, "%s%s", uio ? "/dev/" : folder,
			strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	return rc;
}

static int a_stale_node_is_refused(struct pair *pair)
{
	char path[128], away[160];
	int rc;

	CHECK(!node_of(pair, path, sizeof(path)));
	snprintf(away, sizeof(away), "%s.away", path);
	CHECK(!rename(path, away));
	if (!mknod(path, S_IFCHR | 0600, makedev(1, 3))) {
		rc = pair_open(pair);
		unlink(path);
	} else {
		rc = 0;
	}
	CHECK(!rename(away, path));
	CHECK_ERR(rc, -ESTALE, "is not its node");
	CHECK_OK(pair_open(pair));
	return PASS;
}

const struct test_case region_cases[] = {
	{"nodes: one of another device is refused", 0, a_stale_node_is_refused, true},
	{"regions: an access outside is refused", 0, bounds_are_kept, false},
	{"regions: a wrong number is refused", 0, numbers_are_checked, false},
	{"regions: mapping again gives the same", 0, mapping_again_gives_the_same, false},
	{"regions: the size is that of the BAR", 0, size_is_that_of_the_bar, false},
	{"regions: accessors and calls read the same", 0, both_ways_read_the_same, false},
	{"regions: the configuration space has the ids", UVIO_CAP_CONFIG, config_has_the_ids,
		false},
	{"regions: polling ends", 0, poll_times_out, false},
	{"regions: a FIFO, and a slice", 0, fifos_and_slices, false},
	{0},
};
