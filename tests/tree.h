/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** A tree which stands for /sys, /dev and /proc in one test case, with a context on it. */
#ifndef UVIO_TESTS_TREE_H
#define UVIO_TESTS_TREE_H

#include <uvio/context.h>

struct tree {
	char root[128];
	char sys[160], dev[160], proc[160], run[160]; /* for struct uvio_ctx_options */
	struct uvio_ctx *ctx;
};

/** Builds tests/data/NAME.tree in a folder of its own. Ends the case where that fails. */
struct tree *tree_new(const char *name);
struct tree *tree_new_with(const char *name, const struct uvio_ctx_options *options);
void tree_free(struct tree *tree);

/** Changes one thing: a line as in a .tree file (see treefile.h). */
void tree_change(struct tree *tree, const char *format, ...) UVIO_PRINTF(2, 3);

/** Makes a file of the tree longer, by @text so many times. */
void tree_append(struct tree *tree, const char *path, const char *text, unsigned int times);

/** The content of a file of the tree, without the newline at its end; valid until the next call. */
const char *tree_read(const struct tree *tree, const char *path);

/** Whether @path is there: a file, or a link wherever it points to. */
int tree_has(const struct tree *tree, const char *path);

/** The last part of a link's target; "" where there is no link; valid until the next call. */
const char *tree_link(const struct tree *tree, const char *path);

/** The sysfs folder of the PCI function in most trees. */
#define EDU "0000:00:04.0"
#define EDU_FOLDER "sys/devices/pci0000:00/" EDU

#endif /* UVIO_TESTS_TREE_H */
