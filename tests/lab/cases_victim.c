/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * uvio guard, with a program that knows nothing of uvio: it has registers and configuration space
 * by sysfs, on a card without a kernel driver.
 */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/bind.h>

#include "conformance.h"

#define EDU "0000:00:04.0"
#define COMMAND "/lab/uvio"
#define ROUNDS 5
#define PAGE 4096
#define PAGEMAP_FRAME ((UINT64_C(1) << 55) - 1)

static int set_command(const char *address, uint16_t command)
{
	char path[128];
	int fd, rc;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", address);
	fd = open(path, O_RDWR | O_CLOEXEC);
	rc = fd < 0 || pwrite(fd, &command, sizeof(command), 4) != sizeof(command);
	close(fd);
	return rc;
}

void run_victim(struct uvio_ctx *ctx)
{
	const char *iova = getenv("UVIO_VICTIM");
	volatile void *registers = raw_edu_map(EDU, true);

	(void)ctx;
	if (!iova || !registers || set_command(EDU, 0x106))
		return;
	raw_edu_start(registers, strtoull(iova, NULL, 16));
	raise(SIGKILL);
}

static uint64_t physical(const void *addr)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)addr / 4096 * 8)) < 8)
		entry = 0;
	close(fd);
	return (entry & PAGEMAP_FRAME) * 4096;
}

/* Runs "[uvio guard EDU --] t_conformance victim"; what it says on stderr. */
static int run_program(bool guarded, int *status, char *text, size_t size)
{
	char command[] = COMMAND, word[] = "guard", address[] = EDU, end[] = "--";
	char self[] = "/lab/t_conformance", mode[] = "victim";
	char *argv[] = {command, word, address, end, self, mode, NULL};
	size_t used = 0;
	ssize_t n = 1;
	int out[2];
	pid_t pid;

	CHECK(!pipe2(out, O_CLOEXEC));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(out[1], STDERR_FILENO);
		execv(guarded ? command : self, guarded ? argv : argv + 4);
		_exit(1);
	}
	close(out[1]);
	for (text[0] = '\0'; used + 1 < size && n > 0; text[used] = '\0') {
		n = read(out[0], text + used, size - 1 - used);
		used += n > 0 ? (size_t)n : 0;
	}
	close(out[0]);
	CHECK(waitpid(pid, status, 0) == pid);
	return PASS;
}

static unsigned char *page; /* of this program, to which the victim lets the card write */
static volatile void *registers;

static int victim_round(bool guarded)
{
	char text[512] = "", iova[32];
	int status = 0, result;

	memset(page, RAW_EDU_BEFORE, PAGE);
	snprintf(iova, sizeof(iova), "%llx", (unsigned long long)physical(page));
	CHECK(physical(page));
	setenv("UVIO_VICTIM", iova, 1);
	if (run_program(guarded, &status, text, sizeof(text)))
		return FAIL;
	CHECK(bus_master_is_on(EDU) == !guarded);
	result = raw_edu_await(registers);
	set_command(EDU, 0x102);
	CHECK(raw_edu_holds(page, RAW_EDU_BEFORE) == guarded);
	if (!guarded)
		return result;
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGKILL);
	CHECK(strstr(text, "uvio: " EDU ": the driver was killed by signal 9 (Killed) with bus "
			   "mastering on: switched off; INTx masked\n"));
	return result;
}

static int victim_rounds(bool guarded)
{
	for (int i = 0; i < ROUNDS; i++)
		if (victim_round(guarded))
			return fail_at(__FILE__, __LINE__, "round %d", i);
	return PASS;
}

void run_programs(struct uvio_ctx *ctx)
{
	page = shared_memory(PAGE);
	registers = raw_edu_map(EDU, false);
	if (!page || !registers) {
		report(FAIL, NULL, "guard: no memory, or no registers");
		return;
	}
	page[0] = 0;
	uvio_bind(ctx, EDU, "none");
	report(victim_rounds(false), NULL,
		"guard: without, a program of resource0 leaves a card that overwrites (uio 3.16)");
	report(victim_rounds(true), NULL, "guard: uvio guard stops the card before it can");
}
