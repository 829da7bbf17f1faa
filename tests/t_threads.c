/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * What the headers promise to threads, above all for --with-sanitizer=thread. The fake card has no
 * locks; here it gets one, as a bus has it, so that what is found is the library's.
 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <uvio/dma.h>
#include <uvio/domain.h>
#include <uvio/error.h>
#include <uvio/event.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "asleep.h"
#include "fixture.h"
#include "backend/backend.h"
#include "backend/objects.h"
#include "threads.h"

static pthread_mutex_t bus = PTHREAD_MUTEX_INITIALIZER;
static struct uvio_backend_ops locked_ops;
static struct uvio_backend locked;
static struct uvio_region registers, memory;
static atomic_bool done;

static int locked_read(struct uvio_udev *dev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t *value)
{
	int rc;

	pthread_mutex_lock(&bus);
	rc = fake_backend.ops->region_read(dev, region, offset, width, value);
	pthread_mutex_unlock(&bus);
	return rc;
}

static int locked_write(struct uvio_udev *dev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t value)
{
	int rc;

	pthread_mutex_lock(&bus);
	rc = fake_backend.ops->region_write(dev, region, offset, width, value);
	pthread_mutex_unlock(&bus);
	return rc;
}

static uvio_irq_ack_fn *fake_ack;

static int locked_ack(struct uvio_udev *dev)
{
	int rc;

	pthread_mutex_lock(&bus);
	rc = fake_ack(dev);
	pthread_mutex_unlock(&bus);
	return rc;
}

static int locked_enable(
	struct uvio_udev *dev, enum uvio_irq_kind kind, unsigned int min, unsigned int most)
{
	int rc = fake_backend.ops->irq_enable(dev, kind, min, most);

	fake_ack = dev->irq_ack;
	if (fake_ack)
		dev->irq_ack = locked_ack;
	return rc;
}

static int locked_grow(struct uvio_udev *dev, unsigned int count)
{
	int rc;

	pthread_mutex_lock(&bus);
	rc = fake_backend.ops->irq_grow(dev, count);
	pthread_mutex_unlock(&bus);
	return rc;
}

static void setup(void)
{
	fixture_open();
	locked_ops = *fake_backend.ops;
	locked_ops.region_read = locked_read;
	locked_ops.region_write = locked_write;
	locked_ops.irq_enable = locked_enable;
	locked_ops.irq_grow = locked_grow;
	locked = fake_backend;
	locked.ops = &locked_ops;
	udev->backend = &locked;
	atomic_store(&done, false);
	ASSERT_OK(uvio_region_map(udev, FAKE_REGISTERS, &registers));
	ASSERT_OK(uvio_region_map(udev, FAKE_MEMORY, &memory));
}

/* Raised by itself, cleared and acknowledged: whatever the others do meanwhile, each one comes. */
static void *wait_and_ack(void *data)
{
	unsigned long failures = 0;

	(void)data;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t events = 0;

		uvio_write32(&registers, 0x60, 2);
		failures += uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), &events) || events != 1;
		uvio_write32(&registers, 0x64, UINT32_MAX);
		failures += !!uvio_irq_ack(udev, 0);
	}
	atomic_store(&done, true);
	return failed(failures);
}

static void *access_registers(void *data)
{
	unsigned long failures = 0;

	(void)data;
	for (uint32_t i = 0; i < ROUNDS || !atomic_load(&done); i++) {
		uvio_write32(&registers, 0x04, i);
		failures += uvio_read32(&registers, 0x04) != ~i;
		uvio_write32(&memory, 0x10, i);
		failures += uvio_read32(&memory, 0x10) != i;
		failures += uvio_read32(&memory, 0x2000) != UINT32_MAX; /* beyond its end */
		failures += uvio_last_errno() != -ERANGE;
	}
	return failed(failures);
}

