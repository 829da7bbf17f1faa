/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * I/O ports. Either each access is a system call: resourceN of a PCI device takes the widths of
 * registers; /dev/port, for all others, moves bytes. Or it is an instruction, which the kernel has
 * to allow for each thread.
 */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <uvio/context.h>
#include <uvio/error.h>
#include <uvio/region.h>
#include <uvio/udev.h>

#include "backend/objects.h"
#include "base/context.h"
#include "base/rights.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "udev/region.h"
#include "uio.h"

/* A thread remembers this many ranges, and asks again for others. */
#define GRANTS 8

struct grant {
	uint32_t first;
	uint32_t count; /* 0: nothing is remembered here */
	bool given;
};

/*
 * What the kernel answered to this thread. Only the thread itself can give a permission back, so
 * what is remembered holds, whatever other threads close and open meanwhile.
 */
static _Thread_local struct grant grants[GRANTS];
static _Thread_local unsigned int next_grant;
/* The last of those that were given. */
static _Thread_local struct grant recent;

static struct uio_region *own_region(struct uvio_udev *udev, const struct uvio_region *region)
{
	return &((struct uio_device *)udev->priv)->regions[region->index];
}

static struct grant *find_grant(const struct uio_region *own)
{
	for (unsigned int i = 0; i < GRANTS; i++)
		if (grants[i].first == own->port && grants[i].count == own->ports)
			return &grants[i];
	return NULL;
}

/* Ranges that overlap count too, since permissions are per port. */
static void forget(const struct uio_region *own)
{
	for (unsigned int i = 0; i < GRANTS; i++)
		if (grants[i].first < own->port + own->ports &&
			own->port < grants[i].first + grants[i].count)
			grants[i].count = 0;
	recent.count = 0;
}

/* Of ioperm() and of /dev/port. */
static void describe_refusal(struct uvio_ctx *ctx, int err, char *text, size_t size)
{
	const char *lack = uvio_lack(ctx, CAP_SYS_RAWIO);

	if (err == -EPERM && lack)
		snprintf(text, size, "; it needs CAP_SYS_RAWIO, %s", lack);
	else
		snprintf(text, size, "%s", uvio_refusal(ctx, err));
}

static bool __attribute__((noinline))
ask(struct uvio_udev *udev, const struct uvio_region *region, const struct uio_region *own)
{
	int rc = uvio_sys_ioperm(own->port, own->ports, true);
	char why[160], name[UVIO_REGION_NAME_SIZE];

	grants[next_grant++ % GRANTS] = (struct grant){own->port, own->ports, !rc};
	if (!rc)
		return true;
	describe_refusal(udev->ctx, rc, why, sizeof(why));
	uvio_log(udev->ctx, UVIO_LOG_WARNING,
		"%s: %s: no port instructions in this thread, system calls are used: %s%s",
		udev->address.text, uvio_region_name(udev, region->index, name), strerror(-rc),
		rc == -ENOSYS ? "; the kernel has no CONFIG_X86_IOPL_IOPERM" : why);
	return false;
}

static inline bool may_use_instructions(
	struct uvio_udev *udev, const struct uvio_region *region, const struct uio_region *own)
{
	const struct grant *grant;

	if (!own->by_instruction)
		return false;
	grant = find_grant(own);
	return grant ? grant->given : ask(udev, region, own);
}

/* What may be another card's by now is left to those who look. */
static bool __attribute__((noinline)) note_recent(const struct uvio_region *region)
{
	const struct uio_region *own = own_region(region->udev, region);

	if (region->udev->flags & UVIO_OPEN_SURVIVE_REMOVAL ||
		!may_use_instructions(region->udev, region, own))
		return false;
	recent = (struct grant){own->port, own->ports, true};
	return true;
}

/* The number of the port; 0: not by instructions. */
static inline uint32_t port_of(const struct uvio_region *region, uint64_t offset)
{
	const struct uio_region *own = own_region(region->udev, region);

	if (!own->by_instruction)
		return 0;
	if ((recent.first == own->port && recent.count == own->ports) || note_recent(region))
		return own->port + (uint32_t)(region->start + offset);
	return 0;
}

int64_t uio_port_in(const struct uvio_region *region, uint64_t offset, unsigned int width)
{
	uint32_t port = port_of(region, offset);

	return port ? (int64_t)uvio_sys_port_in(port, width) : -1;
}

bool uio_port_out(
	const struct uvio_region *region, uint64_t offset, unsigned int width, uint32_t value)
{
	uint32_t port = port_of(region, offset);

	if (port)
		uvio_sys_port_out(port, width, value);
	return port;
}

/* System calls remain for threads that may not use instructions. */
static void set_range(struct uvio_udev *udev, const struct uvio_region *region, uint64_t start)
{
	struct uio_region *own = own_region(udev, region);

	own->port = (uint32_t)start;
	own->ports = (uint32_t)region->size;
	own->by_instruction = udev->flags & UVIO_OPEN_PORT_INSTRUCTIONS;
	may_use_instructions(udev, region, own);
}

