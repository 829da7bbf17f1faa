/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "inject.h"

int __wrap_uvio_sys_ioperm(uint32_t first, uint32_t count, bool on);
uint32_t __wrap_uvio_sys_port_in(uint32_t port, unsigned int width);
void __wrap_uvio_sys_port_out(uint32_t port, unsigned int width, uint32_t value);

void __wrap_uvio_sys_port_ins(uint32_t port, unsigned int width, void *buffer, size_t count);
void __wrap_uvio_sys_port_outs(uint32_t port, unsigned int width, const void *buffer, size_t count);

int __wrap_uvio_sys_is_node(int folder, const char *path, unsigned int major, unsigned int minor);

/* Files of a tree are no nodes: they are right, unless the simulation knows better. */
int __wrap_uvio_sys_is_node(int folder, const char *path, unsigned int major, unsigned int minor)
{
	return sim && sim->is_node ? sim->is_node(folder, path, major, minor) : 0;
}

/* The ports of this machine are never touched. */
int __wrap_uvio_sys_ioperm(uint32_t first, uint32_t count, bool on)
{
	int rc = on ? inject_ordered(INJECT_IOPERM, "ports") : 0;

	if (rc)
		return rc;
	return sim && sim->ioperm ? sim->ioperm(first, count, on) : -EPERM;
}

uint32_t __wrap_uvio_sys_port_in(uint32_t port, unsigned int width)
{
	return sim && sim->port_in ? sim->port_in(port, width) : UINT32_MAX;
}

void __wrap_uvio_sys_port_out(uint32_t port, unsigned int width, uint32_t value)
{
	if (sim && sim->port_out)
		sim->port_out(port, width, value);
}

void __wrap_uvio_sys_port_ins(uint32_t port, unsigned int width, void *buffer, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t value = __wrap_uvio_sys_port_in(port, width);

		memcpy((unsigned char *)buffer + i * width, &value, width);
	}
}

void __wrap_uvio_sys_port_outs(uint32_t port, unsigned int width, const void *buffer, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t value = 0;

		memcpy(&value, (const unsigned char *)buffer + i * width, width);
		__wrap_uvio_sys_port_out(port, width, value);
	}
}
