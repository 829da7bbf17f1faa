/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Limits that the kernel really enforces: they are named with their numbers, by the right errno. */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include <uvio/dma.h>
#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "conformance.h"

#define KIB 1024u
#define LIMIT_KIB 256u
#define MEMORY (1024 * KIB)
#define ALIGNED 4096
#define MAX_MAP_COUNT "/proc/sys/vm/max_map_count"
#define DESCRIPTORS_MAX 256

/* As root whose memory counts, which is what an ordinary user is here. */
static int drop_ipc_lock(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	CHECK(!syscall(SYS_capget, &header, data));
	data[0].effective &= ~(1u << CAP_IPC_LOCK);
	data[0].permitted &= ~(1u << CAP_IPC_LOCK);
	CHECK(!syscall(SYS_capset, &header, data));
	return PASS;
}

static int set_limit(int resource, rlim_t soft)
{
	struct rlimit limit;

	CHECK(!getrlimit((__rlimit_resource_t)resource, &limit));
	limit.rlim_cur = soft;
	CHECK(!setrlimit((__rlimit_resource_t)resource, &limit));
	return PASS;
}

static int open_alone(struct pair *pair)
{
	struct uvio_open_options options = {
		.backend = pair->backend, .flags = UVIO_OPEN_UNSAFE_DMA};

	CHECK_OK(uvio_udev_open(pair->ctx, pair->address, &options, &pair->udev));
	return PASS;
}

static void close_alone(struct pair *pair)
{
	uvio_udev_close(pair->udev);
	pair->udev = NULL;
}

/* What is locked before, on whatever account, leaves no room for the second. */
static int map_beyond_memlock(struct pair *pair)
{
	struct uvio_dma_segment *segments = calloc(MEMORY / ALIGNED, sizeof(*segments));
	unsigned char *memory = aligned_alloc(ALIGNED, MEMORY);

	CHECK(segments && memory);
	memset(memory, 1, MEMORY);
	CHECK(!drop_ipc_lock() && !set_limit(RLIMIT_MEMLOCK, LIMIT_KIB * KIB));
	CHECK(!open_alone(pair));
	CHECK_OK(uvio_dma_map(pair->udev, memory, 2 * ALIGNED, 0, segments, MEMORY / ALIGNED));
	CHECK_ERR(uvio_dma_map(pair->udev, memory + 2 * ALIGNED, MEMORY - 2 * ALIGNED, 0, segments,
			  MEMORY / ALIGNED),
		-ENOMEM,
		"1016 KiB asked for, 8 KiB mapped already in this domain; locked memory is limited "
		"to 256 KiB (RLIMIT_MEMLOCK)");
	CHECK(strstr(uvio_last_error(), "raise it: ulimit -l"));
	CHECK_OK(uvio_dma_unmap(pair->udev, memory, 2 * ALIGNED));
	close_alone(pair);
	return PASS;
}

/* Whatever the descriptor that is missing, up to the open that has all. */
static int open_without_descriptors(struct pair *pair)
{
	struct uvio_open_options options = {
		.backend = pair->backend, .flags = UVIO_OPEN_UNSAFE_DMA};
	unsigned int failed = 0;
	char text[96];

	for (unsigned int most = 3; most < DESCRIPTORS_MAX; most++) {
		int rc;

		CHECK(!set_limit(RLIMIT_NOFILE, most));
		rc = uvio_udev_open(pair->ctx, pair->address, &options, &pair->udev);
		if (!rc) {
			CHECK(failed);
			close_alone(pair);
			return PASS;
		}
		failed++;
		snprintf(text, sizeof(text), "can have %u descriptors open (RLIMIT_NOFILE)", most);
		if (!error_is(rc, -EMFILE, text))
			return fail_at(__FILE__, __LINE__, "%u descriptors: %d: %s", most, rc,
				uvio_last_error());
	}
	return fail_at(__FILE__, __LINE__, "%d descriptors are not enough", DESCRIPTORS_MAX);
}

static unsigned int lowest_free(void)
{
	int fd = dup(STDOUT_FILENO);

	close(fd);
	return (unsigned int)fd;
}

/* An interrupt of uio is read from the node, and takes none. */
static int vectors_without_descriptors(struct pair *pair)
{
	for (int kind = 0; kind < UVIO_IRQ_KINDS; kind++) {
		int rc;

		if (uvio_irq_count(pair->udev, kind) < 1)
			continue;
		CHECK(!set_limit(RLIMIT_NOFILE, lowest_free()));
		rc = uvio_irq_enable(pair->udev, kind, 1);
		if (rc && !error_is(rc, -EMFILE, "descriptors open (RLIMIT_NOFILE); raise it"))
			return fail_at(__FILE__, __LINE__, "%d: %s", rc, uvio_last_error());
		CHECK(rc || !strcmp(pair->backend, "uio"));
		CHECK_OK(uvio_irq_disable(pair->udev));
		CHECK(!set_limit(RLIMIT_NOFILE, DESCRIPTORS_MAX));
		CHECK_OK(uvio_irq_enable(pair->udev, kind, 1));
		CHECK_OK(uvio_irq_disable(pair->udev));
	}
	return PASS;
}

static int enable_without_descriptors(struct pair *pair)
{
	int result;

	CHECK(!open_alone(pair));
	result = vectors_without_descriptors(pair);
	close_alone(pair);
	return result;
}

/* Its BAR is a mapping, too. */
static int region_is_refused(struct pair *pair, const char *text)
{
	struct uvio_region region;

	CHECK_ERR(uvio_region_map(pair->udev, UVIO_REGION_BAR0, &region), -ENOMEM, text);
	CHECK(strstr(uvio_last_error(), "cannot map BAR0"));
	return PASS;
}

