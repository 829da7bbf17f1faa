/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The uvio authors */
#include <config.h>

#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uvio/bind.h>
#include <uvio/device.h>
#include <uvio/dma.h>
#include <uvio/irq.h>
#include <uvio/region.h>
#include <uvio/trial.h>
#include <uvio/udev.h>

#include "conformance.h"

#define USER 1000

static int second_open(struct pair *pair, const char *text)
{
	struct uvio_open_options options = {.backend = pair->backend};
	struct uvio_udev *second;

	CHECK_ERR(uvio_udev_open(pair->ctx, pair->address, &options, &second), -EBUSY, text);
	return PASS;
}

/* The card works on for the one who has it: the refused one never opened the node. */
static int second_open_is_refused(struct pair *pair)
{
	if (uvio_caps(pair->udev) & UVIO_CAP_BUS_MASTER)
		CHECK_OK(uvio_bus_master(pair->udev, true));
	if (second_open(pair, "already open in this process"))
		return FAIL;
	if (uvio_caps(pair->udev) & UVIO_CAP_BUS_MASTER)
		CHECK(bus_master_is_on(pair->address));
	return PASS;
}

static int open_of_child(struct pair *pair)
{
	char text[64];

	snprintf(text, sizeof(text), "already open in process %d", (int)getppid());
	return second_open(pair, text);
}

static int other_process_is_refused(struct pair *pair)
{
	CHECK(in_child(pair, open_of_child) == PASS);
	return PASS;
}

static int open_again_after_close(struct pair *pair)
{
	for (int i = 0; i < 3; i++) {
		CHECK_OK(pair_open(pair));
		pair_close(pair);
	}
	return PASS;
}

static int binding_in_use_is_refused(struct pair *pair)
{
	CHECK_ERR(uvio_bind(pair->ctx, pair->address, "pci-stub"), -EBUSY, "already open");
	CHECK_ERR(uvio_unbind(pair->ctx, pair->address), -EBUSY, "already open");
	return PASS;
}

static int count_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += !fcntl(fd, F_GETFD);
	return count;
}

static int nothing_is_left_open(struct pair *pair)
{
	int before = 0;

	CHECK_OK(pair_open(pair));
	pair_close(pair);
	before = count_fds();
	for (int i = 0; i < 5; i++) {
		CHECK_OK(pair_open(pair));
		CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
		pair_close(pair);
	}
	CHECK(count_fds() == before);
	return PASS;
}

static int all_close_on_exec(struct pair *pair)
{
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	for (int fd = 3; fd < 256; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags >= 0 && !(flags & FD_CLOEXEC))
			return fail_at(__FILE__, __LINE__, "descriptor %d", fd);
	}
	return PASS;
}

static int reset_works(struct pair *pair)
{
	CHECK_OK(uvio_bus_master(pair->udev, true));
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	CHECK_OK(uvio_udev_reset(pair->udev));
	CHECK(!bus_master_is_on(pair->address));
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(10), NULL), -EINVAL, "not enabled");
	CHECK(uvio_udev_alive(pair->udev));
	for (const struct uvio_selftest *test = pair->driver->trial->selftests; test->name; test++)
		if (!test->needs)
			CHECK_OK(test->run(pair->priv));
	return PASS;
}

static int reset_without_a_way_is_refused(struct pair *pair)
{
	if (uvio_caps(pair->udev) & UVIO_CAP_RESET) {
		snprintf(pair->reason, sizeof(pair->reason), "the kernel can reset this card");
		return SKIP;
	}
	CHECK_ERR(uvio_udev_reset(pair->udev), -ENOTSUP, "no method to reset");
	return PASS;
}

/* The name of the card's character device; "": it has none. */
static void cdev_of(const struct pair *pair, char *name, size_t size)
{
	char path[128];
	glob_t found;

	name[0] = '\0';
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev/vfio*", pair->address);
	if (glob(path, 0, NULL, &found))
		return;
	snprintf(name, size, "%s", strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
}

/* Where there is one. */
static int give_away(const char *folder, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/dev/%s%s", folder, name);
	return name[0] && !access(path, F_OK) ? chown(path, USER, USER) : 0;
}

/* Gives the nodes that it takes away, and becomes the user who got them. */
static int become_user_with_node(struct pair *pair)
{
	struct uvio_device *device;
	char group[16], cdev[64];

	CHECK_OK(uvio_device_find(pair->ctx, pair->address, &device));
	snprintf(group, sizeof(group), "%d", uvio_device_info(device)->iommu_group);
	uvio_device_free(device);
	cdev_of(pair, cdev, sizeof(cdev));
	CHECK(!give_away("vfio/", group) && !give_away("vfio/devices/", cdev) &&
		!give_away("", "iommu"));
	CHECK(!setgroups(0, NULL) && !setgid(USER) && !setuid(USER));
	return PASS;
}

static int selftest_as_user(struct pair *pair)
{
	if (become_user_with_node(pair))
		return FAIL;
	CHECK_OK(pair_open(pair));
	if (!(uvio_caps(pair->udev) & UVIO_CAP_UNPRIVILEGED))
		return fail_at(__FILE__, __LINE__, "the open should not have worked");
	CHECK_OK(uvio_bus_master(pair->udev, true));
	for (const struct uvio_selftest *test = pair->driver->trial->selftests; test->name; test++)
		if (!(test->needs & ~uvio_caps(pair->udev)))
			CHECK_OK(test->run(pair->priv));
	pair_close(pair);
	return PASS;
}

static int refused_as_user(struct pair *pair)
{
	if (become_user_with_node(pair))
		return FAIL;
	CHECK_ERR(pair_open(pair), -EACCES,
		!strcmp(pair->backend, "vfio/noiommu")
			? "without an IOMMU the kernel requires CAP_SYS_RAWIO, which"
			: "cannot be opened by user 1000");
	return PASS;
}

/* All files that the uio backend needs, but not the right to see page frame numbers. */
static int dma_refused_as_user(struct pair *pair)
{
	static const char *const names[] = {"config", "resource0"};
	struct uvio_device *device;
	struct uvio_dma dma;
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", pair->address, names[i]);
		CHECK(!chown(path, USER, USER));
	}
	CHECK_OK(uvio_device_find(pair->ctx, pair->address, &device));
	snprintf(path, sizeof(path), "/dev/%s", uvio_device_info(device)->uio);
	uvio_device_free(device);
	CHECK(!chown(path, USER, USER));
	CHECK(!setgroups(0, NULL) && !setgid(USER) && !setuid(USER));
	CHECK_OK(pair_open(pair));
	CHECK_ERR(uvio_dma_alloc(pair->udev, 4096, 0, &dma), -EPERM, "hides page frame numbers");
	pair_close(pair);
	return PASS;
}

