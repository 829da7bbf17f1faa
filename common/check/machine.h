/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */

/** Facts about the machine, for the checks of the backends. */
#ifndef UVIO_MACHINE_H
#define UVIO_MACHINE_H

#include <stdbool.h>

struct uvio_check;
struct uvio_ctx;

enum uvio_known {
	UVIO_UNKNOWN = 0,
	UVIO_NO,
	UVIO_YES,
};

/** Whether an IOMMU remaps interrupts; known on x86. */
enum uvio_known uvio_interrupts_remapped(struct uvio_ctx *ctx);

/** Whether a parameter of a module that is loaded is Y. */
bool uvio_parameter_is_on(struct uvio_ctx *ctx, const char *module, const char *name);

enum uvio_module {
	UVIO_MODULE_LOADED,
	UVIO_MODULE_BUILT_IN,
	UVIO_MODULE_ON_DISK,
	UVIO_MODULE_ABSENT, /* or built in, where /lib/modules does not say so */
};

/** @module as its file is called, "vfio-pci". */
enum uvio_module uvio_module_state(struct uvio_ctx *ctx, const char *module);

struct uvio_needed {
	const char *module;	/* as its file is called */
	const char *sign;	/* in sysfs where it is there, loaded or built in; may be NULL */
	const char *note;	/* what is said where it is not found; may be NULL */
	enum uvio_module state; /* out */
};

/** The state of all of them, and a note for each state that one of them has. */
void uvio_modules_probe(
	struct uvio_ctx *ctx, struct uvio_needed *modules, size_t count, struct uvio_check *check);

/** A finding where that module, which the device will need, is not loaded and cannot be. */
void uvio_module_require(
	struct uvio_ctx *ctx, const char *address, const char *module, struct uvio_check *check);

/**
 * For a PCI device that is not bound to @backend: a note where perhaps this process may not open
 * the node that binding will make.
 */
void uvio_node_foresee(
	struct uvio_ctx *ctx, const char *address, const char *backend, struct uvio_check *check);

/** The finding for a node that is there, and for which uvio_access() gave @rc; @fix: for its mode.
 */
void uvio_node_refused(
	const char *address, const char *path, int rc, const char *fix, struct uvio_check *check);

/** Whether nothing of this machine keeps cards from that backend. */
bool uvio_machine_has(struct uvio_ctx *ctx, const char *backend);

/** What concerns all backends. */
void uvio_machine_probe(struct uvio_ctx *ctx, struct uvio_check *check);

#endif /* UVIO_MACHINE_H */
