/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Regions: BARs, the expansion ROM, the configuration space, regions that a kernel driver adds, the
 * maps and I/O ports of a UIO device; and the accessors for the registers in them.
 *
 * For PCI a region has the number of its BAR on every backend. For a UIO device on another bus it
 * has the number of its map, or UVIO_REGION_PORT0 and the number of its range of I/O ports.
 *
 * I/O ports are accessed by system calls, or with UVIO_OPEN_PORT_INSTRUCTIONS by port instructions.
 * Those of a UIO device that is not PCI have registers of one byte for system calls, since
 * /dev/port transfers bytes: wider ones need the instructions, and are -ENOTSUP without.
 *
 * Threads: uvio_region_map() is called by one thread at a time for a udev device. Everything else
 * here may be called by any thread, as long as the device is open; the order of accesses of
 * different threads is up to the program.
 */
#ifndef UVIO_REGION_H
#define UVIO_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uvio/udev.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	UVIO_REGION_BAR0 = 0, /**< not PCI: map 0; to 4 */
	UVIO_REGION_BAR1,
	UVIO_REGION_BAR2,
	UVIO_REGION_BAR3,
	UVIO_REGION_BAR4,
	UVIO_REGION_BAR5,
	UVIO_REGION_ROM = 6,
	UVIO_REGION_CONFIG = 7,
	UVIO_REGION_VGA = 8,	  /**< PCI: the addresses of a VGA card outside of BARs */
	UVIO_REGION_PORT0 = 8,	  /**< not PCI: to 12, ranges of I/O ports */
	UVIO_REGION_SPECIFIC = 9, /**< PCI: from here on regions that the kernel driver adds */
	UVIO_REGION_COUNT = 16,
};

enum uvio_region_flags {
	UVIO_REGION_READ = 1u << 0,
	UVIO_REGION_WRITE = 1u << 1,
	UVIO_REGION_MMAP = 1u << 2,  /**< at least a part can be mapped */
	UVIO_REGION_PORTS = 1u << 3, /**< I/O ports */
	UVIO_REGION_HOLES =
		1u << 4, /**< only parts can be mapped; the rest is accessed by system calls */
};

/**
 * A region in use. Made by uvio_region_map(); may be copied; valid until its udev device is closed.
 * Fields are for reading. If @base is not NULL, the first @direct bytes from there may be read, and
 * the first @direct_write bytes written, as volatile memory of exactly the register's width. A
 * read-only region is mapped read-only: a write to it is a SIGSEGV. The accessors below respect
 * both, and call the backend for everything else. Later versions may add members at the end; the
 * library reads only the members that are here.
 */
struct uvio_region {
	volatile unsigned char *base;
	uint64_t direct; /**< bytes, a multiple of 8; 0 if @base is NULL, or nothing can be read */
	uint64_t size;	 /**< bytes */
	uint32_t flags;	 /**< enum uvio_region_flags */
	uint32_t index;
	struct uvio_udev *udev;
	uint32_t type; /**< of a region that a kernel driver adds, by <linux/vfio.h>; 0: none */
	uint32_t subtype;
	uint64_t direct_write; /**< bytes that may be written: @direct, or 0 */
	uint64_t start;	       /**< of a slice: where it begins in its region; else 0 */
};

/**
 * Describes region @index without mapping it: @region->base is NULL. 0; -EINVAL (no such number);
 * -ENOENT (the card does not implement it); -ENODEV; -EIO.
 */
UVIO_API int uvio_region_info_sized(
	struct uvio_udev *udev, unsigned int index, struct uvio_region *region, size_t size);

static inline int uvio_region_info(
	struct uvio_udev *udev, unsigned int index, struct uvio_region *region)
{
	return uvio_region_info_sized(udev, index, region, sizeof(*region));
}

