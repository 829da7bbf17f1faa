/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Builds a tree for a script: mktree FOLDER-OF-DESCRIPTIONS NAME NEW-FOLDER. */
#include <config.h>

#include <stdio.h>
#include <sys/stat.h>

#include "treefile.h"

int main(int argc, char **argv)
{
	struct tree_place place;

	if (argc != 4) {
		fprintf(stderr, "usage: mktree FOLDER-OF-DESCRIPTIONS NAME NEW-FOLDER\n");
		return 2;
	}
	if (mkdir(argv[3], 0755)) {
		perror(argv[3]);
		return 1;
	}
	place = (struct tree_place){.root = argv[3], .folder = argv[1]};
	return tree_build(&place, argv[2]) ? 1 : 0;
}
