/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/**
 * What the calling thread may do, as the kernel will decide it: by the effective ids and the
 * effective capabilities. access() asks for the real user, and geteuid() knows no capability; both
 * are wrong in a set-user-id program, with file capabilities, and for a root that lacks some.
 */
#ifndef UVIO_RIGHTS_H
#define UVIO_RIGHTS_H

#include <stdbool.h>

#include <linux/capability.h>

struct uvio_ctx;

/** @mode as for access(): F_OK, R_OK | W_OK. Nothing is opened. */
bool uvio_may_access(struct uvio_ctx *ctx, const char *path, int mode);
/**
 * The same, and why not: 0; -ENOENT; -EACCES: the mode of the file; -EPERM: of a node the device
 * rules of a control group, which the kernel applies here, too.
 */
int uvio_access(struct uvio_ctx *ctx, const char *path, int mode);

/**
 * Whether the thread has @capability (CAP_SYS_ADMIN ...) where it counts for devices: effective,
 * and in the initial user namespace. One that a container's own user namespace gave does not.
 */
bool uvio_has_capability(struct uvio_ctx *ctx, unsigned int capability);

/** What is wrong with it, as "CAP_X, " and this text; NULL: the thread has it. */
const char *uvio_lack(struct uvio_ctx *ctx, unsigned int capability);

/** What to do about a file of sysfs that was refused, to end a message with; "" for other errnos.
 */
const char *uvio_refusal(struct uvio_ctx *ctx, int err);

/** What to do where the mode of a file refuses this process, which may be root already. */
const char *uvio_mode_fix(struct uvio_ctx *ctx);
/** The same for a capability that uvio_lack() says is missing. */
const char *uvio_capability_fix(struct uvio_ctx *ctx, unsigned int capability);

/** Whether it runs in a PID namespace of its own, as in a container. */
bool uvio_in_container(struct uvio_ctx *ctx);

/** The effective user, to be named in messages; says nothing about what he may. */
unsigned int uvio_user(void);

/** Whether the kernel lets nobody write what could change it: Secure Boot. */
bool uvio_locked_down(struct uvio_ctx *ctx);

#endif /* UVIO_RIGHTS_H */
