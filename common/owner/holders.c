/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <uvio/error.h>

#include "base/context.h"
#include "base/error.h"
#include "base/lines.h"
#include "base/maps.h"
#include "base/number.h"
#include "base/rights.h"
#include "base/sys.h"
#include "base/sysfs.h"
#include "owner/holders.h"

#define FOUND 1

/* There, kthreadd: all threads of the kernel have its table of descriptors, and no programs do. */
#define KERNEL_PROCESS 2

/* The links of a folder "task" that are not threads. */
#define TASK_LINKS 2

struct search {
	const struct uvio_handles *want;
	struct uvio_holder *holder;
	struct uvio_holder maybe;
	int self;   /* this process, as /proc numbers it */
	bool first; /* /proc is that of the first PID namespace, and so is this process */
	/* Of the process under way. */
	int pid;
	unsigned int descriptors;
	bool is_over;	 /* its first thread, which then has none */
	bool has_config; /* open for writing */
	bool has_lock;
	bool has_node; /* of VFIO, whose descriptors it explains */
	bool has_descriptor;
	/* By depth: the process, its folder, a file in that. From here on nothing is cleared. */
	char process[PATH_MAX / 2];
	char folder[PATH_MAX / 2 + 16];
	char file[PATH_MAX];
	char link[PATH_MAX];
	char lines[4 * PATH_MAX];
};

static int failed(const struct search *search, int err, const char *path)
{
	return uvio_fail(err, "%s: cannot read whether a process has it open: %s: %s",
		search->want->address, path, strerror(-err));
}

static bool is_over(int err)
{
	return err == -ENOENT || err == -ESRCH;
}

static bool is_hidden(int err)
{
	return err == -EACCES || err == -EPERM;
}

/* By "4711 (name) Z ...", which every user may read: it has no descriptors and no memory now. */
static bool has_ended(struct search *search)
{
	char text[UVIO_NAME_SIZE + 64] = "", *end;
	int rc;

	snprintf(search->file, sizeof(search->file), "%.2000s/stat", search->process);
	rc = uvio_read_file(search->file, text, sizeof(text));
	end = strrchr(text, ')');
	return is_over(rc) || (end && (!strncmp(end, ") Z", 3) || !strncmp(end, ") X", 3)));
}

/* What is below the folder of a process that ended meanwhile is refused as not permitted. */
static int looked(struct search *search, int rc)
{
	return is_hidden(rc) && has_ended(search) ? -ESRCH : rc;
}

static int number_of(const char *name)
{
	uint64_t number;
	const char *end = uvio_number(name, 10, &number);

	return end && !*end && number <= INT_MAX ? (int)number : -1;
}

/* Calls @visit with each name in a folder that is a number, until one is not 0. */
static int each_number(struct search *search, const char *path,
	int (*visit)(struct search *search, int folder, const char *name))
{
	struct dirent *entry;
	DIR *dir;
	int rc = uvio_sys_opendir(path, &dir);

	if (rc)
		return rc;
	for (errno = 0; !rc && (entry = readdir(dir)); errno = 0)
		if (number_of(entry->d_name) >= 0)
			rc = visit(search, dirfd(dir), entry->d_name);
	if (!rc)
		rc = -errno;
	uvio_sys_closedir(dir);
	return rc;
}

static int each_line(struct search *search, const char *path, int (*visit)(void *data, char *line))
{
	return uvio_lines_each(path, search->lines, sizeof(search->lines), visit, search);
}

static void name_process(const struct search *search, char name[UVIO_NAME_SIZE])
{
	char file[64];

	snprintf(file, sizeof(file), "%d/comm", search->pid);
	name[0] = '\0';
	uvio_proc_read(search->want->ctx, name, UVIO_NAME_SIZE, file);
}

static int found(struct search *search, const char *what, bool mapped)
{
	struct uvio_holder *holder = search->holder;

	holder->pid = search->pid;
	holder->own = search->pid == search->self;
	holder->mapped = mapped;
	snprintf(holder->what, sizeof(holder->what), "%s", what);
	name_process(search, holder->name);
	return FOUND;
}

