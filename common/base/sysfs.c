/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uvio/error.h>

#include "base/context.h"
#include "base/error.h"
#include "base/number.h"
#include "base/rights.h"
#include "base/sys.h"
#include "base/sysfs.h"

/* The limit of a file of /proc: any user can make a list of locks or mounts long. */
#define FIRST_SIZE ((size_t)64 << 10)
#define MOST_SIZE ((size_t)64 << 20)

static int UVIO_PRINTF(3, 0) join(char *path, const char *root, const char *format, va_list args)
{
	size_t n = strlen(root); /* less than UVIO_ROOT_SIZE */
	int m;

	memcpy(path, root, n);
	path[n++] = '/';
	m = vsnprintf(path + n, UVIO_PATH_SIZE - n, format, args);
	return m < (int)(UVIO_PATH_SIZE - n) ? 0 : -ENAMETOOLONG;
}

#define JOIN(path, root, format)                                                                   \
	({                                                                                         \
		va_list args_;                                                                     \
		int rc_;                                                                           \
		va_start(args_, format);                                                           \
		rc_ = join(path, root, format, args_);                                             \
		va_end(args_);                                                                     \
		rc_;                                                                               \
	})

int uvio_sysfs_path(struct uvio_ctx *ctx, char *path, const char *format, ...)
{
	return JOIN(path, ctx->sysfs, format);
}

int uvio_dev_path(struct uvio_ctx *ctx, char *path, const char *format, ...)
{
	return JOIN(path, ctx->dev, format);
}

