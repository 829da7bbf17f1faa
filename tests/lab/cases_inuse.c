/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
/* A device that another program has, by whatever handle and wherever that runs, is left to it. */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/check.h>
#include <uvio/device.h>
#include <uvio/error.h>
#include <uvio/guard.h>
#include <uvio/udev.h>

#include "conformance.h"

static int is_in_use(struct pair *pair)
{
	struct uvio_device *device;
	struct uvio_check *check;
	enum uvio_verdict verdict;

	CHECK_OK(uvio_device_find(pair->ctx, pair->address, &device));
	CHECK_ERR(uvio_device_in_use(pair->ctx, device), -EBUSY, "process ");
	CHECK_OK(uvio_check_device(pair->ctx, device, pair->backend, &check));
	verdict = uvio_check_verdict(check);
	uvio_check_free(check);
	uvio_device_free(device);
	CHECK(verdict == UVIO_IN_USE);
	return PASS;
}

/* Only a node of VFIO's devices may be open in two programs, of which one has the device. */
static int is_refused(struct pair *pair, const struct foreign *foreign)
{
	char process[32];

	snprintf(process, sizeof(process), "process %d (", (int)foreign->pid);
	CHECK_ERR(pair_open(pair), -EBUSY, pair->address);
	CHECK(strstr(uvio_last_error(), process) || foreign->inside);
	CHECK(strstr(uvio_last_error(), "process "));
	return PASS;
}

static int is_left_bound(struct pair *pair)
{
	if (is_in_use(pair))
		return FAIL;
	CHECK_ERR(uvio_bind(pair->ctx, pair->address, "none"), -EBUSY, pair->address);
	CHECK_ERR(uvio_unbind(pair->ctx, pair->address), -EBUSY, pair->address);
	return PASS;
}

static int is_left_alone(
	struct pair *pair, const struct foreign *foreign, enum foreign_handle handle)
{
	bool master = bus_master_is_on(pair->address);

	if (is_left_bound(pair))
		return FAIL;
	if (!strcmp(pair->backend, "uio") || handle != FOREIGN_NODE)
		CHECK(!is_refused(pair, foreign));
	CHECK(bus_master_is_on(pair->address) == master);
	return PASS;
}

static int taken(struct pair *pair, int (*enter)(void))
{
	struct foreign foreign;

	for (enum foreign_handle handle = 0; handle < FOREIGN_HANDLES; handle++) {
		int rc;

		if (foreign_hold(&foreign, enter, pair->address, pair->backend, handle))
			return fail_at(__FILE__, __LINE__, "handle %d", (int)handle);
		foreign.inside = enter == enter_container; /* its first process only waits */
		rc = is_left_alone(pair, &foreign, handle);
		CHECK(foreign_end(&foreign) == PASS);
		if (rc)
			return fail_at(
				__FILE__, __LINE__, "handle %d: %s", (int)handle, pair->reason);
		CHECK_OK(pair_open(pair));
		pair_close(pair);
	}
	return PASS;
}

/* VFIO keeps other programs from a node, and does not look at sysfs: only a check tells. */
static int registers_keep_from_opening(struct pair *pair, const struct foreign *foreign)
{
	if (!strcmp(pair->backend, "uio"))
		return is_refused(pair, foreign);
	CHECK_OK(pair_open(pair));
	pair_close(pair);
	return PASS;
}

/* Of that neither the kernel nor a node knows, whatever driver the card has. */
static int registers_are_taken(struct pair *pair, const char *action)
{
	struct foreign foreign;
	char line[160];
	int rc;

	snprintf(line, sizeof(line), "foreign_uio /sys/bus/pci/devices/%s/resource0%s",
		pair->address, action);
	CHECK(foreign_start(&foreign, NULL, line) == PASS);
	rc = is_left_bound(pair) || registers_keep_from_opening(pair, &foreign);
	CHECK(foreign_end(&foreign) == PASS);
	if (rc)
		return fail_at(__FILE__, __LINE__, "resource0%s: %s", action, pair->reason);
	CHECK_OK(pair_open(pair));
	pair_close(pair);
	return PASS;
}

static int registers_in_sysfs_are_taken(struct pair *pair)
{
	return registers_are_taken(pair, "") || registers_are_taken(pair, " map close");
}

static int taken_here(struct pair *pair)
{
	return taken(pair, NULL);
}

static int taken_in_network(struct pair *pair)
{
	return taken(pair, enter_network);
}

static int taken_in_container(struct pair *pair)
{
	return taken(pair, enter_container);
}

/* Where a mapping has zeros in front in /proc/PID/maps. */
#define LOW_ADDRESS ((void *)0x100000)

static bool map_low(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *low = mmap(
		LOW_ADDRESS, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);

	return !close(fd) && low == LOW_ADDRESS;
}

static bool mount_at(const char *path, const char *place)
{
	return !unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount(path, place, NULL, MS_BIND, NULL);
}

/* As a container may have the folder of its card. */
static bool map_in_folder_elsewhere(const char *path)
{
	char folder[96];

	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	return (!mkdir("/tmp/card", 0755) || errno == EEXIST) && mount_at(folder, "/tmp/card") &&
	       map_low("/tmp/card/resource0");
}

