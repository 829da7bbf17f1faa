/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* Runs a program on a terminal of its own, whose output it copies: pty COLUMNS PROGRAM ARGUMENT. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int be_terminal(int fd, const char *columns)
{
	struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)atoi(columns)};
	struct termios settings;

	if (tcgetattr(fd, &settings))
		return -1;
	settings.c_oflag &= ~(tcflag_t)OPOST;
	return tcsetattr(fd, TCSANOW, &settings) || ioctl(fd, TIOCSWINSZ, &size) ? -1 : 0;
}

static void copy(int fd)
{
	char text[4096];
	ssize_t n;

	while ((n = read(fd, text, sizeof(text))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0 && fwrite(text, 1, (size_t)n, stdout) != (size_t)n)
			break;
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave, status = 0;
	pid_t pid;

	if (argc < 3 || master < 0 || grantpt(master) || unlockpt(master))
		return 99;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0 || be_terminal(slave, argv[1]))
		return 99;
	pid = fork();
	if (!pid) {
		dup2(slave, STDOUT_FILENO);
		dup2(slave, STDERR_FILENO);
		close(slave);
		close(master);
		execv(argv[2], argv + 2);
		_exit(99);
	}
	close(slave);
	copy(master);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}