/* A descriptor of this process ends together with what it opens now. */
static int found_copy(struct search *search)
{
	struct uvio_holder *holder = search->holder;

	holder->given_up = true;
	if (search->pid == search->self || holder->copy_pid)
		return 0;
	holder->copy_pid = search->pid;
	name_process(search, holder->copy_name);
	return 0;
}

static bool is_it(const struct uvio_handle *handle, const struct stat *st)
{
	if (handle->registers)
		return false;
	if (handle->numbered && handle->block ? S_ISBLK(st->st_mode) : S_ISCHR(st->st_mode))
		return handle->numbered && st->st_rdev == makedev(handle->major, handle->minor);
	return handle->located && st->st_dev == handle->dev && st->st_ino == handle->ino;
}

static const struct uvio_handle *handle_of(const struct search *search, const struct stat *st)
{
	for (unsigned int i = 0; i < search->want->count; i++)
		if (is_it(&search->want->list[i], st))
			return &search->want->list[i];
	return NULL;
}

static bool is_inode(const struct uvio_handle *handle, ino_t ino)
{
	return handle->registers && handle->ino == ino;
}

/* By the inode, also of another instance of sysfs; its size keeps from asking a server. */
static const struct uvio_handle *registers_of(const struct search *search, const struct stat *st)
{
	for (unsigned int i = 0; i < search->want->count; i++) {
		const struct uvio_handle *handle = &search->want->list[i];

		if (is_inode(handle, st->st_ino) &&
			(handle->dev == st->st_dev ||
				(handle->size == st->st_size && uvio_sys_is_sysfs(search->file))))
			return handle;
	}
	return NULL;
}

static bool is_closed(struct search *search, const char *name)
{
	int rc;

	snprintf(search->file, sizeof(search->file), "%.2000s/fd/%.20s", search->process, name);
	rc = uvio_sys_readlink_at(AT_FDCWD, search->file, search->link, sizeof(search->link));
	return is_over(looked(search, rc));
}

/* The line "flags" of fdinfo, in octal; O_PATH: closed by now. Unreadable: for writing. */
static uint64_t flags_of(struct search *search, const char *name)
{
	char info[256] = "", *line;
	uint64_t flags;
	int rc;

	snprintf(search->file, sizeof(search->file), "%.2000s/fdinfo/%.20s", search->process, name);
	rc = uvio_read_file(search->file, info, sizeof(info));
	if (is_over(rc) && is_closed(search, name))
		return O_PATH;
	line = strstr(info, "flags:");
	line = line ? line + strlen("flags:") : NULL;
	return line && uvio_number(line + strspn(line, " \t"), 8, &flags) ? flags : O_RDWR;
}

/* With O_PATH it is a name, as udev and systemd have: the driver does not know of it. */
static bool is_name_only(struct search *search, const char *name)
{
	return flags_of(search, name) & O_PATH;
}

/* Since Linux 6.17 fdinfo names the device. 1: this one; 0: another one; -1: it does not say. */
static int device_of(struct search *search, const char *name)
{
	char info[1024] = "", *line, *last;
	const char *function = search->want->function;

	snprintf(search->file, sizeof(search->file), "%.2000s/fdinfo/%.20s", search->process, name);
	if (uvio_read_file(search->file, info, sizeof(info)) < 0)
		return -1;
	line = strstr(info, "vfio-device-syspath:");
	if (!line)
		return -1;
	line[strcspn(line, "\n")] = '\0';
	last = strrchr(line, '/');
	return function && last && !strcmp(last + 1, function);
}

static int look_at_descriptor(struct search *search, const char *name)
{
	int rc = device_of(search, name);

	if (rc < 0)
		search->has_descriptor = true;
	return rc > 0 ? found(search, "a VFIO descriptor of it", false) : 0;
}

