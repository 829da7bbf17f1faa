/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Many at once: mappings up to the kernel's limit, and cards that one epoll waits for. */
#include <config.h>

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/device.h>
#include <uvio/dma.h>
#include <uvio/driver.h>
#include <uvio/irq.h>
#include <uvio/udev.h>

#include "conformance.h"

#define PAGE ((size_t)4096)
#define WINDOW ((size_t)64)
/* As Linux has it: dma_entry_limit of vfio_iommu_type1. */
#define LIMIT ((size_t)65535)
#define SPACE ((LIMIT + 1) * PAGE)

#define CARDS 32
#define ROUNDS 50

/* The same few pages again and again, so that the guest needs no memory for all of them. */
static unsigned char *many_pages(void)
{
	unsigned char *space =
		mmap(NULL, SPACE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int fd = memfd_create("window", MFD_CLOEXEC);

	if (space == MAP_FAILED || fd < 0 || ftruncate(fd, (off_t)(WINDOW * PAGE)))
		return NULL;
	for (size_t at = 0; at < SPACE; at += WINDOW * PAGE)
		if (mmap(space + at, WINDOW * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			    fd, 0) == MAP_FAILED)
			return NULL;
	close(fd);
	return space;
}

/* Every number below LIMIT, in no order: 7919 is a prime and no factor of it. */
static size_t shuffled(size_t i)
{
	return i * 7919 % LIMIT;
}

static int map_all(struct pair *pair, unsigned char *space, uint64_t *iovas)
{
	struct uvio_dma_segment segment;

	for (size_t i = 0; i < LIMIT; i++) {
		size_t n = shuffled(i);

		CHECK_OK(uvio_dma_map(pair->udev, space + n * PAGE, PAGE, 0, &segment, 1));
		CHECK(segment.size == PAGE);
		iovas[n] = segment.iova;
	}
	return PASS;
}

static int look_up_all(struct pair *pair, unsigned char *space, const uint64_t *iovas)
{
	uint64_t iova, contiguous;

	for (size_t n = 0; n < LIMIT; n++) {
		size_t into = n % PAGE;

		CHECK_OK(uvio_dma_iova(pair->udev, space + n * PAGE + into, &iova, &contiguous));
		CHECK(iova == iovas[n] + into && contiguous == PAGE - into);
	}
	CHECK_ERR(uvio_dma_iova(pair->udev, space + LIMIT * PAGE, &iova, NULL), -EFAULT,
		"is not mapped");
	return PASS;
}

/* What is given back in between is given out again. */
static int unmap_all(struct pair *pair, unsigned char *space)
{
	struct uvio_dma_segment segment;
	unsigned char *last = space + LIMIT * PAGE;

	for (size_t n = 0; n < LIMIT; n += 2)
		CHECK_OK(uvio_dma_unmap(pair->udev, space + n * PAGE, PAGE));
	CHECK_OK(uvio_dma_map(pair->udev, last, PAGE, 0, &segment, 1));
	CHECK_OK(uvio_dma_unmap(pair->udev, last, PAGE));
	for (size_t i = 0; i < LIMIT; i++)
		if (shuffled(i) % 2)
			CHECK_OK(uvio_dma_unmap(pair->udev, space + shuffled(i) * PAGE, PAGE));
	CHECK_ERR(uvio_dma_iova(pair->udev, space, &segment.iova, NULL), -EFAULT, "is not mapped");
	return PASS;
}

static int one_too_many_is_named(struct pair *pair, unsigned char *space)
{
	struct uvio_dma_segment segment;

	CHECK_ERR(uvio_dma_map(pair->udev, space + LIMIT * PAGE, PAGE, 0, &segment, 1), -ENOSPC,
		"65535 mappings exist, and the kernel allows 65535 (dma_entry_limit of "
		"vfio_iommu_type1)");
	return PASS;
}

static int mappings_up_to_the_limit(struct pair *pair)
{
	uint64_t *iovas = calloc(LIMIT, sizeof(*iovas));
	unsigned char *space = many_pages();
	int result = FAIL;

	/* The card does not have to reach them. */
	CHECK_OK(uvio_dma_set_mask(pair->udev, UINT64_MAX));
	if (iovas && space)
		result = map_all(pair, space, iovas) || look_up_all(pair, space, iovas) ||
			 one_too_many_is_named(pair, space) || look_up_all(pair, space, iovas) ||
			 unmap_all(pair, space);
	if (space)
		munmap(space, SPACE);
	free(iovas);
	return result;
}

static int close_unmaps_many(struct pair *pair)
{
	struct uvio_dma_segment segment;
	unsigned char *space = many_pages();

	CHECK(space);
	for (size_t n = 0; n < 10000; n++)
		CHECK_OK(uvio_dma_map(pair->udev, space + n * PAGE, PAGE, 0, &segment, 1));
	pair_close(pair);
	CHECK_OK(pair_open(pair));
	CHECK_OK(uvio_dma_map(pair->udev, space, PAGE, 0, &segment, 1));
	CHECK_OK(uvio_dma_unmap(pair->udev, space, PAGE));
	munmap(space, SPACE);
	return PASS;
}

static const struct test_case mapping_cases[] = {
	{"as many mappings as the kernel allows", UVIO_CAP_DMA_ISOLATED, mappings_up_to_the_limit,
		false},
	{"close gives thousands of mappings back", UVIO_CAP_DMA_ISOLATED, close_unmaps_many, false},
	{0},
};

struct crowd {
	struct pair pairs[CARDS];
	unsigned int served[CARDS];
	int epoll;
};

static int enlist(struct crowd *crowd, unsigned int i, enum uvio_irq_kind kind)
{
	struct pair *pair = &crowd->pairs[i];
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};

	CHECK_OK(pair_open(pair));
	if (kind != UVIO_IRQ_INTX)
		CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_irq_enable(pair->udev, kind, 1));
	CHECK(!epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, uvio_irq_fd(pair->udev, 0), &event));
	return PASS;
}

