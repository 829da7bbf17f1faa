/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* The card edu by its registers alone: for programs that are to know nothing of the library. */
#include <config.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conformance.h"

#define BAR_SIZE (1u << 20)

/* See drivers/qemu/edu.c. */
#define DMA_SOURCE 0x80
#define DMA_TARGET 0x88
#define DMA_COUNT 0x90
#define DMA_COMMAND 0x98
#define DMA_START 1
#define DMA_OUT 2
#define BUFFER 0x40000

volatile void *raw_edu_map(const char *address, bool writable)
{
	int prot = PROT_READ | (writable ? PROT_WRITE : 0);
	char path[128];
	void *addr = MAP_FAILED;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", address);
	fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd >= 0)
		addr = mmap(NULL, BAR_SIZE, prot, MAP_SHARED, fd, 0);
	close(fd);
	return addr == MAP_FAILED ? NULL : addr;
}

void raw_edu_unmap(volatile void *registers)
{
	munmap((void *)registers, BAR_SIZE);
}

static void tell(volatile void *registers, unsigned int offset, uint64_t value)
{
	volatile uint32_t *at = (volatile uint32_t *)((volatile char *)registers + offset);

	at[0] = (uint32_t)value;
	if (offset != DMA_COMMAND)
		at[1] = (uint32_t)(value >> 32);
}

void raw_edu_start(volatile void *registers, uint64_t iova)
{
	tell(registers, DMA_SOURCE, BUFFER);
	tell(registers, DMA_TARGET, iova);
	tell(registers, DMA_COUNT, RAW_EDU_SIZE);
	tell(registers, DMA_COMMAND, DMA_START | DMA_OUT);
}

int raw_edu_await(volatile void *registers)
{
	volatile uint32_t *command =
		(volatile uint32_t *)((volatile char *)registers + DMA_COMMAND);

	for (double end = seconds() + LONG_MS / 1e3; *command & DMA_START;)
		CHECK(seconds() < end);
	return PASS;
}

bool raw_edu_holds(const unsigned char *bytes, unsigned char value)
{
	for (size_t i = 0; i < RAW_EDU_SIZE; i++)
		if (bytes[i] != value)
			return false;
	return true;
}
