/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Whether a PCI card answers at the addresses that the kernel has for it. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <uvio/check.h>
#include <uvio/device.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/finding.h"
#include "base/number.h"
#include "base/pci_config.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "check/card.h"

#define BARS 6
#define CONFIG_BARS 0x10
#define LIST_SIZE 200
#define CONFIG_SIZE 64 /* what everybody may read */

/* Bits of a line of "resource", by <linux/ioport.h>. */
#define RESOURCE_IO 0x100
#define RESOURCE_MEM 0x200
#define RESOURCE_EA 0x20 /* not from a BAR */
#define RESOURCE_UNSET 0x20000000

#define REMOVE_AND_RESCAN                                                                          \
	"stop its user, then echo 1 to its file \"remove\" in sysfs, and to "                      \
	"/sys/bus/pci/rescan, which assigns the addresses again"

#define LOST_BAR                                                                                   \
	"the card lost its addresses: bar%d is at 0x%" PRIx64 " for the kernel, and at 0x%" PRIx64 \
	" in the card; perhaps it was reset without the kernel's knowledge, or its FPGA was "      \
	"loaded again"

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
	int n = uvio_sysfs_read_bytes(card->ctx, card->config, sizeof(card->config),
		"bus/pci/devices/%s/config", card->address);

	return n > PCI_CONFIG_STATUS + 1;
}