static int serve(struct crowd *crowd, unsigned int i)
{
	struct pair *pair = &crowd->pairs[i];
	uint64_t events;
	int cleared;

	CHECK_OK(uvio_irq_consume(pair->udev, 0, &events));
	CHECK(events >= 1);
	cleared = pair->driver->trial->irq_clear(pair->priv, 0);
	if (cleared != -EAGAIN)
		CHECK_OK(cleared);
	crowd->served[i] += !cleared;
	CHECK_OK(uvio_irq_ack(pair->udev, 0));
	return PASS;
}

/* All raise; the loop ends when each was served once. */
static int run_round(struct crowd *crowd, unsigned int round)
{
	struct epoll_event ready[CARDS];
	unsigned int total = 0;

	for (unsigned int i = 0; i < CARDS; i++)
		CHECK_OK(crowd->pairs[i].driver->trial->irq_raise(crowd->pairs[i].priv, 0));
	while (total < CARDS) {
		int count = epoll_wait(crowd->epoll, ready, CARDS, LONG_MS);

		CHECK(count > 0);
		for (int i = 0; i < count; i++)
			if (serve(crowd, ready[i].data.u32))
				return FAIL;
		total = 0;
		for (unsigned int i = 0; i < CARDS; i++) {
			CHECK(crowd->served[i] <= round + 1);
			total += crowd->served[i] == round + 1;
		}
	}
	CHECK(epoll_wait(crowd->epoll, ready, CARDS, 0) == 0);
	return PASS;
}

static int one_loop_serves_all(struct crowd *crowd, enum uvio_irq_kind kind)
{
	int result = PASS;

	crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
	memset(crowd->served, 0, sizeof(crowd->served));
	for (unsigned int i = 0; i < CARDS && result == PASS; i++)
		result = enlist(crowd, i, kind);
	for (unsigned int round = 0; round < ROUNDS && result == PASS; round++)
		result = run_round(crowd, round);
	for (unsigned int i = 0; i < CARDS; i++)
		if (crowd->pairs[i].udev)
			pair_close(&crowd->pairs[i]);
	close(crowd->epoll);
	return result;
}

static int bind_all(struct crowd *crowd, const char *backend)
{
	for (unsigned int i = 0; i < CARDS; i++) {
		crowd->pairs[i].backend = backend;
		CHECK_OK(uvio_bind(crowd->pairs[i].ctx, crowd->pairs[i].address, backend));
	}
	return PASS;
}

/* The first cards of the guest; their number. */
static unsigned int muster(
	struct uvio_ctx *ctx, struct uvio_device **devices, int count, struct crowd *crowd)
{
	unsigned int found = 0;

	for (int i = 0; i < count && found < CARDS; i++) {
		const struct uvio_device_info *info = uvio_device_info(devices[i]);
		const struct uvio_driver *driver = driver_of(info);

		if (driver && driver->trial->irq_raise)
			crowd->pairs[found++] = (struct pair){
				.ctx = ctx, .address = info->address, .driver = driver};
	}
	return found;
}

static void run_crowd(struct crowd *crowd)
{
	static const struct {
		const char *backend;
		enum uvio_irq_kind kind;
	} ways[] = {
		{"vfio", UVIO_IRQ_MSI},
		{"vfio", UVIO_IRQ_INTX},
		{"uio", UVIO_IRQ_INTX},
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int result = bind_all(crowd, ways[i].backend);

		if (result == PASS)
			result = one_loop_serves_all(crowd, ways[i].kind);
		report(result, NULL, "scale %s: one epoll serves %d cards, %s", ways[i].backend,
			CARDS, uvio_irq_kind_name(ways[i].kind));
	}
}

void run_scale(struct uvio_ctx *ctx)
{
	struct uvio_device **devices;
	struct crowd crowd = {0};
	int count = uvio_device_list(ctx, &devices);

	if (muster(ctx, devices, count, &crowd) < CARDS) {
		report(FAIL, NULL, "scale: the guest has %d cards", CARDS);
	} else {
		run_crowd(&crowd);
		crowd.pairs[0].backend = "vfio";
		report(uvio_bind(ctx, crowd.pairs[0].address, "vfio") ? FAIL : PASS, NULL,
			"scale vfio: bind");
		run_cases(&crowd.pairs[0], "scale vfio", mapping_cases);
	}
	uvio_device_list_free(devices, count);
}
