/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Buffers of the kernel module u-dma-buf, as its documentation describes them. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <uvio/error.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "base/table.h"
#include "dma/phys.h"

struct buffer {
	const char *name;
	const char *class;
	uint64_t addr;
	uint64_t size;
	int open_flags;
};

static int check_name(struct uvio_udev *udev, const char *name)
{
	size_t n = strlen(name);

	if (n && n < UVIO_NAME_SIZE && name[0] != '.' && !strchr(name, '/'))
		return 0;
	return uvio_fail(-EINVAL,
		"%s: DMA import: '%.80s' is not the name of a buffer; give the name of its node in "
		"/dev, as udmabuf0",
		udev->address.text, name);
}

/* The class has another name before version 2 of the module. */
static int find_class(struct uvio_udev *udev, struct buffer *buffer)
{
	static const char *const classes[] = {"u-dma-buf", "udmabuf"};

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (uvio_sysfs_exists(udev->ctx, "class/%s/%s", classes[i], buffer->name)) {
			buffer->class = classes[i];
			return 0;
		}
	return uvio_fail(-ENOENT,
		"%s: DMA import: there is no buffer %s; create it by modprobe u-dma-buf %s=SIZE, "
		"or by the device tree",
		udev->address.text, buffer->name, buffer->name);
}

static int bad_attribute(
	struct uvio_udev *udev, const struct buffer *buffer, const char *file, int rc)
{
	return uvio_fail(rc == -EINVAL ? -EPROTO : rc, "%s: DMA import: %s/class/%s/%s/%s: %s",
		udev->address.text, udev->ctx->sysfs, buffer->class, buffer->name, file,
		rc == -EINVAL ? "is not valid" : strerror(-rc));
}

static int attribute(
	struct uvio_udev *udev, const struct buffer *buffer, const char *file, uint64_t *value)
{
	int rc = uvio_sysfs_u64(
		udev->ctx, value, "class/%s/%s/%s", buffer->class, buffer->name, file);

	return rc ? bad_attribute(udev, buffer, file, rc) : 0;
}

static int read_place(struct uvio_udev *udev, struct buffer *buffer)
{
	int rc = attribute(udev, buffer, "phys_addr", &buffer->addr);

	if (!rc)
		rc = attribute(udev, buffer, "size", &buffer->size);
	if (!rc && buffer->addr & (udev->domain->dma.page - 1))
		rc = bad_attribute(udev, buffer, "phys_addr", -EINVAL);
	if (!rc && (!buffer->size || buffer->addr + buffer->size <= buffer->addr ||
			   buffer->size > SIZE_MAX - udev->domain->dma.page))
		rc = bad_attribute(udev, buffer, "size", -EINVAL);
	return rc;
}

static bool is_coherent(struct uvio_udev *udev, const struct buffer *buffer)
{
#if defined(__x86_64__) || defined(__i386__)
	(void)udev;
	(void)buffer;
	return true;
#else
	uint64_t coherent;

	return !uvio_sysfs_u64(udev->ctx, &coherent, "class/%s/%s/dma_coherent", buffer->class,
		       buffer->name) &&
	       coherent == 1;
#endif
}

/* Uncached if the card does not snoop; with sync_mode 0 it is cached, whatever is asked for. */
static int choose_cache(struct uvio_udev *udev, struct buffer *buffer)
{
	uint64_t sync_mode;
	int rc;

	buffer->open_flags = O_RDWR;
	if (is_coherent(udev, buffer))
		return 0;
	buffer->open_flags |= O_SYNC;
	rc = attribute(udev, buffer, "sync_mode", &sync_mode);
	if (rc || sync_mode)
		return rc;
	return uvio_fail(-ENOTSUP,
		"%s: DMA import: %s would be cached, but the card is not cache coherent; echo 1 > "
		"%s/class/%s/%s/sync_mode",
		udev->address.text, buffer->name, udev->ctx->sysfs, buffer->class, buffer->name);
}

int uvio_phys_import(struct uvio_udev *udev, struct uvio_mapping *mapping, const char *name)
{
	struct buffer buffer = {.name = name};
	char path[UVIO_PATH_SIZE];
	int fd, rc = check_name(udev, name);

	if (!rc)
		rc = find_class(udev, &buffer);
	if (!rc)
		rc = read_place(udev, &buffer);
	if (!rc)
		rc = choose_cache(udev, &buffer);
	if (rc)
		return rc;
	uvio_dev_path(udev->ctx, path, "%s", name);
	fd = uvio_sys_open(path, buffer.open_flags);
	if (fd < 0)
		return uvio_fail(fd, "%s: DMA import: cannot open %s: %s", udev->address.text, path,
			strerror(-fd));
	rc = uvio_phys_fixed(udev, mapping,
		&(struct uvio_phys_range){
			.fd = fd, .iova = buffer.addr, .size = buffer.size, .name = name});
	uvio_sys_close(fd);
	return rc;
}
