/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/check.h>
#include <uvio/error.h>

#include "base/error.h"
#include "base/finding.h"

static int by_severity(const void *a, const void *b)
{
	const struct uvio_finding *x = *(struct uvio_finding *const *)a;
	const struct uvio_finding *y = *(struct uvio_finding *const *)b;

	return (int)y->severity - (int)x->severity;
}

void uvio_check_add(struct uvio_check *check, enum uvio_severity severity, const char *fix,
	const char *what, ...)
{
	struct uvio_finding **grown, *finding = calloc(1, sizeof(*finding));
	char *text = NULL;
	va_list args;

	va_start(args, what);
	if (vasprintf(&text, what, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		uvio_text_clean(text);
	grown = realloc(check->findings, (check->count + 1) * sizeof(*grown));
	if (grown)
		check->findings = grown;
	if (!grown || !finding) {
		check->failed = true;
		free(finding);
		free(text);
		return;
	}
	finding->severity = severity;
	finding->what = text ? strdup(text) : NULL;
	finding->fix = fix ? strdup(fix) : NULL;
	grown[check->count++] = finding;
	free(text);
	if (!finding->what || (fix && !finding->fix))
		check->failed = true;
}

void uvio_check_cleanup(struct uvio_check *check)
{
	for (unsigned int i = 0; i < check->count; i++) {
		free((char *)check->findings[i]->what);
		free((char *)check->findings[i]->fix);
		free(check->findings[i]);
	}
	free(check->findings);
}

static enum uvio_verdict verdict_of(const struct uvio_check *check)
{
	static const enum uvio_verdict verdicts[] = {
		[UVIO_UNBOUND] = UVIO_NOT_BOUND,
		[UVIO_BUSY] = UVIO_IN_USE,
		[UVIO_BLOCKS] = UVIO_BROKEN,
		[UVIO_UNFIT] = UVIO_NOT_APPLICABLE,
	};

	return check->count ? verdicts[check->findings[0]->severity] : UVIO_USABLE;
}

int uvio_check_end(struct uvio_check *check, const char *address)
{
	if (check->failed)
		return uvio_no_memory(address);
	if (check->count)
		qsort(check->findings, check->count, sizeof(*check->findings), by_severity);
	check->verdict = verdict_of(check);
	return 0;
}

int uvio_check_fail(const struct uvio_check *check, int err)
{
	const struct uvio_finding *first = check->count ? check->findings[0] : NULL;

	if (!first)
		return err;
	return uvio_fail(
		err, "%s%s%s", first->what, first->fix ? "; " : "", first->fix ? first->fix : "");
}
