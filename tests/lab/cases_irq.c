/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <uvio/driver.h>
#include <uvio/error.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "conformance.h"

#define ROUNDS 100

static int enable(struct pair *pair, enum uvio_irq_kind kind)
{
	if (kind != UVIO_IRQ_INTX)
		CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_irq_enable(pair->udev, kind, 1));
	return PASS;
}

/* One interrupt as a driver takes it. */
static int take_one(struct pair *pair)
{
	uint64_t events = 0;

	CHECK_OK(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), &events));
	CHECK(events >= 1);
	CHECK_OK(pair->driver->trial->irq_clear(pair->priv, 0));
	CHECK_OK(uvio_irq_ack(pair->udev, 0));
	return PASS;
}

static int every_one_arrives(struct pair *pair, enum uvio_irq_kind kind)
{
	if (enable(pair, kind))
		return FAIL;
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
		if (take_one(pair))
			return fail_at(__FILE__, __LINE__, "round %d", i);
	}
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(20), NULL), -ETIMEDOUT,
		"no interrupt on vector 0");
	return PASS;
}

static int every_intx_arrives(struct pair *pair)
{
	return every_one_arrives(pair, UVIO_IRQ_INTX);
}

static int every_msi_arrives(struct pair *pair)
{
	return every_one_arrives(pair, UVIO_IRQ_MSI);
}

static int every_msix_arrives(struct pair *pair)
{
	return every_one_arrives(pair, UVIO_IRQ_MSIX);
}

/* The contract's fourth point: what came before the ack is reported after it. */
static int one_before_the_ack_is_reported(struct pair *pair)
{
	if (enable(pair, UVIO_IRQ_INTX))
		return FAIL;
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK_OK(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), NULL));
	CHECK_OK(pair->driver->trial->irq_clear(pair->priv, 0));
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK_OK(uvio_irq_ack(pair->udev, 0));
	return take_one(pair);
}

static int without_ack_nothing_comes(struct pair *pair)
{
	if (enable(pair, UVIO_IRQ_INTX))
		return FAIL;
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK_OK(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), NULL));
	CHECK_OK(pair->driver->trial->irq_clear(pair->priv, 0));
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(20), NULL), -ETIMEDOUT, "uvio_irq_ack()");
	CHECK_OK(uvio_irq_ack(pair->udev, 0));
	return take_one(pair);
}

/* As setpci COMMAND.b=03. */
static int clear_bus_master(struct pair *pair)
{
	unsigned char command = 0x03;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", pair->address);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 || pwrite(fd, &command, 1, 4) != 1 ? FAIL : PASS;
}

static int interrupts_leave_bus_mastering_off(struct pair *pair)
{
	CHECK_OK(uvio_bus_master(pair->udev, true));
	if (enable(pair, UVIO_IRQ_INTX))
		return FAIL;
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
		if (i == ROUNDS / 2)
			CHECK(in_child(pair, clear_bus_master) == PASS);
		if (take_one(pair))
			return fail_at(__FILE__, __LINE__, "round %d", i);
		CHECK(bus_master_is_on(pair->address) == (i < ROUNDS / 2));
	}
	return PASS;
}

/* As a predecessor, or the card's own program, may leave it. */
static int intx_that_is_switched_off_passes(struct pair *pair)
{
	struct uvio_region config;

	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_CONFIG, &config));
	for (int i = 0; i < 2; i++) {
		uvio_write8(&config, 5, uvio_read8(&config, 5) | 4);
		if (every_intx_arrives(pair))
			return FAIL;
		if (i && uvio_caps(pair->udev) & UVIO_CAP_RESET)
			CHECK_OK(uvio_udev_reset(pair->udev));
		else
			CHECK_OK(uvio_irq_disable(pair->udev));
		CHECK(uvio_read8(&config, 5) & 4);
	}
	return every_intx_arrives(pair);
}

/* As setpci does: in the card itself, of which VFIO and the library know nothing. */
static int change_command(const struct pair *pair, uint16_t off, uint16_t on)
{
	uint16_t command;
	char path[128];
	int fd, rc = FAIL;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", pair->address);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && pread(fd, &command, 2, 4) == 2) {
		command = (uint16_t)((command & ~off) | on);
		rc = pwrite(fd, &command, 2, 4) == 2 ? PASS : FAIL;
	}
	close(fd);
	return rc;
}

static int intx_switched_off_by_another_is_named(struct pair *pair)
{
	if (enable(pair, UVIO_IRQ_INTX))
		return FAIL;
	CHECK(change_command(pair, 0, 0x400) == PASS);
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(20), NULL), -ETIMEDOUT,
		"INTx is switched off in the card's command register");
	CHECK(strstr(uvio_last_error(), "another program has switched INTx off"));
	CHECK_OK(pair->driver->trial->irq_clear(pair->priv, 0));
	CHECK_OK(uvio_irq_disable(pair->udev));
	return every_intx_arrives(pair);
}

