/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include <uvio/error.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/backend.h"
#include "backend/objects.h"
#include "base/clock.h"
#include "base/context.h"
#include "base/error.h"
#include "base/given.h"
#include "base/pci_config.h"
#include "check/card.h"
#include "udev/region.h"
#include "udev/udev.h"

#define POLL_SPINS 64
#define POLL_PAUSE_MAX_NS 1000000

static int describe(struct uvio_udev *udev, unsigned int index, struct uvio_region *region)
{
	if (index >= UVIO_REGION_COUNT)
		return uvio_region_fail(udev, index, -EINVAL, "no such region; they are 0 to %d",
			UVIO_REGION_COUNT - 1);
	if (!udev->backend->ops->region_info)
		return uvio_fail(-ENOTSUP, "%s: the %s backend has no regions", udev->address.text,
			udev->backend->name);
	if (atomic_load(&udev->gone))
		return uvio_udev_gone(udev, "");
	*region = (struct uvio_region){.index = index, .udev = udev};
	return udev->backend->ops->region_info(udev, region);
}

int uvio_region_info_sized(
	struct uvio_udev *udev, unsigned int index, struct uvio_region *region, size_t size)
{
	struct uvio_region found;
	int rc;

	if (UVIO_NULL("udev", udev) || UVIO_NULL("region", region) || UVIO_NO_SIZE("region", size))
		return -EINVAL;
	rc = describe(udev, index, &found);
	if (!rc)
		uvio_give(region, size, &found, sizeof(found));
	return rc;
}

static int map(struct uvio_udev *udev, unsigned int index)
{
	struct uvio_region region = {0};
	int rc = describe(udev, index, &region);

	if (rc)
		return rc;
	if (udev->backend->ops->region_map) {
		rc = udev->backend->ops->region_map(udev, &region);
		if (rc)
			return rc;
	}
	region.direct_write = region.flags & UVIO_REGION_WRITE ? region.direct : 0;
	if (!(region.flags & UVIO_REGION_READ))
		region.direct = 0;
	udev->regions[index] = region;
	return 0;
}

int uvio_region_map_sized(
	struct uvio_udev *udev, unsigned int index, struct uvio_region *region, size_t size)
{
	int rc = 0;

	if (UVIO_NULL("udev", udev) || UVIO_NULL("region", region) || UVIO_NO_SIZE("region", size))
		return -EINVAL;
	if (index >= UVIO_REGION_COUNT || !udev->regions[index].size)
		rc = map(udev, index);
	if (!rc)
		uvio_give(region, size, &udev->regions[index], sizeof(*region));
	return rc;
}

int uvio_region_find(struct uvio_udev *udev, uint32_t type, uint32_t subtype)
{
	if (UVIO_NULL("udev", udev))
		return -EINVAL;
	if (!type)
		return uvio_fail(-EINVAL, "%s: 0 is not a type of a region", udev->address.text);
	if (!udev->backend->ops->region_find)
		return uvio_fail(-ENOTSUP, "%s: the %s backend has no regions with a type",
			udev->address.text, udev->backend->name);
	if (atomic_load(&udev->gone))
		return uvio_udev_gone(udev, "");
	return udev->backend->ops->region_find(udev, type, subtype);
}

static uint64_t direct_part(uint64_t direct, uint64_t length, uint64_t offset)
{
	uint64_t left = direct > offset ? direct - offset : 0;

	return (left < length ? left : length) & ~UINT64_C(7);
}

int uvio_region_slice_sized(const struct uvio_region *region, uint64_t offset, uint64_t length,
	struct uvio_region *slice, size_t size)
{
	struct uvio_region part;

	if (UVIO_NO_SIZE("slice", size))
		return -EINVAL;

	if (!region || !slice || !region->udev || region->index >= UVIO_REGION_COUNT ||
		!region->udev->regions[region->index].size)
		return uvio_fail(-EINVAL, "region: a slice of one that is not mapped; call "
					  "uvio_region_map() first");
	if (offset & 7 || !length)
		return uvio_region_fail(region->udev, region->index, -EINVAL,
			"a slice of 0x%llx bytes at 0x%llx; a slice must have a "
			"size, and begin at a multiple of 8",
			(unsigned long long)length, (unsigned long long)offset);
	if (offset > region->size || length > region->size - offset)
		return uvio_region_fail(region->udev, region->index, -ERANGE,
			"a slice of 0x%llx bytes at 0x%llx is beyond its end at "
			"0x%llx",
			(unsigned long long)length, (unsigned long long)offset,
			(unsigned long long)region->size);
	part = region->udev->regions[region->index];
	part.start = region->start + offset;
	part.size = length;
	part.base = region->base ? region->base + offset : NULL;
	part.direct = direct_part(region->direct, length, offset);
	part.direct_write = direct_part(region->direct_write, length, offset);
	uvio_give(slice, size, &part, sizeof(part));
	return 0;
}

