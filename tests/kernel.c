/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"

struct kernel kernel;

int __real_uvio_sys_open(const char *path, int flags);
int __wrap_uvio_sys_open(const char *path, int flags);
ssize_t __real_uvio_sys_write(int fd, const void *buf, size_t size);
ssize_t __wrap_uvio_sys_write(int fd, const void *buf, size_t size);

int __wrap_uvio_sys_open(const char *path, int flags)
{
	if (kernel.open_error && (flags & O_ACCMODE) != O_RDONLY)
		return kernel.open_error;
	return __real_uvio_sys_open(path, flags);
}

static void set_override(const char *text)
{
	tree_change(kernel.tree, "file %s/driver_override %s\\n", kernel.folder,
		text[0] ? text : "(null)");
}

static const char *bound(void)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/driver", kernel.folder);
	return tree_link(kernel.tree, path);
}

static int unbind(const char *text)
{
	if (strcmp(text, kernel.address) || !bound()[0])
		return -ENODEV;
	tree_change(kernel.tree, "remove %s/driver", kernel.folder);
	return 0;
}

/* An override decides alone; "natural" is who would take it without one. */
static void probe(void)
{
	char override[256], path[256];
	const char *driver = override;

	snprintf(path, sizeof(path), "%s/driver_override", kernel.folder);
	snprintf(override, sizeof(override), "%.200s", tree_read(kernel.tree, path));
	if (!strcmp(override, "(null)") || !override[0])
		driver = kernel.natural;
	if (bound()[0] || !driver)
		return;
	snprintf(path, sizeof(path), "sys/bus/pci/drivers/%.200s", driver);
	if (!tree_has(kernel.tree, path) || (kernel.refuses && !strcmp(kernel.refuses, driver)))
		return;
	tree_change(
		kernel.tree, "link %s/driver ../../../bus/pci/drivers/%s", kernel.folder, driver);
}

/* The last part of the file's name; "" where it is not one of the tree's sysfs. */
static const char *file_of(int fd)
{
	static char path[1024];
	char link[64];
	const char *last;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	last = strrchr(path, '/');
	return last && !strncmp(path, "/", 1) ? last + 1 : "";
}

ssize_t __wrap_uvio_sys_write(int fd, const void *buf, size_t size)
{
	const char *file = file_of(fd);
	char text[256];
	int rc = 0;

	kernel.writes++;
	if (kernel.before_write)
		kernel.before_write();
	if (kernel.broken && !strcmp(kernel.broken, file))
		return kernel.write_error;
	snprintf(text, sizeof(text), "%.*s", (int)size, (const char *)buf);
	text[strcspn(text, "\n")] = '\0';
	if (!strcmp(file, "driver_override"))
		set_override(text);
	else if (!strcmp(file, "unbind"))
		rc = unbind(text);
	else if (!strcmp(file, "drivers_probe"))
		probe();
	else
		return __real_uvio_sys_write(fd, buf, size);
	return rc ? rc : (ssize_t)size;
}
