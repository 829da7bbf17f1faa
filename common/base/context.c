/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <uvio/context.h>
#include <uvio/error.h>

#include "base/context.h"
#include "base/error.h"
#include "base/sys.h"

const char *uvio_version(void)
{
	return PACKAGE_VERSION;
}

static int set_path(
	char *root, size_t size, const char *what, const char *want, const char *fallback)
{
	int n = snprintf(root, size, "%s", want ? want : fallback);

	if (root[0] != '/')
		return uvio_fail(-EINVAL, "%s: %s must be an absolute path", root, what);
	if ((size_t)n >= size)
		return uvio_fail(-EINVAL, "%.40s...: the path of %s is too long", root, what);
	return 0;
}

static int set_paths(struct uvio_ctx *ctx, const struct uvio_ctx_options *options)
{
	const char *root = "a root", *guard = "the guard's program";
	int rc = set_path(ctx->sysfs, sizeof(ctx->sysfs), root, options->sysfs_root, "/sys");

	if (!rc)
		rc = set_path(ctx->dev, sizeof(ctx->dev), root, options->dev_root, "/dev");
	if (!rc)
		rc = set_path(ctx->proc, sizeof(ctx->proc), root, options->proc_root, "/proc");
	if (!rc)
		rc = set_path(ctx->run, sizeof(ctx->run), root, options->run_root, "/run");
	if (!rc)
		rc = set_path(ctx->guard, sizeof(ctx->guard), guard, options->guard_program,
			UVIO_GUARD_PROGRAM);
	return rc;
}

int uvio_ctx_new(const struct uvio_ctx_options *options, struct uvio_ctx **out)
{
	static const struct uvio_ctx_options defaults;
	struct uvio_ctx *ctx;
	int rc;

	if (!out)
		return uvio_fail(-EINVAL, "context: no pointer for it (NULL)");
	if (!options)
		options = &defaults;
	if (options->reserved[0] || options->reserved[1] || options->reserved[2] ||
		options->reserved[3])
		return uvio_fail(
			-EINVAL, "context: reserved fields must be 0; clear the structure first");
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return uvio_no_memory("context");
	pthread_mutex_init(&ctx->kept_lock, NULL);
	ctx->log = options->log;
	ctx->log_data = options->log_data;
	ctx->log_level = options->log_level;
	rc = set_paths(ctx, options);
	if (rc) {
		uvio_ctx_free(ctx);
		return rc;
	}
	*out = ctx;
	return 0;
}

void uvio_ctx_free(struct uvio_ctx *ctx)
{
	if (ctx) {
		free(ctx->drivers);
		pthread_mutex_destroy(&ctx->kept_lock);
	}
	free(ctx);
}

void uvio_log(struct uvio_ctx *ctx, enum uvio_log_level level, const char *format, ...)
{
	char text[UVIO_TEXT_SIZE];
	va_list args;
	int state;

	if (!ctx->log || level > ctx->log_level)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	uvio_text_clean(text);
	state = uvio_sys_shield();
	ctx->log(ctx->log_data, level, text);
	uvio_sys_unshield(state);
}
