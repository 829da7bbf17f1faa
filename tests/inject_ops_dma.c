/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Operations on memory for DMA from other sources than uvio_dma_alloc(). */
#include <config.h>

#include <uvio/dma.h>
#include <uvio/error.h>

#include "harness.h"
#include "inject_ops.h"

static struct uvio_dma buffer;

static const char *memory_is_mapped(void)
{
	uint64_t iova, contiguous;

	((volatile char *)buffer.addr)[buffer.size - 1] = 1;
	if (uvio_dma_iova(udev, buffer.addr, &iova, &contiguous))
		return uvio_last_error();
	return iova != buffer.iova || contiguous < buffer.size ? "the iova is another" : NULL;
}

static struct uvio_dma_segment segments[16];

static int run_dma_scattered(void)
{
	return uvio_dma_alloc_scattered(udev, 3 * 4096 + 1, 0, segments, 16, &buffer);
}

static const char *pieces_work(void)
{
	uint64_t iova;

	((volatile char *)buffer.addr)[buffer.size - 1] = 1;
	if (uvio_dma_iova(udev, (char *)buffer.addr + buffer.size - 1, &iova, NULL))
		return uvio_last_error();
	return buffer.iova == segments[0].iova ? NULL : "the first segment is another";
}

const struct operation op_dma_scattered = {
	.name = "dma alloc, scattered",
	.begin = card_open_asserted,
	.run = run_dma_scattered,
	.works = pieces_work,
};

static void begin_pieces(void)
{
	card_open_asserted();
	ASSERT(run_dma_scattered() > 0);
}

static int run_dma_verify(void)
{
	return uvio_dma_verify(udev, buffer.addr, buffer.size);
}

const struct operation op_dma_verify = {
	.name = "dma verify",
	.begin = begin_pieces,
	.run = run_dma_verify,
};

static int run_dma_from_region(void)
{
	return uvio_dma_from_region(udev, 1, &buffer);
}

const struct operation op_dma_from_region = {
	.name = "dma from region",
	.begin = card_open_asserted,
	.run = run_dma_from_region,
	.works = memory_is_mapped,
};

static int run_dma_import(void)
{
	return uvio_dma_import(udev, "udmabuf0", 0, &buffer);
}

const struct operation op_dma_import = {
	.name = "dma import",
	.begin = card_open_asserted,
	.run = run_dma_import,
	.works = memory_is_mapped,
};
