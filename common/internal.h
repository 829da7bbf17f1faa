/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/** What the files of common/ share with each other and with the backends. */
#ifndef UVIO_INTERNAL_H
#define UVIO_INTERNAL_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uvio/bind.h>
#include <uvio/check.h>
#include <uvio/device.h>
#include <uvio/driver.h>

#define UVIO_TEXT_SIZE 1024
/*
 * Of paths below the roots of a context, and of those roots. Not PATH_MAX: a call has several of
 * them on the stack at a time, and threads of drivers have small stacks.
 */
#define UVIO_PATH_SIZE 512
#define UVIO_ROOT_SIZE 256
#define UVIO_ADDRESS_SIZE 64
#define UVIO_NAME_SIZE 64
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct stat;

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
	pthread_mutex_t kept_lock; /* of kept.c: after the locks of a domain */
	struct uvio_mapping *kept;
	size_t kept_count;
};

/** drivers/drivers.c: the card drivers of the library, the last one NULL. */
extern const struct uvio_driver *const uvio_drivers[];

void uvio_log(struct uvio_ctx *ctx, enum uvio_log_level level, const char *format, ...)
	UVIO_PRINTF(3, 4);

/* error.c: a failure that must survive its own cleanup. */
struct uvio_saved_error {
	char text[UVIO_TEXT_SIZE];
	int err;
};

void uvio_error_save(struct uvio_saved_error *saved);
int uvio_error_restore(const struct uvio_saved_error *saved);

/** "EPERM"; takes the errno with either sign. */
const char *uvio_errname(int err);

/**
 * What others may have chosen, as the name of a process, must not control a terminal or break
 * JSON: what is no printable character of UTF-8 becomes "?". Texts of errors, of the log and of
 * findings are clean.
 */
void uvio_text_clean(char *text);

#define UVIO_TIME_SIZE 32

/** @ns as "20 ms", in the largest of ms, us and ns that tells it whole. Returns @text. */
const char *uvio_time_text(char text[UVIO_TIME_SIZE], int64_t ns);

/** -ENOMEM with a text. */
int uvio_no_memory(const char *object);

/* address.c */

enum uvio_address_kind {
	UVIO_ADDRESS_PCI,
	UVIO_ADDRESS_UIO,  /* uio0, /dev/uio0 */
	UVIO_ADDRESS_NAME, /* name:NAME */
};

struct uvio_address {
	enum uvio_address_kind kind;
	char text[UVIO_ADDRESS_SIZE]; /* canonical: 0000:06:0d.0, uio0, NAME */
	unsigned int domain, bus, slot, function;
	char uio[16]; /* of a PCI device that was named by it: "uio1"; "": any will do */
};

/** 0, or -EINVAL with a text. */
int uvio_address_parse(const char *text, struct uvio_address *address);

/** As uvio_address_parse(), and name: and uioN on PCI are resolved. -ENODEV. */
int uvio_address_resolve(struct uvio_ctx *ctx, const char *text, struct uvio_address *address);

/* sysfs.c: paths below the context's root of sysfs. */

/** A path below the root of sysfs; -ENAMETOOLONG. */
int uvio_sysfs_path(struct uvio_ctx *ctx, char *path, const char *format, ...) UVIO_PRINTF(3, 4);

/** The file's first bytes, terminated, without white space at the end. Their number, or an errno.
 */
int uvio_sysfs_read(struct uvio_ctx *ctx, char *buf, size_t size, const char *format, ...)
	UVIO_PRINTF(4, 5);

/** The same of a binary file: its first bytes as they are, whatever they look like. */
int uvio_sysfs_read_bytes(struct uvio_ctx *ctx, void *buf, size_t size, const char *format, ...)
	UVIO_PRINTF(4, 5);

/** A whole file that is one number, decimal or 0x. 0; -EINVAL: it is not. */
int uvio_sysfs_u64(struct uvio_ctx *ctx, uint64_t *value, const char *format, ...)
	UVIO_PRINTF(3, 4);

/**
 * A file of a PCI device where the kernel may wait, as for a program that has the device open, or
 * for the lock of the device: no signal ends that. The process which waits is another one, and is
 * left behind after some time: -ETIMEDOUT; the kernel may do it later.
 */
int uvio_sysfs_write_watched(
	struct uvio_ctx *ctx, const char *address, const char *file, const char *text);
/** The first line, as with uvio_sysfs_read(). */
int uvio_sysfs_read_watched(
	struct uvio_ctx *ctx, const char *address, const char *file, char *buf, size_t size);
/** Writes what it reads there. */
int uvio_sysfs_rewrite_watched(struct uvio_ctx *ctx, const char *address, const char *file);