static bool open_by_another_name(const char *path)
{
	int fd = open("/tmp/card-file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return !close(fd) && mount_at(path, "/tmp/card-file") &&
	       open("/tmp/card-file", O_RDWR | O_CLOEXEC) >= 0;
}

/* With descriptors of its own, which the first thread has not. */
static bool open_in_thread(const char *path)
{
	return !unshare(CLONE_FILES) && open(path, O_RDWR | O_CLOEXEC) >= 0;
}

struct holding {
	bool (*hold)(const char *path);
	char path[96];
	int ready;
};

static void *hold(void *data)
{
	const struct holding *holding = data;

	if (!holding->hold(holding->path))
		_exit(1);
	(void)!write(holding->ready, "", 1);
	for (;;)
		pause();
}

/* In a thread or in the first one, until the process is killed. */
static void hold_in_child(struct holding *holding)
{
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (holding->hold != open_in_thread)
		hold(holding);
	pthread_create(&thread, NULL, hold, holding);
	for (;;)
		pause();
}

static int is_seen(struct pair *pair, const char *path, pid_t pid)
{
	struct foreign foreign = {.pid = pid};

	if (strncmp(path, "/sys/", 5) != 0)
		return is_left_alone(pair, &foreign, FOREIGN_MAPPING);
	return is_left_bound(pair) || registers_keep_from_opening(pair, &foreign);
}

static int held_by(struct pair *pair, struct holding *holding)
{
	int rc, ready[2];
	char byte;
	pid_t pid;

	CHECK(!pipe2(ready, O_CLOEXEC));
	holding->ready = ready[1];
	fflush(stdout);
	pid = fork();
	if (!pid)
		hold_in_child(holding);
	close(ready[1]);
	CHECK(pid > 0 && read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	rc = is_seen(pair, holding->path, pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return rc;
}

static int unusual_handles_are_seen(struct pair *pair)
{
	static bool (*const holds[])(const char *path) = {
		map_low, map_in_folder_elsewhere, open_by_another_name, open_in_thread};
	struct holding holding = {0};

	snprintf(holding.path, sizeof(holding.path), "/sys/bus/pci/devices/%s/resource0",
		pair->address);
	for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		holding.hold = holds[i];
		if (held_by(pair, &holding))
			return fail_at(__FILE__, __LINE__, "handle %zu", i);
	}
	holding.hold = open_in_thread;
	CHECK(!foreign_node(pair->address, pair->backend, holding.path, sizeof(holding.path)));
	return strcmp(pair->backend, "vfio/cdev") != 0 ? held_by(pair, &holding) : PASS;
}

static int refused_here(struct pair *pair)
{
	CHECK_ERR(pair_open(pair), -EBUSY, "process ");
	return PASS;
}

/* Its sysfs is another one, so that the lock in that does not hold for it. */
static int own_sysfs_is_refused(struct pair *pair)
{
	bool masters = uvio_caps(pair->udev) & UVIO_CAP_BUS_MASTER;

	if (masters)
		CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK(in_child_as(pair, enter_network, refused_here) == PASS);
	CHECK(!masters || bus_master_is_on(pair->address));
	return PASS;
}

static void lock_all(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int fd;

	while (dir && (entry = readdir(dir))) {
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_NONBLOCK);
		if (fd >= 0)
			flock(fd, LOCK_EX | LOCK_NB);
	}
}

/* A mapping of a file that is called as registers in sysfs are. */
static void map_alike(const char *address)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/tmp/%s", address);
	mkdir(path, 0755);
	strcat(path, "/resource0");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, 4096) ||
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ||
		!map_low(path))
		_exit(1);
}

/* All that an ordinary user can lock, and the like, until the parent ends it. */
static void lock_as_user(const struct pair *pair, int ready)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", pair->address);
	if (become_user())
		_exit(1);
	lock_all(path);
	lock_all("/dev");
	lock_all("/dev/vfio");
	map_alike(pair->address);
	(void)!write(ready, "", 1);
	for (;;)
		pause();
}

static int works_beside_locks(struct pair *pair)
{
	struct uvio_guard *guard = NULL;
	int rc;

	CHECK_OK(pair_open(pair));
	pair_close(pair);
	CHECK_OK(uvio_guard_new(pair->ctx, pair->address, 0, &guard));
	rc = uvio_guard_stop(guard, NULL);
	uvio_guard_free(guard);
	CHECK_OK(rc);
	CHECK_OK(uvio_bind(pair->ctx, pair->address, "none"));
	CHECK_OK(uvio_bind(pair->ctx, pair->address, pair->backend));
	return PASS;
}

static int users_locks_keep_nobody_out(struct pair *pair)
{
	int rc, ready[2];
	char byte;
	pid_t pid;

	CHECK(!pipe2(ready, O_CLOEXEC));
	pid = fork();
	if (!pid)
		lock_as_user(pair, ready[1]);
	close(ready[1]);
	CHECK(pid > 0 && read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	rc = works_beside_locks(pair);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return rc;
}

const struct test_case inuse_cases[] = {
	{"in use: what a program has is left to it", 0, taken_here, true},
	{"in use: in a network namespace, too", 0, taken_in_network, true},
	{"in use: in a container, too", 0, taken_in_container, true},
	{"in use: a program with a sysfs of its own is refused", 0, own_sysfs_is_refused, false},
	{"in use: registers mapped or open in sysfs", 0, registers_in_sysfs_are_taken, true},
	{"in use: by another name, at a low address, in a thread alone", 0,
		unusual_handles_are_seen, true},
	{"in use: what a user locks and maps keeps nobody out", 0, users_locks_keep_nobody_out,
		true},
	{0},
};
