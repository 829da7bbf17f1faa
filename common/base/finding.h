/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_BASE_FINDING_H
#define UVIO_BASE_FINDING_H

#include <stdbool.h>

#include <uvio/check.h>
#include <uvio/error.h>

struct uvio_check {
	enum uvio_verdict verdict;
	struct uvio_finding **findings; /* each allocated by itself: the structure may grow */
	unsigned int count;
	bool failed; /* out of memory while findings were added */
};

/**
 * Adds a finding; @fix may be NULL. Both are copied. A fix that proposes another backend or
 * transport has this part in brackets with its name, "run as root[vfio:, or use the vfio backend]":
 * it is kept if the other one could drive the device.
 */
void uvio_check_add(struct uvio_check *check, enum uvio_severity severity, const char *fix,
	const char *what, ...) UVIO_PRINTF(4, 5);

/** Sorts the findings, and sets the verdict. -ENOMEM: a finding was lost. */
int uvio_check_end(struct uvio_check *check, const char *address);

void uvio_check_cleanup(struct uvio_check *check);

/** Sets the most severe finding as this thread's error. */
int uvio_check_fail(const struct uvio_check *check, int err);

#endif /* UVIO_BASE_FINDING_H */
