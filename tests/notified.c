/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/*
 * A manager of services, as far as a program sees one: prints what comes at a socket of
 * sd_notify(3), a line each, until STOPPING=1.
 *
 *	notified PATH|@NAME [full]
 *
 * With "full" it reads nothing, and its socket has no place for more.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fill(const struct sockaddr_un *name, socklen_t length)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	while (sendto(fd, "", 1, 0, (const struct sockaddr *)name, length) == 1)
		;
	puts("waiting");
	fflush(stdout);
	return pause();
}

int main(int argc, char **argv)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	size_t length = argc >= 2 ? strlen(argv[1]) : 0;
	char text[256] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ssize_t n;

	if (!length || length >= sizeof(name.sun_path) || fd < 0)
		return 2;
	memcpy(name.sun_path, argv[1], length);
	if (argv[1][0] == '@')
		name.sun_path[0] = '\0';
	if (bind(fd, (struct sockaddr *)&name,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)))
		return 1;
	if (argc > 2)
		return fill(&name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	puts("waiting");
	while (!fflush(stdout) && strcmp(text, "STOPPING=1") != 0) {
		n = recv(fd, text, sizeof(text) - 1, 0);
		if (n < 0)
			return 1;
		text[n] = '\0';
		puts(text);
	}
	return 0;
}
