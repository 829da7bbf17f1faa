/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "rlimit.h"
#include "rights.h"
#include "sys.h"

#define RAISE_LOCKED                                                                               \
	"raise it: ulimit -l, /etc/security/limits.conf, or LimitMEMLOCK= of the systemd unit"

/* "VmLck:	      64 kB" of /proc/self/status. */
static unsigned long long kibibytes(const char *status, const char *name)
{
	const char *at = strstr(status, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* Apart, so that no caller has it on its stack beside another file. */
static unsigned long long __attribute__((noinline))
memory_of(struct uvio_ctx *ctx, const char *name)
{
	char status[4096] = "";

	uvio_proc_read(ctx, status, sizeof(status), "self/status");
	return kibibytes(status, name);
}

static unsigned long long soft_limit(int resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return ULLONG_MAX;
	return limit.rlim_cur >> 10;
}

/* The lines of /proc/self/maps. */
static unsigned long long count_mappings(struct uvio_ctx *ctx)
{
	char path[UVIO_PATH_SIZE], text[1024];
	unsigned long long lines = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/self/maps", ctx->proc);
	fd = uvio_sys_open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	while ((n = uvio_sys_read(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += text[i] == '\n';
	uvio_sys_close(fd);
	return lines;
}

static bool hits_locked(
	struct uvio_ctx *ctx, unsigned long long want, char text[UVIO_LIMIT_TEXT], const char *when)
{
	unsigned long long limit = soft_limit(RLIMIT_MEMLOCK);
	unsigned long long locked = memory_of(ctx, "VmLck:");

	if (limit == ULLONG_MAX || uvio_has_capability(CAP_IPC_LOCK) || locked + want <= limit)
		return false;
	snprintf(text, UVIO_LIMIT_TEXT,
		"; locked memory is limited to %llu KiB (RLIMIT_MEMLOCK), %llu KiB of this process "
		"are locked already, %s; " RAISE_LOCKED,
		limit, locked, when);
	return true;
}

static void limit_of_space(struct uvio_ctx *ctx, unsigned long long want, char *text)
{
	unsigned long long space = soft_limit(RLIMIT_AS), used, count, most;
	char number[32] = "";

	uvio_proc_read(ctx, number, sizeof(number), "sys/vm/max_map_count");
	used = memory_of(ctx, "VmSize:");
	if (space != ULLONG_MAX && used + want > space) {
		snprintf(text, UVIO_LIMIT_TEXT,
			"; the address space of this process is limited to %llu KiB (RLIMIT_AS), "
			"of which %llu KiB are in use; raise it: ulimit -v, or LimitAS= of the "
			"systemd unit",
			space, used);
		return;
	}
	most = strtoull(number, NULL, 10);
	count = most ? count_mappings(ctx) : 0;
	if (most && count >= most)
		snprintf(text, UVIO_LIMIT_TEXT,
			"; this process has %llu mappings, and the kernel allows %llu; raise it: "
			"sysctl vm.max_map_count",
			count, most);
}

/* mmap() gives EAGAIN for one cause only. */
int uvio_limit_of_mapping(struct uvio_ctx *ctx, uint64_t size, int rc, char text[UVIO_LIMIT_TEXT])
{
	text[0] = '\0';
	if (rc == -ENOMEM)
		limit_of_space(ctx, size >> 10, text);
	if (rc != -EAGAIN)
		return rc;
	hits_locked(ctx, size >> 10, text, "and each mapping counts after mlockall(MCL_FUTURE)");
	return -ENOMEM;
}

void uvio_limit_of_locked(struct uvio_ctx *ctx, uint64_t size, char text[UVIO_LIMIT_TEXT])
{
	unsigned long long limit = soft_limit(RLIMIT_MEMLOCK);

	if (limit == ULLONG_MAX || uvio_has_capability(CAP_IPC_LOCK)) {
		snprintf(text, UVIO_LIMIT_TEXT,
			"; no limit of locked memory counts for this process, so that perhaps the "
			"machine has no memory left; ask for less");
		return;
	}
	if (hits_locked(ctx, size >> 10, text,
		    "by mlock(), and by DMA of all its domains on vfio/group"))
		return;
	snprintf(text, UVIO_LIMIT_TEXT,
		"; locked memory is limited to %llu KiB (RLIMIT_MEMLOCK), of which this process "
		"has %llu KiB locked and %llu KiB pinned; perhaps other processes of this user "
		"have the rest, which count on vfio/cdev, or the machine has no memory "
		"left; " RAISE_LOCKED,
		limit, memory_of(ctx, "VmLck:"), memory_of(ctx, "VmPin:"));
}