static int hidden_frames_are_named(struct pair *pair)
{
	if (uvio_caps(pair->udev) & UVIO_CAP_DMA_PINNED) {
		snprintf(pair->reason, sizeof(pair->reason), "this pair needs no frame numbers");
		return SKIP;
	}
	if (!strcmp(pair->backend, "vfio/noiommu")) {
		snprintf(pair->reason, sizeof(pair->reason), "no ordinary user may open it at all");
		return SKIP;
	}
	pair_close(pair);
	CHECK(in_child(pair, dma_refused_as_user) == PASS);
	return PASS;
}

static int an_ordinary_user(struct pair *pair)
{
	bool works = uvio_caps(pair->udev) & UVIO_CAP_UNPRIVILEGED;

	pair_close(pair);
	CHECK(in_child(pair, works ? selftest_as_user : refused_as_user) == PASS);
	return PASS;
}

const struct test_case process_cases[] = {
	{"exclusive: a second open is refused", 0, second_open_is_refused, false},
	{"exclusive: another process is refused (uio 3.14)", 0, other_process_is_refused, false},
	{"exclusive: open again after close", 0, open_again_after_close, true},
	{"exclusive: binding what is in use is refused", 0, binding_in_use_is_refused, false},
	{"descriptors: none is left open", UVIO_CAP_INTX, nothing_is_left_open, true},
	{"descriptors: all close on exec (vfio 29)", UVIO_CAP_INTX, all_close_on_exec, false},
	{"reset: the card works afterwards", UVIO_CAP_RESET | UVIO_CAP_BUS_MASTER | UVIO_CAP_INTX,
		reset_works, false},
	{"reset: without a way it is refused", 0, reset_without_a_way_is_refused, false},
	{"an ordinary user: works with the node alone, or is told why not", 0, an_ordinary_user,
		false},
	{"an ordinary user: hidden page frame numbers are named (uio 3.29)", UVIO_CAP_DMA,
		hidden_frames_are_named, false},
	{0},
};

/* "remove" waits on vfio until the device is closed: another process has to write it. */
static pid_t remove_device(const char *address)
{
	char path[128];
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	/* Nothing of the parent's device may stay open here. */
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", address);
	_exit(sysfs_write(path, "1") ? 1 : 0);
}

static int wait_until_gone(struct pair *pair)
{
	struct uvio_dma dma;

	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(LONG_MS), NULL), -ENODEV,
		"the device is gone");
	CHECK(!uvio_udev_alive(pair->udev));
	CHECK_ERR(uvio_irq_wait(pair->udev, 0, UVIO_MS(1000), NULL), -ENODEV, "the device is gone");
	CHECK_ERR(uvio_dma_alloc(pair->udev, 4096, 0, &dma), -ENODEV, "the device is gone");
	CHECK_ERR(uvio_bus_master(pair->udev, true), -ENODEV, "the device is gone");
	return PASS;
}

static int removal_is_noticed(struct pair *pair)
{
	struct uvio_region bar;
	int status, result;
	pid_t pid;

	CHECK_OK(uvio_region_map(pair->udev, UVIO_REGION_BAR0, &bar));
	CHECK_OK(uvio_irq_enable(pair->udev, UVIO_IRQ_INTX, 1));
	pid = remove_device(pair->address);
	result = wait_until_gone(pair);
	pair_close(pair);
	waitpid(pid, &status, 0);
	CHECK_OK(sysfs_write("/sys/bus/pci/rescan", "1"));
	CHECK_OK(uvio_bind(pair->ctx, pair->address, pair->backend));
	CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
	return result;
}

const struct test_case removal_cases[] = {
	{"removal: the one who waits is told", UVIO_CAP_INTX, removal_is_noticed, false},
	{"removal: the card works when it is back", UVIO_CAP_INTX, open_again_after_close, true},
	{0},
};