/* What the mapping of a slice does not reach is accessed through the whole region. */
static const struct uvio_region *whole_of(const struct uvio_region *region, uint64_t *offset)
{
	if (!region->start)
		return region;
	*offset += region->start;
	return &region->udev->regions[region->index];
}

void uvio_regions_unmap(struct uvio_udev *udev)
{
	for (unsigned int i = 0; i < UVIO_REGION_COUNT; i++) {
		if (udev->regions[i].size && udev->backend->ops->region_unmap)
			udev->backend->ops->region_unmap(udev, &udev->regions[i]);
		udev->regions[i].size = 0;
	}
}

static int check_access(const struct uvio_region *region, uint64_t offset, unsigned int width)
{
	if (!region->udev)
		return uvio_fail(-EINVAL, "region: not mapped; call uvio_region_map() first");
	if (width == 8 && region->flags & UVIO_REGION_PORTS)
		return uvio_region_fail(
			region->udev, region->index, -EINVAL, "I/O ports have at most 4 bytes");
	if (width != 1 && width != 2 && width != 4 && width != 8)
		return uvio_region_fail(region->udev, region->index, -EINVAL,
			"a register has 1, 2, 4 or 8 bytes, not %u", width);
	if (offset & (width - 1))
		return uvio_region_fail(region->udev, region->index, -EINVAL,
			"offset 0x%llx is not a multiple of the width of %u bytes",
			(unsigned long long)offset, width);
	if (region->size < width || offset > region->size - width)
		return uvio_region_fail(region->udev, region->index, -ERANGE,
			"offset 0x%llx is beyond its end at 0x%llx", (unsigned long long)offset,
			(unsigned long long)region->size);
	return 0;
}

uint64_t uvio_mmio_load(const volatile unsigned char *at, unsigned int width)
{
	switch (width) {
	case 1:
		return *at;
	case 2:
		return le16toh(*(const volatile uint16_t *)at);
	case 4:
		return le32toh(*(const volatile uint32_t *)at);
	default:
		return le64toh(*(const volatile uint64_t *)at);
	}
}

void uvio_mmio_store(volatile unsigned char *at, unsigned int width, uint64_t value)
{
	switch (width) {
	case 1:
		*at = (uint8_t)value;
		break;
	case 2:
		*(volatile uint16_t *)at = htole16((uint16_t)value);
		break;
	case 4:
		*(volatile uint32_t *)at = htole32((uint32_t)value);
		break;
	default:
		*(volatile uint64_t *)at = htole64(value);
	}
}

/* Without holes all of it: a size that is no multiple of 8 ends behind @direct. */
static bool is_mapped(
	const struct uvio_region *region, uint64_t offset, uint64_t direct, unsigned int width)
{
	if (!region->base)
		return false;
	return region->flags & UVIO_REGION_HOLES ? offset + width <= direct : true;
}

int uvio_region_read(
	const struct uvio_region *region, uint64_t offset, unsigned int width, uint64_t *value)
{
	struct uvio_udev *udev;
	int rc;

	if (UVIO_NULL("region", region) || UVIO_NULL("value", value))
		return -EINVAL;
	udev = region->udev;
	rc = check_access(region, offset, width);
	if (rc)
		return rc;
	if (!(region->flags & UVIO_REGION_READ))
		return uvio_region_fail(udev, region->index, -EACCES, "it is write-only");
	region = whole_of(region, &offset);
	if (is_mapped(region, offset, region->direct, width)) {
		*value = uvio_mmio_load(region->base + offset, width);
		UVIO_AFTER_READ();
		return 0;
	}
	if (!udev->backend->ops->region_read)
		return uvio_region_fail(udev, region->index, -ENOTSUP, "it can only be mapped");
	return udev->backend->ops->region_read(udev, region, offset, width, value);
}