/**
 * Makes region @index accessible, mapped if the kernel allows that and the device was not opened
 * with UVIO_OPEN_SURVIVE_REMOVAL. Mapping it again gives the same mapping. Errors as
 * uvio_region_info(), and the errno of mmap. Parts that the kernel does not map are accessed by
 * system calls. The MSI-X table belongs to the kernel: if it is accessed by system calls, as before
 * Linux 4.16, a write is -EACCES; else it is mapped with the rest, and must not be written. The ROM
 * is read by system calls; on uio it is copied now, which needs root.
 */
UVIO_API int uvio_region_map_sized(
	struct uvio_udev *udev, unsigned int index, struct uvio_region *region, size_t size);

static inline int uvio_region_map(
	struct uvio_udev *udev, unsigned int index, struct uvio_region *region)
{
	return uvio_region_map_sized(udev, index, region, sizeof(*region));
}

/**
 * A part of a region as a region: @length bytes from @offset on, as the registers of one slot or
 * channel, whose offsets then begin at 0. @region is mapped, or a slice itself; @slice may be the
 * same. Direct access is by whole groups of 8 bytes of the slice; the rest at its end is accessed
 * by system calls. 0; -EINVAL (a NULL; not mapped; @offset is not a multiple of 8, or @length is
 * 0); -ERANGE (beyond the end of the region).
 */
UVIO_API int uvio_region_slice_sized(const struct uvio_region *region, uint64_t offset,
	uint64_t length, struct uvio_region *slice, size_t size);

static inline int uvio_region_slice(const struct uvio_region *region, uint64_t offset,
	uint64_t length, struct uvio_region *slice)
{
	return uvio_region_slice_sized(region, offset, length, slice, sizeof(*slice));
}

/**
 * The number of the region that the kernel driver added with this @type (not 0) and @subtype, as in
 * <linux/vfio.h>: VFIO_REGION_TYPE_*, VFIO_REGION_SUBTYPE_*. -EINVAL; -ENOENT (there is none);
 * -ENOTSUP (the backend has no such regions); -ENODEV; -EIO.
 */
UVIO_API int uvio_region_find(struct uvio_udev *udev, uint32_t type, uint32_t subtype);

/**
 * Reads or writes one register of @width bytes (1, 2, 4, and except for I/O ports 8), in the byte
 * order of the card's bus, little endian. 0; -EINVAL (@width, or an @offset that is not a multiple
 * of it); -ERANGE (beyond the end of the region); -EACCES (the region cannot be read, or written);
 * -EPERM (uio, configuration space: without CAP_SYS_ADMIN only 64 bytes can be read, and without
 * permission to write its file in sysfs none can be written); -ENODEV; -EIO.
 */
UVIO_API int uvio_region_read(
	const struct uvio_region *region, uint64_t offset, unsigned int width, uint64_t *value);
UVIO_API int uvio_region_write(
	const struct uvio_region *region, uint64_t offset, unsigned int width, uint64_t value);

/** For the accessors below: access to what is not mapped. A failed read gives all ones. */
UVIO_API uint64_t uvio_region_read_slow(
	const struct uvio_region *region, uint64_t offset, unsigned int width);
UVIO_API void uvio_region_write_slow(
	const struct uvio_region *region, uint64_t offset, unsigned int width, uint64_t value);
UVIO_API void uvio_region_read_rep_slow(const struct uvio_region *region, uint64_t offset,
	unsigned int width, void *buffer, size_t count);
UVIO_API void uvio_region_write_rep_slow(const struct uvio_region *region, uint64_t offset,
	unsigned int width, const void *buffer, size_t count);

/**
 * Reads the register of @width bytes (1, 2, 4, and except for I/O ports 8) at @offset until (value
 * & @mask) == @value, for @timeout nanoseconds; negative: forever; 0: reads it once. While it
 * sleeps between two reads, a thread can be ended by pthread_cancel(), and holds no lock; no other
 * function here, and no accessor, is a cancellation point.
 *
 * 0; -ETIMEDOUT (the error message has the value of the register, and whether the card lost its
 * address or no longer decodes it); -ENODEV (it reads all ones, and so does the configuration
 * space); -EINVAL (@width, @offset as uvio_region_read(); @value has bits outside @mask, or @mask
 * outside the width); -ERANGE.
 */
