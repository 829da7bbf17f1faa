/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Page frames that a card must not get. When the kernel pins pages for an IOMMU, it checks them
 * first; without an IOMMU this does, by /proc/kpageflags. uvio_populate() has checked the page
 * tables before.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <string.h>

#include <uvio/dma.h>
#include <uvio/error.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/sys.h"
#include "base/table.h"
#include "dma/dma.h"
#include "dma/phys.h"

#define CHUNK 64

static bool is_set(uint64_t flags, unsigned int bit)
{
	return flags >> bit & 1;
}

/* One that is written back to a disk: neither anonymous, nor of tmpfs, nor a huge page. */
static bool is_of_file(uint64_t flags)
{
	return is_set(flags, KPF_UPTODATE) && !is_set(flags, KPF_ANON) &&
	       !is_set(flags, KPF_SWAPBACKED) && !is_set(flags, KPF_HUGE);
}

/* Why the card may not write there; NULL: it may. */
static const char *unfit(uint64_t flags, uint32_t direction)
{
	if (is_set(flags, KPF_NOPAGE))
		return "memory of a device";
	if (is_set(flags, KPF_HWPOISON))
		return "faulty memory";
	if (!(direction & UVIO_DMA_FROM_CARD))
		return NULL;
	if (is_set(flags, KPF_ZERO_PAGE))
		return "the zero page of the kernel";
	if (is_of_file(flags))
		return "a page of a file, which would lose the data that the card writes; use "
		       "anonymous memory, tmpfs, or uvio_dma_alloc()";
	return NULL;
}

static int check_chunk(struct uvio_udev *udev, const struct uvio_mapping *mapping, uint64_t frame,
	const uint64_t *flags, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		const char *why = unfit(flags[i], mapping->flags);

		if (why)
			return uvio_fail(-EFAULT,
				"%s: DMA map: 0x%llx bytes at %p: at 0x%" PRIx64 " lies %s",
				udev->address.text, (unsigned long long)mapping->size,
				(void *)mapping->addr, (frame + i) * udev->domain->dma.page, why);
	}
	return 0;
}

/* The file ends with the machine's memory: what lies beyond it is a device's. */
static int read_flags(int fd, uint64_t frame, uint64_t *flags, uint64_t count)
{
	int rc = uvio_sys_pread(fd, flags, count * sizeof(*flags), frame * sizeof(*flags));

	for (uint64_t i = 0; rc == -EIO && i < count; i++) {
		int one =
			uvio_sys_pread(fd, &flags[i], sizeof(*flags), (frame + i) * sizeof(*flags));

		if (one == -EIO)
			flags[i] = UINT64_C(1) << KPF_NOPAGE;
		else if (one)
			return one;
	}
	return rc == -EIO ? 0 : rc;
}

static int check_run(struct uvio_udev *udev, const struct uvio_mapping *mapping, int fd,
	uint64_t frame, uint64_t count)
{
	uint64_t flags[CHUNK];
	int rc = 0;

	while (count && !rc) {
		uint64_t n = count < CHUNK ? count : CHUNK;

		rc = read_flags(fd, frame, flags, n);
		if (rc)
			return uvio_fail(rc, "%s: DMA map: reading kpageflags: %s",
				udev->address.text, strerror(-rc));
		rc = check_chunk(udev, mapping, frame, flags, n);
		frame += n;
		count -= n;
	}
	return rc;
}

static int open_flags(struct uvio_phys *phys, struct uvio_udev *udev)
{
	char path[UVIO_PATH_SIZE];
	int fd;

	if (phys->flags_fd >= 0)
		return 0;
	snprintf(path, sizeof(path), "%s/kpageflags", udev->ctx->proc);
	fd = uvio_sys_open(path, O_RDONLY);
	if (fd == -EACCES || fd == -EPERM || fd == -ENOENT)
		return 0;
	if (fd < 0)
		return uvio_fail(
			fd, "%s: cannot open %s: %s", udev->address.text, path, strerror(-fd));
	phys->flags_fd = fd;
	return 0;
}

/* Frames that lie side by side. */
struct run {
	uint64_t frame;
	uint64_t count;
};

static struct run run_of(const struct uvio_mapping *mapping, size_t i, uint64_t page)
{
	const struct uvio_mapping_segment *segment = &mapping->segments[i];

	return (struct run){
		segment->iova / page, (uvio_segment_end(mapping, i) - segment->begin) / page};
}

/* From segment @i on, which it moves. The kernel often gives pages from the highest down. */
static struct run next_run(const struct uvio_mapping *mapping, size_t *i, uint64_t page)
{
	struct run run = run_of(mapping, (*i)++, page);

	for (; *i < mapping->segment_count; (*i)++) {
		struct run next = run_of(mapping, *i, page);

		if (next.frame + next.count != run.frame)
			break;
		run.frame = next.frame;
		run.count += next.count;
	}
	return run;
}

int uvio_phys_check_frames(
	struct uvio_phys *phys, struct uvio_udev *udev, const struct uvio_mapping *mapping)
{
	int rc = open_flags(phys, udev);

	if (rc || phys->flags_fd < 0)
		return rc;
	for (size_t i = 0; i < mapping->segment_count && !rc;) {
		struct run run = next_run(mapping, &i, udev->domain->dma.page);

		rc = check_run(udev, mapping, phys->flags_fd, run.frame, run.count);
	}
	return rc;
}