/* Reads until the end or until the buffer is full. */
static int read_bytes(const char *path, char *buf, size_t size)
{
	size_t used = 0;
	ssize_t n = 0;
	int fd = uvio_sys_open(path, O_RDONLY);

	if (fd < 0)
		return fd;
	while (used < size) {
		n = uvio_sys_read(fd, buf + used, size - used);
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	uvio_sys_close(fd);
	return n < 0 ? (int)n : (int)used;
}

int uvio_read_file(const char *path, char *buf, size_t size)
{
	int used = read_bytes(path, buf, size - 1);

	if (used < 0)
		return used;
	while (used && (buf[used - 1] == '\n' || buf[used - 1] == ' '))
		used--;
	buf[used] = '\0';
	return used;
}

int uvio_sysfs_read_bytes(struct uvio_ctx *ctx, void *buf, size_t size, const char *format, ...)
{
	char path[UVIO_PATH_SIZE];
	int rc = JOIN(path, ctx->sysfs, format);

	return rc ? rc : read_bytes(path, buf, size);
}

int uvio_sysfs_read(struct uvio_ctx *ctx, char *buf, size_t size, const char *format, ...)
{
	char path[UVIO_PATH_SIZE];
	int rc = JOIN(path, ctx->sysfs, format);

	return rc ? rc : uvio_read_file(path, buf, size);
}

int uvio_proc_read(struct uvio_ctx *ctx, char *buf, size_t size, const char *name)
{
	char path[UVIO_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", ctx->proc, name);
	return uvio_read_file(path, buf, size);
}

int uvio_proc_self(struct uvio_ctx *ctx)
{
	char path[UVIO_PATH_SIZE], text[32];
	uint64_t pid;

	snprintf(path, sizeof(path), "%s/self", ctx->proc);
	return uvio_sys_readlink(path, text, sizeof(text)) || !uvio_number(text, 10, &pid) ||
			       pid > INT_MAX || !pid
		       ? getpid()
		       : (int)pid;
}

char *uvio_proc_read_all(struct uvio_ctx *ctx, const char *name)
{
	char *grown, *text = NULL;
	size_t size = FIRST_SIZE;
	int n;

	for (;;) {
		grown = realloc(text, size);
		if (!grown)
			break;
		text = grown;
		n = uvio_proc_read(ctx, text, size, name);
		if (n < 0)
			text[0] = '\0';
		/* Cuts off white space at the end. */
		if (n < (int)(size - size / 4) || size >= MOST_SIZE)
			return text;
		size *= 4;
	}
	free(text);
	return NULL;
}

int uvio_parse_u64(const char *text, uint64_t *value)
{
	bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = is_hex ? text + 2 : text;

	digits = uvio_number(digits, is_hex ? 16 : 10, value);
	return digits && !*digits ? 0 : -EINVAL;
}

int uvio_sysfs_u64(struct uvio_ctx *ctx, uint64_t *value, const char *format, ...)
{
	char path[UVIO_PATH_SIZE], text[32] = "";
	int rc = JOIN(path, ctx->sysfs, format);

	if (!rc)
		rc = uvio_read_file(path, text, sizeof(text));
	return rc < 0 ? rc : uvio_parse_u64(text, value);
}

int uvio_sysfs_link(struct uvio_ctx *ctx, char *name, size_t size, const char *format, ...)
{
	char path[UVIO_PATH_SIZE], target[2 * UVIO_PATH_SIZE]; /* a deep tree of bridges */
	const char *last;
	int rc = JOIN(path, ctx->sysfs, format);

	if (!rc)
		rc = uvio_sys_readlink(path, target, sizeof(target));
	if (rc)
		return rc;
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	if (strlen(last) >= size)
		return -ENAMETOOLONG;
	strcpy(name, last);
	return 0;
}

bool uvio_sysfs_exists(struct uvio_ctx *ctx, const char *format, ...)
{
	char path[UVIO_PATH_SIZE];

	return !JOIN(path, ctx->sysfs, format) && uvio_may_access(ctx, path, F_OK);
}

bool uvio_sysfs_is_there(struct uvio_ctx *ctx)
{
	return uvio_sysfs_exists(ctx, "bus") || uvio_sysfs_exists(ctx, "class");
}

int uvio_no_device(struct uvio_ctx *ctx, const char *object, const char *text)
{
	if (uvio_sysfs_is_there(ctx))
		return uvio_fail(-ENODEV, "%s: %s", object, text);
	return uvio_fail(-ENODEV,
		"%s: no device can be seen: %s has neither \"bus\" nor \"class\"; perhaps sysfs "
		"is not mounted, as in a chroot: mount -t sysfs sysfs %s",
		object, ctx->sysfs, ctx->sysfs);
}

/* uio2 before uio10. */
static int by_name(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(char ***names, int *count, const char *name)
{
	char **grown = realloc(*names, (size_t)(*count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	*names = grown;
	grown[*count] = strdup(name);
	if (!grown[*count])
		return -ENOMEM;
	(*count)++;
	return 0;
}

int uvio_sysfs_names(
	struct uvio_ctx *ctx, const char *prefix, char ***names, const char *format, ...)
{
	char path[UVIO_PATH_SIZE];
	struct dirent *entry;
	DIR *dir;
	int count = 0, rc = JOIN(path, ctx->sysfs, format);

	*names = NULL;
	if (rc)
		return rc;
	rc = uvio_sys_opendir(path, &dir);
	if (rc)
		return rc;
	for (errno = 0; !rc && (entry = readdir(dir)); errno = 0)
		if (entry->d_name[0] != '.' && !strncmp(entry->d_name, prefix, strlen(prefix)))
			rc = add_name(names, &count, entry->d_name);
	if (!rc)
		rc = -errno;
	uvio_sys_closedir(dir);
	if (rc) {
		uvio_names_free(*names, count);
		*names = NULL;
		return rc;
	}
	if (count)
		qsort(*names, (size_t)count, sizeof(**names), by_name);
	return count;
}

void uvio_names_free(char **names, int count)
{
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

int uvio_names_failed(struct uvio_ctx *ctx, const char *object, int count, const char *what)
{
	if (count >= 0 || count == -ENOENT || count == -ENOTDIR || count == -EACCES ||
		count == -EPERM)
		return 0;
	if (count == -ENOMEM)
		return uvio_no_memory(object);
	return uvio_fail(
		count, "%s: cannot read %s in %s: %s", object, what, ctx->sysfs, strerror(-count));
}