static int write_config(const struct pair *pair, off_t at, uint16_t value)
{
	char path[128];
	int fd, rc;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", pair->address);
	fd = open(path, O_RDWR | O_CLOEXEC);
	rc = fd >= 0 && pwrite(fd, &value, 2, at) == 2 ? PASS : FAIL;
	close(fd);
	return rc;
}

/* VFIO goes on to show that it is on. */
static int msi_switched_off_by_another_is_named(struct pair *pair)
{
	struct uvio_region config;
	uint8_t at;

	if (enable(pair, UVIO_IRQ_MSI))
		return FAIL;
	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_CONFIG, &config));
	at = uvio_read8(&config, 0x34);
	while (at && uvio_read8(&config, at) != 5)
		at = uvio_read8(&config, at + 1);
	CHECK(at);
	CHECK(write_config(pair, at + 2, uvio_read16(&config, at + 2) & ~1) == PASS);
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(20), NULL), -ETIMEDOUT,
		"MSI is switched off in the card's configuration space (MSI enable); perhaps "
		"another program or a reset did so");
	CHECK_OK(pair->driver->trial->irq_clear(pair->priv, 0));
	CHECK_OK(uvio_irq_disable(pair->udev));
	if (enable(pair, UVIO_IRQ_MSI))
		return FAIL;
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK_OK(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), NULL));
	CHECK_OK(pair->driver->trial->irq_clear(pair->priv, 0));
	return PASS;
}

static int decoding_switched_off_by_another_is_named(struct pair *pair)
{
	struct uvio_region bar;
	int waited, polled;
	char text[128];

	if (enable(pair, UVIO_IRQ_INTX))
		return FAIL;
	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_BAR0, &bar));
	CHECK(change_command(pair, 0x03, 0) == PASS);
	waited = uvio_irq_wait(pair->udev, 0, UVIO_MS(20), NULL);
	snprintf(text, sizeof(text), "%.120s", uvio_last_error());
	polled = uvio_poll_until(&bar, 0, 4, 0xffff, 0x1234, UVIO_MS(20));
	CHECK(change_command(pair, 0, 0x03) == PASS);
	CHECK_ERR(polled, -ETIMEDOUT, "the card no longer decodes its BARs in memory");
	CHECK(waited == -ETIMEDOUT &&
		strstr(text, "the card no longer decodes its BARs in memory"));
	CHECK(uvio_udev_alive(pair->udev));
	CHECK_OK(uvio_irq_disable(pair->udev));
	return every_intx_arrives(pair);
}

static int fd_is_good_for_poll(struct pair *pair)
{
	struct pollfd fd = {.events = POLLIN};
	uint64_t events;

	if (enable(pair, UVIO_IRQ_INTX))
		return FAIL;
	fd.fd = uvio_irq_fd(pair->udev, 0);
	CHECK(poll(&fd, 1, 0) == 0);
	CHECK_OK(uvio_irq_consume(pair->udev, 0, &events));
	CHECK(events == 0);
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK(poll(&fd, 1, LONG_MS) == 1 && fd.revents & POLLIN);
	CHECK_OK(uvio_irq_consume(pair->udev, 0, &events));
	CHECK(events == 1);
	CHECK(poll(&fd, 1, 0) == 0);
	CHECK_OK(pair->driver->trial->irq_clear(pair->priv, 0));
	CHECK_OK(uvio_irq_ack(pair->udev, 0));
	return PASS;
}

static int bad_input_is_refused(struct pair *pair)
{
	unsigned int count = (unsigned int)uvio_irq_count(pair->udev, UVIO_IRQ_INTX);

	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(10), NULL), -EINVAL, "not enabled");
	CHECK_ERR(uvio_irq_ack(pair->udev, 0), -EINVAL, "not enabled");
	CHECK_ERR(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 0), -EINVAL, "cannot enable 0");
	CHECK_ERR(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, count + 1), -ERANGE, "the card has");
	CHECK_ERR(uvio_irq_enable(pair->udev, 9, 1), -EINVAL, "unknown interrupt kind 9");
	if (enable(pair, UVIO_IRQ_INTX))
		return FAIL;
	CHECK_ERR(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1), -EBUSY, "enabled already");
	CHECK_ERR(uvio_irq_wait(pair->udev, 1, UVIO_MS(10), NULL), -EINVAL,
		"vector 1 is not enabled");
	return PASS;
}

