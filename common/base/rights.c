/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/context.h"
#include "base/rights.h"
#include "base/sys.h"
#include "base/sysfs.h"

/* PROC_USER_INIT_INO of the kernel, the same since Linux 3.8. */
#define INITIAL_USER_NAMESPACE 0xeffffffdu

/* The link ns/pid of the first PID namespace, by the kernel's PROC_PID_INIT_INO. */
#define FIRST_PID_NAMESPACE "pid:[4026531836]"

/* Without this file there is only one user namespace, or no /proc. */
static bool in_initial_namespace(struct uvio_ctx *ctx)
{
	char path[UVIO_PATH_SIZE];
	struct stat st;

	snprintf(path, sizeof(path), "%s/self/ns/user", ctx->proc);
	return stat(path, &st) || st.st_ino == INITIAL_USER_NAMESPACE;
}

static bool is_effective(unsigned int capability)
{
	struct uvio_capabilities set;

	return !uvio_sys_capget(&set) && capability < 64 && set.effective >> capability & 1;
}

bool uvio_has_capability(struct uvio_ctx *ctx, unsigned int capability)
{
	return is_effective(capability) && in_initial_namespace(ctx);
}

bool uvio_is_capable_inside(struct uvio_ctx *ctx, unsigned int capability)
{
	return is_effective(capability) && !in_initial_namespace(ctx);
}

const char *uvio_lack(struct uvio_ctx *ctx, unsigned int capability)
{
	if (uvio_has_capability(ctx, capability))
		return NULL;
	if (uvio_is_capable_inside(ctx, capability))
		return "which this process has in its own user namespace only, as in a container";
	return "which this process lacks";
}

bool uvio_locked_down(struct uvio_ctx *ctx)
{
	char text[128] = "";

	uvio_sysfs_read(ctx, text, sizeof(text), "kernel/security/lockdown");
	return strstr(text, "[integrity]") || strstr(text, "[confidentiality]");
}

int uvio_in_container(struct uvio_ctx *ctx)
{
	char path[UVIO_PATH_SIZE], name[64];
	int rc;

	snprintf(path, sizeof(path), "%s/self/ns/pid", ctx->proc);
	rc = uvio_sys_readlink(path, name, sizeof(name));
	return rc ? rc : strcmp(name, FIRST_PID_NAMESPACE) != 0;
}

unsigned int uvio_user(void)
{
	return geteuid();
}

/* The capabilities that access() uses: of root the permitted ones, of others none. */
static bool access_is_right(const struct uvio_capabilities *set)
{
	uint64_t dac = 1ull << CAP_DAC_OVERRIDE | 1ull << CAP_DAC_READ_SEARCH;
	uint64_t taken = getuid() ? 0 : set->permitted;

	return getuid() == geteuid() && getgid() == getegid() && !((set->effective ^ taken) & dac);
}

static bool in_group(gid_t gid)
{
	int count = getgroups(0, NULL);
	gid_t *groups = count > 0 ? malloc((size_t)count * sizeof(*groups)) : NULL;
	bool found = getegid() == gid;

	count = groups ? getgroups(count, groups) : 0;
	for (int i = 0; i < count && !found; i++)
		found = groups[i] == gid;
	free(groups);
	return found;
}

static bool mode_allows(const struct stat *st, int mode)
{
	mode_t bits = st->st_mode;

	if (st->st_uid == geteuid())
		bits >>= 6;
	else if (in_group(st->st_gid))
		bits >>= 3;
	return ((int)bits & mode) == mode;
}

/* By the permissions of the file alone; entries of an access control list are not looked at. */
static bool may_by_mode(struct uvio_ctx *ctx, const char *path, int mode)
{
	struct statvfs fs;
	struct stat st;

	if (stat(path, &st))
		return false;
	if (mode & W_OK && !S_ISCHR(st.st_mode) && !statvfs(path, &fs) && fs.f_flag & ST_RDONLY)
		return false;
	return mode_allows(&st, mode) ||
	       (!(mode & X_OK) && uvio_has_capability(ctx, CAP_DAC_OVERRIDE)) ||
	       (mode == R_OK && uvio_has_capability(ctx, CAP_DAC_READ_SEARCH));
}

/* The filters of some containers return EPERM for a system call that they do not know. */
static bool is_missing(int rc)
{
	return rc == -ENOSYS || (rc == -EPERM && uvio_sys_access("/", F_OK) == -EPERM);
}

int uvio_access(struct uvio_ctx *ctx, const char *path, int mode)
{
	int rc = uvio_sys_access(path, mode);
	struct uvio_capabilities set;
	struct stat st;

	if (!is_missing(rc))
		return rc;
	if (!uvio_sys_capget(&set) && access_is_right(&set))
		return access(path, mode) ? -errno : 0;
	if (stat(path, &st))
		return -errno;
	return may_by_mode(ctx, path, mode) ? 0 : -EACCES;
}

bool uvio_may_access(struct uvio_ctx *ctx, const char *path, int mode)
{
	return !uvio_access(ctx, path, mode);
}