static unsigned long map_once(void *pages, size_t size)
{
	struct uvio_dma_segment segments[2];
	struct uvio_dma dma;
	uint64_t iova, rest;
	unsigned long failures = 0;

	failures += !!uvio_dma_alloc(udev, size, 0, &dma);
	failures += uvio_dma_map(udev, pages, size, UVIO_DMA_TO_CARD, segments, 2) < 1;
	failures += !!uvio_dma_iova(udev, (char *)dma.addr + 8, &iova, &rest);
	failures += iova != dma.iova + 8;
	failures += !!uvio_dma_unmap(udev, pages, size);
	failures += uvio_dma_iova(udev, pages, &iova, &rest) != -EFAULT;
	failures += !!uvio_dma_free(udev, &dma);
	return failures;
}

static void *map_and_look_up(void *data)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *pages = aligned_alloc(size, size);
	unsigned long failures = !pages;

	(void)data;
	for (int i = 0; pages && (i < ROUNDS || !atomic_load(&done)); i++)
		failures += map_once(pages, size);
	free(pages);
	return failed(failures);
}

static void *toggle_and_ask(void *data)
{
	struct uvio_irq_stats stats;
	unsigned long failures = 0;

	(void)data;
	for (int i = 0; i < ROUNDS || !atomic_load(&done); i++) {
		failures += !!uvio_bus_master(udev, i & 1);
		failures += !!uvio_irq_stats(udev, 0, &stats);
		failures += !uvio_udev_alive(udev);
		failures += uvio_irq_count(udev, UVIO_IRQ_INTX) != 1;
	}
	return failed(failures);
}

static void each_does_its_own(void)
{
	static void *(*const work[THREADS])(void *) = {
		wait_and_ack, access_registers, map_and_look_up, toggle_and_ask};
	unsigned long failures;

	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	run_threads(work, &failures);
	ASSERT_EQ(failures, 0);
}

static void *grow_and_grow(void *data)
{
	unsigned long failures = 0;

	(void)data;
	for (unsigned int count = 3; count <= FAKE_MAX_VECTORS; count++) {
		failures += !!uvio_irq_grow(udev, count);
		failures += uvio_irq_consume(udev, count - 1, NULL) != 0;
		sched_yield();
	}
	return failed(failures);
}

/* Vectors may come into being, and never move. */
static void *use_vectors(void *data)
{
	struct uvio_irq_stats stats;
	unsigned long failures = 0;
	int fd = uvio_irq_fd(udev, 1);

	(void)data;
	for (int i = 0; i < ROUNDS; i++) {
		failures += !!uvio_irq_consume(udev, 1, NULL);
		failures += uvio_irq_wait(udev, FAKE_MAX_VECTORS, UVIO_MS(1), NULL) != -EINVAL;
		failures += !!uvio_irq_ack(udev, 1);
		failures += !!uvio_irq_stats(udev, 1, &stats);
		failures += uvio_irq_fd(udev, 1) != fd;
	}
	return failed(failures);
}

static void *wait_for_events(void *data)
{
	unsigned long failures = 0;
	enum uvio_event event;

	(void)data;
	for (int i = 0; i < ROUNDS; i++) {
		fake_report_error(udev);
		failures += uvio_event_wait(udev, UVIO_MS(LONG_MS), &event) ||
			    event != UVIO_EVENT_ERROR;
	}
	return failed(failures);
}

static void vectors_grow_while_they_are_used(void)
{
	static void *(*const work[THREADS])(void *) = {
		wait_and_ack, use_vectors, grow_and_grow, wait_for_events};
	unsigned long failures;

	fake_faults.msix = FAKE_MAX_VECTORS;
	ASSERT_OK(uvio_bus_master(udev, true));
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSIX, 2));
	run_threads(work, &failures);
	ASSERT_EQ(failures, 0);
}

static void all_map_and_look_up(void)
{
	static void *(*const work[THREADS])(void *) = {
		map_and_look_up, map_and_look_up, map_and_look_up, map_and_look_up};
	unsigned long failures;

	atomic_store(&done, true);
	run_threads(work, &failures);
	ASSERT_EQ(failures, 0);
	ASSERT_EQ(udev->domain->dma.table.count, 0);
}