static int look_at_sysfs(struct search *search, const char *file, uint64_t flags)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY;

	if (!strcmp(file, "remove"))
		search->has_lock |= writes;
	else if (!strcmp(file, "config"))
		search->has_config |= writes;
	else if (writes)
		return found(search, file, false);
	return 0;
}

static bool is_of_vfio(const char *path)
{
	const char *last = strstr(path, "/vfio/");

	return last && strcmp(last, "/vfio/vfio") != 0;
}

/* Its number is free again while somebody has it: the kernel waits for that. */
static int look_at_orphan(struct search *search, const struct stat *st)
{
	if (!search->want->orphans || uvio_sysfs_exists(search->want->ctx, "dev/char/%u:%u",
					      major(st->st_rdev), minor(st->st_rdev)))
		return 0;
	search->link[strcspn(search->link, " ")] = '\0'; /* " (deleted)" */
	return found(search, search->link, false);
}

static int look_at_handle(struct search *search, const struct uvio_handle *handle, const char *name)
{
	uint64_t flags = flags_of(search, name);

	if (handle->registers)
		return look_at_sysfs(search, handle->path, flags);
	if (flags & O_PATH)
		return 0;
	if (flags & UVIO_SYS_GIVEN_UP)
		return found_copy(search);
	return found(search, handle->path, false);
}

/* What it is by name; @st is NULL if there is nothing else to go by. */
static int look_at_link(struct search *search, int folder, const char *name, const struct stat *st)
{
	const char *descriptor = search->want->descriptor;
	int rc = uvio_sys_readlink_at(folder, name, search->link, sizeof(search->link));

	/* A path longer than the kernel tells is none of these names. */
	if (rc)
		return is_over(rc) || rc == -ENAMETOOLONG ? 0 : rc;
	if (st && S_ISCHR(st->st_mode) && is_of_vfio(search->link)) {
		if (is_name_only(search, name))
			return 0;
		search->has_node = true;
		return look_at_orphan(search, st);
	}
	if (!descriptor || strcmp(search->link, descriptor) != 0 || is_name_only(search, name))
		return 0;
	return look_at_descriptor(search, name);
}

/* The path of a file costs more than its number, and only what VFIO gives has no other mark. */
static int look_at_fd(struct search *search, int folder, const char *name)
{
	const struct uvio_handle *handle;
	struct stat st;

	search->descriptors++;
	if (uvio_sys_stat(folder, name, &st))
		return look_at_link(search, folder, name, NULL);
	snprintf(search->file, sizeof(search->file), "%.2000s/fd/%.20s", search->process, name);
	handle = registers_of(search, &st);
	if (!handle)
		handle = handle_of(search, &st);
	if (handle)
		return look_at_handle(search, handle, name);
	return search->want->descriptor || search->want->orphans
		       ? look_at_link(search, folder, name, &st)
		       : 0;
}

/* By the part of the node's path which is the same wherever it is mounted, as "/vfio/12". */
static bool has_name_of(
	const struct search *search, const struct uvio_handle *handle, const char *path)
{
	const char *dev = search->want->ctx->dev, *end = handle->path;
	size_t n = strlen(path), m;

	if (!strncmp(end, dev, strlen(dev)))
		end += strlen(dev);
	m = strlen(end);
	return n >= m && !strcmp(path + n - m, end);
}

/* If its inode cannot be read: by the inode's number, or by the name that nodes have. */
static const struct uvio_handle *handle_named(
	const struct search *search, dev_t dev, unsigned long long ino, const char *path)
{
	for (unsigned int i = 0; i < search->want->count; i++) {
		const struct uvio_handle *handle = &search->want->list[i];

		if (handle->registers)
			continue;
		if ((handle->located && handle->dev == dev && handle->ino == ino) ||
			has_name_of(search, handle, path))
			return handle;
	}
	return NULL;
}

/* Named there without the leading zeros of maps. */
static int stat_mapping(
	struct search *search, const struct uvio_maps_line *mapping, struct stat *st)
{
	snprintf(search->file, sizeof(search->file), "%.2000s/map_files/%lx-%lx", search->process,
		mapping->first, mapping->last);
	return uvio_sys_stat(AT_FDCWD, search->file, st);
}

