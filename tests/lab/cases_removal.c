/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * The kernel takes a device away from a program which is in the middle of something: by sysfs, or
 * because the card is pulled. Limits of time are there against hanging for ever only.
 */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/dma.h>
#include <uvio/driver.h>
#include <uvio/event.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "conformance.h"

#define LOOPS_FOR_US 40000 /* nothing depends on it */
#define AT_ONCE 0
#define WHEN_ASLEEP 1
#define MARK 0xa5 /* not in the card */
#define HOT "0000:01:00.0"
#define HOT_ID "hot"
#define PLUG_MS 1000 /* then it is tried again */

/* A process which writes to sysfs when it is told: on vfio that blocks until the device is closed.
 */
struct taker {
	pid_t pid;
	int go;
	double begin; /* of the taking */
};

/* Its driver, the card by sysfs, or the card itself, by QEMU. */
enum { UNBOUND, REMOVED, UNPLUGGED };

struct taking {
	int how;
	int (*drive)(struct pair *pair, struct taker *taker);
};

static const struct taking *taking;

static void taker_path(const struct pair *pair, char *path, size_t size)
{
	snprintf(path, size, "/sys/bus/pci/devices/%s/%s", pair->address,
		taking->how == REMOVED ? "remove" : "driver/unbind");
}

/* QEMU's, where the lab was told to hand it out. */
static int monitor(const char *command)
{
	const char *path = getenv("LAB_MONITOR");
	FILE *file = path ? fopen(path, "w") : NULL;
	int rc = file && fprintf(file, "monitor %s\n", command) > 0 ? 0 : -EIO;

	return file && fclose(file) ? -errno : rc;
}

static bool comes_to_be(const char *address, bool there, int within_ms)
{
	double end = seconds() + within_ms / 1e3;
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	while (!access(path, F_OK) != there && seconds() < end)
		pause_us(2000);
	return !access(path, F_OK) == there;
}

static int take(const struct pair *pair)
{
	char path[128];

	if (taking->how == UNPLUGGED)
		return monitor("device_del " HOT_ID);
	taker_path(pair, path, sizeof(path));
	return sysfs_write(path, taking->how == REMOVED ? "1" : pair->address);
}

static void __attribute__((noreturn)) take_when_told(const struct pair *pair, int told)
{
	char byte;

	if (read(told, &byte, 1) != 1)
		_exit(1);
	if (byte == WHEN_ASLEEP)
		await_poll(getppid());
	else
		pause_us(LOOPS_FOR_US);
	_exit(take(pair) ? 1 : 0);
}

/* Before the device is opened, so that nothing of it is held there. */
static int taker_start(const struct pair *pair, struct taker *taker)
{
	int fds[2];

	CHECK(!pipe2(fds, O_CLOEXEC));
	fflush(stdout);
	taker->pid = fork();
	if (!taker->pid) {
		close(fds[1]);
		take_when_told(pair, fds[0]);
	}
	close(fds[0]);
	taker->go = fds[1];
	CHECK(taker->pid > 0);
	return PASS;
}

static int taker_tell(struct taker *taker, char when)
{
	taker->begin = seconds();
	CHECK(write(taker->go, &when, 1) == 1);
	return PASS;
}

/* To one which does not sleep, or only now and then. */
static int taker_go(struct taker *taker)
{
	return taker_tell(taker, AT_ONCE);
}

static int taker_go_when_asleep(struct taker *taker)
{
	return taker_tell(taker, WHEN_ASLEEP);
}

/* What it wrote has been accepted, and it blocks no longer. */
static int taker_end(struct taker *taker)
{
	double end = seconds() + LONG_MS / 1e3;
	int status;

	if (!taker->pid)
		return PASS;
	close(taker->go);
	while (!waitpid(taker->pid, &status, WNOHANG)) {
		if (seconds() > end)
			return fail_at(
				__FILE__, __LINE__, "the taking still blocks after the close");
		pause_us(2000);
	}
	taker->pid = 0;
	CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
	return PASS;
}

static void noticed(const struct taker *taker, const char *how)
{
	printf("# noticed by %s after %.0f ms\n", how, (seconds() - taker->begin) * 1e3);
}

/* Found gone by one, it is gone for all. */
static int is_gone(struct pair *pair)
{
	struct uvio_dma dma;

	CHECK(!uvio_udev_alive(pair->udev));
	/* Without a notice nothing holds the card: let it be really gone. */
	if (taking->how == UNPLUGGED && !(uvio_caps(pair->udev) & UVIO_CAP_RELEASE_NOTICE))
		CHECK(comes_to_be(pair->address, false, LONG_MS));
	CHECK_ERR(uvio_bus_master(pair->udev, true), -ENODEV, "the device is gone");
	CHECK_ERR(uvio_dma_alloc(pair->udev, 4096, 0, &dma), -ENODEV, "the device is gone");
	pair->driver->trial->reg_read(pair->priv, 100);
	pair->driver->trial->reg_write(pair->priv, 100);
	return PASS;
}