UVIO_API int uvio_poll_until(const struct uvio_region *region, uint64_t offset, unsigned int width,
	uint64_t mask, uint64_t value, int64_t timeout);

/* Order of register accesses against DMA memory, as the kernel's readl() and writel() give it. */
#if defined(__x86_64__) || defined(__i386__)
#define UVIO_AFTER_READ() __asm__ volatile("" ::: "memory")
#define UVIO_BEFORE_WRITE() __asm__ volatile("" ::: "memory")
#elif defined(__aarch64__)
#define UVIO_AFTER_READ() __asm__ volatile("dmb oshld" ::: "memory")
#define UVIO_BEFORE_WRITE() __asm__ volatile("dmb oshst" ::: "memory")
#else
#define UVIO_AFTER_READ() __sync_synchronize()
#define UVIO_BEFORE_WRITE() __sync_synchronize()
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define UVIO_SWAP_LE(bits, value) UVIO_SWAP_##bits(value)
#else
#define UVIO_SWAP_LE(bits, value) (value)
#endif
#define UVIO_SWAP_8(value) (value)
#define UVIO_SWAP_16(value) __builtin_bswap16(value)
#define UVIO_SWAP_32(value) __builtin_bswap32(value)
#define UVIO_SWAP_64(value) __builtin_bswap64(value)

/*
 * uvio_read32_relaxed(region, offset), uvio_read32(), uvio_read32_be(),
 * uvio_write32_relaxed(region, offset, value), uvio_write32(), uvio_write32_be(), and the same with
 * 8, 16 and 64.
 *
 * Each is exactly one access of that width. An access that is out of bounds, not aligned, or fails,
 * reads all ones or writes nothing, and sets an error message; where the device failed it,
 * uvio_udev_alive() is false from then on. _relaxed are not ordered against DMA memory. A 64-bit
 * access may be split: by the kernel if the region is not mapped, by the compiler on 32-bit
 * machines. While a card does not decode memory (the command register's bit 1 is off, or it sleeps
 * in D3), accessing a mapped region on vfio is SIGBUS: switch neither while it is in use, or open
 * with UVIO_OPEN_SURVIVE_REMOVAL.
 */
