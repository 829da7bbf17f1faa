/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Whether a PCI card answers where the kernel takes it to be. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"

#define BARS 6
#define CONFIG_BARS 0x10
#define CONFIG_SIZE 64 /* what everybody may read */
#define COMMAND_IO 0x01
#define COMMAND_MEMORY 0x02

/* Bits of a line of "resource", by <linux/ioport.h>. */
#define RESOURCE_IO 0x100
#define RESOURCE_MEM 0x200
#define RESOURCE_EA 0x20 /* not from a BAR */
#define RESOURCE_UNSET 0x20000000

#define REMOVE_AND_RESCAN                                                                          \
	"end what uses it, then echo 1 to its file \"remove\" in sysfs, and to "                   \
	"/sys/bus/pci/rescan, which assigns the addresses again"

struct card {
	struct uvio_ctx *ctx;
	const char *address;
	struct uvio_check *check;
	uint8_t config[CONFIG_SIZE];
	struct {
		uint64_t start, end, flags;
	} bars[BARS];
};

static uint64_t word(const struct card *card, unsigned int offset, unsigned int size)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value |= (uint64_t)card->config[offset + i] << 8 * i;
	return value;
}

static bool read_config(struct card *card)
{
	char bytes[CONFIG_SIZE + 1] = {0};
	int n = uvio_sysfs_read(
		card->ctx, bytes, sizeof(bytes), "bus/pci/devices/%s/config", card->address);

	memcpy(card->config, bytes, sizeof(card->config));
	return n > PCI_CONFIG_STATUS + 1;
}

static void read_bars(struct card *card)
{
	char text[13 * 60] = "", *line = text;

	uvio_sysfs_read(
		card->ctx, text, sizeof(text), "bus/pci/devices/%s/resource", card->address);
	for (int i = 0; i < BARS && *line; i++) {
		card->bars[i].start = strtoull(line, &line, 16);
		card->bars[i].end = strtoull(line, &line, 16);
		card->bars[i].flags = strtoull(line, &line, 16);
	}
}

static bool is_64bit(const struct card *card, int i)
{
	return (word(card, CONFIG_BARS + 4 * (unsigned int)i, 4) & 7) == 4 && i + 1 < BARS;
}

/* The address that the card has for it. */
static uint64_t programmed(const struct card *card, int i)
{
	uint64_t bar = word(card, CONFIG_BARS + 4 * (unsigned int)i, is_64bit(card, i) ? 8 : 4);

	return bar & ~(uint64_t)(bar & 1 ? 3 : 15);
}

/* Addresses on the bus are those of the processor on x86 only; elsewhere 0 is certainly none. */
static bool is_lost(const struct card *card, int i)
{
#if defined(__x86_64__) || defined(__i386__)
	return programmed(card, i) != card->bars[i].start;
#else
	return !programmed(card, i) && card->bars[i].start;
#endif
}

/* The kernel wakes it, and puts back what it saved, when it is opened on vfio. */
static bool is_asleep(const struct card *card)
{
	char state[UVIO_NAME_SIZE] = "";

	uvio_sysfs_read(card->ctx, state, sizeof(state), "bus/pci/devices/%s/power/runtime_status",
		card->address);
	return !strcmp(state, "suspended");
}

/* 0 where it may be no more than asleep, as a virtual function. */
static int probe_silent(struct card *card)
{
	char state[UVIO_NAME_SIZE] = "";

	if (is_asleep(card)) {
		uvio_check_add(card->check, UVIO_NOTE, NULL,
			"%s: it sleeps, and its configuration space reads all ones: perhaps it is "
			"gone, which is seen when it is opened",
			card->address);
		return 0;
	}
	uvio_sysfs_read(
		card->ctx, state, sizeof(state), "bus/pci/devices/%s/power_state", card->address);
	uvio_check_add(card->check, UVIO_BLOCKS,
		"look at its power and its slot; then echo 1 to its file \"remove\" in sysfs, and "
		"to /sys/bus/pci/rescan",
		"%s: the device is gone: its configuration space reads all ones%s%s%s",
		card->address, state[0] ? " (power state " : "", state, state[0] ? ")" : "");
	return -ENODEV;
}

