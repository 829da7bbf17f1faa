/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * Processes whose standard descriptors are closed: no descriptor of a card becomes one of them, so
 * that no message reaches its registers or its configuration space. Needs tools/uvio in the guest.
 */
#include <config.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/context.h>
#include <uvio/dma.h>
#include <uvio/event.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "conformance.h"

#define COMMAND "/lab/uvio"
#define CONFIG_SIZE 256
#define BAR_WORDS 4
#define OUT_OF_THE_WAY 100
#define DMA_SIZE 4096
#define OUTPUT (1u << STDOUT_FILENO)
#define STANDARD (OUTPUT | 1u << STDIN_FILENO | 1u << STDERR_FILENO)

static const char message[] = "vector 0: 1 event\n";

struct snapshot {
	unsigned char config[CONFIG_SIZE];
	uint32_t bar[BAR_WORDS];
};

/* As the kernel sees it, not as vfio shows it. */
static int read_config(const struct pair *pair, struct snapshot *snapshot)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", pair->address);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	n = pread(fd, snapshot->config, CONFIG_SIZE, 0);
	close(fd);
	CHECK(n == CONFIG_SIZE);
	return PASS;
}

static int take(struct pair *pair, struct snapshot *snapshot)
{
	struct uvio_region region;

	memset(snapshot, 0, sizeof(*snapshot));
	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_BAR0, &region));
	for (unsigned int i = 0; i < BAR_WORDS && 4 * i + 4 <= region.size; i++)
		snapshot->bar[i] = uvio_read32(&region, 4 * i);
	return read_config(pair, snapshot);
}

static int same(const struct snapshot *a, const struct snapshot *b)
{
	for (unsigned int i = 0; i < CONFIG_SIZE; i++)
		if (a->config[i] != b->config[i])
			return fail_at(__FILE__, __LINE__,
				"configuration space at 0x%x: 0x%02x, was 0x%02x", i, b->config[i],
				a->config[i]);
	for (unsigned int i = 0; i < BAR_WORDS; i++)
		if (a->bar[i] != b->bar[i])
			return fail_at(__FILE__, __LINE__, "register 0x%x: 0x%08x, was 0x%08x",
				4 * i, b->bar[i], a->bar[i]);
	return PASS;
}

static int messages_go_nowhere(struct pair *pair)
{
	struct snapshot before, after;

	CHECK(!take(pair, &before));
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		CHECK(write(fd, message, sizeof(message) - 1) < 0 && errno == EBADF);
		CHECK(fcntl(fd, F_GETFD) < 0);
	}
	CHECK(!take(pair, &after));
	return same(&before, &after);
}

static int with_interrupts(struct pair *pair, enum uvio_irq_kind kind)
{
	if (uvio_irq_count(pair->udev, kind) < 1)
		return PASS;
	CHECK_OK(uvio_irq_enable(pair->udev, kind, 1));
	CHECK(uvio_irq_fd(pair->udev, 0) > STDERR_FILENO);
	CHECK(!messages_go_nowhere(pair));
	CHECK_OK(uvio_irq_disable(pair->udev));
	return PASS;
}

/* Whatever can be had of the card, and all of that at once. */
static int use_all(struct pair *pair)
{
	uint32_t caps = uvio_caps(pair->udev);
	struct uvio_dma dma;

	CHECK(!messages_go_nowhere(pair));
	if (caps & UVIO_CAP_DMA)
		CHECK_OK(uvio_dma_alloc(pair->udev, DMA_SIZE, 0, &dma));
	if (caps & UVIO_CAP_BUS_MASTER)
		CHECK_OK(uvio_bus_master(pair->udev, true));
	if (caps & (UVIO_CAP_RELEASE_NOTICE | UVIO_CAP_INTX))
		CHECK(uvio_event_fd(pair->udev) > STDERR_FILENO);
	for (int kind = 0; kind < UVIO_IRQ_KINDS; kind++)
		CHECK(!with_interrupts(pair, kind));
	CHECK(!messages_go_nowhere(pair));
	return PASS;
}

static int open_and_use_all(struct pair *pair)
{
	struct uvio_ctx *inherited = pair->ctx;
	int result;

	CHECK_OK(uvio_ctx_new(NULL, &pair->ctx));
	CHECK_OK(pair_open(pair));
	result = use_all(pair);
	pair_close(pair);
	uvio_ctx_free(pair->ctx);
	pair->ctx = inherited;
	return result;
}

/* What a failed check says waits in the buffer until there is a standard output again. */
static int all_closed(struct pair *pair)
{
	static char buffer[4096];
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY), result;

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		close(fd);
	result = open_and_use_all(pair);
	dup2(out, STDOUT_FILENO);
	return result;
}

static int no_message_reaches_the_card(struct pair *pair)
{
	CHECK(in_child(pair, all_closed) == PASS);
	CHECK_OK(pair_open(pair));
	return PASS;
}

/* Without the descriptors of @closed. Its exit status; -1: a signal ended it. */
static int run_command(const char *const argv[], unsigned int closed)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		for (int fd = 0; fd <= STDERR_FILENO; fd++)
			if (closed & 1u << fd)
				close(fd);
		execv(COMMAND, (char *const *)argv);
		_exit(125);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int snapshot_between(struct pair *pair, struct snapshot *snapshot)
{
	int result;

	CHECK_OK(pair_open(pair));
	result = take(pair, snapshot);
	pair_close(pair);
	return result || read_config(pair, snapshot);
}

/* As "uvio ... >&- 2>&-". A lost output is status 1; it does not end in another way. */
static int command_spares_the_card(struct pair *pair, const char *const argv[])
{
	static const unsigned int closed[] = {
		1u << STDERR_FILENO, OUTPUT, STANDARD & ~1u, STANDARD};
	struct snapshot before, after;

	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		int status;

		CHECK(!snapshot_between(pair, &before));
		status = run_command(argv, closed[i]);
		if (status != !!(closed[i] & OUTPUT))
			return fail_at(__FILE__, __LINE__, "uvio %s: status %d", argv[1], status);
		CHECK(!read_config(pair, &after));
		memcpy(after.bar, before.bar, sizeof(after.bar));
		CHECK(!same(&before, &after));
		CHECK(!snapshot_between(pair, &after));
		CHECK(!same(&before, &after));
	}
	return PASS;
}

static int the_command_spares_the_card(struct pair *pair)
{
	const char *const read[] = {
		"uvio", "read", "--backend", pair->backend, pair->address, "bar0", "0", NULL};
	const char *const irq[] = {"uvio", "irq", "--backend", pair->backend, "--raise",
		"--timeout", "600000", pair->address, NULL};
	bool raises = uvio_caps(pair->udev) & (UVIO_CAP_INTX | UVIO_CAP_MSI | UVIO_CAP_MSIX);
	int result;

	if (access(COMMAND, X_OK)) {
		snprintf(pair->reason, sizeof(pair->reason), "no command in this guest");
		return SKIP;
	}
	pair_close(pair);
	result = command_spares_the_card(pair, read);
	if (!result && raises && pair->driver->trial->irq_raise)
		result = command_spares_the_card(pair, irq);
	CHECK_OK(pair_open(pair));
	return result;
}

const struct test_case standard_cases[] = {
	{"closed standard descriptors: no message reaches the card", 0, no_message_reaches_the_card,
		true},
	{"closed standard descriptors: nor does one of the command", 0, the_command_spares_the_card,
		false},
	{0},
};
