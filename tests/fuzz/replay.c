/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** Gives a fuzz target each file of its corpus, once: what was found stays found. */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* In memory of exactly its size, so that a sanitizer sees one byte too many. */
static int replay(const char *folder, const char *name)
{
	static unsigned char room[65536];
	unsigned char *data;
	char path[4096];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (!file)
		return -1;
	size = fread(room, 1, sizeof(room), file);
	fclose(file);
	data = malloc(size ? size : 1);
	if (!data)
		return -1;
	memcpy(data, room, size);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int main(void)
{
	const char *top = getenv("top_srcdir");
	struct dirent **entries;
	char folder[2048];
	int count, failed = 0;
	FILE *out = stdout;

	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", top ? top : ".", FUZZ_TARGET);
	count = scandir(folder, &entries, is_input, by_name);
	if (count <= 0) {
		fprintf(out, "Bail out! no corpus in %s\n", folder);
		return 1;
	}
	fprintf(out, "1..%d\n", count);
	for (int i = 0; i < count; i++) {
		int rc;

		fprintf(out, "# %s\n", entries[i]->d_name);
		fflush(out);
		rc = replay(folder, entries[i]->d_name);
		failed |= rc;
		fprintf(out, "%sok %d - fuzz: %s: %s\n", rc ? "not " : "", i + 1, FUZZ_TARGET,
			entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return failed ? 1 : 0;
}