static int while_waiting(struct pair *pair, struct taker *taker)
{
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	if (taker_go_when_asleep(taker))
		return FAIL;
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), NULL), -ENODEV,
		"the device is gone");
	noticed(taker, "uvio_irq_wait()");
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), NULL), -ENODEV,
		"the device is gone");
	return is_gone(pair);
}

/* Interrupts are off: nothing but uvio_udev_alive() tells. */
static int while_reading(struct pair *pair, struct taker *taker)
{
	double end = seconds() + LONG_MS / 1e3;

	if (taker_go(taker))
		return FAIL;
	while (seconds() < end && uvio_udev_alive(pair->udev)) {
		pair->driver->trial->reg_read(pair->priv, 500);
		pair->driver->trial->reg_write(pair->priv, 500);
	}
	CHECK(!uvio_udev_alive(pair->udev));
	noticed(taker, "uvio_udev_alive()");
	return is_gone(pair);
}

/* A transfer may end well, be cut off or never happen; what matters is that it ends. */
static int while_moving(struct pair *pair, struct taker *taker)
{
	double end = seconds() + LONG_MS / 1e3;
	struct uvio_dma dma;
	int rc = 0, transfers = 0;

	CHECK_OK(uvio_dma_alloc(pair->udev, 4096, 0, &dma));
	CHECK_OK(uvio_bus_master(pair->udev, true));
	do {
		memset(dma.addr, MARK, dma.size);
		rc = pair->driver->trial->dma_from_card(
			pair->priv, dma.iova, pair->driver->trial->dma_max);
		if (!transfers++ && taker_go(taker))
			return FAIL;
	} while (!rc && seconds() < end && uvio_udev_alive(pair->udev));
	printf("# the last transfer gave %d, and its data %s\n", rc,
		memchr(dma.addr, MARK, pair->driver->trial->dma_max) ? "stayed away" : "came");
	CHECK(!rc || rc == -ENODEV);
	CHECK(!uvio_udev_alive(pair->udev));
	noticed(taker, rc ? "the transfer" : "uvio_udev_alive()");
	CHECK_OK(uvio_dma_free(pair->udev, &dma));
	return is_gone(pair);
}

/*
 * One which nothing holds is gone; another works until it is closed. Where the registers are left
 * to calls, what is gone reads all ones; what the bus says of a mapped one is up to the machine.
 */
static int while_mapped(struct pair *pair, struct taker *taker)
{
	double end = seconds() + LONG_MS / 1e3;
	struct uvio_region bar;
	uint32_t id, after;

	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_BAR0, &bar));
	id = uvio_read32(&bar, 0);
	if (taker_go(taker))
		return FAIL;
	while (seconds() < end && uvio_udev_alive(pair->udev))
		pause_us(1000);
	if (is_gone(pair))
		return FAIL;
	after = uvio_read32(&bar, 0);
	printf("# a register reads 0x%08x after 0x%08x\n", after, id);
	if (uvio_caps(pair->udev) & UVIO_CAP_RELEASE_NOTICE)
		CHECK(after == id);
	else if (pair->flags & UVIO_OPEN_SURVIVE_REMOVAL)
		CHECK(after == UINT32_MAX);
	return PASS;
}

static int while_polling(struct pair *pair, struct taker *taker)
{
	struct pollfd fds[2] = {{.events = POLLIN}, {.events = POLLIN}};

	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	fds[0].fd = uvio_irq_fd(pair->udev, 0);
	fds[1].fd = uvio_release_fd(pair->udev);
	CHECK(fds[1].fd >= 0 || fds[1].fd == -ENOTSUP);
	if (taker_go_when_asleep(taker))
		return FAIL;
	CHECK(poll(fds, 2, LONG_MS) > 0);
	if (fds[1].fd >= 0 && fds[1].revents) {
		noticed(taker, "uvio_release_fd()");
	} else {
		CHECK_ERR(uvio_irq_consume(pair->udev, 0, NULL), -ENODEV, "the device is gone");
		noticed(taker, "uvio_irq_fd()");
	}
	return is_gone(pair);
}

/* Asked to release it the card can still be stopped, and one thing is left to do: to close it. */
static int is_event_of_taking(struct pair *pair, enum uvio_event event)
{
	if (uvio_caps(pair->udev) & UVIO_CAP_RELEASE_NOTICE) {
		CHECK(event == UVIO_EVENT_RELEASE);
		CHECK_OK(uvio_bus_master(pair->udev, false));
	} else {
		CHECK(event == UVIO_EVENT_GONE);
	}
	return PASS;
}

