/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uvio/context.h>

#include "harness.h"
#include "tree.h"
#include "treefile.h"

static const char *temporary_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && folder[0] == '/' && strlen(folder) < 80 ? folder : "/tmp";
}

struct tree *tree_new_with(const char *name, const struct uvio_ctx_options *extra)
{
	struct tree *tree = calloc(1, sizeof(*tree));
	const struct tree_place place = {.root = tree ? tree->root : "", .folder = TREES};
	struct uvio_ctx_options options = extra ? *extra : (struct uvio_ctx_options){0};

	ASSERT(tree);
	snprintf(tree->root, sizeof(tree->root), "%s/uvio-tree.XXXXXX", temporary_folder());
	ASSERT(mkdtemp(tree->root));
	snprintf(tree->sys, sizeof(tree->sys), "%s/sys", tree->root);
	snprintf(tree->dev, sizeof(tree->dev), "%s/dev", tree->root);
	snprintf(tree->proc, sizeof(tree->proc), "%s/proc", tree->root);
	snprintf(tree->run, sizeof(tree->run), "%s/run", tree->root);
	options.run_root = tree->run;
	options.sysfs_root = tree->sys;
	options.dev_root = tree->dev;
	options.proc_root = tree->proc;
	ASSERT_EQ(tree_build(&place, name), 0);
	ASSERT_EQ(mkdir(tree->run, 0755), 0);
	ASSERT_OK(uvio_ctx_new(&options, &tree->ctx));
	return tree;
}

struct tree *tree_new(const char *name)
{
	return tree_new_with(name, NULL);
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	uvio_ctx_free(tree->ctx);
	tree_remove(tree->root);
	free(tree);
}

void tree_change(struct tree *tree, const char *format, ...)
{
	const struct tree_place place = {.root = tree->root, .folder = TREES};
	char line[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	ASSERT_EQ(tree_apply(&place, line), 0);
}

void tree_append(struct tree *tree, const char *path, const char *text, unsigned int times)
{
	char full[PATH_MAX];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", tree->root, path);
	file = fopen(full, "ae");
	ASSERT(file);
	while (times--)
		fputs(text, file);
	ASSERT_EQ(fclose(file), 0);
}

const char *tree_read(const struct tree *tree, const char *path)
{
	static char text[4096];
	char full[PATH_MAX];
	size_t size;
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", tree->root, path);
	file = fopen(full, "re");
	if (!file)
		return "(no file)";
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	while (size && text[size - 1] == '\n')
		size--;
	text[size] = '\0';
	return text;
}

int tree_has(const struct tree *tree, const char *path)
{
	char full[PATH_MAX];
	struct stat st;

	snprintf(full, sizeof(full), "%s/%s", tree->root, path);
	return !lstat(full, &st);
}

const char *tree_link(const struct tree *tree, const char *path)
{
	static char target[PATH_MAX];
	char full[PATH_MAX], *last;
	ssize_t n;

	snprintf(full, sizeof(full), "%s/%s", tree->root, path);
	n = readlink(full, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	last = strrchr(target, '/');
	return last ? last + 1 : target;
}
