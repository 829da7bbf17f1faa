/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * foreign_uio FILE ACTION...: a program of others with a UIO device. FILE is /dev/uioN, or a file
 * of sysfs as resource0. The actions, in order:
 *   lock        an exclusive lock on FILE, by flock
 *   map         maps the first page of FILE
 *   map=OTHER   maps the first page of OTHER, as a resource0
 *   hold=OTHER  opens OTHER
 *   master=CONFIG  switches bus mastering on in CONFIG
 *   irq=CONFIG  says "interrupt" for each interrupt; CONFIG is where it arms INTx, as
 *               uio_pci_generic asks for
 *   close       closes FILE; mappings stay
 */
#include "foreign_program.h"

#include <sys/file.h>

static int node = -1, config = -1;
static int irq = -1;

static void arm(void)
{
	change_command(config, 0, 0, COMMAND_INTX_DISABLE);
}

static void take(void)
{
	uint32_t count;

	if (read(node, &count, sizeof(count)) != sizeof(count))
		fail("read");
}

static void map_file(const char *path)
{
	int fd = open_or_fail(path);

	map_or_fail(fd, 0);
	close(fd);
}

static void act(char *action)
{
	const char *value = strchr(action, '=');

	value = value ? value + 1 : "";
	if (!strcmp(action, "lock")) {
		if (flock(node, LOCK_EX | LOCK_NB))
			fail("flock");
	} else if (!strcmp(action, "map")) {
		map_or_fail(node, 0);
	} else if (!strncmp(action, "map=", 4)) {
		map_file(value);
	} else if (!strncmp(action, "hold=", 5)) {
		open_or_fail(value);
	} else if (!strncmp(action, "master=", 7)) {
		config = open_or_fail(value);
		change_command(config, 0, COMMAND_MASTER, 0);
	} else if (!strncmp(action, "irq=", 4)) {
		config = open_or_fail(value);
		irq = node;
		arm();
	} else if (!strcmp(action, "arm")) {
		arm();
	} else if (!strncmp(action, "write=", 6)) {
		write_register(action);
	} else if (!strcmp(action, "close")) {
		close(node);
	} else {
		errno = EINVAL;
		fail(action);
	}
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	node = open_or_fail(argv[1]);
	for (int i = 2; i < argc; i++)
		act(argv[i]);
	return stay(irq, take, act);
}