static int map_all_locked(struct pair *pair)
{
	struct uvio_dma_segment segments[1];
	struct uvio_dma dma;
	uint32_t caps;

	CHECK(!drop_ipc_lock() && !open_alone(pair));
	caps = uvio_caps(pair->udev);
	CHECK(!set_limit(RLIMIT_MEMLOCK, LIMIT_KIB * KIB) && !mlockall(MCL_FUTURE));
	CHECK(!region_is_refused(pair, "locked memory is limited to 256 KiB (RLIMIT_MEMLOCK)"));
	CHECK(strstr(uvio_last_error(), "each mapping counts after mlockall(MCL_FUTURE)"));
	if (caps & UVIO_CAP_DMA)
		CHECK_ERR(uvio_dma_alloc(pair->udev, MEMORY, 0, &dma), -ENOMEM,
			"locked memory is limited to 256 KiB (RLIMIT_MEMLOCK)");
	if (caps & UVIO_CAP_DMA && !(caps & UVIO_CAP_DMA_PINNED))
		CHECK_ERR(uvio_dma_alloc_scattered(pair->udev, MEMORY, 0, segments, 1, &dma),
			-ENOMEM, "locked memory is limited to 256 KiB (RLIMIT_MEMLOCK)");
	munlockall();
	close_alone(pair);
	return PASS;
}

static unsigned long status_kib(const char *name)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			kib = strtoul(line + strlen(name), NULL, 10);
	if (file)
		fclose(file);
	return kib;
}

static int map_without_address_space(struct pair *pair)
{
	char text[128];
	unsigned long limit;

	CHECK(!open_alone(pair));
	limit = status_kib("VmSize:") + LIMIT_KIB;
	CHECK(!set_limit(RLIMIT_AS, limit * KIB));
	snprintf(text, sizeof(text),
		"the address space of this process is limited to %lu KiB (RLIMIT_AS), of which",
		limit);
	CHECK(!region_is_refused(pair, text));
	close_alone(pair);
	return PASS;
}

static unsigned int count_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	unsigned int count = 0;

	for (int c; file && (c = getc(file)) != EOF;)
		count += c == '\n';
	if (file)
		fclose(file);
	return count;
}

static int map_one_too_many(struct pair *pair)
{
	char before[32] = "", few[16], text[96];
	FILE *file = fopen(MAX_MAP_COUNT, "re");
	int result;

	CHECK(file && fgets(before, sizeof(before), file) && !fclose(file));
	CHECK(!open_alone(pair));
	snprintf(few, sizeof(few), "%u", count_mappings() - 4);
	snprintf(text, sizeof(text), "mappings, and the kernel allows %s; raise it", few);
	CHECK_OK(sysfs_write(MAX_MAP_COUNT, few));
	result = region_is_refused(pair, text);
	CHECK_OK(sysfs_write(MAX_MAP_COUNT, before));
	close_alone(pair);
	return result;
}

static int memlock_is_named(struct pair *pair)
{
	return in_child(pair, map_beyond_memlock) == PASS ? PASS : FAIL;
}

static int descriptors_at_open_are_named(struct pair *pair)
{
	return in_child(pair, open_without_descriptors) == PASS ? PASS : FAIL;
}

static int descriptors_of_vectors_are_named(struct pair *pair)
{
	return in_child(pair, enable_without_descriptors) == PASS ? PASS : FAIL;
}

/* Needs a BAR of more than is left. */
static int with_large_bar(struct pair *pair, int (*work)(struct pair *pair))
{
	struct uvio_region info;
	int rc;

	CHECK(!open_alone(pair));
	rc = uvio_region_info(pair->udev, UVIO_REGION_BAR0, &info);
	close_alone(pair);
	CHECK_OK(rc);
	if (info.size < MEMORY) {
		snprintf(pair->reason, sizeof(pair->reason), "no large BAR");
		return SKIP;
	}
	return in_child(pair, work) == PASS ? PASS : FAIL;
}

static int locked_mappings_are_named(struct pair *pair)
{
	return with_large_bar(pair, map_all_locked);
}

static int address_space_is_named(struct pair *pair)
{
	return with_large_bar(pair, map_without_address_space);
}

static int number_of_mappings_is_named(struct pair *pair)
{
	return with_large_bar(pair, map_one_too_many);
}

/* The record of a change is a file, and beyond the limit a signal ends who writes it. */
static int bind_without_files(struct pair *pair)
{
	CHECK(!set_limit(RLIMIT_FSIZE, 0));
	CHECK_OK(uvio_bind(pair->ctx, pair->address, "none"));
	CHECK_OK(uvio_bind(pair->ctx, pair->address, pair->backend));
	CHECK_OK(open_alone(pair));
	close_alone(pair);
	return PASS;
}

static int no_file_may_be_written(struct pair *pair)
{
	int status = in_child(pair, bind_without_files);

	uvio_bind(pair->ctx, pair->address, pair->backend);
	CHECK(status == PASS);
	return PASS;
}

const struct test_case limit_cases[] = {
	{"limits: locked memory (vfio 44)", UVIO_CAP_DMA, memlock_is_named, true},
	{"limits: descriptors at open", 0, descriptors_at_open_are_named, true},
	{"limits: descriptors of interrupts", 0, descriptors_of_vectors_are_named, true},
	{"limits: mappings after mlockall(MCL_FUTURE)", 0, locked_mappings_are_named, true},
	{"limits: address space", 0, address_space_is_named, true},
	{"limits: number of mappings", 0, number_of_mappings_is_named, true},
	{"limits: size of files", 0, no_file_may_be_written, true},
	{0},
};
