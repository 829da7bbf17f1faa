/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "treefile.h"

static int complain(const char *what, const char *path)
{
	fprintf(stderr, "tree: %s: %s: %s\n", path, what, strerror(errno));
	return -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int tree_remove(const char *path)
{
	return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The folders above @path. */
static int make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int rc;

		*slash = '\0';
		rc = mkdir(path, 0755);
		*slash = '/';
		if (rc && errno != EEXIST)
			return complain("mkdir", path);
	}
	return 0;
}

static int make_dir(const char *path, char *rest)
{
	(void)rest;
	return mkdir(path, 0755) && errno != EEXIST ? complain("mkdir", path) : 0;
}

static int write_file(const char *path, const char *content, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t n;

	if (fd < 0)
		return complain("open", path);
	n = write(fd, content, size);
	close(fd);
	return n == (ssize_t)size ? 0 : complain("write", path);
}

static int make_file(const char *path, char *rest)
{
	size_t size = 0;

	for (const char *c = rest; *c; c++) {
		bool escaped = *c == '\\' && c[1];

		c += escaped;
		rest[size++] = (char)(escaped && *c == 'n' ? '\n' : *c);
	}
	return write_file(path, rest, size);
}

static int make_hex(const char *path, char *rest)
{
	unsigned int byte;
	size_t size = 0;

	while (sscanf(rest + 2 * size, "%2x", &byte) == 1)
		rest[size++] = (char)byte;
	return write_file(path, rest, size);
}

static int make_link(const char *path, char *rest)
{
	unlink(path);
	return symlink(rest, path) ? complain("symlink", path) : 0;
}

static int set_mode(const char *path, char *rest)
{
	return chmod(path, (mode_t)strtoul(rest, NULL, 8)) ? complain("chmod", path) : 0;
}

static int remove_path(const char *path, char *rest)
{
	(void)rest;
	return tree_remove(path) ? complain("remove", path) : 0;
}

static const struct {
	const char *word;
	int (*act)(const char *path, char *rest);
} actions[] = {
	{"dir", make_dir}, {"file", make_file}, {"hex", make_hex},
	{"link", make_link}, {"mode", set_mode}, {"remove", remove_path},
};

static int build(const struct tree_place *place, const char *name);

/* "WORD PATH REST" */
int tree_apply(const struct tree_place *place, char *line)
{
	char *word = line, *path = strchr(line, ' '), *rest, full[PATH_MAX];

	line[strcspn(line, "\n")] = '\0';
	if (!*line || *line == '#')
		return 0;
	if (!path)
		return complain("a line needs a word and a path", line);
	*path++ = '\0';
	if (!strcmp(word, "include"))
		return build(place, path);
	rest = path + strcspn(path, " ");
	if (*rest)
		*rest++ = '\0';
	snprintf(full, sizeof(full), "%.2000s/%.2000s", place->root, path);
	if (make_parents(full))
		return -1;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (!strcmp(actions[i].word, word))
			return actions[i].act(full, rest);
	return complain("no such word", word);
}

static int build(const struct tree_place *place, const char *name)
{
	char path[PATH_MAX], *line = NULL;
	size_t size = 0;
	FILE *file;
	int rc = 0;

	snprintf(path, sizeof(path), "%.2000s/%.200s.tree", place->folder, name);
	file = fopen(path, "re");
	if (!file)
		return complain("open", path);
	while (!rc && getline(&line, &size, file) >= 0)
		rc = tree_apply(place, line);
	free(line);
	fclose(file);
	return rc;
}

int tree_build(const struct tree_place *place, const char *name)
{
	static const char *const tops[] = {"sys", "dev", "proc"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		snprintf(path, sizeof(path), "%.2000s/%s", place->root, tops[i]);
		if (make_dir(path, NULL))
			return -1;
	}
	return build(place, name);
}
