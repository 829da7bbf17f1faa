/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Resets of the bus, sleep, ROM, VF tokens: what changes the whole card. */
#include <config.h>

#include <fcntl.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/check.h>
#include <uvio/device.h>
#include <uvio/event.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "conformance.h"

#define ROM_CARD "0000:00:1d.0"
#define ROM_SIZE 8192
#define UUID "12345678-9abc-def0-1234-56789abcdef0"
#define OTHER_UUID "12345678-9abc-def0-1234-56789abcdef1"

static int the_bus_is_reset(struct pair *pair)
{
	struct uvio_affected affected[8];
	int count = uvio_udev_hot_reset_affects(pair->udev, affected, 8);

	CHECK(count == 1 && affected[0].flags == UVIO_AFFECTED_SELF);
	CHECK(!strcmp(affected[0].address, pair->address));
	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_udev_hot_reset(pair->udev));
	CHECK(!bus_master_is_on(pair->address));
	return card_works(pair, true);
}

static int without_a_bus_reset_that_is_told(struct pair *pair)
{
	if (uvio_caps(pair->udev) & UVIO_CAP_BUS_RESET)
		return PASS;
	CHECK_ERR(uvio_udev_hot_reset(pair->udev), -ENOTSUP, pair->address);
	CHECK_ERR(uvio_udev_hot_reset_affects(pair->udev, NULL, 0), -ENOTSUP, pair->address);
	return card_works(pair, true);
}

static int it_wakes_as_it_was(struct pair *pair)
{
	CHECK_OK(uvio_low_power(pair->udev, true));
	CHECK(uvio_udev_vendor(pair->udev) == pair->driver->ids[0].vendor);
	CHECK(uvio_udev_alive(pair->udev));
	CHECK_OK(uvio_low_power(pair->udev, true));
	CHECK_OK(uvio_low_power(pair->udev, false));
	CHECK_OK(uvio_low_power(pair->udev, false));
	return card_works(pair, true);
}

static bool power_is(const struct pair *pair, const char *file, char *text, size_t size)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/power/%s", pair->address, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, size - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return n > 0;
}

static bool is_asleep(const struct pair *pair)
{
	char text[32];

	return power_is(pair, "runtime_status", text, sizeof(text)) && !strncmp(text, "susp", 4);
}

/* The time for which it was awake tells what woke it. */
static int waiting_wakes_nobody(struct pair *pair)
{
	enum uvio_event event;
	char before[32], after[32];

	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	CHECK_OK(uvio_low_power(pair->udev, true));
	for (int i = 0; i < 5000 && !is_asleep(pair); i++)
		pause_us(1000);
	if (!is_asleep(pair))
		return PASS; /* that is up to the machine */
	CHECK(power_is(pair, "runtime_active_time", before, sizeof(before)));
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(20), NULL), -ETIMEDOUT, "the card sleeps");
	CHECK_ERR(uvio_event_wait(pair->udev, UVIO_MS(20), &event), -ETIMEDOUT, "no event");
	CHECK(uvio_udev_alive(pair->udev));
	CHECK(power_is(pair, "runtime_active_time", after, sizeof(after)));
	CHECK(!strcmp(before, after) && is_asleep(pair));
	CHECK_OK(uvio_low_power(pair->udev, false));
	CHECK_OK(uvio_irq_disable(pair->udev));
	return card_works(pair, true);
}

static int it_is_awake_after_close(struct pair *pair)
{
	struct uvio_open_options options = {.backend = pair->backend};

	CHECK_OK(uvio_udev_open(pair->ctx, pair->address, &options, &pair->udev));
	CHECK_OK(uvio_low_power(pair->udev, true));
	uvio_udev_close(pair->udev);
	CHECK_OK(pair_open(pair));
	return card_works(pair, true);
}

/* Ends the child by SIGBUS. */
static int touch_asleep(struct pair *pair)
{
	struct uvio_region region;

	if (pair_open(pair) || uvio_region_map(pair->udev, 0, &region) ||
		uvio_low_power(pair->udev, true))
		return FAIL;
	uvio_read32(&region, 0);
	return PASS;
}

