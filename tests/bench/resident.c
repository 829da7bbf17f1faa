/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* A device open, BAR 0 mapped: on stdout the kilobytes of memory that this program has then. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#ifdef BY_HAND
#include "baseline.h"

static int open_device(const char *address, const char *backend)
{
	static const struct baseline_ops *const all[] = {
		&baseline_vfio, &baseline_cdev, &baseline_compat, &baseline_uio};
	static struct baseline baseline;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i]->backend, backend))
			return all[i]->open(&baseline, address) || all[i]->map_bar(&baseline);
	return -1;
}
#else
#include <uvio/uvio.h>

static int open_device(const char *address, const char *backend)
{
	const struct uvio_open_options options = {
		.backend = backend, .flags = UVIO_OPEN_UNSAFE_DMA};
	struct uvio_region bar;
	struct uvio_udev *udev;
	struct uvio_ctx *ctx;

	if (uvio_ctx_new(NULL, &ctx) || uvio_udev_open(ctx, address, &options, &udev))
		return -1;
	return uvio_region_map(udev, UVIO_REGION_BAR0, &bar);
}
#endif

/* Where files are loaded decides how many pages of them come in at once. */
static void load_at_fixed_addresses(char **argv)
{
	int before = personality(0xffffffff);

	if (before < 0 || before & ADDR_NO_RANDOMIZE)
		return;
	if (personality((unsigned long)before | ADDR_NO_RANDOMIZE) >= 0)
		execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
	char line[128];
	FILE *status;

	load_at_fixed_addresses(argv);
	if (argc != 3 || open_device(argv[1], argv[2]))
		return 1;
	/* Not VmRSS, which lags behind. */
	status = fopen("/proc/self/smaps_rollup", "r");
	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, "Rss:", 4))
			return fputs(line + 4, stdout) < 0;
	return 1;
}