/* With a line that nothing raises, and without an interrupt enabled at all. */
static int while_awaiting_an_event(struct pair *pair, struct taker *taker)
{
	enum uvio_event event = 0;

	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_ERR(uvio_event_wait(pair->udev, 0, &event), -ETIMEDOUT, "no event");
	if (taker_go_when_asleep(taker))
		return FAIL;
	CHECK_OK(uvio_event_wait(pair->udev, UVIO_MS(LONG_MS), &event));
	noticed(taker, "uvio_event_wait()");
	if (is_event_of_taking(pair, event))
		return FAIL;
	CHECK_OK(uvio_event_wait(pair->udev, UVIO_MS(LONG_MS), &event));
	return is_event_of_taking(pair, event) ? FAIL : is_gone(pair);
}

static int while_polling_for_events(struct pair *pair, struct taker *taker)
{
	struct pollfd fd = {.events = POLLIN};
	enum uvio_event event = 0;

	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	CHECK_OK(fd.fd = uvio_event_fd(pair->udev));
	/* Interrupts are no events. */
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK(!poll(&fd, 1, 20));
	CHECK_OK(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), NULL));
	if (taker_go_when_asleep(taker))
		return FAIL;
	CHECK(poll(&fd, 1, LONG_MS) == 1 && fd.revents & POLLIN);
	noticed(taker, "uvio_event_fd()");
	CHECK_OK(uvio_event_wait(pair->udev, 0, &event));
	CHECK(poll(&fd, 1, 0) == 1);
	return is_event_of_taking(pair, event) ? FAIL : is_gone(pair);
}

/* Where nothing keeps the driver, the card may have another one by now. */
static int and_then_master(struct pair *pair, struct taker *taker)
{
	struct pollfd release = {.events = POLLIN};

	if (uvio_caps(pair->udev) & UVIO_CAP_RELEASE_NOTICE) {
		if (taker_go_when_asleep(taker))
			return FAIL;
		CHECK_OK(release.fd = uvio_release_fd(pair->udev));
		CHECK(poll(&release, 1, LONG_MS) == 1);
		CHECK_OK(uvio_bus_master(pair->udev, true));
		return PASS;
	}
	if (taker_go(taker) || taker_end(taker))
		return FAIL;
	CHECK_ERR(uvio_bus_master(pair->udev, true), -ENODEV, "the device is gone");
	CHECK(!bus_master_is_on(pair->address));
	return PASS;
}

/* In a child: an access that faults, or a loop without end, must not end the suite. */
static int drive_until_taken(struct pair *pair)
{
	struct taker taker;
	int result;

	if (taker_start(pair, &taker))
		return FAIL;
	CHECK_OK(pair_open(pair));
	result = taking->drive(pair, &taker);
	pair_close(pair);
	return taker_end(&taker) ? FAIL : result;
}

/* The guest lets go of the card before QEMU does, which until then refuses to have two of a name.
 */
static int plug_in(const char *address)
{
	int rc = 0;

	for (double end = seconds() + LONG_MS / 1e3; !rc && seconds() < end;) {
		rc = monitor("device_add edu,bus=rp0,id=" HOT_ID);
		if (!rc && comes_to_be(address, true, PLUG_MS))
			return 0;
	}
	return rc ? rc : -ETIMEDOUT;
}

static int bring_back(struct pair *pair)
{
	int result;

	if (taking->how == UNPLUGGED) {
		CHECK(comes_to_be(pair->address, false, LONG_MS));
		CHECK_OK(plug_in(pair->address));
	}
	if (taking->how == REMOVED)
		CHECK_OK(sysfs_write("/sys/bus/pci/rescan", "1"));
	CHECK_OK(uvio_bind(pair->ctx, pair->address, pair->backend));
	CHECK_OK(pair_open(pair));
	result = card_works(pair, true);
	pair_close(pair);
	return result;
}

static int taken(struct pair *pair, const struct taking *how)
{
	int result;

	taking = how;
	result = in_child(pair, drive_until_taken);
	if (bring_back(pair))
		return FAIL;
	if (result < 0)
		return fail_at(__FILE__, __LINE__, "a signal ended the program");
	return result;
}

#define TAKEN(function, way, drives)                                                               \
	static int function(struct pair *pair)                                                     \
	{                                                                                          \
		static const struct taking how = {.how = (way), .drive = (drives)};                \
                                                                                                   \
		return taken(pair, &how);                                                          \
	}

