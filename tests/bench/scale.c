/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * What operations cost among many: JSON on stdout. Exit status 1 where a part of the library grows
 * faster than the logarithm of what there is, by more than a quarter; 2 where it cannot run.
 */
#include <config.h>

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uvio/context.h>
#include <uvio/error.h>

#include "base/context.h"
#include "scale.h"

#define ROUNDS 201
#define WARM_UP 20
/* Trees grow by levels, and not by fractions of them. */
#define TOLERANCE 1.25

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *samples)
{
	qsort(samples, ROUNDS, sizeof(*samples), compare_doubles);
	return samples[ROUNDS / 2];
}

static void calibrate(struct time_base *base)
{
	const char *name = getenv("UVIO_CLOCK");
	double samples[ROUNDS];

	base->instructions = HAVE_TSC && name && !strcmp(name, "instructions");
	base->unit = base->instructions ? "instructions" : "ns";
	for (int i = 0; i < ROUNDS; i++)
		samples[i] = clock_since(base, clock_now(base));
	base->cost = (uint64_t)median(samples);
}

static int measure_step(
	const struct scale_figure *figure, size_t count, const struct time_base *base, double *cost)
{
	double samples[WARM_UP + ROUNDS];
	int rc = figure->grow(count);

	for (int i = 0; i < WARM_UP + ROUNDS && !rc; i++)
		rc = figure->round(base, &samples[i]);
	*cost = rc ? 0 : median(samples + WARM_UP);
	return rc;
}

static int measure_figure(struct scale_figure *figure, const struct time_base *base)
{
	int rc = 0;

	for (unsigned int i = 0; i < figure->steps && !rc; i++)
		rc = measure_step(figure, figure->counts[i], base, &figure->medians[i]);
	if (figure->finish)
		figure->finish();
	return rc;
}

static double growth(const struct scale_figure *figure)
{
	return figure->medians[figure->steps - 1] / figure->medians[figure->low];
}

static double growth_of_log(const struct scale_figure *figure)
{
	return log2((double)figure->counts[figure->steps - 1]) /
	       log2((double)figure->counts[figure->low]);
}

static bool passes(const struct scale_figure *figure)
{
	return !figure->gated || growth(figure) <= growth_of_log(figure) * TOLERANCE;
}

static void add_number(struct json_object *object, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.2f", value);
	json_object_object_add(object, key, json_object_new_double_s(value, text));
}

static struct json_object *figure_json(const struct scale_figure *figure)
{
	struct json_object *object = json_object_new_object();
	struct json_object *steps = json_object_new_array();

	json_object_object_add(object, "name", json_object_new_string(figure->name));
	json_object_object_add(object, "what", json_object_new_string(figure->help));
	for (unsigned int i = 0; i < figure->steps; i++) {
		struct json_object *step = json_object_new_object();

		json_object_object_add(
			step, "count", json_object_new_int64((int64_t)figure->counts[i]));
		add_number(step, "median", figure->medians[i]);
		json_object_array_add(steps, step);
	}
	json_object_object_add(object, "steps", steps);
	json_object_object_add(
		object, "growth_from", json_object_new_int64((int64_t)figure->counts[figure->low]));
	add_number(object, "growth", growth(figure));
	add_number(object, "growth_of_log", growth_of_log(figure));
	if (figure->gated)
		add_number(object, "limit", growth_of_log(figure) * TOLERANCE);
	json_object_object_add(object, "passed", json_object_new_boolean(passes(figure)));
	return object;
}

static int measure_all(
	struct scale_figure *figures, const struct time_base *base, struct json_object *array)
{
	int failed = 0;

	for (struct scale_figure *figure = figures; figure->name; figure++) {
		if (measure_figure(figure, base)) {
			fprintf(stderr, "uvio-scale: %s: %s\n", figure->name, uvio_last_error());
			return -1;
		}
		json_object_array_add(array, figure_json(figure));
		if (passes(figure))
			continue;
		fprintf(stderr, "uvio-scale: %s grows by %.2f, the logarithm by %.2f\n",
			figure->name, growth(figure), growth_of_log(figure));
		failed++;
	}
	return failed;
}

static int run(struct json_object *object)
{
	struct json_object *array = json_object_new_array();
	struct time_base base = {0};
	int maps, cards;

	calibrate(&base);
	json_object_object_add(object, "unit", json_object_new_string(base.unit));
	json_object_object_add(object, "figures", array);
	maps = measure_all(scale_maps, &base, array);
	if (maps < 0)
		return 2;
	cards = measure_all(scale_cards, &base, array);
	if (cards < 0)
		return 2;
	return maps || cards ? 1 : 0;
}

int main(void)
{
	struct json_object *object = json_object_new_object();
	struct uvio_ctx *ctx;
	int status = 2;

	if (uvio_ctx_new(NULL, &ctx))
		return 2;
	if (scale_cards_open(ctx))
		fprintf(stderr, "uvio-scale: %s\n", uvio_last_error());
	else
		status = run(object);
	printf("%s\n", json_object_to_json_string_ext(
			       object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED));
	scale_cards_close();
	uvio_ctx_free(ctx);
	json_object_put(object);
	return status;
}