#define UVIO_DEFINE_ACCESSORS(bits)                                                                \
	static inline uint##bits##_t uvio_read##bits##_relaxed(                                    \
		const struct uvio_region *region, uint64_t offset)                                 \
	{                                                                                          \
		if (__builtin_expect(!(offset & (bits / 8 - 1)) && offset < region->direct, 1))    \
			return UVIO_SWAP_LE(                                                       \
				bits, *(volatile uint##bits##_t *)(volatile void *)(region->base + \
										    offset));      \
		return (uint##bits##_t)uvio_region_read_slow(region, offset, bits / 8);            \
	}                                                                                          \
	static inline uint##bits##_t uvio_read##bits(                                              \
		const struct uvio_region *region, uint64_t offset)                                 \
	{                                                                                          \
		uint##bits##_t value = uvio_read##bits##_relaxed(region, offset);                  \
		UVIO_AFTER_READ();                                                                 \
		return value;                                                                      \
	}                                                                                          \
	static inline uint##bits##_t uvio_read##bits##_be(                                         \
		const struct uvio_region *region, uint64_t offset)                                 \
	{                                                                                          \
		return (uint##bits##_t)UVIO_SWAP_##bits(uvio_read##bits(region, offset));          \
	}                                                                                          \
	static inline void uvio_write##bits##_relaxed(                                             \
		const struct uvio_region *region, uint64_t offset, uint##bits##_t value)           \
	{                                                                                          \
		if (__builtin_expect(                                                              \
			    !(offset & (bits / 8 - 1)) && offset < region->direct_write, 1))       \
			*(volatile uint##bits##_t *)(volatile void *)(region->base + offset) =     \
				(uint##bits##_t)UVIO_SWAP_LE(bits, value);                         \
		else                                                                               \
			uvio_region_write_slow(region, offset, bits / 8, value);                   \
	}                                                                                          \
	static inline void uvio_write##bits(                                                       \
		const struct uvio_region *region, uint64_t offset, uint##bits##_t value)           \
	{                                                                                          \
		UVIO_BEFORE_WRITE();                                                               \
		uvio_write##bits##_relaxed(region, offset, value);                                 \
	}                                                                                          \
	static inline void uvio_write##bits##_be(                                                  \
		const struct uvio_region *region, uint64_t offset, uint##bits##_t value)           \
	{                                                                                          \
		uvio_write##bits(region, offset, (uint##bits##_t)UVIO_SWAP_##bits(value));         \
	}

UVIO_DEFINE_ACCESSORS(8)
UVIO_DEFINE_ACCESSORS(16)
UVIO_DEFINE_ACCESSORS(32)
UVIO_DEFINE_ACCESSORS(64)

#define UVIO_EIGHT_TIMES(what) what what what what what what what what

/*
 * uvio_read32_rep(region, offset, buffer, count), uvio_write32_rep(), and the same with 8 and 16:
 * the register at @offset, as of a FIFO, @count times into @buffer or from it, one access each, in
 * order. As the kernel's ioread32_rep(): bytes stay in the order of the card, they are not swapped.
 * Ordered against DMA memory as uvio_read32() and uvio_write32(). On I/O ports with port
 * instructions it is one instruction; else each access that is not mapped is a system call. After a
 * failure the rest reads all ones, or is not written.
 */
#define UVIO_DEFINE_REP_ACCESSORS(bits)                                                            \
	static inline void uvio_read##bits##_rep(const struct uvio_region *region,                 \
		uint64_t offset, uint##bits##_t *buffer, size_t count)                             \
	{                                                                                          \
		const volatile uint##bits##_t *at;                                                 \
                                                                                                   \
		if (__builtin_expect((offset & (bits / 8 - 1)) || offset >= region->direct, 0)) {  \
			uvio_region_read_rep_slow(region, offset, bits / 8, buffer, count);        \
			return;                                                                    \
		}                                                                                  \
		at = (const volatile uint##bits##_t *)(volatile void *)(region->base + offset);    \
		for (; count >= 8; count -= 8) {                                                   \
			UVIO_EIGHT_TIMES(*buffer++ = *at;)                                         \
		}                                                                                  \
		while (count--)                                                                    \
			*buffer++ = *at;                                                           \
		UVIO_AFTER_READ();                                                                 \
	}                                                                                          \
	static inline void uvio_write##bits##_rep(const struct uvio_region *region,                \
		uint64_t offset, const uint##bits##_t *buffer, size_t count)                       \
	{                                                                                          \
		volatile uint##bits##_t *at;                                                       \
                                                                                                   \
		UVIO_BEFORE_WRITE();                                                               \
		if (__builtin_expect(                                                              \
			    (offset & (bits / 8 - 1)) || offset >= region->direct_write, 0)) {     \
			uvio_region_write_rep_slow(region, offset, bits / 8, buffer, count);       \
			return;                                                                    \
		}                                                                                  \
		at = (volatile uint##bits##_t *)(volatile void *)(region->base + offset);          \
		for (; count >= 8; count -= 8) {                                                   \
			UVIO_EIGHT_TIMES(*at = *buffer++;)                                         \
		}                                                                                  \
		while (count--)                                                                    \
			*at = *buffer++;                                                           \
	}

UVIO_DEFINE_REP_ACCESSORS(8)
UVIO_DEFINE_REP_ACCESSORS(16)
UVIO_DEFINE_REP_ACCESSORS(32)

#ifdef __cplusplus
}
#endif

#endif /* UVIO_REGION_H */