/* A write to the configuration space must not do what uvio_bus_master() refuses. */
static int refuse_bus_master(
	const struct uvio_region *region, uint64_t offset, unsigned int width, uint64_t value)
{
	struct uvio_udev *udev = region->udev;

	if (region->index != UVIO_REGION_CONFIG || !udev->config.size ||
		offset > PCI_CONFIG_COMMAND || offset + width <= PCI_CONFIG_COMMAND)
		return 0;
	value >>= 8 * (PCI_CONFIG_COMMAND - offset);
	if (!(value & PCI_COMMAND_BUS_MASTER) || !udev->backend->ops->bus_master)
		return 0;
	return udev->backend->ops->bus_master(udev, true);
}

int uvio_region_write(
	const struct uvio_region *region, uint64_t offset, unsigned int width, uint64_t value)
{
	struct uvio_udev *udev;
	int rc;

	if (UVIO_NULL("region", region))
		return -EINVAL;
	udev = region->udev;
	rc = check_access(region, offset, width);
	if (rc)
		return rc;
	if (!(region->flags & UVIO_REGION_WRITE))
		return uvio_region_fail(udev, region->index, -EACCES, "it is read-only");
	region = whole_of(region, &offset);
	rc = refuse_bus_master(region, offset, width, value);
	if (rc)
		return rc;
	if (is_mapped(region, offset, region->direct_write, width)) {
		UVIO_BEFORE_WRITE();
		uvio_mmio_store(region->base + offset, width, value);
		return 0;
	}
	if (!udev->backend->ops->region_write)
		return uvio_region_fail(udev, region->index, -ENOTSUP, "it can only be mapped");
	return udev->backend->ops->region_write(udev, region, offset, width, value);
}

/* Wrong offsets and missing rights are not the device's fault: what is, its ids tell. */
static void note_failure(struct uvio_udev *udev, int rc)
{
	struct uvio_saved_error cause;

	if (rc != -EIO)
		return;
	uvio_error_save(&cause);
	uvio_udev_look(udev);
	uvio_error_restore(&cause);
}

int uvio_access_failed(
	struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset, int rc)
{
	int found = region->udev ? uvio_udev_failed(udev, rc) : rc;

	if (region->udev && found == -ENODEV)
		return found;
	return uvio_region_fail(udev, region->index, found, "access to 0x%llx: %s",
		(unsigned long long)offset, strerror(-rc));
}

/* Port instructions are too short for all that a system call is checked for. */
static inline bool is_port(const struct uvio_region *region, uint64_t offset, unsigned int width)
{
	return region->flags & UVIO_REGION_PORTS && region->udev && width <= sizeof(uint32_t) &&
	       offset < region->size && width <= region->size - offset && !(offset & (width - 1));
}

static uint64_t __attribute__((noinline))
read_slowly(const struct uvio_region *region, uint64_t offset, unsigned int width)
{
	uint64_t value = 0;
	int rc = uvio_region_read(region, offset, width, &value);

	if (!rc)
		return value;
	if (region->udev)
		note_failure(region->udev, rc);
	return UINT64_MAX;
}

uint64_t uvio_region_read_slow(
	const struct uvio_region *region, uint64_t offset, unsigned int width)
{
	int64_t value;

	if (!is_port(region, offset, width) || !region->udev->backend->ops->port_in)
		return read_slowly(region, offset, width);
	value = region->udev->backend->ops->port_in(region, offset, width);
	return value >= 0 ? (uint64_t)value : read_slowly(region, offset, width);
}

void uvio_region_write_slow(
	const struct uvio_region *region, uint64_t offset, unsigned int width, uint64_t value)
{
	int rc;

	if (is_port(region, offset, width) && region->udev->backend->ops->port_out &&
		region->udev->backend->ops->port_out(region, offset, width, (uint32_t)value))
		return;
	rc = uvio_region_write(region, offset, width, value);
	if (rc && region->udev)
		note_failure(region->udev, rc);
}

static void put(void *buffer, size_t i, unsigned int width, uint64_t value)
{
	value = htole64(value);
	memcpy((unsigned char *)buffer + i * width, &value, width);
}

static uint64_t get(const void *buffer, size_t i, unsigned int width)
{
	uint64_t value = 0;

	memcpy(&value, (const unsigned char *)buffer + i * width, width);
	return le64toh(value);
}

/* As one instruction, if the backend has one. */
static bool read_rep(const struct uvio_region *region, uint64_t offset, unsigned int width,
	void *buffer, size_t count)
{
	const struct uvio_region *whole = region;

	if (!region->udev || !region->udev->backend->ops->region_read_rep ||
		check_access(region, offset, width))
		return false;
	whole = whole_of(region, &offset);
	return whole->udev->backend->ops->region_read_rep(
		whole->udev, whole, offset, width, buffer, count);
}