static void read_bars(struct card *card)
{
	char text[512] = ""; /* six lines of 57 */
	const char *line = text;

	uvio_sysfs_read(
		card->ctx, text, sizeof(text), "bus/pci/devices/%s/resource", card->address);
	for (int i = 0; i < BARS && line; i++) {
		uint64_t *fields[] = {
			&card->bars[i].start, &card->bars[i].end, &card->bars[i].flags};

		for (int field = 0; field < 3 && line; field++)
			line = uvio_number_hex(line, fields[field]);
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
	uint64_t flags = card->bars[i].flags;

	if (!(flags & (RESOURCE_IO | RESOURCE_MEM)) || flags & (RESOURCE_EA | RESOURCE_UNSET))
		return false;
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

/* 0 if it may only sleep, as a virtual function. */
static int probe_silent(struct card *card)
{
	char state[UVIO_NAME_SIZE] = "";

	if (is_asleep(card)) {
		uvio_check_add(card->check, UVIO_NOTE, NULL,
			"%s: the device sleeps, and its configuration space reads all ones; "
			"perhaps it is gone; open it to find out",
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

static int first_lost(const struct card *card)
{
	for (int i = 0; i < BARS; i++) {
		if (is_lost(card, i))
			return i;
		i += is_64bit(card, i);
	}
	return -1;
}

static void append(char list[LIST_SIZE], const char *format, ...)
{
	size_t used = strlen(list);
	va_list args;

	if (used)
		used += (size_t)snprintf(list + used, LIST_SIZE - used, ", ");
	if (used >= LIST_SIZE)
		return;
	va_start(args, format);
	vsnprintf(list + used, LIST_SIZE - used, format, args);
	va_end(args);
}

/* One finding for all: they have one cause. */
static bool probe_lost(struct card *card)
{
	char others[LIST_SIZE] = "";
	bool restored = is_asleep(card);
	int first = first_lost(card);

	if (first < 0)
		return false;
	for (int i = first + 1 + is_64bit(card, first); i < BARS; i += 1 + is_64bit(card, i))
		if (is_lost(card, i))
			append(others, "bar%d", i);
	uvio_check_add(card->check, restored ? UVIO_NOTE : UVIO_BLOCKS,
		restored ? NULL : REMOVE_AND_RESCAN, "%s: " LOST_BAR "%s%s%s", card->address, first,
		card->bars[first].start, programmed(card, first),
		others[0] ? "; the same holds for " : "", others,
		restored ? "; the card sleeps, and the kernel restores them at open" : "");
	return true;
}

static void probe_unset(struct card *card)
{
	char list[LIST_SIZE] = "";

	for (int i = 0; i < BARS; i += 1 + is_64bit(card, i))
		if (card->bars[i].flags & RESOURCE_UNSET)
			append(list, "bar%d, of %" PRIu64 " KiB", i,
				(card->bars[i].end - card->bars[i].start + 1) >> 10);
	if (list[0])
		uvio_check_add(card->check, UVIO_BLOCKS,
			"boot with pci=realloc, or switch on \"above 4G decoding\" in the firmware "
			"setup, or move the card to another slot",
			"%s: the kernel found no free addresses for %s", card->address, list);
}

static bool is_unassigned(const struct card *card, int i)
{
	uint64_t flags = card->bars[i].flags;

	return !(flags & (RESOURCE_UNSET | RESOURCE_IO | RESOURCE_MEM)) &&
	       word(card, CONFIG_BARS + 4U * (unsigned)i, 4);
}

static void probe_unassigned(struct card *card)
{
	char list[LIST_SIZE] = "";

	for (int i = 0; i < BARS; i += 1 + is_64bit(card, i))
		if (is_unassigned(card, i))
			append(list, "bar%d (it reads 0x%" PRIx64 ")", i,
				word(card, CONFIG_BARS + 4U * (unsigned)i, 4));
	if (list[0])
		uvio_check_add(card->check, UVIO_LIMITS,
			"perhaps boot with pci=realloc; dmesg shows the reason",
			"%s: the card has a %s, and the kernel gave it no address", card->address,
			list);
}

/* True of nearly every card: nothing else has to be looked at. */
static bool bars_agree(const struct card *card)
{
	for (int i = 0; i < BARS; i += 1 + is_64bit(card, i))
		if (card->bars[i].flags & RESOURCE_UNSET || is_unassigned(card, i) ||
			is_lost(card, i))
			return false;
	return true;
}

/* The bits of the command register by which the card decodes what it has. */
static uint64_t wanted_decoding(const struct card *card)
{
	uint64_t all = 0;

	for (int i = 0; i < BARS; i++)
		all |= (card->bars[i].flags & RESOURCE_IO ? PCI_COMMAND_IO : 0) |
		       (card->bars[i].flags & RESOURCE_MEM ? PCI_COMMAND_MEMORY : 0);
	return all;
}

static uint64_t undecoded(const struct card *card)
{
	return wanted_decoding(card) & ~word(card, PCI_CONFIG_COMMAND, 2);
}

/* What the kernel driver switched on when it was bound. */
static void probe_decoding(struct card *card)
{
	uint64_t all = wanted_decoding(card), off = undecoded(card);
	char fix[UVIO_NAME_SIZE * 2];

	snprintf(fix, sizeof(fix), "bind it again, or setpci -s %s COMMAND=%x:%x", card->address,
		(unsigned int)off, (unsigned int)off);
	if (off)
		uvio_check_add(card->check, off == all ? UVIO_BLOCKS : UVIO_LIMITS, fix,
			"%s: the card does not decode %s: its command register has them switched "
			"off",
			card->address,
			off == all		   ? "any of its BARs"
			: off & PCI_COMMAND_MEMORY ? "its BARs in memory"
						   : "its I/O ports");
}

const char *uvio_card_where(struct uvio_ctx *ctx)
{
	return uvio_sys_is_read_only(ctx->sysfs) ? "on the host: " : "";
}

void uvio_card_add_unbound(struct uvio_ctx *ctx, const struct uvio_device_info *info,
	const char *driver, const char *fix, struct uvio_check *check)
{
	const char *where = uvio_card_where(ctx);
	char note[UVIO_PATH_SIZE] = "", there[UVIO_TEXT_SIZE / 2];

	if (where[0])
		snprintf(note, sizeof(note),
			"; %.200s is mounted read-only, so it cannot be bound here; perhaps this "
			"is a container",
			ctx->sysfs);
	snprintf(there, sizeof(there), "%s%s", where, fix);
	if (info->driver)
		uvio_check_add(check, UVIO_UNBOUND, there,
			"%s: bound to the kernel driver '%s', not to %s%s", info->address,
			info->driver, driver, note);
	else
		uvio_check_add(check, UVIO_UNBOUND, there, "%s: not bound to %s%s", info->address,
			driver, note);
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
	if (bars_agree(&card) && !(decoding && undecoded(&card)))
		return 0;
	/* The BARs of a virtual function read as 0, and are in its physical function. */
	if (uvio_sysfs_exists(ctx, "bus/pci/devices/%s/physfn", address))
		return 0;
	probe_unset(&card);
	probe_unassigned(&card);
	/* A card that lost its BARs in a reset lost its command register, too. */
	if (!probe_lost(&card) && decoding)
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

static void tell_undecoded(const struct card *card, uint64_t off, char *text, size_t size)
{
	snprintf(text, size,
		"the card no longer decodes %s: its command register, 0x%04x now, had this on at "
		"open; perhaps another program or a reset changed it; setpci -s %s COMMAND=%x:%x, "
		"or close the device, bind it again, and open it",
		off & PCI_COMMAND_MEMORY ? "its BARs in memory" : "its I/O ports",
		(unsigned int)word(card, PCI_CONFIG_COMMAND, 2), card->address, (unsigned int)off,
		(unsigned int)off);
}

/* By sysfs, since VFIO shows a program what it wrote to the BARs itself. */
void uvio_card_changed(struct uvio_udev *udev, char *text, size_t size)
{
	struct card card = {.ctx = udev->ctx, .address = udev->address.text};
	uint64_t off;
	int lost;

	text[0] = '\0';
	if (!udev->config.size || atomic_load(&udev->asleep) || !read_config(&card) ||
		uvio_status_is_gone(word(&card, PCI_CONFIG_STATUS, 2)) ||
		uvio_sysfs_exists(card.ctx, "bus/pci/devices/%s/physfn", card.address))
		return;
	read_bars(&card);
	off = udev->decoded & undecoded(&card);
	lost = first_lost(&card);
	if (lost >= 0)
		snprintf(text, size, LOST_BAR "; " REMOVE_AND_RESCAN, lost, card.bars[lost].start,
			programmed(&card, lost));
	else if (off)
		tell_undecoded(&card, off, text, size);
}

bool uvio_card_masks_intx(struct uvio_udev *udev)
{
	uint8_t command[PCI_CONFIG_COMMAND + 2];

	return uvio_sysfs_read_bytes(udev->ctx, command, sizeof(command),
		       "bus/pci/devices/%s/config", udev->address.text) == sizeof(command) &&
	       command[PCI_CONFIG_COMMAND + 1] & PCI_COMMAND_INTX_OFF >> 8;
}