/* A file which is mapped shared may be a node by any name. */
static int look_at_mapped_node(struct search *search, const struct uvio_maps_line *mapping)
{
	const struct uvio_handle *handle =
		handle_named(search, mapping->dev, mapping->ino, mapping->path);
	struct stat st;

	if (!handle && (!mapping->shared || !strncmp(mapping->path, "/dev/shm/", 9)))
		return 0;
	if (!stat_mapping(search, mapping, &st))
		handle = handle_of(search, &st);
	return handle ? found(search, handle->path, true) : 0;
}

/*
 * Where a mapping cannot be followed, which takes CAP_SYS_ADMIN, one of that inode on no disk may
 * be of another instance of sysfs.
 */
static const struct uvio_handle *mapped_registers(
	struct search *search, const struct uvio_maps_line *mapping)
{
	for (unsigned int i = 0; i < search->want->count; i++) {
		const struct uvio_handle *handle = &search->want->list[i];
		struct stat st;

		if (!is_inode(handle, mapping->ino))
			continue;
		if (!stat_mapping(search, mapping, &st))
			return registers_of(search, &st);
		if (handle->dev == mapping->dev || !major(mapping->dev))
			return handle;
	}
	return NULL;
}

static int look_at_mapping(void *data, char *line)
{
	struct search *search = data;
	const char *descriptor = search->want->descriptor;
	const struct uvio_handle *handle;
	struct uvio_maps_line mapping;

	if (!uvio_maps_parse(line, &mapping))
		return 0;
	if (mapping.path[0] != '/') {
		search->has_descriptor |= descriptor && !strcmp(mapping.path, descriptor);
		return 0;
	}
	handle = mapping.written ? mapped_registers(search, &mapping) : NULL;
	if (handle)
		return found(search, handle->path, true);
	return look_at_mapped_node(search, &mapping);
}

static int look_at_descriptors(struct search *search)
{
	snprintf(search->folder, sizeof(search->folder), "%s/fd", search->process);
	return looked(search, each_number(search, search->folder, look_at_fd));
}

/* Of a process or one of its threads. */
static int look_inside(struct search *search)
{
	int rc = look_at_descriptors(search);

	if (rc && !is_over(rc))
		return rc;
	snprintf(search->folder, sizeof(search->folder), "%s/maps", search->process);
	rc = looked(search, each_line(search, search->folder, look_at_mapping));
	return is_over(rc) ? 0 : rc;
}

/* Its first thread may have ended before it, or it may have descriptors of its own. */
static int look_at_thread(struct search *search, int folder, const char *name)
{
	int rc, thread = number_of(name);

	(void)folder;
	if (thread == search->pid)
		return 0;
	snprintf(search->process, sizeof(search->process), "%s/%d/task/%d", search->want->ctx->proc,
		search->pid, thread);
	if (search->is_over)
		return look_inside(search);
	if (search->self == getpid() && uvio_sys_same_files(search->pid, thread))
		return 0;
	rc = look_at_descriptors(search);
	return is_over(rc) ? 0 : rc;
}

/* Who has the lock's file open respects the lock, as a guard does, which may write to config. */
static int sum_up(struct search *search)
{
	struct uvio_holder before = *search->holder;

	if (search->has_config && !search->has_lock)
		return found(search, "config", false);
	if (search->has_descriptor && !search->has_node && !search->maybe.pid) {
		found(search, "a VFIO descriptor", false);
		search->maybe = *search->holder;
		*search->holder = before;
	}
	return 0;
}

/* By the link count of their folder, without listing it. */
static int look_at_threads(struct search *search)
{
	struct stat st;
	int rc;

	snprintf(search->folder, sizeof(search->folder), "%s/task", search->process);
	rc = uvio_sys_stat(AT_FDCWD, search->folder, &st);
	if (!rc && st.st_nlink == TASK_LINKS + 1)
		return 0;
	rc = each_number(search, search->folder, look_at_thread);
	return is_over(rc) ? 0 : rc;
}

