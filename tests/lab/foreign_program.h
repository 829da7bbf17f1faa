/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * What the programs foreign_uio and foreign_vfio share. They stand for the programs of others:
 * they use a device by raw system calls and know nothing of the library. When all actions of their
 * arguments are done they say "ready" on stdout. Further actions are lines of stdin, each answered
 * with "done"; the program ends with its stdin. Actions of both are
 *   write=OFFSET:VALUE  a 32-bit write to the page that was mapped last
 *   arm         arms the interrupt again, when its cause is cleared
 */
#ifndef UVIO_TESTS_LAB_FOREIGN_PROGRAM_H
#define UVIO_TESTS_LAB_FOREIGN_PROGRAM_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define COMMAND_OFFSET 4
#define COMMAND_MASTER 0x4
#define COMMAND_INTX_DISABLE 0x400

static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		exit(1);
}

static void fail(const char *what)
{
	fprintf(stderr, "# foreign program: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_or_fail(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail(path);
	return fd;
}

static volatile uint32_t *page;

static void map_or_fail(int fd, off_t offset)
{
	void *addr = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (addr == MAP_FAILED)
		fail("mmap");
	page = addr;
}

/* "write=OFFSET:VALUE" */
static void write_register(const char *action)
{
	char *end;
	unsigned long offset = strtoul(action + strlen("write="), &end, 0);

	if (!page || *end != ':' || offset > 4092)
		fail(action);
	page[offset / 4] = (uint32_t)strtoul(end + 1, NULL, 0);
}

/* Sets and clears bits of the command register, which stands at @offset of @fd. */
static void change_command(int fd, off_t offset, uint16_t set, uint16_t clear)
{
	uint16_t command;

	offset += COMMAND_OFFSET;
	if (pread(fd, &command, sizeof(command), offset) != sizeof(command))
		fail("configuration space");
	command = (uint16_t)((command & ~clear) | set);
	if (pwrite(fd, &command, sizeof(command), offset) != sizeof(command))
		fail("configuration space");
}

/* "ready"; then what stdin says, and "interrupt" for each event of @fd, if not -1. */
static int stay(int fd, void (*take)(void), void (*act)(char *action))
{
	struct pollfd polls[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {fd, POLLIN, 0}};
	char line[256];

	say("ready\n");
	while (poll(polls, 2, -1) > 0) {
		if (polls[1].revents) {
			take();
			say("interrupt\n");
		}
		if (!polls[0].revents)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			return 0;
		line[strcspn(line, "\n")] = '\0';
		act(line);
		say("done\n");
	}
	return 1;
}

#endif /* UVIO_TESTS_LAB_FOREIGN_PROGRAM_H */
