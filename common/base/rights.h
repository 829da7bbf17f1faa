/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/**
 * The permissions of the calling thread as the kernel decides: by the effective ids and the
 * effective capabilities. access() checks the real user, and geteuid() no capabilities; both are
 * wrong in a set-user-id program, with file capabilities, and for a root that lacks some.
 */
#ifndef UVIO_RIGHTS_H
#define UVIO_RIGHTS_H

#include <stdbool.h>

#include <linux/capability.h>

struct uvio_ctx;

/** @mode as for access(): F_OK, R_OK | W_OK. Nothing is opened. */
bool uvio_may_access(struct uvio_ctx *ctx, const char *path, int mode);
/**
 * The same, with the cause: 0; -ENOENT; -EACCES: the mode of the file; -EPERM: for a node, the
 * device rules of a control group, which the kernel applies here, too.
 */
int uvio_access(struct uvio_ctx *ctx, const char *path, int mode);

/**
 * Whether the thread has @capability (CAP_SYS_ADMIN ...) for devices: effective, and in the initial
 * user namespace. One from a container's own user namespace is not valid for devices.
 */
bool uvio_has_capability(struct uvio_ctx *ctx, unsigned int capability);
/** Whether it has it, but only in its own user namespace. */
bool uvio_is_capable_inside(struct uvio_ctx *ctx, unsigned int capability);

/** Why it is missing, for a text "CAP_X, " with this behind it; NULL: the thread has it. */
const char *uvio_lack(struct uvio_ctx *ctx, unsigned int capability);

/** The end of an error message: the fix for a sysfs file that was refused; "" for other errnos. */
const char *uvio_refusal(struct uvio_ctx *ctx, int err);

/** The fix if the mode of a file refuses this process, which may already be root. */
const char *uvio_mode_fix(struct uvio_ctx *ctx);
/** The same for a capability that is missing by uvio_lack(). */
const char *uvio_capability_fix(struct uvio_ctx *ctx, unsigned int capability);

/** Whether it runs in a PID namespace of its own, as in a container; an errno: cannot be seen. */
int uvio_in_container(struct uvio_ctx *ctx);

/** The effective user, for messages only, not for decisions. */
unsigned int uvio_user(void);

/** Whether kernel lockdown (Secure Boot) is on. */
bool uvio_locked_down(struct uvio_ctx *ctx);

#endif /* UVIO_RIGHTS_H */
