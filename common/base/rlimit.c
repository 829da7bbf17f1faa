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
#include <unistd.h>

#include "base/context.h"
#include "base/rights.h"
#include "base/lines.h"
#include "base/rlimit.h"
#include "base/sys.h"
#include "base/sysfs.h"

#define RAISE_LOCKED                                                                               \
	"raise it: ulimit -l, /etc/security/limits.conf, or LimitMEMLOCK= of the systemd unit"

/* "VmLck:	      64 kB" of /proc/self/status. */
static unsigned long long kibibytes(const char *status, const char *name)
{
	const char *at = strstr(status, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* Not inlined, so that a caller's stack has only one such buffer at a time. */
static unsigned long long __attribute__((noinline))
memory_of(struct uvio_ctx *ctx, const char *name)
{
	char status[4096] = "";

	uvio_proc_read(ctx, status, sizeof(status), "self/status");
	return kibibytes(status, name);
}

unsigned long long uvio_limit(int resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return UVIO_NO_LIMIT;
	return limit.rlim_cur;
}

/* In KiB. */
static unsigned long long soft_limit(int resource)
{
	unsigned long long limit = uvio_limit(resource);

	return limit == UVIO_NO_LIMIT ? limit : limit >> 10;
}

static int count_line(void *data, char *line)
{
	(void)line;
	++*(unsigned long long *)data;
	return 0;
}

static unsigned long long count_mappings(struct uvio_ctx *ctx)
{
	char path[UVIO_PATH_SIZE], buffer[1024];
	unsigned long long lines = 0;

	snprintf(path, sizeof(path), "%s/self/maps", ctx->proc);
	uvio_lines_each(path, buffer, sizeof(buffer), count_line, &lines);
	return lines;
}

static bool hits_locked(
	struct uvio_ctx *ctx, unsigned long long want, char text[UVIO_LIMIT_TEXT], const char *when)
{
	unsigned long long limit = soft_limit(RLIMIT_MEMLOCK);
	unsigned long long locked = memory_of(ctx, "VmLck:");

	if (limit == UVIO_NO_LIMIT || uvio_has_capability(ctx, CAP_IPC_LOCK) ||
		locked + want <= limit)
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
	if (space != UVIO_NO_LIMIT && used + want > space) {
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

/* mmap() returns EAGAIN for one cause only, and EFBIG is from uvio_sys_memfd(). */
int uvio_limit_of_mapping(struct uvio_ctx *ctx, uint64_t size, int rc, char text[UVIO_LIMIT_TEXT])
{
	text[0] = '\0';
	if (rc == -ENOMEM)
		limit_of_space(ctx, size >> 10, text);
	if (rc == -EFBIG) {
		snprintf(text, UVIO_LIMIT_TEXT,
			"; files of this process are limited to %llu KiB (RLIMIT_FSIZE), and "
			"memory that a guard keeps counts as a file; raise it: ulimit -f, or "
			"LimitFSIZE= of the systemd unit",
			soft_limit(RLIMIT_FSIZE));
		return -ENOMEM;
	}
	if (rc != -EAGAIN)
		return rc;
	hits_locked(ctx, size >> 10, text, "and each mapping counts after mlockall(MCL_FUTURE)");
	return -ENOMEM;
}

void uvio_limit_of_locked(struct uvio_ctx *ctx, uint64_t size, char text[UVIO_LIMIT_TEXT])
{
	unsigned long long limit = soft_limit(RLIMIT_MEMLOCK);

	if (limit == UVIO_NO_LIMIT || uvio_has_capability(ctx, CAP_IPC_LOCK)) {
		snprintf(text, UVIO_LIMIT_TEXT,
			"; this process has no limit of locked memory; perhaps the machine has no "
			"memory left; ask for less");
		return;
	}
	if (hits_locked(ctx, size >> 10, text,
		    "by mlock(), and by DMA of all its domains on vfio/group"))
		return;
	snprintf(text, UVIO_LIMIT_TEXT,
		"; locked memory is limited to %llu KiB (RLIMIT_MEMLOCK), of which this process "
		"has %llu KiB locked and %llu KiB pinned; perhaps other processes of this user, "
		"which count on vfio/cdev, use the rest, or the machine has no memory "
		"left; " RAISE_LOCKED,
		limit, memory_of(ctx, "VmLck:"), memory_of(ctx, "VmPin:"));
}

void uvio_limit_of_files(int err, unsigned int missing, char text[UVIO_LIMIT_TEXT])
{
	unsigned long long limit = uvio_limit(RLIMIT_NOFILE);
	char more[24] = "", all[32] = "";

	text[0] = '\0';
	/* Readable if others have closed some since. */
	if (err == -ENFILE)
		snprintf(text, UVIO_LIMIT_TEXT,
			"the machine has as many open files as the kernel allows%s%s; raise it: "
			"sysctl fs.file-max",
			uvio_read_file("/proc/sys/fs/file-max", all, sizeof(all)) > 0 ? ", " : "",
			all);
	if (err != -EMFILE || limit == UVIO_NO_LIMIT)
		return;
	if (missing)
		snprintf(more, sizeof(more), " %llu", limit + missing);
	snprintf(text, UVIO_LIMIT_TEXT,
		"this process can have %llu descriptors open (RLIMIT_NOFILE); raise it: "
		"ulimit -n%s, or LimitNOFILE= of the systemd unit; all files and sockets of the "
		"program count",
		limit, more);
}

/* The kernel does not apply the limit to root, or with one of these capabilities. */
static bool is_limited_in_processes(struct uvio_ctx *ctx)
{
	return uvio_limit(RLIMIT_NPROC) != UVIO_NO_LIMIT && getuid() &&
	       !uvio_has_capability(ctx, CAP_SYS_RESOURCE) &&
	       !uvio_has_capability(ctx, CAP_SYS_ADMIN);
}

void uvio_limit_of_processes(struct uvio_ctx *ctx, int err, char text[UVIO_LIMIT_TEXT])
{
	char threads[32] = "", numbers[32] = "";

	text[0] = '\0';
	if (err != -ENOSPC)
		return;
	if (is_limited_in_processes(ctx)) {
		snprintf(text, UVIO_LIMIT_TEXT,
			"all programs of this user can have %llu processes and threads "
			"together (RLIMIT_NPROC), or perhaps fewer by their control group "
			"(pids.max); raise it: ulimit -u, or LimitNPROC= of the systemd unit",
			uvio_limit(RLIMIT_NPROC));
		return;
	}
	uvio_proc_read(ctx, threads, sizeof(threads), "sys/kernel/threads-max");
	uvio_proc_read(ctx, numbers, sizeof(numbers), "sys/kernel/pid_max");
	snprintf(text, UVIO_LIMIT_TEXT,
		"the machine can have %s threads (sysctl kernel.threads-max) and %s thread "
		"ids (kernel.pid_max); perhaps the limit of the control group is lower; look at "
		"pids.max in its folder below /sys/fs/cgroup, or TasksMax= of the systemd unit",
		threads[0] ? threads : "a limited number of",
		numbers[0] ? numbers : "a limited number of");
}

void uvio_limit_of_watches(struct uvio_ctx *ctx, int err, char text[UVIO_LIMIT_TEXT])
{
	char number[32] = "";

	text[0] = '\0';
	if (err != -ENOSPC)
		return;
	uvio_proc_read(ctx, number, sizeof(number), "sys/fs/epoll/max_user_watches");
	snprintf(text, UVIO_LIMIT_TEXT,
		"all processes of this user can watch %s descriptors with epoll; raise it: sysctl "
		"fs.epoll.max_user_watches",
		number[0] ? number : "no more");
}

void uvio_limit_of_entries(struct uvio_ctx *ctx, size_t used, char text[UVIO_LIMIT_TEXT])
{
	char allows[48] = "no more";
	uint64_t limit;

	if (!uvio_sysfs_u64(ctx, &limit, "module/vfio_iommu_type1/parameters/dma_entry_limit"))
		snprintf(allows, sizeof(allows), "%llu", (unsigned long long)limit);
	snprintf(text, UVIO_LIMIT_TEXT,
		"%zu mappings exist, and the kernel allows %s (dma_entry_limit of "
		"vfio_iommu_type1) in each domain; make larger mappings, or load that module with "
		"a higher limit",
		used, allows);
}

#define HUGE_PAGES "kernel/mm/hugepages/hugepages-%" PRIu64 "kB/"

/* The free ones that no mapping has reserved. */
static uint64_t huge_pages_left(struct uvio_ctx *ctx, uint64_t kilobytes)
{
	uint64_t left = 0, reserved = 0;

	uvio_sysfs_u64(ctx, &left, HUGE_PAGES "free_hugepages", kilobytes);
	uvio_sysfs_u64(ctx, &reserved, HUGE_PAGES "resv_hugepages", kilobytes);
	return left > reserved ? left - reserved : 0;
}

void uvio_limit_of_huge_pages(struct uvio_ctx *ctx, const uint64_t *sizes, unsigned int count,
	uint64_t size, char text[UVIO_LIMIT_TEXT])
{
	char left[160] = "";
	size_t used = 0;
	unsigned int fits = 0;
	bool some = false;

	for (unsigned int i = 0; i < count; i++) {
		uint64_t pages = huge_pages_left(ctx, sizes[i] >> 10);

		fits += sizes[i] < size;
		some |= pages && sizes[i] >= size;
		if (used < sizeof(left))
			used += (size_t)snprintf(left + used, sizeof(left) - used,
				"%s%" PRIu64 " of %" PRIu64 " kB", i ? ", " : "", pages,
				sizes[i] >> 10);
	}
	if (some)
		snprintf(text, UVIO_LIMIT_TEXT,
			"the kernel does not allocate any of the free huge pages (%s); perhaps the "
			"control group has reached its limit; look at hugetlb.*.max in its folder "
			"below /sys/fs/cgroup",
			left);
	else if (!fits)
		snprintf(text, UVIO_LIMIT_TEXT,
			"no huge page is free (%s); reserve some: sysctl vm.nr_hugepages=16", left);
	else
		snprintf(text, UVIO_LIMIT_TEXT,
			"no huge page is free (%s); reserve some: echo 1 > %s/" HUGE_PAGES
			"nr_hugepages",
			left, ctx->sysfs, sizes[fits] >> 10);
}
