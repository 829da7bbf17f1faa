/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Trees of files which stand for /sys, /dev and /proc, built in a temporary folder from a text,
 * tests/data/NAME.tree, as capture.sh writes it. One line each, PATH beginning with sys/, dev/ or
 * proc/:
 *
 *	dir PATH			a folder; folders on the way to a file need no line
 *	file PATH [CONTENT]		content up to the end of the line, with \n and \\ in it
 *	hex PATH [BYTES]		the same in hexadecimal
 *	link PATH TARGET
 *	mode PATH 0400			of a file that is there
 *	remove PATH			with all that is below it
 *	include NAME			the lines of NAME.tree, which later lines change
 *	# a comment
 */
#ifndef UVIO_TESTS_TREEFILE_H
#define UVIO_TESTS_TREEFILE_H

struct tree_place {
	const char *root;   /* a folder that is there, where the tree goes */
	const char *folder; /* of the descriptions */
};

/* All: 0, or -1 with a message on stderr. */

/** Builds NAME.tree, with the folders sys, dev and proc in any case. */
int tree_build(const struct tree_place *place, const char *name);

/** Applies one line, which is changed. */
int tree_apply(const struct tree_place *place, char *line);

/** Removes a path with all that is below it. */
int tree_remove(const char *path);

#endif /* UVIO_TESTS_TREEFILE_H */
