/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user.h"

unsigned int user;
uint64_t user_unusual;
const char *user_refused;

struct uvio_ctx;

int __wrap_uvio_access(struct uvio_ctx *ctx, const char *path, int mode);
bool __wrap_uvio_may_access(struct uvio_ctx *ctx, const char *path, int mode);
bool __wrap_uvio_has_capability(struct uvio_ctx *ctx, unsigned int capability);
const char *__wrap_uvio_lack(struct uvio_ctx *ctx, unsigned int capability);
unsigned int __wrap_uvio_user(void);

unsigned int __wrap_uvio_user(void)
{
	return user;
}

bool __wrap_uvio_has_capability(struct uvio_ctx *ctx, unsigned int capability)
{
	(void)ctx;
	return (user == 0) != (user_unusual >> capability & 1);
}

const char *__wrap_uvio_lack(struct uvio_ctx *ctx, unsigned int capability)
{
	return __wrap_uvio_has_capability(ctx, capability) ? NULL : "which this process lacks";
}

/* The bits of access() are those of the last octal digit. */
int __wrap_uvio_access(struct uvio_ctx *ctx, const char *path, int mode)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (user_refused && mode && strstr(path, user_refused))
		return -EPERM;
	if (__wrap_uvio_has_capability(ctx, CAP_DAC_OVERRIDE))
		return 0;
	return ((int)(user ? st.st_mode : st.st_mode >> 6) & mode) == mode ? 0 : -EACCES;
}

bool __wrap_uvio_may_access(struct uvio_ctx *ctx, const char *path, int mode)
{
	return !__wrap_uvio_access(ctx, path, mode);
}
