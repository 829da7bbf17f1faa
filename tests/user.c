/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user.h"

unsigned int user;

int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
uid_t __wrap_geteuid(void);

uid_t __wrap_geteuid(void)
{
	return user;
}

/* The bits of access() are those of the last octal digit. */
int __wrap_access(const char *path, int mode)
{
	struct stat st;

	if (__real_access(path, F_OK) || stat(path, &st))
		return -1;
	if (!user || ((int)st.st_mode & mode) == mode)
		return 0;
	errno = EACCES;
	return -1;
}
