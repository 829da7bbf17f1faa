/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Operations on many vectors of MSI-X, on a wait from beside it, and those on events. */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

#include <uvio/error.h>
#include <uvio/event.h>
#include <uvio/irq.h>
#include <uvio/udev.h>

#include "asleep.h"
#include "harness.h"
#include "inject_ops.h"

#define WAIT_MS LONG_MS
#define BEFORE 2
#define AFTER 6

static unsigned int enabled;

static int run_enable_range(void)
{
	int rc = uvio_irq_enable_range(udev, UVIO_IRQ_MSIX, 1, 8);

	enabled = rc < 0 ? 0 : (unsigned int)rc;
	return rc;
}

static const char *vectors_work(unsigned int count)
{
	for (unsigned int vector = 0; vector < count; vector++) {
		card.raise(vector);
		if (uvio_irq_wait(udev, vector, UVIO_MS(WAIT_MS), NULL))
			return uvio_last_error();
	}
	return NULL;
}

static const char *enabled_work(void)
{
	return enabled < 1 ? "none is enabled" : vectors_work(enabled);
}

/* Of those the kernel may have fewer. */
const struct operation op_irq_enable_range = {
	.name = "irq enable, from one to eight of MSI-X",
	.begin = card_open_asserted,
	.run = run_enable_range,
	.works = enabled_work,
};

static void begin_cancel(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_INTX, 1));
}

static int run_irq_cancel(void)
{
	return uvio_irq_cancel(udev, 0);
}

static const char *wait_is_ended(void)
{
	int rc = uvio_irq_wait(udev, 0, UVIO_MS(WAIT_MS), NULL);

	return rc == -ECANCELED ? NULL : rc ? uvio_last_error() : "the wait is not ended";
}

const struct operation op_irq_cancel = {
	.name = "irq cancel",
	.begin = begin_cancel,
	.run = run_irq_cancel,
	.works = wait_is_ended,
};

static void begin_grow(void)
{
	card_open_asserted();
	ASSERT_OK(uvio_irq_enable(udev, UVIO_IRQ_MSIX, BEFORE));
}

static int run_grow(void)
{
	return uvio_irq_grow(udev, AFTER);
}

static const char *all_work(void)
{
	return vectors_work(AFTER);
}

/* Those before work on, or the error message says that they do not. */
static const char *those_before_work(void)
{
	const char *text = uvio_last_error();

	return strstr(text, "so that none is enabled") || card_gone() ? NULL : vectors_work(BEFORE);
}

const struct operation op_irq_grow = {
	.name = "irq grow",
	.begin = begin_grow,
	.run = run_grow,
	.works = all_work,
	.failed = those_before_work,
};

static enum uvio_event event;

static int run_event_wait(void)
{
	return uvio_event_wait(udev, UVIO_MS(WAIT_MS), &event);
}

static void begin_event(void)
{
	event = 0;
	card_open_asserted();
	card.tell();
}

static const char *event_is_told(void)
{
	return event ? NULL : "no event is told";
}

const struct operation op_event_wait = {
	.name = "event wait",
	.waits = true,
	.begin = begin_event,
	.run = run_event_wait,
	.works = event_is_told,
};

/* A configuration space that cannot be read is an event, too. */
static int run_event_wait_in_vain(void)
{
	int rc = uvio_event_wait(udev, 0, &event);

	return rc ? rc : uvio_fail(-ENODEV, EDU ": event %d", (int)event);
}

const struct operation op_event_wait_in_vain = {
	.name = "event wait, in vain",
	.waits = true,
	.begin = card_open_asserted,
	.run = run_event_wait_in_vain,
	.expects = -ETIMEDOUT,
	.once = true,
};

static int run_event_fd(void)
{
	return uvio_event_fd(udev);
}

static const char *descriptor_is_quiet(void)
{
	struct pollfd fd = {.fd = uvio_event_fd(udev), .events = POLLIN};

	return poll(&fd, 1, 0) ? "the descriptor has an event" : NULL;
}

const struct operation op_event_fd = {
	.name = "event fd",
	.begin = card_open_asserted,
	.run = run_event_fd,
	.works = descriptor_is_quiet,
};