/* It has no descriptors, no memory, and no other threads; that of process 2 is looked at. */
static bool is_of_kernel(const struct search *search)
{
	return search->first && search->pid != KERNEL_PROCESS &&
	       uvio_sys_same_files(KERNEL_PROCESS, search->pid);
}

static int look_at_process(struct search *search, int folder, const char *name)
{
	int rc;

	(void)folder;
	search->pid = number_of(name);
	if ((search->want->others && search->pid == search->self) || is_of_kernel(search))
		return 0;
	search->descriptors = 0;
	search->has_config = search->has_lock = search->has_node = search->has_descriptor = false;
	snprintf(search->process, sizeof(search->process), "%s/%d", search->want->ctx->proc,
		search->pid);
	rc = look_inside(search);
	if (!rc) {
		search->is_over = !search->descriptors;
		rc = look_at_threads(search);
	}
	if (!rc)
		rc = sum_up(search);
	if (!is_hidden(rc))
		return rc;
	search->holder->hidden++;
	return 0;
}

/* "36 25 0:31 / /proc rw,... - proc proc rw,hidepid=invisible": users see their own only. */
static int look_at_mount(void *data, char *line)
{
	struct search *search = data;
	char point[256] = "", *type = strstr(line, " - proc "), *hide;

	if (!type || sscanf(line, "%*s %*s %*s %*s %255s", point) != 1 ||
		strcmp(point, search->want->ctx->proc) != 0)
		return 0;
	hide = strstr(type, "hidepid=");
	hide = hide ? hide + strlen("hidepid=") : NULL;
	search->holder->hidden = hide && *hide != '0' && strncmp(hide, "off", 3) != 0;
	return 0;
}

/* The mount hides nothing from who has the capability; whether there is one is to be seen still. */
static int look_at_mounts(struct search *search)
{
	int fd;

	if (!uvio_has_capability(search->want->ctx, CAP_SYS_PTRACE))
		return each_line(search, search->file, look_at_mount);
	fd = uvio_sys_open(search->file, O_RDONLY);
	uvio_sys_close(fd);
	return fd < 0 ? fd : 0;
}

/* Whether there is a /proc, and whose processes it shows. */
static int look_at_proc(struct search *search)
{
	const char *proc = search->want->ctx->proc;
	int rc, contained;

	snprintf(search->file, sizeof(search->file), "%s/self/mountinfo", proc);
	rc = look_at_mounts(search);
	if (rc == -ENOENT)
		return uvio_fail(rc,
			"%s: cannot read whether a process has it open: %s: %s; perhaps %s is not "
			"mounted",
			search->want->address, search->file, strerror(-rc), proc);
	if (rc)
		return failed(search, rc, search->file);
	contained = uvio_in_container(search->want->ctx);
	search->first = !contained;
	search->holder->outside = contained > 0;
	return 0;
}

int uvio_holder_find(const struct uvio_handles *handles, struct uvio_holder *holder)
{
	struct search *search = malloc(sizeof(*search));
	int rc;

	*holder = (struct uvio_holder){0};
	if (!search)
		return uvio_no_memory(handles->address);
	memset(search, 0, offsetof(struct search, process));
	search->want = handles;
	search->holder = holder;
	search->self = uvio_proc_self(handles->ctx);
	rc = look_at_proc(search);
	if (!rc) {
		rc = each_number(search, handles->ctx->proc, look_at_process);
		if (rc < 0)
			rc = failed(search, rc, handles->ctx->proc);
	}
	if (!rc && search->maybe.pid) {
		search->maybe.hidden = holder->hidden;
		*holder = search->maybe;
		holder->perhaps = true;
	}
	free(search);
	uvio_log(handles->ctx, UVIO_LOG_DEBUG, "%s: searched the processes for its users",
		handles->address);
	return rc < 0 ? rc : 0;
}