static void *look_up_again(void *page)
{
	unsigned long failures = 0;
	uint64_t iova;

	for (int i = 0; i < ROUNDS; i++)
		failures += !!uvio_dma_iova(udev, page, &iova, NULL);
	return failed(failures);
}

/* One that is in the midst of it keeps no other from it. */
static void lookups_do_not_wait_for_each_other(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = aligned_alloc(size, size), *failures;
	struct uvio_dma_segment segment;
	pthread_t thread;

	ASSERT_EQ(uvio_dma_map(udev, page, size, 0, &segment, 1), 1);
	pthread_rwlock_rdlock(&udev->domain->dma.table.lock);
	ASSERT_EQ(pthread_create(&thread, NULL, look_up_again, page), 0);
	pthread_join(thread, &failures);
	pthread_rwlock_unlock(&udev->domain->dma.table.lock);
	ASSERT(!failures);
	ASSERT_OK(uvio_dma_unmap(udev, page, size));
	free(page);
}

#define LOOKUPS 500000

static pthread_barrier_t ready;
static void *shared_page;

/* How often this thread slept in the midst of its look-ups. */
static void *look_up_without_sleep(void *data)
{
	struct rusage before, after;
	uint64_t iova;

	(void)data;
	pthread_barrier_wait(&ready);
	uvio_dma_iova(udev, shared_page, &iova, NULL);
	pthread_barrier_wait(&ready);
	if (getrusage(RUSAGE_THREAD, &before))
		return failed(LOOKUPS);
	for (int i = 0; i < LOOKUPS; i++)
		if (uvio_dma_iova(udev, shared_page, &iova, NULL))
			return failed(LOOKUPS);
	if (getrusage(RUSAGE_THREAD, &after))
		return failed(LOOKUPS);
	return failed((unsigned long)(after.ru_nvcsw - before.ru_nvcsw));
}

/* Under contention, too: threads which only look up are never put to sleep by each other. */
static void lookups_put_nobody_to_sleep(void)
{
	static void *(*const work[THREADS])(void *) = {look_up_without_sleep, look_up_without_sleep,
		look_up_without_sleep, look_up_without_sleep};
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	struct uvio_dma_segment segment;
	unsigned long sleeps;

	shared_page = aligned_alloc(size, size);
	ASSERT_EQ(uvio_dma_map(udev, shared_page, size, 0, &segment, 1), 1);
	ASSERT_EQ(pthread_barrier_init(&ready, NULL, THREADS), 0);
	run_threads(work, &sleeps);
	pthread_barrier_destroy(&ready);
	ASSERT_OK(uvio_dma_unmap(udev, shared_page, size));
	free(shared_page);
#ifdef __SANITIZE_THREAD__
	test_skip("the thread sanitizer has locks of its own");
#else
	ASSERT_EQ(sleeps, 0);
#endif
}

static void *ask_until_gone(void *data)
{
	(void)data;
	for (int i = 0; i < 1000 * ROUNDS; i++) {
		if (!uvio_udev_alive(udev))
			return failed(uvio_udev_alive(udev));
		sched_yield();
	}
	return failed(1);
}

static void *poll_until_gone(void *data)
{
	struct pollfd fd = {.fd = uvio_event_fd(udev), .events = POLLIN};
	enum uvio_event event = 0;

	(void)data;
	if (poll(&fd, 1, LONG_MS) != 1 || uvio_event_wait(udev, 0, &event))
		return failed(1);
	return failed(event != UVIO_EVENT_RELEASE);
}

static void *wait_until_gone(void *data)
{
	(void)data;
	fake_ask_release(udev);
	return failed(uvio_irq_wait(udev, 0, UVIO_MS(LONG_MS), NULL) != -ENODEV);
}

static void gone_for_one_is_gone_for_all(void)
{
	static void *(*const work[THREADS])(void *) = {
		ask_until_gone, ask_until_gone, poll_until_gone, wait_until_gone};
	unsigned long failures;

	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
	run_threads(work, &failures);
	ASSERT_EQ(failures, 0);
}

