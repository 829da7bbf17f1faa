/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/** Limits of the kernel for a process, with their values and which processes they count. */
#ifndef UVIO_RLIMIT_H
#define UVIO_RLIMIT_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

struct uvio_ctx;

#define UVIO_LIMIT_TEXT 400

/**
 * The limit that a mapping of @size more bytes hit when mmap() returned @rc: address space, number
 * of mappings, locked memory or file size. @text is a clause that begins with ";", or empty.
 * Returns the errno for the caller: @rc, but -ENOMEM for -EAGAIN and -EFBIG.
 */
int uvio_limit_of_mapping(struct uvio_ctx *ctx, uint64_t size, int rc, char text[UVIO_LIMIT_TEXT]);

/** The same for @size bytes to be locked or pinned. */
void uvio_limit_of_locked(struct uvio_ctx *ctx, uint64_t size, char text[UVIO_LIMIT_TEXT]);

/** The number of a soft limit of getrlimit(); UVIO_NO_LIMIT. */
#define UVIO_NO_LIMIT ULLONG_MAX
unsigned long long uvio_limit(int resource);

/* The following texts are clauses for the end of an error message. */

/**
 * For -EMFILE and -ENFILE; "" for others. @missing: how many more would have been needed; 0: not
 * known.
 */
void uvio_limit_of_files(int err, unsigned int missing, char text[UVIO_LIMIT_TEXT]);

/** For -ENOSPC of a process that could not be started; "" for others. */
void uvio_limit_of_processes(struct uvio_ctx *ctx, int err, char text[UVIO_LIMIT_TEXT]);

/** For -ENOSPC of an epoll descriptor; "" for others. */
void uvio_limit_of_watches(struct uvio_ctx *ctx, int err, char text[UVIO_LIMIT_TEXT]);

/** For -ENOSPC of a mapping on vfio/group, in a domain with @used of them. */
void uvio_limit_of_entries(struct uvio_ctx *ctx, size_t used, char text[UVIO_LIMIT_TEXT]);

/** For -ENOMEM of one huge page of @size bytes or more, of the @count @sizes that there are. */
void uvio_limit_of_huge_pages(struct uvio_ctx *ctx, const uint64_t *sizes, unsigned int count,
	uint64_t size, char text[UVIO_LIMIT_TEXT]);

#endif /* UVIO_RLIMIT_H */