/** The last part of where a link points to. */
int uvio_sysfs_link(struct uvio_ctx *ctx, char *name, size_t size, const char *format, ...)
	UVIO_PRINTF(4, 5);

bool uvio_sysfs_exists(struct uvio_ctx *ctx, const char *format, ...) UVIO_PRINTF(2, 3);

/** As uvio_sysfs_read(), by its whole path. */
int uvio_read_file(const char *path, char *buf, size_t size);

/** A file below the root of /proc, whole or cut to @size. */
int uvio_proc_read(struct uvio_ctx *ctx, char *buf, size_t size, const char *name);
/** As much of it as anybody needs, for free(); "" where it cannot be read; NULL: out of memory. */
char *uvio_proc_read_all(struct uvio_ctx *ctx, const char *name);
/** This process, as /proc numbers it, which may be that of another PID namespace. */
int uvio_proc_self(struct uvio_ctx *ctx);
int uvio_dev_path(struct uvio_ctx *ctx, char *path, const char *format, ...) UVIO_PRINTF(3, 4);

/** Strict: decimal or 0x, nothing behind it. 0 or -EINVAL, without a text. */
int uvio_parse_u64(const char *text, uint64_t *value);

/**
 * The sorted names in a folder which begin with @prefix. Their number and the array, for
 * uvio_names_free(); an errno.
 */
int uvio_sysfs_names(struct uvio_ctx *ctx, const char *prefix, char ***names, const char *format,
	...) UVIO_PRINTF(4, 5);
void uvio_names_free(char **names, int count);
/**
 * What uvio_sysfs_names() gave in @count: 0 where it is names, or no such folder, or one that this
 * process may not see; else the errno with a text, in which @what says which names.
 */
int uvio_names_failed(struct uvio_ctx *ctx, const char *object, int count, const char *what);

/* device.c, pci.c, group.c */

struct uvio_device {
	struct uvio_device_info info;
	struct uvio_address address;
	char driver[UVIO_NAME_SIZE];
	char uio[UVIO_NAME_SIZE];
	char uio_name[UVIO_NAME_SIZE];
	char iommu_type[UVIO_NAME_SIZE];
	struct uvio_group_member *members;
	char **member_texts;
	int member_count;
};

/** As uvio_device_find(), of an address that is resolved. */
int uvio_device_at(
	struct uvio_ctx *ctx, const struct uvio_address *address, struct uvio_device **device);

/** The folder of the device in sysfs, relative to its root. */
void uvio_device_folder(const struct uvio_address *address, char *folder, size_t size);

/** What the PCI files of sysfs say. -ENODEV: it is gone; -EIO, with a text. */
int uvio_pci_fill(struct uvio_ctx *ctx, struct uvio_device *device);
/** All UVIO_BARS of a PCI device; an errno without a text. */
int uvio_pci_bars(struct uvio_ctx *ctx, const char *address, struct uvio_bar *bars);

/** @code: class and subclass, 16 bits. */
bool uvio_class_is_bridge(unsigned int code);

int uvio_group_fill(struct uvio_ctx *ctx, struct uvio_device *device);
void uvio_group_free(struct uvio_device *device);
/** "0000:00:04.0 (e1000e), ...": those that block. Their number. */
int uvio_group_blockers(const struct uvio_device *device, char *text, size_t size);

/*
 * inuse.c: who has a device, by any handle: 0: nobody; -EBUSY with a text that names the disk, the
 * interface or the process; -EACCES and others: it could not be found out.
 */
/**
 * For who is about to take it away: the kernel is asked as well where not all processes can be
 * seen, which may keep another program from opening it for a moment.
 */
int uvio_in_use(struct uvio_ctx *ctx, const struct uvio_address *address);
/**
 * The same for who is about to open it, of what no node and no lock tells: its files in sysfs,
 * which another process has mapped or open for writing.
 */
int uvio_registers_in_use(struct uvio_ctx *ctx, const struct uvio_address *address);

/*
 * lock.c: the exclusive lock of a device among users of this library: flock() on the file "remove"
 * of a PCI device, opened for writing, which only its owner, root, may do. Nobody else can take it.
 *
 * Who may not open that file (an ordinary user who was given the node, a container whose sysfs is
 * read-only), and a device that is not PCI, goes without: 0 and -1. Then the kernel's own
 * exclusiveness of a node of VFIO decides, and on UIO the search for who has the node and flock()
 * on the node itself. Those decide as well between two instances of sysfs, as of two network
 * namespaces, in which "remove" is not the same file. Who changes the driver, and who opens the
 * device until that is done, also has the lock of run.c.
 */