static int a_register_asleep_is_sigbus(struct pair *pair)
{
	CHECK(in_child(pair, touch_asleep) == -1);
	CHECK_OK(pair_open(pair));
	return card_works(pair, true);
}

static int no_rom_is_told(struct pair *pair)
{
	struct uvio_region rom;

	if (uvio_region_info(pair->udev, UVIO_REGION_ROM, &rom))
		CHECK_ERR(uvio_region_map(pair->udev, UVIO_REGION_ROM, &rom), -ENOENT, "no ROM");
	CHECK_ERR(uvio_region_map(pair->udev, 9, &rom), -ENOENT, "no region 9");
	return PASS;
}

static int a_token_without_use_is_refused(struct pair *pair)
{
	struct uvio_open_options options = {.backend = pair->backend, .vf_token = UUID};

	CHECK_ERR(uvio_udev_open(pair->ctx, pair->address, &options, &pair->udev), -EINVAL,
		"accepts no VF token");
	CHECK_OK(pair_open(pair));
	CHECK_ERR(uvio_vf_token_set(pair->udev, UUID), -ENOTSUP, "it has no VF token");
	return PASS;
}

const struct test_case power_cases[] = {
	{"reset: the bus (vfio 81)", UVIO_CAP_BUS_RESET, the_bus_is_reset, false},
	{"reset: where the bus cannot, that is told", 0, without_a_bus_reset_that_is_told, false},
	{"power: it wakes as it was (vfio 82)", UVIO_CAP_LOW_POWER, it_wakes_as_it_was, false},
	{"power: waiting wakes nobody", UVIO_CAP_LOW_POWER | UVIO_CAP_INTX, waiting_wakes_nobody,
		false},
	{"power: it is awake after close (vfio 82)", UVIO_CAP_LOW_POWER, it_is_awake_after_close,
		true},
	{"power: a mapped register asleep is SIGBUS (vfio 82)", UVIO_CAP_LOW_POWER,
		a_register_asleep_is_sigbus, true},
	{"regions: what the card has not is told (vfio 7)", 0, no_rom_is_told, false},
	{"tokens: one without use is refused (vfio 26)", UVIO_CAP_DMA_ISOLATED,
		a_token_without_use_is_refused, true},
	{0},
};

/* Of 8 KiB, with one image in it; a byte of it is the mark of the PCI data structure. */
static int the_rom_is_read(struct pair *pair)
{
	struct uvio_open_options options = {.backend = pair->backend};
	struct uvio_region rom;

	CHECK_OK(uvio_udev_open(pair->ctx, ROM_CARD, &options, &pair->udev));
	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_ROM, &rom));
	CHECK(rom.size == ROM_SIZE && rom.flags == UVIO_REGION_READ && !rom.base);
	CHECK(uvio_read16(&rom, 0) == 0xaa55);
	CHECK(uvio_read32(&rom, uvio_read16(&rom, 0x18)) == 0x52494350);
	CHECK(uvio_read32(&rom, ROM_SIZE - 4) == UINT32_MAX);
	CHECK_ERR(uvio_region_write(&rom, 0, 2, 0), -EACCES, "is read-only");
	CHECK(uvio_read16(&rom, 0) == 0xaa55);
	return PASS;
}

void run_rom(struct uvio_ctx *ctx)
{
	struct pair pair = {.ctx = ctx, .address = ROM_CARD};

	for (unsigned int b = 0; (pair.backend = uvio_backend_name(b)); b++) {
		int bound = uvio_bind(ctx, ROM_CARD, pair.backend);

		report(bound ? FAIL : the_rom_is_read(&pair), NULL, "ROM: read on %s (vfio 57)",
			pair.backend);
		uvio_udev_close(pair.udev);
		pair.udev = NULL;
	}
	uvio_bind(ctx, ROM_CARD, "none");
}

