/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * What sysfs and /proc hold: each file that is opened, and each link that is read, has the next of
 * the pieces which the bytes are split into at NUL. Where they end, nothing is there any more.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include <uvio/device.h>

#include "base/address.h"
#include "base/context.h"
#include "device/device.h"
#include "owner/inuse.h"
#include "owner/lock.h"
#include "uio.h"

#define DISK "bus/pci/devices/0000:00:04.0/block/sda"
#define PORTS "class/uio/uio0/portio/port0"

static const uint8_t *rest;
static size_t rest_size;
static const uint8_t *file; /* that is open */
static size_t file_size;
static char root[64];

int __real_uvio_sys_open(const char *path, int flags);
int __wrap_uvio_sys_open(const char *path, int flags);
ssize_t __wrap_uvio_sys_read(int fd, void *buf, size_t size);
int __wrap_uvio_sys_readlink(const char *path, char *buf, size_t size);
int __wrap_uvio_sys_lock(int fd);

static size_t next_piece(const uint8_t **piece)
{
	const uint8_t *end = rest_size ? memchr(rest, '\0', rest_size) : NULL;
	size_t size = end ? (size_t)(end - rest) : rest_size;

	*piece = rest;
	rest += size + (end != NULL);
	rest_size -= size + (end != NULL);
	return size;
}

int __wrap_uvio_sys_open(const char *path, int flags)
{
	if (flags & O_DIRECTORY)
		return __real_uvio_sys_open("/", flags);
	if (!rest_size || strstr(path, "/dev/"))
		return -ENOENT;
	file_size = next_piece(&file);
	return __real_uvio_sys_open("/dev/null", O_RDONLY);
}

/* In pieces, as a kernel may. */
ssize_t __wrap_uvio_sys_read(int fd, void *buf, size_t size)
{
	size_t n = file_size < size ? file_size : size;

	(void)fd;
	if (n > 7)
		n -= n / 3;
	if (n)
		memcpy(buf, file, n);
	file += n;
	file_size -= n;
	return (ssize_t)n;
}

int __wrap_uvio_sys_readlink(const char *path, char *buf, size_t size)
{
	const uint8_t *piece;
	size_t n = next_piece(&piece);

	(void)path;
	if (!n || n >= size)
		return n ? -ENAMETOOLONG : -ENOENT;
	memcpy(buf, piece, n);
	buf[n] = '\0';
	return 0;
}

int __wrap_uvio_sys_lock(int fd)
{
	(void)fd;
	return -EWOULDBLOCK;
}

static void remove_folders(const char *folder)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, folder);
	while (strlen(path) >= strlen(root) && !rmdir(path))
		*strrchr(path, '/') = '\0';
}

static void remove_root(void)
{
	remove_folders(DISK);
	remove_folders(PORTS);
}

static void make_folders(const char *folder)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s/", root, folder);
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

/* One disk of the card and one range of ports, of which the links and files are made up. */
static void make_root(void)
{
	strcpy(root, "/tmp/uvio-fuzz.XXXXXX");
	if (!mkdtemp(root))
		abort();
	atexit(remove_root);
	make_folders(DISK);
	make_folders(PORTS);
}

static void check_ports(const struct uio_ports *ports)
{
	for (int i = 0; i < UIO_PORT_RANGES; i++)
		if (ports[i].size && (ports[i].start > 0xffff || ports[i].size > 0x10000 ||
					     ports[i].start + ports[i].size > 0x10000))
			abort();
}

static void check_bars(const struct uio_map *maps, const struct uvio_bar *bars)
{
	for (int i = 0; i < UVIO_BARS; i++) {
		int map = uio_map_of_bar(maps, &bars[i]);

		if (map >= UIO_MAPS || (map >= 0 && maps[map].size < bars[i].size))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct uvio_ctx ctx = {.dev = "/nowhere", .proc = "/nowhere"};
	struct uio_map maps[UIO_MAPS];
	struct uvio_bar bars[UVIO_BARS] = {{0}};
	struct uio_ports ports[UIO_PORT_RANGES] = {{0}};
	struct uvio_device device = {.member_count = 0};
	struct uvio_address address;
	char text[UVIO_TEXT_SIZE];
	int fd;

	if (!root[0])
		make_root();
	strcpy(ctx.sysfs, root);
	rest = data;
	rest_size = size;
	if (uvio_address_parse("0000:00:04.0", &address))
		abort();
	device.address = address;
	device.info.address = device.address.text;
	uvio_pci_fill(&ctx, &device);
	uvio_pci_bars(&ctx, address.text, bars);
	uio_read_maps(&ctx, "uio0", maps);
	check_bars(maps, bars);
	uvio_in_use(&ctx, &address);
	uvio_lock(&ctx, &address, &fd);
	uvio_group_fill(&ctx, &device);
	uvio_group_blockers(&device, text, sizeof(text));
	uvio_group_free(&device);
	uvio_address_resolve(&ctx, "uio0", &address);
	uio_read_ports(&ctx, "uio0", ports);
	check_ports(ports);
	return 0;
}
