/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The calls for memory, and what is mapped by them. */
#include <config.h>

#include <stdio.h>
#include <sys/mman.h>

#include "inject.h"
#include "base/sys.h"

#define MOST 1024

struct open_mapping {
	char *addr;
	size_t size;
};

static struct open_mapping mappings[MOST];
static unsigned int mapping_count, wrong;

void inject_forget_memory(void)
{
	mapping_count = wrong = 0;
}

unsigned int inject_left_memory(char *text, size_t size, size_t *used)
{
	for (unsigned int i = 0; i < mapping_count && *used < size; i++)
		*used += (size_t)snprintf(
			text + *used, size - *used, " a mapping of 0x%zx bytes", mappings[i].size);
	if (wrong && *used < size)
		*used += (size_t)snprintf(text + *used, size - *used, " %u wrong unmaps", wrong);
	return mapping_count + wrong;
}

void inject_forget_mapping(void)
{
	mapping_count -= mapping_count > 0;
}

static bool is_inside(const char *addr, size_t size)
{
	for (unsigned int i = 0; i < mapping_count; i++)
		if (addr >= mappings[i].addr && addr + size <= mappings[i].addr + mappings[i].size)
			return true;
	return false;
}

static void mapped(char *addr, size_t size, int flags)
{
	if (flags & MAP_FIXED) {
		wrong += !is_inside(addr, size);
		return;
	}
	if (mapping_count < MOST)
		mappings[mapping_count++] = (struct open_mapping){addr, size};
}

int __real_uvio_sys_mmap(
	void *want, uint64_t size, int prot, int flags, int fd, uint64_t offset, void **out);
int __wrap_uvio_sys_mmap(
	void *want, uint64_t size, int prot, int flags, int fd, uint64_t offset, void **out);

int __wrap_uvio_sys_mmap(
	void *want, uint64_t size, int prot, int flags, int fd, uint64_t offset, void **out)
{
	int rc = inject_ordered(INJECT_MMAP, inject_name_of(fd));

	if (rc)
		return rc;
	rc = SIM(mmap, want, size, prot, flags, fd, offset, out);
	if (rc == SIM_NOT_MINE)
		rc = __real_uvio_sys_mmap(want, size, prot, flags, fd, offset, out);
	if (!rc)
		mapped(*out, size, flags);
	return rc;
}

void __real_uvio_sys_munmap(void *addr, size_t size);
void __wrap_uvio_sys_munmap(void *addr, size_t size);

void __wrap_uvio_sys_munmap(void *addr, size_t size)
{
	char *first = addr, *end = first + size;

	for (unsigned int i = 0; i < mapping_count; i++) {
		struct open_mapping *mapping = &mappings[i];
		char *begin = mapping->addr, *last = begin + mapping->size;

		/* All of it, or what is before or behind the rest. */
		if (first < begin || end > last || (first > begin && end < last))
			continue;
		mapping->addr = first == begin ? end : begin;
		mapping->size -= size;
		if (!mapping->size)
			*mapping = mappings[--mapping_count];
		__real_uvio_sys_munmap(addr, size);
		return;
	}
	wrong++;
}

int __real_uvio_sys_madvise(void *addr, size_t size, int advice);
int __wrap_uvio_sys_madvise(void *addr, size_t size, int advice);

int __wrap_uvio_sys_madvise(void *addr, size_t size, int advice)
{
	int rc = inject_ordered(
		INJECT_MADVISE, advice == MADV_DONTFORK ? "MADV_DONTFORK" : "memory");

	if (!rc)
		rc = SIM(madvise, addr, size, advice);
	return rc == SIM_NOT_MINE ? __real_uvio_sys_madvise(addr, size, advice) : rc;
}

int __real_uvio_sys_mlock(const void *addr, size_t size);
int __wrap_uvio_sys_mlock(const void *addr, size_t size);

int __wrap_uvio_sys_mlock(const void *addr, size_t size)
{
	int rc = inject_ordered(INJECT_MLOCK, "memory");

	if (!rc)
		rc = SIM(mlock, addr, size);
	return rc == SIM_NOT_MINE ? __real_uvio_sys_mlock(addr, size) : rc;
}

int __real_uvio_sys_mlock_on_fault(const void *addr, size_t size);
int __wrap_uvio_sys_mlock_on_fault(const void *addr, size_t size);

int __wrap_uvio_sys_mlock_on_fault(const void *addr, size_t size)
{
	int rc = inject_ordered(INJECT_MLOCK, "memory");

	if (!rc)
		rc = SIM(mlock, addr, size);
	return rc == SIM_NOT_MINE ? __real_uvio_sys_mlock_on_fault(addr, size) : rc;
}

int __real_uvio_sys_mremap(void *addr, size_t size, void *to);
int __wrap_uvio_sys_mremap(void *addr, size_t size, void *to);

/* What was a mapping is a part of another one then. */
int __wrap_uvio_sys_mremap(void *addr, size_t size, void *to)
{
	int rc = inject_ordered(INJECT_MREMAP, "memory");

	if (!rc)
		rc = __real_uvio_sys_mremap(addr, size, to);
	if (rc)
		return rc;
	wrong += !is_inside(to, size);
	for (unsigned int i = 0; i < mapping_count; i++)
		if (mappings[i].addr == addr && mappings[i].size == size) {
			mappings[i] = mappings[--mapping_count];
			break;
		}
	if (sim && sim->moved)
		sim->moved(to, size);
	return 0;
}