static bool write_rep(const struct uvio_region *region, uint64_t offset, unsigned int width,
	const void *buffer, size_t count)
{
	const struct uvio_region *whole = region;

	if (!region->udev || !region->udev->backend->ops->region_write_rep ||
		check_access(region, offset, width))
		return false;
	whole = whole_of(region, &offset);
	return whole->udev->backend->ops->region_write_rep(
		whole->udev, whole, offset, width, buffer, count);
}

void uvio_region_read_rep_slow(const struct uvio_region *region, uint64_t offset,
	unsigned int width, void *buffer, size_t count)
{
	uint64_t value = 0;
	int rc = 0;

	if (read_rep(region, offset, width, buffer, count))
		return;
	for (size_t i = 0; i < count; i++) {
		if (!rc)
			rc = uvio_region_read(region, offset, width, &value);
		put(buffer, i, width, rc ? UINT64_MAX : value);
	}
	if (rc && region->udev)
		note_failure(region->udev, rc);
}

void uvio_region_write_rep_slow(const struct uvio_region *region, uint64_t offset,
	unsigned int width, const void *buffer, size_t count)
{
	int rc = 0;

	if (write_rep(region, offset, width, buffer, count))
		return;
	for (size_t i = 0; i < count && !rc; i++)
		rc = uvio_region_write(region, offset, width, get(buffer, i, width));
	if (rc && region->udev)
		note_failure(region->udev, rc);
}

/* Spins at first, then sleeps twice as long each time, up to a millisecond. */
static void poll_pause(unsigned int round)
{
	struct timespec pause = {0};
	unsigned int shift = round - POLL_SPINS;

	if (round < POLL_SPINS)
		return;
	pause.tv_nsec = shift < 10 ? 1000L << shift : POLL_PAUSE_MAX_NS;
	nanosleep(&pause, NULL);
}

static int poll_late(const struct uvio_region *region, uint64_t offset, unsigned int width,
	uint64_t read, uint64_t mask, uint64_t value, int64_t timeout)
{
	char time[UVIO_TIME_SIZE], cause[UVIO_TEXT_SIZE / 2];
	int digits = 2 * (int)width;

	uvio_card_changed(region->udev, cause, sizeof(cause));
	return uvio_region_fail(region->udev, region->index, -ETIMEDOUT,
		"the register at 0x%llx reads 0x%0*llx after %s; waited for "
		"0x%0*llx under the mask 0x%0*llx%s%s",
		(unsigned long long)offset, digits, (unsigned long long)read,
		uvio_time_text(time, timeout), digits, (unsigned long long)value, digits,
		(unsigned long long)mask, cause[0] ? "; " : "", cause);
}

static uint64_t ones_of(unsigned int width)
{
	return width < 8 ? (UINT64_C(1) << 8 * width) - 1 : UINT64_MAX;
}

/* A value that can never occur is a mistake. */
static int check_poll(const struct uvio_region *region, uint64_t offset, unsigned int width,
	uint64_t mask, uint64_t value)
{
	int rc;

	if (!region)
		return uvio_fail(-EINVAL, "region: no region to poll (NULL)");
	rc = check_access(region, offset, width);
	if (rc || (!(value & ~mask) && !(mask & ~ones_of(width))))
		return rc;
	return uvio_region_fail(region->udev, region->index, -EINVAL,
		"polling %u bytes for 0x%llx under the mask 0x%llx, which can never "
		"match",
		width, (unsigned long long)value, (unsigned long long)mask);
}

int uvio_poll_until(const struct uvio_region *region, uint64_t offset, unsigned int width,
	uint64_t mask, uint64_t value, int64_t timeout)
{
	int64_t end = uvio_end_of(timeout);
	uint64_t read = 0;
	bool last = !timeout;
	int rc = check_poll(region, offset, width, mask, value);

	if (rc)
		return rc;
	for (unsigned int round = 0;; round++) {
		rc = uvio_region_read(region, offset, width, &read);
		if (!rc && read == ones_of(width))
			rc = uvio_udev_look(region->udev);
		if (rc)
			return rc;
		if ((read & mask) == value)
			return 0;
		if (last)
			return poll_late(region, offset, width, read, mask, value, timeout);
		last = uvio_now_ns() >= end;
		if (!last)
			poll_pause(round);
	}
}