int uio_ports_map_bar(struct uvio_udev *udev, struct uvio_region *region, int fd)
{
	const struct uio_device *device = udev->priv;

	own_region(udev, region)->port_fd = fd;
	set_range(udev, region, device->bars[region->index].start);
	return 0;
}

static int open_dev_port(struct uvio_udev *udev, const struct uvio_region *region)
{
	char path[UVIO_PATH_SIZE], why[160];
	int fd;

	uvio_dev_path(udev->ctx, path, "port");
	fd = uvio_sys_open(path, O_RDWR);
	if (fd >= 0)
		return fd;
	describe_refusal(udev->ctx, fd, why, sizeof(why));
	return uvio_region_fail(udev, region->index, fd, "cannot open %s for its I/O ports: %s%s",
		path, strerror(-fd),
		fd == -ENOENT ? "; perhaps the kernel has no CONFIG_DEVPORT" : why);
}

int uio_ports_map(struct uvio_udev *udev, struct uvio_region *region)
{
	const struct uio_device *device = udev->priv;
	const struct uio_ports *ports = &device->ports[region->index - UVIO_REGION_PORT0];
	struct uio_region *own = own_region(udev, region);
	int fd;

	if (strcmp(ports->type, "port_x86"))
		return uvio_region_fail(udev, region->index, -ENOTSUP,
			"by its driver these are not ports of the CPU (%s), so that "
			"only the driver can access them",
			ports->type[0] ? ports->type : "no type");
	fd = open_dev_port(udev, region);
	if (fd < 0)
		return fd;
	own->port_fd = fd;
	own->by_byte = true;
	set_range(udev, region, ports->start);
	return 0;
}

/* Other threads keep what they were given until they end. */
void uio_ports_unmap(struct uio_region *own)
{
	const struct grant *grant = own->ports ? find_grant(own) : NULL;

	if (grant && grant->given)
		uvio_sys_ioperm(own->port, own->ports, false);
	if (grant)
		forget(own);
	uvio_sys_close(own->port_fd);
}

/* The offset in the file of the register at @offset. */
static int place(struct uvio_udev *udev, const struct uvio_region *region,
	const struct uio_region *own, unsigned int width, uint64_t *offset)
{
	if (own->port_fd < 0)
		return uvio_region_fail(udev, region->index, -EINVAL, "map it first");
	if (own->by_byte && width > 1)
		return uvio_region_fail(udev, region->index, -ENOTSUP,
			"/dev/port transfers single bytes, so that %u bytes are not "
			"one access; %s",
			width,
			own->by_instruction
				? "port instructions were refused to this thread"
				: "open it with UVIO_OPEN_PORT_INSTRUCTIONS (uvio: -p)");
	if (own->by_byte)
		*offset += own->port;
	return 0;
}

int uio_ports_read(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t *value)
{
	const struct uio_region *own = own_region(udev, region);
	uint64_t raw = 0, at = offset;
	int rc;

	if (may_use_instructions(udev, region, own)) {
		*value = uvio_sys_port_in(own->port + (uint32_t)offset, width);
		return 0;
	}
	rc = place(udev, region, own, width, &at);
	if (rc)
		return rc;
	rc = uvio_sys_pread(own->port_fd, &raw, width, at);
	if (rc)
		return uvio_access_failed(udev, region, offset, rc);
	*value = le64toh(raw);
	return 0;
}

int uio_ports_write(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, uint64_t value)
{
	const struct uio_region *own = own_region(udev, region);
	uint64_t raw = htole64(value), at = offset;
	int rc;

	if (may_use_instructions(udev, region, own)) {
		uvio_sys_port_out(own->port + (uint32_t)offset, width, (uint32_t)value);
		return 0;
	}
	rc = place(udev, region, own, width, &at);
	if (rc)
		return rc;
	rc = uvio_sys_pwrite(own->port_fd, &raw, width, at);
	return rc ? uvio_access_failed(udev, region, offset, rc) : 0;
}

/* Does not touch what may belong to another card by now. */
static bool has_rep(struct uvio_udev *udev, const struct uvio_region *region)
{
	if (!(region->flags & UVIO_REGION_PORTS) ||
		(udev->flags & UVIO_OPEN_SURVIVE_REMOVAL && atomic_load(&udev->gone)))
		return false;
	return may_use_instructions(udev, region, own_region(udev, region));
}

bool uio_ports_read_rep(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, void *buffer, size_t count)
{
	if (!has_rep(udev, region))
		return false;
	uvio_sys_port_ins(own_region(udev, region)->port + (uint32_t)offset, width, buffer, count);
	return true;
}

bool uio_ports_write_rep(struct uvio_udev *udev, const struct uvio_region *region, uint64_t offset,
	unsigned int width, const void *buffer, size_t count)
{
	if (!has_rep(udev, region))
		return false;
	uvio_sys_port_outs(own_region(udev, region)->port + (uint32_t)offset, width, buffer, count);
	return true;
}
