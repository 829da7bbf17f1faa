/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#ifndef UVIO_BASE_CONTEXT_H
#define UVIO_BASE_CONTEXT_H

#include <pthread.h>
#include <stddef.h>

#include <uvio/context.h>
#include <uvio/error.h>

struct uvio_driver;
struct uvio_mapping;

#define UVIO_TEXT_SIZE 1024

/*
 * The sizes of paths below the roots of a context, and of the roots. Not PATH_MAX: a call has
 * several on the stack, and driver threads have small stacks.
 */
#define UVIO_PATH_SIZE 512

#define UVIO_ROOT_SIZE 256
#define UVIO_ADDRESS_SIZE 64
#define UVIO_NAME_SIZE 64
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct uvio_ctx {
	char sysfs[UVIO_ROOT_SIZE];
	char dev[UVIO_ROOT_SIZE];
	char proc[UVIO_ROOT_SIZE];
	char run[UVIO_ROOT_SIZE];
	char guard[4 * UVIO_ROOT_SIZE];
	uvio_log_fn log;
	void *log_data;
	enum uvio_log_level log_level;
	const struct uvio_driver **drivers; /* those that were added */
	unsigned int driver_count;
	pthread_mutex_t kept_lock; /* of kept.c; taken after the locks of a domain */
	struct uvio_mapping *kept;
	size_t kept_count;
};

void uvio_log(struct uvio_ctx *ctx, enum uvio_log_level level, const char *format, ...)
	UVIO_PRINTF(3, 4);

#endif /* UVIO_BASE_CONTEXT_H */
