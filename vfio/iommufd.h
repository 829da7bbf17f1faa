/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * The parts of the kernel's interface of iommufd and of VFIO's character devices that are used
 * (Linux 6.6, <linux/iommufd.h> and <linux/vfio.h>). Declared here, since the headers of Debian 12
 * lack them. The numbers and layouts are fixed by the kernel.
 */
#ifndef UVIO_VFIO_IOMMUFD_H
#define UVIO_VFIO_IOMMUFD_H

#include <linux/vfio.h>
#include <stdint.h>

/* On a descriptor of /dev/iommu. @size is that of the structure. */
#define IOMMUFD_IO(number) _IO(';', 0x80 + (number))
#define IOMMUFD_IOAS_ALLOC IOMMUFD_IO(1)
#define IOMMUFD_IOAS_IOVA_RANGES IOMMUFD_IO(4)
#define IOMMUFD_IOAS_MAP IOMMUFD_IO(5)
#define IOMMUFD_IOAS_UNMAP IOMMUFD_IO(6)

struct iommufd_ioas_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_ioas_id;
};

struct iommufd_iova_range {
	uint64_t start;
	uint64_t last;
};

/** -EMSGSIZE, with the number in @num_iovas, if the array is too small for all. */
struct iommufd_ioas_iova_ranges {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas;
	uint32_t reserved;
	uint64_t allowed_iovas; /* address of an array */
	uint64_t out_iova_alignment;
};

enum {
	IOMMUFD_MAP_FIXED_IOVA = 1 << 0,
	IOMMUFD_MAP_WRITEABLE = 1 << 1,
	IOMMUFD_MAP_READABLE = 1 << 2,
};

struct iommufd_ioas_map {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	uint32_t reserved;
	uint64_t user_va;
	uint64_t length;
	uint64_t iova;
};

/** @length receives the number of bytes that were unmapped. */
struct iommufd_ioas_unmap {
	uint32_t size;
	uint32_t ioas_id;
	uint64_t iova;
	uint64_t length;
};

/* On a descriptor of /dev/vfio/devices/vfioN. */
#define IOMMUFD_VFIO_BIND _IO(VFIO_TYPE, VFIO_BASE + 18)
#define IOMMUFD_VFIO_ATTACH _IO(VFIO_TYPE, VFIO_BASE + 19)

/** Without the token, which Linux 6.17 appended: argsz tells the two apart. */
struct iommufd_vfio_bind {
	uint32_t argsz;
	uint32_t flags;
	int32_t iommufd;
	uint32_t out_devid;
};

/** The same with a token. */
struct iommufd_vfio_bind_token {
	struct iommufd_vfio_bind bind;
	uint64_t token_uuid_ptr;
};

#define IOMMUFD_VFIO_BIND_TOKEN 1u

struct iommufd_vfio_attach {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pt_id; /* in: an IOAS; out: its page table */
};

#endif /* UVIO_VFIO_IOMMUFD_H */
