/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/**
 * Diagnosis: whether a backend can drive this device on this machine, and if not, why not; and the
 * support of this machine for it.
 *
 * Nothing is changed, and no node of a device is opened. For a device that is bound to VFIO,
 * /dev/vfio/vfio and /dev/iommu, which belong to no device, are opened, queried and closed. The
 * error messages are those of uvio_udev_open() when it fails for the same reason.
 *
 * Any thread may check, also the same device as others; one thread at a time uses a result.
 */
#ifndef UVIO_CHECK_H
#define UVIO_CHECK_H

#include <uvio/device.h>

#ifdef __cplusplus
extern "C" {
#endif

enum uvio_verdict {
	UVIO_USABLE = 0,     /**< nothing was found that keeps uvio_udev_open() from working */
	UVIO_NOT_BOUND,	     /**< not yet: uvio_bind() to the backend makes it usable */
	UVIO_IN_USE,	     /**< not now: a program, or the kernel, uses the device */
	UVIO_NOT_APPLICABLE, /**< never: the backend does not drive devices of this kind */
	UVIO_BROKEN,	     /**< something on this machine, or of this card, prevents it */
};

/** In ascending order: the most severe finding decides the verdict. */
enum uvio_severity {
	UVIO_NOTE = 0, /**< good to know */
	UVIO_LIMITS,   /**< the device can be driven, but something will not work */
	UVIO_UNBOUND,  /**< verdict UVIO_NOT_BOUND */
	UVIO_BUSY,     /**< verdict UVIO_IN_USE */
	UVIO_BLOCKS,   /**< verdict UVIO_BROKEN */
	UVIO_UNFIT,    /**< verdict UVIO_NOT_APPLICABLE */
};

/** Later versions may add members at the end. */
struct uvio_finding {
	enum uvio_severity severity;
	const char *what; /**< the object, and the problem */
	const char *fix;  /**< the fix, often a command; NULL: there is none, or none is needed */
};

struct uvio_check;

/** The number of backends, and the name and one line of help of each, in probe order. */
UVIO_API unsigned int uvio_backend_count(void);
UVIO_API const char *uvio_backend_name(unsigned int index); /**< NULL: no such index */
UVIO_API const char *uvio_backend_help(unsigned int index); /**< NULL: no such index */

/**
 * The names of all transports, as "vfio/cdev" or "uio", in probe order; NULL: no such index.
 * @on_request, which may be NULL, receives whether it is only used if named.
 */
UVIO_API const char *uvio_transport_name(unsigned int index, bool *on_request);

/**
 * Checks one device for one backend, "vfio", or one transport, "vfio/cdev". 0 and the result in
 * @check, to be freed with uvio_check_free(); -EINVAL (no such backend), -ENOMEM.
 */
UVIO_API int uvio_check_device(struct uvio_ctx *ctx, const struct uvio_device *device,
	const char *backend, struct uvio_check **check);

/**
 * Checks one device for all backends, with one search for who uses it: @checks receives as many
 * results as @count allows, in probe order, each to be freed with uvio_check_free(), and NULL where
 * there are no more backends. -ENOMEM: all are NULL.
 */
UVIO_API int uvio_check_backends(struct uvio_ctx *ctx, const struct uvio_device *device,
	struct uvio_check *checks[], unsigned int count);

/**
 * Checks the support of this machine for one backend, without a device; with @backend NULL, what
 * concerns all backends: the kernel and its options, lockdown, limits. Results as those of
 * uvio_check_device(); each text begins with its subject, as "IOMMU: ". UVIO_BROKEN: the backend
 * can drive no device.
 */
UVIO_API int uvio_check_machine(
	struct uvio_ctx *ctx, const char *backend, struct uvio_check **check);

/** Frees a result. NULL is allowed. */
UVIO_API void uvio_check_free(struct uvio_check *check);

UVIO_API enum uvio_verdict uvio_check_verdict(const struct uvio_check *check);

/**
 * An array of pointers to the findings, the most severe first; @count receives their number. Valid
 * until the result is freed.
 */
UVIO_API const struct uvio_finding *const *uvio_check_findings(
	const struct uvio_check *check, unsigned int *count);

#ifdef __cplusplus
}
#endif

#endif /* UVIO_CHECK_H */
