/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * The context: where the kernel's files are, and where messages go.
 *
 * How structures grow, here and in the other headers. Those that the library allocates, and returns
 * by pointer, may get members at their end. So may those that the caller allocates and the library
 * fills: the function for it is inline, and gives sizeof of the structure, as the program was
 * compiled, to the exported function of the same name with "_sized" (of an array: of one element).
 * The library never writes more, reads no more than version 0.1 has, and sets members that it does
 * not know to zero. A program in another language calls the latter; -EINVAL if the size is 0.
 * Options have reserved members, tables begin with their size. struct uvio_dma and struct
 * uvio_dma_segment do not change.
 *
 * A context must outlive every object made from it. Several threads may use it at once, and may
 * call the log callback at once; only uvio_driver_add() changes it, before others use it.
 */
#ifndef UVIO_CONTEXT_H
#define UVIO_CONTEXT_H

#include <stdint.h>
#include <uvio/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct uvio_ctx;

enum uvio_log_level {
	UVIO_LOG_NONE = 0,
	UVIO_LOG_WARNING,
	UVIO_LOG_INFO,
	UVIO_LOG_DEBUG,
};

/** Takes one message, without a newline at its end. Must not call the library. */
typedef void (*uvio_log_fn)(void *data, enum uvio_log_level level, const char *message);

/** All zero means default. Strings are copied. */
struct uvio_ctx_options {
	const char *sysfs_root;	   /**< NULL: "/sys" */
	const char *dev_root;	   /**< NULL: "/dev" */
	const char *proc_root;	   /**< NULL: "/proc" */
	const char *run_root;	   /**< NULL: "/run"; see <uvio/bind.h> */
	const char *guard_program; /**< for UVIO_OPEN_GUARD; NULL: the library's own uvio-guard */
	uvio_log_fn log;	   /**< NULL: no messages */
	void *log_data;		   /**< passed to @log */
	enum uvio_log_level log_level; /**< the most detailed level that reaches @log */
	uint64_t reserved[4];	       /**< zero */
};

/**
 * Makes a context. @options may be NULL. 0 and a context in @ctx, to be freed with uvio_ctx_free(),
 * or -ENOMEM, or -EINVAL (@ctx is NULL, a root or the guard's program is not an
 * absolute path or is too long, a reserved field is not 0).
 */
UVIO_API int uvio_ctx_new(const struct uvio_ctx_options *options, struct uvio_ctx **ctx);

/** Frees a context. NULL is allowed. */
UVIO_API void uvio_ctx_free(struct uvio_ctx *ctx);

/** The version of these headers, with which a program is compiled. */
#define UVIO_VERSION_MAJOR 0
#define UVIO_VERSION_MINOR 1
#define UVIO_VERSION_PATCH 0

/** For #if: whether the headers are of this version or a later one. */
#define UVIO_VERSION_AT_LEAST(major, minor, patch)                                                 \
	(UVIO_VERSION_MAJOR > (major) ||                                                           \
		(UVIO_VERSION_MAJOR == (major) &&                                                  \
			(UVIO_VERSION_MINOR > (minor) || (UVIO_VERSION_MINOR == (minor) &&         \
								 UVIO_VERSION_PATCH >= (patch)))))

/** The version of the library, with which a program runs, as "0.1.0". */
UVIO_API const char *uvio_version(void);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_CONTEXT_H */
