/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "vfio.h"

/* Far more than any kernel returns; a greater length is an error. */
#define MAX_INFO_SIZE (1024 * 1024)

/* The second call fits, unless the answer grew in between. */
#define MAX_TRIES 8

#define DEVICE_TRIES 3

int vfio_info(int fd, unsigned long request, size_t base, const void *question, void **out)
{
	uint32_t size = (uint32_t)base + VFIO_INFO_ROOM, want;
	void *info;
	int rc;

	for (int i = 0; i < MAX_TRIES; i++) {
		info = calloc(1, size);
		if (!info)
			return -ENOMEM;
		memcpy(info, question, base);
		memcpy(info, &size, sizeof(size));
		rc = uvio_sys_ioctl(fd, request, info);
		memcpy(&want, info, sizeof(want));
		if (rc >= 0 && want <= size) {
			/* Data that was not filled in is absent: the walk ends with the buffer. */
			memcpy(info, &size, sizeof(size));
			*out = info;
			return 0;
		}
		free(info);
		if (rc < 0)
			return rc;
		if (want > MAX_INFO_SIZE)
			return -EPROTO;
		size = want;
	}
	return -EPROTO;
}

int vfio_ioctl_again(int fd, unsigned long request, void *arg)
{
	int rc = uvio_sys_ioctl(fd, request, arg);

	for (int i = 1; i < DEVICE_TRIES && rc == -EAGAIN; i++) {
		uvio_sys_pause(50 * 1000000);
		rc = uvio_sys_ioctl(fd, request, arg);
	}
	return rc;
}

/* Every offset must be greater than the one before, so that a chain always ends. */
const struct vfio_info_cap_header *vfio_cap_find(
	const void *info, size_t base, size_t size, uint32_t offset, uint16_t id)
{
	size_t least = base;

	while (offset >= least && !(offset % sizeof(uint64_t)) &&
		size >= sizeof(struct vfio_info_cap_header) &&
		offset <= size - sizeof(struct vfio_info_cap_header)) {
		const struct vfio_info_cap_header *cap =
			(const void *)((const char *)info + offset);

		if (cap->id == id)
			return cap;
		least = offset + sizeof(*cap);
		offset = cap->next;
	}
	return NULL;
}