TAKEN(removed_while_waiting, true, while_waiting)
TAKEN(removed_while_reading, true, while_reading)
TAKEN(removed_while_moving, true, while_moving)
TAKEN(removed_while_polling, true, while_polling)
TAKEN(unbound_while_waiting, false, while_waiting)
TAKEN(unbound_while_reading, false, while_reading)
TAKEN(unbound_while_moving, false, while_moving)
TAKEN(unbound_while_polling, false, while_polling)
TAKEN(removed_while_awaiting_an_event, true, while_awaiting_an_event)
TAKEN(removed_while_polling_for_events, true, while_polling_for_events)
TAKEN(unbound_while_awaiting_an_event, false, while_awaiting_an_event)
TAKEN(unbound_while_polling_for_events, false, while_polling_for_events)
TAKEN(unbound_and_then_master, false, and_then_master)
TAKEN(unplugged_while_waiting, UNPLUGGED, while_waiting)
TAKEN(unplugged_while_reading, UNPLUGGED, while_reading)
TAKEN(unplugged_while_moving, UNPLUGGED, while_moving)
TAKEN(unplugged_while_polling, UNPLUGGED, while_polling)
TAKEN(unplugged_while_mapped, UNPLUGGED, while_mapped)

static int to_survive(struct pair *pair, int (*run)(struct pair *pair))
{
	int result;

	pair->flags = UVIO_OPEN_SURVIVE_REMOVAL;
	result = run(pair);
	pair->flags = 0;
	return result;
}

static int unplugged_while_reading_by_calls(struct pair *pair)
{
	return to_survive(pair, unplugged_while_reading);
}

static int unplugged_from_a_survivor(struct pair *pair)
{
	return to_survive(pair, unplugged_while_mapped);
}

const struct test_case taken_cases[] = {
	{"removed: from one who waits (vfio 76)", UVIO_CAP_INTX, removed_while_waiting, true},
	{"removed: from one who reads registers", 0, removed_while_reading, true},
	{"removed: during a transfer", UVIO_CAP_DMA, removed_while_moving, true},
	{"removed: from one who polls", UVIO_CAP_INTX, removed_while_polling, true},
	{"unbound: from one who waits (vfio 73, 76)", UVIO_CAP_INTX, unbound_while_waiting, true},
	{"unbound: from one who reads registers (uio 3.36)", 0, unbound_while_reading, true},
	{"unbound: during a transfer", UVIO_CAP_DMA, unbound_while_moving, true},
	{"unbound: from one who polls", UVIO_CAP_INTX, unbound_while_polling, true},
	{"removed: from one who waits for events (vfio 73)", UVIO_CAP_INTX | UVIO_CAP_BUS_MASTER,
		removed_while_awaiting_an_event, true},
	{"removed: from one who polls for events", UVIO_CAP_INTX, removed_while_polling_for_events,
		true},
	{"unbound: from one who waits for events (vfio 86)", UVIO_CAP_INTX | UVIO_CAP_BUS_MASTER,
		unbound_while_awaiting_an_event, true},
	{"unbound: from one who polls for events (vfio 76)", UVIO_CAP_INTX,
		unbound_while_polling_for_events, true},
	{"unbound: bus mastering is not switched on any more, or unbinding waits",
		UVIO_CAP_BUS_MASTER, unbound_and_then_master, true},
	{0},
};

static const struct test_case unplugged_cases[] = {
	{"unplugged: from one who waits (vfio 73, 76)", UVIO_CAP_INTX, unplugged_while_waiting,
		true},
	{"unplugged: from one who polls (vfio 76)", UVIO_CAP_INTX, unplugged_while_polling, true},
	{"unplugged: from one who reads registers (vfio 61)", 0, unplugged_while_reading, true},
	{"unplugged: from one who reads registers by calls", 0, unplugged_while_reading_by_calls,
		true},
	{"unplugged: registers stay mapped (uio 3.36)", 0, unplugged_while_mapped, true},
	{"unplugged: asked to survive, what is gone reads all ones (uio 3.36)", 0,
		unplugged_from_a_survivor, true},
	{"unplugged: during a transfer", UVIO_CAP_DMA, unplugged_while_moving, true},
	{0},
};

void run_unplug(struct uvio_ctx *ctx)
{
	struct pair pair = {.ctx = ctx, .address = HOT};
	char label[128];

	pair.driver = driver_of_edu();
	for (const char *const *transport = wanted_transports(); *transport; transport++) {
		pair.backend = *transport;
		snprintf(label, sizeof(label), "edu %s %s", HOT, pair.backend);
		if (pair_bind(&pair, label) == PASS)
			run_cases(&pair, label, unplugged_cases);
	}
	uvio_unbind(ctx, HOT);
}