static struct uvio_domain *domain;
static const char *backend; /* NULL: that of the domain */

static unsigned long use_once(struct uvio_udev *card)
{
	unsigned long failures = 0;
	struct uvio_dma dma;
	uint64_t iova;

	failures += !!uvio_dma_alloc(card, 100, 0, &dma);
	failures += !!uvio_dma_iova(card, dma.addr, &iova, NULL);
	failures += iova != dma.iova;
	failures += !!uvio_dma_free(card, &dma);
	return failures;
}

/* Each its own card: the first makes the domain what it is, and the last lets it forget that. */
static void *come_and_go(const char *address)
{
	const struct uvio_open_options options = {.backend = backend, .domain = domain};
	unsigned long failures = 0;

	for (int i = 0; i < ROUNDS / 10; i++) {
		struct uvio_udev *card;

		if (uvio_udev_open(tree->ctx, address, &options, &card))
			return failed(failures + 1);
		failures += use_once(card);
		uvio_udev_close(card);
	}
	return failed(failures);
}

static void *come_and_go_0(void *data)
{
	(void)data;
	return come_and_go("0000:00:10.0");
}

static void *come_and_go_1(void *data)
{
	(void)data;
	return come_and_go("0000:00:11.0");
}

static void *come_and_go_2(void *data)
{
	(void)data;
	return come_and_go("0000:00:12.0");
}

static void *refuse_to_free(void *data)
{
	unsigned long failures = 0;

	(void)data;
	for (int i = 0; i < ROUNDS; i++)
		failures += uvio_domain_free(domain) != -EBUSY;
	return failed(failures);
}

static void cards_come_to_a_domain_and_go(void)
{
	static void *(*const work[THREADS])(void *) = {
		come_and_go_0, come_and_go_1, come_and_go_2, refuse_to_free};
	const struct uvio_open_options options = {.backend = "fake", .domain = domain};
	struct uvio_udev *stays;
	unsigned long failures;

	backend = NULL;
	ASSERT_OK(uvio_udev_open(tree->ctx, "0000:00:13.0", &options, &stays));
	run_threads(work, &failures);
	ASSERT_EQ(failures, 0);
	uvio_udev_close(stays);
}

/* Without one that stays. */
static void *come_and_go_3(void *data)
{
	(void)data;
	return come_and_go("0000:00:13.0");
}

static void cards_fill_a_domain_and_empty_it(void)
{
	static void *(*const work[THREADS])(void *) = {
		come_and_go_0, come_and_go_1, come_and_go_2, come_and_go_3};
	unsigned long failures;

	backend = "fake";
	run_threads(work, &failures);
	ASSERT_EQ(failures, 0);
}

static void setup_domain(void)
{
	fake_faults = (struct fake_faults){0};
	tree = tree_new("edu-unbound");
	for (int i = 0; i < THREADS; i++)
		tree_change(tree, "dir sys/bus/pci/devices/0000:00:1%d.0", i);
	ASSERT_OK(uvio_domain_new(tree->ctx, &domain));
}

static void teardown_domain(void)
{
	ASSERT_OK(uvio_domain_free(domain));
	domain = NULL;
	tree_free(tree);
	tree = NULL;
}

static CU_TestInfo udev_cases[] = {
	TEST(each_does_its_own),
	TEST(vectors_grow_while_they_are_used),
	TEST_FOR("vfio 90", all_map_and_look_up),
	TEST(lookups_do_not_wait_for_each_other),
	TEST(lookups_put_nobody_to_sleep),
	TEST(gone_for_one_is_gone_for_all),
	CU_TEST_INFO_NULL,
};

static CU_TestInfo domain_cases[] = {
	TEST(cards_come_to_a_domain_and_go),
	TEST(cards_fill_a_domain_and_empty_it),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{"threads", NULL, NULL, setup, fixture_close, udev_cases},
	{"threads and a domain", NULL, NULL, setup_domain, teardown_domain, domain_cases},
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return test_main(suites);
}