/* QEMU's NVMe with SR-IOV, of which no driver makes the virtual functions work. */
static int find_physical(struct uvio_ctx *ctx, char *address, size_t size)
{
	struct uvio_device **devices;
	int count = uvio_device_list(ctx, &devices);
	char path[128];

	for (int i = 0; i < count; i++) {
		const char *one = uvio_device_info(devices[i])->address;

		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/sriov_numvfs", one);
		if (!access(path, F_OK))
			snprintf(address, size, "%s", one);
	}
	uvio_device_list_free(devices, count);
	return address[0] ? 0 : -ENODEV;
}

static int open_with(struct pair *pair, const char *address, const char *token)
{
	struct uvio_open_options options = {.backend = "vfio", .vf_token = token};

	return uvio_udev_open(pair->ctx, address, &options, &pair->udev);
}

/* With the right one its open would take a minute: the kernel waits for the virtual function. */
static int virtual_functions_need_the_token(struct pair *pair)
{
	char virtual[32], path[128];
	struct pair other = {.ctx = pair->ctx};

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/sriov_numvfs", pair->address);
	snprintf(virtual, sizeof(virtual), "%.10s.1", pair->address);
	CHECK_OK(uvio_bind(pair->ctx, pair->address, "vfio"));
	CHECK_OK(sysfs_write("/sys/module/vfio_pci/parameters/enable_sriov", "1"));
	CHECK_OK(sysfs_write(path, "1"));
	CHECK_OK(uvio_bind(pair->ctx, virtual, "vfio"));
	CHECK_OK(open_with(pair, pair->address, UUID));
	CHECK_ERR(open_with(&other, virtual, NULL), -EACCES, "requires a VF token");
	CHECK_ERR(
		open_with(&other, virtual, OTHER_UUID), -EACCES, "differs from that of the other");
	CHECK_OK(uvio_vf_token_set(pair->udev, OTHER_UUID));
	CHECK_ERR(open_with(&other, virtual, UUID), -EACCES, "differs from that of the other");
	uvio_udev_close(pair->udev);
	pair->udev = NULL;
	CHECK_OK(sysfs_write(path, "0"));
	return PASS;
}

void run_tokens(struct uvio_ctx *ctx)
{
	char address[32] = "";
	struct pair pair = {.ctx = ctx, .address = address};
	int rc = find_physical(ctx, address, sizeof(address)) ? FAIL : PASS;

	report(rc ? rc : virtual_functions_need_the_token(&pair), NULL,
		"tokens: virtual functions need that of their physical one (vfio 26)");
	uvio_udev_close(pair.udev);
	uvio_bind(ctx, address, "none");
}

static int reset_of_two(struct pair *pair, const char *second)
{
	struct uvio_open_options options = {.backend = "vfio"};
	struct uvio_affected affected[8];
	char blocker[64];

	snprintf(blocker, sizeof(blocker), "%s (no driver, group", second);
	CHECK_OK(uvio_bind(pair->ctx, second, "none"));
	CHECK_OK(uvio_udev_open(pair->ctx, pair->address, &options, &pair->udev));
	CHECK(uvio_udev_hot_reset_affects(pair->udev, affected, 8) == 2);
	CHECK_ERR(uvio_udev_hot_reset(pair->udev), -EBUSY, blocker);
	CHECK_OK(uvio_bind(pair->ctx, second, "vfio"));
	CHECK(uvio_udev_hot_reset_affects(pair->udev, affected, 8) == 2);
	CHECK(!(affected[0].flags & UVIO_AFFECTED_BLOCKS));
	CHECK(!(affected[1].flags & UVIO_AFFECTED_BLOCKS));
	CHECK_OK(uvio_udev_hot_reset(pair->udev));
	return PASS;
}

void run_bus_of_two(struct uvio_ctx *ctx, const char *first, const char *second)
{
	struct pair pair = {.ctx = ctx, .address = first};
	int rc = uvio_bind(ctx, first, "vfio") ? FAIL : reset_of_two(&pair, second);

	uvio_udev_close(pair.udev);
	report(rc, NULL, "groups: a reset of the bus names who is in the way (vfio 81)");
}