static int a_wait_takes_any_time(struct pair *pair)
{
	uint64_t events;

	if (enable(pair, UVIO_IRQ_INTX))
		return FAIL;
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, 0, NULL), -ETIMEDOUT, "no interrupt is pending");
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_US(300), NULL), -ETIMEDOUT, "within 300 us");
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK_OK(uvio_irq_wait(pair->udev, 0, -1, &events));
	CHECK(events == 1);
	CHECK_OK(pair->driver->trial->irq_clear(pair->priv, 0));
	CHECK_OK(uvio_irq_ack(pair->udev, 0));
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, 0, NULL), -ETIMEDOUT, "no interrupt is pending");
	return PASS;
}

static int disabling_can_be_repeated(struct pair *pair)
{
	CHECK_OK(uvio_irq_disable(pair->udev));
	for (int i = 0; i < 3; i++) {
		if (enable(pair, UVIO_IRQ_INTX))
			return FAIL;
		CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
		if (take_one(pair))
			return FAIL;
		CHECK_OK(uvio_irq_disable(pair->udev));
		CHECK_OK(uvio_irq_disable(pair->udev));
	}
	return PASS;
}

/* One call per MSI, two per INTx, three on uio in QEMU, where the event is there when the driver
 * looks for it. */
static int calls_per_interrupt(struct pair *pair, enum uvio_irq_kind kind, uint64_t most)
{
	struct uvio_irq_stats stats;

	if (every_one_arrives(pair, kind))
		return FAIL;
	CHECK_OK(uvio_irq_stats(pair->udev, 0, &stats));
	/* The last wait of all ran into its time. */
	if (stats.syscalls > most * ROUNDS + ROUNDS / 4)
		return fail_at(__FILE__, __LINE__, "%llu calls for %d interrupts",
			(unsigned long long)stats.syscalls, ROUNDS);
	return PASS;
}

static int intx_takes_two_calls(struct pair *pair)
{
	return calls_per_interrupt(pair, UVIO_IRQ_INTX, !strcmp(pair->backend, "uio") ? 3 : 2);
}

static int msi_takes_one_call(struct pair *pair)
{
	return calls_per_interrupt(pair, UVIO_IRQ_MSI, 1);
}

static int msi_needs_bus_master(struct pair *pair)
{
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_MSI, 1));
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(50), NULL), -ETIMEDOUT, "bus mastering");
	CHECK_OK(pair->driver->trial->irq_clear(pair->priv, 0));
	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	return take_one(pair);
}

static int look_at_card(void *card)
{
	return uvio_card_service(card);
}

/* The card shows a cause, and no event came. */
static int find_lost(struct pair *pair)
{
	struct uvio_irq_stats stats;
	uint64_t events = 9;

	CHECK_OK(uvio_irq_watch(pair->udev, 0, UVIO_MS(5), look_at_card, pair->card));
	CHECK_OK(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), &events));
	CHECK(!events);
	CHECK_OK(uvio_irq_stats(pair->udev, 0, &stats));
	CHECK(stats.lost == 1 && !stats.events && stats.waits == 1 && !stats.timeouts);
	/* Nothing is to be found any more. */
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(20), NULL), -ETIMEDOUT, "vector 0");
	CHECK_OK(uvio_irq_stats(pair->udev, 0, &stats));
	CHECK(stats.lost == 1 && stats.timeouts == 1);
	return PASS;
}

static int a_lost_intx_is_found(struct pair *pair)
{
	int rc;

	if (enable(pair, UVIO_IRQ_INTX))
		return FAIL;
	CHECK(change_command(pair, 0, 0x400) == PASS);
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	rc = find_lost(pair);
	CHECK(change_command(pair, 0x400, 0) == PASS);
	CHECK(rc == PASS);
	CHECK_OK(uvio_irq_ack(pair->udev, 0));
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	return take_one(pair);
}

static int a_lost_msi_is_found(struct pair *pair)
{
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_MSI, 1));
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	if (find_lost(pair))
		return FAIL;
	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	return take_one(pair);
}

/* An interrupt in each round, and a wait in vain after them. */
static int counts(struct pair *pair, enum uvio_irq_kind kind)
{
	struct uvio_irq_stats stats;
	struct timespec now;

	if (every_one_arrives(pair, kind))
		return FAIL;
	CHECK_OK(uvio_irq_stats(pair->udev, 0, &stats));
	CHECK(stats.events == ROUNDS && stats.waits == ROUNDS + 1 && stats.timeouts == 1);
	CHECK(!stats.spurious && !stats.lost && !stats.time);
	CHECK_OK(uvio_irq_spurious(pair->udev, 0));
	CHECK_OK(uvio_irq_stamp(pair->udev, 0, true));
	clock_gettime(CLOCK_MONOTONIC, &now);
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	if (take_one(pair))
		return FAIL;
	CHECK_OK(uvio_irq_stats(pair->udev, 0, &stats));
	CHECK(stats.spurious == 1 && stats.events == ROUNDS + 1);
	CHECK(stats.time >= now.tv_sec * INT64_C(1000000000) + now.tv_nsec);
	return PASS;
}

