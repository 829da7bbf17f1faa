/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* What the kernel's own driver of a card makes of it: CAN interfaces, or serial lines. */
#include <config.h>
#include <errno.h>
#include <glob.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include "traffic.h"

#define PATH_SIZE 512

static void device_path(const struct comparison *c, const char *below, char *path, size_t size)
{
	const char *root = c->tool->options.sysfs_root;

	snprintf(path, size, "%s/bus/pci/devices/%s/%s", root ? root : "/sys", c->info->address,
		below);
}

static unsigned int number_in(const char *folder, const char *file)
{
	char path[PATH_SIZE];
	unsigned int number = 0;
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	stream = fopen(path, "re");
	if (!stream)
		return 0;
	if (fscanf(stream, "%u", &number) != 1)
		number = 0;
	fclose(stream);
	return number;
}

static const char *last_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* In the order of their names, which is that of the channels. */
static unsigned int find_interfaces(const struct comparison *c, struct can_end *ends, size_t most)
{
	unsigned int count = 0;
	char pattern[PATH_SIZE];
	glob_t found;

	device_path(c, "net/*", pattern, sizeof(pattern));
	if (glob(pattern, 0, NULL, &found))
		return 0;
	for (size_t i = 0; i < found.gl_pathc && count < most; i++) {
		struct can_end *end = &ends[count];

		if (number_in(found.gl_pathv[i], "type") != ARPHRD_CAN)
			continue;
		*end = (struct can_end){.ops = &can_end_socket, .channel = count++, .socket = -1};
		snprintf(end->name, sizeof(end->name), "%.15s", last_of(found.gl_pathv[i]));
	}
	globfree(&found);
	return count;
}

/* Since Linux 6.6 a controller and a port are in between. */
static bool find_line(const struct comparison *c, struct serial_end *end)
{
	static const char *const places[] = {"tty/*", "*/tty/*", "*/*/tty/*"};
	const char *dev = c->tool->options.dev_root;
	char pattern[PATH_SIZE];
	glob_t found;

	*end = (struct serial_end){.ops = &serial_end_tty, .fd = -1};
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		device_path(c, places[i], pattern, sizeof(pattern));
		if (glob(pattern, 0, NULL, &found))
			continue;
		snprintf(end->path, sizeof(end->path), "%s/%s", dev ? dev : "/dev",
			last_of(found.gl_pathv[0]));
		globfree(&found);
		return true;
	}
	return false;
}

/* An interface that is up is in use, and so is a line that another program has opened. */
static bool check_use(const struct comparison *c)
{
	struct uvio_device *device;
	int rc = uvio_device_find(c->tool->ctx, c->info->address, &device);

	if (!rc)
		rc = uvio_device_in_use(c->tool->ctx, device);
	uvio_device_free(device);
	return !rc;
}

static void measure_kernel(struct session *s)
{
	struct can_end ends[2];
	struct serial_end line;
	unsigned int cans = find_interfaces(s->comparison, ends, ARRAY_SIZE(ends));
	bool has_line = find_line(s->comparison, &line);

	s->result->usable = cans || has_line;
	if (cans)
		measure_can(s, ends, cans);
	if (has_line)
		measure_serial(s, &line);
}

void kernel_run(const struct comparison *c)
{
	struct backend_result *result = &c->results[c->count - 1];
	struct session s = {.comparison = c, .result = result, .driver = c->driver};

	if (!result->chosen)
		return;
	result->tried = true;
	if (c->info->pci && c->info->driver && check_use(c))
		measure_kernel(&s);
	result->chosen = result->usable || result->asked_for;
	if (!result->usable && (result->asked_for || c->driver->can || c->driver->serial))
		result->reason = strdup("the device has no driver now that makes a CAN interface "
					"or a serial line of it (uvio unbind lets the kernel "
					"choose one), or it is in use");
}

void kernel_to_baselines(const struct comparison *c)
{
	const struct figure *baselines = c->results[c->count - 1].figures;

	for (unsigned int i = 0; i < c->count - 1; i++)
		for (int id = FIGURE_CARD_COUNT; id < FIGURE_COUNT; id++) {
			struct figure *figure = &c->results[i].figures[id];

			figure->has_baseline = figure->known && baselines[id].known;
			figure->baseline = baselines[id].median;
		}
}
