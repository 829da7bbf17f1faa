/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uvio/uvio.h>

#include "backend/objects.h"
#include "sim_any.h"

struct sim_any kernel;

_Thread_local uint32_t sim_any_first, sim_any_count;

struct tree *tree;
struct uvio_udev *udev;
struct uvio_region region;
struct test_log sim_any_log;

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n >= m && !strcmp(path + n - m, end);
}

static int a_file(const void *bytes, size_t size)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	return fd < 0 || write(fd, bytes, size) != (ssize_t)size ? -EIO : fd;
}

static int sim_open(const char *path, int flags)
{
	(void)flags;
	if (strstr(path, "/dev/uio"))
		return kernel.node = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (ends_with(path, "/dev/port") || ends_with(path, "/resource1"))
		return kernel.port_error ? kernel.port_error
					 : (kernel.port = a_file(kernel.ports, SIM_ANY_PORTS));
	return SIM_NOT_MINE;
}

static ssize_t sim_read(int fd, void *buf, size_t size)
{
	uint64_t count;
	const uint32_t event = 1;

	if (fd != kernel.node || fd < 0)
		return SIM_NOT_MINE;
	if (kernel.no_irq)
		return -EIO;
	if (size != 4 || read(fd, &count, 8) != 8)
		return size != 4 ? -EINVAL : -EAGAIN;
	memcpy(buf, &event, 4);
	return 4;
}

static ssize_t sim_write(int fd, const void *buf, size_t size)
{
	if (fd != kernel.node || fd < 0)
		return SIM_NOT_MINE;
	if (size != 4)
		return -EINVAL;
	if (kernel.no_irq || kernel.no_irqcontrol)
		return kernel.no_irq ? -EIO : -ENOSYS;
	memcpy(&kernel.control, buf, 4);
	kernel.controls++;
	return 4;
}

/* Without an interrupt every poll is answered at once, with nearly all bits. */
static int sim_poll(struct pollfd *fds, nfds_t count)
{
	if (count != 1 || fds->fd != kernel.node || !kernel.no_irq)
		return SIM_NOT_MINE;
	fds->revents = (short)(fds->events | POLLERR | POLLHUP);
	return 1;
}

static int sim_mmap(
	void *want, size_t size, int prot, int flags, int fd, uint64_t offset, void **out)
{
	if (fd != kernel.node || fd < 0)
		return SIM_NOT_MINE;
	kernel.map_offset = offset;
	kernel.map_size = size;
	kernel.map_flags = flags;
	kernel.map_prot = prot;
	if (kernel.map_error)
		return kernel.map_error;
	*out = mmap(want, size, prot, MAP_SHARED, kernel.memory, 0);
	return *out == MAP_FAILED ? -errno : 0;
}

static int sim_ioperm(uint32_t first, uint32_t count, bool on)
{
	kernel.asked += on;
	if (on && kernel.refusal)
		return kernel.refusal;
	sim_any_first = first;
	sim_any_count = on ? count : 0;
	return 0;
}

static bool allowed(uint32_t port, unsigned int width)
{
	bool is = port >= sim_any_first && port + width <= sim_any_first + sim_any_count;

	kernel.instructions++;
	kernel.faults += !is;
	return is;
}

static uint32_t sim_port_in(uint32_t port, unsigned int width)
{
	uint32_t value = 0;

	if (allowed(port, width))
		memcpy(&value, &kernel.ports[port], width);
	return value;
}

static void sim_port_out(uint32_t port, unsigned int width, uint32_t value)
{
	if (allowed(port, width))
		memcpy(&kernel.ports[port], &value, width);
}

const struct sim sim_any = {
	.open = sim_open,
	.read = sim_read,
	.write = sim_write,
	.poll = sim_poll,
	.mmap = sim_mmap,
	.ioperm = sim_ioperm,
	.port_in = sim_port_in,
	.port_out = sim_port_out,
};

void sim_any_reset(void)
{
	if (kernel.memory > 0)
		close(kernel.memory);
	memset(&kernel, 0, sizeof(kernel));
	kernel.node = kernel.port = -1;
	kernel.control = -1;
	kernel.memory = memfd_create("maps", MFD_CLOEXEC);
	ASSERT(!ftruncate(kernel.memory, 1 << 20));
	for (unsigned int i = 0; i < SIM_ANY_PORTS; i++)
		kernel.ports[i] = (unsigned char)(i ^ i >> 8);
}

void sim_any_use(const char *name)
{
	const struct uvio_ctx_options options = {
		.log = test_log, .log_data = &sim_any_log, .log_level = UVIO_LOG_WARNING};

	if (tree)
		tree_free(tree);
	sim_any_log = (struct test_log){0};
	tree = tree_new_with(name, &options);
	inject_reset(tree->root);
	sim_any_reset();
	sim = &sim_any;
}

void sim_any_use_mf624(void)
{
	sim_any_use("uio-mf624");
	tree_change(tree, "file " MF624_FOLDER "/resource1");
}

void sim_any_close(void)
{
	uvio_udev_close(udev);
	udev = NULL;
	kernel.node = kernel.port = -1;
}

void sim_any_end(void)
{
	sim_any_close();
	sim = NULL;
	tree_free(tree);
	tree = NULL;
}

int sim_any_open(const char *address, uint32_t flags)
{
	struct uvio_open_options options = {.backend = "uio", .flags = flags};

	return uvio_udev_open(tree->ctx, address, &options, &udev);
}