static int each_kind_is_counted(struct pair *pair)
{
	for (int kind = 0; kind < UVIO_IRQ_KINDS; kind++) {
		if (uvio_irq_count(pair->udev, kind) < 1)
			continue;
		if (counts(pair, kind))
			return fail_at(__FILE__, __LINE__, "of %s", uvio_irq_kind_name(kind));
		CHECK_OK(uvio_irq_disable(pair->udev));
	}
	return PASS;
}

static int kinds_follow_each_other(struct pair *pair)
{
	if (every_intx_arrives(pair))
		return FAIL;
	CHECK_OK(uvio_irq_disable(pair->udev));
	if (every_msi_arrives(pair))
		return FAIL;
	CHECK_OK(uvio_irq_disable(pair->udev));
	return every_intx_arrives(pair);
}

/* Dies with an interrupt which nobody took, and the line masked. */
static int die_with_one_pending(struct pair *pair)
{
	CHECK_OK(pair_open(pair));
	if (enable(pair, UVIO_IRQ_INTX))
		return FAIL;
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	CHECK_OK(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), NULL));
	_exit(PASS);
}

static int armed_after_a_crash(struct pair *pair)
{
	CHECK(in_child(pair, die_with_one_pending) == PASS);
	CHECK_OK(pair_open(pair));
	if (enable(pair, UVIO_IRQ_INTX))
		return FAIL;
	CHECK_OK(pair->driver->trial->irq_raise(pair->priv, 0));
	return take_one(pair);
}

const struct test_case irq_cases[] = {
	{"interrupts: every INTx arrives", UVIO_CAP_INTX, every_intx_arrives, false},
	{"interrupts: every MSI arrives", UVIO_CAP_MSI, every_msi_arrives, false},
	{"interrupts: MSI switched off by another program is named", UVIO_CAP_MSI | UVIO_CAP_CONFIG,
		msi_switched_off_by_another_is_named, false},
	{"interrupts: every MSI-X arrives", UVIO_CAP_MSIX, every_msix_arrives, false},
	{"interrupts: one before the ack is reported (vfio 65)", UVIO_CAP_INTX,
		one_before_the_ack_is_reported, false},
	{"interrupts: without ack nothing comes", UVIO_CAP_INTX, without_ack_nothing_comes, false},
	{"interrupts: they leave bus mastering as another program sets it (uio 3.1)",
		UVIO_CAP_INTX | UVIO_CAP_BUS_MASTER, interrupts_leave_bus_mastering_off, false},
	{"interrupts: INTx that is switched off in the card is let pass", UVIO_CAP_INTX,
		intx_that_is_switched_off_passes, false},
	{"interrupts: INTx that another program switched off is named",
		UVIO_CAP_INTX | UVIO_CAP_CONFIG, intx_switched_off_by_another_is_named, false},
	{"interrupts: decoding that another program switched off is named",
		UVIO_CAP_INTX | UVIO_CAP_CONFIG, decoding_switched_off_by_another_is_named, false},
	{"interrupts: the descriptor is good for poll", UVIO_CAP_INTX, fd_is_good_for_poll, false},
	{"interrupts: a wait takes any time", UVIO_CAP_INTX, a_wait_takes_any_time, false},
	{"interrupts: bad input is refused", UVIO_CAP_INTX, bad_input_is_refused, false},
	{"interrupts: disabling can be repeated", UVIO_CAP_INTX, disabling_can_be_repeated, false},
	{"interrupts: INTx takes two system calls, and in QEMU on uio three", UVIO_CAP_INTX,
		intx_takes_two_calls, false},
	{"interrupts: MSI takes one system call", UVIO_CAP_MSI, msi_takes_one_call, false},
	{"interrupts: MSI needs bus mastering (vfio 78)", UVIO_CAP_MSI, msi_needs_bus_master,
		false},
	{"interrupts: a lost INTx is found by a watch", UVIO_CAP_INTX | UVIO_CAP_CONFIG,
		a_lost_intx_is_found, false},
	{"interrupts: a lost MSI is found by a watch", UVIO_CAP_MSI, a_lost_msi_is_found, false},
	{"interrupts: events, waits and time-outs are counted", UVIO_CAP_BUS_MASTER,
		each_kind_is_counted, false},
	{"interrupts: INTx and MSI follow each other (vfio 62)", UVIO_CAP_INTX | UVIO_CAP_MSI,
		kinds_follow_each_other, false},
	{"interrupts: armed after a crash (uio 3.3)", UVIO_CAP_INTX, armed_after_a_crash, true},
	{0},
};
