/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Steps that cases of several files take. */
#include <config.h>

#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#include <uvio/irq.h>
#include <uvio/trial.h>
#include <uvio/udev.h>

#include "conformance.h"

#define SPURIOUS 1000

double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void pause_us(unsigned int us)
{
	const struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

	nanosleep(&pause, NULL);
}

void *shared_memory(size_t size)
{
	void *addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return addr == MAP_FAILED ? NULL : addr;
}

int take_interrupt(struct pair *pair, unsigned int *spurious)
{
	for (int i = 0; i < SPURIOUS; i++) {
		int rc = uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), NULL);

		if (rc == -EINTR)
			continue;
		CHECK_OK(rc);
		rc = pair->driver->trial->irq_clear(pair->priv, 0);
		if (rc != -EAGAIN)
			CHECK_OK(rc);
		CHECK_OK(uvio_irq_ack(pair->udev, 0));
		if (!rc)
			return PASS;
		if (spurious)
			++*spurious;
	}
	return fail_at(__FILE__, __LINE__, "events, and never a cause in the card");
}

int quick_cases_pass(struct pair *pair)
{
	for (const struct uvio_selftest *test = pair->driver->trial->selftests; test->name; test++)
		if (!test->needs)
			CHECK_OK(test->run(pair->priv));
	return PASS;
}