/** 0 and a descriptor that holds the lock, or -1; -EBUSY with the holder in the text. */
int uvio_lock(struct uvio_ctx *ctx, const struct uvio_address *address, int *fd);
/** The two steps of that: a descriptor, or an errno without a text; and 0 once it holds the lock.
 */
int uvio_lock_open(struct uvio_ctx *ctx, const struct uvio_address *address);
int uvio_lock_take(struct uvio_ctx *ctx, const struct uvio_address *address, int fd);
/** The text for what uvio_lock_open() gave. */
int uvio_lock_failed(struct uvio_ctx *ctx, const struct uvio_address *address, int err);
/** A descriptor of the device's folder in sysfs. */
int uvio_folder_open(struct uvio_ctx *ctx, const struct uvio_address *address);
/** Whether the process that took the lock has ended, and a copy of its descriptor has the lock. */
bool uvio_lock_is_left(struct uvio_ctx *ctx, int fd);
/** -1 is allowed. */
void uvio_unlock(int fd);

/*
 * run.c: the folder "uvio" below the run folder, which counts only where nobody but its owner, root
 * or this user, can write to it: so that no other user takes the lock, or forges a record.
 */
bool uvio_run_is_ours(const struct stat *st);
/** Its path, of UVIO_PATH_SIZE; 0, or an errno without a text: -EPERM it is somebody else's. */
int uvio_run_folder(struct uvio_ctx *ctx, bool make, char *folder);
/**
 * The lock against changes of the driver that holds over instances of sysfs: flock() on a file
 * there, which stays. As uvio_lock(): who may not write there goes without: 0 and -1.
 */
int uvio_run_lock(struct uvio_ctx *ctx, const struct uvio_address *address, int *fd);

/**
 * node.c: opens a node of the device, if it has the number that is in "dev" of that folder of
 * sysfs. A descriptor; an errno without a text; -ESTALE with a text: it is another device's.
 */
int uvio_node_open(struct uvio_ctx *ctx, const char *object, const char *path, int flags,
	const char *folder_format, ...) UVIO_PRINTF(5, 6);

/** Adds to @check what uvio_node_open() would say of a stale node; @folder as there. */
void uvio_node_probe(struct uvio_ctx *ctx, const char *object, const char *path, const char *folder,
	struct uvio_check *check);

/* holders.c: the pid of a process that has @path open or mapped; 0: none that can be seen. */
int uvio_find_opener(struct uvio_ctx *ctx, const char *path, char *name, size_t size);
/** The same, of the processes other than this one. */
int uvio_find_other_opener(struct uvio_ctx *ctx, const char *path, char *name, size_t size);
/** That of one which has a node of VFIO open which the kernel has no more, and its @path. */
int uvio_find_orphan(
	struct uvio_ctx *ctx, char *path, size_t path_size, char *name, size_t name_size);

/* guard.c: a descriptor of the file by which the kernel resets the card; -ENOTSUP: it cannot. */
int uvio_reset_open(struct uvio_ctx *ctx, const char *address);

/* card.c */
/**
 * Adds findings about a PCI card which does not answer where the kernel takes it to be; @decoding:
 * also where its BARs are switched off. 0; -ENODEV: its configuration space reads all ones.
 */
int uvio_card_probe(
	struct uvio_ctx *ctx, const char *address, bool decoding, struct uvio_check *check);
/** 0, or -ENODEV or -ENXIO with the text of a finding that blocks. */
int uvio_card_ready(struct uvio_ctx *ctx, const char *address, bool decoding);

/* check.c */

struct uvio_check {
	enum uvio_verdict verdict;
	struct uvio_finding *findings;
	unsigned int count;
	bool failed; /* out of memory while findings were added */
};

/**
 * Adds a finding; @fix may be NULL. Both are copied. A fix which names another backend or transport
 * does so in brackets behind its name, "run as root[vfio:, or use the vfio backend]": that stays
 * where the other one could carry the device.
 */
void uvio_check_add(struct uvio_check *check, enum uvio_severity severity, const char *fix,
	const char *what, ...) UVIO_PRINTF(4, 5);

/** As uvio_check_device(), but for who has the device: it is about to be locked and opened. */
int uvio_check_unused(struct uvio_ctx *ctx, const struct uvio_device *device, const char *backend,
	struct uvio_check **check);

/** Sorts the findings, and makes the verdict. -ENOMEM where one was lost. */
int uvio_check_end(struct uvio_check *check, const char *address);
void uvio_check_cleanup(struct uvio_check *check);

/** The most severe finding as this thread's failure. */
int uvio_check_fail(const struct uvio_check *check, int err);

#endif /* UVIO_INTERNAL_H */
