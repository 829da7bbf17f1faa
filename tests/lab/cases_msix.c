/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Many vectors of one card; and a kind of interrupt which there is not. */
#include <config.h>

#include <uvio/irq.h>
#include <uvio/udev.h>

#include "conformance.h"

#define QUIET_MS 20
#define ROUNDS 100

static unsigned int vectors_of(struct pair *pair)
{
	int count = uvio_irq_count(pair->udev, UVIO_IRQ_MSIX);

	return count > 0 ? (unsigned int)count : 0;
}

static int enable(struct pair *pair, unsigned int count)
{
	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_MSIX, count));
	return PASS;
}

static int take(struct pair *pair, unsigned int vector)
{
	uint64_t events = 0;

	CHECK_OK(uvio_irq_wait(pair->udev, vector, UVIO_MS(LONG_MS), &events));
	CHECK(events == 1);
	CHECK_OK(pair->driver->trial->irq_clear(pair->priv, vector));
	CHECK_OK(uvio_irq_ack(pair->udev, vector));
	return PASS;
}

static int all_are_quiet(struct pair *pair, unsigned int count)
{
	uint64_t events;

	for (unsigned int i = 0; i < count; i++) {
		CHECK_OK(uvio_irq_consume(pair->udev, i, &events));
		if (events)
			return fail_at(__FILE__, __LINE__, "%llu events on vector %u",
				(unsigned long long)events, i);
	}
	return PASS;
}

/* In no order: 7 and the count have no common factor. */
static int each_event_is_on_its_vector(struct pair *pair)
{
	unsigned int count = vectors_of(pair);

	CHECK(count > 1 && enable(pair, count) == PASS);
	for (unsigned int i = 0; i < 2 * count; i++) {
		CHECK_OK(pair->driver->trial->irq_raise(pair->priv, i * 7 % count));
		CHECK(take(pair, i * 7 % count) == PASS);
		CHECK(all_are_quiet(pair, count) == PASS);
	}
	return PASS;
}

static int all_at_once(struct pair *pair)
{
	unsigned int count = vectors_of(pair);

	CHECK(enable(pair, count) == PASS);
	for (unsigned int i = 0; i < count; i++)
		CHECK_OK(pair->driver->trial->irq_raise(pair->priv, i));
	for (unsigned int i = count; i-- > 0;)
		CHECK(take(pair, i) == PASS);
	return all_are_quiet(pair, count);
}

/* What the card sends beyond those that are enabled goes nowhere. */
static int fewer_than_there_are(struct pair *pair)
{
	CHECK(vectors_of(pair) > 2 && enable(pair, 2) == PASS);
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 2));
	CHECK_ERR(uvio_irq_wait(pair->udev, 1, UVIO_MS(QUIET_MS), NULL), -ETIMEDOUT, "vector 1");
	CHECK_ERR(uvio_irq_wait(pair->udev, 2, UVIO_MS(QUIET_MS), NULL), -EINVAL,
		"vector 2 is not enabled");
	CHECK(all_are_quiet(pair, 2) == PASS);
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 1));
	CHECK(take(pair, 1) == PASS);
	CHECK_OK(uvio_irq_disable(pair->udev));
	CHECK(enable(pair, 3) == PASS);
	/* The one before may come now, too. */
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 2));
	CHECK_OK(uvio_irq_wait(pair->udev, 2, UVIO_MS(LONG_MS), NULL));
	return PASS;
}

/* Those that are enabled go on, whether or not the kernel can add to them. */
static int growing_adds_vectors(struct pair *pair)
{
	unsigned int count = vectors_of(pair);

	CHECK(enable(pair, 2) == PASS);
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 1));
	CHECK(take(pair, 1) == PASS);
	CHECK_OK(uvio_irq_grow(pair->udev, count));
	for (unsigned int i = 0; i < count; i++) {
		CHECK_OK(pair->driver->trial->irq_raise(pair->priv, i));
		CHECK_OK(uvio_irq_wait(pair->udev, i, UVIO_MS(LONG_MS), NULL));
	}
	return PASS;
}

static int too_many_are_refused(struct pair *pair)
{
	unsigned int count = vectors_of(pair);

	CHECK_ERR(uvio_irq_enable(pair->udev, UVIO_IRQ_MSIX, count + 1), -ERANGE, "the card has");
	CHECK(enable(pair, count) == PASS);
	CHECK_ERR(uvio_irq_enable(pair->udev, UVIO_IRQ_MSIX, 1), -EBUSY, "enabled already");
	return PASS;
}

static int waiting_costs_little(struct pair *pair)
{
	struct uvio_irq_stats stats;

	CHECK(enable(pair, 1) == PASS);
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
		CHECK(take(pair, 0) == PASS);
	}
	CHECK_OK(uvio_irq_stats(pair->udev, 0, &stats));
	/* The first of some waits finds that its event is not there yet: it takes three. */
	CHECK(stats.syscalls <= 2 * ROUNDS + ROUNDS / 4);
	return PASS;
}

static int without_bus_master_none_comes(struct pair *pair)
{
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_MSIX, 1));
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK_ERR(
		uvio_irq_wait(pair->udev, 0, UVIO_MS(QUIET_MS), NULL), -ETIMEDOUT, "bus mastering");
	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK_OK(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), NULL));
	return PASS;
}

static int a_kind_that_is_not_there_is_told(struct pair *pair)
{
	const char *name;
	char text[64];

	for (unsigned int kind = 0; (name = uvio_irq_kind_name(kind)); kind++) {
		if (uvio_irq_count(pair->udev, kind) > 0)
			continue;
		snprintf(text, sizeof(text), "no %s interrupt", name);
		CHECK(uvio_irq_count(pair->udev, kind) == 0);
		CHECK_ERR(uvio_irq_enable(pair->udev, kind, 1), -ENOTSUP, text);
	}
	if (uvio_caps(pair->udev) & (UVIO_CAP_INTX | UVIO_CAP_MSI | UVIO_CAP_MSIX))
		CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(10), NULL), -EINVAL, "not enabled");
	else
		CHECK_ERR(
			uvio_irq_wait(pair->udev, 0, UVIO_MS(10), NULL), -ENOTSUP, "poll the card");
	return PASS;
}

const struct test_case msix_cases[] = {
	{"vectors: each event is on its own (vfio 62)", UVIO_CAP_MSIX, each_event_is_on_its_vector,
		false},
	{"vectors: all at once", UVIO_CAP_MSIX, all_at_once, false},
	{"vectors: fewer than there are", UVIO_CAP_MSIX, fewer_than_there_are, false},
	{"vectors: growing adds to them (vfio 70)", UVIO_CAP_MSIX, growing_adds_vectors, false},
	{"vectors: too many are refused (vfio 71)", UVIO_CAP_MSIX, too_many_are_refused, false},
	{"vectors: a wait takes two system calls at most, an ack none", UVIO_CAP_MSIX,
		waiting_costs_little, false},
	{"vectors: MSI-X needs bus mastering (vfio 78)", UVIO_CAP_MSIX,
		without_bus_master_none_comes, false},
	{"interrupts: a kind that is not there is told (uio 3.9, 3.10)", 0,
		a_kind_that_is_not_there_is_told, false},
	{0},
};