static void probe_lost(struct card *card, int i)
{
	bool restored = is_asleep(card);

	uvio_check_add(card->check, restored ? UVIO_NOTE : UVIO_BLOCKS,
		restored ? NULL : REMOVE_AND_RESCAN,
		"%s: the card lost its addresses: bar%d is at 0x%" PRIx64
		" for the kernel, and at 0x%" PRIx64
		" in the card; perhaps it was reset and the kernel knows nothing of it, or its "
		"FPGA was loaded again%s",
		card->address, i, card->bars[i].start, programmed(card, i),
		restored ? "; it sleeps, and the kernel restores them when it is opened" : "");
}

static void probe_bar(struct card *card, int i)
{
	uint64_t flags = card->bars[i].flags, value = word(card, CONFIG_BARS + 4U * (unsigned)i, 4);

	if (flags & RESOURCE_UNSET)
		uvio_check_add(card->check, UVIO_BLOCKS,
			"boot with pci=realloc, or switch on \"above 4G decoding\" in the firmware "
			"setup, or move the card to another slot",
			"%s: the kernel found no room for bar%d, of %" PRIu64 " KiB", card->address,
			i, (card->bars[i].end - card->bars[i].start + 1) >> 10);
	else if (!(flags & (RESOURCE_IO | RESOURCE_MEM)) && value)
		uvio_check_add(card->check, UVIO_LIMITS,
			"perhaps boot with pci=realloc; the kernel's log names the reason",
			"%s: the card has a bar%d (it reads 0x%" PRIx64
			"), and the kernel gave it no address",
			card->address, i, value);
	else if (flags & (RESOURCE_IO | RESOURCE_MEM) && !(flags & RESOURCE_EA) && is_lost(card, i))
		probe_lost(card, i);
}

/* As of nearly every card: nothing else has to be asked for. */
static bool bars_agree(const struct card *card)
{
	for (int i = 0; i < BARS; i += 1 + is_64bit(card, i)) {
		uint64_t flags = card->bars[i].flags;

		if (flags & RESOURCE_UNSET)
			return false;
		if (flags & (RESOURCE_IO | RESOURCE_MEM)
				? is_lost(card, i)
				: word(card, CONFIG_BARS + 4U * (unsigned)i, 4))
			return false;
	}
	return true;
}

static void probe_bars(struct card *card)
{
	for (int i = 0; i < BARS; i++) {
		probe_bar(card, i);
		i += is_64bit(card, i);
	}
}

/* What the kernel driver switched on when it was bound. */
static void probe_decoding(struct card *card)
{
	uint64_t command = word(card, PCI_CONFIG_COMMAND, 2), all = 0, off;
	char fix[UVIO_NAME_SIZE * 2];

	for (int i = 0; i < BARS; i++)
		all |= (card->bars[i].flags & RESOURCE_IO ? COMMAND_IO : 0) |
		       (card->bars[i].flags & RESOURCE_MEM ? COMMAND_MEMORY : 0);
	off = all & ~command;
	snprintf(fix, sizeof(fix), "bind it again, or setpci -s %s COMMAND=%x:%x", card->address,
		(unsigned int)off, (unsigned int)off);
	if (off)
		uvio_check_add(card->check, off == all ? UVIO_BLOCKS : UVIO_LIMITS, fix,
			"%s: the card does not decode %s: its command register has them switched "
			"off",
			card->address,
			off == all	       ? "any of its BARs"
			: off & COMMAND_MEMORY ? "its BARs in memory"
					       : "its I/O ports");
}

int uvio_card_probe(
	struct uvio_ctx *ctx, const char *address, bool decoding, struct uvio_check *check)
{
	struct card card = {.ctx = ctx, .address = address, .check = check};

	if (!read_config(&card))
		return 0;
	read_bars(&card);
	if (uvio_status_is_gone(word(&card, PCI_CONFIG_STATUS, 2)))
		return probe_silent(&card);
	if (!decoding && bars_agree(&card))
		return 0;
	/* The BARs of a virtual function read as 0, and are in its physical function. */
	if (uvio_sysfs_exists(ctx, "bus/pci/devices/%s/physfn", address))
		return 0;
	probe_bars(&card);
	if (decoding)
		probe_decoding(&card);
	return 0;
}

int uvio_card_ready(struct uvio_ctx *ctx, const char *address, bool decoding)
{
	struct uvio_check check = {0};
	int gone = uvio_card_probe(ctx, address, decoding, &check);
	int rc = uvio_check_end(&check, address);

	if (!rc && check.verdict == UVIO_BROKEN)
		rc = uvio_check_fail(&check, gone ? gone : -ENXIO);
	uvio_check_cleanup(&check);
	return rc;
}
